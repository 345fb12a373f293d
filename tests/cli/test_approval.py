"""Tools at a terminal: each call is shown, and the person says whether it runs."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ringup.testing import Simulator
from tests.cli.conftest import Screen

WEATHER = '''
def get_weather(city: str, unit: str = "C") -> str:
    """The weather in a city, now."""
    print("looking", city)
    return f"20 {unit} and sunny in {city}"


def write_note(text: str, path: str = "note.txt") -> str:
    """Write a note to a file."""
    return f"{len(text)} letters"
'''
ASK = ("ask", "-m", "gpt-4o-mini", "--tool", "weather:get_weather")
CHAT = ("chat", "-m", "gpt-4o-mini", "--tool", "weather")
OSLO, BOTH = "What is the weather in Oslo?", "What is the weather in Oslo and in Rome?"
ASKED = "[q]uit:"
"The end of the question."
CTRL_C, CTRL_D, CTRL_U = "\x03", "\x04", "\x15"

Open = Callable[..., Screen]


@pytest.fixture
def weather(here: Path) -> Path:
    (here / "weather.py").write_text(WEATHER)
    return here


def question(screen: Screen, after: str, asked: str = ASKED) -> None:
    """Wait until it asks, after these words. (An answer paints the question once more.)"""
    screen.type("", after)
    deadline = time.monotonic() + 30
    while asked not in screen.seen.rpartition(after)[2]:
        assert time.monotonic() < deadline, f"no question in {screen.seen!r}"
        time.sleep(0.01)


def told(sim: Simulator) -> list[str]:
    """What the last request told the model of its calls."""
    return [each["content"] for each in sim.calls[-1].request.json["messages"] if each["role"] == "tool"]


@pytest.mark.parametrize("how", [(), ("--no-stream",), ("--json",), ("--schema", "city, degrees int")])
def test_yes(sim: Simulator, screen: Open, weather: Path, how: tuple[str, ...]) -> None:
    asked = screen(*ASK, *how, OSLO)
    asked.type("", ASKED)
    assert 'get_weather(city="Oslo")' in asked.seen
    assert "looking" not in asked.seen
    asked.type("y\r", "tokens in")
    assert "  get_weather -> 20 C and sunny in Oslo" in asked.seen
    assert asked.program.wait(30) == 0


def test_only_a_word_that_is_known_is_an_answer(sim: Simulator, screen: Open, weather: Path) -> None:
    asked = screen(*ASK, OSLO)
    asked.type("", ASKED)
    for keys in ("\r", "yep\r", "?\r"):
        asked.type(keys, "nothing of this turn is run")
        question(asked, "nothing of this turn is run")
    assert "looking" not in asked.seen
    asked.type("YES\r", "tokens in")


def test_no_with_a_reason_and_without(sim: Simulator, screen: Open, weather: Path) -> None:
    for said, reason in (("n too far", "too far"), ("n", "too cold"), ("no", "")):
        asked = screen(*ASK, OSLO)
        asked.type("", ASKED)
        if said != "n too far":
            asked.type(f"{said}\r", "no reason)")
        asked.type(f"{reason if ' ' not in said else said}\r", "tokens in")
        words = "The user didn't allow this call"
        assert told(sim) == [f"{words}: {reason}" if reason else f"{words}."]
        assert "looking" not in asked.seen


def test_each_call_is_asked_about_before_any_runs(sim: Simulator, screen: Open, weather: Path) -> None:
    asked = screen(*ASK, BOTH)
    asked.type("", ASKED)
    os.write(asked.outer, b"y\r")
    question(asked, 'get_weather(city="Rome")')
    assert "looking" not in asked.seen
    asked.type("n\r", "no reason)")
    asked.type("\r", "tokens in")
    assert told(sim) == ["20 C and sunny in Oslo", "The user didn't allow this call."]


def test_all(sim: Simulator, screen: Open, weather: Path) -> None:
    asked = screen(*ASK, BOTH)
    asked.type("", ASKED)
    asked.type("a\r", "tokens in")
    assert asked.seen.count("looking") == 2
    assert 'get_weather(city="Rome")' in asked.seen


def test_edit(sim: Simulator, screen: Open, weather: Path) -> None:
    asked = screen(*ASK, OSLO)
    asked.type("", ASKED)
    asked.type("e\r", '{"city": "Oslo"}')
    wrong = {'{"city": 3}': "city: Expected `str`, got `int`.", "[3]": "no JSON object", "{city": "isn't valid JSON: "}
    for text, said in wrong.items():
        asked.type(f"{CTRL_U}{text}\r", said)
        question(asked, said, "Arguments: " + text)  # it stays, to be mended
    for back in (f"{CTRL_U}\r", f"{CTRL_U}{CTRL_D}"):
        asked.type(back, ASKED)
        asked.type("e\r", '{"city": "Oslo"}')
    asked.type(f'{CTRL_U}{{"city": "Bergen"}}\r', "tokens in")
    assert told(sim) == ["20 C and sunny in Bergen"]


@pytest.mark.parametrize("keys", ["q\r", "quit\r", CTRL_C, CTRL_D])
def test_quit(sim: Simulator, screen: Open, weather: Path, keys: str) -> None:
    asked = screen(*ASK, OSLO)
    asked.type("", ASKED)
    asked.type(keys, "stopped")
    assert asked.program.wait(30) == 130
    assert "looking" not in asked.seen
    assert "Traceback" not in asked.seen
    assert len(sim.calls) == 1


def test_a_signal_while_it_asks(sim: Simulator, screen: Open, weather: Path) -> None:
    asked = screen(*ASK, OSLO)
    asked.type("", ASKED)
    asked.program.send_signal(signal.SIGINT)
    assert asked.program.wait(30) == 130
    assert "Traceback" not in asked.seen


def test_what_was_typed_before_the_question_answers_nothing(sim: Simulator, screen: Open, weather: Path) -> None:
    sim.fault(stream=True, first_token=1.0)
    asked = screen(*ASK, OSLO)
    deadline = time.monotonic() + 30
    while not sim.calls:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.write(asked.outer, b"y\r")
    asked.type("", ASKED)
    asked.type("n no\r", "tokens in")
    assert "looking" not in asked.seen


def test_yes_on_the_command_line_asks_nothing(sim: Simulator, screen: Open, weather: Path) -> None:
    asked = screen(*ASK, "--yes", OSLO)
    asked.type("", "tokens in")
    assert "Run it?" not in asked.seen
    assert '\x1b[2mget_weather(city="Oslo")\x1b[0m' in asked.seen


def test_no_colour_and_a_poor_terminal(sim: Simulator, screen: Open, weather: Path) -> None:
    asked = screen(*ASK, OSLO, NO_COLOR="1", TERM="dumb")
    asked.type("", ASKED)
    asked.type("y\r", "tokens in")
    assert "\x1b[1m" not in asked.seen
    assert "\x1b[2m" not in asked.seen
    assert told(sim) == ["20 C and sunny in Oslo"]


def test_a_chat_that_stops_before_its_tools_and_goes_on(sim: Simulator, screen: Open, weather: Path) -> None:
    chat = screen(*CHAT)
    chat.type("", ">")
    chat.type(f"{OSLO}\r", ASKED)
    chat.type("q\r", "/resume asks you again")
    chat.type("Hello!\r", "/undo takes the turn back.")
    chat.type("/resume\r", ASKED)
    chat.type(CTRL_C, "stopped: /resume asks you again")
    chat.type("/resume\r", ASKED)
    chat.type("y\r", "tokens in")
    assert "According to get_weather: 20 C and sunny in Oslo." in chat.seen
    chat.type("And in Rome?\r", ASKED)
    chat.type("a\r", "sunny in Rome.")
    chat.type("", "tokens in")
    assert chat.leave() == 0
    assert "Traceback" not in chat.seen


def test_ctrl_c_at_the_question_of_a_chat_stops_the_turn_only(sim: Simulator, screen: Open, weather: Path) -> None:
    chat = screen(*CHAT)
    chat.type("", ">")
    chat.type(f"{OSLO}\r", ASKED)
    chat.type(CTRL_C, "(/retry asks again)")
    chat.type("/retry\r", ASKED)
    chat.type("y\r", "tokens in")
    assert len(sim.calls[-1].request.json["messages"]) == 3
    assert chat.leave() == 0
    assert "Traceback" not in chat.seen
    assert chat.seen.rfind("\x1b[?2004l") > chat.seen.rfind("\x1b[?2004h")  # left as it was found
