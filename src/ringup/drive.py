"""The two drivers of a script: one loop in sync code, one in async. All that differs is `await`."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Generator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ringup.events import Event
from ringup.later import later
from ringup.script import MAX_BODY_BYTES, Emit, Exchange, Keep, Open, Read, Shut, Sleep
from ringup.transport import Answer, AsyncAnswer, AsyncTransport, Transport

if TYPE_CHECKING:
    from ringup import steps, workers
    from ringup.ledger import Receipt
    from ringup.steps import Effects, Steps
else:
    steps = later("steps")
    workers = later("workers")

__all__ = ["REAL", "AsyncWorld", "RealEnv", "World", "drive", "drive_async", "given"]


class RealEnv:
    """The real clock and the real chance."""

    clock = staticmethod(time.monotonic)
    now = staticmethod(time.time)

    @staticmethod
    def chance() -> float:
        """A random number in 0..1."""
        import random  # here, for only who retries needs it

        return random.random()


REAL = RealEnv()


class World:
    """Carries out effects in sync code. Holds the one open answer of a call, and the tools that run."""

    __slots__ = ("_answer", "_threads", "_transport")

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._answer: Answer | None = None
        self._threads: workers.Threads | None = None

    def perform(self, effect: Effects) -> Any:
        """Carry out one effect, and give what it gives."""
        match effect:
            case Read() if self._answer:
                return self._answer.read(effect.timeout)
            case Exchange(plan, timeout):
                return self._transport.exchange(plan.url, plan.http, plan.auth, timeout, MAX_BODY_BYTES)
            case Open(plan, timeout, total):
                self._answer = self._transport.open(plan.url, plan.http, plan.auth, timeout, total)
                return self._answer
            case Sleep(seconds):
                time.sleep(seconds)
            case Shut():
                self.shut()
            case Keep(receipt, timeout):
                if not receipt.wait(timeout):
                    raise TimeoutError
            case steps.Work(jobs):
                self._threads = workers.Threads(jobs)
            case steps.Next(timeout) if self._threads:
                return self._threads.next(timeout)
            case steps.Decide(approve, call):
                return workers.settled(approve, call)
        return None

    def shut(self) -> None:
        """Close the open answer, if there is one."""
        answer, self._answer = self._answer, None
        if answer:
            answer.close()


def drive(script: Steps, world: World) -> Generator[Event]:
    """Run a script to its end, and give the events that it hands out."""
    try:
        effect = next(script)
        while True:
            if type(effect) is Emit:
                yield from effect.events
                effect = script.send(None)
                continue
            try:
                result = world.perform(effect)
            except Exception as error:
                effect = script.throw(error)
            else:
                effect = script.send(result)
    except StopIteration:
        return
    finally:
        result = None  # a traceback shows the variables of its frames
        script.close()
        world.shut()


class AsyncWorld:
    """Carries out effects in async code. Holds the one open answer of a call, and the tools that run."""

    __slots__ = ("_answer", "_tasks", "_transport")

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport
        self._answer: AsyncAnswer | None = None
        self._tasks: workers.Tasks | None = None

    async def perform(self, effect: Effects) -> Any:
        """Carry out one effect, and give what it gives."""
        match effect:
            case Read() if self._answer:
                return await self._answer.read(effect.timeout)
            case Exchange(plan, timeout):
                return await self._transport.exchange(plan.url, plan.http, plan.auth, timeout, MAX_BODY_BYTES)
            case Open(plan, timeout, total):
                self._answer = await self._transport.open(plan.url, plan.http, plan.auth, timeout, total)
                return self._answer
            case Sleep(seconds):
                import asyncio  # here, for its import takes longer than ours

                await asyncio.sleep(seconds)
            case Shut():
                await self.shut()
            case Keep(receipt, timeout):
                await given(receipt, timeout)
            case steps.Work(jobs):
                await self._stop()
                self._tasks = workers.Tasks(jobs)
            case steps.Next(timeout) if self._tasks:
                return await self._tasks.next(timeout)
            case steps.Decide(approve, call):
                verdict = approve(call)
                return await verdict if hasattr(verdict, "__await__") else verdict
        return None

    async def _stop(self) -> None:
        tasks, self._tasks = self._tasks, None
        if tasks:
            await tasks.stop()

    async def shut(self) -> None:
        """Close the open answer, and stop the tools, if there are any."""
        await self._stop()
        answer, self._answer = self._answer, None
        if answer:
            await answer.close()


async def given(receipt: Receipt, timeout: float | None = None) -> None:  # noqa: ASYNC109 - it is an effect's own
    """Wait for a receipt without holding up the event loop. Raises TimeoutError."""
    import asyncio  # here, for its import takes longer than ours

    loop, done = asyncio.get_running_loop(), asyncio.Event()

    def tell() -> None:
        with suppress(RuntimeError):  # the loop is closed, and nobody waits any more
            loop.call_soon_threadsafe(done.set)

    receipt.when_done(tell)
    async with asyncio.timeout(timeout):  # `wait_for` may lose a cancellation (Python 3.11)
        await done.wait()


async def drive_async(script: Steps, world: AsyncWorld) -> AsyncGenerator[Event]:
    """Run a script to its end, and give the events that it hands out."""
    try:
        effect = next(script)
        while True:
            if type(effect) is Emit:
                for event in effect.events:
                    yield event
                effect = script.send(None)
                continue
            try:
                result = await world.perform(effect)
            except Exception as error:
                effect = script.throw(error)
            else:
                effect = script.send(result)
    except StopIteration:
        return
    finally:
        result = None  # a traceback shows the variables of its frames
        script.close()
        await world.shut()
