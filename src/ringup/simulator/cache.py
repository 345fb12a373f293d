"""Prompt caching: what of a prompt was sent before, by the same key to the same model, and isn't forgotten yet.

OpenAI caches by itself, from 1,024 tokens on and in steps of 128, for 10 minutes after the last use (a day with
`prompt_cache_retention: "24h"`); models before GPT-4o don't. A `prompt_cache_key` has a cache of its own.

From GPT-5.6 on a prefix is kept, and found again, only where a breakpoint stands: one that OpenAI sets after the
latest message of the user or a tool (unless `prompt_cache_options.mode` is "explicit"), and the latest marks
(`prompt_cache_breakpoint`), four in all. It is kept for 30 minutes or 12 hours after the last use, and writing it is
counted.

Anthropic caches up to a mark, for 5 minutes or an hour after the last use, if what is before the mark has as many
tokens as the model's rules want; a shorter one is passed over in silence. Up to 20 blocks before a mark are searched.

Google caches by itself too, from Gemini 2.5 on, and says nothing of how: here it is as with OpenAI's older models, from
as many tokens on as the model's rules say.

No vendor says how sound is cached: here a prompt with a recording in it isn't.

Facts: the vendors' guides to prompt caching, up to November 2026; openai-python 3.54.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable

from msgspec import Struct

from ringup.messages import Request
from ringup.rules import Rules
from ringup.simulator.metering import sound
from ringup.simulator.prefixes import STEP, Prefix, blocks, steps
from ringup.tokens import tokenizer

__all__ = ["Caches", "Use"]

Around = tuple[Hashable, str, str]
"""Whose cache it is: a key's, for a model, under a `prompt_cache_key`."""

MAX_ENTRIES = 100_000
_MINIMUM = 1024
_LOOK_BACK = 20
_BREAKPOINTS = 4
_BY_ITSELF_TTL = 600.0
_TTLS = {"5m": 300.0, "1h": 3_600.0, "30m": 1_800.0, "12h": 43_200.0, "24h": 86_400.0}
_LONG = (3_600.0, 43_200.0)
"""The longer of a vendor's two lifetimes: counted on its own."""
_CLAUDE, _GEMINI = "anthropic_messages", "gemini"
_UNCACHED = "cl100k_base"
"""The vocabulary of the models that cache nothing."""


class Use(Struct, frozen=True):
    """What a request has of the cache: tokens read from it, tokens written for the shorter of the vendor's lifetimes
    (`short`) and for the longer one (`long`), and what is to be kept when the request is answered: names, with seconds.
    """

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

    def look(self, key: Hashable, request: Request, rules: Rules, *, provider: str, wire: str, tokens: int) -> Use:
        """What the cache has of a request with so many tokens. Nothing is written yet."""
        minimum = rules.cache_min_tokens or _MINIMUM
        around = (key, request.model, str(request.extra.get("prompt_cache_key")))
        if wire == _CLAUDE:
            prefixes = blocks(request, wire)
            marks = {at: _ttl(prefix, "5m") for at, prefix in enumerate(prefixes) if prefix.mark is not None}
            return self._marked(around, _Marked(request, provider, prefixes, marks, _LOOK_BACK), minimum)
        if tokens < minimum or tokenizer(provider, request.model).name == _UNCACHED or sound(request, provider):
            return Use()
        if rules.cache_breakpoints:
            prefixes = blocks(request, wire)
            marks = _breakpoints(request, prefixes)
            return self._marked(around, _Marked(request, provider, prefixes, marks, len(prefixes)), minimum)
        if wire == _GEMINI and rules.cache_min_tokens is None:
            return Use()
        return self._by_itself(around, request, provider, minimum)

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

    def _by_itself(self, around: Around, request: Request, provider: str, minimum: int) -> Use:
        names: list[Hashable] = [(*around, digest) for digest in steps(request, provider)]
        known = 0
        while known < len(names) and self._ttl(names[known]) is not None:
            known += 1
        ttl = _TTLS.get(str(request.extra.get("prompt_cache_retention")), _BY_ITSELF_TTL)
        read = known * STEP
        return Use(read=read if read >= minimum else 0, keep=dict.fromkeys(names, ttl))

    def _marked(self, around: Around, asked: _Marked, minimum: int) -> Use:
        marks = asked.marks
        names: list[Hashable] = [(*around, prefix.digest) for prefix in asked.prefixes]
        near = {at for mark in marks for at in range(mark, max(mark - asked.back, -1), -1)}
        known = {at: ttl for at in near if (ttl := self._ttl(names[at])) is not None}
        hit = max(known, default=-1)
        read = asked.tokens(hit) if known else 0
        new = {at: tokens for at in marks if at > hit and (tokens := asked.tokens(at)) >= minimum}
        written = max(new.values(), default=read) - read
        long = max((new[at] for at in new if marks[at] in _LONG), default=read) - read
        keep = {names[at]: ttl for at, ttl in known.items()}
        keep |= {names[at]: marks[at] for at in new}
        return Use(read, written - long, long, keep)


class _Marked(Struct, frozen=True):
    """A request as prefixes: `marks` says which are to be kept, and for how many seconds; so many blocks `back` from a
    mark are searched for what is kept already."""

    request: Request
    provider: str
    prefixes: list[Prefix]
    marks: dict[int, float]
    back: int

    def tokens(self, at: int) -> int:
        """How many tokens a prefix has."""
        return self.prefixes[at].tokens(self.request, self.provider)


def _ttl(prefix: Prefix, usual: str) -> float:
    """For how long a marked prefix is to be kept."""
    return _TTLS.get(str((prefix.mark or {}).get("ttl")), _TTLS[usual])


def _breakpoints(request: Request, prefixes: list[Prefix]) -> dict[int, float]:
    """Where OpenAI's newer models keep a prefix, and for how long: at the latest marks, and after the latest message of
    the user or a tool."""
    options = request.extra.get("prompt_cache_options")
    options = options if isinstance(options, dict) else {}
    usual = "12h" if options.get("ttl") == "12h" else "30m"
    marked = [at for at, prefix in enumerate(prefixes) if prefix.mark is not None]
    if options.get("mode") == "explicit":
        return {at: _ttl(prefixes[at], usual) for at in marked[-_BREAKPOINTS:]}
    latest = max((at for at, message in enumerate(request.messages) if message.role != "assistant"), default=-1)
    own = max((at for at, prefix in enumerate(prefixes) if prefix.size[2] <= latest or latest < 0), default=-1)
    found = {own: _TTLS[usual]} if own >= 0 else {}
    return found | {at: _ttl(prefixes[at], usual) for at in marked[1 - _BREAKPOINTS :]}
