"""What becomes of calls, for Python's `logging`, under the name "ringup". Quiet unless the program asks for it.

INFO: a try that failed, and a call that failed. DEBUG: a call that is sent, and its answer; with what was said only
where that is asked for (the variable RINGUP_LOG_CONTENT=1).
"""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from ringup.call import Record
from ringup.ledger import Secrets
from ringup.messages import Message, Request
from ringup.wire_tools import encode

if TYPE_CHECKING:
    import logging

__all__ = ["log_call", "logger"]

_secrets = Secrets()


@cache
def logger() -> logging.Logger:
    """The logger, which says nothing where nobody listens."""
    import logging  # here, for its import takes longer than ours

    found = logging.getLogger("ringup")
    if not found.handlers:
        found.addHandler(logging.NullHandler())
    return found


def log_call(record: Record) -> None:
    """Log where a call stands: one of its tries begins or has failed, or it is over."""
    if "logging" not in sys.modules:  # then nobody has asked for anything
        return
    log, attempt = logger(), record.attempts[-1]
    if not log.isEnabledFor(20):
        return
    who = f"{record.plan.provider.name}/{record.plan.request.model}"
    if record.outcome == "failed":
        log.info("%s failed: %s: %s", who, type(record.error).__name__, record.error)
    elif record.outcome == "open" and attempt.wait is not None:
        log.info("%s: try %d failed (%s); again in %.2f s", who, attempt.number, attempt.error, attempt.wait)
    elif log.isEnabledFor(10):
        _debug(log, record, who)


def _debug(log: logging.Logger, record: Record, who: str) -> None:
    attempt, usage = record.attempts[-1], getattr(record.reply, "usage", None)
    if record.outcome == "open":
        log.debug("%s: try %d, %d bytes%s", who, attempt.number, attempt.bytes_sent, _content(record))
    elif usage is None:
        log.debug("%s: %s", who, record.outcome)
    else:
        tokens = f"{_count(usage.input_tokens)} tokens in, {_count(usage.output_tokens)} out"
        finish = getattr(record.reply, "finish_reason", None) or record.outcome
        log.debug("%s: %s in %.3f s, %s%s", who, finish, record.reply.latency or 0.0, tokens, _content(record))


def _count(tokens: int | None) -> str:
    return "?" if tokens is None else str(tokens)


def _content(record: Record) -> str:
    """What was said, where that is to be logged; without secrets."""
    if os.environ.get("RINGUP_LOG_CONTENT", "").lower() not in ("1", "true", "yes"):
        return ""
    said: Any = record.plan.request
    if record.reply is not None:
        said = getattr(record.reply, "message", None)
    elif isinstance(said, Request):
        said = [*said.system, *said.messages]
    _secrets.know(record.plan.auth.secret if record.plan.auth else None)
    shown = said if isinstance(said, Message | list) else getattr(said, "texts", None)
    return "" if shown is None else f": {_secrets.clean(encode(shown).decode())}"
