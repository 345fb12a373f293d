"""From a request to the replies that answer it, and to their events. Pure: the time comes in as an argument."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ringup import models
from ringup.events import (
    ArgumentsDelta,
    Event,
    Finish,
    PartEnd,
    PartStart,
    RefusalDelta,
    SignatureDelta,
    Start,
    TextDelta,
    ThinkingDelta,
    Used,
)
from ringup.messages import Message, Part, Refusal, Request, Text, Thinking, ToolCall
from ringup.reply import FinishReason, Reply
from ringup.rules import Rules
from ringup.simulator.brain import REDACT, Thought, think
from ringup.simulator.cache import Use
from ringup.simulator.ids import Ids
from ringup.simulator.logprobs import beside_text, in_text
from ringup.simulator.metering import sound
from ringup.simulator.tooluse import Wanted
from ringup.tokens import Tokenizer, prompt_tokens, tokenizer
from ringup.usage import Usage
from ringup.wires import responses

__all__ = ["Asked", "events", "make", "tier"]

_EFFORT_TOKENS = {"none": 0, "minimal": 0, "low": 32, "medium": 64, "high": 256, "xhigh": 512, "max": 1024}
"""The hidden tokens that an OpenAI model spends on thinking, by effort: fixed, so that tests can rely on them."""


_REFUSED = {"stop_details": {"type": "refusal", "category": None, "explanation": None}}


class Asked(Struct, frozen=True, kw_only=True):
    """A request that was found good: for which provider's model, with which rules, as which call of this server, what
    the prompt cache has of it, and the prompt's tokens where they were counted already."""

    request: Request
    rules: Rules
    provider: str
    wire: str
    seed: int
    call: int
    created: int
    cached: Use = Use()
    read: int | None = None

    @property
    def claude(self) -> bool:
        """Whether it came on Anthropic's wire."""
        return self.wire == "anthropic_messages"

    @property
    def tokenizer(self) -> Tokenizer:
        """What counts its tokens."""
        return tokenizer(self.provider, self.request.model)


class _Room:
    """How many tokens may still be written. Spending more than there are leaves none, and marks the answer as cut."""

    def __init__(self, tokens: int | None) -> None:
        self.left = tokens
        self.used = 0
        self.cut = False

    def spend(self, tokens: int) -> bool:
        """Take so many; False when they don't all fit."""
        fits = self.left is None or tokens <= self.left
        self.used += tokens if fits else self.left or 0
        if self.left is not None:
            self.left = max(self.left - tokens, 0)
        self.cut = self.cut or not fits
        return fits

    def write(self, text: str, words: Tokenizer) -> str:
        """As much of a text as fits."""
        if self.left is not None:
            text, cut = words.cut(text, self.left)
            if cut:
                self.used += self.left
                self.left, self.cut = 0, True
                return text
        self.spend(words.count(text))
        return text


def make(asked: Asked) -> list[Reply]:
    """The replies to a request: as many as it wants (`n`). The first one's usage is that of them all."""
    ids = Ids(asked.seed, asked.call)
    reply_id = ids.reply(asked.wire)
    read = asked.read
    if read is None:
        read = prompt_tokens(asked.request, asked.provider, asked.rules.reasons)
    replies = [_one(asked, ids, choice, read) for choice in range(asked.request.n or 1)]
    written = sum(reply.usage.output_tokens or 0 for reply in replies)
    thought = sum(reply.usage.reasoning_tokens or 0 for reply in replies)
    usage = _usage(asked, read, written, thought)
    extra = _beside(asked, ids)
    name = models.snapshot(asked.provider, asked.request.model)
    return [
        replace(
            reply,
            id=reply_id,
            model=name,
            created=asked.created,
            usage=usage if at == 0 else reply.usage,
            extra=extra | reply.extra,
        )
        for at, reply in enumerate(replies)
    ]


def _beside(asked: Asked, ids: Ids) -> dict[str, Any]:
    """What OpenAI tells beside its answers."""
    served = {"service_tier": tier(asked.request, asked.wire) or "default"}
    if asked.wire == "responses":
        return responses.echo(asked.request) | served
    if asked.wire != "chat_completions":
        return {}
    fingerprint = None if asked.rules.reasons else ids.fingerprint()
    return {**served, "system_fingerprint": fingerprint}


_TIERS = {"flex": "flex", "priority": "priority", "fast": "priority"}
"""OpenAI's service tiers that have prices of their own, and how an answer names them. Google's are the same."""


def tier(request: Request, wire: str) -> str | None:
    """By which service tier a request is served: the one that it asks for. None for the usual one."""
    if wire == "anthropic_messages":
        return "fast" if request.extra.get("speed") == "fast" else None
    return _TIERS.get(str(request.extra.get("serviceTier" if wire == "gemini" else "service_tier")).lower())


