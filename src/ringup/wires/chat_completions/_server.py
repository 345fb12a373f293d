"""A request of Chat Completions, read by a server: the JSON that a client sent, as a Request."""

from __future__ import annotations

from collections.abc import Callable
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
    Role,
    Text,
    Thinking,
    Tool,
    ToolChoice,
    ToolResult,
)
from ringup.openai_checks import not_json, number, whole
from ringup.wire_tools import decode, filled, word
from ringup.wires.chat_completions._checks import check_messages, check_prompt, check_request
from ringup.wires.chat_completions._parts import (
    NAME,
    detail_block,
    extra_of,
    is_old,
    message_parts,
    read_block,
    read_detail,
    rest_of,
)

__all__ = ["read_messages", "read_request"]

_IN_RESULTS = (Text, Image, Document, Opaque)
_FORMAT = frozenset({"name", "description", "schema", "strict"})
_HANDLED = frozenset(
    {
        *("model", "messages", "stream", "stop", "tools", "parallel_tool_calls", "metadata", "stream_options"),
        *("tool_choice", "response_format", "reasoning_effort"),
        *("max_tokens", "max_completion_tokens", "temperature", "top_p", "n", "seed"),
    }
)
_LIMITS = ("max_tokens", "max_completion_tokens")


def read_request(http: HttpRequest) -> Request:
    """The request that a client sent. Raises BadRequestError, in OpenAI's words, for what no server could read.

    Fields without a name of their own, known to OpenAI or not, are in `extra` (`FIELDS` tells which it knows), and
    so are values in a form that a Request can't hold ("9" for 9). As the request that we write asks for usage in a
    stream, a stream that doesn't has `stream_options` None there. No header belongs to the request on this wire, so
    none is kept (some hold keys).
    """
    try:
        body = decode(http.body)
    except ValueError:
        raise not_json() from None
    check_request(body)
    messages = _messages(body["messages"])
    system: tuple[Any, ...] = ()
    first = messages[0] if messages else None
    if first and first.role == "system" and not first.extra and first.name is None and _is_plain(first):
        system, messages = first.parts, messages[1:]
    limit = whole(body.get("max_completion_tokens"))
    effort = body.get("reasoning_effort")
    return Request(
        model=body["model"],
        messages=tuple(messages),
        system=system,
        max_tokens=whole(body.get("max_tokens")) if limit is None else limit,
        temperature=number(body.get("temperature")),
        top_p=number(body.get("top_p")),
        stop=_stop(body.get("stop")),
        seed=whole(body.get("seed")),
        n=whole(body.get("n")),
        tools=tuple([_tool(tool) for tool in body.get("tools") or ()]),
        tool_choice=_tool_choice(body.get("tool_choice")),
        parallel_tool_calls=body.get("parallel_tool_calls"),
        output_schema=_output_schema(body.get("response_format")),
        reasoning=Reasoning(effort=effort) if isinstance(effort, str) else None,
        metadata=body.get("metadata"),
        stream=bool(body.get("stream")),
        extra=_extra(body),
    )


def read_messages(messages: list[dict[str, Any]]) -> tuple[Message, ...]:
    """Messages in this wire's shape, a part of a conversation perhaps. Raises BadRequestError for one that isn't."""
    check_messages(messages)
    check_prompt(messages)
    return tuple(_messages(messages))


def _extra(body: dict[str, Any]) -> dict[str, Any]:
    extra = {name: value for name, value in body.items() if value is not None and not _is_held(name, body)}
    if body.get("stream") and body.get("stream_options") is None:
        extra["stream_options"] = None
    return extra


def _is_held(name: str, body: dict[str, Any]) -> bool:
    """Whether the Request has a place for a field, and for a value in this form."""
    value = body[name]
    match name:
        case "max_tokens" | "max_completion_tokens" if all(body.get(limit) is not None for limit in _LIMITS):
            return False
        case "max_tokens" | "max_completion_tokens" | "n" | "seed":
            return whole(value) is not None
        case "temperature" | "top_p":
            return number(value) is not None
        case "reasoning_effort":
            return isinstance(value, str)
        case "tool_choice":
            return _tool_choice(value) is not None
        case "response_format":
            return _output_schema(value) is not None
        case "stream_options":
            return bool(body.get("stream")) and value == {"include_usage": True}
    return name in _HANDLED


def _stop(stop: str | list[str] | None) -> tuple[str, ...]:
    return (stop,) if isinstance(stop, str) else tuple(stop or ())


def _output_schema(wanted: Any) -> OutputSchema | None:
    """The schema that is asked for; None for no wish, and for a form that only some server knows (kept in extra)."""
    match wanted:
        case {"type": "json_object", **rest} if not rest:
            return OutputSchema()
        case {"type": "json_schema", "json_schema": {"schema": {}, "name": str()} as inner, **rest} if not rest:
            if inner["name"] and inner.keys() <= _FORMAT:
                return OutputSchema(**inner)
    return None


def _tool(tool: dict[str, Any]) -> Tool | Opaque:
    """A function; one in a form that we don't know, and any other tool, is kept whole."""
    inner = tool.get("function")
    if tool.get("type", "function") != "function" or not isinstance(inner, dict) or not _is_function(inner):
        return Opaque(NAME, tool)
    extra = rest_of(tool, ("type",), "function", ("name", "description", "parameters", "strict"))
    return Tool(inner["name"], inner.get("description"), inner.get("parameters"), inner.get("strict"), extra)


