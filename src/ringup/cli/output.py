"""How the command line writes: answers to stdout, everything else to stderr, colour only where it can be seen."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from typing import Any, TextIO

import click

__all__ = ["CONTROL", "columns", "is_terminal", "note", "paint", "read_text", "seconds", "warn", "width", "write"]

CONTROL = {code: None for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}
"""What a terminal would take as commands (for `str.translate`)."""


def is_terminal(stream: TextIO) -> bool:
    """Whether a person sees the stream."""
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False


def width() -> int:
    """How many letters a line of the terminal holds: 80 where there is none."""
    return shutil.get_terminal_size((80, 24)).columns


def read_text(data: bytes) -> str:
    """What was piped in, as text. Raises click.UsageError when it isn't."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise click.UsageError(f"what was piped in isn't text in UTF-8 (at its byte {error.start}).") from None


def paint(text: str, stream: TextIO, **style: Any) -> str:
    """The text in colour (click's names: fg, bold, dim) when the stream is a terminal that wants it (NO_COLOR)."""
    if not is_terminal(stream) or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return click.style(text, **style)


def write(text: str) -> None:
    """A piece of an answer, to stdout, at once. A terminal never gets the control codes that a model may send."""
    click.echo(text.translate(CONTROL) if is_terminal(sys.stdout) else text, nl=False)


def note(text: str, **style: Any) -> None:
    """A line to stderr; dim, unless told otherwise."""
    click.echo(paint(text.translate(CONTROL), sys.stderr, **(style or {"dim": True})), err=True)


def warn(text: str) -> None:
    """A line to stderr that matters."""
    note(text, fg="yellow")


def seconds(value: float | None) -> str:
    """A time to read: "0.42 s"; "?" when it isn't known."""
    return "?" if value is None else f"{value:.2f} s" if value < 10 else f"{value:.1f} s"


def columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table to stdout: columns in line, two spaces between them; numbers to the right.

    On a terminal that is too narrow for it, a line for each cell.
    """
    widths = [max(len(row[index]) for row in (head, *rows)) for index in range(len(head))]
    if is_terminal(sys.stdout) and sum(widths) + 2 * (len(head) - 1) > width():
        return _stacked(head, rows)
    right = [
        bool(rows) and all(row[index][:1].isdigit() or not row[index].strip("?-") for row in rows)
        for index in range(len(head))
    ]

    def line(row: Sequence[str]) -> str:
        cells = [cell.rjust(w) if r else cell.ljust(w) for cell, w, r in zip(row, widths, right, strict=True)]
        return "  ".join(cells).rstrip()

    click.echo(paint(line(head), sys.stdout, dim=True))
    for row in rows:
        click.echo(line(row))
    return None


def _stacked(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    for first, *rest in rows:
        click.echo(paint(first, sys.stdout, bold=True))
        for name, cell in zip(head[1:], rest, strict=True):
            if cell:
                click.echo(f"  {paint(name, sys.stdout, dim=True)} {cell}")
