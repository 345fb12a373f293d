"""`ringup log replay`: a call is made again as it was, or with another model, and held beside the first."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ringup import ledger
from ringup.cli.log.asked import find_asked
from ringup.testing import Simulator
from tests.cli.again import IDS, point
from tests.cli.conftest import Run


@pytest.fixture
def path(made: tuple[Simulator, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy = tmp_path / "calls.db"
    shutil.copy(made[1], copy)
    point(monkeypatch, made[0], copy)
    return copy


@pytest.fixture
def sim(made: tuple[Simulator, Path]) -> Simulator:
    made[0].reset()
    return made[0]


@pytest.mark.parametrize("name", ["chat", "talk", "typed", "tool", "result", "responses", "claude", "picture"])
def test_the_same_is_sent(name: str, path: Path, sim: Simulator, run: Run) -> None:
    id = IDS[name]
    done = run("log", "replay", str(id))
    assert done.exit_code == 0, done.output
    assert sim.calls[-1].request.json == json.loads(find_asked(id).http.body)
    new = ledger.rows(path, 1)[0]
    again = ledger.call(path, new["id"])
    assert again is not None
    assert (again["tags"], again["outcome"]) == ({"replay_of": str(id)}, "answered")
    assert [line.split()[0] for line in done.stdout.splitlines() if line.split()[:1] in (["id"], [str(id)])][-2:] == [
        "id",
        str(id),
    ]
    assert f"\n{new['id']:>2}  " in done.stdout


def test_the_same_words_or_what_differs(path: Path, sim: Simulator, run: Run) -> None:
    done = run("log", "replay", str(IDS["typed"]))
    assert done.stdout.startswith('{"name": "Ada Lovelace", "age": 36}\n')
    assert "Both say the same." in done.stderr
    done = run("log", "replay", str(IDS["tool"]), "-m", "claude-haiku-4-5")
    assert done.stdout.startswith("-> get_weather {")
    sim.fault(status=200, headers={"content-type": "application/json"}, body=_answer("Lyon, I think."))
    done = run("log", "replay", str(IDS["chat"]))
    assert done.stdout.startswith("Lyon, I think.\n")
    assert "\n--- before\n+++ now\n" in done.stdout
    assert "\n+Lyon, I think.\n" in done.stdout


def _answer(text: str) -> dict[str, object]:
    message = {"role": "assistant", "content": text}
    usage = {"prompt_tokens": 5, "completion_tokens": 4, "total_tokens": 9}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {"id": "c", "object": "chat.completion", "model": "gpt-4o-mini", "choices": [choice], "usage": usage}


def test_another_model(path: Path, sim: Simulator, run: Run) -> None:
    done = run("log", "replay", str(IDS["chat"]), "-m", "claude-haiku-4-5", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["call"]["id"], told["call"]["model"]) == (IDS["chat"], "gpt-4o-mini")
    assert told["replay"]["provider"] == "anthropic"
    assert told["same"] == (told["call"]["text"] == told["reply"]["text"])
    body = sim.calls[-1].request.json
    assert body["system"] in ("Be terse.\nAlways.", [{"type": "text", "text": "Be terse.\nAlways."}])
    assert (body["max_tokens"], body["stop_sequences"]) == (99, ["xyz"])
    done = run("log", "replay", str(IDS["typed"]), "-m", "gemini-2.5-flash")
    assert '"age": 36' in done.stdout
    assert "responseJsonSchema" in json.dumps(sim.calls[-1].request.json)


def test_what_the_log_doesn_t_know(path: Path, sim: Simulator, run: Run) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        request = json.dumps({"max_tokens": 9, "headers": {"x-token": "***", "x-team": "docs"}})
        connection.execute("UPDATE calls SET request = ?, level = 'redacted' WHERE id = ?", (request, IDS["chat"]))
    done = run("log", "replay", str(IDS["chat"]))
    assert done.exit_code == 0, done.output
    assert "x-token held a secret that the log hasn't" in done.stderr
    assert "logged at the level redacted" in done.stderr
    headers = sim.calls[-1].request.headers
    assert (headers.get("x-token"), headers["x-team"]) == (None, "docs")
    done = run("log", "export", str(IDS["chat"]), "--curl")
    assert "x-token held a secret, and isn't in it" in done.stderr
    assert "x-token" not in done.stdout
    assert "x-team: docs" in done.stdout


def test_one_that_had_no_answer(path: Path, sim: Simulator, run: Run) -> None:
    done = run("log", "replay", str(IDS["refused"]))
    assert done.exit_code == 0, done.output
    assert "RateLimitError" in done.stdout
    assert "brought no answer to compare with" in done.stderr


def test_errors(path: Path, sim: Simulator, run: Run) -> None:
    for name, why in (("vectors", "`ringup embed` makes them"), ("no_words", "RINGUP_LEDGER_LEVEL=full")):
        done = run("log", "replay", str(IDS[name]))
        assert (done.exit_code, why in done.stderr) == (2, True)
    assert sim.calls == []
    sim.fault(status=400, message="no more")
    done = run("log", "replay", str(IDS["chat"]), "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["error"] == "BadRequestError"
    sim.fault(status=200, headers={"content-type": "application/json"}, body=_answer("No JSON."))
    done = run("log", "replay", str(IDS["typed"]))
    assert done.exit_code == 6
    assert "-{" in done.stdout
    assert "+No JSON." in done.stdout


def test_a_server_by_its_address_gets_a_key_by_the_vendor_s_variables(path: Path, sim: Simulator, run: Run) -> None:
    sim.fault(status=401, message="no key")
    done = run("log", "replay", str(IDS["server"]))
    assert done.exit_code == 3
    assert "--base-url" not in done.stderr
    way = f"OPENAI_BASE_URL={sim.openai_url} OPENAI_API_KEY=... ringup log replay {IDS['server']} -m openai/gpt-4o-mini"
    assert way in done.stderr
    assert run("log", "replay", str(IDS["server"]), "-m", "openai/gpt-4o-mini").exit_code == 0
