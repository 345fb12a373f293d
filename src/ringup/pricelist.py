"""Prices of the user's own: for a server that is run at home, or a contract that has other prices than the list."""

from __future__ import annotations

import os
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from msgspec import Struct

from ringup.errors import ConfigurationError, ParameterError
from ringup.rates import CLASSES, EACH, Rate, UnpricedError

__all__ = ["OwnRates", "Prices", "read_prices"]

_NAMES = (*CLASSES, *EACH)


class OwnRates(Struct, frozen=True):
    """The rates of a model, and those that other terms have in place of them."""

    rates: dict[str, Rate]
    terms: dict[str, dict[str, Rate]]

    def rates_at(self, terms: tuple[str, ...]) -> dict[str, Rate]:
        """The rates by these terms ("flex", "batch", ...). Raises UnpricedError where they have none."""
        rates = dict(self.rates)
        for name in terms:
            if name not in self.terms:
                raise UnpricedError(f"your own prices have none for {name!r}")
            rates |= self.terms[name]
        return _filled(rates)


_PARTS = {
    "cache_read": ("audio_cache_read", "image_cache_read"),
    "cache_write": ("cache_write_1h", "cache_write_12h"),
}
"""Classes whose tokens have to be told from the others of the input where one of these parts has a price."""


def _filled(rates: dict[str, Rate]) -> dict[str, Rate]:
    """The rates, and beside them those of what isn't given and is counted apart all the same."""
    for name, parts in _PARTS.items():
        if any(part in rates for part in parts):
            rates.setdefault(name, rates["input"])
    if "cache_write" in rates:
        for name in _PARTS["cache_write"]:
            rates.setdefault(name, rates["cache_write"])
    return rates


class Prices:
    """Prices of your own, which go before those of the table.

        prices = ringup.Prices({"vllm/llama-3.3-70b": {"input": "0.20", "output": "0.60"}})
        client = ringup.Client("vllm/llama-3.3-70b", prices=prices)

    models  by the model's name, alone or as "provider/model"; with a * for any words ("vllm/*"). A name counts for the
            model that was asked for and for the one that answered. Or the path of a TOML file with a table for each

    A model's prices are US dollars for a million tokens (a number or a string): `input`, `output`, `cache_read`,
    `cache_write`, `cache_write_1h`, `cache_write_12h`, `audio_input`, `audio_output`, `audio_cache_read`,
    `image_input`, `image_output`, `image_cache_read`, `video_input`, `video_output`, `reasoning`; and `search`, for a
    thousand searches in the web. Only `input` must be given. A class that isn't given costs what it is part of: cached
    tokens cost what fresh ones do, and those kept for 1 or 12 hours what other writes to the cache do. `above` has the
    prices for long prompts: {"above": {"200000": {"input": 4}}}. A service tier, "batch" or "fast mode" has a table of
    its own, with what is different there: {"flex": {"input": 1}}.

    Raises ParameterError for what can't be a price, ConfigurationError for a file that can't be read.
    """

    def __init__(self, models: Mapping[str, Mapping[str, Any]] | str | os.PathLike[str]) -> None:
        self.source = "prices of your own"
        if isinstance(models, (str, os.PathLike)):
            self.source = f"your own prices, {Path(models).name}"
            models = _load(Path(models))
        self._models = {name: _own(name, held) for name, held in models.items()}

    def find(self, provider: str, *models: str) -> OwnRates | None:
        """The prices of a model under one of its names, or None."""
        names = [name for model in models for name in (f"{provider}/{model}", model)]
        for name in names:
            if name in self._models:
                return self._models[name]
        for name in names:
            for pattern, own in self._models.items():
                if "*" in pattern and fnmatchcase(name, pattern):
                    return own
        return None

    def __repr__(self) -> str:
        return f"ringup.Prices of {', '.join(self._models)}"


def read_prices(given: Any) -> Prices | None:
    """What `Client(prices=...)` is given: a `Prices`, or what one is made of."""
    if given is None or isinstance(given, Prices):
        return given
    if isinstance(given, (Mapping, str, os.PathLike)):
        return Prices(given)
    raise _wrong("prices", f"it is of the type {type(given).__name__}, not a dict, a path or a ringup.Prices")


def _load(path: Path) -> dict[str, Any]:
    import tomllib  # here, for who has such a file

    try:
        return tomllib.loads(path.expanduser().read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(f"the prices {str(path)!r} can't be read: {error.strerror}.") from None
    except (ValueError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"the prices {str(path)!r} aren't TOML: {error}.") from None


def _own(model: str, held: Any) -> OwnRates:
    if not isinstance(held, Mapping) or "input" not in held:
        raise _wrong(model, 'it must be a table with "input" in it')
    plain = {name: _price(f"{model}.{name}", value) for name, value in held.items() if not isinstance(value, Mapping)}
    terms = {name: value for name, value in held.items() if isinstance(value, Mapping) and name != "above"}
    return OwnRates(
        _stepped(model, plain, held.get("above", {})),
        {name: _variant(f"{model}.{name}", value) for name, value in terms.items()},
    )


def _variant(where: str, held: Mapping[str, Any]) -> dict[str, Rate]:
    plain = {name: _price(f"{where}.{name}", value) for name, value in held.items() if name != "above"}
    return _stepped(where, plain, held.get("above", {}))


def _stepped(where: str, plain: Mapping[str, Decimal], above: Any) -> dict[str, Rate]:
    """The prices with those for longer prompts."""
    rates: dict[str, Rate] = dict(plain)
    steps = {_size(f"{where}.above", size): held for size, held in dict(above).items()}
    for size, held in sorted(steps.items()):
        for name, value in dict(held).items():
            if name not in plain:
                raise _wrong(f"{where}.above.{size}.{name}", "it has no price for shorter prompts")
            before = rates[name]
            first = ((-1, before),) if isinstance(before, Decimal) else before
            rates[name] = (*first, (size, _price(f"{where}.above.{size}.{name}", value)))
    return rates


def _size(where: str, size: Any) -> int:
    if str(size).replace("_", "").isdecimal():
        return int(size)
    raise _wrong(where, f"{size!r} isn't a number of tokens")


def _price(where: str, value: Any) -> Decimal:
    if where.rpartition(".")[2] not in _NAMES:
        raise _wrong(where, f"no such thing has a price; what has: {', '.join(_NAMES)}")
    if isinstance(value, (int, float, str, Decimal)) and not isinstance(value, bool):
        try:
            price = Decimal(str(value))
        except InvalidOperation:
            price = Decimal("NaN")
        if price.is_finite() and 0 <= price <= 10**6:
            return price
    raise _wrong(where, f"{value!r} isn't a price in US dollars for a million tokens")


def _wrong(where: str, message: str) -> ParameterError:
    return ParameterError(f"prices: {where}: {message}.", parameter="prices")
