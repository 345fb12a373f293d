"""One recorded call for embeddings put through its wire: what was read held against the raw JSON, and sent again."""

from __future__ import annotations

import struct
from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Any, Literal, Protocol

from ringup.embeddings import Embeddings, EmbedRequest
from ringup.errors import APIError, ProtocolError
from ringup.http import HttpRequest, HttpResponse
from ringup.replay.exchange import Exchange
from ringup.replay.raw import documents, error_text
from ringup.replay.refusals import carry_out, check_error, refusal, was_accepted
from ringup.replay.same import differences, told_of
from ringup.reply import Notice
from ringup.wire_tools import decode, encode

__all__ = ["EmbedWire", "check_vectors"]


class EmbedWire(Protocol):
    """What the wires of embeddings have, both halves."""

    NAME: str

    @staticmethod
    def write_request(request: EmbedRequest) -> tuple[HttpRequest, tuple[Notice, ...]]: ...

    @staticmethod
    def read_request(http: HttpRequest) -> EmbedRequest: ...

    @staticmethod
    def read_reply(body: bytes) -> Embeddings: ...

    @staticmethod
    def write_reply(reply: Embeddings, encoding: Literal["base64", "float"] | None = None) -> bytes: ...

    @staticmethod
    def read_error(status: int, headers: Mapping[str, str], body: bytes) -> APIError: ...

    @staticmethod
    def write_error(error: APIError) -> HttpResponse: ...


def check_vectors(exchange: Exchange, wire: EmbedWire) -> list[str]:
    """The causes for which the exchange fails; none when all is well."""
    if exchange.status >= 400:
        return carry_out([check_error, _check_refused], exchange, wire)
    return carry_out([_check_answer, _check_request], exchange, wire)


def _check_refused(exchange: Exchange, wire: EmbedWire) -> Iterator[str]:
    """A request that the provider refused may be read or refused, and nothing else."""
    try:
        _read_request(exchange, wire)
    except APIError:
        pass
    yield from ()


def _check_answer(exchange: Exchange, wire: EmbedWire) -> Iterator[str]:
    vectors = _vectors(documents(exchange.body))
    error = error_text(documents(exchange.body))
    try:
        reply = wire.read_reply(exchange.body.encode())
    except APIError as raised:
        if error is not None and (isinstance(raised, ProtocolError) or error[:200] not in raised.message):
            yield f"answer: the error inside it was read as {type(raised).__name__} without its message"
        elif error is None and vectors:
            yield f"answer: {type(raised).__name__}"
        return
    if error is not None or not vectors:
        yield "answer: the error inside it was not raised" if error else "answer: something else was read as one"
        return
    if reply.data != b"".join(vectors) or reply.count != len(vectors):
        yield "answer: vectors"
    if reply.usage.input_tokens not in _tokens(documents(exchange.body)[0]):
        yield "answer: usage.input_tokens"
    yield from _check_written(reply, wire)


def _check_written(reply: Embeddings, wire: EmbedWire) -> Iterator[str]:
    """What is written of an answer is read as it was."""
    encodings: tuple[Literal["base64", "float"], ...] = ("base64", "float")
    for encoding in encodings:
        if wire.read_reply(wire.write_reply(reply, encoding)) != reply:
            yield f"answer: another one when written with {encoding} and read again"


def _check_request(exchange: Exchange, wire: EmbedWire) -> Iterator[str]:
    """An accepted request is accepted, and what is written of it means the same."""
    if not was_accepted(exchange, _name(wire)) or exchange.path.endswith(":predict"):
        return
    try:
        request = _read_request(exchange, wire)
    except APIError as error:
        yield refusal(error)
        return
    written, notices = wire.write_request(request)
    for found in differences(_name(wire), exchange.request, decode(written.body)):
        if not told_of(found, notices):
            yield f"request: {found.where} {found.how}"


def _name(wire: EmbedWire) -> str:
    return "gemini.embeddings" if wire.NAME == "gemini" else "embeddings"


def _read_request(exchange: Exchange, wire: EmbedWire) -> EmbedRequest:
    headers = {"content-type": "application/json"}
    body = encode(exchange.request)
    return wire.read_request(HttpRequest(path=exchange.path.partition("?")[0], headers=headers, body=body))


# What the raw JSON says


def _vectors(found: list[Any]) -> list[bytes]:
    """The vectors as little-endian float32, in their order; none where something among them is no vector."""
    held = found[0] if found and isinstance(found[0], dict) else {}
    given: Any = next((held[name] for name in ("data", "embeddings", "predictions", "embedding") if name in held), [])
    items: list[dict[str, Any]] = [
        item for item in (given if isinstance(given, list) else [given]) if isinstance(item, dict)
    ]
    places = [item.get("index") for item in items]
    if sorted(str(place) for place in places) == sorted(str(place) for place in range(len(items))):
        items.sort(key=lambda item: item["index"])
    try:
        return [_packed(item) for item in items]
    except (struct.error, TypeError, ValueError, OverflowError):
        return []


def _packed(item: dict[str, Any]) -> bytes:
    numbers: Any = item
    for name in ("embedding", "embeddings", "values"):
        numbers = numbers.get(name, numbers) if isinstance(numbers, dict) else numbers
    if isinstance(numbers, str):
        return b64decode(numbers, validate=True)
    numbers = numbers[0] if isinstance(numbers, list) and numbers and isinstance(numbers[0], list) else numbers
    return struct.pack(f"<{len(numbers)}f", *numbers)


def _tokens(answer: dict[str, Any]) -> tuple[int | None, ...]:
    """The counts that are right for the input's tokens."""
    for name, field in (("usage", "prompt_tokens"), ("usage", "total_tokens"), ("usageMetadata", "promptTokenCount")):
        held = answer.get(name)
        number = held.get(field) if isinstance(held, dict) else None
        if isinstance(number, int | float) and not isinstance(number, bool):
            return (int(number),)
    statistics = [_statistics(item) for item in answer.get("predictions") or ()]
    return (sum(statistics), None) if statistics else (None,)


def _statistics(prediction: Any) -> int:
    held = prediction["embeddings"].get("statistics") or {}
    return int(held.get("token_count") or 0)
