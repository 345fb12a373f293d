"""What both clients share: their settings, and how an ask becomes a script."""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack, cast

from msgspec.structs import replace

from ringup.asking import Ask
from ringup.call import call
from ringup.drive import REAL
from ringup.errors import ConfigurationError, ParameterError, RingupWarning
from ringup.given import Defaults, Params, check_params
from ringup.keys import wrapped
from ringup.later import later
from ringup.logs import log_call, logger
from ringup.messages import Message
from ringup.plan import Planner
from ringup.prompt import Prompt, Resume, read_prompt
from ringup.providers import Provider
from ringup.reply import Attempt, Notice
from ringup.script import Plan, Record, Script
from ringup.secret import Secret
from ringup.settings import (
    misplaced,
    read_budget,
    read_durability,
    read_ledger,
    read_options,
    read_own_prices,
    read_tracer,
    wrong_address,
)
from ringup.spending import Limit

if TYPE_CHECKING:
    from ringup import conversation, embed_plan, estimates, pricelist, steps, tally, telemetry, window
    from ringup import ledger as ledgers
    from ringup import purse as money
    from ringup.conversation import Conversation, Saved
    from ringup.counting import Count
    from ringup.embed_job import Job
    from ringup.embed_plan import EmbedParams
    from ringup.embeddings import Embeddings
    from ringup.purse import Purse
    from ringup.steps import Begin, Loop, Session, Steps
    from ringup.window import Gauge
else:
    conversation = later("conversation")
    embed_plan = later("embed_plan")
    estimates = later("estimates")
    ledgers = later("ledger")
    money = later("purse")
    pricelist = later("pricelist")
    steps = later("steps")
    tally = later("tally")
    telemetry = later("telemetry")
    window = later("window")

__all__ = ["BaseClient", "saved_chat"]

_PLACE = re.compile(r"^messages\.\d+\.")
"""Where a notice's subject stands: in a conversation it is another place with each turn."""


