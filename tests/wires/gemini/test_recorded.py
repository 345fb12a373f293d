"""Gemini held against real traffic of the Gemini API and of Vertex: everything is read, whole and at random cuts.

What an exchange holds is worked out here from the raw JSON by a path of its own, which knows nothing of ours.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from msgspec.structs import replace

from ringup.errors import APIStatusError
from ringup.events import Event, Failed, Fold, PartEnd, PartStart, replay
from ringup.http import HttpRequest
from ringup.messages import Audio, Document, Image, Message, Opaque, Request, Text, Thinking, ToolCall
from ringup.reply import Reply
from ringup.rules import Rules
from ringup.wires import gemini as wire

from ...recorded import Exchange, cuts, exchanges, needs_recorded

ALL = exchanges(":generateContent") + exchanges(":streamGenerateContent")
ANSWERED = [exchange for exchange in ALL if exchange.status < 300]
WHOLE = [exchange for exchange in ANSWERED if not exchange.streamed]
STREAMED = [exchange for exchange in ANSWERED if exchange.streamed]
REFUSED = [exchange for exchange in ALL if exchange.status >= 400]
REASONS = {"STOP": "stop", "MAX_TOKENS": "length", "SAFETY": "content_filter", "RECITATION": "content_filter"}
REASONS |= dict.fromkeys(["BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY"], "content_filter")
REASONS |= dict.fromkeys(["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL"], "error")


def each(found: list[Exchange]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("exchange", found, ids=[f"{exchange.host}-{exchange.name}" for exchange in found])


# What the raw JSON says


def chunks_of(body: str) -> list[dict[str, Any]]:
    return [json.loads(line[5:]) for line in body.splitlines() if line.startswith("data:")]


def parts_of(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The parts of an answer, or of its chunks one after the other; those that say nothing are left out."""
    candidates = [candidate for answer in answers for candidate in answer.get("candidates", [])]
    parts = [part for candidate in candidates for part in candidate.get("content", {}).get("parts", [])]
    return [part for part in parts if part not in ({}, {"text": ""})]


def words_of(parts: list[dict[str, Any]], thought: bool) -> str:
    return "".join([part["text"] for part in parts if "text" in part and part.get("thought", False) == thought])


def hold_against(reply: Reply, answers: list[dict[str, Any]]) -> None:
    parts = parts_of(answers)
    found = reply.message.parts
    assert reply.text == words_of(parts, False)
    assert "".join([part.text for part in found if isinstance(part, Thinking)]) == words_of(parts, True)
    calls = [part["functionCall"] for part in parts if "functionCall" in part]
    assert [(call.name, call.arguments) for call in reply.tool_calls] == [(c["name"], c.get("args", {})) for c in calls]
    for call, raw in zip(reply.tool_calls, calls, strict=True):
        assert call.id == raw.get("id", call.id)
    ids = [call.id for call in reply.tool_calls]
    assert all(ids)
    assert len(set(ids)) == len(ids)
    assert signatures(found) == [part["thoughtSignature"] for part in parts if "thoughtSignature" in part]
    assert reply.id == answers[0].get("responseId")
    assert reply.model == answers[0].get("modelVersion")
    hold_end_against(reply, answers, bool(calls))
    hold_usage_against(reply, answers[-1].get("usageMetadata", {}))


def signatures(parts: Any) -> list[str]:
    found = []
    for part in parts:
        fields = part.data if isinstance(part, Opaque) else part.extra.get("gemini", {})
        seal = part.signature if isinstance(part, Thinking) else fields.get("thoughtSignature")
        found += [seal] if seal else []
    return found


def hold_end_against(reply: Reply, answers: list[dict[str, Any]], calls: bool) -> None:
    candidates = [answer["candidates"][0] for answer in answers if answer.get("candidates")]
    raws = [candidate["finishReason"] for candidate in candidates if "finishReason" in candidate]
    blocks = [answer["promptFeedback"]["blockReason"] for answer in answers if answer.get("promptFeedback")]
    assert reply.raw_finish_reason == (raws or blocks)[-1]
    expected = REASONS.get(reply.raw_finish_reason) if raws else "content_filter"
    assert reply.finish_reason == ("tool_calls" if calls and expected == "stop" else expected)
    for candidate in candidates:
        for name in candidate.keys() - {"content", "finishReason", "index"}:
            assert name in reply.extra
            told = candidate[name]
            assert reply.extra[name] == told or (isinstance(told, dict) and told.items() <= reply.extra[name].items())


