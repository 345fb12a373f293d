"""The one thread of a process that writes to a ledger's file, and checkpoints it.

Calls are taken together: every 40 ms at most, all that came are committed in one transaction. So a process that is
killed loses the last moments only, and a call waits for nothing. What is waited for (`Receipt`) is committed
at once.

A connection to SQLite must not live through a fork. So it is closed before, and the child, which has no thread of its
own yet, begins with nothing; what the parent had not written yet is the parent's to write.
"""

from __future__ import annotations

import atexit
import os
import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from ringup.ending import at_the_end, is_ending
from ringup.errors import RingupError
from ringup.ledger._account import Account
from ringup.ledger._late import Late, Priced, bills, not_yet
from ringup.ledger._private import Privacy, Secrets
from ringup.ledger._rows import Rows, cost_rows, make_rows
from ringup.ledger._schema import (
    BUSY,
    COSTS,
    INTO_ATTEMPTS,
    INTO_CALLS,
    INTO_TAGS,
    has_index,
    insert,
    next_call,
    open_ledger,
    transaction,
)
from ringup.ledger._turns import Turns

if TYPE_CHECKING:
    import logging
    import sqlite3

__all__ = ["Entry", "Receipt", "Writer", "writer_of"]

_GATHER = 0.04
"""Seconds from one commit's beginning to the next one's, at least: the fewer there are, the less they cost."""

_GATHER_SLOW = 0.025
"""The same while commits aren't `_QUICK`, because other threads keep the processor, or the disk is slow: then the next
one may not be either, and both must be done in the 100 ms promised."""

_QUICK = 0.01
_FORGOTTEN = 0.85
"""What a slow commit counts for after each other one: half a second of quick ones, and it is forgotten."""

_GLANCE = 0.025

_GAP = 0.005
"""Seconds between two commits, at least: for other processes that want to write."""

_IDLE = 10.0
_SOON = 0.1
_LAST = BUSY + 3.0
"""Seconds for all that is left at the end: more than a lock of somebody else's is waited for."""

_MOST_WAITING = 256 * 1024 * 1024
"""Bytes of requests (and answers, where words are kept) that may wait for the disk. Beyond that, calls go on
unlogged."""

_FIXED_IN = (3, 51, 3)
"""The SQLite in which several writers of one file can't meet the WAL-reset bug any more."""

_BILL = ", ".join([f"{name} = ?" for name in COSTS])
_SET_COST = f"UPDATE calls SET {_BILL} WHERE id = ? AND queued = ?"  # noqa: S608 - the names are ours
_SET_COSTS = f"UPDATE attempts SET {_BILL} WHERE call = ? AND number = ? AND sent = ?"  # noqa: S608
"""With the time: another call may have got the number of one that was purged."""

Job = Callable[["sqlite3.Connection"], Any]

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


_METADATA = Privacy("metadata")


