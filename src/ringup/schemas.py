"""JSON schemas made legal where a vendor constrains its model to them, and answers brought back to the original.

The vendors' strict modes take a part of JSON Schema each. What they don't take is said in other words: an optional
field becomes one that may be null, a map a list of pairs, a tuple an object with numbered fields, a value of any kind
its JSON as text, and a limit that can't be expressed goes into the description, for the model to read. `Legal.restore`
undoes this in the answer, so that it can be validated against the schema that was meant.

Facts: OpenAI's guide to structured outputs and openai-python 3.54 (`lib/_pydantic.py`); Anthropic's guide and
anthropic-python 2.12 (`lib/_parse/_transform.py`); Google's guide to structured output (responseJsonSchema). All as of
November 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from msgspec import Struct

from ringup.errors import ParameterError

__all__ = ["ANTHROPIC", "GEMINI", "OPENAI", "Dialect", "Legal", "is_object", "is_recursive", "legal", "resolve"]

Schema = dict[str, Any]

_FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})
_NUMBERS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
_SAID = frozenset({"type", "description", "title", "properties", "required", "additionalProperties", "items"})
_SAID |= {
    "anyOf",
    "oneOf",
    "allOf",
    "$ref",
    "$defs",
    "definitions",
    "enum",
    "const",
    "prefixItems",
    "patternProperties",
}
_SILENT = frozenset({"$schema", "$id", "$comment", "discriminator", "examples", "example", "deprecated", "readOnly"})
_SILENT |= {"writeOnly", "unevaluatedProperties"}
_OTHERS = "other_fields"
_NULL: Schema = {"type": "null"}
_TEXT = "Any JSON value, written as JSON text."


class Dialect(Struct, frozen=True, kw_only=True):
    """What a vendor's strict schemas may hold. `keeps` are the limits that it takes; of `minItems` those up to
    `min_items` (None: any)."""

    keeps: frozenset[str]
    formats: frozenset[str] = _FORMATS
    min_items: int | None = None
    all_required: bool = False
    maps: bool = False
    tuples: bool = False
    const: bool = True
    recursion: bool = True


OPENAI = Dialect(keeps=_NUMBERS | {"pattern", "format", "minItems", "maxItems"}, all_required=True)
ANTHROPIC = Dialect(keeps=frozenset({"format", "minItems"}), formats=_FORMATS | {"uri"}, min_items=1, recursion=False)
GEMINI = Dialect(
    keeps=frozenset({"format", "minItems", "maxItems", "minimum", "maximum"}), maps=True, tuples=True, const=False
)


class Legal(Struct, frozen=True):
    """A schema that a vendor takes, always of an object, and the way back from its answers to those of the original."""

    schema: Schema
    restore: Callable[[Any], Any]


def legal(schema: Schema, dialect: Dialect | None) -> Legal:
    """The schema in a dialect; without one it stays as it is, but for a root that is no object: that is wrapped.

    Raises ParameterError for a schema that nothing can satisfy, or that refers to what isn't there.
    """
    back = _Back(schema)
    wrapped = not is_object(schema)
    if dialect is None:
        return Legal(_wrapped(schema), _unwrap) if wrapped else Legal(schema, _same)
    written = _Writer(schema, dialect).whole(wrapped)
    return Legal(written, (lambda value: back.value(schema, _unwrap(value))) if wrapped else back.root)


def _same(value: Any) -> Any:
    return value


def _unwrap(value: Any) -> Any:
    return value["value"] if isinstance(value, dict) and value.keys() == {"value"} else value


def _wrapped(schema: Schema) -> Schema:
    """The schema as that of the one field of an object; what it refers to stays at the root."""
    inner = {name: held for name, held in schema.items() if name not in ("$defs", "definitions")}
    outer = {name: held for name, held in schema.items() if name in ("$defs", "definitions")}
    return {"type": "object", "properties": {"value": inner}, "required": ["value"], **outer}


def resolve(schema: Schema, root: Schema) -> Schema:
    """What a schema stands for, where it is a reference. Raises ParameterError for one that leads nowhere."""
    seen = set()
    while isinstance(ref := schema.get("$ref"), str):
        if ref in seen or not (ref == "#" or ref.startswith("#/")):
            raise _bad(f"$ref {ref!r} leads nowhere")
        seen.add(ref)
        found: Any = root
        for name in ref[2:].split("/") if len(ref) > 1 else ():
            found = found.get(name.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
        if not isinstance(found, dict):
            raise _bad(f"$ref {ref!r} leads nowhere")
        schema = {**found, **{name: held for name, held in schema.items() if name not in ("$ref", "$defs")}}
    return schema


def _bad(why: str) -> ParameterError:
    return ParameterError(f"the output's schema can't be used: {why}", parameter="output")


def is_object(schema: Schema) -> bool:
    """Whether the values of a schema are objects with named fields."""
    found = resolve(schema, schema)
    return found.get("type") == "object" and bool(found.get("properties")) and "anyOf" not in found


def is_recursive(schema: Schema) -> bool:
    """Whether the schema contains itself."""

    def reaches(held: Any, path: tuple[str, ...]) -> bool:
        if isinstance(held, list):
            return any(reaches(item, path) for item in held)
        if not isinstance(held, dict):
            return False
        ref = held.get("$ref")
        if isinstance(ref, str):
            return ref in path or reaches(resolve({"$ref": ref}, schema), (*path, ref))
        return any(reaches(item, path) for name, item in held.items() if name not in ("$defs", "definitions"))

    return reaches(schema, ("#",))


def _is_any(schema: Any) -> bool:
    """Whether a schema says nothing of its values."""
    return schema is True or (isinstance(schema, dict) and not schema.keys() & (_SAID - {"description", "title"}))


def _is_map(schema: Schema) -> bool:
    """Whether the values are objects without named fields."""
    return schema.get("type") == "object" and not schema.get("properties")


def _values(schema: Schema) -> Any:
    """What the unnamed fields of an object hold; False for none."""
    patterns = list((schema.get("patternProperties") or {}).values())
    if len(patterns) == 1:
        return patterns[0]
    if patterns:
        return {"anyOf": patterns}
    return schema.get("additionalProperties", not schema.get("properties"))


def _has_others(schema: Schema) -> bool:
    """Whether an object with named fields may have further ones that are described."""
    return bool(schema.get("properties")) and isinstance(_values(schema), dict)


def _is_nullable(schema: Any, root: Schema) -> bool:
    if not isinstance(schema, dict):
        return schema is True
    found = resolve(schema, root)
    kind = found.get("type")
    if kind == "null" or (isinstance(kind, list) and "null" in kind) or _is_any(found):
        return True
    if None in found.get("enum", ()) or ("const" in found and found["const"] is None):
        return True
    return any(_is_nullable(branch, root) for branch in _branches(found))


def _branches(schema: Schema) -> list[Any]:
    return [*schema.get("anyOf", ()), *schema.get("oneOf", ())]


def _merged(schema: Schema, root: Schema) -> Schema:
    """The parts of an `allOf` as one."""
    if "allOf" not in schema:
        return schema
    whole: Schema = {}
    for part in [{name: held for name, held in schema.items() if name != "allOf"}, *schema["allOf"]]:
        found = _merged(resolve(part, root), root) if isinstance(part, dict) else {}
        for name, held in found.items():
            if name == "properties":
                whole[name] = {**whole.get(name, {}), **held}
            elif name == "required":
                whole[name] = list(dict.fromkeys([*whole.get(name, []), *held]))
            else:
                whole.setdefault(name, held)
    return whole


# To the vendor


class _Writer:
    """Writes one schema in a dialect."""

    def __init__(self, root: Schema, dialect: Dialect) -> None:
        self._root = root
        self._dialect = dialect

    def whole(self, wrapped: bool) -> Schema:
        """The root, and all that it refers to."""
        bare = {name: held for name, held in self._root.items() if name not in ("$defs", "definitions")}
        inner = self.write(bare if wrapped else resolve(bare, self._root))
        defs = {name: self.write(held) for name, held in self._defs()}
        top = {**_wrapped(inner), "additionalProperties": False} if wrapped else inner
        if _refers_to_root(self._root):
            defs, top = _redirected({**defs, "root": inner}), _redirected(top)
        return {**top, "$defs": defs} if defs else top

    def _defs(self) -> Iterator[tuple[str, Any]]:
        for where in ("$defs", "definitions"):
            yield from (self._root.get(where) or {}).items()

    def write(self, given: Any) -> Schema:
        if given is False:
            raise _bad("false is satisfied by nothing")
        if _is_any(given):
            return _noted({"type": "string"}, [given.get("description") if given is not True else None, _TEXT])
        if "$ref" in given:
            return self._reference(given)
        schema = _merged(given, self._root)
        if branches := _branches(schema):
            return self._described({"anyOf": [self.write(branch) for branch in branches]}, schema)
        if isinstance(schema.get("type"), list):
            kinds = [self.write({**schema, "type": kind, "description": None}) for kind in schema["type"]]
            return self._described({"anyOf": kinds}, {"description": schema.get("description")})
        if "const" in schema or "enum" in schema:
            return self._described(self._choice(schema), {"description": schema.get("description")})
        match schema.get("type"):
            case "object":
                return self._object(schema)
            case "array":
                return self._array(schema)
        if "type" not in schema:
            kind = "object" if "properties" in schema else "array" if schema.keys() & {"items", "prefixItems"} else None
            return self.write({**schema, "type": kind}) if kind else self.write({**schema, "type": "string"})
        return self._described({"type": schema["type"]}, schema)

    def _reference(self, given: Schema) -> Schema:
        resolve(given, self._root)
        ref = {"$ref": given["$ref"].replace("#/definitions/", "#/$defs/")}
        said = given.get("description")
        return {"anyOf": [ref], "description": said} if said else ref

    def _choice(self, schema: Schema) -> Schema:
        values = [schema["const"]] if "const" in schema else schema["enum"]
        if any(isinstance(value, (dict, list)) for value in values):
            return {"anyOf": [self.write(_exactly(value)) for value in values]}
        kinds = {_kind(value) for value in values}
        kind = {"type": kinds.pop()} if len(kinds) == 1 else {}
        if "const" in schema and self._dialect.const:
            return {**kind, "const": schema["const"]}
        return {**kind, "enum": values}

    def _object(self, schema: Schema) -> Schema:
        if _is_map(schema) and not self._dialect.maps:
            return self._pairs(schema)
        required = schema.get("required", [])
        properties = {
            name: self._property(held, name in required) for name, held in schema.get("properties", {}).items()
        }
        written: Schema = {"type": "object", "properties": properties}
        if self._dialect.maps and isinstance(_values(schema), dict):
            written["additionalProperties"] = self.write(_values(schema))
        elif self._dialect.maps and _is_map(schema):
            written["additionalProperties"] = self.write(True)
        else:
            written["additionalProperties"] = False
            if _has_others(schema):
                properties[_OTHERS] = self._pairs({"additionalProperties": _values(schema)})
        needed = [name for name in properties if self._dialect.all_required or name in required or name == _OTHERS]
        written["required"] = needed
        if self._dialect.maps and not properties:
            del written["properties"], written["required"]
        return self._described(written, schema)

    def _property(self, held: Any, is_required: bool) -> Schema:
        written = self.write(held)
        if is_required or not self._dialect.all_required or _is_nullable(held, self._root):
            return written
        said = written.pop("description", None)
        inner = written["anyOf"] if written.keys() == {"anyOf"} else [written]
        return _noted({"anyOf": [*inner, _NULL]}, [said])

    def _pairs(self, schema: Schema) -> Schema:
        """A map as a list of its pairs."""
        held = _values(schema)
        pair = {
            "type": "object",
            "properties": {"key": {"type": "string"}, "value": self.write(held)},
            "required": ["key", "value"],
            "additionalProperties": False,
        }
        return self._described({"type": "array", "items": pair}, schema)

    def _array(self, schema: Schema) -> Schema:
        parts = schema.get("prefixItems")
        if not parts:
            return self._described({"type": "array", "items": self.write(schema.get("items", True))}, schema)
        if self._dialect.tuples:
            written: Schema = {"type": "array", "prefixItems": [self.write(part) for part in parts]}
            return self._described({**written, "minItems": len(parts), "maxItems": len(parts)}, schema)
        fields = {str(at): self.write(part) for at, part in enumerate(parts)}
        return self._described(
            {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False},
            {"description": schema.get("description")},
        )

    def _described(self, written: Schema, schema: Schema) -> Schema:
        """With the limits that the dialect takes; the others are told in words."""
        lost = []
        for name, held in schema.items():
            if name in _SAID or name in _SILENT or name in written:
                continue
            if self._takes(name, held):
                written[name] = held
            else:
                lost.append(f"{name}: {held if isinstance(held, str) else msgspec.json.encode(held).decode()}")
        return _noted(written, [schema.get("description"), f"({', '.join(lost)})" if lost else None])

    def _takes(self, name: str, held: Any) -> bool:
        if name == "format":
            return "format" in self._dialect.keeps and held in self._dialect.formats
        if name == "minItems" and self._dialect.min_items is not None:
            return isinstance(held, int) and held <= self._dialect.min_items
        return name in self._dialect.keeps


def _noted(schema: Schema, notes: list[str | None]) -> Schema:
    said = " ".join([note for note in notes if note])
    return {**schema, "description": said} if said else schema


def _exactly(value: Any) -> Schema:
    """A schema of one value."""
    match value:
        case dict():
            fields = {name: _exactly(held) for name, held in value.items()}
            return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}
        case list():
            return {"type": "array", "prefixItems": [_exactly(held) for held in value]}
    return {"const": value}


def _kind(value: Any) -> str:
    kinds = {str: "string", bool: "boolean", int: "integer", float: "number", dict: "object", list: "array"}
    return kinds.get(type(value), "null")


def _refers_to_root(held: Any) -> bool:
    if isinstance(held, dict):
        return held.get("$ref") == "#" or any(_refers_to_root(item) for item in held.values())
    return isinstance(held, list) and any(_refers_to_root(item) for item in held)


def _redirected(held: Any) -> Any:
    """With references to the root led to its definition."""
    match held:
        case {"$ref": "#", **rest}:
            return {"$ref": "#/$defs/root", **rest}
        case dict():
            return {name: _redirected(item) for name, item in held.items()}
        case list():
            return [_redirected(item) for item in held]
    return held


# Back from the vendor


class _Back:
    """Brings an answer to the shape of the original schema. What doesn't fit it is left as it is, for the validation
    to tell."""

    def __init__(self, root: Schema) -> None:
        self._root = root

    def root(self, value: Any) -> Any:
        return self.value(self._root, value)

    def value(self, given: Any, value: Any) -> Any:
        if _is_any(given):
            return _parsed(value)
        if not isinstance(given, dict):
            return value
        schema = _merged(resolve(given, self._root), self._root)
        if branches := _branches(schema):
            branch = next((branch for branch in branches if self._fits(branch, value)), None)
            return value if branch is None else self.value(branch, value)
        match value:
            case dict() if "prefixItems" in schema:
                parts = enumerate(schema["prefixItems"])
                return [self.value(part, value.get(str(at))) for at, part in parts]
            case dict():
                return self._object(schema, value)
            case list() if _is_map(schema):
                return self._map(schema, value)
            case list():
                parts = schema.get("prefixItems", [])
                rest = schema.get("items", not parts)
                kinds = [*parts, *([rest] * (len(value) - len(parts)))]
                return [self.value(kind, item) for kind, item in zip(kinds, value, strict=False)]
        return value

    def _object(self, schema: Schema, value: dict[str, Any]) -> dict[str, Any]:
        properties, required = schema.get("properties", {}), schema.get("required", [])
        found = {}
        for name, held in value.items():
            if name == _OTHERS and name not in properties and isinstance(held, list):
                found.update(self._map({"additionalProperties": _values(schema)}, held))
            elif name not in properties:
                found[name] = self.value(_values(schema), held) if _is_map(schema) else held
            elif held is not None or name in required or _is_nullable(properties[name], self._root):
                found[name] = self.value(properties[name], held)
        return found

    def _map(self, schema: Schema, pairs: list[Any]) -> Any:
        if not all(isinstance(pair, dict) and pair.keys() == {"key", "value"} for pair in pairs):
            return pairs
        kind = _values(schema)
        return {str(pair["key"]): self.value(kind, pair["value"]) for pair in pairs}

    def _fits(self, given: Any, value: Any) -> bool:
        """Whether a value, in the vendor's form, has the outer shape of a schema."""
        if _is_any(given):
            return isinstance(value, str)
        schema = _merged(resolve(given, self._root), self._root)
        if branches := _branches(schema):
            return any(self._fits(branch, value) for branch in branches)
        if "const" in schema or "enum" in schema:
            return value in ([schema["const"]] if "const" in schema else schema["enum"])
        kinds = schema.get("type")
        return any(self._is(kind, schema, value) for kind in (kinds if isinstance(kinds, list) else [kinds]))

    def _is(self, kind: Any, schema: Schema, value: Any) -> bool:
        match kind:
            case "object" if _is_map(schema):
                return isinstance(value, (list, dict))
            case "object":
                return isinstance(value, dict) and self._has_fields(schema, value)
            case "array" if "prefixItems" in schema and isinstance(value, dict):
                return value.keys() == {str(at) for at in range(len(schema["prefixItems"]))}
            case "array":
                return isinstance(value, list) and all(
                    self._fits(schema.get("items", True), item) for item in value[:1]
                )
            case "number":
                return isinstance(value, (int, float)) and not isinstance(value, bool)
        return kind == _kind(value) or (kind == "integer" and isinstance(value, float) and value.is_integer())

    def _has_fields(self, schema: Schema, value: dict[str, Any]) -> bool:
        properties = schema.get("properties", {})
        if not set(schema.get("required", ())) <= value.keys():
            return False
        if value.keys() - properties.keys() - {_OTHERS} and not isinstance(_values(schema), dict):
            return False
        return all(
            held is None or self._fits(properties[name], held) for name, held in value.items() if name in properties
        )


def _parsed(value: Any) -> Any:
    """A value of any kind, from the JSON text that stands for it."""
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except msgspec.DecodeError:
        return value
