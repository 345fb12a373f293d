"""From a request over HTTP to the answer, without a socket: faults, headers, and the addresses of the vendors."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Container

import msgspec

from ringup import wires
from ringup.errors import APIError
from ringup.events import Failed
from ringup.http import HttpRequest
from ringup.messages import Request
from ringup.secret import Secret
from ringup.simulator import anthropic_site, conformance, gemini_site, openai_site, refusals, routes, strict
from ringup.simulator.answers import Answer, told
from ringup.simulator.buckets import Buckets
from ringup.simulator.calls import Call
from ringup.simulator.faults import PAGE, Fault, Faults, spoiled
from ringup.simulator.headers import vendor_headers
from ringup.simulator.ids import Ids
from ringup.simulator.world import Visit, World
from ringup.wire_tools import decode

__all__ = ["Engine", "wire_of"]

log = logging.getLogger("ringup.simulator")

_SITES: dict[refusals.Vendor, tuple[routes.Route, ...]] = {
    "openai": openai_site.ROUTES,
    "anthropic": anthropic_site.ROUTES,
    "gemini": gemini_site.ROUTES,
}
_MAIN: dict[refusals.Vendor, str] = {
    "openai": openai_site.CHAT,
    "anthropic": anthropic_site.CLAUDE,
    "gemini": gemini_site.GEMINI,
}
"""The wire of an address that isn't served."""


def _vendor(http: HttpRequest, headers: Container[str]) -> refusals.Vendor:
    """Whose API a request means: by its path, else by the headers that only Google's and Anthropic's clients send."""
    if http.path.startswith("/v1beta/") or _is_googles(http, headers):
        return "gemini"
    if http.path.startswith("/v1/messages"):
        return "anthropic"
    shared = not routes.find(openai_site.ROUTES, http.path) or routes.find(anthropic_site.ROUTES, http.path)
    return "anthropic" if shared and ("anthropic-version" in headers or "x-api-key" in headers) else "openai"


def _is_googles(http: HttpRequest, headers: Container[str]) -> bool:
    """Whether an address of Google's is meant that isn't under /v1beta: its SDKs ask under /v1 (google-genai 3.4)."""
    if not http.path.startswith("/v1/models"):
        return False
    if http.method == "POST":
        return re.fullmatch(r"/v1/models/[^/:]+:\w+", http.path) is not None
    return "x-goog-api-client" in headers or "x-goog-api-key" in headers


def wire_of(http: HttpRequest, headers: Container[str]) -> str:
    """The wire that a request means. `headers` are the names of all that came, those of keys too."""
    vendor = _vendor(http, headers)
    found = routes.find(_SITES[vendor], http.path)
    return found[0].wire if found else _MAIN[vendor]


def _peek(http: HttpRequest) -> tuple[str, bool]:
    """The model and whether a stream is asked for, before the request is read in earnest; as far as it can be told."""
    if named := re.fullmatch(r"/v1(?:beta)?/models/([^/:]+):(\w+)", http.path):
        return named[1], named[2] == "streamGenerateContent"
    try:
        body = decode(http.body)
    except ValueError:
        return "", False
    if not isinstance(body, dict):
        return "", False
    model = body.get("model")
    return model if isinstance(model, str) else "", body.get("stream") is True


