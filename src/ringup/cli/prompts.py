"""The prompt of a command: its argument, what comes through a pipe, or both."""

from __future__ import annotations

import os
import stat
import sys

import click

from ringup.cli.output import is_terminal, read_text

__all__ = ["read_prompt"]


def read_prompt(words: tuple[str, ...], command: str, hint: str = "", piped: bool = True) -> str:
    """The prompt of `ringup command`. Raises click.UsageError when there is none, or when it lacks its quotes (then
    `hint` says what else may be wrong). Not `piped`: what comes through a pipe is no prompt."""
    if len(words) > 1:
        quoted = f'ringup {command} "{" ".join(words)}"'
        raise click.UsageError(f"the prompt is one argument. Put it into quotes: {quoted}{hint}")
    argument = words[0] if words else None
    try:
        (argument or "").encode()
    except UnicodeEncodeError:
        raise click.UsageError("the prompt isn't text in UTF-8.") from None
    text = "\n\n".join([part for part in (argument, _read_pipe(argument) if piped else "") if part and part.strip()])
    if not text:
        raise click.UsageError(
            f'there is no prompt. Give it as an argument, like ringup {command} "Hello!", or pipe it in.'
        )
    return text


def _read_pipe(argument: str | None) -> str:
    """What was piped in. Beside an argument, a stdin that is no pipe and no file isn't waited for."""
    if sys.stdin is None or is_terminal(sys.stdin):
        return ""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (OSError, ValueError):
        mode = stat.S_IFIFO
    if argument and not (stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)):
        return ""
    return read_text(sys.stdin.buffer.read()).rstrip("\n")
