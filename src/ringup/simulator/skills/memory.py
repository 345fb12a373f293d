"""What the user told in this conversation, and questions about it. Nothing is kept from one request to the next."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ringup.simulator.conversation import Conversation, Draft, words

__all__ = ["answer", "told"]


class Told(NamedTuple):
    """One thing that was told: what it is about ("name", "favourite colour"), and what was said of it."""

    about: str
    value: str


_END = r"(?=[.,;!?\n]|\s(?:and|but|so)\s|$)"
_NAME = r"([A-Z][\w'’-]*(?: (?:[A-Z][\w'’-]*|van|von|de|der))*)"
_NOT_NAMES = frozenset(
    words("I A An The Not Sure Sorry Here Trying Looking Happy Fine Good Ok Okay Just So Very From In")
)
_VALUE = rf"([^.,;!?\n]+?){_END}"
_I_AM = r"(?i)\b(?:i am|i'm|the user is)"
_STATEMENTS: tuple[tuple[str, str], ...] = (
    (rf"\b(?:[Mm]y name(?: is|'s)|[Cc]all me|[Tt]he user(?:'s name is| is called)) {_NAME}", "name"),
    (rf"\b(?:I am|I'm) {_NAME}{_END}", "name"),
    (rf"(?i)\bmy name(?: is|'s) (\w+){_END}", "name"),
    (rf"(?i)\b(?:i|the user) lives? in {_VALUE}", "home"),
    (rf"(?i)\b(?:i am|i'm|i come|the user is|the user comes) from {_VALUE}", "origin"),
    (rf"{_I_AM} (\d{{1,3}})(?: years old|\b(?=[.,;!?\n]|\s+and\b|$))", "age"),
    (rf"(?i)\b(?:i am|i'm|i work as|the user is|the user works as) (an? [^.,;!?\n]+?){_END}", "work"),
    (rf"{_I_AM} allergic to {_VALUE}", "allergy"),
    (rf"(?i)\b(?:i|the user) (?:really )?(?:likes?|loves?) {_VALUE}", "liking"),
    (rf"(?i)\b(?:i have|i've got|the user has) {_VALUE}", "having"),
    (r"(?i)\bremember(?: that| this)?(?: the)?(?: (?:word|number|name|code|phrase))?:? ([^.!?\n]+)", "memory"),
)
"""What a statement looks like, with the value in the first group, and what it is about."""
_NAMED_STATEMENTS = (
    rf"(?i)\b(?:my|the user's) ((?!name\b)[\w' -]{{2,40}}?)(?: is(?: called)?|'s called) {_VALUE}",
    r"(?i)\bthe ((?:secret|pass|code|magic|lucky|key)[\w -]{0,30}?) is ([^.,;!?\n]+)",
)
"""Statements that say themselves what they are about, in the first group."""
_SAYS_NOTHING = r"(?i)(?:an? )?(?:question|problem|request|task|it|this|that|you|to|how|the way|no|not)\b"
_COURTEOUS = r"(?i)^(?:hi|hello|hey|thanks|thank you|please)\b"
_QUESTION = r"(?i)^\W*(?:what|who|where|when|how|why|which|do|does|did|can|could|is|are|am|will|would|tell me what)\b"


def _plain(words: str) -> str:
    return " ".join(words.lower().replace("favorite", "favourite").replace("color", "colour").split())


def _sentences(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"(?<=[.!?])\s+|\n+", text) if part.strip()]


def _told_in(sentence: str) -> Iterator[Told]:
    if sentence.endswith("?") or re.match(_QUESTION, sentence):
        return
    found = [Told(about, match[1]) for pattern, about in _STATEMENTS for match in re.finditer(pattern, sentence)]
    for pattern in _NAMED_STATEMENTS:
        found += [Told(_plain(match[1]), match[2]) for match in re.finditer(pattern, sentence)]
    for told in found:
        names_nobody = told.about == "name" and told.value.split()[0].capitalize() in _NOT_NAMES
        if not names_nobody and not re.match(_SAYS_NOTHING, told.value):
            yield told


def _all_told(texts: Iterable[str]) -> dict[str, str]:
    """Everything told in these texts; what was told last counts."""
    found: dict[str, str] = {}
    for text in texts:
        for sentence in _sentences(text):
            for about, value in _told_in(sentence):
                found.pop(about, None)
                found[about] = value.strip(" \"'“”")
    return found


def told(talk: Conversation) -> tuple[Draft, str] | None:
    """What the user tells just now: the acknowledgement, and the rest of what is asked."""
    statements: list[str] = []
    rest: list[str] = []
    for sentence in _sentences(talk.asked):
        (statements if any(_told_in(sentence)) else rest).append(sentence)
    if not statements:
        return None
    found = _all_told(statements)
    rest = [
        sentence
        for sentence in rest
        if "?" in sentence or (len(sentence.split()) > 3 and not re.match(_COURTEOUS, sentence))
    ]
    return _acknowledge(found, " ".join(statements)), " ".join(rest)


def _acknowledge(found: dict[str, str], said: str) -> Draft:
    name = found.get("name")
    if name:
        return Draft(
            (f"Nice to meet you, {name}!", f"Hello {name}, pleased to meet you!", f"Hi {name}, good to meet you!")
        )
    about, value = list(found.items())[-1]
    if about == "memory" or "remember" in said.lower():
        return Draft(
            (f"I'll remember that: {value}.", f"Noted: {value}.", f"Got it: {value}. I'll remember."), "Noted."
        )
    whose = "your" if re.search(r"(?i)\b(?:my|user)\b", said) else "the"
    known = {
        "home": f"you live in {value}",
        "origin": f"you come from {value}",
        "age": f"you are {value} years old",
        "work": f"you are {value}",
        "liking": f"you like {value}",
        "having": f"you have {value}",
        "allergy": f"you are allergic to {value}",
    }.get(about, f"{whose} {about} is {value}")
    return Draft((f"Got it: {known}.", f"Good to know: {known}.", f"Thanks for telling me that {known}."), "Noted.")


def answer(talk: Conversation) -> Draft | None:
    """What was told or asked before, if that is asked."""
    return _about_user(talk) or _about_talk(talk, talk.low) or _asked_for(talk)


def _known(talk: Conversation) -> dict[str, str]:
    return _all_told([talk.instructions, *reversed(talk.questions), talk.asked])


_ABOUT: tuple[tuple[str, str, str, str], ...] = (
    (r"am i allergic|my allerg", "allergy", "You are allergic to {}.", "of any allergy"),
    (
        r"what(?:'s| is| was) my name|who am i\b|know my name|remember my name|tell me my name|my name\?$",
        "name",
        "Your name is {}.",
        "your name",
    ),
    (
        r"where do i live|(?:city|town|country|place) (?:do|did) i (?:say i )?live|where i live",
        "home",
        "You live in {}.",
        "where you live",
    ),
    (r"where am i from|where do i come from", "origin", "You come from {}.", "where you come from"),
    (r"how old am i|what(?:'s| is) my age", "age", "You are {} years old.", "how old you are"),
    (r"what do i do\b|what(?:'s| is) my (?:job|profession|work)\b|what am i\b", "work", "You are {}.", "what you do"),
    (r"what do i (?:like|love)", "liking", "You like {}.", "what you like"),
    (r"what do i have|what have i got|how many \w+ do i have", "having", "You have {}.", "what you have"),
    (
        r"ask(?:ed)? you to remember|told you to remember|(?:number|word|code|phrase) (?:did i|i) (?:tell|give|"
        r"say|told|gave)|what (?:should|did) you remember",
        "memory",
        "You asked me to remember: {}.",
        "anything to remember",
    ),
)


def _about_user(talk: Conversation) -> Draft | None:
    """One of the questions that are often asked."""
    for pattern, about, text, unknown in _ABOUT:
        if re.search(pattern, talk.low):
            if value := _known(talk).get(about):
                return Draft((text.format(value), f"You told me: {text.format(value)}", text.format(value)), value)
            return _unknown(unknown)
    return None


def _asked_for(talk: Conversation) -> Draft | None:
    """Anything that was told with a name of its own: "my dog's name", "the code word"."""
    low = talk.low
    found = re.search(
        r"(?:what|who|when|where)(?:'s| is| are| was) (my|the) ([\w' -]{1,60}?)(?: called| again)?\?*$", low
    )
    found = found or re.search(r"(?:know|remember|tell me) (?:what )?(my) ([\w' -]{1,60}?)(?: is)?\?*$", low)
    if not found:
        return None
    about = _plain(re.sub(r"^name of my (.+)$", r"\1's name", found[2]))
    known = _known(talk)
    value = known.get(about) or known.get(about.removesuffix("'s name"))
    if value:
        return Draft((f"{'Your' if found[1] == 'my' else 'The'} {about} is {value}.", f"You told me: {value}."), value)
    return _unknown(f"your {about}") if found[1] == "my" else None


def _unknown(what: str) -> Draft:
    return Draft(
        (
            f"I don't know {what}: you haven't told me in this conversation.",
            f"You haven't told me {what} yet.",
            f"I can't tell {what}, because it isn't in this conversation.",
        ),
        "Unknown.",
    )


def _about_talk(talk: Conversation, low: str) -> Draft | None:
    asked = talk.questions
    if re.search(r"what (?:did i|was my|were my|have i).*\b(?:first|ask|say|said|asked|last|previous|question)", low):
        if not asked:
            return Draft(("This is the first thing you have asked me.", "You haven't asked me anything before this."))
        which = asked[-1] if "first" in low else asked[0]
        word = "first" if "first" in low else "last"
        return Draft((f"You {word} said: “{which}”", f"Your {word} message was: “{which}”"), which)
    if re.search(
        r"what did you (?:just )?(?:say|answer|reply|tell)|(?:say|repeat) (?:that|it) again|repeat (?:that|your)", low
    ):
        return Draft((talk.last_answer,), exact=True) if talk.last_answer else Draft(("I haven't said anything yet.",))
    if re.search(r"how many (?:questions|messages|things) (?:have|did) i", low):
        return Draft((f"Before this one, you asked me {len(asked)}.",), str(len(asked)))
    if re.search(
        r"summari[sz]e (?:our|this|the) (?:conversation|chat|talk)|what have we (?:talked|spoken) about|"
        r"what did we talk",
        low,
    ):
        if not asked:
            return Draft(("We haven't talked about anything yet.",))
        return Draft((f"So far you asked: {'; '.join(question.strip() for question in reversed(asked))}",), exact=True)
    return None
