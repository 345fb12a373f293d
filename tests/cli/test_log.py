"""`ringup log`: the list, its filters, and how it is followed."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import ringup
from ringup.cli.log import table
from ringup.cli.log.follow import follow
from ringup.ledger import OWED
from tests.cli.conftest import Run, Spawn
from tests.ledger.kit import client
from tests.test_client import completion


def fill(path: Path, level: str = "full") -> None:
    with client(path, completion("Paris."), completion("Oslo."), 429, level=level) as asked:
        asked.ask("What is the capital of France?", session="monday", tags={"team": "docs"})
        asked.ask("And of Norway?", model="gpt-4o")
        with suppress(ringup.APIError):
            asked.ask("And of Sweden?", retries=0)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RINGUP_LEDGER", str(tmp_path / "calls.db"))
    fill(tmp_path / "calls.db")
    return tmp_path / "calls.db"


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ("", [3, 2, 1]),
        ("-n 2", [3, 2]),
        ("-m gpt-4o", [3, 2, 1]),
        ("-m */gpt-4o", [2]),
        ("--status 429", [3]),
        ("--status failed --status RateLimitError", [3]),
        ("--since 1h --until now", [3, 2, 1]),
        ("--until yesterday", []),
        ("--search capital", [1]),
        ("--session monday", [1]),
        ("--tag team", [1]),
        ("--tag team=docs", [1]),
        ("--tag team=web", []),
        ("--min-cost 0.000001", [2, 1]),
        ("--min-cost 0.000001 --session monday", [1]),
        ("--min-cost 1", []),
    ],
)
def test_filters(path: Path, run: Run, options: str, ids: list[int]) -> None:
    done = run("log", "--json", *options.split())
    assert done.exit_code == 0, done.output
    assert [row["id"] for row in json.loads(done.stdout)] == ids
    lines = run("log", *options.split()).stdout.splitlines()
    assert [int(line.split()[0]) for line in lines[1:]] == ids


def test_the_table(path: Path, run: Run) -> None:
    head, *lines = run("log").stdout.splitlines()
    assert head.split() == ["id", "when", "model", "end", "in", "out", "cost", "time"]
    assert [line.split()[3:8] for line in lines] == [
        ["openai/gpt-4o-mini", "RateLimitError", "?", "?", "-"],  # nothing is billed for a 429
        ["openai/gpt-4o", "stop", "9", "2", "$0.0000026"],  # priced as the model that answered
        ["openai/gpt-4o-mini", "stop", "9", "2", "$0.0000026"],
    ]


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--status=faild", "status='faild' isn't known"),
        ("--since=soon", "'soon' is no point in time"),
        ("--min-cost=much", "'much' is not a valid float"),
        ("--number=0", "0 is not in the range"),
    ],
)
def test_an_option_that_can_not_be_read(path: Path, run: Run, option: str, said: str) -> None:
    done = run("log", option)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


def test_options_of_the_list_before_another_command(path: Path, run: Run) -> None:
    done = run("log", "--json", "show", "1")
    assert done.exit_code == 2
    assert "don't go with 'show'" in done.stderr


def test_why_nothing_is_listed(path: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "is such a one" in run("log", "--search", "copenhagen").stderr
    monkeypatch.setenv("RINGUP_LEDGER", str(tmp_path / "none.db"))
    assert "No calls are in the log" in run("log", "--search", "capital").stderr
    monkeypatch.setenv("RINGUP_LEDGER", str(tmp_path / "quiet.db"))
    fill(tmp_path / "quiet.db", "metadata")
    assert "keeps no words. RINGUP_LEDGER_LEVEL=full" in run("log", "--search", "capital").stderr


def test_a_folder_is_no_log(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGUP_LEDGER", str(tmp_path))
    for words in (["log"], ["cost"], ["log", "purge", "1", "--yes"], ["log", "purge", "--before", "1d", "--yes"]):
        assert "can't be read: it is a folder." in run(*words).stderr
    assert "can't be written (it is a folder)" in run("ask", "-m", "sim/small", "Hello!").stderr


# At a narrow terminal


def row(id: int, model: str, when: str = "2026-11-23T16:30:05.000001+00:00", **more: Any) -> dict[str, Any]:
    usual = {"provider": "openai", "outcome": "answered", "finish_reason": "stop", "error": None, "cost_usd": "0.0123"}
    tokens = {"input_tokens": 1234, "output_tokens": 56, "latency": 2.5, "cost_estimated": 0, "cost_unknown": None}
    return {"id": id, "model": model, "started": when, "maybe_billed": 0, **usual, **tokens, **more}


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "is_terminal", lambda _: True)
    monkeypatch.setattr(table, "width", lambda: 80)


LONG = "meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8"


def test_80_columns_are_enough(narrow: None, capsys: pytest.CaptureFixture[str]) -> None:
    listed = table.Table()
    listed.add([row(99_999, LONG, outcome="failed", finish_reason=None, error="ServiceUnavailableError: no")])
    listed.add([row(100_000, "gpt-4o-mini", "2020-01-01T12:00:00.000001+00:00", cost_estimated=1)])
    head, long, short = capsys.readouterr().out.splitlines()
    assert max(map(len, (head, long, short))) <= 80
    assert "  openai/" in long
    assert "FP8  Servic…ailable  " in long
    assert "2020-01-01 " in short
    assert "~$0.012" in short


def test_a_very_narrow_one_has_a_line_for_each_cell(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    monkeypatch.setattr(table, "is_terminal", lambda _: True)
    table.Table().add([row(7, LONG)])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "7"
    assert max(map(len, lines)) <= 50 + len("  model openai/")  # a name isn't broken
    assert lines[-1] == "  time 2.50 s"


def test_what_was_stacked_once_stays_so(narrow: None, capsys: pytest.CaptureFixture[str]) -> None:
    listed = table.Table()
    listed.add([row(10**30, LONG)])
    capsys.readouterr()
    listed.add([row(8, "gpt-4o-mini")])
    assert capsys.readouterr().out.splitlines()[0] == "8"


def test_a_wide_one_shows_all(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(table, "is_terminal", lambda _: True)
    monkeypatch.setattr(table, "width", lambda: 160)
    table.Table().add([row(1, LONG)])
    assert f"openai/{LONG}  stop" in capsys.readouterr().out


def test_what_a_server_sends_is_no_command_to_the_terminal(narrow: None, capsys: pytest.CaptureFixture[str]) -> None:
    table.Table().add([row(1, "evil\x1b[2J\nmodel")])
    assert "\x1b" not in (out := capsys.readouterr().out)
    assert len(out.splitlines()) == 2


# Followed


def test_new_calls_are_told_once_and_in_their_order(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[Callable[[], object]] = [
        lambda: fill(path),
        lambda: None,
        lambda: ringup.Ledger(path).purge(id=6),
        lambda: fill(path),
    ]

    def pause(_: float) -> None:
        if not steps:
            raise KeyboardInterrupt
        steps.pop(0)()

    monkeypatch.setattr("ringup.cli.log.follow.time", SimpleNamespace(sleep=pause))
    told: list[list[int]] = []
    follow(path, 2, {"model": "gpt-4o"}, lambda calls: told.append([call["id"] for call in calls]))
    assert told[:2] == [[2, 3], [4, 5, 6]]
    assert told[2:] == [sorted([call["id"] for call in ringup.ledger.rows(path, 3)])]


def test_a_call_that_has_the_number_of_a_purged_one_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def another() -> None:
        ringup.Ledger(path).close()
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE calls SET sent = sent + 1, queued = queued + 1 WHERE id = 3")

    assert followed(path, monkeypatch, another, lambda: None) == [[3], [3]]
    assert followed(path, monkeypatch, path.unlink, lambda: fill(path)) == [[3], [1, 2, 3]]


def test_a_call_whose_cost_is_on_its_way_is_waited_for(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def owes(ended: float) -> Callable[[], None]:
        def change() -> None:
            ringup.Ledger(path).close()
            with closing(sqlite3.connect(path)) as connection, connection:
                values = (OWED, round(ended * 1e6), round(ended * 1e6))
                connection.execute("UPDATE calls SET cost_usd = NULL, cost_unknown = ?, sent = ?, ended = ?", values)

        return change

    def priced() -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE calls SET cost_usd = '0.5', cost_unknown = NULL")

    owes(time.time() + 1)()
    told: list[Any] = []
    follow_with(
        path, monkeypatch, lambda calls: told.append([call["cost_usd"] for call in calls]), lambda: None, priced
    )
    assert told == [[], ["0.5"] * 3]
    owes(time.time() - 60)()  # its program is dead
    assert followed(path, monkeypatch, lambda: None) == [[3]]


def followed(path: Path, monkeypatch: pytest.MonkeyPatch, *steps: Callable[[], object]) -> list[list[int]]:
    told: list[list[int]] = []
    follow_with(path, monkeypatch, lambda calls: told.append([call["id"] for call in calls]), *steps)
    return told


def follow_with(path: Path, monkeypatch: pytest.MonkeyPatch, tell: Any, *steps: Callable[[], object]) -> None:
    left = list(steps)

    def pause(_: float) -> None:
        if not left:
            raise KeyboardInterrupt
        left.pop(0)()

    monkeypatch.setattr("ringup.cli.log.follow.time", SimpleNamespace(sleep=pause))
    follow(path, 1, {}, tell)


def test_a_number_beyond_sqlite_s(path: Path, run: Run) -> None:
    assert len(run("log", "-n", "9" * 20).stdout.splitlines()) == 4
    done = run("log", "show", "-" + "9" * 20)
    assert (done.exit_code, "has 3 calls" in done.stderr) == (2, True)


def test_a_folder_that_cannot_be_written(path: Path, run: Run) -> None:
    ringup.Ledger(path).close()
    path.with_name("calls.db-shm").mkdir()  # SQLite can't make its own
    assert len(run("log").stdout.splitlines()) == 4


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_and_a_wal(path: Path, run: Run) -> None:
    ringup.Ledger(path).close()
    path.with_name("calls.db-wal").write_bytes(b"x" * 64)
    path.parent.chmod(0o500)
    done = run("log")
    path.parent.chmod(0o700)
    assert done.exit_code == 2
    assert "its newest calls are in calls.db-wal" in done.stderr
    assert "Copy both files into another folder" in done.stderr


def test_a_log_that_is_not_there_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    path = tmp_path / "later.db"
    steps = [lambda: fill(path)]

    def pause(_: float) -> None:
        if not steps:
            raise KeyboardInterrupt
        steps.pop()()

    monkeypatch.setattr("ringup.cli.log.follow.time", SimpleNamespace(sleep=pause))
    monkeypatch.setenv("RINGUP_LEDGER", str(path))
    done = run("log", "-f", "--json", "--status", "answered")
    assert done.exit_code == 0
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == [1, 2]
    assert "No calls are in the log" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_through_a_pipe_while_others_write(path: Path, spawn: Spawn) -> None:
    program = spawn("log", "-f", "-n", "1")
    assert program.stdout
    assert program.stdout.readline().split()[0] == "id"
    assert program.stdout.readline().split()[0] == "3"
    fill(path)
    assert [program.stdout.readline().split()[0] for _ in range(3)] == ["4", "5", "6"]
    program.send_signal(signal.SIGINT)
    out, err = program.communicate(timeout=60)
    assert (program.returncode, out, err) == (0, "", "")
