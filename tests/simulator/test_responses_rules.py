"""What OpenAI refuses in a request of the Responses API, in its own words. Compatible servers take most of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringup.errors import BadRequestError
from ringup.http import HttpRequest
from ringup.messages import Request
from ringup.simulator import strict

USER = {"role": "user", "content": "Hi"}
CALL = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "c1", "output": "42"}


def post(body: Any) -> Request:
    return strict.read_request("responses", HttpRequest(path="/responses", body=json.dumps(body).encode()))


def refusal(body: Any) -> BadRequestError:
    with pytest.raises(BadRequestError) as caught:
        post(body)
    assert (caught.value.status, caught.value.type) == (400, "invalid_request_error")
    return caught.value


def test_the_simulators_own_models_have_no_vendors_rules() -> None:
    assert post({"model": "sim/any", "input": [CALL], "temperature": 3}).temperature == 3


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
