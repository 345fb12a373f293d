"""What Anthropic refuses in a request of its Messages API, told in its own words: "messages.0.content: Field required".

The rules are those of its reference (versions 2023-06-01 and 2026-10-21) and of the types of anthropic-python 2.12; the
sentences are pydantic's, as the API sends them. What depends on the model isn't checked here.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any

from ringup.wires.anthropic_messages import refuse

__all__ = ["check_body", "check_version"]

VERSIONS = ("2023-06-01", "2026-10-21")

_BLOCKS = frozenset(
    {
        *("text", "image", "document", "search_result", "thinking", "redacted_thinking", "tool_use", "tool_result"),
        *("server_tool_use", "web_search_tool_result", "web_fetch_tool_result", "advisor_tool_result"),
        *("code_execution_tool_result", "bash_code_execution_tool_result", "text_editor_code_execution_tool_result"),
        *("tool_search_tool_result", "mcp_tool_use", "mcp_tool_result", "mcp_tool_listing", "container_upload"),
        *("compaction", "tool_addition", "tool_removal", "tool_reference", "browser_state", "fallback"),
        "connector_text",
    }
)
_SOURCES = {
    "image": ("base64", "url", "file"),
    "document": ("base64", "text", "content", "url", "file"),
}
_SOURCE_FIELDS = {
    "base64": ("media_type", "data"),
    "text": ("media_type", "data"),
    "url": ("url",),
    "file": ("file_id",),
    "content": (),
}
_MEDIA = {
    ("image", "base64"): ("image/jpeg", "image/png", "image/gif", "image/webp"),
    ("document", "base64"): ("application/pdf",),
    ("document", "text"): ("text/plain",),
}
_ID = re.compile(r"[a-zA-Z0-9_-]+")
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_THINKING = ("adaptive", "between_tools", "disabled", "enabled")
_CHOICES = ("auto", "any", "tool", "none")


def check_version(version: str | None) -> str:
    """The header `anthropic-version`."""
    if not version:
        refuse("anthropic-version", "header is required")
    if version not in VERSIONS:
        refuse("anthropic-version", f'"{version}" is not a valid version')
    return version


def check_body(body: Any, version: str, betas: str) -> None:
    """Everything that can be told from the request alone. Raises BadRequestError for the first thing that's wrong."""
    if not isinstance(body, dict):
        refuse("", "Input should be a valid dictionary")
    for name in ("model", "max_tokens", "messages"):
        if name not in body:
            refuse(name, "Field required")
    for name, check in _FIELDS.items():
        if name in body and (body[name] is not None or name in _NEVER_NULL):
            check(name, body[name])
    new = version != VERSIONS[0]
    if new:
        for name in ("temperature", "top_p", "top_k"):
            if name in body:
                refuse(name, "Extra inputs are not permitted")
    _messages(body["messages"], new)
    _thinking_fits(body, betas)
    _tools_fit(body)
    _cache_fits(body)


# Plain fields


def _string(path: str, value: Any) -> str:
    if not isinstance(value, str):
        refuse(path, "Input should be a valid string")
    return value


def _model(path: str, value: Any) -> None:
    if not _string(path, value):
        refuse(path, "String should have at least 1 character")


def _flag(path: str, value: Any) -> None:
    if not isinstance(value, bool):
        refuse(path, "Input should be a valid boolean")


