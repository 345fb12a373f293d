"""The parts of a message as Gemini says them, both ways; the names that both halves of the wire share.

Facts: the types of google-genai 3.4.0; ai.google.dev/gemini-api/docs, "Thought signatures": a part goes back as it
came, with its signature, and parts with a signature are joined with no other.
"""

from __future__ import annotations

from base64 import b64encode
from binascii import a2b_base64
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Raw

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
    Tool,
    ToolCall,
)
from ringup.reply import Notice
from ringup.wire_tools import encode, read_data

__all__ = [
    "NAME",
    "PATH",
    "THOUGHT",
    "extra_of",
    "from_base64",
    "function_call",
    "has_no_id",
    "made_id",
    "merge",
    "own",
    "raw_object",
    "read_part",
    "rest_of",
    "write_part",
]

NAME = "gemini"
PATH = "/v1beta/models"

THOUGHT: Extra = {NAME: {"thought": True}}
"""The mark of a Thinking that came on this wire."""

_FILES = "https://generativelanguage.googleapis.com/v1beta/"
_STANDARD = bytes.maketrans(b"-_", b"+/")
_SPACE = b" \t\r\n"
_AUDIO = {"mpeg": "mp3", "x-wav": "wav", "wave": "wav", "vnd.wave": "wav", "l16": "pcm16", "pcm": "pcm16"}
_OBJECT = msgspec.json.Decoder(dict[str, Raw])

Block = dict[str, Any]


def merge(block: Block, extra: Block) -> Block:
    """A block with the fields of `extra`: objects are merged, other values replaced, and a null takes its field out."""
    merged = dict(block)
    for key, value in extra.items():
        before = merged.get(key)
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return merged


def own(value: Part | Message | Tool) -> Block:
    """The fields that this wire put by."""
    return {} if isinstance(value, Opaque) else value.extra.get(NAME, {})


def extra_of(fields: Block) -> Extra:
    """Fields under the wire's name; nothing for none."""
    return {NAME: fields} if fields else {}


def rest_of(block: Block, known: tuple[str, ...]) -> Block:
    """The fields of a block that aren't named; a null says nothing."""
    return {key: value for key, value in block.items() if key not in known and value is not None}


def from_base64(text: Any) -> bytes | None:
    """Bytes from base64 as proto JSON has it: either alphabet, with its padding or without; None for anything else."""
    if not isinstance(text, str):
        return None
    try:
        data = text.encode("ascii").translate(_STANDARD, _SPACE).rstrip(b"=")
        return a2b_base64(data + b"=" * (-len(data) % 4), strict_mode=True) if data else b""
    except ValueError:
        return None


def made_id(answer: str | None, number: int) -> str:
    """An id for a function call that has none: its number in the answer, and the answer's id, so that no two turns of
    a conversation share one. Only letters, digits, - and _, and at most 40 of them, as other APIs want it.
    """
    name = "".join([letter for letter in answer or "" if letter.isascii() and (letter.isalnum() or letter in "-_")])
    return f"call_{number}_{name[:28]}".rstrip("_")


def has_no_id(call: ToolCall) -> bool:
    """Whether a call came without an id, so that the one it has is ours and isn't sent."""
    inner = own(call).get("functionCall")
    return isinstance(inner, dict) and "id" in inner and inner["id"] is None


# JSON to parts


def read_part(block: Any, made: str) -> Part | None:
    """A part of a message; one that isn't modelled is kept whole, and one that says nothing is None.

    `made` is the id for a function call that has none.
    """
    if not isinstance(block, dict) or not block:
        return None
    text = block.get("text")
    if isinstance(text, str):
        return _read_text(block, text)
    if isinstance(block.get("functionCall"), dict):
        return _read_call(block, block["functionCall"], made)
    if isinstance(block.get("inlineData"), dict):
        return _read_inline(block, block["inlineData"])
    if isinstance(block.get("fileData"), dict):
        return _read_file(block, block["fileData"])
    if block.keys() <= {"thought", "thoughtSignature"}:
        return _read_text({**block, "text": ""}, "") if block.get("thoughtSignature") else None
    return Opaque(NAME, block)


