"""What a call has used up, counted where the answer is made: for the invoice, and not read off the answer's JSON.

A whole answer is all used, whatever becomes of it on its way. A stream is used as far as it was made when the client
left, or when a fault cut it: a model doesn't go on for nobody, but it is a token ahead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from ringup.events import ArgumentsDelta, Event, Finish, PartStart, RefusalDelta, TextDelta, ThinkingDelta
from ringup.media_tokens import audio_tokens
from ringup.messages import Audio, Part, Request, ToolCall, ToolResult
from ringup.tokens import Tokenizer

__all__ = ["Charge", "Meter", "sound"]


class Charge(Struct, kw_only=True):
    """What one call is charged for: one line of the invoice, before it is priced.

    `read` and `written` are all tokens of the prompt and the answer. Parts of `read`: `cache_read`, from the cache;
    `short` and `long`, written there for the shorter and the longer of the vendor's lifetimes; `audio`. `tier` is the
    service tier, None for the usual one. `due` is when work in the background will be done, in seconds by the
    simulator's clock. `meter` counts what a stream has made so far.
    """

    kind: str
    provider: str
    model: str
    time: float
    read: int
    written: int = 0
    cache_read: int = 0
    short: int = 0
    long: int = 0
    audio: int = 0
    tier: str | None = None
    request_id: str | None = None
    outcome: str = ""
    due: float | None = None
    meter: Meter | None = None

    def close(self, outcome: str) -> None:
        """The answer is over, and this became of it."""
        if self.meter:
            self.written = self.meter.made(self.written)
            if outcome == "answered" and not self.meter.done:
                outcome = "failed"  # the stream ended with an error
            self.meter = None
        self.outcome = self.outcome or outcome

    def stop(self, now: float, begun: float, end: float) -> None:
        """What ran in the background is stopped, between its beginning and its end: what was made by then counts.
        Before the beginning there is nothing to charge, ever."""
        share = (now - begun) / (end - begun)
        self.due = now if share >= 0 else float("inf")
        self.written = int(self.written * min(max(share, 0.0), 1.0))
        self.outcome = "cancelled"


class Meter:
    """Counts the tokens of a stream as they are made.

    words    what counts them
    choices  how many answers are in the stream
    hidden   tokens of thinking that aren't shown: they come before everything else
    shows    whether thinking that is shown is made of the tokens that count
    """

    def __init__(self, words: Tokenizer, *, choices: int, hidden: int, shows: bool) -> None:
        self._words = words
        self._left = choices
        self._hidden = hidden
        self._shows = shows
        self._begun = False
        self._calls = 0
        self._texts: dict[tuple[int, int], list[str]] = {}

    def see(self, event: Event, choice: int) -> None:
        """The next event was made."""
        self._begun = True
        match event:
            case TextDelta() | RefusalDelta():
                self._add(choice, event.index, event.text)
            case ArgumentsDelta():
                self._add(choice, event.index, event.json)
            case ThinkingDelta() if self._shows:
                self._add(choice, event.index, event.text)
            case PartStart(part=ToolCall(name=name)):
                self._calls += 3 + self._words.count(name)
            case Finish():
                self._left -= 1

    def _add(self, choice: int, index: int, text: str) -> None:
        self._texts.setdefault((choice, index), []).append(text)

    @property
    def done(self) -> bool:
        """Whether all was made."""
        return not self._left

    def made(self, whole: int) -> int:
        """The tokens so far, of the `whole` answer's."""
        if self.done or not self._begun:
            return whole if self.done else 0
        said = sum([self._words.count("".join(pieces)) for pieces in self._texts.values()])
        return min(self._hidden + self._calls + said, whole)


def sound(request: Request, provider: str) -> int:
    """The tokens of a prompt that are sound."""
    return sum([audio_tokens(part, provider) for message in request.messages for part in _sounds(message.parts)])


def _sounds(parts: Iterable[Part]) -> Iterator[Audio]:
    for part in parts:
        if isinstance(part, Audio) and part.data:
            yield part
        elif isinstance(part, ToolResult):
            yield from _sounds(part.parts)
