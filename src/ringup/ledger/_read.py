"""Reading a ledger: what `ringup log` and a user's own programs ask of it. Every function opens and closes the file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import msgspec

from ringup.errors import ConfigurationError
from ringup.ledger._filters import Filters, conditions, query
from ringup.ledger._schema import has_index, open_to_read
from ringup.ledger._turns import INSTRUCTIONS, TEXTS, read_turns
from ringup.masks import MASK
from ringup.messages import Opaque, OutputSchema, Reasoning, Request, Tool, ToolChoice
from ringup.wire_tools import decode

if TYPE_CHECKING:
    import sqlite3

__all__ = ["call", "conversation", "file_of", "has_words", "losses", "newest", "request_of", "rows", "search"]


def file_of(path: str | os.PathLike[str]) -> Path:
    """The file that a path means: `~` is the user's home."""
    return Path(os.path.abspath(os.path.expanduser(path)))


_SPOILED = "an older ringup spoiled this when it masked a secret in it"
_INSTEAD = {
    "parameters": f'{{"unreadable":"{_SPOILED}"}}',
    "notices": f'["unreadable: {_SPOILED}"]',
    "reply": "{}",
}


def _mended(row: dict[str, Any]) -> dict[str, Any]:
    """A row with a word in each column whose JSON can't be read any more."""
    for name, told in _INSTEAD.items():
        text = row.get(name)
        if text and MASK in text and not _is_sound(text):
            row[name] = told
    return row


def _is_sound(text: str) -> bool:
    try:
        decode(text)
    except ValueError:
        return False
    return True


@contextmanager
def _reading(path: str | os.PathLike[str]) -> Iterator[sqlite3.Connection]:
    import sqlite3  # here, for who keeps no ledger

    try:
        with closing(open_to_read(file_of(path))) as connection:
            yield connection
    except (sqlite3.Error, OSError) as error:
        raise ConfigurationError(f"the ledger {str(path)!r} can't be read: {error}.") from None


def _found(path: str | os.PathLike[str], statement: str, values: tuple[Any, ...] = ()) -> list[dict[str, Any]]:
    if not file_of(path).exists():
        return []
    with _reading(path) as connection:
        return [dict(row) for row in connection.execute(statement, values)]


def rows(path: str | os.PathLike[str], limit: int = 20, **filters: Unpack[Filters]) -> list[dict[str, Any]]:
    """The last calls in a ledger, as the view `log` has them, newest first: by when they were asked for. A limit of -1
    is none.

        rows("calls.db", model="claude-*", status="failed", since="2026-11-20")

    `Filters` has all of the filters. Raises ConfigurationError when the file isn't a ledger, or one of a newer ringup;
    ParameterError for a filter that can't be read.
    """
    if not file_of(path).exists():
        conditions(filters, indexed=False)  # a wrong filter is an error all the same
        return []
    with _reading(path) as connection:
        wanted, values = query(filters, has_index(connection))
        return [_mended(dict(row)) for row in connection.execute(wanted, (*values, limit))]


def newest(path: str | os.PathLike[str]) -> int:
    """The id of the call that was written last; 0 where there is none."""
    found = _found(path, "SELECT max(id) AS id FROM calls")
    return (found[0]["id"] if found else None) or 0


def losses(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """The calls that couldn't be written when they were made: `at` (microseconds), `process`, `calls`, `reason`."""
    return _found(path, "SELECT at, process, calls, reason FROM losses ORDER BY id")


def call(path: str | os.PathLike[str], id: int) -> dict[str, Any] | None:
    """All of one call, or None: the row of `calls`, its rows of `attempts` under "tries", and its "tags"."""
    found = _found(path, "SELECT * FROM calls WHERE id = ?", (id,))
    if not found:
        return None
    tries = _found(path, "SELECT * FROM attempts WHERE call = ? ORDER BY number", (id,))
    tags = _found(path, "SELECT name, value FROM tags WHERE call = ?", (id,))
    return {**_mended(found[0]), "tries": tries, "tags": {tag["name"]: tag["value"] for tag in tags}}


def conversation(path: str | os.PathLike[str], id: int) -> list[dict[str, Any]]:
    """What was said in a call, the answer last, as far as the level kept it.

    Each turn has its `id` (the same turn has the same one in every call), `role`, `text` and `message`. Empty where
    there is no such file or call.
    """
    if not file_of(path).exists():
        return []
    with _reading(path) as connection:
        row = connection.execute("SELECT input, output FROM calls WHERE id = ?", (id,)).fetchone()
        return read_turns(connection, row["output"] or row["input"]) if row else []


def request_of(path: str | os.PathLike[str], id: int) -> Request | None:
    """The request of a call as it was made, to be made again. None where the level kept no words, and for embeddings.

    None too where there is no such file or call. At the level `redacted` it is what the hook left of it. Raises
    ConfigurationError where an older ringup spoiled what is needed, when it masked a secret in it.
    """
    if not file_of(path).exists():
        return None
    try:
        return _request_of(path, id)
    except (msgspec.MsgspecError, ValueError):
        raise ConfigurationError(f"the request of call {id} can't be made again: {_SPOILED}.") from None


def _request_of(path: str | os.PathLike[str], id: int) -> Request | None:
    with _reading(path) as connection:
        row = connection.execute("SELECT * FROM calls WHERE id = ?", (id,)).fetchone()
        if row is None or row["request"] is None or row["input"] is None:
            return None
        turns = read_turns(connection, row["input"], whole=True)
        tools = connection.execute("SELECT data FROM blobs WHERE id = ?", (row["tools"],)).fetchone()
    if turns[0]["role"] == TEXTS:
        return None
    system = turns.pop(0)["message"].parts if turns[0]["role"] == INSTRUCTIONS else ()
    return Request(
        model=row["model"],
        messages=tuple([turn["message"] for turn in turns]),
        system=system,
        stream=bool(row["stream"]),
        tools=tuple([_struct(held, Tool) for held in decode(tools[0])]) if tools else (),
        **{name: _field(name, held) for name, held in decode(row["request"]).items()},
    )


_STRUCTS = {"tool_choice": ToolChoice, "output_schema": OutputSchema, "reasoning": Reasoning}


def _field(name: str, held: Any) -> Any:
    if name in _STRUCTS:
        return _struct(held, _STRUCTS[name])
    return tuple(held) if name == "stop" else held


def _struct(held: dict[str, Any], kind: Any) -> Any:
    return msgspec.convert(held, Opaque if held.get("type") == "opaque" else kind)


def search(path: str | os.PathLike[str], words: str, limit: int = 20) -> list[dict[str, Any]]:
    """The calls in which all of these words were said, newest first, as `rows` gives them. Case doesn't matter.

    A call says what is new in it: its answer, and of its prompt what comes after the last turn that another call ended
    with; so a system prompt counts for every conversation that it began. Whole words are looked for, in an index, where
    SQLite has FTS5; else, and for words with a sign (C++, 5€), without letters or in a script without spaces, parts of
    every text.
    """
    return rows(path, limit, search=words) if words.split() else []


def has_words(path: str | os.PathLike[str]) -> bool:
    """Whether what was said is kept of any call: `metadata`, the default level, keeps none of it."""
    return bool(_found(path, "SELECT 1 FROM turns LIMIT 1"))
