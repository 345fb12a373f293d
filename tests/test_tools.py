"""Functions as tools: what a model is told of them, and how its arguments are checked."""

from __future__ import annotations

import datetime as dt
import enum
import functools
import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Literal, TypedDict

import msgspec
import pydantic
import pytest

from ringup.errors import ParameterError
from ringup.messages import Image, Text, Tool, ToolCall, ToolResult
from ringup.tools import answered, failed, function, read_tools


class Unit(enum.Enum):
    C = "celsius"
    F = "fahrenheit"


@dataclass
class Place:
    """Somewhere on earth."""

    city: str
    country: str | None = None


class Window(TypedDict):
    begin: dt.date
    end: dt.date


def weather(  # noqa: PLR0917
    place: Place,
    days: Annotated[int, msgspec.Meta(ge=1, le=14)],
    unit: Unit = Unit.C,
    kind: Literal["short", "long"] = "short",
    window: Window | None = None,
    tags: Annotated[list[str], "What to look at."] = [],  # noqa: B006
) -> str:
    """Tell the weather.

    Takes a while.

    Args:
        place: Where.
        days: How many days, at most 14.
        unit: In which unit.

    Returns:
        Words.
    """
    return f"{place} {days} {unit} {kind} {window} {tags}"


def call(_name: str = "f", /, **arguments: Any) -> ToolCall:
    return ToolCall("1", _name, json.dumps(arguments))


def test_the_schema_of_a_function() -> None:
    tool = function(weather).tool
    assert tool.name == "weather"
    assert tool.description == "Tell the weather.\n\nTakes a while."
    assert tool.parameters is not None
    properties = tool.parameters["properties"]
    assert tool.parameters["required"] == ["place", "days"]
    assert tool.parameters["additionalProperties"] is False
    assert properties["place"] == {"anyOf": [{"$ref": "#/$defs/Place"}], "description": "Where."}
    assert properties["days"] == {
        **{"type": "integer", "minimum": 1, "maximum": 14},
        "description": "How many days, at most 14.",
    }
    assert properties["unit"]["default"] == "celsius"
    assert properties["kind"] == {"enum": ["long", "short"], "default": "short"}
    assert properties["window"]["default"] is None
    assert properties["tags"]["description"] == "What to look at."
    assert tool.parameters["$defs"]["Place"]["properties"]["city"] == {"type": "string"}
    assert tool.parameters["$defs"]["Window"]["properties"]["begin"]["format"] == "date"


STYLES = [
    """Add two numbers.

    Args:
        a (int): The first.
        b: The second.
    """,
    """Add two numbers.

    Parameters
    ----------
    a : int
        The first.
    b : int
        The second.
    """,
    """Add two numbers.

    :param a: The first.
    :param b: The second.
    :returns: The sum.
    """,
]


@pytest.mark.parametrize("style", STYLES, ids=["google", "numpy", "rest"])
def test_docstrings(style: str) -> None:
    def add(a: int, b: int) -> int:
        return a + b

    add.__doc__ = style
    tool = function(add).tool
    assert tool.description == "Add two numbers."
    assert tool.parameters is not None
    assert {name: held["description"] for name, held in tool.parameters["properties"].items()} == {
        "a": "The first.",
        "b": "The second.",
    }


def test_without_the_parser_the_first_paragraph_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    def plain(a: int) -> int:
        """Do it.

        Args:
            a: The first.
        """
        return a

    monkeypatch.setitem(__import__("sys").modules, "docstring_parser", None)
    tool = function(plain).tool
    assert (tool.description, tool.parameters and tool.parameters["properties"]) == (
        "Do it.",
        {"a": {"type": "integer"}},
    )


def test_a_description_may_stand_in_a_hint() -> None:
    def f(
        a: Annotated[int, "Words."],
        b: Annotated[int, msgspec.Meta(description="Meta's.")],
        c: Annotated[int, pydantic.Field(description="Field's.", gt=3)],
        d: int,
    ) -> None:
        """:param d: The docstring's."""

    tool = function(f)
    properties = (tool.tool.parameters or {})["properties"]
    assert [properties[name]["description"] for name in "abcd"] == ["Words.", "Meta's.", "Field's.", "The docstring's."]
    assert properties["c"]["exclusiveMinimum"] == 3
    with pytest.raises(ValueError, match="c: value: Input should be greater than 3"):
        tool.read(call(a=1, b=1, c=1, d=1))


