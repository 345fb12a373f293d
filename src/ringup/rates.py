"""Rates, and what a usage costs by them: the arithmetic of a bill, whoever set the prices. It is exact in the `decimal`
context of `prices.bill`.

Tokens of a usage fall into classes, none of them into two. A class without a rate of its own costs what the class does
that it is part of: audio what other input costs, cached tokens what fresh ones cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ringup.reply import Bill
from ringup.usage import Usage

__all__ = ["CLASSES", "EACH", "Rate", "UnpricedError", "charge", "is_above"]

Rate = Decimal | tuple[tuple[int, Decimal], ...]
"""US dollars for a million tokens; or several, each for prompts of more than so many tokens. The whole call has the
price of the highest that its prompt reaches."""

Rates = Mapping[str, Rate]

CLASSES = {
    "input": "input",
    "cache_read": "cache read",
    "cache_write": "cache write",
    "cache_write_1h": "cache write, 1 h",
    "cache_write_12h": "cache write, 12 h",
    "audio_input": "audio input",
    "audio_cache_read": "cache read, audio",
    "image_input": "image input",
    "image_cache_read": "cache read, images",
    "video_input": "video input",
    "output": "output",
    "reasoning": "reasoning",
    "audio_output": "audio output",
    "image_output": "image output",
    "video_output": "video output",
}
"""The classes of tokens, and the name of each on a bill."""

EACH = {"search": "tools"}
"""What is priced by the thousand and isn't tokens: searches in the web, where the provider makes them."""

_LABELS = CLASSES | EACH
_ORDER = {name: at for at, name in enumerate(_LABELS)}.__getitem__
_PER = Decimal(1_000_000)
_ZERO = Decimal(0)
_CONTRADICT = "its numbers of tokens contradict each other"


class UnpricedError(ValueError):
    """The usage can't be priced by these rates."""


def charge(
    usage: Usage, rates: Rates, searches: int | None = None, *, terms: tuple[str, ...] = (), prices: str | None = None
) -> Bill:
    """The bill of a usage whose totals are known; `terms` and `prices` are put on it. Raises UnpricedError."""
    counts = _counts(usage, rates)
    lines = {"input": _ZERO, "output": _ZERO}
    for name, n in counts.items():
        if n:
            lines[name] = _cost(name, n, usage, rates)
    thought = _reasoning(usage, rates, lines)
    if searches:
        lines["search"] = _searches(searches, rates)
    named = lines if len(lines) == 2 else {_LABELS[name]: lines[name] for name in sorted(lines, key=_ORDER)}
    return Bill(
        total=sum(named.values(), _ZERO),
        lines=tuple(named.items()),
        of_which=(("reasoning", thought),) if thought is not None else (),
        saved=_saved(usage, rates, lines, counts),
        terms=terms,
        prices=prices,
        estimated=usage.estimated,
    )


def is_above(usage: Usage, rates: Rates) -> int | None:
    """The size of prompt above which these prices hold; None where they are those of any prompt."""
    stepped = [rate for rate in rates.values() if type(rate) is tuple]
    if not stepped:
        return None
    prompt = usage.input_tokens or 0
    return max([start for rate in stepped for start, _ in rate if 0 <= start < prompt], default=None)


def _cost(name: str, tokens: int, usage: Usage, rates: Rates) -> Decimal:
    rate = rates.get(name)
    if isinstance(rate, tuple):
        prompt = usage.input_tokens or 0
        rate = [price for start, price in rate if prompt > start][-1]
    if rate is None:
        raise UnpricedError(f"no price is known for {CLASSES[name]}")
    return rate * tokens / _PER


def _counts(usage: Usage, rates: Rates) -> dict[str, int]:
    """The tokens of each class that has a rate."""
    assert usage.input_tokens is not None
    assert usage.output_tokens is not None
    parts = _parts(usage)
    if not parts:  # as most usages are: words, and no cache
        if usage.input_tokens < 0 or usage.output_tokens < 0:
            raise UnpricedError(_CONTRADICT)
        return {"input": usage.input_tokens, "output": usage.output_tokens}
    given = _input(usage, parts, rates)
    answered = {name: parts[name] for name in _ANSWERED if name in parts and name in rates}
    counts = given | answered
    counts["input"] = usage.input_tokens - sum(given.values())
    counts["output"] = usage.output_tokens - sum(answered.values())
    cached = parts.get("cache_read", 0) + parts.get("cache_write", 0)
    if min(*counts.values(), *parts.values(), usage.input_tokens - cached) < 0:
        raise UnpricedError(_CONTRADICT)
    return counts


_ANSWERED = ("audio_output", "image_output", "video_output")


def _input(usage: Usage, parts: Mapping[str, int], rates: Rates) -> dict[str, int]:
    """The classes of the input, but for fresh words."""
    counts = _writes(parts, rates)
    read = parts.get("cache_read", 0) if "cache_read" in rates else 0
    for fresh, cached in _HEARD_AND_SEEN:
        known = parts.get(cached, 0) if read else 0
        if known and cached in rates:
            counts[cached] = known
            read -= known
        if fresh in parts and fresh in rates:
            if read and not any(name in usage.details for name in _TELLS_CACHED):
                raise UnpricedError("the provider didn't say which of the cached tokens are words")
            counts[fresh] = parts[fresh] - known
    counts["cache_read"] = read
    return counts


_HEARD_AND_SEEN = tuple([(f"{kind}_input", f"{kind}_cache_read") for kind in ("audio", "image", "video")])
_TELLS_CACHED = ("cacheTokensDetails", "prompt_tokens_details.cached_tokens_details")


