"""Values for schemas: those that people write, those that nothing fits, and those that are made to take long."""

from __future__ import annotations

import time
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from ringup.simulator.shapes import Shaper
from tests.simulator.real_shapes import BY_HAND, MODELS, thing
from tests.simulator.test_shapes_law import errors

TEXTS = (
    "",
    "Ada Lovelace, 36, lives in London (ada@example.org) since 2020-05-17. A dog, 3 tricks: sit, roll and beg.",
)


def fill(text: str, schema: Any, for_tool: bool = False, **more: Any) -> Any:
    return Shaper(text, None if for_tool else lambda: "An answer.", **more).fill(schema)


@pytest.mark.parametrize("text", TEXTS, ids=["no text", "a text"])
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_models_of_pydantic(model: type[BaseModel], text: str) -> None:
    schema = model.model_json_schema()
    for for_tool in (False, True):
        value = fill(text, schema, for_tool)
        assert errors(value, schema) == []
        model.model_validate(value)


@pytest.mark.parametrize("text", TEXTS, ids=["no text", "a text"])
@pytest.mark.parametrize("name", BY_HAND)
def test_shapes_by_hand(name: str, text: str) -> None:
    schema = BY_HAND[name]
    Draft202012Validator.check_schema(schema)
    for for_tool in (False, True):
        assert errors(fill(text, schema, for_tool), schema) == []


# What the text says

PERSON = thing({"name": {"type": "string"}, "age": {"type": "integer"}, "city": {"type": "string"}})
TEXT, WHOLE, NUMBER, FLAG = ({"type": kind} for kind in ("string", "integer", "number", "boolean"))


@pytest.mark.parametrize(
    ("text", "properties", "expected"),
    [
        ("Ada Lovelace, 36, London", PERSON["properties"], {"name": "Ada Lovelace", "age": 36, "city": "London"}),
        ("Bob is 41 and lives in Oslo.", PERSON["properties"], {"name": "Bob", "age": 41, "city": "Oslo"}),
        ("Mail ada@example.org or call +1 555 010 0199", {"email": TEXT}, {"email": "ada@example.org"}),
        ("See https://example.org/a?b=1.", {"website": TEXT}, {"website": "https://example.org/a?b=1"}),
        ("Due on March 5, 2027", {"due_date": TEXT | {"format": "date"}}, {"due_date": "2027-03-05"}),
        ("Due on 5 March 2027", {"deadline": TEXT | {"format": "date"}}, {"deadline": "2027-03-05"}),
        ("Meet at 5:30 pm", {"time": TEXT}, {"time": "17:30"}),
        (
            "First Name: Grace, last name: Hopper",
            {"first_name": TEXT, "lastName": TEXT},
            {"first_name": "Grace", "lastName": "Hopper"},
        ),
        (
            "I met Grace Hopper.",
            {"first_name": TEXT, "last_name": TEXT},
            {"first_name": "Grace", "last_name": "Hopper"},
        ),
        ("3 adults and 2 children, please", {"children": WHOLE, "adults": WHOLE}, {"children": 2, "adults": 3}),
        ("The price is $12.50 for 4 items", {"price": NUMBER, "quantity": WHOLE}, {"price": 12.5, "quantity": 4}),
        ("It was made in 1991, version 3", {"version": WHOLE, "year": WHOLE}, {"version": 3, "year": 1991}),
        ("I need it urgently: priority high", {"priority": {"enum": ["low", "high"]}}, {"priority": "high"}),
        ("The ticket is in progress", {"status": {"enum": ["open", "in_progress"]}}, {"status": "in_progress"}),
        (
            "A vegetarian meal without nuts",
            {"is_vegetarian": FLAG, "nuts": FLAG},
            {"is_vegetarian": True, "nuts": False},
        ),
        ("active: false", {"active": FLAG}, {"active": False}),
        ("title: Buy milk; done: true", {"title": TEXT, "done": FLAG}, {"title": "Buy milk", "done": True}),
        ("Tags: red, green and blue", {"tags": {"type": "array", "items": TEXT}}, {"tags": ["red", "green", "blue"]}),
        ("Sort 5, 3 and 9", {"numbers": {"type": "array", "items": WHOLE}}, {"numbers": [5, 3, 9]}),
        (
            "Write to a@example.org and b@example.org",
            {"to": {"type": "array", "items": TEXT | {"format": "email"}}},
            {"to": ["a@example.org", "b@example.org"]},
        ),
        (
            "apples: 3, pears: 5",
            {"stock": {"type": "object", "additionalProperties": WHOLE}},
            {"stock": {"apples": 3, "pears": 5}},
        ),
        ("Order AB-1234 is late", {"order_id": TEXT}, {"order_id": "AB-1234"}),
        ("The code is XY-99", {"code": TEXT | {"pattern": r"^[A-Z]{2}-\d+$"}}, {"code": "XY-99"}),
        ("From Paris to Rome", {"destination": TEXT, "origin": TEXT}, {"destination": "Rome", "origin": "Paris"}),
        ("Add it to src/main.py", {"path": TEXT}, {"path": "src/main.py"}),
        (
            "Nothing is said",
            {"nickname": {"type": ["string", "null"]}, "age": {"anyOf": [WHOLE, {"type": "null"}]}},
            {"nickname": None, "age": None},
        ),
        ("Call her 'Bee'", {"nickname": {"type": ["string", "null"]}}, {"nickname": "Bee"}),
        ("Nothing is said", {"kind": TEXT | {"default": "plain"}}, {"kind": "plain"}),
        ("I love it!", {"sentiment": {"enum": ["negative", "neutral", "positive"]}}, {"sentiment": "positive"}),
    ],
)
def test_values_come_from_the_text(text: str, properties: dict[str, Any], expected: dict[str, Any]) -> None:
    assert fill(text, thing(properties)) == expected


