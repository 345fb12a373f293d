"""What a check is, how it says what it wants, and how it is run.

A check is a coroutine that takes a Kit and raises when something isn't as it should be. The SDKs have a client that
waits and one that is awaited, with the same names: `got`, `each` and `opened` let one check be written for both.
"""

from __future__ import annotations

import asyncio
import inspect
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from conformance.clients.matrix import FAILED, LACKS, OK, Cell
from ringup.testing import Call, Simulator

__all__ = ["Check", "Checks", "Kit", "Lacks", "Unmet", "each", "got", "holds", "listed", "opened", "raised", "same"]

_PATIENCE = 40.0


class Kit(NamedTuple):
    """What a check works with: the simulator, the SDK, its client without retries, and a maker of other clients."""

    sim: Simulator
    sdk: ModuleType
    client: Any
    make: Callable[..., Any]

    @property
    def call(self) -> Call:
        """The last call that the simulator saw."""
        return self.sim.calls[-1]


Check = Callable[[Kit], Awaitable[None]]


class Unmet(AssertionError):
    """Something isn't as it should be; the text says what was expected and what was got."""


class Lacks(Exception):
    """The SDK has no such feature; the text says what is there instead."""


def same(what: str, got: object, expected: object) -> None:
    """Raises Unmet unless both are equal."""
    if got != expected:
        raise Unmet(f"{what}: expected {expected!r}, got {got!r}")


def holds(what: str, truth: object, got: object) -> None:
    """Raises Unmet unless `truth` is true; `what` says what should be, `got` what was got."""
    if not truth:
        raise Unmet(f"expected {what}, got {got!r}")


async def got(value: Any) -> Any:
    """What a call gives, from either client."""
    return await value if inspect.isawaitable(value) else value


async def each(stream: Any) -> AsyncIterator[Any]:
    """The items of a stream or of all pages, from either client."""
    if hasattr(stream, "__aiter__"):
        async for item in stream:
            yield item
    else:
        for item in stream:
            yield item


async def listed(stream: Any) -> list[Any]:
    """All items of a stream or of all pages."""
    return [item async for item in each(stream)]


@asynccontextmanager
async def opened(manager: Any) -> AsyncIterator[Any]:
    """What a `with` block of either client gives."""
    if hasattr(manager, "__aenter__"):
        async with manager as inner:
            yield inner
    else:
        with manager as inner:
            yield inner


async def raised(kind: type[BaseException], value: Callable[[], Awaitable[Any]]) -> Any:
    """The error that a call raises. Raises Unmet when it raises none, or one of another class."""
    try:
        answer = await value()
    except kind as error:
        return error
    except Exception as error:
        raise Unmet(f"expected {kind.__name__}, got {type(error).__name__}: {error}") from error
    raise Unmet(f"expected {kind.__name__}, got an answer: {str(answer)[:200]}")


class Checks:
    """The checks of one SDK, by wire and feature."""

    def __init__(self) -> None:
        self._checks: dict[tuple[str, str], Check] = {}

    def __call__(self, wire: str, feature: str) -> Callable[[Check], Check]:
        """Enters the decorated check."""

        def enter(check: Check) -> Check:
            assert (wire, feature) not in self._checks, f"{wire}, {feature}: two checks"
            self._checks[wire, feature] = check
            return check

        return enter

    def unless_there(self, wire: str, feature: str) -> Callable[[Check], Check]:
        """Enters the decorated check unless there is one."""
        return (lambda check: check) if (wire, feature) in self._checks else self(wire, feature)

    def lacks(self, wire: str, features: Iterable[str], reason: str) -> None:
        """Enters that the SDK has no such features."""

        async def check(_: Kit) -> None:
            raise Lacks(reason)

        for feature in features:
            self(wire, feature)(check)

    @property
    def wires(self) -> list[str]:
        """The wires that have checks."""
        return list(dict.fromkeys(wire for wire, _ in self._checks))

    async def run(self, sdk: str, wire: str, kit: Kit) -> list[Cell]:
        """Runs the checks of one wire, one after the other, each on a simulator that is as it was at the start."""
        return [
            await _cell(sdk, wire, feature, check, kit) for (at, feature), check in self._checks.items() if at == wire
        ]


async def _cell(sdk: str, wire: str, feature: str, check: Check, kit: Kit) -> Cell:
    kit.sim.reset()
    try:
        async with asyncio.timeout(_PATIENCE):
            await check(kit)
    except Lacks as reason:
        return Cell(sdk, wire, feature, LACKS, str(reason))
    except Exception as error:
        return Cell(sdk, wire, feature, FAILED, f"{type(error).__name__}: {error} ({_where(error)})")
    return Cell(sdk, wire, feature, OK)


def _where(error: BaseException) -> str:
    """The line of the check that failed: the last one that isn't in this module or in an SDK."""
    here = Path(__file__)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) != here]
    ours = [frame for frame in frames if Path(frame.filename).parent == here.parent] or frames
    return f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else here.name
