"""The official anthropic SDK."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import anthropic

from bench.contestants import KEY, MODELS


class Anthropic:
    def __init__(self, wire: str, origin: str) -> None:
        self._client = anthropic.Anthropic(api_key=KEY[wire], base_url=origin)
        self._async = anthropic.AsyncAnthropic(api_key=KEY[wire], base_url=origin)
        self._asked: dict[str, Any] = {"model": MODELS[wire], "max_tokens": 64}

    def ask(self, messages: list[Any]) -> str:
        return str(self._client.messages.create(messages=messages, **self._asked).content[0].text)

    def stream(self, messages: list[Any]) -> Iterator[str]:
        for event in self._client.messages.create(messages=messages, stream=True, **self._asked):
            if event.type == "content_block_delta":
                yield event.delta.text

    async def ask_async(self, messages: list[Any]) -> str:
        return str((await self._async.messages.create(messages=messages, **self._asked)).content[0].text)

    async def stream_async(self, messages: list[Any]) -> AsyncIterator[str]:
        async for event in await self._async.messages.create(messages=messages, stream=True, **self._asked):
            if event.type == "content_block_delta":
                yield event.delta.text


make = Anthropic
