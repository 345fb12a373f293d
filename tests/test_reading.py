"""What all readers of streams have in common: telling a stream from a plain body, and from what is neither."""

from __future__ import annotations

import pytest

from ringup import wires
from ringup.errors import APIError, APIStatusError, ProtocolError, StreamTruncatedError
from ringup.events import Failed
from ringup.sse import MAX_EVENT_BYTES
from ringup.wire import StreamReader

WIRES = pytest.mark.parametrize("name", wires.NAMES)
BEGINNINGS = (b"event: x", b'data: {"a', b"id: 5", b"retry: 10", b": waiting", b"\xef\xbb\xbfdata: {", b"\r\n\r\nda")


def reader_of(name: str) -> StreamReader:
    return wires.find(name).Reader()


def failure(name: str, *pieces: bytes) -> APIError:
    reader = reader_of(name)
    (found,) = [event for piece in pieces for event in reader.feed(piece)] + reader.close()
    assert isinstance(found, Failed)
    assert reader.done
    assert reader.feed(b'data: {"type": "ping"}\n\n') == reader.close() == []
    return found.error


@WIRES
@pytest.mark.parametrize("whole", BEGINNINGS)
def test_a_stream_that_is_cut_near_its_beginning_is_no_other_thing(name: str, whole: bytes) -> None:
    for end in range(len(whole) + 1):
        assert type(failure(name, whole[:end])) is StreamTruncatedError
        assert type(failure(name, *[whole[at : at + 1] for at in range(end)])) is StreamTruncatedError


@WIRES
@pytest.mark.parametrize("body", [b"oops", b"eventful: yes", b"dat: {}", b"<html>Bad gateway</html>", b"datum", b"5"])
def test_what_is_neither_a_stream_nor_json(name: str, body: bytes) -> None:
    assert type(failure(name, body)) is ProtocolError
    assert type(failure(name, *[body[at : at + 1] for at in range(len(body))])) is ProtocolError


@WIRES
def test_an_error_as_plain_json_is_raised_as_it_is(name: str) -> None:
    body = b' \n{"error": {"type": "invalid_request_error", "code": 400, "message": "No such thing"}}'
    for pieces in ([body], [body[at : at + 1] for at in range(len(body))]):
        error = failure(name, *pieces)
        assert isinstance(error, APIStatusError)
        assert "No such thing" in error.message


@WIRES
def test_a_plain_body_has_its_limit(name: str) -> None:
    reader = reader_of(name)
    assert reader.feed(b"{") == []
    (found,) = reader.feed(b" " * MAX_EVENT_BYTES)
    assert isinstance(found, Failed)
    assert "larger than" in found.error.message
