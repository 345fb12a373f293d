"""`ringup count`: how many tokens a prompt has."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from ringup.cli.exits import report
from ringup.cli.files import attach_option, with_files
from ringup.cli.output import note, write
from ringup.cli.prompts import read_prompt
from ringup.cli.setup import Setup, call_options
from ringup.cli.telling import dump
from ringup.counting import Count
from ringup.errors import RingupError

__all__ = ["count"]


@click.command()
@click.argument("words", metavar="[PROMPT]", nargs=-1)
@click.option("--offline", is_flag=True, help="Don't ask the provider: estimate. Needs no key.")
@click.option("--json", "json_", is_flag=True, help="Print one JSON object: tokens, estimated, error, window, ...")
@attach_option
@call_options
def count(words: tuple[str, ...], offline: bool, json_: bool, files: tuple[str, ...], **options: Any) -> None:
    """Print how many tokens a prompt has, without having it answered.

    The provider says it where it can (OpenAI, Anthropic, Gemini), which costs nothing; else it is an estimate, and
    stderr says how far off it may be.

    \b
    Examples:
      ringup count -m claude-haiku-4-5 "What is the capital of France?"
      ringup count -m gpt-4o --offline < report.txt
      ringup count -m gemini-2.5-flash -a photo.png "What is this?"
    """
    text = read_prompt(words, "count", piped="-" not in files)
    setup = Setup.read(options)
    try:
        with setup.client() as client:
            found = client.count_tokens(with_files(text, files), offline=offline, **setup.params)
    except RingupError as error:
        if json_:
            write(dump(report(error)))
        raise
    write(dump(msgspec.to_builtins(found)) if json_ else f"{found.tokens}\n")
    if not json_:
        note(_said(found))


def _said(found: Count) -> str:
    """Where the number comes from, and how much room it leaves."""
    whose = f"{found.provider}'s own count" if not found.estimated else "an estimate"
    if found.estimated and found.error:
        whose += f", mostly within {100 * found.error:.0f} % of {found.provider}'s own count"
    elif found.estimated and found.error is None:
        whose += ", and nobody knows how far off it may be"
    window = f" · {found.tokens / found.window:.1%} of the {found.window:,} that fit" if found.window else ""
    return f"tokens for {found.model}: {whose}{window}"
