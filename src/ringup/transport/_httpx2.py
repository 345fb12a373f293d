"""The transport on httpx2: slower than pyreqwest, and written in Python, so it works in a forked process too."""

# ruff: noqa: ASYNC109  # in async code a timeout is an argument too, as in sync code

from __future__ import annotations

import contextlib
import threading
from collections.abc import AsyncIterator, Iterator
from time import monotonic
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from ringup.errors import ConfigurationError, MissingExtraError
from ringup.http import HttpRequest, HttpResponse
from ringup.secret import Auth
from ringup.transport._network import (
    USER_AGENT,
    Options,
    check,
    closed_answer,
    connect_timeout,
    connection_error,
    headers_of,
    is_loopback,
    too_large,
    with_query,
)

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    import httpx2

__all__ = ["AsyncHttpx2", "Httpx2"]


class _Deadline(threading.local):
    """When the work that this thread does must be over, in seconds of the monotonic clock."""

    at: float | None = None

    def set(self, timeout: float | None) -> None:
        self.at = None if timeout is None else monotonic() + timeout

    def left(self, timeout: float | None) -> float | None:
        """The seconds left, or the timeout where that is less. Raises TimeoutError when there are none."""
        if self.at is None:
            return timeout
        left = self.at - monotonic()
        if left <= 0:
            raise TimeoutError
        return left if timeout is None else min(left, timeout)


_deadline = _Deadline()


class _TimedStream:
    """A connection that keeps to the deadline. httpcore has a limit for each read, and trickling bytes never end it."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.close = stream.close
        self.get_extra_info = stream.get_extra_info

    def read(self, max_bytes: int, timeout: float | None = None) -> Any:
        return self._stream.read(max_bytes, _deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _deadline.left(timeout))

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> Any:
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, _deadline.left(timeout)))


class _TimedBackend:
    """Makes connections that keep to the deadline."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self.sleep = backend.sleep

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **more: Any) -> Any:
        return _TimedStream(self._backend.connect_tcp(host, port, _deadline.left(timeout), **more))


def _settings(options: Options, near: bool) -> dict[str, Any]:
    """The arguments of a client: for the servers of this machine (near), or for all others."""
    from http.cookiejar import CookieJar, DefaultCookiePolicy

    import httpx2

    return {
        "headers": {"user-agent": USER_AGENT},
        "cookies": CookieJar(DefaultCookiePolicy(allowed_domains=())),
        "proxy": options.proxy,
        "trust_env": not near,
        "verify": _tls(options.ca_file),
        "timeout": httpx2.Timeout(None, connect=options.connect_timeout),
        "limits": httpx2.Limits(
            max_connections=None,
            max_keepalive_connections=options.max_idle,
            keepalive_expiry=options.idle_seconds,
        ),
    }


def _tls(ca_file: str | None) -> Any:
    import ssl

    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except OSError as error:
            reason = "holds no certificate in PEM form" if isinstance(error, ssl.SSLError) else error.strerror
        else:
            return context
        raise ConfigurationError(f"ca_file can't be used: {reason}: {ca_file}")
    return context


def _build(kind: Any, options: Options, near: bool) -> Any:
    try:
        return kind(**_settings(options, near))
    except ImportError:
        pass
    raise MissingExtraError(
        "httpx2 can't use a SOCKS proxy here.", advice="Install what it needs: pip install 'httpx2[socks]'"
    )


def _request(client: Any, url: str, request: HttpRequest, auth: Auth | None) -> httpx2.Request:
    check(request, auth)
    built: httpx2.Request = client.build_request(
        request.method, with_query(url, request.query), headers=headers_of(request, auth), content=request.body or None
    )
    if auth:
        built.headers[auth.header] = auth.value()
    return built


def _headers(response: httpx2.Response) -> dict[str, str]:
    return dict(response.headers)  # names in lower case, repeated ones joined


def _causes(error: BaseException | None) -> Iterator[str]:
    while error:
        yield str(error)
        error = error.__cause__ or error.__context__


class _Base:
    """What both transports share."""

    def __init__(self, options: Options) -> None:
        import httpx2

        self.options = options
        self.errors = (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError)
        self._slow = (httpx2.TimeoutException, TimeoutError)
        self._unconnected = httpx2.ConnectTimeout

    def explain(self, error: Exception, url: str) -> Exception:
        """The error to raise in the place of httpx2's."""
        late = _deadline.at is not None and monotonic() >= _deadline.at
        if isinstance(error, self._unconnected) and not late:
            return connect_timeout(url, self.options)
        if isinstance(error, self._slow):
            return TimeoutError()
        return connection_error(url, _causes(error), self.options)


