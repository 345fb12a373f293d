"""An answer before it is sent, and the usual ways to make one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Struct

from ringup import wires
from ringup.errors import APIError
from ringup.simulator.metering import Charge

__all__ = ["Answer", "json_answer", "stream_answer", "told"]


class Answer(Struct, kw_only=True):
    """An answer, ready to be sent: `chunks` are the pieces of its body, for a stream one for each event.

    `early`: the request wasn't read to its end. `charge`: what the invoice has of it; None where it costs nothing.
    """

    status: int
    headers: dict[str, str]
    chunks: Iterable[bytes]
    stream: bool = False
    early: bool = False
    charge: Charge | None = None


def json_answer(value: Any, charge: Charge | None = None) -> Answer:
    """A good answer: bytes of JSON as they are, any other value as JSON."""
    body = value if isinstance(value, bytes) else msgspec.json.encode(value)
    return Answer(status=200, headers={"content-type": "application/json"}, chunks=[body], charge=charge)


def stream_answer(chunks: Iterable[bytes], array: bool = False, charge: Charge | None = None) -> Answer:
    """A good answer that comes in pieces: events, or with `array` the items of a JSON array."""
    kind = "application/json; charset=utf-8" if array else "text/event-stream; charset=utf-8"
    headers = {"content-type": kind, "cache-control": "no-cache"}
    return Answer(status=200, headers=headers, chunks=chunks, stream=True, charge=charge)


def told(wire: str, error: APIError, status: int | None = None) -> Answer:
    """The error in the vendor's shape; with `status`, under that one."""
    response = wires.find(wire).write_error(error)
    return Answer(
        status=response.status if status is None else status, headers=dict(response.headers), chunks=[response.body]
    )
