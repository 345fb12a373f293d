"""Requests as a server of Chat Completions reads them: what they mean, and what can't be read."""

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
from ringup.replay.same import differences
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
        ({"temperature": "hot"}, "temperature", "invalid_type"),
        ({"temperature": True}, "temperature", "invalid_type"),
        ({"max_tokens": []}, "max_tokens", "invalid_type"),
        ({"stop": [1]}, "stop[0]", "invalid_type"),
        ({"stop": 1}, "stop", "invalid_type"),
        ({"stream": "yes"}, "stream", "invalid_type"),
        ({"metadata": "m"}, "metadata", "invalid_type"),
        ({"tools": {}}, "tools", "invalid_type"),
        ({"tools": ["f"]}, "tools[0]", "invalid_type"),
        ({"tool_choice": 1}, "tool_choice", "invalid_type"),
        ({"messages": {}}, "messages", "invalid_type"),
        ({"messages": ["hi"]}, "messages[0]", "invalid_type"),
        ({"messages": [{"content": "hi"}]}, "messages[0].role", "missing_required_parameter"),
        ({"messages": [{"role": []}]}, "messages[0].role", "invalid_type"),
        ({"messages": [{"role": "user", "content": 3}]}, "messages[0].content", "invalid_type"),
        ({"messages": [{"role": "user", "content": [3]}]}, "messages[0].content[0]", "invalid_type"),
        ({"messages": [{"role": "user", "content": "a", "name": 1}]}, "messages[0].name", "invalid_type"),
        ({"messages": [{"role": "assistant", "tool_calls": "x"}]}, "messages[0].tool_calls", "invalid_type"),
    ],
)
def test_what_no_server_could_read(fields: dict[str, Any], param: str, code: str) -> None:
    error = refused(**fields)
    assert (error.param, error.code) == (param, code)


@pytest.mark.parametrize(
    ("message", "param"),
    [
        ({"role": "bot", "content": "hi"}, "role"),
        ({"role": "tool", "content": "ok"}, "tool_call_id"),
        ({"role": "user", "content": [{"text": "hi"}]}, "content[0].type"),
        ({"role": "user", "content": [{"type": "text"}]}, "content[0].text"),
        ({"role": "user", "content": [{"type": "image_url", "image_url": 5}]}, "content[0].image_url"),
        ({"role": "assistant", "tool_calls": [{}]}, "tool_calls[0].id"),
        ({"role": "assistant", "tool_calls": [{"id": "c", "function": {}}]}, "tool_calls[0].function.name"),
    ],
    ids=str,
)
def test_what_is_a_slip_in_a_prompt(message: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        wire.read_messages([message])
    assert caught.value.param == f"messages[0].{param}"


# What only other servers take


def user(*blocks: Any) -> list[Any]:
    return [{"role": "user", "content": list(blocks)}]


def asks(**call: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": None, "tool_calls": [call]}


ODD_SETTINGS: list[dict[str, Any]] = [
    {"stop": ["a"] * 8},
    {"temperature": 3, "top_p": 0, "n": 0, "seed": 2**70},
    {"max_tokens": 0},
    {"max_tokens": -1},
    {"max_tokens": "9", "temperature": "0.5", "seed": 1.5},
    {"max_tokens": 1, "max_completion_tokens": 2},
    {"reasoning_effort": "ultra", "verbosity": "huge"},
    {"reasoning_effort": 5},
    {"stream_options": {"include_usage": True}},
    {"stream": True, "stream_options": {"include_usage": True, "more": 1}},
    {"logprobs": 5, "top_logprobs": 99, "logit_bias": []},
    {"metadata": {"k" * 99: 1}},
    {"response_format": {"type": "xml"}},
    {"response_format": "json"},
    {"response_format": {"type": "json_schema", "json_schema": {"name": "", "schema": {}}}},
    {"tools": [{"type": "function", "function": {"name": "a.b/c " * 40, "more": 1}, "more": 1}] * 200},
    {"tools": [{"type": "function", "name": "flat", "parameters": {}}, {}]},
    {"tools": [{"type": "function", "function": {"name": "f", "parameters": []}}]},
    {"tool_choice": "required"},
    {"tool_choice": "sometimes"},
    {"tool_choice": {}},
    {"tool_choice": {"type": "function", "function": {"name": "f", "more": 1}}},
    {"tool_choice": {"type": "function", "function": {"name": "f"}, "more": 1}},
]
ODD_MESSAGES: list[list[dict[str, Any]]] = [
    [],
    [{"role": "critic", "content": "x"}],
    [{"role": "user"}, {"role": "system", "content": None}, {"role": "assistant"}, {"role": "tool", "content": []}],
    [HI, HI, {"role": "system", "content": "a"}, {"role": "system", "content": "b"}],
    [TELLS, ASKS, HI],
    [HI, {"role": "function", "name": "f", "content": "x", "more": 1}, {"role": "function", "content": "y"}],
    [HI, {"role": "tool", "tool_call_id": 5, "content": "x"}],
    [HI, asks(**{**CALL, "id": None}), asks(**{**CALL, "id": 5}), asks(**{**CALL, "id": ""})],
    [HI, asks(id="c", type="builtin_function", function={"name": "$search", "arguments": "{}"})],
    [HI, asks(id="c", type="mcp", mcp={}), asks(id="c", function={"name": "f"}), asks(id="c", function={})],
    [
        HI,
        asks(id="c", function={"name": "f", "arguments": "not JSON"}),
        asks(id="c", function={"name": "f", "arguments": {}}),
    ],
    [HI, {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}", "more": 1}}],
    [HI, {"role": "assistant", "content": None, "function_call": {"name": "f"}}],
    [HI, {"role": "assistant", "audio": {"id": "a", "data": "QUJD", "transcript": "hi", "expires_at": 5}}],
    [HI, {"role": "assistant", "content": "a", "reasoning": "b", "reasoning_content": "c"}],
    [HI, {"role": "assistant", "content": "a", "reasoning_details": [{"type": "reasoning.text", "text": ""}, "x"]}],
    [HI, {"role": "assistant", "content": [{"type": "image_url", "image_url": {"url": "u"}}]}],
    user(
        "plain", {"text": "no type"}, {"type": "input_text", "text": "a"}, {"type": []}, {"type": "text", "text": None}
    ),
    user({"type": "image_url", "image_url": {"url": "u", "detail": 5}}, {"type": "image_url", "image_url": []}),
    user({"type": "file", "file": {"file_data": "data:text/plain;base64,QUJD", "file_id": "f", "filename": "n"}}),
    user({"type": "file", "file": {"filename": 5, "file_id": "f"}}, {"type": "file", "file": {}}),
]


@pytest.mark.parametrize("fields", [*ODD_SETTINGS, *[{"messages": messages} for messages in ODD_MESSAGES]], ids=str)
def test_what_is_no_form_of_openais_goes_back_as_it_came(fields: dict[str, Any]) -> None:
    sent = {"model": "m", "messages": [HI]} | fields
    http, notices = wire.write_request(read(**fields), Rules())
    assert differences(NAME, sent, json.loads(http.body)) == []
    assert notices == ()
