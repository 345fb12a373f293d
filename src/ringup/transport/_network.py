"""What every transport needs: its options, the checks of what goes out, and the words for what goes wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlencode, urlsplit

from msgspec import Struct

from ringup.errors import APIConnectionError, APITimeoutError, KeyFormatError, ParameterError, ProtocolError
from ringup.http import HttpRequest
from ringup.secret import Auth
from ringup.version import __version__

__all__ = [
    "USER_AGENT",
    "Options",
    "check",
    "closed_answer",
    "connect_timeout",
    "connection_error",
    "headers_of",
    "host_and_port",
    "is_loopback",
    "too_large",
    "with_query",
]

USER_AGENT = f"ringup/{__version__}"

_PROXIES = ("http", "https", "socks5", "socks5h")
_OURS = frozenset({"connection", "content-length", "transfer-encoding"})
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class Options(Struct, frozen=True, kw_only=True):
    """How servers are reached. Raises ParameterError for a value that can't work.

    connect_timeout  seconds that making a connection may take: finding the name, TCP and TLS; default 10
    proxy            the URL of a proxy for every request (http, https, socks5 or socks5h). Default: what the
                     environment says (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY), and none for this machine itself
    ca_file          a PEM file of certificate authorities to trust, besides those that the system trusts
    max_idle         unused connections that are kept for each server; default 64
    idle_seconds     how long an unused connection is kept; default 60
    """

    connect_timeout: float = 10.0
    proxy: str | None = None
    ca_file: str | None = None
    max_idle: int = 64
    idle_seconds: float = 60.0

    def __post_init__(self) -> None:
        if not self.connect_timeout > 0:
            raise ParameterError("connect_timeout must be above 0 seconds", parameter="connect_timeout")
        if self.proxy is not None and not _is_proxy(self.proxy):
            raise ParameterError(
                "proxy isn't the URL of a proxy.",
                parameter="proxy",
                advice=f'Write it like "http://proxy.example:8080"; {", ".join(_PROXIES)} are understood.',
            )

    def __repr__(self) -> str:
        proxy = None if self.proxy is None else host_and_port(self.proxy)  # the URL may hold a password
        return f"Options(connect_timeout={self.connect_timeout}, proxy={proxy}, ca_file={self.ca_file!r})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("", repr(self))]


def _is_proxy(url: object) -> bool:
    """Whether that is the URL of a proxy: text, with a scheme that is understood, a host, and no impossible port."""
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        return parts is not None and parts.scheme in _PROXIES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def check(request: HttpRequest, auth: Auth | None) -> None:
    """Refuse what would break out of its header. Raises ParameterError, or KeyFormatError for the key."""
    for name, value in request.headers.items():
        if not _is_name(name):
            raise ParameterError(f"{name!r} can't be the name of a header", parameter="headers")
        if name.lower() in _OURS:
            raise ParameterError(f"the header {name!r} is written by the transport itself", parameter=name)
        if not (value.isascii() and value.isprintable()):
            raise ParameterError(
                f"the header {name!r} holds a line break, or a character that isn't printable ASCII", parameter=name
            )
    if auth and not (auth.secret.reveal().isascii() and auth.secret.reveal().isprintable()):
        raise KeyFormatError("the API key holds a line break, or a character that isn't printable ASCII.")


@lru_cache(maxsize=256)
def _is_name(name: str) -> bool:
    return bool(_NAME.fullmatch(name))


def headers_of(request: HttpRequest, auth: Auth | None) -> dict[str, str]:
    """The headers to send, but for the key's: it takes the place of one of the same name."""
    if auth and auth.header in request.headers:
        return {name: value for name, value in request.headers.items() if name != auth.header}
    return request.headers


def with_query(url: str, query: dict[str, str]) -> str:
    """The URL, with the query appended."""
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}" if query else url


@lru_cache(maxsize=256)
def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine itself: 127.0.0.0/8, ::1, localhost."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def host_and_port(url: str) -> str:
    """Where a URL leads, like "api.openai.com:443": no path, query, user or password."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return "an address that isn't valid"
    return f"{parts.hostname}:{port}" if port else str(parts.hostname)


def too_large(limit: int) -> ProtocolError:
    """The error for an answer that is over the cap."""
    return ProtocolError(f"the answer is larger than the cap of {limit} bytes (counted after decompression).")


def closed_answer() -> APIConnectionError:
    """The error for reading on where an answer was closed, or has failed."""
    return APIConnectionError("the answer is closed: there is nothing more to read.", retryable=False)


def connect_timeout(url: str, options: Options) -> APITimeoutError:
    """The error for a connection that wasn't made in time."""
    return APITimeoutError(
        f"no connection to {_way(url, options)} within {options.connect_timeout:g} s.",
        phase="connect",
        advice="Check the address, and that a firewall or proxy lets it through.",
    )