def _dict(path: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        refuse(path, "Input should be a valid dictionary")
    return value


def _list(path: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        refuse(path, "Input should be a valid list")
    return value


def _whole(least: int) -> Callable[[str, Any], None]:
    def check(path: str, value: Any) -> None:
        if isinstance(value, bool) or not (isinstance(value, int) or (isinstance(value, float) and value.is_integer())):
            refuse(path, "Input should be a valid integer")
        if value < least:
            refuse(path, f"Input should be greater than or equal to {least}")

    return check


def _unit(path: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        refuse(path, "Input should be a valid number")
    if not value >= 0:
        refuse(path, "Input should be greater than or equal to 0")
    if value > 1:
        refuse(path, "Input should be less than or equal to 1")


def _one_of(*words: str) -> Callable[[str, Any], None]:
    quoted = [f"'{word}'" for word in words]
    listed = f"{', '.join(quoted[:-1])} or {quoted[-1]}"

    def check(path: str, value: Any) -> None:
        if not isinstance(value, str) or value not in words:
            refuse(path, f"Input should be {listed}")

    return check


_effort = _one_of("low", "medium", "high", "xhigh", "max")
_display = _one_of("summarized", "omitted")
_role = _one_of("user", "assistant", "system")
_ttl = _one_of("5m", "1h")


def _stops(path: str, value: Any) -> None:
    for at, stop in enumerate(_list(path, value)):
        if not _string(f"{path}.{at}", stop).strip():
            refuse(path, "each stop sequence must contain non-whitespace")


def _metadata(path: str, value: Any) -> None:
    for key, item in _dict(path, value).items():
        if key != "user_id":
            refuse(f"{path}.{key}", "Extra inputs are not permitted")
        if item is not None and len(_string(f"{path}.{key}", item)) > 512:
            refuse(f"{path}.{key}", "String should have at most 512 characters")


def _system(path: str, value: Any) -> None:
    if isinstance(value, str):
        return
    for at, block in enumerate(_list(path, value)):
        where = f"{path}.{at}"
        _one_of_tags(where, _dict(where, block), frozenset({"text"}))
        _text(where, block)


def _output_config(path: str, value: Any) -> None:
    config = _dict(path, value)
    if config.get("effort") is not None:
        _effort(f"{path}.effort", config["effort"])
    form = config.get("format")
    if form is not None:
        where = f"{path}.format"
        _one_of_tags(where, _dict(where, form), frozenset({"json_schema"}))
        _dict(f"{where}.schema", _need(where, form, "schema"))


def _thinking(path: str, value: Any) -> None:
    kind = _one_of_tags(path, _dict(path, value), frozenset(_THINKING))
    if kind == "enabled":
        _whole(1024)(f"{path}.enabled.budget_tokens", _need(f"{path}.enabled", value, "budget_tokens"))
    if value.get("display") is not None:
        _display(f"{path}.{kind}.display", value["display"])


def _choice(path: str, value: Any) -> None:
    kind = _one_of_tags(path, _dict(path, value), frozenset(_CHOICES))
    if kind == "tool":
        _string(f"{path}.tool.name", _need(f"{path}.tool", value, "name"))
    if value.get("disable_parallel_tool_use") is not None:
        _flag(f"{path}.{kind}.disable_parallel_tool_use", value["disable_parallel_tool_use"])


def _tools(path: str, value: Any) -> None:
    names = set()
    for at, tool in enumerate(_list(path, value)):
        where = f"{path}.{at}"
        kind = _dict(where, tool).get("type")
        if kind is None or kind == "custom":
            _custom_tool(f"{where}.custom", tool)
        else:
            _string(f"{where}.type", kind)
        name = tool.get("name")
        if name is None:
            continue
        if _string(f"{where}.name", name) in names:
            refuse("", "tools: Tool names must be unique.")
        names.add(name)


def _custom_tool(where: str, tool: dict[str, Any]) -> None:
    name = _string(f"{where}.name", _need(where, tool, "name"))
    if not _TOOL_NAME.fullmatch(name):
        refuse(f"{where}.name", "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'")
    schema = _dict(f"{where}.input_schema", _need(where, tool, "input_schema"))
    if _need(f"{where}.input_schema", schema, "type") != "object":
        refuse(f"{where}.input_schema.type", "Input should be 'object'")
    if tool.get("description") is not None:
        _string(f"{where}.description", tool["description"])
    if tool.get("strict") is not None:
        _flag(f"{where}.strict", tool["strict"])


_NEVER_NULL = frozenset({"model", "max_tokens", "messages"})
_FIELDS: dict[str, Callable[[str, Any], Any]] = {
    "model": _model,
    "max_tokens": _whole(0),
    "messages": _list,
    "system": _system,
    "stream": _flag,
    "stop_sequences": _stops,
    "temperature": _unit,
    "top_p": _unit,
    "top_k": _whole(0),
    "metadata": _metadata,
    "tools": _tools,
    "tool_choice": _choice,
    "thinking": _thinking,
    "output_config": _output_config,
    "service_tier": _one_of("auto", "standard_only"),
    "speed": _one_of("standard", "fast"),
}


# Blocks


def _need(path: str, holder: dict[str, Any], key: str) -> Any:
    if key not in holder:
        refuse(f"{path}.{key}", "Field required")
    return holder[key]


def _one_of_tags(path: str, block: dict[str, Any], known: frozenset[str]) -> str:
    kind = _need(path, block, "type")
    if not isinstance(kind, str) or kind not in known:
        tags = ", ".join([f"'{tag}'" for tag in sorted(known)])
        refuse(path, f"Input tag '{kind}' found using 'type' does not match any of the expected tags: {tags}")
    return kind


def _text(path: str, block: dict[str, Any]) -> None:
    text = _string(f"{path}.text.text", _need(f"{path}.text", block, "text"))
    if not text:
        refuse("", f"{path.partition('.')[0]}: text content blocks must be non-empty")
    if text.isspace():
        refuse("", f"{path.partition('.')[0]}: text content blocks must contain non-whitespace text")


def _block(path: str, block: Any) -> str:
    kind = _one_of_tags(path, _dict(path, block), _BLOCKS)
    match kind:
        case "text":
            _text(path, block)
        case "image" | "document":
            _source(f"{path}.{kind}.source", kind, _need(f"{path}.{kind}", block, "source"))
            if block.get("title") is not None:
                _string(f"{path}.{kind}.title", block["title"])
        case "tool_use":
            _called_id(f"{path}.tool_use.id", _need(f"{path}.tool_use", block, "id"))
            _string(f"{path}.tool_use.name", _need(f"{path}.tool_use", block, "name"))
            _dict(f"{path}.tool_use.input", _need(f"{path}.tool_use", block, "input"))
        case "tool_result":
            _called_id(f"{path}.tool_result.tool_use_id", _need(f"{path}.tool_result", block, "tool_use_id"))
            _content(f"{path}.tool_result.content", block.get("content"))
        case "thinking":
            _string(f"{path}.thinking.thinking", _need(f"{path}.thinking", block, "thinking"))
            _string(f"{path}.thinking.signature", _need(f"{path}.thinking", block, "signature"))
        case "redacted_thinking":
            _string(f"{path}.redacted_thinking.data", _need(f"{path}.redacted_thinking", block, "data"))
    return kind


def _called_id(path: str, value: Any) -> None:
    if not _ID.fullmatch(_string(path, value)):
        refuse(path, "String should match pattern '^[a-zA-Z0-9_-]+$'")


def _content(path: str, value: Any) -> None:
    if value is None or isinstance(value, str):
        return
    for at, block in enumerate(_list(path, value)):
        _block(f"{path}.{at}", block)


def _source(path: str, kind: str, source: Any) -> None:
    form = _one_of_tags(path, _dict(path, source), frozenset(_SOURCES[kind]))
    for key in _SOURCE_FIELDS[form]:
        _string(f"{path}.{form}.{key}", _need(f"{path}.{form}", source, key))
    media = _MEDIA.get((kind, form))
    if media and source["media_type"] not in media:
        listed = " or ".join([f"'{word}'" for word in media])
        refuse(f"{path}.{form}.media_type", f"Input should be {listed}")
    if form == "base64":
        _base64(f"{path}.base64", source["data"])


def _base64(path: str, text: str) -> None:
    try:
        base64.b64decode("".join(text.split()).encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        refuse(path, "invalid base64 data")


# Messages


def _messages(messages: list[Any], new: bool) -> None:
    if not messages:
        refuse("messages", "at least one message is required")
    if len(messages) > 100_000:
        refuse("messages", "List should have at most 100000 items after validation")
    pairs = _Pairs()
    for at, (role, content) in enumerate(_check_shapes(messages, new)):
        pairs.take(at, role, content)
    pairs.end()
    _last_turn(messages[-1])


def _check_shapes(messages: list[Any], new: bool) -> list[tuple[str, list[Any]]]:
    """Each message by itself, whatever stands beside it. Gives roles and contents."""
    turns = []
    for at, message in enumerate(messages):
        path = f"messages.{at}"
        role = _need(path, _dict(path, message), "role")
        _role(f"{path}.role", role)
        content = _message_content(path, message, last=at == len(messages) - 1)
        for index, block in enumerate(content):
            kind = _block(f"{path}.content.{index}", block)
            if new:
                _newer_rules(f"{path}.content.{index}", role, kind, block)
        turns.append((role, content))
    return turns


def _message_content(path: str, message: dict[str, Any], last: bool) -> list[Any]:
    role = message["role"]
    if role == "system" and "content" not in message and len(message) > 1:
        return []
    content = _need(path, message, "content")
    if not isinstance(content, str) and not isinstance(content, list):
        refuse(f"{path}.content", "Input should be a valid list")
    if not content and not (last and role == "assistant"):
        refuse(path, "all messages must have non-empty content except for the optional final assistant message")
    if isinstance(content, str):
        if content.isspace():
            refuse("", "messages: text content blocks must contain non-whitespace text")
        return []
    return content


def _last_turn(message: dict[str, Any]) -> None:
    if message["role"] != "assistant" or not message["content"]:
        return
    content = message["content"]
    text = content if isinstance(content, str) else content[-1].get("text", "")
    if text and text != text.rstrip():
        refuse("messages", "final assistant content cannot end with trailing whitespace")


def _newer_rules(path: str, role: str, kind: str, block: dict[str, Any]) -> None:
    """What version 2026-10-21 took away."""
    if kind == "document" and role == "assistant":
        refuse(path, "`document` blocks are not permitted in assistant messages")
    if role != "user":
        return
    if kind == "text" and block.get("citations"):
        refuse(f"{path}.text.citations", "Extra inputs are not permitted")
    inner = block.get("content")
    if kind in ("search_result", "tool_result") and isinstance(inner, list):
        for at, item in enumerate(inner):
            if isinstance(item, dict):
                _newer_rules(f"{path}.{kind}.content.{at}", role, item.get("type", ""), item)


class _Pairs:
    """Every tool_use is answered by a tool_result, first in the next user turn; turns of one role count as one."""

    __slots__ = ("_at", "_open", "_role", "_seen", "_waiting")

    def __init__(self) -> None:
        self._role = ""
        self._at = 0  # the message that asked last
        self._waiting: dict[str, None] = {}  # ids that are still to be answered, in order
        self._open: set[str] = set()  # ids that the current user turn may answer
        self._seen: set[str] = set()

    def take(self, at: int, role: str, content: list[Any]) -> None:
        if role == "system":
            return
        if role != self._role:
            self._turn(role)
        if role == "assistant":
            for block in content:
                if block["type"] == "tool_use":
                    self._ask(at, block["id"])
            return
        for index, block in enumerate(content):
            if block["type"] == "tool_result":
                self._answer(f"messages.{at}.content.{index}", block["tool_use_id"])
            else:
                self.end()
        if not content:
            self.end()

    def _turn(self, role: str) -> None:
        if role == "assistant":
            self.end()
        self._role = role
        self._open = set(self._waiting) if role == "user" else set()

    def _ask(self, at: int, call: str) -> None:
        if call in self._seen:
            refuse("messages", "`tool_use` ids must be unique")
        self._seen.add(call)
        self._waiting[call] = None
        self._at = at

    def _answer(self, path: str, call: str) -> None:
        if call not in self._open:
            text = f"unexpected `tool_use_id` found in `tool_result` blocks: {call}. Each `tool_result` block must have"
            refuse(path, f"{text} a corresponding `tool_use` block in the previous message.")
        if call not in self._waiting:
            text = "each tool_use must have a single result. Found multiple `tool_result` blocks with id:"
            refuse(path, f"{text} {call}")
        del self._waiting[call]

    def end(self) -> None:
        """Whatever is still waiting is missing."""
        if self._waiting:
            ids = ", ".join(self._waiting)
            text = f"`tool_use` ids were found without `tool_result` blocks immediately after: {ids}. Each `tool_use`"
            refuse(
                f"messages.{self._at}",
                f"{text} block must have a corresponding `tool_result` block in the next message.",
            )


# Fields that must fit together


def _thinking_fits(body: dict[str, Any], betas: str) -> None:
    thinking = body.get("thinking")
    if thinking is None or thinking["type"] not in ("enabled", "adaptive"):
        return
    budget = thinking["budget_tokens"] if thinking["type"] == "enabled" else 0
    if budget >= max(body["max_tokens"], 1) and "interleaved-thinking" not in betas:
        refuse("", "`max_tokens` must be greater than `thinking.budget_tokens`")
    if body.get("temperature") not in (None, 1):
        refuse("", "`temperature` may only be set to 1 when thinking is enabled.")
    if body.get("top_k") is not None:
        refuse("", "`top_k` must be unset when thinking is enabled.")
    choice = body.get("tool_choice")
    if choice is not None and choice["type"] in ("any", "tool"):
        refuse("", "Thinking may not be enabled when tool_choice forces tool use.")


def _tools_fit(body: dict[str, Any]) -> None:
    choice = body.get("tool_choice")
    if choice is None:
        return
    tools = body.get("tools") or []
    if not tools and not body.get("mcp_servers"):
        refuse("tool_choice", "may only be specified while providing tools")
    if choice["type"] == "tool" and choice["name"] not in [tool.get("name") for tool in tools]:
        refuse("", f"Tool '{choice['name']}' not found in provided tools")


def _cache_fits(body: dict[str, Any]) -> None:
    marks: list[tuple[str, Any]] = [("cache_control", body.get("cache_control"))]
    for name in ("tools", "system"):
        blocks = body.get(name)
        marks += _marks(name, blocks) if isinstance(blocks, list) else []
    for at, message in enumerate(body["messages"]):
        content = message.get("content")
        marks += _marks(f"messages.{at}.content", content) if isinstance(content, list) else []
    marks = [(path, mark) for path, mark in marks if mark is not None]
    for path, mark in marks:
        _one_of_tags(path, _dict(path, mark), frozenset({"ephemeral"}))
        if mark.get("ttl") is not None:
            _ttl(f"{path}.ttl", mark["ttl"])
    if len(marks) > 4:
        refuse("", f"A maximum of 4 blocks with cache_control may be provided. Found {len(marks)}.")


def _marks(path: str, blocks: list[Any]) -> list[tuple[str, Any]]:
    found = []
    for at, block in enumerate(blocks):
        if isinstance(block, dict):
            found.append((f"{path}.{at}.cache_control", block.get("cache_control")))
            inner = block.get("content")
            found += _marks(f"{path}.{at}.content", inner) if isinstance(inner, list) else []
    return found
