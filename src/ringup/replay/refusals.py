"""What every kind of call has: steps that may crash, errors of 400 and above, and requests that are refused."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

from ringup.errors import (
    APIError,
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
    status_error,
)
from ringup.replay.exchange import Exchange
from ringup.replay.raw import documents, error_text, is_answer

__all__ = ["carry_out", "check_error", "refusal", "was_accepted"]

_PLACES = re.compile(r"\.?\[\d+\]|\.\d+(?=\.|$)")
"""Places in lists, as the providers write them: messages[0], messages.[0] and messages.0."""

_SAID = (
    ("overloaded", OverloadedError),
    ("MODEL_CAPACITY_EXHAUSTED", OverloadedError),
    ("quota", QuotaExceededError),
    ("QUOTA_EXHAUSTED", QuotaExceededError),
    ("limit_reached", QuotaExceededError),
    ("limit_exceeded", QuotaExceededError),
    ("credit_balance", QuotaExceededError),
    ("billing", QuotaExceededError),
    ("context", ContextLengthError),
    ("too long", ContextLengthError),
    ("exceed_context_size_error", ContextLengthError),
    ("API_KEY_", AuthenticationError),
    ("ACCESS_TOKEN_", AuthenticationError),
    ("CREDENTIALS_MISSING", AuthenticationError),
    ("invalid_request_error", BadRequestError),
    ("authentication_error", AuthenticationError),
    ("billing_error", PaymentRequiredError),
    ("permission_error", PermissionDeniedError),
    ("not_found_error", NotFoundError),
    ("request_too_large", ContentTooLargeError),
    ("rate_limit_error", RateLimitError),
    ("api_error", InternalServerError),
)
"""Words of an error's body that allow for another class than the one of its status."""


class Reads(Protocol):
    """What reads errors: any wire."""

    NAME: str

    @staticmethod
    def read_error(status: int, headers: Mapping[str, str], body: bytes) -> APIError: ...


W = TypeVar("W")


def carry_out(steps: Sequence[Callable[[Exchange, W], Iterator[str]]], exchange: Exchange, wire: W) -> list[str]:
    """The causes that the steps find, each once. A crash is one, too."""
    causes: list[str] = []
    for step in steps:
        try:
            causes += step(exchange, wire)
        except Exception as error:  # whatever a wire raises that it shouldn't is what this is to find
            causes.append(_crash(error))
    return list(dict.fromkeys(causes))


def _crash(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = place.filename.replace("\\", "/").rpartition("/ringup/")[2]
    return f"crash: {type(error).__name__} in {where}, {place.name}"


def check_error(exchange: Exchange, wire: Reads) -> Iterator[str]:
    """An answer of 400 or above: the class, the status and the message of the error that the wire reads."""
    error = wire.read_error(exchange.status, exchange.headers, exchange.body.encode())
    said = error_text(documents(exchange.body))
    meant = (status_error(exchange.status), *[kind for word, kind in _SAID if word in exchange.body])
    if not isinstance(error, meant) and exchange.status != 498:  # Groq's own status for "no capacity"
        yield f"error: {exchange.status} read as {type(error).__name__}"
    if error.status != exchange.status:
        yield f"error: {exchange.status} read with the status {error.status}"
    if not error.message or (said and said[:200] not in error.message):
        yield f"error: {exchange.status} without the provider's message"


def was_accepted(exchange: Exchange, wire: str) -> bool:
    """Whether the provider took the request, and it is known."""
    answered = error_text(documents(exchange.body)) is None and is_answer(wire, exchange.body)
    return answered and isinstance(exchange.request, dict)


def refusal(error: APIError) -> str:
    """The cause when a wire refuses what the provider took: the field that it names."""
    return f"request refused: {' '.join(_PLACES.sub('[]', error.param or error.message).split())[:100]}"
