"""A log of calls in SQLite: a row for each call and for each try on the wire, what was said (if the user wants that
kept), and what it cost. Written behind the caller's back, and never in its way.

    ledger = ringup.Ledger("calls.db", level="full")
    client = ringup.Client("gpt-4o-mini", ledger=ledger)

The form of the file is described in docs/ledger.md.
"""

from __future__ import annotations

from ringup.ledger._costs import Spent, costs, total
from ringup.ledger._filters import Filters
from ringup.ledger._late import OWED
from ringup.ledger._ledger import Ledger, kept, unwritten
from ringup.ledger._private import Level, Secrets, distinct, personal
from ringup.ledger._read import call, conversation, has_words, losses, newest, request_of, rows, search
from ringup.ledger._schema import transaction
from ringup.ledger._spent import Try, tries
from ringup.ledger._writer import Receipt

__all__ = [
    "OWED",
    "Filters",
    "Ledger",
    "Level",
    "Receipt",
    "Secrets",
    "Spent",
    "Try",
    "call",
    "conversation",
    "costs",
    "distinct",
    "has_words",
    "kept",
    "losses",
    "newest",
    "personal",
    "request_of",
    "rows",
    "search",
    "total",
    "transaction",
    "tries",
    "unwritten",
]
