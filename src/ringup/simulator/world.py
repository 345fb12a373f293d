"""What the simulator remembers between requests, and what one request finds of it."""

from __future__ import annotations

import math
from collections.abc import Callable

from msgspec import Struct

from ringup.http import HttpRequest
from ringup.secret import Secret
from ringup.simulator import refusals, strict
from ringup.simulator.answers import Answer
from ringup.simulator.batchlines import Batch
from ringup.simulator.buckets import Buckets
from ringup.simulator.cache import Caches
from ringup.simulator.calls import Call
from ringup.simulator.completions import Completion
from ringup.simulator.filestore import Files
from ringup.simulator.invoice import Book
from ringup.simulator.jobs import Jobs
from ringup.simulator.metering import Charge
from ringup.simulator.shelf import Shelf
from ringup.simulator.stored import Store

__all__ = ["Handler", "Visit", "World"]


class World:
    """All that outlives a request. `clock` gives seconds since the epoch; all else follows from the seed and the
    numbers of the calls."""

    def __init__(self, seed: int, clock: Callable[[], float], buckets: Buckets) -> None:
        self.seed = seed
        self.clock = clock
        self.buckets = buckets
        self.caches = Caches(clock)
        self.store = Store(clock)
        self.completions: Shelf[Completion] = Shelf(clock)
        self.files = Files(clock)
        self.batches: Jobs[Batch] = Jobs(clock)
        self.message_batches: Jobs[None] = Jobs(clock)
        self.invoice = Book()
        self.deleted: set[tuple[Secret | None, str]] = set()
        "Fine-tuned models that their owner deleted."

    def clear(self) -> None:
        """Forget everything but the limits of the keys."""
        self.caches.clear()
        self.store.clear()
        self.completions.clear()
        self.files.clear()
        self.batches.clear()
        self.message_batches.clear()
        self.invoice = Book()  # what is still on its way is charged on the old one
        self.deleted.clear()

    def embedded(self, vendor: refusals.Vendor, model: str, tokens: int) -> Charge:
        """The charge for vectors: the tokens of the texts."""
        provider = "sim" if strict.is_own_model(model) else vendor
        return Charge(kind="embeddings", provider=provider, model=model, time=self.clock(), read=tokens)

    def work(self) -> bool:
        """Do a little of what the batches owe by now. False: they owe nothing more."""
        return self.batches.work() or self.message_batches.work()

    def check_model(self, key: Secret | None, vendor: refusals.Vendor, model: str) -> None:
        """Raises the 404 of a model that was deleted."""
        if (key, model) in self.deleted:
            raise refusals.no_model(vendor, model)

    def take(self, key: Secret | None, vendor: refusals.Vendor, model: str, read: int, written: int) -> None:
        """Raises the 429 of a key that has had its requests or tokens."""
        if short := self.buckets.take(key, read, written):
            raise refusals.too_fast(
                vendor,
                model,
                what=short.what,
                limit=short.limit,
                used=short.limit - short.remaining,
                wanted=short.wanted,
                wait=math.ceil(short.wait) if vendor == "anthropic" else max(short.wait, 0.001),
            )


class Visit(Struct, frozen=True):
    """One request: as it came, whose key it bears, the call that it is, and what its address names ("" for a part
    that isn't there)."""

    http: HttpRequest
    key: Secret | None
    call: Call
    names: tuple[str, ...] = ()


Handler = Callable[[World, Visit], Answer]
"""Answers one kind of request. Raises the APIError that the request deserves."""
