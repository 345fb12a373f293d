"""What Anthropic refuses in a request of its Messages API, in its own words. Compatible servers take most of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringup.errors import BadRequestError
from ringup.http import HttpRequest
from ringup.messages import Request
from ringup.simulator import strict

OLD, NEW = "2023-06-01", "2026-10-21"
HELLO = {"role": "user", "content": "Hello"}
USE = {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "look", "input": {}}]}
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": "42"}
LOOK = {"name": "look", "input_schema": {"type": "object"}}


def read(version: str = NEW, **fields: Any) -> Request:
    body = {"model": "claude-x", "max_tokens": 10, "messages": [HELLO]} | fields
    body = {key: value for key, value in body.items() if value is not ...}
    return send(json.dumps(body).encode(), {"anthropic-version": version})


def send(body: bytes, headers: dict[str, str]) -> Request:
    return strict.read_request("anthropic_messages", HttpRequest(path="/v1/messages", headers=headers, body=body))


def user(*blocks: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "user", "content": list(blocks)}]


def text(words: Any = "Hi", **fields: Any) -> dict[str, Any]:
    return {"type": "text", "text": words} | fields


def test_the_simulators_own_models_have_no_vendors_rules() -> None:
    assert read(model="sim-1", max_tokens=..., temperature=5, stop_sequences=[" "]).stop == (" ",)


def refused(*messages: dict[str, Any], version: str = NEW, **fields: Any) -> str:
    if messages:
        fields["messages"] = list(messages)
    with pytest.raises(BadRequestError) as caught:
        read(version, **fields)
    assert caught.value.status == 400
    assert caught.value.type == "invalid_request_error"
    return caught.value.message


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({}, "anthropic-version: header is required"),
        ({"anthropic-version": "2020-01-01"}, 'anthropic-version: "2020-01-01" is not a valid version'),
    ],
)
def test_the_version_is_needed(headers: dict[str, str], message: str) -> None:
    with pytest.raises(BadRequestError, match=message):
        send(b"{}", headers)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"model": ...}, "model: Field required"),
        ({"max_tokens": ...}, "max_tokens: Field required"),
        ({"messages": ...}, "messages: Field required"),
        ({"model": ""}, "model: String should have at least 1 character"),
        ({"model": 5}, "model: Input should be a valid string"),
        ({"model": None}, "model: Input should be a valid string"),
        ({"max_tokens": "10"}, "max_tokens: Input should be a valid integer"),
        ({"max_tokens": True}, "max_tokens: Input should be a valid integer"),
        ({"max_tokens": 1.5}, "max_tokens: Input should be a valid integer"),
        ({"max_tokens": -1}, "max_tokens: Input should be greater than or equal to 0"),
        ({"messages": {}}, "messages: Input should be a valid list"),
        ({"messages": []}, "messages: at least one message is required"),
        ({"messages": [HELLO] * 100_001}, "messages: List should have at most 100000 items"),
        ({"system": 5}, "system: Input should be a valid list"),
        ({"system": [text("")]}, "system: text content blocks must be non-empty"),
        ({"system": [{"type": "image"}]}, "system.0: Input tag 'image' found using 'type' does not match any of"),
        ({"stream": "yes"}, "stream: Input should be a valid boolean"),
        ({"stop_sequences": "x"}, "stop_sequences: Input should be a valid list"),
        ({"stop_sequences": ["x", 1]}, "stop_sequences.1: Input should be a valid string"),
        ({"stop_sequences": ["\n"]}, "stop_sequences: each stop sequence must contain non-whitespace"),
        ({"metadata": {"user": "u"}}, "metadata.user: Extra inputs are not permitted"),
        ({"metadata": {"user_id": "u" * 513}}, "metadata.user_id: String should have at most 512 characters"),
        ({"service_tier": "gold"}, "service_tier: Input should be 'auto' or 'standard_only'"),
        ({"tools": [{"name": "a b"}]}, "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'"),
        ({"tools": [{"name": "a"}]}, "tools.0.custom.input_schema: Field required"),
        ({"tools": [{"name": "a", "input_schema": {}}]}, "tools.0.custom.input_schema.type: Field required"),
        (
            {"tools": [{"name": "a", "input_schema": {"type": "string"}}]},
            "tools.0.custom.input_schema.type: Input should be 'object'",
        ),
        ({"tools": [LOOK, LOOK]}, "tools: Tool names must be unique."),
        ({"tool_choice": {"type": "auto"}}, "tool_choice: may only be specified while providing tools"),
        ({"tools": [LOOK], "tool_choice": {"type": "tool"}}, "tool_choice.tool.name: Field required"),
        ({"tools": [LOOK], "tool_choice": {"type": "tool", "name": "x"}}, "Tool 'x' not found in provided tools"),
        ({"tools": [LOOK], "tool_choice": "auto"}, "tool_choice: Input should be a valid dictionary"),
        ({"tools": [LOOK], "tool_choice": {"type": "some"}}, "tool_choice: Input tag 'some' found using 'type'"),
        ({"thinking": {"type": "enabled"}}, "thinking.enabled.budget_tokens: Field required"),
        (
            {"thinking": {"type": "enabled", "budget_tokens": 100}},
            "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
        ),
        (
            {"thinking": {"type": "enabled", "budget_tokens": 2000}, "max_tokens": 2000},
            "`max_tokens` must be greater than `thinking.budget_tokens`",
        ),
        (
            {"thinking": {"type": "adaptive"}, "tools": [LOOK], "tool_choice": {"type": "any"}},
            "Thinking may not be enabled when tool_choice forces tool use.",
        ),
        ({"thinking": {"type": "deep"}}, "thinking: Input tag 'deep' found using 'type' does not match"),
        ({"output_config": {"effort": "huge"}}, "output_config.effort: Input should be 'low', 'medium', 'high',"),
        ({"output_config": {"format": {"type": "json_schema"}}}, "output_config.format.schema: Field required"),
        ({"cache_control": {"type": "forever"}}, "cache_control: Input tag 'forever' found using 'type'"),
        (
            {"system": [text("a", cache_control={"type": "ephemeral", "ttl": "2h"})]},
            "system.0.cache_control.ttl: Input should be '5m' or '1h'",
        ),
        ({"temperature": 0.5}, "temperature: Extra inputs are not permitted"),
        ({"top_p": 1}, "top_p: Extra inputs are not permitted"),
        ({"top_k": 1}, "top_k: Extra inputs are not permitted"),
    ],
)
def test_fields(fields: dict[str, Any], message: str) -> None:
    said = refused(**fields)
    assert said.startswith(message)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"temperature": 1.5}, "temperature: Input should be less than or equal to 1"),
        ({"temperature": -0.1}, "temperature: Input should be greater than or equal to 0"),
        ({"temperature": "hot"}, "temperature: Input should be a valid number"),
        ({"top_p": 2}, "top_p: Input should be less than or equal to 1"),
        ({"top_k": -1}, "top_k: Input should be greater than or equal to 0"),
        (
            {"temperature": 0.5, "thinking": {"type": "adaptive"}},
            "`temperature` may only be set to 1 when thinking is enabled.",
        ),
        ({"top_k": 5, "thinking": {"type": "adaptive"}}, "`top_k` must be unset when thinking is enabled."),
    ],
)
def test_sampling_under_the_old_version(fields: dict[str, Any], message: str) -> None:
    assert refused(version=OLD, **fields) == message


BLOCK = "messages.0.content.0"


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("words", f"{BLOCK}: Input should be a valid dictionary"),
        ({}, f"{BLOCK}.type: Field required"),
        ({"type": "video"}, f"{BLOCK}: Input tag 'video' found using 'type' does not match any of the expected tags"),
        ({"type": "text"}, f"{BLOCK}.text.text: Field required"),
        (text(5), f"{BLOCK}.text.text: Input should be a valid string"),
        (text(""), "messages: text content blocks must be non-empty"),
        (text(" \n"), "messages: text content blocks must contain non-whitespace text"),
        ({"type": "image"}, f"{BLOCK}.image.source: Field required"),
        ({"type": "image", "source": {"type": "text"}}, f"{BLOCK}.image.source: Input tag 'text' found using"),
        ({"type": "image", "source": {"type": "url"}}, f"{BLOCK}.image.source.url.url: Field required"),
        (
            {"type": "image", "source": {"type": "base64", "media_type": "image/bmp", "data": ""}},
            f"{BLOCK}.image.source.base64.media_type: Input should be 'image/jpeg' or 'image/png' or 'image/gif' or",
        ),
        (
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/png", "data": "data:image/png;base64,"},
            },
            f"{BLOCK}.image.source.base64: invalid base64 data",
        ),
        ({"type": "tool_result"}, f"{BLOCK}.tool_result.tool_use_id: Field required"),
        (RESULT | {"tool_use_id": "a b"}, f"{BLOCK}.tool_result.tool_use_id: String should match pattern"),
        (RESULT | {"content": 5}, f"{BLOCK}.tool_result.content: Input should be a valid list"),
        (RESULT | {"content": [{"type": "text"}]}, f"{BLOCK}.tool_result.content.0.text.text: Field required"),
        ({"type": "thinking", "thinking": ""}, f"{BLOCK}.thinking.signature: Field required"),
        ({"type": "redacted_thinking"}, f"{BLOCK}.redacted_thinking.data: Field required"),
        ({"type": "tool_use", "id": "a", "name": "b"}, f"{BLOCK}.tool_use.input: Field required"),
        (
            {"type": "tool_use", "id": "a", "name": "b", "input": "{}"},
            f"{BLOCK}.tool_use.input: Input should be a valid dictionary",
        ),
    ],
)
def test_blocks(block: Any, message: str) -> None:
    assert refused(*user(block)).startswith(message)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"content": "x"}, "messages.0.role: Field required"),
        ({"role": "tool", "content": "x"}, "messages.0.role: Input should be 'user', 'assistant' or 'system'"),
        ({"role": "user"}, "messages.0.content: Field required"),
        ({"role": "user", "content": 5}, "messages.0.content: Input should be a valid list"),
        ({"role": "user", "content": ""}, "messages.0: all messages must have non-empty content except for"),
        ({"role": "user", "content": []}, "messages.0: all messages must have non-empty content except for"),
        ({"role": "user", "content": " "}, "messages: text content blocks must contain non-whitespace text"),
        ({"role": "assistant", "content": "So "}, "messages: final assistant content cannot end with trailing white"),
        ("Hello", "messages.0: Input should be a valid dictionary"),
    ],
)
def test_messages(message: Any, said: str) -> None:
    assert refused(message).startswith(said)


MISSING = "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: t1."
UNEXPECTED = "unexpected `tool_use_id` found in `tool_result` blocks: t1."


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([HELLO, USE], MISSING),
        ([HELLO, USE, HELLO], MISSING),
        ([HELLO, USE, *user(text(), RESULT)], MISSING),
        ([HELLO, USE, HELLO, *user(RESULT)], MISSING),
        ([HELLO, USE, {"role": "system", "content": "x"}, HELLO], MISSING),
        (user(RESULT), f"messages.0.content.0: {UNEXPECTED}"),
        (
            [HELLO, USE, *user(RESULT), {"role": "assistant", "content": "ok"}, *user(RESULT)],
            f"messages.4.content.0: {UNEXPECTED}",
        ),
        ([HELLO, USE, *user(RESULT, RESULT)], "messages.2.content.1: each tool_use must have a single result."),
        ([HELLO, USE, *user(RESULT), USE, *user(RESULT)], "messages: `tool_use` ids must be unique"),
    ],
)
def test_calls_and_results_go_in_pairs(messages: list[dict[str, Any]], said: str) -> None:
    assert refused(*messages).startswith(said)


def test_the_missing_results_are_named() -> None:
    uses = [{"type": "tool_use", "id": name, "name": "look", "input": {}} for name in ("t1", "t2", "t3")]
    said = refused(HELLO, {"role": "assistant", "content": uses}, *user(RESULT | {"tool_use_id": "t2"}))
    assert "immediately after: t1, t3. Each `tool_use` block must have" in said


def test_the_new_version_refuses_what_the_old_one_took() -> None:
    document = {"type": "document", "source": {"type": "file", "file_id": "f"}}
    assistant = [HELLO, {"role": "assistant", "content": [document, text("x")]}]
    cited = text("x", citations=[{"type": "char_location"}])
    search = {"type": "search_result", "title": "t", "source": "s", "content": [cited]}
    pairs = [
        (assistant, "messages.1.content.0: `document` blocks are not permitted in assistant messages"),
        (user(cited), "messages.0.content.0.text.citations: Extra inputs are not permitted"),
        (user(search), "messages.0.content.0.search_result.content.0.text.citations: Extra inputs are not permitted"),
        (
            [HELLO, USE, *user(RESULT | {"content": [search]})],
            "messages.2.content.0.tool_result.content.0.search_result.content.0.text.citations: Extra inputs are not",
        ),
    ]
    for messages, said in pairs:
        assert refused(*messages).startswith(said)
        read(OLD, messages=messages)
    read(NEW, messages=[HELLO, {"role": "assistant", "content": [cited]}])


def test_four_cache_marks_are_the_most() -> None:
    mark = {"cache_control": {"type": "ephemeral"}}
    marked = text("x", **mark)
    fields: dict[str, Any] = {"system": [marked], "tools": [LOOK | mark]}
    inner = [HELLO, USE, *user(RESULT | {"content": [marked]}, marked)]
    assert read(messages=inner, **fields)
    said = "A maximum of 4 blocks with cache_control may be provided. Found 5."
    assert refused(*inner, {"role": "assistant", "content": [marked]}, **fields) == said
    assert refused(*inner, **fields, **mark) == said


def test_the_parameter_is_named() -> None:
    with pytest.raises(BadRequestError) as caught:
        read(max_tokens=...)
    assert caught.value.param == "max_tokens"
