"""The one thread of a process that writes to a ledger's file, and checkpoints it.

Records are taken together: every 25 ms at most, all that came are committed in one transaction. So a process that is
killed loses the last moments only, and a call waits for nothing. What is waited for (`Receipt`) is committed
at once.

A connection to SQLite must not live through a fork. So it is closed before, and the child, which has no thread of its
own yet, begins with nothing; what the parent had not written yet is the parent's to write.
"""

from __future__ import annotations

import atexit
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ringup.call import Record
from ringup.errors import RingupError
from ringup.ledger._private import Privacy, Secrets
from ringup.ledger._rows import attempt_rows, call_row, cost_row, linked, tag_rows
from ringup.ledger._schema import has_index, insert, open_ledger, transaction
from ringup.ledger._turns import Turns
from ringup.prices import bill
from ringup.usage import Usage

if TYPE_CHECKING:
    import logging
    import sqlite3

__all__ = ["Entry", "Receipt", "Writer", "writer_of"]

_GATHER = 0.025
"""Seconds from one commit's beginning to the next one's, at least. Far below the 100 ms promised."""

_IDLE = 10.0
_PATIENCE = 5.0
_MOST_WAITING = 256 * 1024 * 1024
"""Bytes of requests and answers that may wait for the disk. Beyond that, calls go on unlogged."""

_A_RECORD = 4096
_FIXED_IN = (3, 51, 3)
"""The SQLite in which several writers of one file can't meet the WAL-reset bug any more."""

_SET_COST = (
    "UPDATE calls SET cost_usd = ?, cost_lines = ?, cost_unknown = ?, cost_estimated = ?, prices = ? WHERE id = ?"
)
_INSERT_LOSS = "INSERT INTO losses (at, process, calls, reason) VALUES (?, ?, ?, ?)"


class Receipt:
    """Tells when what was handed in is in the file, and `error` why it isn't."""

    def __init__(self) -> None:
        self._done = threading.Event()
        self._told: list[Callable[[], None]] = []
        self.error: BaseException | None = None
        self.result: Any = None

    def settle(self, result: Any = None, error: BaseException | None = None) -> None:
        """It is done, or has failed."""
        self.result, self.error = result, error
        self._done.set()
        for tell in self._told:
            tell()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for it. False when the time was up before."""
        return self._done.wait(timeout)

    def when_done(self, tell: Callable[[], None]) -> None:
        """Call this when it is done, in the writer's thread; at once where it is. It may be called twice."""
        self._told.append(tell)
        if self._done.is_set():
            tell()


class Entry:
    """A record to be written, or a `job` that needs the writer's connection. `weight` is about its size in bytes."""

    __slots__ = ("job", "privacy", "receipt", "record", "weight")

    def __init__(
        self,
        record: Record | None = None,
        privacy: Privacy | None = None,
        receipt: Receipt | None = None,
        job: Callable[[sqlite3.Connection], Any] | None = None,
    ) -> None:
        self.record, self.privacy, self.receipt, self.job = record, privacy, receipt, job
        attempts = record.attempts if record else ()
        self.weight = _A_RECORD + sum([attempt.bytes_sent + attempt.bytes_received for attempt in attempts])

    def settle(self, result: Any = None, error: BaseException | None = None) -> None:
        """Tell who waits for it."""
        if self.receipt:
            self.receipt.settle(result, error)


_Queue = queue.SimpleQueue["Entry | None"]


