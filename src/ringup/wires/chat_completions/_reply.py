"""A whole answer of Chat Completions: its JSON to a Reply, and back.

Facts: openai-python 3.54 (types/chat/chat_completion.py, completion_usage.py), and the dialects of the compatible
servers.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from ringup.errors import APIError
from ringup.messages import Audio, Message, Opaque, Part, Refusal, Text, Thinking, ToolCall
from ringup.openai_errors import error_of, holds_error, not_an_answer
from ringup.reply import FinishReason, Notice, Reply
from ringup.usage import Usage, flattened, nested
from ringup.wire_tools import count, encode, filled, read_answer, word
from ringup.wires.chat_completions._parts import (
    NAME,
    call_block,
    extra_of,
    field_of,
    is_old,
    merge,
    message_parts,
    own,
    reasoning_fields,
    text_block,
    thinking_chunk,
)

__all__ = [
    "CHOICE_FIELDS",
    "FROM_CHOICE",
    "ONE_CHOICE",
    "TOP_FIELDS",
    "finish_of",
    "finish_word",
    "read_reply",
    "read_usage",
    "usage_of",
    "write_reply",
    "write_usage",
]

TOP_FIELDS = frozenset({"id", "object", "created", "model", "choices", "usage", "error"})
CHOICE_FIELDS = frozenset({"index", "message", "delta", "finish_reason", "error"})
ONE_CHOICE = Notice("dropped", "n", "the answer holds more than one choice; only the first was read")

_FINISH: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "error": "error",
    "eos": "stop",  # Together
    "eos_token": "stop",  # Hugging Face's text-generation-inference
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_length": "length",  # Mistral
    "insufficient_system_resource": "error",  # DeepSeek
    "abort": "error",  # vLLM
    "function_call_filter": "error",  # Gemini, with its reason behind a colon: MALFORMED_FUNCTION_CALL
}
_OPENAI_WORDS = frozenset({"stop", "length", "tool_calls", "function_call", "content_filter"})
FROM_CHOICE = ("logprobs", "native_finish_reason", "stop_reason", "token_ids", "content_filter_results", "seed")
"""Fields of a choice that stand in a Reply's `extra` beside those of the top; on the way back they go to the choice."""


def finish_of(raw: str | None, refused: bool) -> FinishReason | None:
    """Our word for a finish_reason. None for none, and for a word that nobody knows (the raw word is kept)."""
    reason = _FINISH.get((raw or "").lower().partition(":")[0])
    return "refusal" if refused and reason == "stop" else reason


def finish_word(reason: FinishReason | None, raw: str | None, refused: bool) -> str | None:
    """OpenAI's word for ours. The provider's own stays if it is one of OpenAI's and means the same."""
    if raw in _OPENAI_WORDS and finish_of(raw, refused) == reason:
        return raw
    match reason:
        case "refusal":
            return "stop" if refused else "content_filter"
        case "pause":  # the answer isn't whole
            return "length"
    return reason


# Usage


def read_usage(usage: dict[str, Any]) -> Usage:
    """Usage in ringup's one definition. Counters without a name there are kept in `details`, inner ones with a dot.

    OpenAI's completion_tokens include reasoning; xAI's don't, which shows in a total that is larger by just that.
    Cached tokens: OpenAI's detail, or DeepSeek's, Mistral's or Moonshot's own counter.
    """
    flat = flattened(usage)
    given, answered = count(flat.pop("prompt_tokens", None)), count(flat.pop("completion_tokens", None))
    total = count(flat.pop("total_tokens", None))
    reasoning = count(flat.pop("completion_tokens_details.reasoning_tokens", None))
    if reasoning and given is not None and answered is not None and total == given + answered + reasoning:
        answered += reasoning
    if total is not None and (given is None or answered is None or total != given + answered):
        flat["total_tokens"] = total
    return Usage(
        input_tokens=given,
        output_tokens=answered,
        cache_read_tokens=_first(flat, _CACHED),
        cache_write_tokens=_first(flat, ("prompt_tokens_details.cache_write_tokens",)),
        reasoning_tokens=reasoning,
        details=flat,
    )


def usage_of(value: dict[str, Any]) -> Usage | None:
    """The usage of a parsed answer or chunk: at its top, or in x_groq (Groq); None where it has none."""
    usage = value.get("usage")
    if not usage and isinstance(value.get("x_groq"), dict):
        usage = value["x_groq"].get("usage")
    return read_usage(usage) if usage and isinstance(usage, dict) else None


_CACHED = ("prompt_tokens_details.cached_tokens", "prompt_cache_hit_tokens", "num_cached_tokens", "cached_tokens")


def _first(flat: dict[str, Any], names: tuple[str, ...]) -> int | None:
    for name in names:
        if (found := count(flat.get(name))) is not None:
            del flat[name]
            return found
    return None


def write_usage(usage: Usage) -> dict[str, Any] | None:
    """Usage as OpenAI has it, or None when nothing of it is known."""
    fields: dict[str, Any] = {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
        "prompt_tokens_details.cached_tokens": usage.cache_read_tokens,
        "prompt_tokens_details.cache_write_tokens": usage.cache_write_tokens,
        "completion_tokens_details.reasoning_tokens": usage.reasoning_tokens,
        **usage.details,
    }
    return nested(fields, {}) or None


