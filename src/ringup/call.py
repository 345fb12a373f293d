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

from collections.abc import Callable, Generator, Mapping
from decimal import Decimal
from typing import Any, Literal, Protocol, TypeGuard, cast
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from ringup.advice import advise
from ringup.bills import Interrupted, Pricer
from ringup.embeddings import Embeddings, EmbedRequest
from ringup.errors import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    AuthenticationError,
    ContextLengthError,
    ProtocolError,
    QuotaExceededError,
    RingupError,
    StreamTruncatedError,
    status_error,
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
from ringup.fingerprint import Sent
from ringup.http import HttpRequest, HttpResponse
from ringup.intake import largest
from ringup.masks import MASK, is_secret, without_shapes
from ringup.messages import Request
from ringup.providers import Provider
from ringup.reply import Attempt, Bill, Notice, Reply
from ringup.retry import Budget, backoff, retry_after_date, server_directs
from ringup.secret import Auth, Secret
from ringup.usage import Usage
from ringup.wire import EmbedWire, Wire

__all__ = [
    "MAX_BODY_BYTES",
    "Effect",
    "Emit",
    "Env",
    "Exchange",
    "Keep",
    "Open",
    "Plan",
    "Read",
    "Record",
    "Script",
    "Shut",
    "Sleep",
    "call",
    "so_far",
    "what_was_sent",
]

MAX_BODY_BYTES = 64 * 1024 * 1024
"""The largest answer that is read, decompressed, as a whole or as a stream: 64 MiB."""

MAX_ERROR_BYTES = 1024 * 1024
MAX_KEPT_BYTES = 2 * 1024 * 1024
"""A reply to a larger request doesn't keep it, but only its digests."""
DEFAULT_IDLE = 60.0
_ERROR_WAIT = 10.0
_DRAIN = 0.02
_SHORTEST_KEY = 8
_FIRST = (TextDelta, ThinkingDelta, ArgumentsDelta, RefusalDelta, AudioDelta)
_PRELUDE = (Start, Used, Noticed)


class Guard(Protocol):
    """Holds the money of a call while it goes on (`ringup.purse`)."""

    def begin(self, record: Record, now: float) -> Script:
        """Before the first try. Raises BudgetExceededError or LedgerError."""
        ...

    def again(self, record: Record, now: float) -> Script:
        """Before each other one. Raises as `begin`."""
        ...

    def end(self, record: Record) -> None:
        """When the call is over."""
        ...


class Plan(Struct, frozen=True, kw_only=True):
    """All that is decided before a call is made, for an answer or for embeddings. Times are in seconds.

    An `idle_timeout` of None means 60 s between the events of a stream, and no limit of its own on the wait for the
    first token: a model may think for minutes. A number bounds every silence, the first too. `shape` is how the answer
    is to be read when it is to be of a type (`ringup.structured`). `breakpoints` says that the model's cache has them,
    `reasons` that the model thinks first.
    `session` and `tags` are for the ledger. `guard` holds the money that the call may spend; `max_cost` is the limit
    that the call itself was given, in US dollars.
    """

    provider: Provider
    wire: Wire | EmbedWire
    request: Request | EmbedRequest
    url: str
    http: HttpRequest
    auth: Auth | None
    timeout: float
    idle_timeout: float | None
    retries: int
    notices: tuple[Notice, ...] = ()
    budget: Budget
    pricer: Callable[[Any], Bill] | None = None
    shape: Any = None
    breakpoints: bool = False
    reasons: bool = False
    session: str | None = None
    tags: Mapping[str, str] = {}
    guard: Guard | None = None
    max_cost: Decimal | None = None


class Exchange(Struct, frozen=True):
    """Send the request and read the whole answer, within so many seconds. Gives an HttpResponse."""

    plan: Plan
    timeout: float


class Open(Struct, frozen=True):
    """Send the request and wait for the head of the answer. Gives an object with `status` and `headers`.

    `total` seconds from now the connection is closed, wherever the answer stands.
    """

    plan: Plan
    timeout: float
    total: float


class Read(Struct, frozen=True):
    """Wait for the next bytes of the open answer. Gives b"" at its end."""

    timeout: float


class Shut(Struct, frozen=True):
    """Close the open answer, if there is one."""


class Sleep(Struct, frozen=True):
    """Wait."""

    seconds: float


class Emit(Struct, frozen=True):
    """Hand these events to the user."""

    events: list[Event]


class Keep(Struct, frozen=True):
    """Wait until the ledger has given its word: the row is in the file, or can't be (`ringup.ledger.Receipt`)."""

    receipt: Any


