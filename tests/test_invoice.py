"""What the client says that calls cost against what the simulator charges for them: thousands of all kinds, with
faults, retries, caches, service tiers, and streams that are left.

The two count and reckon apart: the client from what the provider told, by `ringup.prices`; the simulator from what it
read and made, by a price list and an arithmetic of its own.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from msgspec import Struct

from ringup import models
from ringup.ledger import tries
from ringup.reconcile import compare, read_invoice, reconcile
from ringup.reconcile._matching import Moment, Span, matched
from ringup.testing import InvoiceLine, Simulator
from tests import traffic

CALLS = 2_000
FAULTY = CALLS // 7
GIVEN_UP = 4
TOKEN = Decimal("0.00005")
"""US dollars: no token of these models costs more."""

_TRIES = """SELECT a.*, c.provider, c.model, c.kind, c.stream FROM attempts a JOIN calls c ON c.id = a.call
    WHERE a.outcome = 'answered' OR a.maybe_billed ORDER BY a.sent"""

Try = dict[str, Any]


class Ended(Struct):
    """What was sent, by both who kept an account of it."""

    path: Path
    json: bytes
    tries: list[Try]
    lines: list[InvoiceLine]
    lost: int
    garbage: int
    silent: int
    outcomes: Counter[str]


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """All calls made, and all that is to be said of them."""
    chance, path = Random(7), tmp_path_factory.mktemp("ledger") / "calls.db"
    faults: list[dict[str, Any]] = [{"model": traffic.SILENT, "stall": True, "times": 0}]
    faults += [{**chance.choice(traffic.FAULTS), "after": chance.randrange(CALLS // 3)} for _ in range(FAULTY)]
    with Simulator(faults=faults) as sim:
        asyncio.run(traffic.send(sim, path, CALLS, GIVEN_UP, chance))
        waiting = Counter([fault.get("name", "") for fault in sim._app.faults.waiting()])
        named = Counter([fault.get("name", "") for fault in faults])
        garbage = named[traffic.GARBAGE] - waiting[traffic.GARBAGE]
        tries = _read(path, _TRIES)
        until = time.monotonic() + 10  # what was left is noticed a moment later
        while len(sim.invoice.lines) < len(tries) - garbage and time.monotonic() < until:
            time.sleep(0.01)
        invoice = sim.invoice
    lost = _read(path, "SELECT count(*) AS n FROM losses")[0]["n"]
    outcomes = Counter([row["outcome"] for row in _read(path, "SELECT outcome FROM calls")])
    silent = len([row for row in tries if row["model"] == traffic.SILENT])
    return Ended(path, invoice.json(), tries, list(invoice.lines), lost, garbage, silent, outcomes)


def _read(path: Path, query: str) -> list[Try]:
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute(query)]
    finally:
        connection.close()


def _is_told(one: Try) -> bool:
    return one["outcome"] == "answered" and one["cost_usd"] is not None and not one["cost_estimated"]


# Pairs


class Pairs(Struct):
    """Each try with its line: told by the provider, or not; and who is left without."""

    told: list[tuple[Try, InvoiceLine]]
    untold: list[tuple[Try, InvoiceLine]]
    tries: list[Try]
    lines: list[InvoiceLine]


@pytest.fixture(scope="module")
def pairs(ended: Ended) -> Pairs:
    """By the request's id; and where there is none (Google's, and where no head came) by the model and the time, and
    the tokens and the cost as far as the client knows them."""
    tries, lines = list(ended.tries), list(ended.lines)
    ids = {line.request_id: line for line in lines if line.request_id}
    found = [(row, ids[row["request_id"]]) for row in tries if row["request_id"] in ids]
    left = [row for row in tries if row["request_id"] and row["request_id"] not in ids]
    tries = [row for row in tries if row["request_id"] is None]
    named = {id(line) for _, line in found}
    lines = [line for line in lines if id(line) not in named]
    taken = matched([_moment(line) for line in lines], [_span(row) for row in tries])
    found += [(tries[of], lines[at]) for of, at in taken.items()]
    return Pairs(
        told=[(row, line) for row, line in found if _is_told(row)],
        untold=[(row, line) for row, line in found if not _is_told(row)],
        tries=left + [row for of, row in enumerate(tries) if of not in taken],
        lines=[line for at, line in enumerate(lines) if at not in taken.values()],
    )


def _moment(line: InvoiceLine) -> Moment:
    used = (line.model, line.input_tokens, line.output_tokens, line.cost_usd)
    return Moment(round(line.time.timestamp() * 1e6), (used, used[:2], used[:1]))


def _span(row: Try) -> Span:
    """A line can be for a try if it came while this went on, and has the tokens that are known of it."""
    model, given = models.snapshot(row["provider"], row["model"]), row["input_tokens"]
    told = (model, given, row["output_tokens"] or 0, row["cost_usd"] and Decimal(row["cost_usd"]))
    keys = (
        (told, None, None) if _is_told(row) else (None, told[:2], None) if given is not None else (None, None, (model,))
    )
    return Span(row["sent"], row["ended"], keys)


# The tests


def test_nothing_is_left_over_on_either_side(ended: Ended, pairs: Pairs) -> None:
    assert ended.lost == 0
    assert sum(ended.outcomes.values()) == CALLS
    assert len(ended.lines) > CALLS * 0.9
    assert pairs.lines == []
    assert ended.silent == GIVEN_UP
    # a proxy's nonsense may come from a provider that charges: it doesn't here, and that isn't to be known
    assert len(pairs.tries) == ended.garbage > 0
    assert {(row["status"], row["maybe_billed"]) for row in pairs.tries} == {(200, 1)}


def test_what_the_provider_told_costs_what_it_charges_to_the_last_digit(pairs: Pairs) -> None:
    assert len(pairs.told) > CALLS * 0.7
    wrong = [
        (row["model"], row["cost_usd"], line)
        for row, line in pairs.told
        if Decimal(row["cost_usd"]) != line.cost_usd
        or row["input_tokens"] != line.input_tokens
        or (row["output_tokens"] or 0) != line.output_tokens
        or (row["cache_read_tokens"] or 0) != line.cache_read_tokens
        or (row["cache_write_tokens"] or 0) != line.cache_write_tokens
        or row["cost_estimated"]
    ]
    assert wrong == []
    here = sum([Decimal(row["cost_usd"]) for row, _ in pairs.told], Decimal(0))
    there = sum([line.cost_usd for _, line in pairs.told if line.cost_usd is not None], Decimal(0))
    assert here == there > Decimal("0.1")


def test_what_nobody_told_is_an_estimate_or_unknown_with_a_reason(pairs: Pairs) -> None:
    for row, line in pairs.untold:
        assert row["cost_unknown"]
        assert line.cost_usd is not None
        if row["cost_usd"] is None:
            # gemini-embedding-001 tells no usage
            assert row["maybe_billed"] or row["kind"] == "embeddings"
        else:
            # OpenAI tells the usage after the last word: there a stream may break whose answer is whole
            assert row["maybe_billed"] or (row["outcome"], row["input_tokens"]) == ("answered", None)
            assert row["cost_estimated"]
            assert "estimate" in row["cost_unknown"]
            assert row["input_tokens"] in (None, line.input_tokens)
    estimated = [(row, line) for row, line in pairs.untold if row["cost_usd"] is not None]
    unknown = [row for row, line in pairs.untold if row["cost_usd"] is None]
    assert len(estimated) > CALLS // 20
    assert len(unknown) > CALLS // 20


def test_what_the_provider_told_agrees_to_the_cent(ended: Ended, pairs: Pairs) -> None:
    """`ringup reconcile`, of the calls that were told and of their lines: not a word to say about any of them."""
    told = {(row["call"], row["number"]) for row, _ in pairs.told}
    numbers = {line.number for _, line in pairs.told}
    invoice = json.loads(ended.json)
    invoice["lines"] = [line for line in invoice["lines"] if line["number"] in numbers]
    made = [one for one in tries(ended.path) if (one.call, one.number) in told]
    report = compare(made, read_invoice(json.dumps(invoice).encode()))
    assert report.agrees
    assert report.differences == ()
    assert report.difference == 0


def test_an_estimate_is_no_more_than_is_charged(pairs: Pairs) -> None:
    """Unless the cache was read and nobody told: by less than a token."""
    estimates = [(Decimal(row["cost_usd"]), line) for row, line in pairs.untold if row["cost_usd"] is not None]
    assert [
        line for here, line in estimates if here > (line.cost_usd or 0) + TOKEN and not line.cache_read_tokens
    ] == []


def test_ringup_reconcile_comes_to_the_same(ended: Ended, pairs: Pairs) -> None:
    report = reconcile(ended.path, read_invoice(ended.json))
    assert report.invoice.cost == sum([line.cost_usd or 0 for line in ended.lines])
    assert report.ledger.cost == sum([Decimal(row["cost_usd"]) for row in ended.tries if row["cost_usd"] is not None])
    assert (report.invoice.lines, report.ledger.lines) == (len(ended.lines), len(ended.tries))
    kinds = Counter([difference.kind for difference in report.differences])
    assert not report.agrees  # for some costs aren't known here
    # those that nobody told of: never one that was told, and no line is left without its try
    assert kinds.keys() <= {"estimate", "maybe billed", "no cost in the ledger"}
    assert kinds["maybe billed"] >= ended.garbage
    assert kinds["estimate"] <= len(pairs.untold)
    of_each = sum([(found.ledger_cost or 0) - (found.invoice_cost or 0) for found in report.differences], Decimal(0))
    assert report.difference == of_each  # there is a line for every cent


def test_every_kind_of_call_and_of_end_was_among_them(ended: Ended) -> None:
    lines = ended.lines
    assert {line.kind for line in lines} == {"answer", "embeddings"}
    assert {line.provider for line in lines} == {"openai", "anthropic", "gemini"}
    assert {line.service_tier for line in lines} == {None, "flex", "priority"}
    ways = {"answered", "client left", "reset", "closed", "truncated", "failed"}
    assert {line.outcome for line in lines} == ways
    parts = {"input", "cache read", "cache write", "cache write, 1 h", "cache write, 12 h", "output"}
    assert {part.what for line in lines for part in line.parts} == parts
    assert set(ended.outcomes) == {"answered", "failed", "cancelled"}
    assert max([row["number"] for row in ended.tries]) > 1
