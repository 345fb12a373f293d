"""The transport on pyreqwest: its asynchronous client, awaited in async code, and stepped by the waiter in sync code.

What pyreqwest 0.15 can't do: let go of a request before its answer is in our hands. Interrupted or cancelled there, a
call ends at once, but its connection stays until the server sends on or closes, or the request's own time is up (the
timeout of an `exchange`, the total of an `open`). An answer that was opened is closed at once.

A connection that the server closed while it was idle is replaced without anybody noticing. One that the server closes
while a request is under way is an APIConnectionError: nothing is sent twice in silence.
"""

# ruff: noqa: ASYNC109  # in async code a timeout is an argument too, as in sync code

from __future__ import annotations

import atexit
import contextlib
import os
import re
import sys
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal, cast

from ringup.errors import ConfigurationError
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
from ringup.transport._waiter import bounded, wait

if TYPE_CHECKING:
    from pyreqwest.client import Client
    from pyreqwest.request import StreamRequest
    from pyreqwest.response import ResponseBodyReader

__all__ = ["AsyncPyreqwest", "Forked", "Pyreqwest"]

_PIECE = 64 * 1024
_BLOCK = 1024 * 1024
_FOREVER = 1e9


class Forked(Exception):
    """pyreqwest was in use when this process was forked, so it can't be used here."""


class _Engine:
    """The clients: one for the servers of this machine, one for all others."""

    def __init__(self, options: Options) -> None:
        from pyreqwest.exceptions import PyreqwestError, RequestTimeoutError

        self._options = options
        self._clients: dict[bool, Client] = {}
        self._timeouts = RequestTimeoutError
        self.errors = PyreqwestError
        self._client(near=True)  # here, so that a forked process is noticed before anything else

    def _client(self, near: bool) -> Client:
        return self._clients.get(near) or self._clients.setdefault(near, self._build(near))

    def _build(self, near: bool) -> Client:
        from pyreqwest.client import ClientBuilder
        from pyreqwest.proxy import ProxyBuilder

        options = self._options
        builder = (
            ClientBuilder()
            .user_agent(USER_AGENT)
            .follow_redirects(False)
            .referer(False)
            .connect_timeout(timedelta(seconds=options.connect_timeout))
            .pool_max_idle_per_host(options.max_idle)
            .pool_idle_timeout(timedelta(seconds=options.idle_seconds))
            .tcp_keepalive(timedelta(seconds=30))
        )
        for certificate in _certificates(options.ca_file):
            builder = builder.add_root_certificate_pem(certificate)
        if options.proxy:
            builder = builder.proxy(ProxyBuilder.all(options.proxy))
        elif near:
            builder = builder.no_proxy()
        try:
            return builder.build()
        except ValueError:
            trouble: Exception = ConfigurationError(f"ca_file can't be used: is it a PEM file? {options.ca_file}")
        except RuntimeError:  # its runtime belongs to the process before the fork
            trouble = Forked()
        raise trouble

    def _request(self, url: str, request: HttpRequest, auth: Auth | None, buffer: int, total: float | None) -> _Sent:
        check(request, auth)
        if sys.is_finalizing():  # its answer would never be handed to us
            raise ConfigurationError("the program has ended: no call can be made any more.", advice="Make it before.")
        builder = self._client(is_loopback(url)).request(request.method, with_query(url, request.query))
        builder = builder.headers(headers_of(request, auth)).streamed_read_buffer_limit(buffer)
        if request.body:
            builder = builder.body_bytes(request.body)
        if total is not None:
            builder = builder.timeout(timedelta(seconds=min(max(total, 0.001), _FOREVER)))
        if auth:
            builder = builder.header(auth.header, auth.value(), is_sensitive=True)
        return _Sent(builder.build_streamed())

    async def exchange(
        self, url: str, request: HttpRequest, auth: Auth | None, total: float | None, limit: int
    ) -> HttpResponse:
        sent = self._request(url, request, auth, _PIECE, total)
        try:
            answer = await sent.head()
            began = monotonic()
            body = await _read_all(answer.body_reader, limit)
            if body is not None:
                return HttpResponse(status=answer.status, headers=_headers(answer), body=body, first_byte=began)
            trouble: Exception = too_large(limit)
        except self.errors as error:
            trouble = self.explain(error, url)
        finally:
            sent.shut()
        raise trouble

    async def open(self, url: str, request: HttpRequest, auth: Auth | None, total: float | None) -> tuple[_Sent, Any]:
        sent = self._request(url, request, auth, 0, total)
        try:
            return sent, await sent.head()
        except self.errors as error:
            trouble = self.explain(error, url)
        except BaseException:
            sent.shut()
            raise
        raise trouble

    def explain(self, error: Exception, url: str) -> Exception:
        """The error to raise in the place of pyreqwest's."""
        details = getattr(error, "details", None) or {}
        causes = [cause["message"] for cause in details.get("causes") or ()] or [str(error)]
        if not isinstance(error, self._timeouts):
            return connection_error(url, causes, self._options)
        connecting = any("(Connect)" in cause for cause in causes)
        return connect_timeout(url, self._options) if connecting else TimeoutError()

    def close(self) -> None:
        self._clients.clear()


