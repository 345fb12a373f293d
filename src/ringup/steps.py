"""An ask of several calls as one script: tools are run and their results sent back, and an answer that isn't of the
type asked for is asked for again, until the model is done.

It ends for one of these reasons, which `reply.ended` tells:
- "answered": the model gave its answer;
- "tool_calls": it asks for a tool that isn't ours to run;
- "max_steps" or "timeout": it still asks for tools, and has had its calls or its time (with `output=` that is an
  OutputError, for there is no value);
- "paused": `approve` wants to decide later. A chat keeps the calls, also in a file, and `resume` goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from decimal import Decimal, localcontext
from functools import reduce
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from ringup.asking import Approve, Ask
from ringup.errors import APIError, BudgetExceededError, OutputError, ParameterError
from ringup.events import Fold, ToolEnded, ToolStarted
from ringup.messages import Message, Text, ToolCall, ToolResult
from ringup.outcome import so_far
from ringup.reply import EXACT, Attempt, Bill, Ended, Notice, Reply
from ringup.script import Effect, Emit, Env, Record, Script
from ringup.structured import Shape, answers, kept, read_output
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


_NOT_RUN = "It was not run, because the answer was given in the same turn."

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
    """What an ask of several calls keeps to. `timeout` bounds all of it, in seconds; `watch` sees each tool's job
    before it runs, and gives the one that is run."""

    begin: Begin
    ask: Ask
    timeout: float | None = None
    watch: Callable[[Job], Job] | None = None


class Session:
    """What became of an ask: as a `Record` is of one call, over all its calls.

    `sent` is all that was added to the conversation on the way; `added` what of it stays: an answer that had to be
    repaired goes, with the words that asked for another.
    """

    __slots__ = ("added", "failed", "record", "replies", "reply", "sent", "typed")

    def __init__(self, record: Record | None, typed: bool) -> None:
        self.record = record
        self.typed = typed
        self.replies: list[Reply] = []
        self.sent: list[Message] = []
        self.added: list[Message] = []
        self.reply: Reply | None = None
        self.failed: Literal["failed", "cancelled"] | None = None

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
        return "answered" if self.reply else self.failed or "open"

    @property
    def fold(self) -> Fold:
        """What came of the latest call."""
        return self.record.fold if self.record else Fold()

    def so_far(self) -> Reply:
        """What came of the latest call, with the usage and cost of all."""
        if self.record is None:
            return Fold().reply()
        begun: list[Reply] = [] if self.record.reply else [so_far(self.record)]
        return whole([*self.replies, *begun])

    @property
    def messages(self) -> tuple[Message, ...]:
        """What the ask adds to a conversation: the calls of tools, their results, and the answer."""
        return tuple(self.added)

    def keep(self, *messages: Message) -> None:
        """Put turns after those that were sent, for good."""
        self.sent += messages
        self.added += [message for message in messages if message.parts]

    def end(self, why: Ended, last: Reply, output: Any = None) -> None:
        """The ask is over."""
        way = self.shape.way if self.shape else None
        self.reply = replace(whole(self.replies or [last]), output=output, output_way=way, ended=why)


def steps(loop: Loop, session: Session, messages: tuple[Message, ...], first: Script | None, env: Env) -> Steps:
    """Run the calls; at the end `session.reply` is the whole Reply.

    `first` is the script of the first call, already planned as `session.record`. Without one the messages end with
    calls of tools that were paused: those are run first.

    Raises what a call raises, with all attempts of the ask; and OutputError for an answer that isn't of the type, also
    when there is none because the ask has had its steps or its time.
    """
    try:
        yield from _steps(loop, session, messages, first, env)
    except APIError as error:
        session.failed = "failed"
        _account(error, session.replies)
        raise
    except BudgetExceededError as error:
        session.failed = "failed"
        error.partial = whole(session.replies) if session.replies else None
        raise
    except Exception:
        session.failed = "failed"
        raise
    except BaseException:
        session.failed = "cancelled"
        raise


def _steps(loop: Loop, session: Session, messages: tuple[Message, ...], first: Script | None, env: Env) -> Steps:
    until = None if loop.timeout is None else env.clock() + loop.timeout
    script, repairs, tool_steps = first, loop.ask.repair, 0
    reply = Reply(message=messages[-1], finish_reason="tool_calls")
    while True:
        if script is not None:
            reply = yield from _call(session, script)
        if _asks_for_tools(session.shape, reply):
            why = yield from _run_all(loop, session, reply, until, env)
            tool_steps += script is not None
            why = why or ("max_steps" if tool_steps >= loop.ask.max_steps else None)
        else:
            left = _read(session, reply, repairs)
            if left is None:
                return
            why, repairs = None, left
        time = None if until is None else until - env.clock()
        if why is None and time is not None and time <= 0:
            why = "timeout"
        if why:
            return _stop(loop, session, reply, why)
        step = len(session.replies) + (first is None)
        session.record, script = loop.begin((*messages, *session.sent), step, time)


def _call(session: Session, script: Script) -> Generator[Effects, Any, Reply]:
    yield from script
    assert session.record
    reply: Reply | None = session.record.reply
    assert reply
    session.replies.append(reply)
    return reply


def _asks_for_tools(shape: Shape | None, reply: Reply) -> bool:
    """Whether the tools come next. An answer among their calls is the answer, and what was refused isn't run."""
    if reply.finish_reason in ("refusal", "content_filter", "error"):
        return False
    return bool(reply.tool_calls) and not any(answers(shape, call) for call in reply.tool_calls)


