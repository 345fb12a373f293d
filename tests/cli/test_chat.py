"""`ringup chat` from a pipe: each line is a turn, or a command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ringup.testing import Simulator
from tests.cli.conftest import Run

CHAT = ("chat", "-m", "gpt-4o-mini")


def sent(sim: Simulator, index: int = -1) -> list[str]:
    """What a request's messages say."""
    return [message["content"] for message in sim.calls[index].request.json["messages"]]


def test_each_turn_resends_the_history(sim: Simulator, run: Run) -> None:
    done = run(*CHAT, stdin="My name is Ada.\n\nWhat is my name?\n")
    assert done.exit_code == 0
    assert "Ada" in done.stdout.splitlines()[-1]
    assert len(sent(sim)) == 3
    assert done.stderr.count("error") == 0


@pytest.mark.parametrize("word", ["quit", "exit", "EXIT", "/quit"])
def test_leaving(sim: Simulator, run: Run, word: str) -> None:
    assert run(*CHAT, stdin=f"Hello!\n{word}\nHello again!\n").exit_code == 0
    assert len(sim.calls) == 1


def test_a_backslash_goes_on_in_the_next_line(sim: Simulator, run: Run) -> None:
    run(*CHAT, stdin="one\\\ntwo\\\nthree\n")
    assert sent(sim) == ["one\ntwo\nthree"]


def test_an_error_is_shown_and_the_chat_goes_on(sim: Simulator, run: Run) -> None:
    sim.script([{"status": 400}])
    done = run(*CHAT, stdin="Hello!\nWhat is the capital of France?\n")
    assert "error: " in done.stderr
    assert "Paris" in done.stdout
    assert sent(sim) == ["What is the capital of France?"]  # the failed turn left no trace
    assert done.exit_code == 1


def test_model_and_system(sim: Simulator, run: Run) -> None:
    done = run(*CHAT, stdin="/model claude-haiku-4-5\n/system Be brief.\n/model\nHello!\n/system -\n/system\nHello!\n")
    body = sim.calls[0].request.json
    assert body["model"] == "claude-haiku-4-5"
    assert "Be brief." in json.dumps(body["system"])
    assert "system" not in sim.calls[1].request.json
    assert "model: claude-haiku-4-5" in done.stderr
    assert "system: none" in done.stderr


def test_a_model_that_cannot_be_reached_is_refused_at_once(sim: Simulator, run: Run) -> None:
    done = run(*CHAT, stdin="/model no-such-family\nHello!\n")
    assert "no provider is known" in done.stderr
    assert sim.calls[0].model == "gpt-4o-mini"


def test_undo(sim: Simulator, run: Run) -> None:
    done = run(*CHAT, stdin="My name is Ada.\n/undo\nWhat is my name?\n/undo\n/undo\n")
    assert sent(sim) == ["What is my name?"]
    assert "taken back: My name is Ada." in done.stderr
    assert "nothing to take back" in done.stderr


def test_retry(sim: Simulator, run: Run) -> None:
    done = run(*CHAT, stdin="/retry\nWhat is the capital of France?\n/retry\n")
    assert "nothing to ask again" in done.stderr
    assert done.stdout.count("Paris") == 2
    assert sent(sim) == ["What is the capital of France?"]


def test_retry_of_a_turn_that_failed(sim: Simulator, run: Run) -> None:
    sim.script([{"status": 400}])
    done = run(*CHAT, stdin="What is the capital of France?\n/retry\n")
    assert done.stdout.count("Paris") == 1


def test_a_retry_that_fails_leaves_the_old_answer(sim: Simulator, run: Run) -> None:
    sim.script([{"status": 400, "after": 1}])
    run(*CHAT, stdin="My name is Ada.\n/retry\nWhat is my name?\n")
    assert len(sent(sim)) == 3
    assert sent(sim)[0] == "My name is Ada."


def test_save_and_load(sim: Simulator, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "talk.json"
    run(*CHAT, "-s", "Be kind.", stdin=f"My name is Ada.\n/save {file}\n")
    done = run("chat", stdin=f"/load {file}\nWhat is my name?\n")
    assert "Ada" in done.stdout
    assert sent(sim)[0] == "Be kind."
    assert sim.calls[-1].model == "gpt-4o-mini"


def test_save_and_load_that_cannot(sim: Simulator, run: Run, tmp_path: Path) -> None:
    done = run(*CHAT, stdin=f"/save\n/load {tmp_path}/none.json\n/save {tmp_path}/no/folder.json\nHello!\n")
    assert done.stderr.count("error: ") == 3
    assert done.exit_code == 2
    assert done.stdout


def test_what_is_no_conversation_is_not_saved_over(sim: Simulator, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("mine")
    done = run(*CHAT, stdin=f"Hello!\n/save {file}\n/save {tmp_path}/talk.json\n/save {tmp_path}/talk.json\n")
    assert f"{file} is there already, and isn't a saved conversation." in done.stderr
    assert file.read_text() == "mine"
    assert done.stderr.count("saved 1 turn") == 2


def test_a_pipe_that_is_no_text(sim: Simulator, run: Run) -> None:
    done = run(*CHAT, stdin=b"f\xff\n")
    assert done.exit_code == 2
    assert "isn't text in UTF-8" in done.stderr
    assert sim.calls == []


def test_usage(sim: Simulator, run: Run) -> None:
    done = run(*CHAT, stdin="/usage\nHello!\nHello!\n/usage\n")
    assert "nothing was answered yet" in done.stderr
    usages = [json.loads(call.text.split("data: ")[-2])["usage"] for call in sim.calls]
    total = sum(usage["prompt_tokens"] for usage in usages)
    assert f"answers: 2 · {total:,} tokens in" in done.stderr
    assert "$0.00" in done.stderr


def test_help_and_mistakes(run: Run) -> None:
    done = run("chat", stdin="/help\n/mdoel x\n/\n")
    for name in ("model", "system", "undo", "retry", "save", "load", "usage", "help"):
        assert f"/{name}" in done.stderr
    assert "there is no command /mdoel" in done.stderr
    assert "Did you mean /model?" in done.stderr


def test_a_space_sends_a_line_that_begins_with_a_slash(sim: Simulator, run: Run) -> None:
    run(*CHAT, stdin=" /etc/hosts is what?\n")
    assert sent(sim) == ["/etc/hosts is what?"]


def test_the_wire_of_a_chat(sim: Simulator, run: Run) -> None:
    done = run(*CHAT, "--wire", stdin="What is the capital of France?\nHello!\n")
    assert done.stderr.count("try 1: what goes out") == 2
    assert "Paris" in done.stdout.splitlines()[0]


def test_without_key_and_model_the_simulator_answers(run: Run) -> None:
    done = run("chat", stdin="What is the capital of France?\n")
    assert "Paris" in done.stdout
    assert "simulator" in done.stderr
