"""What can be done to the words that are given: repeat, translate, reverse, spell, count, sort, judge, shorten."""

from __future__ import annotations

import re

from ringup.simulator.conversation import Conversation, Draft, words
from ringup.simulator.length import without_length
from ringup.simulator.words import TRANSLATIONS

__all__ = ["answer", "feeling"]

_GOOD = frozenset(
    words(
        "good great love loved lovely excellent amazing wonderful happy best nice fantastic perfect enjoyed like liked "
        "brilliant pleasant delicious awesome friendly helpful recommend beautiful superb delightful fast glad"
    )
)
_BAD = frozenset(
    words(
        "bad terrible hate hated awful horrible worst sad poor disappointing disappointed broken boring slow rude ugly "
        "annoying disgusting useless waste angry dirty expensive fail failed never unfortunately dreadful cold"
    )
)
_LANGUAGES = "|".join(TRANSLATIONS)


def answer(talk: Conversation) -> Draft | None:
    """The words, changed as was asked."""
    for skill in (_echo, _translate, _change, _count, _sentiment, _summary):
        if found := skill(talk):
            return found
    return None


def feeling(text: str) -> str:
    """Whether a text sounds "positive", "negative" or "neutral"."""
    words = re.findall(r"[a-z']+", text.lower())
    score = 0
    for at, word in enumerate(words):
        worth = (word in _GOOD) - (word in _BAD)
        score += -worth if at and words[at - 1] in ("not", "isn't", "wasn't", "don't", "didn't", "no") else worth
    return "positive" if score > 0 else "negative" if score < 0 else "neutral"


def _unquoted(text: str) -> str:
    text = text.strip()
    for left, right in (('"', '"'), ("'", "'"), ("“", "”"), ("`", "`")):
        body = text.rstrip(".!")
        if len(body) > 1 and body[0] == left and body[-1] == right:
            return body[1:-1]
    return text


_SAY = (
    r"(?:please |just |only |now )*(?:say|repeat(?: after me)?|echo|(?:reply|respond|answer)(?: only| exactly|"
    r" just)? with"
    r"|output|print|write|type|return)"
)


def _echo(talk: Conversation) -> Draft | None:
    asked = without_length(talk.asked)
    found = re.match(
        rf"(?is)(?:please |can you |could you )?{_SAY}(?: only| exactly| just| back| the (?:exact )?(?:word|"
        rf"words|phrase|text|sentence|following)s?)*\s*:\s*(.+)",
        asked,
    )
    if found:
        return Draft((_unquoted(found[1]),), exact=True)
    found = re.match(
        rf"(?is)(?:please |can you |could you )?{_SAY}(?: only| exactly| just|"
        rf" nothing but)*(?: the (?:exact )?(?:word|words|phrase|text|letter|number))?s? "
        r"([\"'“`].+?[\"'”`])(?: and nothing else| only|,? please)?[.!]?\s*$",
        asked,
    )
    if found:
        return Draft((_unquoted(found[1]),), exact=True)
    plain = re.match(
        r"(?is)(?:please |can you |could you )?(?:just |only )?(?:say|repeat after me|echo|(?:reply|respond|answer) "
        r"(?:with )?(?:only|exactly|just)(?: with)?)(?: the (?:word|words|phrase))?s? "
        r"(?!something|anything|that again|it again|more|what|why|how|if|whether|yes or no|a |an |one |the |in )"
        r"(.{1,200}?)(?: and nothing else| in one word)?[.!?]?\s*$",
        asked,
    )
    if plain and plain[1].lower() not in ("hi", "hello", "goodbye"):
        return Draft((plain[1],), exact=True)
    if plain:
        return Draft((f"{plain[1].capitalize()}!",), plain[1].capitalize())
    return None


def _translate(talk: Conversation) -> Draft | None:
    found = re.search(
        rf"(?is)translate\b(?: the (?:word|phrase|following|sentence|"
        rf"text))*:? ?(.*?),? (?:from \w+ )?(?:in)?to ({_LANGUAGES})\b:?(.*)",
        talk.asked,
    )
    if not found:
        found = re.search(
            rf"(?is)(?:how (?:do|would|can) (?:you|i|we) say|what is|what's) (.+?) in ({_LANGUAGES})\b()", talk.asked
        )
    if not found:
        return None
    language = found[2].lower()
    given = (found[1].strip() or found[3]).strip().rstrip("?.")
    parts = re.findall(r"[\"'“](.+?)[\"'”]", given) or [given.strip("\"'“” ")]
    told = [TRANSLATIONS[language].get(part.lower().rstrip("!.?")) for part in parts]
    name, good = language.capitalize(), [word for word in told if word]
    if len(good) < len(parts):
        unknown = next(part for part, word in zip(parts, told, strict=True) if not word)
        return Draft((f"I don't know how to say “{unknown}” in {name}: my dictionary is small.",), "unknown")
    short = ", ".join(
        word[0].upper() + word[1:] if part[:1].isupper() else word for part, word in zip(parts, good, strict=True)
    )
    if len(good) > 1:
        return Draft((f"In {name}: {short}.",), short)
    return Draft((f"“{parts[0]}” in {name} is “{short}”.", f"“{short}”.", f"In {name}: “{short}”."), short)


