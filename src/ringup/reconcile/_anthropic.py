"""Anthropic's usage and costs: its Admin API and the newer Analytics API as JSON, and the Console's CSV exports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ringup.reconcile._invoice import (
    ALL,
    INPUT,
    OTHER,
    OUTPUT,
    READ,
    TOOLS,
    WRITE,
    Builder,
    Invoice,
    InvoiceError,
    Line,
    micro,
    model_name,
    number,
    paid,
    shown,
    slack,
)

__all__ = ["read_buckets", "read_cost_rows", "read_items", "read_usage_rows"]

_USAGE, _COSTS = "Anthropic's usage", "Anthropic's costs"
_COVERED = ("anthropic", "answer")
_HOUR = 3_600_000_000


def read_buckets(buckets: Iterable[Mapping[str, Any]]) -> Invoice:
    """The buckets of `usage_report/messages` and of `cost_report`."""
    built = Builder("Anthropic's report, which has no lines", _COVERED)
    for bucket in buckets:
        starts, ends = micro(bucket, "starting_at"), micro(bucket, "ending_at")
        built.spans("anthropic", starts, ends)
        for result in bucket["results"]:
            _add(built, result, starts, ends)
    return built.done()


def read_items(items: Iterable[Mapping[str, Any]]) -> Invoice:
    """The rows of `analytics/usage` and `analytics/cost`: a group, and its usage or cost."""
    built = Builder("Anthropic's analytics, which have no lines", _COVERED)
    for item in items:
        result = {**item["group"], **(item.get("usage") or item.get("cost") or {})}
        _add(built, result, micro(item, "starting_at"), micro(item, "ending_at"))
    return built.done()


def _add(built: Builder, result: Mapping[str, Any], starts: int, ends: int) -> None:
    if "amount" in result:
        built.shape = _COSTS
        built.add(_cost(result, starts, ends))
    elif "uncached_input_tokens" in result:
        built.shape = _USAGE
        built.add(_usage(result, starts, ends))
    else:
        built.left_out("Anthropic's report without tokens and amounts")


def _usage(result: Mapping[str, Any], starts: int, ends: int) -> Line:
    created = result.get("cache_creation")
    kinds = created if isinstance(created, Mapping) else {}
    written = [n for name in kinds if (n := number(kinds[name])) is not None]
    found = {
        INPUT: number(result.get("uncached_input_tokens")),
        READ: number(result.get("cache_read_input_tokens")),
        WRITE: sum(written) if written else None,
        OUTPUT: number(result.get("output_tokens")),
    }
    return Line(
        provider="anthropic",
        starts=starts,
        ends=ends,
        model=model_name(result.get("model") or ""),
        tokens={what: n for what, n in found.items() if n is not None},
        terms=_terms(result),
    )


def _terms(result: Mapping[str, Any]) -> str:
    words = (result.get("service_tier") or result.get("usage_type"), result.get("speed"))
    return ", ".join([str(word) for word in words if word not in (None, "", "standard", "message")])


def _cost(result: Mapping[str, Any], starts: int, ends: int) -> Line:
    """A cost in cents. Divided by tokens only where the report was asked to (`group_by[]=description`)."""
    currency = result.get("currency") or "USD"
    if currency.upper() != "USD":
        raise InvoiceError(f"Anthropic's costs aren't in US dollars: their currency is {shown(currency)}.")
    what = _class(result.get("token_type"), result.get("cost_type"))
    return Line(
        provider="anthropic",
        starts=starts,
        ends=ends,
        model=model_name(result.get("model") or ""),
        costs={what: paid(result["amount"]).scaleb(-2)},
        terms=_terms(result),
    )


def _class(token_type: Any, cost_type: Any) -> str:
    said = str(token_type or "")
    if "cache_read" in said:
        return READ
    if "cache_write" in said or "cache_creation" in said:
        return WRITE
    if said:
        return OUTPUT if "output" in said else INPUT if "input" in said else OTHER
    kind = str(cost_type or "")
    return TOOLS if "search" in kind else ALL if kind in ("", "token", "tokens") else OTHER


# The Console's exports


def read_usage_rows(rows: Iterable[Mapping[str, Any]]) -> Invoice:
    """The export of the Console's page Usage."""
    built = Builder(f"{_USAGE} (the Console's export)", _COVERED)
    for row in rows:
        starts, ends = _when(row)
        made = [n for name, value in row.items() if "cache_write" in name and (n := number(value)) is not None]
        found = {
            INPUT: number(row["usage_input_tokens_no_cache"]),
            READ: number(row.get("usage_input_tokens_cache_read")),
            WRITE: sum(made) if made else None,
            OUTPUT: number(row["usage_output_tokens"]),
        }
        built.add(
            Line(
                provider="anthropic",
                starts=starts,
                ends=ends,
                model=_shown(row["model_version"]),
                tokens={what: n for what, n in found.items() if n is not None},
                terms=_terms(row),
            )
        )
    return built.done()


def read_cost_rows(rows: Iterable[Mapping[str, Any]]) -> Invoice:
    """The export of the Console's page Cost. It writes models as people do: "Claude Haiku 4.5"."""
    built = Builder(f"{_COSTS} (the Console's export)", _COVERED)
    for row in rows:
        starts, ends = _when(row)
        what = _class(row.get("token_type"), row.get("cost_type"))
        built.add(
            Line(
                provider="anthropic",
                starts=starts,
                ends=ends,
                model=_shown(row.get("model") or ""),
                costs={what: paid(row["cost_usd"])},
                terms=_terms(row),
                slack=slack(row["cost_usd"]),
            )
        )
    return built.done()


def _when(row: Mapping[str, Any]) -> tuple[int, int]:
    """A day, or an hour of it."""
    starts = micro(row, "usage_date_utc")
    return starts, starts + (_HOUR if len(row["usage_date_utc"].strip()) > 10 else 24 * _HOUR)


def _shown(model: str) -> str:
    return model_name(model.strip().replace(" ", "-").replace(".", "-"))
