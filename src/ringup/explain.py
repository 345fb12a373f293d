"""Why the prompt cache did or didn't help: two calls held against each other, block by block.

    report = ringup.explain_cache(first, second)
    print(report)          # "a miss: the system changed from character 10 on ..."

What is compared are digests (`ringup.fingerprint`); where a Reply still has its request, an excerpt shows the change.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from ringup import models, providers
from ringup.caching import LIFETIMES, LOOK_BACK, MADE_KEY
from ringup.errors import ParameterError
from ringup.fingerprint import PIECE, Block, Fingerprint, block_at
from ringup.messages import Request
from ringup.reply import Reply
from ringup.rules import Rules
from ringup.usage import Usage

__all__ = ["CacheReport", "Made", "compare", "explain_cache"]

Cause = Literal[
    "hit",
    "not_told",
    "server",
    "model",
    "key",
    "cache_key",
    "too_short",
    "no_mark",
    "changed",
    "look_back",
    "expired",
    "unknown",
]

_BY_ITSELF = 600.0
"""OpenAI keeps what it cached by itself for 5 to 10 minutes after the last use (guide to prompt caching)."""
_USUAL_MINIMUM = 1024
_EXCERPT = 30


class CacheReport(Struct, frozen=True, kw_only=True):
    """What two calls had in common, and what the second one had of the cache.

    hit          whether tokens of the second prompt were read from the cache
    cause        in a word, why so, or why not: "hit", "changed", "too_short", "expired", "no_mark", "look_back" (the
                 mark of the first call lay more than 20 blocks before one of the second), "model", "key" (another API
                 key), "cache_key", "server", "not_told" (the provider counts no cached tokens), "unknown"
    why          the same in a sentence
    changed      the first thing in which the prompts differ, in words; None where the second only goes on
    same_tokens  how many tokens lie before that; None where it isn't known. `estimated`: worked out from the lengths
    read_tokens, written_tokens   of the second call, as its provider counted them
    """

    hit: bool
    cause: Cause
    why: str
    changed: str | None
    same_tokens: int | None
    estimated: bool
    read_tokens: int | None
    written_tokens: int | None

    def __str__(self) -> str:
        about = "about " if self.estimated else ""
        same = "" if self.same_tokens is None else f" ({about}{self.same_tokens:,} tokens before it are the same)"
        changed = f"changed: {self.changed}" if self.changed else "changed: nothing, the second prompt only goes on"
        return f"{'a hit' if self.hit else 'a miss'}: {self.why}\n{changed}{same}"


class Made(Struct, frozen=True, kw_only=True):
    """One call, as far as it matters here. Times are seconds since the epoch."""

    sent: Fingerprint
    usage: Usage = Usage()
    started: float | None = None
    ended: float | None = None
    request: Request | None = None


def explain_cache(first: Reply[Any], second: Reply[Any]) -> CacheReport:
    """Why the second call had the cached tokens that it had, or had none.

    Of an ask of several calls the last one counts as the first, and the first one as the second. Raises ParameterError
    for a reply that no call gave.
    """
    first = first.steps[-1] if first.steps else first
    second = second.steps[0] if second.steps else second
    return compare(_made(first, "first"), _made(second, "second"))


def _made(reply: Reply[Any], name: str) -> Made:
    sent = reply.sent.fingerprint if reply.sent else None
    if reply.sent is None or sent is None:
        text = f"the {name} reply doesn't know what was sent: give one that ask or stream gave"
        raise ParameterError(text, parameter=name)
    last = reply.attempts[-1] if reply.attempts else None
    return Made(
        sent=sent,
        usage=reply.usage,
        started=last.started if last else None,
        ended=last.ended if last else None,
        request=reply.sent.request,
    )


def compare(first: Made, second: Made) -> CacheReport:
    """The report on two calls."""
    same = _same(first.sent, second.sent)
    tokens, estimated = _tokens(first, second, same)
    cause, why = _cause(first, second, same, tokens)
    return CacheReport(
        hit=cause == "hit",
        cause=cause,
        why=why,
        changed=_changed(first, second, same),
        same_tokens=tokens,
        estimated=estimated,
        read_tokens=second.usage.cache_read_tokens,
        written_tokens=second.usage.cache_write_tokens,
    )


def _same(first: Fingerprint, second: Fingerprint) -> int:
    """How many blocks at the beginning are the same."""
    pairs = zip(first.blocks, second.blocks, strict=False)
    return next(
        (at for at, (one, other) in enumerate(pairs) if (one.place, one.digest) != (other.place, other.digest)),
        min(len(first.blocks), len(second.blocks)),
    )


def _tokens(first: Made, second: Made, same: int) -> tuple[int | None, bool]:
    """The tokens of the blocks that are the same: the whole prompt's where it is all of one, else by their lengths."""
    for made in (first, second):
        if same == len(made.sent.blocks) and made.usage.input_tokens is not None:
            return made.usage.input_tokens, False
    return _up_to(second, same), True


