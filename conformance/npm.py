"""The vendors' SDKs in JavaScript, installed with npm into the folder whose package-lock.json pins them."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
from pathlib import Path

__all__ = ["NO_NODE", "install"]

NO_NODE = "Node.js (node and npm) isn't installed"


def install(folder: Path) -> str:
    """Installs the packages unless they are there; only one process at a time. Gives the reason why not, if that
    fails."""
    npm = shutil.which("npm")
    if not (npm and shutil.which("node")):
        return NO_NODE
    with (folder / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _are_there(folder):
            return ""
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
        return "" if done.returncode == 0 and _are_there(folder) else f"npm ci failed: {done.stderr.strip()[-300:]}"


def _are_there(folder: Path) -> bool:
    """Whether what npm noted in node_modules is what the lock file asks for."""
    return _versions(folder / "node_modules" / ".package-lock.json") == _versions(folder / "package-lock.json")


def _versions(path: Path) -> dict[str, str]:
    """The version of each package that a lock file names; nothing where there is no such file."""
    packages = json.loads(path.read_text())["packages"] if path.exists() else {}
    return {name: package["version"] for name, package in packages.items() if name}
