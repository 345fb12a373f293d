"""Servers on loopback that answer as a test wants and tell what they saw; the four transports under one interface."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any, Self

from ringup.http import HttpRequest, HttpResponse
from ringup.secret import Auth
from ringup.transport import Options, make_async_transport, make_transport

KINDS = ["pyreqwest", "httpx2"]
WAIT = 20.0
"Seconds after which something that should have happened counts as not happening."


def reply(body: bytes = b"hello", status: int = 200, length: int | None = None, **headers: str) -> bytes:
    """A whole answer. Underscores in names of headers become hyphens."""
    lines = [f"HTTP/1.1 {status} X", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    lines.append(f"content-length: {len(body) if length is None else length}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def chunk(data: bytes) -> bytes:
    """A piece of a chunked body; of nothing, its end."""
    return b"%x\r\n%s\r\n" % (len(data), data)


STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


class Hangup(Exception):
    """Raised by a handler: the server closes the connection."""


class Peer:
    """A connection, as the server sees it, with the request that came last."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.file = sock.makefile("rb")
        self.gone = threading.Event()
        self.method = self.target = ""
        self.headers: dict[str, str] = {}
        self.body = b""
        self.count = 0

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def wait_until_gone(self) -> None:
        """Read until the client has closed."""
        with contextlib.suppress(OSError):
            while self.file.read(1):
                pass
        self.gone.set()
        raise Hangup

    def read_request(self) -> bool:
        line = self.file.readline()
        if not line:
            return False
        self.method, self.target, _ = line.decode().split()
        self.headers = {}
        while (line := self.file.readline().strip()) != b"":
            name, value = (part.strip() for part in line.decode("latin-1").split(":", 1))
            before = self.headers.get(name.lower())
            self.headers[name.lower()] = value if before is None else f"{before}, {value}"
        self.body = self.file.read(int(self.headers.get("content-length", 0)))
        self.count += 1
        return True

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.file.close()
            self.sock.close()


Handler = Callable[[Peer], object]


def hello(peer: Peer) -> None:
    peer.send(reply())


class Server:
    """Calls `handler` for each request. With `raw`, it is called once for each connection, and reads by itself."""

    def __init__(self, handler: Handler = hello, *, tls: ssl.SSLContext | None = None, raw: bool = False) -> None:
        self.handler = handler
        self.raw = raw
        self.peers: list[Peer] = []
        self.met = threading.Event()  # there is a peer
        self._tls = tls
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._socket.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"
        self.url = f"{'https' if tls else 'http'}://{self.address}/v1/x"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._socket.accept()
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.settimeout(WAIT)
                thread = threading.Thread(target=self._serve, args=(sock,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, sock: socket.socket) -> None:
        try:
            peer = Peer(self._tls.wrap_socket(sock, server_side=True) if self._tls else sock)
        except OSError:
            sock.close()
            return
        self.peers.append(peer)
        self.met.set()
        with contextlib.suppress(OSError, Hangup):
            if self.raw:
                self.handler(peer)
            else:
                while peer.read_request():
                    self.handler(peer)
        peer.close()
        peer.gone.set()

    @property
    def last(self) -> Peer:
        return self.peers[-1]

    @property
    def requests(self) -> int:
        return sum(peer.count for peer in self.peers)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for peer in self.peers:
            with contextlib.suppress(OSError):
                peer.sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(WAIT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


REQUEST = HttpRequest(path="/x", headers={"content-type": "application/json"}, body=b'{"model": "m"}')


class Caller:
    """A transport under one interface, whether it is called or awaited."""

    sync: bool

    def __init__(self, kind: Any, options: Options | None = None) -> None:
        self.kind = kind
        self.options = options or Options()

    def exchange(
        self,
        url: str,
        request: HttpRequest = REQUEST,
        auth: Auth | None = None,
        timeout: float | None = WAIT,
        limit: int = 1 << 24,
    ) -> HttpResponse:
        answer: HttpResponse = self.run(self.transport.exchange(url, request, auth, timeout, limit))
        return answer

    def open(
        self, url: str, request: HttpRequest = REQUEST, auth: Auth | None = None, timeout: float | None = WAIT
    ) -> Reading:
        return Reading(self, self.run(self.transport.open(url, request, auth, timeout)))

    transport: Any

    def run(self, result: Any) -> Any:
        raise NotImplementedError

    def close(self) -> None:
        self.run(self.transport.close())


class Reading:
    """An open answer."""

    def __init__(self, caller: Caller, answer: Any) -> None:
        self.caller = caller
        self.answer = answer
        self.status = answer.status
        self.headers = answer.headers

    def read(self, timeout: float | None = WAIT) -> bytes:
        data: bytes = self.caller.run(self.answer.read(timeout))
        return data

    def rest(self) -> bytes:
        return b"".join(iter(self.read, b""))

    def close(self) -> None:
        self.caller.run(self.answer.close())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class SyncCaller(Caller):
    sync = True

    def __init__(self, kind: Any, options: Options | None = None) -> None:
        super().__init__(kind, options)
        self.transport = make_transport(self.options, kind)

    def run(self, result: Any) -> Any:
        return result


class AsyncCaller(Caller):
    """Each call is a run of the same loop."""

    sync = False

    def __init__(self, kind: Any, options: Options | None = None) -> None:
        super().__init__(kind, options)
        self.runner = asyncio.Runner()
        self.transport = make_async_transport(self.options, kind)

    def run(self, result: Any) -> Any:
        return self.runner.run(result)

    def close(self) -> None:
        super().close()
        self.runner.close()


MakeCaller = Callable[..., Caller]


def callers(kind: str, sync: bool) -> Iterator[MakeCaller]:
    """Gives a function that makes callers, and closes them all afterwards."""
    made: list[Caller] = []

    def make(**options: Any) -> Caller:
        made.append((SyncCaller if sync else AsyncCaller)(kind, Options(**options)))
        return made[-1]

    yield make
    for caller in made:
        caller.close()