class Writer:
    """Writes to one file, in one process. Its thread runs from the first record to `stop`, or until 10 s bring none."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lost = 0
        self._busy = threading.Lock()  # held while the connection is at work
        self._file: _File | None = None
        self._prices = threading.Event()  # set when they are loaded
        self._loader: threading.Thread | None = None
        if "genai_prices.data" in sys.modules:
            self._prices.set()
        self._missed: list[tuple[int, int, int, str]] = []
        self._warned: set[str] = set()
        self._waiting = 0
        self._lock = threading.RLock()  # a stream that is garbage may end, and add its record, in the midst of `add`
        self._thread: threading.Thread | None = None
        self._queue: _Queue = queue.SimpleQueue()
        self._hurry: queue.SimpleQueue[None] = queue.SimpleQueue()

    def add(self, entry: Entry) -> None:
        """Hand over what is to be written. Returns at once."""
        with self._lock:
            late = self._waiting + entry.weight > _MOST_WAITING
            started = late or self._thread is not None or self._start()
            if not late:
                self._waiting += entry.weight
                self._queue.put(entry)
                if entry.receipt:
                    self._hurry.put(None)
        if late:
            self._lose([entry], RuntimeError("the disk is too slow for the calls"))
        elif not started:  # at the very end of a program (Python 3.12)
            self._write_all()

    @property
    def is_idle(self) -> bool:
        """Whether there is no thread, and nothing to be written."""
        return self._thread is None

    def stop(self, timeout: float) -> None:
        """Write what is left, and end the thread."""
        with self._lock:
            thread, self._thread = self._thread, None
            if thread:
                self._queue.put(None)
                self._hurry.put(None)
            atexit.unregister(self.stop)
        if thread:
            thread.join(timeout)

    def _start(self) -> bool:
        """False when no thread can be started any more."""
        source: _Queue = queue.SimpleQueue()
        hurry: queue.SimpleQueue[None] = queue.SimpleQueue()
        thread = threading.Thread(target=self._run, args=(source, hurry), name="ringup-ledger", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            return False
        self._queue, self._hurry, self._thread = source, hurry, thread
        atexit.register(self.stop, 5.0)
        processes = sys.modules.get("multiprocessing")
        if processes and processes.parent_process():  # its forked children end without atexit
            sys.modules["multiprocessing.util"].Finalize(None, self.stop, (5.0,), exitpriority=0)
        return True

    # In the thread

    def _run(self, source: _Queue, hurry: queue.SimpleQueue[None]) -> None:
        going, begun = True, 0.0
        while going:
            batch, going = _gather(source, hurry, begun + _GATHER)
            begun = time.monotonic()
            self._write(batch)
            if going and not batch:
                going = not self._retire(source)
        with self._lock:
            last = self._thread is None
        if last:  # else another thread goes on with the connection
            self._finish()

    def _retire(self, source: _Queue) -> bool:
        """Nothing has come for long: a client that nobody closed would keep its thread for ever."""
        with self._lock:
            if not source.empty():
                return False
            if self._queue is source:
                self._thread = None
                atexit.unregister(self.stop)
            return True

    def _write_all(self) -> None:
        """Without a thread: write what is in the queue, here and now."""
        batch: list[Entry] = []
        with self._lock:
            while not self._queue.empty():
                entry = self._queue.get()
                if entry:
                    batch.append(entry)
        self._write(batch)
        self._finish()

    def _write(self, batch: list[Entry]) -> None:
        """Write a batch: records together, and each job where it stands between them."""
        with self._lock:
            self._waiting -= sum([entry.weight for entry in batch])
        with self._busy:
            records: list[Entry] = []
            for entry in batch:
                if entry.record:
                    records.append(entry)
                    continue
                self._commit(records)
                records = []
                self._work(entry)
            self._commit(records)

    def _commit(self, entries: list[Entry]) -> None:
        import sqlite3  # here, for who keeps no ledger

        if not entries:
            return
        try:
            self._opened().write(entries, self._missed)
        except Exception as error:
            self._close()
            if len(entries) > 1 and not isinstance(error, (sqlite3.OperationalError, OSError, RingupError)):
                for entry in entries:  # one of them is the trouble, and not the file
                    self._commit([entry])
                return
            self._lose(entries, error)
            return
        self._missed = []
        if self._file and self._file.is_shared and sqlite3.sqlite_version_info < _FIXED_IN:
            self._warn_of_others(sqlite3.sqlite_version)
        for entry in entries:
            entry.settle()

    def _work(self, entry: Entry) -> None:
        assert entry.job
        try:
            file = self._opened()
            if self._prices.wait(_PATIENCE if entry.receipt else 0):
                file.price()
            result = entry.job(file.connection)
            file.turns.forget()
        except Exception as error:
            self._close()
            entry.settle(error=error)
        else:
            entry.settle(result)

    def _opened(self) -> _File:
        if self._file is None:
            self._file = _File(open_ledger(self.path), self._prices)
            if not self._prices.is_set() and self._loader is None:
                self._loader = threading.Thread(target=self._load, name="ringup-prices", daemon=True)
                self._loader.start()
        return self._file

    def _load(self) -> None:
        """Load the prices, which takes longer than a row may wait for its commit; then the costs follow."""
        bill("openai", "gpt-4o-mini", Usage(input_tokens=1, output_tokens=1))  # the first one does
        self._prices.set()
        with self._lock:
            if self._thread is not None:
                self._queue.put(Entry(job=lambda _: None))

    def _close(self) -> None:
        """Close the file. When no other process has it open, SQLite then empties its WAL, and takes it away."""
        file, self._file = self._file, None
        if file:
            if self._prices.is_set():
                file.price()
            file.connection.close()

    def _finish(self) -> None:
        """Close the file when all is written that there is to write."""
        with self._busy:
            if self._loader:
                self._loader.join(_PATIENCE)
            self._close()

    def _lose(self, entries: list[Entry], error: Exception) -> None:
        """A call is worth more than its row: count it, say so once, and tell the file when it can be written again."""
        self.lost += len(entries)
        self._missed = [*self._missed[-99:], (round(time.time() * 1e6), os.getpid(), len(entries), str(error))]
        self._warn("lost", "the ledger %s can't be written (%s): calls go on, unlogged", self.path, error)
        for entry in entries:
            entry.settle(error=error)

    def _warn_of_others(self, version: str) -> None:
        self._warn(
            "shared",
            "several processes write to the ledger %s, and SQLite before 3.51.3 (this is %s) has a bug that can, very "
            "rarely, spoil a file then: give each process a file of its own, or use a Python with a newer SQLite",
            self.path,
            version,
        )

    def _warn(self, what: str, *message: Any) -> None:
        if what not in self._warned:
            self._warned.add(what)
            _log().warning(*message)

    # Around a fork

    def pause(self) -> None:
        """Before a fork: let the threads finish the transaction and the loading, and close the file."""
        self._busy.acquire()
        if self._loader:  # which is started under that lock: a child must not be born in the midst of an import
            self._loader.join()
        self._lock.acquire()
        self._close()

    def resume(self) -> None:
        """After a fork."""
        self._lock.release()
        self._busy.release()

    def give_up(self) -> None:
        """After a fork, in the child: what is left here is the parent's."""
        self.resume()
        atexit.unregister(self.stop)


