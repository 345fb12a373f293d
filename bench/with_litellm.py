"""litellm, when it is installed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import litellm

from bench.contestants import EMBEDDER, KEY, MODELS


class LiteLLM:
    def __init__(self, wire: str, origin: str) -> None:
        self._asked: dict[str, Any] = {
            "model": f"{wire}/{MODELS[wire]}",
            "api_key": KEY[wire],
            "api_base": f"{origin}/v1" if wire == "openai" else f"{origin}/v1/messages",
        }

    def ask(self, messages: list[Any]) -> str:
        return str(litellm.completion(messages=messages, **self._asked).choices[0].message.content)

    def stream(self, messages: list[Any]) -> Iterator[str]:
        for chunk in litellm.completion(messages=messages, stream=True, **self._asked):
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content

    def embed(self, texts: list[str]) -> Any:
        asked = {**self._asked, "model": f"openai/{EMBEDDER}", "encoding_format": "base64"}
        return [found["embedding"] for found in litellm.embedding(input=texts, **asked).data]

    async def ask_async(self, messages: list[Any]) -> str:
        return str((await litellm.acompletion(messages=messages, **self._asked)).choices[0].message.content)

    async def stream_async(self, messages: list[Any]) -> AsyncIterator[str]:
        async for chunk in await litellm.acompletion(messages=messages, stream=True, **self._asked):
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content


make = LiteLLM
