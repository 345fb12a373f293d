"""The ledger where it is hard: the end of a program, forks, threads, odd text, and files that aren't ledgers."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import ringup
from ringup.ledger import rows
from tests.test_client import CANARY, Face, chunks, completion

PROGRAM = f"""
import sys
import ringup
from tests.test_client import Wire, chunks, completion

client = ringup.Client("gpt-4o-mini", api_key={CANARY!r}, ledger=sys.argv[1], transport=Wire(*WIRE*))
"""


def run(tmp_path: Path, answers: str, code: str) -> list[dict[str, Any]]:
    """What a program leaves in its ledger. It must end by itself, and without a word."""
    path = tmp_path / "calls.db"
    program = PROGRAM.replace("*WIRE*", answers) + code
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", program, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).parents[1],
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return rows(path)


def test_nothing_is_lost_when_a_program_ends_without_closing(tmp_path: Path) -> None:
    kept = run(tmp_path, "completion(), completion()", "client.ask('a'); client.ask('b')")
    assert [row["outcome"] for row in kept] == ["answered", "answered"]


def test_a_call_at_the_very_end_of_a_program_is_kept(tmp_path: Path) -> None:
    code = "import atexit; client.ask('a'); atexit.register(lambda: client.ask('b') and None)"
    assert len(run(tmp_path, "completion(), completion()", code)) == 2


def test_a_stream_that_ends_with_the_interpreter_does_not_hold_it_up(tmp_path: Path) -> None:
    run(tmp_path, "chunks('Hel', 'lo')", "stream = client.stream('a'); next(stream)")


def test_a_stream_that_is_in_a_circle_does_not_hold_it_up(tmp_path: Path) -> None:
    code = "client.ask('a'); stream = client.stream('b'); next(stream); stream.me = stream; del stream"
    kept = run(tmp_path, "completion(), chunks('Hel', 'lo')", code)
    assert ("answered", 0) in [(row["outcome"], row["stream"]) for row in kept]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_a_forked_process_loses_nothing(tmp_path: Path) -> None:
    code = (
        "import multiprocessing\n"
        "process = multiprocessing.get_context('fork').Process(target=client.ask, args=('a',))\n"
        "process.start()\n"
        "process.join()\n"
    )
    assert len(run(tmp_path, "completion()", code)) == 1


def test_text_that_is_not_unicode_is_no_reason_to_stop(tmp_path: Path) -> None:
    odd = {**completion(), "model": "m\ud800"}
    ledger = ringup.Ledger(tmp_path / "calls.db")
    f = Face("sync", odd, completion(), ledger=ledger)
    f.ask("a")
    ledger.flush()
    f.ask("b")
    ledger.close()
    assert [row["model_answered"] for row in rows(ledger.path)] == ["gpt-4o-mini-2024-07-18", "m?"]
    assert ledger.lost == 0
    f.loop.close()


def test_a_closed_client_leaves_no_thread(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    f = Face("sync", completion(), ledger=tmp_path / "calls.db")
    f.ask("a")
    names = {thread.name for thread in threading.enumerate() if thread not in before} - {"ringup-prices"}
    assert names == {"ringup-ledger"}
    f.client.close()
    f.loop.close()
    assert set(threading.enumerate()) <= before


def test_threads_may_log_while_others_close(tmp_path: Path) -> None:
    ledger = ringup.Ledger(tmp_path / "calls.db")
    f = Face("sync", *[completion()] * 120, ledger=ledger)
    threads = [threading.Thread(target=lambda: [f.ask("a") for _ in range(30)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        ledger.close()
    ledger.close()
    assert len(rows(ledger.path, 1000)) == 120
    assert ledger.lost == 0
    f.loop.close()


def test_a_stream_is_timed_from_when_it_was_sent(tmp_path: Path) -> None:
    f = Face("sync", chunks("Hi"), ledger=tmp_path / "calls.db")
    stream = f.client.stream("a")
    time.sleep(0.3)
    list(stream)
    f.client.close()
    f.loop.close()
    [row] = rows(tmp_path / "calls.db")
    assert row["latency"] == pytest.approx(stream.reply.latency, abs=0.1)


def test_a_ledger_is_sent_to_another_process_as_its_path(tmp_path: Path) -> None:
    ledger = ringup.Ledger(tmp_path / "calls.db")
    f = Face("sync", completion(), ledger=ledger)
    f.ask("a")
    copy = pickle.loads(pickle.dumps(ledger))
    assert (copy.path, copy.lost) == (ledger.path, 0)
    f.client.close()
    f.loop.close()


def test_a_path_may_begin_in_the_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("RINGUP_LEDGER", os.path.join("~", "my calls?.db"))
    f = Face("sync", completion())
    f.ask("a")
    f.client.close()
    f.loop.close()
    assert len(rows("~/my calls?.db")) == 1
    assert (tmp_path / "my calls?.db").exists()


def test_what_is_not_a_ledger_is_told(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no ledger, and long enough to be looked at" * 100)
    with pytest.raises(ringup.ConfigurationError, match="the ledger .*text' can't be read"):
        rows(tmp_path / "text")


def test_a_client_that_nobody_closed_keeps_no_thread(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("ringup.ledger._writer._IDLE", 0.05)
    before = set(threading.enumerate())
    ledger = ringup.Ledger(tmp_path / "calls.db")
    f = Face("sync", completion(), completion(), ledger=ledger)
    for _ in range(2):
        f.ask("a")
        deadline = time.monotonic() + 10
        while not set(threading.enumerate()) <= before and time.monotonic() < deadline:
            time.sleep(0.02)
        assert set(threading.enumerate()) <= before
    assert len(rows(ledger.path)) == 2
    f.loop.close()
