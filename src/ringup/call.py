"""One call as a script: what to send, what to wait for, when to try again, when to stop.

The script is a generator. It yields effects (send this, read on, sleep, hand out these events), and a driver of the
world (`ringup.drive`, once sync and once async) carries each out and sends the result back in. So retries, deadlines
and the handling of streams are written once, and a test can play the world.

The rules that it keeps:
- a stream that ends without its terminal event is `StreamTruncatedError`, with what came; after the terminal event,
  reading stops;
- a retry only while nothing was handed out; what the server asks for (Retry-After) is obeyed inside the deadline, and
  when it doesn't fit, the error is raised at once and says when to come back;
- one deadline covers connecting, the first token, silences, retries and their waits; comments and pings aren't
  progress.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, cast

from msgspec.structs import replace

from ringup.errors import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    ProtocolError,
    QuotaExceededError,
    RingupError,
    StreamTruncatedError,
)
from ringup.events import (
    ArgumentsDelta,
    AudioDelta,
    Event,
    Failed,
    Finish,
    Fold,
    Noticed,
    RefusalDelta,
    Start,
    TextDelta,
    ThinkingDelta,
    Used,
)
from ringup.failures import (
    add,
    complete,
    no_time_to_retry,
    note_failure,
    refused,
    request_id,
    timed_out,
    unsaid,
    without_key,
)
from ringup.http import HttpResponse
from ringup.outcome import finish, heard
from ringup.reply import Attempt, Reply
from ringup.retry import backoff, server_directs
from ringup.script import (
    DEFAULT_IDLE,
    MAX_BODY_BYTES,
    Effect,
    Emit,
    Env,
    Exchange,
    Guard,
    Open,
    Plan,
    Read,
    Record,
    Script,
    Shut,
    Sleep,
)

if TYPE_CHECKING:
    from ringup.embeddings import Embeddings
    from ringup.wire import Wire

__all__ = ["call"]

MAX_ERROR_BYTES = 1024 * 1024
_ERROR_WAIT = 10.0
_DRAIN = 0.02
_FIRST = (TextDelta, ThinkingDelta, ArgumentsDelta, RefusalDelta, AudioDelta)
_PRELUDE = (Start, Used, Noticed)


class _Time:
    """One call's clock: the deadline, and how monotonic seconds translate to the wall's."""

    __slots__ = ("begun", "clock", "deadline", "shift")

    def __init__(self, plan: Plan, env: Env) -> None:
        self.clock = env.clock
        self.begun = env.clock()
        self.deadline = self.begun + plan.timeout
        self.shift = env.now() - self.begun

    def wall(self) -> float:
        return self.clock() + self.shift

    def left(self, silence_ends: float | None = None) -> float:
        end = self.deadline
        if silence_ends is not None and silence_ends < end:
            end = silence_ends
        return max(end - self.clock(), 0.0)

    def is_first(self, silence_ends: float | None) -> bool:
        """Whether the deadline comes no later than the end of a silence."""
        return silence_ends is None or silence_ends >= self.deadline


def call(plan: Plan, record: Record, env: Env) -> Script:
    """Make the call; at the end `record.reply` is the whole answer. Raises APIError, with all that is known in it."""
    time, spent = _Time(plan, env), 0
    if plan.guard:
        yield from _guarded(plan.guard, record, env.now(), time)
    plan.budget.earn()
    try:
        while True:
            _begin_try(plan, record, time)
            try:
                reply = yield from (_stream if plan.request.stream else _whole)(plan, record, time)
            except APIError as error:
                unsaid(error, plan)
                note_failure(record, error, time.wall())
                yield Shut()
                wait = _wait_before_retry(plan, record, env, time, error)
                if isinstance(wait, APIError):
                    raise complete(wait, plan, record) from (None if wait is error else error)
                spent += 0 if server_directs(error) else 1
            else:
                if spent:
                    plan.budget.earn(spent)
                record.reply = finish(reply, record, time.wall())
                record.outcome = "answered"
                return
            record.change(wait=wait)
            record.tell()
            yield Sleep(wait)
            if plan.guard:
                yield from plan.guard.again(record, env.now(), time.left())
    except RingupError as error:
        if record.attempts[-1].ended is None:
            note_failure(record, error, time.wall())
        record.error, record.outcome = error, "failed"
        raise
    except BaseException:  # cancelled, interrupted, or closed by the user
        _leave(record, time)
        raise
    finally:
        record.tell()
        if plan.guard:
            plan.guard.end(record)


def _guarded(guard: Guard, record: Record, now: float, time: _Time) -> Script:
    """Before the first try: without money for it, there is no call."""
    try:
        yield from guard.begin(record, now, time.left())
    except RingupError as error:
        record.error, record.outcome = error, "failed"
        record.tell()
        raise
    except BaseException:  # cancelled, interrupted, or closed by the user
        record.outcome = "cancelled"
        record.tell()
        raise


def _begin_try(plan: Plan, record: Record, time: _Time) -> None:
    if record.attempts:
        record.fold = Fold()
    number = len(record.attempts) + 1
    record.attempts.append(Attempt(number=number, started=time.wall(), bytes_sent=len(plan.http.body)))
    record.tell()


def _leave(record: Record, time: _Time) -> None:
    """The call was left before its end, or after the last event: then nothing is lost."""
    if record.fold.finished:
        record.reply = finish(record.fold.reply(), record, time.wall())
        record.outcome = "answered"
        return
    record.outcome = "cancelled"
    if record.attempts[-1].ended is None:
        record.change(ended=time.wall(), outcome="cancelled", maybe_billed=True, usage=heard(record))


def _whole(plan: Plan, record: Record, time: _Time) -> Generator[Effect, Any, Reply | Embeddings]:
    quiet = _quiet_until(plan, record, time)
    try:
        answer: HttpResponse = yield Exchange(plan, time.left(quiet))
    except TimeoutError as error:
        raise timed_out(plan, record, error, time.is_first(quiet)) from None
    record.change(
        status=answer.status,
        first_byte=None if answer.first_byte is None else answer.first_byte + time.shift,
        request_id=request_id(answer.headers, plan.auth),
        bytes_received=len(answer.body),
    )
    if answer.status >= 300:
        answer = replace(answer, body=without_key(answer.body, plan.auth))
        raise refused(plan, answer.status, answer.headers, answer.body, time.wall())
    return plan.wire.read_reply(answer.body)


def _stream(plan: Plan, record: Record, time: _Time) -> Generator[Effect, Any, Reply]:
    quiet = _quiet_until(plan, record, time)
    try:
        answer = yield Open(plan, time.left(quiet), time.left())
    except TimeoutError as error:
        raise timed_out(plan, record, error, time.is_first(quiet)) from None
    record.change(status=answer.status, first_byte=time.wall(), request_id=request_id(answer.headers, plan.auth))
    if answer.status >= 300:
        body = without_key((yield from _read_error_body(time)), plan.auth)
        raise refused(plan, answer.status, answer.headers, body, time.wall())
    yield from _read_events(plan, record, time, quiet)
    record.change(ended=time.wall())
    yield from _drain()
    return record.fold.reply()


def _read_events(plan: Plan, record: Record, time: _Time, quiet: float | None) -> Generator[Effect, Any, None]:
    """Read to the stream's last event, and hand out what comes: from the first token on, then there is no way back."""
    reader = cast("Wire", plan.wire).Reader()  # for embeddings there are no streams
    held: list[Event] = [Noticed(notice) for notice in plan.notices]
    received = 0
    try:
        while not record.fold.finished:
            try:
                data = yield Read(time.left(quiet))
            except (APIError, TimeoutError) as error:
                data, events = b"", reader.close()
                if not any(type(event) is Finish for event in events):
                    raise _broken_off(error, plan, record, time, quiet) from None
                record.cut = True  # the answer is whole, and only the stream's end was missing
            else:
                received += len(data)
                if received > MAX_BODY_BYTES:
                    raise ProtocolError(f"the stream is larger than the cap of {MAX_BODY_BYTES:,} bytes")
                events = reader.feed(data) if data else reader.close()
            failure = _take(events, record, time)
            if events:
                held += events
                if record.handed_out or not all(isinstance(event, _PRELUDE) for event in events):
                    record.handed_out = True
                    yield Emit(held)
                    held = []
                quiet = _quiet_until(plan, record, time)  # from here on: the user's own time is no silence
            if failure:
                raise failure
            if not data and not record.fold.finished:
                raise StreamTruncatedError("the stream ended without its last event")
    finally:
        record.change(bytes_received=received)


