"""Tools at work: several at once, in threads for sync code and in tasks for async code.

A tool sees the context variables of the code that asked. A thread can't be stopped: what a tool gives after its time is
thrown away. Under the sync client a coroutine function runs in an event loop of its own.
"""

from __future__ import annotations

import contextvars
import queue
import threading
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from ringup.messages import ToolCall
from ringup.steps import Job

if TYPE_CHECKING:
    import asyncio

__all__ = ["Tasks", "Threads", "settled"]

Ended = tuple[int, Any, BaseException | None]
"""The place of a job, what it gave, and what it raised."""


class Threads:
    """Jobs in threads: they begin at once."""

    def __init__(self, jobs: list[Job]) -> None:
        self._ended: queue.SimpleQueue[Ended] = queue.SimpleQueue()
        for at, job in enumerate(jobs):
            run = contextvars.copy_context().run
            name = f"ringup-tool-{job.call.name}"
            threading.Thread(target=run, args=(self._run, at, job), name=name, daemon=True).start()

    def _run(self, at: int, job: Job) -> None:
        try:
            value = _finished(job.function.run(**job.arguments))
        except BaseException as error:
            self._ended.put((at, None, error))
        else:
            self._ended.put((at, value, None))

    def next(self, timeout: float | None) -> Ended:
        """The next one that ends. Raises TimeoutError."""
        try:
            return self._ended.get(timeout=timeout)
        except queue.Empty:
            raise TimeoutError from None


def _finished(value: Any) -> Any:
    """The value; of a coroutine, what it gives. For a thread without an event loop."""
    if not hasattr(value, "__await__"):
        return value
    import asyncio  # here, for its import takes longer than ours

    async def wait() -> Any:
        return await value

    return asyncio.run(wait())


def settled(decide: Callable[[ToolCall], Any], call: ToolCall) -> Any:
    """What a function, or a coroutine function, says of a call, in the thread of the caller."""
    verdict = decide(call)
    if not hasattr(verdict, "__await__"):
        return verdict
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(_finished(verdict)), daemon=True)
    thread.start()
    thread.join()
    return found[0] if found else None


class Tasks:
    """Jobs in tasks of the running event loop; those that aren't coroutine functions in threads."""

    def __init__(self, jobs: list[Job]) -> None:
        import asyncio  # here, for its import takes longer than ours

        self._asyncio = asyncio
        self._ended: asyncio.Queue[Ended] = asyncio.Queue()
        self._tasks = [asyncio.create_task(self._run(at, job)) for at, job in enumerate(jobs)]

    async def _run(self, at: int, job: Job) -> None:
        run: Callable[..., Any] = job.function.run
        try:
            if job.function.is_async:
                value = await run(**job.arguments)
            else:
                value = await self._asyncio.to_thread(run, **job.arguments)
                value = await _awaited(value)
        except Exception as error:
            self._ended.put_nowait((at, None, error))
        else:
            self._ended.put_nowait((at, value, None))

    async def next(self, timeout: float | None) -> Ended:  # noqa: ASYNC109 - it is an effect's own
        """The next one that ends. Raises TimeoutError."""
        return await self._asyncio.wait_for(self._ended.get(), timeout)

    async def stop(self) -> None:
        """Cancel those that still run."""
        for task in self._tasks:
            task.cancel()
        await self._asyncio.gather(*self._tasks, return_exceptions=True)


async def _awaited(value: Any | Awaitable[Any]) -> Any:
    return await value if hasattr(value, "__await__") else value
