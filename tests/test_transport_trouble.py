"""Every transport when things go wrong: failures in plain words, timeouts, Ctrl-C and cancellation."""

from __future__ import annotations

import asyncio
import contextlib
import select
import signal
import socket
import struct
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest

from ringup.errors import APIConnectionError, APITimeoutError, RingupError
from ringup.http import HttpRequest
from ringup.secret import Auth, Secret
from ringup.transport import Options, make_async_transport, make_transport
from tests.loopback import (
    KINDS,
    REQUEST,
    STREAM_HEAD,
    WAIT,
    Caller,
    Hangup,
    MakeCaller,
    Peer,
    Server,
    callers,
    chunk,
    hello,
    reply,
)

CANARY = "sk-canary-0123456789abcdef"
AUTH = Auth(Secret(CANARY))


@pytest.fixture(params=[(kind, sync) for kind in KINDS for sync in (True, False)], ids=lambda p: f"{p[0]}-{p[1]}")
def make(request: pytest.FixtureRequest) -> Iterator[MakeCaller]:
    yield from callers(*request.param)


@pytest.fixture
def caller(make: MakeCaller) -> Caller:
    return make()


def no_key_in(error: BaseException) -> None:
    """The key is in none of our frames' locals, in no text, and in no error behind this one."""
    seen: BaseException | None = error
    while seen:
        assert not type(seen).__module__.startswith(("pyreqwest", "httpx2", "httpcore2", "h11"))
        shown = "".join(traceback.TracebackException.from_exception(seen, capture_locals=True).format(chain=False))
        assert CANARY not in shown
        seen = seen.__cause__ or seen.__context__


def fails(caller: Caller, url: str, match: str, *, retryable: bool = True) -> APIConnectionError:
    """Both ways to send fail alike."""
    caught: list[APIConnectionError] = []
    for send in (caller.exchange, caller.open):
        with pytest.raises(APIConnectionError, match=match) as raised:
            send(url, REQUEST, AUTH)
        assert raised.value.retryable is retryable
        assert not isinstance(raised.value, APITimeoutError)
        assert raised.value.__cause__ is None
        assert raised.value.__context__ is None
        no_key_in(raised.value)
        caught.append(raised.value)
    return caught[0]


# ── No answer ──


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def test_a_refused_connection(caller: Caller) -> None:
    port = free_port()
    error = fails(caller, f"http://127.0.0.1:{port}/v1", f"nothing answers at 127.0.0.1:{port}")
    assert "port" in error.advice


def test_an_unknown_name(make: MakeCaller, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "*")
    error = fails(make(), "http://no-such-host.invalid/v1", "name of no-such-host.invalid:80 wasn't found")
    assert "spelling" in error.advice


def test_closed_before_the_answer(caller: Caller) -> None:
    def hang_up(peer: Peer) -> None:
        raise Hangup

    with Server(hang_up) as server:
        fails(caller, server.url, f"{server.address} closed the connection before it answered")


def test_reset(caller: Caller) -> None:
    def reset(peer: Peer) -> None:
        peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Hangup

    with Server(reset) as server:
        fails(caller, server.url, f"{server.address} reset the connection")


def test_not_http(caller: Caller) -> None:
    def greet(peer: Peer) -> None:
        peer.send(b"220 mail.example ESMTP\r\n\r\n")
        raise Hangup

    with Server(greet) as server:
        fails(caller, server.url, "isn't HTTP", retryable=False)


@pytest.mark.parametrize(
    "cut",
    [
        reply(b"hello", length=50),
        STREAM_HEAD + chunk(b"hello"),
        STREAM_HEAD + b"10\r\nhello",
        STREAM_HEAD + chunk(b"hello") + b"0",
    ],
    ids=["length", "no-last-chunk", "inside-a-chunk", "inside-the-end"],
)
def test_a_body_that_is_cut_short_never_ends_quietly(caller: Caller, cut: bytes) -> None:
    def send(peer: Peer) -> None:
        peer.send(cut)
        raise Hangup

    with Server(send) as server:
        with pytest.raises(APIConnectionError, match="before the answer ended") as caught:
            caller.exchange(server.url, auth=AUTH)
        assert caught.value.retryable
        no_key_in(caught.value)
        with caller.open(server.url, auth=AUTH) as opened:
            with pytest.raises(APIConnectionError, match="before the answer ended") as cut_short:
                opened.rest()
            no_key_in(cut_short.value)
            with pytest.raises(APIConnectionError):
                opened.read()


