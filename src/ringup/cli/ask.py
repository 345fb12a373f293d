"""`ringup ask`: one question, one answer."""

from __future__ import annotations

from typing import Any

import click

from ringup.cli.exits import NO_ANSWER, report
from ringup.cli.files import attach_option, with_files
from ringup.cli.output import write
from ringup.cli.prompts import read_prompt
from ringup.cli.setup import Setup, call_options
from ringup.cli.telling import as_dict, close, dump, gather, play, print_whole
from ringup.errors import RingupError
from ringup.prompt import Prompt
from ringup.reply import Reply

__all__ = ["ask"]


@click.command()
@click.argument("words", metavar="[PROMPT]", nargs=-1)
@click.option("--no-stream", is_flag=True, help="Print the answer when all of it is here.")
@click.option("--json", "json_", is_flag=True, help="Print one JSON object: text, finish_reason, usage, cost, ...")
@attach_option
@call_options
def ask(words: tuple[str, ...], no_stream: bool, json_: bool, files: tuple[str, ...], **options: Any) -> None:
    """Ask a model, and print its answer.

    The prompt is the argument, what comes through a pipe, or both: the argument, then the piped text.

    \b
    Examples:
      ringup ask "What is the capital of France?"
      ringup ask -m claude-haiku-4-5 "What does this do?" < program.py
      ringup ask -a photo.png "What is in this picture?"
      ringup ask --wire --max-tokens 20 "Count to ten."
    """
    text = read_prompt(words, "ask", piped="-" not in files)
    setup = Setup.read(options)
    try:
        reply = _answer(setup, with_files(text, files), no_stream, silent=json_)
    except RingupError as error:
        if json_:
            write(dump(report(error)))
        raise
    if json_:
        write(dump(as_dict(reply)))
    close(reply, setup)
    if reply.finish_reason == "error":
        raise click.exceptions.Exit(NO_ANSWER)


def _answer(setup: Setup, prompt: Prompt, no_stream: bool, silent: bool) -> Reply:
    """The reply, its words printed as they come where that is wanted, else at the end, or (silent) not at all."""
    with setup.client() as client:
        if not (no_stream or silent or setup.wire):
            return play(client.stream(prompt, **setup.params), setup)
        reply = client.ask(prompt, **setup.params) if no_stream else gather(client.stream(prompt, **setup.params))
        if not silent:
            print_whole(reply, setup)
        return reply
