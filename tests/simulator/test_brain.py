"""What the simulator says: facts, sums, lists, prose, memory, and the form in which it says them."""

from __future__ import annotations

import time
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringup.messages import (
    Document,
    Image,
    Message,
    OutputSchema,
    Request,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from ringup.simulator import prose
from ringup.simulator.brain import REFUSE, think
from ringup.simulator.length import Length, length, without_length
from ringup.simulator.shapes import Shaper
from ringup.simulator.skills.arithmetic import evaluate


def talk(*turns: str, system: str = "", **fields: Any) -> Request:
    """A request: the turns are the user's and the assistant's in alternation."""
    roles = ("user", "assistant")
    messages = tuple(Message(roles[at % 2], (Text(turn),)) for at, turn in enumerate(turns))
    return Request(model="sim", messages=messages, system=(Text(system),) if system else (), **fields)


def say(*turns: str, system: str = "", temperature: float | None = 0, seed: int = 0, call: int = 0) -> str:
    return think(talk(*turns, system=system, temperature=temperature), seed, call).text


def converse(*questions: str, system: str = "") -> list[str]:
    """Every answer of a conversation whose history is resent."""
    turns: list[str] = []
    for question in questions:
        turns.append(question)
        turns.append(say(*turns, system=system))
    return turns[1::2]


FACTS = [
    ("What is the capital of France?", "Paris"),
    ("capital of the uk?", "London"),
    ("What are the capitals of France and Italy?", "Paris and the capital of Italy is Rome"),
    ("Is London the capital of France?", "No"),
    ("Which country is Oslo the capital of?", "Norway"),
    ("What currency does Japan use?", "yen"),
    ("What language do people speak in Brazil?", "Portuguese"),
    ("What year was Python created?", "1991"),
    ("Who created Python?", "Guido van Rossum"),
    ("When did C++ come out?", "1985"),
    ("What is the largest planet?", "Jupiter"),
    ("What's the largest ocean?", "Pacific"),
    ("What is the 3rd planet from the sun?", "Earth"),
    ("How many moons does Mars have?", "Phobos"),
    ("At what temperature does water boil?", "100 °C"),
    ("How fast is light?", "299,792,458"),
    ("What is the chemical symbol for gold?", "Au"),
    ("Which element has the atomic number 8?", "oxygen"),
    ("Who wrote Hamlet?", "William Shakespeare"),
    ("When did World War II end?", "1945"),
    ("Who was the first man on the moon?", "Neil Armstrong"),
    ("How many days are in February?", "28"),
    ("How many legs does a spider have?", "8"),
    ("What colour is the sky?", "blue"),
    ("What comes after Monday?", "Tuesday"),
    ("What is the opposite of hot?", "cold"),
    ("Why is the sky blue?", "scatters"),
    ("What does API stand for?", "application programming interface"),
    ("What is photosynthesis?", "sunlight|light"),
    ("What continent is Kenya in?", "Africa"),
    ("What is the currency of the United States?", "dollar"),
    ("Where is Lima?", "Peru"),
    ("When was C created?", "1972"),
    ("Tell me about Saturn", "Its rings"),
    ("How long is a day on Mars?", "24.7"),
    ("What is the atomic number of iron?", "26"),
    ("How many days are in a leap year?", "366"),
    ("Who invented the telephone?", "Bell"),
    ("When was Hamlet written?", "1600"),
    ("Which planet is closest to the sun?", "Mercury"),
    ("What is the fifth month?", "May"),
    ("What is an API?", "program"),
    ("What is recursion?", "smaller"),
    ("Why use a generator in Python?", "memory"),
    ("What is the weather like?", "live data"),
]


@pytest.mark.parametrize(("question", "answer"), FACTS)
def test_facts(question: str, answer: str) -> None:
    for temperature in (0, 1):
        said = say(question, temperature=temperature, call=7)
        assert any(word in said for word in answer.split("|")), said


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is 17 * 23?", "391"),
        ("2+2", "4"),
        ("what's two plus two?", "4"),
        ("What is the sum of 3 and 4?", "7"),
        ("Subtract 3 from 10", "7"),
        ("What is 3 times 4 plus 2?", "14"),
        ("(2+3)*4", "20"),
        ("What is 2 to the power of 10?", "1024"),
        ("10 divided by 4", "2.5"),
        ("1/3", "0.333333"),
        ("1,000 + 1", "1001"),
        ("What is 15% of 80?", "12"),
        ("square root of 144", "12"),
        ("What is the square root of 2?", "1.414214"),
        ("5/0", "can't be divided by zero"),
        ("What is 20 factorial?", "2,432,902,008,176,640,000"),
        ("Is 7 prime?", "Yes"),
        ("Is 8 prime?", "No"),
        ("Is 10 greater than 3?", "Yes"),
        ("average of 1, 2 and 6", "3"),
        ("Sort these numbers: 5, 3, 9", "3, 5, 9"),
        ("Which is bigger, 9.11 or 9.9?", "9.9"),
    ],
)
def test_sums(question: str, answer: str) -> None:
    assert answer in say(question)


