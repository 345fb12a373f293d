"""JSON that is still being written: what can be read of it so far."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from ringup.wire_tools import decode

__all__ = ["NOTHING", "Growing"]

NOTHING: Any = msgspec.UNSET
"""What there is before the value has begun, and where the text isn't JSON."""

_TURN = re.compile(r'["{}\[\],]')
_STRING = re.compile(r'"|\\')
_NUMBER = re.compile(r"[0-9.+-]$|[0-9][eE]$")
_HIGH = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}")
_HALF = re.compile(rf"{_HIGH.pattern}(?:\\(?:u[0-9a-fA-F]{{0,3}})?)?|\\(?:u[0-9a-fA-F]{{0,3}})?")
"""An escape that isn't whole, or of a pair only the first."""


_WINDOW = 4096
_LONGEST_ESCAPE = 12


class Growing:
    """Takes the text piece by piece, and looks only at what is new. `value` reads all of it."""

    __slots__ = ("_at", "_before", "_escape", "_in_string", "_length", "_open", "_safe", "_text", "_wrong")

    def __init__(self) -> None:
        self._before: list[str] = []  # what needs no second look
        self._length = 0  # of that
        self._text = ""
        self._at = 0
        self._escape = 0  # where the latest escape begins, or the pair that it belongs to
        self._in_string = False
        self._wrong = False
        self._open: list[str] = []
        self._safe = 0  # up to here all is whole, but for the brackets that are open

    def feed(self, more: str) -> None:
        """Take the next piece."""
        self._text += more
        self._look()
        if len(self._text) > _WINDOW:
            self._move()

    def value(self) -> Any:
        """The value as far as it came; NOTHING before it begins, and where the text isn't JSON. A string is cut where
        it stands; what isn't whole yet otherwise (a number, a key without its value) is left out."""
        end, text = "".join(reversed(self._open)), "".join([*self._before, self._text])
        if self._wrong or not text:
            return NOTHING
        whole = [text[: self._safe] + end]
        if self._in_string:
            cut = self._length + self._escape
            cut = cut if _HALF.fullmatch(text, cut) else len(text)
            whole.insert(0, text[:cut] + '"' + end)
        elif not self._open or not _NUMBER.search(text, len(text) - 2):
            whole.insert(0, text + end)
        for each in whole:
            try:
                return decode(each)
            except (ValueError, UnicodeEncodeError):
                continue
        return NOTHING

    def _look(self) -> None:
        text = self._text
        while found := (_STRING if self._in_string else _TURN).search(text, self._at):
            self._at = found.end()
            if not self._in_string:
                self._turn(found[0])
            elif found[0] == '"':
                self._in_string = False
            else:
                if found.start() != self._escape + 6 or not _HIGH.match(text, self._escape):
                    self._escape = found.start()
                if self._at == len(text):
                    self._at -= 1  # what is escaped comes later
                    return
                self._at += 1
        self._at = len(text)

    def _turn(self, letter: str) -> None:
        match letter:
            case '"':
                self._in_string, self._escape = True, self._at
                return
            case "{":
                self._open.append("}")
            case "[":
                self._open.append("]")
            case "}" | "]":
                self._wrong = self._wrong or not self._open or self._open.pop() != letter
        self._safe = self._length + self._at - (letter == ",")

    def _move(self) -> None:
        """Put aside what was looked at, but for what may be an escape."""
        cut = min(self._at, len(self._text)) - _LONGEST_ESCAPE
        self._before.append(self._text[:cut])
        self._length += cut
        self._text = self._text[cut:]
        self._at -= cut
        self._escape = max(self._escape - cut, 0)