def _stop(loop: Loop, session: Session, reply: Reply, why: Ended) -> None:
    """The ask ends without an answer. Raises OutputError where one of a type was to come."""
    if loop.ask.kind is None or why in ("paused", "tool_calls"):
        return session.end(why, reply)
    done = f"{loop.ask.max_steps} calls (max_steps)" if why == "max_steps" else f"{loop.timeout:g} s (timeout)"
    raise OutputError(
        f"the model gave no answer within {done}",
        reason=why,
        text=reply.text,
        advice=f"Raise {'max_steps' if why == 'max_steps' else 'timeout'}.",
        provider=reply.provider,
        request_id=reply.request_id,
        attempts=reply.attempts,
        partial=replace(reply, ended=why),
    )


def _read(session: Session, reply: Reply, repairs: int) -> int | None:
    """Read the answer. Gives how many repairs are left when it is to be asked for again, None when the ask is over."""
    output = None
    if session.shape is not None:
        try:
            output = read_output(session.shape, reply)
        except OutputError as error:
            if repairs <= 0 or error.reason != "invalid":
                error.provider, error.request_id, error.attempts = reply.provider, reply.request_id, reply.attempts
                raise
            session.sent += _asked_again(session.shape, reply, error)
            return repairs - 1
    session.keep(kept(session.shape, reply.message))
    session.end("answered", reply, output)
    return None


def _asked_again(shape: Shape, reply: Reply, error: OutputError) -> list[Message]:
    words = f"{error.message}. Give the whole answer again, corrected."
    told: list[Any] = [failed(call, words if answers(shape, call) else _NOT_RUN) for call in reply.tool_calls]
    answer = Message("tool", tuple(told)) if told else Message("user", (Text(words),))
    return [*([reply.message] if reply.message.parts else []), answer]


def _account(error: APIError, replies: list[Reply]) -> None:
    """An error carries the whole ask: all attempts, and in `partial` the usage and cost of all calls."""
    before = replies[:-1] if isinstance(error, OutputError) else replies
    if before:
        error.attempts = _numbered([*[attempt for reply in before for attempt in reply.attempts], *error.attempts])
        error.partial = whole([*before, *([error.partial] if error.partial else [])])


# Tools


def _run_all(
    loop: Loop, session: Session, reply: Reply, until: float | None, env: Env
) -> Generator[Effects, Any, Ended | None]:
    """Run the tools of a turn, and put their results after it. Gives why the loop ends here, if it does."""
    calls = reply.tool_calls
    turn = (reply.message,) if session.replies else ()  # a paused one stands in the history already
    if any(call.name not in loop.ask.functions and call.name in _others(loop) for call in calls):
        session.keep(*turn)
        return "tool_calls"
    results: dict[int, ToolResult] = {}
    jobs: dict[int, Job] = {}
    for at, call in enumerate(calls):
        found = yield from _prepared(loop, call)
        if isinstance(found, _Pause):
            session.keep(*turn)
            return "paused"
        if isinstance(found, Job):
            jobs[at] = found
        else:
            results[at] = found
    yield Emit([ToolEnded(calls[at], result) for at, result in results.items()])
    on_time = yield from _work(loop, jobs, results, until, env)
    session.keep(*turn, Message("tool", tuple([results[at] for at in range(len(calls))])))
    return None if on_time else "timeout"


