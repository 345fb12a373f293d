"""Client and AsyncClient: the same names and the same behaviour, one to call and one to await."""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack, cast, overload

from msgspec.structs import replace

from ringup.asking import Ask
from ringup.call import Plan, Record, Script, call
from ringup.chats import AsyncChat, Chat, Resume
from ringup.conversation import Conversation, Saved, load, turn
from ringup.counting import Count
from ringup.drive import REAL, AsyncWorld, World, drive, drive_async
from ringup.embed_job import Job
from ringup.embed_plan import EmbedParams, make_job
from ringup.embeddings import Embeddings
from ringup.errors import ConfigurationError, ParameterError, RingupWarning
from ringup.estimates import Estimate
from ringup.keys import address_error, wrapped
from ringup.ledger import Ledger, kept
from ringup.logs import log_call, logger
from ringup.messages import Message
from ringup.parallel import run, run_async
from ringup.plan import Defaults, Params, Planner, check_params, key_as
from ringup.pricelist import Prices, read_prices
from ringup.prompt import Prompt, read_prompt
from ringup.providers import Provider
from ringup.purse import Guard, Purse, make_purse
from ringup.reply import Attempt, Notice, Reply
from ringup.secret import Secret
from ringup.spending import Limit
from ringup.steps import Loop, Session, Steps, steps
from ringup.streams import AsyncStream, Stream
from ringup.tally import begin_count
from ringup.telemetry import Telemetry, make_tracer
from ringup.transport import AsyncTransport, Options, Transport, make_async_transport, make_transport
from ringup.window import Gauge, Window, drop_oldest, shortened

__all__ = ["AsyncChat", "AsyncClient", "Chat", "Client", "ask", "chat", "count_tokens", "embed", "estimate", "stream"]

T = TypeVar("T")


_PLACE = re.compile(r"^messages\.\d+\.")
"""Where a notice's subject stands: in a conversation it is another place with each turn."""


