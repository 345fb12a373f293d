"""The prompt of `ringup chat` at a terminal: history, several lines, completion. Built on prompt_toolkit."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import Completion
    from prompt_toolkit.history import History
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

__all__ = ["make_reader"]


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
