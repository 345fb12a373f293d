"""A log of calls in SQLite: one row per call, written behind the caller's back, and never in its way.

Rows are handed to one writer thread and committed together, at most 100 ms after the call. A ledger that can't be
written never makes a call fail: the rows are counted as lost, and a warning says so once. Prompts and answers aren't
kept, only what the call was and what it cost.
"""

from __future__ import annotations

import atexit
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ringup.call import Record
from ringup.errors import ConfigurationError
from ringup.wire_tools import encode

if TYPE_CHECKING:
    import sqlite3

__all__ = ["Ledger", "rows"]

SCHEMA_VERSION = 1
_COMMIT_EVERY = 0.1
_IDLE = 10.0
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


_Queue = queue.SimpleQueue["Record | threading.Event | None"]


class Ledger:
    """Writes calls to the SQLite file at `path` (`~` is your home). Share one between clients, or give each the path.

    Nothing is lost at the end of a program, but for one thing: a stream that nobody closed, and that ends with the
    interpreter itself.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = _path(path)
        self.lost = 0
        self._writers: dict[int, _Writer] = {}  # by process: a forked child has its own, and the parent the old rows

    def add(self, record: Record) -> None:
        """Log a call that is over. Returns at once."""
        if sys.is_finalizing():  # no thread starts any more, and nothing can be imported
            self.lost += 1
        elif not self._here().add(record):
            self._commit([record])

    def flush(self, timeout: float = 5.0) -> None:
        """Wait until all that was added is in the file, `timeout` seconds at most."""
        self._here().flush(timeout)

    def close(self) -> None:
        """Write what is left, and stop the writer. A later `add` starts it again."""
        self._here().stop(5.0)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.path,)

    def _here(self) -> _Writer:
        process = os.getpid()
        return self._writers.get(process) or self._writers.setdefault(process, _Writer(self._commit))

    def _commit(self, batch: list[Record]) -> None:
        import logging

        try:
            values = [_row(record) for record in batch]
            with closing(_connect(self.path)) as connection, connection:
                connection.executemany(_INSERT, values)
        except Exception as error:  # whatever it is: a call is worth more than its row
            if not self.lost:
                logging.getLogger("ringup").warning(
                    "the ledger %s can't be written (%s): calls go on, unlogged", self.path, error
                )
            self.lost += len(batch)


class _Writer:
    """The thread that writes, in one process. It runs from the first record to `stop`, or until 10 s bring none."""

    def __init__(self, commit: Callable[[list[Record]], None]) -> None:
        self._commit = commit
        self._lock = threading.RLock()  # a stream that is garbage may end, and add its record, in the midst of `add`
        self._thread: threading.Thread | None = None
        self._queue: _Queue = queue.SimpleQueue()

    def add(self, record: Record) -> bool:
        """Hand over a record. False when no thread can be started: at the very end of a program (Python 3.12)."""
        with self._lock:
            if self._thread is None:
                try:
                    self._start()
                except RuntimeError:
                    return False
            self._queue.put(record)
        return True

    def _start(self) -> None:
        source: _Queue = queue.SimpleQueue()
        thread = threading.Thread(target=self._run, args=(source,), name="ringup-ledger", daemon=True)
        thread.start()
        self._queue, self._thread = source, thread
        atexit.register(self.stop, 5.0)
        processes = sys.modules.get("multiprocessing")
        if processes and processes.parent_process():  # its forked children end without atexit
            sys.modules["multiprocessing.util"].Finalize(None, self.stop, (5.0,), exitpriority=0)

    def flush(self, timeout: float) -> None:
        """Wait until all that was added is written."""
        written = threading.Event()
        with self._lock:
            if self._thread is None:
                return
            self._queue.put(written)
        written.wait(timeout)

    def stop(self, timeout: float) -> None:
        """Write what is left, and end the thread."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._queue.put(None)
            atexit.unregister(self.stop)
        if thread:
            thread.join(timeout)

    def _run(self, source: _Queue) -> None:
        """The thread: take all that is there, commit it together, again."""
        going = True
        while going:
            batch: list[Record] = []
            waiting: list[threading.Event] = []
            going = _gather(source, batch, waiting)
            if batch:
                self._commit(batch)
            for written in waiting:
                written.set()
            if going and not batch and not waiting:
                going = not self._retire(source)

    def _retire(self, source: _Queue) -> bool:
        """Nothing has come for long: a client that nobody closed would keep its thread for ever."""
        with self._lock:
            if not source.empty():
                return False
            if self._queue is source:
                self._thread = None
                atexit.unregister(self.stop)
            return True


def _gather(source: _Queue, batch: list[Record], waiting: list[threading.Event]) -> bool:
    """What comes until somebody waits for it, or 100 ms have passed since the first. Nothing after 10 s.

    False at the end.
    """
    deadline: float | None = None
    while True:
        try:
            item = source.get(timeout=_IDLE if deadline is None else max(deadline - time.monotonic(), 0))
        except queue.Empty:
            return True
        if item is None:
            return False
        if isinstance(item, threading.Event):
            waiting.append(item)
            return True
        batch.append(item)
        deadline = deadline or time.monotonic() + _COMMIT_EVERY


def _path(path: str | os.PathLike[str]) -> Path:
    return Path(os.path.expanduser(path))


def _connect(path: Path) -> sqlite3.Connection:
    import sqlite3  # here, for who keeps no ledger

    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, timeout=5.0)
    for _ in range(50):  # SQLite doesn't wait here by itself when somebody else is opening the file
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            break
        except sqlite3.OperationalError:
            time.sleep(0.02)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute(_CREATE)
    connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
    return connection


def _row(record: Record) -> tuple[Any, ...]:
    reply = record.reply or getattr(record.error, "partial", None) or record.fold.reply()
    first, last = record.attempts[0], record.attempts[-1]
    usage = reply.usage
    bill = reply.bill if record.reply else None
    row = (
        datetime.fromtimestamp(first.started, UTC).isoformat(timespec="microseconds"),
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
        (last.ended or time.time()) - first.started,
        reply.time_to_first_token,
        usage.input_tokens,
        usage.output_tokens,
        usage.cache_read_tokens,
        usage.cache_write_tokens,
        usage.reasoning_tokens,
        None if bill is None or bill.total is None else str(bill.total),
        None if bill is None else bill.reason,
        encode([f"{notice.kind} {notice.what}" for notice in record.plan.notices]).decode(),
    )
    return tuple([_whole_text(value) if isinstance(value, str) else value for value in row])


def _whole_text(text: str) -> str:
    """Without the lone surrogates that JSON may bring and SQLite refuses."""
    return text.encode("utf-8", "replace").decode()


def rows(path: str | os.PathLike[str], limit: int = 20) -> list[dict[str, Any]]:
    """The last calls in a ledger, newest first. Raises ConfigurationError when the file isn't one."""
    if not _path(path).exists():
        return []
    import sqlite3

    try:
        with closing(sqlite3.connect(f"{_path(path).absolute().as_uri()}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            found = connection.execute("SELECT * FROM calls ORDER BY id DESC LIMIT ?", (limit,)).fetchall()
    except sqlite3.Error as error:
        raise ConfigurationError(f"the ledger {str(path)!r} can't be read: {error}.") from None
    return [dict(row) for row in found]
