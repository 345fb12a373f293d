"""Errors as Google tells them, both ways: {"error": {"code", "message", "status", "details"}}, or a list of one such.

The details are typed (google.rpc): ErrorInfo has the reason, RetryInfo the wait, QuotaFailure what ran out, BadRequest
the fields. Facts: answers as recorded, google-genai 3.4.0 (errors.py), and what users reported up to November 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ringup import errors
from ringup.errors import APIError, APIStatusError, status_error
from ringup.http import HttpResponse
from ringup.wire_tools import MAX_BODY, count, decode, encode, excerpt, not_an_answer, retry_after, should_retry
from ringup.wires.gemini._parts import Block

__all__ = ["error_body", "error_of", "not_an_answer", "read_error", "write_error"]

_STATUS = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ABORTED": 409,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "INTERNAL": 500,
    "UNKNOWN": 500,
    "DATA_LOSS": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
"""The status of each word (google.rpc.Code)."""
_WORD = {status: word for word, status in reversed(_STATUS.items())} | {
    **{408: "DEADLINE_EXCEEDED", 413: "INVALID_ARGUMENT", 422: "INVALID_ARGUMENT", 402: "FAILED_PRECONDITION"},
    529: "UNAVAILABLE",
}
_REASONS: dict[str, type[APIStatusError]] = {
    "API_KEY_INVALID": errors.AuthenticationError,  # under 400
    "API_KEY_EXPIRED": errors.AuthenticationError,
    "ACCESS_TOKEN_EXPIRED": errors.AuthenticationError,
    "ACCESS_TOKEN_TYPE_UNSUPPORTED": errors.AuthenticationError,
    "CREDENTIALS_MISSING": errors.AuthenticationError,
    "QUOTA_EXHAUSTED": errors.QuotaExceededError,
    "MODEL_CAPACITY_EXHAUSTED": errors.OverloadedError,  # under 429
}
"""Reasons that say more than the status."""
_TOO_LONG = "exceeds the maximum number of tokens allowed"
_SPENT = ("Your prepayment credits are depleted", "Your project has exceeded its monthly spending cap")
_OVERLOADED = "The model is overloaded"
"""No field says these three: the API's own sentences do."""

_INFO = "type.googleapis.com/google.rpc."
_DAILY = "GenerateRequestsPerDayPerProjectPerModel"
_FROM_STATUS = (400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 503, 504, 529, 500)


# Reading


def read_error(status: int, headers: Mapping[str, str], body: bytes) -> APIError:
    """The error that an answer of 400 or above means, or one inside a 200. A body of any kind will do.

    A daily quota, a limit of 0 and spent credit are QuotaExceededError, as no wait within a call cures them; any other
    429 is RateLimitError.
    """
    try:
        value = decode(body)
    except ValueError:
        value = None
    shown = excerpt(body)
    fallback = f"the server answered {status}" if shown else f"the server answered {status} with an empty body"
    error = error_of(value, status, fallback, shown)
    error.request_id = error.request_id or headers.get("x-request-id")
    error.retry_after = retry_after(headers) or error.retry_after
    wanted = should_retry(headers)
    if wanted is not None:
        error.retryable = wanted
    if not isinstance(value, (dict, list)) or len(body) > MAX_BODY:
        error.body = body[:MAX_BODY].decode("utf-8", "replace") or None
    return error


def error_of(
    value: Any, status: int = 200, fallback: str = "the server sent an error without a message", shown: str = ""
) -> APIError:
    """The error that a parsed body holds. Under a status below 400, the body's own code stands for it. Where it has no
    message, `fallback` is it, and `shown` what it quotes."""
    found = _inner(value)
    word, said = _text(found.get("status")), _text(found.get("message"))
    message, quote = (said, "") if said else (fallback, shown)
    details = _details(found)
    if status < 400:
        number = count(found.get("code"))
        status = number if number is not None and 400 <= number <= 599 else _STATUS.get(word or "", 500)
    reason = _first(details, "ErrorInfo", "reason")
    return _class(status, reason, message + quote, details)(
        message[:MAX_BODY],
        status=status,
        type=word,
        code=reason,
        param=_first(details, "BadRequest", "fieldViolations", "field"),
        request_id=_first(details, "RequestInfo", "requestId"),
        retry_after=_wait(details),
        body=value,
        quote=quote,
    )


def _inner(value: Any) -> Block:
    """The object that holds code and message: under `error`, in a list of one, or the body itself."""
    while isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, dict):
        return {}
    error = value.get("error")
    if isinstance(error, str):
        return {"message": value.get("error_description") or error}
    return error if isinstance(error, dict) else value


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _details(found: Block) -> list[Block]:
    details = found.get("details")
    return [item for item in details if isinstance(item, dict)] if isinstance(details, list) else []


