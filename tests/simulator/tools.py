"""Tools as people declare them, for the tests of which is called and how."""

from __future__ import annotations

from typing import Any

from ringup.messages import Tool

__all__ = ["TOOLS", "parameters"]


def parameters(required: str, **properties: Any) -> dict[str, Any]:
    """A schema of an object; a property is a type, a list of options or a schema."""
    schemas = {
        name: {"type": inner} if isinstance(inner, str) else {"enum": inner} if isinstance(inner, list) else inner
        for name, inner in properties.items()
    }
    return {"type": "object", "properties": schemas, "required": required.split()}


_DAY = {"type": "string", "format": "date"}
_MAIL = {"type": "string", "format": "email"}
_DECLARED: dict[str, tuple[str, dict[str, Any]]] = {
    "get_weather": (
        "Get the current weather in a city",
        parameters("city", city="string", unit=["celsius", "fahrenheit"]),
    ),
    "get_time": ("Get the current time in a city", parameters("city", city="string")),
    "add": ("Add two numbers", parameters("a b", a="number", b="number")),
    "multiply": ("Multiply two numbers", parameters("a b", a="number", b="number")),
    "calculator": ("Evaluate an arithmetic expression", parameters("expression", expression="string")),
    "calculate": (
        "Do arithmetic",
        parameters("operation a b", operation=["add", "subtract", "multiply", "divide"], a="number", b="number"),
    ),
    "send_email": (
        "Send an email",
        parameters("to subject body", to=_MAIL, subject="string", body="string", cc={"type": "array", "items": _MAIL}),
    ),
    "get_stock_price": ("Get the price of a stock", parameters("symbol", symbol="string")),
    "search_web": ("Search the web", parameters("query", query="string", max_results="integer")),
    "translate": (
        "Translate text to a language",
        parameters("text target_language", text="string", target_language="string"),
    ),
    "convert_currency": (
        "Convert an amount of money",
        parameters("amount from_currency to_currency", amount="number", from_currency="string", to_currency="string"),
    ),
    "search_flights": (
        "Search for flights",
        parameters("origin destination date", origin="string", destination="string", date=_DAY, passengers="integer"),
    ),
    "book_flight": ("Book a flight by its id", parameters("flight_id", flight_id="string")),
    "book_hotel": (
        "Book a hotel room",
        parameters("city check_in check_out", city="string", check_in=_DAY, check_out=_DAY, guests="integer"),
    ),
    "get_user": ("Look up a user by id", parameters("user_id", user_id="integer")),
    "get_user_city": ("Get the city of the user", parameters("")),
    "get_location": ("Get the user's current location", parameters("")),
    "list_orders": ("List the orders of the user", parameters("")),
    "cancel_order": ("Cancel an order", parameters("order_id", order_id="string", reason="string")),
    "create_event": (
        "Create a calendar event",
        parameters(
            "title date", title="string", date=_DAY, attendees={"type": "array", "items": _MAIL}, location="string"
        ),
    ),
    "set_light": (
        "Turn a light on or off",
        parameters(
            "room on", room=["kitchen", "bedroom"], on="boolean", brightness={"type": "integer", "maximum": 100}
        ),
    ),
    "create_reminder": ("Create a reminder", parameters("text", text="string", time="string")),
    "read_file": ("Read a file", parameters("path", path="string")),
    "run_sql": ("Run a SQL query against the database", parameters("query", query="string")),
    "get_news": ("Get news headlines on a topic", parameters("topic", topic="string")),
    "define_word": ("Give the definition of a word", parameters("word", word="string")),
}
TOOLS = {name: Tool(name, description, schema) for name, (description, schema) in _DECLARED.items()}
