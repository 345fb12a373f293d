"""How the proofs print what they found: a table of counts, and below it what failed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["Tally", "print_rows"]


class Tally:
    """Counts of what was tried, row by row, and what failed."""

    def __init__(self) -> None:
        self._rows: dict[str, list[int]] = {}
        self.failures: list[str] = []

    def add(self, row: str, failures: Iterable[object] = ()) -> None:
        """One more was tried; it failed if it has failures."""
        counts = self._rows.setdefault(row, [0, 0])
        found = [f"{row}: {failure}" for failure in failures]
        counts[0] += 1
        counts[1] += bool(found)
        self.failures += found

    @property
    def well(self) -> bool:
        """Whether anything was tried, and nothing failed."""
        return bool(self._rows) and not self.failures

    def show(self, title: str) -> None:
        """Print the table, and each failure once."""
        rows = [(name, str(tried), str(failed) if failed else "-") for name, (tried, failed) in self._rows.items()]
        print_rows((title, "tried", "failed"), rows)
        counts: dict[str, int] = {}
        for failure in self.failures:
            counts[failure] = counts.get(failure, 0) + 1
        for failure, times in counts.items():
            print(f"  FAILED  {failure}" + (f"   ({times} times)" if times > 1 else ""))


def print_rows(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table whose columns are as wide as what is in them."""
    widths = [max(len(row[at]) for row in [head, *rows]) for at in range(len(head))]
    for row in [head, *rows]:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    print()
