"""The command line against the simulator: called in this process, and as a program of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ringup.cli.app import app
from ringup.testing import Simulator
from tests.cli.again import make_ledger

OPENAI_KEY = "sk-proj-0123456789abcdefghij-tail"
ANTHROPIC_KEY = "sk-ant-api03-0123456789abcdefghij-last"

Run = Callable[..., Result]
Spawn = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Simulator, Path]]:
    """A ledger of calls of all kinds (`again.IDS`), and the simulator that answered them."""
    path = tmp_path_factory.mktemp("again") / "calls.db"
    with Simulator() as sim:
        make_ledger(path, sim)
        yield sim, path


@pytest.fixture(scope="package")
def server() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def sim(server: Simulator, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """The simulator in the place of both vendors, with a key for each."""
    server.reset()
    monkeypatch.setenv("OPENAI_BASE_URL", server.openai_url)
    monkeypatch.setenv("OPENAI_API_KEY", OPENAI_KEY)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.anthropic_url)
    monkeypatch.setenv("ANTHROPIC_API_KEY", ANTHROPIC_KEY)
    return server


@pytest.fixture
def run() -> Run:
    """Call the command line in this process."""

    def run(*args: str, stdin: str | bytes | None = None) -> Result:
        return CliRunner().invoke(app, list(args), input=stdin, prog_name="ringup", catch_exceptions=False)

    return run


@pytest.fixture
def spawn() -> Iterator[Spawn]:
    """Start the command line as a program. What still runs at the end of the test is killed."""
    started: list[subprocess.Popen[str]] = []

    def spawn(*args: str, **how: Any) -> subprocess.Popen[str]:
        pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        env = {**os.environ, **how.pop("env", {})}
        program = subprocess.Popen(
            [sys.executable, "-m", "ringup", *args], text=True, encoding="utf-8", env=env, **(pipes | how)
        )
        started.append(program)
        return program

    yield spawn
    for program in started:
        if program.poll() is None:
            program.kill()
        program.communicate()


class Screen:
    """A terminal with a program in it."""

    def __init__(self, spawn: Spawn, *args: str, **env: str) -> None:
        import pty

        self.outer, inner = pty.openpty()
        env = {"TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", **env}
        self.program = spawn(*args, stdin=inner, stdout=inner, stderr=inner, start_new_session=True, env=env)
        os.close(inner)
        self.seen = ""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        try:
            while data := os.read(self.outer, 4096):
                self.seen += data.decode("utf-8", "replace")
        except OSError:  # the program has left
            pass

    def type(self, keys: str, until: str) -> None:
        """Type, and wait until a text is seen that wasn't there before."""
        before = self.seen.count(until) if keys else 0
        os.write(self.outer, keys.encode())
        deadline = time.monotonic() + 30
        while self.seen.count(until) <= before:
            assert time.monotonic() < deadline, f"no {until!r} in {self.seen!r}"
            time.sleep(0.01)

    def leave(self) -> int:
        """Ctrl-D, until the program has gone: one that comes before the prompt is there again gets lost."""
        deadline = time.monotonic() + 60
        while self.program.poll() is None and time.monotonic() < deadline:
            try:
                os.write(self.outer, b"\x04")
                self.program.wait(1)
            except (OSError, subprocess.TimeoutExpired):
                pass
        return self.program.wait(1)


@pytest.fixture
def screen(spawn: Spawn) -> Iterator[Callable[..., Screen]]:
    if sys.platform == "win32":
        pytest.skip("needs a pseudo-terminal")
    screens: list[Screen] = []

    def screen(*args: str, **env: str) -> Screen:
        screens.append(Screen(spawn, *args, **env))
        return screens[-1]

    yield screen
    for used in screens:
        used.program.kill()
        used.program.wait()
        os.close(used.outer)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty current folder. The modules that a test loads from it are forgotten at its end."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]
