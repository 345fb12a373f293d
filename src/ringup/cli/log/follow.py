"""`ringup log --follow`: the calls that are written to the log from now on, as they come."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path
from typing import Any

from ringup.ledger import OWED, Filters, newest, rows

__all__ = ["follow"]

_PAUSE = 0.25
_PATIENCE = timedelta(seconds=2)
"""So long after its end, a call's cost is waited for. It usually follows its row within half a second."""

_KNOWN = 1_000
"""So many calls are remembered, to tell when others have got their numbers."""


def follow(path: Path, number: int, filters: Filters, tell: Callable[[list[dict[str, Any]]], None]) -> None:
    """Tell of the last calls, the oldest of them first, and then of each new one, until Ctrl-C.

    The file may be written by other processes, purged, or not be there yet.
    """
    try:
        log = _Followed(path)
        tell([call for call in reversed(rows(path, number, **filters)) if call["id"] <= log.seen])
        while True:
            time.sleep(_PAUSE)
            if found := log.news(filters):
                tell(found)
    except KeyboardInterrupt:
        pass


class _Followed:
    """How far a log was told of: up to which id, and which calls had the last ones."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._begun = datetime.now(UTC)
        self._known: dict[int, str] = {}
        self._learn(rows(path, -1, after=newest(path) - _KNOWN))

    @property
    def seen(self) -> int:
        """The id of the last call that was told of, or passed over; 0 for none."""
        return next(reversed(self._known), 0)

    def news(self, filters: Filters) -> list[dict[str, Any]]:
        """The calls that have come since, in the order of their ids. One whose cost is on its way isn't there yet, nor
        are those after it."""
        there = rows(self._path, -1, after=self.seen - 1)
        if self._known and not self._is_known(there[:1]):
            self._forget_purged()
            there = rows(self._path, -1, after=self.seen)
        before = self.seen
        self._learn([call for call in there if call["id"] > before])
        if self.seen == before:
            return []
        found = rows(self._path, -1, **_after(before, filters))
        return [call for call in found if call["id"] <= self.seen]

    def _learn(self, calls: Iterable[dict[str, Any]]) -> None:
        """Pass on to the last one before a call that waits for its cost."""
        self._known |= {call["id"]: call["started"] for call in takewhile(_is_whole, calls)}
        for old in list(self._known)[:-_KNOWN]:
            del self._known[old]

    def _is_known(self, calls: Iterable[dict[str, Any]]) -> bool:
        return any(self._known.get(call["id"]) == call["started"] for call in calls)

    def _forget_purged(self) -> None:
        """The last calls were purged, and new ones may have got their ids: go back to one that is still there. Where
        none is, to the last of those from before."""
        there = rows(self._path, -1, after=next(iter(self._known)) - 1)
        known = {call["id"]: call["started"] for call in there if self._is_known([call])}
        self._known = known or {call["id"]: call["started"] for call in rows(self._path, 1, until=self._begun)}


def _is_whole(call: dict[str, Any]) -> bool:
    """Whether a call has its cost, or has waited for it long enough."""
    if call["cost_unknown"] != OWED:
        return True
    ended = datetime.fromisoformat(call["started"]) + timedelta(seconds=call["latency"] or 0)
    return abs(datetime.now(UTC) - ended) > _PATIENCE  # abs: the clock was set back


def _after(seen: int, filters: Filters) -> Filters:
    return {**filters, "after": seen}
