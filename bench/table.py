"""The results as a table, for a terminal and for docs/performance.md."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
from pathlib import Path

from bench.contestants import NAMES
from bench.rows import ROWS, Row
from bench.run import LESS, Results

__all__ = ["markdown", "write"]

BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
_HEADINGS = {"raw": "raw limit", "ringup": "ringup", "openai": "openai SDK", "anthropic": "anthropic SDK"}
_WIRES = {"openai": "OpenAI Chat Completions", "anthropic": "Anthropic Messages"}


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}"


def _cell(row: Row, name: str, results: Results) -> str:
    value = results.get((row.name, name))
    if value is None:
        return "–"
    shown = f"{_number(value)}{'' if row.unit == '/s' else ' '}{row.unit}"
    if (row.name, LESS + name) in results:
        return f"{shown} ({_times(value / results[row.name, LESS + name])}×)"
    if (row.beside, name) in results:
        return f"{shown} ({value / results[row.beside, name]:.2f} × that at 64)"
    against = results.get((row.name, "raw" if name == "ringup" else "ringup"))
    return f"{shown} ({_times(value / against)}×)" if against and name != "raw" else shown


def _lines(wire: str, results: Results) -> list[list[str]]:
    names = [name for name in NAMES[wire] if any(who == name for _, who in results)]
    heading = ["", "goal", *[_HEADINGS.get(name, name) for name in names]]
    rows = [
        [row.title, row.goal, *[_cell(row, name, results) for name in names]]
        for row in ROWS
        if (row.name, "ringup") in results
    ]
    return [heading, *rows]


def markdown(wire: str, results: Results) -> str:
    """One wire's table. Columns are padded, so that it reads well in a terminal too."""
    lines = _lines(wire, results)
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    lines.insert(1, ["-" * width for width in widths])
    rows = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    return f"**{_WIRES[wire]}**\n\n" + "\n".join(rows) + "\n"


def where() -> str:
    """The machine, the versions and the date."""
    versions = [f"Python {platform.python_version()}"]
    for name in ("ringup", "pyreqwest", "msgspec", "openai", "anthropic", "litellm"):
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    machine = f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    return f"Measured on {datetime.date.today():%d %B %Y}: {machine}. {', '.join(versions)}.\n"


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as info:
            return next(line.split(":")[1].strip() for line in info if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown processor"


def write(page: Path, text: str) -> None:
    """Put the text between the page's two markers."""
    old = page.read_text()
    before, _, rest = old.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise SystemExit(f"bench: {page} lacks the markers {BEGIN} and {END}")
    page.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}")


def _times(ratio: float) -> str:
    """Two digits, or all of a large one."""
    return f"{ratio:.0f}" if ratio >= 100 else f"{ratio:.2g}"
