"""Streams of the Responses wire, read: every event, in OpenAI's order and in others', and how a stream may end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ringup.errors import InternalServerError, ProtocolError, RateLimitError, StreamTruncatedError
from ringup.events import (
    ArgumentsDelta,
    Event,
    ExtraDelta,
    Failed,
    Finish,
    Fold,
    PartEnd,
    PartStart,
    RefusalDelta,
    SignatureDelta,
    Start,
    TextDelta,
    ThinkingDelta,
    Used,
)
from ringup.messages import Opaque, Refusal, Text, Thinking, ToolCall
from ringup.reply import Reply
from ringup.sse import MAX_EVENT_BYTES
from ringup.usage import Usage
from ringup.wires import responses as wire

RESPONSE = {"id": "resp_1", "model": "gpt-x", "created_at": 17, "status": "in_progress", "output": [], "usage": None}
MESSAGE = {"id": "msg_1", "type": "message", "status": "in_progress", "role": "assistant", "content": []}
CALL = {"id": "fc_1", "type": "function_call", "status": "in_progress", "call_id": "c1", "name": "f", "arguments": ""}
REASONING = {"id": "rs_1", "type": "reasoning", "summary": []}
START = Start("resp_1", "gpt-x", 17)


def own(**fields: Any) -> dict[str, Any]:
    return {"responses": fields}


def event(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", "sequence_number": 0, **fields}


def begun(item: dict[str, Any], at: int = 0) -> dict[str, Any]:
    return event("output_item.added", output_index=at, item=item)


def done(item: dict[str, Any], at: int = 0, **fields: Any) -> dict[str, Any]:
    return event("output_item.done", output_index=at, item={**item, "status": "completed", **fields})


def delta(kind: str, words: str, at: int = 0, **fields: Any) -> dict[str, Any]:
    return event(f"{kind}.delta", item_id="x", output_index=at, delta=words, **fields)


def said(words: str, at: int = 0, place: int = 0, **fields: Any) -> dict[str, Any]:
    return delta("output_text", words, at, content_index=place, logprobs=[], **fields)


def block(text: str, **fields: Any) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], **fields}


def ended(kind: str = "completed", **fields: Any) -> dict[str, Any]:
    return event(kind, response={**RESPONSE, "status": kind, **fields})


def stream(*values: dict[str, Any]) -> bytes:
    return b"".join([f"event: {value['type']}\ndata: {json.dumps(value)}\n\n".encode() for value in values])


def read(*values: dict[str, Any]) -> list[Event]:
    reader = wire.Reader()
    return [*reader.feed(stream(event("created", response=RESPONSE), *values)), *reader.close()]


def folded(*values: dict[str, Any]) -> Reply:
    fold = Fold()
    for found in read(*values):
        assert not isinstance(found, Failed), found.error
        fold.feed(found)
    assert fold.finished
    return fold.reply()


# What OpenAI sends


def test_a_text() -> None:
    usage = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
    found = read(
        event("in_progress", response=RESPONSE),
        begun(MESSAGE),
        event("content_part.added", item_id="msg_1", output_index=0, content_index=0, part=block("")),
        said("Hel"),
        said("lo", obfuscation="x9"),
        event("output_text.done", item_id="msg_1", output_index=0, content_index=0, text="Hello", logprobs=[]),
        event("content_part.done", item_id="msg_1", output_index=0, content_index=0, part=block("Hello")),
        done(MESSAGE, content=[block("Hello")]),
        ended(output=[{**MESSAGE, "status": "completed", "content": [block("Hello")]}], usage=usage, store=False),
    )
    assert found == [
        START,
        PartStart(0, Text("", own(item={"id": "msg_1"}))),
        TextDelta(0, "Hel"),
        TextDelta(0, "lo"),
        ExtraDelta(0, "responses", {"item": {"id": "msg_1", "status": "completed"}}),
        PartEnd(0, Text("Hello", own(item={"id": "msg_1", "status": "completed"}))),
        Used(Usage(input_tokens=3, output_tokens=2)),
        Finish("stop", "completed", extra={"store": False}),
    ]


def test_a_function_call() -> None:
    found = read(
        begun({**CALL, "namespace": "n"}),
        delta("function_call_arguments", '{"a":'),
        delta("function_call_arguments", "1}"),
        event("function_call_arguments.done", item_id="fc_1", output_index=0, arguments='{"a":1}'),
        done(CALL, arguments='{"a":1}', namespace="n"),
        ended(),
    )
    extra = {"id": "fc_1", "namespace": "n"}
    assert found[1:-1] == [
        PartStart(0, ToolCall("c1", "f", "", extra=own(**extra))),
        ArgumentsDelta(0, '{"a":'),
        ArgumentsDelta(0, "1}"),
        ExtraDelta(0, "responses", {"status": "completed"}),
        PartEnd(0, ToolCall("c1", "f", '{"a":1}', extra=own(**extra, status="completed"))),
    ]
    assert found[-1] == Finish("tool_calls", "completed")


def test_a_custom_tools_call() -> None:
    call = {"id": "ctc_1", "type": "custom_tool_call", "call_id": "c1", "name": "sql", "input": ""}
    reply = folded(begun(call), delta("custom_tool_call_input", "SELECT"), done(call, input="SELECT 1"), ended())
    assert reply.message.parts == (ToolCall("c1", "sql", "SELECT 1", "custom", own(id="ctc_1", status="completed")),)
    assert reply.finish_reason == "tool_calls"


def test_a_refusal() -> None:
    part = {"type": "refusal", "refusal": "I won't."}
    found = read(
        begun(MESSAGE),
        event("content_part.added", output_index=0, content_index=0, part={"type": "refusal", "refusal": ""}),
        delta("refusal", "I won't.", content_index=0),
        done(MESSAGE, content=[part]),
        ended(),
    )
    assert RefusalDelta(0, "I won't.") in found
    assert PartEnd(0, Refusal("I won't.", own(item={"id": "msg_1", "status": "completed"}))) in found
    assert found[-1] == Finish("refusal", "completed")


def summary(words: str, piece: int) -> dict[str, Any]:
    return delta("reasoning_summary_text", words, summary_index=piece)


def test_a_reasoning_summary_in_two_pieces() -> None:
    pieces = [{"type": "summary_text", "text": "One."}, {"type": "summary_text", "text": "Two."}]
    found = read(
        begun({**REASONING, "encrypted_content": "half"}),
        event("reasoning_summary_part.added", output_index=0, summary_index=0, part=pieces[0]),
        summary("One.", 0),
        event("reasoning_summary_part.done", output_index=0, summary_index=0, part=pieces[0]),
        summary("Tw", 1),
        summary("o.", 1),
        event("output_item.done", output_index=0, item={**REASONING, "summary": pieces, "encrypted_content": "whole"}),
        ended(output=[{**REASONING, "summary": pieces, "encrypted_content": "another"}]),
    )
    whole = Thinking("One.\n\nTwo.", "whole", extra=own(field="summary", id="rs_1", summary=pieces))
    assert found[1:-1] == [
        PartStart(0, Thinking("", extra=own(field="summary", id="rs_1"))),
        ThinkingDelta(0, "One."),
        ThinkingDelta(0, "\n\n"),
        ThinkingDelta(0, "Tw"),
        ThinkingDelta(0, "o."),
        SignatureDelta(0, "whole"),
        ExtraDelta(0, "responses", {"summary": pieces}),
        PartEnd(0, whole),
    ]


def test_pieces_that_are_counted_anyhow_dont_fill_the_memory() -> None:
    found = read(begun(REASONING), summary("One.", 0), summary("Two.", 10**30), summary("Three.", 5), ended())
    whole = found[-2]
    assert isinstance(whole, PartEnd)
    assert isinstance(whole.part, Thinking)
    assert whole.part.text.split() == ["One.", "Two.Three."]
    assert len(whole.part.text) < 1000


def test_an_open_models_reasoning() -> None:
    content = [{"type": "reasoning_text", "text": "Hm."}]
    found = read(
        begun({**REASONING, "content": [], "status": "in_progress"}),
        event("content_part.added", output_index=0, content_index=0, part={"type": "reasoning_text", "text": ""}),
        delta("reasoning_text", "Hm.", content_index=0),
        done(REASONING, content=content),
        ended(),
    )
    assert found[1:4] == [
        PartStart(0, Thinking("", extra=own(field="summary", id="rs_1"))),
        ExtraDelta(0, "responses", {"field": "content"}),
        ThinkingDelta(0, "Hm."),
    ]
    assert found[-2] == PartEnd(0, Thinking("Hm.", extra=own(field="content", id="rs_1", status="completed")))


def test_of_two_kinds_of_reasoning_the_first_is_followed() -> None:
    both: Any = {
        "summary": [{"type": "summary_text", "text": "short"}],
        "content": [{"type": "reasoning_text", "text": "l"}],
    }
    reply = folded(
        begun(REASONING), summary("short", 0), delta("reasoning_text", "l"), done(REASONING, **both), ended()
    )
    (part,) = reply.message.parts
    assert isinstance(part, Thinking)
    assert part.text == "short"
    assert part.extra["responses"]["content"] == both["content"]


def test_citations_and_log_probabilities() -> None:
    notes = [{"type": "url_citation", "url": "https://example.com"}, {"type": "file_path", "file_id": "f"}]
    probs = [{"token": "a", "logprob": -0.5}, {"token": "b", "logprob": -0.1}]
    found = read(
        begun(MESSAGE),
        delta("output_text", "a", content_index=0, logprobs=probs[:1]),
        event("output_text.annotation.added", output_index=0, content_index=0, annotation=notes[0]),
        said("b"),
        done(MESSAGE, content=[block("ab", annotations=notes, logprobs=probs)]),
        ended(),
    )
    assert [one.fields for one in found if isinstance(one, ExtraDelta)] == [
        {"logprobs": probs[:1]},
        {"annotations": notes[:1]},
        {
            "annotations": notes[1:],
            "logprobs": probs[1:],
            "item": {"id": "msg_1", "status": "completed"},
        },
    ]
    (end,) = [one.part for one in found if isinstance(one, PartEnd)]
    assert isinstance(end, Text)
    assert (end.extra["responses"]["annotations"], end.extra["responses"]["logprobs"]) == (notes, probs)


def test_hosted_tools_are_kept_whole() -> None:
    search = {"id": "ws_1", "type": "web_search_call", "status": "in_progress"}
    whole = {**search, "status": "completed", "action": {"type": "search", "query": "x"}}
    found = read(
        begun(search),
        event("web_search_call.searching", output_index=0, item_id="ws_1"),
        done(whole),
        event("image_generation_call.partial_image", output_index=1, partial_image_b64="AAAA"),
        event("something_new.delta", delta="?"),
        ended(),
    )
    assert found[1:-1] == [PartStart(0, Opaque("responses", search)), PartEnd(0, Opaque("responses", whole))]
    assert found[-1] == Finish("stop", "completed")


def test_several_pieces_of_one_message() -> None:
    reply = folded(
        begun(MESSAGE),
        said("One", place=0),
        said("Two", place=1),
        done(MESSAGE, content=[block("One"), block("Two"), {"type": "output_audio", "data": "x"}]),
        ended(),
    )
    assert reply.message.parts == (
        Text("One", own(item={"id": "msg_1", "status": "completed"})),
        Text("Two", own(joins=True)),
        Opaque("responses", {"type": "output_audio", "data": "x"}),
    )


@pytest.mark.parametrize(
    ("last", "finish"),
    [
        (ended(), Finish("stop", "completed")),
        (
            ended("incomplete", incomplete_details={"reason": "max_output_tokens"}),
            Finish("length", "max_output_tokens"),
        ),
        (ended("incomplete"), Finish(None, "incomplete")),
        (ended("cancelled"), Finish("error", "cancelled")),
        ({"type": "response.completed"}, Finish("stop", "completed")),
        ({"type": "response.incomplete", "response": {}}, Finish(None, "incomplete")),
    ],
)
def test_ends(last: dict[str, Any], finish: Finish) -> None:
    assert read(begun(MESSAGE), said("Hi"), last)[-1] == finish


def test_nothing_counts_after_the_end() -> None:
    reader = wire.Reader()
    found = reader.feed(stream(ended(), said("more"), ended("failed")) + b"data: [DONE]\n\n")
    assert reader.done
    assert found[-1] == Finish("stop", "completed")
    assert reader.feed(stream(said("more"))) == []
    assert reader.close() == []


def test_a_failed_response() -> None:
    error = {"code": "rate_limit_exceeded", "message": "Slow."}
    found = read(begun(MESSAGE), said("Hi"), ended("failed", error=error, usage={"input_tokens": 3}))
    assert PartEnd(0, Text("Hi", own(item={"id": "msg_1"}))) in found
    assert found[-2] == Used(Usage(input_tokens=3))
    assert isinstance(found[-1], Failed)
    assert type(found[-1].error) is RateLimitError


def test_an_error_in_the_middle() -> None:
    found = read(begun(MESSAGE), said("Hi"), {"type": "error", "code": "server_error", "message": "Sorry."})
    assert isinstance(found[-1], Failed)
    assert type(found[-1].error) is InternalServerError
    assert found[-2] == TextDelta(0, "Hi")


@pytest.mark.parametrize(
    "tail", [b"", b"data: [DONE]\n\n", b"data: [DONE]", b": keep-alive\n\ndata:\n\n", b'data: {"type": "response.compl']
)
def test_a_stream_without_its_last_event_is_cut(tail: bytes) -> None:
    reader = wire.Reader()
    found = [*reader.feed(stream(begun(MESSAGE), said("Hi")) + tail), *reader.close()]
    assert isinstance(found[-1], Failed)
    assert type(found[-1].error) is StreamTruncatedError
    assert "after a part" in str(found[-1].error)


def test_a_last_event_without_its_blank_line_counts() -> None:
    reader = wire.Reader()
    reader.feed(stream(begun(MESSAGE), said("Hi"), ended()).rstrip(b"\n"))
    assert reader.close()[-1] == Finish("stop", "completed")


# What other servers send


def bare(value: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: held for key, held in value.items() if key not in names}


def test_comments_and_plain_data_lines() -> None:
    body = b": keep-alive\n\n" + b"".join(
        [b"data: %s\n\n: waiting\n\n" % json.dumps(value).encode() for value in (begun(MESSAGE), said("Hi"), ended())]
    )
    reader = wire.Reader()
    found = reader.feed(body + b"data: [DONE]\n\n")
    assert TextDelta(0, "Hi") in found
    assert found[-1] == Finish("stop", "completed")


def test_events_without_an_index_go_by_id_or_by_order() -> None:
    """llama.cpp, before it had output_index."""
    second = {**MESSAGE, "id": "msg_2"}
    values = [
        begun(MESSAGE),
        {**said("One"), "item_id": "msg_1"},
        begun(CALL),
        {**delta("function_call_arguments", "{}"), "item_id": "fc_1"},
        begun(second),
        {**said("Two"), "item_id": "odd"},
        {**said("!"), "item_id": "msg_1"},
        done(second, content=[block("Two")]),
        ended(),
    ]
    reply = folded(*[bare(value, "output_index", "sequence_number") for value in values])
    assert [part.text for part in reply.message.parts if isinstance(part, Text)] == ["One!", "Two"]
    assert reply.tool_calls[0].json == "{}"


def test_ids_that_change_with_every_event() -> None:
    """Proxies that seal the ids (GitHub Copilot): the index counts."""
    reply = folded(
        begun({**MESSAGE, "id": "a"}),
        {**said("Hi"), "item_id": "b"},
        done({**MESSAGE, "id": "c"}, content=[block("Hi")]),
        ended(output=[{**MESSAGE, "id": "d", "content": [block("Hi")]}]),
    )
    assert reply.message.parts == (Text("Hi", own(item={"id": "c", "status": "completed"})),)


def test_words_that_come_only_with_the_whole_item() -> None:
    found = read(
        begun(REASONING),
        done(REASONING, summary=[{"type": "summary_text", "text": "Hm."}], encrypted_content="s"),
        begun(MESSAGE, 1),
        event("content_part.added", output_index=1, content_index=0, part=block("")),
        done(MESSAGE, 1, content=[block("Hello")]),
        begun(CALL, 2),
        done(CALL, 2, arguments="{}"),
        ended(),
    )
    assert ThinkingDelta(0, "Hm.") in found
    assert TextDelta(1, "Hello") in found
    assert ArgumentsDelta(2, "{}") in found


def test_items_that_were_never_told_of() -> None:
    """Deltas or a whole item alone, and items that only the last response has."""
    reply = folded(
        said("Hi", 0),
        delta("reasoning_text", "Hm.", 1, content_index=0),
        delta("function_call_arguments", '{"a"', 2),
        done(CALL, 2, arguments='{"a":1}'),
        ended(output=[MESSAGE, REASONING, {**CALL, "arguments": '{"a":1}'}, {"type": "web_search_call", "id": "ws"}]),
    )
    text, thought, call, search = reply.message.parts
    assert isinstance(text, Text)
    assert isinstance(thought, Thinking)
    assert (text.text, thought.text) == ("Hi", "Hm.")
    assert isinstance(call, ToolCall)
    assert call.json == '{"a":1}'
    assert search == Opaque("responses", {"type": "web_search_call", "id": "ws"})


def test_the_last_response_alone() -> None:
    whole = {**MESSAGE, "status": "completed", "content": [block("Hello")]}
    reader = wire.Reader()
    thought = {**REASONING, "summary": [{"type": "summary_text", "text": "Hm."}], "encrypted_content": "s"}
    found = reader.feed(stream(ended(output=[whole, thought, None])))
    assert found == [
        START,
        PartStart(0, Text("", own(item={"id": "msg_1", "status": "completed"}))),
        TextDelta(0, "Hello"),
        PartEnd(0, Text("Hello", own(item={"id": "msg_1", "status": "completed"}))),
        PartStart(1, Thinking("", extra=own(field="summary", id="rs_1"))),
        ThinkingDelta(1, "Hm."),
        SignatureDelta(1, "s"),
        PartEnd(1, Thinking("Hm.", "s", extra=own(field="summary", id="rs_1"))),
        Finish("stop", "completed"),
    ]


def test_items_that_never_end_are_ended() -> None:
    found = read(
        begun(MESSAGE), said("Hi"), begun(CALL, 1), delta("function_call_arguments", "{}", 1), ended(output=None)
    )
    assert [one.index for one in found if isinstance(one, PartEnd)] == [0, 1]


def test_a_whole_item_without_its_content_keeps_what_came() -> None:
    reply = folded(begun(MESSAGE), said("Hi"), done(MESSAGE, content=[]), ended())
    assert reply.text == "Hi"


def test_a_whole_item_that_says_otherwise_counts() -> None:
    reply = folded(begun(MESSAGE), said("Hx"), done(MESSAGE, content=[block("Hi")]), ended())
    assert reply.text == "Hi"


def test_things_told_twice() -> None:
    reply = folded(
        begun(MESSAGE),
        begun(MESSAGE),
        said("Hi"),
        done(MESSAGE, content=[block("Hi")]),
        done(MESSAGE, content=[block("Hi")]),
        said("late"),
        ended(output=[{**MESSAGE, "content": [block("Hi")]}]),
    )
    assert reply.text == "Hi"
    assert len(reply.message.parts) == 1


def test_the_answers_name_may_come_last() -> None:
    reader = wire.Reader()
    fold = Fold()
    for found in reader.feed(stream(begun(MESSAGE), said("Hi"), ended())):
        fold.feed(found)
    assert (fold.reply().id, fold.reply().model) == ("resp_1", "gpt-x")


# What isn't a stream


def test_a_whole_answer_instead_of_a_stream() -> None:
    whole = {**RESPONSE, "object": "response", "status": "completed", "output": [{**MESSAGE, "content": [block("Hi")]}]}
    body = json.dumps(whole).encode()
    reader = wire.Reader()
    assert reader.feed(body[:9]) == []
    assert reader.feed(body[9:]) == []
    found = reader.close()
    assert TextDelta(0, "Hi") in found
    assert found[-1] == Finish("stop", "completed")


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (b'{"error": {"message": "No.", "code": "server_error"}}', InternalServerError, "No."),
        (b"<html>Bad gateway</html>", ProtocolError, "HTML"),
        (b"oops", ProtocolError, "neither a stream nor JSON"),
        (b"", StreamTruncatedError, "before any of the answer"),
        (b": keep-alive\n", StreamTruncatedError, "before any of the answer"),
        (b"event: response.cre", StreamTruncatedError, "before any of the answer"),
        (b"data: {oops}\n\n", ProtocolError, "isn't a JSON object"),
        (b"x" * (MAX_EVENT_BYTES + 1), ProtocolError, "larger than"),
        (b":%s\n\n" % (b"x" * (MAX_EVENT_BYTES // 2)) * 2, StreamTruncatedError, "before any of the answer"),
    ],
    ids=["error", "html", "text", "nothing", "comment", "half", "broken", "huge", "comments"],
)
def test_bodies_that_are_no_answer(body: bytes, kind: type[Exception], said: str) -> None:
    reader = wire.Reader()
    (found,) = [*reader.feed(body), *reader.close()]
    assert isinstance(found, Failed)
    assert type(found.error) is kind
    assert said in str(found.error)
