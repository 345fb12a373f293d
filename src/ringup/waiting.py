"""How sync code waits for what another thread hands over."""

from __future__ import annotations

import sys
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TypeVar

__all__ = ["take"]

T = TypeVar("T")

_SLICE = 0.1 if sys.platform == "win32" else 1.0
"""Seconds that are waited at a time: a Ctrl-C that comes in the moment before a wait begins is noticed after it, and on
Windows any."""


def take(source: SimpleQueue[T], until: float | None = None) -> T:
    """What comes next in a queue. `until` is a time of the monotonic clock: raises TimeoutError when nothing is there
    by then."""
    while True:
        left = _SLICE if until is None else until - monotonic()
        try:
            return source.get(timeout=max(0.0, min(left, _SLICE)))
        except Empty:
            if left <= 0:
                raise TimeoutError from None
