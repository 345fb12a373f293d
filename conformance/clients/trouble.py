"""What goes wrong, the same for every wire of a vendor: errors for every status, retries, and connections that fail.

`errors.json` says which error each status must become; the checks in JavaScript read it too.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from conformance.clients.checks import Check, Checks, Kit, each, got, holds, raised, same

__all__ = ["ERRORS", "Trouble", "closed_port", "enter", "gap"]

ERRORS: dict[str, list[dict[str, Any]]] = json.loads((Path(__file__).parent / "errors.json").read_text())

Ask = Callable[[Any], Any]
"""The smallest call of a wire: takes a client, gives its answer (or what is to be awaited)."""


class Trouble(NamedTuple):
    """What the checks need to know of a vendor's SDK.

    vendor      its name in errors.json
    sdk         the SDK, which has the classes of errors
    facts       the type and code that an error of the SDK tells
    request_id  the header that an error's `request_id` repeats
    """

    vendor: str
    sdk: ModuleType
    facts: Callable[[Any], dict[str, Any]]
    request_id: str


def closed_port() -> int:
    """A port of this machine at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def gap(kit: Kit) -> float:
    """The seconds between the first call that the simulator saw and the second."""
    first, second = kit.sim.calls[:2]
    return second.started - first.started


def enter(checks: Checks, wire: str, trouble: Trouble, ask: Ask, stream: Ask | None = None) -> None:
    """Enters the checks of one wire. `stream` is the smallest call that streams, where the wire has one; a check of an
    error inside it is left to the wire if it has entered its own."""
    for row in ERRORS[trouble.vendor]:
        checks(wire, row["feature"])(_status(row, trouble, ask))
    _connections(checks, wire, trouble, ask)
    _retries(checks, wire, trouble, ask)
    if stream:
        _streams(checks, wire, trouble, stream)


def _status(row: dict[str, Any], trouble: Trouble, ask: Ask) -> Check:
    """The check that one status becomes the right error."""
    kind: type[Exception] = getattr(trouble.sdk, row["class"])

    async def check(kit: Kit) -> None:
        kit.sim.fault(**row["fault"], message="Words of the fault.")
        error = await raised(kind, lambda: got(ask(kit.client)))
        same("the class", type(error).__name__, kind.__name__)
        same("the status", error.status_code, row["status"])
        same("the facts", trouble.facts(error), {name: row.get(name) for name in trouble.facts(error)})
        holds("the fault's words", "Words of the fault." in str(error), str(error))
        same("the request's id", error.request_id, kit.call.headers[trouble.request_id])
        same("the number of calls", len(kit.sim.calls), 1)

    return check


def _connections(checks: Checks, wire: str, trouble: Trouble, ask: Ask) -> None:
    sdk = trouble.sdk

    @checks(wire, "proxy's page")
    async def page(kit: Kit) -> None:
        kit.sim.fault(html=True, status=502)
        error = await raised(sdk.InternalServerError, lambda: got(ask(kit.client)))
        same("the status", error.status_code, 502)
        holds("the page's text", "Bad Gateway" in str(error.response.text), error.response.text)

    @checks(wire, "timeout")
    async def timeout(kit: Kit) -> None:
        kit.sim.fault(stall=True)
        client = kit.make(timeout=0.3)
        await raised(sdk.APITimeoutError, lambda: got(ask(client)))
        same("the number of calls", len(kit.sim.calls), 1)

    @checks(wire, "reset")
    async def reset(kit: Kit) -> None:
        for fault in ("reset", "close"):
            kit.sim.fault(**{fault: True})
            error = await raised(sdk.APIConnectionError, lambda: got(ask(kit.client)))
            same("the class", type(error).__name__, "APIConnectionError")
        same("the outcomes", [call.outcome for call in kit.sim.calls], ["reset", "closed"])
        holds("an answer afterwards", await got(ask(kit.client)), None)

    @checks(wire, "refused")
    async def refused(kit: Kit) -> None:
        client = kit.make(base_url=f"http://127.0.0.1:{closed_port()}/v1")
        error = await raised(sdk.APIConnectionError, lambda: got(ask(client)))
        same("the class", type(error).__name__, "APIConnectionError")


_FAST = {"retry-after-ms": "1"}


