"""`--tool`: which functions it takes, what is refused, and what is told of their calls where nobody is asked."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from ringup.cli.approval import call_line, tell_call
from ringup.cli.output import cut, tail
from ringup.messages import ToolCall
from ringup.testing import Simulator
from tests.cli.conftest import Run, Spawn

POSIX = pytest.mark.skipif(os.name == "nt", reason="signals and pipes as POSIX has them")
WEATHER = '''
import asyncio
import functools
import time
from math import floor
from pathlib import Path


def get_weather(city: str, unit: str = "C") -> str:
    """The weather in a city, now."""
    print("looking", city)
    if city == "Rome":
        raise ValueError("no such city\\nin the list")
    return f"20 {unit} and sunny in {city}"


async def get_time(city: str) -> str:
    """The time in a city, now."""
    await asyncio.sleep(0)
    return "9:30"


def _hidden(city: str) -> str:
    return city


def get_slow_news(city: str) -> str:
    """The news of a city."""
    print("begun", flush=True)
    time.sleep(60)
    return "nothing"


class Station:
    def get_wind(self, city: str) -> str:
        """The wind in a city."""
        return "calm"


station = Station()
get_rain = functools.partial(get_weather, unit="mm")
number = 3
'''
TOOL = ("--tool", "weather:get_weather")
ASK = ("ask", "-m", "gpt-4o-mini", "--yes")
OSLO = "What is the weather in Oslo?"


@pytest.fixture
def weather(here: Path) -> Path:
    (here / "weather.py").write_text(WEATHER)
    return here


def names(sim: Simulator) -> list[str]:
    """The tools that the first request told of."""
    return [tool["function"]["name"] for tool in sim.calls[0].request.json["tools"]]


@pytest.mark.parametrize("how", [(), ("--no-stream",), ("--wire",)])
def test_a_tool_runs_and_stdout_has_the_answer_only(
    sim: Simulator, run: Run, weather: Path, how: tuple[str, ...]
) -> None:
    done = run(*ASK, *how, *TOOL, OSLO)
    assert done.exit_code == 0
    assert done.stdout == "According to get_weather: 20 C and sunny in Oslo.\n"
    told = 'get_weather(city="Oslo")\nlooking Oslo\n  get_weather -> 20 C and sunny in Oslo\n'
    assert told in done.stderr
    assert len(sim.calls) == 2


@pytest.mark.parametrize(
    "named", ["weather.py:get_weather", "./weather.py:get_weather", "{here}/weather.py:get_weather"]
)
def test_a_file(sim: Simulator, run: Run, weather: Path, named: str) -> None:
    assert "20 C" in run(*ASK, "--tool", named.format(here=weather), OSLO).stdout


def test_a_file_whose_name_is_taken_and_its_neighbours(sim: Simulator, run: Run, here: Path) -> None:
    (here / "lib").mkdir()
    (here / "lib" / "neighbour_of_it.py").write_text("SKY = 'sunny'\n")
    code = "from neighbour_of_it import SKY\ndef get_weather(city: str) -> str:\n    'The weather.'\n    return SKY\n"
    (here / "lib" / "json.py").write_text(code)
    assert "sunny" in run(*ASK, "--tool", "lib/json.py:get_weather", OSLO).stdout


def test_a_module_alone_gives_its_own_public_functions(sim: Simulator, run: Run, weather: Path) -> None:
    run(*ASK, "--tool", "weather", "Hello!")
    assert names(sim) == ["get_weather", "get_time", "get_slow_news"]
    sim.reset()
    (weather / "chosen.py").write_text(WEATHER + "\n__all__ = ['get_time', 'number']\n")
    run(*ASK, "--tool", "chosen.py", "Hello!")
    assert names(sim) == ["get_time"]


def test_several_tools_a_method_and_a_partial(sim: Simulator, run: Run, weather: Path) -> None:
    run(
        *ASK, "--tool", "weather:station.get_wind", "--tool", "weather:get_rain", "--tool", "weather:get_time", "Hello!"
    )
    assert names(sim) == ["get_wind", "get_weather", "get_time"]
    assert sim.calls[0].request.json["tools"][1]["function"]["parameters"]["properties"].keys() == {"city"}


def test_calls_at_once_and_one_that_fails(sim: Simulator, run: Run, weather: Path) -> None:
    done = run(*ASK, *TOOL, "What is the weather in Rome and in Oslo?")
    assert "  get_weather failed: ValueError: no such city in the list\n" in done.stderr
    assert "  get_weather -> 20 C and sunny in Oslo\n" in done.stderr
    assert "looking" not in done.stdout
    assert done.exit_code == 0


def test_an_async_tool(sim: Simulator, run: Run, weather: Path) -> None:
    done = run(*ASK, "--tool", "weather:get_time", "What is the time in Oslo?")
    assert "get_time -> 9:30" in done.stderr


def test_a_tool_and_a_schema(sim: Simulator, run: Run, weather: Path) -> None:
    done = run(*ASK, *TOOL, "--schema", "city, degrees int", OSLO)
    assert json.loads(done.stdout).keys() == {"city", "degrees"}
    assert "get_weather -> 20 C" in done.stderr


def test_json_has_why_it_ended(sim: Simulator, run: Run, weather: Path) -> None:
    done = run(*ASK, "--json", *TOOL, OSLO)
    assert json.loads(done.stdout)["ended"] == "answered"
    assert len(json.loads(done.stdout)["attempts"]) == 2


def test_max_steps(sim: Simulator, run: Run, weather: Path) -> None:
    done = run(*ASK, "--max-steps", "1", *TOOL, OSLO)
    assert done.exit_code == 5
    assert "raise --max-steps" in done.stderr
    typed = run(*ASK, "--max-steps", "1", *TOOL, "--schema", "city, degrees int", OSLO)
    assert typed.exit_code == 6
    assert "within 1 calls (--max-steps)\nRaise --max-steps." in typed.stderr


def test_what_came_before_a_tool_has_its_own_line(sim: Simulator, run: Run, weather: Path) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Oslo"}'}}
    chunks: list[dict[str, Any]] = [
        {"delta": {"role": "assistant", "content": "Let me look."}, "finish_reason": None},
        {"delta": {"tool_calls": [{"index": 0, **call}]}, "finish_reason": None},
        {"delta": {}, "finish_reason": "tool_calls"},
    ]
    lines = [
        json.dumps({"id": "1", "object": "chat.completion.chunk", "model": "m", "choices": [{"index": 0, **chunk}]})
        for chunk in chunks
    ]
    body = "".join(f"data: {line}\n\n" for line in [*lines, "[DONE]"])
    sim.script([{"status": 200, "body": body, "headers": {"content-type": "text/event-stream"}}])
    done = run(*ASK, *TOOL, OSLO)
    assert done.stdout == "Let me look.\nAccording to get_weather: 20 C and sunny in Oslo.\n"


def scripted_call(name: str, arguments: str) -> dict[str, Any]:
    call = {"id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    body = {"id": "1", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini"}
    return {
        "status": 200,
        "body": {**body, "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]},
    }


def test_arguments_that_do_not_fit_are_told_and_nothing_runs(sim: Simulator, run: Run, weather: Path) -> None:
    sim.script([scripted_call("get_weather", '{"city": 3}')])
    done = run(*ASK, "--no-stream", *TOOL, OSLO)
    told = "The arguments of get_weather don't fit: city: Expected `str`, got `int`."
    assert f"get_weather(city=3)\n  get_weather failed: {told}\n"[:70] in done.stderr
    assert sim.calls[1].request.json["messages"][-1]["content"] == told
    assert "looking" not in done.stderr


@pytest.mark.parametrize(("name", "arguments"), [("get_wether", "{}"), ("get_weather", "{city")])
def test_calls_that_cannot_even_be_asked_about_are_told(
    sim: Simulator, run: Run, weather: Path, name: str, arguments: str
) -> None:
    call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": name, "arguments": arguments}}
    deltas: list[Any] = [({"tool_calls": [call]}, None), ({}, "tool_calls")]
    lines = [
        json.dumps({"id": "1", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": why}]})
        for delta, why in deltas
    ]
    body = "".join(f"data: {line}\n\n" for line in [*lines, "[DONE]"])
    for how in ((), ("--json",)):
        sim.script([{"status": 200, "body": body, "headers": {"content-type": "text/event-stream"}}])
        assert f"  {name} failed: " in run(*ASK, *how, *TOOL, OSLO).stderr


@pytest.mark.parametrize(
    ("named", "said"),
    [
        (
            "nowhere:f",
            "there is no module nowhere in {here}, nor among those that are installed.\nThere are here: bad.py, ",
        ),
        ("nowhere.deep:f", "there is no module nowhere.deep in {here}"),
        ("weather.deep:f", "there is no module weather.deep in {here}"),
        ("not a module", "'not a module' is no name of a module.\nFor example: "),
        ("nowhere/weather.py:f", "there is no file nowhere/weather.py (looked for in {here})."),
        ("./notes.txt:f", "isn't Python code: its name doesn't end in .py."),
        ("weather:get_wether", "weather.py has no function get_wether.\nIt has: get_weather, get_time, get_slow_news."),
        ("weather:number", "weather:number is a value (int), not a function."),
        ("nothing.py", "nothing.py defines no public function."),
        ("bad:untyped", "the parameter days of untyped has no type, so the model can't be told what to give.\nWrite "),
        ("bad:starred", "starred has the parameter *cities: str, and a model can only fill named ones"),
        ("bad:strange", "the parameter where of strange can't be described to a model"),
        ("broken:f", "broken can't be loaded: invalid syntax (broken.py, line 2)."),
        ("lacking:f", "lacking can't be loaded: it needs no_such_library, which isn't installed."),
        ("failing.py:f", "failing.py can't be loaded: ZeroDivisionError: division by zero.\nRINGUP_DEBUG=1 shows"),
        ("leaving:f", "leaving can't be loaded: it ends the program when it is imported."),
    ],
    ids=lambda text: text[:24],
)
def test_what_is_no_tool_is_told_before_anything_is_sent(
    sim: Simulator, run: Run, weather: Path, named: str, said: str
) -> None:
    (weather / "bad.py").write_text(
        "class Here: ...\ndef untyped(city: str, days=1): ...\ndef starred(*cities: str): ...\n"
        "def strange(where: Here): ...\n"
    )
    (weather / "notes.txt").write_text("mine")
    (weather / "nothing.py").write_text("from math import floor\ndef _f(): ...\n")
    (weather / "broken.py").write_text("x = 1\nx = = 2\n")
    (weather / "lacking.py").write_text("import no_such_library\n")
    (weather / "failing.py").write_text("1 / 0\n")
    (weather / "leaving.py").write_text("import sys\nsys.exit(1)\n")
    done = run(*ASK, "--tool", named, OSLO)
    assert done.exit_code == 2
    assert said.format(here=weather) in done.stderr
    assert (done.stdout, sim.calls) == ("", [])


def test_the_same_name_twice(sim: Simulator, run: Run, weather: Path) -> None:
    done = run(*ASK, *TOOL, "--tool", "weather:get_rain", OSLO)
    assert "two tools are called get_weather." in done.stderr
    assert done.exit_code == 2


def test_a_file_that_failed_is_loaded_anew(sim: Simulator, run: Run, here: Path) -> None:
    (here / "later.py").write_text("1 / 0\n")
    assert run(*ASK, "--tool", "later.py:f", OSLO).exit_code == 2
    (here / "later.py").write_text("def f(city: str) -> str: ...\n")
    assert run(*ASK, "--tool", "later.py:f", "Hello!").exit_code == 0


@pytest.mark.parametrize("command", ["ask", "chat"])
def test_without_a_terminal_nobody_can_be_asked(sim: Simulator, spawn: Spawn, weather: Path, command: str) -> None:
    program = spawn(command, "-m", "gpt-4o-mini", *TOOL)
    out, err = program.communicate(OSLO, timeout=60)
    assert program.returncode == 2
    assert err == (
        "error: there is nobody to ask before a tool runs, for this isn't a terminal.\n"
        "--yes runs the tools without asking.\n"
    )
    assert (out, sim.calls) == ("", [])


def test_a_pipe_with_yes(sim: Simulator, spawn: Spawn, weather: Path) -> None:
    program = spawn(*ASK, *TOOL, env={"NO_COLOR": "1"})
    out, err = program.communicate(OSLO, timeout=60)
    assert out == "According to get_weather: 20 C and sunny in Oslo.\n"
    assert "\x1b" not in out + err


@POSIX
@pytest.mark.parametrize("how", [(), ("--no-stream",)])
def test_ctrl_c_while_a_tool_runs(sim: Simulator, spawn: Spawn, weather: Path, how: tuple[str, ...]) -> None:
    program = spawn(
        *ASK, *how, "--tool", "weather:get_slow_news", "What is the slow news of Oslo?", stdin=subprocess.DEVNULL
    )
    assert program.stderr
    seen = ""
    while "begun" not in seen:
        line = program.stderr.readline()
        assert line, seen
        seen += line
    program.send_signal(signal.SIGINT)
    out, err = program.communicate(timeout=60)
    assert program.returncode == 130
    assert err.strip().endswith("stopped")
    assert "Traceback" not in err
    assert (out, len(sim.calls)) == ("", 1)


@POSIX
def test_ctrl_c_in_a_chat_stops_the_turn_and_what_the_tool_says_later_is_not_heard(
    sim: Simulator, spawn: Spawn, weather: Path
) -> None:
    slow = WEATHER.replace("time.sleep(60)", "time.sleep(1)")
    (weather / "weather.py").write_text(slow)
    program = spawn("chat", "-m", "gpt-4o-mini", "--yes", "--tool", "weather:get_slow_news")
    assert program.stdin
    assert program.stderr
    program.stdin.write("What is the slow news of Oslo?\n")
    program.stdin.flush()
    seen = ""
    while "begun" not in seen:
        seen += program.stderr.readline()
    program.send_signal(signal.SIGINT)
    while "stopped" not in seen:
        seen += program.stderr.readline()
    program.stdin.write("What is the capital of France?\n")
    program.stdin.flush()
    time.sleep(1.2)  # the tool is done in this time
    out, err = program.communicate("/tools\n", timeout=60)
    assert "Paris" in out
    assert "get_slow_news ->" not in seen + err
    assert "get_slow_news(city)  The news of a city." in err
    assert program.returncode == 0


@POSIX
def test_the_reader_goes_away(sim: Simulator, spawn: Spawn, weather: Path) -> None:
    program = spawn(*ASK, *TOOL, OSLO, stdin=subprocess.DEVNULL)
    assert program.stdout
    program.stdout.close()
    program.stdout = None
    _, err = program.communicate(timeout=60)
    assert program.returncode == 141
    assert "Broken" not in err
    assert "Exception" not in err


def test_tools_in_a_chat(sim: Simulator, run: Run, weather: Path) -> None:
    talk = weather / "talk.json"
    lines = f"/tools\n/tools weather:get_weather\n/tools weather:nope\n{OSLO}\nAnd in Bergen?\n/save {talk}\n"
    done = run("chat", "-m", "gpt-4o-mini", "--yes", stdin=lines)
    assert "no tools: /tools module:function gives one" in done.stderr
    assert "  get_weather(city, unit=...)  The weather in a city, now.\n" in done.stderr
    assert "has no function nope." in done.stderr
    assert done.stdout.count("20 C and sunny in") == 2
    roles = [message["role"] for message in sim.calls[-1].request.json["messages"]]
    assert roles == ["user", "assistant", "tool", "assistant", "user", "assistant", "tool"]
    again = run("chat", "--yes", *TOOL, stdin=f"/load {talk}\nAnd in Tromso?\n")
    assert "20 C and sunny in Tromso" in again.stdout


def waiting(sim: Simulator, run: Run, folder: Path) -> Path:
    """A saved conversation that ends with a call of a tool."""
    talk = folder / "waiting.json"
    run("chat", "-m", "gpt-4o-mini", stdin=f"Hello!\n/save {talk}\n")
    held = json.loads(talk.read_text())
    held["messages"] = [
        {"role": "user", "parts": [{"type": "text", "text": OSLO}]},
        {
            "role": "assistant",
            "parts": [{"type": "tool_call", "id": "call_1", "name": "get_weather", "json": '{"city":"Oslo"}'}],
        },
    ]
    talk.write_text(json.dumps(held))
    return talk


def test_a_saved_turn_that_waits_for_tools_goes_on(sim: Simulator, run: Run, weather: Path) -> None:
    talk = waiting(sim, run, weather)
    lines = f"/load {talk}\n/resume\nHello!\n/tools weather:get_weather\n/resume\n/resume\n"
    done = run("chat", "--yes", stdin=lines)
    assert "it waits for tools: /resume goes on with them, /undo takes the turn back" in done.stderr
    assert "error: the turn waits for tools that aren't here: get_weather.\n/tools module:function" in done.stderr
    assert "error: the conversation waits for the results of get_weather.\n/resume goes on" in done.stderr
    assert done.stdout == "According to get_weather: 20 C and sunny in Oslo.\n"
    assert "error: there is nothing to resume." in done.stderr


def test_a_turn_that_waits_can_be_taken_back(sim: Simulator, run: Run, weather: Path) -> None:
    talk = waiting(sim, run, weather)
    done = run("chat", stdin=f"/load {talk}\n/undo\nWhat is the capital of France?\n")
    assert "Paris" in done.stdout


def test_a_call_on_one_line() -> None:
    call = ToolCall("1", "f", '{"a": "x\\ny", "b": [1, null], "c": "na\u00efve \\u202e"}')
    assert call_line(call) == 'f(a="x\\ny", b=[1, null], c="na\u00efve \\u202e")'


def test_a_line_is_cut_where_the_terminal_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    assert cut("a  b\nc") == "a b c"
    assert cut("x" * 19) == "x" * 19
    assert cut("x" * 20) == "x" * 16 + "..."
    assert cut("\u4f60" * 20, before="  ") == "  " + "\u4f60" * 7 + "..."
    assert tail("a  b\nc") == "a b c"
    assert tail("x" * 20 + "y") == "..." + "x" * 15 + "y"
    assert tail("x " * 10_000_000 + "y") == "... x x x x x x x y"
    assert cut("x " * 10_000_000) == "x x x x x x x x..."


def test_a_call_with_much_in_it_is_shown_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    tell_call(ToolCall("1", "write_file", json.dumps({"path": "a.py", "content": "def f():\n    return 1\n"})))
    shown = 'write_file(\n  path = "a.py"\n  content =\n    | def f():\n    |     return 1\n)\n'
    assert capsys.readouterr().err == shown
    tell_call(ToolCall("1", "write_file", json.dumps({"content": "line\n" * 60})))
    assert capsys.readouterr().err.endswith("  ... and 21 more lines (e shows all of it)\n)\n")
    tell_call(ToolCall("1", "write_file", json.dumps({"path": "x" * 100, "content": "\x1b[2J\u202e"})))
    shown = capsys.readouterr().err
    assert '\\u001b[2J\\u202e"' in shown
    assert "\x1b" not in shown
