"""What outsiders say of ringup: the vendors' schemas, their SDKs and their mock server. `python -m conformance`."""
