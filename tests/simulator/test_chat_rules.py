"""What OpenAI refuses in a Chat Completions request, in its own words. Compatible servers take most of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringup.errors import BadRequestError
from ringup.http import HttpRequest
from ringup.messages import Request
from ringup.simulator import strict

HI = {"role": "user", "content": "Hi"}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
ASKS = {"role": "assistant", "content": None, "tool_calls": [CALL]}
TELLS = {"role": "tool", "tool_call_id": "c1", "content": "ok"}
TOOL = {"type": "function", "function": {"name": "f"}}


def read(messages: Any = None, **fields: Any) -> Request:
    body = {"model": "m", "messages": [HI] if messages is None else messages, **fields}
    http = HttpRequest(path="/chat/completions", body=json.dumps(body).encode())
    return strict.read_request("chat_completions", http)


def refused(messages: Any = None, **fields: Any) -> BadRequestError:
    with pytest.raises(BadRequestError) as caught:
        read(messages, **fields)
    error = caught.value
    assert (error.status, error.type) == (400, "invalid_request_error")
    return error


def test_the_simulators_own_models_have_no_vendors_rules() -> None:
    assert read([HI, TELLS], model="sim/any", stop=["a"] * 8).stop == ("a",) * 8


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
