"""Google's Python SDK: where it is, how it makes its clients, and its checks.

It isn't among the packages that the tests need: where it isn't installed, it is taken from the environment that
`conformance.gemini` makes for it.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from conformance import gemini
from conformance.clients import google_content, google_rest, google_trouble
from conformance.clients.checks import Checks
from conformance.clients.python_sdks import PythonSdk
from ringup.testing import Simulator

__all__ = ["fetch", "sdks"]


def fetch() -> str:
    """Installs the SDK unless it is there. Gives the reason why not, if that fails."""
    return "" if _there() or gemini.install() else f"{gemini.PACKAGE} couldn't be installed"


def sdks() -> list[PythonSdk]:
    """The SDK in its two styles; nothing where it isn't installed."""
    if not _there():
        return []
    sdk = _load()

    def sync(sim: Simulator, **options: Any) -> Any:
        return _client(sdk, sim, **options)

    def awaited(sim: Simulator, **options: Any) -> Any:
        return _client(sdk, sim, **options).aio

    return [PythonSdk("gemini", "py", sdk, _checks(), sync), PythonSdk("gemini", "async", sdk, _checks(), awaited)]


def _there() -> bool:
    """Whether the SDK can be imported, be it from that environment."""
    folder = gemini.packages()
    if folder and str(folder) not in sys.path:
        sys.path.append(str(folder))  # last, so that it gives only what isn't installed
        importlib.invalidate_caches()
    return find_spec("google") is not None and find_spec("google.genai") is not None


def _load() -> ModuleType:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("google.genai")


_OPEN: list[Any] = []
"""Every client: one that is collected closes what its async half still uses."""


def _client(
    sdk: ModuleType, sim: Simulator, *, api_key: str | None = None, base_url: str | None = None, **options: Any
) -> Any:
    wanted = {"base_url": base_url or sim.gemini_url, **options}
    _OPEN.append(sdk.Client(api_key=api_key or sim.gemini_key, http_options=wanted))
    return _OPEN[-1]


_STAINLESS = ["retry-after", "retry-after, date", "retry-after-ms", "x-should-retry: true", "x-should-retry: false"]


def _checks() -> Checks:
    checks = Checks()
    google_content.enter(checks)
    google_rest.enter(checks)
    google_trouble.enter(checks, google_content.GENERATE, google_content.ask)
    google_trouble.enter(checks, google_content.STREAM, google_content.stream, streams=True)
    google_trouble.enter(checks, google_rest.COUNT, google_rest.count)
    google_trouble.enter(checks, google_rest.EMBED, google_rest.embed)
    google_trouble.enter(checks, google_rest.MODELS, google_rest.list_models)
    for wire in checks.wires:
        checks.lacks(wire, _STAINLESS, "its retries don't read headers")
    return checks
