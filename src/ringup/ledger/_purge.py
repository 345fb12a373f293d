"""Taking calls out of a ledger, so that nothing of them is left in its files."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ringup.errors import LedgerError, ParameterError
from ringup.ledger._filters import micro
from ringup.ledger._schema import has_index, transaction

if TYPE_CHECKING:
    import sqlite3

__all__ = ["chosen", "purge"]

_PATIENCE = 5.0
"""Seconds that readers of the file are waited for."""

_UNREACHED = """WITH RECURSIVE kept (id) AS (
    SELECT input FROM calls WHERE input IS NOT NULL UNION SELECT output FROM calls WHERE output IS NOT NULL
    UNION SELECT turns.parent FROM turns JOIN kept ON turns.id = kept.id WHERE turns.parent IS NOT NULL)
    DELETE FROM turns WHERE id NOT IN (SELECT id FROM kept)"""
_KEEP_LAST = (
    "CREATE TABLE IF NOT EXISTS purged (last INTEGER NOT NULL)",
    "INSERT INTO purged SELECT coalesce(max(id), 0) FROM calls",
    "DELETE FROM purged WHERE rowid NOT IN (SELECT rowid FROM purged ORDER BY last DESC LIMIT 1)",
)
"""No call gets the number of one that was purged: who follows the ledger would miss it."""

_REST = (
    "DELETE FROM attempts WHERE call NOT IN (SELECT id FROM calls)",
    "DELETE FROM tags WHERE call NOT IN (SELECT id FROM calls)",
    _UNREACHED,
    "DELETE FROM turn_blobs WHERE turn NOT IN (SELECT id FROM turns)",
    "DELETE FROM blobs WHERE id NOT IN (SELECT blob FROM turn_blobs) "
    "AND id NOT IN (SELECT tools FROM calls WHERE tools IS NOT NULL)",
)


def chosen(before: datetime | str | None, session: str | None, id: int | None) -> tuple[str, tuple[Any, ...]]:
    """The condition that calls must meet, and its values. Raises ParameterError when nothing is chosen."""
    given: dict[str, Any] = {
        "queued < ?": None if before is None else micro(before, "before"),
        "session = ?": session,
        "id = ?": id,
    }
    given = {condition: value for condition, value in given.items() if value is not None}
    if not given:
        raise ParameterError("say what to purge: before=, session= or id=", parameter="before")
    return " AND ".join(given), tuple(given.values())


def purge(connection: sqlite3.Connection, condition: str, values: tuple[Any, ...]) -> int:
    """Delete the calls, and what only they needed; then rewrite the file and empty its WAL. Gives how many calls.

    Raises LedgerError when another program keeps the WAL from being emptied.
    """
    with transaction(connection):
        for statement in _KEEP_LAST:
            connection.execute(statement)
        removed = connection.execute(f"DELETE FROM calls WHERE {condition}", values).rowcount  # noqa: S608
        for statement in _REST:
            connection.execute(statement)
        if has_index(connection):  # SQLite's index of words keeps deleted ones, until it is made anew
            connection.execute("INSERT INTO search (search) VALUES ('rebuild')")
    connection.execute("VACUUM")  # deleted rows stay in a file until it is written anew
    _empty_wal(connection)
    return removed


def _empty_wal(connection: sqlite3.Connection) -> None:
    until = time.monotonic() + _PATIENCE
    while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        if time.monotonic() > until:
            raise LedgerError(
                "the calls are deleted, but another program is reading the ledger, and until it is done, their text "
                "stays in the file that ends in -wal.",
                advice="Purge again when that program has closed the ledger.",
            )
        time.sleep(0.05)
