"""An answer with embeddings as OpenAI has it: read, in every dialect, and written.

What dialects do: leave out `index`, or give 0 for each; leave out usage, or parts of it (Voyage has only the total);
add fields (OpenRouter: the cost, the provider; Mistral, Cohere: completion_tokens); send numbers where base64 was asked
for; put a vector in a list of one (llama.cpp).
"""

from __future__ import annotations

from base64 import b64encode
from binascii import a2b_base64
from typing import Any, Literal

import msgspec
from msgspec import Raw, Struct

from ringup.embeddings import Embeddings, floats, pack
from ringup.errors import APIError, ProtocolError
from ringup.openai_errors import error_of, holds_error, not_an_answer
from ringup.usage import Usage, flattened, nested
from ringup.wire_tools import count, decode, encode, word
from ringup.wires.embeddings._request import NAME

__all__ = ["read_reply", "write_reply"]

_NAMED = frozenset({"object", "data", "model", "usage", "id"})


class _Item(Struct):
    """One vector. As bytes it came in base64, and msgspec has decoded it."""

    embedding: bytes | list[float]
    index: int | None = None


_top = msgspec.json.Decoder(dict[str, Raw])
_items = msgspec.json.Decoder(list[_Item])


def read_reply(body: bytes) -> Embeddings:
    """An answer. Raises the APIError that the body holds, or ProtocolError when it isn't an answer of this API.

    Where each vector has an index of its own, that is their order; else it is the one in which they came.
    """
    try:
        top = _top.decode(body)
        items = _items.decode(top.pop("data"))
        rest = {name: msgspec.json.decode(value) for name, value in top.items()}
    except (msgspec.DecodeError, ValueError, KeyError, RecursionError):
        rest, items = _slowly(body)
    if not items:
        raise not_an_answer(body, "no embeddings")
    vectors = [_packed(item.embedding, body) for item in _ordered(items)]
    size = len(vectors[0])
    if any(len(vector) != size for vector in vectors):
        raise ProtocolError("the server sent embeddings of different lengths")
    if not size or size % 4:
        raise not_an_answer(body, f"embeddings of {size} bytes, which are no float32 numbers,")
    return Embeddings(
        data=vectors[0] if len(vectors) == 1 else b"".join(vectors),
        count=len(vectors),
        dimensions=size // 4,
        usage=_read_usage(rest.get("usage")),
        id=word(rest.get("id")),
        model=word(rest.get("model")),
        wire=NAME,
        extra={name: value for name, value in rest.items() if name not in _NAMED and value is not None},
    )


def _ordered(items: list[_Item]) -> list[_Item]:
    """By index, if they have each their own."""
    by_index = {item.index: item for item in items}
    if by_index.keys() != set(range(len(items))):
        return items
    return [by_index[at] for at in range(len(items))]


def _packed(vector: bytes | list[float], body: bytes) -> bytes:
    if isinstance(vector, bytes):
        return vector
    try:
        return pack(vector)
    except (TypeError, OverflowError):
        raise not_an_answer(body, "embeddings that aren't numbers") from None


# What isn't as OpenAI has it


def _slowly(body: bytes) -> tuple[dict[str, Any], list[_Item]]:
    """The fields and the vectors of an unusual answer. Raises the error that it holds."""
    try:
        value = decode(body)
    except ValueError:
        raise not_an_answer(body, "something that is no JSON") from None
    if error := _error(value):
        raise error
    data = value.get("data") if isinstance(value, dict) else None
    if not isinstance(data, list):
        raise not_an_answer(body, "JSON without embeddings")
    return {name: held for name, held in value.items() if name != "data"}, [_item(item, body) for item in data]


def _error(value: Any) -> APIError | None:
    listed = isinstance(value, list) and value and isinstance(value[0], dict) and "error" in value[0]
    return error_of(value) if listed or (isinstance(value, dict) and holds_error(value)) else None


def _item(item: Any, body: bytes) -> _Item:
    vector = item.get("embedding") if isinstance(item, dict) else None
    if isinstance(vector, list) and len(vector) == 1 and isinstance(vector[0], list):
        vector = vector[0]
    if isinstance(vector, str):
        try:
            vector = a2b_base64(vector)
        except ValueError:
            raise not_an_answer(body, "broken base64") from None
    if not isinstance(vector, bytes | list):
        raise not_an_answer(body, "JSON without embeddings")
    return _Item(vector, count(item.get("index")))


# Usage


def _read_usage(usage: Any) -> Usage:
    """What is written costs nothing here, so a total alone is the input. Other counters are kept in `details`, inner
    ones with a dot, as for chats."""
    if not isinstance(usage, dict):
        return Usage()
    flat = flattened(usage)
    given, written = count(flat.pop("prompt_tokens", None)), count(flat.pop("completion_tokens", None))
    total = count(flat.pop("total_tokens", None))
    return Usage(input_tokens=total if given is None else given, output_tokens=written, details=flat)


def _write_usage(usage: Usage) -> dict[str, Any] | None:
    if usage.input_tokens is None:
        return None
    body: dict[str, Any] = {"prompt_tokens": usage.input_tokens}
    if usage.output_tokens is not None:
        body["completion_tokens"] = usage.output_tokens
    body["total_tokens"] = usage.input_tokens + (usage.output_tokens or 0)
    return nested(usage.details, body)


# Writing


def write_reply(reply: Embeddings, encoding: Literal["base64", "float"] | None = None) -> bytes:
    """An answer, in the encoding that the request asks for; None means numbers, as OpenAI takes it."""
    size = reply.dimensions * 4
    view = memoryview(reply.data)
    vectors = [view[at : at + size] for at in range(0, size * reply.count, size)]
    data = [
        {"object": "embedding", "index": at, "embedding": _written(vector, encoding == "base64")}
        for at, vector in enumerate(vectors)
    ]
    body: dict[str, Any] = {"object": "list", "data": data, "model": reply.model}
    if usage := _write_usage(reply.usage):
        body["usage"] = usage
    if reply.id is not None:
        body["id"] = reply.id
    return encode(body | reply.extra)


def _written(vector: memoryview, base64: bool) -> Any:
    return b64encode(vector).decode() if base64 else list(floats(vector))
