"""The benchmarks run, and their table can be written into a page. How fast anything is, no test asks."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from bench.rows import ROWS
from bench.table import markdown, write

ROOT = Path(__file__).parent.parent


def test_it_measures_a_call_and_a_stream() -> None:
    for row in ("sync", "chunk_async"):
        command = [sys.executable, "-m", "bench", "--quick", "--only", row]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        title = next(found.title for found in ROWS if found.name == row)
        assert re.search(rf"^\| {re.escape(title)} .*\d µs \(.*×\)", done.stdout, re.MULTILINE), done.stdout


def test_the_table_shows_ratios_and_goals() -> None:
    table = markdown("openai", {("sync", "raw"): 100.0, ("sync", "ringup"): 150.0, ("sync", "openai"): 1200.0})
    cells = [cell.strip() for cell in table.splitlines()[-1].strip("|").split("|")]
    assert cells == ["sync call, CPU", "≤ 195 µs", "100 µs", "150 µs (1.5×)", "1,200 µs (8×)"]


def test_a_difference_stands_beside_what_it_was_taken_from() -> None:
    table = markdown("openai", {("ledger", "ringup"): 50.0, ("ledger", "less ringup"): 200.0})
    cells = [cell.strip() for cell in table.splitlines()[-1].strip("|").split("|")]
    assert cells == ["what a ledger adds to a sync call, CPU", "≤ 60 µs", "50.0 µs (0.25×)"]


def test_the_table_goes_between_the_markers(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- bench: begin -->\nold\n<!-- bench: end -->\nafter\n")
    write(page, "new\n")
    assert page.read_text() == "before\n<!-- bench: begin -->\n\nnew\n\n<!-- bench: end -->\nafter\n"
    page.write_text("no markers")
    with pytest.raises(SystemExit):
        write(page, "new")
