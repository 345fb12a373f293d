"""Whether a value fits a clean JSON schema. Formats count; `unevaluatedItems` and `unevaluatedProperties` don't."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from ringup.simulator.shapes.schemas import Schema, follow, kinds_of
from ringup.simulator.shapes.strings import Strings

__all__ = ["Checker", "is_multiple", "key_of", "kind_of"]

MAX_DEPTH = 120


def kind_of(value: Any) -> str:
    """The type of a value, as JSON schema calls it: "integer" for 1 and for 1.0."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "integer" if value.is_integer() else "number"
        case str():
            return "string"
    return "array" if isinstance(value, list) else "object"


def key_of(value: Any) -> Any:
    """The same for equal values of JSON, and only for these: 1 is 1.0, but not true."""
    match value:
        case bool():
            return ("bool", value)
        case list():
            return tuple([key_of(item) for item in value])
        case dict():
            return frozenset([(name, key_of(item)) for name, item in value.items()])
    return value


def is_multiple(value: float, step: float) -> bool:
    """Whether a number is a multiple of another: exactly, and also as floats are divided."""
    exact = (Fraction(repr(value)) / Fraction(repr(step))).denominator == 1
    if not exact or isinstance(step, int):
        return exact
    quotient = value / step
    return quotient == int(quotient)


class Checker:
    """Holds values against the schemas of one document."""

    def __init__(self, root: Any, strings: Strings) -> None:
        self._root = root
        self._strings = strings

    def fits(self, value: Any, schema: Any, depth: int = 0) -> bool:
        """Whether a value fits. One that is nested too deeply doesn't."""
        if not isinstance(schema, dict):
            return schema is not False
        kind = kind_of(value)
        if depth > MAX_DEPTH or kind not in kinds_of(schema):
            return False
        if "const" in schema and key_of(schema["const"]) != key_of(value):
            return False
        if "enum" in schema and not any(value == one and key_of(value) == key_of(one) for one in schema["enum"]):
            return False
        by_kind: dict[str, Callable[[Any, Schema, int], bool]] = {
            "string": self._string,
            "integer": self._number,
            "number": self._number,
            "array": self._array,
            "object": self._object,
        }
        check = by_kind.get(kind)
        return (check is None or check(value, schema, depth + 1)) and self._combined(value, schema, depth + 1)

    def _combined(self, value: Any, schema: Schema, depth: int) -> bool:
        def fits(other: Any) -> bool:
            return self.fits(value, other, depth)

        if "$ref" in schema and not fits(follow(self._root, schema["$ref"])):
            return False
        if not all(fits(one) for one in schema.get("allOf", ())):
            return False
        if "anyOf" in schema and not any(fits(one) for one in schema["anyOf"]):
            return False
        if "oneOf" in schema and sum(fits(one) for one in schema["oneOf"]) != 1:
            return False
        if "not" in schema and fits(schema["not"]):
            return False
        return "if" not in schema or fits(schema.get("then" if fits(schema["if"]) else "else", True))

    def _string(self, value: str, schema: Schema, _: int) -> bool:
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", math.inf):
            return False
        if "pattern" in schema and not self._strings.matches(schema["pattern"], value):
            return False
        return "format" not in schema or self._strings.has_format(schema["format"], value)

    def _number(self, value: float, schema: Schema, _: int) -> bool:
        return (
            schema.get("minimum", -math.inf) <= value <= schema.get("maximum", math.inf)
            and schema.get("exclusiveMinimum", -math.inf) < value < schema.get("exclusiveMaximum", math.inf)
            and ("multipleOf" not in schema or is_multiple(value, schema["multipleOf"]))
        )

    def _array(self, value: list[Any], schema: Schema, depth: int) -> bool:
        if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", math.inf):
            return False
        if "uniqueItems" in schema and len({key_of(item) for item in value}) < len(value):
            return False
        prefix, rest = schema.get("prefixItems", []), schema.get("items", True)
        if not all(self.fits(item, inner, depth) for item, inner in zip(value, prefix, strict=False)):
            return False
        if not all(self.fits(item, rest, depth) for item in value[len(prefix) :]):
            return False
        if "contains" not in schema:
            return True
        found = sum(self.fits(item, schema["contains"], depth) for item in value)
        return bool(schema.get("minContains", 1) <= found <= schema.get("maxContains", math.inf))

    def _object(self, value: dict[str, Any], schema: Schema, depth: int) -> bool:
        if not schema.get("minProperties", 0) <= len(value) <= schema.get("maxProperties", math.inf):
            return False
        if not all(name in value for name in schema.get("required", ())):
            return False
        for name, item in value.items():
            if "propertyNames" in schema and not self.fits(name, schema["propertyNames"], depth):
                return False
            if not all(self.fits(item, inner, depth) for inner in self.under(schema, name)):
                return False
        needed = [names for name, names in schema.get("dependentRequired", {}).items() if name in value]
        if not all(name in value for names in needed for name in names):
            return False
        more = [inner for name, inner in schema.get("dependentSchemas", {}).items() if name in value]
        return all(self.fits(value, inner, depth) for inner in more)

    def under(self, schema: Schema, name: str) -> list[Any]:
        """The schemas that hold for the property of this name."""
        held = schema.get("properties", {})
        found = [held[name]] if name in held else []
        patterns = schema.get("patternProperties", {})
        found += [inner for pattern, inner in patterns.items() if self._strings.matches(pattern, name)]
        return found or [schema.get("additionalProperties", True)]
