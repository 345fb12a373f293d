"""Request by request: an invoice that has them against the tries of a ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Set
from datetime import UTC, datetime
from decimal import Decimal
from math import inf
from typing import Any

from ringup.ledger import Try
from ringup.reconcile._invoice import INPUT, OUTPUT, READ, TOKENS, WRITE, Invoice, Line, model_name
from ringup.reconcile._matching import Moment, Span, matched
from ringup.reconcile._report import HALF_A_CENT, Difference, Kind, Report, Sums

__all__ = ["by_request"]

_MARGIN = 60_000_000
"""Microseconds before the first and after the last line in which a call belongs to the invoice."""
_NEAR = 2_000_000
"""So close to a try is the time of a line that is its own."""
Pair = tuple[Line | None, Try | None]


def by_request(
    tries: Iterable[Try], invoice: Invoice, lost: Iterable[tuple[int, int]], since: int | None, until: int | None
) -> Report:
    """Each line finds its try by the request's id; one that has none by model, time and tokens.

    `lost` are the times and numbers of calls that the ledger couldn't write.
    """
    period = _period(invoice, since, until)
    bounds = _bounds(period, since, until)
    lines = [line for line in invoice.lines if bounds[0] <= line.starts < bounds[1]]
    pairs, outside = _paired(lines, tries, invoice, bounds)
    lost_then = sum([n for at, n in lost if bounds[0] <= at < bounds[1]])
    sums = Sums(), Sums()
    differences: list[Difference] = []
    met = {line.request_id for line, one in pairs if line and one and line.request_id}
    for line, one in pairs:
        _count(sums, line, one)
        if found := _compared(line, one, lost_then, met):
            differences.append(found)
    notes = [*invoice.notes]
    if outside:
        notes.append(f"not compared, for they are of another time: {outside:,} of the ledger's tries")
    return Report(
        shapes=invoice.shapes,
        starts=period[0] if period else None,
        ends=period[1] if period else None,
        providers=tuple(sorted(invoice.periods)),
        per_request=True,
        invoice=sums[0],
        ledger=sums[1],
        differences=tuple(sorted(differences, key=_weight, reverse=True)),
        notes=tuple(notes),
        more=invoice.more,
    )


def _period(invoice: Invoice, since: int | None, until: int | None) -> tuple[int, int] | None:
    times = [time for line in invoice.lines for time in (line.starts, line.ends)]
    if not times and since is None and until is None:
        return None
    starts = since if since is not None else min(times, default=0)
    return starts, until if until is not None else max(times, default=starts)


def _bounds(period: tuple[int, int] | None, since: int | None, until: int | None) -> tuple[float, float]:
    """From when to when tries are looked for: a little more than the invoice's own time, but no more than asked for."""
    starts, ends = (period[0] - _MARGIN, period[1] + _MARGIN) if period else (-inf, inf)
    return starts if since is None else since, ends if until is None else until


def _paired(
    lines: list[Line], tries: Iterable[Try], invoice: Invoice, bounds: tuple[float, float]
) -> tuple[list[Pair], int]:
    """Every line and every billed try once, together where they are the same; and how many tries are of another
    time."""
    wanted: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        wanted[line.request_id or ""].append(line)
    pairs: list[Pair] = []
    rest: list[Try] = []
    outside = 0
    for one in tries:
        same = wanted.get(one.request_id) if one.request_id else None
        if same:
            pairs.append((same.pop(0), one))
        elif one.is_billed and (invoice.url or one.provider in invoice.periods):
            if bounds[0] <= one.sent < bounds[1]:
                rest.append(one)
            else:
                outside += 1
    unmet = [line for same in wanted.values() for line in same]
    return [*pairs, *_by_time(unmet, rest)], outside


def _by_time(lines: list[Line], tries: list[Try]) -> Iterator[Pair]:
    """What has no id in common (Google's have none): tries that went on at the time of the line, with the same model,
    tokens and cost, then with some of them."""
    found = matched(
        [Moment(line.starts, (*[of_line(line) for of_line, _ in _LOOKS], line.model)) for line in lines],
        [
            Span(one.sent, one.ended or one.sent, (*[of_try(one) for _, of_try in _LOOKS], model_name(one.model)))
            for one in tries
        ],
        _NEAR,
    )
    yield from [(lines[at], tries[number]) for number, at in found.items()]
    met = set(found.values())
    rest = [one for number, one in enumerate(tries) if number not in found]
    yield from _by_looks([line for at, line in enumerate(lines) if at not in met], rest)


def _by_looks(lines: list[Line], tries: list[Try]) -> Iterator[Pair]:
    """The rest, at whatever time: somebody's clock may be wrong."""
    for of_line, of_try in _LOOKS:
        alike: dict[Any, list[Try]] = defaultdict(list)
        for one in sorted(tries, key=lambda one: one.sent, reverse=True):
            alike[of_try(one)].append(one)
        unmet = []
        for line in sorted(lines, key=lambda line: line.starts):
            found = alike[of_line(line)]
            if found:
                yield line, found.pop()
            else:
                unmet.append(line)
        lines, tries = unmet, [one for held in alike.values() for one in held]
    yield from [(line, None) for line in lines]
    yield from [(None, one) for one in tries]


