"""Tools at work: several at once, in threads for sync code and in tasks for async code.

A tool sees the context variables of the code that asked. A thread can't be stopped: what a tool gives after its time is
thrown away. A coroutine function runs in the caller's event loop, and in one of its own where the caller has none.
"""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from ringup.messages import ToolCall
from ringup.steps import Job
from ringup.waiting import take

if TYPE_CHECKING:
    import asyncio

__all__ = ["Tasks", "Threads", "settled"]

Ended = tuple[int, Any, BaseException | None]
"""The place of a job, what it gave, and what it raised."""


class Threads:
    """Jobs in threads: they begin at once."""

    def __init__(self, jobs: list[Job]) -> None:
        self._ended: SimpleQueue[Ended] = SimpleQueue()
        for at, job in enumerate(jobs):
            _start(job, partial(self._put, at))

    def _put(self, at: int, value: Any, error: BaseException | None) -> None:
        self._ended.put((at, value, error))

    def next(self, timeout: float | None) -> Ended:
        """The next one that ends. Raises TimeoutError."""
        return take(self._ended, None if timeout is None else time.monotonic() + timeout)


def _start(job: Job, end: Callable[[Any, BaseException | None], None]) -> None:
    """Run a job in a thread of its own, which doesn't keep a program from ending, and call `end` there."""

    def run() -> None:
        try:
            value = _finished(job.function.run(**job.arguments))
        except BaseException as error:
            end(None, error)
        else:
            end(value, None)

    copied = contextvars.copy_context()
    threading.Thread(target=copied.run, args=(run,), name=f"ringup-tool-{job.call.name}", daemon=True).start()


def _finished(value: Any) -> Any:
    """The value; of a coroutine, what it gives. For a thread without an event loop."""
    if not hasattr(value, "__await__"):
        return value
    import asyncio  # here, for its import takes longer than ours

    async def wait() -> Any:
        return await value

    return asyncio.run(wait())


def settled(decide: Callable[[ToolCall], Any], call: ToolCall) -> Any:
    """What a function says of a call, in the caller's thread; a coroutine function in an event loop of its own."""
    verdict = decide(call)
    if not hasattr(verdict, "__await__"):
        return verdict
    ended: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()

    def run() -> None:
        try:
            ended.put((_finished(verdict), None))
        except BaseException as error:
            ended.put((None, error))

    threading.Thread(target=contextvars.copy_context().run, args=(run,), daemon=True).start()
    value, error = take(ended)
    if error is not None:
        raise error
    return value


class Tasks:
    """Jobs in tasks of the running event loop; those that aren't coroutine functions in threads."""

    def __init__(self, jobs: list[Job]) -> None:
        import asyncio  # here, for its import takes longer than ours

        self._asyncio = asyncio
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Queue[Ended] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        for at, job in enumerate(jobs):
            if job.function.is_async:
                self._tasks.append(asyncio.create_task(self._run(at, job)))
            else:
                _start(job, partial(self._put, at))

    async def _run(self, at: int, job: Job) -> None:
        try:
            value = await job.function.run(**job.arguments)
        except BaseException as error:
            self._ended.put_nowait((at, None, error))
            if not isinstance(error, Exception):
                raise
        else:
            self._ended.put_nowait((at, value, None))

    def _put(self, at: int, value: Any, error: BaseException | None) -> None:
        with suppress(RuntimeError):  # the loop is closed, and nobody waits any more
            self._loop.call_soon_threadsafe(self._ended.put_nowait, (at, value, error))

    async def next(self, timeout: float | None) -> Ended:  # noqa: ASYNC109 - it is an effect's own
        """The next one that ends. Raises TimeoutError."""
        return await self._asyncio.wait_for(self._ended.get(), timeout)

    async def stop(self) -> None:
        """Cancel those that still run."""
        for task in self._tasks:
            task.cancel()
        await self._asyncio.gather(*self._tasks, return_exceptions=True)
