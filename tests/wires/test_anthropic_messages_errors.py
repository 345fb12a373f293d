"""Anthropic Messages: errors, both ways."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringup import errors
from ringup.errors import APIError
from ringup.wires import anthropic_messages as wire


def envelope(kind: str, message: str = "no", code: str | None = None) -> dict[str, Any]:
    details = {} if code is None else {"details": {"error_code": code}}
    return {"type": "error", "error": {"type": kind, "message": message} | details, "request_id": "req_body"}


def read(status: int, body: Any, **headers: str) -> APIError:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return wire.read_error(status, {name.replace("_", "-"): value for name, value in headers.items()}, data)


@pytest.mark.parametrize(
    ("status", "kind", "code", "name", "retryable"),
    [
        (400, "invalid_request_error", None, "BadRequestError", False),
        (401, "authentication_error", None, "AuthenticationError", False),
        (402, "billing_error", None, "PaymentRequiredError", False),
        (402, "billing_error", "linked_organization_spend_limit_reached", "PaymentRequiredError", False),
        (403, "permission_error", None, "PermissionDeniedError", False),
        (404, "not_found_error", None, "NotFoundError", False),
        (408, "timeout_error", None, "RequestTimeoutError", True),
        (409, "conflict_error", None, "ConflictError", True),
        (413, "request_too_large", None, "ContentTooLargeError", False),
        (422, "invalid_request_error", None, "UnprocessableEntityError", False),
        (429, "rate_limit_error", None, "RateLimitError", True),
        (429, "rate_limit_error", "ramp_limit_exceeded", "RateLimitError", True),
        (429, "rate_limit_error", "enforced_spend_limit_reached", "QuotaExceededError", False),
        (429, "rate_limit_error", "contract_spend_limit_reached", "QuotaExceededError", False),
        (500, "api_error", None, "InternalServerError", True),
        (502, "api_error", None, "InternalServerError", True),
        (503, "api_error", None, "ServiceUnavailableError", True),
        (504, "timeout_error", None, "GatewayTimeoutError", True),
        (529, "overloaded_error", None, "OverloadedError", True),
        (500, "overloaded_error", None, "OverloadedError", True),
        (418, "brand_new_error", None, "APIStatusError", False),
        (200, "overloaded_error", None, "OverloadedError", True),
        (200, "invalid_request_error", None, "BadRequestError", False),
        (200, "api_error", None, "InternalServerError", True),
        (200, "rate_limit_error", "enforced_spend_limit_reached", "QuotaExceededError", False),
        (200, "brand_new_error", None, "APIStatusError", False),
    ],
)
def test_the_class_of_an_error(status: int, kind: str, code: str | None, name: str, retryable: bool) -> None:
    error = read(status, envelope(kind, code=code))
    assert type(error).__name__ == name
    assert error.retryable is retryable
    assert (error.status, error.type, error.code, error.message) == (status, kind, code, "no")
    assert error.request_id == "req_body"
    assert error.body == envelope(kind, code=code)
    again = wire.write_error(error)
    assert again.status == (status if status >= 400 else {"brand_new_error": 500}.get(kind, again.status))
    if "brand" not in kind:
        assert type(wire.read_error(again.status, again.headers, again.body)) is type(error)


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("prompt is too long: 250000 tokens > 200000 maximum", "ContextLengthError"),
        ("input length and `max_tokens` exceed context limit: 1 + 2 > 2", "ContextLengthError"),
        ("messages: my prompt is too long", "BadRequestError"),
    ],
)
def test_a_prompt_that_is_too_long(message: str, name: str) -> None:
    assert type(read(400, envelope("invalid_request_error", message))).__name__ == name


@pytest.mark.parametrize(
    ("message", "param"),
    [
        ("max_tokens: Field required", "max_tokens"),
        ("messages.0.content.1.tool_result: odd", "messages.0.content.1.tool_result"),
        ("model: claude-x", "model"),
        ("sorry: no", None),
        ("messages are odd", None),
    ],
)
def test_the_field_that_an_error_names(message: str, param: str | None) -> None:
    assert read(400, envelope("invalid_request_error", message)).param == param


def test_the_header_goes_before_the_body_for_the_request_id() -> None:
    assert read(500, envelope("api_error"), request_id="req_head").request_id == "req_head"
    assert read(500, b"", x_request_id="other").request_id == "other"
    assert read(500, b"").request_id is None


def test_waits_and_orders_to_retry() -> None:
    error = read(429, envelope("rate_limit_error"), retry_after="30", x_should_retry="false")
    assert (error.retry_after, error.retryable) == (30.0, False)
    assert read(400, envelope("invalid_request_error"), x_should_retry="true").retryable
    spent = envelope("rate_limit_error", code="enforced_spend_limit_reached")
    assert not read(429, spent, x_should_retry="true").retryable


@pytest.mark.parametrize(
    ("body", "message", "kind"),
    [
        (b"", "the server answered 502 with an empty body", None),
        (b"<html><head><title>502 Bad Gateway</title></head></html>", "the server answered 502: 502 Bad Gateway", None),
        (b"upstream\nbroke", "the server answered 502: upstream broke", None),
        (b"{}", "the server answered 502: {}", None),
        (b"[]", "the server answered 502: []", None),
        (b"null", "the server answered 502: null", None),
        (b'"broke"', 'the server answered 502: "broke"', None),
        (b'{"error": "broke"}', "broke", None),
        (b'{"message": "broke"}', "broke", None),
        (b'{"detail": "broke"}', "broke", None),
        (b'{"detail": [{"msg": "broke"}]}', 'the server answered 502: {"detail": [{"msg": "broke"}]}', None),
        (b'[{"error": {"message": "broke", "code": 502}}]', "broke", None),
        (b'{"error": {"message": "broke", "type": "server_error"}}', "broke", "server_error"),
        (b'{"object": "error", "message": "broke", "type": "BadGateway"}', "broke", "BadGateway"),
        (b'{"error": {"message": "a\\ud800"}}', "a\ud800", None),
    ],
)
def test_bodies_that_arent_the_apis(body: bytes, message: str, kind: str | None) -> None:
    error = read(502, body)
    assert type(error) is errors.InternalServerError
    assert (error.quoting, error.type) == (message, kind)


def test_a_long_body_is_kept_in_part() -> None:
    error = read(500, b"x" * 100_000)
    assert len(error.body) == 65_536
    assert len(error.message) < 300


# Writing


def test_the_shape_of_an_error() -> None:
    answer = wire.write_error(errors.RateLimitError("slow down", status=429, request_id="req_1", retry_after=30.0))
    assert answer.status == 429
    assert answer.headers == {"content-type": "application/json", "request-id": "req_1", "retry-after": "30"}
    assert json.loads(answer.body) == {
        "type": "error",
        "error": {"type": "rate_limit_error", "message": "slow down"},
        "request_id": "req_1",
    }
    assert wire.write_error(errors.RateLimitError("x", retry_after=0.5)).headers["retry-after"] == "0.5"
    assert wire.write_error(errors.RateLimitError("x", retryable=False)).headers["x-should-retry"] == "false"


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (errors.AuthenticationError("x"), 401, "authentication_error"),
        (
            errors.NotFoundError("x", status=404, type="invalid_request_error", code="model_not_found"),
            404,
            "invalid_request_error",
        ),
        (errors.ServiceUnavailableError("x"), 503, "api_error"),
        (errors.OverloadedError("x"), 529, "overloaded_error"),
        (errors.InternalServerError("x"), 500, "api_error"),
        (errors.UnprocessableEntityError("x"), 422, "invalid_request_error"),
        (errors.APIStatusError("x", status=451), 451, "invalid_request_error"),
        (errors.APIStatusError("x", status=521), 521, "api_error"),
        (errors.APIConnectionError("x"), 500, "api_error"),
        (errors.APITimeoutError("x", phase="connect"), 504, "timeout_error"),
        (errors.ProtocolError("x"), 500, "api_error"),
        (errors.BadRequestError("x", status=200, type="invalid_request_error"), 400, "invalid_request_error"),
        (errors.RateLimitError("x", status=429, type="requests", code="rate_limit_exceeded"), 429, "rate_limit_error"),
    ],
)
def test_the_status_and_type_of_an_error(error: APIError, status: int, kind: str) -> None:
    answer = wire.write_error(error)
    assert answer.status == status
    assert json.loads(answer.body)["error"]["type"] == kind


def test_kinds_that_have_no_type_of_their_own() -> None:
    quota = wire.write_error(errors.QuotaExceededError("x", status=429, code="insufficient_quota"))
    assert json.loads(quota.body)["error"]["details"] == {"error_code": "enforced_spend_limit_reached"}
    for message in ("too much", "prompt is too long: 5 tokens > 4 maximum"):
        answer = wire.write_error(errors.ContextLengthError(message, status=400))
        assert type(wire.read_error(400, {}, answer.body)) is errors.ContextLengthError
