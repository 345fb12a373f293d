"""Every exception that ringup raises, in one tree.

    RingupError
    ├── ConfigurationError            nothing was sent: mend the call or the setup
    │   ├── ParameterError            a value is out of range (also a ValueError); names parameter, value, range
    │   │   ├── MediaError            an image, document or recording that the model doesn't take; .size, .limit
    │   │   └── PromptTooLongError    the prompt can't fit the model's window; .tokens, .limit
    │   ├── MissingKeyError           no key found; says which variable to set and how
    │   ├── KeyFormatError            the key can't be right: wrong vendor, stray spaces or quotes
    │   ├── BudgetExceededError       the call may cost more than is left; .left, .worst, .renews
    │   ├── UnknownModelError         no provider could be told from the model's name
    │   └── MissingExtraError         an optional part of ringup isn't installed; says what to install
    ├── LedgerError                   the ledger can't be written, where that was demanded; .reply
    └── APIError                      a call was made; carries provider, status, request_id, attempts, partial
        ├── APIConnectionError        no answer arrived: refused, reset, DNS, TLS
        │   └── APITimeoutError       the time was up; .phase is connect, first_token, stream or retry_wait
        ├── StreamTruncatedError      a stream stopped before its end; .partial has what came
        ├── ProtocolError             the answer isn't what this API sends (a proxy page, broken JSON, too large)
        ├── OutputError               the answer isn't of the type that output= asks for; .reason, .text
        └── APIStatusError            the provider said no
            ├── BadRequestError       400
            │   └── ContextLengthError    the prompt is too long for the model
            ├── AuthenticationError   401
            ├── PaymentRequiredError  402
            ├── PermissionDeniedError 403
            ├── NotFoundError         404
            ├── RequestTimeoutError   408
            ├── ConflictError         409
            ├── ContentTooLargeError  413
            ├── UnprocessableEntityError  422
            ├── RateLimitError        429: too fast; wait and it works
            │   └── QuotaExceededError    429 that waiting doesn't cure: credit or spend limit used up
            └── InternalServerError   500 and above: the provider's fault
                ├── ServiceUnavailableError  503
                ├── GatewayTimeoutError      504
                └── OverloadedError          529, or an "overloaded" error under any status

Names follow the vendors' SDKs (openai-python 3.54, anthropic-python 2.12) where the thing is the same.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIStatusError",
    "APITimeoutError",
    "AuthenticationError",
    "BadRequestError",
    "BudgetExceededError",
    "ConfigurationError",
    "ConflictError",
    "ContentTooLargeError",
    "ContextLengthError",
    "GatewayTimeoutError",
    "InternalServerError",
    "KeyFormatError",
    "LedgerError",
    "MediaError",
    "MissingExtraError",
    "MissingKeyError",
    "NotFoundError",
    "OutputError",
    "OverloadedError",
    "ParameterError",
    "PaymentRequiredError",
    "PermissionDeniedError",
    "PromptTooLongError",
    "ProtocolError",
    "QuotaExceededError",
    "RateLimitError",
    "RequestTimeoutError",
    "RingupError",
    "RingupWarning",
    "ServiceUnavailableError",
    "StreamTruncatedError",
    "UnknownModelError",
    "UnprocessableEntityError",
    "status_error",
]


class RingupWarning(UserWarning):
    """Something that was asked for isn't sent, because the model refuses it. The reply's notices say the same."""


class RingupError(Exception):
    """The base of everything ringup raises. `message` says what happened; `advice` what to do about it.

    `quote` is the beginning of what the server sent, where the error shows it; else empty. It may hold words of the
    prompt or of the answer, and so it isn't part of the message: logs and traces, which take that, go without.
    """

    message: str
    advice: str
    quote: str = ""

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        said = self.quoting
        if not self.advice:
            return said
        return f"{said}{'' if said[-1:] in '.!?:' else '.'} {self.advice}"

    @property
    def quoting(self) -> str:
        """The message with the quote."""
        return f"{self.message}: {self.quote}" if self.quote else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, dict(self.__dict__))


def _rebuild(kind: type[RingupError], message: str, state: dict[str, Any]) -> RingupError:
    error = kind.__new__(kind)
    Exception.__init__(error, message)
    error.__dict__.update(state)
    return error


class ConfigurationError(RingupError):
    """The call was refused before anything was sent."""


class ParameterError(ConfigurationError, ValueError):
    """A parameter has a value that can't work. `parameter` names it; on the server side `code` is the wire's word."""

    def __init__(self, message: str, *, parameter: str, code: str | None = None, advice: str = "") -> None:
        super().__init__(message, advice=advice)
        self.parameter = parameter
        self.code = code


class MediaError(ParameterError):
    """An image, document or recording that the model, or its provider, doesn't take: `parameter` names the part.

    `size` and `limit` are numbers of bytes, pages, pixels or parts, as the message says; None where another kind of
    file would be needed.
    """

    def __init__(self, message: str, *, size: int | None = None, limit: int | None = None, **details: Any) -> None:
        super().__init__(message, **details)
        self.size = size
        self.limit = limit


class PromptTooLongError(ParameterError):
    """The prompt is certainly too long for the model: it has `tokens` or more, and `limit` fit."""

    def __init__(self, message: str, *, tokens: int, limit: int, **details: Any) -> None:
        super().__init__(message, parameter="prompt", **details)
        self.tokens = tokens
        self.limit = limit


class MissingKeyError(ConfigurationError):
    """There is no API key for the provider."""


class KeyFormatError(ConfigurationError):
    """The API key can't be right as it is written. The key itself is never part of the message."""


