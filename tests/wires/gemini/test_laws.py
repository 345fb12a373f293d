"""The laws of the Gemini wire: read and write are inverse, cuts don't matter, a stream folds to its reply."""

from __future__ import annotations

import contextlib
import json
import re
from itertools import pairwise
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ringup.errors import APIError, BadRequestError
from ringup.events import Event, Failed, Finish, Fold, Noticed, PartEnd, PartStart, Start, replay
from ringup.http import HttpRequest
from ringup.messages import Message, Request, Text
from ringup.reply import Reply
from ringup.rules import Rules
from ringup.wires import gemini as wire

from .strategies import json_values, names, replies, requests, spoil

ASKED = Request(model="gemini-3-flash", messages=(Message("user", (Text("Hi"),)),), stream=True)
ARRAY = replace(ASKED, extra={"alt": "json"})

law = settings(deadline=None)


def pieces(data: bytes, places: list[int]) -> list[bytes]:
    cuts = sorted({0, len(data), *[place % (len(data) + 1) for place in places]})
    return [data[a:b] for a, b in pairwise(cuts)]


def read_stream(parts: list[bytes]) -> list[Event]:
    reader = wire.Reader()
    events = [event for part in parts for event in reader.feed(part)] + reader.close()
    assert reader.done
    assert reader.feed(b"data: {}\n\n") == reader.close() == []
    return events


def folded(events: list[Event]) -> Reply:
    fold = Fold()
    for event in events:
        assert not isinstance(event, Failed), event.error
        fold.feed(event)
    assert fold.finished
    return fold.reply()


def written(reply: Reply, request: Request, piece: int) -> bytes:
    writer = wire.Writer(request)
    return b"".join([writer.feed(event) for event in replay(reply, piece)]) + writer.close()


def snake(value: Any) -> Any:
    """The same JSON under the other names of its fields; what isn't a message of Google's stays as it is."""
    if isinstance(value, list):
        return [snake(item) for item in value]
    if not isinstance(value, dict):
        return value
    whole = ("args", "response", "parametersJsonSchema", "responseJsonSchema", "brandNew")
    opaque = ("executableCode", "codeExecutionResult", "toolCall", "googleSearch", "partMetadata", "promptFeedback")
    later = ("groundingMetadata", "safetyRatings", "promptTokensDetails")
    return {
        re.sub("([A-Z])", r"_\1", key).lower() if key != "brandNew" else key: item
        if key in (*whole, *opaque, *later)
        else snake(item)
        for key, item in value.items()
    }


@law
@given(requests())
def test_a_request_is_read_as_it_was_written(request_: Request) -> None:
    http, notices = wire.write_request(request_, Rules())
    assert notices == ()
    assert wire.read_request(http) == request_
    again, _ = wire.write_request(wire.read_request(http), Rules())
    assert json.loads(again.body) == json.loads(http.body)
    assert (again.path, again.query) == (http.path, http.query)


@law
@given(requests())
def test_either_name_of_a_field_is_read(request_: Request) -> None:
    http, _ = wire.write_request(request_, Rules())
    other = replace(http, body=json.dumps(snake(json.loads(http.body))).encode())
    assert wire.read_request(other) == request_
    if "brandNew" not in request_.extra:
        wire.check_names(other)


@law
@given(replies())
def test_a_reply_is_read_as_it_was_written(reply: Reply) -> None:
    body = wire.write_reply(reply)
    assert replace(wire.read_reply(body), raw=None, wire="") == reply
    other = json.dumps(snake(json.loads(body))).encode()
    assert replace(wire.read_reply(other), raw=None, wire="") == reply


@law
@given(replies(), replies())
def test_of_several_answers_the_first_is_read(reply: Reply, other: Reply) -> None:
    read = wire.read_reply(wire.write_reply(reply, other))
    if "blockReason" in reply.extra.get("promptFeedback", {}):
        return
    assert read.message == reply.message
    assert [notice.kind for notice in read.notices] == ["dropped"]


@law
@given(replies(), st.integers(0, 5), st.lists(st.integers(0, 10**6), max_size=8), st.sampled_from([ASKED, ARRAY]))
def test_a_stream_folds_to_the_reply_at_any_cut(reply: Reply, piece: int, places: list[int], asked: Request) -> None:
    stream = written(reply, asked, piece)
    whole = read_stream([stream])
    assert folded(whole) == reply
    assert read_stream(pieces(stream, places)) == whole
    assert read_stream([stream[at : at + 1] for at in range(len(stream))]) == whole


