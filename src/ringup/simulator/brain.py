"""What the simulator says to a request: words, thoughts and tool calls. Pure, and the same for the same seed.

The skills are tried in order, and the first that has an answer gives it. None of them understands anything; each
knows a form of question. What no skill knows is answered with plausible prose, or with "I don't know".
"""

from __future__ import annotations

import functools
import re
from datetime import UTC, datetime
from random import Random

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ringup.messages import Request
from ringup.simulator import prose
from ringup.simulator.conversation import Conversation, Draft
from ringup.simulator.length import length, without_length
from ringup.simulator.offers import listed_options, wish_of
from ringup.simulator.shapes import Shaper
from ringup.simulator.skills import (
    arithmetic,
    attachments,
    followup,
    knowledge,
    lists,
    memory,
    smalltalk,
    tutor,
    wording,
    writing,
)
from ringup.simulator.style import shape, style_of
from ringup.simulator.tooluse import Wanted, report, results_of, wanted

__all__ = ["REDACT", "REFUSE", "Thought", "think"]

REFUSE = "ANTHROPIC_MAGIC_STRING_TRIGGER_REFUSAL"
"""A prompt that holds this is refused: the test string of Anthropic's own API, by its beginning."""
REDACT = "ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING"
"""A prompt that holds this gets its thinking withheld: likewise."""

_SKILLS = (
    wording.answer,
    memory.answer,
    followup.answer,
    arithmetic.answer,
    knowledge.answer,
    lists.answer,
    writing.answer,
    tutor.answer,
    smalltalk.answer,
)


class Thought(Struct, frozen=True):
    """What is to be said: the reasoning before it, the words, the tools to call, or the words of a refusal."""

    reasoning: str = ""
    text: str = ""
    calls: tuple[Wanted, ...] = ()
    refusal: str = ""


def think(request: Request, seed: int, call: int = 0, choice: int = 0, now: int | None = None) -> Thought:
    """The answer to a request. At temperature 0 it is always the same. Above, it varies with the seed, with the number
    of the call (unless the request brings a seed of its own), and with the number of the choice. `now`
    (seconds since 1970) gives "tomorrow" and the like their dates (UTC) where a date is asked for.
    """
    steady = request.temperature == 0
    said = "\x1f".join(message.text for message in request.messages)
    turn = "" if steady else f"{call if request.seed is None else f's{request.seed}'}/{choice}"
    today = None if now is None else datetime.fromtimestamp(now, UTC).date()
    talk = Conversation(request, Random(f"{seed}/{turn}/{said}"), steady, today)
    if REFUSE in said:
        return Thought(refusal="I can't help with that.")
    reasoning = _reasoning(talk)
    if calls := wanted(talk):
        return Thought(reasoning, calls=calls)
    return Thought(reasoning, _continued(_words(talk), request))


def _words(talk: Conversation) -> str:
    """The answer in words, in the form that was asked for."""
    if options := listed_options(talk.request):
        return str(_shaper(talk).fill({"enum": options}))
    wish = wish_of(talk.request, f"{talk.instructions}\n{talk.asked}")
    if wish is not None:
        return msgspec.json.encode(_shaper(talk).fill(wish.schema)).decode()
    return shape(_draft(talk), style_of(talk), talk)


def _shaper(talk: Conversation) -> Shaper:
    """What makes JSON out of the question, out of what tools said to it, and out of the questions before."""
    plain = replace(style_of(talk), json=False)
    results = results_of(talk.request)
    said = functools.cache(lambda: shape(_draft(talk), plain, talk))
    beside = [*results.texts, *talk.questions[:10]]
    return Shaper(talk.asked, said, beside=beside, known=results.values, today=talk.today)


def _draft(talk: Conversation) -> Draft:
    talk = followup.resolve(talk) or talk
    if found := report(talk) or attachments.answer(talk) or wording.answer(talk):
        return found
    if news := memory.told(talk):
        greeting, rest = news
        if not rest:
            return greeting
        answer = _solve(talk.asking(rest))
        return _joined([greeting, answer]) if answer else _anything(talk.asking(rest))
    found = _each_question(talk) or _solve(talk)
    if not found and (other := followup.refer(talk)):
        found = _solve(other)
    return found or _anything(talk)


def _solve(talk: Conversation) -> Draft | None:
    """The answer of the first skill that has one."""
    for skill in _SKILLS:
        if found := skill(talk):
            return found
    return None


def _joined(drafts: list[Draft]) -> Draft:
    text = " ".join(draft.says[0] for draft in drafts)
    return Draft((text,), drafts[-1].short, drafts[-1].more, drafts[-1].code, any(draft.exact for draft in drafts))


