"""What comes of a comparison: sums of both sides, and where they differ."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import Literal

from msgspec import Struct

from ringup.reply import EXACT

__all__ = ["HALF_A_CENT", "Difference", "Kind", "Report", "Sums"]

HALF_A_CENT = Decimal("0.005")
"""US dollars. Less isn't a cent's difference."""

Kind = Literal[
    "not in the ledger",
    "maybe billed",
    "not on the invoice",
    "estimate",
    "no cost in the ledger",
    "no cost on the invoice",
    "tokens",
    "price",
    "day",
    "no call",
]
"""What a difference is; docs/reconcile.md tells of each."""


class Difference(Struct, frozen=True, kw_only=True):
    """One place where the two don't agree. What isn't known is None.

    kind      what it most likely is; `reason` says it in words
    when      the time of the request, or the day (UTC; of Google's invoices: Pacific time). "" for the whole period
    what      "request", or the class of what is billed: "input", "cache read", "cache write", "output", "tools", ...
    terms     "flex", "batch", ...: of those that the invoice tells apart, and of its line for a request
    request_id, call, attempt   which request it is, and which call and try of the ledger
    unknown   so many tries of the ledger have no number in it, because it isn't known
    matters   it is a cent or more, or nobody can say how much it is
    """

    kind: Kind
    reason: str
    when: str
    provider: str
    model: str
    what: str
    terms: str = ""
    invoice_tokens: int | None = None
    ledger_tokens: int | None = None
    invoice_cost: Decimal | None = None
    ledger_cost: Decimal | None = None
    unknown: int = 0
    request_id: str | None = None
    call: int | None = None
    attempt: int | None = None
    matters: bool = True

    @property
    def cost(self) -> Decimal | None:
        """What the ledger has more, in US dollars, or less; None where that isn't known."""
        there, here = self.invoice_cost, self.ledger_cost
        if (there is None and here is None) or (there is None and self.invoice_tokens is not None):
            return None
        with localcontext(EXACT):
            return None if here is None and self.unknown else (here or Decimal(0)) - (there or Decimal(0))


class Sums(Struct, kw_only=True):
    """One side, all together.

    lines      of the invoice; on the ledger's side: tries
    tokens     by class, those that are known
    cost       US dollars, of those whose cost is known; None where none is told at all
    unknown    so many have no cost
    estimated  the part of the cost that is estimated
    """

    lines: int = 0
    tokens: dict[str, int] = {}
    cost: Decimal | None = None
    unknown: int = 0
    estimated: Decimal = Decimal(0)

    @property
    def known(self) -> Decimal | None:
        """The cost; 0 where nothing was to be paid for, and None where only what isn't known was."""
        return Decimal(0) if self.cost is None and not self.unknown else self.cost

    def count(self, tokens: Mapping[str, int]) -> None:
        """A line, with its tokens."""
        self.lines += 1
        for what, n in tokens.items():
            self.tokens[what] = self.tokens.get(what, 0) + n

    def charge(self, cost: Decimal | None, is_estimated: bool = False) -> None:
        """What a line costs."""
        if cost is None:
            self.unknown += 1
            return
        self.cost = (self.cost or Decimal(0)) + cost
        if is_estimated:
            self.estimated += cost


class Report(Struct, frozen=True, kw_only=True):
    """A ledger held against an invoice.

    shapes       what the invoice was recognized as
    starts, ends the time that was compared (microseconds since the epoch; the end isn't in it); None where nothing was
    providers    whose calls
    per_request  request by request; else by days, models and classes of tokens
    invoice, ledger   the sums of both
    differences  the greatest first
    notes        what else is to be known: what wasn't compared, and what is uncertain
    slack        by how much the costs may be off because the invoice rounds them
    more         the invoice goes on: its last page isn't among those that were read
    """

    shapes: tuple[str, ...]
    starts: int | None
    ends: int | None
    providers: tuple[str, ...]
    per_request: bool
    invoice: Sums
    ledger: Sums
    differences: tuple[Difference, ...]
    notes: tuple[str, ...] = ()
    slack: Decimal = Decimal(0)
    more: bool = False

    @property
    def difference(self) -> Decimal | None:
        """The ledger's cost less the invoice's, as far as they are known; None where one of them isn't known at all."""
        there, here = self.invoice.known, self.ledger.known
        is_priced = self.invoice.cost is not None or self.ledger.cost is not None
        with localcontext(EXACT):
            return here - there if is_priced and here is not None and there is not None else None

    @property
    def agrees(self) -> bool:
        """Whether the two agree to the cent: in all, and in each place. Without costs, to the token. Nobody can say so
        of an invoice that lacks a page."""
        return self.agrees_so_far and not self.more

    @property
    def agrees_so_far(self) -> bool:
        """Whether the two agree in what was read of the invoice."""
        off = self.difference
        with localcontext(EXACT):
            within = off is None or abs(off) < HALF_A_CENT + self.slack
        return within and not any(difference.matters for difference in self.differences)
