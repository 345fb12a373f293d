"""How much to think: what each model is sent for a word, a number or a switch, and what is said of it."""

from __future__ import annotations

import asyncio
import json
import warnings
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import ringup
from ringup import models, providers, wires
from ringup.cli.app import app
from ringup.events import ThinkingDelta
from ringup.judge import judge
from ringup.messages import Message, Reasoning, Request, Text
from ringup.reasoning import fitted, read_reasoning, shown
from ringup.testing import Simulator

ASK = (Message("user", (Text("What is the capital of France?"),)),)


def request(model: str, reasoning: Any, **more: Any) -> Request:
    return Request(model=model, messages=ASK, reasoning=read_reasoning(reasoning), **more)


def fit(provider: str, model: str, reasoning: Any, **more: Any) -> tuple[Request, list[str]]:
    found = providers.find(provider)
    assert found
    asked = request(model, reasoning, **more)
    rules = found.rules or models.rules(provider, model)
    sent, notices = fitted(asked, rules, more.pop("wire", found.wire))
    return shown(sent, found.wire, asked.reasoning), [f"{notice.kind}: {notice.message}" for notice in notices]


def body(provider: str, model: str, reasoning: Any, **more: Any) -> dict[str, Any]:
    found = providers.find(provider)
    assert found
    sent, _ = fit(provider, model, reasoning, **more)
    rules = found.rules or models.rules(provider, model)
    written: dict[str, Any] = json.loads(wires.find(found.wire).write_request(sent, rules)[0].body)
    return {name: value for name, value in written.items() if name not in ("model", "messages", "contents")}


SUMMARIZED = {"display": "summarized"}
ADAPTIVE = {"type": "adaptive", **SUMMARIZED}
CLAUDES: list[tuple[str, Any, dict[str, Any], str]] = [
    ("claude-opus-4-7", "low", {"thinking": ADAPTIVE, "output_config": {"effort": "low"}}, ""),
    ("claude-opus-4-7", "max", {"thinking": ADAPTIVE, "output_config": {"effort": "max"}}, ""),
    ("claude-opus-4-7", "minimal", {"thinking": ADAPTIVE, "output_config": {"effort": "low"}}, "sent as 'low'"),
    ("claude-opus-4-6", "xhigh", {"thinking": ADAPTIVE, "output_config": {"effort": "high"}}, "sent as 'high'"),
    ("claude-opus-4-7", 20_000, {"thinking": ADAPTIVE, "output_config": {"effort": "high"}}, "effort 'high'"),
    ("claude-opus-4-7", True, {"thinking": ADAPTIVE}, ""),
    ("claude-opus-4-7", False, {"thinking": {"type": "disabled"}}, ""),
    ("claude-sonnet-5-5", "none", {"thinking": {"type": "between_tools"}}, "always thinks"),
    (
        "claude-opus-5-5",
        "none",
        {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}},
        "the effort 'low' was sent, its least",
    ),
    (
        "claude-opus-4-5",
        "low",
        {"thinking": {"type": "enabled", "budget_tokens": 2000, **SUMMARIZED}, "output_config": {"effort": "low"}},
        "budget of 2,000 tokens",
    ),
    ("claude-haiku-4-5", "high", {"thinking": {"type": "enabled", "budget_tokens": 8000, **SUMMARIZED}}, "8,000"),
    ("claude-haiku-4-5", True, {"thinking": {"type": "enabled", "budget_tokens": 5000, **SUMMARIZED}}, "5,000"),
    ("claude-haiku-4-5", 500, {"thinking": {"type": "enabled", "budget_tokens": 1024, **SUMMARIZED}}, "1,024"),
    ("claude-sonnet-4-6", 3000, {"thinking": {"type": "enabled", "budget_tokens": 3000, **SUMMARIZED}}, ""),
    ("claude-3-haiku", "low", {}, "doesn't think"),
    ("claude-3-haiku", "none", {}, ""),
    ("claude-of-tomorrow", "low", {"thinking": ADAPTIVE, "output_config": {"effort": "low"}}, ""),
]