def _retries(checks: Checks, wire: str, trouble: Trouble, ask: Ask) -> None:
    sdk = trouble.sdk

    @checks(wire, "attempts")
    async def attempts(kit: Kit) -> None:
        failing = [408, 409, 429, 500, 502, 503, 504, 529]
        kit.sim.script([{"reset": True}, *({"status": status, "headers": _FAST} for status in failing)])
        holds("an answer", await got(ask(kit.make(max_retries=9))), None)
        same("the statuses", [call.status for call in kit.sim.calls], [None, *failing, 200])
        counts = [call.request.headers["x-stainless-retry-count"] for call in kit.sim.calls]
        same("the counts that the SDK sends", ",".join(counts), "0,1,2,3,4,5,6,7,8,9")
        kit.sim.reset()
        kit.sim.fault(status=503, times=0, headers=_FAST)
        await raised(sdk.InternalServerError, lambda: got(ask(kit.make(max_retries=2))))
        same("the number of calls", len(kit.sim.calls), 3)
        for status in (400, 401, 403, 404, 413, 422):
            kit.sim.reset()
            kit.sim.fault(status=status, headers=_FAST)
            await raised(sdk.APIStatusError, lambda: got(ask(kit.make(max_retries=2))))
            same(f"the number of calls after a {status}", len(kit.sim.calls), 1)

    _waits(checks, wire, ask)

    @checks(wire, "x-should-retry: true")
    async def told_to(kit: Kit) -> None:
        kit.sim.fault(status=400, headers=_FAST | {"x-should-retry": "true"})
        holds("an answer", await got(ask(kit.make(max_retries=1))), None)
        same("the statuses", [call.status for call in kit.sim.calls], [400, 200])

    @checks(wire, "x-should-retry: false")
    async def told_not_to(kit: Kit) -> None:
        kit.sim.fault(status=503, headers=_FAST | {"x-should-retry": "false"})
        await raised(sdk.InternalServerError, lambda: got(ask(kit.make(max_retries=2))))
        same("the number of calls", len(kit.sim.calls), 1)


def _waits(checks: Checks, wire: str, ask: Ask) -> None:
    """The SDKs' own first wait is at most half a second, so a longer one shows that the header was obeyed."""

    async def waits(kit: Kit, header: str, value: str, least: float) -> None:
        kit.sim.fault(status=429, headers={header: value})
        holds("an answer", await got(ask(kit.make(max_retries=1))), None)
        same("the statuses", [call.status for call in kit.sim.calls], [429, 200])
        holds(f"a wait of at least {least} s", gap(kit) >= least, gap(kit))

    @checks(wire, "retry-after")
    async def seconds(kit: Kit) -> None:
        await waits(kit, "retry-after", "0.7", 0.7)

    @checks(wire, "retry-after-ms")
    async def milliseconds(kit: Kit) -> None:
        await waits(kit, "retry-after-ms", "650", 0.65)

    @checks(wire, "retry-after, date")
    async def date(kit: Kit) -> None:
        until = int(time.time()) + 2  # a date has no fractions: this one is 1 to 2 s away
        await waits(kit, "retry-after", formatdate(until, usegmt=True), 0)
        again = kit.call.started
        holds(f"a second call at {until} at the earliest", again >= until - 0.02, again)


def _streams(checks: Checks, wire: str, trouble: Trouble, stream: Ask) -> None:
    sdk = trouble.sdk

    async def read(client: Any, seen: list[Any]) -> None:
        async for event in each(await got(stream(client))):
            seen.append(event)  # noqa: PERF401 - what came before an error is kept

    @checks.unless_there(wire, "error in a stream")
    async def inside(kit: Kit) -> None:
        kit.sim.fault(error_after=3)
        seen: list[Any] = []
        error = await raised(sdk.APIError, lambda: read(kit.make(max_retries=2), seen))
        holds("events before the error", len(seen) >= 1, seen)
        known = next(row for row in ERRORS[trouble.vendor] if row["feature"] == "529")
        same("the facts", trouble.facts(error), {name: known.get(name) for name in trouble.facts(error)})
        same("the number of calls", len(kit.sim.calls), 1)

    @checks(wire, "stream cut")
    async def cut(kit: Kit) -> None:
        await _cut(kit, read)


async def _cut(kit: Kit, read: Callable[[Any, list[Any]], Awaitable[None]]) -> None:
    """Raises Unmet unless a stream that breaks off, or is reset, ends in an error, after what was sent of it."""
    whole: list[Any] = []
    await read(kit.client, whole)
    size = len(kit.call.body)
    for fault in ("truncate", "reset_after"):
        kit.sim.fault(**{fault: size // 2})
        seen: list[Any] = []
        await raised(Exception, lambda into=seen: read(kit.make(max_retries=2), into))  # type: ignore[misc]
        holds("some of the events, and not all", 0 < len(seen) < len(whole), (len(seen), len(whole)))
    same("the number of calls", len(kit.sim.calls), 3)
