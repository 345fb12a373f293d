"""The SDKs in JavaScript: installed with npm as js/package-lock.json says, and run by Node.js, a process for each wire.

A check prints a line of JSON: {"wire", "feature", "state", "said"}.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from conformance.clients.matrix import FAILED, Cell
from ringup.testing import Simulator

__all__ = ["NO_NODE", "SDKS", "NodeSdk", "install"]

_FOLDER = Path(__file__).parent / "js"
_PATIENCE = 120.0

NO_NODE = "Node.js (node and npm) isn't installed"


def _versions(path: Path) -> dict[str, str]:
    """The version of each package that a lock file names; nothing where there is no such file."""
    packages = json.loads(path.read_text())["packages"] if path.exists() else {}
    return {name: package["version"] for name, package in packages.items() if name}


def install() -> str:
    """Installs the SDKs unless they are there; only one process at a time. Gives the reason why not, if that fails."""
    npm = shutil.which("npm")
    if not (npm and shutil.which("node")):
        return NO_NODE
    with (_FOLDER / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = _versions(_FOLDER / "package-lock.json")
        if _versions(_FOLDER / "node_modules" / ".package-lock.json") == wanted:
            return ""
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=_FOLDER, capture_output=True, text=True, timeout=300, check=False)
    return "" if done.returncode == 0 else f"npm ci failed: {done.stderr.strip()[-300:]}"


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
