"""One call as rows of the tables `calls`, `attempts` and `tags`, made in the writer's thread, not in the call."""

from __future__ import annotations

import re
import time
from typing import Any

import msgspec

from ringup.call import Plan, Record, what_was_sent
from ringup.embeddings import Embeddings, EmbedRequest
from ringup.ledger._private import Privacy, Secrets
from ringup.ledger._schema import CALLS
from ringup.ledger._turns import Link, Turns, whole_text
from ringup.masks import unnamed
from ringup.reply import Attempt, Bill, Notice, Reply
from ringup.usage import Usage
from ringup.wire_tools import decode, encode

__all__ = ["attempt_rows", "call_row", "cost_row", "linked", "tag_rows"]

_CONTENT = frozenset(
    {
        *("messages", "system", "input", "instructions", "contents", "systemInstruction", "system_instruction"),
        *("inputs", "texts", "content", "requests", "prompt", "documents"),
    }
)
"""The fields of a request's body, on any wire, that hold what was said: the rest are its parameters."""

_WORDS = re.compile(r"[A-Za-z0-9_.:/-]{1,40}")
_SPOKEN = frozenset({"model", "type", "effort", "service_tier", "reasoning_effort", "tool_choice", "mode", "verbosity"})
_SPOKEN_CAMEL = frozenset({"thinkingLevel", "responseMimeType", "prompt_cache_retention", "ttl", "encoding_format"})
"""Parameters whose words are the vendor's own, and not the user's: these are kept at the level `metadata` too."""

_LONGEST_ERROR = 500
_CACHED_FROM = {"openai": 1024, "azure": 1024, "anthropic": 512, "gemini": 1024}
"""Tokens from which on a provider caches prompts, at the least of its models (their guides, November 2026)."""

_NO_USAGE = Usage()
_NO_BILL = Bill()
_NOT_YET = Bill(reason="the program ended before the price was looked up")
_NO_CONTENT: dict[str, Any] = dict.fromkeys(("input", "output", "tools", "request", "reply"))
_OUTSIDE = frozenset(
    {
        *("session", "url", "model", "model_answered", "raw_finish_reason", "error"),
        *("cost_unknown", "parameters", "notices", "request", "reply", "name", "value"),
    }
)
_IDS = ("request_id", "reply_id", "usage")
"""Columns whose words come from elsewhere. Where none of them holds a secret, none of the others does. In ids and
counters, only the secrets that are known are looked for."""


def call_row(
    id: int, record: Record, privacy: Privacy, secrets: Secrets, turns: Turns, *, priced: bool = True
) -> list[Any]:
    """The row of `calls`, in the order of its columns. What was said is handed to `turns`, and stands in the row as
    links, until `linked` puts rows in their place."""
    plan, first, last = record.plan, record.attempts[0], record.attempts[-1]
    reply = record.reply or getattr(record.error, "partial", None) or record.fold.reply()
    row = {
        "id": id,
        "ask": record.ask,
        "step": record.step,
        "session": plan.session,
        "kind": "embeddings" if isinstance(plan.request, EmbedRequest) else "answer",
        "provider": plan.provider.name,
        "wire": plan.wire.NAME,
        "url": plan.url,
        "model": plan.request.model,
        "model_answered": reply.model,
        "stream": plan.request.stream,
        "queued": _micro(record.queued or first.started),
        "sent": _micro(first.started),
        "first_byte": _micro(last.first_byte),
        "first_token": _micro(_first_token(record.attempts)),
        "ended": _micro(last.ended or time.time()),
        "outcome": record.outcome,
        "finish_reason": getattr(reply, "finish_reason", None),  # vectors have none
        "raw_finish_reason": getattr(reply, "raw_finish_reason", None),
        "status": last.status,
        "error_type": type(record.error).__name__ if record.error else None,
        "error": _error(record.error.message, privacy) if record.error else None,
        "request_id": last.request_id,
        "reply_id": reply.id,
        **_sums(record.attempts),
        **_tokens(reply.usage),
        "usage": encode(reply.usage.details).decode() if reply.usage.details else None,
        "usage_estimated": reply.usage.estimated,
        **_cost(_NOT_YET if not priced else reply.bill if record.reply else _NO_BILL),
        "parameters": _parameters(plan, privacy),
        "notices": _notices(plan.notices if record.reply else plan.notices + reply.notices, privacy),
        "prompt": _prompt(plan),
        "level": privacy.level,
        **(_content(plan, reply, privacy, turns) if privacy.keeps_content else _NO_CONTENT),
    }
    return _writable(row, secrets)


