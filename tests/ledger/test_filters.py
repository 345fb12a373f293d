"""`ledger.rows` with filters: each alone, together, and by which index SQLite finds them."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import ringup
from ringup import ledger
from ringup.ledger._filters import query
from ringup.ledger._schema import open_to_read
from tests.ledger.kit import client
from tests.test_client import completion

NOON = 1_763_985_600
"""2025-11-24 at noon, UTC: when the first call is made. The others follow, an hour after each other."""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("filters") / "calls.db"
    with client(path, completion("Paris."), completion("Oslo."), 429, 400, completion("Bonn.")) as asked:
        asked.ask("What is the capital of France?", session="monday", tags={"team": "docs"})
        asked.ask("And of Norway?", model="gpt-4o", session="monday", tags={"team": "web", "who": "ann"})
        for _ in range(2):
            with suppress(ringup.APIError):
                asked.ask("And of Sweden?", retries=0)
        asked.ask("What is the capital of Germany?", model="gpt-4.1")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE calls SET queued = (? + (id - 1) * 3600) * 1000000", (NOON,))
        connection.execute("UPDATE calls SET cost_usd = '0.0' || id WHERE outcome = 'answered'")
        connection.execute("UPDATE calls SET provider = 'azure', model_answered = 'gpt-4.1-2025' WHERE id = 5")
        connection.execute(
            "INSERT INTO attempts (call, number, sent, status, outcome, error_type, maybe_billed) "
            "VALUES (5, 0, 0, 503, 'failed', 'ServiceUnavailableError', 0)"
        )
    connection.close()
    return path


def hour(count: float) -> datetime:
    return datetime.fromtimestamp(NOON + count * 3600, UTC)


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ({}, [5, 4, 3, 2, 1]),
        ({"model": None, "status": [], "tags": {}}, [5, 4, 3, 2, 1]),
        ({"model": "4o-mini"}, [4, 3, 2, 1]),  # the second was answered by it
        ({"model": "GPT-4o"}, [4, 3, 2, 1]),
        ({"model": "azure/"}, [5]),
        ({"model": "gpt-4*[1o]"}, [5, 2]),
        ({"model": "openai/*-mini"}, [4, 3, 1]),
        ({"model": "mini*"}, []),
        ({"status": "answered"}, [5, 2, 1]),
        ({"status": "failed"}, [4, 3]),
        ({"status": 429}, [3]),
        ({"status": "4xx"}, [4, 3]),
        ({"status": "5xx"}, [5]),
        ({"status": ["answered", "5XX"]}, [5]),
        ({"status": "ratelimiterror"}, [3]),
        ({"status": "APIStatusError"}, [5, 4, 3]),
        ({"status": "InternalServerError"}, [5]),
        ({"since": hour(2)}, [5, 4, 3]),
        ({"until": hour(2)}, [2, 1]),
        ({"since": "2025-11-24T13:00+00:00", "until": hour(2.5)}, [3, 2]),
        ({"search": "capital WHAT"}, [5, 1]),
        ({"search": "oslo"}, [2]),
        ({"search": "sweden"}, [4, 3]),  # the same was asked twice
        ({"search": "sweden", "status": 429}, [3]),
        ({"search": "sweden", "status": 400}, [4]),
        ({"search": "Norway oslo"}, [2]),  # one in the prompt, one in the answer
        ({"search": "norway paris"}, []),
        ({"search": "nor"}, []),
        ({"search": "日本"}, []),
        ({"search": "?"}, [5, 4, 3, 2, 1]),
        ({"search": "a\0b"}, []),
        ({"search": "\ud800"}, [5, 4, 3, 2, 1]),  # which is kept as a "?"
        ({"search": ""}, []),
        ({"search": "norway " * 2000}, [2]),
        ({"search": "capital", "model": "gpt-4.1"}, [5]),
        ({"session": "monday"}, [2, 1]),
        ({"tags": {"team": None}}, [2, 1]),
        ({"tags": {"team": "web", "who": "ann"}}, [2]),
        ({"tags": {"team": "docs", "who": None}}, []),
        ({"min_cost": Decimal("0.02")}, [5, 2]),
        ({"min_cost": 0.05}, [5]),
        ({"min_cost": "0.0500001"}, []),
        ({"after": 3}, [4, 5]),
        ({"after": 1, "status": "failed", "since": hour(0)}, [3, 4]),
    ],
)
def test_what_is_found(path: Path, filters: Any, ids: list[int]) -> None:
    assert [row["id"] for row in ledger.rows(path, **filters)] == ids
    assert [row["id"] for row in ledger.rows(path, 1, **filters)] == ids[:1]


@pytest.mark.parametrize(("word", "ids"), [("日本", [1]), ("語", [1]), ("🐈", [2]), ("a\0b", [3]), ("本 tokyo", [1])])
def test_what_the_index_has_no_words_for(tmp_path: Path, word: str, ids: list[int]) -> None:
    path = tmp_path / "calls.db"
    with client(path, completion("Tokyo."), completion(), completion()) as asked:
        for text in ("日本語", "My 🐈s", "a\0bc"):
            asked.ask(text)
    assert [row["id"] for row in ledger.rows(path, search=word)] == ids


@pytest.fixture(scope="module")
def signs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("signs") / "calls.db"
    texts = (
        *("I write C++ code", "C code, vitamin C, and C#", "rated 5★", "room 5", "10€", "10 dollars"),
        *("Привет👋", "Don't e-mail me", "ΟΔΟΣ=1"),
    )
    with client(path, *[completion() for _ in texts]) as asked:
        for text in texts:
            asked.ask(text)
    return path


@pytest.mark.parametrize(
    ("word", "ids"),
    [
        *(("c++", [1]), ("c#", [2]), ("c", [2, 1]), ("5★", [3]), ("10€", [5]), ("10", [6, 5])),
        *(("привет👋", [7]), ("ПРИВЕТ", [7]), ("οδος=1", [9])),
        *(("don't", [8]), ("e-mail", [8]), ('"vitamin"', [2]), ("room.", [4]), ('"C++",', [1])),
    ],
)
def test_signs_are_no_punctuation(signs: Path, word: str, ids: list[int]) -> None:
    assert [row["id"] for row in ledger.rows(signs, search=word)] == ids


def test_case_does_not_matter_without_an_index_either(signs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringup.ledger._read.has_index", lambda _: False)
    assert [row["id"] for row in ledger.rows(signs, search='"ПРИВЕТ"')] == [7]


def test_case_of_a_models_name_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "calls.db"
    with client(path, completion()) as asked:
        asked.ask("Hi", model="openai/MÜNCHEN-1")
    assert [len(ledger.rows(path, model=name)) for name in ("münchen", "*MÜN*", "MüNCHEN-?")] == [1, 1, 1]


def test_a_later_call_of_a_chat_said_only_what_is_new_in_it(tmp_path: Path) -> None:
    path = tmp_path / "calls.db"
    with client(path, *[completion(f"{name}.") for name in ("Paris", "Oslo", "Bern", "Rome")]) as asked:
        chat = asked.chat(system="You are a tutor.")
        for land in ("France", "Norway", "Switzerland"):
            chat.ask(f"And of {land}?")
        asked.ask(
            [
                {"role": "user", "content": "Hi"},
                {"role": "assistant", "content": "Ho"},
                {"role": "user", "content": "Italy?"},
            ]
        )
    said = {"tutor": [1], "france": [1], "paris": [1], "norway": [2], "oslo": [2], "bern": [3], "hi ho italy": [4]}
    assert {words: [row["id"] for row in ledger.search(path, words)] for words in said} == said


def test_without_an_index_of_words(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringup.ledger._read.has_index", lambda _: False)
    assert [row["id"] for row in ledger.rows(path, search="What is", status="answered")] == [5, 1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "faild"},
        {"status": 999},
        {"since": "soon"},
        {"until": "2025-13-01"},
        {"min_cost": "much"},
        {"search": 5},
        {"search": " ".join(map(str, range(101)))},
    ],
)
def test_what_can_not_be_read(path: Path, tmp_path: Path, wrong: Any) -> None:
    for file in (path, tmp_path / "none.db"):
        with pytest.raises(ringup.ParameterError) as failed:
            ledger.rows(file, **wrong)
        assert failed.value.parameter in wrong


def test_a_filter_that_there_is_not(path: Path) -> None:
    with pytest.raises(TypeError, match="'modle' isn't a filter"):
        ledger.rows(path, modle="x")  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("filters", "step"),
    [
        ({}, "SCAN calls USING COVERING INDEX calls_queued"),
        ({"since": hour(0)}, "SEARCH calls USING COVERING INDEX calls_queued (queued>?)"),
        ({"since": hour(0), "until": hour(9), "model": "gpt"}, "SEARCH calls USING INDEX calls_queued"),
        ({"session": "monday"}, "SEARCH calls USING INDEX calls_session"),
        ({"after": 3, "status": "failed"}, "SEARCH calls USING INTEGER PRIMARY KEY (rowid>?)"),
    ],
)
def test_a_large_file_is_not_read_through(path: Path, filters: Any, step: str) -> None:
    wanted, values = query(filters, indexed=True)
    with closing(open_to_read(path)) as connection:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {wanted}", (*values, 20))]
    assert plan[0].startswith(step)
    assert ("USE TEMP B-TREE FOR ORDER BY" in plan) == ("session" in filters)


def test_the_newest(path: Path, tmp_path: Path) -> None:
    assert ledger.newest(path) == 5
    assert ledger.newest(tmp_path / "none.db") == 0


def test_whether_there_are_words(path: Path, tmp_path: Path) -> None:
    with client(tmp_path / "quiet.db", completion(), level="metadata") as asked:
        asked.ask("Hi")
    assert ledger.has_words(path)
    assert not ledger.has_words(tmp_path / "quiet.db")
