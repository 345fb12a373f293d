"""The Responses wire with the official Python SDK as the judge: it reads what we write, and we read what it sends."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2
import openai
import pytest
from hypothesis import assume, given, settings
from openai.types.responses import Response, ResponseInputParam, ResponseStreamEvent
from pydantic import BaseModel, TypeAdapter

from ringup import errors
from ringup.events import Failed, replay
from ringup.http import HttpRequest
from ringup.messages import Image, Message, Opaque, OutputSchema, Request, Text, Thinking, Tool, ToolCall, ToolResult
from ringup.reply import Reply
from ringup.rules import Rules
from ringup.usage import Usage
from ringup.wires import responses as wire
from tests.wires.responses.strategies import requests

NOTE = {"type": "url_citation", "url": "https://example.com", "title": "A", "start_index": 0, "end_index": 5}
SEARCH = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "x"}}
REPLY = Reply(
    message=Message(
        "assistant",
        (
            Thinking("Let me see.", "sealed"),
            Opaque("responses", SEARCH),
            Text("Hello, ", {"responses": {"annotations": [NOTE]}}),
            Text("world.", {"responses": {"joins": True}}),
            ToolCall("call_1", "look", '{"city": "Oslo"}'),
            ToolCall("call_2", "sql", "SELECT 1", "custom"),
        ),
    ),
    finish_reason="tool_calls",
    raw_finish_reason="tool_calls",
    id="resp_1",
    model="gpt-x",
    created=17,
    usage=Usage(input_tokens=60, output_tokens=40, cache_read_tokens=30, cache_write_tokens=20, reasoning_tokens=5),
)
ASKED = Request(model="gpt-x", messages=(), stream=True)


def client(answer: Callable[[httpx2.Request], httpx2.Response]) -> openai.OpenAI:
    transport = httpx2.MockTransport(answer)
    return openai.OpenAI(api_key="no-key", max_retries=0, http_client=httpx2.Client(transport=transport))


def whole(_: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(200, headers={"content-type": "application/json"}, content=wire.write_reply(REPLY))


def streamed(_: httpx2.Request) -> httpx2.Response:
    writer = wire.Writer(ASKED)
    data = b"".join([writer.feed(event) for event in replay(REPLY, 3)]) + writer.close()
    return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=data)


def check(response: Any) -> None:
    assert (response.id, response.model, response.status, response.created_at) == ("resp_1", "gpt-x", "completed", 17)
    assert response.output_text == "Hello, world."
    thinking, search, message, look, sql = response.output
    assert (thinking.type, thinking.summary[0].text, thinking.encrypted_content) == (
        "reasoning",
        "Let me see.",
        "sealed",
    )
    assert search.to_dict() == SEARCH
    assert [content.text for content in message.content] == ["Hello, ", "world."]
    assert message.content[0].annotations[0].to_dict() == NOTE
    assert (look.call_id, look.name, look.arguments) == ("call_1", "look", '{"city": "Oslo"}')
    assert (sql.type, sql.input) == ("custom_tool_call", "SELECT 1")
    usage = response.usage
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (60, 40, 100)
    assert (usage.input_tokens_details.cached_tokens, usage.input_tokens_details.cache_write_tokens) == (30, 20)
    assert usage.output_tokens_details.reasoning_tokens == 5


def test_it_reads_a_whole_answer() -> None:
    check(client(whole).responses.create(model="gpt-x", input="Hi"))


def test_it_reads_a_stream() -> None:
    with client(streamed).responses.stream(model="gpt-x", input="Hi") as stream:
        text = "".join([event.delta for event in stream if event.type == "response.output_text.delta"])
        final = stream.get_final_response()
    assert text == "Hello, world."
    check(final)


def test_every_event_is_one_that_it_knows() -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
    writer = wire.Writer(ASKED)
    data = b"".join([writer.feed(event) for event in replay(REPLY, 3)]).decode()
    events = [json.loads(block.partition("\ndata: ")[2]) for block in data.rstrip("\n").split("\n\n")]
    for event in events:
        assert adapter.validate_python(event).type == event["type"]
    assert adapter.validate_python(events[-1]).type == "response.completed"


def test_a_whole_answer_is_of_its_type() -> None:
    assert Response.model_validate(json.loads(wire.write_reply(REPLY))).id == "resp_1"


@pytest.mark.parametrize("nested", [False, True])
def test_it_reads_an_error_inside_a_stream(nested: bool) -> None:
    error = errors.RateLimitError("Slow.", status=429, code="rate_limit_exceeded")

    def answer(_: httpx2.Request) -> httpx2.Response:
        data = wire.Writer(ASKED, nested=nested).feed(Failed(error))
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=data)

    stream = client(answer).responses.create(model="gpt-x", input="Hi", stream=True)
    if nested:
        with pytest.raises(openai.APIError, match=r"Slow\."):
            list(stream)
    else:
        (event,) = list(stream)
        assert event.type == "error"
        assert (event.code, event.message) == ("rate_limit_exceeded", "Slow.")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (errors.BadRequestError("No.", param="input"), openai.BadRequestError),
        (errors.RateLimitError("Slow.", retry_after=2.5), openai.RateLimitError),
        (errors.OverloadedError("Later."), openai.InternalServerError),
    ],
)
def test_it_reads_errors(error: errors.APIError, kind: type[openai.APIStatusError]) -> None:
    written = wire.write_error(error)

    def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(written.status, headers=written.headers, content=written.body)

    with pytest.raises(kind) as caught:
        client(answer).responses.create(model="gpt-x", input="Hi")
    assert error.message in str(caught.value)


# What it sends


class Person(BaseModel):
    name: str


ADA = Reply(message=Message("assistant", (Text('{"name": "Ada"}'),)), finish_reason="stop", id="resp_2")


def test_we_read_what_it_sends() -> None:
    seen: list[Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(wire.read_request(HttpRequest(path=wire.PATH, body=request.content)))
        return whole(request) if len(seen) == 1 else httpx2.Response(200, content=wire.write_reply(ADA))

    first = client(answer).responses.create(model="gpt-x", input="Hi", instructions="Be brief.", max_output_tokens=50)
    history: list[Any] = [{"role": "user", "content": "Hi"}, *first.output]
    history.append({"type": "function_call_output", "call_id": "call_1", "output": "42"})
    history.append({"type": "custom_tool_call_output", "call_id": "call_2", "output": "1"})
    second = client(answer).responses.parse(
        model="gpt-x",
        input=history,
        text_format=Person,
        tools=[{"type": "function", "name": "look", "parameters": {"type": "object"}, "strict": True}],
        reasoning={"effort": "low"},
        store=False,
    )
    assert second.output_parsed == Person(name="Ada")
    assert seen[0].system == (Text("Be brief."),)
    assert (seen[0].max_tokens, seen[0].messages) == (50, (Message("user", (Text("Hi"),)),))
    user, assistant, tool = seen[1].messages
    assert (user.role, assistant.role, tool.role) == ("user", "assistant", "tool")
    assert assistant == wire.read_reply(wire.write_reply(REPLY)).message
    assert tool.parts == (ToolResult("call_1", (Text("42"),)), ToolResult("call_2", (Text("1"),)))
    assert seen[1].output_schema
    assert seen[1].output_schema.name == "Person"
    assert seen[1].tools == (Tool("look", parameters={"type": "object"}, strict=True),)


UNKNOWN = ("hologram", "output_audio", "input_video", "input_audio")


@settings(max_examples=40)
@given(requests())
def test_what_we_send_is_of_its_types(request_: Request) -> None:
    body = json.loads(wire.write_request(request_, Rules())[0].body)
    assume(not any(f'"{kind}"' in json.dumps(body["input"]) for kind in UNKNOWN))
    INPUT.validate_python(body["input"])


INPUT: TypeAdapter[Any] = TypeAdapter(ResponseInputParam)


def test_the_same_call_gives_the_same_body() -> None:
    """What the SDK sends and what we send differ in nothing but `store`, and in the order of the fields."""
    sent: list[Any] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append(json.loads(request.content))
        return whole(request)

    client(answer).responses.create(
        model="gpt-x",
        input=[
            {
                "role": "user",
                "content": [
                    {"type": "input_text", "text": "Look"},
                    {"type": "input_image", "detail": "auto", "image_url": "https://example.com/a.png"},
                ],
            }
        ],
        instructions="Be brief.",
        max_output_tokens=50,
        temperature=0.5,
        text={"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}, "strict": True}},
        tools=[{"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": None}],
        tool_choice={"type": "function", "name": "f"},
    )
    request = Request(
        model="gpt-x",
        messages=(Message("user", (Text("Look"), Image(url="https://example.com/a.png"))),),
        system=(Text("Be brief."),),
        max_tokens=50,
        temperature=0.5,
        output_schema=OutputSchema({"type": "object"}, "n", strict=True),
        tools=(Tool("f", parameters={"type": "object"}),),
        tool_choice=wire.read_request(HttpRequest(path="", body=json.dumps(sent[0]).encode())).tool_choice,
    )
    assert json.loads(wire.write_request(request, Rules())[0].body) == {**sent[0], "store": False}
