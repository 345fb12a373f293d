"""Where a model is reached: which provider knows it, at which address, with which key."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING

from msgspec import Struct

from ringup import models, providers, wires
from ringup.errors import ParameterError, UnknownModelError
from ringup.keys import find_base_url, find_key, source_of
from ringup.masks import without_shapes
from ringup.providers import Provider
from ringup.reply import Notice
from ringup.rules import Rules
from ringup.secret import Auth, Secret

if TYPE_CHECKING:
    from ringup.wire import Wire

__all__ = ["Route", "Router", "model_name", "read_wire"]


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


class Router:
    """Finds the ways to models. Each is worked out once, and kept. `model` is the one that is asked by default."""

    def __init__(
        self, provider: str | Provider | None, base_url: str | None, api_key: Secret | None, model: str | None = None
    ) -> None:
        self._provider = _provider(provider)
        self._base_url = base_url
        self._api_key = api_key
        self._model = model
        self._own = ""  # the provider that the key and the wire passed in are for
        self._routes: dict[str, Route] = {}

    def route(self, model: str | None) -> Route:
        """The way to a model. Raises UnknownModelError, MissingKeyError or KeyFormatError."""
        name = model_name(model)
        route = self._routes.get(name)
        if route is None:
            route = self._routes[name] = self._find_route(name)
        return route

    def forget(self) -> None:
        """A key was refused: look for it anew at the next call."""
        self._routes.clear()

    def _find_route(self, name: str) -> Route:
        provider, model = self.who(name)
        url, moved = find_base_url(provider, self._base_url)
        if provider.name == "sim" and not self._base_url and not moved:
            url = _embedded_simulator()
        given = self._api_key if self.is_own(provider) else None
        secret, notices = find_key(provider, given, url)
        return Route(
            provider=provider,
            model=model,
            wire=wires.find(provider.wire),
            base_url=url.rstrip("/"),
            auth=Auth(secret, provider.key_header, "" if given else source_of(provider)) if secret else None,
            rules=provider.rules or models.rules(provider.name, model),
            chooses=provider.name in ("openai", "azure"),
            notices=(*((moved,) if moved else ()), *notices),
        )

    def is_own(self, provider: Provider) -> bool:
        """Whether the client's key and wire are meant for it: the default model's provider, or the first one called."""
        if not self._own:
            try:
                self._own = self.who(self._model or "")[0].name
            except UnknownModelError:
                self._own = provider.name
        return provider.name == self._own

    def who(self, name: str) -> tuple[Provider, str]:
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


def model_name(model: str | None) -> str:
    """The model that is asked for, else that of the variable RINGUP_MODEL. Raises UnknownModelError."""
    name = model or os.environ.get("RINGUP_MODEL")
    if not name:
        raise UnknownModelError(
            "no model was named.",
            advice='Name one: ringup.ask("Hello!", model="gpt-4o-mini"), or set the variable RINGUP_MODEL.',
        )
    if not isinstance(name, str):
        raise ParameterError(f"model is of the type {type(name).__name__}, not a string", parameter="model")
    return name


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


def read_wire(name: str | None) -> str | None:
    """The name of a wire. Raises ParameterError for one that isn't known."""
    if name is None or name in wires.NAMES:
        return name
    raise ParameterError(
        f"wire={without_shapes(repr(name))} isn't known; the wires are {', '.join(wires.NAMES)}", parameter="wire"
    )


def _embedded_simulator() -> str:
    """The address of the simulator inside this process. A lazy door: only who asks for sim/… starts it."""
    url: str = importlib.import_module("ringup.testing").embedded().openai_url
    return url
