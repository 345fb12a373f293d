"""Forks while other threads are at work."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

FORKING = """
import os, threading
from ringup.locks import Lock
from ringup.retry import Budget

budget, lock, kept = Budget(), Lock(), [0, 0]

def work():
    while True:
        budget.earn()
        with lock:
            kept[0] += 1
            kept[1] += 1

for _ in range(3): threading.Thread(target=work, daemon=True).start()
for _ in range(60):
    child = os.fork()
    if not child:
        budget.earn()
        with lock: os._exit(kept[0] != kept[1])
    assert os.waitpid(child, 0)[1] == 0
print("well")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_no_child_is_born_while_a_thread_holds_a_lock() -> None:
    done = subprocess.run([sys.executable, "-c", FORKING], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "well\n", done.stderr
