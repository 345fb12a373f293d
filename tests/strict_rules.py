"""What the vendors' strict schemas may hold, as their pages say it: a checker that knows nothing of how ringup writes
them. `problems` gives every breach, with its place.

OpenAI: developers.openai.com, structured outputs, supported schemas. Anthropic: platform.claude.com, structured
outputs, JSON schema limitations. Google: ai.google.dev, GenerationConfig.responseJsonSchema. All as of November 2026.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
TYPES = {"object", "array", "string", "number", "integer", "boolean", "null"}
NOTES = {"description", "title"}
STRUCTURE = {"type", "properties", "required", "additionalProperties", "items", "anyOf", "enum", "$ref", "$defs"}

ALLOWED = {
    "openai": NOTES
    | STRUCTURE
    | {"const", "pattern", "format", "minItems", "maxItems", "multipleOf"}
    | {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
    "anthropic": NOTES | STRUCTURE | {"const", "format", "minItems", "allOf", "default"},
    "gemini": NOTES
    | STRUCTURE
    | {"$id", "$anchor", "format", "prefixItems", "minItems", "maxItems", "minimum", "maximum", "oneOf"}
    | {"propertyOrdering"},
}
NUMBERS = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
OF_TYPE = {
    **{name: {"object"} for name in ("properties", "required", "additionalProperties")},
    **{name: {"array"} for name in ("items", "prefixItems", "minItems", "maxItems")},
    **{name: {"string"} for name in ("pattern", "format")},
    **{name: {"number", "integer"} for name in NUMBERS},
}


def problems(schema: dict[str, Any], vendor: str) -> list[str]:
    """Every breach of the vendor's rules."""
    found = list(_root(schema, vendor))
    found += _walk(schema, vendor, schema, "#")
    for name, held in schema.get("$defs", {}).items():
        found += _walk(held, vendor, schema, f"#/$defs/{name}")
    if vendor == "anthropic":
        found += [f"{ref} contains itself" for ref in _loops(schema)]
    if vendor == "gemini":
        found += _required_loops(schema)
    return found


def _root(schema: dict[str, Any], vendor: str) -> Iterator[str]:
    if schema.get("type") != "object":
        yield "the root is no object"
    if "anyOf" in schema:
        yield "the root has an anyOf"


def _walk(schema: Any, vendor: str, root: dict[str, Any], where: str) -> Iterator[str]:
    if not isinstance(schema, dict):
        yield f"{where} is {schema!r}, no schema"
        return
    for name in schema.keys() - ALLOWED[vendor]:
        yield f"{where} has the keyword {name}"
    if "$defs" in schema and where != "#":
        yield f"{where} has definitions"
    if "$ref" in schema:
        yield from _reference(schema, root, where)
        return
    if not schema.keys() & {"type", "anyOf", "enum", "const"}:
        yield f"{where} has no type"
    kind = schema.get("type")
    if "type" in schema and kind not in TYPES:
        yield f"{where} has the type {kind!r}"
    for name in schema.keys() & OF_TYPE.keys():
        if kind not in OF_TYPE[name]:
            yield f"{where} has {name} on a {kind}"
    yield from _values(schema, vendor, where)
    if kind == "object":
        yield from _object(schema, vendor, where)
    for name, held in schema.get("properties", {}).items():
        yield from _walk(held, vendor, root, f"{where}/{name}")
    for name in ("anyOf", "prefixItems"):
        for at, held in enumerate(schema.get(name, ())):
            yield from _walk(held, vendor, root, f"{where}/{name}/{at}")
    for name in ("items", "additionalProperties"):
        if name in schema and schema[name] is not False:
            yield from _walk(schema[name], vendor, root, f"{where}/{name}")


def _reference(schema: dict[str, Any], root: dict[str, Any], where: str) -> Iterator[str]:
    if len(schema) > 1:
        yield f"{where} has {schema.keys()} beside $ref"
    ref = schema["$ref"]
    if ref != "#" and ref.removeprefix("#/$defs/") not in root.get("$defs", {}):
        yield f"{where} refers to {ref}, which isn't there"


def _values(schema: dict[str, Any], vendor: str, where: str) -> Iterator[str]:
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    if "enum" in schema and not values:
        yield f"{where} has an empty enum"
    for value in values:
        if isinstance(value, (dict, list)):
            yield f"{where} has the choice {value!r}"
        if vendor == "gemini" and (value is None or isinstance(value, bool)):
            yield f"{where} has the choice {value!r}: only strings and numbers"
    if "format" in schema and schema["format"] not in FORMATS | ({"uri"} if vendor == "anthropic" else set()):
        yield f"{where} has the format {schema['format']}"
    if vendor == "anthropic" and schema.get("minItems", 0) not in (0, 1):
        yield f"{where} has minItems {schema['minItems']}"
    if any(sign in schema.get("pattern", "") for sign in ("(?", "\\b", "\\1")):
        yield f"{where} has a pattern that looks around"


def _object(schema: dict[str, Any], vendor: str, where: str) -> Iterator[str]:
    properties, required = schema.get("properties"), schema.get("required", [])
    if vendor != "gemini":
        if schema.get("additionalProperties") is not False:
            yield f"{where} is an open object"
        if properties is None:
            yield f"{where} has no properties"
    if vendor == "openai" and sorted(properties or ()) != sorted(required):
        yield f"{where} doesn't require all its properties"
    if not set(required) <= set(properties or ()):
        yield f"{where} requires what it doesn't have"


def _refs(held: Any) -> set[str]:
    if isinstance(held, list):
        return set().union(*map(_refs, held))
    if not isinstance(held, dict):
        return set()
    inner = set().union(*[_refs(item) for name, item in held.items() if name != "$defs"])
    return inner | ({held["$ref"]} if isinstance(held.get("$ref"), str) else set())


def _target(ref: str, root: dict[str, Any]) -> Any:
    return root if ref == "#" else root.get("$defs", {}).get(ref.removeprefix("#/$defs/"))


def _reach(ref: str, root: dict[str, Any], seen: frozenset[str] = frozenset()) -> frozenset[str]:
    """The references that one leads to."""
    for inner in _refs(_target(ref, root)) - seen:
        seen = _reach(inner, root, seen | {inner})
    return seen


def _loops(root: dict[str, Any]) -> set[str]:
    """The references to what contains itself."""
    refs = {"#", *(f"#/$defs/{name}" for name in root.get("$defs", {}))}
    return {ref for ref in refs if ref in _reach(ref, root)}


def _required_loops(root: dict[str, Any]) -> Iterator[str]:
    """Google: cyclic references may only stand in fields that aren't required."""

    def walk(held: Any, inside: str, where: str) -> Iterator[str]:
        if isinstance(held, list):
            for item in held:
                yield from walk(item, inside, where)
        if not isinstance(held, dict):
            return
        for name in held.get("required", ()):
            if any(inside in {ref, *_reach(ref, root)} for ref in _refs(held["properties"].get(name))):
                yield f"{where}/{name} is required, and contains itself"
        for name, item in held.items():
            yield from walk(item, inside, f"{where}/{name}") if name != "$defs" else ()

    for ref in _loops(root):
        yield from walk(_target(ref, root), ref, ref)