def _one(asked: Asked, ids: Ids, choice: int, read: int) -> Reply:
    request, words = asked.request, asked.tokenizer
    chance = f"{asked.seed}/{choice}"
    thought = think(request, asked.seed, asked.call, choice, asked.created)
    room = _Room(_limit(asked, read))
    parts = _thinking(asked, thought, ids, room)
    reasoning = room.used
    said, stop = _said(thought, request)
    if thought.refusal:
        parts.append(_refusal(thought, room, words, asked))
    elif text := room.write(said, words):
        parts.append(Text(text, in_text(asked.wire, request, text, words, chance)))
    text = "".join(part.text for part in parts if isinstance(part, Text))
    beside = beside_text(asked.wire, request, text, words, chance)
    parts += _calls(thought, ids, room, asked)
    finish = _finish(room, thought, parts)
    return Reply(
        message=Message("assistant", tuple(parts)),
        finish_reason=finish,
        raw_finish_reason="function_call" if any(call.kind == "old" for call in thought.calls) else None,
        stop_sequence=stop if asked.claude and finish == "stop" else None,
        usage=Usage(output_tokens=room.used, reasoning_tokens=reasoning),
        extra=beside | (_REFUSED if asked.claude and finish == "refusal" else {}),
    )


def _finish(room: _Room, thought: Thought, parts: list[Part]) -> FinishReason:
    if room.cut:
        return "length"
    if thought.refusal:
        return "refusal"
    return "tool_calls" if any(isinstance(part, ToolCall) for part in parts) else "stop"


def _limit(asked: Asked, read: int) -> int | None:
    """The most tokens that the answer may have: what was asked for, what the model can, what its window leaves."""
    window = asked.rules.context_window
    limits = [asked.request.max_tokens, asked.rules.max_output_tokens, max(window - read, 1) if window else None]
    return min((limit for limit in limits if limit is not None), default=None)


def _thinking(asked: Asked, thought: Thought, ids: Ids, room: _Room) -> list[Part]:
    """What is thought first. An OpenAI model only bills it; a Claude shows it, or gives it sealed; a Gemini shows it
    when asked to."""
    request, reasoning = asked.request, asked.request.reasoning
    if asked.wire == "gemini":
        return _gemini_thinking(asked, thought, room)
    if asked.wire == "responses" and asked.rules.reasons:
        return _reasoning_item(asked, thought, ids, room)
    if not asked.claude:
        if asked.rules.reasons:
            room.spend(_effort_tokens(asked))
        return []
    mode = reasoning.mode if reasoning else None
    always = bool(asked.rules.thinking) and "disabled" not in asked.rules.thinking
    if mode not in ("enabled", "adaptive") and not (always and mode is None):
        return []
    text = room.write(thought.reasoning, asked.tokenizer)
    if any(REDACT in message.text for message in request.messages):
        return [Thinking("", ids.signature(), redacted=True)]
    display = (reasoning.display if reasoning else None) or ("summarized" if mode == "enabled" else "omitted")
    return [Thinking(text if display == "summarized" else "", ids.signature())]


def _effort_tokens(asked: Asked) -> int:
    reasoning = asked.request.reasoning
    effort = (reasoning and reasoning.effort) or asked.rules.default_effort or "medium"
    return _EFFORT_TOKENS.get(effort, 64)


def _reasoning_item(asked: Asked, thought: Thought, ids: Ids, room: _Room) -> list[Part]:
    """The Responses API tells that was thought: with a summary, and sealed to go back, where these are asked for."""
    reasoning, extra = asked.request.reasoning, asked.request.extra
    tokens = _effort_tokens(asked)
    if not tokens:
        return []
    room.spend(tokens)
    sealed = reasoning is not None and responses.is_stateless(extra)  # what a request means that says nothing else
    if "include" in extra:
        sealed = "reasoning.encrypted_content" in (extra["include"] or ())
    summary = thought.reasoning if reasoning and reasoning.display else ""
    return [Thinking(summary, ids.signature() if sealed else None)]


def _gemini_thinking(asked: Asked, thought: Thought, room: _Room) -> list[Part]:
    reasoning = asked.request.reasoning
    if not asked.rules.reasons or (reasoning and reasoning.mode == "disabled"):
        return []
    if reasoning is None or reasoning.display != "summarized":
        room.spend(_EFFORT_TOKENS.get((reasoning and reasoning.effort) or "medium", 64))
        return []
    return [Thinking(room.write(thought.reasoning, asked.tokenizer))]


def _said(thought: Thought, request: Request) -> tuple[str, str | None]:
    """The words up to the first stop sequence, and which one it was."""
    found = [(at, stop) for stop in request.stop if stop and (at := thought.text.find(stop)) >= 0]
    if not found:
        return thought.text, None
    at, stop = min(found, key=lambda place: (place[0], -len(place[1])))
    return thought.text[:at], stop


def _refusal(thought: Thought, room: _Room, words: Tokenizer, asked: Asked) -> Part:
    text = room.write(thought.refusal, words)
    return Text(text) if asked.claude or asked.wire == "gemini" else Refusal(text)


