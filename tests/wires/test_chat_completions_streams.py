"""Streams of Chat Completions as they are read: every dialect's quirks, ends and errors."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringup.errors import (
    APIError,
    APIStatusError,
    BadRequestError,
    ContextLengthError,
    InternalServerError,
    OverloadedError,
    ProtocolError,
    RateLimitError,
    StreamTruncatedError,
)
from ringup.events import (
    ArgumentsDelta,
    AudioDelta,
    Event,
    ExtraDelta,
    Failed,
    Finish,
    Fold,
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
from ringup.messages import Audio, Opaque, Refusal, Text, Thinking, ToolCall
from ringup.reply import Reply
from ringup.usage import Usage
from ringup.wires import chat_completions as wire

NAME = wire.NAME
DONE = b"data: [DONE]\n\n"


def event(value: Any) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def chunk(delta: Any = None, finish: str | None = None, choice: Any = None, **top: Any) -> bytes:
    """A chunk with one choice; its fields and those of the top can be added."""
    held = {"index": 0, "delta": delta or {}, "finish_reason": finish, **(choice or {})}
    return event({"id": "c-1", "created": 17, "model": "m-1", "choices": [held], **top})


def events(*pieces: bytes) -> list[Event]:
    reader = wire.Reader()
    found = [each for piece in pieces for each in reader.feed(piece)]
    found += reader.close()
    assert reader.done
    assert reader.feed(chunk({"content": "late"})) == []
    assert reader.close() == []
    return found


def reply(*pieces: bytes) -> Reply:
    fold = Fold()
    for each in events(*pieces):
        assert not isinstance(each, Failed), each.error
        fold.feed(each)
    return fold.reply()


def failure(*pieces: bytes) -> Any:
    last = events(*pieces)[-1]
    assert isinstance(last, Failed)
    return last.error


def calls(*deltas: Any) -> tuple[ToolCall, ...]:
    return reply(*[chunk({"tool_calls": list(delta)}) for delta in deltas], chunk({}, "tool_calls"), DONE).tool_calls


def call(arguments: Any = None, **fields: Any) -> dict[str, Any]:
    inner = {"name": fields.pop("name", None), "arguments": arguments}
    return {**fields, "function": {key: value for key, value in inner.items() if value is not None}}


def test_openais_order_of_events() -> None:
    usage = {"prompt_tokens": 19, "completion_tokens": 2, "total_tokens": 21}
    assert events(
        chunk({"role": "assistant", "content": "", "refusal": None}, service_tier="default", usage=None),
        chunk({"content": "Hel"}, usage=None, obfuscation="x"),
        chunk({"content": "lo"}, usage=None),
        chunk({}, "stop"),
        event({"id": "c-1", "choices": [], "usage": usage}),
        DONE,
        chunk({"content": "never"}),
    ) == [
        Start("c-1", "m-1", 17),
        PartStart(0, Text("")),
        TextDelta(0, "Hel"),
        TextDelta(0, "lo"),
        Used(Usage(input_tokens=19, output_tokens=2)),
        PartEnd(0, Text("Hello")),
        Finish("stop", "stop", extra={"service_tier": "default"}),
    ]


def test_events_come_as_soon_as_their_bytes_do() -> None:
    reader = wire.Reader()
    assert reader.feed(chunk({"role": "assistant", "content": ""})) == [Start("c-1", "m-1", 17)]
    assert reader.feed(chunk({"content": "a"})[:-1]) == []
    assert reader.feed(b"\n") == [PartStart(0, Text("")), TextDelta(0, "a")]
    assert reader.done is False


# The end


def test_after_a_finish_reason_the_end_of_the_bytes_will_do() -> None:
    assert reply(chunk({"content": "a"}), chunk({}, "stop")).finish_reason == "stop"
    assert reply(chunk({"content": "a"}), chunk({}, "stop"), b'data: {"choices": [], "us').finish_reason == "stop"
    assert reply(chunk({"content": "a"}, "stop"), b"data: [DONE]").finish_reason == "stop"


def test_an_end_without_either_is_a_cut() -> None:
    for pieces in ([chunk({"content": "a"})], [chunk({"content": "a"}), b'data: {"cho'], [chunk()], [], [b": hi\n\n"]):
        assert isinstance(failure(*pieces), StreamTruncatedError)
    assert "after a part" in str(failure(chunk({"content": "a"})))
    assert "before any" in str(failure(b": ping\n\n"))


def test_done_without_a_finish_reason() -> None:
    whole = reply(chunk({"content": "a"}), DONE)
    assert (whole.text, whole.finish_reason, whole.raw_finish_reason) == ("a", None, None)
    assert reply(chunk({"tool_calls": [call("{}", id="c", name="f")]}), DONE).tool_calls == (ToolCall("c", "f", "{}"),)
    cut = chunk({"tool_calls": [call('{"a":', id="c", name="f")]})
    for pieces in ([DONE], [chunk({"role": "assistant"}), DONE], [cut, DONE]):
        assert isinstance(failure(*pieces), StreamTruncatedError)


def test_an_empty_finish_reason_is_none() -> None:
    assert isinstance(failure(chunk({"content": "a"}, "")), StreamTruncatedError)
    assert reply(chunk({"content": "a"}, ""), DONE).raw_finish_reason is None


@pytest.mark.parametrize(("raw", "reason"), [("eos", "stop"), ("model_length", "length"), ("new", None)])
def test_finish_words_of_dialects(raw: str, reason: str | None) -> None:
    whole = reply(chunk({"content": "a"}), chunk({}, raw), DONE)
    assert (whole.finish_reason, whole.raw_finish_reason) == (reason, raw)


def test_done_may_have_company_and_other_line_ends() -> None:
    assert reply(chunk({"content": "a"}, "stop"), b"data: [DONE] bye\n\n").text == "a"
    assert reply(chunk({"content": "a"}, "stop").replace(b"\n", b"\r\n"), b"data:[DONE]\r\r").text == "a"
    keep_alive = b": OPENROUTER PROCESSING\n\ndata:\n\ndata: \n\n"
    assert reply(keep_alive, chunk({"content": "a"}), keep_alive, chunk({}, "stop"), DONE).text == "a"


# Words


def test_content_and_finish_in_one_chunk() -> None:
    assert reply(chunk({"content": "a"}), chunk({"content": "b"}, "stop"), DONE).text == "ab"


def test_roles_and_empty_texts_in_every_chunk_are_nothing() -> None:
    deltas = [{"role": "assistant", "content": text} for text in ("", "a", "", "b", "")]
    assert reply(*[chunk(delta) for delta in deltas], chunk({}, "stop")).message.parts == (Text("ab"),)


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_then_text(field: str) -> None:
    found = events(
        chunk({"role": "assistant", field: "h", "content": ""}),
        chunk({field: "m", "content": None}),
        chunk({field: None, "content": "a"}),
        chunk({}, "stop"),
    )
    extra = {NAME: {"field": field}}
    assert found[1:] == [
        PartStart(0, Thinking("", extra=extra)),
        ThinkingDelta(0, "h"),
        ThinkingDelta(0, "m"),
        PartStart(1, Text("")),
        TextDelta(1, "a"),
        PartEnd(0, Thinking("hm", extra=extra)),
        PartEnd(1, Text("a")),
        Finish("stop", "stop"),
    ]


def test_both_names_of_reasoning_in_one_delta_count_once() -> None:
    both = {"reasoning_content": "hm", "reasoning": "hm"}
    for deltas in ([both], [{"content": "a"}, both]):
        parts = reply(*[chunk(delta) for delta in deltas], chunk({}, "stop")).message.parts
        assert [part.text for part in parts if isinstance(part, Thinking)] == ["hm"]


def test_reasoning_and_text_in_one_delta() -> None:
    first, second = reply(
        chunk({"role": "assistant"}), chunk({"content": "a", "reasoning": "hm"}, "stop")
    ).message.parts
    assert isinstance(first, Thinking)
    assert (first.text, second) == ("hm", Text("a"))


def test_reasoning_details_in_pieces() -> None:
    def detail(**fields: Any) -> bytes:
        text = fields.get("text") or fields.get("summary")
        return chunk({"content": "", "reasoning": text, "reasoning_details": [{"index": 0, **fields}]})

    parts = reply(
        detail(type="reasoning.text", text="h", format="f1"),
        detail(type="reasoning.text", text="m"),
        detail(type="reasoning.text", signature="sig", id="r1"),
        detail(type="reasoning.text", text="next", index=1),
        detail(type="reasoning.encrypted", data="sealed", index=2),
        chunk({"content": "a"}, "stop"),
    ).message.parts

    def extra(**fields: Any) -> Any:
        return {NAME: {"field": "reasoning_details", "detail": fields}}

    assert parts == (
        Thinking("hm", "sig", extra=extra(index=0, type="reasoning.text", format="f1", id="r1")),
        Thinking("next", extra=extra(index=1, type="reasoning.text")),
        Thinking("", "sealed", redacted=True, extra=extra(index=2, type="reasoning.encrypted")),
        Text("a"),
    )


def test_plain_reasoning_beside_details_without_words() -> None:
    delta = {"reasoning": "hm", "reasoning_details": [{"type": "reasoning.encrypted", "data": "sealed"}]}
    first, second = reply(chunk(delta), chunk({}, "stop")).message.parts
    assert isinstance(first, Thinking)
    assert isinstance(second, Thinking)
    assert (first.text, second.signature) == ("hm", "sealed")


def test_mistrals_thinking_in_pieces() -> None:
    def thought(text: str, **more: Any) -> Any:
        return {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": text}], **more}]}

    found = events(
        chunk({"role": "assistant", "content": ""}),
        chunk(thought("h")),
        chunk(thought("m", closed=True, signature="sig")),
        chunk({"content": [{"type": "text", "text": "1"}, {"type": "reference", "reference_ids": [1]}]}),
        chunk({"content": "44"}, "stop"),
    )
    extra = {NAME: {"field": "thinking", "closed": True}}
    assert found[1:6] == [
        PartStart(0, Thinking("", extra={NAME: {"field": "thinking"}})),
        ThinkingDelta(0, "h"),
        ThinkingDelta(0, "m"),
        SignatureDelta(0, "sig"),
        ExtraDelta(0, NAME, {"closed": True}),
    ]
    assert [each.part for each in found if isinstance(each, PartEnd)] == [
        Thinking("hm", "sig", extra=extra),
        Text("1"),
        Opaque(NAME, {"type": "reference", "reference_ids": [1]}),
        Text("44"),
    ]


def test_a_refusal() -> None:
    found = events(chunk({"refusal": "I "}), chunk({"refusal": "can't."}), chunk({}, "stop"), DONE)
    assert found[1:] == [
        PartStart(0, Refusal("")),
        RefusalDelta(0, "I "),
        RefusalDelta(0, "can't."),
        PartEnd(0, Refusal("I can't.")),
        Finish("refusal", "stop"),
    ]


def test_audio_cut_anywhere() -> None:
    found = events(
        chunk({"audio": {"id": "audio_1", "transcript": "he"}}),
        chunk({"audio": {"data": "QUJDR", "transcript": "llo"}}),
        chunk({"audio": {"data": "EVG"}}),
        event({"choices": [{"index": 0, "delta": {"audio": {"expires_at": 17}}}]}),
        chunk({}, "stop"),
    )
    assert [each for each in found if isinstance(each, AudioDelta)] == [
        AudioDelta(0, b"", "he"),
        AudioDelta(0, b"ABC", "llo"),
        AudioDelta(0, b"DEF"),
    ]
    extra = {NAME: {"expires_at": 17}}
    assert found[-2] == PartEnd(0, Audio(data=b"ABCDEF", id="audio_1", transcript="hello", extra=extra))


# Tool calls


def test_tool_calls_in_pieces() -> None:
    found = events(
        chunk(
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [call("", index=0, id="c1", type="function", name="f")],
            }
        ),
        chunk({"tool_calls": [call('{"a"', index=0)]}),
        chunk({"tool_calls": [call(":1}", index=0)]}),
        chunk({"tool_calls": [call("{}", index=1, id="c2", type="function", name="g")]}),
        chunk({}, "tool_calls"),
        DONE,
    )
    assert found[1:] == [
        PartStart(0, ToolCall("c1", "f", "")),
        ArgumentsDelta(0, '{"a"'),
        ArgumentsDelta(0, ":1}"),
        PartStart(1, ToolCall("c2", "g", "")),
        ArgumentsDelta(1, "{}"),
        PartEnd(0, ToolCall("c1", "f", '{"a":1}')),
        PartEnd(1, ToolCall("c2", "g", "{}")),
        Finish("tool_calls", "tool_calls"),
    ]


def test_parallel_calls_that_interleave() -> None:
    assert calls(
        [call('{"a"', index=0, id="c1", name="f"), call('{"b"', index=1, id="c2", name="g")],
        [call(":2}", index=1), call(":1}", index=0)],
    ) == (ToolCall("c1", "f", '{"a":1}'), ToolCall("c2", "g", '{"b":2}'))


def test_whole_calls_in_one_delta_without_an_index() -> None:
    both = [call("{}", id="c1", name="f"), call({"b": 2}, id="c2", name="g")]
    expected = (ToolCall("c1", "f", "{}"), ToolCall("c2", "g", '{"b":2}'))
    assert calls(both) == expected
    assert calls(both[:1], both[1:]) == expected


def test_a_new_id_at_the_same_index_is_a_new_call() -> None:
    assert calls(
        [call("{}", index=0, id="c1", name="f")],
        [call('{"b"', index=0, id="c2", name="g")],
        [call(":2}", index=0, id="")],
    ) == (ToolCall("c1", "f", "{}"), ToolCall("c2", "g", '{"b":2}'))


def test_ids_and_names_that_are_repeated_or_empty() -> None:
    assert calls(
        [call('{"a"', index=0, id="c1", name="f")],
        [call(":", index=0, id="c1", name="f")],
        [call("1}", index=0, id="", name="")],
        [call("", index=0, id="c1", name="f")],
    ) == (ToolCall("c1", "f", '{"a":1}'),)


def test_whole_calls_without_any_id() -> None:
    whole = call('{"a":1}', id="", name="f")
    assert calls([whole], [whole]) == (ToolCall("", "f", '{"a":1}'), ToolCall("", "f", '{"a":1}'))
    assert calls([{**whole, "index": 0}], [call("{}", index=0, name="g")]) == (
        ToolCall("", "f", '{"a":1}'),
        ToolCall("", "g", "{}"),
    )
    assert calls([call('{"a"', index=0, name="f")], [call(":1}", index=0, name="f")]) == (ToolCall("", "f", '{"a":1}'),)


def test_an_index_that_is_missing_is_found_by_id() -> None:
    assert calls(
        [call('{"a"', id="c1", name="f"), call('{"b"', id="c2", name="g")],
        [call(":2}", id="c2")],
        [call(":1}", id="c1")],
    ) == (ToolCall("c1", "f", '{"a":1}'), ToolCall("c2", "g", '{"b":2}'))


def test_a_name_that_comes_late_or_never() -> None:
    assert calls([call('{"a"', index=0, id="c1")], [call(":1}", index=0, name="f")]) == (
        ToolCall("c1", "f", '{"a":1}'),
    )
    assert calls([call("{}", index=0, id="c1")]) == (ToolCall("c1", "", "{}"),)


def test_custom_calls_and_fields_of_dialects() -> None:
    custom = {"index": 0, "id": "c1", "type": "custom", "custom": {"name": "sql", "input": "SEL"}}
    more = {"index": 0, "type": "custom", "custom": {"input": "ECT"}}
    assert calls([custom], [more]) == (ToolCall("c1", "sql", "SELECT", "custom"),)
    signed = {**call("{}", index=0, id="c1", name="f"), "extra_content": {"sig": "x"}}
    assert calls([signed]) == (ToolCall("c1", "f", "{}", extra={NAME: {"extra_content": {"sig": "x"}}}),)
    late = {"index": 0, "extra_content": {"sig": "x"}}
    assert calls([call("{}", index=0, id="c1", name="f")], [late]) == calls([signed])


def test_the_old_form_of_functions() -> None:
    pieces = [{"name": "f", "arguments": '{"a"'}, {"arguments": ":1}"}]
    (old,) = reply(*[chunk({"function_call": piece}) for piece in pieces], chunk({}, "function_call")).tool_calls
    assert old == ToolCall("f", "f", '{"a":1}', extra={NAME: {"field": "function_call"}})


# What stands around


def test_usage_on_every_chunk_in_one_with_choices_and_in_x_groq() -> None:
    def usage(count: int) -> dict[str, int]:
        return {"prompt_tokens": 1, "completion_tokens": count, "total_tokens": count + 1}

    found = events(
        chunk({"content": "a"}, usage=usage(1)),
        chunk({"content": "b"}, usage=usage(2)),
        chunk({}, "stop", usage=usage(2)),
        chunk({}, None, x_groq={"id": "r", "usage": usage(3)}),
    )
    assert [each.usage.output_tokens for each in found if isinstance(each, Used)] == [1, 2, 3]


def test_usage_before_any_choice() -> None:
    found = events(event({"choices": [], "usage": {"prompt_tokens": 1}}), chunk({"content": "a"}, "stop"))
    assert isinstance(found[0], Start)
    assert found[1] == Used(Usage(input_tokens=1))


def test_azures_first_chunk_has_no_names() -> None:
    first = event({"id": "", "model": "", "created": 0, "choices": [], "prompt_filter_results": [{"prompt_index": 0}]})
    found = events(first, chunk({"content": "a"}, "stop"))
    assert found[0] == Start("c-1", "m-1", 17)
    assert isinstance(found[-1], Finish)
    assert found[-1].extra == {"prompt_filter_results": [{"prompt_index": 0}]}


def test_what_has_no_name_is_kept() -> None:
    logprobs = [{"content": [{"token": token}]} for token in "ab"]
    whole = reply(
        chunk({"content": "a", "annotations": [1]}, None, {"logprobs": logprobs[0]}, x_groq={"id": "r"}),
        chunk({"content": "b", "annotations": [2]}, None, {"logprobs": logprobs[1]}, x_groq={"seed": 5}),
        chunk({}, "stop", {"native_finish_reason": "STOP"}, provider="P"),
    )
    assert whole.message.extra == {NAME: {"annotations": [1, 2]}}
    assert whole.extra == {
        "logprobs": {"content": [{"token": "a"}, {"token": "b"}]},
        "x_groq": {"id": "r", "seed": 5},
        "native_finish_reason": "STOP",
        "provider": "P",
    }


def test_other_choices_are_left_out_and_told_once() -> None:
    other = event({"choices": [{"index": 1, "delta": {"content": "x"}, "finish_reason": "length"}]})
    found = events(chunk({"content": "a"}), other, other, chunk({}, "stop"))
    notices = [each.notice for each in found if isinstance(each, Noticed)]
    assert [(notice.kind, notice.what) for notice in notices] == [("dropped", "n")]
    assert found[-1] == Finish("stop", "stop")


def test_a_whole_message_in_a_chunk() -> None:
    whole = event({"choices": [{"index": 0, "message": {"content": "a"}, "finish_reason": "stop"}]})
    assert reply(whole, DONE).text == "a"
    said = {"message": {"content": "ab"}}  # Perplexity repeats what was said so far
    assert (
        reply(chunk({"content": "a"}, choice=said), chunk({"content": "b"}, choice=said), chunk({}, "stop", said)).text
        == "ab"
    )


@pytest.mark.parametrize(
    ("choice", "text"),
    [
        (b'{"index":0,"delta":{"content":"\\ud800"}}', "x\ud800"),
        (b'{"index":0.0,"delta":{"content":"y"}}', "xy"),
        (b'{"index":0,"delta":{"content":"y","new":[]}}', "xy"),
    ],
)
def test_odd_json_takes_the_general_way(choice: bytes, text: str) -> None:
    assert reply(chunk({"content": "x"}), b'data: {"choices":[%s]}\n\n' % choice, DONE).text == text


def test_a_chunk_in_a_list_of_one() -> None:
    assert reply(b"data: [%s]\n\n" % chunk({"content": "x"}, "stop")[6:-2]).text == "x"


# Errors


@pytest.mark.parametrize(
    ("value", "kind", "said"),
    [
        ({"error": {"message": "bad", "type": "server_error", "code": None}}, InternalServerError, "bad"),
        ({"error": {"message": "bad", "type": "BadRequestError", "code": 400}}, BadRequestError, "bad"),
        ({"error": {"message": "bad", "code": "context_length_exceeded"}}, ContextLengthError, "bad"),
        ({"error": "bad"}, APIStatusError, "bad"),
        ({"object": "error", "message": "bad", "type": "overloaded_error"}, OverloadedError, "bad"),
        ({"x_groq": {"error": "bad"}, "choices": []}, APIStatusError, "bad"),
        ([{"error": {"message": "bad", "code": 429}}], RateLimitError, "bad"),
    ],
)
def test_errors_inside_a_stream(value: Any, kind: type[Exception], said: str) -> None:
    found = events(chunk({"content": "a"}), event(value), DONE)
    assert found[-2] == TextDelta(0, "a")
    assert isinstance(found[-1], Failed)
    assert type(found[-1].error) is kind
    assert found[-1].error.message == said


def test_openrouters_error_comes_in_a_chunk_of_its_own() -> None:
    error = {"code": 502, "message": "upstream went away", "metadata": {"provider_name": "P", "raw": "oops"}}
    for more in ({"error": error}, {"choice": {"error": error}}):
        found = events(chunk({"content": "a"}), chunk({"content": "b"}, "error", **more))
        assert found[-2] == TextDelta(0, "b")
        assert isinstance(found[-1], Failed)
        assert type(found[-1].error) is InternalServerError
        assert "oops" in found[-1].error.quote


def test_an_error_word_without_an_error_is_a_finish() -> None:
    assert events(chunk({"content": "a"}), chunk({}, "error"))[-1] == Finish("error", "error")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b'{"error":{"message":"bad","code":"tool_use_failed","status_code":400}}', "bad"),
        (b'{"error":{"message":"bad"},"message":"bad"}', "bad"),
        (b'{"message":"bad"}', "bad"),
        (b"bad", "the server sent an error without a message: bad"),
    ],
)
def test_error_events(data: bytes, said: str) -> None:
    error = failure(chunk({"content": "a"}), b"event: error\ndata: " + data + b"\n\n")
    assert isinstance(error, APIStatusError)
    assert error.quoting == said


@pytest.mark.parametrize("data", [b"{broken", b"hello", b"3", b"null", b"[1,2]"])
def test_events_that_are_no_chunk(data: bytes) -> None:
    error = failure(chunk({"content": "a"}), b"data: " + data + b"\n\n", DONE)
    assert isinstance(error, ProtocolError)
    assert error.quote == data.decode()


def test_an_event_without_end_is_refused() -> None:
    error = failure(chunk({"content": "a"}), b"data: " + b"x" * (17 * 1024 * 1024))
    assert isinstance(error, ProtocolError)


# Bodies that are no stream

WHOLE = {"id": "c-1", "choices": [{"index": 0, "message": {"content": "Hello"}, "finish_reason": "stop"}]}


def test_a_whole_answer_instead_of_a_stream() -> None:
    for body in (json.dumps(WHOLE), "\n\n" + json.dumps(WHOLE, indent=2).replace("\n", "\n\n")):
        whole = reply(*[body.encode()[at : at + 7] for at in range(0, len(body), 7)])
        assert (whole.text, whole.finish_reason, whole.id) == ("Hello", "stop", "c-1")


def test_notices_of_a_whole_answer_are_kept() -> None:
    second = {"index": 1, "message": {"content": "Hi"}, "finish_reason": "stop"}
    assert len(reply(json.dumps({"choices": [*WHOLE["choices"], second]}).encode()).notices) == 1


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"error": {"message": "bad", "type": "invalid_request_error"}}', BadRequestError),
        (b'{"error": "bad"}\n', APIStatusError),
        (b'error: {"error": {"message": "bad", "code": 500}}\n\n', InternalServerError),
        (b'{"message": "bad", "code": "rate_limited"}', RateLimitError),
        (b"<html>bad</html>", ProtocolError),
        (b"bad gateway\n\nbad", ProtocolError),
        (b'{"status": "bad"}', ProtocolError),
        (b'{"choices": [{"message": "bad', ProtocolError),
    ],
)
def test_other_bodies_instead_of_a_stream(body: bytes, kind: type[APIError]) -> None:
    error = failure(body)
    assert type(error) is kind
    assert "bad" in error.quoting
