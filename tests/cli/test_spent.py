"""`ringup cost`: sums as a table with bars, as CSV and as JSON."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest

from ringup.cli import cost
from tests.cli.conftest import Run
from tests.ledger.test_costs import write


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "calls.db"
    monkeypatch.setenv("RINGUP_LEDGER", str(path))
    monkeypatch.setenv("COLUMNS", "80")
    write(
        path,
        {"cost_usd": "0.75", "input_tokens": 1200, "output_tokens": 34, "tags": {"team": "x"}},
        {"cost_usd": "0.25", "model": "gpt-4o", "cost_estimated": 1, "cache_read_tokens": 7},
        {"cost_unknown": "no price", "model": "gpt-4o"},
        {"cost_unknown": "no price", "model": "llama"},
        {"provider": "sim", "model": "sim/small", "input_tokens": 5},
        {"outcome": "failed", "model": "gpt-4.1"},
    )
    return path


def test_a_table_with_bars(path: Path, run: Run) -> None:
    done = run("cost", "--by", "model")
    assert done.exit_code == 0, done.output
    lines = [line.split() for line in done.stdout.splitlines()]
    assert lines[0] == ["model", "calls", "in", "out", "cached", "cost"]
    assert lines[1][:6] == ["openai/gpt-4o-mini", "1", "1,200", "34", "?", "$0.75"]
    assert lines[2][:8] == ["openai/gpt-4o", "2", "?", "?", "7", "~$0.25", "+", "1"]
    longest, shorter = lines[1][6], lines[2][9]
    assert set(longest + shorter) == {"#"}
    assert len(shorter) == -(-len(longest) // 3)
    assert max(map(len, done.stdout.splitlines())) < 80
    assert lines[3][-1] == "$0.00"
    assert lines[4][-2:] == ["1", "unknown"]
    assert lines[5] == ["sim/small", "1", "5", "?", "?", "free"]
    assert lines[6] == ["total", "5", "1,200", "34", "7", "~$1.00", "+", "2", "unknown"]


def test_no_name_is_a_formula(path: Path, run: Run) -> None:
    with sqlite3.connect(path) as connection:
        connection.executemany("UPDATE calls SET session = ? WHERE id = ?", [("=1+1", 1), ("@x", 2), ("fine", 3)])
    connection.close()
    rows = list(csv.DictReader(io.StringIO(run("cost", "--by", "session", "--csv").stdout)))
    assert {row["session"] for row in rows} == {"", "'=1+1", "'@x", "fine"}
    assert {row["session"] for row in json.loads(run("cost", "--by", "session", "--json").stdout)} >= {"=1+1", "@x"}


def test_for_programs(path: Path, run: Run) -> None:
    found = json.loads(run("cost", "--by", "model", "--json").stdout)
    assert found[0] == {
        "model": "openai/gpt-4o-mini",
        "free": False,
        "calls": 1,
        "unknown": 0,
        "estimated": 0,
        "input_tokens": 1200,
        "output_tokens": 34,
        "cache_read_tokens": None,
        "cost_usd": "0.75",
    }
    rows = list(csv.DictReader(io.StringIO(run("cost", "--by", "tag:team", "--csv").stdout)))
    assert [(row["tag:team"], row["free"], row["calls"], row["cost_usd"]) for row in rows] == [
        ("x", "0", "1", "0.75"),
        ("", "0", "4", "0.25"),
        ("", "1", "1", "0"),
    ]


def test_by_day_and_for_a_time(path: Path, run: Run) -> None:
    done = run("cost", "--since", "2026-11-01", "--until", "2026-12-01", "-m", "4o-mini")
    assert len(done.stdout.splitlines()) == 2  # one day has no total
    assert "2026-11-2" in done.stdout
    done = run("cost", "--until", "2026-11-01")
    assert (done.stdout, "No such calls are in the log" in done.stderr) == ("", True)


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (("--by", "hour"), "give day, model, session, provider or tag:NAME"),
        (("--since", "soon"), "is no point in time"),
        (("--csv", "--json"), "give one of them"),
    ],
)
def test_what_is_wrong(args: tuple[str, ...], why: str, run: Run) -> None:
    done = run("cost", *args)
    assert done.exit_code == 2
    assert why in done.stderr


def test_bars_at_a_terminal_have_parts_of_a_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "_is_rich", lambda: True)
    amounts = [Decimal(4), Decimal("0.5"), Decimal("0.0001"), Decimal(0)]
    assert cost._bars(amounts, 8) == ["████████", "█", "▏", ""]
    assert cost._bars([Decimal(8), Decimal(3)], 4) == ["████", "█▌"]
    monkeypatch.setattr(cost, "_is_rich", lambda: False)
    assert cost._bars(amounts, 8) == ["########", "#", "#", ""]
    assert cost._bars([Decimal(0)], 8) == [""]


def test_no_bars_where_there_is_no_room(path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert "#" not in run("cost", "--by", "model").stdout
