"""How `ringup compare` writes to a pipe or a file: the answers under headings, or JSON. In the order of the models."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from ringup.cli.exits import show
from ringup.cli.lanes import Lane
from ringup.cli.output import is_terminal, note, warn, write
from ringup.cli.results import as_json, end, table
from ringup.cli.telling import caution, details, dump, tell_notice

__all__ = ["Objects", "Sheet", "View", "tell"]


class View:
    """Shows lanes: as they run (`show`, inside a `with` block), and when all is over (`end`)."""

    tick: float | None = None
    "How many seconds pass between two looks at the lanes; None: as soon as something comes."

    def __init__(self, lanes: Sequence[Lane]) -> None:
        self.lanes = lanes
        self._told = [0] * len(lanes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def show(self) -> None:
        """The lanes as they are now."""

    def end(self) -> None:
        """The lanes as they came out. Those that aren't over were stopped."""

    def tell_waits(self) -> None:
        """Say on stderr which tries have failed since the last look, and when the next one comes."""
        for index, lane in enumerate(self.lanes):
            for line in lane.waits[self._told[index] :]:
                warn(f"{lane.asked}: {line}")
            self._told[index] = len(lane.waits)


class Objects(View):
    """One JSON object for each model, as soon as it and those before it are over."""

    def __init__(self, lanes: Sequence[Lane]) -> None:
        super().__init__(lanes)
        self._written = 0

    def show(self) -> None:
        self.tell_waits()
        while self._written < len(self.lanes) and self.lanes[self._written].over:
            self._write()

    def end(self) -> None:
        while self._written < len(self.lanes):
            self._write()

    def _write(self) -> None:
        lane = self.lanes[self._written]
        write(dump(as_json(lane)))
        _tell_error(lane)
        self._written += 1


class Sheet(View):
    """The answers under headings (==> MODEL <==), each as it comes and after those before it; then the table."""

    def __init__(self, lanes: Sequence[Lane]) -> None:
        super().__init__(lanes)
        self._now = 0
        self._written: int | None = None

    def show(self) -> None:
        self.tell_waits()
        while self._now < len(self.lanes):
            self._write(self.lanes[self._now])
            if not self.lanes[self._now].over:
                return
            self._leave(self.lanes[self._now])

    def end(self) -> None:
        self.tell_waits()
        while self._now < len(self.lanes):
            self._write(self.lanes[self._now])
            self._leave(self.lanes[self._now])
        table(self.lanes, one_line=not is_terminal(sys.stdout))
        tell(self.lanes)

    def _write(self, lane: Lane) -> None:
        if self._written is None:
            write(f"==> {lane.asked} <==\n")
            self._written = 0
        if new := lane.text[self._written :]:
            write(new)
            self._written = len(lane.text)

    def _leave(self, lane: Lane) -> None:
        """The end of an answer: its last line is ended, and an empty one follows."""
        ended = "" if lane.text.endswith("\n") or not lane.text else "\n"
        write(f"{ended}\n" if lane.reply else f"{ended}({end(lane)})\n\n")
        _tell_error(lane)
        self._now, self._written = self._now + 1, None


def _tell_error(lane: Lane) -> None:
    """Say on stderr why there is no answer."""
    if lane.error:
        show(lane.error, lane.asked)


def tell(lanes: Sequence[Lane]) -> None:
    """Say on stderr what is to be known about the answers: what wasn't sent, what isn't whole, and more on request."""
    for lane in lanes:
        if lane.reply:
            for notice in lane.reply.notices:
                tell_notice(notice, lane.setup)
            if said := caution(lane.reply, lane.setup):
                warn(f"{lane.asked}: {said}")
            if lane.setup.verbose:
                note(f"{lane.asked}: {details(lane.reply)}")
