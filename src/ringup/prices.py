"""What a call costs: the usage that the provider gave, times the prices of genai-prices (the extra `prices`).

Everything is offline: the prices are in the installed package, with their tiers and dates. What can't be known is
None with the reason, never 0.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from ringup.reply import Bill
from ringup.usage import Usage

__all__ = ["bill"]

_NAMES = {"gemini": "google", "xai": "x-ai"}
"""Providers that genai-prices knows by another name."""

_STANDARD = frozenset({"auto", "default", "standard", "standard_only", "on_demand", "batch"})
"""Service tiers that have the list price, or (batch) a price of their own under another name."""

_PER = Decimal(1_000_000)


def bill(
    provider: str, model: str, usage: Usage, *, service_tier: str | None = None, when: datetime | None = None
) -> Bill:
    """The bill of one call, in US dollars. Never raises.

    model         as the provider answered it: a dated snapshot is priced as its model
    service_tier  as the provider answered it ("flex", "priority", "batch", ...); None is the list price
    when          the time of the call; None is now. Prices change, and the old ones are kept
    """
    if provider == "sim":
        return Bill(reason="the simulator costs nothing, and has no prices")
    if usage.input_tokens is None or usage.output_tokens is None:
        return Bill(reason="the provider didn't say how many tokens were used")
    try:
        import genai_prices
    except ImportError:
        return Bill(reason="the prices aren't installed: pip install 'ringup[prices]'")
    source = f"genai-prices {genai_prices.__version__}"

    def priced(counts: dict[str, int]) -> Any:
        return genai_prices.calc_price(
            genai_prices.Usage(**counts),
            model,
            provider_id=_NAMES.get(provider, provider),
            genai_request_timestamp=when,
            price_context=_context(usage, service_tier),
        )

    try:
        counts = _counts(usage)
        price = priced(counts)
        lines, unsure = _lines(price, usage), _unsure(price, service_tier)
        saved = _saved(price, priced, counts)
    except LookupError:
        return Bill(reason=f"{source} has no price for {provider}/{model}", prices=source)
    except Exception as error:  # a bill is never worth an answer: whatever is wrong with it is its reason
        return Bill(reason=f"{source} can't price this usage: {error}", prices=source)
    estimated = usage.estimated or unsure is not None
    total: Decimal = price.total_price
    return Bill(total=total, lines=lines, reason=unsure, prices=source, estimated=estimated, saved=saved)


def _saved(price: Any, priced: Callable[[dict[str, int]], Any], counts: dict[str, int]) -> Decimal | None:
    """What the same tokens would have cost without the cache, less what they did. None where it wasn't counted."""
    cached = {name: count for name, count in counts.items() if name.startswith("cache_")}
    if not any(cached.values()):
        return Decimal(0) if cached else None
    plain = priced({name: count for name, count in counts.items() if name not in cached})
    saved: Decimal = plain.total_price - price.total_price
    return saved


def _counts(usage: Usage) -> dict[str, int]:
    """The usage under the names of genai-prices, whose totals too include what is cached. What isn't known is out."""
    counts = {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cache_read_tokens": usage.cache_read_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "cache_write_1h_tokens": _detail(usage, "cache_creation", "ephemeral_1h_input_tokens"),
        "input_audio_tokens": _detail(usage, "prompt_tokens_details", "audio_tokens"),
        "output_audio_tokens": _detail(usage, "completion_tokens_details", "audio_tokens"),
        "web_searches": _detail(usage, "server_tool_use", "web_search_requests"),
    }
    return {name: count for name, count in counts.items() if count is not None}


def _detail(usage: Usage, outer: str, inner: str) -> int | None:
    """A counter of the provider's own: {outer: {inner: n}}, or {"outer.inner": n}."""
    held = usage.details.get(outer)
    value = held.get(inner) if isinstance(held, dict) else usage.details.get(f"{outer}.{inner}")
    return value if type(value) is int else None


def _context(usage: Usage, service_tier: str | None) -> dict[str, str]:
    context = {} if service_tier is None else {"service_tier": service_tier}
    if service_tier == "batch":  # Anthropic's word for its batches
        context = {"processing": "batch"}
    if usage.details.get("speed") == "fast":
        context["speed"] = "fast"
    return context


def _unsure(price: Any, service_tier: str | None) -> str | None:
    """Why the list price may not be the one that was paid."""
    if service_tier is None or service_tier in _STANDARD:
        return None
    if any(variant.when.get("service_tier") == service_tier for variant in price.model.price_variants or ()):
        return None
    return f"no price is known for the service tier {service_tier!r}: this is the list price"


def _lines(price: Any, usage: Usage) -> tuple[tuple[str, Decimal], ...]:
    """What each kind of token cost. The lines add up to the total."""
    counts = _counts(usage)
    hour = counts.get("cache_write_1h_tokens", 0) if price.model_price.cache_write_1h_mtok is not None else 0
    special = (
        ("cache read", price.model_price.cache_read_mtok, counts.get("cache_read_tokens", 0)),
        ("cache write", price.model_price.cache_write_mtok, counts.get("cache_write_tokens", 0) - hour),
        ("cache write, 1 h", price.model_price.cache_write_1h_mtok, hour),
        ("audio input", price.model_price.input_audio_mtok, counts.get("input_audio_tokens", 0)),
    )
    parts = [
        (name, _rate(rate, counts["input_tokens"]) * count / _PER)
        for name, rate, count in special
        if count and rate is not None
    ]
    rest = price.total_price - price.input_price - price.output_price
    lines = [("input", price.input_price - sum([cost for _, cost in parts])), *parts, ("output", price.output_price)]
    return tuple([*lines, ("tools", rest)] if rest else lines)


def _rate(rate: Any, input_tokens: int) -> Decimal:
    """The price of a million tokens: a plain one, or that of the highest tier that the input reaches."""
    if isinstance(rate, Decimal):
        return rate
    reached = [tier.price for tier in rate.tiers if input_tokens > tier.start]
    found: Decimal = reached[-1] if reached else rate.base
    return found
