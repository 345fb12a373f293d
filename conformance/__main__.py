"""`python -m conformance [PART ...]`: the proofs by outsiders. Exits with 1 when one fails."""

from __future__ import annotations

import argparse
import importlib
import sys
import time
import traceback
from importlib.util import find_spec

PARTS = ("schemas", "bodies", "steady", "suites", "clients")
"""The modules of this package that prove something. Each has `run() -> bool`, which prints what it found."""


def main() -> None:
    """Run the parts that were named, or all."""
    parser = argparse.ArgumentParser(prog="python -m conformance", description=__doc__)
    parser.add_argument("part", nargs="*", metavar="PART", help="one or more of: " + ", ".join(PARTS))
    wanted: list[str] = parser.parse_args().part
    if unknown := [name for name in wanted if name not in PARTS]:
        parser.error(f"there is no part {unknown[0]!r}; the parts are {', '.join(PARTS)}")
    outcomes = [(name, _run(name)) for name in PARTS if (name in wanted or not wanted) and _is_there(name)]
    print("\n" + "\n".join(f"{name:<10}{'well' if well else 'NOT WELL'}" for name, well in outcomes))
    sys.exit(not all(well for _, well in outcomes))


def _is_there(name: str) -> bool:
    return find_spec(f"conformance.{name}") is not None


def _run(name: str) -> bool:
    print(f"\n=== {name}", flush=True)
    start = time.monotonic()
    try:
        well: bool = importlib.import_module(f"conformance.{name}").run()
    except Exception:  # the other parts shall run all the same
        traceback.print_exc()
        well = False
    print(f"({name}: {time.monotonic() - start:.1f} s)", flush=True)
    return well


if __name__ == "__main__":
    main()
