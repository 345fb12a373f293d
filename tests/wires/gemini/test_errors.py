"""Gemini: errors, both ways."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringup import errors
from ringup.errors import APIError
from ringup.wires import gemini as wire

INFO = "type.googleapis.com/google.rpc."


def body(code: int, status: str, *details: dict[str, Any], message: str = "told") -> bytes:
    error: dict[str, Any] = {"code": code, "message": message, "status": status}
    return json.dumps({"error": error | ({"details": details} if details else {})}).encode()


def detail(kind: str, **fields: Any) -> dict[str, Any]:
    return {"@type": INFO + kind, **fields}


def quota(**violation: Any) -> dict[str, Any]:
    return detail("QuotaFailure", violations=[violation])


def read(status: int, data: bytes, **headers: str) -> APIError:
    return wire.read_error(status, headers, data)


# Reading


@pytest.mark.parametrize(
    ("code", "status", "kind"),
    [
        (400, "INVALID_ARGUMENT", errors.BadRequestError),
        (400, "FAILED_PRECONDITION", errors.BadRequestError),
        (401, "UNAUTHENTICATED", errors.AuthenticationError),
        (403, "PERMISSION_DENIED", errors.PermissionDeniedError),
        (404, "NOT_FOUND", errors.NotFoundError),
        (409, "ABORTED", errors.ConflictError),
        (429, "RESOURCE_EXHAUSTED", errors.RateLimitError),
        (499, "CANCELLED", errors.APIStatusError),
        (500, "INTERNAL", errors.InternalServerError),
        (503, "UNAVAILABLE", errors.ServiceUnavailableError),
        (504, "DEADLINE_EXCEEDED", errors.GatewayTimeoutError),
    ],
)
def test_each_status(code: int, status: str, kind: type[APIError]) -> None:
    error = read(code, body(code, status))
    assert type(error) is kind
    assert (error.status, error.type, error.message) == (code, status, "told")
    assert error.retryable == kind.retryable
    inside = read(200, body(code, status))
    assert (type(inside), inside.status) == (kind, code)
    word_only = read(200, json.dumps({"error": {"status": status}}).encode())
    assert word_only.status == code
    assert type(read(code, b"[" + body(code, status) + b"]")) is kind


@pytest.mark.parametrize(
    ("code", "status", "found", "kind"),
    [
        (400, "INVALID_ARGUMENT", detail("ErrorInfo", reason="API_KEY_INVALID"), errors.AuthenticationError),
        (429, "RESOURCE_EXHAUSTED", quota(quotaId="GenerateRequestsPerMinutePerProject"), errors.RateLimitError),
        (429, "RESOURCE_EXHAUSTED", quota(quotaId="GenerateRequestsPerDayPerProject"), errors.QuotaExceededError),
        (429, "RESOURCE_EXHAUSTED", quota(quotaId="x", quotaValue="0"), errors.QuotaExceededError),
        (429, "RESOURCE_EXHAUSTED", quota(), errors.RateLimitError),
        (429, "RESOURCE_EXHAUSTED", detail("QuotaFailure", violations="PerDay"), errors.RateLimitError),
        (429, "RESOURCE_EXHAUSTED", detail("ErrorInfo", reason="RATE_LIMIT_EXCEEDED"), errors.RateLimitError),
        (429, "RESOURCE_EXHAUSTED", detail("ErrorInfo", reason="QUOTA_EXHAUSTED"), errors.QuotaExceededError),
        (429, "RESOURCE_EXHAUSTED", {"reason": "MODEL_CAPACITY_EXHAUSTED"}, errors.OverloadedError),
    ],
)
def test_details_say_more_than_the_status(code: int, status: str, found: dict[str, Any], kind: type[APIError]) -> None:
    error = read(code, body(code, status, found))
    assert type(error) is kind
    assert error.code == found.get("reason")


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        (
            400,
            "The input token count (9) exceeds the maximum number of tokens allowed (8).",
            errors.ContextLengthError,
        ),
        (429, "Your prepayment credits are depleted. Please go to AI Studio.", errors.QuotaExceededError),
        (429, "Your project has exceeded its monthly spending cap.", errors.QuotaExceededError),
        (503, "The model is overloaded. Please try again later.", errors.OverloadedError),
    ],
)
def test_sentences_that_say_more_than_any_field(code: int, message: str, kind: type[APIError]) -> None:
    assert type(read(code, body(code, "X", message=message))) is kind


@pytest.mark.parametrize(
    ("delay", "wait"),
    [("34s", 34), ("34.074824224s", 34.074824224), ("0s", None), ("-1s", None), ("", None), ("soon", None), (5, None)],
)
def test_the_wait(delay: Any, wait: float | None) -> None:
    data = body(429, "RESOURCE_EXHAUSTED", detail("Help"), detail("RetryInfo", retryDelay=delay))
    assert read(429, data).retry_after == wait
    assert read(429, data, **{"retry-after": "2"}).retry_after == 2


def test_the_rest_of_what_an_error_says() -> None:
    violation = {"field": "contents[0].role", "description": "d"}
    data = body(
        400,
        "INVALID_ARGUMENT",
        detail("BadRequest", fieldViolations=[{"description": "d"}, violation]),
        detail("RequestInfo", requestId="r1"),
    )
    error = read(400, data)
    assert (error.param, error.request_id, error.body) == ("contents[0].role", "r1", json.loads(data))
    assert read(400, body(400, "X"), **{"x-request-id": "r2"}).request_id == "r2"
    assert read(503, body(503, "X"), **{"x-should-retry": "false"}).retryable is False


@pytest.mark.parametrize(
    ("status", "data", "words"),
    [
        (502, b"<html><title>Bad gateway</title></html>", "Bad gateway"),
        (500, b"", "an empty body"),
        (404, b"not here", "not here"),
        (403, b'"no"', "no"),
        (401, b'{"error": "invalid_grant", "error_description": "Bad token"}', "Bad token"),
        (400, b'{"message": "flat"}', "flat"),
        (500, b'{"error": {"message": 5, "details": 5}}', "the server answered 500"),
    ],
)
def test_bodies_of_any_kind(status: int, data: bytes, words: str) -> None:
    error = read(status, data)
    assert error.status == status
    assert words in error.quoting


def test_a_large_body_is_cut() -> None:
    error = read(500, body(500, "INTERNAL", message="x" * 200_000))
    assert len(error.body) == 64 * 1024
    assert len(error.message) <= 64 * 1024


# Writing


def written(error: APIError) -> dict[str, Any]:
    response = wire.write_error(error)
    value: dict[str, Any] = json.loads(response.body)["error"]
    assert response.status == value["code"]
    assert response.headers["content-type"].startswith("application/json")
    return value


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (errors.BadRequestError("no"), 400, "INVALID_ARGUMENT"),
        (errors.AuthenticationError("no"), 400, "INVALID_ARGUMENT"),
        (errors.AuthenticationError("no", status=401), 401, "UNAUTHENTICATED"),
        (errors.PermissionDeniedError("no"), 403, "PERMISSION_DENIED"),
        (errors.NotFoundError("no"), 404, "NOT_FOUND"),
        (errors.ContentTooLargeError("no"), 413, "INVALID_ARGUMENT"),
        (errors.QuotaExceededError("no"), 429, "RESOURCE_EXHAUSTED"),
        (errors.RateLimitError("no", type="rate_limit_error"), 429, "RESOURCE_EXHAUSTED"),
        (errors.BadRequestError("no", status=400, type="FAILED_PRECONDITION"), 400, "FAILED_PRECONDITION"),
        (errors.OverloadedError("no"), 503, "UNAVAILABLE"),
        (errors.OverloadedError("no", status=529), 529, "UNAVAILABLE"),
        (errors.InternalServerError("no"), 500, "INTERNAL"),
        (errors.InternalServerError("no", status=520), 520, "INTERNAL"),
        (errors.APIStatusError("no", status=418), 418, "UNKNOWN"),
        (errors.APITimeoutError("no", phase="connect"), 504, "DEADLINE_EXCEEDED"),
        (errors.APIConnectionError("no"), 500, "INTERNAL"),
        (errors.StreamTruncatedError("no"), 500, "INTERNAL"),
    ],
)
def test_every_error_has_googles_shape(error: APIError, code: int, status: str) -> None:
    value = written(error)
    assert (value["code"], value["status"]) == (code, status)
    assert value["message"].endswith("no")


def test_details_are_written() -> None:
    value = written(errors.RateLimitError("slow", status=429, retry_after=3.5, request_id="r"))
    assert value["details"] == [detail("RequestInfo", requestId="r"), detail("RetryInfo", retryDelay="3.5s")]
    assert written(errors.AuthenticationError("no"))["details"][0]["reason"] == "API_KEY_INVALID"
    assert wire.write_error(errors.ServiceUnavailableError("x", retryable=False)).headers["x-should-retry"] == "false"


def test_googles_own_details_go_on_unchanged() -> None:
    data = body(429, "RESOURCE_EXHAUSTED", detail("Help", links=[]), quota(quotaId="PerDay"))
    assert json.loads(wire.write_error(read(429, data)).body) == json.loads(data)


KINDS = [
    errors.BadRequestError,
    errors.ContextLengthError,
    errors.AuthenticationError,
    errors.PermissionDeniedError,
    errors.NotFoundError,
    errors.RateLimitError,
    errors.QuotaExceededError,
    errors.InternalServerError,
    errors.ServiceUnavailableError,
    errors.OverloadedError,
    errors.GatewayTimeoutError,
]


@settings(deadline=None)
@given(
    st.sampled_from(KINDS),
    st.text(min_size=1, max_size=9).filter(str.strip),
    st.none() | st.floats(0.01, 9999).map(lambda wait: round(wait, 3)),
    st.none() | st.sampled_from(["contents[0]", "model"]),
    st.none() | st.just("id1"),
)
def test_an_error_is_read_as_it_was_written(
    kind: type[APIError], message: str, wait: float | None, param: str | None, request_id: str | None
) -> None:
    error = kind(message, retry_after=wait, param=param, request_id=request_id)
    response = wire.write_error(error)
    again = wire.read_error(response.status, response.headers, response.body)
    assert type(again) is kind
    assert (again.retry_after, again.param, again.request_id) == (wait, param, request_id)
    assert again.message.endswith(message)
    assert again.retryable == error.retryable
