"""The streamed answer of the Anthropic Messages API: bytes in, events out."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from ringup.errors import ProtocolError, StreamTruncatedError
from ringup.events import (
    ArgumentsDelta,
    Event,
    ExtraDelta,
    Finish,
    PartEnd,
    PartStart,
    SignatureDelta,
    Start,
    TextDelta,
    ThinkingDelta,
    Used,
    merge_extra,
)
from ringup.messages import Opaque, Part, Text, Thinking, ToolCall
from ringup.reading import Reading
from ringup.wire_tools import decode, excerpt
from ringup.wires.anthropic_messages._errors import read_error
from ringup.wires.anthropic_messages._parts import NAME, read_count, read_part
from ringup.wires.anthropic_messages._reply import NAMED, finish_reason, read_reply, read_usage

__all__ = ["Reader"]

_WORDS = frozenset({"text_delta", "thinking_delta", "input_json_delta"})


class _Delta(msgspec.Struct, gc=False):
    type: str = ""
    text: str | None = None
    partial_json: str | None = None
    thinking: str | None = None
    signature: str | None = None


class _Frame(msgspec.Struct, gc=False):
    type: str = ""
    index: int = -1
    delta: _Delta | None = None


_FRAME = msgspec.json.Decoder(_Frame)


class _Block:
    """A block that has begun: its opening, and what came since."""

    __slots__ = ("fields", "given", "opening", "pieces", "signature")

    def __init__(self, opening: Part, given: str) -> None:
        self.opening = opening
        self.given = given  # a tool's input, where the opening had it
        self.pieces: list[str] = []
        self.signature: list[str] = []
        self.fields: dict[str, Any] = dict(opening.data) if isinstance(opening, Opaque) else {}

    def grow(self, index: int, delta: _Delta) -> Event | None:
        """One of the usual deltas on the block that it belongs to; None for any other."""
        kind, part = delta.type, type(self.opening)
        if kind == "text_delta" and part is Text and delta.text is not None:
            self.pieces.append(delta.text)
            return TextDelta(index, delta.text)
        if kind == "input_json_delta" and part is ToolCall and delta.partial_json is not None:
            self.pieces.append(delta.partial_json)
            return ArgumentsDelta(index, delta.partial_json)
        if kind == "thinking_delta" and part is Thinking and delta.thinking is not None:
            self.pieces.append(delta.thinking)
            return ThinkingDelta(index, delta.thinking)
        if kind == "signature_delta" and part is Thinking and delta.signature is not None:
            self.signature.append(delta.signature)
            return SignatureDelta(index, delta.signature)
        return None

    def extend(self, index: int, delta: dict[str, Any]) -> Event | None:
        """Any other delta: citations, or fields that only this wire knows. A block kept whole grows in silence."""
        kind = _word(delta, "type")
        fields = {key: value for key, value in delta.items() if key != "type" and value is not None}
        if kind == "citations_delta":
            fields = {"citations": [fields.get("citation")]}
        if not fields:
            return None
        if not isinstance(self.opening, Opaque):
            if kind in _WORDS:
                raise ProtocolError(f"the stream has a {kind} for a block of another type, {index}")
            self.fields = merge_extra(self.fields, fields)
            return ExtraDelta(index, NAME, fields)
        self.pieces.append(str(fields.pop("partial_json", "")))
        for key, value in fields.items():
            self.fields[key] = _joined(self.fields.get(key), value)
        return None

    def whole(self) -> Part:
        """The block as a part."""
        part, text = self.opening, "".join(self.pieces)
        if isinstance(part, Opaque):
            return Opaque(part.wire, self.fields | ({"input": _input(text)} if text.strip() else {}))
        if self.fields:
            part = replace(part, extra={NAME: merge_extra(part.extra.get(NAME, {}), self.fields)})
        match part:
            case Text():
                return replace(part, text=text)
            case ToolCall():
                return replace(part, json=text)
            case Thinking(redacted=False):
                return replace(part, text=text, signature="".join(self.signature) or None)
        return part


def _joined(before: Any, value: Any) -> Any:
    """Strings and lists grow; anything else is replaced."""
    if isinstance(before, str) and isinstance(value, str):
        return before + value
    if isinstance(before, list) and isinstance(value, list):
        return [*before, *value]
    return value


def _input(text: str) -> Any:
    try:
        return decode(text)
    except ValueError:
        return {"INVALID_JSON": text}


class Reader(Reading):
    """Reads the stream of one answer. The `event:` lines aren't needed: the type in the data counts.

    Pings, comments and events of unknown types give nothing. A second message_start or content_block_start, and a
    stop of a block that isn't open, are ignored; a delta for a block that isn't open is a ProtocolError, because its
    words would be lost. Blocks that are still open at the end are ended. A stream that stops after a stop_reason
    without message_stop is whole (some compatible servers do that); one that stops before is cut. A body that is JSON
    instead of a stream is read as a whole answer, or as an error, in `close`. Nothing counts after Finish or Failed.
    """

    __slots__ = ("_blocks", "_ended", "_extra", "_started", "_stop", "_stopped", "_usage")
    _read_reply = staticmethod(read_reply)

    def __init__(self) -> None:
        super().__init__()
        self._started = False
        self._blocks: dict[int, _Block] = {}
        self._ended: set[int] = set()
        self._usage: dict[str, Any] = {}
        self._extra: dict[str, Any] = {}
        self._stop = Finish(None)
        self._stopped = False  # a stop_reason came

    def _end(self) -> None:
        if not self._stopped:
            raise StreamTruncatedError("the stream stopped before the answer was complete")
        self._finish(self._found)

    def _odd(self, body: bytes) -> None:
        raise _protocol_error("the answer isn't an event stream", excerpt(body), body.decode("utf-8", "replace"))

    # Events

    def _take(self, name: str, payload: bytes) -> None:
        found, data = self._found, payload
        try:
            frame = _FRAME.decode(data)
        except (ValueError, RecursionError):
            frame = None
        if frame is not None and frame.type == "content_block_delta" and frame.delta is not None:
            block = self._blocks.get(frame.index)
            event = block.grow(frame.index, frame.delta) if block else None
            if event is not None:
                found.append(event)
                return
        if data.strip() in (b"", b"[DONE]"):
            return
        self._dispatch(name, _object(data), data, found)

    def _dispatch(self, name: str, value: dict[str, Any], data: bytes, found: list[Event]) -> None:
        match value.get("type") or ("error" if "error" in value else name):
            case "content_block_delta":
                self._delta(_index(value), _part_of(value, "delta"), found)
            case "content_block_start":
                self._open(_index(value), _part_of(value, "content_block"), found)
            case "content_block_stop":
                self._end_block(_index(value), found)
            case "message_start":
                self._start(value.get("message"), found)
            case "message_delta":
                self._message_delta(value, found)
            case "message_stop":
                self._finish(found)
            case "error":
                raise read_error(200, {}, data)

    def _start(self, message: Any, found: list[Event]) -> None:
        if self._started or not isinstance(message, dict):
            return
        self._started = True
        found.append(Start(_word(message, "id"), _word(message, "model")))
        self._keep(message, NAMED)
        self._use(message.get("usage"), found)

    def _keep(self, holder: dict[str, Any], named: frozenset[str]) -> None:
        self._extra.update({key: value for key, value in holder.items() if key not in named and value is not None})

    def _use(self, usage: Any, found: list[Event]) -> None:
        """Counters are totals so far; one that isn't in the last usage keeps its value."""
        if isinstance(usage, dict):
            self._usage.update({key: value for key, value in usage.items() if value is not None})
            found.append(Used(read_usage(self._usage)))

    def _open(self, index: int, block: dict[str, Any], found: list[Event]) -> None:
        if index in self._blocks or index in self._ended:
            return
        part = read_part(block)
        opening: Part = part
        match part:
            case Text():
                opening = replace(part, text="")
            case Thinking(redacted=False):
                opening = replace(part, text="", signature=None)
            case ToolCall():
                opening = replace(part, json="")
        began = self._blocks[index] = _Block(opening, part.json if isinstance(part, ToolCall) else "")
        found.append(PartStart(index, opening))
        if isinstance(part, Text) and part.text:
            self._grow(began, index, _Delta("text_delta", text=part.text), found)
        if isinstance(part, Thinking) and not part.redacted:
            if part.text:
                self._grow(began, index, _Delta("thinking_delta", thinking=part.text), found)
            if part.signature:
                self._grow(began, index, _Delta("signature_delta", signature=part.signature), found)

    def _grow(self, block: _Block, index: int, delta: _Delta, found: list[Event]) -> bool:
        event = block.grow(index, delta)
        if event is not None:
            found.append(event)
        return event is not None

    def _delta(self, index: int, delta: dict[str, Any], found: list[Event]) -> None:
        block = self._blocks.get(index)
        if block is None:
            raise ProtocolError(f"the stream has a delta for block {index}, which isn't open")
        words: dict[str, Any] = {
            key: delta.get(key) for key in _Delta.__struct_fields__ if isinstance(delta.get(key), str)
        }
        if not self._grow(block, index, _Delta(**words), found) and (event := block.extend(index, delta)) is not None:
            found.append(event)

    def _end_block(self, index: int, found: list[Event]) -> None:
        block = self._blocks.pop(index, None)
        if block is None:
            return
        self._ended.add(index)
        if isinstance(block.opening, ToolCall) and not "".join(block.pieces).strip():
            self._grow(block, index, _Delta("input_json_delta", partial_json=block.given), found)
        found.append(PartEnd(index, block.whole()))

    def _message_delta(self, value: dict[str, Any], found: list[Event]) -> None:
        delta = value.get("delta")
        delta = delta if isinstance(delta, dict) else {}
        if word := _word(delta, "stop_reason"):
            self._stop = Finish(finish_reason(word), word, _word(delta, "stop_sequence"))
            self._stopped = True
        self._keep(delta, frozenset({"stop_reason", "stop_sequence"}))
        self._keep(value, frozenset({"type", "delta", "usage"}))
        self._use(value.get("usage"), found)

    def _finish(self, found: list[Event]) -> None:
        for index in sorted(self._blocks):
            self._end_block(index, found)
        found.append(replace(self._stop, extra=self._extra))
        self.done = True


def _protocol_error(message: str, shown: str, body: str | None = None) -> ProtocolError:
    return ProtocolError(message, quote=repr(shown), body=body)


def _object(data: bytes) -> dict[str, Any]:
    try:
        value = decode(data)
    except ValueError:
        raise _protocol_error("the stream has an event that isn't JSON", excerpt(data)) from None
    if not isinstance(value, dict):
        raise _protocol_error("the stream has an event that isn't a JSON object", excerpt(data))
    return value


def _index(value: dict[str, Any]) -> int:
    index = read_count(value.get("index"))
    if index is None:
        raise _protocol_error("the stream has an event without the index of its block", str(value)[:200])
    return index


def _part_of(value: dict[str, Any], key: str) -> dict[str, Any]:
    part = value.get(key)
    if not isinstance(part, dict):
        raise ProtocolError(f"the stream has a {value.get('type')} without its {key}")
    return part


def _word(holder: dict[str, Any], key: str) -> str | None:
    value = holder.get(key)
    return value if isinstance(value, str) else None
