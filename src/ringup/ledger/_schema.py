"""The file: its tables and views, how it is opened, and how an older one is brought to today's form.

docs/ledger.md describes every table and column for whoever reads the file with other tools.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ringup.errors import ConfigurationError

if TYPE_CHECKING:
    import sqlite3

__all__ = [
    "ATTEMPTS",
    "CALLS",
    "COSTS",
    "INTO_ATTEMPTS",
    "INTO_CALLS",
    "INTO_TAGS",
    "VERSION",
    "has_index",
    "insert",
    "next_call",
    "open_ledger",
    "open_to_read",
    "transaction",
]

VERSION = 4
"""Of the form, as the file has it in `PRAGMA user_version`."""

_APPLICATION = 0x52494E47
"""`PRAGMA application_id` of every ledger: RING."""

_AT_ONCE = (128, 96, 64, 48, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1)
"""So many rows a statement: few sizes, for each is prepared once and kept."""

_MANY = 8

BUSY = 5.0
"""Seconds that a lock of somebody else's is waited for."""

CALLS = {
    "id": "INTEGER PRIMARY KEY",
    "ask": "TEXT",
    "step": "INTEGER",
    "session": "TEXT",
    "kind": "TEXT NOT NULL",
    "provider": "TEXT NOT NULL",
    "wire": "TEXT NOT NULL",
    "url": "TEXT",
    "model": "TEXT NOT NULL",
    "model_answered": "TEXT",
    "stream": "INTEGER NOT NULL",
    "queued": "INTEGER NOT NULL",
    "sent": "INTEGER",
    "first_byte": "INTEGER",
    "first_token": "INTEGER",
    "ended": "INTEGER",
    "outcome": "TEXT NOT NULL",
    "finish_reason": "TEXT",
    "raw_finish_reason": "TEXT",
    "status": "INTEGER",
    "error_type": "TEXT",
    "error": "TEXT",
    "request_id": "TEXT",
    "reply_id": "TEXT",
    "attempts": "INTEGER NOT NULL",
    "maybe_billed": "INTEGER NOT NULL",
    "bytes_sent": "INTEGER",
    "bytes_received": "INTEGER",
    "input_tokens": "INTEGER",
    "output_tokens": "INTEGER",
    "cache_read_tokens": "INTEGER",
    "cache_write_tokens": "INTEGER",
    "reasoning_tokens": "INTEGER",
    "usage": "TEXT",
    "usage_estimated": "INTEGER NOT NULL",
    "cost_usd": "TEXT",
    "cost_lines": "TEXT",
    "cost_unknown": "TEXT",
    "cost_estimated": "INTEGER NOT NULL",
    "prices": "TEXT",
    "parameters": "TEXT",
    "notices": "TEXT NOT NULL",
    "prompt": "TEXT",
    "level": "TEXT NOT NULL",
    "input": "INTEGER REFERENCES turns(id)",
    "output": "INTEGER REFERENCES turns(id)",
    "tools": "INTEGER REFERENCES blobs(id)",
    "request": "TEXT",
    "reply": "TEXT",
    "terms": "TEXT",
}
ATTEMPTS = {
    "call": "INTEGER NOT NULL REFERENCES calls(id) ON DELETE CASCADE",
    "number": "INTEGER NOT NULL",
    "sent": "INTEGER NOT NULL",
    "first_byte": "INTEGER",
    "first_token": "INTEGER",
    "ended": "INTEGER",
    "wait": "REAL",
    "outcome": "TEXT",
    "status": "INTEGER",
    "error_type": "TEXT",
    "error": "TEXT",
    "request_id": "TEXT",
    "maybe_billed": "INTEGER NOT NULL",
    "bytes_sent": "INTEGER",
    "bytes_received": "INTEGER",
    "input_tokens": "INTEGER",
    "output_tokens": "INTEGER",
    "cache_read_tokens": "INTEGER",
    "cache_write_tokens": "INTEGER",
    "reasoning_tokens": "INTEGER",
    "cost_usd": "TEXT",
    "cost_lines": "TEXT",
    "cost_unknown": "TEXT",
    "cost_estimated": "INTEGER NOT NULL DEFAULT 0",
    "prices": "TEXT",
    "terms": "TEXT",
}
INTO_CALLS = f"calls ({', '.join(CALLS)})"
INTO_ATTEMPTS = f"attempts ({', '.join(ATTEMPTS)})"
INTO_TAGS = "tags (call, name, value)"
"""Where rows go in: the tables may have columns of the user's own, too."""

COSTS = tuple(ATTEMPTS)[-6:]
"""The columns of a bill, in both tables. Of calls, the terms stand last: they came with version 4."""


