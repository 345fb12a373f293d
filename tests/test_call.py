"""The call script, with the test playing the world: what it sends, waits for, retries, hands out and raises."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from typing import Any, cast

import pytest

from ringup.call import call
from ringup.conversation import Conversation, turn
from ringup.errors import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    InternalServerError,
    OverloadedError,
    ProtocolError,
    QuotaExceededError,
    RateLimitError,
    StreamTruncatedError,
    status_error,
)
from ringup.events import Event, Failed, Finish, Noticed, PartEnd, PartStart, Start, TextDelta, Used
from ringup.http import HttpRequest, HttpResponse
from ringup.messages import Message, Request, Text
from ringup.providers import Provider
from ringup.reply import Attempt, Notice, Reply
from ringup.retry import Budget
from ringup.script import Emit, Env, Exchange, Open, Plan, Read, Record, Shut, Sleep
from ringup.secret import Auth, Secret
from ringup.usage import Usage
from ringup.wire import Wire


class LineReader:
    """A stream of lines: "start", "part", "usage", "ping", "end", "whole" (all is there), "overloaded", or words."""

    def __init__(self) -> None:
        self.done = self.whole = False

    def feed(self, data: bytes) -> list[Event]:
        events: list[Event] = []
        for line in data.decode().split():
            match line:
                case "start":
                    events.append(Start("id", "m"))
                case "usage":
                    events.append(Used(Usage(input_tokens=5)))
                case "part":
                    events.append(PartStart(0, Text("")))
                case "ping":
                    pass
                case "whole":
                    self.whole = True
                case "overloaded":
                    events.append(Failed(OverloadedError("overloaded")))
                case "end":
                    self.done = True
                    events += [PartEnd(0, Text("Hello")), Finish("stop", "end")]
                case _:
                    events.append(TextDelta(0, line))
        return events

    def close(self) -> list[Event]:
        if self.whole:
            return [PartEnd(0, Text("Hello")), Finish("stop", "end")]
        return [Failed(StreamTruncatedError("cut"))]


class LineWire:
    """A wire without JSON: errors are classed by their status, bodies are words."""

    NAME = "line"
    Reader = LineReader

    @staticmethod
    def read_reply(body: bytes) -> Reply:
        if body == b"overloaded":
            raise OverloadedError("overloaded")
        return Reply(
            message=Message("assistant", (Text(body.decode()),)), finish_reason="stop", usage=Usage(input_tokens=1)
        )

    @staticmethod
    def read_error(status: int, headers: Mapping[str, str], body: bytes) -> APIError:
        kind = QuotaExceededError if body == b"quota" else status_error(status)
        wait = headers.get("retry-after", "")
        return kind(body.decode() or "no", status=status, retry_after=float(wait) if wait.isdigit() else None)


class Clock:
    """A clock that only the world moves. Chance is always 0: the full backoff."""

    def __init__(self) -> None:
        self.time = 100.0

    def clock(self) -> float:
        return self.time

    def now(self) -> float:
        return 1_700_000_000 + self.time

    def chance(self) -> float:
        return 0.0


class Answer:
    """The head of a streamed answer."""

    def __init__(self, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.status = status
        self.headers = headers or {}


class World:
    """Answers effects from a list. An item that is a number lets that many seconds pass first."""

    def __init__(self, *results: Any, stream: bool = False, **plan: Any) -> None:
        self.results = list(results)
        self.clock = Clock()
        self.waits: list[float] = []
        self.events: list[Event] = []
        self.seen: list[Attempt] = []
        self.shut = 0
        fields: dict[str, Any] = {
            **{"timeout": 60.0, "idle_timeout": None, "retries": 2, "budget": Budget(), "auth": None},
            **plan,
        }
        self.plan = Plan(
            provider=Provider(name="p", base_url="http://p"),
            wire=cast("Wire", LineWire()),
            request=Request(model="m", messages=(Message("user", (Text("hi"),)),), stream=stream),
            url="http://p/x",
            http=HttpRequest(path="/x", body=b"12345"),
            **fields,
        )
        self.record = Record(self.plan, lambda record: self.seen.append(record.attempts[-1]))

    def run(self, wrap: Callable[[Any], Any] = lambda script: script) -> Reply:
        self.script = script = wrap(call(self.plan, self.record, cast("Env", self.clock)))
        effect = next(script)
        try:
            while True:
                try:
                    result = self.perform(effect)
                except Exception as error:
                    effect = script.throw(error)
                else:
                    effect = script.send(result)
        except StopIteration:
            assert self.record.reply
            return self.record.reply

    def perform(self, effect: Any) -> Any:
        match effect:
            case Sleep(seconds):
                self.waits.append(seconds)
                self.clock.time += seconds
                return None
            case Emit(events):
                self.events += events
                return None
            case Shut():
                self.shut += 1
                return None
            case Exchange(_, timeout) | Open(_, timeout, _) | Read(timeout):
                return self.answer(timeout)

    def answer(self, timeout: float) -> Any:
        result = self.results.pop(0) if self.results else b""
        if isinstance(result, (int, float)):
            if result >= timeout:
                self.clock.time += timeout
                raise TimeoutError
            self.clock.time += result
            return self.answer(timeout - result)
        if isinstance(result, BaseException):
            raise result
        return result


def answered(body: bytes = b"Hello", status: int = 200, **headers: str) -> HttpResponse:
    return HttpResponse(status=status, headers={k.replace("_", "-"): v for k, v in headers.items()}, body=body)


def test_a_whole_answer() -> None:
    world = World(1.5, answered(x_request_id="r1"), notices=(Notice("dropped", "seed", "why"),))
    reply = world.run()
    assert reply.text == "Hello"
    assert (reply.provider, reply.wire, reply.request_id, reply.latency) == ("p", "line", "r1", 1.5)
    assert reply.notices == world.plan.notices
    [attempt] = reply.attempts
    assert (attempt.number, attempt.status, attempt.outcome, attempt.bytes_sent) == (1, 200, "answered", 5)
    assert attempt.started == 1_700_000_100
    assert attempt.ended == 1_700_000_101.5
    assert attempt.usage == reply.usage
    assert world.record.outcome == "answered"


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
def test_what_may_pass_is_tried_again_with_backoff(status: int) -> None:
    world = World(answered(b"", status), answered(b"", status), answered())
    reply = world.run()
    assert world.waits == [0.5, 1.0]
    assert [a.status for a in reply.attempts] == [status, status, 200]
    assert [a.wait for a in reply.attempts] == [0.5, 1.0, None]
    assert reply.latency == 1.5


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 418, 422])
def test_what_cannot_pass_is_not(status: int) -> None:
    world = World(answered(b"why", status, request_id="r9"))
    with pytest.raises(status_error(status)) as caught:
        world.run()
    error = caught.value
    assert world.waits == []
    assert (error.provider, error.status, error.request_id, len(error.attempts)) == ("p", status, "r9", 1)
    assert error.advice
    assert world.record.outcome == "failed"
    assert world.record.error is error


def test_quota_is_never_retried() -> None:
    world = World(answered(b"quota", 429))
    with pytest.raises(QuotaExceededError):
        world.run()
    assert world.waits == []


def test_retries_end_and_the_error_counts_them() -> None:
    world = World(*[answered(b"", 500)] * 5, retries=3)
    with pytest.raises(InternalServerError, match=r"\(4 attempts\)") as caught:
        world.run()
    assert world.waits == [0.5, 1.0, 2.0]
    assert len(caught.value.attempts) == 4


def test_retry_after_is_obeyed() -> None:
    world = World(answered(b"", 429, retry_after="7"), answered())
    world.run()
    assert world.waits == [7.0]


def test_retry_after_as_a_date() -> None:
    world = World(answered(b"", 503, retry_after="Tue, 14 Nov 2023 22:15:10 GMT"), answered())
    world.run()
    assert world.waits == [10.0]


def test_a_wait_past_the_deadline_is_raised_at_once() -> None:
    world = World(answered(b"", 429, retry_after="90"))
    with pytest.raises(RateLimitError, match="come back in 90 s") as caught:
        world.run()
    assert world.waits == []
    assert caught.value.retry_after == 90


def test_no_time_left_to_try_again() -> None:
    world = World(answered(b"down", 503), answered(b"down", 503), answered(), timeout=1.0)
    with pytest.raises(APITimeoutError, match="down") as caught:
        world.run()
    assert world.waits == [0.5]
    assert caught.value.phase == "retry_wait"
    assert caught.value.status == 503
    assert isinstance(caught.value.__cause__, InternalServerError)


def test_connection_errors_are_tried_again() -> None:
    world = World(APIConnectionError("reset"), APITimeoutError("no route", phase="connect"), answered())
    reply = world.run()
    assert [a.maybe_billed for a in reply.attempts] == [True, False, False]
    assert [a.outcome for a in reply.attempts] == ["failed", "failed", "answered"]


def test_an_error_inside_a_200_is_classed_by_its_own_type() -> None:
    world = World(answered(b"overloaded"), answered())
    assert world.run().text == "Hello"
    assert world.waits == [0.5]


def test_the_deadline_of_a_whole_call() -> None:
    world = World(100.0, timeout=3.0)
    with pytest.raises(APITimeoutError, match="within 3 s") as caught:
        world.run()
    assert caught.value.phase == "first_token"
    assert world.clock.time == 103.0
    assert caught.value.attempts[0].maybe_billed


def test_an_explicit_idle_timeout_bounds_the_wait_for_the_first_byte() -> None:
    world = World(100.0, answered(), idle_timeout=2.0)
    assert world.run().text == "Hello"
    assert world.record.attempts[0].error == "APITimeoutError: nothing was heard for 2 s"


def test_a_redirect_is_not_followed() -> None:
    world = World(answered(b"", 307, location="http://elsewhere/"))
    with pytest.raises(APIError, match="redirect to 'http://elsewhere/'"):
        world.run()


def test_an_outage_is_not_amplified() -> None:
    budget = Budget()
    tries = 0
    for _ in range(2000):
        world = World(*[answered(b"", 503)] * 9, budget=budget)
        with pytest.raises(InternalServerError):
            world.run()
        tries += len(world.record.attempts)
    assert tries < 2000 * 1.1


def test_hiccups_are_always_retried() -> None:
    budget = Budget()
    for _ in range(200):
        assert World(answered(b"", 503), answered(), budget=budget).run().text == "Hello"


def test_a_stream() -> None:
    world = World(
        1.0,
        Answer(headers={"x-request-id": "r"}),
        1.0,
        b"start part",
        0.5,
        b"Hel",
        b"lo usage",
        b"end",
        b"",
        stream=True,
    )
    reply = world.run()
    assert [type(e) for e in world.events] == [Start, PartStart, TextDelta, TextDelta, Used, PartEnd, Finish]
    assert (reply.text, reply.finish_reason, reply.usage.input_tokens) == ("Hello", "stop", 5)
    assert (reply.time_to_first_token, reply.latency, reply.request_id) == (2.5, 2.5, "r")
    assert reply.attempts[0].bytes_received == 24
    assert world.shut == 1


def test_notices_come_first() -> None:
    world = World(Answer(), b"start part x end", stream=True, notices=(Notice("dropped", "seed", "why"),))
    reply = world.run()
    assert type(world.events[0]) is Noticed
    assert len(reply.notices) == 1


def test_a_stream_is_retried_until_something_was_handed_out() -> None:
    world = World(
        Answer(503), b"down", b"", Answer(), b"start usage", b"overloaded", Answer(), b"", Answer(),
        b"start part x end", stream=True, retries=5,
    )  # fmt: skip
    reply = world.run()
    assert len(reply.attempts) == 4
    assert [type(e) for e in world.events].count(Start) == 1
    assert reply.usage.input_tokens is None


@pytest.mark.parametrize(
    ("then", "kind"),
    [
        (b"overloaded", OverloadedError),
        (b"", StreamTruncatedError),
        (APIConnectionError("reset"), StreamTruncatedError),
        (b"lo overloaded", OverloadedError),
    ],
)
def test_a_stream_that_breaks_is_raised_with_what_came(then: Any, kind: type[APIError]) -> None:
    world = World(Answer(), b"start part Hel usage", then, Answer(), b"start part x end", stream=True)
    with pytest.raises(kind) as caught:
        world.run()
    assert caught.value.partial.text.startswith("Hel")
    assert caught.value.partial.finish_reason is None
    assert caught.value.partial.usage.input_tokens == 5
    assert len(caught.value.attempts) == 1
    assert caught.value.attempts[0].maybe_billed
    assert world.record.reply is None


@pytest.mark.parametrize("end", [b"", 1000.0, APIConnectionError("reset")])
def test_a_whole_answer_whose_connection_does_not_end_well_is_whole(end: Any) -> None:
    world = World(Answer(), b"start part Hel", b"whole", end, stream=True)
    assert world.run().finish_reason == "stop"
    assert type(world.events[-1]) is Finish


def test_silence_in_a_stream_and_pings_are_no_progress() -> None:
    pings = [x for _ in range(20) for x in (5.0, b"ping")]
    world = World(Answer(), b"start part Hel", *pings, stream=True)
    with pytest.raises(APITimeoutError) as caught:
        world.run()
    assert caught.value.phase == "stream"
    assert world.clock.time == 160.0
    assert caught.value.partial.text == "Hel"


def test_a_model_may_think_longer_than_the_default_silence() -> None:
    world = World(
        Answer(), *[x for _ in range(20) for x in (10.0, b"ping")], b"start part x end", stream=True, timeout=600.0
    )
    assert world.run().time_to_first_token == 200.0


def test_the_deadline_of_a_stream() -> None:
    words = [x for _ in range(100) for x in (1.0, b"x")]
    world = World(Answer(), b"start part", *words, stream=True, timeout=10.0)
    with pytest.raises(APITimeoutError, match="within 10 s") as caught:
        world.run()
    assert caught.value.partial.text == "x" * 9


def test_nothing_after_the_last_event_is_waited_for() -> None:
    world = World(Answer(), b"start part x end", 1000.0, stream=True)
    assert world.run().text == "Hello"
    assert world.clock.time == pytest.approx(100.02)


def test_an_error_status_of_a_stream_reads_its_body() -> None:
    world = World(Answer(401), b"bad ", b"key", b"", stream=True)
    with pytest.raises(AuthenticationError, match="bad key"):
        world.run()
    world = World(Answer(400), b"half", APIConnectionError("cut"), stream=True)
    with pytest.raises(BadRequestError, match="half"):
        world.run()


def test_leaving_early_is_recorded() -> None:
    world = World(Answer(), b"start part Hel", b"lo", stream=True)
    script = call(world.plan, world.record, cast("Env", world.clock))
    effect = next(script)
    while not world.events:
        effect = script.send(world.perform(effect))
    script.close()
    assert world.record.outcome == "cancelled"
    [attempt] = world.record.attempts
    assert (attempt.outcome, attempt.maybe_billed) == ("cancelled", True)
    assert world.record.fold.reply().text == "Hel"


def test_leaving_after_the_last_event_loses_nothing() -> None:
    world = World(Answer(), b"start part x end", stream=True)
    script = call(world.plan, world.record, cast("Env", world.clock))
    effect = next(script)
    while not world.events:
        effect = script.send(world.perform(effect))
    script.close()
    assert world.record.outcome == "answered"
    assert world.record.reply
    assert world.record.reply.finish_reason == "stop"


def test_ctrl_c_is_not_wrapped() -> None:
    world = World(KeyboardInterrupt())
    script = call(world.plan, world.record, cast("Env", world.clock))
    next(script)
    with pytest.raises(KeyboardInterrupt):
        script.throw(KeyboardInterrupt())
    assert world.record.outcome == "cancelled"


def test_every_attempt_is_announced_as_it_begins_and_ends() -> None:
    world = World(answered(b"", 500), answered())
    world.run()
    assert [(a.number, a.ended is not None, a.wait) for a in world.seen] == [
        (1, False, None), (1, True, 0.5), (2, False, None), (2, True, None),
    ]  # fmt: skip


def test_a_turn_joins_the_history_only_when_it_is_whole() -> None:
    history = Conversation(messages=(Message("user", (Text("before"),)),))
    asked = (Message("user", (Text("now"),)),)
    world = World(answered(b"", 400))
    with pytest.raises(BadRequestError):
        world.run(lambda script: turn(history, asked, script, world.record))
    assert len(history.messages) == 1
    world = World(answered())
    world.run(lambda script: turn(history, asked, script, world.record))
    assert [m.text for m in history.messages] == ["before", "now", "Hello"]


def test_a_silence_is_told_as_long_as_it_was_whatever_pings_came() -> None:
    world = World(Answer(), b"start part Hel", 5.0, b"ping", 5.0, b"ping", 70.0, stream=True, timeout=600.0)
    with pytest.raises(APITimeoutError, match="nothing was heard for 60 s"):
        world.run()
    assert world.clock.time == 160.0


def test_a_model_may_think_in_silence_after_its_stream_began() -> None:
    pings = [x for _ in range(20) for x in (10.0, b"ping")]
    world = World(Answer(), b"start usage", *pings, b"part", *pings, b"x end", stream=True, timeout=600.0)
    assert world.run().time_to_first_token == 400.0
    world = World(Answer(), b"start usage part", *pings, stream=True, timeout=150.0, idle_timeout=30.0)
    with pytest.raises(APITimeoutError, match="nothing was heard for 30 s") as caught:
        world.run()
    assert caught.value.phase == "first_token"


def test_the_deadline_is_told_from_a_silence_that_ends_with_it() -> None:
    world = World(100.0, timeout=3.0, idle_timeout=3.0)
    with pytest.raises(APITimeoutError, match="no complete answer within 3 s") as caught:
        world.run()
    assert not caught.value.retryable


def test_quota_is_never_retried_even_when_the_server_wants_it() -> None:
    quota = QuotaExceededError("quota", status=429, retryable=True)
    world = World(quota, answered())
    with pytest.raises(QuotaExceededError):
        world.run()
    assert world.waits == []


def test_the_body_of_an_error_is_not_waited_for_long() -> None:
    world = World(Answer(500), b"half", 1000.0, stream=True, retries=0)
    with pytest.raises(InternalServerError, match="half"):
        world.run()
    assert world.clock.time == 110.0


def test_a_key_that_a_server_repeats_is_taken_out() -> None:
    auth = Auth(Secret("sk-canary-0123456789"))
    for results, stream in (
        ([answered(b"bad key: sk-canary-0123456789", 401)], False),
        ([Answer(401), b"bad key: sk-can", b"ary-0123456789", b""], True),
    ):
        world = World(*results, stream=stream, auth=auth)
        with pytest.raises(AuthenticationError, match=r"bad key: \*\*\*") as caught:
            world.run()
        trace = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        ours = [str(frame.locals) for frame in trace.stack if frame.filename.endswith("ringup/call.py")]
        assert ours
        assert "canary" not in str(ours)
        assert "canary" not in repr(vars(caught.value))
        assert "canary" not in repr(world.record.attempts)


def test_a_refused_call_without_a_key_says_so() -> None:
    kept = Notice("refused", "api_key", "the key in X isn't sent to y")
    for notices, words in (((), "pass one as api_key="), ((kept,), "the key in X isn't sent to y")):
        world = World(answered(b"who?", 401), notices=notices)
        with pytest.raises(AuthenticationError) as caught:
            world.run()
        assert f"no key was sent: {words}" in caught.value.advice


def test_what_the_transport_advises_is_kept_with_whether_a_retry_can_help() -> None:
    for retryable, words in ((True, "A retry may help. Do this."), (False, "A retry cannot help. Do this.")):
        world = World(APIConnectionError("no.", advice="Do this.", retryable=retryable), retries=0)
        with pytest.raises(APIConnectionError) as caught:
            world.run()
        assert caught.value.advice == words


def test_words_are_added_to_a_message_behind_its_last_word() -> None:
    world = World(*[APIConnectionError("refused.")] * 2, retries=1)
    with pytest.raises(APIConnectionError) as caught:
        world.run()
    assert caught.value.message == "refused (2 attempts)"
    assert caught.value.args == ("refused (2 attempts)",)


def test_a_stream_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringup.call.MAX_BODY_BYTES", 100)
    world = World(Answer(), b"start part", *[b"x" * 30] * 9, stream=True)
    with pytest.raises(ProtocolError, match="larger than the cap of 100 bytes") as caught:
        world.run()
    assert caught.value.partial.text == "x" * 90
    assert world.shut == 1


def test_a_call_that_the_transport_refuses_is_an_attempt_that_failed() -> None:
    world = World(ConfigurationError("no engine"))
    with pytest.raises(ConfigurationError):
        world.run()
    [attempt] = world.record.attempts
    assert (attempt.outcome, attempt.ended is not None, attempt.maybe_billed) == ("failed", True, False)


def test_an_attempt_has_no_outcome_while_it_goes_on() -> None:
    world = World(answered(b"", 500), answered())
    world.run()
    assert [attempt.outcome for attempt in world.seen] == [None, "failed", None, "answered"]


def test_the_time_that_a_user_takes_for_a_piece_is_no_silence() -> None:
    class Slow(World):
        def perform(self, effect: Any) -> Any:
            if isinstance(effect, Emit):
                self.clock.time += 100.0
            return super().perform(effect)

    world = Slow(Answer(), b"start part Hel", 5.0, b"lo", 5.0, b"end", stream=True, timeout=600.0, idle_timeout=10.0)
    assert world.run().text == "Hello"
