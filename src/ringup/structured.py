"""Typed output: how an answer of a type is asked for on a wire, and how it is read, whole or while it grows."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ringup.dialects import ANTHROPIC, GEMINI, OPENAI, Dialect, Legal, legal, too_large
from ringup.errors import OutputError
from ringup.events import ArgumentsDelta, Event, PartEnd, PartStart, Start, TextDelta
from ringup.growing import NOTHING, Growing
from ringup.messages import Message, Opaque, OutputSchema, Refusal, Request, Text, Thinking, Tool, ToolCall, ToolChoice
from ringup.reply import Notice, OutputWay, Reply
from ringup.rules import Rules
from ringup.schemas import is_recursive
from ringup.typed import Kind
from ringup.wire_tools import decode

__all__ = ["Partials", "Shape", "answers", "kept", "read_output", "shaped"]

_TOOL = "answer"
_STRICT = {"openai": OPENAI, "azure": OPENAI, "anthropic": ANTHROPIC, "gemini": GEMINI}
_FENCE = re.compile(r"```(?:json)?[ \t]*\n(.*?)(?:\n[ \t]*```|\Z)", re.DOTALL)
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_STOPPED = {
    "refusal": ("refused", "the model refused to answer", ""),
    "content_filter": ("refused", "the provider's filter stopped the answer", ""),
    "length": ("length", "the answer was cut off before it was complete", "Raise max_tokens, or ask for less."),
}


class Shape(Struct, frozen=True):
    """What was asked for, and in which way: by the provider's structured output ("native"), as the arguments of a tool
    that it must call ("tool"), or in words, as JSON ("json")."""

    kind: Kind
    way: OutputWay
    legal: Legal
    tool: str = _TOOL


@lru_cache(maxsize=256)
def _legal(kind: Kind, dialect: Dialect | None) -> tuple[Legal, str | None]:
    """A type's schema as a vendor takes it, and why it doesn't, if it doesn't. Worked out once."""
    found = legal(kind.schema, dialect)
    if dialect is None:
        return found, None
    if dialect.recursion == "no" and is_recursive(kind.schema):
        return found, "this provider's structured output takes no schema that contains itself"
    over = too_large(found.schema, dialect)
    return found, f"the schema is too large for this provider's structured output: {over}" if over else None


def shaped(request: Request, kind: Kind, rules: Rules, provider: str) -> tuple[Request, Shape, tuple[Notice, ...]]:
    """The request that asks for an answer of a kind, in the best way that the model takes. Where that isn't the
    provider's own structured output, a notice tells why."""
    dialect = _STRICT.get(provider)
    why = _why_not(request, kind, rules, dialect)
    if why is None:
        shape = Shape(kind, "native", _legal(kind, dialect)[0])
        schema = OutputSchema(shape.legal.schema, kind.name, None, True if dialect else None)
        return replace(request, output_schema=schema), shape, ()
    if "tools" in rules.refuses or _refuses_forcing(request, rules):
        shape = Shape(kind, "json", _legal(kind, None)[0])
        asked, told = _in_words(request, shape, rules), "in words"
    else:
        shape = Shape(kind, "tool", _legal(kind, None)[0], _free_name(request))
        asked, told = _with_tool(request, shape), f"as the arguments of a tool, {shape.tool!r}"
    return asked, shape, (Notice("moved", "output", f"the answer's type was asked for {told}, because {why}"),)


def _why_not(request: Request, kind: Kind, rules: Rules, dialect: Dialect | None) -> str | None:
    """Why the provider's structured output can't be used, or None."""
    if "json_schema" in rules.refuses:
        return "this model has no structured output"
    if request.tools and "json_schema_with_tools" in rules.refuses:
        return "this model has no structured output beside tools"
    return _legal(kind, dialect)[1]


def _refuses_forcing(request: Request, rules: Rules) -> bool:
    """Whether the model can't be made to call a tool: not at all, or not while it thinks (Anthropic)."""
    thinks = request.reasoning is not None and request.reasoning.mode != "disabled"
    return "forced_tool_choice" in rules.refuses or (thinks and bool(rules.thinking))


def _free_name(request: Request) -> str:
    taken = {tool.name for tool in request.tools if isinstance(tool, Tool)}
    return next(name for name in (_TOOL, *(f"{_TOOL}_{at}" for at in range(len(taken) + 1))) if name not in taken)


def _with_tool(request: Request, shape: Shape) -> Request:
    """With the tool that takes the answer. Some tool must be called then: one of the others, or this."""
    tool = Tool(shape.tool, "Give the final answer. Call this once, when it is known.", shape.legal.schema)
    choice: Any = ToolChoice("required") if request.tools else ToolChoice("tool", shape.tool)
    if request.tools and getattr(request.tool_choice, "mode", None) == "tool":
        choice = request.tool_choice
    elif getattr(request.tool_choice, "mode", None) == "none":
        choice = ToolChoice("tool", shape.tool)
    return replace(request, tools=(*request.tools, tool), tool_choice=choice)


