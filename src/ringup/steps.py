"""An ask of several calls as one script: tools are run and their results sent back, and an answer that isn't of the
type asked for is asked for again, until the model is done.

It ends for one of these reasons, which `reply.ended` tells:
- "answered": the model gave its answer;
- "tool_calls": it asks for a tool that isn't ours to run;
- "max_steps" or "timeout": it still asks for tools, and has had its calls or its time;
- "paused": `approve` wants to decide later. A chat keeps the calls, also in a file, and `resume` goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from decimal import Decimal
from functools import reduce
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from ringup.asking import Approve, Ask
from ringup.call import Effect, Emit, Env, Record, Script
from ringup.errors import OutputError, ParameterError
from ringup.events import Fold, ToolEnded, ToolStarted
from ringup.messages import Message, Text, ToolCall, ToolResult
from ringup.reply import Attempt, Bill, Ended, Notice, Reply
from ringup.structured import Shape, answers, read_output
from ringup.tools import Function, answered, failed
from ringup.usage import add
from ringup.wire_tools import encode

__all__ = [
    "PAUSE",
    "Begin",
    "Decide",
    "Effects",
    "Job",
    "Loop",
    "Next",
    "Session",
    "Steps",
    "Work",
    "steps",
    "whole",
]


class _Pause:
    def __repr__(self) -> str:
        return "ringup.PAUSE"


PAUSE = _Pause()
"""What `approve` gives, to decide later: the loop ends, and nothing of this turn is run."""

Begin = Callable[[tuple[Message, ...], int, float | None], tuple[Record, Script]]
"""Plans the next call: for these messages, as which step, within how many seconds."""


class Job(Struct, frozen=True):
    """A tool call that is to be run, with its arguments checked."""

    call: ToolCall
    function: Function
    arguments: dict[str, Any]


class Decide(Struct, frozen=True):
    """Ask for the verdict on a call. Gives it."""

    approve: Approve
    call: ToolCall


class Work(Struct, frozen=True):
    """Begin to run these, all at once. With none: stop those that still run."""

    jobs: list[Job]


class Next(Struct, frozen=True):
    """Wait for the next one to end. Gives its place, its value and its error. Raises TimeoutError."""

    timeout: float | None


Effects = Effect | Decide | Work | Next
Steps = Generator[Effects, Any, None]


class Loop(Struct, frozen=True, kw_only=True):
    """What an ask of several calls keeps to. `timeout` bounds all of it, in seconds."""

    begin: Begin
    ask: Ask
    timeout: float | None = None


class Session:
    """What became of an ask: as a `Record` is of one call, over all its calls."""

    __slots__ = ("_reply", "added", "record", "replies")

    def __init__(self, record: Record | None) -> None:
        self.record = record
        self.replies: list[Reply] = []
        self.added: list[Message] = []
        self._reply: Reply | None = None

    @property
    def plan(self) -> Any:
        """That of the latest call; None before the first."""
        return self.record.plan if self.record else None

    @property
    def shape(self) -> Shape | None:
        """How the latest call's answer is to be read."""
        shape: Shape | None = self.record.plan.shape if self.record else None
        return shape

    @property
    def outcome(self) -> Literal["open", "answered", "failed", "cancelled"]:
        """How it ended; "open" until then."""
        if self._reply:
            return "answered"
        return "open" if self.record is None or self.record.outcome == "answered" else self.record.outcome

    @property
    def fold(self) -> Fold:
        """What came of the latest call."""
        return self.record.fold if self.record else Fold()

    @property
    def reply(self) -> Reply | None:
        """The answer, at the end."""
        return self._reply

    @property
    def messages(self) -> tuple[Message, ...]:
        """What the ask adds to a conversation: the calls of tools, their results, and the answer."""
        last = self.replies[-1].message if self.replies else None
        known = last is None or not last.parts or any(message is last for message in self.added)
        return tuple(self.added) if known or last is None else (*self.added, last)

    def end(self, why: Ended, last: Reply, output: Any = None) -> None:
        """The ask is over."""
        self._reply = replace(whole(self.replies or [last]), output=output, ended=why)


def steps(loop: Loop, session: Session, messages: tuple[Message, ...], first: Script | None, env: Env) -> Steps:
    """Run the calls; at the end `session.reply` is the whole Reply.

    `first` is the script of the first call, already planned as `session.record`. Without one the messages end with
    calls of tools that were paused: those are run first.
    """
    until = None if loop.timeout is None else env.clock() + loop.timeout
    script, repairs = first, loop.ask.repair
    while True:
        if script is None:
            reply = Reply(message=messages[-1], finish_reason="tool_calls")
        else:
            yield from script
            assert session.record
            assert session.record.reply
            reply = session.record.reply
            session.replies.append(reply)
        ours = [call for call in reply.tool_calls if not answers(session.shape, call)]
        if ours and len(ours) == len(reply.tool_calls):
            why = yield from _run_all(loop, session, reply, until, env)
            if why:
                return session.end(why, reply)
        else:
            left_to_repair = _read(session, reply, repairs)
            if left_to_repair is None:
                return None
            repairs = left_to_repair
        left = None if until is None else until - env.clock()
        if len(session.replies) >= loop.ask.max_steps or (left is not None and left <= 0):
            return session.end("timeout" if left is not None and left <= 0 else "max_steps", reply)
        asked = messages if script else messages[:-1]
        session.record, script = loop.begin((*asked, *session.added), len(session.replies), left)
        messages = asked


