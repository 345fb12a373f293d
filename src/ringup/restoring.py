"""An answer in a vendor's form of a schema (`ringup.dialects`), brought back to the form that the schema means."""

from __future__ import annotations

from typing import Any

import msgspec

from ringup.schemas import (
    branches,
    exactly,
    is_any,
    is_map,
    is_nullable,
    kind_of_value,
    merged,
    recursive_refs,
    values_of,
)
from ringup.schemas import refers_to as refers

__all__ = ["OTHERS", "Restorer"]

Schema = dict[str, Any]

OTHERS = "other_fields"
"""The field in which an object's further fields are listed, where a vendor takes only named ones."""


class Restorer:
    """Brings values back. What doesn't fit the schema is left as it is, for the validation to tell.

    `growing` values are the beginning of an answer: what isn't there yet is no mistake.
    """

    def __init__(self, root: Schema, growing: bool = False) -> None:
        self._root = root
        self._growing = growing
        self._recursive = recursive_refs(root)

    def root(self, value: Any) -> Any:
        """The whole answer."""
        return self.value(self._root, value)

    def value(self, given: Any, value: Any) -> Any:
        """A value of a schema."""
        if is_any(given):
            return _parsed(value)
        if not isinstance(given, dict):
            return value
        schema = merged(given, self._root)
        if is_any(schema):
            return _parsed(value)
        if options := branches(schema) or [exactly(choice) for choice in _structured_choices(schema)]:
            return self._one_of(options, value)
        match value:
            case dict() if "prefixItems" in schema:
                return self._tuple(schema["prefixItems"], value)
            case dict():
                return self._object(schema, value)
            case list() if is_map(schema) and "prefixItems" not in schema and "items" not in schema:
                return self._map(schema, value)
            case list():
                parts = schema.get("prefixItems", [])
                rest = schema.get("items", not parts)
                kinds = [*parts, *([rest] * (len(value) - len(parts)))]
                return [self.value(kind, item) for kind, item in zip(kinds, value, strict=False)]
        return value

    def _one_of(self, options: list[Any], value: Any) -> Any:
        fitting = next((option for option in options if self._fits(option, value, False)), None)
        if fitting is None and self._growing:
            fitting = next((option for option in options if self._fits(option, value, True)), None)
        return value if fitting is None else self.value(fitting, value)

    def _tuple(self, parts: list[Any], value: dict[str, Any]) -> list[Any]:
        """From an object with numbered fields. Those at the end that were left out are null, and may not be."""
        found = [(part, value[str(at)]) for at, part in enumerate(parts) if str(at) in value]
        while found and found[-1][1] is None and not is_nullable(found[-1][0], self._root):
            found.pop()
        return [self.value(part, held) for part, held in found]

    def _object(self, schema: Schema, value: dict[str, Any]) -> dict[str, Any]:
        properties, required = schema.get("properties", {}), schema.get("required", [])
        found: dict[str, Any] = {}
        for name, held in value.items():
            if name == OTHERS and name not in properties and isinstance(held, list):
                found.update(self._map({"additionalProperties": values_of(schema)}, held))
            elif name not in properties:
                found[name] = self.value(values_of(schema), held) if is_map(schema) else held
            elif held is not None or name in required or is_nullable(properties[name], self._root):
                found[name] = self.value(properties[name], held)
        for name in required if not self._growing and self._recursive else ():
            if name not in found and (empty := self._empty(properties.get(name))) is not None:
                found[name] = empty[0]
        return found

    def _empty(self, held: Any) -> tuple[Any] | None:
        """What stands for a field that leads back to its own kind, and may be left out for that (Gemini)."""
        if not isinstance(held, dict) or not refers(held) & self._recursive:
            return None
        if is_nullable(held, self._root):
            return (None,)
        return ([],) if merged(held, self._root).get("type") == "array" else None

    def _map(self, schema: Schema, pairs: list[Any]) -> Any:
        if self._growing and pairs and isinstance(pairs[-1], dict) and len(pairs[-1]) < 2:
            pairs = pairs[:-1]
        if not all(isinstance(pair, dict) and pair.keys() == {"key", "value"} for pair in pairs):
            return pairs
        kind = values_of(schema)
        return {str(pair["key"]): self.value(kind, pair["value"]) for pair in pairs}

    def _fits(self, given: Any, value: Any, begun: bool) -> bool:
        """Whether a value, in the vendor's form, is of a schema; `begun`: or may become so when it grows."""
        if is_any(given):
            return isinstance(value, str)
        if not isinstance(given, dict):
            return False
        schema = merged(given, self._root)
        if is_any(schema):
            return isinstance(value, str)
        if options := branches(schema):
            return any(self._fits(option, value, begun) for option in options)
        if "const" in schema or "enum" in schema:
            return self._is_one(schema, value, begun)
        kinds = schema.get("type")
        return any(self._is(kind, schema, value, begun) for kind in (kinds if isinstance(kinds, list) else [kinds]))

    def _is_one(self, schema: Schema, value: Any, begun: bool) -> bool:
        choices = [schema["const"]] if "const" in schema else schema["enum"]
        if begun and isinstance(value, str):
            return any(isinstance(choice, str) and choice.startswith(value) for choice in choices)
        if isinstance(value, (dict, list)):
            return any(self._fits(exactly(choice), value, begun) for choice in _structured_choices(schema))
        return any(choice == value and isinstance(choice, bool) == isinstance(value, bool) for choice in choices)

    def _is(self, kind: Any, schema: Schema, value: Any, begun: bool) -> bool:
        match kind:
            case "object" if is_map(schema):
                return isinstance(value, dict) or (isinstance(value, list) and all(map(_is_pair, value)))
            case "object":
                return isinstance(value, dict) and self._has_fields(schema, value, begun)
            case "array" if "prefixItems" in schema and isinstance(value, dict):
                return self._is_tuple(schema["prefixItems"], value, begun)
            case "array":
                return isinstance(value, list) and all(
                    self._fits(schema.get("items", True), item, begun) for item in value
                )
            case "string":
                return isinstance(value, str) and (begun or _has_form(schema, value))
            case "number":
                return isinstance(value, (int, float)) and not isinstance(value, bool)
            case None:
                return True
        return bool(kind == kind_of_value(value) or (kind == "integer" and isinstance(value, float)))

    def _is_tuple(self, parts: list[Any], value: dict[str, Any], begun: bool) -> bool:
        places = {str(at): part for at, part in enumerate(parts)}
        if not begun and value.keys() != places.keys():
            return False
        return all(name in places and self._fits(places[name], held, begun) for name, held in value.items())

    def _has_fields(self, schema: Schema, value: dict[str, Any], begun: bool) -> bool:
        properties = schema.get("properties", {})
        if not begun and not set(schema.get("required", ())) <= value.keys():
            return False
        if value.keys() - properties.keys() - {OTHERS} and not isinstance(values_of(schema), dict):
            return False
        required = schema.get("required", ())
        return all(
            (held is None and name not in required) or self._fits(properties[name], held, begun)
            for name, held in value.items()
            if name in properties
        )


def _has_form(schema: Schema, value: str) -> bool:
    """Whether a string may be of a format: enough to tell two formats apart."""
    form = schema.get("format")
    if form in ("date", "date-time"):
        return len(value) >= 10 and value[4] == "-" and value[7] == "-" and (len(value) > 10) == (form == "date-time")
    return True


def _is_pair(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() <= {"key", "value"}


def _structured_choices(schema: Schema) -> list[Any]:
    """The lists and objects among the values that a schema names."""
    choices = [schema["const"]] if "const" in schema else schema.get("enum", [])
    return [choice for choice in choices if isinstance(choice, (dict, list))]


def _parsed(value: Any) -> Any:
    """A value of any kind, from the JSON text that stands for it."""
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return value
