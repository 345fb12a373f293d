"""Batches, of either vendor: their lines are answered one after the other as the clock goes on.

When a line is due follows from the clock alone, and its answer from the seed and its number: so nothing depends on when
the work is really done, which is a little at a time, and not before somebody asks for a batch or a file.

The times, in seconds of the simulator's clock: all lines take 10 together, or a 50th each where that is more; after a
cancellation it takes 5 until all is settled; after 24 hours a batch expires. A line whose `custom_id` begins with
`sim-expire` is never answered, so that its batch does.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Generic, TypeVar

from msgspec import Struct

from ringup.secret import Secret
from ringup.simulator.shelf import Shelf
from ringup.usage import Usage

__all__ = ["Done", "Job", "Jobs", "Line"]

T = TypeVar("T")

_NEVER = "sim-expire"
_WINDOW = 86_400.0
_LEAST, _EACH, _DRAIN = 10.0, 0.02, 5.0
_SLICE = 5
"""So many lines are answered before others have their turn: some milliseconds."""
_MOST, _ROOM = 1_000, 256 * 1024 * 1024


class Line(Struct, frozen=True):
    """One request of a batch."""

    custom_id: str
    body: bytes


class Done(Struct):
    """What came of a line: whether it was answered well, the row that tells it (b"" once it was given away), and what
    it used; None for a failure."""

    custom_id: str
    good: bool
    row: bytes
    model: str = ""
    usage: Usage | None = None


class Job(Generic[T]):
    """One batch.

    id       its own
    created  when it was made
    opens    when the first line may be answered
    closing  seconds between the last answer and the end
    lines    in the order of the input; they are answered in another one, that `chance` gives
    about    what a vendor's API tells of it besides
    """

    def __init__(
        self,
        id: str,
        *,
        created: float,
        opens: float,
        closing: float,
        lines: list[Line],
        chance: Random,
        about: T,
    ) -> None:
        self.id = id
        self.created = created
        self.opens = opens
        self.about = about
        self.done: list[Done] = []
        self.cancelled: float | None = None
        self.ended: float | None = None
        stuck = [line for line in lines if line.custom_id.startswith(_NEVER)]
        able = [line for line in lines if not line.custom_id.startswith(_NEVER)]
        chance.shuffle(able)
        self.lines = able + stuck
        self._able = len(able)
        self._span = max(_LEAST, self._able * _EACH) if lines else 0.0
        self.finished = math.inf if stuck else opens + self._span
        """When the last answer is due."""
        self._closes = min(self.finished + closing, self.expires) if lines else opens
        self.size = sum([len(line.body) for line in lines])

    @property
    def expires(self) -> float:
        """When it ends, whatever is left to do."""
        return self.created + _WINDOW

    @property
    def end(self) -> float:
        """When it ends, as things stand."""
        return self._closes if self.cancelled is None else self.cancelled + _DRAIN

    @property
    def left(self) -> list[Line]:
        """The lines that weren't answered."""
        return self.lines[len(self.done) :]

    def due(self, now: float) -> int:
        """How many lines are to be answered by now."""
        until = min(now, self.expires, math.inf if self.cancelled is None else self.cancelled)
        if until <= self.opens or not self._able:
            return 0
        return min(int((until - self.opens) / self._span * self._able + 1e-9), self._able)

    def moment(self, at: int) -> float:
        """When a line is answered, by its place in `lines`."""
        return self.opens + self._span * (at + 1) / self._able

    def add(self, done: Done) -> None:
        """What came of the next line."""
        self.done.append(done)
        self.size += len(done.row)

    def release(self) -> None:
        """Forget the rows: they were given away."""
        for done in self.done:
            self.size -= len(done.row)
            done.row = b""


class _Open(Struct, Generic[T]):
    """A batch that hasn't ended."""

    job: Job[T]
    answer: Callable[[Line, int, float], Done]
    finish: Callable[[Job[T]], None]

    def owes(self, now: float) -> bool:
        """Whether there is something to do by now."""
        return len(self.job.done) < self.job.due(now) or now >= self.job.end

    def step(self, now: float) -> None:
        """Do it: answer a line, or come to the end."""
        job, at = self.job, len(self.job.done)
        if at < job.due(now):
            job.add(self.answer(job.lines[at], at, job.moment(at)))
        else:
            job.ended = job.end
            self.finish(job)


class Jobs(Generic[T]):
    """The batches of all keys: the last 1,000, and at most 256 MiB of them. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: Shelf[Job[T]] = Shelf(clock, kept=math.inf, most=_MOST, room=_ROOM, size=lambda job: job.size)
        self._open: dict[str, _Open[T]] = {}

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._open.clear()

    def add(
        self,
        key: Secret | None,
        job: Job[T],
        answer: Callable[[Line, int, float], Done],
        finish: Callable[[Job[T]], None],
    ) -> None:
        """A new batch. `answer` gives what comes of a line, by its place and its moment; `finish` is called once, when
        the batch ends."""
        self._open[job.id] = _Open(job, answer, finish)
        self._kept.put(key, job.id, job)
        kept = {job.id for job in self._kept}
        self._open = {name: found for name, found in self._open.items() if name in kept}

    def find(self, key: Secret | None, id: str) -> Job[T] | None:
        """A batch of this key."""
        return self._kept.get(key, id)

    def all(self, key: Secret | None) -> list[Job[T]]:
        """The batches of a key, the oldest first."""
        return self._kept.all(key)

    def drop(self, key: Secret | None, id: str) -> None:
        """Forget a batch that has ended."""
        self._kept.drop(key, id)

    def work(self) -> bool:
        """Do a little of what is due by now. False: nothing more is."""
        now = self._clock()
        for _ in range(_SLICE):
            owing = next((found for found in self._open.values() if found.owes(now)), None)
            if owing is None:
                return False
            owing.step(now)
            if owing.job.ended is not None:
                del self._open[owing.job.id]
        return True
