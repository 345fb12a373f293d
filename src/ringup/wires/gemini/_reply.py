"""A whole answer of Gemini, both ways: its parts, why it stopped, and its usage."""

from __future__ import annotations

import calendar
import re
from typing import Any

from ringup.messages import Audio, Message, Opaque, Part, Refusal, Text, Thinking, ToolCall, ToolResult
from ringup.reply import FinishReason, Notice, Reply
from ringup.usage import Usage
from ringup.wire_tools import count, decode, encode
from ringup.wires.gemini._errors import error_of, not_an_answer
from ringup.wires.gemini._fields import MESSAGES, camel
from ringup.wires.gemini._parts import (
    NAME,
    Block,
    extra_of,
    function_call,
    made_id,
    merge,
    own,
    read_part,
    rest_of,
    write_part,
)

__all__ = [
    "CANDIDATE",
    "COUNTERS",
    "ONE_CHOICE",
    "TOP",
    "answer_part",
    "blocked",
    "candidate_of",
    "created_of",
    "finish_reason",
    "is_answer",
    "read_reply",
    "read_usage",
    "stop_word",
    "top_fields",
    "usage_of",
    "word",
    "write_answer_part",
    "write_candidate",
    "write_reply",
    "write_top",
    "write_usage",
]

ONE_CHOICE = Notice("dropped", "n", "the answer holds several choices; the first one was read")

_BLOCKS = (
    *("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT"),
    *("IMAGE_RECITATION", "MODEL_ARMOR", "ESCALATION", "PUP_LIMITED_DISABLED"),
)
_FAILURES = (
    *("LANGUAGE", "OTHER", "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "IMAGE_OTHER"),
    *("MISSING_THOUGHT_SIGNATURE", "MALFORMED_RESPONSE", "NO_IMAGE"),
)
_REASONS: dict[str, FinishReason] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "CONTINUATION": "pause",
    **dict.fromkeys(_BLOCKS, "content_filter"),
    **dict.fromkeys(_FAILURES, "error"),
}
_WORDS: dict[FinishReason, str] = {
    "stop": "STOP",
    "tool_calls": "STOP",
    "length": "MAX_TOKENS",
    "content_filter": "SAFETY",
    "refusal": "SAFETY",
    "pause": "CONTINUATION",
    "error": "OTHER",
}

TOP = ("candidates", "usageMetadata", "modelVersion", "responseId")
CANDIDATE = ("content", "finishReason", "index")
COUNTERS = (
    *("promptTokenCount", "cachedContentTokenCount", "candidatesTokenCount", "thoughtsTokenCount"),
    "totalTokenCount",
)
_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?Z")


# Why it stopped


def finish_reason(raw: str | None, calls: bool) -> FinishReason | None:
    """Our word for a finishReason; None for one that isn't known. Google says STOP also where tools are called."""
    reason = _REASONS.get(raw or "")
    return "tool_calls" if calls and reason == "stop" else reason


def stop_word(reason: FinishReason | None, raw: str | None) -> str | None:
    """Google's word: the provider's own where it means the same, else the nearest."""
    if raw is not None and (reason is None or _REASONS.get(raw) == reason):
        return raw
    return None if reason is None else _WORDS[reason]


def blocked(fields: Block) -> str | None:
    """Why the prompt was blocked, where it was; then there is no candidate."""
    feedback = fields.get("promptFeedback")
    return word(feedback, "blockReason")


# Usage


def read_usage(usage: Any) -> Usage:
    """Usage in our definition: input is the prompt's tokens and those that server-side tools brought in (also told by
    `details`, as toolUsePromptTokenCount); output is the candidates' tokens and the thoughts'.

    Google leaves zeros out of its JSON, so what isn't there may be 0 or unknown. Where the total tells which, we know:
    nothing was written if the input makes up the total. Cached tokens and thoughts that aren't there are None.
    """
    if not isinstance(usage, dict):
        return Usage()
    return usage_of(*[count(usage.get(name)) for name in COUNTERS], details=rest_of(usage, COUNTERS))


