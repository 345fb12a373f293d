"""Every transport, sync and async: what is sent, what is read, and how connections are kept and closed."""

from __future__ import annotations

import asyncio
import gzip
import resource
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ringup.errors import APIConnectionError, ConfigurationError, KeyFormatError, ParameterError, ProtocolError
from ringup.http import HttpRequest
from ringup.secret import Auth, Secret
from ringup.transport import Options, make_async_transport, make_transport
from ringup.version import __version__
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


@pytest.fixture(params=[(kind, sync) for kind in KINDS for sync in (True, False)], ids=lambda p: f"{p[0]}-{p[1]}")
def make(request: pytest.FixtureRequest) -> Iterator[MakeCaller]:
    yield from callers(*request.param)


@pytest.fixture
def caller(make: MakeCaller) -> Caller:
    return make()


# ── What is sent ──


def test_a_whole_exchange(caller: Caller) -> None:
    with Server(lambda peer: peer.send(reply(b'{"a": 1}', content_type="application/json", X_Mixed="Yes"))) as server:
        answer = caller.exchange(server.url, auth=Auth(Secret("sk-0123456789")))
        peer = server.last
    assert answer.status == 200
    assert answer.body == b'{"a": 1}'
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-mixed"] == "Yes"
    assert answer.first_byte is not None
    assert (peer.method, peer.target, peer.body) == ("POST", "/v1/x", REQUEST.body)
    assert peer.headers["content-type"] == "application/json"
    assert peer.headers["authorization"] == "Bearer sk-0123456789"
    assert peer.headers["user-agent"] == f"ringup/{__version__}"
    assert peer.headers["host"] == server.address


def test_other_methods_the_query_and_a_key_header(caller: Caller) -> None:
    request = HttpRequest(method="GET", path="/x", query={"q": "a b&c", "é": "ü"}, headers={"user-agent": "mine"})
    with Server() as server:
        caller.exchange(server.url, request, Auth(Secret("key"), "x-api-key"))
        caller.exchange(server.url + "?a=1", request)
        peer = server.last
    assert peer.method == "GET"
    assert peer.target == "/v1/x?a=1&q=a+b%26c&%C3%A9=%C3%BC"
    assert peer.body == b""
    assert peer.headers["user-agent"] == "mine"
    assert "x-api-key" not in peer.headers
    assert "authorization" not in peer.headers


@pytest.mark.parametrize("value", ["a\r\nx-injected: 1", "a\nb", "a\rb", "a\0b", "naïve", "tab\tbed"])
def test_a_header_can_not_be_broken_out_of(caller: Caller, value: str) -> None:
    request = HttpRequest(path="/x", headers={"x-note": value}, body=b"{}")
    with Server() as server:
        with pytest.raises(ParameterError, match="x-note") as caught:
            caller.exchange(server.url, request)
        assert caught.value.parameter == "x-note"
        with pytest.raises(ParameterError):
            caller.open(server.url, HttpRequest(path="/x", headers={"a b": "c"}))
        with pytest.raises(KeyFormatError) as refused:
            caller.exchange(server.url, auth=Auth(Secret("sk-canary" + value)))
        assert "canary" not in str(refused.value)
        assert server.requests == 0


def test_the_key_takes_the_place_of_a_header_of_the_same_name(caller: Caller) -> None:
    request = HttpRequest(path="/x", headers={"authorization": "Bearer other"}, body=b"{}")
    with Server() as server:
        caller.exchange(server.url, request, Auth(Secret("sk-0123")))
        assert server.last.headers["authorization"] == "Bearer sk-0123"
        caller.exchange(server.url, request)
        assert server.last.headers["authorization"] == "Bearer other"


@pytest.mark.parametrize("name", ["content-length", "Transfer-Encoding", "connection"])
def test_headers_that_frame_the_request_are_the_transports_own(caller: Caller, name: str) -> None:
    with Server() as server:
        with pytest.raises(ParameterError, match=name):
            caller.exchange(server.url, HttpRequest(path="/x", headers={name: "1"}, body=b"{}"))
        assert server.requests == 0


def test_a_big_request(caller: Caller) -> None:
    body = bytes(range(256)) * 20_000
    with Server() as server:
        caller.exchange(server.url, HttpRequest(path="/x", body=body))
        assert server.last.body == body


