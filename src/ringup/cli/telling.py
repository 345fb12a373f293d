"""A reply told to a person (its words to stdout, the rest to stderr), or to a program (JSON)."""

from __future__ import annotations

import json
import os
import sys
from decimal import Decimal
from typing import Any

import click
from msgspec.structs import asdict

from ringup.cli.exits import in_shell
from ringup.cli.output import CONTROL, Thoughts, is_terminal, note, paint, seconds, tail, warn, write
from ringup.cli.schema import plain
from ringup.cli.setup import Setup
from ringup.cli.toolbox import Toolbox
from ringup.cli.view import heading
from ringup.events import Finish, Noticed, RefusalDelta, TextDelta, ThinkingDelta, ToolEnded
from ringup.messages import Refusal
from ringup.reply import Attempt, Bill, Notice, Reply
from ringup.streams import Stream

__all__ = [
    "as_dict",
    "caution",
    "close",
    "count",
    "details",
    "dollars",
    "dump",
    "gather",
    "grow",
    "play",
    "print_whole",
    "tell_notice",
]

_ENDINGS = {
    "content_filter": "The provider's filter stopped the answer.",
    "refusal": "The model declined to answer.",
    "pause": "The provider paused a long turn: ask it to go on.",
    "tool_calls": "The model asks for a tool, and the command line has none to give.",
    "error": "The provider broke the answer off with an error.",
}
_STOPS = {
    "max_steps": "The model still asks for tools, and has had its calls: raise --max-steps for more.",
    "timeout": "The time was up while tools ran: raise --timeout for more.",
    "paused": "Stopped before the tools that the model asks for: /resume asks you again, /undo takes the turn back.",
}


def _words(reply: Reply) -> str:
    """What the model said, a refusal's words included."""
    return reply.text + "".join([part.text for part in reply.message.parts if isinstance(part, Refusal)])


def play(stream: Stream, setup: Setup, toolbox: Toolbox) -> Reply:
    """Print an answer as it comes. Its last line is always ended, also when it breaks off."""
    last = "\n"
    thoughts = Thoughts(setup.shows_thinking)
    try:
        with stream:
            for event in stream.events():
                match event:
                    case ThinkingDelta(text=text):
                        thoughts.add(text)
                    case TextDelta(text=text) | RefusalDelta(text=text) if text:
                        thoughts.end()
                        write(text)
                        last = text[-1]
                    case Finish():  # what comes now, of a tool or of the next step, has a line of its own
                        thoughts.end()
                        if last != "\n":
                            last = "\n"
                            write(last)
                    case ToolEnded(call, result):
                        toolbox.tell_unseen(call, result)
                    case Noticed(notice):
                        tell_notice(notice, setup)
    finally:
        thoughts.end()
        if last != "\n":
            write("\n")
    return stream.reply


def gather(stream: Stream, toolbox: Toolbox) -> Reply:
    """Wait for the whole of an answer that comes in pieces."""
    with stream:
        for event in stream.events():
            if isinstance(event, ToolEnded):
                toolbox.tell_unseen(event.call, event.result)
    return stream.reply


def grow(stream: Stream) -> Reply:
    """Wait for an answer of a type; who sits at a terminal sees on one line how it grows."""
    shown = is_terminal(sys.stderr) and is_terminal(sys.stdout) and os.environ.get("TERM") != "dumb"
    try:
        with stream:
            for value in stream.partials():
                if shown:
                    line = tail(json.dumps(value, ensure_ascii=False).translate(CONTROL))
                    click.echo(f"{paint(line, sys.stderr, dim=True)}\x1b[K\r", nl=False, err=True)
    finally:
        if shown:
            click.echo("\x1b[K", nl=False, err=True)
    return stream.reply


def print_whole(reply: Reply, setup: Setup) -> None:
    """Print an answer that wasn't printed as it came."""
    for notice in reply.notices:
        tell_notice(notice, setup)
    if setup.shows_thinking and reply.thinking:
        note(reply.thinking.rstrip("\n") + "\n")
    if setup.wire:
        heading("the answer")
    write(dump(plain(reply.output)) if reply.output_way else _words(reply).rstrip("\n") + "\n")


def tell_notice(notice: Notice, setup: Setup) -> None:
    """Say once what became of a parameter; of what is in order only to who wants to know."""
    if notice.message in setup.said:
        return
    setup.said.add(notice.message)
    if notice.kind in ("dropped", "refused"):
        warn(in_shell(notice.message))
    elif notice.kind == "sent" or setup.verbose:
        note(in_shell(notice.message))


def close(reply: Reply, setup: Setup) -> None:
    """After an answer: a warning when it isn't whole, and a line with why it stopped, tokens, cost and time."""
    if said := caution(reply, setup):
        warn(said)
    if setup.verbose or is_terminal(sys.stderr):
        note(_summary(reply))
    if setup.verbose:
        note(details(reply))


