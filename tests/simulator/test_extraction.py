"""What is taken out of a text for fields, in many phrasings and whichever order the fields have."""

from __future__ import annotations

from datetime import date
from itertools import permutations
from typing import Any

import msgspec
import pytest

from ringup.messages import Message, OutputSchema, Request, Text
from ringup.simulator.brain import think
from ringup.simulator.shapes import Shaper, listed, places
from ringup.simulator.shapes.days import with_dates
from ringup.simulator.shapes.reading import people
from ringup.simulator.shapes.series import listed_after, subject
from tests.simulator.real_shapes import thing

TEXT, WHOLE, FLAG = ({"type": kind} for kind in ("string", "integer", "boolean"))
LIST = {"type": "array", "items": TEXT}
PROSE = "This is prose. It has nothing to do with the question."


def fill(text: str, properties: dict[str, Any], today: date | None = None) -> Any:
    return Shaper(text, lambda: PROSE, today=today).fill(thing(properties))


def schema_of(expected: dict[str, Any]) -> dict[str, Any]:
    kinds = {bool: FLAG, int: WHOLE, str: TEXT, list: LIST}
    return {name: kinds[type(value)] for name, value in expected.items()}


EXTRACTED: list[tuple[str, dict[str, Any]]] = [
    # places and people
    (
        "On 4 May 2027, Ada and Grace meet in Oslo for lunch.",
        {"city": "Oslo", "date": "2027-05-04", "people": ["Ada", "Grace"]},
    ),
    (
        "Lunch in Oslo on 4 May 2027 with Ada and Grace.",
        {"city": "Oslo", "date": "2027-05-04", "people": ["Ada", "Grace"]},
    ),
    (
        "Maria and Jose will meet at Central Park on 2027-01-02.",
        {"location": "Central Park", "attendees": ["Maria", "Jose"], "date": "2027-01-02"},
    ),
    (
        "Tomorrow Ada flies from Paris to Rome with Bob Stone.",
        {"origin": "Paris", "destination": "Rome", "travellers": ["Ada", "Bob Stone"]},
    ),
    ("Grace flew to Tampa with Ada.", {"destination": "Tampa", "passengers": ["Grace", "Ada"]}),
    (
        "Grace, Ada and Linus will be at the Hilton in Vienna.",
        {"town": "Vienna", "guests": ["Grace", "Ada", "Linus"]},
    ),
    ("Meeting with Kim Lee in Denver at 3pm", {"venue": "Denver", "person": "Kim Lee", "time": "15:00"}),
    ("Ada moved from Springfield to Metropolis.", {"name": "Ada", "city": "Springfield"}),
    ("Dr. Jane Doe from Toronto will speak.", {"city": "Toronto", "speaker": "Jane Doe"}),
    (
        "The conference takes place in Kyoto; speakers are Mei Lin and Tom Hardy.",
        {"venue": "Kyoto", "speakers": ["Mei Lin", "Tom Hardy"]},
    ),
    (
        "We met in Springfield: Homer, Marge and Bart.",
        {"city": "Springfield", "people": ["Homer", "Marge", "Bart"]},
    ),
    (
        "Bob Stone, who lives in Bergen, works at Initech as an engineer.",
        {"city": "Bergen", "company": "Initech", "name": "Bob Stone", "job": "engineer"},
    ),
    ("Steve Jobs founded Apple in 1976.", {"founder": "Steve Jobs", "company": "Apple", "year": 1976}),
    # lists
    (
        "You need tomatoes, onions and basil. It is vegetarian.",
        {"ingredients": ["tomatoes", "onions", "basil"], "vegetarian": True},
    ),
    (
        "Ingredients: flour, sugar, and two eggs. Bake for 20 minutes.",
        {"ingredients": ["flour", "sugar", "two eggs"], "minutes": 20},
    ),
    (
        "For the cake you need butter, flour and sugar. Bake it at 180 degrees.",
        {"ingredients": ["butter", "flour", "sugar"], "temperature": 180},
    ),
    ("We sell apples, pears, and plums! Come by.", {"fruits": ["apples", "pears", "plums"]}),
    ("I bought bread, milk and wine at the market yesterday.", {"items": ["bread", "milk", "wine"]}),
    ("The house has a garden, a garage and a pool.", {"features": ["garden", "garage", "pool"]}),
    ("He plays guitar, piano and drums; he is 20.", {"instruments": ["guitar", "piano", "drums"], "age": 20}),
    ("Topics: AI, climate change; location: Geneva", {"topics": ["AI", "climate change"], "location": "Geneva"}),
    ("It supports red, green, and blue. Prices start at $5.", {"colors": ["red", "green", "blue"], "price": 5}),
    ("Her skills include SQL, Go and Kubernetes. She is 30.", {"skills": ["SQL", "Go", "Kubernetes"], "age": 30}),
    ("Her hobbies are chess, running and painting.", {"hobbies": ["chess", "running", "painting"]}),
    (
        "Ada is 36, lives in London and knows Python and Rust.",
        {"name": "Ada", "age": 36, "city": "London", "languages": ["Python", "Rust"]},
    ),
    (
        "Tom enjoys hiking and photography. He lives in Bern.",
        {"hobbies": ["hiking", "photography"], "name": "Tom", "city": "Bern"},
    ),
    ("She knows Python.", {"languages": ["Python"]}),
    ("Ada speaks English and French.", {"languages": ["English", "French"]}),
    ("Nothing much.", {"languages": [], "hobbies": []}),
    # names
    ("Tomato soup takes 25 minutes", {"name": "Tomato soup", "minutes": 25}),
    (
        "Lentil curry is ready in 40 minutes. It needs lentils, coconut milk and spices. Vegan.",
        {"name": "Lentil curry", "minutes": 40, "ingredients": ["lentils", "coconut milk", "spices"], "vegan": True},
    ),
    ("Chocolate chip cookies take 12 minutes to bake.", {"name": "Chocolate chip cookies", "minutes": 12}),
    ("A cheese omelette needs eggs and cheese.", {"name": "cheese omelette", "ingredients": ["eggs", "cheese"]}),
    ("Recipe: Tomato soup. 25 minutes.", {"name": "Tomato soup", "minutes": 25}),
    ("Grandma's apple pie serves 8 people.", {"name": "Grandma's apple pie", "servings": 8}),
    ("Pasta carbonara serves 2.", {"dish": "Pasta carbonara", "servings": 2}),
    (
        "The Great Gatsby was written by F. Scott Fitzgerald in 1925.",
        {"title": "The Great Gatsby", "author": "F. Scott Fitzgerald", "year": 1925},
    ),
    (
        "Inception is a 2010 movie by Christopher Nolan.",
        {"title": "Inception", "year": 2010, "director": "Christopher Nolan"},
    ),
    ("The dog Rex is 3 years old.", {"name": "Rex", "age": 3}),
    ("Ada Lovelace is 36 and lives in London.", {"name": "Ada Lovelace", "age": 36, "city": "London"}),
    ("Ada's email is ada@example.org.", {"name": "Ada", "email": "ada@example.org"}),
    ("Contact: Maria Garcia, maria@example.org, Madrid", {"city": "Madrid", "name": "Maria Garcia"}),
    (
        "Alice and Bob are going to a science fair on 2027-01-08.",
        {"name": "science fair", "date": "2027-01-08", "participants": ["Alice", "Bob"]},
    ),
]


