"""What every wire needs of JSON bodies and of HTTP headers, whichever provider sent them. Pure; header names are in
lower case.
"""

from __future__ import annotations

import math
import re
from binascii import a2b_base64, b2a_base64
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from ringup.errors import ProtocolError

__all__ = [
    "MAX_BODY",
    "MAX_WAIT",
    "count",
    "data_url",
    "decode",
    "encode",
    "excerpt",
    "filled",
    "is_json",
    "not_an_answer",
    "read_answer",
    "read_data",
    "read_total",
    "retry_after",
    "should_retry",
    "word",
]

MAX_WAIT = 366 * 86_400.0
"""The longest wait that is believed, in seconds: a year. A longer one is taken as a year."""

MAX_BODY = 64 * 1024
"""How much of an error's body is kept: 64 KiB."""

_TAGS = r"(?is)<(script|style)\b.*?</\1\s*>|<[^>]*>"


def decode(body: bytes | str) -> Any:
    """JSON to plain values. What msgspec refuses and Python's own parser takes (a lone surrogate, a control character
    inside a string, NaN, a byte order mark) is read too. Raises ValueError when it isn't JSON at all.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError):
        pass
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None
    import json  # here, for msgspec reads nearly all there is

    text = body if isinstance(body, str) else body.decode("utf-8", "replace")
    try:
        return json.loads(text.lstrip("\ufeff"), strict=False)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None


def encode(value: Any) -> bytes:
    """Plain values (and msgspec.Raw) to JSON in UTF-8. A lone surrogate, which UTF-8 can't hold, becomes its escape."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        import json  # here, for hardly a text has one

        return json.dumps(value, separators=(",", ":"), default=_plain).encode()


def _plain(value: Any) -> Any:
    return decode(bytes(value)) if isinstance(value, msgspec.Raw) else msgspec.to_builtins(value)


def is_json(body: bytes) -> bool:
    """Whether a body begins as a JSON object or array does. It may still be broken."""
    return body[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def excerpt(body: bytes | str, limit: int = 200) -> str:
    """The first words of a body on one line, for an error message: HTML tags left out, cut at `limit` characters."""
    text = body[: limit * 40] if isinstance(body, str) else bytes(body[: limit * 40]).decode("utf-8", "replace")
    if text.lstrip()[:1] == "<":
        text = re.sub(_TAGS, " ", text)
    text = " ".join(text.split())
    text = "".join([letter if letter.isprintable() else "\ufffd" for letter in text])
    return text if len(text) <= limit else text[: limit - 1] + "…"


def not_an_answer(body: bytes, what: str) -> ProtocolError:
    """The error for a 200 whose body is no answer of this API. `what` completes "the server sent ..."."""
    if body.lstrip()[:1] == b"<":
        what = "an HTML page, which a proxy or a wrong base URL does,"
    message = f"the server sent {what} instead of an answer"
    return ProtocolError(message, quote=excerpt(body), body=excerpt(body, MAX_BODY))


def read_answer(body: bytes) -> Any:
    """An answer's JSON, out of a list of one. Raises ProtocolError when it isn't JSON."""
    stripped = body.strip()  # DeepSeek sends blank lines while the request waits
    if not stripped:
        raise not_an_answer(body, "an empty body")
    try:
        value = decode(stripped)
    except ValueError:
        raise not_an_answer(body, "text that isn't JSON") from None
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The wait in seconds that a provider asks for, or None where it asks for none that makes sense.

    `retry-after-ms` goes before `retry-after`, as in the vendors' SDKs (openai-python 3.54, anthropic-python 2.12).
    Zero, negative, infinite and NaN waits are None; one beyond `MAX_WAIT` is `MAX_WAIT`. An HTTP date needs a clock,
    so it is None here: who has a clock reads that header itself.
    """
    wait = _seconds(headers.get("retry-after-ms"), 0.001)
    return wait if wait is not None else _seconds(headers.get("retry-after"), 1.0)


def _seconds(text: str | None, unit: float) -> float | None:
    try:
        wait = float(text or "") * unit
    except ValueError:
        return None
    return min(wait, MAX_WAIT) if wait > 0 and math.isfinite(wait) else None


def should_retry(headers: Mapping[str, str]) -> bool | None:
    """What `x-should-retry` says, by the exact words "true" and "false" as in the vendors' SDKs; else None."""
    return {"true": True, "false": False}.get(headers.get("x-should-retry", ""))


def filled(fields: dict[str, Any], known: Collection[str]) -> dict[str, Any]:
    """The fields that aren't `known`, without those that say nothing: null, and empty text, lists and objects."""
    return {
        key: value
        for key, value in fields.items()
        if key not in known and (value or value == 0)  # False too, which equals 0
    }


def word(value: Any) -> str | None:
    """An id or a name as text, numbers too (some servers send them); None for nothing and for what can't be one."""
    if isinstance(value, str):
        return value or None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def count(value: Any) -> int | None:
    """A number as a whole one, 1.0 too; None for anything else."""
    if type(value) is int:  # as nearly all are
        return value if abs(value) < 2**53 else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return int(value) if value == value and abs(value) < 2**53 else None  # noqa: PLR0124 - NaN isn't itself


def read_total(body: bytes, field: str) -> int:
    """The number that an answer to a count of tokens has in that field. Raises ProtocolError when there is none."""
    try:
        found = decode(body)
    except ValueError:
        found = None
    tokens = count(found.get(field)) if isinstance(found, dict) else None
    if tokens is None:
        raise ProtocolError(f"the answer to a count of tokens has no {field}", quote=repr(excerpt(body)))
    return tokens


def data_url(data: bytes, media_type: str) -> str:
    """Bytes as a data: URL."""
    return f"data:{media_type};base64,{b2a_base64(data, newline=False).decode()}"


def read_data(url: str) -> tuple[str | None, bytes | None]:
    """The media type and bytes of a data: URL in its plain form; (None, None) for any other URL."""
    head, comma, text = url.partition(",")
    if not comma or not head.startswith("data:") or not head.endswith(";base64") or head.count(";") != 1:
        return None, None
    try:
        return head[5:-7], a2b_base64(text, strict_mode=True)
    except ValueError:
        return None, None
