"""The laws of the Chat Completions wire: read and write are inverse, cuts don't matter, a stream folds to its reply."""

from __future__ import annotations

import contextlib
import json
from itertools import pairwise
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ringup.errors import APIError, BadRequestError
from ringup.events import Event, Failed, Finish, Fold, PartEnd, PartStart, Start, Used, replay
from ringup.http import HttpRequest
from ringup.messages import Message, Request, Thinking
from ringup.reply import Reply
from ringup.rules import Rules
from ringup.wires import chat_completions as wire
from tests.wires.strategies import json_values, replies, requests

RULES = st.sampled_from([Rules(), Rules(max_tokens_field="max_completion_tokens")])


def pieces(data: bytes, places: list[int]) -> list[bytes]:
    cuts = sorted({0, len(data), *[place % (len(data) + 1) for place in places]})
    return [data[a:b] for a, b in pairwise(cuts)]


def read_stream(parts: list[bytes]) -> list[Event]:
    reader = wire.Reader()
    events = [event for part in parts for event in reader.feed(part)]
    return events + reader.close()


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


ASKED = Request(model="", messages=(), stream=True)


@given(requests(), RULES)
def test_a_request_is_read_as_it_was_written(request_: Request, rules: Rules) -> None:
    http, notices = wire.write_request(request_, rules)
    assert notices == ()
    assert wire.read_request(http) == request_


@given(requests(), RULES)
def test_a_request_that_was_read_is_written_as_it_came(request_: Request, rules: Rules) -> None:
    http, _ = wire.write_request(request_, rules)
    again, _ = wire.write_request(wire.read_request(http), rules)
    assert json.loads(again.body) == json.loads(http.body)


@given(replies())
def test_a_reply_is_read_as_it_was_written(reply: Reply) -> None:
    read = wire.read_reply(wire.write_reply(reply))
    assert replace(read, raw=None, wire="") == reply


@given(replies(), replies())
def test_of_several_answers_the_first_is_read(reply: Reply, other: Reply) -> None:
    read = wire.read_reply(wire.write_reply(reply, other))
    assert read.message == reply.message
    assert [notice.kind for notice in read.notices] == ["dropped"]


@given(replies(), st.integers(0, 5), st.lists(st.integers(0, 10**6), max_size=8))
def test_a_stream_folds_to_the_reply(reply: Reply, piece: int, places: list[int]) -> None:
    stream = written(reply, ASKED, piece)
    assert folded(read_stream(pieces(stream, places))) == reply


@given(replies(), st.integers(1, 5))
def test_every_cut_gives_the_same_events(reply: Reply, piece: int) -> None:
    stream = written(reply, ASKED, piece)
    whole = read_stream([stream])
    assert read_stream([stream[at : at + 1] for at in range(len(stream))]) == whole
    assert read_stream(pieces(stream, [len(stream) // 2, len(stream) - 3])) == whole


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


@given(replies())
def test_a_stream_without_usage_asked_for_has_none(reply: Reply) -> None:
    stream = written(reply, replace(ASKED, extra={"stream_options": None}), 3)
    assert b'"usage"' not in stream
    assert not any(isinstance(event, Used) for event in read_stream([stream]))


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
    assert read.usage == reply.usage
    assert read.finish_reason == reply.finish_reason


@given(replies(), st.data())
def test_a_stream_cut_before_its_finish_is_never_whole(reply: Reply, data: Any) -> None:
    stream = written(reply, ASKED, 2)
    end = stream.rindex(b"data: ", 0, stream.index(b'"finish_reason":"'))
    at = data.draw(st.integers(0, end))
    events = read_stream([stream[:at]])
    assert isinstance(events[-1], Failed)


@given(replies())
def test_a_reply_goes_into_the_next_request(reply: Reply) -> None:
    """What came is sent back: reasoning under the field that it came in, calls and words unchanged."""
    read = wire.read_reply(wire.write_reply(reply))
    request = Request(model="m", messages=(read.message,))
    http, notices = wire.write_request(request, Rules())
    sent = json.loads(http.body)["messages"][0]
    came = json.loads(wire.write_reply(reply))["choices"][0]["message"]
    assert not notices
    for field in ("reasoning", "reasoning_content", "reasoning_details", "tool_calls", "refusal"):
        assert sent.get(field) == came.get(field)
    assert sent["content"] == came["content"] or not came["content"] or isinstance(came["content"], list)


# Anything at all

bits = st.text(max_size=3)
deltas = st.fixed_dictionaries(
    {},
    optional={
        "role": st.just("assistant"),
        "content": st.none() | st.text(max_size=4) | st.lists(json_values, max_size=2),
        "refusal": st.none() | st.text(max_size=4),
        "reasoning_content": st.none() | st.text(max_size=4),
        "reasoning": st.none() | st.text(max_size=4),
        "reasoning_details": st.lists(
            st.fixed_dictionaries(
                {"type": st.sampled_from(["reasoning.text", "reasoning.summary", "reasoning.encrypted"])},
                optional={"index": st.integers(0, 1), "text": bits, "summary": bits, "data": bits, "signature": bits},
            ),
            max_size=2,
        ),
        "tool_calls": st.lists(
            st.fixed_dictionaries(
                {"function": st.fixed_dictionaries({}, optional={"name": st.sampled_from(["f", "g", "", None])})}
            )
            | st.fixed_dictionaries(
                {
                    "function": st.fixed_dictionaries(
                        {"arguments": st.sampled_from(['{"a":', "1}", "{}", "", None]) | st.just({"a": 1})},
                        optional={"name": st.sampled_from(["f", "g"])},
                    )
                },
                optional={
                    "index": st.integers(0, 1) | st.none(),
                    "id": st.sampled_from(["a", "b", "", None]),
                    "type": st.just("function"),
                    "extra_content": st.just({"x": 1}),
                },
            ),
            max_size=2,
        ),
        "audio": st.fixed_dictionaries(
            {}, optional={"data": st.sampled_from(["QUJD", "Q", "UJD"]), "id": st.just("a")}
        ),
        "function_call": st.fixed_dictionaries({"arguments": st.text(max_size=3)}, optional={"name": st.just("f")}),
        "annotations": st.lists(json_values, max_size=1),
    },
)
chunks = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["x", ""]),
        "model": st.sampled_from(["m", ""]),
        "created": st.integers(0, 5),
        "choices": st.lists(
            st.fixed_dictionaries(
                {"delta": deltas},
                optional={
                    "index": st.sampled_from([0, 0, 0, 1]),
                    "finish_reason": st.sampled_from([None, None, "", "stop", "odd"]),
                    "logprobs": st.none() | st.just({"content": [{"token": "a"}]}),
                },
            ),
            max_size=2,
        ),
        "usage": st.none() | st.dictionaries(st.sampled_from(["prompt_tokens", "total_tokens", "x"]), json_values),
        "x_groq": st.just({"usage": {"prompt_tokens": 1}}),
        "provider": json_values,
    },
)