_LINKS = [list(CALLS).index(name) for name in ("input", "output", "tools")]


def linked(row: list[Any], ids: dict[Link, int]) -> list[Any]:
    """The row with the numbers of the rows that it refers to."""
    for at in _LINKS:
        if row[at] is not None:
            row[at] = ids[row[at]]
    return row


def _writable(row: dict[str, Any], secrets: Secrets) -> list[Any]:
    """The values of a row, without secrets, and without the lone surrogates that JSON may bring and SQLite refuses."""
    texts = "\n".join([value for name, value in row.items() if name in _OUTSIDE and value])
    others = "\n".join([row[name] for name in _IDS if row.get(name)])
    if texts.isascii() and others.isascii() and secrets.is_clean(texts) and not secrets.are_in(others):
        return list(row.values())
    return [secrets.clean(whole_text(value)) if type(value) is str else value for value in row.values()]


def _micro(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1e6)


def _first_token(attempts: list[Attempt]) -> float | None:
    for attempt in attempts:
        if attempt.first_token is not None:
            return attempt.first_token
    return None


def _sums(attempts: list[Attempt]) -> dict[str, Any]:
    return {
        "attempts": len(attempts),
        "maybe_billed": any([attempt.maybe_billed for attempt in attempts]),  # noqa: C419 - a list is quicker
        "bytes_sent": sum([attempt.bytes_sent for attempt in attempts]),
        "bytes_received": sum([attempt.bytes_received for attempt in attempts]),
    }


def _error(message: str, privacy: Privacy) -> str:
    told: str = privacy.value(message)
    return told if privacy.keeps_content else told[:_LONGEST_ERROR]


def _tokens(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cache_read_tokens": usage.cache_read_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
    }


def cost_row(id: int, record: Record) -> tuple[Any, ...]:
    """What a call cost, for a row that was written without; the call's id last."""
    return *_cost(record.reply.bill if record.reply else _NO_BILL).values(), id


def _cost(bill: Bill) -> dict[str, Any]:
    return {
        "cost_usd": None if bill.total is None else str(bill.total),
        "cost_lines": encode({name: str(amount) for name, amount in bill.lines}).decode() if bill.lines else None,
        "cost_unknown": bill.reason,
        "cost_estimated": bill.estimated,
        "prices": bill.prices,
    }


def _prompt(plan: Plan) -> str | None:
    """Digests of the prompt's blocks, for `ringup log explain-cache`, and none of its words. None where it can't have
    as many tokens as its provider's cache begins with: a token is a byte at least."""
    if len(plan.http.body) < _CACHED_FROM.get(plan.provider.name, 0):
        return None
    sent = what_was_sent(plan)
    return encode(sent.fingerprint).decode() if sent else None


def _notices(notices: tuple[Notice, ...], privacy: Privacy) -> str:
    if not notices:
        return "[]"
    if not privacy.keeps_content:
        return encode([f"{notice.kind} {notice.what}" for notice in notices]).decode()
    told = [f"{notice.kind} {notice.what}: {notice.message}" for notice in notices]
    return encode(privacy.value(told)).decode()


# What was sent beside the words


def _parameters(plan: Plan, privacy: Privacy) -> str | None:
    """The fields of the request's body as they were sent, without those that hold what was said."""
    try:
        fields = msgspec.json.decode(plan.http.body, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, ValueError):
        return None
    kept = {name: decode(bytes(raw)) for name, raw in fields.items() if name not in _CONTENT and name != "tools"}
    if "tools" in fields:
        kept["tools"] = _length(fields["tools"])
    kept = unnamed(kept)
    told = privacy.value(kept) if privacy.keeps_content else {name: _told(name, kept[name]) for name in kept}
    return encode(told).decode()