class _File:
    """An open ledger, and what is remembered of it."""

    def __init__(self, connection: sqlite3.Connection, prices: threading.Event) -> None:
        self.connection = connection
        self._prices = prices
        self.is_shared = False
        self._secrets = Secrets()
        self.turns = Turns(connection, self._secrets, has_index(connection))
        self._seen = self._changes()
        self._unpriced: list[tuple[int, Record]] = []

    def _changes(self) -> int:
        """A number that is another one when somebody else has written to the file."""
        changes: int = self.connection.execute("PRAGMA data_version").fetchone()[0]
        return changes

    def write(self, entries: list[Entry], missed: list[tuple[int, int, int, str]]) -> None:
        """Write records, and what was lost before, in one transaction."""
        waits = any(entry.receipt for entry in entries)
        if waits:  # then not even a power cut shall lose it
            self.connection.execute("PRAGMA synchronous=FULL")
        with transaction(self.connection):
            changes = self._changes()
            if changes != self._seen:
                self.is_shared, self._seen = True, changes
                self.turns.forget()
            self.turns.tidy()
            self._insert(entries)
            if missed:
                self.connection.executemany(_INSERT_LOSS, missed)
        if waits:
            self.connection.execute("PRAGMA synchronous=NORMAL")

    def price(self) -> None:
        """Fill in the costs of rows that were written before the prices were there."""
        costs = [cost_row(number, record) for number, record in self._unpriced]
        self._unpriced.clear()
        if costs:
            with suppress(Exception), transaction(self.connection):
                self.connection.executemany(_SET_COST, costs)

    def _insert(self, entries: list[Entry]) -> None:
        calls: list[list[Any]] = []
        attempts: list[list[Any]] = []
        tags: list[list[Any]] = []
        priced = self._prices.is_set()
        last: int = self.connection.execute("SELECT coalesce(max(id), 0) FROM calls").fetchone()[0]
        for number, entry in enumerate(entries, last + 1):
            record, privacy = entry.record, entry.privacy
            assert record
            assert privacy
            self._secrets.know(record.plan.auth.secret if record.plan.auth else None)
            calls.append(call_row(number, record, privacy, self._secrets, self.turns, priced=priced))
            if not priced:
                self._unpriced.append((number, record))
            attempts += attempt_rows(number, record, privacy, self._secrets)
            if record.plan.tags:
                tags += tag_rows(number, record, self._secrets)
        ids = self.turns.store()
        insert(self.connection, "calls", [linked(row, ids) for row in calls])
        insert(self.connection, "attempts", attempts)
        insert(self.connection, "tags", tags)


