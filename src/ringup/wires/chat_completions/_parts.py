"""The parts of a message as Chat Completions says them, both ways: content blocks, reasoning, tool calls.

Facts: openai-python 3.54 (types/chat), and the dialects of the compatible servers. Where a block has fields that we
don't model, they are kept in the part's `extra` under this wire's name and go back into the same place; those inside
a block's inner object (`function`, `image_url`, `file`) under that object's name.

A Thinking part's extra says how it came, in `field`, so that it can go back the same way:
    reasoning_content, reasoning   a field of the message (DeepSeek, llama.cpp, xAI; Groq, Ollama, vLLM)
    reasoning_details              an item of that list (OpenRouter); its other fields are in `detail`
    thinking                       a chunk of the content list (Mistral)
"""

from __future__ import annotations

from binascii import a2b_base64
from collections.abc import Callable, Iterable
from typing import Any, Literal

from ringup.media import sniff
from ringup.messages import Audio, Document, Extra, Image, Opaque, Part, Refusal, Text, Thinking, ToolCall
from ringup.wire_tools import data_url, encode, filled, read_data, word

__all__ = [
    "DETAIL_TEXT",
    "NAME",
    "PATH",
    "call_block",
    "detail_block",
    "detail_rest",
    "extra_of",
    "field_of",
    "file_block",
    "image_block",
    "is_old",
    "merge",
    "message_parts",
    "own",
    "read_block",
    "read_call",
    "read_detail",
    "reasoning_fields",
    "rest_of",
    "text_block",
    "thinking_chunk",
]

NAME = "chat_completions"
PATH = "/chat/completions"

DETAIL_TEXT = {"reasoning.summary": "summary", "reasoning.encrypted": "data"}
"""Where an item of reasoning_details holds its words, by its type; all other types have `text`."""

_MESSAGE = frozenset({"role", "content", "refusal", "tool_calls", "name"})
_REASONING = ("reasoning_content", "reasoning")


# Fields that only this wire knows


def own(extra: Extra) -> dict[str, Any]:
    """This wire's fields of an `extra`."""
    return extra.get(NAME) or {}


def extra_of(fields: dict[str, Any]) -> Extra:
    """Fields as an `extra` of this wire; nothing for none."""
    return {NAME: fields} if fields else {}


def rest_of(block: dict[str, Any], known: tuple[str, ...], inner: str, inside: tuple[str, ...]) -> Extra:
    """What a block holds beyond the known fields, at its top and inside its inner object."""
    rest = {key: value for key, value in block.items() if key not in known and key != inner and value is not None}
    held = block.get(inner)
    if isinstance(held, dict):
        more = {key: value for key, value in held.items() if key not in inside and value is not None}
        if more:
            rest[inner] = more
    return extra_of(rest)


def merge(block: dict[str, Any], extra: Extra) -> dict[str, Any]:
    """Put the kept fields back into a block, those of an inner object into that object."""
    for key, value in own(extra).items():
        held = block.get(key)
        block[key] = {**held, **value} if isinstance(held, dict) and isinstance(value, dict) else value
    return block


# Content blocks


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def read_block(block: Any) -> Part:
    """One item of a content list. What isn't known, or isn't shaped as we know it, is kept whole as Opaque."""
    if isinstance(block, str):
        return Text(block)
    if not isinstance(block, dict):
        return Text(encode(block).decode())
    read = _BLOCKS.get(_text(block.get("type")))
    part = read(block) if read else None
    return part or Opaque(NAME, block)


def _read_text(block: dict[str, Any]) -> Part | None:
    text = block.get("text")
    return Text(text, rest_of(block, ("type", "text"), "", ())) if isinstance(text, str) else None


def _read_refusal(block: dict[str, Any]) -> Part | None:
    text = block.get("refusal")
    return Refusal(text, rest_of(block, ("type", "refusal"), "", ())) if isinstance(text, str) else None


def _read_image(block: dict[str, Any]) -> Part | None:
    image = block.get("image_url")
    image = {"url": image} if isinstance(image, str) else image  # Mistral, Ollama
    if not isinstance(image, dict) or not isinstance(image.get("url"), str):
        return None
    if not isinstance(image.get("detail"), str | None):
        return None
    extra = rest_of(block, ("type",), "image_url", ("url", "detail"))
    media, data = read_data(image["url"])
    if data is None:
        return Image(url=image["url"], detail=image.get("detail"), extra=extra)
    return Image(data=data, media_type=media, detail=image.get("detail"), extra=extra)


