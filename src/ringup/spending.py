"""Budgets as a user writes them, and when each begins anew."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from typing import Any, Literal, cast

from msgspec import Struct

from ringup.errors import ParameterError
from ringup.reply import EXACT

__all__ = ["Limit", "nano", "read_cost", "read_limits"]

Period = Literal["total", "hour", "day", "month", "session"]

_NUMBER = r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9][0-9_]*(?:\.[0-9]+)?|\.[0-9]+"
_WRITTEN = rf"\s*\$?\s*({_NUMBER})\s*(?:USD|usd|\$)?\s*(?:(?:/|per)\s*(\w+))?\s*"
_BUDGETS = (
    'Write US dollars, and per what: "5 USD/day", "0.50 USD/hour", "100 USD/month", "1 USD/session", or "20 USD" in '
    "all."
)
_POINT = 'A comma only stands between thousands ("1,000.50 USD"): write parts of a dollar after a point, "0.05 USD".'
_MOST = Decimal(1_000_000)


class Limit(Struct, frozen=True):
    """So many US dollars in a period."""

    amount: Decimal
    period: Period = "total"

    def __str__(self) -> str:
        return f"{self.amount:f} USD{'' if self.period == 'total' else f'/{self.period}'}"

    def begins(self, now: float) -> int | None:
        """The hour since the epoch in which the period that it is now began; None where all that was spent counts."""
        match self.period:
            case "hour":
                return int(now // 3600)
            case "day":
                return int(now // 86400) * 24
            case "month":
                today = datetime.fromtimestamp(now, UTC)
                return int(datetime(today.year, today.month, 1, tzinfo=UTC).timestamp()) // 3600
        return None

    def renews(self, now: float) -> datetime | None:
        """When the next period begins; None where none does."""
        began = self.begins(now)
        if began is None:
            return None
        start = datetime.fromtimestamp(began * 3600, UTC)
        if self.period == "month":
            return (start + timedelta(days=32)).replace(day=1)
        return start + timedelta(hours=1 if self.period == "hour" else 24)


def read_limits(budget: Any) -> tuple[Limit, ...]:
    """The limits of `Client(budget=...)`: one, or several. Raises ParameterError."""
    if budget is None:
        return ()
    several = isinstance(budget, Iterable) and not isinstance(budget, str)
    return tuple([_limit(one) for one in (budget if several else (budget,))])


def _limit(given: Any) -> Limit:
    if isinstance(given, Limit):
        return given
    number, period = _read(given)
    if not number or period not in ("", "total", "hour", "day", "month", "session"):
        raise ParameterError(f"budget={given!r} can't be read", parameter="budget", advice=_advice(given, _BUDGETS))
    return Limit(_amount("budget", number), cast("Period", period or "total"))


def read_cost(value: Any) -> Decimal | None:
    """`max_cost`: US dollars, as a number or a text ("0.05", "0.05 USD"). Raises ParameterError."""
    if value is None:
        return None
    number, period = _read(value)
    if not number or period:
        raise ParameterError(
            f"max_cost={value!r} isn't a number of US dollars",
            parameter="max_cost",
            advice=_advice(value, "For example: max_cost=0.05"),
        )
    return _amount("max_cost", number)


def _read(given: Any) -> tuple[str, str]:
    """An amount's number, and per what it is; both empty for what isn't one."""
    if isinstance(given, (int, float, Decimal)) and not isinstance(given, bool):
        return str(given), ""
    found = re.fullmatch(_WRITTEN, given) if isinstance(given, str) else None
    return (found[1].replace(",", "").replace("_", ""), (found[2] or "").lower()) if found else ("", "")


def _advice(given: Any, usual: str) -> str:
    """With a comma it isn't guessed what is meant: 0,05 might be 5 dollars, or 5 cents."""
    return _POINT if isinstance(given, str) and re.search("[0-9],[0-9]", given) else usual


def _amount(name: str, text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(-1)
    if amount.is_finite() and 0 <= amount <= _MOST:
        return amount
    raise ParameterError(f"{name}={text} is out of range: 0 to {_MOST:,} US dollars", parameter=name)


def nano(amount: Decimal) -> int:
    """An amount as a whole number of billionths of a dollar, rounded up."""
    return int(EXACT.multiply(amount, 1_000_000_000).to_integral_value(ROUND_CEILING))
