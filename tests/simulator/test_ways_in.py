"""The other ways in: Azure's addresses, those that Google's SDKs ask, and what only some SDKs ask for."""

from __future__ import annotations

from typing import Any

import anthropic
import httpx2
import openai
import pytest

from ringup.testing import Simulator

GOOGLES = {"x-goog-api-key": "sim-0000000000000000", "x-goog-api-client": "google-genai-sdk/3.4.0"}
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
DECLARED = [{"functionDeclarations": [{"name": "get_weather", "description": "The weather", "parameters": CITY}]}]
ASKED = {"role": "user", "parts": [{"text": "What's the weather in Oslo?"}]}
RESULT = {"role": "user", "parts": [{"functionResponse": {"name": "get_weather", "response": {"degrees": 12}}}]}


@pytest.mark.parametrize("prefix", ["/openai/v1", "/openai/deployments/gpt-4o-mini", "/openai"])
def test_azures_addresses(simulator: Simulator, prefix: str) -> None:
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "What is the capital of France?"}]}
    headers = {"api-key": simulator.openai_key}
    url = f"{simulator.url}{prefix}/chat/completions?api-version=2025-04-01-preview"
    answer = httpx2.post(url, json=body, headers=headers)
    assert "Paris" in answer.json()["choices"][0]["message"]["content"]
    (call,) = simulator.calls
    assert call.request.path == f"{prefix}/chat/completions"
    assert call.request.headers["api-key"] == "***0000"
    assert httpx2.post(url, json=body).status_code == 401


def test_azures_client(simulator: Simulator) -> None:
    client = openai.AzureOpenAI(azure_endpoint=simulator.url, api_version="2025-04-01-preview", api_key=simulator.key)
    with client:
        answer = client.embeddings.create(model="text-embedding-3-small", input="Hi")
        assert len(answer.data[0].embedding) == 1536
    assert simulator.calls[0].request.path == "/openai/deployments/text-embedding-3-small/embeddings"


@pytest.mark.parametrize("version", ["v1", "v1beta"])
def test_googles_addresses(simulator: Simulator, version: str) -> None:
    with httpx2.Client(base_url=f"{simulator.url}/{version}", headers=GOOGLES) as client:
        asked = client.post("/models/gemini-2.5-flash:generateContent", json={"contents": [ASKED]})
        assert asked.json()["candidates"][0]["finishReason"] == "STOP"
        assert client.get("/models/gemini-2.5-flash").json()["name"] == "models/gemini-2.5-flash"
        assert client.get("/models").json()["models"][0]["name"].startswith("models/")
        assert (
            client.post("/models/gemini-0:countTokens", json={"contents": [ASKED]}).json()["error"]["status"]
            == "NOT_FOUND"
        )
    assert {call.wire for call in simulator.calls} == {"gemini"}


def test_the_lists_of_models_stay_apart(simulator: Simulator) -> None:
    key = {"authorization": f"Bearer {simulator.key}"}
    openais = httpx2.get(f"{simulator.url}/v1/models", headers=key).json()
    anthropics = httpx2.get(f"{simulator.url}/v1/models", headers=key | {"anthropic-version": "2023-06-01"}).json()
    assert openais["object"] == "list"
    assert "has_more" in anthropics


def generate(simulator: Simulator, model: str, *contents: Any, **fields: Any) -> httpx2.Response:
    url = f"{simulator.url}/v1/models/{model}:generateContent"
    return httpx2.post(url, json={"contents": contents, **fields}, headers=GOOGLES)


def test_calls_are_signed(simulator: Simulator) -> None:
    model = "gemini-3-pro-preview"
    (part,) = generate(simulator, model, ASKED, tools=DECLARED).json()["candidates"][0]["content"]["parts"]
    assert part["functionCall"]["args"] == {"city": "Oslo"}
    assert part["thoughtSignature"]
    signed, bare = {"role": "model", "parts": [part]}, {"role": "model", "parts": [{**part}]}
    del bare["parts"][0]["thoughtSignature"]
    assert generate(simulator, model, ASKED, signed, RESULT, tools=DECLARED).status_code == 200
    refused = generate(simulator, model, ASKED, bare, RESULT, tools=DECLARED)
    assert refused.status_code == 400
    assert "thought_signature" in refused.json()["error"]["message"]
    assert generate(simulator, model, ASKED, bare, RESULT, ASKED, tools=DECLARED).status_code == 200  # of an old turn
    assert generate(simulator, "gemini-2.5-flash", ASKED, bare, RESULT, tools=DECLARED).status_code == 200