@pytest.mark.parametrize(("text", "expected"), EXTRACTED)
def test_what_a_text_says_in_whatever_order_it_is_asked(text: str, expected: dict[str, Any]) -> None:
    schema = schema_of(expected)
    for order in permutations(schema):
        found = fill(text, {name: schema[name] for name in order})
        assert found == expected
        assert list(found) == list(order)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Buy 3 kg of apples and 2 kg of pears.", [("apples", 3), ("pears", 2)]),
        ("Ada bought 3 apples and 2 pears.", [("apples", 3), ("pears", 2)]),
        ("Please order 2 pizzas and 3 colas.", [("pizzas", 2), ("colas", 3)]),
    ],
)
def test_amounts_are_items_of_their_own(text: str, expected: list[tuple[str, int]]) -> None:
    items = {"type": "array", "items": thing({"name": TEXT, "quantity": WHOLE})}
    assert fill(text, {"items": items}) == {"items": [{"name": name, "quantity": many} for name, many in expected]}


@pytest.mark.parametrize(
    ("question", "name", "expected"),
    [
        ("What are the primary colors?", "colors", ["red", "yellow", "blue"]),
        ("Name two programming languages", "languages", ["Python", "JavaScript"]),
        ("List three colors", "colors", ["red", "blue", "green"]),
    ],
)
def test_a_list_that_is_asked_for_is_the_one_that_the_answer_has(question: str, name: str, expected: list[str]) -> None:
    messages = (Message("user", (Text(question),)),)
    request = Request(model="sim", messages=messages, temperature=0, output_schema=OutputSchema(thing({name: LIST})))
    assert msgspec.json.decode(think(request, 0).text) == {name: expected}


# Parts of it

