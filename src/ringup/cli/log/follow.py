"""`ringup log --follow`: the calls that are written to the log from now on, as they come."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ringup.ledger import Filters, newest, rows

__all__ = ["follow"]

_PAUSE = 0.25


def follow(path: Path, number: int, filters: Filters, tell: Callable[[list[dict[str, Any]]], None]) -> None:
    """Tell of the last calls, the oldest of them first, and then of each new one, until Ctrl-C.

    The file may be written by other processes, purged, or not be there yet.
    """
    try:
        seen = newest(path)
        tell([call for call in reversed(rows(path, number, **filters)) if call["id"] <= seen])
        while True:
            time.sleep(_PAUSE)
            last = newest(path)
            if last > seen and (found := rows(path, last - seen, **_after(seen, filters))):
                tell(found)
                last = max(last, found[-1]["id"])
            seen = last
    except KeyboardInterrupt:
        pass


def _after(seen: int, filters: Filters) -> Filters:
    return {**filters, "after": seen}
