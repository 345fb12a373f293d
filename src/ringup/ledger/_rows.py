"""One call as rows of the tables `calls`, `attempts` and `tags`."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

import msgspec
from msgspec import Struct

from ringup.embeddings import Embeddings, EmbedRequest
from ringup.ledger._private import Privacy, Secrets
from ringup.ledger._schema import CALLS
from ringup.ledger._turns import Link, Turns, whole_text
from ringup.masks import unnamed
from ringup.outcome import so_far, what_was_sent
from ringup.reply import Attempt, Bill, Notice, Reply
from ringup.script import Plan, Record
from ringup.usage import Usage
from ringup.wire_tools import decode, encode

__all__ = ["Rows", "cost_rows", "make_rows"]

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
_SMALL = 65_536
_CACHED_FROM = {"openai": 1024, "azure": 1024, "anthropic": 512, "gemini": 1024}
"""Tokens from which on a provider caches prompts, at the least of its models (their guides, November 2026)."""

_NO_USAGE = Usage()
_NO_CONTENT: dict[str, Any] = dict.fromkeys(("input", "output", "tools", "request", "reply"))

_call_texts = itemgetter(
    *("session", "url", "model", "model_answered", "raw_finish_reason", "error"),
    *("cost_unknown", "parameters", "notices", "request", "reply"),
)
_call_ids = itemgetter("request_id", "reply_id", "usage")
_try_texts = itemgetter("error", "cost_unknown")
"""Columns whose words come from elsewhere. Where none of them holds a secret, none of the others does. In ids and
counters, only the secrets that are known are looked for."""


_LINKS = [list(CALLS).index(name) for name in ("input", "output", "tools")]


class Rows(Struct):
    """The rows of one record, in the order of the columns, the call's number first: 0 until `number` sets it. What was
    said stands in them as links until then. `owes` says that their costs are to follow."""

    call: list[Any]
    attempts: list[list[Any]]
    tags: list[list[Any]]
    owes: bool = False

    @property
    def links(self) -> list[Link]:
        """What the call refers to."""
        return [self.call[at] for at in _LINKS if self.call[at] is not None]

    def number(self, number: int, ids: dict[Link, int]) -> None:
        """Number them, and put the numbers of rows in place of the links."""
        for row in (self.call, *self.attempts, *self.tags):
            row[0] = number
        for at in _LINKS:
            if self.call[at] is not None:
                self.call[at] = ids[self.call[at]]


def make_rows(record: Record, privacy: Privacy, bills: Sequence[Bill], secrets: Secrets, turns: Turns | None) -> Rows:
    """The rows of a record; `bills` are those of its tries. What was said is handed to `turns`, if it is kept."""
    secrets.know(record.plan.auth.secret if record.plan.auth else None)
    costs = [_cost(bill) for bill in bills]
    call = _call(record, privacy, turns, costs[-1])
    tries = [_try(one, privacy, cost) for one, cost in zip(record.attempts, costs, strict=True)]
    tags = [_cleaned({"call": 0, "name": name, "value": value}, secrets) for name, value in record.plan.tags.items()]
    if _are_clean(call, tries, secrets):
        return Rows(list(call.values()), [list(one.values()) for one in tries], tags)
    return Rows(_cleaned(call, secrets), [_cleaned(one, secrets) for one in tries], tags)


def _are_clean(call: dict[str, Any], tries: list[dict[str, Any]], secrets: Secrets) -> bool:
    """Whether there are no secrets in them, nor the lone surrogates that JSON may bring and SQLite refuses."""
    held, ids = [*_call_texts(call)], [*_call_ids(call)]
    for one in tries:
        held += _try_texts(one)
        ids.append(one["request_id"])
    texts, others = "\n".join(filter(None, held)), "\n".join(filter(None, ids))
    return texts.isascii() and others.isascii() and secrets.is_clean(texts) and not secrets.are_in(others)


def _cleaned(row: dict[str, Any], secrets: Secrets) -> list[Any]:
    return [secrets.clean(whole_text(value)) if type(value) is str else value for value in row.values()]


def _call(record: Record, privacy: Privacy, turns: Turns | None, cost: dict[str, Any]) -> dict[str, Any]:
    """The row of `calls`."""
    plan, error = record.plan, record.error
    first, last = record.attempts[0], record.attempts[-1]
    reply = record.reply or so_far(record)
    return {
        "id": 0,
        "ask": record.ask,
        "step": record.step,
        "session": plan.session,
        "kind": "embeddings" if isinstance(plan.request, EmbedRequest) else "answer",
        "provider": plan.provider.name,
        "wire": plan.wire.NAME,
        "url": plan.url,
        "model": plan.request.model,
        "model_answered": reply.model,
        "stream": int(plan.request.stream),  # sqlite3 takes long to hand over a bool
        "queued": _micro(record.queued or first.started),
        "sent": _micro(first.started),
        "first_byte": _micro(last.first_byte),
        "first_token": _micro(_first_token(record.attempts)),
        "ended": _micro(last.ended or time.time()),
        "outcome": record.outcome,
        "finish_reason": getattr(reply, "finish_reason", None),  # vectors have none
        "raw_finish_reason": getattr(reply, "raw_finish_reason", None),
        "status": last.status,
        "error_type": type(error).__name__ if error else None,
        "error": _error(error.message, privacy) if error else None,
        "request_id": last.request_id,
        "reply_id": reply.id,
        **_sums(record.attempts),
        **_tokens(reply.usage),
        "usage": encode(reply.usage.details).decode() if reply.usage.details else None,
        "usage_estimated": int(reply.usage.estimated),
        **cost,
        "parameters": _parameters(plan, privacy),
        "notices": _notices(reply.notices, privacy),
        "prompt": _prompt(plan),
        "level": privacy.level,
        **(_content(plan, reply, privacy, turns) if turns and privacy.keeps_content else _NO_CONTENT),
    }


def _micro(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1e6)


def _first_token(attempts: list[Attempt]) -> float | None:
    for attempt in attempts:
        if attempt.first_token is not None:
            return attempt.first_token
    return None


def _sums(attempts: list[Attempt]) -> dict[str, Any]:
    if len(attempts) == 1:
        [one] = attempts
        return {
            "attempts": 1,
            "maybe_billed": int(one.maybe_billed),
            "bytes_sent": one.bytes_sent,
            "bytes_received": one.bytes_received,
        }
    return {
        "attempts": len(attempts),
        "maybe_billed": max([int(attempt.maybe_billed) for attempt in attempts]),
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


def cost_rows(id: int, record: Record, bills: Sequence[Bill], secrets: Secrets) -> tuple[list[Any], list[list[Any]]]:
    """What a call and its tries cost, for rows that were written without: the values, and what the row is known by."""
    held = []
    for bill in bills:
        values = _cost(bill)
        reason = values["cost_unknown"]
        held.append({**values, "cost_unknown": reason and secrets.clean(whole_text(reason))}.values())
    queued = _micro(record.queued or record.attempts[0].started)
    tries = zip(record.attempts, held, strict=True)
    return [*held[-1], id, queued], [[*values, id, one.number, _micro(one.started)] for one, values in tries]


def _cost(bill: Bill) -> dict[str, Any]:
    return {
        "cost_usd": None if bill.total is None else str(bill.total),
        "cost_lines": encode({name: str(amount) for name, amount in bill.lines}).decode() if bill.lines else None,
        "cost_unknown": bill.reason,
        "cost_estimated": int(bill.estimated),
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
    kept = [(name, bytes(raw)) for name, raw in fields.items() if name not in _CONTENT and name != "tools"]
    if "tools" in fields:
        kept.append(("tools", encode(_length(fields["tools"]))))
    if privacy.redact:
        return encode(privacy.value(_named(kept))).decode()
    known = _as_kept if len(plan.http.body) <= _SMALL else _as_kept.__wrapped__
    return known(tuple(kept), privacy.keeps_content)


@lru_cache(256)
def _as_kept(fields: tuple[tuple[str, bytes], ...], whole: bool) -> str:
    """Parameters as the row has them. Most calls of a program have the same."""
    kept = _named(fields)
    return encode(kept if whole else {name: _told(name, kept[name]) for name in kept}).decode()


def _named(fields: Sequence[tuple[str, bytes]]) -> Any:
    return unnamed({name: decode(raw) for name, raw in fields})


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


def _try(attempt: Attempt, privacy: Privacy, cost: dict[str, Any]) -> dict[str, Any]:
    """The row of `attempts`: one for each try on the wire, whatever became of it."""
    kind, _, message = (attempt.error or "").partition(": ")
    return {
        "call": 0,
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
        "maybe_billed": int(attempt.maybe_billed),
        "bytes_sent": attempt.bytes_sent,
        "bytes_received": attempt.bytes_received,
        **_tokens(attempt.usage or _NO_USAGE),
        **cost,
    }