Effect = Exchange | Open | Read | Shut | Sleep | Emit | Keep
Script = Generator[Effect, Any, None]


class Env(Protocol):
    """What a script may ask of the world without an effect."""

    def clock(self) -> float:
        """Seconds, monotonic."""
        ...

    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    def chance(self) -> float:
        """A random number in 0..1."""
        ...


class Record:
    """What became of a call: the script writes it, the driver, the ledger and the stream read it.

    `reply` is the Reply, or the Embeddings. `watch` is called with the record each time an attempt begins or ends, and
    when the call is over. `announced` is the last attempt as it was told to `on_event`, so that none is told twice.
    `queued` is when the call was asked for, in seconds since the epoch; `ask` names the ask that it is part of, and
    `step` its place there. `receipt` is the ledger's, where somebody waits for it.
    """

    __slots__ = (
        *("announced", "ask", "attempts", "error", "fold", "handed_out", "outcome", "plan", "queued", "receipt"),
        *("reply", "step", "watch"),
    )

    def __init__(self, plan: Plan, watch: Callable[[Record], None] | None = None) -> None:
        self.plan = plan
        self.attempts: list[Attempt] = []
        self.announced: Attempt | None = None
        self.reply: Any = None
        self.error: RingupError | None = None
        self.outcome: Literal["open", "answered", "failed", "cancelled"] = "open"
        self.fold = Fold()
        self.handed_out = False
        self.watch = watch
        self.queued: float | None = None
        self.ask: str | None = None
        self.step = 0
        self.receipt: Any = None

    def change(self, **fields: Any) -> None:
        """Rewrite the last attempt."""
        self.attempts[-1] = replace(self.attempts[-1], **fields)

    def tell(self) -> None:
        """Let the watcher look."""
        if self.watch:
            self.watch(self)


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
        end = self.deadline if silence_ends is None else min(self.deadline, silence_ends)
        return max(end - self.clock(), 0.0)


def call(plan: Plan, record: Record, env: Env) -> Script:
    """Make the call; at the end `record.reply` is the whole answer. Raises APIError, with all that is known in it."""
    if plan.guard:
        yield from _guarded(plan.guard, record, env)
    time = _Time(plan, env)
    plan.budget.earn()
    spent = 0
    try:
        while True:
            record.fold = Fold()
            record.attempts.append(
                Attempt(number=len(record.attempts) + 1, started=time.wall(), bytes_sent=len(plan.http.body))
            )
            record.tell()
            try:
                reply = yield from (_stream if plan.request.stream else _whole)(plan, record, time)
            except APIError as error:
                _unsaid(error, plan)
                _note_failure(record, time, error)
                yield Shut()
                wait = _wait_before_retry(plan, record, env, time, error)
                if isinstance(wait, APIError):
                    raise _complete(wait, plan, record) from (None if wait is error else error)
                spent += 0 if server_directs(error) else 1
            else:
                plan.budget.earn(spent)
                record.reply = _finish(reply, plan, record, time)
                record.outcome = "answered"
                return
            record.change(wait=wait)
            record.tell()
            yield Sleep(wait)
            if plan.guard:
                yield from plan.guard.again(record, env.now())
    except RingupError as error:
        if record.attempts[-1].ended is None:
            _note_failure(record, time, error)
        record.error, record.outcome = error, "failed"
        raise
    except BaseException:  # cancelled, interrupted, or closed by the user
        if record.fold.finished:  # left after the last event: nothing is lost
            record.reply = _finish(record.fold.reply(), plan, record, time)
            record.outcome = "answered"
            raise
        record.outcome = "cancelled"
        if record.attempts[-1].ended is None:
            record.change(ended=time.wall(), outcome="cancelled", maybe_billed=True, usage=_heard(record))
        raise
    finally:
        record.tell()
        if plan.guard:
            plan.guard.end(record)


def _guarded(guard: Guard, record: Record, env: Env) -> Script:
    """Before the first try: without money for it, there is no call."""
    try:
        yield from guard.begin(record, env.now())
    except RingupError as error:
        record.error, record.outcome = error, "failed"
        raise
    except BaseException:
        record.outcome = "cancelled"
        raise


