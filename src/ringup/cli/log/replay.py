"""`ringup log replay`: a call of the log made again, and held beside the first one."""

from __future__ import annotations

import sys
from typing import Any

import click

from ringup import providers
from ringup.cli.approval import leave
from ringup.cli.exits import NOT_OF_TYPE, report, show
from ringup.cli.log.asked import Asked, find_whole, params_of, prompt_of, recorded
from ringup.cli.log.logged import CALL, FROM_THE_END
from ringup.cli.log.table import Table
from ringup.cli.output import CONTROL, is_terminal, note, paint, warn, write
from ringup.cli.setup import Setup, complete_model, ledger_path
from ringup.cli.telling import as_dict, close, dump, gather, play, print_whole
from ringup.cli.toolbox import Toolbox
from ringup.client import Client
from ringup.errors import AuthenticationError, OutputError, PermissionDeniedError, RingupError
from ringup.ledger import newest, rows
from ringup.messages import Refusal
from ringup.reply import Reply

__all__ = ["replay"]

_TAG = "replay_of"
_VENDORS = {"anthropic_messages": "anthropic", "gemini": "gemini"}
"""Whose API it is that a server speaks; else OpenAI's."""
_COLOURS = {"-": "red", "+": "green", "@": "cyan"}
_ROW = (
    *("id", "started", "provider", "model", "model_answered", "outcome", "finish_reason", "error", "input_tokens"),
    *("output_tokens", "cache_read_tokens", "cost_usd", "cost_estimated", "latency", "time_to_first_token"),
)


@click.command(context_settings=FROM_THE_END)
@click.argument("id", type=CALL)
@click.option("-m", "--model", shell_complete=complete_model, help="Another model: provider/model, or a bare id.")
@click.option("--json", "json_", is_flag=True, help="Print a JSON object: both calls, and whether they say the same.")
@click.option("-v", "--verbose", is_flag=True, help="Say more on stderr.")
def replay(*, id: int, model: str | None, json_: bool, verbose: bool) -> None:
    """Make a call again, as it was or with another model, and compare what came.

    Prompt, parameters, schema and tools are those of the call; tools aren't run. It needs the words of the call
    (RINGUP_LEDGER_LEVEL=full). The new call is logged, with the tag replay_of.

    \b
    Examples:
      ringup log replay last
      ringup log replay 12 -m claude-haiku-4-5
    """
    asked = find_whole(id)
    before, last = recorded(asked), newest(ledger_path())
    setup, params = _again(asked, model, verbose)
    failed: OutputError | None = None
    try:
        with setup.client() as client:
            reply = _answer(client, asked, params, setup, json_)
    except OutputError as error:
        if error.partial is None:
            raise
        reply, failed = error.partial, error
    except RingupError as error:
        if setup.base_url and isinstance(error, AuthenticationError | PermissionDeniedError):
            error.advice = _with_key(asked)
        if json_:
            write(dump(report(error)))
        raise
    pair = [_row(id), _newer(id, last)]
    if json_:
        write(dump(_as_json(pair, before, reply)))
    else:
        _tell(pair, before, reply, setup, failed)
    if failed:
        raise click.exceptions.Exit(NOT_OF_TYPE)


def _again(asked: Asked, model: str | None, verbose: bool) -> tuple[Setup, dict[str, Any]]:
    """The call's setup, and what it is given."""
    params = {**params_of(asked), "tags": {_TAG: str(asked.id)}}
    found = _provider_of(model) if model else asked.provider
    if model and found is not asked.provider:
        left_out = [name for name in ("extra", "headers") if params.pop(name, None)]
        params.pop("wire", None)
        if left_out:
            warn(f"{' and '.join(left_out)} of call {asked.id} are of its own API: they aren't sent to {model}.")
    for name in asked.hidden:
        warn(f"The header {name} held a secret that the log hasn't: it isn't sent.")
    for told in asked.doubts:
        warn(told)
    setup = Setup(
        params={"model": model or asked.model},
        provider=None,
        base_url=asked.base_url if found is None else None,
        wire=False,
        no_log=False,
        verbose=verbose,
        shows_thinking=verbose or asked.request.reasoning is not None,
    )
    return setup, {**setup.params, **params}