class Entry(Struct):
    """An account to be written, a `job` that needs the writer's connection, or nothing but a wake-up. A job that nobody
    waits for is done in any case: where the file can't be written, it is tried again later."""

    account: Account | None = None
    privacy: Privacy = _METADATA
    receipt: Receipt | None = None
    job: Job | None = None

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
        self.is_over = False  # it is the parent's, and this is a child that was forked
        self._busy = threading.RLock()  # held while the connection is at work; who is told of an end may add more
        self._heeds_the_end = False
        self._file: _File | None = None
        self._accounts: list[
            Entry
        ] = []  # to be written: of the last batch, and of those before where the file is locked
        self._late = Late(self._wake)
        self._owed: list[Job] = []
        self._secrets = Secrets()
        self._is_stuck = False  # the file couldn't be written a moment ago
        self._is_last = False  # there is no later for what can't be written now
        self._given_up: BaseException | None = None
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
            waiting = self._waiting + (entry.account.weight if entry.account else 0)
            late = waiting > _MOST_WAITING
            started = late or self._thread is not None or self._start()
            if not late:
                self._waiting = waiting
                self._queue.put(entry)
                if entry.receipt:
                    self._hurry.put(None)
        if late:
            self.lose([entry], RuntimeError("the disk is too slow for the calls"))
        elif not started:
            self._write_all()

    @property
    def is_idle(self) -> bool:
        """Whether there is no thread, and nothing to be written."""
        return self._thread is None

    @property
    def _is_owing(self) -> bool:
        """Whether something is still to be written for what came before."""
        return self._late.is_owing or bool(self._owed or self._accounts)

    def flush(self, timeout: float) -> None:
        """Wait until all that was added is in the file, with its costs, or is lost; so many seconds at most."""
        until = time.monotonic() + timeout
        while not self.is_idle:
            receipt = Receipt()
            self.add(Entry(receipt=receipt))
            if not receipt.wait(until - time.monotonic()) or not self._is_owing:
                return
            self._late.join(until - time.monotonic())
            if self._is_stuck:
                time.sleep(_GLANCE)

    def stop(self) -> None:
        """Write what is left, and end the thread."""
        with self._lock:
            thread, self._thread = self._thread, None
            if thread:
                self._is_last = True
                self._queue.put(None)
                self._hurry.put(None)
        if thread:
            thread.join(_LAST)

    def _start(self) -> bool:
        """False when no thread can be started any more, or it would be stopped at once."""
        if is_ending():
            return False
        source: _Queue = queue.SimpleQueue()
        hurry: queue.SimpleQueue[None] = queue.SimpleQueue()
        thread = threading.Thread(target=self._run, args=(source, hurry), name="ringup-ledger", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            return False
        self._queue, self._hurry, self._thread = source, hurry, thread
        self._is_last, self._given_up = False, None
        if not self._heeds_the_end:
            self._heeds_the_end = True
            at_the_end(self.stop, rank=0)
        return True

    # In the thread

    def _run(self, source: _Queue, hurry: queue.SimpleQueue[None]) -> None:
        going, begun, ended, took = True, 0.0, 0.0, 1.0  # the first ones are slow, while all is being loaded
        while going:
            patience = _SOON if self._is_owing else _IDLE
            batch, going = _gather(source, hurry, max(begun + _period(took), ended + _GAP), patience)
            begun = time.monotonic()
            self._write(batch)
            ended = time.monotonic()
            took = max(ended - begun, took * _FORGOTTEN)
            if going and not batch and patience == _IDLE:
                going = not self._retire(source)
        with self._lock:
            last = self._thread is None
        if last:  # else another thread goes on with the connection
            self._finish()

    def _retire(self, source: _Queue) -> bool:
        """Nothing has come for long: a client that nobody closed would keep its thread for ever."""
        with self._lock:
            if not source.empty() or self._is_owing:
                return False
            if self._queue is source:
                self._thread = None
            return True

    def _write_all(self) -> None:
        """Without a thread: write what is in the queue, here and now."""
        batch: list[Entry] = []
        with self._lock:
            while not self._queue.empty():
                entry = self._queue.get()
                if entry:
                    batch.append(entry)
        self._is_last, self._given_up = True, None
        self._write(batch)
        self._finish()

    def _write(self, batch: list[Entry]) -> None:
        """Write a batch: accounts together, and each job where it stands between them."""
        with self._busy:
            waited = _weight(self._accounts) + _weight(batch)
            self._is_stuck = False
            for entry in batch:
                if entry.account:
                    self._accounts.append(entry)
                    continue
                self._commit()
                self._work(entry)
            self._commit()
            self._catch_up()
            done = waited - _weight(self._accounts)
        with self._lock:
            self._waiting -= done

    def _commit(self) -> None:
        """Write the accounts that wait."""
        if self._accounts:
            self._accounts = self._put(self._accounts)

    def _put(self, entries: list[Entry]) -> list[Entry]:
        """Write these. Gives those that it is to be tried with again."""
        try:
            self._opened().write(entries, self._missed)
        except BaseException as error:  # a hook may raise anything
            self._is_stuck = True
            self._close()
            if len(entries) > 1 and not _is_of_the_file(error):
                return [left for entry in entries for left in self._put([entry])]
            return self._spared(entries, error)
        self._missed = []
        if self._file and self._file.is_shared:
            self._warn_of_others()
        for entry in entries:
            entry.settle()
        return []

    def _spared(self, entries: list[Entry], error: BaseException) -> list[Entry]:
        """Those that can wait for a lock of somebody else's; the others are lost."""
        can_wait = _is_locked(error) and not self._is_last
        if self._is_last and _is_of_the_file(error):
            self._given_up = error
        if can_wait:
            self._warn("locked", "the ledger %s is locked by another program: rows wait for it", self.path)
        if lost := [entry for entry in entries if entry.receipt or not can_wait]:
            self.lose(lost, error)
        return [entry for entry in entries if can_wait and not entry.receipt]

    def _work(self, entry: Entry) -> None:
        if entry.job and not entry.receipt:
            self._owed.append(entry.job)
        self._catch_up()
        try:
            file = self._opened()
            result = file.work(entry.job) if entry.job and entry.receipt else None
        except BaseException as error:
            self._close()
            entry.settle(error=error)
        else:
            entry.settle(result)

    def _catch_up(self) -> None:
        """Fill in the costs of rows that were written without, and do the jobs that nobody waits for. Where that can't
        be, it is tried again with each batch, and at the end."""
        if self._is_stuck or not ((found := self._late.found()) or self._owed):
            return
        try:
            file = self._opened()
            if found:
                file.price(found)
                self._late.drop(len(found))
            while self._owed:
                self._pay(file, self._owed[0])
                del self._owed[0]
        except Exception:
            self._is_stuck = True
            self._close()

    def _pay(self, file: _File, job: Job) -> None:
        """Do a job that nobody waits for. One that never can be done isn't in the way of those after it."""
        try:
            file.work(job)
        except Exception as error:
            if _is_of_the_file(error):
                raise
            self._warn("owed", "a budget misses what a call spent: the ledger %s can't take it (%s)", self.path, error)

    def _opened(self) -> _File:
        if self._given_up:
            raise self._given_up
        if self._file and self._file.is_gone():
            self._close()
        if self._file is None:
            self._file = _File(self.path, self._late, self._secrets)
            self._late.add([])
        return self._file

    def _wake(self) -> None:
        """There are costs for rows that were written without."""
        with self._lock:
            if self._thread is not None:
                self._queue.put(Entry())

    def _close(self) -> None:
        """Close the file. When no other process has it open, SQLite then empties its WAL, and takes it away."""
        file, self._file = self._file, None
        if file:
            file.connection.close()

    def _finish(self) -> None:
        """Close the file when all is written that there is to write."""
        with self._busy:
            self._late.join(BUSY)
            self._is_stuck = False
            self._commit()
            self._catch_up()
            if unpriced := self._late.found():
                self._late.drop(len(unpriced))
                self._count(len(unpriced), "their costs couldn't be written")
            if self._owed:
                self._warn("owed", "a budget misses what calls spent: the ledger %s can't be written", self.path)
            self._close()

    def lose(self, entries: list[Entry], error: BaseException) -> None:
        """A call is worth more than its row: count it, say so once, and tell the file when it can be written again."""
        self._count(len(entries), error)
        for entry in entries:
            entry.settle(error=error)

    def _count(self, calls: int, reason: object) -> None:
        self.lost += calls
        self._missed = [*self._missed[-99:], (round(time.time() * 1e6), os.getpid(), calls, str(reason))]
        self._warn("lost", "the ledger %s can't be written (%s): calls go on, unlogged", self.path, reason)

    def _warn_of_others(self) -> None:
        import sqlite3  # here, for who keeps no ledger

        if sqlite3.sqlite_version_info >= _FIXED_IN:
            return
        self._warn(
            "shared",
            "several processes write to the ledger %s, and SQLite before 3.51.3 (this is %s) has a bug that can, very "
            "rarely, spoil a file then: give each process a file of its own, or use a Python with a newer SQLite",
            self.path,
            sqlite3.sqlite_version,
        )

    def _warn(self, what: str, *message: Any) -> None:
        if what not in self._warned:
            self._warned.add(what)
            with suppress(Exception):  # a handler of the user's may raise anything
                _log().warning(*message)

    # Around a fork

    def pause(self) -> None:
        """Before a fork: let the threads finish the transaction and the loading, and close the file."""
        self._busy.acquire()
        self._late.join()  # it is started under that lock: a child must not be born in the midst of an import
        self._lock.acquire()
        self._is_stuck = self._file is None
        self._catch_up()
        self._close()

    def resume(self) -> None:
        """After a fork."""
        self._lock.release()
        self._busy.release()

    def give_up(self) -> None:
        """After a fork, in the child: what is left here is the parent's."""
        self.is_over = True
        self.resume()
        atexit.unregister(self.stop)


class _File:
    """An open ledger, and what is remembered of it."""

    def __init__(self, path: Path, late: Late, secrets: Secrets) -> None:
        self.connection = connection = open_ledger(path)
        self._path, self._place = path, _place(path)
        self._late = late
        self.is_shared = False
        self._secrets = secrets
        self.turns = Turns(connection, self._secrets, has_index(connection))
        self._seen = self._changes()
        self._next = 0  # the number of the next call, where nobody else writes
        self._is_touched = False

    def is_gone(self) -> bool:
        """Whether somebody took the file away, or put another one in its place: what is written then is nowhere."""
        return _place(self._path) != self._place

    def _changes(self) -> int:
        """A number that is another one when somebody else has written to the file."""
        changes: int = self.connection.execute("PRAGMA data_version").fetchone()[0]
        return changes

    def write(self, entries: list[Entry], missed: list[tuple[int, int, int, str]]) -> None:
        """Write accounts, and what was lost before, in one transaction: a short one, for others may wait for it."""
        waits = any([entry.receipt for entry in entries])  # noqa: C419 - a list is quicker
        if waits:  # then not even a power cut shall lose it
            self.connection.execute("PRAGMA synchronous=FULL")
        self.turns.tidy()
        rows = [self._rows_of(entry) for entry in entries]
        with transaction(self.connection):
            if self._is_changed():
                self._next = 0
                if not self.turns.are_there({link for one in rows for link in one.links}):
                    self.turns.forget()  # somebody has purged it
                    rows = [self._rows_of(entry) for entry in entries]
            self._insert(rows)
            if missed:
                self.connection.executemany(_INSERT_LOSS, missed)
        if waits:
            self.connection.execute("PRAGMA synchronous=NORMAL")
        if late := [(one.call[0], one.owing) for one in rows if one.owing]:
            self._late.add(late)

    def _is_changed(self) -> bool:
        """Whether somebody else has written to the file since the last time, or a job has."""
        changes, changed = self._changes(), self._is_touched
        self._is_touched = False
        if changes == self._seen:
            return changed
        self.is_shared, self._seen = True, changes
        return True

    def price(self, found: list[Priced]) -> None:
        """Fill in the costs of rows that were written without."""
        rows = [cost_rows(one.id, one.account, one.bills, self._secrets) for one in found]
        with transaction(self.connection):
            self.connection.executemany(_SET_COST, [call for call, _ in rows])
            self.connection.executemany(_SET_COSTS, [one for _, tries in rows for one in tries])

    def work(self, job: Job) -> Any:
        """Give a job the connection."""
        self._is_touched = True
        return job(self.connection)

    def _rows_of(self, entry: Entry) -> Rows:
        account = entry.account
        assert account
        is_sent = bool(account.attempts)  # else its budget refused it
        owes = is_sent and (not self._late.is_ready or account.is_estimated)
        costs = not_yet(account) if owes else bills(account)
        rows = make_rows(account, entry.privacy, costs, self._secrets, self.turns)
        rows.owing = account if owes else None
        return rows

    def _insert(self, rows: list[Rows]) -> None:
        """Number the rows after those that are there, and put them in."""
        if not self._next:
            self._next = next_call(self.connection)
        ids = self.turns.store()
        for number, one in enumerate(rows, self._next):
            one.number(number, ids)
        self._next += len(rows)
        insert(self.connection, INTO_CALLS, [one.call for one in rows])
        insert(self.connection, INTO_ATTEMPTS, [row for one in rows for row in one.attempts])
        insert(self.connection, INTO_TAGS, [row for one in rows for row in one.tags])


def _is_of_the_file(error: BaseException) -> bool:
    """Whether the trouble is that of a file that is locked, full or out of reach, and not of what is written."""
    import sqlite3  # here, for who keeps no ledger

    if isinstance(error, sqlite3.OperationalError):
        return _code(error) not in (None, sqlite3.SQLITE_ERROR)
    return isinstance(error, (OSError, RingupError))


def _is_locked(error: BaseException) -> bool:
    """Whether another program is at work in the file: then it is free again some time."""
    import sqlite3  # here, for who keeps no ledger

    return _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _code(error: BaseException) -> int | None:
    """SQLite's number for the kind of an error."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _weight(entries: list[Entry]) -> int:
    return sum([entry.account.weight for entry in entries if entry.account])


def _period(took: float) -> float:
    """From the beginning of a commit to the next one's, where the slowest of late took so many seconds."""
    return _GATHER if took < _QUICK else _GATHER_SLOW


def _place(path: Path) -> tuple[int, int] | None:
    """Which file of the disk it is; None where there is none."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _gather(source: _Queue, hurry: queue.SimpleQueue[None], until: float, patience: float) -> tuple[list[Entry], bool]:
    """What comes until then, or until somebody waits for it; and whether to go on. Nothing where none came for so many
    seconds."""
    batch: list[Entry] = []
    try:
        entry = source.get(timeout=patience)
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
