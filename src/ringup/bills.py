"""Who makes the bill of a reply: whole, or broken off before the provider told what it used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from ringup.errors import MissingExtraError
from ringup.judge import thinks
from ringup.later import later
from ringup.messages import Message, Opaque, Request, ToolResult
from ringup.reply import Bill, Reply
from ringup.rules import Rules
from ringup.usage import Usage

if TYPE_CHECKING:
    from ringup import prices, tokens
    from ringup.pricelist import Prices
else:
    prices = later("prices")
    tokens = later("tokens")

__all__ = ["Interrupted", "Pricer"]

_NOTHING_CAME = "the answer broke off before anything came of it: whether it is billed isn't known"
_BROKE_OFF = "the answer broke off before the provider told its usage"
_CUT = "the answer is whole, and its stream broke off before the provider told its usage"


class Pricer(Struct, frozen=True):
    """Prices the replies of one model. `own` are prices that go before those of the table."""

    provider: str
    model: str
    own: Prices | None = None

    @property
    def is_free(self) -> bool:
        """Whether it is the simulator that answers, which costs nothing unless it is given prices."""
        return self.provider == "sim" and not (self.own and self.own.find("sim", self.model))

    def __call__(self, reply: Any) -> Bill:
        if _hides_lifetimes(reply) and not (self.own and self.own.find(self.provider, reply.model, self.model)):
            return Bill(reason=_HIDDEN)
        return prices.bill(
            self.provider,
            reply.model or self.model,
            reply.usage,
            service_tier=_tier(reply),
            when=reply.attempts[-1].started if reply.attempts else None,  # it stays the same when prices change
            own=self.own,
            asked=self.model,
            searches=_searches(reply.extra.get("tool_usage")),
        )


def _tier(reply: Any) -> Any:
    """The service tier that the provider told."""
    details = reply.usage.details
    return reply.extra.get("service_tier") or details.get("service_tier") or details.get("serviceTier")


_CHAT, _MARK = "chat_completions", "prompt_cache_breakpoint"
_HIDDEN = (
    "Chat Completions doesn't say how much was written to the cache for 12 hours, which costs more: the Responses API "
    "does"
)


def _hides_lifetimes(reply: Any) -> bool:
    """Whether tokens were written to the cache, some for 12 hours, and nobody says how many: Chat Completions takes
    both lifetimes, and counts them together (openai-python 3.54, completion_usage)."""
    usage = reply.usage
    if reply.wire != _CHAT or not usage.cache_write_tokens or f"{_DETAILS}.cache_write_tokens_details" in usage.details:
        return False
    asked = reply.sent.request if reply.sent else None
    if not isinstance(asked, Request):
        return False
    said = [part for message in asked.messages for part in message.parts]
    return any(_is_kept_long(block) for block in (*asked.tools, *asked.system, *said))


_DETAILS = "prompt_tokens_details"


def _is_kept_long(block: Any) -> bool:
    if isinstance(block, ToolResult) and any(_is_kept_long(part) for part in block.parts):
        return True
    mark = (block.data if isinstance(block, Opaque) else block.extra.get(_CHAT, {})).get(_MARK)
    return isinstance(mark, dict) and mark.get("ttl") == "12h"


def _searches(told: Any) -> int | None:
    """How often OpenAI searched the web for an answer of the Responses API."""
    held = told.get("web_search") if isinstance(told, dict) else None
    count = held.get("num_requests") if isinstance(held, dict) else None
    return count if type(count) is int else None


class Interrupted(Struct, frozen=True):
    """Estimates what an answer costs that was broken off or left: what the provider had told counts, and the rest is
    counted here (with the extra `tokens`). The service tier that wasn't told is the one that was asked for. It says so.
    Thinking that isn't shown can't be counted.
    """

    pricer: Pricer
    request: Request
    rules: Rules = Rules()

    def __call__(self, reply: Reply) -> Bill:
        known = reply.usage
        if reply.finish_reason is not None and known.total_tokens is not None:
            return self.pricer(reply)
        if not reply.message.parts and known == Usage():
            return Bill(reason=_NOTHING_CAME)
        why = _BROKE_OFF if reply.finish_reason is None else _CUT
        try:
            usage, counted = self._usage(reply)
        except MissingExtraError:
            return Bill(reason=f"{why}, and to estimate it needs: pip install 'ringup[tokens]'")
        reply, asked = self._at_asked_terms(replace(reply, usage=usage))
        bill = self.pricer(reply)
        if bill.total is None:
            return bill
        terms = "".join([f"; {word} was asked for, and not told yet" for word in asked if word in bill.terms])
        hidden = thinks(self.request, self.rules) and not reply.thinking
        unseen = "; what it thought unseen isn't in it" if hidden else ""
        return replace(bill, estimated=True, reason=f"{why}: an estimate, {counted} counted here{terms}{unseen}")

    def _at_asked_terms(self, reply: Reply) -> tuple[Reply, list[str]]:
        """The reply with the tier (OpenAI, Google) and the speed (Anthropic) that were asked for, where none is told;
        and these, as a bill has them."""
        asked, words = self.request.extra, []
        tier = asked.get("service_tier") or asked.get("serviceTier")
        if isinstance(tier, str) and not _tier(reply):
            words.append(tier.lower())
            reply = replace(reply, extra={**reply.extra, "service_tier": tier})
        if asked.get("speed") == "fast" and "speed" not in reply.usage.details:
            words.append("fast mode")
            reply = replace(reply, usage=replace(reply.usage, details={**reply.usage.details, "speed": "fast"}))
        return reply, words

    def _usage(self, reply: Reply) -> tuple[Usage, str]:
        known, provider, model = reply.usage, self.pricer.provider, self.request.model
        asked, counted = known.input_tokens, "the answer"
        if asked is None:
            asked = tokens.prompt_tokens(self.request, provider, self.rules.reasons)
            counted = "prompt (as if the cache had nothing of it) and answer"
        frame = tokens.message_tokens(Message("assistant", ()), provider, model)
        answered = tokens.message_tokens(reply.message, provider, model) - frame
        output = max(known.output_tokens or 0, answered)
        return replace(known, input_tokens=asked, output_tokens=output, estimated=True), counted
