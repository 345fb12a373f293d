"""The simulator's invoice, as `GET /_ringup/invoice` gives it: a line for each request that a provider would bill."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ringup.reconcile._invoice import (
    ALL,
    INPUT,
    OUTPUT,
    READ,
    WRITE,
    Builder,
    Invoice,
    Line,
    fresh,
    micro,
    money,
    number,
)
from ringup.reconcile._invoice import model_name as named

__all__ = ["COLUMNS", "read"]

COLUMNS = {"number", "time", "provider", "model", "request_id", "cost_usd"}
"""Of its CSV, those that tell it from others."""


def read(lines: Iterable[Mapping[str, Any]]) -> Invoice:
    """The lines of its JSON, or the rows of its CSV."""
    built = Builder("the simulator's invoice", per_request=True)
    for line in lines:
        built.add(_line(line))
        built.covers |= {(line["provider"], kind) for kind in ("answer", "embeddings")}
    return built.done()


def _line(line: Mapping[str, Any]) -> Line:
    time, cost = micro(line, "time"), money(line.get("cost_usd"))
    return Line(
        provider=line["provider"],
        starts=time,
        ends=time + 1,
        model=named(line["model"]),
        tokens=_tokens(line),
        costs={} if cost is None else {ALL: cost},
        request_id=line.get("request_id") or None,
        terms="batch" if line.get("kind") == "batch" else line.get("service_tier") or "",
        reason=line.get("reason") or None,
    )


def _tokens(line: Mapping[str, Any]) -> dict[str, int]:
    """By class: its `input_tokens` are all of them."""
    given, output = number(line.get("input_tokens")), number(line.get("output_tokens"))
    read, written = number(line.get("cache_read_tokens")), number(line.get("cache_write_tokens"))
    found = {INPUT: fresh(given, read, written), READ: read, WRITE: written, OUTPUT: output}
    return {what: n for what, n in found.items() if n is not None}
