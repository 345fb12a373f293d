"""The canned server: it looks at no more of a request than it must, so that the client's work is what is measured.

Run `python -m bench.server`: it prints its port and serves until its standard input closes. A path may begin with
`/pieces/N` (a stream has N pieces of text; default 20) and `/paced` (one event at a time, a millisecond apart).
"""

from __future__ import annotations

import asyncio
import re
import sys
from functools import cache

from bench.canned import embeddings, stream, whole

__all__ = ["main"]

_HEAD = (
    b"HTTP/1.1 200 OK\r\ndate: Mon, 23 Nov 2026 12:00:00 GMT\r\ncontent-type: %s\r\nx-request-id: req_0123456789ab\r\n"
    b"openai-processing-ms: 100\r\nx-ratelimit-limit-requests: 10000\r\nx-ratelimit-remaining-requests: 9999\r\n"
    b"x-ratelimit-limit-tokens: 200000\r\nx-ratelimit-remaining-tokens: 199980\r\n%s\r\n\r\n"
)
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_PIECES = re.compile(rb"/pieces/(\d+)")
_STREAMS = re.compile(rb'"stream": ?true')


@cache
def _whole(wire: str) -> bytes:
    body = embeddings() if wire == "embeddings" else whole(wire)
    return _HEAD % (b"application/json", b"content-length: %d" % len(body)) + body


@cache
def _stream(wire: str, pieces: int) -> tuple[bytes, ...]:
    """The head, each event as an HTTP chunk of its own, and the last chunk."""
    head = _HEAD % (b"text/event-stream; charset=utf-8", b"transfer-encoding: chunked")
    chunks = [b"%x\r\n%s\r\n" % (len(event), event) for event in stream(wire, pieces)]
    return (head, *chunks, b"0\r\n\r\n")


@cache
def _burst(wire: str, pieces: int) -> bytes:
    return b"".join(_stream(wire, pieces))


class Canned(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._data = bytearray()
        self._wanted = 0
        self._pacing: set[asyncio.Task[None]] = set()

    def data_received(self, data: bytes) -> None:
        self._data += data
        while len(self._data) >= max(self._wanted, 1):
            head, end, _ = bytes(self._data[:8192]).partition(b"\r\n\r\n")
            if not end:
                return
            length = _LENGTH.search(head)
            self._wanted = len(head) + 4 + (int(length[1]) if length else 0)
            if len(self._data) < self._wanted:
                return
            self._answer(head.split(b" ", 2)[1], self._data[len(head) + 4 : self._wanted])
            del self._data[: self._wanted]
            self._wanted = 0

    def _answer(self, path: bytes, body: bytearray) -> None:
        wire = "anthropic" if path.endswith(b"/messages") else "openai"
        if path.endswith(b"/embeddings"):
            self._transport.write(_whole("embeddings"))
            return
        if not _STREAMS.search(body):
            self._transport.write(_whole(wire))
            return
        found = _PIECES.search(path)
        pieces = int(found[1]) if found else 20
        if b"/paced" in path:
            task = asyncio.ensure_future(self._paced(_stream(wire, pieces)))
            self._pacing.add(task)
            task.add_done_callback(self._pacing.discard)
        else:
            self._transport.write(_burst(wire, pieces))

    async def _paced(self, chunks: tuple[bytes, ...]) -> None:
        for chunk in chunks:
            self._transport.write(chunk)
            await asyncio.sleep(0.001)


async def main() -> None:
    """Serve until standard input closes, which it does when the parent is gone."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Canned, "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
