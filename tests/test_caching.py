"""Prompt caching: where the marks go on each wire, within which limits, and that they hit."""

from __future__ import annotations

import asyncio
import json
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ringup
from ringup import models, wires
from ringup.caching import LIFETIMES, marked, read_cache
from ringup.messages import (
    Audio,
    Document,
    Image,
    Message,
    Opaque,
    Part,
    Request,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)
from ringup.rules import Rules
from ringup.simulator.prefixes import blocks
from ringup.testing import Simulator

CLAUDE, NEW, OLD = "claude-sonnet-5", "gpt-5.6", "gpt-4o-mini"
ANTHROPIC, CHAT, RESPONSES = "anthropic_messages", "chat_completions", "responses"
LONG = "The quick brown fox jumps over the lazy dog near the river bank. " * 100
EPHEMERAL, HOUR = {"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}


def user(*parts: Part | str) -> Message:
    return Message("user", tuple([Text(part) if isinstance(part, str) else part for part in parts]))


def said(*parts: Part | str) -> Message:
    return Message("assistant", user(*parts).parts)


def request(*messages: Message, model: str = CLAUDE, **more: Any) -> Request:
    return Request(model=model, messages=messages or (user("Hello"),), **more)


def sent(asked: Request, wanted: str | bool = True, wire: str = ANTHROPIC, provider: str = "") -> dict[str, Any]:
    """The body that goes out."""
    provider = provider or ("anthropic" if wire == ANTHROPIC else "openai")
    rules = models.rules(provider, asked.model)
    asked, _ = marked(asked, rules, wire, provider, wanted)
    body: dict[str, Any] = json.loads(wires.find(wire).write_request(asked, rules)[0].body)
    return body


def told(asked: Request, wanted: str | bool = True, wire: str = ANTHROPIC, provider: str = "anthropic") -> list[str]:
    _, notices = marked(asked, models.rules(provider, asked.model), wire, provider, wanted)
    return [f"{notice.kind} {notice.what}: {notice.message}" for notice in notices]


def marks(body: Any, field: str = "cache_control", path: str = "") -> dict[str, Any]:
    """Every mark in a body, with where it stands."""
    found: dict[str, Any] = {}
    items = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for name, value in items:
        if name == field:
            found[path] = value
        else:
            found |= marks(value, field, f"{path}.{name}".lstrip("."))
    return found


# Anthropic


def test_the_system_and_the_end_are_marked() -> None:
    asked = request(user("Hi"), said("Hello"), user("So?"), system=(Text("a"), Text("b")), tools=(Tool("f"), Tool("g")))
    assert marks(sent(asked)) == {"system.1": EPHEMERAL, "messages.2.content.0": EPHEMERAL}
    assert marks(sent(asked, "1h")) == {"system.1": HOUR, "messages.2.content.0": HOUR}
    assert marks(sent(asked, False)) == {}
    assert told(asked) == []


def test_without_a_system_the_last_tool_is_marked() -> None:
    assert marks(sent(request(tools=(Tool("f"), Tool("g"))))) == {
        "tools.1": EPHEMERAL,
        "messages.0.content.0": EPHEMERAL,
    }
    search = Opaque(ANTHROPIC, {"type": "web_search_20260318", "name": "web_search"})
    other = Opaque(RESPONSES, {"type": "web_search"})
    assert "tools.1" in marks(sent(request(tools=(Tool("f"), search, other))))


def test_thinking_and_empty_words_bear_no_mark() -> None:
    thought = Thinking("hm", "sig", extra={ANTHROPIC: {}})
    asked = request(user("Hi"), said(thought, "Hello", Text(" "), thought), system=(Text("a"), Text("\n")))
    body = sent(asked)
    assert marks(body) == {"messages.1.content.1": EPHEMERAL}
    assert body["messages"][1]["content"][1]["text"] == "Hello"


def test_a_turn_of_more_than_twenty_blocks_gets_a_mark_at_its_beginning() -> None:
    for results, more in ((9, False), (12, True)):
        calls = [ToolCall(f"t{at}", "f") for at in range(results)]
        answers = [ToolResult(f"t{at}", (Text("x"),)) for at in range(results)]
        body = sent(
            request(user("a", "b"), said("Wait.", *calls), Message("tool", tuple(answers)), system=(Text("s"),))
        )
        assert ("messages.0.content.1" in marks(body)) is more
        assert f"messages.2.content.{results - 1}" in marks(body)


def test_the_users_own_marks_count_and_stay() -> None:
    own = Text("a", {ANTHROPIC: {"cache_control": HOUR}})
    body = sent(request(user(own, own, own, "end"), system=(Text("s"),)))
    assert marks(body) == {f"messages.0.content.{at}": HOUR for at in range(3)} | {"messages.0.content.3": EPHEMERAL}
    whole = sent(request(system=(Text("s"),), extra={"cache_control": EPHEMERAL}))
    assert marks(whole) == {"": EPHEMERAL, "system.0": EPHEMERAL}
    inside = ToolResult("t1", (Text("x", {ANTHROPIC: {"cache_control": EPHEMERAL}}),))
    asked = request(user("a"), said(ToolCall("t1", "f")), Message("tool", (inside,)))
    assert len(marks(sent(asked))) == 1


def test_lifetimes_never_grow_from_one_mark_to_the_next() -> None:
    early = request(user(ringup.cached("a", "5m"), "end"), system=(Text("s"),))
    assert [mark.get("ttl") for mark in marks(sent(early, "1h")).values()] == ["1h", None, None]
    late = request(user("a", ringup.cached("b", "1h"), "end"), system=(Text("s"),))
    assert [mark.get("ttl") for mark in marks(sent(late)).values()] == ["1h", "1h", None]


parts = st.one_of(
    st.builds(Text, st.sampled_from(["", " ", "words"])),
    st.builds(ringup.cached, st.sampled_from(["", "some", "more"]), st.sampled_from([None, *LIFETIMES])),
    st.just(Text("own", {ANTHROPIC: {"cache_control": EPHEMERAL}})),
    st.just(Thinking("t", "s", extra={ANTHROPIC: {}})),
    st.just(Image(data=b"1", media_type="image/png")),
    st.just(Document(text="d")),
    st.just(ToolCall("t1", "f")),
    st.just(ToolResult("t1", (Text("x"), ringup.cached("y")))),
    st.just(Audio(data=b"a", format="wav")),
)
turns = st.lists(st.builds(Message, st.sampled_from(["user", "assistant"]), st.lists(parts, max_size=30).map(tuple)))


@given(turns, st.sampled_from([True, False, *LIFETIMES]), st.booleans(), st.sampled_from([ANTHROPIC, CHAT, RESPONSES]))
def test_marks_keep_every_limit(talk: list[Message], wanted: Any, system: bool, wire: str) -> None:
    asked = request(*talk, model=CLAUDE if wire == ANTHROPIC else NEW, system=(Text("s"),) if system else ())
    provider = "anthropic" if wire == ANTHROPIC else "openai"
    rules = models.rules(provider, asked.model)
    given_, notices = marked(asked, rules, wire, provider, wanted)
    every: list[Any] = [block for place in (given_.tools, given_.system) for block in place]
    every += [part for message in given_.messages for part in message.parts]
    assert not any("ringup" in block.extra for block in every if not isinstance(block, Opaque))
    field = "cache_control" if wire == ANTHROPIC else "prompt_cache_breakpoint"
    held = [(block, block.extra.get(wire, {}).get(field)) for block in every if not isinstance(block, Opaque)]
    own = sum(
        getattr(block, "extra", None) == {ANTHROPIC: {"cache_control": EPHEMERAL}}
        for message in talk
        for block in message.parts
    )
    assert sum(mark is not None for _, mark in held) <= max(4 if wire == ANTHROPIC else 3, own)
    for block, mark in held:
        assert mark is None or not isinstance(block, Thinking)
        assert mark is None or not isinstance(block, Text) or block.text.strip()
    assert len({notice.what for notice in notices}) == len(notices)
    if wire == ANTHROPIC:  # marks are no part of what is compared
        plain, _ = marked(asked, rules, wire, provider, False)
        assert [one.digest for one in blocks(given_, wire)] == [one.digest for one in blocks(plain, wire)]


# OpenAI


@pytest.mark.parametrize("wire", [CHAT, RESPONSES])
def test_openai_gets_a_key_for_what_stays_the_same(wire: str) -> None:
    one = request(model=OLD, system=(Text("s"),), tools=(Tool("f"),))
    again = request(user("Bye"), said("x"), user("y"), model=OLD, system=(Text("s"),), tools=(Tool("f"),))
    key = sent(one, wire=wire)["prompt_cache_key"]
    assert key == sent(again, wire=wire)["prompt_cache_key"]
    assert len(key) <= 64
    assert key != sent(request(model=OLD, system=(Text("t"),), tools=(Tool("f"),)), wire=wire)["prompt_cache_key"]
    assert key != sent(request(model=OLD, system=(Text("s"),)), wire=wire)["prompt_cache_key"]
    assert sent(request(model=OLD, extra={"prompt_cache_key": "mine"}), wire=wire)["prompt_cache_key"] == "mine"
    assert "prompt_cache_key" not in sent(one, False, wire=wire)
    assert marks(sent(one, wire=wire), "prompt_cache_breakpoint") == {}


def test_openais_newer_models_get_a_mark_after_the_system() -> None:
    asked = request(model=NEW, system=(Text("s"), Text("t")))
    chat, responses = sent(asked, wire=CHAT), sent(asked, wire=RESPONSES)
    assert marks(chat, "prompt_cache_breakpoint") == {"messages.0.content.1": {"mode": "explicit"}}
    assert marks(responses, "prompt_cache_breakpoint") == {"input.0.content.1": {"mode": "explicit"}}
    assert "prompt_cache_options" not in chat
    assert sent(asked, "30m", RESPONSES)["prompt_cache_options"] == {"ttl": "30m"}
    assert sent(asked, "12h", RESPONSES)["prompt_cache_options"] == {"ttl": "12h"}
    assert marks(sent(asked, "12h", CHAT), "prompt_cache_breakpoint")["messages.0.content.1"]["ttl"] == "12h"
    assert "prompt_cache_options" not in sent(asked, "12h", CHAT)  # which knows only 30m there
    assert marks(sent(request(model=NEW), wire=CHAT), "prompt_cache_breakpoint") == {}


def test_a_result_has_openais_mark_on_its_words() -> None:
    result = ringup.cached(ToolResult("t1", (Text("x"), Text("y"))))
    asked = request(user("a"), said(ToolCall("t1", "f")), Message("tool", (result,)), model=NEW)
    assert marks(sent(asked, False, CHAT), "prompt_cache_breakpoint") == {"messages.2.content.1": {"mode": "explicit"}}
    assert marks(sent(asked, False, RESPONSES), "prompt_cache_breakpoint") == {"input.2.output.1": {"mode": "explicit"}}


# Others


def test_openrouter_takes_anthropics_marks_for_claude() -> None:
    asked = request(model="anthropic/claude-sonnet-5", system=(Text("s"),))
    body = sent(asked, "1h", CHAT, "openrouter")
    assert marks(body) == {"": HOUR, "messages.0.content.0": HOUR}
    assert "prompt_cache_key" not in body
    plain = request(model="openai/gpt-4o", system=(Text("s"),))
    assert marks(sent(plain, True, CHAT, "openrouter")) == {}


@pytest.mark.parametrize(("provider", "wire"), [("gemini", "gemini"), ("groq", CHAT), ("openai", CHAT)])
def test_who_caches_by_itself_is_sent_nothing_and_nothing_is_said(provider: str, wire: str) -> None:
    asked = request(model="some-model", system=(Text("s"),))
    before = sent(asked, False, wire, provider)
    after = sent(asked, True, wire, provider)
    after.pop("prompt_cache_key", None)
    assert (before, told(asked, True, wire, provider)) == (after, [])
    (notice,) = told(asked, "1h", wire, provider)
    assert notice.startswith("dropped cache: ")
    marked_ = request(user(ringup.cached("x")), model="some-model")
    (notice,) = told(marked_, False, wire, provider)
    assert notice.startswith("dropped cached: ")
    assert "ringup" not in json.dumps(sent(marked_, False, wire, provider))


# What a user says


NEAREST = [
    ("30m", ANTHROPIC, CLAUDE, "1h"),
    ("12h", ANTHROPIC, CLAUDE, "1h"),
    ("24h", ANTHROPIC, CLAUDE, "1h"),
    ("5m", RESPONSES, NEW, "30m"),
    ("1h", RESPONSES, NEW, "30m"),
    ("24h", RESPONSES, NEW, "12h"),
]


@pytest.mark.parametrize(("asked", "wire", "model", "near"), NEAREST)
def test_a_lifetime_that_isnt_there_becomes_the_nearest_and_is_told(
    asked: str, wire: str, model: str, near: str
) -> None:
    provider = "anthropic" if wire == ANTHROPIC else "openai"
    (notice,) = told(request(model=model, system=(Text("s"),)), asked, wire, provider)
    assert notice.startswith("renamed cache: ")
    assert f"{near} was sent" in notice


def test_too_many_marks_and_marks_that_cant_stand() -> None:
    many = request(user(*[ringup.cached(f"{at}") for at in range(6)]))
    assert list(marks(sent(many))) == [f"messages.0.content.{at}" for at in (2, 3, 4, 5)]
    assert "may have 4 marks" in told(many)[0]
    blank = request(user(ringup.cached(" "), "x"))
    assert "can stand on messages[0].parts[0], a Text" in told(blank)[0]
    tool = request(model=NEW, tools=(ringup.cached(Tool("f")),))
    assert "tools[0], a Tool" in told(tool, False, CHAT, "openai")[0]


def test_what_cant_be_read_is_refused() -> None:
    with pytest.raises(ringup.ParameterError, match="cache='2h' can't be used"):
        read_cache("2h")
    with pytest.raises(ringup.ParameterError, match="ttl='soon'"):
        ringup.cached("x", "soon")
    with pytest.raises(ringup.ParameterError, match="not Message"):
        ringup.cached(user("x"))  # type: ignore[type-var]
    assert [read_cache(value) for value in (None, False, True, "1h")] == [False, False, True, "1h"]


def test_nothing_is_touched_where_nothing_is_asked() -> None:
    asked = request(system=(Text("s"),), tools=(Tool("f"), Opaque(ANTHROPIC, {"type": "x"})))
    assert marked(asked, Rules(), ANTHROPIC, "anthropic")[0] is asked


# On the simulator


def look_up(place: str) -> str:
    """Looks a place up."""
    return f"{place} has much of everything. " * 10


@pytest.mark.parametrize(
    ("model", "more"),
    [
        (CLAUDE, {"reasoning": "low"}),
        ("claude-haiku-4-5", {"reasoning": 2000}),
        (NEW, {"wire": CHAT, "reasoning": "none"}),
        (NEW, {"wire": RESPONSES, "reasoning": "low"}),
        (OLD, {}),
        (OLD, {"wire": RESPONSES}),
        ("gemini-2.5-flash", {"reasoning": "low"}),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_thirty_turns_with_tools_and_thinking_hit_every_time(
    simulator: Simulator, model: str, more: dict[str, Any], stream: bool
) -> None:
    client = simulator.client(model, cache=True)
    chat = client.chat(system=LONG * 4, tools=[look_up], max_tokens=4000, **more)
    known = 0
    for turn in range(30):
        question = "Use look_up to look up Oslo." if turn % 3 == 1 else f"What is {turn} + {turn}?"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if stream:
                answer = chat.stream(question)
                for _ in answer:
                    pass
                reply = answer.reply
            else:
                reply = chat.ask(question)
        for step in reply.steps or (reply,):
            read, total = step.usage.cache_read_tokens or 0, step.usage.input_tokens or 0
            if known:
                assert read > known * 0.9 - 256, f"turn {turn}: {read} of {known} known, {total} in all"
            known = total
    assert known > 5500


def test_a_turn_of_many_tool_calls_hits_through_the_look_back(simulator: Simulator) -> None:
    client = simulator.client(CLAUDE, cache=True, max_tokens=100)
    talk = [user(LONG)]
    first = client.ask(talk)
    calls = [ToolCall(f"t{at}", "f") for at in range(25)]
    results = Message("tool", tuple([ToolResult(f"t{at}", (Text("x"),)) for at in range(25)]))
    talk += [said("Wait.", *calls), results]
    second = client.ask(talk, tools=[{"name": "f", "input_schema": {"type": "object"}}], tool_choice="none")
    assert second.usage.cache_read_tokens == 0  # the tools are new
    third = client.ask([*talk], tools=[{"name": "f", "input_schema": {"type": "object"}}], tool_choice="none")
    assert third.usage.cache_read_tokens
    assert first.usage.cache_write_tokens


def test_async_too_and_lifetimes_count(simulator: Simulator) -> None:
    async def run() -> list[ringup.Reply]:
        options: dict[str, Any] = {"base_url": simulator.anthropic_url, "api_key": simulator.anthropic_key}
        async with ringup.AsyncClient(CLAUDE, provider="anthropic", cache="1h", **options) as client:
            first = await client.ask("Hello", system=LONG, max_tokens=50)
            simulator.advance(3000)
            return [first, await client.ask("Hello", system=LONG, max_tokens=50)]

    first, second = asyncio.run(run())
    assert first.usage.details["cache_creation"]["ephemeral_1h_input_tokens"] == first.usage.cache_write_tokens
    assert second.usage.cache_read_tokens == first.usage.cache_write_tokens


def test_the_bill_says_what_was_saved(simulator: Simulator) -> None:
    pytest.importorskip("genai_prices")
    client = simulator.client(CLAUDE, cache=True, max_tokens=50)
    first, second = (client.ask("Hello", system=LONG) for _ in range(2))
    assert first.bill.saved is not None
    assert second.bill.saved is not None
    assert second.cost is not None
    assert first.bill.saved < 0 < second.bill.saved
    assert first.cost is not None
    plain = simulator.client(CLAUDE, max_tokens=50).ask("Hello", system=LONG)
    assert plain.bill.saved == 0
    assert second.cost + second.bill.saved == plain.cost