def _each_question(talk: Conversation) -> Draft | None:
    """Several questions in one message, each answered in turn, if every one of them can be."""
    parts = [part for part in re.split(r"(?<=\?)\s+", talk.asked) if part.endswith("?")]
    if not 1 < len(parts) <= 10:
        return None
    found = [_solve(talk.asking(part)) for part in parts]
    known = [draft for draft in found if draft]
    return _joined(known) if len(known) == len(parts) else None


_FACTUAL = (
    r"^(?:who|when|where|which|how (?:many|much|old|far|tall|long|big|high)\b|what (?:year|date|time|country|city)\b|"
    r"what(?:'s| is| was) the (?:name|capital|population|price|height|size|age|number|date|score|winner) )"
)
_ASKING = (
    r"(?i)^(?:please )?(?:what(?:'s| is| are| was| were| does| do| did)?|why(?: is| are| do| does| did)?|explain|"
    r"describe|discuss|tell me about|tell me|is|are|does|do|can|could|should|would|will|give me|give|show me|show|"
    r"help me with|help me|write about)\b(?: to me)?\s*"
)
_DOING = r"(?i)^[a-z]+ (?=(?:an?|the|this|that|my|our|some|how|about|me)\b)"
"""An imperative with what it is about: "recommend a book"."""
_STATING = r"(?i)^(?:i|i'm|i've|we|it|you|he|she|they|this|that|there|the|an?|my|our|today|yesterday)\b"
_HOW_TO = r"(?i)^(?:please )?(?:explain )?how (?:do|can|should|would|to)(?: i| you| we| one)?\s*"
_UNKNOWN = (
    "I don't know. I am a simulator, and my table of facts is small.",
    "That isn't in my table of facts: I am only a simulator.",
    "I'm a simulator with a small table of facts, and this isn't in it.",
)
_HEARD = (
    "I see. What would you like to know about it?",
    "Understood. What can I do with that?",
    "Thanks for telling me. How can I help?",
)


def _anything(talk: Conversation) -> Draft:
    """No skill knows: admit it where a fact was asked for, else write a little on the topic."""
    if not talk.asked:
        return Draft(("How can I help you?", "What would you like to know?"))
    if wanted := length(talk.asked):
        return Draft((writing.write(talk, writing.topic(talk.asked) or _about(talk), wanted),), exact=True)
    if re.search(_FACTUAL, talk.low):
        return Draft(_UNKNOWN, "Unknown")
    if re.match(_STATING, talk.asked) and "?" not in talk.asked:
        return Draft(_HEARD, "Understood.")
    about = _about(talk)
    sentences = prose.sentences(talk.chance, about, 3)
    return Draft((" ".join(sentences[:2]),), about, sentences[2])


def _about(talk: Conversation) -> str:
    """What the question is about, in words that can stand in a sentence."""
    first = re.split(r"[.?!](?=\s|$)|\n", without_length(talk.asked))[0].strip()
    if how := re.match(_HOW_TO, first):
        verb, _, rest = first[how.end() :].partition(" ")
        about = f"{_gerund(verb.lower())} {rest}".strip()
    else:
        about = re.sub(_DOING, "", re.sub(_ASKING, "", first)).strip(" ,:;\"'")
    about = re.sub(r"(?i)\bmy\b", "your", about)
    return about if 0 < len(about) <= 60 else "this"


def _gerund(verb: str) -> str:
    if re.fullmatch(r"[a-z]*[^aeiou][aeiou][bdgklmnprt]", verb) and len(verb) <= 4:
        return f"{verb}{verb[-1]}ing"
    return f"{verb[:-1]}ing" if re.fullmatch(r"[a-z]{2,}[^aeiouy]e", verb) else f"{verb}ing" if verb else ""


def _continued(text: str, request: Request) -> str:
    """Where the request ends with words of the assistant (a prefill), only what follows them is said."""
    last = request.messages[-1] if request.messages else None
    before = last.text if last and last.role == "assistant" else ""
    if not before.strip():
        return text
    end = before.rstrip()[-12:]
    at = text.find(end)
    if at >= 0:
        return text[at + len(end) :]
    return text if before[-1:].isspace() else f" {text}"


def _reasoning(talk: Conversation) -> str:
    """A few words of what a model might think first."""
    asked = " ".join(talk.asked.split())[:80]
    opening = talk.pick((f"The user says: “{asked}”.", f"I am asked: “{asked}”.", f"The question is “{asked}”."))
    system = " The instructions say how to answer, so I keep to them." if talk.instructions else ""
    history = " What was said before matters here." if talk.before else ""
    ending = talk.pick(
        (" I look at what I know of it.", " I recall what belongs to it.", " Let me think of the answer.")
    )
    return f"{opening}{system}{history}{ending} Now I can answer."
