"""Which calls of a ledger are meant: what `rows` may be given, as conditions in SQL."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypedDict

from ringup.errors import ParameterError, RingupError
from ringup.ledger._turns import whole_text

__all__ = ["Filters", "conditions", "micro", "query"]


class Filters(TypedDict, total=False):
    """Which calls are wanted; all that is given must hold, and None is as if it weren't given.

    model     the call was made to, or answered by, this model: a part of "provider/model", or a pattern for all of it,
              with or without the provider (`claude-*`, `openai/*`, `?`, `[abc]`). Case doesn't matter
    status    "answered", "failed" or "cancelled"; or what a try of the call ended with: an HTTP status (429, "5xx"), or
              an error's class ("RateLimitError"; one of several errors means them all: "APIConnectionError"). Or a list
              of these, which must all hold
    since     asked for at this time or later: a datetime, or "2026-11-23" or "2026-11-23T12:00+01:00"
    until     asked for before this time
    search    all of these words (up to 100) were said in it: see `search`
    session   the call's session
    tags      the call's tags: {"team": "docs"}; None for a value means any
    min_cost  US dollars that the call cost at the least; calls whose cost isn't known are left out
    after     an id: the calls that were written to the file after that one. These come in the order of their ids
    """

    model: str | None
    status: str | int | list[str] | None
    since: datetime | str | None
    until: datetime | str | None
    search: str | None
    session: str | None
    tags: Mapping[str, str | None] | None
    min_cost: Decimal | float | str | None
    after: int | None


Condition = tuple[str, tuple[Any, ...]]


def conditions(given: Mapping[str, Any], indexed: bool) -> Condition:
    """The condition that rows of `calls` must meet, and its values; `indexed` says that there is an index of words.

    Raises ParameterError for a value that can't be read, and TypeError for a name that isn't a filter.
    """
    if wrong := next((name for name in given if name not in Filters.__optional_keys__), None):
        raise TypeError(f"{wrong!r} isn't a filter; the filters are: {', '.join(sorted(Filters.__optional_keys__))}")
    met = [met for name, value in given.items() if value is not None for met in _conditions(name, value, indexed)]
    return " AND ".join([f"({sql})" for sql, _ in met]) or "1", tuple([value for _, some in met for value in some])


def _conditions(name: str, value: Any, indexed: bool) -> Iterator[Condition]:
    match name:
        case "model":
            yield _model(str(value).casefold())
        case "status":
            yield from [_status(str(one)) for one in (value if isinstance(value, list | tuple) else [value])]
        case "since" | "until":
            yield f"calls.queued {'>=' if name == 'since' else '<'} ?", (micro(value, name),)
        case "search":
            yield from _said(_words(value), indexed)
        case "session":
            yield "calls.session = ?", (value,)
        case "tags":
            yield from [_tag(*tag) for tag in value.items()]
        case "min_cost":
            yield "CAST(calls.cost_usd AS REAL) >= ?", (_dollars(value),)
        case _:
            yield "calls.id > ?", (value,)


_MODEL = "folded(calls.provider || '/' || calls.model)"
_ANSWERED = "folded(coalesce(calls.model_answered, ''))"


def _model(wanted: str) -> Condition:
    if re.search(r"[*?\[]", wanted):
        return f"{_MODEL} GLOB ? OR folded(calls.model) GLOB ? OR {_ANSWERED} GLOB ?", (wanted,) * 3
    return f"instr({_MODEL}, ?) OR instr({_ANSWERED}, ?)", (wanted,) * 2


_OF_A_TRY = "calls.{0} OR EXISTS (SELECT 1 FROM attempts WHERE call = calls.id AND attempts.{0})"


def _status(wanted: str) -> Condition:
    if wanted in ("answered", "failed", "cancelled"):
        return "calls.outcome = ?", (wanted,)
    if found := re.fullmatch(r"([1-5])(\d\d|xx)", wanted.lower()):
        least = int(found[1]) * 100 + (0 if found[2] == "xx" else int(found[2]))
        return _OF_A_TRY.format("status BETWEEN ? AND ?"), (least, least + (99 if found[2] == "xx" else 0)) * 2
    kinds = sorted({kind.__name__ for kind in _errors(RingupError) if kind.__name__.lower() == wanted.lower()})
    if not kinds:
        raise ParameterError(
            f"status={wanted!r} isn't known.",
            parameter="status",
            advice='Give "answered", "failed", "cancelled", an HTTP status (429, "5xx"), or the class of an error '
            '("RateLimitError").',
        )
    means = sorted({one.__name__ for kind in _errors(RingupError) if kind.__name__ in kinds for one in _errors(kind)})
    return _OF_A_TRY.format(f"error_type IN ({', '.join('?' * len(means))})"), (*means, *means)


def _errors(kind: type[RingupError]) -> Iterator[type[RingupError]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from _errors(narrower)


def micro(time: datetime | str, name: str) -> int:
    """A time as the ledger has it; one without a zone is of the machine's. Raises ParameterError."""
    try:
        return round((datetime.fromisoformat(time) if isinstance(time, str) else time).timestamp() * 1e6)
    except (ValueError, AttributeError, OverflowError, OSError):
        example = '"2026-11-23" or "2026-11-23T12:00+01:00"'
        raise ParameterError(f"{name}={time!r} isn't a time: write it like {example}", parameter=name) from None


