"""The content blocks of the Anthropic Messages API, as parts and back; the names that both halves of the wire share.

Facts: the API's versions 2023-06-01 and 2026-10-21, and the types of anthropic-python 2.12.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Raw

from ringup.crossing import is_foreign, made_id
from ringup.media import sniff
from ringup.messages import (
    Audio,
    Document,
    Extra,
    Image,
    Message,
    Opaque,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
)
from ringup.reply import Notice
from ringup.wire_tools import encode

__all__ = [
    "NAME",
    "NEW_VERSION",
    "OLD_VERSION",
    "SAMPLING",
    "calls_json",
    "extra_of",
    "input_json",
    "needs_old_version",
    "own_extra",
    "read_count",
    "read_part",
    "wire_input",
    "write_part",
    "write_parts",
]

NAME = "anthropic_messages"

NEW_VERSION = "2026-10-21"
"""Without sampling parameters, documents in assistant messages and citations in a user's text."""
OLD_VERSION = "2023-06-01"

SAMPLING = ("temperature", "top_p", "top_k")

_KNOWN = {
    "text": frozenset({"type", "text"}),
    "image": frozenset({"type", "source"}),
    "document": frozenset({"type", "source", "title"}),
    "thinking": frozenset({"type", "thinking", "signature"}),
    "redacted_thinking": frozenset({"type", "data"}),
    "tool_use": frozenset({"type", "id", "name", "input"}),
    "tool_result": frozenset({"type", "tool_use_id", "content", "is_error"}),
}


# Blocks to parts


def read_part(block: dict[str, Any], json: str | None = None) -> Part:
    """A block as a part; one that isn't modelled is kept whole. `json` is the text of a tool_use's input, if known."""
    match block.get("type"):
        case "text":
            return Text(_text(block, "text"), extra_of(block, "text"))
        case "thinking":
            signature = _text(block, "signature") or None
            return Thinking(_text(block, "thinking"), signature, extra=extra_of(block, "thinking"))
        case "redacted_thinking":
            return Thinking("", _text(block, "data"), redacted=True, extra=extra_of(block, "redacted_thinking"))
        case "tool_use":
            if json is None or not json.startswith("{"):
                json = input_json(block.get("input"))
            return ToolCall(_text(block, "id"), _text(block, "name"), json, extra=extra_of(block, "tool_use"))
        case "tool_result":
            return _read_result(block)
        case "image":
            return _read_image(block)
        case "document":
            return _read_document(block)
    return Opaque(NAME, block)


def extra_of(block: dict[str, Any], kind: str) -> Extra:
    """The fields of a block that its part has no name for. A null, or an empty list of citations, says nothing."""
    known = _KNOWN[kind]
    if len(block) <= len(known) and block.keys() <= known:
        return {}
    rest = {
        key: value
        for key, value in block.items()
        if key not in known and value is not None and (value or key != "citations")
    }
    return {NAME: rest} if rest else {}


def own_extra(value: Part | Message) -> dict[str, Any]:
    """The fields that this wire put by."""
    return {} if isinstance(value, Opaque) else value.extra.get(NAME, {})


def _text(block: dict[str, Any], key: str) -> str:
    value = block.get(key)
    return value if isinstance(value, str) else "" if value is None else str(value)


def read_count(value: Any) -> int | None:
    """A whole number, also where a server writes 5.0 for 5; None for anything else."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if type(value) is int else None


def input_json(value: Any) -> str:
    """The text of a tool's input: an object on this wire; some compatible servers send its text, or null."""
    if isinstance(value, str):
        return value or "{}"
    return "{}" if value is None else encode(value).decode()


_ID = re.compile(r"[a-zA-Z0-9_-]+")
_OBJECT = msgspec.json.Decoder(dict[str, Raw])


class _Call(msgspec.Struct):
    input: Raw = Raw(b"{}")


class _Turn(msgspec.Struct):
    content: str | list[_Call] = ""


class _Body(msgspec.Struct):
    content: list[_Call] | None = None
    messages: list[_Turn] = []


def calls_json(body: bytes) -> list[list[str]]:
    """The exact text of every block's input: a list for each message of a request, or one list for a whole reply.

    Empty where the body can't be read so strictly; then the input's values are written anew.
    """
    try:
        found = msgspec.json.decode(body, type=_Body)
        turns = found.messages if found.content is None else [_Turn(found.content)]
        return [[] if isinstance(t.content, str) else [bytes(c.input).decode() for c in t.content] for t in turns]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []


