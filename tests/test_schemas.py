"""The vendors' strict schemas: legal by their own rules, and an answer in their form is the value that was meant."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, TypedDict

import jsonschema
import msgspec
import pydantic
import pytest

from ringup import typed
from ringup.dialects import ANTHROPIC, GEMINI, OPENAI, Dialect, legal, too_large
from ringup.errors import MissingExtraError, ParameterError
from ringup.schemas import branches, exactly, is_any, is_map, is_object, is_recursive, merged
from tests.shapes_of_types import CASES, Described, Node, Owner
from tests.strict_rules import problems

DIALECTS = {"openai": OPENAI, "anthropic": ANTHROPIC, "gemini": GEMINI}
IDS = [f"{at}-{getattr(kind, '__name__', type(kind).__name__)}" for at, (kind, _) in enumerate(CASES)]


def plain(kind: Any, value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(kind, Mapping):
        return value
    if typed._has_pydantic(kind):
        return pydantic.TypeAdapter(kind).dump_python(value, mode="json", by_alias=True)
    return msgspec.json.decode(msgspec.json.encode(value))


class Vendor:
    """Writes values in a vendor's form, as a model would that keeps to the schema that it was given."""

    def __init__(self, root: dict[str, Any], dialect: Dialect) -> None:
        self.root, self.dialect = root, dialect

    def form(self, given: Any, value: Any) -> Any:
        if is_any(given):
            return msgspec.json.encode(value).decode()
        schema = merged(given, self.root)
        if is_any(schema):
            return msgspec.json.encode(value).decode()
        if options := branches(schema):
            return self.form(next(option for option in options if self.valid(option, value)), value)
        if schema.keys() & {"const", "enum"} and isinstance(value, (dict, list)):
            schema = exactly(value)
        if isinstance(value, dict):
            return self.object(schema, value)
        if isinstance(value, list):
            return self.list(schema, value)
        return value

    def valid(self, schema: Any, value: Any) -> bool:
        defs = {**self.root.get("$defs", {}), "": {key: held for key, held in self.root.items() if key != "$defs"}}
        whole = json.dumps({"allOf": [schema], "$defs": defs, "definitions": self.root.get("definitions", {})})
        moved = json.loads(whole.replace('"$ref": "#"', '"$ref": "#/$defs/"'))
        return jsonschema.Draft202012Validator(moved).is_valid(value)

    def object(self, schema: dict[str, Any], value: dict[str, Any]) -> Any:
        rest = next(iter(schema.get("patternProperties", {}).values()), schema.get("additionalProperties", True))
        if is_map(schema):
            pairs = {name: self.form(rest, held) for name, held in value.items()}
            return pairs if self.dialect.maps else [{"key": name, "value": held} for name, held in pairs.items()]
        properties = schema.get("properties", {})
        found = {name: self.form(properties[name], held) for name, held in value.items() if name in properties}
        others = {name: self.form(rest, held) for name, held in value.items() if name not in properties}
        if self.dialect.all_required:
            found |= {name: None for name in properties if name not in found}
        if isinstance(rest, dict) and properties and not self.dialect.maps:
            return found | {"other_fields": [{"key": name, "value": held} for name, held in others.items()]}
        return found | others

    def list(self, schema: dict[str, Any], value: list[Any]) -> Any:
        parts = schema.get("prefixItems", [])
        items = [*parts, *([schema.get("items", True)] * (len(value) - len(parts)))]
        written = [self.form(kind, item) for kind, item in zip(items, value, strict=False)]
        if not parts or self.dialect.tuples or isinstance(schema.get("items"), dict):
            return written
        return {str(at): item for at, item in enumerate(written)}

    def whole(self, value: Any, written: dict[str, Any]) -> Any:
        found = self.form(self.root, value)
        return {"value": found} if list(written["properties"]) == ["value"] else found


@pytest.mark.parametrize("vendor", DIALECTS)
@pytest.mark.parametrize(("kind", "value"), CASES, ids=IDS)
def test_a_schema_is_legal_and_its_answer_comes_back(kind: Any, value: Any, vendor: str) -> None:
    wanted, dialect = typed.kind_of(kind), DIALECTS[vendor]
    if dialect.recursion == "no" and is_recursive(wanted.schema):
        pytest.skip("asked for in another way")
    found = legal(wanted.schema, dialect)
    assert problems(found.schema, vendor) == []
    assert too_large(found.schema, dialect) is None
    answer = Vendor(wanted.schema, dialect).whole(plain(kind, value), found.schema)
    jsonschema.Draft202012Validator(found.schema).validate(answer)
    assert wanted.read(found.restore(msgspec.json.decode(msgspec.json.encode(answer)))) == value


