"""JSON schemas as they come, brought into one form: draft 2020-12, and nothing of a wrong type."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["KINDS", "Schema", "clean", "follow", "kinds_of"]

Schema = dict[str, Any]

KINDS = ("object", "array", "string", "number", "integer", "boolean", "null")
MAX_DEPTH = 120
"""Schemas in schemas deeper than this let anything through."""

_MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_SINGLE = (
    *("items", "additionalProperties", "contains", "not", "if", "then", "else", "propertyNames"),
    *("unevaluatedProperties", "unevaluatedItems"),
)
_COUNTS = (
    *("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"),
    *("minContains", "maxContains"),
)
_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_TEXTS = ("$ref", "$anchor", "pattern", "format", "description", "title", "contentEncoding")
_ANY = ("const", "default", "examples")


def clean(schema: Any, depth: int = 0) -> Any:
    """The schema without what has a wrong type or no meaning here. What isn't a schema at all lets anything through."""
    if isinstance(schema, bool):
        return schema
    if not isinstance(schema, dict) or depth > MAX_DEPTH:
        return True
    found: Schema = {}
    for key, value in _newer(schema).items():
        kept = _kept(key, value, depth + 1)
        if kept is not None or key in _ANY:
            found[key] = kept
    return found


def _kept(key: str, value: Any, depth: int) -> Any:
    """What a keyword says, or None."""
    if key in _ANY or (key in _TEXTS and isinstance(value, str)):
        return value
    if key in _SINGLE:
        return clean(value, depth)
    if key in _COUNTS:
        return max(int(value), 0) if _is_number(value) else None
    if key in _NUMBERS:
        return value if _is_number(value) and (key != "multipleOf" or value > 0) else None
    match value:
        case dict() if key in _MAPS:
            return {name: clean(inner, depth) for name, inner in value.items()}
        case dict() if key == "dependentRequired":
            return {name: _words(names) for name, names in value.items() if isinstance(names, list)}
        case list() if key in _LISTS:
            return [clean(inner, depth) for inner in value] or None
        case list() if key == "required":
            return _words(value)
        case list() if key == "enum":
            return value
        case True if key == "uniqueItems":
            return True
        case str() | list() if key == "type":
            return sorted(kinds) if (kinds := _kinds(value)) else None
    return None


def _words(names: list[Any]) -> list[str]:
    return list(dict.fromkeys([name for name in names if isinstance(name, str)]))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _kinds(value: str | list[Any]) -> set[str]:
    """The types that are let through. None for a type that JSON doesn't have: it lets through any."""
    named = [value] if isinstance(value, str) else value
    found = {kind for kind in named if isinstance(kind, str) and kind in KINDS}
    if len(found) < len(named):
        return set()
    return found | {"integer"} if "number" in found else found


def _newer(schema: Schema) -> Schema:
    """What older drafts say otherwise, in the words of 2020-12."""
    found = dict(schema)
    for old in ("$recursiveRef", "$dynamicRef"):
        if old in found:
            found.setdefault("$ref", found.pop(old))
    if isinstance(found.get("items"), list):
        found["prefixItems"] = found.pop("items")
        found["items"] = found.pop("additionalItems", True)
    for flag, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(found.get(flag), bool) and found.pop(flag) and bound in found:
            found[flag] = found[bound]
    for name, more in (found.pop("dependencies", None) or {}).items() if _has_map(found) else ():
        key = "dependentRequired" if isinstance(more, list) else "dependentSchemas"
        found[key] = {**(found.get(key) or {}), name: more}
    return found


def _has_map(schema: Schema) -> bool:
    return isinstance(schema.get("dependencies"), dict)


def kinds_of(schema: Schema) -> set[str]:
    """The types that a clean schema lets through."""
    return set(schema.get("type", KINDS))


def follow(root: Any, reference: str) -> Any:
    """What a reference inside the same document points to: `#/$defs/X`, `#`, an anchor, or a bare name that the
    definitions have. True (anything) when there is no such thing.
    """
    if not isinstance(root, dict):
        return root
    held = {**root.get("definitions", {}), **root.get("$defs", {})}
    if not reference.startswith("#"):
        return held.get(reference.rpartition("/")[2].removesuffix(".json"), True)
    if reference[1:2] not in ("", "/"):
        anchored = (one for one in held.values() if isinstance(one, dict) and one.get("$anchor") == reference[1:])
        return next(anchored, True)
    found: Any = root
    for step in reference[1:].split("/")[1:]:
        name = step.replace("%24", "$").replace("%25", "%").replace("~1", "/").replace("~0", "~")
        if isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        elif isinstance(found, dict) and name in found:
            found = found[name]
        else:
            return True
    return found if isinstance(found, dict | bool) else True
