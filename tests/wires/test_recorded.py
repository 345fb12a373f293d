"""Recorded traffic of every wire: what providers sent is read, written, sent back and cut, and nothing is lost.

`ringup.replay` holds what is read against the raw JSON; here stands what a recording proves beyond that.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from msgspec.structs import replace

from ringup import wires
from ringup.errors import APIError, StreamTruncatedError
from ringup.events import Event, Failed, Fold, PartEnd, PartStart
from ringup.events import replay as replayed
from ringup.messages import Opaque, Request, Text, Thinking
from ringup.replay.check import check
from ringup.replay.exchange import Exchange
from ringup.replay.guise import as_called, wire_of
from ringup.replay.raw import documents, told
from ringup.replay.same import differences
from ringup.reply import Reply
from ringup.rules import Rules
from ringup.wire import Wire
from tests.recorded import exchanges, needs_recorded


@cache
def called() -> list[tuple[str, Exchange]]:
    """The exchanges of the four wires, as each has them, with its name."""
    named = [(wire_of(exchange.path), exchange) for exchange in exchanges()]
    return [
        (name, as_called(exchange, name)) for name, exchange in named if name in wires.NAMES and not exchange.unread
    ]


def each(chosen: Callable[[Exchange], bool]) -> pytest.MarkDecorator:
    found = [(name, exchange) for name, exchange in called() if chosen(exchange)]
    return pytest.mark.parametrize(("name", "exchange"), found, ids=[f"{name}-{each.name}" for name, each in found])


def streamed(exchange: Exchange) -> bool:
    return exchange.status < 400 and exchange.body.lstrip()[:1] not in ("{", "[", "")


def whole(exchange: Exchange) -> bool:
    return exchange.status < 400 and not streamed(exchange)


def read(wire: Wire, body: bytes) -> list[Event]:
    reader = wire.Reader()
    return [*reader.feed(body), *reader.close()]


def reply_of(wire: Wire, exchange: Exchange) -> Reply | None:
    """The answer; None where it is an error."""
    body = exchange.body.encode()
    try:
        reply = folded(read(wire, body)) if streamed(exchange) else wire.read_reply(body)
    except APIError:
        return None
    return replace(reply, raw=None, wire="", notices=())


def folded(events: list[Event]) -> Reply:
    fold = Fold()
    for event in events:
        if isinstance(event, Failed):
            raise event.error
        fold.feed(event)
    return fold.reply()


@needs_recorded
def test_there_is_something_to_hold_against() -> None:
    for name in wires.NAMES:
        assert any(streamed(exchange) for wire, exchange in called() if wire == name)
        assert any(whole(exchange) for wire, exchange in called() if wire == name)


@needs_recorded
@each(lambda exchange: True)
def test_it_is_read_whole_and_cut_and_its_request_goes_out_again(name: str, exchange: Exchange) -> None:
    assert check(exchange, wires.find(name)) == []


@needs_recorded
@each(lambda exchange: exchange.status < 400)
def test_an_answer_written_again_says_the_same(name: str, exchange: Exchange) -> None:
    wire = wires.find(name)
    reply = reply_of(wire, exchange)
    if reply is None or reply.finish_reason is None:
        return
    again = replace(wire.read_reply(wire.write_reply(reply)), raw=None, wire="")
    writer = wire.Writer(Request(model="m", messages=(), stream=True, extra=_WITH_USAGE.get(name, {})))
    stream = b"".join([writer.feed(event) for event in replayed(reply, 7)]) + writer.close()
    for found in (again, folded(read(wire, stream))):
        assert joined(found) == joined(reply)
        assert (found.usage, found.finish_reason, found.id) == (reply.usage, reply.finish_reason, reply.id)
        assert found.extra | reply.extra == found.extra


_WITH_USAGE = {"chat_completions": {"stream_options": {"include_usage": True}}}


def joined(reply: Reply) -> list[Any]:
    """The parts; words that follow each other as one, as a stream joins them."""
    parts: list[Any] = []
    for part in reply.message.parts:
        if parts and isinstance(part, Text) and isinstance(parts[-1], Text) and not (part.extra or parts[-1].extra):
            parts[-1] = Text(parts[-1].text + part.text)
        else:
            parts.append(part)
    return parts


# The next turn

_MESSAGES: dict[str, Callable[[Any], Any]] = {
    "chat_completions": lambda answer: {"messages": [answer["choices"][0]["message"]]},
    "anthropic_messages": lambda answer: {"messages": [{"role": "assistant", "content": answer["content"]}]},
    "responses": lambda answer: {"input": answer["output"]},
    "gemini": lambda answer: {"contents": [answer["candidates"][0]["content"]]},
}


@needs_recorded
@each(whole)
def test_an_answer_goes_back_as_it_came(name: str, exchange: Exchange) -> None:
    """Signatures, sealed reasoning, hosted tools' blocks: each stands in the next request as the provider sent it."""
    wire = wires.find(name)
    reply = reply_of(wire, exchange)
    if reply is None or not reply.message.parts:
        return
    asked = Request(model=reply.model or "m", messages=(reply.message,), max_tokens=9, extra=_STORED.get(name, {}))
    http, notices = wire.write_request(asked, Rules())
    assert not notices
    field = {"responses": "input", "gemini": "contents"}.get(name, "messages")
    came, sent = _MESSAGES[name](json.loads(exchange.body)), {field: json.loads(http.body)[field]}
    assert [each.where for each in differences(name, saying(came), saying(sent))] == []


