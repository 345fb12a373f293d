"""Small files of the kinds that vendors take, made by code: as little of each as says what it is, and how large."""

from __future__ import annotations

import struct
import zlib

__all__ = ["gif", "jpeg", "mp3", "pdf", "png", "wav", "webp"]


def png(width: int = 64, height: int = 48) -> bytes:
    """A black picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    lines = zlib.compress((b"\0" + bytes((width + 7) // 8)) * min(height, 1000))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


def jpeg(width: int = 64, height: int = 48) -> bytes:
    """The headers of a photo: JFIF, a table, and the frame; what follows is missing."""
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 17, 8, height, width, 3) + bytes(9)
    table = b"\xff\xdb" + struct.pack(">H", 67) + bytes(65)
    return b"\xff\xd8\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0\1\1" + bytes(7) + table + b"\xff" + frame


def gif(width: int = 64, height: int = 48) -> bytes:
    """The header of a GIF."""
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\0\0\0;"


def webp(width: int = 64, height: int = 48, kind: bytes = b"VP8X") -> bytes:
    """The header of a WebP, of one of its three kinds."""
    match kind:
        case b"VP8X":
            body = bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        case b"VP8L":
            body = b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + bytes(5)
        case _:
            body = bytes(3) + b"\x9d\x01\x2a" + struct.pack("<HH", width, height)
    chunk = kind + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk


def wav(seconds: float = 2.0, rate: int = 8000) -> bytes:
    """Silence, of 16 bits."""
    data = bytes(int(seconds * rate) * 2)
    head = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, rate, rate * 2, 2, 16)
    body = b"WAVE" + head + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def mp3(size: int = 16_000) -> bytes:
    """The beginning of a sound of MPEG 1, layer III, 128 kbit/s."""
    return b"\xff\xfb\x90\x64" + bytes(size - 4)


def pdf(pages: int = 2) -> bytes:
    """Empty pages."""
    kids = " ".join(f"{number + 3} 0 R" for number in range(pages))
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>"]
    objects += ["<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>"] * pages
    body = "".join(f"{number} 0 obj\n{text}\nendobj\n" for number, text in enumerate(objects, 1))
    return f"%PDF-1.4\n{body}trailer << /Root 1 0 R >>\n%%EOF\n".encode()
