"""What the rows of a call are made of, once it is over.

It waits for the writer, among many of its kind. So it holds no more of the call than will be written: what the answer
said, and all that was parsed to get at it, is gone with the call, while it is still in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from ringup.embeddings import EmbedRequest
from ringup.errors import RingupError
from ringup.fingerprint import Sent
from ringup.outcome import so_far, what_was_sent
from ringup.reply import Attempt, Bill, Notice, Reply
from ringup.script import Record
from ringup.secret import Secret
from ringup.usage import Usage

__all__ = ["Account", "account_of"]

_CACHED_FROM = {"openai": 1024, "azure": 1024, "anthropic": 512, "gemini": 1024}
"""Tokens from which on a provider caches prompts, at the least of its models (their guides, November 2026)."""

_ITSELF = 4096
"""About the bytes that an account takes beside the bodies."""

_BILLED_BY = ("service_tier", "tool_usage")
"""Fields of an answer, beside its usage, that its bill is made of."""


class Account(Struct, kw_only=True):
    """A call that is over. `asked` is the model that was asked for, `model` the one that answered; `body` is what was
    sent. What `pricer` looks at has the names that it has in a reply. `sent` is there where the prompt may be cached,
    or part of it was. `is_estimated` says that one of its tries may be billed although its provider didn't tell what
    it used; `record` is there where the words are needed still: to be written down, or counted. `weight` is about the
    bytes of memory that all this takes."""

    attempts: list[Attempt]
    outcome: str
    error: RingupError | None
    queued: float | None
    ask: str | None
    step: int
    provider: str
    wire: str
    url: str
    kind: str
    asked: str
    is_stream: bool
    body: bytes
    secret: Secret | None
    headers: Mapping[str, str | None]
    session: str | None
    tags: Mapping[str, str]
    pricer: Callable[[Any], Bill] | None
    model: str | None
    id: str | None
    finish_reason: str | None
    raw_finish_reason: str | None
    usage: Usage
    notices: tuple[Notice, ...]
    extra: dict[str, Any]
    sent: Sent | None
    is_estimated: bool
    record: Record | None
    weight: int

    @property
    def bill(self) -> Bill:
        """What an answer costs that its provider has told all of."""
        return self.pricer(self) if self.pricer else Bill(reason="this reply carries no prices")

    def __repr__(self) -> str:
        return f"<Account of {self.provider}/{self.asked}: {self.outcome}>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [("asked", self.asked), ("outcome", self.outcome)]


def account_of(record: Record, keeps_words: bool) -> Account:
    """What a ledger keeps of a call until it is written; its words where it `keeps_words`, or has to count them."""
    plan, reply = record.plan, record.reply or so_far(record)
    request, extra = plan.request, reply.extra
    is_answer = isinstance(reply, Reply)  # vectors have no finish reason
    is_estimated = record.cut or any([attempt.maybe_billed for attempt in record.attempts])  # noqa: C419 - quicker
    is_kept = keeps_words or is_estimated
    size = len(plan.http.body)
    is_long = size >= _CACHED_FROM.get(plan.provider.name, 0)  # of words, a token is a byte at least; of files it isn't
    is_cached = is_long or reply.usage.cache_write_tokens
    return Account(
        attempts=record.attempts,
        outcome=record.outcome,
        error=record.error,
        queued=record.queued,
        ask=record.ask,
        step=record.step,
        provider=plan.provider.name,
        wire=plan.wire.NAME,
        url=plan.url,
        kind="embeddings" if isinstance(request, EmbedRequest) else "answer",
        asked=request.model,
        is_stream=request.stream,
        body=plan.http.body,
        secret=plan.auth.secret if plan.auth else None,
        headers=request.headers,
        session=plan.session,
        tags=plan.tags,
        pricer=plan.pricer,
        model=reply.model,
        id=reply.id,
        finish_reason=reply.finish_reason if is_answer else None,
        raw_finish_reason=reply.raw_finish_reason if is_answer else None,
        usage=reply.usage,
        notices=reply.notices,
        extra={name: extra[name] for name in _BILLED_BY if name in extra} if extra else extra,
        sent=((is_answer and reply.sent) or what_was_sent(plan)) if is_cached else None,
        is_estimated=is_estimated,
        record=record if is_kept else None,
        weight=_ITSELF + size + (record.attempts[-1].bytes_received if is_kept and record.attempts else 0),
    )
