"""When to try again, and how long to wait first. Pure decisions: no clock, no random of its own."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ringup.errors import APIError, RateLimitError
from ringup.locks import Lock

__all__ = ["Budget", "backoff", "retry_after_date", "server_directs"]

BASE_DELAY = 0.5
MAX_DELAY = 8.0


def backoff(retry: int, chance: float) -> float:
    """Seconds to wait before retry number `retry` (from 0); `chance` in 0..1 takes up to a quarter off.

    The same curve as the vendors' SDKs: min(0.5 * 2**n, 8) * (1 - 0.25 * random).
    """
    return float(min(BASE_DELAY * 2 ** min(retry, 10), MAX_DELAY) * (1 - 0.25 * chance))


def retry_after_date(headers: Mapping[str, str], now: float) -> float | None:
    """The seconds from `now` (Unix time) to a Retry-After that is an HTTP date; None for any other form."""
    value = headers.get("retry-after", "")
    if not value or value[0].isdigit():
        return None
    from email.utils import parsedate_to_datetime  # here, for its import takes longer than ours

    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    wait = date.timestamp() - now
    return wait if math.isfinite(wait) and wait > 0 else None


def server_directs(error: APIError) -> bool:
    """Whether the provider is up and says when to come back: obeying that is no burden to it."""
    return isinstance(error, RateLimitError) and error.retry_after is not None


class Budget:
    """Keeps retries from doubling the load of a provider that is down.

    Every call earns 0.08 of a retry, every retry costs one, and a call that succeeds after retries gets them back. A
    client starts with 10 in hand. So hiccups are always retried, and through a long outage at most 8 in 100 calls are.
    """

    EARNED = 0.08
    CAPACITY = 10.0

    def __init__(self) -> None:
        self._left = self.CAPACITY
        self._lock = Lock()

    def earn(self, amount: float = EARNED) -> None:
        """A call begins (the default), or gives back the `amount` of retries that it took and that served it."""
        with self._lock:
            self._left = min(self._left + amount, self.CAPACITY)

    def spend(self) -> bool:
        """Take one retry; False when none is left."""
        with self._lock:
            if self._left < 1:
                return False
            self._left -= 1
            return True
