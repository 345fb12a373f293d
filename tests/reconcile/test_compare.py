"""Every kind of difference, by groups and by requests."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from decimal import Context, Decimal, Inexact, localcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

import ringup
from ringup.errors import ConfigurationError, ParameterError
from ringup.ledger import Try, tries
from ringup.reconcile import Difference, Invoice, Line, Report, compare, join, read_invoice, reconcile
from ringup.testing import Simulator
from tests.reconcile.kit import at, made

HEAD = "start_time,end_time,amount_value,amount_currency,line_item,quantity"
DAY = 86400
FIRST = 1793577600  # 2026-11-02


def costs(*rows: tuple[Any, ...]) -> Invoice:
    """OpenAI's costs: (days after 2026-11-02, amount, line item, tokens)."""
    lines = [f'{FIRST + day * DAY},{FIRST + (day + 1) * DAY},{cost},usd,"{item}",{n}' for day, cost, item, n in rows]
    return read_invoice("\n".join([HEAD, *lines]).encode())


def usage(*rows: tuple[Any, ...], days: int = 1) -> Invoice:
    """OpenAI's usage: (days after 2026-11-02, model, input, cached, output)."""
    head = "start_time,end_time,model,input_tokens,input_cached_tokens,output_tokens"
    lines = [f"{FIRST + day * DAY},{FIRST + (day + 1) * DAY},{','.join(map(str, row))}" for day, *row in rows]
    empty = [f"{FIRST + day * DAY},{FIRST + (day + 1) * DAY},,,," for day in range(days)]
    return read_invoice("\n".join([head, *lines, *empty]).encode())


def only(report: Report) -> Difference:
    (difference,) = report.differences
    return difference


def test_costs_that_agree() -> None:
    invoice = costs((0, "0.00015", "gpt-4o-mini-2024-07-18, input", 1000), (0, "0.00006", "gpt-4o-mini, output", 100))
    report = compare([made(), made("2026-11-03 00:00")], invoice)
    assert report.agrees
    assert report.differences == ()
    assert report.difference == 0
    assert report.ledger.tokens == {"input": 1000, "cache read": 0, "cache write": 0, "output": 100}
    assert report.notes == ("not compared, for they are of another time: 1 try of openai",)
    assert (report.starts, report.ends) == (at("2026-11-02"), at("2026-11-03"))


def test_a_cent_matters_and_less_doesnt() -> None:
    row = made(lines={"input": "1.00", "output": "0"})
    for there, agrees in (("1.004", True), ("1.005", False), ("0.996", True), ("0.99", False)):
        report = compare([row], costs((0, there, "gpt-4o-mini, input", 1000), (0, 0, "gpt-4o-mini, output", 100)))
        assert report.agrees is agrees
        assert only(report).matters is not agrees
        assert only(report).kind == "price"
    many = [(0, "0.004", f"gpt-{n}, input", "") for n in range(4)]
    assert not compare([], costs(*many)).agrees  # less than a cent each, and more in all


def test_tokens_of_a_usage_must_be_the_same() -> None:
    report = compare([made(), made(cache_read_tokens=400)], usage((0, "gpt-4o-mini-2024-07-18", 2000, 400, 200)))
    assert report.agrees
    assert report.invoice.cost is None
    assert report.notes == (
        "the invoice tells no costs of openai: only tokens were compared (the ledger has 0.00042 US dollars)",
    )
    report = compare([made()], usage((0, "gpt-4o-mini-2024-07-18", 1000, 0, 101)))
    assert not report.agrees
    assert (only(report).what, only(report).invoice_tokens, only(report).ledger_tokens) == ("output", 101, 100)
    assert (only(report).kind, only(report).invoice_cost) == ("not in the ledger", None)


def test_sums_dont_depend_on_the_callers_decimals() -> None:
    rows = [made(lines={"input": cost}) for cost in ("1234.56", "0.44", "10.19")]
    with localcontext(prec=4):
        invoice = costs(*[(0, cost, "gpt-4o-mini, input", 1000) for cost in ("1234.56", "0.44", "10.19")])
        report = compare(rows, invoice)
        assert (report.invoice.cost, report.ledger.cost) == (Decimal("1245.19"), Decimal("1245.19"))
        assert compare(rows[:2], invoice).difference == Decimal("-10.19")
        assert compare(rows[:1], invoice).differences[0].cost == Decimal("-10.63")
        assert Line(provider="openai", starts=0, ends=1, costs={"a": Decimal(9999), "b": Decimal(2)}).cost == 10001
        cents = {"amount": "123.78912", "starting_at": "2026-11-02T00:00:01Z", "ending_at": "2026-11-03T00:00:00Z"}
        (line,) = read_invoice(json.dumps({"data": [{**cents, "results": [cents]}]}).encode()).lines
        assert (line.cost, line.starts) == (Decimal("1.2378912"), at("2026-11-02 00:00:01"))
    report = compare(rows, invoice)
    with localcontext(Context(prec=1, traps=[Inexact])):
        assert report.agrees
        assert report.difference == 0