def _table(name: str, columns: dict[str, str], rest: str = "") -> str:
    return f"CREATE TABLE {name} ({', '.join(f'{column} {kind}' for column, kind in columns.items())}{rest}"


def insert(connection: sqlite3.Connection, table: str, rows: Sequence[Sequence[Any]]) -> None:
    """Put whole rows in, many with one statement: at each statement, Python lets other threads run, and has to wait for
    them. What a column has in all of many rows is handed over once, for that is most of the work of an insert."""
    at = 0
    while at < len(rows):
        count = next(size for size in _AT_ONCE if size <= len(rows) - at)
        columns = list(zip(*rows[at : at + count], strict=True))
        alike = [count >= _MANY and one[0] == one[-1] and one.count(one[0]) == count for one in columns]
        held: list[Any] = []
        for column, is_one in zip(columns, alike, strict=True):
            held += column[:1] if is_one else column
        connection.execute(_statement(table, tuple(alike), count), held)
        at += count


@lru_cache(128)
def _statement(table: str, alike: tuple[bool, ...], rows: int) -> str:
    """Its parameters go column by column: one for a column that has the same everywhere, else one for each row."""
    first = 1
    columns = []
    for is_one in alike:
        columns.append([f"?{first}"] * rows if is_one else [f"?{first + row}" for row in range(rows)])
        first += 1 if is_one else rows
    values = [f"({', '.join(row)})" for row in zip(*columns, strict=True)]
    return f"INSERT INTO {table} VALUES {', '.join(values)}"  # noqa: S608


def _when(column: str) -> str:
    """Microseconds since the epoch as text: 2026-11-23T16:30:00.123456+00:00."""
    seconds = f"strftime('%Y-%m-%dT%H:%M:%S', {column} / 1000000, 'unixepoch')"
    return f"{seconds} || printf('.%06d+00:00', {column} % 1000000)"


_LOG = f"""CREATE VIEW log AS SELECT id, {_when("coalesce(sent, queued)")} AS started, provider, model, model_answered,
    wire, stream, outcome, finish_reason, error_type || ': ' || error AS error, status, request_id, attempts,
    (ended - coalesce(sent, queued)) / 1e6 AS latency,
    (first_token - coalesce(sent, queued)) / 1e6 AS time_to_first_token,
    input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens,
    cost_usd, cost_unknown, notices, prompt, kind, ask, step, session, maybe_billed, parameters, level,
    cost_lines, cost_estimated, prices, terms FROM calls"""  # noqa: S608 - the names are ours
_TRIES = f"""CREATE VIEW tries AS SELECT call, number, {_when("sent")} AS started, outcome, status, error_type, error,
    (first_byte - sent) / 1e6 AS time_to_first_byte, (first_token - sent) / 1e6 AS time_to_first_token,
    (ended - sent) / 1e6 AS latency, wait, maybe_billed, bytes_sent, bytes_received, request_id,
    cost_usd, cost_unknown, cost_estimated, terms FROM attempts"""  # noqa: S608
_FORKS = """CREATE VIEW forks AS SELECT parent, count(*) AS ways, min(id) AS first, max(id) AS last
    FROM turns WHERE parent IS NOT NULL GROUP BY parent HAVING count(*) > 1"""

_TABLES = (
    _table("calls", CALLS, ")"),
    "CREATE INDEX calls_queued ON calls (queued)",
    "CREATE INDEX calls_session ON calls (session) WHERE session IS NOT NULL",
    "CREATE INDEX calls_input ON calls (input) WHERE input IS NOT NULL",
    "CREATE INDEX calls_output ON calls (output) WHERE output IS NOT NULL",
    _table("attempts", ATTEMPTS, ", PRIMARY KEY (call, number)) WITHOUT ROWID"),
    "CREATE TABLE tags (call INTEGER NOT NULL REFERENCES calls(id) ON DELETE CASCADE, name TEXT NOT NULL, "
    "value TEXT NOT NULL, PRIMARY KEY (call, name)) WITHOUT ROWID",
    "CREATE TABLE turns (id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, parent INTEGER REFERENCES turns(id), "
    "role TEXT NOT NULL, text TEXT NOT NULL, parts TEXT)",
    "CREATE INDEX turns_parent ON turns (parent) WHERE parent IS NOT NULL",
    "CREATE TABLE blobs (id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, media_type TEXT, size INTEGER NOT NULL, "
    "data BLOB NOT NULL)",
    "CREATE TABLE turn_blobs (turn INTEGER NOT NULL REFERENCES turns(id) ON DELETE CASCADE, "
    "blob INTEGER NOT NULL REFERENCES blobs(id), PRIMARY KEY (turn, blob)) WITHOUT ROWID",
    "CREATE TABLE losses (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, process INTEGER NOT NULL, "
    "calls INTEGER NOT NULL, reason TEXT NOT NULL)",
    _LOG,
    _TRIES,
    _FORKS,
)
_INDEX = 'CREATE VIRTUAL TABLE search USING fts5(text, content="turns", content_rowid="id")'
"""Datasette looks for this form, with these quotes, to offer its field for a search."""


