"""What the makers of objects and of arrays need of the builder that they work for."""

from __future__ import annotations

from typing import Any, Protocol

from ringup.simulator.shapes.branches import Branch
from ringup.simulator.shapes.finder import Finder, Found
from ringup.simulator.shapes.fits import Checker
from ringup.simulator.shapes.strings import Strings

__all__ = ["MAX_ITEMS", "SHALLOW", "Making", "UnfitError"]

SHALLOW = 2
"""Above this depth, an answer has its optional properties, too."""
MAX_ITEMS = 50
"""How many items or names are taken from a text."""


class UnfitError(Exception):
    """No value was found that fits."""


class Making(Protocol):
    """A builder, as the makers of objects and arrays see it."""

    checker: Checker
    strings: Strings
    finder: Finder

    @property
    def for_tool(self) -> bool: ...
    def build(self, schemas: tuple[Any, ...], name: str, depth: int = 0) -> Found: ...
    def tried(self, schemas: tuple[Any, ...], name: str, depth: int) -> Found | None: ...
    def apart(self, schemas: tuple[Any, ...], name: str, depth: int, text: str) -> Found | None: ...
    def fits(self, value: Any, branch: Branch) -> bool: ...
    def is_open(self, schemas: tuple[Any, ...]) -> bool: ...