def kinds(report: Report) -> set[str]:
    return {difference.kind for difference in report.differences}


@pytest.mark.parametrize(
    ("rows", "invoice", "kind", "words"),
    [
        ([], usage((0, "gpt-4o", 10, 0, 5)), "not in the ledger", "no call of this provider"),
        (
            [made()],
            usage((0, "gpt-4o-mini", 1000, 0, 100), (0, "gpt-4o", 9, 0, 9)),
            "not in the ledger",
            "of this model",
        ),
        ([made()], usage((0, "gpt-4o-mini", 2000, 0, 200)), "not in the ledger", "other programs"),
        ([made()], usage(), "not on the invoice", "nothing of it is on the invoice"),
        (
            [made(), made()],
            usage((0, "gpt-4o-mini", 1000, 0, 100)),
            "not on the invoice",
            "some went to another account",
        ),
        (
            [made(input_tokens=None, output_tokens=None, cost=None, unknown="it broke off", maybe_billed=True)],
            usage((0, "gpt-4o-mini", 1000, 0, 100)),
            "maybe billed",
            "1 try that may have been billed",
        ),
        (
            [made(), made(input_tokens=None, output_tokens=None, estimated=True)],
            usage((0, "gpt-4o-mini", 2000, 0, 200)),
            "estimate",
            "1 try with an estimate",
        ),
        (
            [made(), made(), made(input_tokens=None, output_tokens=None, estimated=True)],
            usage((0, "gpt-4o-mini", 1000, 0, 100)),
            "not on the invoice",
            "some went to another account",
        ),
        (
            [made(cache_read_tokens=None)],
            usage((0, "gpt-4o-mini", 1000, 600, 100)),
            "tokens",
            "nobody told 1 try which were cached",
        ),
        ([made("2026-11-02 23:59:59")], usage((1, "gpt-4o-mini", 1000, 0, 100), days=2), "day", "around midnight"),
    ],
)
def test_why_sums_differ(rows: list[Try], invoice: Invoice, kind: str, words: str) -> None:
    report = compare(rows, invoice)
    assert not report.agrees
    assert kinds(report) == {kind}
    assert all(words in difference.reason for difference in report.differences)


def test_a_cost_that_isnt_known_is_never_nothing() -> None:
    row = made(cost=None, cost_lines=None, unknown="genai-prices 0.2.3 has no price for openai/gpt-4o-mini")
    report = compare([row], costs((0, "0.0001", "gpt-4o-mini, input", 1000), (0, "0.0001", "gpt-4o-mini, output", 100)))
    assert not report.agrees  # though it is less than a cent: who knows what the ledger's is
    assert kinds(report) == {"no cost in the ledger"}
    assert "no price for openai/gpt-4o-mini" in report.differences[0].reason
    assert {difference.ledger_cost for difference in report.differences} == {None}
    assert (report.ledger.cost, report.ledger.unknown, report.difference) == (None, 1, None)


def test_other_prices_name_the_terms() -> None:
    row = made(lines={"input": "1", "output": "1"})
    invoice = costs((0, "0.5", "gpt-4o-mini batch, input", 1000), (0, "0.5", "gpt-4o-mini batch, output", 100))
    report = compare([row], invoice)
    assert kinds(report) == {"price"}
    assert {difference.reason for difference in report.differences} == {
        "the same tokens on other terms: batch there, and the usual ones in the ledger"
    }
    assert {difference.terms for difference in report.differences} == {"", "batch"}
    other = compare([row], costs((0, "0.5", "gpt-4o-mini, input", 1000), (0, "0.5", "gpt-4o-mini, output", 100)))
    assert other.differences[0].reason == "the same tokens at other prices, the ledger's prices are genai-prices 0.2.3"


