"""`ringup models`: who can be asked, how much each takes, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click
from msgspec.structs import replace

from ringup import providers
from ringup.cli.listing import find_route, list_models
from ringup.cli.output import columns, note
from ringup.cli.setup import SIMULATED
from ringup.cli.telling import count, dump
from ringup.errors import MissingKeyError
from ringup.models import known
from ringup.models import rules as rules_of
from ringup.rules import Rules

__all__ = ["models"]

_HERE = ("temperature", "top_p", "temperature_with_top_p", "stop", "seed", "system")
"""Of what a model may refuse: that which can be given on the command line."""

_REFUSALS = {
    "max_tokens": "max_tokens under that name",
    "system": "a system message",
    "mid_system": "system messages in mid-conversation",
    "prefill": "a begun answer",
    "forced_tool_choice": "a forced tool",
    "temperature_with_top_p": "temperature with top_p",
    "effort": "reasoning effort",
    "developer": "the role developer",
    "name": "names of speakers",
    "image_url": "images by address",
    "json_object": "output as any JSON",
    "json_schema": "output by a schema",
}
"""What some of the names in `Rules.refuses` mean. The others are parameters, called as in the API."""

_Row = tuple[str, str, Rules]


@click.command(short_help="List models, their limits, and what each refuses.")
@click.argument("text", required=False)
@click.option(
    "-p", "--provider", type=click.Choice(providers.names()), metavar="NAME", help="Only those of this provider."
)
@click.option("--live", is_flag=True, help="Ask the provider which there are for your key (costs nothing).")
@click.option("-v", "--verbose", is_flag=True, help="All that each refuses, and what it reads.")
@click.option("--json", "json_", is_flag=True, help="Print a JSON list, with every rule and its source.")
def models(text: str | None, provider: str | None, live: bool, verbose: bool, json_: bool) -> None:
    """List models: their limits in tokens, and which parameters each refuses. With TEXT, only those whose name has it.

    ringup knows the models of OpenAI, Anthropic and Google, whether there is a key or not. Any other provider is asked
    which it has. All of them can be called, and others too: a new model of a known family by its id, any other as
    provider/model.

    \b
    Examples:
      ringup models haiku               whose name has this in it
      ringup models -p gemini --live    those that Google has for your key
      ringup models -p ollama           those that your Ollama has
    """
    if provider is None and text and providers.find(text):
        provider, text = text, None
    if live and not provider:
        raise click.UsageError("--live asks one provider: name it with -p.")
    rows = [row for row in _rows(provider, live) if (text or "") in f"{row[0]}/{row[1]}"]
    if json_:
        click.echo(dump([{"provider": name, "id": model, **_plain(rules)} for name, model, rules in rows]), nl=False)
    elif rows:
        _print(rows, verbose)
    else:
        note(f"No model {f'has {text!r} in its name' if text else 'is there'}.")
    if not json_:
        _advise(provider, rows, verbose)


def _rows(provider: str | None, live: bool) -> Iterable[_Row]:
    """(provider, id, rules) of each model: out of ringup's tables, or from the provider."""
    if provider == "sim":
        return [("sim", SIMULATED, rules_of("sim", SIMULATED))]
    chosen = [provider] if provider else providers.names()
    rows = [(name, model, rules) for name in chosen for model, rules in known(name)]
    return _ask(provider, bool(rows)) if provider and (live or not rows) else rows


def _ask(provider: str, has_table: bool) -> Iterable[_Row]:
    try:
        route = find_route(provider)
    except MissingKeyError as error:
        if has_table:
            error.advice += " Without --live, ringup's own table is listed, which needs no key."
        raise
    found = list_models(route)
    note(f"as {route.base_url} lists them:")
    for there in found:
        rules = rules_of(provider, there.id)
        yield (
            provider,
            there.id,
            replace(
                rules,
                context_window=there.context_window or rules.context_window,
                max_output_tokens=there.max_output_tokens or rules.max_output_tokens,
            ),
        )


def _print(rows: list[_Row], verbose: bool) -> None:
    head = ("model", "window", "longest answer", "reasons", *(["reads"] if verbose else []), "refuses")
    columns(head, [(_name(provider, model), *_cells(rules, verbose)) for provider, model, rules in rows])


def _name(provider: str, model: str) -> str:
    """As it is given to -m. The simulator's have the provider in their own names."""
    return model if provider == "sim" else f"{provider}/{model}"


def _cells(rules: Rules, verbose: bool) -> tuple[str, ...]:
    shown = [name for name in _HERE if name in rules.refuses]
    if verbose:
        shown += sorted(rules.refuses.difference(_HERE))
    refused = ", ".join([_REFUSALS.get(name, name) for name in shown])
    limits = (count(rules.context_window), count(rules.max_output_tokens), "yes" if rules.reasons else "")
    return (*limits, ", ".join(sorted(rules.inputs)) or "?", refused) if verbose else (*limits, refused)


def _advise(provider: str | None, rows: list[_Row], verbose: bool) -> None:
    """Say on stderr what isn't in the table."""
    if provider == "sim":
        note("sim/... is the built-in simulator: any name will do. It takes every parameter, and costs nothing.")
    elif provider is None:
        note("Another provider is asked which it has: `ringup models -p NAME` (`ringup keys list` has their names).")
    if not verbose and any(rules.refuses.difference(_HERE) for _, _, rules in rows):
        note("Of what they refuse, what `ringup ask` has an option for is shown; -v shows all.")


def _plain(rules: Rules) -> dict[str, Any]:
    fields = {name: getattr(rules, name) for name in rules.__struct_fields__}
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in fields.items()}
