"""JSON schemas made legal where a vendor constrains its model to them.

The vendors' strict modes take a part of JSON Schema each. What they don't take is said in other words: an optional
field becomes one that may be null, a map a list of pairs, a tuple an object with numbered fields, a value of any kind
its JSON as text, and a limit that can't be expressed goes into the description, for the model to read. `Legal.restore`
undoes this in the answer, so that it can be validated against the schema that was meant.

Facts: OpenAI's guide to structured outputs and openai-python 3.54 (`lib/_pydantic.py`); Anthropic's guide and
anthropic-python 2.12 (`lib/_parse/_transform.py`); Google's reference of responseJsonSchema. All as of November 2026.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct

from ringup.restoring import OTHERS, Restorer
from ringup.schemas import (
    DEFS,
    branches,
    exactly,
    has_others,
    is_any,
    is_map,
    is_nullable,
    is_object,
    kind_of_value,
    kinds_of,
    leads_of,
    merged,
    refers_to,
    resolve,
    unusable,
    values_of,
)

__all__ = ["ANTHROPIC", "GEMINI", "OPENAI", "Dialect", "Legal", "legal", "too_large"]

Schema = dict[str, Any]

_FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})
_NUMBERS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
_OF_KIND: dict[str, tuple[str, ...]] = dict.fromkeys(_NUMBERS, ("number", "integer"))
_OF_KIND |= dict.fromkeys(("pattern", "format", "minLength", "maxLength", "contentEncoding"), ("string",))
_OF_KIND |= dict.fromkeys(("minItems", "maxItems", "uniqueItems"), ("array",))
_OF_KIND |= dict.fromkeys(("minProperties", "maxProperties", "propertyNames"), ("object", "array"))  # maps as lists
_SAID = frozenset({"type", "description", "title", "properties", "required", "additionalProperties", "items", "anyOf"})
_SAID |= {"oneOf", "allOf", "$ref", "enum", "const", "prefixItems", "patternProperties", *DEFS}
_SILENT = frozenset({"$schema", "$id", "$comment", "discriminator", "examples", "example", "deprecated", "readOnly"})
_SILENT |= {"writeOnly", "unevaluatedProperties"}
_PATTERNS = {
    ("format", "decimal"): r"^-?[0-9]+(\.[0-9]+)?$",
    ("contentEncoding", "base64"): "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
}
"""What may be said as a regular expression, where a vendor takes those."""
_LOOKS_AROUND = re.compile(r"\(\?|\\[1-9bB]")
"""What the vendors' regular expressions don't have: looking around, references back, word boundaries."""
_NULL: Schema = {"type": "null"}
_TEXT = "Any JSON value, written as JSON text."


class Dialect(Struct, frozen=True, kw_only=True):
    """What a vendor's strict schemas may hold, and how much of it.

    keeps         the limits that it takes; of minItems those up to `min_items` (None: any)
    all_required  every field is in `required`
    maps, tuples  objects with unnamed fields, lists with a schema for each place
    choices       the types that `enum` may have; `const`: whether there is that
    recursion     "yes", "no", or only in fields that aren't required ("optional")
    max_…         how many fields, levels of objects, characters of names and choices, choices, fields that aren't
                  required, and alternatives a schema may have; None where no limit is documented
    """

    keeps: frozenset[str]
    formats: frozenset[str] = _FORMATS
    min_items: int | None = None
    all_required: bool = False
    maps: bool = False
    tuples: bool = False
    choices: frozenset[str] = frozenset({"string", "number", "integer", "boolean", "null"})
    const: bool = True
    recursion: str = "yes"
    max_properties: int | None = None
    max_depth: int | None = None
    max_characters: int | None = None
    max_choices: int | None = None
    max_optional: int | None = None
    max_unions: int | None = None


OPENAI = Dialect(
    keeps=_NUMBERS | {"pattern", "format", "minItems", "maxItems"},
    all_required=True,
    max_properties=5000,
    max_depth=10,
    max_characters=120_000,
    max_choices=1000,
)
ANTHROPIC = Dialect(
    keeps=frozenset({"format", "minItems"}),
    formats=_FORMATS | {"uri"},
    min_items=1,
    recursion="no",
    max_optional=24,
    max_unions=16,
)
GEMINI = Dialect(
    keeps=frozenset({"format", "minItems", "maxItems", "minimum", "maximum"}),
    maps=True,
    tuples=True,
    choices=frozenset({"string", "number", "integer"}),
    const=False,
    recursion="optional",
)


class Legal(Struct, frozen=True):
    """A schema that a vendor takes, always of an object, and the ways back from its answers to those of the original:
    `restore` for a whole answer, `grow` for the beginning of one."""

    schema: Schema
    restore: Callable[[Any], Any]
    grow: Callable[[Any], Any]


def legal(schema: Schema, dialect: Dialect | None) -> Legal:
    """The schema in a dialect; without one it stays as it is, but for a root that is no object: that is wrapped.

    Raises ParameterError for a schema that nothing can satisfy, or that refers to what isn't there.
    """
    try:
        wrapped = not is_object(schema)
        if dialect is None:
            return Legal(_wrapped(schema), _unwrap, _grown) if wrapped else Legal(_inlined(schema), _same, _same)
        written = _Writer(schema, dialect).whole(wrapped)
        whole, part = Restorer(schema), Restorer(schema, growing=True)
    except RecursionError:
        raise unusable("it is nested without end") from None
    if not wrapped:
        return Legal(written, whole.root, part.root)
    return Legal(written, partial(_restored, whole), partial(_regrown, part))


def _inlined(schema: Schema) -> Schema:
    """The schema with its root where the root was a reference: vendors look for the type there."""
    defs = {where: schema[where] for where in DEFS if where in schema}
    return {**merged(schema, schema), **defs} if schema.keys() & {"$ref", "allOf"} else schema


def _same(value: Any) -> Any:
    return value


def _unwrap(value: Any) -> Any:
    return value["value"] if isinstance(value, dict) and value.keys() == {"value"} else value


def _grown(value: Any) -> Any:
    """Of an answer that only begins: nothing before its value does."""
    return value.get("value", msgspec.UNSET) if isinstance(value, dict) else value


def _restored(restorer: Restorer, value: Any) -> Any:
    return restorer.root(_unwrap(value))


def _regrown(restorer: Restorer, value: Any) -> Any:
    found = _grown(value)
    return found if found is msgspec.UNSET else restorer.root(found)


def _wrapped(schema: Schema) -> Schema:
    """The schema as that of the one field of an object; what it refers to stays at the root."""
    defs = {name: held for where in DEFS for name, held in (schema.get(where) or {}).items()}
    inner = _redirected({name: held for name, held in schema.items() if name not in DEFS}, "#/definitions/", "#/$defs/")
    defs = {name: _redirected(held, "#/definitions/", "#/$defs/") for name, held in defs.items()}
    if "#" in refers_to(inner).union(*map(refers_to, defs.values())):
        name = _free(defs)
        defs = {**defs, name: inner}
        inner, defs = _to_root(inner, name), {key: _to_root(held, name) for key, held in defs.items()}
    outer = {"type": "object", "properties": {"value": inner}, "required": ["value"]}
    return {**outer, "$defs": defs} if defs else outer


def _free(defs: Schema) -> str:
    return next(name for name in ("root", *(f"root_{at}" for at in range(len(defs) + 1))) if name not in defs)


def _to_root(held: Any, name: str) -> Any:
    """With references to the root led to its definition."""
    match held:
        case {"$ref": "#", **rest}:
            return {"$ref": f"#/$defs/{name}", **rest}
        case dict():
            return {key: _to_root(item, name) for key, item in held.items()}
        case list():
            return [_to_root(item, name) for item in held]
    return held


def _redirected(held: Any, old: str, new: str) -> Any:
    match held:
        case dict():
            ref = held.get("$ref")
            moved = {"$ref": new + ref.removeprefix(old)} if isinstance(ref, str) and ref.startswith(old) else {}
            return {**{key: _redirected(item, old, new) for key, item in held.items()}, **moved}
        case list():
            return [_redirected(item, old, new) for item in held]
    return held


class _Writer:
    """Writes one schema in a dialect."""

    def __init__(self, root: Schema, dialect: Dialect) -> None:
        self._root = root
        self._dialect = dialect
        self._has_patterns = "pattern" in dialect.keeps
        self._inlined: list[str] = []
        self._leads = leads_of(root) if dialect.recursion == "optional" else {}
        self._inside = "#"

    def whole(self, wrapped: bool) -> Schema:
        """The root, and all that it refers to."""
        bare = {name: held for name, held in self._root.items() if name not in DEFS}
        inner = self.write(bare if wrapped else merged(bare, self._root))
        defs = dict(self._defs())
        if "#" in refers_to(inner).union(*map(refers_to, defs.values())):
            name = _free(defs)
            defs = {key: _to_root(held, name) for key, held in {**defs, name: inner}.items()}
            inner = _to_root(inner, name)
        if wrapped:
            inner = {**_wrapped(inner), "additionalProperties": False}
        used = _used(inner, defs)
        return {**inner, "$defs": used} if used else inner

    def _defs(self) -> Iterator[tuple[str, Schema]]:
        for where in DEFS:
            for name, held in (self._root.get(where) or {}).items():
                self._inside = f"#/{where}/{name}"
                yield name, self.write(held)

    def write(self, given: Any) -> Schema:
        """One schema, and all in it."""
        if given is False:
            raise unusable("false is satisfied by nothing")
        if is_any(given):
            return _noted({"type": "string"}, [given.get("description") if given is not True else None, _TEXT])
        if "$ref" in given and "allOf" not in given:
            return self._reference(given)
        schema = merged(given, self._root)
        if options := branches(schema):
            return self._described({"anyOf": [self.write(option) for option in options]}, schema)
        if "const" in schema or "enum" in schema:
            return self._described(self._choice(schema), {"description": schema.get("description")})
        kinds = kinds_of(schema)
        if len(kinds) > 1:
            written = [self.write({**schema, "type": kind, "description": None}) for kind in kinds]
            return self._described({"anyOf": written}, {"description": schema.get("description")})
        match kinds[0]:
            case "object":
                return self._object(schema)
            case "array":
                return self._array(schema)
        return self._described({"type": kinds[0]}, schema)

    def _reference(self, given: Schema) -> Schema:
        """A reference to a definition stays one; a place elsewhere isn't where it was, and is written out."""
        found, ref = resolve(given, self._root), given["$ref"].replace("#/definitions/", "#/$defs/")
        if ref != "#" and not re.fullmatch(r"#/\$defs/[^/]+", ref):
            if ref in self._inlined:
                raise unusable(f"$ref {ref!r} contains itself: put it into $defs")
            self._inlined.append(ref)
            written = self.write(found)
            self._inlined.pop()
            return written
        said = given.get("description")
        return {"anyOf": [{"$ref": ref}], "description": said} if said else {"$ref": ref}

    def _choice(self, schema: Schema) -> Schema:
        values = [schema["const"]] if "const" in schema else schema["enum"]
        if not values:
            raise unusable("an enum without choices is satisfied by nothing")
        if any(isinstance(value, (dict, list)) for value in values):
            return {"anyOf": [self.write(exactly(value)) for value in values]}
        kinds: dict[str, list[Any]] = {}
        for value in values:
            kinds.setdefault(kind_of_value(value), []).append(value)
        written = [self._choice_of(kind, held, "const" in schema) for kind, held in kinds.items()]
        return written[0] if len(written) == 1 else {"anyOf": written}

    def _choice_of(self, kind: str, values: list[Any], const: bool) -> Schema:
        if kind not in self._dialect.choices:
            told = " or ".join([msgspec.json.encode(value).decode() for value in values])
            return {"type": kind} if kind == "null" or len(values) == 2 else {"type": kind, "description": told}
        if const and self._dialect.const:
            return {"type": kind, "const": values[0]}
        return {"type": kind, "enum": values}

    def _object(self, schema: Schema) -> Schema:
        if is_map(schema):
            return self._map(schema) if self._dialect.maps else self._pairs(schema)
        required = schema.get("required", [])
        properties = {
            name: self._property(held, name in required) for name, held in schema.get("properties", {}).items()
        }
        written: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
        if has_others(schema):
            if self._dialect.maps:
                written["additionalProperties"] = self.write(values_of(schema))
            else:
                properties[OTHERS] = self._pairs({"additionalProperties": values_of(schema)})
        written["required"] = [
            name
            for name in properties
            if self._dialect.all_required
            or name == OTHERS
            or (name in required and not self._leads_back(schema["properties"][name]))
        ]
        return self._described(written, schema)

    def _leads_back(self, held: Any) -> bool:
        """Whether a field contains the definition that it stands in."""
        return any(self._inside in (ref, *self._leads[ref]) for ref in refers_to(held) if self._leads)

    def _property(self, held: Any, is_required: bool) -> Schema:
        written = self.write(held)
        if is_required or not self._dialect.all_required or is_nullable(held, self._root):
            return written
        said = written.pop("description", None)
        inner = written["anyOf"] if written.keys() == {"anyOf"} else [written]
        return _noted({"anyOf": [*inner, _NULL]}, [said])

    def _map(self, schema: Schema) -> Schema:
        return self._described({"type": "object", "additionalProperties": self.write(values_of(schema))}, schema)

    def _pairs(self, schema: Schema) -> Schema:
        """A map as a list of its pairs."""
        pair = {
            "type": "object",
            "properties": {"key": {"type": "string"}, "value": self.write(values_of(schema))},
            "required": ["key", "value"],
            "additionalProperties": False,
        }
        return self._described({"type": "array", "items": pair}, schema)

    def _array(self, schema: Schema) -> Schema:
        parts = schema.get("prefixItems")
        if not parts:
            items = schema.get("items", True)
            return self._described({"type": "array", "items": self.write(True if items is False else items)}, schema)
        if isinstance(rest := schema.get("items"), dict):
            kinds = [self.write(part) for part in (*parts, rest)]
            return self._described({"type": "array", "items": {"anyOf": kinds}}, {**schema, "prefixItems": parts})
        least = schema.get("minItems", len(parts))
        if self._dialect.tuples:
            written: Schema = {"type": "array", "prefixItems": [self.write(part) for part in parts]}
            return self._described({**written, "minItems": least, "maxItems": len(parts)}, schema)
        fields = {str(at): self._property(part, at < least) for at, part in enumerate(parts)}
        needed = [name for name in fields if self._dialect.all_required or int(name) < least]
        return self._described(
            {"type": "object", "properties": fields, "required": needed, "additionalProperties": False},
            {"description": schema.get("description")},
        )

    def _described(self, written: Schema, schema: Schema) -> Schema:
        """With the limits that the dialect takes; the others are told in words."""
        lost = []
        kind = written.get("type")
        for name, held in schema.items():
            if name in _SAID or name in _SILENT or name in written or kind not in _OF_KIND.get(name, (kind,)):
                continue
            if name == "default" and held is None:
                continue
            if self._has_patterns and isinstance(held, str) and (name, held) in _PATTERNS:
                written["pattern"] = _PATTERNS[name, held]
            elif self._takes(name, held):
                written[name] = held
            else:
                lost.append(f"{name}: {held if isinstance(held, str) else msgspec.json.encode(held).decode()}")
        return _noted(written, [schema.get("description"), f"({', '.join(lost)})" if lost else None])

    def _takes(self, name: str, held: Any) -> bool:
        if name not in self._dialect.keeps:
            return False
        if name == "format":
            return held in self._dialect.formats
        if name == "pattern":
            return not _LOOKS_AROUND.search(held)
        if name == "minItems" and self._dialect.min_items is not None:
            return isinstance(held, int) and held <= self._dialect.min_items
        return True