def _whole(plan: Plan, record: Record, time: _Time) -> Generator[Effect, Any, Reply | Embeddings]:
    quiet = _quiet_until(plan, record, time)
    try:
        answer: HttpResponse = yield Exchange(plan, time.left(quiet))
    except TimeoutError as error:
        raise _timed_out(plan, record, time, error, quiet) from None
    record.change(
        status=answer.status,
        first_byte=None if answer.first_byte is None else answer.first_byte + time.shift,
        request_id=_request_id(answer.headers, plan.auth),
        bytes_received=len(answer.body),
    )
    if answer.status >= 300:
        answer = replace(answer, body=_without_key(answer.body, plan.auth))
        raise _refused(plan, answer.status, answer.headers, answer.body, time)
    return plan.wire.read_reply(answer.body)


def _stream(plan: Plan, record: Record, time: _Time) -> Generator[Effect, Any, Reply]:
    quiet = _quiet_until(plan, record, time)
    try:
        answer = yield Open(plan, time.left(quiet), time.left())
    except TimeoutError as error:
        raise _timed_out(plan, record, time, error, quiet) from None
    record.change(status=answer.status, first_byte=time.wall(), request_id=_request_id(answer.headers, plan.auth))
    if answer.status >= 300:
        body = _without_key((yield from _read_error_body(time)), plan.auth)
        raise _refused(plan, answer.status, answer.headers, body, time)
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
                data = yield from _next_bytes(plan, record, time, quiet)
            except APIError:
                data, events = b"", reader.close()
                if not any(type(event) is Finish for event in events):
                    raise  # else the answer is whole, and only the connection's end was missing
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


def _next_bytes(plan: Plan, record: Record, time: _Time, quiet: float | None) -> Generator[Effect, Any, bytes]:
    try:
        data: bytes = yield Read(time.left(quiet))
    except APIConnectionError as error:
        if record.handed_out and not isinstance(error, APITimeoutError):
            raise StreamTruncatedError(f"the stream broke off: {error.message}") from None
        raise
    except TimeoutError as error:
        raise _timed_out(plan, record, time, error, quiet) from None
    return data


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


def _request_id(headers: Mapping[str, str], auth: Auth | None) -> str | None:
    found = headers.get("x-request-id") or headers.get("request-id")
    return _without(found, auth.secret) if _is_telling(auth) else found


def _without_key(body: bytes, auth: Auth | None) -> bytes:
    """The body of an error, without the key: some servers repeat it there."""
    return body.replace(auth.secret.reveal().encode(), MASK.encode()) if _is_telling(auth) else body


def _is_telling(auth: Auth | None) -> TypeGuard[Auth]:
    """Whether there is a key, and one that isn't a word like "none", as servers of one's own get it."""
    return auth is not None and len(auth.secret.reveal()) >= _SHORTEST_KEY


def _unsaid(error: APIError, plan: Plan) -> None:
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


_SAID = ("message", "advice", "type", "code", "param", "body", "request_id")


def _without(value: Any, secret: Secret) -> Any:
    match value:
        case str():
            return value.replace(secret.reveal(), MASK)
        case dict():
            return {_without(name, secret): _without(held, secret) for name, held in value.items()}
        case list() | tuple():
            return type(value)([_without(held, secret) for held in value])
    return value


def _refused(plan: Plan, status: int, headers: Mapping[str, str], body: bytes, time: _Time) -> APIError:
    if status < 400:
        where = without_shapes(headers.get("location", ""))
        return status_error(status)(
            f"the server answered {status}, a redirect to {where[:200]!r}, which ringup doesn't follow", status=status
        )
    error = plan.wire.read_error(status, headers, body)
    if error.retry_after is None:
        error.retry_after = retry_after_date(headers, time.wall())
    return error


def _timed_out(plan: Plan, record: Record, time: _Time, error: TimeoutError, quiet: float | None) -> APIError:
    if isinstance(error, APIError):  # the transport gave up on connecting
        return error
    phase = "first_token" if record.attempts[-1].first_token is None else "stream"
    if quiet is None or quiet >= time.deadline:
        return APITimeoutError(f"no complete answer within {plan.timeout:g} s", phase=phase, retryable=False)
    silence = DEFAULT_IDLE if plan.idle_timeout is None else plan.idle_timeout
    return APITimeoutError(f"nothing was heard for {silence:g} s", phase=phase)


def _note_failure(record: Record, time: _Time, error: RingupError) -> None:
    sent = isinstance(error, APIError) and not (isinstance(error, APITimeoutError) and error.phase == "connect")
    sent = sent and not (isinstance(error, APIConnectionError) and not error.sent)
    record.change(
        ended=time.wall(),
        outcome="failed",
        error=f"{type(error).__name__}: {error.message}",
        maybe_billed=sent and (record.attempts[-1].status or 200) < 300,
        usage=_heard(record),
    )


def _heard(record: Record) -> Usage | None:
    """What a stream that broke off had told of its usage."""
    usage = record.fold.reply().usage
    return None if usage == Usage() else usage


