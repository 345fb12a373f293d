"""`ringup compare`: one question to several models at the same time, and how each of them did."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from ringup.cli.files import attach_option, with_files
from ringup.cli.lanes import Lane, race
from ringup.cli.output import is_terminal
from ringup.cli.panels import Panels
from ringup.cli.prompts import read_prompt
from ringup.cli.results import exit_code
from ringup.cli.setup import Setup, calls_options
from ringup.cli.sheets import Objects, Sheet, View
from ringup.prompt import Prompt

__all__ = ["compare"]

_NO_MODEL = """\
no model was named. Give each its own -m:
  ringup compare "Hello!" -m gpt-4o-mini -m claude-haiku-4-5
  ringup compare "Hello!" -m sim/small -m sim/large             needs no key: the built-in simulator"""


@click.command(short_help="Ask several models at the same time.")
@click.argument("prompt", metavar="[PROMPT]", nargs=-1)
@click.option("--json", "json_", is_flag=True, help="Print one JSON object for each model, as `ask --json` does.")
@attach_option
@calls_options
def compare(
    prompt: tuple[str, ...], models: tuple[str, ...], json_: bool, files: tuple[str, ...], **options: Any
) -> None:
    """Ask several models the same at the same time, and compare what they say, how fast, and for how much.

    The prompt is the argument, what comes through a pipe, or both. At a terminal the answers grow side by side (one
    above the other where it is narrow); through a pipe they stand under headings. The table at the end has, for each
    model: its name as it answered, seconds to the first token and in all (failed tries included), output tokens per
    second from the first token on, input and output tokens, the cost, and why it stopped. A model that fails is a row
    that says why, and the others go on.

    \b
    Examples:
      ringup compare "What is the capital of France?" -m gpt-4o-mini -m claude-haiku-4-5
      ringup compare "Hello!" -m sim/small -m sim/large          needs no key
      ringup compare --json "Hello!" -m gpt-4o-mini -m gemini-2.5-flash | jq .cost

    The exit code is 0 when all have answered, else that of the first one that hasn't.
    """
    if not models:
        raise click.UsageError(_NO_MODEL)
    text = read_prompt(prompt, "compare", ". Each model needs its own -m.", piped="-" not in files)
    setup = Setup.read({**options, "model": models[0]})
    lanes = [Lane(model, setup.of(model)) for model in models]
    _run(_view(lanes, json_), with_files(text, files))
    if os.environ.get("RINGUP_DEBUG") and (error := next((lane.error for lane in lanes if lane.error), None)):
        raise error
    raise click.exceptions.Exit(next((code for lane in lanes if (code := exit_code(lane))), 0))


def _view(lanes: list[Lane], json_: bool) -> View:
    if json_:
        return Objects(lanes)
    return Panels(lanes) if is_terminal(sys.stdout) and os.environ.get("TERM") != "dumb" else Sheet(lanes)


def _run(view: View, prompt: Prompt) -> None:
    """Ask, and show what comes. After Ctrl-C, what came so far is shown all the same."""
    try:
        with view:
            race(view.lanes, prompt, view.show, view.tick)
    except KeyboardInterrupt:
        view.end()
        raise
    view.end()