class _Client:
    """What both clients share: the settings, the planning and the log."""

    def __init__(
        self,
        model: str | None = None,
        *,
        provider: str | Provider | None = None,
        base_url: str | None = None,
        api_key: str | Secret | None = None,
        ledger: str | os.PathLike[str] | Ledger | None = None,
        durability: str | None = None,
        on_event: Callable[[Attempt], None] | None = None,
        proxy: str | None = None,
        ca_file: str | None = None,
        transport: Any = None,
        prices: Mapping[str, Any] | str | os.PathLike[str] | Prices | None = None,
        budget: Any = None,
        budget_unknown: str = "refuse",
        otel: bool | Telemetry | None = None,
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
        options, proxy = _options(proxy, ca_file), None  # nor the password of a proxy, or of an address
        wrong = _misplaced(model, provider, transport) or _wrong_address(base_url, provider)
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
        self._secret, self._options = secret, options
        check_params(defaults)
        self._settings.update(defaults)
        self._planner = Planner(provider, base_url, secret, {"model": model, **defaults}, read_prices(prices))
        self._on_event = on_event
        self._tracer = make_tracer(otel)
        self._ledger = _ledger(ledger)
        self._purse = make_purse(budget, budget_unknown, self._ledger)
        self._waits = _durability(durability, self._ledger)
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

        def begin(messages: tuple[Message, ...], step: int, left: float | None) -> tuple[Record, Script]:
            told: tuple[Notice, ...] = ()
            if history and history.window == "drop_oldest":
                messages, told = drop_oldest(messages, self._gauge(history, params, ask))
            self._check_open()
            given = params if left is None else cast("Params", {**params, "timeout": left})
            return self._made(self._planner.plan(messages, given, stream, ask, step), told, name, step, purse)

        name, purse = self._new_name(), self._own_purse(params)
        watch = self._tracer.tool if self._tracer else None
        loop = Loop(begin=begin, ask=ask, timeout=self._planner.timeout(params), watch=watch)
        if history and asked and callable(history.window) and not self._gauge(history, params, ask).fits(messages):
            session = Session(None, ask.kind is not None)
            return session, turn(history, asked, shortened(history, asked, session, loop, REAL), session)
        first = None if isinstance(prompt, Resume) else begin(messages, 0, None)
        if first and ask.is_plain:
            record, script = first
            return record, script if history is None else turn(history, asked, script, record)
        session = Session(first[0] if first else None, ask.kind is not None)
        run = steps(loop, session, messages, first[1] if first else None, REAL)
        return session, run if history is None else turn(history, asked, run, session)

    def _gauge(self, history: Conversation, params: Params, ask: Ask) -> Gauge:
        unsent = self._planner.unsent((), params, ask)
        return Gauge(unsent.request, unsent.provider, unsent.rules, history.sizes)

    def _count(
        self, prompt: Prompt, params: Params, output: Any, offline: bool, history: Conversation | None
    ) -> tuple[Script, Callable[[], Count]]:
        """The script of a count, and what gives the number. It costs nothing, so it isn't in the log."""
        self._check_open()
        messages = (*(history.sendable() if history else ()), *read_prompt(prompt))
        return begin_count(self._planner, messages, params, output=output, offline=offline, watch=self._tell, env=REAL)

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
        if purses := [held for held in (purse, self._purse) if held]:
            limit = purse.limits[0].amount if purse else None
            plan = replace(plan, guard=Guard(purses, self._planner.worst(plan)), max_cost=limit)
        if self._ledger:
            self._ledger.expect()
        record = Record(plan, self._watch)
        record.queued, record.ask, record.step = REAL.now(), name, step
        begin = partial(call, record=record, env=REAL)
        script = self._tracer.call(record, begin) if self._tracer else begin(plan)
        return record, kept(script, record) if self._ledger and self._waits else script

    def _own_purse(self, params: Any) -> Purse | None:
        """The money of one ask that has max_cost."""
        most = self._planner.max_cost(params)
        return None if most is None else Purse((Limit(most),), None, self._settings["budget_unknown"])

    def estimate(
        self, prompt: Prompt, *, output: Any = None, batch: bool = False, **params: Unpack[Params]
    ) -> Estimate:
        """What a call may cost, at the least and at the most, and what that assumes. Nothing is sent, and no key is
        needed; counting needs the extra `tokens` (MissingExtraError). With `batch`, as part of a batch."""
        return self._planner.estimate(read_prompt(prompt), params, output, batch)

    def _job(self, texts: str | Iterable[str], params: EmbedParams) -> Job:
        """The calls that it takes to embed these texts."""
        self._check_open()
        return make_job(
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
                warnings.warn(notice.message, RingupWarning, stacklevel=_users_level())

    def _watch(self, record: Record) -> None:
        self._tell(record)
        if record.outcome != "open" and self._ledger:
            self._ledger.add(record, record.receipt)

    def _tell(self, record: Record) -> None:
        """Let those know who want to hear of a call while it goes on."""
        attempt = record.attempts[-1]
        log_call(record)
        if self._on_event and attempt is not record.announced:
            record.announced = attempt
            try:
                self._on_event(attempt)
            except Exception:
                logger().exception("on_event failed; the call goes on")
        if record.outcome == "failed" and attempt.status in (401, 403):
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


def _again(kind: type[_Client], settings: dict[str, Any]) -> _Client:
    return kind(**settings)


def _load(path: str | os.PathLike[str], given: Params) -> Saved:
    """A saved conversation, with the parameters that are given anew."""
    saved = load(path)
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
        warnings.warn(message, RingupWarning, stacklevel=_users_level())
    return replace(saved, params={**saved.params, **given})


def _misplaced(model: Any, provider: Any, transport: Any) -> ParameterError | None:
    """The error for a key in the place of another argument."""
    given = {"model": model, "provider": provider, "transport": transport}
    return next((error for name in given if (error := key_as(given, name))), None)


def _wrong_address(base_url: Any, provider: Any) -> ParameterError | None:
    """The error for an address that can't be called: it may hold a password."""
    if base_url is None and isinstance(provider, Provider) and not provider.base_url.startswith("/"):
        base_url = provider.base_url
    return None if base_url is None else address_error(base_url, "base_url")


def _options(proxy: str | None, ca_file: str | None) -> Options | ParameterError:
    """How servers are reached, or the error to raise: without the frames that hold the proxy's password."""
    try:
        return Options(proxy=proxy, ca_file=ca_file)
    except ParameterError as error:
        return error.with_traceback(None)


def _ledger(ledger: str | os.PathLike[str] | Ledger | None) -> Ledger | None:
    if isinstance(ledger, Ledger):
        return ledger
    path = ledger or os.environ.get("RINGUP_LEDGER")
    return Ledger(path) if path else None


def _durability(durability: str | None, ledger: Ledger | None) -> bool:
    """Whether replies wait for their rows. Raises ParameterError."""
    if durability not in (None, "call"):
        raise ParameterError(f'durability={durability!r} isn\'t known: it is "call", or None', parameter="durability")
    if durability and ledger is None:
        raise ParameterError(
            "durability is for a client with a ledger, and this one has none.",
            parameter="durability",
            advice='Name its file: ledger="calls.db".',
        )
    return durability == "call"


def _is_name(transport: object) -> bool:
    return transport is None or isinstance(transport, str)


def _users_level() -> int:
    """How many frames up the user's code is: there a warning points. For a task, that is where its event loop runs."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] in ("ringup", "asyncio"):
        level, frame = level + 1, frame.f_back
    return level


class Client(_Client):
    """Calls models. Safe to share between threads and after a fork; close it, or use it in a `with` block.

    >>> client = Client("gpt-4o-mini", timeout=30)                           # doctest: +SKIP
    >>> client.ask("What is the capital of France?").text                    # doctest: +SKIP
    'The capital of France is Paris.'
    """

    _transport: Transport | None = None

    def _connection(self) -> Transport:
        if self._transport is None:  # no lock: two threads may make one each, for nothing is opened before a call
            given = self._settings["transport"]
            transport: Transport = make_transport(self._options, given) if _is_name(given) else given
            self._transport = transport
        return self._transport

    def _world(self) -> World:
        return World(self._connection())

    @overload
    def ask(self, prompt: Prompt, *, output: type[T], **params: Unpack[Params]) -> Reply[T]: ...
    @overload
    def ask(self, prompt: Prompt, *, output: Any = None, **params: Unpack[Params]) -> Reply[Any]: ...
    def ask(self, prompt: Prompt, *, output: Any = None, **params: Unpack[Params]) -> Reply[Any]:
        """Ask, and wait for the whole answer. Raises APIError or ConfigurationError (see `ringup.errors`).

        `output` is the type of the answer: a dataclass, msgspec Struct, TypedDict, pydantic model, Enum, Literal, list,
        scalar, or a JSON schema as a dict. `reply.output` has the value.
        """
        return self._ask(prompt, params, output)

    def _ask(
        self, prompt: Prompt | Resume, params: Params, output: Any = None, history: Conversation | None = None
    ) -> Reply[Any]:
        record, script = self._begin(prompt, params, output, False, history)
        for _ in drive(script, self._world()):
            pass
        assert record.reply
        return record.reply

    @overload
    def stream(self, prompt: Prompt, *, output: type[T], **params: Unpack[Params]) -> Stream[T]: ...
    @overload
    def stream(self, prompt: Prompt, *, output: Any = None, **params: Unpack[Params]) -> Stream[Any]: ...
    def stream(self, prompt: Prompt, *, output: Any = None, **params: Unpack[Params]) -> Stream[Any]:
        """Ask, and get the answer piece by piece. The request is sent when the stream is first iterated."""
        return self._stream(prompt, params, output)

    def _stream(
        self, prompt: Prompt | Resume, params: Params, output: Any = None, history: Conversation | None = None
    ) -> Stream[Any]:
        record, script = self._begin(prompt, params, output, True, history)
        return Stream(drive(script, self._world()), record)

    def embed(self, texts: str | Iterable[str], **params: Unpack[EmbedParams]) -> Embeddings:
        """Make texts vectors, in as many requests as it takes. Raises APIError or ConfigurationError.

        One that fails after some were done has their vectors in its `.partial`, and in `.partial.indexes` whose they
        are. In a job of several requests `on_event` is called from their threads.
        """
        job = self._job(texts, params)
        return self._embedded(job, run(job, self._connection()))

    def count_tokens(
        self, prompt: Prompt, *, output: Any = None, offline: bool = False, **params: Unpack[Params]
    ) -> Count:
        """How many tokens a prompt has, with its tools, files and the type asked for.

        The provider says it (OpenAI, Anthropic, Gemini), in a call that costs nothing; else, and with `offline`, it is
        estimated: `.estimated` and `.error` tell. An estimate needs the extra `tokens`, and no key.
        """
        return self._counted(prompt, params, output, offline)

    def _counted(
        self, prompt: Prompt, params: Params, output: Any, offline: bool, history: Conversation | None = None
    ) -> Count:
        script, count = self._count(prompt, params, output, offline, history)
        for _ in drive(script, self._world()):
            pass
        return count()

    def chat(self, *, window: Window = "error", **params: Unpack[Params]) -> Chat:
        """Begin a conversation. The parameters are the defaults of each of its turns.

        `window` is what to do when it grows too long for the model: "error"; "drop_oldest", which leaves the oldest
        turns out of what is sent; or a function that gets the messages, and gives fewer, or words for them.
        """
        check_params(params)
        return Chat(self, dict(params), window=window)

    def load_chat(self, path: str | os.PathLike[str], *, window: Window = "error", **params: Unpack[Params]) -> Chat:
        """Go on with a conversation that `Chat.save` wrote. Parameters given here win over those that were saved;
        functions (tools, approve) aren't in the file, and must be given again: a RingupWarning says which."""
        saved = _load(path, params)
        return Chat(self, saved.params, saved.messages, window)

    def close(self) -> None:
        """Close the connections, and write what the ledger still has to."""
        self._closed = True
        if self._transport:
            self._transport.close()
        if self._ledger:
            self._ledger.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient(_Client):
    """Calls models from async code. Safe to share between tasks, and from one `asyncio.run` to the next."""

    _transport: AsyncTransport | None = None

    def _connection(self) -> AsyncTransport:
        if self._transport is None:
            given = self._settings["transport"]
            transport: AsyncTransport = make_async_transport(self._options, given) if _is_name(given) else given
            self._transport = transport
        return self._transport

    def _world(self) -> AsyncWorld:
        return AsyncWorld(self._connection())

    @overload
    async def ask(self, prompt: Prompt, *, output: type[T], **params: Unpack[Params]) -> Reply[T]: ...
    @overload
    async def ask(self, prompt: Prompt, *, output: Any = None, **params: Unpack[Params]) -> Reply[Any]: ...
    async def ask(self, prompt: Prompt, *, output: Any = None, **params: Unpack[Params]) -> Reply[Any]:
        """Ask, and wait for the whole answer. Raises APIError or ConfigurationError (see `ringup.errors`).

        `output` is the type of the answer, as for `Client.ask`.
        """
        return await self._ask(prompt, params, output)

    async def _ask(
        self, prompt: Prompt | Resume, params: Params, output: Any = None, history: Conversation | None = None
    ) -> Reply[Any]:
        record, script = self._begin(prompt, params, output, False, history)
        async for _ in drive_async(script, self._world()):
            pass
        assert record.reply
        return record.reply

    @overload
    def stream(self, prompt: Prompt, *, output: type[T], **params: Unpack[Params]) -> AsyncStream[T]: ...
    @overload
    def stream(self, prompt: Prompt, *, output: Any = None, **params: Unpack[Params]) -> AsyncStream[Any]: ...
    def stream(self, prompt: Prompt, *, output: Any = None, **params: Unpack[Params]) -> AsyncStream[Any]:
        """Ask, and get the answer piece by piece; not awaited. The request is sent when it is first iterated."""
        return self._stream(prompt, params, output)

    def _stream(
        self, prompt: Prompt | Resume, params: Params, output: Any = None, history: Conversation | None = None
    ) -> AsyncStream[Any]:
        record, script = self._begin(prompt, params, output, True, history)
        return AsyncStream(drive_async(script, self._world()), record)

    async def embed(self, texts: str | Iterable[str], **params: Unpack[EmbedParams]) -> Embeddings:
        """Make texts vectors, in as many requests as it takes, as `Client.embed` does. Cancelled, it stops them all."""
        job = self._job(texts, params)
        return self._embedded(job, await run_async(job, self._connection()))

    async def count_tokens(
        self, prompt: Prompt, *, output: Any = None, offline: bool = False, **params: Unpack[Params]
    ) -> Count:
        """How many tokens a prompt has, as `Client.count_tokens` says it."""
        return await self._counted(prompt, params, output, offline)

    async def _counted(
        self, prompt: Prompt, params: Params, output: Any, offline: bool, history: Conversation | None = None
    ) -> Count:
        script, count = self._count(prompt, params, output, offline, history)
        async for _ in drive_async(script, self._world()):
            pass
        return count()

    def chat(self, *, window: Window = "error", **params: Unpack[Params]) -> AsyncChat:
        """Begin a conversation. The parameters are the defaults of each of its turns.

        `window` is as for `Client.chat`; the function may be a coroutine function.
        """
        check_params(params)
        return AsyncChat(self, dict(params), window=window)

    def load_chat(
        self, path: str | os.PathLike[str], *, window: Window = "error", **params: Unpack[Params]
    ) -> AsyncChat:
        """Go on with a conversation that `AsyncChat.save` wrote, as `Client.load_chat` does."""
        saved = _load(path, params)
        return AsyncChat(self, saved.params, saved.messages, window)

    async def close(self) -> None:
        """Close the connections, and write what the ledger still has to."""
        self._closed = True
        if self._transport:
            await self._transport.close()
        if self._ledger:
            import asyncio  # here, for its import takes longer than ours

            await asyncio.to_thread(self._ledger.close)  # which may wait for another writer of the file

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


_shared: list[Client] = []


def _default() -> Client:
    if not _shared:
        _shared.append(Client())
    return _shared[0]


@overload
def ask(prompt: Prompt, *, output: type[T], **params: Unpack[Params]) -> Reply[T]: ...
@overload
def ask(prompt: Prompt, *, output: Any = None, **params: Unpack[Params]) -> Reply[Any]: ...
def ask(prompt: Prompt, *, output: Any = None, **params: Unpack[Params]) -> Reply[Any]:
    """Ask a model, and wait for the whole answer.

    >>> ask("What is the capital of France?", model="gpt-4o-mini").text      # doctest: +SKIP
    'The capital of France is Paris.'
    """
    return _default()._ask(prompt, params, output)


@overload
def stream(prompt: Prompt, *, output: type[T], **params: Unpack[Params]) -> Stream[T]: ...
@overload
def stream(prompt: Prompt, *, output: Any = None, **params: Unpack[Params]) -> Stream[Any]: ...
def stream(prompt: Prompt, *, output: Any = None, **params: Unpack[Params]) -> Stream[Any]:
    """Ask a model, and get the answer piece by piece: `for piece in ringup.stream(...): print(piece, end="")`."""
    return _default()._stream(prompt, params, output)


def chat(*, window: Window = "error", **params: Unpack[Params]) -> Chat:
    """Begin a conversation: `chat = ringup.chat(model="gpt-4o-mini"); chat.ask("..."); chat.ask("...")`."""
    check_params(params)
    return _default().chat(window=window, **params)


def embed(texts: str | Iterable[str], **params: Unpack[EmbedParams]) -> Embeddings:
    """Make texts vectors: `ringup.embed(["a cat", "a dog"], model="text-embedding-3-small")`."""
    return _default().embed(texts, **params)


def count_tokens(prompt: Prompt, *, output: Any = None, offline: bool = False, **params: Unpack[Params]) -> Count:
    """How many tokens a prompt has: `ringup.count_tokens("Hello!", model="claude-haiku-4-5").tokens`."""
    return _default().count_tokens(prompt, output=output, offline=offline, **params)


def estimate(prompt: Prompt, *, output: Any = None, batch: bool = False, **params: Unpack[Params]) -> Estimate:
    """What a call may cost: `ringup.estimate("Hello!", model="claude-haiku-4-5", max_tokens=200).high` US dollars."""
    return _default().estimate(prompt, output=output, batch=batch, **params)
