"""The table of models: ids, snapshots, families, and the facts that other parts build on."""

from __future__ import annotations

import pytest

from ringup import models, providers
from ringup.rules import Rules

EVERY = [(provider, *row) for provider in ("openai", "anthropic") for row in models.known(provider)]


@pytest.mark.parametrize(("provider", "model", "rules"), EVERY, ids=lambda value: value if type(value) is str else "")
def test_every_row_is_whole(provider: str, model: str, rules: Rules) -> None:
    assert rules.source
    assert rules.context_window is not None
    assert rules.max_output_tokens is not None
    assert 0 < rules.max_output_tokens < rules.context_window
    assert models.rules(provider, model) is rules
    snapshot = models.snapshot(provider, model)
    assert models.rules(provider, snapshot).max_output_tokens == rules.max_output_tokens
    assert models.snapshot(provider, snapshot) == snapshot
    assert models.is_known(provider, snapshot)
    found = providers.of_model(model)
    assert found is not None
    assert found.name == provider


def test_ids_are_named_once() -> None:
    for provider in ("openai", "anthropic"):
        ids = [model for model, _ in models.known(provider)]
        assert len(ids) == len(set(ids)) > 20
    assert models.known("sim") == models.known("ollama") == ()


SNAPSHOTS = [
    ("openai", "gpt-4o-mini", "gpt-4o-mini-2024-07-18"),
    ("openai", "gpt-4o", "gpt-4o-2024-08-06"),
    ("openai", "gpt-4o-2024-11-20", "gpt-4o-2024-11-20"),
    ("openai", "gpt-4", "gpt-4-0613"),
    ("openai", "gpt-4-0314", "gpt-4-0314"),
    ("openai", "gpt-4-turbo-preview", "gpt-4-0125-preview"),
    ("openai", "gpt-5.6", "gpt-5.6-sol"),
    ("openai", "gpt-6-sol", "gpt-6-sol"),
    ("openai", "chat-latest", "chat-latest"),
    ("openai", "ft:gpt-4o-mini-2024-07-18:acme::9xyz", "ft:gpt-4o-mini-2024-07-18:acme::9xyz"),
    ("openai", "gpt-99", "gpt-99"),
    ("anthropic", "claude-haiku-4-5", "claude-haiku-4-5-20251001"),
    ("anthropic", "claude-3-opus-latest", "claude-3-opus-20240229"),
    ("anthropic", "claude-sonnet-4-0", "claude-sonnet-4-20250514"),
    ("anthropic", "claude-sonnet-4-5-20250929", "claude-sonnet-4-5-20250929"),
    ("anthropic", "claude-opus-5-5", "claude-opus-5-5"),
    ("sim", "anything", "anything"),
    ("ollama", "llama3.3", "llama3.3"),
]


@pytest.mark.parametrize(("provider", "model", "answered"), SNAPSHOTS)
def test_the_snapshot_that_answers(provider: str, model: str, answered: str) -> None:
    assert models.snapshot(provider, model) == answered


SAME_ROW = [
    ("openai", "gpt-4o-mini", "gpt-4o-mini-2024-07-18", "ft:gpt-4o-mini-2024-07-18:acme::9xyz"),
    ("openai", "gpt-5", "gpt-5-2025-08-07", "gpt-5-2026-01-01"),
    ("openai", "gpt-4", "gpt-4-0613", "gpt-4-0314"),
    ("anthropic", "claude-opus-4-1", "claude-opus-4-1-20250805", "claude-opus-4-1-latest"),
    ("anthropic", "claude-sonnet-4", "claude-sonnet-4-0", "claude-sonnet-4-20250514"),
]


@pytest.mark.parametrize("case", SAME_ROW, ids=lambda case: case[1])
def test_dated_ids_follow_their_model(case: tuple[str, ...]) -> None:
    provider, model, *others = case
    for other in others:
        assert models.rules(provider, other) == models.rules(provider, model)


