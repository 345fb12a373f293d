"""The matrix: what was found for each SDK, wire and feature, and how it is printed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["FAILED", "FEATURES", "LACKS", "OK", "Cell", "missing", "table", "well"]

OK, FAILED, LACKS = "ok", "FAIL", "lacks"

FEATURES = {
    "replies": (
        "whole reply",
        "conversation",
        "stop sequences",
        "length limit",
        "several choices",
        "logprobs",
        "reasoning",
        "reasoning returned",
        "cache usage",
        "image input",
        "document input",
        "stored state",
        "token count",
        "several inputs",
        "dimensions",
        "encodings",
        "list, all pages",
        "one by name",
        "raw headers",
    ),
    "streams": ("raw events", "helper", "tools streamed", "typed stream", "left early"),
    "tools": ("tool loop", "parallel tools", "forced tool", "tool runner"),
    "structured output": ("JSON schema", "typed reply"),
    "errors": (
        "400",
        "401",
        "403",
        "404",
        "409",
        "413",
        "422",
        "429 rate",
        "429 quota",
        "500",
        "502",
        "503",
        "504",
        "529",
        "wrong parameter",
        "unknown model",
        "wrong key",
        "proxy's page",
    ),
    "retries": (
        "attempts",
        "retry-after",
        "retry-after, date",
        "retry-after-ms",
        "x-should-retry: true",
        "x-should-retry: false",
    ),
    "connections": ("error in a stream", "stream cut", "timeout", "reset", "refused"),
}
"""Every feature, in the order in which it is printed."""


class Cell(NamedTuple):
    """What was found: `state` is OK, FAILED or LACKS (the SDK has no such feature); `said` tells more."""

    sdk: str
    wire: str
    feature: str
    state: str
    said: str = ""


def well(cells: Iterable[Cell]) -> bool:
    """Whether nothing failed, and anything was checked at all."""
    states = [cell.state for cell in cells]
    return OK in states and FAILED not in states


def missing(cells: Iterable[Cell]) -> list[Cell]:
    """A failure for each feature that another SDK shows on the same wire, and for which an SDK has neither a check nor
    a reason."""
    found = {(cell.sdk, cell.wire, cell.feature): cell for cell in cells}
    sdks = dict.fromkeys((sdk, wire) for sdk, wire, _ in found)
    features = dict.fromkeys((wire, feature) for _, wire, feature in found)
    return [
        Cell(sdk, wire, feature, FAILED, "there is no check, and no reason why")
        for sdk, wire in sdks
        for at, feature in features
        if at == wire and (sdk, wire, feature) not in found
    ]


def table(wires: Iterable[str], cells: Iterable[Cell]) -> str:
    """The cells of some wires as a table: a row for each feature, a column for each wire and SDK. A feature that a wire
    hasn't is "-"."""
    found = {(cell.wire, cell.sdk, cell.feature): cell.state for cell in cells}
    columns = [(wire, sdk) for wire in wires for at, sdk in dict.fromkeys((w, s) for w, s, _ in found) if at == wire]
    widths = _widths(columns)
    lines = [_wires(columns, widths), _line("", [sdk for _, sdk in columns], widths)]
    for group, features in FEATURES.items():
        shown = [feature for feature in features if any((*column, feature) in found for column in columns)]
        lines += [group] if shown else []
        for feature in shown:
            states = [found.get((*column, feature), "-") for column in columns]
            lines.append(_line(f"  {feature}", states, widths))
    return "\n".join(lines)


_FIRST = 24


def _widths(columns: list[tuple[str, str]]) -> list[int]:
    """The width of each column; the last one of a wire is as wide as the wire's name needs."""
    widths = [max(len(sdk), 5) for _, sdk in columns]
    for wire in dict.fromkeys(wire for wire, _ in columns):
        places = [place for place, (at, _) in enumerate(columns) if at == wire]
        short = len(wire) - sum(widths[place] + 2 for place in places) + 2
        widths[places[-1]] += max(short, 0)
    return widths


def _line(first: str, words: list[str], widths: list[int]) -> str:
    return (first.ljust(_FIRST) + "  ".join(map(str.ljust, words, widths))).rstrip()


def _wires(columns: list[tuple[str, str]], widths: list[int]) -> str:
    """The first line: each wire over its first column, as far as its columns reach."""
    line, end = "", _FIRST
    for wire in dict.fromkeys(wire for wire, _ in columns):
        line = line.ljust(end) + wire
        end += sum(width + 2 for (at, _), width in zip(columns, widths, strict=True) if at == wire)
    return line
