"""Server half of the Anthropic Messages API: the JSON that a client sent, as a Request."""

from __future__ import annotations

from collections.abc import Callable
from types import NoneType
from typing import Any, Literal, cast

import msgspec

from ringup.http import HttpRequest
from ringup.messages import (
    Message,
    Opaque,
    OutputSchema,
    Part,
    Reasoning,
    Request,
    Role,
    Text,
    Tool,
    ToolChoice,
    ToolResult,
)
from ringup.wire_tools import excerpt
from ringup.wires.anthropic_messages._checks import check_body, check_messages, refuse
from ringup.wires.anthropic_messages._parts import NAME, calls_json, read_part
from ringup.wires.anthropic_messages._request import version_for

__all__ = ["FIELDS", "read_messages", "read_request"]

_MODELLED = frozenset(
    {
        *("model", "messages", "system", "max_tokens", "temperature", "top_p", "stop_sequences", "tools"),
        *("tool_choice", "output_config", "thinking", "metadata", "stream"),
    }
)
FIELDS = _MODELLED | {
    *("top_k", "cache_control", "container", "diagnostics", "inference_geo", "service_tier", "speed"),
    *("output_format", "mcp_servers", "context_management", "compaction", "fallbacks", "fallback_credit_token"),
    *("billing_policy", "thread"),
}
"""The top-level fields that the API knows, betas included (anthropic-python 2.12); it refuses any other."""

_MODES: dict[str, Literal["auto", "none", "required", "tool"]] = {
    "auto": "auto",
    "any": "required",
    "tool": "tool",
    "none": "none",
}
_THINKING = ("adaptive", "enabled", "disabled", "between_tools")
_SHOWS = ("adaptive", "enabled")
_NOT_HERE = ("none", "minimal")
"""Efforts of ours for which this API has other words: said on this wire, they are some server's own."""
_NUMBERS = ("max_tokens", "temperature", "top_p")
_MESSAGE = frozenset({"role", "content"})
_TOOL = frozenset({"type", "name", "description", "input_schema", "strict"})


def read_request(http: HttpRequest) -> Request:
    """The request that a client sent, under the API version that its header names.

    Raises BadRequestError, in the API's own words, for what no server could read. Fields that have no name here go to
    `extra`, unknown ones too (`FIELDS` tells them apart), and so do values in a form that a Request can't hold; of the
    headers, the API's own are kept.
    """
    body = _decode(http.body)
    check_body(body)
    return _keep_headers(_read(body, http.body), http.headers)


def read_messages(messages: list[dict[str, Any]]) -> tuple[Message, ...]:
    """Messages in this wire's shape, a part of a conversation perhaps. Raises BadRequestError for one that isn't."""
    check_messages(messages)
    for at, message in enumerate(messages):
        content = message.get("content")
        for index, block in enumerate(content if isinstance(content, list) else ()):
            if not isinstance(block.get("type"), str) or not _fits(block):
                refuse(f"messages.{at}.content.{index}", f"Input should be a valid block: {excerpt(str(block), 60)}")
    return tuple([_read_message(message, []) for message in messages])


def _decode(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError) as error:
        refuse("", f"The request body is not valid JSON: {error}")


def _keep_headers(request: Request, headers: dict[str, str]) -> Request:
    """The headers that go on with the request; the version only where `write_request` would pick another one."""
    kept = {name: value for name, value in headers.items() if name.startswith("anthropic-")}
    if version_for(request) == kept.get("anthropic-version"):
        del kept["anthropic-version"]
    return msgspec.structs.replace(request, headers=kept) if kept else request


def _read(body: dict[str, Any], source: bytes) -> Request:
    schema, effort, rest = _read_output(body.get("output_config"))
    reasoning, unread = _read_thinking(body.get("thinking"), effort)
    choice, parallel = _read_choice(body.get("tool_choice"), bool(body.get("tools")))
    limit = body.get("max_tokens")
    held = _MODELLED - {name for name in _NUMBERS if not _is_number(body.get(name), whole=name == "max_tokens")}
    extra = {key: value for key, value in body.items() if key not in held and value is not None}
    return Request(
        model=body["model"],
        messages=_read_messages(body["messages"], source),
        system=_read_system(body.get("system")),
        max_tokens=None if limit is None or "max_tokens" in extra else int(limit),
        temperature=None if "temperature" in extra else body.get("temperature"),
        top_p=None if "top_p" in extra else body.get("top_p"),
        stop=tuple(body.get("stop_sequences") or ()),
        tools=tuple([_read_tool(tool) for tool in body.get("tools") or ()]),
        tool_choice=choice,
        parallel_tool_calls=parallel,
        output_schema=schema,
        reasoning=reasoning,
        metadata=body.get("metadata"),
        stream=bool(body.get("stream")),
        extra=extra | ({"output_config": rest} if rest else {}) | ({"thinking": unread} if unread else {}),
    )


def _is_number(value: Any, whole: bool) -> bool:
    return isinstance(value, int) or (isinstance(value, float) and (not whole or value.is_integer()))


def _read_system(system: Any) -> tuple[Text | Opaque, ...]:
    if isinstance(system, str):
        system = [{"type": "text", "text": system}] if system else []
    return tuple([cast("Text", _read_block(block)) for block in system or ()])


