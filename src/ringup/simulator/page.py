"""The page that a person sees: what this is, how to reach it, and the last calls."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape

import msgspec

from ringup.simulator.calls import Call
from ringup.simulator.headers import MENDED, SERVER

__all__ = ["page"]

SHOWN = 50

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .3rem .6rem; }
tr:nth-child(even) { background: #f4f4f4; } pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #f4f4f4;
padding: .6rem; } code { background: #f4f4f4; } summary { cursor: pointer; }
"""


def page(base: str, calls: Iterable[Call]) -> str:
    """The HTML. `base` is the server's own address."""
    last = list(calls)[-SHOWN:][::-1]
    rows = "".join(_row(call) for call in last) or "<p>None yet.</p>"
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,"><title>ringup simulator</title><style>{_STYLE}</style></head><body>
<h1>This is a simulator</h1>
<p>{escape(SERVER)} answers as the APIs of OpenAI, Anthropic and Google do, as far as a program can. No model is
behind it, and nothing leaves this machine.</p>
<table>
<tr><th>OpenAI SDKs</th><td><code>base_url = "{escape(base)}/v1"</code></td></tr>
<tr><th>Anthropic SDKs</th><td><code>base_url = "{escape(base)}"</code></td></tr>
<tr><th>Google SDKs</th><td><code>base_url = "{escape(base)}"</code></td></tr>
<tr><th>Key</th>
<td>any that begins with <code>sk-</code>, <code>sk-ant-</code>, <code>AIza</code> or <code>sim-</code></td></tr>
<tr><th>As JSON</th><td><a href="/_ringup/calls">calls</a>, <a href="/_ringup/faults">faults</a></td></tr>
</table>
<h2>The last calls (times in UTC)</h2>
{rows}
</body></html>
"""


def _row(call: Call) -> str:
    at = datetime.fromtimestamp(call.started, UTC).strftime("%H:%M:%S")
    fault = f" · fault: {escape(call.fault)}" if call.fault else ""
    mended = f" · mended: {escape(call.headers[MENDED])}" if MENDED in call.headers else ""
    head = f"#{call.number} · {at} · {call.request.method} {escape(call.request.path)} · {escape(call.model)}"
    plain = call.plain()
    request = escape(_pretty(plain["request"]["body"]))
    answer = escape(_pretty(plain["answer"]["body"]))
    return (
        f"<details><summary>{head} → {call.status or 'no answer'}, {escape(call.outcome)}{fault}{mended}</summary>"
        f"<pre>{request}</pre><pre>{answer}</pre></details>"
    )


def _pretty(value: object) -> str:
    text = value if isinstance(value, str) else msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    return text if len(text) <= 4_000 else text[:4_000] + "…"