def _is_function(inner: dict[str, Any]) -> bool:
    types = (("description", str), ("parameters", dict), ("strict", bool))
    known = all(inner.get(name) is None or isinstance(inner[name], kind) for name, kind in types)
    return known and isinstance(inner.get("name"), str)


def _tool_choice(choice: Any) -> ToolChoice | Opaque | None:
    match choice:
        case "auto" | "none" | "required":
            return ToolChoice(choice)
        case "any":  # Mistral's word
            return ToolChoice("required")
        case {"type": "function", "function": {"name": str(name), **inner}, **rest} if not inner and not rest:
            return ToolChoice("tool", name)
        case dict():
            return Opaque(NAME, choice)
    return None  # another word, which only some server knows, is kept in extra


# Messages

_ROLES: tuple[Role, ...] = ("system", "developer", "user")


def _messages(messages: list[dict[str, Any]]) -> list[Message]:
    read: list[Message] = []
    old: set[str] = set()  # the functions called in the deprecated way
    for message in messages:
        read.append(_message(message, old))
        old |= {part.id for part in read[-1].tool_calls if is_old(part)}
    return read


def _message(message: dict[str, Any], old: set[str]) -> Message:
    role, name = message["role"], message.get("name")
    match role:
        case "assistant":
            parts, rest = message_parts(message, _said)
            return Message("assistant", tuple(parts), name, extra_of(rest | _unsaid(message)))
        case "tool":
            return Message("tool", (_result(message),), name)
        case "function":
            return Message("tool", (_old_result(message, old),))
    rest = filled(message, ("role", "content", "name"))
    if role not in _ROLES:
        rest["role"], role = role, "user"
    return Message(role, tuple(_parts(message.get("content"))), name, extra_of(rest))


def _said(block: Any) -> Part:
    """A piece of what the assistant said. Pictures and files, which OpenAI takes from others only, stay as they are."""
    part = read_block(block)
    return Opaque(NAME, block) if isinstance(part, Image | Document) else part


def _unsaid(message: dict[str, Any]) -> dict[str, Any]:
    """The fields of an assistant's message whose form no part can hold. They go back as they came."""
    known: dict[str, Callable[[Any], bool]] = {
        "tool_calls": lambda calls: all(map(_is_call, calls)),
        "function_call": _is_old_call,
        "refusal": lambda refusal: isinstance(refusal, str),
        "audio": lambda audio: isinstance(audio, dict) and audio.keys() == {"id"},  # sent back by its id
        "reasoning_details": lambda details: isinstance(details, list) and all(map(_is_detail, details)),
    }
    rest = {name: message[name] for name, holds in known.items() if message.get(name) and not holds(message[name])}
    said = [part.text for part in message_parts(message)[0] if isinstance(part, Thinking)]
    for name in ("reasoning_content", "reasoning"):
        if message.get(name) and message[name] not in said and not (any(said) and message.get("reasoning_details")):
            rest[name] = message[name]
    return rest


def _is_call(call: Any) -> bool:
    kind = (call.get("type") or "function") if isinstance(call, dict) else None
    inner = call.get(kind) if kind in ("function", "custom") else None
    if not isinstance(inner, dict) or not isinstance(call.get("id"), str):
        return False
    words = inner.get("input" if kind == "custom" else "arguments")
    return isinstance(inner.get("name"), str) and isinstance(words, str | dict)


def _is_old_call(call: Any) -> bool:
    plain = isinstance(call, dict) and call.keys() == {"name", "arguments"}
    return plain and bool(call["name"]) and all(isinstance(value, str) for value in call.values())


def _is_detail(detail: Any) -> bool:
    return isinstance(detail, dict) and detail_block(read_detail(detail)) == filled(detail, ()) == detail


def _result(message: dict[str, Any]) -> ToolResult:
    rest = filled(message, ("role", "content", "tool_call_id", "name"))
    call = message.get("tool_call_id")
    if not isinstance(call, str):
        rest["tool_call_id"] = call
    return ToolResult(word(call) or "", _result_parts(message.get("content")), extra=extra_of(rest))


def _old_result(message: dict[str, Any], old: set[str]) -> ToolResult:
    """The result of a deprecated function_call. It has no id, so the function's name stands for one."""
    rest = filled(message, ("role", "content", "name"))
    name = message.get("name") or ""
    if name not in old:
        rest["field"] = "function_call"
    return ToolResult(name, _result_parts(message.get("content")), extra=extra_of(rest))


def _parts(content: str | list[Any] | None) -> list[Part]:
    if isinstance(content, str):
        return [Text(content)] if content else []
    return [read_block(block) for block in content or ()]


def _result_parts(content: str | list[Any] | None) -> tuple[Text | Image | Document | Opaque, ...]:
    """What a tool gave; a part that no result can hold stays as it came."""
    if isinstance(content, str):
        return (Text(content),) if content else ()
    read = [(read_block(block), block) for block in content or ()]
    return tuple([part if isinstance(part, _IN_RESULTS) else Opaque(NAME, block) for part, block in read])


def _is_plain(message: Message) -> bool:
    return bool(message.parts) and all(isinstance(part, Text | Opaque) for part in message.parts)
