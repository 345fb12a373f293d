"""The parts of a streamed answer while they grow, and the events that tell of it.

Words of one kind follow each other, so one such part grows at a time; tool calls may grow side by side. Every part
stays open to the end of the stream: no server says when a call is whole.
"""

from __future__ import annotations

from binascii import a2b_base64
from collections.abc import Hashable
from typing import Any, Literal

from msgspec.structs import replace

from ringup.events import (
    ArgumentsDelta,
    AudioDelta,
    Event,
    ExtraDelta,
    OpenPart,
    PartEnd,
    PartStart,
    RefusalDelta,
    SignatureDelta,
    TextDelta,
    ThinkingDelta,
)
from ringup.messages import Audio, Opaque, Part, Refusal, Text, Thinking, ToolCall
from ringup.wire_tools import decode, encode, filled, word
from ringup.wires.chat_completions._parts import (
    NAME,
    detail_rest,
    extra_of,
    own,
    read_block,
    read_detail,
    rest_of,
)

__all__ = ["Growing"]

_EMPTY_TEXT = Text("")
_EMPTY_REFUSAL = Refusal("")


class _Call:
    """A tool call: `index` is that of its part, None until its name came."""

    __slots__ = ("id", "index", "kind", "name", "pending")

    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self.kind: Literal["function", "custom"] = "function"
        self.index: int | None = None
        self.pending = ""