def _read_file(block: dict[str, Any]) -> Part | None:
    file = block.get("file")
    if not isinstance(file, dict):
        return None
    name, where, file_id = file.get("filename"), file.get("file_data"), file.get("file_id")
    if not isinstance(name, str | None) or not isinstance(where or file_id, str):
        return None
    if not where:
        return Document(file_id=file_id, name=name, extra=rest_of(block, ("type",), "file", ("filename", "file_id")))
    extra = rest_of(block, ("type",), "file", ("filename", "file_data"))
    media, data = read_data(where)
    if data is None:
        return Document(url=where, name=name, extra=extra)
    return Document(data=data, media_type=media, name=name, extra=extra)


def _read_audio(block: dict[str, Any]) -> Part | None:
    audio = block.get("input_audio")
    if not isinstance(audio, dict) or not isinstance(audio.get("data"), str):
        return None
    try:
        data = a2b_base64(audio["data"], strict_mode=True)
    except ValueError:
        return None
    extra = rest_of(block, ("type",), "input_audio", ("data", "format"))
    return Audio(data=data, format=word(audio.get("format")), extra=extra)


def _read_thinking(block: dict[str, Any]) -> Part | None:
    chunks = block.get("thinking")
    if isinstance(chunks, str):
        chunks = [{"type": "text", "text": chunks}]
    if not isinstance(chunks, list):
        return None
    rest = filled(block, ("type", "thinking", "signature"))
    if any(not isinstance(chunk, dict) or chunk.keys() - {"type", "text"} for chunk in chunks):
        rest["thinking"] = chunks  # references to sources, say: sent back as they came
    text = "".join([_text(chunk.get("text")) for chunk in chunks if isinstance(chunk, dict)])
    return Thinking(text, _text(block.get("signature")) or None, extra=extra_of({"field": "thinking", **rest}))


_BLOCKS: dict[str, Callable[[dict[str, Any]], Part | None]] = {
    "text": _read_text,
    "refusal": _read_refusal,
    "image_url": _read_image,
    "file": _read_file,
    "input_audio": _read_audio,
    "thinking": _read_thinking,
}


def text_block(part: Text) -> dict[str, Any]:
    """A Text as an item of a content list."""
    block = {"type": "text", "text": part.text}
    return merge(block, part.extra) if part.extra else block


def image_block(part: Image) -> dict[str, Any]:
    """An Image with bytes or a URL as an item of a content list."""
    url = part.url if part.data is None else data_url(part.data, part.media_type or sniff(part.data) or "image/png")
    inner = {"url": url} if part.detail is None else {"url": url, "detail": part.detail}
    return merge({"type": "image_url", "image_url": inner}, part.extra)


def file_block(part: Document, name: str | None) -> dict[str, Any]:
    """A Document (not one of plain text) as an item of a content list."""
    if part.file_id is not None:
        inner: dict[str, Any] = {"file_id": part.file_id}
    else:
        data = part.data
        inner = {
            "file_data": part.url
            if data is None
            else data_url(data, part.media_type or sniff(data) or "application/pdf")
        }
    return merge({"type": "file", "file": inner if name is None else {"filename": name, **inner}}, part.extra)


def thinking_chunk(part: Thinking) -> dict[str, Any]:
    """A Thinking as Mistral has it in the content list."""
    block: dict[str, Any] = {"type": "thinking", "thinking": [{"type": "text", "text": part.text}] if part.text else []}
    if part.signature:
        block["signature"] = part.signature
    block.update(own(part.extra))
    del block["field"]
    return block


# Reasoning


def field_of(part: Thinking) -> str | None:
    """Under which field a Thinking came on this wire, or None."""
    fields = part.extra.get(NAME)
    return fields.get("field") if fields else None


def detail_rest(detail: dict[str, Any]) -> dict[str, Any]:
    """The fields of an item of reasoning_details beside its words and its signature."""
    words = DETAIL_TEXT.get(_text(detail.get("type")), "text")
    return {key: value for key, value in detail.items() if key not in (words, "signature") and value is not None}


def read_detail(detail: dict[str, Any]) -> Thinking:
    """An item of reasoning_details. One that is encrypted is a redacted Thinking: its data is the signature."""
    kind = _text(detail.get("type"))
    text = _text(detail.get(DETAIL_TEXT.get(kind, "text")))
    extra = extra_of({"field": "reasoning_details", "detail": detail_rest(detail)})
    if kind == "reasoning.encrypted":
        return Thinking("", text, redacted=True, extra=extra)
    return Thinking(text, _text(detail.get("signature")) or None, extra=extra)


def detail_block(part: Thinking) -> dict[str, Any]:
    """A Thinking as an item of reasoning_details."""
    rest: dict[str, Any] = own(part.extra).get("detail") or {}
    block = dict(rest)
    if part.redacted:
        block["data"] = part.signature
    else:
        if part.text:
            block[DETAIL_TEXT.get(_text(rest.get("type")), "text")] = part.text
        if part.signature:
            block["signature"] = part.signature
    return block


