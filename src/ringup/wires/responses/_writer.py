"""The stream of the Responses API, written: events to those that OpenAI sends, in its order."""

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
    Start,
    TextDelta,
    ThinkingDelta,
    Used,
)
from ringup.messages import Audio, Opaque, Part, Refusal, Request, Text, Thinking, ToolCall
from ringup.sse import encode as encode_event
from ringup.usage import Usage
from ringup.wire_tools import encode
from ringup.wires.responses._errors import flat_error
from ringup.wires.responses._parts import (
    CALLS,
    NAME,
    belongs,
    content_block,
    group_fields,
    is_content,
    own,
    words_block,
)
from ringup.wires.responses._reply import (
    answerable,
    echo,
    fresh_id,
    output_item,
    response_body,
    status_of,
)

__all__ = ["Writer"]

Fields = dict[str, Any]


class _Item:
    """An item as it is written: its place in the output, its id, and its parts by their place in it."""

    __slots__ = ("at", "closed", "done", "id", "open", "parts", "told")

    def __init__(self, at: int, id: str, part: Part) -> None:
        self.at = at
        self.id = id
        self.parts: list[Part] = [part]
        self.open = 1  # how many of its parts haven't ended
        self.closed = not is_content(part)  # no further part can join it
        self.told = False  # a reasoning item's words have begun
        self.done: Fields | None = None


