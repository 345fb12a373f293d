"""Money that calls may spend: reserved before each is sent, and settled when it is over.

What was spent and what is reserved stands in two small tables in the ledger's file, so all threads and processes that
have the ledger share it; without a ledger, in memory, for one client. Both ways it is the same SQL in one transaction.
A call waits for its reservation, and isn't made without one. A process that dies leaves its reservations to expire.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from ringup.errors import BudgetExceededError, LedgerError, ParameterError
from ringup.estimates import Estimate
from ringup.judge import thinks
from ringup.ledger import Ledger, Receipt, transaction
from ringup.locks import Lock
from ringup.messages import Request
from ringup.outcome import so_far
from ringup.reply import EXACT
from ringup.script import Keep, Plan, Record, Script
from ringup.spending import Limit, nano, read_limits

if TYPE_CHECKING:
    import sqlite3

__all__ = ["Guard", "Purse", "make_purse"]

_TABLES = (
    "CREATE TABLE IF NOT EXISTS budget_spent (hour INTEGER NOT NULL, session TEXT NOT NULL, amount INTEGER NOT NULL, "
    "PRIMARY KEY (hour, session)) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS budget_reserved (id INTEGER PRIMARY KEY AUTOINCREMENT, hour INTEGER NOT NULL, "
    "session TEXT NOT NULL, amount INTEGER NOT NULL, expires REAL NOT NULL)",
)
"""Amounts are billionths of a dollar, hours are since the epoch, and `expires` is in seconds since then."""

_MARGIN = 60.0
"""Seconds that a reservation outlives the deadline of its call."""

_NANO = Decimal("1e-9")
_MOST = 2**53
"""More than any call costs, and few enough that SQLite can add up a thousand of them."""


class _Wish(Struct, frozen=True):
    """What is to be reserved, by which limits, and when it expires."""

    limits: tuple[Limit, ...]
    amount: int
    session: str
    now: float
    expires: float


class _Held(Struct, frozen=True):
    """A reservation."""

    id: int
    hour: int


class _Short(Struct, frozen=True):
    """Why there is no reservation: the limit, and what is left of it."""

    limit: Limit
    left: int


class _Here:
    """Runs jobs at once, on a database in memory."""

    def __init__(self) -> None:
        import sqlite3  # here, for who has no budget

        self._lock = Lock()
        self._owed: deque[Callable[[Any], Any]] = deque()
        self._connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)

    def owe(self, job: Callable[[Any], Any]) -> None:
        """As `Ledger.owe`. A stream that is garbage may end in the midst of another job: who does that does this too,
        afterwards."""
        self._owed.append(job)
        self._pay()

    def _pay(self) -> None:
        while self._owed and self._lock.enter_at_once():
            try:
                self._pay_all()
            finally:
                self._lock.__exit__()

    def _pay_all(self) -> None:
        while self._owed:
            self._owed.popleft()(self._connection)

    def submit(self, job: Callable[[Any], Any]) -> Receipt:
        """As `Ledger.submit`."""
        receipt = Receipt()
        with self._lock:
            try:
                self._pay_all()
                receipt.settle(job(self._connection))
            except Exception as error:
                receipt.settle(error=error)
        self._pay()
        return receipt


class Purse:
    """The limits of one client or call, and where what it spends is written down."""

    def __init__(self, limits: tuple[Limit, ...], ledger: Ledger | None, unknown: str = "refuse") -> None:
        self.limits = limits
        self.allows_unknown = unknown == "allow"
        self._store: Ledger | _Here = ledger or _Here()
        self._name = os.urandom(8).hex()

    def take(self, amount: int, session: str | None, now: float, seconds: float) -> Receipt:
        """Reserve an amount, for a call of so many seconds at most. The receipt's result is a _Held or a _Short."""
        wish = _Wish(self.limits, min(amount, _MOST), self._of(session), now, now + seconds + _MARGIN)
        return self._store.submit(partial(_reserve, wish))

    def settle(self, held: _Held, session: str | None, amount: int) -> None:
        """What was reserved is over, and cost so much."""
        self._store.owe(partial(_settle, held, self._of(session), min(amount, _MOST)))

    def _of(self, session: str | None) -> str:
        """A session as the tables have it: by its digest, for `purge` leaves them, and a name may say much."""
        return sha256(session.encode("utf-8", "surrogatepass")).hexdigest()[:16] if session else self._name


