"""The errors of the three vendors, each by its kind, in the vendor's own words. The wires give them their shape.

The words are those of recorded answers and of the vendors' error pages up to November 2026.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from ringup.errors import (
    APIError,
    AuthenticationError,
    ContentTooLargeError,
    ContextLengthError,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitError,
    ServiceUnavailableError,
    status_error,
)

__all__ = [
    "KINDS",
    "Vendor",
    "bad_key",
    "no_access",
    "no_key",
    "no_method",
    "no_model",
    "no_quota",
    "no_url",
    "of_kind",
    "too_fast",
    "too_large",
    "too_long",
]

Vendor = Literal["openai", "anthropic", "gemini"]
"""Whose API is spoken."""

_INVALID = "invalid_request_error"


class _Words(NamedTuple):
    type: str
    message: str
    code: str | None = None


class _Kind(NamedTuple):
    status: int
    openai: _Words
    anthropic: _Words
    gemini: _Words


_KINDS: dict[str, _Kind] = {
    "bad_request": _Kind(
        400,
        _Words(_INVALID, "We could not understand your request."),
        _Words(_INVALID, "The request was not understood."),
        _Words("INVALID_ARGUMENT", "Request contains an invalid argument."),
    ),
    "authentication": _Kind(
        401,
        _Words(_INVALID, "Incorrect API key provided.", "invalid_api_key"),
        _Words("authentication_error", "invalid x-api-key"),
        _Words("UNAUTHENTICATED", "Request had invalid authentication credentials."),
    ),
    "billing": _Kind(
        402,
        _Words("insufficient_quota", "Your account has no credit.", "billing_not_active"),
        _Words("billing_error", "Your credit balance is too low to access the Anthropic API."),
        _Words("FAILED_PRECONDITION", "Your project has no active billing account."),
    ),
    "permission": _Kind(
        403,
        _Words(_INVALID, "You have insufficient permissions for this operation.", "missing_scope"),
        _Words("permission_error", "Your API key does not have permission to use the specified resource."),
        _Words("PERMISSION_DENIED", "The caller does not have permission"),
    ),
    "not_found": _Kind(
        404,
        _Words(_INVALID, "The requested resource does not exist."),
        _Words("not_found_error", "Not found"),
        _Words("NOT_FOUND", "Requested entity was not found."),
    ),
    "request_timeout": _Kind(
        408,
        _Words(_INVALID, "The request timed out."),
        _Words("timeout_error", "Request timeout"),
        _Words("DEADLINE_EXCEEDED", "The request timed out."),
    ),
    "conflict": _Kind(
        409,
        _Words(_INVALID, "Another request is changing this resource. Please try again."),
        _Words("conflict_error", "Conflict"),
        _Words("ABORTED", "The operation was aborted."),
    ),
    "too_large": _Kind(
        413,
        _Words(_INVALID, "The request is too large."),
        _Words("request_too_large", "Request exceeds the maximum size"),
        _Words("INVALID_ARGUMENT", "Request payload size exceeds the limit."),
    ),
    "unprocessable": _Kind(
        422,
        _Words(_INVALID, "The request could not be processed."),
        _Words(_INVALID, "The request could not be processed."),
        _Words("INVALID_ARGUMENT", "The request could not be processed."),
    ),
    "rate_limit": _Kind(
        429,
        _Words("requests", "Rate limit reached. Please try again later.", "rate_limit_exceeded"),
        _Words("rate_limit_error", "This request would exceed your organization's rate limit. Please try again later."),
        _Words("RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
    ),
    "quota": _Kind(
        429,
        _Words(
            "insufficient_quota",
            "You exceeded your current quota, please check your plan and billing details.",
            "insufficient_quota",
        ),
        _Words(
            "rate_limit_error",
            "You have reached your specified API usage limits. You will regain access later.",
            "enforced_spend_limit_reached",
        ),
        _Words("RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan and billing details."),
    ),
    "server_error": _Kind(
        500,
        _Words("server_error", "The server had an error while processing your request. Sorry about that!"),
        _Words("api_error", "Internal server error"),
        _Words("INTERNAL", "An internal error has occurred. Please retry."),
    ),
    "bad_gateway": _Kind(
        502,
        _Words("server_error", "Bad gateway."),
        _Words("api_error", "Bad gateway"),
        _Words("UNAVAILABLE", "Bad gateway."),
    ),
    "unavailable": _Kind(
        503,
        _Words(
            "service_unavailable_error",
            "The server is currently overloaded with other requests. Please try again later.",
            "server_is_overloaded",
        ),
        _Words("api_error", "Service unavailable"),
        _Words("UNAVAILABLE", "The service is currently unavailable."),
    ),
    "gateway_timeout": _Kind(
        504,
        _Words("server_error", "The server took too long to answer."),
        _Words("timeout_error", "The request timed out."),
        _Words("DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
    ),
    "overloaded": _Kind(
        529,
        _Words("service_unavailable_error", "The engine is currently overloaded.", "server_is_overloaded"),
        _Words("overloaded_error", "Overloaded"),
        _Words("UNAVAILABLE", "The model is overloaded. Please try again later."),
    ),
}
KINDS = {kind: row.status for kind, row in _KINDS.items()}
"""The kinds of errors, with the status of each. Where two have the same status, the first is meant by the status."""

_CLASSES: dict[str, type[APIError]] = {
    "rate_limit": RateLimitError,
    "quota": QuotaExceededError,
    "overloaded": OverloadedError,
    "unavailable": ServiceUnavailableError,
}


def of_kind(vendor: Vendor, kind: str | None, status: int | None = None, message: str | None = None) -> APIError:
    """The error of a kind, or of a status, as the vendor has it."""
    if kind is None:
        kind = next((name for name, known in KINDS.items() if known == status), None)
    row = _KINDS[kind or ("server_error" if (status or 500) >= 500 else "bad_request")]
    words: _Words = getattr(row, vendor)
    if status is None:
        status = 503 if kind == "overloaded" and vendor == "gemini" else row.status  # Google has no 529
    return _CLASSES.get(kind or "", status_error(status))(
        message or words.message, status=status, type=words.type, code=words.code
    )


def no_key(vendor: Vendor) -> APIError:
    """401 (Google: 403): the request has no key."""
    if vendor == "gemini":
        return PermissionDeniedError(
            "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or "
            "other form of API consumer identity to call this API.",
            status=403,
            type="PERMISSION_DENIED",
        )
    if vendor == "anthropic":
        return AuthenticationError("x-api-key header is required", status=401, type="authentication_error")
    return AuthenticationError(
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth "
        "(i.e. Authorization: Bearer YOUR_KEY).",
        status=401,
        type=_INVALID,
    )


def bad_key(vendor: Vendor, masked: str) -> APIError:
    """401 (Google: 400): the key is wrong. The simulator adds which keys it takes."""
    if vendor == "gemini":
        return AuthenticationError(
            "API key not valid. Please pass a valid API key. (The simulator takes any key that begins with AIza or "
            "sim-.)",
            status=400,
            type="INVALID_ARGUMENT",
            code="API_KEY_INVALID",
        )
    if vendor == "anthropic":
        message = "invalid x-api-key (the simulator takes any key that begins with sk-ant- or sim-)"
        return AuthenticationError(message, status=401, type="authentication_error")
    return AuthenticationError(
        f"Incorrect API key provided: {masked}. You can find your API key at https://platform.openai.com/api-keys. "
        "(The simulator takes any key that begins with sk- or sim-)",
        status=401,
        type=_INVALID,
        code="invalid_api_key",
    )


def no_access(vendor: Vendor) -> APIError:
    """403: the key may not do this."""
    error = of_kind(vendor, "permission")
    assert isinstance(error, PermissionDeniedError)
    return error


def no_quota(vendor: Vendor) -> APIError:
    """429: the account has no credit left."""
    return of_kind(vendor, "quota")


def no_model(vendor: Vendor, model: str) -> APIError:
    """404: there is no such model."""
    if vendor == "gemini":
        return NotFoundError(
            f"models/{model} is not found for API version v1beta, or is not supported for generateContent. Call "
            "ListModels to see the list of available models and their supported methods.",
            status=404,
            type="NOT_FOUND",
        )
    if vendor == "anthropic":
        return NotFoundError(f"model: {model}", status=404, type="not_found_error")
    return NotFoundError(
        f"The model `{model}` does not exist or you do not have access to it.",
        status=404,
        type=_INVALID,
        code="model_not_found",
    )


def no_url(vendor: Vendor, method: str, path: str) -> APIError:
    """404: there is nothing at this address."""
    if vendor == "gemini":
        return of_kind(vendor, "not_found")
    if vendor == "anthropic":
        return NotFoundError("Not found", status=404, type="not_found_error")
    return NotFoundError(f"Invalid URL ({method} {path})", status=404, type=_INVALID)


def no_method(vendor: Vendor, method: str, path: str, allowed: str) -> APIError:
    """405 (Google: 404): the address is right and the method isn't."""
    if vendor == "gemini":
        return of_kind(vendor, "not_found")
    if vendor == "anthropic":
        return status_error(405)("Method Not Allowed", status=405, type=_INVALID)
    return status_error(405)(
        f"Not allowed to {method} on {path} (only {allowed}).", status=405, type=_INVALID, code="method_not_supported"
    )


