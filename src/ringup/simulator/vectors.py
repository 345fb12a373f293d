"""Texts as vectors that know nothing of meaning: texts that share words, or parts of words, lie near each other.

Each word and each run of three letters is a feature; it adds a little, up or down, at eight places that its hash picks.
Common words count for little. The same text always gives the same vector; each model has a space of its own.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from functools import lru_cache
from hashlib import blake2b

from ringup.embeddings import pack
from ringup.simulator.conversation import words

__all__ = ["vector"]

_COMMON = frozenset(
    words(
        "a an the this that these those and or but if of to in on at by for from with as is are was were be been it "
        "its i you he she we they me my your his her our their do does did have has had will would can could not no"
    )
)
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")  # a Chinese character is a word
_PLACES = 8


def vector(text: str, model: str, full: int, dimensions: int) -> bytes:
    """The vector of a text: as many numbers as wanted of the model's `full` ones, brought to length 1. As float32."""
    numbers = [0.0] * full
    for feature, weight in _features(text).items():
        for place, up in _places(model, feature, full):
            numbers[place] += weight if up else -weight
    kept = numbers[:dimensions]
    length = math.hypot(*kept)
    if not length:
        kept[0] = length = 1.0
    return pack([number / length for number in kept])


def _features(text: str) -> dict[str, float]:
    """What there is in a text, and how much of it. What comes again counts less each time."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text.casefold()) if not _is_accent(letter))
    weights: dict[str, float] = {}
    for word, count in Counter(_WORD.findall(plain) or [plain]).items():
        weight = (0.2 if word in _COMMON else 1.0) * (1 + math.log(count))
        weights[word] = weights.get(word, 0.0) + weight
        padded = f"^{word}$"
        for at in range(len(padded) - 2):
            run = padded[at : at + 3]
            weights[run] = weights.get(run, 0.0) + weight / 2
    return weights


def _is_accent(letter: str) -> bool:
    return unicodedata.category(letter) == "Mn"


@lru_cache(maxsize=50_000)
def _places(model: str, feature: str, full: int) -> tuple[tuple[int, bool], ...]:
    """Where a feature adds, and whether upwards. The first places are the likelier ones, so that a vector cut short
    keeps most of what it says."""
    digest = blake2b(feature.encode("utf-8", "replace"), digest_size=4 * _PLACES, key=model.encode()[:64]).digest()
    found = []
    for at in range(0, len(digest), 4):
        number = int.from_bytes(digest[at : at + 4], "little")
        found.append((int(full * ((number >> 1) / 2**31) ** 2), bool(number & 1)))
    return tuple(found)