def _tag(name: str, value: str | None) -> Condition:
    has = "EXISTS (SELECT 1 FROM tags WHERE call = calls.id AND name = ?"
    return (f"{has})", (name,)) if value is None else (f"{has} AND value = ?)", (name, str(value)))


_ROUNDING = 1e-12
"""Costs are decimals, and SQLite compares them as floats."""


def _dollars(cost: Decimal | float | str) -> float:
    try:
        return float(Decimal(str(cost))) * (1 - _ROUNDING)
    except InvalidOperation:
        raise ParameterError(f"min_cost={cost!r} isn't a number of US dollars", parameter="min_cost") from None


_UNDIVIDED = re.compile(r"[\0\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\U0010ffff]")
"""In scripts that don't part words by spaces, as in pictures, the index has no words."""


_SIGNS = "#%&@§‰"
"""Signs that Unicode has among its punctuation."""


_AROUND = "\"'“”„‘’«»,.;:!?()[]"
"""What stands around a word and isn't meant, where a text is searched without the index."""


def _is_in_index(word: str) -> bool:
    """Whether the index can tell it from others: it has letters and digits only, so C++ would be a C, and 5€ a 5."""
    import unicodedata  # here, for who only writes a ledger

    kinds = {"So" if letter in _SIGNS else unicodedata.category(letter) for letter in word}
    return any(map(str.isalnum, word)) and kinds.isdisjoint(("Sm", "Sc", "So")) and not _UNDIVIDED.search(word)


def _words(wanted: Any) -> list[str]:
    if not isinstance(wanted, str):
        raise ParameterError(f"search={wanted!r} isn't a text of the words to look for", parameter="search")
    words = list(dict.fromkeys(whole_text(wanted).split()))
    if len(words) > _MOST_WORDS:
        raise ParameterError(f"search has {len(words)} words; look for {_MOST_WORDS} at most", parameter="search")
    return words


_MOST_WORDS = 100
"""SQLite refuses conditions of about a thousand parts, and each word is looked for on its own."""


def _said(words: list[str], indexed: bool) -> Iterator[Condition]:
    """A condition for each word: one may be said in the prompt, another in the answer."""
    if not words:
        yield "0", ()
    for word in words:
        if indexed and _is_in_index(word):
            quoted = word.replace('"', '""')
            yield _SAID.replace(":matches", "SELECT rowid FROM search WHERE search MATCH ?"), (f'"{quoted}"',)
        else:
            part = (word.strip(_AROUND) or word).casefold()
            yield _SAID.replace(":matches", "SELECT id FROM turns WHERE instr(folded(text), ?)"), (part,)


_SAID = """calls.id IN (WITH RECURSIVE
    met (id) AS (:matches),
    down (id) AS (SELECT id FROM met UNION SELECT turns.id FROM turns JOIN down ON turns.parent = down.id
        WHERE NOT EXISTS (SELECT 1 FROM calls WHERE calls.input = down.id OR calls.output = down.id))
    SELECT calls.id FROM calls JOIN down ON calls.input = down.id
    UNION SELECT calls.id FROM calls JOIN down ON calls.output = down.id)"""
"""Down from each turn that matches, to the first that is the end of a prompt or an answer: a later call of a chat, in
whose prompt it stands again, didn't say it."""


def query(given: Mapping[str, Any], indexed: bool) -> Condition:
    """The query for the rows of `log` that are wanted, up to its limit, and its values.

    The index on `queued` gives the newest first, and the calls of a time without looking at any others.
    """
    condition, values = conditions(given, indexed)
    order = "calls.id" if given.get("after") is not None else "calls.queued DESC, calls.id DESC"
    return (
        f"SELECT log.* FROM calls CROSS JOIN log ON log.id = calls.id WHERE {condition} "  # noqa: S608 - values are bound
        f"ORDER BY {order} LIMIT ?"
    ), values
