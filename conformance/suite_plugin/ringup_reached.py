"""A pytest plugin for the vendors' own suites: notes of each test whether it sent anything to a server.

It is loaded into the environment of those suites, where there is no ringup. Their clients, the one on aiohttp too, all
send through `Client.send` of httpx2; a test with respx sends nothing, because that answers in the server's place.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

_sent: list[str] = []


def _count(kind: Any) -> None:
    send = kind.send

    def counted(self: Any, request: Any, **options: Any) -> Any:
        _sent.append(request.method)
        return send(self, request, **options)

    kind.send = counted


_count(httpx2.Client)
_count(httpx2.AsyncClient)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Say it beside the test's outcome, where JUnit's report has it."""
    _sent.clear()
    try:
        return (yield)
    finally:
        mocked = any("respx" in name for name in getattr(item, "fixturenames", ()))
        item.user_properties.append(("reached", "yes" if _sent and not mocked else "no"))
