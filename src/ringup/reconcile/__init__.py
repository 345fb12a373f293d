"""Does a provider's invoice agree with what the ledger says was spent, and if not, where?

    from ringup.reconcile import read_invoice, reconcile

    report = reconcile("calls.db", read_invoice(Path("costs.csv").read_bytes()))
    print(report.agrees, report.difference)

`ringup reconcile` is the same on the command line. Which files can be read: docs/reconcile.md.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from decimal import localcontext

from ringup.errors import ParameterError
from ringup.ledger import Try, losses, tries
from ringup.reconcile._cells import day_of
from ringup.reconcile._groups import by_groups
from ringup.reconcile._invoice import Invoice, InvoiceError, Line, join
from ringup.reconcile._report import Difference, Kind, Report, Sums
from ringup.reconcile._requests import by_request
from ringup.reconcile._shapes import SHAPES, read_invoice
from ringup.reply import EXACT

__all__ = [
    "SHAPES",
    "Difference",
    "Invoice",
    "InvoiceError",
    "Kind",
    "Line",
    "Report",
    "Sums",
    "compare",
    "join",
    "read_invoice",
    "reconcile",
]


def reconcile(
    ledger: str | os.PathLike[str],
    *invoices: Invoice,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Report:
    """Hold a ledger against an invoice, or against several files as one: pages, usage and costs, providers.

    ledger        the ledger's file
    since, until  only this part of the invoice's time; the end isn't in it. Without a zone: local time

    Nothing that isn't known counts as 0. Raises ConfigurationError for a file that isn't a ledger, InvoiceError for
    invoices that can't be put together.
    """
    if not invoices:
        raise ParameterError("name an invoice", parameter="invoices")
    return compare(tries(ledger, invoices[0].url), join(invoices), lost=_lost(ledger), since=since, until=until)


def compare(
    made: Iterable[Try],
    invoice: Invoice,
    *,
    lost: Iterable[tuple[int, int]] = (),
    since: datetime | None = None,
    until: datetime | None = None,
) -> Report:
    """The same for the tries themselves, which are read only once and one by one; `lost` are the times (microseconds
    since the epoch) and numbers of calls that weren't written."""
    starts, ends = _micro(since), _micro(until)
    with localcontext(EXACT):
        if invoice.per_request:
            return by_request(made, invoice, lost, starts, ends)
        days: Counter[str] = Counter()
        for at, n in lost:
            days[day_of(at, "")] += n
        return by_groups(made, invoice, days, starts, ends)


def _lost(ledger: str | os.PathLike[str]) -> list[tuple[int, int]]:
    return [(loss["at"], loss["calls"]) for loss in losses(ledger)]


def _micro(when: datetime | None) -> int | None:
    return None if when is None else round(when.timestamp() * 1_000_000)
