"""Anthropic Messages: whole answers, both ways."""

from __future__ import annotations

import json
from typing import Any

import pytest
from anthropic.types import Message as SdkMessage
from hypothesis import given, settings
from msgspec.structs import replace

from ringup.errors import APIError, BadRequestError, OverloadedError, ProtocolError
from ringup.messages import Audio, Document, Image, Message, Opaque, Part, Refusal, Text, Thinking, ToolCall
from ringup.reply import Reply
from ringup.usage import Usage, add
from ringup.wires import anthropic_messages as wire

from .anthropic_strategies import replies, spoilt

ANSWER: dict[str, Any] = {
    "id": "msg_01",
    "type": "message",
    "role": "assistant",
    "model": "claude-x",
    "content": [{"type": "text", "text": "Hi", "citations": None}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "stop_details": None,
    "container": None,
    "usage": {"input_tokens": 12, "output_tokens": 30},
}


def read(**fields: Any) -> Reply:
    return wire.read_reply(json.dumps(ANSWER | fields).encode())


def read_parts(*blocks: dict[str, Any]) -> tuple[Part, ...]:
    return read(content=list(blocks)).message.parts


def written(*parts: Part, **fields: Any) -> dict[str, Any]:
    reply = Reply(**{"message": Message("assistant", parts), "finish_reason": "stop"} | fields)
    body: dict[str, Any] = json.loads(wire.write_reply(reply))
    return body


@given(replies())
@settings(deadline=None)
def test_what_is_written_reads_back_as_it_was(reply: Reply) -> None:
    body = wire.write_reply(reply)
    again = wire.read_reply(body)
    assert again.raw == json.loads(body)
    assert replace(again, raw=None, wire="") == reply


@given(spoilt(replies().map(lambda reply: json.loads(wire.write_reply(reply)))))
@settings(deadline=None, max_examples=200)
def test_a_spoilt_answer_is_read_or_a_protocol_error(body: Any) -> None:
    try:
        reply = wire.read_reply(json.dumps(body).encode())
    except APIError as error:
        assert isinstance(error, ProtocolError)  # noqa: PT017
    else:
        assert len(wire.write_reply(reply)) > 0


# Reading


def test_an_answer() -> None:
    reply = read()
    assert reply == Reply(
        message=Message("assistant", (Text("Hi"),)),
        finish_reason="stop",
        raw_finish_reason="end_turn",
        usage=Usage(input_tokens=12, output_tokens=30),
        id="msg_01",
        model="claude-x",
        wire="anthropic_messages",
        raw=ANSWER,
    )
    assert reply.text == "Hi"


def test_blocks() -> None:
    citation = {"type": "char_location", "cited_text": "c", "document_index": 0}
    unknown = {"type": "web_search_tool_result", "tool_use_id": "s", "content": [{"title": None}]}
    assert read_parts(
        {"type": "thinking", "thinking": "", "signature": "sig"},
        {"type": "thinking", "thinking": "hm", "signature": ""},
        {"type": "redacted_thinking", "data": "sealed"},
        {"type": "text", "text": "a", "citations": [citation]},
        {"type": "text", "text": "b", "citations": []},
        {
            "type": "tool_use",
            "id": "t",
            "name": "n",
            "input": {"a": 1},
            "caller": {"type": "direct"},
            "toolset_name": None,
        },
        unknown,
        {"no": "type"},
    ) == (
        Thinking("", "sig"),
        Thinking("hm"),
        Thinking("", "sealed", redacted=True),
        Text("a", {"anthropic_messages": {"citations": [citation]}}),
        Text("b"),
        ToolCall("t", "n", '{"a": 1}', extra={"anthropic_messages": {"caller": {"type": "direct"}}}),
        Opaque("anthropic_messages", unknown),
        Opaque("anthropic_messages", {"no": "type"}),
    )


def test_the_text_of_a_tools_input_is_kept_to_the_letter() -> None:
    content = b'{"content":[{"type":"text","text":"a"},{"type":"tool_use","id":"t","name":"n","input":{ "a" : 1.0 }}]}'
    assert wire.read_reply(content).tool_calls[0].json == '{ "a" : 1.0 }'


def test_a_picture_that_cant_be_decoded_is_kept_whole() -> None:
    for kind, media in (("image", "image/png"), ("document", "application/pdf")):
        block = {"type": kind, "source": {"type": "base64", "media_type": media, "data": "x"}}
        assert read_parts(block) == (Opaque("anthropic_messages", block),)


@pytest.mark.parametrize(
    ("given_input", "text"), [(None, "{}"), ({}, "{}"), ('{"a": 1}', '{"a": 1}'), ("", "{}"), ([1], "[1]")]
)
def test_inputs_of_compatible_servers(given_input: Any, text: str) -> None:
    (part,) = read_parts({"type": "tool_use", "id": "t", "name": "n", "input": given_input})
    assert isinstance(part, ToolCall)
    assert part.json == text


def test_a_content_that_is_a_string() -> None:
    assert read(content="Hi").text == "Hi"


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("tool_use", "tool_calls"),
        ("pause_turn", "pause"),
        ("compaction", "pause"),
        ("refusal", "refusal"),
        ("something_new", None),
        (None, None),
    ],
)
def test_why_it_stopped(word: str | None, reason: str | None) -> None:
    reply = read(stop_reason=word)
    assert (reply.finish_reason, reply.raw_finish_reason) == (reason, word)


