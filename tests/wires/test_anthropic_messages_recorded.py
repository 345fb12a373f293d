"""Anthropic Messages held against real traffic: every answer is read, whole and at random cuts, and nothing is lost.

What an answer holds is worked out here from the raw JSON by a path of its own, which knows nothing of ours.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from ringup.errors import APIStatusError
from ringup.events import Event, Failed, Fold, PartEnd, replay
from ringup.http import HttpRequest
from ringup.messages import Opaque, Text, Thinking, ToolCall
from ringup.reply import Reply
from ringup.rules import Rules
from ringup.wire_tools import is_json
from ringup.wires import anthropic_messages as wire

from ..recorded import Exchange, cuts, exchanges, needs_recorded

MESSAGES = exchanges("/v1/messages")
ANSWERED = [exchange for exchange in MESSAGES if exchange.status < 300]
WHOLE = [exchange for exchange in ANSWERED if not exchange.streamed]
STREAMED = [exchange for exchange in ANSWERED if exchange.streamed]
REFUSED = [exchange for exchange in exchanges("/v1/messages") + exchanges("/count_tokens") if exchange.status >= 400]
REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "pause_turn": "pause",
    "refusal": "refusal",
}


def each(found: list[Exchange]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("exchange", found, ids=[exchange.name for exchange in found])


def put_together(body: str) -> dict[str, Any]:
    """The message that a stream tells, as the API would have sent it whole."""
    message: dict[str, Any] = {}
    inputs: dict[int, str] = {}
    for line in body.splitlines():
        if not line.startswith("data:"):
            continue
        data = json.loads(line[5:])
        kind = data["type"]
        if kind == "message_start":
            message = data["message"]
        elif kind == "content_block_start":
            assert len(message["content"]) == data["index"]
            message["content"].append(data["content_block"])
        elif kind == "content_block_delta":
            block, delta = message["content"][data["index"]], data["delta"]
            if delta["type"] == "input_json_delta":
                inputs[data["index"]] = inputs.get(data["index"], "") + delta["partial_json"]
            elif delta["type"] == "citations_delta":
                block["citations"] = [*(block.get("citations") or []), delta["citation"]]
            else:
                field = delta["type"].removesuffix("_delta")
                block[field] = (block.get(field) or "") + delta[field]
        elif kind == "message_delta":
            message.update(data["delta"])
            message["usage"].update(data["usage"])
    for index, text in inputs.items():
        message["content"][index]["input"] = json.loads(text or "{}")
    return message


def hold_against(reply: Reply, message: dict[str, Any]) -> None:
    blocks = message["content"]
    assert reply.id == message["id"]
    assert reply.model == message["model"]
    assert reply.text == "".join(block["text"] for block in blocks if block["type"] == "text")
    assert len(reply.message.parts) == len(blocks)
    for part, block in zip(reply.message.parts, blocks, strict=True):
        hold_part_against(part, block)
    assert [call.id for call in reply.tool_calls] == [block["id"] for block in blocks if block["type"] == "tool_use"]
    assert reply.raw_finish_reason == message["stop_reason"]
    assert reply.finish_reason == REASONS.get(message["stop_reason"])
    assert reply.stop_sequence == message["stop_sequence"]
    hold_usage_against(reply, message["usage"])


def hold_part_against(part: Any, block: dict[str, Any]) -> None:
    match block["type"]:
        case "text":
            assert type(part) is Text
            assert part.text == block["text"]
            assert part.extra.get("anthropic_messages", {}).get("citations", []) == (block.get("citations") or [])
        case "thinking":
            assert part == Thinking(block["thinking"], block["signature"] or None)
        case "redacted_thinking":
            assert part == Thinking("", block["data"], redacted=True)
        case "tool_use":
            assert type(part) is ToolCall
            assert (part.id, part.name, part.arguments) == (block["id"], block["name"], block["input"])
            rest = {key: block[key] for key in block if key not in ("type", "id", "name", "input")}
            assert part.extra.get("anthropic_messages", {}) == {key: rest[key] for key in rest if rest[key] is not None}
        case _:
            assert part == Opaque("anthropic_messages", block)


def hold_usage_against(reply: Reply, usage: dict[str, Any]) -> None:
    counters = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    fresh, written, cached = (usage.get(name) for name in counters)
    assert reply.usage.input_tokens == fresh + (written or 0) + (cached or 0)
    assert reply.usage.cache_write_tokens == written
    assert reply.usage.cache_read_tokens == cached
    assert reply.usage.output_tokens == usage["output_tokens"]
    assert reply.usage.reasoning_tokens == (usage.get("output_tokens_details") or {}).get("thinking_tokens")
    for name in usage.keys() - {*counters, "output_tokens", "output_tokens_details"}:
        assert reply.usage.details.get(name) == usage[name]


def read(data: list[bytes]) -> list[Event]:
    reader = wire.Reader()
    events = [event for piece in data for event in reader.feed(piece)]
    return events + reader.close()


def fold(events: list[Event]) -> Reply:
    folded = Fold()
    for event in events:
        assert not isinstance(event, Failed), event.error
        folded.feed(event)
    assert folded.finished
    return folded.reply()


@needs_recorded
def test_there_is_something_to_hold_against() -> None:
    assert WHOLE
    assert STREAMED


@each(WHOLE)
def test_a_whole_answer_is_read(exchange: Exchange) -> None:
    reply = wire.read_reply(exchange.body.encode())
    hold_against(reply, json.loads(exchange.body))
    assert reply.raw == json.loads(exchange.body)


@each(WHOLE)
def test_a_whole_answer_is_read_where_a_stream_was_expected(exchange: Exchange) -> None:
    whole = wire.read_reply(exchange.body.encode())
    reply = fold(read(cuts(exchange.body.encode(), exchange.seq)))
    assert reply == replace(whole, raw=None, wire="")


@each(STREAMED)
def test_a_stream_is_read_at_any_cut(exchange: Exchange) -> None:
    body = exchange.body.encode()
    events = read([body])
    hold_against(fold(events), put_together(exchange.body))
    for seed in range(10):
        assert read(cuts(body, seed)) == events
    assert read([body[at : at + 1] for at in range(len(body))]) == events
    calls = [event.part for event in events if isinstance(event, PartEnd) and not isinstance(event.part, Opaque)]
    deltas = fold([event for event in events if not (isinstance(event, PartEnd) and event.part in calls)])
    assert deltas == fold(events)


@each(ANSWERED)
def test_an_answer_written_again_says_the_same(exchange: Exchange) -> None:
    body = exchange.body.encode()
    reply = fold(read([body])) if exchange.streamed else replace(wire.read_reply(body), raw=None, wire="")
    assert replace(wire.read_reply(wire.write_reply(reply)), raw=None, wire="") == reply
    writer = wire.Writer(wire.read_request(asked(exchange)))
    stream = b"".join([writer.feed(event) for event in replay(reply, 7)]) + writer.close()
    assert fold(read(cuts(stream, exchange.seq))) == reply


def asked(exchange: Exchange) -> HttpRequest:
    """The recordings lack the version's header; all were made under the old one."""
    headers = {"anthropic-version": "2023-06-01"}
    return HttpRequest(path=exchange.path, headers=headers, body=msgspec.json.encode(exchange.request))


