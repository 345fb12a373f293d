"""The server's half of the Responses wire: requests as they are read, and what the API refuses."""

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


# What the API refuses


@pytest.mark.parametrize("body", ["[]", "oops", '"Hi"', ""])
def test_what_is_no_json_object(body: str) -> None:
    with pytest.raises(BadRequestError, match="could not parse the JSON body"):
        wire.read_request(HttpRequest(path="/responses", body=body.encode()))


MISSING = "missing_required_parameter"


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"model": None}, "model", MISSING),
        ({"model": ""}, "model", MISSING),
        ({"model": 5}, "model", "invalid_type"),
        ({"input": None}, "input", MISSING),
        ({"input": 5}, "input", "invalid_type"),
        ({"input": []}, "input", "empty_array"),
        ({"instructions": ["x"]}, "instructions", "invalid_type"),
        ({"stream": "yes"}, "stream", "invalid_type"),
        ({"store": 1}, "store", "invalid_type"),
        ({"max_output_tokens": 15}, "max_output_tokens", "integer_below_min_value"),
        ({"max_output_tokens": 16.5}, "max_output_tokens", "invalid_type"),
        ({"temperature": 2.1}, "temperature", "decimal_above_max_value"),
        ({"top_p": "1"}, "top_p", "invalid_type"),
        ({"top_logprobs": 21}, "top_logprobs", "integer_above_max_value"),
        ({"truncation": "odd"}, "truncation", "invalid_value"),
        ({"metadata": {"a": 1}}, "metadata.a", "invalid_type"),
        ({"reasoning": {"effort": "hard"}}, "reasoning.effort", "invalid_value"),
        ({"reasoning": {"summary": 1}}, "reasoning.summary", "invalid_type"),
        ({"text": {"verbosity": "loud"}}, "text.verbosity", "invalid_value"),
        ({"text": {"format": {}}}, "text.format.type", MISSING),
        ({"text": {"format": {"type": "xml"}}}, "text.format.type", "invalid_value"),
        ({"text": {"format": {"type": "json_schema", "schema": {}}}}, "text.format.name", MISSING),
        (
            {"text": {"format": {"type": "json_schema", "name": "a b", "schema": {}}}},
            "text.format.name",
            "invalid_value",
        ),
        ({"text": {"format": {"type": "json_schema", "name": "n"}}}, "text.format.schema", MISSING),
        ({"include": [1]}, "include[0]", "invalid_type"),
        ({"conversation": 1}, "conversation", "invalid_type"),
        ({"conversation": {"id": 1}}, "conversation.id", "invalid_type"),
        ({"conversation": "c", "previous_response_id": "r"}, None, "mutually_exclusive_parameters"),
        ({"tools": [{}]}, "tools[0].type", MISSING),
        ({"tools": [{"type": "function"}]}, "tools[0].name", MISSING),
        ({"tools": [{"type": "function", "name": "f", "parameters": []}]}, "tools[0].parameters", "invalid_type"),
        ({"tools": [{"type": "custom", "name": "f!"}]}, "tools[0].name", "invalid_value"),
        ({"tools": [{"type": "web_search"}] * 129}, "tools", "array_above_max_length"),
        ({"tool_choice": "any"}, "tool_choice", "invalid_value"),
        ({"tool_choice": {}}, "tool_choice.type", MISSING),
        ({"tool_choice": {"type": "function", "function": {"name": "f"}}}, "tool_choice.name", MISSING),
    ],
)
def test_settings_that_are_refused(fields: dict[str, Any], param: str | None, code: str) -> None:
    error = refusal({"model": "gpt-x", "input": "Hi", **fields})
    assert (error.param, error.code) == (param, code)


def content(block: Any, role: str = "user") -> dict[str, Any]:
    return {"role": role, "content": [block]}


@pytest.mark.parametrize(
    ("item", "param", "code"),
    [
        (5, "", "invalid_type"),
        ({}, ".type", MISSING),
        ({"type": "message"}, ".role", MISSING),
        ({"role": "tool", "content": "x"}, ".role", "invalid_value"),
        ({"role": "user"}, ".content", MISSING),
        ({"role": "user", "content": 5}, ".content", "invalid_type"),
        (content("x"), ".content[0]", "invalid_type"),
        (content({}), ".content[0].type", MISSING),
        (content({"type": "text", "text": "x"}), ".content[0].type", "invalid_value"),
        (content({"type": "image_url"}), ".content[0].type", "invalid_value"),
        (content({"type": "output_text", "text": "x"}), ".content[0].type", "invalid_value"),
        (content({"type": "input_text", "text": "x"}, "assistant"), ".content[0].type", "invalid_value"),
        (content({"type": "input_text"}), ".content[0].text", MISSING),
        (content({"type": "refusal", "refusal": 1}, "assistant"), ".content[0].refusal", "invalid_type"),
        (content({"type": "input_image"}), ".content[0].image_url", MISSING),
        (content({"type": "input_image", "image_url": {"url": "x"}}), ".content[0].image_url", "invalid_type"),
        (content({"type": "input_file", "filename": "x"}), ".content[0].file_id", MISSING),
        (content({"type": "input_file", "file_data": 1}), ".content[0].file_data", "invalid_type"),
        ({"type": "function_call", "call_id": "c", "name": "f"}, ".arguments", MISSING),
        ({**CALL, "arguments": {}}, ".arguments", "invalid_type"),
        ({"type": "custom_tool_call", "call_id": "c", "name": "f"}, ".input", MISSING),
        ({"type": "function_call_output", "output": "x"}, ".call_id", MISSING),
        ({"type": "function_call_output", "call_id": "c"}, ".output", MISSING),
        ({"type": "function_call_output", "call_id": "c", "output": {}}, ".output", "invalid_type"),
        ({"type": "function_call_output", "call_id": 1, "output": "x"}, ".call_id", "invalid_type"),
        ({"type": "reasoning", "id": "rs"}, ".summary", MISSING),
        ({"type": "reasoning", "summary": [], "encrypted_content": 1}, ".encrypted_content", "invalid_type"),
    ],
)
def test_items_that_are_refused(item: Any, param: str, code: str) -> None:
    error = refusal({"model": "gpt-x", "input": [USER, item]})
    assert (error.param, error.code) == (f"input[1]{param}", code)


def test_every_call_has_its_result_and_every_result_its_call() -> None:
    lonely = refusal({"model": "m", "input": [USER, CALL]})
    assert lonely.message == "No tool output found for function call c1."
    orphan = refusal({"model": "m", "input": [USER, OUTPUT]})
    assert orphan.message == "No tool call found for function call output with call_id c1."
    assert (orphan.param, orphan.code) == ("input", None)


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
