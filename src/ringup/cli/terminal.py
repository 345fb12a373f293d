"""The prompt of `ringup chat` at a terminal: history, several lines, completion. Built on prompt_toolkit."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ringup.cli.output import is_terminal

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import Completion
    from prompt_toolkit.history import History
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

__all__ = ["ask_line", "forget_typed", "hushed", "make_reader"]

_KEEP_PASTES, _FORGET_PASTES = "\x1b[?2004h", "\x1b[?2004l"
"""What makes a terminal put brackets around what is pasted, and what ends that."""


def make_reader(history: Path | None, complete: Callable[[str], Iterable[str]], **io: Any) -> Callable[[], str | None]:
    """A function that reads what a person types: one entry a call, "" after Ctrl-C, None at the end (Ctrl-D).

    Enter sends; Alt-Enter, or a backslash at the end of the line, begins a new line; what is pasted is never sent by
    itself. `complete` gives what may follow the text before the cursor. `history` is a file that only its owner reads.
    """
    session = _session(history, complete, **io)

    def read() -> str | None:
        try:
            return session.prompt("> ")
        except KeyboardInterrupt:
            return ""
        except EOFError:
            return None

    return read


def ask_line(question: str, text: str = "") -> str | None:
    """What a person answers to a question in the midst of a reply, on one line that begins as `text`; None for Ctrl-D.
    Ctrl-C is a KeyboardInterrupt."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.output import create_output

    session: PromptSession[str] = PromptSession(output=create_output(stdout=sys.stderr))
    is_hushed = _is_hushed()
    try:
        return session.prompt(question, default=text)
    except EOFError:
        return None
    finally:
        if is_hushed:
            print(_KEEP_PASTES, end="", file=sys.stderr, flush=True)


def forget_typed() -> None:
    """Throw away what was typed so far: it can't be the answer to a question that nobody has seen yet."""
    from prompt_toolkit.application import get_app_session
    from prompt_toolkit.input.typeahead import clear_typeahead

    clear_typeahead(get_app_session().input)
    if sys.platform != "win32":
        termios = importlib.import_module("termios")
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)


def _is_hushed() -> bool:
    if sys.platform == "win32":
        return False
    termios = importlib.import_module("termios")
    return not termios.tcgetattr(sys.stdin.fileno())[3] & termios.ECHO


@contextmanager
def hushed() -> Iterator[None]:
    """While a reply comes: what is typed doesn't show up among its words, and waits for the next prompt. What is pasted
    waits as one piece, so that its line ends don't send it. Ctrl-C goes on to work.
    """
    keys = sys.stdin.fileno()
    screen = next((stream for stream in (sys.stdout, sys.stderr) if is_terminal(stream)), None)
    if screen is None or sys.platform == "win32":
        yield
        return
    termios, tty = importlib.import_module("termios"), importlib.import_module("tty")
    before = termios.tcgetattr(keys)
    tty.setcbreak(keys, termios.TCSANOW)
    print(_KEEP_PASTES, end="", file=screen, flush=True)
    try:
        yield
    finally:
        termios.tcsetattr(keys, termios.TCSANOW, before)
        print(_FORGET_PASTES, end="", file=screen, flush=True)


def _session(history: Path | None, complete: Callable[[str], Iterable[str]], **io: Any) -> PromptSession[str]:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.output import create_output

    io = io or {"output": create_output(always_prefer_tty=True)}
    return PromptSession(
        multiline=True,
        prompt_continuation="  ",
        history=_history(history),
        key_bindings=_keys(),
        completer=_completer(complete),
        complete_while_typing=False,
        **io,
    )


def _history(path: Path | None) -> History:
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    if path is None:
        return InMemoryHistory()
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError:  # a home that can't be written: remember for this once
        return InMemoryHistory()
    return FileHistory(str(path))


def _keys() -> KeyBindings:
    from prompt_toolkit.key_binding import KeyBindings

    keys = KeyBindings()

    @keys.add("enter")
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.document.text_before_cursor.endswith("\\"):
            buffer.delete_before_cursor()
            buffer.insert_text("\n")
        else:
            buffer.validate_and_handle()

    @keys.add("escape", "enter")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return keys


def _completer(complete: Callable[[str], Iterable[str]]) -> Any:
    from prompt_toolkit.completion import Completer, Completion

    class _Completer(Completer):
        def get_completions(self, document: Any, complete_event: Any) -> Iterable[Completion]:  # noqa: ARG002
            before = document.text_before_cursor
            return [Completion(text, start_position=-len(before)) for text in complete(before)]

    return _Completer()
