"""Typed output: how an answer of a type is asked for on a wire, and how it is read."""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ringup.errors import OutputError
from ringup.growing import NOTHING
from ringup.messages import OutputSchema, Request, Text, Tool, ToolCall, ToolChoice
from ringup.reply import Notice, Reply
from ringup.rules import Rules
from ringup.schemas import ANTHROPIC, GEMINI, OPENAI, Dialect, Legal, is_recursive, legal
from ringup.typed import Kind
from ringup.wire_tools import decode

__all__ = ["Shape", "read_output", "shaped"]

Way = Literal["native", "tool", "json"]
_TOOL = "answer"
_STRICT = {"openai": OPENAI, "azure": OPENAI, "anthropic": ANTHROPIC, "gemini": GEMINI}
_FENCE = re.compile(r"```(?:json)?\s*\n(.*?)\n?\s*```", re.DOTALL)


class Shape(Struct, frozen=True):
    """What was asked for, and in which way: by the provider's structured output ("native"), as the arguments of a tool
    that it must call ("tool"), or in words, as JSON ("json")."""

    kind: Kind
    way: Way
    legal: Legal
    tool: str = _TOOL


def shaped(request: Request, kind: Kind, rules: Rules, provider: str) -> tuple[Request, Shape, Notice]:
    """The request that asks for an answer of a kind, in the best way that the model takes."""
    dialect = _STRICT.get(provider)
    match _way(request, kind, rules, dialect):
        case "native":
            shape = Shape(kind, "native", legal(kind.schema, dialect))
            schema = OutputSchema(shape.legal.schema, kind.name, None, True if dialect else None)
            told = "the provider's structured output"
            request = replace(request, output_schema=schema)
        case "tool":
            name = _free_name(request)
            shape = Shape(kind, "tool", legal(kind.schema, None), name)
            request, told = _with_tool(request, shape), f"the arguments of a tool, {name!r}"
        case _:
            shape = Shape(kind, "json", legal(kind.schema, None))
            request, told = _in_words(request, shape, rules), "words in the system prompt"
    return request, shape, Notice("added", "output", f"the answer's type was asked for by {told}")


def _way(request: Request, kind: Kind, rules: Rules, dialect: Dialect | None) -> Way:
    takes_schema = "json_schema" not in rules.refuses
    if dialect and not dialect.recursion and is_recursive(kind.schema):
        takes_schema = False
    if takes_schema:
        return "native"
    return "json" if "tools" in rules.refuses or _refuses_forcing(request, rules) else "tool"


def _refuses_forcing(request: Request, rules: Rules) -> bool:
    """Whether the model can't be made to call a tool: not at all, or not while it thinks (Anthropic)."""
    thinks = request.reasoning is not None and request.reasoning.mode in ("enabled", "adaptive")
    return "forced_tool_choice" in rules.refuses or (thinks and bool(rules.thinking))


def _free_name(request: Request) -> str:
    taken = {tool.name for tool in request.tools if isinstance(tool, Tool)}
    return next(name for name in (_TOOL, *(f"{_TOOL}_{at}" for at in range(len(taken) + 1))) if name not in taken)


def _with_tool(request: Request, shape: Shape) -> Request:
    tool = Tool(shape.tool, "Give the final answer. Call this once, when it is known.", shape.legal.schema)
    choice = ToolChoice("required") if request.tools else ToolChoice("tool", shape.tool)
    return replace(request, tools=(*request.tools, tool), tool_choice=choice)


def _in_words(request: Request, shape: Shape, rules: Rules) -> Request:
    schema = msgspec.json.encode(shape.legal.schema).decode()
    words = f"Answer with JSON only, without any words around it. It must be valid against this JSON schema: {schema}"
    asks = None if "json_object" in rules.refuses else OutputSchema()
    return replace(request, system=(*request.system, Text(words)), output_schema=asks)


def read_output(shape: Shape, reply: Reply) -> Any:
    """The answer as a value of the type. Raises OutputError, with the reply, for one that was refused, cut off or isn't
    valid."""
    text = output_text(shape, reply)
    if reply.finish_reason in ("refusal", "content_filter"):
        raise OutputError("the model refused to answer", reason="refused", text=text, partial=reply)
    if reply.finish_reason == "length":
        raise OutputError(
            "the answer was cut off before it was complete",
            reason="length",
            text=text,
            partial=reply,
            advice="Raise max_tokens, or ask for less.",
        )
    try:
        return shape.kind.read(shape.legal.restore(decode(text.encode())))
    except (ValueError, msgspec.MsgspecError) as error:
        why = str(error) if text.strip() else "it is empty"
        raise OutputError(
            f"the answer isn't what output={shape.kind.name} asks for: {why}",
            reason="invalid",
            text=text,
            partial=reply,
            advice="repair=1 asks the model again, with this message.",
        ) from None


def output_text(shape: Shape, reply: Reply) -> str:
    """The JSON text of the answer."""
    if shape.way == "tool":
        calls = [call.json for call in reply.tool_calls if call.name == shape.tool]
        return calls[-1] if calls else reply.text
    fenced = _FENCE.search(reply.text) if shape.way == "json" else None
    return fenced[1] if fenced else reply.text


def partly(shape: Shape, value: Any) -> Any:
    """A value that is still growing, in the type's own form as far as that can be told."""
    return value if value is NOTHING else shape.legal.restore(value)


def answers(shape: Shape | None, call: ToolCall) -> bool:
    """Whether a tool call is the answer itself."""
    return shape is not None and shape.way == "tool" and call.name == shape.tool
