"""The whole of what a wire is, on one page. Each module in `ringup.wires` has these names.

A wire is pure: values in, bytes out, and back. It has a client half (write a request, read what comes) and a server
half (read a request, write an answer), so one file gives client, simulator and translation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

from ringup.embeddings import Embeddings, EmbedRequest
from ringup.errors import APIError
from ringup.events import Event
from ringup.http import HttpRequest, HttpResponse
from ringup.messages import Request
from ringup.reply import Notice, Reply
from ringup.rules import Rules

__all__ = ["CountWire", "EmbedWire", "StreamReader", "StreamWriter", "Wire"]


class StreamReader(Protocol):
    """Bytes of a streamed answer in, events out. Any cut of the bytes gives the same events."""

    @property
    def done(self) -> bool:
        """Whether the terminal event was read: nothing after it counts."""
        ...

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes. An error inside the stream comes as `Failed`, after the events before it."""
        ...

    def close(self) -> list[Event]:
        """The bytes have ended: `Finish` if the answer is whole, `Failed(StreamTruncatedError)` if it was cut."""
        ...


class StreamWriter(Protocol):
    """Events of an answer in, the bytes of its stream out. `choice` numbers the answers of a request with n > 1."""

    def feed(self, event: Event, choice: int = 0) -> bytes:
        """The bytes for one event; may be empty."""
        ...

    def close(self) -> bytes:
        """The bytes that end the stream."""
        ...


class Wire(Protocol):
    """One provider API, both halves."""

    NAME: str
    "The name by which `extra` and `Opaque` know the wire."
    PATH: str
    "Where requests go, below the base URL."

    @staticmethod
    def write_request(request: Request, rules: Rules) -> tuple[HttpRequest, tuple[Notice, ...]]:
        """The request as this wire says it, and what became of whatever it can't say."""
        ...

    @staticmethod
    def read_reply(body: bytes) -> Reply:
        """A whole answer. Raises the APIError that the body holds, or ProtocolError when it isn't an answer."""
        ...

    @staticmethod
    def Reader() -> StreamReader: ...

    @staticmethod
    def read_error(status: int, headers: Mapping[str, str], body: bytes) -> APIError:
        """The error that an answer of 400 or above means, or one inside a 200."""
        ...

    @staticmethod
    def read_request(http: HttpRequest) -> Request:
        """The request that a client sent, as any server of this wire may take it: what one vendor alone refuses passes.

        Raises the APIError (400, 404), in the provider's words, for what no server could read.
        """
        ...

    @staticmethod
    def write_reply(reply: Reply, *more: Reply) -> bytes:
        """A whole answer; `more` are the further ones of a request with n > 1."""
        ...

    @staticmethod
    def Writer(request: Request) -> StreamWriter: ...

    @staticmethod
    def write_error(error: APIError) -> HttpResponse:
        """An error as this provider says it: status, headers (retry-after, ...) and body."""
        ...


class EmbedWire(Protocol):
    """One provider's API for embeddings: a wire without a stream. What isn't said here is as in `Wire`."""

    NAME: str
    PATH: str

    @staticmethod
    def write_request(request: EmbedRequest) -> tuple[HttpRequest, tuple[Notice, ...]]: ...

    @staticmethod
    def read_reply(body: bytes) -> Embeddings: ...

    @staticmethod
    def read_error(status: int, headers: Mapping[str, str], body: bytes) -> APIError: ...

    @staticmethod
    def read_request(http: HttpRequest) -> EmbedRequest: ...

    @staticmethod
    def write_reply(reply: Embeddings, encoding: Literal["base64", "float"] | None = None) -> bytes:
        """An answer, in the encoding that was asked for, where there is a choice."""
        ...

    @staticmethod
    def write_error(error: APIError) -> HttpResponse: ...


class CountWire(Protocol):
    """A wire whose API also counts the tokens of a request, without answering it."""

    NAME: str

    @staticmethod
    def write_count(http: HttpRequest) -> HttpRequest:
        """The request that counts what a written one holds."""
        ...

    @staticmethod
    def read_count(body: bytes) -> int:
        """The number in the answer. Raises ProtocolError when there is none."""
        ...

    @staticmethod
    def read_error(status: int, headers: Mapping[str, str], body: bytes) -> APIError: ...
