"""What a call may cost, before it is made: at the least and at the most, and what that is based on."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import product
from math import ceil
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ringup import prices
from ringup.bills import Pricer
from ringup.caching import read_cache
from ringup.counting import error_of
from ringup.counting import estimate as count
from ringup.embeddings import EmbedRequest
from ringup.errors import MissingExtraError
from ringup.messages import Audio, Document, Image, Opaque, Part, Request, Tool, ToolResult
from ringup.reply import Bill
from ringup.rules import Rules
from ringup.usage import Usage
from ringup.vocabulary import most
from ringup.wire_tools import decode, encode

__all__ = ["Estimate", "Sent", "as_asked", "as_sent", "expect", "expect_vectors"]

_SURE = 2
"""An estimate's error is what most calls stay within: the upper end goes twice as far."""

_MOST_FOR_A_BYTE = 2
"""No vocabulary has more tokens than this for a byte of words."""

_ERROR = 0.5
"""How far off a count is taken to be for a model whose vocabulary nobody knows."""

_TOOLS = frozenset({"tools", "web_search_options", "mcp_servers", "plugins", "search_parameters", "container"})
_UNCOUNTED = "the prompt can't be counted here: it may fill the model's window"
_STORED = frozenset({"previous_response_id", "conversation", "prompt", "cachedContent", "cached_content"})
"""Fields of a request's `extra` that bring in the provider's own tools, and what it has stored of a prompt."""

_CACHED = 1024
"""The shortest prompt that is cached, where the model's own isn't known."""

_MOST_IN_A_TEXT = 100_000
"""No provider takes so many tokens in one text: where it isn't words."""

_SEEN_AND_HEARD = ("AUDIO", "IMAGE", "VIDEO")
"""What has prices of its own in a prompt or an answer, beside words, in Google's names."""

_LIFETIMES = {"1h": ("cache_creation", "ephemeral_1h_input_tokens")}
_LIFETIMES["12h"] = ("input_tokens_details.cache_write_tokens_details", "ttl_12h_tokens")
_DEAR = frozenset({"flex", "priority", "fast", "ultrafast", "scale"})


class Estimate(Struct, frozen=True, kw_only=True):
    """What a call may cost in US dollars.

    low, high      None where that can't be told; `reason` says why
    input_tokens   the prompt's, at the least and at the most; None for a most that isn't known
    output_tokens  the answer's, likewise
    assumes        what it is based on, in words
    prices         whose prices these are
    """

    low: Decimal | None
    high: Decimal | None
    input_tokens: tuple[int, int | None]
    output_tokens: tuple[int, int | None]
    reason: str | None = None
    assumes: tuple[str, ...] = ()
    prices: str | None = None
    provider: str = ""
    model: str = ""


class Sent(Struct, frozen=True, kw_only=True):
    """What is known of how a call is sent.

    max_tokens  the longest answer that it allows
    answers     how many answers it asks for; None where that can't be read
    kinds       what they may be ("TEXT", "AUDIO", "IMAGE", "VIDEO"); None for whatever the model answers with
    writes      the prompt is written to a cache for so long ("5m", "30m", "1h", "12h")
    tier        the service tier that it asks for
    batch       it goes in a batch
    """

    max_tokens: int | None = None
    answers: int | None = 1
    kinds: frozenset[str] | None = None
    writes: str | None = None
    tier: str | None = None
    batch: bool = False


class _Body(Struct):
    """What limits an answer, and names a tier, in the body of a request, on any wire. Google takes two spellings."""

    n: Any = None
    max_tokens: Any = None
    max_completion_tokens: Any = None
    max_output_tokens: Any = None
    modalities: Any = None
    service_tier: Any = None
    google_tier: Any = msgspec.field(default=None, name="serviceTier")
    google: Any = msgspec.field(default=None, name="generationConfig")
    google_too: Any = msgspec.field(default=None, name="generation_config")


def as_sent(body: bytes, rules: Rules) -> Sent:
    """What a planned request says of its cost."""
    writes = "30m" if rules.cache_breakpoints else "5m" if b'"cache_control"' in body else None
    longer = "12h" if rules.cache_breakpoints else "1h"
    if writes and b'"%s"' % longer.encode() in body:
        writes = longer
    return _sent(_read(body), writes)


def _read(body: bytes) -> _Body:
    try:
        return msgspec.json.decode(body, type=_Body)
    except msgspec.DecodeError:  # a lone surrogate in a text: whether it is refused is the provider's affair
        return msgspec.convert(decode(body), _Body)


def as_asked(request: Request, rules: Rules, given: dict[str, Any], batch: bool) -> Sent:
    """The same, before a request is planned."""
    cache = read_cache(given.get("cache"))
    writes: Any = "30m" if rules.cache_breakpoints else None
    if cache:
        writes = cache if cache in _LIFETIMES else writes or "5m"
    fields: dict[str, Any] = {"max_completion_tokens": request.max_tokens, "n": request.n}
    return replace(_sent(msgspec.convert(fields | request.extra, _Body), writes), batch=batch)


