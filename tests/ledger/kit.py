"""A client over a transport that answers from a list, and what its ledger has."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ringup
from tests.test_client import CANARY, Wire

__all__ = ["CANARY", "client", "files", "look", "table"]


@contextmanager
def client(path: Path, *answers: Any, level: Any = "full", redact: Any = None, **options: Any) -> Iterator[Any]:
    """A client that logs there. At the end all is written, and nothing was lost."""
    ledger = ringup.Ledger(path, level=level, redact=redact)
    made = ringup.Client("gpt-4o-mini", api_key=CANARY, transport=Wire(*answers), ledger=ledger, **options)
    with made:
        yield made
    assert ledger.lost == 0


def look(path: Path, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query, values).fetchall()
    finally:
        connection.close()


def table(path: Path, name: str) -> list[dict[str, Any]]:
    """A whole table."""
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute(f"SELECT * FROM {name}")]
    finally:
        connection.close()


def files(path: Path) -> bytes:
    """All bytes of a ledger: its file, and those beside it."""
    return b"".join([file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*"))])