@law
@given(replies(), st.integers(0, 3))
def test_a_whole_answer_is_read_where_a_stream_was_expected(reply: Reply, cut: int) -> None:
    body = wire.write_reply(reply)
    assert folded(read_stream(pieces(body, [cut * 40]))) == reply


@law
@given(replies(), st.integers(0, 3))
def test_deltas_joined_are_the_whole_part(reply: Reply, piece: int) -> None:
    check_events(read_stream([written(reply, ASKED, piece)]))


def check_events(events: list[Event]) -> None:
    """What holds of every stream: one start, deltas that add up to each part, one end and nothing after it."""
    assert [type(event) for event in events].count(Start) <= 1
    assert isinstance(events[-1], Finish | Failed)
    assert not any(isinstance(event, Finish | Failed) for event in events[:-1])
    fold = Fold()
    for event in events:
        if not isinstance(event, PartEnd | Failed):
            fold.feed(event)
    ends = {event.index: event.part for event in events if isinstance(event, PartEnd)}
    starts = [event.index for event in events if isinstance(event, PartStart)]
    assert starts == list(range(len(starts)))
    if isinstance(events[-1], Finish):
        assert fold.reply().message.parts == tuple(ends[index] for index in sorted(ends))
        assert list(ends) == starts


@law
@given(replies(), replies(), st.integers(1, 4))
def test_choices_that_interleave_give_the_first(reply: Reply, other: Reply, piece: int) -> None:
    writer = wire.Writer(ASKED)
    stream = b""
    first, second = replay(reply, piece), replay(other, piece)
    for number in range(max(len(first), len(second))):
        stream += writer.feed(first[number], 0) if number < len(first) else b""
        stream += writer.feed(second[number], 1) if number < len(second) else b""
    events = read_stream([stream, writer.close()])
    read = folded(events)
    assert read.message.parts == reply.message.parts
    assert (read.finish_reason, read.raw_finish_reason) == (reply.finish_reason, reply.raw_finish_reason)
    assert len([event for event in events if isinstance(event, Noticed)]) <= 1


@law
@given(replies(), st.data(), st.sampled_from([ASKED, ARRAY]))
def test_a_stream_cut_before_its_finish_is_never_whole(reply: Reply, data: Any, asked: Request) -> None:
    stream = written(reply, asked, 2)
    last = max(stream.rfind(b'"finishReason"'), stream.rfind(b'"blockReason"'))
    events = read_stream([stream[: data.draw(st.integers(0, last))]])
    assert isinstance(events[-1], Failed)


@law
@given(replies())
def test_a_reply_goes_into_the_next_request(reply: Reply) -> None:
    """What came is sent back, each part as it was, signatures and all; ids that we made are not."""
    read = wire.read_reply(wire.write_reply(reply))
    http, notices = wire.write_request(Request(model="gemini-3", messages=(*ASKED.messages, read.message)), Rules())
    sent = json.loads(http.body)["contents"][1:]
    assert not notices
    came = json.loads(wire.write_reply(reply)).get("candidates", [{"content": {}}])[0]["content"]
    assert sent == ([came] if came.get("parts") else [])


# Anything at all

bits = st.text(max_size=3)
parts = st.one_of(
    st.fixed_dictionaries(
        {},
        optional={
            "text": bits | st.just(""),
            "thought": st.booleans() | st.none(),
            "thoughtSignature": st.sampled_from(["QQ==", "", None]),
            "partMetadata": json_values,
        },
    ),
    st.fixed_dictionaries(
        {
            "functionCall": st.fixed_dictionaries(
                {},
                optional={
                    "name": st.sampled_from(["f", "", None]),
                    "id": st.sampled_from(["a", "", None, 5]),
                    "args": json_values,
                    "willContinue": st.booleans(),
                    "partialArgs": st.lists(
                        st.fixed_dictionaries(
                            {"jsonPath": st.sampled_from(["$.a", "$.a[0]", "$[1].b", "$['a'].c", "", None])},
                            optional={"stringValue": bits, "numberValue": st.integers(0, 9), "nullValue": st.none()},
                        )
                        | json_values,
                        max_size=2,
                    ),
                },
            )
        },
        optional={"thoughtSignature": st.just("QQ=="), "text": bits},
    ),
    st.fixed_dictionaries({"inlineData": st.fixed_dictionaries({}, optional={"data": bits, "mimeType": names})}),
    st.fixed_dictionaries({"functionResponse": st.just({"name": "f", "response": {}})}),
    json_values,
)
chunks = st.fixed_dictionaries(
    {},
    optional={
        "candidates": st.lists(
            st.fixed_dictionaries(
                {},
                optional={
                    "content": st.fixed_dictionaries(
                        {}, optional={"parts": st.lists(parts, max_size=3) | json_values, "role": st.just("model")}
                    )
                    | json_values,
                    "index": st.sampled_from([0, 0, 1, None]),
                    "finishReason": st.sampled_from(["STOP", "ODD", "", None, 5]),
                    "groundingMetadata": json_values,
                    "logprobsResult": st.just({"chosenCandidates": [1]}) | json_values,
                },
            )
            | json_values,
            max_size=2,
        )
        | json_values,
        "usageMetadata": st.dictionaries(
            st.sampled_from(["promptTokenCount", "candidatesTokenCount", "totalTokenCount", "promptTokensDetails"]),
            json_values | st.integers(0, 9),
        )
        | json_values,
        "modelVersion": st.sampled_from(["m", "", None]),
        "responseId": st.sampled_from(["x", "", None]),
        "promptFeedback": st.just({"blockReason": "OTHER"}) | json_values,
        "createTime": st.just("2026-11-23T09:00:00Z") | json_values,
    },
)


