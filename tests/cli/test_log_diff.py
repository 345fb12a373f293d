"""`ringup log diff`, and `explain-cache` by name."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import ringup
from tests.cli.conftest import Run
from tests.ledger.kit import client
from tests.test_client import completion


def get_weather(city: str) -> str:
    """The weather."""
    return city


def get_time(city: str) -> str:
    """The time."""
    return city


TOOLS: Any = [get_weather, get_time]


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """1 and 2 differ in much, 3 and 4 go on with the same talk, 5 is refused, 6 kept no words, 7 is as 3."""
    path = tmp_path / "calls.db"
    monkeypatch.setenv("RINGUP_LEDGER", str(path))
    larger = completion("Oslo\nis it.")
    larger["usage"] = {"prompt_tokens": 19, "completion_tokens": 4, "total_tokens": 23}
    same = [completion("One."), completion("Two."), 400]
    with client(path, completion("Paris."), larger, *same, retries=0) as asked:
        asked.ask("What is the capital of France?", temperature=0.2, tools=[get_weather])
        asked.ask(
            "What is the capital of Norway?", model="gpt-4o", temperature=0.7, tools=TOOLS, session="s", tags={"a": 1}
        )
        chat = asked.chat(system="Count.")
        chat.ask("1")
        chat.ask("2")
        with suppress(ringup.APIError):
            asked.ask("1", system="Count.")
    with client(path, completion(), level="metadata") as asked:
        asked.ask("1")
    with client(path, completion("One.")) as asked:
        asked.ask("1", system="Count.")
    return path


def test_what_differs(path: Path, run: Run) -> None:
    done = run("log", "diff", "1", "2", "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    fields = found["fields"]
    assert fields["model"] == ["openai/gpt-4o-mini", "openai/gpt-4o"]
    assert fields["parameter temperature"] == [0.2, 0.7]
    assert fields["tag a"] == [None, "1"]
    assert fields["session"] == [None, "s"]
    assert fields["input_tokens"] == [9, 19]
    assert "wire" not in fields
    assert found["tools"] == {"removed": [], "added": ["get_time"], "changed": []}
    assert found["same_turns"] == 0
    assert found["prompt"] == [
        *("--- call 1", "+++ call 2", "@@ -1,2 +1,2 @@", " [user]"),
        *("-What is the capital of France?", "+What is the capital of Norway?"),
    ]
    assert found["answer"][-3:] == ["-Paris.", "+Oslo", "+is it."]


def test_for_a_person(path: Path, run: Run) -> None:
    lines = run("log", "diff", "1", "2").stdout.splitlines()
    cells = {line[:23].strip(): line[23:].split() for line in lines[1:8]}
    assert cells["model"] == ["openai/gpt-4o-mini", "openai/gpt-4o"]
    assert cells["parameter temperature"] == ["0.2", "0.7"]
    assert cells["session"] == ["-", "s"]
    assert [line.split() for line in lines if line.startswith("input tokens")] == [
        ["input", "tokens", "9", "19", "+10"]
    ]
    assert "tools added: get_time" in lines
    assert "-What is the capital of France?" in lines


def test_the_prompts_from_the_first_turn_that_differs(path: Path, run: Run) -> None:
    found = json.loads(run("log", "diff", "3", "-4", "--json").stdout)
    assert found["same_turns"] == 2
    assert found["prompt"][3:] == ["+[assistant]", "+One.", "+[user]", "+2"]
    assert "the prompt, after 2 turns that are the same" in run("log", "diff", "3", "4").stdout


def test_an_answer_and_a_failure(path: Path, run: Run) -> None:
    done = run("log", "diff", "3", "5")
    assert "error of call 5: BadRequestError: " in done.stdout
    assert "The prompts are the same." in done.stderr
    assert "-One." in done.stdout
    assert json.loads(run("log", "diff", "3", "5", "--json").stdout)["fields"]["outcome"] == ["answered", "failed"]


def test_calls_that_are_alike(path: Path, run: Run) -> None:
    done = run("log", "diff", "3", "last")
    assert done.stderr.splitlines() == ["The prompts are the same.", "The answers are the same."]
    assert "model" not in done.stdout


def test_without_the_words_of_one(path: Path, run: Run) -> None:
    done = run("log", "diff", "3", "6")
    assert done.exit_code == 0
    assert "The words of call 6 weren't kept (level metadata)" in done.stderr
    assert "call 3 weren't" not in done.stderr
    found = json.loads(run("log", "diff", "3", "6", "--json").stdout)
    assert (found["same_turns"], found["prompt"], found["answer"]) == (None, None, None)


def test_a_call_that_is_not_there(path: Path, run: Run) -> None:
    done = run("log", "diff", "1", "99")
    assert done.exit_code == 2
    assert "has no call 99; the newest is 7." in done.stderr


def test_explain_cache_takes_the_same_names(path: Path, run: Run) -> None:
    done = run("log", "explain-cache", "-2", "last")
    assert done.exit_code == 2
    assert "call 6 has no digests of its prompt" in done.stderr
