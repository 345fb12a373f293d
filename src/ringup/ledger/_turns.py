"""What was said, stored once: each turn by the hash of all that leads to it, pictures and files by that of their bytes.

A turn knows the one before it. So a conversation that goes on adds only what is new, and two that begin alike share
their beginning and part where they differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ringup.embeddings import EmbedRequest
from ringup.ledger._private import LEFT_OUT, Privacy, Secrets
from ringup.ledger._schema import insert
from ringup.messages import Document, Message, Part, Refusal, Request, Text, Thinking, ToolCall, ToolResult
from ringup.wire_tools import decode, encode

if TYPE_CHECKING:
    import sqlite3

__all__ = ["BLOB", "INSTRUCTIONS", "TEXTS", "Link", "Turns", "read_turns", "whole_text"]

INSTRUCTIONS, TEXTS = "instructions", "texts"
"""Roles of turns that are no messages: the system prompt of a request, and the texts that were to be embedded."""

BLOB = "$blob"
"""In a turn's parts, in place of bytes: the hash of the blob that has them."""

_MOST_KNOWN = 20_000
_LOOKED_UP = 64
_HASH = 16

Link = bytes
"""What stands for a turn, or for a blob, until `store` has given it a row: its hash."""


class Turns:
    """Stores the turns of many calls together, for each statement costs time. What is known to be in the file it
    remembers, so that a long history costs little again.
    """

    def __init__(self, connection: sqlite3.Connection, secrets: Secrets, index: bool) -> None:
        self._connection, self._secrets, self._index = connection, secrets, index
        self._seen: dict[tuple[int, Link, int], tuple[Message, Link]] = {}
        self._ids: dict[Link, int] = {}
        self._turns: dict[Link, tuple[Any, ...]] = {}  # those that have no row yet: parent, role, text, parts
        self._blobs: dict[Link, tuple[Any, ...]] = {}
        self._holds: dict[Link, list[Link]] = {}

    def tidy(self) -> None:
        """Forget all, where it has become much. Not while something waits to be stored."""
        if len(self._ids) > _MOST_KNOWN:
            self.forget()

    def forget(self) -> None:
        """What was remembered may be gone from the file."""
        for held in (self._seen, self._ids, self._turns, self._blobs, self._holds):
            held.clear()

    def ask(self, request: Request | EmbedRequest, privacy: Privacy) -> Link:
        """Take in what a request says. Gives the last turn of it."""
        if isinstance(request, EmbedRequest):
            return self._texts(request, privacy)
        at = self._turn(Message("system", request.system), b"", privacy, INSTRUCTIONS) if request.system else b""
        for message in request.messages:
            at = self._kept(message, at, privacy)
        return at

    def answer(self, message: Message, parent: Link, privacy: Privacy) -> Link | None:
        """Take in an answer to a turn."""
        return self._kept(message, parent, privacy) if message.parts else None

    def blob(self, data: bytes, media_type: str | None = None) -> Link:
        """Take in bytes."""
        return self._held(self._secrets.clean_bytes(data), media_type)

    def tools(self, tools: Any) -> Link:
        """Take in a request's tools, plain values."""
        return self._held(self._secrets.clean_json(encode(tools).decode()).encode(), "application/json")

    def _held(self, data: bytes, media_type: str | None) -> Link:
        link = _digest(data)
        if link not in self._ids:
            self._blobs[link] = (link.hex(), media_type, len(data), data)
        return link

    def _kept(self, message: Message, parent: Link, privacy: Privacy) -> Link:
        """A message that may well come again: the history of a chat holds the same objects at each turn."""
        key = (id(privacy), parent, id(message))
        if (seen := self._seen.get(key)) and (seen[1] in self._ids or seen[1] in self._turns):
            return seen[1]
        link = self._turn(message, parent, privacy, message.role)
        if len(self._seen) >= _MOST_KNOWN:
            self._seen.clear()
        self._seen[key] = (message, link)  # with the message, so that no other one gets its id
        return link

    def _turn(self, message: Message, parent: Link, privacy: Privacy, role: str) -> Link:
        if privacy.redact is None and _is_plain(message):
            return self._put(role, message.text, None, parent, [])
        blobs: list[Link] = []
        text, parts = self._whole(message, privacy, blobs)
        return self._put(role, text, parts, parent, blobs)

    def _put(self, role: str, text: str, parts: str | None, parent: Link, blobs: list[Link]) -> Link:
        text = self._secrets.clean(whole_text(text))
        parts = parts if parts is None else self._secrets.clean_json(parts)
        link = _digest(b"\0".join([parent, role.encode(), b"-" if parts is None else b"+", (parts or text).encode()]))
        if link not in self._ids:
            self._turns[link] = (parent, role, text, parts)
            if blobs:
                self._holds[link] = blobs
        return link

    def _whole(self, message: Message, privacy: Privacy, blobs: list[Link]) -> tuple[str, str]:
        """The words of a message, and all of it as JSON, with its bytes put elsewhere."""
        held = msgspec.to_builtins(message, builtin_types=(bytes,))
        held.pop("role")
        held = privacy.value(self._without_bytes(held, privacy, blobs))
        text = "\n".join(filter(None, map(_words, message.parts)))
        return privacy.redact(text) if privacy.redact else text, encode(held).decode()

    def _without_bytes(self, value: Any, privacy: Privacy, blobs: list[Link], media_type: str | None = None) -> Any:
        if isinstance(value, bytes):
            if privacy.redact:
                return {LEFT_OUT: len(value)}
            blobs.append(self.blob(value, media_type))
            return {BLOB: blobs[-1].hex()}
        if isinstance(value, dict):
            kind = value.get("media_type") or value.get("format")
            return {name: self._without_bytes(held, privacy, blobs, kind) for name, held in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._without_bytes(held, privacy, blobs) for held in value]
        return value

    def _texts(self, request: EmbedRequest, privacy: Privacy) -> Link:
        texts = privacy.value(msgspec.to_builtins(request.texts))
        words = "\n".join([text for text in texts if isinstance(text, str)])
        return self._put(TEXTS, words, encode({"texts": texts}).decode(), b"", [])

    # In the transaction

    def are_there(self, used: set[Link]) -> bool:
        """Whether what was remembered of these, and of what is to be stored, is still in the file: with a turn, all
        turns before it are."""
        used = used.union([turn[0] for turn in self._turns.values()], *self._holds.values())
        known = [link for link in used if link in self._ids]
        turns = _found(self._connection, "turns", known)
        blobs = _found(self._connection, "blobs", [link.hex() for link in known])
        return all(self._ids[link] in found for link, *found in zip(known, turns, blobs, strict=True))

    def store(self) -> dict[Link, int]:
        """Give a row to all that was taken in and has none. Gives the rows of everything."""
        self._store("blobs", self._blobs, [value[0] for value in self._blobs.values()])
        new = self._store("turns", self._turns, list(self._turns))
        if self._index:
            insert(self._connection, "search (rowid, text)", [(self._ids[link], self._turns[link][2]) for link in new])
        held = [(self._ids[link], self._ids[blob]) for link in new for blob in dict.fromkeys(self._holds.get(link, ()))]
        insert(self._connection, "turn_blobs (turn, blob)", held)
        for waiting in (self._turns, self._blobs, self._holds):
            waiting.clear()
        return self._ids

    def _store(self, table: str, new: dict[Link, tuple[Any, ...]], hashes: list[Any]) -> list[Link]:
        """Look up what is there, and put the rest in. Gives the rest."""
        if not new:
            return []
        for link, found in zip(new, _found(self._connection, table, hashes), strict=True):
            if found is not None:
                self._ids[link] = found
        rest = [link for link in new if link not in self._ids]
        last = self._connection.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0]  # noqa: S608
        self._ids.update({link: number for number, link in enumerate(rest, last + 1)})
        if table == "turns":
            rows = [(self._ids[link], link, self._ids.get(new[link][0]), *new[link][1:]) for link in rest]
            insert(self._connection, "turns (id, hash, parent, role, text, parts)", rows)
        else:
            rows = [(self._ids[link], *new[link]) for link in rest]
            insert(self._connection, "blobs (id, hash, media_type, size, data)", rows)
        return rest