def _noted(schema: Schema, notes: list[str | None]) -> Schema:
    said = " ".join([note for note in notes if note])
    return {**schema, "description": said} if said else schema


def _used(inner: Schema, defs: Schema) -> Schema:
    """The definitions that something refers to."""
    todo, found = refers_to(inner), set()
    while todo:
        name = todo.pop().removeprefix("#/$defs/")
        if name in defs and name not in found:
            found.add(name)
            todo |= refers_to(defs[name])
    return {name: held for name, held in defs.items() if name in found}


# How much a vendor takes


def too_large(schema: Schema, dialect: Dialect) -> str | None:
    """Why a legal schema is more than the vendor takes, or None."""
    count = _Count()
    try:
        for held in (schema, *schema.get("$defs", {}).values()):
            count.add(held)
        depth = _depth(schema, schema, {})
    except RecursionError:
        return "more levels than can be counted"
    found = {
        "fields": (count.properties, dialect.max_properties),
        "levels of objects": (depth, dialect.max_depth),
        "characters of names and choices": (count.characters, dialect.max_characters),
        "choices": (count.choices, dialect.max_choices),
        "fields that aren't required": (count.optional, dialect.max_optional),
        "alternatives": (count.unions, dialect.max_unions),
    }
    over = [f"{number:,} {what}, of {limit:,}" for what, (number, limit) in found.items() if limit and number > limit]
    return ", ".join(over) or None


