"""What differs between two calls of the log: their columns, tools and words, as plain values."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile
from typing import Any

from ringup import ledger
from ringup.cli.log.logged import name
from ringup.cli.log.words import split, turn
from ringup.cli.setup import ledger_path
from ringup.messages import Request, Tool
from ringup.wire_tools import decode

__all__ = ["COUNTS", "fields", "said", "tools"]

Turn = tuple[str, str]

_PLAIN = ("wire", "url", "model_answered", "kind", "session", "outcome", "finish_reason", "status", "error", "attempts")
COUNTS = (
    *("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens"),
    "bytes_sent",
)
"""Fields that are counted."""


def fields(a: dict[str, Any], b: dict[str, Any]) -> dict[str, list[Any]]:
    """The columns, parameters and tags that differ, each with both values."""
    sides = [_comparable(call) for call in (a, b)]
    names = dict.fromkeys([*sides[0], *sides[1]])
    pairs = {label: [side.get(label) for side in sides] for label in names}
    return {label: pair for label, pair in pairs.items() if pair[0] != pair[1]}


def _comparable(call: dict[str, Any]) -> dict[str, Any]:
    parameters = decode(call["parameters"] or "{}")
    parameters.pop("model", None)
    return {
        "model": name(call),
        **{label: call[label] for label in _PLAIN},
        "stream": bool(call["stream"]),
        **{f"parameter {label}": value for label, value in parameters.items()},
        **{f"tag {label}": value for label, value in call["tags"].items()},
        "notices": decode(call["notices"]),
        **{label: call[label] for label in COUNTS},
        "cost_usd": call["cost_usd"],
        "time_to_first_token": call["time_to_first_token"],
        "latency": call["latency"],
    }


def tools(a: int, b: int) -> dict[str, list[str]]:
    """The names of the tools that only one of the calls has, and of those that differ."""
    had = [_by_name(ledger.request_of(ledger_path(), call)) for call in (a, b)]
    return {
        "removed": [label for label in had[0] if label not in had[1]],
        "added": [label for label in had[1] if label not in had[0]],
        "changed": [label for label, tool in had[0].items() if label in had[1] and had[1][label] != tool],
    }


def _by_name(request: Request | None) -> dict[str, Any]:
    given = request.tools if request else ()
    return {tool.name if isinstance(tool, Tool) else tool.kind: tool for tool in given}


def said(a: dict[str, Any], b: dict[str, Any]) -> dict[str, Any]:
    """The differences in words, as unified diffs; None where the words of one of the calls weren't kept."""
    kept = [ledger.conversation(ledger_path(), call["id"]) for call in (a, b)]
    if not all(kept):
        return {"same_turns": None, "prompt": None, "answer": None}
    (asked, answered), (asked_then, answered_then) = (
        _turns(turns, call) for turns, call in zip(kept, (a, b), strict=True)
    )
    same = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(asked, asked_then, strict=False))))
    names = (f"call {a['id']}", f"call {b['id']}")
    return {
        "same_turns": same,
        "prompt": _unified(_lines(asked[same:]), _lines(asked_then[same:]), names),
        "answer": _unified(_lines(answered), _lines(answered_then), names),
    }


def _turns(turns: list[dict[str, Any]], call: dict[str, Any]) -> tuple[list[Turn], list[Turn]]:
    asked, answered = split(turns, call)
    return [turn(held) for held in asked], [turn(held) for held in answered]


def _lines(turns: Iterable[Turn]) -> list[str]:
    return [line for who, said in turns for line in (f"[{who}]", *said.splitlines())]


def _unified(a: list[str], b: list[str], names: tuple[str, str]) -> list[str]:
    import difflib  # here, for who compares nothing

    return list(difflib.unified_diff(a, b, *names, lineterm=""))
