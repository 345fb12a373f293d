"""What all readers of streams have in common: the bytes of an answer, told apart and cut into events.

An answer to a request with `stream` is a stream of events; or plain JSON, when the server ignored it or sends an error;
or something else, such as a proxy's page.
"""

from __future__ import annotations

from typing import Protocol

from ringup.errors import APIError, ProtocolError
from ringup.events import Event, Failed, Noticed, replay
from ringup.reply import Reply
from ringup.sse import MAX_EVENT_BYTES, Decoder
from ringup.wire_tools import decode

__all__ = ["Reading"]

_BOM = b"\xef\xbb\xbf"
_HEAD = 64 * 1024
_FIELDS = (b"event", b"data", b"id", b"retry")


class _ReadReply(Protocol):
    def __call__(self, body: bytes) -> Reply: ...


class Reading:
    """The bytes of one answer in, events out. A wire's Reader says what each event of the stream means (`_take`), and
    whether the answer is whole where the bytes end (`_end`); it adds its events to `_found`.

    A body that is JSON instead of a stream is read as a whole answer, or as an error, in `close`. An APIError that any
    of this raises becomes `Failed`. Nothing counts after Finish or Failed.
    """

    __slots__ = ("_begun", "_decoder", "_found", "_head", "_plain", "_sniffed", "done")

    _read_reply: _ReadReply
    """Reads a whole answer."""

    def __init__(self) -> None:
        self.done = False
        self._found: list[Event] = []
        self._decoder = Decoder()
        self._begun = False  # the stream showed an event
        self._sniffed = False  # it is known whether it is a stream
        self._head = b""  # how the body begins
        self._plain: bytearray | None = None  # a body that isn't a stream

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes; give the events that they complete."""
        if self.done:
            return []
        try:
            for name, payload in self._decoder.feed(data) if self._begun else self._tell(data):
                self._take(name, payload)
                if self.done:
                    break
        except APIError as error:
            self._fail(error)
        found = self._found.copy()
        self._found.clear()
        return found

    def close(self) -> list[Event]:
        """The bytes have ended."""
        if self.done:
            return []
        try:
            self._close()
        except APIError as error:
            self._fail(error)
        return self._found.copy()

    # What a wire's Reader says

    def _take(self, name: str, payload: bytes) -> None:
        """An event of the stream: its name, mostly empty, and its data. Raises an APIError that it holds or means."""
        raise NotImplementedError

    def _end(self) -> None:
        """The stream has ended: Finish, or raise StreamTruncatedError."""
        raise NotImplementedError

    def _half(self) -> None:
        """The stream ended inside an event. That tells nothing but that it was cut."""

    def _odd(self, body: bytes) -> None:
        """The body, of which this is the beginning, is neither a stream nor JSON. Raises an APIError that says so."""
        raise NotImplementedError

    def _whole(self, body: bytes) -> None:
        """The body is JSON: an answer, or an error, which is raised."""
        reply = self._read_reply(body)
        *events, last = replay(reply)
        self._found += [*events, *[Noticed(notice) for notice in reply.notices], last]
        self.done = True

    # The beginning and the end of the body

    def _fail(self, error: APIError) -> None:
        self._found.append(Failed(error))
        self.done = True

    def _tell(self, data: bytes) -> list[tuple[str, bytes]]:
        """Until the first event: tells a stream from a body that is plain JSON, by its first character."""
        if self._plain is not None:
            return self._gather(data)
        if self._sniffed:
            self._head = (self._head + data)[:_HEAD]
        else:
            self._head = (self._head + data).lstrip()
            start = self._head.removeprefix(_BOM).lstrip()
            if not start or _BOM.startswith(start):
                return []
            self._sniffed = True
            if start[:1] in (b"{", b"["):
                self._plain = bytearray()
                return self._gather(start)
            data, self._head = self._head, self._head[:_HEAD]
        found = self._decoder.feed(data)
        self._begun = bool(found)
        return found

    def _gather(self, data: bytes) -> list[tuple[str, bytes]]:
        assert self._plain is not None
        self._plain += data
        if len(self._plain) > MAX_EVENT_BYTES:
            raise ProtocolError(f"the answer is larger than {MAX_EVENT_BYTES:,} bytes and is no event stream")
        return []

    def _close(self) -> None:
        if self._plain is not None:
            self._whole(bytes(self._plain))
            return
        for name, payload in self._decoder.flush():
            self._begun = True
            if _is_whole(payload):
                self._take(name, payload)
            else:
                self._half()
        if not self.done:
            if not self._begun and self._head and not _begins_stream(self._head):
                self._odd(self._head)
            else:
                self._end()


def _begins_stream(head: bytes) -> bool:
    """Whether a body begins as a stream does: with a field or a comment, perhaps cut within its first word."""
    if _BOM.startswith(head):
        return True
    word, colon, _ = head.removeprefix(_BOM).lstrip().partition(b":")
    return word in (b"", *_FIELDS) if colon else any(field.startswith(word) for field in _FIELDS)


def _is_whole(payload: bytes) -> bool:
    payload = payload.strip()
    if not payload or payload.startswith(b"[DONE]"):
        return True
    try:
        decode(payload)
    except ValueError:
        return False
    return True