@given(
    st.lists(chunks | json_values, max_size=6), st.sampled_from(["\n\n", "\r\n\r\n", "\r\r"]), st.booleans(), st.data()
)
def test_no_stream_breaks_the_reader(values: list[Any], gap: str, done: bool, data: Any) -> None:
    stream = "".join([f"data: {json.dumps(value)}{gap}" for value in values]) + ("data: [DONE]\n\n" if done else "")
    whole = read_stream([stream.encode()])
    places = data.draw(st.lists(st.integers(0, 10**6), max_size=6))
    assert without_errors(read_stream(pieces(stream.encode(), places))) == without_errors(whole)
    check_events(whole)


def without_errors(events: list[Event]) -> list[Any]:
    return [str(event.error) if isinstance(event, Failed) else event for event in events]


@given(st.binary(max_size=60))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    check_events(read_stream([data]))


@given(json_values | chunks | st.fixed_dictionaries({"choices": st.lists(st.fixed_dictionaries({"message": deltas}))}))
def test_no_json_breaks_the_reading_of_a_reply(value: Any) -> None:
    with contextlib.suppress(APIError):
        wire.read_reply(json.dumps(value).encode())


@given(st.integers(400, 599), st.binary(max_size=40) | st.builds(lambda value: json.dumps(value).encode(), json_values))
def test_no_body_breaks_the_reading_of_an_error(status: int, body: bytes) -> None:
    error = wire.read_error(status, {"retry-after": "nan"}, body)
    assert error.message
    assert error.status == status
    assert error.retry_after is None


def spoil(data: Any, body: Any, odd: Any) -> None:
    """Put `odd` in the place of one value, anywhere in `body`."""
    at = body
    while True:
        key = data.draw(st.sampled_from(list(at) if isinstance(at, dict) else list(range(len(at)))))
        if not isinstance(at[key], dict | list) or not at[key] or data.draw(st.booleans()):
            at[key] = odd
            return
        at = at[key]


def typed(value: Any) -> None:
    """What was read has the types that its class promises."""
    assert msgspec.convert(msgspec.to_builtins(value), type(value)) == value


@given(requests(), st.data(), json_values)
def test_no_request_breaks_the_server(request_: Request, data: Any, odd: Any) -> None:
    """A valid body with one value replaced is read, or refused as the API would, and nothing else."""
    body = json.loads(wire.write_request(request_, Rules())[0].body)
    spoil(data, body, odd)
    with contextlib.suppress(BadRequestError):
        read = wire.read_request(HttpRequest(path=wire.PATH, body=json.dumps(body).encode()))
        for value in (*read.messages, *read.tools, read.output_schema, read.reasoning):
            typed(value)


@given(replies(), st.data(), json_values)
def test_no_answer_breaks_the_client(reply: Reply, data: Any, odd: Any) -> None:
    body = json.loads(wire.write_reply(reply))
    spoil(data, body, odd)
    try:
        read = wire.read_reply(json.dumps(body).encode())
    except APIError:
        return
    typed(read.message)
    typed(read.usage)
    for value in (read.id, read.model, read.raw_finish_reason):
        assert value is None or isinstance(value, str)
    wire.write_request(Request(model="m", messages=(read.message,)), Rules())
    wire.write_reply(read)


@given(replies(), st.data(), json_values)
def test_no_chunk_breaks_the_client(reply: Reply, data: Any, odd: Any) -> None:
    stream = written(reply, ASKED, 3)
    values = [json.loads(line[6:]) for line in stream.decode().split("\n") if line.startswith("data: {")]
    spoil(data, values, odd)
    events = read_stream([b"".join([b"data: %s\n\n" % json.dumps(value).encode() for value in values])])
    check_events(events)
    for event in events:
        if not isinstance(event, Failed):
            typed(event)
    writer = wire.Writer(ASKED)
    for event in events:
        writer.feed(event)
    writer.close()


def test_thinking_of_another_api_is_reasoning_content() -> None:
    reply = Reply(message=Message("assistant", (Thinking("hm", "sig"),)), finish_reason="stop")
    assert json.loads(wire.write_reply(reply))["choices"][0]["message"]["reasoning_content"] == "hm"
