"""Recorded traffic put through the wires: `python -m ringup.replay FILE.jsonl.gz`.

It holds each wire against the truth, and shares no code with them.

    exchange    a recorded exchange, and which wire it belongs to
    raw         what an answer's JSON says
    same        whether two requests mean the same
    check       one exchange through its wire: the causes for which it fails, if any
    __main__    the files, the counting and the table
"""
