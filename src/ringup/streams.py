"""A streamed answer: text when iterated, typed events through `.events()`, the whole Reply at its end."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import suppress
from functools import cache
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self
from weakref import WeakKeyDictionary

from ringup.drive import given
from ringup.ending import at_the_end
from ringup.errors import ConfigurationError
from ringup.events import Event, TextDelta
from ringup.later import later
from ringup.outcome import so_far
from ringup.reply import Reply, T
from ringup.script import Record

if TYPE_CHECKING:
    from ringup import growing, ledger, structured
    from ringup.ledger import Receipt
    from ringup.steps import Session, Steps
    from ringup.structured import Partials
else:
    growing = later("growing")
    ledger = later("ledger")
    structured = later("structured")

__all__ = ["AsyncStream", "Stream"]


_OPEN: WeakKeyDictionary[Any, tuple[int, Steps]] = WeakKeyDictionary()
"""The streams that go on, as they are driven: the process that began each, and its script."""


@cache
def _heed_the_end(_process: int) -> None:
    """Once in each process."""
    at_the_end(_end, rank=1)


def _end() -> None:
    """At the end of the program, streams that somebody left open are over: now they can still be logged and paid, and
    when Python takes its modules apart no more."""
    for driven, (process, script) in list(_OPEN.items()):
        is_read = getattr(driven, "gi_running", False) or getattr(driven, "ag_running", False)
        if process == os.getpid() and not is_read:  # else by a thread, or by a loop that stands still
            with suppress(Exception):
                script.close()


class _Streamed(Generic[T]):
    def __init__(self, driven: Any, record: Record | Session, script: Steps) -> None:
        self._record = record
        process = os.getpid()
        _OPEN[driven] = process, script
        _heed_the_end(process)

    def _partials(self) -> tuple[Partials, Session]:
        record = self._record
        if isinstance(record, Record) or not record.typed:
            raise ConfigurationError(
                "there are no partial values, for the stream has no type.",
                advice="Give it one: client.stream(..., output=Person).partials().",
            )
        return structured.Partials(), record

    @property
    def _receipt(self) -> Receipt | None:
        """What a stream that was left still has to wait for, with `durability="call"`."""
        record = self._record if isinstance(self._record, Record) else self._record.record
        return record.receipt if record and record.outcome != "open" and record.is_ours() else None

    @property
    def reply(self) -> Reply[T]:
        """The whole Reply. Before the end of the stream it is an error to ask for it; `partial` has what came."""
        reply = self._record.reply
        if reply:
            if self._receipt and self._receipt.error:
                raise ledger.unwritten(self._receipt, reply)
            return reply
        ended = {"failed": "failed", "cancelled": "was left early"}.get(self._record.outcome, "isn't at its end yet")
        raise ConfigurationError(
            f"the stream {ended}, so there is no whole reply.",
            advice="Iterate it to its end first; .partial has the answer as far as it came.",
        )

    @property
    def partial(self) -> Reply:
        """The answer as far as it came; its finish_reason is None until it is complete. Its cost is an estimate: see
        `bill.reason`."""
        if self._record.reply:
            return self._record.reply
        partial: Reply = so_far(self._record) if isinstance(self._record, Record) else self._record.so_far()
        return partial

    def _busy(self, error: Exception) -> Exception:
        """What Python says of a generator that is at work elsewhere, in our words; any other error as it is."""
        if "already" not in str(error):
            return error
        return ConfigurationError(
            "the stream is being read elsewhere at this moment, in another thread or task.",
            advice="Read and close a stream in one place. To stop it from another, let its reader look at a flag.",
        )

    def __repr__(self) -> str:
        plan = self._record.plan
        return f"<{type(self).__name__} of {plan.request.model if plan else 'tools'}: {self._record.outcome}>"


class Stream(_Streamed[T]):
    """A streamed answer. The request is sent when it is first iterated.

    Leaving a `with` block, or `close()`, closes the connection at once; a bare `break` can't promise that. It is read
    and closed in one thread, whichever that is: to stop it from another, let its reader look at a flag of yours.
    """

    def __init__(self, driven: Generator[Event], record: Record | Session, script: Steps) -> None:
        super().__init__(driven, record, script)
        self._driven = driven

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            for event in self._driven:
                if type(event) is TextDelta and event.text:
                    return event.text
        except ValueError as error:
            raise self._busy(error) from None
        raise StopIteration

    def events(self) -> Iterator[Event]:
        """The events as they come. They are the same ones that iteration takes its text from: use one of the two."""
        return self._driven

    def partials(self) -> Iterator[Any]:
        """The value of `output=` while it grows, in plain dicts, lists, strings and numbers: fields come one after the
        other, a string grows, a number comes when it is whole. Each is new, and none is validated; `reply.output` is
        the value itself, at the end. An answer that is repaired begins anew. Use this, iteration or `events`, not two
        of them. Raises ConfigurationError for a stream without `output=`.
        """
        partials, session = self._partials()
        nothing = growing.NOTHING
        return (value for event in self._driven if (value := partials.feed(event, session.shape)) is not nothing)

    def close(self) -> None:
        """Stop, and close the connection at once. Raises ConfigurationError while another thread is reading."""
        try:
            self._driven.close()
            if receipt := self._receipt:
                receipt.wait()
        except ValueError as error:
            raise self._busy(error) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncStream(_Streamed[T]):
    """A streamed answer in async code. The request is sent when it is first iterated.

    Leaving an `async with` block, or `await close()`, closes the connection at once; a bare `break` can't promise that.
    It is read and closed in one task: to stop it from another, cancel that task.
    """

    def __init__(self, driven: AsyncGenerator[Event], record: Record | Session, script: Steps) -> None:
        super().__init__(driven, record, script)
        self._driven = driven

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        try:
            async for event in self._driven:
                if type(event) is TextDelta and event.text:
                    return event.text
        except RuntimeError as error:
            raise self._busy(error) from None
        raise StopAsyncIteration

    def events(self) -> AsyncIterator[Event]:
        """The events as they come. They are the same ones that iteration takes its text from: use one of the two."""
        return self._driven

    def partials(self) -> AsyncIterator[Any]:
        """The value of `output=` while it grows, as in `Stream.partials`."""
        partials, session = self._partials()
        nothing = growing.NOTHING
        return (value async for event in self._driven if (value := partials.feed(event, session.shape)) is not nothing)

    async def close(self) -> None:
        """Stop, and close the connection at once. Raises ConfigurationError while another task is reading."""
        try:
            await self._driven.aclose()
        except RuntimeError as error:
            raise self._busy(error) from None
        if receipt := self._receipt:
            await given(receipt)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
