"""A table of addresses: which are served, with which methods, and who may come without a key."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from msgspec import Struct

from ringup.simulator import refusals, strict
from ringup.simulator.answers import Answer
from ringup.simulator.world import Handler, Visit, World

__all__ = ["Route", "find", "serve"]


def _asks_own_model(_: World, visit: Visit) -> bool:
    return strict.is_own_model(visit.call.model)


class Route(Struct, frozen=True):
    """An address: the pattern of its path, whose groups are the `names` of a Visit; the wire that its errors are told
    on; what answers, by method (HEAD is answered as GET is); and which visits need no key: those that ask for one of
    the simulator's own models."""

    path: str
    wire: str
    handlers: dict[str, Handler]
    is_open: Callable[[World, Visit], bool] = _asks_own_model


def find(routes: Iterable[Route], path: str) -> tuple[Route, tuple[str, ...]] | None:
    """The first route that a path fits, and what it names."""
    for route in routes:
        if found := re.fullmatch(route.path, path):
            return route, tuple(name or "" for name in found.groups())
    return None


def serve(routes: Iterable[Route], world: World, visit: Visit) -> Answer:
    """The answer that is due. Raises the error that the request deserves: 404 and 405 before a key is asked for."""
    http, vendor = visit.http, strict.vendor_of(visit.call.wire)
    found = find(routes, http.path)
    if not found:
        raise refusals.no_url(vendor, http.method, http.path)
    route, names = found
    handler = route.handlers.get("GET" if http.method == "HEAD" else http.method)
    if not handler:
        raise refusals.no_method(vendor, http.method, http.path, next(iter(route.handlers)))
    visit = Visit(http, visit.key, visit.call, names)
    if visit.key is not None or not route.is_open(world, visit):
        strict.check_key(route.wire, visit.key)
    return handler(world, visit)
