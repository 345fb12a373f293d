"""From what a user asks to a `Plan`: what exactly is sent, to whom, and what it may cost."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from msgspec import Struct
from msgspec.structs import replace

from ringup import models, wires
from ringup.asking import NAMES, Ask, read_ask
from ringup.bills import Pricer
from ringup.caching import is_for_long, marked, read_cache
from ringup.choice import in_common_words, why_responses
from ringup.errors import ParameterError
from ringup.given import DEFAULT_TIMEOUT, Params, check_params, read_count, read_dict, read_seconds
from ringup.http import HttpRequest
from ringup.later import later
from ringup.messages import Message, Request, Tool
from ringup.parameters import check_length, fit
from ringup.prompt import read_system
from ringup.providers import Provider
from ringup.reasoning import fitted, read_reasoning, shown
from ringup.reply import Notice
from ringup.retry import Budget
from ringup.routes import Route, Router, model_name, read_wire
from ringup.rules import Rules
from ringup.script import Plan
from ringup.secret import Secret
from ringup.spending import read_cost

if TYPE_CHECKING:
    from ringup import counting, estimates, structured
    from ringup.estimates import Estimate
    from ringup.pricelist import Prices
    from ringup.structured import Shape
else:
    counting = later("counting")
    estimates = later("estimates")
    structured = later("structured")

__all__ = ["Planner", "Unsent"]


class Unsent(Struct, frozen=True, kw_only=True):
    """A prompt before it is planned: who would read it, and by which rules."""

    provider: str
    request: Request
    rules: Rules


class _Terms(Struct, frozen=True, kw_only=True):
    """What is asked of a call, and isn't in its request."""

    strict: bool
    cache: str | bool
    timeout: float
    idle_timeout: float | None
    retries: int
    labels: dict[str, Any]


_TERMS = frozenset({"strict", "cache", "timeout", "idle_timeout", "retries", "session", "tags"})
"""The parameters that terms are read from."""


