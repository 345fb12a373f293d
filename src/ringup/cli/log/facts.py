"""What the log has of a call beside its words, as a person reads it: when, how, tokens and cost."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from ringup.cli.log.table import cost, is_free, took
from ringup.cli.telling import count, dollars
from ringup.wire_tools import decode

__all__ = ["facts"]

_LONG = 0.01


def facts(call: dict[str, Any]) -> dict[str, str | None]:
    """What is known of it, each under a word; None and nothing for what there isn't."""
    raw = call["raw_finish_reason"]
    way = f"{call['wire']}{', as a stream' * bool(call['stream'])}"
    tries = f"{call['attempts']} tr{'y' if call['attempts'] == 1 else 'ies'}"
    first = call["time_to_first_token"]
    after = "" if first is None else f", the first token after {took(first)}"
    waited = 0 if call["sent"] is None else (call["sent"] - call["queued"]) / 1e6
    return {
        "asked": f"{datetime.fromtimestamp(call['queued'] / 1e6).astimezone():%Y-%m-%d %H:%M:%S.%f}",
        "waited": f"{took(waited)} before it was sent" if waited >= _LONG else None,
        "took": f"{took(call['latency'])}{after}, {tries}",
        "answered by": call["model_answered"],
        "stopped for": raw if raw != call["finish_reason"] else None,
        "API": way,
        "address": call["url"],
        "request id": call["request_id"],
        "answer's id": call["reply_id"],
        "ask": call["ask"] and f"{call['ask']}, step {call['step']}",
        "session": call["session"],
        "tags": ", ".join([f"{label}={value}" for label, value in call["tags"].items()]),
        "tokens": _tokens(call),
        "cost": _cost(call),
        "all tries": _all_tries(call),
        "bytes": f"{count(call['bytes_sent'])} sent, {count(call['bytes_received'])} received",
        "level": call["level"],
    }


def _tokens(call: dict[str, Any]) -> str:
    inside = {"cache_read_tokens": "from the cache", "cache_write_tokens": "to the cache"}
    told = [f"{count(call[part])} {words}" for part, words in inside.items() if call[part] is not None]
    thought = call["reasoning_tokens"]
    cached = f" ({', '.join(told)})" if told else ""
    reasoning = "" if thought is None else f" ({count(thought)} of them reasoning)"
    counted = ", as ringup counted" if call["usage_estimated"] else ""
    return f"{count(call['input_tokens'])} in{cached}, {count(call['output_tokens'])} out{reasoning}{counted}"


def _cost(call: dict[str, Any]) -> str:
    if call["cost_usd"] is None:
        known = "free" if call["provider"] == "sim" else "none: nothing is billed" if is_free(call) else ""
        return known or f"unknown{': ' * bool(call['cost_unknown'])}{call['cost_unknown'] or ''}"
    lines = decode(call["cost_lines"] or "{}")
    made = " + ".join([f"{label} {dollars(Decimal(part))}" for label, part in lines.items() if Decimal(part)])
    why = f"; {call['cost_unknown']}" if call["cost_unknown"] else ""
    return f"{cost(call)}{f' = {made}' * bool(made)} ({call['prices'] or 'prices unknown'}{why})"


def _all_tries(call: dict[str, Any]) -> str | None:
    """What all tries came to, where others than the one that was answered were billed."""
    costs = [Decimal(one["cost_usd"]) for one in call["tries"] if one["cost_usd"] is not None]
    whole = sum(costs, Decimal(0))
    if not costs or whole == Decimal(call["cost_usd"] or 0):
        return None
    return f"{'~' * any(one['cost_estimated'] for one in call['tries'])}{dollars(whole)}"
