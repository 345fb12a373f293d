"""The stream of Chat Completions: bytes to events, for every dialect.

Facts: openai-python 3.54 (types/chat/chat_completion_chunk.py and what its stream reader does), and the dialects of
the compatible servers. Most chunks hold one piece of text: those are decoded into typed structs that know nothing
else; whatever doesn't fit them takes the general way.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ringup.errors import APIError, StreamTruncatedError
from ringup.events import Finish, Noticed, Start, Used, merge_extra
from ringup.openai_errors import error_of, holds_error, not_an_answer
from ringup.reading import Reading
from ringup.usage import Usage
from ringup.wire_tools import count, decode, excerpt, filled, is_json, word
from ringup.wires.chat_completions._growing import Growing
from ringup.wires.chat_completions._parts import extra_of
from ringup.wires.chat_completions._reply import (
    CHOICE_FIELDS,
    ONE_CHOICE,
    TOP_FIELDS,
    finish_of,
    read_reply,
    usage_of,
)

__all__ = ["Reader"]

_DELTA_FIELDS = frozenset(
    {
        *("role", "content", "refusal", "tool_calls", "function_call", "audio"),
        *("reasoning_content", "reasoning", "reasoning_details"),
    }
)
_CHUNK_FIELDS = TOP_FIELDS | {"obfuscation", "p"}  # the last two are random padding (OpenAI, Mistral)


class _Function(msgspec.Struct, forbid_unknown_fields=True):
    arguments: str


class _Call(msgspec.Struct, forbid_unknown_fields=True):
    index: int
    function: _Function


class _Delta(msgspec.Struct, forbid_unknown_fields=True):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: tuple[_Call] | None = None
    role: str | None = None
    refusal: None = None


class _Choice(msgspec.Struct, forbid_unknown_fields=True):
    delta: _Delta
    index: int = 0
    finish_reason: None = None
    logprobs: None = None
    native_finish_reason: None = None
    stop_reason: None = None
    token_ids: None = None


class _Chunk(msgspec.Struct, forbid_unknown_fields=True):
    choices: tuple[_Choice]
    id: msgspec.Raw = msgspec.Raw()
    object: msgspec.Raw = msgspec.Raw()
    created: msgspec.Raw = msgspec.Raw()
    model: msgspec.Raw = msgspec.Raw()
    service_tier: msgspec.Raw = msgspec.Raw()
    system_fingerprint: msgspec.Raw = msgspec.Raw()
    provider: msgspec.Raw = msgspec.Raw()
    obfuscation: msgspec.Raw = msgspec.Raw()
    p: msgspec.Raw = msgspec.Raw()
    usage: None = None


_decode_chunk = msgspec.json.Decoder(_Chunk).decode


class Reader(Reading):
    """Reads the stream of one answer.

    It ends at [DONE], or where the bytes end after a finish_reason came: servers leave out either, but an answer with
    neither is cut. [DONE] alone makes an answer whole if it holds something and no tool call breaks off inside its
    arguments; the finish reason is None then. Nothing counts after the end. Of several choices the first is read.
    """

    __slots__ = ("_extra", "_id", "_message", "_noticed", "_parts", "_raw", "_started", "_usage")
    _read_reply = staticmethod(read_reply)

    def __init__(self) -> None:
        super().__init__()
        self._parts = Growing(self._found)
        self._started = False
        self._id = Start()
        self._raw: str | None = None
        self._usage: Usage | None = None
        self._extra: dict[str, Any] = {}
        self._message: dict[str, Any] = {}
        self._noticed = False

    # The end

    def _end(self) -> None:
        self._finish(self._raw is not None)

    def _finish(self, whole: bool) -> None:
        if not whole:
            came = "after a part of the answer" if self._started else "before any of the answer"
            raise StreamTruncatedError(f"the stream ended {came}, without a finish_reason")
        self._start()
        self._parts.end()
        reason = finish_of(self._raw, self._parts.refused)
        self._found.append(Finish(reason, self._raw, extra=self._extra, message_extra=extra_of(self._message)))
        self.done = True

    def _odd(self, body: bytes) -> None:
        body = body.removeprefix(b"error:").lstrip()  # llama.cpp, in old builds
        if not is_json(body):
            raise not_an_answer(body, "something that is neither a stream nor JSON")
        self._whole(body)

    # Events

    def _take(self, name: str, payload: bytes) -> None:
        if not self._quick(payload, name):
            self._event(payload, name)

    def _quick(self, payload: bytes, name: str) -> bool:
        """Take a chunk that holds a piece of one kind of text and nothing else; False leaves it to the general way."""
        if name or not self._started:
            return False
        try:
            choice = _decode_chunk(payload).choices[0]
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return False
        delta = choice.delta
        if choice.index:
            return False
        thought = delta.reasoning_content or delta.reasoning
        if delta.tool_calls is not None:
            call = delta.tool_calls[0]
            return not (delta.content or thought) and self._parts.arguments(call.index, call.function.arguments)
        if thought:
            self._parts.reasoning("reasoning_content" if delta.reasoning_content else "reasoning", thought)
        if delta.content:
            self._parts.text(delta.content)
        return True

    def _event(self, payload: bytes, name: str) -> None:
        payload = payload.strip()
        if not payload:
            return
        if payload.startswith(b"[DONE]"):
            self._finish(self._raw is not None or self._parts.whole)
            return
        try:
            value = decode(payload)
        except ValueError:
            if name == "error":
                self._fail(error_of(None, shown=excerpt(payload)))
            else:
                self._fail(not_an_answer(payload, "an event that isn't JSON"))
            return
        while isinstance(value, list) and len(value) == 1:
            value = value[0]
        if name == "error":
            self._fail(error_of(value))
        elif isinstance(value, dict):
            self._chunk(value)
        else:
            self._fail(not_an_answer(payload, "an event that isn't a JSON object"))

    def _chunk(self, value: dict[str, Any]) -> None:
        choices = value.get("choices")
        choices = [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []
        if not self._started:
            self._begin(value, bool(choices))
        for key, field in filled(value, _CHUNK_FIELDS).items():
            held = self._extra.get(key)
            self._extra[key] = {**held, **field} if isinstance(held, dict) and isinstance(field, dict) else field
        for choice in choices:
            self._choice(choice)
        self._use(usage_of(value))
        error = _error(value, choices)
        if error is not None:
            self._fail(error)

    def _begin(self, value: dict[str, Any], now: bool) -> None:
        """What the first chunks say of the answer; Azure's very first has empty names and no choice."""
        self._id = Start(
            self._id.id or word(value.get("id")),
            self._id.model or word(value.get("model")),
            self._id.created or (count(value.get("created")) or None),
        )
        if now:
            self._start()

    def _start(self) -> None:
        if not self._started:
            self._started = True
            self._found.append(self._id)

    def _use(self, usage: Usage | None) -> None:
        if usage is not None and usage != self._usage:
            self._start()
            self._usage = usage
            self._found.append(Used(usage))

    def _choice(self, choice: dict[str, Any]) -> None:
        if choice.get("index"):
            if not self._noticed:
                self._noticed = True
                self._found.append(Noticed(ONE_CHOICE))
            return
        delta = choice["delta"] if "delta" in choice else choice.get("message")  # Perplexity has both
        if isinstance(delta, dict):
            self._delta(delta)
        raw = choice.get("finish_reason")
        if raw and isinstance(raw, str):
            self._raw = raw
        for key, field in filled(choice, CHOICE_FIELDS).items():
            held = self._extra.get(key)
            if key == "logprobs" and isinstance(held, dict) and isinstance(field, dict):
                self._extra[key] = merge_extra(held, filled(field, ()))
            else:
                self._extra[key] = field

    def _delta(self, delta: dict[str, Any]) -> None:
        self._reasoning(delta)
        content = delta.get("content")
        if isinstance(content, str):
            if content:
                self._parts.text(content)
        elif content:
            for block in content if isinstance(content, list) else [content]:
                self._parts.block(block)
        if delta.get("refusal") and isinstance(delta["refusal"], str):
            self._parts.refusal(delta["refusal"])
        if _has_any(delta.get("audio")):
            self._parts.audio(delta["audio"])
        calls = delta.get("tool_calls")
        for position, call in enumerate(calls if isinstance(calls, list) else []):
            if isinstance(call, dict):
                self._parts.call(call, position)
        if _has_any(delta.get("function_call")):
            self._parts.old_call(delta["function_call"])
        rest = filled(delta, _DELTA_FIELDS)
        if rest:
            self._message = merge_extra(self._message, rest)

    def _reasoning(self, delta: dict[str, Any]) -> None:
        """As in a whole message: reasoning_details if they have words, else the first plain field that has."""
        items = delta.get("reasoning_details")
        details = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
        if not any(item.get("text") or item.get("summary") for item in details):
            for field in ("reasoning_content", "reasoning"):
                if delta.get(field) and isinstance(delta[field], str):
                    self._parts.reasoning(field, delta[field])
                    break
        for detail in details:
            self._parts.detail(detail)


def _has_any(value: Any) -> bool:
    """Whether an object has anything in it (Snowflake sends objects of empty texts)."""
    return isinstance(value, dict) and any(value.values())


def _error(value: dict[str, Any], choices: list[dict[str, Any]]) -> APIError | None:
    """The error that a chunk holds: at its top, flat (older vLLM), in x_groq (Groq), or in its choice (OpenRouter)."""
    if value.get("error") or ("choices" not in value and holds_error(value)):
        return error_of(value)
    groq = value.get("x_groq")
    if isinstance(groq, dict) and groq.get("error"):
        return error_of(groq)
    for choice in choices:
        if choice.get("error"):
            return error_of(choice)
    return None