def _reasoning(message: dict[str, Any]) -> list[Part]:
    """The reasoning that a message has in fields of its own: the list's items, and the plain text if they have none."""
    parts: list[Part] = []
    if isinstance(details := message.get("reasoning_details"), list):
        found = [read_detail(item) for item in details if isinstance(item, dict)]
        parts += found
        if any(part.text for part in found):
            return parts
    for field in _REASONING:
        text = message.get(field)
        if text and isinstance(text, str):
            return [Thinking(text, extra=extra_of({"field": field})), *parts]
    return parts


def reasoning_fields(parts: Iterable[Part]) -> dict[str, Any]:
    """The fields of a message that hold its reasoning; what came from another wire goes as reasoning_content."""
    fields: dict[str, Any] = {}
    for part in parts:
        if not isinstance(part, Thinking):
            continue
        match field_of(part):
            case "thinking":
                pass
            case "reasoning_details":
                fields.setdefault("reasoning_details", []).append(detail_block(part))
            case field if part.text:
                name = field or "reasoning_content"
                fields[name] = fields.get(name, "") + part.text
    return fields


# Tool calls


def read_call(call: dict[str, Any]) -> ToolCall | None:
    """An item of tool_calls, or None when it names no tool."""
    kind: Literal["function", "custom"] = "custom" if call.get("type") == "custom" else "function"
    words = "input" if kind == "custom" else "arguments"
    inner = call.get(kind)
    if not isinstance(inner, dict):
        return None
    given = inner.get(words)
    json = given if isinstance(given, str) else "" if given is None else encode(given).decode()
    extra = rest_of(call, ("id", "type", "index", "function", "custom"), kind, ("name", words))
    return ToolCall(word(call.get("id")) or "", _text(inner.get("name")), json, kind, extra)


def is_old(part: ToolCall) -> bool:
    """Whether a call came, and goes back, as the deprecated function_call."""
    return bool(part.extra) and own(part.extra).get("field") == "function_call"


def call_block(part: ToolCall) -> dict[str, Any]:
    """A ToolCall as an item of tool_calls."""
    if part.kind == "custom":
        inner = {"name": part.name, "input": part.json}
    else:
        inner = {"name": part.name, "arguments": part.json}
    block = {"id": part.id, "type": part.kind, part.kind: inner}
    return merge(block, part.extra) if part.extra else block


def _old_call(call: Any) -> list[Part]:
    """The deprecated function_call. It has no id, so its name stands for one."""
    if not isinstance(call, dict) or not _text(call.get("name")):
        return []
    read = read_call({"id": call["name"], "function": call})
    return [ToolCall(read.id, read.name, read.json, extra=extra_of({"field": "function_call"}))] if read else []


# A whole message of the assistant


def message_parts(
    message: dict[str, Any], read: Callable[[Any], Part] = read_block
) -> tuple[list[Part], dict[str, Any]]:
    """The parts of an assistant's message, in a request or in a reply, and its fields that aren't modelled.

    The order is the wire's: reasoning, content, refusal, audio, tool calls. Empty text is no part. `read` reads the
    items of its content.
    """
    parts = _reasoning(message)
    content = message.get("content")
    if isinstance(content, str):
        if content:
            parts.append(Text(content))
    elif isinstance(content, list):
        parts.extend([read(block) for block in content])
    elif content is not None:
        parts.append(read(content))
    refusal = message.get("refusal")
    if refusal and isinstance(refusal, str):
        parts.append(Refusal(refusal))
    if audio := message.get("audio"):
        parts.extend(_audio(audio))
    calls = message.get("tool_calls")
    if isinstance(calls, list):
        found = [read_call(call) for call in calls if isinstance(call, dict)]
        parts.extend([call for call in found if call])
    if old := message.get("function_call"):
        parts.extend(_old_call(old))
    return parts, filled(message, _KNOWN)


_KNOWN = _MESSAGE | {*_REASONING, "reasoning_details", "audio", "function_call"}


def _audio(audio: Any) -> list[Part]:
    if not isinstance(audio, dict):
        return []
    data, words = _text(audio.get("data")), _text(audio.get("transcript"))
    if not (data or words or audio.get("id")):
        return []
    try:
        sound = a2b_base64(data) if data else None
    except ValueError:
        sound = None
    extra = extra_of(filled(audio, ("id", "data", "transcript")))
    return [Audio(data=sound, id=word(audio.get("id")), transcript=words or None, extra=extra)]
