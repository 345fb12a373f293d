"""What `make hello` shows a newcomer: a real HTTP call on each of two APIs, and all that is worth knowing about it.

The calls go to the simulator inside this process, so they need no key, no network and no money.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from shutil import which
from typing import Any

from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table

from ringup import ledger
from ringup.cli.labels import ANSWERS, point_out
from ringup.client import Client
from ringup.reply import Reply
from ringup.simulator.calls import Received
from ringup.simulator.headers import SECRET
from ringup.testing import embedded
from ringup.version import __version__

__all__ = ["main"]

QUESTION = "What is the capital of France?"
MODELS = {"OpenAI": "gpt-4o-mini", "Anthropic": "claude-haiku-4-5"}

CODE = f"""\
import ringup

reply = ringup.ask("{QUESTION}", model="{MODELS["OpenAI"]}")
print(reply.text)
"""

SET_KEY = "$env:OPENAI_API_KEY = '...'" if sys.platform == "win32" else "export OPENAI_API_KEY=..."
RINGUP = "ringup" if which("ringup") else os.path.relpath(Path(sys.executable).with_name("ringup"))

NEXT = (
    (f'{RINGUP} ask "Who wrote Hamlet?"', "ask from the shell"),
    (f'{RINGUP} ask --wire "Hello!"', "see what goes out and back"),
    (f"{RINGUP} chat", "have a conversation"),
    (SET_KEY, "for real answers: a key"),
    (f"{RINGUP} keys check", "is it accepted? (free)"),
    ("examples/", "short programs to read"),
)


class _Console(Console):
    """A console that doesn't mind when nobody reads on (make hello | head)."""

    def on_broken_pipe(self) -> None:
        """What is still in the buffer goes nowhere, and all is well."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def main() -> None:
    """Make the calls, and show them."""
    with tempfile.TemporaryDirectory() as folder:
        calls = Path(folder) / "calls.db"
        replies = {vendor: _call(vendor, model, calls) for vendor, model in MODELS.items()}
        seen = dict(zip(MODELS, [call.request for call in embedded().calls], strict=True))
        logged = dict(zip(MODELS, reversed(ledger.rows(calls)), strict=True))
    console = _Console(highlight=False)
    console.print(f"\n[bold]ringup {__version__}: your first call, on two APIs[/]")
    console.print("[dim]Real HTTP, to the simulator inside this program: no key, no network, no money.[/]\n")
    console.print(Syntax(CODE, "python", theme="ansi_dark", background_color="default"))
    told = [
        {"asked": MODELS[vendor], **_tell(reply), **_tell_row(logged[vendor]), **_tell_way(seen[vendor], reply)}
        for vendor, reply in replies.items()
    ]
    console.print(_table(told))
    console.print("\n[dim]The cost is what the real model would have taken; the simulator is free.[/]\n")
    console.print("[bold]What next[/]")
    for command, what in NEXT:
        console.print(f"  [cyan]{command:{max(len(first) for first, _ in NEXT)}}[/]  [dim]{what}[/]")


def _call(vendor: str, model: str, calls: Path) -> Reply:
    simulator = embedded()
    url = simulator.openai_url if vendor == "OpenAI" else simulator.anthropic_url
    with Client(model, provider=vendor.lower(), base_url=url, api_key=simulator.key, ledger=calls) as client:
        return client.ask(QUESTION, max_tokens=256)


def _table(told: list[dict[str, str]]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("reply", style="cyan", no_wrap=True)
    for vendor in MODELS:
        table.add_column(vendor, overflow="fold")
    for name in told[0]:
        table.add_row(name, *[values[name] for values in told])
    return table


def _tell(reply: Reply) -> dict[str, str]:
    usage = reply.usage
    return {
        ".text": reply.text,
        ".finish_reason": f"{reply.finish_reason}",
        ".raw_finish_reason": f"{reply.raw_finish_reason} [dim](its own word)[/]",
        ".model": f"{reply.model}",
        ".usage.input_tokens": f"{usage.input_tokens}",
        ".usage.output_tokens": f"{usage.output_tokens}",
        ".cost": "unknown" if reply.cost is None else f"${reply.cost.normalize():f}",
        ".latency": f"{(reply.latency or 0) * 1000:.1f} ms",
        ".attempts": ", ".join([f"{attempt.number}: HTTP {attempt.status}" for attempt in reply.attempts]),
        ".request_id": f"{reply.request_id}",
        ".notices": "; ".join([notice.message for notice in reply.notices]) or "none",
    }


def _tell_row(row: dict[str, Any]) -> dict[str, str]:
    return {"ledger": f"row {row['id']}: {row['outcome']} in {row['latency']:.2f} s"}


def _tell_way(request: Received, reply: Reply) -> dict[str, str]:
    """How the call travelled: where it went, and where in the JSON that came back the things above stand."""
    at = {meaning.partition(",")[0]: path for path, _, meaning in point_out(reply.raw, ANSWERS[reply.wire])}
    return {
        "sent as": f"{request.method} {request.path}",
        "key in header": next(name for name in request.headers if name in SECRET),
        "text came in": at["the text"],
        "reason came in": at["why it stopped"],
        "tokens came in": f"{at['input tokens']} {at['output tokens']}",
    }


if __name__ == "__main__":
    main()
