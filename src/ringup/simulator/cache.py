"""Prompt caching: what of a prompt was sent before, by the same key to the same model, and isn't forgotten yet.

OpenAI caches by itself, from 1,024 tokens on and in steps of 128, for 10 minutes after the last use (a day with
`prompt_cache_retention: "24h"`, half an hour with `prompt_cache_options: {"ttl": "30m"}`); a `prompt_cache_key` has a
cache of its own. Models before GPT-4o have none.

Anthropic caches up to a mark, for 5 minutes or an hour after the last use, if what is before the mark has as many
tokens as the model's rules want; a shorter one is passed over in silence. Up to 20 blocks before a mark are searched.

Facts: the vendors' guides to prompt caching, up to November 2026.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable

from msgspec import Struct

from ringup.messages import Request
from ringup.rules import Rules
from ringup.simulator.prefixes import STEP, Prefix, blocks, steps
from ringup.simulator.tokens import tokenizer

__all__ = ["Caches", "Use"]

MAX_ENTRIES = 100_000
_MINIMUM = 1024
_LOOK_BACK = 20
_OPENAI_TTL = 600.0
_TTLS = {"24h": 86_400.0, "30m": 1_800.0}
_UNCACHED = "cl100k_base"
"""The vocabulary of the models that cache nothing."""


class Use(Struct, frozen=True):
    """What a request has of the cache: tokens read from it, tokens written for 5 minutes (`short`) and for an hour
    (`long`), and what is to be kept when the request is answered: names, with seconds."""

    read: int = 0
    short: int = 0
    long: int = 0
    keep: dict[Hashable, float] = {}


class Caches:
    """The caches of all keys. `clock` gives seconds; only differences count."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def clear(self) -> None:
        """Forget everything."""
        self._until.clear()

    def look(self, key: Hashable, request: Request, rules: Rules, *, provider: str, claude: bool, tokens: int) -> Use:
        """What the cache has of a request with so many tokens. Nothing is written yet."""
        if claude:
            return self._marked(key, request, provider, rules.cache_min_tokens or _MINIMUM)
        if tokens < _MINIMUM or tokenizer(provider, request.model).name == _UNCACHED:
            return Use()
        return self._by_itself(key, request, provider)

    def keep(self, use: Use) -> None:
        """Remember what a request has used and written: from now on, each for its own time."""
        now = self._clock()
        for name, ttl in use.keep.items():
            self._until[name] = (now + ttl, ttl)
            self._until.move_to_end(name)
        while len(self._until) > MAX_ENTRIES:
            self._until.popitem(last=False)

    def _ttl(self, name: Hashable) -> float | None:
        """For how long an entry is kept after each use; None where it is forgotten, or never was."""
        until, ttl = self._until.get(name, (0.0, 0.0))
        return ttl if until > self._clock() else None

    def _by_itself(self, key: Hashable, request: Request, provider: str) -> Use:
        around = (key, request.model, str(request.extra.get("prompt_cache_key")))
        names: list[Hashable] = [(*around, digest) for digest in steps(request, provider)]
        known = 0
        while known < len(names) and self._ttl(names[known]) is not None:
            known += 1
        ttl = _openai_ttl(request)
        read = known * STEP
        return Use(read=read if read >= _MINIMUM else 0, keep=dict.fromkeys(names, ttl))

    def _marked(self, key: Hashable, request: Request, provider: str, minimum: int) -> Use:
        prefixes = blocks(request)
        marks = [at for at, prefix in enumerate(prefixes) if prefix.ttl is not None]
        names: list[Hashable] = [(key, request.model, prefix.digest) for prefix in prefixes]
        near = {at for mark in marks for at in range(mark, max(mark - _LOOK_BACK, -1), -1)}
        known = {at: ttl for at in near if (ttl := self._ttl(names[at])) is not None}
        hit = max(known, default=-1)
        read = prefixes[hit].tokens(request, provider) if known else 0
        new = {at: tokens for at in marks if at > hit and (tokens := prefixes[at].tokens(request, provider)) >= minimum}
        written = max(new.values(), default=read) - read
        long = max((new[at] for at in new if _is_long(prefixes[at])), default=read) - read
        keep = {names[at]: ttl for at, ttl in known.items()}
        keep |= {names[at]: prefixes[at].ttl or 0.0 for at in new}
        return Use(read, written - long, long, keep)


def _is_long(prefix: Prefix) -> bool:
    return prefix.ttl == 3600.0


def _openai_ttl(request: Request) -> float:
    options = request.extra.get("prompt_cache_options")
    wanted = options.get("ttl") if isinstance(options, dict) else request.extra.get("prompt_cache_retention")
    return _TTLS.get(str(wanted), _OPENAI_TTL)
