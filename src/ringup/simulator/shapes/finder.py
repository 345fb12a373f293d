"""What a field is to hold, looked for in texts by the field's name: whichever text has it first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple

from ringup.simulator.facts import COUNTRIES
from ringup.simulator.shapes.days import with_dates
from ringup.simulator.shapes.reading import (
    CURRENCIES,
    LANGUAGES,
    Number,
    dates,
    labelled,
    nearest,
    numbers,
    people,
    places,
    quotations,
    times,
    towns,
)
from ringup.simulator.shapes.relations import related, things
from ringup.simulator.shapes.schemas import kinds_of
from ringup.simulator.skills.wording import feeling

__all__ = [
    "MADE_UP",
    "WHOLE",
    "Finder",
    "Found",
    "doubt",
    "field_words",
    "formed",
    "is_told",
    "items_for",
]


WHOLE = "whole"
"""The token of a value that is the whole wish, for want of a better one."""
MADE_UP = "made up"
"""The token of a value that nothing was found for."""


MAX_OPTIONS = 200
"""Of more options than these, only those that the text has letter by letter are looked for."""


class Found(NamedTuple):
    """A value for a field. `said`: it stands in the text; else it is made up. `token` marks what was used for it."""

    value: Any
    said: bool = True
    token: Any = None


_EMAIL = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_URL = r"https?://[^\s\"'<>]+[^\s\"'<>.,;:?!)]"
_PHONE = r"\+?\(?\d{1,4}\)?(?:[\s.-]?\(?\d{2,5}\)?){2,4}"
_CODE = r"\b(?:[A-Z]{1,6}[-_#]?\d[\w-]*|[a-z]{1,6}[-_]\d[\w-]*|\d+-\w[\w-]*)\b"
_PATH = r"(?<![\w:/])(?:~?/[\w./-]+|[\w./-]+\.[A-Za-z]\w{0,4}\b)"
_UUID = r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"
_SUM = r"[-(]*\d[\d\s.+*/%^()x×-]*\d\)*"
_SOON = r"(?i)\b(?:today|tonight|tomorrow|(?:next|this|on) (?:week|month|(?:mon|tues|wednes|thurs|fri|satur|sun)day))\b"
_DAYS = r"\bdates?\b|birth|\bdob\b|deadline|\bdue\b|\bday\b|check ?in|check ?out"
_TIMES = r"\btime\b(?! ?zone)|\bwhen\b|\bhour\b|\bat$"
_COLOUR = r"(?i)\b(?:red|green|blue|yellow|orange|purple|pink|black|white|grey|gray|brown|violet|cyan|magenta)\b"

_FORMATS = {
    "email": _EMAIL,
    "idn-email": _EMAIL,
    "date-time": r"\b\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)?",
    "uri": _URL,
    "url": _URL,
    "iri": _URL,
    "uuid": _UUID,
    "ipv4": r"\b\d{1,3}(?:\.\d{1,3}){3}\b",
    "ipv6": r"(?i)\b[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}\b",
    "hostname": r"\b(?:[a-z0-9-]+\.)+[a-z]{2,}\b",
    "duration": r"\bP(?:\d+[YMWD])*(?:T(?:\d+[HMS])+)?\b",
}


def _all(pattern: str) -> Callable[[str], list[str]]:
    return lambda text: [one[0].strip() for one in re.finditer(pattern, text)]


def _languages(text: str) -> list[str]:
    return [one[0] for one in re.finditer(r"\b(?:" + "|".join(LANGUAGES) + r")\b", text)]


def _currencies(text: str) -> list[str]:
    """Codes of currencies, in the order of the text."""
    found = []
    for one in re.finditer(r"\b[A-Za-z]{3,8}\b|[$€£¥]", text):
        code = CURRENCIES.get(one[0].lower())
        if code and ((one[0] != "try" and one[0].lower() not in ("pound", "try")) or one[0].isupper()):
            found.append(code)
    return list(dict.fromkeys(found))


def _symbols(text: str) -> list[str]:
    return [one[0] for one in re.finditer(r"\b[A-Z]{2,5}\b", text) if one[0] not in ("US", "API", "JSON", "CEO", "AND")]


def _dates(text: str) -> list[str]:
    return dates(text) or [one.lower().removeprefix("on ") for one in _all(_SOON)(text)]


def _moments(text: str) -> list[str]:
    return times(text) or _dates(text)


def _sums(text: str) -> list[str]:
    signed = re.sub(r"(?i)\bplus\b", "+", re.sub(r"(?i)\bminus\b", "-", text))
    signed = re.sub(r"(?i)\b(?:times|multiplied by)\b", "*", re.sub(r"(?i)\bdivided by\b", "/", signed))
    found = [one for one in _all(_SUM)(signed) if re.search(r"\d\s*[-+*/%^x×]\s*\d", one)]
    verb = re.search(
        r"(?i)\b(add|multiply|subtract|divide)\s+(-?[\d.]+)\s+(?:and|by|from|to|with)\s+(-?[\d.]*\d)", text
    )
    if verb:
        left, right = (verb[3], verb[2]) if verb[1].lower() == "subtract" else (verb[2], verb[3])
        sign = {"add": "+", "multiply": "*", "subtract": "-", "divide": "/"}[verb[1].lower()]
        found.append(f"{left} {sign} {right}")
    found += [
        f"{one[2]} * {one[1]} / 100" for one in re.finditer(r"(\d[\d.]*) ?(?:%|percent) of (\d[\d.]*\d|\d)", text)
    ]
    found += [f"sqrt({one[1]})" for one in re.finditer(r"(?i)square root of (\d[\d.]*\d|\d)", text)]
    return found


def _codes(text: str) -> list[str]:
    text = re.sub(r"\b\d{4}-\d\d-\d\d\b", "", text)
    codes = _all(_UUID)(text) + _all(_CODE)(text)
    return codes + [f"{one.value:g}" for one in numbers(text) if one.value.is_integer()]


def _countries(text: str) -> list[str]:
    return [name for name in places(text) if name in COUNTRIES] or places(text)


_BY_NAME: tuple[tuple[str, Callable[[str], list[str]]], ...] = (
    (r"e ?mails?\b|recipients?|^to$|^b?cc$|sender", _all(_EMAIL)),
    (r"\b(?:url|uri|link|website|homepage|webpage)s?\b", _all(_URL)),
    (r"phone|mobile|\bfax\b", _all(_PHONE)),
    (r"currency|currencies", _currencies),
    (r"language|\blang\b|locale", _languages),
    (r"symbol|ticker|\bstock\b", _symbols),
    (_DAYS, _dates),
    (_TIMES, _moments),
    (r"time ?zone|\btz\b", lambda text: _all(r"\b[A-Z][a-z]+/[A-Z]\w+|\bUTC\b")(text) or places(text)),
    (r"countr(?:y|ies)|nation", _countries),
    (r"cit(?:y|ies)|\btowns?\b", towns),
    (
        r"locations?|places?|destination|address|airport|region|venue|origin|\bwhere\b|area",
        places,
    ),
    (r"expression|formula|equation|calculation", _sums),
    (r"path|\bfile\b|filename|directory|folder|document", _all(_PATH)),
    (r"\bids?\b|\bcode\b|number$|\bsku\b|reference|\bref\b|isbn|\bzip\b|postal|\bkey\b", _codes),
    (r"colou?r", _all(_COLOUR)),
)
_PERSON = (
    r"name|person|author|customer|contact|attendee|participant|employee|patient|speaker|owner|assignee|\bwho\b|user|"
    r"recipient|people|guest|sender|member|passenger|student|teacher|colleague|friend|host|organi[sz]er|doctor|"
    r"candidate|traveller|traveler|founder|director|creator|inventor|composer|writer|singer|artist|painter|winner|^to$"
)
_NOT_PERSON = r"product|event|file|company|brand|item|project|team|tool|function|column|table|repo|dish|recipe|label"
_FREE = (
    r"query|question|prompt|text|input|message|content|topic|subject|search|keyword|body|description|note|title|task|"
    r"comment|reason|instruction|term|phrase|sentence|\bcode\b|\bsql\b|command|script|item|product|event|request"
)
_ANSWERS = r"answer|response|result|reply|explanation|reasoning|summary|output|conclusion|analysis|translation"
_IDEAS = (
    r"step|idea|suggestion|point|sentence|paragraph|line|tip|reason|fact|example|note|finding|takeaway|option|question|"
    r"insight|thought|argument|task|highlight|remark"
)
_ECHOES = r"query|question|prompt|text|input|message|content|topic|subject|search|keyword"
_SEARCH = (
    r"(?is)^(?:(?:please|can you|could you|i want to|i need to)\s+)*(?:search|google|look up|look for|find|query|"
    r"browse|research|fetch|get|retrieve|show me|tell me)\b(?:\s+me)?"
    r"(?:\s+(?:the\s+)?(?:web|internet|database|docs|knowledge base|wiki(?:pedia)?|products?|files?))?"
    r"(?:\s+(?:for|about|on|in|with))*\s+(.+?)\s*[.?!]*$"
)
_SAYING = (
    r"(?is)\b(?:saying(?: that)?|that says|with the (?:message|text)|tell(?:ing)? (?:him|her|them|\w+) that|that)\s+"
    r"(.+?)\s*$"
)
_DOING = r"(?is)\b(?:remind me to|reminder to|task to|todo to|to do:?|called|named|titled|about)\s+(.+?)\s*[.!?]*$"
_MADE_UP = (
    (r"cit(?:y|ies)|location|place|town|destination|airport|venue|\bwhere\b", "London"),
    (r"\bdate\b|\bday\b|deadline|birth", "2026-01-31"),
    (r"origin", "Paris"),
    (r"countr", "France"),
    (r"currency", "USD"),
    (r"language|locale", "English"),
    (r"time ?zone", "UTC"),
    (r"symbol|ticker", "ACME"),
    (r"phone|mobile", "+15550100"),
    (r"\bids?\b|\bcode\b|number$|reference", "1"),
    (r"\btime\b", "12:00"),
    (r"expression|formula|equation|calculation", "1 + 1"),
    (r"first ?name|given", "Alex"),
    (r"last ?name|family|surname", "Smith"),
    (r"colou?r", "blue"),
    (r"path|\bfile\b|filename", "example.txt"),
)
_OPERATIONS = {
    **{"add": r"\badd|\bplus\b|\bsum\b|\+", "subtract": r"subtract|\bminus\b|\bless\b|\d\s*-\s*\d"},
    **{"multiply": r"multipl|\btimes\b|product|\*|×", "divide": r"divid|\bover\b|quotient|/|÷"},
    **{"celsius": r"celsius|centigrade|°\s?c\b", "fahrenheit": r"fahrenheit|°\s?f\b"},
}


def field_words(name: str) -> str:
    """The name of a field as words: customerEmail and customer_email are "customer email"."""
    return " ".join(re.findall(r"[a-z]+|\d+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).lower()))


class Finder:
    """Looks for values in texts, the first of which counts most, and among values that are `known` by a name.

    `answer` gives what the model would say in words; None where the fields are a tool's arguments. With `today`,
    "tomorrow" and the like are dates.
    """

    def __init__(
        self,
        texts: Iterable[str],
        known: dict[str, list[Any]] | None = None,
        answer: Callable[[], str] | None = None,
        today: date | None = None,
    ) -> None:
        self.texts = [text for text in texts if text]
        self.answer = answer
        self.today = today
        self._known = known or {}
        self._taken: list[Any] = []

    @property
    def text(self) -> str:
        """The text that counts most."""
        return self.texts[0] if self.texts else ""

    def narrow(self) -> Finder:
        """One that looks only in the text that counts most, and knows what was used."""
        other = Finder(self.texts[:1], self._known, self.answer, self.today)
        other._taken = self._taken
        return other

    def about(self, part: str) -> Finder:
        """One that looks only in a part of the text."""
        return Finder([part], None, self.answer, self.today)

    def mark(self) -> int:
        """How much was used so far, to go `back` to."""
        return len(self._taken)

    def back(self, mark: int) -> None:
        """Forget what was used since the mark."""
        del self._taken[mark:]

    def is_free(self, value: Any) -> bool:
        """Whether a value wasn't given to a field yet."""
        return ("text", value) not in self._taken

    def take(self, found: Found) -> None:
        """What this was found in isn't given to the next field of the kind."""
        if found.token not in (None, MADE_UP, WHOLE):
            self._taken.append(found.token)

    def known(self, name: str) -> list[Any]:
        """The values that are known by this name, or by one that is a part of the other."""
        wanted = set(field_words(name).split())
        exact = [
            value for key, values in self._known.items() if set(field_words(key).split()) == wanted for value in values
        ]
        near = [
            value
            for key, values in self._known.items()
            if (has := set(field_words(key).split())) and has != wanted and (has <= wanted or wanted <= has)
            for value in values
        ]
        return exact + near

    # Strings

    def strings(self, name: str, form: str | None, description: str = "") -> Iterator[Found]:
        """Texts for a field, the likeliest first; at last one that is made up."""
        field = field_words(name)
        for at, text in enumerate(self.texts):
            if at == (1 if self.answer is None else 0):
                yield from self._known_texts(name)
            dated = with_dates(text, self.today) if form or re.search(f"{_DAYS}|{_TIMES}", field) else text
            yield from self._fresh([*formed(dated, form), *_by_side(text, field), *_said(text, name, field)])
            yield from self._fresh(_of_kind(dated, field))
            yield from self._fresh(related(field, text) if form is None else ())
        if len(self.texts) < 2:
            yield from self._known_texts(name)
        if form is None:
            yield from self._fresh(things(self.text, field) if self.answer is not None else ())
            yield from self._people(field, description)
            yield from self._words(field)
        yield from self._made_up(field)

    def _known_texts(self, name: str) -> list[Found]:
        return [Found(value) for value in self.known(name) if isinstance(value, str)]

    def _fresh(self, values: Iterable[str]) -> list[Found]:
        return [Found(value, True, ("text", value)) for value in values if ("text", value) not in self._taken]

    def _people(self, field: str, description: str) -> Iterator[Found]:
        if not re.search(_PERSON, field) or re.search(_NOT_PERSON, f"{field} {description.lower()}"):
            return
        for text in self.texts:
            for found in self._fresh(people(text)):
                shown = _part_of_name(found.value, field)
                yield found if shown == found.value else Found(shown)

    def _words(self, field: str) -> Iterator[Found]:
        """What free words can be: a quotation, what is said after "that", the wish itself."""
        for text in self.texts:
            yield from self._fresh(quotations(text))
        if self.answer is not None and re.search(_ANSWERS, field):
            yield Found(self.answer())
        elif self.answer is None and re.search(_FREE, field):
            yield from [Found(value) for value in _free(self.text, field)]
            yield Found(self.text.strip(), False, WHOLE)
        elif self.answer is None and not any(re.search(pattern, field) for pattern, _ in _BY_NAME):
            yield from self._fresh(people(self.text))
        elif self.answer is not None and re.search(_ECHOES, field):
            yield Found(self.text)

    def _made_up(self, field: str) -> Iterator[Found]:
        if self.answer is not None:
            yield Found(self.answer(), False)
        yield from [Found(value, False) for pattern, value in _MADE_UP if re.search(pattern, field)]
        if self.answer is None and self.text:
            yield Found(self.text, False)

    # Numbers, flags, choices

    def numbers(self, name: str) -> Iterator[Found]:
        """Numbers for a field: beside its name, then any that none has used yet."""
        known = [Found(value) for value in self.known(name) if _is_number(value)]
        yield from known if self.answer is not None else ()
        for at, text in enumerate(self.texts):
            found = numbers(text)
            for part in (name, field_words(name).split(" ")[-1]):
                if (beside := nearest(found, text, part)) is not None:
                    yield Found(beside.value, True, (at, beside.at))
        for at, text in enumerate(self.texts):
            free = [one for one in numbers(text) if (at, one.at) not in self._taken]
            yield from [Found(one.value, True, (at, one.at)) for one in _of_sort(free, field_words(name))]
            yield from known

    def flag(self, name: str) -> bool | None:
        """Whether a text says yes or no to a thing; None when it says nothing of it."""
        for value in self.known(name):
            if isinstance(value, bool):
                return value
        core = re.sub(
            r"^(?:is|has|have|include|with|should|enable|use|allow|wants?|needs?|can) ", "", field_words(name)
        )
        core = re.sub(r" (?:enabled|included|allowed|required|needed)$", "", core)
        if core in ("on", "enabled", "state", "power"):
            switched = _switched(self.text)
            if switched is not None or core == "on":
                return switched
        pattern = re.escape(core[: max(len(core) - 2, 4)]).replace(r"\ ", r"[\s_-]+")
        for text in self.texts[:1]:
            if not (
                found := re.search(rf"(?i)\b{pattern}\w*\s*(?:[:=]|\bis\b)?\s*(true|yes|on|false|no|off|not)?\b", text)
            ):
                continue
            before = text[max(found.start() - 30, 0) : found.start()]
            denied = re.search(
                r"(?i)\b(?:not?|without|never|exclude|disable|skip|\w+n['’]t)\W+(?:\w+\W+){0,2}$", before
            )
            return not denied and (found[1] or "").lower() not in ("false", "no", "off", "not")
        return None

    def mood(self) -> bool:
        """Whether the text sounds more like a yes than like a no."""
        return feeling(self.text) != "negative" and not re.search(r"(?i)\b(?:not|no|never|without)\b", self.text)

    def choice(self, options: list[Any], name: str) -> Found | None:
        """The option that is named, first of all beside the field's own name."""
        for value in self.known(name):
            if value in options:
                return Found(value)
        field = field_words(name)
        if len(options) > MAX_OPTIONS:
            low = " ".join(self.texts).lower()
            options = [option for option in options if str(option).lower() in low][:MAX_OPTIONS]
        for text in self.texts:
            said = " ".join([*_by_side(text, field), *labelled(text, name)])
            option = _earliest(options, said) or _earliest(options, text, self._taken)
            if option is not None:
                one_of_two = field.startswith(("from", "to", "source"))
                return option._replace(token=("option", str(option.value)) if one_of_two else None)
        mood = feeling(self.text)
        return next((Found(option) for option in options if str(option).lower() == mood != "neutral"), None)

    def mentions(self, word: str) -> bool:
        """Whether a word is said anywhere in the text that counts most."""
        return any(_mentioned(text, word) is not None for text in self.texts[:1])


