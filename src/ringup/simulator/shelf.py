"""What is kept between requests, each thing for one key; and lists of such things, page by page."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from ringup.openai_checks import bad
from ringup.secret import Secret

__all__ = ["Shelf", "page"]

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
        self._kept: OrderedDict[tuple[Secret | None, str], tuple[T, float]] = OrderedDict()

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()

    def put(self, key: Secret | None, id: str, thing: T) -> None:
        """Keep a thing, or another in its place."""
        until = self._kept[key, id][1] if (key, id) in self._kept else self._clock() + self._time
        self._kept[key, id] = (thing, until)
        while len(self._kept) > self._most or self._is_full():
            self._kept.popitem(last=False)

    def _is_full(self) -> bool:
        return self._room < math.inf and len(self._kept) > 1 and sum(map(self._size, self)) > self._room

    def get(self, key: Secret | None, id: str) -> T | None:
        """What is kept under this id for this key, if anything is."""
        thing, until = self._kept.get((key, id), (None, 0.0))
        return thing if until > self._clock() else None

    def drop(self, key: Secret | None, id: str) -> None:
        """Forget one thing."""
        self._kept.pop((key, id), None)

    def __iter__(self) -> Iterator[T]:
        """All that is kept, for whichever key."""
        return iter([thing for thing, _ in self._kept.values()])

    def all(self, key: Secret | None) -> list[T]:
        """All that is kept for a key, the oldest first."""
        now = self._clock()
        return [thing for (owner, _), (thing, until) in self._kept.items() if owner == key and until > now]


def page(
    found: list[dict[str, Any]], query: Mapping[str, str], order: str = "desc", *, usual: int = 20, most: int = 100
) -> dict[str, Any]:
    """A page of OpenAI's lists: `limit` (20, up to 100: `usual` and `most`), `order`, `after`; `found` is in ascending
    order.

    Raises BadRequestError.
    """
    limit, order = query.get("limit", str(usual)), query.get("order", order)
    if not (limit.isascii() and limit.isdecimal()) or not 1 <= int(limit) <= most:
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
