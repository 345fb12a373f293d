"""Real exchanges with providers, where a copy of them stands beside the checkout; without one, those tests skip.

A line of the file is one exchange: source, seq, host, path, request (the JSON body as sent), status, headers, and
body (text: JSON, or a whole event stream). The environment variable RINGUP_RECORDED names another folder of them.
"""

from __future__ import annotations

import gzip
import os
import random
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from ringup.replay.exchange import Exchange, read_line

__all__ = ["Exchange", "cuts", "exchanges", "files", "needs_recorded"]


def files() -> list[Path]:
    """The files of recorded exchanges; none where there are none."""
    named = os.environ.get("RINGUP_RECORDED")
    if named:
        return sorted(Path(named).glob("*.jsonl.gz"))
    root = Path(__file__).resolve().parent.parent
    return sorted(root.parent.glob("*/recorded/exchanges.jsonl.gz"))[:1]


needs_recorded = pytest.mark.skipif(not files(), reason="no recorded exchanges here (RINGUP_RECORDED names a folder)")


@cache
def _all() -> list[Exchange]:
    found = []
    for file in files():
        with gzip.open(file, "rb") as lines:
            found += [read_line(line) for line in lines if line.strip()]
    return found


@cache
def exchanges(suffix: str = "") -> list[Exchange]:
    """The exchanges whose path, without what follows a "?", ends in `suffix`: all of them without one; empty where
    there are none."""
    return [exchange for exchange in _all() if exchange.path.partition("?")[0].endswith(suffix)]


def cuts(data: bytes, seed: int, most: int = 40) -> list[bytes]:
    """`data` in pieces, cut at places that the seed picks: up to `most` cuts, so pieces of every size; none empty."""
    chance = random.Random(seed)
    count = chance.randint(0, most)
    places = sorted({0, len(data), *(chance.randint(0, len(data)) for _ in range(count))})
    return [data[a:b] for a, b in pairwise(places)]
