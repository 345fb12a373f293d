"""How long an answer is to be, read from the words of a question."""

from __future__ import annotations

import re
from typing import NamedTuple

from ringup.simulator.conversation import small_number

__all__ = ["NUMBER", "Length", "length", "without_length"]

NUMBER = (
    r"(\d[\d,]*|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|forty|fifty|hundred)"
)
_UNIT = r"(word|sentence|paragraph|line|verse)s?\b"
_MOST = r"(?:(at most|up to|under|no more than|fewer than|less than|maximum(?: of)?|max) )?"
_WORDS = r"(?:exactly |about |around |roughly |only |just )?"


class Length(NamedTuple):
    """So many of a unit: word, sentence, paragraph or line. `at_most` means that it may be shorter."""

    amount: int
    unit: str
    at_most: bool = False


def length(text: str) -> Length | None:
    """The length that a text asks for: "in 50 words", "a 3 sentence story", "two paragraphs", "under 20 words"."""
    found = re.search(rf"(?i)\b{_MOST}{_WORDS}{NUMBER}[ -]{_UNIT}", text)
    found = found or re.search(rf"(?i)\b{_MOST}{_WORDS}{NUMBER} [a-z]+ {_UNIT}", text)
    amount = small_number(found[2]) if found else None
    if not found or not amount:
        return None
    below = found[1] is not None and found[1].lower() in ("under", "fewer than", "less than")
    return Length(max(amount - below, 1), found[3].lower().replace("verse", "line"), found[1] is not None)


def without_length(text: str) -> str:
    """The text without the words that say how long the answer is to be."""
    pattern = (
        rf"(?i)[,;(]? ?\b(?:in|of|with|using|to)? ?{_MOST}{_WORDS}{NUMBER}[ -](?:(?!word|sent|para)[a-z]+ )?"
        r"(?:words?|sentences?|paragraphs?|lines?|verses?|tokens?)\b(?: (?:long|or (?:less|fewer)))?\)?"
    )
    return re.sub(pattern, "", " ".join(text.split())).strip()
