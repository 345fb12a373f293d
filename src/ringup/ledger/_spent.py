"""Reading what tries used and cost, one after the other: for a comparison with a provider's invoice."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import lru_cache
from typing import Any

from msgspec import Struct, json

from ringup.ledger._read import _reading, file_of

__all__ = ["Try", "tries"]


class Try(Struct, frozen=True):
    """A try on the wire: when (microseconds since the epoch), with whom, and what it used and cost as far as is known.

    `model` is the one that answered, or else the one that was asked for. `cost_lines` is JSON, and `unknown` says why
    there is no cost; where both are None, nothing is charged for the try, unless it is `maybe_billed`. The sizes of the
    prompt are None where the provider didn't tell. `terms` are those of its bill.
    """

    call: int
    number: int
    sent: int
    ended: int | None
    kind: str
    provider: str
    model: str
    request_id: str | None
    outcome: str | None
    maybe_billed: bool
    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    cost: Decimal | None
    cost_lines: str | None
    unknown: str | None
    estimated: bool
    prices: str | None
    terms: tuple[str, ...] = ()

    @property
    def is_billed(self) -> bool:
        """Whether it is on a provider's invoice, or may be."""
        told = self.cost is not None or self.unknown is not None or self.input_tokens is not None
        return told or self.maybe_billed


_BOTH = (
    *("request_id", "outcome", "maybe_billed", "input_tokens", "output_tokens", "cache_read_tokens"),
    *("cache_write_tokens", "cost_usd", "cost_lines", "cost_unknown", "cost_estimated", "prices"),
    "terms",
)
_QUERY = f"""SELECT c.id, coalesce(a.number, 1), coalesce(a.sent, c.sent, c.queued), coalesce(a.ended, c.ended), c.kind,
    c.provider, coalesce(c.model_answered, c.model),
    {", ".join([f"iif(a.call IS NULL, c.{name}, a.{name})" for name in _BOTH])}
    FROM calls c LEFT JOIN attempts a ON a.call = c.id
    WHERE ?1 IS NULL OR c.url = ?1 OR substr(c.url, 1, length(?1) + 1) = ?1 || '/'
    ORDER BY c.id, a.number"""  # noqa: S608 - the names are ours
"""The first ringup had no rows of tries: there the call's own stand for its only one."""


def tries(path: str | os.PathLike[str], url: str | None = None) -> Iterator[Try]:
    """The tries of all calls, in the order of their calls, read as they are asked for; none where there is no file.

    url   only calls to this server: the beginning of their addresses, "http://127.0.0.1:4010"

    Raises ConfigurationError when the file isn't a ledger, or one of a newer ringup.
    """
    if not file_of(path).exists():
        return
    with _reading(path) as connection:
        connection.row_factory = None
        for row in connection.execute(_QUERY, (url,)):
            yield _try(*row)


_MADE: Callable[..., Try] = Try


def _try(*row: Any) -> Try:
    *known, maybe_billed, given, answered, read, written, cost, lines, unknown, estimated, prices, terms = row
    tokens = (given, answered, read, written)
    amount = None if cost is None else Decimal(cost)
    return _MADE(*known, bool(maybe_billed), *tokens, amount, lines, unknown, bool(estimated), prices, _terms(terms))


@lru_cache(256)
def _terms(told: str | None) -> tuple[str, ...]:
    return () if told is None else json.decode(told, type=tuple[str, ...])
