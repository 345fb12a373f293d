"""Regular languages: whether a text belongs to one, and texts that do. In time that no pattern can blow up.

A language is a number in a `Space`. What may follow a letter is worked out by derivatives (Brzozowski, 1964), so that
the intersection of languages and the complement of one are as simple as their union, and nothing ever backtracks.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

__all__ = ["ANY", "MAX_CHAR", "NOTHING", "Ranges", "Space", "outside"]

Ranges = tuple[tuple[int, int], ...]
"""A set of characters: the first and the last code point of each stretch."""

MAX_CHAR = 0x10FFFF
ANY: Ranges = ((0, MAX_CHAR),)
NOTHING, EMPTY = 0, 1
"""The language of no text at all, and that of the empty text."""

MAX_STATES = 1_500
MAX_STEPS = 400_000
MAX_VARIANTS = 200
_PREFERRED = string.ascii_lowercase + "1234567890" + string.ascii_uppercase + "-_. /@:,+#" + string.punctuation + "é世"
_SURROGATES = range(0xD800, 0xE000)


def outside(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """All characters but these."""
    found, at = [], 0
    for low, high in sorted(ranges):
        if low > at:
            found.append((at, low - 1))
        at = max(at, high + 1)
    return (*found, (at, MAX_CHAR)) if at <= MAX_CHAR else tuple(found)


class Space:
    """Languages that are built from each other. Equal ones, as far as that is seen, have the same number."""

    def __init__(self) -> None:
        self._nodes: list[tuple[Any, ...]] = [("alt", ()), ("cat", ())]
        self._has_empty = [False, True]
        self._numbers: dict[tuple[Any, ...], int] = {}
        self._next: dict[tuple[int, str], int] = {}
        self._groups: list[list[str]] | None = None
        self.all = self._add(("rep", self.chars(ANY), 0, None), True)

    def _add(self, node: tuple[Any, ...], has_empty: bool) -> int:
        number = self._numbers.get(node)
        if number is None:
            number = self._numbers[node] = len(self._nodes)
            self._nodes.append(node)
            self._has_empty.append(has_empty)
        return number

    # Building

    def chars(self, ranges: Ranges) -> int:
        """One character out of these."""
        if not ranges:
            return NOTHING
        self._groups = None
        return self._add(("chars", ranges), False)

    def text(self, text: str) -> int:
        """This text."""
        number = EMPTY
        for letter in reversed(text):
            number = self.cat(self.chars(((ord(letter), ord(letter)),)), number)
        return number

    def cat(self, first: int, then: int) -> int:
        """One after the other."""
        if NOTHING in (first, then):
            return NOTHING
        if first == EMPTY:
            return then
        if then == EMPTY:
            return first
        node = self._nodes[first]
        if node[0] == "cat":
            return self.cat(node[1], self.cat(node[2], then))
        return self._add(("cat", first, then), self._has_empty[first] and self._has_empty[then])

    def alt(self, *numbers: int) -> int:
        """One or the other."""
        options = self._flat("alt", numbers) - {NOTHING}
        if self.all in options:
            return self.all
        if len(options) < 2:
            return next(iter(options), NOTHING)
        return self._add(("alt", tuple(sorted(options))), any(self._has_empty[one] for one in options))

    def both(self, *numbers: int) -> int:
        """What belongs to all of them."""
        parts = self._flat("both", numbers) - {self.all}
        if NOTHING in parts:
            return NOTHING
        has_empty = all(self._has_empty[one] for one in parts)
        if EMPTY in parts:
            return EMPTY if has_empty else NOTHING
        if len(parts) < 2:
            return next(iter(parts), self.all)
        return self._add(("both", tuple(sorted(parts))), has_empty)

    def _flat(self, kind: str, numbers: Iterable[int]) -> set[int]:
        found: set[int] = set()
        for number in numbers:
            node = self._nodes[number]
            found.update(node[1] if node[0] == kind and number != NOTHING else (number,))
        return found

    def no(self, number: int) -> int:
        """Every text that doesn't belong to it."""
        if number in (NOTHING, self.all):
            return self.all if number == NOTHING else NOTHING
        node = self._nodes[number]
        return int(node[1]) if node[0] == "no" else self._add(("no", number), not self._has_empty[number])

    def repeat(self, number: int, least: int, most: int | None) -> int:
        """So many times, one after the other. `most` None: without end."""
        if most is not None and (most < least or most == 0):
            return EMPTY if most == 0 == least else NOTHING
        if number in (NOTHING, EMPTY):
            return number if number == EMPTY or least else EMPTY
        if (least, most) == (1, 1) or (most is None and self._nodes[number][0::2] == ("rep", 0) and number == self.all):
            return number
        least = 0 if self._has_empty[number] else least
        return self._add(("rep", number, least, most), least == 0)

    # Asking

    def after(self, number: int, letter: str) -> int:
        """What may follow this letter."""
        key = (number, letter)
        found = self._next.get(key)
        if found is None:
            found = self._next[key] = self._derive(number, letter)
        return found

    def _derive(self, number: int, letter: str) -> int:
        match self._nodes[number]:
            case ("chars", ranges):
                code = ord(letter)
                return EMPTY if any(low <= code <= high for low, high in ranges) else NOTHING
            case ("cat", first, then):
                left = self.cat(self.after(first, letter), then)
                return self.alt(left, self.after(then, letter)) if self._has_empty[first] else left
            case ("alt", options):
                return self.alt(*[self.after(one, letter) for one in options])
            case ("both", parts):
                return self.both(*[self.after(one, letter) for one in parts])
            case ("no", inner):
                return self.no(self.after(inner, letter))
            case ("rep", inner, least, most):
                fewer = None if most is None else most - 1
                return self.cat(self.after(inner, letter), self.repeat(inner, max(least - 1, 0), fewer))
        return NOTHING

    def has(self, number: int, text: str) -> bool:
        """Whether a text belongs to it."""
        for letter in text:
            number = self.after(number, letter)
            if number == NOTHING or len(self._nodes) > 10 * MAX_STATES:
                return False
            if number == self.all:
                return True
        return self._has_empty[number]

    def texts(self, number: int, shortest: int = 0, longest: int | None = None) -> Iterator[str]:
        """Texts that belong to it, of so many characters: the short ones first, each once. None when there is none, or
        when it would take too long to find one.
        """
        paths: list[list[int]] = []
        for path in self._paths(number, shortest, longest):
            paths.append(path)
            yield self._spelled(path, 0)
            if len(paths) == 8:
                break
        for path in paths:
            yield from islice(self._variants(path), 1, MAX_VARIANTS)

    def _variants(self, path: list[int]) -> Iterator[str]:
        seen: set[str] = set()
        for variant in range(MAX_VARIANTS):
            if (text := self._spelled(path, variant)) not in seen:
                seen.add(text)
                yield text

    def _spelled(self, path: list[int], variant: int) -> str:
        """The letters of a path. Variants differ in the last letters, as numbers that count up do."""
        groups, used = self._letters(), [0] * len(self._letters())
        letters = []
        for group in path:
            letters.append((group, used[group]))
            used[group] += 1
        text = []
        for group, nth in reversed(letters):
            members = groups[group]
            text.append(members[(nth + variant) % len(members)])
            variant //= len(members)
        return "".join(reversed(text))

    def _paths(self, start: int, shortest: int, longest: int | None) -> Iterator[list[int]]:
        """Ways from the start to an end, each as the groups of its letters; breadth first."""
        layers: list[dict[int, tuple[int, int]]] = [{start: (0, 0)}]
        groups, steps, most = self._letters(), 0, len(self._nodes) + MAX_STATES
        while layers[-1]:
            length = len(layers) - 1
            if length >= shortest:
                yield from [self._back(layers, state) for state in layers[-1] if self._has_empty[state]]
            if length == longest or steps > MAX_STEPS or len(self._nodes) > most:
                return
            following: dict[int, tuple[int, int]] = {}
            for state in layers[-1]:
                for group, members in enumerate(groups):
                    steps += 1
                    if (found := self.after(state, members[0])) != NOTHING:
                        following.setdefault(found, (state, group))
            layers.append(following)

    @staticmethod
    def _back(layers: list[dict[int, tuple[int, int]]], state: int) -> list[int]:
        path = []
        for layer in reversed(layers[1:]):
            state, group = layer[state]
            path.append(group)
        return path[::-1]

    def _letters(self) -> list[list[str]]:
        """Characters in groups that no language of this space tells apart, the most usual first."""
        if self._groups is None:
            self._groups = self._grouped()
        return self._groups

    def _grouped(self) -> list[list[str]]:
        classes = [node[1] for node in self._nodes if node[0] == "chars"]
        edges = {edge for ranges in classes for low, high in ranges for edge in (low, high + 1)}
        letters = [*_PREFERRED, *[chr(edge) for edge in sorted(edges) if edge <= MAX_CHAR]]
        found: dict[tuple[bool, ...], list[str]] = {}
        for letter in dict.fromkeys(letters):
            code = ord(letter)
            if code not in _SURROGATES:
                kind = tuple([any(low <= code <= high for low, high in ranges) for ranges in classes])
                found.setdefault(kind, []).append(letter)
        return [_tidy(members) for members in found.values()]


def _tidy(members: list[str]) -> list[str]:
    """The letters of the first one's kind: "abc1" isn't as nice to count with as "abc"."""
    for kind in (string.ascii_lowercase, "1234567890", string.ascii_uppercase):
        if members[0] in kind:
            return [letter for letter in members if letter in kind]
    return members[:1]
