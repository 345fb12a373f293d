"""From what a user asks to a `Plan`: which provider, which address, which key, and what exactly is sent."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, TypedDict, cast

from msgspec import Struct
from msgspec.structs import replace

from ringup import models, providers, wires
from ringup.asking import Ask, read_ask
from ringup.bills import Pricer
from ringup.caching import marked, read_cache
from ringup.call import Plan
from ringup.choice import in_common_words, why_responses
from ringup.counting import counts, to_count
from ringup.embeddings import EmbedRequest
from ringup.errors import ParameterError, UnknownModelError
from ringup.estimates import Estimate, as_asked, as_sent, expect, expect_vectors
from ringup.http import HttpRequest
from ringup.keys import find_base_url, find_key
from ringup.masks import Quiet, is_key, quiet, without_shapes
from ringup.messages import Message, Opaque, Reasoning, Request, Tool
from ringup.parameters import check_length, fit, key_header
from ringup.pricelist import Prices
from ringup.prompt import read_system
from ringup.providers import Provider
from ringup.reasoning import fitted, read_reasoning, shown
from ringup.reply import Notice
from ringup.retry import Budget
from ringup.rules import Rules
from ringup.secret import Auth, Secret
from ringup.spending import read_cost
from ringup.structured import Shape, shaped
from ringup.wire import Wire

__all__ = [
    "DEFAULT_TIMEOUT",
    "Defaults",
    "Params",
    "Planner",
    "Route",
    "Unsent",
    "check_params",
    "key_as",
    "read_count",
    "read_dict",
    "read_seconds",
]

DEFAULT_TIMEOUT = 600.0
_LONGEST = 1e9
_OF_A_CLIENT = frozenset(
    {
        *(
            "provider",
            "base_url",
            "api_key",
            "ledger",
            "durability",
            "on_event",
            "proxy",
            "ca_file",
            "transport",
            "otel",
        ),
        *("prices", "budget", "budget_unknown"),
    }
)

_MAY_HOLD_SECRETS = ("headers", "extra", "tools")


class Defaults(TypedDict, total=False):
    """What a client may be given for all its calls.

    system        the instruction that stands before the conversation
    max_tokens    the longest answer, in tokens, reasoning included; default: the model's own
    temperature   0 (the likeliest words) to 2 on OpenAI, to 1 on Anthropic; default: the provider's
    top_p         0 to 1: only the likeliest words that make up this share; default: the provider's
    stop          a string, or several: the answer ends before the first that it would say
    seed          a number that makes answers more repeatable, where the provider can
    timeout       seconds for the whole call, retries and waits included; default 600
    idle_timeout  the longest silence in seconds; default: 60 between a stream's events, none before its first token
    retries       how many more times to try after a failure that may pass; default 2
    strict        True makes what the model refuses an error, instead of leaving it out with a notice
    reasoning     how much to think first: "none", "minimal", "low", "medium", "high", "xhigh", "max", a number of
                  tokens, True for the model's own way, or a ringup.Reasoning; what the model doesn't take is sent as
                  the nearest thing; the thinking's text comes with the answer, where the provider gives it
    cache         True: the prompt is marked for the provider's cache, where it wants marks, and calls that begin alike
                  are led to the same cache; "5m", "30m", "1h" or "12h": so long, where the provider has that lifetime
    repair        how many times an answer that isn't of the type that output= asks for is asked for again; default 0
    tools         functions that the model may call (type hints and docstring tell it how), and dicts in a vendor's
                  shape for tools that you run yourself
    tool_choice   "auto" (default), "none", "required", or a tool's name: for the first call of an ask
    parallel_tool_calls  False: one tool at a time
    max_steps     how many calls an ask with tools may take; default 10
    approve       a function that sees each tool call first, and gives True, False, words to deny it with, a dict of
                  other arguments, or ringup.PAUSE
    raise_tool_errors  True: a tool's exception is raised; default: the model is told of it
    wire          the API to speak, where a provider has several: "responses" or "chat_completions" for OpenAI; default:
                  the one that model and request need (docs/wires.md)
    max_cost      US dollars that the call, with all its steps, may cost at the most: 0.05 or "0.05 USD"; one that may
                  cost more is a BudgetExceededError, and isn't sent
    session       a name that the ledger files the call under, to find it again with others
    tags          further names for the ledger, and their values: {"team": "docs"}; a client's and a call's go together
    extra         further fields of the request's body, sent as they are
    headers       further HTTP headers (never a key)
    """

    system: str | list[str] | None
    max_tokens: int | None
    temperature: float | None
    top_p: float | None
    stop: str | list[str] | tuple[str, ...] | None
    seed: int | None
    timeout: float
    idle_timeout: float | None
    retries: int
    strict: bool
    reasoning: str | int | bool | Reasoning | None
    cache: bool | str | None
    repair: int
    tools: Sequence[Any] | None
    tool_choice: Any
    parallel_tool_calls: bool | None
    max_steps: int
    approve: Any
    raise_tool_errors: bool
    wire: str | None
    max_cost: str | float | Decimal | None
    session: str | None
    tags: dict[str, Any]
    extra: dict[str, Any]
    headers: dict[str, str]


class Params(Defaults, total=False):
    """What an `ask`, a `stream` or a `chat` may be given: all of `Defaults`, and another model.

    model         "provider/model", or a bare id whose family is known (gpt-*, o*, claude-*, gemini-*, ...)
    """

    model: str | None


class Route(Struct, frozen=True, kw_only=True):
    """Where a model is reached: its provider, the id it knows, the address, the key and the rules.

    `chooses` says that OpenAI's API answers there (its own, Azure's, or a gateway's), which has a second wire for the
    calls that need it.
    """

    provider: Provider
    model: str
    wire: Wire
    base_url: str
    auth: Auth | None
    rules: Rules
    chooses: bool = False
    notices: tuple[Notice, ...] = ()


class Unsent(Struct, frozen=True, kw_only=True):
    """A prompt before it is planned: who would read it, and by which rules."""

    provider: str
    request: Request
    rules: Rules


def check_params(params: Any) -> None:
    """Raises TypeError for a name that isn't a parameter, as Python does for a wrong signature.

    And ParameterError for a header that carries a key. Either empties `params` first: no frame may show a key. What
    may hold other secrets is put there anew, in a form that doesn't show them.
    """
    error = (
        _wrong_name(params) or key_header(params.get("headers")) or key_as(params, "model") or key_as(params, "wire")
    )
    if error:
        params.clear()
        raise error
    for name in _MAY_HOLD_SECRETS:
        if name in params:
            params[name] = _quiet(params[name])


def _quiet(value: Any) -> Any:
    """What a parameter was given, so that what is secret in it is not shown: a tool may have a token."""
    if isinstance(value, list | tuple):
        return [_quiet(held) for held in value]
    return replace(value, data=quiet(value.data)) if isinstance(value, Opaque) else quiet(value)


def key_as(given: Mapping[str, Any], name: str) -> ParameterError | None:
    """The error for a key in the place of something else. The caller raises it, once no frame holds the key."""
    if not is_key(given.get(name)):
        return None
    message = f"{name} holds what looks like an API key."
    return ParameterError(message, parameter=name, advice="Give the key as api_key=... to a client.")


def _wrong_name(params: Any) -> TypeError | None:
    name = next((name for name in params if name not in Params.__optional_keys__), None)
    if name is None:
        return None
    if name in _OF_A_CLIENT:
        return TypeError(f"{name} is given to a client, not to a call: ringup.Client(..., {name}=...).ask(...)")
    if name == "output":
        return TypeError("output is given to ask or stream, not to a client or a chat: chat.ask(..., output=...)")
    known, more = (", ".join(sorted(names)) for names in (Params.__optional_keys__, _OF_A_CLIENT))
    return TypeError(f"unknown parameter {name!r}; the parameters are: {known}; and of a client: {more}")


class Planner:
    """Plans calls. Routes are worked out once for each model, and kept."""

    def __init__(
        self,
        provider: str | Provider | None,
        base_url: str | None,
        api_key: Secret | None,
        defaults: Params,
        prices: Prices | None = None,
    ) -> None:
        self.prices = prices
        self._provider = _provider(provider)
        self._base_url = base_url
        self._api_key = api_key
        self._own = ""  # the provider that the key and the wire passed in are for
        _wire(defaults.get("wire"))
        self._routes: dict[str, Route] = {}
        self.budget = Budget()
        self.defaults = defaults

    def route(self, model: str | None) -> Route:
        """The way to a model. Raises UnknownModelError, MissingKeyError or KeyFormatError."""
        name = self._named(model)
        route = self._routes.get(name)
        if route is None:
            route = self._routes[name] = self._find_route(name)
        return route

    @staticmethod
    def _named(model: str | None) -> str:
        name = model or os.environ.get("RINGUP_MODEL")
        if not name:
            raise UnknownModelError(
                "no model was named.",
                advice='Name one: ringup.ask("Hello!", model="gpt-4o-mini"), or set the variable RINGUP_MODEL.',
            )
        if not isinstance(name, str):
            raise ParameterError(f"model is of the type {type(name).__name__}, not a string", parameter="model")
        return name

    def forget(self) -> None:
        """A key was refused: look for it anew at the next call."""
        self._routes.clear()

    def _find_route(self, name: str) -> Route:
        provider, model = self._who(name)
        url, moved = find_base_url(provider, self._base_url)
        if provider.name == "sim" and not self._base_url and not moved:
            url = _embedded_simulator()
        given = self._api_key if self._is_own(provider) else None
        secret, notices = find_key(provider, given, url)
        if given:  # then advice about the key doesn't name the variable
            provider = replace(provider, key_env=())
        return Route(
            provider=provider,
            model=model,
            wire=wires.find(provider.wire),
            base_url=url.rstrip("/"),
            auth=Auth(secret, provider.key_header) if secret else None,
            rules=provider.rules or models.rules(provider.name, model),
            chooses=provider.name in ("openai", "azure"),
            notices=(*((moved,) if moved else ()), *notices),
        )

    def _is_own(self, provider: Provider) -> bool:
        """Whether the client's key and wire are meant for it: the default model's provider, or the first one called."""
        if not self._own:
            try:
                self._own = self._who(self.defaults.get("model") or "")[0].name
            except UnknownModelError:
                self._own = provider.name
        return provider.name == self._own

    def _who(self, name: str) -> tuple[Provider, str]:
        """The provider, and the model's id as that provider knows it."""
        left, slash, _ = name.partition("/")
        if self._provider:
            return self._provider, _own_id(self._provider, name)
        if self._base_url is not None:
            return Provider(name="custom", base_url=self._base_url, key_optional=True), name
        if slash and (named := providers.find(left)):
            return named, _own_id(named, name)
        if found := providers.of_model(name):
            return found, name
        raise UnknownModelError(
            f"no provider is known for the model {without_shapes(name)!r}.",
            advice=f'Write it as "provider/model", for example "openai/gpt-4o-mini". '
            f"The providers: {', '.join(providers.names())}. "
            f"For another server, give its base_url as well.",
        )

    def ask(self, params: Params, output: Any = None) -> Ask:
        """What a call is given beyond the prompt. Raises TypeError and ParameterError."""
        check_params(params)
        return read_ask({**self.defaults, **params, "output": output})

    def max_cost(self, params: Mapping[str, Any]) -> Decimal | None:
        """What a call may cost. Raises ParameterError."""
        return read_cost(params["max_cost"] if "max_cost" in params else self.defaults.get("max_cost"))

    def estimate(self, messages: tuple[Message, ...], params: Params, output: Any, batch: bool) -> Estimate:
        """What a call may cost. Raises ConfigurationError, and MissingExtraError without the extra `tokens`."""
        unsent = self.unsent(messages, params, self.ask(params, output))
        given: dict[str, Any] = {**self.defaults, **params}
        pricer = Pricer(unsent.provider, unsent.request.model, self.prices)
        return expect(unsent.request, pricer, unsent.rules, as_asked(unsent.request, unsent.rules, given, batch))

    def worst(self, plan: Plan) -> Estimate:
        """What a planned call may cost, and surely doesn't cost more."""
        pricer = Pricer(plan.provider.name, plan.request.model, self.prices)
        if isinstance(plan.request, EmbedRequest):
            return expect_vectors(plan.request, pricer)
        rules = plan.provider.rules or models.rules(plan.provider.name, plan.request.model)
        return expect(plan.request, pricer, rules, as_sent(plan.http.body, rules), rough=True)

    def labels(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The session and the tags of a call, as a Plan has them. Raises ParameterError."""
        session = params["session"] if "session" in params else self.defaults.get("session")
        if not isinstance(session, str | None):
            raise ParameterError(f"session is of the type {type(session).__name__}, not a string", parameter="session")
        tags = {**read_dict(self.defaults, "tags"), **read_dict(params, "tags")}
        if wrong := next((name for name, value in tags.items() if not isinstance(value, str | int | float)), None):
            raise ParameterError(f"the tag {wrong!r} must be a string or a number", parameter="tags")
        return {"session": session, "tags": {str(name): str(value) for name, value in tags.items()}}

    def timeout(self, params: Params) -> float:
        """The seconds that an ask may take, with all its calls."""
        seconds: float = read_seconds({**self.defaults, **params}, "timeout", DEFAULT_TIMEOUT)
        return seconds

    def plan(
        self,
        messages: tuple[Message, ...],
        params: Params,
        stream: bool,
        ask: Ask | None = None,
        step: int = 0,
    ) -> Plan:
        """The plan of a call, as which step of an ask. Raises ConfigurationError for what can't be sent."""
        plan, rules = self._plan(messages, params, stream, ask, step)
        check_length(cast("Request", plan.request), rules)
        return plan

    def count_plan(self, messages: tuple[Message, ...], params: Params, ask: Ask) -> Plan | None:
        """The plan of a call that counts the tokens of a prompt; None where the provider has no such call."""
        check_params(params)
        route = self.route(params.get("model") or self.defaults.get("model"))
        if route.chooses or route.provider.name == "sim":  # whose other API, Chat Completions, doesn't count
            params = {**params, "wire": "responses"}
        plan, _ = self._plan(messages, params, False, ask, 0)
        return to_count(plan) if counts(plan.provider.name, plan.wire.NAME) else None

    def unsent(self, messages: tuple[Message, ...], params: Params, ask: Ask) -> Unsent:
        """A prompt as far as it is known without a key and an address."""
        check_params(params)
        given: dict[str, Any] = {**self.defaults, **params}
        provider, model = self._who(self._named(given.get("model")))
        rules = provider.rules or models.rules(provider.name, model)
        request = _with_tools(_request(messages, given, model, False), ask, 0)
        if ask.kind is not None:
            request, _, _ = shaped(request, ask.kind, rules, provider.name)
        return Unsent(provider=provider.name, request=request, rules=rules)

    def _plan(
        self, messages: tuple[Message, ...], params: Params, stream: bool, ask: Ask | None, step: int
    ) -> tuple[Plan, Rules]:
        check_params(params)
        given: dict[str, Any] = {**self.defaults, **params}
        ask = ask or read_ask(given)
        route = self.route(given.get("model"))
        asked = given.get("wire") if params.get("wire") or self._is_own(route.provider) else None
        request = _with_tools(_request(messages, given, route.model, stream), ask, step)
        strict, cache = bool(given.get("strict")), read_cache(given.get("cache"))
        thinks = request.reasoning
        request, thought = fitted(request, route.rules, _wire(asked) or route.wire.NAME, strict)
        request, route = _choose(request, route, _wire(asked))
        request = shown(request, route.wire.NAME, thinks)
        request, shape, typed = _shaped(request, ask, route)
        request, notices = fit(request, route.rules, route.provider.name, strict)
        request, kept = marked(request, route.rules, route.wire.NAME, route.provider.name, cache)
        http, said = _write(request, route)
        plan = Plan(
            provider=route.provider,
            wire=route.wire,
            request=request,
            url=route.base_url + http.path,
            http=http,
            auth=route.auth,
            timeout=read_seconds(given, "timeout", DEFAULT_TIMEOUT),
            idle_timeout=read_seconds(given, "idle_timeout", None),
            retries=read_count(given, "retries", 2),
            notices=route.notices + thought + typed + notices + kept + said,
            budget=self.budget,
            pricer=Pricer(route.provider.name, request.model, self.prices),
            reasons=route.rules.reasons,
            shape=shape,
            breakpoints=route.rules.cache_breakpoints,
            **self.labels(params),
        )
        return plan, route.rules


def _with_tools(request: Request, ask: Ask, step: int) -> Request:
    if not ask.tools:
        return request
    return replace(request, tools=ask.tools, tool_choice=ask.choice_at(step), parallel_tool_calls=ask.parallel)


def _shaped(request: Request, ask: Ask, route: Route) -> tuple[Request, Shape | None, tuple[Notice, ...]]:
    """The request that asks for an answer of the type."""
    shape: Shape | None = None
    notices: tuple[Notice, ...] = ()
    if ask.kind is not None:
        request, shape, notices = shaped(request, ask.kind, route.rules, route.provider.name)
    if request.tools and route.wire.NAME == "responses":  # there a tool that is silent on `strict` is strict
        tools = [_lax(tool) if isinstance(tool, Tool) else tool for tool in request.tools]
        request = replace(request, tools=tuple(tools))
    return request, shape, notices


def _lax(tool: Tool) -> Tool:
    return replace(tool, strict=False) if tool.strict is None else tool


def _own_id(provider: Provider, name: str) -> str:
    """A model's id as its provider knows it: without the provider before it. The simulator's own ids are sim/…"""
    left, slash, rest = name.partition("/")
    named = slash and (left == provider.name or providers.find(left) is provider)
    return rest if named and provider.name != "sim" else name


def _provider(provider: str | Provider | None) -> Provider | None:
    if provider is None or isinstance(provider, Provider):
        return provider
    found = providers.find(provider) if isinstance(provider, str) else None
    if not found:
        known = ", ".join(providers.names())
        raise ParameterError(
            f"provider={without_shapes(repr(provider))} isn't known.",
            parameter="provider",
            advice=f"The providers: {known}.",
        )
    return found


def _wire(name: str | None) -> str | None:
    if name is None or name in wires.NAMES:
        return name
    raise ParameterError(
        f"wire={without_shapes(repr(name))} isn't known; the wires are {', '.join(wires.NAMES)}", parameter="wire"
    )


def _choose(request: Request, route: Route, asked: str | None) -> tuple[Request, Route]:
    """The wire that was asked for, else the one that the request needs; and the request in words for it."""
    if asked == "responses" and route.chooses:
        return in_common_words(request), replace(route, wire=wires.find(asked))
    if asked or not route.chooses:
        return request, replace(route, wire=wires.find(asked)) if asked else route
    why = why_responses(request, route.rules)
    if not why:
        return request, route
    notice = Notice("moved", "wire", f"the call went over OpenAI's Responses API, because {why}")
    wire = wires.find("responses")
    return in_common_words(request), replace(route, wire=wire, notices=(*route.notices, notice))


def _embedded_simulator() -> str:
    """The address of the simulator inside this process. A lazy door: only who asks for sim/… starts it."""
    url: str = importlib.import_module("ringup.testing").embedded().openai_url
    return url


def _request(messages: tuple[Message, ...], given: dict[str, Any], model: str, stream: bool) -> Request:
    stop = given.get("stop")
    system = read_system(given.get("system"))
    if not system and len(messages) > 1 and messages[0].role == "system":
        system, messages = read_system(messages[0].parts), messages[1:]
    return Request(
        model=model,
        messages=messages,
        system=system,
        max_tokens=given.get("max_tokens"),
        temperature=given.get("temperature"),
        top_p=given.get("top_p"),
        stop=() if stop is None else (stop,) if isinstance(stop, str) else _tuple(stop),
        seed=given.get("seed"),
        reasoning=read_reasoning(given.get("reasoning")),
        stream=stream,
        extra=read_dict(given, "extra"),
        headers=read_dict(given, "headers"),
    )


def _write(request: Request, route: Route) -> tuple[HttpRequest, tuple[Notice, ...]]:
    try:
        return route.wire.write_request(request, route.rules)
    except (TypeError, OverflowError, RecursionError) as error:
        raise ParameterError(
            f"the request holds something that can't be written as JSON: {error}.",
            parameter="extra" if request.extra else "prompt",
            advice="Use strings, numbers, booleans, None, lists and dicts.",
        ) from None


def read_dict(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A parameter that is a dict; empty where it isn't given. Raises ParameterError, as the next two do."""
    value = given.get(name)
    if value is None or isinstance(value, Mapping):
        return Quiet(value or {})
    raise ParameterError(f"{name} is of the type {type(value).__name__}, not a dict", parameter=name)


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, (list, set, frozenset)) else value


def read_seconds(given: Mapping[str, Any], name: str, default: float | None) -> Any:
    """A parameter that is a number of seconds."""
    value = given.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= _LONGEST:
        raise ParameterError(
            f"{name}={value!r} is out of range: a number of seconds above 0, and {_LONGEST:,.0f} at most.",
            parameter=name,
            advice=f"Leave it out for the default{f' of {default:g} s' if default else ''}.",
        )
    return float(value)


def read_count(given: Mapping[str, Any], name: str, default: int, least: int = 0, most: int = 100) -> int:
    """A parameter that is a whole number."""
    value = given.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ParameterError(
            f"{name}={value!r} is out of range: a whole number from {least} to {most:,}.", parameter=name
        )
    return value