class Growing:
    """Feed it the pieces; it adds the events that they are to `found`."""

    __slots__ = ("_calls", "_found", "_index", "_kind", "_open", "_pieces", "_slots", "_sound", "refused")

    def __init__(self, found: list[Event]) -> None:
        self._found = found
        self._open: list[OpenPart] = []  # by index; none is ended before the end
        self._kind: Hashable = None  # what the part that grows now is: its words go on as long as this stays
        self._index = 0
        self._pieces: list[str] = []
        self._calls: list[_Call] = []
        self._slots: dict[int | str, _Call] = {}  # the call that the deltas of a wire's index belong to now
        self._sound = ""  # base64 that waits for the rest of its group of four
        self.refused = False

    @property
    def whole(self) -> bool:
        """Whether there is anything, and no tool call looks cut: for a stream that ends without saying why."""
        return bool(self._open) and all(call.kind == "custom" or self._is_json(call) for call in self._calls)

    def end(self) -> None:
        """All parts are whole."""
        for call in self._calls:
            if call.index is None:
                self._name(call, "", {})
        self._found.extend([PartEnd(index, part.whole()) for index, part in enumerate(self._open)])

    def _begin(self, kind: Hashable, part: Part) -> None:
        self._index = len(self._open)
        grown = OpenPart(part)
        self._open.append(grown)
        self._kind, self._pieces = kind, grown.text
        self._found.append(PartStart(self._index, part))

    # Words

    def text(self, text: str) -> None:
        """More of the answer's words."""
        if self._kind != "text":
            self._begin("text", _EMPTY_TEXT)
        self._pieces.append(text)
        self._found.append(TextDelta(self._index, text))

    def refusal(self, text: str) -> None:
        """More of a refusal."""
        self.refused = True
        if self._kind != "refusal":
            self._begin("refusal", _EMPTY_REFUSAL)
        self._pieces.append(text)
        self._found.append(RefusalDelta(self._index, text))

    def reasoning(self, field: str, text: str) -> None:
        """More reasoning, out of the message's field of that name."""
        if self._kind != field:
            self._begin(field, Thinking("", extra=extra_of({"field": field})))
        self._pieces.append(text)
        self._found.append(ThinkingDelta(self._index, text))

    def detail(self, detail: dict[str, Any]) -> None:
        """An item of reasoning_details, or more of the one before: they belong together by type and index."""
        part = read_detail(detail)
        if part.redacted:
            self._begin(None, part)
            return
        kind = ("detail", detail.get("type"), detail.get("index"))
        if self._kind != kind:
            self._begin(kind, replace(part, text="", signature=None))
        self._thought(part, {"detail": detail_rest(detail)})

    def block(self, block: Any) -> None:
        """An item of a content list (Mistral): words, thinking, or something that isn't modelled."""
        part = read_block(block)
        match part:
            case Text():
                if part.text:
                    self.text(part.text)
            case Refusal():
                self.refusal(part.text)
            case Thinking():
                if self._kind != "thinking":
                    self._begin("thinking", replace(part, text="", signature=None))
                self._thought(part, own(part.extra))
            case _:
                self._begin(None, part)

    def _thought(self, part: Thinking, fields: dict[str, Any]) -> None:
        grown = self._open[self._index]
        if part.text:
            self._pieces.append(part.text)
            self._found.append(ThinkingDelta(self._index, part.text))
        if part.signature:
            grown.signature.append(part.signature)
            self._found.append(SignatureDelta(self._index, part.signature))
        known = {**_own(grown.part), **grown.extra.get(NAME, {})}
        self._more(self._index, {key: _joined(known.get(key), value) for key, value in fields.items()})

    def _more(self, index: int, fields: dict[str, Any]) -> None:
        """Fields of a part that only this wire knows; those that say nothing new give no event."""
        grown = self._open[index]
        known = {**_own(grown.part), **grown.extra.get(NAME, {})}
        fresh = {key: value for key, value in fields.items() if key not in known or known[key] != value}
        if fresh:
            grown.extra[NAME] = {**grown.extra.get(NAME, {}), **fresh}
            self._found.append(ExtraDelta(index, NAME, fresh))

    def audio(self, audio: dict[str, Any]) -> None:
        """More sound, in base64 cut anywhere, and more of its words."""
        if self._kind != "audio":
            extra = extra_of(filled(audio, ("id", "data", "transcript")))
            self._begin("audio", Audio(id=word(audio.get("id")), extra=extra))
        self._sound += word(audio.get("data")) or ""
        whole = len(self._sound) // 4 * 4
        try:
            data, self._sound = a2b_base64(self._sound[:whole]), self._sound[whole:]
        except ValueError:
            data, self._sound = b"", ""
        words = word(audio.get("transcript")) or ""
        if data or words:
            self._open[self._index].data.append(data)
            self._pieces.append(words)
            self._found.append(AudioDelta(self._index, data, words))
        self._more(self._index, filled(audio, ("id", "data", "transcript")))

    # Tool calls

    def arguments(self, slot: int, text: str) -> bool:
        """More arguments of a call that has begun; False when there is none in that slot."""
        call = self._slots.get(slot)
        if call is None or call.index is None:
            return False
        self._open[call.index].text.append(text)
        self._found.append(ArgumentsDelta(call.index, text))
        return True

    def call(self, delta: dict[str, Any], position: int) -> None:
        """A piece of a tool call, or a whole one. `position` stands for an index that is missing."""
        kind: Literal["function", "custom"] = "custom" if delta.get("type") == "custom" else "function"
        held = delta.get(kind)
        inner: dict[str, Any] = held if isinstance(held, dict) else {}
        words = "input" if kind == "custom" else "arguments"
        given = inner.get(words)
        text = given if isinstance(given, str) else "" if given is None else encode(given).decode()
        name, call_id = word(inner.get("name")) or "", word(delta.get("id")) or ""
        index = delta.get("index")
        call = self._find(index if isinstance(index, int | str) else None, position, call_id, name, text)
        call.kind = kind if call.index is None else call.kind
        call.id = call.id or call_id
        extra = own(rest_of(delta, ("id", "type", "index", "function", "custom"), kind, ("name", words)))
        if call.index is None and name:
            self._name(call, name, extra)
        if call.index is None:
            call.pending += text
            return
        if extra:
            self._more(call.index, extra)
        if text:
            self._open[call.index].text.append(text)
            self._found.append(ArgumentsDelta(call.index, text))

    def old_call(self, delta: dict[str, Any]) -> None:
        """A piece of the deprecated function_call: it has no id, so its name stands for one."""
        name = word(delta.get("name"))
        self.call({"index": "function_call", "id": name, "function": delta, "field": "function_call"}, 0)

    def _name(self, call: _Call, name: str, extra: dict[str, Any]) -> None:
        """The name came, so the part can begin; arguments that came before it follow."""
        self._begin(None, ToolCall(call.id, name, "", call.kind, extra_of(extra)))
        call.name, call.index = name, self._index
        if call.pending:
            self._pieces.append(call.pending)
            self._found.append(ArgumentsDelta(self._index, call.pending))

    def _find(self, index: int | str | None, position: int, call_id: str, name: str, text: str) -> _Call:
        """The call that a delta belongs to. A new id is a new call, whatever its index."""
        if index is None and call_id:
            for call in self._calls:
                if call.id == call_id:
                    return call
        slot = position if index is None else index
        found = self._slots.get(slot)
        if found is None or self._is_another(found, index, call_id, name, text):
            found = self._slots[slot] = _Call()
            self._calls.append(found)
        return found

    def _is_another(self, call: _Call, index: int | str | None, call_id: str, name: str, text: str) -> bool:
        """Whether a delta begins a call of its own, in a slot that has one."""
        if call_id:
            return call_id != call.id if call.id else bool(name and call.name)
        if not name or not call.name or (call.id and index is not None):
            return False
        return (bool(text) or name != call.name) and self._is_json(call)  # no ids: a whole call, and another

    def _is_json(self, call: _Call) -> bool:
        text = call.pending if call.index is None else "".join(self._open[call.index].text)
        try:
            return isinstance(decode(text), dict)
        except ValueError:
            return False


def _own(part: Part) -> dict[str, Any]:
    return {} if isinstance(part, Opaque) else own(part.extra)


def _joined(old: Any, new: Any) -> Any:
    """A field of a part that comes in pieces: objects are put together, other values replaced."""
    return {**old, **new} if isinstance(old, dict) and isinstance(new, dict) else new
