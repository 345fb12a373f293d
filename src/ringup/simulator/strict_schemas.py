"""What the vendors refuse of a schema that their models are to keep to, in their words.

OpenAI: a `response_format`, `text.format` or tool with `strict: true`. Its guide "Structured outputs" names the rules
(every object closed, every property required, these keywords not); the words and codes are those of error bodies that
users of the API have quoted, 2024-08 to 2026-09. `default` was refused in 2024 and passes since (2026-08). Size and
depth aren't limited.

Anthropic: `output_config.format` (and `output_format` of the beta), and tools with `strict: true`. The rules are those
of its documentation ("JSON Schema limitations"), the words likewise quoted, up to 2026-09.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ringup.errors import BadRequestError
from ringup.openai_checks import bad

__all__ = ["check"]

Schema = dict[str, Any]
Place = tuple[str, ...]

MAX_DEPTH = 100
"""Deeper than this, a schema isn't looked at."""


def check(wire: str, body: Schema) -> None:
    """Raises the 400 for the first strict schema of a body that breaks its vendor's rules. The body's own shape must be
    good; on other wires nothing is strict.
    """
    if find := _FINDERS.get(wire):
        find(body)


# OpenAI

_NOT_PERMITTED = (
    *("allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties"),
    *("propertyNames", "minProperties", "maxProperties", "unevaluatedProperties", "unevaluatedItems", "contains"),
    *("minContains", "maxContains", "uniqueItems"),
)
_REQUIRED = "'required' is required to be supplied and to be an array including every key in properties."


def _chat(body: Schema) -> None:
    wanted = _object(body.get("response_format"))
    form = _object(wanted.get("json_schema"))
    if wanted.get("type") == "json_schema" and form.get("strict") is True:
        _openai(form.get("schema"), f"response_format '{form.get('name')}'", "response_format", None)
    for at, tool in _listed(body.get("tools")):
        function = _object(tool.get("function"))
        if function.get("strict") is True:
            _function(function, f"tools[{at}].function.parameters")


def _responses(body: Schema) -> None:
    form = _object(_object(body.get("text")).get("format"))
    if form.get("type") == "json_schema" and form.get("strict") is True:
        name = f"response_format '{form.get('name')}'"
        _openai(form.get("schema"), name, "text.format.schema", "invalid_json_schema")
    for at, tool in _listed(body.get("tools")):
        if tool.get("type") == "function" and tool.get("strict") is True:
            _function(tool, f"tools[{at}].parameters")


def _function(tool: Schema, param: str) -> None:
    """A function without parameters takes an object without any, which must be closed as well."""
    schema = tool.get("parameters")
    nothing = {"type": "object", "properties": {}}
    _openai(
        nothing if schema is None else schema, f"function '{tool.get('name')}'", param, "invalid_function_parameters"
    )


def _openai(schema: Any, name: str, param: str, code: str | None) -> None:
    for complaint in _root_complaints(schema):
        raise bad(f"Invalid schema for {name}: {complaint}", param, code)


def _root_complaints(schema: Any) -> Iterator[str]:
    kind = schema.get("type") if isinstance(schema, dict) else None
    if kind != "object" and not (isinstance(schema, dict) and "$ref" in schema):
        yield f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{kind}\"'."
    for place, inner in _schemas(schema, ()):
        for complaint in _complaints(inner):
            yield f"In context={place!r}, {complaint}"


def _complaints(schema: Schema) -> Iterator[str]:
    kinds = _kinds(schema)
    if "object" in kinds and schema.get("additionalProperties") is not False:
        yield "'additionalProperties' is required to be supplied and to be false."
    yield from [f"'{keyword}' is not permitted." for keyword in _NOT_PERMITTED if keyword in schema]
    if "object" in kinds:
        required = schema.get("required")
        properties = list(_object(schema.get("properties")))
        given = required if isinstance(required, list) else []
        yield from [f"{_REQUIRED} Missing '{name}'." for name in properties if name not in given]
        yield from [f"{_REQUIRED} Extra required key '{name}' supplied." for name in given if name not in properties]
    if "array" in kinds and "items" not in schema:
        yield "array schema missing items."
    if not schema.keys() & {"type", "$ref", "anyOf", "enum", "const"}:
        yield "schema must have a 'type' key."


# Anthropic

_NUMERIC = ("exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf")
_UNSUPPORTED = {
    "integer": _NUMERIC,
    "number": _NUMERIC,
    "string": ("maxLength", "minLength"),
    "array": ("maxItems", "uniqueItems"),
    "object": ("maxProperties", "minProperties", "patternProperties", "propertyNames"),
}


def _messages(body: Schema) -> None:
    for where, holder in (
        ("output_config.format", _object(body.get("output_config")).get("format")),
        ("output_format", body.get("output_format")),
    ):
        if isinstance(holder, dict) and holder.get("type") == "json_schema":
            _anthropic(holder.get("schema"), f"{where}.schema")
    for at, tool in _listed(body.get("tools")):
        if tool.get("strict") is True and tool.get("type") in (None, "custom"):
            _anthropic(tool.get("input_schema"), f"tools.{at}.custom")


def _anthropic(schema: Any, path: str) -> None:
    for _, inner in _schemas(schema, ()):
        for kind in _kinds(inner):
            for complaint in _unsupported(inner, kind):
                message = f"{path}: For '{kind}' type, {complaint}"
                raise BadRequestError(message, status=400, type="invalid_request_error", param=path)


def _unsupported(schema: Schema, kind: str) -> Iterator[str]:
    if kind == "object" and schema.get("additionalProperties") is not False:
        yield "'additionalProperties' must be explicitly set to false"
    found = [keyword for keyword in _UNSUPPORTED.get(kind, ()) if keyword in schema]
    if len(found) > 1:
        yield f"properties {', '.join(found)} are not supported"
    elif found:
        yield f"property '{found[0]}' is not supported"
    if kind == "array" and schema.get("minItems", 0) not in (0, 1):
        yield "'minItems' values other than 0 or 1 are not supported"


# Both


def _object(value: Any) -> Schema:
    return value if isinstance(value, dict) else {}


def _listed(value: Any) -> Iterator[tuple[int, Schema]]:
    yield from ((at, one) for at, one in enumerate(value if isinstance(value, list) else ()) if isinstance(one, dict))


def _kinds(schema: Schema) -> list[str]:
    kind = schema.get("type")
    return [one for one in (kind if isinstance(kind, list) else [kind]) if isinstance(one, str)]


def _schemas(schema: Any, place: Place) -> Iterator[tuple[Place, Schema]]:
    """A schema and those in it, each with the way to it."""
    if not isinstance(schema, dict) or len(place) > MAX_DEPTH:
        return
    yield place, schema
    for holder in ("properties", "$defs", "definitions"):
        for name, inner in _object(schema.get(holder)).items():
            yield from _schemas(inner, (*place, holder, name))
    yield from _schemas(schema.get("items"), (*place, "items"))
    for holder in ("anyOf", "allOf", "oneOf"):
        for at, inner in _listed(schema.get(holder)):
            yield from _schemas(inner, (*place, holder, str(at)))


_FINDERS: dict[str, Callable[[Schema], None]] = {
    "chat_completions": _chat,
    "responses": _responses,
    "anthropic_messages": _messages,
}
