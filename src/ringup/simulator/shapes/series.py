"""What a text lists, and what a sentence is about."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ringup.simulator.shapes.reading import label

__all__ = ["bullets", "counted", "labelled_list", "listed", "listed_after", "parts", "sentences", "subject"]

_VERBS = (
    r"am|is|are|was|were|be|been|has|have|had|do|does|did|will|would|can|could|should|must|may|might|"
    r"(?:need|take|serve|cost|want|like|love|enjoy|know|speak|use|include|contain|sell|buy|bring|get|make|want|own|"
    r"require|support|offer|see|meet|visit|live|work|play|eat|cook|bake|run|write|read|learn|teach|study|move|come|go|"
    r"give|hold|last|weigh|measure|start|end|open|close|arrive|depart|leave|become|remain|stay|travel|prefer|order|pack|"
    r"say|tell|show|feel|look|seem|mean|belong|ship|lie|stand|sit|grow|grind|mix|add|try|help|call|ask|find|taste)s?|"
    r"goes|does|says|tries|watch(?:es)?|teaches|studies|mixes|carr(?:y|ies)|made|took|served|bought|brought|sold|wrote|"
    r"needed|wanted|liked|loved|enjoyed|knew|spoke|used|included|contained|met|visited|lived|worked|played|moved|came|"
    r"went|gave|held|lasted|weighed|started|ended|opened|closed|arrived|left|became|costed|listed|released|founded"
)
_PREPOSITIONS = r"in|on|at|to|from|for|by|with|without|into|about|near|after|before|until|during|than|as|via|per"
_JOINTS = r"which|that|who|whom|whose|when|where|while|because|since|so|but|if|then|not"
_ADVERBS = r"\w+ly|never|always|often|also|just|still|now|then|once|soon|too|already|again"
_PRONOUNS = r"i|you|he|she|it|we|they|there|this|these|those"
_ENDS = rf"(?:{_VERBS}|{_PREPOSITIONS}|{_JOINTS}|{_PRONOUNS})"
"""A word of which no item of a list is made, so that the list ends before it."""
_SMALL = (
    r"the|a|an|some|any|my|your|his|her|its|our|their|both|also|either|such|e\.g\.|of|like|including|only|just|me|us"
)
_FACTS = (
    r"['’]s (?:\w+ )*(?:e-?mail|phone|number|address|name|birthday|age|job|city|home|hobb(?:y|ies)|team|friends?)\b"
)
"""What is told of somebody ("Ada's email"), so that the sentence isn't about a thing of that name."""
_NO_SUBJECT = (
    rf"(?i){_FACTS}|\b(?:my|your|her|his|its|our|their|and|or|what|how)\b|"
    rf"\b(?:{_JOINTS}|{_PRONOUNS}|{_ADVERBS}|{_PREPOSITIONS})\b"
)
_BETWEEN = r"\s*,\s*(?:and\s+|or\s+)?(?:also\s+)?|\s+(?:and|or|&|as well as|plus)\s+(?:also\s+)?"


def sentences(text: str) -> list[str]:
    """The sentences of a text, without the points at their ends."""
    found = re.split(r"(?<=[.!?])(?<!\b[A-Z]\.)(?<!\bMr\.|\bDr\.|\bMs\.)\s+|[;\n]+", text)
    return [one.strip().rstrip(".!?").strip() for one in found if one.strip(" .!?")]


def labelled_list(text: str, name: str) -> list[str]:
    """The items of "tags: red, green and blue", of "the tags are red and green", of "skills include SQL"."""
    joint = r"\s*(?P<sign>[:=])\s*|\s+(?:are|is|include|includes|including|contain|like|such as|were|was)\s+|\s+"
    for sentence in sentences(text):
        found = re.search(rf"(?i)(?<![\w]){label(name)}(?!\w)(?:{joint})(?P<rest>.+)", sentence)
        if found and found["sign"]:
            items = [_bare(part) for part in re.split(_BETWEEN, found["rest"])]
        else:
            items = _items(found["rest"]) if found else []
        if items := [item for item in items if item]:
            return items if len(items) > 1 or (found and found["sign"]) else []
    return []