# ── What is read ──


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 400, 401, 429, 500, 529])
def test_every_status_is_an_answer_and_redirects_are_not_followed(caller: Caller, status: int) -> None:
    with Server(lambda peer: peer.send(reply(b"no", status, location="/elsewhere"))) as server:
        answer = caller.exchange(server.url)
        with caller.open(server.url) as opened:
            assert (opened.status, opened.rest()) == (status, b"no")
        assert server.requests == 2
    assert (answer.status, answer.body, answer.headers["location"]) == (status, b"no", "/elsewhere")


def test_cookies_are_not_kept(caller: Caller) -> None:
    with Server(lambda peer: peer.send(reply(set_cookie="a=1; Path=/", SET_COOKIE="b=2; Path=/"))) as server:
        answer = caller.exchange(server.url)
        caller.exchange(server.url)
        assert "cookie" not in server.last.headers
    assert answer.headers["set-cookie"] == "a=1; Path=/, b=2; Path=/"


def test_an_answer_without_a_body(caller: Caller) -> None:
    with Server(lambda peer: peer.send(b"HTTP/1.1 204 No Content\r\n\r\n")) as server:
        assert caller.exchange(server.url).body == b""
        with caller.open(server.url) as opened:
            assert opened.read() == b""
            assert opened.read() == b""


def test_a_body_that_ends_with_the_connection(caller: Caller) -> None:
    def old(peer: Peer) -> None:
        peer.send(b"HTTP/1.0 200 OK\r\n\r\nhello")
        raise Hangup

    with Server(old) as server:
        assert caller.exchange(server.url).body == b"hello"


def test_latin_1_in_a_header_of_the_answer_does_no_harm(caller: Caller) -> None:
    head = b"HTTP/1.1 200 OK\r\nx-a: caf\xe9\r\nx-b: 1\r\nx-b: 2\r\ncontent-length: 2\r\n\r\n"
    with Server(lambda peer: peer.send(head + b"ok")) as server:
        answer = caller.exchange(server.url)
    assert answer.body == b"ok"
    assert answer.headers["x-b"] == "1, 2"
    assert answer.headers.get("x-a", "caf").startswith("caf")


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 3_000_000])
def test_bodies_of_any_size_up_to_the_limit(caller: Caller, size: int) -> None:
    body = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    with Server(lambda peer: peer.send(reply(body))) as server:
        assert caller.exchange(server.url, limit=max(size, 1)).body == body
        if size > 1:
            with pytest.raises(ProtocolError, match=str(size - 1)):
                caller.exchange(server.url, limit=size - 1)
        with caller.open(server.url) as opened:
            assert opened.rest() == body


ENCODED = {
    "gzip": gzip.compress(b"hello"),
    "deflate": zlib.compress(b"hello"),
    "br": bytes.fromhex("0b028068656c6c6f03"),
    "zstd": bytes.fromhex("28b52ffd2005290000") + b"hello",
}


def test_what_is_offered_is_decoded(caller: Caller) -> None:
    def send(peer: Peer) -> None:
        name = peer.target.removeprefix("/")
        peer.send(reply(ENCODED[name], content_encoding=name))

    with Server(send) as server:
        address = f"http://{server.address}/"
        caller.exchange(address + "gzip")
        offered = server.last.headers["accept-encoding"].replace(" ", "").split(",")
        assert {"gzip"} <= set(offered) <= set(ENCODED)
        for name in offered:
            assert caller.exchange(address + name).body == b"hello"
            with caller.open(address + name) as opened:
                assert opened.rest() == b"hello"


def test_a_damaged_encoding_is_an_error(caller: Caller) -> None:
    with Server(lambda peer: peer.send(reply(b"not gzip at all", content_encoding="gzip"))) as server:
        with pytest.raises(APIConnectionError, match="damaged"):
            caller.exchange(server.url)
        with caller.open(server.url) as opened, pytest.raises(APIConnectionError, match="damaged"):
            opened.rest()


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is counted in KiB on Linux")
def test_a_gzip_bomb_is_stopped(caller: Caller) -> None:
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(300)) + packer.flush()
    with Server(lambda peer: peer.send(reply(bomb, content_encoding="gzip"))) as server:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with pytest.raises(ProtocolError, match="1000000"):
            caller.exchange(server.url, limit=1_000_000)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert grown < 60 * 1024
        assert server.last.gone.wait(WAIT)


# ── Streams ──


