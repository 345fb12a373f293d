"""Greetings, thanks, and questions about the simulator itself."""

from __future__ import annotations

import re

from ringup.simulator.conversation import Conversation, Draft

__all__ = ["answer"]

_SAYINGS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (
        r"^(?:hi|hello|hey|howdy|greetings|hiya|hallo|good (?:morning|afternoon|evening|day))\b(?:,? (?:there|"
        r"again|world|everyone|all|\w+))?\W*$",
        ("Hello! How can I help you today?", "Hi there! What can I do for you?", "Hello! What would you like to know?"),
        "Hello!",
    ),
    (
        r"^(?:how are you|how's it going|how do you do|what's up|how are things)\b.*",
        ("I'm doing well, thank you! How can I help?", "Very well, thanks. And you?", "All is well here, thank you!"),
        "Well.",
    ),
    (
        r"^(?:thanks|thank you|thx|cheers|great|perfect|awesome|nice|cool|good job|well done)\b[^?]*$",
        ("You're welcome!", "My pleasure!", "Any time!"),
        "Welcome!",
    ),
    (
        r"^(?:bye|goodbye|good night|see you|farewell|that's all)\b.*",
        ("Goodbye! Have a good day.", "See you!", "Goodbye, and take care."),
        "Goodbye!",
    ),
    (
        r"(?:who|what) are you\b|are you (?:a |an )?(?:robot|ai|human|real|bot|chatgpt|gpt|claude|"
        r"language model|simulator)|which model|what model|who (?:made|created|built|trained) you",
        (
            "I am ringup's simulator: a small program that answers the way a language model would, as far as it can.",
            "I'm the ringup simulator, a stand-in for a language model; I know a few facts and some arithmetic.",
        ),
        "Simulator.",
    ),
    (
        r"what can you do|help me\W*$|^help\W*$|what do you know",
        (
            "I can answer simple facts and sums, list and count things, explain some Python, write short texts, and "
            "remember what you tell me in a conversation.",
            "Ask me for a capital, a sum, a list, a bit of Python, a story or a haiku.",
        ),
        "Facts.",
    ),
    (
        r"what(?:'s| is) (?:the )?(?:time|date|today)|what (?:day|date|time|year) is it|today's date|"
        r"current (?:time|date|year)",
        ("I can't see a clock or a calendar.", "I don't know the current date or time: I have no clock."),
        "Unknown.",
    ),
    (
        r"\bweather\b",
        ("I can't look up the weather: I have no live data.", "I have no live data, so I can't tell the weather."),
        "Unknown.",
    ),
    (
        r"^(?:yes|yeah|yep|sure|ok|okay|no|nope|maybe|alright|fine|right|i see|got it)\W*$",
        ("All right. What would you like to do next?", "Good. What else can I do?", "Understood. Anything else?"),
        "Understood.",
    ),
    (
        r"^(?:test|testing|ping)\b.{0,20}$",
        ("The test works: I can hear you.", "I'm here, loud and clear.", "Pong! Everything works."),
        "Pong!",
    ),
    (
        r"(?:fun|interesting|random) fact|something (?:nice|interesting|new|cool)|surprise me",
        (
            "Honey doesn't spoil: jars of it in old tombs are still good to eat.",
            "An octopus has three hearts.",
            "On Venus a day is longer than a year.",
            "Bananas are berries, and strawberries aren't.",
        ),
        "",
    ),
    (
        r"^i(?:'m| am| feel| am feeling|'m feeling) (?:so |very |a bit |a little |really )?"
        r"(?:sad|tired|lonely|sick|stressed|worried|angry|bored|upset|unhappy)\b",
        (
            "I'm sorry to hear that. Would you like to talk about it?",
            "That sounds hard. I hope it gets better soon.",
            "I'm sorry. Is there something that I can do?",
        ),
        "Sorry.",
    ),
    (
        r"(?:flip|toss) a coin|heads or tails",
        ("Heads.", "Tails."),
        "",
    ),
    (
        r"roll a di(?:e|ce)",
        (
            "You rolled a 4.",
            "You rolled a 1.",
            "You rolled a 6.",
            "You rolled a 2.",
            "You rolled a 3.",
            "You rolled a 5.",
        ),
        "",
    ),
)


def answer(talk: Conversation) -> Draft | None:
    """A polite answer, if something polite was said."""
    if found := _own_name(talk):
        return found
    whole = " ".join(talk.asked.lower().replace("’", "'").split())
    for low in (whole, talk.low):
        for pattern, says, short in _SAYINGS:
            if re.search(pattern, low):
                return Draft(says, short)
    return _random_number(talk)


def _own_name(talk: Conversation) -> Draft | None:
    if not re.search(r"what(?:'s| is) your name|who are you|your name\?", talk.low):
        return None
    found = re.search(r"\b(?:[Yy]our name is|[Yy]ou are called|[Yy]ou are|[Yy]ou're) ([A-Z]\w+)", talk.instructions)
    if found:
        return Draft((f"My name is {found[1]}.", f"I'm {found[1]}.", f"I am called {found[1]}."), found[1])
    return None


def _random_number(talk: Conversation) -> Draft | None:
    found = re.search(r"number.*?(?:between|from) (\d+) ?(?:and|to|-|–) ?(\d+)", talk.low)
    if found and int(found[1]) <= int(found[2]):
        number = str(talk.chance.randint(int(found[1]), int(found[2])))
        return Draft((number,), number)
    return None