def _calls(thought: Thought, ids: Ids, room: _Room, asked: Asked) -> list[Part]:
    """The tool calls, as many as fit: one that doesn't is left out whole. A Gemini that thinks signs the first."""
    calls: list[Part] = []
    for wanted in thought.calls:
        if not room.spend(3 + asked.tokenizer.count(wanted.name) + asked.tokenizer.count(wanted.json)):
            break
        calls.append(_call(wanted, ids, asked.wire))
    if calls and asked.wire == "gemini" and asked.rules.reasons:
        calls[0] = replace(calls[0], extra={asked.wire: {"thoughtSignature": ids.signature()}})
    return calls


def _call(wanted: Wanted, ids: Ids, wire: str) -> ToolCall:
    match wanted.kind:
        case "custom":
            return ToolCall(ids.tool_call(wire), wanted.name, wanted.json, "custom")
        case "old":
            return ToolCall(wanted.name, wanted.name, wanted.json, extra={wire: {"field": "function_call"}})
    return ToolCall(ids.tool_call(wire), wanted.name, wanted.json)


def _usage(asked: Asked, read: int, written: int, thought: int) -> Usage:
    cached, served, heard = asked.cached, tier(asked.request, asked.wire), sound(asked.request, asked.provider)
    if asked.claude:
        cache = {"ephemeral_5m_input_tokens": cached.short, "ephemeral_1h_input_tokens": cached.long}
        details: dict[str, Any] = {"cache_creation": cache, "service_tier": "standard"}
        details |= {"speed": served} if served else {}
        return Usage(
            input_tokens=read,
            output_tokens=written,
            cache_read_tokens=cached.read,
            cache_write_tokens=cached.short + cached.long,
            reasoning_tokens=thought if thought else None,
            details=details,
        )
    if asked.wire == "gemini":
        return Usage(
            input_tokens=read,
            output_tokens=written,
            cache_read_tokens=cached.read or None,
            reasoning_tokens=thought or None,
            details=_modalities(read - heard, heard) | ({"serviceTier": served} if served else {}),
        )
    if asked.wire == "responses":
        return Usage(
            input_tokens=read,
            output_tokens=written,
            cache_read_tokens=cached.read,
            cache_write_tokens=cached.short + cached.long,
            reasoning_tokens=thought,
            details=_lifetimes(cached) | ({"input_tokens_details.audio_tokens": heard} if heard else {}),
        )
    nothing = ("accepted_prediction_tokens", "audio_tokens", "rejected_prediction_tokens")
    return Usage(
        input_tokens=read,
        output_tokens=written,
        cache_read_tokens=cached.read,
        cache_write_tokens=cached.short + cached.long if asked.rules.cache_breakpoints else None,
        reasoning_tokens=thought,
        details={
            "prompt_tokens_details.audio_tokens": heard,
            **{f"completion_tokens_details.{name}": 0 for name in nothing},
        },
    )


def _modalities(words: int, heard: int) -> dict[str, Any]:
    """What the tokens of a prompt stand for, as Google lists it."""
    kinds = {"TEXT": words, "AUDIO": heard}
    listed = [{"modality": kind, "tokenCount": count} for kind, count in kinds.items() if count or kind == "TEXT"]
    return {"promptTokensDetails": listed}


def _lifetimes(cached: Use) -> dict[str, Any]:
    """How much was written for how long: the Responses API says it where there is more than one lifetime."""
    if not cached.long:
        return {}
    lifetimes = {"ttl_30m_tokens": cached.short, "ttl_12h_tokens": cached.long}
    return {"input_tokens_details.cache_write_tokens_details": lifetimes}


# Events


def events(replies: list[Reply], asked: Asked) -> Iterator[tuple[Event, int]]:
    """The events of a stream of these replies, each with the number of its choice: one token, one event."""
    streams = [_events(reply, asked.tokenizer) for reply in replies]
    for row in zip_longest(*streams):
        for choice, event in enumerate(row):
            if event is not None:
                yield event, choice


def _events(reply: Reply, words: Tokenizer) -> Iterator[Event]:
    yield Start(reply.id, reply.model, reply.created)
    yield Used(replace(reply.usage, output_tokens=min(reply.usage.output_tokens or 0, 1), reasoning_tokens=None))
    for index, part in enumerate(reply.message.parts):
        yield from _part_events(index, part, words)
    yield Used(reply.usage)
    yield Finish(reply.finish_reason, reply.raw_finish_reason, reply.stop_sequence, reply.extra)


def _part_events(index: int, part: Part, words: Tokenizer) -> Iterator[Event]:
    match part:
        case Text(text=text):
            yield PartStart(index, Text(""))
            yield from (TextDelta(index, piece) for piece in words.pieces(text))
        case Refusal(text=text):
            yield PartStart(index, Refusal(""))
            yield from (RefusalDelta(index, piece) for piece in words.pieces(text))
        case Thinking(text=text, signature=signature, redacted=False):
            yield PartStart(index, Thinking(""))
            yield from (ThinkingDelta(index, piece) for piece in words.pieces(text))
            yield SignatureDelta(index, signature or "")
        case ToolCall(json=json):
            yield PartStart(index, replace(part, json=""))
            yield from (ArgumentsDelta(index, piece) for piece in words.pieces(json))
        case _:
            yield PartStart(index, part)
    yield PartEnd(index, part)
