"""`python -m ringup` is the command `ringup`."""

from __future__ import annotations

from ringup.cli import main

if __name__ == "__main__":
    main()
