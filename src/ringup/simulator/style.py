"""How an answer is to sound: what the instructions and the question ask of its form, and how a draft gets it."""

from __future__ import annotations

import re

import msgspec
from msgspec import Struct

from ringup.simulator import prose
from ringup.simulator.conversation import Conversation, Draft
from ringup.simulator.length import Length, length

__all__ = ["Style", "shape", "style_of"]


class Style(Struct, frozen=True):
    """What was asked of the form.

    one_word   the bare answer, and nothing around it
    concise, detailed   less than usual, more than usual
    json       an object {"answer": ...}
    case       "upper" or "lower"
    pirate     as a pirate would say it
    start, end what every answer begins and ends with
    always     the only thing that may be said
    """

    one_word: bool = False
    concise: bool = False
    detailed: bool = False
    json: bool = False
    case: str = ""
    pirate: bool = False
    start: str = ""
    end: str = ""
    always: str = ""


_ONE_WORD = (
    r"\b(?:in|with|using) (?:exactly |only |just )?(?:one|a single|1) word\b|\bone[- ]word (?:answer|reply|"
    r"response)|single[- ]word|"
    r"\b(?:only|just) (?:with )?(?:the |a )?(?:answer|number|name|city|result|word|year|capital|digit|digits|"
    r"colou?r)\b|"
    r"\bnothing (?:else|but the)\b|\b(?:answer|reply|respond)(?: with)?(?: only)? (?:yes|true) or (?:no|"
    r"false)\b|\bno explanation"
)
_EVERY = r"(?:every|each|all(?: of)?(?: your)?|your|the|any) (?:answer|reply|response|message|sentence)s?"
_QUOTED = (
    r"(?: with| only| exactly| just| by saying| the (?:word|words|phrase|text|emoji))*:? "
    r"(?:[\"“'](.+?)[\"”'](?!\w)|(.+?)(?=[.\n]|$))"
)


def style_of(talk: Conversation) -> Style:
    """What this conversation asks of the form of its answers."""
    rules = talk.instructions
    text = f"{rules}\n{talk.asked}"
    low = text.lower()
    schema = talk.request.output_schema
    return Style(
        one_word=bool(re.search(_ONE_WORD, low)),
        concise=bool(
            re.search(
                r"\b(?:concise|concisely|brief|briefly|terse|succinct|short answers?|in (?:one|a) sentence)\b", low
            )
        ),
        detailed=bool(re.search(r"\b(?:detailed|in detail|thorough|thoroughly|verbose|elaborate|step by step)\b", low)),
        json=schema is not None
        or bool(re.search(r"\b(?:in|as|with|only|valid|return|output) (?:a )?(?:valid )?json\b", low)),
        case=_case(low),
        pirate="pirate" in rules.lower() or bool(re.search(r"like a pirate|as a pirate", low)),
        start=_found(rf"\b(?:start|begin) {_EVERY}{_QUOTED}", rules),
        end=_found(rf"\b(?:end|finish|close) {_EVERY}{_QUOTED}", rules),
        always=_found(rf"\b(?:always|only)(?: ever)? (?:say|answer|reply|respond){_QUOTED}", rules),
    )


def _case(low: str) -> str:
    if re.search(
        r"\b(?:in|use|with|using|write|speak) (?:only )?(?:all )?(?:upper ?case|capitals|capital letters|"
        r"caps)\b|all caps",
        low,
    ):
        return "upper"
    return "lower" if re.search(r"\b(?:in|use|with|using|write) (?:only )?(?:all )?lower ?case\b", low) else ""


def _found(pattern: str, text: str) -> str:
    found = re.search(f"(?i){pattern}", text)
    words = (found[1] or found[2]).strip() if found else ""
    vague = re.match(r"(?i)(?:in|with|as|a|an|the|your|json|briefly|concisely|politely|one|short)\b", words)
    return "" if vague else words


def shape(draft: Draft, style: Style, talk: Conversation) -> str:
    """The draft as it is said."""
    if style.always:
        return style.always
    text = _body(draft, style, talk)
    if style.json and not draft.exact:
        text = msgspec.json.encode({"answer": draft.short or text}).decode()
    if style.case:
        text = text.upper() if style.case == "upper" else text.lower()
    if style.pirate and not style.one_word:
        text = f"Arr, matey! {text}"
    return " ".join(part for part in (style.start, text, style.end) if part)


def _body(draft: Draft, style: Style, talk: Conversation) -> str:
    if draft.exact:
        return talk.pick(draft.says)
    if style.one_word:
        return draft.short or draft.says[0].split()[0].strip(".,:;!?")
    if wanted := length(talk.asked):
        return _fitted(draft, wanted, talk)
    text = talk.pick(draft.says)
    if style.concise:
        return text
    if draft.more and style.detailed:
        text = f"{text} {draft.more}"
    return f"{text}\n\n{draft.code}" if draft.code else text


def _fitted(draft: Draft, wanted: Length, talk: Conversation) -> str:
    """A draft at the length that was asked for: cut short, or gone on with."""
    said = talk.pick(draft.says)
    about = draft.short or "this"
    if wanted.unit == "word":
        return _in_words(draft, said, wanted, talk)
    if wanted.unit == "paragraph":
        return f"{said} {draft.more} {prose.paragraphs(talk.chance, about, min(wanted.amount, 100))}".replace("  ", " ")
    sentences = re.split(r"(?<=[.!?])\s+", f"{said} {draft.more}".strip())
    if len(sentences) < wanted.amount and not wanted.at_most:
        sentences += prose.sentences(talk.chance, about, min(wanted.amount, 500) - len(sentences))
    return ("\n" if wanted.unit == "line" else " ").join(sentences[: wanted.amount])


def _in_words(draft: Draft, said: str, wanted: Length, talk: Conversation) -> str:
    words = said.split()
    if wanted.amount < len(words):
        is_news = draft.short and draft.short.lower() not in talk.low
        if is_news and len(draft.short.split()) <= wanted.amount < 8:
            return draft.short
        return " ".join(words[: wanted.amount]).rstrip(",.;:") + "."
    if wanted.at_most or wanted.amount < 12:
        return said
    if len(words) + len(draft.more.split()) <= wanted.amount:
        said = f"{said} {draft.more}".strip()
    rest = wanted.amount - len(said.split())
    return f"{said} {prose.exactly(talk.chance, draft.short or 'this', rest)}" if rest else said
