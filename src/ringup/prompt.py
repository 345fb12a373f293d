"""What a user may give as a prompt, read into messages: a string, a list of parts, or a list of messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from ringup import wires
from ringup.errors import APIStatusError, ParameterError
from ringup.messages import Audio, Document, Image, Message, Opaque, Part, Refusal, Text, Thinking, ToolCall, ToolResult
from ringup.wire_tools import decode, encode

__all__ = ["Prompt", "Resume", "read_prompt", "read_system"]

Prompt = str | Message | Iterable[str | Part | Message | Mapping[str, Any]]
"""A string; parts of one user turn (strings among them); or messages (dicts in OpenAI's or Anthropic's shape)."""


class Resume:
    """In place of a prompt: go on with the tools that the history ends with."""


_PARTS = (Text, Image, Document, Audio, Thinking, ToolCall, ToolResult, Refusal, Opaque)
_WORDY = ("system", "developer", "user", "assistant")
"""The roles of messages that may be a mere string."""

_ANTHROPIC_ONLY = frozenset({"image", "document", "thinking", "redacted_thinking", "tool_use", "tool_result"})


def read_prompt(prompt: Prompt) -> tuple[Message, ...]:
    """The messages that a prompt means. Raises ParameterError for anything else, naming the item."""
    if isinstance(prompt, str):
        return (Message("user", (Text(prompt),)),)
    if isinstance(prompt, Message):
        return (prompt,)
    if isinstance(prompt, (bytes, Mapping)) or not isinstance(prompt, Iterable):
        raise _wrong("prompt", prompt)
    items: list[Any] = list(prompt)
    if items and (plain := _read_plain(items)):
        return plain
    if not items:
        raise ParameterError("the prompt is an empty list", parameter="prompt", advice="Give at least one message.")
    if all(isinstance(item, (str, *_PARTS)) for item in items):
        return (Message("user", tuple([Text(item) if isinstance(item, str) else item for item in items])),)
    for index, item in enumerate(items):
        if not isinstance(item, (str, *_PARTS, Message, Mapping)):
            raise _wrong(f"prompt[{index}]", item, "a string, a part (ringup.Image, ...) or a message")
    return _read_messages(items)


def _read_plain(items: Sequence[Any]) -> tuple[Message, ...] | None:
    """Messages of a role and a string and nothing else, in one look, for most are; None for any other list."""
    messages: list[Message] = []
    for item in items:
        if (type(item) is not dict and not isinstance(item, Mapping)) or len(item) != 2:
            return None
        role, content = item.get("role"), item.get("content")
        if type(content) is not str or role not in _WORDY:
            return None
        messages.append(Message(role, (Text(content),)))
    return tuple(messages)


def read_system(system: Any) -> tuple[Text, ...]:
    """The system instruction: a string, or a list of strings and Text parts."""
    if system is None:
        return ()
    if isinstance(system, str):
        return (Text(system),) if system else ()
    if isinstance(system, (list, tuple)) and all(isinstance(item, (str, Text, Opaque)) for item in system):
        return tuple([Text(item) if isinstance(item, str) else item for item in system])
    raise _wrong("system", system, "a string, or a list of strings and ringup.Text", '"Answer in one sentence."')


def _read_messages(items: list[Any]) -> tuple[Message, ...]:
    messages: list[Message] = []
    dicts: list[Mapping[str, Any]] = []
    for index, item in enumerate(items):
        if isinstance(item, Message):
            messages += _read_dicts(dicts)
            dicts = []
            messages.append(item)
        elif isinstance(item, Mapping) and "role" in item:
            dicts.append(item)
        else:
            lacks = 'it lacks its "role"' if isinstance(item, Mapping) else "parts and messages don't mix in a list"
            raise _wrong(f"prompt[{index}]", item, f"a message: {lacks}")
    return (*messages, *_read_dicts(dicts))


def _read_dicts(dicts: list[Mapping[str, Any]]) -> tuple[Message, ...]:
    """Dicts in a vendor's shape are read as that vendor's API reads them, each by itself."""
    if not dicts:
        return ()
    if plain := _read_plain(dicts):
        return plain
    wire = "anthropic_messages" if any(_is_anthropic(item) for item in dicts) else "chat_completions"
    try:
        plain = decode(encode(dicts))
    except (TypeError, ValueError) as error:
        raise ParameterError(f"the prompt holds something that isn't JSON: {error}", parameter="prompt") from None
    try:
        messages: tuple[Message, ...] = cast("Any", wires.find(wire)).read_messages(plain)
    except APIStatusError as error:
        parameter = error.param or "prompt"
        raise ParameterError(f"a message of the prompt can't be read: {error.message}", parameter=parameter) from None
    return messages


def _is_anthropic(message: Mapping[str, Any]) -> bool:
    content = message.get("content")
    return isinstance(content, (list, tuple)) and any(
        isinstance(block, Mapping) and block.get("type") in _ANTHROPIC_ONLY for block in content
    )


_PROMPT = "a string, a list of parts (strings, ringup.Image, ...), or a list of messages"


def _wrong(
    what: str,
    value: object,
    wanted: str = _PROMPT,
    example: str = '"Hello!", or [{"role": "user", "content": "Hello!"}]',
) -> ParameterError:
    message = f"{what} is of the type {type(value).__name__}, not {wanted}"
    return ParameterError(message, parameter=what, advice=f"For example: {example}.")
