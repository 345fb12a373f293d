"""A request of Chat Completions, read by a server: the JSON that a client sent, as a Request."""

from __future__ import annotations

from typing import Any

from ringup.http import HttpRequest
from ringup.messages import (
    Document,
    Image,
    Message,
    Opaque,
    OutputSchema,
    Part,
    Reasoning,
    Request,
    Text,
    Tool,
    ToolChoice,
    ToolResult,
)
from ringup.openai_checks import not_json
from ringup.wire_tools import decode, filled
from ringup.wires.chat_completions._checks import check_messages, check_request
from ringup.wires.chat_completions._parts import NAME, extra_of, message_parts, read_block, rest_of

__all__ = ["read_messages", "read_request"]

_IN_RESULTS = (Text, Image, Document, Opaque)
_FORMAT = frozenset({"name", "description", "schema", "strict"})
_HANDLED = frozenset(
    {
        *("model", "messages", "stream", "max_tokens", "max_completion_tokens", "temperature", "top_p", "n"),
        *("stop", "seed", "tools", "tool_choice", "parallel_tool_calls", "metadata", "response_format"),
        *("reasoning_effort", "stream_options"),
    }
)


def read_request(http: HttpRequest) -> Request:
    """The request that a client sent. Raises BadRequestError as OpenAI would answer it.

    Fields without a name of their own, known to OpenAI or not, are in `extra` (`FIELDS` tells which it knows). As the
    request that we write asks for usage in a stream, a stream that doesn't has `stream_options` None in `extra`. No
    header belongs to the request on this wire, so none is kept (some hold keys).
    """
    try:
        body = decode(http.body)
    except ValueError:
        raise not_json() from None
    check_request(body)
    messages = [_message(message) for message in body["messages"]]
    system: tuple[Any, ...] = ()
    first = messages[0]
    if first.role == "system" and not first.extra and first.name is None and _is_plain(first):
        system, messages = first.parts, messages[1:]
    limit = body.get("max_completion_tokens")
    return Request(
        model=body["model"],
        messages=tuple(messages),
        system=system,
        max_tokens=_whole(body.get("max_tokens") if limit is None else limit),
        temperature=body.get("temperature"),
        top_p=body.get("top_p"),
        stop=_stop(body.get("stop")),
        seed=_whole(body.get("seed")),
        n=_whole(body.get("n")),
        tools=tuple([_tool(tool) for tool in body.get("tools") or ()]),
        tool_choice=_tool_choice(body.get("tool_choice")),
        parallel_tool_calls=body.get("parallel_tool_calls"),
        output_schema=_output_schema(body.get("response_format")),
        reasoning=_reasoning(body.get("reasoning_effort")),
        metadata=body.get("metadata"),
        stream=bool(body.get("stream")),
        extra=_extra(body),
    )


def read_messages(messages: list[dict[str, Any]]) -> tuple[Message, ...]:
    """Messages in this wire's shape, a part of a conversation perhaps. Raises BadRequestError for one that isn't."""
    check_messages(messages)
    return tuple([_message(message) for message in messages])


def _extra(body: dict[str, Any]) -> dict[str, Any]:
    extra = {name: value for name, value in body.items() if name not in _HANDLED and value is not None}
    if body.get("response_format") is not None and _output_schema(body["response_format"]) is None:
        extra["response_format"] = body["response_format"]
    if body.get("stream") and body.get("stream_options") != {"include_usage": True}:
        extra["stream_options"] = body.get("stream_options")
    return extra


def _whole(value: int | float | None) -> int | None:
    return None if value is None else int(value)


def _stop(stop: str | list[str] | None) -> tuple[str, ...]:
    return (stop,) if isinstance(stop, str) else tuple(stop or ())


def _reasoning(effort: str | None) -> Reasoning | None:
    return None if effort is None else Reasoning(effort=effort)


def _output_schema(wanted: dict[str, Any] | None) -> OutputSchema | None:
    """The schema that is asked for; None for no wish, and for a form that only some server knows (kept in extra)."""
    match wanted:
        case {"type": "json_object", **rest} if not rest:
            return OutputSchema()
        case {"type": "json_schema", "json_schema": {"schema": {}, "name": str()} as inner, **rest} if not rest:
            if inner.keys() <= _FORMAT:
                return OutputSchema(**inner)
    return None


def _tool(tool: dict[str, Any]) -> Tool | Opaque:
    inner = tool.get("function")
    if tool.get("type", "function") != "function" or not isinstance(inner, dict):
        return Opaque(NAME, tool)
    extra = rest_of(tool, ("type",), "function", ("name", "description", "parameters", "strict"))
    return Tool(inner["name"], inner.get("description"), inner.get("parameters"), inner.get("strict"), extra)


def _tool_choice(choice: Any) -> ToolChoice | Opaque | None:
    match choice:
        case None:
            return None
        case "auto" | "none" | "required":
            return ToolChoice(choice)
        case "any":  # Mistral's word
            return ToolChoice("required")
        case {"type": "function", "function": {"name": str(name)}}:
            return ToolChoice("tool", name)
    return Opaque(NAME, choice)


# Messages


def _message(message: dict[str, Any]) -> Message:
    match message["role"]:
        case "assistant":
            parts, rest = message_parts(message)
            return Message("assistant", tuple(parts), message.get("name"), extra_of(rest))
        case "tool":
            rest = filled(message, ("role", "content", "tool_call_id", "name"))
            result = ToolResult(message["tool_call_id"], _result_parts(message["content"]), extra=extra_of(rest))
            return Message("tool", (result,), message.get("name"))
        case "function":
            return Message("tool", (ToolResult(message["name"], _result_parts(message["content"])),))
    rest = filled(message, ("role", "content", "name"))
    return Message(message["role"], tuple(_parts(message["content"])), message.get("name"), extra_of(rest))


def _parts(content: str | list[dict[str, Any]]) -> list[Part]:
    if isinstance(content, str):
        return [Text(content)] if content else []
    return [read_block(block) for block in content]


def _result_parts(content: str | list[dict[str, Any]]) -> tuple[Text | Image | Document | Opaque, ...]:
    """What a tool gave; a part that no result can hold stays as it came."""
    if isinstance(content, str):
        return (Text(content),) if content else ()
    read = [(read_block(block), block) for block in content]
    return tuple([part if isinstance(part, _IN_RESULTS) else Opaque(NAME, block) for part, block in read])


def _is_plain(message: Message) -> bool:
    return bool(message.parts) and all(isinstance(part, Text | Opaque) for part in message.parts)
