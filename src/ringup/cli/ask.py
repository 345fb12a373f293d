"""`ringup ask`: one question, one answer."""

from __future__ import annotations

import os
import stat
import sys
from typing import Any

import click

from ringup.cli.exits import NO_ANSWER, report
from ringup.cli.output import is_terminal, read_text, write
from ringup.cli.setup import Setup, call_options
from ringup.cli.telling import as_dict, close, dump, gather, play, print_whole
from ringup.errors import RingupError
from ringup.reply import Reply

__all__ = ["ask"]


@click.command()
@click.argument("words", metavar="[PROMPT]", nargs=-1)
@click.option("--no-stream", is_flag=True, help="Print the answer when all of it is here.")
@click.option("--json", "json_", is_flag=True, help="Print one JSON object: text, finish_reason, usage, cost, ...")
@call_options
def ask(words: tuple[str, ...], no_stream: bool, json_: bool, **options: Any) -> None:
    """Ask a model, and print its answer.

    The prompt is the argument, what comes through a pipe, or both: the argument, then the piped text.

    \b
    Examples:
      ringup ask "What is the capital of France?"
      ringup ask -m claude-haiku-4-5 "What does this do?" < program.py
      ringup ask --wire --max-tokens 20 "Count to ten."
    """
    text = _read_prompt(words)
    setup = Setup.read(options)
    try:
        reply = _answer(setup, text, no_stream, silent=json_)
    except RingupError as error:
        if json_:
            write(dump(report(error)))
        raise
    if json_:
        write(dump(as_dict(reply)))
    close(reply, setup)
    if reply.finish_reason == "error":
        raise click.exceptions.Exit(NO_ANSWER)


def _answer(setup: Setup, text: str, no_stream: bool, silent: bool) -> Reply:
    """The reply, its words printed as they come where that is wanted, else at the end, or (silent) not at all."""
    with setup.client() as client:
        if not (no_stream or silent or setup.wire):
            return play(client.stream(text, **setup.params), setup)
        reply = client.ask(text, **setup.params) if no_stream else gather(client.stream(text, **setup.params))
        if not silent:
            print_whole(reply, setup)
        return reply


def _read_prompt(words: tuple[str, ...]) -> str:
    if len(words) > 1:
        raise click.UsageError(f'the prompt is one argument. Put it into quotes: ringup ask "{" ".join(words)}"')
    argument = words[0] if words else None
    try:
        (argument or "").encode()
    except UnicodeEncodeError:
        raise click.UsageError("the prompt isn't text in UTF-8.") from None
    text = "\n\n".join([part for part in (argument, _read_pipe(argument)) if part and part.strip()])
    if not text:
        raise click.UsageError('there is no prompt. Give it as an argument, like ringup ask "Hello!", or pipe it in.')
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
