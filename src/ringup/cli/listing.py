"""The models that a provider has for a key: its models endpoint, which costs nothing, and tells that a key works."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType, field
from msgspec.structs import replace

from ringup.advice import advise
from ringup.errors import APITimeoutError, ProtocolError
from ringup.http import HttpRequest, HttpResponse
from ringup.ledger import Secrets
from ringup.plan import Planner
from ringup.routes import Route
from ringup.transport import Options, Transport, make_transport

__all__ = ["Listed", "find_route", "list_models"]

_ENDPOINTS = {
    "anthropic_messages": HttpRequest(
        method="GET", path="/v1/models", query={"limit": "1000"}, headers={"anthropic-version": "2023-06-01"}
    ),
    "gemini": HttpRequest(method="GET", path="/v1beta/models", query={"pageSize": "1000"}),
}
_OPENAI_LIKE = HttpRequest(method="GET", path="/models")
_TIMEOUT = 30.0
_LIMIT = 16 * 1024 * 1024
_PAGES = 50


class Listed(Struct, frozen=True):
    """A model that is there, with its limits in tokens where the provider tells them."""

    id: str
    context_window: int | None = None
    max_output_tokens: int | None = None


class _Top(Struct):
    max_completion_tokens: Any = None


class _Model(Struct):
    """A model as any of them describes it. Only the id (Google's: the name) is always there.

    Windows: Anthropic's max_input_tokens, Google's inputTokenLimit, OpenRouter's and Together's context_length, Groq's
    context_window, Mistral's max_context_length, vLLM's max_model_len. Answers: Anthropic's max_tokens, Google's
    outputTokenLimit, Groq's max_completion_tokens, OpenRouter's in top_provider.
    """

    id: str = ""
    name: Any = None
    max_input_tokens: Any = None
    input_token_limit: Any = field(default=None, name="inputTokenLimit")
    context_length: Any = None
    context_window: Any = None
    max_context_length: Any = None
    max_model_len: Any = None
    max_tokens: Any = None
    output_token_limit: Any = field(default=None, name="outputTokenLimit")
    max_completion_tokens: Any = None
    top_provider: _Top | None = None


class _Models(Struct):
    """A page of the list: OpenAI's and Anthropic's in `data`, Google's in `models`. An empty one may be null."""

    data: list[_Model] | UnsetType | None = UNSET
    models: list[_Model] | UnsetType | None = UNSET
    has_more: bool = False
    last_id: str | None = None
    next_page_token: str = field(default="", name="nextPageToken")


def find_route(provider: str) -> Route:
    """The provider's address and key. Raises MissingKeyError or KeyFormatError."""
    return Planner(provider, None, None, {}).route("any")


def list_models(route: Route) -> list[Listed]:
    """The models that are there, by their ids. Raises APIError: AuthenticationError for a key that isn't accepted."""
    request: HttpRequest | None = _ENDPOINTS.get(route.wire.NAME, _OPENAI_LIKE)
    found: dict[str, Listed] = {}
    transport = make_transport(Options())
    try:
        for _ in range(_PAGES):
            if request is None:
                break
            page = _read(_get(transport, request, route), route)
            found |= {listed.id: listed for model in page.data or page.models or () if (listed := _listed(model)).id}
            request = _next(request, page)
    finally:
        transport.close()
    return [found[name] for name in sorted(found)]


def _next(request: HttpRequest, page: _Models) -> HttpRequest | None:
    """What asks for the next page: after Anthropic's last id, or with Google's token."""
    if page.has_more and page.last_id and "limit" in request.query:
        return replace(request, query={**request.query, "after_id": page.last_id})
    if page.next_page_token:
        return replace(request, query={**request.query, "pageToken": page.next_page_token})
    return None


def _listed(model: _Model) -> Listed:
    windows = (
        *(model.max_input_tokens, model.input_token_limit, model.context_length, model.context_window),
        *(model.max_context_length, model.max_model_len),
    )
    top = model.top_provider.max_completion_tokens if model.top_provider else None
    return Listed(
        id=model.id or str(model.name or "").removeprefix("models/"),
        context_window=_first(*windows),
        max_output_tokens=_first(model.max_tokens, model.output_token_limit, model.max_completion_tokens, top),
    )


def _first(*values: Any) -> int | None:
    """The first that is a number of tokens."""
    return next((value for value in values if type(value) is int and value > 0), None)


def _read(answer: HttpResponse, route: Route) -> _Models:
    if answer.status >= 300:
        secrets = Secrets()
        secrets.know(route.auth.secret if route.auth else None)
        headers = {name: secrets.clean(value) for name, value in answer.headers.items()}
        error = route.wire.read_error(answer.status, headers, secrets.clean_bytes(answer.body))
        error.provider = route.provider.name
        error.advice = advise(error, route.provider, "", route.auth, route.notices)
        raise error
    try:
        page = msgspec.json.decode(answer.body, type=_Models | list[_Model])
    except msgspec.MsgspecError:
        page = _Models()
    if isinstance(page, list):  # Together's is a bare list
        page = _Models(data=page)
    if page.data is UNSET and page.models is UNSET:
        raise ProtocolError(f"{route.base_url} answered with something that isn't a list of models.")
    return page


def _get(transport: Transport, request: HttpRequest, route: Route) -> HttpResponse:
    try:
        return transport.exchange(route.base_url + request.path, request, route.auth, _TIMEOUT, _LIMIT)
    except APITimeoutError:
        raise
    except TimeoutError:
        raise APITimeoutError(f"no answer from {route.base_url} within {_TIMEOUT:g} s.", phase="first_token") from None
