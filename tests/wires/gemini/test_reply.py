"""Gemini: whole answers, both ways."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringup.errors import AuthenticationError, InternalServerError, ProtocolError
from ringup.messages import Audio, Document, Image, Message, Opaque, Part, Refusal, Text, Thinking, ToolCall, ToolResult
from ringup.reply import Reply
from ringup.usage import Usage
from ringup.wires import gemini as wire

MINE = {"gemini": {"thought": True}}


def answer(*parts: Any, reason: str | None = "STOP", **candidate: Any) -> dict[str, Any]:
    found = {"content": {"parts": list(parts), "role": "model"}, "finishReason": reason, "index": 0} | candidate
    return {"candidates": [{key: value for key, value in found.items() if value is not None}], "responseId": "r-1"}


def read(value: Any) -> Reply:
    return wire.read_reply(json.dumps(value).encode())


def written(*parts: Part, **fields: Any) -> dict[str, Any]:
    reply = Reply(message=Message("assistant", parts), **({"finish_reason": "stop"} | fields))
    value: dict[str, Any] = json.loads(wire.write_reply(reply))
    return value


# Reading


def test_every_field() -> None:
    value = answer(
        {"text": "hm", "thought": True},
        {"text": ""},
        {"text": "Hi", "thoughtSignature": "QQ=="},
        {"functionCall": {"name": "f", "args": {"a": 1}}},
        {"functionCall": {"id": "given", "name": "g"}, "thoughtSignature": "Qg=="},
        {"inlineData": {"mimeType": "image/png", "data": "eA=="}},
        {"executableCode": {"code": "1"}},
        {},
        groundingMetadata={"webSearchQueries": ["q"]},
        avgLogprobs=-0.5,
        index=None,
    ) | {
        "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 7, "totalTokenCount": 12},
        "modelVersion": "gemini-x",
        "createTime": "2026-11-23T09:00:00.5Z",
        "promptFeedback": {"safetyRatings": []},
    }
    reply = read(value)
    assert reply == Reply(
        message=Message(
            "assistant",
            (
                Thinking("hm", extra=MINE),
                Text("Hi", {"gemini": {"thoughtSignature": "QQ=="}}),
                ToolCall("call_0_r-1", "f", '{"a":1}', extra={"gemini": {"functionCall": {"id": None}}}),
                ToolCall("given", "g", extra={"gemini": {"thoughtSignature": "Qg=="}}),
                Image(data=b"x", media_type="image/png"),
                Opaque("gemini", {"executableCode": {"code": "1"}}),
            ),
        ),
        finish_reason="tool_calls",
        raw_finish_reason="STOP",
        usage=Usage(input_tokens=5, output_tokens=7),
        id="r-1",
        model="gemini-x",
        created=1795424400,
        extra={
            "groundingMetadata": {"webSearchQueries": ["q"]},
            "avgLogprobs": -0.5,
            "createTime": "2026-11-23T09:00:00.5Z",
            "promptFeedback": {"safetyRatings": []},
        },
        wire="gemini",
        raw=value,
    )
    assert reply.text == "Hi"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "content_filter"),
        ("RECITATION", "content_filter"),
        ("BLOCKLIST", "content_filter"),
        ("PROHIBITED_CONTENT", "content_filter"),
        ("SPII", "content_filter"),
        ("IMAGE_SAFETY", "content_filter"),
        ("MODEL_ARMOR", "content_filter"),
        ("MALFORMED_FUNCTION_CALL", "error"),
        ("UNEXPECTED_TOOL_CALL", "error"),
        ("MISSING_THOUGHT_SIGNATURE", "error"),
        ("OTHER", "error"),
        ("CONTINUATION", "pause"),
        ("FINISH_REASON_UNSPECIFIED", None),
        ("BRAND_NEW", None),
        (None, None),
    ],
)
def test_finish_reasons(raw: str | None, reason: str | None) -> None:
    reply = read(answer({"text": "a"}, reason=raw))
    assert (reply.finish_reason, reply.raw_finish_reason) == (reason, raw)
    assert json.loads(wire.write_reply(reply))["candidates"][0].get("finishReason") == raw


def test_a_call_that_was_cut_short_is_no_tool_call() -> None:
    reply = read(answer({"functionCall": {"name": "f"}}, reason="MAX_TOKENS"))
    assert reply.finish_reason == "length"


def test_a_blocked_prompt_has_no_candidates() -> None:
    value = {
        "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"},
        "usageMetadata": {"promptTokenCount": 5, "totalTokenCount": 5},
        "modelVersion": "m",
    }
    reply = read(value)
    assert (reply.finish_reason, reply.raw_finish_reason) == ("content_filter", "PROHIBITED_CONTENT")
    assert reply.message.parts == ()
    assert reply.usage == Usage(input_tokens=5, output_tokens=0)
    assert json.loads(wire.write_reply(reply)) == value


def test_an_answer_may_be_empty() -> None:
    reply = read({"usageMetadata": {"promptTokenCount": 5}, "modelVersion": "m"})
    assert (reply.message.parts, reply.finish_reason, reply.usage) == ((), None, Usage(input_tokens=5))
    assert read(answer(reason="SAFETY", content={})).finish_reason == "content_filter"


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (
            {
                "promptTokenCount": 100,
                "cachedContentTokenCount": 80,
                "candidatesTokenCount": 7,
                "thoughtsTokenCount": 20,
                "toolUsePromptTokenCount": 3,
                "totalTokenCount": 130,
                "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 100}],
            },
            Usage(
                input_tokens=103,
                output_tokens=27,
                cache_read_tokens=80,
                reasoning_tokens=20,
                details={
                    "toolUsePromptTokenCount": 3,
                    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 100}],
                },
            ),
        ),
        (
            {"promptTokenCount": 5, "thoughtsTokenCount": 9, "totalTokenCount": 14},
            Usage(input_tokens=5, output_tokens=9, reasoning_tokens=9),
        ),
        ({"promptTokenCount": 5, "totalTokenCount": 5}, Usage(input_tokens=5, output_tokens=0)),
        ({"promptTokenCount": 5}, Usage(input_tokens=5)),
        ({"candidatesTokenCount": 5.0}, Usage(output_tokens=5)),
        ({}, Usage()),
        (None, Usage()),
        (
            {"promptTokenCount": 5, "candidatesTokenCount": 5, "totalTokenCount": 99},
            Usage(input_tokens=5, output_tokens=5, details={"totalTokenCount": 99}),
        ),
    ],
)
def test_usage(sent: Any, meant: Usage) -> None:
    reply = read(answer({"text": "a"}) | {"usageMetadata": sent})
    assert reply.usage == meant
    again = json.loads(wire.write_reply(reply)).get("usageMetadata")
    assert read(answer({"text": "a"}) | {"usageMetadata": again}).usage == meant


def test_several_candidates() -> None:
    value = answer({"text": "second"}, index=1)
    value["candidates"].append(answer({"text": "first"}, index=None)["candidates"][0])
    reply = read(value)
    assert reply.text == "first"
    assert [(notice.kind, notice.what) for notice in reply.notices] == [("dropped", "n")]


def test_ids_of_calls_differ_between_turns_and_suit_other_apis() -> None:
    value = answer({"functionCall": {"name": "f"}}, {"functionCall": {"name": "f", "id": ""}})
    ids = [call.id for call in read(value | {"responseId": "é/x" + "y" * 50}).tool_calls]
    assert ids == ["call_0_x" + "y" * 27, "call_1_x" + "y" * 27]
    assert [call.id for call in read(value | {"responseId": None}).tool_calls] == ["call_0", "call_1"]


def test_a_list_of_one_is_an_answer() -> None:
    assert read([answer({"text": "a"})]).text == "a"


def test_errors_inside_a_200() -> None:
    with pytest.raises(AuthenticationError):
        read({"error": {"code": 401, "message": "no", "status": "UNAUTHENTICATED"}})
    with pytest.raises(InternalServerError) as caught:
        read([{"error": {"message": "no"}}])
    assert caught.value.status == 500


@pytest.mark.parametrize("body", [b"", b"<html>x</html>", b"{}", b'{"choices": []}', b"[]", b"[{}, {}]", b"{", b"5"])
def test_what_is_no_answer(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        wire.read_reply(body)


@pytest.mark.parametrize(
    "part",
    [
        {"inlineData": {"mimeType": "image/png", "data": "%%"}},
        {"inlineData": {"data": "eA=="}},
        {"inlineData": {"mimeType": "image/png"}},
        {"fileData": {"mimeType": "image/png"}},
        {"functionResponse": {"name": "f", "response": {}}},
        {"brandNew": {"text": 1}},
    ],
)
def test_what_isnt_modelled_is_kept_whole(part: dict[str, Any]) -> None:
    reply = read(answer(part))
    assert reply.message.parts == (Opaque("gemini", part),)
    assert json.loads(wire.write_reply(reply))["candidates"][0]["content"]["parts"] == [part]


def test_arguments_of_another_type_are_kept_as_their_text() -> None:
    calls = [{"functionCall": {"name": "f", "args": args}} for args in ('{"a": 1}', "", None, [1])]
    assert [call.json for call in read(answer(*calls)).tool_calls] == ['{"a": 1}', "{}", "{}", "[1]"]


# Writing


def test_what_other_apis_say() -> None:
    value = written(
        Thinking("hm", "sealed"),
        Refusal("no"),
        Audio(id="a", transcript="words"),
        Audio(id="b"),
        Opaque("responses", {"type": "item"}),
        ToolResult("x"),
        Text("a", {"anthropic_messages": {"citations": []}}),
        Document(data=b"x", media_type="application/pdf"),
        id="1",
        model="m",
        created=5,
        stop_sequence="END",
        usage=Usage(input_tokens=5, output_tokens=9, reasoning_tokens=4, cache_write_tokens=3, details={"odd": 1}),
    )
    assert value == {
        "candidates": [
            {
                "content": {
                    "parts": [
                        {"text": "hm", "thought": True, "thoughtSignature": "sealed"},
                        {"text": "no"},
                        {"text": "words"},
                        {"text": "a"},
                        {"inlineData": {"mimeType": "application/pdf", "data": "eA=="}},
                    ],
                    "role": "model",
                },
                "finishReason": "STOP",
                "index": 0,
            }
        ],
        "usageMetadata": {
            "promptTokenCount": 5,
            "candidatesTokenCount": 5,
            "thoughtsTokenCount": 4,
            "totalTokenCount": 14,
        },
        "modelVersion": "m",
        "responseId": "1",
    }


@pytest.mark.parametrize(
    ("reason", "raw", "sent"),
    [
        ("tool_calls", "tool_use", "STOP"),
        ("length", "max_tokens", "MAX_TOKENS"),
        ("content_filter", None, "SAFETY"),
        ("content_filter", "SPII", "SPII"),
        ("refusal", "refusal", "SAFETY"),
        ("pause", "pause_turn", "CONTINUATION"),
        ("error", None, "OTHER"),
    ],
)
def test_reasons_of_other_apis(reason: str, raw: str | None, sent: str) -> None:
    assert written(finish_reason=reason, raw_finish_reason=raw)["candidates"][0]["finishReason"] == sent


def test_fields_stand_where_they_belong() -> None:
    reply = read(answer({"text": "a"}, avgLogprobs=-1) | {"modelStatus": {"modelStage": "STABLE"}})
    value = json.loads(wire.write_reply(reply, reply))
    assert value["modelStatus"] == {"modelStage": "STABLE"}
    assert [candidate["avgLogprobs"] for candidate in value["candidates"]] == [-1, -1]
    assert [candidate["index"] for candidate in value["candidates"]] == [0, 1]
