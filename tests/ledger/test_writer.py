"""The writer: never in a call's way, one for each process, and it waits where it was told to."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

import ringup
from ringup import ledger
from ringup.ledger import _late, _writer
from tests.ledger.kit import client, look, table
from tests.ledger.torture import kept, load
from tests.test_client import CANARY, AsyncWire, Wire, chunks, completion

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.db"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Locks are waited for a moment only."""
    monkeypatch.setattr("ringup.ledger._schema.BUSY", 0.05)


def make(path: Any, *answers: Any, **options: Any) -> ringup.Client:
    return ringup.Client("gpt-4o-mini", api_key=CANARY, transport=Wire(*answers), ledger=path, **options)


# In nobody's way


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """While somebody else writes to the file."""
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def test_a_locked_file_is_waited_for_and_holds_up_no_call(
    path: Path, impatient: None, caplog: pytest.LogCaptureFixture
) -> None:
    log = ringup.Ledger(path)
    with make(log, *[completion()] * 5) as asked:
        asked.ask("a")
        log.flush()
        with locked(path):
            begun = time.monotonic()
            for word in "bcd":
                asked.ask(word)
            assert time.monotonic() - begun < 5  # of a wait of 5 s for each there is no trace
            log.flush(0.5)
            assert len(ledger.rows(path)) == 1
        log.flush()
        assert len(ledger.rows(path)) == 4
        asked.ask("e")
    assert (len(ledger.rows(path)), log.lost) == (5, 0)
    assert caplog.text.count("is locked by another program") == 1


def test_what_a_locked_file_takes_no_more_at_the_end_is_counted(
    path: Path, impatient: None, caplog: pytest.LogCaptureFixture
) -> None:
    log = ringup.Ledger(path)
    with make(log, *[completion()] * 5) as asked:
        asked.ask("a")
        log.flush()
        with locked(path):
            for word in "bcd":
                asked.ask(word)
            log.close()
            assert log.lost == 3
        asked.ask("e")
    assert len(ledger.rows(path)) == 2
    assert caplog.text.count("can't be written") == 1
    told = ledger.losses(path)
    assert sum(loss["calls"] for loss in told) == 3
    assert {(loss["process"], loss["reason"]) for loss in told} == {(os.getpid(), "database is locked")}


def test_a_handler_that_raises_ends_no_writer(path: Path, impatient: None) -> None:
    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise RuntimeError

    logger, broken = logging.getLogger("ringup"), Broken(level=logging.WARNING)
    logger.addHandler(broken)
    try:
        with make(path, *[completion()] * 2) as asked:
            asked.ask("a")
            asked._ledger.flush()
            with locked(path):
                asked.ask("b")
                asked._ledger.flush(0.3)
    finally:
        logger.removeHandler(broken)
    assert len(ledger.rows(path)) == 2


