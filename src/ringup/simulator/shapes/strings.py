"""Strings that fit patterns, formats and lengths, and the formats themselves as patterns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice

from ringup.simulator.shapes.language import Space
from ringup.simulator.shapes.patterns import UnknownPatternError, language

__all__ = ["FORMATS", "SAMPLES", "Strings"]

_LONG = r"(0[13578]|1[02])-(0[1-9]|[12]\d|3[01])"
_SHORT = r"(0[469]|11)-(0[1-9]|[12]\d|30)"
_LEAP = r"\d\d(0[48]|[2468][048]|[13579][26])-02-29"
_DATE = rf"([1-9]\d{{3}}-({_LONG}|{_SHORT}|02-(0[1-9]|1\d|2[0-8]))|{_LEAP})"
_TIME = r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)"
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL = rf"[A-Za-z0-9]([\w+-]|\.[\w+-])*@({_LABEL}\.)+[A-Za-z]{{2,12}}"
_BYTE = r"(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_HEX = r"[0-9a-fA-F]{1,4}"
_URI_CHARS = r"[\w.~:/?#@!$&'()*+,;=%-]"

FORMATS = {
    "date": _DATE,
    "time": _TIME,
    "date-time": f"{_DATE}T{_TIME}",
    "duration": r"P(\d+W|(?=[\dT])(\d+Y)?(\d+M)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?)",
    "email": _EMAIL,
    "idn-email": _EMAIL,
    "hostname": rf"{_LABEL}(\.{_LABEL})*",
    "idn-hostname": rf"{_LABEL}(\.{_LABEL})*",
    "ipv4": rf"{_BYTE}(\.{_BYTE}){{3}}",
    "ipv6": rf"(({_HEX}:){{7}}{_HEX}|({_HEX}(:{_HEX}){{0,3}})?::({_HEX}(:{_HEX}){{0,2}})?)",
    "uri": rf"[A-Za-z][A-Za-z0-9+.-]*:(//[A-Za-z0-9]{_URI_CHARS}*|[A-Za-z0-9]{_URI_CHARS}*)",
    "iri": rf"[A-Za-z][A-Za-z0-9+.-]*://[A-Za-z0-9]{_URI_CHARS}*",
    "url": rf"[A-Za-z][A-Za-z0-9+.-]*://[A-Za-z0-9]{_URI_CHARS}*",
    "uri-reference": r"[\w./~-]*",
    "iri-reference": r"[\w./~-]*",
    "uri-template": r"[\w./~-]*(\{[A-Za-z]+\})?",
    "uuid": r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
    "json-pointer": r"(/[\w-]*)*",
    "relative-json-pointer": r"(0|[1-9]\d*)(#|(/[\w-]*)*)",
    "regex": r"\^?[\w.]*[*+?]?\$?",
    "byte": r"([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
}
"""The formats of JSON schema 2020-12 and of OpenAPI, the whole text of each."""

SAMPLES = {
    "email": "someone@example.com",
    "idn-email": "someone@example.com",
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "duration": "PT1H",
    "uuid": "7b0c2c6a-52f4-4d3e-9f3b-2f1f6a1c8d10",
    "uri": "https://example.com/",
    "iri": "https://example.com/",
    "url": "https://example.com/",
    "uri-reference": "/path",
    "iri-reference": "/path",
    "uri-template": "/path/{id}",
    "hostname": "example.com",
    "idn-hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "json-pointer": "/name",
    "relative-json-pointer": "0/name",
    "regex": "^.*$",
    "byte": "cmluZ3Vw",
}
"""One text of each format."""


class Strings:
    """Patterns, each read once. One that isn't known counts as no pattern. `formats` False: no format counts."""

    def __init__(self, formats: bool = True) -> None:
        self._formats = formats
        self._read: dict[str, tuple[Space, int] | None] = {}

    def matches(self, pattern: str, text: str) -> bool:
        """Whether a pattern is found in a text; a pattern that isn't known is found everywhere."""
        if pattern not in self._read:
            space = Space()
            number = _language(space, pattern)
            self._read[pattern] = None if number is None else (space, number)
        known = self._read[pattern]
        return known is None or known[0].has(known[1], text)

    def has_format(self, name: str, text: str) -> bool:
        """Whether a text is of a format; any text is of one that isn't known."""
        pattern = self.pattern_of(name)
        return pattern is None or self.matches(pattern, text)

    def pattern_of(self, name: str) -> str | None:
        """The pattern of a format, or None for one that isn't known."""
        return f"^({FORMATS[name]})$" if self._formats and name in FORMATS else None

    def texts(
        self, patterns: Iterable[str], not_patterns: Iterable[str], shortest: int, longest: int | None
    ) -> Iterator[str]:
        """Texts in which all of these patterns are found and none of those, of so many characters. A few letters are
        preferred to the least that would do.
        """
        space = Space()
        wanted = [number for pattern in patterns if (number := _language(space, pattern)) is not None]
        unwanted = [number for pattern in not_patterns if (number := _language(space, pattern)) is not None]
        whole = space.both(*wanted, *[space.no(number) for number in unwanted])
        nice = space.texts(whole, max(shortest, 4), longest) if longest is None or longest >= 4 else iter(())
        return chain(islice(nice, 1), space.texts(whole, shortest, longest))


def _language(space: Space, pattern: str) -> int | None:
    try:
        return language(space, pattern)
    except UnknownPatternError:
        return None
