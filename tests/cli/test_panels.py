"""The panels of `ringup compare`: whatever the size of the terminal, a frame fits into it."""

from __future__ import annotations

import io
import re
import sys
from typing import Any

import pytest

from ringup.cli.lanes import Lane
from ringup.cli.panels import Panels
from ringup.cli.setup import Setup
from ringup.errors import RateLimitError
from ringup.messages import Message, Text
from ringup.reply import Attempt, Reply

SETUP = Setup(params={}, provider=None, base_url=None, wire=False, no_log=True, verbose=False)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def lane(asked: str, text: str = "", **state: Any) -> Lane:
    made = Lane(asked, SETUP)
    made.text = text
    for name, value in state.items():
        setattr(made, name, value)
    return made


def frame(lanes: list[Lane], monkeypatch: pytest.MonkeyPatch, columns: int, lines: int) -> list[str]:
    """What stands on the screen when the lanes are shown once, line by line and without colours."""
    monkeypatch.setattr(sys, "stdout", screen := Terminal())
    for name, value in (("COLUMNS", columns), ("LINES", lines), ("NO_COLOR", 1), ("TERM", "xterm-256color")):
        monkeypatch.setenv(name, str(value))
    with Panels(lanes) as view:
        view.show()
        shown = screen.getvalue()
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown).strip("\r\n").splitlines()


LONG = "word " * 3000 + "\n\nthe last words"


@pytest.mark.parametrize("columns", [10, 36, 60, 80, 140, 400])
@pytest.mark.parametrize("lines", [3, 6, 13, 24, 60])
@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_a_frame_fits(monkeypatch: pytest.MonkeyPatch, columns: int, lines: int, count: int) -> None:
    shown = frame([lane(f"model-{number}", LONG) for number in range(count)], monkeypatch, columns, lines)
    assert len(shown) < lines
    assert max(map(len, shown)) <= columns


def test_each_shows_its_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    for columns, lines in ((140, 24), (60, 24), (60, 4)):
        shown = "\n".join(frame([lane("a", LONG), lane("b", LONG)], monkeypatch, columns, lines))
        assert shown.count("the last words") == 2
        assert " a " in shown or shown.startswith("a ")


def test_side_by_side_where_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    lanes = [lane("first", "one"), lane("second", "two")]
    assert any("one" in line and "two" in line for line in frame(lanes, monkeypatch, 72, 24))
    assert not any("one" in line and "two" in line for line in frame(lanes, monkeypatch, 71, 24))


def test_where_each_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    reply = Reply(message=Message("assistant", (Text("Done."),)), finish_reason="stop")
    failure = RateLimitError("too fast", status=429)
    waits = lane("waits")
    waits.watch(Attempt(number=1, started=0.0, ended=1.0, status=429, error="RateLimitError: x", outcome="failed"))
    waits.watch(Attempt(number=1, started=0.0, ended=1.0, status=429, error="RateLimitError: x", wait=2.0))
    waits.watch(Attempt(number=2, started=3.0))
    lanes = [
        lane("new"),
        waits,
        lane("thinks", thinking=True),
        lane("done", "Done.", reply=reply, over=True),
        lane("fails", "Half", error=failure, over=True),
    ]
    shown = "\n".join(frame(lanes, monkeypatch, 100, 60))
    for words in ("waiting · ", "429, trying again in 2.00 s · ", "thinking · ", " stop ", " failed ", "too fast"):
        assert words in shown, words
    assert shown.count("429, trying") == 1


def test_no_word_is_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = "\n".join(frame([lane("m[red]", "a\x1b]0;title\x07[bold]b")], monkeypatch, 80, 24))
    assert "a]0;title[bold]b" in shown
    assert "m[red]" in shown


def test_the_end_has_all_words_and_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", screen := Terminal())
    for name, value in (("COLUMNS", "80"), ("LINES", "10"), ("NO_COLOR", "1")):
        monkeypatch.setenv(name, value)
    Panels([lane("a", "\n".join(f"line {number}" for number in range(50))), lane("b")]).end()
    shown = screen.getvalue()
    assert all(f" line {number} " in shown for number in range(50))
    assert shown.rstrip().endswith("stopped with Ctrl-C")
