"""`ringup ask`: one question, one answer."""

from __future__ import annotations

from typing import Any, NamedTuple

import click

from ringup.cli.approval import leave
from ringup.cli.exits import NO_ANSWER, report
from ringup.cli.files import attach_option, with_files
from ringup.cli.output import write
from ringup.cli.prompts import read_prompt
from ringup.cli.schema import read_schema
from ringup.cli.setup import Setup, call_options
from ringup.cli.telling import as_dict, close, dump, gather, grow, play, print_whole
from ringup.cli.toolbox import Toolbox, tool_options
from ringup.client import Client
from ringup.errors import RingupError
from ringup.prompt import Prompt
from ringup.reply import Reply

__all__ = ["ask"]


_SCHEMA = click.option(
    "--schema",
    metavar="SCHEMA",
    help="Answer with JSON of this form: a JSON schema (a file, or in the line), a Python type (models:Person), or "
    'fields ("name, age int, tags [str]").',
)
_REPAIR = click.option(
    "--repair", type=click.IntRange(0, 1000), help="How many more times to ask for an answer that doesn't fit. [0]"
)


@click.command()
@click.argument("words", metavar="[PROMPT]", nargs=-1)
@click.option("--no-stream", is_flag=True, help="Print the answer when all of it is here.")
@click.option("--json", "json_", is_flag=True, help="Print one JSON object: text, finish_reason, usage, cost, ...")
@attach_option
@_SCHEMA
@_REPAIR
@tool_options
@call_options
def ask(
    *,
    words: tuple[str, ...],
    no_stream: bool,
    json_: bool,
    files: tuple[str, ...],
    schema: str | None,
    tool_names: tuple[str, ...],
    yes: bool,
    **options: Any,
) -> None:
    """Ask a model, and print its answer.

    The prompt is the argument, what comes through a pipe, or both: the argument, then the piped text.

    \b
    Examples:
      ringup ask "What is the capital of France?"
      ringup ask -m claude-haiku-4-5 "What does this do?" < program.py
      ringup ask -a photo.png "What is in this picture?"
      ringup ask --schema "name, age int" "Ada Lovelace is 36." | jq .age
      ringup ask --tool weather.py:get_weather "Is it warm in Oslo?"
      ringup ask --wire --max-tokens 20 "Count to ten."
    """
    text = read_prompt(words, "ask", piped="-" not in files)
    output = read_schema(schema) if schema is not None else None
    toolbox = Toolbox(tool_names, yes, stop=leave)
    setup = Setup.read(options)
    params: dict[str, Any] = {"output": output, **toolbox.params, **setup.params}
    try:
        with setup.client() as client:
            reply = _answer(client, with_files(text, files), params, setup, _How(no_stream, json_, toolbox))
    except RingupError as error:
        if json_:
            write(dump(report(error)))
        raise
    if json_:
        write(dump(as_dict(reply)))
    close(reply, setup)
    if reply.finish_reason == "error" or reply.ended in ("max_steps", "timeout"):
        raise click.exceptions.Exit(NO_ANSWER)


class _How(NamedTuple):
    """Whether the answer comes whole, and isn't printed; and the tools."""

    whole: bool
    silent: bool
    toolbox: Toolbox


def _answer(client: Client, prompt: Prompt, params: dict[str, Any], setup: Setup, how: _How) -> Reply[Any]:
    """The reply, its words printed as they come where that is wanted, else at the end, or (silent) not at all."""
    if how.whole:
        reply = client.ask(prompt, **params)
    else:
        stream = client.stream(prompt, **params)
        if how.silent or setup.wire:
            reply = gather(stream, how.toolbox)
        elif params["output"] is None:
            return play(stream, setup, how.toolbox)
        else:
            reply = grow(stream)
    if not how.silent:
        print_whole(reply, setup)
    return reply