@pytest.mark.parametrize(("model", "asked", "sent", "said"), CLAUDES)
def test_claude(model: str, asked: Any, sent: dict[str, Any], said: str) -> None:
    found = body("anthropic", model, asked, max_tokens=10_000)
    assert {name: found[name] for name in ("thinking", "output_config") if name in found} == sent
    _, notices = fit("anthropic", model, asked, max_tokens=10_000)
    assert bool(notices) is bool(said)
    assert said in "".join(notices)


def test_a_claude_has_room_for_its_answer_above_the_budget() -> None:
    sent, notices = fit("anthropic", "claude-haiku-4-5", 5000, max_tokens=300)
    assert (sent.max_tokens, "raised from 300 to 5,300" in notices[0]) == (5300, True)
    sent, notices = fit("anthropic", "claude-haiku-4-5", "high", max_tokens=300)
    assert sent.max_tokens == 1324
    sent, notices = fit("anthropic", "claude-haiku-4-5", 100_000, max_tokens=300)
    assert sent.reasoning
    assert (sent.reasoning.budget_tokens, sent.max_tokens) == (63_999, 64_000)
    for model in ("claude-haiku-4-5", "claude-opus-4-5"):  # the same with and without a stream, or nothing is cached
        whole, streamed = (fit("anthropic", model, "high", stream=stream)[0].reasoning for stream in (False, True))
        assert whole == streamed


GEMINIS: list[tuple[str, Any, dict[str, Any], str]] = [
    ("gemini-2.5-flash", "low", {"thinkingBudget": 1024, "includeThoughts": True}, "1,024"),
    ("gemini-2.5-flash", "max", {"thinkingBudget": 24_576, "includeThoughts": True}, "24,576"),
    ("gemini-2.5-pro", "max", {"thinkingBudget": 32_768, "includeThoughts": True}, "32,768"),
    ("gemini-2.5-flash", 3000, {"thinkingBudget": 3000, "includeThoughts": True}, ""),
    ("gemini-2.5-flash-lite", 100, {"thinkingBudget": 512, "includeThoughts": True}, "512 to 24,576"),
    ("gemini-2.5-flash", True, {"thinkingBudget": -1, "includeThoughts": True}, ""),
    ("gemini-2.5-flash", "none", {"thinkingBudget": 0}, ""),
    ("gemini-2.5-pro", "none", {"thinkingBudget": 128}, "always thinks"),
    ("gemini-3-flash-preview", "minimal", {"thinkingLevel": "MINIMAL", "includeThoughts": True}, ""),
    ("gemini-3-pro-preview", "medium", {"thinkingLevel": "LOW", "includeThoughts": True}, "sent as 'low'"),
    ("gemini-3-pro-preview", 30_000, {"thinkingLevel": "HIGH", "includeThoughts": True}, "effort 'high'"),
    ("gemini-3-pro-preview", "none", {"thinkingLevel": "LOW"}, "always thinks"),
    ("gemini-3-pro-preview", True, {"includeThoughts": True}, ""),
    ("gemini-4-argon", "high", {"thinkingLevel": "HIGH", "includeThoughts": True}, ""),
    ("gemini-2.0-flash", "high", {}, "doesn't think"),
]


@pytest.mark.parametrize(("model", "asked", "sent", "said"), GEMINIS)
def test_gemini(model: str, asked: Any, sent: dict[str, Any], said: str) -> None:
    found = body("gemini", model, asked).get("generationConfig", {}).get("thinkingConfig", {})
    assert found == sent
    _, notices = fit("gemini", model, asked)
    assert bool(notices) is bool(said)
    assert said in "".join(notices)


