"""Server-sent events: bytes to (event, data) pairs, and back. The WHATWG rules, with a bound on the memory used.

Lines end in LF, CR or CRLF; comments are skipped; several data lines join with a newline; a byte order mark at the
start is ignored.
"""

from __future__ import annotations

from ringup.errors import ProtocolError

__all__ = ["MAX_EVENT_BYTES", "Decoder", "encode"]

MAX_EVENT_BYTES = 16 * 1024 * 1024
"""The largest single event that is read: 16 MiB, room for an image in base64."""

_BOM = b"\xef\xbb\xbf"


class Decoder:
    """Feed bytes as they come, get each whole event as (event name or "", data)."""

    __slots__ = ("_begun", "_held", "_limit", "_pending")

    def __init__(self, limit: int = MAX_EVENT_BYTES) -> None:
        self._pending = bytearray()
        self._held = b""
        self._begun = False
        self._limit = limit

    def feed(self, data: bytes) -> list[tuple[str, bytes]]:
        """The events that these bytes complete. Raises ProtocolError when one is larger than the limit."""
        if data[-4:] == b"\r\n\r\n" and not self._held:  # as Google ends its events
            alone = data[:6] == b"data: " and data.count(b"\r") == data.count(b"\n") == 2
            if alone and self._begun and not self._pending:
                return [("", data[6:-4])]
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if data[-2:] == b"\n\n" and self._begun and not self._pending and not self._held and b"\r" not in data:
            whole: list[tuple[str, bytes]] = []  # the usual piece: whole events, nothing before or after
            for block in data[:-2].split(b"\n\n"):
                _parse(block, whole)
            return whole
        if self._held:
            data, self._held = self._held + data, b""
        if not self._begun:
            if len(data) < len(_BOM) and _BOM.startswith(data):
                self._held = data
                return []
            self._begun = True
            data = data.removeprefix(_BOM)
        if b"\r" in data:
            if data.endswith(b"\r"):  # perhaps half of a CRLF: it waits for the next byte
                data, self._held = data[:-1], b"\r"
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        pending = self._pending
        search = max(len(pending) - 1, 0)
        if pending:
            pending += data
            data = bytes(pending) if b"\n\n" in pending[search:] else b""
        events: list[tuple[str, bytes]] = []
        at = 0
        while (end := data.find(b"\n\n", max(at, search))) >= 0:
            _parse(data[at:end], events)
            at = end + 2
        if at or not pending:
            self._pending = bytearray(data[at:])
        if len(self._pending) > self._limit:
            raise ProtocolError(f"a single event of the stream is larger than {self._limit:,} bytes")
        return events

    def flush(self) -> list[tuple[str, bytes]]:
        """The bytes have ended: the event that they leave without its closing blank line, if there is one."""
        events: list[tuple[str, bytes]] = []
        _parse(bytes(self._pending).rstrip(b"\n"), events)
        self._pending.clear()
        return events


def _parse(block: bytes, events: list[tuple[str, bytes]]) -> None:
    if block.startswith(b"data: ") and b"\n" not in block:
        events.append(("", block[6:]))
        return
    if block.startswith(b"event: "):
        first, _, rest = block.partition(b"\n")
        if rest.startswith(b"data: ") and b"\n" not in rest:
            events.append((first[7:].decode("utf-8", "replace"), rest[6:]))
            return
    name, data = "", None
    for line in block.split(b"\n"):
        field, colon, value = line.partition(b":")
        value = value[1:] if colon and value.startswith(b" ") else value
        if field == b"data":
            data = value if data is None else data + b"\n" + value
        elif field == b"event":
            name = value.decode("utf-8", "replace")
    if data is not None:
        events.append((name, data))


def encode(data: bytes, event: str = "") -> bytes:
    """One event; `data` must hold no line break (JSON doesn't)."""
    return b"event: %s\ndata: %s\n\n" % (event.encode(), data) if event else b"data: %s\n\n" % data
