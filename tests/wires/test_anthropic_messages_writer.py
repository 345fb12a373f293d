"""Anthropic Messages, server half: events as the bytes of a stream."""

from __future__ import annotations

from msgspec.structs import replace

from ringup.errors import (
    OverloadedError,
)
from ringup.events import (
    ArgumentsDelta,
    AudioDelta,
    Event,
    ExtraDelta,
    Failed,
    Finish,
    Noticed,
    PartEnd,
    PartStart,
    RefusalDelta,
    SignatureDelta,
    Start,
    TextDelta,
    ThinkingDelta,
    Used,
)
from ringup.messages import Audio, Image, Opaque, Refusal, Text, Thinking, ToolCall
from ringup.reply import Notice
from ringup.usage import Usage
from ringup.wires import anthropic_messages as wire

from .anthropic_streams import (
    NAME,
    REQUEST,
    begin,
    delta,
    end,
    failure,
    fold,
    read,
    sent,
    write,
)


def test_the_shape_of_a_stream() -> None:
    usage = Usage(input_tokens=12, output_tokens=1, cache_read_tokens=2, details={"service_tier": "standard"})
    last = replace(usage, output_tokens=15, reasoning_tokens=3)
    call = ToolCall("t", "n", '{"a":1}')
    events: list[Event] = [
        Start("msg_1", "claude-y"),
        Used(usage),
        PartStart(0, Thinking("")),
        ThinkingDelta(0, "hm"),
        SignatureDelta(0, "sig"),
        PartEnd(0, Thinking("hm", "sig")),
        PartStart(1, Text("")),
        TextDelta(1, "Hi"),
        ExtraDelta(1, NAME, {"citations": [{"n": 1}]}),
        PartEnd(1, Text("Hi", {NAME: {"citations": [{"n": 1}]}})),
        PartStart(2, replace(call, json="")),
        ArgumentsDelta(2, '{"a":1}'),
        PartEnd(2, call),
        Used(last),
        Finish("tool_calls"),
    ]
    assert sent(write(events)) == [
        {
            "type": "message_start",
            "message": {
                "id": "msg_1",
                "type": "message",
                "role": "assistant",
                "model": "claude-y",
                "content": [],
                "stop_reason": None,
                "stop_sequence": None,
                "usage": {
                    "input_tokens": 10,
                    "cache_creation_input_tokens": None,
                    "cache_read_input_tokens": 2,
                    "output_tokens": 1,
                    "service_tier": "standard",
                },
            },
        },
        begin(0, type="thinking", thinking="", signature=""),
        {"type": "ping"},
        delta("thinking_delta", thinking="hm"),
        delta("signature_delta", signature="sig"),
        end(),
        begin(1, type="text", text=""),
        delta("text_delta", 1, text="Hi"),
        delta("citations_delta", 1, citation={"n": 1}),
        end(1),
        begin(2, type="tool_use", id="t", name="n", input={}),
        delta("input_json_delta", 2, partial_json='{"a":1}'),
        end(2),
        {
            "type": "message_delta",
            "delta": {"stop_reason": "tool_use", "stop_sequence": None},
            "usage": {
                "input_tokens": 10,
                "cache_read_input_tokens": 2,
                "output_tokens": 15,
                "output_tokens_details": {"thinking_tokens": 3},
            },
        },
        {"type": "message_stop"},
    ]


def test_when_the_start_goes_out() -> None:
    started, used = Start("m"), Used(Usage(input_tokens=5))
    one = wire.Writer(REQUEST)
    assert one.feed(started) == b""
    assert b"message_start" in one.feed(used)
    assert one.feed(used) == b""
    other = wire.Writer(REQUEST)
    assert other.feed(used) == b""
    assert b'"input_tokens":5' in other.feed(started)
    late = wire.Writer(REQUEST)
    assert late.feed(started) == b""
    data = sent(late.feed(PartStart(0, Text(""))))
    assert [item["type"] for item in data] == ["message_start", "content_block_start", "ping"]
    assert data[0]["message"]["usage"]["input_tokens"] is None
    assert data[0]["message"]["model"] == "claude-x"


def test_parts_that_overlap_go_out_one_after_the_other() -> None:
    first, second = ToolCall("a", "n", "[1]"), ToolCall("b", "n", "[2]")
    events: list[Event] = [
        Start("m"),
        PartStart(4, replace(first, json="")),
        PartStart(7, replace(second, json="")),
        ArgumentsDelta(7, "[2"),
        ArgumentsDelta(4, "[1]"),
        PartEnd(7, second),
        PartEnd(4, first),
        Finish("tool_calls"),
    ]
    blocks = [(item["type"], item["index"]) for item in sent(write(events)) if "index" in item]
    assert blocks == [
        ("content_block_start", 0),
        ("content_block_delta", 0),
        ("content_block_stop", 0),
        ("content_block_start", 1),
        ("content_block_delta", 1),
        ("content_block_stop", 1),
    ]
    assert fold(read(write([*events[:-3], Finish("tool_calls")]))).message.parts == (first, replace(second, json="[2"))


def test_what_an_answer_cant_hold_is_left_out() -> None:
    events: list[Event] = [
        Start("m"),
        PartStart(0, Image(url="u")),
        PartEnd(0, Image(url="u")),
        PartStart(1, Opaque("responses", {"type": "item"})),
        PartEnd(1, Opaque("responses", {"type": "item"})),
        PartStart(2, Refusal("")),
        RefusalDelta(2, "I won't"),
        PartEnd(2, Refusal("I won't")),
        PartStart(3, Audio()),
        AudioDelta(3, b"x"),
        AudioDelta(3, transcript="said"),
        PartEnd(3, Audio(transcript="said")),
        PartStart(4, ToolCall("t", "n", "", kind="custom")),
        ArgumentsDelta(4, "free"),
        PartEnd(4, ToolCall("t", "n", "free", kind="custom")),
        Noticed(Notice("sent", "x", "y")),
        Finish("refusal"),
    ]
    reply = fold(read(write(events)))
    assert reply.message.parts == (Text("I won't"), Text("said"), ToolCall("t", "n", '{"input":"free"}'))
    assert reply.finish_reason == "refusal"


def test_what_a_part_holds_as_it_begins_goes_out_first() -> None:
    events: list[Event] = [
        PartStart(0, Text("Hi")),
        PartStart(0, Text("again")),
        TextDelta(0, "!"),
        PartEnd(0, Text("Hi!")),
        PartEnd(0, Text("Hi!")),
        PartStart(1, Thinking("hm")),
        PartEnd(1, Thinking("hm")),
        PartStart(2, ToolCall("t", "n")),
        PartEnd(2, ToolCall("t", "n")),
        Finish("tool_calls"),
    ]
    assert fold(read(write(events))).message.parts == (Text("Hi!"), Thinking("hm"), ToolCall("t", "n"))


def test_an_error_in_the_stream() -> None:
    error = OverloadedError("Overloaded", status=529, request_id="req_1")
    events: list[Event] = [Start("m"), PartStart(0, Text("")), TextDelta(0, "Hi"), Failed(error)]
    assert sent(write(events))[-1] == {
        "type": "error",
        "error": {"type": "overloaded_error", "message": "Overloaded"},
        "request_id": "req_1",
    }
    assert isinstance(failure(read(write(events))), OverloadedError)


def test_further_choices_give_nothing() -> None:
    writer = wire.Writer(REQUEST)
    assert writer.feed(PartStart(0, Text("")), 1) == b""
