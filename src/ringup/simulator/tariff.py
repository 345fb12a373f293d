"""What a vendor charges for: the tokens of a call by their classes, each times its rate.

The rates are those of genai-prices (the extra `prices`), read from its data and reckoned with here: an invoice that
was made with `ringup.prices` would agree with the client's bill even where both are wrong.

By what terms, as the vendors say: a prompt above a size has the price of that size for the whole call; a batch and a
service tier have price lists of their own, and what these don't name costs what it costs elsewhere. OpenAI writes to
the cache for 12 hours at twice the price of 30 minutes (its price page, October 2026).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from msgspec import Struct

from ringup.simulator.metering import Charge

__all__ = ["Part", "UnlistedError", "reckon"]

_VENDORS = {"openai": "openai", "anthropic": "anthropic", "gemini": "google"}
"""The vendors by their names in genai-prices."""
_MILLION = Decimal(1_000_000)

Rate = Decimal | tuple[tuple[int, Decimal], ...]
"""US dollars for a million tokens; or several, each from so many tokens of the prompt on."""


class Part(Struct, frozen=True):
    """Tokens of one class, and what they cost in US dollars."""

    what: str
    tokens: int
    cost_usd: Decimal


class UnlistedError(LookupError):
    """There is no price for a call, and this is why."""


def reckon(charge: Charge) -> tuple[Part, ...]:
    """What a call costs, class by class; what has no tokens is left out. Raises UnlistedError."""
    if charge.provider not in _VENDORS:
        raise UnlistedError(f"{charge.model} is the simulator's own, and costs nothing")
    rates = _rates(_VENDORS[charge.provider], charge.model, _terms(charge), int(charge.time // 60))
    return tuple(
        [
            Part(what, tokens, _reached(_rate(rates, names, charge), charge.read) * times * tokens / _MILLION)
            for what, tokens, names, times in _classes(charge)
            if tokens
        ]
    )


def _classes(charge: Charge) -> Iterator[tuple[str, int, tuple[str, ...], int]]:
    """Each class with its tokens, under which names it may have a rate, and how many times that it costs."""
    fresh = charge.read - charge.cache_read - charge.short - charge.long - charge.audio
    yield "input", fresh, ("input_mtok",), 1
    yield "audio input", charge.audio, ("input_audio_mtok", "input_mtok"), 1
    yield "cache read", charge.cache_read, ("cache_read_mtok", "input_mtok"), 1
    yield "cache write", charge.short, ("cache_write_mtok", "input_mtok"), 1
    if charge.provider == "openai":
        yield "cache write, 12 h", charge.long, ("cache_write_mtok",), 2
    else:
        yield "cache write, 1 h", charge.long, ("cache_write_1h_mtok",), 1
    yield "output", charge.written, ("output_mtok",), 1


def _rate(rates: dict[str, Rate], names: tuple[str, ...], charge: Charge) -> Rate:
    for name in names:
        if name in rates:
            return rates[name]
    raise UnlistedError(f"the price list has no {names[0]} for {charge.model}")


def _reached(rate: Rate, prompt: int) -> Decimal:
    if isinstance(rate, Decimal):
        return rate
    return max((start, price) for start, price in rate if prompt > start)[1]


def _terms(charge: Charge) -> tuple[str, str] | None:
    """By which list of prices, if not by the usual one."""
    if charge.kind == "batch":
        return "processing", "batch"
    if charge.tier is None:
        return None
    return ("speed", "fast") if charge.provider == "anthropic" else ("service_tier", charge.tier)


# The price list


@lru_cache(1024)
def _rates(vendor: str, model: str, terms: tuple[str, str] | None, minute: int) -> dict[str, Rate]:
    try:
        from genai_prices.data import providers  # here, for it takes 0.3 s
    except ImportError:
        raise UnlistedError("the prices aren't installed: pip install 'ringup[prices]'") from None
    listed = next(provider for provider in providers if provider.id == vendor)
    found = listed.find_model(model)
    if found is None:
        raise UnlistedError(f"no price is listed for {model}")
    when = datetime.fromtimestamp(minute * 60, UTC)
    prices = found.prices if isinstance(found.prices, list) else []
    usual = [price.prices for price in prices if _holds(price, when)][-1] if prices else found.prices
    if terms is None:
        return _named(usual)
    other = [price for price in found.price_variants or () if price.when == dict([terms]) and _holds(price, when)]
    if not other:
        raise UnlistedError(f"no price is listed for {model} with {terms[0].replace('_', ' ')} {terms[1]!r}")
    return _named(usual) | _named(other[0].prices)


def _holds(price: Any, when: datetime) -> bool:
    return price.constraint is None or bool(price.constraint.active(when))


def _named(prices: Any) -> dict[str, Rate]:
    return {name: _plain(rate) for name, rate in vars(prices).items() if rate is not None}


def _plain(rate: Any) -> Rate:
    return rate if isinstance(rate, Decimal) else ((-1, rate.base), *[(tier.start, tier.price) for tier in rate.tiers])
