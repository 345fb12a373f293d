"""Schemas as people write them: pydantic models of many kinds, and shapes by hand."""

from __future__ import annotations

import enum
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Any, Literal, NamedTuple, Optional
from uuid import UUID

from pydantic import AnyUrl, BaseModel, ConfigDict, Field, conlist
from typing_extensions import TypedDict

__all__ = ["BY_HAND", "MODELS"]


class Mood(enum.Enum):
    GOOD = "good"
    BAD = "bad"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 5


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Address(Strict):
    street: str
    city: str
    zip_code: Annotated[str, Field(pattern=r"^\d{5}(-\d{4})?$")]
    country: Literal["US", "CA", "MX"] = "US"


class Person(Strict):
    name: str
    age: Annotated[int, Field(ge=0, le=130)]
    nickname: str | None = None
    address: Address
    previous: list[Address] = []


class Company(Strict):
    name: str
    founded: date
    people: Annotated[list[Person], Field(min_length=1, max_length=3)]
    revenue: Decimal
    by_year: dict[str, float]


class Node(BaseModel):
    value: int
    left: Optional[Node] = None  # noqa: UP045
    right: Optional[Node] = None  # noqa: UP045


class Folder(BaseModel):
    name: str
    folders: list[Folder]
    files: dict[str, int] = {}


class Cat(Strict):
    kind: Literal["cat"]
    lives: Annotated[int, Field(ge=1, le=9)]


class Dog(Strict):
    kind: Literal["dog"]
    tricks: Annotated[list[str], Field(min_length=2)]


class Fish(Strict):
    kind: Literal["fish"]
    salt: bool


class Owner(BaseModel):
    pet: Annotated[Cat | Dog | Fish, Field(discriminator="kind")]
    others: list[Annotated[Cat | Dog, Field(discriminator="kind")]]


class Add(BaseModel):
    op: Literal["add"]
    left: Expression
    right: Expression


class Constant(BaseModel):
    op: Literal["number"]
    value: float


class Expression(BaseModel):
    body: Annotated[Add | Constant, Field(discriminator="op")]


class Times(BaseModel):
    day: date
    moment: datetime
    clock: time
    span: timedelta
    until: datetime | None


class Nets(BaseModel):
    four: IPv4Address
    six: IPv6Address
    url: AnyUrl
    id: UUID
    mail: Annotated[str, Field(json_schema_extra={"format": "email"})]


