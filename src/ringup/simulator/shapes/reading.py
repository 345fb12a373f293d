"""What stands in a text: names, places, numbers, dates, addresses, quotations, and what it says of a thing by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ringup.simulator.conversation import small_number, words
from ringup.simulator.facts import COUNTRIES
from ringup.simulator.words import TRANSLATIONS

__all__ = [
    "CURRENCIES",
    "LANGUAGES",
    "MONTH",
    "MONTHS",
    "Number",
    "dates",
    "is_city",
    "label",
    "labelled",
    "names",
    "nearest",
    "numbers",
    "pairs",
    "people",
    "places",
    "quotations",
    "times",
    "towns",
]

_NAME = r"[A-Z][\w'’-]+(?:[ ](?:[A-Z][\w'’.-]*|van|von|de|der|da|del)(?![\w]))*"
_NOT_A_NAME = frozenset(
    words(
        "I A An The What What's Who Who's Where When Why How Which Is Are Do Does Did Can Could Would Will Please "
        "Extract Give Tell Get Find Show Return List Name Hello Hi Hey My Your Our Weather In On At For And Or It Its "
        "Parse Write Use Call Book Set Send Create Make Check Add Multiply Subtract Divide Compute Calculate Convert "
        "Translate Search Look Email Mail Schedule Cancel Delete Remove Update Open Close Read Run Execute Turn Play "
        "Stop Start Order Buy Sell Compare Then Also From To With Without Me Us Now Today Tomorrow Yesterday Monday "
        "Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August September "
        "October November December Remind Reply Answer Summarize Describe Explain Generate Plan Order Invoice Customer "
        "User Ticket Product Date Time Total Amount Price Subject Title Body Message Note Not No Yes Thanks Thank Let "
        "Fetch Sort Count Round Reserve Need Want Should This That These Those There Here JSON API SQL URL ID People "
        "Nothing Something Everything Anything Nobody Someone Everyone Celsius Fahrenheit Mr Mrs Ms Dr First Second "
        "We He She They You Her His Their Lunch Dinner Breakfast Meeting Party Recipe Contact Ingredients Topics "
        "Third One Two Three Per By Of As If So But Log Post Move Rename"
    )
)


def _names_of(text: str) -> tuple[str, ...]:
    """A table of names with commas between them."""
    return tuple(text.split(","))


_CITIES = {country.capital for country in COUNTRIES.values()} | set(
    _names_of(
        "New York,San Francisco,Los Angeles,Chicago,Boston,Seattle,Miami,Toronto,Vancouver,Sydney,Melbourne,"
        "Mumbai,Delhi,Shanghai,Hong Kong,Singapore,Dubai,Barcelona,Munich,Hamburg,Milan,Venice,Zurich,Geneva,"
        "Istanbul,Osaka,Kyoto,Rio de Janeiro,São Paulo,Manchester,Edinburgh,Glasgow,Lyon,Marseille,Antwerp,"
        "Krakow,Austin,Denver,Houston,Dallas,Philadelphia,Montreal,Bangalore,Cape Town,Lagos,Johannesburg,"
        "Auckland"
    )
)
MONTHS = words("jan feb mar apr may jun jul aug sep oct nov dec")
"""The months by their first three letters."""
MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)\.?"
)
"""A pattern of a month's name, in lower case."""
_DAYS = (
    rf"\b(?P<m>{MONTH}) (?P<d>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y>\d{{4}})\b",
    rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<m>{MONTH}),? (?P<y>\d{{4}})\b",
)
_NO_NUMBERS = re.compile(
    r"\d{4}-\d\d-\d\d|\b\d{1,2}/\d{1,2}/\d{4}\b|\b\d{1,2}:\d\d\b|\b[A-Z]+-?\d[\w-]*|\d[\d-]{9,}|"
    rf"(?i:\b{MONTH} \d{{1,2}}\b(?:,? \d{{4}})?)|"
    rf"(?i:\b\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {MONTH}(?:,? \d{{4}})?\b)|(?i:\b\d{{1,2}} ?[ap]m\b)"
)
"""What has digits and is no number: dates, times, codes."""
CURRENCIES = {
    **dict.fromkeys(words("usd dollar dollars $ bucks"), "USD"),
    **dict.fromkeys(words("eur euro euros €"), "EUR"),
    **dict.fromkeys(words("gbp pound pounds sterling £"), "GBP"),
    **dict.fromkeys(words("jpy yen ¥"), "JPY"),
    **{word: word.upper() for word in words("chf sek nok dkk cad aud nzd inr cny brl mxn pln czk krw sgd hkd zar try")},
}
"""Words and signs for currencies, and their codes (ISO 4217)."""
LANGUAGES = tuple(sorted({language.capitalize() for language in TRANSLATIONS} | set(words("English Japanese Chinese"))))


class Number(NamedTuple):
    """A number, where it stands, and whether it was written with a decimal point."""

    at: int
    end: int
    value: float


