"""How fast ringup is, beside the raw limit and other clients. Run `python -m bench --help`."""
