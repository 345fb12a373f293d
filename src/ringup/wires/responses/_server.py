"""A request of the Responses API, read by a server: the JSON that a client sent, as a Request."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

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
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from ringup.openai_checks import not_json, number, whole
from ringup.wire_tools import decode
from ringup.wires.responses._checks import ROLES, check_request
from ringup.wires.responses._content import read_block
from ringup.wires.responses._parts import (
    CALLS,
    CUSTOM,
    NAME,
    extra_of,
    item_fields,
    kind_of,
    looks_like_content,
    message_fields,
    read_item,
)
from ringup.wires.responses._request import SEALED, STATEFUL, is_stateless

__all__ = ["read_request"]

_IN_RESULTS = (Text, Image, Document, Opaque)
_NOT_HERE = ("summarized", "omitted")
"""Ways to show reasoning for which this API has other words: said on this wire, they are some server's own."""
_USERS = ("input_text", "text")
"""Words of a user's message; in one of the assistant's they would be written as output_text."""
_SAID = {"output_text": "text", "refusal": "refusal"}
_OF_SCHEMA = frozenset({"description", "strict"})
_HANDLED = frozenset(
    {
        *("model", "input", "instructions", "stream", "max_output_tokens", "temperature", "top_p", "tools"),
        *("tool_choice", "parallel_tool_calls", "metadata", "text", "reasoning", "store", "include"),
    }
)


def read_request(http: HttpRequest) -> Request:
    """The request that a client sent. Raises BadRequestError, in OpenAI's words, for what no server could read.

    Consecutive items of the model make one turn of the assistant, consecutive results one of the role "tool". Fields
    without a name of their own, known to OpenAI or not, are in `extra` (`FIELDS` tells which it knows), with what
    `text` and `reasoning` hold beyond a schema and an effort, and values in a form that a Request can't hold. As the
    request that we write stores nothing, one that leaves `store` out has it as None in `extra`. No header belongs to
    the request on this wire, so none is kept.
    """
    try:
        body = decode(http.body)
    except ValueError:
        raise not_json() from None
    check_request(body)
    text, reasoning = body.get("text") or {}, body.get("reasoning") or {}
    effort, summary = _word(reasoning.get("effort")), _word(reasoning.get("summary"))
    summary = None if summary in _NOT_HERE else summary
    request = Request(
        model=body.get("model") or "",
        messages=tuple(_messages(body.get("input") or [])),
        system=(Text(body["instructions"]),) if _word(body.get("instructions")) else (),
        max_tokens=whole(body.get("max_output_tokens")),
        temperature=number(body.get("temperature")),
        top_p=number(body.get("top_p")),
        tools=tuple([_tool(tool) for tool in body.get("tools") or ()]),
        tool_choice=_tool_choice(body.get("tool_choice")),
        parallel_tool_calls=body.get("parallel_tool_calls"),
        output_schema=_output_schema(text.get("format")),
        reasoning=Reasoning(effort=effort, display=summary) if effort or summary else None,
        metadata=body.get("metadata"),
        stream=bool(body.get("stream")),
    )
    return replace(request, extra=_extra(body, request))


def _extra(body: dict[str, Any], request: Request) -> dict[str, Any]:
    extra = {name: value for name, value in body.items() if value is not None and not _is_held(name, value)}
    wanted = request.reasoning or Reasoning()
    said = {
        "text": ("format",) if request.output_schema is not None else (),
        "reasoning": tuple([name for name, word in (("effort", wanted.effort), ("summary", wanted.display)) if word]),
    }
    for name, known in said.items():
        if rest := item_fields(body.get(name) or {}, known):
            extra[name] = rest
    return extra | _storing(body, extra, request.reasoning is not None)


def _storing(body: dict[str, Any], extra: dict[str, Any], reasons: bool) -> dict[str, Any]:
    """`store` and `include`, where they aren't those that we send ourselves; None for one that is left out."""
    store, include = body.get("store"), body.get("include")
    found: dict[str, Any] = {}
    stateful = any(extra.get(name) for name in STATEFUL)
    if store or stateful != (store is None):
        found["store"] = store
    wanted = [SEALED] if reasons and is_stateless(extra | found) else None
    return found if include == wanted else found | {"include": include}


def _is_held(name: str, value: Any) -> bool:
    """Whether the Request has a place for a field, and for a value in this form."""
    match name:
        case "max_output_tokens":
            return whole(value) is not None
        case "temperature" | "top_p":
            return number(value) is not None
        case "instructions":
            return isinstance(value, str)
        case "tool_choice":
            return _tool_choice(value) is not None
    return name in _HANDLED


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _output_schema(wanted: Any) -> OutputSchema | None:
    """The schema that is asked for; None for no wish, and for a form that isn't modelled (kept in extra)."""
    match wanted:
        case {"type": "json_object", **rest} if not rest:
            return OutputSchema()
        case {"type": "json_schema", "schema": dict(schema), "name": str(name), **rest} if rest.keys() <= _OF_SCHEMA:
            if not name:
                return None
            return OutputSchema(schema, name, wanted.get("description"), wanted.get("strict"))
    return None