def tiers(*rows: tuple[Any, ...]) -> Invoice:
    """OpenAI's usage of a day: (service tier, whether it is a batch, input, output)."""
    head = "start_time,end_time,model,service_tier,batch,input_tokens,output_tokens"
    lines = [f"{FIRST},{FIRST + DAY},gpt-5,{','.join(map(str, row))}" for row in rows]
    return read_invoice("\n".join([head, *lines]).encode())


def test_terms_are_told_apart_where_the_invoice_does() -> None:
    rows = [made(model="gpt-5", terms=terms) for terms in ((), ("flex",), ("flex", "above 272,000 tokens"))]
    assert compare(rows, tiers(("default", False, 1000, 100), ("flex", False, 2000, 200))).agrees
    assert compare(rows, tiers(("", "", 3000, 300))).agrees  # which isn't divided
    missing = compare(rows, tiers(("default", False, 1000, 100), ("flex", False, 2500, 250)))
    assert {(one.kind, one.terms, one.invoice_tokens) for one in missing.differences} == {
        ("not in the ledger", "flex", 2500),
        ("not in the ledger", "flex", 250),
    }
    swapped = compare(rows, tiers(("default", False, 2000, 200), ("flex", False, 1000, 100)))
    assert kinds(swapped) == {"price"}
    assert {one.reason for one in swapped.differences} == {
        "the same tokens on other terms: the usual ones there, and flex in the ledger"
    }


def test_costs_that_arent_divided_are_compared_as_they_are() -> None:
    day = "\n".join([HEAD, f"{FIRST},{FIRST + DAY},0.00042,usd,,"]).encode()
    assert compare([made(), made()], read_invoice(day)).agrees
    report = compare([made(lines={"input": "0.1"}), made()], read_invoice(day))
    assert (only(report).what, only(report).model, only(report).ledger_cost) == ("all", "", Decimal("0.10021"))
    both = [read_invoice(day), usage((0, "gpt-4o-mini", 2000, 0, 201))]
    report = compare([made(), made()], join(both))
    assert report.agrees  # a token more, and the costs are the same
    assert only(report).what == "output"


def test_searches_and_storage_stand_apart() -> None:
    row = made(lines={"input": "0.00015", "output": "0.00006", "tools": "0.01"})
    held = [(0, "0.00015", "gpt-4o-mini, input", 1000), (0, "0.00006", "gpt-4o-mini, output", 100)]
    assert compare([row], costs(*held, (0, "0.01", "web search tool calls", ""))).agrees
    report = compare(
        [row], costs(*held, (0, "0.01", "web search tool calls", ""), (0, "3", "vector store storage", ""))
    )
    assert (only(report).kind, only(report).what) == ("no call", "other")


def test_rounded_amounts_agree_within_their_rounding() -> None:
    head = "usage_date_utc,model,token_type,cost_usd\n"
    row = made(provider="anthropic", model="claude-haiku-4-5-20251001", lines={"input": "0.0449", "output": "0.01"})
    held = read_invoice(
        f"{head}2026-11-02,Claude Haiku 4.5,input_no_cache,0.04\n2026-11-02,Claude Haiku 4.5,output,0.01\n".encode()
    )
    assert compare([row], held).agrees
    assert compare([row], held).slack == Decimal("0.01")
    off = read_invoice(
        f"{head}2026-11-02,Claude Haiku 4.5,input_no_cache,0.03\n2026-11-02,Claude Haiku 4.5,output,0.01\n".encode()
    )
    assert not compare([row], off).agrees


def test_a_month_in_one_line_and_googles_days() -> None:
    table = "Service description,SKU description,Usage start date,Usage end date,Usage amount,Usage unit,Cost ($)\n"
    item = "Gemini API,Generate content {} token count gemini 2.5 flash,2026-11-01,2026-11-30,{},count,{}\n"
    held = read_invoice((table + item.format("input", 1000, "0.15") + item.format("output", 100, "0.06")).encode())
    row = {"provider": "gemini", "model": "gemini-2.5-flash", "lines": {"input": "0.15", "output": "0.06"}}
    assert compare([made("2026-11-20", **row)], held).agrees
    late = compare([made("2026-11-01 06:59", **row)], held)  # in California it is still October
    assert not late.agrees
    assert "the ledger has 1 try outside" in late.differences[0].reason