NOT_THAT_ROW = [
    ("openai", "gpt-4o-2024-05-13", "gpt-4o"),  # 4,096 tokens of output, not 16,384
    ("openai", "gpt-5-mini", "gpt-5-chat-latest"),
    ("openai", "o1", "o1-mini"),
    ("anthropic", "claude-opus-4", "claude-opus-4-5"),
    ("anthropic", "claude-sonnet-5", "claude-sonnet-5-5"),
    ("anthropic", "claude-haiku-4-5", "claude-haiku-5-5"),
]


@pytest.mark.parametrize(("provider", "model", "other"), NOT_THAT_ROW)
def test_near_ids_are_told_apart(provider: str, model: str, other: str) -> None:
    assert models.rules(provider, model) != models.rules(provider, other)


REFUSED = [
    ("openai", "gpt-4o-mini", "temperature", False),
    ("openai", "gpt-4o-mini", "stop", False),
    ("openai", "gpt-4o-mini", "max_tokens", False),
    ("openai", "o3-mini", "stop", False),
    ("openai", "o3", "stop", True),
    ("openai", "o1", "temperature", True),
    ("openai", "gpt-5-nano", "max_tokens", True),
    ("openai", "gpt-5-chat-latest", "temperature", False),
    ("openai", "gpt-6.1-sol", "top_p", True),
    ("openai", "gpt-7-mini", "max_tokens", True),
    ("openai", "o5", "temperature", True),
    ("openai", "gpt-4.7", "temperature", False),
    ("anthropic", "claude-haiku-4-5", "temperature", False),
    ("anthropic", "claude-opus-4-6", "temperature", False),
    ("anthropic", "claude-opus-4-6", "prefill", True),
    ("anthropic", "claude-opus-4-5", "prefill", False),
    ("anthropic", "claude-opus-4-7", "temperature", True),
    ("anthropic", "claude-opus-4-7", "mid_system", True),
    ("anthropic", "claude-opus-4-8", "mid_system", False),
    ("anthropic", "claude-sonnet-5", "mid_system", True),
    ("anthropic", "claude-sonnet-5", "forced_tool_choice", False),
    ("anthropic", "claude-sonnet-5-5", "forced_tool_choice", True),
    ("anthropic", "claude-haiku-5-5", "forced_tool_choice", False),
    ("anthropic", "claude-opus-9", "temperature", True),
    ("anthropic", "claude-next", "temperature", False),
    ("anthropic", "claude-next", "seed", True),
    ("sim", "gpt-5", "temperature", False),
    ("custom", "gpt-5", "temperature", False),
]


@pytest.mark.parametrize(("provider", "model", "parameter", "refused"), REFUSED)
def test_what_models_refuse(provider: str, model: str, parameter: str, refused: bool) -> None:
    assert (parameter in models.rules(provider, model).refuses) is refused


@pytest.mark.parametrize(
    ("provider", "field"),
    [
        *[(name, "max_completion_tokens") for name in ("openai", "azure", "vllm", "groq", "xai", "openrouter")],
        *[(name, "max_tokens") for name in ("anthropic", "sim", "custom", "ollama", "mistral", "deepseek", "")],
    ],
)
def test_the_name_of_the_limit(provider: str, field: str) -> None:
    assert models.rules(provider, "some-new-model").max_tokens_field == field


def test_temperature_and_stops_by_vendor() -> None:
    assert models.rules("anthropic", "claude-of-tomorrow").temperature_max == 1.0
    assert models.rules("openai", "gpt-of-tomorrow").temperature_max == 2.0
    assert models.rules("openai", "gpt-4o").stop_max == 4
    assert models.rules("anthropic", "claude-haiku-4-5").stop_max is None


def test_unknown_models_have_no_limits() -> None:
    for provider, model in [("openai", "gpt-7"), ("anthropic", "claude-opus-9"), ("sim", "x"), ("custom", "x")]:
        rules = models.rules(provider, model)
        assert rules.max_output_tokens is rules.context_window is None
        assert not rules.inputs
        assert not models.is_known(provider, model)


# Bare ids: which provider they belong to.

