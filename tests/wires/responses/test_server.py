"""The server's half of the Responses wire: requests as they are read, and what can't be read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringup.errors import BadRequestError
from ringup.http import HttpRequest
from ringup.messages import (
    Audio,
    Document,
    Image,
    Message,
    Opaque,
    OutputSchema,
    Reasoning,
    Refusal,
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
from ringup.wires import responses as wire

SEALED = "reasoning.encrypted_content"
USER = {"role": "user", "content": "Hi"}
CALL = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "c1", "output": "42"}


def own(**fields: Any) -> dict[str, Any]:
    return {"responses": fields}


def post(body: Any) -> Request:
    return wire.read_request(HttpRequest(path="/responses", body=json.dumps(body).encode()))


def read(*items: Any, **fields: Any) -> Request:
    return post({"model": "gpt-x", "input": list(items) or "Hi", "store": False, **fields})


def refusal(body: Any) -> BadRequestError:
    with pytest.raises(BadRequestError) as caught:
        post(body)
    assert (caught.value.status, caught.value.type) == (400, "invalid_request_error")
    return caught.value


def test_the_smallest_request() -> None:
    assert read() == Request(model="gpt-x", messages=(Message("user", (Text("Hi"),)),))


def test_every_setting() -> None:
    request = read(
        instructions="Be brief.",
        max_output_tokens=100.0,
        temperature=0.5,
        top_p=1,
        tools=[
            {"type": "function", "name": "f", "parameters": None, "strict": None, "description": None},
            {"type": "function", "name": "g", "parameters": {"type": "object"}, "strict": True, "defer_loading": True},
            {"type": "web_search"},
        ],
        tool_choice={"type": "function", "name": "f"},
        parallel_tool_calls=False,
        text={"format": {"type": "json_schema", "name": "n", "schema": {}, "strict": True}, "verbosity": "low"},
        reasoning={"effort": "low", "summary": "auto", "mode": "pro"},
        metadata={"a": "b"},
        stream=True,
        include=[SEALED],
        service_tier="flex",
        top_k=5,
        user=None,
    )
    assert request == Request(
        model="gpt-x",
        messages=(Message("user", (Text("Hi"),)),),
        system=(Text("Be brief."),),
        max_tokens=100,
        temperature=0.5,
        top_p=1,
        tools=(
            Tool("f"),
            Tool("g", parameters={"type": "object"}, strict=True, extra=own(defer_loading=True)),
            Opaque("responses", {"type": "web_search"}),
        ),
        tool_choice=ToolChoice("tool", "f"),
        parallel_tool_calls=False,
        output_schema=OutputSchema({}, "n", strict=True),
        reasoning=Reasoning(effort="low", display="auto"),
        metadata={"a": "b"},
        stream=True,
        extra={"service_tier": "flex", "top_k": 5, "text": {"verbosity": "low"}, "reasoning": {"mode": "pro"}},
    )
    assert set(request.extra) - wire.FIELDS == {"top_k"}


@pytest.mark.parametrize(
    ("form", "schema", "extra"),
    [
        ({"type": "json_object"}, OutputSchema(), {}),
        ({"type": "text"}, None, {"text": {"format": {"type": "text"}}}),
        (
            {"type": "json_schema", "name": "n", "schema": {}, "odd": 1},
            None,
            {"text": {"format": {"type": "json_schema", "name": "n", "schema": {}, "odd": 1}}},
        ),
    ],
)
def test_forms_of_text(form: dict[str, Any], schema: OutputSchema | None, extra: dict[str, Any]) -> None:
    request = read(text={"format": form})
    assert (request.output_schema, request.extra) == (schema, extra)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (None, None),
        ("none", ToolChoice("none")),
        ("required", ToolChoice("required")),
        ({"type": "allowed_tools", "mode": "auto", "tools": []}, "opaque"),
        ({"type": "custom", "name": "sql"}, "opaque"),
    ],
)
def test_tool_choices(choice: Any, expected: Any) -> None:
    assert read(tool_choice=choice).tool_choice == (Opaque("responses", choice) if expected == "opaque" else expected)


@pytest.mark.parametrize(
    ("fields", "extra"),
    [
        ({}, {"store": None}),
        ({"store": None}, {"store": None}),
        ({"store": True}, {"store": True}),
        ({"store": False}, {}),
        ({"store": False, "include": [SEALED]}, {"include": [SEALED]}),
        ({"store": False, "reasoning": {"effort": "low"}, "include": [SEALED]}, {}),
        ({"store": False, "reasoning": {"effort": "low"}}, {"include": None}),
        ({"store": True, "reasoning": {"effort": "low"}, "include": [SEALED]}, {"store": True, "include": [SEALED]}),
        ({"previous_response_id": "r"}, {"previous_response_id": "r"}),
        ({"previous_response_id": "r", "store": False}, {"previous_response_id": "r", "store": False}),
    ],
)
def test_what_is_stored(fields: dict[str, Any], extra: dict[str, Any]) -> None:
    """What we would send ourselves is no further field; whatever else was sent is sent again."""
    body = {"model": "gpt-x", "input": "Hi", **fields}
    request = post(body)
    assert request.extra == extra
    assert wire.is_stateless(request.extra) == (fields.get("store") is False)
    again = json.loads(wire.write_request(request, Rules())[0].body)
    for name in ("store", "include", "previous_response_id"):
        assert again.get(name) == fields.get(name)


# Input


def test_a_conversation() -> None:
    block = {"type": "output_text", "text": "Two", "annotations": [], "logprobs": []}
    said = {"type": "message", "id": "m1", "role": "assistant", "status": "completed", "content": [block, block]}
    request = read(
        {"role": "developer", "content": "Be brief."},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}], "id": "u1"},
        {"role": "assistant", "content": "One", "phase": "commentary"},
        {"type": "reasoning", "id": "rs1", "summary": [], "encrypted_content": "s"},
        said,
        {**CALL, "id": "fc1", "status": "completed", "async": None},
        {"type": "custom_tool_call", "call_id": "c2", "name": "sql", "input": "SELECT 1"},
        OUTPUT,
        {"type": "custom_tool_call_output", "call_id": "c2", "output": "1"},
        {"type": "mcp_approval_response", "approval_request_id": "a", "approve": True},
        {"type": "mcp_call", "id": "mcp1", "name": "f", "arguments": "{}", "server_label": "s"},
        {"role": "user", "content": ""},
    )
    assert request.messages == (
        Message("developer", (Text("Be brief."),)),
        Message("user", (Text("Hi"),), extra=own(id="u1")),
        Message(
            "assistant",
            (
                Text("One", own(item={"phase": "commentary"})),
                Thinking("", "s", extra=own(field="summary", id="rs1")),
                Text("Two", own(item={"id": "m1", "status": "completed"})),
                Text("Two", own(joins=True)),
                ToolCall("c1", "f", "{}", extra=own(id="fc1", status="completed")),
                ToolCall("c2", "sql", "SELECT 1", "custom"),
            ),
        ),
        Message(
            "tool",
            (
                ToolResult("c1", (Text("42"),)),
                ToolResult("c2", (Text("1"),)),
                Opaque("responses", {"type": "mcp_approval_response", "approval_request_id": "a", "approve": True}),
            ),
        ),
        Message(
            "assistant",
            (
                Opaque(
                    "responses",
                    {"type": "mcp_call", "id": "mcp1", "name": "f", "arguments": "{}", "server_label": "s"},
                ),
            ),
        ),
        Message("user", ()),
    )


def test_a_users_content() -> None:
    content: list[Any] = [
        {"type": "input_text", "text": "Look", "prompt_cache_breakpoint": {"mode": "explicit"}},
        {"type": "input_image", "image_url": "data:image/png;base64,QUJD", "detail": "high"},
        {"type": "input_image", "image_url": "https://example.com/a.png", "detail": "auto"},
        {"type": "input_image", "file_id": "f1"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,QUJD"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "QUJD"},
        {"type": "input_file", "file_url": "https://example.com/a.pdf"},
        {"type": "input_file", "file_id": "f2"},
        {"type": "input_audio", "input_audio": {"data": "QUJD", "format": "wav"}},
        {"type": "input_audio", "input_audio": {"data": "!"}},
        {"type": "input_audio"},
        {"type": "input_video", "video": "v"},
    ]
    (message,) = read({"role": "user", "content": content}).messages
    assert message.parts == (
        Text("Look", own(prompt_cache_breakpoint={"mode": "explicit"})),
        Image(data=b"ABC", media_type="image/png", detail="high"),
        Image(url="https://example.com/a.png"),
        Image(file_id="f1"),
        Document(data=b"ABC", media_type="application/pdf", name="a.pdf"),
        Opaque("responses", content[5]),
        Document(url="https://example.com/a.pdf"),
        Document(file_id="f2"),
        Audio(data=b"ABC", format="wav"),
        Opaque("responses", content[9]),
        Opaque("responses", content[10]),
        Opaque("responses", content[11]),
    )


def test_results() -> None:
    audio = {"type": "input_audio", "input_audio": {"data": "QUJD", "format": "wav"}}
    content = [{"type": "input_text", "text": "a"}, {"type": "input_image", "file_id": "f"}, audio]
    request = read(
        CALL,
        {**CALL, "call_id": "c2"},
        {"type": "function_call_output", "call_id": "c2", "output": content, "id": "o2"},
        {"type": "function_call_output", "call_id": "c1", "output": ""},
        {"type": "function_call_output", "name": "async_tool", "output": "1"},
        {"type": "custom_tool_call_output", "call_id": "c9", "output": "1"},
        previous_response_id="r",
    )
    assert request.messages[1].parts == (
        ToolResult("c2", (Text("a"), Image(file_id="f"), Opaque("responses", audio)), extra=own(id="o2")),
        ToolResult("c1"),
        ToolResult("", (Text("1"),), extra=own(name="async_tool")),
        ToolResult("c9", (Text("1"),), extra=own(type="custom_tool_call_output")),
    )


@pytest.mark.parametrize(
    ("item", "role"),
    [
        ({"type": "item_reference", "id": "msg_0"}, "assistant"),
        ({"id": "msg_0"}, "assistant"),
        ({"type": "computer_call_output", "call_id": "c", "output": {}}, "tool"),
        ({"type": "additional_tools", "role": "developer", "tools": []}, "developer"),
        ({"type": "compaction", "encrypted_content": "x"}, "assistant"),
        ({"type": "hologram", "x": 1}, "assistant"),
        ({"role": "assistant", "content": []}, "assistant"),
    ],
)
def test_items_of_other_kinds_are_kept_whole(item: dict[str, Any], role: str) -> None:
    request = read(item)
    assert request.messages == (Message(role, (Opaque("responses", item),)),)  # type: ignore[arg-type]
    assert json.loads(wire.write_request(request, Rules())[0].body)["input"] == [item]


def test_a_refusal_in_the_history() -> None:
    (message,) = read({"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}).messages
    assert message.parts == (Refusal("No."),)


def test_input_may_be_left_out_where_something_else_is_built_on() -> None:
    assert post({"model": "m", "previous_response_id": "r"}).messages == ()
    assert post({"prompt": {"id": "p"}}).model == ""


# What can't be read


@pytest.mark.parametrize("body", ["[]", "oops", '"Hi"', ""])
def test_what_is_no_json_object(body: str) -> None:
    with pytest.raises(BadRequestError, match="could not parse the JSON body"):
        wire.read_request(HttpRequest(path="/responses", body=body.encode()))


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"model": None}, "model", "missing_required_parameter"),
        ({"model": ""}, "model", "missing_required_parameter"),
        ({"model": 5}, "model", "invalid_type"),
        ({"input": 5}, "input", "invalid_type"),
        ({"input": [5]}, "input[0]", "invalid_type"),
        ({"input": [{"role": "user", "content": 5}]}, "input[0].content", "invalid_type"),
        ({"input": [{**OUTPUT, "output": 5}]}, "input[0].output", "invalid_type"),
        ({"stream": "yes"}, "stream", "invalid_type"),
        ({"store": 1}, "store", "invalid_type"),
        ({"temperature": "hot"}, "temperature", "invalid_type"),
        ({"reasoning": "high"}, "reasoning", "invalid_type"),
        ({"text": []}, "text", "invalid_type"),
        ({"include": "all"}, "include", "invalid_type"),
        ({"tools": [1]}, "tools[0]", "invalid_type"),
        ({"tool_choice": 1}, "tool_choice", "invalid_type"),
    ],
)
def test_what_no_server_could_read(fields: dict[str, Any], param: str, code: str) -> None:
    error = refusal({"model": "gpt-x", "input": "Hi", **fields})
    assert (error.param, error.code) == (param, code)


def content(block: Any, role: str = "user") -> dict[str, Any]:
    return {"role": role, "content": [{"type": "input_text", "text": "x"} if role == "user" else SAID, block]}


SAID = {"type": "output_text", "text": "x", "annotations": [], "logprobs": []}
ODD_SETTINGS: list[dict[str, Any]] = [
    {"instructions": [USER]},
    {"max_output_tokens": 1, "temperature": 3, "top_p": "1"},
    {"max_output_tokens": 16.5},
    {"truncation": "odd", "metadata": {"a": 1}, "conversation": 1, "include": [1]},
    {"reasoning": {"effort": "hard", "summary": 1}},
    {"reasoning": {"summary": "summarized", "max_tokens": 5}},
    {"text": {"format": {"type": "xml"}, "verbosity": "loud"}},
    {"text": {"format": {"type": "json_schema", "name": "", "schema": {}}}},
    {"tools": [{}, {"type": "function"}, {"type": "function", "function": {"name": "f"}}]},
    {"tools": [{"type": "function", "name": "a.b/c " * 40, "parameters": {}, "more": 1}] * 200},
    {"tool_choice": "any"},
    {"tool_choice": {}},
    {"tool_choice": {"type": "function", "name": "f", "more": 1}},
]
ODD_ITEMS: list[dict[str, Any]] = [
    CALL,
    OUTPUT,
    {"role": "tool", "content": "x"},
    {"role": "critic", "content": "x"},
    {"role": "user"},
    {"role": "assistant"},
    {"role": "assistant", "id": "m", "content": [{"type": "input_video", "video": "v"}]},
    content("x"),
    content({}),
    content({"type": "text", "text": "x"}),
    content({"type": "output_text", "text": "x"}),
    content({"type": "input_text", "text": "x"}, "assistant"),
    content({"type": "odd"}, "assistant"),
    content({"type": "input_image", "image_url": "u", "file_id": "f"}),
    content({"type": "input_image", "image_url": {"url": "u"}}),
    content({"type": "input_file", "file_data": "data:text/plain;base64,QUJD", "file_id": "f", "filename": "n"}),
    content({"type": "input_file", "file_url": "u", "file_id": "f"}),
    content({"type": "input_file", "file_url": "u", "filename": 5}),
    {"type": "function_call", "name": "f", "arguments": "{}"},
    {"type": "function_call", "call_id": "c", "name": "f", "arguments": {}},
    {"type": "function_call_output", "output": "x"},
    {"type": "function_call_output", "call_id": "c", "output": {}},
    {"type": "function_call_output", "call_id": "c"},
    {"type": "reasoning", "id": "rs"},
    {"type": "reasoning", "summary": "x"},
]


@pytest.mark.parametrize("fields", [*ODD_SETTINGS, *[{"input": [USER, item]} for item in ODD_ITEMS]], ids=str)
def test_what_is_no_form_of_openais_goes_back_as_it_came(fields: dict[str, Any]) -> None:
    sent = {"model": "m", "input": "Hi", **fields}
    http, notices = wire.write_request(post(sent), Rules())
    assert differences(wire.NAME, sent, json.loads(http.body)) == []
    assert notices == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"input": [CALL, USER, OUTPUT]},
        {"input": [OUTPUT], "previous_response_id": "r"},
        {"input": [OUTPUT], "conversation": {"id": "c"}},
        {"input": [{"type": "item_reference", "id": "fc"}, OUTPUT]},
        {"input": [{"type": "compaction", "encrypted_content": "x"}, OUTPUT]},
    ],
)
def test_calls_that_may_stand_elsewhere(fields: dict[str, Any]) -> None:
    assert post({"model": "m", **fields}).messages


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": None, "tool_choice": None, "text": None, "reasoning": None, "metadata": None},
        {"tool_choice": "required"},
        {"parallel_tool_calls": True},
        {"include": ["something.new"], "service_tier": "ultrafast", "max_tool_calls": 0},
        {"background": True, "background_options": {"completion_window": "2h"}, "moderation": {"model": "m"}},
        {"stream_options": {"include_obfuscation": True}},
        {"anything": {"goes": 1}},
    ],
)
def test_what_is_let_through(fields: dict[str, Any]) -> None:
    assert post({"model": "m", "input": "Hi", **fields}).model == "m"