class Shop:
    def __init__(self) -> None:
        self.sold: list[str] = []

    def sell(self, what: str) -> str:
        """Sell it."""
        self.sold.append(what)
        return what

    @staticmethod
    def price(what: str) -> float:
        """Its price."""
        return 1.5

    @classmethod
    def open(cls, hour: int = 8) -> str:
        """Open it."""
        return f"{cls.__name__} {hour}"


class Search:
    """Finds things."""

    def __call__(self, words: str, limit: int = 3) -> list[str]:
        return [words] * limit


def wrapped(given: Any) -> Any:
    @functools.wraps(given)
    def inner(*args: Any, **kwargs: Any) -> Any:
        return given(*args, **kwargs)

    return inner


@wrapped
def decorated(a: int) -> int:
    """Decorated."""
    return a


def scaled(value: float, factor: float, label: str = "x") -> str:
    """Scale it."""
    return f"{label}{value * factor}"


@pytest.mark.parametrize(
    ("given", "name", "says", "fields"),
    [
        (Shop().sell, "sell", "Sell it.", ["what"]),
        (Shop.price, "price", "Its price.", ["what"]),
        (Shop.open, "open", "Open it.", ["hour"]),
        (Search(), "Search", "Finds things.", ["words", "limit"]),
        (decorated, "decorated", "Decorated.", ["a"]),
        (functools.partial(scaled, factor=2.0), "scaled", "Scale it.", ["value", "label"]),
        (functools.partial(scaled, 2.0), "scaled", "Scale it.", ["factor", "label"]),
        (functools.partial(Search(), limit=1), "Search", "Finds things.", ["words"]),
        (functools.lru_cache(scaled), "scaled", "Scale it.", ["value", "factor", "label"]),
    ],
)
def test_what_can_be_called(given: Any, name: str, says: str, fields: list[str]) -> None:
    tool = function(given).tool
    assert (tool.name, tool.description) == (name, says)
    assert tool.parameters is not None
    assert list(tool.parameters["properties"]) == fields


def test_types_of_the_hints_count() -> None:
    assert (function(functools.partial(scaled, factor=2.0)).tool.parameters or {})["properties"]["value"] == {
        "type": "number"
    }
    assert (function(Search()).tool.parameters or {})["properties"]["limit"] == {"type": "integer", "default": 3}


async def later(a: int) -> int:
    return a


class Later:
    async def __call__(self, a: int) -> int:
        return a

    async def method(self, a: int) -> int:
        return a


def test_coroutine_functions_are_known() -> None:
    found = [later, Later(), Later().method, functools.partial(later, a=1), functools.partial(Later())]
    assert all(function(given).is_async for given in found)
    assert not function(scaled).is_async


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (lambda *args: None, "<lambda>"),
        (print, "can only fill named ones"),
        (functools.partial(print), "named ones"),
    ],
)
def test_what_cannot_be_a_tool(given: Any, why: str) -> None:
    with pytest.raises(ParameterError, match=why):
        function(given)


def test_parameters_that_cannot_be_told() -> None:
    def many(*args: int) -> None: ...
    def named(**rest: int) -> None: ...
    def first(a: int, /) -> None: ...
    def strange(a: object) -> None: ...
    def lost(a: Missing) -> None: ...  # type: ignore[name-defined] # noqa: F821
    def custom(a: Shop) -> None: ...

    for given in (many, named, first):
        with pytest.raises(ParameterError, match="a model can only fill named ones"):
            function(given)
    with pytest.raises(ParameterError, match="the parameters of lost can't be told: name 'Missing'"):
        function(lost)
    with pytest.raises(ParameterError, match="the parameter a of custom can't be described to a model"):
        function(custom)


def test_the_same_name_for_two_types() -> None:
    def make(fields: dict[str, Any]) -> Any:
        return msgspec.defstruct("Item", list(fields.items()))

    one, two = make({"a": int}), make({"b": str})

    def both(x: int, y: int, z: int) -> None: ...

    both.__annotations__ = {"x": one, "y": two, "z": list[two]}
    parameters = function(both).tool.parameters or {}
    assert parameters["properties"]["x"] == {"$ref": "#/$defs/Item"}
    assert parameters["properties"]["y"] == {"$ref": "#/$defs/Item_2"}
    assert list(parameters["$defs"]["Item"]["properties"]) == ["a"]
    assert list(parameters["$defs"]["Item_2"]["properties"]) == ["b"]


def test_no_parameters() -> None:
    def now() -> str:
        return "now"

    assert function(now).tool.parameters == {
        "type": "object",
        "properties": {},
        "required": [],
        "additionalProperties": False,
    }
    assert function(now).read(ToolCall("1", "now", "")) == {}