def _read_image(block: dict[str, Any]) -> Image | Opaque:
    source = block.get("source")
    extra = extra_of(block, "image")
    match source:
        case {"type": "base64", "media_type": str(media), "data": str(text), **rest} if not rest:
            data = _from_base64(text)
            return Opaque(NAME, block) if data is None else Image(data=data, media_type=media, extra=extra)
        case {"type": "url", "url": str(url), **rest} if not rest:
            return Image(url=url, extra=extra)
        case {"type": "file", "file_id": str(file), **rest} if not rest:
            return Image(file_id=file, extra=extra)
    return Opaque(NAME, block)


def _read_document(block: dict[str, Any]) -> Document | Opaque:
    source, title = block.get("source"), block.get("title")
    name = title if isinstance(title, str) else None
    extra = extra_of(block, "document")
    match source:
        case {"type": "base64", "media_type": str(media), "data": str(text), **rest} if not rest:
            data = _from_base64(text)
            document = Document(data=data, media_type=media, name=name, extra=extra)
            return Opaque(NAME, block) if data is None else document
        case {"type": "text", "media_type": str(media), "data": str(text), **rest} if not rest:
            return Document(text=text, media_type=media, name=name, extra=extra)
        case {"type": "url", "url": str(url), **rest} if not rest:
            return Document(url=url, name=name, extra=extra)
        case {"type": "file", "file_id": str(file), **rest} if not rest:
            return Document(file_id=file, name=name, extra=extra)
    return Opaque(NAME, block)


