"""A whole answer of the Responses API: its JSON to a Reply, and back.

Facts: openai-python 3.54 (types/responses/response.py, response_usage.py) and openai-openapi v2.3.0. There is no
finish_reason: it follows from `status`, `incomplete_details` and what the output holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ringup.errors import APIError
from ringup.messages import Audio, Message, Opaque, Part, Refusal, Request, Text, Thinking, ToolCall
from ringup.openai_errors import error_of, holds_error, not_an_answer
from ringup.reply import FinishReason, Reply
from ringup.usage import Usage, flattened, nested
from ringup.wire_tools import count, encode, filled, read_answer, word
from ringup.wires.responses._errors import failed_error
from ringup.wires.responses._parts import (
    NAME,
    call_item,
    content_block,
    group_fields,
    groups,
    is_content,
    read_item,
    thinking_item,
)
from ringup.wires.responses._request import is_stateless, merge_extra, settings

__all__ = [
    "answerable",
    "echo",
    "extra_fields",
    "finish_of",
    "fresh_id",
    "output_item",
    "raw_of",
    "read_reply",
    "read_usage",
    "response_body",
    "status_of",
    "write_reply",
]

_KNOWN = frozenset(
    {"id", "object", "created_at", "model", "output", "usage", "error", "status", "incomplete_details", "output_text"}
)
_INCOMPLETE: dict[str, FinishReason] = {
    "max_output_tokens": "length",
    "max_tokens": "length",
    "content_filter": "content_filter",
    "max_messages": "length",
    "steered": "pause",
}
_UNFINISHED = ("queued", "in_progress", "incomplete")
_PREFIXES = {"message": "msg", "reasoning": "rs", "function_call": "fc", "custom_tool_call": "ctc"}

_ECHO: dict[str, Any] = {
    "background": False,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "reasoning": {"effort": None, "summary": None},
    "safety_identifier": None,
    "service_tier": "default",
    "store": True,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
}
"""What every response repeats of its request, and the API's defaults for what that left out."""
_ECHO_IF_GIVEN = (
    "background_options",
    "conversation",
    "prompt",
    "prompt_cache_options",
    "prompt_cache_retention",
    "user",
)


# Finish


def finish_of(raw: str | None, parts: Iterable[Part]) -> FinishReason | None:
    """Our word for a status, or for the reason why an answer is incomplete. None for one that isn't known.

    A cancelled answer is an "error": what there is of it is not what was asked for.
    """
    if raw in ("completed", "complete"):
        kinds = {type(part) for part in parts}
        return "tool_calls" if ToolCall in kinds else "refusal" if Refusal in kinds else "stop"
    if raw in ("cancelled", "failed"):
        return "error"
    return _INCOMPLETE.get(raw or "")


def raw_of(response: dict[str, Any]) -> str | None:
    """The provider's own word: why the answer is incomplete, or else the status."""
    details = response.get("incomplete_details")
    reason = details.get("reason") if isinstance(details, dict) else None
    return word(reason) or word(response.get("status"))


def status_of(reason: FinishReason | None, raw: str | None, parts: Iterable[Part]) -> tuple[str, str | None]:
    """The status for a finish reason, and why the answer is incomplete. The provider's own word stays if it fits."""
    parts = tuple(parts)
    if raw in _INCOMPLETE and finish_of(raw, parts) == reason:
        return "incomplete", raw
    if raw in (*_UNFINISHED, "cancelled") and finish_of(raw, parts) == reason:
        return raw, None
    match reason:
        case "length" | "pause":  # the answer isn't whole
            return "incomplete", "max_output_tokens"
        case "refusal" if not any(isinstance(part, Refusal) for part in parts):
            return "incomplete", "content_filter"
        case "content_filter":
            return "incomplete", "content_filter"
        case "error":
            return "failed", None
    return "completed", None


# Usage


def read_usage(usage: Any) -> Usage | None:
    """Usage in ringup's one definition, or None for none.

    Counters without a name there are kept in `details`, inner ones with a dot.
    """
    if not isinstance(usage, dict) or not usage:
        return None
    flat = flattened(usage)
    given, answered = count(flat.pop("input_tokens", None)), count(flat.pop("output_tokens", None))
    total = count(flat.pop("total_tokens", None))
    if total is not None and (given is None or answered is None or total != given + answered):
        flat["total_tokens"] = total
    return Usage(
        input_tokens=given,
        output_tokens=answered,
        cache_read_tokens=count(flat.pop("input_tokens_details.cached_tokens", None)),
        cache_write_tokens=count(flat.pop("input_tokens_details.cache_write_tokens", None)),
        reasoning_tokens=count(flat.pop("output_tokens_details.reasoning_tokens", None)),
        details=flat,
    )


def write_usage(usage: Usage) -> dict[str, Any] | None:
    """Usage as OpenAI has it, or None when neither total is known. A part that isn't known is left out."""
    if usage.input_tokens is None and usage.output_tokens is None:
        return None
    fields: dict[str, Any] = {
        "input_tokens": usage.input_tokens,
        "input_tokens_details.cached_tokens": usage.cache_read_tokens,
        "input_tokens_details.cache_write_tokens": usage.cache_write_tokens,
        "output_tokens": usage.output_tokens,
        "output_tokens_details.reasoning_tokens": usage.reasoning_tokens,
        "total_tokens": usage.total_tokens,
        **usage.details,
    }
    return nested(fields, {"input_tokens_details": {}, "output_tokens_details": {}})


