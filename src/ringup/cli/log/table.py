"""Calls of the log as lines of a table, which can grow: a call a line, in 80 columns too."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import click

from ringup.cli.log.logged import name
from ringup.cli.output import flat, is_terminal, paint, seconds, stacked, width
from ringup.cli.telling import count, dollars

__all__ = ["Table", "cost", "ending", "is_free", "took"]

_HEAD = ("id", "when", "model", "end", "in", "out", "cost", "time")
_WHEN, _MODEL, _END = 1, 2, 3
_WORDS = (_WHEN, _MODEL, _END)
_LONGEST_END, _SHORTEST_MODEL = 14, 10


class Table:
    """Prints calls to stdout; those of a later `add` stand in the same columns, as far as they fit."""

    def __init__(self) -> None:
        self._widths: list[int] = []
        self._is_stacked = False

    def add(self, calls: Sequence[dict[str, Any]]) -> None:
        """Print these; where not even short lines fit, a line for each cell, and so for all that come later."""
        rows = [_cells(call) for call in calls]
        widths = self._fitted(rows)
        if self._is_stacked or (is_terminal(sys.stdout) and _line_of(widths) > width()):
            _shorten(rows)
            widths = self._fitted(rows)
            widths[_MODEL] += width() - _line_of(widths)
            self._is_stacked = self._is_stacked or widths[_MODEL] < _SHORTEST_MODEL
        if self._is_stacked:
            stacked(_HEAD, rows, {})
        else:
            self._print(rows, widths)

    def _print(self, rows: list[list[str]], widths: list[int]) -> None:
        begun, self._widths = bool(self._widths), widths
        if not begun:
            click.echo(paint(self._line(_HEAD), sys.stdout, dim=True))
        for row in rows:
            row[_MODEL] = _cut(row[_MODEL], widths[_MODEL])
            click.echo(self._line(row))

    def _fitted(self, rows: Sequence[Sequence[str]]) -> list[int]:
        before = self._widths or [len(cell) for cell in _HEAD]
        return [max(least, *[len(row[at]) for row in rows]) if rows else least for at, least in enumerate(before)]

    def _line(self, row: Sequence[str]) -> str:
        cells = [
            cell.ljust(self._widths[at]) if at in _WORDS else cell.rjust(self._widths[at])
            for at, cell in enumerate(row)
        ]
        return "  ".join(cells).rstrip()


def _line_of(widths: list[int]) -> int:
    return sum(widths) + 2 * (len(widths) - 1)


def _shorten(rows: list[list[str]]) -> None:
    """Shorter times and ends, for a narrow terminal."""
    today = f"{datetime.now():%Y-%m-%d} "
    for row in rows:
        row[_WHEN] = row[_WHEN].removeprefix(today) if row[_WHEN].startswith(today) else _day(row[_WHEN], today[:5])
        row[_END] = _cut(row[_END].removesuffix("Error"), _LONGEST_END)


def _day(when: str, year: str) -> str:
    return when.removeprefix(year)[:-3] if when.startswith(year) else when[:10]


def _cut(text: str, room: int) -> str:
    """A text without its middle, where it is too long: names differ at both ends."""
    if len(text) <= room:
        return text
    return f"{text[: (room - 1) // 2]}…{text[len(text) - room // 2 :]}"


def _cells(call: dict[str, Any]) -> list[str]:
    cells = (
        str(call["id"]),
        f"{datetime.fromisoformat(call['started']).astimezone():%Y-%m-%d %H:%M:%S}",
        name(call),
        ending(call).partition(":")[0],
        count(call["input_tokens"]),
        count(call["output_tokens"]),
        cost(call),
        took(call["latency"]),
    )
    return [flat(cell) for cell in cells]


def ending(call: dict[str, Any]) -> str:
    """How a call ended: why the answer did, or the error. Vectors come without a finish_reason."""
    answered = call["outcome"] == "answered"
    return str((call["finish_reason"] if answered else call["error"]) or call["outcome"])


def cost(call: dict[str, Any]) -> str:
    """A cost to read: ~ stands before an estimate, ? for one that isn't known, and - where nothing is billed."""
    if call["cost_usd"] is not None:
        return f"{'~' * bool(call['cost_estimated'])}{dollars(Decimal(call['cost_usd']))}"
    if call["provider"] == "sim":
        return "free"
    return "-" if is_free(call) else "?"


def is_free(call: dict[str, Any]) -> bool:
    """Whether nothing is billed for a call, or a try, that has no cost: it was refused, say."""
    return call["outcome"] != "answered" and not call["maybe_billed"] and not call["cost_unknown"]


def took(time: float | None) -> str:
    """A time to read, in seconds; a very short one in milliseconds."""
    return f"{time * 1e3:.1f} ms" if time is not None and 0 <= time < _SHORT else seconds(time)


_SHORT = 0.01
