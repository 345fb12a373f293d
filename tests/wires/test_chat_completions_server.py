"""Requests as a server of Chat Completions reads them: what it takes, and what it refuses in OpenAI's words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.chat.completion_create_params import CompletionCreateParamsBase

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
from ringup.wires import chat_completions as wire

NAME = wire.NAME
HI = {"role": "user", "content": "Hi"}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
ASKS = {"role": "assistant", "content": None, "tool_calls": [CALL]}
TELLS = {"role": "tool", "tool_call_id": "c1", "content": "ok"}
TOOL = {"type": "function", "function": {"name": "f"}}


def read(messages: Any = None, **fields: Any) -> Request:
    body = {"model": "m", "messages": [HI] if messages is None else messages, **fields}
    return wire.read_request(HttpRequest(path=wire.PATH, body=json.dumps(body).encode()))


def parts(content: Any) -> tuple[Any, ...]:
    return read([{"role": "user", "content": content}]).messages[0].parts


def test_the_smallest_request() -> None:
    assert read() == Request(model="m", messages=(Message("user", (Text("Hi"),)),))


def test_all_settings() -> None:
    request = read(
        max_completion_tokens=9,
        temperature=1,
        top_p=0.5,
        stop="END",
        seed=1,
        n=2,
        tools=[TOOL, {"type": "custom", "custom": {"name": "sql"}}],
        tool_choice="required",
        parallel_tool_calls=False,
        response_format={"type": "json_schema", "json_schema": {"name": "p", "schema": {"type": "object"}}},
        reasoning_effort="low",
        metadata={"a": "b"},
        stream=True,
        stream_options={"include_usage": True},
        frequency_penalty=0.5,
        top_k=3,
        user=None,
    )
    assert request == Request(
        model="m",
        messages=(Message("user", (Text("Hi"),)),),
        max_tokens=9,
        temperature=1,
        top_p=0.5,
        stop=("END",),
        seed=1,
        n=2,
        tools=(Tool("f"), Opaque(NAME, {"type": "custom", "custom": {"name": "sql"}})),
        tool_choice=ToolChoice("required"),
        parallel_tool_calls=False,
        output_schema=OutputSchema({"type": "object"}, "p"),
        reasoning=Reasoning(effort="low"),
        metadata={"a": "b"},
        stream=True,
        extra={"frequency_penalty": 0.5, "top_k": 3},
    )
    assert [name for name in request.extra if name not in wire.FIELDS] == ["top_k"]


def test_the_fields_that_openai_knows_are_those_of_its_sdk() -> None:
    assert {*CompletionCreateParamsBase.__annotations__, "stream"} | {"messages", "model"} == wire.FIELDS


def test_headers_are_no_part_of_the_request() -> None:
    body = b'{"model":"m","messages":[{"role":"user","content":"Hi"}]}'
    http = HttpRequest(path=wire.PATH, headers={"authorization": "Bearer sk-1", "x-trace": "1"}, body=body)
    assert wire.read_request(http).headers == {}


def test_max_tokens_under_its_old_name() -> None:
    assert read(max_tokens=5.0).max_tokens == 5


def test_the_first_system_message_is_the_system() -> None:
    system = {"role": "system", "content": "Be brief."}
    request = read([system, HI, system])
    assert request.system == (Text("Be brief."),)
    assert [message.role for message in request.messages] == ["user", "system"]
    named = read([{**system, "name": "s"}, HI])
    assert (named.system, named.messages[0].name) == ((), "s")
    developer = read([{"role": "developer", "content": [{"type": "text", "text": "a"}]}, HI])
    assert developer.messages[0] == Message("developer", (Text("a"),))


def test_parts_of_a_user() -> None:
    content = [
        {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD", "detail": "low"}},
        {"type": "image_url", "image_url": "https://example.com/a.png"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,not base64", "format": "png"}},
        {"type": "input_audio", "input_audio": {"data": "QUJD", "format": "mp3"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,QUJD"}},
        {"type": "file", "file": {"file_data": "https://example.com/a.pdf"}},
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": "document_url", "document_url": "https://example.com/a.pdf"},
    ]
    assert parts(content) == (
        Text("a", {NAME: {"cache_control": {"type": "ephemeral"}}}),
        Image(data=b"ABC", media_type="image/png", detail="low"),
        Image(url="https://example.com/a.png"),
        Image(url="data:image/png;base64,not base64", extra={NAME: {"image_url": {"format": "png"}}}),
        Audio(data=b"ABC", format="mp3"),
        Document(data=b"ABC", media_type="application/pdf", name="a.pdf"),
        Document(url="https://example.com/a.pdf"),
        Document(file_id="file-1"),
        Opaque(NAME, {"type": "document_url", "document_url": "https://example.com/a.pdf"}),
    )


def test_an_assistants_turn_and_its_tools() -> None:
    turn = {**ASKS, "content": "Let me see.", "reasoning_content": "hm", "refusal": None, "prefix": False}
    request = read([HI, turn, {**TELLS, "name": "f"}])
    assert request.messages[1] == Message(
        "assistant",
        (
            Thinking("hm", extra={NAME: {"field": "reasoning_content"}}),
            Text("Let me see."),
            ToolCall("c1", "f", "{}"),
        ),
        extra={NAME: {"prefix": False}},
    )
    assert request.messages[2] == Message("tool", (ToolResult("c1", (Text("ok"),)),), name="f")


def test_an_assistant_that_refused() -> None:
    assert read([HI, {"role": "assistant", "refusal": "no"}]).messages[1].parts == (Refusal("no"),)
    said = {"role": "assistant", "content": [{"type": "refusal", "refusal": "no"}]}
    assert read([HI, said]).messages[1].parts == (Refusal("no"),)


def test_a_tools_result_of_parts() -> None:
    content = [{"type": "text", "text": "a"}, {"type": "refusal", "refusal": "no"}]
    (result,) = read([HI, ASKS, {**TELLS, "content": content}]).messages[2].parts
    assert result == ToolResult("c1", (Text("a"), Opaque(NAME, {"type": "refusal", "refusal": "no"})))


def test_the_old_form_of_functions() -> None:
    asks = {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}}
    tells = {"role": "function", "name": "f", "content": "ok"}
    request = read([HI, asks, tells], functions=[{"name": "f"}], function_call="auto")
    assert request.messages[1].tool_calls[0].name == "f"
    assert request.messages[2] == Message("tool", (ToolResult("f", (Text("ok"),)),))
    assert request.extra == {"functions": [{"name": "f"}], "function_call": "auto"}
    again, _ = wire.write_request(request, Rules())
    assert json.loads(again.body)["messages"][1:] == [asks, tells]


@pytest.mark.parametrize(
    ("choice", "read_as"),
    [
        ("auto", ToolChoice("auto")),
        ("any", ToolChoice("required")),
        ({"type": "function", "function": {"name": "f"}}, ToolChoice("tool", "f")),
        ({"type": "allowed_tools", "allowed_tools": {}}, Opaque(NAME, {"type": "allowed_tools", "allowed_tools": {}})),
    ],
)
def test_tool_choices(choice: Any, read_as: Any) -> None:
    assert read(tools=[TOOL], tool_choice=choice).tool_choice == read_as


@pytest.mark.parametrize(
    "wanted",
    [
        {"type": "text"},
        {"type": "json_object", "schema": {}},
        {"type": "json_schema", "json_schema": {"name": "a"}},
        {"type": "json_schema", "json_schema": {"name": "a", "schema": {}, "more": 1}},
        {"type": "json_schema", "schema": {}},
        {"type": "regex", "pattern": "a"},
    ],
)
def test_forms_of_answers_without_a_name_here_are_kept(wanted: Any) -> None:
    request = read(response_format=wanted)
    assert (request.output_schema, request.extra) == (None, {"response_format": wanted})


def test_a_stream_that_asks_for_no_usage_says_so() -> None:
    assert read(stream=True).extra == {"stream_options": None}
    assert read(stream=True, stream_options={"include_usage": True}).extra == {}
    assert read(stream=False).extra == {}


def test_what_only_other_servers_take_is_taken() -> None:
    read(tools=[{"function": {"name": "f"}}, {"type": "openrouter:web_search", "parameters": {}}])
    read(logprobs=True, top_logprobs=3)
    nameless = {"id": "", "function": {"name": "f", "arguments": {}}}
    read([HI, {**ASKS, "tool_calls": [nameless]}, {**TELLS, "tool_call_id": ""}])
    read([HI, {"role": "assistant", "content": "a", "tool_calls": []}])
    read([HI, {"role": "assistant", "reasoning": "hm"}])


# Refusals


def refused(messages: Any = None, **fields: Any) -> BadRequestError:
    with pytest.raises(BadRequestError) as caught:
        read(messages, **fields)
    error = caught.value
    assert (error.status, error.type) == (400, "invalid_request_error")
    return error


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"3", b'"a"', b"null", b"[" * 100_000])
def test_bad_json(body: bytes) -> None:
    with pytest.raises(BadRequestError, match="could not parse the JSON body"):
        wire.read_request(HttpRequest(path=wire.PATH, body=body))


def test_no_model_and_no_messages() -> None:
    for body in (b"{}", b'{"model": null}', b'{"model": ""}'):
        with pytest.raises(BadRequestError, match="you must provide a model parameter"):
            wire.read_request(HttpRequest(path=wire.PATH, body=body))
    with pytest.raises(BadRequestError, match="Missing required parameter: 'messages'") as caught:
        wire.read_request(HttpRequest(path=wire.PATH, body=b'{"model": "m"}'))
    assert (caught.value.param, caught.value.code) == ("messages", "missing_required_parameter")


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"model": 3}, "model", "invalid_type"),
        ({"temperature": 3}, "temperature", "decimal_above_max_value"),
        ({"temperature": -0.1}, "temperature", "decimal_below_min_value"),
        ({"temperature": "hot"}, "temperature", "invalid_type"),
        ({"temperature": True}, "temperature", "invalid_type"),
        ({"top_p": 1.5}, "top_p", "decimal_above_max_value"),
        ({"presence_penalty": -3}, "presence_penalty", "decimal_below_min_value"),
        ({"frequency_penalty": 2.5}, "frequency_penalty", "decimal_above_max_value"),
        ({"n": 0}, "n", "integer_below_min_value"),
        ({"n": 129}, "n", "integer_above_max_value"),
        ({"n": 1.5}, "n", "invalid_type"),
        ({"max_tokens": 0}, "max_tokens", "integer_below_min_value"),
        ({"max_completion_tokens": "9"}, "max_completion_tokens", "invalid_type"),
        ({"max_tokens": 1, "max_completion_tokens": 1}, "max_tokens", "invalid_parameter_combination"),
        ({"seed": 2**63}, "seed", "integer_above_max_value"),
        ({"logprobs": True, "top_logprobs": 21}, "top_logprobs", "integer_above_max_value"),
        ({"top_logprobs": 2}, "top_logprobs", None),
        ({"logprobs": "yes"}, "logprobs", "invalid_type"),
        ({"stop": ["a"] * 5}, "stop", "array_above_max_length"),
        ({"stop": [1]}, "stop[0]", "invalid_type"),
        ({"stop": 1}, "stop", "invalid_type"),
        ({"stream": "yes"}, "stream", "invalid_type"),
        ({"stream_options": {"include_usage": True}}, "stream_options", None),
        ({"logit_bias": {"1": 101}}, "logit_bias.1", "decimal_above_max_value"),
        ({"logit_bias": []}, "logit_bias", "invalid_type"),
        ({"metadata": {str(at): "" for at in range(17)}}, "metadata", "object_above_max_properties"),
        ({"metadata": {"k" * 65: ""}}, "metadata", "property_name_above_max_length"),
        ({"metadata": {"k": "v" * 513}}, "metadata.k", "string_above_max_length"),
        ({"metadata": {"k": 1}}, "metadata.k", "invalid_type"),
        ({"reasoning_effort": "extreme"}, "reasoning_effort", "invalid_value"),
        ({"verbosity": "huge"}, "verbosity", "invalid_value"),
        ({"response_format": {}}, "response_format.type", "missing_required_parameter"),
        ({"response_format": {"type": "xml"}}, "response_format.type", "invalid_value"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema", "missing_required_parameter"),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"schema": {}}}},
            "response_format.json_schema.name",
            "missing_required_parameter",
        ),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a b"}}},
            "response_format.json_schema.name",
            "invalid_value",
        ),
        ({"tools": {}}, "tools", "invalid_type"),
        ({"tools": ["f"]}, "tools[0]", "invalid_type"),
        ({"tools": [{"type": "function"}]}, "tools[0].function", "missing_required_parameter"),
        ({"tools": [{"type": "function", "function": {}}]}, "tools[0].function.name", "missing_required_parameter"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "tools[0].function.name", "invalid_value"),
        (
            {"tools": [{"type": "function", "function": {"name": "f" * 65}}]},
            "tools[0].function.name",
            "string_above_max_length",
        ),
        (
            {"tools": [{"type": "function", "function": {"name": "f", "parameters": []}}]},
            "tools[0].function.parameters",
            "invalid_type",
        ),
        (
            {"tools": [{"type": "function", "function": {"name": "f", "strict": 1}}]},
            "tools[0].function.strict",
            "invalid_type",
        ),
        ({"tools": [TOOL] * 129}, "tools", "array_above_max_length"),
        ({"tool_choice": "required"}, "tool_choice", None),
        ({"parallel_tool_calls": True}, "parallel_tool_calls", None),
        ({"tools": [TOOL], "tool_choice": "sometimes"}, "tool_choice", "invalid_value"),
        ({"tools": [TOOL], "tool_choice": {}}, "tool_choice.type", "missing_required_parameter"),
        ({"tools": [TOOL], "tool_choice": 1}, "tool_choice", "invalid_type"),
        (
            {"tools": [TOOL], "tool_choice": {"type": "function", "function": {}}},
            "tool_choice.function.name",
            "missing_required_parameter",
        ),
    ],
)
def test_settings_out_of_range(fields: dict[str, Any], param: str, code: str | None) -> None:
    error = refused(**fields)
    assert (error.param, error.code) == (param, code)


def user(*blocks: Any) -> list[Any]:
    return [{"role": "user", "content": list(blocks)}]


@pytest.mark.parametrize(
    ("messages", "param", "code"),
    [
        ({}, "messages", "invalid_type"),
        ([], "messages", "empty_array"),
        (["hi"], "messages[0]", "invalid_type"),
        ([{"content": "hi"}], "messages[0].role", "missing_required_parameter"),
        ([{"role": "bot", "content": "hi"}], "messages[0].role", "invalid_value"),
        ([{"role": []}], "messages[0].role", "invalid_value"),
        ([{"role": "user"}], "messages[0].content", "missing_required_parameter"),
        ([{"role": "user", "content": None}], "messages[0].content", "invalid_type"),
        ([{"role": "user", "content": {}}], "messages[0].content", "invalid_type"),
        ([{"role": "user", "content": "a", "name": 1}], "messages[0].name", "invalid_type"),
        ([HI, {"role": "assistant"}], "messages[1].content", None),
        ([HI, {**ASKS, "tool_calls": {}}], "messages[1].content", None),
        ([HI, {**ASKS, "tool_calls": "x"}], "messages[1].tool_calls", "invalid_type"),
        ([HI, {**ASKS, "tool_calls": [{}]}], "messages[1].tool_calls[0].id", "missing_required_parameter"),
        (
            [HI, {**ASKS, "tool_calls": [{**CALL, "type": "magic"}]}],
            "messages[1].tool_calls[0].type",
            "invalid_value",
        ),
        (
            [HI, {**ASKS, "tool_calls": [{"id": "c", "type": "function"}]}],
            "messages[1].tool_calls[0].function",
            "missing_required_parameter",
        ),
        (
            [HI, {**ASKS, "tool_calls": [{**CALL, "function": {"name": "f"}}]}],
            "messages[1].tool_calls[0].function.arguments",
            "missing_required_parameter",
        ),
        (
            [HI, {**ASKS, "tool_calls": [{**CALL, "function": {"arguments": "{}"}}]}],
            "messages[1].tool_calls[0].function.name",
            "missing_required_parameter",
        ),
        ([{"role": "function", "content": "a"}], "messages[0].name", "missing_required_parameter"),
        (
            [HI, ASKS, {"role": "tool", "content": "ok"}],
            "messages[2].tool_call_id",
            "missing_required_parameter",
        ),
        ([HI, ASKS], "messages.[2].role", None),
        ([HI, ASKS, HI], "messages.[2].role", None),
        ([HI, TELLS], "messages.[1].role", None),
        ([HI, ASKS, TELLS, {**TELLS, "tool_call_id": "c9"}], "messages.[3].tool_call_id", None),
        (user("hi"), "messages[0].content[0]", "invalid_type"),
        (user({"text": "a"}), "messages[0].content[0].type", "missing_required_parameter"),
        (user({"type": "input_text", "text": "a"}), "messages[0].content[0].type", "invalid_value"),
        (user({"type": "image", "source": {}}), "messages[0].content[0].type", "invalid_value"),
        (user({"type": []}), "messages[0].content[0].type", "invalid_type"),
        (user({"type": "text"}), "messages[0].content[0].text", "missing_required_parameter"),
        (user({"type": "text", "text": 1}), "messages[0].content[0].text", "invalid_type"),
        (
            user({"type": "image_url", "image_url": {}}),
            "messages[0].content[0].image_url.url",
            "missing_required_parameter",
        ),
        (user({"type": "image_url", "image_url": []}), "messages[0].content[0].image_url", "invalid_type"),
        (
            user({"type": "input_audio", "input_audio": {"data": "QQ=="}}),
            "messages[0].content[0].input_audio.format",
            "missing_required_parameter",
        ),
        (user({"type": "file", "file": {}}), "messages[0].content[0].file.file_id", "missing_required_parameter"),
        (user({"type": "file", "file": {"file_id": 1}}), "messages[0].content[0].file.file_id", "invalid_type"),
    ],
)
def test_messages_that_are_refused(messages: Any, param: str, code: str | None) -> None:
    error = refused(messages)
    assert (error.param, error.code) == (param, code)


def test_the_words_of_a_refusal() -> None:
    assert refused(temperature=3).message == (
        "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead."
    )
    assert refused([{"role": "bot", "content": ""}]).message == (
        "Invalid value: 'bot'. Supported values are: "
        "'system', 'assistant', 'user', 'function', 'tool', and 'developer'."
    )
    assert refused([{"role": "user", "content": 3}]).message == (
        "Invalid type for 'messages[0].content': expected one of a string or array of objects, "
        "but got an integer instead."
    )
    assert refused(stop=["a"] * 5).message == (
        "Invalid 'stop': array too long. Expected an array with maximum length 4, "
        "but got an array with length 5 instead."
    )
    both = {**ASKS, "tool_calls": [CALL, {**CALL, "id": "c2"}]}
    assert refused([HI, both, TELLS, HI]).message == (
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. "
        "The following tool_call_ids did not have response messages: c2"
    )
