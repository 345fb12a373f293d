"""Google's Python SDK, run in a process of its own: where it is, and what its checks found.

It isn't among the packages that the tests need: where it isn't installed, it is taken from the environment that
`conformance.gemini` makes for it. The process is `google_child`: the SDK (3.4.0) leaves the generators of its streams
to the garbage collector, which closes them at any later time, all at once, and some of them complain.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from conformance import gemini
from conformance.clients.matrix import Cell

__all__ = ["GoogleSdk", "fetch", "sdks"]

_PATIENCE = 300.0


class GoogleSdk(NamedTuple):
    """The SDK in its two styles."""

    vendor: str = "gemini"

    def run(self, wires: Sequence[str]) -> list[Cell]:
        """Runs its checks of these wires."""
        done = subprocess.run(
            [sys.executable, "-m", "conformance.clients.google_child", str(gemini.packages() or ""), *wires],
            cwd=Path(__file__).parents[2],
            capture_output=True,
            encoding="utf-8",
            timeout=_PATIENCE,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"google_child ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
        return [Cell(*json.loads(line)) for line in done.stdout.splitlines()]


def fetch() -> str:
    """Installs the SDK unless it is there. Gives the reason why not, if that fails."""
    return "" if _there() or gemini.install() else f"{gemini.PACKAGE} couldn't be installed"


def sdks() -> list[GoogleSdk]:
    """The SDK; nothing where it isn't installed."""
    return [GoogleSdk()] if _there() else []


def _there() -> bool:
    here = find_spec("google") is not None and find_spec("google.genai") is not None
    return here or gemini.packages() is not None
