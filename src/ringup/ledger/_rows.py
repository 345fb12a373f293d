"""One call as rows of the tables `calls`, `attempts` and `tags`."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

import msgspec
from msgspec import Struct

from ringup.ledger._account import Account
from ringup.ledger._private import Privacy, Secrets, distinct
from ringup.ledger._schema import ATTEMPTS, CALLS, COSTS
from ringup.ledger._turns import Link, Turns, whole_text
from ringup.masks import unnamed
from ringup.outcome import so_far
from ringup.reply import Attempt, Bill, Notice, Reply
from ringup.script import Record
from ringup.usage import Usage
from ringup.wire_tools import decode, encode

__all__ = ["Rows", "cost_rows", "make_rows"]

_CONTENT = frozenset(
    {
        *("messages", "system", "input", "instructions", "contents", "systemInstruction", "system_instruction"),
        *("inputs", "texts", "content", "requests", "prompt", "documents", "tools"),
    }
)
"""The fields of a request's body, on any wire, that hold what was said: the rest are its parameters. Of the tools, the
length is one."""

_WORDS = re.compile(r"[A-Za-z0-9_.:/-]{1,40}")
_SPOKEN = frozenset({"model", "type", "effort", "service_tier", "reasoning_effort", "tool_choice", "mode", "verbosity"})
_SPOKEN_CAMEL = frozenset({"thinkingLevel", "responseMimeType", "prompt_cache_retention", "ttl", "encoding_format"})
"""Parameters whose words are the vendor's own, and not the user's: these are kept at the level `metadata` too."""

_NAMED = frozenset(
    {
        *("generationConfig", "thinkingConfig", "toolConfig", "functionCallingConfig", "imageConfig", "speechConfig"),
        *("reasoning", "thinking", "text", "format", "response_format", "json_schema", "output_config", "tool_choice"),
        *("stream_options", "cache_control", "audio", "options", "provider", "web_search_options"),
        *("usage", "chat_template_kwargs", "context_management", "voiceConfig", "prebuiltVoiceConfig"),
    }
)
"""Objects whose names are the vendor's own. In any other (a schema, `metadata`, `logit_bias`), they may be the user's:
of those the level `metadata` keeps only the length."""

_LONGEST_ERROR = 500
_SMALL = 65_536
_NO_USAGE = Usage()
_NO_CONTENT = (None,) * 5


def _at(columns: dict[str, str], *names: str) -> tuple[int, ...]:
    """Where they stand in a row."""
    order = list(columns)
    return tuple([order.index(name) for name in names])


_call_texts = itemgetter(
    *_at(CALLS, "session", "url", "model", "model_answered", "raw_finish_reason", "error"),
    *_at(CALLS, "cost_unknown", "parameters", "notices", "request", "reply"),
)
_call_ids = itemgetter(*_at(CALLS, "request_id", "reply_id", "usage"))
_try_texts = itemgetter(*_at(ATTEMPTS, "error", "cost_unknown"))
_try_id = itemgetter(*_at(ATTEMPTS, "request_id"))
"""Columns whose words come from elsewhere. Where none of them holds a secret, none of the others does. In ids and
counters, only the secrets that are known are looked for."""

_CODED = ("usage", "cost_lines", "parameters", "notices", "prompt", "request", "reply", "terms")
_CALL_JSON = frozenset(_at(CALLS, *_CODED))
_TRY_JSON = frozenset(_at(ATTEMPTS, "cost_lines", "terms"))
_COST_JSON = frozenset([COSTS.index(name) for name in ("cost_lines", "terms")])

_try_times = itemgetter(*_at(ATTEMPTS, "sent", "first_byte", "first_token", "ended"))
_try_sums = itemgetter(*_at(ATTEMPTS, "maybe_billed", "bytes_sent", "bytes_received"))
_LINKS = _at(CALLS, "input", "output", "tools")


class Rows(Struct, gc=False):
    """The rows of one call, in the order of the columns, the call's number first: 0 until `number` sets it. What was
    said stands in them as links until then. `owing` is the account whose costs are to follow."""

    call: list[Any]
    attempts: list[list[Any]]
    tags: Sequence[list[Any]]
    owing: Account | None = None

    @property
    def links(self) -> list[Link]:
        """What the call refers to."""
        return [self.call[at] for at in _LINKS if self.call[at] is not None]

    def number(self, number: int, ids: dict[Link, int]) -> None:
        """Number them, and put the numbers of rows in place of the links."""
        self.call[0] = number
        for row in self.attempts:
            row[0] = number
        for row in self.tags:
            row[0] = number
        for at in _LINKS:
            if self.call[at] is not None:
                self.call[at] = ids[self.call[at]]


def make_rows(account: Account, privacy: Privacy, bills: Sequence[Bill], secrets: Secrets, turns: Turns | None) -> Rows:
    """The rows of a call; `bills` are those of its tries. What was said is handed to `turns`, if it is kept."""
    secrets.know(account.secret)
    if account.headers:
        secrets.know_headers(account.headers)
    tries, cost = [], _FREE
    for attempt, bill in zip(account.attempts, bills, strict=True):
        cost = _cost(bill)
        tries.append(_try(attempt, privacy, cost))
    call = _call(account, privacy, turns, tries, cost)
    tags = _tags(account.tags, secrets) if account.tags else ()
    if _are_clean(call, tries, secrets):
        return Rows(call, tries, tags)
    return Rows(_cleaned(call, secrets, _CALL_JSON), [_cleaned(one, secrets, _TRY_JSON) for one in tries], tags)


def _tags(tags: Mapping[str, str], secrets: Secrets) -> list[list[Any]]:
    names = distinct(_cleaned(list(tags), secrets))
    return [[0, name, value] for name, value in zip(names, _cleaned(list(tags.values()), secrets), strict=True)]


def _are_clean(call: list[Any], tries: list[list[Any]], secrets: Secrets) -> bool:
    """Whether there are no secrets in them, nor the lone surrogates that JSON may bring and SQLite refuses."""
    texts, ids = _call_texts(call), _call_ids(call)
    for one in tries:
        texts += _try_texts(one)
    if len(tries) > 1:  # else the call has its id
        ids += tuple([_try_id(one) for one in tries])
    return secrets.are_clean(texts) and not secrets.are_in("\n".join(filter(None, ids)))


def _cleaned(row: list[Any], secrets: Secrets, coded: frozenset[int] = frozenset()) -> list[Any]:
    """The values without secrets; those that are JSON stay so."""
    clean = list(row)
    for at, value in enumerate(row):
        if type(value) is str:
            clean[at] = secrets.clean_json(value) if at in coded else secrets.clean(whole_text(value))
    return clean


def _call(
    account: Account, privacy: Privacy, turns: Turns | None, tries: list[list[Any]], cost: tuple[Any, ...]
) -> list[Any]:
    """The row of `calls`, in the order of its columns."""
    error, usage, last = account.error, account.usage, account.attempts[-1] if account.attempts else None
    sent, first_byte, first_token, ended = _times(tries)
    return [
        0,
        account.ask,
        account.step,
        account.session,
        account.kind,
        account.provider,
        account.wire,
        account.url,
        account.asked,
        account.model,
        int(account.is_stream),  # sqlite3 takes long to hand over a bool
        sent if account.queued is None else round(account.queued * 1e6),
        sent,
        first_byte,
        first_token,
        ended,
        account.outcome,
        account.finish_reason,
        account.raw_finish_reason,
        last and last.status,
        type(error).__name__ if error else None,
        _error(error.quoting if privacy.keeps_content else error.message, privacy) if error else None,
        last and last.request_id,
        account.id,
        *_sums(tries),
        *_tokens(usage),
        encode(usage.details).decode() if usage.details else None,
        int(usage.estimated),
        *cost[:-1],
        _parameters(account.body, privacy),
        _notices(account.notices, privacy),
        encode(account.sent.fingerprint).decode() if account.sent else None,
        privacy.level,
        *(
            _content(account.record, privacy, turns)
            if turns and account.record and privacy.keeps_content
            else _NO_CONTENT
        ),
        cost[-1],  # the terms
    ]


def _micro(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1e6)


def _times(tries: list[list[Any]]) -> tuple[Any, ...]:
    """When a call was sent, had its first byte and its first token, and ended."""
    if not tries:  # its budget refused it
        sent = first_byte = first_token = ended = None
    elif len(tries) > 1:
        times = [_try_times(one) for one in tries]
        told = next((token for _, _, token, _ in times if token is not None), None)
        sent, first_byte, first_token, ended = times[0][0], times[-1][1], told, times[-1][3]
    else:
        sent, first_byte, first_token, ended = _try_times(tries[0])
    return sent, first_byte, first_token, ended or round(time.time() * 1e6)


def _sums(tries: list[list[Any]]) -> tuple[int, ...]:
    """How many tries, whether one may be billed, and the bytes of all."""
    if len(tries) == 1:
        return 1, *_try_sums(tries[0])
    sums = [_try_sums(one) for one in tries]
    billed, out, back = zip(*sums, strict=True) if sums else ((0,), (), ())
    return len(tries), max(billed), sum(out), sum(back)


def _error(message: str, privacy: Privacy) -> str:
    told: str = privacy.value(message)
    return told if privacy.keeps_content else told[:_LONGEST_ERROR]


def _tokens(usage: Usage) -> tuple[int | None, ...]:
    return (
        usage.input_tokens,
        usage.output_tokens,
        usage.cache_read_tokens,
        usage.cache_write_tokens,
        usage.reasoning_tokens,
    )


def cost_rows(id: int, account: Account, bills: Sequence[Bill], secrets: Secrets) -> tuple[list[Any], list[list[Any]]]:
    """What a call and its tries cost, for rows that were written without: the values, and what the row is known by."""
    held = [_cleaned([*_cost(bill)], secrets, _COST_JSON) for bill in bills]
    queued = _micro(account.queued or account.attempts[0].started)
    tries = zip(account.attempts, held, strict=True)
    return [*held[-1], id, queued], [[*values, id, one.number, _micro(one.started)] for one, values in tries]


def _cost(bill: Bill) -> tuple[Any, ...]:
    """The columns of a bill."""
    return (
        None if bill.total is None else str(bill.total),
        encode(dict(bill.lines)).decode() if bill.lines else None,
        bill.reason,
        int(bill.estimated),
        bill.prices,
        encode(bill.terms).decode() if bill.terms else None,
    )


_FREE = _cost(Bill())


def _notices(notices: tuple[Notice, ...], privacy: Privacy) -> str:
    if not notices:
        return "[]"
    if not privacy.keeps_content:
        return encode([f"{notice.kind} {notice.what}" for notice in notices]).decode()
    told = [f"{notice.kind} {notice.what}: {notice.message}" for notice in notices]
    return encode(privacy.value(told)).decode()


# What was sent beside the words


def _parameters(body: bytes, privacy: Privacy) -> str | None:
    """The fields of the request's body as they were sent, without those that hold what was said."""
    try:
        fields = _read_fields(body)
    except (msgspec.MsgspecError, ValueError):
        return None
    kept = [(name, bytes(raw)) for name, raw in fields.items() if name not in _CONTENT]
    if "tools" in fields:
        kept.append(("tools", encode(_length(fields["tools"]))))
    if privacy.redact:
        return encode({name: privacy.value(value) for name, value in _named(kept).items()}).decode()
    known = _as_kept if len(body) <= _SMALL else _as_kept.__wrapped__
    return known(tuple(kept), privacy.keeps_content)


