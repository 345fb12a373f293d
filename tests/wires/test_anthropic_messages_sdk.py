"""Anthropic Messages with the official Python SDK as the judge: it reads what we write, and we read what it sends."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

import anthropic
import httpx2
import pytest
from anthropic.types import ContentBlockParam, ToolParam
from hypothesis import given, settings
from pydantic import TypeAdapter

from ringup import errors
from ringup.events import replay
from ringup.http import HttpRequest
from ringup.messages import Message, Opaque, Request, Text, Thinking, ToolCall, ToolResult
from ringup.reply import Reply
from ringup.rules import Rules
from ringup.usage import Usage
from ringup.wires import anthropic_messages as wire

from .anthropic_strategies import requests

REPLY = Reply(
    message=Message(
        "assistant",
        (
            Thinking("Let me see.", "sig"),
            Text(
                "Hello, world.", {"anthropic_messages": {"citations": [{"type": "char_location", "cited_text": "w"}]}}
            ),
            Opaque(
                "anthropic_messages", {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"q": 1}}
            ),
            ToolCall("toolu_1", "look", '{"city": "Oslo", "days": [1, 2]}'),
            ToolCall("toolu_2", "now", "{}"),
        ),
    ),
    finish_reason="tool_calls",
    raw_finish_reason="tool_use",
    id="msg_1",
    model="claude-x",
    usage=Usage(input_tokens=60, output_tokens=40, cache_read_tokens=30, cache_write_tokens=20, reasoning_tokens=5),
)
ASK: dict[str, Any] = {"model": "claude-x", "max_tokens": 10, "messages": [{"role": "user", "content": "Hello"}]}


def client(answer: Callable[[httpx2.Request], httpx2.Response]) -> anthropic.Anthropic:
    transport = httpx2.MockTransport(answer)
    return anthropic.Anthropic(api_key="no-key", max_retries=0, http_client=httpx2.Client(transport=transport))


def check(message: anthropic.types.Message) -> None:
    assert (message.id, message.model, message.stop_reason) == ("msg_1", "claude-x", "tool_use")
    thinking, text, search, look, now = message.content
    assert (thinking.type, text.type, search.type) == ("thinking", "text", "server_tool_use")
    assert thinking.type == "thinking"
    assert (thinking.thinking, thinking.signature) == ("Let me see.", "sig")
    assert text.type == "text"
    assert text.text == "Hello, world."
    assert text.citations
    assert text.citations[0].cited_text == "w"
    assert cast("Any", search).input == {"q": 1}
    assert cast("Any", look).input == {"city": "Oslo", "days": [1, 2]}
    assert cast("Any", now).input == {}
    usage = message.usage
    assert (usage.input_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens) == (10, 30, 20)
    assert usage.output_tokens == 40
    assert usage.output_tokens_details
    assert usage.output_tokens_details.thinking_tokens == 5


def test_it_reads_a_whole_answer() -> None:
    def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "application/json"}, content=wire.write_reply(REPLY))

    check(client(answer).messages.create(**ASK))


@pytest.mark.parametrize("piece", [0, 1, 5])
def test_it_reads_a_stream(piece: int) -> None:
    writer = wire.Writer(Request(model="claude-x", messages=()))
    body = b"".join([writer.feed(event) for event in replay(REPLY, piece)]) + writer.close()

    def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=body)

    with client(answer).messages.stream(**ASK) as stream:
        assert "".join(stream.text_stream) == "Hello, world."
        check(stream.get_final_message())


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (errors.AuthenticationError("invalid x-api-key", status=401), anthropic.AuthenticationError),
        (errors.OverloadedError("Overloaded", status=529), anthropic.InternalServerError),
        (errors.QuotaExceededError("spent", status=429), anthropic.RateLimitError),
        (errors.ContextLengthError("250000 tokens", status=400), anthropic.BadRequestError),
    ],
)
def test_it_reads_an_error(error: errors.APIError, kind: type[anthropic.APIStatusError]) -> None:
    error.request_id = "req_1"
    written = wire.write_error(error)

    def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(written.status, headers=written.headers, content=written.body)

    with pytest.raises(anthropic.APIStatusError) as caught:
        client(answer).messages.create(**ASK)
    assert isinstance(caught.value, kind) or type(caught.value).__name__ == type(error).__name__
    assert caught.value.request_id == "req_1"
    assert error.message in caught.value.message


def test_what_it_sends_is_read() -> None:
    seen: list[Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        http = HttpRequest(path=request.url.path, headers=dict(request.headers), body=request.read())
        seen.append(wire.read_request(http))
        return httpx2.Response(200, headers={"content-type": "application/json"}, content=wire.write_reply(REPLY))

    result: Any = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "42"}]}
    client(answer).messages.create(
        model="claude-x",
        max_tokens=10,
        system="Be brief.",
        stop_sequences=["END"],
        messages=[
            {"role": "user", "content": "Hello"},
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"a": 1}}],
            },
            {"role": "user", "content": [result]},
        ],
        tools=[{"name": "look", "input_schema": {"type": "object"}}],
        extra_headers={"anthropic-beta": "x-1"},
    )
    (request,) = seen
    assert request.system == (Text("Be brief."),)
    assert request.stop == ("END",)
    assert request.messages[1].tool_calls[0].arguments == {"a": 1}
    assert request.messages[2] == Message("tool", (ToolResult("toolu_1", (Text("42"),)),))
    assert request.headers == {"anthropic-beta": "x-1"}


BLOCK: TypeAdapter[Any] = TypeAdapter(ContentBlockParam)
TOOL: TypeAdapter[Any] = TypeAdapter(ToolParam)


@given(requests())
@settings(deadline=None, max_examples=40)
def test_its_types_take_what_we_write(request: Request) -> None:
    body = json.loads(wire.write_request(request, Rules())[0].body)
    for message in body["messages"]:
        for block in message["content"] if isinstance(message["content"], list) else []:
            if block["type"] != "web_search_tool_result":
                BLOCK.validate_python(block)
    for tool in body.get("tools", []):
        if "type" not in tool:
            TOOL.validate_python(tool)