def test_a_program_that_ends_says_what_it_lost(path: Path) -> None:
    """Its last wait for a lock is no longer than the program waits for its thread."""
    code = (
        "import logging, sys, ringup; logging.basicConfig()\nringup.Client('sim/small', ledger=sys.argv[1]).ask('Hi')"
    )
    ringup.Ledger(path).run(lambda _: None)
    with locked(path):
        done = subprocess.run(
            [sys.executable, "-c", code, str(path)], check=True, capture_output=True, text=True, timeout=60
        )
    assert "can't be written (database is locked): calls go on, unlogged" in done.stderr


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="who may do everything is never refused")
def test_a_folder_that_can_not_be_written_costs_no_calls(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    log = ringup.Ledger(tmp_path / "calls.db")
    with make(log, completion()) as asked:
        asked.ask("a")
    assert log.lost == 1


def test_a_full_disk_costs_rows_and_no_calls(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = _writer.open_ledger

    def small(path: Path) -> sqlite3.Connection:
        connection = opened(path)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages + 24}")  # then SQLite says what it says of a full disk
        return connection

    monkeypatch.setattr(_writer, "open_ledger", small)
    log = ringup.Ledger(path, level="full")
    with make(log, *[completion()] * 6) as asked:
        for number in range(6):
            asked.ask(f"{number} " * 5000)
            log.flush()
    assert 0 < log.lost < 6
    assert len(ledger.rows(path)) == 6 - log.lost
    assert look(path, "PRAGMA integrity_check") == [("ok",)]


def test_a_file_that_was_taken_away_is_made_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = ringup.Ledger(path)
    with make(log, *[completion()] * 2) as asked:
        asked.ask("a")
        log.close()
        path.unlink()
        asked.ask("b")
    assert len(ledger.rows(path)) == 1
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_row_that_can_not_be_written_takes_no_other_with_it(path: Path) -> None:
    odd = {**completion(), "usage": {"prompt_tokens": 2**70, "completion_tokens": 1, "total_tokens": 2**70}}
    log = ringup.Ledger(path)
    with make(log, completion(), odd, completion()) as asked:
        for word in "abc":
            asked.ask(word)
    assert log.lost + len(ledger.rows(path)) == 3
    assert log.lost <= 1


def test_a_hook_that_ends_its_thread_takes_one_row_only(path: Path) -> None:
    def hook(text: str) -> str:
        if "boom" in text:
            raise SystemExit
        return text

    log = ringup.Ledger(path, level="redacted", redact=hook)
    with make(log, *[completion()] * 3) as asked:
        for word in ("a", "boom", "b"):
            asked.ask(word)
        log.flush()
        assert log.lost == 1
        assert len(look(path, "SELECT 1 FROM calls")) == 2


@pytest.mark.parametrize("durability", [None, "call"])
def test_a_call_of_which_no_account_can_be_given_goes_on(
    path: Path, monkeypatch: pytest.MonkeyPatch, durability: Any
) -> None:
    monkeypatch.setattr("ringup.ledger._ledger.account_of", lambda *_: 1 / 0)
    log = ringup.Ledger(path)
    with make(log, completion(), durability=durability) as asked:
        if durability:
            with pytest.raises(ringup.LedgerError, match="division by zero") as caught:
                asked.ask("a")
            reply = caught.value.reply
        else:
            reply = asked.ask("a")
    assert reply.text
    assert log.lost == 1


def test_a_job_that_can_not_be_done_is_in_no_other_s_way(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    log, done = ringup.Ledger(path), []
    for statement in ("SELECT nothing", "INSERT INTO losses VALUES (1)"):
        log.owe(lambda connection, statement=statement: connection.execute(statement))
    log.owe(lambda _: done.append(1))
    log.flush()
    assert done == [1]
    assert "a budget misses what a call spent" in caplog.text
    log.close()


def test_what_failed_is_not_held_for_ever(path: Path) -> None:
    def job(_: Any) -> None:
        raise ValueError

    def receipts() -> int:
        gc.collect()
        return sum(type(held) is _writer.Receipt for held in gc.get_objects())

    log, before = ringup.Ledger(path), receipts()
    for _ in range(10):
        with pytest.raises(ringup.LedgerError):
            log.run(job)
    log.close()
    assert receipts() - before <= 1


def test_commits_that_take_long_begin_earlier() -> None:
    assert _writer._period(0.001) > _writer._period(0.02)
    assert _writer._period(0.02) + 0.07 < 0.1


def test_there_is_an_end_to_what_waits_for_a_slow_disk(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_writer, "_MOST_WAITING", 20_000)
    for pause in ("_GATHER", "_GATHER_SLOW"):
        monkeypatch.setattr(_writer, pause, 5.0)
    log = ringup.Ledger(path)
    with make(log, *[completion()] * 20) as asked:
        for number in range(20):
            asked.ask(str(number))
        assert 10 <= log.lost < 20
    assert len(ledger.rows(path)) == 20 - log.lost


def test_only_the_owner_may_read_any_of_its_files(path: Path) -> None:
    with client(path, completion()) as asked:
        asked.ask("a")
        asked._ledger.flush()
        found = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
        assert found == {"calls.db": 0o600, "calls.db-wal": 0o600, "calls.db-shm": 0o600}
    assert [file.name for file in path.parent.iterdir()] == ["calls.db"]


# Many at once


def test_many_calls_at_once_lose_no_row(path: Path) -> None:
    assert asyncio.run(load(path, 2000, 64)) == 0  # `make torture` makes 10,000
    assert kept(path, 2000)


def test_clients_of_one_file_share_a_thread(path: Path) -> None:
    before = set(threading.enumerate())  # of other tests

    def writers() -> int:
        return [thread.name for thread in set(threading.enumerate()) - before].count("ringup-ledger")

    clients = [make(path, *[completion()] * 5) for _ in range(4)]
    for asked in clients:
        asked.ask("a")
    assert writers() == 1
    clients[0].close()
    for asked in clients[1:]:
        asked.ask("b")
        asked.close()
    assert len(ledger.rows(path)) == 7
    assert writers() == 0


FORKING = """
import os, sys
import ringup
from tests.test_client import CANARY, Wire, completion

class Same(Wire):
    def exchange(self, *_):
        return Wire(completion()).exchange(*_)

client = ringup.Client("gpt-4o-mini", api_key=CANARY, ledger=ringup.Ledger(sys.argv[1], level="full"), transport=Same())
client.ask("before", session="parent")
children = []
for number in range(6):
    client.ask("meanwhile", session="parent")
    child = os.fork()
    if not child:
        for _ in range(5):
            client.ask(f"in child {number}", session=f"child {number}")
        client.close()
        os._exit(0)
    children.append(child)
for child in children: assert os.waitpid(child, 0)[1] == 0
client.close()
print(client._ledger.lost)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_children_write_their_own_rows_and_nobody_else_s(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKING, str(path)], capture_output=True, text=True, timeout=120, cwd=ROOT, check=False
    )
    assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr
    kept = dict(look(path, "SELECT session, count(*) FROM calls GROUP BY session"))
    assert {name: kept[name] for name in kept if name != "parent"} == {f"child {number}": 5 for number in range(6)}
    assert look(path, "PRAGMA integrity_check") == [("ok",)]
    assert look(path, "SELECT count(*) FROM calls") == [(sum(kept.values()),)]


def test_several_processes_are_warned_of_once(
    path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_writer, "_FIXED_IN", (99, 0, 0))
    code = f"""
import sys, ringup
from tests.test_client import Wire, completion
with ringup.Client("gpt-4o-mini", api_key={CANARY!r}, ledger=sys.argv[1], transport=Wire(completion())) as client:
    client.ask("other")
"""
    with client(path, *[completion()] * 4) as asked:
        for word in "ab":
            asked.ask(word)
            asked._ledger.flush()
            assert "several processes" not in caplog.text
        for word in "cd":
            subprocess.run([sys.executable, "-c", code, str(path)], timeout=60, cwd=ROOT, check=True)
            asked.ask(word)
            asked._ledger.flush()
    assert caplog.text.count("several processes write") == 1
    assert len(ledger.rows(path)) == 6


# Waiting for the row


def test_a_reply_waits_for_its_row(path: Path) -> None:
    with client(path, completion(), chunks("Hel", "lo"), 400, durability="call") as asked:
        for number, call in enumerate((asked.ask, lambda word: list(asked.stream(word)))):
            call("a")
            assert len(look(path, "SELECT 1 FROM calls")) == number + 1
        with pytest.raises(ringup.BadRequestError):
            asked.ask("b")
        assert len(look(path, "SELECT 1 FROM calls")) == 3


def test_a_stream_that_was_left_at_its_end_waits_too(path: Path) -> None:
    with client(path, chunks("Hel", "lo"), durability="call") as asked:
        assert get(asked, "left").text == "Hello"
        assert len(look(path, "SELECT 1 FROM calls")) == 1


def test_a_stream_that_was_left_before_its_end_waits_too(path: Path) -> None:
    with client(path, chunks("Hel", "lo"), durability="call") as asked:
        with asked.stream("a") as stream:
            next(stream)
        assert look(path, "SELECT outcome FROM calls") == [("cancelled",)]


def test_async_replies_wait_without_holding_up_the_loop(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = _writer._File.write
    monkeypatch.setattr(_writer._File, "write", lambda self, *args: (time.sleep(0.2), written(self, *args)))

    async def go() -> int:
        wire = AsyncWire(*[completion()] * 8, chunks("Hi"))
        ticks = 0
        async with ringup.AsyncClient(
            "gpt-4o-mini", api_key=CANARY, transport=wire, ledger=path, durability="call"
        ) as asked:
            tasks = [asyncio.ensure_future(asked.ask("a")) for _ in range(8)]
            while not all(task.done() for task in tasks):
                ticks += 1
                await asyncio.sleep(0.01)
            assert len(look(path, "SELECT 1 FROM calls")) == 8
            async with asked.stream("b") as stream:
                assert [piece async for piece in stream] == ["Hi"]
            assert stream.reply.text == "Hi"
            assert len(look(path, "SELECT 1 FROM calls")) == 9
        return ticks

    assert asyncio.run(go()) >= 5


def get(asked: ringup.Client, way: str) -> ringup.Reply:
    """A reply: whole, of a stream, or of a stream that is left after its last event."""
    if way == "ask":
        return asked.ask("b")
    with asked.stream("b") as stream:
        for event in stream.events():
            if way == "left" and type(event).__name__ == "Finish":
                break
    return stream.reply


@pytest.mark.parametrize("way", ["ask", "stream", "left"])
def test_without_its_row_there_is_no_reply(path: Path, impatient: None, way: str) -> None:
    log = ringup.Ledger(path)
    with make(log, completion(), completion() if way == "ask" else chunks("Paris."), durability="call") as asked:
        asked.ask("a")
        other = sqlite3.connect(path)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ringup.LedgerError, match="the answer came, and its row can't be written") as caught:
            get(asked, way)
        other.close()
    assert caught.value.reply.text == "Paris."
    assert log.lost == 1


def test_a_call_s_own_error_goes_before(path: Path, impatient: None) -> None:
    log = ringup.Ledger(path)
    with make(log, completion(), 400, durability="call") as asked:
        asked.ask("a")
        other = sqlite3.connect(path)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ringup.BadRequestError):
            asked.ask("b")
        other.close()


def test_a_task_may_be_cancelled_while_it_waits(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = threading.Event()
    written = _writer._File.write
    monkeypatch.setattr(_writer._File, "write", lambda self, *args: (free.wait(30), written(self, *args)))

    async def go() -> None:
        asked = ringup.AsyncClient(
            "gpt-4o-mini", api_key=CANARY, transport=AsyncWire(completion()), ledger=path, durability="call"
        )
        task = asyncio.ensure_future(asked.ask("a"))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        free.set()
        await asked.close()

    asyncio.run(go())
    assert [row["outcome"] for row in table(path, "calls")] == ["answered"]


@pytest.mark.parametrize("kind", [ringup.Client, ringup.AsyncClient])
def test_what_durability_needs(path: Path, kind: Any) -> None:
    with pytest.raises(ringup.ParameterError, match="has none"):
        kind("gpt-4o-mini", durability="call")
    with pytest.raises(ringup.ParameterError, match="durability='always'"):
        kind("gpt-4o-mini", durability="always", ledger=path)
    with pytest.raises(TypeError, match="durability is given to a client"):
        ringup.ask("a", durability="call")  # type: ignore[call-overload]


# The prices


def test_costs_follow_where_the_prices_take_long_to_load(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = threading.Event()
    monkeypatch.delitem(sys.modules, "genai_prices.data", raising=False)
    monkeypatch.setattr(_late, "bill", lambda *_, **__: free.wait(30))
    with client(path, *[completion()] * 2) as asked:
        asked.ask("a")
        deadline = time.monotonic() + 20
        while not ledger.rows(path) and time.monotonic() < deadline:
            time.sleep(0.01)
        [row] = ledger.rows(path)
        assert (row["cost_usd"], row["cost_unknown"]) == (None, ledger.OWED)
        free.set()
        asked._ledger.flush()
        assert ledger.rows(path)[0]["cost_usd"] is not None
        assert ledger.rows(path)[0]["cost_unknown"] is None


@pytest.mark.parametrize("until", ["flush", "close", "never"])
def test_costs_wait_for_a_locked_file(path: Path, impatient: None, monkeypatch: pytest.MonkeyPatch, until: str) -> None:
    free, worked = threading.Event(), _late.bills
    monkeypatch.setattr(_late, "bills", lambda record: free.wait(30) and worked(record))
    log = ringup.Ledger(path)
    with make(log, chunks("Hel", "lo", done=False), completion(), retries=0) as asked:
        with pytest.raises(ringup.StreamTruncatedError):
            list(asked.stream("a"))
        deadline = time.monotonic() + 20
        while not ledger.rows(path) and time.monotonic() < deadline:
            time.sleep(0.01)
        other = sqlite3.connect(path)
        other.execute("BEGIN IMMEDIATE")
        free.set()
        log.flush(0.5)
        assert ledger.rows(path)[0]["cost_unknown"] == ledger.OWED
        if until == "never":
            log.close()
            assert log.lost == 1
        other.close()
        if until == "flush":
            log.flush()
            assert ledger.rows(path)[0]["cost_unknown"] != ledger.OWED
        if until == "never":
            asked.ask("b")
    assert (ledger.rows(path)[-1]["cost_unknown"] == ledger.OWED) == (until == "never")
    assert log.lost == (until == "never")
    assert [loss["reason"] for loss in ledger.losses(path)] == ["their costs couldn't be written"] * log.lost


@pytest.mark.skipif(sys.platform == "win32", reason="there, an open file can't be taken away")
@pytest.mark.parametrize("gone", ["calls.db", "calls.db*", "replaced"])
def test_a_file_that_is_taken_away_meanwhile_is_made_again(path: Path, gone: str) -> None:
    with client(path, *[completion()] * 3, durability="call") as asked:
        asked.ask("a")
        if gone == "replaced":
            path.rename(path.with_name("old.db"))
            path.touch()
        else:
            for file in path.parent.glob(gone):
                file.unlink()
        for number in range(2):
            asked.ask("b")
            assert len(look(path, "SELECT 1 FROM calls")) == number + 1
    assert [turn["text"] for turn in ledger.conversation(path, 2)] == ["b", "Paris."]
    assert look(path, "PRAGMA integrity_check") == [("ok",)]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no modes")
def test_a_file_that_others_could_read_is_hidden(path: Path) -> None:
    with client(path, *[completion()] * 2) as asked:
        asked.ask("a")
        asked._ledger.close()
        path.chmod(0o644)
        asked.ask("b")
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_receipt_tells_whoever_comes_late() -> None:
    told: list[int] = []
    receipt = ledger.Receipt()
    receipt.when_done(lambda: told.append(1))
    assert not receipt.wait(0)
    receipt.settle(result=5)
    receipt.when_done(lambda: told.append(2))
    assert (receipt.wait(0), receipt.result, receipt.error, told) == (True, 5, None, [1, 2])
