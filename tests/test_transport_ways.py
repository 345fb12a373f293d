"""Every transport on its way to the server: TLS, and proxies given, in the environment, and left aside."""

from __future__ import annotations

import base64
import contextlib
import datetime
import importlib.util
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from ringup.errors import APIConnectionError, ConfigurationError, MissingExtraError
from ringup.secret import Auth, Secret
from ringup.transport import is_loopback
from tests.loopback import KINDS, WAIT, Hangup, MakeCaller, Peer, Server, callers, hello, reply


@pytest.fixture(params=[(kind, sync) for kind in KINDS for sync in (True, False)], ids=lambda p: f"{p[0]}-{p[1]}")
def make(request: pytest.FixtureRequest) -> Iterator[MakeCaller]:
    yield from callers(*request.param)


# ── TLS ──

CA = trustme.CA()


def tls(ca: trustme.CA = CA, *names: str, **details: Any) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(*(names or ("127.0.0.1", "localhost")), **details).configure_cert(context)
    return context


@pytest.fixture
def ca_file(tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    CA.cert_pem.write_to_path(str(path))
    return str(path)


def test_tls_with_an_authority_of_ones_own(make: MakeCaller, ca_file: str) -> None:
    caller = make(ca_file=ca_file)
    with Server(tls=tls()) as server:
        assert caller.exchange(server.url, auth=Auth(Secret("sk-0123"))).body == b"hello"
        with caller.open(server.url) as opened:
            assert opened.rest() == b"hello"
        assert caller.exchange(server.url.replace("127.0.0.1", "localhost")).status == 200


def test_a_file_with_several_authorities(make: MakeCaller, tmp_path: Path) -> None:
    path = tmp_path / "bundle.pem"
    path.write_bytes(b"# two of them\n" + trustme.CA().cert_pem.bytes() + b"\n# and\n" + CA.cert_pem.bytes())
    with Server(tls=tls()) as server:
        assert make(ca_file=str(path)).exchange(server.url).status == 200


def test_an_authority_from_ssl_cert_file(make: MakeCaller, ca_file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", ca_file)
    with Server(tls=tls()) as server:
        assert make().exchange(server.url).status == 200


def test_an_authority_that_nobody_trusts(make: MakeCaller) -> None:
    with Server(tls=tls()) as server:
        with pytest.raises(APIConnectionError, match="certificate of 127.0.0.1.* isn't trusted") as caught:
            make().exchange(server.url, auth=Auth(Secret("sk-0123")))
        assert server.requests == 0
    assert "ca_file" in caught.value.advice
    assert "SSL_CERT_FILE" in caught.value.advice
    assert not caught.value.retryable
    assert caught.value.__context__ is None


def test_a_certificate_for_another_name_or_out_of_date(make: MakeCaller, ca_file: str) -> None:
    caller = make(ca_file=ca_file)
    long_ago = datetime.datetime(2001, 1, 1, tzinfo=datetime.UTC)
    for context in (tls(CA, "api.example"), tls(CA, "127.0.0.1", not_before=long_ago, not_after=long_ago)):
        with Server(tls=context) as server, pytest.raises(APIConnectionError, match="isn't trusted"):
            caller.exchange(server.url)


def test_plain_http_where_tls_is_expected_and_the_other_way(make: MakeCaller) -> None:
    caller = make()

    def greet(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        raise Hangup

    with Server(greet, raw=True) as server:
        with pytest.raises(APIConnectionError, match="TLS") as caught:
            caller.exchange(server.url.replace("http:", "https:"))
        assert "http://" in caught.value.advice
    with Server(tls=tls()) as server, pytest.raises(APIConnectionError, match=server.address):
        caller.exchange(server.url.replace("https:", "http:"))


JUNK = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [("missing.pem", None), ("empty.pem", ""), ("text.pem", "no certificate"), ("junk.pem", JUNK)],
    ids=["missing", "empty", "text", "junk"],
)
def test_a_ca_file_that_can_not_be_used(make: MakeCaller, tmp_path: Path, name: str, text: str | None) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_text(text)
    with Server() as server, pytest.raises(ConfigurationError, match=name):
        make(ca_file=str(path)).exchange(server.url)


# ── Proxies ──


class Proxy(Server):
    """An HTTP proxy that leads every name to one server, and notes what it was asked for."""

    def __init__(self, target: Server, *, user: str | None = None) -> None:
        self.target = target
        self.user = user
        self.asked: list[str] = []
        super().__init__(self.pass_on)

    def pass_on(self, peer: Peer) -> None:
        self.asked.append(f"{peer.method} {peer.target}")
        if (
            self.user
            and peer.headers.get("proxy-authorization") != f"Basic {base64.b64encode(self.user.encode()).decode()}"
        ):
            peer.send(reply(b"", 407))
            raise Hangup
        if peer.method == "CONNECT":
            peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
            tunnel(peer.sock, self.target.port)
            raise Hangup
        peer.send(reply(b"by proxy"))


def tunnel(client: socket.socket, port: int) -> None:
    """Hand bytes on, both ways, until one side ends."""
    with socket.create_connection(("127.0.0.1", port)) as server:

        def copy(source: socket.socket, sink: socket.socket) -> None:
            with contextlib.suppress(OSError):
                while data := source.recv(65536):
                    sink.sendall(data)
            with contextlib.suppress(OSError):
                sink.shutdown(socket.SHUT_RDWR)

        back = threading.Thread(target=copy, args=(server, client), daemon=True)
        back.start()
        copy(client, server)
        back.join(WAIT)


def clear_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{name}_proxy", raising=False)
        monkeypatch.delenv(f"{name.upper()}_PROXY", raising=False)


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    clear_proxies(monkeypatch)


def test_a_given_proxy_is_used_for_every_server(make: MakeCaller) -> None:
    with Server() as server, Proxy(server) as proxy:
        caller = make(proxy=f"http://{proxy.address}")
        assert caller.exchange("http://api.test/v1").body == b"by proxy"
        assert caller.exchange(server.url).body == b"by proxy"
        assert proxy.asked == ["POST http://api.test/v1", f"POST {server.url}"]
        assert server.requests == 0


def test_https_goes_through_a_proxy_unread(make: MakeCaller, ca_file: str) -> None:
    with Server(tls=tls(CA, "api.test")) as server, Proxy(server) as proxy:
        caller = make(proxy=f"http://{proxy.address}", ca_file=ca_file)
        assert caller.exchange("https://api.test/v1", auth=Auth(Secret("sk-0123"))).body == b"hello"
        assert proxy.asked == ["CONNECT api.test:443"]
        assert "authorization" not in proxy.last.headers
        assert server.last.headers["authorization"] == "Bearer sk-0123"


def test_a_proxy_with_a_password(make: MakeCaller, ca_file: str) -> None:
    with Server(tls=tls(CA, "api.test")) as server, Proxy(server, user="me:pass word") as proxy:
        caller = make(proxy=f"http://me:pass%20word@{proxy.address}", ca_file=ca_file)
        assert caller.exchange("http://api.test/v1").body == b"by proxy"
        assert caller.exchange("https://api.test/v1").body == b"hello"
        refused = make(proxy=f"http://me:canary@{proxy.address}", ca_file=ca_file)
        assert refused.exchange("http://api.test/v1").status == 407
        with pytest.raises(APIConnectionError, match="proxy") as caught:
            refused.exchange("https://api.test/v1")
        assert "canary" not in str(caught.value)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_a_proxy_from_the_environment(make: MakeCaller, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    with Server() as server, Proxy(server) as proxy:
        monkeypatch.setenv(variable, f"http://{proxy.address}")
        assert make().exchange("http://api.test/v1").body == b"by proxy"


def test_this_machine_is_never_reached_through_the_environments_proxy(
    make: MakeCaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server() as server, Proxy(server) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.address}")
        monkeypatch.setenv("ALL_PROXY", f"http://{proxy.address}")
        caller = make()
        for host in ("127.0.0.1", "localhost"):
            assert caller.exchange(f"http://{host}:{server.port}/").body == b"hello"
        assert proxy.asked == []


@pytest.mark.parametrize("value", ["api.test", ".test", "other.test,api.test", "*"])
def test_no_proxy_is_honoured(make: MakeCaller, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    with Server() as server, Proxy(server) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.address}")
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.setenv(name, value)
        with pytest.raises(APIConnectionError, match="name of api.test:80 wasn't found"):
            make().exchange("http://api.test/v1")
        assert proxy.asked == []


def test_a_dead_proxy_is_named_in_the_error(make: MakeCaller, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(APIConnectionError, match=f"api.test:80 .through the proxy {address}."):
        make(proxy=f"http://{address}").exchange("http://api.test/v1")
    monkeypatch.setenv("HTTP_PROXY", f"http://me:canary@{address}")
    with pytest.raises(APIConnectionError, match=f"api.test:80 .through the proxy {address}.") as caught:
        make().exchange("http://api.test/v1")
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "near"),
    [
        ("http://127.0.0.1:80/v1", True),
        ("http://127.9.9.9/", True),
        ("http://[::1]:8000", True),
        ("https://LOCALHOST/v1", True),
        ("http://api.localhost", True),
        ("http://localhost.example", False),
        ("http://127.0.0.1.example", False),
        ("http://[::2]", False),
        ("http://[", False),
        ("https://api.openai.com/v1", False),
        ("http://10.0.0.1", False),
    ],
)
def test_what_this_machine_is(url: str, near: bool) -> None:
    assert is_loopback(url) is near


class Socks(Server):
    """A SOCKS5 proxy (RFC 1928) without passwords that leads every name to one server."""

    def __init__(self, target: Server) -> None:
        self.target = target
        self.asked: list[str] = []
        super().__init__(self.pass_on, raw=True)

    def pass_on(self, peer: Peer) -> None:
        _, methods = peer.file.read(2)
        peer.file.read(methods)
        peer.send(b"\x05\x00")
        kind = peer.file.read(4)[3]
        host = peer.file.read(peer.file.read(1)[0]).decode() if kind == 3 else socket.inet_ntoa(peer.file.read(4))
        self.asked.append(f"{host}:{int.from_bytes(peer.file.read(2))}")
        peer.send(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        tunnel(peer.sock, self.target.port)


def test_a_socks_proxy(make: MakeCaller, ca_file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(hello) as server, Socks(server) as proxy:
        given = make(proxy=f"socks5h://{proxy.address}")
        if given.kind == "httpx2" and not importlib.util.find_spec("socksio"):
            with pytest.raises(MissingExtraError, match=r"httpx2\[socks\]") as caught:
                given.exchange("http://api.test/v1")
            assert caught.value.__context__ is None
            return
        assert given.exchange("http://api.test/v1").body == b"hello"
        monkeypatch.setenv("ALL_PROXY", f"socks5h://{proxy.address}")
        assert make().exchange("http://api.test:81/v1").body == b"hello"
        assert proxy.asked == ["api.test:80", "api.test:81"]
    with Server(tls=tls(CA, "api.test")) as secure, Socks(secure) as proxy:
        caller = make(proxy=f"socks5h://{proxy.address}", ca_file=ca_file)
        assert caller.exchange("https://api.test/v1").body == b"hello"
