"""A whole answer of the Anthropic Messages API, both ways: its content, why it stopped, and its usage."""

from __future__ import annotations

from typing import Any

from ringup.errors import ProtocolError
from ringup.messages import Audio, Message, Opaque, Part, Refusal, Text, Thinking, ToolCall
from ringup.reply import FinishReason, Reply
from ringup.usage import Usage
from ringup.wire_tools import decode, encode, excerpt
from ringup.wires.anthropic_messages._errors import read_error
from ringup.wires.anthropic_messages._parts import NAME, calls_json, own_extra, read_count, read_part, write_part

__all__ = [
    "NAMED",
    "finish_reason",
    "read_reply",
    "read_usage",
    "stop_reason",
    "write_block",
    "write_reply",
    "write_usage",
]

_REASONS: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "pause_turn": "pause",
    "compaction": "pause",  # it was asked to stop there (pause_after_compaction)
    "refusal": "refusal",
}
_WORDS: dict[FinishReason, str] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
    "refusal": "refusal",
    "pause": "pause_turn",
}
NAMED = frozenset({"id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage"})
_COUNTERS = frozenset(
    {"input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens_details"}
)


# Why it stopped


def finish_reason(word: str | None) -> FinishReason | None:
    """Our word for a stop_reason; None for one that isn't known (the Reply keeps the provider's own beside it)."""
    return _REASONS.get(word or "")


def stop_reason(reason: FinishReason | None, raw: str | None, stop_sequence: str | None) -> str | None:
    """The API's word: the provider's own where it means the same, else the nearest; null for "error", and for None."""
    if raw is not None and _REASONS.get(raw) == reason:
        return raw
    if reason is None:
        return raw
    if reason == "stop" and stop_sequence is not None:
        return "stop_sequence"
    return _WORDS.get(reason)


# Usage


def read_usage(usage: Any) -> Usage:
    """The API's input_tokens leaves cached tokens out; ours has them in. A counter that isn't there stays None."""
    if not isinstance(usage, dict):
        return Usage()
    fresh, read = read_count(usage.get("input_tokens")), read_count(usage.get("cache_read_input_tokens"))
    written = read_count(usage.get("cache_creation_input_tokens"))
    output = usage.get("output_tokens_details")
    output = dict(output) if isinstance(output, dict) else {}
    details = {key: value for key, value in usage.items() if key not in _COUNTERS and value is not None}
    reasoning = read_count(output.pop("thinking_tokens", None))
    return Usage(
        input_tokens=None if fresh is None else fresh + (read or 0) + (written or 0),
        output_tokens=read_count(usage.get("output_tokens")),
        cache_read_tokens=read,
        cache_write_tokens=written,
        reasoning_tokens=reasoning,
        details=details | {"output_tokens_details": output} if output else details,
    )


def write_usage(usage: Usage) -> dict[str, Any]:
    """Usage as the API has it. What isn't known is null: a number would be a lie that a client adds up."""
    total, read, written = usage.input_tokens, usage.cache_read_tokens, usage.cache_write_tokens
    body = {
        "input_tokens": None if total is None else max(total - (read or 0) - (written or 0), 0),
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read,
        "output_tokens": usage.output_tokens,
    }
    output = dict(usage.details.get("output_tokens_details") or {})
    if usage.reasoning_tokens is not None:
        output["thinking_tokens"] = usage.reasoning_tokens
    rest = {key: value for key, value in usage.details.items() if key not in _COUNTERS}
    return body | rest | ({"output_tokens_details": output} if output else {})


# Reading


def read_reply(body: bytes) -> Reply:
    """A whole answer. Raises the APIError that the body holds, or ProtocolError when it isn't an answer of this API.

    A stop_reason that isn't known gives finish_reason None, with the word in `raw_finish_reason`.
    """
    try:
        value = decode(body)
    except ValueError:
        raise _no_answer(body) from None
    if not isinstance(value, dict):
        raise _no_answer(body)
    if value.get("type") == "error" or ("content" not in value and "error" in value):
        raise read_error(200, {}, body)
    return Reply(
        message=Message("assistant", _read_content(value.get("content"), body)),
        finish_reason=finish_reason(_text(value, "stop_reason")),
        raw_finish_reason=_text(value, "stop_reason"),
        stop_sequence=_text(value, "stop_sequence"),
        usage=read_usage(value.get("usage")),
        id=_text(value, "id"),
        model=_text(value, "model"),
        extra={key: item for key, item in value.items() if key not in NAMED and item is not None},
        wire=NAME,
        raw=value,
    )


def _no_answer(body: bytes) -> ProtocolError:
    text = excerpt(body)
    return ProtocolError(
        "the answer isn't one of the Messages API" if text else "the answer is empty",
        quote=repr(text) if text else "",
        body=body[: 64 * 1024].decode("utf-8", "replace") or None,
    )


def _text(holder: dict[str, Any], key: str) -> str | None:
    value = holder.get(key)
    return value if isinstance(value, str) else None


def _read_content(content: Any, body: bytes) -> tuple[Part, ...]:
    if isinstance(content, str):
        return (Text(content),)
    if not isinstance(content, list) or not all(isinstance(block, dict) for block in content):
        raise _no_answer(body)
    calls = any(block.get("type") == "tool_use" for block in content)
    exact = calls_json(body) if calls else []
    return tuple([read_part(block, exact[0][at] if exact else None) for at, block in enumerate(content)])


# Writing


def write_reply(reply: Reply, *more: Reply) -> bytes:
    """A whole answer. This API gives one to a request: `more` is refused with ValueError."""
    if more:
        raise ValueError("the Messages API gives one answer to a request")
    blocks = [block for part in reply.message.parts if (block := write_block(part)) is not None]
    body = {
        "id": reply.id,
        "type": "message",
        "role": "assistant",
        "model": reply.model,
        "content": blocks,
        "stop_reason": stop_reason(reply.finish_reason, reply.raw_finish_reason, reply.stop_sequence),
        "stop_sequence": reply.stop_sequence,
        "stop_details": None,
        "container": None,
        "usage": write_usage(reply.usage),
    }
    return encode(body | reply.extra)


def write_block(part: Part) -> dict[str, Any] | None:
    """A part of an answer as a block; None for one that this API's answers can't hold (a picture, another wire's).

    Unlike in requests, a text may be blank here and thinking unsigned; sound is given by its transcript.
    """
    match part:
        case Text() | Refusal():
            return {"type": "text", "text": part.text} | own_extra(part)
        case Thinking(redacted=False):
            return {"type": "thinking", "thinking": part.text, "signature": part.signature or ""} | own_extra(part)
        case Thinking():
            return {"type": "redacted_thinking", "data": part.signature or ""} | own_extra(part)
        case Audio():
            return {"type": "text", "text": part.transcript} if part.transcript else None
        case ToolCall() | Opaque():
            return write_part(part, "", [])
    return None