def too_large(vendor: Vendor, limit: int) -> APIError:
    """413: the body is larger than is taken."""
    message, kind = {
        "openai": (f"The request is larger than the limit of {limit} bytes.", _INVALID),
        "anthropic": ("Request exceeds the maximum size", "request_too_large"),
        "gemini": (f"Request payload size exceeds the limit: {limit} bytes.", "INVALID_ARGUMENT"),
    }[vendor]
    return ContentTooLargeError(message, status=413, type=kind)


def too_long(vendor: Vendor, tokens: int, window: int) -> APIError:
    """400: the prompt doesn't fit into the model's context window."""
    if vendor == "gemini":
        message = f"The input token count ({tokens}) exceeds the maximum number of tokens allowed ({window})."
        return ContextLengthError(message, status=400, type="INVALID_ARGUMENT")
    if vendor == "anthropic":
        message = f"prompt is too long: {tokens} tokens > {window} maximum"
        return ContextLengthError(message, status=400, type=_INVALID)
    return ContextLengthError(
        f"This model's maximum context length is {window} tokens. However, your messages resulted in {tokens} tokens. "
        "Please reduce the length of the messages.",
        status=400,
        type=_INVALID,
        param="messages",
        code="context_length_exceeded",
    )


def too_fast(vendor: Vendor, model: str, *, what: str, limit: int, used: int, wanted: int, wait: float) -> APIError:
    """429: a bucket is empty. `what` is "requests" or "tokens"; `wait` the seconds until there is enough in it."""
    if vendor == "gemini":
        message = (
            "You exceeded your current quota, please check your plan and billing details.\n"
            "* Quota exceeded for metric: "
            f"generativelanguage.googleapis.com/generate_content_{what}, limit: {limit}, model: {model}\n"
            f"Please retry in {wait:.9g}s."
        )
        return RateLimitError(message, status=429, type="RESOURCE_EXHAUSTED", retry_after=wait)
    if vendor == "anthropic":
        message = (
            f"This request would exceed your organization's rate limit of {limit:,} {what} per minute. "
            "Please try again later."
        )
        return RateLimitError(message, status=429, type="rate_limit_error", retry_after=wait)
    short = "RPM" if what == "requests" else "TPM"
    if wanted > limit:
        message = (
            f"Request too large for {model} in organization org-simulator on {what} per min ({short}): Limit {limit}, "
            f"Requested {wanted}. The input or output tokens must be reduced in order to run successfully."
        )
        return RateLimitError(message, status=429, type=what, code="rate_limit_exceeded")
    message = (
        f"Rate limit reached for {model} in organization org-simulator on {what} per min ({short}): Limit {limit}, "
        f"Used {used}, Requested {wanted}. Please try again in {wait:.3g}s."
    )
    return RateLimitError(message, status=429, type=what, code="rate_limit_exceeded", retry_after=wait)