def usage_of(
    prompt: int | None,
    cached: int | None,
    answer: int | None,
    thoughts: int | None,
    total: int | None,
    *,
    details: dict[str, Any],
) -> Usage:
    """Usage from the API's counters, in the order of `COUNTERS`."""
    given = None if prompt is None else prompt + _tools(details)
    output = None
    if answer is not None or thoughts is not None:
        output = (answer or 0) + (thoughts or 0)
    elif total is not None and given is not None:
        output = max(total - given, 0)
    if total is not None and total != (given or 0) + (output or 0):
        details = details | {"totalTokenCount": total}
    return Usage(
        input_tokens=given,
        output_tokens=output,
        cache_read_tokens=cached,
        reasoning_tokens=thoughts,
        details=details,
    )


def _tools(details: dict[str, Any]) -> int:
    """The tokens that server-side tools brought in: Google tells them beside the prompt's."""
    return count(details.get("toolUsePromptTokenCount")) or 0


def write_usage(usage: Usage) -> Block:
    """Usage as Google has it, zeros and what isn't known left out; empty where nothing is."""
    given, output, thoughts = usage.input_tokens, usage.output_tokens, usage.reasoning_tokens
    details = {name: value for name, value in usage.details.items() if name in MESSAGES["UsageMetadata"]}
    counters = {
        "promptTokenCount": None if given is None else max(given - _tools(details), 0),
        "cachedContentTokenCount": usage.cache_read_tokens,
        "candidatesTokenCount": None if output is None else max(output - (thoughts or 0), 0),
        "thoughtsTokenCount": thoughts,
    }
    written: Block = {name: value for name, value in counters.items() if value}
    if given is not None and output is not None:
        written["totalTokenCount"] = given + output
    return written | details


# Reading


def read_reply(body: bytes) -> Reply:
    """A whole answer. Raises the APIError that the body holds, or ProtocolError when it isn't an answer of this API.

    Of several candidates the first is read, and a notice says so. What has no name here is in `extra`: the fields of
    the answer (promptFeedback) and those of the candidate (groundingMetadata, citationMetadata, safetyRatings).
    """
    try:
        raw = decode(body)
    except ValueError:
        raise not_an_answer(body, "something that isn't JSON") from None
    value = raw[0] if isinstance(raw, list) and len(raw) == 1 else raw
    if isinstance(value, dict) and "error" in value and "candidates" not in value:
        raise error_of(value)
    value = camel("GenerateContentResponse", value)
    if not is_answer(value):
        raise not_an_answer(body, "JSON of another kind" if body.strip() else "nothing")
    candidate, more = candidate_of(value)
    content = candidate.get("content")
    content = content if isinstance(content, dict) else {}
    message = Message("assistant", _read_parts(content, word(value, "responseId")), extra=_content_extra(content))
    stopped = word(candidate, "finishReason")
    block = blocked(value) if not candidate else None
    return Reply(
        message=message,
        finish_reason="content_filter" if block else finish_reason(stopped, bool(message.tool_calls)),
        raw_finish_reason=block or stopped,
        usage=read_usage(value.get("usageMetadata")),
        id=word(value, "responseId"),
        model=word(value, "modelVersion"),
        created=created_of(value),
        notices=(ONE_CHOICE,) if more else (),
        extra=rest_of(value, TOP) | rest_of(candidate, CANDIDATE),
        wire=NAME,
        raw=raw,
    )


def is_answer(value: Any) -> bool:
    """Whether JSON is an answer, or a piece of one."""
    return isinstance(value, dict) and not value.keys().isdisjoint(MESSAGES["GenerateContentResponse"])


def candidate_of(value: Block) -> tuple[Block, bool]:
    """The first candidate (index 0, which Google leaves out), or {}; and whether there are others."""
    candidates = value.get("candidates")
    found = [item for item in candidates if isinstance(item, dict)] if isinstance(candidates, list) else []
    first = next((item for item in found if not item.get("index")), {})
    return first, any(item.get("index") for item in found)


