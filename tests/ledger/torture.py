"""Programs that log calls are killed (kill -9) at random moments, and their ledger is looked at each time.

`python -m tests.ledger.torture [ROUNDS]`. With `many` in its place nobody is killed, but 10,000 calls are made with
64 at once, of which no row may be lost. What must hold after every kill: the file is intact; with durability="call"
no call is missing whose reply was handed out; else only calls of the last 100 ms. A machine that is busy may stop the
whole program for longer than that, so what counts is the time that it ran: of the processor, and on the way to its
"network".

A round in three begins with a new file; the others go on where the program before them was killed, with two or three
threads.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import struct
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import ringup
from ringup.http import HttpResponse
from ringup.ledger._schema import open_to_read

PROMISE = 0.1
_KEY = "sk-torture-0123456789"
LINE = struct.Struct("=qdd")
"""What the program tells of a reply: its number, the time, and how long the processor has worked for it."""

ON_THE_WAY = 0.0005
"""Seconds that a call takes."""

MANY = 10_000

FIRST = 0.2
"""Seconds that the first call of each thread takes, as a real one does: meanwhile the ledger loads what it needs."""


class Canned:
    """Answers at once, with a number in the reply's id."""

    def __init__(self, name: str, threads: int) -> None:
        self.name, self.threads, self.count, self.lock = name, threads, 0, threading.Lock()

    def exchange(self, *_: Any) -> HttpResponse:
        with self.lock:
            number, self.count = self.count, self.count + 1
        time.sleep(FIRST if number < self.threads else ON_THE_WAY)
        message = {"role": "assistant", "content": f"answer {number}"}
        body = {
            "id": f"{self.name}-{number}",
            "model": "gpt-4o-mini",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11},
        }
        return HttpResponse(status=200, headers={}, body=json.dumps(body).encode())

    def close(self) -> None:
        """Nothing is open."""


def work(path: Path, name: str, waits: bool, threads: int, pipe: int) -> None:
    """Make calls until killed, and tell of each reply that was handed out."""
    level: Any = random.choice(["metadata", "full"])
    client = ringup.Client(
        "gpt-4o-mini",
        api_key=_KEY,
        ledger=ringup.Ledger(path, level=level),
        durability="call" if waits else None,
        session=name,
        transport=Canned(name, threads),
    )

    def calls() -> None:
        while True:
            reply = client.ask(f"What is {random.random()}?")
            number = int((reply.id or "").rpartition("-")[2])
            os.write(pipe, LINE.pack(number, time.monotonic(), time.process_time()))

    for _ in range(threads - 1):
        threading.Thread(target=calls, daemon=True).start()
    calls()


