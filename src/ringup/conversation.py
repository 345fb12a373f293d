"""A conversation: the history that is resent with each turn. It can be forked, undone, saved and loaded."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import msgspec
from msgspec import Struct

from ringup.call import Record
from ringup.errors import ConfigurationError
from ringup.messages import Message, ToolResult
from ringup.steps import Effects, Session, Steps
from ringup.wire_tools import decode, encode

__all__ = ["Conversation", "Saved", "load", "turn"]


class Saved(Struct, frozen=True, kw_only=True):
    """A conversation as a file holds it (JSON). `params` are the chat's own parameters: system, model and the like."""

    format: str = "ringup-conversation"
    version: int = 1
    params: dict[str, Any] = {}
    messages: tuple[Message, ...] = ()


class Conversation:
    """The turns so far, and the parameters that every turn is asked with. Not for use by several threads at once."""

    def __init__(self, params: dict[str, Any] | None = None, messages: tuple[Message, ...] = ()) -> None:
        self.params: dict[str, Any] = dict(params or {})
        self.messages: list[Message] = list(messages)

    def add(self, *messages: Message) -> None:
        """Put turns into the history without asking anything."""
        self.messages.extend(messages)

    def keep(self, asked: tuple[Message, ...], said: tuple[Message, ...]) -> None:
        """Put a turn into the history: what was asked, and what was said to it."""
        self.messages += [*asked, *(message for message in said if message.parts)]

    def undo(self) -> tuple[Message, ...]:
        """Take the last turn back: the user's words and all that followed. Gives what was taken."""
        for index in range(len(self.messages) - 1, -1, -1):
            if _is_asked(self.messages[index]):
                taken = tuple(self.messages[index:])
                del self.messages[index:]
                return taken
        return ()

    def fork(self) -> Self:
        """A second conversation with the same history; the two go their own ways from here."""
        twin = self.__class__.__new__(self.__class__)
        twin.__dict__.update(self.__dict__)
        twin.params, twin.messages = dict(self.params), list(self.messages)
        return twin

    def to_json(self) -> bytes:
        """The conversation as JSON. Thinking signatures and opaque parts are included; keys never are."""
        saved = encode(Saved(params=self.params, messages=tuple(self.messages)))
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


def _is_asked(message: Message) -> bool:
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
            said = record.messages if isinstance(record, Session) else (record.reply.message,)
            known = history.messages[-1:] == list(said[:1]) and not asked  # it was paused, and went on
            history.keep(asked, said[known:])
