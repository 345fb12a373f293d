"""google-genai as a judge of Gemini's wire, for which there is no document: in a process of its own.

Its types forbid unknown fields, and it makes calls of its own to compare ours with.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

__all__ = ["PACKAGE", "Google"]

PACKAGE = f"google-genai {version('google-genai')}"


class Google:
    """The process in which google-genai is."""

    def __init__(self) -> None:
        script = Path(__file__).with_name("gemini_child.py")
        self._child = subprocess.Popen(
            [sys.executable, "-P", str(script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, **asked: Any) -> Any:
        """What the child answers."""
        _pipe(self._child.stdin).write(json.dumps(asked) + "\n")
        _pipe(self._child.stdin).flush()
        line = _pipe(self._child.stdout).readline()
        if not line:
            raise RuntimeError("the process with google-genai has ended")
        return json.loads(line)

    def judge(self, kind: str, value: Any) -> list[str]:
        """What is wrong with a value of that kind."""
        wrong: list[str] = self.ask(do="judge", kind=kind, value=value)
        return wrong

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _pipe(self._child.stdin).close()
        self._child.wait(10)
        _pipe(self._child.stdout).close()


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe
    return pipe
