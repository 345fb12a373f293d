"""Which wire a recorded path belongs to, and the exchange as that wire has it.

Providers put the same API under other prefixes, and some move the model, and more, from the body into the path: Azure's
deployments, Claude and Mistral on Vertex.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from msgspec.structs import replace

from ringup.replay.exchange import Exchange

__all__ = ["as_called", "wire_of"]

_CALLS = [
    (re.compile(pattern), name)
    for pattern, name in (
        (r".*/chat/completions", "chat_completions"),
        (r".*/publishers/mistralai/models/[^/]+:(?:streamR|r)awPredict", "chat_completions"),
        (r"(?!.*/threads/).*/messages", "anthropic_messages"),  # threads are OpenAI's assistants
        (r".*/publishers/anthropic/models/[^/]+:(?:streamR|r)awPredict", "anthropic_messages"),
        (r".*/responses(?:/resp_[^/]+)?", "responses"),
        (r".*:(?:g|streamG)enerateContent", "gemini"),
        (r".*/embeddings", "embeddings"),
        (r".*:(?:batchEmbedContents|embedContent|predict)", "gemini.embeddings"),
    )
]
_MODEL = re.compile(r"/(?:deployments|models|engines)/([^:]+?)(?:/v1)?(?:/chat/completions|/embeddings|:\w+)")
_GOOGLE = re.compile(r".*?(/v\d\w*/(?:.*/)?(?:models|tunedModels)/[^/:]+:\w+)")
_PATHS = {"chat_completions": "/chat/completions", "anthropic_messages": "/v1/messages"}


def wire_of(path: str) -> str | None:
    """The name of the wire that a path belongs to, "embeddings" and "gemini.embeddings" too; None for any other API
    (lists of models, batches, files, counting tokens) and for the wires that ringup doesn't speak.
    """
    bare = path.partition("?")[0].rstrip("/")
    return next((name for pattern, name in _CALLS if pattern.fullmatch(bare)), None)


def as_called(exchange: Exchange, wire: str) -> Exchange:
    """The exchange as if it had gone to the wire's own address, with what the body has there."""
    path, mark, query = exchange.path.partition("?")
    path = path.rstrip("/")
    if wire.startswith("gemini"):
        found = _GOOGLE.fullmatch(path)
        path = found[1] if found else f"/v1beta/models/{path.rpartition('/')[2]}"
        return replace(exchange, path=path + mark + query)
    request = None if "/responses/resp_" in path else exchange.request  # a stored one is fetched, not asked for
    if isinstance(request, dict):
        request = _with_model(request, path)
    if path.endswith("awPredict"):
        path = _PATHS[wire]
        request = _without(request, "anthropic_version")
    return replace(exchange, path=path + mark + query, request=request)


def _with_model(request: dict[str, Any], path: str) -> dict[str, Any]:
    """With the model that the address names, where the body has none; a server of one model needs no name at all."""
    if request.get("model") is not None:
        return request
    found = _MODEL.search(path)
    return {**request, "model": unquote(found[1]) if found else "unnamed"}


def _without(request: Any, name: str) -> Any:
    return {key: value for key, value in request.items() if key != name} if isinstance(request, dict) else request
