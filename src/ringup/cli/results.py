"""How the lanes of `ringup compare` came out: a row for each in a table, or an object for each in JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ringup.cli.exits import INTERRUPTED, NO_ANSWER, code, report, words
from ringup.cli.lanes import Lane
from ringup.cli.output import columns, seconds
from ringup.cli.telling import as_dict, count, dollars
from ringup.messages import Thinking
from ringup.reply import Reply

__all__ = ["as_json", "end", "exit_code", "speed", "table"]

_HEAD = ("model", "first", "total", "tok/s", "in", "out", "cost", "end")
_STOPPED = "stopped with Ctrl-C"


def speed(reply: Reply) -> float | None:
    """Output tokens per second, from the first token to the last. None where it isn't known: of a single token, say.

    Reasoning that wasn't shown came before the first token, and doesn't count.
    """
    tokens, first, whole = reply.usage.output_tokens, reply.time_to_first_token, reply.latency
    if tokens is None or first is None or whole is None or whole <= first:
        return None
    if not any(isinstance(part, Thinking) and part.text for part in reply.message.parts):
        tokens -= reply.usage.reasoning_tokens or 0
    return (tokens - 1) / (whole - first) if tokens > 1 else None


def end(lane: Lane) -> str:
    """In a word, how it ended."""
    if lane.reply:
        return lane.reply.finish_reason or "?"
    return "failed" if lane.error else "stopped"


def exit_code(lane: Lane) -> int:
    """What the command line exits with for this lane: 0 when it was answered."""
    if lane.reply:
        return NO_ANSWER if lane.reply.finish_reason == "error" else 0
    return code(lane.error) if lane.error else INTERRUPTED


def table(lanes: Sequence[Lane], one_line: bool) -> None:
    """Print the table. What an error says stands below its row, or (one_line) in it, for grep."""
    rows = [_cells(lane, one_line) for lane in lanes]
    said = {index: "\n".join(_said(lane)) for index, lane in enumerate(lanes) if not lane.reply}
    columns(_HEAD, rows, {} if one_line else said)


def _said(lane: Lane) -> tuple[str, ...]:
    """What happened to a lane without an answer, and what to do about it."""
    return tuple([text for text in words(lane.error) if text]) if lane.error else (_STOPPED,)


def _cells(lane: Lane, one_line: bool) -> tuple[str, ...]:
    if lane.reply is None:
        ended = f"{end(lane)}: {' '.join(_said(lane))}" if one_line else end(lane)
        return (lane.asked, *_times(lane), "-", "-", "-", _cost_of_failure(lane), ended)
    reply, rate = lane.reply, speed(lane.reply)
    return (
        reply.model or lane.asked,
        seconds(reply.time_to_first_token),
        seconds(reply.latency),
        "?" if rate is None else f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}",
        count(reply.usage.input_tokens),
        count(reply.usage.output_tokens),
        "free" if reply.provider == "sim" else "unknown" if reply.cost is None else dollars(reply.cost),
        end(lane),
    )


def _times(lane: Lane) -> tuple[str, str]:
    """The first token and the end, where there were such."""
    if lane.first_try is None or lane.last_try is None:
        return "-", "-"
    begun, last = lane.first_try.started, lane.last_try
    return (
        seconds(last.first_token - begun) if last.first_token else "-",
        seconds(last.ended - begun) if last.ended else "-",
    )


def _cost_of_failure(lane: Lane) -> str:
    """Where no answer came nothing is charged, but for a try that the provider may have begun to answer."""
    billed = lane.last_try is not None and (lane.last_try.maybe_billed or bool(lane.text))
    return "unknown" if billed else "-"


def as_json(lane: Lane) -> dict[str, Any]:
    """The object of one model: that of `ask --json`, and under which name it was asked."""
    if lane.reply:
        return {"asked": lane.asked, **as_dict(lane.reply), "tokens_per_second": speed(lane.reply)}
    if lane.error:
        return {"asked": lane.asked, **report(lane.error)}
    return {
        "asked": lane.asked,
        "error": "KeyboardInterrupt",
        "message": _STOPPED,
        "exit_code": INTERRUPTED,
        "partial_text": lane.text,
    }
