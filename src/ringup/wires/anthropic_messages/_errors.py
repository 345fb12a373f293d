"""Errors of the Anthropic Messages API, and of servers that are compatible with it, both ways."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ringup import errors
from ringup.errors import APIError, APIStatusError, ContextLengthError, QuotaExceededError, RateLimitError, status_error
from ringup.http import HttpResponse
from ringup.wire_tools import decode, encode, excerpt, retry_after, should_retry

__all__ = ["error_body", "read_error", "write_error"]

_STATUS = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "conflict_error": 409,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
_TYPE = {status: kind for kind, status in _STATUS.items()} | {408: "timeout_error"}
_STATUSES = (400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 503, 504, 529, 500)
_VAGUE = frozenset({"invalid_request_error", "api_error", "timeout_error"})
"""Types that come under several statuses: there the status says more."""
_SPENT = frozenset({"enforced_spend_limit_reached", "contract_spend_limit_reached"})
"""The codes (error.details.error_code) of a 429 that no wait cures; ramp_limit_exceeded isn't one (SDK 2.12)."""
_TOO_LONG = ("prompt is too long", "input length and `max_tokens` exceed context limit")
"""How the API's sentences begin when the prompt doesn't fit: there is no code for it (docs, "Context windows")."""
_PATH = re.compile(
    r"((?:max_tokens|messages|model|system|tools|tool_choice|thinking|metadata|output_config|stream"
    r"|stop_sequences|temperature|top_p|top_k|service_tier|speed)(?:\.\w+)*): "
)
_MAX_TEXT = 64 * 1024


# Reading


def read_error(status: int, headers: Mapping[str, str], body: bytes) -> APIError:
    """The error of an answer, classed by its own type and code before its status; an error inside a 200 by its type.

    An overloaded_error is OverloadedError under any status. `retry_after` is in seconds; `x-should-retry` overrides
    what the class says of retrying, save for spent limits, which no retry cures.
    """
    try:
        value = decode(body)
    except ValueError:
        value = None
    found = _find(value)
    kind, code, message = _word(found.get("type")), _code(found), _message(found)
    cls = _class(status, kind, code, message)
    path, shown = _PATH.match(message or ""), excerpt(body)
    fallback = f"the server answered {status}" if shown else f"the server answered {status} with an empty body"
    return cls(
        message or fallback,
        quote="" if message else shown,
        status=status,
        request_id=_request_id(headers, value),
        type=kind,
        code=code,
        param=_word(found.get("param")) or (path[1] if path else None),
        body=value if isinstance(value, (dict, list)) else body[:_MAX_TEXT].decode("utf-8", "replace") or None,
        retry_after=retry_after(headers),
        retryable=None if issubclass(cls, QuotaExceededError) else should_retry(headers),
    )


def _class(status: int, kind: str | None, code: str | None, message: str | None) -> type[APIStatusError]:
    meant = _STATUS.get(kind or "")
    if meant is not None and (status < 400 or kind not in _VAGUE):
        status = meant
    cls = status_error(status)
    if cls is RateLimitError and code in _SPENT:
        return QuotaExceededError
    if cls is errors.BadRequestError and (message or "").startswith(_TOO_LONG):
        return ContextLengthError
    return cls


def _find(value: Any) -> dict[str, Any]:
    """The object that describes the error, wherever a server puts it."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict):
        return {}
    error = value.get("error")
    if isinstance(error, dict):
        return error
    kind = value.get("type")
    return {**value, "type": None if kind == "error" else kind, "message": error or value.get("message")}


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _code(error: dict[str, Any]) -> str | None:
    details = error.get("details")
    code = details.get("error_code") if isinstance(details, dict) else None
    code = error.get("code") if code is None else code
    return None if code is None or isinstance(code, (dict, list)) else str(code)


def _message(error: dict[str, Any]) -> str | None:
    message = error.get("message") or error.get("detail")
    return None if message is None or isinstance(message, (dict, list)) else str(message)


def _request_id(headers: Mapping[str, str], value: Any) -> str | None:
    said = headers.get("request-id") or headers.get("x-request-id")
    return said or (_word(value.get("request_id")) if isinstance(value, dict) else None)


# Writing


def write_error(error: APIError) -> HttpResponse:
    """An error as this API says it. One that is no provider's answer (a broken connection) becomes a 500 or 504."""
    status = _status(error)
    headers = {"content-type": "application/json"}
    if error.request_id is not None:
        headers["request-id"] = error.request_id
    if error.retry_after is not None:
        headers["retry-after"] = _seconds(error.retry_after)
    if error.retryable != type(error).retryable:
        headers["x-should-retry"] = "true" if error.retryable else "false"
    return HttpResponse(status=status, headers=headers, body=encode(error_body(error)))


def error_body(error: APIError) -> dict[str, Any]:
    """The JSON of an error, as a body or as the data of an `error` event."""
    kind = error.type if error.type in _STATUS else _TYPE.get(_status(error))
    described: dict[str, Any] = {"type": kind or _fallback(_status(error)), "message": _sentence(error)}
    code = error.code
    if isinstance(error, QuotaExceededError) and code not in _SPENT:
        code = "enforced_spend_limit_reached"
    if code is not None:
        described["details"] = {"error_code": code}
    return {"type": "error", "error": described, "request_id": error.request_id}


def _status(error: APIError) -> int:
    if error.status is not None and error.status >= 400:
        return error.status
    if isinstance(error, errors.APITimeoutError):
        return 504
    if error.type in _STATUS:
        return _STATUS[error.type]
    return next((status for status in _STATUSES if isinstance(error, status_error(status))), 500)


def _fallback(status: int) -> str:
    return "api_error" if status >= 500 else "invalid_request_error"


def _sentence(error: APIError) -> str:
    if isinstance(error, ContextLengthError) and not error.message.startswith(_TOO_LONG):
        return f"{_TOO_LONG[0]}: {error.message}"
    return error.message


def _seconds(wait: float) -> str:
    return str(int(wait)) if float(wait).is_integer() else str(wait)