def _sent(body: _Body, writes: str | None) -> Sent:
    google = _google(body)
    longest = (body.max_completion_tokens, body.max_output_tokens, body.max_tokens, google.get("maxoutputtokens"))
    several = [_number(n) for n in (body.n, google.get("candidatecount")) if n is not None]
    tier = body.service_tier or body.google_tier
    return Sent(
        max_tokens=max([n for given in longest if (n := _number(given)) is not None], default=None),
        answers=None if None in several else max([n or 1 for n in several], default=1),
        kinds=_kinds(google.get("responsemodalities") or body.modalities),
        writes=writes,
        tier=tier.lower() if isinstance(tier, str) else None,
    )


def _google(body: _Body) -> dict[str, Any]:
    """Google's settings, by their names without the case and the underscores that they may be written with."""
    held = [config for config in (body.google_too, body.google) if isinstance(config, dict)]
    return {name.replace("_", "").lower(): value for config in held for name, value in config.items()}


def _number(given: Any) -> int | None:
    """A whole number, also as Google takes it: "200", 200.0. None for what isn't one."""
    if isinstance(given, str) and given.isdecimal():
        return int(given)
    if isinstance(given, bool) or not isinstance(given, int | float) or given < 0 or given != given // 1:
        return None
    return int(given)


def _kinds(given: Any) -> frozenset[str] | None:
    """What is asked for as an answer, where that is said: ["text", "audio"]."""
    if not isinstance(given, list) or not all(isinstance(kind, str) for kind in given):
        return None
    kinds = frozenset([kind.upper() for kind in given])
    return kinds if kinds and kinds <= {"TEXT", *_SEEN_AND_HEARD} else None


def expect(request: Request, pricer: Pricer, rules: Rules, sent: Sent, *, rough: bool = False) -> Estimate:
    """The estimate for one call. With `rough`, what can't be counted without the extra `tokens` is taken as its bytes;
    else that raises MissingExtraError."""
    given, words = _prompt(request, pricer.provider, rules, rough)
    answer, limit = _answer(sent, rules)
    tier = sent.tier if sent.tier in _DEAR else None
    speed = {"speed": "fast"} if request.extra.get("speed") == "fast" else {}

    def cost(tokens: int, output: int, **more: Any) -> Bill:
        details = {**speed, **more.pop("details", {})}
        usage = Usage(input_tokens=tokens, output_tokens=output, details=details, **more)
        return _bill(pricer, usage, tier, sent.batch)

    low = _cheapest(cost, given, rules)
    why = None if pricer.is_free else _unbounded(request, given[1], answer, sent)
    high = Decimal(0) if pricer.is_free else None
    if high is None and why is None:
        worst = _dearest(cost, given[1] or 0, answer or 0, sent, request)
        high, why = worst.total, worst.reason
    return Estimate(
        low=low.total,
        high=high,
        input_tokens=given,
        output_tokens=(1, answer),
        reason=low.reason or why,
        assumes=(words, limit, *_terms(rules, sent, tier, request)),
        prices=low.prices,
        provider=pricer.provider,
        model=request.model,
    )


def expect_vectors(request: EmbedRequest, pricer: Pricer) -> Estimate:
    """The estimate for one call for embeddings, whose answer costs nothing."""
    tokens = sum([most(text) if isinstance(text, str) else _MOST_IN_A_TEXT for text in request.texts])
    bills = [_bill(pricer, Usage(input_tokens=n, output_tokens=0), None, False) for n in (len(request.texts), tokens)]
    return Estimate(
        low=bills[0].total,
        high=bills[1].total,
        input_tokens=(len(request.texts), tokens),
        output_tokens=(0, 0),
        reason=bills[1].reason,
        assumes=("no text has more tokens than bytes",),
        prices=bills[1].prices,
        provider=pricer.provider,
        model=request.model,
    )


def _bill(pricer: Pricer, usage: Usage, tier: str | None, batch: bool) -> Bill:
    if pricer.is_free:
        return Bill(total=Decimal(0), prices="the simulator costs nothing")
    return prices.bill(pricer.provider, pricer.model, usage, service_tier=tier, batch=batch, own=pricer.own)


def _prompt(request: Request, provider: str, rules: Rules, rough: bool) -> tuple[tuple[int, int | None], str]:
    """The prompt's tokens at the least and at the most, and how that is known."""
    error = error_of(request, provider)
    if error is None and error_of(request, "openai") is not None:  # it is only the vocabulary that isn't known
        error = _ERROR
    try:
        tokens = count(request, provider, rules).tokens
    except MissingExtraError:
        if not rough:
            raise
        if error is None or _STORED & request.extra.keys():
            return (1, rules.context_window), _UNCOUNTED
        return (1, _MOST_FOR_A_BYTE * _bytes(request)), "the prompt has no more than two tokens for a byte"
    if error is None or _STORED & request.extra.keys():
        return (1, rules.context_window), _UNCOUNTED
    high = ceil(tokens * (1 + _SURE * error)) + 8
    low = max(int(tokens * (1 - error)), 1)
    return (low, high), f"the prompt has {low:,} to {high:,} tokens, counted here"