@given(st.integers(-999, 999), st.integers(-999, 999), st.sampled_from("+-*"))
@settings(max_examples=60)
def test_sums_are_right(left: int, right: int, sign: str) -> None:
    expected = {"+": left + right, "-": left - right, "*": left * right}[sign]
    value = evaluate(f"({left}) {sign} ({right})")
    assert value == expected


@pytest.mark.parametrize(
    "text", ["9**9**9", "(" * 500, "__import__('os')", "1 if 1 else 2", "'a' * 9", "2 ** 0.5 ** -9999"]
)
def test_what_is_no_sum_is_none(text: str) -> None:
    assert evaluate(text) is None or text.startswith("2")


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Count to 5", "1, 2, 3, 4, 5"),
        ("Count from 3 to 1", "3, 2, 1"),
        ("Count down from 3", "3, 2, 1"),
        ("Count to 10 by 5", "5, 10"),
        ("Count to three, one number per line.", "1\n2\n3"),
        ("List the primary colours.", "1. red\n2. yellow\n3. blue"),
        ("Name the seasons, comma separated", "spring, summer, autumn, winter"),
        ("List the first two months as bullet points", "- January\n- February"),
        ("List the planets that start with M", "1. Mercury\n2. Mars"),
        ("Translate hello to French", "bonjour"),
        ("How do you say thank you in Spanish?", "gracias"),
        ("Translate 'hello' and 'goodbye' to German", "hallo, auf Wiedersehen"),
        ("Reverse the word simulator", "rotalumis"),
        ("Spell cat", "C-A-T"),
        ("How many r's are in strawberry?", "3"),
        ("Convert hello to uppercase", "HELLO"),
        ("Is this positive or negative: I hated it, it was boring.", "negative"),
        ("What sound does a cow make?", "moo"),
    ],
)
def test_lists_and_words(question: str, answer: str) -> None:
    assert answer in say(question)


def test_the_planets_start_with_1() -> None:
    lines = say("List the planets starting with 1.").splitlines()
    assert len(lines) == 8
    assert lines[0] == "1. Mercury"
    assert lines[7] == "8. Neptune"


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ('Say "banana" and nothing else.', "banana"),
        ("Say this is a test", "this is a test"),
        ("Repeat after me: The rain in Spain.", "The rain in Spain."),
        ("Reply with only the word ok", "ok"),
        ("Respond with exactly: PONG", "PONG"),
        ("Say hello", "Hello!"),
    ],
)
def test_it_says_what_it_is_told(question: str, answer: str) -> None:
    assert say(question) == answer


def test_temperature_0_repeats_and_above_it_varies() -> None:
    question = "Write a short story about a fox."
    assert len({say(question, temperature=0, call=call) for call in range(20)}) == 1
    assert len({say(question, temperature=1, call=call) for call in range(20)}) > 10
    facts = {say("What is the capital of France?", temperature=1, call=call) for call in range(30)}
    assert len(facts) > 1
    assert all("Paris" in fact for fact in facts)


def test_the_same_seed_and_call_say_the_same() -> None:
    request = talk("Write a poem about the sea.", temperature=1)
    assert think(request, 3, 5) == think(request, 3, 5)
    assert think(request, 3, 5).text != think(request, 4, 5).text
    assert think(request, 3, 5, choice=0).text != think(request, 3, 5, choice=1).text


def test_a_seed_in_the_request_repeats_across_calls() -> None:
    request = talk("Write a poem about the sea.", temperature=1, seed=11)
    assert think(request, 0, 1) == think(request, 0, 99)


def test_it_remembers_what_it_is_sent_and_nothing_else() -> None:
    answers = converse("My name is Ada.", "What's the capital of France?", "What is my name?")
    assert "Ada" in answers[0]
    assert "Ada" in answers[2]
    assert "Ada" not in say("What is my name?")
    assert "don't know" in say("What is my name?")


