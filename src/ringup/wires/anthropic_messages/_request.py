"""Client half of the Anthropic Messages API: a Request as its JSON, and notices of what became of the rest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ringup.crossing import left_behind
from ringup.errors import ParameterError
from ringup.http import HttpRequest
from ringup.messages import Message, Opaque, OutputSchema, Part, Reasoning, Request, Text, Tool, ToolChoice, ToolResult
from ringup.reply import Notice
from ringup.rules import Rules
from ringup.wire_tools import encode
from ringup.wires.anthropic_messages._parts import (
    NAME,
    NEW_VERSION,
    OLD_VERSION,
    SAMPLING,
    needs_old_version,
    own_extra,
    write_parts,
)

__all__ = ["DEFAULT_MAX_TOKENS", "WHOLE_MAX_TOKENS", "version_for", "write_request"]

PATH = "/v1/messages"

DEFAULT_MAX_TOKENS = 4096
"""What is sent as max_tokens when neither the caller nor the model's rules say a number; the API needs one."""
WHOLE_MAX_TOKENS = 21_333
"""The most that is asked for by default without a stream: more could take over 10 minutes (anthropic-python 2.12)."""

_SPEAKERS = ("user", "assistant")
_CHOICES = {"required": "any"}
_EMPTY_SCHEMA = {"type": "object", "properties": {}}


def write_request(request: Request, rules: Rules) -> tuple[HttpRequest, tuple[Notice, ...]]:
    """The request in this API's JSON, and notices of what it can't say.

    `request.extra` is merged last; where it and the body both hold an object (thinking, output_config, metadata), the
    objects are merged. Raises ParameterError when no message is left to send.
    """
    notices: list[Notice] = []
    count = _leading(request.messages)
    turns = _Turns(rules, notices)
    for at in range(count, len(request.messages)):
        turns.add(at, request.messages[at])
    if not turns.written and _is_begun(request.messages):
        turns.written.append({"role": "assistant", "content": ""})
    if not turns.written:
        raise ParameterError("there is no message to send: the Messages API needs at least one", parameter="messages")
    body: dict[str, Any] = {"model": request.model, "max_tokens": _max_tokens(request, rules, notices)}
    if system := _system(request, count, notices):
        body["system"] = system
    body["messages"] = turns.written
    _write_sampling(body, request, notices)
    _write_tools(body, request, notices)
    _write_output(body, request, rules, notices)
    if request.metadata is not None:
        body["metadata"] = request.metadata
    if request.stream:
        body["stream"] = True
    _merge(body, request.extra)
    version = OLD_VERSION if turns.old or not body.keys().isdisjoint(SAMPLING) else NEW_VERSION
    headers = {"content-type": "application/json", "anthropic-version": version}
    if request.headers:
        headers.update({name.lower(): value for name, value in request.headers.items()})
    return HttpRequest(path=PATH, headers=headers, body=encode(body)), tuple(dict.fromkeys(notices))


def version_for(request: Request) -> str:
    """The API version that `write_request` picks: 2026-10-21, unless the request needs 2023-06-01."""
    sampling = request.temperature is not None or request.top_p is not None
    if sampling or any(name in request.extra for name in SAMPLING):
        return OLD_VERSION
    old = any(needs_old_version("user" if m.role == "tool" else m.role, m.parts) for m in request.messages)
    return OLD_VERSION if old else NEW_VERSION


def _is_begun(messages: tuple[Message, ...]) -> bool:
    """Whether there is a turn of the assistant in which nothing is said yet."""
    return any(message.role == "assistant" and not message.parts for message in messages)


def _merge(body: dict[str, Any], extra: dict[str, Any]) -> None:
    for key, value in extra.items():
        before = body.get(key)
        body[key] = before | value if isinstance(before, dict) and isinstance(value, dict) else value


# Messages


def _leading(messages: tuple[Message, ...]) -> int:
    """How many system messages stand before the conversation."""
    for at, message in enumerate(messages):
        if message.role not in ("system", "developer"):
            return at
    return len(messages)


def _system(request: Request, count: int, notices: list[Notice]) -> str | list[dict[str, Any]]:
    blocks = write_parts(request.system, "system", notices)
    for at, message in enumerate(request.messages[:count]):
        what = f"messages.{at}"
        notices.append(Notice("moved", what, f"the {message.role} message was sent as `system`, where this API has it"))
        blocks += write_parts(_only_system(message.parts, what, notices), what, notices)
    if len(blocks) == 1 and blocks[0].keys() == {"type", "text"}:
        return str(blocks[0]["text"])
    return blocks


