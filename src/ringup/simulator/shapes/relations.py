"""What a sentence says of a field by its verb, or by what it is about."""

from __future__ import annotations

import re

from ringup.simulator.facts import COUNTRIES
from ringup.simulator.shapes.reading import is_city, names
from ringup.simulator.shapes.series import counted, listed_after, subject

__all__ = ["related", "things"]

_THING = r"\bname$|title|\bdish\b|recipe|product|\bitem\b|\bthing\b|movie|\bfilm\b|\bbook\b|\bplant\b|animal|object"
_EVENTS = r"going to|attend(?:s|ing)?|invited to|for(?= (?:lunch|dinner|breakfast|brunch|coffee|tea|drinks|a \w+)\b)"
_RELATIONS = (
    (
        r"language|technolog|tool|framework|skill|stack",
        r"knows?|speaks?|uses?|writes?|codes in|programs in|fluent in|"
        r"skilled in|good at|experienced? (?:in|with)|learned|learns|masters|proficient in|works with",
    ),
    (
        r"hobb|interest|like|favou?rite|passion",
        r"likes?|loves?|enjoys?|interested in|fond of|into|hobb(?:y|ies) (?:is|are)",
    ),
    (r"dislike|allerg|avoid", r"dislikes?|hates?|avoids?|allergic to"),
    (
        r"ingredient|material|component|part\b|requirement|supplies",
        r"needs?|uses?|contains?|made (?:of|from|with)|"
        r"requires?|consists? of|mix|combine|with",
    ),
    (
        r"compan|employer|organi[sz]ation|workplace",
        r"works? (?:at|for)|working (?:at|for)|employed (?:at|by)|joined|founded|"
        r"employee of|engineer at|ceo of",
    ),
    (
        r"\bjob|occupation|profession|\brole\b|position",
        r"works as|working as|as(?= an? )|is(?= an? \w+(?: \w+)?(?:er|or|ist|ian|ant|ect)\b)",
    ),
    (
        r"product|\bitem|goods|fruit|vegetable|purchase",
        r"sells?|buys?|bought|sold|offers?|orders?|ordered|purchased|needs?|wants?",
    ),
    (r"feature", r"supports?|includes?|offers?|features?|comes with|has"),
    (r"\bpet", r"owns?|has"),
)
"""Words after which a text says what a field of a name holds."""


def related(field: str, text: str) -> list[str]:
    """What a text says after a word that is made for a field: "knows Python and Rust" for languages."""
    words = [words for pattern, words in _RELATIONS if re.search(pattern, field)]
    return next((found for one in words if (found := listed_after(text, one))), [])


def things(text: str, field: str) -> list[str]:
    """What a field of a thing's name can hold: the subject of a sentence, a heading, what is counted, or an event that
    several people go to. A name alone is left to those of people."""
    if not re.search(_THING, field) or re.search(r"first|last|given|family|user|middle|nick|full", field):
        return []
    several = re.match(r"(?:On \w[^,]*, )?[A-Z]\w+(?:, [A-Z]\w+)* and [A-Z]\w+ ", text)
    if several and (events := listed_after(text, _EVENTS)):
        return events[:1]
    heading = re.match(r"[A-Z]\w+: ([A-Z]\w+ [^.,;:\n]{1,40})(?:[.;\n]|$)", text)
    found = [*([heading[1]] if heading else []), *[one for one in subject(text) if _names_thing(one, field)]]
    return found[:1] or (counted(text) if len(text.split()) < 7 else [])


def _names_thing(words: str, field: str) -> bool:
    named = names(words)
    if is_city(words) or words in COUNTRIES or not (named or re.search(r"\b[a-z]", words)):
        return False
    return not (field.endswith("name") and (words in named or (named and words[0].islower())))
