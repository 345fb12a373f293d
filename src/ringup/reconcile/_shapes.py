"""Which of the known shapes a file has is told by what is in it, not by its name."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import ringup.reconcile._anthropic as anthropic
import ringup.reconcile._google as google
import ringup.reconcile._openai as openai
import ringup.reconcile._simulator as simulator
from ringup.reconcile._invoice import Invoice, InvoiceError

__all__ = ["SHAPES", "read_invoice"]

SHAPES = """\
the simulator's invoice (JSON or CSV), OpenAI's usage and costs (pages of /v1/organization/usage/... and /costs, or \
the dashboard's CSV), Anthropic's usage and costs (pages of usage_report/messages, cost_report and analytics, or the \
Console's CSV), Google Cloud's billing (the CSV of a report or of the cost table, or JSON rows out of BigQuery)"""


def read_invoice(data: bytes) -> Invoice:
    """An invoice, or a provider's export of usage or costs, out of a file's bytes.

    JSON may be one page, a list of pages or a line for each. Raises InvoiceError, which names what can be read.
    """
    text = _text(data)
    try:
        return _read_json(text) if text.lstrip()[:1] in ("{", "[") else _read_csv(text)
    except (KeyError, TypeError, AttributeError) as error:
        raise InvoiceError(f"the file has a shape that is known, but lacks something: {error!r}.") from None


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        raise _unknown("it isn't text") from None


def _unknown(why: str) -> InvoiceError:
    return InvoiceError(f"the file isn't an invoice that ringup can read: {why}.", advice=f"It reads {SHAPES}.")


# JSON


def _read_json(text: str) -> Invoice:
    values = list(_values(text))
    if len(values) == 1 and isinstance(values[0], dict) and isinstance(values[0].get("lines"), list):
        return simulator.read(values[0]["lines"])
    pages = [page for page in values if isinstance(page, dict) and isinstance(page.get("data"), list)]
    invoice = _read_entries([entry for value in values for entry in _entries(value)], bool(pages))
    return Invoice(
        shapes=invoice.shapes,
        lines=invoice.lines,
        periods=invoice.periods,
        covers=invoice.covers,
        notes=invoice.notes,
        more=bool(pages) and all(page.get("has_more") for page in pages),
    )


def _values(text: str) -> Iterator[Any]:
    """What the file holds: the pages of a list or of a file of JSON lines, one after the other."""
    try:
        value = json.loads(text, parse_float=Decimal)
        yield from value if isinstance(value, list) else [value]
    except ValueError:
        try:
            yield from [json.loads(line, parse_float=Decimal) for line in text.splitlines() if line.strip()]
        except ValueError as error:
            raise _unknown(f"it begins like JSON, and isn't ({error})") from None


def _entries(value: Any) -> list[Any]:
    if not isinstance(value, dict):
        return []
    held = value.get("data", [value])
    return held if isinstance(held, list) else []


def _read_entries(entries: list[Any], are_pages: bool) -> Invoice:
    entries = [entry for entry in entries if isinstance(entry, dict) and entry]
    if not entries:
        raise _unknown(
            "it has pages without anything in them" if are_pages else "its JSON has none of the known fields"
        )
    first = entries[0]
    match first:
        case {"results": list(), "start_time": _}:
            return openai.read_buckets(entries)
        case {"results": list(), "starting_at": _}:
            return anthropic.read_buckets(entries)
        case {"group": dict(), "starting_at": _}:
            return anthropic.read_items(entries)
        case {"sku": {"description": _}, "service": {"description": _}}:
            return google.read_exported(entries)
    raise _unknown(f"its JSON has the fields {', '.join(list(first)[:8])}")


# CSV


def _read_csv(text: str) -> Invoice:
    header, rows = _table(text)
    names = set(header)
    if names >= simulator.COLUMNS:
        return simulator.read(rows)
    if {"start_time", "end_time"} <= names:
        return openai.read_rows(rows)
    if {"usage_date_utc", "usage_input_tokens_no_cache"} <= names:
        return anthropic.read_usage_rows(rows)
    if {"usage_date_utc", "cost_usd"} <= names:
        return anthropic.read_cost_rows(rows)
    if {"Service description", "SKU description"} <= names:
        return google.read_rows(rows)
    raise _unknown(f"its first line is {', '.join(header[:8])!r}" if header else "it is empty")


def _table(text: str) -> tuple[list[str], Iterator[Mapping[str, Any]]]:
    """The columns, and the rows below. Above Google's cost table stand lines that tell whose it is."""
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    lines = iter(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    try:
        head = header = [name.strip() for name in next(lines, [])]
        if first and "SKU description" in text and "SKU description" not in header:
            header = next(([name.strip() for name in line] for line in lines if "SKU description" in line), head)
    except csv.Error as error:
        raise _unknown(f"it isn't CSV ({error})") from None
    return header, _rows(header, lines)


def _rows(header: list[str], lines: Iterator[list[str]]) -> Iterator[Mapping[str, Any]]:
    try:
        for line in lines:
            if any(line):
                yield dict(zip(header, line, strict=False))
    except csv.Error as error:
        raise _unknown(f"it isn't CSV ({error})") from None
