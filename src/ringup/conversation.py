"""A conversation: the history that is resent with each turn. It can be forked, undone, saved and loaded."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import msgspec
from msgspec import Struct

from ringup.errors import ConfigurationError
from ringup.masks import Quiet
from ringup.messages import Message, ToolResult
from ringup.script import Record
from ringup.steps import Effects, Session, Steps
from ringup.wire_tools import decode, encode

__all__ = ["Conversation", "Saved", "begins_turn", "load", "turn"]


class Saved(Struct, frozen=True, kw_only=True):
    """A conversation as a file holds it (JSON). `params` are the chat's own parameters: system, model and the like;
    `left_out` names those that aren't in a file: functions, and what holds secrets."""

    format: str = "ringup-conversation"
    version: int = 1
    params: dict[str, Any] = {}
    left_out: tuple[str, ...] = ()
    messages: tuple[Message, ...] = ()


class Conversation:
    """The turns so far, and the parameters that every turn is asked with. Not for use by several threads at once."""

    def __init__(self, params: dict[str, Any] | None = None, messages: tuple[Message, ...] = ()) -> None:
        self.params: dict[str, Any] = dict(params or {})
        self.messages: list[Message] = list(messages)
        self.window: Any = "error"
        "What to do when the history is too long for the model: see `ringup.window`."
        self.sizes: dict[int, tuple[Message, int]] = {}
        self._instead: tuple[int, tuple[Message, ...]] = (0, ())  # so many messages are sent as these

    def add(self, *messages: Message) -> None:
        """Put turns into the history without asking anything."""
        self.messages.extend(messages)

    def keep(self, asked: tuple[Message, ...], said: tuple[Message, ...]) -> None:
        """Put a turn into the history: what was asked, and what was said to it."""
        self.messages += [*asked, *(message for message in said if message.parts)]

    def sendable(self) -> tuple[Message, ...]:
        """The history as it is sent: what `window` shortened stands for its beginning."""
        count, instead = self._instead
        if count > len(self.messages):  # turns were taken back, beyond what was shortened
            count, instead = self._instead = (0, ())
        return (*instead, *self.messages[count:])

    def shorten(self, instead: tuple[Message, ...]) -> None:
        """Send these for the history so far."""
        self._instead = (len(self.messages), instead)

    def undo(self) -> tuple[Message, ...]:
        """Take the last turn back: the user's words and all that followed. Gives what was taken."""
        for index in range(len(self.messages) - 1, -1, -1):
            if begins_turn(self.messages[index]):
                taken = tuple(self.messages[index:])
                del self.messages[index:]
                return taken
        return ()

    def fork(self) -> Self:
        """A second conversation with the same history; the two go their own ways from here."""
        twin = self.__class__.__new__(self.__class__)
        twin.__dict__.update(self.__dict__)
        twin.params, twin.messages, twin.sizes = dict(self.params), list(self.messages), dict(self.sizes)
        return twin

    def check_answered(self, asked: tuple[Message, ...]) -> None:
        """Raises ConfigurationError where the history waits for results of tools, and other words come instead."""
        calls = self.messages[-1].tool_calls if self.messages else ()
        given = {part.call_id for message in asked for part in message.parts if isinstance(part, ToolResult)}
        if missing := [call.name for call in calls if call.id not in given]:
            raise ConfigurationError(
                f"the conversation waits for the results of {', '.join(missing)}.",
                advice="Go on with resume(), give the results as ringup.ToolResult, or take the turn back with undo().",
            )

    def to_json(self) -> bytes:
        """The conversation as JSON. Thinking signatures and opaque parts are included; keys and functions never are."""
        params, left_out = _without_functions(self.params)
        saved = encode(Saved(params=params, left_out=left_out, messages=tuple(self.messages)))
        try:
            return msgspec.json.format(saved, indent=1)
        except msgspec.DecodeError:  # a lone surrogate, which a model may write, and the formatter refuses
            return saved

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the conversation to a file, whole or not at all. Raises ConfigurationError when that can't be."""
        target = Path(path)
        draft = target.parent / f".{target.name}.{os.getpid()}.tmp"
        try:
            draft.write_bytes(self.to_json())
            draft.replace(target)
        except (OSError, TypeError, ValueError) as error:
            with suppress(OSError, ValueError):
                draft.unlink(missing_ok=True)
            why = getattr(error, "strerror", None) or error
            raise ConfigurationError(f"the conversation can't be saved to {str(target)!r}: {why}.") from None


def _without_functions(params: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The parameters that are data, and the names of the others, functions and what holds secrets: with one of those
    among the tools, all tools are left out, for half of them would be no use."""
    left_out = [
        name
        for name, value in params.items()
        if any(map(_stays, value if isinstance(value, (list, tuple)) else [value]))
    ]
    return {name: value for name, value in params.items() if name not in left_out}, tuple(left_out)


def _stays(value: Any) -> bool:
    """Whether it can't be in a file, or mustn't."""
    held = getattr(value, "data", value)  # a vendor's own tool
    return callable(value) or (isinstance(held, Quiet) and held.hides)


def begins_turn(message: Message) -> bool:
    """Whether a user asked this; tool results may stand in a user's turn too."""
    return message.role == "user" and not all(type(part) is ToolResult for part in message.parts)


def load(path: str | os.PathLike[str]) -> Saved:
    """Read a conversation that `save` wrote. Raises ConfigurationError when the file is missing or isn't one."""
    try:
        held = decode(Path(path).read_bytes())
        version = held.get("version") if isinstance(held, dict) and held.get("format") == Saved().format else None
        if not isinstance(version, int):
            raise ValueError(f'it lacks "format": "{Saved().format}", or its version')
        if version > Saved().version:
            raise ConfigurationError(f"{str(path)!r} was saved by a newer ringup (version {version}). Update this one.")
        return msgspec.convert(held, Saved)
    except OSError as error:
        raise ConfigurationError(f"the conversation {str(path)!r} can't be read: {error.strerror}.") from None
    except (ValueError, msgspec.MsgspecError) as error:
        raise ConfigurationError(f"{str(path)!r} isn't a saved conversation: {error}.") from None


def turn(
    history: Conversation, asked: tuple[Message, ...], script: Steps, record: Record | Session
) -> Generator[Effects, Any, None]:
    """Run an ask, and put the turn into the history once the answer is whole. A failed turn leaves it as it was."""
    try:
        yield from script
    finally:
        if record.reply:
            history.keep(asked, record.messages if isinstance(record, Session) else (record.reply.message,))