# What the causes say, in lower case; what that means, what to do, whether another try can help. The first match counts.
_TROUBLES = (
    (
        ("certificate",),
        "the TLS certificate of {way} isn't trusted: {cause}.",
        "With a company proxy or a server of your own, name its certificate authority: the option ca_file, "
        "or the variable SSL_CERT_FILE, takes a PEM file.",
        False,
    ),
    (
        ("invalidcontenttype", "wrong_version_number", "record layer", "corrupt message", "wrong version"),
        "{way} doesn't speak TLS.",
        "If the server is meant to speak plain HTTP, write http:// instead of https://.",
        False,
    ),
    (
        ("connection refused", "os error 111", "os error 61", "os error 10061", "errno 111", "errno 61"),
        "nothing answers at {way}: the connection was refused.",
        "Check that the server runs, and that the address and the port are right.",
        True,
    ),
    (
        ("dns error", "name or service not known", "getaddrinfo", "nodename nor servname", "name resolution"),
        "the host name of {way} wasn't found.",
        "Check its spelling, and that this machine is online.",
        True,
    ),
    (
        ("tunnel", "socks", "proxy"),
        "the proxy on the way to {way} refused: {cause}.",
        "Check the proxy's address, user and password.",
        True,
    ),
    (
        ("handshake eof", "handshake failure", "alert", "eof occurred in violation"),
        "{way} broke off the TLS handshake.",
        "Check that the address is right; a server that speaks plain HTTP needs http:// instead of https://.",
        True,
    ),
    (
        (
            "end of file before message",
            "unexpected eof",
            "incomplete chunked",
            "complete message body",
            "unexpectedly closed",
        ),
        "{way} closed the connection before the answer ended.",
        "",
        True,
    ),
    (
        ("closed before message", "without sending a response", "not connected"),
        "{way} closed the connection before it answered.",
        "",
        True,
    ),
    (
        ("connection reset", "broken pipe", "connection aborted", "os error 104", "os error 10054", "errno 104"),
        "{way} reset the connection.",
        "",
        True,
    ),
    (
        ("unreachable", "no route to host"),
        "there is no route to {way}.",
        "Check that this machine is online, and its VPN or firewall.",
        True,
    ),
    (
        ("decod", "decompress", "gzip", "deflate", "brotli", "zstd"),
        "the answer of {way} arrived damaged: its compression is broken.",
        "",
        True,
    ),
    (
        ("invalid http", "illegal", "parse", "malformed", "invalid chunk"),
        "{way} answered with something that isn't HTTP/1.1: {cause}.",
        "Check that the address is an API's; a server that speaks TLS needs https:// instead of http://.",
        False,
    ),
)


_EARLY = {"certificate", "wrong version", "connection refused", "dns error", "tunnel", "unreachable"}
_BEFORE = tuple([row[0] for row in _TROUBLES if _EARLY & set(row[0])])
"""Troubles that come before anything is sent."""


def connection_error(url: str, causes: Iterable[str], options: Options) -> APIConnectionError:
    """The error for a failure of the network, in plain words. `causes` are the library's, from the outside in."""
    texts = [cause for cause in causes if cause and "url (" not in cause]  # a URL may hold what nobody should read
    cause = texts[-1].strip(".") if texts else "no reason was given"
    said = " | ".join(texts).lower()
    way = _way(url, options)
    for needles, message, advice, retryable in _TROUBLES:
        if any(needle in said for needle in needles):
            error = APIConnectionError(message.format(way=way, cause=cause), advice=advice, retryable=retryable)
            error.sent = needles not in _BEFORE
            return error
    return APIConnectionError(f"the connection to {way} failed: {cause}.")


def _way(url: str, options: Options) -> str:
    """The server, and the proxy that stands before it."""
    server, proxy = host_and_port(url), options.proxy
    if proxy is None and not is_loopback(url):
        from urllib.request import getproxies, proxy_bypass  # here, for its import takes longer than ours

        proxies = {} if proxy_bypass(urlsplit(url).hostname or "") else getproxies()
        proxy = proxies.get(urlsplit(url).scheme) or proxies.get("all")
        proxy = f"http://{proxy}" if proxy and "://" not in proxy else proxy
    return f"{server} (through the proxy {host_and_port(proxy)})" if proxy else server
