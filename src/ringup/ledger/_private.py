"""What may be written down: the level that the user chose, and at every level no secrets.

Secrets are found in two ways: those that this process knows (the keys that calls are made with, and the environment's
variables and headers whose names say that they hold one) are replaced wherever they stand, also percent-encoded and in
base64; and whatever has the well-known shape of one.
"""

from __future__ import annotations

import os
import re
import threading
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, cast, get_args
from urllib.parse import quote

from msgspec import StructMeta

from ringup import messages
from ringup.errors import ParameterError
from ringup.masks import MASK, NAMED, without_shapes
from ringup.reply import Reply
from ringup.secret import Secret
from ringup.wire_tools import decode, encode

__all__ = ["LEFT_OUT", "Level", "Privacy", "Secrets", "distinct", "personal"]

Level = Literal["metadata", "redacted", "full"]

LEFT_OUT = "$left_out"
"""In a turn's parts, in place of bytes at the level `redacted`: how many there were."""

_SHORTEST = 8
"""A variable with fewer characters than this is no key; replacing it would only spoil texts."""

_HEADER = re.compile(r"pass|token|(?<!idempotency-)key|secret|auth|cookie|credential", re.IGNORECASE)
"""Headers that hold a secret, by their names."""

_SHORT, _MOST_CLEAN = 1_000, 1_000
"""So many texts of so many characters are remembered as clean."""


class Secrets:
    """The secrets that this process knows, and the shapes of all others. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._keys: set[Secret] = set()
        self._texts: tuple[str, ...] | None = None  # before the environment was looked through
        self._clean: set[tuple[str | None, ...]] = set()

    def know(self, key: Secret | None) -> None:
        """A key that a call was made with. With each new one, the environment is looked through again."""
        if self._texts is not None and (key is None or key in self._keys):
            return
        with self._lock:
            keys = self._keys | {key} if key else self._keys
            self._texts = tuple(sorted(_all_forms(keys), key=len, reverse=True))
            self._clean = set()  # a new one: others may be about to add what was clean before
            self._keys = keys

    def know_headers(self, headers: Mapping[str, Any]) -> None:
        """What a user's own headers hold, where their names say that it is secret; also without the "Bearer" before."""
        for name, value in headers.items():
            if isinstance(value, str) and _HEADER.search(name):
                for secret in {value, value.partition(" ")[2]}:
                    if len(secret) >= _SHORTEST:
                        self.know(Secret(secret))

    def are_clean(self, texts: tuple[str | None, ...]) -> bool:
        """Whether texts are plain ASCII that holds none. A backslash may hide one from its pattern, in JSON: then it is
        no. What was clean is remembered: most calls of a program are alike."""
        known = self._clean
        if texts in known:
            return True
        text = "\n".join(filter(None, texts))
        clean = text.isascii() and "\\" not in text and self.clean(text) == text
        if clean and len(text) <= _SHORT:
            if len(known) >= _MOST_CLEAN:
                known.clear()
            known.add(texts)
        return clean

    def are_in(self, text: str) -> bool:
        """Whether a text holds one of those that are known, or isn't plain ASCII."""
        return any([secret in text for secret in self._texts or ()]) or not text.isascii()  # noqa: C419 - quicker

    def clean(self, text: str) -> str:
        """The text without secrets."""
        for secret in self._texts or ():
            if secret in text:
                text = text.replace(secret, MASK)
        return without_shapes(text)

    def clean_json(self, text: str) -> str:
        """JSON without secrets, and JSON still: it is the strings in it that are cleaned, and not their code, in which
        the backslash before a quote would be taken for a part of a key."""
        if self.are_clean((text,)):
            return text
        held = decode(text)
        clean = self._clean_value(held)
        return text if clean == held else encode(clean).decode()

    def _clean_value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._clean_string(value)
        if isinstance(value, dict):
            names = distinct([self.clean(name) for name in value])
            return dict(zip(names, map(self._clean_value, value.values()), strict=True))
        if isinstance(value, list):
            return [self._clean_value(held) for held in value]
        if value is None or isinstance(value, bool):
            return value
        number = encode(value).decode()
        return value if (clean := self.clean(number)) == number else clean

    def _clean_string(self, text: str) -> str:
        """A string that is JSON itself, as the arguments of a tool are, stays so."""
        clean = self.clean(text)
        if clean == text or not text.lstrip().startswith(("{", "[")):
            return clean
        try:
            return self.clean_json(text)
        except (ValueError, RecursionError):
            return clean

    def clean_bytes(self, data: bytes) -> bytes:
        """Bytes without secrets: text as text; in anything else only the known ones are looked for."""
        try:
            text = data.decode()
        except UnicodeDecodeError:
            for secret in self._texts or ():
                data = data.replace(secret.encode(), MASK.encode())
            return data
        return self.clean(text).encode()


