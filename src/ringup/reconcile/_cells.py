"""Where tokens and costs of both sides meet that aren't told for each request: days, models and classes of tokens."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from msgspec import Struct, json

from ringup.ledger import Try
from ringup.reconcile._google import pacific
from ringup.reconcile._invoice import ALL, INPUT, OTHER, OUTPUT, READ, TOKENS, TOOLS, WRITE, Invoice, Line

__all__ = ["Cell", "Grain", "Key", "at", "costs", "day_of", "grains", "place", "used"]

_LONGEST = 26 * 3_600_000_000
"""Microseconds: a day, also one on which the clocks go back."""

Key = tuple[str, str, str, str, str]
"""(provider, day, model, class, terms)"""


class Cell:
    """What both sides have of one key. `unknown` tries have no cost; `estimated` have a guess, `maybe` may have been
    billed without a usage, and `unpriced` have a usage without a price."""

    __slots__ = (
        "attempts",
        "estimated",
        "invoice_cost",
        "invoice_tokens",
        "ledger_cost",
        "ledger_tokens",
        "maybe",
        "prices",
        "reasons",
        "slack",
        "terms",
        "unknown",
        "unpriced",
        "unsplit",
    )

    def __init__(self) -> None:
        self.invoice_tokens = self.ledger_tokens = 0
        self.invoice_cost = self.ledger_cost = self.slack = Decimal(0)
        self.attempts = self.estimated = self.maybe = self.unknown = self.unpriced = self.unsplit = 0
        self.terms: set[str] = set()
        self.prices: set[str] = set()
        self.reasons: set[str] = set()

    def billed(self, line: Line) -> None:
        """A line of the invoice is in it."""
        if line.terms:
            self.terms.add(line.terms)

    def made(self, one: Try) -> None:
        """A try of the ledger is in it."""
        self.attempts += 1
        self.unsplit += one.cache_read_tokens is None and one.input_tokens is not None and one.kind == "answer"
        if one.prices and len(self.prices) < 4:
            self.prices.add(one.prices)
        self.unknown += one.cost is None
        if one.estimated:
            self.estimated += 1
        elif one.maybe_billed and one.input_tokens is None:
            self.maybe += 1
        elif one.cost is None:
            self.unpriced += 1
            if one.unknown and len(self.reasons) < 4:
                self.reasons.add(one.unknown)


class Grain(Struct, frozen=True):
    """How finely an invoice divides what it tells of a provider.

    classes       of tokens that it counts; those of `costs` it prices
    by_day        by days; else the whole period is one
    tokens_by_model, costs_by_model   by models
    token_terms, cost_terms           words of terms ("flex", "batch") that are told apart
    costs_by_class  costs by classes; else each model's, or day's, is one
    """

    classes: frozenset[str]
    costs: frozenset[str]
    by_day: bool
    tokens_by_model: bool
    costs_by_model: bool
    token_terms: frozenset[str] = frozenset()
    cost_terms: frozenset[str] = frozenset()

    def counts(self, key: Key) -> bool:
        """Whether both sides tell tokens of this."""
        is_place = bool(key[2]) == self.tokens_by_model and _words(key[4]) <= self.token_terms
        return key[3] in self.classes and is_place

    def prices(self, key: Key) -> bool:
        """Whether both sides tell a cost of this."""
        is_place = key[3] in (TOOLS, OTHER) or bool(key[2]) == self.costs_by_model
        is_place = is_place and _words(key[4]) <= self.cost_terms
        return bool(self.costs) and is_place and (key[3] == ALL) != self.costs_by_class

    @property
    def costs_by_class(self) -> bool:
        """Whether the costs tell for what they are."""
        return ALL not in self.costs


def grains(invoice: Invoice) -> dict[str, Grain]:
    """The grain for each provider on the invoice."""
    lines: dict[str, list[Line]] = {provider: [] for provider in invoice.periods}
    for line in invoice.lines:
        lines[line.provider].append(line)
    return {provider: _grain(held) for provider, held in lines.items()}


def _grain(lines: list[Line]) -> Grain:
    priced = [line for line in lines if line.costs]
    return Grain(
        classes=frozenset(_classes(lines, priced)),
        costs=frozenset([what for line in priced for what in line.costs]),
        by_day=all([line.ends - line.starts <= _LONGEST for line in lines]),  # noqa: C419 - a list is quicker
        tokens_by_model=all([bool(line.model) for line in lines if line.tokens]),  # noqa: C419
        costs_by_model=all([bool(line.model) for line in priced if not line.costs.keys() & {TOOLS, OTHER}]),  # noqa: C419
        token_terms=frozenset().union(*[_words(line.terms) for line in lines if line.tokens]),
        cost_terms=frozenset().union(*[_words(line.terms) for line in priced]),
    )


@lru_cache(256)
def _words(terms: str) -> frozenset[str]:
    """The words of an invoice's terms: "batch, fast". Ringup's bills say "fast mode"."""
    words = [word.strip().lower().removesuffix(" mode") for word in terms.split(",")]
    return frozenset([word for word in words if word])


def _classes(lines: list[Line], priced: list[Line]) -> Iterable[str]:
    """The classes of tokens that are told. On a list of costs, a class without a line has no tokens."""
    counted = [line for line in lines if line.tokens and not line.costs]
    if counted:
        return [what for line in counted for what in line.tokens]
    for_tokens = [line for line in priced if line.costs.keys() & set(TOKENS)]
    if for_tokens or not priced:
        return TOKENS if all([line.tokens for line in for_tokens]) else ()  # noqa: C419
    return ()


@lru_cache(4096)
def _day(quarter: int, provider: str) -> str:
    """The day in which a quarter of an hour since the epoch is."""
    zone: Any = pacific() if provider == "gemini" else UTC
    return datetime.fromtimestamp(quarter * 900, zone).date().isoformat()


def day_of(time: int, provider: str) -> str:
    """The day of a time, in the zone in which the provider's invoices have theirs."""
    return _day(time // 900_000_000, provider)


def used(one: Try, grain: Grain) -> dict[str, int]:
    """The tokens of a try by class, as far as they are known. What nobody says to have come from the cache counts as
    fresh: on the try's bill, where its provider didn't tell; and here, where the invoice doesn't."""
    found: dict[str, int] = {}
    if one.input_tokens is not None:
        held = {READ: one.cache_read_tokens or 0, WRITE: one.cache_write_tokens or 0}
        found = {what: n for what, n in held.items() if what in grain.classes}
        found[INPUT] = one.input_tokens - sum(found.values())
    if one.output_tokens is not None:
        found[OUTPUT] = one.output_tokens
    return found


@lru_cache(256)
def _class(label: str) -> str:
    """The class of a line of ringup's own bills."""
    for word, what in (("cache read", READ), ("cache write", WRITE), ("tools", TOOLS), ("output", OUTPUT)):
        if word in label:
            return what
    return INPUT if "input" in label else OTHER


def costs(one: Try, grain: Grain) -> dict[str, Decimal]:
    """The cost of a try by class, as finely as the invoice has it; nothing where it isn't known."""
    if one.cost is None:
        return {}
    if not grain.costs_by_class:
        return {ALL: one.cost}
    if not one.cost_lines:
        return {OTHER: one.cost}
    found: dict[str, Decimal] = {}
    for label, amount in json.decode(one.cost_lines, type=dict[str, Decimal]).items():
        what = _class(label)
        found[what] = found.get(what, Decimal(0)) + amount
    return found


def place(provider: str, time: int, model: str, terms: str, grain: Grain) -> tuple[Key, Key]:
    """Where the tokens, and where the costs, of a model at a time belong; the class is still to be filled in. Of the
    terms, those count that the invoice knows."""
    day, words = day_of(time, provider) if grain.by_day else "", _words(terms)
    return (
        (provider, day, model if grain.tokens_by_model else "", "", ", ".join(sorted(words & grain.token_terms))),
        (provider, day, model if grain.costs_by_model else "", "", ", ".join(sorted(words & grain.cost_terms))),
    )


def at(key: Key, what: str) -> Key:
    """The key of a class. Searches and what isn't used by calls are nobody's model, and have no terms."""
    is_apart = what in (TOOLS, OTHER)
    return (key[0], key[1], "" if is_apart else key[2], what, "" if is_apart else key[4])
