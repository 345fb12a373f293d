"""What the simulator saw: every request as it was received, and what became of its answer."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from threading import Lock
from typing import Any

import msgspec
from msgspec import Struct

from ringup.simulator import multipart

__all__ = ["Call", "CallLog", "Received"]

MAX_CALLS = 1_000
MAX_BYTES = 64 * 1024 * 1024


class Received(Struct, kw_only=True):
    """A request as it came. Header names are in lower case; of a key only the last 4 characters are kept."""

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = {}
    body: bytes = b""

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")

    @property
    def json(self) -> Any:
        """The body as JSON. Raises msgspec.DecodeError when it isn't."""
        return msgspec.json.decode(self.body)


class Call(Struct, kw_only=True):
    """One request and its answer.

    `outcome` is "open" while the answer is on its way; then "answered", or how it ended otherwise: "client left",
    "closed", "reset", "truncated", "stopped" (the simulator was). Times are seconds since the epoch, by the simulator's
    clock. `status` is None when no head was sent, `fault` the fault that the call met.
    """

    number: int
    started: float
    request: Received
    wire: str = ""
    model: str = ""
    status: int | None = None
    headers: dict[str, str] = {}
    pieces: list[bytes] = []
    ended: float | None = None
    fault: str | None = None
    outcome: str = "open"

    @property
    def body(self) -> bytes:
        """The answer's body, as far as it was sent."""
        return b"".join(self.pieces)

    @property
    def text(self) -> str:
        """The answer's body as text: for a stream, all that was sent of it."""
        return self.body.decode("utf-8", "replace")

    @property
    def json(self) -> Any:
        """The answer's body as JSON. Raises msgspec.DecodeError when it isn't."""
        return msgspec.json.decode(self.body)

    def plain(self) -> dict[str, Any]:
        """The call as plain values for JSON. Bodies are parsed where they are JSON or a form, else they are text; where
        they are neither, their size is told."""
        request = {
            "method": self.request.method,
            "path": self.request.path,
            "query": self.request.query,
            "headers": self.request.headers,
            "body": _parsed(self.request.body, self.request.headers.get("content-type", "")),
        }
        body = self.body
        answer = {"status": self.status, "headers": self.headers, "body": _parsed(body), "bytes": len(body)}
        return {
            "number": self.number,
            "started": self.started,
            "ended": self.ended,
            "wire": self.wire,
            "model": self.model,
            "outcome": self.outcome,
            "fault": self.fault,
            "request": request,
            "answer": answer,
        }


def _parsed(body: bytes, media_type: str = "") -> Any:
    try:
        return multipart.shown(media_type, body) if multipart.is_form(media_type) else msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return f"({len(body):,} bytes that aren't text)" if b"\0" in body else body.decode("utf-8", "replace")


class CallLog:
    """The last calls: at most 1,000, and at most 64 MiB of bodies. Safe to read from another thread."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque()
        self._lock = Lock()
        self._size = 0

    def add(self, call: Call) -> None:
        """A call begins."""
        with self._lock:
            self._calls.append(call)
            while len(self._calls) > 1 and (len(self._calls) > MAX_CALLS or self._size > MAX_BYTES):
                gone = self._calls.popleft()
                self._size -= len(gone.request.body) + sum(map(len, gone.pieces))

    def grown(self, call: Call, size: int) -> None:
        """So many bytes were added to a call. One that is no longer kept doesn't count."""
        with self._lock:
            if self._calls and call.number >= self._calls[0].number:
                self._size += size

    def clear(self) -> None:
        """Forget them all."""
        with self._lock:
            self._calls.clear()
            self._size = 0

    def __iter__(self) -> Iterator[Call]:
        with self._lock:
            return iter(list(self._calls))
