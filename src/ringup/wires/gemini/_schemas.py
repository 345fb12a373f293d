"""Google's Schema (a subset of OpenAPI: types in capitals, `nullable`) as a JSON schema."""

from __future__ import annotations

from typing import Any

__all__ = ["json_schema"]

_NAMES = {
    "any_of": "anyOf",
    "additional_properties": "additionalProperties",
    "max_items": "maxItems",
    "min_items": "minItems",
    "max_length": "maxLength",
    "min_length": "minLength",
    "max_properties": "maxProperties",
    "min_properties": "minProperties",
    "property_ordering": "propertyOrdering",
    "defs": "$defs",
    "ref": "$ref",
}
_COUNTS = frozenset({"maxItems", "minItems", "maxLength", "minLength", "maxProperties", "minProperties"})


def json_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """The JSON schema that means the same. Counts, which proto JSON may write as strings, are numbers in it."""
    found: dict[str, Any] = {}
    for key, value in schema.items():
        name = _NAMES.get(key, key)
        if name != "nullable" and value is not None:
            found[name] = _value(name, value)
    if schema.get("nullable") is True and isinstance(found.get("type"), str):
        found["type"] = [found["type"], "null"]
    return found


def _value(name: str, value: Any) -> Any:
    match name, value:
        case "type", str():
            return value.lower()
        case (("properties" | "$defs"), dict()):
            return {key: json_schema(item) if isinstance(item, dict) else item for key, item in value.items()}
        case (("items" | "additionalProperties"), dict()):
            return json_schema(value)
        case "anyOf", list():
            return [json_schema(item) if isinstance(item, dict) else item for item in value]
    return int(value) if name in _COUNTS and isinstance(value, str) and value.isdecimal() else value
