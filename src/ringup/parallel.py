"""The two drivers of a job: its calls in threads for sync code, tasks for async code. The rest is `ringup.embed_job`.

A job of a single call is run as any other call, without either. When a job ends early (an error, Ctrl-C, cancellation),
nothing more is sent: tasks are cancelled; a thread that waits to try again stops, and one whose answer is on the way
lets it come, for the log, while the user goes on.
"""

from __future__ import annotations

import contextvars
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from ringup.drive import AsyncWorld, World, drive, drive_async
from ringup.embed_job import Job
from ringup.embeddings import Embeddings
from ringup.script import Exchange, Script, Sleep
from ringup.steps import Effects
from ringup.transport import AsyncTransport, Transport
from ringup.waiting import take

if TYPE_CHECKING:
    import asyncio

__all__ = ["run", "run_async"]


class _OverError(Exception):
    """The job is over: this call isn't wanted any more."""


class _Lane(World):
    """A world that ends with the job."""

    __slots__ = ("_over",)

    def __init__(self, transport: Transport, over: threading.Event) -> None:
        super().__init__(transport)
        self._over = over

    def perform(self, effect: Effects) -> Any:
        if isinstance(effect, Sleep | Exchange):
            seconds = effect.seconds if isinstance(effect, Sleep) else 0.0
            if self._over.wait(seconds):
                raise _OverError
        return None if isinstance(effect, Sleep) else super().perform(effect)


class _Threads:
    """Calls in threads of their own."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._landed: SimpleQueue[tuple[int, BaseException | None]] = SimpleQueue()
        self._over = threading.Event()

    def begin(self, number: int, script: Script) -> None:
        run = contextvars.copy_context().run
        threading.Thread(target=run, args=(self._run, number, script), name="ringup-embed", daemon=True).start()

    def _run(self, number: int, script: Script) -> None:
        try:
            for _ in drive(script, _Lane(self._transport, self._over)):
                pass
        except BaseException as error:
            self._landed.put((number, error))
        else:
            self._landed.put((number, None))

    def next(self) -> tuple[int, BaseException | None]:
        """The next one that ends, and its error."""
        return take(self._landed)

    def stop(self) -> None:
        self._over.set()


def run(job: Job, transport: Transport) -> Embeddings:
    """Carry out a job in sync code."""
    if job.is_single:
        for number, script in job.ready():
            for _ in drive(script, World(transport)):
                pass
            job.landed(number)
        job.ready()
        return job.result()
    threads = _Threads(transport)
    try:
        while not job.is_done:
            for number, script in job.ready():
                threads.begin(number, script)
            job.landed(*threads.next())
    finally:
        threads.stop()
    return job.result()


async def run_async(job: Job, transport: AsyncTransport) -> Embeddings:
    """Carry out a job in async code."""
    if job.is_single:
        for number, script in job.ready():
            await _run(script, transport)
            job.landed(number)
        job.ready()
        return job.result()
    import asyncio  # here, for its import takes longer than ours

    tasks: dict[asyncio.Task[None], int] = {}
    try:
        while not job.is_done:
            for number, script in job.ready():
                tasks[asyncio.create_task(_run(script, transport))] = number
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                job.landed(tasks.pop(task), task.exception())
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return job.result()


async def _run(script: Script, transport: AsyncTransport) -> None:
    async for _ in drive_async(script, AsyncWorld(transport)):
        pass
