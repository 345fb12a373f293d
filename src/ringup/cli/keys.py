"""`ringup keys`: which keys there are, where each comes from, and whether its provider takes it. Stores and removes
them. A key itself is never shown.
"""

from __future__ import annotations

import os
import stat
import sys
from typing import Any

import click

from ringup import keystore, providers
from ringup.advice import held_back
from ringup.cli.exits import MISUSED, code, in_shell
from ringup.cli.listing import find_route, list_models
from ringup.cli.output import columns, is_terminal, note, warn
from ringup.errors import (
    APIError,
    AuthenticationError,
    ConfigurationError,
    KeyFormatError,
    MissingKeyError,
    PaymentRequiredError,
    PermissionDeniedError,
)
from ringup.keys import check_key, find_base_url, mended, server_of, unfamiliar, variable_of
from ringup.keystore import Stored
from ringup.providers import Provider
from ringup.routes import Route
from ringup.secret import Secret

__all__ = ["keys"]

_WITH_KEYS = [name for name in providers.names() if (found := providers.find(name)) and found.key_env]
_LONGEST = 16 * 1024
_LONGEST_KEY = 8 * 1024
_LONGEST_NAME = 16
_HISTORY = " If it was a key, remove that line from the shell's history."


class _Named(click.ParamType[str]):
    """A provider that has keys. What isn't one is never repeated: it may be a key."""

    name = "provider"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The provider's name."""
        name = str(value).lower()
        if name not in _WITH_KEYS:
            history = _HISTORY if len(name) > _LONGEST_NAME else ""
            name = value = ""  # an error's frames show their variables
            self.fail(f"that isn't a provider that has keys. They are: {', '.join(_WITH_KEYS)}.{history}", param, ctx)
        return name


def _complete(_context: click.Context, _param: click.Parameter, begun: str) -> list[str]:
    return [name for name in _WITH_KEYS if name.startswith(begun)]


def _refuse_more(ctx: click.Context, _param: click.Parameter, given: tuple[str, ...]) -> None:
    if given:
        given = ()
        raise click.UsageError(
            "a key isn't taken from the command line: there it stays in the shell's history, and other programs can "
            "read it. It wasn't stored. Give it at the prompt, or to --stdin." + _HISTORY,
            ctx,
        )


_PROVIDER = click.argument("provider", type=_Named(), metavar="PROVIDER", shell_complete=_complete)
_NO_MORE = click.argument("more", nargs=-1, expose_value=False, callback=_refuse_more, metavar="")


@click.group()
def keys() -> None:
    """Look after the keys. Only the last 4 characters of one are ever shown."""


@keys.command("set", short_help="Store a key.", context_settings={"ignore_unknown_options": True})
@_PROVIDER
@_NO_MORE
@click.option("--stdin", "piped", is_flag=True, help="Read the key from what is piped in, not from a prompt.")
def set_(provider: str, piped: bool) -> None:
    """Store a key: in the keyring of this system, or where there is none in a file that only you can read.

    It is asked for without being shown. It goes to the provider's own address, or to the one that is in the vendor's
    variable (OPENAI_BASE_URL, ...) at the moment; a key in the environment comes before it.

    \b
    ringup keys set openai
    pass show openai | ringup keys set openai --stdin
    """
    (found,) = _found([provider])
    url, _ = find_base_url(found, None)
    key, mends = mended(_read(found, piped), found)
    own = server_of(url) == server_of(found.base_url) or found.base_url.startswith("/")
    check_key(key, found, "what was given", own)
    for words in mends:
        note(f"taken away: {words}")
    if own and (strange := unfamiliar(key, found)):
        warn(f"{strange}; stored all the same")
    stored, trouble = keystore.keep(provider, key, server_of(url))
    if trouble:
        note(f"not in the keyring: {trouble}")
    click.echo(f"{provider}: {_shown(key)} for {stored.server}, stored in {_place(stored)}")
    if variable := variable_of(found):
        warn(f"{variable} is set as well, and comes first.")
    note(f"`ringup keys check {provider}` asks whether it is accepted.")


def _read(provider: Provider, piped: bool) -> Secret:
    """The key, from the prompt or from what is piped in. Raises click.UsageError."""
    if not piped and not is_terminal(sys.stdin):
        raise click.UsageError("there is no terminal to ask for the key. If it is piped in, add --stdin.")
    if not piped:
        return Secret(click.prompt(f"The key of {provider.name} (not shown)", hide_input=True, prompt_suffix=": "))
    if is_terminal(sys.stdin):
        raise click.UsageError("nothing is piped in. Without --stdin the key is asked for, and not shown.")
    key = Secret(sys.stdin.read(_LONGEST).rstrip("\r\n"))
    if not key.reveal().strip():
        raise click.UsageError("nothing was piped in.")
    if len(key.reveal()) > _LONGEST_KEY:
        raise click.UsageError("what was piped in is too long for a key. Nothing was stored.")
    return key


