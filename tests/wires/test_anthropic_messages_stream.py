"""Anthropic Messages: streams, and the laws that hold for both halves."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ringup import sse
from ringup.errors import (
    BadRequestError,
    OverloadedError,
    ProtocolError,
    RateLimitError,
    StreamTruncatedError,
)
from ringup.events import (
    ArgumentsDelta,
    ExtraDelta,
    Failed,
    Finish,
    PartEnd,
    PartStart,
    SignatureDelta,
    Start,
    TextDelta,
    ThinkingDelta,
    Used,
    replay,
)
from ringup.messages import Message, Opaque, Text, Thinking, ToolCall
from ringup.reply import Reply
from ringup.usage import Usage
from ringup.wires import anthropic_messages as wire

from ..recorded import cuts
from .anthropic_strategies import replies, spoilt
from .anthropic_streams import (
    NAME,
    START,
    STOP,
    TEXT,
    begin,
    delta,
    done,
    end,
    failure,
    fold,
    read,
    read_block,
    sent,
    stream,
    write,
)

# Laws


@given(replies(), st.integers(0, 5), st.integers(0, 2**20))
@settings(deadline=None)
def test_a_written_stream_folds_to_the_same_reply_at_any_cut(reply: Reply, piece: int, seed: int) -> None:
    data = write(replay(reply, piece))
    whole = read(data)
    assert read(*cuts(data, seed)) == whole
    assert fold(whole) == reply
    without_ends = [event for event in whole if not isinstance(event, PartEnd)]
    if not any(isinstance(part, Opaque) for part in reply.message.parts):
        assert fold(without_ends) == reply


@given(replies(), st.integers(0, 5))
@settings(deadline=None, max_examples=50)
def test_a_stream_says_what_the_whole_answer_says(reply: Reply, piece: int) -> None:
    whole = wire.read_reply(wire.write_reply(reply))
    streamed = fold(read(write(replay(reply, piece))))
    assert streamed == replace(whole, raw=None, wire="")


@given(replies(), st.data())
@settings(deadline=None, max_examples=50)
def test_a_cut_stream_is_never_an_answer(reply: Reply, data: st.DataObject) -> None:
    body = write(replay(reply))
    last = body.rindex(b"event: message_delta")
    events = read(body[: data.draw(st.integers(0, last))])
    assert isinstance(failure(events), StreamTruncatedError)


ANY = [
    *(START, TEXT, STOP, done(), end(0), end(1), end(9), begin(2, type="new")),
    begin(1, type="tool_use", id="t", name="n"),
    *[delta("text_delta", index, text="a") for index in range(3)],
    *[delta("input_json_delta", index, partial_json="{}") for index in range(3)],
    *[delta("citations_delta", index, citation={}) for index in range(3)],
    *(delta("new_delta", 0, x=1), delta("text_delta", 0)),
    *({"type": "ping"}, {"type": "new"}, {"type": "message_delta"}, {"type": "content_block_delta"}),
    *({"type": "content_block_start", "index": 1}, {"type": "message_start"}, {"type": "error"}),
    *({"type": "error", "error": "x"}, {"error": {}}, {"x": 1}),
]


@given(st.lists(st.sampled_from(ANY), max_size=12))
def test_no_order_of_events_breaks_the_reader(data: list[dict[str, Any]]) -> None:
    body = b"".join([sse.encode(json.dumps(item).encode()) for item in data])
    events = read(body)
    assert isinstance(events[-1], (Finish, Failed))
    again = read(*cuts(body, len(body)))
    assert again[:-1] == events[:-1]
    assert type(again[-1]) is type(events[-1])
    fold([event for event in events if not isinstance(event, Failed)])


@given(st.binary(max_size=200), st.integers(0, 2**20))
def test_no_bytes_break_the_reader(data: bytes, seed: int) -> None:
    assert isinstance(read(*cuts(data, seed))[-1], (Finish, Failed))


@given(replies().flatmap(lambda reply: spoilt(st.just(sent(write(replay(reply, 3)))))))
@settings(deadline=None, max_examples=200)
def test_a_spoilt_stream_is_read_or_fails(data: Any) -> None:
    body = (
        b"".join([sse.encode(json.dumps(item).encode()) for item in data]) if isinstance(data, list) else b"data: 1\n\n"
    )
    events = read(body)
    assert isinstance(events[-1], (Finish, Failed))
    fold([event for event in events if not isinstance(event, Failed)])


# Reading


def test_a_stream_of_words() -> None:
    body = stream(
        START,
        TEXT,
        {"type": "ping"},
        delta("text_delta", text="Hi"),
        delta("text_delta", text="!"),
        end(),
        done(),
        STOP,
    )
    assert read(body) == [
        Start("msg_1", "claude-x"),
        Used(Usage(input_tokens=5, output_tokens=1)),
        PartStart(0, Text("")),
        TextDelta(0, "Hi"),
        TextDelta(0, "!"),
        PartEnd(0, Text("Hi!")),
        Used(Usage(input_tokens=5, output_tokens=15)),
        Finish("stop", "end_turn"),
    ]


def test_the_event_lines_arent_needed_and_comments_give_nothing() -> None:
    body = stream(START, TEXT, delta("text_delta", text="Hi"), end(), done(), STOP)
    bare = b": keep-alive\n\n" + b"".join(
        [line + b"\n\n: .\n\n" for line in body.split(b"\n") if line.startswith(b"data")]
    )
    assert read(bare) == read(body)
    assert read(b"\n\n \n" + body.replace(b"\n", b"\r\n")) == read(body)
    assert read(b"\xef\xbb\xbf" + body) == read(body)


def test_thinking() -> None:
    assert read_block(
        begin(type="thinking", thinking="", signature=""),
        delta("thinking_delta", thinking="hm"),
        delta("signature_delta", signature="sig"),
        end(),
        begin(1, type="redacted_thinking", data="sealed"),
        end(1),
    ) == [
        PartStart(0, Thinking("")),
        ThinkingDelta(0, "hm"),
        SignatureDelta(0, "sig"),
        PartEnd(0, Thinking("hm", "sig")),
        PartStart(1, Thinking("", "sealed", redacted=True)),
        PartEnd(1, Thinking("", "sealed", redacted=True)),
    ]


def test_a_tool_call() -> None:
    assert read_block(
        begin(type="tool_use", id="t", name="n", input={}, caller={"type": "direct"}),
        delta("input_json_delta", partial_json=""),
        delta("input_json_delta", partial_json='{"a"'),
        delta("input_json_delta", partial_json=": 1.0}"),
        end(),
    ) == [
        PartStart(0, ToolCall("t", "n", "", extra={NAME: {"caller": {"type": "direct"}}})),
        ArgumentsDelta(0, ""),
        ArgumentsDelta(0, '{"a"'),
        ArgumentsDelta(0, ": 1.0}"),
        PartEnd(0, ToolCall("t", "n", '{"a": 1.0}', extra={NAME: {"caller": {"type": "direct"}}})),
    ]


@pytest.mark.parametrize(("given_input", "json_text"), [({}, "{}"), (None, "{}"), ({"a": 1}, '{"a":1}')])
def test_a_tool_call_without_deltas_has_the_input_of_its_start(given_input: Any, json_text: str) -> None:
    assert read_block(begin(type="tool_use", id="t", name="n", input=given_input), end()) == [
        PartStart(0, ToolCall("t", "n", "")),
        ArgumentsDelta(0, json_text),
        PartEnd(0, ToolCall("t", "n", json_text)),
    ]


def test_what_a_start_holds_already_comes_as_deltas() -> None:
    assert read_block(begin(type="text", text="Hi", citations=[]), delta("text_delta", text="!"), end()) == [
        PartStart(0, Text("")),
        TextDelta(0, "Hi"),
        TextDelta(0, "!"),
        PartEnd(0, Text("Hi!")),
    ]
    assert read_block(begin(type="thinking", thinking="hm", signature="sig"), end()) == [
        PartStart(0, Thinking("")),
        ThinkingDelta(0, "hm"),
        SignatureDelta(0, "sig"),
        PartEnd(0, Thinking("hm", "sig")),
    ]


def test_citations_and_fields_of_unknown_deltas() -> None:
    events = read_block(
        TEXT,
        delta("citations_delta", citation={"n": 1}),
        delta("text_delta", text="Hi"),
        delta("citations_delta", citation={"n": 2}),
        delta("new_delta", new="x", nothing=None),
        delta("newer_delta"),
        end(),
    )
    whole = Text("Hi", {NAME: {"citations": [{"n": 1}, {"n": 2}], "new": "x"}})
    assert events == [
        PartStart(0, Text("")),
        ExtraDelta(0, NAME, {"citations": [{"n": 1}]}),
        TextDelta(0, "Hi"),
        ExtraDelta(0, NAME, {"citations": [{"n": 2}]}),
        ExtraDelta(0, NAME, {"new": "x"}),
        PartEnd(0, whole),
    ]
    assert fold(events[:-1]).message.parts == (whole,)


def test_blocks_that_arent_modelled_are_put_together_whole() -> None:
    opening = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}
    events = read_block(
        begin(0, **opening),
        delta("input_json_delta", partial_json='{"query":'),
        delta("input_json_delta", partial_json=' "x"}'),
        end(),
        begin(1, type="compaction", content=None, list=[1]),
        delta("compaction_delta", 1, content="so "),
        delta("compaction_delta", 1, content="far", list=[2]),
        end(1),
        begin(2, type="mcp_tool_use", input={}),
        delta("input_json_delta", 2, partial_json='{"cut'),
        end(2),
    )
    assert events == [
        PartStart(0, Opaque(NAME, opening)),
        PartEnd(0, Opaque(NAME, opening | {"input": {"query": "x"}})),
        PartStart(1, Opaque(NAME, {"type": "compaction", "content": None, "list": [1]})),
        PartEnd(1, Opaque(NAME, {"type": "compaction", "content": "so far", "list": [1, 2]})),
        PartStart(2, Opaque(NAME, {"type": "mcp_tool_use", "input": {}})),
        PartEnd(2, Opaque(NAME, {"type": "mcp_tool_use", "input": {"INVALID_JSON": '{"cut'}})),
    ]


def test_usage_is_a_running_total() -> None:
    first = {"input_tokens": 5, "cache_read_input_tokens": 7, "service_tier": "standard", "output_tokens": 1}
    start = {"type": "message_start", "message": {"id": "m", "usage": first}}
    later = {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 10, "input_tokens": None}}
    last = done() | {"usage": {"output_tokens": 20, "server_tool_use": {"web_search_requests": 1}}}
    used = [event.usage for event in read(stream(start, later, last, STOP)) if isinstance(event, Used)]
    assert [usage.output_tokens for usage in used] == [1, 10, 20]
    details = {"service_tier": "standard", "server_tool_use": {"web_search_requests": 1}}
    assert used[-1] == Usage(input_tokens=12, output_tokens=20, cache_read_tokens=7, details=details)


def test_fields_of_the_answer_come_with_its_end() -> None:
    start = {
        "type": "message_start",
        "message": {"id": "m", "content": [], "stop_reason": None, "diagnostics": {"a": 1}},
    }
    details = {"type": "refusal", "category": None}
    last = done("refusal", stop_details=details, container=None) | {"context_management": {"applied_edits": []}}
    assert read(stream(start, last, STOP))[-1] == Finish(
        "refusal",
        "refusal",
        extra={"diagnostics": {"a": 1}, "stop_details": details, "context_management": {"applied_edits": []}},
    )
    assert read(stream(done("stop_sequence", stop_sequence="END"), STOP))[-1] == Finish("stop", "stop_sequence", "END")


def test_an_error_comes_after_the_events_before_it() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}, "request_id": "req_1"}
    events = read(stream(START, TEXT, delta("text_delta", text="Hi"), error, STOP))
    assert events[-2] == TextDelta(0, "Hi")
    caught = failure(events)
    assert isinstance(caught, OverloadedError)
    assert (caught.status, caught.type, caught.request_id, caught.retryable) == (200, "overloaded_error", "req_1", True)


@pytest.mark.parametrize(
    "body",
    [
        b'data: {"error": {"type": "rate_limit_error", "message": "slow"}}\n\n',
        b'event: error\ndata: {"message": "slow", "error": {"type": "rate_limit_error", "message": "slow"}}\n\n',
        b'{"type": "error", "error": {"type": "rate_limit_error", "message": "slow"}}',
    ],
)
def test_errors_of_compatible_servers(body: bytes) -> None:
    caught = failure(read(body))
    assert isinstance(caught, RateLimitError)
    assert caught.message == "slow"


def test_a_stream_that_ends_after_its_stop_reason_is_whole() -> None:
    events = read(stream(START, TEXT, delta("text_delta", text="Hi"), done("max_tokens")))
    assert events[-2:] == [PartEnd(0, Text("Hi")), Finish("length", "max_tokens")]
    assert read(stream(START, done()) + b"data: [DONE]\n\n")[-1] == Finish("stop", "end_turn")


def test_a_last_event_without_its_blank_line_counts() -> None:
    assert read(stream(START, done(), STOP)[:-2])[-1] == Finish("stop", "end_turn")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"eve",
        b": wait",
        b": wait\n\n: wait\n\n",
        b"event: ping\ndata: {}\n\n",
        stream(START, TEXT, delta("text_delta", text="Hi")),
        stream(START, TEXT) + b'event: content_block_delta\ndata: {"type":"content_bl',
    ],
)
def test_a_stream_that_ends_before_is_cut(body: bytes) -> None:
    caught = failure(read(body))
    assert isinstance(caught, StreamTruncatedError)
    assert caught.retryable


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (stream(START) + b"data: {oops\n\n" + stream(STOP), "an event that isn't JSON: '{oops'"),
        (stream(START) + b"data: 5\n\n" + stream(STOP), "an event that isn't a JSON object: '5'"),
        (stream(START, delta("text_delta", text="Hi")), "a delta for block 0, which isn't open"),
        (stream(START, TEXT, end(), delta("text_delta", text="Hi")), "a delta for block 0, which isn't open"),
        (stream(TEXT, delta("input_json_delta", partial_json="{}")), "an input_json_delta for a block of another type"),
        (stream(begin(0)| {"index": None}), "without the index of its block"),
        (stream({"type": "content_block_start", "index": 0}), "without its content_block"),
        (b"<html><body>502 Bad Gateway</body></html>", "isn't an event stream: '502 Bad Gateway'"),
        (b"upstream connect error", "isn't an event stream: 'upstream connect error'"),
        (b'{"id": "m", "cont', "isn't one of the Messages API"),
        (b"data: " + b"x" * (17 * 1024 * 1024), "larger than"),
        (b"{" + b"x" * (17 * 1024 * 1024), "larger than"),
    ],
)  # fmt: skip
def test_what_is_no_stream(body: bytes, message: str) -> None:
    caught = failure(read(*[body[at : at + 2**20] for at in range(0, len(body), 2**20)]))
    assert isinstance(caught, ProtocolError)
    assert message.replace("an input", "a input") in caught.quoting.replace("an input", "a input")


def test_repeated_and_stray_events_are_ignored() -> None:
    ending = [end(), end(), end(7), TEXT, {"type": "new", "index": 0}, done(), STOP, STOP, done("refusal")]
    events = read(stream(START, START, TEXT, TEXT, delta("text_delta", text="Hi"), *ending))
    assert fold(events).text == "Hi"
    assert events[-1] == Finish("stop", "end_turn")
    assert len([event for event in events if isinstance(event, (Start, PartStart, PartEnd))]) == 3


def test_a_whole_answer_where_a_stream_was_expected() -> None:
    reply = Reply(
        message=Message("assistant", (Text("Hi"), ToolCall("t", "n", '{"a":1}'))),
        finish_reason="tool_calls",
        raw_finish_reason="tool_use",
        id="msg_1",
        model="claude-x",
        usage=Usage(input_tokens=1, output_tokens=2),
    )
    body = b" \n" + wire.write_reply(reply)
    assert fold(read(body)) == reply
    assert read(*[body[at : at + 1] for at in range(len(body))]) == read(body)
    assert isinstance(failure(read(b'[{"error": {"type": "invalid_request_error", "message": "no"}}]')), ProtocolError)
    assert isinstance(failure(read(b'{"error": {"type": "invalid_request_error", "message": "no"}}')), BadRequestError)


def test_odd_json_is_read() -> None:
    body = (
        stream(START, TEXT)
        + b'data: {"type":"content_block_delta","index":0.0,"delta":{"type":"text_delta","text":"\\ud83d"}}\n\n'
    )
    assert fold(read(body + stream(done(), STOP))).text == "\ud83d"
