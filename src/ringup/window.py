"""When a conversation grows longer than its model can read: what of it is sent.

The history itself stays whole, in `chat.messages` and in a saved file; only what is sent is cut.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, cast

from msgspec.structs import replace

from ringup.conversation import Conversation, begins_turn
from ringup.counting import error_of, estimate
from ringup.errors import ParameterError
from ringup.messages import Message, Request, Text, ToolCall, ToolResult
from ringup.reply import Notice
from ringup.rules import Rules
from ringup.script import Env
from ringup.steps import Decide, Loop, Session, Steps, steps
from ringup.tokens import message_tokens
from ringup.vocabulary import most
from ringup.wire_tools import encode

__all__ = ["Gauge", "Window", "check_window", "drop_oldest", "shortened"]

Window = Literal["error", "drop_oldest"] | Callable[[list[Message]], Any]
"""What to do with a history that is too long: raise; leave out the oldest turns; or what a function makes of it. The
function gets the messages, and gives fewer: a list of messages, one message, or words that stand for all. Those stand
for the history from then on, until it is too long again."""

_ANSWER = 4096
"""The room that is left for an answer, where nothing says how long it may be."""
_ERROR = 0.5
"""How far off an estimate is taken to be where nobody knows."""
_MOST_FOR_A_BYTE = 2
"""No estimate has more tokens than this for a byte of words."""


def check_window(window: Any) -> Window:
    """Raises ParameterError for what isn't one."""
    if callable(window) or window in ("error", "drop_oldest"):
        return cast("Window", window)
    raise ParameterError(
        f"window={window!r} isn't known", parameter="window", advice='Give "error", "drop_oldest" or a function.'
    )


class Gauge:
    """Measures messages against what fits a model: its window without the room for the answer.

    A measure is the upper end of an estimate. `memo` keeps what was counted, by the message's identity.
    """

    def __init__(self, request: Request, provider: str, rules: Rules, memo: dict[int, tuple[Message, int]]) -> None:
        self._request, self._provider, self._rules, self._memo = request, provider, rules, memo
        window = rules.context_window
        answer = request.max_tokens or min(rules.max_output_tokens or _ANSWER, (window or 0) // 2)
        self.room = None if window is None else window - answer
        "The tokens that fit; None where the model's window isn't known."

    def fits(self, messages: Sequence[Message]) -> bool:
        """Whether the messages fit, as far as can be told. Where they surely do, nothing is counted."""
        if self.room is None:
            return True
        length = _length(self._request, messages)
        return (length is not None and _MOST_FOR_A_BYTE * length <= self.room) or self.size(messages) <= self.room

    def size(self, messages: Sequence[Message]) -> int:
        """The tokens of the messages, and of all that goes with them."""
        rest = estimate(replace(self._request, messages=()), self._provider, self._rules).tokens
        error = error_of(replace(self._request, messages=tuple(messages)), self._provider)
        return round((rest + sum(map(self.tokens, messages))) * (1 + (_ERROR if error is None else error)))

    def tokens(self, message: Message) -> int:
        """The tokens of one message, as estimated."""
        kept = self._memo.get(id(message))
        if kept is None or kept[0] is not message:
            kept = message, message_tokens(message, self._provider, self._request.model)
            self._memo[id(message)] = kept
        return kept[1]


def _length(request: Request, messages: Sequence[Message]) -> int | None:
    """The bytes of a request of mere words, and something for each message; None where it holds files."""
    total = sum(len(part.text) * 4 for part in request.system if isinstance(part, Text))
    total += len(encode((request.tools, request.output_schema)))
    for message in messages:
        total += 20
        for part in message.parts:
            match part:
                case Text():
                    total += most(part.text)
                case ToolCall():
                    total += most(part.json)
                case ToolResult():
                    total += most(part.text)
                    if any(type(inner) is not Text for inner in part.parts):
                        return None
                case _:
                    return None
    return total


def drop_oldest(messages: tuple[Message, ...], gauge: Gauge) -> tuple[tuple[Message, ...], tuple[Notice, ...]]:
    """The messages without as many of the oldest turns as it takes to fit, and a notice that says so.

    A turn is what a user asks, with all that follows up to the next question: tool calls and their results stay
    together. What the system says first stays, and so does the last turn.
    """
    if gauge.fits(messages):
        return messages, ()
    head = next((at for at, message in enumerate(messages) if message.role not in ("system", "developer")), 0)
    starts = [at for at, message in enumerate(messages) if at > head and begins_turn(message)]
    kept, left_out, turns = messages, 0, 0
    for start in starts:
        kept, left_out, turns = (*messages[:head], *messages[start:]), start - head, turns + 1
        if gauge.fits(kept):
            break
    if not left_out:
        return messages, ()
    tokens = sum(map(gauge.tokens, messages[head : head + left_out]))
    which = "the oldest turn" if turns == 1 else f"the {turns} oldest turns"
    said = f"{which}, of about {tokens:,} tokens, went unsent, so that the rest fits the model (window='drop_oldest')"
    return kept, (Notice("dropped", "history", said),)


def shortened(history: Conversation, asked: tuple[Message, ...], session: Session, loop: Loop, env: Env) -> Steps:
    """An ask whose history is too long: the user's function is asked for fewer messages, and those are sent."""
    given = yield Decide(cast("Any", history.window), cast("Any", list(history.sendable())))
    history.shorten(_read(given))
    messages = (*history.sendable(), *asked)
    session.record, script = loop.begin(messages, 0, None)
    yield from steps(loop, session, messages, script, env)


def _read(given: Any) -> tuple[Message, ...]:
    match given:
        case str():
            return (Message("user", (Text(given),)),)
        case Message():
            return (given,)
        case list() | tuple() if all(isinstance(item, Message) for item in given):
            return tuple(given)
    raise ParameterError(
        f"the function of window= gave {type(given).__name__}", parameter="window", advice="Give messages, or words."
    )
