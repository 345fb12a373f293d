"""The official openai SDK."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import openai

from bench.contestants import EMBEDDER, KEY, MODELS


class OpenAI:
    def __init__(self, wire: str, origin: str) -> None:
        self._client = openai.OpenAI(api_key=KEY[wire], base_url=f"{origin}/v1")
        self._async = openai.AsyncOpenAI(api_key=KEY[wire], base_url=f"{origin}/v1")
        self._model = MODELS[wire]

    def ask(self, messages: list[Any]) -> str:
        reply = self._client.chat.completions.create(model=self._model, messages=messages)
        return reply.choices[0].message.content or ""

    def stream(self, messages: list[Any]) -> Iterator[str]:
        for chunk in self._client.chat.completions.create(
            model=self._model, messages=messages, stream=True, stream_options={"include_usage": True}
        ):
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content

    def embed(self, texts: list[str]) -> Any:
        return [found.embedding for found in self._client.embeddings.create(model=EMBEDDER, input=texts).data]

    async def ask_async(self, messages: list[Any]) -> str:
        reply = await self._async.chat.completions.create(model=self._model, messages=messages)
        return reply.choices[0].message.content or ""

    async def stream_async(self, messages: list[Any]) -> AsyncIterator[str]:
        async for chunk in await self._async.chat.completions.create(
            model=self._model, messages=messages, stream=True, stream_options={"include_usage": True}
        ):
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content


make = OpenAI
