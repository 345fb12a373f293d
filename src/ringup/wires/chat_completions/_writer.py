"""The stream of Chat Completions, written: events to the chunks that OpenAI sends."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from ringup.events import (
    ArgumentsDelta,
    AudioDelta,
    Event,
    ExtraDelta,
    Failed,
    Finish,
    PartStart,
    RefusalDelta,
    SignatureDelta,
    Start,
    TextDelta,
    ThinkingDelta,
    Used,
)
from ringup.messages import Audio, Opaque, Part, Refusal, Request, Text, Thinking, ToolCall
from ringup.openai_errors import error_body
from ringup.sse import encode as encode_event
from ringup.usage import Usage
from ringup.wire_tools import encode
from ringup.wires.chat_completions._parts import (
    DETAIL_TEXT,
    NAME,
    call_block,
    detail_block,
    field_of,
    is_old,
    own,
    thinking_chunk,
)
from ringup.wires.chat_completions._reply import FROM_CHOICE, finish_word, write_usage

__all__ = ["Writer"]

Delta = dict[str, Any]


class _Choice:
    """One of the answers in the stream, as far as it was written."""

    __slots__ = ("begun", "calls", "finished", "parts", "refused")

    def __init__(self) -> None:
        self.begun = self.finished = self.refused = False
        self.parts: dict[int, Part] = {}  # what each part began as
        self.calls: dict[int, int] = {}  # the wire's index of each tool call


class Writer:
    """Writes one stream as OpenAI does, without its random padding (`obfuscation`).

    The role comes with the first part; usage comes after the last choice, if the request asks for it, and is null
    before. It is the usage that choice 0 brings, for all choices. Reasoning goes as `reasoning_content` unless its
    extra says otherwise. An error ends the stream without [DONE], and so does a close before every choice finished.
    """

    __slots__ = ("_choices", "_failed", "_head", "_usage", "_wants_usage")

    def __init__(self, request: Request) -> None:
        options = request.extra.get("stream_options", {"include_usage": True})
        self._wants_usage = isinstance(options, dict) and bool(options.get("include_usage"))
        self._head: Delta = {"id": "", "object": "chat.completion.chunk", "created": 0, "model": request.model}
        self._choices: dict[int, _Choice] = {}
        self._usage: Usage | None = None
        self._failed = False

    def feed(self, event: Event, choice: int = 0) -> bytes:
        """The bytes for one event; may be empty."""
        state = self._choices.setdefault(choice, _Choice())
        match event:
            case Start():
                if choice == 0:
                    self._head |= {"id": event.id or "", "created": event.created or 0}
                    self._head["model"] = event.model or self._head["model"]
            case Used():
                self._usage = event.usage if choice == 0 else self._usage
            case PartStart():
                return self._part(event.index, event.part, choice)
            case Finish():
                return self._finish(event, choice)
            case Failed():
                self._failed = True
                return encode_event(encode(error_body(event.error)))
            case _:
                delta = _delta(event, state)
                return self._chunk(choice, delta) if delta else b""
        return b""

    def close(self) -> bytes:
        """The usage, if it is wanted, and [DONE]; nothing for a stream that broke."""
        whole = self._choices and all(choice.finished for choice in self._choices.values())
        if self._failed or not whole:
            return b""
        end = encode_event(b"[DONE]")
        if not self._wants_usage:
            return end
        chunk = self._around([])
        chunk["usage"] = write_usage(self._usage or Usage())
        return encode_event(encode(chunk)) + end

    def _part(self, index: int, part: Part, choice: int) -> bytes:
        state = self._choices[choice]
        state.parts[index] = part
        state.refused = state.refused or isinstance(part, Refusal)
        if isinstance(part, ToolCall):
            state.calls[index] = len(state.calls)
        delta = _opening(part, state.calls.get(index, 0))
        if state.begun:
            return self._chunk(choice, delta) if delta else b""
        state.begun = True
        if isinstance(part, ToolCall):  # the role and the first call come together
            return self._chunk(choice, {"role": "assistant", "content": None, **delta, "refusal": None})
        return self._role(choice) + (self._chunk(choice, delta) if delta else b"")

    def _role(self, choice: int) -> bytes:
        return self._chunk(choice, {"role": "assistant", "content": "", "refusal": None})

    def _finish(self, event: Finish, choice: int) -> bytes:
        state = self._choices[choice]
        before = b"" if state.begun else self._role(choice)
        if fields := own(event.message_extra):
            before += self._chunk(choice, fields)
        state.begun = state.finished = True
        chunk = self._around([_choice(choice, {}, finish_word(event.reason, event.raw, state.refused))])
        for key, value in event.extra.items():
            (chunk["choices"][0] if key in FROM_CHOICE else chunk)[key] = value
        return before + encode_event(encode(chunk))

    def _chunk(self, choice: int, delta: Delta) -> bytes:
        return encode_event(encode(self._around([_choice(choice, delta, None)])))

    def _around(self, choices: list[Delta]) -> Delta:
        chunk = {**self._head, "service_tier": None, "system_fingerprint": None, "choices": choices}
        if self._wants_usage:
            chunk["usage"] = None
        return chunk


def _choice(index: int, delta: Delta, finish: str | None) -> Delta:
    return {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}


def _opening(part: Part, call: int) -> Delta:
    """What a part holds as it begins; empty when that is nothing."""
    match part:
        case ToolCall() if is_old(part):
            return {"function_call": {"name": part.name, "arguments": part.json}}
        case ToolCall():
            return {"tool_calls": [{"index": call, **call_block(part)}]}
        case Text():
            return {"content": part.text} if part.text else {}
        case Refusal():
            return {"refusal": part.text} if part.text else {}
        case Audio():
            return {"audio": {"id": part.id, **_sound(part.data, part.transcript), **own(part.extra)}}
        case Opaque(wire=wire) if wire == NAME:
            return {"content": [part.data]}
        case Thinking():
            return _thought(part)
    return {}


def _sound(data: bytes | None, transcript: str | None) -> Delta:
    sound = {"data": b64encode(data).decode()} if data else {}
    return sound | ({"transcript": transcript} if transcript else {})


def _thought(part: Thinking) -> Delta:
    match field_of(part):
        case "reasoning_details":
            return {"reasoning_details": [detail_block(part)]}
        case "thinking":
            return {"content": [thinking_chunk(part)]}
        case field if part.text:
            return {field or "reasoning_content": part.text}
    return {}


def _delta(event: Event, state: _Choice) -> Delta:
    match event:
        case TextDelta():
            return {"content": event.text}
        case RefusalDelta():
            return {"refusal": event.text}
        case ArgumentsDelta():
            return _arguments(event, state)
        case ThinkingDelta():
            return _more_thought(state.parts[event.index], text=event.text)
        case SignatureDelta():
            return _more_thought(state.parts[event.index], signature=event.signature)
        case AudioDelta():
            return {"audio": _sound(event.data, event.transcript)}
        case ExtraDelta(wire=wire) if wire == NAME:
            return _more_fields(event, state)
    return {}


def _arguments(event: ArgumentsDelta, state: _Choice) -> Delta:
    part, index = state.parts[event.index], state.calls[event.index]
    if isinstance(part, ToolCall) and is_old(part):
        return {"function_call": {"arguments": event.json}}
    if isinstance(part, ToolCall) and part.kind == "custom":
        return {"tool_calls": [{"index": index, "type": "custom", "custom": {"input": event.json}}]}
    return {"tool_calls": [{"index": index, "function": {"arguments": event.json}}]}


def _more_thought(part: Part, text: str = "", signature: str = "") -> Delta:
    """More words or signature of a Thinking, in the field that it has. A signature has no place in a plain field."""
    if not isinstance(part, Thinking):
        return {}
    match field_of(part):
        case "reasoning_details":
            detail = own(part.extra).get("detail") or {}
            words = {DETAIL_TEXT.get(detail.get("type", ""), "text"): text} if text else {"signature": signature}
            return {"reasoning_details": [{**detail, **words}]}
        case "thinking":
            chunk: Delta = {"type": "thinking", "thinking": [{"type": "text", "text": text}] if text else []}
            return {"content": [chunk | ({"signature": signature} if signature else {})]}
        case field if text:
            return {field or "reasoning_content": text}
    return {}


def _more_fields(event: ExtraDelta, state: _Choice) -> Delta:
    """Fields that only this wire knows; those of words have no place in a stream."""
    part = state.parts[event.index]
    match part:
        case ToolCall():
            return {"tool_calls": [{"index": state.calls[event.index], **event.fields}]}
        case Audio():
            return {"audio": event.fields}
        case Thinking() if field_of(part) == "reasoning_details":
            return {"reasoning_details": [{**own(part.extra).get("detail", {}), **event.fields.get("detail", {})}]}
        case Thinking() if field_of(part) == "thinking":
            return {"content": [{"type": "thinking", "thinking": [], **event.fields}]}
    return {}