@each(ANSWERED)
def test_an_accepted_request_is_accepted_and_goes_out_again(exchange: Exchange) -> None:
    request = wire.read_request(asked(exchange))
    assert set(exchange.request) <= wire.FIELDS
    again, notices = wire.write_request(request, Rules())
    assert not notices
    assert wire.read_request(again) == request
    assert without_nulls(json.loads(again.body)) == without_nulls(exchange.request)


def without_nulls(value: Any) -> Any:
    """The same request in one form: a lone text may be a string or a block, and what says nothing may be left out."""
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    if not isinstance(value, dict):
        return value
    same = {key: without_nulls(item) for key, item in value.items() if item is not None and item is not False}
    for key in ("content", "system"):
        if isinstance(same.get(key), str):
            same[key] = [{"type": "text", "text": same[key]}]
    for key, nothing in (("content", []), ("citations", []), ("type", "custom")):
        if same.get(key) == nothing:
            del same[key]
    return same


@each(REFUSED)
def test_a_refusal_is_read(exchange: Exchange) -> None:
    error = wire.read_error(exchange.status, exchange.headers, exchange.body.encode())
    assert isinstance(error, APIStatusError)
    assert error.status == exchange.status
    assert error.message
    if is_json(exchange.body.encode()):
        said = json.loads(exchange.body)["error"]
        assert (error.type, error.message) == (said["type"], said["message"])
