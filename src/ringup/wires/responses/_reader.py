"""The stream of the Responses API: bytes to events.

Facts: openai-python 3.54 (types/responses/*_event.py), and what compatible servers make of it. The `event:` lines
aren't needed: the type in the data counts. Most events are a piece of text: those are decoded into a typed struct.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from ringup.errors import APIError, ProtocolError, StreamTruncatedError
from ringup.events import Event, Failed, Finish, Start, TextDelta, Used, replay
from ringup.openai_errors import not_an_answer
from ringup.sse import MAX_EVENT_BYTES, Decoder
from ringup.wire_tools import count, decode, is_json, word
from ringup.wires.responses._errors import event_error, failed_error
from ringup.wires.responses._growing import Growing
from ringup.wires.responses._reply import extra_fields, finish_of, raw_of, read_reply, read_usage

__all__ = ["Reader"]

_SSE_BEGINS = (b":", b"data", b"event", b"id", b"retry")
_TEXT = "response.output_text.delta"
_ENDS = {
    "response.completed": "completed",
    "response.incomplete": "incomplete",
    "response.failed": "failed",
    "response.cancelled": "cancelled",
}


class _Piece(msgspec.Struct, gc=False):
    type: str
    delta: str
    output_index: int
    content_index: int
    logprobs: list[Any] | None = None


_decode_piece = msgspec.json.Decoder(_Piece).decode


class Reader:
    """Reads the stream of one answer.

    It ends with response.completed, response.incomplete or response.failed, and nothing after that counts; [DONE],
    which compatible servers add, ends nothing by itself: a stream without one of the three is cut. Events of unknown
    types give nothing. A body that is JSON instead of a stream is read as a whole answer, or as an error, in `close`.
    """

    __slots__ = ("_at", "_decoder", "_head", "_items", "_slot", "_start", "_usage", "done")

    def __init__(self) -> None:
        self.done = False
        self._decoder = Decoder()
        self._head: bytearray | None = bytearray()  # the body, as long as it shows no event
        self._items = Growing()
        self._start: Start | None = None
        self._usage: Any = None
        self._at = (-1, -1)  # where the text stands that grows now
        self._slot: tuple[int, list[str]] | None = None  # the index of its part, and its pieces

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes; give the events that they complete."""
        if self.done:
            return []
        try:
            found = self._decoder.feed(data)
        except ProtocolError as error:
            self._fail(error)
            return self._items.take()
        if self._head is not None:
            self._gather(data, bool(found))
        for name, payload in found:
            if not self._quick(payload):
                self._event(payload, name)
            if self.done:
                break
        return self._items.take()

    def close(self) -> list[Event]:
        """The bytes have ended."""
        if self.done:
            return []
        for name, payload in self._decoder.flush():
            self._head = None
            if _is_whole(payload):  # a piece of an event tells nothing but that the stream was cut
                self._event(payload, name)
        if not self.done:
            if self._head is None:
                self._cut()
            else:
                self._not_a_stream(bytes(self._head).strip())
        return self._items.take()

    # Bodies that are no stream

    def _gather(self, data: bytes, is_stream: bool) -> None:
        self._head = None if is_stream or self._head is None else self._head + data
        if self._head is not None and len(self._head) > MAX_EVENT_BYTES:
            self._fail(ProtocolError(f"the answer is larger than {MAX_EVENT_BYTES:,} bytes and is no event stream"))

    def _not_a_stream(self, body: bytes) -> None:
        """No event came: an error or a whole answer as plain JSON (the server ignored `stream`), or something else."""
        try:
            if is_json(body):
                for event in replay(read_reply(body)):
                    self._items.add(event)
                self.done = True
            elif not body or body.startswith(_SSE_BEGINS):
                self._cut()
            else:
                raise not_an_answer(body, "something that is neither a stream nor JSON")
        except APIError as error:
            self._fail(error)

    # Events

    def _quick(self, payload: bytes) -> bool:
        """Take a piece of a text that has begun; False leaves an event to the general way."""
        try:
            piece = _decode_piece(payload)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return False
        if piece.type != _TEXT or piece.logprobs:
            return False
        at = (piece.output_index, piece.content_index)
        if at != self._at:
            self._at, self._slot = at, self._items.slot(*at)
        if self._slot is None:
            self._at = (-1, -1)
            return False
        index, pieces = self._slot
        pieces.append(piece.delta)
        self._items.add(TextDelta(index, piece.delta))
        return True

    def _event(self, payload: bytes, name: str) -> None:
        payload = payload.strip()
        if not payload:
            return
        if payload.startswith(b"[DONE]"):
            self._cut()
            return
        try:
            value = decode(payload)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            self._fail(not_an_answer(payload, "an event that isn't a JSON object"))
            return
        self._dispatch(_kind_of(value, name), value)

    def _dispatch(self, kind: str, value: dict[str, Any]) -> None:
        if kind in _ENDS:
            response = value.get("response")
            self._end(response if isinstance(response, dict) else {}, _ENDS[kind])
        elif kind == "error":
            self._fail(event_error(value))
        elif isinstance(value.get("response"), dict):
            self._begin(value["response"])
        elif kind in _ABOUT_ITEMS:
            self._begin({})
            self._at = (-1, -1)
            _ABOUT_ITEMS[kind](self._items, value)

    # The beginning and the end

    def _begin(self, response: dict[str, Any]) -> None:
        if self._start is None:
            self._start = _start_of(response)
            self._items.add(self._start)

    def _end(self, response: dict[str, Any], status: str) -> None:
        if self._start is None or (self._start.id is None and response.get("id")):
            self._start = _start_of(response)
            self._items.add(self._start)
        self._items.end_all(response.get("output"))
        usage = read_usage(response.get("usage"))
        if usage is not None:
            self._items.add(Used(usage))
        status = word(response.get("status")) or status
        if response.get("error") or status == "failed":
            self._fail(failed_error(response))
            return
        raw = raw_of(response) or status
        self.done = True
        self._items.add(Finish(finish_of(raw, self._items.parts), raw, extra=extra_fields(response)))

    def _cut(self) -> None:
        came = "before any of the answer" if self._start is None else "after a part of the answer"
        self._fail(StreamTruncatedError(f"the stream ended {came}, without its last event"))

    def _fail(self, error: APIError) -> None:
        self.done = True
        self._items.add(Failed(error))