class _Count:
    def __init__(self) -> None:
        self.properties = self.characters = self.choices = self.optional = self.unions = 0

    def add(self, held: Any) -> None:
        """Count a schema and all in it, references left alone."""
        if isinstance(held, list):
            for item in held:
                self.add(item)
        if not isinstance(held, dict):
            return
        fields = held.get("properties", {})
        self.properties += len(fields)
        self.optional += len(fields) - len(held.get("required", ()))
        self.unions += "anyOf" in held
        values = held.get("enum", [held["const"]] if "const" in held else [])
        self.choices += len(values)
        self.characters += sum(map(len, fields)) + sum(len(value) for value in values if isinstance(value, str))
        self.characters += sum(map(len, held.get("$defs", ())))
        for item in fields.values():
            self.add(item)
        for name in ("items", "anyOf", "prefixItems", "additionalProperties"):
            self.add(held.get(name))


def _depth(held: Any, root: Schema, known: dict[str, int]) -> int:
    """How many objects stand in one another; what contains itself counts once."""
    if isinstance(held, list):
        return max([_depth(item, root, known) for item in held], default=0)
    if not isinstance(held, dict):
        return 0
    if (ref := held.get("$ref")) is not None:
        if ref not in known:
            known[ref] = 0
            known[ref] = _depth(resolve({"$ref": ref}, root), root, known)
        return known[ref]
    inner = [*held.get("properties", {}).values(), *[held.get(name) for name in ("items", "anyOf", "prefixItems")]]
    return _depth([*inner, held.get("additionalProperties")], root, known) + (held.get("type") == "object")
