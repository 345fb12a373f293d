"""Files at the command line (-a, /attach), and `ringup count`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ringup.testing import Simulator
from tests.cli.conftest import Run
from tests.samples import pdf, png


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photo.png").write_bytes(png(640, 480))
    (tmp_path / "paper.pdf").write_bytes(pdf(3))
    return tmp_path


def test_files_go_along(sim: Simulator, run: Run, folder: Path) -> None:
    done = run("ask", "-m", "claude-haiku-4-5", "-a", "photo.png", "--attach", "paper.pdf", "What are these?")
    assert done.exit_code == 0
    assert "640 × 480 pixels" in done.stdout
    assert "3 pages" in done.stdout
    body = sim.calls[-1].request.json
    assert isinstance(body, dict)
    assert [block["type"] for block in body["messages"][0]["content"]] == ["image", "document", "text"]


def test_a_file_from_a_pipe(sim: Simulator, run: Run) -> None:
    done = run("ask", "-m", "gpt-4o", "-a", "-", "What is this?", stdin=png(33, 44))
    assert "33 × 44 pixels" in done.stdout


def test_an_address(sim: Simulator, run: Run) -> None:
    done = run("ask", "-m", "gpt-4o", "-a", "https://example.com/cat.png", "What is this?")
    assert "https://example.com/cat.png" in done.stdout


def test_several_models_get_the_file(sim: Simulator, run: Run, folder: Path) -> None:
    done = run("compare", "-a", "photo.png", "What is this?", "-m", "gpt-4o", "-m", "claude-haiku-4-5")
    assert done.exit_code == 0
    assert done.stdout.count("640 × 480 pixels") == 2


def test_errors_in_words(sim: Simulator, run: Run, folder: Path) -> None:
    done = run("ask", "-m", "gpt-4o", "-a", "missing.png", "What is this?")
    assert done.exit_code == 2
    assert "'missing.png' can't be read: No such file or directory" in done.stderr
    done = run("ask", "-m", "gpt-4o", "-a", "https://example.com/200", "What is this?")
    assert "give it a name that tells" in done.stderr
    assert "ringup.attach" not in done.stderr
    (folder / "a.bmp").write_bytes(b"BM" + bytes(30))
    done = run("ask", "-m", "gpt-4o", "-a", "a.bmp", "What is this?", "--json")
    assert done.exit_code == 2
    assert json.loads(done.stdout)["error"] == "MediaError"
    assert not sim.calls


def test_a_file_in_a_conversation(sim: Simulator, run: Run, folder: Path) -> None:
    lines = ["/attach", "/attach photo.png", "What is this?", "/retry", "Thanks!", "/attach nothing.png", "quit"]
    done = run("chat", "-m", "gpt-4o", stdin="\n".join(lines) + "\n")
    assert "no file is attached" in done.stderr
    assert "1 file for the next turn" in done.stderr
    assert done.stdout.count("640 × 480 pixels") == 2
    assert "'nothing.png' can't be read" in done.stderr
    assert done.exit_code == 2
    bodies = [call.request.json for call in sim.calls]
    kinds = [type(body["messages"][-1]["content"]) for body in bodies if isinstance(body, dict)]
    assert kinds == [list, list, str]  # the file went with its turn, and again with /retry


def test_a_failed_turn_keeps_its_file(sim: Simulator, run: Run, folder: Path) -> None:
    sim.fault(status=400)
    done = run("chat", "-m", "gpt-4o", stdin="/attach photo.png\nWhat is this?\n/retry\n")
    assert done.stdout.count("640 × 480 pixels") == 1


# Counting


def test_the_provider_counts(sim: Simulator, run: Run, folder: Path) -> None:
    done = run("count", "-m", "claude-haiku-4-5", "-a", "photo.png", "What is this?")
    assert done.exit_code == 0
    assert int(done.stdout) > 400
    assert "tokens for claude-haiku-4-5: anthropic's own count · 0.2% of the 200,000 that fit" in done.stderr
    assert [call.request.path for call in sim.calls] == ["/v1/messages/count_tokens"]


def test_an_estimate_says_so(sim: Simulator, run: Run) -> None:
    done = run("count", "-m", "gpt-4o", "--offline", stdin="Hello!\n")
    assert done.stdout == "9\n"
    assert "an estimate, mostly within 5 % of openai's own count" in done.stderr
    done = run("count", "-m", "groq/llama-3.3-70b-versatile", "--offline", "Hello!")
    assert "nobody knows how far off it may be" in done.stderr
    assert not sim.calls


def test_counts_for_programs(sim: Simulator, run: Run) -> None:
    done = run("count", "-m", "claude-haiku-4-5", "--json", "Hello!")
    found = json.loads(done.stdout)
    assert found["tokens"] > 3
    assert (found["estimated"], found["error"], found["window"]) == (False, 0.0, 200_000)
    done = run("count", "-m", "claude-nonsense", "--json", "Hello!")
    assert json.loads(done.stdout)["status"] == 404
    assert done.exit_code == 1
