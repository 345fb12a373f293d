"""The models that a provider has for a key: its models endpoint, which costs nothing, and tells that a key works."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from ringup.advice import advise
from ringup.errors import APITimeoutError, ProtocolError
from ringup.http import HttpRequest, HttpResponse
from ringup.plan import Planner, Route
from ringup.transport import Options, make_transport

__all__ = ["find_route", "list_models"]

_ENDPOINTS = {
    "chat_completions": HttpRequest(method="GET", path="/models"),
    "anthropic_messages": HttpRequest(
        method="GET", path="/v1/models", query={"limit": "1000"}, headers={"anthropic-version": "2023-06-01"}
    ),
}
_TIMEOUT = 30.0
_LIMIT = 16 * 1024 * 1024


class _Model(Struct):
    id: str


class _Models(Struct):
    data: list[_Model]


def find_route(provider: str) -> Route:
    """The provider's address and key. Raises MissingKeyError or KeyFormatError."""
    return Planner(provider, None, None, {}).route("any")


def list_models(route: Route) -> list[str]:
    """The ids of the models that are there. Raises APIError: AuthenticationError for a key that isn't accepted."""
    answer = _get(route)
    if answer.status >= 300:
        error = route.wire.read_error(answer.status, answer.headers, answer.body)
        error.provider, error.advice = route.provider.name, advise(error, route.provider, "")
        raise error
    try:
        return sorted([model.id for model in msgspec.json.decode(answer.body, type=_Models).data])
    except msgspec.MsgspecError:
        raise ProtocolError(f"{route.base_url} answered with something that isn't a list of models.") from None


def _get(route: Route) -> HttpResponse:
    request = _ENDPOINTS[route.wire.NAME]
    transport = make_transport(Options())
    try:
        return transport.exchange(route.base_url + request.path, request, route.auth, _TIMEOUT, _LIMIT)
    except APITimeoutError:
        raise
    except TimeoutError:
        raise APITimeoutError(f"no answer from {route.base_url} within {_TIMEOUT:g} s.", phase="first_token") from None
    finally:
        transport.close()
