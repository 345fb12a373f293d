"""What the provider itself would answer to a request: its words, its param, its code; and what it takes."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ringup import wires
from ringup.http import HttpRequest
from ringup.messages import Audio, Image, Message, Reasoning, Request, Text, ToolChoice
from ringup.models import is_known, rules
from ringup.parameters import violations
from tests.recorded import exchanges, needs_recorded

HELLO = (Message("user", (Text("Hello!"),)),)
GPT4, GPT5, O3_MINI = "gpt-4o-mini", "gpt-5-mini", "o3-mini"
HAIKU, OPUS47, OPUS5, SONNET55 = "claude-haiku-4-5", "claude-opus-4-7", "claude-opus-5", "claude-sonnet-5-5"


def judged(model: str, field: str | None = None, **fields: Any) -> list[tuple[str, str, str | None]]:
    provider = "anthropic" if model.startswith("claude") else "openai"
    asked = Request(**{"model": model, "messages": HELLO, **fields})
    return [
        (error.message, error.parameter, error.code)
        for error in violations(asked, rules(provider, model), provider, field)
    ]


OPENAI_SAYS: list[tuple[str, dict[str, Any], str, str, str | None]] = [
    (
        GPT5,
        {"temperature": 0.16},
        (
            "Unsupported value: 'temperature' does not support 0.16 with this model. Only the "
            "default (1) value is supported."
        ),
        "temperature",
        "unsupported_value",
    ),
    (
        GPT5,
        {"top_p": 0.5},
        "Unsupported parameter: 'top_p' is not supported with this model.",
        "top_p",
        "unsupported_parameter",
    ),
    (
        "o4-mini",
        {"stop": ("a",)},
        "Unsupported parameter: 'stop' is not supported with this model.",
        "stop",
        "unsupported_parameter",
    ),
    (
        GPT4,
        {"temperature": 3},
        ("Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead."),
        "temperature",
        "decimal_above_max_value",
    ),
    (
        GPT4,
        {"top_p": -0.5},
        "Invalid 'top_p': decimal below minimum value. Expected a value >= 0, but got -0.5 instead.",
        "top_p",
        "decimal_below_min_value",
    ),
    (
        GPT4,
        {"n": 0},
        "Invalid 'n': integer below minimum value. Expected a value >= 1, but got 0 instead.",
        "n",
        "integer_below_min_value",
    ),
    (
        GPT4,
        {"max_tokens": 0},
        ("Invalid 'max_completion_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead."),
        "max_completion_tokens",
        "integer_below_min_value",
    ),
    (
        GPT4,
        {"temperature": "hot"},
        "Invalid type for 'temperature': expected a decimal, but got a string instead.",
        "temperature",
        "invalid_type",
    ),
    (
        GPT4,
        {"max_tokens": 20_000},
        (
            "max_tokens is too large: 20000. This model supports at most 16384 completion tokens, "
            "whereas you provided 20000."
        ),
        "max_tokens",
        "invalid_value",
    ),
    (
        GPT4,
        {"stop": tuple("abcde")},
        (
            "Invalid 'stop': array too long. Expected an array with maximum length 4, but got an "
            "array with length 5 instead."
        ),
        "stop",
        "array_above_max_length",
    ),
    (
        GPT4,
        {"messages": ()},
        ("Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead."),
        "messages",
        "empty_array",
    ),
    (
        GPT4,
        {"reasoning": Reasoning(effort="low")},
        "Unrecognized request argument supplied: reasoning_effort",
        "reasoning_effort",
        None,
    ),
    (
        "gpt-5.6-luna",
        {"reasoning": Reasoning(effort="max")},
        (
            "Unsupported value: 'reasoning_effort' does not support 'max' with this model. Supported "
            "values are: 'none', 'low', 'medium', 'high', and 'xhigh'."
        ),
        "reasoning_effort",
        "unsupported_value",
    ),
    (
        "chat-latest",
        {"reasoning": Reasoning(effort="low")},
        (
            "Unsupported value: 'reasoning_effort' does not support 'low' with this model. Supported "
            "values are: 'medium'."
        ),
        "reasoning_effort",
        "unsupported_value",
    ),
    (
        "o1-mini",
        {"system": (Text("a"),)},
        "Unsupported value: 'messages[0].role' does not support 'system' with this model.",
        "messages[0].role",
        "unsupported_value",
    ),
    (
        "o1-mini",
        {"messages": (Message("developer", (Text("a"),)), *HELLO)},
        "Unsupported value: 'messages[0].role' does not support 'developer' with this model.",
        "messages[0].role",
        "unsupported_value",
    ),
    (
        O3_MINI,
        {"system": (Text("a"),), "messages": (Message("user", (Text("a"), Image(url="u"))),)},
        "Invalid content type. image_url is only supported by certain models.",
        "messages.[1].content.[1].type",
        None,
    ),
]
CLAUDE_SAYS: list[tuple[str, dict[str, Any], str]] = [
    (HAIKU, {"temperature": 1.5}, "temperature: range: 0..1"),
    (
        HAIKU,
        {"max_tokens": 64_001},
        ("max_tokens: 64001 > 64000, which is the maximum allowed number of output tokens for claude-haiku-4-5"),
    ),
    (HAIKU, {"max_tokens": -1}, "max_tokens: Input should be greater than or equal to 0"),
    (HAIKU, {"seed": 7}, "seed: Extra inputs are not permitted"),
    (HAIKU, {"stop": (" ",)}, "stop_sequences: each stop sequence must contain non-whitespace"),
    (HAIKU, {"messages": ()}, "messages: at least one message is required"),
    (HAIKU, {"reasoning": Reasoning(mode="adaptive")}, "adaptive thinking is not supported on this model"),
    (HAIKU, {"reasoning": Reasoning(effort="low")}, "This model does not support the effort parameter."),
    (
        HAIKU,
        {"messages": (*HELLO, Message("system", (Text("a"),)), *HELLO)},
        (
            'messages: Unexpected role "system". The Messages API accepts a top-level `system` '
            'parameter, not "system" as an input message role.'
        ),
    ),
    (
        HAIKU,
        {"temperature": 0.5, "top_p": 0.9},
        "`temperature` and `top_p` cannot both be specified for this model. Please use only one.",
    ),
    (
        HAIKU,
        {"reasoning": Reasoning(mode="enabled", budget_tokens=2000), "temperature": 0},
        "`temperature` may only be set to 1 when thinking is enabled or in adaptive mode.",
    ),
    (
        HAIKU,
        {"reasoning": Reasoning(mode="enabled", budget_tokens=2000), "tool_choice": ToolChoice("required")},
        "Thinking may not be enabled when tool_choice forces tool use.",
    ),
    (
        HAIKU,
        {"reasoning": Reasoning(mode="enabled", budget_tokens=2000), "max_tokens": 100},
        "`max_tokens` must be greater than `thinking.budget_tokens`.",
    ),
    (
        HAIKU,
        {"messages": (Message("user", (Audio(data=b"a"),)),)},
        "messages.0.content.0: this model does not support audio input",
    ),
    (OPUS47, {"temperature": 0.5}, "`temperature` is deprecated for this model."),
    (OPUS47, {"extra": {"top_k": 5}}, "`top_k` is deprecated for this model."),
    (
        OPUS47,
        {"reasoning": Reasoning(mode="enabled", budget_tokens=2000)},
        (
            '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" '
            'and "output_config.effort" to control thinking behavior.'
        ),
    ),
    (
        OPUS47,
        {"reasoning": Reasoning(mode="between_tools")},
        '"thinking.type.between_tools" is not supported for this model.',
    ),
    (
        SONNET55,
        {"reasoning": Reasoning(mode="disabled")},
        (
            '"thinking.type.disabled" is not supported for this model. Use '
            '"thinking.type.between_tools" for the lowest thinking setting, or '
            '"thinking.type.adaptive" and "output_config.effort" to control thinking behavior.'
        ),
    ),
    (
        SONNET55,
        {"tool_choice": ToolChoice("tool", "f")},
        'tool_choice: type "tool" and "any" are not supported for this model.',
    ),
    (
        OPUS5,
        {"messages": (*HELLO, Message("assistant", (Text("a"),)))},
        ("This model does not support assistant message prefill. The conversation must end with a user message."),
    ),
    (
        "claude-opus-4-6",
        {"reasoning": Reasoning(effort="xhigh")},
        ("This model does not support effort level 'xhigh'. Supported levels: high, low, max, medium."),
    ),
]


@pytest.mark.parametrize(("model", "fields", "message", "param", "code"), OPENAI_SAYS)
def test_openai_s_words(model: str, fields: dict[str, Any], message: str, param: str, code: str | None) -> None:
    assert judged(model, **fields) == [(message, param, code)]


@pytest.mark.parametrize(("model", "fields", "message"), CLAUDE_SAYS)
def test_anthropic_s_words(model: str, fields: dict[str, Any], message: str) -> None:
    assert [(said, code) for said, _, code in judged(model, **fields)] == [(message, None)]


def test_the_old_name_of_the_limit() -> None:
    says = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    assert judged(GPT5, "max_tokens", max_tokens=10) == [(says, "max_tokens", "unsupported_parameter")]
    assert judged(GPT5, "max_completion_tokens", max_tokens=10) == []
    assert judged(GPT4, "max_tokens", max_tokens=10) == []
    assert judged(GPT5, None, max_tokens=10) == []


def test_servers_take_what_only_the_client_refuses() -> None:
    assert judged(GPT4, n=4, stop=("\n",), messages=(Message("user", (Text(""),)),)) == []
    assert judged(GPT4, messages=(), system=(Text("Write a poem."),)) == []
    assert judged(HAIKU, max_tokens=0) == []


@needs_recorded
@pytest.mark.parametrize(
    ("host", "suffix", "wire"),
    [
        ("api.openai.com", "/chat/completions", "chat_completions"),
        ("api.anthropic.com", "/v1/messages", "anthropic_messages"),
    ],
)
def test_what_providers_took_is_not_refused(host: str, suffix: str, wire: str) -> None:
    provider = "openai" if wire == "chat_completions" else "anthropic"
    taken = [exchange for exchange in exchanges(suffix) if exchange.host == host and exchange.status == 200]
    assert taken
    for exchange in taken:
        http = HttpRequest(
            path=wires.find(wire).PATH,
            headers={"anthropic-version": "2023-06-01", "content-type": "application/json"},
            body=msgspec.json.encode(exchange.request),
        )
        asked = wires.find(wire).read_request(http)
        field = "max_tokens" if "max_tokens" in exchange.request else None
        assert is_known(provider, asked.model), exchange.name
        assert violations(asked, rules(provider, asked.model), provider, field) == [], exchange.name
