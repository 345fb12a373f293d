"""A streamed answer: text when iterated, typed events through `.events()`, the whole Reply at its end."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from types import TracebackType
from typing import Generic, Self

from ringup.call import Record
from ringup.errors import ConfigurationError
from ringup.events import Event, TextDelta
from ringup.reply import Reply, T
from ringup.steps import Session

__all__ = ["AsyncStream", "Stream"]


class _Streamed(Generic[T]):
    def __init__(self, record: Record | Session) -> None:
        self._record = record

    @property
    def reply(self) -> Reply[T]:
        """The whole Reply. Before the end of the stream it is an error to ask for it; `partial` has what came."""
        reply = self._record.reply
        if reply:
            return reply
        ended = {"failed": "failed", "cancelled": "was left early"}.get(self._record.outcome, "isn't at its end yet")
        raise ConfigurationError(
            f"the stream {ended}, so there is no whole reply.",
            advice="Iterate it to its end first; .partial has the answer as far as it came.",
        )

    @property
    def partial(self) -> Reply:
        """The answer as far as it came; its finish_reason is None until it is complete."""
        return self._record.reply or self._record.fold.reply()

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

    def __init__(self, driven: Generator[Event], record: Record | Session) -> None:
        super().__init__(record)
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

    def close(self) -> None:
        """Stop, and close the connection at once. Raises ConfigurationError while another thread is reading."""
        try:
            self._driven.close()
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

    def __init__(self, driven: AsyncGenerator[Event], record: Record | Session) -> None:
        super().__init__(record)
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

    async def close(self) -> None:
        """Stop, and close the connection at once. Raises ConfigurationError while another task is reading."""
        try:
            await self._driven.aclose()
        except RuntimeError as error:
            raise self._busy(error) from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
