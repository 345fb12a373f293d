"""One contestant in a process of its own: `python -m bench.worker NAME WIRE ORIGIN`.

It takes commands as lines of JSON, `{"row": "sync", "seconds": 0.2}`, and answers each with a line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

from bench.canned import TEXT, VECTORS, WORDS
from bench.contestants import Contestant, make
from bench.rows import ROWS, Row

__all__ = ["Worker", "main", "peak_mb"]

MESSAGES: dict[str, list[dict[str, Any]]] = {
    "hello": [{"role": "user", "content": "What is the capital of France?"}],
    "many": [{"role": ("user", "assistant")[turn % 2], "content": "word " * 96} for turn in range(1999)]
    + [{"role": "user", "content": "What is the capital of France?"}],
}

TEXTS = [f"The {number}th text is about the rivers and bridges of a country in the north." for number in range(16)]


def peak_mb() -> float:
    """The most memory this process ever held, in MB (MiB)."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
    except OSError:  # not Linux: macOS gives bytes
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024)


class Worker:
    """Runs rows. A contestant is made anew for each kind of address, and kept, with its connections."""

    def __init__(self, name: str, wire: str, origin: str) -> None:
        self._name, self._wire, self._origin = name, wire, origin
        self._made: dict[tuple[str, str], Contestant] = {}
        self._warm: set[str] = set()
        self.runner = asyncio.Runner()

    def measure(self, row: Row, seconds: float) -> dict[str, float]:
        """Repeat the row's call for so many seconds, and give the CPU and wall time of one unit (call or chunk)."""
        kind = (row.origin, row.ledger)
        if kind not in self._made:
            self._made[kind] = make(self._name, self._wire, self._origin + row.origin, row.ledger)
        contestant, messages = self._made[kind], MESSAGES[row.messages]
        repeat = self._repeat_async if row.flight else self._repeat
        if row.name not in self._warm:
            self._warm.add(row.name)
            repeat(row, contestant, messages, 0.0)
        wall, cpu = time.perf_counter(), time.process_time()
        units = repeat(row, contestant, messages, seconds)
        if row.ledger:
            contestant.flush()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        return {"cpu": cpu / units, "wall": wall / units, "rate": units / wall, "rss": peak_mb()}

    def _repeat(self, row: Row, contestant: Contestant, messages: list[dict[str, Any]], seconds: float) -> int:
        end = time.perf_counter() + seconds
        units = 0
        while True:
            if row.vectors:
                units += _embedded(contestant.embed(TEXTS))
            elif row.stream:
                units += _checked(list(contestant.stream(messages)), row)
            else:
                units += _answered(contestant.ask(messages))
            if time.perf_counter() >= end:
                return units

    def _repeat_async(self, row: Row, contestant: Contestant, messages: list[dict[str, Any]], seconds: float) -> int:
        async def one(end: float) -> int:
            units = 0
            while True:
                if row.stream:
                    units += _checked([piece async for piece in contestant.stream_async(messages)], row)
                else:
                    units += _answered(await contestant.ask_async(messages))
                if time.perf_counter() >= end:
                    return units

        async def all_() -> int:
            end = time.perf_counter() + seconds
            return sum(await asyncio.gather(*[one(end) for _ in range(row.flight)]))

        return self.runner.run(all_())


def _answered(text: str) -> int:
    if text != TEXT:
        raise ValueError(f"a wrong answer: {text!r}")
    return 1


def _embedded(vectors: Any) -> int:
    """One, for vectors of the right number and length."""
    if (len(vectors), len(vectors[0])) != VECTORS:
        raise ValueError(f"not {VECTORS[0]} vectors of {VECTORS[1]} numbers")
    return 1


def _checked(pieces: list[str], row: Row) -> int:
    """The number of pieces, when they are those that were sent: the same text, however it was handed out."""
    count = int(row.origin.split("/")[2])
    if sum(map(len, pieces)) != sum([len(WORDS[at % len(WORDS)]) for at in range(count)]):
        raise ValueError(f"not the pieces of {row.origin}: {pieces[:8]}...")
    return count


def main(name: str, wire: str, origin: str) -> None:
    """Carry out commands until standard input ends."""
    worker = Worker(name, wire, origin)
    measure: Callable[[Row, float], dict[str, float]] = worker.measure
    rows = {row.name: row for row in ROWS}
    for line in sys.stdin:
        command = json.loads(line)
        print(json.dumps(measure(rows[command["row"]], command["seconds"])), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
