"""How the command line writes: answers to stdout, everything else to stderr, colour only where it can be seen."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

import click

__all__ = [
    "CONTROL",
    "Thoughts",
    "columns",
    "cut",
    "flat",
    "in_sheet",
    "is_terminal",
    "note",
    "paint",
    "read_text",
    "seconds",
    "stacked",
    "tail",
    "warn",
    "width",
    "write",
]

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
    """A piece of an answer, to stdout, at once. A terminal never gets the control codes that a model may send; a pipe
    gets the answer as it is."""
    click.echo(text.translate(CONTROL) if is_terminal(sys.stdout) else text, nl=False, color=True)


def note(text: str, **style: Any) -> None:
    """A line to stderr; dim, unless told otherwise."""
    click.echo(paint(text.translate(CONTROL), sys.stderr, **(style or {"dim": True})), err=True)


def warn(text: str) -> None:
    """A line to stderr that matters."""
    note(text, fg="yellow")


class Thoughts:
    """What a model thinks, dim on stderr as it comes; the answer begins on a line of its own. Or not `shown` at all."""

    def __init__(self, shown: bool) -> None:
        self._shown = shown
        self._last = ""

    def add(self, text: str) -> None:
        """More of it."""
        if self._shown and text:
            self._last = text[-1]
            click.echo(paint(text.translate(CONTROL), sys.stderr, dim=True), nl=False, err=True)

    def end(self) -> None:
        """The answer begins, or all is over: an empty line between the two."""
        if self._last:
            click.echo("\n" if self._last == "\n" else "\n\n", nl=False, err=True)
            self._last = ""


def seconds(value: float | None) -> str:
    """A time to read: "0.42 s"; "?" when it isn't known."""
    return "?" if value is None else f"{value:.2f} s" if value < 10 else f"{value:.1f} s"


def columns(head: Sequence[str], rows: Sequence[Sequence[str]], below: Mapping[int, str] | None = None) -> None:
    """A table to stdout: columns in line, two spaces between them; numbers to the right.

    On a terminal that is too narrow for it, a line for each cell. `below` is what is said below a row, by its index.
    """
    below = below or {}
    rows = [[flat(cell) for cell in row] for row in rows]
    widths = [max(len(row[index]) for row in (head, *rows)) for index in range(len(head))]
    if is_terminal(sys.stdout) and sum(widths) + 2 * (len(head) - 1) > width():
        stacked(head, rows, below)
    else:
        _lined(head, rows, widths, below)


def _lined(head: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int], below: Mapping[int, str]) -> None:
    """A table with a line for each row."""
    right = [
        bool(rows) and all(row[index].lstrip("-")[:1].isdigit() or not row[index].strip("?-") for row in rows)
        for index in range(len(head))
    ]

    def line(row: Sequence[str]) -> str:
        cells = [cell.rjust(w) if r else cell.ljust(w) for cell, w, r in zip(row, widths, right, strict=True)]
        return "  ".join(cells).rstrip()

    click.echo(paint(line(head), sys.stdout, dim=True))
    for index, row in enumerate(rows):
        click.echo(line(row))
        _explain(below.get(index, ""))


def in_sheet(value: Any) -> Any:
    """A value for CSV. A spreadsheet takes a text that begins so for a formula, and runs it, unless ' stands before."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def flat(cell: str) -> str:
    """A cell on one line, without what a terminal would take as commands: models and servers may send anything."""
    return " ".join(cell.translate(CONTROL).split())


def _explain(text: str) -> None:
    """What is said below a row: paragraphs, a little to the right, broken where the line ends."""
    for paragraph in text.splitlines():
        click.echo(paint(_wrapped(flat(paragraph), "  "), sys.stdout, fg="red"))


def _wrapped(text: str, further: str) -> str:
    """A text in lines that the terminal doesn't break, two spaces to the right; `further` stands before the others."""
    return textwrap.fill(
        text,
        max(width(), 20),
        initial_indent="  ",
        subsequent_indent=further,
        break_on_hyphens=False,
        break_long_words=False,
    )


def stacked(head: Sequence[str], rows: Sequence[Sequence[str]], below: Mapping[int, str]) -> None:
    """A table to a terminal that is too narrow for it: a line for each cell."""
    for index, (first, *rest) in enumerate(rows):
        click.echo(paint(first, sys.stdout, bold=True))
        for name, cell in zip(head[1:], rest, strict=True):
            if cell:
                lines = _wrapped(f"{name} {cell}", "    ")
                click.echo(f"  {paint(name, sys.stdout, dim=True)}{lines[len(name) + 2 :]}")
        _explain(below.get(index, ""))


def cut(text: str, before: str = "") -> str:
    """A text on one line that the terminal doesn't break; `before` stands before it as it is."""
    line = before + " ".join(text[: 4 * width()].split())
    room = width() - 1
    if len(text) <= 4 * width() and _cells(line) <= room:
        return line
    while _cells(line) > room - 3:
        line = line[:-1]
    return line.rstrip() + "..."


def tail(text: str) -> str:
    """The end of a text, on one line that the terminal doesn't break."""
    line = " ".join(text[-4 * width() :].split())
    room = width() - 1
    if len(text) <= 4 * width() and _cells(line) <= room:
        return line
    while _cells(line) > room - 3:
        line = line[1:]
    return "..." + line


def _cells(text: str) -> int:
    return sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text)