class Engine:
    """Answers requests. `clock` gives seconds since the epoch; the rest follows from the seed and the call's number.
    With `lenient`, a request that is refused is mended first (`ringup.simulator.conformance`)."""

    def __init__(
        self, seed: int, clock: Callable[[], float], faults: Faults, buckets: Buckets, lenient: bool = False
    ) -> None:
        self._serve = conformance.serve if lenient else routes.serve
        self._faults = faults
        self.world = World(seed, clock, buckets)

    def answer(self, http: HttpRequest, key: Secret | None, call: Call) -> tuple[Answer, Fault | None]:
        """The answer to one request, and the fault that its delivery is to show."""
        started = self.world.clock()
        call.wire = wire_of(http, {*http.headers, *call.request.headers})
        call.model, stream = _peek(http)
        vendor = strict.vendor_of(call.wire)
        request_id = Ids(self.world.seed, call.number).request(vendor)
        fault = self._faults.take(http.path, call.wire, call.model, stream)
        call.fault = fault.label if fault else None
        try:
            answer = _faulty(fault, vendor) if fault and fault.answers else self._honest(Visit(http, key, call), fault)
        except APIError as error:
            error.request_id = None if vendor == "gemini" else request_id  # Google's answers have none
            answer = told(call.wire, error)
        levels = self.world.buckets.levels(key) if key and answer.status not in (401, 403) else None
        took = self.world.clock() - started
        own = vendor_headers(vendor, request_id, levels, took, started)
        given = {name.lower(): value for name, value in fault.headers.items()} if fault else {}
        answer.headers = own | answer.headers | given
        if answer.charge:
            answer.charge.request_id = answer.headers.get("x-request-id") or answer.headers.get("request-id")
        return answer, fault

    def too_large(self, http: HttpRequest, call: Call) -> Answer:
        """The answer to a request whose body wasn't read to its end."""
        call.wire = wire_of(http, {*http.headers, *call.request.headers})
        vendor = strict.vendor_of(call.wire)
        error = refusals.too_large(vendor, strict.MAX_BODY[call.wire])
        request_id = Ids(self.world.seed, call.number).request(vendor)
        error.request_id = None if vendor == "gemini" else request_id
        answer = told(call.wire, error)
        own = vendor_headers(vendor, request_id, None, 0.0, self.world.clock())
        answer.headers = own | answer.headers | {"connection": "close"}
        return answer

    def _honest(self, visit: Visit, fault: Fault | None) -> Answer:
        """The answer that is due; `fault` may have it broken inside. Raises the error that the request deserves."""
        wire = visit.call.wire
        try:
            answer = self._serve(_SITES[strict.vendor_of(wire)], self.world, visit)
        except APIError:
            raise
        except Exception:
            log.exception("the simulator failed on %s %s", visit.http.method, visit.http.path)
            raise refusals.of_kind(strict.vendor_of(wire), "server_error") from None
        return _spoil(answer, fault, wire) if fault else answer


_NOTHING = Request(model="", messages=())


def _spoil(answer: Answer, fault: Fault, wire: str) -> Answer:
    """The answer with the fault inside: the status stays 200."""
    inside = refusals.of_kind(strict.vendor_of(wire), fault.kind or "overloaded", message=fault.message)
    if answer.stream:
        answer.chunks = spoiled(answer.chunks, fault, _error_event(answer, fault, wire, inside))
    elif fault.error_after is not None:  # the model had done its work
        failed = told(wire, inside, status=200)
        failed.charge = answer.charge
        if failed.charge:
            failed.charge.outcome = "failed"
        return failed
    return answer


def _error_event(answer: Answer, fault: Fault, wire: str, inside: APIError) -> bytes:
    """The error as a piece of the stream. In Gemini's array it is the last item."""
    if not answer.headers["content-type"].startswith("application/json"):
        return wires.find(wire).Writer(_NOTHING).feed(Failed(inside))
    item = wires.find(wire).Writer(msgspec.structs.replace(_NOTHING, extra={"alt": "json"})).feed(Failed(inside))
    return (b",\r\n" + item[1:] if fault.error_after else item) + b"]"


def _faulty(fault: Fault, vendor: refusals.Vendor) -> Answer:
    """The answer that a fault brings. Raises the error that it means."""
    if fault.html:
        headers = {"content-type": "text/html"}
        return Answer(status=fault.status or 502, headers=headers, chunks=[PAGE.encode()])
    if fault.body is not msgspec.UNSET:
        return _given(fault)
    if fault.status is not None and fault.status < 400:
        return Answer(status=fault.status, headers={}, chunks=[b""])
    raise refusals.of_kind(vendor, fault.kind, fault.status, fault.message)


def _given(fault: Fault) -> Answer:
    body, kind = fault.body, "application/json"
    data = body.encode() if isinstance(body, str) else msgspec.json.encode(body)
    if isinstance(body, str) and not body.lstrip().startswith(("{", "[")):
        kind = "text/plain; charset=utf-8"
    status = fault.status or (refusals.KINDS[fault.kind] if fault.kind else 200)
    return Answer(status=status, headers={"content-type": kind}, chunks=[data])