def formed(text: str, form: str | None) -> list[str]:
    """What of a text is of a format."""
    match form:
        case None:
            return []
        case "date":
            return dates(text)
        case "time":
            return [f"{time}:00Z" for time in times(text)]
        case "date-time":
            day, time = dates(text)[:1], times(text)[:1]
            return _all(_FORMATS[form])(text) or [f"{day[0]}T{time[0] if time else '00:00'}:00Z" for _ in day]
    return _all(_FORMATS[form])(text) if form in _FORMATS else []


def _switched(text: str) -> bool | None:
    """Whether a thing is turned on or off."""
    found = re.findall(r"(?i)\b(on|off|enable|disable|activate|deactivate)d?\b", text)
    return found[0].lower() in ("on", "enable", "activate") if found else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _earliest(options: list[Any], text: str, taken: Iterable[Any] = ()) -> Found | None:
    """The option that a text names first."""
    places = [(at, nth) for nth, option in enumerate(options) if (at := _mentioned(text, option, taken)) is not None]
    return Found(options[min(places)[1]]) if places else None


def _mentioned(text: str, option: Any, taken: Iterable[Any] = ()) -> int | None:
    """Where a text names an option."""
    if isinstance(option, bool) or not isinstance(option, str | int | float) or ("option", str(option)) in taken:
        return None
    word = str(option).strip()
    pattern = _OPERATIONS.get(word.lower())
    if pattern is None:
        codes = [re.escape(name) for name, code in CURRENCIES.items() if code == word]
        plain = re.escape(field_words(word) or word.lower()).replace(r"\ ", r"[\s_-]+")
        ending = r"\w{0,3}" if len(plain) > 3 else ""
        stems = (
            [rf"\b{plain[:-1] if len(plain) > 5 else plain}{ending}\b"]
            if word[:1].isalpha()
            else [rf"(?<!\d){re.escape(word)}(?!\d)"]
        )
        pattern = "|".join([*stems, *codes]) if word else r"(?!)"
    found = re.search(pattern, text.lower())
    return found.start() if found else None