def _tool(tool: dict[str, Any]) -> Tool | Opaque:
    """A function; one in a form that we don't know, and any other tool, is kept whole."""
    types = (("description", str), ("parameters", dict), ("strict", bool))
    known = all(tool.get(name) is None or isinstance(tool[name], kind) for name, kind in types)
    if tool.get("type") != "function" or not known or not isinstance(tool.get("name"), str):
        return Opaque(NAME, tool)
    extra = extra_of(item_fields(tool, ("type", "name", "description", "parameters", "strict")))
    return Tool(tool["name"], tool.get("description"), tool.get("parameters"), tool.get("strict"), extra)


def _tool_choice(choice: Any) -> ToolChoice | Opaque | None:
    match choice:
        case "auto" | "none" | "required":
            return ToolChoice(choice)
        case {"type": "function", "name": str(name), **rest} if not rest:
            return ToolChoice("tool", name)
        case dict():
            return Opaque(NAME, choice)
    return None  # another word, which only some server knows, is kept in extra


# Input


def _messages(given: str | list[dict[str, Any]]) -> list[Message]:
    if isinstance(given, str):
        return [Message("user", (Text(given),) if given else ())]
    turns: list[tuple[Role, list[Part], dict[str, Any]]] = []
    customs: set[str] = set()
    for item in given:
        role, parts, fields = _read(item, customs)
        customs |= {part.id for part in parts if isinstance(part, ToolCall) and part.kind == "custom"}
        if turns and turns[-1][0] == role and role in ("assistant", "tool"):
            turns[-1][1].extend(parts)
        else:
            turns.append((role, parts, fields))
    return [Message(role, tuple(parts), extra=extra_of(fields)) for role, parts, fields in turns]


def _read(item: dict[str, Any], customs: set[str]) -> tuple[Role, list[Part], dict[str, Any]]:
    """Who an item comes from, its parts, and the further fields of a message that isn't the model's."""
    kind = kind_of(item)
    role: Any = item.get("role")
    if kind in ("function_call_output", f"{CUSTOM}_output"):
        return "tool", [_result(item, customs) if _is_result(item) else Opaque(NAME, item)], {}
    if kind == "message" and role in ROLES and role != "assistant" and _is_content(item.get("content")):
        return role, _content(item.get("content")), message_fields(item)
    if role in ROLES and (kind != "message" or role != "assistant"):
        return role, [Opaque(NAME, item)], {}
    if kind.endswith(("_output", "_response")):
        return "tool", [Opaque(NAME, item)], {}
    return "assistant", read_item(item) if _is_known(kind, item) else [Opaque(NAME, item)], {}


def _is_known(kind: str, item: dict[str, Any]) -> bool:
    """Whether an item of the model's, where we know its type, has the form in which we write it."""
    if kind in CALLS:
        return all(isinstance(item.get(name), str) for name in ("call_id", "name", CALLS[kind]))
    if kind == "reasoning":
        return all(isinstance(item.get(name) or [], list) for name in ("summary", "content"))
    if kind != "message":
        return True
    content = item.get("content")
    if item.get("role") != "assistant" or not isinstance(content, list):
        return item.get("role") == "assistant" and isinstance(content, str)
    begins = bool(content) and _type_of(content[0]) in _SAID  # the first piece holds the item's own fields
    return all(map(_is_said, content)) and (begins or not message_fields(item))


def _is_said(block: Any) -> bool:
    """Whether a piece of an assistant's message has the form in which we write it."""
    kind = _type_of(block)
    if words := _SAID.get(kind):
        return isinstance(block.get(words), str)
    return bool(kind) and looks_like_content(block) and kind not in _USERS


def _type_of(block: Any) -> str:
    return str(block.get("type")) if isinstance(block, dict) else ""


def _is_result(item: dict[str, Any]) -> bool:
    ids = isinstance(item.get("call_id"), str) or (item.get("call_id") is None and bool(item.get("name")))
    return ids and item.get("output") is not None and _is_content(item["output"])


def _is_content(content: Any) -> bool:
    if isinstance(content, list):
        return all(isinstance(block, dict) for block in content)
    return content is None or isinstance(content, str)


def _content(content: Any) -> list[Part]:
    if isinstance(content, str):
        return [Text(content)] if content else []
    return [read_block(block) for block in content or ()]


def _result(item: dict[str, Any], customs: set[str]) -> ToolResult:
    """A tool's result; a part that no result can hold stays as it came."""
    fields = item_fields(item, ("type", "call_id", "output"))
    call_id = item.get("call_id") or ""
    if (item["type"] == f"{CUSTOM}_output") != (call_id in customs):
        fields["type"] = item["type"]
    output = item.get("output")
    blocks = output if isinstance(output, list) else []
    read = [(read_block(block), block) for block in blocks]
    parts = [part if isinstance(part, _IN_RESULTS) else Opaque(NAME, block) for part, block in read]
    if isinstance(output, str) and output:
        parts = [Text(output)]
    return ToolResult(call_id, tuple(parts), extra=extra_of(fields))