def _told(name: str, value: Any) -> Any:
    """What `metadata` keeps of a parameter: numbers, yes and no, and the vendor's own words; of a text its length."""
    if isinstance(value, dict):
        return {key: _told(key, held) for key, held in value.items()} if len(value) <= 20 else _length(encode(value))
    if isinstance(value, list):
        return _length(encode(value))
    if not isinstance(value, str):
        return value
    is_word = name in _SPOKEN or name in _SPOKEN_CAMEL
    return value if is_word and _WORDS.fullmatch(value) else _length(value.encode("utf-8", "replace"))


def _length(data: msgspec.Raw | bytes) -> str:
    return f"({memoryview(data).nbytes:,} bytes)"


def _content(plan: Plan, reply: Reply | Embeddings, privacy: Privacy, turns: Turns) -> dict[str, Any]:
    """What was said, and all that is needed to say it again."""
    asked = turns.ask(plan.request, privacy)
    output = turns.answer(reply.message, asked, privacy) if isinstance(reply, Reply) else None
    tools = getattr(plan.request, "tools", ())
    told = turns.blob(encode(privacy.value(unnamed(msgspec.to_builtins(tools)))), "application/json") if tools else None
    request = _builtins(plan.request, ("model", "messages", "system", "tools", "texts", "stream"))
    answer = _builtins(reply, _ELSEWHERE) if isinstance(reply, Reply) else None
    return {
        "input": asked,
        "output": output,
        "tools": told,
        "request": encode(privacy.value(unnamed(request))).decode(),
        "reply": None if answer is None else encode(privacy.value(answer)).decode(),
    }


_ELSEWHERE = frozenset(
    {
        *("message", "output", "output_way", "ended", "usage", "provider", "wire", "request_id", "latency"),
        *("time_to_first_token", "attempts", "notices", "steps", "raw", "pricer", "sent", "finish_reason"),
        *("raw_finish_reason", "id", "model"),
    }
)
"""Fields of a Reply that have columns of their own, or that are made from those."""


def _builtins(value: Any, without: Any) -> dict[str, Any]:
    """The fields of a value that say something, as JSON has them."""
    held = {name: getattr(value, name) for name in value.__struct_fields__ if name not in without}
    kept: dict[str, Any] = msgspec.to_builtins({name: field for name, field in held.items() if field or field == 0})
    return kept


def attempt_rows(id: int, record: Record, privacy: Privacy, secrets: Secrets) -> list[list[Any]]:
    """The rows of `attempts`: one for each try on the wire, whatever became of it."""
    return [_attempt_row(id, attempt, privacy, secrets) for attempt in record.attempts]


def _attempt_row(id: int, attempt: Attempt, privacy: Privacy, secrets: Secrets) -> list[Any]:
    kind, _, message = (attempt.error or "").partition(": ")
    row = {
        "call": id,
        "number": attempt.number,
        "sent": _micro(attempt.started),
        "first_byte": _micro(attempt.first_byte),
        "first_token": _micro(attempt.first_token),
        "ended": _micro(attempt.ended),
        "wait": attempt.wait,
        "outcome": attempt.outcome,
        "status": attempt.status,
        "error_type": kind or None,
        "error": _error(message, privacy) if kind else None,
        "request_id": attempt.request_id,
        "maybe_billed": attempt.maybe_billed,
        "bytes_sent": attempt.bytes_sent,
        "bytes_received": attempt.bytes_received,
        **_tokens(attempt.usage or _NO_USAGE),
    }
    return _writable(row, secrets)


def tag_rows(id: int, record: Record, secrets: Secrets) -> list[list[Any]]:
    """The rows of `tags`."""
    return [_writable({"call": id, "name": name, "value": value}, secrets) for name, value in record.plan.tags.items()]
