"""An HTTP request and its answer, as wires write and read them. Neither ever holds a key: the transport adds it. And
neither shows its headers and its body, which may hold other secrets.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

__all__ = ["HttpRequest", "HttpResponse"]


class HttpRequest(Struct, frozen=True, kw_only=True):
    """A request below a provider's base URL. Header names are in lower case."""

    method: str = "POST"
    path: str
    query: dict[str, str] = {}
    headers: dict[str, str] = {}
    body: bytes = b""

    def __repr__(self) -> str:
        return f"<{self.method} {self.path}, {len(self.body):,} bytes>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("path", self.path), ("bytes", len(self.body))]


class HttpResponse(Struct, frozen=True, kw_only=True):
    """An answer with its whole body. Header names are in lower case.

    `first_byte` is when its head arrived, in seconds of the monotonic clock; None where nobody looked.
    """

    status: int
    headers: dict[str, str] = {}
    body: bytes = b""
    first_byte: float | None = None

    def __repr__(self) -> str:
        return f"<HTTP {self.status}, {len(self.body):,} bytes>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("status", self.status), ("bytes", len(self.body))]
