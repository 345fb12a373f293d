"""Makes a value for a schema, branch by branch. What doesn't come out as it must is given up and tried anew."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Any

from ringup.simulator.shapes.arrays import ArrayBuilder
from ringup.simulator.shapes.bounds import numbers_in
from ringup.simulator.shapes.branches import Branch, Branches
from ringup.simulator.shapes.finder import MADE_UP, Finder, Found, field_words
from ringup.simulator.shapes.fits import Checker
from ringup.simulator.shapes.making import UnfitError
from ringup.simulator.shapes.objects import ObjectBuilder
from ringup.simulator.shapes.schemas import Schema, follow, kinds_of
from ringup.simulator.shapes.strings import SAMPLES, Strings

__all__ = ["Builder"]

MAX_BRANCHES = 60
MAX_CANDIDATES = 300
MAX_LENGTH = 1_000_000
"""A text that must be longer isn't made."""
DEEP = 3
"""From this depth on, the first value that fits is taken; above, one that the text says is looked for."""

_HINTS: dict[str, tuple[str, ...]] = {
    "object": ("properties", "required", "additionalProperties", "patternProperties", "propertyNames", "minProperties"),
    "array": ("items", "prefixItems", "contains", "minItems", "maxItems", "uniqueItems"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "string": ("pattern", "format", "minLength", "maxLength"),
}
_KINDS: tuple[Any, ...] = (True, 0, "", {})
_ORDER = ("string", "number", "integer", "boolean", "object", "array", "null")


class Builder:
    """Makes values for the schemas of one document, out of what a finder finds. Raises UnfitError."""

    def __init__(self, root: Any, finder: Finder, strings: Strings, most_depth: int, steps: int) -> None:
        self.checker = Checker(root, strings)
        self.strings = strings
        self.finder = finder
        self._root = root
        self._branches = Branches(root, self._ordered)
        self._objects, self._arrays = ObjectBuilder(self), ArrayBuilder(self)
        self._most_depth = most_depth
        self._steps = steps
        self._open: frozenset[str] = frozenset()
        self._failed: dict[tuple[Any, ...], tuple[Any, ...]] = {}

    @property
    def for_tool(self) -> bool:
        """Whether it makes a tool's arguments: optional ones are left out then, unless the text names them."""
        return self.finder.answer is None

    def build(self, schemas: tuple[Any, ...], name: str, depth: int = 0) -> Found:
        """A value that fits all the schemas, for a field of this name."""
        self._steps -= 1
        key = (depth, *[id(schema) for schema in schemas])
        references = _references(schemas)
        if references & self._open and self._may_be_null(schemas):
            return Found(None, False)
        if depth > self._most_depth or self._steps < 0 or key in self._failed:
            raise UnfitError
        before, self._open = self._open, self._open | references
        try:
            made = self._likeliest(schemas, name, depth)
        finally:
            self._open = before
        if made is None:
            self._failed[key] = schemas
            raise UnfitError
        return Found(None, False) if depth and not made.said and self._may_be_null(schemas) else made

    def _likeliest(self, schemas: tuple[Any, ...], name: str, depth: int) -> Found | None:
        """The value of the first branch that the text says, or else of the first that fits."""
        made: Found | None = None
        for tried, branch in enumerate(islice(self._branches.of(schemas), MAX_BRANCHES)):
            mark = self.finder.mark()
            try:
                found = self._plain(branch, name, depth)
            except UnfitError:
                self.finder.back(mark)
                continue
            if found.said:
                return found
            made = made or found
            if depth >= DEEP or tried > 3:
                break
            self.finder.back(mark)
        return made

    def is_open(self, schemas: tuple[Any, ...]) -> bool:
        """Whether a value for one of these is being made already: another one inside it would have no end."""
        return bool(_references(schemas) & self._open)

    def _may_be_null(self, schemas: tuple[Any, ...]) -> bool:
        """Whether null is let through, and not just as anything is."""
        return self._all(None, schemas) and not all(self._all(value, schemas) for value in _KINDS)

    def _all(self, value: Any, schemas: tuple[Any, ...]) -> bool:
        return all(self.checker.fits(value, schema) for schema in schemas)

    def tried(self, schemas: tuple[Any, ...], name: str, depth: int) -> Found | None:
        """The same, or None when nothing fits."""
        try:
            return self.build(schemas, name, depth)
        except UnfitError:
            return None

    def apart(self, schemas: tuple[Any, ...], name: str, depth: int, text: str) -> Found | None:
        """A value made from one part of the text alone."""
        whole, self.finder = self.finder, self.finder.about(text)
        try:
            return self.tried(schemas, name, depth)
        finally:
            self.finder = whole

    def fits(self, value: Any, branch: Branch) -> bool:
        """Whether a value fits a branch, with what it rules out."""
        for part in branch:
            if not self.checker.fits(value, part) or (
                "ruled out" in part and self.checker.fits(value, part["ruled out"])
            ):
                return False
            if "not pattern" in part and self.strings.matches(part["not pattern"], str(value)):
                return False
        return True

    def can_fit(self, kind: str, branch: Branch) -> bool:
        """Whether a branch lets values of a type through."""
        return all(kind in kinds_of(part) for part in branch)

    def _plain(self, branch: Branch, name: str, depth: int) -> Found:
        if any("const" in part or "enum" in part for part in branch):
            return self._option(branch, name)
        makers: dict[str, Callable[[Branch, str, int], Found]] = {
            "string": self._string,
            "number": self._number,
            "integer": self._number,
            "boolean": self._boolean,
            "object": self._objects.build,
            "array": self._arrays.build,
            "null": lambda *_: Found(None, False),
        }
        made: Found | None = None
        for kind in self._kinds(branch):
            mark = self.finder.mark()
            try:
                found = makers[kind](branch, name, depth)
            except UnfitError:
                self.finder.back(mark)
                continue
            if found.said or depth >= DEEP:
                return found
            made = made or found
        if made is None:
            raise UnfitError
        return made

    def _kinds(self, branch: Branch) -> list[str]:
        """The types to try: those that the schemas name, else those that their words are about."""
        allowed = [kind for kind in _ORDER if self.can_fit(kind, branch)]
        allowed = [kind for kind in allowed if kind != "integer" or "number" not in allowed]
        if any("type" in part for part in branch):
            return allowed
        keys = {key for part in branch for key in part}
        meant = [kind for kind, hints in _HINTS.items() if keys & set(hints)]
        return sorted(allowed, key=lambda kind: kind not in meant)

    def _option(self, branch: Branch, name: str) -> Found:
        """A member of an enum, or a const."""
        holders = [part for part in branch if "enum" in part or "const" in part]
        options_of = {at: [part["const"]] if "const" in part else part["enum"] for at, part in enumerate(holders)}
        least = min(options_of, key=lambda at: len(options_of[at]))
        bare = {key: value for key, value in holders[least].items() if key != "enum"}
        others = (bare, *[part for part in branch if part is not holders[least]])
        options = [option for option in options_of[least] if self.fits(option, others)]
        if not options:
            raise UnfitError
        default = next((part["default"] for part in branch if "default" in part and part["default"] in options), None)
        found = self.finder.choice(options, name) if len(options) > 1 or isinstance(options[0], str) else None
        return self._used(found or Found(options[0] if default is None else default, False))

    def _used(self, found: Found) -> Found:
        self.finder.take(found)
        return found

    def _first(self, candidates: Iterator[Found], branch: Branch) -> Found:
        for found in islice(candidates, MAX_CANDIDATES):
            if self.fits(found.value, branch):
                return self._used(found)
        raise UnfitError

    def _defaults(self, branch: Branch) -> Iterator[Found]:
        """What the schema itself proposes."""
        for part in branch:
            if part.get("default") is not None:
                yield Found(part["default"], False)
            examples = part.get("examples")
            yield from [Found(value, False) for value in (examples if isinstance(examples, list) else ())]

    # Scalars

    def _string(self, branch: Branch, name: str, _: int) -> Found:
        shortest = max((part.get("minLength", 0) for part in branch), default=0)
        if shortest > MAX_LENGTH:
            raise UnfitError
        longest = min((part["maxLength"] for part in branch if "maxLength" in part), default=None)
        form = next((part["format"] for part in branch if "format" in part), None)
        description = next((part["description"] for part in branch if "description" in part), "")
        patterns = [part["pattern"] for part in branch if "pattern" in part]
        said: list[Found] = []
        made: list[Found] = []
        for found in self.finder.strings(name, form, description):
            (said if found.said else made).append(found)
        fitted = [one._replace(value=_within(one.value, shortest, longest)) for one in said]
        samples = [SAMPLES[form]] if form in SAMPLES else []
        fixed = chain(samples, self._generated(branch, shortest, longest))
        loose = [Found(_within(one.value, shortest, longest), False, one.token or MADE_UP) for one in made]
        if any("contentEncoding" in part for part in branch):
            fixed = chain([b64encode((made or said)[-1].value.encode()).decode() if made or said else ""], fixed)
            patterns.append("")
        invented = (Found(value, False, MADE_UP) for value in fixed)
        rest: Iterator[Found] = chain(invented, loose) if patterns or samples else chain(loose, invented)
        return self._first(chain(said, self._defaults(branch), fitted, rest), branch)

    def _generated(self, branch: Branch, shortest: int, longest: int | None) -> Iterator[str]:
        """Texts made from the patterns alone."""
        patterns = [part["pattern"] for part in branch if "pattern" in part]
        formats = [self.strings.pattern_of(part["format"]) for part in branch if "format" in part]
        against = [part["not pattern"] for part in branch if "not pattern" in part]
        wanted = [*patterns, *[form for form in formats if form]]
        yield from self.strings.texts(wanted or ["^.*$"], against, shortest, longest)

    def _number(self, branch: Branch, name: str, _: int) -> Found:
        integer = not all("number" in kinds_of(part) for part in branch)
        said = [one for one in self.finder.numbers(name) if not integer or one.value == int(one.value)]
        said = [one._replace(value=next(numbers_in((), [one.value], integer))) for one in said]
        wishes = [one.value for one in said[:1]]
        rest = (Found(value, False, MADE_UP) for value in numbers_in(branch, [*wishes, 1], integer))
        whole = (one for one in rest if not integer or one.value == int(one.value))
        return self._first(chain(said, self._defaults(branch), whole), branch)

    def _boolean(self, branch: Branch, name: str, _: int) -> Found:
        flag = self.finder.flag(name)
        likely = name in ("on", "enabled", "active") if self.for_tool else self.finder.mood()
        likely = likely if flag is None else flag
        said = [] if flag is None else [Found(flag)]
        rest = [Found(likely, False), Found(not likely, False)]
        return self._first(chain(said, self._defaults(branch), rest), branch)

    # Which option first

    def _ordered(self, options: list[Any]) -> list[Any]:
        """The options, the likeliest first: the one whose words are in the text; null last, what is simple earlier."""
        return sorted(options, key=lambda option: -self._likeness(option))

    def _likeness(self, option: Any, depth: int = 0) -> float:
        """How much of an option the text names."""
        if not isinstance(option, dict) or depth > 3:
            return 0.0 if option is not False else -9.0
        if option.get("type") == ["null"]:
            return -1.0
        likeness = 0.0
        if "$ref" in option:
            likeness += self._likeness(follow(self._root, option["$ref"]), depth + 1)
        for name, inner in option.get("properties", {}).items():
            if isinstance(inner, dict):
                likeness += self._hint(inner) + 0.25 * self.finder.mentions(field_words(name))
        return likeness + self._hint(option) + sum(self._likeness(part, depth + 1) for part in option.get("allOf", ()))

    def _hint(self, schema: Schema) -> float:
        given = [schema["const"]] if "const" in schema else schema.get("enum", ())
        words = [value for value in given if isinstance(value, str) and value][:50]
        if not words:
            return 0.0
        return 2.0 if any(self.finder.mentions(word) for word in words) else -0.1 if "const" in schema else 0.0


def _references(schemas: tuple[Any, ...]) -> frozenset[str]:
    """What schemas refer to, themselves or by one of their options."""
    found = set()
    for schema in schemas:
        if isinstance(schema, dict):
            options = [schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())]
            found |= {option["$ref"] for option in options if isinstance(option, dict) and "$ref" in option}
    return frozenset(found)


def _within(text: str, shortest: int, longest: int | None) -> str:
    text = text if longest is None else text[:longest]
    return text.ljust(shortest, ".")
