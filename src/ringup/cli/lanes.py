"""Several models that are asked at the same time: a lane for each, and the race in which all of them run."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from ringup.cli.setup import Setup
from ringup.cli.view import retry_line
from ringup.client import AsyncClient
from ringup.events import Event, RefusalDelta, TextDelta, ThinkingDelta
from ringup.prompt import Prompt
from ringup.reply import Attempt, Reply

if TYPE_CHECKING:
    from ringup.streams import AsyncStream

__all__ = ["Lane", "race"]


class Lane:
    """One model, and what has come from it so far.

    asked     its name, as the user wrote it
    text      its words; of a refusal, the refusal's
    thinking  whether it has thought so that it could be read
    waits     a line for each failed try that another one follows
    reply     the whole answer, once it is there
    error     why there is none
    over      nothing more will come
    first_try, last_try   the tries on the wire, as far as they are known; None before anything was sent
    """

    def __init__(self, asked: str, setup: Setup) -> None:
        self.asked = asked
        self.setup = setup
        self.text = ""
        self.thinking = False
        self.waits: list[str] = []
        self.reply: Reply | None = None
        self.error: Exception | None = None
        self.over = False
        self.first_try: Attempt | None = None
        self.last_try: Attempt | None = None
        self.began = time.monotonic()
        self._stream: AsyncStream | None = None

    def prepare(self, client: AsyncClient, prompt: Prompt) -> None:
        """Work out what is sent, and where: all that can be refused before that is refused here."""
        try:
            self._stream = client.stream(prompt, **self.setup.params)
        except Exception as error:
            self.error = error

    async def run(self, changed: Callable[[], None]) -> None:
        """Ask, and gather what comes. A failure stays in this lane: it is the `error`."""
        self.began = time.monotonic()
        if self._stream:
            try:
                await self._read(self._stream, changed)
            except Exception as error:
                self.error = error
        self.over = True
        changed()

    async def _read(self, stream: AsyncStream, changed: Callable[[], None]) -> None:
        async with stream:
            async for event in stream.events():
                self._take(event)
                changed()
        self.reply = stream.reply

    def watch(self, attempt: Attempt) -> None:
        """A try on the wire begins, or has ended."""
        self.first_try = self.first_try if self.first_try and attempt.number > 1 else attempt
        self.last_try = attempt
        if attempt.wait is not None and attempt.number > len(self.waits):
            self.waits.append(retry_line(attempt))

    def _take(self, event: Event) -> None:
        match event:
            case TextDelta(text=text) | RefusalDelta(text=text):
                self.text += text
            case ThinkingDelta():
                self.thinking = True


def race(lanes: Sequence[Lane], prompt: Prompt, show: Callable[[], None], tick: float | None) -> None:
    """Ask all of them the same at the same time, until the last one is over.

    `show` is called when something has come; and with a `tick`, once in so many seconds whatever comes. Ctrl-C, and
    what `show` raises, ends all of them at once.
    """
    import asyncio  # here, for its import takes longer than ours

    asyncio.run(_race(lanes, prompt, show, tick))


async def _race(lanes: Sequence[Lane], prompt: Prompt, show: Callable[[], None], tick: float | None) -> None:
    import asyncio

    news = asyncio.Event()
    ledger = lanes[0].setup.ledger()
    async with AsyncExitStack() as stack:
        for lane in lanes:  # first all of this, so that nobody's time is spent on another one's preparations
            client = lane.setup.async_client(ledger, lane.watch)
            lane.prepare(await stack.enter_async_context(client), prompt)
        tasks = [asyncio.create_task(lane.run(news.set)) for lane in lanes]
        try:
            while not all(lane.over for lane in lanes):
                await (news.wait() if tick is None else asyncio.sleep(tick))
                news.clear()
                show()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
