"""Arrays for a branch: what a text lists, or as many items as there must be, each made by the builder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ringup.simulator.shapes.branches import Branch
from ringup.simulator.shapes.finder import Finder, Found, field_words, formed, is_told, items_for
from ringup.simulator.shapes.making import MAX_ITEMS, SHALLOW, Making, UnfitError
from ringup.simulator.shapes.reading import numbers, people, quotations
from ringup.simulator.shapes.relations import related
from ringup.simulator.shapes.series import bullets, counted, labelled_list, listed, parts

__all__ = ["ArrayBuilder"]

MAX_FILLED = 10_000
"""Of how many items an array is made at most. An array that must have more isn't made."""


class ArrayBuilder:
    """Makes arrays. Raises UnfitError when none fits."""

    def __init__(self, builder: Making) -> None:
        self._builder = builder

    def build(self, branch: Branch, name: str, depth: int) -> Found:
        """An array: of what the text lists, if it lists anything; else of one item, or of as few as may be."""
        most = min((part["maxItems"] for part in branch if "maxItems" in part), default=None)
        unique = any("uniqueItems" in part for part in branch)
        items: list[Any] = []
        said = False
        for at in range(max((len(part.get("prefixItems", ())) for part in branch), default=0)):
            if most is not None and at >= most:
                break
            found = self._builder.tried(self._item(branch, at, items if unique else []), name, depth + 1)
            if found is None:
                break
            items.append(found.value)
            said = said or found.said
        items += [found.value for found in self._contained(branch, name, depth)]
        room = (MAX_ITEMS if most is None else most) - len(items)
        listed = self._listed(branch, name, depth, len(items)) if room > 0 else []
        for found in listed:
            if len(items) < (MAX_ITEMS if most is None else most) and not (unique and found.value in items):
                items.append(found.value)
                said = said or found.said
        items = self._filled(branch, name, depth, items)
        if not self._builder.fits(items, branch) and listed:
            items = self._filled(branch, name, depth, [])
        if not self._builder.fits(items, branch):
            raise UnfitError
        return Found(items, said)

    def _item(self, branch: Branch, at: int, unlike: list[Any]) -> tuple[Any, ...]:
        """The schemas of the item at a place."""
        found: list[Any] = []
        for part in branch:
            prefix = part.get("prefixItems", [])
            found.append(prefix[at] if at < len(prefix) else part.get("items", True))
            if at >= len(prefix) and part.get("unevaluatedItems") is False and "items" not in part:
                found.append(False)
        return (*[inner for inner in found if inner is not True], *([{"not": {"enum": unlike}}] if unlike else []))

    def _filled(self, branch: Branch, name: str, depth: int, items: list[Any]) -> list[Any]:
        """The items, and more until there are as many as there must be."""
        least = max((part.get("minItems", 0) for part in branch), default=0)
        unique = any("uniqueItems" in part for part in branch)
        if least > MAX_FILLED:
            raise UnfitError
        items = list(items)
        while len(items) < least:
            schemas = self._item(branch, len(items), items if unique else [])
            if (found := self._builder.tried(schemas, _single(name), depth + 1)) is None:
                break
            items += [found.value] * (1 if unique or len(items) < 100 else least - len(items))
        return items

    def _contained(self, branch: Branch, name: str, depth: int) -> list[Found]:
        """Items for `contains`, as many as there must be."""
        found: list[Found] = []
        for part in branch:
            for _ in range(min(part.get("minContains", 1), MAX_ITEMS) if "contains" in part else 0):
                unlike = [one.value for one in found]
                schemas = (*self._item(branch, 10**6, unlike), part["contains"])
                found.append(self._builder.build(schemas, _single(name), depth + 1))
        return found

    def _listed(self, branch: Branch, name: str, depth: int, start: int) -> list[Found]:
        """Items that the text lists; without any, one that is made up, unless that is an object deep inside."""
        schemas = self._item(branch, start, [])
        if (
            False in schemas
            or self._builder.is_open(schemas)
            or any("contains" in part for part in branch)
            or depth >= 4
        ):
            return []
        known = [value for value in self._builder.finder.known(name) if isinstance(value, list)]
        if known and all(self._builder.checker.fits(item, inner) for item in known[0] for inner in schemas):
            return [Found(item) for item in known[0]]
        mark = self._builder.finder.mark()
        one = self._builder.tried(schemas, _single(name), depth + 1)
        self._builder.finder.back(mark)
        if one is None:
            return []
        if isinstance(one.value, dict):
            texts = _parts(self._builder.finder.text)
            apart = [self._builder.apart(schemas, name, depth + 1, text) for text in texts if len(texts) > 1]
            told = [found for found in apart if found is not None and found.said]
            return told or (
                [one] if one.said or (depth < SHALLOW and start == 0 and not self._builder.for_tool) else []
            )
        found = self._scalars(schemas, name)
        for item in found:
            self._builder.finder.take(item)
        wanted = one.said or (not self._builder.for_tool and (not isinstance(one.value, str) or is_told(name)))
        return found or ([one] if start == 0 and one.value is not None and wanted else [])

    def _scalars(self, schemas: tuple[Any, ...], name: str) -> list[Found]:
        """Every number, every option that is named, or every item of a list in the text."""
        finder = self._builder.finder
        for values in _candidates(schemas, finder, name):
            fitting = [value for value in values if all(self._builder.checker.fits(value, inner) for inner in schemas)]
            if fitting := [value for value in fitting if finder.is_free(value)]:
                return [Found(value, True, ("text", value)) for value in fitting[:MAX_ITEMS]]
        return []


def _single(name: str) -> str:
    return re.sub(r"(?<=[^s])s$", "", re.sub(r"ies$", "y", name))


def _parts(text: str) -> list[str]:
    """The parts of a text that each speak of one thing: lines, or what stands between semicolons, or sentences,
    or amounts ("3 apples and 2 pears")."""
    body = text.partition(":")[2] if re.match(r"[^.;\n]{0,60}:", text) else text
    for pattern in (r"[;\n]+", r"(?<=[.!?])\s+"):
        found = [part.strip() for part in re.split(pattern, body) if part.strip()]
        if len(found) > 1:
            return found
    amounts = parts(body)
    return amounts if len(amounts) > 1 and all(counted(part) for part in amounts) else [body.strip()]


_ASKING = (
    r"(?i)(?:please )?(?:name|list|give|suggest|write|tell|propose|what (?:are|were)|which are|i need|recommend)\b"
)
"""So begins what a list of a model's own is asked for with."""


def _candidates(schemas: tuple[Any, ...], finder: Finder, name: str) -> Iterator[list[Any]]:
    """Lists of values that the items might be, the likeliest first."""
    for schema in schemas:
        if isinstance(schema, dict) and "enum" in schema:
            low = finder.text.lower()
            yield [option for option in schema["enum"] if finder.mentions(str(option))] if low else []
    forms = [schema["format"] for schema in schemas if isinstance(schema, dict) and "format" in schema]
    yield from [formed(finder.text, form) for form in forms]
    values = [one.value for one in numbers(finder.text)]
    yield [int(value) if value.is_integer() else value for value in values]
    if finder.answer is not None and re.match(_ASKING, finder.text):
        yield bullets(finder.answer())
    singular = _single(name)
    for text in finder.texts[:1]:
        yield labelled_list(text, name)
        kind = items_for(singular, text)
        yield kind or []
        yield related(field_words(singular), text)
        if kind is None:
            yield quotations(text)
            yield listed(text)
            yield people(text)