def _read_messages(messages: list[dict[str, Any]], source: bytes) -> tuple[Message, ...]:
    exact = calls_json(source)
    return tuple([_read_message(message, exact[at] if exact else []) for at, message in enumerate(messages)])


def _read_message(message: dict[str, Any], exact: list[str]) -> Message:
    content = message.get("content") or []
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    parts = tuple([_read_block(block, exact[at] if exact else None) for at, block in enumerate(content)])
    role = message["role"]
    if role == "user" and parts and all(isinstance(part, ToolResult) for part in parts):
        role = "tool"
    extra = {key: value for key, value in message.items() if key not in _MESSAGE}
    return Message(cast("Role", role), parts, extra={NAME: extra} if extra else {})


def _read_block(block: dict[str, Any], json: str | None = None) -> Part:
    """A block as a part. One that couldn't go back from it as it came is kept whole: text of white space alone, say."""
    return read_part(block, json) if _fits(block) else Opaque(NAME, block)


def _fits(block: Any) -> bool:
    """Whether a block is an object, and where we know its type has the form in which we write it."""
    if not isinstance(block, dict):
        return False
    form = _FORMS.get(str(block.get("type")))
    return form is None or form(block)


def _has_words(block: dict[str, Any], name: str) -> bool:
    return isinstance(block.get(name), str) and bool(block[name].strip())


def _is_result(block: dict[str, Any]) -> bool:
    content = block.get("content")
    if not isinstance(block.get("tool_use_id"), str) or not isinstance(block.get("is_error"), (bool, NoneType)):
        return False
    if isinstance(content, list):
        return all(map(_fits, content))
    return content is None or (isinstance(content, str) and not content.isspace())


_FORMS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "text": lambda block: _has_words(block, "text"),
    "thinking": lambda block: _has_words(block, "signature") and isinstance(block.get("thinking"), str),
    "redacted_thinking": lambda block: _has_words(block, "data"),
    "tool_use": lambda block: (
        isinstance(block.get("input"), dict) and isinstance(block.get("id"), str) and isinstance(block.get("name"), str)
    ),
    "tool_result": _is_result,
    "document": lambda block: isinstance(block.get("title"), (str, NoneType)),
}
"""Whether a block of each type has the form in which we write it."""


def _read_tool(tool: dict[str, Any]) -> Tool | Opaque:
    """A function; one in a form that we don't know, and any other tool, is kept whole."""
    types = (("name", str), ("input_schema", dict), ("description", (str, NoneType)), ("strict", (bool, NoneType)))
    if tool.get("type") not in (None, "custom") or not all(isinstance(tool.get(name), kind) for name, kind in types):
        return Opaque(NAME, tool)
    rest = {key: value for key, value in tool.items() if key not in _TOOL and value is not None}
    extra = {NAME: rest} if rest else {}
    return Tool(tool["name"], tool.get("description"), tool["input_schema"], tool.get("strict"), extra)


def _read_choice(choice: Any, tools: bool) -> tuple[ToolChoice | Opaque | None, bool | None]:
    """Whether tools must be used, and whether several at once may be. What has no word of ours is kept whole."""
    match choice:
        case None:
            return None, None
        case {"type": "auto" | "any" | "none" as kind, **rest} if not rest:
            return ToolChoice(_MODES[kind]), None
        case {"type": "tool", "name": str(name), **rest} if not rest:
            return ToolChoice("tool", name), None
        case {"type": "auto" | "any" as kind, "disable_parallel_tool_use": bool(one), **rest} if not rest and tools:
            return ToolChoice(_MODES[kind]), not one
        case {"type": "tool", "name": str(name), "disable_parallel_tool_use": bool(one), **rest} if not rest and tools:
            return ToolChoice("tool", name), not one
    return Opaque(NAME, choice), None


def _read_output(config: dict[str, Any] | None) -> tuple[OutputSchema | None, str | None, dict[str, Any]]:
    """The schema, the effort, and what else the field holds."""
    rest = {key: value for key, value in (config or {}).items() if value is not None}
    schema, effort = None, None
    match rest.get("format"):
        case {"type": "json_schema", "schema": dict(wanted), **more} if not more:
            schema = OutputSchema(wanted)
            del rest["format"]
    if isinstance(rest.get("effort"), str) and rest["effort"] not in _NOT_HERE:
        effort = rest.pop("effort")
    return schema, effort, rest


def _read_thinking(thinking: dict[str, Any] | None, effort: str | None) -> tuple[Reasoning | None, dict[str, Any]]:
    """The reasoning, and what else the field holds."""
    plain = Reasoning(effort=effort) if effort is not None else None
    if thinking is None:
        return plain, {}
    rest = {key: value for key, value in thinking.items() if value is not None}
    mode, budget = rest.get("type"), rest.get("budget_tokens")
    if mode not in _THINKING or (mode == "enabled") != _is_number(budget, whole=True):
        return plain, rest
    shown = rest.pop("display") if mode in _SHOWS and isinstance(rest.get("display"), str) else None
    rest = {key: value for key, value in rest.items() if key not in ("type", "budget_tokens")}
    spent = None if budget is None else int(budget)
    return Reasoning(effort=effort, budget_tokens=spent, mode=mode, display=shown), rest
