"""Why two sums differ, most likely, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from msgspec import Struct

from ringup.reconcile._cells import Cell, Key
from ringup.reconcile._invoice import ALL, INPUT, OTHER, READ, TOOLS, WRITE
from ringup.reconcile._report import Kind

__all__ = ["Where", "explain", "tries"]


class Where(Struct, frozen=True):
    """A cell among the others.

    lost       calls that the ledger couldn't write on that day
    outside    tries beyond the invoice's time, where the cell is at its edge
    has_calls  the ledger has calls of the provider in that time at all
    terms      all terms that there are in keys
    """

    key: Key
    cells: Mapping[Key, Cell]
    lost: int = 0
    outside: int = 0
    has_calls: bool = True
    terms: tuple[str, ...] = ("",)


def explain(cell: Cell, where: Where) -> tuple[Kind, str]:
    """What a difference most likely is; and that, and what else it may be, in words."""
    if where.key[3] == OTHER and not cell.attempts:
        return "no call", "nothing that a call uses: storage, tools of the provider's, credits, taxes"
    found = _found(cell, where)
    return found[0][0], "; ".join([words for _, words in found])


def _found(cell: Cell, where: Where) -> list[tuple[Kind, str]]:
    if told := _day(cell, where) or _split(cell, where) or _otherwise(cell, where):
        return told
    unsure = _uncertain(cell)
    if cell.invoice_tokens and cell.invoice_tokens == cell.ledger_tokens:
        return unsure or _prices(cell, where)
    if _more_there(cell):
        return [*unsure, *_missing(cell, where)]
    guessed = [told for told in unsure if told[0] == "estimate" and not cell.ledger_tokens]  # a guess has no tokens
    return [*guessed, *_surplus(cell)]


def _more_there(cell: Cell) -> bool:
    """Whether the invoice has more than the ledger."""
    if cell.invoice_tokens != cell.ledger_tokens:
        return cell.invoice_tokens > cell.ledger_tokens
    return cell.invoice_cost > cell.ledger_cost


def _off(cell: Cell) -> tuple[int, Decimal]:
    return cell.ledger_tokens - cell.invoice_tokens, cell.ledger_cost - cell.invoice_cost


def _day(cell: Cell, where: Where) -> list[tuple[Kind, str]]:
    """The day before or after has as much too little as this one has too much."""
    provider, day, model, what, terms = where.key
    if not day:
        return []
    for name, step in (("before", -1), ("after", 1)):
        beside = (date.fromisoformat(day) + timedelta(days=step)).isoformat()
        other = where.cells.get((provider, beside, model, what, terms))
        if other and _cancel(cell, other):
            return [("day", f"the day {name} is off by the same, the other way: calls around midnight")]
    return []


def _cancel(cell: Cell, other: Cell) -> bool:
    (tokens, cost), (more_tokens, more_cost) = _off(cell), _off(other)
    if tokens or more_tokens:
        return tokens + more_tokens == 0
    return bool(cost) and abs(cost + more_cost) <= cell.slack + other.slack + Decimal("0.000001")


def _split(cell: Cell, where: Where) -> list[tuple[Kind, str]]:
    """As many tokens in all went in, but the two don't agree on which of them were cached."""
    provider, day, model, what, terms = where.key
    if what not in (INPUT, READ, WRITE):
        return []
    cells = [where.cells.get((provider, day, model, other, terms)) for other in (INPUT, READ, WRITE)]
    there = sum([held.invoice_tokens for held in cells if held])
    if not there or there != sum([held.ledger_tokens for held in cells if held]):
        return []
    if cell.invoice_tokens == cell.ledger_tokens:
        return []
    said = f": nobody told {tries(cell.unsplit)} which were cached" if cell.unsplit else ""
    return [("tokens", f"as many tokens went in, but not as many were fresh and cached{said}")]


def _otherwise(cell: Cell, where: Where) -> list[tuple[Kind, str]]:
    """The same tokens, but the two don't agree on their terms."""
    here = [where.cells.get((*where.key[:4], terms)) for terms in where.terms]
    found = [held for held in here if held]
    off = [held.ledger_tokens - held.invoice_tokens for held in found]
    if sum(off) or not any(off) or cell.invoice_tokens == cell.ledger_tokens:
        return []
    named = {terms or "the usual ones": held for terms, held in zip(where.terms, here, strict=True) if held}
    there = [name for name, held in named.items() if held.invoice_tokens > held.ledger_tokens]
    made = [name for name, held in named.items() if held.invoice_tokens < held.ledger_tokens]
    return [("price", f"the same tokens on other terms: {', '.join(there)} there, and {', '.join(made)} in the ledger")]


def tries(n: int) -> str:
    """So many tries, in words."""
    return f"{n:,} {'try' if n == 1 else 'tries'}"


def _uncertain(cell: Cell) -> list[tuple[Kind, str]]:
    """What the ledger itself knows that it doesn't know."""
    found: list[tuple[Kind, str]] = []
    if cell.maybe:
        found.append(("maybe billed", f"{tries(cell.maybe)} that may have been billed, without a usage"))
    if cell.unpriced:
        why = f" ({'; '.join(sorted(cell.reasons))})" if cell.reasons else ""
        found.append(("no cost in the ledger", f"{tries(cell.unpriced)} without a cost in the ledger{why}"))
    if cell.estimated:
        found.append(("estimate", f"{tries(cell.estimated)} with an estimate, for an answer that broke off"))
    return found


def _prices(cell: Cell, where: Where) -> list[tuple[Kind, str]]:
    same = "" if where.key[3] in (ALL, TOOLS) else "the same tokens at other prices"
    terms = f"billed as {', '.join(sorted(cell.terms))}" if cell.terms else ""
    whose = f"the ledger's prices are {', '.join(sorted(cell.prices))}" if cell.prices else ""
    said = ", ".join([words for words in (same, terms, whose) if words])
    return [("price", said or "other prices, or calls that the ledger hasn't")]


def _missing(cell: Cell, where: Where) -> list[tuple[Kind, str]]:
    """The invoice has more."""
    found: list[tuple[Kind, str]] = []
    if where.lost:
        found.append(("not in the ledger", f"{where.lost} calls couldn't be written to the ledger then"))
    if where.outside:
        found.append(("day", f"the ledger has {tries(where.outside)} outside of the invoice's time"))
    if not cell.attempts:
        whose = "of this model then" if where.has_calls else "of this provider in that time"
        return [*found, ("not in the ledger", f"the ledger has no call {whose}: another program's, or another file's")]
    return [*found, ("not in the ledger", "other programs called too, or some of this one's calls aren't logged")]


def _surplus(cell: Cell) -> list[tuple[Kind, str]]:
    """The ledger has more."""
    if not cell.invoice_tokens and not cell.invoice_cost:
        why = "nothing of it is on the invoice: another account's, project's or server's, or billed later"
    else:
        why = "some went to another account, project or server, or are billed later"
    terms = f", or billed as {', '.join(sorted(cell.terms))}" if cell.terms else ""
    return [("not on the invoice", f"{why}{terms}")]
