"""Recorded traffic put through the wires: `python -m ringup.replay FILE.jsonl.gz`.

It holds each wire against the truth, and shares no code with them.

    exchange    a recorded exchange, however its recorder kept it
    guise       which wire its path belongs to, and the exchange as that wire has it
    raw         what an answer's JSON says
    same        whether two requests mean the same
    refusals    errors of 400 and above, and refused requests
    check       one exchange through its wire: the causes for which it fails, if any
    vectors     the same for embeddings
    __main__    the files, the counting and the table
"""