class Planner:
    """Plans calls, all with the same defaults. What those say is read once, at the first call that goes by them."""

    def __init__(
        self,
        provider: str | Provider | None,
        base_url: str | None,
        api_key: Secret | None,
        defaults: Params,
        prices: Prices | None = None,
    ) -> None:
        self._router = Router(provider, base_url, api_key, defaults.get("model"))
        read_wire(defaults.get("wire"))
        self.defaults = defaults
        self.prices = prices
        self.budget = Budget()

    def route(self, model: str | None) -> Route:
        """The way to a model. Raises UnknownModelError, MissingKeyError or KeyFormatError."""
        return self._router.route(model)

    def forget(self) -> None:
        """A key was refused: look for it anew at the next call."""
        self._router.forget()

    def ask(self, params: Params, output: Any = None) -> Ask:
        """What a call is given beyond the prompt. Raises TypeError and ParameterError."""
        check_params(params)
        if output is None and NAMES.isdisjoint(params):
            return self._usual_ask
        return read_ask({**self.defaults, **params, "output": output})

    @cached_property
    def _usual_ask(self) -> Ask:
        return read_ask(self.defaults)

    def max_cost(self, params: Mapping[str, Any]) -> Decimal | None:
        """What a call may cost. Raises ParameterError."""
        return read_cost(params["max_cost"] if "max_cost" in params else self.defaults.get("max_cost"))

    def estimate(self, messages: tuple[Message, ...], params: Params, output: Any, batch: bool) -> Estimate:
        """What a call may cost. Raises ConfigurationError, and MissingExtraError without the extra `tokens`."""
        unsent = self.unsent(messages, params, self.ask(params, output))
        given: dict[str, Any] = {**self.defaults, **params}
        pricer = Pricer(unsent.provider, unsent.request.model, self.prices)
        asked = estimates.as_asked(unsent.request, unsent.rules, given, batch)
        return estimates.expect(unsent.request, pricer, unsent.rules, asked)

    def worst(self, plan: Plan) -> Estimate:
        """What a planned call may cost, and surely doesn't cost more."""
        pricer = Pricer(plan.provider.name, plan.request.model, self.prices)
        if not isinstance(plan.request, Request):
            return estimates.expect_vectors(plan.request, pricer)
        sent = estimates.as_sent(plan.http.body, plan.rules)
        return estimates.expect(plan.request, pricer, plan.rules, sent, rough=True)

    def labels(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The session and the tags of a call, as a Plan has them. Raises ParameterError."""
        session = params["session"] if "session" in params else self.defaults.get("session")
        if not isinstance(session, str | None):
            raise ParameterError(f"session is of the type {type(session).__name__}, not a string", parameter="session")
        tags = {**read_dict(self.defaults, "tags"), **read_dict(params, "tags")}
        if wrong := next((name for name, value in tags.items() if not isinstance(value, str | int | float)), None):
            raise ParameterError(f"the tag {wrong!r} must be a string or a number", parameter="tags")
        return {"session": session, "tags": {str(name): str(value) for name, value in tags.items()}}

    def _terms(self, params: Params) -> _Terms:
        return self._usual_terms if _TERMS.isdisjoint(params) else self._read_terms(params)

    @cached_property
    def _usual_terms(self) -> _Terms:
        return self._read_terms({})

    def _read_terms(self, params: Params) -> _Terms:
        given: dict[str, Any] = {**self.defaults, **params}
        return _Terms(
            strict=bool(given.get("strict")),
            cache=read_cache(given.get("cache")),
            timeout=read_seconds(given, "timeout", DEFAULT_TIMEOUT),
            idle_timeout=read_seconds(given, "idle_timeout", None),
            retries=read_count(given, "retries", 2),
            labels=self.labels(params),
        )

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
        """The plan of a call, as which step of an ask. Raises ConfigurationError for what can't be sent.

        Where an `Ask` is wanted, here and below, it is what `ask` has made of the same `params`, which it has checked.
        """
        plan = self._plan(messages, params, stream, ask or self.ask(params), step)
        check_length(cast("Request", plan.request), plan.rules, len(plan.http.body))
        return plan

    def count_plan(self, messages: tuple[Message, ...], params: Params, ask: Ask) -> Plan | None:
        """The plan of a call that counts the tokens of a prompt; None where the provider has no such call."""
        route = self.route(params.get("model") or self.defaults.get("model"))
        if route.chooses or route.provider.name == "sim":  # whose other API, Chat Completions, doesn't count
            params = {**params, "wire": "responses"}
        plan = self._plan(messages, params, False, ask, 0)
        return counting.to_count(plan) if counting.counts(plan.provider.name, plan.wire.NAME) else None

    def unsent(self, messages: tuple[Message, ...], params: Params, ask: Ask) -> Unsent:
        """A prompt as far as it is known without a key and an address."""
        given: dict[str, Any] = {**self.defaults, **params}
        provider, model = self._router.who(model_name(given.get("model")))
        rules = provider.rules or models.rules(provider.name, model)
        request = _with_tools(_request(messages, given, model, False), ask, 0)
        if ask.kind is not None:
            request, _, _ = structured.shaped(request, ask.kind, rules, provider.name)
        return Unsent(provider=provider.name, request=request, rules=rules)

    def _plan(self, messages: tuple[Message, ...], params: Params, stream: bool, ask: Ask, step: int) -> Plan:
        given: Mapping[str, Any] = {**self.defaults, **params} if params else self.defaults
        terms = self._terms(params)
        route = self.route(given.get("model"))
        asked = read_wire(given.get("wire") if params.get("wire") or self._router.is_own(route.provider) else None)
        request = _with_tools(_request(messages, given, route.model, stream), ask, step)
        thinks = request.reasoning
        request, thought = fitted(request, route.rules, asked or route.wire.NAME, terms.strict)
        request, route = _choose(request, route, asked, terms.cache)
        request = shown(request, route.wire.NAME, thinks)
        request, shape, typed = _shaped(request, ask, route)
        request, notices = fit(request, route.rules, route.provider.name, terms.strict)
        request, kept = marked(request, route.rules, route.wire.NAME, route.provider.name, terms.cache)
        http, said = _write(request, route)
        return Plan(
            provider=route.provider,
            wire=route.wire,
            request=request,
            url=route.base_url + http.path,
            http=http,
            auth=route.auth,
            timeout=terms.timeout,
            idle_timeout=terms.idle_timeout,
            retries=terms.retries,
            notices=route.notices + thought + typed + notices + kept + said,
            budget=self.budget,
            pricer=Pricer(route.provider.name, request.model, self.prices),
            shape=shape,
            rules=route.rules,
            **terms.labels,
        )


def _with_tools(request: Request, ask: Ask, step: int) -> Request:
    if not ask.tools:
        return request
    return replace(request, tools=ask.tools, tool_choice=ask.choice_at(step), parallel_tool_calls=ask.parallel)


def _shaped(request: Request, ask: Ask, route: Route) -> tuple[Request, Shape | None, tuple[Notice, ...]]:
    """The request that asks for an answer of the type."""
    shape: Shape | None = None
    notices: tuple[Notice, ...] = ()
    if ask.kind is not None:
        request, shape, notices = structured.shaped(request, ask.kind, route.rules, route.provider.name)
    if request.tools and route.wire.NAME == "responses":  # there a tool that is silent on `strict` is strict
        tools = [_lax(tool) if isinstance(tool, Tool) else tool for tool in request.tools]
        request = replace(request, tools=tuple(tools))
    return request, shape, notices


def _lax(tool: Tool) -> Tool:
    return replace(tool, strict=False) if tool.strict is None else tool


def _choose(request: Request, route: Route, asked: str | None, cache: str | bool) -> tuple[Request, Route]:
    """The wire that was asked for, else the one that the request needs; and the request in words for it."""
    if asked == "responses" and route.chooses:
        return in_common_words(request), replace(route, wire=wires.find(asked))
    if asked or not route.chooses:
        return request, replace(route, wire=wires.find(asked)) if asked else route
    why = why_responses(request, route.rules, is_for_long(request, route.rules, cache))
    if not why:
        return request, route
    notice = Notice("moved", "wire", f"the call went over OpenAI's Responses API, because {why}")
    wire = wires.find("responses")
    return in_common_words(request), replace(route, wire=wire, notices=(*route.notices, notice))


def _request(messages: tuple[Message, ...], given: Mapping[str, Any], model: str, stream: bool) -> Request:
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


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, (list, set, frozenset)) else value
