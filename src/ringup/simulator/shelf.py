"""What is kept between requests, each thing for one key; and lists of such things, page by page."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from ringup.openai_checks import bad
from ringup.secret import Secret

__all__ = ["Shelf", "page", "whole"]

T = TypeVar("T")

_MOST = 10_000
_KEPT = 30 * 86_400.0


class Shelf(Generic[T]):
    """Things by key and id, each for 30 days (`kept`, in seconds); of all keys together, the last 10,000 (`most`), and
    as many of those as have `room` by their `size`. `clock` gives seconds."""

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        kept: float = _KEPT,
        most: int = _MOST,
        room: float = math.inf,
        size: Callable[[T], int] = lambda _: 0,
    ) -> None:
        self._clock = clock
        self._time, self._most, self._room, self._size = kept, most, room, size
        self._kept: OrderedDict[tuple[Secret | None, str], tuple[T, float, int]] = OrderedDict()
        self._held = 0  # the sizes of all, each as it was when it was put

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._held = 0

    def put(self, key: Secret | None, id: str, thing: T) -> None:
        """Keep a thing, or another in its place."""
        _, until, before = self._kept.get((key, id), (None, self._clock() + self._time, 0))
        size = self._size(thing)
        self._kept[key, id] = (thing, until, size)
        self._held += size - before
        while len(self._kept) > self._most or (self._held > self._room and len(self._kept) > 1):
            self._held -= self._kept.popitem(last=False)[1][2]

    def get(self, key: Secret | None, id: str) -> T | None:
        """What is kept under this id for this key, if anything is. What is over is forgotten."""
        thing, until, _ = self._kept.get((key, id), (None, math.inf, 0))
        if until > self._clock():
            return thing
        self.drop(key, id)
        return None

    def drop(self, key: Secret | None, id: str) -> None:
        """Forget one thing."""
        self._held -= self._kept.pop((key, id), (None, 0.0, 0))[2]

    def __iter__(self) -> Iterator[T]:
        """All that is kept, for whichever key."""
        return iter([thing for thing, _, _ in self._kept.values()])

    def all(self, key: Secret | None) -> list[T]:
        """All that is kept for a key, the oldest first."""
        now = self._clock()
        return [thing for (owner, _), (thing, until, _) in self._kept.items() if owner == key and until > now]


def whole(text: str, least: int, most: int) -> bool:
    """Whether a text is a whole number between two. One of thousands of digits isn't even read."""
    return len(text) <= 20 and text.isascii() and text.isdecimal() and least <= int(text) <= most


def page(
    found: list[dict[str, Any]], query: Mapping[str, str], order: str = "desc", *, usual: int = 20, most: int = 100
) -> dict[str, Any]:
    """A page of OpenAI's lists: `limit` (20, up to 100: `usual` and `most`), `order`, `after`; `found` is in ascending
    order.

    Raises BadRequestError.
    """
    limit, order = query.get("limit", str(usual)), query.get("order", order)
    if not whole(limit, 1, most):
        raise bad(f"Invalid 'limit': expected an integer from 1 to {most}, but got '{limit}' instead.", "limit")
    if order not in ("asc", "desc"):
        raise bad(f"Invalid value: '{order}'. Supported values are: 'asc' and 'desc'.", "order", "invalid_value")
    ordered = found if order == "asc" else found[::-1]
    ids = [item["id"] for item in ordered]
    after = query.get("after")
    if after is not None and after not in ids:
        raise bad(f"Item with id '{after}' not found.", "after")
    start = 0 if after is None else ids.index(after) + 1
    shown = ordered[start : start + int(limit)]
    return {
        "object": "list",
        "data": shown,
        "first_id": shown[0]["id"] if shown else None,
        "last_id": shown[-1]["id"] if shown else None,
        "has_more": start + len(shown) < len(ordered),
    }
