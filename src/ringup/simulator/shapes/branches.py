"""The ways in which a value can fit a schema: references, allOf, anyOf, oneOf, if and not taken apart.

A branch is a tuple of plain schemas that all hold. What is left of `not` in them is one that a value is only held
against. Branches come one by one, the likeliest first, so that nobody waits for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ringup.simulator.shapes.schemas import KINDS, Schema, follow, kinds_of

__all__ = ["Branch", "Branches"]

Branch = tuple[Schema, ...]
Option = list[Any]
"""Schemas that all hold."""

_TAKEN_APART = frozenset({"$ref", "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"})
_LEFT_OUT = _TAKEN_APART | {"$defs", "definitions", "$anchor"}
MAX_NEGATED = 4
MAX_STEPS = 1_500
"""How many choices are made, for one value, before those that are left are given up."""


class _Choice:
    """One of these options holds."""

    __slots__ = ("options",)

    def __init__(self, options: list[Option]) -> None:
        self.options = options


class Branches:
    """Takes apart the schemas of one document. `order` puts the options of anyOf and oneOf in the order to try."""

    def __init__(self, root: Any, order: Callable[[list[Any]], list[Any]]) -> None:
        self._root = root
        self._order = order
        self._left = MAX_STEPS

    def of(self, schemas: tuple[Any, ...]) -> Iterator[Branch]:
        """The branches of schemas that all hold."""
        self._left = MAX_STEPS
        return self._expand(list(schemas), (), frozenset())

    def _expand(self, todo: list[Any], parts: Branch, seen: frozenset[str]) -> Iterator[Branch]:
        todo = list(todo)
        self._left -= 1
        if self._left < 0:
            return
        while todo:
            first = todo.pop(0)
            if isinstance(first, _Choice):
                for option in first.options:
                    yield from self._expand([*option, *todo], parts, seen)
                return
            if first is False:
                return
            if not isinstance(first, dict):
                continue
            plain = {key: value for key, value in first.items() if key not in _LEFT_OUT}
            if plain:
                parts = (*parts, plain)
                if not _kinds(parts):
                    return
            reference = first.get("$ref")
            if reference is not None and reference not in seen:
                seen |= {reference}
                todo.insert(0, follow(self._root, reference))
            todo[:0] = [*first.get("allOf", ()), *self._choices(first)]
        yield parts

    def _choices(self, schema: Schema) -> list[_Choice]:
        found = []
        if "anyOf" in schema:
            found.append(_Choice([[option] for option in self._order(schema["anyOf"])]))
        if "oneOf" in schema:
            found.append(_Choice(self._one_of(schema["oneOf"])))
        if "not" in schema:
            found.append(_Choice(self._negated(schema["not"])))
        if "if" in schema:
            met = [schema["if"], schema.get("then", True)]
            otherwise = [[*option, schema.get("else", True)] for option in self._negated(schema["if"])]
            likely = self._order([schema["if"], True])[0] is schema["if"]
            found.append(_Choice([met, *otherwise] if likely else [*otherwise, met]))
        for name, inner in schema.get("dependentSchemas", {}).items():
            found.append(_Choice([[{"required": [name]}, inner], [{"properties": {name: False}}]]))
        return found

    def _one_of(self, options: list[Any]) -> list[Option]:
        """One option, held against the others; then with the others ruled out by what they say."""
        ordered = self._order(options)
        found: list[Option] = []
        for strictly in (False, True):
            for option in ordered:
                others = [other for other in options if other is not option]
                if strictly and len(others) <= MAX_NEGATED:
                    found.append([option, *[{"not": other} for other in others]])
                elif not strictly:
                    found.append([option, *[_against(other) for other in others]])
        return found

    def _negated(self, schema: Any, depth: int = 0) -> list[Option]:
        """The ways not to fit a schema: first as chance has it, then by each thing that it says."""
        if not isinstance(schema, dict):
            return [] if schema is not False else [[]]
        found: list[Option] = [[_against(schema)]]
        if "type" in schema:
            found.append([_against(schema), {"type": sorted(set(KINDS) - kinds_of(schema))}])
        found += [[{"type": ["object"], "properties": {name: False}}] for name in schema.get("required", ())]
        for name, inner in schema.get("properties", {}).items():
            found.append([{"type": ["object"], "required": [name], "properties": {name: {"not": inner}}}])
        found += [[option] for option in _beyond(schema)]
        if depth < 3:
            if "not" in schema:
                found.append([schema["not"]])
            if "anyOf" in schema:
                found.append([{"not": option} for option in schema["anyOf"]])
            for part in schema.get("allOf", ()):
                found += self._negated(part, depth + 1)
            if "$ref" in schema:
                found += self._negated(follow(self._root, schema["$ref"]), depth + 1)
        return found


def _against(schema: Any) -> Schema:
    """A plain schema that only rules another one out: values are held against it."""
    return {"ruled out": schema}


def _beyond(schema: Schema) -> Iterator[Schema]:
    """The schemas just outside the bounds of this one."""
    numbers = {"minimum": "exclusiveMaximum", "maximum": "exclusiveMinimum"}
    numbers |= {"exclusiveMinimum": "maximum", "exclusiveMaximum": "minimum"}
    for bound, other in numbers.items():
        if bound in schema:
            yield {"type": ["integer", "number"], other: schema[bound]}
    for what, kind in (("Length", "string"), ("Items", "array"), ("Properties", "object")):
        if schema.get(f"min{what}"):
            yield {"type": [kind], f"max{what}": schema[f"min{what}"] - 1}
        if f"max{what}" in schema:
            yield {"type": [kind], f"min{what}": schema[f"max{what}"] + 1}
    if "pattern" in schema:
        yield {"type": ["string"], "not pattern": schema["pattern"]}


def _kinds(parts: Branch) -> set[str]:
    found: set[str] = set(KINDS)
    for part in parts:
        found &= kinds_of(part)
    return found