def _up_to(made: Made, blocks: int) -> int | None:
    total, size = made.usage.input_tokens, made.sent.size
    part = sum([block.size for block in made.sent.blocks[:blocks]])
    return None if total is None or not size else round(total * part / size)


# What changed


def _changed(first: Made, second: Made, same: int) -> str | None:
    one, other = first.sent, second.sent
    if one.model != other.model:
        return f"the model, from {one.model} to {other.model}"
    if same == len(one.blocks):
        return None
    old = one.blocks[same]
    if same == len(other.blocks):
        return f"the second prompt ends before {_name(old)}"
    new = other.blocks[same]
    if old.place == new.place == "tool":
        return _changed_tool(one, other, old, new)
    if old.place != new.place:
        gone = old.place in [block.place for block in other.blocks[same:]]
        return f"{_name(new)} is new" if gone else f"{_name(old)} is gone"
    return _name(new) + _where(first, second, old, new)


def _changed_tool(one: Fingerprint, other: Fingerprint, old: Block, new: Block) -> str:
    before = {block.what for block in one.blocks if block.place == "tool"}
    after = {block.what for block in other.blocks if block.place == "tool"}
    if old.what == new.what:
        return f"the tool {new.what}"
    if new.what not in before:
        return f"the tool {new.what} is new"
    return f"the tool {old.what} is gone" if old.what not in after else f"the tools' order, from {new.what} on"


def _name(block: Block) -> str:
    match block.place:
        case "tool":
            return f"the tool {block.what}"
        case "system":
            return "the system" + (f", block {block.number + 1}" if block.number else "")
        case "message":
            return f"message {block.number + 1} ({block.what}" + (f", part {block.part + 1})" if block.part else ")")
    return block.what


def _where(first: Made, second: Made, old: Block, new: Block) -> str:
    """Where in a block the words begin to differ: with an excerpt where they are here, else as near as can be told."""
    if first.request and second.request:
        before, after = _text(first.request, old), _text(second.request, new)
        if before != after:
            at = _parting(before, after)
            return f", from character {at + 1:,} on: {_excerpt(before, at)} became {_excerpt(after, at)}"
    if old.pieces and new.pieces:
        at = _parting(old.pieces, new.pieces) // 4
        return f", within the {PIECE} characters after the first {at * PIECE:,}"
    return ""


def _text(request: Request, block: Block) -> str:
    text = getattr(block_at(request, block), "text", None)
    return text if isinstance(text, str) else ""


