"""The streamed answer of the Anthropic Messages API: events in, bytes out."""

from __future__ import annotations

from typing import Any

from ringup.events import (
    ArgumentsDelta,
    AudioDelta,
    Event,
    ExtraDelta,
    Failed,
    Finish,
    PartEnd,
    PartStart,
    RefusalDelta,
    SignatureDelta,
    Start,
    TextDelta,
    ThinkingDelta,
    Used,
)
from ringup.messages import Audio, Opaque, Part, Refusal, Request, Text, Thinking, ToolCall
from ringup.sse import encode as encode_event
from ringup.usage import Usage
from ringup.wire_tools import encode
from ringup.wires.anthropic_messages._errors import error_body
from ringup.wires.anthropic_messages._parts import NAME, own_extra
from ringup.wires.anthropic_messages._reply import stop_reason, write_block, write_usage

__all__ = ["Writer"]

_COUNTERS = frozenset(
    {"input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens", "output_tokens_details"}
)


class Writer:
    """Writes the stream of one answer.

    message_start needs the input's tokens: it goes out once both `Start` and a first `Used` were fed, or with the next
    event when no `Used` came; then its counters are null, and message_delta tells them. Blocks go out one after the
    other, numbered from 0: what belongs to a part that begins before another has ended waits for that end. Parts that
    this API's answers can't hold (a picture, another wire's block) are left out.
    """

    __slots__ = ("_blocks", "_early", "_ended", "_late", "_model", "_start", "_started", "_usage", "_waiting")

    def __init__(self, request: Request) -> None:
        self._model = request.model
        self._start: Start | None = None
        self._usage: Usage | None = None
        self._started = False
        self._early: dict[str, Any] = {}  # the usage that message_start told
        self._blocks: dict[int, int] = {}  # the index of a part: the number of its block
        self._waiting: dict[int, list[bytes]] = {}  # parts that have begun; only the first one's bytes go out
        self._ended: set[int] = set()
        self._late: set[int] = set()  # parts that go out in one go, at their end

    def feed(self, event: Event, choice: int = 0) -> bytes:
        """The bytes for one event. This API gives one answer to a request: further choices give nothing."""
        if choice:
            return b""
        match event:
            case Start():
                self._start = event
                return self._begin() if self._usage is not None else b""
            case Used():
                self._usage = event.usage
                return self._begin() if self._start is not None else b""
            case PartStart():
                return self._begin() + self._open(event.index, event.part)
            case PartEnd():
                return self._end(event.index, event.part)
            case Finish():
                return self._begin() + self._finish(event)
            case Failed():
                return _event("error", {key: item for key, item in error_body(event.error).items() if item is not None})
        return self._delta(event)

    def close(self) -> bytes:
        """Nothing: `Finish` wrote the end, and a stream without it is cut."""
        return b""

    def _begin(self) -> bytes:
        if self._started:
            return b""
        self._started = True
        start = self._start or Start()
        self._early = write_usage(self._usage or Usage())
        message: dict[str, Any] = {
            "id": start.id,
            "type": "message",
            "role": "assistant",
            "model": start.model or self._model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": self._early,
        }
        return _event("message_start", {"message": message})

    def _finish(self, finish: Finish) -> bytes:
        open_ones = [index for index in self._waiting if index not in self._late]
        left = b"".join([self._end(index, Text("")) for index in open_ones])
        usage = write_usage(self._usage or Usage())
        told = {key: item for key, item in usage.items() if key in _COUNTERS or self._early.get(key) != item}
        delta = {
            "stop_reason": stop_reason(finish.reason, finish.raw, finish.stop_sequence),
            "stop_sequence": finish.stop_sequence,
        }
        optional = {key: item for key, item in told.items() if item is not None or key == "output_tokens"}
        end = _event("message_delta", {"delta": delta | finish.extra, "usage": optional})
        return left + end + _event("message_stop", {})

    # Blocks

    def _open(self, index: int, part: Part) -> bytes:
        if index in self._blocks or (write_block(part) is None and not isinstance(part, Audio)):
            return b""
        first = not self._blocks
        self._blocks[index] = len(self._blocks)
        self._waiting[index] = []
        if isinstance(part, Opaque) or (isinstance(part, ToolCall) and part.kind == "custom"):
            self._late.add(index)
            return b""
        data = self._block_start(index, _opening(part)) + (_event("ping", {}) if first else b"")
        return self._put(index, data + self._first(index, part))

    def _block_start(self, index: int, block: dict[str, Any]) -> bytes:
        return _event("content_block_start", {"index": self._blocks[index], "content_block": block})

    def _block_delta(self, index: int, kind: str, **fields: Any) -> bytes:
        delta = {"type": kind, **fields}
        return _event("content_block_delta", {"index": self._blocks[index], "delta": delta})

    def _stop(self, index: int) -> bytes:
        return _event("content_block_stop", {"index": self._blocks[index]})

    def _first(self, index: int, part: Part) -> bytes:
        """What a part holds already as it begins."""
        match part:
            case Text(text=text) | Refusal(text=text) if text:
                return self._block_delta(index, "text_delta", text=text)
            case Thinking(redacted=False, text=text) if text:
                return self._block_delta(index, "thinking_delta", thinking=text)
            case ToolCall(json=json) if json:
                return self._block_delta(index, "input_json_delta", partial_json=json)
        return b""

    def _delta(self, event: Event) -> bytes:
        index = getattr(event, "index", -1)
        if index not in self._waiting or index in self._late:
            return b""
        match event:
            case TextDelta(text=text) | RefusalDelta(text=text) | AudioDelta(transcript=text):
                return self._put(index, self._block_delta(index, "text_delta", text=text)) if text else b""
            case ThinkingDelta():
                return self._put(index, self._block_delta(index, "thinking_delta", thinking=event.text))
            case SignatureDelta():
                return self._put(index, self._block_delta(index, "signature_delta", signature=event.signature))
            case ArgumentsDelta():
                return self._put(index, self._block_delta(index, "input_json_delta", partial_json=event.json))
            case ExtraDelta(wire=wire, fields={"citations": list(cited)}) if wire == NAME:
                deltas = [self._block_delta(index, "citations_delta", citation=citation) for citation in cited]
                return self._put(index, b"".join(deltas))
        return b""

    def _end(self, index: int, part: Part) -> bytes:
        if index not in self._waiting or index in self._ended:
            return b""
        self._ended.add(index)
        return self._put(index, (self._whole(index, part) if index in self._late else b"") + self._stop(index))

    def _whole(self, index: int, part: Part) -> bytes:
        """A block in one go; a tool's input follows its opening, as the API does it."""
        block = write_block(part) or {}
        if not str(block.get("type")).endswith("tool_use"):
            return self._block_start(index, block)
        given = encode(block.get("input", {})).decode()
        delta = self._block_delta(index, "input_json_delta", partial_json=given)
        return self._block_start(index, block | {"input": {}}) + delta

    def _put(self, index: int, data: bytes) -> bytes:
        """Bytes of a part: out, when its turn has come, with all that its end lets through."""
        self._waiting[index].append(data)
        out: list[bytes] = []
        while self._waiting:
            first = next(iter(self._waiting))
            out += self._waiting[first]
            if first not in self._ended:
                self._waiting[first] = []
                break
            del self._waiting[first]
        return b"".join(out)


def _opening(part: Part) -> dict[str, Any]:
    match part:
        case ToolCall():
            return {"type": "tool_use", "id": part.id, "name": part.name, "input": {}} | own_extra(part)
        case Thinking(redacted=False):
            return {"type": "thinking", "thinking": "", "signature": ""} | own_extra(part)
        case Thinking():
            return write_block(part) or {}
    return {"type": "text", "text": ""} | own_extra(part)


def _event(kind: str, fields: dict[str, Any]) -> bytes:
    return encode_event(encode({"type": kind} | fields), kind)