def test_log_probabilities_of_gemini(simulator: Simulator) -> None:
    config = {"responseLogprobs": True, "logprobs": 2}
    (found,) = generate(simulator, "gemini-2.5-flash", ASKED, generationConfig=config).json()["candidates"]
    tokens = found["logprobsResult"]
    said = "".join(part["text"] for part in found["content"]["parts"])
    assert "".join(token["token"] for token in tokens["chosenCandidates"]) == said
    assert [len(row["candidates"]) for row in tokens["topCandidates"]] == [2] * len(tokens["chosenCandidates"])
    assert found["avgLogprobs"] < 0
    plain = generate(simulator, "gemini-2.5-flash", ASKED).json()["candidates"][0]
    assert "logprobsResult" not in plain


def test_log_probabilities_of_responses(simulator: Simulator) -> None:
    with openai.OpenAI(base_url=simulator.openai_url, api_key=simulator.key) as client:
        asked: Any = {"model": "gpt-4o-mini", "input": "Hi", "top_logprobs": 3}
        answer: Any = client.responses.create(**asked, include=["message.output_text.logprobs"])
        tokens = answer.output[0].content[0].logprobs
        assert "".join(token.token for token in tokens) == answer.output_text
        assert {len(token.top_logprobs) for token in tokens} == {3}
        plain: Any = client.responses.create(**asked)
        assert plain.output[0].content[0].logprobs == []


def test_threads_are_refused(simulator: Simulator) -> None:
    with anthropic.Anthropic(base_url=simulator.anthropic_url, api_key=simulator.key) as client:
        given: Any = {"model": "claude-haiku-4-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}
        with pytest.raises(anthropic.BadRequestError) as caught:
            client.messages.create(**given, extra_body={"thread": {"type": "create"}})
        assert caught.value.error_code == "thread_unsupported_request"
        assert client.messages.create(**given, extra_body={"thread": None}).content


def test_a_count_with_thinking(simulator: Simulator) -> None:
    with anthropic.Anthropic(base_url=simulator.anthropic_url, api_key=simulator.key) as client:
        messages: Any = [{"role": "user", "content": "Hi"}]
        thinking: Any = {"type": "enabled", "budget_tokens": 2048}
        counted = client.messages.count_tokens(model="claude-haiku-4-5", messages=messages, thinking=thinking)
        assert counted.input_tokens > 1


def test_an_error_inside_a_stream_has_its_number(simulator: Simulator) -> None:
    simulator.fault(error_after=4)
    with openai.OpenAI(base_url=simulator.openai_url, api_key=simulator.key) as client:
        events = list(client.responses.create(model="gpt-4o-mini", input="Hi", stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert events[-1].type == "error"


def test_anthropics_models_by_its_key_header_alone(simulator: Simulator) -> None:
    with httpx2.Client(base_url=simulator.url, headers={"x-api-key": simulator.key}, trust_env=False) as http:
        listed = http.get("/v1/models").json()
    assert listed["data"][0]["type"] == "model"
    assert "has_more" in listed


@pytest.mark.parametrize(
    ("model", "extra", "status", "words"),
    [
        ("gpt-5.6", {}, 400, "Function tools with reasoning_effort"),
        ("gpt-5.6", {"reasoning_effort": "none"}, 200, ""),
        ("gpt-5", {}, 200, ""),
    ],
)
def test_what_openai_answers_on_responses_only(
    simulator: Simulator, model: str, extra: dict[str, str], status: int, words: str
) -> None:
    tool = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object", "properties": {}}}}
    body = {"model": model, "messages": [{"role": "user", "content": "Hi"}], "tools": [tool], **extra}
    headers = {"authorization": f"Bearer {simulator.key}"}
    with httpx2.Client(base_url=simulator.url, headers=headers, trust_env=False) as http:
        answer = http.post("/v1/chat/completions", json=body)
    assert answer.status_code == status
    assert words in answer.text


def test_no_word_of_a_key_is_shown(simulator: Simulator) -> None:
    headers = {"authorization": "Bearer My API Key", "cookie": "a=SECRET; b=x"}
    with httpx2.Client(base_url=simulator.url, headers=headers, trust_env=False) as http:
        http.get("/v1/models")
        shown = http.get("/_ringup/calls").text
    assert "My API" not in shown
    assert "SECRET" not in shown


@pytest.mark.parametrize("path", ["/v1/files", "/v1/batches", "/v1/messages/batches", "/v1/models"])
@pytest.mark.parametrize("version", [{}, {"anthropic-version": "2023-06-01"}])
def test_a_number_of_thousands_of_digits(simulator: Simulator, path: str, version: dict[str, str]) -> None:
    headers = {"authorization": f"Bearer {simulator.key}", "x-api-key": simulator.key, **version}
    with httpx2.Client(base_url=simulator.url, headers=headers, trust_env=False) as http:
        assert http.get(f"{path}?limit={'9' * 5000}").status_code < 500
