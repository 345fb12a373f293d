"""By day, model and class of tokens: an invoice of sums against the tries of a ledger."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal

from ringup.ledger import Try
from ringup.reconcile._cells import Cell, Grain, Key, at, costs, day_of, grains, place, used
from ringup.reconcile._invoice import ALL, INPUT, OUTPUT, Invoice, model_name
from ringup.reconcile._reasons import Where, explain, tries
from ringup.reconcile._report import HALF_A_CENT, Difference, Report, Sums

__all__ = ["by_groups"]

_EXACT = Decimal("0.000001")
"""US dollars: what two ways of rounding may make in a sum."""


class _Books:
    """Both sides, while they are added up."""

    def __init__(self, invoice: Invoice) -> None:
        self.invoice = invoice
        self.grains = grains(invoice)
        self.cells: defaultdict[Key, Cell] = defaultdict(Cell)
        self.sums = Sums(), Sums()
        self.outside: Counter[str] = Counter()
        self.uncovered: Counter[str] = Counter()
        self.unpriced: dict[str, Sums] = {}

    def add_lines(self, since: int | None, until: int | None) -> None:
        for line in self.invoice.lines:
            if (since is not None and line.starts < since) or (until is not None and line.starts >= until):
                continue
            grain = self.grains[line.provider]
            counted, charged = place(line.provider, line.starts, line.model, line.terms, grain)
            for what, n in line.tokens.items():
                cell = self.cells[at(counted, what)]
                cell.invoice_tokens += n
                cell.billed(line)
            for what, amount in line.costs.items():
                cell = self.cells[at(charged, what if grain.costs_by_class else ALL)]
                cell.invoice_cost += amount
                cell.slack += line.slack
                cell.billed(line)
            self.sums[0].count(line.tokens)
            if line.costs:
                self.sums[0].charge(line.cost)

    def add_try(self, one: Try) -> None:
        grain = self.grains[one.provider]
        counted, charged = place(one.provider, one.sent, model_name(one.model), ", ".join(one.terms), grain)
        found = {what: n for what, n in used(one, grain).items() if what in grain.classes}
        for what, n in found.items():
            self.cells[at(counted, what)].ledger_tokens += n
        parts = costs(one, grain) if grain.costs else {}
        for what, amount in parts.items():
            self.cells[at(charged, what)].ledger_cost += amount
        touched = {at(counted, what) for what in found or grain.classes & {INPUT, OUTPUT}}
        if grain.costs:
            touched |= {at(charged, what) for what in parts or _unknown_in(grain)}
        for key in touched:
            self.cells[key].made(one)
        self.sums[1].count(found)
        sums = self.sums[1] if grain.costs else self.unpriced.setdefault(one.provider, Sums())
        sums.charge(one.cost, one.estimated)


def _unknown_in(grain: Grain) -> tuple[str, ...]:
    """The classes in which a cost is missing that isn't known."""
    return (INPUT, OUTPUT) if grain.costs_by_class else (ALL,)


def by_groups(
    made: Iterable[Try], invoice: Invoice, lost: Counter[str], since: int | None, until: int | None
) -> Report:
    """Every day, model and class of tokens that either side has something in. `lost` has the calls by day that the
    ledger couldn't write."""
    books = _Books(invoice)
    books.add_lines(since, until)
    periods = {
        provider: (max(starts, since or starts), min(ends, until or ends))
        for provider, (starts, ends) in invoice.periods.items()
    }
    for one in made:
        if one.provider not in periods or not one.is_billed:
            continue
        starts, ends = periods[one.provider]
        if (one.provider, one.kind) not in invoice.covers:
            books.uncovered[one.kind] += 1
        elif starts <= one.sent < ends:
            books.add_try(one)
        else:
            books.outside[one.provider] += 1
    return _report(books, periods, lost)


