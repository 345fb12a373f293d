"""The pytest fixture."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ringup.testing import Simulator


def test_the_fixture_is_a_running_simulator(simulator: Simulator) -> None:
    reply = simulator.client("gpt-4o-mini").ask("What is the capital of France?")
    assert "Paris" in reply.text
    assert [call.status for call in simulator.calls] == [200]
    simulator.fault(status=503, times=0)


def test_each_test_finds_it_as_new(simulator: Simulator) -> None:
    assert simulator.calls == []
    assert "Rome" in simulator.client("claude-haiku-4-5").ask("What is the capital of Italy?").text
    assert simulator.calls[0].number == 1


def test_the_plugin_loads_nothing_of_the_simulator() -> None:
    code = (
        "import sys, ringup.pytest_plugin; "
        "print([name for name in sys.modules if name.startswith(('ringup.simulator', 'ringup.testing', 'starlette'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_it_comes_with_ringup_by_itself(tmp_path: Path) -> None:
    """In a project that imports nothing of it: through the entry point."""
    (tmp_path / "test_mine.py").write_text(
        "def test_mine(simulator):\n"
        "    simulator.fault(status=503)\n"
        "    reply = simulator.client('gpt-4o-mini').ask('What is the capital of France?')\n"
        "    assert 'Paris' in reply.text\n"
        "    assert [call.status for call in simulator.calls] == [503, 200]\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