OPENAI = [
    "gpt-4o", "gpt-4o-mini-2024-07-18", "gpt-4", "gpt-4-0613", "gpt-3.5-turbo", "gpt-4.1-nano", "gpt-5",
    "gpt-5.6-sol", "gpt-6.1-terra", "gpt-10", "gpt-audio-mini", "gpt-realtime-2", "chatgpt-4o-latest",
    "chat-latest", "o1", "o3-mini", "o4-mini-2025-04-16", "o9", "ft:gpt-4o-mini-2024-07-18:acme::9xyz",
    "ft:o4-mini-2025-04-16:acme::1", "text-embedding-3-small", "text-embedding-ada-002", "computer-use-preview",
    "codex-mini-latest",
]  # fmt: skip
ANTHROPIC = [
    "claude-haiku-4-5", "claude-3-5-sonnet-20241022", "claude-opus-6", "claude-2.1", "claude-instant-1.2",
]  # fmt: skip
NOBODY = [
    "olmo", "olmo-2-13b", "orca", "orca-mini", "o", "o1js", "o3x", "oasst-1", "openchat", "opus", "ollama/o1",
    "o-1", "gpt", "gpt2", "gpt-2b-xl_x", "gpt-j-6b", "gpt-neox-20b", "gpt-oss-20b", "gpt-oss:20b", "gpt4all",
    "gpt-4all-13b", "gpt-4chan", "chatgpt", "claude", "Claude-haiku-4-5", "xclaude-3",
    "anthropic.claude-3-haiku", "claude-sonnet-4-5@20250929", "claude-sonnet-4-5-20250929-v1:0",
    "text-embedding-004", "text-embedding-gecko", "llama3.3", "ft:llama-3", "gpt-4o:extended",
    "openai/gpt-4o", "mistral", "mistral:7b", "mistral-7b-instruct-v0.3", "mistral-large:123b", "mixtral-8x7b",
    "devstral", "devstral:24b", "deepseek-r1", "deepseek-v3", "deepseek-coder-v2", "deepseek-r1-distill-llama-70b",
    "grok", "grok:latest", "sonar-x", "sonarqube", "command-r", "qwen3-32b",
]  # fmt: skip
OTHERS = [
    *[(model, "mistral") for model in ("mistral-large", "mistral-small-2603", "ministral-8b-latest", "codestral-2508")],
    *[(model, "mistral") for model in ("open-mistral-nemo", "magistral-medium-latest", "devstral-small-2507")],
    *[(model, "deepseek") for model in ("deepseek-chat", "deepseek-reasoner", "deepseek-v4-flash")],
    *[(model, "xai") for model in ("grok-4", "grok-4-fast-non-reasoning", "grok-4.20", "grok-code-fast-1")],
    *[(model, "perplexity") for model in ("sonar", "sonar-pro", "sonar-deep-research")],
]


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        *[(model, "openai") for model in OPENAI],
        *[(model, "anthropic") for model in ANTHROPIC],
        *OTHERS,
        *[(model, None) for model in ("", "gpt-4o\n", " gpt-4o", *NOBODY)],
    ],
)
def test_bare_ids_find_their_provider(model: str, provider: str | None) -> None:
    found = providers.of_model(model)
    assert (found.name if found else None) == provider


@pytest.mark.parametrize(
    ("model", "signed"),
    [
        ("gemini-2.0-flash", False),
        ("gemini-2.5-pro-001", False),
        ("gemini-1.5-pro", False),
        ("gemma-3-27b-it", False),
        ("gemini-3-flash-preview", True),
        ("gemini-3.8-flash", True),
        ("gemini-4-argon", True),
    ],
)
def test_calls_of_tools_are_signed_from_gemini_3_on(model: str, signed: bool) -> None:
    assert models.rules("gemini", model).signed_calls is signed


def test_ids_of_calls_are_short_at_openai_alone() -> None:
    assert {models.rules("openai", model).tool_id_max for model in ("gpt-4o", "o3", "gpt-5.6", "gpt-9", "gpt-oss")} == {
        40
    }
    assert {models.rules(name, "any").tool_id_max for name in ("anthropic", "gemini", "groq", "vllm", "sim")} == {None}
