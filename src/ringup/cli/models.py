"""`ringup models`: who can be asked, how much each takes, and what it refuses."""

from __future__ import annotations

from typing import Any

import click

from ringup import providers
from ringup.cli.listing import find_route, list_models
from ringup.cli.output import columns, note
from ringup.cli.telling import count, dump
from ringup.models import known
from ringup.rules import Rules

__all__ = ["models"]

_TOLD = ("temperature", "top_p", "stop", "seed", "system")
"""Of what a model may refuse: that which can be given on the command line."""


@click.command(short_help="List the models that ringup knows.")
@click.option(
    "-p", "--provider", type=click.Choice(providers.names()), metavar="NAME", help="Only those of this provider."
)
@click.option("--live", is_flag=True, help="Ask the provider which there are for your key (costs nothing).")
@click.option("--json", "json_", is_flag=True, help="Print a JSON list, with every rule and its source.")
def models(provider: str | None, live: bool, json_: bool) -> None:
    """List the models that ringup knows: their limits in tokens, and which parameters each refuses.

    Others can be asked too: a new model of a known family by its id, any other as provider/model.
    """
    if live and not provider:
        raise click.UsageError("--live asks one provider: name it with -p.")
    chosen = [provider] if provider else list(providers.names())
    rows = {(name, model): rules for name in chosen for model, rules in known(name)}
    if live and provider:
        there = list_models(find_route(provider))
        rows = {(provider, model): rows.get((provider, model), Rules()) for model in there}
    if json_:
        click.echo(
            dump([{"provider": name, "id": model, **_plain(rules)} for (name, model), rules in rows.items()]), nl=False
        )
        return
    columns(
        ("model", "window", "longest answer", "reasons", "refuses"),
        [(f"{name}/{model}", *_cells(rules)) for (name, model), rules in rows.items()],
    )
    if provider in (None, "sim"):
        note("sim/... is the built-in simulator: it takes every parameter, and costs nothing.")


def _cells(rules: Rules) -> tuple[str, str, str, str]:
    refused = ", ".join([name for name in _TOLD if name in rules.refuses])
    return count(rules.context_window), count(rules.max_output_tokens), "yes" if rules.reasons else "", refused


def _plain(rules: Rules) -> dict[str, Any]:
    fields = {name: getattr(rules, name) for name in rules.__struct_fields__}
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in fields.items()}