def test_which_stop_sequence_and_the_details_of_a_refusal() -> None:
    assert read(stop_reason="stop_sequence", stop_sequence="END").stop_sequence == "END"
    details = {"type": "refusal", "category": "cyber", "explanation": None}
    assert read(stop_reason="refusal", stop_details=details).extra == {"stop_details": details}


def test_usage_counts_cached_tokens_in() -> None:
    usage = {
        "input_tokens": 10,
        "cache_creation_input_tokens": 20,
        "cache_read_input_tokens": 30,
        "cache_creation": {"ephemeral_5m_input_tokens": 5, "ephemeral_1h_input_tokens": 15},
        "output_tokens": 40,
        "output_tokens_details": {"thinking_tokens": 18, "more": 1},
        "server_tool_use": {"web_search_requests": 2},
        "service_tier": "standard",
        "speed": None,
    }
    assert read(usage=usage).usage == Usage(
        input_tokens=60,
        output_tokens=40,
        cache_read_tokens=30,
        cache_write_tokens=20,
        reasoning_tokens=18,
        details={
            "cache_creation": {"ephemeral_5m_input_tokens": 5, "ephemeral_1h_input_tokens": 15},
            "server_tool_use": {"web_search_requests": 2},
            "service_tier": "standard",
            "output_tokens_details": {"more": 1},
        },
    )


@pytest.mark.parametrize(
    ("usage", "read_as"),
    [
        (None, Usage()),
        ({}, Usage()),
        ("?", Usage()),
        ({"input_tokens": 5}, Usage(input_tokens=5)),
        ({"input_tokens": None, "cache_read_input_tokens": 5}, Usage(cache_read_tokens=5)),
        ({"input_tokens": 5.0, "cache_read_input_tokens": 1}, Usage(input_tokens=6, cache_read_tokens=1)),
        ({"output_tokens": "7"}, Usage()),
        ({"output_tokens": float("inf"), "input_tokens": float("nan")}, Usage()),
        ({"output_tokens": True, "input_tokens": 1.5}, Usage()),
        ({"output_tokens_details": None, "output_tokens": 1}, Usage(output_tokens=1)),
    ],
)
def test_unknown_counters_stay_unknown(usage: Any, read_as: Usage) -> None:
    assert read(usage=usage).usage == read_as


def test_the_usage_of_two_steps_adds_up() -> None:
    first = read(usage={"input_tokens": 1, "output_tokens": 2, "cache_creation": {"ephemeral_1h_input_tokens": 3}})
    both = add(first.usage, first.usage)
    assert both.details == {"cache_creation": {"ephemeral_1h_input_tokens": 6}}


