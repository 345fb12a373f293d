"""The simulator as an ASGI application: the vendors' addresses, and its own under /_ringup."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from ringup.errors import ConfigurationError
from ringup.http import HttpRequest
from ringup.simulator import strict
from ringup.simulator.answers import Answer
from ringup.simulator.buckets import Buckets
from ringup.simulator.calls import Call, CallLog, Received
from ringup.simulator.delivery import Delivery, Watched
from ringup.simulator.engine import Engine, wire_of
from ringup.simulator.faults import Fault, Faults, Settings, read_faults
from ringup.simulator.headers import SECRET, SERVER, mask, mask_query
from ringup.simulator.invoice import Invoice
from ringup.simulator.page import page

__all__ = ["App"]

_FURTHEST = 100 * 365.25 * 86_400
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

_ASKS_FOR_WORK = re.compile(r"/v1/(files|batches|messages/batches)(/|$)")
"""The addresses of batches and their files. Nobody else has to wait for the work."""
_PATIENCE = 2.0
"""Seconds that they wait for it at most."""


class _Forward(msgspec.Struct):
    """What is posted to set the clock forward: seconds."""

    advance: float


class App:
    """Everything that the simulator is, but for its socket. `asgi` is the application.

    seed     the answers, ids and choices follow from it
    faults   what goes wrong, from the first call on
    rpm, tpm the requests and tokens that each key has in a minute; None for a large account's
    pace     seconds between the tokens of a stream
    clock    seconds since the epoch, for timestamps, rate limits and caches
    conformance  mend what is refused, as the vendors' own suites need it (`ringup.simulator.conformance`)
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        faults: Iterable[Fault] = (),
        rpm: int | None = None,
        tpm: int | None = None,
        pace: float = 0.0,
        clock: Callable[[], float] = time.time,
        conformance: bool = False,
    ) -> None:
        self._real_clock = clock
        self._ahead = 0.0
        self._pace = pace
        self._limits = (rpm, tpm)
        self._first = list(faults)
        self._number = 0
        self.faults = Faults(self._first)
        self.buckets = Buckets(self._clock, rpm, tpm)
        self.calls = CallLog()
        self.stopping = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self._engine = Engine(seed, self._clock, self.faults, self.buckets, conformance)
        self.asgi = Starlette(
            routes=[
                Route("/", self._page),
                Route("/_ringup", self._page),
                Route("/_ringup/", self._page),
                Route("/_ringup/calls", self._calls, methods=["GET", "DELETE"]),
                Route("/_ringup/faults", self._faults, methods=["GET", "POST", "DELETE"]),
                Route("/_ringup/clock", self._time, methods=["GET", "POST"]),
                Route("/_ringup/invoice", self._invoice, methods=["GET", "DELETE"]),
                Route("/_ringup/{path:path}", _nothing, methods=_METHODS),
                Route("/{path:path}", self._vendor, methods=_METHODS),
            ]
        )

    def reset(self) -> None:
        """As it was at the start: no calls, no invoice, the first faults, full buckets, empty caches, the clock's own
        time, and the numbers from 1."""
        self.faults.clear()
        self.faults.add(self._first)
        self.buckets.set(*self._limits)
        self.calls.clear()
        self._engine.world.clear()
        self._number = 0
        self._ahead = 0.0

    def advance(self, seconds: float) -> None:
        """Set the simulator's clock forward. Raises ConfigurationError for a way back."""
        if not 0 <= seconds < 1e9 or self._ahead + seconds > _FURTHEST:
            raise ConfigurationError(
                f"a clock is set forward, by 0 to 1e9 seconds at a time and 100 years in all, and not by {seconds}."
            )
        self._ahead += seconds

    def invoice(self) -> Invoice:
        """What all calls so far would cost. Of batches it has what was worked on: what is asked for over HTTP has all
        that is due."""
        return self._engine.world.invoice.invoice(self._clock())

    def _clock(self) -> float:
        return self._real_clock() + self._ahead

    async def _vendor(self, request: Request) -> Delivery:
        key = strict.key_of(request.headers, request.query_params)
        shown = {name: mask(name, value) for name, value in request.headers.items()}
        http = HttpRequest(
            method=request.method,
            path=_plain(request.url.path),
            query={name: value for name, value in request.query_params.items() if name != "key"},
            headers={name: value for name, value in shown.items() if name not in SECRET},
        )
        self._number += 1
        received = Received(
            method=http.method, path=request.url.path, query=mask_query(request.url.query), headers=shown
        )
        call = Call(number=self._number, started=self._clock(), request=received)
        self.calls.add(call)
        body = await _read(request, strict.MAX_BODY[wire_of(http, shown)])
        if body is None:
            answer = self._engine.too_large(http, call)
            answer.early = True
            return self._deliver(answer, None, call)
        call.request.body = body
        self.calls.grown(call, len(body))
        if _ASKS_FOR_WORK.match(http.path):
            await self._caught_up()
        answer, fault = self._engine.answer(msgspec.structs.replace(http, body=body), key, call)
        return self._deliver(answer, fault, call)

    async def _caught_up(self) -> None:
        """Wait until the batches have done what is due by now, but not for long: the rest is done meanwhile."""
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        await asyncio.wait([self._worker], timeout=_PATIENCE)

    async def _work(self) -> None:
        """What is due in batches, a little at a time, so that others are answered in between."""
        while not self.stopping.is_set():
            if not self._engine.world.work():
                return
            await asyncio.sleep(0)

    def _deliver(self, answer: Answer, fault: Fault | None, call: Call) -> Delivery:
        over = partial(self._engine.world.invoice.add, answer.charge) if answer.charge else None
        return Delivery(answer, fault, Watched(call, self.calls, self._clock, over), self.stopping, self._pace)

    # Its own addresses

    async def _page(self, request: Request) -> Response:
        base = str(request.base_url).rstrip("/")
        return HTMLResponse(page(base, self.calls), headers={"server": SERVER})

    async def _calls(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.calls.clear()
        return _json({"calls": [call.plain() for call in self.calls]})

    async def _faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.faults.clear()
        elif request.method == "POST":
            try:
                self._script(msgspec.json.decode(await request.body()))
            except (msgspec.DecodeError, RecursionError, ConfigurationError) as error:
                return _json({"error": str(error)}, status=400)
        limits = {"rpm": self.buckets.rpm, "tpm": self.buckets.tpm}
        return _json({"faults": self.faults.waiting(), **limits})

    async def _time(self, request: Request) -> Response:
        """What time it is; posted {"advance": seconds}, the clock is set forward first."""
        if request.method == "POST":
            try:
                self.advance(msgspec.json.decode(await request.body(), type=_Forward).advance)
            except (msgspec.DecodeError, RecursionError, ConfigurationError) as error:
                return _json({"error": str(error)}, status=400)
        return _json({"now": self._clock(), "advanced": self._ahead})

    async def _invoice(self, request: Request) -> Response:
        """What all calls cost, as JSON or with ?format=csv as CSV."""
        await self._caught_up()
        if request.method == "DELETE":
            self._engine.world.invoice.clear()
        invoice = await asyncio.to_thread(self.invoice)  # which may have to load the prices
        if request.query_params.get("format") == "csv":
            return Response(invoice.csv(), 200, {"server": SERVER}, "text/csv; charset=utf-8")
        return Response(invoice.json(), 200, {"server": SERVER}, "application/json")

    def _script(self, given: Any) -> None:
        """Faults as they are posted: one, a list, or all that a file may hold ({"fault": [...], "rpm": ...}). A limit
        that is null is the one from the start again.
        """
        if isinstance(given, dict) and given.keys() & {"fault", "rpm", "tpm"}:
            try:
                settings = msgspec.convert(given, Settings)
            except msgspec.ValidationError as error:
                raise ConfigurationError(str(error)) from None
            faults = read_faults(settings.fault)
            if given.keys() & {"rpm", "tpm"}:
                rpm, tpm = self._limits
                self.buckets.set(settings.rpm or rpm, settings.tpm or tpm)
        else:
            faults = read_faults(given if isinstance(given, list) else [given])
        self.faults.add(faults)


_AZURE = re.compile(r"/openai/(?:v1/|deployments/[^/]+/)?(.+)")


def _plain(path: str) -> str:
    """OpenAI's address for one of Azure's, which names the deployment in front; any other as it is."""
    found = _AZURE.fullmatch(path)
    return f"/v1/{found[1]}" if found else path


def _json(value: Any, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, {"server": SERVER}, "application/json")


async def _nothing(request: Request) -> Response:
    """An address of its own that is none, or one asked with the wrong method."""
    status = 405 if request.path_params["path"] in ("", "calls", "clock", "faults", "invoice") else 404
    return _json({"error": f"{request.method} {request.url.path} isn't served"}, status)


async def _read(request: Request, limit: int) -> bytes | None:
    """The body, or None as soon as it is larger than the limit."""
    if int(request.headers.get("content-length") or 0) > limit:
        return None
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > limit:
                return None
    except ClientDisconnect:
        pass
    return bytes(body)
