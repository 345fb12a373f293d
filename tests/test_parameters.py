"""Requests held against their model: what raises, what is left out, and what the provider itself would answer."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringup.errors import ParameterError
from ringup.messages import (
    Audio,
    Document,
    Image,
    Message,
    Reasoning,
    Refusal,
    Request,
    Text,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from ringup.models import known, rules
from ringup.parameters import fit, violations

HELLO = (Message("user", (Text("Hello!"),)),)
GPT4, GPT5, GPT51, O3_MINI = "gpt-4o-mini", "gpt-5-mini", "gpt-5.1", "o3-mini"
HAIKU, OPUS47, OPUS5, SONNET55, OPUS41 = (
    "claude-haiku-4-5",
    "claude-opus-4-7",
    "claude-opus-5",
    "claude-sonnet-5-5",
    "claude-opus-4-1",
)


def provider_of(model: str) -> str:
    return "anthropic" if model.startswith("claude") else "sim" if model == "echo" else "openai"


def request(model: str, **fields: Any) -> Request:
    return Request(**{"model": model, "messages": HELLO, **fields})


def fitted(model: str, strict: bool = False, **fields: Any) -> tuple[Request, list[str]]:
    asked = request(model, **fields)
    sent, notices = fit(asked, rules(provider_of(model), model), provider_of(model), strict)
    return sent, [notice.what for notice in notices]


def refusals(model: str, **fields: Any) -> list[ParameterError]:
    return violations(request(model, **fields), rules(provider_of(model), model), provider_of(model))


# What can't work at all

WRONG: list[tuple[str, dict[str, Any], str, str]] = [
    (GPT4, {"temperature": 2.1}, "temperature", "temperature must be from 0 to 2 for gpt-4o-mini, not 2.1"),
    (GPT4, {"temperature": -0.1}, "temperature", "from 0 to 2"),
    (HAIKU, {"temperature": 1.1}, "temperature", "temperature must be from 0 to 1 for claude-haiku-4-5, not 1.1"),
    (GPT5, {"temperature": 3}, "temperature", "from 0 to 2"),
    (GPT5, {"temperature": True}, "temperature", "must be a number from 0 to 2 for gpt-5-mini, not True"),
    (GPT4, {"temperature": math.nan}, "temperature", "not nan"),
    (GPT4, {"temperature": math.inf}, "temperature", "not inf"),
    (GPT4, {"temperature": "hot"}, "temperature", "not 'hot'"),
    (GPT4, {"top_p": 1.01}, "top_p", "top_p must be from 0 to 1"),
    (HAIKU, {"top_p": False}, "top_p", "not False"),
    (GPT4, {"max_tokens": 0}, "max_tokens", "max_tokens must be a whole number from 1, not 0"),
    (HAIKU, {"max_tokens": 0}, "max_tokens", "not 0"),
    (GPT4, {"max_tokens": -5}, "max_tokens", "not -5"),
    (GPT4, {"max_tokens": True}, "max_tokens", "not True"),
    (GPT4, {"max_tokens": 10.0}, "max_tokens", "not 10.0"),
    (GPT4, {"max_tokens": 16_385}, "max_tokens", "max_tokens must be from 1 to 16384 for gpt-4o-mini, not 16385"),
    (HAIKU, {"max_tokens": 64_001}, "max_tokens", "from 1 to 64000"),
    (GPT4, {"stop": ("",)}, "stop", "not empty, not ''"),
    (GPT4, {"stop": ("a", 5)}, "stop", "not 5"),
    (GPT4, {"stop": "END"}, "stop", "not 'END'"),
    (GPT4, {"stop": ("a", "b", "c", "d", "e")}, "stop", "stop must be 4 strings at most"),
    (HAIKU, {"stop": ("a", "\n")}, "stop", "more than white space"),
    (GPT4, {"seed": 1.5}, "seed", "seed must be a whole number, not 1.5"),
    (GPT4, {"seed": True}, "seed", "not True"),
    (GPT4, {"n": 2}, "n", "n must be 1, not 2. For another answer, ask again."),
    (GPT4, {"n": 0}, "n", "not 0"),
    (GPT4, {"extra": {"n": 3}}, "n", "not 3"),
    (" ", {}, "model", "model must be the name of a model, not ' '"),
    (GPT4, {"messages": ()}, "messages", "must be one or more"),
    (GPT4, {"messages": (*HELLO, Message("assistant", ()))}, "messages[1]", "messages[1], of the role assistant"),
    (GPT4, {"messages": (Message("user", (Text(""),)),)}, "prompt", "the prompt must say something, not ''"),
    (HAIKU, {"messages": (Message("user", (Text(" "), Text("\n"))),)}, "prompt", "must say something"),
    (GPT4, {"metadata": ["a"]}, "metadata", "must be a dict"),
    (GPT4, {"metadata": {1: "a"}}, "metadata", "strings for keys"),
    (GPT4, {"metadata": {str(n): "a" for n in range(17)}}, "metadata", "16 pairs at most, not 17"),
    (GPT4, {"metadata": {"k": "v" * 513}}, "metadata", "strings of 512"),
    (GPT4, {"metadata": {"k" * 65: "v"}}, "metadata", "keys of 64"),
    (GPT4, {"metadata": {"k": 5}}, "metadata", "'k': 5"),
    (GPT4, {"extra": {5: 1}}, "extra", "strings for keys, not 5"),
    (GPT4, {"extra": {"stream": True}}, "extra.stream", "extra must not hold 'stream'"),
    (GPT4, {"extra": {"model": "x"}}, "extra.model", "Give it as a parameter: model=..."),
    (GPT4, {"extra": {"messages": []}}, "extra.messages", "must not hold 'messages'"),
    (GPT4, {"temperature": 0.1, "extra": {"temperature": 0.2}}, "temperature", "temperature and extra['temperature']"),
    (GPT4, {"max_tokens": 5, "extra": {"max_completion_tokens": 5}}, "max_tokens", "extra['max_completion_tokens']"),
    (HAIKU, {"stop": ("a",), "extra": {"stop_sequences": ["a"]}}, "stop", "extra['stop_sequences']"),
    (HAIKU, {"system": (Text("a"),), "extra": {"system": "a"}}, "system", "say the same thing"),
    (GPT5, {"reasoning": Reasoning(effort="low"), "extra": {"reasoning_effort": "low"}}, "reasoning", "say the same"),
    (GPT4, {"extra": {"frequency_penalty": -2.5}}, "frequency_penalty", "from -2 to 2 for gpt-4o-mini, not -2.5"),
    (GPT4, {"extra": {"top_logprobs": 1.5}}, "top_logprobs", "must be a whole number from 0 to 20"),
    (HAIKU, {"extra": {"top_k": -1}}, "top_k", "top_k must be 0 or more"),
    (GPT4, {"headers": {"Authorization": "Bearer canary"}}, "headers", "'Authorization', which carries a key"),
    (GPT4, {"headers": {"X-API-Key": "canary"}}, "headers", "Give the key as api_key=..."),
    (GPT4, {"headers": {"Host": "canary"}}, "headers", "which ringup sets itself"),
    (GPT4, {"headers": {"x-a": "1\r\nx-api-key: canary"}}, "headers", "no line break"),
    (GPT4, {"headers": {"": "canary"}}, "headers", "must have a name"),
    (GPT4, {"headers": {"x-a": 5}}, "headers", "must be strings"),
    (OPUS5, {"messages": (*HELLO, Message("assistant", (Text("Once"),)))}, "messages", "must be the user's for claude"),
    ("gpt-3.5-turbo", {"messages": (Message("user", (Image(url="u"),)),)}, "messages[0].parts[0]", "reads (text)"),
    (O3_MINI, {"messages": (Message("user", (Text("a"), Image(url="u"))),)}, "messages[0].parts[1]", "not 'image'"),
    (HAIKU, {"messages": (Message("user", (Audio(data=b"a", format="wav"),)),)}, "messages[0].parts[0]", "not 'audio'"),
    ("o1-mini", {"system": (Text("Be kind."),)}, "system", "a role must be user or assistant"),
    (
        HAIKU,
        {"reasoning": Reasoning(budget_tokens=1000)},
        "reasoning.budget_tokens",
        "reasoning.budget_tokens must be 1024 or more",
    ),
    (HAIKU, {"reasoning": Reasoning(budget_tokens=True)}, "reasoning.budget_tokens", "whole number"),
    (
        HAIKU,
        {"reasoning": Reasoning(budget_tokens=2000), "max_tokens": 2000},
        "reasoning.budget_tokens",
        "must be less than max_tokens (2000)",
    ),
    (
        HAIKU,
        {"reasoning": Reasoning(budget_tokens=2000), "tool_choice": ToolChoice("required")},
        "tool_choice",
        "auto or none with thinking",
    ),
]


@pytest.mark.parametrize(("model", "fields", "parameter", "says"), WRONG)
def test_what_cannot_work_is_an_error(model: str, fields: dict[str, Any], parameter: str, says: str) -> None:
    with pytest.raises(ParameterError) as caught:
        fitted(model, **fields)
    assert caught.value.parameter == parameter
    assert says in str(caught.value)
    assert "canary" not in str(caught.value)
    assert isinstance(caught.value, ValueError)


def test_a_long_value_is_cut() -> None:
    with pytest.raises(ParameterError) as caught:
        fitted(GPT4, temperature="x" * 10_000)
    assert len(str(caught.value)) < 200


# What goes through as it is

RIGHT: list[tuple[str, dict[str, Any]]] = [
    (GPT4, {}),
    (
        GPT4,
        {"temperature": 2, "top_p": 0.0, "max_tokens": 16_384, "stop": ("a", "b", "c", "\n"), "seed": -7, "n": 1},
    ),
    (GPT4, {"extra": {"frequency_penalty": 0.5, "logprobs": True, "top_logprobs": 3, "n": 1, "new_thing": [1]}}),
    (GPT4, {"metadata": {"k" * 64: "v" * 512}, "headers": {"openai-organization": "org-1"}}),
    (GPT4, {"messages": (Message("user", (Image(url="u"), Document(data=b"", media_type="application/pdf"))),)}),
    (GPT4, {"messages": (Message("user", (ToolResult("1", (Text(""),)),)),)}),
    (GPT4, {"messages": (*HELLO, Message("assistant", (Audio(id="a1"),)), *HELLO)}),
    ("gpt-audio", {"messages": (Message("user", (Audio(data=b"a", format="wav"),)),)}),
    (GPT5, {"max_tokens": 100, "seed": 3, "reasoning": Reasoning(effort="minimal")}),
    (GPT51, {"temperature": 0.2, "top_p": 0.9, "extra": {"logprobs": True}}),
    ("gpt-5.6-sol", {"temperature": 0.5, "reasoning": Reasoning(effort="none")}),
    ("gpt-5.6-sol", {"temperature": 0.5, "extra": {"reasoning_effort": "none"}}),
    (O3_MINI, {"stop": ("Paris",)}),
    ("gpt-of-tomorrow", {"messages": (Message("user", (Image(url="u"), Audio(data=b"a"))),), "max_tokens": 10**6}),
    (HAIKU, {"temperature": 1.0, "stop": ("Paris",), "extra": {"top_k": 40}, "max_tokens": 64_000}),
    (HAIKU, {"messages": (*HELLO, Message("assistant", (Text("Once"),)))}),
    (HAIKU, {"reasoning": Reasoning(budget_tokens=1024), "max_tokens": 1025}),
    (HAIKU, {"metadata": {"user_id": None}, "tool_choice": ToolChoice("tool", "f")}),
    (
        "claude-opus-4-6",
        {"reasoning": Reasoning(mode="adaptive"), "temperature": 1, "tool_choice": ToolChoice("required")},
    ),
    (SONNET55, {"reasoning": Reasoning(mode="between_tools"), "tool_choice": ToolChoice("auto")}),
    ("echo", {"temperature": 1.9, "top_p": 0.1, "stop": tuple("abcdef"), "max_tokens": 10**7, "extra": {"top_k": 1}}),
    (
        "echo",
        {"messages": (Message("user", (Image(url="u"), Audio(data=b"a"))),), "reasoning": Reasoning(effort="low")},
    ),
]


@pytest.mark.parametrize(("model", "fields"), RIGHT)
def test_what_a_model_takes_is_untouched(model: str, fields: dict[str, Any]) -> None:
    for strict in (False, True):
        assert fitted(model, strict, **fields) == (request(model, **fields), [])
    assert refusals(model, **fields) == []


# What a model refuses

DROPPED: list[tuple[str, dict[str, Any], list[str]]] = [
    (GPT5, {"temperature": 0.5}, ["temperature"]),
    (GPT5, {"temperature": 0, "top_p": 0.5, "stop": ("a",)}, ["stop", "temperature", "top_p"]),
    (
        GPT5,
        {"extra": {"frequency_penalty": 1, "presence_penalty": 1}},
        ["extra.frequency_penalty", "extra.presence_penalty"],
    ),
    (GPT5, {"extra": {"max_tokens": 9}}, ["extra.max_tokens"]),
    (GPT5, {"extra": {"stop": ["a"], "temperature": 0.5}}, ["extra.stop", "extra.temperature"]),
    (GPT5, {"reasoning": Reasoning(effort="none")}, ["reasoning.effort"]),
    (GPT51, {"temperature": 0.2, "reasoning": Reasoning(effort="high")}, ["temperature"]),
    (GPT4, {"reasoning": Reasoning(effort="low")}, ["reasoning"]),
    (GPT4, {"extra": {"reasoning_effort": "low", "top_k": 4}}, ["extra.top_k", "extra.reasoning_effort"]),
    ("gpt-of-tomorrow", {"temperature": 0.5}, []),
    ("gpt-8", {"temperature": 0.5}, ["temperature"]),
    (HAIKU, {"seed": 7, "extra": {"logit_bias": {"1": 2}}}, ["extra.logit_bias", "seed"]),
    (HAIKU, {"reasoning": Reasoning(effort="low")}, ["reasoning.effort"]),
    (HAIKU, {"reasoning": Reasoning(mode="adaptive")}, ["reasoning.mode"]),
    (HAIKU, {"reasoning": Reasoning(budget_tokens=2000), "temperature": 0.5}, ["temperature"]),
    (HAIKU, {"reasoning": Reasoning(budget_tokens=2000), "top_p": 0.5}, ["top_p"]),
    (OPUS41, {"temperature": 0.5, "top_p": 0.9}, ["top_p"]),
    (OPUS41, {"temperature": 0.5, "top_p": 0.97, "reasoning": Reasoning(budget_tokens=2000)}, ["temperature"]),
    (OPUS47, {"temperature": 0.5, "top_p": 0.9, "extra": {"top_k": 5}}, ["temperature", "extra.top_k", "top_p"]),
    (OPUS47, {"reasoning": Reasoning(budget_tokens=3000)}, ["reasoning.mode"]),
    ("claude-opus-4-6", {"reasoning": Reasoning(effort="xhigh")}, ["reasoning.effort"]),
    (SONNET55, {"reasoning": Reasoning(mode="disabled")}, ["reasoning.mode"]),
    (SONNET55, {"tool_choice": ToolChoice("required")}, ["tool_choice"]),
    ("claude-fable-5", {"reasoning": Reasoning(effort="none")}, ["reasoning.effort"]),
]


@pytest.mark.parametrize(("model", "fields", "what"), DROPPED)
def test_what_a_model_refuses_is_left_out_and_said(model: str, fields: dict[str, Any], what: list[str]) -> None:
    sent, said = fitted(model, **fields)
    assert sorted(said) == sorted(what)
    assert violations(sent, rules(provider_of(model), model), provider_of(model)) == []
    assert fitted(model, **{**fields, **{name: getattr(sent, name) for name in fields}}) == (sent, [])
    if what:
        with pytest.raises(ParameterError) as caught:
            fitted(model, strict=True, **fields)
        assert caught.value.parameter in what
        assert "strict=True" in str(caught.value)


def test_a_notice_names_parameter_value_model_and_reason() -> None:
    asked = request(GPT5, temperature=0.5)
    sent, notices = fit(asked, rules("openai", GPT5), "openai")
    assert sent.temperature is None
    assert [(notice.kind, notice.what) for notice in notices] == [("dropped", "temperature")]
    assert notices[0].message == (
        "temperature=0.5 was not sent to gpt-5-mini, because this model takes only the default (1)"
    )
    assert asked.temperature == 0.5


def test_thinking_is_turned_into_the_nearest_kind() -> None:
    sent, notices = fit(
        request(OPUS47, reasoning=Reasoning(budget_tokens=3000)), rules("anthropic", OPUS47), "anthropic"
    )
    assert sent.reasoning == Reasoning(mode="adaptive")
    assert notices[0].kind == "renamed"
    assert notices[0].message.endswith("this model takes adaptive or disabled: 'adaptive' was sent")
    sent, _ = fitted(SONNET55, reasoning=Reasoning(mode="disabled"))
    assert sent.reasoning == Reasoning(mode="between_tools")


DEFAULTS: list[tuple[str, dict[str, Any]]] = [
    (GPT5, {"temperature": 1, "top_p": 1.0}),
    (GPT5, {"extra": {"frequency_penalty": 0, "logprobs": False}}),
    (OPUS47, {"temperature": 1.0}),
]


@pytest.mark.parametrize(("model", "fields"), DEFAULTS)
def test_a_refused_parameter_at_its_default_goes_without_a_word(model: str, fields: dict[str, Any]) -> None:
    assert fitted(model, strict=True, **fields) == (request(model), [])
    assert refusals(model, **fields) == []


# Laws

numbers = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 10**6), st.floats(-3, 3), st.just(math.nan), st.text(max_size=3)
)
parts = st.sampled_from(
    [
        Text(""),
        Text("a "),
        Text("b"),
        Image(url="u"),
        Audio(data=b"x"),
        ToolCall("1", "f"),
        ToolResult("1"),
        Refusal("no"),
    ]
)
messages = st.lists(
    st.builds(
        Message, st.sampled_from(["user", "assistant", "system", "developer", "tool"]), st.lists(parts).map(tuple)
    ),
    max_size=3,
).map(tuple)
requests = st.builds(
    Request,
    model=st.just("m"),
    messages=st.one_of(st.just(HELLO), messages),
    system=st.sampled_from([(), (Text("s"),)]),
    max_tokens=numbers,
    temperature=numbers,
    top_p=numbers,
    stop=st.lists(st.text(max_size=2), max_size=5).map(tuple),
    seed=numbers,
    tool_choice=st.sampled_from([None, ToolChoice("auto"), ToolChoice("required")]),
    reasoning=st.one_of(
        st.none(),
        st.builds(
            Reasoning,
            effort=st.sampled_from([None, "none", "minimal", "low", "xhigh", "max", "odd"]),
            budget_tokens=st.sampled_from([None, 5, 2000]),
            mode=st.sampled_from([None, "adaptive", "enabled", "disabled", "between_tools"]),
        ),
    ),
    extra=st.dictionaries(
        st.sampled_from(["top_k", "temperature", "logprobs", "max_tokens", "reasoning_effort", "reasoning", "stop"]),
        st.one_of(numbers, st.just({"effort": "none"})),
        max_size=3,
    ),
)
places = st.sampled_from(
    [(provider, model) for provider in ("openai", "anthropic") for model, _ in known(provider)]
    + [("openai", "gpt-9"), ("anthropic", "claude-x-9"), ("anthropic", "claude-next"), ("sim", "x"), ("custom", "x")]
)


@settings(max_examples=1000, deadline=None)
@given(requests, places)
def test_what_fits_is_never_refused(asked: Request, place: tuple[str, str]) -> None:
    """Fitting ends, raises nothing but ParameterError, is idempotent, and leaves nothing that the server refuses."""
    provider, model = place
    found = rules(provider, model)
    violations(asked, found, provider, "max_tokens")
    try:
        sent, _ = fit(asked, found, provider)
    except ParameterError:
        return
    system = "mid_system" in found.refuses and any(message.role == "system" for message in sent.messages)
    assert [str(error) for error in violations(sent, found, provider) if not system] == []
    assert fit(sent, found, provider, strict=True) == (sent, ())