def test_what_the_invoice_doesnt_tell_of_isnt_compared() -> None:
    rows = [made(), made(kind="embeddings", model="text-embedding-3-small"), made(provider="anthropic")]
    report = compare(rows, usage((0, "gpt-4o-mini", 1000, 0, 100)))
    assert report.agrees
    assert "not compared, for the invoice doesn't tell of such: 1 try for embeddings" in report.notes
    free = made(cost=None, cost_lines=None, input_tokens=None, output_tokens=None, outcome="failed")
    assert compare([free], usage()).ledger.lines == 0  # a 429: nobody bills it
    page = {"data": [{"start_time": FIRST, "end_time": FIRST + DAY, "results": []}], "has_more": True}
    report = compare([], read_invoice(json.dumps(page).encode()))
    assert "its last page isn't here" in report.notes[0]
    assert (report.agrees, report.agrees_so_far) == (False, True)


def test_losses_are_a_reason_and_since_and_until_cut() -> None:
    invoice = usage((0, "gpt-4o-mini", 1000, 0, 100), (1, "gpt-4o-mini", 1000, 0, 100))
    report = compare([made()], invoice, lost=[(at("2026-11-03 10:00"), 3)])
    assert {(one.when, one.kind) for one in report.differences} == {("2026-11-03", "not in the ledger")}
    assert report.differences[0].reason.startswith("3 calls couldn't be written to the ledger then")
    assert compare([made()], invoice, until=datetime(2026, 11, 3, tzinfo=UTC)).agrees
    assert not compare([made()], invoice, since=datetime(2026, 11, 3, tzinfo=UTC)).agrees


# By request


def simulated(*lines: dict[str, Any], when: str = "2026-11-02T12:00:00+00:00") -> Invoice:
    usual = {
        **{"time": when, "provider": "openai", "model": "gpt-4o-mini-2024-07-18", "request_id": "req_1"},
        **{"input_tokens": 1000, "cache_read_tokens": 0, "cache_write_tokens": 0, "output_tokens": 100},
        "cost_usd": "0.00021",
    }
    return read_invoice(json.dumps({"lines": [{**usual, **line} for line in lines]}).encode())


def test_requests_meet_by_their_ids() -> None:
    report = compare([made(request_id="req_1")], simulated({}))
    assert (report.agrees, report.differences, report.per_request) == (True, (), True)
    assert (report.invoice.lines, report.ledger.lines) == (1, 1)
    twice = compare([made(request_id="req_1")], simulated({}, {}))  # what is billed twice isn't left out as a copy
    assert not twice.agrees
    assert "more often than the ledger" in only(twice).reason


def broken(**fields: Any) -> Try:
    lost = {"outcome": "failed", "maybe_billed": True, "input_tokens": None, "output_tokens": None}
    return made(**{**lost, "cost": None, "cost_lines": None, "unknown": "it broke off", **fields})


@pytest.mark.parametrize(
    ("row", "line", "kind", "words", "agrees"),
    [
        (None, {}, "not in the ledger", "another program made it", False),
        (made(request_id="req_2", when="2026-11-02 12:00:50"), None, "not on the invoice", "another server", False),
        (made(request_id="req_2", estimated=True), None, "estimate", "billed nothing", False),
        (broken(), None, "maybe billed", "isn't on the invoice", False),
        (broken(request_id="req_1"), {}, "maybe billed", "it was billed: it broke off", False),
        (broken(), {"request_id": None}, "maybe billed", "it was billed: it broke off", False),
        (made(request_id="req_1", cost=None, unknown="no price"), {}, "no cost in the ledger", "no price", False),
        (
            made(request_id="req_1"),
            {"cost_usd": None, "reason": "unlisted"},
            "no cost on the invoice",
            "unlisted",
            False,
        ),
        (made(request_id="req_1"), {"output_tokens": 99}, "tokens", "output 99 there and 100 here", False),
        (made(request_id="req_1"), {"cost_usd": "0.00022", "service_tier": "flex"}, "price", "billed as flex", True),
        (
            made(request_id="req_1", estimated=True, unknown="guessed"),
            {"cost_usd": "0.0002"},
            "estimate",
            "guessed",
            True,
        ),
    ],
)
def test_why_a_request_differs(
    row: Try | None, line: dict[str, Any] | None, kind: str, words: str, agrees: bool
) -> None:
    held = simulated(*([line] if line is not None else []), {"request_id": "req_9", "cost_usd": "0"})
    report = compare([*([row] if row else []), made(request_id="req_9", cost=Decimal(0))], held)
    if kind == "tokens":
        agrees = True  # less than a cent
    assert only(report).kind == kind
    assert words in only(report).reason
    assert report.agrees is agrees
    assert only(report).call == (row.call if row else None)