def _parting(one: str, other: str) -> int:
    """Where two texts begin to differ."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, pair in pairs if pair[0] != pair[1]), min(len(one), len(other)))


def _excerpt(text: str, at: int) -> str:
    begin = max(at - _EXCERPT // 3, 0)
    shown = text[begin : at + _EXCERPT]
    return f"{'…' if begin else ''}{shown!r}{'…' if at + _EXCERPT < len(text) else ''}"


# Why


def _cause(first: Made, second: Made, same: int, tokens: int | None) -> tuple[Cause, str]:
    read, one, other = second.usage.cache_read_tokens, first.sent, second.sent
    if read:
        return "hit", f"{read:,} of {second.usage.input_tokens or 0:,} tokens were read from the cache"
    if read is None and other.wire != "gemini":  # which leaves zeros out
        return "not_told", "the provider doesn't say how many tokens were read from a cache"
    for cause, name, before, after in (
        ("server", "server", (one.provider, one.server), (other.provider, other.server)),
        ("model", "model", one.model, other.model),
        ("key", "API key", one.key, other.key),
        ("cache_key", "prompt_cache_key", _own_key(one), _own_key(other)),
    ):
        if before != after:
            known: Any = cause
            return known, f"each {name} has a cache of its own, and the second call had another one"
    rules = _rules(other)
    minimum = rules.cache_min_tokens or _USUAL_MINIMUM
    whole = first.usage.input_tokens
    if whole is not None and whole < minimum:
        return "too_short", f"the first prompt has {whole:,} tokens, and this model caches none below {minimum:,}"
    if other.wire == "anthropic_messages" or rules.cache_breakpoints:
        return _marked(first, second, same, minimum)
    if tokens is not None and tokens < minimum:
        return "changed", f"fewer than {minimum:,} tokens at the beginning are the same, and shorter ones aren't cached"
    return _aged(first, second, _BY_ITSELF)


def _own_key(sent: Fingerprint) -> str:
    """The user's own key. One that ringup made changes only with the prompt."""
    return "ringup" if sent.cache_key.startswith(MADE_KEY) else sent.cache_key


def _marked(first: Made, second: Made, same: int, minimum: int) -> tuple[Cause, str]:
    """Where a prompt is cached only up to its marks."""
    marks = {at: block.mark for at, block in enumerate(first.sent.blocks) if block.mark}
    looks = [at for at, block in enumerate(second.sent.blocks) if block.mark]
    if not marks or not looks:
        which = "first" if not marks else "second"
        return "no_mark", f"the {which} call has no mark, and without one nothing is cached: give cache=True"
    kept = [at for at in marks if at < same]
    if not kept:
        return "changed", "the change lies before the first mark, so nothing that was kept is the same"
    long = [at for at in kept if (_up_to(first, at + 1) or minimum) >= minimum]
    if not long:
        return (
            "too_short",
            f"up to a mark fewer than {minimum:,} tokens are the same, and this model caches none shorter",
        )
    found = [at for at in long if any(at <= look and _is_near(look - at, second.sent) for look in looks)]
    if not found:
        if any(look >= long[0] for look in looks):
            return "look_back", f"more than {LOOK_BACK} blocks lie between the first call's mark and the next one"
        return "no_mark", "the second call has no mark at the end of what was kept, or after it"
    return _aged(first, second, max([LIFETIMES.get(marks[at] or "", 0.0) for at in found]))


def _is_near(blocks: int, sent: Fingerprint) -> bool:
    return blocks < LOOK_BACK or sent.wire != "anthropic_messages"


def _aged(first: Made, second: Made, lifetime: float) -> tuple[Cause, str]:
    begun = first.ended if first.ended is not None else first.started
    if begun is not None and second.started is not None and second.started - begun > lifetime:
        age = second.started - begun
        return "expired", f"{age:,.0f} s lie between the calls, and what isn't used for {lifetime:,.0f} s is forgotten"
    return "unknown", (
        "it should have been there; providers promise nothing (another of their machines may have answered, or the "
        "first call hadn't ended when the second began)"
    )


def _rules(sent: Fingerprint) -> Rules:
    provider = providers.find(sent.provider)
    return (provider and provider.rules) or models.rules(sent.provider, sent.model)
