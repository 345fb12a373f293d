"""The only HTTP. Everything here comes in two forms, sync and async, with the same names.

Two engines do the work: pyreqwest, and httpx2 (an extra) where pyreqwest can't be used or isn't wanted. Both keep to
the same rules: HTTP/1.1 with keep-alive; redirects aren't followed, and cookies aren't kept; a proxy of the
environment never stands before this machine itself; TLS trusts what the system trusts (or SSL_CERT_FILE, where that is
set) and `Options.ca_file`; gzip and the like are undone, under the cap; a body that is cut short is an error;
the key is added last, and to nothing else.
"""

# ruff: noqa: ASYNC109  # in async code a timeout is an argument too, as in sync code

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, Literal, Protocol, TypeVar

from ringup.errors import ConfigurationError, MissingExtraError, ParameterError
from ringup.http import HttpRequest, HttpResponse
from ringup.later import later
from ringup.secret import Auth
from ringup.transport._network import Options, host_and_port, is_loopback
from ringup.transport._pyreqwest import AsyncPyreqwest, Forked, Pyreqwest

if TYPE_CHECKING:
    import ringup.transport._httpx2 as httpx2_engine
else:
    httpx2_engine = later("transport._httpx2")

__all__ = [
    "Answer",
    "AsyncAnswer",
    "AsyncTransport",
    "Options",
    "Transport",
    "host_and_port",
    "is_loopback",
    "make_async_transport",
    "make_transport",
]


class Answer(Protocol):
    """An answer whose body is still coming."""

    status: int
    headers: dict[str, str]
    "Names in lower case; the values of a repeated one are joined by a comma and a space."

    def read(self, timeout: float | None) -> bytes:
        """The next bytes as soon as there are some, decompressed; b"" at the end.

        Raises TimeoutError when so many seconds pass without one, and APIConnectionError when the body ends too early.
        After an error there is nothing to do but to close.
        """
        ...

    def close(self) -> None:
        """Close the connection at once, unless the body was read to its end. Never raises; twice is once."""
        ...


class Transport(Protocol):
    """Sends requests. Threads may share it, and a forked process may go on using it.

    `url` is where the request goes; its `query` is appended, its `path` isn't. `timeout` is in seconds, and None is no
    limit. Both calls raise

    - TimeoutError when the time is up (but see the next: it is one too);
    - APITimeoutError with the phase "connect" when no connection was made within `Options.connect_timeout`;
    - APIConnectionError for every other failure of the network;
    - ConfigurationError for what can't be sent, before anything is.
    """

    def exchange(
        self, url: str, request: HttpRequest, auth: Auth | None, timeout: float | None, limit: int
    ) -> HttpResponse:
        """Send, and read the whole answer. Raises ProtocolError when it is over `limit` bytes, decompressed."""
        ...

    def open(
        self, url: str, request: HttpRequest, auth: Auth | None, timeout: float | None, total: float | None = None
    ) -> Answer:
        """Send, and wait `timeout` seconds for the head of the answer.

        `total` seconds after the start the connection is closed, wherever the answer stands. With pyreqwest nothing
        else frees the connection of a server that never answers, once the wait for it was given up.
        """
        ...

    def close(self) -> None:
        """Close the connections that aren't in use. No new ones are made."""
        ...


class AsyncAnswer(Protocol):
    """`Answer`, awaited."""

    status: int
    headers: dict[str, str]

    async def read(self, timeout: float | None) -> bytes: ...

    async def close(self) -> None: ...


class AsyncTransport(Protocol):
    """`Transport`, awaited. Any number of tasks and, one after another, event loops may share it."""

    async def exchange(
        self, url: str, request: HttpRequest, auth: Auth | None, timeout: float | None, limit: int
    ) -> HttpResponse: ...

    async def open(
        self, url: str, request: HttpRequest, auth: Auth | None, timeout: float | None, total: float | None = None
    ) -> AsyncAnswer: ...

    async def close(self) -> None: ...


Kind = Literal["pyreqwest", "httpx2"]
T = TypeVar("T")


