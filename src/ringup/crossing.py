"""What becomes of a turn that one API gave and another is sent: what it can't take, and ids in a form that it takes."""

from __future__ import annotations

from binascii import crc32
from collections.abc import Iterable, Iterator
from typing import Any

from ringup.messages import Extra, Message, Opaque, Part, Text, Thinking, ToolResult
from ringup.reply import Notices

__all__ = ["is_foreign", "is_ours", "left_behind", "made_id", "says_nothing"]

_FOREIGN = "a part that only another API knows can't be sent on this one; it was left out"

_BOOKKEEPING = frozenset(
    {
        *("caller", "expires_at", "field", "id", "index", "item", "joins", "logprobs", "obfuscation"),
        *("phase", "status", "thought"),
    }
)
"""Fields of an `extra` that only say how a part stood in its own API's JSON. Nothing is lost with them."""


def is_foreign(extra: Extra, wire: str) -> bool:
    """Whether a part's `extra` tells that it came from another wire. One without any may be from anywhere."""
    return bool(extra) and wire not in extra


def is_ours(value: Any, wire: str, where: str, notices: Notices) -> bool:
    """Whether this wire can say a value: all but what only another one knows, which a notice tells."""
    if not isinstance(value, Opaque) or value.wire == wire:
        return True
    notices.add("dropped", f"{where}.{value.kind}", _FOREIGN)
    return False


def says_nothing(part: Part, wire: str) -> bool:
    """Whether nothing of a part is left on this wire: empty text that another one hung something on."""
    return type(part) is Text and not part.text and is_foreign(part.extra, wire)


def left_behind(message: Message, wire: str) -> Iterator[tuple[str, str]]:
    """What other wires keep beside the parts of a turn, and can't go over this one: a name for each ("text.citations"),
    and the wire that it means something to. Thinking and opaque parts are told of by themselves.
    """
    yield from _fields("", message.extra, wire)
    yield from _of_parts(message.parts, wire)


def _of_parts(parts: Iterable[Part], wire: str) -> Iterator[tuple[str, str]]:
    for part in parts:
        if isinstance(part, (Thinking, Opaque)):
            continue
        if part.extra:
            kind = type(part).__name__
            yield from _fields(_KINDS.get(kind, kind.lower()) + ".", part.extra, wire)
        if isinstance(part, ToolResult):
            yield from _of_parts(part.parts, wire)


_KINDS = {"ToolCall": "tool_call", "ToolResult": "tool_result"}


def _fields(kind: str, extra: Extra, wire: str) -> Iterator[tuple[str, str]]:
    for name, fields in extra.items():
        if name != wire:
            yield from [(kind + field, name) for field, value in fields.items() if _is_told(field, value)]


def _is_told(field: str, value: Any) -> bool:
    """An object that holds only an id, or nothing, is bookkeeping too."""
    return field not in _BOOKKEEPING and not (isinstance(value, dict) and value.keys() <= {"id"})


def made_id(call_id: str) -> str:
    """Another id for a tool call, of 16 letters and digits; the same one always becomes the same."""
    text = call_id.encode("utf-8", "replace")
    return f"{crc32(text):08x}{crc32(text[::-1]):08x}"
