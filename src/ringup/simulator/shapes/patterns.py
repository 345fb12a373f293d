"""Patterns (regular expressions as JSON schema has them: ECMA 262, unicode) as languages.

Known: everything that ECMA 262 has but references back to a group, and looks behind; also the inline flags `(?i)`
and `(?s)`, `\\A`, `\\Z` and `\\z` of other dialects. \\d, \\w and \\s mean ASCII.
"""

from __future__ import annotations

import re
from typing import Any

from ringup.simulator.shapes.language import ANY, MAX_CHAR, NOTHING, Ranges, Space, outside

__all__ = ["UnknownPatternError", "language"]

MAX_PATTERN = 5_000
MAX_DEPTH = 100
MAX_UNROLLED = 50

_DIGIT: Ranges = ((48, 57),)
_WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACE: Ranges = ((9, 13), (32, 32), (160, 160), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x3000, 0x3000))
_NEWLINE: Ranges = ((10, 10), (13, 13), (0x2028, 0x2029))
_CLASSES = {
    **{"d": _DIGIT, "w": _WORD, "s": _SPACE},
    **{"D": outside(_DIGIT), "W": outside(_WORD), "S": outside(_SPACE)},
}
_ESCAPES = {"n": 10, "r": 13, "t": 9, "f": 12, "v": 11, "0": 0, "a": 7, "e": 27}
_LETTERS: Ranges = (
    *((65, 90), (97, 122), (0xC0, 0xD6), (0xD8, 0xF6), (0xF8, 0x2FF), (0x370, 0x1FFF)),
    *((0x3040, 0xD7A3), (0x20000, 0x2FFFF)),
)
_PROPERTIES: dict[str, Ranges] = {
    **dict.fromkeys(("L", "Letter", "Alphabetic", "Alpha", "Script=Latin"), _LETTERS),
    **{"Lu": ((65, 90), (0xC0, 0xD6), (0xD8, 0xDE)), "Ll": ((97, 122), (0xDF, 0xF6), (0xF8, 0xFF))},
    **dict.fromkeys(("N", "Nd", "Number", "Digit"), _DIGIT),
    **dict.fromkeys(("P", "Punctuation"), ((33, 35), (37, 42), (44, 47), (58, 59), (63, 64), (91, 93))),
    **dict.fromkeys(("S", "Symbol", "Sc", "Sm"), ((36, 36), (43, 43), (60, 62))),
    **dict.fromkeys(("Z", "Zs", "Separator", "White_Space"), ((32, 32), (160, 160))),
    "M": ((0x300, 0x36F),),
}
_COUNT = re.compile(r"\{(\d{1,6})(,(\d{0,6}))?\}")
_GROUP = re.compile(r"\?(?:P?<([A-Za-z_$][\w$]*)>|([:=!])|<([=!])|>)")
_FLAGS = re.compile(r"^\(\?([imsux]+)\)")
_BACK = re.compile(r"[1-9]|k<")

Node = tuple[Any, ...]


class UnknownPatternError(ValueError):
    """A pattern that isn't one, or has what is not known here."""


def language(space: Space, pattern: str) -> int:
    """The texts in which a pattern is found. Raises UnknownPatternError."""
    if len(pattern) > MAX_PATTERN:
        raise UnknownPatternError("the pattern is too long")
    try:
        node = _Reader(pattern).read()
        writer = _Writer(space)
        anywhere = space.cat(space.all, writer.write(node, space.all, False))
        return space.alt(anywhere, writer.write(node, space.all, True))
    except RecursionError:
        raise UnknownPatternError("the pattern is nested too deeply") from None


