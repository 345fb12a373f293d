"""What was said is stored once, found again, and put together again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import ringup
from ringup import ledger
from tests.ledger.kit import client, files, look, table
from tests.test_client import completion

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls.db"


def test_a_long_chat_is_not_stored_again_each_turn(path: Path) -> None:
    with client(path, *[completion(f"answer {number}") for number in range(20)]) as asked:
        chat = asked.chat(system="Be brief.")
        for number in range(20):
            chat.ask(f"question {number}")
    assert len(table(path, "turns")) == 41
    said = [turn["text"] for turn in ledger.conversation(path, 20)]
    assert said == ["Be brief.", *[f"{word} {n}" for n in range(20) for word in ("question", "answer")]]


def test_it_is_recognized_in_another_program_too(path: Path) -> None:
    for number in range(2):
        with client(path, completion("one"), completion(f"two {number}")) as asked:
            chat = asked.chat()
            chat.ask("a")
            chat.ask("b")
    assert [(turn["role"], turn["text"]) for turn in table(path, "turns")] == [
        ("user", "a"),
        ("assistant", "one"),
        ("user", "b"),
        ("assistant", "two 0"),
        ("assistant", "two 1"),
    ]


def test_forks_are_seen(path: Path) -> None:
    with client(path, *[completion(word) for word in ("one", "left", "right")]) as asked:
        chat = asked.chat()
        chat.ask("a")
        other = chat.fork()
        chat.ask("go left")
        other.ask("go right")
    [fork] = table(path, "forks")
    assert (fork["parent"], fork["ways"]) == (2, 2)
    left, right = ledger.conversation(path, 2), ledger.conversation(path, 3)
    assert [turn["id"] for turn in left[:2]] == [turn["id"] for turn in right[:2]]
    assert (left[2]["text"], right[2]["text"]) == ("go left", "go right")


def test_the_same_words_in_another_role_or_place_are_another_turn(path: Path) -> None:
    with client(path, completion("a"), completion("a")) as asked:
        asked.ask("a", system="a")
        asked.ask("a")
    assert [(turn["role"], turn["parent"]) for turn in table(path, "turns")] == [
        ("instructions", None),
        ("user", 1),
        ("assistant", 2),
        ("user", None),
        ("assistant", 4),
    ]


def test_a_picture_is_stored_once(path: Path) -> None:
    with client(path, *[completion(str(number)) for number in range(3)]) as asked:
        chat = asked.chat()
        chat.ask([ringup.Image(data=PICTURE, media_type="image/png"), ringup.Text("What is this?")])
        chat.ask("And this?")
        asked.ask([ringup.Image(data=PICTURE, media_type="image/png")])
    [blob] = table(path, "blobs")
    assert (blob["data"], blob["media_type"], blob["size"]) == (PICTURE, "image/png", len(PICTURE))
    assert len(table(path, "turn_blobs")) == 2
    assert files(path).count(PICTURE[:60]) == 1
    first = ledger.conversation(path, 2)[0]["message"]
    assert first.parts[0] == ringup.Image(data=PICTURE, media_type="image/png")


def test_a_history_of_thousands_of_turns_is_no_trouble(path: Path) -> None:
    history = [ringup.Message(("user", "assistant")[n % 2], (ringup.Text(f"word {n}"),)) for n in range(2001)]  # type: ignore[arg-type]
    with client(path, completion("a"), completion("b")) as asked:
        asked.ask(history)
        asked.ask(
            [*history, ringup.Message("assistant", (ringup.Text("a"),)), ringup.Message("user", (ringup.Text("x"),))]
        )
    assert len(table(path, "turns")) == 2004
    assert len(ledger.conversation(path, 2)) == 2004


SAID = (
    ("What is the capital of France?", "Paris."),
    ("Und die von Österreich?", "WIEN, an der Donau."),
    ('He said "tea*" AND left', "ok"),
)


@pytest.mark.parametrize("index", [True, False])
@pytest.mark.parametrize(
    ("words", "calls"),
    [
        ("capital", [1]),
        ("CAPITAL france", [1]),
        ("paris", [1]),
        ("Wien", [2]),
        ("capital Wien", []),
        ('"tea*"', [3]),
        ("", []),
    ],
)
def test_words_are_found(
    path: Path, monkeypatch: pytest.MonkeyPatch, index: bool, words: str, calls: list[int]
) -> None:
    if not index:
        monkeypatch.setattr("ringup.ledger._schema._INDEX", "CREATE VIRTUAL TABLE search USING fts99(text)")
    with client(path, *[completion(answer) for _, answer in SAID]) as asked:
        for question, _ in SAID:
            asked.ask(question)
    assert (
        [name for (name,) in look(path, "SELECT name FROM sqlite_master WHERE name = 'search'")] == ["search"]
    ) is index
    assert [row["id"] for row in ledger.search(path, words)] == calls


def test_a_word_of_the_system_prompt_finds_where_it_began(path: Path) -> None:
    with client(path, *[completion(str(number)) for number in range(4)]) as asked:
        chat = asked.chat(system="You are a pirate.")
        chat.ask("a")
        chat.ask("b")
        asked.ask("c", system="You are a pirate.")
        asked.ask("d")
    assert [row["id"] for row in ledger.search(path, "pirate")] == [3, 1]


def test_a_ledger_that_is_not_there_has_nothing(path: Path) -> None:
    assert ledger.search(path, "a") == ledger.rows(path) == ledger.losses(path) == []
    assert ledger.call(path, 1) is None
    assert not path.exists()


def test_a_call_that_is_not_there_is_none(path: Path) -> None:
    with client(path, completion()) as asked:
        asked.ask("a")
    assert ledger.call(path, 2) is None
    assert ledger.conversation(path, 2) == []
    assert ledger.request_of(path, 2) is None


def test_tool_results_and_thinking_come_back(path: Path) -> None:
    said: list[Any] = [
        ringup.Message("user", (ringup.Text("a"),)),
        ringup.Message("assistant", (ringup.ToolCall("call_1", "f", '{"x": 1}'),)),
        ringup.Message("tool", (ringup.ToolResult("call_1", (ringup.Text("done"),)),)),
    ]
    with client(path, completion()) as asked:
        asked.ask(said)
    assert [turn["message"] for turn in ledger.conversation(path, 1)][:3] == said
    assert [row["id"] for row in ledger.search(path, "done")] == [1]
