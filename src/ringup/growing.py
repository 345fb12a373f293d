"""JSON that is still being written: what can be read of it so far."""

from __future__ import annotations

import re
from typing import Any

import msgspec

__all__ = ["NOTHING", "Growing"]

NOTHING: Any = msgspec.UNSET
"""What there is before the value has begun, and where the text isn't JSON."""

_TURN = re.compile(r'["{}\[\],]')
_STRING = re.compile(r'"|\\')
_HALF = re.compile(r"(?:\\u[dD][89abAB][0-9a-fA-F]{2}(?:\\(?:u[0-9a-fA-F]{0,3})?)?|\\(?:u[0-9a-fA-F]{0,3})?)$")
"""An escape at the end of a text that isn't whole, or of a pair only the first."""


class Growing:
    """Takes the text piece by piece. Only what is new is looked at again, and the whole is then read at once."""

    __slots__ = ("_at", "_in_string", "_open", "_safe", "_text", "_wrong")

    def __init__(self) -> None:
        self._text = ""
        self._at = 0
        self._in_string = False
        self._wrong = False
        self._open: list[str] = []
        self._safe = ("", 0)

    def feed(self, more: str) -> Any:
        """The value as far as it came. A string is cut where it stands; what isn't whole yet otherwise (a number, a key
        without its value) is left out."""
        self._text += more
        self._look()
        return NOTHING if self._wrong else self._value()

    def _look(self) -> None:
        text = self._text
        while found := (_STRING if self._in_string else _TURN).search(text, self._at):
            letter, self._at = found[0], found.end()
            if self._in_string:
                if letter == "\\" and self._at == len(text):
                    self._at -= 1  # what is escaped comes later
                    return
                self._at += letter == "\\"
                self._in_string = letter == "\\"
            else:
                self._turn(letter)
        self._at = len(text)

    def _turn(self, letter: str) -> None:
        match letter:
            case '"':
                self._in_string = True
                return
            case "{":
                self._open.append("}")
            case "[":
                self._open.append("]")
            case "}" | "]":
                self._wrong = self._wrong or not self._open or self._open.pop() != letter
        end = self._at - (letter == ",")
        self._safe = ("".join(reversed(self._open)), end)

    def _value(self) -> Any:
        end, text = "".join(reversed(self._open)), self._text
        if self._in_string:
            tries = [_HALF.sub("", text) + '"' + end]
        elif self._open and text[-1:] in "0123456789+-.eE":
            tries = []
        else:
            tries = [text + end]
        for whole in (*tries, text[: self._safe[1]] + self._safe[0]):
            try:
                return msgspec.json.decode(whole)
            except (msgspec.DecodeError, UnicodeEncodeError):
                continue
        return NOTHING
