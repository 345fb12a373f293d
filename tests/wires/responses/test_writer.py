"""Streams of the Responses wire, written: the order of the events, and parts that other APIs gave."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringup.events import (
    ArgumentsDelta,
    AudioDelta,
    Event,
    ExtraDelta,
    Failed,
    Finish,
    Fold,
    PartEnd,
    PartStart,
    RefusalDelta,
    SignatureDelta,
    Start,
    TextDelta,
    ThinkingDelta,
    Used,
    replay,
)
from ringup.messages import Audio, Image, Message, Opaque, Refusal, Request, Text, Thinking, ToolCall
from ringup.reply import Reply
from ringup.usage import Usage
from ringup.wires import responses as wire

ASKED = Request(model="gpt-x", messages=(), max_tokens=50, stream=True)
START = Start("resp_abc", "gpt-y", 17)
END = Finish("stop", "completed")


def write(*events: Event, request: Request = ASKED) -> list[dict[str, Any]]:
    writer = wire.Writer(request)
    data = b"".join([writer.feed(event) for event in events]) + writer.close()
    blocks = data.decode().rstrip("\n").split("\n\n") if data else []
    return [json.loads(block.partition("\ndata: ")[2]) for block in blocks]


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"].removeprefix("response.") for event in events]


def own(**fields: Any) -> dict[str, Any]:
    return {"responses": fields}


def test_the_order_of_a_text() -> None:
    text = Text("Hello", own(item={"id": "msg_1", "status": "completed", "phase": "final_answer"}))
    usage = Usage(input_tokens=3, output_tokens=2, cache_read_tokens=0, cache_write_tokens=0, reasoning_tokens=0)
    found = write(
        START,
        PartStart(0, Text("", own(item={"id": "msg_1", "phase": "final_answer"}))),
        TextDelta(0, "Hel"),
        TextDelta(0, "lo"),
        PartEnd(0, text),
        Used(usage),
        END,
    )
    head = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    block = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    item = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "status": "in_progress",
        "phase": "final_answer",
        "content": [],
    }
    whole = {**item, "status": "completed", "content": [{**block, "text": "Hello"}]}
    assert [event.pop("sequence_number") for event in found] == list(range(10))
    assert found[2:9] == [
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        {"type": "response.content_part.added", **head, "part": block},
        {"type": "response.output_text.delta", **head, "delta": "Hel", "logprobs": []},
        {"type": "response.output_text.delta", **head, "delta": "lo", "logprobs": []},
        {"type": "response.output_text.done", **head, "text": "Hello", "logprobs": []},
        {"type": "response.content_part.done", **head, "part": {**block, "text": "Hello"}},
        {"type": "response.output_item.done", "output_index": 0, "item": whole},
    ]
    created, last = found[0]["response"], found[9]["response"]
    assert kinds(found)[:2] == ["created", "in_progress"]
    assert (created["id"], created["model"], created["created_at"]) == ("resp_abc", "gpt-y", 17)
    assert (created["status"], created["output"], created["max_output_tokens"]) == ("in_progress", [], 50)
    assert "usage" not in created
    assert (last["status"], last["output"]) == ("completed", [whole])
    assert last["usage"] == {
        "input_tokens": 3,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 2,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 5,
    }


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (
            [
                PartStart(0, ToolCall("c1", "f", "")),
                ArgumentsDelta(0, '{"a":'),
                ArgumentsDelta(0, "1}"),
                PartEnd(0, ToolCall("c1", "f", '{"a":1}')),
            ],
            ["function_call_arguments.delta"] * 2 + ["function_call_arguments.done"],
        ),
        (
            [
                PartStart(0, ToolCall("c1", "sql", "", "custom")),
                ArgumentsDelta(0, "SELECT"),
                PartEnd(0, ToolCall("c1", "sql", "SELECT", "custom")),
            ],
            ["custom_tool_call_input.delta", "custom_tool_call_input.done"],
        ),
        (
            [
                PartStart(0, Thinking("")),
                ThinkingDelta(0, "H"),
                ThinkingDelta(0, "m."),
                SignatureDelta(0, "s"),
                PartEnd(0, Thinking("Hm.", "s")),
            ],
            [
                "reasoning_summary_part.added",
                *["reasoning_summary_text.delta"] * 2,
                "reasoning_summary_text.done",
                "reasoning_summary_part.done",
            ],
        ),
        (
            [
                PartStart(0, Thinking("", extra=own(field="summary"))),
                ExtraDelta(0, "responses", {"field": "content"}),
                ThinkingDelta(0, "Hm."),
                PartEnd(0, Thinking("Hm.", extra=own(field="content"))),
            ],
            ["reasoning_text.delta", "reasoning_text.done"],
        ),
        ([PartStart(0, Thinking("", "s")), PartEnd(0, Thinking("", "s"))], []),
        (
            [PartStart(0, Refusal("")), RefusalDelta(0, "No."), PartEnd(0, Refusal("No."))],
            ["content_part.added", "refusal.delta", "refusal.done", "content_part.done"],
        ),
        (
            [
                PartStart(0, Text("")),
                TextDelta(0, "Hi"),
                ExtraDelta(0, "responses", {"annotations": [{"type": "file_path"}, {"type": "file_path"}]}),
                ExtraDelta(0, "gemini", {"annotations": [{}]}),
                PartEnd(0, Text("Hi")),
            ],
            [
                "content_part.added",
                "output_text.delta",
                *["output_text.annotation.added"] * 2,
                "output_text.done",
                "content_part.done",
            ],
        ),
        (
            [
                PartStart(0, Audio(id="a")),
                AudioDelta(0, b"RIFF", "Hi"),
                AudioDelta(0, b"x"),
                PartEnd(0, Audio(id="a", data=b"RIFFx", transcript="Hi")),
            ],
            ["content_part.added", "output_text.delta", "output_text.done", "content_part.done"],
        ),
        (
            [
                PartStart(0, Opaque("responses", {"type": "web_search_call", "id": "ws_1"})),
                PartEnd(0, Opaque("responses", {"type": "web_search_call", "id": "ws_1", "status": "completed"})),
            ],
            [],
        ),
    ],
    ids=["call", "custom", "summary", "reasoning", "sealed", "refusal", "citations", "audio", "hosted"],
)
def test_the_order_of_other_items(events: list[Event], expected: list[str]) -> None:
    found = kinds(write(START, *events, END))
    assert found == ["created", "in_progress", "output_item.added", *expected, "output_item.done", "completed"]


def test_what_the_ends_of_items_say() -> None:
    call = ToolCall("c1", "f", '{"a":1}')
    found = write(START, PartStart(0, ToolCall("c1", "f", "")), ArgumentsDelta(0, '{"a":1}'), PartEnd(0, call), END)
    item = {"id": "fc_abc0000", "type": "function_call", "status": "in_progress", "call_id": "c1", "name": "f"}
    assert found[2]["item"] == {**item, "arguments": ""}
    assert (found[4]["arguments"], found[4]["item_id"]) == ('{"a":1}', "fc_abc0000")
    assert found[5]["item"] == {**item, "status": "completed", "arguments": '{"a":1}'}
    assert found[6]["response"]["output"] == [found[5]["item"]]


def test_a_part_may_hold_words_as_it_begins() -> None:
    found = write(START, PartStart(0, Text("Hi")), PartEnd(0, Text("Hi")), END)
    assert found[3]["part"]["text"] == ""
    assert found[4]["delta"] == "Hi"


def test_pieces_of_one_message_stand_in_one_item() -> None:
    parts = (
        Text("One", own(item={"id": "msg_1", "status": "completed"})),
        Refusal("No.", own(joins=True)),
        Opaque("responses", {"type": "output_audio", "data": "x"}),
        Text("Another", own(item={"id": "msg_2", "status": "completed"})),
    )
    found = write(*replay(Reply(message=Message("assistant", parts), finish_reason="refusal", id="resp_1")))
    assert [(event["output_index"], event["item"]["id"]) for event in found if "item" in event] == [
        (0, "msg_1"),
        (0, "msg_1"),
        (1, "msg_2"),
        (1, "msg_2"),
    ]
    places = [event["content_index"] for event in found if event["type"] == "response.content_part.added"]
    assert places == [0, 1, 2, 0]
    assert [len(item["content"]) for item in found[-1]["response"]["output"]] == [3, 1]


def test_parts_that_overlap() -> None:
    """As the reader of Chat Completions gives them: every part ends at the end of the stream."""
    found = write(
        START,
        PartStart(0, Text("")),
        TextDelta(0, "Hi"),
        PartStart(1, ToolCall("c1", "f", "")),
        PartStart(2, ToolCall("c2", "g", "")),
        ArgumentsDelta(1, "{}"),
        ArgumentsDelta(2, "{}"),
        PartEnd(0, Text("Hi")),
        PartEnd(1, ToolCall("c1", "f", "{}")),
        PartEnd(2, ToolCall("c2", "g", "{}")),
        Finish("tool_calls", "tool_calls"),
    )
    assert [event["output_index"] for event in found if event["type"] == "response.output_item.done"] == [0, 1, 2]
    reader = wire.Reader()
    fold = Fold()
    for event in found:
        for read in reader.feed(f"data: {json.dumps(event)}\n\n".encode()):
            fold.feed(read)
    assert fold.reply().text == "Hi"
    assert [call.json for call in fold.reply().tool_calls] == ["{}", "{}"]
    assert fold.reply().finish_reason == "tool_calls"


def test_parts_that_no_answer_can_hold_are_left_out() -> None:
    found = write(
        START,
        PartStart(0, Image(url="x")),
        PartEnd(0, Image(url="x")),
        PartStart(1, Opaque("gemini", {})),
        ExtraDelta(1, "gemini", {"x": 1}),
        PartEnd(1, Opaque("gemini", {})),
        TextDelta(7, "?"),
        PartStart(2, Text("")),
        PartEnd(2, Text("Hi")),
        END,
    )
    assert [item["content"][0]["text"] for item in found[-1]["response"]["output"]] == ["Hi"]


@pytest.mark.parametrize(
    ("finish", "kind", "status", "details"),
    [
        (Finish("stop", "end_turn"), "completed", "completed", None),
        (Finish("length", "max_tokens"), "incomplete", "incomplete", {"reason": "max_tokens"}),
        (Finish("content_filter", "SAFETY"), "incomplete", "incomplete", {"reason": "content_filter"}),
        (Finish("error", "error"), "failed", "failed", None),
        (Finish("error", "cancelled"), "completed", "cancelled", None),
    ],
)
def test_ends(finish: Finish, kind: str, status: str, details: Any) -> None:
    found = write(START, PartStart(0, Text("")), TextDelta(0, "Hi"), finish)
    last = found[-1]
    assert last["type"] == f"response.{kind}"
    assert (last["response"]["status"], last["response"]["incomplete_details"]) == (status, details)
    assert (last["response"]["error"] is not None) == (status == "failed")
    assert last["response"]["output"][0]["status"] == ("incomplete" if kind == "incomplete" else "completed")


def test_an_answer_without_a_start() -> None:
    found = write(PartStart(0, Text("")), PartEnd(0, Text("Hi")), Finish("stop", extra={"service_tier": "flex"}))
    assert kinds(found)[:2] == ["created", "in_progress"]
    assert found[-1]["response"]["model"] == "gpt-x"
    assert found[-1]["response"]["service_tier"] == "flex"
    assert found[-1]["response"]["output"][0]["id"] == "msg_0000"


def test_further_choices_have_no_place() -> None:
    assert wire.Writer(ASKED).feed(TextDelta(0, "x"), 1) == b""


def test_nothing_follows_an_error() -> None:
    writer = wire.Writer(ASKED)
    writer.feed(START)
    assert writer.feed(Failed(wire.read_error(500, {}, b""))).startswith(b"event: error\n")
    assert writer.close() == b""
