"""Streams of Chat Completions as they are written: the chunks that OpenAI sends."""

from __future__ import annotations

import json
from typing import Any

from openai.types.chat import ChatCompletionChunk

from ringup.errors import OverloadedError
from ringup.events import (
    AudioDelta,
    Event,
    ExtraDelta,
    Failed,
    Finish,
    Noticed,
    PartStart,
    SignatureDelta,
    Start,
    TextDelta,
    ThinkingDelta,
    replay,
)
from ringup.messages import Audio, Message, Opaque, Refusal, Request, Text, Thinking, ToolCall
from ringup.reply import Notice, Reply
from ringup.usage import Usage
from ringup.wires import chat_completions as wire

NAME = wire.NAME
DONE = b"data: [DONE]\n\n"

ASKED = Request(model="m-1", messages=(), stream=True)


def chunks(*feed: Event, request: Request = ASKED) -> list[Any]:
    writer = wire.Writer(request)
    data = b"".join([writer.feed(each) for each in feed]) + writer.close()
    lines = data.decode().split("\n\n")
    assert lines.pop() == ""
    assert all(line.startswith("data: ") for line in lines)
    return [line[6:] if line == "data: [DONE]" else json.loads(line[6:]) for line in lines]


def deltas(*feed: Event) -> list[Any]:
    return [each["choices"][0]["delta"] for each in chunks(*feed, request=QUIET)]


QUIET = Request(model="m-1", messages=(), stream=True, extra={"stream_options": None})


def test_chunks_as_openai_sends_them() -> None:
    used = Usage(input_tokens=19, output_tokens=2)
    said = Reply(message=Message("assistant", (Text("Hello"),)), finish_reason="stop", usage=used, id="c-1", created=17)
    found = chunks(*replay(said, 3))

    def around(delta: Any, finish: str | None = None) -> Any:
        return {
            "id": "c-1",
            "object": "chat.completion.chunk",
            "created": 17,
            "model": "m-1",
            "service_tier": None,
            "system_fingerprint": None,
            "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
            "usage": None,
        }

    last = {**around({}), "choices": [], "usage": {"prompt_tokens": 19, "completion_tokens": 2, "total_tokens": 21}}
    assert found == [
        around({"role": "assistant", "content": "", "refusal": None}),
        around({"content": "Hel"}),
        around({"content": "lo"}),
        around({}, "stop"),
        last,
        "[DONE]",
    ]
    for each in found[:-1]:
        ChatCompletionChunk.model_validate(each, strict=True)


def test_the_first_tool_call_comes_with_the_role() -> None:
    parts = (ToolCall("c1", "f", '{"a":1}'), ToolCall("c2", "sql", "SELECT", "custom"))
    found = chunks(*replay(Reply(message=Message("assistant", parts), finish_reason="tool_calls")), request=QUIET)
    assert [each["choices"][0]["delta"] for each in found[:-1]] == [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": ""}}],
            "refusal": None,
        },
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"a":1}'}}]},
        {"tool_calls": [{"index": 1, "id": "c2", "type": "custom", "custom": {"name": "sql", "input": ""}}]},
        {"tool_calls": [{"index": 1, "type": "custom", "custom": {"input": "SELECT"}}]},
        {},
    ]
    assert "usage" not in found[0]
    ChatCompletionChunk.model_validate(found[0], strict=True)


def test_an_answer_of_nothing_has_its_role_too() -> None:
    found = chunks(Start(), Finish("length"), request=QUIET)
    assert [each["choices"][0]["delta"] for each in found[:-1]] == [
        {"role": "assistant", "content": "", "refusal": None},
        {},
    ]


