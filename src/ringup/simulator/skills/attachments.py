"""What was sent besides words: pictures, documents, sound."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ringup.media import image_size, pdf_pages, seconds, sniff
from ringup.messages import Audio, Document, Image, Part, ToolResult
from ringup.simulator.conversation import Conversation, Draft

__all__ = ["answer"]


def answer(talk: Conversation) -> Draft | None:
    """What was received, if something was attached to the last turn and it is asked about."""
    last = next((message for message in reversed(talk.request.messages) if message.role == "user"), None)
    found = [_describe(part) for part in _flat(last.parts)] if last else []
    received = [what for what in found if what]
    if not received:
        return None
    many = ", ".join(received[:-1]) + f" and {received[-1]}" if len(received) > 1 else received[0]
    text = _quote(last.parts) if last else ""
    return Draft(
        (
            f"I received {many}. I am a simulator and can't look inside it.{text}",
            f"You sent {many}. As a simulator I only see what kind of file it is.{text}",
        ),
        "Received.",
    )


def _flat(parts: tuple[Part, ...]) -> Iterator[Part]:
    for part in parts:
        yield from part.parts if isinstance(part, ToolResult) else (part,)


def _size(data: bytes) -> str:
    return f"{len(data):,} byte{'' if len(data) == 1 else 's'}"


def _describe(part: Part) -> str:
    match part:
        case Image() | Document():
            kind = "an image" if isinstance(part, Image) else "a document"
            called = f" called {part.name}" if isinstance(part, Document) and part.name else ""
            if part.data is not None:
                media = part.media_type or sniff(part.data)
                return f"{kind}{called} ({', '.join(filter(None, (media, _seen(part, part.data), _size(part.data))))})"
            if isinstance(part, Document) and part.text is not None:
                return f"{kind}{called} ({part.media_type or 'text/plain'}, {len(part.text):,} characters)"
            return f"{kind}{called} (by URL: {part.url})" if part.url else f"{kind}{called} (file {part.file_id})"
        case Audio():
            data = part.data or b""
            length = seconds(data, part.format)
            lasting = f"{length:.1f} seconds, " if length is not None else ""
            return f"a recording ({part.format or 'audio'}, {lasting}{_size(data)})"
    return ""


def _seen(part: Image | Document, data: bytes) -> str:
    """What the bytes plainly tell: pixels, or pages."""
    if isinstance(part, Image):
        size = image_size(data)
        return f"{size[0]} × {size[1]} pixels" if size else ""
    pages = pdf_pages(data)
    return f"{pages:,} page{'' if pages == 1 else 's'}" if pages else ""


def _quote(parts: tuple[Part, ...]) -> str:
    """The first sentence of a document of plain text: that much the simulator can read."""
    text = next((part.text for part in _flat(parts) if isinstance(part, Document) and part.text), "")
    first = re.split(r"(?<=[.!?])\s", " ".join(text.split()))[0][:200]
    return f" It begins: “{first}”" if first else ""
