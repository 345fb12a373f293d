"""Forms as browsers and SDKs upload them: multipart/form-data (RFC 7578), read whole.

A body is cut at its boundary here, which keeps every byte of a file as it was sent, and takes no time. The headers of
the parts, where the difficulties are, are read by the standard library's `email`.
"""

from __future__ import annotations

from email.parser import HeaderParser
from typing import Any

from msgspec import Struct

__all__ = ["Field", "is_form", "read", "shown"]

_MOST = 100


class Field(Struct, frozen=True):
    """One field of a form: its name, its bytes, and of a file the name and the media type that the client gives."""

    name: str
    data: bytes
    filename: str | None = None
    media_type: str = "text/plain"

    @property
    def text(self) -> str:
        """The bytes as text."""
        return self.data.decode("utf-8", "replace")


def is_form(media_type: str) -> bool:
    """Whether a content type is that of such a form."""
    return media_type.partition(";")[0].strip().lower() == "multipart/form-data"


def read(media_type: str, body: bytes) -> list[Field]:
    """The fields in order. Raises ValueError for what isn't a form, or isn't a whole one."""
    boundary = HeaderParser().parsestr(f"Content-Type: {media_type}").get_boundary()
    if not boundary or not is_form(media_type):
        raise ValueError("no boundary")
    delimiter = b"--" + boundary.encode("utf-8", "surrogateescape")
    first, *pieces = body.split(b"\r\n" + delimiter, _MOST)
    if first.startswith(delimiter):
        pieces.insert(0, first[len(delimiter) :])
    if not pieces or not pieces[-1].startswith(b"--"):
        raise ValueError("the last boundary is missing")
    return [_field(piece) for piece in pieces[:-1]]


def _field(piece: bytes) -> Field:
    head, found, data = piece.partition(b"\r\n\r\n")
    headers = HeaderParser().parsestr(head.decode("utf-8", "replace").strip())
    name = headers.get_param("name", header="content-disposition")
    if not found or not isinstance(name, str):
        raise ValueError("a part has no name")
    return Field(name, data, headers.get_filename(), headers.get_content_type())


def shown(media_type: str, body: bytes) -> dict[str, Any]:
    """A form for people to look at: texts as they are, files with their names and sizes. Raises ValueError."""
    return {field.name: field.text if field.filename is None else _file(field) for field in read(media_type, body)}


def _file(field: Field) -> dict[str, Any]:
    about = {"filename": field.filename, "type": field.media_type, "bytes": len(field.data)}
    return about if b"\0" in field.data else about | {"text": field.text}
