"""The laws of the Responses wire: read and write are inverse, cuts don't matter, a stream folds to its reply."""

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
from ringup.events import Event, Failed, Finish, Fold, PartEnd, PartStart, Start, replay
from ringup.http import HttpRequest
from ringup.messages import Request
from ringup.reply import Reply
from ringup.rules import Rules
from ringup.wires import responses as wire
from tests.wires.responses.strategies import json_values, replies, requests

RULES = st.sampled_from([Rules(), Rules(reasons=True)])
ASKED = Request(model="", messages=(), stream=True, extra={"store": None})


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


def echoed(reply: Reply) -> Reply:
    """A reply with what every response repeats of a request that said nothing."""
    defaults = {key: value for key, value in wire.echo(ASKED).items() if value is not None and value != {}}
    return replace(reply, extra={key: value for key, value in (defaults | reply.extra).items() if value != []})


@given(requests())
def test_a_request_is_read_as_it_was_written(request_: Request) -> None:
    http, notices = wire.write_request(request_, Rules())
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
    assert replace(read, raw=None, wire="") == echoed(reply)


@given(replies(), st.integers(0, 5), st.lists(st.integers(0, 10**6), max_size=8))
def test_a_stream_folds_to_the_reply(reply: Reply, piece: int, places: list[int]) -> None:
    stream = written(reply, ASKED, piece)
    assert folded(read_stream(pieces(stream, places))) == echoed(reply)


@given(replies(), st.integers(0, 3))
def test_the_last_event_holds_the_whole_answer(reply: Reply, piece: int) -> None:
    last = written(reply, ASKED, piece).decode().rstrip("\n").rpartition("data: ")[2]
    assert json.loads(last)["response"] == json.loads(wire.write_reply(reply))


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
        assert sorted(ends) == starts


@given(replies(), st.integers(0, 3))
def test_numbers_and_names_of_events(reply: Reply, piece: int) -> None:
    """Events are numbered, their line says what their data says, and items are named before they are spoken of."""
    seen: dict[int, str] = {}
    blocks = written(reply, ASKED, piece).decode().rstrip("\n").split("\n\n")
    for number, block in enumerate(blocks):
        line, _, data = block.partition("\ndata: ")
        event = json.loads(data)
        assert line == f"event: {event['type']}"
        assert event["sequence_number"] == number
        if event["type"] == "response.output_item.added":
            assert event["output_index"] == len(seen)
            seen[event["output_index"]] = event["item"]["id"]
        elif "item_id" in event:
            assert seen[event["output_index"]] == event["item_id"]
    whole = json.loads(wire.write_reply(reply))
    assert list(seen.values()) == [item["id"] for item in whole["output"]]


@given(replies(), st.data())
def test_a_stream_cut_before_its_end_is_never_whole(reply: Reply, data: Any) -> None:
    stream = written(reply, ASKED, 2)
    at = data.draw(st.integers(0, stream.rindex(b"data: ") + 6))
    events = read_stream([stream[:at]])
    assert isinstance(events[-1], Failed)


@given(replies())
def test_a_reply_goes_into_the_next_request(reply: Reply) -> None:
    """What came is sent back: every item with its id, its seal and its words."""
    body = wire.write_reply(reply)
    request = Request(model="m", messages=(wire.read_reply(body).message,))
    http, notices = wire.write_request(request, Rules())
    assert not notices
    assert json.loads(http.body).get("input", []) == json.loads(body)["output"]


# Anything at all

bits = st.text(max_size=3)
places = st.integers(0, 2) | st.none()
blocks = st.fixed_dictionaries(
    {"type": st.sampled_from(["output_text", "refusal", "output_odd", "odd"])},
    optional={"text": bits, "refusal": bits, "annotations": st.lists(json_values, max_size=1)},
)
items = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["message", "reasoning", "function_call", "custom_tool_call", "odd_call"]),
        "id": st.sampled_from(["a", "b", None]),
    },
    optional={
        "content": st.lists(blocks, max_size=2) | st.none(),
        "summary": st.lists(st.fixed_dictionaries({"text": bits}), max_size=2),
        "encrypted_content": bits,
        "call_id": bits,
        "name": bits,
        "arguments": bits,
        "input": bits,
        "status": st.just("completed"),
    },
)
ends = st.sampled_from(["response.completed", "response.incomplete", "response.failed"])
events_of_any_kind = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            [
                "response.created",
                "response.output_item.added",
                "response.output_item.done",
                "response.content_part.added",
                "response.output_text.delta",
                "response.refusal.delta",
                "response.function_call_arguments.delta",
                "response.reasoning_summary_text.delta",
                "response.reasoning_text.delta",
                "response.output_text.annotation.added",
            ]
        )
    },
    optional={
        "output_index": places,
        "content_index": places,
        "summary_index": places,
        "item_id": st.sampled_from(["a", "b", "c"]),
        "item": items,
        "part": blocks,
        "delta": bits,
        "annotation": json_values,
        "logprobs": st.lists(json_values, max_size=1),
    },
)
last_events = st.fixed_dictionaries(
    {"type": ends},
    optional={"response": st.fixed_dictionaries({}, optional={"output": st.lists(items, max_size=3)})},
)


@given(st.lists(events_of_any_kind | json_values, max_size=8), last_events | st.none(), st.booleans(), st.data())
def test_no_stream_breaks_the_reader(values: list[Any], last: Any, done: bool, data: Any) -> None:
    gap = data.draw(st.sampled_from(["\n\n", "\r\n\r\n", "\r\r"]))
    told = [value for value in (*values, last) if value is not None]
    stream = "".join([f"data: {json.dumps(value)}{gap}" for value in told]) + ("data: [DONE]\n\n" if done else "")
    whole = read_stream([stream.encode()])
    cuts = data.draw(st.lists(st.integers(0, 10**6), max_size=6))
    assert without_errors(read_stream(pieces(stream.encode(), cuts))) == without_errors(whole)
    assert isinstance(whole[-1], Finish | Failed)
    writer = wire.Writer(ASKED)
    for event in whole:
        writer.feed(event)


def without_errors(events: list[Event]) -> list[Any]:
    return [str(event.error) if isinstance(event, Failed) else event for event in events]


@given(st.binary(max_size=60))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    check_events(read_stream([data]))


@given(json_values | st.fixed_dictionaries({"output": st.lists(items | json_values, max_size=3)}))
def test_no_json_breaks_the_reading_of_a_reply(value: Any) -> None:
    with contextlib.suppress(APIError):
        wire.read_reply(json.dumps(value).encode())


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
        wire.write_request(read, Rules())


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
def test_no_event_breaks_the_client(reply: Reply, data: Any, odd: Any) -> None:
    stream = written(reply, ASKED, 3)
    values = [json.loads(line[6:]) for line in stream.decode().split("\n") if line.startswith("data: {")]
    spoil(data, values, odd)
    events = read_stream([b"".join([b"data: %s\n\n" % json.dumps(value).encode() for value in values])])
    for event in events:
        if not isinstance(event, Failed):
            typed(event)
    writer = wire.Writer(ASKED)
    for event in events:
        writer.feed(event)
    writer.close()
