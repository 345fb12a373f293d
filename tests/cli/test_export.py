"""`ringup log export`: what is written runs, says what was said, and holds no key."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import ringup
from ringup.cli.log.asked import find_asked
from ringup.cli.log.export_js import javascript
from ringup.cli.log.redacting import PIXEL, Redactor
from ringup.messages import Message, ToolCall
from ringup.reply import Reply
from ringup.testing import Simulator
from tests.cli.again import IDS, KEYS, MAIL, point
from tests.cli.conftest import Run

CURL, NODE = shutil.which("curl"), shutil.which("node")
ANSWERED = [name for name in IDS if name not in ("vectors", "no_words")]
TO_VENDORS = [name for name in ANSWERED if name not in ("sim", "refused")]


@pytest.fixture
def sim(made: tuple[Simulator, Path], monkeypatch: pytest.MonkeyPatch) -> Simulator:
    sim, path = made
    sim.reset()
    point(monkeypatch, sim, path)
    monkeypatch.setenv("API_KEY", sim.openai_key)
    return sim


def sent(name: str) -> Any:
    """The body that the call had."""
    return json.loads(find_asked(IDS[name]).http.body)


def exported(run: Run, name: str, form: str) -> str:
    done = run("log", "export", str(IDS[name]), f"--{form}")
    assert done.exit_code == 0, done.output
    assert all(key not in done.stdout for key in KEYS.values())
    return done.stdout


def test_a_program_has_the_version_of_the_api_that_was_used(sim: Simulator, run: Run) -> None:
    version = find_asked(IDS["claude"]).http.headers["anthropic-version"]
    assert f'"anthropic-version": "{version}"' in exported(run, "claude", "js")


@pytest.mark.parametrize("name", [*TO_VENDORS, "sim"])
def test_python_sends_the_same(name: str, sim: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    program, wanted = exported(run, name, "python"), sent(name)
    monkeypatch.delenv("RINGUP_LEDGER")
    with contextlib.redirect_stdout(io.StringIO()) as said:
        exec(compile(program, name, "exec"), {})
    assert len(said.getvalue().splitlines()) >= 2
    if name != "sim":
        assert sim.calls[-1].status == 200
        assert sim.calls[-1].request.json == wanted


def test_python_is_short(sim: Simulator, run: Run) -> None:
    program = exported(run, "chat", "python").splitlines()
    assert program[0].startswith('"""Call 1 of the log, asked on 20')
    assert program[1:] == [
        "",
        "import ringup",
        "",
        f"# It was asked at {sim.openai_url} (OPENAI_BASE_URL).",
        "reply = ringup.ask(",
        f'    "What is the capital of France? Mail it to {MAIL}.",',
        '    model="openai/gpt-4o-mini",',
        '    system="Be terse.\\nAlways.",',
        "    max_tokens=99,",
        "    temperature=0.5,",
        '    stop="xyz",',
        ")",
        "print(reply.text)",
        "print(reply.finish_reason, reply.usage.input_tokens, reply.usage.output_tokens, reply.cost)",
    ]
    assert re.search(r"\breasoning=\d+\)", exported(run, "thinks", "python"))
    assert '\n    reasoning="low",\n    wire="responses",\n)' in exported(run, "responses", "python")
    assert 'api_key=os.environ.get("API_KEY")' in exported(run, "server", "python")


@pytest.mark.skipif(not CURL or sys.platform == "win32", reason="curl isn't installed")
@pytest.mark.parametrize("name", ["talk", "claude", "gemini", "server"])
def test_curl_sends_the_same(name: str, sim: Simulator, run: Run) -> None:
    command = exported(run, name, "curl")
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60, check=True)
    assert sim.calls[-1].status == 200, done.stdout
    assert sim.calls[-1].request.json == sent(name)
    assert ("data: " in done.stdout) == (name in ("talk", "gemini"))


def test_curl_for_the_simulator_of_a_process_that_is_gone(sim: Simulator, run: Run) -> None:
    command = exported(run, "sim", "curl")
    assert "ringup simulate --port 4010" in command
    assert "http://127.0.0.1:4010/v1/chat/completions" in command
    assert "$" not in command


def test_javascript_sends_the_same(packages: Path, sim: Simulator, run: Run, tmp_path: Path) -> None:
    names = ["talk", "responses", "claude", "gemini", "server"]
    (tmp_path / "node_modules").symlink_to(packages)
    for name in names:
        (tmp_path / f"{name}.mjs").write_text(exported(run, name, "js"))
    (tmp_path / "all.mjs").write_text("for (const file of process.argv.slice(2)) await import(file);")
    assert NODE
    command = [NODE, "all.mjs", *[f"./{name}.mjs" for name in names]]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Paris") >= 2
    assert [call.status for call in sim.calls] == [200] * len(names)
    for name, call in zip(names, sim.calls, strict=True):
        assert call.request.json == sent(name)


def test_fetch_where_no_sdk_fits(sim: Simulator) -> None:
    asked = find_asked(IDS["gemini"])
    body = {**json.loads(asked.http.body), "somethingNew": 1}
    changed = type(asked.http)(path=asked.http.path, query=asked.http.query, body=json.dumps(body).encode())
    program = javascript(type(asked)(**{**_fields(asked), "http": changed}))
    assert f'await fetch("{sim.gemini_url}{changed.path}?alt=sse"' in program
    assert '"x-goog-api-key": process.env.GEMINI_API_KEY' in program
    assert "import" not in program


def _fields(asked: Any) -> dict[str, Any]:
    return {name: getattr(asked, name) for name in asked.__struct_fields__}


