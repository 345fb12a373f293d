"""Explanations: topics of Python with a program to show them, and other terms."""

from __future__ import annotations

import re

from ringup.simulator.conversation import Conversation, Draft
from ringup.simulator.glossary import ACRONYMS, TERMS, TOPICS, Topic
from ringup.simulator.length import without_length

__all__ = ["answer", "program", "topic_in"]

_ASKS = (
    r"\b(?:what(?:'s| is| are| does)|what's|explain|define|describe|meaning of|mean by|how (?:do|does|to|can|"
    r"would)|teach|tell me about|"
    r"about|example|show|write|give|use of|why|difference)\b"
)
_PLURAL = r"(?:e?s)?"


def topic_in(text: str) -> Topic | None:
    """The topic of Python that a text names first in the table's order, if any."""
    low = text.lower()
    for topic in TOPICS:
        if any(re.search(rf"\b{re.escape(name)}{_PLURAL}\b", low) for name in topic.names):
            return topic
    return None


def program(topic: Topic, before: str = "For example:") -> str:
    """The topic's program in a Markdown block."""
    return f"{before}\n\n```python\n{topic.code}\n```"


def answer(talk: Conversation) -> Draft | None:
    """What the glossary says of the topic that is asked about."""
    low = without_length(talk.low)
    if not re.search(_ASKS, low) and len(low.split()) > 4:
        return None
    about_code = re.search(r"\bpython\b|\bcod(?:e|ing)\b|\bprogram", f"{low} {talk.instructions.lower()}")
    return _letters(low) or _term(low) or _topic(talk, low, bool(about_code))


def _topic(talk: Conversation, low: str, about_code: bool) -> Draft | None:
    topic = topic_in(low)
    if topic is None or not (about_code or _asks_for_it(low, topic)):
        return None
    wants_code = re.search(r"\b(?:example|show|write|code|snippet|program|demonstrate)\b", low)
    if wants_code and not re.search(r"\b(?:what|explain|why)\b", low):
        return Draft((program(topic, talk.pick(("Here is one:", "For example:", "A small one:"))),), exact=True)
    if re.search(r"\bwhy\b", low):
        return Draft((topic.why,))
    return Draft(topic.what, topic.names[0], topic.why, program(topic) if about_code or wants_code else "")


def _asks_for_it(low: str, topic: Topic) -> bool:
    """Whether the topic itself is the question: "What is a generator?", and not "What is on the list?"."""
    names = "|".join(re.escape(name) for name in topic.names)
    return bool(
        re.search(
            rf"^(?:what(?:'s| is| are)|explain|define|describe|tell me about|about)?(?: to me)?(?: what)?"
            rf"(?: an?| the)? ?(?:{names}){_PLURAL}(?: is| are| means?)?\W*$",
            low,
        )
    )


def _letters(low: str) -> Draft | None:
    found = re.search(r"what (?:does|do) (?:an? |the )?(?:letters )?(\w+) (?:stand for|mean)", low)
    meaning = ACRONYMS.get(found[1].upper()) if found else None
    return Draft((f"{found[1].upper()} stands for {meaning}.",), meaning) if found and meaning else None


def _term(low: str) -> Draft | None:
    for name, term in sorted(TERMS.items(), key=lambda item: -len(item[0])):
        if (
            re.search(
                rf"(?:what(?:'s| is| are)|explain|define|describe|meaning of|mean by|tell me about)(?: me| to me)?"
                rf"(?: what)?(?: an?| the)? ?{re.escape(name)}{_PLURAL}\b(?! (?:list|created))",
                low,
            )
            or low.strip(" ?.!") == name
        ):
            return Draft(term.what, name, term.more)
    return None
