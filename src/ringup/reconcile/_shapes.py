"""Which of the known shapes a file has is told by what is in it, not by its name."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal, localcontext
from typing import Any

from msgspec.structs import replace

import ringup.reconcile._anthropic as anthropic
import ringup.reconcile._google as google
import ringup.reconcile._openai as openai
import ringup.reconcile._simulator as simulator
from ringup.reconcile._invoice import Invoice, InvoiceError, shown
from ringup.reply import EXACT

__all__ = ["SHAPES", "read_invoice"]

SHAPES = """\
the simulator's invoice (JSON or CSV), OpenAI's usage and costs (pages of /v1/organization/usage/... and /costs, or \
the dashboard's CSV), Anthropic's usage and costs (pages of usage_report/messages, cost_report and analytics, or the \
Console's CSV), Google Cloud's billing (the CSV of a report or of the cost table, or JSON rows out of BigQuery)"""


def read_invoice(data: bytes) -> Invoice:
    """An invoice, or a provider's export of usage or costs, out of a file's bytes.

    JSON may be one page, a list of pages or a line for each; the same bucket twice counts once. Raises InvoiceError,
    which names what can be read; and for a CSV the line with what can't be, and the fix.
    """
    text = _text(data)
    try:
        with localcontext(EXACT):
            return _read_json(text) if text.lstrip()[:1] in ("{", "[") else _read_csv(text)
    except KeyError as error:
        raise InvoiceError(f"the file has a shape that is known, but no {shown(error.args[0])}.") from None
    except (TypeError, AttributeError) as error:
        raise InvoiceError("the file has a shape that is known, but a value of another kind in it.") from error
    except RecursionError:
        raise _unknown("its JSON has too many brackets within each other") from None


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        raise _unknown("it isn't text") from None


def _unknown(why: str) -> InvoiceError:
    return InvoiceError(f"the file isn't an invoice that ringup can read: {why}.", advice=f"It reads {SHAPES}.")


# JSON


def _read_json(text: str) -> Invoice:
    held = list(_values(text))
    if len(held) == 1 and isinstance(held[0], dict) and isinstance(held[0].get("lines"), list):
        return simulator.read(held[0]["lines"])
    pages = [value for value in held if isinstance(value, dict) and isinstance(value.get("data"), list)]
    values = _once(held, _is_analytics)
    entries = [entry for value in values for entry in _entries(value)]
    alone = _once(entries, _is_bucket)
    invoice = _read_entries(alone, bool(pages))
    is_less = len(values) < len(held) or len(alone) < len(entries)
    return replace(
        invoice,
        notes=(*invoice.notes, *(["what was there twice (a bucket, or a page) counts once"] if is_less else ())),
        more=bool(pages) and all(page.get("has_more") for page in pages),
    )


def _once(values: list[Any], is_one: Callable[[dict[str, Any]], bool]) -> list[Any]:
    """Of those that there is only one of, each once."""
    found: dict[int | str, Any] = {}
    for at, value in enumerate(values):
        is_known = isinstance(value, dict) and is_one(value)
        found.setdefault(json.dumps(value, sort_keys=True, default=str) if is_known else at, value)
    return list(found.values())


def _is_bucket(value: dict[str, Any]) -> bool:
    """A report tells of a time only once, in whichever of its pages. Empty buckets of two reports are alike."""
    return bool(value.get("results"))


def _is_analytics(value: dict[str, Any]) -> bool:
    """A page of Anthropic's analytics. Its items have nothing that tells them apart, and two of them may be alike."""
    return "data" in value and any(isinstance(entry, dict) and "group" in entry for entry in _entries(value))


def _values(text: str) -> Iterator[Any]:
    """What the file holds: the pages of a list or of a file of JSON lines, one after the other."""
    try:
        value = json.loads(text, parse_float=Decimal)
        yield from value if isinstance(value, list) else [value]
    except (ValueError, ArithmeticError):
        try:
            yield from [json.loads(line, parse_float=Decimal) for line in text.splitlines() if line.strip()]
        except (ValueError, ArithmeticError) as error:
            why = error if isinstance(error, json.JSONDecodeError) else "it has a number that is too long"
            raise _unknown(f"it begins like JSON, and isn't ({why})") from None


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
    raise _unknown(f"its JSON has the fields {', '.join(list(first)[:8])[:200]}")


# CSV


_Rows = Iterable[Mapping[str, Any]]
_WHOLE = "Is the file whole, and in quotes what has a comma or a quote in it? Export it again."
_COLUMNS = "Export it again, with all its columns."
_POINT = "Write numbers with a point, and nothing between thousands: 0.06, 1234.5."


class _Lines:
    """The rows of a CSV; `at` is the line of the file in which the last one begins."""

    def __init__(self, text: str) -> None:
        first = text.partition("\n")[0]
        self.delimiter = max(",;\t", key=first.count)
        self.at = 0
        self._rows = csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter, strict=True)

    def __iter__(self) -> Iterator[list[str]]:
        return self

    def __next__(self) -> list[str]:
        self.at = self._rows.line_num + 1
        return [cell.strip() for cell in next(self._rows)]


def _read_csv(text: str) -> Invoice:
    lines = _Lines(text)
    header, read = _header(lines)
    try:
        return read(_rows(header, lines))
    except KeyError as error:
        raise InvoiceError(f"line {lines.at}: the column {shown(error.args[0])} is missing.", advice=_COLUMNS) from None
    except csv.Error as error:
        raise InvoiceError(f"line {lines.at}: the row can't be read ({error}).", advice=_WHOLE) from None
    except InvoiceError as error:
        error.message = f"line {lines.at}: {error.message}"
        raise


def _header(lines: _Lines) -> tuple[list[str], Callable[[_Rows], Invoice]]:
    """The columns, and who reads what is below. Above Google's cost table stand lines that tell whose it is."""
    above: dict[int, list[str]] = {}
    try:
        for line in lines:
            if read := _reader(set(line)):
                google.only_dollars(above)
                return line, read
            if any(line):
                above[lines.at] = line
    except csv.Error as error:
        raise _unknown(f"it isn't CSV ({error})") from None
    first = next(iter(above.values()), [])
    raise _unknown(f"its first line is {', '.join(first[:8])[:200]!r}" if first else "it is empty")


def _reader(names: set[str]) -> Callable[[_Rows], Invoice] | None:
    if names >= simulator.COLUMNS:
        return simulator.read
    if {"start_time", "end_time"} <= names:
        return openai.read_rows
    if {"usage_date_utc", "usage_input_tokens_no_cache"} <= names:
        return anthropic.read_usage_rows
    if {"usage_date_utc", "cost_usd"} <= names:
        return anthropic.read_cost_rows
    if {"Service description", "SKU description"} <= names:
        return google.read_rows
    return None


def _rows(header: list[str], lines: _Lines) -> Iterator[Mapping[str, Any]]:
    """Rows have a cell for each column; what a comma at their end makes is none. Google's rows without a first cell,
    below the others, have fewer."""
    while not header[-1]:
        header.pop()
    for line in filter(any, lines):
        if _is_sum(line):
            continue
        if any(line[len(header) :]) or (len(line) < len(header) and line[0]):
            raise InvoiceError(f"the row has {len(line)} cells, and the header {len(header)}.", advice=_WHOLE)
        row = dict(zip(header, line, strict=False))
        if lines.delimiter != ",":
            _check_points(row)
        yield row


_SUM = re.compile(r"((sub|grand |filtered )?total:?)", re.IGNORECASE)


def _is_sum(line: list[str]) -> bool:
    """Whether a row says of nothing but that it is the sum of others."""
    words = [cell for cell in line if re.search(r"[^\W\d_]", cell)]
    return bool(words) and line[0] in ("", words[0]) and all(map(_SUM.fullmatch, words))


_AMOUNT = re.compile(r"tokens|cost|amount|subtotal|quantity", re.IGNORECASE)
"""What is in the names of columns with numbers. In others, as a project's name, a comma is only a comma."""


def _check_points(row: Mapping[str, str]) -> None:
    """Where no comma divides the cells, one in a number may stand for the point, or between thousands."""
    for name, cell in row.items():
        if _AMOUNT.search(name) and re.fullmatch(r"[-+]?[\d.]*,\d+", cell):
            raise InvoiceError(f"{name} is {shown(cell)}: is that comma the decimal point?", advice=_POINT)