def _from_base64(text: str) -> bytes | None:
    try:
        return base64.b64decode("".join(text.split()).encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        return None


def _read_result(block: dict[str, Any]) -> ToolResult:
    content = block.get("content")
    parts: list[Text | Image | Document | Opaque] = []
    if isinstance(content, str):
        parts = [Text(content)] if content else []
    elif isinstance(content, list):
        parts = [_read_inner(item) for item in content]
    return ToolResult(
        _text(block, "tool_use_id"), tuple(parts), block.get("is_error") is True, extra_of(block, "tool_result")
    )


def _read_inner(block: dict[str, Any]) -> Text | Image | Document | Opaque:
    part = read_part(block)
    return part if isinstance(part, (Text, Image, Document)) else Opaque(NAME, block)


# Parts to blocks


def write_parts(parts: tuple[Part, ...], where: str, notices: list[Notice]) -> list[dict[str, Any]]:
    """The blocks of these parts, blank texts left out: this API refuses them."""
    blocks = []
    for part in parts:
        block = _WRITERS[type(part)](part, where, notices)
        if block is not None:
            blocks.append(block)
    return blocks


def write_part(part: Part, where: str, notices: list[Notice]) -> dict[str, Any] | None:
    """A part as a block, or None where this wire can't say it; then a notice tells why. `where` names the message."""
    return _WRITERS[type(part)](part, where, notices)


def _write_text(part: Text | Refusal, _where: str, _notices: list[Notice]) -> dict[str, Any] | None:
    text = part.text
    if not text or text.isspace():
        return None
    block = {"type": "text", "text": text}
    return block | own_extra(part) if part.extra else block


def _write_audio(part: Audio, where: str, notices: list[Notice]) -> dict[str, Any] | None:
    if part.transcript:
        message = "the Messages API takes no audio: the words of it were sent as text"
        notices.append(Notice("moved", f"{where}.audio", message))
        return {"type": "text", "text": part.transcript}
    notices.append(Notice("dropped", f"{where}.audio", "the Messages API takes no audio: it was not sent"))
    return None


def _write_opaque(part: Opaque, where: str, notices: list[Notice]) -> dict[str, Any] | None:
    if part.wire == NAME:
        return part.data
    kind = part.kind
    notices.append(Notice("dropped", f"{where}.{kind}", f"this {kind!r} is known to {part.wire} only: it was not sent"))
    return None


def _write_call(part: ToolCall, where: str, notices: list[Notice]) -> dict[str, Any]:
    sent = wire_input(part)
    if sent is None:
        message = f"the arguments of {part.name!r} aren't a JSON object; they were sent as the text of INVALID_JSON"
        notices.append(Notice("moved", f"{where}.tool_call", message))
        sent = {"INVALID_JSON": part.json}
    if (sent_id := _id(part.id)) != part.id:
        message = "this API wants ids of tool calls of letters, digits, - and _ only; others were made of them"
        notices.append(Notice("renamed", f"{where}.tool_call.id", message))
    block = {"type": "tool_use", "id": sent_id, "name": part.name, "input": sent}
    return block | own_extra(part) if part.extra else block


def _id(call_id: str) -> str:
    """A call's id of letters, digits, - and _, which are all that this API takes ("String should match pattern
    '^[a-zA-Z0-9_-]+$'").
    """
    return call_id if _ID.fullmatch(call_id) else f"toolu_{made_id(call_id)}"


def wire_input(part: ToolCall) -> Any:
    """The arguments as the raw JSON object that came; a custom tool's text as its "input"; None for anything else.

    Anthropic's advice for JSON that isn't valid is to wrap its text: {"INVALID_JSON": text} (docs, "Fine-grained tool
    streaming").
    """
    if part.kind == "custom":
        return {"input": part.json}
    try:
        raw = (part.json or "{}").encode()
        _OBJECT.decode(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return Raw(raw)


def _write_result(part: ToolResult, where: str, notices: list[Notice]) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "tool_result", "tool_use_id": _id(part.call_id)}
    content = write_parts(part.parts, where, notices)
    if len(content) == 1 and len(content[0]) == 2 and "text" in content[0]:
        block["content"] = content[0]["text"]
    elif content:
        block["content"] = content
    if part.is_error:
        block["is_error"] = True
    return block | own_extra(part) if part.extra else block


def _write_thinking(part: Thinking, where: str, notices: list[Notice]) -> dict[str, Any] | None:
    if not part.signature or is_foreign(part.extra, NAME):
        message = "thinking without this API's signature can't be sent back, so it was left out"
        notices.append(Notice("dropped", f"{where}.thinking", message))
        return None
    if part.redacted:
        return {"type": "redacted_thinking", "data": part.signature} | own_extra(part)
    return {"type": "thinking", "thinking": part.text, "signature": part.signature} | own_extra(part)


def _write_image(part: Image, where: str, notices: list[Notice]) -> dict[str, Any]:
    if part.detail is not None:
        notices.append(Notice("dropped", f"{where}.image.detail", "the Messages API has no `detail` for images"))
    if part.data is not None:
        source = _base64(part.data, part.media_type or sniff(part.data) or "image/png")
    else:
        source = _reference(part.url, part.file_id)
    return {"type": "image", "source": source} | own_extra(part)


def _write_document(part: Document, _where: str, _notices: list[Notice]) -> dict[str, Any]:
    if part.text is not None:
        source: dict[str, Any] = {"type": "text", "media_type": part.media_type or "text/plain", "data": part.text}
    elif part.data is not None:
        source = _base64(part.data, part.media_type or sniff(part.data) or "application/pdf")
    else:
        source = _reference(part.url, part.file_id)
    title = {} if part.name is None else {"title": part.name}
    return {"type": "document", "source": source} | title | own_extra(part)


def _base64(data: bytes, media_type: str) -> dict[str, Any]:
    return {"type": "base64", "media_type": media_type, "data": base64.b64encode(data).decode()}


def _reference(url: str | None, file_id: str | None) -> dict[str, Any]:
    return {"type": "file", "file_id": file_id} if file_id is not None else {"type": "url", "url": url or ""}


_WRITERS: dict[type[Part], Callable[[Any, str, list[Notice]], dict[str, Any] | None]] = {
    Text: _write_text,
    ToolCall: _write_call,
    ToolResult: _write_result,
    Thinking: _write_thinking,
    Image: _write_image,
    Document: _write_document,
    Refusal: _write_text,
    Audio: _write_audio,
    Opaque: _write_opaque,
}


# The version


def needs_old_version(role: str, parts: tuple[Part, ...]) -> bool:
    """Whether version 2026-10-21 would refuse one of these parts in a message of that role."""
    for part in parts:
        kind = type(part)
        if kind is Text or kind is ToolCall or kind is Thinking:
            if role == "user" and own_extra(part).get("citations"):
                return True
        elif _is_old(role, part):
            return True
    return False


def _is_old(role: str, part: Part) -> bool:
    match part:
        case Document():
            return role == "assistant"
        case ToolResult():
            return needs_old_version("user", part.parts)
        case Opaque(wire=wire, data={"type": "document"}) if wire == NAME:
            return role == "assistant"
        case Opaque(wire=wire, data={"type": "search_result", "content": list(blocks)}) if wire == NAME:
            return role == "user" and any(isinstance(block, dict) and block.get("citations") for block in blocks)
    return False
