"""`Ledger`: a file that calls are logged in, as a client and its user hold it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from ringup.errors import LedgerError, RingupError
from ringup.ledger._account import account_of
from ringup.ledger._private import Level, Privacy
from ringup.ledger._purge import chosen, purge
from ringup.ledger._read import file_of
from ringup.ledger._writer import Entry, Receipt, Writer, writer_of
from ringup.script import Keep, Record, Script

__all__ = ["Ledger", "kept", "unwritten"]

_ENDED = "the program has ended"


class Ledger:
    """Logs calls in the SQLite file at `path` (`~` is your home). Share one between clients, or give each the path: in
    one process they all write through the same thread.

    level    what is kept of the words: "metadata" none of them (the default; RINGUP_LEDGER_LEVEL names another),
             "redacted" what `redact` leaves, "full" all. At every level, secrets are replaced by ***
    redact   a function of a text that gives what may be kept of it, for level="redacted"; default: e-mail addresses,
             telephone, card and account numbers become a word in brackets. It runs in the ledger's thread

    A ledger is never in a call's way. Rows wait for a file that another program has locked, until the ledger is closed.
    What can't be written (on a full disk, say) is counted in `lost`, and a warning says so once. A process that is
    killed loses the rows of its last 100 ms at most; with `Client(durability="call")` none. Raises ParameterError for
    a level that there isn't.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        level: Level | None = None,
        redact: Callable[[str], str] | None = None,
    ) -> None:
        self.path = file_of(path)
        self._privacy = Privacy(level or os.environ.get("RINGUP_LEDGER_LEVEL") or "metadata", redact)
        self.level: Level = self._privacy.level
        self._redact = redact
        self._at_the_end = 0
        self._held: Writer | None = None

    @property
    def _writer(self) -> Writer:
        """The writer of this process: after a fork, the child has one of its own."""
        held = self._held
        if held is None or held.is_over:
            held = self._held = writer_of(self.path)
        return held

    @property
    def lost(self) -> int:
        """How many calls this process couldn't log in the file."""
        return self._writer.lost + self._at_the_end

    def expect(self) -> None:
        """A call has begun: open the file and load what its row will need, while the answer is on the way."""
        if self._writer.is_idle and not sys.is_finalizing():
            self._writer.add(Entry())

    def add(self, record: Record, receipt: Receipt | None = None) -> None:
        """Log a call that is over. Returns at once. A receipt tells when it is in the file: very soon, then."""
        if sys.is_finalizing():  # no thread starts any more, and nothing can be imported
            self._at_the_end += 1
            if receipt:
                receipt.settle(error=RuntimeError(_ENDED))
            return
        try:
            account = account_of(record, self._privacy.keeps_content)
        except Exception as error:  # no call fails for its row
            self._writer.lose([Entry(receipt=receipt)], error)
        else:
            self._writer.add(Entry(account, self._privacy, receipt))

    def flush(self, timeout: float = 5.0) -> None:
        """Wait until all that was added is in the file, with its costs, or is lost; `timeout` seconds at most."""
        self._writer.flush(timeout)

    def close(self) -> None:
        """Write what is left, and stop the writer. A later `add` starts it again."""
        self._writer.stop()

    def purge(self, *, before: datetime | str | None = None, session: str | None = None, id: int | None = None) -> int:
        """Remove calls, with all that was said in them and in no other call. Gives how many.

        before   those asked before this time: a datetime, or an ISO text (without a zone: local time)
        session  those of a session
        id       that one
        Of several conditions, all must hold. Nothing of the calls is left in the ledger's files. Raises ParameterError
        when nothing is chosen, and LedgerError when the file can't be written, or another program keeps its WAL open.
        """
        condition, values = chosen(before, session, id)
        removed: int = self.run(partial(purge, condition=condition, values=values))
        return removed

    def submit(self, job: Callable[[Any], Any]) -> Receipt:
        """As `run`, without waiting: the receipt has the result, or the error."""
        receipt = Receipt()
        if sys.is_finalizing():
            receipt.settle(error=RuntimeError(_ENDED))
        else:
            self._writer.add(Entry(job=job, receipt=receipt))
        return receipt

    def owe(self, job: Callable[[Any], Any]) -> None:
        """As `run`, without waiting, and for sure: where the file can't be written, it is tried again with what comes
        next, and when the ledger is closed."""
        if not sys.is_finalizing():
            self._writer.add(Entry(job=job))

    def run(self, job: Callable[[Any], Any]) -> Any:
        """Give a job the writer's connection (sqlite3), in the writer's thread, after all that was added; give what it
        gives. What it changes it must change in a transaction of its own. Raises LedgerError."""
        receipt = self.submit(job)
        receipt.wait()
        if isinstance(receipt.error, RingupError):
            raise receipt.error
        if receipt.error:
            raise LedgerError(f"the ledger {str(self.path)!r} can't be written: {receipt.error}.")
        return receipt.result

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(type(self), level=self.level, redact=self._redact), (self.path,)


def kept(script: Script, record: Record) -> Script:
    """The call, and then a wait until its row is in the ledger: for `durability="call"`. A failed one too.

    Raises LedgerError when that can't be; the answer is in its `reply`. A call's own error goes before.
    """
    record.receipt = receipt = Receipt()
    try:
        yield from script
    except RingupError:
        yield Keep(receipt)
        raise
    yield Keep(receipt)
    if receipt.error:
        raise unwritten(receipt, record.reply)


def unwritten(receipt: Receipt, reply: Any) -> LedgerError:
    """What is raised for an answer whose row couldn't be written."""
    return LedgerError(
        f"the answer came, and its row can't be written to the ledger: {receipt.error}.",
        advice='durability="call" gives no answer without its row. It is in the error\'s .reply.',
        reply=reply,
    )
