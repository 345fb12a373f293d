"""`ringup keys`, `ringup models` and `ringup log`."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from ringup import models
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
    assert run("keys", "check", "openai").exit_code == 1
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
    assert "not set" in lines["anthropic"]
    assert "https://" in lines["anthropic"]


def test_short_keys_show_nothing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-hunter2")
    assert "ter2" not in run("keys", "list").stdout


# Models


def test_models_with_their_limits_and_refusals(run: Run) -> None:
    lines = {line.split()[0]: line for line in run("models").stdout.splitlines()}
    assert len(lines) == 1 + sum(len(models.known(provider)) for provider in ("openai", "anthropic", "gemini"))
    assert "128,000" in lines["openai/gpt-4o-mini"]
    assert "temperature" not in lines["openai/gpt-4o-mini"]
    assert "temperature" in lines["openai/o3"]


def test_models_of_one_provider_as_json(run: Run) -> None:
    rows = json.loads(run("models", "-p", "anthropic", "--json").stdout)
    assert {row["provider"] for row in rows} == {"anthropic"}
    haiku = next(row for row in rows if row["id"] == "claude-haiku-4-5")
    assert haiku["max_output_tokens"] == 64_000
    assert "seed" in haiku["refuses"]
    assert haiku["source"]


def test_models_that_the_provider_has(sim: Simulator, run: Run) -> None:
    done = run("models", "-p", "openai", "--live")
    assert done.exit_code == 0
    assert "openai/gpt-4o-mini-2024-07-18" in done.stdout
    assert run("models", "--live").exit_code == 2


def test_the_simulators_models_are_told_in_words(run: Run) -> None:
    assert "sim/... is the built-in simulator" in run("models", "-p", "sim").stderr


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