def _bytes(request: Request) -> int:
    return len(encode((request.system, request.messages, request.tools, request.output_schema)))


def _answer(sent: Sent, rules: Rules) -> tuple[int | None, str]:
    """The most tokens of the answer, of all where several are asked for, and how that is known."""
    if sent.answers is None:
        return None, "how many answers it asks for can't be told"
    longest = rules.max_output_tokens or rules.context_window if sent.max_tokens is None else sent.max_tokens
    if longest is None:
        return None, "the longest answer isn't known"
    said = f"the answer has at most {longest:,} tokens"
    if sent.answers > 1:
        said = f"each of {sent.answers} answers has at most {longest:,} tokens"
    why = " (max_tokens)" if sent.max_tokens is not None else ", which is the model's limit: set max_tokens for less"
    return longest * sent.answers, said + why


def _unbounded(request: Request, tokens: int | None, answer: int | None, sent: Sent) -> str | None:
    """Why there is no telling what it costs at the most."""
    if any(not isinstance(tool, Tool) for tool in request.tools) or _TOOLS & request.extra.keys():
        return "the provider's own tools bring in tokens, and cost, as they like"
    if tokens is None:
        return "the prompt can't be counted here, and the model's window isn't known"
    if sent.answers is None:
        return "how many answers it asks for (n, candidateCount) isn't a whole number"
    return "the model's longest answer isn't known: set max_tokens" if answer is None else None


def _cheapest(cost: Any, tokens: tuple[int, int | None], rules: Rules) -> Bill:
    """The least: a word for an answer, and all of the prompt from the cache where it may be long enough for that."""
    least, most = tokens
    plain: Bill = cost(least, 1)
    if plain.total is None or (most is not None and most < (rules.cache_min_tokens or _CACHED)):
        return plain
    cached: Bill = cost(least, 1, cache_read_tokens=least)
    return cached if cached.total is not None and cached.total < plain.total else plain


def _dearest(cost: Any, tokens: int, answer: int, sent: Sent, request: Request) -> Bill:
    """The most: prompt and answer at the dearest prices of what each may be taken for. Unknown where one of them is."""
    bills: list[Bill] = []
    for prompt, answered in product(_prompts(tokens, sent, request), _answers(answer, sent)):
        details = prompt.get("details", {}) | answered.get("details", {})
        bills.append(cost(tokens, answer, **(prompt | answered | {"details": details})))
    unknown = next((bill for bill in bills if bill.total is None), None)
    return unknown or max(bills, key=lambda bill: bill.total or 0)


def _prompts(tokens: int, sent: Sent, request: Request) -> list[dict[str, Any]]:
    """What all of a prompt may be billed as: fields of its usage."""
    found: list[dict[str, Any]] = [{}]
    if sent.writes:
        found.append({"cache_write_tokens": tokens})
    if sent.writes in _LIFETIMES:
        outer, inner = _LIFETIMES[sent.writes]
        found.append({"cache_write_tokens": tokens, "details": {outer: {inner: tokens}}})
    given = _SEEN_AND_HEARD if _STORED & request.extra.keys() else _given(_all_parts(request))
    return found + [_all_of("promptTokensDetails", kind, tokens) for kind in given]


def _answers(answer: int, sent: Sent) -> list[dict[str, Any]]:
    """What all of an answer may be billed as: words, thoughts, sound, images. A price that the model doesn't have is
    that of words."""
    kinds = [kind for kind in _SEEN_AND_HEARD if sent.kinds is None or kind in sent.kinds]
    return [{}, {"reasoning_tokens": answer}, *[_all_of("candidatesTokensDetails", kind, answer) for kind in kinds]]


def _all_of(where: str, kind: str, tokens: int) -> dict[str, Any]:
    return {"details": {where: [{"modality": kind, "tokenCount": tokens}]}}


def _all_parts(request: Request) -> list[Part]:
    return [part for message in request.messages for part in message.parts]


def _given(parts: Iterable[Part]) -> set[str]:
    """What a prompt has beside words. A PDF is read as images."""
    found: set[str] = set()
    for part in parts:
        match part:
            case Audio():
                found.add("AUDIO")
            case Image() | Document(media_type="application/pdf"):
                found.add("IMAGE")
            case ToolResult():
                found |= _given(part.parts)
            case Opaque() | Document(text=None):
                found.update(_SEEN_AND_HEARD)
    return found


def _terms(rules: Rules, sent: Sent, tier: str | None, request: Request) -> list[str]:
    said = [f"at the prices of {tier}" if tier else "at the list price", "it is one call, and is tried once"]
    if sent.batch:
        said[0] = "at the price of a batch"
    if sent.writes:
        said.append(f"the whole prompt is written to the cache, for {sent.writes}")
    if rules.reasons:
        said.append("the answer's tokens include what the model thinks")
    if request.tools:
        said.append("each step with tools is a call of its own")
    return said