WORDS: list[tuple[str, str, Any, dict[str, Any], str]] = [
    ("openai", "gpt-5", "low", {"reasoning_effort": "low"}, ""),
    ("openai", "gpt-5", "none", {"reasoning_effort": "minimal"}, "always thinks"),
    ("openai", "gpt-5.1", "none", {"reasoning_effort": "none"}, ""),
    ("openai", "gpt-5.1", "minimal", {"reasoning_effort": "low"}, "sent as 'low'"),
    ("openai", "gpt-5.1", True, {"reasoning_effort": "medium"}, "'medium' was sent"),
    ("openai", "gpt-5", True, {}, ""),
    ("openai", "gpt-5", 9000, {"reasoning_effort": "medium"}, "9,000 tokens was sent as the effort 'medium'"),
    ("openai", "gpt-6-sol", "max", {"reasoning_effort": "max"}, ""),
    ("openai", "gpt-4o", "low", {}, "doesn't think"),
    ("openai", "gpt-4o", "none", {}, ""),
    ("azure", "gpt-5", "max", {"reasoning_effort": "high"}, "sent as 'high'"),
    ("sim", "sim/small", 2000, {"reasoning_effort": "low"}, "effort 'low'"),
    ("deepseek", "deepseek-v4-pro", "high", {"thinking": {"type": "enabled"}, "reasoning_effort": "high"}, ""),
    ("deepseek", "deepseek-v4-pro", "none", {"thinking": {"type": "disabled"}}, ""),
    ("deepseek", "deepseek-v4-pro", True, {"thinking": {"type": "enabled"}}, ""),
    ("openrouter", "x/y", "low", {"reasoning": {"enabled": True, "effort": "low"}}, ""),
    ("openrouter", "x/y", 2000, {"reasoning": {"enabled": True, "max_tokens": 2000}}, ""),
    ("openrouter", "x/y", False, {"reasoning": {"effort": "none"}}, ""),
    (
        "openrouter",
        "x/y",
        Reasoning(effort="low", display="omitted"),
        {"reasoning": {"enabled": True, "effort": "low", "exclude": True}},
        "",
    ),
    ("vllm", "qwen", False, {"chat_template_kwargs": {"enable_thinking": False}}, ""),
    ("vllm", "qwen", 500, {"chat_template_kwargs": {"enable_thinking": True}, "thinking_token_budget": 500}, ""),
    ("llamacpp", "qwen", True, {"chat_template_kwargs": {"enable_thinking": True}}, ""),
    ("together", "x/y", False, {"reasoning": {"enabled": False}}, ""),
    ("mistral", "mistral-small-latest", "low", {"reasoning_effort": "high"}, "sent as 'high'"),
    ("mistral", "mistral-small-latest", True, {"reasoning_effort": "high"}, ""),
    ("mistral", "mistral-small-latest", "none", {"reasoning_effort": "none"}, ""),
    (
        "groq",
        "qwen/qwen3-32b",
        "low",
        {"reasoning_effort": "default", "reasoning_format": "parsed"},
        "sent as 'default'",
    ),
    ("groq", "openai/gpt-oss-120b", "max", {"reasoning_effort": "high"}, "sent as 'high'"),
    ("xai", "grok-3-mini", "medium", {"reasoning_effort": "low"}, "sent as 'low'"),
    ("xai", "grok-4", "low", {}, "as much as it finds right"),
    ("xai", "grok-4.3", "low", {"reasoning_effort": "low"}, ""),
    ("xai", "grok-4.20-non-reasoning", "low", {}, "doesn't think"),
    ("ollama", "qwen3", "xhigh", {"reasoning_effort": "high"}, "sent as 'high'"),
    ("fireworks", "x", "low", {"reasoning_effort": "low"}, ""),
]


@pytest.mark.parametrize(("provider", "model", "asked", "sent", "said"), WORDS)
def test_chat_completions_in_every_dialect(
    provider: str, model: str, asked: Any, sent: dict[str, Any], said: str
) -> None:
    assert body(provider, model, asked) == sent
    _, notices = fit(provider, model, asked)
    assert bool(notices) is bool(said)
    assert said in "".join(notices)


def test_what_the_user_put_into_extra_wins() -> None:
    found = body("vllm", "qwen", "low", extra={"chat_template_kwargs": {"enable_thinking": False, "x": 1}})
    assert found["chat_template_kwargs"] == {"enable_thinking": False, "x": 1}


MODELS = [(provider, model) for provider in ("openai", "anthropic", "gemini") for model, _ in models.known(provider)]
anything = st.one_of(
    st.sampled_from(["none", "minimal", "low", "medium", "high", "xhigh", "max", True, False]), st.integers(1, 200_000)
)


