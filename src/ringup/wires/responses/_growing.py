"""The items of a streamed answer while they grow, and the events that tell of it.

Every event names its item by `output_index`, and by `item_id`; compatible servers leave out either, or give an item
another id in each event, so the index counts first, then the id, then the item that began last. An item is whole when
the server sends it whole (`response.output_item.done`, or the last response): what its pieces lacked follows then.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from ringup.events import (
    ArgumentsDelta,
    Event,
    ExtraDelta,
    OpenPart,
    PartEnd,
    PartStart,
    RefusalDelta,
    SignatureDelta,
    TextDelta,
    ThinkingDelta,
    merge_extra,
)
from ringup.messages import Opaque, Part, Refusal, Text, Thinking, ToolCall
from ringup.wires.responses._parts import (
    CALLS,
    GAP,
    NAME,
    extra_of,
    kind_of,
    message_fields,
    own,
    read_content,
    read_item,
    read_thinking,
)

__all__ = ["Growing"]

Fields = dict[str, Any]
_MOST_GAPS = 100
"""Pieces of reasoning that may be skipped as empty: a server that counts anyhow doesn't fill our memory with gaps."""
_Grows = Text | Refusal | Thinking | ToolCall


class _Item:
    """An item that has begun. `parts` holds the index of each of its parts, by the place in its content."""

    __slots__ = ("ended", "field", "fields", "kind", "parts", "piece")

    def __init__(self, kind: str, fields: Fields) -> None:
        self.kind = kind
        self.fields = fields
        self.parts: dict[int, int] = {}
        self.ended = False
        self.field = ""  # where a reasoning item's words come from, once any came
        self.piece = 0  # which piece of them grows


