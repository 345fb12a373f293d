"""`ringup log` tells of calls that couldn't be logged."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

import ringup
from ringup.cli.app import app
from tests.test_client import CANARY, Wire, completion


def test_the_log_tells_what_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("ringup.ledger._schema.BUSY", 0.05)
    monkeypatch.setenv("RINGUP_LEDGER", str(tmp_path / "calls.db"))
    caplog.set_level(logging.CRITICAL)
    path = tmp_path / "calls.db"
    with ringup.Client("gpt-4o-mini", api_key=CANARY, transport=Wire(*[completion()] * 3), ledger=path) as asked:
        asked.ask("a")
        ringup.Ledger(path).flush()
        other = sqlite3.connect(path)
        other.execute("BEGIN IMMEDIATE")
        asked.ask("b")
        ringup.Ledger(path).close()
        other.close()
        asked.ask("c")
    done = CliRunner().invoke(app, ["log"])
    assert done.exit_code == 0
    assert "1 call couldn't be logged" in done.stderr
    assert "database is locked" in done.stderr
    assert len(done.stdout.splitlines()) == 3


@pytest.mark.parametrize("command", ["ask", "compare"])
def test_a_call_that_cannot_be_logged_says_so(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "calls.db"
    path.write_bytes(b"no ledger at all" * 100)
    monkeypatch.setenv("RINGUP_LEDGER", str(path))
    done = CliRunner().invoke(
        app, [command, "Hello!", "-m", "sim/small", *["-m", "sim/large"][: 2 * (command != "ask")]]
    )
    assert done.exit_code == 0
    assert done.stderr.count("can't be written (file is not a database)") == 1
    assert done.stderr.splitlines()[-1].startswith(f"the ledger {path} can't be written")
    assert not [held for held in logging.getLogger("ringup").handlers if held.level == logging.WARNING]
    path.unlink()
    assert "can't be written" not in CliRunner().invoke(app, [command, "Hello!", "-m", "sim/small"]).stderr


def test_a_call_that_its_budget_refuses_is_an_error_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGUP_LEDGER", str(tmp_path / "calls.db"))
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    done = CliRunner().invoke(app, ["ask", "Hello!", "-m", "gpt-4o", "--max-tokens", "99", "--max-cost", "0.000001"])
    assert done.exit_code != 0
    assert "BudgetExceededError" not in done.stderr
    assert done.stderr.startswith("error: ")