class UnknownModelError(ConfigurationError):
    """No model was named, or its provider can't be told from its name."""


class BudgetExceededError(ConfigurationError):
    """The call may cost more than its budget has left, or nobody knows what it may cost: it wasn't sent.

    left    what is left, in US dollars (Decimal)      worst   what the call may cost at the most
    renews  when the budget begins anew (datetime, UTC). Each is None where there is no such thing.
    partial what calls before it had brought, where an ask or a job takes several: a Reply, or the Embeddings
    """

    partial: Any = None

    def __init__(self, message: str, *, left: Any, worst: Any, renews: Any, advice: str = "") -> None:
        super().__init__(message, advice=advice)
        self.left = left
        self.worst = worst
        self.renews = renews


class MissingExtraError(ConfigurationError, ImportError):
    """An optional dependency is missing."""


class LedgerError(RingupError):
    """The ledger can't be written, where the user demanded that it is: with `durability="call"`, and in `purge`.

    `reply` is the answer whose row is missing, or None.
    """

    def __init__(self, message: str, *, reply: Any = None, advice: str = "") -> None:
        super().__init__(message, advice=advice)
        self.reply = reply


class APIError(RingupError):
    """A call to a provider failed.

    provider    the provider's name ("openai"), or "" where it isn't known
    status      the HTTP status, or None where no answer came
    request_id  the provider's id of the request, to quote to its support, or None
    type, code, param   the error's own words, as the provider sent them, or None
    body        the error as the provider sent it (parsed JSON, or text), or None; at most 64 KiB of text
    quote       the beginning of a body that has no message of its own, some 200 characters; else empty
    retry_after the wait in seconds that the provider asked for, or None
    attempts    one `Attempt` for each try on the wire
    partial     the `Reply` as far as it came (streams), or None
    """

    retryable: bool = False
    "Whether the same request may succeed when sent again."

    def __init__(
        self,
        message: str,
        *,
        advice: str = "",
        provider: str = "",
        status: int | None = None,
        request_id: str | None = None,
        type: str | None = None,
        code: str | None = None,
        param: str | None = None,
        body: Any = None,
        quote: str = "",
        retry_after: float | None = None,
        retryable: bool | None = None,
        attempts: tuple[Any, ...] = (),
        partial: Any = None,
    ) -> None:
        super().__init__(message, advice=advice)
        self.provider = provider
        self.status = status
        self.request_id = request_id
        self.type = type
        self.code = code
        self.param = param
        self.body = body
        self.quote = quote
        self.retry_after = retry_after
        if retryable is not None:
            self.retryable = retryable
        self.attempts = attempts
        self.partial = partial