def _with_key(asked: Asked) -> str:
    """How a server that was named by its address alone gets a key, which goes nowhere unless it is meant for it."""
    vendor = providers.find(_VENDORS.get(asked.wire.NAME, "openai"))
    assert vendor
    place, key = vendor.base_url_env[0], (vendor.key_env or ("",))[0]
    again = f"ringup log replay {asked.id} -m {vendor.name}/{asked.request.model}"
    return f"If the server wants a key, give it by the vendor's variables: {place}={asked.base_url} {key}=... {again}"


def _provider_of(model: str) -> providers.Provider | None:
    left, slash, _ = model.partition("/")
    return (providers.find(left) if slash else None) or providers.of_model(model)


def _answer(client: Client, asked: Asked, params: dict[str, Any], setup: Setup, silent: bool) -> Reply[Any]:
    """The reply, its words printed as they come where they came so."""
    toolbox, prompt = Toolbox((), False, stop=leave), prompt_of(asked.request)
    if asked.request.stream:
        stream = client.stream(prompt, **params)
        if not silent and "output" not in params:
            return play(stream, setup, toolbox)
        reply = gather(stream, toolbox)
    else:
        reply = client.ask(prompt, **params)
    if not silent and (reply.text or not reply.tool_calls):
        print_whole(reply, setup)
    return reply


# Side by side


def _row(id: int) -> dict[str, Any]:
    return rows(ledger_path(), 1, after=id - 1)[0]


def _newer(id: int, last: int | None) -> dict[str, Any] | None:
    """The row of the new call; None where it couldn't be logged."""
    found = rows(ledger_path(), 1, tags={_TAG: str(id)})
    return found[0] if found and found[0]["id"] > (last or 0) else None


def _tell(
    pair: list[dict[str, Any] | None], before: Reply | None, reply: Reply, setup: Setup, failed: OutputError | None
) -> None:
    if failed:
        show(failed)
    elif reply.tool_calls:
        click.echo("\n".join(_lines(reply)[-len(reply.tool_calls) :]))
    elif reply.finish_reason != "length":  # which the table says, and there is no option to raise
        close(reply, setup)
    click.echo()
    Table().add([row for row in pair if row])
    if before is None:
        note("The first call brought no answer to compare with.")
        return
    told = _differences(before, reply)
    if not told:
        note("Both say the same.")
    for line in told:
        plain = line.translate(CONTROL) if is_terminal(sys.stdout) else line
        click.echo(paint(plain, sys.stdout, fg=_COLOURS[line[0]]) if line[:1] in _COLOURS else plain)


def _differences(before: Reply, reply: Reply) -> list[str]:
    """The differences in what was said, as a unified diff."""
    import difflib  # here, for who compares nothing

    return list(difflib.unified_diff(_lines(before), _lines(reply), "before", "now", n=1, lineterm=""))


def _lines(reply: Reply) -> list[str]:
    """What was said, and which tools were asked for. Their calls' ids are never the same."""
    refusals = [f"[refusal] {part.text}" for part in reply.message.parts if isinstance(part, Refusal)]
    return [*reply.text.splitlines(), *refusals, *[f"-> {call.name} {call.json}" for call in reply.tool_calls]]


def _as_json(pair: list[dict[str, Any] | None], before: Reply | None, reply: Reply) -> dict[str, Any]:
    first, second = [row and {name: row[name] for name in _ROW} for row in pair]
    return {
        "call": {**(first or {}), "text": before and before.text},
        "replay": second,
        "same": None if before is None else _lines(before) == _lines(reply),
        "reply": as_dict(reply),
    }