def _gather(source: _Queue, hurry: queue.SimpleQueue[None], until: float) -> tuple[list[Entry], bool]:
    """What comes until then, or until somebody waits for it; and whether to go on. Nothing after 10 s."""
    batch: list[Entry] = []
    try:
        entry = source.get(timeout=_IDLE)
    except queue.Empty:
        return batch, True
    pause = until - time.monotonic()
    if entry is not None and not entry.receipt and pause > 0:
        with suppress(queue.Empty):
            hurry.get(timeout=pause)
    while entry is not None:
        batch.append(entry)
        try:
            entry = source.get_nowait()
        except queue.Empty:
            break
    with suppress(queue.Empty):
        while True:  # nobody is in a hurry any more
            hurry.get_nowait()
    return batch, entry is not None


def _log() -> logging.Logger:
    import logging  # here, for its import takes longer than ours

    return logging.getLogger("ringup")


_WRITERS: dict[str, Writer] = {}
_FORKING = threading.RLock()
_PAUSED: list[Writer] = []


def writer_of(path: Path) -> Writer:
    """The writer of a file in this process."""
    writer = _WRITERS.get(str(path))
    if writer is None:
        _heed_forks()
        with _FORKING:
            writer = _WRITERS.setdefault(str(path), Writer(path))
    return writer


def _pause() -> None:
    _FORKING.acquire()
    _PAUSED[:] = _WRITERS.values()
    for writer in _PAUSED:
        writer.pause()


def _resume() -> None:
    for writer in _PAUSED:
        writer.resume()
    _PAUSED.clear()
    _FORKING.release()


def _begin_anew() -> None:
    for writer in _PAUSED:
        writer.give_up()
    _PAUSED.clear()
    _WRITERS.clear()
    _FORKING.release()


@cache
def _heed_forks() -> None:
    """What is to be done around forks, from the first writer on. What is registered last is called first, before a
    fork: so it isn't held up by logging, which keeps its lock meanwhile that our threads may wait for."""
    import logging  # noqa: F401 - for it to be registered

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_pause, after_in_parent=_resume, after_in_child=_begin_anew)