class APIConnectionError(APIError):
    """No answer arrived: the connection was refused, reset or never made. `sent` is False where the request certainly
    didn't reach the provider."""

    retryable = True
    sent = True


class APITimeoutError(APIConnectionError, TimeoutError):
    """The time was up. `phase` says where it stood: "connect", "first_token", "stream" or "retry_wait"."""

    def __init__(self, message: str, *, phase: str, **details: Any) -> None:
        super().__init__(message, **details)
        self.phase = phase


class StreamTruncatedError(APIError):
    """A stream stopped before its terminal event: what came is in `partial`, and it isn't the whole answer."""

    retryable = True


class ProtocolError(APIError):
    """The answer isn't what this API sends: broken JSON, an HTML page of some proxy, a field of another type."""


class OutputError(APIError):
    """The answer came, and isn't of the type that `output=` asks for.

    `reason` is "invalid" (the message says what doesn't fit), "refused", "length" (cut off), "max_steps" or "timeout"
    (with tools: there was no answer by then); `text` is what the model wrote last, `partial` the whole Reply, with the
    usage and cost of all calls.
    """

    def __init__(self, message: str, *, reason: str, text: str = "", **details: Any) -> None:
        super().__init__(message, **details)
        self.reason = reason
        self.text = text


class APIStatusError(APIError):
    """The provider answered with an error."""


class BadRequestError(APIStatusError):
    """400: something in the request is wrong; `param` and the message say what."""


class ContextLengthError(BadRequestError):
    """The prompt, with the answer's room, is longer than the model can read."""


class AuthenticationError(APIStatusError):
    """401: the key is missing, wrong, or revoked."""


class PaymentRequiredError(APIStatusError):
    """402: the account has no credit."""


class PermissionDeniedError(APIStatusError):
    """403: the key is valid and may not do this."""


class NotFoundError(APIStatusError):
    """404: no such model or address, or the key may not see it."""


class RequestTimeoutError(APIStatusError):
    """408: the provider waited too long for the request."""

    retryable = True


class ConflictError(APIStatusError):
    """409: two requests were in each other's way."""

    retryable = True


class ContentTooLargeError(APIStatusError):
    """413: the request's body is larger than the provider takes."""


class UnprocessableEntityError(APIStatusError):
    """422: the request is well-formed and can't be carried out."""


class RateLimitError(APIStatusError):
    """429: requests or tokens come too fast. `retry_after` says when to come back, where the provider does."""

    retryable = True


class QuotaExceededError(RateLimitError):
    """A 429 that no wait cures: credit, quota or spend limit is used up."""

    retryable = False


class InternalServerError(APIStatusError):
    """500 and above: the provider's own fault."""

    retryable = True


class ServiceUnavailableError(InternalServerError):
    """503."""


class GatewayTimeoutError(InternalServerError):
    """504."""


class OverloadedError(InternalServerError):
    """529, or an error that says the provider is overloaded, under whatever status."""


_BY_STATUS: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    402: PaymentRequiredError,
    403: PermissionDeniedError,
    404: NotFoundError,
    408: RequestTimeoutError,
    409: ConflictError,
    413: ContentTooLargeError,
    422: UnprocessableEntityError,
    429: RateLimitError,
    503: ServiceUnavailableError,
    504: GatewayTimeoutError,
    529: OverloadedError,
}


def status_error(status: int) -> type[APIStatusError]:
    """The class for an HTTP status, where nothing in the body says more."""
    return _BY_STATUS.get(status) or (InternalServerError if status >= 500 else APIStatusError)
