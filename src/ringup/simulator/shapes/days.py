"""Days that a text names by their distance from today, or without their year."""

from __future__ import annotations

import re
from datetime import date, timedelta

from ringup.simulator.conversation import small_number, words
from ringup.simulator.shapes.reading import MONTH, MONTHS

__all__ = ["with_dates"]

_WEEK = words("monday tuesday wednesday thursday friday saturday sunday")
_SOON = {"today": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1, "day after tomorrow": 2, "next week": 7}
_RELATIVE = re.compile(
    rf"(?i)\b(?:(?:the )?(?P<soon>day after tomorrow|today|tonight|tomorrow|yesterday|next week)|"
    rf"in (?P<count>\w+) (?P<unit>day|week)s?|(?:(?:next|this|on) )?(?P<weekday>{'|'.join(_WEEK)})|"
    rf"(?P<m>{MONTH}) (?P<d>\d{{1,2}})(?:st|nd|rd|th)?|(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<m2>{MONTH}))"
    r"\b(?!,? \d{4}\b)"
)


def with_dates(text: str, today: date | None) -> str:
    """The text with such days as 2026-01-31; as it is where it isn't known which day it is.

    A weekday is the first one after today, "next" or not, or after the day before a "to"; a day without its year is the
    next one.
    """
    if today is None:
        return text
    found, end, last = "", 0, today
    for one in _RELATIVE.finditer(text):
        after = last if re.search(r"(?:\b(?:to|until|till|through)|[-–])\s*$", text[: one.start()]) else today
        day = _day(one, after)
        found += text[end : one.start()] + (day or one[0])
        end, last = one.end(), date.fromisoformat(day) if day else last
    return found + text[end:]


def _day(one: re.Match[str], today: date) -> str | None:
    if one["soon"]:
        return (today + timedelta(days=_SOON[one["soon"].lower()])).isoformat()
    if one["weekday"]:
        ahead = (_WEEK.index(one["weekday"].lower()) - today.weekday() - 1) % 7 + 1
        return (today + timedelta(days=ahead)).isoformat()
    if one["count"]:
        count = small_number(one["count"])
        days = (count or 0) * (7 if one["unit"].lower() == "week" else 1)
        return (today + timedelta(days=days)).isoformat() if count is not None and days < 4_000 else None
    return _next(MONTHS.index((one["m"] or one["m2"])[:3].lower()) + 1, int(one["d"] or one["d2"]), today)


def _next(month: int, day: int, today: date) -> str | None:
    """The next such day; None where there is no such day within four years."""
    for year in range(today.year, today.year + 5):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found >= today:
            return found.isoformat()
    return None
