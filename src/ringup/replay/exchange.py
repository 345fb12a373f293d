"""A recorded exchange, as one line of a file holds it, and the wire that its path belongs to."""

from __future__ import annotations

import re
from typing import Any

import msgspec

__all__ = ["Exchange", "read_line", "wire_of"]

_WIRES = (
    ("/chat/completions", "chat_completions"),
    ("/messages", "anthropic_messages"),
    ("/responses", "responses"),
    (":generateContent", "gemini"),
    (":streamGenerateContent", "gemini"),
)
_MODEL = re.compile(r"[^/]+(?=:\w+$)")
_ID = re.compile(r"(?<=/)(?=[^/:]*\d)[^/:]{20,}")


class Exchange(msgspec.Struct, frozen=True):
    """One request that was sent to a provider, and what it answered. `body` is the answer's text, `request` its JSON.

    Header names are in lower case, whatever the recording has.
    """

    path: str
    request: Any = None
    status: int = 200
    host: str = ""
    headers: dict[str, Any] = {}
    body: str = ""
    source: str = ""
    seq: int = 0

    @property
    def name(self) -> str:
        """Which exchange this is: its recording and its place there."""
        return f"{self.source}#{self.seq}"

    @property
    def place(self) -> str:
        """The path without its query and version, and with a * for what differs from call to call."""
        path = _MODEL.sub("*", self.path.partition("?")[0])
        return _ID.sub("*", path)


def read_line(line: bytes) -> Exchange:
    """The exchange in a line. Raises ValueError for one that isn't an exchange."""
    found = msgspec.json.decode(line, type=Exchange)
    return msgspec.structs.replace(found, headers={name.lower(): _text(held) for name, held in found.headers.items()})


def _text(held: Any) -> str:
    """A header's value; some recorders keep a list of them."""
    return ", ".join([str(item) for item in held]) if isinstance(held, list) else str(held)


def wire_of(path: str) -> str | None:
    """The name of the wire that a path belongs to; None for those of embeddings, batches, models and the like."""
    bare = path.partition("?")[0].rstrip("/")
    return next((name for end, name in _WIRES if bare.endswith(end)), None)
