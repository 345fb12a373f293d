"""What a custom tool is given: free text, or a text of the grammar that it asks for.

A grammar is a regular expression, or one in Lark's notation (rules, terminals, strings, patterns, groups, repetition,
ranges, common terminals). Of a Lark grammar the shortest text is made; what isn't known of it counts as nothing.
"""

from __future__ import annotations

import re
from typing import Any

from ringup.simulator.shapes import Strings, quotations

__all__ = ["free_text"]

MAX_DEPTH = 30
_TOKEN = re.compile(
    r"\s+|//[^\n]*|(?P<string>\"(?:\\.|[^\"\\])*\"i?)|(?P<regex>/(?:\\.|[^/\\\n])+/[imslux]*)|(?P<name>[!?]?[A-Za-z_]\w*)|"
    r"(?P<count>~\s*\d+(?:\s*\.\.\s*\d+)?)|(?P<sign>\.\.|->|[()\[\]|*+?:])|."
)
_COMMON = {
    **{
        "DIGIT": "1",
        "INT": "1",
        "SIGNED_INT": "1",
        "NUMBER": "1",
        "SIGNED_NUMBER": "1",
        "FLOAT": "1.5",
        "DECIMAL": "1.5",
    },
    **{"LETTER": "a", "WORD": "word", "CNAME": "name", "LCASE_LETTER": "a", "UCASE_LETTER": "A", "HEXDIGIT": "a"},
    **{"ESCAPED_STRING": '"text"', "WS": " ", "WS_INLINE": " ", "NEWLINE": "\n", "SPACE": " ", "LF": "\n"},
}


def free_text(text: str, form: dict[str, Any]) -> str:
    """The input of a custom tool that is called for this text."""
    wishes = [*_blocks(text), *quotations(text), *_sums(text), text.strip()]
    definition = form.get("definition")
    if not isinstance(definition, str):
        return wishes[0]
    if form.get("syntax") == "regex":
        return _of_pattern(definition, [*wishes, *text.split()])
    return Lark(definition).shortest()


def _blocks(text: str) -> list[str]:
    return [found.strip() for found in re.findall(r"```(?:\w*\n)?(.+?)```", text, re.DOTALL)]


def _sums(text: str) -> list[str]:
    found = re.search(r"[-(]*\d[\d\s.+*/%^()-]*[-+*/%^][\d\s.+*/%^()-]*\d\)*", text)
    return [found[0].strip()] if found else []


def _of_pattern(pattern: str, wishes: list[str]) -> str:
    """A wish that is of the pattern as a whole, or else any text of it."""
    strings, whole = Strings(), f"^(?:{pattern})$"
    fitting = [wish.strip(".,?!") for wish in wishes if strings.matches(whole, wish.strip(".,?!"))]
    return next(iter(fitting), None) or next(strings.texts([whole], [], 0, None), wishes[0])


class Lark:
    """A grammar in Lark's notation. `shortest` makes a text of its rule `start`."""

    def __init__(self, definition: str) -> None:
        self._rules: dict[str, list[tuple[str, str]]] = {}
        for rule in re.split(r"\n(?=\s*[!?]?[A-Za-z_]\w*(?:\.\d+)?\s*:)", f"\n{definition}"):
            name, colon, body = re.sub(r"(?m)^\s*%.*$", "", rule).partition(":")
            if colon:
                self._rules[re.sub(r"\.\d+$", "", name.strip().lstrip("!?"))] = _tokens(body)
        self._strings = Strings()

    def shortest(self) -> str:
        """The shortest text that is found; nothing where the grammar has no end."""
        first = "start" if "start" in self._rules else next(iter(self._rules), "")
        known: dict[str, str] = {}
        for _ in range(MAX_DEPTH):  # each round knows the texts of the rules that lean on those of the round before
            before = dict(known)
            for name, tokens in self._rules.items():
                text = self._options(list(tokens), known)
                if text is not None and len(text) < len(known.get(name, text + " ")):
                    known[name] = text
            if known == before:
                break
        return known.get(first, "")

    def _options(self, tokens: list[tuple[str, str]], known: dict[str, str]) -> str | None:
        """The shortest of the options up to a closing bracket; takes the tokens that it reads."""
        options = [self._sequence(tokens, known)]
        while tokens and tokens[0] == ("sign", "|"):
            tokens.pop(0)
            options.append(self._sequence(tokens, known))
        return min((option for option in options if option is not None), key=len, default=None)

    def _sequence(self, tokens: list[tuple[str, str]], known: dict[str, str]) -> str | None:
        said: list[str | None] = []
        while tokens and tokens[0][1] not in ("|", ")", "]"):
            if tokens[0][1] == "->":
                del tokens[:2]
                continue
            said.append(self._repeated(self._item(tokens, known), tokens))
        return None if None in said else "".join([one for one in said if one is not None])

    def _repeated(self, text: str | None, tokens: list[tuple[str, str]]) -> str | None:
        if tokens and tokens[0][1] in ("*", "?"):
            tokens.pop(0)
            return ""
        if tokens and tokens[0][0] == "count":
            least = int(re.findall(r"\d+", tokens.pop(0)[1])[0])
            return "" if not least else None if text is None else text * least
        if tokens and tokens[0][1] == "+":
            tokens.pop(0)
        return text

    def _item(self, tokens: list[tuple[str, str]], known: dict[str, str]) -> str | None:
        kind, text = tokens.pop(0)
        match kind, text:
            case "sign", "(" | "[":
                inner = self._options(tokens, known)
                if tokens:
                    tokens.pop(0)
                return "" if text == "[" else inner
            case "string", _:
                if tokens and tokens[0][1] == "..":
                    del tokens[:2]
                return _unquoted(text)
            case "regex", _:
                body = text[1:].rpartition("/")[0]
                return next(self._strings.texts([f"^(?:{body})$"], [], 0, None), None)
            case "name", _:
                return known.get(text.lstrip("!?"), None if text in self._rules else _COMMON.get(text))
        return ""


def _tokens(body: str) -> list[tuple[str, str]]:
    return [(one.lastgroup, one[0]) for one in _TOKEN.finditer(body) if one.lastgroup is not None]


def _unquoted(text: str) -> str:
    body = text.rstrip("i")[1:-1]
    return re.sub(r"\\(.)", lambda one: {"n": "\n", "t": "\t"}.get(one[1], one[1]), body)
