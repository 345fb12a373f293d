"""Plausible prose from templates: any number of words, sentences or paragraphs, and a few short forms.

Everything is drawn from the `Random` that is handed in, so the same seed writes the same words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from random import Random
from typing import TypeVar

__all__ = [
    "email",
    "exactly",
    "haiku",
    "joke",
    "names",
    "opening_line",
    "paragraphs",
    "poem",
    "sentences",
    "some",
    "tagline",
]

T = TypeVar("T")

MAX_WORDS = 20_000
"""The longest text that is written for one answer, in words."""

_ADJECTIVES = (
    "quiet", "bright", "small", "patient", "old", "curious", "steady", "hidden", "ordinary", "early",
    "strange", "gentle", "sharp", "slow", "familiar", "distant", "honest", "narrow", "warm", "restless",
)  # fmt: skip
_NOUNS = (
    "river", "window", "letter", "morning", "garden", "bridge", "map", "lamp", "promise", "market",
    "harbour", "road", "kitchen", "question", "machine", "notebook", "season", "neighbour", "tool", "song",
)  # fmt: skip
_VERBS = (
    "changed", "carried", "followed", "measured", "mended", "noticed", "kept", "opened", "shaped", "taught",
)  # fmt: skip
_HEROES = (
    "Mara, a lighthouse keeper", "Tomas, a clockmaker", "Ines, a young pilot", "old Bram, the ferryman",
    "Yuki, a student of maps", "a robot called Seven", "Lena, the baker's daughter", "a fox with one white ear",
)  # fmt: skip
_PLACES = (
    "at the edge of the sea", "in a town without clocks", "above the last stop of the tram",
    "under the long bridge", "in the attic of the library", "on the quiet side of the moon",
    "where the two rivers meet", "in the valley of windmills",
)  # fmt: skip
_THINGS = (
    "a key that fitted nothing", "a letter without a name", "a map of a street that didn't exist",
    "a lamp that was still warm", "a radio playing tomorrow's weather", "a small brass compass",
    "a door painted on the wall", "a notebook in her own handwriting",
)  # fmt: skip

_ESSAY = (
    "There is more to {topic} than a first look shows.",
    "Most people meet {topic} long before they have a word for it.",
    "To understand {topic}, it helps to begin with one {adjective} example.",
    "The story of {topic} is one of patient work and a few lucky accidents.",
    "Nobody thinks much about {topic} until something goes wrong.",
    "A {adjective} {noun} can say more about {topic} than a long book.",
    "Over the years many people have {verb} the way we see {topic}.",
    "What matters about {topic} is seldom what is talked about most.",
    "Every {noun} has its {adjective} side, and with {topic} that side is easy to miss.",
    "Those who work with {topic} every day learn to trust the {adjective} details.",
    "It would be wrong to think of {topic} as something {adjective}.",
    "One {noun} at a time, our picture of {topic} has grown clearer.",
    "The best questions about {topic} are the {adjective} ones.",
    "Looked at closely, the difficulty lies less in {topic} than in our habits.",
    "There are good reasons to take {topic} seriously, and better ones to enjoy it.",
    "In the end, {topic} comes down to choices that ordinary people make.",
    "A beginner sees the rules of {topic}; someone with experience sees the exceptions.",
    "The {adjective} part of {topic} is also the part that lasts.",
    "Much that was said about {topic} twenty years ago sounds {adjective} today.",
    "It takes a {adjective} {noun} to show how far {topic} can reach.",
)
_STORY_START = (
    "{hero}, lived {place}.",
    "Once, {place}, there was {hero}.",
    "Nobody {place} had ever seen anything like it before, and {hero}, least of all.",
    "On the day the {noun} stopped, {hero}, was {place}.",
)
_STORY_MIDDLE = (
    "One {adjective} morning there was {thing} on the step.",
    "It lay beside {thing}, and nobody claimed it.",
    "The {noun} was {adjective}, and the road to it was longer than it looked.",
    "For three days nothing happened, except that the {noun} grew {adjective}.",
    "A {adjective} stranger {verb} the {noun} and asked for nothing in return.",
    "Everyone said it was only a {noun}, but everyone was whispering.",
    "So the search began, with a {noun}, a {adjective} coat and half a loaf of bread.",
    "By evening the {adjective} {noun} had {verb} everything.",
    "The {noun} answered in a voice as {adjective} as rain.",
    "Behind the {noun} stood another one, {adjective} and waiting.",
    "Somebody had {verb} the {noun} in the night.",
)
_STORY_TOPIC = (
    "There was {topic} to think of, and no one else would.",
    "It had to do with {topic}, as these things mostly do.",
    "Everybody spoke of {topic} in those days, and nobody aloud.",
    "And then, on a {adjective} evening, there was {topic}.",
)
_STORY_END = (
    "After that, the {noun} was never {adjective} again.",
    "And when the wind turned, it was already a story.",
    "They still tell it there, a little differently every time.",
    "In the morning the {noun} was gone, and nobody minded.",
)
_OPENINGS = (
    "The last message from Earth arrived eleven minutes before the silence, and it was a recipe for bread.",
    "On the third day of the long eclipse, the ship began to dream in a language that nobody had taught it.",
    "Mara had buried four captains already when the fifth one asked her, politely, not to open the airlock.",
    "The moon was late again, and this time the clocks had noticed.",
    "Everyone on the station remembered the war differently, which was odd, because it hadn't happened yet.",
    "The robot had been told to water the garden until someone came home, and that was nine hundred years ago.",
    "It took the colony a whole winter to notice that the stars were in the wrong order.",
    "When the signal finally answered, it used my mother's voice.",
)
_OPENINGS_ABOUT = (
    "Nobody in the city would speak of {topic} after dark, and so of course I asked.",
    "By the time the snow reached the windows, we had stopped pretending that {topic} was a coincidence.",
    "My grandmother left me three things: a house, a debt, and {topic}.",
    "The first rule of {topic} was that nobody remembered the second.",
)
_FIVE = (
    "an old silent pond", "the lamp is still on", "rain on the tin roof", "a door left open", "first light on the hill",
    "the kettle whispers", "a leaf lets go now", "snow upon the gate", "the last train has gone",
    "small waves on the sand",
)  # fmt: skip
_SEVEN = (
    "somewhere a dog is barking", "the shadow of one gray bird", "nobody counts the minutes",
    "a spider mends the morning", "the river forgets its name", "the field keeps its own secret",
    "wind turns the unread pages", "a boat rocks with no one there",
)  # fmt: skip
_TAGLINES = (
    "The {topic} that feels like home.",
    "Not just another {topic}.",
    "Every good day deserves a good {topic}.",
    "The {topic} you will tell your friends about.",
    "Big smiles, small prices, one {topic}.",
    "{Topic}, the way it should be.",
)
_ICE_CREAM = (
    "Life is short: have the second scoop.",
    "Happiness, one scoop at a time.",
    "Melts in your mouth, stays in your heart.",
    "Cold cones, warm smiles.",
    "Scoops so good they should be a secret.",
    "Where every day is sundae.",
)
_COFFEE = (
    "Good mornings, poured daily.",
    "Wake up to something better.",
    "Small beans, big plans.",
    "The best part of the day comes in a cup.",
)
_JOKES = (
    "Why do programmers prefer dark mode? Because light attracts bugs.",
    "There are 10 kinds of people: those who understand binary, and those who don't.",
    "Why did the scarecrow win a prize? He was outstanding in his field.",
    "I told my computer that I needed a break, and it said: no problem, I'll go to sleep.",
    "What do you call a fish without eyes? A fsh.",
    "Why don't scientists trust atoms? They make up everything.",
)
_NAMES = (
    "Pepper", "Juniper", "Atlas", "Nova", "Biscuit", "Luna", "Ziggy", "Maple", "Orbit", "Willow",
    "Cosmo", "Hazel", "Pixel", "Otis", "Clover", "Echo", "Sunny", "Moss", "Ember", "Waffles",
)  # fmt: skip
_VERSES = (
    ("The {noun} was {adjective} and the night was long,", "the wind in the wires was humming a song,"),
    ("I carried {topic} wherever I went,", "and never was sure what the carrying meant,"),
    ("The road to the {noun} is {adjective} and slow,", "and nobody tells you which way you should go,"),
    ("The stars are all counted, the lanterns are lit,", "the song about {topic} is waiting a bit,"),
    ("So open the window and let in the light,", "with {topic} beside us the rest of the night."),
)


def some(chance: Random, options: Sequence[T], count: int) -> list[T]:
    """So many of these in a random order, without repeats while there are enough."""
    return [*chance.sample(options, min(count, len(options))), *chance.choices(options, k=max(0, count - len(options)))]


def _fill(chance: Random, template: str, topic: str) -> str:
    text = template.format(
        topic=topic,
        Topic=topic[:1].upper() + topic[1:],
        adjective=chance.choice(_ADJECTIVES),
        noun=chance.choice(_NOUNS),
        verb=chance.choice(_VERBS),
        hero=chance.choice(_HEROES),
        place=chance.choice(_PLACES),
        thing=chance.choice(_THINGS),
    )
    text = re.sub(r"\b([Aa]) (?=[aeiouAEIOU]|honest)", r"\1n ", text)
    return text[:1].upper() + text[1:]


def _endless(chance: Random, templates: Sequence[str], topic: str) -> Iterator[str]:
    while True:
        for template in chance.sample(templates, len(templates)):
            yield _fill(chance, template, topic)


def sentences(chance: Random, topic: str, count: int, story: bool = False) -> list[str]:
    """So many sentences on the topic, as an essay or as a story with a beginning and an end."""
    if not story:
        source = _endless(chance, _ESSAY, topic)
        return [next(source) for _ in range(count)]
    middle = _endless(chance, _STORY_MIDDLE, topic)
    told = [_fill(chance, chance.choice(_STORY_START), topic)]
    if count > 1:
        told.append(_fill(chance, chance.choice(_STORY_TOPIC), topic))
    told += [next(middle) for _ in range(count - 3)]
    if count > 2:
        told.append(_fill(chance, chance.choice(_STORY_END), topic))
    return told


def exactly(chance: Random, topic: str, words: int, story: bool = False) -> str:
    """A text of exactly so many words (at most `MAX_WORDS`), ending in a full stop, in paragraphs when it is long."""
    words = min(words, MAX_WORDS)
    text = sentences(chance, topic, words // 8 + 2, story)
    found: list[str] = []
    for at, sentence in enumerate(text):
        found += sentence.split()
        if len(found) >= words:
            break
        if at % 6 == 5:
            found[-1] += "\n\n"
    cut = found[:words]
    if cut:
        cut[-1] = cut[-1].rstrip(".,;:\n") + "."
    return " ".join(cut).replace("\n\n ", "\n\n")


def paragraphs(chance: Random, topic: str, count: int, story: bool = False) -> str:
    """So many paragraphs of four or five sentences."""
    sizes = [chance.randint(4, 5) for _ in range(count)]
    text = iter(sentences(chance, topic, sum(sizes), story))
    return "\n\n".join(" ".join(next(text) for _ in range(size)) for size in sizes)


def haiku(chance: Random) -> str:
    """Three lines of 5, 7 and 5 syllables."""
    first, last = chance.sample(_FIVE, 2)
    return f"{first}\n{chance.choice(_SEVEN)}\n{last}".capitalize()


def poem(chance: Random, topic: str, lines: int = 4) -> str:
    """A poem of so many lines, in couplets."""
    count = max(1, (lines + 1) // 2)
    couplets = [line for couplet in some(chance, _VERSES, count) for line in couplet]
    text = [_fill(chance, line, topic) for line in couplets][:lines]
    return "\n".join(text).rstrip(",.") + "."


def tagline(chance: Random, topic: str) -> str:
    """A slogan for a product or a shop."""
    if "ice cream" in topic:
        return chance.choice(_ICE_CREAM)
    if "coffee" in topic:
        return chance.choice(_COFFEE)
    return _fill(chance, chance.choice(_TAGLINES), topic)


def opening_line(chance: Random, topic: str) -> str:
    """The first sentence of a novel: science fiction, unless another topic is given."""
    return _fill(chance, chance.choice(_OPENINGS_ABOUT), topic) if topic else chance.choice(_OPENINGS)


def joke(chance: Random) -> str:
    """A joke."""
    return chance.choice(_JOKES)


def names(chance: Random, count: int) -> list[str]:
    """So many names for a pet, a character or a product."""
    return some(chance, _NAMES, count)


def email(chance: Random, topic: str) -> str:
    """A short letter."""
    body = " ".join(sentences(chance, topic, 3))
    return f"Subject: About {topic}\n\nDear reader,\n\n{body}\n\nKind regards,\nSam"
