"""How a call fails: the error with all that is known of it, and without what is secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeGuard

from ringup.errors import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    ContextLengthError,
    RingupError,
    status_error,
)
from ringup.later import later
from ringup.masks import MASK, is_secret, without_shapes
from ringup.messages import Request
from ringup.outcome import heard, so_far
from ringup.retry import retry_after_date
from ringup.script import DEFAULT_IDLE, Plan, Record
from ringup.secret import Auth, Secret

if TYPE_CHECKING:
    from ringup import advice as advising
    from ringup import intake
else:
    advising = later("advice")
    intake = later("intake")

__all__ = [
    "add",
    "complete",
    "no_time_to_retry",
    "note_failure",
    "refused",
    "request_id",
    "timed_out",
    "unsaid",
    "without_key",
]

_SHORTEST_KEY = 8


# What the server says


def refused(plan: Plan, status: int, headers: Mapping[str, str], body: bytes, now: float) -> APIError:
    """The error that an answer of 300 and above is. `now` is in seconds since the epoch."""
    if status < 400:
        where = without_shapes(headers.get("location", ""))
        return status_error(status)(
            f"the server answered {status}, a redirect to {where[:200]!r}, which ringup doesn't follow", status=status
        )
    error = plan.wire.read_error(status, headers, body)
    if error.retry_after is None:
        error.retry_after = retry_after_date(headers, now)
    return error


def request_id(headers: Mapping[str, str], auth: Auth | None) -> str | None:
    """The provider's name for the call, without the key."""
    found = headers.get("x-request-id") or headers.get("request-id")
    return _without(found, auth.secret) if found and _is_telling(auth) else found


def without_key(body: bytes, auth: Auth | None) -> bytes:
    """The body of an error, without the key: some servers repeat it there."""
    return body.replace(auth.secret.reveal().encode(), MASK.encode()) if _is_telling(auth) else body


def unsaid(error: APIError, plan: Plan) -> None:
    """Take what is secret out of an error's words, wherever the server or the network has repeated it.

    And take away the frames below, for a traceback may show their variables: what was sent, and what was heard.
    """
    error.__traceback__ = None
    named = [Secret(value) for name, value in plan.http.headers.items() if is_secret(name)]
    for secret in (*([plan.auth.secret] if plan.auth else []), *named):
        if len(secret.reveal()) < _SHORTEST_KEY:
            continue
        for name, value in vars(error).items():
            if name in _SAID and value is not None:
                setattr(error, name, _without(value, secret))
        error.args = _without(error.args, secret)


_SAID = ("message", "advice", "type", "code", "param", "body", "quote", "request_id")


def _without(value: Any, secret: Secret) -> Any:
    match value:
        case str():
            return value.replace(secret.reveal(), MASK)
        case dict():
            return {_without(name, secret): _without(held, secret) for name, held in value.items()}
        case list() | tuple():
            return type(value)([_without(held, secret) for held in value])
    return value


def _is_telling(auth: Auth | None) -> TypeGuard[Auth]:
    """Whether there is a key, and one that isn't a word like "none", as servers of one's own get it."""
    return auth is not None and len(auth.secret.reveal()) >= _SHORTEST_KEY


# What the call knows


def timed_out(plan: Plan, record: Record, error: TimeoutError, at_deadline: bool) -> APIError:
    """The error for a time that is up: that of the whole call, or the longest silence."""
    if isinstance(error, APIError):  # the transport gave up on connecting
        return error
    phase = "first_token" if record.attempts[-1].first_token is None else "stream"
    if at_deadline:
        return APITimeoutError(f"no complete answer within {plan.timeout:g} s", phase=phase, retryable=False)
    silence = DEFAULT_IDLE if plan.idle_timeout is None else plan.idle_timeout
    return APITimeoutError(f"nothing was heard for {silence:g} s", phase=phase)


def note_failure(record: Record, error: RingupError, ended: float) -> None:
    """Write into the record that its last try has failed, when it did, and whether it may be billed after all."""
    sent = isinstance(error, APIError) and not (isinstance(error, APITimeoutError) and error.phase == "connect")
    sent = sent and not (isinstance(error, APIConnectionError) and not error.sent)
    record.change(
        ended=ended,
        outcome="failed",
        error=f"{type(error).__name__}: {error.message}",
        maybe_billed=sent and (record.attempts[-1].status or 200) < 300,
        usage=heard(record),
    )


def no_time_to_retry(plan: Plan, error: APIError) -> APITimeoutError:
    """The error for a wait that would outlast the deadline."""
    message = (
        f"no complete answer within {plan.timeout:g} s, and no time left to try again; the last try: {error.message}"
    )
    return APITimeoutError(message, phase="retry_wait", retryable=False, status=error.status, quote=error.quote)


def complete(error: APIError, plan: Plan, record: Record) -> APIError:
    """The error with what the call knows: the attempts, what came of the answer, and what to do."""
    last = record.attempts[-1]
    error.provider = plan.provider.name
    error.status = error.status if error.status is not None else last.status
    error.request_id = error.request_id or last.request_id
    error.attempts = tuple(record.attempts)
    partial = record.fold.reply()
    if partial.message.parts or partial.usage.input_tokens is not None:
        error.partial = so_far(record)
    if len(record.attempts) > 1:
        add(error, f" ({len(record.attempts)} attempts)")
    error.advice = _advice(error, plan)
    return error


def _advice(error: APIError, plan: Plan) -> str:
    if error.advice:  # the transport knows more of the network
        return f"A retry {'may' if error.retryable else 'cannot'} help. {error.advice}"
    advice = advising.advise(error, plan.provider, plan.request.model, plan.auth, plan.notices)
    if isinstance(error, ContextLengthError) and isinstance(plan.request, Request):
        return f"{advice} {intake.largest(plan.request)}".strip()
    return advice


def add(error: APIError, words: str) -> None:
    """Put words after an error's message."""
    error.message = error.message.rstrip(".") + words
    error.args = (error.message,)