def _in_words(request: Request, shape: Shape, rules: Rules) -> Request:
    schema = msgspec.json.encode(shape.legal.schema).decode()
    words = f"Answer with JSON only, without any words around it. It must be valid against this JSON schema: {schema}"
    beside_tools = request.tools and "json_schema_with_tools" in rules.refuses
    asks = None if "json_object" in rules.refuses or beside_tools else OutputSchema()
    return replace(request, system=(*request.system, Text(words)), output_schema=asks)


# The whole answer


def read_output(shape: Shape, reply: Reply) -> Any:
    """The answer as a value of the type. Raises OutputError, with the reply, for one that was refused, cut off or isn't
    valid."""
    text = _text(shape, reply)
    refusal = "".join([part.text for part in reply.message.parts if isinstance(part, Refusal)])
    if stopped := _STOPPED.get("refusal" if refusal else reply.finish_reason or ""):
        reason, words, advice = stopped
        words = f"{words}: {refusal}" if refusal else words
        raise OutputError(words, reason=reason, text=text or refusal, partial=reply, advice=advice)
    try:
        return shape.kind.read(shape.legal.restore(decode(text.encode("utf-8", "surrogatepass"))))
    except (ValueError, msgspec.MsgspecError) as error:
        why = str(error) if text.strip() else "it is empty"
        raise OutputError(
            f"the answer isn't what output={shape.kind.name} asks for: {why}",
            reason="invalid",
            text=text,
            partial=reply,
            advice="repair=1 asks the model again, with this message.",
        ) from None


def _text(shape: Shape, reply: Reply) -> str:
    """The JSON text of the answer."""
    if shape.way == "tool":
        calls = [call.json for call in reply.tool_calls if answers(shape, call)]
        return calls[-1] if calls else reply.text
    return _bare(reply.text) if shape.way == "json" else reply.text


def _bare(text: str) -> str:
    """The JSON in a text: without thoughts before it, and out of its fence."""
    text = _THOUGHT.sub("", text)
    fenced = None if text.lstrip()[:1] in ("{", "[") else _FENCE.search(text)
    return fenced[1] if fenced else text


def answers(shape: Shape | None, call: ToolCall) -> bool:
    """Whether a tool call is the answer itself."""
    return shape is not None and shape.way == "tool" and call.name == shape.tool


def kept(shape: Shape | None, message: Message) -> Message:
    """The last turn as it stands in a conversation: without calls of tools, for no results follow them. An answer that
    came as a tool's arguments is its JSON text there; a later turn may not have the tool."""
    if not message.tool_calls:
        return message
    found = [Text(call.json) for call in message.tool_calls if answers(shape, call)]
    parts = [part for part in message.parts if not isinstance(part, (ToolCall, Thinking, Opaque))]
    return Message(message.role, (*parts, *found[-1:]))


# The answer while it grows


class Partials:
    """The value of a streamed answer as far as it came: plain dicts, lists, strings and numbers.

    A long answer isn't read anew with each piece, but when it has grown by a 64th: all in all that takes as long as to
    read it 64 times, however it is cut.
    """

    __slots__ = ("_at", "_growing", "_last", "_length", "_raw", "_read_at", "_shape")

    def __init__(self) -> None:
        self._shape: Shape | None = None
        self._begin()

    def _begin(self) -> None:
        self._growing, self._raw = Growing(), ""
        self._at: int | None = None
        self._length = self._read_at = 0
        self._last: Any = NOTHING

    def feed(self, event: Event, shape: Shape | None) -> Any:
        """The value, where the event brings something new of it; else NOTHING. `shape` is that of the event's call."""
        self._shape = shape
        match event:
            case Start():
                self._begin()
            case PartStart(index, Text() | ToolCall() as part) if self._is_answer(part):
                self._begin()
                self._at = index
                return self._more(part.json if isinstance(part, ToolCall) else part.text)
            case TextDelta(index, text) if index == self._at:
                return self._more(text)
            case ArgumentsDelta(index, text) if index == self._at:
                return self._more(text)
            case PartEnd(index) if index == self._at and self._length:
                return self._value(0)
        return NOTHING

    def _is_answer(self, part: Text | ToolCall) -> bool:
        if self._shape is None:
            return False
        return answers(self._shape, part) if isinstance(part, ToolCall) else self._shape.way != "tool"

    def _more(self, text: str) -> Any:
        if self._shape and self._shape.way == "json" and not self._length:
            self._raw += text
            text = _begun(self._raw)
        self._length += len(text)
        self._growing.feed(text)
        return self._value(self._length >> 6)

    def _value(self, least: int) -> Any:
        if not self._length or self._length - self._read_at < max(least, 1):
            return NOTHING
        self._read_at = self._length
        value = self._growing.value()
        if value is NOTHING or self._shape is None:
            return NOTHING
        value = self._shape.legal.grow(value)
        if value is NOTHING or value == self._last:
            return NOTHING
        self._last = value
        return value


def _begun(text: str) -> str:
    """What there is of the JSON in a text that only begins."""
    bare = _bare(text).lstrip()
    return bare if bare[:1] in ("{", "[") else ""
