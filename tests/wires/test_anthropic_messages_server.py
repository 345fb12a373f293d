"""Anthropic Messages, server half: what a request means, and what can't be read, in the API's own words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from ringup.errors import BadRequestError
from ringup.http import HttpRequest
from ringup.messages import (
    Document,
    Image,
    Message,
    Opaque,
    OutputSchema,
    Reasoning,
    Request,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from ringup.replay.same import differences
from ringup.rules import Rules
from ringup.wires import anthropic_messages as wire

from .anthropic_strategies import requests, spoilt

OLD, NEW = "2023-06-01", "2026-10-21"
HELLO = {"role": "user", "content": "Hello"}
USE = {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "look", "input": {}}]}
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": "42"}
LOOK = {"name": "look", "input_schema": {"type": "object"}}


def read(version: str = NEW, headers: dict[str, str] | None = None, **fields: Any) -> Request:
    body = {"model": "claude-x", "max_tokens": 10, "messages": [HELLO]} | fields
    body = {key: value for key, value in body.items() if value is not ...}
    return send(json.dumps(body).encode(), {"anthropic-version": version} | (headers or {}))


def send(body: bytes, headers: dict[str, str]) -> Request:
    return wire.read_request(HttpRequest(path="/v1/messages", headers=headers, body=body))


def user(*blocks: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "user", "content": list(blocks)}]


def text(words: Any = "Hi", **fields: Any) -> dict[str, Any]:
    return {"type": "text", "text": words} | fields


# What it means


def test_the_smallest_request() -> None:
    assert read() == Request(model="claude-x", max_tokens=10, messages=(Message("user", (Text("Hello"),)),))


def test_every_field() -> None:
    request = read(
        OLD,
        {"anthropic-beta": "a,b", "x-api-key": "never kept", "authorization": "nor this", "user-agent": "nor that"},
        max_tokens=5000.0,
        system=[text("Be brief.", cache_control={"type": "ephemeral", "ttl": "1h"})],
        temperature=1,
        top_p=0.9,
        top_k=5,
        stop_sequences=["END"],
        stream=True,
        metadata={"user_id": "u"},
        tools=[
            LOOK | {"type": "custom", "description": "Looks.", "strict": True, "defer_loading": False},
            {"type": "web_search_20260318", "name": "web_search", "max_uses": None},
        ],
        tool_choice={"type": "any", "disable_parallel_tool_use": True},
        thinking={"type": "disabled"},
        output_config={
            "effort": "low",
            "format": {"type": "json_schema", "schema": {"type": "object"}},
            "task_budget": {"type": "tokens", "total": 1},
        },
        service_tier="auto",
        inference_geo=None,
        brand_new=1,
    )
    assert request == Request(
        model="claude-x",
        max_tokens=5000,
        messages=(Message("user", (Text("Hello"),)),),
        system=(Text("Be brief.", {"anthropic_messages": {"cache_control": {"type": "ephemeral", "ttl": "1h"}}}),),
        temperature=1,
        top_p=0.9,
        stop=("END",),
        stream=True,
        metadata={"user_id": "u"},
        tools=(
            Tool("look", "Looks.", {"type": "object"}, True, {"anthropic_messages": {"defer_loading": False}}),
            Opaque("anthropic_messages", {"type": "web_search_20260318", "name": "web_search", "max_uses": None}),
        ),
        tool_choice=ToolChoice("required"),
        parallel_tool_calls=False,
        output_schema=OutputSchema({"type": "object"}),
        reasoning=Reasoning(effort="low", mode="disabled"),
        extra={
            "top_k": 5,
            "service_tier": "auto",
            "brand_new": 1,
            "output_config": {"task_budget": {"type": "tokens", "total": 1}},
        },
        headers={"anthropic-beta": "a,b"},
    )
    assert isinstance(request.max_tokens, int)
    assert "brand_new" not in wire.FIELDS
    assert set(request.extra) - {"brand_new"} <= wire.FIELDS


def test_the_version_is_kept_where_another_would_be_picked() -> None:
    assert read(OLD).headers == {"anthropic-version": OLD}
    assert read(NEW).headers == {}
    assert read(OLD, temperature=0.5).headers == {}


def test_every_kind_of_block() -> None:
    source = {"type": "base64", "media_type": "image/png", "data": "iVBO\nRw=="}
    content = {"type": "content", "content": [text("x")]}
    search = {"type": "search_result", "source": "s", "title": "t", "content": [text("x")]}
    mark = {"cache_control": {"type": "ephemeral"}}
    request = read(
        messages=[
            *user(
                text("Hi", **mark),
                text("again", citations=[], cache_control=None),
                {"type": "image", "source": source},
                {"type": "image", "source": {"type": "url", "url": "https://x/y"}} | mark,
                {"type": "image", "source": {"type": "file", "file_id": "f"}},
                {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": ""}},
                {"type": "document", "title": "T", "source": {"type": "text", "media_type": "text/plain", "data": "d"}},
                {"type": "document", "source": content},
                search,
            ),
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "hm", "signature": "sig"},
                    {"type": "redacted_thinking", "data": "sealed"},
                    {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"q": 1}},
                    *USE["content"],
                ],
            },
            *user(RESULT | {"is_error": True, "content": [text("a"), search]}),
            {"role": "system", "content": "Now in French."},
        ]
    )
    mine = {"anthropic_messages": mark}
    assert request.messages == (
        Message(
            "user",
            (
                Text("Hi", mine),
                Text("again"),
                Image(data=b"\x89PNG"[:3] + b"G", media_type="image/png"),
                Image(url="https://x/y", extra=mine),
                Image(file_id="f"),
                Document(data=b"", media_type="application/pdf"),
                Document(text="d", media_type="text/plain", name="T"),
                Opaque("anthropic_messages", {"type": "document", "source": content}),
                Opaque("anthropic_messages", search),
            ),
        ),
        Message(
            "assistant",
            (
                Thinking("hm", "sig"),
                Thinking("", "sealed", redacted=True),
                Opaque(
                    "anthropic_messages",
                    {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"q": 1}},
                ),
                ToolCall("t1", "look", "{}"),
            ),
        ),
        Message("tool", (ToolResult("t1", (Text("a"), Opaque("anthropic_messages", search)), is_error=True),)),
        Message("system", (Text("Now in French."),)),
    )


def test_the_text_of_a_tools_input_is_kept_to_the_letter() -> None:
    use = b'{"role":"assistant","content":[{"type":"text","text":"a"},{"type":"tool_use","id":"t","name":"n",'
    use += b'"input":{ "a" : 1.0,"b":[1E5, "\\u00e9"] }}]}'
    after = b'{"role":"user","content":[{"type":"tool_result","tool_use_id":"t"}]}'
    body = b'{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"x"},' + use + b"," + after + b"]}"
    request = send(body, {"anthropic-version": NEW})
    assert request.messages[1].tool_calls[0].json == '{ "a" : 1.0,"b":[1E5, "\\u00e9"] }'


def test_turns_of_one_role_count_as_one() -> None:
    two = {"role": "assistant", "content": [{"type": "tool_use", "id": "t2", "name": "look", "input": {}}]}
    answers = [*user(RESULT), *user(RESULT | {"tool_use_id": "t2"}, text("So?"))]
    request = read(messages=[HELLO, USE, two, *answers])
    assert [message.role for message in request.messages] == ["user", "assistant", "assistant", "tool", "user"]


def test_a_system_message_may_hold_fields_only() -> None:
    fields = {"output_config": {"effort": "low"}}
    request = read(
        messages=[HELLO, {"role": "system"} | fields], tools=[{"type": "mcp_toolset", "mcp_server_name": "n"}]
    )
    assert request.messages[1] == Message("system", (), extra={"anthropic_messages": fields})
    assert request.tools == (Opaque("anthropic_messages", {"type": "mcp_toolset", "mcp_server_name": "n"}),)


def test_a_prefill_may_be_empty_and_a_cache_may_be_warmed() -> None:
    assert read(messages=[HELLO, {"role": "assistant", "content": ""}]).messages[1].parts == ()
    assert read(max_tokens=0).max_tokens == 0


def test_an_interleaved_budget_may_be_larger() -> None:
    thinking = {"type": "enabled", "budget_tokens": 2000}
    beta = {"anthropic-beta": "interleaved-thinking-2025-05-14"}
    assert read(thinking=thinking, headers=beta).reasoning == Reasoning(mode="enabled", budget_tokens=2000)


# What can't be read


@given(spoilt(requests().map(lambda request: json.loads(wire.write_request(request, Rules())[0].body))))
@settings(deadline=None, max_examples=200)
def test_a_spoilt_request_is_refused_or_read(body: Any) -> None:
    for version in (OLD, NEW):
        try:
            request = send(json.dumps(body).encode(), {"anthropic-version": version})
        except BadRequestError as error:
            assert error.message  # noqa: PT017
        else:
            assert request.model == body["model"]


@pytest.mark.parametrize("body", [b"", b"{", b"nonsense", b'{"a": "\\ud800"}', b"[" * 100_000, b'{"a": NaN}'])
def test_what_isnt_json(body: bytes) -> None:
    with pytest.raises(BadRequestError, match="The request body is not valid JSON"):
        send(body, {"anthropic-version": NEW})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"model": ...}, "model: Field required"),
        ({"model": None}, "model: Field required"),
        ({"model": 5}, "model: Input should be a valid string"),
        ({"messages": ...}, "messages: Field required"),
        ({"messages": {}}, "messages: Input should be a valid list"),
        ({"messages": []}, "messages: at least one message is required"),
        ({"messages": [{"role": "system", "content": "x"}]}, "messages: at least one message is required"),
        ({"messages": [{"role": "user", "content": ""}]}, "messages: all messages must have non-empty content"),
        ({"messages": ["Hello"]}, "messages.0: Input should be a valid dictionary"),
        ({"messages": [{"content": "x"}]}, "messages.0.role: Field required"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages.0.role: Input should be 'user', 'assistant' or"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages.0.content: Input should be a valid list"),
        ({"messages": [{"role": "user", "content": ["x"]}]}, "messages.0.content.0: Input should be a valid dict"),
        ({"max_tokens": True}, "max_tokens: Input should be a valid number"),
        ({"temperature": []}, "temperature: Input should be a valid number"),
        ({"system": 5}, "system: Input should be a valid list"),
        ({"stream": "yes"}, "stream: Input should be a valid boolean"),
        ({"stop_sequences": "x"}, "stop_sequences: Input should be a valid list"),
        ({"stop_sequences": ["x", 1]}, "stop_sequences.1: Input should be a valid string"),
        ({"tools": ["f"]}, "tools.0: Input should be a valid dictionary"),
        ({"tool_choice": "auto"}, "tool_choice: Input should be a valid dictionary"),
    ],
)
def test_what_no_server_could_read(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        read(**fields)
    assert (caught.value.status, caught.value.type) == (400, "invalid_request_error")
    assert caught.value.message.startswith(message)
    assert caught.value.param == message.partition(":")[0]


@pytest.mark.parametrize("block", [{"text": "x"}, {"type": "text"}, text(" "), {"type": "tool_use"}], ids=str)
def test_what_is_a_slip_in_a_prompt(block: dict[str, Any]) -> None:
    with pytest.raises(BadRequestError, match=r"messages\.0\.content\.0: Input should be a valid block"):
        wire.read_messages(user(block))


# What only servers that are compatible take, or send


@pytest.mark.parametrize(
    "fields",
    [
        {"max_tokens": "10"},
        {"max_tokens": 10.5},
        {"temperature": 1.5, "top_p": "0.5", "top_k": -1},
        {"stop_sequences": [" ", *"abcdefgh"]},
        {"system": " "},
        {"system": [text(" "), text("a")]},
        {"metadata": {"user": "u"}},
        {"service_tier": "gold"},
        {"tools": [{"name": "a.b/c " * 40, "input_schema": {"type": "string"}}, LOOK, LOOK]},
        {"tools": [{"name": "a"}, {"name": "b", "input_schema": {}, "description": 5}, {}]},
        {"tool_choice": {"type": "any"}},
        {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
        {"tools": [LOOK], "tool_choice": {"type": "none", "disable_parallel_tool_use": True}},
        {"tools": [LOOK], "tool_choice": {"type": "tool", "name": "x", "more": 1}},
        {"tools": [LOOK], "tool_choice": {"type": "some"}},
        {"thinking": {"type": "enabled"}},
        {"thinking": {"type": "enabled", "budget_tokens": 5, "more": 1}},
        {"thinking": {"type": "disabled", "display": "omitted"}},
        {"thinking": {"type": "deep"}},
        {"output_config": {"effort": "none"}},
        {"output_config": {"effort": "huge", "format": {"type": "json_schema", "schema": {}, "name": "n"}}},
        {"cache_control": {"type": "forever"}},
        {"container": "c", "mcp_servers": [{"type": "url"}], "context_management": {"edits": []}},
        {"messages": [USE]},
        {"messages": [HELLO, HELLO, *user(RESULT), *user(RESULT)]},
        {"messages": [{"role": "assistant", "content": ""}]},
        {"messages": [HELLO, {"role": "assistant", "content": " "}]},
        {"messages": user(text(" "), {"type": "video", "x": 1}, {"x": 1})},
        {"messages": user(RESULT | {"content": [text(" ")]}, RESULT | {"content": {"a": 1}}, {"type": "tool_result"})},
        {"messages": user({"type": "thinking", "thinking": "t"}, {"type": "redacted_thinking"})},
        {"messages": user({"type": "tool_use", "name": "f", "input": {}}, USE["content"][0] | {"input": "{}"})},
        {"messages": user({"type": "document", "title": 5, "source": {"type": "url", "url": "u"}})},
    ],
    ids=str,
)
def test_what_is_no_form_of_anthropics_goes_back_as_it_came(fields: dict[str, Any]) -> None:
    sent = {"model": "claude-x", "max_tokens": 10, "messages": [HELLO]} | fields
    http, notices = wire.write_request(send(json.dumps(sent).encode(), {}), Rules())
    assert differences(wire.NAME, sent, json.loads(http.body)) == []
    assert notices == ()
