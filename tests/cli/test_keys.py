"""`ringup keys` and `ringup log`."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from ringup.testing import Simulator
from tests.cli.conftest import ANTHROPIC_KEY, OPENAI_KEY, Run


def test_accepted_keys(sim: Simulator, run: Run) -> None:
    done = run("keys", "check")
    assert done.exit_code == 0
    assert f"anthropic: ANTHROPIC_API_KEY ***last: accepted by {sim.anthropic_url}" in done.stdout
    assert f"openai: OPENAI_API_KEY ***tail: accepted by {sim.openai_url}" in done.stdout
    assert OPENAI_KEY not in done.output
    assert ANTHROPIC_KEY not in done.output
    assert {call.request.method for call in sim.calls} == {"GET"}


def test_googles_key_is_checked_too(sim: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", sim.gemini_url)
    monkeypatch.setenv("GEMINI_API_KEY", sim.gemini_key)
    done = run("keys", "check", "gemini")
    assert done.exit_code == 0
    assert f"gemini: GEMINI_API_KEY ***0000: accepted by {sim.gemini_url}, which has " in done.stdout
    assert sim.gemini_key not in done.output


def test_one_provider_only(sim: Simulator, run: Run) -> None:
    done = run("keys", "check", "openai")
    assert done.exit_code == 0
    assert "anthropic" not in done.stdout


def test_a_refused_key(sim: Simulator, run: Run) -> None:
    sim.script([{"kind": "authentication"}])
    done = run("keys", "check", "anthropic")
    assert done.exit_code == 3
    assert "***last: not accepted: 401: " in done.stdout
    assert "the key in ANTHROPIC_API_KEY was refused. Make a new one at https://" in done.stderr
    assert ANTHROPIC_KEY not in done.output


def test_a_provider_that_fails_says_nothing_of_the_key(sim: Simulator, run: Run) -> None:
    sim.script([{"status": 503}])
    done = run("keys", "check", "openai")
    assert done.exit_code == 1
    assert "not checked: 503: " in done.stdout
    sim.script([{"reset": True}])
    done = run("keys", "check", "openai")
    assert done.exit_code == 5
    assert "not checked: " in done.stdout


def test_a_key_that_is_not_set(run: Run) -> None:
    done = run("keys", "check", "openai")
    assert (done.exit_code, done.stdout) == (2, "openai: OPENAI_API_KEY: not set\n")
    assert "OPENAI_API_KEY" in done.stderr
    assert "api_key" not in done.stderr
    done = run("keys", "check")
    assert done.exit_code == 2
    assert "No key is set" in done.stderr


def test_a_key_of_another_vendor(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", ANTHROPIC_KEY)
    done = run("keys", "check", "openai")
    assert done.exit_code == 2
    assert "***last: malformed: the API key in the variable OPENAI_API_KEY can't be right" in done.stdout
    assert ANTHROPIC_KEY not in done.output


def test_the_list_of_keys(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", OPENAI_KEY)
    lines = {line.split()[0]: line for line in run("keys", "list").stdout.splitlines()}
    assert "***tail" in lines["openai"]
    assert "not set  " in lines["anthropic"]
    assert "not set (optional)" in lines["ollama"]
    assert "https://" in lines["anthropic"]


def test_short_keys_show_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-hunter2")
    assert "ter2" not in run("keys", "list").stdout


# The log


def test_the_log(sim: Simulator, run: Run) -> None:
    assert "No calls" in run("log").stderr
    run("ask", "-m", "gpt-4o-mini", "What is the capital of France?")
    sim.script([{"status": 400}])
    run("ask", "-m", "claude-haiku-4-5", "What is the capital of France?")
    newest, oldest = run("log").stdout.splitlines()[1:]
    assert "openai/gpt-4o-mini" in oldest
    assert "stop" in oldest
    assert "$0.00" in oldest
    assert "anthropic/claude-haiku-4-5" in newest
    assert "BadRequestError" in newest
    assert len(run("log", "-n", "1").stdout.splitlines()) == 2
    rows = json.loads(run("log", "--json").stdout)
    assert [row["outcome"] for row in rows] == ["failed", "answered"]
    shown = run("log", "show", str(rows[1]["id"])).stdout
    assert f"request_id           {sim.calls[0].headers['x-request-id']}" in shown
    assert json.loads(run("log", "show", str(rows[0]["id"]), "--json").stdout) == rows[0]


def test_a_call_of_the_simulator_in_the_log(run: Run) -> None:
    run("ask", "What is the capital of France?")
    (line,) = run("log").stdout.splitlines()[1:]
    assert " sim/small " in line
    shown = dict(line.split(maxsplit=1) for line in run("log", "show", line.split()[0]).stdout.splitlines())
    assert (shown["error"], shown["stream"], shown["cache_write_tokens"]) == ("none", "yes", "unknown")


def test_a_call_that_is_not_in_the_log(run: Run) -> None:
    done = run("log", "show", "999")
    assert done.exit_code == 2
    assert "has no call 999" in done.stderr


def test_only_the_owner_reads_the_log(
    sim: Simulator, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    run("ask", "-m", "gpt-4o-mini", "Hello!")
    log = tmp_path / "ringup" / "calls.db"
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert stat.S_IMODE(log.parent.stat().st_mode) == 0o700
