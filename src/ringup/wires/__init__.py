"""The wires: one module for each provider API, pure, knowing nothing of the others. `find` gets one by name."""

from __future__ import annotations

import importlib
from functools import cache
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from ringup.wire import CountWire, EmbedWire, Wire

__all__ = ["NAMES", "find", "find_count", "find_embeddings"]

NAMES = ("chat_completions", "anthropic_messages", "responses", "gemini")


@cache
def find(name: str) -> Wire:
    """The wire of that name. Only what is used is imported."""
    if name not in NAMES:
        raise LookupError(f"no wire is called {name!r}; the wires are {', '.join(NAMES)}")
    return cast("Wire", importlib.import_module(f"{__name__}.{name}"))


_EMBEDDINGS = {"chat_completions": "embeddings", "responses": "embeddings", "gemini": "gemini.embeddings"}
"""Which wire the embeddings have where chats have this one. Anthropic's API has none."""


@cache
def find_embeddings(name: str) -> EmbedWire | None:
    """The wire for embeddings of a provider whose chats are on the wire of that name; None where there is none."""
    found = _EMBEDDINGS.get(name)
    return cast("EmbedWire", importlib.import_module(f"{__name__}.{found}")) if found else None


@cache
def find_count(name: str) -> CountWire | None:
    """The wire of that name, where its API counts tokens; Chat Completions doesn't."""
    return None if name == "chat_completions" else cast("CountWire", find(name))
