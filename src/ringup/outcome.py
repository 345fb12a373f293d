"""What a call comes to: the answer with all that is known of it, whole or as far as it came."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from msgspec.structs import replace

from ringup.bills import Interrupted, Pricer
from ringup.fingerprint import Sent
from ringup.messages import Request
from ringup.reply import Reply
from ringup.script import Plan, Record
from ringup.usage import Usage

if TYPE_CHECKING:
    from ringup.embeddings import Embeddings

__all__ = ["finish", "heard", "so_far", "what_was_sent"]

MAX_KEPT_BYTES = 2 * 1024 * 1024
"""A reply to a larger request doesn't keep it, but only its digests."""


def finish(reply: Reply | Embeddings, record: Record, now: float | None) -> Reply | Embeddings:
    """What the wire has read, with all that the call knows. `now` is in seconds since the epoch; None where the answer
    isn't whole."""
    plan, first, last = record.plan, record.attempts[0], record.attempts[-1]
    if now is not None:  # of a stream it stands there already when its last event came
        record.change(ended=last.ended or now, outcome="answered", usage=reply.usage)
        last = record.attempts[-1]
    told: dict[str, Any] = {
        "provider": plan.provider.name,
        "wire": plan.wire.NAME,
        "request_id": last.request_id,
        "latency": last.ended - first.started if last.ended else None,
        "attempts": tuple(record.attempts),
        "notices": plan.notices + reply.notices,
        "pricer": plan.pricer,
    }
    if now is None or (record.cut and reply.usage.total_tokens is None):
        told["pricer"] = _estimating(plan)
    if isinstance(reply, Reply):
        tokens = [attempt.first_token for attempt in record.attempts if attempt.first_token]
        told["time_to_first_token"] = tokens[0] - first.started if tokens else None
        told["sent"] = what_was_sent(plan)
    return replace(reply, **told)


def so_far(record: Record) -> Any:
    """The answer to a call that isn't over, or was broken off, as far as it came. Its cost is an estimate."""
    reply = record.fold.reply()
    return finish(reply, record, None) if record.attempts else reply


def _estimating(plan: Plan) -> Any:
    """What prices an answer of which the provider hasn't told all."""
    if isinstance(plan.request, Request) and isinstance(plan.pricer, Pricer):
        return Interrupted(plan.pricer, plan.request, plan.rules)
    return plan.pricer


def what_was_sent(plan: Plan) -> Sent | None:
    """The request that a reply refers to, or where it is large only the digests of it. None for embeddings."""
    if not isinstance(plan.request, Request):
        return None
    sent = Sent(
        provider=plan.provider.name,
        wire=plan.wire.NAME,
        server=_server(plan.url),
        key=plan.auth.secret.check if plan.auth else "",
        breakpoints=plan.rules.cache_breakpoints,
        request=plan.request,
    )
    return sent if len(plan.http.body) <= MAX_KEPT_BYTES else sent.small()


@lru_cache(256)
def _server(url: str) -> str:
    return urlsplit(url).netloc


def heard(record: Record) -> Usage | None:
    """What a stream that broke off had told of its usage."""
    usage = record.fold.reply().usage
    return None if usage == Usage() else usage
