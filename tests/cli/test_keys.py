"""`ringup keys` and `ringup log`."""

from __future__ import annotations

import importlib
import json
import os
import signal
import stat
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ringup import Client, MissingKeyError, keystore
from ringup.testing import Simulator
from tests.cli.conftest import ANTHROPIC_KEY, OPENAI_KEY, Run, Screen


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


def test_the_key_that_is_blamed_is_the_one_that_was_sent(
    sim: Simulator, run: Run, keyring: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    run("keys", "set", "openai", "--stdin", stdin=OPENAI_KEY)
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", sim.gemini_url)
    monkeypatch.setenv("GEMINI_API_KEY", sim.gemini_key)
    for model, words in (
        ("gpt-4o-mini", "the key that `ringup keys set` stored was refused."),
        ("gemini-2.5-flash", "the key in GEMINI_API_KEY was refused."),
    ):
        sim.script([{"kind": "authentication"}])
        assert words in run("ask", "-m", model, "Hello!").stderr


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


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("ftp:x", "OPENAI_BASE_URL isn't the URL of a server"),
        ("http://example.com/v1", "the API key would travel to example.com:80 unencrypted"),
        ("https://a:b@example.com/v1", "OPENAI_BASE_URL holds a user name or password; a key belongs"),
    ],
)
def test_an_address_that_is_wrong_says_nothing_of_the_key(
    run: Run, monkeypatch: pytest.MonkeyPatch, address: str, said: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", OPENAI_KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", address)
    done = run("keys", "check", "openai")
    assert done.exit_code == 2
    assert f"openai: OPENAI_API_KEY ***tail: not checked: {said}" in done.stdout
    assert "api_key" not in done.output
    assert "--base-url" not in done.output


def test_a_server_without_a_list_of_models(sim: Simulator, run: Run) -> None:
    sim.script([{"status": 404}])
    done = run("keys", "check", "openai")
    assert "***tail: not checked: 404: " in done.stdout
    assert "some servers have no list of models" in done.stderr


def test_a_key_that_an_address_of_the_options_does_not_get(sim: Simulator, run: Run) -> None:
    sim.script([{"kind": "authentication"}])
    done = run("ask", "-m", "gpt-4o-mini", "--base-url", sim.openai_url.replace("127.0.0.1", "localhost"), "Hello!")
    assert done.exit_code == 3
    assert "OPENAI_API_KEY and OPENAI_BASE_URL, ...). An address from --base-url gets none." in done.stderr


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


# Stored keys


