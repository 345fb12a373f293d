"""Lazy doors: modules that many programs never need, loaded when something of theirs is first used.

    if TYPE_CHECKING:
        from ringup import telemetry
    else:
        telemetry = later("telemetry")

Type checkers and `tests/test_architecture.py` see the import; a program that never asks for a tracer doesn't pay for
one. It isn't for what each call needs, nor a way out of the floors.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["later", "names_later"]


class _Door:
    """Stands for a module until it is needed. Then it has what the module has: they share their names."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __getattr__(self, name: str) -> Any:
        module = importlib.import_module(self.__name__)
        self.__dict__ = module.__dict__
        return getattr(module, name)

    def __repr__(self) -> str:
        return f"<door to {self.__name__}>"


def later(name: str) -> Any:
    """The module of ringup by that name, which is loaded when one of its names is first asked for."""
    return _Door(f"ringup.{name}")


def names_later(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """The `__getattr__` of a package that has some of its names from modules which are loaded when first asked for.
    `homes` has the module of each: its name below the package."""

    def found(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{package}.{homes[name]}"), name)
        setattr(sys.modules[package], name, value)
        return value

    return found