# Reading


def read_reply(body: bytes) -> Reply:
    """A whole answer. Raises the APIError that the body holds, or ProtocolError when it isn't an answer."""
    value = read_answer(body)
    if not isinstance(value, dict):
        raise not_an_answer(body, "JSON that isn't an object")
    choices = value.get("choices")
    first = _choice(choices)
    if first is None:
        if holds_error(value):
            raise error_of(value)
        raise not_an_answer(body, "JSON without choices" if choices is None else "JSON without a choice that is one")
    reply = _reply(value, first)
    error = value.get("error") or first.get("error")
    if error:
        raise _with(error_of({"error": error}), reply)
    return reply


def _with(error: APIError, reply: Reply) -> APIError:
    error.partial = reply
    return error


def _choice(choices: Any) -> dict[str, Any] | None:
    """The first choice that holds a message."""
    found = [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []
    found = [choice for choice in found if isinstance(choice.get("message"), dict) or choice.get("error")]
    if len(found) < 2:
        return found[0] if found else None
    return min(found, key=lambda choice: count(choice.get("index")) or 0)


def _reply(value: dict[str, Any], choice: dict[str, Any]) -> Reply:
    """The Reply of a parsed answer and the choice that counts."""
    message = choice.get("message")
    parts, rest = message_parts(message if isinstance(message, dict) else {})
    raw = choice.get("finish_reason")
    raw = raw if raw and isinstance(raw, str) else None
    return Reply(
        message=Message("assistant", tuple(parts), extra=extra_of(rest)),
        finish_reason=finish_of(raw, any(type(part) is Refusal for part in parts)),
        raw_finish_reason=raw,
        usage=usage_of(value) or Usage(),
        id=word(value.get("id")),
        model=word(value.get("model")),
        created=count(value.get("created")) or None,
        wire=NAME,
        notices=(ONE_CHOICE,) if len(value.get("choices") or ()) > 1 else (),
        extra={**filled(value, TOP_FIELDS), **filled(choice, CHOICE_FIELDS)},
        raw=value,
    )


# Writing


def write_reply(reply: Reply, *more: Reply) -> bytes:
    """A whole answer as OpenAI sends it. Usage, id and model are those of the first reply, for all of them."""
    body: dict[str, Any] = {
        "id": reply.id or "",
        "object": "chat.completion",
        "created": reply.created or 0,
        "model": reply.model or "",
        "choices": [_write_choice(index, each) for index, each in enumerate((reply, *more))],
    }
    usage = write_usage(reply.usage)
    if usage is not None:
        body["usage"] = usage
    body.update({"service_tier": None, "system_fingerprint": None})
    body.update({key: value for key, value in reply.extra.items() if key not in FROM_CHOICE})
    return encode(body)


def _write_choice(index: int, reply: Reply) -> dict[str, Any]:
    refused = any(type(part) is Refusal for part in reply.message.parts)
    return {
        "index": index,
        "message": _write_message(reply.message),
        "logprobs": None,
        "finish_reason": finish_word(reply.finish_reason, reply.raw_finish_reason, refused),
        **{key: reply.extra[key] for key in FROM_CHOICE if key in reply.extra},
    }


def _write_message(message: Message) -> dict[str, Any]:
    written: dict[str, Any] = {"role": "assistant", "content": _content(message.parts), "refusal": None}
    refusals = [part.text for part in message.parts if type(part) is Refusal]
    if refusals:
        written["refusal"] = "".join(refusals)
    written["annotations"] = []
    written.update(reasoning_fields(message.parts))
    for part in message.parts:
        match part:
            case Audio():
                written["audio"] = _write_audio(part)
            case ToolCall() if is_old(part):
                written["function_call"] = {"name": part.name, "arguments": part.json}
            case ToolCall():
                written.setdefault("tool_calls", []).append(call_block(part))
    return merge(written, message.extra)


def _content(parts: tuple[Part, ...]) -> str | list[Any] | None:
    """The words: one string, or a list where a part of this wire can only stand in one."""
    listed = [_listed(part) for part in parts]
    if any(block and (block.get("type") != "text" or len(block) > 2) for block in listed):
        return [block for block in listed if block]
    words = [part.text for part in parts if type(part) is Text]
    if words or not any(type(part) in (ToolCall, Refusal, Audio) for part in parts):
        return "".join(words)
    return None


def _listed(part: Part) -> dict[str, Any] | None:
    if isinstance(part, Text):
        return text_block(part)
    if isinstance(part, Thinking) and field_of(part) == "thinking":
        return thinking_chunk(part)
    if isinstance(part, Opaque) and part.wire == NAME:
        return part.data
    return None


def _write_audio(part: Audio) -> dict[str, Any]:
    data = b64encode(part.data or b"").decode()
    return {"id": part.id or "", "data": data, "transcript": part.transcript or "", **own(part.extra)}
