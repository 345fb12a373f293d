"""`ringup log`: the calls that were made from the command line, and what each came to."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import click
from msgspec.structs import asdict

from ringup.cli.output import columns, note, seconds, warn
from ringup.cli.setup import ledger_path
from ringup.cli.telling import count, dollars, dump
from ringup.explain import Made, compare
from ringup.fingerprint import read
from ringup.ledger import losses, rows
from ringup.usage import Usage

__all__ = ["log"]

_ALL = -1
"""SQLite's word for no limit."""


@click.group(invoke_without_command=True, short_help="List the last calls.")
@click.option("-n", "--number", default=20, show_default=True, type=click.IntRange(1), help="How many calls to list.")
@click.option("--json", "json_", is_flag=True, help="Print a JSON list, with every column.")
@click.pass_context
def log(context: click.Context, number: int, json_: bool) -> None:
    """List the last calls, newest first: who was asked, how it ended, tokens, cost and time.

    Prompts and answers aren't kept, unless RINGUP_LEDGER_LEVEL says so. The log is a SQLite file in your data folder,
    or the one that RINGUP_LEDGER names.
    """
    if context.invoked_subcommand:
        return
    calls = rows(ledger_path(), number)
    if json_:
        click.echo(dump(calls), nl=False)
    elif calls:
        columns(("id", "when", "model", "end", "in", "out", "cost", "time"), [_cells(call) for call in calls])
    else:
        note(f"No calls are in the log {ledger_path()}.")
    if missing := losses(ledger_path()):
        count_of, last = sum([loss["calls"] for loss in missing]), missing[-1]
        when = f"{datetime.fromtimestamp(last['at'] / 1e6):%Y-%m-%d %H:%M}"
        warn(f"{count_of} call{'s' * (count_of > 1)} couldn't be logged, the last {when}: {last['reason']}.")


@log.command()
@click.argument("id", type=int)
@click.option("--json", "json_", is_flag=True, help="Print a JSON object.")
def show(id: int, json_: bool) -> None:
    """Show all that the log has of one call."""
    call = next((call for call in rows(ledger_path(), _ALL) if call["id"] == id), None)
    if call is None:
        raise click.UsageError(f"the log {ledger_path()} has no call {id}.")
    if json_:
        click.echo(dump(call), nl=False)
        return
    for name, value in call.items():
        if name == "prompt":  # digests, that say nothing to a reader
            continue
        click.echo(f"{name:20} {_shown(name, value)}")


@log.command("explain-cache")
@click.argument("first", type=int)
@click.argument("second", type=int)
@click.option("--json", "json_", is_flag=True, help="Print a JSON object.")
def explain_cache(first: int, second: int, json_: bool) -> None:
    """Say why the second call had tokens from the cache, or had none, and where the two prompts part.

    The log has digests of prompts, and none of their words.
    """
    calls = {call["id"]: call for call in rows(ledger_path(), _ALL)}
    report = compare(_made(calls.get(first), first), _made(calls.get(second), second))
    click.echo(dump(asdict(report)) if json_ else f"{report}\n", nl=False)


def _made(call: dict[str, Any] | None, id: int) -> Made:
    if call is None:
        raise click.UsageError(f"the log {ledger_path()} has no call {id}.")
    if not call.get("prompt"):
        raise click.UsageError(f"call {id} has no digests of its prompt: it is too short for any cache, or has none.")
    started = datetime.fromisoformat(call["started"]).timestamp()
    usage = Usage(**{name: call[name] for name in _COUNTERS})
    return Made(sent=read(call["prompt"]), usage=usage, started=started, ended=started + (call["latency"] or 0.0))


_COUNTERS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")


def _name(call: dict[str, Any]) -> str:
    """provider/model. The simulator's models have the provider in their own names."""
    return str(call["model"]) if call["provider"] == "sim" else f"{call['provider']}/{call['model']}"


def _shown(name: str, value: Any) -> Any:
    """A column's value to read. Where there was no error or nothing more to say, NULL isn't a want of knowledge."""
    if value is None:
        return "none" if name in ("error", "cost_unknown", "session", "ask", "step") else "unknown"
    return ("no", "yes")[bool(value)] if name in ("stream", "maybe_billed") else value


def _cells(call: dict[str, Any]) -> tuple[str, ...]:
    answered = call["outcome"] == "answered"  # vectors come without a finish_reason
    end = (call["finish_reason"] if answered else call["error"]) or call["outcome"]
    free = "free" if call["provider"] == "sim" else "?"
    return (
        str(call["id"]),
        f"{datetime.fromisoformat(call['started']).astimezone():%Y-%m-%d %H:%M:%S}",
        _name(call),
        end.partition(":")[0],
        count(call["input_tokens"]),
        count(call["output_tokens"]),
        dollars(Decimal(call["cost_usd"])) if call["cost_usd"] else free,
        seconds(call["latency"]),
    )
