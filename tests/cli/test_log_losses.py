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
        ringup.Ledger(path).flush()
        other.close()
        asked.ask("c")
    done = CliRunner().invoke(app, ["log"])
    assert done.exit_code == 0
    assert "1 call couldn't be logged" in done.stderr
    assert "database is locked" in done.stderr
    assert len(done.stdout.splitlines()) == 3