_ABOUT_ITEMS: dict[str, Callable[[Growing, dict[str, Any]], None]] = {
    "response.output_item.added": Growing.begin,
    "response.content_part.added": Growing.content,
    "response.output_text.delta": Growing.words,
    "response.refusal.delta": Growing.words,
    "response.output_text.annotation.added": Growing.annotation,
    "response.function_call_arguments.delta": Growing.arguments,
    "response.custom_tool_call_input.delta": Growing.arguments,
    "response.reasoning_summary_text.delta": Growing.thought,
    "response.reasoning_text.delta": Growing.thought,
    "response.output_item.done": Growing.end,
}
"""The events that tell of items. Those of hosted tools' progress, and the `done` of pieces, say nothing more."""


def _start_of(response: dict[str, Any]) -> Start:
    return Start(word(response.get("id")), word(response.get("model")), count(response.get("created_at")) or None)


def _kind_of(value: dict[str, Any], name: str) -> str:
    """An event's type: in its data, else the `event:` line. An error may come without one, or flat (older vLLM)."""
    kind = value.get("type")
    if value.get("object") == "error" or (not isinstance(kind, str) and value.get("error")):
        return "error"
    return kind if isinstance(kind, str) else name


def _is_whole(payload: bytes) -> bool:
    if payload.startswith(b"[DONE]"):
        return True
    try:
        decode(payload)
    except ValueError:
        return False
    return True
