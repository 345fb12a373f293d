"""As many pairs as there can be, of what happened at a moment and what went on for a while."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Hashable, Sequence

from msgspec import Struct

__all__ = ["Moment", "Span", "matched"]


class Moment(Struct, frozen=True):
    """It happened at a time; `keys` say what it is, the surest first."""

    at: int
    keys: tuple[Hashable, ...]


class Span(Struct, frozen=True):
    """It went on from one time to another. A key of None: by that one it can't be told."""

    starts: int
    ends: int
    keys: tuple[Hashable | None, ...]


def matched(moments: Sequence[Moment], spans: Sequence[Span], slack: int = 0) -> dict[int, int]:
    """Pairs with a key in common, each moment within its span: the numbers of spans, and of their moments.

    By the surest key there are as many pairs as there can be, then as many more by the next, and so on; those that are
    found may change their moments for others with the same key. For each key, the time counts exactly at first, and
    then may be off by so much.
    """
    pairs = _Pairs(moments, spans)
    for level in range(len(moments[0].keys) if moments else 0):
        for off in sorted({0, slack}):
            pairs.add(level, off)
    return pairs.has


class _Group:
    """Moments with a key in common, by time."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.times: list[int] = []
        self.skip: list[int] = []  # where the next free one may be; all before it are taken

    def add(self, number: int, time: int) -> None:
        self.skip.append(len(self.skip))
        self.numbers.append(number)
        self.times.append(time)

    def free(self, first: int, end: int, taken: dict[int, int]) -> int | None:
        """The first from there on that is free."""
        passed, at = [], first
        while at < end and (self.skip[at] != at or self.numbers[at] in taken):
            passed.append(at)
            at = max(self.skip[at], at + 1)
        for one in passed:
            self.skip[one] = at
        return self.numbers[at] if at < end else None


class _Pairs:
    """The pairs so far: what each span has, and who has taken each moment."""

    def __init__(self, moments: Sequence[Moment], spans: Sequence[Span]) -> None:
        self.has: dict[int, int] = {}
        self._taken: dict[int, int] = {}
        self._spans = spans
        self._order = sorted(range(len(spans)), key=lambda number: spans[number].ends)
        self._way: dict[int, tuple[int, int]] = {}  # the key and the slack by which a span looks
        self._lost: set[int] = set()  # moments from which no way leads to a free one
        self._groups: defaultdict[tuple[int, Hashable], _Group] = defaultdict(_Group)
        for number in sorted(range(len(moments)), key=lambda number: moments[number].at):
            for level, key in enumerate(moments[number].keys):
                self._groups[level, key].add(number, moments[number].at)

    def add(self, level: int, slack: int) -> None:
        """Pairs by one key. Those that end first choose first, and take the earliest: so most find theirs."""
        left = [number for number in self._order if number not in self.has]
        for number in left:
            self._way[number] = level, slack
            group, first, end = self._choice(number)
            found = group.free(first, end, self._taken)
            if found is not None:
                self.has[number], self._taken[found] = found, number
        for number in left:
            if number not in self.has:
                self._change(number)

    def _choice(self, number: int) -> tuple[_Group, int, int]:
        """What a span may have: a group, and from where to where in it."""
        span, (level, slack) = self._spans[number], self._way[number]
        key = span.keys[level]
        if key is None or (level, key) not in self._groups:
            return _NONE, 0, 0
        group = self._groups[level, key]
        first = bisect_left(group.times, span.starts - slack)
        return group, first, max(first, bisect_right(group.times, span.ends + slack))

    def _change(self, root: int) -> None:
        """Give a span what another one has, who takes what a third one has, and so on, until one takes a free one.
        Where there is no such way, none will ever lead through what was seen (Hungarian trees)."""
        seen: dict[int, int] = {}
        asked = [root]
        for one in asked:
            group, first, end = self._choice(one)
            for moment in group.numbers[first:end]:
                if moment in seen or moment in self._lost:
                    continue
                seen[moment] = one
                if moment not in self._taken:
                    self._pass_on(root, moment, seen)
                    return
                asked.append(self._taken[moment])
        self._lost.update(seen)

    def _pass_on(self, root: int, moment: int, seen: dict[int, int]) -> None:
        while True:
            one = seen[moment]
            before = self.has.get(one, -1)
            self.has[one], self._taken[moment] = moment, one
            if one == root:
                return
            moment = before


_NONE = _Group()