def _read(session: Session, reply: Reply, repairs: int) -> int | None:
    """Read the answer. Gives how many repairs are left when it is to be asked for again, None when the ask is over."""
    if session.shape is None:
        session.end("answered", reply)
        return None
    try:
        output = read_output(session.shape, reply)
    except OutputError as error:
        if repairs <= 0 or error.reason != "invalid":
            error.attempts = whole(session.replies).attempts
            error.partial = whole(session.replies)
            raise
        session.added += _asked_again(session.shape, reply, error)
        return repairs - 1
    session.end("answered", reply, output)
    return None


def _asked_again(shape: Shape, reply: Reply, error: OutputError) -> list[Message]:
    words = f"{error.message}. Give the whole answer again, corrected."
    calls = [call for call in reply.tool_calls if answers(shape, call)]
    told: tuple[Any, ...] = tuple([failed(call, words) for call in calls]) or (Text(words),)
    return [*([reply.message] if reply.message.parts else []), Message("tool" if calls else "user", told)]


# Tools


def _run_all(
    loop: Loop, session: Session, reply: Reply, until: float | None, env: Env
) -> Generator[Effects, Any, Ended | None]:
    """Run the tools of a turn, and put their results after it. Gives why the loop ends here, if it does."""
    calls = reply.tool_calls
    if any(call.name not in loop.ask.functions and call.name in _others(loop) for call in calls):
        return "tool_calls"
    results: dict[int, ToolResult] = {}
    jobs: dict[int, Job] = {}
    for at, call in enumerate(calls):
        found = yield from _prepared(loop, call)
        if isinstance(found, _Pause):
            return "paused"
        if isinstance(found, Job):
            jobs[at] = found
        else:
            results[at] = found
    yield Emit([ToolStarted(calls[at]) for at in jobs])
    yield Work(list(jobs.values()))
    places = list(jobs)
    while len(results) < len(calls):
        try:
            at, value, error = yield Next(None if until is None else max(until - env.clock(), 0))
        except TimeoutError:
            yield Work([])
            return "timeout"
        if error is not None and (loop.ask.raise_errors or not isinstance(error, Exception)):
            yield Work([])
            raise error
        call = calls[places[at]]
        results[places[at]] = result = _result(call, value, error)
        yield Emit([ToolEnded(call, result)])
    answer = Message("tool", tuple([results[at] for at in range(len(calls))]))
    session.added += [reply.message, answer]
    return None


def _others(loop: Loop) -> set[str]:
    """The tools of the request that are for a loop of one's own."""
    return {getattr(tool, "name", "") for tool in loop.ask.tools}


def _prepared(loop: Loop, call: ToolCall) -> Generator[Effects, Any, Job | ToolResult | _Pause]:
    """The call as a job, or what the model is told instead."""
    function = loop.ask.functions.get(call.name)
    if function is None:
        return failed(call, f"There is no tool {call.name!r}. The tools are: {', '.join(loop.ask.functions)}.")
    if loop.ask.approve:
        verdict: Any = yield Decide(loop.ask.approve, call)
        match verdict:
            case _Pause():
                return verdict
            case dict():
                call = replace(call, json=encode(verdict).decode())
            case str() | False:
                return failed(call, verdict or "The user didn't allow this call.")
            case True:
                pass
            case _:
                raise ParameterError(
                    f"approve gave {verdict!r}: give True, False, words, a dict of arguments or ringup.PAUSE",
                    parameter="approve",
                )
    try:
        return Job(call, function, function.read(call))
    except ValueError as error:
        return failed(call, str(error))


def _result(call: ToolCall, value: Any, error: BaseException | None) -> ToolResult:
    if error is not None:
        return failed(call, error)
    try:
        return answered(call, value)
    except Exception as wrong:
        return failed(call, wrong)


# The whole


class StepsPricer(Struct, frozen=True):
    """What several replies cost together."""

    replies: tuple[Reply, ...]

    def __call__(self, _: Reply) -> Bill:
        bills = [reply.bill for reply in self.replies]
        unknown = next((bill for bill in bills if bill.total is None), None)
        lines: dict[str, Decimal] = {}
        for name, amount in [line for bill in bills for line in bill.lines]:
            lines[name] = lines.get(name, Decimal(0)) + amount
        return Bill(
            total=None if unknown else sum((bill.total or Decimal(0) for bill in bills), Decimal(0)),
            lines=() if unknown else tuple(lines.items()),
            reason=unknown.reason if unknown else None,
            prices=bills[-1].prices,
            estimated=any(bill.estimated for bill in bills),
        )


def whole(replies: list[Reply]) -> Reply:
    """The last reply, with the usage, cost, time and attempts of them all."""
    last = replies[-1]
    if len(replies) == 1:
        return replace(last, steps=(last,))
    attempts: list[Attempt] = [attempt for reply in replies for attempt in reply.attempts]
    notices: list[Notice] = [notice for reply in replies for notice in reply.notices]
    times = [reply.latency for reply in replies]
    begun = next((attempt.started for attempt in attempts), None)
    ended = attempts[-1].ended if attempts else None
    first = replies[0].time_to_first_token
    return replace(
        last,
        usage=reduce(add, [reply.usage for reply in replies]),
        latency=ended - begun if ended is not None and begun is not None and None not in times else None,
        time_to_first_token=first,
        attempts=tuple([replace(attempt, number=at) for at, attempt in enumerate(attempts, 1)]),
        notices=tuple(dict.fromkeys(notices)),
        steps=tuple(replies),
        pricer=StepsPricer(tuple(replies)),
    )