def numbers(text: str) -> list[Number]:
    """The numbers of a text in order, in digits or as words up to twenty. Parts of dates and of codes are none."""
    found = []
    hidden = [one.span() for one in _NO_NUMBERS.finditer(text)]
    for one in re.finditer(r"(?<![\w.])-?\$?€?£?(\d+(?:,\d{3})*(?:\.\d+)?)(k\b)?|\b[a-z]+\b", text):
        if any(low <= one.start() < high for low, high in hidden):
            continue
        if one[1]:
            value = float(one[1].replace(",", "")) * (1000 if one[2] else 1) * (-1 if one[0].startswith("-") else 1)
            found.append(Number(one.start(), one.end(), value))
        elif one[0] not in ("a", "an", "one") and (number := small_number(one[0])) is not None:
            found.append(Number(one.start(), one.end(), float(number)))
    return found


def names(text: str) -> list[str]:
    """Capitalised words, as far as they seem to name something."""
    found = []
    for one in re.finditer(_NAME, text):
        kept = [word for word in one[0].split() if re.sub(r"['’]s$", "", word) not in _NOT_A_NAME]
        name = re.sub(r"['’]s$", "", " ".join(kept)).rstrip(".'’-")
        if len(name) > 1 and not re.fullmatch(r"[A-Z]{3,5}|[AP]M|[A-Z]\d+", name):
            found.append(name)
    return list(dict.fromkeys(found))


def is_city(name: str) -> bool:
    """Whether a name is a well-known city's."""
    return name in _CITIES


def people(text: str) -> list[str]:
    """Names that aren't those of places or of languages. Whoever did something ("by Ada") comes first."""
    places_too = _where(text)
    found = [
        one for one in names(text) if not (is_city(one) or one in COUNTRIES or one in LANGUAGES or one in places_too)
    ]
    found = [
        one for one in found if not re.search(rf"(?:^|[.!?:]\s+){re.escape(one)} (?:with|of|about|by|for)\b", text)
    ]
    makers = [one.rstrip(".'’") for one in re.findall(rf"\bby ((?:[A-Z]\. ?)*{_NAME})", text) if names(one)]
    return list(dict.fromkeys([*makers, *[one for one in found if not any(one in maker for maker in makers)]]))


_KNOWN_PLACE = re.compile(
    r"(?i)(?<![\w])(?:"
    + "|".join(re.escape(name) for name in sorted(_CITIES | set(COUNTRIES), key=len)[::-1])
    + r")(?!\w)"
)
_PROPER = {name.lower(): name for name in _CITIES | set(COUNTRIES)}


_BEFORE_PLACE = (
    rf"\b(?P<word>(?i:in|to|for|at|from|near|of|and|or|between|than|,|vs\.?|versus))\s+(?:the )?(?=(?P<name>{_NAME}))"
)
_FURTHER = ("and", "or", ",", "than", "vs", "versus")
"""What stands between the things of a list."""


def places(text: str) -> list[str]:
    """The places that a text names: well-known ones, names after "in", "to", "for" and the like, and those that are
    listed with one of these. A country that only tells where a city is ("Paris, France") isn't one of them.
    """
    known = {one.start(): _PROPER[one[0].lower()] for one in _KNOWN_PLACE.finditer(text)}
    found = dict(known)
    loose: dict[int, str] = {}
    for one in re.finditer(_BEFORE_PLACE, text):
        at, word, name = one.end(), one["word"].rstrip(".").lower(), one["name"]
        if at in found or name in LANGUAGES:
            continue
        if word not in _FURTHER:
            if not known or word in ("in", "near", "from", "to", "at"):
                found[at] = name
        elif any(
            text[start:].startswith(other) and start + len(other) >= one.start() - 1
            for start, other in found.items()
            if start < at
        ):
            found[at] = name
        elif not known:
            loose[at] = name
    found = found or loose
    kept = [name for at, name in sorted(found.items()) if not _follows_city(text, at, name)]
    kept = [name for name in kept if names(name) == [name] or name in _PROPER.values()]
    return list(dict.fromkeys(name for name in kept if len(name) > 1)) or _small_places(text)


def towns(text: str) -> list[str]:
    """The places, without the houses ("at the Hilton") if a town is named, too."""
    found = places(text)
    houses = set(re.findall(rf"\bat (?:the )?({_NAME})", text))
    return [one for one in found if is_city(one) or one not in houses] or found


def _where(text: str) -> set[str]:
    """Names that a text uses as those of places: after "in", or between "from" and "to"."""
    inside = re.findall(rf"\b(?i:in|near|at)\s+(?:the )?({_NAME})", text)
    ways = re.findall(rf"\b(?i:from) ({_NAME}) to ({_NAME})", text)
    return {*inside, *(name for way in ways for name in way)}


def _follows_city(text: str, at: int, name: str) -> bool:
    before = re.search(r"([A-Z][\w'’-]+(?: [A-Z][\w'’-]+)?), $", text[:at]) if name in COUNTRIES else None
    return before is not None and before[1] not in COUNTRIES


