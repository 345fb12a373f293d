"""A log of calls in SQLite: one row per call, written behind the caller's back, and never in its way.

Rows are handed to one writer thread and committed together, at most 100 ms after the call. A ledger that can't be
written never makes a call fail: the rows are counted as lost, and a warning says so once. Prompts and answers aren't
kept, only what the call was and what it cost.
"""

from __future__ import annotations

import atexit
import os
import queue
import threading
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ringup.call import Record

if TYPE_CHECKING:
    import sqlite3

__all__ = ["Ledger", "rows"]

SCHEMA_VERSION = 1
_COMMIT_EVERY = 0.1
_COLUMNS = {
    "started": "TEXT NOT NULL",
    "provider": "TEXT NOT NULL",
    "model": "TEXT NOT NULL",
    "model_answered": "TEXT",
    "wire": "TEXT NOT NULL",
    "stream": "INTEGER NOT NULL",
    "outcome": "TEXT NOT NULL",
    "finish_reason": "TEXT",
    "error": "TEXT",
    "status": "INTEGER",
    "request_id": "TEXT",
    "attempts": "INTEGER NOT NULL",
    "latency": "REAL",
    "time_to_first_token": "REAL",
    "input_tokens": "INTEGER",
    "output_tokens": "INTEGER",
    "cache_read_tokens": "INTEGER",
    "cache_write_tokens": "INTEGER",
    "reasoning_tokens": "INTEGER",
    "cost_usd": "TEXT",
    "cost_unknown": "TEXT",
    "notices": "TEXT NOT NULL",
}
_CREATE = "CREATE TABLE IF NOT EXISTS calls (id INTEGER PRIMARY KEY, {})".format(
    ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
)
_INSERT = "INSERT INTO calls ({}) VALUES ({})".format(", ".join(_COLUMNS), ", ".join("?" * len(_COLUMNS)))  # noqa: S608


class Ledger:
    """Writes calls to the SQLite file at `path`. Share one between clients, or give each client the path."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.lost = 0
        self._queue: queue.SimpleQueue[Record | threading.Event | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._writer: threading.Thread | None = None
        self._pid = 0

    def add(self, record: Record) -> None:
        """Log a call that is over. Returns at once."""
        if self._writer is None or self._pid != os.getpid():
            self._start()
        self._queue.put(record)

    def _start(self) -> None:
        with self._lock:
            if self._writer is not None and self._pid == os.getpid():
                return
            self._queue = queue.SimpleQueue()  # a forked child begins anew: the parent's writer has the old rows
            self._pid = os.getpid()
            self._writer = threading.Thread(target=self._write, args=(self._queue,), name="ringup-ledger", daemon=True)
            self._writer.start()
            atexit.register(self.close)

    def flush(self, timeout: float = 5.0) -> None:
        """Wait until all that was added is in the file, `timeout` seconds at most."""
        if self._writer is not None and self._pid == os.getpid():
            written = threading.Event()
            self._queue.put(written)
            written.wait(timeout)

    def close(self) -> None:
        """Write what is left, and stop the writer. A later `add` starts it again."""
        writer = self._writer
        if writer is not None and self._pid == os.getpid():
            self._queue.put(None)
            writer.join(5.0)
            self._writer = None
            atexit.unregister(self.close)

    def _write(self, source: queue.SimpleQueue[Record | threading.Event | None]) -> None:
        """The writer's thread: take all that is there, commit it together, wait a little, again."""
        open_ = True
        while open_:
            batch: list[Record] = []
            waiting: list[threading.Event] = []
            item = source.get()
            deadline = time.monotonic() + _COMMIT_EVERY
            while True:
                if item is None:
                    open_ = False
                elif isinstance(item, threading.Event):
                    waiting.append(item)
                else:
                    batch.append(item)
                if not open_ or waiting:
                    break
                try:
                    item = source.get(timeout=max(deadline - time.monotonic(), 0))
                except queue.Empty:
                    break
            self._commit(batch)
            for written in waiting:
                written.set()

    def _commit(self, batch: list[Record]) -> None:
        if not batch:
            return
        import logging
        import sqlite3

        try:
            values = [_row(record) for record in batch]
            with closing(_connect(self.path)) as connection, connection:
                connection.executemany(_INSERT, values)
        except (sqlite3.Error, OSError) as error:
            if not self.lost:
                logging.getLogger("ringup").warning(
                    "the ledger %s can't be written (%s): calls go on, unlogged", self.path, error
                )
            self.lost += len(batch)


def _connect(path: Path) -> sqlite3.Connection:
    import sqlite3  # here, for who keeps no ledger

    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, timeout=5.0)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute(_CREATE)
    connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
    return connection


def _row(record: Record) -> tuple[Any, ...]:
    reply = record.reply or getattr(record.error, "partial", None) or record.fold.reply()
    last = record.attempts[-1]
    usage = reply.usage
    bill = reply.bill if record.reply else None
    whole = (last.ended or time.time()) - record.started
    return (
        datetime.fromtimestamp(record.started, UTC).isoformat(timespec="microseconds"),
        record.plan.provider.name,
        record.plan.request.model,
        reply.model,
        record.plan.wire.NAME,
        record.plan.request.stream,
        record.outcome,
        reply.finish_reason,
        None if record.error is None else f"{type(record.error).__name__}: {record.error.message}",
        last.status,
        last.request_id,
        len(record.attempts),
        whole,
        reply.time_to_first_token,
        usage.input_tokens,
        usage.output_tokens,
        usage.cache_read_tokens,
        usage.cache_write_tokens,
        usage.reasoning_tokens,
        None if bill is None or bill.total is None else str(bill.total),
        None if bill is None else bill.reason,
        msgspec.json.encode([f"{notice.kind} {notice.what}" for notice in record.plan.notices]).decode(),
    )


def rows(path: str | os.PathLike[str], limit: int = 20) -> list[dict[str, Any]]:
    """The last calls in a ledger, newest first."""
    if not Path(path).exists():
        return []
    import sqlite3

    with closing(sqlite3.connect(f"file:{Path(path).absolute()}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        found = connection.execute("SELECT * FROM calls ORDER BY id DESC LIMIT ?", (limit,)).fetchall()
    return [dict(row) for row in found]
