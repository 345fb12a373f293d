"""What is purged is gone: no byte of it is left in the ledger's files."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import ringup
from ringup import ledger
from ringup.ledger._purge import purge
from ringup.ledger._schema import open_ledger
from tests.ledger.kit import client, files, look, table
from tests.test_client import completion


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.db"


def test_nothing_is_left_of_it(path: Path) -> None:
    picture = b"\x89PNG-Xylophone-picture-" * 500
    with client(path, *[completion(f"Marimba answer {number}") for number in range(60)]) as asked:
        for number in range(30):
            asked.ask(f"Harmonica question {number} " * 9, session="keep")
        for number in range(30):
            asked.ask(
                [ringup.Text(f"Xylophone question {number} " * 9), ringup.Image(data=picture, media_type="image/png")],
                session="go",
                tags={"kind": "Xylophone"},
                system="Xylophone system",
            )
        asked._ledger.flush()
        assert b"Xylophone" in files(path)
        assert b"xylophone" in files(path)  # the index has it in lower case
        assert asked._ledger.purge(session="go") == 30
        after = files(path)
        for word in (b"ylophone", b"Marimba answer 30", b"Marimba answer 59"):
            assert word not in after
        for word in (b"Harmonica question 29", b"Marimba answer 29", b"harmonica"):
            assert word in after
    assert b"ylophone" not in files(path)
    assert len(ledger.rows(path, 100)) == 30
    assert [len(table(path, name)) for name in ("attempts", "tags", "blobs", "turn_blobs")] == [30, 0, 0, 0]
    assert ledger.search(path, "xylophone") == []
    assert len(ledger.search(path, "harmonica", 100)) == 30
    assert look(path, "PRAGMA integrity_check") == [("ok",)]


def test_what_another_call_needs_stays(path: Path) -> None:
    with client(path, *[completion(word) for word in ("one", "two", "three")]) as asked:
        chat = asked.chat(system="Be brief.")
        chat.ask("a")
        other = chat.fork()
        chat.ask("to be kept")
        other.ask("to be gone")
        assert asked._ledger.purge(id=3) == 1
        assert asked._ledger.purge(id=1) == 1
    assert [turn["text"] for turn in ledger.conversation(path, 2)] == ["Be brief.", "a", "one", "to be kept", "two"]
    assert b"to be gone" not in files(path)


def test_calls_go_on_after_a_purge(path: Path) -> None:
    with client(path, *[completion()] * 3) as asked:
        asked.ask("a", session="s")
        asked.ask("b")
        asked._ledger.purge(session="s")
        asked.ask("a")
    assert [turn["text"] for turn in ledger.conversation(path, 3)] == ["a", "Paris."]


def test_another_program_may_purge_what_this_one_remembers(path: Path) -> None:
    with client(path, *[completion()] * 3) as asked:
        chat = asked.chat(system="Be brief.")
        for word in ("a", "b"):
            chat.ask(word)
        asked._ledger.flush()
        other = open_ledger(path)
        assert purge(other, "id > ?", (0,)) == 2
        other.execute("INSERT INTO turns VALUES (1, x'00', NULL, 'user', 'somebody else''s', NULL)")
        other.close()
        chat.ask("c")
    [row] = table(path, "calls")
    told = [turn["text"] for turn in ledger.conversation(path, row["id"])]
    assert told == ["Be brief.", "a", "Paris.", "b", "Paris.", "c", "Paris."]
    assert look(path, "PRAGMA foreign_key_check") == []


def test_a_time_is_a_condition(path: Path) -> None:
    with client(path, *[completion()] * 2) as asked:
        asked.ask("a")
        asked.ask("b", session="s")
        log = asked._ledger
        assert log.purge(before="2026-01-01") == 0
        assert log.purge(before=datetime.now(UTC) + timedelta(seconds=1), session="s") == 1
        assert log.purge(before=(datetime.now() + timedelta(seconds=1)).isoformat()) == 1
    assert ledger.rows(path) == []


def test_nothing_is_purged_without_a_condition(path: Path) -> None:
    log = ringup.Ledger(path)
    with pytest.raises(ringup.ParameterError, match="say what to purge"):
        log.purge()
    with pytest.raises(ringup.ParameterError, match="isn't a time"):
        log.purge(before="yesterday")


def test_a_reader_in_the_way_is_told_of(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringup.ledger._purge._PATIENCE", 0.1)
    monkeypatch.setattr("ringup.ledger._schema.BUSY", 0.1)
    with client(path, *[completion()] * 2) as asked:
        asked.ask("Xylophone", session="s")
        asked._ledger.flush()
        reader = sqlite3.connect(path)
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM calls").fetchall()
        with pytest.raises(ringup.LedgerError, match="another program is reading"):
            asked._ledger.purge(session="s")
        reader.close()
        asked._ledger.purge(session="s")
        assert b"Xylophone" not in files(path)


def test_a_file_that_can_not_be_written_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    log = ringup.Ledger(tmp_path / "file" / "calls.db")
    with pytest.raises(ringup.LedgerError, match="can't be written"):
        log.purge(id=1)
    log.close()


def test_no_number_is_given_twice(path: Path) -> None:
    """Who follows the ledger would miss a call that got the number of one that was purged."""
    with client(path, *[completion()] * 4) as asked:
        for _ in range(2):
            asked.ask("a")
        assert asked._ledger.purge(id=2) == 1
        asked._ledger.close()
        asked.ask("b")
        asked._ledger.flush()
        assert [row["id"] for row in ledger.rows(path, after=2)] == [3]
        assert asked._ledger.purge(before="2999-01-01") == 2
        asked.ask("c")
    assert [row["id"] for row in ledger.rows(path)] == [4]
    assert table(path, "purged") == [{"last": 3}]
