"""The parts of a streamed answer, as they grow."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from ringup.events import ArgumentsDelta, Event, PartEnd, PartStart, SignatureDelta, TextDelta, ThinkingDelta, replay
from ringup.messages import Message, Part, Text, Thinking, ToolCall
from ringup.reply import Reply
from ringup.wires.gemini._partial import Calling, is_piece
from ringup.wires.gemini._parts import THOUGHT, Block
from ringup.wires.gemini._reply import answer_part

__all__ = ["Growing"]


class Growing:
    """Takes words and other parts as they come, and tells the events that they are.

    `answer` is the answer's id, `calls` how many tools it called so far; `whole` is True unless a call that comes in
    pieces has begun and not ended.
    """

    __slots__ = ("_calling", "_index", "_open", "_pieces", "answer", "calls")

    def __init__(self) -> None:
        self.answer: str | None = None
        self.calls = 0
        self._index = -1  # the part that began last
        self._open: Text | Thinking | None = None
        self._pieces: list[str] = []
        self._calling: Calling | None = None

    @property
    def whole(self) -> bool:
        return self._calling is None

    def block(self, block: Any, found: list[Event]) -> None:
        """Take a part of the answer as its JSON has it."""
        call = block.get("functionCall") if isinstance(block, dict) else None
        if isinstance(call, dict) and (self._calling is not None or is_piece(call)):
            self._piece(block, call, found)
            return
        part = answer_part(block, self.answer, self.calls)
        if part is None:
            return
        if isinstance(part, (Text, Thinking)) and part.extra in ({}, THOUGHT) and self._join(part, found):
            return
        self.end(found)
        self._index += 1
        self.calls += isinstance(part, ToolCall)
        found += _events(self._index, part)

    def _join(self, part: Text | Thinking, found: list[Event]) -> bool:
        """Words without anything beside them go on with the open part; so does the signature of the thoughts before."""
        if isinstance(part, Text) or part.signature is None:
            self.words(part.text, isinstance(part, Thinking), found)
            return True
        if part.text or not isinstance(self._open, Thinking):
            return False
        found.append(SignatureDelta(self._index, part.signature))
        self._open = Thinking("", part.signature, extra=THOUGHT)
        self.end(found)
        return True

    def words(self, text: str, thought: bool, found: list[Event]) -> None:
        """Take words, or thoughts, with nothing beside them."""
        if self._open is None or isinstance(self._open, Thinking) is not thought:
            self.end(found)
            self._index += 1
            self._open = Thinking("", extra=THOUGHT) if thought else Text("")
            found.append(PartStart(self._index, self._open))
        self._pieces.append(text)
        found.append(ThinkingDelta(self._index, text) if thought else TextDelta(self._index, text))

    def end(self, found: list[Event]) -> None:
        """The part that is open is whole."""
        if self._calling is not None:
            self._end_call(found)
        part, text = self._open, "".join(self._pieces)
        if part is not None:
            whole: Part = Text(text) if isinstance(part, Text) else Thinking(text, part.signature, extra=part.extra)
            found.append(PartEnd(self._index, whole))
            self._open = None
            self._pieces = []

    def _piece(self, block: Block, call: Block, found: list[Event]) -> None:
        """A piece of a call. One with a name of its own begins another."""
        if self._calling is None or call.get("name"):
            self.end(found)
            self._index += 1
            self._calling = Calling(block)
            opening = answer_part(self._calling.whole(), self.answer, self.calls)
            assert isinstance(opening, ToolCall)
            found.append(PartStart(self._index, replace(opening, json="")))
        self._calling.add(call)
        if call.get("willContinue") is not True:
            self.end(found)

    def _end_call(self, found: list[Event]) -> None:
        assert self._calling is not None
        part = answer_part(self._calling.whole(), self.answer, self.calls)
        self.calls += 1
        self._calling = None
        assert isinstance(part, ToolCall)
        found += [ArgumentsDelta(self._index, part.json), PartEnd(self._index, part)]


def _events(index: int, part: Part) -> list[Event]:
    """A part that came whole."""
    _, *events, _, _ = replay(Reply(message=Message("assistant", (part,)), finish_reason=None))
    return [replace(event, index=index) for event in events]
