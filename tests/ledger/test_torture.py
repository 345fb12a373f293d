"""What a killed program leaves. `make torture` does it more often."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork, and no kill -9")
def test_what_was_promised_holds_when_a_program_is_killed() -> None:
    command = [sys.executable, "-m", "tests.ledger.torture", "30"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=300, cwd=Path(__file__).parents[2], check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("30 kills")