class Bounds(BaseModel):
    percent: Annotated[float, Field(ge=0, le=100)]
    ratio: Annotated[float, Field(gt=0, lt=1)]
    even: Annotated[int, Field(multiple_of=2, gt=10)]
    cents: Annotated[float, Field(multiple_of=0.01, ge=0)]
    debt: Annotated[int, Field(lt=-5)]
    code: Annotated[str, Field(min_length=8, max_length=8)]
    slug: Annotated[str, Field(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", min_length=12)]


class Sets(BaseModel):
    tags: set[str]
    levels: Annotated[set[Level], Field(min_length=2)]
    pair: tuple[int, str]
    triple: tuple[float, float, float]
    moods: list[Mood]
    matrix: conlist(conlist(int, min_length=2, max_length=2), min_length=2)  # type: ignore[valid-type]
    frozen: frozenset[int]


class Anything(BaseModel):
    data: Any
    extra: dict[str, Any]
    blob: bytes
    either: int | str | list[str] | None
    numbers: list[int | float]


class Options(BaseModel):
    a: str | None
    b: int | None
    c: list[str] | None
    d: Address | None
    e: Mood | None = None
    f: Literal["x", 1, True, None] = None


class Step(BaseModel):
    explanation: str
    output: str


class Reasoning(BaseModel):
    steps: list[Step]
    final_answer: str


class Invoice(BaseModel):
    number: Annotated[str, Field(pattern=r"^INV-\d{4}-\d{3,}$")]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    issued: date
    due: date | None = None
    lines: Annotated[list[Line], Field(min_length=1)]
    total: Annotated[str, Field(json_schema_extra={"pattern": r"^(?!^[-+.]*$)[+-]?0*\d*\.?\d*$"})]


class Line(BaseModel):
    sku: Annotated[str, Field(pattern=r"^[A-Z]{2}\d{3}$")]
    quantity: Annotated[int, Field(gt=0)]
    price: Decimal


class Movie(TypedDict):
    title: str
    year: int
    cast: list[str]


class Point(NamedTuple):
    x: float
    y: float


class Mixed(BaseModel):
    movie: Movie
    path: list[Point]
    alias: Annotated[str, Field(alias="theAlias")]
    deep: dict[str, dict[str, list[int]]]


class Classification(BaseModel):
    category: Literal["bug", "feature", "question"]
    priority: Level
    sentiment: Literal["positive", "negative", "neutral"]
    confidence: Annotated[float, Field(ge=0, le=1)]
    labels: Annotated[list[Literal["ui", "api", "docs"]], Field(max_length=2)]


class A(BaseModel):
    b: B | None


class B(BaseModel):
    cs: list[C]


class C(BaseModel):
    a: A | None
    name: str


class Menu(BaseModel):
    title: str
    items: Annotated[list[Menu], Field(max_length=3)] = []
    icon: Annotated[str, Field(pattern=r"^icon-[a-z]+$")] = "icon-home"


class Secret(BaseModel):
    password: Annotated[str, Field(json_schema_extra={"pattern": r"^(?=.*[A-Z])(?=.*\d)(?=.*[!@#]).{10,}$"})]
    pin: Annotated[str, Field(pattern=r"^\d{4}$")]
    hue: Annotated[str, Field(pattern=r"^#([0-9a-f]{3}|[0-9a-f]{6})$")]
    phone: Annotated[str, Field(pattern=r"^\+[1-9]\d{6,14}$")]
    semver: Annotated[str, Field(pattern=r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?$")]
    iban: Annotated[str, Field(pattern=r"^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$")]
    host: Annotated[str, Field(json_schema_extra={"pattern": r"^(?!-)[a-z0-9-]{1,63}(\.[a-z]{2,})+$"})]


MODELS: list[type[BaseModel]] = [
    *(Address, Person, Company, Node, Folder, Cat, Dog, Owner, Expression, Times, Nets, Bounds, Sets, Anything),
    *(Options, Reasoning, Invoice, Mixed, Classification, A, B, C, Menu, Secret),
]
for model in MODELS:
    model.model_rebuild()


def thing(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A closed object with everything required, as strict structured outputs want it."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
        **more,
    }


TEXT: dict[str, Any] = {"type": "string"}
WHOLE: dict[str, Any] = {"type": "integer"}
BY_HAND: dict[str, Any] = {
    "a strict optional": thing({"unit": {"type": ["string", "null"], "enum": ["c", "f", None]}}),
    "an enum of one": thing({"kind": {"type": "string", "enum": ["only"]}}),
    "an enum of numbers": thing({"n": {"type": "integer", "enum": [3, 5, 8]}}),
    "an enum without a type": thing({"n": {"enum": [None, False, 0, "", [], {}]}}),
    "a const object": thing({"c": {"const": {"a": [1, 2, {"b": None}]}}}),
    "constants of all kinds": thing(
        {name: {"const": value} for name, value in zip("abcde", (1, 1.5, "x", True, None), strict=True)}
    ),
    "a root list": {"type": "array", "items": TEXT, "minItems": 2},
    "a root text": {"type": "string", "maxLength": 5},
    "a root number": {"type": "number", "minimum": 5, "maximum": 6},
    "a root enum": {"type": "string", "enum": ["a", "b"]},
    "a root boolean": {"type": "boolean"},
    "a root null": {"type": "null"},
    "a root union": {"anyOf": [thing({"a": TEXT}), thing({"b": WHOLE})]},
    "a root reference": {"$ref": "#/$defs/X", "$defs": {"X": thing({"a": TEXT})}},
    "a reference with neighbours": thing(
        {"a": {"$ref": "#/definitions/T", "minLength": 4, "description": "x"}},
        definitions={"T": TEXT | {"maxLength": 6}},
    ),
    "a reference to a property": thing({"a": WHOLE | {"minimum": 9}, "b": {"$ref": "#/properties/a"}}),
    "a reference with escapes": thing({"a": {"$ref": "#/$defs/x~1y%25"}}, **{"$defs": {"x/y%": {"const": 7}}}),
    "an anchor": thing({"a": {"$ref": "#here"}}, **{"$defs": {"H": {"$anchor": "here", "const": 4}}}),
    "a recursive root": thing({"name": TEXT, "kids": {"type": "array", "items": {"$ref": "#"}}}),
    "a linked list": thing({"v": WHOLE, "next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}),
    "a list that must go on twice": {
        "$ref": "#/$defs/N",
        "$defs": {"N": {"anyOf": [thing({"next": {"$ref": "#/$defs/N"}}), thing({"end": WHOLE})]}},
    },
    "a required recursion that ends in a list": {
        "$ref": "#/$defs/T",
        "$defs": {"T": thing({"branches": {"type": "array", "items": {"$ref": "#/$defs/T"}, "maxItems": 2}})},
    },
    "a grammar of expressions": {
        "$ref": "#/$defs/E",
        "$defs": {
            "E": {"oneOf": [{"type": "number"}, thing({"op": {"enum": ["+", "-"]}, "args": {"$ref": "#/$defs/P"}})]},
            "P": {
                "type": "array",
                "prefixItems": [{"$ref": "#/$defs/E"}, {"$ref": "#/$defs/E"}],
                "minItems": 2,
                "items": False,
            },
        },
    },
    "everything merged": {
        "allOf": [thing({"a": TEXT, "b": WHOLE}), {"properties": {"a": {"minLength": 5}}}, {"required": ["b"]}]
    },
    "nested allOf": thing({"n": {"allOf": [{"allOf": [{"minimum": 3}]}, {"maximum": 4}, {"type": "integer"}]}}),
    "bounds in anyOf": thing({"n": {"type": "integer", "anyOf": [{"minimum": 100}, {"maximum": -100}]}}),
    "anyOf beside properties": {
        "type": "object",
        "properties": {"mail": {"type": "string", "format": "email"}, "phone": TEXT},
        "anyOf": [{"required": ["mail"]}, {"required": ["phone"]}],
    },
    "oneOf beside properties": {
        "type": "object",
        "properties": {"mail": TEXT, "phone": TEXT},
        "oneOf": [{"required": ["mail"]}, {"required": ["phone"]}],
    },
    "oneOf that overlaps": thing({"n": {"oneOf": [{"type": "number"}, {"type": "integer"}]}}),
    "oneOf of bounds": thing({"n": {"type": "integer", "oneOf": [{"minimum": 5}, {"maximum": 10}]}}),
    "oneOf of multiples": thing(
        {"n": {"type": "integer", "minimum": 1, "oneOf": [{"multipleOf": 3}, {"multipleOf": 5}]}}
    ),
    "if, then and else": thing({"country": {"enum": ["US", "NL"]}, "zip": TEXT})
    | {
        "if": {"properties": {"country": {"const": "US"}}},
        "then": {"properties": {"zip": {"pattern": r"^\d{5}$"}}},
        "else": {"properties": {"zip": {"pattern": r"^\d{4} [A-Z]{2}$"}}},
    },
    "if that asks for more": {
        "type": "object",
        "properties": {"express": {"const": True}, "fee": WHOLE},
        "required": ["express"],
        "if": {"properties": {"express": {"const": True}}},
        "then": {"required": ["fee"]},
    },
    "if and only else": thing({"n": WHOLE}) | {"if": {"properties": {"n": {"minimum": 0}}}, "else": False},
    "not a type": thing({"x": {"not": {"type": "string"}}}),
    "not an enum": thing({"x": {"type": "string", "enum": ["a", "b", "c"], "not": {"enum": ["a", "b"]}}}),
    "not a property": {"type": "object", "properties": {"a": TEXT, "b": TEXT}, "not": {"required": ["a"]}},
    "not empty": thing({"s": {"type": "string", "not": {"maxLength": 0}}}),
    "not a pattern": thing({"s": {"type": "string", "pattern": "^[a-c]{2}$", "not": {"pattern": "^a"}}}),
    "not anyOf": thing({"n": {"type": "integer", "not": {"anyOf": [{"minimum": 0}, {"multipleOf": 2}]}}}),
    "not not": thing({"n": {"not": {"not": {"type": "integer", "minimum": 44}}}}),
    "one needs another": {
        "type": "object",
        "properties": {"card": WHOLE, "address": TEXT},
        "required": ["card"],
        "dependentRequired": {"card": ["address"]},
    },
    "needs in a row": {"type": "object", "required": ["a"], "dependentRequired": {"a": ["b"], "b": ["c"]}},
    "a schema that depends": {
        "type": "object",
        "properties": {"a": WHOLE},
        "required": ["a"],
        "dependentSchemas": {"a": {"properties": {"b": {"type": "integer", "minimum": 8}}, "required": ["b"]}},
    },
    "a map": {"type": "object", "additionalProperties": WHOLE, "minProperties": 2},
    "a map of lists": {"type": "object", "additionalProperties": {"type": "array", "items": WHOLE}, "minProperties": 1},
    "a map with names": {
        "type": "object",
        "propertyNames": {"enum": ["red", "green"]},
        "additionalProperties": WHOLE,
        "minProperties": 2,
    },
    "names by pattern": {
        "type": "object",
        "patternProperties": {"^s_": TEXT, "^n_": WHOLE},
        "additionalProperties": False,
        "minProperties": 3,
    },
    "few properties": {
        "type": "object",
        "properties": dict.fromkeys("abcdef", TEXT),
        "required": ["c"],
        "maxProperties": 2,
    },
    "unknown names required": {"type": "object", "required": ["x", "y"], "additionalProperties": {"type": "boolean"}},
    "nothing but an object": {"type": "object"},
    "an empty object": thing({}),
    "a tuple": {"type": "array", "prefixItems": [TEXT, WHOLE, {"type": "boolean"}], "items": False, "minItems": 3},
    "a tuple and more": {"type": "array", "prefixItems": [TEXT], "items": WHOLE, "minItems": 4},
    "contains": {"type": "array", "items": WHOLE, "contains": {"minimum": 50}, "minContains": 2, "maxContains": 2},
    "unique numbers": {
        "type": "array",
        "items": WHOLE | {"minimum": 1, "maximum": 5},
        "uniqueItems": True,
        "minItems": 5,
    },
    "unique texts": {"type": "array", "items": TEXT, "uniqueItems": True, "minItems": 4},
    "unique patterns": {
        "type": "array",
        "items": {"type": "string", "pattern": "^[ab]{2}$"},
        "uniqueItems": True,
        "minItems": 4,
    },
    "unique objects": {
        "type": "array",
        "items": thing({"a": {"enum": [1, 2]}, "b": {"enum": [1, 2]}}),
        "uniqueItems": True,
        "minItems": 3,
    },
    "unique booleans": {"type": "array", "items": {"type": "boolean"}, "uniqueItems": True, "minItems": 2},
    "a list of lists": {"type": "array", "minItems": 2, "items": {"type": "array", "items": WHOLE, "minItems": 2}},
    "an empty list": {"type": "array", "maxItems": 0, "items": TEXT},
    "a long list": {"type": "array", "items": WHOLE, "minItems": 500},
    "small steps": thing({"n": {"type": "number", "multipleOf": 0.01, "exclusiveMinimum": 0, "maximum": 0.03}}),
    "two steps": thing({"n": {"type": "integer", "allOf": [{"multipleOf": 4}, {"multipleOf": 6}], "minimum": 1}}),
    "a narrow number": thing({"n": {"type": "number", "exclusiveMinimum": 1, "exclusiveMaximum": 1.001}}),
    "a large number": thing({"n": {"type": "integer", "minimum": 10**15}}),
    "a negative number": thing({"n": {"type": "number", "maximum": -0.5}}),
    "a number that is whole": thing({"n": {"type": "number", "multipleOf": 1.0, "minimum": 2.5}}),
    "a long text": thing({"s": TEXT | {"minLength": 3000}}),
    "a text of one letter": thing({"s": TEXT | {"minLength": 1, "maxLength": 1}}),
    "a pattern and a length": thing({"s": {"type": "string", "pattern": "^[a-z]+$", "minLength": 30, "maxLength": 31}}),
    "two patterns": thing({"s": {"type": "string", "allOf": [{"pattern": "^a"}, {"pattern": "z$"}, {"minLength": 9}]}}),
    "a format and a pattern": thing({"s": {"type": "string", "format": "email", "pattern": "@corp\\.example$"}}),
    "a format and a length": thing({"s": {"type": "string", "format": "email", "minLength": 40}}),
    "a date and a pattern": thing({"s": {"type": "string", "format": "date", "pattern": "^2031-"}}),
    "a default": thing({"s": TEXT | {"default": "as it was"}}),
    "examples": thing({"s": TEXT | {"pattern": "^x", "examples": ["y", "xylo"]}}),
    "base64": thing({"s": TEXT | {"contentEncoding": "base64"}}),
    "types in a list": thing({"x": {"type": ["array", "integer"], "items": TEXT, "minimum": 3}}),
    "draft 4": thing({"n": {"type": "integer", "minimum": 3}}),
    "titles and descriptions": thing(
        {"s": TEXT | {"title": "S", "description": "Say it."}}, title="T", description="D"
    ),
    "boolean schemas": {"type": "object", "properties": {"a": True, "b": False}, "required": ["a"]},
    "unevaluated": {
        "allOf": [{"properties": {"a": TEXT}, "required": ["a"]}],
        "properties": {"b": WHOLE},
        "unevaluatedProperties": False,
    },
    "thirty options": thing({"x": {"anyOf": [thing({"kind": {"const": f"k{n}"}, "v": WHOLE}) for n in range(30)]}}),
    "fifty fields": thing({f"field_{n}": [TEXT, WHOLE, {"type": ["null", "string"]}][n % 3] for n in range(50)}),
    "a deep object": thing({"a": thing({"b": thing({"c": thing({"d": thing({"e": thing({"f": WHOLE})})})})})}),
}
