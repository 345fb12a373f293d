"""Questions that lean on what was said before: "And of Italy?", "Show one.", "Why?", "Times two?", "Tell me more."."""

from __future__ import annotations

import re

from ringup.simulator.conversation import Conversation, Draft
from ringup.simulator.skills import knowledge, tutor

__all__ = ["answer", "refer", "resolve"]

_LEANS = (
    r"(?i)^\W*(?:and|what about|how about|now|also|or|ok(?:ay)?,? and|same for|then)\b(?: (?:of|for|in|"
    r"about|from|with))?"
)


def resolve(talk: Conversation) -> Conversation | None:
    """The question in full, where it only names another thing of the same kind; None when it stands on its own."""
    words = re.sub(_LEANS, "", talk.asked).strip(" ?.!,")
    leans = bool(re.match(_LEANS, talk.asked)) or len(talk.asked.split()) <= 3
    if not leans or len(words.split()) > 6:
        return _more_sums(talk)
    for kind in knowledge.KINDS:
        now = kind.mentioned(words)
        for question in talk.questions if now else ():
            before = [] if re.match(_LEANS, question) else kind.found_in(question)
            if before:
                name = re.escape(before[0][0])
                return talk.asking(re.sub(rf"(?i)\b{name}(?!\w)", now[0], question))
    return _more_sums(talk)


_STANDS_FOR = (
    (r"\b(?:its|their|his|her)\b", "{}'s"),
    (r"\bthere\b", "in {}"),
    (r"\b(?:it|that (?:country|city|planet|language)|this (?:country|city|planet|language)|he|she|they)\b", "{}"),
)


def refer(talk: Conversation) -> Conversation | None:
    """The question with the last thing that was named put in for "it", "its" or "there"; None when it has none."""
    if len(talk.asked.split()) > 12:
        return None
    for question in talk.questions:
        named = [name for kind in knowledge.NAMED_THINGS for name in kind.mentioned(question)]
        for pattern, words in _STANDS_FOR if named else ():
            if re.search(pattern, talk.asked.lower()):
                return talk.asking(re.sub(f"(?i){pattern}", words.format(named[-1]), talk.asked))
    return None


def _more_sums(talk: Conversation) -> Conversation | None:
    """ "Times two?" goes on with the number in the last answer."""
    found = re.match(
        r"(?i)^\W*(?:and |now |then )*(?:add|(plus|minus|times|multiplied by|multiply (?:it|that) by|divided by|"
        r"divide (?:it|that) by|squared)) ?(.*)$",
        talk.asked,
    )
    numbers = re.findall(r"-?\d[\d,]*(?:\.\d+)?", talk.last_answer)
    if not found or not numbers:
        return None
    sign = re.sub(
        r"(?i)multiply (?:it|that) by", "times", re.sub(r"(?i)divide (?:it|that) by", "divided by", found[1] or "plus")
    )
    return talk.asking(f"What is {numbers[-1].replace(',', '')} {sign} {found[2]}")


def answer(talk: Conversation) -> Draft | None:
    """An answer about the last topic, if that is what is asked."""
    if not talk.before:
        return None
    return _about_topic(talk) or _about_answer(talk)


_SHOW = (
    r"^(?:show|give|write|provide|share|let me see|see)?(?: me| us)? ?(?:(?:a|an|one|some|another|the|of)? ?"
    r"(?:more |simple |short |small |code |quick |concrete )*(?:examples?|one|code|snippet|sample)(?: of (?:it|"
    r"that|one|this))?"
    r"|how (?:it works|to (?:use|write) (?:it|one)))(?: in python)?\W*$"
)


_WISHES = (
    ("show", _SHOW),
    (
        "why",
        r"^(?:but )?why\b|what(?:'s| is) (?:it|that|this) (?:good )?for|when (?:would|should|do) (?:i|you|we) use|"
        r"what for",
    ),
    (
        "more",
        r"^(?:tell me )?more\b|^(?:go on|continue|elaborate|explain (?:more|further|again)|in (?:more )?detail)",
    ),
)


def _about_topic(talk: Conversation) -> Draft | None:
    wish = next((wish for wish, pattern in _WISHES if re.search(pattern, talk.low)), None)
    topic = next((found for text in talk.questions if (found := tutor.topic_in(text))), None) if wish else None
    if topic is None:
        return None
    if wish == "show":
        return Draft((tutor.program(topic, talk.pick(("Here is one:", "For example:", "A small one:"))),), exact=True)
    if wish == "why":
        return Draft((topic.why, f"Because of this: {topic.why}"))
    return Draft((f"{topic.what[1]} {topic.why}",))


def _about_answer(talk: Conversation) -> Draft | None:
    low, said = talk.low, talk.last_answer
    if not said:
        return None
    first = re.split(r"(?<=[.!?])\s", said.strip())[0]
    if re.search(r"^(?:are you (?:really )?sure|really|is that (?:true|right|correct))\W*$", low):
        return Draft((f"Yes. {first}", f"I am. {first}", f"Yes, as far as I know. {first}"), "Yes")
    if re.search(
        r"^(?:make it |say (?:it|that) )?(?:shorter|briefer|more concise(?:ly)?)|^(?:summari[sz]e|"
        r"shorten) (?:it|that|this)",
        low,
    ):
        return Draft((first,), exact=True)
    if re.search(r"^(?:in|make it|say (?:it|that) in|put (?:it|that) in) (?:all )?(?:upper ?case|capitals|caps)", low):
        return Draft((said.upper(),), exact=True)
    if re.search(r"^(?:but )?(?:why|how come|how so)\W*$", low):
        return _why(talk, first)
    if re.search(r"^(?:tell me )?more\b|^(?:go on|continue|elaborate|explain|and then|what else)", low):
        return _more(talk)
    return None


def _why(talk: Conversation, first: str) -> Draft:
    if (fact := knowledge.answer(talk.asking(talk.questions[0]))) and fact.more:
        return Draft((f"I can't give the reason, but this belongs to it: {fact.more}",))
    told = first.rstrip(".")
    return Draft((f"That is how it is recorded: {told}.", f"I know it only as a fact: {told}."))


def _more(talk: Conversation) -> Draft | None:
    fact = knowledge.answer(talk.asking(talk.questions[0]))
    return Draft((fact.more,)) if fact and fact.more else None
