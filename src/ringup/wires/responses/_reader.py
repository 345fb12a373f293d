"""The stream of the Responses API: bytes to events.

Facts: openai-python 3.54 (types/responses/*_event.py), and what compatible servers make of it. The `event:` lines
aren't needed: the type in the data counts. Most events are a piece of text: those are decoded into a typed struct.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import msgspec

from ringup.errors import StreamTruncatedError
from ringup.events import Finish, Start, TextDelta, Used
from ringup.openai_errors import not_an_answer
from ringup.reading import Reading
from ringup.wire_tools import count, decode, word
from ringup.wires.responses._errors import event_error, failed_error
from ringup.wires.responses._growing import Growing
from ringup.wires.responses._reply import extra_fields, finish_of, raw_of, read_reply, read_usage

__all__ = ["Reader"]

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


class Reader(Reading):
    """Reads the stream of one answer.

    It ends with response.completed, response.incomplete or response.failed, and nothing after that counts; [DONE],
    which compatible servers add, ends nothing by itself: a stream without one of the three is cut. Events of unknown
    types give nothing. A body that is JSON instead of a stream is read as a whole answer, or as an error, in `close`.
    """

    __slots__ = ("_at", "_items", "_slot", "_start", "_usage")
    _read_reply = staticmethod(read_reply)

    def __init__(self) -> None:
        super().__init__()
        self._items = Growing(self._found)
        self._start: Start | None = None
        self._usage: Any = None
        self._at = (-1, -1)  # where the text stands that grows now
        self._slot: tuple[int, list[str]] | None = None  # the index of its part, and its pieces

    # Events

    def _take(self, name: str, payload: bytes) -> None:
        if not self._quick(payload):
            self._event(payload, name)

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
        self._found.append(TextDelta(index, piece.delta))
        return True

    def _event(self, payload: bytes, name: str) -> None:
        payload = payload.strip()
        if not payload:
            return
        if payload.startswith(b"[DONE]"):
            self._end()
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
            self._last(response if isinstance(response, dict) else {}, _ENDS[kind])
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
            self._found.append(self._start)

    def _last(self, response: dict[str, Any], status: str) -> None:
        if self._start is None or (self._start.id is None and response.get("id")):
            self._start = _start_of(response)
            self._found.append(self._start)
        self._items.end_all(response.get("output"))
        usage = read_usage(response.get("usage"))
        if usage is not None:
            self._found.append(Used(usage))
        status = word(response.get("status")) or status
        if response.get("error") or status == "failed":
            self._fail(failed_error(response))
            return
        raw = raw_of(response) or status
        self.done = True
        self._found.append(Finish(finish_of(raw, self._items.parts), raw, extra=extra_fields(response)))

    def _end(self) -> NoReturn:
        came = "before any of the answer" if self._start is None else "after a part of the answer"
        raise StreamTruncatedError(f"the stream ended {came}, without its last event")

    def _odd(self, body: bytes) -> None:
        raise not_an_answer(body, "something that is neither a stream nor JSON")


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
