"""Anthropic's own Python SDK as the client: it completes, streams, counts, and gets its own errors."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import anthropic
import pytest
from anthropic.types import Message, ModelInfo, RawMessageStreamEvent

from ringup.testing import Simulator
from tests.simulator.strictly import strictly, unknown

MODEL = "claude-haiku-4-5"
WEATHER: Any = {
    "name": "get_weather",
    "description": "Get the current weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


@pytest.fixture
def client(simulator: Simulator) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=simulator.anthropic_url, api_key=simulator.key, max_retries=0) as found:
        yield found


def user(text: str) -> Any:
    return [{"role": "user", "content": text}]


def ask(client: anthropic.Anthropic, text: str, **fields: Any) -> Any:
    return client.messages.create(**{"model": MODEL, "max_tokens": 300, "messages": user(text), **fields})


def test_it_completes(client: anthropic.Anthropic, simulator: Simulator) -> None:
    answer = ask(client, "What is the capital of France?")
    (block,) = answer.content
    assert "Paris" in block.text
    assert answer.stop_reason == "end_turn"
    assert answer.model == "claude-haiku-4-5-20251001"
    assert answer.id.startswith("msg_01")
    assert answer.usage.input_tokens > 0
    assert answer.usage.output_tokens > 0
    assert answer._request_id == simulator.calls[0].headers["request-id"]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"tools": [WEATHER], "tool_choice": {"type": "any"}},
        {"max_tokens": 2},
        {"stop_sequences": ["a"]},
        {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2000},
        {"model": "claude-fable-5"},
        {"model": "claude-opus-4-8", "thinking": {"type": "adaptive", "display": "summarized"}},
    ],
    ids=str,
)
def test_answers_fit_the_vendors_types(client: anthropic.Anthropic, simulator: Simulator, fields: Any) -> None:
    ask(client, "What is the weather in Oslo?", **fields)
    whole = strictly(Message, simulator.calls[0].body)
    list(ask(client, "What is the weather in Oslo?", stream=True, **fields))
    events = [event.split("\n") for event in simulator.calls[1].text.strip().split("\n\n")]
    assert all(name.startswith("event: ") and data.startswith("data: ") for name, data in events)
    names = [name.removeprefix("event: ") for name, _ in events]
    assert (names[0], names[-2:]) == ("message_start", ["message_delta", "message_stop"])
    for name, data in events:
        if name != "event: ping":
            strictly(RawMessageStreamEvent, data.removeprefix("data: "))  # type: ignore[arg-type]
    assert whole.stop_reason
    if "thinking" not in str(fields):
        assert whole.usage.output_tokens <= fields.get("max_tokens", 300)


@pytest.mark.parametrize("model", [MODEL, "claude-fable-5"])
def test_a_stream_folds_to_the_whole_answer(client: anthropic.Anthropic, simulator: Simulator, model: str) -> None:
    whole = ask(client, "List the planets.", model=model)
    simulator.reset()
    with client.messages.stream(model=model, max_tokens=300, messages=user("List the planets.")) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text == next(block.text for block in whole.content if block.type == "text")
    assert final.usage.output_tokens == whole.usage.output_tokens
    assert final.usage.input_tokens == whole.usage.input_tokens
    assert final.stop_reason == "end_turn"
    assert [block.type for block in final.content] == [block.type for block in whole.content]


def test_the_parameters_are_obeyed(client: anthropic.Anthropic) -> None:
    cut = ask(client, "Write a long story.", max_tokens=7)
    assert (cut.stop_reason, cut.usage.output_tokens) == ("max_tokens", 7)
    stopped = ask(client, "List the planets starting with 1.", stop_sequences=["4.", "6."])
    assert stopped.content[0].text == "1. Mercury\n2. Venus\n3. Earth\n"
    assert (stopped.stop_reason, stopped.stop_sequence) == ("stop_sequence", "4.")
    old = {"anthropic-version": "2023-06-01"}
    steady = [ask(client, "Tell me a story.", extra_body={"temperature": 0}, extra_headers=old) for _ in range(3)]
    assert len({answer.content[0].text for answer in steady}) == 1


def test_sampling_is_refused_under_the_new_version(client: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.BadRequestError, match="temperature: Extra inputs are not permitted"):
        ask(client, "Hi", extra_body={"temperature": 0})


def test_a_conversation_remembers_what_is_resent(client: anthropic.Anthropic) -> None:
    messages: Any = []
    said = []
    for question in ("My name is Ada.", "What is a generator?", "Show one.", "What is my name?"):
        messages.append({"role": "user", "content": question})
        answer = ask(client, "", messages=messages, system="You are a concise Python tutor.")
        messages.append({"role": "assistant", "content": answer.content})
        said.append(answer.content[0].text)
    assert "```python" in said[2]
    assert "Ada" in said[3]
    assert "Ada" not in ask(client, "What is my name?").content[0].text


def test_a_tool_there_and_back(client: anthropic.Anthropic) -> None:
    messages = user("What's the weather in Oslo?")
    first = ask(client, "", messages=messages, tools=[WEATHER])
    (call,) = first.content
    assert (first.stop_reason, call.type, call.input) == ("tool_use", "tool_use", {"city": "Oslo"})
    assert call.id.startswith("toolu_01")
    result = {"type": "tool_result", "tool_use_id": call.id, "content": '{"temperature": 12, "sky": "cloudy"}'}
    messages += [{"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    assert "12" in ask(client, "", messages=messages, tools=[WEATHER]).content[0].text
    with pytest.raises(anthropic.BadRequestError, match="tool_use"):
        ask(client, "", messages=[*messages[:2], {"role": "user", "content": "Well?"}], tools=[WEATHER])


def test_thinking_comes_signed_and_goes_back(client: anthropic.Anthropic) -> None:
    thinking: Any = {"type": "enabled", "budget_tokens": 1024}
    first = ask(client, "What is 2+2?", thinking=thinking, max_tokens=2000)
    assert [block.type for block in first.content] == ["thinking", "text"]
    assert first.content[0].signature
    assert first.usage.output_tokens_details.thinking_tokens > 0
    messages = [*user("What is 2+2?"), {"role": "assistant", "content": first.content}, *user("times 3?")]
    assert "12" in ask(client, "", messages=messages, thinking=thinking, max_tokens=2000).content[1].text


def test_media_are_named(client: anthropic.Anthropic) -> None:
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGVsbG8="}}
    said = ask(client, "", messages=[{"role": "user", "content": [{"type": "text", "text": "What is it?"}, image]}])
    assert "image/png" in said.content[0].text
    assert "5 bytes" in said.content[0].text


def test_tokens_are_counted(client: anthropic.Anthropic) -> None:
    counted = client.messages.count_tokens(model=MODEL, messages=user("Hello, Claude"), system="You are a scientist")
    answer = ask(client, "Hello, Claude", system="You are a scientist")
    assert counted.input_tokens == answer.usage.input_tokens


def test_models_are_listed(client: anthropic.Anthropic, simulator: Simulator) -> None:
    models = list(client.models.list(limit=5))
    assert len(models) > 20
    assert "claude-haiku-4-5-20251001" in [model.id for model in models]
    assert unknown(models) == []
    assert client.models.retrieve(MODEL).display_name == "Claude Haiku 4.5"
    strictly(ModelInfo, simulator.calls[-1].body)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"status": 400}, anthropic.BadRequestError),
        ({"status": 401}, anthropic.AuthenticationError),
        ({"status": 402}, anthropic.APIStatusError),
        ({"status": 403}, anthropic.PermissionDeniedError),
        ({"status": 404}, anthropic.NotFoundError),
        ({"status": 409}, anthropic.ConflictError),
        ({"status": 413}, anthropic.RequestTooLargeError),
        ({"status": 422}, anthropic.UnprocessableEntityError),
        ({"status": 429}, anthropic.RateLimitError),
        ({"kind": "quota"}, anthropic.RateLimitError),
        ({"status": 500}, anthropic.InternalServerError),
        ({"status": 503}, anthropic.APIStatusError),
        ({"status": 529}, anthropic.APIStatusError),
        ({"reset": True}, anthropic.APIConnectionError),
        ({"close": True}, anthropic.APIConnectionError),
    ],
    ids=str,
)
@pytest.mark.parametrize("stream", [False, True])
def test_the_sdks_own_errors(
    client: anthropic.Anthropic, simulator: Simulator, fault: Any, kind: type[anthropic.APIError], stream: bool
) -> None:
    simulator.fault(**fault)
    with pytest.raises(kind) as caught:
        ask(client, "Hi", stream=stream)
    if isinstance(caught.value, anthropic.APIStatusError):
        assert caught.value.status_code == simulator.calls[0].status
        assert caught.value.request_id == simulator.calls[0].headers["request-id"]


def test_each_status_has_its_class(client: anthropic.Anthropic, simulator: Simulator) -> None:
    found = {}
    for fault in ({"status": 503}, {"status": 529}, {"kind": "quota"}, {"status": 402}):
        simulator.fault(**fault)
        with pytest.raises(anthropic.APIStatusError) as caught:
            ask(client, "Hi")
        found[str(fault)] = type(caught.value).__name__
    assert list(found.values()) == [
        "ServiceUnavailableError",
        "OverloadedError",
        "EnforcedSpendLimitReachedError",
        "PaymentRequiredError",
    ]


def test_bad_keys(simulator: Simulator) -> None:
    for key, kind in (("sk-ant-expired", anthropic.AuthenticationError), ("sk-proj-1", anthropic.AuthenticationError)):
        client = anthropic.Anthropic(base_url=simulator.anthropic_url, api_key=key, max_retries=0)
        with client, pytest.raises(kind):
            ask(client, "Hi")


def test_an_error_inside_a_stream(client: anthropic.Anthropic, simulator: Simulator) -> None:
    simulator.fault(error_after=4)
    with pytest.raises(anthropic.APIStatusError) as caught:
        list(ask(client, "Count to 5", stream=True))
    assert caught.value.type == "overloaded_error"


def test_the_sdk_retries(simulator: Simulator) -> None:
    simulator.script([{"status": 529, "headers": {"retry-after-ms": "1"}}, {"reset": True}])
    with anthropic.Anthropic(base_url=simulator.anthropic_url, api_key=simulator.key, max_retries=2) as client:
        assert ask(client, "Hi").content
    assert [call.request.headers["x-stainless-retry-count"] for call in simulator.calls] == ["0", "1", "2"]


def test_the_async_client(simulator: Simulator) -> None:
    async def run() -> str:
        client = anthropic.AsyncAnthropic(base_url=simulator.anthropic_url, api_key=simulator.key)
        asked = client.messages.stream(model=MODEL, max_tokens=50, messages=user("Count to 5"))
        async with client, asked as stream:
            return "".join([text async for text in stream.text_stream])

    assert asyncio.run(run()) == "1, 2, 3, 4, 5"
