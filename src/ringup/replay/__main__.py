"""`python -m ringup.replay FILE.jsonl.gz [...]`: recorded exchanges through the wires, counted by host, path, cause."""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from ringup import wires
from ringup.replay.check import check
from ringup.replay.exchange import Exchange, read_line, wire_of

__all__ = ["main"]

OK = "ok"
NO_WIRE = "no wire yet"
BROKEN = "not an exchange"

Row = tuple[str, str, str]
"""Host, path and cause."""


class Count:
    """What became of the exchanges so far: how many there were, how many failed, and a number for each row."""

    def __init__(self) -> None:
        self.rows: Counter[Row] = Counter()
        self.exchanges = 0
        self.failed = 0
        self.skipped = 0

    def take(self, exchange: Exchange) -> list[str]:
        """Put one exchange through its wire; the causes for which it failed."""
        name = wire_of(exchange.path)
        known = name in wires.NAMES
        causes = check(exchange, wires.find(name)) if known and name else []
        self.exchanges += 1
        self.failed += bool(causes)
        self.skipped += not known
        for cause in causes or [OK if known else NO_WIRE]:
            self.rows[exchange.host, exchange.place, cause] += 1
        return causes

    def broken(self) -> None:
        """A line that holds no exchange."""
        self.exchanges += 1
        self.failed += 1
        self.rows["", "", BROKEN] += 1


def main(arguments: list[str] | None = None) -> int:
    """Replay the files; the exit code is 0 when nothing failed, 1 when something did, 2 for a file that can't be read.

    Ctrl-C shows what was counted so far, and gives 130.
    """
    options = _options(arguments)
    count = Count()
    end = 0
    try:
        for file in options.files:
            end = max(end, _replay(file, count, sys.stderr if options.json else sys.stdout, options.verbose))
    except KeyboardInterrupt:
        end = 130
        print("interrupted: this is what was counted so far", file=sys.stderr)
    _print(count, options.json)
    return end or int(count.failed > 0)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m ringup.replay",
        description="Put recorded exchanges with providers through ringup's wires, and count what fails.",
        epilog="Each line of a file is one exchange: source, seq, host, path, request (JSON), status, headers, "
        "body (text). The exit code is 0 when nothing failed.",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE.jsonl.gz", help="gzipped or plain")
    parser.add_argument("--json", action="store_true", help="print the counts as JSON")
    parser.add_argument("-v", "--verbose", action="store_true", help="name each exchange that fails, with its causes")
    return parser.parse_args(arguments)


def _replay(file: Path, count: Count, out: TextIO, verbose: bool) -> int:
    try:
        for line in _lines(file):
            try:
                exchange = read_line(line)
            except ValueError as error:
                count.broken()
                causes, name = [f"{BROKEN}: {error}"], f"{file}, exchange {count.exchanges}"
            else:
                causes, name = count.take(exchange), f"{exchange.host} {exchange.name}"
            for cause in causes if verbose else []:
                print(f"{name}: {cause}", file=out)
    except BrokenPipeError:
        raise
    except (OSError, EOFError, zlib.error) as error:
        print(f"{file} can't be read: {error}", file=sys.stderr)
        return 2
    return 0


def _lines(file: Path) -> Iterator[bytes]:
    """The lines of a file, gzipped or not, one at a time."""
    with file.open("rb") as start:
        packed = start.read(2) == b"\x1f\x8b"
    with gzip.open(file, "rb") if packed else file.open("rb") as lines:
        for line in lines:
            if line.strip():
                yield line


def _print(count: Count, as_json: bool) -> None:
    rows = sorted(count.rows.items(), key=lambda row: (row[0][0], row[0][1], row[0][2] != OK, row[0][2]))
    passed = count.exchanges - count.failed - count.skipped
    if as_json:
        listed = [{"host": host, "path": path, "cause": cause, "count": n} for (host, path, cause), n in rows]
        total = {"exchanges": count.exchanges, OK: passed, "failed": count.failed, "skipped": count.skipped}
        print(json.dumps(total | {"rows": listed}, indent=2))
        return
    widths = [max([len(row[place]) for row, _ in rows], default=0) for place in (0, 1)]
    for (host, path, cause), number in rows:
        print(f"{number:6}  {host:{widths[0]}}  {path:{widths[1]}}  {cause}")
    print(f"{count.exchanges} exchanges: {passed} ok, {count.failed} failed, {count.skipped} without a wire")


def _run() -> int:
    """As a process: a reader that has enough (`| head`) is no failure of ours."""
    try:
        end = main()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        end = 1
    return end


if __name__ == "__main__":
    raise SystemExit(_run())