def test_a_reset_inside_the_body(caller: Caller) -> None:
    def send(peer: Peer) -> None:
        peer.send(STREAM_HEAD + chunk(b"hello"))
        peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        time.sleep(0.1)
        raise Hangup

    with Server(send) as server, caller.open(server.url) as opened:
        assert opened.read() == b"hello"
        with pytest.raises(APIConnectionError, match="reset"):
            opened.read()


# ── Timeouts ──


@contextlib.contextmanager
def full_backlog() -> Iterator[int]:
    """A port where connections are neither accepted nor refused."""
    with socket.socket() as listener, contextlib.ExitStack() as stack:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(8):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        probe = stack.enter_context(socket.socket())
        probe.settimeout(0.3)
        try:
            probe.connect(listener.getsockname())
        except TimeoutError:
            yield int(listener.getsockname()[1])
        else:
            pytest.skip("this system accepts connections that nobody asked for")


def test_no_connection_in_time(make: MakeCaller) -> None:
    caller = make(connect_timeout=0.2)
    with full_backlog() as port:
        for send in (caller.exchange, caller.open):
            with pytest.raises(APITimeoutError, match=f"127.0.0.1:{port} within 0.2 s") as caught:
                send(f"http://127.0.0.1:{port}/", REQUEST, AUTH)
            assert caught.value.phase == "connect"
            assert caught.value.__context__ is None
            no_key_in(caught.value)


def test_the_callers_time_counts_while_connecting(make: MakeCaller) -> None:
    caller = make(connect_timeout=30.0)
    with full_backlog() as port:
        for send in (caller.exchange, caller.open):
            with pytest.raises(TimeoutError) as caught:
                send(f"http://127.0.0.1:{port}/", REQUEST, AUTH, 0.2)
            assert not isinstance(caught.value, RingupError)
            no_key_in(caught.value)


def silent(peer: Peer) -> None:
    peer.wait_until_gone()


def test_no_head_in_time(caller: Caller) -> None:
    with Server(silent) as server:
        with pytest.raises(TimeoutError) as caught:
            caller.exchange(server.url, auth=AUTH, timeout=0.2)
        assert not isinstance(caught.value, RingupError)
        no_key_in(caught.value)
        assert server.last.gone.wait(WAIT)
        with pytest.raises(TimeoutError):
            caller.open(server.url, timeout=0.2)


def trickle(peer: Peer) -> None:
    """One byte after another, in no great hurry, and never an end."""
    peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n" + (b"x-" if peer.target == "/head" else b"\r\n"))
    for _ in range(500):
        peer.send(b"a")
        time.sleep(0.02)


@pytest.mark.parametrize("path", ["/head", "/body"])
def test_trickling_bytes_do_not_stretch_the_time(caller: Caller, path: str) -> None:
    with Server(trickle) as server:
        with pytest.raises(TimeoutError):
            caller.exchange(f"http://{server.address}{path}", timeout=0.3)
        assert server.last.gone.wait(WAIT)
        if path == "/head":
            with pytest.raises(TimeoutError):
                caller.open(f"http://{server.address}{path}", timeout=0.3)


def test_no_piece_in_time(caller: Caller) -> None:
    def send(peer: Peer) -> None:
        peer.send(STREAM_HEAD + chunk(b"one"))
        peer.wait_until_gone()

    with Server(send) as server:
        with caller.open(server.url) as opened:
            assert opened.read(WAIT) == b"one"
            with pytest.raises(TimeoutError) as caught:
                opened.read(0.2)
            assert not isinstance(caught.value, RingupError)
        assert server.last.gone.wait(WAIT)


