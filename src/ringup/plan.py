"""From what a user asks to a `Plan`: which provider, which address, which key, and what exactly is sent."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from typing import Any, TypedDict

from msgspec import Struct
from msgspec.structs import replace

from ringup import models, prices, providers, wires
from ringup.call import Plan
from ringup.choice import in_common_words, why_responses
from ringup.errors import ParameterError, UnknownModelError
from ringup.http import HttpRequest
from ringup.keys import find_base_url, find_key
from ringup.messages import Message, Request
from ringup.parameters import fit, key_header
from ringup.prompt import read_system
from ringup.providers import Provider
from ringup.reply import Bill, Notice, Reply
from ringup.retry import Budget
from ringup.rules import Rules
from ringup.secret import Auth, Secret
from ringup.wire import Wire

__all__ = ["Defaults", "Params", "Planner", "Route", "check_params"]

DEFAULT_TIMEOUT = 600.0
_LONGEST = 1e9
_OF_A_CLIENT = frozenset({"provider", "base_url", "api_key", "ledger", "on_event", "proxy", "ca_file", "transport"})


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
    wire          the API to speak, where a provider has several: "responses" or "chat_completions" for OpenAI; default:
                  the one that model and request need (docs/wires.md)
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
    wire: str | None
    extra: dict[str, Any]
    headers: dict[str, str]


class Params(Defaults, total=False):
    """What an `ask`, a `stream` or a `chat` may be given: all of `Defaults`, and another model.

    model         "provider/model", or a bare id whose family is known (gpt-*, o*, claude-*, gemini-*, ...)
    """

    model: str | None


class Pricer(Struct, frozen=True):
    """Prices the replies of one model."""

    provider: str
    model: str

    def __call__(self, reply: Reply) -> Bill:
        details = reply.usage.details
        tier = reply.extra.get("service_tier") or details.get("service_tier") or details.get("serviceTier")
        return prices.bill(self.provider, reply.model or self.model, reply.usage, service_tier=tier)


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


def check_params(params: Any) -> None:
    """Raises TypeError for a name that isn't a parameter, as Python does for a wrong signature.

    And ParameterError for a header that carries a key. Either empties `params` first: no frame may show a key.
    """
    error = _wrong_name(params) or key_header(params.get("headers"))
    if error:
        params.clear()
        raise error


def _wrong_name(params: Any) -> TypeError | None:
    name = next((name for name in params if name not in Params.__optional_keys__), None)
    if name is None:
        return None
    if name in _OF_A_CLIENT:
        return TypeError(f"{name} is given to a client, not to a call: ringup.Client(..., {name}=...).ask(...)")
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
    ) -> None:
        self._provider = _provider(provider)
        self._base_url = base_url
        self._api_key = api_key
        self._own = ""  # the provider that the key and the wire passed in are for
        _wire(defaults.get("wire"))
        self._routes: dict[str, Route] = {}
        self._budget = Budget()
        self.defaults = defaults

    def route(self, model: str | None) -> Route:
        """The way to a model. Raises UnknownModelError, MissingKeyError or KeyFormatError."""
        name = model or os.environ.get("RINGUP_MODEL")
        if not name:
            raise UnknownModelError(
                "no model was named.",
                advice='Name one: ringup.ask("Hello!", model="gpt-4o-mini"), or set the variable RINGUP_MODEL.',
            )
        if not isinstance(name, str):
            raise ParameterError(f"model is of the type {type(name).__name__}, not a string", parameter="model")
        route = self._routes.get(name)
        if route is None:
            route = self._routes[name] = self._find_route(name)
        return route

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
            f"no provider is known for the model {name!r}.",
            advice=f'Write it as "provider/model", for example "openai/gpt-4o-mini". '
            f"The providers: {', '.join(providers.names())}. "
            f"For another server, give its base_url as well.",
        )

    def plan(self, messages: tuple[Message, ...], params: Params, stream: bool) -> Plan:
        """The plan of a call. Raises ConfigurationError for what can't be sent."""
        check_params(params)
        given: dict[str, Any] = {**self.defaults, **params}
        route = self.route(given.get("model"))
        asked = given.get("wire") if params.get("wire") or self._is_own(route.provider) else None
        request, route = _choose(_request(messages, given, route.model, stream), route, _wire(asked))
        request, notices = fit(request, route.rules, route.provider.name, bool(given.get("strict")))
        http, said = _write(request, route)
        return Plan(
            provider=route.provider,
            wire=route.wire,
            request=request,
            url=route.base_url + http.path,
            http=http,
            auth=route.auth,
            timeout=_seconds(given, "timeout", DEFAULT_TIMEOUT),
            idle_timeout=_seconds(given, "idle_timeout", None),
            retries=_count(given, "retries", 2),
            notices=route.notices + notices + said,
            budget=self._budget,
            pricer=Pricer(route.provider.name, request.model),
        )


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
            f"provider={provider!r} isn't known.", parameter="provider", advice=f"The providers: {known}."
        )
    return found


def _wire(name: str | None) -> str | None:
    if name is None or name in wires.NAMES:
        return name
    raise ParameterError(f"wire={name!r} isn't known; the wires are {', '.join(wires.NAMES)}", parameter="wire")


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
        stream=stream,
        extra=_dict(given, "extra"),
        headers=_dict(given, "headers"),
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


def _dict(given: dict[str, Any], name: str) -> dict[str, Any]:
    value = given.get(name)
    if value is None or isinstance(value, Mapping):
        return dict(value or {})
    raise ParameterError(f"{name} is of the type {type(value).__name__}, not a dict", parameter=name)


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, (list, set, frozenset)) else value


def _seconds(given: dict[str, Any], name: str, default: float | None) -> Any:
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


def _count(given: dict[str, Any], name: str, default: int) -> int:
    value = given.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 100:
        raise ParameterError(f"{name}={value!r} is out of range: a whole number from 0 to 100.", parameter=name)
    return value
