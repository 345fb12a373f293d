"""The SDKs in JavaScript: installed with npm as js/package-lock.json says, and run by Node.js, a process for each wire.

A check prints a line of JSON: {"wire", "feature", "state", "said"}.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from conformance import npm
from conformance.clients.matrix import FAILED, Cell
from ringup.testing import Simulator

__all__ = ["SDKS", "NodeSdk", "install"]

_FOLDER = Path(__file__).parent / "js"
_PATIENCE = 120.0


def install() -> str:
    """Installs the SDKs unless they are there. Gives the reason why not, if that fails."""
    return npm.install(_FOLDER)


class NodeSdk(NamedTuple):
    """One SDK, and the program that checks it, which takes the name of a wire."""

    vendor: str
    program: str
    name: str = "node"

    def run(self, wires: Sequence[str]) -> list[Cell]:
        """Runs its checks of these wires: side by side, each with a simulator of its own."""
        with ThreadPoolExecutor(len(wires)) as pool:
            return [cell for cells in pool.map(self._wire, wires) for cell in cells]

    def _wire(self, wire: str) -> list[Cell]:
        node = shutil.which("node")
        assert node
        with Simulator() as sim:
            done = subprocess.run(
                [node, str(_FOLDER / self.program), wire],
                env={**os.environ, "SIMULATOR_URL": sim.url},
                capture_output=True,
                encoding="utf-8",
                timeout=_PATIENCE,
                check=False,
            )
        cells = [self._cell(json.loads(line)) for line in done.stdout.splitlines()]
        if done.returncode != 0 or done.stderr:
            said = f"{self.program} ended with {done.returncode}: {done.stderr.strip()[-500:]}"
            cells.append(Cell(self.name, wire, "whole reply" if not cells else cells[-1].feature, FAILED, said))
        return cells

    def _cell(self, row: dict[str, Any]) -> Cell:
        return Cell(self.name, row["wire"], row["feature"], row["state"], row["said"])


SDKS = (
    NodeSdk("openai", "openai.mjs"),
    NodeSdk("anthropic", "anthropic.mjs"),
    NodeSdk("gemini", "google.mjs"),
)
