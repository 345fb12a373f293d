"""`ringup log diff`: what differs between two calls, in what was asked, how it was, and what came of it."""

from __future__ import annotations

import sys
from typing import Any

import click
import msgspec

from ringup.cli.log.differences import COUNTS, fields, said, tools
from ringup.cli.log.logged import CALL, FROM_THE_END, NO_WORDS, find_call
from ringup.cli.log.table import cost, took
from ringup.cli.output import CONTROL, columns, flat, is_terminal, note, paint
from ringup.cli.telling import count, dump

__all__ = ["diff"]

Calls = tuple[dict[str, Any], dict[str, Any]]

_TIMES = ("time_to_first_token", "latency")
_NAMES = {"cost_usd": "cost", "latency": "time"}
_BELOW = ("error", "notices")
_COLOURS = {"-": "red", "+": "green", "@": "cyan"}


@click.command(context_settings=FROM_THE_END)
@click.argument("a", type=CALL)
@click.argument("b", type=CALL)
@click.option("--json", "json_", is_flag=True, help="Print a JSON object.")
def diff(a: int, b: int, json_: bool) -> None:
    """Show what differs between two calls.

    A and B are their numbers in the list, or `last`. Model, parameters, tools, tokens, cost and time; and, where the
    log keeps the words (RINGUP_LEDGER_LEVEL=full), the prompts from the first turn that differs, and the answers.
    """
    calls = (find_call(a), find_call(b))
    differing, had, words = fields(*calls), tools(a, b), said(*calls)
    if json_:
        click.echo(dump({"calls": [a, b], "fields": differing, "tools": had, **words}), nl=False)
        return
    _print_fields(calls, differing)
    for word, names in had.items():
        if names:
            click.echo(f"tools {word}: {', '.join(map(flat, names))}")
    if words["same_turns"] is None:
        _say_not_kept(calls)
    else:
        _print_words(words)


def _print_fields(calls: Calls, differing: dict[str, list[Any]]) -> None:
    rows = [
        (_NAMES.get(label) or label.replace("_", " "), *map(_cell, [label] * 2, pair, calls), _change(label, pair))
        for label, pair in differing.items()
        if label not in _BELOW
    ]
    if rows:
        columns(("", *[f"call {call['id']}" for call in calls], ""), rows)
    for label in _BELOW:
        for call, told in zip(calls, differing.get(label, ()), strict=False):
            for one in [told] if isinstance(told, str) else told or ():
                click.echo(f"{label.removesuffix('s')} of call {call['id']}: {flat(one)}")


def _cell(label: str, value: Any, call: dict[str, Any]) -> str:
    if label == "cost_usd":
        return cost(call)
    if label in _TIMES:
        return took(value)
    match value:
        case None:
            return "-" if label.startswith(("parameter ", "tag ")) or label == "session" else "?"
        case bool():
            return "yes" if value else "no"
        case int() if label in COUNTS:
            return count(value)
        case str():
            return value
    return msgspec.json.encode(value).decode()


def _change(label: str, pair: list[Any]) -> str:
    """How much more or less it is the second time."""
    if label not in (*COUNTS, *_TIMES, "cost_usd") or None in pair:
        return ""
    before, after = (float(value) for value in pair)
    if label in COUNTS:
        return f"{int(after - before):+,}"
    return f"{(after / before - 1) * 100:+.0f} %" if before else ""


def _say_not_kept(calls: Calls) -> None:
    for call in calls:
        if call["input"] is None:
            note(f"The words of call {call['id']} weren't kept (level {call['level']}). {NO_WORDS}")


def _print_words(words: dict[str, Any]) -> None:
    for what in ("prompt", "answer"):
        if not words[what]:
            note(f"The {what}s are the same.")
            continue
        same = words["same_turns"] if what == "prompt" else 0
        after = f", after {same} turn{'s' * (same > 1)} that are the same" if same else ""
        click.echo(paint(f"\nthe {what}{after}", sys.stdout, bold=True))
        for line in words[what]:
            _print_line(line)


def _print_line(line: str) -> None:
    plain = line.translate(CONTROL) if is_terminal(sys.stdout) else line
    click.echo(paint(plain, sys.stdout, fg=_COLOURS[line[0]]) if line[:1] in _COLOURS else plain)