@law
@given(
    st.lists(chunks | json_values, max_size=5), st.sampled_from(["\n\n", "\r\n\r\n", "\r\r"]), st.booleans(), st.data()
)
def test_no_stream_breaks_the_reader(values: list[Any], gap: str, array: bool, data: Any) -> None:
    stream = json.dumps(values) if array else "".join([f"data: {json.dumps(value)}{gap}" for value in values])
    whole = read_stream([stream.encode()])
    places = data.draw(st.lists(st.integers(0, 10**6), max_size=6))
    assert without_errors(read_stream(pieces(stream.encode(), places))) == without_errors(whole)
    check_events(whole)


def without_errors(events: list[Event]) -> list[Any]:
    return [str(event.error) if isinstance(event, Failed) else event for event in events]


@law
@given(st.binary(max_size=60))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    check_events(read_stream([data]))


@law
@given(json_values | chunks)
def test_no_json_breaks_the_reading_of_a_reply(value: Any) -> None:
    with contextlib.suppress(APIError):
        wire.read_reply(json.dumps(value).encode())


@law
@given(
    st.integers(400, 599),
    st.binary(max_size=40) | st.builds(lambda value: json.dumps({"error": value}).encode(), json_values),
)
def test_no_body_breaks_the_reading_of_an_error(status: int, body: bytes) -> None:
    error = wire.read_error(status, {"retry-after": "nan"}, body)
    assert error.message
    assert error.status == status
    assert error.retry_after is None


def typed(value: Any) -> None:
    """What was read has the types that its class promises."""
    assert msgspec.convert(msgspec.to_builtins(value), type(value)) == value


@law
@given(requests(), st.data(), json_values)
def test_no_request_breaks_the_server(request_: Request, data: Any, odd: Any) -> None:
    """A valid body with one value replaced is read, or refused as Google would, and nothing else."""
    http = wire.write_request(request_, Rules())[0]
    body = json.loads(http.body)
    spoil(data.draw, body, odd)
    with contextlib.suppress(BadRequestError):
        read = wire.read_request(HttpRequest(path=http.path, body=json.dumps(body).encode()))
        for value in (*read.messages, read.output_schema, read.reasoning):
            typed(value)
        wire.write_request(read, Rules())


@law
@given(replies(), st.data(), json_values)
def test_no_answer_breaks_the_client(reply: Reply, data: Any, odd: Any) -> None:
    body = json.loads(wire.write_reply(reply))
    spoil(data.draw, body, odd)
    try:
        read = wire.read_reply(json.dumps(body).encode())
    except APIError:
        return
    typed(read.message)
    typed(read.usage)
    for value in (read.id, read.model, read.raw_finish_reason):
        assert value is None or isinstance(value, str)
    wire.write_request(Request(model="m", messages=(*ASKED.messages, read.message)), Rules())
    wire.write_reply(read)


@law
@given(replies(), st.data(), json_values)
def test_no_chunk_breaks_the_client(reply: Reply, data: Any, odd: Any) -> None:
    stream = written(reply, ASKED, 3)
    values = [json.loads(line[6:]) for line in stream.decode().split("\r\n") if line.startswith("data: {")]
    spoil(data.draw, values, odd)
    events = read_stream([b"".join([b"data: %s\n\n" % json.dumps(value).encode() for value in values])])
    check_events(events)
    for event in events:
        if not isinstance(event, Failed):
            typed(event)
    writer = wire.Writer(ASKED)
    for event in events:
        writer.feed(event)
    writer.close()
