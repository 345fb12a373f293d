"""What an invoice says, whoever wrote it: lines with tokens and costs, over a time, for a model or for one request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation, localcontext
from functools import lru_cache
from itertools import combinations
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ringup.errors import ConfigurationError
from ringup.reply import EXACT

__all__ = [
    "ALL",
    "INPUT",
    "LATEST",
    "OTHER",
    "OUTPUT",
    "READ",
    "TOKENS",
    "TOOLS",
    "WRITE",
    "Builder",
    "Invoice",
    "InvoiceError",
    "Line",
    "fresh",
    "join",
    "micro",
    "model_name",
    "money",
    "number",
    "paid",
    "shown",
    "slack",
]

INPUT, READ, WRITE, OUTPUT = "input", "cache read", "cache write", "output"
TOKENS = (INPUT, READ, WRITE, OUTPUT)
"""The classes of tokens. Each token is in one of them: `input` is what came fresh, not from the cache nor into it."""
TOOLS, OTHER, ALL = "tools", "other", "all"
"""Searches and the like; what isn't used by calls (storage, taxes, credits); and a cost that isn't divided."""


class InvoiceError(ConfigurationError, ValueError):
    """The file isn't an invoice that can be read."""


class Line(Struct, frozen=True, kw_only=True):
    """A line of an invoice. Times are microseconds since the epoch; `ends` isn't in it any more.

    model       without its date (`model_name`); "" where the invoice doesn't divide by models
    tokens      by class, as far as they are told
    costs       US dollars by class, as far as they are told; under "all" where they aren't divided
    request_id  the request that it is for, on an invoice of single requests
    terms       "batch", "flex", "priority", ...: what makes the prices others than the list's
    reason      why it has no cost
    slack       by how much the cost may be off because the invoice rounds it
    """

    provider: str
    starts: int
    ends: int
    model: str = ""
    tokens: dict[str, int] = {}
    costs: dict[str, Decimal] = {}
    request_id: str | None = None
    terms: str = ""
    reason: str | None = None
    slack: Decimal = Decimal(0)

    @property
    def cost(self) -> Decimal | None:
        """All of it; None where it isn't told."""
        with localcontext(EXACT):
            return sum(self.costs.values(), Decimal(0)) if self.costs else None


class Invoice(Struct, frozen=True, kw_only=True):
    """What `read_invoice` made of a file, or `join` of several.

    shapes       what it was recognized as
    periods      provider: from when to when it tells (microseconds; the end isn't in it)
    covers       (provider, kind) of the calls that it tells of; kinds are "answer" and "embeddings"
    per_request  every line is one request
    notes        what couldn't be compared, in words
    more         it is a page of several, and the last one isn't among those that were read
    url          the address of the server whose invoice it is, where that is known: only calls to it are compared
    """

    shapes: tuple[str, ...]
    lines: list[Line]
    periods: dict[str, tuple[int, int]]
    covers: frozenset[tuple[str, str]]
    per_request: bool = False
    notes: tuple[str, ...] = ()
    more: bool = False
    url: str | None = None


class Builder:
    """An invoice that is being read."""

    def __init__(self, shape: str, *covers: tuple[str, str], per_request: bool = False) -> None:
        self.shape = shape
        self.covers = set(covers)
        self.lines: list[Line] = []
        self.more = False
        self._per_request = per_request
        self._periods: dict[str, tuple[int, int]] = {}
        self._left_out: dict[str, int] = {}

    def add(self, line: Line) -> None:
        """A line."""
        self.lines.append(line)
        self.spans(line.provider, line.starts, line.ends)

    def spans(self, provider: str, starts: int, ends: int) -> None:
        """A time that the invoice tells of, also where it has nothing in it."""
        _widen(self._periods, provider, starts, ends)

    def left_out(self, what: str) -> None:
        """A line that can't be compared."""
        self._left_out[what] = self._left_out.get(what, 0) + 1

    def done(self) -> Invoice:
        """The invoice. One that has only what can't be compared tells of no calls, not that there were none."""
        is_told = self.lines or not self._left_out
        return Invoice(
            shapes=(self.shape,),
            lines=self.lines,
            periods=self._periods,
            covers=frozenset(self.covers if is_told else ()),
            per_request=self._per_request,
            notes=tuple([f"{n} line{'s' * (n != 1)} of {what}: not compared" for what, n in self._left_out.items()]),
            more=self.more,
        )


