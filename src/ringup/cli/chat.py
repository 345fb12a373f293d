"""`ringup chat`: a conversation, typed at a terminal or read from a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

import click

from ringup.cli.approval import pause
from ringup.cli.output import is_terminal, note, read_text
from ringup.cli.setup import Setup, call_options, data_dir, model_names
from ringup.cli.talk import COMMANDS, Talk
from ringup.cli.terminal import hushed, make_reader
from ringup.cli.toolbox import Toolbox, tool_options

__all__ = ["chat"]


@click.command()
@tool_options
@call_options
def chat(tool_names: tuple[str, ...], yes: bool, **options: Any) -> None:
    """Talk with a model: each turn resends the whole conversation.

    At a terminal, Enter sends, Alt-Enter (or \\ at the end of a line) begins a new line, Ctrl-C stops a reply and keeps
    what came, Ctrl-D or `quit` leaves. /help lists the commands. From a pipe, each line is a turn.
    """
    toolbox = Toolbox(tool_names, yes, stop=pause)
    setup = Setup.read(options)
    with setup.client() as client:
        talk = Talk(client, setup, toolbox)
        if is_terminal(sys.stdin):
            note(f"{setup.params.get('model') or 'no model yet: /model NAME'} · /help for help, Ctrl-D to leave")
            read = make_reader(None if setup.no_log else data_dir() / "chat-history", complete)
            while (line := read()) is not None and _hear_quietly(talk, line):
                pass
            return
        while (line := read_pipe()) is not None and talk.hear(line):
            pass
    raise click.exceptions.Exit(talk.code)


def _hear_quietly(talk: Talk, line: str) -> bool:
    with hushed():
        return talk.hear(line)


def read_pipe() -> str | None:
    """The next line of stdin, with those that follow a backslash at its end; None at the end."""
    lines: list[str] = []
    while line := read_text(sys.stdin.buffer.readline()):
        lines.append(line.rstrip("\r\n"))
        if not lines[-1].endswith("\\"):
            break
        lines[-1] = lines[-1][:-1]
    return "\n".join(lines) if lines else None


def complete(before: str) -> Iterable[str]:
    """What a line may go on with: a command, or after /model a model."""
    if before.startswith("/model "):
        return [f"/model {name}" for name in model_names(before.removeprefix("/model "))]
    return [f"/{name}" for name in COMMANDS if before.startswith("/") and f"/{name}".startswith(before)]
