"""Gemini: streams, both ways."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringup.errors import (
    APIError,
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
from ringup.messages import Audio, Image, Message, Opaque, Part, Refusal, Request, Text, Thinking, ToolCall
from ringup.reply import Notice, Reply
from ringup.sse import MAX_EVENT_BYTES
from ringup.usage import Usage
from ringup.wires import gemini as wire

MINE = {"gemini": {"thought": True}}
SEALED = {"gemini": {"thoughtSignature": "QQ=="}}
REQUEST = Request(model="gemini-x", messages=(Message("user", (Text("Hello"),)),), stream=True)


def chunk(*parts: Any, reason: str | None = None, usage: Any = None, **fields: Any) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": list(parts), "role": "model"}, "index": 0}
    if reason:
        candidate["finishReason"] = reason
    named = {name: fields.pop(name) for name in [*fields] if name in ("groundingMetadata", "logprobsResult", "index")}
    body = {"candidates": [candidate | named], "modelVersion": "m", "responseId": "r"} | fields
    return body | ({} if usage is None else {"usageMetadata": usage})


def stream(*values: Any, gap: bytes = b"\r\n\r\n") -> bytes:
    return b"".join([b"data: " + json.dumps(value).encode() + gap for value in values])


def read(*pieces: bytes) -> list[Event]:
    reader = wire.Reader()
    events = [event for piece in pieces for event in reader.feed(piece)] + reader.close()
    assert reader.done
    assert reader.feed(b"data: {}\n\n") == reader.close() == []
    return events


def parts_of(*values: Any) -> list[Event]:
    """The events of the parts of a stream."""
    events = read(stream(*values, chunk(reason="STOP")))
    assert events[0] == Start("r", "m")
    assert isinstance(events[-1], Finish)
    return events[1:-1]


def failure(events: list[Event]) -> APIError:
    assert isinstance(events[-1], Failed)
    assert not [event for event in events[:-1] if isinstance(event, (Failed, Finish))]
    return events[-1].error


def fold(events: list[Event]) -> Reply:
    folded = Fold()
    for event in events:
        folded.feed(event)
    return folded.reply()


# Reading


@pytest.mark.parametrize("gap", [b"\r\n\r\n", b"\n\n"])
def test_words_join_into_one_part(gap: bytes) -> None:
    usage = {"promptTokenCount": 5, "candidatesTokenCount": 1, "totalTokenCount": 6}
    last = usage | {"candidatesTokenCount": 2, "totalTokenCount": 7, "serviceTier": "flex", "trafficType": None}
    end = chunk({"text": ""}, reason="STOP", usage=last)
    assert read(stream(chunk({"text": "Hel"}, usage=usage), chunk({"text": "lo"}, usage=usage), end, gap=gap)) == [
        Start("r", "m"),
        PartStart(0, Text("")),
        TextDelta(0, "Hel"),
        Used(Usage(input_tokens=5, output_tokens=1)),
        TextDelta(0, "lo"),
        Used(Usage(input_tokens=5, output_tokens=2, details={"serviceTier": "flex"})),
        PartEnd(0, Text("Hello")),
        Finish("stop", "STOP"),
    ]


def test_usage_is_told_as_it_changes() -> None:
    def usage(tokens: int, **more: Any) -> dict[str, Any]:
        return {"promptTokenCount": 5, "candidatesTokenCount": tokens, "totalTokenCount": 5 + tokens} | more

    details = [{"modality": "TEXT", "tokenCount": 5}]
    told = [
        usage(1),
        usage(2, promptTokensDetails=details),
        usage(3, promptTokensDetails=details, toolUsePromptTokenCount=1),
        usage(4, cachedContentTokenCount=4, thoughtsTokenCount=2, brandNew=1),
        usage(4, trafficType=None),
    ]
    events = parts_of(*[chunk({"text": "a"}, usage=usage) for usage in told])
    one = {"promptTokensDetails": details}
    assert [event.usage for event in events if isinstance(event, Used)] == [
        Usage(input_tokens=5, output_tokens=1),
        Usage(input_tokens=5, output_tokens=2, details=one),
        Usage(input_tokens=6, output_tokens=3, details=one | {"toolUsePromptTokenCount": 1, "totalTokenCount": 8}),
        Usage(
            input_tokens=5,
            output_tokens=6,
            cache_read_tokens=4,
            reasoning_tokens=2,
            details={"brandNew": 1, "totalTokenCount": 9},
        ),
        Usage(input_tokens=5, output_tokens=4),
    ]


def test_thoughts_and_words() -> None:
    assert parts_of(
        chunk({"text": "hm", "thought": True}), chunk({"text": "m", "thought": True}), chunk({"text": "Hi"})
    ) == [
        PartStart(0, Thinking("", extra=MINE)),
        ThinkingDelta(0, "hm"),
        ThinkingDelta(0, "m"),
        PartEnd(0, Thinking("hmm", extra=MINE)),
        PartStart(1, Text("")),
        TextDelta(1, "Hi"),
        PartEnd(1, Text("Hi")),
    ]


def test_a_part_with_a_signature_stays_by_itself() -> None:
    assert parts_of(
        chunk({"text": "a"}), chunk({"text": "b", "thoughtSignature": "QQ=="}, {"text": "c"}), chunk({"text": "d"})
    ) == [
        PartStart(0, Text("")),
        TextDelta(0, "a"),
        PartEnd(0, Text("a")),
        PartStart(1, Text("", SEALED)),
        TextDelta(1, "b"),
        PartEnd(1, Text("b", SEALED)),
        PartStart(2, Text("")),
        TextDelta(2, "c"),
        TextDelta(2, "d"),
        PartEnd(2, Text("cd")),
    ]


def test_a_signature_without_words_is_a_part_of_its_own() -> None:
    for last in ({"text": "", "thoughtSignature": "QQ=="}, {"thoughtSignature": "QQ=="}):
        assert parts_of(chunk({"text": "a"}), chunk(last))[-2:] == [
            PartStart(1, Text("", SEALED)),
            PartEnd(1, Text("", SEALED)),
        ]


def test_signed_thoughts() -> None:
    seal = {"text": "", "thought": True, "thoughtSignature": "QQ=="}
    assert parts_of(chunk({"text": "hm", "thought": True}), chunk(seal), chunk({"text": "x", "thought": True})) == [
        PartStart(0, Thinking("", extra=MINE)),
        ThinkingDelta(0, "hm"),
        SignatureDelta(0, "QQ=="),
        PartEnd(0, Thinking("hm", "QQ==", extra=MINE)),
        PartStart(1, Thinking("", extra=MINE)),
        ThinkingDelta(1, "x"),
        PartEnd(1, Thinking("x", extra=MINE)),
    ]
    assert parts_of(chunk({"text": "a", "thought": True}), chunk(seal | {"text": "b"}))[-4:] == [
        PartStart(1, Thinking("", extra=MINE)),
        ThinkingDelta(1, "b"),
        SignatureDelta(1, "QQ=="),
        PartEnd(1, Thinking("b", "QQ==", extra=MINE)),
    ]


def test_calls_come_whole() -> None:
    first = {"functionCall": {"name": "f", "args": {"a": 1}}, "thoughtSignature": "QQ=="}
    second = {"functionCall": {"id": "given", "name": "g"}}
    events = read(stream(chunk(first), chunk(second), chunk({"text": ""}, reason="STOP")))
    own = {"gemini": {"thoughtSignature": "QQ==", "functionCall": {"id": None}}}
    assert events[1:] == [
        PartStart(0, ToolCall("call_0_r", "f", "", extra=own)),
        ArgumentsDelta(0, '{"a":1}'),
        PartEnd(0, ToolCall("call_0_r", "f", '{"a":1}', extra=own)),
        PartStart(1, ToolCall("given", "g", "")),
        ArgumentsDelta(1, "{}"),
        PartEnd(1, ToolCall("given", "g")),
        Finish("tool_calls", "STOP"),
    ]


def test_other_parts_come_whole() -> None:
    code = {"executableCode": {"code": "1"}}
    blob = {"inlineData": {"mimeType": "image/png", "data": "eA=="}}
    assert parts_of(chunk(code), chunk(blob)) == [
        PartStart(0, Opaque("gemini", code)),
        PartEnd(0, Opaque("gemini", code)),
        PartStart(1, Image(data=b"x", media_type="image/png")),
        PartEnd(1, Image(data=b"x", media_type="image/png")),
    ]


def test_a_call_in_pieces() -> None:
    def piece(*args: dict[str, Any], more: bool = True, **fields: Any) -> dict[str, Any]:
        call = fields | ({"partialArgs": list(args)} if args else {}) | ({"willContinue": True} if more else {})
        return chunk({"functionCall": call})

    begun = chunk({"functionCall": {"name": "f", "id": "1", "willContinue": True}, "thoughtSignature": "QQ=="})
    events = parts_of(
        begun,
        piece({"jsonPath": "$.city", "stringValue": "Par", "willContinue": True}),
        piece({"jsonPath": "$.city", "stringValue": "is"}, {"jsonPath": "$.days[1].n", "numberValue": 2}),
        piece({"jsonPath": "$['odd key']", "boolValue": True}, {"jsonPath": "$.none", "nullValue": "NULL_VALUE"}),
        piece(more=False),
        piece({"jsonPath": "$.a", "stringValue": "x"}, name="g", more=False),
        chunk({"text": "done"}),
    )
    args = '{"city":"Paris","days":[null,{"n":2}],"odd key":true,"none":null}'
    assert events[:6] == [
        PartStart(0, ToolCall("1", "f", "", extra=SEALED)),
        ArgumentsDelta(0, args),
        PartEnd(0, ToolCall("1", "f", args, extra=SEALED)),
        PartStart(1, ToolCall("call_1_r", "g", "", extra={"gemini": {"functionCall": {"id": None}}})),
        ArgumentsDelta(1, '{"a":"x"}'),
        PartEnd(1, ToolCall("call_1_r", "g", '{"a":"x"}', extra={"gemini": {"functionCall": {"id": None}}})),
    ]
    assert events[-1] == PartEnd(2, Text("done"))


def test_a_call_in_pieces_ends_with_the_stream_or_with_the_next() -> None:
    first = chunk({"functionCall": {"name": "f", "id": "1", "willContinue": True}})
    second = chunk({"functionCall": {"name": "g", "id": "2", "args": {"a": 1}, "willContinue": True}})
    reply = fold(read(stream(first, second, chunk(reason="STOP"))))
    assert reply.message.parts == (ToolCall("1", "f"), ToolCall("2", "g", '{"a":1}'))


def test_what_has_no_name_is_kept() -> None:
    events = read(
        stream(
            chunk({"text": "a"}, groundingMetadata={}, logprobsResult={"chosenCandidates": [1]}, brandNew=1),
            chunk({"text": "b"}, groundingMetadata={"q": [1]}, logprobsResult={"chosenCandidates": [2]}),
            chunk(reason="STOP", groundingMetadata={"p": 1}, promptFeedback={"safetyRatings": []}),
        )
    )
    assert events[-1] == Finish(
        "stop",
        "STOP",
        extra={
            "brandNew": 1,
            "groundingMetadata": {"q": [1], "p": 1},
            "logprobsResult": {"chosenCandidates": [1, 2]},
            "promptFeedback": {"safetyRatings": []},
        },
    )


def test_finish_waits_for_the_end_of_the_bytes() -> None:
    reader = wire.Reader()
    reader.feed(stream(chunk({"text": "a"}, reason="STOP")))
    assert not reader.done
    assert reader.feed(stream(chunk({"text": "b"}, reason="STOP"))) == [TextDelta(0, "b")]
    assert reader.close() == [PartEnd(0, Text("ab")), Finish("stop", "STOP")]
    assert reader.done


def test_a_blocked_prompt() -> None:
    events = read(stream({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 3}}))
    assert events == [
        Start(),
        Used(Usage(input_tokens=3)),
        Finish("content_filter", "SAFETY", extra={"promptFeedback": {"blockReason": "SAFETY"}}),
    ]


def test_of_several_candidates_the_first_is_read() -> None:
    events = read(
        stream(
            chunk({"text": "no"}, index=1), chunk({"text": "yes"}), chunk({"text": "n"}, index=1), chunk(reason="STOP")
        )
    )
    assert [event.notice.what for event in events if isinstance(event, Noticed)] == ["n"]
    assert fold(events).text == "yes"


@pytest.mark.parametrize(
    "noise", [b": ping\r\n\r\n", b"data:\n\n", b"data: [DONE]\n\n", b"event: x\r\n\r\n", b"data: {}\n\n"]
)
def test_noise_is_skipped(noise: bytes) -> None:
    body = noise + stream(chunk({"text": "a"})) + noise + stream(chunk(reason="STOP")) + noise
    assert fold(read(body)) == fold(read(stream(chunk({"text": "a"}), chunk(reason="STOP"))))


def test_a_mark_at_the_start_and_no_blank_line_at_the_end() -> None:
    body = b"\xef\xbb\xbf" + stream(chunk({"text": "a"}, reason="STOP")).rstrip()
    assert fold(read(body)).text == "a"
    assert fold(read(*[body[at : at + 1] for at in range(len(body))])).text == "a"


# Broken streams


def test_a_stream_without_a_finish_reason_is_cut() -> None:
    events = read(stream(chunk({"text": "Hel"}, usage={"promptTokenCount": 5})))
    assert isinstance(failure(events), StreamTruncatedError)
    assert fold(events[:-1]).text == "Hel"
    assert fold(events[:-1]).usage == Usage(input_tokens=5)
    assert isinstance(failure(read()), StreamTruncatedError)


def test_half_an_event_after_the_finish_reason_is_a_cut() -> None:
    body = stream(chunk({"text": "a"}, reason="STOP")) + b'data: {"candidates": [{"con'
    assert isinstance(failure(read(body)), StreamTruncatedError)


def error(code: int, status: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": "told", "status": status}}


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize("listed", [False, True])
def test_an_error_inside_the_stream(bare: bool, listed: bool) -> None:
    value = error(503, "UNAVAILABLE")
    data = json.dumps([value] if listed else value, indent=1).encode() + b"\r\n"
    body = stream(chunk({"text": "a"})) + (data if bare else stream([value] if listed else value))
    for pieces in ([body], [body[at : at + 1] for at in range(len(body))]):
        events = read(*pieces)
        found = failure(events)
        assert (found.status, found.message) == (503, "told")
        assert TextDelta(0, "a") in events


def test_an_error_in_place_of_the_stream() -> None:
    assert isinstance(failure(read(json.dumps(error(429, "RESOURCE_EXHAUSTED")).encode())), RateLimitError)
    assert isinstance(failure(read(json.dumps([error(500, "INTERNAL")]).encode())), InternalServerError)


@pytest.mark.parametrize(
    "body", [b"<html>bad gateway</html>", b"data: nothing\n\n", b"data: 5\n\n", b"{broken", b"upstream error"]
)
def test_what_is_no_stream(body: bytes) -> None:
    assert isinstance(failure(read(body)), ProtocolError)


def test_a_body_that_is_no_stream_has_a_limit() -> None:
    reader = wire.Reader()
    reader.feed(b"[" + b" " * MAX_EVENT_BYTES)
    assert isinstance(failure(reader.feed(b" ")), ProtocolError) if not reader.done else True
    assert reader.done


# An array instead of events


def test_an_array_of_chunks() -> None:
    values = [chunk({"text": "a"}), chunk({"text": "b"}, reason="STOP")]
    assert read(json.dumps(values, indent=1).encode()) == read(stream(*values))


def test_an_array_that_is_cut() -> None:
    body = json.dumps([chunk({"text": "a"}), chunk({"text": "b"}, reason="STOP")]).encode()
    for end in (len(body) - 1, len(body) - 20, 150):
        events = read(body[:end])
        assert isinstance(failure(events), StreamTruncatedError)
        assert TextDelta(0, "a") in events
    assert isinstance(failure(read(b"[]")), StreamTruncatedError)
    assert isinstance(
        failure(read(b"[" + body[1:-1] + b"," + json.dumps(error(503, "UNAVAILABLE")).encode() + b"]")), APIError
    )


def test_a_whole_answer_in_place_of_a_stream() -> None:
    value = chunk({"text": "a"}, reason="STOP")
    value["candidates"].append({"index": 1, "content": {"parts": [{"text": "b"}]}})
    events = read(json.dumps(value).encode())
    assert fold(events).text == "a"
    assert isinstance(events[-1], Finish)
    assert isinstance(events[-2], Noticed)


# Writing


def write(*events: Event, request: Request = REQUEST) -> bytes:
    writer = wire.Writer(request)
    return b"".join([writer.feed(event) for event in events]) + writer.close()


def sent(*events: Event) -> list[dict[str, Any]]:
    lines = write(*events).decode().split("\r\n\r\n")
    assert lines.pop() == ""
    assert all(line.startswith("data: ") for line in lines)
    return [json.loads(line[6:]) for line in lines]


def sent_parts(*events: Event) -> list[dict[str, Any]]:
    return [part for value in sent(*events) for part in value["candidates"][0]["content"]["parts"]]


def test_a_stream_is_written_as_google_does() -> None:
    assert sent(
        Start("r", "m"),
        PartStart(0, Text("")),
        Used(Usage(input_tokens=5)),
        TextDelta(0, "Hi"),
        PartEnd(0, Text("Hi")),
        Used(Usage(input_tokens=5, output_tokens=1)),
        Finish("stop", "end_turn", extra={"avgLogprobs": -1, "modelStatus": {}}),
    ) == [
        {
            "candidates": [{"content": {"parts": [{"text": "Hi"}], "role": "model"}, "index": 0}],
            "usageMetadata": {"promptTokenCount": 5},
            "modelVersion": "m",
            "responseId": "r",
        },
        {
            "candidates": [
                {
                    "content": {"parts": [{"text": ""}], "role": "model"},
                    "finishReason": "STOP",
                    "index": 0,
                    "avgLogprobs": -1,
                }
            ],
            "usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 1, "totalTokenCount": 6},
            "modelVersion": "m",
            "responseId": "r",
            "modelStatus": {},
        },
    ]


def test_the_model_of_the_request_stands_for_one_that_isnt_told() -> None:
    (value,) = sent(Finish(None))
    assert value["modelVersion"] == "gemini-x"
    assert value["candidates"][0]["finishReason"] == "FINISH_REASON_UNSPECIFIED"


@pytest.mark.parametrize(
    ("events", "parts"),
    [
        ([PartStart(0, Text("a")), TextDelta(0, "b"), PartEnd(0, Text("ab"))], [{"text": "a"}, {"text": "b"}]),
        ([PartStart(0, Refusal("")), RefusalDelta(0, "no"), PartEnd(0, Refusal("no"))], [{"text": "no"}]),
        (
            [
                PartStart(0, Thinking("")),
                ThinkingDelta(0, "hm"),
                SignatureDelta(0, "Q"),
                SignatureDelta(0, "Q=="),
                PartEnd(0, Thinking("hm", "QQ==")),
            ],
            [{"text": "hm", "thought": True}, {"text": "", "thought": True, "thoughtSignature": "QQ=="}],
        ),
        (
            [PartStart(0, Thinking("", "x", redacted=True)), PartEnd(0, Thinking("", "x", redacted=True))],
            [{"text": "", "thought": True, "thoughtSignature": "x"}],
        ),
        (
            [PartStart(0, Text("", SEALED)), TextDelta(0, "a"), PartEnd(0, Text("a", SEALED))],
            [{"text": "a", "thoughtSignature": "QQ=="}],
        ),
        (
            [
                PartStart(0, ToolCall("1", "f", "")),
                ArgumentsDelta(0, '{"a"'),
                ArgumentsDelta(0, ":1}"),
                PartEnd(0, ToolCall("1", "f", '{"a":1}')),
            ],
            [{"functionCall": {"id": "1", "name": "f", "args": {"a": 1}}}],
        ),
        (
            [
                PartStart(0, Audio(id="a")),
                AudioDelta(0, b"x", "wo"),
                AudioDelta(0, transcript="rds"),
                PartEnd(0, Audio(id="a", transcript="words")),
            ],
            [{"text": "wo"}, {"text": "rds"}],
        ),
        ([PartStart(0, Opaque("responses", {})), PartEnd(0, Opaque("responses", {}))], []),
        ([PartStart(0, Opaque("gemini", {"a": 1})), PartEnd(0, Opaque("gemini", {"a": 1}))], [{"a": 1}]),
        ([TextDelta(0, "lost"), PartEnd(0, Text("lost"))], []),
        (
            [
                Noticed(Notice("dropped", "x", "y")),
                PartStart(0, Text("")),
                ExtraDelta(0, "anthropic_messages", {"citations": [1]}),
                PartEnd(0, Text("")),
            ],
            [],
        ),
    ],
)
def test_parts_are_written(events: list[Event], parts: list[dict[str, Any]]) -> None:
    assert sent_parts(*events) == parts


def test_a_blocked_prompt_is_written_without_candidates() -> None:
    feedback = {"promptFeedback": {"blockReason": "SAFETY"}}
    assert sent(Start("r"), Finish("content_filter", "SAFETY", extra=feedback)) == [
        {"modelVersion": "gemini-x", "responseId": "r"} | feedback
    ]


def test_choices_are_numbered() -> None:
    writer = wire.Writer(REQUEST)
    writer.feed(Start("r"))
    assert writer.feed(Start("other"), 1) == b""
    assert writer.feed(PartStart(0, Text("a")), 1) == stream(
        {
            "candidates": [{"content": {"parts": [{"text": "a"}], "role": "model"}, "index": 1}],
            "modelVersion": "gemini-x",
            "responseId": "r",
        }
    ).replace(b": ", b":").replace(b", ", b",").replace(b"data:", b"data: ")


def test_the_usage_of_the_first_choice_is_that_of_them_all() -> None:
    writer = wire.Writer(REQUEST)
    writer.feed(Used(Usage(input_tokens=5, output_tokens=9)))
    writer.feed(Used(Usage(output_tokens=4)), 1)
    chunk = json.loads(writer.feed(Finish("stop"), 1).removeprefix(b"data: "))
    assert chunk["usageMetadata"] == {"promptTokenCount": 5, "candidatesTokenCount": 9, "totalTokenCount": 14}


def test_a_failure_is_written_as_an_error() -> None:
    body = write(PartStart(0, Text("a")), Failed(OverloadedError("busy", status=529)))
    found = failure(read(body))
    assert isinstance(found, OverloadedError)
    assert TextDelta(0, "a") in read(body)


def test_an_array_is_written_where_events_arent_asked_for() -> None:
    request = Request(model="m", messages=REQUEST.messages, stream=True, extra={"alt": "json"})
    assert write(request=request) == b"[]"
    body = write(PartStart(0, Text("a")), PartEnd(0, Text("a")), Finish("stop"), request=request)
    assert [value["candidates"][0]["content"]["parts"] for value in json.loads(body)] == [
        [{"text": "a"}],
        [{"text": ""}],
    ]


def test_parts_that_never_begin_or_end_are_no_trouble() -> None:
    part: Part = ToolCall("1", "f")
    assert sent_parts(PartStart(0, part), Finish("tool_calls")) == [{"text": ""}]