def test_a_stream_is_handed_out_as_it_comes(caller: Caller) -> None:
    steps = [threading.Event() for _ in range(5)]

    def send(peer: Peer) -> None:
        peer.send(STREAM_HEAD)
        for number, step in enumerate(steps):
            assert step.wait(WAIT)
            peer.send(chunk(b"data: %d\n\n" % number))
        peer.send(chunk(b""))

    with Server(send) as server, caller.open(server.url) as opened:
        assert opened.headers["content-type"] == "text/event-stream"
        for number, step in enumerate(steps):
            step.set()
            assert opened.read() == b"data: %d\n\n" % number
        assert opened.read() == b""


def test_a_compressed_stream_is_handed_out_as_it_comes(caller: Caller) -> None:
    steps = [threading.Event() for _ in range(3)]

    def send(peer: Peer) -> None:
        packer = zlib.compressobj(wbits=31)
        peer.send(STREAM_HEAD.replace(b"\r\n\r\n", b"\r\ncontent-encoding: gzip\r\n\r\n"))
        for number, step in enumerate(steps):
            assert step.wait(WAIT)
            peer.send(chunk(packer.compress(b"data: %d\n\n" % number) + packer.flush(zlib.Z_SYNC_FLUSH)))
        peer.send(chunk(packer.flush()) + chunk(b""))

    with Server(send) as server, caller.open(server.url) as opened:
        for number, step in enumerate(steps):
            step.set()
            assert opened.read() == b"data: %d\n\n" % number
        assert opened.rest() == b""


def test_a_stream_with_many_pieces_stays_in_order(caller: Caller) -> None:
    pieces = [b"data: %d\n\n" % number for number in range(2000)]
    whole = STREAM_HEAD + b"".join(map(chunk, pieces)) + chunk(b"")
    with Server(lambda peer: peer.send(whole)) as server, caller.open(server.url) as opened:
        assert opened.rest() == b"".join(pieces)


def endless(peer: Peer) -> None:
    """A piece, and then nothing more."""
    peer.send(STREAM_HEAD + chunk(b"one"))
    peer.wait_until_gone()


def test_leaving_a_stream_early_closes_the_connection(caller: Caller) -> None:
    with Server(endless) as server:
        opened = caller.open(server.url)
        assert opened.read() == b"one"
        assert not server.last.gone.is_set()
        opened.close()
        assert server.last.gone.wait(WAIT)
        opened.close()
        with pytest.raises(APIConnectionError, match="closed"):
            opened.read()


def test_leaving_before_the_first_piece_closes_the_connection(caller: Caller) -> None:
    def head_only(peer: Peer) -> None:
        peer.send(STREAM_HEAD)
        peer.wait_until_gone()

    with Server(head_only) as server:
        caller.open(server.url).close()
        assert server.last.gone.wait(WAIT)


@pytest.mark.parametrize("kind", KINDS)
def test_a_forgotten_sync_stream_closes_too(kind: Any) -> None:
    with Server(endless) as server:
        transport = make_transport(Options(), kind)
        answer = transport.open(server.url, REQUEST, None, WAIT)
        assert answer.read(WAIT) == b"one"
        del answer
        assert server.last.gone.wait(WAIT)
        transport.close()


# ── Connections ──


def test_a_connection_is_used_again(caller: Caller) -> None:
    def send(peer: Peer) -> None:
        peer.send(STREAM_HEAD + chunk(b"one") + chunk(b"") if peer.target == "/s" else reply())

    with Server(send) as server:
        for _ in range(3):
            caller.exchange(server.url)
            with caller.open(f"http://{server.address}/s") as opened:
                assert opened.rest() == b"one"
        assert server.requests == 6
        assert len(server.peers) == 1


def test_unused_connections_are_bounded(make: MakeCaller) -> None:
    caller = make(max_idle=2)
    together = threading.Barrier(6)

    def send(peer: Peer) -> None:
        if peer.count == 1:
            together.wait(WAIT)
        peer.send(reply())

    with Server(send) as server:
        if caller.sync:
            with ThreadPoolExecutor(6) as pool:
                list(pool.map(caller.exchange, [server.url] * 6))
        else:

            async def all_at_once() -> None:
                await asyncio.gather(
                    *(caller.transport.exchange(server.url, REQUEST, None, WAIT, 1000) for _ in range(6))
                )
                await asyncio.sleep(0.05)

            caller.run(all_at_once())
        gone = [peer for peer in server.peers if peer.gone.wait(0.5)]
        assert len(server.peers) == 6
        assert len(gone) >= 4