class Httpx2(_Base):
    """The sync transport."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self._clients: dict[bool, httpx2.Client] = {}

    def _client(self, near: bool) -> httpx2.Client:
        return self._clients.get(near) or self._clients.setdefault(near, self._timed_client(near))

    def _timed_client(self, near: bool) -> httpx2.Client:
        import httpcore2
        import httpx2

        client: httpx2.Client = _build(httpx2.Client, self.options, near)
        backend: Any = _TimedBackend(httpcore2.SyncBackend())
        for transport in (client._transport, *client._mounts.values()):
            if isinstance(transport, httpx2.HTTPTransport):
                transport._pool._network_backend = backend
        return client

    def exchange(
        self, url: str, request: HttpRequest, auth: Auth | None, timeout: float | None, limit: int
    ) -> HttpResponse:
        answer = self.open(url, request, auth, timeout)
        began = monotonic()
        pieces, size = [], 0
        with contextlib.closing(answer):
            while piece := answer.read_on():
                pieces.append(piece)
                size += len(piece)
                if size > limit:
                    raise too_large(limit)
        return HttpResponse(status=answer.status, headers=answer.headers, body=b"".join(pieces), first_byte=began)

    def open(
        self,
        url: str,
        request: HttpRequest,
        auth: Auth | None,
        timeout: float | None,
        total: float | None = None,  # noqa: ARG002  # httpx2 lets go by itself
    ) -> _SyncAnswer:
        client = self._client(is_loopback(url))
        built = _request(client, url, request, auth)
        _deadline.set(timeout)
        try:
            return _SyncAnswer(self, url, client.send(built, stream=True, follow_redirects=False))
        except self.errors as error:
            trouble = self.explain(error, url)
        raise trouble

    def close(self) -> None:
        for client in list(self._clients.values()):
            client.close()
        self._clients.clear()


class _SyncAnswer:
    """An answer whose body is still coming."""

    def __init__(self, transport: Httpx2, url: str, response: httpx2.Response) -> None:
        self.status = response.status_code
        self.headers = _headers(response)
        self._transport = transport
        self._url = url
        self._response = response
        self._pieces: Iterator[bytes] | None = response.iter_bytes()

    def read(self, timeout: float | None) -> bytes:
        _deadline.set(timeout)
        return self.read_on()

    def read_on(self) -> bytes:
        """The next bytes, within the deadline that is set already."""
        pieces, self._pieces = self._pieces, None  # an error ends them, and then there is nothing to go on with
        if pieces is None:
            raise closed_answer()
        try:
            piece = next(filter(None, pieces), b"")
        except self._transport.errors as error:
            trouble = self._transport.explain(error, self._url)
        else:
            self._pieces = pieces
            return piece
        raise trouble

    def close(self) -> None:
        self._pieces = None
        with contextlib.suppress(Exception):
            self._response.close()

    def __del__(self) -> None:
        self.close()


class AsyncHttpx2(_Base):
    """The async transport. Its connections belong to an event loop each, and are closed when `asyncio.run` ends."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self._loops: WeakKeyDictionary[AbstractEventLoop, tuple[dict[bool, httpx2.AsyncClient], Any]]
        self._loops = WeakKeyDictionary()

    async def _client(self, near: bool) -> httpx2.AsyncClient:
        import asyncio

        import httpx2

        loop = asyncio.get_running_loop()
        if loop not in self._loops:
            clients: dict[bool, httpx2.AsyncClient] = {}
            keeper = _keep(clients)
            self._loops[loop] = clients, keeper
            await anext(keeper)
        clients = self._loops[loop][0]
        return clients.get(near) or clients.setdefault(near, _build(httpx2.AsyncClient, self.options, near))

    async def exchange(
        self, url: str, request: HttpRequest, auth: Auth | None, timeout: float | None, limit: int
    ) -> HttpResponse:
        import asyncio

        async with asyncio.timeout(timeout):
            answer = await self.open(url, request, auth, None)
            began = monotonic()
            pieces, size = [], 0
            try:
                while piece := await answer.read(None):
                    pieces.append(piece)
                    size += len(piece)
                    if size > limit:
                        raise too_large(limit)
            finally:
                await answer.close()
        return HttpResponse(status=answer.status, headers=answer.headers, body=b"".join(pieces), first_byte=began)

    async def open(
        self,
        url: str,
        request: HttpRequest,
        auth: Auth | None,
        timeout: float | None,
        total: float | None = None,  # noqa: ARG002  # httpx2 lets go by itself
    ) -> _AsyncAnswer:
        import asyncio

        client = await self._client(is_loopback(url))
        built = _request(client, url, request, auth)
        try:
            async with asyncio.timeout(timeout):
                return _AsyncAnswer(self, url, await client.send(built, stream=True, follow_redirects=False))
        except self.errors as error:
            trouble = self.explain(error, url)
        raise trouble

    async def close(self) -> None:
        import asyncio

        _clients, keeper = self._loops.pop(asyncio.get_running_loop(), ({}, None))
        if keeper:
            await keeper.aclose()


async def _keep(clients: dict[bool, httpx2.AsyncClient]) -> AsyncIterator[None]:
    """Lives until its event loop is shut down: `asyncio.run` closes every generator then, and this one the clients."""
    try:
        yield
    finally:
        for client in clients.values():
            await client.aclose()
        clients.clear()


class _AsyncAnswer:
    """An answer whose body is still coming."""

    def __init__(self, transport: AsyncHttpx2, url: str, response: httpx2.Response) -> None:
        self.status = response.status_code
        self.headers = _headers(response)
        self._transport = transport
        self._url = url
        self._response = response
        self._pieces: AsyncIterator[bytes] | None = response.aiter_bytes()

    async def read(self, timeout: float | None) -> bytes:
        import asyncio

        pieces, self._pieces = self._pieces, None  # an error ends them, and then there is nothing to go on with
        if pieces is None:
            raise closed_answer()
        try:
            async with asyncio.timeout(timeout):
                while (piece := await anext(pieces, None)) == b"":
                    pass
        except self._transport.errors as error:
            trouble = self._transport.explain(error, self._url)
        else:
            self._pieces = pieces
            return piece or b""
        raise trouble

    async def close(self) -> None:
        self._pieces = None
        with contextlib.suppress(Exception):
            await self._response.aclose()