def _by_side(text: str, field: str) -> list[str]:
    """For a field of where something goes from or to, what stands after that word."""
    kind = next((find for pattern, find in _BY_NAME if re.search(pattern, field)), None)
    start = re.search(r"^(?:from|origin|source|start|departure|depart)\b|\bfrom$", field)
    goal = re.search(r"^(?:to|target|destination|dest|end|arrival|into)\b|\bto$", field)
    if not (start or goal) or re.search(r"date|time|e ?mail", field):
        return []
    words = r"\bfrom\s+|\bof\s+|\d\s*" if start else r"\b(?:to|into|in)\s+"
    after = [text[one.end() :] for one in re.finditer(words, text)]
    kinds = [places if kind is towns else kind] if kind and "origin" not in field else [places, _currencies, _languages]
    for rest in after:
        head = re.split(r"\b(?:to|into|from|on|for|and)\b", rest)[0]
        for find in kinds:
            if found := find(f"in {head}" if find is places else head):
                return found[:1]
    return []


def _of_kind(text: str, field: str) -> list[str]:
    return next((found for pattern, find in _BY_NAME if re.search(pattern, field) and (found := find(text))), [])


def _of_sort(found: list[Number], field: str) -> list[Number]:
    """Numbers that can be an age or a year first, where these are wanted."""
    if "age" in field.split():
        return sorted(found, key=lambda one: not 0 < one.value < 130)
    if "year" in field:
        return sorted(found, key=lambda one: not 1000 <= one.value < 3000)
    return found


