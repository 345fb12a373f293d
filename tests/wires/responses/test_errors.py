"""Errors of the Responses wire: an answer's status and body, a failed response, and events in a stream, both ways."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringup.errors import (
    APIError,
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    ContextLengthError,
    InternalServerError,
    NotFoundError,
    OverloadedError,
    ProtocolError,
    QuotaExceededError,
    RateLimitError,
)
from ringup.events import Failed
from ringup.messages import Request
from ringup.wires import chat_completions
from ringup.wires import responses as wire


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, {"code": "previous_response_not_found", "param": "previous_response_id"}, BadRequestError),
        (400, {"code": "context_length_exceeded", "param": "input"}, ContextLengthError),
        (401, {"code": "invalid_api_key"}, AuthenticationError),
        (404, {"code": None, "param": "input"}, NotFoundError),
        (429, {"code": "rate_limit_exceeded"}, RateLimitError),
        (429, {"code": "insufficient_quota"}, QuotaExceededError),
        (500, {"type": "server_error"}, InternalServerError),
        (503, {"code": "server_is_overloaded"}, OverloadedError),
    ],
)
def test_errors_by_status(status: int, error: dict[str, Any], kind: type[APIError]) -> None:
    body = json.dumps({"error": {"message": "No.", "type": "invalid_request_error", **error}}).encode()
    read = wire.read_error(status, {"x-request-id": "req_1", "retry-after": "3"}, body)
    assert type(read) is kind
    assert (read.message, read.status, read.request_id, read.retry_after) == ("No.", status, "req_1", 3.0)
    assert (read.code, read.param) == (error.get("code"), error.get("param"))


def test_they_are_those_of_chat_completions() -> None:
    error = RateLimitError("Slow.", status=429, code="rate_limit_exceeded", retry_after=1.5)
    assert wire.write_error(error) == chat_completions.write_error(error)
    written = wire.write_error(error)
    assert str(wire.read_error(written.status, written.headers, written.body)) == "Slow."


def stream_error(event: dict[str, Any], name: str = "error") -> APIError:
    (found,) = wire.Reader().feed(f"event: {name}\ndata: {json.dumps(event)}\n\n".encode())
    assert isinstance(found, Failed)
    return found.error


@pytest.mark.parametrize(
    ("event", "kind", "code"),
    [
        (
            {"type": "error", "code": "server_error", "message": "No.", "param": None},
            InternalServerError,
            "server_error",
        ),
        (
            {"type": "error", "code": "context_length_exceeded", "message": "No."},
            ContextLengthError,
            "context_length_exceeded",
        ),
        ({"type": "error", "code": "invalid_prompt", "message": "No."}, BadRequestError, "invalid_prompt"),
        ({"type": "error", "code": None, "message": "No."}, APIStatusError, None),
        (
            {"type": "error", "error": {"code": "rate_limit_exceeded", "message": "No."}},
            RateLimitError,
            "rate_limit_exceeded",
        ),
        (
            {"type": "error", "status": 503, "error": {"code": "server_is_overloaded", "message": "No."}},
            OverloadedError,
            "server_is_overloaded",
        ),
        ({"type": "error", "status": 404, "error": {"message": "No."}}, NotFoundError, None),
        ({"type": "error", "error": "No."}, APIStatusError, None),
        ({"error": {"message": "No.", "type": "server_error"}}, InternalServerError, None),
        ({"message": "No.", "code": "server_error"}, InternalServerError, "server_error"),
        ({"object": "error", "message": "No.", "type": "BadRequestError", "code": 400}, BadRequestError, "400"),
    ],
)
def test_errors_inside_a_stream(event: dict[str, Any], kind: type[APIError], code: str | None) -> None:
    error = stream_error({"sequence_number": 3, **event})
    assert type(error) is kind
    assert (error.message, error.code) == ("No.", code)


def test_an_error_without_a_type_or_an_event_line() -> None:
    (found,) = wire.Reader().feed(b'data: {"error": {"message": "No.", "code": "server_error"}}\n\n')
    assert isinstance(found, Failed)
    assert type(found.error) is InternalServerError


def test_an_event_that_is_no_object() -> None:
    assert type(stream_error([1])) is ProtocolError  # type: ignore[arg-type]


ERROR = RateLimitError("Slow.", status=429, code="rate_limit_exceeded", type="tokens", param="input")


def test_an_error_is_written_flat() -> None:
    data = wire.Writer(Request(model="m", messages=())).feed(Failed(ERROR))
    assert data.startswith(b"event: error\ndata: ")
    assert json.loads(data.partition(b"data: ")[2]) == {
        "type": "error",
        "sequence_number": 0,
        "code": "rate_limit_exceeded",
        "message": "Slow.",
        "param": "input",
    }


def test_an_error_is_written_nested_if_asked() -> None:
    data = wire.Writer(Request(model="m", messages=()), nested=True).feed(Failed(ERROR))
    fields = {"type": "tokens", "code": "rate_limit_exceeded", "message": "Slow.", "param": "input"}
    assert json.loads(data.partition(b"data: ")[2]) == {"type": "error", "sequence_number": 0, "error": fields}


@pytest.mark.parametrize("nested", [False, True])
def test_an_error_is_read_as_it_was_written(nested: bool) -> None:
    data = wire.Writer(Request(model="m", messages=()), nested=nested).feed(Failed(ERROR))
    (found,) = wire.Reader().feed(data)
    assert isinstance(found, Failed)
    assert (type(found.error), str(found.error), found.error.param) == (RateLimitError, "Slow.", "input")
