"""`python -m bench`: how fast ringup is, beside the raw limit and the other clients that are installed."""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys

from bench.rows import ROWS
from bench.run import ROOT, Process, environment, run
from bench.table import markdown, where, write
from bench.worker import Worker


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the OpenAI wire only, in half a minute")
    parser.add_argument("--wire", choices=("openai", "anthropic"), help="one wire only")
    parser.add_argument("--only", default="", metavar="ROW", help="only rows whose name begins so: " + _names())
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    parser.add_argument("--profile", metavar="ROW", help="show where ringup spends the time of one row, and no table")
    options = parser.parse_args()
    wires = [options.wire] if options.wire else ["openai"] if options.quick else ["openai", "anthropic"]
    if options.profile:
        _profile(options.profile, wires[0])
        return
    rounds, seconds, limit = (3, 0.06, 25.0) if options.quick else (7, 0.2, 100.0)
    tables = []
    for wire in wires:
        tables.append(markdown(wire, run(wire, rounds, seconds, limit, options.only)))
        print(tables[-1], flush=True)
    text = "\n".join([where(), *tables])
    print(where())
    if options.write:
        write(ROOT / "docs" / "performance.md", text)


def _names() -> str:
    return ", ".join(row.name for row in ROWS)


def _profile(name: str, wire: str) -> None:
    row = next((row for row in ROWS if row.name == name and row.where in ("worker", "fresh")), None)
    if row is None:
        sys.exit(f"bench: no row {name!r} to profile")
    with Process("bench.server", env=environment(0)) as server:
        worker = Worker("ringup", wire, f"http://127.0.0.1:{int(server.hear())}")
        worker.measure(row, 0.0)
        with cProfile.Profile() as profile:
            worker.measure(row, 2.0)
    pstats.Stats(profile).sort_stats("tottime").print_stats(30)


main()