def _work(
    loop: Loop, jobs: dict[int, Job], results: dict[int, ToolResult], until: float | None, env: Env
) -> Generator[Effects, Any, bool]:
    """Run the jobs, and add what each gives to the results. Gives False when the time was up before the last ended."""
    yield Emit([ToolStarted(job.call) for job in jobs.values()])
    if jobs:
        yield Work(list(jobs.values()))
    places = list(jobs)
    missing = set(places)
    while missing:
        try:
            at, value, error = yield Next(None if until is None else max(until - env.clock(), 0))
        except TimeoutError:
            break
        if error is not None and (loop.ask.raise_errors or not isinstance(error, Exception)):
            yield Work([])
            raise error
        missing.discard(places[at])
        call = jobs[places[at]].call
        results[places[at]] = result = _result(call, value, error)
        yield Emit([ToolEnded(call, result)])
    if missing:
        yield Work([])
        late = {at: failed(jobs[at].call, "It wasn't done in time.") for at in sorted(missing)}
        results.update(late)
        yield Emit([ToolEnded(jobs[at].call, result) for at, result in late.items()])
    return not missing


def _others(loop: Loop) -> set[str]:
    """The tools of the request that are for a loop of one's own."""
    return {getattr(tool, "name", "") for tool in loop.ask.tools}


def _prepared(loop: Loop, call: ToolCall) -> Generator[Effects, Any, Job | ToolResult | _Pause]:
    """The call as a job, or what the model is told instead."""
    function = loop.ask.functions.get(call.name)
    if function is None:
        known = ", ".join(loop.ask.functions) or "none"
        return failed(call, f"There is no tool {call.name!r}. The tools are: {known}.")
    if loop.ask.approve and _is_readable(call):
        match (yield Decide(loop.ask.approve, call)):
            case _Pause() as pause:
                return pause
            case dict() as arguments:
                call = replace(call, json=encode(arguments).decode())
            case (str() | False) as words:
                return failed(call, words or "The user didn't allow this call.")
            case True:
                pass
            case other:
                raise ParameterError(
                    f"approve gave {other!r}: give True, False, words, a dict of arguments or ringup.PAUSE",
                    parameter="approve",
                )
    try:
        job = Job(call, function, function.read(call))
        return loop.watch(job) if loop.watch else job
    except ValueError as error:
        return failed(call, str(error))


def _is_readable(call: ToolCall) -> bool:
    """Whether the arguments are a JSON object: what isn't is not shown to `approve`, for the model is told anyway."""
    try:
        return isinstance(call.arguments, dict)
    except ValueError:
        return False


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
        known = [bill.saved for bill in bills]
        said = unknown or next((bill for bill in bills if bill.reason), None)
        with localcontext(EXACT):
            return Bill(
                total=None if unknown else sum((bill.total or Decimal(0) for bill in bills), Decimal(0)),
                lines=() if unknown else _together(bill.lines for bill in bills),
                reason=said.reason if said else None,
                prices=bills[-1].prices,
                of_which=() if unknown else _together(bill.of_which for bill in bills),
                terms=tuple(dict.fromkeys(term for bill in bills for term in bill.terms)),
                estimated=any(bill.estimated for bill in bills),
                saved=None if None in known else sum([saved for saved in known if saved is not None], Decimal(0)),
            )


def _together(lists: Iterable[tuple[tuple[str, Decimal], ...]]) -> tuple[tuple[str, Decimal], ...]:
    lines: dict[str, Decimal] = {}
    for name, amount in [line for found in lists for line in found]:
        lines[name] = lines.get(name, Decimal(0)) + amount
    return tuple(lines.items())


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
        attempts=_numbered(attempts),
        notices=tuple(dict.fromkeys(notices)),
        steps=tuple(replies),
        pricer=StepsPricer(tuple(replies)),
    )


def _numbered(attempts: list[Attempt]) -> tuple[Attempt, ...]:
    return tuple([replace(attempt, number=at) for at, attempt in enumerate(attempts, 1)])
