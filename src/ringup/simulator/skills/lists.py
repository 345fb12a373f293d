"""Counting, and lists of things: "Count to 5", "List the planets starting with 1."."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ringup.simulator import prose
from ringup.simulator.conversation import Conversation, Draft, small_number
from ringup.simulator.facts import LISTS

__all__ = ["answer", "lay_out"]

MAX_COUNT = 5000
_ASKS = (
    r"\b(?:list|name|enumerate|give(?: me)?|what are|which are|write(?: down)?|recite|show(?: me)?|say|tell me|suggest|"
    r"recommend|think of|order)\b"
)


def answer(talk: Conversation) -> Draft | None:
    """A count or a list, if one is asked for."""
    return _count(talk) or _ordinal(talk) or _list(talk)


def lay_out(items: Sequence[str], asked: str) -> str:
    """The items as was asked: with numbers, bullets, commas or spaces between, or one to a line."""
    low = asked.lower()
    if re.search(r"comma[- ]separated|separated by commas?|on one line|in one line|in a (?:single )?(?:row|line)", low):
        return ", ".join(items)
    if re.search(r"separated by spaces?|space[- ]separated", low):
        return " ".join(items)
    if re.search(r"\bbullet", low):
        return "\n".join(f"- {item}" for item in items)
    if re.search(r"(?:one|each) (?:per|on (?:a|its own)|to a) line|separate lines|json lines|no numbers", low):
        return "\n".join(items)
    return "\n".join(f"{number}. {item}" for number, item in enumerate(items, 1))


def _count(talk: Conversation) -> Draft | None:
    low = talk.low
    found = re.search(
        r"\bcount(?: down)?(?: up)?(?: by \w+)?(?: from (-?[\w,]+))? ?(?:to|until|till|through) (-?[\w,]+)", low
    )
    found = found or re.search(r"\bcount ?down from()? (-?[\w,]+)", low)
    found = found or re.search(r"\bnumbers (?:from )?(-?\d[\d,]*) ?(?:to|-|–|through) ?(-?\d[\d,]*)", low)
    if not found:
        return None
    first = small_number(found[1]) if found[1] else 1
    last = small_number(found[2])
    down = "count down" in low or "countdown" in low or "backwards" in low
    if down and not found[1]:
        first, last = last, 1
    if first is None or last is None or abs(last - first) > MAX_COUNT:
        return None
    step = 1 if last >= first else -1
    jump = re.search(r"\bby (\w+)s?\b", low)
    if jump and not found[1]:
        first = small_number(jump[1]) or small_number(jump[1].rstrip("s")) or first
    step *= max((small_number(jump[1]) or small_number(jump[1].rstrip("s")) or 1) if jump else 1, 1)
    numbers = [str(number) for number in range(first, last + (1 if step > 0 else -1), step)]
    per_line = re.search(r"per line|own line|separate lines|new line", low)
    text = "\n".join(numbers) if per_line else " ".join(numbers) if "space" in low else ", ".join(numbers)
    return Draft((text,), text, exact=True)


def _found_list(low: str) -> tuple[str, ...] | None:
    for pattern, items in LISTS.items():
        if re.search(rf"\b(?:{pattern})\b", low):
            return items
    return None


_NTH = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "sixth": 5, "seventh": 6, "last": -1}


def _ordinal(talk: Conversation) -> Draft | None:
    found = re.search(
        r"\b(first|second|third|fourth|fifth|sixth|seventh|last) (day|month|letter|season|continent|ocean)", talk.low
    )
    items = _found_list(f"{found[2]}s") if found else None
    if not found or not items or _NTH[found[1]] >= len(items):
        return None
    item = items[_NTH[found[1]]]
    return Draft((f"The {found[1]} {found[2]} is {item}.",), item)


def _list(talk: Conversation) -> Draft | None:
    low = talk.low
    if not re.search(_ASKS, low):
        return None
    wanted = re.search(r"\b(?:first|next|top)? ?(\d+|one|two|three|four|five|six|seven|eight|nine|ten)\b", low)
    limit = small_number(wanted[1]) if wanted and not re.search(r"starting with \d", low) else None
    if re.search(r"\bnames? for\b", low):
        return Draft((lay_out(prose.names(talk.chance, min(limit or 5, 100)), talk.asked),), exact=True)
    if re.search(r"\bideas?\b|\btips\b|\breasons\b|\bsteps\b|\bbenefits\b", low):
        return _ideas(talk, min(limit or 3, 100))
    if single := re.search(
        r"^(?:name|give me|tell me|pick|choose|think of|say|recommend|suggest) (?:an?|one|any|some) (\w+?)s?\W*$", low
    ):
        one = _found_list(f"{single[1]}s") or _found_list(re.sub(r"y$", "ies", single[1]))
        if one:
            item = talk.pick(one)
            return Draft((f"{item[0].upper()}{item[1:]}.",), item)
    items = _found_list(low)
    if items is None:
        return None
    starts = re.search(r"(?:starting|that start|beginning|that begin) with (?:the letter )?\W?([a-z])\b", low)
    if starts:
        items = tuple(item for item in items if item.lower().startswith(starts[1])) or items
    if "reverse" in low or "backwards" in low:
        items = items[::-1]
    if "alphabetical" in low:
        items = tuple(sorted(items, key=str.lower))
    items = items[: limit or len(items)]
    if len(items) == 1:
        return Draft((f"{items[0][0].upper()}{items[0][1:]}.",), items[0])
    if re.search(r"letters of the alphabet|\balphabet\b", low) and "list" not in low:
        return Draft((" ".join(items),), exact=True)
    return Draft((lay_out(items, talk.asked),), ", ".join(items), exact=True)


def _ideas(talk: Conversation, count: int) -> Draft:
    found = re.search(r"\b(?:about|for|of|to|on) (.+?)[.?!]*$", talk.asked)
    items = prose.sentences(talk.chance, found[1] if found else "the idea", count)
    return Draft((lay_out(items, talk.asked),), exact=True)
