"""Bills: the sums are checked against prices written down here, by hand."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from decimal import Context, Decimal, Inexact, localcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringup import models
from ringup.errors import ConfigurationError, ParameterError
from ringup.pricelist import Prices
from ringup.prices import _rates, bill, prices_version
from ringup.reply import Bill
from ringup.usage import Usage

genai_prices = pytest.importorskip("genai_prices")


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
    assert (odd.total, odd.lines) == (None, ())
    assert odd.reason is not None
    assert "no price for service tier 'gold' with gpt-5" in odd.reason


def test_fast_claude_costs_more() -> None:
    counted = usage(1000, 500)
    fast = usage(1000, 500, details={"speed": "fast"})
    assert bill("anthropic", "claude-opus-4-8", fast).total > bill("anthropic", "claude-opus-4-8", counted).total  # type: ignore[operator]


def test_old_calls_have_old_prices() -> None:
    old = bill("openai", "o3", usage(1_000_000, 0), when=datetime(2025, 5, 1, tzinfo=UTC).timestamp())
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
    ("openai", "gpt-4o", usage(1, 1, cache_read_tokens=5), "contradict"),
    ("openai", "gpt-4o", usage(-1, 1), "contradict"),
    ("openai", "gpt-4o", usage(5, 5, cache_read_tokens=3, cache_write_tokens=3), "contradict"),
    ("openai", "gpt-4o", usage(5, 5, reasoning_tokens=6), "contradict"),
    ("anthropic", "claude-opus-4-8", usage(5, 5, details={"inference_geo": "us"}), "one place only"),
    ("anthropic", "claude-haiku-4-5", usage(5, 5, details={"speed": "fast"}), "no price for speed 'fast'"),
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


def test_openai_writes_to_the_cache_by_lifetime() -> None:
    lifetimes = {"ttl_30m_tokens": 100_000, "ttl_12h_tokens": 100_000}
    details = {"input_tokens_details.cache_write_tokens_details": lifetimes}
    found = bill("openai", "gpt-6.1-terra", usage(250_000, 0, cache_write_tokens=200_000, details=details))
    assert dict(found.lines) == {  # 1, 1.25 and 2.50 dollars a million
        "input": Decimal("0.05"),
        "cache write": Decimal("0.125"),
        "cache write, 12 h": Decimal("0.25"),
        "output": Decimal(0),
    }


def test_reasoning_is_a_part_of_the_output() -> None:
    found = bill("openai", "gpt-5", usage(1_000, 1_000, reasoning_tokens=600))
    assert dict(found.lines)["output"] == Decimal("0.01")
    assert dict(found.of_which) == {"reasoning": Decimal("0.006")}
    assert found.total == Decimal("0.01125")
    assert bill("openai", "gpt-5", usage(1, 1)).of_which == ()


def test_what_makes_the_price_another_one_is_told() -> None:
    assert bill("openai", "gpt-5", usage(1, 1), service_tier="default").terms == ()
    assert bill("openai", "gpt-5.5", usage(272_000, 1)).terms == ()
    assert bill("openai", "gpt-5.5", usage(272_001, 1), service_tier="flex").terms == ("flex", "above 272,000 tokens")
    assert bill("openai", "gpt-5.5", usage(272_001, 1), service_tier="priority").terms == ("priority",)
    assert bill("anthropic", "claude-haiku-4-5", usage(1, 1), service_tier="batch").terms == ("batch",)
    assert bill("anthropic", "claude-opus-4-8", usage(1, 1, details={"speed": "fast"})).terms == ("fast mode",)


def test_a_batch_costs_half() -> None:
    for where in (("openai", "gpt-4o-mini"), ("anthropic", "claude-haiku-4-5"), ("gemini", "gemini-2.5-flash")):
        plain, batch = (bill(*where, usage(1_000_000, 100_000), batch=which).total for which in (False, True))
        assert plain is not None
        assert batch == plain / 2
    unknown = bill("deepseek", "deepseek-chat", usage(1, 1), batch=True)
    assert unknown.total is None
    assert "processing 'batch'" in (unknown.reason or "")


def google(counter: str, **counts: int) -> dict[str, object]:
    return {counter: [{"modality": name, "tokenCount": count} for name, count in counts.items()]}


@pytest.mark.parametrize("kind", ["audio", "image", "video"])
def test_what_is_cached_is_not_billed_twice(kind: str) -> None:
    own = Prices({"m": {"input": 1, "cache_read": "0.1", f"{kind}_input": 2, "output": 1}})
    prompt = google("promptTokensDetails", **{"TEXT": 300_000, kind.upper(): 1_000_000})
    cached = google("cacheTokensDetails", **{kind.upper(): 200_000})
    found = bill("gemini", "m", usage(1_300_000, 0, cache_read_tokens=200_000, details=prompt | cached), own=own)
    assert found.total == Decimal("1.92")
    assert dict(found.lines)[f"{kind} input"] == Decimal("1.6")


def test_google_tells_sound_from_words() -> None:
    prompt, cached = google("promptTokensDetails", TEXT=1_000_000, AUDIO=500_000), google("cacheTokensDetails", AUDIO=1)
    heard = bill("gemini", "gemini-2.5-flash", usage(1_500_000, 0, details=prompt))  # 0.30 and 1.00 dollars a million
    assert dict(heard.lines) == {"input": Decimal("0.3"), "audio input": Decimal("0.5"), "output": Decimal(0)}
    counted = usage(1_500_000, 0, cache_read_tokens=1, details=prompt | cached)  # 0.10 from the cache
    found = bill("gemini", "gemini-2.5-flash", counted)
    assert dict(found.lines)["cache read, audio"] == Decimal("0.0000001")
    assert dict(found.lines)["audio input"] == Decimal("0.499999")
    assert found.saved == Decimal("0.0000009")
    untold = bill("gemini", "gemini-2.5-flash", usage(1_500_000, 0, cache_read_tokens=1, details=prompt))
    assert untold.total is None
    assert "which of the cached tokens are words" in (untold.reason or "")


def test_who_says_what_a_call_cost_is_believed() -> None:
    found = bill("openrouter", "some/model", usage(10, 10, details={"cost": 0.00012}))
    assert (found.total, found.prices) == (Decimal("0.00012"), "openrouter")
    assert bill("openrouter", "no/such", usage(10, 10, details={"cost": -1})).total is None
    assert bill("perplexity", "sonar", usage(10, 10, details={"cost.total_cost": 0.005})).total == Decimal("0.005")
    assert bill("perplexity", "sonar", usage(10, 10)).total is None  # each request costs, and by its search


def test_on_a_key_of_ones_own_openrouter_tells_its_fee_and_what_is_paid_elsewhere() -> None:
    def told(**details: Any) -> Bill:
        return bill("openrouter", "some/model", usage(1000, 500, details={"cost": 0.0005} | details))

    theirs = {"cost_details.upstream_inference_cost": 0.0105}
    assert told(is_byok=True, **theirs).total == Decimal("0.011")
    assert told(is_byok=True, cost_details={"upstream_inference_cost": 0.0105}).lines == (
        ("as openrouter says", Decimal("0.011")),
    )
    assert told(is_byok=False, **theirs).total == told(**theirs).total == Decimal("0.0005")
    unknown = told(is_byok=True, **{"cost_details.upstream_inference_cost": None})
    assert (unknown.total, "its own fee only" in (unknown.reason or "")) == (None, True)


@pytest.mark.parametrize("context", [Context(prec=2), Context(traps=[Inexact], prec=4), Context(Emax=0, Emin=0)])
def test_the_decimal_context_of_the_user_is_not_that_of_a_bill(context: Context) -> None:
    details = {"input_tokens_details.cache_write_tokens_details": {"ttl_12h_tokens": 3_333}}
    counted = usage(123_457, 12_345, cache_read_tokens=1_111, cache_write_tokens=4_444, details=details)
    told = usage(1, 1, details={"cost": 0.00012345, "is_byok": True, "cost_details.upstream_inference_cost": 2})
    calls: list[Any] = [("openai", "gpt-5.4", usage(123_457, 12_345)), ("openai", "gpt-6.1-terra", counted)]
    calls.append(("openrouter", "some/model", told))
    usual = [bill(*call) for call in calls]
    assert usual[0].total == Decimal("0.4938175")
    _rates.cache_clear()
    with localcontext(context):
        found = [bill(*call) for call in calls]
    assert found == usual
    assert None not in [one.total for one in usual]


def test_the_table_has_a_version() -> None:
    assert prices_version() == bill("openai", "gpt-4o-mini", usage(1, 1)).prices


OWN = Prices(
    {
        "vllm/llama": {"input": "0.20", "output": 0.6, "cache_read": 0, "search": 5},
        "gpt-4o-mini": {
            "input": 1,
            "output": 2,
            "flex": {"input": "0.5"},
            "above": {"1000": {"input": 3}, "500": {"input": 2}},
        },
        "sim/*": {"input": 1, "output": 1},
        "embedder": {"input": 1},
    }
)


def own(provider: str, model: str, counted: Usage, **more: Any) -> Bill:
    return bill(provider, model, counted, own=OWN, **more)


def test_own_prices_go_first() -> None:
    found = own("vllm", "llama", usage(1_000_000, 500_000, cache_read_tokens=400_000))
    assert dict(found.lines) == {"input": Decimal("0.12"), "cache read": Decimal(0), "output": Decimal("0.3")}
    assert (found.prices, found.saved) == ("prices of your own", Decimal("0.08"))
    assert own("ollama", "llama", usage(1, 1)).total is None
    assert own("sim", "sim/small", usage(500_000, 500_000)).total == 1
    assert own("openai", "gpt-4o", usage(1_000_000, 0)).prices == prices_version()


def test_own_prices_hold_for_the_model_asked_and_the_one_that_answered() -> None:
    dated = own("openai", "gpt-4o-mini-2024-07-18", usage(100, 0), asked="gpt-4o-mini")
    assert dated.total == Decimal("0.0001")


def test_own_prices_have_terms_and_steps() -> None:
    costs = [own("openai", "gpt-4o-mini", usage(tokens, 0)).total for tokens in (500, 501, 1001)]
    assert costs == [Decimal("0.0005"), Decimal("0.001002"), Decimal("0.003003")]
    assert own("openai", "gpt-4o-mini", usage(501, 0)).terms == ("above 500 tokens",)
    assert own("openai", "gpt-4o-mini", usage(100, 1000), service_tier="flex").total == Decimal("0.00205")
    odd = own("openai", "gpt-4o-mini", usage(1, 1), service_tier="priority")
    assert (odd.total, odd.reason) == (None, "your own prices have none for 'priority'")
    assert own("custom", "embedder", usage(10, 0)).total == Decimal("0.00001")
    assert own("custom", "embedder", usage(10, 1)).reason == "no price is known for output"
    assert own("vllm", "llama", usage(0, 0), searches=2).total == Decimal("0.01")


HOUR = {"cache_creation": {"ephemeral_1h_input_tokens": 300_000}}
SOUND = {"cached_tokens": 500_000, "audio_tokens": 200_000}


@pytest.mark.parametrize(
    ("rates", "cost"),
    [
        ({"cache_write": "3.75", "cache_write_1h": 6}, "3.975"),  # 0.3 at 6, 0.1 at 3.75, and the others at 3
        ({"cache_write_1h": 6}, "3.9"),
        ({"cache_write": "3.75"}, "3.3"),
        ({"cache_write_12h": 6}, "3"),
        ({}, "3"),
    ],
)
def test_writes_without_a_price_of_their_own_cost_what_they_are_part_of(rates: dict[str, Any], cost: str) -> None:
    counted = usage(1_000_000, 0, cache_write_tokens=400_000, details=HOUR)
    prices = Prices({"m": {"input": 3, **rates}, "n": {"input": 9, "flex": {"input": 3, **rates}}})
    assert bill("a", "m", counted, own=prices).total == Decimal(cost)
    assert bill("a", "n", counted, own=prices, service_tier="flex").total == Decimal(cost)


def test_cached_sound_has_a_price_though_cached_words_have_none() -> None:
    details = {"prompt_tokens_details.audio_tokens": 300_000, "prompt_tokens_details.cached_tokens_details": SOUND}
    counted = usage(1_000_000, 0, cache_read_tokens=500_000, details=details)
    found = bill("a", "m", counted, own=Prices({"m": {"input": 3, "audio_cache_read": 1}}))
    assert (found.total, found.saved) == (Decimal("2.6"), Decimal("0.4"))


def test_own_prices_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text('["vllm/llama"]\ninput = "0.20"\noutput = 0.60\n\n["vllm/llama".above.1000]\ninput = 1\n')
    found = bill("vllm", "llama", usage(1_001, 0), own=Prices(path))
    assert (found.total, found.prices) == (Decimal("0.001001"), "your own prices, prices.toml")
    path.write_text("not toml")
    with pytest.raises(ConfigurationError, match="aren't TOML"):
        Prices(str(path))
    with pytest.raises(ConfigurationError, match="can't be read"):
        Prices(tmp_path / "none.toml")


WRONG: list[Any] = [
    {"m": 1},
    {"m": {"output": 1}},
    {"m": {"input": -1}},
    {"m": {"input": "NaN"}},
    {"m": {"input": "a"}},
    {"m": {"input": True}},
    {"m": {"input": 1, "ouput": 1}},
    {"m": {"input": 1, "flex": {"inptu": 1}}},
    {"m": {"input": 1, "above": {"many": {"input": 2}}}},
    {"m": {"input": 1, "above": {"10": {"output": 2}}}},
]


@pytest.mark.parametrize("given", WRONG)
def test_own_prices_that_can_not_be(given: Any) -> None:
    with pytest.raises(ParameterError, match="prices: m"):
        Prices(given)


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


sizes = st.one_of(st.just(0), st.integers(0, 300_000))


@settings(max_examples=200, deadline=None)
@given(
    where=st.sampled_from(CURRENT),
    parts=st.tuples(sizes, sizes, sizes, sizes),
    output=sizes,
    tier=st.sampled_from([None, "default", "flex", "priority", "batch"]),
)
def test_the_table_itself_comes_to_the_same_sum(
    where: tuple[str, str], parts: tuple[int, int, int, int], output: int, tier: str | None
) -> None:
    _, read, written, hour = parts if where[0] == "anthropic" else (*parts[:3], 0)
    details = {"cache_creation": {"ephemeral_1h_input_tokens": hour}} if hour else {}
    cached = {"cache_read_tokens": read, "cache_write_tokens": written + hour}
    counted = usage(sum(parts[:3]) + hour, output, details=details, **cached)
    found = bill(*where, counted, service_tier=tier)
    if found.total is None:
        assert "no price" in (found.reason or "")
        return
    context = {"processing": "batch"} if tier == "batch" else {"service_tier": tier} if tier else {}
    theirs = genai_prices.calc_price(
        genai_prices.Usage(
            input_tokens=counted.input_tokens,
            output_tokens=output,
            cache_read_tokens=read,
            cache_write_tokens=written + hour,
            cache_write_1h_tokens=hour,
        ),
        where[1],
        provider_id=where[0],
        price_context=context,
    )
    assert found.total == theirs.total_price
