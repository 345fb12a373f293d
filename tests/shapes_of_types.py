# ruff: noqa: E501 - a case is one line
"""Types of real-world shapes, each with a value: what people ask models for. One list for all tests of typed output."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, NamedTuple, NotRequired, TypedDict, TypeVar
from uuid import UUID

import msgspec
import pydantic
from msgspec import Meta, Struct

T = TypeVar("T")


class Color(enum.Enum):
    RED = "red"
    GREEN = "green"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 3


@dataclass
class Address:
    """Where somebody lives."""

    street: str
    city: str
    zip: str | None = None


@dataclass
class Person:
    name: str
    age: int
    address: Address
    tags: list[str] = field(default_factory=list)


class Point(NamedTuple):
    x: float
    y: float
    label: str = "here"


class Movie(TypedDict):
    title: str
    year: NotRequired[int]


class Loose(TypedDict, total=False):
    a: int
    b: str


class Cat(Struct, tag="cat"):
    lives: int


class Dog(Struct, tag="dog"):
    good: bool
    friends: dict[str, int] = {}


class Owner(Struct):
    pet: Cat | Dog
    other: Cat | Dog | None = None


class Node(Struct):
    value: int
    children: list[Node] = []


class Tree(Struct):
    left: Tree | None
    right: Tree | None
    name: str


class Chain(Struct):
    word: str
    rest: list[Chain]


@dataclass
class Manager:
    name: str
    reports: list[Worker]


@dataclass
class Worker:
    name: str
    boss: Manager | None = None


class Expression(Struct, tag="sum"):
    parts: list[Expression | Number]


class Number(Struct, tag="number"):
    value: float


class Event(Struct):
    name: str
    when: dt.datetime
    day: dt.date
    at: dt.time
    took: dt.timedelta


class Local(Struct):
    when: Annotated[dt.datetime, Meta(tz=False)]
    zoned: Annotated[dt.datetime, Meta(tz=True)]


class Invoice(Struct, rename="camel"):
    invoice_id: UUID
    total_amount: Decimal
    line_items: list[Line]
    paid_on: dt.date | None = None


class Line(Struct):
    text: str
    count: Annotated[int, Meta(ge=1, le=999)]
    price: Decimal


class Limits(Struct):
    short: Annotated[str, Meta(max_length=5, min_length=1)]
    code: Annotated[str, Meta(pattern=r"^[A-Z]{2}[0-9]{3}$")]
    few: Annotated[list[int], Meta(min_length=2, max_length=4)]
    share: Annotated[float, Meta(gt=0, lt=1)]
    even: Annotated[int, Meta(multiple_of=2)]


class Described(Struct):
    """A thing with words about it."""

    size: Annotated[int, Meta(description="In bytes.", title="Size")]
    owner: Annotated[Address, Meta(description="Who pays.")]


class Row(Struct, array_like=True):
    id: int
    name: str
    score: float = 0.5


class Box(Struct, Generic[T]):
    content: T
    more: list[T] = []


class Empty(Struct):
    pass


class Closed(Struct, forbid_unknown_fields=True):
    a: int


class Renamed(Struct):
    kind: str = msgspec.field(name="type")
    ref: int = msgspec.field(name="$ref-count")


class Deep(Struct):
    a: dict[str, list[dict[str, tuple[int, str]]]]


class Bytes(Struct):
    data: bytes


class Defaults(Struct):
    a: int = 1
    b: str = "x"
    c: list[int] = []
    d: dict[str, str] = {}
    e: Color = Color.RED
    f: bool = False
    g: float | None = None


class Wide(Struct):
    a: int | str | None
    b: list[int] | dict[str, int] | None
    c: bool | float | str


class Config(Struct):
    settings: dict[str, Any]
    anything: Any
    listed: list[Any]


class Weekday(Struct):
    day: Literal["mon", "tue"]
    hours: Literal[1, 2, 3]
    mixed: Literal["auto", 0, None]


class Money(pydantic.BaseModel):
    amount: Decimal
    currency: Literal["EUR", "USD"] = "EUR"


class User(pydantic.BaseModel):
    """A user of the site."""

    id: int = pydantic.Field(gt=0, description="The number.")
    email: str = pydantic.Field(alias="e-mail", pattern=r"^[^@]+@[^@]+$")
    joined: dt.datetime
    nick: str | None = None


class Circle(pydantic.BaseModel):
    kind: Literal["circle"]
    radius: float


class Square(pydantic.BaseModel):
    kind: Literal["square"]
    side: float
    corners: dict[str, tuple[int, int]] = {}


class Drawing(pydantic.BaseModel):
    shape: Annotated[Circle | Square, pydantic.Field(discriminator="kind")]
    more: list[Circle | Square] = []


class Comment(pydantic.BaseModel):
    text: str
    replies: list[Comment] = []


class Page(pydantic.BaseModel, Generic[T]):
    items: list[T]
    next: str | None = None


class Root(pydantic.RootModel[list[Money]]):
    pass


class Tables(pydantic.BaseModel):
    cells: dict[str, dict[str, float]]
    pair: tuple[int, str]
    any: Any
    ids: set[int]


class Extras(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    name: str


class Forbids(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")
    name: str
    uuid: UUID


@pydantic.dataclasses.dataclass
class Stamped:
    when: dt.date
    note: str = ""


@dataclass
class WithModel:
    user: Money
    count: int


NAMED = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
NODE = {
    "type": "object",
    "properties": {"v": {"type": "integer"}, "next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}},
    "required": ["v", "next"],
}

DAY, NOON = dt.date(2026, 11, 23), dt.time(12, 30)
WHEN = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)
UID = UUID("12345678-1234-5678-1234-567812345678")
HERE = Address("Main St", "Oslo")

# Each a type, or a JSON schema, and a value of it; of a schema the plain value.
CASES: list[tuple[Any, Any]] = [
    (str, "hello"), (str, ""), (str, "[1]"), (int, 7), (float, 1.5), (bool, True), (None, None),
    (int | None, None), (int | None, 3), (str | None, None), (str | int, 4), (str | int, "4"),
    (dt.date, DAY), (dt.datetime, WHEN), (dt.time, NOON), (dt.timedelta, dt.timedelta(hours=2)),
    (Decimal, Decimal("1.10")), (UUID, UID), (bytes, b"hi"), (Color, Color.GREEN), (Level, Level.HIGH),
    (Literal["a", "b"], "b"), (Literal[1, "one", None], None), (Literal[1, "one", None], 1), (Literal["x"], "x"),
    (list[int], [1, 2]), (list[str], []), (list[list[float]], [[1.5], []]), (set[int], {1, 2}),
    (tuple[int, str], (1, "a")), (tuple[int, ...], (1, 2, 3)), (tuple[int, tuple[str, bool]], (1, ("a", False))),
    (dict[str, int], {"a": 1}), (dict[str, int], {}), (dict[int, str], {1: "x"}),
    (dict[str, list[dict[str, int]]], {"a": [{"b": 1}, {}]}), (dict[str, Any], {"a": [1, {"b": None}], "c": "d"}),
    (list[dict[str, str]], [{"a": "b"}]), (list[Any], [1, "x", None, {"a": [True]}]), (Any, {"deep": [1]}), (Any, None),
    (list[int] | None, [1]), (dict[str, int] | list[int], {"a": 1}), (dict[str, int] | list[int], [1, 2]),
    (list[int | str], [1, "a"]), (list[Color], [Color.RED]), (dict[str, Color], {"a": Color.RED}),
    (Address, HERE), (Address, Address("a", "b", "c")), (list[Address], [HERE, HERE]), (Address | None, None),
    (Person, Person("Ada", 36, HERE, ["x"])), (Person, Person("Ada", 36, HERE)), (dict[str, Person], {"a": Person("B", 1, HERE)}),
    (Point, Point(1.5, 2.5, "x")), (Point, Point(1.5, 2.5)), (list[Point], [Point(0.5, 0.5, "a")]),
    (Movie, {"title": "M", "year": 1931}), (Movie, {"title": "M"}), (Loose, {}), (Loose, {"b": "x"}),
    (Owner, Owner(Cat(9))), (Owner, Owner(Dog(True, {"a": 1}), Cat(1))), (Cat | Dog, Dog(False)), (list[Cat | Dog], [Cat(1), Dog(True)]),
    (Node, Node(1, [Node(2), Node(3, [Node(4)])])), (list[Node], [Node(1)]), (Tree, Tree(None, Tree(None, None, "b"), "a")),
    (Chain, Chain("a", [Chain("b", [])])), (Manager, Manager("A", [Worker("B"), Worker("C", Manager("D", []))])),
    (Expression, Expression([Number(1.5), Expression([Number(2.0)])])), (Node | None, Node(1, [Node(2)])),
    (Event, Event("x", WHEN, DAY, NOON, dt.timedelta(minutes=5))), (Local, Local(dt.datetime(2026, 1, 2, 3, 4, 5), WHEN)),
    (dt.datetime | None, WHEN), (dt.date | None, None), (list[dt.datetime], [WHEN]), (dict[str, dt.date], {"a": DAY}),
    (Invoice, Invoice(UID, Decimal("9.99"), [Line("x", 2, Decimal("1"))], DAY)), (Limits, Limits("ab", "AB123", [1, 2], 0.5, 4)),
    (Described, Described(1, HERE)), (Row, Row(1, "a", 1.5)), (Row, Row(1, "a")), (list[Row], [Row(1, "a", 2.5)]),
    (Box[int], Box(1, [2])), (Box[Address], Box(HERE)), (Box[Box[str]], Box(Box("a"), [Box("b")])), (list[Box[int]], [Box(1)]),
    (Empty, Empty()), (Closed, Closed(1)), (Renamed, Renamed("a", 2)), (Deep, Deep({"a": [{"b": (1, "c")}]})), (Bytes, Bytes(b"\x00\xff")),
    (Defaults, Defaults()), (Defaults, Defaults(2, "y", [1], {"a": "b"}, Color.GREEN, True, 1.5)),
    (Wide, Wide(None, [1], "x")), (Wide, Wide("s", {"a": 1}, 1.5)), (Wide, Wide(3, None, True)),
    (Config, Config({"a": 1, "b": [None]}, "text", [1, "2"])), (Weekday, Weekday("mon", 2, 0)), (Weekday, Weekday("tue", 1, None)),
    (Money, Money(amount=Decimal("1.5"))), (User, User(**{"id": 1, "e-mail": "a@b", "joined": WHEN})), (list[Money], [Money(amount=Decimal("2"))]),
    (Drawing, Drawing(shape=Square(kind="square", side=1.5, corners={"a": (1, 2)}), more=[Circle(kind="circle", radius=0.5)])),
    (Circle | Square, Circle(kind="circle", radius=2.5)), (Comment, Comment(text="a", replies=[Comment(text="b")])),
    (Page[Money], Page[Money](items=[Money(amount=Decimal("3"))])), (Page[int], Page[int](items=[1], next="n")), (Root, Root([Money(amount=Decimal("1"))])),
    (Tables, Tables(cells={"a": {"b": 1.5}}, pair=(1, "x"), any=[1], ids={1})), (Extras, Extras(name="a")), (Forbids, Forbids(name="a", uuid=UID)),
    (Stamped, Stamped(DAY)), (WithModel, WithModel(Money(amount=Decimal("1")), 2)), (dict[str, Money], {"a": Money(amount=Decimal("1"))}),
    (NAMED, {"name": "a"}), ({"type": "object", "properties": {"a": {"type": ["string", "null"], "maxLength": 3}}}, {"a": None}),
    ({"type": "array", "items": NAMED}, [{"name": "a"}]), ({"type": "string", "enum": ["a", "b"]}, "a"), ({"enum": ["a", 1, None, True]}, True),
    ({"oneOf": [NAMED, {"type": "integer"}]}, 3), ({"anyOf": [NAMED, {"type": "null"}]}, {"name": "x"}),
    ({"allOf": [NAMED, {"type": "object", "properties": {"b": {"type": "boolean"}}, "required": ["b"]}]}, {"name": "a", "b": True}),
    (NODE, {"v": 1, "next": {"v": 2, "next": None}}), ({"type": "array", "items": {"$ref": "#"}}, [[], [[]]]),
    ({"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": {"type": "string"}}, {"a": 1, "b": "x"}),
    ({"type": "object", "patternProperties": {"^x": {"type": "integer"}}}, {"xa": 1}), ({"type": "object", "additionalProperties": False}, {}),
    ({"type": "object", "properties": {"k": {"const": True}, "v": {"const": "x"}}, "required": ["k", "v"]}, {"k": True, "v": "x"}),
    ({"properties": {"a": {"minimum": 3}, "b": {"minLength": 2}}}, {"a": 4, "b": "xy"}), ({"const": {"a": [1, "b"]}}, {"a": [1, "b"]}),
    ({"type": "object", "properties": {"base": {"type": "integer"}}, "required": ["base"], "anyOf": [NAMED, {"required": ["base"], "properties": {"z": {"type": "null"}}}]}, {"base": 1, "name": "n"}),
    ({"type": "object", "properties": {"a": {"type": "string"}, "b": {"$ref": "#/properties/a"}}, "required": ["a", "b"]}, {"a": "x", "b": "y"}),
    ({"type": "object", "definitions": {"n": NAMED}, "properties": {"a": {"$ref": "#/definitions/n"}}, "required": ["a"]}, {"a": {"name": "q"}}),
    ({"type": "array", "prefixItems": [{"type": "integer"}], "items": {"type": "string"}}, [1, "a", "b"]),
    ({"type": "object", "properties": {"u": {"type": "string", "format": "uri"}, "n": {"type": "integer", "format": "int32"}}}, {"u": "http://x", "n": 1}),
    ({"type": ["integer", "string"], "minimum": 2}, "a"), ({"type": "object"}, {"any": ["thing"]}),
    ({"type": "array", "items": {"type": "string"}, "minItems": 2, "uniqueItems": True}, ["a", "b"]),
]  # fmt: skip