def join(invoices: Iterable[Invoice]) -> Invoice:
    """Several files as one invoice: pages, providers, usage and costs of the same time.

    Where a provider's usage is there, its costs tell no tokens: they would count twice. So would a file that is given
    twice: it counts once. Of two files that have some lines in common, all lines count, for they may be of two
    projects; a note says so. Raises InvoiceError for a mix of invoices by request with others.
    """
    given = list(invoices)
    held = [invoice for at, invoice in enumerate(given) if not invoice.lines or invoice not in given[:at]]
    if len({invoice.per_request for invoice in held}) != 1:
        raise InvoiceError(
            "an invoice that has each request can't be put together with one that has sums.",
            advice="Reconcile them one after the other.",
        )
    lines = [line for invoice in held for line in invoice.lines]
    apart = () if held[0].per_request else lines  # a request's tokens and cost are in one line
    used = {line.provider for line in apart if line.tokens and not line.costs}
    periods: dict[str, tuple[int, int]] = {}
    for invoice in held:
        for provider, (starts, ends) in invoice.periods.items():
            _widen(periods, provider, starts, ends)
    return Invoice(
        shapes=tuple(dict.fromkeys([shape for invoice in held for shape in invoice.shapes])),
        lines=[replace(line, tokens={}) if line.costs and line.provider in used else line for line in lines],
        periods=periods,
        covers=frozenset().union(*[invoice.covers for invoice in held]),
        per_request=held[0].per_request,
        notes=(
            *dict.fromkeys([note for invoice in held for note in invoice.notes]),
            *(["a file that was given twice counts once"] if len(held) < len(given) else ()),
            *_shared(held),
        ),
        more=_more(held),
        url=held[0].url if len(held) == 1 else None,
    )


def _shared(invoices: list[Invoice]) -> Iterator[str]:
    """What two files of one shape have in common. Copies of a request are told as differences."""
    for first, second in combinations(invoices, 2):
        if first.shapes != second.shapes or first.per_request:
            continue
        there = {repr(line) for line in first.lines}
        n = sum(repr(line) in there and any((*line.tokens.values(), *line.costs.values())) for line in second.lines)
        if n:
            yield (
                f"{n} line{'s are' if n > 1 else ' is'} in two files of {first.shapes[0]}, and counted twice: unless "
                "they are of two projects, leave a file out, or export times that don't overlap"
            )


def _more(invoices: list[Invoice]) -> bool:
    """Whether the last page of any kind is missing."""
    last: dict[tuple[str, ...], bool] = {}
    for invoice in invoices:
        last[invoice.shapes] = last.get(invoice.shapes, True) and invoice.more
    return any(last.values())


def _widen(periods: dict[str, tuple[int, int]], provider: str, starts: int, ends: int) -> None:
    was = periods.get(provider, (starts, ends))
    periods[provider] = (min(was[0], starts), max(was[1], ends))


# Values as files write them


def shown(value: Any) -> str:
    """A value as messages quote it: a file may have any, and of any length."""
    return repr(str(value)[:40])


def number(value: Any) -> int | None:
    """A count: 1200, 1200.0, "1,200" or "1200.0"; None for nothing. Raises InvoiceError."""
    amount = money(value)
    if amount is None:
        return None
    if amount != amount.to_integral_value() or amount < 0:
        raise InvoiceError(f"{shown(value)} isn't a number of tokens.")
    return int(amount)