def test_a_connection_that_died_while_unused_is_replaced(caller: Caller) -> None:
    closed = threading.Event()

    def once(peer: Peer) -> None:
        peer.send(reply())
        if not closed.is_set():
            raise Hangup

    with Server(once) as server:
        caller.exchange(server.url)
        assert server.last.gone.wait(WAIT)
        time.sleep(0.2)  # the news has to reach the client's thread
        closed.set()
        assert caller.exchange(server.url).body == b"hello"
        assert len(server.peers) == 2


def test_a_connection_that_dies_under_a_request_is_a_retryable_error_and_nothing_is_sent_twice(caller: Caller) -> None:
    def second_fails(peer: Peer) -> None:
        if peer.count == 2:
            raise Hangup
        peer.send(reply())

    with Server(second_fails) as server:
        caller.exchange(server.url)
        with pytest.raises(APIConnectionError, match="before it answered") as caught:
            caller.exchange(server.url)
        assert caught.value.retryable
        assert server.requests == 2
        assert caller.exchange(server.url).body == b"hello"


def test_closing_the_transport_closes_its_connections(make: MakeCaller) -> None:
    caller = make()
    with Server() as server:
        caller.exchange(server.url)
        caller.run(caller.transport.close())
        assert server.last.gone.wait(WAIT)
        with pytest.raises(ConfigurationError, match="closed"):
            caller.exchange(server.url)
        caller.run(caller.transport.close())


# ── Many at once ──


@pytest.mark.parametrize("kind", KINDS)
def test_threads_share_a_transport(kind: Any) -> None:
    def echo(peer: Peer) -> None:
        peer.send(reply(peer.body))

    transport = make_transport(Options(), kind)

    def work(name: int) -> None:
        for number in range(20):
            body = b"%d %d" % (name, number)
            assert transport.exchange(server.url, HttpRequest(path="/x", body=body), None, WAIT, 1000).body == body

    with Server(echo) as server, ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(16)))
        assert server.requests == 320
        transport.close()


@pytest.mark.parametrize("kind", KINDS)
def test_tasks_share_a_transport_from_one_loop_to_the_next(kind: Any) -> None:
    def echo(peer: Peer) -> None:
        peer.send(reply(peer.body))

    transport = make_async_transport(Options(), kind)

    async def one(number: int) -> None:
        body = b"%d" % number
        answer = await transport.exchange(server.url, HttpRequest(path="/x", body=body), None, WAIT, 1000)
        assert answer.body == body

    async def many() -> None:
        await asyncio.gather(*map(one, range(64)))

    with Server(echo) as server:
        for _ in range(3):
            asyncio.run(many())
        assert server.requests == 192

        async def last() -> None:
            await one(0)
            await transport.close()

        asyncio.run(last())


def test_sync_calls_work_inside_a_running_loop() -> None:
    async def cell() -> tuple[bytes, bytes]:
        transport = make_transport(Options(), "pyreqwest")
        loop = asyncio.get_running_loop()
        whole = transport.exchange(server.url, REQUEST, None, WAIT, 1000).body
        answer = transport.open(server.url, REQUEST, None, WAIT)
        streamed = answer.read(WAIT)
        answer.close()
        assert asyncio.get_running_loop() is loop
        await asyncio.sleep(0)
        return whole, streamed

    with Server(hello) as server:
        assert asyncio.run(cell()) == (b"hello", b"hello")


# ── Options ──


@pytest.mark.parametrize(
    ("options", "parameter"),
    [
        ({"connect_timeout": 0}, "connect_timeout"),
        ({"connect_timeout": float("nan")}, "connect_timeout"),
        ({"proxy": "proxy.example:8080"}, "proxy"),
        ({"proxy": "ftp://proxy.example"}, "proxy"),
        ({"proxy": "http://"}, "proxy"),
    ],
)
def test_bad_options_are_refused(options: dict[str, Any], parameter: str) -> None:
    with pytest.raises(ParameterError) as caught:
        Options(**options)
    assert caught.value.parameter == parameter


def test_options_and_transports_do_not_show_a_proxys_password() -> None:
    options = Options(proxy="http://me:canary@proxy.example:8080")
    for shown in (repr(options), repr(make_transport(options)), repr(make_async_transport(options))):
        assert "canary" not in shown
        assert "proxy.example:8080" in shown


def test_an_unknown_engine_is_refused() -> None:
    kind: Any = "urllib"
    for function in (make_transport, make_async_transport):
        with pytest.raises(ParameterError, match="urllib"):
            function(Options(), kind)
