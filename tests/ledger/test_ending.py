"""The end of a program: what is still open then has its row, and its money is settled."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.ledger.kit import look

ROOT = Path(__file__).parents[2]

BEGUN = """
import asyncio, atexit, sys
import ringup
from tests.test_client import CANARY, AsyncWire, Wire, chunks, completion

def make(kind, *answers, **options):
    wire = (AsyncWire if kind is ringup.AsyncClient else Wire)(*answers)
    money = {"prices": {"gpt-4o-mini": {"input": 0, "output": 1000}}, "budget": "1 USD/day"}
    return kind("gpt-4o-mini", max_tokens=10, api_key=CANARY, transport=wire, ledger=sys.argv[1], **money, **options)
"""

LEFT = """
client = make(ringup.Client, chunks("one", "two"))
stream = client.stream("a")
for piece in stream:
    break
"""
EVENTS = LEFT.replace('client.stream("a")', 'client.stream("a").events()')
FAILED = LEFT.replace("break", "1 / 0")
LEFT_IN_A_LOOP = """
async def main():
    global client, stream
    client = make(ringup.AsyncClient, chunks("one", "two"))
    stream = client.stream("a")
    async for piece in stream:
        break

loop = asyncio.new_event_loop()
loop.run_until_complete(main())
"""
FORKED = """
import os
client = make(ringup.Client, chunks("one", "two"))
stream = client.stream("a")
next(stream)
child = os.fork() if hasattr(os, "fork") else -1
if child == 0:
    sys.exit()
if child > 0:
    os.waitpid(child, 0)
list(stream)
"""
FORKED_WITHIN = """
import os

def main():
    client = make(ringup.Client, chunks("one", "two"))
    with client.stream("a") as stream:
        next(stream)
        child = os.fork() if hasattr(os, "fork") else -1
        if child == 0:
            sys.exit()
        if child > 0:
            os.waitpid(child, 0)
        list(stream)

main()
"""
LEFT_BY_A_WORKER = """
import multiprocessing

def main():
    global client, stream
    client = make(ringup.Client, completion(), chunks("one", "two"))
    client.ask("a")
    stream = client.stream("b")
    next(stream)

way = "fork" if "fork" in multiprocessing.get_all_start_methods() else None
worker = multiprocessing.get_context(way).Process(target=main)
if __name__ == "__main__":
    worker.start()
    worker.join()
"""
LEFT_WITH_A_GOODBYE = """
client = make(ringup.Client, chunks("one", "two"), chunks("three"))
stream = client.stream("a")
next(stream)
atexit.register(lambda: list(client.stream("b")))
"""
ASKED_AT_EXIT = """
client = make(ringup.Client, completion())
atexit.register(lambda: client.ask("a"))
"""
ASKED_AFTER_THE_WRITER = """
client = make(ringup.Client, completion(), completion())
atexit.register(lambda: client.ask("b"))
client.ask("a")
"""
ASKED_BEFORE_THE_WRITER = """
client = make(ringup.Client, completion(), completion())
client.ask("a")
atexit.register(lambda: client.ask("b"))
"""


@pytest.mark.parametrize(
    ("program", "outcomes"),
    [
        (LEFT, ["cancelled"]),
        (EVENTS, ["cancelled"]),
        (FAILED, ["cancelled"]),
        (LEFT_IN_A_LOOP, ["cancelled"]),
        (FORKED, ["answered"]),
        (FORKED_WITHIN, ["answered"]),
        (FORKED_WITHIN.replace('"two"))', '"two"), durability="call")'), ["answered"]),
        (LEFT_BY_A_WORKER, ["answered", "cancelled"]),
        (LEFT_WITH_A_GOODBYE, ["answered", "cancelled"]),
        (ASKED_AT_EXIT, ["answered"]),
        (ASKED_AFTER_THE_WRITER, ["answered"] * 2),
        (ASKED_BEFORE_THE_WRITER, ["answered"] * 2),
    ],
)
def test_what_is_open_at_the_end_is_written(program: str, outcomes: list[str], tmp_path: Path) -> None:
    path = tmp_path / "calls.db"
    run(program, path)
    assert look(path, "SELECT outcome FROM calls") == [(outcome,) for outcome in outcomes]
    assert look(path, "SELECT cost_usd FROM calls WHERE cost_usd IS NULL") == []
    assert look(path, "SELECT count(*) FROM budget_reserved") == [(0,)]
    spent, cost = look(path, "SELECT sum(amount), (SELECT sum(cost_usd) FROM calls) FROM budget_spent")[0]
    assert spent
    assert spent == pytest.approx(cost * 1e9)


FINALLY = """
class Late:
    def __del__(self):
        try:
            print(client.ask("a"))
        except ringup.RingupError as error:
            print(error)


client = ringup.Client(
    "gpt-4o-mini", base_url="http://127.0.0.1:9/v1", api_key=CANARY, ledger=sys.argv[1], retries=0, OPTIONS
)
try:
    client.ask("a")  # all that a call needs is loaded
except ringup.APIConnectionError:
    pass
late = Late()
"""


@pytest.mark.parametrize("options", ["", "budget='1 USD/day', budget_unknown='allow'"])
def test_a_call_after_the_end_is_refused(options: str, tmp_path: Path) -> None:
    said = run(FINALLY.replace("OPTIONS", options), tmp_path / "calls.db")
    assert "the program has ended" in said


def run(program: str, path: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", BEGUN + program, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0 or "ZeroDivisionError" in done.stderr, done.stderr
    assert "Exception ignored" not in done.stderr
    return done.stdout
