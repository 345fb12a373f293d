"""The command line against the simulator: called in this process, and as a program of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ringup.cli.app import app
from ringup.testing import Simulator

OPENAI_KEY = "sk-proj-0123456789abcdefghij-tail"
ANTHROPIC_KEY = "sk-ant-api03-0123456789abcdefghij-last"

Run = Callable[..., Result]
Spawn = Callable[..., "subprocess.Popen[str]"]


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
