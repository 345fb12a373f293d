"""The tries of a call drawn in proportion: the wait for each answer, what came of it, and the pauses between."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from ringup.cli.log.table import cost, took
from ringup.cli.output import width

__all__ = ["Row", "bar", "legend", "timeline"]

_BLOCKS, _LETTERS = "░▒█·", "-=#."
_WAITED, _BEGUN, _CAME, _PAUSED = range(4)
_SHORTEST, _LONGEST = 16, 60
_LABEL, _BESIDE = 8, 32
_NOTEWORTHY = 1_000
"""Microseconds. A call that was sent later than that after it was asked for has waited."""


class Row(Struct, frozen=True):
    """A line of the drawing, and what is said below it."""

    label: str
    bar: str
    text: str
    below: tuple[str, ...] = ()


def _marks() -> str:
    """The letters that bars are made of: blocks, where the output can have them."""
    try:
        _BLOCKS.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return _LETTERS
    return _BLOCKS


def legend() -> str:
    """What the letters mean."""
    marks = _marks()
    return (
        f"{marks[_WAITED]} no answer yet  {marks[_BEGUN]} before the first token  {marks[_CAME]} the answer comes  "
        f"{marks[_PAUSED]} a pause"
    )


def bar(start: float, spans: Sequence[tuple[float, str]], whole: float, room: int) -> str:
    """A bar in `room` letters that stand for the time from 0 to `whole`: blank until `start`, then each span's letter
    until its end. However short it is, there is something to see of it.
    """
    whole = whole or 1.0
    at = [(cell + 0.5) * whole / room for cell in range(room)]
    cells = [next((mark for end, mark in spans if time <= end), " ") if time > start else " " for time in at]
    if not "".join(cells).strip():
        cells[min(int(start / whole * room), room - 1)] = spans[-1][1]
    return "".join(cells)


def timeline(call: dict[str, Any]) -> list[Row]:
    """The drawing of a call with its `tries`; nothing for one of a ledger that kept none."""
    tries: list[dict[str, Any]] = call["tries"]
    if not tries:
        return []
    room = min(max(width() - _LABEL - _BESIDE, _SHORTEST), _LONGEST)
    begun = call["queued"]
    over = max([one["ended"] or one["sent"] for one in tries] + [call["ended"] or 0])
    marks = _marks()

    def drawn(start: int, *spans: tuple[int | None, int]) -> str:
        ends = [((end - begun), marks[mark]) for end, mark in spans if end is not None]
        return bar(start - begun, ends, over - begun, room)

    return list(_rows(call, tries, over, drawn))


def _rows(call: dict[str, Any], tries: list[dict[str, Any]], over: int, drawn: Any) -> Iterator[Row]:
    if tries[0]["sent"] - call["queued"] > _NOTEWORTHY:
        waited = tries[0]["sent"] - call["queued"]
        yield Row(
            "waiting", drawn(call["queued"], (tries[0]["sent"], _PAUSED)), f"{took(waited / 1e6)} before it was sent"
        )
    for number, one in enumerate(tries, 1):
        ended = one["ended"] or over
        spans = (one["first_byte"], _WAITED), (one["first_token"], _BEGUN)
        last = _WAITED if one["first_byte"] is None else _CAME
        yield Row(
            f"try {one['number']}",
            drawn(one["sent"], *spans, (ended, last)),
            _ended(one, ended),
            _below(one, call["provider"]),
        )
        if number < len(tries):
            again = tries[number]["sent"]
            yield Row("pause", drawn(ended, (again, _PAUSED)), took((again - ended) / 1e6))


def _ended(one: dict[str, Any], ended: int) -> str:
    what = one["error_type"] if one["error_type"] else one["outcome"] or "?"
    return f"{one['status'] or 'no status'} {what}, {took((ended - one['sent']) / 1e6)}"


def _below(one: dict[str, Any], provider: str) -> tuple[str, ...]:
    paid = cost({**one, "provider": provider})
    first = {
        "first byte": one["first_byte"] and took((one["first_byte"] - one["sent"]) / 1e6),
        "first token": one["first_token"] and took((one["first_token"] - one["sent"]) / 1e6),
        "cost": paid if one["cost_usd"] or one["cost_unknown"] else None,
        "request id": one["request_id"],
    }
    told = " · ".join([f"{name} {value}" for name, value in first.items() if value])
    why = one["cost_unknown"] if paid != "free" else None
    billed = "No whole answer came, and it may be charged all the same." if one["maybe_billed"] else ""
    return tuple([text for text in (told, one["error"], billed, why) if text])
