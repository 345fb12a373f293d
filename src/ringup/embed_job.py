"""Many texts to be made vectors: split as the model takes them, several calls at a time, put together again in order.

A `Job` decides, and does nothing itself: a driver (`ringup.parallel`, once sync and once async) runs the calls that are
`ready`, and tells which have `landed`. The rules that it keeps:
- a text that is certainly too long, or empty, is an error before anything is sent, and names its index;
- never more calls at a time than asked for; after a 429 half as many, then one more with each that goes well; and while
  one waits because the provider said so, no other is begun;
- one deadline covers the whole job; each call gets what is left of it;
- the first call that fails ends the job. What the others brought is in the error's `.partial`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from typing import Any

from msgspec.structs import replace

from ringup import vocabulary
from ringup.embedders import EmbedRules
from ringup.embeddings import Embeddings
from ringup.errors import APIError, APITimeoutError, BudgetExceededError, ParameterError, ProtocolError
from ringup.reply import Notice
from ringup.script import Env, Record, Script
from ringup.usage import add

__all__ = ["Begin", "Job", "Progress", "read_texts", "sizes", "split"]

CAUTIOUS_TEXTS, CAUTIOUS_TOKENS = 32, 100_000
"""What one request holds at most where the model's own limits aren't known."""

Begin = Callable[[tuple[str, ...], float], tuple[Record, Script]]
"""Plans the call for these texts, within so many seconds."""

Progress = Callable[[int, int], Any]
"""Is told how many texts are done, and of how many."""


# Texts


def read_texts(given: str | Iterable[str]) -> tuple[str, ...]:
    """The texts, one or many. Raises ParameterError that names the index of what is empty, or no text."""
    if isinstance(given, bytes | bytearray | Mapping) or not isinstance(given, Iterable):
        raise _wrong("texts", f"texts is of the type {type(given).__name__}, not a string or a list of strings")
    texts = (given,) if isinstance(given, str) else tuple(given)
    for at, text in enumerate(texts):
        if not isinstance(text, str):
            raise _wrong(f"texts[{at}]", f"texts[{at}] is of the type {type(text).__name__}, not a string")
        if not text:
            raise _wrong(f"texts[{at}]", f"texts[{at}] is empty: there is nothing to embed", "Leave it out.")
    if not texts:
        raise _wrong("texts", "there is nothing to embed: give at least one text")
    return texts


def _wrong(parameter: str, message: str, advice: str = "") -> ParameterError:
    return ParameterError(message, parameter=parameter, advice=advice)


def sizes(texts: Sequence[str], rules: EmbedRules, model: str) -> list[int]:
    """How many tokens each text has at most. Raises ParameterError for those that are too long for the model.

    Only a text that may be too long is counted. Where that can't be done, it is refused only if it is too long for
    certain.
    """
    found = [vocabulary.most(text) for text in texts]
    limit = rules.tokens
    if limit is None:
        return found
    long: dict[int, str] = {}
    for at in [at for at, size in enumerate(found) if size > limit]:
        counted = vocabulary.count(texts[at], rules.vocabulary) if rules.vocabulary else None
        found[at] = found[at] if counted is None else counted
        fewest = vocabulary.least(texts[at]) if counted is None else counted
        if fewest > limit:
            long[at] = f"{'at least ' if counted is None else ''}{fewest:,} tokens"
    if long:
        raise _too_long(long, limit, model)
    return found


def _too_long(long: dict[int, str], limit: int, model: str) -> ParameterError:
    (first, tokens), *others = long.items()
    named = ", ".join([f"texts[{at}] has {count}" for at, count in others[:4]])
    more = f"; {named}{f'; and {len(others) - 4} more are too long' if len(others) > 4 else ''}" if others else ""
    return _wrong(
        f"texts[{first}]",
        f"texts[{first}] is too long: it has {tokens}, and {model} takes {limit:,}{more}",
        "Shorten it, or cut it into parts and embed each.",
    )


def split(sizes: Sequence[int], rules: EmbedRules, batch: int | None = None) -> list[range]:
    """Which texts go together: as many as one request takes, in order. One that is too large for it goes alone."""
    texts = min(filter(None, (rules.texts or CAUTIOUS_TEXTS, batch)))
    tokens = rules.total_tokens or CAUTIOUS_TOKENS
    pieces, start, total = [], 0, 0
    for at, size in enumerate(sizes):
        if at > start and (at - start == texts or total + size > tokens):
            pieces.append(range(start, at))
            start, total = at, 0
        total += size
    return [*pieces, range(start, len(sizes))]


# The job


class Job:
    """The calls that many texts take. `at_once` is how many may be under way, `timeout` is in seconds, `dimensions` is
    how many numbers were asked for.
    """

    def __init__(
        self,
        texts: tuple[str, ...],
        pieces: list[range],
        begin: Begin,
        env: Env,
        *,
        model: str,
        timeout: float,
        at_once: int,
        on_progress: Progress | None = None,
        dimensions: int | None = None,
    ) -> None:
        self.model = model
        self._texts, self._pieces, self._begin = texts, pieces, begin
        self._clock = env.clock
        self._timeout, self._until = timeout, env.clock() + timeout
        self._most = self._width = at_once
        self._on_progress = on_progress
        self._dimensions = dimensions
        self._waiting = list(reversed(range(len(pieces))))
        self._running: dict[int, Record] = {}
        self._landed: dict[int, Embeddings] = {}
        self._failed: tuple[int, BaseException] | None = None

    @property
    def is_single(self) -> bool:
        """Whether one call is all that it takes."""
        return len(self._pieces) == 1

    @property
    def is_done(self) -> bool:
        """Whether every call has landed."""
        return len(self._landed) == len(self._pieces)

    def ready(self) -> list[tuple[int, Script]]:
        """The calls to be run now, each with its number. Raises the error that ended the job."""
        if self._failed:
            raise self._explained(*self._failed)
        calls = []
        while self._waiting and len(self._running) < self._width and not self._is_held():
            piece = self._pieces[self._waiting[-1]]
            left = self._until - self._clock()
            if left <= 0:
                raise self._told(self._late())
            record, script = self._begin(self._texts[piece.start : piece.stop], left)
            number = self._waiting.pop()
            self._running[number] = record
            calls.append((number, script))
        return calls

    def _is_held(self) -> bool:
        """Whether a call waits because the provider said that it is too fast."""
        last = [record.attempts[-1] for record in self._running.values() if record.attempts]
        return any(attempt.status == 429 and attempt.wait is not None for attempt in last)

    def landed(self, number: int, error: BaseException | None = None) -> None:
        """The call with this number is over."""
        record = self._running.pop(number)
        if error is None:
            error = self._mismatch(number, record.reply)
        if error is not None:
            self._failed = self._failed or (number, error)
            return
        self._landed[number] = record.reply
        slow = any(attempt.status == 429 for attempt in record.attempts)
        self._width = max(self._width // 2, 1) if slow else min(self._width + 1, self._most)
        if self._on_progress:
            self._on_progress(sum(found.count for found in self._landed.values()), len(self._texts))

    def _mismatch(self, number: int, found: Embeddings) -> ProtocolError | None:
        """What is wrong with vectors that can't be those of the texts."""
        sent = len(self._pieces[number])
        other = next(iter(self._landed.values()), found)
        wrong = ""
        if found.count != sent:
            wrong = f"the server sent {found.count} embeddings for {sent} texts"
        elif found.dimensions != other.dimensions:
            wrong = f"the server sent embeddings of {found.dimensions} numbers, and others of {other.dimensions}"
        if not wrong:
            return None
        return ProtocolError(
            wrong, provider=found.provider, request_id=found.request_id, attempts=found.attempts, retryable=False
        )

    def result(self) -> Embeddings:
        """All vectors, in the order of the texts."""
        found = _joined([self._landed[number] for number in range(len(self._pieces))])
        if self._dimensions in (None, found.dimensions):
            return found
        message = f"the server gave vectors of {found.dimensions} numbers, not of {self._dimensions} as asked for"
        return replace(found, notices=(*found.notices, Notice("dropped", "dimensions", message)))

    # What went wrong

    def _late(self) -> APITimeoutError:
        return APITimeoutError(
            f"the {len(self._texts):,} texts weren't embedded within {self._timeout:g} s",
            phase="first_token",
            retryable=False,
            advice="Give more time (timeout=...), or fewer texts at a time.",
        )

    def _explained(self, number: int, error: BaseException) -> BaseException:
        """The error, with the texts that it befell. A copy: the log has the call's own."""
        if not isinstance(error, APIError | BudgetExceededError) or self.is_single:
            return error
        told = copy.copy(error).with_traceback(error.__traceback__)
        if isinstance(told, APITimeoutError) and self._clock() >= self._until:
            late = self._late()
            told.message, told.advice = late.message, late.advice
        else:
            piece = self._pieces[number]
            which = f"the texts {piece.start} to {piece.stop - 1} of {len(self._texts):,}"
            told.message = f"{told.message.rstrip('.')} (for {which})"
        return self._told(told)

    def _told(self, error: APIError | BudgetExceededError) -> BaseException:
        """The error, with what is done."""
        done = sorted(self._landed)
        if done:
            indexes = tuple([at for number in done for at in self._pieces[number]])
            error.partial = replace(_joined([self._landed[number] for number in done]), indexes=indexes)
            error.message += f"; {len(indexes):,} are done; what came is in the error's .partial"
        error.args = (error.message,)
        return error


def _joined(found: list[Embeddings]) -> Embeddings:
    """The vectors of several calls as one, with the usage, time and attempts of them all."""
    first = found[0]
    if len(found) == 1:
        return first
    attempts = sorted([attempt for one in found for attempt in one.attempts], key=lambda attempt: attempt.started)
    ends = [attempt.ended for attempt in attempts if attempt.ended is not None]
    return replace(
        first,
        data=b"".join([one.data for one in found]),
        count=sum([one.count for one in found]),
        usage=reduce(add, [one.usage for one in found]),
        id=None,
        request_id=None,
        latency=max(ends) - attempts[0].started if ends else None,
        attempts=tuple([replace(attempt, number=number) for number, attempt in enumerate(attempts, 1)]),
        notices=tuple(dict.fromkeys([notice for one in found for notice in one.notices])),
        extra={
            name: value for name, value in first.extra.items() if all(one.extra.get(name) == value for one in found)
        },
    )
