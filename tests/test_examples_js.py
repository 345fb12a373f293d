"""The JavaScript examples run, on the official SDKs, against the simulator. Without Node.js they are skipped."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ringup.testing import Simulator

EXAMPLES = Path(__file__).parent.parent / "examples" / "js"
NODE, NPM = shutil.which("node"), shutil.which("npm")
Runner = Callable[[str], str]

pytestmark = pytest.mark.skipif(not (NODE and NPM), reason="Node.js (node and npm) isn't installed")


def locked() -> dict[str, str]:
    """The version of each package that package-lock.json asks for."""
    packages = json.loads((EXAMPLES / "package-lock.json").read_text())["packages"]
    return {name: package["version"] for name, package in packages.items() if name}


def installed() -> dict[str, str]:
    """The version of each package that is in node_modules, as npm noted it there."""
    note = EXAMPLES / "node_modules" / ".package-lock.json"
    packages = json.loads(note.read_text())["packages"] if note.exists() else {}
    return {name: package["version"] for name, package in packages.items()}


@pytest.fixture(scope="session")
def packages() -> None:
    """The SDKs, installed as the lock file says: once, and by one test process only."""
    assert NPM
    with (EXAMPLES / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if installed() != locked():
            command = [NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=EXAMPLES, capture_output=True, text=True, timeout=300, check=False)
            assert done.returncode == 0, f"npm ci failed:\n{done.stdout}{done.stderr}"
    assert installed() == locked()


@pytest.fixture(scope="module")
def server() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def run(packages: None, server: Simulator, monkeypatch: pytest.MonkeyPatch) -> Runner:
    """Runs a program, with an environment that leads to the simulator, and gives what it prints."""
    server.reset()
    monkeypatch.setenv("OPENAI_BASE_URL", server.openai_url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-example-0123456789abcdef")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.anthropic_url)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-example-0123456789abcdef")

    def run_it(name: str) -> str:
        assert NODE
        command = [NODE, str(EXAMPLES / name)]
        done = subprocess.run(
            command, env=dict(os.environ), capture_output=True, encoding="utf-8", timeout=120, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
        return done.stdout

    return run_it


def number(pattern: str, text: str) -> int:
    """The first group of a pattern, as a number."""
    found = re.search(pattern, text)
    assert found, f"{pattern!r} isn't in:\n{text}"
    return int(found[1])


def test_every_program_is_tested() -> None:
    names = {f"{vendor}_{what}.mjs" for vendor in VENDORS for what in ("first_call", "conversation", "retry")}
    assert {path.name for path in EXAMPLES.glob("*.mjs")} == names


def test_the_lock_file_names_no_registry() -> None:
    text = (EXAMPLES / "package-lock.json").read_text()
    assert "://" not in text
    assert '"resolved"' not in text


VENDORS = {
    "openai": ("finish_reason: stop", "gpt-4o-mini-"),
    "anthropic": ("stop_reason: end_turn", "claude-haiku-4-5"),
}


@pytest.mark.parametrize("vendor", VENDORS)
def test_first_call(vendor: str, run: Runner, server: Simulator) -> None:
    said = run(f"{vendor}_first_call.mjs")
    reason, model = VENDORS[vendor]
    assert re.search(r"^text: .*Paris", said, re.MULTILINE)
    assert reason in said
    assert f"model: {model}" in said
    assert re.search(r"request id: req_\w+", said)
    assert 5 < number(r"tokens: (\d+) in", said) < 60
    assert re.search(r"^streamed: .*Paris", said, re.MULTILINE)
    assert number(r"(\d+) pieces", said) > 1
    assert number(r"pieces, (\d+) tokens out", said) > 1
    assert len(server.calls) == 2


@pytest.mark.parametrize("vendor", VENDORS)
def test_conversation(vendor: str, run: Runner) -> None:
    said = run(f"{vendor}_conversation.mjs")
    sent = [int(tokens) for tokens in re.findall(r"(\d+) tokens sent", said)]
    assert len(sent) == 3
    assert sent[0] < sent[1] < sent[2]
    last, alone = said.split("you:   What is my name?")[1].split("without the history:")
    assert "Ada" in last
    assert "Ada" not in alone


@pytest.mark.parametrize("vendor", VENDORS)
def test_retry(vendor: str, run: Runner, server: Simulator) -> None:
    first, second = run(f"{vendor}_retry.mjs").split("A wrong request")
    assert re.findall(r"retry (\d) -> (\d+)", first) == [("0", "503"), ("1", "429"), ("2", "200")]
    waits = [float(seconds) for seconds in re.findall(r"after (\d+\.\d+) s", first)]
    assert waits[1] - waits[0] >= 0.35  # the SDK's own wait: half a second, less up to a quarter
    assert waits[2] - waits[1] >= 0.15  # what retry-after-ms asked for
    assert "Paris" in first
    assert re.findall(r"retry (\d) -> (\d+)", second) == [("0", "400")]
    assert "BadRequestError, status 400" in second
    assert len(server.calls) == 4
