"""Prompt caching, over HTTP with the vendors' own SDKs: what hits, for how long, and how each vendor counts it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import anthropic
import httpx2
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringup.errors import ConfigurationError
from ringup.messages import Message, Request, Text
from ringup.rules import Rules
from ringup.simulator.cache import Caches
from ringup.simulator.prefixes import blocks, steps
from ringup.testing import Simulator
from ringup.tokens import prompt_tokens

LONG = "The quick brown fox jumps over the lazy dog near the river bank. " * 100
CHAT, CLAUDE = "gpt-4o-mini", "claude-sonnet-5"
FIVE, HOUR = {"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}


@pytest.fixture
def chat(simulator: Simulator) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=simulator.openai_url, api_key=simulator.key, max_retries=0) as found:
        yield found


@pytest.fixture
def claude(simulator: Simulator) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=simulator.anthropic_url, api_key=simulator.key, max_retries=0) as found:
        yield found


# OpenAI


def ask(
    chat: openai.OpenAI, text: str = "Hello", system: str = LONG, model: str = CHAT, **more: Any
) -> tuple[int, int]:
    """The tokens of the prompt, and how many of them were cached."""
    messages: Any = [{"role": "system", "content": system}, {"role": "user", "content": text}]
    usage = chat.chat.completions.create(model=model, messages=messages, **more).usage
    assert usage
    assert usage.prompt_tokens_details
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    return usage.prompt_tokens, usage.prompt_tokens_details.cached_tokens or 0


def test_openai_caches_a_long_prefix_by_itself(chat: openai.OpenAI) -> None:
    total, cached = ask(chat)
    assert (total > 1024, cached) == (True, 0)
    assert ask(chat) == (total, total // 128 * 128)
    assert ask(chat, "What is the capital of France?")[1] == (total - 4) // 128 * 128
    assert ask(chat, "Hello", "X" + LONG)[1] == 0


def test_openai_caches_nothing_short(chat: openai.OpenAI) -> None:
    for _ in range(2):
        total, cached = ask(chat, system=LONG[:3000])
        assert (total < 1024, cached) == (True, 0)


def test_openai_needs_a_prefix_of_1024_tokens_in_common(chat: openai.OpenAI) -> None:
    ask(chat, LONG, system="word " * 900)
    assert ask(chat, LONG[10:], system="word " * 900)[1] == 0
    ask(chat, LONG, system="word " * 1100)
    assert ask(chat, LONG[10:], system="word " * 1100)[1] == 1024


def test_openai_forgets_after_ten_minutes_without_use(chat: openai.OpenAI, simulator: Simulator) -> None:
    total, _ = ask(chat)
    for _ in range(3):
        simulator.advance(599)
        assert ask(chat)[1] > 0
    simulator.advance(601)
    assert ask(chat) == (total, 0)
    ask(chat, prompt_cache_retention="24h")
    simulator.advance(80_000)
    assert ask(chat)[1] > 0


def test_openai_keeps_keys_models_and_cache_keys_apart(chat: openai.OpenAI) -> None:
    ask(chat)
    assert ask(chat.with_options(api_key="sk-another-0000000000000000"))[1] == 0
    assert ask(chat, model="gpt-4o")[1] == 0
    assert ask(chat, prompt_cache_key="k")[1] == 0
    assert ask(chat, prompt_cache_key="k")[1] > 0
    for _ in range(2):
        assert ask(chat, model="gpt-4")[1] == 0


def test_openai_caches_tools_and_streams_and_growing_talks(chat: openai.OpenAI) -> None:
    function = {"name": "look_up", "description": LONG, "parameters": {"type": "object", "properties": {}}}
    tools: Any = [{"type": "function", "function": function}]
    talk: Any = [{"role": "user", "content": "Hi"}]

    def cached() -> int:
        *_, last = chat.chat.completions.create(
            model=CHAT, messages=talk, tools=tools, stream=True, stream_options={"include_usage": True}
        )
        assert last.usage
        assert last.usage.prompt_tokens_details
        return last.usage.prompt_tokens_details.cached_tokens or 0

    assert cached() == 0
    talk += [{"role": "assistant", "content": "Hello!"}, {"role": "user", "content": LONG}]
    first = cached()
    talk += [{"role": "assistant", "content": "I see."}, {"role": "user", "content": "So?"}]
    assert 1024 <= first < cached()
    function["description"] = f"New. {LONG}"
    assert cached() == 0


@given(st.lists(st.tuples(st.sampled_from(["user", "assistant"]), st.text(max_size=300)), min_size=1, max_size=6))
def test_the_steps_of_a_prompt_are_as_many_as_its_tokens(turns: list[tuple[Any, str]]) -> None:
    request = Request(model=CHAT, messages=tuple([Message(role, (Text(text),)) for role, text in turns]))
    assert len(steps(request, "openai")) == prompt_tokens(request, "openai") // 128


# OpenAI, from GPT-5.6 on

NEW = "gpt-5.6"
MARK, LONGER = {"mode": "explicit"}, {"mode": "explicit", "ttl": "12h"}
ONLY: dict[str, Any] = {"prompt_cache_options": {"mode": "explicit"}}


def block(words: str, mark: Any = None, kind: str = "text") -> dict[str, Any]:
    return {"type": kind, "text": words} | ({"prompt_cache_breakpoint": mark} if mark else {})


def said(role: str, *blocks: Any) -> dict[str, Any]:
    return {"role": role, "content": list(blocks)}


def counted(chat: openai.OpenAI, *messages: Any, **more: Any) -> tuple[int, int, int]:
    """The tokens of the prompt, those read from the cache and those written to it."""
    usage = chat.chat.completions.create(model=NEW, messages=list(messages), **more).usage
    assert usage
    assert usage.prompt_tokens_details
    details = usage.prompt_tokens_details
    assert details.cached_tokens is not None
    assert details.cache_write_tokens is not None
    return usage.prompt_tokens, details.cached_tokens, details.cache_write_tokens


def test_openais_newer_models_keep_the_prompt_up_to_the_latest_message_and_count_it(
    chat: openai.OpenAI, simulator: Simulator
) -> None:
    system, hello = said("system", block(LONG)), said("user", block("Hello"))
    total, read, written = counted(chat, system, hello)
    assert (read, 1024 < written <= total) == (0, True)
    assert counted(chat, system, hello) == (total, written, 0)
    talk = [system, hello, said("assistant", block("Hi!")), said("user", block("And now?"))]
    assert counted(chat, *talk)[1] == written, "a talk that grows finds what was before"
    assert counted(chat, system, said("user", block("Bye")))[1] == 0, "but not another end of the same beginning"
    simulator.advance(1801)
    assert counted(chat, system, hello)[1] == 0


def test_openais_marks_are_found_again_whatever_comes_after_them(chat: openai.OpenAI, simulator: Simulator) -> None:
    system = said("system", block(LONG, MARK))
    _, read, _ = counted(chat, system, said("user", block("Hello")))
    assert read == 0
    total, read, written = counted(chat, system, said("user", block("Bye")))
    assert (read > 1024, 0 < written < 20, read + written < total) == (True, True, True)
    assert counted(chat, said("system", block("Short.", MARK)), said("user", block("Hi")))[1:] == (0, 0)
    longer = said("system", block("X" + LONG, LONGER))
    counted(chat, longer, said("user", block("Hello")))
    simulator.advance(40_000)
    assert counted(chat, longer, said("user", block("Bye")))[1] > 1024
    assert counted(chat, system, said("user", block("Bye")))[1] == 0


def test_openai_sets_no_breakpoint_of_its_own_when_told_so(chat: openai.OpenAI) -> None:
    for _ in range(2):
        assert counted(chat, said("user", block(LONG)), **ONLY)[1:] == (0, 0)
    marked = [said("system", block(LONG, MARK)), said("user", block("Hello"))]
    _, _, written = counted(chat, *marked, **ONLY)
    assert counted(chat, *marked, **ONLY)[1:] == (written, 0)


def test_openai_writes_four_breakpoints_the_latest(chat: openai.OpenAI) -> None:
    parts = [block(LONG, MARK), *(block(f"Part {at}.", MARK) for at in range(4))]
    counted(chat, said("user", *parts))
    for kept, count in ((0, 2), (1, 3), (1, 4), (1, 5)):
        read = counted(chat, said("user", *parts[:count], block("Something else.")), **ONLY)[1]
        assert bool(read) is bool(kept), count


def test_the_responses_api_tells_of_lifetimes(chat: openai.OpenAI) -> None:
    given: Any = [said("user", block(LONG, LONGER, "input_text"), block("Hello", None, "input_text"))]

    def details() -> Any:
        usage = chat.responses.create(model=NEW, input=given, store=False).usage
        assert usage
        return usage.input_tokens_details

    first, second = details(), details()
    assert (first.cached_tokens, second.cache_write_tokens) == (0, 0)
    assert first.cache_write_tokens == second.cached_tokens > 1024
    lifetimes = first.cache_write_tokens_details
    assert lifetimes.ttl_12h_tokens + lifetimes.ttl_30m_tokens == first.cache_write_tokens
    assert lifetimes.ttl_12h_tokens > 1024
    older = chat.responses.create(model=CHAT, input=given, store=False).usage
    assert older
    assert older.input_tokens_details.cache_write_tokens == 0


# Google


def test_gemini_caches_by_itself_from_the_models_minimum_on(simulator: Simulator) -> None:
    def cached(model: str, times: int) -> int | None:
        client = simulator.client(model)
        return client.ask("Hello", system=LONG * times, max_tokens=100).usage.cache_read_tokens

    assert [cached("gemini-2.5-flash", 1) for _ in range(2)] == [None, None]
    first, second = cached("gemini-2.5-flash", 3), cached("gemini-2.5-flash", 3)
    assert first is None
    assert second
    assert second >= 2048
    simulator.advance(601)
    assert cached("gemini-2.5-flash", 3) is None
    assert [cached("gemini-2.0-flash", 3) for _ in range(2)] == [None, None]


# Anthropic


def message(claude: anthropic.Anthropic, **fields: Any) -> tuple[int, int, int, int]:
    """Tokens neither read from the cache nor written to it, those read, and those written for 5 minutes and an hour."""
    given: dict[str, Any] = {"model": CLAUDE, "max_tokens": 50, "messages": [{"role": "user", "content": "Hello"}]}
    usage = claude.messages.create(**{**given, **fields}).usage
    assert usage.cache_creation
    short, long = usage.cache_creation.ephemeral_5m_input_tokens, usage.cache_creation.ephemeral_1h_input_tokens
    assert usage.cache_creation_input_tokens == short + long
    assert usage.cache_read_input_tokens is not None
    return usage.input_tokens, usage.cache_read_input_tokens, short, long


def text(words: str, mark: Any = None) -> dict[str, Any]:
    return {"type": "text", "text": words} | ({"cache_control": mark} if mark else {})


def test_anthropic_caches_up_to_a_mark(claude: anthropic.Anthropic, simulator: Simulator) -> None:
    system = [text(LONG, FIVE)]
    fresh, read, short, long = message(claude, system=system)
    assert (0 < fresh < 20, read, short > 1024, long) == (True, 0, True, 0)
    assert message(claude, system=system) == (fresh, short, 0, 0)
    simulator.advance(299)
    assert message(claude, system=system) == (fresh, short, 0, 0)
    simulator.advance(299)
    assert message(claude, system=system) == (fresh, short, 0, 0)
    simulator.advance(301)
    assert message(claude, system=system) == (fresh, 0, short, 0)
    count = claude.messages.count_tokens(
        model=CLAUDE, system=[{"type": "text", "text": LONG}], messages=[{"role": "user", "content": "Hello"}]
    )
    assert count.input_tokens == fresh + short


def test_anthropic_caches_nothing_without_a_mark(claude: anthropic.Anthropic) -> None:
    for _ in range(2):
        _, *rest = message(claude, system=LONG)
        assert rest == [0, 0, 0]


@pytest.mark.parametrize(
    ("model", "words", "cached"), [("claude-opus-5", 600, True), ("claude-haiku-4-5", 3000, False)]
)
def test_anthropic_passes_over_what_is_below_the_models_minimum(
    claude: anthropic.Anthropic, model: str, words: int, cached: bool
) -> None:
    system = [text("word " * words, FIVE)]
    _, read, short, _ = message(claude, model=model, system=system)
    assert (read, short > 0) == (0, cached)
    assert (message(claude, model=model, system=system)[1] > 0) is cached


def test_anthropic_keeps_an_hour_and_five_minutes_apart(claude: anthropic.Anthropic, simulator: Simulator) -> None:
    fields = {
        "system": [text(LONG, HOUR)],
        "messages": [{"role": "user", "content": [text(LONG, FIVE), text("What is that?")]}],
    }
    fresh, read, short, long = message(claude, **fields)
    assert (read, short > 1024, long > 1024) == (0, True, True)
    assert message(claude, **fields) == (fresh, short + long, 0, 0)
    simulator.advance(1000)
    assert message(claude, **fields) == (fresh, long, short, 0)
    simulator.advance(3601)
    assert message(claude, **fields) == (fresh, 0, short, long)


def test_anthropic_reads_what_is_before_a_mark_that_has_moved(claude: anthropic.Anthropic) -> None:
    talk: list[Any] = [{"role": "user", "content": [text(LONG)]}]
    fields: dict[str, Any] = {"messages": talk, "cache_control": FIVE}
    _, _, first, _ = message(claude, **fields)
    talk += [{"role": "assistant", "content": "I see."}, {"role": "user", "content": "And now?"}]
    fresh, read, short, _ = message(claude, **fields)
    assert (read, 0 < short < 30, fresh) == (first, True, 3)
    talk += [{"role": "assistant", "content": [text(f"{at}") for at in range(30)]}, {"role": "user", "content": "So?"}]
    assert message(claude, **fields)[1] == 0
    talk[2]["content"] = [text("And now?", FIVE)]
    assert message(claude, **fields)[1] > first


@pytest.mark.parametrize(
    "change",
    [
        {"tools": [{"name": "other", "input_schema": {"type": "object"}}]},
        {"system": [text("Other."), text(LONG, FIVE)]},
        {"model": "claude-opus-5"},
        {"tool_choice": {"type": "any"}},
    ],
    ids=lambda change: str(*change),
)
def test_anthropic_misses_when_what_is_before_has_changed(claude: anthropic.Anthropic, change: dict[str, Any]) -> None:
    fields: dict[str, Any] = {
        "tools": [{"name": "look_up", "input_schema": {"type": "object"}}],
        "system": [text("Short."), text(LONG)],
        "messages": [{"role": "user", "content": [text("Look at this.", FIVE)]}],
    }
    message(claude, **fields)
    assert message(claude, **fields)[1] > 0
    assert message(claude, **fields | change)[1] == 0


def test_anthropic_caches_tools_first_and_results_too(claude: anthropic.Anthropic) -> None:
    tools = [{"name": "look_up", "description": LONG, "input_schema": {"type": "object"}, "cache_control": FIVE}]
    _, _, short, _ = message(claude, tools=tools)
    assert message(claude, tools=tools, system="Other.")[1] == short
    result = {"type": "tool_result", "tool_use_id": "t1", "content": [text(LONG)], "cache_control": FIVE}
    talk = [
        {"role": "user", "content": "Look."},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "look_up", "input": {}}]},
        {"role": "user", "content": [result]},
    ]
    _, read, more, _ = message(claude, tools=tools, messages=talk)
    assert (read, more > 1024) == (short, True)
    assert message(claude, tools=tools, messages=talk)[1] == short + more


def test_anthropic_tells_it_in_a_stream(claude: anthropic.Anthropic) -> None:
    for read in (False, True):
        with claude.messages.stream(
            model=CLAUDE,
            max_tokens=20,
            system=[{"type": "text", "text": LONG, "cache_control": {"type": "ephemeral"}}],
            messages=[{"role": "user", "content": "Hello"}],
        ) as stream:
            first = next(event for event in stream if event.type == "message_start")
            final = stream.get_final_message()
        assert bool(first.message.usage.cache_read_input_tokens) is read
        assert bool(final.usage.cache_creation_input_tokens) is not read


def test_anthropic_does_not_count_what_was_read_against_the_limit() -> None:
    with (
        Simulator(tpm=6000) as tight,
        anthropic.Anthropic(base_url=tight.anthropic_url, api_key=tight.key, max_retries=0) as claude,
    ):
        for _ in range(6):
            message(claude, system=[text(LONG, FIVE)])
        with pytest.raises(anthropic.RateLimitError):
            [message(claude, system=LONG) for _ in range(6)]


def test_a_call_that_was_refused_leaves_nothing(simulator: Simulator, claude: anthropic.Anthropic) -> None:
    simulator.fault(status=529)
    with pytest.raises(anthropic.APIStatusError):
        message(claude, system=[text(LONG, FIVE)])
    assert message(claude, system=[text(LONG, FIVE)])[1] == 0


def test_marks_are_no_part_of_what_is_compared() -> None:
    mark = {"anthropic_messages": {"cache_control": FIVE}}
    plain = Request(model=CLAUDE, messages=(Message("user", (Text("a"), Text("b", mark))),))
    both = Request(model=CLAUDE, messages=(Message("user", (Text("a", mark), Text("b", mark))),))
    found, other = blocks(plain, "anthropic_messages"), blocks(both, "anthropic_messages")
    assert [prefix.digest for prefix in found] == [prefix.digest for prefix in other]
    assert [prefix.mark for prefix in found] == [None, FIVE]


@pytest.mark.parametrize("model", [CHAT, CLAUDE])
def test_ringups_own_client_reads_the_usage(simulator: Simulator, model: str) -> None:
    mark: dict[str, Any] = {} if model == CHAT else {"extra": {"cache_control": FIVE}}
    client = simulator.client(model)
    first, second = (client.ask(LONG, system="Be brief.", **mark).usage for _ in range(2))
    assert (first.input_tokens, first.cache_read_tokens) == (second.input_tokens, 0)
    assert first.input_tokens
    assert second.cache_read_tokens
    assert 1024 <= second.cache_read_tokens <= first.input_tokens
    assert model == CHAT or first.cache_write_tokens == second.cache_read_tokens


# The clock


def test_the_clock_is_set_forward_over_http_too(simulator: Simulator, chat: openai.OpenAI) -> None:
    ask(chat)
    with httpx2.Client(base_url=simulator.url) as http:
        before = http.get("/_ringup/clock").json()
        after = http.post("/_ringup/clock", json={"advance": 1000}).json()
        assert after["now"] >= before["now"] + 1000
        assert after["advanced"] == 1000
        wrongs: list[Any] = [{"advance": -1}, {"advance": "x"}, {}, [], {"advance": 1e12}]
        for wrong in wrongs:
            assert http.post("/_ringup/clock", json=wrong).status_code == 400
        assert http.get("/_ringup/clock").json()["advanced"] == 1000
    assert ask(chat)[1] == 0
    assert simulator.calls[-1].started >= before["now"] + 1000


def test_the_clock_never_goes_back(simulator: Simulator) -> None:
    with pytest.raises(ConfigurationError):
        simulator.advance(-1)


def test_reset_empties_the_caches_and_the_clock(simulator: Simulator, chat: openai.OpenAI) -> None:
    ask(chat)
    simulator.advance(100)
    simulator.reset()
    assert ask(chat)[1] == 0


def test_rate_limits_fill_again_when_the_clock_goes_on() -> None:
    with (
        Simulator(rpm=1) as tight,
        openai.OpenAI(base_url=tight.openai_url, api_key=tight.key, max_retries=0) as chat,
    ):
        ask(chat)
        with pytest.raises(openai.RateLimitError):
            ask(chat)
        tight.advance(60)
        ask(chat)


def test_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringup.simulator.cache.MAX_ENTRIES", 20)
    caches = Caches(lambda: 0.0)

    def read(words: str) -> int:
        request = Request(model=CHAT, messages=(Message("user", (Text(words * 1300),)),))
        use = caches.look("key", request, Rules(), provider="openai", wire="chat_completions", tokens=1300)
        caches.keep(use)
        return use.read

    assert [read("a "), read("a "), read("b "), read("c "), read("a ")] == [0, 1280, 0, 0, 0]
