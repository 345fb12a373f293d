"""What a call used, in one definition for every provider."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from msgspec import Struct

__all__ = ["Usage", "add", "flattened", "nested"]


class Usage(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Tokens of a call. Unknown is None, never 0.

    `input_tokens` is the total, cached ones included; `output_tokens` is the total, reasoning included. The other
    fields are parts of those two. `details` has the provider's further counters under its own names (audio, images,
    predictions, cache writes by lifetime, server tools). `estimated` is True when ringup counted, not the provider.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    details: dict[str, Any] = {}
    estimated: bool = False

    @property
    def total_tokens(self) -> int | None:
        """Input and output together, or None when either is unknown."""
        if self.input_tokens is None or self.output_tokens is None:
            return None
        return self.input_tokens + self.output_tokens


def _sum(a: int | None, b: int | None) -> int | None:
    return None if a is None or b is None else a + b


def _sum_details(a: dict[str, Any], b: dict[str, Any]) -> dict[str, Any]:
    """Counters add up, also inside objects (cache writes by lifetime); of anything else the later one counts."""
    details = dict(a)
    for key, value in b.items():
        old = details.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            details[key] = _sum_details(old, value)
        else:
            details[key] = old + value if isinstance(old, int) and isinstance(value, int) else value
    return details


def add(a: Usage, b: Usage) -> Usage:
    """Two calls' usage together. What is unknown in either is unknown in the sum."""
    return Usage(
        input_tokens=_sum(a.input_tokens, b.input_tokens),
        output_tokens=_sum(a.output_tokens, b.output_tokens),
        cache_read_tokens=_sum(a.cache_read_tokens, b.cache_read_tokens),
        cache_write_tokens=_sum(a.cache_write_tokens, b.cache_write_tokens),
        reasoning_tokens=_sum(a.reasoning_tokens, b.reasoning_tokens),
        details=_sum_details(a.details, b.details),
        estimated=a.estimated or b.estimated,
    )


def flattened(usage: dict[str, Any]) -> dict[str, Any]:
    """A provider's counters on one level: inner ones with a dot. What is null is left out."""
    flat: dict[str, Any] = {}
    for key, value in usage.items():
        if isinstance(value, dict):
            for inner, held in value.items():
                if held is not None:
                    flat[_joined(key, inner)] = held
        elif value is not None:
            flat[key] = value
    return flat


@lru_cache(1024)
def _joined(outer: str, inner: str) -> str:
    """The name of an inner counter. They are the same in each answer: so each is one text, however many answers wait to
    be written down."""
    return f"{outer}.{inner}"


def nested(fields: dict[str, Any], written: dict[str, Any]) -> dict[str, Any]:
    """The way back: the counters are added to what is written, and that is given. What isn't known is left out."""
    for key, value in fields.items():
        outer, dot, inner = key.partition(".")
        if value is None:
            continue
        held = written.setdefault(outer, {}) if dot else None
        if isinstance(held, dict):
            held[inner] = value
        else:
            written[key] = value
    return written