def _certificates(ca_file: str | None) -> list[bytes]:
    """Each certificate of a PEM file, for pyreqwest reads one at a time."""
    if ca_file is None:
        return []
    try:
        with open(ca_file, "rb") as file:
            text = file.read()
    except OSError as error:
        raise ConfigurationError(f"ca_file can't be read: {error.strerror}: {ca_file}") from None
    found = re.findall(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", text, re.DOTALL)
    if not found:
        raise ConfigurationError(f"ca_file holds no certificate in PEM form: {ca_file}")
    return found


async def _read_all(reader: ResponseBodyReader, limit: int) -> bytes | None:
    """The whole body, or None when it is over the limit."""
    pieces: list[bytes] = []
    size, wanted = 0, _PIECE
    while size <= limit:
        piece = await reader.read(wanted)
        if piece is not None:
            pieces.append(bytes(piece))
            size += len(piece)
        if piece is None or len(piece) < wanted:  # a short piece is the last one
            return b"".join(pieces) if size <= limit else None
        wanted = _BLOCK
    return None


def _headers(answer: Any) -> dict[str, str]:
    """Names in lower case, repeated ones joined. One that isn't ASCII is left out: pyreqwest can't read it."""
    headers = answer.headers
    try:
        found = headers.dict_multi_value()
    except ValueError:
        found = {name: values for name in set(headers.keys()) if (values := _values(headers, name))}
    if list not in map(type, found.values()):  # mostly, no name is there twice
        return cast("dict[str, str]", found)
    return {name: value if isinstance(value, str) else ", ".join(value) for name, value in found.items()}


def _values(headers: Any, name: str) -> list[str] | None:
    try:
        return [str(value) for value in headers.getall(name)]
    except ValueError:
        return None


def _settle(process: int) -> None:
    """Send pyreqwest's thread an errand, and wait until it is done: then it has left every event loop.

    It wakes a loop by writing to a socket, and lets Python go on meanwhile. A program that ends in that moment is
    aborted (CPython 3.11, pyreqwest 0.15), so this is done at the end of each that used the async transport.
    """
    from pyreqwest.client import ClientBuilder

    if os.getpid() == process:
        with contextlib.suppress(Exception):
            wait(ClientBuilder().no_proxy().build().get("nowhere://x").build_streamed().__aenter__(), 1.0)


_settling: set[int] = set()


class _Sent:
    """A request on its way. pyreqwest's own has a repr that raises once it is sent, which breaks tracebacks."""

    __slots__ = ("_request",)

    def __init__(self, request: StreamRequest) -> None:
        self._request = request

    async def head(self) -> Any:
        """Send, and wait for the head of the answer."""
        return await self._request.__aenter__()

    def shut(self) -> None:
        """Close the answer's connection, unless it was read to its end. Doesn't wait, and never raises."""
        try:
            closing = self._request.__aexit__(None, None, None)
            closing.send(None)
        except (StopIteration, RuntimeError):  # closed; or there is nothing to close
            return
        closing.close()


class _Answer:
    """An answer whose body is still coming."""

    __slots__ = ("_engine", "_reader", "_sent", "_state", "_url", "headers", "status")

    def __init__(self, engine: _Engine, url: str, sent: _Sent, answer: Any) -> None:
        self._state: Literal["open", "ended", "closed"] = "open"
        self._sent = sent
        self._engine = engine
        self._url = url
        self._reader: ResponseBodyReader = answer.body_reader
        self.status: int = answer.status
        self.headers = _headers(answer)

    async def _next(self) -> bytes:
        if self._state == "closed":
            raise closed_answer()
        try:
            while self._state == "open":
                chunk = await self._reader.read_chunk()
                if chunk:
                    return bytes(chunk)
                if chunk is None:
                    self._state = "ended"
            return b""
        except self._engine.errors as error:
            trouble = self._engine.explain(error, self._url)
        raise trouble

    def _close(self) -> None:
        if self._state != "closed":
            self._state = "closed"
            self._sent.shut()

    def __del__(self) -> None:
        self._close()


class _SyncAnswer(_Answer):
    __slots__ = ()

    def read(self, timeout: float | None) -> bytes:
        try:
            return wait(self._next(), timeout)
        except TimeoutError:
            raise
        except BaseException:
            self._close()
            raise

    def close(self) -> None:
        self._close()


class _AsyncAnswer(_Answer):
    __slots__ = ()

    async def read(self, timeout: float | None) -> bytes:
        try:
            return await bounded(self._next(), timeout)
        except TimeoutError:
            raise
        except BaseException:
            self._close()
            raise

    async def close(self) -> None:
        self._close()


class Pyreqwest:
    """The sync transport."""

    def __init__(self, options: Options) -> None:
        self._engine = _Engine(options)

    def exchange(
        self, url: str, request: HttpRequest, auth: Auth | None, timeout: float | None, limit: int
    ) -> HttpResponse:
        return wait(self._engine.exchange(url, request, auth, timeout, limit), timeout)

    def open(
        self, url: str, request: HttpRequest, auth: Auth | None, timeout: float | None, total: float | None = None
    ) -> _SyncAnswer:
        return _SyncAnswer(self._engine, url, *wait(self._engine.open(url, request, auth, total), timeout))

    def close(self) -> None:
        self._engine.close()


class AsyncPyreqwest:
    """The async transport. It belongs to no event loop: any may use it."""

    def __init__(self, options: Options) -> None:
        self._engine = _Engine(options)
        process = os.getpid()
        if process not in _settling:
            _settling.add(process)
            atexit.register(_settle, process)

    async def exchange(
        self, url: str, request: HttpRequest, auth: Auth | None, timeout: float | None, limit: int
    ) -> HttpResponse:
        return await bounded(self._engine.exchange(url, request, auth, timeout, limit), timeout)

    async def open(
        self, url: str, request: HttpRequest, auth: Auth | None, timeout: float | None, total: float | None = None
    ) -> _AsyncAnswer:
        return _AsyncAnswer(self._engine, url, *await bounded(self._engine.open(url, request, auth, total), timeout))

    async def close(self) -> None:
        self._engine.close()