def test_the_variant_that_is_named_is_taken() -> None:
    cat = thing({"kind": {"const": "cat"}, "lives": WHOLE})
    dog = thing({"kind": {"const": "dog"}, "tricks": {"type": "array", "items": TEXT}})
    for together in ("anyOf", "oneOf"):
        assert fill("My cat has 7 lives", {together: [dog, cat]}) == {"kind": "cat", "lives": 7}
        assert fill("A dog", {together: [cat, dog]})["kind"] == "dog"


def test_what_is_known_by_name_is_used() -> None:
    known = {"city": ["Oslo"], "temperature_celsius": [12], "wind": [{"speed": 3}], "rainy": [False]}
    schema = thing({"city": TEXT, "temperature": NUMBER, "rainy": FLAG})
    assert fill("Weather?", schema, known=known) == {"city": "Oslo", "temperature": 12, "rainy": False}


def test_optional_arguments_are_left_out_unless_they_are_named() -> None:
    schema = {
        "type": "object",
        "properties": {"city": TEXT, "days": WHOLE, "unit": {"enum": ["c", "f"]}},
        "required": ["city"],
    }
    assert fill("Weather in Oslo", schema, for_tool=True) == {"city": "Oslo"}
    assert fill("Weather in Oslo for 3 days", schema, for_tool=True) == {"city": "Oslo", "days": 3}


# What nothing fits, and what is made to take long

NODE = {"$ref": "#/$defs/N", "$defs": {"N": thing({"next": {"$ref": "#/$defs/N"}})}}


@pytest.mark.parametrize(
    "schema",
    [
        False,
        {"not": {}},
        {"enum": []},
        {"type": "string", "const": 1},
        {"type": "integer", "minimum": 2, "maximum": 1},
        {"type": "string", "minLength": 5, "maxLength": 4},
        {"type": "string", "pattern": "^a$", "minLength": 3},
        {"allOf": [{"type": "string"}, {"type": "integer"}]},
        {"type": "array", "items": {"enum": [1]}, "uniqueItems": True, "minItems": 2},
        {"type": "object", "properties": {"a": False}, "required": ["a"]},
        {"type": "object", "required": ["a"], "additionalProperties": False},
        {"oneOf": [{}, {}]},
        {"$ref": "#"},
        {"allOf": [{"$ref": "#"}], "type": "object"},
        NODE,
        thing({"good": WHOLE, "bad": False}),
        {"type": "integer", "multipleOf": 0.3, "exclusiveMinimum": 0, "maximum": 2},
    ],
    ids=str,
)
def test_the_closest_value_where_nothing_fits(schema: Any) -> None:
    start = time.monotonic()
    fill("Ada, 36", schema)
    fill("Ada, 36", schema, for_tool=True)
    assert time.monotonic() - start < 20


