"""Whole answers of the Responses wire, read and written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringup.errors import (
    APIError,
    BadRequestError,
    ContextLengthError,
    InternalServerError,
    NotFoundError,
    ProtocolError,
    RateLimitError,
)
from ringup.messages import Audio, Image, Message, Opaque, Refusal, Request, Text, Thinking, ToolCall
from ringup.reply import Reply
from ringup.usage import Usage
from ringup.wires import responses as wire

TEXT = {"type": "output_text", "text": "Hi", "annotations": []}
MESSAGE = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [TEXT]}
CALL = {"id": "fc_1", "type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}


def answer(*output: Any, **top: Any) -> bytes:
    whole = {"id": "resp_1", "object": "response", "created_at": 17, "status": "completed", "model": "gpt-x"}
    return json.dumps({**whole, "output": list(output), **top}).encode()


def read(*output: Any, **top: Any) -> Reply:
    return wire.read_reply(answer(*output, **top))


def own(**fields: Any) -> dict[str, Any]:
    return {"responses": fields}


def test_a_whole_answer() -> None:
    reasoning = {
        "id": "rs_1",
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "Hm."}],
        "content": [],
        "encrypted_content": "sealed",
    }
    search = {"id": "ws_1", "type": "web_search_call", "status": "completed", "action": {"type": "search"}}
    cited = {"type": "url_citation", "url": "https://example.com"}
    content = [{**TEXT, "annotations": [cited], "logprobs": []}, {"type": "refusal", "refusal": "No."}]
    custom = {"id": "ctc_1", "type": "custom_tool_call", "call_id": "call_2", "name": "sql", "input": "SELECT 1"}
    reply = read(
        reasoning,
        search,
        {**MESSAGE, "phase": "final_answer", "content": content},
        CALL,
        custom,
        usage={
            "input_tokens": 10,
            "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 3, "audio_tokens": 1},
            "output_tokens": 5,
            "output_tokens_details": {"reasoning_tokens": 2},
            "total_tokens": 15,
            "cost_in_usd_ticks": 7,
        },
        service_tier="default",
        error=None,
        tools=[],
        metadata={},
        completed_at=18,
    )
    fields = {"id": "msg_1", "status": "completed", "phase": "final_answer"}
    assert reply.message == Message(
        "assistant",
        (
            Thinking("Hm.", "sealed", extra=own(field="summary", id="rs_1")),
            Opaque("responses", search),
            Text("Hi", own(annotations=[cited], item=fields)),
            Refusal("No.", own(joins=True)),
            ToolCall("call_1", "f", "{}", extra=own(id="fc_1")),
            ToolCall("call_2", "sql", "SELECT 1", "custom", own(id="ctc_1")),
        ),
    )
    assert (reply.finish_reason, reply.raw_finish_reason) == ("tool_calls", "completed")
    assert (reply.id, reply.model, reply.created, reply.wire) == ("resp_1", "gpt-x", 17, "responses")
    assert reply.usage == Usage(
        input_tokens=10,
        output_tokens=5,
        cache_read_tokens=4,
        cache_write_tokens=3,
        reasoning_tokens=2,
        details={"input_tokens_details.audio_tokens": 1, "cost_in_usd_ticks": 7},
    )
    assert reply.extra == {"service_tier": "default", "completed_at": 18}
    assert reply.raw["id"] == "resp_1"


@pytest.mark.parametrize(
    ("top", "output", "reason", "raw"),
    [
        ({}, [MESSAGE], "stop", "completed"),
        ({}, [], "stop", "completed"),
        ({"status": "complete"}, [MESSAGE], "stop", "complete"),
        ({}, [MESSAGE, CALL], "tool_calls", "completed"),
        ({}, [{**MESSAGE, "content": [{"type": "refusal", "refusal": "No."}]}], "refusal", "completed"),
        ({}, [{"type": "computer_call", "id": "cu_1"}], "stop", "completed"),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
            [MESSAGE],
            "length",
            "max_output_tokens",
        ),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}},
            [CALL],
            "content_filter",
            "content_filter",
        ),
        ({"status": "incomplete", "incomplete_details": {"reason": "steered"}}, [], "pause", "steered"),
        ({"status": "incomplete", "incomplete_details": {"reason": "odd"}}, [], None, "odd"),
        ({"status": "incomplete"}, [], None, "incomplete"),
        ({"status": "cancelled"}, [MESSAGE], "error", "cancelled"),
        ({"status": "queued"}, [], None, "queued"),
        ({"status": "in_progress"}, [MESSAGE], None, "in_progress"),
        ({"status": None}, [MESSAGE], None, None),
    ],
)
def test_why_it_stopped(top: dict[str, Any], output: list[Any], reason: str | None, raw: str | None) -> None:
    reply = read(*output, **top)
    assert (reply.finish_reason, reply.raw_finish_reason) == (reason, raw)


@pytest.mark.parametrize(
    ("item", "part"),
    [
        ({"type": "reasoning", "summary": []}, Thinking("", extra=own(field="summary"))),
        (
            {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": text} for text in "ab"]},
            Thinking(
                "a\n\nb",
                extra=own(field="summary", id="r", summary=[{"type": "summary_text", "text": text} for text in "ab"]),
            ),
        ),
        (
            {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm."}], "status": "x"},
            Thinking("Hm.", extra=own(field="content", status="x")),
        ),
        (
            {
                "type": "reasoning",
                "summary": [{"type": "summary_text", "text": "short"}],
                "content": [{"type": "reasoning_text", "text": "long"}],
                "encrypted_content": "",
            },
            Thinking("long", extra=own(field="content", summary=[{"type": "summary_text", "text": "short"}])),
        ),
        ({"type": "function_call", "id": "fc", "name": "f"}, ToolCall("fc", "f", "", extra=own(id="fc"))),
        ({"type": "function_call", "call_id": "c", "name": "f", "arguments": {"a": 1}}, ToolCall("c", "f", '{"a":1}')),
        ({"type": "message", "content": "Hi"}, Text("Hi")),
        ({"role": "assistant", "content": [{"type": "text", "text": "Hi"}]}, Text("Hi")),
        ({"type": "message", "content": []}, Opaque("responses", {"type": "message", "content": []})),
        ({"type": "message", "content": ["Hi"]}, Text("Hi")),
        ({"type": "message", "content": [7]}, Text("7")),
        (
            {"type": "message", "content": [{"type": "output_audio", "data": "x"}]},
            Opaque("responses", {"type": "output_audio", "data": "x"}),
        ),
        (
            {"type": "message", "id": "m", "content": [{"type": "odd"}]},
            Opaque("responses", {"type": "message", "role": "assistant", "content": [{"type": "odd"}]}),
        ),
        ({"type": "hologram", "x": 1}, Opaque("responses", {"type": "hologram", "x": 1})),
    ],
)
def test_items(item: dict[str, Any], part: Any) -> None:
    assert read(item).message.parts == (part,)


def test_what_is_no_item_is_passed_over() -> None:
    assert read(None, "x", MESSAGE).text == "Hi"


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (None, Usage()),
        ({}, Usage()),
        ("many", Usage()),
        ({"input_tokens": 3}, Usage(input_tokens=3)),
        ({"input_tokens": 3.0, "output_tokens": True}, Usage(input_tokens=3)),
        (
            {"input_tokens": 1, "output_tokens": 1, "total_tokens": 5},
            Usage(input_tokens=1, output_tokens=1, details={"total_tokens": 5}),
        ),
        ({"input_tokens_details": None, "output_tokens_details": {"reasoning_tokens": None}}, Usage()),
    ],
)
def test_usage(usage: Any, expected: Usage) -> None:
    assert read(MESSAGE, usage=usage).usage == expected


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": "server_error", "message": "Sorry."}, InternalServerError),
        ({"code": "rate_limit_exceeded", "message": "Slow."}, RateLimitError),
        ({"code": "invalid_prompt", "message": "No."}, BadRequestError),
        ({"code": "image_content_policy_violation", "message": "No."}, BadRequestError),
        ({"code": "vector_store_timeout", "message": "Late."}, InternalServerError),
        ({"code": "context_length_exceeded", "message": "Long."}, ContextLengthError),
        ({"code": "odd", "message": "Odd."}, APIError),
        ({"code": "odd", "type": "not_found_error", "message": "Gone."}, NotFoundError),
    ],
)
def test_a_failed_response_is_an_error(error: dict[str, Any], kind: type[APIError]) -> None:
    with pytest.raises(kind) as caught:
        read(MESSAGE, status="failed", error=error)
    assert (caught.value.message, caught.value.code) == (error["message"], error["code"])
    assert caught.value.partial.text == "Hi"


@pytest.mark.parametrize("error", [None, "It broke."])
def test_a_failure_that_says_little(error: Any) -> None:
    with pytest.raises(InternalServerError, match=error or "doesn't say why"):
        read(status="failed", error=error)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "an empty body"),
        (b"oops", "text that isn't JSON"),
        (b"<html>Bad gateway</html>", "an HTML page"),
        (b"[1, 2]", "JSON that isn't an object"),
        (b'{"choices": []}', "JSON without an output"),
    ],
)
def test_what_is_no_answer(body: bytes, said: str) -> None:
    with pytest.raises(ProtocolError, match=said):
        wire.read_reply(body)


def test_an_error_inside_a_200() -> None:
    with pytest.raises(RateLimitError, match=r"Slow\."):
        wire.read_reply(b'{"error": {"message": "Slow.", "code": "rate_limit_exceeded"}}')


def test_blank_lines_before_an_answer_are_waiting() -> None:
    assert wire.read_reply(b"\n\n" + answer(MESSAGE)).text == "Hi"


# Writing


def written(reply: Reply) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(wire.write_reply(reply))
    return body


def made(*parts: Any, **fields: Any) -> Reply:
    whole = {"finish_reason": "stop", "id": "resp_abc", "model": "gpt-x", "created": 17}
    return Reply(message=Message("assistant", parts), **{**whole, **fields})


def test_an_answer_from_elsewhere_gets_ids() -> None:
    body = written(
        made(Thinking("Hm."), Text("Hi"), Text("there"), ToolCall("c1", "f"), ToolCall("c2", "g", "x", "custom"))
    )
    assert [item["id"] for item in body["output"]] == [
        "rs_abc0000",
        "msg_abc0001",
        "msg_abc0002",
        "fc_abc0003",
        "ctc_abc0004",
    ]
    assert body["output"][0] == {
        "id": "rs_abc0000",
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "Hm."}],
    }
    assert body["output"][1]["content"] == [{"type": "output_text", "text": "Hi", "annotations": [], "logprobs": []}]
    assert {item.get("status") for item in body["output"][1:]} == {"completed"}


def test_the_frame_of_an_answer() -> None:
    usage = Usage(
        input_tokens=3, output_tokens=2, cache_read_tokens=1, details={"output_tokens_details.audio_tokens": 1}
    )
    body = written(made(Text("Hi"), usage=usage, extra={"temperature": 0.5}))
    assert body.pop("output")
    assert body == {
        "id": "resp_abc",
        "object": "response",
        "created_at": 17,
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "model": "gpt-x",
        "background": False,
        "instructions": None,
        "max_output_tokens": None,
        "max_tool_calls": None,
        "metadata": {},
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "prompt_cache_key": None,
        "reasoning": {"effort": None, "summary": None},
        "safety_identifier": None,
        "service_tier": "default",
        "store": True,
        "temperature": 0.5,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_logprobs": 0,
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": {
            "input_tokens": 3,
            "input_tokens_details": {"cached_tokens": 1},
            "output_tokens": 2,
            "output_tokens_details": {"audio_tokens": 1},
            "total_tokens": 5,
        },
    }


def test_what_a_response_repeats_of_its_request() -> None:
    request = Request(
        model="m",
        messages=(),
        system=(Text("Be brief."),),
        max_tokens=99,
        extra={"text": {"verbosity": "low"}, "user": "u", "top_k": 5, "store": None, "conversation": {"id": "c"}},
    )
    said = wire.echo(request)
    assert (said["instructions"], said["max_output_tokens"], said["store"]) == ("Be brief.", 99, True)
    assert (said["text"], said["user"], said["conversation"]) == ({"verbosity": "low"}, "u", {"id": "c"})
    assert "top_k" not in said
    assert wire.echo(Request(model="m", messages=()))["store"] is False


@pytest.mark.parametrize(
    ("reason", "raw", "parts", "status", "details"),
    [
        ("stop", "end_turn", [], "completed", None),
        ("tool_calls", None, [ToolCall("c", "f")], "completed", None),
        ("length", "max_tokens", [], "incomplete", "max_tokens"),
        ("length", "length", [], "incomplete", "max_output_tokens"),
        ("pause", "pause_turn", [], "incomplete", "max_output_tokens"),
        ("content_filter", "SAFETY", [], "incomplete", "content_filter"),
        ("refusal", "refusal", [Refusal("No.")], "completed", None),
        ("refusal", "refusal", [], "incomplete", "content_filter"),
        ("error", "error", [], "failed", None),
        ("error", "cancelled", [], "cancelled", None),
        (None, "queued", [], "queued", None),
        (None, None, [], "completed", None),
    ],
)
def test_statuses(reason: Any, raw: Any, parts: list[Any], status: str, details: str | None) -> None:
    body = written(made(*parts, finish_reason=reason, raw_finish_reason=raw))
    assert body["status"] == status
    assert body["incomplete_details"] == ({"reason": details} if details else None)
    assert (body["error"] is not None) == (status == "failed")


def test_the_last_item_of_an_incomplete_answer_is_incomplete() -> None:
    body = written(made(Text("One"), Text("Two"), finish_reason="length"))
    assert [item["status"] for item in body["output"]] == ["completed", "incomplete"]


def test_what_no_answer_can_hold_is_left_out() -> None:
    parts = (Image(url="x"), Opaque("gemini", {}), Audio(id="a"), Audio(id="b", transcript="Hello."))
    body = written(made(*parts))
    assert [item["content"][0]["text"] for item in body["output"]] == ["Hello."]


def test_this_api_gives_one_answer() -> None:
    assert wire.write_reply(made(Text("Hi")), made(Text("Ho"))) == wire.write_reply(made(Text("Hi")))
