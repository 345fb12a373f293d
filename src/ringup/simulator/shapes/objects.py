"""Objects for a branch: which names they have, each value made by the builder."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from ringup.simulator.shapes.branches import Branch
from ringup.simulator.shapes.finder import MADE_UP, Found, doubt
from ringup.simulator.shapes.making import MAX_ITEMS, SHALLOW, Making, UnfitError
from ringup.simulator.shapes.reading import pairs

__all__ = ["ObjectBuilder"]


class ObjectBuilder:
    """Makes objects. Raises UnfitError when none fits."""

    def __init__(self, builder: Making) -> None:
        self._builder = builder

    def build(self, branch: Branch, _: str, depth: int) -> Found:
        """An object: what is required, and of the rest what the text names, or what an answer may hold. The properties
        are filled in the order of how surely a value is theirs, and stand in that of the schema."""
        declared = list(dict.fromkeys(key for part in branch for key in part.get("properties", {})))
        needed = self._needed(branch, [key for part in branch for key in part.get("required", ())])
        most = min((part["maxProperties"] for part in branch if "maxProperties" in part), default=None)
        made: dict[str, Found] = {}
        names = [*declared, *[key for key in needed if key not in declared]]
        for key in sorted(names, key=lambda key: (key not in needed, doubt(key, self._declared(branch, key)))):
            if key in needed:
                made[key] = self._property(branch, key, depth)
            elif (found := self._optional(branch, key, depth)) is not None:
                made[key] = found
        made = {key: made[key] for key in names if key in made}
        for key in [key for key in reversed(made) if key not in needed] if most is not None else ():
            if most is not None and len(made) > most:
                del made[key]
        self._complete(branch, made, depth)
        self._fill_map(branch, made, depth, most, declared)
        said = any(found.said for found in made.values())
        unsaid = tuple(key for key in needed if key in made and made[key].token == MADE_UP)
        return Found(self._mended(branch, made, needed, depth), said, unsaid)

    @staticmethod
    def _declared(branch: Branch, key: str) -> Any:
        """What is said of a property first."""
        return next((inner for part in branch if (inner := part.get("properties", {}).get(key)) is not None), None)

    def _needed(self, branch: Branch, names: list[str]) -> list[str]:
        """The names that must be there, with those that they need themselves."""
        found = list(dict.fromkeys(names))
        for name in found:
            more = [key for part in branch for key in part.get("dependentRequired", {}).get(name, ())]
            found += [key for key in dict.fromkeys(more) if key not in found]
        return found

    def _property(self, branch: Branch, key: str, depth: int) -> Found:
        return self._builder.build(self._under(branch, key), key, depth + 1)

    def _under(self, branch: Branch, key: str) -> tuple[Any, ...]:
        """The schemas of a property; nothing fits where its name may not be."""
        checker = self._builder.checker
        found = [inner for part in branch for inner in checker.under(part, key) if inner is not True]
        if not all(checker.fits(key, part.get("propertyNames", True)) for part in branch):
            return (False,)
        closed = any(part.get("unevaluatedProperties") is False for part in branch)
        if closed and not any(key in part.get("properties", {}) or part.get("patternProperties") for part in branch):
            return (False,)
        return tuple(found)

    def _optional(self, branch: Branch, key: str, depth: int) -> Found | None:
        builder = self._builder
        if depth >= (4 if builder.for_tool else SHALLOW):
            return None
        mark, whole = builder.finder.mark(), builder.finder
        builder.finder = whole.narrow() if builder.for_tool else whole
        try:
            found = self._builder.tried(self._under(branch, key), key, depth + 1)
        finally:
            builder.finder = whole
        if found is not None and (found.said or not builder.for_tool):
            return found
        whole.back(mark)
        return None

    def _complete(self, branch: Branch, made: dict[str, Found], depth: int) -> None:
        """Adds what the optional names need that came in."""
        for key in self._needed(branch, list(made)):
            if key not in made:
                if (found := self._builder.tried(self._under(branch, key), key, depth + 1)) is not None:
                    made[key] = found
                else:
                    for name in [name for name in made if key in self._needed(branch, [name])]:
                        del made[name]

    def _fill_map(
        self, branch: Branch, made: dict[str, Found], depth: int, most: int | None, declared: list[str]
    ) -> None:
        """Names that the schema doesn't give: those that the text pairs with values, and as many as there must be."""
        least = max((part.get("minProperties", 0) for part in branch), default=0)
        room = MAX_ITEMS if most is None else most - len(made)
        is_map = any(
            isinstance(part.get("additionalProperties"), dict) or "patternProperties" in part for part in branch
        )
        if is_map and not declared and depth <= SHALLOW:
            for key, text in islice(pairs(self._builder.finder.text), room):
                if (found := self._builder.apart(self._under(branch, key), key, depth + 1, text)) and found.said:
                    made[key] = found
        names = self._names(branch, declared)
        for key in islice(names, 200) if len(made) < least else ():
            if key not in made and (found := self._builder.tried(self._under(branch, key), key, depth + 1)) is not None:
                made[key] = found
            if len(made) >= least:
                break

    def _names(self, branch: Branch, declared: list[str]) -> Iterator[str]:
        """Names that a map can have."""
        yield from declared
        strings = self._builder.strings
        for part in branch:
            for pattern in part.get("patternProperties", {}):
                yield from islice(strings.texts([pattern], [], 1, None), 20)
        limits = [inner for part in branch if isinstance(inner := part.get("propertyNames"), dict)]
        for inner in limits:
            yield from [name for name in inner.get("enum", ()) if isinstance(name, str)]
        if limits:
            shortest = max(inner.get("minLength", 0) for inner in limits)
            longest = min((inner["maxLength"] for inner in limits if "maxLength" in inner), default=None)
            patterns = [inner["pattern"] for inner in limits if "pattern" in inner] or ["^[a-z]+$"]
            yield from islice(strings.texts(patterns, [], shortest, longest), 60)
        yield from [f"key{number}" for number in range(1, 100)]

    def _mended(self, branch: Branch, made: dict[str, Found], needed: list[str], depth: int) -> dict[str, Any]:
        """The object itself; where it doesn't fit, without some of what is optional, or with other values."""
        whole = {key: found.value for key, found in made.items()}
        if self._builder.fits(whole, branch):
            return whole
        for left_out in [key for key in whole if key not in needed]:
            if self._builder.fits(less := {key: value for key, value in whole.items() if key != left_out}, branch):
                return less
        if self._builder.fits(least := {key: value for key, value in whole.items() if key in needed}, branch):
            return least
        for key, value in whole.items():
            unlike = {"not": {"enum": [value, *self._ruled_out(branch, key)]}}
            other = self._builder.tried((*self._under(branch, key), unlike), key, depth + 1)
            for rest in (whole, least):
                if other is not None and self._builder.fits(changed := rest | {key: other.value}, branch):
                    return changed
        raise UnfitError

    @staticmethod
    def _ruled_out(branch: Branch, key: str) -> list[Any]:
        """The values of a property in the objects that are ruled out."""
        ruled = [part["ruled out"] for part in branch if isinstance(part.get("ruled out"), dict)]
        return [one[key] for held in ruled for one in held.get("enum", ()) if isinstance(one, dict) and key in one]