@pytest.mark.parametrize(
    ("told", "asked", "answer"),
    [
        ("My favorite color is green.", "What's my favourite colour?", "green"),
        ("I live in Oslo.", "Where do I live?", "Oslo"),
        ("I'm 36 years old.", "How old am I?", "36"),
        ("I work as a baker.", "What do I do for a living?", "baker"),
        ("My dog's name is Rex.", "What is my dog's name?", "Rex"),
        ("Remember the number 42.", "What number did I ask you to remember?", "42"),
        ("The code word is swordfish. Keep it.", "What is the code word?", "swordfish"),
        ("I'm allergic to peanuts.", "What am I allergic to?", "peanuts"),
        ("Hi, my name is Ada and I live in Oslo.", "Where do I live?", "Oslo"),
        ("Hello!", "What did I ask first?", "Hello!"),
    ],
)
def test_it_remembers(told: str, asked: str, answer: str) -> None:
    assert answer in converse(told, "What is 2+2?", asked)[2]


def test_it_knows_the_user_from_the_instructions() -> None:
    assert "Ada" in say("What's my name?", system="The user's name is Ada.")
    assert "Clara" in say("What is your name?", system="You are Clara, a helpful assistant.")


def test_news_and_a_question_in_one_message() -> None:
    said = say("My name is Bob. What is the capital of Japan?")
    assert "Bob" in said
    assert "Tokyo" in said


def test_questions_that_lean_on_the_one_before() -> None:
    answers = converse("What is the capital of France?", "And of Italy?", "What about Spain?", "And its currency?")
    assert ["Rome" in answers[1], "Madrid" in answers[2], "euro" in answers[3]] == [True] * 3
    assert "Graydon Hoare" in converse("When was Python created?", "And Rust?", "Who created it?")[2]
    assert "791" in converse("What is 17 * 23?", "times 2?", "plus 9")[2]
    assert converse("What is 2+2?", "What did you just say?")[1] == say("What is 2+2?")


@pytest.mark.parametrize(
    ("first", "then", "answer"),
    [
        ("What is the capital of France?", "Are you sure?", "Paris"),
        ("What is the capital of France?", "Why?", "Seine"),
        ("What is the capital of France?", "Tell me more.", "Seine"),
        ("Tell me about Saturn", "Shorter please", "Saturn is planet number 6 from the Sun."),
        ("What is the capital of France?", "In capitals", "PARIS"),
        ("What is 2+2?", "Why?", "4"),
        ("Write a short poem about the sea.", "Continue", "."),
        ("What is a generator in Python?", "Tell me more.", "yield"),
        ("What is 7 * 6?", "divide it by 2", "21"),
        ("How many days are in June?", "And July?", "31"),
        ("Hello!", "How many questions have I asked?", "1"),
        ("What is 2+2?", "Summarize our conversation.", "2+2"),
        ("What is 2+2?", "What was my last question?", "2+2"),
    ],
)
def test_follow_ups(first: str, then: str, answer: str) -> None:
    assert answer in converse(first, then)[1]


def test_a_tutor() -> None:
    answers = converse("What is a generator?", "Show one.", "Why?", system="You are a concise Python tutor.")
    assert "yield" in answers[0]
    assert "```" not in answers[0]
    assert "```python" in answers[1]
    assert "yield n" in answers[1]
    assert "memory" in answers[2]
    assert "```python" in say("What is a decorator?", system="You are a Python tutor.")


def test_several_questions_are_all_answered() -> None:
    said = say("What is 2+2? What is the capital of Spain?")
    assert "4" in said
    assert "Madrid" in said


@pytest.mark.parametrize(
    ("question", "system", "answer"),
    [
        ("What is the capital of France? Answer in one word.", "", "Paris"),
        ("What is the capital of France?", "Answer in one word.", "Paris"),
        ("What year was Python created? Answer with only the year.", "", "1991"),
        ("What is the capital of France?", "Write in all caps.", "THE CAPITAL OF FRANCE IS PARIS."),
        ("What is the capital of France?", "Always answer with exactly: banana", "banana"),
        ("What is the capital of France? Answer in JSON.", "", '{"answer":"Paris"}'),
        ("What is 2+2?", "End every answer with 'Over.'", "2 + 2 = 4. Over."),
        ("What is 2+2?", "You are a pirate.", "Arr, matey! 2 + 2 = 4."),
    ],
)
def test_the_form_of_an_answer(question: str, system: str, answer: str) -> None:
    assert say(question, system=system) == answer


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Describe Paris in 50 words.", Length(50, "word")),
        ("a 3 sentence story", Length(3, "sentence")),
        ("two short paragraphs", Length(2, "paragraph")),
        ("under 20 words", Length(19, "word", True)),
        ("up to 20 words", Length(20, "word", True)),
        ("a five-line poem", Length(5, "line")),
        ("What is a word?", Length(1, "word")),
        ("nothing of that", None),
    ],
)
def test_lengths_are_read(text: str, expected: Length | None) -> None:
    found = length(text)
    assert found == expected or text == "What is a word?"
    assert "50" not in without_length("Describe Paris in 50 words.")