@given(st.sampled_from(MODELS), anything, st.one_of(st.none(), st.integers(1, 4000)))
def test_no_model_of_the_table_refuses_what_it_is_sent(where: tuple[str, str], asked: Any, most: int | None) -> None:
    sent, notices = fit(*where, asked, max_tokens=most)
    problems = [problem.what for problem in judge(sent, models.rules(*where), where[0])]
    assert [what for what in problems if what not in ("messages", "system")] == []
    assert all(where[1] in notice for notice in notices)


def test_strict_refuses_what_would_be_left_out(simulator: Simulator) -> None:
    with pytest.raises(ringup.ParameterError, match="doesn't think"):
        simulator.client("gpt-4o-mini").ask("Hello", reasoning="low", strict=True)
    with pytest.raises(ringup.ParameterError, match="can't be used: give a word"):
        simulator.client("gpt-5").ask("Hello", reasoning="hgih")
    wrongs: list[Any] = [-1, 1.5, [], ""]
    for wrong in wrongs:
        with pytest.raises(ringup.ParameterError):
            read_reasoning(wrong)


def test_a_budget_with_tools_goes_where_the_word_goes(simulator: Simulator) -> None:
    def f(x: str) -> str:
        """A tool."""
        return x

    reply = simulator.client("gpt-5.4").ask("Hello", reasoning=5000, tools=[f])
    assert reply.wire == "responses"


THINKERS = [
    ("gpt-5", {"wire": "responses"}, True),
    ("gpt-5", {"wire": "chat_completions"}, False),
    ("claude-haiku-4-5", {}, True),
    ("claude-opus-5-5", {}, True),
    ("gemini-2.5-flash", {}, True),
    ("gemini-3-pro-preview", {}, True),
]


@pytest.mark.parametrize(("model", "more", "shows"), THINKERS)
def test_what_was_thought_is_in_the_stream_and_in_the_reply(
    simulator: Simulator, model: str, more: dict[str, Any], shows: bool
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client = simulator.client(model, reasoning="high", max_tokens=3000, **more)
        reply = client.ask("What is the capital of France?")
        stream = client.stream("What is the capital of France?")
        thought = "".join([event.text for event in stream.events() if isinstance(event, ThinkingDelta)])
        plain = client.ask("What is the capital of France?", reasoning=Reasoning(effort="high", display="omitted"))
    assert bool(reply.thinking) is bool(thought) is shows
    assert stream.reply.thinking == thought
    assert "Paris" in reply.text
    assert plain.thinking == ""
    assert not any(notice.what == "reasoning.display" for notice in reply.notices)


def test_async_too(simulator: Simulator) -> None:
    async def run() -> ringup.Reply:
        options: dict[str, Any] = {"base_url": simulator.anthropic_url, "api_key": simulator.anthropic_key}
        async with ringup.AsyncClient("claude-opus-5", provider="anthropic", **options) as client:
            stream = client.stream("Hello", reasoning="low", max_tokens=2000)
            async for _ in stream:
                pass
            return stream.reply

    assert asyncio.run(run()).thinking


# The command line


@pytest.fixture
def run(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", simulator.anthropic_url)
    monkeypatch.setenv("ANTHROPIC_API_KEY", simulator.anthropic_key)

    def ask(*words: str) -> Any:
        model = ("-m", "claude-haiku-4-5", "--no-log")
        return CliRunner().invoke(app, ["ask", *model, "What is the capital of France?", *words])

    return ask


def test_the_command_line_shows_thinking_on_stderr(run: Any) -> None:
    shown_, hidden, whole = run("--reasoning", "high"), run("--reasoning", "2000", "--hide-thinking"), run("-v")
    assert "Paris" in shown_.stdout
    assert "“What is the capital" in shown_.stderr
    assert "“What is the capital" not in shown_.stdout + hidden.stderr + whole.stderr
    assert "“What is the capital" in run("--reasoning", "low", "--no-stream").stderr
    assert json.loads(run("--reasoning", "low", "--json").stdout)["thinking"]
    refused = run("--reasoning", "hgih")
    assert refused.exit_code == 2
    assert "give a word" in refused.stderr


def test_the_command_line_caches_and_tells_what_was_saved(run: Any) -> None:
    system = "The quick brown fox jumps over the lazy dog. " * 600
    run("--cache", "-s", system)
    said = run("--cache", "-s", system, "-v").stderr
    assert "from the cache " in said
