"""Things to write: stories, poems, taglines, opening lines, essays, letters, at the length that is asked for."""

from __future__ import annotations

import re
from collections.abc import Callable

from ringup.simulator import prose
from ringup.simulator.conversation import Conversation, Draft, small_number
from ringup.simulator.length import NUMBER, Length, length, without_length

__all__ = ["answer", "topic", "write"]

MAX_SENTENCES = 500


_KINDS = (
    "opening line|first line|opening "
    "sentence|tagline|slogan|motto|catchphrase|haiku|limerick|sonnet|poem|verse|rhyme|ode|song|"
    "lyrics|joke|pun|email|e-mail|letter|story|tale|fable|novel|essay|article|blog "
    "post|post|paragraph|description|speech|"
    "review|summary|text|report|introduction|biography|review|tweet|caption|sentence|words|advertisement|ad|toast"
)
_MAKE = (
    r"\b(?:write|compose|draft|create|make up|invent|generate|come up with|give(?: me)?|tell(?: me)?|"
    r"suggest|produce|craft|sing|recite|i need|i want)\b"
)


def topic(text: str) -> str:
    """What a text is to be about: "Write a poem about the sea in 40 words." is about the sea."""
    text = without_length(text)
    found = re.search(
        r"(?i)\b(?:about|on|regarding|describing|for|titled|called|explaining)\s+(?:why |how )?(.+?)[.?!]*$", text
    )
    found = found or re.search(r"(?i)\b(?:of|to)\s+(.+?)[.?!]*$", text)
    words = found[1] if found else ""
    words = re.split(r"[.?!;]\s", words)[0].strip(" \"'“”,:")
    return words if len(words) <= 80 else ""


def answer(talk: Conversation) -> Draft | None:
    """The text, if one is to be written."""
    low = talk.low
    found = re.search(rf"\b({_KINDS})s?\b", without_length(low)) or re.search(rf"\b({_KINDS})s?\b", low)
    if not found or not re.search(rf"{_MAKE}|^(?:an?|the|another|\d+) ", low):
        return None
    text = _short_form(talk, found[1]) or _long_form(talk, found[1])
    return Draft((text,), exact=True)


def _short_form(talk: Conversation, kind: str) -> str:
    chance, about = talk.chance, topic(talk.asked)
    many = re.search(rf"(?i){NUMBER} (?:\w+ ){{0,2}}(?:{_KINDS})s\b", talk.asked)
    count = min(small_number(many[1]) or 1, 50) if many else 1
    match kind:
        case "opening line" | "first line" | "opening sentence":
            about = "" if re.search(r"(?i)sci(?:ence)?[ -]?fi|novel|story|book", about) else about
            return _each(count, lambda: prose.opening_line(chance, about))
        case "tagline" | "slogan" | "motto" | "catchphrase" | "caption" | "tweet" | "ad" | "advertisement":
            return _each(count, lambda: prose.tagline(chance, re.sub(r"(?i)^an? ", "", about) or "something good"))
        case "haiku":
            return prose.haiku(chance)
        case "joke" | "pun":
            return _each(count, lambda: prose.joke(chance))
        case "limerick":
            return prose.poem(chance, about or "the sea", 5)
        case "sonnet":
            return prose.poem(chance, about or "the sea", 14)
        case "poem" | "verse" | "rhyme" | "ode" | "song" | "lyrics":
            wanted = length(talk.asked)
            return "" if wanted and wanted.unit == "word" else prose.poem(chance, about or "the sea", _lines(wanted))
        case "email" | "e-mail" | "letter":
            return "" if length(talk.asked) else prose.email(chance, about or "our meeting")
    return ""


def _each(count: int, make: Callable[[], str]) -> str:
    return "\n".join(f"{number}. {make()}" for number in range(1, count + 1)) if count > 1 else make()


def _lines(wanted: Length | None) -> int:
    return min(wanted.amount, MAX_SENTENCES) if wanted and wanted.unit == "line" else 4


def _long_form(talk: Conversation, kind: str) -> str:
    story = kind in ("story", "tale", "fable", "novel")
    about = topic(talk.asked) or ("an old promise" if story else "everyday life")
    long = re.search(r"(?i)\b(?:long|detailed|in depth|comprehensive|very long)\b", talk.asked)
    short = re.search(r"(?i)\b(?:short|brief|quick|tiny|little|small|concise)\b", talk.asked + talk.instructions)
    default = Length(6 if long else 1, "paragraph") if long or not (short or story) else Length(4, "sentence")
    if kind == "sentence":
        default = Length(1, "sentence")
    if story and not long and not short:
        default = Length(2, "paragraph")
    return write(talk, about, length(talk.asked) or default, story)


def write(talk: Conversation, about: str, wanted: Length, story: bool = False) -> str:
    """Prose of the wanted length."""
    match wanted.unit:
        case "word":
            return prose.exactly(talk.chance, about, wanted.amount, story)
        case "paragraph":
            return prose.paragraphs(talk.chance, about, min(wanted.amount, MAX_SENTENCES // 5), story)
        case "line":
            return "\n".join(prose.sentences(talk.chance, about, min(wanted.amount, MAX_SENTENCES), story))
    return " ".join(prose.sentences(talk.chance, about, min(wanted.amount, MAX_SENTENCES), story))
