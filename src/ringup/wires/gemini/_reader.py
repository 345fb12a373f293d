"""The streamed answer of Gemini: bytes in, events out.

Facts: streams as recorded (alt=sse), and what google-genai 3.4.0 reads: events of one line each, ended by CRLF, without
names and without an end mark; each holds new parts and the usage so far.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec
from msgspec.structs import astuple

from ringup.errors import StreamTruncatedError
from ringup.events import (
    Event,
    Finish,
    Noticed,
    Start,
    Used,
    merge_extra,
)
from ringup.reading import Reading
from ringup.usage import Usage
from ringup.wire_tools import decode
from ringup.wires.gemini._errors import error_of, not_an_answer
from ringup.wires.gemini._fields import camel
from ringup.wires.gemini._growing import Growing
from ringup.wires.gemini._parts import Block, extra_of, rest_of
from ringup.wires.gemini._reply import (
    CANDIDATE,
    COUNTERS,
    ONE_CHOICE,
    TOP,
    blocked,
    candidate_of,
    created_of,
    finish_reason,
    is_answer,
    read_reply,
    read_usage,
    usage_of,
    word,
)

__all__ = ["Reader"]

_TAIL = 64 * 1024
_NOTHING = msgspec.Raw()


class _Part(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    text: str
    thought: bool = False


class _Content(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    parts: tuple[_Part]
    role: str = ""


class _Candidate(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    content: _Content
    index: int = 0


class _Usage(msgspec.Struct, forbid_unknown_fields=True, gc=False, rename="camel"):
    prompt_token_count: int | None = None
    cached_content_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None
    total_token_count: int | None = None
    prompt_tokens_details: msgspec.Raw = _NOTHING
    tool_use_prompt_token_count: msgspec.Raw = _NOTHING
    tool_use_prompt_tokens_details: msgspec.Raw = _NOTHING
    cache_tokens_details: msgspec.Raw = _NOTHING
    service_tier: msgspec.Raw = _NOTHING
    traffic_type: msgspec.Raw = _NOTHING


class _Chunk(msgspec.Struct, forbid_unknown_fields=True, gc=False, rename="camel"):
    candidates: tuple[_Candidate]
    usage_metadata: _Usage | None = None
    model_version: msgspec.Raw = _NOTHING
    response_id: msgspec.Raw = _NOTHING
    create_time: msgspec.Raw = _NOTHING


_decode_chunk = msgspec.json.Decoder(_Chunk).decode
_DETAILS = _Usage.__struct_encode_fields__[len(COUNTERS) :]
_json = json.JSONDecoder(strict=False)


class Reader(Reading):
    """Reads the stream of one answer. Of several candidates the first is read.

    A finishReason says that the answer is whole, and yet more may follow it: the usage, or, from the older models that
    put one in every chunk, more words. So `Finish` is given in `close`, where the bytes end, and `done` is False until
    then; bytes that end before a finishReason (or a blocked prompt) are a stream that was cut. Words that follow each
    other join into one part; a part with a signature, or with anything else beside its words, stays by itself. (Empty
    thoughts with a signature only sign the thoughts before them.)

    A body that is JSON instead of events (without alt=sse it is an array of chunks) is read in `close`.
    """

    __slots__ = (
        *("_content", "_details", "_extra", "_last_details", "_noticed", "_parts", "_raw", "_started", "_tail"),
        *("_usage", "_whole_came"),
    )
    _read_reply = staticmethod(read_reply)

    def __init__(self) -> None:
        super().__init__()
        self._tail = b""  # the bytes since the last event, and perhaps some before
        self._started = False
        self._parts = Growing()
        self._usage: Usage | None = None
        self._last_details: list[msgspec.Raw] = []
        self._details: dict[str, Any] = {}
        self._raw: str | None = None
        self._whole_came = False  # a finishReason came, or the prompt was blocked
        self._noticed = False
        self._extra: dict[str, Any] = {}
        self._content: dict[str, Any] = {}

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes; give the events that they complete."""
        found = super().feed(data)
        self._tail = data if found else (self._tail + data)[-_TAIL:]
        return found

    # The end of the body

    def _half(self) -> None:
        raise StreamTruncatedError("the stream stopped inside an event")

    def _odd(self, body: bytes) -> None:
        raise not_an_answer(body, "something that is neither a stream nor JSON")

    def _end(self) -> None:
        if not self._whole_came:
            self._look_for_error()
        self._finish(self._found)

    def _look_for_error(self) -> None:
        """An error may end a stream without being an event: raise it."""
        block = self._tail.replace(b"\r\n", b"\n").strip().rpartition(b"\n\n")[2]
        if block[:1] in (b"{", b"[") and _is_json(block):
            value = decode(block)
            if "error" in (value[0] if isinstance(value, list) and value else value):
                raise error_of(value)

    def _finish(self, found: list[Event]) -> None:
        if not self._whole_came:
            came = "after a part of the answer" if self._started else "before any of the answer"
            raise StreamTruncatedError(f"the stream stopped {came}, without a finishReason")
        self._parts.end(found)
        block = blocked(self._extra) if self._raw is None else None
        reason = "content_filter" if block else finish_reason(self._raw, self._parts.calls > 0)
        found.append(Finish(reason, block or self._raw, None, self._extra, extra_of(self._content)))
        self.done = True

    def _whole(self, body: bytes) -> None:
        """A whole answer, or an array of chunks; what is whole of an array that was cut is read."""
        if body.startswith(b"{"):
            super()._whole(body)
            return
        text, at = body.decode("utf-8", "replace"), 1
        while (at := _skip(text, at)) < len(text) and text[at] != "]":
            try:
                value, at = _json.raw_decode(text, at)
            except (ValueError, RecursionError):
                break
            self._chunk(value, self._found)
        if at >= len(text) or text[at] != "]":
            raise StreamTruncatedError("the stream stopped inside its JSON array")
        self._finish(self._found)

    # Events

    def _take(self, name: str, payload: bytes) -> None:  # noqa: ARG002 - Google's events have no names
        if not self._quick(payload, self._found):
            self._event(payload, self._found)

    def _quick(self, payload: bytes, found: list[Event]) -> bool:
        """Take a chunk that holds a piece of words, its usage and nothing else; False leaves it to the general way."""
        if not self._started or not self._parts.whole:
            return False
        try:
            chunk = _decode_chunk(payload)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return False
        candidate = chunk.candidates[0]
        if candidate.index:
            return False
        part = candidate.content.parts[0]
        if part.text:
            self._parts.words(part.text, part.thought, found)
        if chunk.usage_metadata is not None:
            self._use_quickly(chunk.usage_metadata, found)
        return True

    def _event(self, payload: bytes, found: list[Event]) -> None:
        payload = payload.strip()
        if payload in (b"", b"[DONE]"):  # some gateways add OpenAI's end mark
            return
        try:
            value = decode(payload)
        except ValueError:
            raise not_an_answer(payload, "an event that isn't JSON") from None
        for item in value if isinstance(value, list) else [value]:
            self._chunk(item, found)

    def _chunk(self, value: Any, found: list[Event]) -> None:
        if isinstance(value, dict) and "error" in value:
            raise error_of(value)
        value = camel("GenerateContentResponse", value)
        if not isinstance(value, dict):
            raise not_an_answer(str(value).encode(), "an event that isn't a JSON object")
        if not is_answer(value):
            return
        self._start(value, found)
        candidate, more = candidate_of(value)
        if more and not self._noticed:
            self._noticed = True
            found.append(Noticed(ONE_CHOICE))
        self._keep(rest_of(value, TOP))
        self._candidate(candidate, found)
        if isinstance(value.get("usageMetadata"), dict):
            self._use(read_usage(value["usageMetadata"]), found)
        self._whole_came = self._whole_came or self._raw is not None or blocked(self._extra) is not None

    def _start(self, value: Block, found: list[Event]) -> None:
        if not self._started:
            self._started = True
            self._parts.answer = word(value, "responseId")
            found.append(Start(self._parts.answer, word(value, "modelVersion"), created_of(value)))

    def _keep(self, fields: Block) -> None:
        """The fields of the answer and its candidate that have no name. Log probabilities come piece by piece."""
        for key, value in fields.items():
            held = self._extra.get(key)
            if key == "logprobsResult" and isinstance(held, dict) and isinstance(value, dict):
                self._extra[key] = merge_extra(held, value)
            elif isinstance(held, dict) and isinstance(value, dict):
                self._extra[key] = {**held, **value}
            else:
                self._extra[key] = value

    def _use(self, usage: Usage, found: list[Event]) -> None:
        if usage != self._usage:
            self._usage = usage
            found.append(Used(usage))

    def _use_quickly(self, usage: _Usage, found: list[Event]) -> None:
        """Counters change with every chunk; what stands beside them hardly ever does, and is decoded when it does."""
        prompt, cached, answer, thoughts, total, *details = astuple(usage)
        if details != self._last_details:
            named = zip(_DETAILS, details, strict=True)
            self._details = rest_of({name: decode(bytes(raw) or b"null") for name, raw in named}, ())
            self._last_details = details
        self._use(usage_of(prompt, cached, answer, thoughts, total, details=self._details), found)

    def _candidate(self, candidate: Block, found: list[Event]) -> None:
        content = candidate.get("content")
        if isinstance(content, dict):
            blocks = content.get("parts")
            for block in blocks if isinstance(blocks, list) else ():
                self._parts.block(block, found)
            self._content.update(rest_of(content, ("role", "parts")))
        self._keep(rest_of(candidate, CANDIDATE))
        self._raw = word(candidate, "finishReason") or self._raw


def _is_json(payload: bytes) -> bool:
    try:
        decode(payload)
    except ValueError:
        return payload.strip() in (b"", b"[DONE]")
    return True


def _skip(text: str, at: int) -> int:
    """The place of the next character that is neither a blank nor a comma."""
    while at < len(text) and text[at] in " \t\r\n,":
        at += 1
    return at
