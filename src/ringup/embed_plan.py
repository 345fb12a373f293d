"""From texts to a `Job`: who embeds them, how they are split, and what exactly each call sends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, TypedDict

from msgspec import Struct
from msgspec.structs import replace

from ringup import embedders, models, wires
from ringup.bills import Pricer
from ringup.embed_job import Job, Progress, read_texts, sizes, split
from ringup.embedders import EmbedRules
from ringup.embeddings import Embeddings, EmbedRequest
from ringup.errors import ConfigurationError, ParameterError, UnknownModelError
from ringup.given import DEFAULT_TIMEOUT, read_count, read_dict, read_seconds
from ringup.parameters import check_headers, key_header
from ringup.plan import Planner
from ringup.reply import Bill
from ringup.routes import Route
from ringup.script import Env, Plan, Record, Script
from ringup.wire import EmbedWire

__all__ = ["EmbedParams", "make_job"]

AT_ONCE, PATIENCE = 4, 5
_LARGEST = 1_000_000
_OWN = ("model", "input", "requests")
"""What may not be given in `extra`: the texts, and who embeds them."""


class EmbedParams(TypedDict, total=False):
    """What `embed` may be given. A client's own defaults hold here too, for all but `extra`, which is for chats.

    model         "provider/model", or a bare id whose family is known; default: the client's
    dimensions    how many numbers each vector shall have; default: as many as the model gives
    task          what the vectors are for, in the provider's word (Gemini: "RETRIEVAL_QUERY", "CLUSTERING", ...)
    batch         how many texts go into one request at most; default: as many as the provider takes, or 32 where that
                  isn't known
    at_once       how many requests may be under way at a time; default 4. After a 429 there are fewer for a while
    on_progress   a function of (done, total), called in your own thread whenever a request's texts are done; an
                  exception of its own ends the job
    timeout       seconds for the whole job, retries and waits included; default 600
    idle_timeout  the longest silence in seconds, for each try; default: none
    retries       how many more times each request is tried after a failure that may pass; default 2, and 5 in a job of
                  several requests
    strict        True makes what the API can't say an error, instead of leaving it out with a notice
    max_cost      US dollars that the whole job may cost at the most; what may cost more isn't sent
    session       a name that the ledger files the calls under, to find them again with others
    tags          further names for the ledger, and their values: {"team": "docs"}; a client's and a call's go together
    extra         further fields of each request's body, sent as they are
    headers       further HTTP headers (never a key)
    """

    model: str | None
    dimensions: int | None
    task: str | None
    batch: int | None
    at_once: int
    on_progress: Progress | None
    timeout: float
    idle_timeout: float | None
    retries: int
    strict: bool
    max_cost: str | float | Decimal | None
    session: str | None
    tags: dict[str, Any]
    extra: dict[str, Any]
    headers: dict[str, str]


_SHARED = ("model", "timeout", "idle_timeout", "retries", "strict", "headers")
"""The defaults of a client that hold for embeddings too."""


class EmbedPricer(Struct, frozen=True):
    """Prices the vectors of one model: only what goes in costs."""

    pricer: Pricer

    def __call__(self, found: Embeddings) -> Bill:
        usage = replace(found.usage, output_tokens=found.usage.output_tokens or 0)
        bill = self.pricer(replace(found, usage=usage))
        return replace(bill, lines=tuple([line for line in bill.lines if line[1] or line[0] != "output"]))


class _Embedder(Struct, frozen=True, kw_only=True):
    """Plans the calls of one job."""

    route: Route
    wire: EmbedWire
    request: EmbedRequest
    idle_timeout: float | None
    retries: int
    strict: bool
    labels: dict[str, Any]
    planner: Planner

    def plan(self, texts: tuple[str, ...], timeout: float) -> Plan:
        request, route = replace(self.request, texts=texts), self.route
        try:
            http, notices = self.wire.write_request(request)
        except (TypeError, OverflowError, RecursionError) as error:
            raise ParameterError(f"extra can't be written as JSON: {error}", parameter="extra") from None
        dropped = next((notice for notice in notices if notice.kind == "dropped"), None)
        if self.strict and dropped:
            raise ParameterError(f"{dropped.what} can't be sent: {dropped.message}", parameter=dropped.what)
        return Plan(
            provider=route.provider,
            wire=self.wire,
            request=request,
            url=route.base_url + http.path,
            http=http,
            auth=route.auth,
            timeout=timeout,
            idle_timeout=self.idle_timeout,
            retries=self.retries,
            notices=route.notices + notices,
            budget=self.planner.budget,
            pricer=EmbedPricer(Pricer(route.provider.name, request.model, self.planner.prices)),
            **self.labels,
        )


def make_job(
    planner: Planner,
    texts: str | Iterable[str],
    params: EmbedParams,
    begin: Callable[[Plan], tuple[Record, Script]],
    env: Env,
) -> Job:
    """The job, with all that can be refused refused. `begin` makes a call of a plan.

    Raises ConfigurationError: a text that is empty or too long, no model, no key, a parameter out of range; and
    TypeError for a name that isn't a parameter.
    """
    _check_names(params)
    given: dict[str, Any] = {name: value for name, value in planner.defaults.items() if name in _SHARED}
    given |= {name: value for name, value in params.items() if value is not None}
    asked = read_texts(texts)
    route, wire = _route(planner, given.get("model"))
    rules = embedders.rules(route.provider.name, route.model)
    request = _request(given, route.model, rules)
    batch = read_count(given, "batch", 0, 1, _LARGEST) or None
    pieces = split(sizes(asked, rules, route.model), rules, batch)
    embedder = _Embedder(
        route=route,
        wire=wire,
        request=request,
        idle_timeout=read_seconds(given, "idle_timeout", None),
        retries=read_count(given, "retries", PATIENCE if len(pieces) > 1 else 2),
        strict=bool(given.get("strict")),
        labels=planner.labels(params),
        planner=planner,
    )
    return Job(
        asked,
        pieces,
        lambda texts, left: begin(embedder.plan(texts, left)),
        env,
        model=route.model,
        timeout=read_seconds(given, "timeout", DEFAULT_TIMEOUT),
        at_once=read_count(given, "at_once", AT_ONCE, 1),
        on_progress=_progress(given),
        dimensions=given.get("dimensions"),
    )


def _check_names(params: Any) -> None:
    """Raises as `check_params` does for a chat's, and empties `params` first: no frame may show a key."""
    known = EmbedParams.__optional_keys__
    wrong: Exception | None = key_header(params.get("headers"))
    if name := next((name for name in params if name not in known), None):
        wrong = TypeError(f"embed has no parameter {name!r}; its parameters are: {', '.join(sorted(known))}")
    if wrong:
        params.clear()
        raise wrong


