"""What was said, stored once: each turn by the hash of all that leads to it, pictures and files by that of their bytes.

A turn knows the one before it. So a conversation that goes on adds only what is new, and two that begin alike share
their beginning and part where they differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ringup.embeddings import EmbedRequest
from ringup.ledger._private import Privacy, Secrets
from ringup.messages import Document, Message, Part, Refusal, Request, Text, Thinking, ToolCall, ToolResult
from ringup.wire_tools import decode, encode

if TYPE_CHECKING:
    import sqlite3

__all__ = ["BLOB", "INSTRUCTIONS", "TEXTS", "Turns", "read_turns"]

INSTRUCTIONS, TEXTS = "instructions", "texts"
"""Roles of turns that are no messages: the system prompt of a request, and the texts that were to be embedded."""

BLOB, LEFT_OUT = "$blob", "$left_out"
"""In a turn's parts, in place of bytes: the hash of the blob that has them, or how many there were."""

_MOST_KNOWN = 5_000
_HASH = 16

_INSERT = "INSERT INTO turns (hash, parent, role, text, parts) VALUES (?, ?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING"


class Turns:
    """Stores turns through one connection. What it stored it remembers, so that a long history costs little again."""

    def __init__(self, connection: sqlite3.Connection, secrets: Secrets, index: bool) -> None:
        self._connection, self._secrets, self._index = connection, secrets, index
        self._known: dict[tuple[int, int | None, int], tuple[Message, int, bytes]] = {}

    def forget(self) -> None:
        """What was remembered may be gone from the file."""
        self._known.clear()

    def ask(self, request: Request | EmbedRequest, privacy: Privacy) -> int | None:
        """Store what a request says. Gives the last turn of it."""
        if isinstance(request, EmbedRequest):
            return self._texts(request, privacy)
        at: tuple[int | None, bytes] = (None, b"")
        if request.system:
            at = self._turn(Message("system", request.system), at, privacy, INSTRUCTIONS)  # type: ignore[arg-type]
        for message in request.messages:
            at = self._kept(message, at, privacy)
        return at[0]

    def answer(self, message: Message, parent: int | None, privacy: Privacy) -> int | None:
        """Store an answer after the turn that it answers."""
        if not message.parts:
            return None
        found = self._connection.execute("SELECT hash FROM turns WHERE id = ?", (parent,)).fetchone()
        return self._kept(message, (parent, found[0] if found else b""), privacy)[0]

    def blob(self, data: bytes, media_type: str | None = None) -> tuple[int, str]:
        """Store bytes. Gives their row and their hash."""
        data = self._secrets.clean_bytes(data)
        digest = _digest(data).hex()
        found = self._connection.execute("SELECT id FROM blobs WHERE hash = ?", (digest,)).fetchone()
        if found is None:
            found = self._connection.execute(
                "INSERT INTO blobs (hash, media_type, size, data) VALUES (?, ?, ?, ?) RETURNING id",
                (digest, media_type, len(data), data),
            ).fetchone()
        return found[0], digest

    def _kept(self, message: Message, parent: tuple[int | None, bytes], privacy: Privacy) -> tuple[int, bytes]:
        """A message that may well come again: the history of a chat holds the same objects at each turn."""
        key = (id(privacy), parent[0], id(message))
        if known := self._known.get(key):
            return known[1:]
        stored = self._turn(message, parent, privacy, message.role)
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[key] = (message, *stored)  # with the message, so that no other one gets its id
        return stored

    def _turn(
        self, message: Message, parent: tuple[int | None, bytes], privacy: Privacy, role: str
    ) -> tuple[int, bytes]:
        blobs: list[int] = []
        if privacy.redact is None and _is_plain(message):
            text, parts = message.parts[0].text, None  # type: ignore[union-attr]
        else:
            text, parts = self._whole(message, privacy, blobs)
        return self._put(role, text, parts, parent, blobs)

    def _put(
        self, role: str, text: str, parts: str | None, parent: tuple[int | None, bytes], blobs: list[int]
    ) -> tuple[int, bytes]:
        text = self._secrets.clean(_writable(text))
        parts = parts if parts is None else self._secrets.clean(parts)
        digest = _digest(b"\0".join([parent[1], role.encode(), (parts or text).encode(), b"-" if parts else b""]))
        added = self._connection.execute(_INSERT, (digest, parent[0], role, text, parts))
        if not added.rowcount:
            return self._connection.execute("SELECT id FROM turns WHERE hash = ?", (digest,)).fetchone()[0], digest
        turn = added.lastrowid
        assert turn
        if self._index:
            self._connection.execute("INSERT INTO search (rowid, text) VALUES (?, ?)", (turn, text))
        for blob in blobs:
            self._connection.execute("INSERT OR IGNORE INTO turn_blobs VALUES (?, ?)", (turn, blob))
        return turn, digest

    def _whole(self, message: Message, privacy: Privacy, blobs: list[int]) -> tuple[str, str]:
        """The words of a message, and all of it as JSON, with its bytes put elsewhere."""
        held = msgspec.to_builtins(message, builtin_types=(bytes,))
        held.pop("role")
        held = privacy.value(self._without_bytes(held, privacy, blobs))
        text = "\n".join(filter(None, map(_words, message.parts)))
        return privacy.redact(text) if privacy.redact else text, encode(held).decode()

    def _without_bytes(self, value: Any, privacy: Privacy, blobs: list[int], media_type: str | None = None) -> Any:
        if isinstance(value, bytes):
            if privacy.redact:
                return {LEFT_OUT: len(value)}
            blob, digest = self.blob(value, media_type)
            blobs.append(blob)
            return {BLOB: digest}
        if isinstance(value, dict):
            kind = value.get("media_type") or value.get("format")
            return {name: self._without_bytes(held, privacy, blobs, kind) for name, held in value.items()}
        return [self._without_bytes(held, privacy, blobs) for held in value] if isinstance(value, list) else value

    def _texts(self, request: EmbedRequest, privacy: Privacy) -> int:
        texts = privacy.value(msgspec.to_builtins(request.texts))
        words = "\n".join([text for text in texts if isinstance(text, str)])
        return self._put(TEXTS, words, encode({"texts": texts}).decode(), (None, b""), [])[0]