class Growing:
    """Feed it the stream's events about items; it adds ours to `found`."""

    __slots__ = ("_found", "_ids", "_items", "_last", "_open", "_parts")

    def __init__(self, found: list[Event]) -> None:
        self._found = found
        self._items: dict[int, _Item] = {}  # by output_index
        self._ids: dict[str, _Item] = {}
        self._last: _Item | None = None
        self._open: dict[int, OpenPart] = {}  # parts that have begun and not ended, by their index
        self._parts: list[Part] = []  # what each part began as, and in the end is

    @property
    def parts(self) -> list[Part]:
        """The parts so far."""
        return self._parts

    # Which item is meant

    def _find(self, event: Fields) -> _Item | None:
        at = event.get("output_index")
        if isinstance(at, int):
            return self._items.get(at)
        return self._ids.get(_text(event.get("item_id"))) or self._last

    def _enter(self, event: Fields, kind: str, fields: Fields) -> _Item:
        """A new item. Without an index it is the next one."""
        at = event.get("output_index")
        if not isinstance(at, int) or at in self._items:
            at = max(self._items, default=-1) + 1
        item = self._last = self._items[at] = _Item(kind, fields)
        if name := _text(fields.get("id") or event.get("item_id")):
            self._ids[name] = item
        return item

    def _find_message(self, event: Fields) -> _Item:
        """The message that words belong to; a new one when it was never told of."""
        item = self._find(event)
        return item if item and item.kind == "message" else self._enter(event, "message", {})

    # Beginnings

    def begin(self, event: Fields) -> None:
        """An item begins (`response.output_item.added`). A second time it says nothing new."""
        given = event.get("item")
        if not isinstance(given, dict) or self._known(event, given):
            return
        kind = kind_of(given)
        if kind == "message":
            fields = message_fields(given)
            fields.pop("status", None)  # it isn't the final one
            self._enter(event, kind, fields)
            return
        item = self._enter(event, kind, given)
        part = read_item(given)[0]
        if isinstance(part, Thinking):  # words and seal may be partial here
            part = read_thinking({key: value for key, value in given.items() if key in ("type", "id")})
        if isinstance(part, ToolCall):
            fields = {key: value for key, value in own(part.extra).items() if key != "status"}
            text, part = part.json, replace(part, json="", extra=extra_of(fields))
            self._start(item, 0, part)
            self._grow(item.parts[0], text)
        else:
            self._start(item, 0, part)

    def _known(self, event: Fields, given: Fields) -> bool:
        at = event.get("output_index")
        return at in self._items if isinstance(at, int) else _text(given.get("id")) in self._ids

    def content(self, event: Fields) -> None:
        """A piece of a message's content begins (`response.content_part.added`)."""
        item = self._find(event)
        if item is not None and item.kind == "message" and isinstance(event.get("part"), dict):
            self._content(item, _place(event, "content_index"), event["part"])

    def _content(self, item: _Item, place: int, block: Fields) -> int:
        """The index of the part for a place in a message's content; it begins, if it hasn't."""
        if place not in item.parts and not item.ended:
            part = read_content(block, item.fields, bool(item.parts))
            words = part.text if isinstance(part, (Text, Refusal)) else ""
            self._start(item, place, replace(part, text="") if isinstance(part, (Text, Refusal)) else part)
            self._grow(item.parts[place], words)
        return item.parts.get(place, -1)

    def _start(self, item: _Item, place: int, part: Part) -> None:
        index = item.parts[place] = len(self._parts)
        self._parts.append(part)
        self._open[index] = OpenPart(part)
        self._found.append(PartStart(index, part))

    # Growth

    def slot(self, output_index: int, content_index: int) -> tuple[int, list[str]] | None:
        """The index of an open Text, and where its pieces gather: for the stream's most common event."""
        item = self._items.get(output_index)
        grown = self._open.get(item.parts.get(content_index, -1)) if item else None
        if item is None or grown is None or not isinstance(grown.part, Text):
            return None
        return item.parts[content_index], grown.text

    def _grow(self, index: int, text: str) -> None:
        """More words of a part, whatever it is."""
        grown = self._open.get(index)
        if grown is None or not text:
            return
        grown.text.append(text)
        match grown.part:
            case Text():
                self._found.append(TextDelta(index, text))
            case Refusal():
                self._found.append(RefusalDelta(index, text))
            case ToolCall():
                self._found.append(ArgumentsDelta(index, text))
            case Thinking():
                self._found.append(ThinkingDelta(index, text))

    def words(self, event: Fields) -> None:
        """More of a message (`response.output_text.delta`, `response.refusal.delta`)."""
        refusal = event.get("type") == "response.refusal.delta"
        block = {"type": "refusal", "refusal": ""} if refusal else {"type": "output_text", "text": ""}
        index = self._content(self._find_message(event), _place(event, "content_index"), block)
        self._grow(index, _text(event.get("delta")))
        logprobs = event.get("logprobs")
        if logprobs and isinstance(logprobs, list):
            self._more(index, {"logprobs": logprobs})

    def annotation(self, event: Fields) -> None:
        """A citation in a text (`response.output_text.annotation.added`)."""
        item = self._find(event)
        index = item.parts.get(_place(event, "content_index"), -1) if item else -1
        if event.get("annotation") is not None:
            self._more(index, {"annotations": [event["annotation"]]})

    def arguments(self, event: Fields) -> None:
        """More of a call (`response.function_call_arguments.delta`, `response.custom_tool_call_input.delta`).

        A call that was never told of has no name yet: it begins when it comes whole.
        """
        item = self._find(event)
        if item is not None and item.kind in CALLS:
            self._grow(item.parts[0], _text(event.get("delta")))

    def thought(self, event: Fields) -> None:
        """More reasoning: of the summary (`response.reasoning_summary_text.delta`), or of the content itself
        (`response.reasoning_text.delta`, open models). Of the two, the first that comes is followed.
        """
        field, place = ("summary", "summary_index") if "summary_index" in event else ("content", "content_index")
        item = self._find(event)
        if item is None:
            item = self._enter(event, "reasoning", {})
            self._start(item, 0, read_thinking({}))
        if item.kind != "reasoning" or (item.field or field) != field:
            return
        if not item.field and field == "content":
            self._more(item.parts[0], {"field": field})
        item.field = field
        piece = _place(event, place)
        gaps, item.piece = max(piece - item.piece, 0), max(piece, item.piece)
        self._grow(item.parts[0], GAP * min(gaps, _MOST_GAPS))
        self._grow(item.parts[0], _text(event.get("delta")))

    def _more(self, index: int, fields: Fields) -> None:
        """Fields of a part that only this wire knows."""
        grown = self._open.get(index)
        if grown is not None and fields:
            grown.extra[NAME] = merge_extra(grown.extra.get(NAME, {}), fields)
            self._found.append(ExtraDelta(index, NAME, fields))

    # Ends

    def end(self, event: Fields) -> None:
        """An item is whole (`response.output_item.done`)."""
        given = event.get("item")
        if isinstance(given, dict):
            item = self._find({"output_index": event.get("output_index"), "item_id": given.get("id")})
            if item is None or item.kind != kind_of(given):
                item = self._enter(
                    event, kind_of(given), message_fields(given) if kind_of(given) == "message" else given
                )
            self._finish(item, given)

    def end_all(self, output: Any) -> None:
        """The answer is whole, and this is its output: items that it has and the stream hadn't are added."""
        for at, given in enumerate(output if isinstance(output, list) else []):
            if not isinstance(given, dict):
                continue
            item = self._ids.get(_text(given.get("id"))) or self._items.get(at)
            if item is None or item.kind != kind_of(given):
                self.end({"output_index": at, "item": given})
            else:
                self._finish(item, given)
        for item in self._items.values():
            self._finish(item, None)

    def _finish(self, item: _Item, given: Fields | None) -> None:
        if item.ended:
            return
        whole = self._whole(item, given) if given is not None else []
        for place, part in enumerate(whole):
            if place not in item.parts:
                self._start(item, place, _opening(part))
            self._close(item.parts[place], part)
        for index in item.parts.values():
            if index in self._open:
                self._close(index, self._open[index].whole())
        item.ended = True

    def _whole(self, item: _Item, given: Fields) -> list[Part]:
        if item.kind == "reasoning":
            return [read_thinking(given, item.field)]
        whole = read_item(given)
        if item.kind == "message" and item.parts and isinstance(whole[0], Opaque) and whole[0].data is given:
            return []  # the whole item came without its content
        return whole

    def _close(self, index: int, whole: Part) -> None:
        """A part is whole: what its pieces lacked, and its end."""
        before = self._open[index].whole()
        if isinstance(before, _Grows) and isinstance(whole, _Grows) and type(before) is type(whole):
            whole = self._complete(index, before, whole)
        del self._open[index]
        self._parts[index] = whole
        self._found.append(PartEnd(index, whole))

    def _complete(self, index: int, before: _Grows, whole: _Grows) -> Part:
        """Tell what a part lacks; keep what only its pieces had."""
        had, has = _words(before), _words(whole)
        if has.startswith(had):
            self._grow(index, has[len(had) :])
        elif not has:
            whole = replace(whole, json=had) if isinstance(whole, ToolCall) else replace(whole, text=had)
        if isinstance(whole, Thinking) and whole.signature:
            self._found.append(SignatureDelta(index, whole.signature))
        known = own(before.extra)
        self._more(index, _fresh(known, own(whole.extra)))
        return replace(whole, extra=extra_of(known | own(whole.extra)))


def _opening(part: Part) -> Part:
    """A part before any of its words came."""
    match part:
        case Text() | Refusal():
            return replace(part, text="")
        case Thinking():
            return replace(part, text="", signature=None)
        case ToolCall():
            return replace(part, json="")
    return part


def _words(part: _Grows) -> str:
    return part.json if isinstance(part, ToolCall) else part.text


def _fresh(known: Fields, fields: Fields) -> Fields:
    """The fields that say something new; of lists, which grow, what is new at their end."""
    fresh = {}
    for key, value in fields.items():
        old = known.get(key)
        if value == old:
            continue
        grows = isinstance(old, list) and isinstance(value, list) and value[: len(old)] == old
        fresh[key] = value[len(old) :] if grows and isinstance(old, list) else value
    return fresh


def _place(event: Fields, name: str) -> int:
    place = event.get(name)
    return place if isinstance(place, int) and place >= 0 else 0


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
