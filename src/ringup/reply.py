"""What comes back: the reply, the notices on it, and the tries that it took."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import TYPE_CHECKING, Any, Generic, Literal

from msgspec import Struct

from ringup.fingerprint import Sent
from ringup.messages import Message, Thinking, ToolCall
from ringup.usage import Usage

__all__ = ["EXACT", "Attempt", "Bill", "Ended", "FinishReason", "Notice", "Notices", "OutputWay", "Reply"]

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    T = TypeVar("T", default=Any)
else:
    from typing import TypeVar

    T = TypeVar("T")


FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "refusal", "pause", "error"]
Ended = Literal["answered", "tool_calls", "max_steps", "timeout", "paused"]
OutputWay = Literal["native", "tool", "json"]

EXACT = Context(
    prec=50,
    rounding=ROUND_HALF_EVEN,
    Emin=-999_999,
    Emax=999_999,
    capitals=1,
    clamp=0,
    flags=[],
    traps=[InvalidOperation, DivisionByZero, Overflow],
)
"""What costs are reckoned with: to the last digit, whatever the `decimal` context of the caller is."""


class Notice(Struct, frozen=True, omit_defaults=True):
    """Something that a user should know of how the call travelled.

    `kind` is what became of the parameter or part: sent under another name ("renamed"), in another place ("moved"),
    not sent ("dropped"), filled in ("added"), taken from the environment ("sent"), or held back from a server that
    it isn't meant for ("refused": a key).
    """

    kind: Literal["sent", "renamed", "moved", "dropped", "added", "refused"]
    what: str
    message: str


class Notices(dict[str, Notice]):
    """Notices as a wire gathers them: one for each thing that it can't say, under that thing's name."""

    def add(self, kind: Any, what: str, message: str) -> None:
        """Note what became of a thing, unless it was noted before."""
        if what not in self:
            self[what] = Notice(kind, what, message)


class Attempt(Struct, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """One try on the wire. Times are seconds since the epoch; waits and durations are in seconds.

    `outcome` says how it ended, None while it goes on; `maybe_billed` that the provider may charge for it although no
    whole answer came.
    `wait` is the pause that followed it, before the next try.
    """

    number: int
    started: float
    ended: float | None = None
    first_byte: float | None = None
    first_token: float | None = None
    status: int | None = None
    request_id: str | None = None
    bytes_sent: int = 0
    bytes_received: int = 0
    outcome: Literal["answered", "failed", "cancelled"] | None = None
    error: str | None = None
    wait: float | None = None
    maybe_billed: bool = False
    usage: Usage | None = None


class Bill(Struct, frozen=True, omit_defaults=True, kw_only=True, gc=False):
    """What a call costs in US dollars, line by line.

    `total` is None when it can't be known, and `reason` says why; it is never 0 for want of knowledge. The `lines` add
    up to it. `of_which` has parts of those that are known as well: what the reasoning cost, of the output. `terms` say
    what makes these prices others than the list's ("flex", "batch", "above 272,000 tokens"), and `prices` whose they
    are. `estimated` is True where ringup counted tokens itself, because the answer broke off before the provider told;
    then `reason` says so. `saved` is what the prompt cache saved: the price of the same tokens without it, less this
    one. It is below 0 where more was written to the cache than read from it, and None where the provider doesn't count
    that.
    """

    total: Decimal | None = None
    lines: tuple[tuple[str, Decimal], ...] = ()
    reason: str | None = None
    prices: str | None = None
    of_which: tuple[tuple[str, Decimal], ...] = ()
    terms: tuple[str, ...] = ()
    estimated: bool = False
    saved: Decimal | None = None


class Reply(Struct, Generic[T], frozen=True, kw_only=True):
    """An answer: its words, why it stopped, and what it used.

    `output` is the value of the type that `output=` asked for; None without, and where `ended` says that no answer was
    given yet. `output_way` says how the type was asked for: by the provider's structured output ("native"), as the
    arguments of a tool ("tool"), or in words ("json"). With tools, or with a repair, an ask is several calls: `steps`
    has the reply of each, `ended` says why it was over (see `ringup.steps`), and usage, cost, times and attempts are
    those of all.

    Times are in seconds. `finish_reason` is the same word for every provider, `raw_finish_reason` the provider's own;
    both None when the provider gave none. `raw` is the whole answer as parsed JSON (None for a stream), `extra` its
    top-level fields that have no name here. `sent` is what was asked, for `ringup.explain_cache`: it refers to the
    request, or to its digests where that was large.
    """

    message: Message
    finish_reason: FinishReason | None
    output: T = None  # type: ignore[assignment]
    output_way: OutputWay | None = None
    ended: Ended = "answered"
    raw_finish_reason: str | None = None
    stop_sequence: str | None = None
    usage: Usage = Usage()
    id: str | None = None
    model: str | None = None
    created: int | None = None
    provider: str = ""
    wire: str = ""
    request_id: str | None = None
    latency: float | None = None
    time_to_first_token: float | None = None
    attempts: tuple[Attempt, ...] = ()
    notices: tuple[Notice, ...] = ()
    steps: tuple[Reply[Any], ...] = ()
    extra: dict[str, Any] = {}
    raw: Any = None
    sent: Sent | None = None
    pricer: Callable[[Reply[Any]], Bill] | None = None

    @property
    def text(self) -> str:
        """The words of the answer; empty when it holds none (tool calls, a refusal)."""
        return self.message.text

    @property
    def thinking(self) -> str:
        """What the model thought first, as far as its provider shows it: whole or in summary, or nothing."""
        return "\n\n".join([part.text for part in self.message.parts if type(part) is Thinking and part.text])

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tools that the model asks for, in order."""
        return self.message.tool_calls

    @property
    def bill(self) -> Bill:
        """The cost with its lines, or the reason why it isn't known."""
        return self.pricer(self) if self.pricer else Bill(reason="this reply carries no prices")

    @property
    def cost(self) -> Decimal | None:
        """The cost in US dollars, or None when it isn't known (`bill.reason` says why)."""
        return self.bill.total
