"""What becomes of calls, for Python's `logging`, under the name "ringup". Quiet unless the program asks for it.

WARNING: a call that its budget refused. INFO: a try that failed, and a call that failed. DEBUG: a call that is sent,
and its answer; with what was said only where that is asked for (the variable RINGUP_LOG_CONTENT=1).
"""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from ringup.errors import BudgetExceededError, RingupError
from ringup.later import later
from ringup.messages import Audio, Document, Image, Message, Request, ToolResult
from ringup.reply import Attempt
from ringup.script import Record
from ringup.wire_tools import encode

if TYPE_CHECKING:
    import logging

    from ringup import ledger
else:
    ledger = later("ledger")

__all__ = ["log_call", "logger"]


_UNSENT = Attempt(number=0, started=0.0)


@cache
def _secrets() -> ledger.Secrets:
    return ledger.Secrets()


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
    log = logger()
    level = 30 if isinstance(record.error, BudgetExceededError) else 20
    if not log.isEnabledFor(level):
        return
    who = f"{record.plan.provider.name}/{record.plan.request.model}"
    attempt = record.attempts[-1] if record.attempts else _UNSENT
    named = f" [{attempt.request_id}]" if attempt.request_id else ""
    if record.outcome == "failed":
        why = _cleaned(record, _why(record.error))
        log.log(level, "%s failed: %s%s", who, why, named)
    elif record.outcome == "open" and attempt.wait is not None:
        why = _cleaned(record, attempt.error or "")
        log.info("%s: try %d failed (%s)%s; again in %.2f s", who, attempt.number, why, named, attempt.wait)
    elif log.isEnabledFor(10):
        _debug(log, record, who)


def _why(error: RingupError | None) -> str:
    """What an error says, without what it quotes of an answer."""
    return "" if error is None else f"{type(error).__name__}: {error.message.rstrip('.')}. {error.advice}".strip()


def _debug(log: logging.Logger, record: Record, who: str) -> None:
    usage = getattr(record.reply, "usage", None)
    if record.outcome == "open":
        attempt = record.attempts[-1]
        log.debug("%s: try %d, %d bytes%s", who, attempt.number, attempt.bytes_sent, _content(record))
    elif usage is None:
        log.debug("%s: %s", who, record.outcome)
    else:
        tokens = f"{_count(usage.input_tokens)} tokens in"
        if isinstance(record.plan.request, Request):
            tokens += f", {_count(usage.output_tokens)} out"
        finish = getattr(record.reply, "finish_reason", None) or record.outcome
        log.debug("%s: %s in %.3f s, %s%s", who, finish, record.reply.latency or 0.0, tokens, _content(record))


def _count(tokens: int | None) -> str:
    return "?" if tokens is None else str(tokens)


def _content(record: Record) -> str:
    """What was said, where that is to be logged; without secrets, and without the bytes of files."""
    if os.environ.get("RINGUP_LOG_CONTENT", "").lower() not in ("1", "true", "yes"):
        return ""
    request, reply = record.plan.request, record.reply
    if not isinstance(request, Request):
        shown: Any = request.texts if reply is None else None
    else:
        shown = [*request.system, *map(_short, request.messages)] if reply is None else _short(reply.message)
    return "" if shown is None else f": {_cleaned(record, encode(shown).decode())}"


def _cleaned(record: Record, text: str) -> str:
    secrets = _secrets()
    secrets.know(record.plan.auth.secret if record.plan.auth else None)
    return " ".join(secrets.clean(text).splitlines())  # one line of the log, whatever a server says


def _short(message: Message) -> Message:
    return replace(message, parts=tuple([_less(part) for part in message.parts]))


def _less(part: Any) -> Any:
    """A part without a file's bytes: a line of a log is for reading."""
    match part:
        case ToolResult():
            return replace(part, parts=tuple([_less(inner) for inner in part.parts]))
        case Image(data=bytes()) | Document(data=bytes()) | Audio(data=bytes()):
            return replace(part, data=None)
        case Image(url=str(url)) | Document(url=str(url)) if url.startswith("data:"):
            return replace(part, url="data:")
    return part