def test_requests_without_ids_meet_by_what_they_used() -> None:
    """Google's answers have none, and many calls run at the same time."""
    rows = [made(input_tokens=n, output_tokens=n, lines={"input": f"0.{n}"}) for n in range(1, 9)]
    line = {"request_id": None, "cache_read_tokens": 0}
    lines = [{**line, "input_tokens": n, "output_tokens": n, "cost_usd": f"0.{n}"} for n in range(8, 0, -1)]
    later = simulated(*lines, when="2026-11-02T12:00:40+00:00")
    assert compare(rows, later).differences == ()


def test_calls_of_another_time_or_another_server_are_left_out(tmp_path: Path) -> None:
    report = compare([made("2026-11-01", request_id="req_7"), made(request_id="req_1")], simulated({}))
    assert report.agrees
    assert report.notes == ("not compared, for they are of another time: 1 of the ledger's tries",)
    assert compare([made(request_id="req_1")], simulated({}), until=datetime(2026, 11, 1, tzinfo=UTC)).ledger.lines == 0
    elsewhere = made("2026-10-01", request_id="req_8")
    assert compare([elsewhere], simulated()).differences == ()  # nobody knows whose calls an empty file tells of
    assert only(compare([elsewhere], replace(simulated(), url="http://127.0.0.1:4010"))).kind == "not on the invoice"
    lost = compare([], simulated({}), lost=[(at("2026-11-02 12:00"), 2)])
    assert "lost 2 calls" in only(lost).reason


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 3)), max_size=30))
def test_what_is_billed_as_it_was_made_agrees(calls: list[tuple[int, int, int]]) -> None:
    """Any calls, summed by day and class as a provider does, agree; and with one more they don't."""
    rows = [
        made(
            f"2026-11-0{2 + day} 12:00",
            input_tokens=fresh,
            output_tokens=out,
            lines={"input": f"{fresh}", "output": f"{out}"},
        )
        for fresh, out, day in calls
    ]
    held = [
        (day, sum(n), f"gpt-4o-mini, {what}", sum(n))
        for day in range(4)
        for what, n in (
            ("input", [fresh for fresh, _, on in calls if on == day]),
            ("output", [out for _, out, on in calls if on == day]),
        )
    ]
    assert compare(rows, costs(*held)).differences == ()
    assert not compare([*rows, made("2026-11-02 15:00", lines={"input": "1"})], costs(*held)).agrees


# With a ledger


def test_a_ledger_and_the_simulators_invoice(tmp_path: Path) -> None:
    with Simulator() as sim:
        ledger = ringup.Ledger(tmp_path / "calls.db")
        for model in ("gpt-4o-mini", "claude-haiku-4-5", "gemini-2.5-flash"):
            with sim.client(model, ledger=ledger, max_tokens=40) as client:
                if model == "gpt-4o-mini":
                    sim.fault(status=503)
                client.ask("Hello!")
                client.ask("What is the capital of France?")
        with sim.client("text-embedding-3-small", ledger=ledger) as client:
            client.embed(["a", "b"])
        ledger.flush()
        data = sim.invoice.json()
    report = reconcile(ledger.path, read_invoice(data))
    assert report.differences == ()
    assert report.agrees
    assert (report.invoice.lines, report.invoice.cost) == (7, report.ledger.cost)
    made = list(tries(ledger.path))
    assert len(made) == 8  # with one that failed, and cost nothing
    assert [one.is_billed for one in made].count(True) == 7
    assert len(list(tries(ledger.path, sim.url))) == 8
    assert list(tries(ledger.path, sim.url[:-1])) == []
    with closing(sqlite3.connect(ledger.path, isolation_level=None)) as connection:
        connection.execute("DELETE FROM attempts")  # as the first versions of the ledger had none
    assert reconcile(ledger.path, read_invoice(data)).agrees
    assert len(list(tries(ledger.path))) == 7


def test_what_cant_be_compared(tmp_path: Path) -> None:
    with pytest.raises(ParameterError):
        reconcile(tmp_path / "calls.db")
    (tmp_path / "other.db").write_text("not a ledger")
    with pytest.raises(ConfigurationError):
        reconcile(tmp_path / "other.db", usage())
    assert reconcile(tmp_path / "none.db", usage()).ledger.lines == 0