def make_transport(options: Options, kind: Kind | None = None) -> Transport:
    """A sync transport. None is pyreqwest, or httpx2 in a process forked from one that has used pyreqwest.

    Raises ParameterError for an unknown kind. The engine is loaded at the first call; that raises ConfigurationError
    when there is none for a forked process, and MissingExtraError when httpx2 is asked for and not installed.
    """
    return _SyncTransport(options, _known(kind), Pyreqwest, _other)


def make_async_transport(options: Options, kind: Kind | None = None) -> AsyncTransport:
    """`make_transport`, for async code."""
    return _AsyncTransport(options, _known(kind), AsyncPyreqwest, _async_other)


def _other(options: Options) -> Transport:
    return httpx2_engine.Httpx2(options)


def _async_other(options: Options) -> AsyncTransport:
    return httpx2_engine.AsyncHttpx2(options)


def _known(kind: Kind | None) -> Kind | None:
    if kind not in (None, "pyreqwest", "httpx2"):
        raise ParameterError(f'transport is "pyreqwest" or "httpx2", not {kind!r}', parameter="transport")
    return kind


class _Transport(Generic[T]):
    """Loads the engine at the first call, and another one after a fork."""

    def __init__(
        self, options: Options, kind: Kind | None, pyreqwest: Callable[[Options], T], httpx2: Callable[[Options], T]
    ) -> None:
        self._options = options
        self._kind = kind
        self._pyreqwest = pyreqwest
        self._httpx2 = httpx2
        self._engines: dict[int, T] = {}  # by process: those of a parent are left alone, and never dropped
        self._closed = False

    def _engine(self) -> T:
        process = os.getpid()
        engine = self._engines.get(process)
        if engine is None or self._closed:
            engine = self._load(process)
        return engine

    def _load(self, process: int) -> T:
        if self._closed:
            raise ConfigurationError("the transport is closed.", advice="Make a new client.")
        return self._engines.setdefault(process, self._choose())

    def _choose(self) -> T:
        if self._kind != "httpx2":
            try:
                return self._pyreqwest(self._options)
            except Forked:
                pass
        from importlib.util import find_spec  # here, for hardly anybody comes so far

        if self._kind != "pyreqwest" and find_spec("httpx2"):
            return self._httpx2(self._options)
        if self._kind == "httpx2":
            raise MissingExtraError("httpx2 isn't installed.", advice="Install it: pip install 'ringup[httpx2]'")
        raise ConfigurationError(
            "this process was forked from one that had used the HTTP engine already, and the engine can't follow.",
            advice='Start processes with "spawn": multiprocessing.get_context("spawn"). '
            "Or have a second engine at hand: pip install 'ringup[httpx2]'.",
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__.lstrip('_')}({self._options!r}, {self._kind!r})"


class _SyncTransport(_Transport[Transport]):
    def exchange(
        self, url: str, request: HttpRequest, auth: Auth | None, timeout: float | None, limit: int
    ) -> HttpResponse:
        return self._engine().exchange(url, request, auth, timeout, limit)

    def open(
        self, url: str, request: HttpRequest, auth: Auth | None, timeout: float | None, total: float | None = None
    ) -> Answer:
        return self._engine().open(url, request, auth, timeout, total)

    def close(self) -> None:
        self._closed = True
        engine = self._engines.get(os.getpid())
        if engine:
            engine.close()


class _AsyncTransport(_Transport[AsyncTransport]):
    async def exchange(
        self, url: str, request: HttpRequest, auth: Auth | None, timeout: float | None, limit: int
    ) -> HttpResponse:
        return await self._engine().exchange(url, request, auth, timeout, limit)

    async def open(
        self, url: str, request: HttpRequest, auth: Auth | None, timeout: float | None, total: float | None = None
    ) -> AsyncAnswer:
        return await self._engine().open(url, request, auth, timeout, total)

    async def close(self) -> None:
        self._closed = True
        engine = self._engines.get(os.getpid())
        if engine:
            await engine.close()
