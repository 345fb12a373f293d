"""Failures that pass: ringup waits and tries again, longer each time. Every try is made visible.

Needs nothing: it starts a simulator of its own, because that one fails on request.
"""

import ringup
from ringup.testing import Simulator


def show(attempt: ringup.Attempt) -> None:
    """Called each time a try begins or ends."""
    if attempt.ended is None:
        print(f"  try {attempt.number} ...")
    elif attempt.error:
        print(f"  try {attempt.number} failed: {attempt.error}")
        if attempt.wait is not None:
            print(f"  waiting {attempt.wait:.2f} s")


with Simulator() as simulator:
    client = simulator.client("gpt-4o-mini", on_event=show, retries=3)

    print("An overloaded server: the waits grow, min(0.5 * 2**n, 8) seconds less up to a quarter")
    simulator.script([{"status": 500}, {"status": 503}])
    reply = client.ask("What is the capital of France?")
    print(f"  {reply.text} ({len(reply.attempts)} attempts, {reply.latency:.2f} s in all)\n")

    print("Too many requests: the provider says when to come back, and that is obeyed")
    simulator.script([{"status": 429, "headers": {"retry-after": "1"}}])
    reply = client.ask("What is the capital of France?")
    for attempt in reply.attempts:  # the same story, afterwards
        print(f"  attempt {attempt.number}: {attempt.outcome}, status {attempt.status}, wait after it: {attempt.wait}")

    print("\nA wait that doesn't fit into the call's timeout isn't begun: the error says when to come back")
    simulator.script([{"status": 429, "headers": {"retry-after": "30"}}])
    try:
        client.ask("What is the capital of France?", timeout=5)
    except ringup.RateLimitError as error:
        print(f"  {type(error).__name__}, retry_after={error.retry_after}")

    print("\nWhat no retry can cure isn't retried")
    simulator.script([{"status": 401}])
    try:
        client.ask("What is the capital of France?")
    except ringup.AuthenticationError as error:
        print(f"  {type(error).__name__} after {len(error.attempts)} attempt")