@keys.command("rm", short_help="Remove a stored key.")
@_PROVIDER
@_NO_MORE
def rm(provider: str) -> None:
    """Remove a stored key. A variable of the environment stays as it is."""
    (found,) = _found([provider])
    stored = keystore.stored(provider)
    trouble = keystore.forget(stored) if stored else "it isn't stored"
    if stored and not trouble:
        click.echo(f"{provider}: removed from {_place(stored)}")
    else:
        note(f"The key of {provider} can't be removed: {trouble}.", fg="red")
    if variable := variable_of(found):
        warn(f"{variable} is set, and still counts.")
    if trouble:
        raise click.exceptions.Exit(MISUSED)


@keys.command("list", short_help="List where keys are looked for, and what is there.")
def list_() -> None:
    """List where keys are looked for, in this order: the variables, then what `ringup keys set` stored."""
    rows = []
    for provider in _found(_WITH_KEYS):
        for variable in provider.key_env:
            value = os.environ.get(variable)
            unset = "not set (optional)" if provider.key_optional else "not set"
            rows.append((provider.name, variable, _tail(value) if value else unset, provider.keys_page))
        if stored := keystore.stored(provider.name):
            rows.append((provider.name, stored.place, f"{_fetched(stored)} for {stored.server}", provider.keys_page))
    columns(("provider", "where", "key", "where to get one"), rows)
    path = keystore.file_path()
    if sys.platform != "win32" and path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
        warn(f"Others can read {path}: chmod 600 makes it yours alone.")


def _fetched(stored: Stored) -> str:
    secret, trouble = keystore.fetch(stored)
    return _shown(secret) if secret else f"can't be read ({trouble})"


def _place(stored: Stored) -> str:
    return "the keyring" if stored.place == "keyring" else str(keystore.file_path())


@keys.command(short_help="Check keys: set, well-formed, accepted?")
@click.argument("provider", required=False, type=_Named(), metavar="[PROVIDER]", shell_complete=_complete)
@_NO_MORE
def check(provider: str | None) -> None:
    """Check keys: is one set, well-formed, and accepted? Asks the provider's list of models, which costs nothing.

    Without PROVIDER, checks every key that is set or stored. The exit code is 0 when all are accepted.
    """
    chosen = [provider] if provider else [found.name for found in _found(_WITH_KEYS) if _source(found)]
    if not chosen:
        note("No key is set. `ringup keys list` shows the variables, and where to get a key.", fg="red")
        raise click.exceptions.Exit(MISUSED)
    ends = [_check(found) for found in _found(chosen)]
    raise click.exceptions.Exit(next((end for end in ends if end), 0))


def _check(provider: Provider) -> int:
    """Say how it stands with one provider's key, and give the exit code that it means."""
    end, said, advice = 0, "", ""
    try:
        end, said, advice = _asked(find_route(provider.name))
    except ConfigurationError as error:
        end, said, advice = code(error), _unsent(error, provider), error.advice
    click.echo(f"{provider.name}: {_source(provider) or provider.key_env[0]}: {said}")
    if advice:
        note(in_shell(advice), bold=True)
    return end


def _unsent(error: ConfigurationError, provider: Provider) -> str:
    """Why nothing was asked."""
    if isinstance(error, MissingKeyError) and not _source(provider):
        return "not set"
    return f"{'malformed' if isinstance(error, KeyFormatError) else 'not checked'}: {in_shell(error.message)}"


def _asked(route: Route) -> tuple[int, str, str]:
    """What the provider says of a key that can be sent: the exit code, and what is said and advised."""
    if kept := held_back(route.notices):
        return MISUSED, "not checked: held back", f"{kept[0].upper()}{kept[1:]}."
    try:
        count = len(list_models(route))
    except APIError as error:
        is_refused = isinstance(error, _REFUSALS)
        state = ("not accepted" if route.auth else "not set") if is_refused else "not checked"
        said = f"{state}: {f'{error.status}: ' if error.status else ''}{error.quoting}"
        return MISUSED if state == "not set" else code(error), said, error.advice.replace(_CHECK, " M")
    answers = "accepted by" if route.auth else "not set, and not needed by"
    return 0, f"{answers} {route.base_url}, which has {count} models{' for it' if route.auth else ''}", ""


_REFUSALS = (AuthenticationError, PermissionDeniedError, PaymentRequiredError)
"""What a provider says of a key. Any other error says nothing of it: some have no list of models (404)."""

_CHECK = " Check it with `ringup keys check` or m"
"""What needn't be said here."""


def _found(names: list[str]) -> list[Provider]:
    return [found for name in names if (found := providers.find(name))]


def _source(provider: Provider) -> str:
    """Where its key comes from, and the end of it; empty when there is none."""
    if variable := variable_of(provider):
        return f"{variable} {_tail(os.environ[variable])}"
    stored = keystore.stored(provider.name)
    return f"{stored.place} {_fetched(stored)}" if stored else ""


def _tail(key: str) -> str:
    return _shown(Secret(key.strip()))


def _shown(key: Secret) -> str:
    return f"***{key.tail}"