def test_the_tests_pass(
    sim: Simulator, simulator: Simulator, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ANSWERED:
        done = run("log", "export", str(IDS[name]), "--pytest", "-o", str(tmp_path / f"test_{name}.py"))
        assert done.exit_code == 0, done.output
    texts = [path.read_text() for path in tmp_path.iterdir()]
    assert len(texts) == 2 * len(ANSWERED)
    assert not [text for text in texts for secret in (MAIL, *KEYS.values(), sim.openai_key) if secret in text]
    assert "Mail it to [email]." in (tmp_path / "test_chat.py").read_text()
    monkeypatch.delenv("RINGUP_LEDGER")
    for name in ANSWERED:
        simulator.reset()
        _test_in(tmp_path / f"test_{name}.py")(simulator)
        assert len(simulator.calls) == 1


def _test_in(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return next(value for name, value in vars(module).items() if name.startswith("test_"))


def test_pytest_finds_them_and_they_can_fail(sim: Simulator, run: Run, tmp_path: Path) -> None:
    for name in ("chat", "refused"):
        assert run("log", "export", str(IDS[name]), "--pytest", "-o", str(tmp_path / f"test_{name}.py")).exit_code == 0
    fixture = tmp_path / "test_chat.json"
    fixture.write_text(fixture.read_text().replace("Paris", "Lyon", 1))  # in the answer, and not in what is expected
    env = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    env.pop("RINGUP_LEDGER")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "ringup.pytest_plugin"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert "1 failed, 1 passed" in done.stdout, done.stdout


def test_a_test_isn_t_written_over(sim: Simulator, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("log", "export", "1", "--pytest").exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["test_call_1.json", "test_call_1.py"]
    (tmp_path / "test_call_1.py").unlink()
    refused = run("log", "export", "1", "--pytest")
    assert refused.exit_code == 2
    assert "test_call_1.json is there: --force writes over." in refused.stderr
    assert not (tmp_path / "test_call_1.py").exists()
    assert run("log", "export", "1", "--pytest", "--force").exit_code == 0


def test_what_a_redacted_log_has_not(sim: Simulator, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "redacted.db"
    monkeypatch.setenv("RINGUP_LEDGER", str(path))
    with sim.client("gpt-4o-mini", ledger=ringup.Ledger(path, level="redacted")) as client:
        client.ask(f"Mail to {MAIL}.")
        client.ask(["What's on it?", ringup.Image(data=PIXEL, media_type="image/png")])
    assert "the level redacted: it is made with what was left" in run("log", "export", "1", "--curl").stderr
    for command in (("export", "2", "--curl"), ("export", "2"), ("replay", "2")):
        done = run("log", *command)
        assert (done.exit_code, done.stdout) == (2, "")
        assert "the pictures and files of call 2 weren't kept." in done.stderr
    assert run("log", "export", "2", "--pytest", "-o", str(tmp_path / "test_it.py")).exit_code == 0


def test_a_masked_secret_is_told_of(sim: Simulator, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "full.db"
    monkeypatch.setenv("RINGUP_LEDGER", str(path))
    with sim.client("gpt-4o-mini", ledger=ringup.Ledger(path, level="full")) as client:
        client.ask(f"My key is {KEYS['OPENAI_API_KEY']}.")
        client.ask("Hello!")
    assert "*** stands in call 1: where that was a secret" in run("log", "export", "1").stderr
    assert not run("log", "export", "2").stderr


def test_nothing_personal_is_left_of_an_answer() -> None:
    call = ToolCall("call_1", "send", json.dumps({MAIL: {"to": MAIL}}))
    reply = Reply(message=Message("assistant", (call,)), finish_reason="stop", stop_sequence=MAIL, extra={MAIL: 1})
    redacted = Redactor().reply(reply, is_json=False)
    assert MAIL not in repr(redacted)
    assert redacted.stop_sequence == "[email]"
    assert redacted.tool_calls[0].json == '{"[email]": {"to": "[email]"}}'


def test_a_test_of_a_call_that_warns_passes_where_warnings_are_errors(
    sim: Simulator, simulator: Simulator, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, test = tmp_path / "warned.db", tmp_path / "test_it.py"
    monkeypatch.setenv("RINGUP_LEDGER", str(path))
    kept = ringup.Ledger(path, level="full")
    with sim.client("gemini-2.5-flash", ledger=kept) as client, pytest.warns(ringup.RingupWarning, match="no names"):
        client.ask([{"role": "user", "content": "Hello!", "name": "ann"}])
    assert run("log", "export", "1", "--pytest", "-o", str(test)).exit_code == 0
    found = _test_in(test)
    (mark,) = found.pytestmark
    assert (mark.name, mark.args) == ("filterwarnings", ("ignore::ringup.RingupWarning",))
    monkeypatch.delenv("RINGUP_LEDGER")
    simulator.reset()
    with pytest.warns(ringup.RingupWarning, match="no names"):
        found(simulator)


def test_what_cannot_be_exported(sim: Simulator, run: Run) -> None:
    both, nowhere = run("log", "export", "1", "--curl", "--js"), run("log", "export", "1", "-o", "none/x.py")
    assert "--curl and --js don't go together: give one of them." in both.stderr
    assert "none/x.py: No such file or directory" in nowhere.stderr
    vectors, no_words = run("log", "export", str(IDS["vectors"])), run("log", "export", str(IDS["no_words"]))
    assert (vectors.exit_code, no_words.exit_code) == (2, 2)
    assert "`ringup embed` makes them" in vectors.stderr
    assert "weren't kept. RINGUP_LEDGER_LEVEL=full keeps" in no_words.stderr
