"""The wires: one module for each provider API, pure, knowing nothing of the others. `find` gets one by name."""

from __future__ import annotations

import importlib
from functools import cache
from typing import cast

from ringup.wire import Wire

__all__ = ["NAMES", "find"]

NAMES = ("chat_completions", "anthropic_messages", "responses", "gemini")


@cache
def find(name: str) -> Wire:
    """The wire of that name. Only what is used is imported."""
    if name not in NAMES:
        raise LookupError(f"no wire is called {name!r}; the wires are {', '.join(NAMES)}")
    return cast("Wire", importlib.import_module(f"{__name__}.{name}"))
