"""What calls cost, in sums: by day, model, session, provider or tag."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import closing
from decimal import Decimal, localcontext
from typing import Any, Unpack, cast

from msgspec import Struct

from ringup.errors import ConfigurationError, ParameterError
from ringup.ledger._filters import Filters, conditions
from ringup.ledger._read import file_of
from ringup.ledger._schema import has_index, open_to_read
from ringup.reply import EXACT

__all__ = ["Spent", "costs", "total"]


class Spent(Struct, kw_only=True):
    """What the calls of one day, model, ... came to.

    `key` says which: a day is one of the machine's zone (2026-11-23), a model has its provider before it. None stands
    for calls without a session, or without that tag. `free` is True for calls to the simulator, which stand apart.

    `cost_usd` is the sum of what is known, all tries included, to the last digit: None where of no call it is known.
    `unknown` counts the calls that aren't in it, or not wholly: what they cost isn't known. `estimated` counts those
    that are in it with an estimate, because their answers broke off. What a provider doesn't bill (a 429) counts as
    nothing.

    Tokens are those that are known, None where none are. `input_tokens` are all, cached ones included.
    """

    key: str | None
    free: bool
    calls: int = 0
    unknown: int = 0
    estimated: int = 0
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cost_usd: Decimal | None = None


_KEYS = {
    "day": "strftime('%Y-%m-%d', queued / 1000000, 'unixepoch', 'localtime')",
    "model": "iif(provider = 'sim', model, provider || '/' || model)",
    "session": "session",
    "provider": "provider",
}
_TAG = "(SELECT value FROM tags WHERE call = calls.id AND name = ?)"
_EARLIER = "attempts > 1 AND EXISTS (SELECT 1 FROM attempts WHERE call = calls.id AND number < calls.attempts AND {})"
_TRY_UNKNOWN = "attempts.cost_usd IS NULL AND (attempts.cost_unknown IS NOT NULL OR attempts.maybe_billed)"
_TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens")

_QUERY = f"""WITH
    chosen AS (SELECT id, attempts, {", ".join(_TOKENS)}, cost_usd, :key AS key, provider = 'sim' AS free,
        provider != 'sim' AND ((cost_usd IS NULL AND (cost_unknown IS NOT NULL OR maybe_billed OR outcome = 'answered'))
            OR ({_EARLIER.format(_TRY_UNKNOWN)})) AS unknown,
        (cost_usd IS NOT NULL AND cost_estimated) OR ({_EARLIER.format("attempts.cost_estimated")}) AS estimated
        FROM calls WHERE :condition),
    billed AS (SELECT key, free, 1 AS calls, unknown, estimated, {", ".join(_TOKENS)},
            iif(unknown, cost_usd, coalesce(cost_usd, '0')) AS cost_usd FROM chosen
        UNION ALL
        SELECT key, free, 0, 0, 0, {", ".join([f"attempts.{name}" for name in _TOKENS])}, attempts.cost_usd
        FROM chosen JOIN attempts ON attempts.call = chosen.id AND attempts.number < chosen.attempts
        WHERE chosen.attempts > 1)
    SELECT key, free, sum(calls) AS calls, sum(unknown) AS unknown, sum(estimated) AS estimated,
        {", ".join([f"sum({name}) AS {name}" for name in _TOKENS])}, exact_sum(cost_usd) AS cost_usd
    FROM billed GROUP BY key, free"""  # noqa: S608 - the names are ours
"""What a call costs is what its last try does; the tries before it are added."""


def costs(path: str | os.PathLike[str], by: str = "day", **filters: Unpack[Filters]) -> list[Spent]:
    """Sums by "day", "model", "session", "provider" or "tag:NAME". Days in order, else the dearest first.

        for spent in costs("calls.db", by="model", since="2026-11-01"):
            print(spent.key, spent.calls, spent.cost_usd)

    Calls to the simulator are summed apart, so a key may come twice. The filters are those of `rows`. Raises
    ConfigurationError when the file isn't a ledger; ParameterError for a wrong `by` or filter.
    """
    key, named = _key(by)
    if not file_of(path).exists():
        conditions(filters, indexed=False)  # a wrong filter is an error all the same
        return []
    found = [Spent(**{**row, "free": bool(row["free"])}) for row in _read(path, key, named, filters) if row["calls"]]
    if by == "day":
        return sorted(found, key=lambda spent: (spent.key or "", spent.free))
    return sorted(
        found,
        key=lambda spent: (spent.free, (spent.cost_usd or Decimal(0)).copy_negate(), -spent.calls, spent.key or ""),
    )


def _key(by: str) -> tuple[str, tuple[str, ...]]:
    kind, _, name = by.partition(":")
    if kind == "tag" and name:
        return _TAG, (name,)
    if by not in _KEYS:
        raise ParameterError(
            f'by={by!r} isn\'t known: give {", ".join(_KEYS)} or tag:NAME ("tag:team")', parameter="by"
        )
    return _KEYS[by], ()


def _read(path: str | os.PathLike[str], key: str, named: tuple[str, ...], filters: Filters) -> list[dict[str, Any]]:
    import sqlite3  # here, for who keeps no ledger

    try:
        with closing(open_to_read(file_of(path))) as connection, localcontext(EXACT):
            connection.create_aggregate("exact_sum", 1, cast("Any", _ExactSum))
            condition, values = conditions(filters, has_index(connection))
            query = _QUERY.replace(":key", key).replace(":condition", condition)
            rows = [dict(row) for row in connection.execute(query, (*named, *values))]
    except (sqlite3.Error, OSError) as error:
        raise ConfigurationError(f"the ledger {str(path)!r} can't be read: {error}.") from None
    return [{**row, "cost_usd": row["cost_usd"] and Decimal(row["cost_usd"])} for row in rows]


class _ExactSum:
    """Costs are text: SQLite would add them up as floats."""

    def __init__(self) -> None:
        self._sum: Decimal | None = None

    def step(self, cost: str | None) -> None:
        if cost is not None:
            self._sum = (self._sum or 0) + Decimal(cost)

    def finalize(self) -> str | None:
        return None if self._sum is None else str(self._sum)


def total(sums: Iterable[Spent]) -> Spent:
    """All of them together; free where all of them are."""
    sums = list(sums)
    whole = Spent(key=None, free=all(spent.free for spent in sums))
    with localcontext(EXACT):
        for spent in sums:
            _add(whole, spent)
    return whole


def _add(spent: Spent, more: Spent) -> None:
    for name in spent.__struct_fields__[2:]:
        known = [value for value in (getattr(spent, name), getattr(more, name)) if value is not None]
        setattr(spent, name, sum(known[1:], known[0]) if known else None)
