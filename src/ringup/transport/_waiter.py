"""Carries out the coroutines of pyreqwest: in sync code without an event loop, in async code within the running one.

They are stepped by hand in both cases. So a timeout is exact, Ctrl-C and cancellation take effect at once (handed on
to pyreqwest 0.15 as an exception, a cancellation that meets a ready answer is lost every other time), and the work is
dropped on the way out.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Coroutine, Generator
from functools import cache
from queue import SimpleQueue
from time import monotonic
from typing import Any, TypeVar

from ringup.waiting import take

__all__ = ["bounded", "wait"]

T = TypeVar("T")


class _Future:
    """What the waiter gives for a future: it yields itself when awaited, and nothing else is ever asked of it."""

    __slots__ = ()

    def __iter__(self) -> _Future:
        return self

    def __next__(self) -> _Future:
        return self


_FUTURE = _Future()


class _Waiter:
    """Stands in for the running event loop. pyreqwest asks it for futures, and calls it when there is something new.

    That call comes from pyreqwest's own thread. It goes straight to a function in C, where the thread can't be made
    to wait half-way: at the end of the program that is fatal (see `_pyreqwest._settle`).
    """

    __slots__ = ("call_soon_threadsafe", "wakes")

    def __init__(self) -> None:
        self.wakes: SimpleQueue[Any] = SimpleQueue()
        self.call_soon_threadsafe = self.wakes.put

    def create_future(self) -> _Future:
        return _FUTURE


@cache
def _running_loop() -> tuple[Callable[[], Any], Callable[[Any], None]]:
    from asyncio import events  # here, for its import takes longer than ours

    return events._get_running_loop, events._set_running_loop


def wait(work: Coroutine[Any, Any, T], timeout: float | None) -> T:
    """Run a coroutine of pyreqwest to its end, in this thread. Raises TimeoutError when it takes too many seconds."""
    get_loop, set_loop = _running_loop()
    waiter = _Waiter()
    deadline = None if timeout is None else monotonic() + timeout
    before = get_loop()
    try:
        set_loop(waiter)
        while True:
            try:
                future = work.send(None)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            if future is not None:
                take(waiter.wakes, deadline)
    except BaseException:
        work.close()
        raise
    finally:
        set_loop(before)


class _Alarm:
    """Wakes the task when the time is up."""

    __slots__ = ("future", "handle", "rang")

    def __init__(self, timeout: float) -> None:
        import asyncio  # here, for its import takes longer than ours

        self.rang = False
        self.future: Any = None
        self.handle = asyncio.get_running_loop().call_later(timeout, self.ring)

    def ring(self) -> None:
        self.rang = True
        if self.future is not None and not self.future.done():
            self.future.set_result(None)


@types.coroutine
def bounded(work: Coroutine[Any, Any, T], timeout: float | None) -> Generator[Any, None, T]:
    """Await a coroutine of pyreqwest. Raises TimeoutError when it takes too many seconds."""
    alarm: _Alarm | None = None
    try:
        while True:
            try:
                future = work.send(None)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            if timeout is not None:
                alarm = alarm or _Alarm(timeout)
                alarm.future = future
            yield future
            if alarm and alarm.rang:
                raise TimeoutError
    except BaseException:
        work.close()
        raise
    finally:
        if alarm:
            alarm.handle.cancel()
