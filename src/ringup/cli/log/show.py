"""`ringup log show`: all that the log has of one call, its tries drawn, and what was said where that was kept."""

from __future__ import annotations

import json
import sys
import textwrap
from typing import Any

import click

from ringup import ledger
from ringup.cli.log.facts import facts
from ringup.cli.log.logged import CALL, FROM_THE_END, NO_WORDS, find_call, name
from ringup.cli.log.table import ending
from ringup.cli.log.timeline import legend, timeline
from ringup.cli.log.wire import print_wire
from ringup.cli.log.words import as_json, split, turn
from ringup.cli.output import CONTROL, flat, is_terminal, note, paint, width
from ringup.cli.setup import ledger_path
from ringup.cli.telling import dump
from ringup.wire_tools import decode

__all__ = ["show"]

_LABEL = 12


@click.command(context_settings=FROM_THE_END)
@click.argument("id", type=CALL)
@click.option("--wire", is_flag=True, help="Print request and answer in the provider's own JSON, and nothing else.")
@click.option("--json", "json_", is_flag=True, help="Print a JSON object.")
def show(id: int, wire: bool, json_: bool) -> None:
    """Show all that the log has of one call.

    ID is its number in the list, or `last`. How it went, with its tries drawn, what it used and cost; and, where the
    log keeps the words (RINGUP_LEDGER_LEVEL=full), what was said.
    """
    call = find_call(id)
    if wire:
        print_wire(call, json_)
    elif json_:
        turns = ledger.conversation(ledger_path(), id)
        click.echo(dump({**call, "turns": [as_json(held) for held in turns]}), nl=False)
    else:
        _show_head(call)
        _show_tries(call)
        _show_words(call)


def _show_head(call: dict[str, Any]) -> None:
    click.echo(paint(f"call {call['id']}: {flat(name(call))}, {flat(ending(call))}", sys.stdout, bold=True))
    for label, value in facts(call).items():
        if value:
            _say(label, value)
    for label, value in decode(call["parameters"] or "{}").items():
        if label != "model":
            _say("parameter", f"{label} {json.dumps(value, ensure_ascii=False)}")
    for told in decode(call["notices"]):
        _say("notice", told)


def _say(label: str, value: str) -> None:
    """A fact on a line; at a terminal, a long one on several, one below the other."""
    value = flat(value)
    if is_terminal(sys.stdout):
        room = max(width() - _LABEL - 2, 20)
        value = textwrap.fill(value, room, break_on_hyphens=False).replace("\n", "\n" + " " * (_LABEL + 2))
    click.echo(f"  {paint(label.ljust(_LABEL), sys.stdout, dim=True)}{value}")


# The tries


def _show_tries(call: dict[str, Any]) -> None:
    rows = timeline(call)
    if not rows:
        return
    click.echo()
    for row in rows:
        click.echo(f"  {row.label.ljust(_LABEL - 4)}{row.bar}  {flat(row.text)}".rstrip())
        for told in row.below:
            click.echo(paint(textwrap.indent(_wrapped(flat(told)), " " * (_LABEL - 2)), sys.stdout, dim=True))
    click.echo(paint(f"  {' ' * (_LABEL - 4)}{legend()}", sys.stdout, dim=True))


def _wrapped(text: str) -> str:
    return textwrap.fill(text, max(width() - _LABEL, 20), break_on_hyphens=False) if is_terminal(sys.stdout) else text


# What was said


def _show_words(call: dict[str, Any]) -> None:
    turns = ledger.conversation(ledger_path(), call["id"])
    if not turns:
        note(f"The words of this call weren't kept (level {call['level']}). {NO_WORDS}")
        return
    asked, answered = split(turns, call)
    for held in asked:
        _show_turn(*turn(held))
    for held in answered:
        _show_turn("the answer", turn(held)[1])


def _show_turn(who: str, said: str) -> None:
    click.echo(paint(f"\n--- {flat(who)}", sys.stdout, fg="cyan"))
    click.echo(said.translate(CONTROL))  # in a pipe too: to read, and most likely at a terminal after all
