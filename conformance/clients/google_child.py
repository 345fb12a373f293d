"""Checks Google's Python SDK in its two styles: `python -m conformance.clients.google_child WIRE ...`.

A check prints a line of JSON: the fields of its cell.
"""

from __future__ import annotations

import json
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from google import genai

from conformance.clients import google_content, google_rest, google_trouble
from conformance.clients.checks import Checks
from conformance.clients.python_sdks import PythonSdk
from ringup.testing import Simulator

_OPEN: list[Any] = []
"""Every client: one that is collected closes what its async half still uses."""


def _client(sim: Simulator, *, api_key: str | None = None, base_url: str | None = None, **options: Any) -> Any:
    wanted: Any = {"base_url": base_url or sim.gemini_url, **options}
    _OPEN.append(genai.Client(api_key=api_key or sim.gemini_key, http_options=wanted))
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


def _awaited(sim: Simulator, **options: Any) -> Any:
    return _client(sim, **options).aio


_STYLES = (
    PythonSdk("gemini", "py", genai, _checks(), _client),
    PythonSdk("gemini", "async", genai, _checks(), _awaited),
)


def main(*wires: str) -> None:
    """Runs the checks of these wires, both styles side by side."""
    warnings.simplefilter("ignore")
    with ThreadPoolExecutor(len(_STYLES)) as pool:
        for cells in pool.map(lambda style: style.run(wires), _STYLES):
            for cell in cells:
                print(json.dumps(cell))


if __name__ == "__main__":
    main(*sys.argv[1:])