def _asked(line: Line) -> int:
    return sum([line.tokens.get(what, 0) for what in (INPUT, READ, WRITE)])


_LOOKS: tuple[tuple[Callable[[Line], Hashable], Callable[[Try], Hashable]], ...] = (
    (
        lambda line: (line.model, _asked(line), line.tokens.get(OUTPUT), line.cost),
        lambda one: (model_name(one.model), one.input_tokens, one.output_tokens, one.cost),
    ),
    (
        lambda line: (line.model, _asked(line), line.tokens.get(OUTPUT)),
        lambda one: (model_name(one.model), one.input_tokens, one.output_tokens),
    ),
    (lambda line: (line.model, _asked(line)), lambda one: (model_name(one.model), one.input_tokens)),
)
"""What a line and its try have in common, the surest first."""


# What is in a pair


def _used(one: Try) -> dict[str, int]:
    """Its tokens by class; those classes that the provider told."""
    read, written, given = one.cache_read_tokens, one.cache_write_tokens, one.input_tokens
    fresh = None if given is None else given - (read or 0) - (written or 0)
    found = {INPUT: fresh, READ: read, WRITE: written, OUTPUT: one.output_tokens}
    return {what: n for what, n in found.items() if n is not None}


def _count(sums: tuple[Sums, Sums], line: Line | None, one: Try | None) -> None:
    if line:
        sums[0].count(line.tokens)
        sums[0].charge(line.cost)
    if one:
        sums[1].count(_used(one))
        sums[1].charge(one.cost, one.estimated)


def _compared(line: Line | None, one: Try | None, lost: int, met: Set[str]) -> Difference | None:
    if line is None:
        assert one
        kind, reason = _without_line(one)
        return _difference(kind, reason, None, one)
    if one is None:
        return _difference("not in the ledger", _absent(line, lost, met), line, None)
    told = _kind(line, one)
    return _difference(*told, line, one) if told else None


def _absent(line: Line, lost: int, met: Set[str]) -> str:
    if line.request_id in met:
        return "the invoice has this request more often than the ledger: it is billed twice, or its line is a copy"
    if lost:
        return f"the ledger lost {lost} call{'s' * (lost > 1)} that couldn't be written then: it may be one of them"
    return "the ledger has no such request: another program made it, or it was killed before its row was written"


def _without_line(one: Try) -> tuple[Kind, str]:
    if one.estimated:
        return "estimate", f"the provider billed nothing, and the ledger has an estimate ({one.unknown or one.outcome})"
    if one.cost is None:
        return "maybe billed", f"it may have been billed, and isn't on the invoice: {one.unknown or one.outcome}"
    return (
        "not on the invoice",
        "the invoice hasn't this request: it went to another server or account, or is billed later",
    )


def _kind(line: Line, one: Try) -> tuple[Kind, str] | None:
    used = _used(one)
    differ = [what for what in TOKENS if what in line.tokens and what in used and line.tokens[what] != used[what]]
    counted = ", ".join([f"{what} {line.tokens[what]:,} there and {used[what]:,} here" for what in differ])
    if one.cost is None and line.cost is not None:
        if one.maybe_billed:
            return (
                "maybe billed",
                f"it was billed: {one.unknown or 'no whole answer came, so that nobody told its usage'}",
            )
        return "no cost in the ledger", one.unknown or f"the ledger takes it for not billed ({one.outcome})"
    if line.cost is None and one.cost is not None:
        return "no cost on the invoice", line.reason or "the invoice tells none"
    off = abs((one.cost or Decimal(0)) - (line.cost or Decimal(0))) > line.slack
    if one.estimated and (off or differ):
        return "estimate", f"{one.unknown or 'the cost is an estimate'}{f'; {counted}' if counted else ''}"
    if differ:
        return "tokens", counted
    if off:
        return "price", f"the same tokens at other prices{_priced(line, one)}"
    return None


def _priced(line: Line, one: Try) -> str:
    terms = f", billed as {line.terms}" if line.terms else ""
    return f"{terms} (the ledger's are {one.prices})" if one.prices else terms


def _difference(kind: Kind, reason: str, line: Line | None, one: Try | None) -> Difference:
    time = one.sent if one else line.starts if line else 0
    there, here = line.cost if line else None, one.cost if one else None
    return Difference(
        kind=kind,
        reason=reason,
        when=datetime.fromtimestamp(time // 1_000_000, UTC).isoformat(),
        provider=line.provider if line else one.provider if one else "",
        model=line.model if line else model_name(one.model) if one else "",
        what="request",
        terms=line.terms if line else "",
        invoice_tokens=sum(line.tokens.values()) if line and line.tokens else None,
        ledger_tokens=sum(used.values()) if one and (used := _used(one)) else None,
        invoice_cost=there,
        ledger_cost=here,
        unknown=int(one is not None and one.cost is None),
        request_id=(line.request_id if line else None) or (one.request_id if one else None),
        call=one.call if one else None,
        attempt=one.number if one else None,
        matters=there is None or here is None or abs(here - there) >= HALF_A_CENT,
    )


def _weight(difference: Difference) -> tuple[bool, Decimal]:
    return difference.matters, abs(difference.cost or Decimal(0))
