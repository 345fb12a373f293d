"""One recorded exchange put through its wire: what was read held against the raw JSON, and the request sent again."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec

from ringup.errors import APIError, ProtocolError
from ringup.events import Event, Failed, Fold
from ringup.http import HttpRequest
from ringup.messages import Refusal, Request, Thinking, ToolCall
from ringup.replay.exchange import Exchange
from ringup.replay.raw import Told, documents, error_text, is_answer, told
from ringup.replay.refusals import carry_out, check_error, refusal, was_accepted
from ringup.replay.same import differences, told_of
from ringup.reply import Reply
from ringup.rules import Rules
from ringup.wire import Wire
from ringup.wire_tools import decode, encode

__all__ = ["check"]

_SEEDS = 3
_MOST_CUTS = 40
_SMALL = 8 * 1024
"""An answer up to this size, in bytes, is also fed byte by byte."""

_BETAS = "interleaved-thinking-2025-05-14"
"""Recordings don't keep the headers of a request, so what a beta of Anthropic's allows is allowed."""


def check(exchange: Exchange, wire: Wire) -> list[str]:
    """The causes for which the exchange fails; none when all is well. A crash of the wire is one, too."""
    if exchange.status >= 400:
        return carry_out([check_error, _check_refused], exchange, wire)
    return carry_out([_check_answer, _check_cuts, _check_request], exchange, wire)


def _check_refused(exchange: Exchange, wire: Wire) -> Iterator[str]:
    """A request that the provider refused may be read or refused, and nothing else."""
    try:
        _read_request(exchange, wire)
    except APIError:
        pass
    yield from ()


# Answers


def _check_answer(exchange: Exchange, wire: Wire) -> Iterator[str]:
    """The answer as it came: a stream by the Reader, anything else by read_reply."""
    body = exchange.body.encode()
    said = told(wire.NAME, exchange.body)
    error = error_text(documents(exchange.body))
    try:
        reply = _folded(_events(wire, [body])) if _is_stream(exchange) else wire.read_reply(body)
    except APIError as raised:
        if is_answer(wire.NAME, exchange.body) or error is not None:
            yield from _held_against_error(raised, error, said)
        return
    if error is not None:
        yield "answer: the error inside it was not raised"
    elif not is_answer(wire.NAME, exchange.body):
        yield "answer: something else was read as one"
    elif not said.ended:
        yield "answer: a stream that was cut was read as whole"
    else:
        yield from _held_against(reply, said)


def _is_stream(exchange: Exchange) -> bool:
    start = exchange.body.lstrip("\ufeff \t\r\n")[:6]
    return start.startswith((":", "data:", "event:", "id:", "retry:")) or "streamGenerate" in exchange.path


def _held_against_error(raised: APIError, error: str | None, said: Told) -> Iterator[str]:
    if error is None:
        if said.ended:
            yield f"answer: {type(raised).__name__}"
    elif isinstance(raised, ProtocolError) or error[:200] not in raised.message:
        yield f"answer: the error inside it was read as {type(raised).__name__} without its message"


def _held_against(reply: Reply, said: Told) -> Iterator[str]:
    thoughts = [part for part in reply.message.parts if isinstance(part, Thinking)]
    leaves = set(_leaves(msgspec.to_builtins(reply.message.parts)))
    if reply.text != said.text:
        yield "answer: text"
    if not _same_words(said.thinking, "".join([part.text for part in thoughts]), leaves):
        yield "answer: thinking"
    if any(signature not in leaves for signature in said.signatures):
        yield "answer: signature"
    if not _same_calls(reply.tool_calls, said.calls):
        yield "answer: tool calls"
    refusals = "".join([part.text for part in reply.message.parts if isinstance(part, Refusal)])
    if said.refusal not in (refusals, *leaves):
        yield "answer: refusal"
    if reply.raw_finish_reason not in said.finish:
        yield f"answer: finish reason {said.finish[0]!r} read as {reply.raw_finish_reason!r}"
    elif reply.finish_reason not in said.reasons:
        yield f"answer: finish reason {said.finish[0]!r} taken for {reply.finish_reason!r}"
    for name, counts in said.usage.items():
        if getattr(reply.usage, name) not in counts:
            yield f"answer: usage.{name}"


def _leaves(value: Any) -> Iterator[str]:
    """Every text in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)