def _read_text(block: Block, text: str) -> Text | Thinking:
    if len(block) == 1:
        return Text(text)
    if block.get("thought") is not True:
        return Text(text, extra_of(rest_of(block, ("text", "thought"))))
    signature = block.get("thoughtSignature")
    if len(block) == 2:
        return Thinking(text, extra=THOUGHT)
    known = ("text", "thoughtSignature") if isinstance(signature, str) else ("text",)
    return Thinking(text, signature if isinstance(signature, str) else None, extra={NAME: rest_of(block, known)})


def _read_call(block: Block, call: Block, made: str) -> ToolCall:
    args, name, given = call.get("args"), call.get("name"), call.get("id")
    inner = rest_of(call, ("id", "name", "args"))
    if not (isinstance(given, str) and given):
        inner["id"] = None
    extra = rest_of(block, ("functionCall",)) | ({"functionCall": inner} if inner else {})
    json = args if isinstance(args, str) else "{}" if args is None else encode(args).decode()
    return ToolCall(
        given if isinstance(given, str) and given else made,
        name if isinstance(name, str) else "",
        json or "{}",
        extra=extra_of(extra),
    )


def _read_inline(block: Block, blob: Block) -> Part:
    data, media = from_base64(blob.get("data")), blob.get("mimeType")
    if data is None or not isinstance(media, str):
        return Opaque(NAME, block)
    if media.startswith("image/"):
        return Image(data=data, media_type=media, extra=_around(block, "inlineData", blob, ("data", "mimeType")))
    if media.startswith("audio/"):
        return _read_audio(block, blob, data, media)
    extra = _around(block, "inlineData", blob, ("data", "mimeType", "displayName"))
    name = _word(blob.get("displayName"))
    if media == "text/plain":
        try:
            return Document(text=data.decode(), media_type=media, name=name, extra=extra)
        except UnicodeDecodeError:
            pass
    return Document(data=data, media_type=media, name=name, extra=extra)


def _read_audio(block: Block, blob: Block, data: bytes, media: str) -> Audio:
    subtype = media.removeprefix("audio/").partition(";")[0].strip()
    kind = _AUDIO.get(subtype.lower(), subtype)
    known = ("data", "mimeType") if media == f"audio/{kind}" else ("data",)
    return Audio(data=data, format=kind, extra=_around(block, "inlineData", blob, known))


def _read_file(block: Block, file: Block) -> Part:
    url, media = file.get("fileUri"), _word(file.get("mimeType"))
    if not isinstance(url, str):
        return Opaque(NAME, block)
    uploaded = url.removeprefix(_FILES) if url.startswith(f"{_FILES}files/") else None
    where: dict[str, Any] = {"url": url} if uploaded is None else {"file_id": uploaded}
    if media is not None and media.startswith("image/"):
        return Image(media_type=media, extra=_around(block, "fileData", file, ("fileUri", "mimeType")), **where)
    extra = _around(block, "fileData", file, ("fileUri", "mimeType", "displayName"))
    return Document(media_type=media, name=_word(file.get("displayName")), extra=extra, **where)


def _around(block: Block, inside: str, inner: Block, known: tuple[str, ...]) -> Extra:
    """The fields of a part, and of the object in it, that have no name."""
    fields = rest_of(block, (inside,))
    rest = rest_of(inner, known)
    return extra_of(fields | ({inside: rest} if rest else {}))


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) else None


# Parts to JSON


def write_part(part: Part, where: str, notices: list[Notice]) -> Block | None:
    """A part as this wire has it, or None where it can't say it; then a notice tells why. `where` names the message.

    Not for the result of a tool, which needs its call.
    """
    return _WRITERS[type(part)](part, where, notices)


def _merged(block: Block, part: Part) -> Block:
    extra = own(part)
    return merge(block, extra) if extra else block


def _write_text(part: Text | Refusal, _where: str, _notices: list[Notice]) -> Block:
    return _merged({"text": part.text}, part)