_read_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


@lru_cache(256)
def _as_kept(fields: tuple[tuple[str, bytes], ...], whole: bool) -> str:
    """Parameters as the row has them. Most calls of a program have the same."""
    kept = _named(fields)
    return encode(kept if whole else {name: _told(name, kept[name]) for name in kept}).decode()


def _named(fields: Sequence[tuple[str, bytes]]) -> Any:
    return unnamed({name: decode(raw) for name, raw in fields})


def _told(name: str, value: Any) -> Any:
    """What `metadata` keeps of a parameter: numbers, yes and no, and the vendor's own words; of all else its length."""
    if isinstance(value, dict) and name in _NAMED:
        return {key: _told(key, held) for key, held in value.items()}
    if isinstance(value, dict | list):
        return _length(encode(value))
    if not isinstance(value, str):
        return value
    is_word = name in _SPOKEN or name in _SPOKEN_CAMEL
    return value if is_word and _WORDS.fullmatch(value) else _length(value.encode("utf-8", "replace"))


def _length(data: msgspec.Raw | bytes) -> str:
    return f"({memoryview(data).nbytes:,} bytes)"


def _content(record: Record, privacy: Privacy, turns: Turns) -> tuple[Any, ...]:
    """What was said, and all that is needed to say it again: the last five columns."""
    plan, reply = record.plan, record.reply or so_far(record)
    asked = turns.ask(plan.request, privacy)
    output = turns.answer(reply.message, asked, privacy) if isinstance(reply, Reply) else None
    tools = getattr(plan.request, "tools", ())
    told = turns.tools(privacy.value(unnamed(msgspec.to_builtins(tools)))) if tools else None
    request = _builtins(plan.request, ("model", "messages", "system", "tools", "texts", "stream"))
    answer = _builtins(reply, _ELSEWHERE) if isinstance(reply, Reply) else None
    return (
        asked,
        output,
        told,
        encode(privacy.value(unnamed(request))).decode(),
        None if answer is None else encode(privacy.value(answer)).decode(),
    )


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


def _try(attempt: Attempt, privacy: Privacy, cost: tuple[Any, ...]) -> list[Any]:
    """The row of `attempts`, in the order of its columns: one for each try on the wire, whatever became of it."""
    kind, _, message = (attempt.error or "").partition(": ")
    return [
        0,
        attempt.number,
        round(attempt.started * 1e6),
        _micro(attempt.first_byte),
        _micro(attempt.first_token),
        _micro(attempt.ended),
        attempt.wait,
        attempt.outcome,
        attempt.status,
        kind or None,
        _error(message, privacy) if kind else None,
        attempt.request_id,
        int(attempt.maybe_billed),
        attempt.bytes_sent,
        attempt.bytes_received,
        *_tokens(attempt.usage or _NO_USAGE),
        *cost,
    ]
