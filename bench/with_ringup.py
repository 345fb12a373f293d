"""ringup, as a user has it."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import ringup
from bench.contestants import EMBEDDER, KEY, MODELS


class Ringup:
    def __init__(self, wire: str, origin: str, ledger: Any = "") -> None:
        settings: dict[str, Any] = {
            "provider": wire,
            "base_url": f"{origin}/v1" if wire == "openai" else origin,
            "api_key": KEY[wire],
        }
        if wire == "anthropic":
            settings["max_tokens"] = 64
        if ledger:
            self._folder = tempfile.TemporaryDirectory()
            self._ledger = ringup.Ledger(Path(self._folder.name) / "calls.db", level=ledger)
            settings["ledger"] = self._ledger
        self._client = ringup.Client(MODELS[wire], **settings)
        self._async = ringup.AsyncClient(MODELS[wire], **settings)

    def ask(self, messages: list[dict[str, Any]]) -> str:
        return self._client.ask(messages).text

    def stream(self, messages: list[dict[str, Any]]) -> Iterator[str]:
        return iter(self._client.stream(messages))

    def embed(self, texts: list[str]) -> Any:
        return self._client.embed(texts, model=EMBEDDER)

    def flush(self) -> None:
        self._ledger.flush()

    async def ask_async(self, messages: list[dict[str, Any]]) -> str:
        return (await self._async.ask(messages)).text

    def stream_async(self, messages: list[dict[str, Any]]) -> AsyncIterator[str]:
        return aiter(self._async.stream(messages))


make = Ringup