def _broken_off(
    error: APIError | TimeoutError, plan: Plan, record: Record, time: _Time, quiet: float | None
) -> APIError:
    """The error for a stream of which nothing more can be read."""
    if not isinstance(error, APIError):
        return timed_out(plan, record, error, time.is_first(quiet))
    if record.handed_out and isinstance(error, APIConnectionError) and not isinstance(error, APITimeoutError):
        return StreamTruncatedError(f"the stream broke off: {error.message}")
    return error


def _quiet_until(plan: Plan, record: Record, time: _Time) -> float | None:
    """When a silence that begins now has lasted too long; None where it may last as long as the call."""
    if plan.idle_timeout is not None:
        return time.clock() + plan.idle_timeout
    return None if record.attempts[-1].first_token is None else time.clock() + DEFAULT_IDLE


def _take(events: list[Event], record: Record, time: _Time) -> APIError | None:
    """Fold the events in. A failure is taken out of the list, and returned with what came before it."""
    for event in events:
        if type(event) is Failed:
            events.remove(event)
            return event.error
        record.fold.feed(event)
        if isinstance(event, _FIRST) and record.attempts[-1].first_token is None:
            record.change(first_token=time.wall())
    return None


def _drain() -> Generator[Effect, Any, None]:
    """The answer is whole. If the end of the body is here too, reading it keeps the connection for the next call."""
    try:
        yield Read(_DRAIN)
    except (TimeoutError, APIError):
        pass
    yield Shut()


def _read_error_body(time: _Time) -> Generator[Effect, Any, bytes]:
    body, until = b"", time.clock() + _ERROR_WAIT
    try:
        while len(body) < MAX_ERROR_BYTES and (data := (yield Read(time.left(until)))):
            body += data
    except (TimeoutError, APIError):
        pass  # the status says enough
    return body


def _wait_before_retry(plan: Plan, record: Record, env: Env, time: _Time, error: APIError) -> float | APIError:
    """The seconds to wait before the next attempt, or the error to raise when there is to be none."""
    if record.handed_out or not error.retryable or len(record.attempts) > plan.retries:
        return error
    if isinstance(error, QuotaExceededError):  # whatever x-should-retry says
        return error
    wait = error.retry_after if error.retry_after is not None else backoff(len(record.attempts) - 1, env.chance())
    if wait >= time.left():
        if error.retry_after is None:
            return no_time_to_retry(plan, error)
        add(error, f"; the provider asks to come back in {wait:,.3g} s, past the deadline of this call")
        return error
    if not server_directs(error) and not plan.budget.spend():
        add(error, "; not retried, because too many calls fail at the moment")
        return error
    return wait