def _all_forms(keys: set[Secret]) -> set[str]:
    plain = {value for name, value in os.environ.items() if NAMED.search(name) and len(value) >= _SHORTEST}
    return {form for text in plain | {key.reveal() for key in keys} for form in _forms(text)}


def _forms(text: str) -> Iterable[str]:
    """A secret as it may stand somewhere: plain, inside a JSON string, in a URL, in base64."""
    raw = text.encode("utf-8", "replace")
    return text, encode(text)[1:-1].decode(), quote(text, safe=""), *[_in_base64(raw, before) for before in range(3)]


def _in_base64(secret: bytes, before: int) -> str:
    """What is always there of a secret in base64, whatever stands around it (as in "user:key"): three bytes are four
    characters, so it depends on how many bytes of the first three are before it."""
    coded = b64encode(bytes(before) + secret).decode()
    return coded[-(-before * 8 // 6) : (before + len(secret)) * 8 // 6]


def distinct(names: Iterable[str]) -> list[str]:
    """Names, numbered where masks made several the same."""
    held: dict[str, None] = {}
    for name in names:
        one, number = name, 1
        while one in held:
            number += 1
            one = f"{name} ({number})"
        held[one] = None
    return list(held)


class Privacy:
    """What one ledger may write down. Raises ParameterError for a level that there isn't."""

    def __init__(self, level: str, redact: Callable[[str], str] | None = None) -> None:
        if level not in get_args(Level):
            raise ParameterError(
                f"level={level!r} isn't known; the levels are {', '.join(get_args(Level))}", parameter="level"
            )
        if redact is not None and (level != "redacted" or not callable(redact)):
            raise ParameterError('redact is a function of a text, for level="redacted"', parameter="redact")
        self.level: Level = cast("Level", level)
        self.redact = redact or personal if level == "redacted" else None

    @property
    def keeps_content(self) -> bool:
        """Whether prompts and answers are written down at all."""
        return self.level != "metadata"

    def value(self, value: Any) -> Any:
        """Plain values as they may be written: each text in them, and each name that isn't one of ringup's own fields,
        has gone through the hook."""
        return _mapped(value, self.redact) if self.redact else value


_KINDS = [kind for kind in vars(messages).values() if isinstance(kind, StructMeta)]
_FIELDS = frozenset({"type", LEFT_OUT}.union(*[kind.__struct_encode_fields__ for kind in [Reply, *_KINDS]]))
"""The names of the fields of what ringup writes down as JSON."""


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        names = distinct([name if name in _FIELDS else change(name) for name in value])
        return dict(zip(names, [_mapped(held, change) for held in value.values()], strict=True))
    return [_mapped(held, change) for held in value] if isinstance(value, (list, tuple)) else value


_DATE = r"\d{4}([-./])\d\d?\1\d\d?\b|\d\d?([-./])\d\d?\2\d{2,4}\b"
_PERSONAL = (
    ("[email]", re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")),
    ("[iban]", re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")),
    ("[ip]", re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")),
    ("[card]", re.compile(r"\b\d(?:[ -]?\d){12,18}\b")),
    ("[phone]", re.compile(r"\+\d(?:[ ./()-]{0,3}\d){7,14}\b")),
    ("[phone]", re.compile(rf"(?<![\w./-])(?!{_DATE})\(?\d{{2,4}}\)?(?:[ ./-]\(?\d{{2,4}}\)?){{2,5}}\b")),
)


def personal(text: str) -> str:
    """What `level="redacted"` does without a hook: e-mail addresses, telephone, card and account numbers, and IP
    addresses become a word in brackets. Names and the rest of what a text tells stay: for those give a hook.
    """
    for word, shape in _PERSONAL:
        text = shape.sub(word, text)
    return text