def test_the_rest_of_what_nothing_fits_is_still_good() -> None:
    assert fill("Ada, 36", thing({"age": WHOLE, "bad": False})) == {"age": 36, "bad": None}


SLOW: dict[str, Any] = {
    "nested repetition": thing({"s": {"type": "string", "pattern": r"^(([a-z])+.)+[A-Z]([a-z])+$", "minLength": 60}}),
    "alternatives alike": thing({"s": {"type": "string", "pattern": "^(a|a|aa)*b$", "minLength": 200}}),
    "repeated repetition": thing({"s": {"type": "string", "pattern": "^((a{1,50}){1,50}){1,50}$", "minLength": 100}}),
    "far ahead": thing({"s": {"type": "string", "pattern": "^(?=.*a.{15}b)(?=.*c.{15}d).*$"}}),
    "a great count": thing({"s": {"type": "string", "pattern": "^(ab){5000}$"}}),
    "many options": thing({"x": {"type": "string", "enum": [f"option {n}" for n in range(20_000)]}}),
    "many properties": thing({f"p{n}": {"anyOf": [TEXT, {"type": "null"}]} for n in range(1_000)}),
    "many alternatives that fail": {
        "allOf": [
            *[{"anyOf": [{"minimum": n}, {"maxLength": n}]} for n in range(25)],
            {"type": "boolean"},
            {"enum": [3]},
        ]
    },
    "alternatives without an end": {
        "$ref": "#/$defs/A",
        "$defs": {
            "A": {
                "anyOf": [
                    thing({"a": {"$ref": "#/$defs/B"}, "b": {"$ref": "#/$defs/A"}}),
                    thing({"c": {"$ref": "#/$defs/B"}}),
                ]
            },
            "B": {
                "oneOf": [
                    thing({"x": {"$ref": "#/$defs/A"}}),
                    thing({"y": {"$ref": "#/$defs/A"}, "z": {"$ref": "#/$defs/B"}}),
                ]
            },
        },
    },
    "a wide tree": {
        "$ref": "#/$defs/T",
        "$defs": {"T": thing({f"c{n}": {"anyOf": [{"$ref": "#/$defs/T"}, {"type": "null"}]} for n in range(12)})},
    },
    "a large count of items": {"type": "array", "items": thing({"a": WHOLE}), "minItems": 9_000},
    "a long text": thing({"s": TEXT | {"minLength": 200_000}}),
}
_DEEP: dict[str, Any] = {"type": "integer"}
for _ in range(110):
    _DEEP = thing({"a": _DEEP})
SLOW["deep"] = _DEEP


@pytest.mark.parametrize("name", SLOW)
def test_nothing_takes_long(name: str) -> None:
    start = time.monotonic()
    for text in ("Nothing.", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa! " * 40):
        fill(text, SLOW[name])
        fill(text, SLOW[name], for_tool=True)
    assert time.monotonic() - start < 60


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "nonsense"},
        {"type": 5, "properties": []},
        {"properties": {"a": 7, "b": "x"}, "required": "a"},
        {"minLength": "3", "maximum": None, "pattern": 4, "enum": "abc", "anyOf": {}, "items": 3},
        {"type": "string", "pattern": "(", "format": "no such"},
        {"type": "string", "pattern": "(?<=a)b\\1"},
        {"$ref": "https://example.com/other.json"},
        {"$ref": "#/nowhere/at/all"},
        {"type": "integer", "minimum": 1e300},
        {"type": "number", "multipleOf": 0},
        {"type": "array", "prefixItems": 3, "minItems": -4},
        {"dependencies": {"a": ["b"], "c": {"required": ["d"]}}, "required": ["a", "c"]},
        {"type": "array", "items": [{"type": "integer"}, {"type": "string"}], "additionalItems": False, "minItems": 2},
        {"type": "integer", "minimum": 3, "exclusiveMinimum": True},
    ],
    ids=str,
)
def test_odd_schemas_break_nothing(schema: Any) -> None:
    for for_tool in (False, True):
        assert fill("Ada, 36", schema, for_tool) == fill("Ada, 36", schema, for_tool)
