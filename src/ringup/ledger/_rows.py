"""One call as rows of the tables `calls`, `attempts` and `tags`. They are made in the writer's thread, not in the call."""

from __future__ import annotations

import re
import time
from typing import Any

import msgspec

from ringup.call import Plan, Record, what_was_sent
from ringup.embeddings import Embeddings, EmbedRequest
from ringup.ledger._private import Privacy, Secrets
from ringup.ledger._schema import ATTEMPTS, CALLS
from ringup.ledger._turns import Turns
from ringup.reply import Attempt, Bill, Notice, Reply
from ringup.usage import Usage
from ringup.wire_tools import decode, encode

__all__ = ["attempt_rows", "call_row", "tag_rows"]

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
_NO_USAGE = Usage()


def call_row(id: int, record: Record, privacy: Privacy, secrets: Secrets, turns: Turns) -> tuple[Any, ...]:
    """The row of `calls`, in the order of its columns. What was said is stored on the way."""
    plan, first, last = record.plan, record.attempts[0], record.attempts[-1]
    reply = record.reply or getattr(record.error, "partial", None) or record.fold.reply()
    row: dict[str, Any] = dict.fromkeys(CALLS)
    row.update(
        id=id,
        ask=record.ask,
        step=record.step,
        session=_clean(plan.session, secrets),
        kind="embeddings" if isinstance(plan.request, EmbedRequest) else "answer",
        provider=plan.provider.name,
        wire=plan.wire.NAME,
        url=_clean(plan.url, secrets),
        model=_clean(plan.request.model, secrets),
        model_answered=_clean(reply.model, secrets),
        stream=plan.request.stream,
        queued=_micro(record.queued or first.started),
        sent=_micro(first.started),
        first_byte=_micro(last.first_byte),
        first_token=_micro(next((attempt.first_token for attempt in record.attempts if attempt.first_token), None)),
        ended=_micro(last.ended or time.time()),
        outcome=record.outcome,
        status=last.status,
        request_id=_clean(last.request_id, secrets),
        reply_id=_clean(reply.id, secrets),
        attempts=len(record.attempts),
        maybe_billed=any([attempt.maybe_billed for attempt in record.attempts]),
        bytes_sent=sum([attempt.bytes_sent for attempt in record.attempts]),
        bytes_received=sum([attempt.bytes_received for attempt in record.attempts]),
        parameters=_parameters(plan, privacy, secrets),
        notices=_notices(plan.notices + (reply.notices if not record.reply else ()), privacy, secrets),
        prompt=_prompt(plan),
        level=privacy.level,
        **_ending(record, reply, privacy, secrets),
        **_usage(reply.usage),
        **_cost(reply.bill if record.reply else None),
    )
    if privacy.keeps_content:
        row.update(_content(plan, reply, privacy, secrets, turns))
    return tuple(row.values())


def _micro(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1e6)


def _clean(text: str | None, secrets: Secrets) -> str | None:
    return text if text is None else secrets.clean(text.encode("utf-8", "replace").decode())


def _ending(record: Record, reply: Reply | Embeddings, privacy: Privacy, secrets: Secrets) -> dict[str, Any]:
    ending: dict[str, Any] = {}
    if isinstance(reply, Reply):  # vectors have none
        ending |= {"finish_reason": reply.finish_reason, "raw_finish_reason": reply.raw_finish_reason}
    if error := record.error:
        ending |= {"error_type": type(error).__name__, "error": _error(error.message, privacy, secrets)}
    return ending


def _error(message: str, privacy: Privacy, secrets: Secrets) -> str:
    message = privacy.value(message)
    if not privacy.keeps_content:
        message = message[:_LONGEST_ERROR]
    return _clean(message, secrets) or ""


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        **_tokens(usage),
        "usage": encode(usage.details).decode() if usage.details else None,
        "usage_estimated": usage.estimated,
    }


def _tokens(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cache_read_tokens": usage.cache_read_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
    }


def _cost(bill: Bill | None) -> dict[str, Any]:
    if bill is None:
        return {"cost_estimated": False}
    return {
        "cost_usd": None if bill.total is None else str(bill.total),
        "cost_lines": encode({name: str(amount) for name, amount in bill.lines}).decode() if bill.lines else None,
        "cost_unknown": bill.reason,
        "cost_estimated": bill.estimated,
        "prices": bill.prices,
    }