def test_each_read_has_a_time_of_its_own(caller: Caller) -> None:
    def send(peer: Peer) -> None:
        peer.send(STREAM_HEAD + chunk(b"one"))
        peer.wait_until_gone()

    with Server(send) as server, caller.open(server.url, timeout=WAIT) as opened:
        assert opened.read(None) == b"one"
        begun = time.monotonic()
        with pytest.raises(TimeoutError):
            opened.read(0.2)
        assert time.monotonic() - begun < WAIT / 2


def test_the_total_time_frees_a_connection_that_nobody_waits_for(caller: Caller) -> None:
    with Server(silent) as server:
        with pytest.raises(TimeoutError):
            caller.run(caller.transport.open(server.url, REQUEST, None, 0.1, 0.5))
        assert server.last.gone.wait(WAIT)


def test_the_total_time_ends_a_stream(caller: Caller) -> None:
    if caller.kind == "httpx2":
        pytest.skip("httpx2 closes connections by itself, so it has no use for a total time")

    def send(peer: Peer) -> None:
        peer.send(STREAM_HEAD + chunk(b"one"))
        peer.wait_until_gone()

    with Server(send) as server:
        answer = caller.run(caller.transport.open(server.url, REQUEST, None, WAIT, 0.5))
        assert caller.run(answer.read(WAIT)) == b"one"
        with pytest.raises(TimeoutError):
            caller.run(answer.read(WAIT))
        assert server.last.gone.wait(WAIT)


# ── Ctrl-C ──


