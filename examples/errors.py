"""Every error, and what ringup does about it: which are tried again, and what each one tells you to do.

Needs nothing: it starts a simulator of its own, because that one fails on request.
"""

import ringup
from ringup.testing import Simulator

FAULTS = {
    "400, a bad request": {"status": 400},
    "401, a wrong key": {"status": 401},
    "403, a key that may not": {"status": 403},
    "404, no such model": {"status": 404},
    "413, too large": {"status": 413},
    "429, too fast": {"status": 429, "headers": {"retry-after": "0.1"}},
    "429, no credit left": {"kind": "quota"},
    "500, the server's fault": {"status": 500},
    "503, no server free": {"status": 503},
    "529, overloaded": {"kind": "overloaded", "status": 529},
    "a timeout": {"stall": True},
    "a dropped connection": {"reset": True},
}

with Simulator() as simulator:
    for model in ("gpt-4o-mini", "claude-haiku-4-5"):
        client = simulator.client(model, retries=1, timeout=3, idle_timeout=0.5)
        for title, fault in FAULTS.items():
            simulator.script([fault, fault])  # enough for the first try and the one retry
            try:
                client.ask("What is the capital of France?")
            except ringup.APIError as error:
                tries = "tried once" if len(error.attempts) == 1 else f"tried {len(error.attempts)} times"
                print(f"{title} ({model}): {type(error).__name__}, {tries}")
                print(f"    what happened: {error.message}")
                print(f"    what to do:    {error.advice}")
            simulator.reset()

    print("\nA stream that breaks off is never taken for a whole answer, and what came isn't lost:")
    simulator.script([{"truncate": 1500}])
    client = simulator.client("gpt-4o-mini")
    try:
        for piece in client.stream("Write a long story about a lighthouse."):
            print(piece, end="")
    except ringup.StreamTruncatedError as error:
        print(f"\n    {type(error).__name__}: {error.message}; kept: {error.partial.text!r}")

    print("\nWhat can't work isn't even sent:")
    try:
        client.ask("Hello!", temperature=9)
    except ringup.ParameterError as error:
        print(f"    {type(error).__name__}: {error}")