def _report(books: _Books, periods: dict[str, tuple[int, int]], lost: Counter[str]) -> Report:
    differences = _differences(books, periods, lost)
    return Report(
        shapes=books.invoice.shapes,
        starts=min([starts for starts, _ in periods.values()], default=None),
        ends=max([ends for _, ends in periods.values()], default=None),
        providers=tuple(sorted(periods)),
        per_request=False,
        invoice=books.sums[0],
        ledger=books.sums[1],
        differences=tuple(differences),
        notes=tuple(_notes(books)),
        slack=sum([cell.slack for cell in books.cells.values()], Decimal(0)),
        more=books.invoice.more,
    )


def _differences(books: _Books, periods: dict[str, tuple[int, int]], lost: Counter[str]) -> list[Difference]:
    terms = tuple(sorted({key[4] for key in books.cells}))
    called = {key[0] for key, cell in books.cells.items() if cell.attempts}
    found = []
    for key, cell in books.cells.items():
        if not _differs(key, cell, books.grains[key[0]]):
            continue
        provider, day = key[:2]
        edges = {day_of(time, provider) for time in (periods[provider][0], periods[provider][1] - 1)}
        where = Where(
            key=key,
            cells=books.cells,
            lost=lost[day] if day else lost.total(),
            outside=books.outside[provider] if day in edges or not day else 0,
            has_calls=provider in called,
            terms=terms,
        )
        found.append(_difference(key, cell, books.grains[provider], where))
    return sorted(found, key=_weight, reverse=True)


def _differs(key: Key, cell: Cell, grain: Grain) -> bool:
    counts = grain.counts(key) and cell.invoice_tokens != cell.ledger_tokens
    return counts or (grain.prices(key) and abs(cell.ledger_cost - cell.invoice_cost) > cell.slack + _EXACT)


def _difference(key: Key, cell: Cell, grain: Grain, where: Where) -> Difference:
    kind, reason = explain(cell, where)
    counts, prices = grain.counts(key), grain.prices(key)
    is_all_unknown = bool(cell.attempts) and cell.unknown == cell.attempts
    return Difference(
        kind=kind,
        reason=reason,
        when=key[1],
        provider=key[0],
        model=key[2],
        what=key[3],
        terms=key[4],
        invoice_tokens=cell.invoice_tokens if counts else None,
        ledger_tokens=cell.ledger_tokens if counts else None,
        invoice_cost=cell.invoice_cost if prices else None,
        ledger_cost=cell.ledger_cost if prices and not is_all_unknown else None,
        unknown=cell.unknown,
        matters=_matters(cell, grain, counts, prices),
    )


def _matters(cell: Cell, grain: Grain, counts: bool, prices: bool) -> bool:
    """Less than a cent doesn't. Tokens do where the invoice has no costs that would tell what they come to."""
    if prices:
        return bool(cell.unknown) or abs(cell.ledger_cost - cell.invoice_cost) >= HALF_A_CENT + cell.slack
    return counts and not grain.costs


def _weight(difference: Difference) -> tuple[bool, Decimal, int]:
    tokens = (difference.ledger_tokens or 0) - (difference.invoice_tokens or 0)
    return difference.matters, abs(difference.cost or Decimal(0)), abs(tokens)


def _notes(books: _Books) -> list[str]:
    notes = [*books.invoice.notes]
    if books.invoice.more:
        notes.append("the invoice goes on (has_more is true), and its last page isn't here")
    for provider, n in books.outside.items():
        notes.append(f"not compared, for they are of another time: {tries(n)} of {provider}")
    for provider, sums in books.unpriced.items():
        known = f"{sums.cost:f} US dollars" if sums.cost is not None else "no known cost"
        more = f", and {tries(sums.unknown)} without a known cost" if sums.unknown and sums.cost is not None else ""
        notes.append(
            f"the invoice tells no costs of {provider}: only tokens were compared (the ledger has {known}{more})"
        )
    for kind, n in books.uncovered.items():
        notes.append(f"not compared, for the invoice doesn't tell of such: {tries(n)} for {kind}")
    return notes
