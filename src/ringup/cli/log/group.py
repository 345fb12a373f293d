"""`ringup log`: the calls that were made from the command line, and what each came to."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, cast

import click
from click.core import ParameterSource

from ringup.cli.log.follow import follow
from ringup.cli.log.logged import LARGEST, NO_WORDS
from ringup.cli.log.table import Table
from ringup.cli.output import note, warn
from ringup.cli.setup import ledger_path
from ringup.cli.telling import dump
from ringup.cli.when import FORMS, WHEN
from ringup.errors import ParameterError
from ringup.ledger import Filters, has_words, losses, rows

__all__ = ["log"]


@click.group(invoke_without_command=True, short_help="List the last calls, or look into one.")
@click.option("-m", "--model", metavar="NAME", help="Of this model: a part of provider/model, or a pattern (claude-*).")
@click.option(
    "--status",
    multiple=True,
    metavar="WORD",
    help="That ended so: answered, failed, cancelled; 429 or 5xx; RateLimitError. Given again: both.",
)
@click.option("--since", type=WHEN, help=f"Asked for since then: {FORMS}.")
@click.option("--until", type=WHEN, help="Asked for before then.")
@click.option("--search", metavar="WORDS", help="In which all of these words were said.")
@click.option("--session", metavar="NAME", help="Of this session.")
@click.option("--tag", "tags", multiple=True, metavar="NAME[=VALUE]", help="With this tag. May be given again.")
@click.option("--min-cost", type=click.FloatRange(0), metavar="USD", help="That cost so much at the least.")
@click.option("-n", "--number", default=20, show_default=True, type=click.IntRange(1), help="How many calls to list.")
@click.option("-f", "--follow", "follows", is_flag=True, help="Go on with new calls as they come, until Ctrl-C.")
@click.option("--json", "json_", is_flag=True, help="Print a JSON list, with every column; with -f, an object a line.")
@click.pass_context
def log(context: click.Context, /, number: int, follows: bool, json_: bool, **given: Any) -> None:
    """List the last calls, newest first: who was asked, how it ended, tokens, cost and time.

    Prompts and answers aren't kept, unless RINGUP_LEDGER_LEVEL says so. The log is a SQLite file in your data folder,
    or the one that RINGUP_LEDGER names.
    """
    if context.invoked_subcommand:
        return _refuse_options(context, context.invoked_subcommand)
    path, number, filters = ledger_path(), min(number, LARGEST), _filters(given)
    try:
        calls = rows(path, number, **filters)
    except ParameterError as error:
        raise click.BadParameter(f"{error.message} {error.advice}") from None
    if not follows and json_:
        click.echo(dump(calls), nl=False)
    elif calls and not follows:
        Table().add(calls)
    elif not calls:
        _say_none(filters)
    _say_lost()
    if follows:
        follow(path, number, filters, _lines if json_ else Table().add)
    return None


def _refuse_options(context: click.Context, command: str) -> None:
    """Options that stand before a subcommand would do nothing."""
    if any(context.get_parameter_source(name) is ParameterSource.COMMANDLINE for name in context.params):
        raise click.UsageError(f"the options that choose what is listed don't go with {command!r}: leave them out.")


def _filters(given: dict[str, Any]) -> Filters:
    tags = {name: value if equal else None for name, equal, value in [tag.partition("=") for tag in given.pop("tags")]}
    return cast("Filters", {**given, "status": list(given["status"]), "tags": tags})


def _lines(calls: list[dict[str, Any]]) -> None:
    for call in calls:
        click.echo(json.dumps(call, ensure_ascii=False))


def _say_none(filters: Filters) -> None:
    path = ledger_path()
    if not rows(path, 1):
        note(f"No calls are in the log {path}.")
    elif filters.get("search") and not has_words(path):
        note(f"Nothing to search: the log {path} keeps no words. {NO_WORDS}")
    else:
        note(f"No call in the log {path} is such a one.")


def _say_lost() -> None:
    if missing := losses(ledger_path()):
        count, last = sum([loss["calls"] for loss in missing]), missing[-1]
        when = f"{datetime.fromtimestamp(last['at'] / 1e6):%Y-%m-%d %H:%M}"
        warn(f"{count} call{'s' * (count > 1)} couldn't be logged, the last {when}: {last['reason']}.")
