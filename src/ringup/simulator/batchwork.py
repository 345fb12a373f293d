"""A line of a batch, answered as if it had been posted by itself."""

from __future__ import annotations

import copy
import logging

from msgspec import Struct

from ringup.errors import APIError
from ringup.http import HttpRequest
from ringup.simulator import refusals, strict
from ringup.simulator.answers import Answer, told
from ringup.simulator.buckets import Buckets
from ringup.simulator.cache import Caches
from ringup.simulator.calls import Call, Received
from ringup.simulator.ids import Ids
from ringup.simulator.jobs import Line
from ringup.simulator.world import Handler, Visit, World

__all__ = ["Desk", "Posted"]

log = logging.getLogger("ringup.simulator")

_NUMBERS = 1_000_000_000
"""The numbers of a batch's lines begin at that of its call times this: no other call has them."""
_UNLIMITED = 1_000_000_000_000


class Posted(Struct, frozen=True):
    """What was answered to a line."""

    status: int
    body: bytes


class Desk:
    """Where the lines of one batch are answered: in the same world, but at their own moments, with a prompt cache and
    rate limits that are the batch's own.

    world   the simulator's
    visit   the request that made the batch
    wire    of the lines' address, which is `path`
    serve   what answers there
    """

    def __init__(self, world: World, visit: Visit, *, path: str, wire: str, serve: Handler) -> None:
        self._visit = visit
        self._path, self._wire, self._serve = path, wire, serve
        self._now = world.clock()
        self._world = copy.copy(world)
        self._world.clock = self._clock
        self._world.buckets = Buckets(self._clock, _UNLIMITED, _UNLIMITED)
        self._world.caches = Caches(self._clock)

    def _clock(self) -> float:
        return self._now

    def post(self, line: Line, at: int, moment: float) -> Posted:
        """The answer to a line, by its place in the batch and its moment."""
        self._now = moment
        http = HttpRequest(path=self._path, headers=self._headers(), body=line.body)
        received = Received(method="POST", path=self._path, body=line.body)
        call = Call(number=self._number(at), started=moment, request=received, wire=self._wire)
        answer = self._answer(Visit(http, self._visit.key, call))
        if answer.charge:
            answer.charge.kind = "batch"
            answer.charge.request_id = self.ids(at).request("openai") if self._wire != "anthropic_messages" else None
            self._world.invoice.add(answer.charge, "answered")
        return Posted(answer.status, b"".join(answer.chunks))

    def ids(self, at: int) -> Ids:
        """Ids that are a line's own, by its place in the batch."""
        return Ids(self._world.seed, self._number(at))

    def _number(self, at: int) -> int:
        return self._visit.call.number * _NUMBERS + at + 1

    def _headers(self) -> dict[str, str]:
        """Those of the batch: what its version and betas allow, they allow to each line."""
        return {**self._visit.http.headers, "content-type": "application/json"}

    def _answer(self, visit: Visit) -> Answer:
        try:
            return self._serve(self._world, visit)
        except APIError as error:
            return told(self._wire, error)
        except Exception:
            log.exception("the simulator failed on a line of a batch for %s", self._path)
            return told(self._wire, refusals.of_kind(strict.vendor_of(self._wire), "server_error"))
