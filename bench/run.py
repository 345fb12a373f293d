"""Starts the server and the contestants, and takes the measurements in turn: A B C, A B C, ..."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from types import TracebackType
from typing import IO, Any, Self

from bench.contestants import COLD, KEY, contestants
from bench.rows import ROWS, Row

__all__ = ["LESS", "Process", "Results", "environment", "run"]

ROOT = Path(__file__).parent.parent
PAIRS = 5
"""How often in a round a difference is taken: it is less sure than a number, for both that it is made of vary."""

LESS = "less "
"""Before a contestant's name: what was taken away from its numbers."""

Results = dict[tuple[str, str], float]
"""(row, contestant, or "less " and the contestant) → the median, in seconds, calls a second, or MB."""


class Process:
    """A child that is told things on its standard input and answers on its standard output. It runs on `cpus` only."""

    def __init__(self, *arguments: str, env: dict[str, str], cpus: set[int] | None = None) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=env,
        )
        if cpus:
            os.sched_setaffinity(self._child.pid, cpus)

    def tell(self, line: str) -> None:
        _pipe(self._child.stdin).write(line + "\n")
        _pipe(self._child.stdin).flush()

    def hear(self) -> str:
        line = _pipe(self._child.stdout).readline()
        if not line:
            raise SystemExit(f"bench: {' '.join(map(str, self._child.args))} ended early")  # type: ignore[arg-type]
        return line

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _pipe(self._child.stdin).close()
        try:
            self._child.wait(5)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        _pipe(self._child.stdout).close()


def processors() -> tuple[set[int], set[int]]:
    """One for the server, and the rest for a client whose processor time is taken: else the two take turns on them, and
    what is measured is which of them the system moved in the midst of a call. Empty where there is but one, or the
    system can't say."""
    known = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return (set(known[:1]), set(known[1:])) if len(known) > 1 else (set(), set())


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe
    return pipe


class Run:
    """One run over one wire."""

    def __init__(self, wire: str, rounds: int, seconds: float, limit: float, only: str = "") -> None:
        self._wire, self._rounds, self._seconds = wire, rounds, seconds
        self._end = time.monotonic() + limit
        self._rows = [row for row in ROWS if row.name.startswith(only) and wire in row.wires]
        self._taken: dict[tuple[str, str], list[float]] = {}
        self.names = contestants(wire)

    def take(self) -> Results:
        """Measure everything, and give the medians."""
        with ExitStack() as stack:
            server = stack.enter_context(Process("bench.server", env=environment(0), cpus=processors()[0]))
            port = int(server.hear())
            env = environment(port)
            self._programs(env)
            self._workers(stack, env, port)
            self._fresh(env, port)
        return {key: median(values) for key, values in self._taken.items()}

    def _note(self, row: Row, name: str, value: float) -> None:
        self._taken.setdefault((row.name, name), []).append(value * row.scale if row.value != "rate" else value)

    def _enough(self, done: int, share: float) -> bool:
        """Whether to stop before round `done`: all rounds are taken, or this part's share of the time is up."""
        return done >= self._rounds or (done > 0 and time.monotonic() > self._end - share)

    def _programs(self, env: dict[str, str]) -> None:
        rows = [row for row in self._rows if row.where in ("import", "program")]
        until = time.monotonic() + (self._end - time.monotonic()) * 0.4
        for done in range(-1, self._rounds):  # the first one only warms the caches
            if done > 0 and time.monotonic() > until:
                return
            for row in rows:
                self._round_of_programs(row, env, warm=done < 0)

    def _round_of_programs(self, row: Row, env: dict[str, str], warm: bool) -> None:
        bare = _time("pass", env, row) if row.where == "import" else 0.0
        for name in self.names:
            if row.where == "import" and name == "raw":
                continue
            code = f"import {name}" if row.where == "import" else COLD[name, self._wire]
            taken = _time(code, env, row) - bare
            if not warm:
                self._note(row, name, taken)

    def _workers(self, stack: ExitStack, env: dict[str, str], port: int) -> None:
        rows = [row for row in self._rows if row.where == "worker"]
        if not rows:
            return
        rest = processors()[1]
        workers = {name: stack.enter_context(self._worker(name, env, port, rest)) for name in self.names}
        done = 0
        while not self._enough(done, share=20.0):
            for row in rows:
                for name in list(workers) * (PAIRS if row.less else 1):
                    if row.has(name):
                        self._take(row, name, workers[name])
            done += 1

    def _take(self, row: Row, name: str, worker: Process) -> None:
        value = self._ask(worker, row)[row.value]
        if row.less:
            less = self._ask(worker, next(other for other in ROWS if other.name == row.less))[row.value]
            self._note(row, LESS + name, less)
            value -= less
        self._note(row, name, value)

    def _fresh(self, env: dict[str, str], port: int) -> None:
        rows = [row for row in self._rows if row.where == "fresh"]
        done = 0
        while rows and not self._enough(done, share=8.0):
            for name in self.names:
                with self._worker(name, env, port) as worker:
                    for row in rows:
                        self._note(row, name, self._ask(worker, row, 3 * self._seconds)[row.value])
            done += 2  # it takes long, so half the rounds

    def _worker(self, name: str, env: dict[str, str], port: int, cpus: set[int] | None = None) -> Process:
        return Process("bench.worker", name, self._wire, f"http://127.0.0.1:{port}", env=env, cpus=cpus)

    def _ask(self, worker: Process, row: Row, seconds: float = 0.0) -> dict[str, Any]:
        worker.tell(json.dumps({"row": row.name, "seconds": seconds or self._seconds}))
        answer: dict[str, Any] = json.loads(worker.hear())
        return answer


def _time(code: str, env: dict[str, str], row: Row) -> float:
    """The seconds that a new Python takes for the code: of the processor, or by the clock, as the row has it."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    if row.value == "wall":
        return time.perf_counter() - begun
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    return now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime


def environment(port: int) -> dict[str, str]:
    """The user's environment without keys, proxies and settings that would lead a client elsewhere."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.lower().endswith(("_proxy", "_api_key", "_base_url")) and not name.startswith(("RINGUP_", "PYTHON"))
    }
    return kept | {
        "OPENAI_API_KEY": KEY["openai"],
        "OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1",
        "ANTHROPIC_API_KEY": KEY["anthropic"],
        "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{port}",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }


def run(wire: str, rounds: int, seconds: float, limit: float, only: str = "") -> Results:
    """Measure every row on a wire, within about `limit` seconds."""
    return Run(wire, rounds, seconds, limit, only).take()
