"""The Responses wire against recorded traffic of every host: what a user needs is told apart by other means here."""

from __future__ import annotations

import json
import zlib
from typing import Any

import pytest
from msgspec.structs import replace

from ringup.errors import APIError, BadRequestError
from ringup.events import Event, Failed, Finish, Fold
from ringup.http import HttpRequest
from ringup.messages import Opaque, Request, Text, Thinking, ToolCall
from ringup.reply import Reply
from ringup.rules import Rules
from ringup.wires import responses as wire
from tests.recorded import Exchange, cuts, exchanges, needs_recorded

ALL = exchanges("/responses")
ENDS = ("response.completed", "response.incomplete", "response.failed")
SPOKEN = ("message", "reasoning", "function_call", "custom_tool_call")


def ids(exchange: Exchange) -> str:
    return f"{exchange.host}-{exchange.name}"


def parsed(body: str) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


WHOLE = [exchange for exchange in ALL if exchange.status == 200 and not exchange.streamed]
STREAMS = [exchange for exchange in ALL if exchange.status == 200 and exchange.streamed]


# What the raw JSON says, by means of its own


def pieces(item: dict[str, Any], field: str, kind: str) -> list[str]:
    return [piece[kind] for piece in item.get(field) or [] if piece.get(kind) is not None]


def thinking(item: dict[str, Any]) -> str:
    return "\n\n".join(pieces(item, "content", "text") or pieces(item, "summary", "text"))


def finish(response: dict[str, Any]) -> str | None:
    """The reason of a response that didn't fail."""
    reason = (response.get("incomplete_details") or {}).get("reason")
    if reason:
        return {"max_output_tokens": "length", "content_filter": "content_filter"}[reason]
    if response["status"] not in ("completed", "complete"):
        return None
    kinds = {item["type"] for item in response["output"]}
    return "tool_calls" if kinds & {"function_call", "custom_tool_call"} else "stop"


def usage(response: dict[str, Any]) -> tuple[int | None, ...]:
    used = response.get("usage") or {}
    given, answered = used.get("input_tokens_details") or {}, used.get("output_tokens_details") or {}
    cached, written = given.get("cached_tokens"), given.get("cache_write_tokens")
    return (used.get("input_tokens"), used.get("output_tokens"), cached, written, answered.get("reasoning_tokens"))


def check(reply: Reply, response: dict[str, Any], items: list[dict[str, Any]]) -> None:
    """A reply against its response, and the items of its output."""
    parts = reply.message.parts
    said = [item for item in items if item["type"] == "message"]
    content = [block for item in said for block in item["content"]]
    assert reply.text == "".join([block.get("text", "") for block in content])
    texts = [part for part in parts if isinstance(part, Text)]
    notes = [note for part in texts for note in part.extra.get("responses", {}).get("annotations", [])]
    assert notes == [note for block in content for note in block.get("annotations") or []]
    thoughts = [part for part in parts if isinstance(part, Thinking)]
    reasoned = [item for item in items if item["type"] == "reasoning"]
    assert [part.text for part in thoughts] == [thinking(item) for item in reasoned]
    assert [part.signature for part in thoughts] == [item.get("encrypted_content") for item in reasoned]
    called = [item for item in items if item["type"] in ("function_call", "custom_tool_call")]
    calls = [(item["call_id"], item["name"], item.get("arguments", item.get("input"))) for item in called]
    assert [(call.id, call.name, call.json) for call in reply.tool_calls] == calls
    kept = [part.data for part in parts if isinstance(part, Opaque)]
    assert kept == [item for item in items if item["type"] not in SPOKEN]
    used = reply.usage
    counts = (used.input_tokens, used.output_tokens, used.cache_read_tokens, used.cache_write_tokens)
    assert (*counts, used.reasoning_tokens) == usage(response)
    assert reply.finish_reason == finish(response)
    assert (reply.id, reply.model, reply.created) == (response["id"], response["model"], int(response["created_at"]))


# Whole answers