def test_other_fields_go_to_extra() -> None:
    container = {"id": "c", "expires_at": "2026-11-23T09:40:59Z"}
    assert read(container=container, diagnostics=None).extra == {"container": container}


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"", "the answer is empty"),
        (b"<html><body><h1>502</h1>\n Bad Gateway</body></html>", "'502 Bad Gateway'"),
        (b'{"id": "msg', '\'{"id": "msg\''),
        (b"[]", "'[]'"),
        (b'"text"', "text"),
        (b'{"id": "x"}', '\'{"id": "x"}\''),
        (b'{"content": [1]}', "content"),
        (b'{"choices": []}', "choices"),
    ],
)
def test_what_is_no_answer(body: bytes, shown: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        wire.read_reply(body)
    assert shown in caught.value.quoting


def test_an_error_inside_a_200() -> None:
    overloaded = {
        "type": "error",
        "error": {"type": "overloaded_error", "message": "Overloaded"},
        "request_id": "req_1",
    }
    with pytest.raises(OverloadedError) as caught:
        wire.read_reply(json.dumps(overloaded).encode())
    assert (caught.value.status, caught.value.request_id, caught.value.retryable) == (200, "req_1", True)
    with pytest.raises(BadRequestError, match="bad"):
        wire.read_reply(b'{"error": {"type": "invalid_request_error", "message": "bad"}}')


def test_odd_json_is_read() -> None:
    text, use = b'{"type": "text", "text": "a\\ud83d\n"}', b'{"type": "tool_use", "input": {"a": "\\ud83d"}}'
    reply = wire.read_reply(b'\xef\xbb\xbf{"content": [%s, %s]}' % (text, use))
    assert reply.text == "a\ud83d\n"
    assert reply.tool_calls[0].json in ('{"a": "\\ud83d"}', '{"a":"\\ud83d"}')


# Writing


def test_the_shape_of_an_answer() -> None:
    body = written(Text("Hi"), id="msg_1", model="claude-x", usage=Usage(input_tokens=60, cache_read_tokens=30))
    assert body == {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-x",
        "content": [{"type": "text", "text": "Hi"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "stop_details": None,
        "container": None,
        "usage": {
            "input_tokens": 30,
            "cache_creation_input_tokens": None,
            "cache_read_input_tokens": 30,
            "output_tokens": None,
        },
    }


@given(replies())
@settings(deadline=None, max_examples=30)
def test_the_sdk_takes_it(reply: Reply) -> None:
    known = replace(
        reply,
        usage=replace(reply.usage, input_tokens=10**7, output_tokens=1),
        message=Message("assistant", tuple(p for p in reply.message.parts if not isinstance(p, Opaque))),
        raw_finish_reason=None if reply.finish_reason is None else reply.raw_finish_reason,
    )
    message = SdkMessage.model_validate_json(wire.write_reply(known), strict=False)
    assert message.id == reply.id
    assert len(message.content) == len(known.message.parts)


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"finish_reason": "stop"}, "end_turn"),
        ({"finish_reason": "stop", "stop_sequence": "END"}, "stop_sequence"),
        ({"finish_reason": "stop", "raw_finish_reason": "stop"}, "end_turn"),
        ({"finish_reason": "length"}, "max_tokens"),
        (
            {"finish_reason": "length", "raw_finish_reason": "model_context_window_exceeded"},
            "model_context_window_exceeded",
        ),
        ({"finish_reason": "tool_calls", "raw_finish_reason": "tool_calls"}, "tool_use"),
        ({"finish_reason": "content_filter"}, "refusal"),
        ({"finish_reason": "refusal"}, "refusal"),
        ({"finish_reason": "pause"}, "pause_turn"),
        ({"finish_reason": "error"}, None),
        ({"finish_reason": None}, None),
        ({"finish_reason": None, "raw_finish_reason": "new"}, "new"),
    ],
)
def test_the_word_for_why_it_stopped(fields: dict[str, Any], word: str | None) -> None:
    assert written(Text("Hi"), **fields)["stop_reason"] == word


def test_what_an_answer_cant_hold() -> None:
    assert written(
        Image(url="u"),
        Document(text="d"),
        Audio(data=b"x", transcript="said"),
        Audio(data=b"x"),
        Opaque("responses", {"type": "item"}),
        Refusal("no"),
        Thinking("hm"),
        ToolCall("t", "n", "broken"),
    )["content"] == [
        {"type": "text", "text": "said"},
        {"type": "text", "text": "no"},
        {"type": "thinking", "thinking": "hm", "signature": ""},
        {"type": "tool_use", "id": "t", "name": "n", "input": {"INVALID_JSON": "broken"}},
    ]


def test_one_answer_only() -> None:
    reply = Reply(message=Message("assistant", ()), finish_reason="stop")
    with pytest.raises(ValueError, match="one answer"):
        wire.write_reply(reply, reply)
