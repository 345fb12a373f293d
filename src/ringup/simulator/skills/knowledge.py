"""Questions of fact: countries, planets, programming languages, elements, records, years, authors and the like."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property

from ringup.simulator.conversation import Conversation, Draft
from ringup.simulator.facts import (
    AUTHORS,
    CONSTANTS,
    COUNTRIES,
    ELEMENTS,
    EVENTS,
    LANGUAGES,
    LISTS,
    MONTH_DAYS,
    PLANETS,
    QUANTITIES,
    RECORDS,
)
from ringup.simulator.words import ANIMALS, COLOURS, OPPOSITES

__all__ = ["KINDS", "NAMED_THINGS", "Names", "answer"]


class Names:
    """A kind of thing, by the names under which its things are known: {name in lower case: the thing's own name}."""

    def __init__(self, names: dict[str, str]) -> None:
        self._names = names

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        longest_first = "|".join(re.escape(name) for name in sorted(self._names, key=len, reverse=True))
        return re.compile(rf"(?<![\w+#-])(?:{longest_first})(?![\w+#])")

    def found_in(self, text: str) -> list[tuple[str, str]]:
        """The names that occur in a text as whole words, in order: as they stand there, and the thing's own name."""
        return [(found[0], self._names[found[0]]) for found in self._pattern.finditer(text.lower())]

    def mentioned(self, text: str) -> list[str]:
        """The things that a text names, each once, in order."""
        return list(dict.fromkeys(name for _, name in self.found_in(text)))


_COUNTRIES = Names(
    {name.lower(): name for name in COUNTRIES}
    | {
        "america": "United States",
        "the us": "United States",
        "u.s.": "United States",
        "usa": "United States",
        "uk": "United Kingdom",
        "great britain": "United Kingdom",
        "england": "United Kingdom",
        "holland": "Netherlands",
        "czechia": "Czech Republic",
    }
)
_LANGUAGES = Names({name.lower(): name for name in LANGUAGES} | {"golang": "Go"})
_ELEMENTS = Names({name: name for name in ELEMENTS} | {"aluminum": "aluminium", "sulphur": "sulfur"})
_CAPITALS = Names({country.capital.lower(): name for name, country in COUNTRIES.items()})
_PLANETS = Names({name.lower(): name for name in PLANETS})
_WORKS = Names({name: name for name in AUTHORS})

KINDS = (
    _COUNTRIES,
    _PLANETS,
    _LANGUAGES,
    _ELEMENTS,
    _CAPITALS,
    _WORKS,
    Names({name.lower(): name for name in MONTH_DAYS}),
    Names({name: name for name in COLOURS}),
    Names({name: name for name in ANIMALS}),
)
"""Names that can stand for each other in a question: "the capital of France", and of Italy?"""
NAMED_THINGS = KINDS[:5]
"""The kinds of things that "it" can stand for."""


def answer(talk: Conversation) -> Draft | None:
    """What the tables say to the question, if they say anything."""
    low = talk.low
    for skill in (_country, _programming, _element, _planet, _record, _quantity, _constant, _author, _event, _word):
        if found := skill(low):
            return found
    return None


def _listed(items: Iterable[str]) -> str:
    *most, last = items
    return f"{', '.join(most)} and {last}" if most else last


def _with_article(country: str) -> str:
    needs = ("Netherlands", "Philippines", "United Kingdom", "United States", "Czech Republic")
    return f"the {country}" if country in needs else country


def _country(low: str) -> Draft | None:
    named = _COUNTRIES.mentioned(low)
    if not named:
        return _country_of_city(low)
    if re.search(r"\bcapitals?\b", low):
        return _is_capital(low, named[-1]) or (_capital(named[0]) if len(named) == 1 else _capitals(named))
    country, name = COUNTRIES[named[0]], _with_article(named[0])
    if re.search(r"\bcurrency\b|\bmoney\b|pay with", low):
        return Draft((f"The currency of {name} is {country.currency}.",), country.currency)
    if "language" in low or "speak" in low or "spoken" in low:
        return Draft((f"In {name}, people speak {country.language}.",), country.language)
    if "continent" in low or re.search(r"where (?:is|in the world)|located", low):
        return Draft((f"{name[0].upper()}{name[1:]} is in {country.continent}.",), country.continent)
    return None


def _is_capital(low: str, name: str) -> Draft | None:
    found = re.match(r"is (?:it true that )?(.+?) (?:is )?the capital(?: city)? of", low)
    if not found:
        return None
    capital = COUNTRIES[name].capital
    word = "Yes" if found[1] == capital.lower() else "No"
    return Draft((f"{word}, the capital of {_with_article(name)} is {capital}.",), word)


def _capitals(named: list[str]) -> Draft:
    told = _listed(f"the capital of {_with_article(name)} is {COUNTRIES[name].capital}" for name in named)
    return Draft((f"{told[0].upper()}{told[1:]}.",), ", ".join(COUNTRIES[name].capital for name in named))


def _capital(name: str) -> Draft:
    country, place = COUNTRIES[name], _with_article(name)
    phrasings = (
        f"The capital of {place} is {country.capital}.",
        f"{country.capital} is the capital of {place}.",
        f"It is {country.capital}: the capital of {place}.",
        f"The capital city of {place} is {country.capital}.",
    )
    return Draft(phrasings, country.capital, country.note)


def _country_of_city(low: str) -> Draft | None:
    city = _CAPITALS.mentioned(low)
    if city and re.search(r"capital of (?:which|what)|(?:which|what) country|where is|located", low):
        name, capital = _with_article(city[0]), COUNTRIES[city[0]].capital
        return Draft((f"{capital} is in {name}; it is the capital.", f"{capital} is the capital of {name}."), city[0])
    return None


def _programming(low: str) -> Draft | None:
    named = _LANGUAGES.mentioned(low)
    made = r"creat|invent|made|design|written|wrote|develop|release|appear|come out|came out|born|start|first|how old"
    if not named or not re.search(made + r"|author|behind", low):
        return None
    name = named[0]
    language = LANGUAGES[name]
    if re.search(r"\bwho\b|author|by whom|inventor|creator", low):
        return Draft(
            (
                f"{name} was created by {language.author}.",
                f"{language.author} created {name}.",
                f"{name} is the work of {language.author}.",
            ),
            language.author,
            f"It appeared in {language.year}. {language.note}",
        )
    if not re.search(r"\bwhen\b|\byear\b|\bdate\b|how old", low):
        return None
    return Draft(
        (
            f"{name} was first released in {language.year}, created by {language.author}.",
            f"{name} appeared in {language.year}; {language.author} created it.",
            f"The first version of {name}, by {language.author}, came out in {language.year}.",
        ),
        str(language.year),
        language.note,
    )


def _planet(low: str) -> Draft | None:
    if found := re.search(r"(\d+(?:st|nd|rd|th)|first|second|third|fourth|fifth|sixth|seventh|eighth) planet", low):
        words = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
        at = words.index(found[1]) if found[1] in words else int(found[1][:-2]) - 1
        if 0 <= at < len(PLANETS):
            name = list(PLANETS)[at]
            return Draft((f"The {found[1]} planet from the Sun is {name}.",), name, PLANETS[name].note)
    named = _PLANETS.mentioned(low)
    if not named:
        return None
    name, planet = named[0], PLANETS[named[0]]
    if "moon" in low:
        return Draft((f"{name} has {planet.moons}.",), planet.moons.split(",")[0], planet.note)
    if re.search(r"how long is (?:a|one|the) day|length of (?:a|the) day|day on", low):
        return Draft((f"A day on {name} lasts {planet.day}.",), planet.day, planet.note)
    if re.search(r"^(?:what is|what's|describe|tell me about|about|who is)\b", low):
        at = list(PLANETS).index(name) + 1
        return Draft((f"{name} is planet number {at} from the Sun. {planet.note}",), name, f"It has {planet.moons}.")
    return None


def _element(low: str) -> Draft | None:
    named = _ELEMENTS.mentioned(low)
    if named and re.search(r"symbol|abbreviation", low):
        element = ELEMENTS[named[0]]
        return Draft(
            (f"The chemical symbol of {named[0]} is {element.symbol}.", f"{element.symbol} stands for {named[0]}."),
            element.symbol,
            f"Its atomic number is {element.number}.",
        )
    if named and re.search(r"atomic number|protons", low):
        element = ELEMENTS[named[0]]
        return Draft((f"The atomic number of {named[0]} is {element.number}.",), str(element.number))
    if found := re.search(r"(?:atomic number|element number|element with) (\d+)", low):
        name = next((name for name, element in ELEMENTS.items() if element.number == int(found[1])), None)
        return Draft((f"The element with the atomic number {found[1]} is {name}.",), name) if name else None
    return None


def _record(low: str) -> Draft | None:
    for pattern, record in RECORDS.items():
        if found := re.search(pattern, low):
            name, what = record.name, found[0].removeprefix("planet ").removeprefix("is ")
            capital = name[0].upper() + name[1:]
            if re.search(r"\b(?:is|to the|of the|in the)\b", found[0]):
                return Draft((f"It is {name}.", f"{capital}."), name.removeprefix("the "), record.note)
            phrasings = (f"{capital} is the {what}.", f"The {what} is {name}.", f"That is {name}.")
            return Draft(phrasings, name.removeprefix("the "), record.note)
    return None


def _quantity(low: str) -> Draft | None:
    if not re.search(r"how many|number of", low):
        return None
    if found := re.search(rf"days.*\b({'|'.join(MONTH_DAYS).lower()})\b", low):
        month = found[1].capitalize()
        days, leap = MONTH_DAYS[month], ", and 29 in a leap year" if month == "February" else ""
        return Draft((f"{month} has {days} days{leap}.",), str(days))
    for pattern, (number, text) in QUANTITIES.items():
        if re.search(pattern, low):
            return Draft((text,), str(number))
    return None


def _constant(low: str) -> Draft | None:
    for pattern, (short, text) in CONSTANTS.items():
        if re.search(pattern, low):
            return Draft((text,), short)
    return None


def _author(low: str) -> Draft | None:
    if not re.search(r"\bwho (?:wrote|painted|composed|is the author)|author of|\bwhen was .*(?:written|painted)", low):
        return None
    named = _WORKS.mentioned(low)
    if not named:
        return None
    author, year = AUTHORS[named[0]]
    title = " ".join(word if word in ("and", "of", "the", "a") else word.capitalize() for word in named[0].split())
    title = title[0].upper() + title[1:]
    if "when" in low:
        return Draft((f"{title} dates from {year}.",), year, f"It is by {author}.")
    return Draft(
        (f"{title} is by {author}.", f"{author} made {title}.", f"It was {author}."), author, f"It dates from {year}."
    )


def _event(low: str) -> Draft | None:
    if not re.search(r"\bwhen\b|\bwho\b|what year|which year|what date", low):
        return None
    for pattern, event in EVENTS.items():
        if re.search(pattern, low):
            by = re.search(r"\bwho\b", low) and event.who
            return Draft((f"{event.what[0].upper()}{event.what[1:]}.",), event.who if by else event.year)
    return None


def _word(low: str) -> Draft | None:
    if found := re.search(rf"colou?r (?:is|are|of|has) (?:the |a |an )?({'|'.join(COLOURS)})", low):
        colour = COLOURS[found[1]]
        verb = "are" if found[1] == "leaves" else "is"
        return Draft((f"The {found[1]} {verb} {colour}.",), colour.split(",")[0])
    if found := re.search(
        rf"(?:sound|noise) (?:does|do|of) (?:a |an |the )?({'|'.join(ANIMALS)})|what does (?:a|"
        rf"the) ({'|'.join(ANIMALS)}) say",
        low,
    ):
        animal = found[1] or found[2]
        return Draft((f"A {animal} says {ANIMALS[animal]}.",), ANIMALS[animal])
    if found := re.search(r"(?:opposite|antonym) (?:of|for) \W?(\w+)", low):
        both = OPPOSITES | {after: before for before, after in reversed(OPPOSITES.items())}
        if word := both.get(found[1]):
            return Draft((f'The opposite of "{found[1]}" is "{word}".',), word)
    return _calendar(low)


def _calendar(low: str) -> Draft | None:
    days, months = LISTS[r"days(?: of the week)?"], tuple(MONTH_DAYS)
    found = re.search(r"(?:comes?|is) (after|before) (\w+)", low)
    for names in (days, months):
        low_names = [name.lower() for name in names]
        if found and found[2] in low_names:
            step = 1 if found[1] == "after" else -1
            name = names[(low_names.index(found[2]) + step) % len(names)]
            return Draft((f"{name} comes {found[1]} {found[2].capitalize()}.",), name)
    return None