def killed(path: Path, name: str, waits: bool, threads: int) -> dict[int, float]:
    """Run a program and kill it. Gives the replies that it had, each with how long it still ran afterwards."""
    ours, its = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(ours)
            work(path, name, waits, threads, its)
        finally:
            os._exit(1)
    os.close(its)
    data = os.read(ours, 1 << 16)
    time.sleep(random.uniform(0, 0.25))
    os.kill(child, signal.SIGKILL)
    moment = time.monotonic()
    os.waitpid(child, 0)
    while piece := os.read(ours, 1 << 16):
        data += piece
    os.close(ours)
    assert len(data) >= LINE.size, "the program ended before its first call"
    lines = sorted(LINE.iter_unpack(data[: len(data) // LINE.size * LINE.size]), key=lambda line: line[1])
    worked = lines[-1][2]
    return {
        number: min(moment - at, worked - cpu + (len(lines) - place) * ON_THE_WAY / threads)
        for place, (number, at, cpu) in enumerate(lines)
    }


def found(path: Path, name: str) -> set[int]:
    """The calls of a program that are in the file, which must be intact."""
    if not path.exists():
        return set()
    connection = open_to_read(path)
    try:
        assert [tuple(row) for row in connection.execute("PRAGMA integrity_check")] == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        alone = "SELECT count(*) FROM calls WHERE id NOT IN (SELECT call FROM attempts)"
        assert connection.execute(alone).fetchone()[0] == 0, "a call without its attempt"
        rows = connection.execute("SELECT reply_id FROM calls WHERE session = ?", (name,))
        return {int(row[0].rpartition("-")[2]) for row in rows}
    finally:
        connection.close()


def round_of(path: Path, number: int) -> tuple[int, int, float]:
    """One kill. Gives how many replies there were, how many of their rows are missing, and since when at most."""
    waits, name = bool(number % 2), f"{os.getpid()}-{number}"
    if number % 3 == 0:
        for file in path.parent.glob(f"{path.name}*"):
            file.unlink()
    replies = killed(path, name, waits, 1 + number % 3)
    missing = replies.keys() - found(path, name)
    oldest = max([replies[one] for one in missing], default=0.0)
    assert not (waits and missing), f"durability='call', and {len(missing)} of {len(replies)} calls are missing"
    assert oldest <= PROMISE, (
        f"round {number}: a call of {oldest * 1000:.0f} ms before the kill is missing, with {len(missing)} of "
        f"{len(replies)}; the program had run for {max(replies.values()) * 1000:.0f} ms since its first"
    )
    return len(replies), len(missing), oldest


class Quick:
    """Answers at once, as often as it is asked."""

    async def exchange(self, plan: Any, *_: Any) -> HttpResponse:
        await asyncio.sleep(0)
        body = {"model": "gpt-4o-mini", "choices": [{"index": 0, "message": _MESSAGE, "finish_reason": "stop"}]}
        return HttpResponse(status=200, headers={}, body=json.dumps(body).encode())

    async def close(self) -> None:
        """Nothing is open."""


_MESSAGE = {"role": "assistant", "content": "Paris."}


async def load(path: Path, calls: int, flight: int) -> int:
    """Make calls, so many at once, each with its number as its session. Gives how many rows were lost."""
    log = ringup.Ledger(path)
    numbers = iter(range(calls))
    async with ringup.AsyncClient("gpt-4o-mini", api_key=_KEY, transport=Quick(), ledger=log) as asked:

        async def some() -> None:
            for number in numbers:
                await asked.ask("Hi", session=str(number))

        await asyncio.gather(*[some() for _ in range(flight)])
    return log.lost


def kept(path: Path, calls: int) -> bool:
    """Whether each of these calls has its row, and its attempt."""
    connection = open_to_read(path)
    try:
        rows = connection.execute("SELECT count(*), count(DISTINCT session), max(id) FROM calls").fetchone()
        tries = connection.execute("SELECT count(*) FROM attempts WHERE call IN (SELECT id FROM calls)").fetchone()
        return (*rows, *tries) == (calls,) * 4
    finally:
        connection.close()


def main(rounds: int, seed: int) -> None:
    """So many kills, by turns with and without durability="call"."""
    random.seed(seed)
    calls = missing = 0
    oldest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds):
            made, lost, age = round_of(Path(folder) / "calls.db", number)
            calls, missing, oldest = calls + made, missing + lost, max(oldest, age)
    print(
        f"{rounds} kills, {calls:,} calls. With durability='call' none is missing; else {missing:,}, "
        f"the oldest of {oldest * 1000:.0f} ms before its kill. The file was intact each time. (seed {seed})"
    )


def many() -> None:
    """10,000 calls, with 64 under way at once."""
    with tempfile.TemporaryDirectory() as folder:
        begun, path = time.monotonic(), Path(folder) / "calls.db"
        lost = asyncio.run(load(path, MANY, 64))
        assert lost == 0, f"of {MANY:,} calls, {lost:,} have no row"
        assert kept(path, MANY), "a row is missing, or there twice"
        print(f"{MANY:,} calls with 64 at once, in {time.monotonic() - begun:.1f} s: each has its row.")


if __name__ == "__main__":
    if sys.argv[1:] == ["many"]:
        many()
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 300, int(time.time()))