def _word_in(text: str) -> str:
    quoted = re.search(r"[\"“'`](.+?)[\"”'`]", text)
    return quoted[1] if quoted else text.strip(" ?.!:")


def _change(talk: Conversation) -> Draft | None:
    asked = talk.asked
    what = r"(?: the)?(?: (?:word|string|text|phrase|letters of|following|sentence))*:? (.+)"
    if found := re.search(rf"(?is)\breverse{what}", asked):
        word = _word_in(found[1])
        return Draft((word[::-1],), word[::-1], exact=True)
    if found := re.match(r"(?is)(?:.{0,40}\b(?:write|spell|say|word) )?(.{1,100}?) backwards[?.]?$", asked):
        word = _word_in(found[1])
        return Draft((word[::-1],), word[::-1], exact=True)
    if found := re.search(rf"(?is)^(?:please )?(?:how do you )?spell{what}", asked):
        spelled = "-".join(_word_in(found[1]).upper())
        return Draft((spelled,), spelled, exact=True)
    if found := re.match(
        r"(?is)(?:please )?(?:convert|change|turn|make|transform) (.*?) ?(?:in)?(?:to )?\b(upper|lower) ?case:?\s*(.*)",
        asked,
    ):
        word = _word_in(found[3] or re.sub(r"(?i)^(?:the )?(?:word|text|string|following)s?\b", "", found[1]))
        changed = word.upper() if found[2].lower() == "upper" else word.lower()
        return Draft((changed,), changed, exact=True) if changed else None
    return None


def _count(talk: Conversation) -> Draft | None:
    asked = talk.asked
    found = re.search(
        r"(?is)how many (?:times does (?:the letter )?)?\W?(\w)\W?(?:'?s)? (?:are|is|appears?|"
        r"occurs?)? ?(?:there )?in (?:the (?:word|string) )?(.+)",
        asked,
    )
    if found and len(found[1]) == 1:
        word, letter = _word_in(found[2]), found[1].lower()
        number = word.lower().count(letter)
        return Draft((f"“{word}” has {number} “{letter}”{'' if number == 1 else 's'}.",), str(number))
    found = re.search(
        r"(?is)how many (letters|characters|words|syllables) (?:are (?:there )?in|does|is in|"
        r"has)(?: the)?(?: (?:word|sentence|phrase|string|text))?:? (.+?)(?: have| contain)?\??$",
        asked,
    )
    if not found or found[1].lower() == "syllables":
        return None
    word = _word_in(found[2])
    if "alphabet" in word.lower() or "average" in word.lower():
        return None
    unit = found[1].lower()
    number = len(word.split()) if unit == "words" else len(re.findall(r"\w", word)) if unit == "letters" else len(word)
    return Draft((f"“{word}” has {number} {unit}.",), str(number))


def _sentiment(talk: Conversation) -> Draft | None:
    asked = talk.asked
    if not re.search(r"(?i)\bsentiment\b|positive (?:or|,) ?(?:neutral|negative)|positive, negative", asked):
        return None
    text = asked.partition(":")[2] or re.sub(r"(?i)positive|negative|neutral", "", asked)
    found = feeling(text)
    return Draft((f"The sentiment is {found}.", f"It sounds {found}.", f"{found.capitalize()}."), found.capitalize())


def _summary(talk: Conversation) -> Draft | None:
    found = re.match(
        r"(?is)\W*(?:please )?(?:summari[sz]e|give (?:me )?a summary of|shorten|tl;?dr)\b[^:\n]*[:\n]\s*(.{40,})",
        talk.asked,
    )
    if not found:
        return None
    sentences = re.split(r"(?<=[.!?])\s+", " ".join(found[1].split()))
    return Draft((f"In short: {sentences[0]}", sentences[0], f"The main point: {sentences[0]}"), sentences[0])
