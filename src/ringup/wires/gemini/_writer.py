"""The streamed answer of Gemini: events in, bytes out."""

from __future__ import annotations

from typing import Any

from ringup.events import (
    AudioDelta,
    Event,
    Failed,
    Finish,
    PartEnd,
    PartStart,
    RefusalDelta,
    Start,
    TextDelta,
    ThinkingDelta,
    Used,
)
from ringup.messages import Audio, Part, Refusal, Request, Text, Thinking
from ringup.usage import Usage
from ringup.wire_tools import encode
from ringup.wires.gemini._errors import error_body
from ringup.wires.gemini._parts import NAME, THOUGHT, Block, own
from ringup.wires.gemini._reply import blocked, stop_word, top_fields, write_answer_part, write_candidate, write_top

__all__ = ["Writer"]


class Writer:
    """Writes the stream of an answer, or of several: as events, or as a JSON array where the request's `alt` is "json".

    Words and thoughts go out as they come, the signature of thoughts when they end; a part that has anything else
    beside its words, and any other part, goes out whole at its end. The usage that is known so far stands in every
    chunk, and finishReason in the last.
    """

    __slots__ = ("_array", "_begun", "_model", "_parts", "_start", "_usage")

    def __init__(self, request: Request) -> None:
        self._array = request.extra.get("alt") == "json"
        self._model = request.model
        self._begun = False
        self._start = Start()
        self._usage: Usage | None = None
        self._parts: dict[tuple[int, int], Part] = {}  # those that have begun, by choice and index

    def feed(self, event: Event, choice: int = 0) -> bytes:
        """The bytes for one event; empty for what waits for the end of its part."""
        match event:
            case TextDelta() | RefusalDelta() | ThinkingDelta():
                return self._words(choice, event.index, event.text)
            case PartStart():
                self._parts[choice, event.index] = event.part
                text = event.part.text if isinstance(event.part, (Text, Refusal, Thinking)) else ""
                return self._words(choice, event.index, text)
            case PartEnd():
                return self._end(choice, event.index, event.part)
            case Start() if choice == 0:
                self._start = event
            case Used() if choice == 0:  # the usage of the first is that of them all
                self._usage = event.usage
            case AudioDelta() if event.transcript:
                return self._words(choice, event.index, event.transcript)
            case Finish():
                return self._finish(event, choice)
            case Failed():
                return self._send(error_body(event.error))
        return b""

    def close(self) -> bytes:
        """The end of the array; a stream of events has no end mark."""
        if not self._array:
            return b""
        return b"]" if self._begun else b"[]"

    def _words(self, choice: int, index: int, text: str) -> bytes:
        part = self._parts.get((choice, index))
        if not text or part is None or _is_late(part):
            return b""
        return self._part(choice, {"text": text, "thought": True} if isinstance(part, Thinking) else {"text": text})

    def _end(self, choice: int, index: int, part: Part) -> bytes:
        begun = self._parts.pop((choice, index), None)
        if begun is None:
            return b""
        if _is_late(begun):
            block = write_answer_part(part)
            return b"" if block is None else self._part(choice, block)
        if isinstance(part, Thinking) and part.signature is not None:
            return self._part(choice, {"text": "", "thought": True, "thoughtSignature": part.signature})
        return b""

    def _part(self, choice: int, block: Block) -> bytes:
        return self._chunk({"candidates": [write_candidate(choice, [block], {})]}, {})

    def _finish(self, finish: Finish, choice: int) -> bytes:
        top = top_fields(finish.extra) if choice == 0 else {}
        if finish.reason == "content_filter" and finish.raw is not None and finish.raw == blocked(top):
            return self._chunk({}, top)
        stopped = stop_word(finish.reason, finish.raw) or "FINISH_REASON_UNSPECIFIED"
        content = finish.message_extra.get(NAME, {})
        last = write_candidate(choice, [{"text": ""}], content, stopped, finish.extra)
        return self._chunk({"candidates": [last]}, top)

    def _chunk(self, body: Block, extra: dict[str, Any]) -> bytes:
        return self._send(body | write_top(self._usage, self._start.model or self._model, self._start.id) | extra)

    def _send(self, body: Block) -> bytes:
        data = encode(body)
        if not self._array:
            return b"data: %s\r\n\r\n" % data
        before = b",\r\n" if self._begun else b"["
        self._begun = True
        return before + data


def _is_late(part: Part) -> bool:
    """Whether a part goes out whole: all but words and thoughts that have nothing beside them."""
    if isinstance(part, Audio):
        return part.data is not None
    if isinstance(part, Thinking):
        return part.redacted or own(part) not in ({}, THOUGHT[NAME])
    return not isinstance(part, (Text, Refusal)) or bool(own(part))
