"""google-genai as a judge of Gemini's wire, for which there is no document: in an environment and a process of its own.

Its types forbid unknown fields, and it makes calls of its own to compare ours with.
"""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from conformance.specs import cache_folder

__all__ = ["PACKAGE", "Google", "install", "packages"]

PACKAGE = "google-genai==3.4.0"


def install() -> Path | None:
    """The Python of an environment that has google-genai, made when it isn't there yet. None where that can't be."""
    folder = _folder()
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    done = folder / "done"
    if not done.exists():
        venv.create(folder, with_pip=True, clear=True)
        command = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", "install", PACKAGE]
        if subprocess.run(command, check=False, capture_output=True, timeout=300).returncode:
            return None
        done.touch()
    return python


def packages() -> Path | None:
    """The folder of its packages, where the environment was made before."""
    if not (_folder() / "done").exists():
        return None
    return next(_folder().glob("lib/python*/site-packages"), _folder() / "Lib" / "site-packages")


def _folder() -> Path:
    return cache_folder() / f"{PACKAGE.replace('==', '-')}-py{sys.version_info[0]}.{sys.version_info[1]}"


class Google:
    """The process in which google-genai is."""

    def __init__(self, python: Path) -> None:
        script = Path(__file__).with_name("gemini_child.py")
        self._child = subprocess.Popen(
            [str(python), "-P", str(script)],
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