@contextlib.contextmanager
def interrupted_after(seconds: float) -> Iterator[None]:
    """As if somebody pressed Ctrl-C; by another signal, so that no real one is in the way."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def answer_when_told(told: threading.Event) -> Any:
    """Silence until told, or until the client has gone; then the head of an answer and a piece of it."""

    def send(peer: Peer) -> None:
        while not told.is_set() and not select.select([peer.sock], [], [], 0.02)[0]:
            pass
        peer.send(STREAM_HEAD + chunk(b"one"))
        peer.wait_until_gone()

    return send


@pytest.mark.parametrize("way", ["exchange", "open"])
@pytest.mark.parametrize("kind", KINDS)
def test_ctrl_c_while_waiting_for_the_head(kind: Any, way: str) -> None:
    told = threading.Event()
    transport = make_transport(Options(), kind)
    with Server(answer_when_told(told)) as server:
        begun = time.monotonic()
        send: Callable[[], object] = {
            "exchange": lambda: transport.exchange(server.url, REQUEST, AUTH, 5.0, 1000),
            "open": lambda: transport.open(server.url, REQUEST, AUTH, WAIT),
        }[way]
        with pytest.raises(KeyboardInterrupt), interrupted_after(0.5):
            send()
        assert time.monotonic() - begun < 4.0
        if kind == "pyreqwest":  # it lets go when the answer begins: see ringup.transport._pyreqwest
            told.set()
        assert server.last.gone.wait(WAIT)
    transport.close()


@pytest.mark.parametrize("kind", KINDS)
def test_ctrl_c_in_a_stalled_stream(kind: Any) -> None:
    def send(peer: Peer) -> None:
        peer.send(STREAM_HEAD + chunk(b"one"))
        peer.wait_until_gone()

    transport = make_transport(Options(), kind)
    with Server(send) as server:
        answer = transport.open(server.url, REQUEST, AUTH, WAIT)
        assert answer.read(WAIT) == b"one"
        with pytest.raises(KeyboardInterrupt), interrupted_after(0.2):
            answer.read(WAIT)
        assert server.last.gone.wait(WAIT)
        with pytest.raises(KeyboardInterrupt), interrupted_after(0.2):
            transport.exchange(server.url, REQUEST, AUTH, 1.0, 1000)
        assert server.last.gone.wait(WAIT)
    transport.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_transport_works_on_after_ctrl_c(kind: Any) -> None:
    def send(peer: Peer) -> None:
        if peer.target == "/silent":
            peer.wait_until_gone()
        peer.send(reply())

    transport = make_transport(Options(), kind)
    with Server(send) as server:
        with pytest.raises(KeyboardInterrupt), interrupted_after(0.1):
            transport.exchange(f"http://{server.address}/silent", REQUEST, None, 1.0, 1000)
        assert transport.exchange(server.url, REQUEST, None, WAIT, 1000).body == b"hello"
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()
    transport.close()


# ── Cancellation ──


async def cancelled_after(work: Any, seconds: float, server: Server | None = None) -> None:
    """Cancel it so many seconds after it began; of a first request, after it reached the server."""
    task = asyncio.ensure_future(work)
    if server:
        await asyncio.to_thread(server.met.wait, WAIT)
    await asyncio.sleep(seconds)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("way", ["exchange", "open"])
@pytest.mark.parametrize("kind", KINDS)
def test_cancelled_while_waiting_for_the_head(kind: Any, way: str) -> None:
    told = threading.Event()

    async def main() -> None:
        transport = make_async_transport(Options(), kind)
        if way == "exchange":
            await cancelled_after(transport.exchange(server.url, REQUEST, AUTH, WAIT, 1000), 0.2, server)
        else:
            await cancelled_after(transport.open(server.url, REQUEST, AUTH, WAIT), 0.2, server)
        if kind == "pyreqwest":  # it lets go when the answer begins: see ringup.transport._pyreqwest
            told.set()
        assert await asyncio.to_thread(server.last.gone.wait, WAIT)
        await transport.close()

    with Server(answer_when_told(told)) as server:
        asyncio.run(main())


@pytest.mark.parametrize("kind", KINDS)
def test_cancelled_in_a_stalled_stream(kind: Any) -> None:
    def send(peer: Peer) -> None:
        peer.send(STREAM_HEAD + chunk(b"one"))
        peer.wait_until_gone()

    async def main() -> None:
        transport = make_async_transport(Options(), kind)
        answer = await transport.open(server.url, REQUEST, AUTH, WAIT)
        assert await answer.read(WAIT) == b"one"
        await cancelled_after(answer.read(WAIT), 0.1)
        await answer.close()
        assert await asyncio.to_thread(server.last.gone.wait, WAIT)
        await cancelled_after(transport.exchange(server.url, REQUEST, AUTH, 1.0, 1000), 0.2)
        assert await asyncio.to_thread(server.last.gone.wait, WAIT)
        await transport.close()

    with Server(send) as server:
        asyncio.run(main())


@pytest.mark.parametrize("kind", KINDS)
def test_a_cancellation_that_meets_the_answer_is_not_lost(kind: Any) -> None:
    """pyreqwest by itself gives the answer every other time, and the task runs on."""

    async def main() -> int:
        transport = make_async_transport(Options(), kind)
        await transport.exchange(server.url, REQUEST, None, WAIT, 1000)
        lost = 0
        for _ in range(60):
            task = asyncio.ensure_future(transport.exchange(server.url, REQUEST, None, WAIT, 1000))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            time.sleep(0.003)  # noqa: ASYNC251  # the answer arrives while nobody looks
            asyncio.get_running_loop().call_soon(task.cancel)
            try:
                await task
            except asyncio.CancelledError:
                continue
            lost += 0 if task.cancelling() == 0 else 1
        await transport.close()
        return lost

    with Server(hello) as server:
        assert asyncio.run(main()) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_timeout_of_asyncio_around_a_call(kind: Any) -> None:
    async def main() -> None:
        transport = make_async_transport(Options(), kind)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await transport.exchange(server.url, REQUEST, None, 1.0, 1000)
        task = asyncio.current_task()
        assert task
        assert task.cancelling() == 0
        await transport.close()

    with Server(silent) as server:
        asyncio.run(main())


def test_the_key_is_in_no_frame_of_ours_when_a_call_is_interrupted() -> None:
    def our_frames(error: BaseException) -> Iterator[str]:
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if "/ringup/" in frame.f_code.co_filename:
                yield repr(frame.f_locals)

    for kind in ("pyreqwest", "httpx2"):
        transport: Any = make_transport(Options(), kind)
        with Server(silent) as server:
            with pytest.raises(KeyboardInterrupt) as caught, interrupted_after(0.1):
                transport.exchange(server.url, HttpRequest(path="/x", body=b"{}"), AUTH, 1.0, 1000)
            frames = list(our_frames(caught.value))
            assert frames
            assert not any(CANARY in frame for frame in frames)
        transport.close()
