"""Server half of the Anthropic Messages API: the JSON that a client sent, checked as the API does, as a Request."""

from __future__ import annotations

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
from ringup.wires.anthropic_messages._checks import check_body, check_shapes, check_version, refuse
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
_MESSAGE = frozenset({"role", "content"})
_TOOL = frozenset({"type", "name", "description", "input_schema", "strict"})


def read_request(http: HttpRequest) -> Request:
    """The request that a client sent, under the API version that its header names.

    Raises BadRequestError with the API's own words for what it refuses whichever the model is. Fields that have no
    name here go to `extra`, unknown ones too (`FIELDS` tells them apart); of the headers, the API's own are kept.
    """
    version = check_version(http.headers.get("anthropic-version"))
    body = _decode(http.body)
    check_body(body, version, http.headers.get("anthropic-beta", ""))
    return _keep_headers(_read(body, http.body), http.headers, version)


def read_messages(messages: list[dict[str, Any]]) -> tuple[Message, ...]:
    """Messages in this wire's shape, a part of a conversation perhaps. Raises BadRequestError for one that isn't."""
    check_shapes(messages, new=False)
    return tuple([_read_message(message, []) for message in messages])


def _decode(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError) as error:
        refuse("", f"The request body is not valid JSON: {error}")


def _keep_headers(request: Request, headers: dict[str, str], version: str) -> Request:
    """The headers that go on with the request; the version only where `write_request` would pick another one."""
    kept = {name: value for name, value in headers.items() if name.startswith("anthropic-")}
    if version_for(request) == version:
        del kept["anthropic-version"]
    return msgspec.structs.replace(request, headers=kept) if kept else request


def _read(body: dict[str, Any], source: bytes) -> Request:
    schema, effort, rest = _read_output(body.get("output_config"))
    reasoning, unread = _read_thinking(body.get("thinking"), effort)
    choice, parallel = _read_choice(body.get("tool_choice"))
    extra = {key: value for key, value in body.items() if key not in _MODELLED and value is not None}
    return Request(
        model=body["model"],
        messages=_read_messages(body["messages"], source),
        system=_read_system(body.get("system")),
        max_tokens=int(body["max_tokens"]),
        temperature=body.get("temperature"),
        top_p=body.get("top_p"),
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


def _read_system(system: Any) -> tuple[Text | Opaque, ...]:
    if isinstance(system, str):
        return (Text(system),) if system else ()
    return tuple([cast("Text", read_part(block)) for block in system or ()])


def _read_messages(messages: list[dict[str, Any]], source: bytes) -> tuple[Message, ...]:
    exact = calls_json(source)
    return tuple([_read_message(message, exact[at] if exact else []) for at, message in enumerate(messages)])


def _read_message(message: dict[str, Any], exact: list[str]) -> Message:
    content = message.get("content", [])
    if isinstance(content, str):
        parts: tuple[Part, ...] = (Text(content),) if content else ()
    else:
        parts = tuple([read_part(block, exact[at] if exact else None) for at, block in enumerate(content)])
    role = message["role"]
    if role == "user" and parts and all(isinstance(part, ToolResult) for part in parts):
        role = "tool"
    extra = {key: value for key, value in message.items() if key not in _MESSAGE}
    return Message(cast("Role", role), parts, extra={NAME: extra} if extra else {})


def _read_tool(tool: dict[str, Any]) -> Tool | Opaque:
    if tool.get("type") not in (None, "custom"):
        return Opaque(NAME, tool)
    rest = {key: value for key, value in tool.items() if key not in _TOOL and value is not None}
    extra = {NAME: rest} if rest else {}
    return Tool(tool["name"], tool.get("description"), tool["input_schema"], tool.get("strict"), extra)


def _read_choice(choice: dict[str, Any] | None) -> tuple[ToolChoice | None, bool | None]:
    if choice is None:
        return None, None
    kind = choice["type"]
    one_only = choice.get("disable_parallel_tool_use")
    name = choice["name"] if kind == "tool" else None
    return ToolChoice(_MODES[kind], name), None if one_only is None else not one_only


def _read_output(config: dict[str, Any] | None) -> tuple[OutputSchema | None, str | None, dict[str, Any]]:
    """The schema, the effort, and what else the field holds."""
    if config is None:
        return None, None, {}
    form = config.get("format")
    schema = OutputSchema(form["schema"]) if form is not None else None
    rest = {key: value for key, value in config.items() if key not in ("effort", "format") and value is not None}
    return schema, config.get("effort"), rest


def _read_thinking(thinking: dict[str, Any] | None, effort: str | None) -> tuple[Reasoning | None, dict[str, Any]]:
    """The reasoning, and what else the field holds."""
    if thinking is None:
        return (Reasoning(effort=effort) if effort is not None else None), {}
    budget = thinking.get("budget_tokens")
    reasoning = Reasoning(
        effort=effort,
        budget_tokens=None if budget is None else int(budget),
        mode=thinking["type"],
        display=thinking.get("display"),
    )
    known = ("type", "budget_tokens", "display")
    return reasoning, {key: value for key, value in thinking.items() if key not in known and value is not None}