def _read_parts(content: Block, answer: str | None) -> tuple[Part, ...]:
    blocks = content.get("parts")
    parts: list[Part] = []
    calls = 0
    for block in blocks if isinstance(blocks, list) else ():
        part = answer_part(block, answer, calls)
        if part is not None:
            parts.append(part)
            calls += isinstance(part, ToolCall)
    return tuple(parts)


def answer_part(block: Any, answer: str | None, calls: int) -> Part | None:
    """A part of an answer, the id of which and its calls so far are given. Empty words say nothing."""
    if isinstance(block, dict) and block.get("functionResponse") is not None:
        return Opaque(NAME, block)
    part = read_part(block, made_id(answer, calls))
    empty = isinstance(part, (Text, Thinking)) and not part.text and block.keys() <= {"text", "thought"}
    return None if empty else part


def _content_extra(content: Block) -> dict[str, dict[str, Any]]:
    return extra_of(rest_of(content, ("role", "parts")))


def created_of(value: Block) -> int | None:
    """When the answer was made (Vertex tells it), in Unix seconds."""
    found = _TIME.fullmatch(word(value, "createTime") or "")
    return calendar.timegm(tuple([int(number) for number in found.groups()])) if found else None


def word(holder: Any, key: str) -> str | None:
    """A text in an object, or None."""
    value = holder.get(key) if isinstance(holder, dict) else None
    return value if isinstance(value, str) and value else None


# Writing


def write_reply(reply: Reply, *more: Reply) -> bytes:
    """A whole answer; `more` are the further candidates. A blocked prompt has none."""
    body: Block = {}
    if not _only_blocked(reply):
        body["candidates"] = [_whole_candidate(one, index) for index, one in enumerate((reply, *more))]
    return encode(body | write_top(reply.usage, reply.model, reply.id) | top_fields(reply.extra))


def _only_blocked(reply: Reply) -> bool:
    return not reply.message.parts and reply.finish_reason == "content_filter" and bool(blocked(reply.extra))


def _whole_candidate(reply: Reply, index: int) -> Block:
    blocks = [block for part in reply.message.parts if (block := write_answer_part(part)) is not None]
    stopped = stop_word(reply.finish_reason, reply.raw_finish_reason)
    return write_candidate(index, blocks, own(reply.message), stopped, reply.extra)


def write_candidate(
    index: int, blocks: list[Block], content: Block, stopped: str | None = None, extra: dict[str, Any] | None = None
) -> Block:
    """A candidate, or a piece of one; of `extra`, the fields that belong to it."""
    candidate: Block = {"content": merge({"parts": blocks, "role": "model"}, content)}
    if stopped is not None:
        candidate["finishReason"] = stopped
    candidate["index"] = index
    known = MESSAGES["Candidate"]
    return candidate | {name: value for name, value in (extra or {}).items() if name in known}


def top_fields(extra: dict[str, Any]) -> Block:
    """The fields of `extra` that belong to the answer as a whole."""
    return {name: value for name, value in extra.items() if name not in MESSAGES["Candidate"]}


def write_top(usage: Usage | None, model: str | None, answer: str | None) -> Block:
    """What stands beside the candidates."""
    top: Block = {}
    if usage is not None and (counters := write_usage(usage)):
        top["usageMetadata"] = counters
    if model is not None:
        top["modelVersion"] = model
    if answer is not None:
        top["responseId"] = answer
    return top


def write_answer_part(part: Part) -> Block | None:
    """A part of an answer; None for what this API's answers can't hold. Any API's thinking is told here."""
    match part:
        case Thinking():
            block: Block = {"text": part.text, "thought": True}
            if part.signature is not None:
                block["thoughtSignature"] = part.signature
            return merge(block, own(part))
        case ToolCall():
            return function_call(part)[0]
        case ToolResult() | Audio(data=None, transcript=None):
            return None
        case Refusal():
            return {"text": part.text}
    return write_part(part, "", [])