def saying(value: Any) -> Any:
    """Without what says nothing: blank texts, and the objects of empty fields that Snowflake sends."""
    if isinstance(value, list):
        return [kept for item in value if (kept := saying(item)) not in (None, {})]
    if not isinstance(value, dict):
        return value if value not in ("", [], 0) else None
    if value.get("type") == "text" and not str(value.get("text")).strip():
        return None
    return {key: kept for key, held in value.items() if (kept := saying(held)) not in (None, {})}


_STORED = {"responses": {"store": True}}


# Streams


@needs_recorded
@each(streamed)
def test_the_deltas_tell_all_but_what_is_opaque(name: str, exchange: Exchange) -> None:
    events = read(wires.find(name), exchange.body.encode())
    if not isinstance(events[-1], Failed):
        kept = [event.index for event in events if isinstance(event, PartStart) and isinstance(event.part, Opaque)]
        deltas = [event for event in events if not isinstance(event, PartEnd) or event.index in kept]
        assert folded(deltas) == folded(events)


@needs_recorded
@each(lambda exchange: streamed(exchange) and "response.completed" in exchange.body)
def test_a_stream_of_responses_folds_to_the_one_that_ends_it(name: str, exchange: Exchange) -> None:
    """All but the seals of reasoning: the API makes a new one for each event, and the item's own is the one to keep."""
    wire = wires.find(name)
    last = next(value for value in documents(exchange.body) if value.get("type") == "response.completed")
    whole = wire.read_reply(json.dumps(last["response"]).encode())
    assert unsealed(folded(read(wire, exchange.body.encode()))) == unsealed(replace(whole, raw=None, wire=""))


def unsealed(reply: Reply) -> Reply:
    parts = [replace(part, signature=None) if isinstance(part, Thinking) else part for part in reply.message.parts]
    return replace(reply, message=replace(reply.message, parts=tuple(parts)))


@needs_recorded
@each(streamed)
def test_a_stream_that_loses_its_end_is_cut(name: str, exchange: Exchange) -> None:
    wire = wires.find(name)
    text = exchange.body.replace("\r\n", "\n")
    if isinstance(read(wire, text.encode())[-1], Failed):
        return
    ends = [at for at in range(len(text)) if text.startswith("\n\n", at)]
    last = next(at for at in reversed([0, *ends]) if not told(name, text[:at]).ended)
    for at in (last, last // 2, 1):
        error = read(wire, text[:at].encode())[-1]
        assert isinstance(error, Failed)
        assert isinstance(error.error, StreamTruncatedError)