def _said(text: str, name: str, field: str) -> list[str]:
    """What a text says that a field is; of a place no word like that of "which city is warmer", if it names one."""
    said = labelled(text, name)
    where = any(find in (places, towns, _countries) for pattern, find in _BY_NAME if re.search(pattern, field))
    return [one for one in said if not one.islower()] if said and where and places(text) else said


def is_told(name: str) -> bool:
    """Whether a list of this name holds what a model says itself, such as steps or ideas."""
    return bool(re.search(f"{_IDEAS}|{_ANSWERS}|{_ECHOES}", field_words(name)))


def doubt(name: str, schema: Any) -> int:
    """How hard it is to tell what a field holds: those that are surest are filled first, so that what is left is for
    the others. 0: its values have a form; 1: its name has a kind; 2: a person; 3: anything."""
    schema = schema if isinstance(schema, dict) else {}
    if schema.keys() & {"enum", "const", "format", "pattern"} or not {"string", "array"} & set(kinds_of(schema)):
        return 0
    field = field_words(name)
    if any(re.search(pattern, field) for pattern, _ in _BY_NAME):
        return 1
    return 2 if re.search(_PERSON, field) and not re.search(_NOT_PERSON, field) else 3


def _free(text: str, field: str) -> Iterator[str]:
    plain = text.strip()
    if re.match(r"(?i)(?:can|could|would|will) you\b", plain):
        plain = plain.rstrip("?")
    if re.search(r"query|search|keyword|term|question", field) and (found := re.match(_SEARCH, plain)):
        yield found[1]
    if re.search(r"message|text|body|content|comment|note", field):
        if ":" in plain and (rest := plain.partition(":")[2].strip()) and not rest.startswith("//"):
            yield rest.strip('"“”')
        if found := re.search(_SAYING, plain):
            yield found[1]
    if "subject" in field and (found := re.search(_SAYING, plain)):
        yield found[1]
    doing = re.search(_DOING, plain)
    if doing and re.search(r"title|task|subject|event|item|description|topic|text|note", field):
        yield re.split(r"(?i)\s+(?:on|at|by|tomorrow|today)\b", doing[1])[0]
    if "reason" in field and (found := re.search(r"(?i)\b(?:because|since|due to)\s+(.+?)[.!]*$", plain)):
        yield found[1]


def _part_of_name(name: str, field: str) -> str:
    first, _, last = name.partition(" ")
    if "first" in field or "given" in field:
        return first
    return (last or first) if re.search(r"last|family|surname", field) else name


def items_for(name: str, text: str) -> list[str] | None:
    """The things of a text that a field of this name can hold one of: places, addresses, codes, people, quotations,
    or what it lists. None where any words will do.
    """
    field = field_words(name)
    for pattern, find in _BY_NAME:
        if re.search(pattern, field):
            found = find(text)
            return found if found or not re.search(_PERSON, field) else people(text)
    if re.search(_PERSON, field) and not re.search(_NOT_PERSON, field):
        return people(text)
    quoted = quotations(text)
    return quoted if len(quoted) > 1 else None