class _Reader:
    """Reads a pattern into nodes: chars, seq, alt, rep, look, start, end, edge."""

    def __init__(self, pattern: str) -> None:
        flags = _FLAGS.match(pattern)
        self._text = pattern
        self._at = flags.end() if flags else 0
        self._flags = flags[1] if flags else ""
        self._depth = 0

    def read(self) -> Node:
        node = self._options()
        if self._at < len(self._text):
            raise UnknownPatternError("a bracket is closed that was never opened")
        return node

    def _take(self, text: str) -> bool:
        taken = self._text.startswith(text, self._at)
        self._at += len(text) if taken else 0
        return taken

    def _next(self) -> str:
        if self._at >= len(self._text):
            raise UnknownPatternError("the pattern ends too early")
        self._at += 1
        return self._text[self._at - 1]

    def _options(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise UnknownPatternError("the pattern is nested too deeply")
        options = [self._sequence()]
        while self._take("|"):
            options.append(self._sequence())
        self._depth -= 1
        return options[0] if len(options) == 1 else ("alt", options)

    def _sequence(self) -> Node:
        items: list[Node] = []
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            items.append(self._repeated(self._item()))
        return ("seq", items)

    def _repeated(self, node: Node) -> Node:
        while True:
            if self._take("*"):
                node = ("rep", node, 0, None)
            elif self._take("+"):
                node = ("rep", node, 1, None)
            elif self._take("?"):
                node = ("rep", node, 0, 1)
            elif found := _COUNT.match(self._text, self._at):
                self._at = found.end()
                most = int(found[1]) if not found[2] else int(found[3]) if found[3] else None
                node = ("rep", node, int(found[1]), most)
            else:
                return node
            if not self._take("?"):  # as few as can be: the same texts
                self._take("+")

    def _item(self) -> Node:
        match self._next():
            case "(":
                return self._group()
            case "[":
                return ("chars", self._set())
            case ".":
                return ("chars", ANY if "s" in self._flags else outside(_NEWLINE))
            case "^":
                return ("start",)
            case "$":
                return ("end",)
            case "\\":
                return self._escape()
            case letter:
                return self._letter(ord(letter))

    def _letter(self, code: int) -> Node:
        return ("chars", self._cased(((code, code),)))

    def _cased(self, ranges: Ranges) -> Ranges:
        if "i" not in self._flags:
            return ranges
        both = [{ord(chr(code).lower()), ord(chr(code).upper())} for low, high in ranges for code in _ascii(low, high)]
        return (*ranges, *[(code, code) for codes in both for code in codes])

    def _group(self) -> Node:
        look: tuple[bool, bool] | None = None
        if found := _GROUP.match(self._text, self._at):
            self._at = found.end()
            if found[2] in ("=", "!"):
                look = (True, found[2] == "!")
            elif found[3]:
                look = (False, found[3] == "!")
        elif self._take("?"):
            raise UnknownPatternError("an unknown group")
        node = self._options()
        if not self._take(")"):
            raise UnknownPatternError("a group isn't closed")
        return ("look", node, *look) if look else node

    def _escape(self) -> Node:
        if _BACK.match(self._text, self._at):
            raise UnknownPatternError("a reference back to a group")
        letter = self._next()
        if letter in "bB":
            return ("edge", letter == "b")
        if letter in "AZz":
            return ("start",) if letter == "A" else ("end",)
        found = self._class(letter)
        return ("chars", self._cased(found)) if found is not None else self._letter(self._code(letter))

    def _class(self, letter: str) -> Ranges | None:
        """The characters of \\d, \\p{L} and the like."""
        if letter not in "pP" or not self._text.startswith("{", self._at):
            return _CLASSES.get(letter)
        name, brace, _ = self._text[self._at + 1 :].partition("}")
        name = name.removeprefix("General_Category=").removeprefix("gc=")
        if not brace or name not in _PROPERTIES:
            raise UnknownPatternError("an unknown property of characters")
        self._at = self._text.index("}", self._at) + 1
        return outside(_PROPERTIES[name]) if letter == "P" else _PROPERTIES[name]

    def _code(self, letter: str) -> int:
        """The character that an escape stands for."""
        if found := re.compile(r"u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})").match(
            self._text, self._at - 1
        ):
            self._at = found.end()
            return min(int(found[1] or found[2] or found[3], 16), MAX_CHAR)
        if letter == "c" and self._at < len(self._text):
            return ord(self._next()) % 32
        return _ESCAPES.get(letter, ord(letter))

    def _set(self) -> Ranges:
        """What stands between square brackets."""
        negated = self._take("^")
        found: list[tuple[int, int]] = []
        while not self._take("]"):
            low = self._member()
            if self._text.startswith("-", self._at) and not self._text.startswith("-]", self._at):
                self._at += 1
                high = self._member()
                if len(low) == len(high) == 1 and low[0][0] <= high[0][0]:
                    low = ((low[0][0], high[0][0]),)
                else:
                    low = (*low, *high, (45, 45))
            found += low
        ranges = self._cased(tuple(found))
        return outside(ranges) if negated else ranges

    def _member(self) -> Ranges:
        letter = self._next()
        if letter != "\\":
            return ((ord(letter), ord(letter)),)
        letter = self._next()
        found = ((8, 8),) if letter == "b" else self._class(letter)
        if found is None:
            code = self._code(letter)
            found = ((code, code),)
        return found


def _ascii(low: int, high: int) -> range:
    return range(low, min(high, 127) + 1)


class _Writer:
    """Writes nodes as a language, from the end to the beginning: `rest` is what follows a node, to the end of the text.
    So a look ahead is a language that the rest belongs to as well.
    """

    def __init__(self, space: Space) -> None:
        self._space = space

    def write(self, node: Node, rest: int, first: bool) -> int:
        """`first`: the node stands at the beginning of the text."""
        space = self._space
        match node:
            case ("chars", ranges):
                return space.cat(space.chars(ranges), rest)
            case ("seq", items):
                return self._sequence(items, rest, first)
            case ("alt", options):
                return space.alt(*[self.write(one, rest, first) for one in options])
            case ("rep", inner, least, most):
                return self._repeat(inner, least, most, rest, first)
            case ("look", inner, True, negated):
                ahead = self.write(inner, space.all, first)
                return space.both(space.no(ahead) if negated else ahead, rest)
            case ("start",):
                return rest if first else NOTHING
            case ("end",):
                return space.both(space.text(""), rest)
        raise UnknownPatternError("a look behind, or the edge of a word inside a group")

    def _sequence(self, items: list[Node], rest: int, first: bool) -> int:
        space = self._space
        starts = next((at for at, item in enumerate(items) if item[0] not in ("start", "look", "edge")), len(items))
        for at in reversed(range(len(items))):
            if items[at][0] == "edge":
                if not items[at][1]:
                    raise UnknownPatternError("no edge of a word")
                letter = space.cat(space.chars(_WORD), space.all)
                ends = at > starts
                rest = space.both(space.no(letter) if ends else letter, rest)
                if not ends and not first:
                    return NOTHING  # found at the beginning of a text, or nowhere
            else:
                rest = self.write(items[at], rest, first and at <= starts)
        return rest

    def _repeat(self, inner: Node, least: int, most: int | None, rest: int, first: bool) -> int:
        space = self._space
        if not _looks(inner):
            return space.cat(space.repeat(self.write(inner, space.text(""), False), least, most), rest)
        if most is None or most > MAX_UNROLLED:
            raise UnknownPatternError("a look ahead that is repeated without end")
        written = rest
        for nth in range(most, 0, -1):
            written = self.write(inner, written, first and nth == 1)
            if nth > least:
                written = space.alt(written, rest)
        return written


def _looks(node: Node) -> bool:
    """Whether it asks for more than letters: for a beginning, an end, or what is ahead."""
    match node:
        case ("chars", _):
            return False
        case ("seq" | "alt", items):
            return any(_looks(item) for item in items)
        case ("rep", inner, *_):
            return _looks(inner)
    return True
