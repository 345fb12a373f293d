"""Client and AsyncClient: the same names and the same behaviour, one to call and one to await."""

from __future__ import annotations

import os
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, Unpack, overload

from ringup.baseclient import BaseClient, saved_chat
from ringup.drive import AsyncWorld, World, drive, drive_async
from ringup.given import Params, check_params
from ringup.later import later
from ringup.prompt import Prompt, Resume
from ringup.reply import Reply
from ringup.transport import AsyncTransport, Transport, make_async_transport, make_transport

if TYPE_CHECKING:
    from ringup import chats, counting, embed_plan, embeddings, estimates, parallel, streams, window
    from ringup.conversation import Conversation
else:
    chats = later("chats")
    counting = later("counting")
    embed_plan = later("embed_plan")
    embeddings = later("embeddings")
    estimates = later("estimates")
    parallel = later("parallel")
    streams = later("streams")
    window = later("window")

__all__ = ["AsyncClient", "Client", "ask", "chat", "count_tokens", "embed", "estimate", "stream"]

T = TypeVar("T")


class Client(BaseClient):
    """Calls models. Safe to share between threads and after a fork; close it, or use it in a `with` block.

    >>> client = Client("gpt-4o-mini", timeout=30)                           # doctest: +SKIP
    >>> client.ask("What is the capital of France?").text                    # doctest: +SKIP
    'The capital of France is Paris.'
    """

    _transport: Transport | None = None

    def _connection(self) -> Transport:
        if self._transport is None:  # no lock: two threads may make one each, for nothing is opened before a call
            given = self._settings["transport"]
            transport: Transport = make_transport(self._options, given) if _is_name(given) else given
            self._transport = transport
        return self._transport

    def _world(self) -> World:
        return World(self._connection())

    @overload
    def ask(self, prompt: Prompt, *, output: type[T], **params: Unpack[Params]) -> Reply[T]: ...
    @overload
    def ask(self, prompt: Prompt, *, output: Any = None, **params: Unpack[Params]) -> Reply[Any]: ...
    def ask(self, prompt: Prompt, *, output: Any = None, **params: Unpack[Params]) -> Reply[Any]:
        """Ask, and wait for the whole answer. Raises APIError or ConfigurationError (see `ringup.errors`).

        `output` is the type of the answer: a dataclass, msgspec Struct, TypedDict, pydantic model, Enum, Literal, list,
        scalar, or a JSON schema as a dict. `reply.output` has the value.
        """
        return self._ask(prompt, params, output)

    def _ask(
        self, prompt: Prompt | Resume, params: Params, output: Any = None, history: Conversation | None = None
    ) -> Reply[Any]:
        record, script = self._begin(prompt, params, output, False, history)
        for _ in drive(script, self._world()):
            pass
        assert record.reply
        return record.reply

    @overload
    def stream(self, prompt: Prompt, *, output: type[T], **params: Unpack[Params]) -> streams.Stream[T]: ...
    @overload
    def stream(self, prompt: Prompt, *, output: Any = None, **params: Unpack[Params]) -> streams.Stream[Any]: ...
    def stream(self, prompt: Prompt, *, output: Any = None, **params: Unpack[Params]) -> streams.Stream[Any]:
        """Ask, and get the answer piece by piece. The request is sent when the stream is first iterated."""
        return self._stream(prompt, params, output)

    def _stream(
        self, prompt: Prompt | Resume, params: Params, output: Any = None, history: Conversation | None = None
    ) -> streams.Stream[Any]:
        record, script = self._begin(prompt, params, output, True, history)
        return streams.Stream(drive(script, self._world()), record, script)

    def embed(self, texts: str | Iterable[str], **params: Unpack[embed_plan.EmbedParams]) -> embeddings.Embeddings:
        """Make texts vectors, in as many requests as it takes. Raises APIError or ConfigurationError.

        One that fails after some were done has their vectors in its `.partial`, and in `.partial.indexes` whose they
        are. In a job of several requests `on_event` is called from their threads.
        """
        job = self._job(texts, params)
        return self._embedded(job, parallel.run(job, self._connection()))

    def count_tokens(
        self, prompt: Prompt, *, output: Any = None, offline: bool = False, **params: Unpack[Params]
    ) -> counting.Count:
        """How many tokens a prompt has, with its tools, files and the type asked for.

        The provider says it (OpenAI, Anthropic, Gemini), in a call that costs nothing; else, and with `offline`, it is
        estimated: `.estimated` and `.error` tell. An estimate needs the extra `tokens`, and no key.
        """
        return self._counted(prompt, params, output, offline)

    def _counted(
        self, prompt: Prompt, params: Params, output: Any, offline: bool, history: Conversation | None = None
    ) -> counting.Count:
        script, count = self._count(prompt, params, output, offline, history)
        for _ in drive(script, self._world()):
            pass
        return count()

    def chat(self, *, window: window.Window = "error", **params: Unpack[Params]) -> chats.Chat:
        """Begin a conversation. The parameters are the defaults of each of its turns.

        `window` is what to do when it grows too long for the model: "error"; "drop_oldest", which leaves the oldest
        turns out of what is sent; or a function that gets the messages, and gives fewer, or words for them.
        """
        check_params(params)
        return chats.Chat(self, dict(params), window=window)

    def load_chat(
        self, path: str | os.PathLike[str], *, window: window.Window = "error", **params: Unpack[Params]
    ) -> chats.Chat:
        """Go on with a conversation that `Chat.save` wrote. Parameters given here win over those that were saved;
        functions (tools, approve) aren't in the file, and must be given again: a RingupWarning says which."""
        saved = saved_chat(path, params)
        return chats.Chat(self, saved.params, saved.messages, window)

    def close(self) -> None:
        """Close the connections, and write what the ledger still has to."""
        self._closed = True
        if self._transport:
            self._transport.close()
        if self._ledger:
            self._ledger.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient(BaseClient):
    """Calls models from async code. Safe to share between tasks, and from one `asyncio.run` to the next."""

    _transport: AsyncTransport | None = None

    def _connection(self) -> AsyncTransport:
        if self._transport is None:
            given = self._settings["transport"]
            transport: AsyncTransport = make_async_transport(self._options, given) if _is_name(given) else given
            self._transport = transport
        return self._transport

    def _world(self) -> AsyncWorld:
        return AsyncWorld(self._connection())

    @overload
    async def ask(self, prompt: Prompt, *, output: type[T], **params: Unpack[Params]) -> Reply[T]: ...
    @overload
    async def ask(self, prompt: Prompt, *, output: Any = None, **params: Unpack[Params]) -> Reply[Any]: ...
    async def ask(self, prompt: Prompt, *, output: Any = None, **params: Unpack[Params]) -> Reply[Any]:
        """Ask, and wait for the whole answer. Raises APIError or ConfigurationError (see `ringup.errors`).

        `output` is the type of the answer, as for `Client.ask`.
        """
        return await self._ask(prompt, params, output)

    async def _ask(
        self, prompt: Prompt | Resume, params: Params, output: Any = None, history: Conversation | None = None
    ) -> Reply[Any]:
        record, script = self._begin(prompt, params, output, False, history)
        async for _ in drive_async(script, self._world()):
            pass
        assert record.reply
        return record.reply

    @overload
    def stream(self, prompt: Prompt, *, output: type[T], **params: Unpack[Params]) -> streams.AsyncStream[T]: ...
    @overload
    def stream(self, prompt: Prompt, *, output: Any = None, **params: Unpack[Params]) -> streams.AsyncStream[Any]: ...
    def stream(self, prompt: Prompt, *, output: Any = None, **params: Unpack[Params]) -> streams.AsyncStream[Any]:
        """Ask, and get the answer piece by piece; not awaited. The request is sent when it is first iterated."""
        return self._stream(prompt, params, output)

    def _stream(
        self, prompt: Prompt | Resume, params: Params, output: Any = None, history: Conversation | None = None
    ) -> streams.AsyncStream[Any]:
        record, script = self._begin(prompt, params, output, True, history)
        return streams.AsyncStream(drive_async(script, self._world()), record, script)

    async def embed(
        self, texts: str | Iterable[str], **params: Unpack[embed_plan.EmbedParams]
    ) -> embeddings.Embeddings:
        """Make texts vectors, in as many requests as it takes, as `Client.embed` does. Cancelled, it stops them all."""
        job = self._job(texts, params)
        return self._embedded(job, await parallel.run_async(job, self._connection()))

    async def count_tokens(
        self, prompt: Prompt, *, output: Any = None, offline: bool = False, **params: Unpack[Params]
    ) -> counting.Count:
        """How many tokens a prompt has, as `Client.count_tokens` says it."""
        return await self._counted(prompt, params, output, offline)

    async def _counted(
        self, prompt: Prompt, params: Params, output: Any, offline: bool, history: Conversation | None = None
    ) -> counting.Count:
        script, count = self._count(prompt, params, output, offline, history)
        async for _ in drive_async(script, self._world()):
            pass
        return count()

    def chat(self, *, window: window.Window = "error", **params: Unpack[Params]) -> chats.AsyncChat:
        """Begin a conversation. The parameters are the defaults of each of its turns.

        `window` is as for `Client.chat`; the function may be a coroutine function.
        """
        check_params(params)
        return chats.AsyncChat(self, dict(params), window=window)

    def load_chat(
        self, path: str | os.PathLike[str], *, window: window.Window = "error", **params: Unpack[Params]
    ) -> chats.AsyncChat:
        """Go on with a conversation that `AsyncChat.save` wrote, as `Client.load_chat` does."""
        saved = saved_chat(path, params)
        return chats.AsyncChat(self, saved.params, saved.messages, window)

    async def close(self) -> None:
        """Close the connections, and write what the ledger still has to."""
        self._closed = True
        if self._transport:
            await self._transport.close()
        if self._ledger:
            import asyncio  # here, for its import takes longer than ours

            await asyncio.to_thread(self._ledger.close)  # which may wait for another writer of the file

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _is_name(transport: object) -> bool:
    return transport is None or isinstance(transport, str)


