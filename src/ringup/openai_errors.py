"""Errors as OpenAI's APIs say them, in every dialect: read from an answer or from inside a 200, and written.

OpenAI wraps them: {"error": {"message", "type", "param", "code"}}. Others send the error flat (Mistral, older vLLM), as
a string (xAI, Ollama), under `detail` (Mistral, FastAPI), in a list of one (Gemini), or a proxy's HTML page.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ringup.errors import (
    APIConnectionError,
    APIError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ContentTooLargeError,
    ContextLengthError,
    InternalServerError,
    NotFoundError,
    OverloadedError,
    PaymentRequiredError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitError,
    ServiceUnavailableError,
    UnprocessableEntityError,
    status_error,
)
from ringup.http import HttpResponse
from ringup.wire_tools import MAX_BODY, decode, encode, excerpt, is_json, not_an_answer, retry_after, should_retry, word

__all__ = ["error_body", "error_of", "holds_error", "not_an_answer", "read_error", "write_error"]

_MAX_MESSAGE = 2_000

_QUOTA = frozenset(
    {
        "insufficient_quota",
        "credit_balance_exhausted",
        "enforced_spend_limit_reached",
        "billing_hard_limit_reached",
        "billing_not_active",
        "exceeded_current_quota_error",
    }
)
_QUOTA_ENDS = ("_spend_limit_exceeded", "_usage_limit_exceeded")
_TOO_LONG = frozenset({"context_length_exceeded", "exceed_context_size_error", "context_window_exceeded"})
_OVERLOADED = frozenset({"server_is_overloaded", "overloaded_error", "overloaded", "engine_overloaded_error"})
_CODES: dict[str, type[APIStatusError]] = {
    **dict.fromkeys(_QUOTA, QuotaExceededError),
    **dict.fromkeys(_TOO_LONG, ContextLengthError),
    **dict.fromkeys(_OVERLOADED, OverloadedError),
}
"""Codes and types that say more than any status does."""

_WORDS: dict[str, type[APIStatusError]] = {
    "invalid_request_error": BadRequestError,
    "bad_request": BadRequestError,
    "badrequesterror": BadRequestError,
    "authentication_error": AuthenticationError,
    "invalid_api_key": AuthenticationError,
    "payment_required": PaymentRequiredError,
    "permission_error": PermissionDeniedError,
    "not_found_error": NotFoundError,
    "notfounderror": NotFoundError,
    "model_not_found": NotFoundError,
    "request_too_large": ContentTooLargeError,
    "unprocessable_entity": UnprocessableEntityError,
    "rate_limit_error": RateLimitError,
    "rate_limit_exceeded": RateLimitError,
    "rate_limited": RateLimitError,
    "requests": RateLimitError,
    "tokens": RateLimitError,
    "slow_down": RateLimitError,
    "server_error": InternalServerError,
    "internal_error": InternalServerError,
    "internal_server_error": InternalServerError,
    "internalservererror": InternalServerError,
    "api_error": InternalServerError,
    "service_unavailable_error": ServiceUnavailableError,
    "unavailable_error": ServiceUnavailableError,
}
"""Codes and types that count where no status tells: inside an answer of 200."""

_NO_STATUS = (0, 200)


def read_error(status: int, headers: Mapping[str, str], body: bytes) -> APIError:
    """The error that an answer of 400 or above means. A body of any kind will do: JSON, HTML, nothing."""
    value, message = _read_body(status, body)
    error = error_of(value, status, message, excerpt(body))
    error.request_id = error.request_id or headers.get("x-request-id") or headers.get("apim-request-id")
    error.retry_after = retry_after(headers) or error.retry_after
    wanted = should_retry(headers)
    if wanted is not None:
        error.retryable = wanted
    if len(body) > MAX_BODY:
        error.body = body[:MAX_BODY].decode("utf-8", "replace")
    return error


def _read_body(status: int, body: bytes) -> tuple[Any, str]:
    """The body's JSON or text, and the message to use if the JSON has none."""
    if is_json(body):
        try:
            return decode(body), f"the server answered {status}"
        except ValueError:
            pass
    if not body.strip():
        return None, f"the server answered {status} with an empty body"
    kind = "an HTML page" if body.lstrip()[:1] == b"<" else "text"
    return body.decode("utf-8", "replace"), f"the server answered {status} with {kind} instead of JSON"


def error_of(
    value: Any, status: int = 200, fallback: str = "the server sent an error without a message", shown: str = ""
) -> APIError:
    """The error that a parsed body holds, classed by its own code and type, then by the status.

    `status` 200 (or 0) says nothing: then a number in `code` or `status_code` stands for it. Where the body has no
    message in words, `fallback` is it, with a quote of what is there instead: a message that is JSON, else `shown`.
    """
    inner = _inner(value)
    status_word = inner.get("status") if isinstance(inner.get("status"), str) else None  # Gemini: RESOURCE_EXHAUSTED
    code, kind = word(inner.get("code")), word(inner.get("type")) or status_word
    number = _number(inner) if status in _NO_STATUS else status
    message, quote = _said(inner)
    if not message:
        message, quote = fallback, quote or shown
    message = message[:_MAX_MESSAGE]
    made = _class(code, kind, message + quote, number)
    return made(
        message,
        status=None if status in _NO_STATUS and number is None else number,
        type=kind,
        code=code,
        param=word(inner.get("param")),
        request_id=word(inner.get("request_id")),
        retry_after=_retry_delay(inner),
        body=value,
        quote=quote,
    )


