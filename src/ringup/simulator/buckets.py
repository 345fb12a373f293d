"""Rate limits: a bucket of requests and buckets of tokens for each key, filled again evenly over a minute."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable

from msgspec import Struct

__all__ = ["DEFAULT_RPM", "DEFAULT_TPM", "Buckets", "Level", "Shortage"]

DEFAULT_RPM = 30_000
DEFAULT_TPM = 150_000_000
"""Where no limit is set: those of a large account. They hold too."""

MAX_KEYS = 1_000


class Level(Struct, frozen=True):
    """How full a bucket is: its size, what is left, and the seconds until it is full again."""

    limit: int
    remaining: int
    reset: float


class Shortage(Struct, frozen=True):
    """What was too little: "requests" or "tokens", the bucket's size, what was left and wanted, the wait in seconds."""

    what: str
    limit: int
    remaining: int
    wanted: int
    wait: float


class _Bucket:
    __slots__ = ("_at", "_left", "limit")

    def __init__(self, limit: int, now: float) -> None:
        self.limit = limit
        self._left = float(limit)
        self._at = now

    def left(self, now: float) -> float:
        self._left = min(self._left + max(now - self._at, 0.0) * self.limit / 60, self.limit)
        self._at = now
        return self._left

    def take(self, amount: float) -> None:
        self._left -= amount

    def wait(self, amount: float, now: float) -> float:
        """Seconds until so much is in it; for more than ever fits, until it is full."""
        missing = min(amount, self.limit) - self.left(now)
        return max(missing, 0.0) * 60 / self.limit

    def level(self, now: float) -> Level:
        left = self.left(now)
        return Level(self.limit, max(int(left), 0), (self.limit - left) * 60 / self.limit)


class Buckets:
    """The buckets of every key (a Secret, so that none lies here in the open). `clock` gives seconds; only differences
    count."""

    def __init__(self, clock: Callable[[], float], rpm: int | None = None, tpm: int | None = None) -> None:
        self._clock = clock
        self.set(rpm, tpm)

    def set(self, rpm: int | None, tpm: int | None) -> None:
        """Other limits, for every key; the buckets begin full."""
        self.rpm = DEFAULT_RPM if rpm is None else rpm
        self.tpm = DEFAULT_TPM if tpm is None else tpm
        self._keys: OrderedDict[Hashable, dict[str, _Bucket]] = OrderedDict()

    def _of(self, key: Hashable) -> dict[str, _Bucket]:
        found = self._keys.get(key)
        if found is None:
            now = self._clock()
            sizes = {"requests": self.rpm, "tokens": self.tpm, "input-tokens": self.tpm, "output-tokens": self.tpm}
            found = self._keys[key] = {name: _Bucket(size, now) for name, size in sizes.items()}
            if len(self._keys) > MAX_KEYS:
                self._keys.popitem(last=False)
        self._keys.move_to_end(key)
        return found

    def take(self, key: Hashable, read: int, written: int) -> Shortage | None:
        """Take one request and its tokens; or, if there isn't enough, take nothing and say what is short.

        A request that is larger than the whole bucket of tokens never goes through.
        """
        now, buckets = self._clock(), self._of(key)
        wanted = {"requests": 1, "tokens": read + written, "input-tokens": read, "output-tokens": written}
        for name in ("requests", "tokens"):
            bucket = buckets[name]
            if bucket.left(now) + 1e-9 < wanted[name]:
                left = max(int(bucket.left(now)), 0)
                return Shortage(name, bucket.limit, left, wanted[name], bucket.wait(wanted[name], now))
        for name, amount in wanted.items():
            buckets[name].take(amount)
        return None

    def levels(self, key: Hashable) -> dict[str, Level]:
        """How full the buckets are: requests, tokens, input-tokens, output-tokens."""
        now = self._clock()
        return {name: bucket.level(now) for name, bucket in self._of(key).items()}