class Writer:
    """Writes one stream as OpenAI does, without its random padding (`obfuscation`) and its text's log probabilities.

    Every event has a `sequence_number`, and names its item by `output_index` and `item_id`; an item without an id gets
    one that follows from the response's. An item that ends while a further part may still join it is told whole with
    the next item, or at the end. An error becomes an `error` event, flat as the API's types have it, or with `nested`
    as some servers send it; nothing follows it. There is no [DONE].
    """

    __slots__ = ("_echo", "_head", "_items", "_nested", "_number", "_parts", "_started", "_usage")

    def __init__(self, request: Request, nested: bool = False) -> None:
        self._echo = echo(request)
        self._head: tuple[str | None, int | None, str | None] = (None, None, request.model)
        self._number = 0
        self._items: list[_Item] = []
        self._parts: dict[int, tuple[_Item, int]] = {}  # the item of each of the events' parts, and the place in it
        self._started = False
        self._usage = Usage()
        self._nested = nested

    def feed(self, event: Event, choice: int = 0) -> bytes:
        """The bytes for one event; may be empty. This API gives one answer to a request: `choice` is 0."""
        if choice:
            return b""
        match event:
            case Start():
                self._head = (event.id, event.created, event.model or self._head[2])
                return self._begin()
            case Used():
                self._usage = event.usage
                return b""
            case PartStart():
                return self._begin() + self._open(event.index, event.part)
            case PartEnd():
                return self._end(event.index, event.part)
            case Finish():
                return self._begin() + self._finish(event)
            case Failed():
                return self._error(event)
        return self._delta(event)

    def close(self) -> bytes:
        """Nothing: the last event ended the stream."""
        return b""

    def _event(self, kind: str, **fields: Any) -> bytes:
        data = {"type": kind, "sequence_number": self._number, **fields}
        self._number += 1
        return encode_event(encode(data), kind)

    # The response

    def _begin(self) -> bytes:
        if self._started:
            return b""
        self._started = True
        body = response_body(self._head, self._echo)
        first = body | {"status": "queued"} if self._echo.get("background") else body
        opening = self._event("response.created", response=first)
        if self._echo.get("background"):
            opening += self._event("response.queued", response=first)
        return opening + self._event("response.in_progress", response=body)

    def _finish(self, finish: Finish) -> bytes:
        parts = [part for item in self._items for part in item.parts]
        status, reason = status_of(finish.reason, finish.raw, parts)
        left = b"".join(
            [self._whole(item, "incomplete" if status == "incomplete" else "completed") for item in self._items]
        )
        output = [item.done for item in self._items]
        body = response_body(
            self._head, self._echo | finish.extra, status=status, reason=reason, output=output, usage=self._usage
        )
        kind = status if status in ("incomplete", "failed") else "completed"
        return left + self._event(f"response.{kind}", response=body)

    def _error(self, event: Failed) -> bytes:
        error = flat_error(event.error)
        if self._nested:
            return self._event("error", error={"type": event.error.type, **error})
        return self._event("error", **error)

    # Items

    def _open(self, index: int, part: Part) -> bytes:
        """A part begins: inside the message item before it, or with an item of its own."""
        last = self._items[-1] if self._items else None
        found = answerable(Text("") if isinstance(part, Audio) else part)
        if found is None:
            return b""
        if last is not None and not last.closed and is_content(found) and belongs(found, last.parts):
            last.parts.append(found)
            last.open += 1
            self._parts[index] = (last, len(last.parts) - 1)
            return self._content_added(last, found)
        before = b""
        if last is not None and not last.closed:
            last.closed = True
            before = self._whole(last) if not last.open else b""
        item = _Item(len(self._items), _id(found) or fresh_id(self._head[0], [found], len(self._items)), found)
        self._items.append(item)
        self._parts[index] = (item, 0)
        return before + self._added(item, found)

    def _added(self, item: _Item, part: Part) -> bytes:
        match part:
            case ToolCall():
                opening = output_item([part], item.id, "in_progress")
                opening[CALLS[opening["type"]]] = ""
                added = self._event("response.output_item.added", output_index=item.at, item=opening)
                return added + self._words(item, 0, part.json)
            case Thinking():
                opening = {"id": item.id, "type": "reasoning", "summary": []}
                added = self._event("response.output_item.added", output_index=item.at, item=opening)
                return added + self._words(item, 0, part.text)
            case Opaque() if not is_content(part):
                return self._event("response.output_item.added", output_index=item.at, item=part.data)
        fields = {key: value for key, value in group_fields([part]).items() if key != "status"}
        head = {"id": item.id, "type": "message", "status": "in_progress", "role": "assistant", "content": []}
        opening = {**head, **fields}
        return self._event("response.output_item.added", output_index=item.at, item=opening) + self._content_added(
            item, part
        )

    def _content_added(self, item: _Item, part: Part) -> bytes:
        place = len(item.parts) - 1
        block = content_block(part)
        words = part.text if isinstance(part, (Text, Refusal)) else ""
        if words:
            block["text" if isinstance(part, Text) else "refusal"] = ""
        return self._about("content_part.added", item, content_index=place, part=block) + self._words(
            item, place, words
        )

    def _about(self, kind: str, item: _Item, **fields: Any) -> bytes:
        return self._event(f"response.{kind}", item_id=item.id, output_index=item.at, **fields)

    # Growth

    def _delta(self, event: Event) -> bytes:
        item, place = self._parts.get(getattr(event, "index", -1), (None, 0))
        if item is None:
            return b""
        match event:
            case TextDelta(text=words) | RefusalDelta(text=words) | ThinkingDelta(text=words):
                return self._words(item, place, words)
            case ArgumentsDelta(json=words) | AudioDelta(transcript=words):
                return self._words(item, place, words)
            case ExtraDelta(wire=wire) if wire == NAME:
                return self._more(item, place, event.fields)
        return b""

    def _words(self, item: _Item, place: int, words: str) -> bytes:
        """More words of a part; none give no event."""
        part = item.parts[place]
        if not words:
            return b""
        match part:
            case Text():
                return self._about("output_text.delta", item, content_index=place, delta=words, logprobs=[])
            case Refusal():
                return self._about("refusal.delta", item, content_index=place, delta=words)
            case ToolCall(kind="custom"):
                return self._about("custom_tool_call_input.delta", item, delta=words)
            case ToolCall():
                return self._about("function_call_arguments.delta", item, delta=words)
            case Thinking() if _from_content(part):
                return self._about("reasoning_text.delta", item, content_index=0, delta=words)
            case Thinking():
                return self._piece(item) + self._about(
                    "reasoning_summary_text.delta", item, summary_index=0, delta=words
                )
        return b""

    def _piece(self, item: _Item) -> bytes:
        """A reasoning summary begins with its first words."""
        if item.told:
            return b""
        item.told = True
        piece = {"type": "summary_text", "text": ""}
        return self._about("reasoning_summary_part.added", item, summary_index=0, part=piece)

    def _more(self, item: _Item, place: int, fields: Fields) -> bytes:
        """Fields that only this wire knows: where reasoning stands, and citations. The rest comes with the whole."""
        part = item.parts[place]
        if isinstance(part, Thinking) and "field" in fields:
            item.parts[place] = Thinking(part.text, extra={NAME: {**own(part.extra), "field": fields["field"]}})
        cited = fields.get("annotations")
        if not isinstance(part, Text) or not isinstance(cited, list):
            return b""
        before = len(own(part.extra).get("annotations", ()))
        noted = {**own(part.extra), "annotations": [*own(part.extra).get("annotations", ()), *cited]}
        item.parts[place] = Text(part.text, {NAME: noted})
        events = [
            self._about(
                "output_text.annotation.added",
                item,
                content_index=place,
                annotation_index=before + number,
                annotation=annotation,
            )
            for number, annotation in enumerate(cited)
        ]
        return b"".join(events)

    # Ends

    def _end(self, index: int, part: Part) -> bytes:
        item, place = self._parts.pop(index, (None, 0))
        found = answerable(part)
        if item is None or item.done is not None:
            return b""
        item.parts[place] = found if found is not None else Text("")
        item.open -= 1
        ended = self._ended(item, place)
        return ended + (self._whole(item) if item.closed and not item.open else b"")

    def _ended(self, item: _Item, place: int) -> bytes:
        part = item.parts[place]
        match part:
            case Text():
                block = content_block(part)
                said = self._about(
                    "output_text.done", item, content_index=place, text=part.text, logprobs=block["logprobs"]
                )
                return said + self._about("content_part.done", item, content_index=place, part=block)
            case Refusal():
                said = self._about("refusal.done", item, content_index=place, refusal=part.text)
                return said + self._about("content_part.done", item, content_index=place, part=content_block(part))
            case ToolCall(kind="custom"):
                return self._about("custom_tool_call_input.done", item, input=part.json)
            case ToolCall():
                return self._about("function_call_arguments.done", item, name=part.name, arguments=part.json)
            case Thinking() if part.text and _from_content(part):
                return self._about("reasoning_text.done", item, content_index=0, text=part.text)
            case Thinking() if part.text:
                return self._summary_ended(item, part.text)
            case Opaque() if is_content(part):
                return self._about("content_part.done", item, content_index=place, part=part.data)
        return b""

    def _summary_ended(self, item: _Item, text: str) -> bytes:
        begun = self._piece(item)
        said = self._about("reasoning_summary_text.done", item, summary_index=0, text=text)
        piece = words_block("summary", text)[0]
        return begun + said + self._about("reasoning_summary_part.done", item, summary_index=0, part=piece)

    def _whole(self, item: _Item, status: str = "completed") -> bytes:
        """An item is whole. Once."""
        if item.done is not None:
            return b""
        item.done = output_item(item.parts, item.id, status)
        return self._event("response.output_item.done", output_index=item.at, item=item.done)


def _from_content(part: Thinking) -> bool:
    return own(part.extra).get("field") == "content"


def _id(part: Part) -> str | None:
    """The id of the item that a part came from, where it has one."""
    if isinstance(part, Opaque):
        fields = part.data
    else:
        fields = group_fields([part]) if isinstance(part, (Text, Refusal)) else own(part.extra)
    found = fields.get("id")
    return found if isinstance(found, str) else None
