"""`Reply[T]` as type checkers see it: mypy and pyright agree that the output of `output=Person` is a Person."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKS = Path(__file__).parent / "typing_checks"
SOURCE = Path(__file__).parents[1] / "src"


def mypy(path: Path, cache: Path) -> list[int]:
    """The lines that mypy complains of."""
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--cache-dir",
        str(cache),
        "--follow-imports=silent",
        str(path),
    ]
    env = {**os.environ, "MYPYPATH": str(SOURCE)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=env, cwd=cache, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return sorted({int(line) for line in re.findall(rf"{path.name}:(\d+): error", done.stdout)})


def pyright(path: Path, folder: Path) -> list[int]:
    """The lines that pyright complains of."""
    settings = folder / "pyrightconfig.json"
    settings.write_text(json.dumps({"extraPaths": [str(SOURCE)], "typeCheckingMode": "standard"}))
    shutil.copy(path, folder)
    command = [sys.executable, "-m", "pyright", "--outputjson", "-p", str(settings), "--pythonpath", sys.executable]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["summary"]["filesAnalyzed"] >= 1
    found = told["generalDiagnostics"]
    return sorted({item["range"]["start"]["line"] + 1 for item in found if item["severity"] == "error"})


CHECKERS = {"mypy": mypy, "pyright": pyright}


@pytest.mark.parametrize("name", CHECKERS)
def test_the_output_has_its_type(name: str, tmp_path: Path) -> None:
    pytest.importorskip(name)
    assert CHECKERS[name](CHECKS / "uses.py", tmp_path) == []


@pytest.mark.parametrize("name", CHECKERS)
def test_mistakes_are_found(name: str, tmp_path: Path) -> None:
    pytest.importorskip(name)
    path = CHECKS / "mistakes.py"
    lines = [at for at, line in enumerate(path.read_text().splitlines(), 1) if line.endswith("# mistake")]
    assert CHECKERS[name](path, tmp_path) == lines