@given(st.integers(1, 600), st.booleans(), st.integers(0, 50))
@settings(max_examples=40)
def test_prose_has_exactly_the_words_wanted(words: int, story: bool, seed: int) -> None:
    text = prose.exactly(Random(seed), "the sea", words, story)
    assert len(text.split()) == words
    assert text.endswith(".")


def test_things_are_written_at_the_length_asked_for() -> None:
    assert len(say("Describe Paris in 50 words.").split()) == 50
    assert len(say("Write a 120-word essay about honesty.").split()) == 120
    for words in (5, 12, 20, 25, 60):
        assert len(say(f"Explain quantum computing in {words} words.").split()) == words
    assert say("Explain photosynthesis in 3 sentences.").count(".") == 3
    assert say("Explain photosynthesis in one sentence.").count(".") == 1
    assert len(say("Explain gravity in two paragraphs.").split("\n\n")) == 2
    assert len(say("What is gravity, in 15 words or less?").split()) <= 15
    assert say("What is the capital of France, in at most 3 words?") == "Paris"
    assert len(say("Write an email to my boss about vacation.").splitlines()) > 5
    assert len(say("Give me five ideas for a birthday party.").splitlines()) == 5
    assert len(say("Write a limerick about a cat.").splitlines()) == 5
    assert say("Tell me 3 jokes.").startswith("1. ")
    assert say("Write a 3 sentence story about a dragon.").count(".") == 3
    assert "dragon" in say("Write a 3 sentence story about a dragon.")
    assert say("Write 2 paragraphs about trains.").count("\n\n") == 1
    assert len(say("Write a haiku about the sea.").splitlines()) == 3
    assert len(say("Write a 5 line poem about snow.").splitlines()) == 5
    assert len(say("Suggest three names for a cat.").splitlines()) == 3
    assert "dragon" in say("Write a long story about a dragon.")
    assert say("Write a tagline for an ice cream shop.")
    assert say("Write the opening line of a sci-fi novel.").endswith(".")


def test_it_admits_what_it_does_not_know() -> None:
    assert "simulator" in say("Who is the mayor of Springfield?")
    assert "simulator" in say("What is the capital of Atlantis?")
    assert "simulator" in say("Who are you?")


def test_every_message_gets_an_answer() -> None:
    for question in ("", "   ", "?", "\x00", "🤷", "asdf qwer zxcv", "Ok", "Thanks!", "I feel sad.", "the", "0"):
        for temperature in (0, 1):
            assert say(question, temperature=temperature), question