def _prompt(plan: Plan) -> str | None:
    """Digests of the prompt's blocks, for `ringup log explain-cache`, and none of its words."""
    sent = what_was_sent(plan)
    return encode(sent.fingerprint).decode() if sent else None


def _notices(notices: tuple[Notice, ...], privacy: Privacy, secrets: Secrets) -> str:
    if not notices:
        return "[]"
    if not privacy.keeps_content:
        return secrets.clean(encode([f"{notice.kind} {notice.what}" for notice in notices]).decode())
    told = [f"{notice.kind} {notice.what}: {notice.message}" for notice in notices]
    return secrets.clean(encode(privacy.value(told)).decode())


# What was sent beside the words


def _parameters(plan: Plan, privacy: Privacy, secrets: Secrets) -> str | None:
    """The fields of the request's body as they were sent, without those that hold what was said."""
    try:
        fields = msgspec.json.decode(plan.http.body, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, ValueError):
        return None
    kept = {name: decode(bytes(raw)) for name, raw in fields.items() if name not in _CONTENT and name != "tools"}
    if "tools" in fields:
        kept["tools"] = _length(fields["tools"])
    if privacy.keeps_content:
        kept = privacy.value(kept)
    else:
        kept = {name: _told(name, value) for name, value in kept.items()}
    return secrets.clean(encode(kept).decode())


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


def _content(
    plan: Plan, reply: Reply | Embeddings, privacy: Privacy, secrets: Secrets, turns: Turns
) -> dict[str, Any]:
    """What was said, and all that is needed to say it again."""
    asked = turns.ask(plan.request, privacy)
    output = turns.answer(reply.message, asked, privacy) if isinstance(reply, Reply) else None
    row: dict[str, Any] = {"input": asked, "output": output}
    rest = _builtins(plan.request, ("model", "messages", "system", "tools", "texts", "stream"))
    row["request"] = secrets.clean(encode(privacy.value(rest)).decode())
    if isinstance(reply, Reply):
        held = _builtins(reply, _ELSEWHERE)
        row["reply"] = secrets.clean(encode(privacy.value(held)).decode())
    tools = getattr(plan.request, "tools", ())
    if tools:
        row["tools"] = turns.blob(encode(privacy.value(msgspec.to_builtins(tools))), "application/json")[0]
    return row


_ELSEWHERE = frozenset(
    {
        *("message", "output", "output_way", "ended", "usage", "provider", "wire", "request_id", "latency"),
        *("time_to_first_token", "attempts", "notices", "steps", "raw", "pricer", "sent", "finish_reason", "id", "model"),
    }
)
"""Fields of a Reply that have columns of their own, or that are made from those."""


def _builtins(value: Any, without: Any) -> dict[str, Any]:
    """The fields of a value that say something, as JSON has them."""
    held = {name: getattr(value, name) for name in value.__struct_fields__ if name not in without}
    kept: dict[str, Any] = msgspec.to_builtins({name: field for name, field in held.items() if field or field == 0})
    return kept


def attempt_rows(id: int, record: Record, privacy: Privacy, secrets: Secrets) -> list[tuple[Any, ...]]:
    """The rows of `attempts`: one for each try on the wire, whatever became of it."""
    return [_attempt_row(id, attempt, privacy, secrets) for attempt in record.attempts]


def _attempt_row(id: int, attempt: Attempt, privacy: Privacy, secrets: Secrets) -> tuple[Any, ...]:
    kind, _, message = (attempt.error or "").partition(": ")
    row: dict[str, Any] = dict.fromkeys(ATTEMPTS)
    row.update(
        call=id,
        number=attempt.number,
        sent=_micro(attempt.started),
        first_byte=_micro(attempt.first_byte),
        first_token=_micro(attempt.first_token),
        ended=_micro(attempt.ended),
        wait=attempt.wait,
        outcome=attempt.outcome,
        status=attempt.status,
        error_type=kind or None,
        error=_error(message, privacy, secrets) if kind else None,
        request_id=_clean(attempt.request_id, secrets),
        maybe_billed=attempt.maybe_billed,
        bytes_sent=attempt.bytes_sent,
        bytes_received=attempt.bytes_received,
        **_tokens(attempt.usage or _NO_USAGE),
    )
    return tuple(row.values())


def tag_rows(id: int, record: Record, secrets: Secrets) -> list[tuple[Any, ...]]:
    """The rows of `tags`."""
    return [(id, _clean(name, secrets), _clean(value, secrets)) for name, value in record.plan.tags.items()]
