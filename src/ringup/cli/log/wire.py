"""A call of the log in its provider's own JSON: written again from what was kept, for the bytes themselves aren't."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from ringup.cli.log.asked import Asked, find_asked, recorded
from ringup.cli.output import flat, note, paint, write
from ringup.cli.telling import dump
from ringup.masks import MASK, unnamed
from ringup.wire_tools import decode

__all__ = ["print_wire"]


def print_wire(call: dict[str, Any], json_: bool) -> None:
    """Print request and answer of a call. Raises click.UsageError where its words weren't kept."""
    asked = find_asked(call["id"])
    sent, answered = _sent(asked), _answer(asked)
    if json_:
        click.echo(dump({"request": sent, "answer": answered}), nl=False)
        return
    note("The log doesn't keep the bytes: this is written again from what it keeps, without the key.")
    _heading(f"what goes out: {len(asked.http.body):,} bytes{_held_against(call, asked)}")
    write(f"{sent['method']} {sent['url']}\n")
    write("".join([f"{label}: {value}\n" for label, value in sent["headers"].items()]))
    _write_json(sent["body"])
    _heading("what came back, put together as a whole answer" if call["stream"] else "what came back")
    write(f"HTTP {call['status'] or '?'}\n")
    if answered is None:
        note(f"No answer is kept{': ' * bool(call['error'])}{flat(call['error'] or '')}")
    else:
        _write_json(answered)


def _heading(text: str) -> None:
    click.echo(paint(f"\n--- {text}", sys.stdout, fg="cyan"))


def _write_json(value: Any) -> None:
    write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def _held_against(call: dict[str, Any], asked: Asked) -> str:
    """In words, whether as many bytes were sent."""
    lengths = [one["bytes_sent"] for one in call["tries"] if one["bytes_sent"]]
    if not lengths:
        return ""
    return ", as were sent" if lengths[-1] == len(asked.http.body) else f", where {lengths[-1]:,} were sent"


def _sent(asked: Asked) -> dict[str, Any]:
    """A request as plain values. The key isn't kept, so it can't show."""
    http, provider = asked.http, asked.provider
    query = "&".join([f"{name}={value}" for name, value in http.query.items()])
    key = {}
    if provider and provider.key_env:
        key[provider.key_header] = f"Bearer {MASK}" if provider.key_header == "authorization" else MASK
    return {
        "method": http.method,
        "url": f"{asked.row['url'] or http.path}{'?' * bool(query)}{query}",
        "headers": {**unnamed(http.headers), **key},
        "body": decode(http.body),
    }


def _answer(asked: Asked) -> Any:
    """The answer of a call as its wire writes a whole one; None where none came."""
    reply = recorded(asked)
    return None if reply is None else decode(asked.wire.write_reply(reply))
