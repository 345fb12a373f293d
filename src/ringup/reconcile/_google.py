"""Google Cloud Billing, where Gemini's calls are paid: the CSV of its reports and of its cost table, and rows of its
export to BigQuery as JSON. It names no models, only SKUs: "Generate content output token count gemini 2.5 flash text".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone, tzinfo
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ringup.reconcile._invoice import (
    INPUT,
    LATEST,
    OTHER,
    OUTPUT,
    READ,
    TOOLS,
    Builder,
    Invoice,
    InvoiceError,
    Line,
    micro,
    model_name,
    money,
    paid,
    shown,
    slack,
)

__all__ = ["only_dollars", "pacific", "read_exported", "read_rows"]

_REPORT = "Google Cloud's billing report"
_SERVICES = ("gemini api", "generative language", "vertex ai")
_AMOUNTS = ("unrounded subtotal", "unrounded cost", "subtotal", "cost")
"""Columns with the cost, the best first; behind each stands the currency: "Cost ($)"."""
_DOLLARS = re.compile(r".*\((?:\$|US\$|USD)\)")
"""Not "CA$" and "A$"."""
_FOREIGN = "Google's table isn't in US dollars: its {}."
_CONVERT = "Other currencies can't be compared: convert the costs, and write USD."
_STARTS, _ENDS = ("Date", "Usage start date"), ("Date", "Usage end date")
_BY_DAY = "Export the report grouped by date and SKU, or the cost table with all its columns."


@cache
def pacific() -> tzinfo:
    """The zone of Google's days. Where this machine has no table of zones: its winter's, all the year."""
    try:
        return ZoneInfo("America/Los_Angeles")
    except ZoneInfoNotFoundError:
        return timezone(timedelta(hours=-8))


def read_rows(rows: Iterable[Mapping[str, Any]]) -> Invoice:
    """The table of a CSV. Rows without a date and a service are sums of the others; some have fewer cells."""
    built = Builder(_REPORT, ("gemini", "answer"), ("gemini", "embeddings"))
    for row in rows:
        service, first, last = row.get("Service description"), _first(row, _STARTS), _first(row, _ENDS)
        if first and last:
            period = _day(row, first), _day(row, last, 1)
            _add(built, (row["Service description"], row["SKU description"]), period, _told(row))
        elif service and _is_ours(service):
            raise InvoiceError(f"Google's table doesn't tell the day of {row['SKU description']!r}.", advice=_BY_DAY)
        elif service:
            built.left_out(f"Google's {service}")
    return built.done()


def _first(row: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((name for name in names if row.get(name)), "")


def _day(row: Mapping[str, Any], name: str, later: int = 0) -> int:
    try:
        day = datetime.fromisoformat(row[name].strip()[:10]) + timedelta(days=later)
        time = int(day.replace(tzinfo=pacific()).timestamp()) * 1_000_000
        if not 0 <= time < LATEST:
            raise ValueError
    except (ValueError, OverflowError):
        raise InvoiceError(
            f"{name} is {shown(row[name])}, and that isn't a day.", advice="Days are like 2026-11-02."
        ) from None
    return time


def only_dollars(above: Mapping[int, list[str]]) -> None:
    """The lines above a cost table, by their numbers, tell its currency: the dollars of its columns may be Australian.
    Raises InvoiceError."""
    for at, line in above.items():
        if line[0] == "Currency" and line[1:2] != ["USD"]:
            why = _FOREIGN.format(f"currency is {', '.join(line[1:2])!r}")
            raise InvoiceError(f"line {at}: {why}", advice=_CONVERT)


def _told(row: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    """The amount used, its unit, and the cost as it is written."""
    names = {name.lower().partition("(")[0].strip(): name for name in row if name}
    column = next((names[name] for name in _AMOUNTS if name in names), None)
    if column is None:
        raise InvoiceError("Google's table has no column with the cost.")
    if not _DOLLARS.fullmatch(column):
        raise InvoiceError(_FOREIGN.format(f"costs are {column!r}"), advice=_CONVERT)
    return row.get("Usage amount"), row.get("Usage unit"), row[column]


def read_exported(rows: Iterable[Mapping[str, Any]]) -> Invoice:
    """Rows of the table `gcp_billing_export_v1_...` as JSON. Its times are UTC."""
    built = Builder(f"{_REPORT} (its export to BigQuery)", ("gemini", "answer"), ("gemini", "embeddings"))
    for row in rows:
        if row.get("currency") != "USD":
            raise InvoiceError(
                f"Google's export isn't in US dollars: its currency is {row.get('currency')!r}.",
                advice="Where it isn't told, select the column currency too.",
            )
        used = row.get("usage") or {}
        starts, ends = micro(row, "usage_start_time"), micro(row, "usage_end_time")
        what = row["service"]["description"], row["sku"]["description"]
        _add(built, what, (starts, ends), (used.get("amount"), used.get("unit"), row["cost"]))
        for credit in row.get("credits") or ():
            built.add(Line(provider="gemini", starts=starts, ends=ends, costs={OTHER: paid(credit.get("amount"))}))
    return built.done()


def _add(built: Builder, item: tuple[str, str], period: tuple[int, int], told: tuple[Any, Any, Any]) -> None:
    """A service and its SKU, when, and how much of which unit for what."""
    (service, sku), (used, unit, cost) = item, told
    if not _is_ours(service):
        return built.left_out(f"Google's {service}" if service else "Google's taxes and credits")
    model, what, terms = _sku(sku)
    tokens = (
        money(used) if what in (INPUT, READ, OUTPUT) and str(unit).lower() in ("count", "token", "tokens") else None
    )
    return built.add(
        Line(
            provider="gemini",
            starts=period[0],
            ends=period[1],
            model=model,
            tokens={} if tokens is None else {what: round(tokens)},
            costs={what: paid(cost)},
            terms=terms,
            slack=slack(cost),
        )
    )


def _is_ours(service: str) -> bool:
    return any(name in service.lower() for name in _SERVICES)


_COUNTED = re.compile(r"\b(cached )?(?:text |image |audio |video )?(input|output)\b.*?\btoken count\b")
_MODEL = re.compile(r"gemini[ -](?:embedding[ -])?[\d.]+(?:[ -](?:pro|flash|lite|ultra|live|preview|embedding))*")
_EMBEDDING = re.compile(r"gemini-embedding-[\w.]+")


def _sku(sku: str) -> tuple[str, str, str]:
    """The model, the class of tokens and the terms that a SKU is for."""
    said = sku.lower()
    found, model = _COUNTED.search(said), _EMBEDDING.search(said) or _MODEL.search(said)
    if found is None or model is None:
        return "", TOOLS if "grounding" in said or "search" in said else OTHER, ""
    is_cached = found[1] or "caching" in said.split()
    what = OUTPUT if found[2] == "output" else READ if is_cached else INPUT
    terms = next((word for word in ("batch", "flex", "priority") if word in said.split()), "")
    return model_name(model[0].replace(" ", "-")), what, terms
