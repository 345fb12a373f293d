"""OpenAI's usage and costs: pages of its organization API, and the dashboard's exports, which have the same fields."""

from __future__ import annotations

import re
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
    fresh,
    micro,
    model_name,
    money,
    number,
    paid,
    shown,
)

__all__ = ["read_buckets", "read_rows"]

_EMPTY = "OpenAI's export, which has no lines"
_COMPLETIONS = "OpenAI's usage of completions"
_EMBEDDINGS = "OpenAI's usage of embeddings"
_COSTS = "OpenAI's costs"
_COVERS = {
    _COMPLETIONS: [("openai", "answer")],
    _EMBEDDINGS: [("openai", "embeddings")],
    _COSTS: [("openai", "answer"), ("openai", "embeddings")],
    _EMPTY: [("openai", "answer"), ("openai", "embeddings")],
}


def read_buckets(buckets: Iterable[Mapping[str, Any]]) -> Invoice:
    """The buckets of `/v1/organization/usage/completions`, `/usage/embeddings` and `/costs`."""
    built = Builder(_EMPTY)
    for bucket in buckets:
        starts, ends = micro(bucket, "start_time"), micro(bucket, "end_time")
        built.spans("openai", starts, ends)
        for result in bucket["results"]:
            _add(built, result, starts, ends)
    built.covers |= set(_COVERS[built.shape])
    return built.done()


def read_rows(rows: Iterable[Mapping[str, Any]]) -> Invoice:
    """The rows of an export of the dashboard: a bucket each, with the fields of one result. A bucket in which nothing
    was used has its times only."""
    return read_buckets({**row, "results": _results(row)} for row in rows)


_TOLD = ("amount_value", "quantity", "line_item", "num_model_requests", "model")
_NOTHING = re.compile(r"(0(\.0*)?(E[-+]?\d+)?)?", re.IGNORECASE)
_OTHERS = {
    "images": "images",
    "characters": "audio_speeches",
    "seconds": "audio_transcriptions",
    "num_sessions": "code_interpreter_sessions",
    "usage_bytes": "vector_stores",
}
"""Columns of exports that aren't of tokens, and of which usage each is."""


def _results(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    if "amount_value" in row:
        amount = {"value": row["amount_value"], "currency": row.get("amount_currency")}
        return [{**row, "amount": amount}] if _has_something(row) else []
    kind = _kind(row)
    is_told = kind in _OTHERS.values() or _has_something(row)
    return [{**row, "object": f"organization.usage.{kind}.result"}] if is_told else []


def _has_something(row: Mapping[str, Any]) -> bool:
    """Zeros are nothing: without a model, they would stand for all models."""
    told = [value for name, value in row.items() if name in _TOLD or name.endswith("_tokens")]
    return not all(map(_NOTHING.fullmatch, told))


def _kind(row: Mapping[str, Any]) -> str:
    """Of which usage a row is; "" where its columns don't tell, as those of moderation."""
    model = str(row.get("model") or "")
    if model.startswith("text-embedding"):
        return "embeddings"
    if "output_tokens" in row:
        return "completions"
    other = next((kind for name, kind in _OTHERS.items() if name in row), "")
    return other or ("embeddings" if "input_tokens" in row and not model else "")


def _add(built: Builder, result: Mapping[str, Any], starts: int, ends: int) -> None:
    kind = str(result.get("object") or "").removesuffix(".result").rpartition(".")[2]
    if "amount" in result:
        shape, line = _COSTS, _cost(result, starts, ends)
    elif kind == "completions":
        shape, line = _COMPLETIONS, _usage(result, starts, ends)
    elif kind == "embeddings":
        shape, line = _EMBEDDINGS, _usage(result, starts, ends)
    else:
        what = kind.replace("_", " ") or result.get("model") or "something unknown"
        return built.left_out(f"OpenAI's usage of {what}")
    built.shape = shape
    built.covers |= set(_COVERS[shape])
    return built.add(line)


def _usage(result: Mapping[str, Any], starts: int, ends: int) -> Line:
    given = number(result.get("input_tokens"))
    read = number(result.get("input_cached_tokens"))
    written = number(result.get("input_cache_write_tokens"))
    told = number(result.get("input_uncached_tokens"))
    found = {
        INPUT: fresh(given, read, written) if told is None else told,
        READ: read,
        WRITE: written,
        OUTPUT: number(result.get("output_tokens")),
    }
    is_batch = str(result.get("batch") or "").lower() == "true"
    return Line(
        provider="openai",
        starts=starts,
        ends=ends,
        model=model_name(result.get("model") or ""),
        tokens={what: n for what, n in found.items() if n is not None},
        terms="batch" if is_batch else _terms(result.get("service_tier")),
    )


def _terms(tier: Any) -> str:
    return "" if tier in (None, "", "default", "auto", "standard") else str(tier)


def _cost(result: Mapping[str, Any], starts: int, ends: int) -> Line:
    held = result["amount"] if isinstance(result["amount"], Mapping) else {}
    currency = held.get("currency") or "usd"
    if currency.lower() != "usd":
        raise InvoiceError(f"OpenAI's costs aren't in US dollars: their currency is {shown(currency)}.")
    model, what, terms = _item(result.get("line_item"))
    return Line(
        provider="openai",
        starts=starts,
        ends=ends,
        model=model,
        tokens=_quantity(result, what),
        costs={what: paid(held.get("value"))},
        terms=terms,
    )


_ITEM = re.compile(r"(?P<model>[a-z0-9.:_-]+)(?P<words>(?: [a-z ]+)?), (?P<what>[a-z_ ]+)", re.IGNORECASE)
_CLASSES = (("cache write", WRITE), ("cached", READ), ("output", OUTPUT), ("input", INPUT))
_TERMS = ("batch", "flex", "priority")


def _item(item: Any) -> tuple[str, str, str]:
    """The model, the class and the terms of a line item: "gpt-4o-mini-2024-07-18, cached input"."""
    if not item:
        return "", ALL, ""
    found = _ITEM.fullmatch(str(item).strip())
    if found is None:
        return "", TOOLS if "search" in str(item) or "tool call" in str(item) else OTHER, ""
    said = f"{found['words']} {found['what']}".lower().replace("_", " ")
    what = next((name for word, name in _CLASSES if word in said), OTHER)
    return model_name(found["model"]), what, next((word for word in _TERMS if word in said), "")


_UNITS = {"tokens": 1, "1000_tokens": 1000, "": 1}


def _quantity(result: Mapping[str, Any], what: str) -> dict[str, int]:
    """The tokens that a cost is for. Its unit is told since October 2026; before, that of such items was tokens too."""
    unit, quantity = _UNITS.get(result.get("quantity_unit") or ""), money(result.get("quantity"))
    if quantity is None or unit is None or what not in (INPUT, READ, WRITE, OUTPUT):
        return {}
    return {what: round(quantity * unit)}
