"""Calls of all kinds, through the real clients to a simulator, with faults: for the test of its invoice."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import ringup
from ringup.testing import Simulator

__all__ = ["FAULTS", "GARBAGE", "SILENT", "send"]

AT_ONCE = 48
SILENT = "gpt-4.1-nano"
"""The model whose calls get no answer, and are given up."""
GARBAGE = "a proxy's nonsense"

_LONG = {size: "You know all of this by heart, and much more besides. " * size for size in (45, 80, 100, 195)}
_QUESTIONS = ("What is 2 + 3?", "What is the capital of France?", "Tell me of the sea.", "Name three planets.")
_WORDS = ("sea", "ship", "salt", "storm", "harbour", "gull", "sail", "wind")

FAULTS: tuple[dict[str, Any], ...] = (
    {"status": 503, "headers": {"retry-after": "0"}},
    {"status": 429, "headers": {"retry-after": "0.01"}},
    {"status": 500, "stream": True, "headers": {"retry-after": "0"}},
    {"kind": "overloaded", "headers": {"retry-after": "0"}},
    {"kind": "quota"},
    {"status": 400},
    {"html": True, "headers": {"retry-after": "0"}},
    {"body": "<p>Hello</p>", "wire": "responses", "name": GARBAGE},
    {"body": "<p>Hello</p>", "wire": "chat_completions", "name": GARBAGE},
    {"close": True},
    {"reset": True},
    {"truncate": 90, "stream": False},
    {"reset_after": 60, "stream": False},
    {"error_after": 1, "stream": False},
    {"truncate": 700, "stream": True},
    {"truncate": 10, "stream": True},
    {"reset_after": 1_200, "stream": True},
    {"error_after": 0, "stream": True},
    {"error_after": 7, "stream": True},
    {"malformed": 5, "stream": True},
    {"duplicate": 3, "stream": True, "wire": "chat_completions"},
    {"latency": 0.02},
    {"first_token": 0.02, "token": 0.001, "stream": True},
)
"""Every kind that there is, but for silence: that has a model of its own."""


class _Caller:
    """Makes calls by chance, all logged in one ledger."""

    def __init__(self, sim: Simulator, ledger: ringup.Ledger, chance: Random) -> None:
        def client(model: str, url: str, key: str, **options: Any) -> ringup.AsyncClient:
            provider = "anthropic" if "claude" in model else "gemini" if "gemini" in model else "openai"
            given = {"base_url": url, "api_key": key, "provider": provider, "ledger": ledger, "timeout": 60}
            return ringup.AsyncClient(model, **{**given, **options})

        self._sim = sim
        self._chance = chance
        self.openai = client("gpt-4o-mini", sim.openai_url, sim.openai_key)
        self.claude = client("claude-opus-5", sim.anthropic_url, sim.anthropic_key, max_tokens=24)
        self.gemini = client("gemini-2.5-flash", sim.gemini_url, sim.gemini_key)
        kinds: tuple[Sequence[Callable[[], Awaitable[Any]]], ...] = (
            *(4 * [self.plain], 3 * [self.responses], 2 * [self.tiers], [self.cached], [self.breakpoints]),
            *(3 * [self.message], 2 * [self.marked], 3 * [self.google], 3 * [self.vectors]),
        )
        self._kinds = [kind for same in kinds for kind in same]

    async def close(self) -> None:
        for client in (self.openai, self.claude, self.gemini):
            await client.close()

    async def one(self) -> None:
        """One call, whatever comes of it."""
        with contextlib.suppress(ringup.APIError):
            await self._chance.choice(self._kinds)()

    async def _ask(self, client: ringup.AsyncClient, prompt: str, **params: Any) -> None:
        """As a whole, as a stream, or as a stream that is left in the middle."""
        how = self._chance.random()
        if how < 0.5:
            await client.ask(prompt, **params)
            return
        left = self._chance.randrange(1, 12) if how > 0.85 else None
        async with client.stream(prompt, **params) as stream:
            seen = 0
            async for _ in stream:
                seen += 1
                if seen == left:
                    break

    def _question(self) -> str:
        return self._chance.choice(_QUESTIONS)

    def _long(self, *sizes: int) -> str:
        """One of a few long instructions, so that some are in the cache."""
        return f"You are number {self._chance.randrange(6)}. {_LONG[self._chance.choice(sizes)]}"

    async def plain(self) -> None:
        await self._ask(self.openai, self._question(), max_tokens=self._chance.randrange(1, 40))

    async def responses(self) -> None:
        model, most = self._chance.choice((("gpt-4o-mini", 24), ("gpt-5.4-mini", 90)))
        await self._ask(self.openai, self._question(), model=model, wire="responses", max_tokens=most)

    async def tiers(self) -> None:
        tier = self._chance.choice(("flex", "priority", "default", "auto"))
        wire = self._chance.choice(("responses", "chat_completions"))
        options: dict[str, Any] = {"wire": wire, "extra": {"service_tier": tier}}
        await self._ask(self.openai, self._question(), model="gpt-5-mini", max_tokens=90, **options)

    async def cached(self) -> None:
        await self._ask(self.openai, self._question(), system=self._long(100), max_tokens=16)

    async def breakpoints(self) -> None:
        options: dict[str, Any] = {"cache": self._chance.choice((None, True, "30m", "12h"))}
        options["wire"] = "responses"
        options["model"] = "gpt-5.6-luna"
        await self._ask(self.openai, self._question(), system=self._long(100), max_tokens=90, **options)

    async def message(self) -> None:
        thinks = {"reasoning": "low", "max_tokens": 90} if self._chance.random() < 0.3 else {}
        await self._ask(self.claude, self._question(), **thinks)

    async def marked(self) -> None:
        cache = self._chance.choice((True, "5m", "1h"))
        await self._ask(self.claude, self._question(), system=self._long(45, 80), cache=cache)

    async def google(self) -> None:
        system = self._long(195) if self._chance.random() < 0.15 else None
        await self._ask(self.gemini, self._question(), system=system, max_tokens=90)

    async def vectors(self) -> None:
        texts = [" ".join(self._chance.choices(_WORDS, k=9)) for _ in range(self._chance.randrange(1, 4))]
        match self._chance.randrange(3):
            case 0:
                await self.openai.embed(texts, model="text-embedding-3-small", dimensions=8)
            case 1:
                await self.gemini.embed(texts, model="gemini-embedding-2", dimensions=8)
            case _:
                await self.gemini.embed(texts, model="gemini-embedding-001", dimensions=8)

    async def given_up(self, cancelled: bool) -> None:
        """A call that gets no answer: cancelled when the simulator has it, or left to its deadline."""
        before = self._silent()
        if not cancelled:
            with contextlib.suppress(ringup.APITimeoutError):
                await self.openai.ask(self._question(), model=SILENT, idle_timeout=0.5, retries=0)
            return
        # cancelled before its head is here, a request keeps its connection until its time is up
        task = asyncio.create_task(self.openai.ask(self._question(), model=SILENT, timeout=1.0))
        while self._silent() == before and not task.done():  # noqa: ASYNC110 - another thread is waited for
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    def _silent(self) -> int:
        return sum([call.fault == "stall" for call in self._sim.calls])


async def send(sim: Simulator, path: Path, calls: int, given_up: int, chance: Random) -> None:
    """Make so many calls, of which so many get no answer, logged in the file."""
    ledger = ringup.Ledger(path)
    caller = _Caller(sim, ledger, chance)
    for number in range(given_up):
        await caller.given_up(cancelled=number % 2 == 0)
    room = asyncio.Semaphore(AT_ONCE)

    async def one() -> None:
        async with room:
            await caller.one()

    async with asyncio.TaskGroup() as group:
        for _ in range(calls - given_up):
            group.create_task(one())
    await caller.close()
    ledger.close()