def _same_words(pieces: list[str], text: str, leaves: set[str]) -> bool:
    """Nothing is lost and nothing made up; how pieces are joined, and where a second form is kept, is free."""
    bare = "".join(text.split())
    if bare == "".join("".join(pieces).split()):
        return True
    return bool(text) and all("".join(piece.split()) in bare or piece in leaves for piece in pieces)


def _same_calls(calls: tuple[ToolCall, ...], said: list[tuple[str, str, Any]]) -> bool:
    if len(calls) != len(said):
        return False
    for call, (called, name, arguments) in zip(calls, said, strict=True):
        try:
            given: Any = call.json if call.kind == "custom" else call.arguments
        except ValueError:
            given = call.json
        if call.name != name or (called and call.id != called) or given != arguments:
            return False
    return True


# Cuts


def _events(wire: Wire, pieces: list[bytes]) -> list[Event]:
    reader = wire.Reader()
    return [event for piece in pieces for event in reader.feed(piece)] + reader.close()


def _folded(events: list[Event]) -> Reply:
    fold = Fold()
    for event in events:
        if isinstance(event, Failed):
            raise event.error
        fold.feed(event)
    return fold.reply()


def _check_cuts(exchange: Exchange, wire: Wire) -> Iterator[str]:
    """The same events however the bytes are cut, and for a whole answer the same reply as read_reply gives."""
    body = exchange.body.encode()
    whole = _comparable(_events(wire, [body]))
    for seed in range(_SEEDS):
        if _comparable(_events(wire, _cut(body, seed))) != whole:
            yield "cut: other events at random cuts"
    if len(body) <= _SMALL and _comparable(_events(wire, [body[at : at + 1] for at in range(len(body))])) != whole:
        yield "cut: other events byte by byte"
    if not _is_stream(exchange) and is_answer(wire.NAME, exchange.body):
        yield from _check_both_ways(body, wire)


def _check_both_ways(body: bytes, wire: Wire) -> Iterator[str]:
    """A server may answer whole although a stream was asked for: the Reader reads that too."""
    if _outcome(lambda: wire.read_reply(body)) != _outcome(lambda: _folded(_events(wire, [body]))):
        yield "cut: the Reader reads a whole answer otherwise than read_reply"


def _outcome(read: Callable[[], Reply]) -> Reply | type[APIError]:
    """What reading comes to, without what only a whole answer has."""
    try:
        return msgspec.structs.replace(read(), raw=None, wire="")
    except APIError as error:
        return type(error)


def _comparable(events: list[Event]) -> list[Any]:
    return [f"{type(e.error).__name__}: {e.error.message}" if isinstance(e, Failed) else e for e in events]


def _cut(body: bytes, seed: int) -> list[bytes]:
    """The bytes in pieces, cut at places that the seed and the bytes themselves pick."""
    chance = random.Random(seed + zlib.crc32(body))
    cuts = [chance.randint(0, len(body)) for _ in range(chance.randint(1, _MOST_CUTS))]
    return [body[a:b] for a, b in pairwise(sorted({0, len(body), *cuts}))]


# Requests


def _read_request(exchange: Exchange, wire: Wire, version: str = "2023-06-01") -> Request:
    path, _, query = exchange.path.partition("?")
    headers = {"content-type": "application/json", "anthropic-version": version, "anthropic-beta": _BETAS}
    body = encode(exchange.request)
    return wire.read_request(HttpRequest(path=path, query=dict(parse_qsl(query)), headers=headers, body=body))


def _check_request(exchange: Exchange, wire: Wire) -> Iterator[str]:
    """An accepted request is accepted, and what is written of it means the same."""
    if not was_accepted(exchange, wire.NAME):
        return
    try:
        request = _read_either(exchange, wire)
    except APIError as error:
        yield refusal(error)
        return
    field = "max_completion_tokens" if "max_completion_tokens" in exchange.request else "max_tokens"
    written, notices = wire.write_request(request, Rules(max_tokens_field=field))
    if not unquote(exchange.path.partition("?")[0]).endswith(unquote(written.path).rpartition("/")[2]):
        yield f"request: sent to {written.path}"
    for found in differences(wire.NAME, exchange.request, decode(written.body)):
        if not told_of(found, notices):
            yield f"request: {found.where} {found.how}"


def _read_either(exchange: Exchange, wire: Wire) -> Request:
    """The request under Anthropic's older version, or its newer: recordings don't keep which one was asked for."""
    try:
        return _read_request(exchange, wire)
    except APIError as first:
        try:
            return _read_request(exchange, wire, "2026-10-21")
        except APIError:
            raise first from None