def hold_usage_against(reply: Reply, usage: dict[str, Any]) -> None:
    assert reply.usage.input_tokens == usage["promptTokenCount"] + usage.get("toolUsePromptTokenCount", 0)
    assert reply.usage.output_tokens == usage.get("candidatesTokenCount", 0) + usage.get("thoughtsTokenCount", 0)
    assert reply.usage.cache_read_tokens == usage.get("cachedContentTokenCount")
    assert reply.usage.reasoning_tokens == usage.get("thoughtsTokenCount")
    assert reply.usage.total_tokens == usage["totalTokenCount"]
    for name in usage.keys() - {"promptTokenCount", "candidatesTokenCount", "cachedContentTokenCount"}:
        if name not in ("thoughtsTokenCount", "totalTokenCount"):
            assert reply.usage.details[name] == usage[name]


# Answers


def read(data: list[bytes]) -> list[Event]:
    reader = wire.Reader()
    return [event for piece in data for event in reader.feed(piece)] + reader.close()


def fold(events: list[Event]) -> Reply:
    folded = Fold()
    for event in events:
        assert not isinstance(event, Failed), event.error
        folded.feed(event)
    assert folded.finished
    return folded.reply()


def plain(reply: Reply) -> Reply:
    return replace(reply, raw=None, wire="")


@needs_recorded
def test_there_is_something_to_hold_against() -> None:
    assert WHOLE
    assert STREAMED
    assert len({exchange.host for exchange in ALL}) > 1


@each(WHOLE)
def test_a_whole_answer_is_read(exchange: Exchange) -> None:
    reply = wire.read_reply(exchange.body.encode())
    hold_against(reply, [json.loads(exchange.body)])
    assert reply.raw == json.loads(exchange.body)
    assert len(reply.message.parts) == len(parts_of([reply.raw]))
    assert fold(read(cuts(exchange.body.encode(), exchange.seq))) == plain(reply)


@each(STREAMED)
def test_a_stream_is_read_at_any_cut(exchange: Exchange) -> None:
    body = exchange.body.encode()
    events = read([body])
    chunks = chunks_of(exchange.body)
    hold_against(fold(events), chunks)
    for seed in range(10):
        assert read(cuts(body, seed)) == events
    assert read([body[at : at + 1] for at in range(len(body))]) == events
    assert fold(read(cuts(json.dumps(chunks, indent=1).encode(), exchange.seq))) == fold(events)
    kept = [event.index for event in events if isinstance(event, PartStart) and isinstance(event.part, Opaque)]
    deltas = [event for event in events if not isinstance(event, PartEnd) or event.index in kept]
    assert fold(deltas) == fold(events)


