"""JSON schemas, read: what a schema refers to, what its parts say together, and which kind of values it has."""

from __future__ import annotations

from typing import Any

from ringup.errors import ParameterError

__all__ = [
    "DEFS",
    "branches",
    "exactly",
    "has_others",
    "is_any",
    "is_map",
    "is_nullable",
    "is_object",
    "is_recursive",
    "kind_of_value",
    "kinds_of",
    "leads_of",
    "merged",
    "recursive_refs",
    "refers_to",
    "resolve",
    "unusable",
    "values_of",
]

Schema = dict[str, Any]

DEFS = ("$defs", "definitions")
_NOTES = frozenset({"title", "description", "default", "examples", "example", "deprecated", "readOnly", "writeOnly"})
_NOTES |= {"$schema", "$id", "$comment", *DEFS}
_KINDS = {
    "object": ("properties", "required", "additionalProperties", "patternProperties", "propertyNames"),
    "array": ("items", "prefixItems", "minItems", "maxItems", "uniqueItems"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "string": ("minLength", "maxLength", "pattern", "format"),
}


def unusable(why: str) -> ParameterError:
    """The error for a schema that can't be asked for."""
    return ParameterError(f"the output's schema can't be used: {why}", parameter="output")


def resolve(schema: Schema, root: Schema) -> Schema:
    """What a schema stands for, where it is a reference. Raises ParameterError for one that leads nowhere."""
    seen = set()
    while isinstance(ref := schema.get("$ref"), str):
        if ref in seen or not (ref == "#" or ref.startswith("#/")):
            raise unusable(f"$ref {ref!r} leads nowhere")
        seen.add(ref)
        schema = {**_found(ref, root), **{name: held for name, held in schema.items() if name not in ("$ref", *DEFS)}}
    return schema


def _found(ref: str, root: Schema) -> Schema:
    found: Any = root
    for name in ref[2:].split("/") if len(ref) > 1 else ():
        key = name.replace("~1", "/").replace("~0", "~")
        if isinstance(found, list) and key.isdecimal() and int(key) < len(found):
            found = found[int(key)]
        else:
            found = found.get(key) if isinstance(found, dict) else None
    if not isinstance(found, dict):
        raise unusable(f"$ref {ref!r} leads nowhere")
    return found


def merged(given: Schema, root: Schema) -> Schema:
    """A schema without references and `allOf` at its outside."""
    schema = resolve(given, root)
    if "allOf" not in schema:
        return schema
    whole: Schema = {}
    for part in [{name: held for name, held in schema.items() if name != "allOf"}, *schema["allOf"]]:
        for name, held in (merged(part, root) if isinstance(part, dict) else {}).items():
            if name == "properties":
                whole[name] = {**whole.get(name, {}), **held}
            elif name == "required":
                whole[name] = list(dict.fromkeys([*whole.get(name, []), *held]))
            else:
                whole.setdefault(name, held)
    return whole


def branches(schema: Schema) -> list[Any]:
    """The schemas of which a value satisfies one, each with what the schema says besides; none where it has none."""
    found = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
    shared = {name: held for name, held in schema.items() if name not in ("anyOf", "oneOf", *_NOTES)}
    if not found or not shared.keys() & {"properties", "items", "prefixItems", "enum", "const"}:
        return found
    return [{"allOf": [part, shared]} for part in found]


def is_any(schema: Any) -> bool:
    """Whether a schema says nothing of its values."""
    return schema is True or (isinstance(schema, dict) and not schema.keys() - _NOTES - {"discriminator"})


def kinds_of(schema: Schema) -> list[str]:
    """The types of the values, told by the other keywords where `type` is missing."""
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return kinds
    if isinstance(kinds, str):
        return [kinds]
    return [next((kind for kind, names in _KINDS.items() if schema.keys() & set(names)), "string")]


def kind_of_value(value: Any) -> str:
    """The JSON type of a value."""
    kinds = {str: "string", bool: "boolean", int: "integer", float: "number", dict: "object", list: "array"}
    return kinds.get(type(value), "null")


def is_object(schema: Schema) -> bool:
    """Whether the values of a schema are objects with named fields."""
    found = merged(schema, schema)
    return found.get("type") == "object" and bool(found.get("properties")) and not branches(found)


def is_map(schema: Schema) -> bool:
    """Whether the values are objects without named fields."""
    if schema.get("properties") or values_of(schema) is False or "object" not in kinds_of(schema):
        return False
    return "properties" not in schema or bool(schema.keys() & {"additionalProperties", "patternProperties"})


def values_of(schema: Schema) -> Any:
    """What the unnamed fields of an object hold; False for none."""
    patterns = list((schema.get("patternProperties") or {}).values())
    if len(patterns) == 1:
        return patterns[0]
    if patterns:
        return {"anyOf": patterns}
    return schema.get("additionalProperties", not schema.get("properties"))


def has_others(schema: Schema) -> bool:
    """Whether an object with named fields may have further ones that are described."""
    return bool(schema.get("properties")) and isinstance(values_of(schema), dict)


def is_nullable(schema: Any, root: Schema) -> bool:
    """Whether null is one of the values."""
    if not isinstance(schema, dict):
        return schema is True
    found = merged(schema, root)
    if is_any(found) or None in found.get("enum", ()):
        return True
    if "const" in found:
        return found["const"] is None
    return "null" in kinds_of(found) or any(is_nullable(branch, root) for branch in branches(found))


def exactly(value: Any) -> Schema:
    """A schema of one value."""
    match value:
        case dict():
            fields = {name: exactly(held) for name, held in value.items()}
            return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}
        case list():
            return {"type": "array", "prefixItems": [exactly(held) for held in value]}
    return {"const": value}


# Recursion


def refers_to(held: Any) -> set[str]:
    """The references that stand in a schema, those of its definitions left out."""
    if isinstance(held, list):
        return set().union(*map(refers_to, held))
    if not isinstance(held, dict):
        return set()
    ref = held.get("$ref")
    inner = [refers_to(item) for name, item in held.items() if name not in DEFS]
    return set().union(*inner) | ({ref} if isinstance(ref, str) else set())


def recursive_refs(schema: Schema) -> frozenset[str]:
    """The references to what contains itself."""
    leads = leads_of(schema)
    return frozenset([ref for ref in leads if ref in leads[ref]])


def leads_of(schema: Schema) -> dict[str, set[str]]:
    """Where each reference leads, in however many steps."""
    todo = refers_to(schema) | set().union(
        *[refers_to(held) for where in DEFS for held in (schema.get(where) or {}).values()]
    )
    leads: dict[str, set[str]] = {}
    while todo:
        ref = todo.pop()
        leads[ref] = refers_to(_found(ref, schema))
        todo |= leads[ref] - leads.keys()
    return {ref: _reached(leads[ref], leads) for ref in leads}


def _reached(begin: set[str], leads: dict[str, set[str]]) -> set[str]:
    reached, todo = set(begin), list(begin)
    while todo:
        new = leads[todo.pop()] - reached
        reached |= new
        todo += new
    return reached


def is_recursive(schema: Schema) -> bool:
    """Whether something in the schema contains itself."""
    return bool(recursive_refs(schema))