def _write_thinking(part: Thinking, where: str, notices: list[Notice]) -> Block | None:
    if not own(part):
        message = "reasoning that another API gave can't go back on this one; it was left out"
        notices.append(Notice("dropped", f"{where}.thinking", message))
        return None
    block: Block = {"text": part.text, "thought": True}
    if part.signature is not None:
        block["thoughtSignature"] = part.signature
    return _merged(block, part)


def raw_object(text: str) -> Raw | None:
    """The text of a JSON object as it is, or None for any other text."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        raw = text.encode()
        _OBJECT.decode(raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return Raw(raw)


def function_call(part: ToolCall) -> tuple[Block, bool]:
    """A call as a part, and whether its arguments are the JSON object that this API wants; others are wrapped."""
    args: Any = {"input": part.json} if part.kind == "custom" else raw_object(part.json or "{}")
    fits = args is not None
    call = {"id": part.id, "name": part.name, "args": args if fits else {"INVALID_JSON": part.json}}
    return _merged({"functionCall": call}, part), fits


def _write_call(part: ToolCall, where: str, notices: list[Notice]) -> Block:
    block, fits = function_call(part)
    if not fits:
        message = f"the arguments of {part.name!r} aren't a JSON object; they were sent as the text of INVALID_JSON"
        notices.append(Notice("moved", f"{where}.tool_call", message))
    return block


def _write_image(part: Image, where: str, notices: list[Notice]) -> Block:
    if part.detail is not None:
        notices.append(Notice("dropped", f"{where}.image.detail", "this API has no `detail` for images"))
    return _merged(_media(part, part.data, "image/png"), part)


def _write_document(part: Document, _where: str, _notices: list[Notice]) -> Block:
    plain = part.text is not None
    data = part.text.encode("utf-8", "replace") if part.text is not None else part.data
    block = _media(part, data, "text/plain" if plain else "application/pdf")
    if part.name is not None:
        next(iter(block.values()))["displayName"] = part.name
    return _merged(block, part)


def _media(part: Image | Document, data: bytes | None, usual: str) -> Block:
    """Bytes go with their type; what an address names may go without."""
    url = part.url or ""
    if data is None:
        media, data = read_data(url)
        usual = media or usual
    if data is not None:
        return {"inlineData": {"mimeType": part.media_type or sniff(data) or usual, "data": b64encode(data).decode()}}
    file = {} if part.media_type is None else {"mimeType": part.media_type}
    return {"fileData": file | {"fileUri": url if part.file_id is None else _uri(part.file_id)}}


def _uri(file_id: str) -> str:
    """The address of a file that was uploaded to the API; it is told by that, or by its name, "files/..."."""
    return file_id if "://" in file_id else f"{_FILES}files/{file_id.removeprefix('files/')}"


def _write_audio(part: Audio, where: str, notices: list[Notice]) -> Block | None:
    if part.data is not None:
        blob = {"mimeType": f"audio/{part.format or 'wav'}", "data": b64encode(part.data).decode()}
        return _merged({"inlineData": blob}, part)
    if part.transcript:
        message = "what a model of another API said can't be sent as audio; the words were sent as text"
        notices.append(Notice("moved", f"{where}.audio", message))
        return {"text": part.transcript}
    notices.append(Notice("dropped", f"{where}.audio", "this audio has neither sound nor words that could be sent"))
    return None


def _write_opaque(part: Opaque, where: str, notices: list[Notice]) -> Block | None:
    if part.wire == NAME:
        return part.data
    kind = part.kind
    notices.append(Notice("dropped", f"{where}.{kind}", f"this {kind!r} is known to {part.wire} only: it was not sent"))
    return None


_WRITERS: dict[type[Part], Callable[[Any, str, list[Notice]], Block | None]] = {
    Text: _write_text,
    Refusal: _write_text,
    Thinking: _write_thinking,
    ToolCall: _write_call,
    Image: _write_image,
    Document: _write_document,
    Audio: _write_audio,
    Opaque: _write_opaque,
}