# Arguments


def test_arguments_become_values_of_the_hints() -> None:
    found = function(weather).read(
        call(
            "weather",
            place={"city": "Oslo"},
            days=3,
            unit="fahrenheit",
            window={"begin": "2026-01-01", "end": "2026-01-02"},
        )
    )
    assert found == {
        "place": Place("Oslo"),
        "days": 3,
        "unit": Unit.F,
        "window": {"begin": dt.date(2026, 1, 1), "end": dt.date(2026, 1, 2)},
    }


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"place": {"city": "x"}}', "days is missing"),
        ('{"place": {"city": "x"}, "days": 99}', "days: Expected `int` <= 14"),
        ('{"place": {"city": 3}, "days": 1}', r"place: Expected `str`, got `int` - at `\$.city`"),
        ('{"place": {"city": "x"}, "days": 1, "colour": "red"}', "colour isn't one of its parameters"),
        (
            '{"place": "x", "unit": "kelvin"}',
            "days is missing; place: Expected `object`.*; unit: Invalid enum value 'kelvin'",
        ),
        ("[1]", "aren't a JSON object"),
        ('{"place": ', "aren't valid JSON"),
        ("null", "aren't a JSON object"),
    ],
)
def test_arguments_that_do_not_fit(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        function(weather).read(ToolCall("1", "weather", text))


# Lists of tools


def test_dicts_are_tools_for_ones_own_loop() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    nested = {"type": "function", "function": {"name": "x", "description": "d", "parameters": schema, "strict": True}}
    tools, functions = read_tools(
        [
            nested,
            {"type": "function", "name": "y", "parameters": schema},
            {"name": "z", "input_schema": schema},
            {"name": "w"},
            Tool("v"),
            scaled,
        ]
    )
    assert [getattr(tool, "name", None) for tool in tools] == ["x", "y", "z", "w", "v", "scaled"]
    assert tools[0] == Tool("x", "d", schema, True)
    assert list(functions) == ["scaled"]
    assert read_tools(None) == ((), {})


@pytest.mark.parametrize(
    ("given", "where", "why"),
    [
        (scaled, "tools", "not a list of functions"),
        ("scaled", "tools", "not a list"),
        ({"name": "x"}, "tools", "not a list"),
        ([3], r"tools\[0\]", "not a function"),
        ([scaled, scaled], r"tools\[1\]", "two tools are called 'scaled'"),
        ([{"type": "function", "function": {}}], r"tools\[0\]", "is no tool"),
        ([{"parameters": {}}], r"tools\[0\]", "is no tool"),
        ([{"name": "x", "parameters": 3}], r"tools\[0\]", "is no tool"),
    ],
)
def test_lists_that_cannot_be_read(given: Any, where: str, why: str) -> None:
    with pytest.raises(ParameterError, match=why) as caught:
        read_tools(given)
    assert __import__("re").fullmatch(where, caught.value.parameter)


# Results


@dataclass
class Report:
    day: dt.date
    price: Decimal
    more: list[int] = field(default_factory=list)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("words", "words"),
        ("", ""),
        (None, "null"),
        (3, "3"),
        ({"a": [1, None]}, '{"a":[1,null]}'),
        (Report(dt.date(2026, 1, 1), Decimal("1.50")), '{"day":"2026-01-01","price":"1.50","more":[]}'),
        (pydantic.create_model("M", a=(int, 1))(), '{"a":1}'),
        (["a", "b"], '["a","b"]'),
        (Unit.C, '"celsius"'),
        ([], "[]"),
        (Shop, f'"{Shop}"'),
    ],
)
def test_results_become_text(value: Any, text: str) -> None:
    result = answered(call(), value)
    assert (result.call_id, result.text, result.is_error) == ("1", text, False)


def test_images_and_parts_stay_parts() -> None:
    image = Image(data=b"x", media_type="image/png")
    assert answered(call(), image).parts == (image,)
    assert answered(call(), ["See:", image]).parts == (Text("See:"), image)
    assert answered(call(), (Text("a"), image)).parts == (Text("a"), image)
    own = answered(call(), ToolResult("other", (Text("x"),), is_error=True))
    assert (own.call_id, own.is_error, own.text) == ("1", True, "x")


def test_what_failed_is_told() -> None:
    assert failed(call(), ZeroDivisionError("by zero")).text == "ZeroDivisionError: by zero"
    assert failed(call(), "No.").is_error


def test_a_function_is_looked_at_once() -> None:
    assert function(weather) is function(weather)