def _of(details: list[Block], kind: str) -> list[Block]:
    """The details of one kind. Some proxies leave out their types."""
    return [item for item in details if str(item.get("@type", kind)).rpartition(".")[2] == kind]


def _first(details: list[Block], kind: str, *names: str) -> str | None:
    """The first text at a place in the details of one kind; a list stands for its items."""
    values: list[Any] = list(_of(details, kind))
    for name in names:
        values = [item.get(name) for item in values if isinstance(item, dict)]
        values = [item for value in values for item in (value if isinstance(value, list) else [value])]
    return next((value for value in values if isinstance(value, str) and value), None)


def _class(status: int, reason: str | None, message: str, details: list[Block]) -> type[APIStatusError]:
    if reason in _REASONS:
        return _REASONS[reason]
    if status == 400 and _TOO_LONG in message:
        return errors.ContextLengthError
    if status == 429 and (
        message.startswith(_SPENT) or any(_is_used_up(item) for item in _of(details, "QuotaFailure"))
    ):
        return errors.QuotaExceededError
    if status == 503 and message.startswith(_OVERLOADED):
        return errors.OverloadedError
    return status_error(status)


def _is_used_up(failure: Block) -> bool:
    """Whether a quota is one of the day, or of nothing at all."""
    violations = failure.get("violations")
    for violation in violations if isinstance(violations, list) else ():
        if isinstance(violation, dict):
            quota = str(violation.get("quotaId"))
            if "PerDay" in quota or "Daily" in quota or str(violation.get("quotaValue")) == "0":
                return True
    return False


def _wait(details: list[Block]) -> float | None:
    """The wait in seconds: "34.07s"."""
    delay = _first(details, "RetryInfo", "retryDelay") or ""
    return retry_after({"retry-after": delay.removesuffix("s")})


# Writing


def write_error(error: APIError) -> HttpResponse:
    """An error as Google answers it. One that is no provider's answer (a broken connection) becomes a 500 or 504."""
    headers = {"content-type": "application/json; charset=UTF-8"}
    if error.retryable != type(error).retryable:
        headers["x-should-retry"] = "true" if error.retryable else "false"
    body = error_body(error)
    return HttpResponse(status=body["error"]["code"], headers=headers, body=encode(body))


def error_body(error: APIError) -> Block:
    """The JSON of an error, as a body or as an event of a stream. The details of Google's own error are kept."""
    status = _status(error)
    word = error.type if error.type in _STATUS else _WORD.get(status, "INTERNAL" if status >= 500 else "UNKNOWN")
    body: Block = {"code": status, "message": _sentence(error), "status": word}
    if details := _details(_inner(error.body)) or _own_details(error):
        body["details"] = details
    return {"error": body}


def _status(error: APIError) -> int:
    if error.status is not None and error.status >= 400:
        return error.status
    if isinstance(error, errors.AuthenticationError):
        return 400
    if isinstance(error, (errors.APITimeoutError, errors.OverloadedError)):
        return 504 if isinstance(error, errors.APITimeoutError) else 503
    return next((status for status in _FROM_STATUS if isinstance(error, status_error(status))), 500)


def _own_details(error: APIError) -> list[Block]:
    details: list[Block] = []
    reason = error.code
    if reason is None and isinstance(error, errors.AuthenticationError):
        reason = "API_KEY_INVALID"
    if reason is not None:
        details.append({"@type": f"{_INFO}ErrorInfo", "reason": reason, "domain": "googleapis.com"})
    if error.param is not None:
        violation = {"field": error.param, "description": error.message}
        details.append({"@type": f"{_INFO}BadRequest", "fieldViolations": [violation]})
    if isinstance(error, errors.QuotaExceededError):
        details.append({"@type": f"{_INFO}QuotaFailure", "violations": [{"quotaId": _DAILY}]})
    if error.request_id is not None:
        details.append({"@type": f"{_INFO}RequestInfo", "requestId": error.request_id})
    if error.retry_after is not None:
        details.append({"@type": f"{_INFO}RetryInfo", "retryDelay": _seconds(error.retry_after)})
    return details


def _sentence(error: APIError) -> str:
    """The message, told so that it says what the error is where no field does."""
    if isinstance(error, errors.ContextLengthError) and _TOO_LONG not in error.message:
        return f"The input token count {_TOO_LONG}. {error.message}"
    if isinstance(error, errors.OverloadedError) and not error.message.startswith(_OVERLOADED):
        return f"{_OVERLOADED}. {error.message}"
    return error.message


def _seconds(wait: float) -> str:
    """A wait as Google writes it: "34s", "34.07s"."""
    return f"{wait:.9f}".rstrip("0").rstrip(".") + "s"