def _digest(data: bytes) -> bytes:
    from hashlib import blake2b  # here, for its import takes longer than ours

    return blake2b(data, digest_size=_HASH).digest()


def _is_plain(message: Message) -> bool:
    """Whether its text is all there is to it."""
    if len(message.parts) != 1 or message.name is not None or message.extra:
        return False
    part = message.parts[0]
    return type(part) is Text and not part.extra


def _words(part: Part) -> str:
    """What can be searched for in a part."""
    match part:
        case Text(text) | Thinking(text) | Refusal(text):
            return text
        case ToolCall():
            return f"{part.name} {part.json}"
        case ToolResult():
            return part.text
        case Document():
            return "\n".join(filter(None, [part.name, part.text]))
    return getattr(part, "transcript", None) or ""


def _writable(text: str) -> str:
    """Without the lone surrogates that JSON may bring and SQLite refuses."""
    return text.encode("utf-8", "replace").decode()


# Reading


def read_turns(connection: sqlite3.Connection, last: int | None) -> list[dict[str, Any]]:
    """A turn and all before it, the first one first: its id, role, text, and `message` (None for texts to embed)."""
    found = connection.execute(
        "WITH RECURSIVE up (id, depth) AS (SELECT ?, 0 UNION ALL SELECT turns.parent, depth + 1 FROM turns "
        "JOIN up ON turns.id = up.id WHERE turns.parent IS NOT NULL) "
        "SELECT turns.id, role, text, parts FROM up JOIN turns ON turns.id = up.id ORDER BY depth DESC",
        (last,),
    )
    return [
        {"id": id, "role": role, "text": text, "message": _message(connection, role, text, parts)}
        for id, role, text, parts in found
    ]


def _message(connection: sqlite3.Connection, role: str, text: str, parts: str | None) -> Message | None:
    if role == TEXTS:
        return None
    name: Any = "system" if role == INSTRUCTIONS else role
    if parts is None:
        return Message(name, (Text(text),))
    held = _with_bytes(connection, decode(parts))
    return msgspec.convert({"role": name, **held}, Message, builtin_types=(bytes,))


def _with_bytes(connection: sqlite3.Connection, value: Any) -> Any:
    if isinstance(value, list):
        return [_with_bytes(connection, held) for held in value]
    if not isinstance(value, dict):
        return value
    if BLOB in value:
        found = connection.execute("SELECT data FROM blobs WHERE hash = ?", (value[BLOB],)).fetchone()
        return found[0] if found else b""
    if LEFT_OUT in value:
        return b""
    return {name: _with_bytes(connection, held) for name, held in value.items()}
