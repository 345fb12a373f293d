"""Tries of a ledger, made up."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from ringup.ledger import Try

__all__ = ["at", "made"]


def at(text: str) -> int:
    """Microseconds since the epoch of a time in UTC."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1e6)


def made(when: str = "2026-11-02 12:00", **fields: Any) -> Try:
    """A try that was answered: 1,000 tokens fresh, 100 out, for 0.00021 dollars."""
    lines = fields.pop("lines", {"input": "0.00015", "output": "0.00006"})
    known: dict[str, Any] = {
        **{"call": 1, "number": 1, "sent": at(when), "ended": at(when) + 900_000, "kind": "answer"},
        **{"provider": "openai", "model": "gpt-4o-mini-2024-07-18", "request_id": None, "outcome": "answered"},
        **{"maybe_billed": False, "input_tokens": 1000, "output_tokens": 100, "cache_read_tokens": 0},
        **{"cache_write_tokens": None, "cost": sum(map(Decimal, lines.values())), "cost_lines": json.dumps(lines)},
        **{"unknown": None, "estimated": False, "prices": "genai-prices 0.2.3"},
    }
    return Try(**(known | fields))