_shared: list[Client] = []


def _default() -> Client:
    if not _shared:
        _shared.append(Client())
    return _shared[0]


@overload
def ask(prompt: Prompt, *, output: type[T], **params: Unpack[Params]) -> Reply[T]: ...
@overload
def ask(prompt: Prompt, *, output: Any = None, **params: Unpack[Params]) -> Reply[Any]: ...
def ask(prompt: Prompt, *, output: Any = None, **params: Unpack[Params]) -> Reply[Any]:
    """Ask a model, and wait for the whole answer.

    >>> ask("What is the capital of France?", model="gpt-4o-mini").text      # doctest: +SKIP
    'The capital of France is Paris.'
    """
    return _default()._ask(prompt, params, output)


@overload
def stream(prompt: Prompt, *, output: type[T], **params: Unpack[Params]) -> streams.Stream[T]: ...
@overload
def stream(prompt: Prompt, *, output: Any = None, **params: Unpack[Params]) -> streams.Stream[Any]: ...
def stream(prompt: Prompt, *, output: Any = None, **params: Unpack[Params]) -> streams.Stream[Any]:
    """Ask a model, and get the answer piece by piece: `for piece in ringup.stream(...): print(piece, end="")`."""
    return _default()._stream(prompt, params, output)


def chat(*, window: window.Window = "error", **params: Unpack[Params]) -> chats.Chat:
    """Begin a conversation: `chat = ringup.chat(model="gpt-4o-mini"); chat.ask("..."); chat.ask("...")`."""
    check_params(params)
    return _default().chat(window=window, **params)


def embed(texts: str | Iterable[str], **params: Unpack[embed_plan.EmbedParams]) -> embeddings.Embeddings:
    """Make texts vectors: `ringup.embed(["a cat", "a dog"], model="text-embedding-3-small")`."""
    return _default().embed(texts, **params)


def count_tokens(
    prompt: Prompt, *, output: Any = None, offline: bool = False, **params: Unpack[Params]
) -> counting.Count:
    """How many tokens a prompt has: `ringup.count_tokens("Hello!", model="claude-haiku-4-5").tokens`."""
    return _default().count_tokens(prompt, output=output, offline=offline, **params)


def estimate(
    prompt: Prompt, *, output: Any = None, batch: bool = False, **params: Unpack[Params]
) -> estimates.Estimate:
    """What a call may cost: `ringup.estimate("Hello!", model="claude-haiku-4-5", max_tokens=200).high` US dollars."""
    return _default().estimate(prompt, output=output, batch=batch, **params)