def _only_system(parts: Iterable[Part], what: str, notices: list[Notice]) -> tuple[Part, ...]:
    """The system takes words, and this wire's own blocks."""
    kept = []
    for part in parts:
        if isinstance(part, (Text, Opaque)):
            kept.append(part)
        else:
            kind = type(part).__name__.lower()
            notices.append(Notice("dropped", f"{what}.{kind}", f"a system message can't hold {kind}: it was not sent"))
    return tuple(kept)


class _Turns:
    """The conversation as this API has it: tool results in user turns, nothing blank."""

    __slots__ = ("_mid_system", "_notices", "_results", "old", "written")

    def __init__(self, rules: Rules, notices: list[Notice]) -> None:
        self.written: list[dict[str, Any]] = []
        self.old = False
        self._mid_system = "mid_system" not in rules.refuses
        self._notices = notices
        self._results: list[dict[str, Any]] | None = None  # the content of the turn that further tool messages join

    def add(self, at: int, message: Message) -> None:
        parts, role = message.parts, message.role
        if len(parts) == 1 and role in _SPEAKERS and not message.extra and message.name is None:
            part = parts[0]
            if type(part) is Text and not part.extra:
                self._results = None
                if part.text and not part.text.isspace():
                    self.written.append({"role": role, "content": part.text})
                return
        self._add_any(f"messages.{at}", message)

    def _add_any(self, where: str, message: Message) -> None:
        if message.name is not None:
            self._notices.append(Notice("dropped", f"{where}.name", "this API has no names for those who speak"))
        for what, wire in left_behind(message, NAME):
            text = f"this means something to {wire} only: it was not sent"
            self._notices.append(Notice("dropped", f"{where}.{what}", text))
        role = self._role(where, message)
        self.old = self.old or needs_old_version(role, message.parts)
        content = write_parts(self._arrange(where, role, message), where, self._notices)
        if message.role == "tool" and self._results is not None:
            self._results += content
            self._results.sort(key=_is_other)
        elif content or (role == "system" and message.extra):
            self._results = content if message.role == "tool" else None
            turn = {"role": role, "content": content} if content else {"role": role}
            self.written.append(turn | own_extra(message) if message.extra else turn)

    def _role(self, where: str, message: Message) -> str:
        role = message.role
        if role in _SPEAKERS:
            return role
        if role == "tool":
            return "user"
        if not self._mid_system:
            text = "this model takes no system message inside the conversation: it was sent as the user's"
            self._notices.append(Notice("moved", where, text))
            return "user"
        if role == "developer":
            self._notices.append(Notice("renamed", where, "the role `developer` was sent as `system`"))
        return "system"

    def _arrange(self, where: str, role: str, message: Message) -> tuple[Part, ...]:
        """A user turn with its tool results first, as the API wants them."""
        parts = message.parts
        if role == "system":
            return _only_system(parts, where, self._notices)
        if role != "user" or len(parts) == 1:
            return parts
        results = [part for part in parts if type(part) is ToolResult]
        if not results or type(parts[len(results) - 1]) is ToolResult:
            return parts
        self._notices.append(Notice("moved", where, "the tool results were put before the rest, as this API wants"))
        return (*results, *[part for part in parts if type(part) is not ToolResult])


def _is_other(block: dict[str, Any]) -> bool:
    return block.get("type") != "tool_result"  # sorts the results first


# Parameters


def _max_tokens(request: Request, rules: Rules, notices: list[Notice]) -> int:
    if request.max_tokens is not None:
        return request.max_tokens
    limit = rules.max_output_tokens
    tokens = limit or DEFAULT_MAX_TOKENS
    why = "the model's limit" if limit else "a careful number, because the model's limit isn't known"
    if tokens > WHOLE_MAX_TOKENS and not request.stream:
        tokens, why = WHOLE_MAX_TOKENS, f"the most without a stream; the model's limit is {tokens:,}"
    budget = request.reasoning.budget_tokens if request.reasoning else None
    if budget is not None and budget >= tokens:
        tokens, why = budget + DEFAULT_MAX_TOKENS, f"room for an answer after {budget:,} tokens of thinking"
    if "max_tokens" not in request.extra:
        text = f"this API needs max_tokens and none was given: {tokens:,} was sent ({why})"
        notices.append(Notice("added", "max_tokens", text))
    return tokens


def _write_sampling(body: dict[str, Any], request: Request, notices: list[Notice]) -> None:
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.top_p is not None:
        body["top_p"] = request.top_p
    if request.stop:
        body["stop_sequences"] = list(request.stop)
    if request.seed is not None:
        notices.append(Notice("dropped", "seed", "the Messages API has no seed"))
    if request.n is not None and request.n != 1:
        notices.append(Notice("dropped", "n", "the Messages API gives one answer to a request"))