class BaseClient:
    """What both clients share: the settings, the planning and the log."""

    def __init__(
        self,
        model: str | None = None,
        *,
        provider: str | Provider | None = None,
        base_url: str | None = None,
        api_key: str | Secret | None = None,
        ledger: str | os.PathLike[str] | ledgers.Ledger | None = None,
        durability: str | None = None,
        on_event: Callable[[Attempt], None] | None = None,
        proxy: str | None = None,
        ca_file: str | None = None,
        transport: Any = None,
        prices: Mapping[str, Any] | str | os.PathLike[str] | pricelist.Prices | None = None,
        budget: Any = None,
        budget_unknown: str = "refuse",
        otel: bool | telemetry.Telemetry | None = None,
        **defaults: Unpack[Defaults],
    ) -> None:
        """Make a client. Nothing is sent, and no key is looked for, before the first call.

        model       the default model: "provider/model", or a bare id whose family is known
        provider    the provider's name, or a `Provider`, when the model's name doesn't tell
        base_url    another address, written as in the vendor's SDK (OpenAI's ends in /v1, Anthropic's doesn't)
        api_key     the key; default: the provider's variable (OPENAI_API_KEY, ANTHROPIC_API_KEY, ...)
        ledger      a SQLite file, or a `Ledger`, to log calls in; default: the variable RINGUP_LEDGER, else none
        durability  "call": a reply is handed out only when its row is in the ledger for good, and LedgerError is raised
                    where that can't be; default: the row follows within 100 ms, and never makes a call fail
        on_event    called with an `Attempt` each time a try on the wire begins or ends
        proxy       the URL of an HTTP or SOCKS proxy; default: the environment's
        ca_file     a PEM file of further certificate authorities to trust
        transport   "pyreqwest" (the default), "httpx2", or a transport of your own
        otel        True, or a `Telemetry`: spans and metrics for OpenTelemetry (the extra `otel`); default: the
                    variable RINGUP_OTEL=1, else none
        prices      prices of your own, which go before those of the table: a `Prices`, or what one is made of (a dict,
                    the path of a TOML file)
        budget      US dollars that the client's calls may cost: "5 USD/day", "0.50 USD/hour", "100 USD/month" (these
                    need a ledger, and hold for all that have a budget on it, in any process), "1 USD/session" or
                    "20 USD" in all; or several in a list. A call that may cost more than is left isn't sent
        budget_unknown  "allow": a call whose price isn't known is made, and costs the budget what is known of it;
                    default: it is refused

        Further keywords are the defaults of every call: see `Params`.
        """
        secret, api_key = wrapped(api_key), None  # from here on no frame holds the key in plain text
        options, proxy = read_options(proxy, ca_file), None  # nor the password of a proxy, or of an address
        wrong = misplaced(model, provider, transport) or wrong_address(base_url, provider)
        if wrong:
            model = provider = base_url = transport = None
        self._settings: dict[str, Any] = {
            "provider": provider,
            "base_url": base_url,
            "ledger": ledger,
            "durability": durability,
            "on_event": on_event,
            "ca_file": ca_file,
            "transport": transport,
            "prices": prices,
            "budget": budget,
            "budget_unknown": budget_unknown,
            "otel": otel,
            "model": model,
        }
        if isinstance(secret, ParameterError):
            raise secret
        if isinstance(options, ParameterError):
            raise options
        if wrong:
            raise wrong
        if on_event is not None and not callable(on_event):
            raise ParameterError("on_event is a function that takes an Attempt", parameter="on_event")
        self._secret, self._options = secret, options
        check_params(defaults)
        self._settings.update(defaults)
        self._planner = Planner(provider, base_url, secret, {"model": model, **defaults}, read_own_prices(prices))
        self._on_event, self._tracer = on_event, read_tracer(otel)
        self._ledger = read_ledger(ledger)
        self._purse = read_budget(budget, budget_unknown, self._ledger)
        self._waits = read_durability(durability, self._ledger)
        self._warned: set[tuple[str, str]] = set()
        self._closed = False

    def _begin(
        self, prompt: Prompt | Resume, params: Params, output: Any, stream: bool, history: Conversation | None = None
    ) -> tuple[Record | Session, Steps]:
        """The record and the script of an ask. What can be refused is refused here, before anything is sent.

        Without a prompt, the tools that the history ends with are run, and the ask goes on.
        """
        asked = () if isinstance(prompt, Resume) else read_prompt(prompt)
        messages = (*(history.sendable() if history else ()), *asked)
        if history and asked:
            history.check_answered(asked)
        ask = self._planner.ask(params, output)
        begin = self._beginner(params, ask, stream, history)
        record: Record | Session
        run: Steps
        if history and asked and callable(history.window) and not self._gauge(history, params, ask).fits(messages):
            record = steps.Session(None, ask.kind is not None)
            run = window.shortened(history, asked, record, self._loop(begin, ask, params), REAL)
        elif (first := None if isinstance(prompt, Resume) else begin(messages, 0, None)) and ask.is_plain:
            record, run = first
        else:
            record = steps.Session(first[0] if first else None, ask.kind is not None)
            run = steps.steps(self._loop(begin, ask, params), record, messages, first[1] if first else None, REAL)
        return record, run if history is None else conversation.turn(history, asked, run, record)

    def _beginner(self, params: Params, ask: Ask, stream: bool, history: Conversation | None) -> Begin:
        """What plans the calls of an ask, one after the other."""
        name, purse = self._new_name(), self._own_purse(params)

        def begin(messages: tuple[Message, ...], step: int, left: float | None) -> tuple[Record, Script]:
            told: tuple[Notice, ...] = ()
            if history and history.window == "drop_oldest":
                messages, told = window.drop_oldest(messages, self._gauge(history, params, ask))
            self._check_open()
            given = params if left is None else cast("Params", {**params, "timeout": left})
            return self._made(self._planner.plan(messages, given, stream, ask, step), told, name, step, purse)

        return begin

    def _loop(self, begin: Begin, ask: Ask, params: Params) -> Loop:
        watch = self._tracer.tool if self._tracer else None
        return steps.Loop(begin=begin, ask=ask, timeout=self._planner.timeout(params), watch=watch)

    def _gauge(self, history: Conversation, params: Params, ask: Ask) -> Gauge:
        unsent = self._planner.unsent((), params, ask)
        return window.Gauge(unsent.request, unsent.provider, unsent.rules, history.sizes)

    def _count(
        self, prompt: Prompt, params: Params, output: Any, offline: bool, history: Conversation | None
    ) -> tuple[Script, Callable[[], Count]]:
        """The script of a count, and what gives the number. It costs nothing, so it isn't in the log."""
        self._check_open()
        messages = (*(history.sendable() if history else ()), *read_prompt(prompt))
        return tally.begin_count(
            self._planner, messages, params, output=output, offline=offline, watch=self._tell, env=REAL
        )

    def _new_name(self) -> str | None:
        """A name for an ask, by which the ledger knows which calls it took."""
        return os.urandom(8).hex() if self._ledger else None

    def _made(
        self,
        plan: Plan,
        told: tuple[Notice, ...] = (),
        name: str | None = None,
        step: int = 0,
        purse: Purse | None = None,
    ) -> tuple[Record, Script]:
        self._warn(plan.request.model, plan.notices)
        plan = replace(plan, notices=told + plan.notices) if told else plan
        if purse or self._purse:
            purses = [held for held in (purse, self._purse) if held]
            limit = purse.limits[0].amount if purse else None
            plan = replace(plan, guard=money.Guard(purses, self._planner.worst(plan)), max_cost=limit)
        if self._ledger:
            self._ledger.expect()
        record = Record(plan, self._watch)
        record.queued, record.ask, record.step = REAL.now(), name, step
        if self._tracer:
            script = self._tracer.call(record, partial(call, record=record, env=REAL))
        else:
            script = call(plan, record, REAL)
        return record, ledgers.kept(script, record) if self._ledger and self._waits else script

    def _own_purse(self, params: Any) -> Purse | None:
        """The money of one ask that has max_cost."""
        most = self._planner.max_cost(params)
        return None if most is None else money.Purse((Limit(most),), None, self._settings["budget_unknown"])

    def estimate(
        self, prompt: Prompt, *, output: Any = None, batch: bool = False, **params: Unpack[Params]
    ) -> estimates.Estimate:
        """What a call may cost, at the least and at the most, and what that assumes. Nothing is sent, and no key is
        needed; counting needs the extra `tokens` (MissingExtraError). With `batch`, as part of a batch."""
        return self._planner.estimate(read_prompt(prompt), params, output, batch)

    def _job(self, texts: str | Iterable[str], params: EmbedParams) -> Job:
        """The calls that it takes to embed these texts."""
        self._check_open()
        return embed_plan.make_job(
            self._planner,
            texts,
            params,
            partial(self._made, name=self._new_name(), purse=self._own_purse(params)),
            REAL,
        )

    def _embedded(self, job: Job, found: Embeddings) -> Embeddings:
        self._warn(job.model, found.notices)
        return found

    def _check_open(self) -> None:
        if self._closed:
            raise ConfigurationError("the client is closed.", advice="Make a new one.")

    def _warn(self, model: str, notices: Iterable[Notice]) -> None:
        for notice in notices:
            what = _PLACE.sub("", notice.what)
            if notice.kind == "dropped" and (model, what) not in self._warned:
                self._warned.add((model, what))
                warn(notice.message)

    def _watch(self, record: Record) -> None:
        self._tell(record)
        if record.outcome != "open" and self._ledger:
            self._ledger.add(record, record.receipt)

    def _tell(self, record: Record) -> None:
        """Let those know who want to hear of a call while it goes on."""
        attempt = record.attempts[-1] if record.attempts else None  # None: its budget refused it
        log_call(record)
        if self._on_event and attempt and attempt is not record.announced:
            record.announced = attempt
            try:
                self._on_event(attempt)
            except Exception:
                logger().exception("on_event failed; the call goes on")
        if record.outcome == "failed" and attempt and attempt.status in (401, 403):
            self._planner.forget()

    def __repr__(self) -> str:
        shown = [f"{name}={self._settings[name]!r}" for name in ("model", "provider") if self._settings.get(name)]
        return f"ringup.{type(self).__name__}({', '.join(shown)})"

    def __reduce__(self) -> tuple[Any, ...]:
        if self._secret:
            raise ConfigurationError(
                "a client that was given api_key= can't be pickled, for the key would go with it.",
                advice="Set the provider's key variable instead: the copy reads it from its own environment.",
            )
        if "@" in (self._options.proxy or ""):
            raise ConfigurationError(
                "a client whose proxy= holds a password can't be pickled, for the password would go with it.",
                advice="Set the variable HTTPS_PROXY instead: the copy reads it from its own environment.",
            )
        return _again, (type(self), {**self._settings, "proxy": self._options.proxy})


def _again(kind: type[BaseClient], settings: dict[str, Any]) -> BaseClient:
    return kind(**settings)


def saved_chat(path: str | os.PathLike[str], given: Params) -> Saved:
    """A saved conversation, with the parameters that are given anew."""
    saved = conversation.load(path)
    check_params(given)
    try:
        check_params(saved.params)
    except TypeError as error:
        raise ConfigurationError(f"the conversation in {str(path)!r} can't be gone on with: {error}.") from None
    if missing := [f"{name}=..." for name in saved.left_out if name not in given]:
        message = (
            f"{str(path)!r} doesn't hold the functions and secrets that the conversation had: give them again, "
            f"load_chat(path, {', '.join(missing)})"
        )
        warn(message)
    return replace(saved, params={**saved.params, **given})


def warn(message: str) -> None:
    """Warn the user, at the line of theirs that called."""
    warnings.warn(message, RingupWarning, stacklevel=_users_level())


def _users_level() -> int:
    """How many frames up the user's code is: there a warning points. For a task, that is where its event loop runs."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] in ("ringup", "asyncio"):
        level, frame = level + 1, frame.f_back
    return level
