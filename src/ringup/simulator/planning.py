"""Which tools a question asks for, and with which of its words each."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from ringup.simulator.conversation import words
from ringup.simulator.offers import Offer
from ringup.simulator.shapes import items_for, listed, numbers

__all__ = ["Ask", "asks", "nearest", "nearness", "provides", "several"]

ENOUGH = 2.0
"""How near a question must come to a tool for this to be called unasked."""

_EMPTY_WORDS = frozenset(
    words(
        "a an the get set fetch find do run make current tool function call api data info information of for in to by "
        "with and or from use this that given return returns it its is as on at name named value values string give "
        "show tell me my your please can you could what which how i new all any one two be are was if then also when "
        "lookup look up"
    )
)
_SYNONYMS = [
    frozenset(words(group))
    for group in (
        "weather temperature forecast rain sunny snow humid humidity wind warm cold hot degrees climate cloudy "
        "outside umbrella raincoat",
        "time clock hour",
        "email mail inbox",
        "message sms slack text dm",
        "stock share shares price quote ticker",
        "translate translation translator",
        "calculator calculate compute math arithmetic expression evaluate",
        "search google browse web internet",
        "meeting event appointment calendar schedule",
        "remind reminder todo task",
        "location city place where live lives",
        "order purchase buy",
        "delete remove erase cancel",
        "add sum plus addition",
        "subtract minus subtraction",
        "multiply times product multiplication",
        "divide division quotient",
        "user customer client account profile",
        "flight flights fly plane",
        "hotel room stay accommodation",
        "restaurant dinner table",
        "convert conversion exchange currency rate",
        "image picture photo draw",
        "light lights lamp",
        "send write notify",
        "code python script execute program",
        "database sql table rows",
        "news headlines headline",
        "distance far route directions",
        "capital country population",
    )
]
_SPLIT = re.compile(
    r"(?:[.;?!]\s+|\n+|,?\s+(?:and then|and also|as well as|and|then|also|but|&)\s+|(?<!\d)\s+plus\s+(?!\d)|,\s+)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"\"[^\"\n]*\"|“[^”\n]*”|`[^`\n]*`|(?<!\w)'[^'\n]*'(?!\w)")


class Ask(NamedTuple):
    """A tool, and the words that it is to be called for."""

    offer: Offer
    text: str


def _words(text: str) -> list[str]:
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return [word for word in re.findall(r"[a-z]+", text.lower()) if word not in _EMPTY_WORDS]


def _alike(word: str, asked: set[str]) -> bool:
    """Whether a word is said: itself, one of the same stem, or one that means the same."""
    if word in asked or (len(word) > 3 and any(_stem(word) == _stem(other) for other in asked if len(other) > 3)):
        return True
    groups = [group for group in _SYNONYMS if word in group or word.rstrip("s") in group]
    roots = {root for other in asked if (root := _root(other)) != other}
    return any(group & asked or (roots and roots & {_root(other) for other in group}) for group in groups)


def _stem(word: str) -> str:
    return word.removesuffix("s")[:5]


def _root(word: str) -> str:
    """A word without what compares it or makes it a verb's form: hotter, windiest and raining are hot, wind, rain."""
    cut = re.sub(r"(?:ier|iest|er|est|ing|ed|y)$", "", word)
    cut = re.sub(r"([^aeiouls])\1$", r"\1", cut)
    return cut if len(cut) > 2 and len(word) > 4 else word


_NAMES_ANOTHER = r"(?i)\b(?:an?|the|some|this|that) (?:hot|cold|warm)\b"
"""A cold and a hot topic have nothing to do with the weather."""


def nearness(offer: Offer, text: str) -> float:
    """How plainly a text names what a tool does."""
    asked = set(_words(re.sub(_NAMES_ANOTHER, " ", text)))
    named = sum(2 for word in set(_words(offer.name)) if _alike(word, asked))
    described = sum(0.5 for word in set(_words(offer.description)) if len(word) > 3 and _alike(word, asked))
    fields = {word for name in offer.properties for word in _words(name)}
    taken = sum(0.25 for word in fields if _alike(word, asked))
    sums = re.search(r"calc|math|arithm|evaluat|expression", f"{offer.name} {offer.description}".lower())
    return named + min(described, 2) + min(taken, 0.75) + (2 if sums and _has_sum(text.lower()) else 0)


def nearest(offers: list[Offer], text: str) -> Offer:
    """The tool that a text comes nearest to; of several the one whose arguments it has."""
    return max(offers, key=lambda one: nearness(one, text) + 0.4 * _filled_share(one, text))


def _filled_share(offer: Offer, text: str) -> float:
    """How many of the arguments that a tool must have can be found in a text, of 1."""
    kinds = [items_for(name, text) for name in offer.required]
    return sum(bool(found) for found in kinds) / max(len(kinds), 1)


def _has_sum(low: str) -> bool:
    verbs = r"\b(?:plus|minus|times|multiplied by|divided by)\b|\b(?:add|multiply|subtract|divide) -?\d"
    return bool(re.search(rf"\d\s*[-+*/^x×%]\s*\d|{verbs}|square root|\d ?(?:%|percent) of \d", low))