def _found(connection: sqlite3.Connection, table: str, hashes: list[Any]) -> list[int | None]:
    """The rows that have these hashes, None for those that there aren't."""
    rows: dict[Any, int] = {}
    for at in range(0, len(hashes), _LOOKED_UP):
        some = hashes[at : at + _LOOKED_UP]
        places = ", ".join("?" * _LOOKED_UP)
        some += [0] * (_LOOKED_UP - len(some))
        rows.update(connection.execute(f"SELECT hash, id FROM {table} WHERE hash IN ({places})", some))  # noqa: S608
    return [rows.get(one) for one in hashes]


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
        case Text() | Thinking() | Refusal():
            return part.text
        case ToolCall():
            return f"{part.name} {part.json}"
        case ToolResult():
            return part.text
        case Document():
            return "\n".join(filter(None, [part.name, part.text]))
    return getattr(part, "transcript", None) or ""


def whole_text(text: str) -> str:
    """Without the lone surrogates that JSON may bring and SQLite refuses."""
    return text.encode("utf-8", "replace").decode()


# Reading


def read_turns(connection: sqlite3.Connection, last: int | None, whole: bool = False) -> list[dict[str, Any]]:
    """A turn and all before it, the first one first: its id, role, text, and `message` (None for texts to embed).

    A message that an older ringup spoiled has its words only; where it has to be `whole`, ValueError is raised.
    """
    found = connection.execute(
        "WITH RECURSIVE up (id, depth) AS (SELECT ?, 0 UNION ALL SELECT turns.parent, depth + 1 FROM turns "
        "JOIN up ON turns.id = up.id WHERE turns.parent IS NOT NULL) "
        "SELECT turns.id, role, text, parts FROM up JOIN turns ON turns.id = up.id ORDER BY depth DESC",
        (last,),
    )
    return [
        {"id": turn, "role": role, "text": text, "message": _message(connection, role, text, parts, whole)}
        for turn, role, text, parts in found
    ]


def _message(connection: sqlite3.Connection, role: str, text: str, parts: str | None, whole: bool) -> Message | None:
    if role == TEXTS:
        return None
    name: Any = "system" if role == INSTRUCTIONS else role
    if parts is None:
        return Message(name, (Text(text),))
    try:
        held = _with_bytes(connection, decode(parts))
        return msgspec.convert({"role": name, **held}, Message, builtin_types=(bytes,))
    except (msgspec.MsgspecError, ValueError):
        if whole:
            raise ValueError(text) from None
        return Message(name, (Text(text),))


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
