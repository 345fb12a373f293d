"""What was said in a call of the log, as text to read: turns with who spoke, tool calls, and files by kind and size."""

from __future__ import annotations

from typing import Any

import msgspec

from ringup.cli.approval import call_line
from ringup.messages import Audio, Document, Image, Message, Opaque, Part, Refusal, Text, Thinking, ToolCall, ToolResult

__all__ = ["as_json", "split", "turn"]


def split(turns: list[dict[str, Any]], call: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The turns of `ledger.conversation` as those of the prompt, and the answer's."""
    prompt = len(turns) - (call["output"] is not None)
    return turns[:prompt], turns[prompt:]


def turn(held: dict[str, Any]) -> tuple[str, str]:
    """A turn as who speaks and what."""
    message: Message | None = held["message"]
    if message is None:  # texts that were embedded
        return held["role"], held["text"]
    who = f"{held['role']} ({message.name})" if message.name else held["role"]
    return who, "\n".join([_words(part) for part in message.parts])


def as_json(held: dict[str, Any]) -> dict[str, Any]:
    """A turn as plain values, with all its parts; bytes in base64."""
    return {"role": held["role"], "text": held["text"], "message": msgspec.to_builtins(held["message"])}


def _words(part: Part) -> str:
    match part:
        case Text():
            return part.text
        case Thinking():
            return f"[thinking] {part.text or '(withheld)'}"
        case Refusal():
            return f"[refusal] {part.text}"
        case ToolCall():
            return f"-> {_call(part)}  [{part.id}]"
        case ToolResult():
            error = " error:" if part.is_error else ""
            return "\n".join(
                [f"<- [{part.call_id}]{error} {_words(part.parts[0]) if part.parts else ''}".rstrip()]
                + [_words(more) for more in part.parts[1:]]
            )
        case Image():
            return _file("image", part.media_type, part.data, part.url or part.file_id)
        case Document():
            told = _file("document", part.media_type, part.data, part.name or part.url or part.file_id)
            return f"{told}\n{part.text}" if part.text else told
        case Audio():
            told = _file("audio", part.format, part.data, part.id)
            return f"{told}\n{part.transcript}" if part.transcript else told
        case Opaque():
            return f"[{part.kind}] {msgspec.json.encode(part.data).decode()}"


def _call(call: ToolCall) -> str:
    try:
        return call_line(call)
    except ValueError:  # free text, or no valid JSON
        return f"{call.name}({call.json})"


def _file(what: str, kind: str | None, data: bytes | None, called: str | None) -> str:
    size = None if data is None else f"{len(data):,} bytes" if data else "not kept"
    return f"[{', '.join(filter(None, [f'{what} {kind}' if kind else what, size, called]))}]"