def _wait_before_retry(plan: Plan, record: Record, env: Env, time: _Time, error: APIError) -> float | APIError:
    """The seconds to wait before the next attempt, or the error to raise when there is to be none."""
    if record.handed_out or not error.retryable or len(record.attempts) > plan.retries:
        return error
    if isinstance(error, QuotaExceededError):  # whatever x-should-retry says
        return error
    wait = error.retry_after if error.retry_after is not None else backoff(len(record.attempts) - 1, env.chance())
    if wait >= time.left():
        if error.retry_after is None:
            return _no_time_to_retry(plan, error)
        _add(error, f"; the provider asks to come back in {wait:,.3g} s, past the deadline of this call")
        return error
    if not server_directs(error) and not plan.budget.spend():
        _add(error, "; not retried, because too many calls fail at the moment")
        return error
    return wait


def _no_time_to_retry(plan: Plan, error: APIError) -> APITimeoutError:
    message = (
        f"no complete answer within {plan.timeout:g} s, and no time left to try again; the last try: {error.message}"
    )
    return APITimeoutError(message, phase="retry_wait", retryable=False, status=error.status)


def _complete(error: APIError, plan: Plan, record: Record) -> APIError:
    last = record.attempts[-1]
    error.provider = plan.provider.name
    error.status = error.status if error.status is not None else last.status
    error.request_id = error.request_id or last.request_id
    error.attempts = tuple(record.attempts)
    partial = record.fold.reply()
    if partial.message.parts or partial.usage.input_tokens is not None:
        error.partial = so_far(record)
    if len(record.attempts) > 1:
        _add(error, f" ({len(record.attempts)} attempts)")
    error.advice = _advice(error, plan)
    return error


def _add(error: APIError, words: str) -> None:
    error.message = error.message.rstrip(".") + words
    error.args = (error.message,)


def _advice(error: APIError, plan: Plan) -> str:
    if isinstance(error, AuthenticationError) and plan.auth is None:
        kept_back = [notice.message for notice in plan.notices if (notice.kind, notice.what) == ("refused", "api_key")]
        return f"A retry can't help, for no key was sent: {(kept_back or ['pass one as api_key=, to a client'])[0]}."
    if error.advice:  # the transport knows more of the network
        return f"A retry {'may' if error.retryable else 'cannot'} help. {error.advice}"
    advice = advise(error, plan.provider, plan.request.model)
    if isinstance(error, ContextLengthError) and isinstance(plan.request, Request):
        return f"{advice} {largest(plan.request)}".strip()
    return advice


def _finish(reply: Reply | Embeddings, plan: Plan, record: Record, time: _Time | None) -> Reply | Embeddings:
    first = record.attempts[0]
    last = record.attempts[-1]
    if time:
        record.change(ended=last.ended or time.wall(), outcome="answered", usage=reply.usage)
    told: dict[str, Any] = {
        "provider": plan.provider.name,
        "wire": plan.wire.NAME,
        "request_id": last.request_id,
        "latency": record.attempts[-1].ended - first.started if record.attempts[-1].ended else None,
        "attempts": tuple(record.attempts),
        "notices": plan.notices + reply.notices,
        "pricer": plan.pricer,
    }
    if isinstance(reply, Reply):
        tokens = [attempt.first_token for attempt in record.attempts if attempt.first_token]
        told["time_to_first_token"] = tokens[0] - first.started if tokens else None
        told["sent"] = what_was_sent(plan)
    return replace(reply, **told)


def so_far(record: Record) -> Any:
    """The answer to a call that isn't over, or was broken off, as far as it came. Its cost is an estimate."""
    plan, reply = record.plan, record.fold.reply()
    if not record.attempts:
        return reply
    told = _finish(reply, plan, record, None)
    if isinstance(plan.request, Request) and isinstance(plan.pricer, Pricer):
        told = replace(told, pricer=Interrupted(plan.pricer, plan.request, plan.reasons))
    return told


def what_was_sent(plan: Plan) -> Sent | None:
    """The request that a reply refers to, or where it is large only the digests of it. None for embeddings."""
    if not isinstance(plan.request, Request):
        return None
    sent = Sent(
        provider=plan.provider.name,
        wire=plan.wire.NAME,
        server=urlsplit(plan.url).netloc,
        key=plan.auth.secret.check if plan.auth else "",
        breakpoints=plan.breakpoints,
        request=plan.request,
    )
    return sent if len(plan.http.body) <= MAX_KEPT_BYTES else sent.small()
