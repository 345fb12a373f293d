"""Who answers: one small file for each provider, all data. `find` gets one by name, `of_model` by a model's id.

To add a provider, add a file here with a `PROVIDER` in it. Nothing else needs to know.
"""

from __future__ import annotations

import importlib
import re
from functools import cache

from msgspec import Struct

from ringup.rules import Rules

__all__ = ["Provider", "find", "names", "of_model"]


class Provider(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a provider answers, on which wire, and how it knows its customers.

    base_url        written as in the vendor's own SDK; only the path ("/openai/v1") where each customer has an address
    wire            the name of the wire that it speaks
    key_env         the variables that hold its key, the first found counts; none for a server that needs no key
    key_optional    the server can do without a key
    base_url_env    the variables that hold another base URL
    endpoint_env    the variables that hold a server's address without the path of `base_url`, or only host and port
    key_header      "authorization" (sent as a Bearer token) or the name of a header of its own ("x-api-key")
    key_prefixes    what its keys begin with, where that is known
    families        regular expressions that match the whole of a bare model id of its own
    rules           what its models take, where `ringup.models` has no table for it
    keys_page, billing_page, limits_page, status_page   where a user mends what an error complains of
    """

    name: str
    base_url: str
    wire: str = "chat_completions"
    key_env: tuple[str, ...] = ()
    key_optional: bool = False
    base_url_env: tuple[str, ...] = ()
    endpoint_env: tuple[str, ...] = ()
    key_header: str = "authorization"
    key_prefixes: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    rules: Rules | None = None
    keys_page: str = ""
    billing_page: str = ""
    limits_page: str = ""
    status_page: str = ""


@cache
def names() -> tuple[str, ...]:
    """Every provider's name, in alphabetical order."""
    import pkgutil  # here, for importing the package needs no list of it

    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


@cache
def find(name: str) -> Provider | None:
    """The provider of that name, or None. Dots don't count: llama.cpp is llamacpp, as modules are named."""
    module = name.replace(".", "")
    if module not in names():
        return None
    provider = importlib.import_module(f"{__name__}.{module}").PROVIDER
    assert isinstance(provider, Provider)
    return provider


@cache
def of_model(model: str) -> Provider | None:
    """The provider whose families a bare model id belongs to, or None."""
    for name in names():
        provider = find(name)
        if provider and any(re.fullmatch(family, model) for family in provider.families):
            return provider
    return None
