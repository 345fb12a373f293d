"""What a user's message and a tool's result hold, as content of the Responses API, both ways.

Facts: openai-python 3.54 (types/responses/response_input_*.py). Images and files are flat here: `image_url` is a
string, and a file's bytes, URL or id stand beside its name.
"""

from __future__ import annotations

from base64 import b64encode
from binascii import a2b_base64
from collections.abc import Callable
from typing import Any

from ringup.media import sniff
from ringup.messages import Audio, Document, Image, Opaque, Part, Text
from ringup.wire_tools import data_url, read_data, word
from ringup.wires.responses._parts import NAME, extra_of, item_fields, own

__all__ = ["audio_block", "file_block", "image_block", "read_block", "text_block"]

Block = dict[str, Any]


def read_block(block: Block) -> Part:
    """One piece of content. What isn't known, or isn't shaped as we know it, is kept whole as Opaque."""
    read = _BLOCKS.get(str(block.get("type")))
    return (read(block) if read else None) or Opaque(NAME, block)


def _read_text(block: Block) -> Part | None:
    text = block.get("text")
    known = ("type", "text") if block["type"] == "input_text" else ("text",)
    return Text(text, extra_of(item_fields(block, known))) if isinstance(text, str) else None


def _read_image(block: Block) -> Part | None:
    url, detail = block.get("image_url"), block.get("detail")
    if not isinstance(detail, str | None):
        return None
    detail = None if detail == "auto" else detail  # it is what is sent where none is given
    if not isinstance(url, str):
        file_id = word(block.get("file_id"))
        extra = extra_of(item_fields(block, ("type", "image_url", "file_id", "detail")))
        return Image(file_id=file_id, detail=detail, extra=extra) if file_id else None
    extra = extra_of(item_fields(block, ("type", "image_url", "detail")))
    media, data = read_data(url)
    if data is None:
        return Image(url=url, detail=detail, extra=extra)
    return Image(data=data, media_type=media, detail=detail, extra=extra)


def _read_file(block: Block) -> Part | None:
    name, url, file_id = block.get("filename"), word(block.get("file_url")), word(block.get("file_id"))
    if not isinstance(name, str | None):
        return None
    if block.get("file_data") is not None:
        media, data = read_data(str(block["file_data"]))
        extra = extra_of(item_fields(block, ("type", "filename", "file_data")))
        return None if data is None else Document(data=data, media_type=media, name=name, extra=extra)
    if url and file_id:
        return None
    extra = extra_of(item_fields(block, ("type", "filename", "file_url", "file_id", "file_data")))
    return Document(url=url, file_id=file_id, name=name, extra=extra) if url or file_id else None


def _read_audio(block: Block) -> Part | None:
    audio = block.get("input_audio")
    if not isinstance(audio, dict) or not isinstance(audio.get("data"), str):
        return None
    try:
        data = a2b_base64(audio["data"], strict_mode=True)
    except ValueError:
        return None
    return Audio(
        data=data, format=word(audio.get("format")), extra=extra_of(item_fields(block, ("type", "input_audio")))
    )


_BLOCKS: dict[str, Callable[[Block], Part | None]] = {
    "input_text": _read_text,
    "output_text": _read_text,
    "text": _read_text,
    "input_image": _read_image,
    "input_file": _read_file,
    "input_audio": _read_audio,
}


def text_block(part: Text) -> Block:
    """A Text as content."""
    return {"type": "input_text", "text": part.text, **own(part.extra)}


def image_block(part: Image) -> Block:
    """An Image as content. The API wants a detail: "auto" where none was given."""
    block: Block = {"type": "input_image", "detail": part.detail or "auto"}
    if part.data is not None:
        block["image_url"] = data_url(part.data, part.media_type or sniff(part.data) or "image/png")
    elif part.url is not None:
        block["image_url"] = part.url
    else:
        block["file_id"] = part.file_id
    return block | own(part.extra)


def file_block(part: Document, name: str | None) -> Block:
    """A Document (not one of plain text) as content, under that name."""
    block: Block = {"type": "input_file"}
    if name is not None:
        block["filename"] = name
    if part.data is not None:
        block["file_data"] = data_url(part.data, part.media_type or sniff(part.data) or "application/pdf")
    elif part.url is not None:
        block["file_url"] = part.url
    else:
        block["file_id"] = part.file_id
    return block | own(part.extra)


def audio_block(part: Audio) -> Block:
    """An Audio with its sound as content."""
    inner = {"data": b64encode(part.data or b"").decode()}
    if part.format is not None:
        inner["format"] = part.format
    return {"type": "input_audio", "input_audio": inner, **own(part.extra)}
