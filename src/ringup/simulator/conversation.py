"""What a skill sees of a request: the instructions, the turns so far, what is asked now, and chance."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from random import Random
from typing import NamedTuple, TypeVar

from msgspec import Struct

from ringup.messages import Request, Text

__all__ = ["MAX_TEXT", "Conversation", "Draft", "Turn", "small_number", "tidy", "words"]

T = TypeVar("T")

_UP_TO_TWENTY = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
)


def words(text: str) -> tuple[str, ...]:
    """A table of words, written as a text."""
    return tuple(text.split())


_NUMBERS = {word: number for number, word in enumerate(words(_UP_TO_TWENTY))}
_NUMBERS |= {"a": 1, "an": 1, "thirty": 30, "forty": 40, "fifty": 50, "hundred": 100}


MAX_TEXT = 2_000
"""How much of one message is looked at, in characters: of a longer one the beginning and the end."""


def _bounded(text: str) -> str:
    text = text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT * 3 // 4]}\n{text[-MAX_TEXT // 4 :]}"
    return text.strip()


class Turn(NamedTuple):
    """What one side said."""

    role: str
    text: str


class Draft(Struct, frozen=True, omit_defaults=True):
    """An answer before it is shaped to the style that was asked for.

    says    phrasings of the same answer; the first is the one that temperature 0 gives
    short   the answer alone ("Paris")
    more    a sentence that goes further, for who asks for it
    code    a short program that shows it
    exact   to be said as it stands, in whatever style
    """

    says: tuple[str, ...]
    short: str = ""
    more: str = ""
    code: str = ""
    exact: bool = False


class Conversation:
    """A request as a talk. `asked` is the last thing that the user said, `before` what was said before it.

    `steady` means that the same words must come each time (temperature 0). `today` is the day that it is, if known.
    """

    __slots__ = ("asked", "before", "chance", "instructions", "request", "steady", "today")

    def __init__(self, request: Request, chance: Random, steady: bool = False, today: date | None = None) -> None:
        turns = [Turn(message.role, _bounded(message.text)) for message in request.messages]
        system = [_bounded(part.text) for part in request.system if type(part) is Text]
        system += [turn.text for turn in turns if turn.role in ("system", "developer")]
        talk = [turn for turn in turns if turn.role in ("user", "assistant") and turn.text]
        last = max((at for at, turn in enumerate(talk) if turn.role == "user"), default=-1)
        self.request = request
        self.chance = chance
        self.steady = steady
        self.today = today
        self.instructions = "\n".join(system)
        self.asked = talk[last].text if last >= 0 else ""
        self.before: Sequence[Turn] = talk[: max(last, 0)]

    def asking(self, words: str) -> Conversation:
        """The same talk, with other words asked last."""
        other = object.__new__(Conversation)
        other.request, other.chance, other.steady = self.request, self.chance, self.steady
        other.today, other.instructions, other.before, other.asked = self.today, self.instructions, self.before, words
        return other

    @property
    def low(self) -> str:
        """What is asked, in lower case and on one line, without the courtesies around it."""
        return tidy(self.asked)

    @property
    def questions(self) -> list[str]:
        """What the user said before, the newest first."""
        return [turn.text for turn in reversed(self.before) if turn.role == "user"]

    @property
    def last_answer(self) -> str:
        """The answer before this question, or nothing."""
        return next((turn.text for turn in reversed(self.before) if turn.role == "assistant"), "")

    def pick(self, options: Sequence[T]) -> T:
        """One of these: the first when the same must come each time, else any."""
        return options[0] if self.steady else self.chance.choice(options)


_COURTESY = re.compile(
    r"^(?:(?:please|hey|hi|hello|ok(?:ay)?|so|now|well|and|but|then|also|great|thanks?|could you|can you|"
    r"would you|will you"
    r"|i want you to|i'd like you to|i would like you to|kindly|just|quickly|tell me,?|let me know)[,!.]?\s+)+"
)


def tidy(text: str) -> str:
    """Text in lower case on one line, curly quotes made straight, without the courtesies it begins and ends with."""
    text = " ".join(text.lower().replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"').split())
    text = _COURTESY.sub("", text)
    return re.sub(r"[,\s]+(?:please|thanks|thank you)\s*([.!?]?)$", r"\1", text)


def small_number(word: str) -> int | None:
    """A whole number in digits ("1,200") or as a word up to twenty; None for anything else."""
    word = word.strip().lower().replace(",", "")
    return int(word) if word.isdecimal() and len(word) < 10 else _NUMBERS.get(word)
