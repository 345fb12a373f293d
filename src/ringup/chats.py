"""Chats: conversations that ask. Each turn resends the whole history."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar, Unpack, cast, overload

from ringup.conversation import Conversation
from ringup.counting import Count
from ringup.errors import ConfigurationError
from ringup.given import Params, check_params
from ringup.messages import Message
from ringup.prompt import Prompt, Resume
from ringup.reply import Reply
from ringup.streams import AsyncStream, Stream
from ringup.window import Window, check_window

__all__ = ["AsyncChat", "Chat"]

T = TypeVar("T")


class _Asks(Protocol):
    """What a chat needs of a client."""

    def _ask(self, prompt: Prompt | Resume, params: Params, output: Any, history: Conversation) -> Reply[Any]: ...
    def _stream(self, prompt: Prompt | Resume, params: Params, output: Any, history: Conversation) -> Stream[Any]: ...
    def _counted(self, prompt: Prompt, params: Params, output: Any, offline: bool, history: Conversation) -> Count: ...


class _AsyncAsks(Protocol):
    """What a chat in async code needs of a client."""

    async def _ask(self, prompt: Prompt | Resume, params: Params, output: Any, history: Conversation) -> Reply[Any]: ...
    def _stream(
        self, prompt: Prompt | Resume, params: Params, output: Any, history: Conversation
    ) -> AsyncStream[Any]: ...
    async def _counted(
        self, prompt: Prompt, params: Params, output: Any, offline: bool, history: Conversation
    ) -> Count: ...


class _Chat(Conversation):
    def _merged(self, params: Params) -> Params:
        check_params(params)
        return cast("Params", {**self.params, **params})

    def _check_paused(self) -> None:
        if not self.messages or not self.messages[-1].tool_calls:
            raise ConfigurationError(
                "there is nothing to resume: the conversation doesn't end with calls of tools.", advice="Ask instead."
            )


class Chat(_Chat):
    """A conversation: each turn resends the whole history. A failed turn leaves the history as it was."""

    def __init__(
        self, client: _Asks, params: dict[str, Any], messages: tuple[Message, ...] = (), window: Window = "error"
    ) -> None:
        super().__init__(params, messages)
        self.window = check_window(window)
        self._client = client

    @overload
    def ask(self, prompt: Prompt, *, output: type[T], **params: Unpack[Params]) -> Reply[T]: ...
    @overload
    def ask(self, prompt: Prompt, *, output: Any = None, **params: Unpack[Params]) -> Reply[Any]: ...
    def ask(self, prompt: Prompt, *, output: Any = None, **params: Unpack[Params]) -> Reply[Any]:
        """The next turn, whole."""
        return self._client._ask(prompt, self._merged(params), output, self)

    @overload
    def stream(self, prompt: Prompt, *, output: type[T], **params: Unpack[Params]) -> Stream[T]: ...
    @overload
    def stream(self, prompt: Prompt, *, output: Any = None, **params: Unpack[Params]) -> Stream[Any]: ...
    def stream(self, prompt: Prompt, *, output: Any = None, **params: Unpack[Params]) -> Stream[Any]:
        """The next turn, piece by piece. It joins the history when the stream is at its end."""
        return self._client._stream(prompt, self._merged(params), output, self)

    def count_tokens(
        self, prompt: Prompt, *, output: Any = None, offline: bool = False, **params: Unpack[Params]
    ) -> Count:
        """How many tokens the next turn would send, the history included: see `Client.count_tokens`."""
        return self._client._counted(prompt, self._merged(params), output, offline, self)

    @overload
    def resume(self, *, output: type[T], **params: Unpack[Params]) -> Reply[T]: ...
    @overload
    def resume(self, *, output: Any = None, **params: Unpack[Params]) -> Reply[Any]: ...
    def resume(self, *, output: Any = None, **params: Unpack[Params]) -> Reply[Any]:
        """Go on where `approve` paused: the tools that were asked for are seen and run, and the turn goes on."""
        self._check_paused()
        return self._client._ask(Resume(), self._merged(params), output, self)


class AsyncChat(_Chat):
    """A conversation in async code: each turn resends the whole history. A failed turn leaves it as it was."""

    def __init__(
        self, client: _AsyncAsks, params: dict[str, Any], messages: tuple[Message, ...] = (), window: Window = "error"
    ) -> None:
        super().__init__(params, messages)
        self.window = check_window(window)
        self._client = client

    @overload
    async def ask(self, prompt: Prompt, *, output: type[T], **params: Unpack[Params]) -> Reply[T]: ...
    @overload
    async def ask(self, prompt: Prompt, *, output: Any = None, **params: Unpack[Params]) -> Reply[Any]: ...
    async def ask(self, prompt: Prompt, *, output: Any = None, **params: Unpack[Params]) -> Reply[Any]:
        """The next turn, whole."""
        return await self._client._ask(prompt, self._merged(params), output, self)

    @overload
    def stream(self, prompt: Prompt, *, output: type[T], **params: Unpack[Params]) -> AsyncStream[T]: ...
    @overload
    def stream(self, prompt: Prompt, *, output: Any = None, **params: Unpack[Params]) -> AsyncStream[Any]: ...
    def stream(self, prompt: Prompt, *, output: Any = None, **params: Unpack[Params]) -> AsyncStream[Any]:
        """The next turn, piece by piece; not awaited. It joins the history when the stream is at its end."""
        return self._client._stream(prompt, self._merged(params), output, self)

    async def count_tokens(
        self, prompt: Prompt, *, output: Any = None, offline: bool = False, **params: Unpack[Params]
    ) -> Count:
        """How many tokens the next turn would send, the history included: see `Client.count_tokens`."""
        return await self._client._counted(prompt, self._merged(params), output, offline, self)

    @overload
    async def resume(self, *, output: type[T], **params: Unpack[Params]) -> Reply[T]: ...
    @overload
    async def resume(self, *, output: Any = None, **params: Unpack[Params]) -> Reply[Any]: ...
    async def resume(self, *, output: Any = None, **params: Unpack[Params]) -> Reply[Any]:
        """Go on where `approve` paused: the tools that were asked for are seen and run, and the turn goes on."""
        self._check_paused()
        return await self._client._ask(Resume(), self._merged(params), output, self)
