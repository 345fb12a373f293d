"""Bills: the sums are checked against prices written down here, by hand."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringup import models
from ringup.prices import bill
from ringup.usage import Usage

pytest.importorskip("genai_prices")


def usage(input_tokens: int | None, output_tokens: int | None, **more: object) -> Usage:
    return Usage(input_tokens=input_tokens, output_tokens=output_tokens, **more)  # type: ignore[arg-type]


def test_a_plain_call() -> None:
    found = bill("openai", "gpt-4o-mini-2024-07-18", usage(1_000_000, 100_000))
    assert found.total == Decimal("0.21")  # 0.15 and 0.60 dollars a million
    assert dict(found.lines) == {"input": Decimal("0.15"), "output": Decimal("0.06")}
    assert found.reason is None
    assert found.estimated is False
    assert found.prices is not None
    assert found.prices.startswith("genai-prices 0.2.")


def test_cached_input_is_part_of_the_input() -> None:
    found = bill("openai", "gpt-4o-mini", usage(1_000_000, 0, cache_read_tokens=400_000))
    assert dict(found.lines) == {"input": Decimal("0.09"), "cache read": Decimal("0.03"), "output": Decimal(0)}
    assert found.total == Decimal("0.12")


def test_cache_writes_by_lifetime() -> None:
    lifetimes = {"ephemeral_5m_input_tokens": 100_000, "ephemeral_1h_input_tokens": 200_000}
    counted = usage(
        1_000_000, 10_000, cache_read_tokens=500_000, cache_write_tokens=300_000, details={"cache_creation": lifetimes}
    )
    found = bill("anthropic", "claude-haiku-4-5-20251001", counted)  # 1, 0.10, 1.25, 2 and 5 dollars a million
    assert dict(found.lines) == {
        "input": Decimal("0.2"),
        "cache read": Decimal("0.05"),
        "cache write": Decimal("0.125"),
        "cache write, 1 h": Decimal("0.4"),
        "output": Decimal("0.05"),
    }
    assert found.total == Decimal("0.825")


def test_audio_and_tools_have_lines() -> None:
    details = {"prompt_tokens_details.audio_tokens": 1_000, "completion_tokens_details.audio_tokens": 0}
    heard = bill("openai", "gpt-audio", usage(3_000, 0, details=details))
    assert dict(heard.lines) == {"input": Decimal("0.005"), "audio input": Decimal("0.032"), "output": Decimal(0)}
    searched = bill(
        "anthropic", "claude-sonnet-4-5", usage(0, 0, details={"server_tool_use": {"web_search_requests": 3}})
    )
    assert dict(searched.lines)["tools"] == searched.total == Decimal("0.03")


def test_a_long_prompt_costs_its_tier() -> None:
    short, long = (bill("openai", "gpt-5.5", usage(tokens, 0)) for tokens in (272_000, 272_001))
    assert short.total == Decimal("1.36")
    assert long.total == Decimal("2.72001")
    cached = bill("openai", "gpt-5.5", usage(300_000, 0, cache_read_tokens=100_000))
    assert dict(cached.lines) == {"input": Decimal(2), "cache read": Decimal("0.1"), "output": Decimal(0)}


def test_service_tiers() -> None:
    plain, flex, batch = (
        bill("openai", "gpt-5", usage(1000, 500), service_tier=tier).total for tier in ("default", "flex", "batch")
    )
    assert plain is not None
    assert flex == batch == plain / 2
    odd = bill("openai", "gpt-5", usage(1000, 500), service_tier="gold")
    assert (odd.total, odd.estimated) == (plain, True)
    assert odd.reason is not None
    assert "'gold'" in odd.reason


def test_fast_claude_costs_more() -> None:
    counted = usage(1000, 500)
    fast = usage(1000, 500, details={"speed": "fast"})
    assert bill("anthropic", "claude-opus-4-8", fast).total > bill("anthropic", "claude-opus-4-8", counted).total  # type: ignore[operator]


def test_old_calls_have_old_prices() -> None:
    old = bill("openai", "o3", usage(1_000_000, 0), when=datetime(2025, 5, 1, tzinfo=UTC))
    assert old.total == Decimal(10)
    assert bill("openai", "o3", usage(1_000_000, 0)).total == Decimal(2)


def test_an_estimate_says_so() -> None:
    found = bill("openai", "gpt-4o-mini", usage(10, 10, estimated=True))
    assert found.total is not None
    assert found.estimated is True


UNKNOWN = [
    ("openai", "gpt-of-tomorrow", usage(1, 1), "no price for openai/gpt-of-tomorrow"),
    ("nobody", "gpt-4o", usage(1, 1), "no price for nobody/gpt-4o"),
    ("openai", "", usage(1, 1), "no price for openai/"),
    ("openai", "gpt-4o", usage(None, 1), "how many tokens"),
    ("openai", "gpt-4o", usage(1, None), "how many tokens"),
    ("openai", "gpt-4o", Usage(), "how many tokens"),
    ("openai", "gpt-4o", usage(1, 1, cache_read_tokens=5), "cannot exceed"),
    ("openai", "gpt-4o", usage(-1, 1), "non-negative"),
    ("sim", "gpt-4o", usage(1, 1), "simulator"),
]


@pytest.mark.parametrize(("provider", "model", "counted", "why"), UNKNOWN)
def test_what_is_unknown_is_none_with_a_reason(provider: str, model: str, counted: Usage, why: str) -> None:
    found = bill(provider, model, counted)
    assert found.total is None
    assert found.lines == ()
    assert found.reason is not None
    assert why in found.reason


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "genai_prices", None)
    found = bill("openai", "gpt-4o-mini", usage(1, 1))
    assert found.total is None
    assert found.reason == "the prices aren't installed: pip install 'ringup[prices]'"


CURRENT = [(provider, model) for provider in ("openai", "anthropic") for model, _ in models.known(provider)]
tokens = st.one_of(st.none(), st.integers(-5, 2_000_000))


@settings(max_examples=150, deadline=None)
@given(
    where=st.sampled_from(CURRENT),
    counted=st.builds(
        Usage,
        input_tokens=tokens,
        output_tokens=tokens,
        cache_read_tokens=tokens,
        cache_write_tokens=tokens,
        details=st.dictionaries(
            st.sampled_from(["cache_creation", "speed", "server_tool_use", "prompt_tokens_details.audio_tokens"]),
            st.one_of(
                st.none(), st.integers(), st.just("fast"), st.dictionaries(st.just("ephemeral_1h_input_tokens"), tokens)
            ),
        ),
    ),
    tier=st.one_of(st.none(), st.sampled_from(["default", "flex", "batch", "priority", "zz"])),
)
def test_the_lines_add_up_and_nothing_raises(where: tuple[str, str], counted: Usage, tier: str | None) -> None:
    found = bill(*where, counted, service_tier=tier)
    if found.total is None:
        assert found.reason
    else:
        assert sum(cost for _, cost in found.lines) == found.total >= 0
        assert all(cost >= 0 for _, cost in found.lines)
