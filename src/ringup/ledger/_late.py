"""What each try of a call is billed, and the costs that follow their rows.

Most costs are worked out with the row. But the first one loads the prices, and an answer that broke off is counted with
a vocabulary: both take longer than a row may wait for its commit. Such rows are written without, and their costs follow
from a thread of its own.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

from msgspec import Struct

from ringup.bills import Interrupted, Pricer
from ringup.ledger._account import Account
from ringup.messages import Message, Request
from ringup.outcome import so_far
from ringup.prices import bill
from ringup.reply import Attempt, Bill, Reply
from ringup.usage import Usage

__all__ = ["OWED", "Late", "Priced", "bills", "not_yet"]

OWED = "the program ended before its cost was written"
"""Why a cost isn't known that is on its way, or was when its program was killed."""

_NOT_YET = Bill(reason=OWED)
_NOTHING = Bill()
_NOT_KNOWN = Bill(reason="no whole answer came: whether this try is billed isn't known")
_TOO_MANY = Bill(reason="too many answers broke off at once: this one wasn't estimated")

_MOST_WAITING = 10_000
_SILENCE = Message("assistant", ())


def not_yet(account: Account) -> list[Bill]:
    """What stands in place of the bills until they follow."""
    return [_NOT_YET if one.outcome == "answered" or one.maybe_billed else _NOTHING for one in account.attempts]


def bills(account: Account) -> list[Bill]:
    """The bill of each try; the last one's is the call's. Neither sum nor reason: nothing is billed."""
    return [_bill(account, attempt) for attempt in account.attempts]


def _bill(account: Account, attempt: Attempt) -> Bill:
    record = account.record
    if attempt.outcome == "answered":
        answered: Bill = record.reply.bill if record else account.bill
        return answered
    if not record or not attempt.maybe_billed:  # the server refused it, or was never reached
        return _NOTHING
    plan = record.plan
    if not isinstance(plan.request, Request) or not isinstance(plan.pricer, Pricer):
        return _NOT_KNOWN
    if attempt is record.attempts[-1]:
        came: Bill = so_far(record).bill
        return came
    if attempt.usage is None:
        return _NOT_KNOWN
    told = Reply(message=_SILENCE, finish_reason=None, usage=attempt.usage, attempts=(attempt,))
    return Interrupted(plan.pricer, plan.request, plan.rules)(told)


class Priced(Struct, frozen=True):
    """The bills of a call whose row is in the file."""

    id: int
    account: Account
    bills: list[Bill]


class Late:
    """Works out costs in a thread, and calls `wake` when there are some. The thread ends when all are worked out."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self.is_ready = "genai_prices.data" in sys.modules
        self._wake = wake
        self._lock = threading.Lock()
        self._waiting: list[tuple[int, Account]] = []
        self._found: list[Priced] = []
        self._thread: threading.Thread | None = None
        self._is_running = False

    @property
    def is_owing(self) -> bool:
        """Whether there are costs that aren't in the file yet."""
        with self._lock:
            return self._is_running or bool(self._found)

    def add(self, rows: list[tuple[int, Account]]) -> None:
        """These were written without their costs. Also loads the prices, before there is any."""
        with self._lock:
            room = _MOST_WAITING - len(self._waiting)
            self._waiting += rows[:room]
            self._found += [Priced(row, one, [_TOO_MANY] * len(one.attempts)) for row, one in rows[room:]]
            if self._is_running or (self.is_ready and not self._waiting):
                return
            self._is_running = started = True
            thread = threading.Thread(target=self._run, name="ringup-prices", daemon=True)
            try:
                thread.start()
                self._thread = thread
            except RuntimeError:  # at the very end of a program (Python 3.12)
                started = False
        if not started:
            self._run()

    def found(self) -> list[Priced]:
        """What was worked out, and isn't in the file yet."""
        with self._lock:
            return self._found.copy()

    def drop(self, count: int) -> None:
        """So many of what was found first are in the file now, or are given up."""
        with self._lock:
            del self._found[:count]

    def join(self, timeout: float | None = None) -> None:
        """Wait until nothing is being worked out."""
        thread = self._thread
        if thread:
            thread.join(timeout)

    def _run(self) -> None:
        bill("openai", "gpt-4o-mini", Usage(input_tokens=1, output_tokens=1))  # the first one loads the prices
        self.is_ready = True
        while rows := self._next():
            found = [Priced(row, account, _safely(account)) for row, account in rows]
            with self._lock:
                self._found += found
            self._wake()

    def _next(self) -> list[tuple[int, Account]]:
        with self._lock:
            rows, self._waiting = self._waiting, []
            self._is_running = bool(rows)
            return rows


def _safely(account: Account) -> list[Bill]:
    try:
        return bills(account)
    except Exception as error:  # an estimate is never worth the others
        return [Bill(reason=f"its cost can't be worked out: {error}")] * len(account.attempts)
