"""Google's Python SDK, run in a process of its own, `google_child`.

It (3.4.0) leaves the generators of its streams to the garbage collector, which closes them at any later time, all at
once, and some of them complain.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from conformance.clients.matrix import Cell

__all__ = ["SDKS", "GoogleSdk"]

_PATIENCE = 300.0


class GoogleSdk(NamedTuple):
    """The SDK in its two styles."""

    vendor: str = "gemini"

    def run(self, wires: Sequence[str]) -> list[Cell]:
        """Runs its checks of these wires."""
        done = subprocess.run(
            [sys.executable, "-m", "conformance.clients.google_child", *wires],
            cwd=Path(__file__).parents[2],
            capture_output=True,
            encoding="utf-8",
            timeout=_PATIENCE,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"google_child ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
        return [Cell(*json.loads(line)) for line in done.stdout.splitlines()]


SDKS = (GoogleSdk(),)
