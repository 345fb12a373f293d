"""`ringup chat` at a terminal: what Enter, Alt-Enter, pasting, Ctrl-C, Ctrl-D and Tab do; and a whole chat, typed."""

from __future__ import annotations

import os
import signal
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from ringup.cli.chat import complete
from ringup.cli.terminal import make_reader
from ringup.testing import Simulator
from tests.cli.conftest import Screen

ALT_ENTER, CTRL_C, CTRL_D, UP, TAB = "\x1b\r", "\x03", "\x04", "\x1b[A", "\t"

Typed = Callable[..., "list[str | None]"]


@pytest.fixture
def typed(tmp_path: Path) -> Typed:
    def typed(keys: str, history: Path | None = None) -> list[str | None]:
        """The entries that a person makes by typing so, and None for leaving. After Tab, a person waits a little."""
        before, tab, after = (keys + CTRL_D).partition(TAB)
        with create_pipe_input() as keyboard:

            def slow(text: str) -> list[str]:
                threading.Timer(0.1, keyboard.send_text, [after]).start()
                return list(complete(text))

            read = make_reader(history, slow, input=keyboard, output=DummyOutput())
            keyboard.send_text(before + tab)
            entries: list[str | None] = [read()]
            while entries[-1] is not None:
                entries.append(read())
        return entries

    return typed


def test_enter_sends(typed: Typed) -> None:
    assert typed("Hello!\rBye.\r") == ["Hello!", "Bye.", None]


def test_alt_enter_and_a_backslash_begin_a_new_line(typed: Typed) -> None:
    assert typed(f"one{ALT_ENTER}two\r") == ["one\ntwo", None]
    assert typed("one\\\rtwo\r") == ["one\ntwo", None]


def test_what_is_pasted_is_not_sent(typed: Typed) -> None:
    assert typed("\x1b[200~one\rtwo\n\x1b[201~three\r") == ["one\ntwo\nthree", None]


def test_ctrl_c_clears_the_line(typed: Typed) -> None:
    assert typed(f"never mind{CTRL_C}Hello!\r") == ["", "Hello!", None]


def test_tab_completes_commands_and_models(typed: Typed) -> None:
    assert typed(f"/us{TAB}\r") == ["/usage", None]
    assert typed(f"/model gpt-4.1-n{TAB}\r") == ["/model gpt-4.1-nano", None]
    assert typed(f"us{TAB}\r") == ["us", None]


def test_history_is_kept_for_its_owner_only(typed: Typed, tmp_path: Path) -> None:
    history = tmp_path / "history"
    assert typed("first\rsecond\r", history) == ["first", "second", None]
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    assert typed(f"{UP}{UP}\r", history) == ["first", None]


def test_a_history_that_cannot_be_written_is_done_without(typed: Typed, tmp_path: Path) -> None:
    assert typed("Hello!\r", tmp_path / "no" / "history") == ["Hello!", None]


def test_a_chat_at_a_terminal(sim: Simulator, screen: Callable[..., Screen]) -> None:
    chat = screen("chat", "-m", "gpt-4o-mini")
    chat.type("", ">")
    chat.type("What is the capital of France?\r", "tokens in")
    assert "Paris" in chat.seen
    sim.fault(stream=True, stall_after=12)
    os.write(chat.outer, b"Tell me a long story.\r")
    deadline = time.monotonic() + 30
    while len(sim.calls) < 2 or sim.calls[-1].text.count("data:") < 12:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    chat.program.send_signal(signal.SIGINT)
    chat.type("", "stopped")
    chat.type("/usage\r", "answers: 1")
    assert chat.leave() == 0
    assert "Traceback" not in chat.seen


def test_what_is_pasted_while_a_reply_comes_waits_as_one_piece(sim: Simulator, screen: Callable[..., Screen]) -> None:
    chat = screen("chat", "-m", "gpt-4o-mini")
    chat.type("", ">")
    sim.fault(stream=True, first_token=1.0)
    pasting_on = chat.seen.count("\x1b[?2004h")
    os.write(chat.outer, b"Hello!\r")
    deadline = time.monotonic() + 30
    while not sim.calls or chat.seen.count("\x1b[?2004h") == pasting_on:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.write(chat.outer, b"\x1b[200~one\rtwo\r\x1b[201~")
    chat.type("", "tokens in")
    assert "one" not in chat.seen.partition("tokens in")[0]
    chat.type("three\r", "tokens in")
    assert sim.calls[1].request.json["messages"][-1]["content"] == "one\ntwo\nthree"
    assert chat.leave() == 0
    assert chat.seen.rfind("\x1b[?2004l") > chat.seen.rfind("\x1b[?2004h")  # left as it was found


def test_an_answer_at_a_terminal_closes_with_a_line_in_colour(sim: Simulator, screen: Callable[..., Screen]) -> None:
    asked = screen("ask", "-m", "gpt-4o-mini", "What is the capital of France?")
    asked.type("", "gpt-4o-mini-2024-07-18\x1b[0m")
    assert "\x1b[2mstop" in asked.seen
    plain = screen("ask", "-m", "gpt-4o-mini", "What is the capital of France?", NO_COLOR="1")
    plain.type("", "gpt-4o-mini-2024-07-18")
    assert "\x1b" not in plain.seen
