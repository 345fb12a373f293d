"""Values that fit a JSON schema, taken from the words of a text as far as they can be found there.

All of draft 2020-12 is kept to but for `unevaluatedItems`, `unevaluatedProperties` (no such items and properties are
made) and references to other documents. Where nothing fits, because a schema contradicts itself, allows nothing or asks
for a value without an end, the value is the closest one: as many of its parts fit as can.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from ringup.simulator.shapes.build import Builder
from ringup.simulator.shapes.finder import Finder
from ringup.simulator.shapes.making import UnfitError
from ringup.simulator.shapes.schemas import clean, follow, kinds_of
from ringup.simulator.shapes.strings import Strings

__all__ = ["Shaper"]

_TRIES = ((5, 3_000), (14, 6_000), (60, 12_000))
"""How deep a value may be and how many steps may be taken for it: a small one is tried for first."""
_EMPTY: dict[str, Any] = {"string": "", "integer": 0, "number": 0, "boolean": False, "array": [], "object": {}}


class Shaper:
    """Makes values for a schema out of texts, the first of which counts most.

    `answer` gives what the model would say in words; without it, the values are a tool's arguments. `known` has values
    by name, from the results of tools. `today` gives relative days ("tomorrow") their dates.
    """

    def __init__(
        self,
        text: str,
        answer: Callable[[], str] | None = None,
        *,
        beside: Iterable[str] = (),
        known: dict[str, list[Any]] | None = None,
        today: date | None = None,
    ) -> None:
        self._sources = [text, *beside]
        self._answer = answer
        self._known = known
        self._today = today
        self.made_up: list[str] = []
        """The required properties of the last value that nothing was found for."""

    def fill(self, schema: Any) -> Any:
        """A value that fits. Without a schema: an object that holds the answer."""
        if schema is None or schema == {}:
            return {"answer": self._answer() if self._answer else self._sources[0]}
        root = clean(schema)
        for formats in (True, False):
            strings = Strings(formats)
            for depth, steps in _TRIES:
                builder = Builder(root, self._finder(), strings, depth, steps)
                try:
                    found = builder.build((root,), "answer")
                except (UnfitError, RecursionError):
                    continue
                self.made_up = list(found.token) if isinstance(found.value, dict) else []
                return found.value
        return self._closest(root, root, strings, 0)

    def _finder(self) -> Finder:
        return Finder(self._sources, self._known, self._answer, self._today)

    def _closest(self, root: Any, schema: Any, strings: Strings, depth: int) -> Any:
        """The value for a schema that nothing fits: its properties one by one, each as well as it can be."""
        for _ in range(5):
            if isinstance(schema, dict) and "$ref" in schema:
                schema = follow(root, schema["$ref"])
        if not isinstance(schema, dict):
            return None
        properties = schema.get("properties", {})
        if properties and "object" in kinds_of(schema) and depth < 3:
            return {name: self._part(root, inner, name, strings, depth + 1) for name, inner in properties.items()}
        if schema.get("enum") or "const" in schema:
            return schema["const"] if "const" in schema else schema["enum"][0]
        kinds = schema.get("type", ["null" if depth else "object"])
        return _EMPTY.get(kinds[0])

    def _part(self, root: Any, schema: Any, name: str, strings: Strings, depth: int) -> Any:
        builder = Builder(root, self._finder(), strings, _TRIES[0][0], 500)
        try:
            return builder.build((schema,), name).value
        except (UnfitError, RecursionError):
            return self._closest(root, schema, strings, depth)
