"""What a call costs: the usage that the provider gave, times the prices of genai-prices (the extra `prices`), or prices
of the user's own.

Everything is offline: the prices are in the installed package, with their tiers and dates. What can't be known is
None with the reason, never 0.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from functools import lru_cache
from math import inf
from typing import Any

from msgspec import Struct

from ringup.pricelist import Prices
from ringup.rates import Rate, UnpricedError, charge, detail, is_above
from ringup.reply import EXACT, Bill
from ringup.usage import Usage

__all__ = ["bill", "prices_version"]

_NAMES = {"gemini": "google", "xai": "x-ai"}
"""Providers that genai-prices knows by another name."""

_STANDARD = frozenset({"auto", "default", "standard", "standard_only", "on_demand"})
"""Service tiers that have the list price."""

_TOLD = {"openrouter": "cost", "perplexity": "cost.total_cost"}
"""Providers that say themselves what a call cost, in US dollars, and where in the usage."""

_OWN_KEY = "openrouter told its own fee only, and not what the call cost on your key for the provider behind it"

_12H = 2
"""OpenAI keeps a cache for 12 hours at twice the price of 30 minutes, for every model that has both (its price page,
October 2026, also as litellm 1.109 has it). genai-prices 0.2 has the price of 30 minutes."""


class _Terms(Struct, frozen=True):
    """By what terms a call is priced, beside the model: its service tier, and so on."""

    tier: str | None = None
    batch: bool = False
    fast: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The words for them on a bill."""
        if self is _LIST:
            return ()
        words = ("batch" if self.batch else None, self.tier, "fast mode" if self.fast else None)
        return tuple(word for word in words if word)


_LIST = _Terms()


def bill(
    provider: str,
    model: str,
    usage: Usage,
    *,
    service_tier: str | None = None,
    batch: bool = False,
    when: float | None = None,
    own: Prices | None = None,
    asked: str | None = None,
    searches: int | None = None,
) -> Bill:
    """The bill of one call, in US dollars. Never raises.

    model         as the provider answered it: a dated snapshot is priced as its model
    service_tier  as the provider answered it ("flex", "priority", "batch", ...); None is the list price
    batch         it was part of a batch, where the answer doesn't say so
    when          the time of the call in seconds since the epoch; None is now. Prices change, and old ones are kept
    own           prices of one's own, which go before; `asked` is the model's name as it was asked for, for them
    searches      the searches in the web, where the usage doesn't tell
    """
    priced = own.find(provider, model, asked or model) if own else None
    if priced is None and provider == "sim":
        return Bill(reason="the simulator costs nothing, and has no prices")
    if priced is None and provider in _TOLD and (told := _told(provider, usage)) is not None:
        return told
    if usage.input_tokens is None or usage.output_tokens is None:
        return Bill(reason="the provider didn't say how many tokens were used")
    terms = _terms(usage, service_tier, batch)
    source = own.source if own and priced is not None else None
    try:
        with localcontext(EXACT):
            if priced is None:
                source, rates = _listed(provider, model, terms, when)
            else:
                rates = priced.rates_at(terms.names)
            _check_place(usage)
            counted = detail(usage.details, "server_tool_use", "web_search_requests") if usage.details else None
            above = is_above(usage, rates)
            words = (*terms.names, f"above {above:,} tokens") if above else terms.names
            return charge(usage, rates, counted if type(counted) is int else searches, terms=words, prices=source)
    except UnpricedError as error:
        return Bill(reason=str(error), prices=source, terms=terms.names)
    except Exception as error:  # a bill is never worth an answer: whatever is wrong with it is its reason
        return Bill(reason=f"this usage can't be priced: {error}", prices=source)


def prices_version() -> str | None:
    """The table of prices that bills are made with, and its version: "genai-prices 0.2.3". None when it isn't
    installed (the extra `prices`)."""
    try:
        import genai_prices  # here, for it takes 0.3 s
    except ImportError:
        return None
    return f"genai-prices {genai_prices.__version__}"


def _told(provider: str, usage: Usage) -> Bill | None:
    """The bill as the provider tells it; None where it doesn't."""
    cost = _dollars(usage.details.get(_TOLD[provider]))
    if cost is None:
        return None
    if usage.details.get("is_byok") is True:  # OpenRouter's own part then, and a field that others have too
        theirs = _dollars(detail(usage.details, "cost_details", "upstream_inference_cost"))
        if theirs is None:
            return Bill(reason=_OWN_KEY)
        cost = EXACT.add(cost, theirs)
    return Bill(total=cost, lines=((f"as {provider} says", cost),), prices=provider)


