"""Strict schemas: what OpenAI and Anthropic refuse of them, in their words."""

from __future__ import annotations

from typing import Any

import pytest

from ringup.errors import BadRequestError
from ringup.simulator.strict_schemas import check
from tests.simulator.test_strict import chat, claude

TEXT = {"type": "string"}


def closed(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


GOOD = closed(name=TEXT, tags={"type": "array", "items": TEXT, "minItems": 1}, more={"anyOf": [TEXT, {"type": "null"}]})
OPEN = {"type": "object", "properties": {"name": TEXT}, "required": ["name"]}
ADDITIONAL = "'additionalProperties' is required to be supplied and to be false."
REQUIRED = "'required' is required to be supplied and to be an array including every key in properties."

OPENAI: list[tuple[Any, str]] = [
    (OPEN, f"In context=(), {ADDITIONAL}"),
    (OPEN | {"additionalProperties": True}, f"In context=(), {ADDITIONAL}"),
    (closed(inner=OPEN), f"In context=('properties', 'inner'), {ADDITIONAL}"),
    (
        closed(all={"type": "array", "items": OPEN}),
        f"In context=('properties', 'all', 'items'), {ADDITIONAL}",
    ),
    (closed(x={"anyOf": [TEXT, OPEN]}), f"In context=('properties', 'x', 'anyOf', '1'), {ADDITIONAL}"),
    (closed(x={"$ref": "#/$defs/X"}) | {"$defs": {"X": OPEN}}, f"In context=('$defs', 'X'), {ADDITIONAL}"),
    (closed(x=TEXT, y=TEXT) | {"required": ["x"]}, f"In context=(), {REQUIRED} Missing 'y'."),
    (
        {"type": "object", "properties": {"y": TEXT}, "additionalProperties": False},
        f"In context=(), {REQUIRED} Missing 'y'.",
    ),
    (closed(x=TEXT) | {"required": ["x", "z"]}, f"In context=(), {REQUIRED} Extra required key 'z' supplied."),
    (closed(x={"allOf": [TEXT]}), "In context=('properties', 'x'), 'allOf' is not permitted."),
    (closed(x={"oneOf": [TEXT]}), "In context=('properties', 'x'), 'oneOf' is not permitted."),
    (
        closed(x={"type": "array", "items": TEXT, "uniqueItems": True}),
        "In context=('properties', 'x'), 'uniqueItems' is not permitted.",
    ),
    (closed(x={"type": "array"}), "In context=('properties', 'x'), array schema missing items."),
    (closed(x={"description": "any"}), "In context=('properties', 'x'), schema must have a 'type' key."),
    ({"type": "array", "items": TEXT}, "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"array\"'."),
    ({"foo": "bar"}, "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"None\"'."),
]


@pytest.mark.parametrize(("schema", "words"), OPENAI, ids=str)
def test_openai(schema: dict[str, Any], words: str) -> None:
    function = {"name": "f", "strict": True, "parameters": schema}
    form = {"type": "json_schema", "name": "X", "strict": True, "schema": schema}
    tool, answer = "function 'f'", "response_format 'X'"
    chat_form = {"type": "json_schema", "json_schema": form}
    bad_function = "invalid_function_parameters"
    for wire, body, name, param, code in (
        ("chat_completions", {"response_format": chat_form}, answer, "response_format", None),
        ("chat_completions", {"tools": [{"function": function}]}, tool, "tools[0].function.parameters", bad_function),
        ("responses", {"text": {"format": form}}, answer, "text.format.schema", "invalid_json_schema"),
        ("responses", {"tools": [{"type": "function", **function}]}, tool, "tools[0].parameters", bad_function),
    ):
        with pytest.raises(BadRequestError) as caught:
            check(wire, body)
        assert caught.value.message == f"Invalid schema for {name}: {words}"
        assert (caught.value.param, caught.value.code) == (param, code)


ANTHROPIC: list[tuple[Any, str]] = [
    (OPEN, "For 'object' type, 'additionalProperties' must be explicitly set to false"),
    (closed(inner=OPEN), "For 'object' type, 'additionalProperties' must be explicitly set to false"),
    (closed(x={"type": "integer", "minimum": 1}), "For 'integer' type, property 'minimum' is not supported"),
    (
        closed(x={"type": "number", "minimum": 1, "maximum": 2}),
        "For 'number' type, properties maximum, minimum are not supported",
    ),
    (closed(x={"type": "string", "maxLength": 3}), "For 'string' type, property 'maxLength' is not supported"),
    (
        closed(x={"type": "array", "items": TEXT, "maxItems": 3}),
        "For 'array' type, property 'maxItems' is not supported",
    ),
    (
        closed(x={"type": "array", "items": TEXT, "minItems": 8}),
        "For 'array' type, 'minItems' values other than 0 or 1 are not supported",
    ),
]


@pytest.mark.parametrize(("schema", "words"), ANTHROPIC, ids=str)
def test_anthropic(schema: dict[str, Any], words: str) -> None:
    form = {"type": "json_schema", "schema": schema}
    for body, path in (
        ({"output_config": {"format": form}}, "output_config.format.schema"),
        ({"output_format": form}, "output_format.schema"),
        ({"tools": [{"name": "f"}, {"name": "g", "strict": True, "input_schema": schema}]}, "tools.1.custom"),
    ):
        with pytest.raises(BadRequestError) as caught:
            check("anthropic_messages", body)
        assert caught.value.message == f"{path}: {words}"


@pytest.mark.parametrize("schema", [GOOD, closed(), closed(x=closed(y={"type": "integer", "enum": [1, 2]}))], ids=str)
def test_what_is_good_passes(schema: dict[str, Any]) -> None:
    function = {"name": "f", "strict": True, "parameters": schema}
    form = {"type": "json_schema", "name": "X", "strict": True, "schema": schema}
    check("chat_completions", {"response_format": {"type": "json_schema", "json_schema": form}})
    check("responses", {"text": {"format": form}, "tools": [{"type": "function", **function}]})
    check("anthropic_messages", {"output_config": {"format": {"type": "json_schema", "schema": schema}}})
    check("anthropic_messages", {"tools": [{"name": "f", "strict": True, "input_schema": schema}]})


@pytest.mark.parametrize("strict", [None, False])
def test_only_what_is_strict_is_looked_at(strict: bool | None) -> None:
    form = {"type": "json_schema", "name": "X", "strict": strict, "schema": OPEN}
    function = {"name": "f", "strict": strict, "parameters": OPEN}
    check("chat_completions", {"response_format": {"type": "json_schema", "json_schema": form}})
    check("chat_completions", {"tools": [{"type": "function", "function": function}]})
    check("responses", {"text": {"format": form}, "tools": [{"type": "function", **function}]})
    check("anthropic_messages", {"tools": [{"name": "f", "strict": strict, "input_schema": OPEN}]})


def test_a_schema_without_an_end_is_looked_at_in_part() -> None:
    deep: dict[str, Any] = OPEN
    for _ in range(400):
        deep = closed(x=deep)
    form = {"type": "json_schema", "name": "X", "strict": True, "schema": deep}
    check("responses", {"text": {"format": form}})


def test_the_simulator_refuses_them_but_not_for_its_own_models() -> None:
    form = {"type": "json_schema", "json_schema": {"name": "X", "strict": True, "schema": OPEN}}
    status, body = chat(response_format=form)
    assert (status, body["error"]["param"]) == (400, "response_format")
    assert body["error"]["message"] == f"Invalid schema for response_format 'X': In context=(), {ADDITIONAL}"
    assert chat(response_format=form, model="sim/any")[0] == 200
    config = {"format": {"type": "json_schema", "schema": OPEN}}
    status, body = claude(output_config=config)
    assert (status, body["error"]["type"]) == (400, "invalid_request_error")
    assert body["error"]["message"].startswith("output_config.format.schema: For 'object' type")
    assert claude(output_config={"format": {"type": "json_schema", "schema": GOOD}})[0] == 200