# Opening


def open_ledger(path: Path) -> sqlite3.Connection:
    """A connection that writes; the file is made where there is none, for nobody but its owner to read.

    Raises ConfigurationError for a file that isn't a ledger, or one of a newer ringup; sqlite3.Error and OSError for
    one that can't be opened.
    """
    import sqlite3  # here, for who keeps no ledger

    _refuse_folder(path)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, timeout=BUSY, isolation_level=None, check_same_thread=False)
    try:
        version = _looked_at(connection, path)
        _hide(path)
        _use_wal(connection)
        connection.execute("PRAGMA synchronous=NORMAL")
        if version != VERSION:
            _bring_up(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _refuse_folder(path: Path) -> None:
    if path.is_dir():
        raise IsADirectoryError("it is a folder")  # SQLite calls it a disk I/O error


def _hide(path: Path) -> None:
    """Nobody but its owner shall read a ledger, whoever made the file: an older ringup, `touch`, a copy."""
    for file in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
        with suppress(OSError):  # it isn't there, or is somebody else's
            if file.stat().st_mode & 0o077:
                file.chmod(0o600)


def _use_wal(connection: sqlite3.Connection) -> None:
    import sqlite3

    for _ in range(50):  # SQLite doesn't wait here by itself when somebody else is opening the file
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            time.sleep(0.02)


def open_to_read(path: Path) -> sqlite3.Connection:
    """A connection that only reads. A file of an older ringup is brought up to date first. Raises as `open_ledger`.

    Its function `folded` gives a text without the difference of case, also of letters that aren't ASCII.

    In a folder that can't be written, where SQLite can't make its WAL, the file is read as one that nobody changes; and
    where there is a WAL that this would leave out, ConfigurationError says what to do.
    """
    import sqlite3

    _refuse_folder(path)
    try:
        return _opened_to_read(path, "mode=ro")
    except sqlite3.OperationalError as error:
        kinds = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
        if error.sqlite_errorcode & 0xFF not in kinds or not path.is_file():
            raise
    wal = path.with_name(path.name + "-wal")
    if wal.exists() and wal.stat().st_size:
        raise ConfigurationError(
            f"the ledger {str(path)!r} can't be read: its newest calls are in {wal.name}, and SQLite reads that only "
            "in a folder that it can write to.",
            advice="Copy both files into another folder, and name the copy; or close the program that writes.",
        )
    return _opened_to_read(path, "mode=ro&immutable=1")


def _opened_to_read(path: Path, how: str) -> sqlite3.Connection:
    import sqlite3

    connection = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, timeout=BUSY)
    connection.row_factory = sqlite3.Row
    connection.create_function("folded", 1, str.casefold)  # SQLite's own `lower` knows ASCII only
    try:
        if _looked_at(connection, path) != VERSION:
            open_ledger(path).close()
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of it, or nothing. The lock is taken at the beginning, where it can be waited for."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def has_index(connection: sqlite3.Connection) -> bool:
    """Whether there is an index of words, and this SQLite can use it."""
    import sqlite3

    try:
        connection.execute("SELECT rowid FROM search LIMIT 0")
    except sqlite3.OperationalError:
        return False
    return True


def next_call(connection: sqlite3.Connection) -> int:
    """The number of the next call: after all that there are, and all that were purged."""
    last: int = connection.execute("SELECT coalesce(max(id), 0) FROM calls").fetchone()[0]
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'purged'").fetchone():
        last = max(last, *connection.execute("SELECT coalesce(max(last), 0) FROM purged").fetchone())
    return last + 1


# Versions


def _looked_at(connection: sqlite3.Connection, path: Path) -> int:
    """The version, all that it is told by seen at one moment: another program may be making the tables."""
    connection.execute("BEGIN")
    try:
        return _version(connection, path)
    finally:
        connection.execute("ROLLBACK")


