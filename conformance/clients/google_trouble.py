"""What goes wrong with Google's Python SDK. It has two classes of errors, none for connections, and its retries, which
have to be asked for, don't read headers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2

from conformance.clients.checks import Check, Checks, Kit, each, got, holds, raised, same
from conformance.clients.trouble import ERRORS, Ask, closed_port

__all__ = ["client_error", "enter", "refused", "unknown_model", "wrong_key"]


def client_error(kit: Kit) -> type[Exception]:
    """The SDK's class of errors for a status from 400 to 499."""
    found: type[Exception] = kit.sdk.errors.ClientError
    return found


def enter(checks: Checks, wire: str, ask: Ask, streams: bool = False) -> None:
    """Enters the checks of one wire. `ask` makes its smallest call; when that `streams`, what it gives is read."""
    call = _read(ask) if streams else ask
    for row in ERRORS["gemini"]:
        checks(wire, row["feature"])(_status(row, call))
    _connections(checks, wire, call)
    _retries(checks, wire, call)
    if streams:
        _streams(checks, wire, ask)


def _read(ask: Ask) -> Ask:
    """The same, read to its end."""

    async def read(client: Any) -> list[Any]:
        return [event async for event in each(await got(ask(client)))]

    return read


def _status(row: dict[str, Any], ask: Ask) -> Check:
    async def check(kit: Kit) -> None:
        kit.sim.fault(**row["fault"], message="Words of the fault.")
        error = await raised(getattr(kit.sdk.errors, row["class"]), lambda: got(ask(kit.client)))
        same("status, type, message", (error.code, error.status, error.message), _told(row))
        same("the number of calls", len(kit.sim.calls), 1)

    return check


def _told(row: dict[str, Any]) -> tuple[int, str, str]:
    return row["status"], row["type"], "Words of the fault."


def _connections(checks: Checks, wire: str, ask: Ask) -> None:
    @checks(wire, "proxy's page")
    async def page(kit: Kit) -> None:
        kit.sim.fault(html=True, status=502)
        error = await raised(kit.sdk.errors.ServerError, lambda: got(ask(kit.client)))
        holds("the status and the page", error.code == 502 and "Bad Gateway" in str(error), error)

    @checks(wire, "timeout")
    async def timeout(kit: Kit) -> None:
        kit.sim.fault(stall=True)
        client = kit.make(timeout=300)
        await raised(httpx2.TimeoutException, lambda: got(ask(client)))
        same("the number of calls", len(kit.sim.calls), 1)

    @checks(wire, "reset")
    async def reset(kit: Kit) -> None:
        for fault in ("reset", "close"):
            kit.sim.fault(**{fault: True})
            await raised(httpx2.TransportError, lambda: got(ask(kit.client)))
        same("the outcomes", [call.outcome for call in kit.sim.calls], ["reset", "closed"])

    @checks(wire, "refused")
    async def refused(kit: Kit) -> None:
        client = kit.make(base_url=f"http://127.0.0.1:{closed_port()}")
        await raised(httpx2.ConnectError, lambda: got(ask(client)))


def _retries(checks: Checks, wire: str, ask: Ask) -> None:
    @checks(wire, "attempts")
    async def attempts(kit: Kit) -> None:
        failing = [408, 429, 500, 502, 503, 504]
        kit.sim.script([{"status": status} for status in failing])
        holds("an answer", await got(ask(_patient(kit, 7))), None)
        same("the statuses", [call.status for call in kit.sim.calls], [*failing, 200])
        kit.sim.reset()
        kit.sim.fault(status=503, times=0)
        await raised(kit.sdk.errors.ServerError, lambda: got(ask(_patient(kit, 3))))
        same("the number of calls", len(kit.sim.calls), 3)
        for status in (400, 404, 409):
            kit.sim.reset()
            kit.sim.fault(status=status)
            await raised(kit.sdk.errors.ClientError, lambda: got(ask(_patient(kit, 3))))
            same(f"the number of calls after a {status}", len(kit.sim.calls), 1)


def _patient(kit: Kit, attempts: int) -> Any:
    """A client that retries, with next to no wait."""
    return kit.make(retry_options={"attempts": attempts, "initial_delay": 0.01, "max_delay": 0.01, "jitter": 0})


def _streams(checks: Checks, wire: str, ask: Ask) -> None:
    async def read(client: Any, seen: list[Any]) -> None:
        async for event in each(await got(ask(client))):
            seen.append(event)  # noqa: PERF401 - what came before an error is kept

    @checks(wire, "error in a stream")
    async def inside(kit: Kit) -> None:
        kit.sim.fault(error_after=3)
        seen: list[Any] = []
        error = await raised(kit.sdk.errors.ServerError, lambda: read(kit.client, seen))
        same("status, type", (error.code, error.status), (503, "UNAVAILABLE"))
        same("the events before", len(seen), 3)

    @checks(wire, "stream cut")
    async def cut(kit: Kit) -> None:
        whole: list[Any] = []
        await read(kit.client, whole)
        size = len(kit.call.body)
        for fault in ("truncate", "reset_after"):
            kit.sim.fault(**{fault: size // 2})
            seen: list[Any] = []
            await raised(httpx2.TransportError, lambda into=seen: read(kit.client, into))  # type: ignore[misc]
            holds("some of the events, and not all", 0 < len(seen) < len(whole), (len(seen), len(whole)))


def refused(checks: Checks, wire: str, ask: Callable[..., Any], wrong: Ask, named: str) -> None:
    """Enters the checks of a wrong parameter, an unknown model and a wrong key."""
    call, bad = (_read(ask), _read(wrong)) if "stream" in wire else (ask, wrong)

    @checks(wire, "wrong parameter")
    async def parameter(kit: Kit) -> None:
        error = await raised(client_error(kit), lambda: got(bad(kit.client)))
        same("status, type", (error.code, error.status), (400, "INVALID_ARGUMENT"))
        holds(f"the word {named!r}", named in error.message, error.message)

    def named_model(client: Any, model: str) -> Any:
        given = ask(client, model=model)
        return _read(lambda _: given)(client) if "stream" in wire else given

    unknown_model(checks, wire, named_model)
    wrong_key(checks, wire, call)


def unknown_model(checks: Checks, wire: str, ask: Callable[[Any, str], Any]) -> None:
    """Enters the check of an unknown model."""

    @checks(wire, "unknown model")
    async def model(kit: Kit) -> None:
        error = await raised(client_error(kit), lambda: got(ask(kit.client, "gemini-0")))
        same("status, type", (error.code, error.status), (404, "NOT_FOUND"))
        holds("the model's name", "gemini-0" in error.message, error.message)


def wrong_key(checks: Checks, wire: str, ask: Ask) -> None:
    """Enters the check of a wrong key."""

    @checks(wire, "wrong key")
    async def key(kit: Kit) -> None:
        for key, status, kind in (("sim-invalid", 400, "INVALID_ARGUMENT"), ("sim-noaccess", 403, "PERMISSION_DENIED")):
            client = kit.make(api_key=key)
            error = await raised(client_error(kit), lambda client=client: got(ask(client)))  # type: ignore[misc]
            same("status, type", (error.code, error.status), (status, kind))
