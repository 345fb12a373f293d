"""What the simulator would charge: a line for every call that a vendor bills, from its own counts (`metering`) and the
vendors' prices (`tariff`).

As the vendors bill:
- What was refused, or failed before an answer was made (429, 500), costs nothing. Counting tokens, lists of models,
  files, and what was stored and is fetched again cost nothing.
- A whole answer is charged in full, also when it never arrived. So is one in the background, when it is done.
- Of a stream that the client left, or that broke off, the prompt is charged in full, and of the answer what was made.
- A refusal is charged as the answer that it is; all choices (`n`) are; embeddings are charged for their input.
- Lines of batches have the batch's price. Those that failed, expired or were cancelled cost nothing.

Sources: Google's billing FAQ (failed requests); Anthropic's "Handle streaming refusals" and "Refusals and fallback",
and its guide to message batches; OpenAI's guides to batches and to flex and priority processing. That broken streams
are charged for what was made is what users of all three report; no vendor's page says how.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from typing import Any

import msgspec
from msgspec import Struct

from ringup.prices import prices_version
from ringup.reply import EXACT
from ringup.simulator.metering import Charge
from ringup.simulator.tariff import Part, UnlistedError, reckon

__all__ = ["Book", "Invoice", "InvoiceLine", "Part"]


class InvoiceLine(Struct, frozen=True, kw_only=True):
    """One call on the invoice.

    number       its place in the book; one that was stopped before it began leaves a gap
    time         when the call came, by the simulator's clock, in UTC
    model        as the answer names it
    request_id   as the answer's header has it; None for Google, which has none
    outcome      what became of the answer: `answered`, `client left`, `closed`, `reset`, `truncated`, `failed` (an
                 error inside the answer), `stopped` (the simulator was) or `cancelled` (in the background)
    kind         `answer`, `embeddings` or `batch`
    service_tier `flex`, `priority`, `fast`; None for the usual one
    input_tokens all of them, cached ones included; output_tokens with the thinking
    parts        what the sum is made of
    cost_usd     US dollars; None where there is no price, and `reason` says why
    """

    number: int
    time: datetime
    provider: str
    model: str
    request_id: str | None
    outcome: str
    kind: str
    service_tier: str | None
    input_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    output_tokens: int
    parts: tuple[Part, ...]
    cost_usd: Decimal | None
    reason: str | None


_COLUMNS = tuple(name for name in InvoiceLine.__struct_fields__ if name != "parts")


class Invoice(Struct, frozen=True):
    """All that was charged so far. `prices` names the price list and its version; None where none is installed."""

    prices: str | None
    lines: tuple[InvoiceLine, ...]

    @property
    def total(self) -> Decimal:
        """The sum of the lines that have a price, in US dollars."""
        with localcontext(EXACT):
            return sum([line.cost_usd for line in self.lines if line.cost_usd is not None], Decimal(0))

    def json(self) -> bytes:
        """As JSON, with amounts as texts: exact to the last digit."""
        lines = [_plain(line) for line in self.lines]
        return msgspec.json.encode(
            {"currency": "USD", "prices": self.prices, "total": _digits(self.total), "lines": lines}
        )

    def csv(self) -> str:
        """As CSV: a line for each call, without the parts. What isn't known is empty."""
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(_COLUMNS)
        rows.writerows([[_plain(line)[name] for name in _COLUMNS] for line in self.lines])
        return text.getvalue()


def _plain(line: InvoiceLine) -> dict[str, Any]:
    told = {name: getattr(line, name) for name in InvoiceLine.__struct_fields__}
    told["time"] = line.time.isoformat(timespec="microseconds")
    told["parts"] = [{**msgspec.structs.asdict(part), "cost_usd": _digits(part.cost_usd)} for part in line.parts]
    told["cost_usd"] = None if line.cost_usd is None else _digits(line.cost_usd)
    return told


def _digits(amount: Decimal) -> str:
    return format(amount, "f")


class Book:
    """The charges of all calls, in the order in which they were over. It keeps them all: some hundred bytes each."""

    def __init__(self) -> None:
        self._charges: list[Charge] = []

    def add(self, charge: Charge, outcome: str) -> None:
        """A call is over."""
        charge.close(outcome)
        self._charges.append(charge)

    def clear(self) -> None:
        """Begin anew. Calls that are on their way come on the new invoice."""
        self._charges = []

    def invoice(self, now: float) -> Invoice:
        """The invoice, with what is done by now."""
        held = list(enumerate(self._charges, 1))
        lines = [_line(number, charge) for number, charge in held if charge.due is None or charge.due <= now]
        return Invoice(prices_version(), tuple(lines))


def _line(number: int, charge: Charge) -> InvoiceLine:
    parts: tuple[Part, ...] = ()
    reason = None
    try:
        parts = reckon(charge)
    except UnlistedError as error:
        reason = str(error)
    return InvoiceLine(
        number=number,
        time=datetime.fromtimestamp(charge.time, UTC),
        provider=charge.provider,
        model=charge.model,
        request_id=charge.request_id,
        outcome=charge.outcome,
        kind=charge.kind,
        service_tier=charge.tier,
        input_tokens=charge.read,
        cache_read_tokens=charge.cache_read,
        cache_write_tokens=charge.short + charge.long,
        output_tokens=charge.written,
        parts=parts,
        cost_usd=None if reason else sum([part.cost_usd for part in parts], Decimal(0)),
        reason=reason,
    )
