"""Chat Completions against recorded traffic of every host: what a user needs is told apart by other means here."""

from __future__ import annotations

import json
import zlib
from typing import Any

import pytest
from msgspec.structs import replace

from ringup.errors import APIError, BadRequestError
from ringup.events import Event, Failed, Finish, Fold
from ringup.http import HttpRequest
from ringup.messages import Request, Thinking, ToolCall
from ringup.reply import Reply
from ringup.rules import Rules
from ringup.wires import chat_completions as wire
from tests.recorded import Exchange, cuts, exchanges, needs_recorded

ALL = exchanges("/chat/completions")
WORDS = {
    "stop": "stop",
    "eos": "stop",
    "length": "length",
    "model_length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "error": "error",
}


def ids(exchange: Exchange) -> str:
    return f"{exchange.host}-{exchange.name}"


# What the raw JSON says, by means of its own


def raw_events(body: str) -> list[Any]:
    lines = [line[5:].strip() for line in body.replace("\r", "").split("\n") if line.startswith("data:")]
    return [json.loads(line) for line in lines if line and not line.startswith("[DONE]")]


def told(messages: list[dict[str, Any]]) -> dict[str, Any]:
    """Text, thinking and tool calls of one message, or of the deltas of one."""
    text = thinking = ""
    calls: dict[Any, list[str]] = {}
    for message in messages:
        content = message.get("content")
        blocks: list[Any] = [{"type": "text", "text": content}] if isinstance(content, str) else content or []
        for block in blocks:
            text += block.get("text", "")
            thinking += "".join([piece.get("text", "") for piece in block.get("thinking", [])])
        thinking += words_of_reasoning(message)
        for place, call in enumerate(message.get("tool_calls") or []):
            held = calls.setdefault(call.get("index", place), ["", "", ""])
            inner = call.get("function") or call.get("custom") or {}
            arguments = inner.get("arguments") or inner.get("input") or ""
            held[0] = held[0] or call.get("id") or ""
            held[1] = held[1] or inner.get("name") or ""
            held[2] += arguments if isinstance(arguments, str) else json.dumps(arguments)
    return {"text": text, "thinking": thinking, "calls": [tuple(call) for call in calls.values()]}


def words_of_reasoning(message: dict[str, Any]) -> str:
    for field in ("reasoning_content", "reasoning"):
        if message.get(field):
            return str(message[field])
    details = message.get("reasoning_details") or []
    return "".join([detail.get("text") or detail.get("summary") or "" for detail in details])


def signatures(messages: list[dict[str, Any]]) -> list[str]:
    details = [detail for message in messages for detail in message.get("reasoning_details") or []]
    return [detail[key] for detail in details for key in ("signature", "data") if detail.get(key)]


def raw_usage(usage: dict[str, Any] | None) -> tuple[int | None, ...]:
    if not usage:
        return (None, None, None, None)
    given, answered = usage.get("prompt_tokens"), usage.get("completion_tokens")
    reasoning = (usage.get("completion_tokens_details") or {}).get("reasoning_tokens")
    if reasoning and given is not None and usage.get("total_tokens") == given + answered + reasoning:
        answered += reasoning
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens")
    for name in ("prompt_cache_hit_tokens", "num_cached_tokens", "cached_tokens"):
        cached = usage.get(name) if cached is None else cached
    return (given, answered, cached, reasoning)


def check(reply: Reply, messages: list[dict[str, Any]], finish: str | None, usage: dict[str, Any] | None) -> None:
    expected = told(messages)
    thoughts = [part for part in reply.message.parts if isinstance(part, Thinking)]
    assert reply.text == expected["text"]
    assert "".join([part.text for part in thoughts]) == expected["thinking"]
    assert [(call.id, call.name, call.json) for call in reply.tool_calls] == expected["calls"]
    assert reply.raw_finish_reason == (finish or None)
    assert reply.finish_reason in (WORDS.get((finish or "").lower()), "refusal")
    used = reply.usage
    counts = (used.input_tokens, used.output_tokens, used.cache_read_tokens, used.reasoning_tokens)
    assert counts == raw_usage(usage)
    assert [part.signature for part in thoughts if part.signature] == signatures(messages)


# Whole answers

WHOLE = [exchange for exchange in ALL if exchange.status == 200 and not exchange.streamed]
STREAMS = [exchange for exchange in ALL if exchange.status == 200 and exchange.streamed]


def parsed(body: str) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


@needs_recorded
@pytest.mark.parametrize("exchange", WHOLE, ids=ids)
def test_whole_answers(exchange: Exchange) -> None:
    value = parsed(exchange.body)
    if not value.get("choices") or value.get("error") or value["choices"][0].get("error"):
        with pytest.raises(APIError):
            wire.read_reply(exchange.body.encode())
        return
    reply = wire.read_reply(exchange.body.encode())
    choice = value["choices"][0]
    check(reply, [choice["message"]], choice.get("finish_reason"), value.get("usage"))
    assert reply.id == (value.get("id") or None)
    assert reply.model == (value.get("model") or None)
    goes_back(reply, choice["message"])


def goes_back(reply: Reply, message: dict[str, Any]) -> None:
    """The answer in the next request: reasoning and calls under the fields that they came in."""
    http, notices = wire.write_request(Request(model="m", messages=(reply.message,)), Rules())
    sent = json.loads(http.body)["messages"][0]
    assert not notices
    assert told([sent]) == told([message])
    details = message.get("reasoning_details")
    if details:
        assert without_nulls(sent["reasoning_details"]) == without_nulls(details)


def without_nulls(details: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in detail.items() if value is not None} for detail in details]


