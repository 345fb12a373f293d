"""The command line: `ringup ask`, `chat`, `compare`, `models`, `keys`, `log`, `simulate`. It needs the extra `cli`."""

from __future__ import annotations

import sys
from io import TextIOWrapper

try:
    from ringup.cli.app import app as _app
except ModuleNotFoundError as error:
    if error.name != "click":
        raise
    _app = None  # type: ignore[assignment]

__all__ = ["main"]


def main() -> None:
    """What the command `ringup` runs."""
    if _app is None:
        sys.exit(_without_click())
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that can't show a letter is no reason to stop
    _app(prog_name="ringup")


def _without_click() -> int:
    sys.stderr.write("ringup: the command line isn't installed. Install it: pip install 'ringup[cli]'\n")
    return 2