def holds_error(value: dict[str, Any]) -> bool:
    """Whether an object without choices is an error: wrapped, or flat (Mistral, older vLLM)."""
    flat = "message" in value and not value.keys().isdisjoint(("code", "type", "status"))
    return flat or bool(value.get("error")) or "error" in (value.get("object"), value.get("type"))


def _inner(value: Any) -> dict[str, Any]:
    """The object that holds message and code: under `error`, in `errors`, in a list of one, or the body itself."""
    while isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, dict):
        return {}
    error = value.get("error") or value.get("errors")
    while isinstance(error, list) and error:
        error = error[0]
    around = {key: value[key] for key in ("request_id", "code", "type") if key in value}
    if isinstance(error, dict):
        return {**around, **error}
    if isinstance(error, str):
        return {**around, "message": error}
    return value


def _said(inner: dict[str, Any]) -> tuple[str, str]:
    """The words of an error; and what stands there in their place, or beside them, as a quote."""
    found = inner.get("message") or inner.get("detail") or inner.get("error")
    if isinstance(found, dict):
        found = found.get("message") or found.get("detail") or found
    words = found if isinstance(found, str) else _faults(found)
    quote = "" if words or not found else excerpt(encode(found))
    metadata = inner.get("metadata")  # OpenRouter: what the provider behind it said
    if isinstance(metadata, dict) and (raw := metadata.get("raw")):
        name = metadata.get("provider_name") or "it"
        said, _ = _said(_inner(_parsed(raw)))
        if said:
            return f"{words} ({name} says: {said[:500]})".strip(), quote
        quote = f"{name} says: {excerpt(raw if isinstance(raw, str) else encode(raw))}"
    return words, quote


def _parsed(raw: Any) -> Any:
    try:
        return decode(raw) if isinstance(raw, str) else raw
    except ValueError:
        return None


def _faults(found: Any) -> str:
    """FastAPI's list of what is wrong with a request, without the words of the request that it holds."""
    rows = [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
    told = [(row.get("loc"), row["msg"]) for row in rows if isinstance(row.get("msg"), str)]
    return "; ".join([f"{'.'.join(map(str, at))}: {said}" if isinstance(at, list) else said for at, said in told])


def _number(inner: dict[str, Any]) -> int | None:
    """The status that an error inside a 200 names."""
    for key in ("status_code", "code", "status", "raw_status_code"):
        text = str(inner.get(key))
        if text.isascii() and text.isdigit() and len(text) == 3 and 400 <= int(text) <= 599:
            return int(text)
    return None


def _class(code: str | None, kind: str | None, message: str, status: int | None) -> type[APIStatusError]:
    for name in (code or "", kind or ""):
        found = QuotaExceededError if name.endswith(_QUOTA_ENDS) else _CODES.get(name)
        if found:
            return PaymentRequiredError if found is QuotaExceededError and status == 402 else found
    coded = code and not code.isdigit()
    if not coded and status in (None, 400) and "maximum context length" in message:  # vLLM, OpenRouter: no word says it
        return ContextLengthError
    if status is None:
        return _WORDS.get((code or "").lower()) or _WORDS.get((kind or "").lower()) or APIStatusError
    if status == 498:  # Groq: no capacity left in the flex tier
        return OverloadedError
    return status_error(status)


def _retry_delay(inner: dict[str, Any]) -> float | None:
    """Gemini's wait: {"retryDelay": "27s"} among the error's details."""
    details = inner.get("details")
    for item in details if isinstance(details, list) else []:
        delay = item.get("retryDelay") if isinstance(item, dict) else None
        if isinstance(delay, str) and delay.endswith("s"):
            return retry_after({"retry-after": delay[:-1]})
    return None


# The server's half

_DEFAULTS: list[tuple[type[APIError], int, str, str | None]] = [
    (QuotaExceededError, 429, "insufficient_quota", "insufficient_quota"),
    (ContextLengthError, 400, "invalid_request_error", "context_length_exceeded"),
    (OverloadedError, 503, "service_unavailable_error", "server_is_overloaded"),
    (ServiceUnavailableError, 503, "service_unavailable_error", None),
    (RateLimitError, 429, "rate_limit_error", "rate_limit_exceeded"),
    (BadRequestError, 400, "invalid_request_error", None),
    (InternalServerError, 500, "server_error", None),
    (APIStatusError, 400, "invalid_request_error", None),
    (APITimeoutError, 504, "server_error", None),
    (APIConnectionError, 502, "server_error", None),
    (APIError, 502, "server_error", None),
]
"""For each kind of error its usual status, type and code: the first row that fits counts."""


def error_body(error: APIError) -> dict[str, Any]:
    """An error as OpenAI has it in a body, and in a stream; all four fields are always there."""
    kind, code = next((row[2:] for row in _DEFAULTS if isinstance(error, row[0])), ("server_error", None))
    given = {"message": error.message, "type": error.type or kind, "param": error.param, "code": error.code or code}
    return {"error": given}


def write_error(error: APIError) -> HttpResponse:
    """An error as OpenAI answers it. A wait below a second, or with a fraction, is also told in milliseconds."""
    status = error.status or next(row[1] for row in _DEFAULTS if isinstance(error, row[0]))
    headers = {"content-type": "application/json"}
    if error.request_id:
        headers["x-request-id"] = error.request_id
    if error.retry_after is not None:
        headers["retry-after"] = str(math.ceil(error.retry_after))
        if error.retry_after != int(error.retry_after):
            headers["retry-after-ms"] = str(round(error.retry_after * 1000))
    if error.retryable is not type(error).retryable:
        headers["x-should-retry"] = "true" if error.retryable else "false"
    return HttpResponse(status=status, headers=headers, body=encode(error_body(error)))