def test_several_choices_and_their_usage() -> None:
    writer = wire.Writer(ASKED)
    said = [
        Reply(
            message=Message("assistant", (Text(text),)),
            finish_reason="stop",
            usage=Usage(input_tokens=at, output_tokens=at),
        )
        for at, text in enumerate("ab", 1)
    ]
    data = b"".join([writer.feed(each, at) for at, one in enumerate(said) for each in replay(one)])
    assert b"[DONE]" not in data
    lines = [
        json.loads(line[6:]) for line in (data + writer.close()).decode().split("\n\n") if line.startswith("data: {")
    ]
    assert [each["choices"][0]["index"] for each in lines[:-1]] == [0, 0, 0, 1, 1, 1]
    assert lines[-1]["usage"]["total_tokens"] == 2


def test_no_done_before_every_choice_finished() -> None:
    writer = wire.Writer(ASKED)
    assert writer.close() == b""
    writer.feed(Start())
    assert writer.close() == b""
    writer.feed(Finish("stop"))
    writer.feed(Start(), 1)
    assert writer.close() == b""
    writer.feed(Finish("stop"), 1)
    assert writer.close().endswith(DONE)


def test_an_error_ends_the_stream_without_done() -> None:
    error = OverloadedError("busy")
    found = chunks(Start(), PartStart(0, Text("")), TextDelta(0, "a"), Failed(error), request=QUIET)
    assert found[-1] == {
        "error": {
            "message": "busy",
            "type": "service_unavailable_error",
            "param": None,
            "code": "server_is_overloaded",
        }
    }


def test_reasoning_goes_under_its_field_or_as_reasoning_content() -> None:
    signed: list[Event] = [PartStart(0, Thinking("")), ThinkingDelta(0, "hm"), SignatureDelta(0, "sig")]
    assert deltas(*signed)[1:] == [{"reasoning_content": "hm"}]
    plain = Thinking("", extra={NAME: {"field": "reasoning"}})
    assert deltas(PartStart(0, plain), ThinkingDelta(0, "hm"))[1:] == [{"reasoning": "hm"}]
    detail = Thinking("", extra={NAME: {"field": "reasoning_details", "detail": {"type": "reasoning.text"}}})
    assert deltas(PartStart(0, detail), ThinkingDelta(0, "hm"), SignatureDelta(0, "sig"))[2:] == [
        {"reasoning_details": [{"type": "reasoning.text", "text": "hm"}]},
        {"reasoning_details": [{"type": "reasoning.text", "signature": "sig"}]},
    ]
    chunked = Thinking("", extra={NAME: {"field": "thinking"}})
    fields = ExtraDelta(0, NAME, {"closed": True})
    assert deltas(PartStart(0, chunked), ThinkingDelta(0, "hm"), SignatureDelta(0, "sig"), fields)[2:] == [
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]},
        {"content": [{"type": "thinking", "thinking": [], "signature": "sig"}]},
        {"content": [{"type": "thinking", "thinking": [], "closed": True}]},
    ]


def test_parts_of_another_api_are_left_out() -> None:
    foreign = Opaque("anthropic_messages", {"type": "server_tool_use"})
    sealed = Thinking("", "sealed", redacted=True)
    noticed = Noticed(Notice("dropped", "n", "m"))
    found = deltas(PartStart(0, foreign), PartStart(1, sealed), ExtraDelta(0, "anthropic_messages", {"a": 1}), noticed)
    assert found == [{"role": "assistant", "content": "", "refusal": None}]


def test_pieces_that_a_part_begins_with_are_written() -> None:
    assert deltas(PartStart(0, Text("a")), PartStart(1, Refusal("b")))[1:] == [{"content": "a"}, {"refusal": "b"}]
    assert deltas(PartStart(0, Thinking("hm")))[1:] == [{"reasoning_content": "hm"}]
    spoken = Audio(data=b"ABC", id="audio_1", transcript="a")
    more: list[Event] = [AudioDelta(0, b"DEF", "b"), ExtraDelta(0, NAME, {"expires_at": 17})]
    assert deltas(PartStart(0, spoken), *more)[1:] == [
        {"audio": {"id": "audio_1", "data": "QUJD", "transcript": "a"}},
        {"audio": {"data": "REVG", "transcript": "b"}},
        {"audio": {"expires_at": 17}},
    ]