@each(STREAMED)
def test_a_stream_that_loses_its_end_is_cut(exchange: Exchange) -> None:
    body = exchange.body.encode()
    first = body.index(b'"finishReason"')
    for at in (first, first // 2, 1):
        assert isinstance(read([body[:at]])[-1], Failed)


@each(ANSWERED)
def test_an_answer_written_again_says_the_same(exchange: Exchange) -> None:
    body = exchange.body.encode()
    reply = fold(read([body])) if exchange.streamed else plain(wire.read_reply(body))
    assert plain(wire.read_reply(wire.write_reply(reply))) == without_time(reply)
    writer = wire.Writer(wire.read_request(asked(exchange)))
    stream = b"".join([writer.feed(event) for event in replay(reply, 7)]) + writer.close()
    told = fold(read(cuts(stream, exchange.seq)))
    assert joined(told) == joined(without_time(reply))


def without_time(reply: Reply) -> Reply:
    """The time stays where Vertex put it."""
    return reply if "createTime" in reply.extra else replace(reply, created=None)


def joined(reply: Reply) -> Reply:
    """Words that follow each other joined, as a stream joins them."""
    parts: list[Any] = []
    for part in reply.message.parts:
        if parts and isinstance(part, Text) and isinstance(parts[-1], Text) and not (part.extra or parts[-1].extra):
            parts[-1] = Text(parts[-1].text + part.text)
        else:
            parts.append(part)
    return replace(reply, message=replace(reply.message, parts=tuple(parts)), created=None)


@each(ANSWERED)
def test_an_answer_goes_back_as_it_came(exchange: Exchange) -> None:
    """In the next turn each part stands as it was: signatures with theirs, and no id that the API didn't give."""
    body = exchange.body.encode()
    reply = fold(read([body])) if exchange.streamed else wire.read_reply(body)
    if not reply.message.parts:
        return
    request = Request(model="gemini-3", messages=(Message("user", (Text("a"),)), reply.message))
    http, notices = wire.write_request(request, Rules())
    sent = json.loads(http.body)["contents"][1]
    came = parts_of(chunks_of(exchange.body) if exchange.streamed else [json.loads(exchange.body)])
    assert not notices
    assert sent["role"] == "model"
    if not exchange.streamed:
        assert sent["parts"] == came
    rest = [part for part in came if part.keys() != {"text"}]
    assert [part for part in sent["parts"] if part.keys() != {"text"}] == rest


# Requests


def asked(exchange: Exchange) -> HttpRequest:
    path, _, query = exchange.path.partition("?")
    stream = path.endswith(":streamGenerateContent")
    alt = {"alt": "sse"} if exchange.streamed or "alt=sse" in query else {}
    return HttpRequest(path=path, query=alt if stream else {}, body=json.dumps(exchange.request).encode())


@each(ANSWERED)
def test_an_accepted_request_is_accepted_and_goes_out_again(exchange: Exchange) -> None:
    http = asked(exchange)
    request = wire.read_request(http)
    wire.check_names(http)
    assert request.model == exchange.path.partition(":")[0].rpartition("/")[2]
    assert request.stream == ("streamGenerateContent" in exchange.path)
    assert set(request.extra) <= wire.FIELDS
    again, notices = wire.write_request(request, Rules())
    assert not notices
    assert wire.read_request(again) == request
    assert meaning(json.loads(again.body)) == meaning(exchange.request)
    hold_parts_against(request, exchange.request)


FREE = ("args", "response", "parametersJsonSchema", "responseJsonSchema", "parameters", "responseSchema", "labels")
REPEATED = ("tools", "contents", "parts", "functionDeclarations", "safetySettings")


def meaning(value: Any, inside: str = "") -> Any:
    """The same body in one form: names in camelCase, lists where they may be, bytes for base64, words in capitals."""
    if isinstance(value, list):
        return [meaning(item, inside) for item in value]
    if not isinstance(value, dict) or inside in FREE:
        return value
    found = {}
    for key, item in value.items():
        first, *more = key.split("_")
        name = first + "".join([word.capitalize() for word in more])
        same = meaning(item, name)
        if name in REPEATED and not isinstance(same, list):
            same = [same]
        if name == "data":
            same = base64.b64decode(same.replace("-", "+").replace("_", "/") + "==")
        if name in ("mode", "thinkingLevel"):
            same = same.upper()
        if item is not None:
            found[name] = same
    if inside == "functionCall":
        found.setdefault("args", {})
    if found.get("tools"):
        found["tools"] = functions_together(found["tools"])
    return {name: item for name, item in found.items() if item not in ({}, []) or name in ("args", "response")}


def functions_together(tools: list[dict[str, Any]]) -> list[Any]:
    declared = [function for tool in tools for function in tool.get("functionDeclarations", [])]
    others = [{name: item} for tool in tools for name, item in tool.items() if name != "functionDeclarations"]
    return [declared, *sorted(others, key=str)]


def hold_parts_against(request: Request, body: dict[str, Any]) -> None:
    """Each part is what its JSON says it is."""
    contents = body["contents"]
    assert len(contents) == len(request.messages)
    for message, content in zip(request.messages, contents, strict=True):
        assert (message.role == "assistant") == (content["role"] == "model")
        for part, block in zip(message.parts, content["parts"], strict=True):
            hold_part_against(part, {key.replace("_", "").lower(): item for key, item in block.items()})
    schemas = body.get("generationConfig", {}).get("responseJsonSchema")
    assert (request.output_schema.schema if request.output_schema else None) == schemas


def hold_part_against(part: Any, block: dict[str, Any]) -> None:
    if "text" in block:
        assert isinstance(part, Thinking if block.get("thought") else Text)
        assert part.text == block["text"]
    elif "functioncall" in block:
        call = block["functioncall"]
        assert isinstance(part, ToolCall)
        assert (part.name, part.arguments) == (call["name"], call.get("args", {}))
        assert part.id == call.get("id", part.id)
    elif "functionresponse" in block:
        answer = block["functionresponse"]
        assert part.call_id == answer.get("id", part.call_id)
        assert part.is_error == (answer["response"].keys() == {"error"})
        assert len([item for item in part.parts if not isinstance(item, Text)]) == len(answer.get("parts", []))
    elif "inlinedata" in block or "filedata" in block:
        assert isinstance(part, (Image, Document, Audio))
    else:
        assert isinstance(part, Opaque)


# Errors


@each(REFUSED)
def test_a_refusal_is_read(exchange: Exchange) -> None:
    error = wire.read_error(exchange.status, exchange.headers, exchange.body.encode())
    assert isinstance(error, APIStatusError)
    said = json.loads(exchange.body)["error"]
    assert (error.status, error.type, error.message) == (said["code"], said["status"], said["message"])
    details = {detail["@type"].rpartition(".")[2]: detail for detail in said.get("details", [])}
    assert error.code == details.get("ErrorInfo", {}).get("reason")
    wait = details.get("RetryInfo", {}).get("retryDelay")
    assert error.retry_after == (float(wait[:-1]) if wait else None)
    again = wire.write_error(error)
    assert json.loads(again.body) == json.loads(exchange.body)
    assert again.status == exchange.status
