"""`ringup keys`: which keys there are, and whether their providers take them. A key itself is never shown."""

from __future__ import annotations

import os

import click

from ringup import providers
from ringup.cli.exits import MISUSED, code, in_shell
from ringup.cli.listing import find_route, list_models
from ringup.cli.output import columns, note
from ringup.errors import (
    APIError,
    AuthenticationError,
    ConfigurationError,
    MissingKeyError,
    PaymentRequiredError,
    PermissionDeniedError,
)
from ringup.providers import Provider
from ringup.secret import Secret

__all__ = ["keys"]

_WITH_KEYS = [name for name in providers.names() if (found := providers.find(name)) and found.key_env]


@click.group()
def keys() -> None:
    """Look after the keys. Only the last 4 characters of one are ever shown."""


@keys.command("list", short_help="List the variables that keys are looked for in.")
def list_() -> None:
    """List the variables that keys are looked for in, and which of them are set."""
    rows = []
    for provider in _found(_WITH_KEYS):
        for variable in provider.key_env:
            value = os.environ.get(variable)
            unset = "not set (optional)" if provider.key_optional else "not set"
            rows.append((provider.name, variable, _tail(value) if value else unset, provider.keys_page))
    columns(("provider", "variable", "key", "where to get one"), rows)


@keys.command(short_help="Check keys: set, well-formed, accepted?")
@click.argument("provider", required=False, type=click.Choice(_WITH_KEYS), metavar="[PROVIDER]")
def check(provider: str | None) -> None:
    """Check keys: is one set, well-formed, and accepted? Asks the provider's list of models, which costs nothing.

    Without PROVIDER, checks every key that is set. The exit code is 0 when all are accepted.
    """
    chosen = [provider] if provider else [found.name for found in _found(_WITH_KEYS) if _variable(found)]
    if not chosen:
        note("No key is set. `ringup keys list` shows the variables, and where to get a key.", fg="red")
        raise click.exceptions.Exit(MISUSED)
    ends = [_check(found) for found in _found(chosen)]
    raise click.exceptions.Exit(next((end for end in ends if end), 0))


def _check(provider: Provider) -> int:
    """Say how it stands with one provider's key, and give the exit code that it means."""
    end, said, advice = 0, "", ""
    try:
        route = find_route(provider.name)
        said = f"accepted by {route.base_url}, which has {len(list_models(route))} models for it"
    except MissingKeyError as error:
        end, said, advice = code(error), "not set", error.advice
    except ConfigurationError as error:
        end, said, advice = code(error), f"malformed: {error.message}", error.advice
    except APIError as error:
        state = "not accepted" if isinstance(error, _REFUSALS) else "not checked"
        said = f"{state}: {f'{error.status}: ' if error.status else ''}{error.message}"
        end, advice = code(error), error.advice.replace(_CHECK, " M")
    variable = _variable(provider)
    shown = f"{variable} {_tail(os.environ[variable])}" if variable else provider.key_env[0]
    click.echo(f"{provider.name}: {shown}: {said}")
    if advice:
        note(in_shell(advice), bold=True)
    return end


_REFUSALS = (AuthenticationError, PermissionDeniedError, PaymentRequiredError)
"""What a provider says of a key. Any other error says nothing of it: some have no list of models (404)."""

_CHECK = " Check it with `ringup keys check` or m"
"""What needn't be said here."""


def _found(names: list[str]) -> list[Provider]:
    return [found for name in names if (found := providers.find(name))]


def _variable(provider: Provider) -> str | None:
    """The variable that its key is in."""
    return next((variable for variable in provider.key_env if os.environ.get(variable)), None)


def _tail(key: str) -> str:
    return f"***{Secret(key.strip()).tail}"