@pytest.mark.parametrize(("kind", "value"), CASES, ids=IDS)
def test_without_a_dialect_a_schema_stays_but_is_of_an_object(kind: Any, value: Any) -> None:
    wanted = typed.kind_of(kind)
    found = legal(wanted.schema, None)
    assert merged(found.schema, found.schema).get("type") == "object"
    answer = plain(kind, value)
    answer = answer if is_object(wanted.schema) else {"value": answer}
    jsonschema.Draft202012Validator(found.schema).validate(answer)
    assert wanted.read(found.restore(answer)) == value


def test_there_are_a_hundred() -> None:
    assert len(CASES) >= 120
    assert sum(is_recursive(typed.kind_of(kind).schema) for kind, _ in CASES) >= 8


# What is said in words


def test_what_a_vendor_does_not_take_is_told_in_words() -> None:
    schema = {"type": "string", "maxLength": 3, "description": "A code.", "title": "Code"}
    found = legal({"type": "object", "properties": {"a": schema}}, OPENAI).schema["properties"]["a"]
    assert found == {"anyOf": [{"type": "string"}, {"type": "null"}], "description": "A code. (maxLength: 3)"}
    number = {"type": "integer", "minimum": 1, "default": 5}
    kept = legal({"type": "object", "properties": {"a": number}, "required": ["a"]}, OPENAI).schema["properties"]["a"]
    assert kept == {"type": "integer", "minimum": 1, "description": "(default: 5)"}
    told = legal({"type": "object", "properties": {"a": number}}, ANTHROPIC).schema["properties"]["a"]
    assert told == {"type": "integer", "description": "(minimum: 1, default: 5)"}


def test_patterns_that_look_around_are_told_in_words() -> None:
    for pattern in (r"^(?!x).*$", r"^(a)\1$", r"\bword\b"):
        schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": pattern}}, "required": ["a"]}
        found = legal(schema, OPENAI).schema["properties"]["a"]
        assert found == {"type": "string", "description": f"(pattern: {pattern})"}


def test_a_decimal_is_a_pattern_where_there_are_patterns() -> None:
    schema = typed.kind_of(list[Decimal]).schema
    assert "pattern" in legal(schema, OPENAI).schema["properties"]["value"]["items"]
    for dialect in (ANTHROPIC, GEMINI):
        items = legal(schema, dialect).schema["properties"]["value"]["items"]
        assert items == {"type": "string", "description": "(format: decimal)"}


def test_a_description_beside_a_reference_stays() -> None:
    owner = typed.kind_of(Described).schema
    for dialect in DIALECTS.values():
        found = legal(owner, dialect).schema["properties"]["owner"]
        assert found == {"anyOf": [{"$ref": "#/$defs/Address"}], "description": "Who pays."}


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"type": "object", "properties": {"a": {"$ref": "#/$defs/gone"}}}, "leads nowhere"),
        ({"type": "object", "properties": {"a": {"$ref": "http://x/y"}}}, "leads nowhere"),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}, "leads nowhere"),
        ({"type": "object", "properties": {"a": False}}, "satisfied by nothing"),
        ({"type": "object", "properties": {"a": {"enum": []}}}, "satisfied by nothing"),
        (
            {"type": "object", "properties": {"a": {"type": "array", "items": {"$ref": "#/properties/a"}}}},
            "contains it",
        ),
    ],
)
def test_a_schema_that_cannot_be_asked_for_is_refused(schema: dict[str, Any], why: str) -> None:
    with pytest.raises(ParameterError, match=why):
        legal(schema, OPENAI)


# What doesn't fit is left for the validation, and what grows keeps its form


def test_an_answer_that_does_not_fit_is_left_as_it_is() -> None:
    found = legal(typed.kind_of(dict[str, int]).schema, OPENAI)
    for wrong in ({"value": [{"key": "a"}]}, {"value": "x"}, [1], {"value": 3, "more": 4}, None):
        assert found.restore(wrong) == (
            wrong["value"] if wrong in ({"value": [{"key": "a"}]}, {"value": "x"}) else wrong
        )


def test_a_map_that_grows_is_never_a_list() -> None:
    kind = typed.kind_of(Owner)
    found = legal(kind.schema, OPENAI)
    seen = [
        found.grow({"pet": {"type": "dog", "good": True, "friends": pairs}})["pet"]["friends"]
        for pairs in ([], [{}], [{"key": "a"}], [{"key": "a", "value": 1}], [{"key": "a", "value": 1}, {"key": "b"}])
    ]
    assert seen == [{}, {}, {}, {"a": 1}, {"a": 1}]


def test_a_union_that_grows_takes_the_form_of_the_branch_that_it_may_become() -> None:
    found = legal(typed.kind_of(Tagged).schema, OPENAI)
    assert found.grow({"value": {"type": "b"}}) == {"type": "b"}
    assert found.grow({"value": {"type": "b", "at": {"0": 1}}}) == {"type": "b", "at": [1]}
    assert found.grow({}) is msgspec.UNSET


