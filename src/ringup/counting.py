"""How many tokens a prompt has: asked of the provider, where it tells, else estimated, and then said to be.

The error of an estimate is what four of five recorded calls stayed within (some 300 calls to OpenAI, Anthropic and
Google, 2025 and 2026, each held against the usage in its answer). OpenAI's words are counted in its public vocabulary;
how it writes down tools isn't public. Of Anthropic and Google nothing is: their numbers are OpenAI's, times a factor.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

from msgspec import Struct
from msgspec.structs import replace

from ringup import wires
from ringup.messages import Audio, Document, Image, Message, Opaque, Part, Request, ToolResult
from ringup.reply import Reply
from ringup.rules import Rules
from ringup.script import Plan
from ringup.tokens import prompt_tokens
from ringup.usage import Usage
from ringup.wire import CountWire, Wire

__all__ = ["Count", "counts", "error_of", "estimate", "to_count"]

_ERRORS = {
    "openai": {"text": 0.05, "tools": 0.5, "media": 0.65},
    "anthropic": {"text": 0.25, "tools": 0.4, "media": 0.65},
    "gemini": {"text": 0.1, "tools": 0.8, "media": 0.5},
    "sim": {"text": 0.0, "tools": 0.0, "media": 0.0},  # it counts so itself
}


class Count(Struct, frozen=True, kw_only=True):
    """The tokens of a prompt.

    tokens      how many
    estimated   False: the provider's own number. True: counted here
    error       how far off an estimate may be, as a share: 0.25 means that the true number is mostly within 25 %. None
                where nobody knows: another vocabulary, files that are given by their address, tools of the provider
    window      how many tokens fit the model, its answer included; None where that isn't known
    """

    tokens: int
    estimated: bool
    error: float | None = None
    window: int | None = None
    provider: str = ""
    model: str = ""


class _Counting:
    """A wire whose answers are counts. A script calls it like any other."""

    def __init__(self, wire: CountWire) -> None:
        self.NAME = wire.NAME
        self.read_error = wire.read_error
        self._wire = wire

    def read_reply(self, body: bytes) -> Reply:
        """The count, as the usage of a reply that says nothing."""
        usage = Usage(input_tokens=self._wire.read_count(body))
        return Reply(message=Message("assistant", ()), finish_reason=None, usage=usage)


def counts(provider: str, wire: str) -> bool:
    """Whether the provider tells how many tokens a request on that wire has."""
    return provider in ("openai", "anthropic", "gemini", "sim") and wires.find_count(wire) is not None


def to_count(plan: Plan) -> Plan:
    """The plan of a call, made one that only counts its tokens."""
    wire = wires.find_count(plan.wire.NAME)
    assert wire
    http = wire.write_count(plan.http)
    url = plan.url.removesuffix(plan.http.path) + http.path
    return replace(plan, wire=cast("Wire", _Counting(wire)), http=http, url=url, pricer=None, shape=None)


def estimate(request: Request, provider: str, rules: Rules) -> Count:
    """The count as far as it can be told here. Raises MissingExtraError without the extra `tokens`."""
    return Count(
        tokens=prompt_tokens(request, provider, rules.reasons),
        estimated=True,
        error=error_of(request, provider),
        window=rules.context_window,
        provider=provider,
        model=request.model,
    )


def error_of(request: Request, provider: str) -> float | None:
    """How far off an estimate may be: see `Count`."""
    parts = list(_flat(part for message in request.messages for part in message.parts))
    if any(map(_is_unknown, (*parts, *request.tools))):
        return None
    known = _ERRORS.get(provider, {})
    if any(isinstance(part, Image | Document | Audio) for part in parts):
        return known.get("media")
    return known.get("tools" if request.tools or request.output_schema else "text")


def _flat(parts: Iterable[Part]) -> Iterator[Part]:
    for part in parts:
        yield part
        if isinstance(part, ToolResult):
            yield from part.parts


def _is_unknown(part: Any) -> bool:
    """Whether it can't be told here what a part holds."""
    match part:
        case Opaque() | Image(data=None) | Document(data=None, text=None):
            return True
    return False
