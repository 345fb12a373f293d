"""How `ringup compare` looks at a terminal: a panel for each model, and its words grow in it. Built on rich."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ringup.cli.exits import words
from ringup.cli.lanes import Lane
from ringup.cli.output import CONTROL, is_terminal, seconds
from ringup.cli.results import end, table
from ringup.cli.sheets import View, tell
from ringup.cli.terminal import hushed

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.panel import Panel
    from rich.text import Text

__all__ = ["Panels"]

_NARROWEST = 36
"""Columns that a panel needs to stand beside another one."""
_LOWEST = 4
"""Lines that a panel needs to stand above another one."""


class Panels(View):
    """Panels side by side; one above the other where the terminal is too narrow; a line each where it is too low.

    While the words come, each panel shows the last of them. At the end all of them are printed, and stay.
    """

    tick = 0.1

    def __init__(self, lanes: Sequence[Lane]) -> None:
        from rich.console import Console

        super().__init__(lanes)
        self._console = Console(highlight=False)
        self._open = ExitStack()

    def __enter__(self) -> Self:
        from rich.live import Live

        if is_terminal(sys.stdin):
            self._open.enter_context(hushed())
        self._live = self._open.enter_context(
            Live(console=self._console, auto_refresh=False, transient=True, redirect_stdout=False)
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def show(self) -> None:
        """The last words of each lane, as many as there is room for."""
        size = self._console.size
        beside, height = self._abreast(), size.height - 1
        share = height if beside else height // len(self.lanes)
        if share < _LOWEST:
            lines = [self._line(lane) for lane in self.lanes[-height:]]
            self._live.update(_stack(lines), refresh=True)
            return
        width = size.width // len(self.lanes) if beside else size.width
        panels = [_panel(lane, self._tail(lane, width - 4, share - 2), _state(lane), beside) for lane in self.lanes]
        self._live.update(_abreast(panels) if beside else _stack(panels), refresh=True)

    def end(self) -> None:
        """All words, then the table."""
        beside = self._abreast()
        panels = [_panel(lane, _text(_words(lane)), end(lane), beside) for lane in self.lanes]
        self._console.print(_abreast(panels) if beside else _stack(panels))
        self._console.print()
        table(self.lanes, one_line=False)
        tell(self.lanes)

    def _abreast(self) -> bool:
        return self._console.size.width // len(self.lanes) >= _NARROWEST

    def _tail(self, lane: Lane, width: int, lines: int) -> Text:
        """The last lines of what a lane has said."""
        from rich.text import Text

        last = _text(_words(lane)[-(width * lines * 2) :])
        return Text("\n").join(last.wrap(self._console, width)[-lines:])

    def _line(self, lane: Lane) -> Text:
        room = self._console.size.width - 1
        head = f"{lane.asked}  {_state(lane)}  "
        last = " ".join(_words(lane).translate(CONTROL).split())
        return _text((head + last[-max(room - len(head), 1) :])[:room])


def _text(said: str) -> Text:
    """Words as they are: nothing in them is a command to the terminal, or to rich."""
    from rich.text import Text

    return Text(said.translate(CONTROL).expandtabs(4))


def _words(lane: Lane) -> str:
    """What a lane has said, and why it failed."""
    failure = words(lane.error)[0] if lane.error else ""
    return "\n\n".join([part for part in (lane.text.strip("\n"), failure) if part])


def _panel(lane: Lane, said: Text, state: str, beside: bool) -> Panel:
    from rich import box
    from rich.panel import Panel

    style = "red" if lane.error else "green" if lane.reply else "dim"
    return Panel(
        said,
        title=_text(lane.asked),
        subtitle=_text(state),
        title_align="left",
        subtitle_align="right",
        border_style="" if os.environ.get("NO_COLOR") else style,
        box=box.ROUNDED if beside else box.HORIZONTALS,
    )


def _state(lane: Lane) -> str:
    """Where a lane stands: for the line below its words."""
    took = seconds(time.monotonic() - lane.began)
    if lane.over:
        return end(lane)
    if lane.waits and not lane.text:
        return f"{lane.waits[-1]} · {took}"
    return f"{'' if lane.text else 'thinking · ' if lane.thinking else 'waiting · '}{took}"


def _abreast(panels: Sequence[RenderableType]) -> RenderableType:
    from rich.table import Table

    grid = Table.grid(expand=True)
    for _ in panels:
        grid.add_column(ratio=1)
    grid.add_row(*panels)
    return grid


def _stack(lines: Sequence[RenderableType]) -> RenderableType:
    from rich.console import Group

    return Group(*lines)
