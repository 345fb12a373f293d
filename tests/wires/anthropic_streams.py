"""Streams of the Anthropic Messages wire for tests: written by hand, read, written by us, and taken apart."""

from __future__ import annotations

import json
from typing import Any

from ringup import sse
from ringup.errors import (
    APIError,
)
from ringup.events import (
    Event,
    Failed,
    Finish,
    Fold,
)
from ringup.messages import Message, Request, Text
from ringup.reply import Reply
from ringup.wires import anthropic_messages as wire

NAME = "anthropic_messages"
REQUEST = Request(model="claude-x", messages=(Message("user", (Text("Hello"),)),))

START = {
    "type": "message_start",
    "message": {"id": "msg_1", "model": "claude-x", "usage": {"input_tokens": 5, "output_tokens": 1}},
}
TEXT = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
STOP = {"type": "message_stop"}


def begin(index: int = 0, **block: Any) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(kind: str, index: int = 0, **fields: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, **fields}}


def end(index: int = 0) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": index}


def done(reason: str = "end_turn", **fields: Any) -> dict[str, Any]:
    usage = {"output_tokens": 15}
    return {"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": None} | fields, "usage": usage}


def stream(*data: dict[str, Any]) -> bytes:
    return b"".join([sse.encode(json.dumps(item).encode(), item["type"]) for item in data])


def read(*pieces: bytes) -> list[Event]:
    reader = wire.Reader()
    events = [event for piece in pieces for event in reader.feed(piece)] + reader.close()
    assert reader.done
    assert reader.feed(b"event: ping\n\n") == reader.close() == []
    return events


def read_block(*data: dict[str, Any]) -> list[Event]:
    """The events of one block."""
    events = read(stream(START, *data, done(), STOP))
    assert isinstance(events[-1], Finish)
    return events[2:-2]


def failure(events: list[Event]) -> APIError:
    assert isinstance(events[-1], Failed)
    assert not [event for event in events[:-1] if isinstance(event, (Failed, Finish))]
    return events[-1].error


def fold(events: list[Event]) -> Reply:
    folded = Fold()
    for event in events:
        folded.feed(event)
    return folded.reply()


def write(events: list[Event], request: Request = REQUEST) -> bytes:
    writer = wire.Writer(request)
    return b"".join([writer.feed(event) for event in events]) + writer.close()


def sent(data: bytes) -> list[dict[str, Any]]:
    """The data of every event; the event's name is its type."""
    decoder = sse.Decoder()
    found = []
    for name, item in decoder.feed(data):
        value = json.loads(item)
        assert name == value["type"]
        found.append(value)
    assert decoder.flush() == []
    return found
