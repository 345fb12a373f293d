"""The events of a streamed answer, and how they fold into a Reply.

Each part of the answer has an index: it starts (with an empty part of its kind), grows by deltas, and ends (with the
whole part). Usage may come at any time, the last one counts. The last event is `Finish`, or `Failed` when the stream
broke: then what was handed out is all there is. With tools several answers follow one another, each with its own
`Start` and indexes, and between them come the events of the tools.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ringup.errors import APIError
from ringup.messages import Audio, Extra, Message, Opaque, Part, Refusal, Text, Thinking, ToolCall, ToolResult
from ringup.reply import FinishReason, Notice, Reply
from ringup.usage import Usage

__all__ = [
    "ArgumentsDelta",
    "AudioDelta",
    "Event",
    "ExtraDelta",
    "Failed",
    "Finish",
    "Fold",
    "Noticed",
    "OpenPart",
    "PartEnd",
    "PartStart",
    "RefusalDelta",
    "SignatureDelta",
    "Start",
    "TextDelta",
    "ThinkingDelta",
    "ToolEnded",
    "ToolStarted",
    "Used",
    "merge_extra",
    "replay",
]


class Start(Struct, frozen=True, omit_defaults=True, tag="start"):
    """The answer begins: its id, the model that gives it, and when the provider says it was made (Unix seconds)."""

    id: str | None = None
    model: str | None = None
    created: int | None = None


class PartStart(Struct, frozen=True, tag="part_start"):
    """A part begins. `part` is empty, or holds what is known of it already (a tool call's id and name)."""

    index: int
    part: Part


class TextDelta(Struct, frozen=True, tag="text"):
    """More words of a Text part."""

    index: int
    text: str


class ThinkingDelta(Struct, frozen=True, tag="thinking"):
    """More words of a Thinking part."""

    index: int
    text: str


class SignatureDelta(Struct, frozen=True, tag="signature"):
    """The signature of a Thinking part, or a piece of it."""

    index: int
    signature: str


class ArgumentsDelta(Struct, frozen=True, tag="arguments"):
    """More of the JSON text (or free text) of a ToolCall."""

    index: int
    json: str


class RefusalDelta(Struct, frozen=True, tag="refusal"):
    """More words of a Refusal."""

    index: int
    text: str


class AudioDelta(Struct, frozen=True, omit_defaults=True, tag="audio"):
    """More sound, more of its transcript, or both."""

    index: int
    data: bytes = b""
    transcript: str = ""


class ExtraDelta(Struct, frozen=True, tag="extra"):
    """Fields of a part that only its wire knows (citations, say): lists grow, other values are replaced."""

    index: int
    wire: str
    fields: dict[str, Any]


class PartEnd(Struct, frozen=True, tag="part_end"):
    """A part is whole."""

    index: int
    part: Part


class Used(Struct, frozen=True, tag="usage"):
    """What the call used so far; cumulative, so the last one counts."""

    usage: Usage


class Noticed(Struct, frozen=True, tag="notice"):
    """Something about how the call travelled."""

    notice: Notice


class Finish(Struct, frozen=True, omit_defaults=True, tag="finish"):
    """The answer is complete. `extra` has top-level fields of the answer that have no name here.

    `message_extra` has those of the message as a whole: they become its `extra`.
    """

    reason: FinishReason | None
    raw: str | None = None
    stop_sequence: str | None = None
    extra: dict[str, Any] = {}
    message_extra: Extra = {}


class ToolStarted(Struct, frozen=True, tag="tool_started"):
    """A tool begins to run: after the call's answer, and before the next call."""

    call: ToolCall


class ToolEnded(Struct, frozen=True, tag="tool_ended"):
    """A tool has run, or was denied, or its arguments didn't fit: this is what the model is told."""

    call: ToolCall
    result: ToolResult


class Failed(Struct, frozen=True, tag="failed"):
    """The stream broke, with this error. Nothing follows."""

    error: APIError


Event = (
    Start
    | PartStart
    | TextDelta
    | ThinkingDelta
    | SignatureDelta
    | ArgumentsDelta
    | RefusalDelta
    | AudioDelta
    | ExtraDelta
    | PartEnd
    | Used
    | Noticed
    | Finish
    | Failed
    | ToolStarted
    | ToolEnded
)


def merge_extra(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """`old` with the fields of `new`: lists grow, other values are replaced."""
    merged = dict(old)
    for key, value in new.items():
        before = merged.get(key)
        merged[key] = [*before, *value] if isinstance(before, list) and isinstance(value, list) else value
    return merged


class OpenPart:
    """A part that has begun and not ended: the opening, and the pieces since."""

    __slots__ = ("data", "extra", "part", "signature", "text")

    def __init__(self, part: Part) -> None:
        self.part = part
        self.text: list[str] = []
        self.signature: list[str] = []
        self.data: list[bytes] = []
        self.extra: dict[str, dict[str, Any]] = {}

    def whole(self) -> Part:
        """The part as far as it came."""
        part, text = self.part, "".join(self.text)
        if self.extra and not isinstance(part, Opaque):
            extra = dict(part.extra)
            for wire, fields in self.extra.items():
                extra[wire] = merge_extra(extra.get(wire, {}), fields)
            part = replace(part, extra=extra)
        match part:
            case Text() | Refusal():
                return replace(part, text=part.text + text) if text else part
            case Thinking():
                signature = (part.signature or "") + "".join(self.signature)
                return replace(part, text=part.text + text, signature=signature or None)
            case ToolCall():
                return replace(part, json=part.json + text)
            case Audio() if text or self.data:
                data = (part.data or b"") + b"".join(self.data)
                return replace(part, data=data or None, transcript=(part.transcript or "") + text or None)
        return part


_UNSAID, _UNKNOWN = Start(), Usage()


class Fold:
    """Events in, a Reply out: at the end the whole one, before it what came so far.

    The whole parts are those that `PartEnd` brings; parts still open are put together from their deltas.
    """

    __slots__ = ("_finish", "_notices", "_open", "_parts", "_start", "_usage")

    def __init__(self) -> None:
        self._start = _UNSAID
        self._parts: dict[int, Part] = {}
        self._open: dict[int, OpenPart] = {}
        self._usage = _UNKNOWN
        self._notices: list[Notice] = []
        self._finish: Finish | None = None

    def feed(self, event: Event) -> None:
        """Take one event."""
        match event:
            case TextDelta() | ThinkingDelta() | RefusalDelta():
                self._open[event.index].text.append(event.text)
            case ArgumentsDelta():
                self._open[event.index].text.append(event.json)
            case PartStart():
                self._open[event.index] = OpenPart(event.part)
            case PartEnd():
                self._open.pop(event.index, None)
                self._parts[event.index] = event.part
            case SignatureDelta():
                self._open[event.index].signature.append(event.signature)
            case AudioDelta():
                self._open[event.index].data.append(event.data)
                self._open[event.index].text.append(event.transcript)
            case ExtraDelta():
                extra = self._open[event.index].extra
                extra[event.wire] = merge_extra(extra.get(event.wire, {}), event.fields)
            case Used():
                self._usage = event.usage
            case Start():
                self._start = event
            case Noticed():
                self._notices.append(event.notice)
            case Finish():
                self._finish = event

    @property
    def finished(self) -> bool:
        """Whether the answer is complete."""
        return self._finish is not None

    def reply(self) -> Reply:
        """The answer as far as it came; `finish_reason` is None until it is complete."""
        parts = self._parts | {index: part.whole() for index, part in self._open.items()}
        finish = self._finish or Finish(None)
        return Reply(
            message=Message("assistant", tuple(parts[index] for index in sorted(parts)), extra=finish.message_extra),
            finish_reason=finish.reason,
            raw_finish_reason=finish.raw,
            stop_sequence=finish.stop_sequence,
            usage=self._usage,
            id=self._start.id,
            model=self._start.model,
            created=self._start.created,
            notices=tuple(self._notices),
            extra=finish.extra,
        )


def replay(reply: Reply, piece: int = 0) -> list[Event]:
    """A whole reply as the events of a stream; `piece` cuts words into deltas of that many characters (0: don't)."""
    events: list[Event] = [Start(reply.id, reply.model, reply.created)]
    for index, part in enumerate(reply.message.parts):
        events.extend(_replay_part(index, part, piece))
    events.append(Used(reply.usage))
    reason, raw = reply.finish_reason, reply.raw_finish_reason
    events.append(Finish(reason, raw, reply.stop_sequence, reply.extra, reply.message.extra))
    return events


def _replay_part(index: int, part: Part, piece: int) -> list[Event]:
    match part:
        case Text():
            deltas: list[Event] = [TextDelta(index, text) for text in _cut(part.text, piece)]
            return [PartStart(index, replace(part, text="")), *deltas, PartEnd(index, part)]
        case Refusal():
            deltas = [RefusalDelta(index, text) for text in _cut(part.text, piece)]
            return [PartStart(index, replace(part, text="")), *deltas, PartEnd(index, part)]
        case Thinking(redacted=False):
            deltas = [ThinkingDelta(index, text) for text in _cut(part.text, piece)]
            if part.signature is not None:
                deltas.append(SignatureDelta(index, part.signature))
            return [PartStart(index, replace(part, text="", signature=None)), *deltas, PartEnd(index, part)]
        case ToolCall():
            deltas = [ArgumentsDelta(index, json) for json in _cut(part.json, piece)]
            return [PartStart(index, replace(part, json="")), *deltas, PartEnd(index, part)]
    return [PartStart(index, part), PartEnd(index, part)]


def _cut(text: str, piece: int) -> list[str]:
    if not text:
        return []
    return [text[at : at + piece] for at in range(0, len(text), piece)] if piece > 0 else [text]