def caution(reply: Reply, setup: Setup) -> str:
    """What is to be said of an answer that isn't whole; nothing of one that is."""
    if reply.finish_reason == "length":
        limit = setup.params.get("max_tokens")
        return f"The answer is cut off: raise --max-tokens{f' above {limit:,}' if limit else ''} for all of it."
    if reply.ended in _STOPS:
        return _STOPS[reply.ended]
    return _ENDINGS.get(reply.finish_reason or "", "")


def _summary(reply: Reply) -> str:
    usage = reply.usage
    why: str = reply.finish_reason or "no reason given"
    if reply.raw_finish_reason not in (None, why):
        why += f" ({reply.raw_finish_reason})"
    if reply.stop_sequence:
        why += f" at {reply.stop_sequence!r}"
    tokens = f"{count(usage.input_tokens)} tokens in, {count(usage.output_tokens)} out"
    if usage.reasoning_tokens:
        tokens += f" ({count(usage.reasoning_tokens)} of them reasoning)"
    cost = "free" if reply.provider == "sim" else dollars(reply.cost)
    return " · ".join([why, tokens, cost, seconds(reply.latency), reply.model or "?"])


def details(reply: Reply) -> str:
    """What only who asks for more wants to know, on one line."""
    said = {
        "id": reply.id,
        "request id": reply.request_id,
        "API": reply.wire,
        "first words after": reply.time_to_first_token and seconds(reply.time_to_first_token),
        "steps": len(reply.steps) if len(reply.steps) > 1 else None,
        "tries": len(reply.attempts) or None,
        "type asked for": reply.output_way,
        "from the cache": reply.usage.cache_read_tokens and f"{count(reply.usage.cache_read_tokens)} tokens",
        "to the cache": reply.usage.cache_write_tokens and f"{count(reply.usage.cache_write_tokens)} tokens",
        "saved by the cache": dollars(reply.bill.saved) if reply.bill.saved else None,
        "cost": parts(reply.bill),
        f"cost {'unknown because' if reply.cost is None else 'estimated:'}": None
        if reply.provider == "sim"
        else reply.bill.reason,
    }
    return " · ".join([f"{name} {value}" for name, value in said.items() if value is not None])


def parts(bill: Bill) -> str | None:
    """What the parts of a bill cost; None where there is nothing to tell."""
    if not bill.total:
        return None
    inside = dict(bill.of_which)
    told = [f"{name} {dollars(amount)}" for name, amount in bill.lines if amount]
    if inside.get("reasoning"):
        told.append(f"of which reasoning {dollars(inside['reasoning'])}")
    return ", ".join(told) + (f" ({', '.join(bill.terms)})" if bill.terms else "")


def count(tokens: int | None) -> str:
    """A number of tokens to read."""
    return "?" if tokens is None else f"{tokens:,}"


def dollars(cost: Decimal | None) -> str:
    """A cost to read: cents at least, and never fewer than two digits that say something."""
    if cost is None:
        return "cost unknown"
    return f"${cost:.{max(2, 1 - cost.adjusted()) if cost else 2}f}"


def as_dict(reply: Reply) -> dict[str, Any]:
    """A reply as plain values. Unknown is None."""
    return {
        "text": reply.text,
        "output": plain(reply.output),
        "output_way": reply.output_way,
        "ended": reply.ended,
        "refusal": _words(reply)[len(reply.text) :] or None,
        "thinking": reply.thinking or None,
        "finish_reason": reply.finish_reason,
        "raw_finish_reason": reply.raw_finish_reason,
        "stop_sequence": reply.stop_sequence,
        "usage": {**asdict(reply.usage), "total_tokens": reply.usage.total_tokens},
        "cost": None if reply.cost is None else str(reply.cost),
        "cost_unknown": reply.bill.reason if reply.cost is None else None,
        "cost_estimated": reply.bill.estimated,
        "cost_parts": {name: str(amount) for name, amount in reply.bill.lines},
        "cost_of_which": {name: str(amount) for name, amount in reply.bill.of_which},
        "cost_terms": list(reply.bill.terms),
        "cache_saved": None if reply.bill.saved is None else str(reply.bill.saved),
        "provider": reply.provider,
        "wire": reply.wire,
        "model": reply.model,
        "id": reply.id,
        "request_id": reply.request_id,
        "latency": reply.latency,
        "time_to_first_token": reply.time_to_first_token,
        "tool_calls": [{"id": call.id, "name": call.name, "json": call.json} for call in reply.tool_calls],
        "attempts": [_attempt(attempt) for attempt in reply.attempts],
        "notices": [asdict(notice) for notice in reply.notices],
    }


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {**asdict(attempt), "usage": attempt.usage and asdict(attempt.usage)}


def dump(value: Any) -> str:
    """Values as JSON: on one line for a program, on several for a person."""
    return json.dumps(value, ensure_ascii=False, indent=2 if is_terminal(sys.stdout) else None, default=str) + "\n"
