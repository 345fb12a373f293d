"""A recorded exchange, as one line of a file holds it, whatever its recorder made of headers and bodies."""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64decode
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import msgspec

__all__ = ["Exchange", "read_line"]

_MODEL = re.compile(r"[^/]+(?=:\w+$)")
_ID = re.compile(r"(?<=/)(?=[^/:]*\d)[^/:]{20,}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_BEGINS = (b"{", b"[", b"data:", b"event:", b":", b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
_PACKED = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_BINARY = re.compile("[\x00-\x08\x0e-\x1f]")

NO_ANSWER = "no answer was recorded"


class Exchange(msgspec.Struct, frozen=True):
    """One request that was sent to a provider, and what it answered. `body` is the answer's text, `request` its JSON;
    a request that was no JSON, or wasn't recorded, is None.

    `unread` says why nobody can read the answer (compressed, missing), and is empty where all is well. Header names
    are in lower case, whatever the recording has.
    """

    path: str
    request: Any = None
    status: int = 200
    host: str = ""
    headers: dict[str, str] = {}
    body: str = ""
    source: str = ""
    seq: int | str = 0
    unread: str = ""

    @property
    def name(self) -> str:
        """Which exchange this is: its recording and its place there."""
        return f"{self.source}#{self.seq}"

    @property
    def place(self) -> str:
        """The path without its query and version, and with a * for what differs from call to call."""
        path = _MODEL.sub("*", self.path.partition("?")[0])
        return _ID.sub("*", path)


def read_line(line: bytes | str) -> Exchange:
    """The exchange in a line. Raises ValueError for one that isn't an exchange: no JSON object, or without a path."""
    try:
        value = json.loads(line, strict=False)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None
    if not isinstance(value, dict):
        raise ValueError("the line isn't a JSON object")
    where = value.get("path") or value.get("url")
    if not isinstance(where, str):
        raise ValueError("the object has no path")
    url = urlsplit(where)
    headers = _headers(value.get("headers"))
    status = _status(value.get("status"))
    body, unread = _answer(value, headers)
    return Exchange(
        path=where[where.index(url.netloc) + len(url.netloc) :] if url.netloc else where,
        request=_request(value.get("request")),
        status=status or 200,
        host=str(value.get("host") or url.netloc),
        headers=headers,
        body=body,
        source=str(value.get("source") or ""),
        seq=value["seq"] if isinstance(value.get("seq"), int | str) else 0,
        unread=NO_ANSWER if status == 0 else unread,
    )


def _headers(given: Any) -> dict[str, str]:
    """Headers as an object or a list of pairs; some recorders keep a list for each value."""
    pairs: Iterable[Any] = given.items() if isinstance(given, dict) else given if isinstance(given, list) else ()
    named = [pair for pair in pairs if isinstance(pair, list | tuple) and len(pair) == 2]
    return {str(name).lower(): _value(held) for name, held in named}


def _value(held: Any) -> str:
    return ", ".join([str(item) for item in held]) if isinstance(held, list) else str(held)


def _status(given: Any) -> int:
    """The status as a number, also from {"code": 200}; 200 where none is told, 0 for one that is none."""
    given = given.get("code") if isinstance(given, dict) else given
    if given is None:
        return 200
    try:
        return int(given)
    except (TypeError, ValueError):
        return 0


def _request(given: Any) -> Any:
    """The request's JSON, also out of text that holds it."""
    if not isinstance(given, str):
        return given
    try:
        return json.loads(given, strict=False)
    except (ValueError, RecursionError):
        return None


# The answer


def _answer(value: dict[str, Any], headers: dict[str, str]) -> tuple[str, str]:
    """The answer's text, and why it can't be read."""
    body: Any = value.get("body", value.get("body_base64"))
    if isinstance(body, dict) and not body.keys().isdisjoint(("string", "base64_string")):  # VCR's way
        body = body.get("string", body.get("base64_string"))
    if body is None:
        return "", NO_ANSWER
    if not isinstance(body, str):
        return json.dumps(body), ""
    data = _bytes(body)
    for magic, name in _PACKED.items():
        if data.startswith(magic):
            return _unpacked(data, name)
    text = data.decode("utf-8", "replace")
    if _BINARY.search(text[:64]) or "\ufffd" in text[:4]:
        how = headers.get("content-encoding")
        return "", f"the answer is compressed ({how})" if how else "the answer isn't text"
    return text, ""


def _bytes(body: str) -> bytes:
    """The bytes that a body's text stands for: themselves, or in base64, or each as a character."""
    if _BASE64.fullmatch(compact := "".join(body.split())):
        data = b64decode(compact.replace("-", "+").replace("_", "/") + "==")
        if data.startswith(_BEGINS):
            return data
    if body.startswith("\x1f\x8b"):
        return body.encode("latin-1", "replace")
    return body.encode("utf-8", "replace")


def _unpacked(data: bytes, how: str) -> tuple[str, str]:
    try:
        return zlib.decompress(data, 16 + zlib.MAX_WBITS).decode("utf-8", "replace"), ""
    except zlib.error:
        return "", f"the answer is compressed ({how})"
