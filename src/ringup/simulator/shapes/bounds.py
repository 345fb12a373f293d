"""Numbers within bounds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

__all__ = ["numbers_in"]

_SIZES = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1), "uint32": (0, 2**32 - 1)}


def numbers_in(parts: Iterable[dict[str, Any]], wishes: Iterable[float], integer: bool) -> Iterator[int | float]:
    """Numbers that keep to the bounds of all schemas, or nearly: the wishes first, each brought inside, then others."""
    parts = list(parts)
    low = max((part[key] for part in parts for key in ("minimum", "exclusiveMinimum") if key in part), default=None)
    high = min((part[key] for part in parts for key in ("maximum", "exclusiveMaximum") if key in part), default=None)
    for part in parts:
        least, most = _SIZES.get(part.get("format", ""), (None, None))
        low = least if low is None else low
        high = most if high is None else high
    steps = [part["multipleOf"] for part in parts if "multipleOf" in part]
    for wish in wishes:
        inside = wish if low is None else max(wish, low)
        yield _plain(inside if high is None else min(inside, high))
    if steps:
        yield from _multiples(steps, low, high)
    yield from _between(low, high, integer)


def _plain(value: float) -> int | float:
    return int(value) if value == int(value) and abs(value) < 2**63 else value


def _multiples(steps: list[float], low: float | None, high: float | None) -> Iterator[int | float]:
    """Common multiples of the steps, from the bound on that is nearer to zero."""
    step = Fraction(1)
    exact = [Fraction(repr(one)) for one in steps]
    step = Fraction(math.lcm(*[one.numerator for one in exact]), math.gcd(*[one.denominator for one in exact]))
    down = low is None and high is not None and high <= 0
    start = Fraction(repr(high if down else low)) if (high if down else low) is not None else Fraction(0)
    first = math.floor(start / step) if down else math.ceil(start / step)
    for count in range(1000):
        value = (first - count if down else first + count) * step
        yield int(value) if value.denominator == 1 else float(value)


def _between(low: float | None, high: float | None, integer: bool) -> Iterator[int | float]:
    """Plain numbers in the bounds: near the lower one, near the upper one, in the middle."""
    base = 1 if low is None and high is None else low if low is not None else high
    assert base is not None
    inward = -1 if low is None and high is not None else 1
    first = math.ceil(base) if inward > 0 else math.floor(base)
    yield from [first + inward * count for count in range(20)]
    if not integer:
        if low is not None and high is not None:
            yield from [low + (high - low) * part / 64 for part in range(65)]
        yield from [base + inward * part for part in (0.5, 0.25, 0.1, 0.01, 0.001, 1e-6, 1.5, 2.25)]
        yield math.nextafter(base, math.inf * inward)
    yield from [first + inward * count for count in range(20, 250)]
