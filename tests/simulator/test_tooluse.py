"""Which tools the simulator calls for which words, with which arguments, and how it goes on from their results."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from ringup.messages import Message, Opaque, OutputSchema, Request, Text, Tool, ToolCall, ToolChoice, ToolResult
from ringup.simulator.brain import think
from ringup.simulator.freeform import free_text
from ringup.simulator.offers import Choice, choice_of, wish_of
from tests.simulator.tools import TOOLS, parameters

ALL = tuple(TOOLS.values())
Called = list[tuple[str, dict[str, Any]]]


def ask(*turns: str, tools: str = "", **fields: Any) -> Request:
    roles = ("user", "assistant")
    messages = tuple(Message(roles[at % 2], (Text(turn),)) for at, turn in enumerate(turns))
    given_tools = fields.pop("given", tuple(TOOLS[name] for name in tools.split()))
    return Request(model="sim", messages=messages, tools=given_tools, temperature=0, **fields)


def called(*turns: str, tools: str = "", **fields: Any) -> Called:
    calls = think(ask(*turns, tools=tools, **fields), 0).calls
    return [(call.name, msgspec.json.decode(call.json)) for call in calls]


def city(name: str, *cities: str) -> Called:
    return [(name, {"city": one}) for one in cities]


WHICH: list[tuple[str, str, Called]] = [
    (
        "Weather in Paris and the time in Tokyo",
        "get_weather get_time",
        city("get_weather", "Paris") + city("get_time", "Tokyo"),
    ),
    (
        "What's the weather in Paris, Rome and Oslo?",
        "get_weather get_time",
        city("get_weather", "Paris", "Rome", "Oslo"),
    ),
    ("Weather and time in Tokyo", "get_weather get_time", city("get_weather", "Tokyo") + city("get_time", "Tokyo")),
    ("What time is it in Tokyo?", "get_weather get_time", city("get_time", "Tokyo")),
    ("How's the weather in new york today?", "get_weather", city("get_weather", "New York")),
    ("Is it going to rain in Seattle?", "get_weather calculator", city("get_weather", "Seattle")),
    ("Weather in Oslo in fahrenheit?", "get_weather", [("get_weather", {"city": "Oslo", "unit": "fahrenheit"})]),
    ("add 2 and 3, and multiply 4 by 5", "add multiply", [("add", {"a": 2, "b": 3}), ("multiply", {"a": 4, "b": 5})]),
    (
        "add 2 and 3, and multiply 4 by 5",
        "calculator",
        [("calculator", {"expression": "2 + 3"}), ("calculator", {"expression": "4 * 5"})],
    ),
    (
        "add 2 and 3, and multiply 4 by 5",
        "calculate",
        [("calculate", {"operation": "add", "a": 2, "b": 3}), ("calculate", {"operation": "multiply", "a": 4, "b": 5})],
    ),
    ("What is 17*23?", "get_weather calculator", [("calculator", {"expression": "17*23"})]),
    ("What is 15% of 80?", "calculator", [("calculator", {"expression": "80 * 15 / 100"})]),
    (
        "What's 3 plus 4, and what's 10 minus 2?",
        "calculator",
        [("calculator", {"expression": "3 + 4"}), ("calculator", {"expression": "10 - 2"})],
    ),
    (
        "Get the stock prices of AAPL, MSFT and GOOG",
        "get_stock_price",
        [("get_stock_price", {"symbol": one}) for one in ("AAPL", "MSFT", "GOOG")],
    ),
    (
        "What is the price of TSLA stock and the weather in Austin?",
        "get_stock_price get_weather",
        [("get_stock_price", {"symbol": "TSLA"}), ("get_weather", {"city": "Austin"})],
    ),
    (
        "Send an email to ada@example.org with the subject 'Hi' saying that lunch is at noon",
        "send_email get_weather",
        [("send_email", {"to": "ada@example.org", "subject": "Hi", "body": "lunch is at noon"})],
    ),
    ("Search the web for cats in hats", "search_web get_weather", [("search_web", {"query": "cats in hats"})]),
    (
        "Translate 'good morning' to French",
        "translate search_web",
        [("translate", {"text": "good morning", "target_language": "French"})],
    ),
    (
        "Convert 100 USD to EUR",
        "convert_currency",
        [("convert_currency", {"amount": 100, "from_currency": "USD", "to_currency": "EUR"})],
    ),
    (
        "How much is 50 euros in dollars? Convert it",
        "convert_currency",
        [("convert_currency", {"amount": 50, "from_currency": "EUR", "to_currency": "USD"})],
    ),
    (
        "Find flights from Paris to Rome on 2026-12-24 for 2 passengers",
        "search_flights get_weather",
        [("search_flights", {"origin": "Paris", "destination": "Rome", "date": "2026-12-24", "passengers": 2})],
    ),
    (
        "Book a hotel in Vienna from 2026-12-01 to 2026-12-05 for 2 guests",
        "book_hotel search_flights",
        [("book_hotel", {"city": "Vienna", "check_in": "2026-12-01", "check_out": "2026-12-05", "guests": 2})],
    ),
    ("Weather for Tokyo, Japan and Berlin, Germany", "get_weather", city("get_weather", "Tokyo", "Berlin")),
    (
        "What's the weather in New York? Also what time is it there?",
        "get_weather get_time",
        city("get_weather", "New York") + city("get_time", "New York"),
    ),
    (
        "Can you send an email to ann@example.com and bo@example.com saying hi?",
        "send_email",
        [("send_email", {"to": f"{one}@example.com", "subject": "hi", "body": "hi"}) for one in ("ann", "bo")],
    ),
    ("Look up user 42", "get_user", [("get_user", {"user_id": 42})]),
    ("Look up users 1, 2 and 3", "get_user", [("get_user", {"user_id": one}) for one in (1, 2, 3)]),
    (
        "Cancel order A-1234 because it is late",
        "cancel_order",
        [("cancel_order", {"order_id": "A-1234", "reason": "it is late"})],
    ),
    (
        "Create an event called 'Team sync' on March 5, 2027 with ada@example.org and bob@example.org",
        "create_event get_weather",
        [
            (
                "create_event",
                {"title": "Team sync", "date": "2027-03-05", "attendees": ["ada@example.org", "bob@example.org"]},
            )
        ],
    ),
    ("Turn on the kitchen light", "set_light", [("set_light", {"room": "kitchen", "on": True})]),
    (
        "Turn off the bedroom light and set the kitchen light to brightness 40",
        "set_light",
        [
            ("set_light", {"room": "bedroom", "on": False}),
            ("set_light", {"room": "kitchen", "on": True, "brightness": 40}),
        ],
    ),
    (
        "Remind me to buy milk tomorrow",
        "create_reminder",
        [("create_reminder", {"text": "buy milk", "time": "tomorrow"})],
    ),
    ("Read the file /etc/hosts", "read_file", [("read_file", {"path": "/etc/hosts"})]),
    ("Run this SQL query: SELECT * FROM users", "run_sql", [("run_sql", {"query": "SELECT * FROM users"})]),
    (
        "Define the words apple, pear and plum",
        "define_word",
        [("define_word", {"word": one}) for one in ("apple", "pear", "plum")],
    ),
    (
        "Get the news about robots, the weather in Berlin and the time in Lima",
        "get_news get_weather get_time",
        [("get_news", {"topic": "robots"}), *city("get_weather", "Berlin"), *city("get_time", "Lima")],
    ),
]


COMPARED: list[tuple[str, Called]] = [
    ("Is it warmer in Oslo or in Lisbon?", city("get_weather", "Oslo", "Lisbon")),
    ("Is it warmer in Oslo than in Lisbon?", city("get_weather", "Oslo", "Lisbon")),
    ("Which is colder, Oslo or Lisbon?", city("get_weather", "Oslo", "Lisbon")),
    ("Is Rome hotter than Madrid today?", city("get_weather", "Rome", "Madrid")),
    ("Which city is sunnier, Paris or Nice?", city("get_weather", "Paris", "Nice")),
    ("Where is it windier, in Oslo or in Bergen?", city("get_weather", "Oslo", "Bergen")),
    ("Where is it hottest: Rome, Lima or Cairo?", city("get_weather", "Rome", "Lima", "Cairo")),
    ("Do I need an umbrella in Bergen?", city("get_weather", "Bergen")),
    ("Is it raining in London?", city("get_weather", "London")),
    ("How cold is it in Moscow?", city("get_weather", "Moscow")),
    ("How hot does it get in Dubai?", city("get_weather", "Dubai")),
    ("What's it like outside in Boston?", city("get_weather", "Boston")),
    ("Is it cloudy in Lisbon?", city("get_weather", "Lisbon")),
    ("I have a cold.", []),
    ("That is a hot topic, isn't that right?", []),
    ("What is cloud computing?", []),
    ("How far is the sun?", []),
    ("Is Ada taller than Bob?", []),
]


@pytest.mark.parametrize(("question", "expected"), COMPARED)
def test_what_is_asked_of_the_weather_without_naming_it(question: str, expected: Called) -> None:
    assert called(question, tools="get_weather get_time") == expected


WEDNESDAY = 1_795_608_000
"""2026-11-25, 12:00 UTC."""
DATED: list[tuple[str, str, dict[str, Any]]] = [
    (
        "Find flights from Paris to Rome tomorrow for 2 passengers",
        "search_flights",
        {"origin": "Paris", "destination": "Rome", "date": "2026-11-26", "passengers": 2},
    ),
    (
        "Find flights from Paris to Rome on 24 December",
        "search_flights",
        {"origin": "Paris", "destination": "Rome", "date": "2026-12-24"},
    ),
    (
        "Book a hotel in Vienna from next Monday to Friday for 2 guests",
        "book_hotel",
        {"city": "Vienna", "check_in": "2026-11-30", "check_out": "2026-12-04", "guests": 2},
    ),
    ("Create an event called 'Sync' next Tuesday", "create_event", {"title": "Sync", "date": "2026-12-01"}),
    ("Create an event called 'Sync' in 3 days", "create_event", {"title": "Sync", "date": "2026-11-28"}),
    ("Remind me to buy milk tomorrow", "create_reminder", {"text": "buy milk", "time": "2026-11-26"}),
]


@pytest.mark.parametrize(("question", "tool", "expected"), DATED)
def test_days_are_dates_where_the_time_is_known(question: str, tool: str, expected: dict[str, Any]) -> None:
    calls = think(ask(question, tools=tool), 0, now=WEDNESDAY).calls
    assert [msgspec.json.decode(call.json) for call in calls] == [expected]


@pytest.mark.parametrize(("question", "tools", "expected"), WHICH)
def test_which_tools_are_called_and_how(question: str, tools: str, expected: Called) -> None:
    assert called(question, tools=tools) == expected


@pytest.mark.parametrize(
    ("question", "tools"),
    [
        ("Hello!", "get_weather calculator send_email search_web"),
        ("Write a poem about the sea.", "get_weather get_time calculator"),
        ("What is the capital of France?", "get_weather calculator send_email get_stock_price"),
        ("Thanks, that's all!", "get_weather send_email create_event"),
        ("Tell me a joke", "search_web get_weather calculator"),
        ("My name is Ada.", "get_user send_email"),
        ("", "get_weather"),
    ],
)
def test_no_tool_is_called_where_none_fits(question: str, tools: str) -> None:
    assert called(question, tools=tools) == []
    assert think(ask(question, tools=tools), 0).text


def test_a_question_that_leans_on_the_one_before() -> None:
    before = ("What's the weather in Paris?", "It is sunny.")
    assert called(*before, "And in Rome?", tools="get_weather get_time") == city("get_weather", "Rome")
    assert called(*before, "Thanks!", tools="get_weather get_time") == []


def test_arguments_are_taken_from_what_was_said_before() -> None:
    assert called("My order is A-77.", "I see.", "Please cancel the order", tools="cancel_order") == [
        ("cancel_order", {"order_id": "A-77"})
    ]


# Which may be called


def test_the_choice_is_obeyed() -> None:
    both = "weather in Paris and the time in Tokyo"
    assert called(both, tools="get_weather get_time", tool_choice=ToolChoice("none")) == []
    assert called(both, tools="get_weather get_time", parallel_tool_calls=False) == city("get_weather", "Paris")
    forced = called(both, tools="get_weather get_time calculator", tool_choice=ToolChoice("tool", "get_time"))
    assert {name for name, _ in forced} == {"get_time"}
    assert [name for name, _ in called("Hello!", tools="get_weather add", tool_choice=ToolChoice("required"))]


OPAQUE: list[tuple[str, dict[str, Any], Choice]] = [
    ("chat_completions", {"type": "custom", "custom": {"name": "a"}}, Choice("required", ("a",))),
    ("responses", {"type": "custom", "name": "a"}, Choice("required", ("a",))),
    (
        "chat_completions",
        {
            "type": "allowed_tools",
            "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "a"}}]},
        },
        Choice("auto", ("a",)),
    ),
    (
        "responses",
        {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "a"}]},
        Choice("required", ("a",)),
    ),
    ("gemini", {"mode": "ANY", "allowedFunctionNames": ["a", "b"]}, Choice("required", ("a", "b"))),
    ("gemini", {"mode": "VALIDATED", "allowedFunctionNames": ["a"]}, Choice("auto", ("a",))),
    ("gemini", {"mode": "VALIDATED"}, Choice("auto")),
    ("responses", {"type": "web_search"}, Choice("auto")),
]


@pytest.mark.parametrize(("wire", "data", "expected"), OPAQUE)
def test_choices_that_only_one_wire_has(wire: str, data: dict[str, Any], expected: Choice) -> None:
    assert choice_of(ask("Hi", tool_choice=Opaque(wire, data))) == expected


def test_only_allowed_tools_are_called() -> None:
    only = Opaque(
        "responses", {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "get_time"}]}
    )
    found = called("weather in Paris and the time in Tokyo", tools="get_weather get_time", tool_choice=only)
    assert {name for name, _ in found} == {"get_time"}


# Step by step


def answers(call: ToolCall) -> str:
    arguments = call.arguments
    results = {
        "get_user_city": {"city": "Oslo"},
        "get_location": {"location": {"city": "Bergen", "country": "Norway"}},
        "get_weather": {"city": arguments.get("city"), "temperature": 12, "sky": "cloudy"},
        "get_time": {"time": "14:05"},
        "get_user": {"id": 42, "name": "Ada", "email": "ada@example.org", "city": "Lima"},
        "search_flights": {"flights": [{"flight_id": "BA12", "price": 120}, {"flight_id": "LH7", "price": 99}]},
        "book_flight": {"confirmation": "X1"},
        "list_orders": [{"order_id": "A-1", "total": 12.5}],
        "add": arguments.get("a", 0) + arguments.get("b", 0) if call.name == "add" else 0,
        "multiply": arguments.get("a", 1) * arguments.get("b", 1) if call.name == "multiply" else 0,
    }
    return msgspec.json.encode(results.get(call.name, "ok")).decode()


def loop(request: Request, run: Callable[[ToolCall], str] = answers, **fields: Any) -> tuple[list[Called], str]:
    """The calls of each step, and the words at the end."""
    steps: list[Called] = []
    for _ in range(10):
        thought = think(request, 0)
        if not thought.calls:
            return steps, thought.text
        calls = [ToolCall(f"{len(steps)}.{at}", one.name, one.json) for at, one in enumerate(thought.calls)]
        steps.append([(call.name, call.arguments) for call in calls])
        results = tuple([ToolResult(call.id, (Text(run(call)),), **fields) for call in calls])
        messages = (*request.messages, Message("assistant", tuple(calls)), Message("tool", results))
        request = msgspec.structs.replace(request, messages=messages)
    raise AssertionError("it never ends")


STEPS: list[tuple[str, str, list[Called], str]] = [
    (
        "Get the weather of Madrid, then email it to bob@example.com",
        "get_weather send_email",
        [
            city("get_weather", "Madrid"),
            [
                (
                    "send_email",
                    {
                        "to": "bob@example.com",
                        "subject": "email it to bob@example.com",
                        "body": "city Madrid, temperature 12, sky cloudy",
                    },
                )
            ],
        ],
        "12",
    ),
    (
        "Find the user's city, then its weather",
        "get_user_city get_weather",
        [[("get_user_city", {})], city("get_weather", "Oslo")],
        "12",
    ),
    (
        "What's the weather where I live?",
        "get_location get_weather",
        [[("get_location", {})], city("get_weather", "Bergen")],
        "cloudy",
    ),
    (
        "What's the weather in the city of user 42?",
        "get_user get_weather",
        [[("get_user", {"user_id": 42})], city("get_weather", "Lima")],
        "12",
    ),
    (
        "Send an email to user 42 saying hello",
        "get_user send_email",
        [
            [("get_user", {"user_id": 42})],
            [("send_email", {"to": "ada@example.org", "subject": "hello", "body": "hello"})],
        ],
        "send_email",
    ),
    (
        "Find flights from Paris to Rome on 2026-12-24 and book one",
        "search_flights book_flight",
        [
            [("search_flights", {"origin": "Paris", "destination": "Rome", "date": "2026-12-24"})],
            [("book_flight", {"flight_id": "BA12"})],
        ],
        "X1",
    ),
    (
        "Cancel my order",
        "list_orders cancel_order",
        [[("list_orders", {})], [("cancel_order", {"order_id": "A-1"})]],
        "12.5",
    ),
    (
        "add 2 and 3, then multiply the result by 10",
        "add multiply",
        [[("add", {"a": 2, "b": 3})], [("multiply", {"a": 10, "b": 5})]],
        "50",
    ),
    (
        "Weather in Paris and the time in Tokyo",
        "get_weather get_time",
        [city("get_weather", "Paris") + city("get_time", "Tokyo")],
        "14:05",
    ),
]


@pytest.mark.parametrize(("question", "tools", "expected", "said"), STEPS)
def test_a_call_waits_for_what_it_needs(question: str, tools: str, expected: list[Called], said: str) -> None:
    steps, words = loop(ask(question, tools=tools))
    assert steps == expected
    assert said in words


def test_one_at_a_time_is_still_all_of_them() -> None:
    steps, words = loop(
        ask("Compare the weather in Paris, London and Rome", tools="get_weather", parallel_tool_calls=False)
    )
    assert steps == [city("get_weather", one) for one in ("Paris", "London", "Rome")]
    assert "Rome" in words


def test_errors_are_told_and_nothing_is_built_on_them() -> None:
    request = ask("Find the user's city, then its weather", tools="get_user_city get_weather")
    for run, fields in (
        (lambda call: "no such user", {"is_error": True}),
        (lambda call: '{"error": "no such user"}', {}),
        (lambda call: "Error: no such user", {}),
    ):
        steps, words = loop(request, run, **fields)
        assert steps == [[("get_user_city", {})]]
        assert "failed" in words
        assert "no such user" in words


TOLD: list[tuple[str, str, str]] = [
    (
        '{"degrees": 4, "sky": "cloudy"}',
        "According to get_weather: degrees 4, sky cloudy.",
        "According to get_weather for Oslo: degrees 4, sky cloudy.",
    ),
    ("4 degrees", "According to get_weather: 4 degrees.", "According to get_weather for Oslo: 4 degrees."),
    ("", "The tool get_weather is done.", "The tool get_weather is done for Oslo."),
    *[
        (text, f"The tool get_weather failed: {reason}.", f"The tool get_weather failed for Oslo: {reason}.")
        for text, reason in (
            ('{"error": "no weather is known for Atlantis"}', "no weather is known for Atlantis"),
            ('{"error": {"message": "nothing is known", "code": 5}}', "nothing is known, code 5"),
            ('{"error": "not found", "status_code": 404}', "not found, status code 404"),
            ('{"error": true}', "no reason was given"),
            ("Error: nothing is known.", "nothing is known"),
            ("ValueError: nothing is known", "ValueError: nothing is known"),
        )
    ],
]


@pytest.mark.parametrize(("result", "alone", "beside"), TOLD)
def test_it_is_said_what_a_tool_gave_and_for_what(result: str, alone: str, beside: str) -> None:
    assert loop(ask("Weather in Oslo?", tools="get_weather"), lambda _: result)[1] == alone
    words = loop(ask("Is it warmer in Oslo or in Lisbon?", tools="get_weather"), lambda _: result)[1]
    assert words == f"{beside} {beside.replace('Oslo', 'Lisbon')}"


def test_only_what_differs_is_said_of_the_calls() -> None:
    request = ask("Weather in Oslo and Rome in celsius", tools="get_weather")
    words = loop(request, lambda _: "fine")[1]
    assert words == "According to get_weather for Oslo: fine. According to get_weather for Rome: fine."


def test_a_schema_after_tools_is_filled_from_their_results() -> None:
    schema = parameters("city temperature", city="string", temperature="number")
    steps, words = loop(ask("What's the weather in Oslo?", tools="get_weather", output_schema=OutputSchema(schema)))
    assert steps == [city("get_weather", "Oslo")]
    assert msgspec.json.decode(words) == {"city": "Oslo", "temperature": 12}


@given(
    st.lists(st.sampled_from([question for question, _, _ in WHICH]), min_size=1, max_size=3),
    st.sets(st.sampled_from(sorted(TOOLS)), min_size=1),
    st.sampled_from([None, True, False]),
    st.sampled_from(["{}", "", "null", "ok", "[1, 2]", '{"error": "x"}', '{"city": "Oslo", "id": 3}']),
)
@settings(max_examples=60)
def test_every_loop_ends_with_words_and_every_call_fits(
    questions: list[str], names: set[str], parallel: bool | None, result: str
) -> None:
    request = ask(" Then: ".join(questions), given=tuple(TOOLS[name] for name in names), parallel_tool_calls=parallel)
    for _ in range(40):
        thought = think(request, 0)
        if not thought.calls:
            break
        calls = tuple(ToolCall(f"c{at}", one.name, one.json) for at, one in enumerate(thought.calls))
        assert parallel is not False or len(calls) == 1
        for call in calls:
            assert list(Draft202012Validator(TOOLS[call.name].parameters or {}).iter_errors(call.arguments)) == []
        results = tuple([ToolResult(call.id, (Text(result),)) for call in calls])
        messages = (*request.messages, Message("assistant", calls), Message("tool", results))
        request = msgspec.structs.replace(request, messages=messages)
    assert think(request, 0).text


def test_the_same_seed_calls_the_same() -> None:
    request = msgspec.structs.replace(ask("Weather in Paris and Rome", given=ALL), temperature=1)
    assert think(request, 3, 1).calls == think(request, 3, 1).calls != ()


# The forms in which only one vendor asks


def test_free_text_for_custom_tools() -> None:
    assert free_text("Run `print(1)` in Python", {}) == "print(1)"
    assert free_text("Run this:\n```python\nprint(2)\n```", {}) == "print(2)"
    assert (
        free_text("Look at ABC4, please", {"type": "grammar", "syntax": "regex", "definition": r"[A-Z]{3}\d"}) == "ABC4"
    )
    assert free_text("Anything", {"type": "grammar", "syntax": "regex", "definition": r"[A-Z]{3}\d"}) == "ABC1"


GRAMMARS = [
    ('start: "SELECT " column ("," column)* " FROM " NAME\ncolumn: NAME\nNAME: /[a-z]+/', r"SELECT [a-z]+ FROM [a-z]+"),
    ('start: expr\nexpr: term (SP "+" SP term)*\nterm: INT | "(" expr ")"\nSP: " "\n%import common.INT', r"\d"),
    (
        '?start: pair+\npair: KEY "=" VALUE ";" -> pair\nKEY: "a".."z"\nVALUE: ("0".."9")~3\n// a comment',
        r"([a-z]=\d{3};)+",
    ),
    ('start: ["x"] ("yes" | "maybe")', "yes"),
    ("start: start", ""),
]


@pytest.mark.parametrize(("grammar", "expected"), GRAMMARS)
def test_texts_of_grammars(grammar: str, expected: str) -> None:
    made = free_text("Do it", {"type": "grammar", "syntax": "lark", "definition": grammar})
    assert re.fullmatch(expected, made), made


def test_json_that_is_asked_for_in_words() -> None:
    def keys(text: str) -> Any:
        wish = wish_of(ask(text, output_schema=OutputSchema()), text)
        return wish and wish.schema and wish.schema["required"]

    assert keys("Give JSON with the keys name and age: Ada, 36") == ["name", "age"]
    assert keys('Answer as {"city": "...", "country": "..."}') == ["city", "country"]
    assert keys("Give me JSON") is None
    text = think(ask("Give JSON with the keys name and age: Ada, 36", output_schema=OutputSchema()), 0).text
    assert msgspec.json.decode(text) == {"name": "Ada", "age": 36}


@pytest.mark.parametrize(
    "extra",
    [
        {"output_format": {"type": "json_schema", "schema": parameters("a", a="integer")}},
        {"text": {"format": {"type": "json_schema", "name": "x", "schema": parameters("a", a="integer"), "other": 1}}},
        {"response_format": {"type": "json_object", "schema": parameters("a", a="integer")}},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}},
    ],
)
def test_schemas_that_a_wire_leaves_beside(extra: dict[str, Any]) -> None:
    value = msgspec.json.decode(think(ask("Count 7", extra=extra), 0).text)
    assert value in ({"a": 7}, {"answer": value.get("answer")})


def test_a_tool_of_the_vendors_own_is_left_to_it() -> None:
    assert called("Search the web for cats", given=(Opaque("responses", {"type": "web_search"}),)) == []


def test_a_tool_with_odd_parameters() -> None:
    for odd in (
        None,
        {},
        {"type": "string"},
        {"type": "object"},
        {"properties": []},
        {"type": "object", "required": ["x"]},
    ):
        made = called("Look up user 42", given=(Tool("get_user", "Look up a user", odd),))
        assert made[0][0] == "get_user"
        assert isinstance(made[0][1], dict)