@needs_recorded
@pytest.mark.parametrize("exchange", WHOLE, ids=ids)
def test_whole_answers_are_written_and_read_again(exchange: Exchange) -> None:
    try:
        reply = wire.read_reply(exchange.body.encode())
    except APIError:
        return
    again = wire.read_reply(wire.write_reply(reply))
    if reply.raw_finish_reason in (*WORDS, None):
        assert replace(again, raw=None) == replace(reply, raw=None)


# Streams


def read_stream(pieces: list[bytes]) -> list[Event]:
    reader = wire.Reader()
    return [event for piece in pieces for event in reader.feed(piece)] + reader.close()


def comparable(events: list[Event]) -> list[Any]:
    return [str(event.error) if isinstance(event, Failed) else event for event in events]


@needs_recorded
@pytest.mark.parametrize("exchange", STREAMS, ids=ids)
def test_streams(exchange: Exchange) -> None:
    body = exchange.body.encode()
    events = read_stream([body])
    for seed in range(3):
        assert comparable(read_stream(cuts(body, seed + zlib.crc32(body)))) == comparable(events)
    chunks = raw_events(exchange.body)
    choices = [choice for chunk in chunks for choice in chunk.get("choices") or [] if not choice.get("index")]
    finish = [choice["finish_reason"] for choice in choices if choice.get("finish_reason")]
    usages = [used for chunk in chunks if (used := chunk.get("usage") or chunk.get("x_groq", {}).get("usage"))]
    fold = Fold()
    for event in events:
        fold.feed(event)
    failed = any(chunk.get("error") for chunk in chunks)
    assert isinstance(events[-1], Failed if failed else Finish)
    said = [choice.get("delta") or {} for choice in choices]
    check(fold.reply(), said, None if failed or not finish else finish[-1], (usages or [None])[-1])


@needs_recorded
@pytest.mark.parametrize("exchange", [e for e in STREAMS if '"error"' not in e.body], ids=ids)
def test_a_stream_that_loses_its_end_is_cut(exchange: Exchange) -> None:
    body = exchange.body.encode()
    reader = wire.Reader()
    first = next(at for at in range(len(body), 0, -1) if b'"finish_reason":"' not in body[:at].replace(b" ", b""))
    for at in (first - 1, first // 2, 1):
        reader = wire.Reader()
        events = [*reader.feed(body[:at]), *reader.close()]
        assert isinstance(events[-1], Failed)


# Errors and requests


@needs_recorded
@pytest.mark.parametrize("exchange", [exchange for exchange in ALL if exchange.status >= 400], ids=ids)
def test_errors(exchange: Exchange) -> None:
    error = wire.read_error(exchange.status, exchange.headers, exchange.body.encode())
    assert error.status == exchange.status
    assert error.message
    value = parsed(exchange.body)
    inner = value.get("error", value)
    if isinstance(inner, dict) and isinstance(inner.get("message"), str):
        assert error.message.startswith(inner["message"][:100])
        assert error.code == (None if inner.get("code") is None else str(inner["code"]))
    expected = {400: "BadRequestError", 401: "AuthenticationError", 402: "PaymentRequiredError", 429: "RateLimitError"}
    if exchange.status in expected:
        names = [base.__name__ for base in type(error).__mro__]
        assert expected[exchange.status] in names


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
    sent = exchange.request
    field = "max_completion_tokens" if "max_completion_tokens" in sent else "max_tokens"
    again, notices = wire.write_request(request, Rules(max_tokens_field=field))
    assert not notices
    body = json.loads(again.body)
    stop = [sent["stop"]] if isinstance(sent.get("stop"), str) else sent.get("stop")
    choice = "required" if sent.get("tool_choice") == "any" else sent.get("tool_choice")
    for name in sent.keys() | body.keys() - {"messages", "stream"}:
        if name == "tools":
            assert [{"type": "function", **without(tool)} for tool in sent["tools"]] == without(body["tools"])
        elif name not in ("messages", "stream", "stream_options"):
            assert body.get(name) == {"stop": stop, "tool_choice": choice}.get(name, sent.get(name))
    assert [meaning(message) for message in body["messages"]] == [meaning(message) for message in sent["messages"]]
    assert wire.read_request(again) == request


def meaning(message: dict[str, Any]) -> dict[str, Any]:
    """A message without differences that mean nothing: nulls, an empty text, a text as a list of one."""
    kept: dict[str, Any] = {key: value for key, value in without(message).items() if value not in ("", [])}
    content = kept.get("content")
    if isinstance(content, str):
        kept["content"] = [{"type": "text", "text": content}]
    for block in kept.get("content", []):
        if isinstance(block.get("image_url"), str):
            block["image_url"] = {"url": block["image_url"]}
        if isinstance(block.get("thinking"), list):
            block["thinking"] = "".join([piece.get("text", "") for piece in block["thinking"]])
    for call in kept.get("tool_calls", []):
        call.pop("index", None)
        call.setdefault("type", "function")
    if words_of_reasoning({"reasoning_details": kept.get("reasoning_details")}):
        kept.pop("reasoning", None)
    return kept


def without(value: Any) -> Any:
    """A copy without nulls."""
    if isinstance(value, dict):
        return {key: without(held) for key, held in value.items() if held is not None}
    return [without(held) for held in value] if isinstance(value, list) else value


def test_a_tool_call_is_compared_by_its_text() -> None:
    call = {"id": "a", "function": {"name": "f", "arguments": '{"x": 1}'}}
    assert told([{"tool_calls": [call]}])["calls"] == [("a", "f", ToolCall("a", "f", '{"x": 1}').json)]
