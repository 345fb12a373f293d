"""Typed output on every wire, in sync and async code, whole and streamed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any

import msgspec
import pytest

import ringup
from ringup.ledger import rows
from ringup.messages import Refusal, Text, Thinking, ToolCall, ToolResult
from tests.scripted import MODELS, Face, Make, calls, says

WAYS = list(product(MODELS, (True, False), (False, True)))


@dataclass
class Person:
    name: str
    age: int
    tags: dict[str, int] | None = None


class Tree(msgspec.Struct):
    name: str
    children: list[Tree] = []


ADA = '{"name": "Ada", "age": 36}'
ADA_STRICT = '{"name": "Ada", "age": 36, "tags": [{"key": "a", "value": 1}]}'


@pytest.fixture
def made() -> Iterator[list[Face]]:
    found: list[Face] = []
    yield found
    for one in found:
        one.close()


@pytest.fixture(
    params=WAYS, ids=lambda way: f"{way[0]}-{'sync' if way[1] else 'async'}-{'stream' if way[2] else 'whole'}"
)
def face(request: pytest.FixtureRequest, made: list[Face]) -> Make:
    def make(*answers: Any, **options: Any) -> Face:
        made.append(Face(*request.param, *answers, **options))
        return made[-1]

    return make


@pytest.fixture
def one(made: list[Face]) -> Make:
    """On one wire, sync and whole."""

    def make(*answers: Any, wire: str = "chat_completions", stream: bool = False, **options: Any) -> Face:
        made.append(Face(wire, True, stream, *answers, **options))
        return made[-1]

    return make


def test_a_value_of_the_type_comes_back(face: Make) -> None:
    f = face(says(ADA))
    reply = f.ask("Ada Lovelace, 36", output=Person)
    assert reply.output == Person("Ada", 36)
    assert (reply.output_way, reply.ended, reply.finish_reason) == ("native", "answered", "stop")
    wanted = f.requests[0].output_schema
    assert wanted is not None
    assert wanted.schema is not None
    assert wanted.schema["properties"]["age"] == {"type": "integer"}
    assert [notice for notice in reply.notices if notice.what == "output"] == []


def test_the_vendors_form_is_brought_back(face: Make) -> None:
    f = face(says('{"name": "Ada", "age": 1, "tags": {"a": 1}}'), says('{"value": [1, 2]}'))
    if f.wire != "gemini":
        f.transport.answers[0] = says(ADA_STRICT)
    assert f.ask("Ada", output=Person).output.tags == {"a": 1}
    assert f.ask("Two numbers", output=list[int]).output == [1, 2]


def test_an_invalid_answer_is_an_error_with_all_that_is_known(face: Make) -> None:
    f = face(says('{"name": "Ada", "age": "old"}'))
    with pytest.raises(
        ringup.OutputError, match=r"isn't what output=Person asks for: Expected `int`, got `str`"
    ) as caught:
        f.ask("Ada", output=Person)
    error = caught.value
    assert (error.reason, error.text) == ("invalid", '{"name": "Ada", "age": "old"}')
    assert error.partial.usage.input_tokens == 10
    assert [attempt.outcome for attempt in error.attempts] == ["answered"]
    assert error.provider in ("openai", "anthropic", "gemini")
    assert "repair=1" in str(error)


def test_a_repair_asks_again_with_the_message(face: Make) -> None:
    f = face(says('{"name": "Ada"}'), says("no JSON at all"), says(ADA))
    chat = f.client.chat()
    reply = f.ask("Ada", on=chat, output=Person, repair=2)
    assert reply.output == Person("Ada", 36)
    assert (len(reply.steps), len(reply.attempts)) == (3, 3)
    assert [attempt.number for attempt in reply.attempts] == [1, 2, 3]
    assert reply.usage.input_tokens == 30
    assert reply.cost is None or reply.cost == sum(step.cost for step in reply.steps)
    asked = f.requests[1].messages
    assert [message.role for message in asked] == ["user", "assistant", "user"]
    assert "missing required field `age`" in asked[-1].text
    assert len(f.requests[2].messages) == 5
    assert [message.text for message in chat.messages] == ["Ada", ADA]


def test_a_repair_that_fails_accounts_for_all_and_leaves_the_history(face: Make) -> None:
    f = face(says("1"), says("{}"), says(ADA))
    chat = f.client.chat()
    with pytest.raises(ringup.OutputError) as caught:
        f.ask("Ada", on=chat, output=Person, repair=1)
    assert len(caught.value.attempts) == 2
    assert caught.value.partial.usage.output_tokens == 10
    assert len(caught.value.partial.steps) == 2
    assert caught.value.text == "{}"
    assert chat.messages == []
    assert f.ask("Ada", on=chat, output=Person).output.age == 36


def test_an_error_of_a_later_call_has_the_attempts_before(one: Make) -> None:
    f = one(says("1"), 400)
    with pytest.raises(ringup.BadRequestError) as caught:
        f.ask("Ada", output=Person, repair=1)
    assert [attempt.outcome for attempt in caught.value.attempts] == ["answered", "failed"]
    assert caught.value.partial.usage.input_tokens == 10


def test_a_cut_answer_is_not_repaired(face: Make) -> None:
    f = face(says('{"name": "A', reason="length"))
    with pytest.raises(ringup.OutputError, match="cut off") as caught:
        f.ask("Ada", output=Person, repair=3)
    assert (caught.value.reason, caught.value.text) == ("length", '{"name": "A')
    assert "max_tokens" in caught.value.advice


def test_a_refusal_is_not_repaired(face: Make) -> None:
    f = face(says("I can't.", reason="refusal"))
    with pytest.raises(ringup.OutputError, match="refused|filter") as caught:
        f.ask("Ada", output=Person, repair=3)
    assert caught.value.reason == "refused"


@pytest.mark.parametrize("wire", ["chat_completions", "responses"])
def test_the_words_of_a_refusal(one: Make, wire: str) -> None:
    f = one(says(Refusal("I won't say."), reason="refusal"), wire=wire)
    with pytest.raises(ringup.OutputError, match="I won't say") as caught:
        f.ask("Ada", output=Person)
    assert caught.value.text == "I won't say."


# The other ways


def test_a_recursive_type_is_asked_for_by_a_tool_of_claude(one: Make) -> None:
    f = one(
        says(ToolCall("toolu_1", "answer", '{"name": "a", "children": [{"name": "b"}]}')), wire="anthropic_messages"
    )
    chat = f.client.chat()
    reply = f.ask("A tree", on=chat, output=Tree)
    assert reply.output == Tree("a", [Tree("b")])
    assert reply.output_way == "tool"
    (notice,) = [notice for notice in reply.notices if notice.what == "output"]
    assert "contains itself" in notice.message
    choice = f.requests[0].tool_choice
    assert isinstance(choice, ringup.ToolChoice)
    assert (choice.mode, choice.name) == ("tool", "answer")
    assert [message.text for message in chat.messages] == ["A tree", '{"name": "a", "children": [{"name": "b"}]}']
    f.transport.answers = [says("Hello.")]
    assert f.ask("Hello", on=chat).text == "Hello."
    assert f.requests[1].tools == ()


def test_a_tools_answer_is_repaired_by_its_result(one: Make) -> None:
    bad, good = calls("answer", "toolu_1", name=1), calls("answer", "toolu_2", name="a")
    f = one(says(bad), says(good), wire="anthropic_messages")
    chat = f.client.chat()
    assert f.ask("A tree", on=chat, output=Tree, repair=1).output == Tree("a")
    told = f.requests[1].messages[-1].parts[0]
    assert isinstance(told, ToolResult)
    assert told.is_error
    assert "Expected `str`" in told.text
    assert [message.text for message in chat.messages] == ["A tree", '{"name": "a"}']


def test_a_model_that_cannot_be_forced_is_asked_in_words(one: Make) -> None:
    f = one(says('Here:\n```json\n{"name": "a"}\n```\nDone.'), wire="anthropic_messages", reasoning="low")
    reply = f.ask("A tree", output=Tree)
    assert (reply.output, reply.output_way) == (Tree("a"), "json")
    assert '"$defs"' in f.requests[0].system[-1].text  # type: ignore[union-attr]


def test_a_server_without_structured_output_is_asked_by_a_tool(one: Make) -> None:
    f = one(says(calls("answer", name="Ada", age=36)), model="deepseek/deepseek-chat")
    reply = f.ask("Ada", output=Person)
    assert (reply.output, reply.output_way) == (Person("Ada", 36), "tool")
    assert "no structured output" in next(n.message for n in reply.notices if n.what == "output")


@pytest.mark.parametrize("model", ["gpt-4-turbo", "gpt-3.5-turbo", "claude-3-5-haiku-20241022", "claude-sonnet-4"])
def test_older_models_are_asked_by_a_tool(one: Make, model: str) -> None:
    f = one(says(calls("answer", "toolu_1", name="Ada", age=36)), model=model)
    assert f.ask("Ada", output=Person).output_way == "tool"


def test_a_schema_too_large_is_asked_by_a_tool(one: Make) -> None:
    schema = {"type": "object", "properties": {f"f{at}": {"type": "integer"} for at in range(30)}}
    f = one(says(calls("answer", "toolu_1", f1=3)), wire="anthropic_messages")
    reply = f.ask("Go", output=schema)
    assert (reply.output, reply.output_way) == ({"f1": 3}, "tool")
    assert "30 fields that aren't required, of 24" in next(n.message for n in reply.notices if n.what == "output")


def test_words_instead_of_the_tool_are_read(one: Make) -> None:
    f = one(says('{"name": "a"}'), wire="anthropic_messages")
    assert f.ask("A tree", output=Tree).output == Tree("a")


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "a"}',
        ' \n{"name": "a"}\n',
        '```json\n{"name": "a"}\n```',
        '```\n{"name": "a"}\n```',
        'Sure!\n```json\n{"name": "a"}\n```\nAnything else?',
        '<think>{"name": "x"}</think>\n{"name": "a"}',
        '{"name": "a", "children": []}',
    ],
)
def test_json_among_words_is_found(one: Make, text: str) -> None:
    f = one(says(text), wire="anthropic_messages", reasoning="low")
    assert f.ask("A tree", output=Tree).output == Tree("a")


# While it grows


@pytest.mark.parametrize("sync", [True, False], ids=["sync", "async"])
@pytest.mark.parametrize("wire", MODELS)
def test_partials_grow_to_the_value(made: list[Face], wire: str, sync: bool) -> None:
    text = ADA if wire == "gemini" else ADA_STRICT
    f = Face(wire, sync, True, says(Thinking("Hm {"), text) if wire != "chat_completions" else says(text))
    made.append(f)
    stream = f.client.stream("Ada", output=Person)
    seen = f.drain(stream.partials())
    assert seen[0] == {}
    assert {"name": "A"} in seen or {"name": "Ad"} in seen
    assert seen[-1] == (
        {"name": "Ada", "age": 36} if wire == "gemini" else {"name": "Ada", "age": 36, "tags": {"a": 1}}
    )
    for before, after in pairwise(seen):
        assert before != after
        assert list(after)[: len(before)] == list(before)
        assert after.get("name", "").startswith(before.get("name", ""))
    assert stream.reply.output.name == "Ada"
    assert all(isinstance(value.get("tags", {}), dict) for value in seen)


def test_partials_of_a_tools_arguments_and_of_a_repair(one: Make) -> None:
    bad, good = calls("answer", "toolu_1", name=1), calls("answer", "toolu_2", name="abc")
    f = one(says("I think", bad), says(good), wire="anthropic_messages", stream=True)
    stream = f.client.stream("A tree", output=Tree, repair=1)
    seen = list(stream.partials())
    assert seen[0] == {}
    assert {"name": 1} in seen
    assert seen[-1] == {"name": "abc"}
    assert stream.reply.output == Tree("abc")


def test_partials_of_a_bare_value_are_bare(one: Make) -> None:
    f = one(says('{"value": ["ab", "cd"]}'), stream=True)
    stream = f.client.stream("Go", output=list[str])
    seen = list(stream.partials())
    assert seen[0] == [""]
    assert ["ab", ""] in seen
    assert seen[-1] == ["ab", "cd"]


def test_partials_want_a_type(one: Make) -> None:
    f = one(says("Hi"), stream=True)
    with pytest.raises(ringup.ConfigurationError, match="the stream has no type"):
        f.client.stream("Hi").partials()


def test_partials_of_a_long_answer_come_seldom(one: Make) -> None:
    text = json.dumps({"value": ["word"] * 20_000})
    f = one(says(text), stream=True)
    stream = f.client.stream("Go", output=list[str])
    seen = sum(1 for _ in stream.partials())
    assert 100 < seen < 2000
    assert len(stream.reply.output) == 20_000


def test_a_stream_that_failed_says_so(one: Make) -> None:
    f = one(says("x"), stream=True)
    stream = f.client.stream("Ada", output=Person)
    with pytest.raises(ringup.OutputError):
        list(stream)
    with pytest.raises(ringup.ConfigurationError, match="the stream failed"):
        _ = stream.reply
    assert stream.partial.text == "x"


# With tools, and in the ledger


def test_tools_and_a_type_together(face: Make) -> None:
    def age_of(name: str) -> int:
        return 36

    f = face(says(calls("age_of", name="Ada")), says(ADA))
    chat = f.client.chat()
    reply = f.ask("How old is Ada?", on=chat, tools=[age_of], output=Person)
    assert reply.output == Person("Ada", 36)
    assert [message.role for message in chat.messages] == ["user", "assistant", "tool", "assistant"]


def test_tools_beside_an_answer_given_by_a_tool(one: Make) -> None:
    ran: list[str] = []

    def look(name: str) -> str:
        ran.append(name)
        return name

    both = says(calls("look", "toolu_1", name="x"), calls("answer", "toolu_2", name=3))
    f = one(says(calls("look", "toolu_0", name="y")), both, says(calls("answer", "toolu_3", name="z")),
            wire="anthropic_messages")  # fmt: skip
    chat = f.client.chat()
    assert f.ask("A tree", on=chat, tools=[look], output=Tree, repair=1).output == Tree("z")
    assert ran == ["y"]
    results = f.requests[2].messages[-1].parts
    assert [part.call_id for part in results if isinstance(part, ToolResult)] == ["toolu_1", "toolu_2"]
    assert [message.role for message in chat.messages] == ["user", "assistant", "tool", "assistant"]
    assert getattr(f.requests[0].tool_choice, "mode", None) == "required"


def test_max_steps_with_a_type_is_an_error(one: Make) -> None:
    def look(name: str) -> str:
        return name

    f = one(*[says(calls("look", name="x")) for _ in range(3)])
    with pytest.raises(ringup.OutputError, match="max_steps") as caught:
        f.ask("Go", tools=[look], output=Person, max_steps=2)
    assert (caught.value.reason, caught.value.partial.ended) == ("max_steps", "max_steps")
    assert len(caught.value.attempts) == 2


def test_repairs_do_not_count_as_steps(one: Make) -> None:
    f = one(says("1"), says("2"), says(ADA))
    assert f.ask("Ada", output=Person, repair=5, max_steps=1).output.age == 36


def test_the_ledger_has_each_call(one: Make, tmp_path: Any) -> None:
    f = one(says("1"), says(ADA), ledger=tmp_path / "calls.db")
    f.ask("Ada", output=Person, repair=1)
    f.client.close()
    assert [row["outcome"] for row in rows(tmp_path / "calls.db")] == ["answered", "answered"]


def test_the_error_can_be_pickled(one: Make) -> None:
    import pickle

    f = one(says("1"))
    with pytest.raises(ringup.OutputError) as caught:
        f.ask("Ada", output=Person)
    twin = pickle.loads(pickle.dumps(caught.value))
    assert (twin.reason, twin.text, twin.message) == ("invalid", "1", caught.value.message)


def test_parts_that_say_more_are_kept_out_of_the_value(one: Make) -> None:
    f = one(says(Thinking("{"), Text(ADA)), wire="responses")
    assert f.ask("Ada", output=Person).output == Person("Ada", 36)
