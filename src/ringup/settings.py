"""What a client is given: read, and checked. An error that a key or a password could be seen in is returned, for the
caller to raise once no frame holds them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ringup.errors import ParameterError
from ringup.given import key_as
from ringup.keys import address_error
from ringup.later import later
from ringup.providers import Provider
from ringup.transport import Options

if TYPE_CHECKING:
    from ringup import ledger as ledgers
    from ringup import pricelist, purse, telemetry
    from ringup.ledger import Ledger
    from ringup.pricelist import Prices
    from ringup.purse import Purse
    from ringup.telemetry import Tracer
else:
    ledgers = later("ledger")
    pricelist = later("pricelist")
    purse = later("purse")
    telemetry = later("telemetry")

__all__ = [
    "misplaced",
    "read_budget",
    "read_durability",
    "read_ledger",
    "read_options",
    "read_own_prices",
    "read_tracer",
    "wrong_address",
]


def misplaced(model: Any, provider: Any, transport: Any) -> ParameterError | None:
    """The error for a key in the place of another argument."""
    given = {"model": model, "provider": provider, "transport": transport}
    return next((error for name in given if (error := key_as(given, name))), None)


def wrong_address(base_url: Any, provider: Any) -> ParameterError | None:
    """The error for an address that can't be called: it may hold a password."""
    if base_url is None and isinstance(provider, Provider) and not provider.base_url.startswith("/"):
        base_url = provider.base_url
    return None if base_url is None else address_error(base_url, "base_url")


def read_options(proxy: str | None, ca_file: str | None) -> Options | ParameterError:
    """How servers are reached, or the error to raise: without the frames that hold the proxy's password."""
    try:
        return Options(proxy=proxy, ca_file=ca_file)
    except ParameterError as error:
        return error.with_traceback(None)


def read_ledger(ledger: str | os.PathLike[str] | Ledger | None) -> Ledger | None:
    """The ledger that was given, or that the variable RINGUP_LEDGER names."""
    given = ledger or os.environ.get("RINGUP_LEDGER")
    if not given:
        return None
    return given if isinstance(given, ledgers.Ledger) else ledgers.Ledger(given)


def read_budget(budget: Any, unknown: Any, ledger: Ledger | None) -> Purse | None:
    """The purse of `budget` and `budget_unknown`; None without a budget. Raises ParameterError."""
    if budget is None and unknown == "refuse":
        return None
    return purse.make_purse(budget, unknown, ledger)


def read_own_prices(prices: Any) -> Prices | None:
    """The prices of one's own that were given. Raises ParameterError and ConfigurationError."""
    return None if prices is None else pricelist.read_prices(prices)


def read_tracer(otel: Any) -> Tracer | None:
    """What tells OpenTelemetry of calls, where that was asked for, also by the variable RINGUP_OTEL. Raises
    ParameterError and MissingExtraError."""
    if otel is False or (otel is None and not os.environ.get("RINGUP_OTEL")):
        return None
    return telemetry.make_tracer(otel)


def read_durability(durability: str | None, ledger: Ledger | None) -> bool:
    """Whether replies wait for their rows. Raises ParameterError."""
    if durability not in (None, "call"):
        raise ParameterError(f'durability={durability!r} isn\'t known: it is "call", or None', parameter="durability")
    if durability and ledger is None:
        raise ParameterError(
            "durability is for a client with a ledger, and this one has none.",
            parameter="durability",
            advice='Name its file: ledger="calls.db".',
        )
    return durability == "call"