class Memory:
    """A keyring that is a dict. `trouble` is raised by whatever it is asked for."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.trouble: Exception | None = None

    def get_password(self, service: str, name: str) -> str | None:
        if self.trouble:
            raise self.trouble
        return self.kept.get((service, name))

    def set_password(self, service: str, name: str, key: str) -> None:
        if self.trouble:
            raise self.trouble
        self.kept[service, name] = key

    def delete_password(self, service: str, name: str) -> None:
        del self.kept[service, name]


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Memory:
    memory = Memory()
    module = pytest.importorskip("keyring")
    for name in ("get_password", "set_password", "delete_password"):
        monkeypatch.setattr(module, name, getattr(memory, name))
    monkeypatch.setattr(module, "get_keyring", lambda: memory)
    monkeypatch.setattr(keystore, "_silent", [])
    return memory


def test_a_key_in_the_keyring(sim: Simulator, run: Run, keyring: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    done = run("keys", "set", "openai", "--stdin", stdin=f"{OPENAI_KEY}\n")
    assert done.exit_code == 0
    assert "***tail" in done.stdout
    assert "stored in the keyring" in done.stdout
    assert OPENAI_KEY not in done.output
    assert keyring.kept == {("ringup", "openai"): OPENAI_KEY}
    assert OPENAI_KEY not in keystore.file_path().read_text()
    assert "***tail for http://127.0.0.1:" in run("keys", "list").stdout
    assert "openai: keyring ***tail: accepted by" in run("keys", "check", "openai").stdout
    assert "openai: keyring ***tail" in run("keys", "check").stdout
    assert run("ask", "Hello!").exit_code == 0
    assert sim.calls[-1].request.headers["authorization"] == "Bearer ***tail"
    assert run("keys", "rm", "openai").stdout == "openai: removed from the keyring\n"
    assert not keyring.kept
    nothing = run("keys", "check", "openai")
    assert "openai: OPENAI_API_KEY: not set: 401" in nothing.stdout
    assert "no key was sent" in nothing.stderr
    assert nothing.exit_code == 2
    done = run("keys", "rm", "openai")
    assert (done.exit_code, done.stderr) == (2, "The key of openai can't be removed: it isn't stored.\n")


@pytest.mark.parametrize("way", ["null", "fails", "forgets", "missing"])
def test_a_key_in_the_file_where_no_keyring_works(
    sim: Simulator, run: Run, keyring: Memory, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    match way:
        case "null":
            null = importlib.import_module("keyring.backends.null").Keyring()
            monkeypatch.setattr("keyring.get_keyring", lambda: null)
        case "fails":
            keyring.trouble = RuntimeError(f"no, not {ANTHROPIC_KEY}")
        case "forgets":
            monkeypatch.setattr("keyring.get_password", lambda *_: None)
        case "missing":
            monkeypatch.setitem(sys.modules, "keyring", None)
    done = run("keys", "set", "anthropic", "--stdin", stdin=ANTHROPIC_KEY)
    assert done.exit_code == 0
    path = keystore.file_path()
    assert f"stored in {path}" in done.stdout
    assert "not in the keyring: " in done.stderr
    assert ANTHROPIC_KEY not in done.output
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [file.name for file in path.parent.iterdir()] == ["keys.json"]
    assert "anthropic: file ***last: accepted by" in run("keys", "check", "anthropic").stdout
    path.chmod(0o644)
    assert ("Others can read" in run("keys", "list").stderr) == (os.name == "posix")
    assert f"removed from {path}" in run("keys", "rm", "anthropic").stdout
    assert ANTHROPIC_KEY not in path.read_text()


def test_an_environments_key_comes_first(sim: Simulator, run: Run, keyring: Memory) -> None:
    done = run("keys", "set", "openai", "--stdin", stdin="sk-proj-0123456789abcdefghij-next")
    assert "OPENAI_API_KEY is set as well, and comes first." in done.stderr
    keyring.trouble = AssertionError("the keyring isn't asked for what the environment has")
    assert run("ask", "-m", "gpt-4o-mini", "Hello!").exit_code == 0
    assert sim.calls[-1].request.headers["authorization"] == "Bearer ***tail"
    assert "OPENAI_API_KEY is set, and still counts." in run("keys", "rm", "openai").stderr


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        (f'  "{OPENAI_KEY}"\r\n', ["the spaces around it", "the quotes around it"]),
        (f"export OPENAI_API_KEY='{OPENAI_KEY}'", ["the variable's name", "the quotes around it"]),
        (f"Bearer {OPENAI_KEY}", ["Bearer"]),
        (f"{OPENAI_KEY}\n", []),
        (f"“{OPENAI_KEY}”", ["the quotes around it"]),
    ],
)
def test_a_pasted_key_is_mended(run: Run, keyring: Memory, pasted: str, said: list[str]) -> None:
    done = run("keys", "set", "openai", "--stdin", stdin=pasted)
    assert done.exit_code == 0
    assert list(keyring.kept.values()) == [OPENAI_KEY]
    assert [line for line in done.stderr.splitlines() if "taken away" in line] == [f"taken away: {it}" for it in said]


@pytest.mark.parametrize(
    "key",
    [
        *(ANTHROPIC_KEY, "<your-key>", "sk-one sk-two", "sk-one\nsk-two", "", "\n", "'\"", "schlüssel"),
        "sk-proj-" + "0123456789" * 1_000,
    ],
)
def test_what_can_not_be_a_key_is_not_stored(run: Run, keyring: Memory, key: str) -> None:
    done = run("keys", "set", "openai", "--stdin", stdin=key)
    assert done.exit_code == 2
    assert not keyring.kept
    assert not keystore.file_path().exists()
    assert not key.strip() or key not in done.output


def test_an_unfamiliar_key_is_stored_with_a_word(run: Run, keyring: Memory) -> None:
    done = run("keys", "set", "groq", "--stdin", stdin="of-a-new-kind-0123456789")
    assert done.exit_code == 0
    assert "it doesn't begin like the keys of groq that are known (gsk_); stored all the same" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("set", "openai", OPENAI_KEY),
        ("set", "openai", "--stdin", OPENAI_KEY),
        ("set", OPENAI_KEY),
        ("set", OPENAI_KEY, "openai"),
        ("set", f"openai={OPENAI_KEY}"),
        ("set", "openai", f"--key={OPENAI_KEY}"),
        ("set", f"--openai={OPENAI_KEY}"),
        ("set", "openai", f"--stdin={OPENAI_KEY}"),
        ("rm", OPENAI_KEY),
        ("rm", "openai", OPENAI_KEY),
        ("check", OPENAI_KEY),
        ("check", "openai", OPENAI_KEY),
    ],
)
def test_a_key_on_the_command_line_is_refused_unseen(run: Run, keyring: Memory, words: tuple[str, ...]) -> None:
    done = run("keys", *words, stdin=OPENAI_KEY)
    assert done.exit_code == 2
    assert not keyring.kept
    assert OPENAI_KEY not in done.output
    assert "the shell's history" in done.stderr or any(word.startswith("--stdin=") for word in words)


def test_a_key_is_asked_for_where_somebody_is(run: Run, keyring: Memory) -> None:
    done = run("keys", "set", "openai", stdin=OPENAI_KEY)
    assert done.exit_code == 2
    assert "--stdin" in done.stderr


def test_the_prompt_shows_nothing(screen: Callable[..., Screen], monkeypatch: pytest.MonkeyPatch) -> None:
    shown = screen("keys", "set", "openai")
    shown.type("", "(not shown)")
    shown.type(f"{OPENAI_KEY}\r", "stored in")
    assert shown.program.wait(30) == 0
    assert "***tail" in shown.seen
    assert OPENAI_KEY not in shown.seen
    assert OPENAI_KEY in keystore.file_path().read_text()


def test_ctrl_c_at_the_prompt(screen: Callable[..., Screen]) -> None:
    shown = screen("keys", "set", "openai")
    shown.type("", "(not shown)")
    shown.program.send_signal(signal.SIGINT)
    assert shown.program.wait(30) == 130
    assert not keystore.file_path().exists()


def test_a_keyring_that_never_answers(run: Run, keyring: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    run("keys", "set", "openai", "--stdin", stdin=OPENAI_KEY)
    forever = threading.Event()
    monkeypatch.setattr("keyring.get_password", lambda *_: forever.wait())
    monkeypatch.setattr(keystore.fetch, "__defaults__", (0.05,))
    for said in ("didn't answer within 0.05 s", "didn't answer"):
        with pytest.raises(MissingKeyError, match=said):
            Client("gpt-4o-mini").ask("Hello!")
    assert "can't be read (the keyring didn't answer)" in run("keys", "list").stdout
    assert "not checked: the API key for openai that is stored can't be read" in run("keys", "check").stdout
    forever.set()


def test_a_stored_key_goes_to_no_other_server(
    sim: Simulator, run: Run, keyring: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    run("keys", "set", "openai", "--stdin", stdin=OPENAI_KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", sim.openai_url.replace("127.0.0.1", "localhost"))
    done = run("ask", "-m", "gpt-4o-mini", "Hello!")
    assert "isn't sent to http://localhost:" in done.stderr
    checked = run("keys", "check", "openai")
    assert checked.stdout == "openai: keyring ***tail: not checked: held back\n"
    assert "The key that is stored for http://127.0.0.1:" in checked.stderr
    assert checked.exit_code == 2
    assert not any("authorization" in call.request.headers for call in sim.calls)
    monkeypatch.delenv("OPENAI_BASE_URL")
    checked = run("keys", "check", "openai")
    assert "openai: keyring ***tail: not checked: there is no API key for openai" in checked.stdout
    assert "the one that is stored is for http://127.0.0.1:" in checked.stdout
    with pytest.raises(MissingKeyError, match="the one that is stored is for http://127.0.0.1:"):
        Client("gpt-4o-mini").ask("Hello!")


@pytest.mark.parametrize(
    "text", ["{", '{"openai": "SECRET-0123"}', '{"openai": {"in": "file", "for": "", "key": 7}}', "[]"]
)
def test_a_broken_file_is_named_and_not_repeated(run: Run, text: str) -> None:
    path = keystore.file_path()
    path.parent.mkdir(parents=True)
    path.write_text(text)
    done = run("keys", "list")
    assert done.exit_code == 2
    assert str(path) in done.stderr
    assert "SECRET" not in done.output


def test_a_folder_that_can_not_be_written(run: Run) -> None:
    keystore.file_path().parent.write_text("a file in its place")
    done = run("keys", "set", "openai", "--stdin", stdin=OPENAI_KEY)
    assert done.exit_code == 2
    assert "can't be " in done.stderr
    assert OPENAI_KEY not in done.output


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
    assert f"request id  {sim.calls[0].headers['x-request-id']}" in shown
    assert json.loads(run("log", "show", str(rows[0]["id"]), "--json").stdout).items() >= rows[0].items()


def test_a_call_of_the_simulator_in_the_log(run: Run) -> None:
    run("ask", "What is the capital of France?")
    (line,) = run("log").stdout.splitlines()[1:]
    assert " sim/small " in line
    shown = run("log", "show", line.split()[0]).stdout
    assert shown.startswith("call 1: sim/small, stop\n")
    assert "chat_completions, as a stream\n" in shown
    assert "cost        free\n" in shown
    assert "to the cache" not in shown  # it doesn't tell


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