def _write_tools(body: dict[str, Any], request: Request, notices: list[Notice]) -> None:
    if not request.tools and request.tool_choice is None:
        return
    tools = [block for tool in request.tools if (block := _write_tool(tool, notices)) is not None]
    if tools:
        body["tools"] = tools
    choice = _write_choice(request.tool_choice, notices)
    if request.parallel_tool_calls is not None and tools:
        one_only = not request.parallel_tool_calls
        if choice is None and one_only:
            choice = {"type": "auto"}
        if choice is not None and choice.get("type") != "none":
            choice = choice | {"disable_parallel_tool_use": one_only}
    if choice is not None:
        body["tool_choice"] = choice


def _write_tool(tool: Tool | Opaque, notices: list[Notice]) -> dict[str, Any] | None:
    if isinstance(tool, Opaque):
        if tool.wire == NAME:
            return tool.data
        text = f"the tool {tool.kind!r} is known to {tool.wire} only: it was not sent"
        notices.append(Notice("dropped", "tools", text))
        return None
    block: dict[str, Any] = {"name": tool.name}
    if tool.description is not None:
        block["description"] = tool.description
    block["input_schema"] = _EMPTY_SCHEMA if tool.parameters is None else tool.parameters
    if tool.strict is not None:
        block["strict"] = tool.strict
    return block | tool.extra.get(NAME, {})


def _write_choice(choice: ToolChoice | Opaque | None, notices: list[Notice]) -> dict[str, Any] | None:
    if isinstance(choice, Opaque):
        if choice.wire == NAME:
            return choice.data
        notices.append(Notice("dropped", "tool_choice", f"this choice is known to {choice.wire} only: it was not sent"))
        return None
    if choice is None:
        return None
    written = {"type": _CHOICES.get(choice.mode, choice.mode)}
    return written | {"name": choice.name} if choice.name is not None else written


def _write_output(body: dict[str, Any], request: Request, rules: Rules, notices: list[Notice]) -> None:
    config: dict[str, Any] = {}
    if request.reasoning is not None:
        effort = _write_reasoning(body, request.reasoning, rules, notices)
        if effort is not None:
            config["effort"] = effort
    if request.output_schema is not None and (form := _write_schema(request.output_schema, notices)):
        config["format"] = form
    if config:
        body["output_config"] = config


def _write_schema(wanted: OutputSchema, notices: list[Notice]) -> dict[str, Any] | None:
    if wanted.schema is None:
        text = "this API takes no JSON without a schema; ask for it in words, or give a schema"
        notices.append(Notice("dropped", "output_schema", text))
        return None
    if wanted.description is not None:
        notices.append(Notice("dropped", "output_schema.description", "this API has no description of the schema"))
    if wanted.strict is False:
        notices.append(Notice("dropped", "output_schema.strict", "this API always keeps to the schema"))
    return {"type": "json_schema", "schema": wanted.schema}


def _write_reasoning(body: dict[str, Any], reasoning: Reasoning, rules: Rules, notices: list[Notice]) -> str | None:
    """Writes `thinking`; returns the word for output_config.effort."""
    thinking = _write_thinking(reasoning, rules, body["max_tokens"], notices)
    effort = reasoning.effort
    if effort == "none":
        notices.append(Notice("renamed", "reasoning.effort", "effort none was sent as thinking disabled"))
        thinking, effort = {"type": "disabled"}, None
    elif effort == "minimal":
        notices.append(Notice("renamed", "reasoning.effort", "effort minimal was sent as low, the least of this API"))
        effort = "low"
    if effort is not None and "effort" in rules.refuses:
        notices.append(Notice("dropped", "reasoning.effort", "this model takes no effort; give budget_tokens instead"))
        effort = None
    if thinking:
        body["thinking"] = thinking
    return effort


def _write_thinking(
    reasoning: Reasoning, rules: Rules, max_tokens: int, notices: list[Notice]
) -> dict[str, Any] | None:
    budget, mode = reasoning.budget_tokens, reasoning.mode
    if mode is None and (budget is not None or reasoning.display is not None):
        mode = "adaptive" if budget is None else "enabled"
    if mode is None:
        return None
    if mode == "enabled" and rules.thinking and "enabled" not in rules.thinking and "adaptive" in rules.thinking:
        mode = "adaptive"
    if mode != "enabled" and budget is not None:
        text = f"thinking was sent as {mode}, which takes no budget"
        notices.append(Notice("dropped", "reasoning.budget_tokens", text))
    thinking: dict[str, Any] = {"type": mode}
    if mode == "enabled":
        if budget is None:
            budget = max(1024, max_tokens // 2)
            notices.append(Notice("added", "reasoning.budget_tokens", f"thinking needs a budget: {budget:,} was sent"))
        thinking["budget_tokens"] = budget
    if reasoning.display is not None and mode in ("enabled", "adaptive"):
        thinking["display"] = reasoning.display
    return thinking
