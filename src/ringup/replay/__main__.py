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
from typing import TextIO, cast

from ringup import wires
from ringup.replay.check import check
from ringup.replay.exchange import Exchange, read_line
from ringup.replay.guise import as_called, wire_of
from ringup.replay.vectors import EmbedWire, check_vectors
from ringup.wires import embeddings
from ringup.wires.gemini import embeddings as gemini_embeddings

__all__ = ["main"]

OK = "ok"
NO_REQUEST = "ok, but its request wasn't recorded"
NO_WIRE = "not a call of a wire"
BROKEN = "not an exchange"

_VECTORS = {"embeddings": cast("EmbedWire", embeddings), "gemini.embeddings": cast("EmbedWire", gemini_embeddings)}

Row = tuple[str, str, str]
"""Host, path and cause."""


class Count:
    """What became of the exchanges so far: how many there were and how many failed, a number for each row, and which
    rows are causes of failing."""

    def __init__(self) -> None:
        self.rows: Counter[Row] = Counter()
        self.causes: set[Row] = set()
        self.exchanges = 0
        self.failed = 0
        self.skipped = 0

    def take(self, exchange: Exchange) -> list[str]:
        """Put one exchange through its wire; the causes for which it failed."""
        name = wire_of(exchange.path)
        skipped = NO_WIRE if name is None else exchange.unread
        causes = _causes(as_called(exchange, name), name) if name and not skipped else []
        fine = OK if exchange.status >= 400 or isinstance(exchange.request, dict) else NO_REQUEST
        self.exchanges += 1
        self.failed += bool(causes)
        self.skipped += bool(skipped)
        for cause in causes or [skipped or fine]:
            self.rows[exchange.host, exchange.place, cause] += 1
        self.causes |= {(exchange.host, exchange.place, cause) for cause in causes}
        return causes

    def broken(self) -> None:
        """A line that holds no exchange."""
        self.exchanges += 1
        self.failed += 1
        self.rows["", "", BROKEN] += 1
        self.causes.add(("", "", BROKEN))


def _causes(exchange: Exchange, name: str) -> list[str]:
    if vectors := _VECTORS.get(name):
        return check_vectors(exchange, vectors)
    return check(exchange, wires.find(name))


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


def _lines(file: Path) -> Iterator[str]:
    """The lines of a file, gzipped or not, one at a time; in UTF-8, or in the UTF-16 that its first bytes tell."""
    with file.open("rb") as start:
        packed = start.read(2) == b"\x1f\x8b"
    opened = gzip.open if packed else open
    with opened(file, "rb") as start:
        encoding = "utf-16" if start.read(2) in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    with opened(file, "rt", encoding=encoding, errors="replace", newline="\n") as lines:
        for line in lines:
            if line.strip():
                yield line


def _print(count: Count, as_json: bool) -> None:
    rows = sorted(count.rows.items(), key=lambda row: (row[0] in count.causes, row[0]))  # what failed stands last
    passed = count.exchanges - count.failed - count.skipped
    if as_json:
        listed = [{"host": host, "path": path, "cause": cause, "count": n} for (host, path, cause), n in rows]
        total = {"exchanges": count.exchanges, OK: passed, "failed": count.failed, "skipped": count.skipped}
        print(json.dumps(total | {"rows": listed}, indent=2))
        return
    widths = [max([len(row[place]) for row, _ in rows], default=0) for place in (0, 1)]
    for (host, path, cause), number in rows:
        print(f"{number:6}  {host:{widths[0]}}  {path:{widths[1]}}  {cause}")
    print(f"{count.exchanges} exchanges: {passed} ok, {count.failed} failed, {count.skipped} not replayed")


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