LISTED: list[tuple[str, list[str]]] = [
    ("apples, pears and plums", ["apples", "pears", "plums"]),
    ("Apples and pears.", ["Apples", "pears"]),
    ("You need red onions, garlic and oil. Fry them.", ["red onions", "garlic", "oil"]),
    ("First fry them. You need onions, garlic, and oil for the sauce.", ["onions", "garlic", "oil"]),
    ("Define the words apple, pear and plum", ["apple", "pear", "plum"]),
    ("- one\n- two\n- three", ["one", "two", "three"]),
    ("1. one\n2. two", ["one", "two"]),
    ("Colours: dark red, sky blue", ["dark red", "sky blue"]),
    ("On Monday, bring pens, paper or chalk", ["pens", "paper", "chalk"]),
    ("It is late.", []),
    ("See https://example.org/a,b now", []),
    ("", []),
]


@pytest.mark.parametrize(("text", "expected"), LISTED)
def test_lists_end_where_they_end(text: str, expected: list[str]) -> None:
    assert listed(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Weather in Oslo or in Lisbon", ["Oslo", "Lisbon"]),
        ("Is Oslo warmer than Lisbon?", ["Oslo", "Lisbon"]),
        ("Which is colder, Paris or Nice?", ["Paris", "Nice"]),
        ("Ada and Grace meet in Oslo", ["Oslo"]),
        ("Ada and Grace meet in Springfield", ["Springfield"]),
        ("In Springfield, Shelbyville and Oslo", ["Springfield", "Shelbyville", "Oslo"]),
        ("Compare Springfield and Shelbyville", ["Shelbyville"]),
        ("Paris, France", ["Paris"]),
        ("the weather in springfield?", ["Springfield"]),
        ("Ada likes Grace", []),
    ],
)
def test_places(text: str, expected: list[str]) -> None:
    assert places(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ada and Grace meet in Springfield", ["Ada", "Grace"]),
        ("A book by J. R. Hartley for Ada", ["J. R. Hartley", "Ada"]),
        ("From Metropolis to Springfield with Homer", ["Homer"]),
        ("We met Homer. They met Marge.", ["Homer", "Marge"]),
    ],
)
def test_people(text: str, expected: list[str]) -> None:
    assert people(text) == expected


def test_what_a_sentence_is_about() -> None:
    assert list(subject("Tomato soup takes 25 minutes. It is good. The old mill was sold.")) == [
        "Tomato soup",
        "old mill",
    ]
    assert list(subject("Ada's email is new. She and I are late. Hello!")) == []


def test_what_follows_a_word() -> None:
    assert listed_after("She knows Python and Rust and lives in Oslo.", "knows") == ["Python", "Rust"]
    assert listed_after("It needs time. It needs eggs, milk and flour.", "needs") == ["eggs", "milk", "flour"]
    assert listed_after("She knows.", "knows") == []


# Days

TODAY = date(2026, 11, 25)  # a Wednesday

DAYS = [
    ("today", "2026-11-25"),
    ("tonight", "2026-11-25"),
    ("tomorrow", "2026-11-26"),
    ("yesterday", "2026-11-24"),
    ("the day after tomorrow", "2026-11-27"),
    ("in 3 days", "2026-11-28"),
    ("in two weeks", "2026-12-09"),
    ("next week", "2026-12-02"),
    ("on Friday", "2026-11-27"),
    ("next Monday", "2026-11-30"),
    ("this Wednesday", "2026-12-02"),
    ("Thursday", "2026-11-26"),
    ("24 December", "2026-12-24"),
    ("on 1 March", "on 2027-03-01"),
    ("May 4th", "2027-05-04"),
    ("on 29 February", "on 2028-02-29"),
    ("from next Monday to Friday", "from 2026-11-30 to 2026-12-04"),
    ("on 4 May 2028", "on 4 May 2028"),
    ("on 31 April", "on 31 April"),
    ("in many days", "in many days"),
]


@pytest.mark.parametrize(("text", "expected"), DAYS)
def test_days_have_their_dates_where_today_is_known(text: str, expected: str) -> None:
    assert with_dates(text, TODAY) == expected
    assert with_dates(text, None) == text


def test_a_date_is_said_by_its_distance() -> None:
    day = {"type": "string", "format": "date"}
    assert fill("Lunch with Ada next Monday", {"date": day, "name": TEXT}, TODAY) == {
        "date": "2026-11-30",
        "name": "Ada",
    }
    moment = {"type": "string", "format": "date-time"}
    assert fill("Call me tomorrow at 5 pm", {"start": moment}, TODAY) == {"start": "2026-11-26T17:00:00Z"}
    assert fill("Call me tomorrow", {"message": TEXT}, TODAY) == {"message": "Call me tomorrow"}