def _dollars(told: Any) -> Decimal | None:
    is_number = isinstance(told, (int, float)) and not isinstance(told, bool)
    return Decimal(str(told)) if is_number and 0 <= told < inf else None


def _terms(usage: Usage, service_tier: str | None, batch: bool) -> _Terms:
    if not service_tier and not batch and "speed" not in usage.details:
        return _LIST
    if service_tier == "batch":  # Anthropic's word for its batches
        service_tier, batch = None, True
    if isinstance(service_tier, str):  # what the provider answered may be anything
        service_tier = service_tier.lower()
        if service_tier in _STANDARD:
            service_tier = None
    fast = usage.details.get("speed") == "fast"
    return _Terms(tier=service_tier, batch=batch, fast=fast) if service_tier or batch or fast else _LIST


def _check_place(usage: Usage) -> None:
    """Anthropic's models that are run in one country only cost more, and no table has by how much."""
    place = usage.details.get("inference_geo")
    if isinstance(place, str) and place not in ("global", "not_available", ""):
        raise UnpricedError(f"no price is known for inference in one place only (inference_geo is {place!r})")


# The table


def _listed(provider: str, model: str, terms: _Terms, when: float | None) -> tuple[str, Mapping[str, Rate]]:
    """The table's name, and its rates for a model at that time. Raises UnpricedError."""
    source = prices_version()
    if source is None:
        raise UnpricedError("the prices aren't installed: pip install 'ringup[prices]'")
    minute = int(time.time() if when is None else when) // 60
    rates = _rates(_NAMES.get(provider, provider), model, terms, minute)
    if rates is None:
        raise UnpricedError(f"{source} has no price for {provider}/{model}")
    if isinstance(rates, str):
        raise UnpricedError(f"{source} has no price for {rates} with {model}")
    return source, rates


@lru_cache(1024)
def _rates(provider: str, model: str, terms: _Terms, minute: int) -> dict[str, Rate] | str | None:
    """The rates; None for a model that isn't known, and what has no price where the terms have none."""
    import genai_prices

    when = datetime.fromtimestamp(minute * 60, UTC)
    context = {"processing": "batch"} if terms.batch else {}
    context |= {"service_tier": terms.tier} if terms.tier else {}
    context |= {"speed": "fast"} if terms.fast else {}
    try:
        found = genai_prices.calc_price(
            genai_prices.Usage(input_tokens=0, output_tokens=0),
            model,
            provider_id=provider,
            genai_request_timestamp=when,
            price_context=context,
        )
    except LookupError:
        return None
    for name, value in context.items():
        if not any(_is_for(variant, name, value, when) for variant in found.model.price_variants or ()):
            return f"{name.replace('_', ' ')} {value!r}"
    return _converted(found.model_price, provider)


def _is_for(variant: Any, name: str, value: str, when: datetime) -> bool:
    """Whether prices are for a term, and were in force then: the table has most of them from October 2026 on only."""
    return variant.when.get(name) == value and (variant.constraint is None or bool(variant.constraint.active(when)))


_KEYS = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write",
    "cache_write_1h_mtok": "cache_write_1h",
    "input_audio_mtok": "audio_input",
    "output_audio_mtok": "audio_output",
    "cache_audio_read_mtok": "audio_cache_read",
    "input_image_mtok": "image_input",
    "output_image_mtok": "image_output",
    "cache_image_read_mtok": "image_cache_read",
    "input_video_mtok": "video_input",
    "output_video_mtok": "video_output",
    "output_reasoning_mtok": "reasoning",
    "web_searches_kcount": "search",
}
_UNCOUNTED = frozenset({"storage_searches_kcount"})
"""Prices of what an answer doesn't count, and a call only has when it asks for a tool of the provider's."""


def _converted(price: Any, provider: str) -> dict[str, Rate] | str:
    """The rates of genai-prices under our names; what else a call of the model is billed by, where it is."""
    held = {name: rate for name, rate in vars(price).items() if rate is not None and name not in _UNCOUNTED}
    if other := next((name for name in held if name not in _KEYS), None):
        return f"{other.rpartition('_')[0].replace('_', ' ')}, which is billed apart,"
    rates = {_KEYS[name]: _rate(rate) for name, rate in held.items()}
    write = rates.get("cache_write")
    if provider == "openai" and write is not None:
        twice = _12H * write if isinstance(write, Decimal) else tuple([(start, _12H * rate) for start, rate in write])
        rates["cache_write_12h"] = twice
    return rates


def _rate(rate: Any) -> Rate:
    if isinstance(rate, Decimal):
        return rate
    return ((-1, rate.base), *[(tier.start, tier.price) for tier in rate.tiers])
