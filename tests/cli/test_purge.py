"""`ringup log purge`: which calls it takes, what it asks before, and what is left."""

from __future__ import annotations

from pathlib import Path

import pytest

from ringup import ledger
from tests.cli.conftest import Run, Screen, Spawn
from tests.ledger.kit import client
from tests.test_client import completion


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "calls.db"
    monkeypatch.setenv("RINGUP_LEDGER", str(path))
    with client(path, *[completion("Paris.")] * 3) as asked:
        asked.ask("What is the capital of France?", session="monday")
        asked.ask("And once more?", session="monday")
        asked.ask("And of Norway, zebra?", session="tuesday")
    return path


def left(path: Path) -> list[int]:
    return [row["id"] for row in ledger.rows(path)]


@pytest.mark.parametrize(
    ("options", "removed", "ids"),
    [
        ("--session monday", "2 calls removed.", [3]),
        ("last", "1 call removed.", [2, 1]),
        ("2", "1 call removed.", [3, 1]),
        ("-3", "1 call removed.", [3, 2]),
        ("--before now", "3 calls removed.", []),
        ("2 --session monday --before now", "1 call removed.", [3, 1]),
    ],
)
def test_it_takes_the_calls_that_meet_all_conditions(
    path: Path, run: Run, options: str, removed: str, ids: list[int]
) -> None:
    done = run("log", "purge", "--yes", *options.split())
    assert (done.exit_code, done.stdout, done.stderr.strip()) == (0, "", removed)
    assert left(path) == ids


def test_what_was_said_is_gone_from_all_files(path: Path, run: Run) -> None:
    def said() -> bool:
        return any(b"zebra" in file.read_bytes() for file in path.parent.iterdir())

    assert said()
    run("log", "purge", "3", "--yes")
    assert not said()


@pytest.mark.parametrize("options", ["--session friday", "--before 2001-01-01", "2 --session tuesday"])
def test_where_there_is_no_such_call_nothing_is_touched(path: Path, run: Run, options: str) -> None:
    before = path.read_bytes()
    done = run("log", "purge", "--yes", *options.split())
    assert done.exit_code == 0
    assert done.stderr.strip() == f"No call in the log {path} is such a one."
    assert path.read_bytes() == before


def test_no_log_is_made_to_take_calls_out_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    monkeypatch.setenv("RINGUP_LEDGER", str(tmp_path / "none.db"))
    assert run("log", "purge", "--session", "monday", "--yes").exit_code == 0
    assert list(tmp_path.iterdir()) == []


def test_it_must_be_told_which(path: Path, run: Run) -> None:
    done = run("log", "purge", "--yes")
    assert done.exit_code == 2
    assert "say what to remove: a call's id, --before or --session." in done.stderr
    assert len(left(path)) == 3


def test_where_nobody_can_be_asked_it_needs_a_yes(path: Path, run: Run) -> None:
    done = run("log", "purge", "--session", "monday")
    assert done.exit_code == 2
    assert "add --yes" in done.stderr
    assert len(left(path)) == 3


def test_at_a_terminal_it_asks_first(path: Path, spawn: Spawn) -> None:
    screen = Screen(spawn, "log", "purge", "--session", "monday")
    screen.type("", f"Remove 2 calls from the log {path} for good? [y/N]:")
    screen.type("\n", "Nothing was removed.")
    assert screen.program.wait(30) == 0
    assert len(left(path)) == 3
    screen = Screen(spawn, "log", "purge", "--session", "monday")
    screen.type("", "[y/N]:")
    screen.type("y\n", "2 calls removed.")
    assert screen.program.wait(30) == 0
    assert left(path) == [3]
