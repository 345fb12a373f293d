"""The file's form: what is documented, what older files become, and what isn't ours."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import ringup
from ringup import ledger
from ringup.ledger._schema import VERSION, insert
from tests.ledger.kit import client, look, table
from tests.test_client import CANARY, Wire, completion

PAGE = Path(__file__).parents[2] / "docs" / "ledger.md"
VERSION_1 = (
    *("started TEXT NOT NULL", "provider TEXT NOT NULL", "model TEXT NOT NULL", "model_answered TEXT"),
    *("wire TEXT NOT NULL", "stream INTEGER NOT NULL", "outcome TEXT NOT NULL", "finish_reason TEXT", "error TEXT"),
    *("status INTEGER", "request_id TEXT", "attempts INTEGER NOT NULL", "latency REAL", "time_to_first_token REAL"),
    *("input_tokens INTEGER", "output_tokens INTEGER", "cache_read_tokens INTEGER", "cache_write_tokens INTEGER"),
    *("reasoning_tokens INTEGER", "cost_usd TEXT", "cost_unknown TEXT", "notices TEXT NOT NULL"),
)
ROWS: list[tuple[Any, ...]] = [
    (
        *("2026-10-05T12:34:56.789012+00:00", "openai", "gpt-4o-mini", "gpt-4o-mini-2024-07-18", "chat_completions"),
        *(1, "answered", "stop", None, 200, "req_1", 1, 1.5, 0.25, 9, 2, 0, None, 0, "0.00000255", None, "[]"),
    ),
    (
        *("2026-10-05T12:35:00.000001+00:00", "openai", "gpt-4o", None, "chat_completions", 0, "failed", None),
        *("RateLimitError: too fast: wait", 429, None, 3, 9.0, None, None, None, None, None, None, None, None, "[]"),
    ),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.db"


def old(path: Path, version: int) -> None:
    """A file as an older ringup left it."""
    columns = VERSION_1 if version == 1 else (*VERSION_1, "prompt TEXT")
    connection = sqlite3.connect(path)
    connection.execute(f"CREATE TABLE calls (id INTEGER PRIMARY KEY, {', '.join(columns)})")
    for row in ROWS:
        values = row if version == 1 else (*row, '{"blocks":[]}')
        connection.execute(f"INSERT INTO calls VALUES (NULL, {', '.join('?' * len(values))})", values)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA user_version={version}")
    connection.commit()
    connection.close()


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("first", ["read", "write"])
def test_an_older_file_is_taken_over(path: Path, version: int, first: str) -> None:
    old(path, version)
    if first == "write":
        with client(path, completion()) as asked:
            asked.ask("Hi")
    failed, answered = ledger.rows(path)[-2:]
    assert (answered["id"], answered["started"]) == (1, "2026-10-05T12:34:56.789012+00:00")
    assert (answered["latency"], answered["time_to_first_token"]) == (1.5, 0.25)
    assert (answered["cost_usd"], answered["input_tokens"], answered["stream"]) == ("0.00000255", 9, 1)
    assert (failed["error"], failed["attempts"], failed["cost_usd"]) == ("RateLimitError: too fast: wait", 3, None)
    assert answered["prompt"] == (None if version == 1 else '{"blocks":[]}')
    assert look(path, "PRAGMA user_version") == [(VERSION,)]
    assert len(ledger.rows(path)) == (3 if first == "write" else 2)
    assert {row["level"] for row in table(path, "calls")[:2]} == {"metadata"}


@pytest.mark.parametrize("version", [1, 2])
def test_what_an_older_file_does_not_tell_is_not_nothing(path: Path, version: int) -> None:
    old(path, version)
    connection = sqlite3.connect(path)
    for outcome, error, status in (("cancelled", None, 200), ("failed", "APITimeoutError: late", None)):
        connection.execute("CREATE TEMP TABLE one AS SELECT * FROM calls WHERE id = 2")
        connection.execute("UPDATE one SET id = NULL, outcome = ?, error = ?, status = ?", (outcome, error, status))
        connection.execute("INSERT INTO calls SELECT * FROM one")
        connection.execute("DROP TABLE one")
    connection.commit()
    connection.close()
    late, cut, refused, answered = ledger.rows(path)
    for row in (late, cut):
        assert "an older ringup" in row["cost_unknown"]
        assert row["maybe_billed"] == 1
    assert (refused["cost_unknown"], refused["maybe_billed"], answered["cost_unknown"]) == (None, 0, None)
    assert sum(spent.unknown for spent in ledger.costs(path)) == 2


def test_a_file_of_a_newer_ringup_is_refused_in_words(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with client(path, completion()) as asked:
        asked.ask("Hi")
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version={VERSION + 1}")
    connection.close()
    with pytest.raises(ringup.ConfigurationError, match=r"newer ringup .* Update ringup"):
        ledger.rows(path)
    log = ringup.Ledger(path)
    with ringup.Client("gpt-4o-mini", api_key=CANARY, transport=Wire(completion()), ledger=log) as asked:
        assert asked.ask("Hi").text == "Paris."
    assert log.lost == 1
    assert "newer ringup" in caplog.text
    assert look(path, "SELECT count(*) FROM calls") == [(1,)]


def test_somebody_else_s_database_is_left_alone(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE calls (who TEXT)")
    connection.close()
    before = path.read_bytes()
    log = ringup.Ledger(path)
    with ringup.Client("gpt-4o-mini", api_key=CANARY, transport=Wire(completion()), ledger=log) as asked:
        asked.ask("Hi")
    assert path.read_bytes() == before
    assert "not a ledger of ringup" in caplog.text
    with pytest.raises(ringup.ConfigurationError, match="not a ledger of ringup"):
        ledger.rows(path)


def test_an_empty_file_becomes_a_ledger(path: Path) -> None:
    path.touch()
    with client(path, completion()) as asked:
        asked.ask("Hi")
    assert len(ledger.rows(path)) == 1


def test_two_programs_may_bring_it_up_to_date_at_once(path: Path) -> None:
    old(path, 1)
    code = "import sys; from ringup import ledger; print(len(ledger.rows(sys.argv[1])))"
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    assert [one.communicate(timeout=60)[0] for one in running] == ["2\n"] * 4


def test_its_keys_lead_somewhere(path: Path) -> None:
    with client(path, 500, completion(), completion()) as asked:
        chat = asked.chat(system="x", tags={"a": "b"})
        chat.ask([ringup.Text("a"), ringup.Image(data=b"\x89PNG" * 9, media_type="image/png")])
        chat.ask("b")
    assert look(path, "PRAGMA foreign_key_check") == []
    assert look(path, "PRAGMA integrity_check") == [("ok",)]
    for (name,) in look(path, "SELECT name FROM sqlite_master WHERE type = 'view'"):
        table(path, name)


def test_every_column_is_documented(path: Path) -> None:
    with client(path, completion()) as asked:
        asked.ask("Hi")
    page = PAGE.read_text()
    names = look(path, "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'search_%'")
    for (name,) in names:
        assert f"### `{name}`" in page, name
        part = page.partition(f"### `{name}`")[2].partition("\n### ")[0]
        told = set(re.findall(r"`(\w+)`", part))
        assert [row[1] for row in look(path, f"PRAGMA table_info({name})") if row[1] not in told] == [], name
    assert f"version {VERSION}" in page


def test_a_column_of_one_s_own_is_in_nobody_s_way(path: Path) -> None:
    options: dict[str, Any] = {"level": "full", "budget": "1 USD/day", "budget_unknown": "allow"}
    with client(path, completion(), **options) as asked:
        asked.ask("a")
    connection = sqlite3.connect(path)
    names = ("calls", "attempts", "tags", "turns", "blobs", "turn_blobs", "budget_spent", "budget_reserved")
    for name in names:
        connection.execute(f"ALTER TABLE {name} ADD COLUMN mine TEXT")
    connection.close()
    picture = ringup.Image(data=b"\x89PNG\r\n\x1a\n" + bytes(40), media_type="image/png")
    with client(path, completion(), **options) as asked:
        asked.ask([ringup.Text("b"), picture], tags={"team": "x"})
    assert look(path, "SELECT count(*), count(mine) FROM calls") == [(2, 0)]
    assert look(path, "SELECT count(*) FROM turn_blobs") == [(1,)]
    assert look(path, "SELECT count(*) FROM budget_reserved") == [(0,)]


def test_datasette_finds_the_index_of_words(path: Path) -> None:
    """It looks for `content="turns"` in the statement, with these quotes (datasette.utils.detect_fts_sql, 0.65)."""
    with client(path, completion(), level="full") as c:
        c.ask("Open sesame")
    (found,) = look(path, "SELECT name FROM sqlite_master WHERE sql LIKE '%VIRTUAL TABLE%USING FTS%content=\"turns\"%'")
    assert found == ("search",)


@pytest.mark.parametrize("count", [1, 7, 8, 61, 130])
def test_rows_go_in_as_they_are(count: int) -> None:
    """Also where columns have the same in all rows, in some, or nothing in some."""
    rows = [[at, "same", None, at % 2 or None, b"x" * at, 0.5, f"{at // 9}"] for at in range(count)]
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE things (a INTEGER, b, c, d, e, f, g)")
    insert(connection, "things", rows)
    assert [list(row) for row in connection.execute("SELECT * FROM things ORDER BY a")] == rows
    connection.close()