@needs_recorded
@pytest.mark.parametrize("exchange", WHOLE, ids=ids)
def test_whole_answers(exchange: Exchange) -> None:
    value = parsed(exchange.body)
    if value.get("error") or "output" not in value:
        with pytest.raises(APIError):
            wire.read_reply(exchange.body.encode())
        return
    reply = wire.read_reply(exchange.body.encode())
    check(reply, value, value["output"])
    goes_back(reply, value["output"])


def goes_back(reply: Reply, items: list[dict[str, Any]]) -> None:
    """The answer in the next request of a conversation that the provider stores: every item as it came."""
    request = Request(model="m", messages=(reply.message,), extra={"store": True})
    http, notices = wire.write_request(request, Rules())
    assert not notices
    sent = json.loads(http.body).get("input", [])
    assert [meaning(item) for item in sent] == [meaning(item) for item in items]


@needs_recorded
@pytest.mark.parametrize("exchange", WHOLE, ids=ids)
def test_whole_answers_are_written_and_read_again(exchange: Exchange) -> None:
    try:
        reply = wire.read_reply(exchange.body.encode())
    except APIError:
        return
    again = wire.read_reply(wire.write_reply(reply))
    assert again.message == reply.message
    assert (again.finish_reason, again.usage) == (reply.finish_reason, reply.usage)
    assert again.extra == again.extra | reply.extra


# Streams


def read_stream(parts: list[bytes]) -> list[Event]:
    reader = wire.Reader()
    return [event for part in parts for event in reader.feed(part)] + reader.close()


def comparable(events: list[Event]) -> list[Any]:
    return [str(event.error) if isinstance(event, Failed) else event for event in events]


def raw_events(body: str) -> list[dict[str, Any]]:
    lines = [line[5:].strip() for line in body.replace("\r", "").split("\n") if line.startswith("data:")]
    return [json.loads(line) for line in lines if line and not line.startswith("[DONE]")]


@needs_recorded
@pytest.mark.parametrize("exchange", STREAMS, ids=ids)
def test_streams(exchange: Exchange) -> None:
    body = exchange.body.encode()
    events = read_stream([body])
    for seed in range(3):
        assert comparable(read_stream(cuts(body, seed + zlib.crc32(body)))) == comparable(events)
    raw = raw_events(exchange.body)
    last = next((event for event in raw if event.get("type") in ENDS), None)
    if last is None or last["type"] == "response.failed":
        assert isinstance(events[-1], Failed)
        return
    assert isinstance(events[-1], Finish)
    fold = Fold()
    for event in events:
        fold.feed(event)
    done = [event["item"] for event in raw if event["type"] == "response.output_item.done"]
    check(fold.reply(), last["response"], done or last["response"]["output"])
    joined = "".join([event["delta"] for event in raw if event["type"] == "response.output_text.delta"])
    assert fold.reply().text == joined


@needs_recorded
@pytest.mark.parametrize("exchange", STREAMS, ids=ids)
def test_a_stream_folds_to_the_response_that_ends_it(exchange: Exchange) -> None:
    """All but the seals of reasoning: the API makes a new one for each event, and the item's own is the one to keep."""
    last = next((event for event in raw_events(exchange.body) if event.get("type") in ENDS[:2]), None)
    if last is None:
        return
    fold = Fold()
    for event in read_stream([exchange.body.encode()]):
        fold.feed(event)
    whole, streamed = wire.read_reply(json.dumps(last["response"]).encode()), fold.reply()
    assert unsealed(streamed) == unsealed(replace(whole, raw=None, wire=""))


def unsealed(reply: Reply) -> Reply:
    parts = [replace(part, signature=None) if isinstance(part, Thinking) else part for part in reply.message.parts]
    return replace(reply, message=replace(reply.message, parts=tuple(parts)))


