"""`ringup log explain-cache`: why the second of two calls had tokens from the cache, or had none."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click
from msgspec.structs import asdict

from ringup.cli.log.logged import CALL, FROM_THE_END, find_call
from ringup.cli.telling import dump
from ringup.explain import Made, compare
from ringup.fingerprint import read
from ringup.usage import Usage

__all__ = ["explain_cache"]

_COUNTERS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")


@click.command("explain-cache", context_settings=FROM_THE_END, short_help="Say why the cache did or didn't help.")
@click.argument("first", type=CALL)
@click.argument("second", type=CALL)
@click.option("--json", "json_", is_flag=True, help="Print a JSON object.")
def explain_cache(first: int, second: int, json_: bool) -> None:
    """Say why the second call had tokens from the cache, or had none, and where the two prompts part.

    The log has digests of prompts, and none of their words.
    """
    report = compare(_made(find_call(first)), _made(find_call(second)))
    click.echo(dump(asdict(report)) if json_ else f"{report}\n", nl=False)


def _made(call: dict[str, Any]) -> Made:
    if not call["prompt"]:
        raise click.UsageError(
            f"call {call['id']} has no digests of its prompt: it is too short for any cache, or has none."
        )
    started = datetime.fromisoformat(call["started"]).timestamp()
    usage = Usage(**{name: call[name] for name in _COUNTERS})
    return Made(sent=read(call["prompt"]), usage=usage, started=started, ended=started + (call["latency"] or 0.0))