class A(msgspec.Struct, tag="a"):
    at: dict[str, int]


class B(msgspec.Struct, tag="b"):
    at: tuple[int, int]


Tagged = A | B


# Size


def wide(fields: int, **schema: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {f"f{at}": {"type": "integer", **schema} for at in range(fields)}}


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "integer"}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"a": schema}, "required": ["a"]}
    return schema


@pytest.mark.parametrize(
    ("schema", "dialect", "why"),
    [
        (wide(5000), OPENAI, None),
        (wide(5001), OPENAI, "5,001 fields, of 5,000"),
        (nested(10), OPENAI, None),
        (nested(11), OPENAI, "11 levels of objects, of 10"),
        ({"type": "object", "properties": {"a": {"enum": list(range(1001))}}}, OPENAI, "1,001 choices, of 1,000"),
        ({"type": "object", "properties": {"a" * 120_001: {"type": "null"}}}, OPENAI, "120,001 characters"),
        (wide(24), ANTHROPIC, None),
        (wide(25), ANTHROPIC, "25 fields that aren't required, of 24"),
        (
            {**wide(17, type=["integer", "null"]), "required": list(wide(17)["properties"])},
            ANTHROPIC,
            "17 alternatives",
        ),
        (wide(9999), GEMINI, None),
    ],
)
def test_the_vendors_limits(schema: dict[str, Any], dialect: Dialect, why: str | None) -> None:
    found = too_large(legal(schema, dialect).schema, dialect)
    assert found is None if why is None else why in (found or "")


def test_depth_follows_references_once() -> None:
    assert too_large(legal(typed.kind_of(Node).schema, OPENAI).schema, OPENAI) is None
    defs = {f"n{at}": {"type": "object", "properties": {"a": {"$ref": f"#/$defs/n{at + 1}"}}} for at in range(11)}
    deep = {"$ref": "#/$defs/n0", "$defs": {**defs, "n11": {"type": "null"}}}
    assert "11 levels" in (too_large(legal(deep, OPENAI).schema, OPENAI) or "")


def test_a_huge_schema_and_answer_take_a_bearable_time() -> None:
    leaf = {"type": "object", "properties": {f"f{at}": {"type": ["string", "null"]} for at in range(20)}}
    defs = {
        f"t{at}": {**leaf, "properties": {**leaf["properties"], "next": {"$ref": f"#/$defs/t{at + 1}"}}}
        for at in range(60)
    }
    schema = {"$ref": "#/$defs/t0", "$defs": {**defs, "t60": leaf}}
    begun = time.monotonic()
    for dialect in DIALECTS.values():
        found = legal(schema, dialect)
        too_large(found.schema, dialect)
        answer: Any = {f"f{at}": "x" for at in range(20)}
        for _ in range(60):
            answer = {**{f"f{at}": None for at in range(20)}, "next": answer}
        found.restore(answer)
    assert time.monotonic() - begun < 20


# Types


@pytest.mark.parametrize("given", [object(), 3, "Person", [1], (int,), print, lambda: 0])
def test_what_is_no_type_is_refused_in_words(given: Any) -> None:
    with pytest.raises(ParameterError, match="output="):
        typed.kind_of(given)


def test_a_type_without_json_is_refused_in_words() -> None:
    class Strange:
        def __init__(self, a: int) -> None:
            self.a = a

    with pytest.raises(ParameterError, match="Strange can't be put as a JSON schema"):
        typed.kind_of(Strange)
    with pytest.raises(ParameterError, match="no JSON schema"):
        typed.kind_of({"name": "string"})
    with pytest.raises(ParameterError, match="no valid JSON schema"):
        typed.kind_of({"type": "strin"})


def test_a_schema_wants_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'ringup\[schema\]'"):
        typed.kind_of({"type": "object"})


def test_a_type_is_worked_out_once() -> None:
    assert typed.kind_of(Node) is typed.kind_of(Node)
    assert typed.kind_of(list[int]) is typed.kind_of(list[int])
    assert typed.kind_of(Annotated[int, msgspec.Meta(ge=1)]).schema == {"type": "integer", "minimum": 1}


def test_names_are_those_that_every_vendor_takes() -> None:
    names = [typed.kind_of(kind).name for kind, _ in CASES]
    assert all(re.fullmatch("[A-Za-z0-9_-]{1,64}", name) for name in names)


class Zeta(TypedDict):
    reasoning: str
    answer: str


def test_the_fields_of_a_typed_dict_keep_their_order() -> None:
    """A model writes them in this order: it is to reason before it answers."""
    for kind in (Zeta, list[Zeta]):
        schema = typed.kind_of(kind).schema
        assert [*schema["$defs"]["Zeta"]["properties"]] == ["reasoning", "answer"]