def _writes(parts: Mapping[str, int], rates: Rates) -> dict[str, int]:
    """The tokens that were written to the cache, by how long they stay there."""
    if "cache_write" not in rates:  # writing costs nothing extra
        return {}
    longer = {name: parts[name] for name in ("cache_write_1h", "cache_write_12h") if name in parts}
    return {"cache_write": parts.get("cache_write", 0) - sum(longer.values()), **longer}


def _parts(usage: Usage) -> dict[str, int]:
    """What is counted apart, where there is any."""
    found: dict[str, int] = {}
    if usage.cache_read_tokens:
        found["cache_read"] = usage.cache_read_tokens
    if usage.cache_write_tokens:
        found["cache_write"] = usage.cache_write_tokens
    for outer, held in usage.details.items():
        if not held:
            continue
        for inner, name in _FLAT.get(outer, ()):
            value = held.get(inner) if isinstance(held, dict) and inner else held
            if type(value) is int and value:
                found[name] = value
        if outer in _MODALITIES:
            for kind, count in _listed(held):
                name = _MODALITIES[outer].get(kind, "")
                if name:
                    found[name] = found.get(name, 0) + count
    return {name: n for name, n in found.items() if n}


def _listed(held: Any) -> list[tuple[str, int]]:
    """Google's tokens by what they stand for: [{"modality": "AUDIO", "tokenCount": 12}]."""
    rows = [row for row in held if isinstance(row, dict)] if isinstance(held, list) else []
    return [(str(row.get("modality")), n) for row in rows if type(n := row.get("tokenCount")) is int]


_PLACES = {
    "cache_write_1h": (("cache_creation", "ephemeral_1h_input_tokens"),),
    "cache_write_12h": (
        ("input_tokens_details.cache_write_tokens_details", "ttl_12h_tokens"),
        ("prompt_tokens_details.cache_write_tokens_details", "ttl_12h_tokens"),
    ),
    "audio_input": (("prompt_tokens_details", "audio_tokens"), ("input_tokens_details", "audio_tokens")),
    "audio_output": (("completion_tokens_details", "audio_tokens"), ("output_tokens_details", "audio_tokens")),
    "audio_cache_read": (("prompt_tokens_details.cached_tokens_details", "audio_tokens"),),
    "image_input": (("prompt_tokens_details", "image_tokens"), ("input_tokens_details", "image_tokens")),
    "image_output": (("completion_tokens_details", "image_tokens"), ("output_tokens_details", "image_tokens")),
    "image_cache_read": (("prompt_tokens_details.cached_tokens_details", "image_tokens"),),
}
"""Where OpenAI and Anthropic tell of a class: an object in the usage, and the counter in it."""

_FLAT: dict[str, list[tuple[str, str]]] = {}
"""The same by the object, and by the field with a dot in its name: the counter in it, and the class."""

for _name, _places in _PLACES.items():
    for _outer, _inner in _places:
        _FLAT.setdefault(_outer, []).append((_inner, _name))
        _FLAT[f"{_outer}.{_inner}"] = [("", _name)]

_MODALITIES = {
    "promptTokensDetails": {"AUDIO": "audio_input", "IMAGE": "image_input", "VIDEO": "video_input"},
    "cacheTokensDetails": {"AUDIO": "audio_cache_read", "IMAGE": "image_cache_read", "VIDEO": "video_cache_read"},
    "candidatesTokensDetails": {"AUDIO": "audio_output", "IMAGE": "image_output", "VIDEO": "video_output"},
}
"""Google's lists of tokens by what they stand for."""


def detail(details: Mapping[str, Any], outer: str, inner: str) -> Any:
    """What a provider tells beside the usual counters: {outer: {inner: it}}, or {"outer.inner": it}."""
    held = details.get(outer)
    return held.get(inner) if isinstance(held, dict) else details.get(f"{outer}.{inner}")


def _reasoning(usage: Usage, rates: Rates, lines: dict[str, Decimal]) -> Decimal | None:
    """What the thinking cost, which is part of the output; None where the provider doesn't count it."""
    tokens = usage.reasoning_tokens
    if tokens is None or "output" not in rates:
        return None
    if tokens == 0:
        return _ZERO
    if not 0 <= tokens <= (usage.output_tokens or 0):
        raise UnpricedError(_CONTRADICT)
    plain = _cost("output", tokens, usage, rates)
    if "reasoning" not in rates:
        return plain
    thought = _cost("reasoning", tokens, usage, rates)
    lines["output"] += thought - plain
    return thought


def _searches(searches: int, rates: Rates) -> Decimal:
    if searches < 0 or not isinstance(rate := rates.get("search"), Decimal):
        raise UnpricedError("no price is known for searches in the web")
    return rate * searches / 1000


def _saved(usage: Usage, rates: Rates, lines: Mapping[str, Decimal], counts: Mapping[str, int]) -> Decimal | None:
    """What the same tokens would have cost without the cache, less what they did. None where it wasn't counted."""
    read, written = usage.cache_read_tokens, usage.cache_write_tokens
    if read is None and written is None:
        return None
    if not read and not written:
        return _ZERO
    cached = {name: n for name, n in counts.items() if "cache" in name and n}
    fresh = [
        _cost(_FRESH[name] if _FRESH.get(name) in rates else "input", n, usage, rates) for name, n in cached.items()
    ]
    return sum(fresh, _ZERO) - sum([lines[name] for name in cached], _ZERO)


_FRESH = {"audio_cache_read": "audio_input", "image_cache_read": "image_input"}