def fresh(given: int | None, read: int | None, written: int | None) -> int | None:
    """Of all tokens that went in, those that came neither out of the cache nor into it. Raises InvoiceError."""
    if given is None:
        return None
    cached = (read or 0) + (written or 0)
    if cached > given:
        raise InvoiceError(
            f"{cached:,} tokens out of the cache and into it are more than all {given:,} input tokens.",
            advice="They are a part of input_tokens: export the usage again.",
        )
    return given - cached


_POINT = 'A comma only stands between thousands ("1,234.50"): write parts after a point, "0.06".'
_COMMA = re.compile(r"[-+]?[\d.]*,[\d.,]*")
_THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?")
_DIGITS = 18
"""Before the point: what no invoice comes to."""


def money(value: Any) -> Decimal | None:
    """An amount: 0.06, "0.06", "1,234.50", "0E-6176"; None for nothing. Raises InvoiceError."""
    if value is None or value == "":
        return None
    said = str(value).strip()
    try:
        amount = Decimal(said.replace(",", "") if _THOUSANDS.fullmatch(said) else said)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or isinstance(value, bool):
        raise InvoiceError(f"{shown(value)} isn't a number.", advice=_POINT if _COMMA.fullmatch(said) else "")
    if amount and amount.adjusted() >= _DIGITS:
        raise InvoiceError(f"{shown(value)} is more than any invoice comes to.")
    return amount if amount else Decimal(0)


def paid(value: Any) -> Decimal:
    """An amount that must be there. Raises InvoiceError."""
    amount = money(value)
    if amount is None:
        raise InvoiceError("the cost is missing.", advice="Export it again: a line that costs nothing has a 0.")
    return amount


def slack(written: Any) -> Decimal:
    """How far a cost may be off that was written in whole cents ("0.05"): half of one. Nothing with more digits."""
    return Decimal("0.005") if len(str(written).strip().partition(".")[2]) == 2 else Decimal(0)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


LATEST = 10**17
"""Microseconds: the year 5138. What is later is told in milliseconds."""
_TIMES = "Times are seconds since 1970 (1793577600, not milliseconds), or like 2026-11-02T00:00:00Z."


def micro(row: Mapping[str, Any], name: str) -> int:
    """A row's time in microseconds since the epoch: it is told in seconds, or as an ISO text (without a zone: UTC).
    Raises InvoiceError."""
    try:
        time = _time(row[name])
        if not 0 <= time < LATEST:
            raise ValueError
    except (ValueError, ArithmeticError):
        raise InvoiceError(f"{name} is {shown(row[name])}, and that isn't a time.", advice=_TIMES) from None
    return int(time)


def _time(when: Any) -> int | Decimal:
    if isinstance(when, str) and not when.strip().isdecimal():
        moment = datetime.fromisoformat(when.strip().replace(" UTC", "+00:00"))
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (moment - _EPOCH) // timedelta(microseconds=1)
    return Decimal(str(when)) * 1_000_000


_DATE = re.compile(r"[-@](\d{4}-\d\d-\d\d|20\d{6}|\d\d-20\d\d)$")
_END = re.compile(r"-(latest|00\d)$|(?<=^text-embedding-ada-002)-v\d$")
_CLAUDE = re.compile(r"^claude-(\d(?:-\d)?)-(opus|sonnet|haiku)")


@lru_cache(4096)
def model_name(model: str) -> str:
    """A model's name without its date, so that a snapshot and its alias meet: gpt-4o-mini-2024-07-18 is gpt-4o-mini,
    claude-haiku-4-5-20251001 claude-haiku-4-5, and models/gemini-2.5-flash-001 gemini-2.5-flash."""
    name = model.strip().lower().rpartition("/")[2]
    name = _END.sub("", _DATE.sub("", name))
    if name.startswith("gemini"):
        name = name.removesuffix("-preview")
    return _CLAUDE.sub(r"claude-\2-\1", name)
