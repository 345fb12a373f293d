"""A point in time, as a person types it: `2h` (ago), `yesterday`, `2026-11-20`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click

__all__ = ["FORMS", "WHEN", "When", "moment"]

FORMS = "30s, 15m, 2h, 3d or 2w (ago), now, today, yesterday, 2026-11-20, 2026-11-20T14:30 or 14:30"
"""What may be typed, for messages and help."""

_AGO = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|min|h|d|w)(?:\s+ago)?")
_UNITS = {"s": "seconds", "m": "minutes", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DAYS = {"today": 0, "yesterday": 1}
_CLOCK = re.compile(r"\d\d?:\d\d(?::\d\d)?")


def moment(text: str, now: datetime) -> datetime:
    """The point in time that a text means, with its zone.

    `2h` is two hours before `now`, and `3d` is 72. A day begins at midnight, and a clock's time is one of today. Times
    without a zone are in the zone of `now`; when it has none, in that of the machine. Raises ValueError.
    """
    said = " ".join(text.lower().split())
    try:
        if said == "now":
            return _placed(now, now)
        if found := _AGO.fullmatch(said):
            ago = timedelta(**{_UNITS[found[2]]: float(found[1])})
            return (_placed(now, now).astimezone(UTC) - ago).astimezone(now.tzinfo)
        if said in _DAYS:
            return _placed(datetime(now.year, now.month, now.day) - timedelta(days=_DAYS[said]), now)
        if _CLOCK.fullmatch(said):
            return _placed(datetime.fromisoformat(f"{now.date()}T{said.zfill(8 if said.count(':') > 1 else 5)}"), now)
        return _placed(datetime.fromisoformat(text.strip()), now)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is no point in time. Try {FORMS}.") from None


def _placed(time: datetime, now: datetime) -> datetime:
    """The time with a zone. The machine's own knows its summer time for each day."""
    if time.tzinfo:
        return time
    return time.replace(tzinfo=now.tzinfo) if now.tzinfo else time.astimezone()


class When(click.ParamType[datetime]):
    """The value of an option that takes a point in time."""

    name = "when"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The point in time, with its zone."""
        if isinstance(value, datetime):
            return value
        try:
            return moment(value, datetime.now())
        except ValueError as error:
            self.fail(str(error), param, ctx)


WHEN = When()
