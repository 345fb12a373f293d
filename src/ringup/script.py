"""What the script of a call is made of: the plan that it follows, the effects that it yields, and the record that it
writes. Drivers, the ledger and whoever else looks on know a call by these.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Protocol

from msgspec import Struct
from msgspec.structs import replace

from ringup.errors import RingupError
from ringup.events import Event, Fold
from ringup.http import HttpRequest
from ringup.messages import Request
from ringup.providers import Provider
from ringup.reply import Attempt, Bill, Notice
from ringup.retry import Budget
from ringup.rules import Rules
from ringup.secret import Auth

if TYPE_CHECKING:
    from ringup.embeddings import EmbedRequest
    from ringup.wire import EmbedWire, Wire

__all__ = [
    "DEFAULT_IDLE",
    "MAX_BODY_BYTES",
    "Effect",
    "Emit",
    "Env",
    "Exchange",
    "Guard",
    "Keep",
    "Open",
    "Plan",
    "Read",
    "Record",
    "Script",
    "Shut",
    "Sleep",
]

MAX_BODY_BYTES = 64 * 1024 * 1024
"""The largest answer that is read, decompressed, as a whole or as a stream: 64 MiB."""

DEFAULT_IDLE = 60.0
"""Seconds: the longest silence between the events of a stream, where nothing else is asked for."""


class Guard(Protocol):
    """Holds the money of a call while it goes on (`ringup.purse`)."""

    def begin(self, record: Record, now: float, timeout: float) -> Script:
        """Before the first try; takes so many seconds at most. Raises BudgetExceededError or LedgerError."""
        ...

    def again(self, record: Record, now: float, timeout: float) -> Script:
        """Before each other one. Raises as `begin`."""
        ...

    def end(self, record: Record) -> None:
        """When the call is over."""
        ...


class Plan(Struct, frozen=True, kw_only=True):
    """All that is decided before a call is made, for an answer or for embeddings. Times are in seconds.

    An `idle_timeout` of None means 60 s between the events of a stream, and no limit of its own on the wait for the
    first token: a model may think for minutes. A number bounds every silence, the first too. `shape` is how the answer
    is to be read when it is to be of a type (`ringup.structured`). `rules` are those of the model that answers.
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
    rules: Rules = Rules()
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
    """Wait until the ledger has given its word: the row is in the file, or can't be (`ringup.ledger.Receipt`). The
    driver throws TimeoutError when that takes more seconds than `timeout`."""

    receipt: Any
    timeout: float | None = None


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
    when the call is over, also where its budget refused it and there is no attempt. `announced` is the last attempt as
    it was told to `on_event`, so that none is told twice. `cut` says that the stream of a whole answer broke off,
    perhaps before its usage. `queued` is when the call was asked for, in seconds since the epoch; `ask` names the ask
    that it is part of, and `step` its place there. `receipt` is the ledger's, where somebody waits for it. `process` is
    the one that made the call: in a child that it forks, nobody is told.
    """

    __slots__ = (
        *("announced", "ask", "attempts", "cut", "error", "fold", "handed_out", "outcome", "plan", "queued", "receipt"),
        *("process", "reply", "step", "watch"),
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
        self.cut = False
        self.watch = watch
        self.queued: float | None = None
        self.ask: str | None = None
        self.step = 0
        self.receipt: Any = None
        self.process = os.getpid()

    def change(self, **fields: Any) -> None:
        """Rewrite the last attempt."""
        self.attempts[-1] = replace(self.attempts[-1], **fields)

    def tell(self) -> None:
        """Let the watcher look."""
        if self.watch and self.is_ours():
            self.watch(self)

    def is_ours(self) -> bool:
        """Whether it is a call of this process, and not of the one that it was forked from."""
        return self.process == os.getpid()
