"""Google Cloud Billing, where Gemini's calls are paid: the CSV of its reports and of its cost table, and rows of its
export to BigQuery as JSON. It names no models, only SKUs: "Generate content output token count gemini 2.5 flash text".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ringup.reconcile._invoice import (
    INPUT,
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
    slack,
)

__all__ = ["pacific", "read_exported", "read_rows"]

_REPORT = "Google Cloud's billing report"
_SERVICES = ("gemini api", "generative language", "vertex ai")
_AMOUNTS = ("unrounded subtotal", "unrounded cost", "subtotal", "cost")
"""Columns with the cost, the best first; behind each stands the currency: "Cost ($)"."""
_STARTS, _ENDS = ("Date", "Usage start date"), ("Date", "Usage end date")


@cache
def pacific() -> tzinfo:
    """The zone of Google's days. Where this machine has no table of zones: its winter's, all the year."""
    try:
        return ZoneInfo("America/Los_Angeles")
    except ZoneInfoNotFoundError:
        return timezone(timedelta(hours=-8))


def read_rows(rows: Iterable[Mapping[str, Any]]) -> Invoice:
    """The table of a CSV. Rows without a date are sums of the others."""
    built = Builder(_REPORT, ("gemini", "answer"), ("gemini", "embeddings"))
    for row in rows:
        first, last = _first(row, _STARTS), _first(row, _ENDS)
        if not first or not last:
            continue
        _add(built, (row["Service description"], row["SKU description"]), (_day(first), _day(last, 1)), _told(row))
    return built.done()


def _first(row: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((row[name] for name in names if row.get(name)), "")


def _day(said: str, later: int = 0) -> int:
    try:
        day = datetime.fromisoformat(said.strip()[:10]) + timedelta(days=later)
    except ValueError:
        raise InvoiceError(f"{said!r} isn't a day.") from None
    return int(day.replace(tzinfo=pacific()).timestamp()) * 1_000_000


def _told(row: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    """The amount used, its unit, and the cost as it is written."""
    names = {name.lower().partition("(")[0].strip(): name for name in row if name}
    column = next((names[name] for name in _AMOUNTS if name in names), None)
    if column is None:
        raise InvoiceError("Google's table has no column with the cost.")
    if "$" not in column and "USD" not in column:
        raise InvoiceError(f"Google's table isn't in US dollars: its costs are {column!r}.")
    return row.get("Usage amount"), row.get("Usage unit"), row[column]


def read_exported(rows: Iterable[Mapping[str, Any]]) -> Invoice:
    """Rows of the table `gcp_billing_export_v1_...` as JSON. Its times are UTC."""
    built = Builder(f"{_REPORT} (its export to BigQuery)", ("gemini", "answer"), ("gemini", "embeddings"))
    for row in rows:
        if (row.get("currency") or "USD") != "USD":
            raise InvoiceError(f"Google's export isn't in US dollars: its currency is {row['currency']!r}.")
        used = row.get("usage") or {}
        starts, ends = micro(row["usage_start_time"]), micro(row["usage_end_time"])
        what = row["service"]["description"], row["sku"]["description"]
        _add(built, what, (starts, ends), (used.get("amount"), used.get("unit"), row["cost"]))
        for credit in row.get("credits") or ():
            off = money(credit.get("amount")) or Decimal(0)
            built.add(Line(provider="gemini", starts=starts, ends=ends, costs={OTHER: off}))
    return built.done()


def _add(built: Builder, item: tuple[str, str], period: tuple[int, int], told: tuple[Any, Any, Any]) -> None:
    """A service and its SKU, when, and how much of which unit for what."""
    (service, sku), (used, unit, cost) = item, told
    if not any(name in service.lower() for name in _SERVICES):
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
            costs={what: money(cost) or Decimal(0)},
            terms=terms,
            slack=slack(cost),
        )
    )


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