def _route(planner: Planner, model: str | None) -> tuple[Route, EmbedWire]:
    if not model:
        raise UnknownModelError(
            "no model for embeddings was named.",
            advice='Name one: ringup.embed(texts, model="text-embedding-3-small").',
        )
    route = planner.route(model)
    wire, name = wires.find_embeddings(route.provider.wire), route.provider.name
    if wire is None:
        raise ConfigurationError(
            f"{name} has no API for embeddings.", advice='Others have: model="text-embedding-3-small" is OpenAI\'s.'
        )
    if models.is_known(name, route.model):
        example = next(iter(embedders.known(name)), "text-embedding-3-small")
        raise ParameterError(
            f"{route.model} is a model for chats, and gives no vectors.",
            parameter="model",
            advice=f'Name one for embeddings: model="{example}".',
        )
    return route, wire


def _request(given: Mapping[str, Any], model: str, rules: EmbedRules) -> EmbedRequest:
    extra, headers = read_dict(given, "extra"), read_dict(given, "headers")
    check_headers(headers)
    if name := next((name for name in _OWN if name in extra), None):
        raise ParameterError(f"extra must not hold {name!r}: the texts and the model stand there", parameter="extra")
    task = given.get("task")
    if not isinstance(task, str | None):
        raise ParameterError(f"task is of the type {type(task).__name__}, not a string", parameter="task")
    dimensions = _dimensions(given, model, rules)
    if dimensions and rules.dimensions_field != "dimensions":
        extra, dimensions = {rules.dimensions_field: dimensions, **extra}, None
    return EmbedRequest(model=model, texts=(), dimensions=dimensions, task=task, extra=extra, headers=headers)


def _dimensions(given: Mapping[str, Any], model: str, rules: EmbedRules) -> int | None:
    if given.get("dimensions") is None:
        return None
    if rules.dimensions_max == 0:
        raise ParameterError(
            f"dimensions can't be chosen for {model}: its vectors have {rules.dimensions:,} numbers.",
            parameter="dimensions",
            advice="Leave it out.",
        )
    return read_count(given, "dimensions", 0, 1, rules.dimensions_max or _LARGEST)


def _progress(given: Mapping[str, Any]) -> Progress | None:
    found: Progress | None = given.get("on_progress")
    if found is not None and not callable(found):
        raise ParameterError("on_progress must be a function of (done, total)", parameter="on_progress")
    return found