@needs_recorded
@pytest.mark.parametrize("exchange", STREAMS, ids=ids)
def test_a_stream_that_loses_its_end_is_cut(exchange: Exchange) -> None:
    body = exchange.body.encode()
    ends = [at for end in ENDS if (at := body.find(b"event: " + end.encode())) >= 0]
    last = min(ends, default=len(body))
    for at in (last, last - 1, last // 2, 1):
        assert isinstance(read_stream([body[:at]])[-1], Failed)


# Errors and requests


@needs_recorded
@pytest.mark.parametrize("exchange", [exchange for exchange in ALL if exchange.status >= 400], ids=ids)
def test_errors(exchange: Exchange) -> None:
    error = wire.read_error(exchange.status, exchange.headers, exchange.body.encode())
    assert error.status == exchange.status
    inner = parsed(exchange.body).get("error")
    if isinstance(inner, dict):
        assert (error.message, error.code, error.param) == (inner["message"], inner.get("code"), inner.get("param"))
    expected = {400: "BadRequestError", 401: "AuthenticationError", 404: "NotFoundError", 429: "RateLimitError"}
    if exchange.status in expected:
        assert expected[exchange.status] in [base.__name__ for base in type(error).__mro__]


@needs_recorded
@pytest.mark.parametrize("exchange", ALL, ids=ids)
def test_requests(exchange: Exchange) -> None:
    http = HttpRequest(path=wire.PATH, body=json.dumps(exchange.request).encode())
    accepted = exchange.status == 200 and not parsed(exchange.body).get("error")
    try:
        request = wire.read_request(http)
    except BadRequestError:
        assert not accepted
        return
    again, notices = wire.write_request(request, Rules())
    assert not notices
    assert settings(json.loads(again.body)) == settings(exchange.request)
    assert inputs(json.loads(again.body)) == inputs(exchange.request)
    assert wire.read_request(again) == request


def settings(body: dict[str, Any]) -> dict[str, Any]:
    """All but the input, without what says nothing: nulls, empty texts, `stream` false."""
    kept = {key: without(value) for key, value in body.items() if key != "input"}
    return {
        key: value for key, value in kept.items() if value not in (None, "", [], {}) and (key, value) != NOT_STREAMED
    }


NOT_STREAMED = ("stream", False)


def inputs(body: dict[str, Any]) -> list[Any]:
    given = body.get("input", [])
    return [meaning(item) for item in ([{"role": "user", "content": given}] if isinstance(given, str) else given)]


def meaning(item: dict[str, Any]) -> dict[str, Any]:
    """An item without differences that mean nothing: nulls, empty lists, a text as a list of one, default words."""
    kept: dict[str, Any] = {key: value for key, value in without(item).items() if value != []}
    role = kept.get("role")
    if role is not None and kept.get("type", "message") == "message":
        kept["type"] = "message"
        kind = "output_text" if role == "assistant" else "input_text"
        content = kept.get("content") or ""
        kept["content"] = [{"type": kind, "text": content}] if isinstance(content, str) else content
    for field in ("content", "output"):
        if isinstance(kept.get(field), list):
            kept[field] = [plain(block) for block in kept[field]]
    return kept


def plain(block: dict[str, Any]) -> dict[str, Any]:
    found = {key: value for key, value in block.items() if value != []}
    if found.get("type") == "input_image":
        found.setdefault("detail", "auto")
    return found


def without(value: Any) -> Any:
    """A copy without nulls."""
    if isinstance(value, dict):
        return {key: without(held) for key, held in value.items() if held is not None}
    return [without(held) for held in value] if isinstance(value, list) else value


def test_calls_are_told_apart() -> None:
    """The independent path itself, on a small answer of our own."""
    items: list[Any] = [
        {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "a"}], "encrypted_content": "s"},
        {"type": "function_call", "id": "fc", "call_id": "c", "name": "f", "arguments": "{}", "status": "completed"},
        {"type": "web_search_call", "id": "ws", "status": "completed"},
    ]
    value = {"id": "r", "object": "response", "created_at": 5, "status": "completed", "model": "m", "output": items}
    reply = wire.read_reply(json.dumps(value).encode())
    check(reply, value, items)
    goes_back(reply, items)
    assert isinstance(reply.message.parts[1], ToolCall)