def _small_places(text: str) -> list[str]:
    """ "weather in springfield?" """
    found = re.search(r"\b(?:in|near) ([a-z]{3,}(?: [a-z]{3,})?)(?: (?:today|tomorrow|now|right now))?[?.!]*$", text)
    common = r"\b(?:the|my|a|an|this|that|celsius|fahrenheit|english|detail|degrees|total|json|order|general|it|me)\b"
    return [found[1].title()] if found and not re.search(common, found[1]) else []


def dates(text: str) -> list[str]:
    """The dates of a text, in the form 2026-01-31."""
    found: dict[int, str] = {one.start(): one[0] for one in re.finditer(r"\b\d{4}-\d\d-\d\d\b", text)}
    for pattern in _DAYS:
        for one in re.finditer(f"(?i){pattern}", text):
            month = MONTHS.index(one["m"][:3].lower()) + 1
            found[one.start()] = f"{one['y']}-{month:02}-{int(one['d']):02}"
    for one in re.finditer(r"\b(\d{1,2})/(\d{1,2})/(\d{4})\b", text):
        month, day = (int(one[2]), int(one[1])) if int(one[1]) > 12 else (int(one[1]), int(one[2]))
        found[one.start()] = f"{one[3]}-{month:02}-{day:02}"
    return [found[at] for at in sorted(found)]


def times(text: str) -> list[str]:
    """The times of day of a text, in the form 17:30."""
    found = []
    for one in re.finditer(r"(?i)\b(\d{1,2})(?::(\d\d))?\s*(am|pm)\b|\b(\d{1,2}):(\d\d)\b|\b(noon|midnight)\b", text):
        hour = int(one[1] or one[4] or (12 if (one[6] or "").lower() == "noon" else 0))
        hour = hour % 12 + (12 if one[3].lower() == "pm" else 0) if one[3] else hour
        if hour < 24:
            found.append(f"{hour:02}:{one[2] or one[5] or '00'}")
    return found


def quotations(text: str) -> list[str]:
    """What stands between quotation marks."""
    found = re.finditer(r"\"([^\"\n]+)\"|“([^”\n]+)”|`([^`\n]+)`|(?<!\w)'([^'\n]+)'(?!\w)|«([^»\n]+)»", text)
    return [next(group for group in one.groups() if group) for one in found]


_VALUE = (
    r"(?:\"(?P<q>[^\"\n]+)\"|'(?P<a>[^'\n]+)'|“(?P<c>[^”\n]+)”|"
    r"(?P<p>[^,;\n\"]{1,200}?)(?=[,;\n\"]|[.!?](?:\s|$)|$|\s+and\s+(?:\w+\s+){1,2}(?:is|:|=)))"
)


def label(name: str) -> str:
    """A pattern of the words of a field's name: created_at, createdAt and "created at" alike."""
    parts = re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower())
    return r"[\s_-]*".join(re.escape(part) for part in parts) or r"(?!)"


def labelled(text: str, name: str) -> list[str]:
    """What a text says that a thing is: "title: Buy milk", "the priority is high", "subject 'Hello'"."""
    joint = (
        r"(?:\s*[:=]\s*|\s+(?:is|are|was|to be|called|named|titled|labell?ed|saying|that says)\s+(?=\S)|\s+(?=[\"“']))"
    )
    found = re.finditer(rf"(?i)(?<![\w]){label(name)}(?!\w){joint}{_VALUE}", text)
    values = [(one["q"] or one["a"] or one["c"] or one["p"] or "").strip() for one in found]
    return [value for value in values if value]


def pairs(text: str) -> Iterator[tuple[str, str]]:
    """Names and their values: "apples: 3, pears = 5", or "3 apples and 5 pears"."""
    seen = set()
    for one in re.finditer(r"([A-Za-z][\w-]{0,40})\s*[:=]\s*(\"[^\"\n]*\"|[^\s,;]+)", text):
        if not one[2].startswith("//"):
            seen.add(one[1])
            yield one[1], one[2].strip("\"'").rstrip(".?!")
    for one in re.finditer(r"(?<![\w.])(\d+(?:\.\d+)?) ([a-z]+)\b", text) if not seen else ():
        yield one[2], one[1]


def nearest(found: Iterable[Number], text: str, name: str) -> Number | None:
    """The number that stands beside a field's name: "3 adults", "a limit of 5", "page 2"."""
    pattern = rf"(?i)(?<![\w])(?:{label(name)}s?{'|child' if name == 'children' else ''})(?!\w)"
    stem = re.search(pattern, text)
    for one in found if stem else ():
        between = text[stem.end() : one.at] if stem and one.at >= stem.end() else None
        before = text[one.end : stem.start()] if stem and one.end <= stem.start() else None
        if between is not None and re.fullmatch(
            r"(?i)[\s:=#]*(?:(?:is|of|to|at|be|as)\s+)?(?:about |only )?[$€£]?", between
        ):
            return one
        if before is not None and re.fullmatch(r"[\s-]+(?:[a-z]+ )?", before):
            return one
    return None
