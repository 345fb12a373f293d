"""Errors of Chat Completions: every shape read, and written as OpenAI has them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringup import errors
from ringup.errors import APIError, APIStatusError
from ringup.wires import chat_completions as wire

ANSWERED = "the server answered 400"


def read(status: int, body: Any = b"", headers: dict[str, str] | None = None) -> APIError:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return wire.read_error(status, headers or {}, data)


def test_openais_error() -> None:
    body = {"error": {"message": "Nope.", "type": "invalid_request_error", "param": "n", "code": "invalid_value"}}
    error = read(400, body, {"x-request-id": "req_1"})
    assert type(error) is errors.BadRequestError
    assert (error.message, error.type, error.code, error.param) == (
        "Nope.",
        "invalid_request_error",
        "invalid_value",
        "n",
    )
    assert (error.status, error.request_id, error.body, error.retry_after) == (400, "req_1", body, None)
    assert error.retryable is False


@pytest.mark.parametrize(
    ("body", "message", "code"),
    [
        ({"error": {"message": "a", "code": 400, "type": "BadRequestError", "param": None}}, "a", "400"),  # vLLM
        ({"error": {"code": 404, "message": "a", "type": "not_found_error"}}, "a", "404"),  # llama.cpp
        ({"object": "error", "message": "a", "type": "x", "param": None, "code": 400}, "a", "400"),  # vLLM of old
        ({"error": "a"}, "a", None),  # Ollama, LM Studio
        ({"code": "invalid-argument", "error": "a"}, "a", "invalid-argument"),  # xAI
        ({"message": "a", "request_id": "r"}, "a", None),  # Mistral
        ({"detail": "a"}, "a", None),
        ({"detail": [{"loc": ["body"], "msg": "a"}]}, "body: a", None),
        ({"object": "error", "message": {"detail": [{"msg": "a"}]}, "type": "t"}, "a", None),
        ([{"error": {"code": 400, "message": "a", "status": "INVALID_ARGUMENT"}}], "a", "400"),  # Gemini
        ({"success": False, "errors": [{"code": 7003, "message": "a"}]}, "a", "7003"),  # Cloudflare
        ({"error": {"message": {"message": "a"}}}, "a", None),
        ({"error": {"message": "a", "metadata": {"raw": "b", "provider_name": "P"}}}, "a: P says: b", None),
        ({"error": {"message": "a", "metadata": {"raw": {"x": 1}}}}, 'a: it says: {"x":1}', None),
        ({"error": {"message": "a", "metadata": {"raw": '{"error":{"message":"b"}}'}}}, "a (it says: b)", None),
    ],
)
def test_every_dialects_shape(body: Any, message: str, code: str | None) -> None:
    error = read(400, body)
    assert (error.quoting, error.code, error.body) == (message, code, body)


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "BadRequestError"),
        (401, "AuthenticationError"),
        (402, "PaymentRequiredError"),
        (403, "PermissionDeniedError"),
        (404, "NotFoundError"),
        (408, "RequestTimeoutError"),
        (409, "ConflictError"),
        (413, "ContentTooLargeError"),
        (418, "APIStatusError"),
        (422, "UnprocessableEntityError"),
        (429, "RateLimitError"),
        (498, "OverloadedError"),
        (500, "InternalServerError"),
        (502, "InternalServerError"),
        (503, "ServiceUnavailableError"),
        (504, "GatewayTimeoutError"),
        (529, "OverloadedError"),
    ],
)
def test_classes_by_status(status: int, name: str) -> None:
    for body in ({"error": {"message": "m", "type": "t", "code": None}}, b"", b"<html>"):
        assert type(read(status, body)).__name__ == name


@pytest.mark.parametrize(
    ("status", "code", "kind", "name"),
    [
        (429, "insufficient_quota", "insufficient_quota", "QuotaExceededError"),
        (429, None, "insufficient_quota", "QuotaExceededError"),
        (429, "credit_balance_exhausted", "insufficient_quota", "QuotaExceededError"),
        (429, "organization_spend_limit_exceeded", None, "QuotaExceededError"),
        (429, "project_spend_limit_exceeded", None, "QuotaExceededError"),
        (429, "organization_usage_limit_exceeded", None, "QuotaExceededError"),
        (429, "billing_hard_limit_reached", None, "QuotaExceededError"),
        (402, "insufficient_quota", None, "PaymentRequiredError"),
        (429, "rate_limit_exceeded", "tokens", "RateLimitError"),
        (429, "slow_down", "rate_limit_error", "RateLimitError"),
        (400, "context_length_exceeded", "invalid_request_error", "ContextLengthError"),
        (400, 400, "exceed_context_size_error", "ContextLengthError"),
        (503, "server_is_overloaded", "service_unavailable_error", "OverloadedError"),
        (500, None, "overloaded_error", "OverloadedError"),
    ],
)
def test_classes_by_code(status: int, code: Any, kind: str | None, name: str) -> None:
    error = read(status, {"error": {"message": "m", "type": kind, "code": code, "param": None}})
    assert type(error).__name__ == name
    assert error.retryable is getattr(errors, name).retryable


def test_a_prompt_too_long_for_servers_without_codes() -> None:
    said = "This model's maximum context length is 8192 tokens. However, you requested 9000."
    assert type(read(400, {"error": {"message": said, "code": 400}})) is errors.ContextLengthError
    assert type(read(400, {"error": {"message": said, "code": "invalid_value"}})) is errors.BadRequestError


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after-ms": "odd", "retry-after": "9"}, 9.0),
        ({"retry-after": "0"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({}, None),
    ],
)
def test_waits(headers: dict[str, str], wait: float | None) -> None:
    assert read(429, {"error": {"message": "m"}}, headers).retry_after == wait


def test_geminis_wait_is_in_the_body() -> None:
    details = [{"@type": "a"}, {"retryDelay": "27s"}]
    assert read(429, [{"error": {"code": 429, "message": "m", "details": details}}]).retry_after == 27.0


@pytest.mark.parametrize(("word", "retryable"), [("true", True), ("false", False), ("yes", False)])
def test_the_server_may_say_whether_to_retry(word: str, retryable: bool) -> None:
    assert read(400, {"error": {"message": "m"}}, {"x-should-retry": word}).retryable is retryable
    assert read(500, b"", {"x-should-retry": "false"}).retryable is False


def test_ids_in_headers_and_bodies() -> None:
    assert read(401, {"message": "m", "request_id": "r"}).request_id == "r"
    assert read(401, {"error": {"message": "m"}, "request_id": "r"}).request_id == "r"
    assert read(401, b"", {"apim-request-id": "a"}).request_id == "a"
    assert read(401, b"").request_id is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html><head><title>502 Bad Gateway</title></head></html>", "502 with an HTML page.*: 502 Bad Gateway"),
        (b"upstream connect error", "502 with text.*upstream connect error"),
        (b"", "502 with an empty body"),
        (b" \n", "502 with an empty body"),
        (b"\xff\xfe", "502 with text"),
        (b"{broken", "502 with text.*{broken"),
        (b"{}", "502: {}"),
        (b'{"a": 1}', "502: "),
    ],
)
def test_bodies_that_are_no_error_of_the_api(body: bytes, said: str) -> None:
    error = read(502, body)
    assert type(error) is errors.InternalServerError
    with pytest.raises(APIStatusError, match=said):
        raise error


def test_a_large_body_is_kept_in_part() -> None:
    for body in (b"<p>" + b"x" * 10**6, json.dumps({"error": {"message": "x" * 10**6}}).encode()):
        error = read(500, body)
        assert len(error.body) <= 64 * 1024
        assert len(error.message) <= 2_000


# Writing


def test_an_error_as_openai_answers_it() -> None:
    error = errors.BadRequestError("Nope.", status=400, param="n", code="invalid_value", request_id="req_1")
    http = wire.write_error(error)
    assert http.status == 400
    assert http.headers == {"content-type": "application/json", "x-request-id": "req_1"}
    assert json.loads(http.body) == {
        "error": {"message": "Nope.", "type": "invalid_request_error", "param": "n", "code": "invalid_value"}
    }


@pytest.mark.parametrize(
    ("made", "status", "kind", "code"),
    [
        (errors.QuotaExceededError("m"), 429, "insufficient_quota", "insufficient_quota"),
        (errors.RateLimitError("m"), 429, "rate_limit_error", "rate_limit_exceeded"),
        (errors.ContextLengthError("m"), 400, "invalid_request_error", "context_length_exceeded"),
        (errors.OverloadedError("m"), 503, "service_unavailable_error", "server_is_overloaded"),
        (errors.OverloadedError("m", status=529), 529, "service_unavailable_error", "server_is_overloaded"),
        (errors.InternalServerError("m"), 500, "server_error", None),
        (errors.AuthenticationError("m", status=401), 401, "invalid_request_error", None),
        (errors.APITimeoutError("m", phase="stream"), 504, "server_error", None),
        (errors.APIConnectionError("m"), 502, "server_error", None),
        (errors.ProtocolError("m"), 502, "server_error", None),
        (errors.StreamTruncatedError("m"), 502, "server_error", None),
    ],
)
def test_what_an_error_does_not_say_is_filled_in(made: APIError, status: int, kind: str, code: str | None) -> None:
    http = wire.write_error(made)
    inner = json.loads(http.body)["error"]
    assert (http.status, inner["type"], inner["code"], inner["param"]) == (status, kind, code, None)


@pytest.mark.parametrize(
    ("wait", "headers"),
    [
        (None, {}),
        (3.0, {"retry-after": "3"}),
        (0.25, {"retry-after": "1", "retry-after-ms": "250"}),
        (1.5, {"retry-after": "2", "retry-after-ms": "1500"}),
    ],
)
def test_waits_are_written(wait: float | None, headers: dict[str, str]) -> None:
    error = errors.RateLimitError("m", status=429, retry_after=wait)
    http = wire.write_error(error)
    assert {name: http.headers[name] for name in http.headers if name.startswith("retry")} == headers
    assert wire.read_error(http.status, http.headers, http.body).retry_after == wait


@pytest.mark.parametrize("retryable", [True, False])
@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 500, 503, 504, 529])
def test_an_error_is_read_as_it_was_written(status: int, retryable: bool) -> None:
    made = errors.status_error(status)("m", status=status, retryable=retryable, request_id="r", param="p")
    http = wire.write_error(made)
    read_again = wire.read_error(http.status, http.headers, http.body)
    assert type(read_again) is type(made)
    assert (read_again.message, read_again.status, read_again.retryable) == ("m", status, retryable)
    assert (read_again.request_id, read_again.param) == ("r", "p")
