"""JSON schemas that something fits, drawn by hypothesis, with all that structured outputs and tools use."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

__all__ = ["NAMES", "schemas"]

Schema = dict[str, Any]
NAMES = ("name", "age", "city", "email", "tags", "note", "is_open", "price", "kind", "child_count", "x")
PATTERNS = (
    r"^[A-Z]{3}-\d{4}$",
    r"^\d{3}-\d{2}$",
    r"^#[0-9a-f]{6}$",
    r"^(?:\+|00)?\d{7,12}$",
    r"^[a-z][a-z0-9_]*$",
    r"abc",
    r"^(?=.*\d)(?=.*[a-z]).{6,}$",
    r"^(?!.*x)[a-z]{2,9}$",
    r"(a+)+$",
    r"^-?\d+(\.\d{1,2})?$",
    r"^[^@\s]+@[^@\s]+$",
    r"^(yes|no|maybe)$",
    r"[äöü]",
    r"^\S+( \S+)*$",
)
FORMATS = ("date", "date-time", "email", "uuid", "ipv4", "ipv6", "hostname", "uri", "duration", "regex")


def _object(properties: dict[str, Schema], required: list[str], closed: bool | Schema | None) -> Schema:
    found: Schema = {"type": "object", "properties": properties, "required": [n for n in required if n in properties]}
    return found if closed is None else found | {"additionalProperties": closed}


@st.composite
def _strings(draw: st.DrawFn) -> Schema:
    match draw(st.integers(0, 3)):
        case 0:
            return {"type": "string", "pattern": draw(st.sampled_from(PATTERNS))}
        case 1:
            return {"type": "string", "format": draw(st.sampled_from(FORMATS))}
        case 2:
            least = draw(st.integers(0, 40))
            return {"type": "string", "minLength": least, "maxLength": least + draw(st.integers(0, 40))}
    return {"type": "string"}


@st.composite
def _numbers(draw: st.DrawFn) -> Schema:
    kind = draw(st.sampled_from(["integer", "number"]))
    low = draw(st.integers(-1000, 1000))
    step = draw(st.sampled_from([None, 1, 2, 7, 0.5, 0.01, 0.25]))
    found: Schema = {"type": kind}
    width = draw(st.sampled_from([None, 8, 60, 1000]))
    if draw(st.booleans()):
        found[draw(st.sampled_from(["minimum", "exclusiveMinimum"]))] = low
    if width is not None:
        found[draw(st.sampled_from(["maximum", "exclusiveMaximum"]))] = low + width
    return found if step is None else found | {"multipleOf": step}


_PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-9, 9),
    st.sampled_from(["red", "green", "low", "N/A", ""]),
    st.just({"a": [1]}),
)
_CHOICES = st.one_of(
    st.builds(lambda value: {"const": value}, _PLAIN),
    st.builds(lambda values: {"enum": values}, st.lists(_PLAIN, min_size=1, max_size=6)),
)
_SMALL = st.one_of(_strings(), _numbers(), _CHOICES, st.sampled_from([{"type": "boolean"}, {"type": "null"}, {}, True]))


@st.composite
def _arrays(draw: st.DrawFn, inner: st.SearchStrategy[Any]) -> Schema:
    if draw(st.integers(0, 3)) == 0:
        prefix = draw(st.lists(inner, min_size=1, max_size=3))
        rest = draw(st.sampled_from([False, {"type": "integer"}]))
        return {"type": "array", "prefixItems": prefix, "items": rest, "minItems": draw(st.integers(0, len(prefix)))}
    least = draw(st.integers(0, 4))
    found = {"type": "array", "items": draw(inner), "minItems": least, "maxItems": least + draw(st.integers(0, 3))}
    if draw(st.integers(0, 3)) == 0:
        return found | {"items": draw(st.sampled_from([{"type": "integer"}, {"type": "string"}])), "uniqueItems": True}
    return found


@st.composite
def _objects(draw: st.DrawFn, inner: st.SearchStrategy[Any]) -> Schema:
    properties = draw(st.dictionaries(st.sampled_from(NAMES), inner, max_size=5))
    required = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=4))
    found = _object(properties, required, draw(st.sampled_from([None, False, {"type": "string"}])))
    match draw(st.integers(0, 7)):
        case 0 if len(properties) > 1:
            first, second = list(properties)[:2]
            return found | {"dependentRequired": {first: [second]}}
        case 1:
            return {"type": "object", "additionalProperties": draw(inner), "minProperties": draw(st.integers(0, 2))}
        case 2:
            names = {"pattern": draw(st.sampled_from(["^[a-z]{2,5}$", "^[A-Z]"]))}
            return {"type": "object", "propertyNames": names, "minProperties": draw(st.integers(0, 3))}
        case 3:
            patterns = {"^n_": draw(inner)}
            return {"type": "object", "patternProperties": patterns, "additionalProperties": False, "minProperties": 1}
    return found


@st.composite
def _unions(draw: st.DrawFn, inner: st.SearchStrategy[Any]) -> Schema:
    match draw(st.integers(0, 4)):
        case 0:
            return {"anyOf": draw(st.lists(inner, min_size=1, max_size=3))}
        case 1:  # told apart by a tag, so that just one fits
            bodies = draw(st.lists(inner, min_size=1, max_size=3))
            tagged = [
                _object({"kind": {"const": f"k{at}"}, "body": body}, ["kind", "body"], False)
                for at, body in enumerate(bodies)
            ]
            return {"oneOf": tagged}
        case 2:
            first, second = draw(inner), draw(inner)
            return {"allOf": [_object({"a": first}, ["a"], None), _object({"b": second}, ["b"], None)]}
        case 3:
            then = _object({"zip": {"type": "string", "pattern": r"^\d{5}$"}}, ["zip"], None)
            country = {"properties": {"country": {"const": "US"}}, "required": ["country"]}
            base = _object({"country": {"enum": ["US", "CA"]}, "zip": {"type": "string"}}, ["country"], None)
            return base | {"if": country, "then": then, "else": {"properties": {"zip": {"maxLength": 3}}}}
    return {"type": draw(st.sampled_from([["string", "null"], ["integer", "string"], ["null", "boolean"]]))}


_SCHEMAS = st.recursive(
    _SMALL, lambda inner: st.one_of(_arrays(inner), _objects(inner), _objects(inner), _unions(inner)), max_leaves=10
)


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    """A schema of an object, perhaps with definitions that refer to themselves."""
    properties = draw(st.dictionaries(st.sampled_from(NAMES), _SCHEMAS, min_size=1, max_size=4))
    found = _object(
        properties, draw(st.lists(st.sampled_from(NAMES), max_size=4)), draw(st.sampled_from([None, False]))
    )
    if draw(st.booleans()):
        node = _object(
            {
                "value": draw(_SMALL),
                "next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]},
                "nodes": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
            },
            draw(st.sampled_from([["value", "next", "nodes"], ["value", "next"], ["nodes"]])),
            False,
        )
        found["$defs"] = {"Node": node}
        found["properties"]["tree"] = {"$ref": "#/$defs/Node"}
        found["required"] = [*found["required"], "tree"]
    return found