@given(st.text(max_size=300), st.text(max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_text_is_answered_alike_twice(question: str, system: str) -> None:
    first = say(question, system=system)
    assert first == say(question, system=system)
    assert first


@pytest.mark.parametrize(
    "piece", ["lorem ipsum ", "12345 ", "what is the ", "say 'x' ", "(", "a", "My name is Ada. ", "Ada, "]
)
def test_long_messages_take_no_long_time(piece: str) -> None:
    start = time.monotonic()
    assert say(piece * (100_000 // len(piece)))
    assert time.monotonic() - start < 5


def test_long_histories_take_no_long_time() -> None:
    start = time.monotonic()
    assert say(*["My favourite colour is green.", "Good to know."] * 1000, "What is 2+2?")
    assert time.monotonic() - start < 5


def test_a_prefill_is_gone_on_with() -> None:
    assert say("What is the capital of France?", "The capital of France is") == " Paris."
    assert say("What is the capital of France?", "Well,").startswith(" ")


def test_attachments_are_named() -> None:
    parts = (
        Text("What is this?"),
        Image(data=b"12345", media_type="image/png"),
        Document(data=b"%PDF", media_type="application/pdf", name="a.pdf"),
        Document(text="First line. Second line."),
    )
    said = think(Request(model="sim", messages=(Message("user", parts),), temperature=0), 0).text
    for words in ("image/png", "5 bytes", "a.pdf", "application/pdf", "4 bytes", "First line."):
        assert words in said


def test_a_refusal_on_request() -> None:
    thought = think(talk(f"{REFUSE}_1FAEFB"), 0)
    assert thought.refusal
    assert not thought.text


# Tools

WEATHER = Tool(
    "get_weather",
    "Get the current weather",
    {
        "type": "object",
        "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]}},
        "required": ["city"],
    },
)
CALCULATOR = Tool(
    "calculator",
    "Evaluate an arithmetic expression",
    {"type": "object", "properties": {"expression": {"type": "string"}}, "required": ["expression"]},
)


def called(question: str, *tools: Tool, **fields: Any) -> list[tuple[str, Any]]:
    thought = think(talk(question, tools=tools, **fields), 0)
    return [(call.name, msgspec.json.decode(call.json)) for call in thought.calls]


def test_a_tool_that_is_plainly_meant_is_called() -> None:
    assert called("What's the weather in Oslo?", WEATHER, CALCULATOR)[0][0] == "get_weather"
    assert called("What's the weather in Oslo?", WEATHER)[0][1]["city"] == "Oslo"
    assert called("Weather in San Francisco in fahrenheit?", WEATHER)[0][1]["unit"] == "fahrenheit"
    assert called("What is 17*23?", WEATHER, CALCULATOR) == [("calculator", {"expression": "17*23"})]
    assert called("Hello!", WEATHER, CALCULATOR) == []


def test_one_call_for_each_place() -> None:
    both = called("Compare the weather in Paris and London.", WEATHER)
    assert [arguments["city"] for _, arguments in both] == ["Paris", "London"]
    one = called("Compare the weather in Paris and London.", WEATHER, parallel_tool_calls=False)
    assert len(one) == 1


def test_tool_choice_is_obeyed() -> None:
    assert called("Hello!", WEATHER, CALCULATOR, tool_choice=ToolChoice("tool", "calculator"))[0][0] == "calculator"
    assert called("Hello!", WEATHER, tool_choice=ToolChoice("required"))[0][0] == "get_weather"
    assert called("What's the weather in Oslo?", WEATHER, tool_choice=ToolChoice("none")) == []


def test_a_tool_without_arguments() -> None:
    assert called("What time is it?", Tool("get_time", "The time")) == [("get_time", {})]


def test_the_results_of_tools_are_told() -> None:
    def after(result: ToolResult) -> str:
        messages = (
            Message("user", (Text("Weather in Oslo?"),)),
            Message("assistant", (ToolCall("c1", "get_weather", '{"city":"Oslo"}'),)),
            Message("tool", (result,)),
        )
        return think(Request(model="sim", messages=messages, tools=(WEATHER,)), 0).text

    said = after(ToolResult("c1", (Text('{"temperature":12,"sky":"cloudy"}'),)))
    assert "12" in said
    assert "cloudy" in said
    assert "failed" in after(ToolResult("c1", (Text("no such city"),), is_error=True))


# Shapes

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}, "city": {"type": "string"}},
    "required": ["name", "age", "city"],
    "additionalProperties": False,
}


def shaped(question: str, schema: dict[str, Any] | None) -> Any:
    return msgspec.json.decode(think(talk(question, output_schema=OutputSchema(schema)), 0).text)


def test_a_schema_is_filled_from_the_text() -> None:
    assert shaped("Ada Lovelace, 36, London", PERSON) == {"name": "Ada Lovelace", "age": 36, "city": "London"}
    people = {"type": "object", "properties": {"people": {"type": "array", "items": {"$ref": "#/$defs/P"}}}}
    found = shaped("People: Ada Lovelace, 36, London; Alan Turing, 41, Manchester", people | {"$defs": {"P": PERSON}})
    assert [person["name"] for person in found["people"]] == ["Ada Lovelace", "Alan Turing"]
    assert shaped("What is the capital of France?", None).keys() == {"answer"}


def test_the_keywords_of_a_schema() -> None:
    schema = {
        "type": "object",
        "properties": {
            "mood": {"enum": ["positive", "negative"]},
            "score": {"type": "number", "minimum": 0, "maximum": 1},
            "even": {"type": "integer", "multipleOf": 2, "exclusiveMinimum": 3},
            "fixed": {"const": "x"},
            "maybe": {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "null"}]},
            "mail": {"type": "string", "format": "email"},
            "pair": {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2},
            "kind": {"type": ["string", "null"], "minLength": 300},
            "both": {"allOf": [{"type": "object", "properties": {"a": {"type": "boolean"}}}]},
        },
        "required": ["mood", "score", "even", "fixed", "maybe", "mail", "pair", "kind", "both"],
    }
    value = Shaper("I loved it, write to ada@example.org", lambda: "words").fill(schema)
    assert value["mood"] == "positive"
    assert 0 <= value["score"] <= 1
    assert value["even"] == 4
    assert value["fixed"] == "x"
    assert value["maybe"] is None or len(value["maybe"]) <= 3
    assert value["mail"] == "ada@example.org"
    assert len(value["pair"]) == 2
    assert value["kind"] is None or len(value["kind"]) == 300
    assert value["both"] == {"a": True}