def asks(text: str, offers: list[Offer]) -> list[Ask]:
    """What a text asks of the tools, one for each call, in the order of the text; the same words count once."""
    found: dict[tuple[str, str], Ask] = {}
    for offer, start, end in _groups(text, offers):
        for one in several(offer, text[start:end].strip(" ,.;")):
            found.setdefault((offer.name, one), Ask(offer, one))
    return list(found.values())


def _groups(text: str, offers: list[Offer]) -> list[tuple[Offer, int, int]]:
    """Stretches of the text, each with the tool that it is for."""
    found: list[tuple[Offer, int, int]] = []
    begin = 0
    for start, end in _clauses(text):
        offer = nearest(offers, text[start:end])
        if nearness(offer, text[start:end]) >= ENOUGH:
            found.append((offer, begin if not found else start, end))
        elif found:
            found[-1] = (found[-1][0], found[-1][1], end)
        else:
            begin = min(begin, start)
    if not found:
        offer = nearest(offers, text)
        return [(offer, 0, len(text))] if nearness(offer, text) >= ENOUGH else []
    return _merged(text, found)


def _merged(text: str, groups: list[tuple[Offer, int, int]]) -> list[tuple[Offer, int, int]]:
    """Neighbours of the same tool together, where one of them alone says too little for a call."""
    found = groups[:1]
    for offer, start, end in groups[1:]:
        last, begin, until = found[-1]
        if last is offer and not (_says_enough(offer, text[begin:until]) and _says_enough(offer, text[start:end])):
            found[-1] = (offer, begin, end)
        else:
            found.append((offer, start, end))
    return found


def _says_enough(offer: Offer, text: str) -> bool:
    """Whether something in the text can be an argument for each that must be there."""
    needed = [name for name in offer.required or list(offer.properties)[:1] if name in offer.properties]
    wanted = sum(1 for name in needed if offer.properties[name].get("type") in ("number", "integer"))
    if wanted and len(numbers(text)) < wanted:
        return False
    kinds = [items_for(name, text) for name in needed if offer.properties[name].get("type") == "string"]
    return bool(needed or offer.kind == "custom") and all(found is None or found for found in kinds)


def _clauses(text: str) -> list[tuple[int, int]]:
    quoted = [one.span() for one in _QUOTED.finditer(text)]
    found, begin = [], 0
    for one in _SPLIT.finditer(text):
        if not any(start < one.start() < end for start, end in quoted):
            found.append((begin, one.start() + (1 if one[0][0] in ".;?!" else 0)))
            begin = one.end()
    return [(start, end) for start, end in [*found, (begin, len(text))] if end > start]


# Several calls of one tool


def several(offer: Offer, text: str) -> list[str]:
    """The text, or where it lists things of which the tool takes one at a time, the text with each of them alone."""
    needed = offer.required or (list(offer.properties) if len(offer.properties) == 1 else [])
    scalars = {name: inner.get("type") for name, inner in offer.properties.items() if name in needed}
    if not scalars or not re.search(r"\band\b|\bor\b|\bthan\b|\bvs\b|\bversus\b|,|&", text):
        return [text]
    numeric = [name for name, kind in scalars.items() if kind in ("integer", "number")]
    if numeric and (chunks := _number_chunks(text, len(numeric))):
        return chunks
    lists: dict[str, list[str]] = {}
    for name, kind in scalars.items():
        inner = offer.properties[name]
        if kind == "string" and "enum" not in inner and len(found := items_for(name, text) or []) > 1:
            lists[name] = found
        elif len(needed) == 1 and kind == "string" and re.search(_LISTED, name) and len(found := listed(text)) > 1:
            return [f'{text[: text.index(found[0])]}"{one}"' for one in found]
    distinct = {tuple(found) for found in lists.values()}
    if len(lists) == 1 and len(distinct) == 1:
        return [_only(one, found, text) for found in lists.values() for one in found]
    return [text]


_LISTED = r"word|term|item|product|ingredient|name|package|movie|book|title|topic|keyword"


def _number_chunks(text: str, size: int) -> list[str]:
    """The text with only so many of its numbers at a time, where it has several times as many, listed or in pairs."""
    found = numbers(text)
    if len(found) <= size or len(found) % size:
        return []
    between = [text[one.end : other.at] for one, other in pairwise(found)]
    if size == 1 and not all(re.fullmatch(r"\s*(?:,|,?\s*and|&|or|,?\s*or)?\s*\w{0,12}\s*#?", gap) for gap in between):
        return []
    chunks = []
    for first in range(0, len(found), size):
        kept, shown = found[first : first + size], text
        for one in reversed(found):
            if one not in kept:
                shown = shown[: one.at] + shown[one.end :]
        chunks.append(shown)
    return chunks


def _only(one: str, found: list[str], text: str) -> str:
    """The text without the other things of a list, each with what only tells where it is ("Paris, France")."""
    listed_too = "|".join(re.escape(other) for other in found)
    for other in found:
        if other != one and other not in one:
            text = re.sub(rf"{re.escape(other)}, (?!{listed_too})[A-Z]\w+", "", text)
            text = re.sub(rf"(?i){re.escape(other)}", "", text)
    return text


def provides(offer: Offer, field: str) -> bool:
    """Whether a tool's name says that it gives what a field is to hold."""
    wanted = set(_words(field))
    named = [
        word for word in _words(f"{offer.name} {offer.description}") if word not in _words(" ".join(offer.properties))
    ]
    return any(_alike(word, wanted) for word in named)
