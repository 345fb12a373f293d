"""Whole answers of Chat Completions in every dialect, and as OpenAI would send them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from openai.types.chat import ChatCompletion

from ringup.errors import (
    APIStatusError,
    BadRequestError,
    InternalServerError,
    PaymentRequiredError,
    ProtocolError,
    RateLimitError,
)
from ringup.messages import Audio, Message, Opaque, Refusal, Text, Thinking, ToolCall
from ringup.reply import Reply
from ringup.usage import Usage
from ringup.wires import chat_completions as wire

NAME = wire.NAME


def answer(message: dict[str, Any], finish: Any = "stop", choice: dict[str, Any] | None = None, **top: Any) -> bytes:
    choice = {"index": 0, "message": message, "finish_reason": finish, **(choice or {})}
    return json.dumps({"id": "chatcmpl-1", "created": 17, "model": "m-1", "choices": [choice], **top}).encode()


def read(message: dict[str, Any], finish: Any = "stop", **top: Any) -> Reply:
    return wire.read_reply(answer({"role": "assistant", **message}, finish, **top))


def used(usage: dict[str, Any], **top: Any) -> Usage:
    return read({"content": "a"}, usage=usage, **top).usage


def test_a_plain_answer() -> None:
    body = answer(
        {"role": "assistant", "content": "Hello!", "refusal": None, "annotations": []},
        choice={"logprobs": None},
        service_tier="default",
        system_fingerprint=None,
        usage={"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29},
    )
    reply = wire.read_reply(body)
    assert reply.message == Message("assistant", (Text("Hello!"),))
    assert (reply.text, reply.finish_reason, reply.raw_finish_reason) == ("Hello!", "stop", "stop")
    assert (reply.id, reply.model, reply.created, reply.wire) == ("chatcmpl-1", "m-1", 17, NAME)
    assert reply.usage == Usage(input_tokens=19, output_tokens=10)
    assert reply.extra == {"service_tier": "default"}
    assert reply.raw == json.loads(body)
    assert reply.notices == ()


def test_content_in_a_list() -> None:
    content = [{"type": "text", "text": "a"}, "b", {"type": "reference", "reference_ids": [1]}, {"type": "text"}]
    reply = read({"content": content})
    assert reply.text == "ab"
    assert reply.message.parts[2] == Opaque(NAME, {"type": "reference", "reference_ids": [1]})
    assert reply.message.parts[3] == Opaque(NAME, {"type": "text"})


@pytest.mark.parametrize("content", [None, "", []])
def test_no_content_is_no_part(content: Any) -> None:
    assert read({"content": content}, "length").message.parts == ()


def test_tool_calls() -> None:
    calls = [
        {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}, "index": 0},
        {"id": 7, "function": {"name": "g", "arguments": {"b": 2}}},  # no type, a number for an id, an object
        {"id": "c3", "type": "custom", "custom": {"name": "sql", "input": "SELECT"}},
        {"id": "", "type": "function", "function": {"name": "h", "arguments": None}, "extra_content": {"s": 1}},
        {"id": "c5", "type": "function", "function": {"name": "i", "arguments": "{"}, "custom": {"name": ""}},
        {"id": "c6", "type": "function"},
        "odd",
    ]
    reply = read({"content": None, "tool_calls": calls}, "tool_calls")
    assert reply.tool_calls == (
        ToolCall("c1", "f", '{"a":1}'),
        ToolCall("7", "g", '{"b":2}'),
        ToolCall("c3", "sql", "SELECT", "custom"),
        ToolCall("", "h", "", extra={NAME: {"extra_content": {"s": 1}}}),
        ToolCall("c5", "i", "{"),
    )
    assert reply.finish_reason == "tool_calls"


def test_objects_of_empty_texts_are_nothing() -> None:
    message = {
        "content": "4",
        "refusal": "",
        "audio": {"data": "", "expires_at": 0, "id": "", "transcript": ""},
        "function_call": {"arguments": "", "name": ""},
        "tool_calls": None,
    }
    reply = read(message, "")
    assert reply.message == Message("assistant", (Text("4"),))
    assert (reply.finish_reason, reply.raw_finish_reason) == (None, None)


@pytest.mark.parametrize(
    ("message", "text", "field"),
    [
        ({"reasoning_content": "hm"}, "hm", "reasoning_content"),
        ({"reasoning": "hm"}, "hm", "reasoning"),
        ({"reasoning_content": None, "reasoning": "hm"}, "hm", "reasoning"),
        ({"reasoning_content": "hm", "reasoning": "other"}, "hm", "reasoning_content"),
        (
            {"reasoning": "hm", "reasoning_details": [{"type": "reasoning.text", "text": "hm"}]},
            "hm",
            "reasoning_details",
        ),
        ({"reasoning_details": [{"type": "reasoning.summary", "summary": "hm"}]}, "hm", "reasoning_details"),
    ],
)
def test_reasoning_under_every_name(message: dict[str, Any], text: str, field: str) -> None:
    reply = read({**message, "content": "a"})
    thinking, said = reply.message.parts
    assert isinstance(thinking, Thinking)
    assert (thinking.text, thinking.extra[NAME]["field"], said) == (text, field, Text("a"))
    assert reply.message.extra == {}


def test_sealed_reasoning_beside_its_words() -> None:
    details = [{"type": "reasoning.encrypted", "data": "sealed", "index": 0}]
    plain, sealed, _ = read({"reasoning": "hm", "reasoning_details": details, "content": "a"}).message.parts
    assert isinstance(plain, Thinking)
    assert plain.text == "hm"
    assert isinstance(sealed, Thinking)
    assert (sealed.redacted, sealed.signature) == (True, "sealed")


def test_mistrals_thinking() -> None:
    chunk = {"type": "thinking", "thinking": [{"type": "text", "text": "h"}, {"type": "text", "text": "m"}]}
    thinking, text = read({"content": [chunk, {"type": "text", "text": "144"}]}).message.parts
    assert thinking == Thinking("hm", extra={NAME: {"field": "thinking"}})
    assert text == Text("144")
    sourced = {"type": "thinking", "thinking": [{"type": "text", "text": "h"}, {"type": "reference", "ids": [1]}]}
    reply = read({"content": [sourced]})
    assert json.loads(wire.write_reply(reply))["choices"][0]["message"]["content"] == [sourced]


def test_audio() -> None:
    audio = {"id": "audio_1", "data": "QUJD", "expires_at": 17, "transcript": "hello"}
    (part,) = read({"content": None, "audio": audio}).message.parts
    assert part == Audio(data=b"ABC", id="audio_1", transcript="hello", extra={NAME: {"expires_at": 17}})


def test_what_has_no_name_is_kept() -> None:
    citation = [{"type": "url_citation", "url_citation": {"url": "https://example.com"}}]
    reply = wire.read_reply(
        answer(
            {"content": "a", "annotations": citation, "images": []},
            choice={"logprobs": {"content": []}, "native_finish_reason": "STOP"},
            provider="Google",
            warnings=[],
        )
    )
    assert reply.message.extra == {NAME: {"annotations": citation}}
    assert reply.extra == {"logprobs": {"content": []}, "native_finish_reason": "STOP", "provider": "Google"}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("stop", "stop"),
        ("length", "length"),
        ("tool_calls", "tool_calls"),
        ("function_call", "tool_calls"),
        ("content_filter", "content_filter"),
        ("eos", "stop"),
        ("eos_token", "stop"),
        ("tool_use", "tool_calls"),
        ("content_filter: SAFETY", "content_filter"),
        ("function_call_filter: MALFORMED_FUNCTION_CALL", "error"),
        ("model_length", "length"),
        ("insufficient_system_resource", "error"),
        ("error", "error"),
        ("something_new", None),
    ],
)
def test_finish_reasons(raw: str, reason: str | None) -> None:
    reply = read({"content": "a"}, raw)
    assert (reply.finish_reason, reply.raw_finish_reason) == (reason, raw)


def test_a_missing_finish_reason_is_unknown() -> None:
    reply = read({"content": "a"}, None)
    assert (reply.finish_reason, reply.raw_finish_reason) == (None, None)


def test_a_refusal_is_its_own_reason() -> None:
    reply = read({"content": None, "refusal": "I can't."})
    assert reply.message.parts == (Refusal("I can't."),)
    assert (reply.finish_reason, reply.raw_finish_reason) == ("refusal", "stop")
    assert read({"content": None, "refusal": "I can"}, "length").finish_reason == "length"


# Usage


def test_usage_with_its_details() -> None:
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 50,
        "total_tokens": 150,
        "prompt_tokens_details": {"cached_tokens": 80, "cache_write_tokens": 5, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "accepted_prediction_tokens": 2},
        "cost": 0.25,
        "cost_details": {"upstream": None, "prompt": 0.1},
        "is_byok": False,
    }
    assert used(usage) == Usage(
        input_tokens=100,
        output_tokens=50,
        cache_read_tokens=80,
        cache_write_tokens=5,
        reasoning_tokens=0,
        details={
            "prompt_tokens_details.audio_tokens": 0,
            "completion_tokens_details.accepted_prediction_tokens": 2,
            "cost": 0.25,
            "cost_details.prompt": 0.1,
            "is_byok": False,
        },
    )


def test_what_usage_does_not_say_is_unknown() -> None:
    plain = used({"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3})
    assert (plain.cache_read_tokens, plain.cache_write_tokens, plain.reasoning_tokens) == (None, None, None)
    assert read({"content": "a"}).usage == Usage()
    assert used({"total_tokens": 3}) == Usage(details={"total_tokens": 3})


def test_reasoning_that_completion_tokens_leave_out_is_added() -> None:
    details = {"completion_tokens_details": {"reasoning_tokens": 30}}
    without = used({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 45, **details})
    assert (without.output_tokens, without.reasoning_tokens, without.total_tokens) == (35, 30, 45)
    within = used({"prompt_tokens": 10, "completion_tokens": 35, "total_tokens": 45, **details})
    assert (within.output_tokens, within.reasoning_tokens, within.total_tokens) == (35, 30, 45)


def test_a_total_that_does_not_add_up_is_kept() -> None:
    odd = used({"prompt_tokens": 35, "completion_tokens": 12, "total_tokens": 109})
    assert (odd.input_tokens, odd.output_tokens, odd.details) == (35, 12, {"total_tokens": 109})


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_cache_hit_tokens": 3, "prompt_cache_miss_tokens": 4},
        {"num_cached_tokens": 3},
        {"cached_tokens": 3},
        {"prompt_tokens_details": {"cached_tokens": 3}, "prompt_cache_hit_tokens": 9},
        {"prompt_tokens_details": None, "num_cached_tokens": 3},
    ],
)
def test_cached_tokens_under_every_name(usage: dict[str, Any]) -> None:
    assert used({"prompt_tokens": 7, "completion_tokens": 1, **usage}).cache_read_tokens == 3


def test_groqs_usage_and_numbers_with_a_point() -> None:
    assert read({"content": "a"}, x_groq={"usage": {"prompt_tokens": 7.0}}).usage.input_tokens == 7
    assert read({"content": "a"}, x_groq="odd", usage=[]).usage == Usage()
    assert used({"prompt_tokens": "7", "completion_tokens": True}).input_tokens is None


# What isn't an answer


def test_several_choices_give_the_first_and_a_notice() -> None:
    choices = [
        {"index": 1, "message": {"content": "b"}, "finish_reason": "stop"},
        {"index": 0, "message": {"content": "a"}, "finish_reason": "stop"},
    ]
    reply = wire.read_reply(json.dumps({"choices": choices}).encode())
    assert reply.text == "a"
    assert [(notice.kind, notice.what) for notice in reply.notices] == [("dropped", "n")]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"error": {"message": "bad", "type": "invalid_request_error", "code": None}}, BadRequestError),
        ({"error": {"message": "bad", "code": 502}}, InternalServerError),
        ({"error": {"message": "bad", "code": "402"}, "user_id": "u"}, PaymentRequiredError),
        ({"error": "bad"}, APIStatusError),
        ({"object": "error", "message": "bad", "type": "rate_limited", "code": "1300"}, RateLimitError),
        ([{"error": {"message": "bad", "code": 429, "status": "RESOURCE_EXHAUSTED"}}], RateLimitError),
    ],
)
def test_errors_inside_a_200(error: Any, kind: type[APIStatusError]) -> None:
    with pytest.raises(APIStatusError, match="bad") as caught:
        wire.read_reply(json.dumps(error).encode())
    assert type(caught.value) is kind


def test_an_error_beside_an_answer_carries_what_came() -> None:
    body = answer({"content": "par"}, "error", {"error": {"code": 502, "message": "upstream went away"}})
    with pytest.raises(InternalServerError, match="upstream went away") as caught:
        wire.read_reply(body)
    assert caught.value.partial.text == "par"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html><title>Welcome</title><body>Sign in</body></html>", "an HTML page.*Sign in"),
        (b"hello", "text that isn't JSON.*hello"),
        (b"", "an empty body"),
        (b"[1, 2]", "isn't an object"),
        (b'{"status": "ok"}', "without choices.*status"),
        (b'{"choices": []}', "without a choice"),
        (b'{"choices": [{"index": 0}]}', "without a choice"),
        (b'{"choices": [{"message": {"content": "cut', "text that isn't JSON"),
        (b"[" * 100_000, "text that isn't JSON"),
    ],
)
def test_what_is_no_answer_says_what_arrived(body: bytes, said: str) -> None:
    with pytest.raises(ProtocolError, match=said):
        wire.read_reply(body)


def test_odd_json_is_read_all_the_same() -> None:
    choice = b'{"message": {"content": "a\\ud800"}, "finish_reason": "stop"}'
    body = b'\n\n\r\n {"id": 5, "created": 17.0, "choices": [%s]}' % choice
    reply = wire.read_reply(body)
    assert (reply.id, reply.created, reply.text) == ("5", 17, "a\ud800")
    assert json.loads(wire.write_reply(reply))["choices"][0]["message"]["content"] == "a\ud800"


# Writing


def test_an_answer_as_openai_sends_it() -> None:
    reply = Reply(
        message=Message("assistant", (Text("Hello!"),)),
        finish_reason="stop",
        usage=Usage(input_tokens=19, output_tokens=10, cache_read_tokens=0, reasoning_tokens=0),
        id="chatcmpl-1",
        model="gpt-5.5-2026-04-23",
        created=17,
        extra={"service_tier": "default"},
    )
    body = json.loads(wire.write_reply(reply))
    assert body == {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 17,
        "model": "gpt-5.5-2026-04-23",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello!", "refusal": None, "annotations": []},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 19,
            "completion_tokens": 10,
            "total_tokens": 29,
            "prompt_tokens_details": {"cached_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0},
        },
        "service_tier": "default",
        "system_fingerprint": None,
    }
    assert ChatCompletion.model_validate(body, strict=True).to_dict() == body


def test_every_part_passes_openais_own_types() -> None:
    calls = (ToolCall("c1", "f"), ToolCall("c2", "sql", "SELECT", "custom"))
    spoken = Audio(data=b"x", id="audio_1", transcript="hello", extra={NAME: {"expires_at": 17}})
    first = Reply(message=Message("assistant", (Thinking("hm"), spoken, *calls)), finish_reason="tool_calls")
    second = Reply(message=Message("assistant", (Refusal("no"),)), finish_reason="refusal")
    body = json.loads(wire.write_reply(first, second))
    completion = ChatCompletion.model_validate(body)
    assert [choice.index for choice in completion.choices] == [0, 1]
    assert [choice.finish_reason for choice in completion.choices] == ["tool_calls", "stop"]
    assert completion.choices[0].message.content is None
    assert completion.choices[1].message.refusal == "no"
    assert "usage" not in body


@pytest.mark.parametrize(
    ("reason", "raw", "word"),
    [
        ("stop", "end_turn", "stop"),
        ("stop", "eos", "stop"),
        ("length", "max_tokens", "length"),
        ("tool_calls", "function_call", "function_call"),
        ("tool_calls", "tool_use", "tool_calls"),
        ("refusal", "refusal", "content_filter"),
        ("pause", "pause_turn", "length"),
        ("error", None, "error"),
        (None, None, None),
    ],
)
def test_finish_words_of_other_apis_become_openais(reason: Any, raw: str | None, word: str | None) -> None:
    reply = Reply(message=Message("assistant", (Text("a"),)), finish_reason=reason, raw_finish_reason=raw)
    assert json.loads(wire.write_reply(reply))["choices"][0]["finish_reason"] == word


def test_an_answer_of_nothing_has_an_empty_text() -> None:
    body = json.loads(wire.write_reply(Reply(message=Message("assistant", ()), finish_reason="length")))
    assert body["choices"][0]["message"]["content"] == ""


def test_what_a_piece_of_content_has_beside_its_words_goes_out_again() -> None:
    content = [{"type": "text", "text": "Hi", "annotations": [{"type": "x"}]}, {"type": "text", "text": "!"}]
    reply = wire.read_reply(json.dumps({"choices": [{"message": {"content": content}}]}).encode())
    assert json.loads(wire.write_reply(reply))["choices"][0]["message"]["content"] == content
