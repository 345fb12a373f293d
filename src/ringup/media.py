"""What bytes are, as far as they plainly tell: a file's type by how it begins, a picture's size in pixels, a PDF's
pages, how long a recording lasts.

A table, and no library: a vendor takes a dozen kinds of files, each of which begins with its own few bytes for good.
The libraries for this guess among hundreds of kinds, by the name and by weak marks too, and none says what is needed
beside the type: pixels, pages and seconds.
"""

from __future__ import annotations

import re

__all__ = ["audio_format", "image_size", "kind_of", "pdf_pages", "seconds", "sniff", "wordy"]

_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"OggS", "audio/ogg"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1aE\xdf\xa3", "video/webm"),
)
_CONTAINERS = {
    (b"RIFF", b"WEBP"): "image/webp",
    (b"RIFF", b"WAVE"): "audio/wav",
    (b"FORM", b"AIFF"): "audio/aiff",
    (b"FORM", b"AIFC"): "audio/aiff",
}
_BRANDS = {
    **dict.fromkeys((b"heic", b"heix", b"hevc", b"heim", b"mif1", b"msf1"), "image/heic"),
    **dict.fromkeys((b"avif", b"avis"), "image/avif"),
    **dict.fromkeys((b"M4A ", b"M4B "), "audio/mp4"),
    b"qt  ": "video/quicktime",
}
"""The kinds of MP4 files, by the word after "ftyp"; all others are films."""

_MP3 = rb"\xff[\xfa\xfb\xf2\xf3\xe2\xe3][\x10-\xef]"
_AAC = rb"\xff[\xf0\xf1\xf8\xf9]"
_FORMATS = {"mpeg": "mp3", "x-wav": "wav", "wave": "wav", "vnd.wave": "wav", "mp4": "m4a", "x-m4a": "m4a"}
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PAGE = rb"/Type\s*/Page(?![A-Za-z])"
_PAGES = rb"/Type\s*/Pages\b"
_COUNT = rb"/Count\s+(\d{1,7})"
_MP3_RATE = 16_000.0
"""Bytes of a second of MP3, at the usual 128 kbit/s."""


def sniff(data: bytes) -> str | None:
    """The media type that bytes begin as ("image/png"); None for text and for what isn't known here."""
    for beginning, kind in _BEGINNINGS:
        if data.startswith(beginning):
            return kind
    if found := _CONTAINERS.get((data[:4], data[8:12])):
        return found
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:12], "video/mp4")
    if b"%PDF-" in data[:1024]:  # as readers of PDFs take it
        return "application/pdf"
    if data[:2] == b"BM" and data[6:10] == bytes(4):
        return "image/bmp"
    if re.match(_MP3, data):
        return "audio/mpeg"
    return "audio/aac" if re.match(_AAC, data) else None


def wordy(data: bytes) -> str | None:
    """The text that bytes are, in UTF-8; None when they aren't."""
    if b"\0" in data:
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None


def kind_of(media_type: str) -> str:
    """ "image", "audio", "text", "pdf" or "file"."""
    main = media_type.partition("/")[0]
    if media_type == "application/pdf":
        return "pdf"
    return main if main in ("image", "audio", "text") else "file"


def audio_format(media_type: str) -> str:
    """The word for a kind of sound in the APIs: "wav", "mp3", "flac", ..."""
    name = media_type.partition("/")[2].partition(";")[0].strip().lower()
    return _FORMATS.get(name, name)


# Pictures


def image_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels of a PNG, JPEG, GIF or WebP; None where they can't be told."""
    match sniff(data):
        case "image/png" if len(data) >= 24:
            return _big(data, 16, 4), _big(data, 20, 4)
        case "image/gif" if len(data) >= 10:
            return _little(data, 6, 2), _little(data, 8, 2)
        case "image/webp":
            return _webp_size(data)
        case "image/jpeg":
            return _jpeg_size(data)
    return None


def _big(data: bytes, at: int, length: int) -> int:
    return int.from_bytes(data[at : at + length], "big")


def _little(data: bytes, at: int, length: int) -> int:
    return int.from_bytes(data[at : at + length], "little")


def _webp_size(data: bytes) -> tuple[int, int] | None:
    match data[12:16]:
        case b"VP8X" if len(data) >= 30:
            return _little(data, 24, 3) + 1, _little(data, 27, 3) + 1
        case b"VP8L" if len(data) >= 25:
            bits = _little(data, 21, 4)
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 " if len(data) >= 30:
            return _little(data, 26, 2) & 0x3FFF, _little(data, 28, 2) & 0x3FFF
    return None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """From the first frame header; the segments before it are stepped over."""
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _JPEG_SIZES:
            return _big(data, at + 7, 2), _big(data, at + 5, 2)
        at += 1 if marker == 0xFF else 2 if marker == 1 or 0xD0 <= marker <= 0xD8 else 2 + _big(data, at + 2, 2)
    return None


# Documents and sound


def pdf_pages(data: bytes) -> int | None:
    """The pages of a PDF whose objects are plain to read; None for others (compressed objects).

    Old versions of pages may still be in the file, so it is the lesser of the pages and of what its page tree counts.
    """
    pages = len(re.findall(_PAGE, data))
    counts = [_tree_count(data, found.start()) for found in re.finditer(_PAGES, data)]
    known = [number for number in (pages, max(counts, default=0)) if number]
    return min(known, default=None)


def _tree_count(data: bytes, at: int) -> int:
    end = data.find(b"endobj", at)
    found = re.compile(_COUNT).search(data, max(data.rfind(b"obj", 0, at), 0), len(data) if end < 0 else end)
    return int(found[1]) if found else 0


def seconds(data: bytes, format: str | None) -> float | None:
    """How long a recording lasts: exactly for WAV, near it for MP3 at 128 kbit/s; None for others."""
    if data[:4] == b"RIFF":
        at = data.find(b"fmt ", 12, 4096)
        rate = _little(data, at + 16, 4) if at > 0 else 0
        return len(data) / rate if rate else None
    return len(data) / _MP3_RATE if format == "mp3" else None