# Reading


def read_reply(body: bytes) -> Reply:
    """A whole answer. Raises the APIError that the body holds, or ProtocolError when it isn't an answer.

    A response that is still queued or in progress (`background`) is read as far as it came; its finish reason is None.
    """
    value = read_answer(body)
    if not isinstance(value, dict):
        raise not_an_answer(body, "JSON that isn't an object")
    if not isinstance(value.get("output"), list) and value.get("object") != "response":
        if holds_error(value):
            raise error_of(value)
        raise not_an_answer(body, "JSON without an output")
    reply = _reply(value)
    if value.get("error") or value.get("status") == "failed":
        raise _with(failed_error(value), reply)
    return reply


def _with(error: APIError, reply: Reply) -> APIError:
    error.partial = reply
    return error


def _reply(value: dict[str, Any]) -> Reply:
    output = value.get("output")
    parts = [part for item in (output if isinstance(output, list) else ()) for part in read_item(item)]
    raw = raw_of(value)
    return Reply(
        message=Message("assistant", tuple(parts)),
        finish_reason=finish_of(raw, parts),
        raw_finish_reason=raw,
        usage=read_usage(value.get("usage")) or Usage(),
        id=word(value.get("id")),
        model=word(value.get("model")),
        created=count(value.get("created_at")) or None,
        wire=NAME,
        extra=extra_fields(value),
        raw=value,
    )


def extra_fields(response: dict[str, Any]) -> dict[str, Any]:
    """The top-level fields of a response that a Reply has no name for."""
    return filled(response, _KNOWN)


# Writing


def write_reply(reply: Reply, *more: Reply) -> bytes:  # noqa: ARG001
    """A whole answer as OpenAI sends it. The API gives one answer to a request: `more` has no place in it.

    What a response repeats of its request comes from `reply.extra` (`echo` gives it), else it is the API's default.
    """
    parts = [part for part in map(answerable, reply.message.parts) if part is not None]
    status, reason = status_of(reply.finish_reason, reply.raw_finish_reason, parts)
    found = list(groups(parts))
    ends = ["completed"] * (len(found) - 1) + ["incomplete" if status == "incomplete" else "completed"]
    output = [
        output_item(group, fresh_id(reply.id, group, at), end)
        for at, (group, end) in enumerate(zip(found, ends, strict=False))
    ]
    head = (reply.id, reply.created, reply.model)
    return encode(
        response_body(head, _ECHO | reply.extra, status=status, reason=reason, output=output, usage=reply.usage)
    )


def response_body(
    head: tuple[str | None, int | None, str | None],
    echoed: dict[str, Any],
    *,
    status: str = "in_progress",
    reason: str | None = None,
    output: Iterable[Any] = (),
    usage: Usage | None = None,
) -> dict[str, Any]:
    """A response. `head` is its id, when it was made, and its model; `echoed` what it repeats of the request."""
    body: dict[str, Any] = {
        "id": head[0] or "",
        "object": "response",
        "created_at": head[1] or 0,
        "status": status,
        "error": _FAILURE if status == "failed" else None,
        "incomplete_details": {"reason": reason} if reason else None,
        "model": head[2] or "",
        "output": list(output),
        **echoed,
    }
    if counted := write_usage(usage or Usage()):
        body["usage"] = counted
    return body


_FAILURE = {"code": "server_error", "message": "The model stopped with an error before its answer was whole."}


def echo(request: Request) -> dict[str, Any]:
    """What a response repeats of its request: for a Reply's `extra`, before it is written."""
    said = settings(request)
    if is_stateless(request.extra):
        said["store"] = False
    merge_extra(said, request.extra)
    return _ECHO | {name: said[name] for name in (*_ECHO, *_ECHO_IF_GIVEN) if said.get(name) is not None}


def answerable(part: Part) -> Part | None:
    """A part as an answer of this API can hold it: audio by its words; None for what it can't hold."""
    match part:
        case Text() | Refusal() | Thinking() | ToolCall():
            return part
        case Opaque(wire=wire) if wire == NAME:
            return part
        case Audio(transcript=str(words)):
            return Text(words)
    return None


def fresh_id(response: str | None, group: list[Part], at: int) -> str:
    """An id for an item that has none: by its kind, its place and the response's id, so always the same."""
    part = group[0]
    kind = "message" if is_content(part) else "reasoning" if isinstance(part, Thinking) else "function_call"
    if isinstance(part, ToolCall) and part.kind == "custom":
        kind = "custom_tool_call"
    return f"{_PREFIXES[kind]}_{(response or '').removeprefix('resp_')}{at:04d}"


def output_item(group: list[Part], id: str, status: str = "completed") -> dict[str, Any]:
    """Parts that make one item, as an item of an answer."""
    part = group[0]
    match part:
        case ToolCall():
            return {"id": id, "status": status, **call_item(part)}
        case Thinking():
            return {"id": id, **thinking_item(part)}
        case Opaque() if not is_content(part):
            return part.data
    content = [content_block(each) for each in group]
    head = {"id": id, "type": "message", "role": "assistant", "status": status}
    return {**head, **group_fields(group), "content": content}
