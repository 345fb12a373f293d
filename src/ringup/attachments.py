"""Files for a prompt: a picture, a document or a recording from a path, from bytes or from an address."""

from __future__ import annotations

import os
from base64 import b64decode
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from ringup.errors import MediaError, ParameterError
from ringup.media import audio_format, kind_of, sniff, wordy
from ringup.messages import Audio, Document, Image

__all__ = ["Attachment", "attach"]

Attachment = Image | Document | Audio

MAX_BYTES = 512 * 1024 * 1024
"""The largest file that is read: 512 MiB, which is more than any vendor takes."""

_BY_NAME = {
    **{"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp"},
    **{"heic": "image/heic", "heif": "image/heif", "avif": "image/avif", "tif": "image/tiff", "tiff": "image/tiff"},
    **{"bmp": "image/bmp", "pdf": "application/pdf", "wav": "audio/wav", "mp3": "audio/mpeg", "m4a": "audio/mp4"},
    **{"flac": "audio/flac", "ogg": "audio/ogg", "opus": "audio/ogg", "aac": "audio/aac", "aiff": "audio/aiff"},
    **{"mp4": "video/mp4", "mov": "video/quicktime", "webm": "video/webm", "rtf": "application/rtf"},
    **dict.fromkeys(("txt", "md", "csv", "json", "html", "htm", "xml", "yaml", "yml", "py", "js"), "text/plain"),
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    **{"doc": "application/msword", "xls": "application/vnd.ms-excel", "ppt": "application/vnd.ms-powerpoint"},
}
"""What a file is by the end of its name. What its bytes say goes before it, where they say something."""

_SAY_IT = 'Say it: ringup.attach(..., media_type="image/png").'


def attach(
    source: str | os.PathLike[str] | bytes | bytearray | memoryview,
    *,
    media_type: str | None = None,
    name: str | None = None,
    detail: str | None = None,
) -> Attachment:
    """A file as a part of a prompt: `client.ask(["What is this?", ringup.attach("photo.png")])`.

    source      a path, bytes, or an address (http:, https:, gs: or data:). An address is passed on as it is, and the
                provider fetches it: ringup downloads nothing
    media_type  what it is ("image/png"), when neither the bytes nor the name tell
    name        the name that the model sees for a document; default: the file's
    detail      how closely an image is looked at, on OpenAI: "low", "high", "auto" or "original"

    Images become `ringup.Image`, sound `ringup.Audio`, all else `ringup.Document`; text in UTF-8 is sent as text.
    Raises ParameterError when there is no such file, or when what it is can't be told, and MediaError when it is larger
    than any provider takes.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _from_bytes(bytes(source), media_type, name, detail)
    if isinstance(source, str) and source[:5].lower() == "data:":
        return _from_data_url(source, media_type, name, detail)
    if isinstance(source, str) and urlsplit(source).scheme.lower() in ("http", "https", "gs"):
        return _from_address(source, media_type, name, detail)
    if isinstance(source, (str, os.PathLike)):
        path = Path(source).expanduser()
        return _from_bytes(_read(path), media_type, name or path.name, detail)
    raise _wrong(
        f"attach takes a path, bytes or an address, not a {type(source).__name__}",
        'For example: ringup.attach("photo.png").',
    )


def _wrong(message: str, advice: str) -> ParameterError:
    return ParameterError(message, parameter="source", advice=advice)


def _read(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise _wrong(f"{str(path)!r} isn't a file", "Attach the files that are meant, one by one.")
        size = path.stat().st_size
        if size > MAX_BYTES:
            message = f"{str(path)!r} has {size:,} bytes, and no provider takes more than {MAX_BYTES:,}"
            raise MediaError(message, parameter="source", size=size, limit=MAX_BYTES, advice="Attach a smaller one.")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, ParameterError):
            raise
        why = getattr(error, "strerror", None) or error
        raise _wrong(f"{str(path)!r} can't be read: {why}", f"Paths begin at {os.getcwd()!r}.") from None


def _by_name(name: str | None) -> str | None:
    return _BY_NAME.get((name or "").rpartition(".")[2].lower())


def _from_bytes(data: bytes, media_type: str | None, name: str | None, detail: str | None) -> Attachment:
    if not data:
        raise _wrong(f"{name or 'what is to be attached'} is empty", "Attach a file that has something in it.")
    found = sniff(data)
    by_name = _by_name(name)
    if found == "application/zip" and by_name:  # Word, Excel and PowerPoint files are archives
        found = by_name
    if media_type and found and kind_of(media_type) != kind_of(found) and found != "application/zip":
        raise _wrong(f"media_type is {media_type!r}, and the bytes are {found}", "Leave media_type out.")
    kind = media_type or found
    text = wordy(data) if kind is None or kind_of(kind) == "text" else None
    if text is not None:
        return Document(text=text, media_type="text/plain", name=name)
    kind = kind or by_name
    if kind is None:
        raise _wrong(f"it can't be told what {name or 'this'} is", _SAY_IT)
    return _part(kind, name, detail, {"data": data})


def _from_data_url(url: str, media_type: str | None, name: str | None, detail: str | None) -> Attachment:
    head, comma, body = url[5:].partition(",")
    said = head.partition(";")[0].lower()
    try:
        if not comma:
            raise ValueError
        plain = unquote_to_bytes(body)
        data = b64decode(plain, validate=True) if head.endswith(";base64") else plain
    except ValueError:
        raise _wrong("the data: address can't be read", "It is data:image/png;base64, and then the bytes.") from None
    return _from_bytes(data, media_type or (None if sniff(data) else said or None), name, detail)


def _from_address(url: str, media_type: str | None, name: str | None, detail: str | None) -> Attachment:
    kind = media_type or _by_name(urlsplit(url).path.rpartition("/")[2])
    if kind is None:
        raise _wrong(
            f"it can't be told from its address what {url[:200]!r} is, and ringup doesn't fetch it",
            _SAY_IT,
        )
    if kind_of(kind) == "audio":
        raise _wrong("no API takes sound by its address", "Download the file, and attach that.")
    return _part(kind, name, detail, {"url": url})


def _part(kind: str, name: str | None, detail: str | None, where: dict[str, Any]) -> Attachment:
    match kind_of(kind):
        case "image":
            return Image(media_type=kind, detail=detail, **where)
        case "audio":
            return Audio(format=audio_format(kind), **where)
    return Document(media_type=kind, name=name, **where)