@contextmanager
def _writing(connection: sqlite3.Connection) -> Iterator[None]:
    for table in _TABLES:
        connection.execute(table)
    with transaction(connection):
        yield


def _reserve(wish: _Wish, connection: sqlite3.Connection) -> _Held | _Short:
    hour = int(wish.now // 3600)
    with _writing(connection):
        connection.execute("DELETE FROM budget_reserved WHERE expires < ?", (wish.now,))
        short = [
            _Short(limit, left)
            for limit in wish.limits
            if (left := nano(limit.amount) - _used(limit, wish.session, wish.now, connection)) < wish.amount
        ]
        if short:
            return min(short, key=lambda found: found.left)
        row = connection.execute(
            "INSERT INTO budget_reserved (hour, session, amount, expires) VALUES (?, ?, ?, ?)",
            (hour, wish.session, wish.amount, wish.expires),
        )
        assert row.lastrowid is not None
        return _Held(row.lastrowid, hour)


def _used(limit: Limit, session: str, now: float, connection: sqlite3.Connection) -> int:
    """What is spent and reserved of a limit. A call that was begun in the period before may still end in this one."""
    begins, only = limit.begins(now), session if limit.period == "session" else None
    spent, reserved = connection.execute(
        "SELECT (SELECT coalesce(sum(amount), 0) FROM budget_spent WHERE (?1 IS NULL OR hour >= ?1) "
        "AND (?2 IS NULL OR session = ?2)), (SELECT coalesce(sum(amount), 0) FROM budget_reserved "
        "WHERE ?2 IS NULL OR session = ?2)",
        (begins, only),
    ).fetchone()
    total: int = spent + reserved
    return total


def _settle(held: _Held, session: str, amount: int, connection: sqlite3.Connection) -> None:
    with _writing(connection):
        connection.execute("DELETE FROM budget_reserved WHERE id = ?", (held.id,))
        if amount:
            connection.execute(
                "INSERT INTO budget_spent (hour, session, amount) VALUES (?, ?, ?) "
                "ON CONFLICT DO UPDATE SET amount = amount + excluded.amount",
                (held.hour, session, amount),
            )


class Guard:
    """Holds the money of one call while it goes on. Each try on the wire that may be billed has its own."""

    def __init__(self, purses: list[Purse], worst: Estimate) -> None:
        self._purses = purses
        self._worst = worst
        self._held: list[tuple[Purse, _Held]] = []
        self._paid = False  # what was left while it waited

    def begin(self, record: Record, now: float, timeout: float) -> Script:
        """Reserve what the call may cost at the most. Raises BudgetExceededError where that is more than is left, and
        LedgerError where the budget can't be kept, or not in so many seconds."""
        amount = self._amount(record)
        try:
            for purse in self._purses:
                yield from self._take(purse, amount, record, now, timeout)
        except BaseException:
            self._release(record, 0)
            raise

    def again(self, record: Record, now: float, timeout: float) -> Script:
        """Before another try: if the one that failed may be billed, it keeps what was reserved for it."""
        if record.attempts[-1].maybe_billed:
            self._release(record, self._amount(record))
            yield from self.begin(record, now, timeout)

    def end(self, record: Record) -> None:
        """Settle: what the call cost, as far as that is known; else what it may have cost at the most."""
        if record.is_ours() and not sys.is_finalizing():  # else it is the parent's to settle, or expires
            self._release(record, self._cost(record))

    def _amount(self, record: Record) -> int:
        """The most that one try costs, in billionths."""
        if self._worst.high is not None:
            return nano(self._worst.high)
        if all(purse.allows_unknown for purse in self._purses):
            return 0
        raise _unknown(self._worst, record)

    def _take(self, purse: Purse, amount: int, record: Record, now: float, timeout: float) -> Script:
        plan = record.plan
        receipt = purse.take(amount, plan.session, now, plan.timeout)
        try:
            yield Keep(receipt, timeout)
        except BaseException as error:  # left while it waited: what comes of it is given back
            receipt.when_done(lambda: self._give_back(purse, receipt, record))
            if isinstance(error, TimeoutError):
                raise _unkept(f"its ledger couldn't be written for {timeout:,.3g} s", record) from None
            raise
        if receipt.error:
            raise _unkept(receipt.error, record)
        if isinstance(receipt.result, _Short):
            raise _exceeded(receipt.result, self._worst, record, now)
        self._held.append((purse, receipt.result))

    def _give_back(self, purse: Purse, receipt: Receipt, record: Record) -> None:
        if isinstance(receipt.result, _Held) and not self._paid:
            self._paid = True  # for `when_done` may call twice
            purse.settle(receipt.result, record.plan.session, 0)

    def _release(self, record: Record, amount: int) -> None:
        held, self._held = self._held, []
        for purse, reservation in held:
            purse.settle(reservation, record.plan.session, amount)

    def _cost(self, record: Record) -> int:
        came = record.reply
        if came is None:
            if not record.attempts[-1].maybe_billed:
                return 0
            came = so_far(record)
        bill = came.bill
        if bill.total is None or (bill.estimated and _may_hide_thoughts(record.plan, came)):
            return self._worst_known()
        return nano(bill.total)

    def _worst_known(self) -> int:
        return nano(self._worst.high or Decimal(0))


def _may_hide_thoughts(plan: Plan, came: Any) -> bool:
    return isinstance(plan.request, Request) and thinks(plan.request, plan.rules) and not came.thinking


def _unkept(reason: object, record: Record) -> LedgerError:
    so = "it wasn't tried again" if record.attempts else "nothing was sent"
    return LedgerError(
        f"the budget can't be kept, and so {so}: {reason}.",
        advice="A call with a budget isn't made while its ledger can't be written.",
    )


def _exceeded(short: _Short, worst: Estimate, record: Record, now: float) -> BudgetExceededError:
    renews = short.limit.renews(now)
    left = EXACT.multiply(max(short.left, 0), _NANO)
    when = f"; it renews at {renews:%Y-%m-%d %H:%M} UTC" if renews else ""
    assert worst.high is not None
    name = "max_cost" if short.limit.period == "total" and record.plan.max_cost == short.limit.amount else "the budget"
    return BudgetExceededError(
        f"{name} of {short.limit} has {_dollars(left)} left, and this call may cost {_dollars(worst.high)}{when}.",
        advice=_advice(worst, record),
        left=left,
        worst=worst.high,
        renews=renews,
    )


def _unknown(worst: Estimate, record: Record) -> BudgetExceededError:
    return BudgetExceededError(
        f"what this call may cost isn't known, and it has a budget: {worst.reason or 'its price is unknown'}.",
        advice=f'{_advice(worst, record)} Give its prices (prices=...), or allow it: budget_unknown="allow".'.strip(),
        left=None,
        worst=None,
        renews=None,
    )


def _advice(worst: Estimate, record: Record) -> str:
    request, longest = record.plan.request, worst.output_tokens[1]
    if not isinstance(request, Request) or request.max_tokens is not None:
        return ""
    if longest is None:
        return "Set max_tokens: how long its answer may be isn't known."
    return f"Set max_tokens: without it, {worst.model} may answer with {longest:,} tokens."


def _dollars(amount: Decimal) -> str:
    return f"${amount.quantize(_NANO, context=EXACT).normalize(EXACT):f}" if amount else "$0"


def make_purse(budget: Any, unknown: Any, ledger: Ledger | None) -> Purse | None:
    """The purse of `Client(budget=..., budget_unknown=...)`; None without a budget. Raises ParameterError."""
    if unknown not in ("refuse", "allow"):
        raise ParameterError(
            f'budget_unknown={unknown!r} isn\'t known: it is "refuse" or "allow"', parameter="budget_unknown"
        )
    limits = read_limits(budget)
    lasting = next((limit for limit in limits if limit.period in ("hour", "day", "month")), None)
    if lasting and ledger is None:
        raise ParameterError(
            f"a budget of {lasting} needs a ledger, where what was spent is kept.",
            parameter="budget",
            advice='Name its file: ledger="calls.db".',
        )
    return Purse(limits, ledger, unknown) if limits else None