def _version(connection: sqlite3.Connection, path: Path) -> int:
    """The version of the form; 0 for an empty file. Raises ConfigurationError for what isn't ours, or is too new."""
    application, version = _pragma(connection, "application_id"), _pragma(connection, "user_version")
    if application == _APPLICATION:
        if version > VERSION:
            raise ConfigurationError(
                f"the ledger {str(path)!r} was written by a newer ringup (its form is {version}, and this ringup knows "
                f"{VERSION}).",
                advice="Update ringup, or name another file.",
            )
        return version
    if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        return 0
    columns = {row[1] for row in connection.execute("PRAGMA table_info(calls)")}
    if version in (1, 2) and "cost_unknown" in columns:  # these had no application_id
        return version
    raise ConfigurationError(f"{str(path)!r} is a database, and not a ledger of ringup.", advice="Name another file.")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    value: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value


def _bring_up(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables, or rewrite those of an older version. Two that open the file at once wait for each other."""
    with transaction(connection):
        version = _version(connection, path)
        if version == VERSION:
            return
        if version == 3:
            _add_costs(connection)
        else:
            _make(connection, version)
        connection.execute(f"PRAGMA application_id={_APPLICATION}")
        connection.execute(f"PRAGMA user_version={VERSION}")


def _make(connection: sqlite3.Connection, version: int) -> None:
    if version:
        connection.execute("ALTER TABLE calls RENAME TO old_calls")
    for statement in _TABLES:
        connection.execute(statement)
    _make_index(connection)
    if version:
        _take_over(connection, version)


def _make_index(connection: sqlite3.Connection) -> None:
    import sqlite3

    try:
        connection.execute(_INDEX)
    except sqlite3.OperationalError as error:
        if "no such module" not in str(error):  # a Python whose SQLite has no FTS5: `search` looks with LIKE
            raise


_STARTED = "CAST(strftime('%s', started) AS INTEGER) * 1000000 + CAST(substr(started, 21, 6) AS INTEGER)"
_SAME = (
    *("id", "provider", "wire", "model", "model_answered", "stream", "outcome", "finish_reason", "status"),
    *("request_id", "attempts", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"),
    *("reasoning_tokens", "cost_usd", "cost_unknown", "notices"),
)


_UNKNOWN = "'an older ringup wrote this, without the cost of each try'"
_MAYBE_BILLED = "outcome != 'answered' AND cost_usd IS NULL AND attempts > 0 AND coalesce(status, 200) < 300"
"""Of versions 1 and 2, which had no rows of tries: what the server didn't refuse."""


def _take_over(connection: sqlite3.Connection, version: int) -> None:
    """The rows of version 1 (one table, times as text) or 2 (with the digests of the prompt)."""
    values: dict[str, Any] = {
        **{name: name for name in _SAME},
        "kind": "CASE WHEN wire LIKE '%embed%' THEN 'embeddings' ELSE 'answer' END",
        "queued": _STARTED,
        "sent": _STARTED,
        "first_token": f"{_STARTED} + CAST(time_to_first_token * 1e6 AS INTEGER)",
        "ended": f"{_STARTED} + CAST(latency * 1e6 AS INTEGER)",
        "error_type": "CASE WHEN instr(error, ': ') THEN substr(error, 1, instr(error, ': ') - 1) ELSE error END",
        "error": "CASE WHEN instr(error, ': ') THEN substr(error, instr(error, ': ') + 2) ELSE error END",
        **dict.fromkeys(("usage_estimated", "cost_estimated"), "0"),
        "maybe_billed": _MAYBE_BILLED,
        "cost_unknown": f"CASE WHEN {_MAYBE_BILLED} THEN coalesce(cost_unknown, {_UNKNOWN}) ELSE cost_unknown END",
        "prompt": "prompt" if version > 1 else "NULL",
        "level": "'metadata'",
    }
    connection.execute(
        f"INSERT INTO calls ({', '.join(values)}) SELECT {', '.join(values.values())} FROM old_calls"  # noqa: S608
    )
    connection.execute("DROP TABLE old_calls")


def _add_costs(connection: sqlite3.Connection) -> None:
    """To version 3, whose tries had no costs. The one that was answered has those of the call."""
    for name in COSTS:
        connection.execute(f"ALTER TABLE attempts ADD COLUMN {name} {ATTEMPTS[name]}")
    connection.execute(f"ALTER TABLE calls ADD COLUMN terms {CALLS['terms']}")
    for statement in ("DROP VIEW log", "DROP VIEW tries", "DROP VIEW IF EXISTS asks", _LOG, _TRIES):
        connection.execute(statement)
    bill = ", ".join(COSTS)
    connection.execute(
        f"UPDATE attempts SET ({bill}) = (SELECT {bill} FROM calls WHERE id = call) "  # noqa: S608 - the names are ours
        "WHERE outcome = 'answered'"
    )
    for table in ("attempts", "calls"):
        connection.execute(f"UPDATE {table} SET cost_unknown = {_UNKNOWN} WHERE outcome != 'answered' AND maybe_billed")  # noqa: S608