def bullets(text: str) -> list[str]:
    """The lines that begin with a dash or a number, if there are several."""
    lines = re.findall(r"(?m)^\s*(?:[-*•]|\d+[.)])\s+(.+?)\s*$", text)
    return lines if len(lines) > 1 else []


def listed(text: str) -> list[str]:
    """The items of "apples, pears and plums", or of lines that begin with a dash or a number."""
    if items := bullets(text):
        return items
    found: list[str] = []
    for sentence in sentences(re.sub(r"https?://\S+", "", text)):
        _, colon, rest = sentence.partition(":")
        if colon and len(named := parts(rest)) > 1:
            return [one for part in named if (one := _bare(part))]
        said = parts(sentence)
        at = 0
        while at < len(said):
            items = _from(said[at:], at == 0)
            found = items if len(items) > max(len(found), 1) else found
            at += max(len(items), 1)  # what begins inside a list ends with it, and is shorter
    return found


def listed_after(text: str, words: str) -> list[str]:
    """What follows one of some words (a pattern), one thing or several: "knows Python and Rust"."""
    found: list[str] = []
    for sentence in sentences(text):
        for one in re.finditer(rf"(?i)\b(?:{words})\s+", sentence):
            items = _items(sentence[one.end() :])
            found = items if len(items) > len(found) else found
    return found


def _from(parts: list[str], first: bool) -> list[str]:
    """The list that begins in the first of these parts, which may have words before its item."""
    if first and re.match(rf"(?i)(?:{_PREPOSITIONS}|{_JOINTS})\b", parts[0]):
        return []
    head = re.sub(r"(?i)^.*\bthe (?:following )?\w+s (?=\w)", "the ", parts[0])
    words = re.split(rf"(?i)(?:^|.*\s)(?:{_VERBS}|{_PREPOSITIONS}|{_SMALL})\s+", head)[-1]
    words = words if words != head else head.rpartition(" ")[2]
    return [words, *_run(parts[1:])] if words and not re.fullmatch(rf"(?i){_ENDS}", words) else []


def _items(text: str) -> list[str]:
    """The items at the beginning of a text."""
    return _run(re.split(_BETWEEN, text))


def _run(parts: list[str]) -> list[str]:
    """The parts as items, up to one that goes on otherwise."""
    items = []
    for part in parts:
        bare = _bare(part)
        item = re.split(rf"(?:^|\s+)(?=(?:{_ENDS}|I)\b)", bare)[0]
        if not item or len(item.split()) > 6:
            break
        items.append(item)
        if item != bare:
            break
    return items


def parts(text: str) -> list[str]:
    """A text cut at its commas and "and"s."""
    return [part.strip() for part in re.split(_BETWEEN, text) if part.strip()]


def _bare(part: str) -> str:
    return re.sub(rf"(?i)^(?:(?:{_SMALL})\s+)+", "", part.strip()).strip(" \"'“”?!.:")


def counted(text: str) -> list[str]:
    """What a text says how many of there are: "3 apples", "2 kg of pears"."""
    amount = r"(?:\d[\d.,]*|(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty)\b)"
    found = re.findall(rf"^\W*(?:\w+ ){{0,2}}{amount} ?(?:[a-z]+ of )?([a-z][\w-]*(?: [a-z][\w-]*)?)", text)
    return [item for one in found if (item := next(iter(_run([one])), None))]


def subject(text: str) -> Iterator[str]:
    """What sentences are about, that is what stands before their verb: "Tomato soup" of "Tomato soup takes long"."""
    for sentence in sentences(text):
        found = re.match(rf"((?:The |A |An )?)((?:[\w'’&-]+ ){{1,5}}?)(?=(?:{_VERBS})\b)", sentence)
        said = found[2].strip() if found else ""
        if said and not re.search(_NO_SUBJECT, said):
            yield f"The {said}" if found and found[1] == "The " and said[0].isupper() else said
