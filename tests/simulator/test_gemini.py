"""Gemini from the simulator: by ringup's own client, and by plain HTTP as any other client sends it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import msgspec
import pytest

import ringup
from ringup.testing import Simulator

MODEL = "gemini-2.5-flash"
FRANCE = {"contents": [{"role": "user", "parts": [{"text": "What is the capital of France?"}]}]}
WEATHER: Any = {
    "functionDeclarations": [
        {
            "name": "get_weather",
            "description": "Get the current weather",
            "parameters": {"type": "OBJECT", "properties": {"city": {"type": "STRING"}}, "required": ["city"]},
        }
    ]
}


@pytest.fixture
def http(simulator: Simulator) -> Iterator[httpx2.Client]:
    key = {"x-goog-api-key": simulator.gemini_key}
    with httpx2.Client(base_url=simulator.gemini_url, headers=key, trust_env=False) as found:
        yield found


@pytest.fixture
def keyless(simulator: Simulator) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=simulator.gemini_url, trust_env=False) as found:
        yield found


def post(http: httpx2.Client, body: Any, method: str = "generateContent", model: str = MODEL) -> httpx2.Response:
    return http.post(f"/v1beta/models/{model}:{method}", json=body)


def error(response: httpx2.Response) -> tuple[int, str, str]:
    found = response.json()["error"]
    assert found["code"] == response.status_code
    return response.status_code, found["status"], found["message"]


# ringup's own client


def test_it_answers(simulator: Simulator) -> None:
    reply = simulator.client(MODEL).ask("What is the capital of France?")
    assert "Paris" in reply.text
    assert (reply.finish_reason, reply.raw_finish_reason) == ("stop", "STOP")
    assert reply.model == MODEL
    assert reply.usage.input_tokens == 7
    assert reply.usage.reasoning_tokens == 64
    assert (reply.usage.output_tokens or 0) > 64
    (call,) = simulator.calls
    assert (call.wire, call.model, call.status) == ("gemini", MODEL, 200)


def test_it_streams_the_same(simulator: Simulator) -> None:
    client = simulator.client(MODEL)
    whole = client.ask("Count to 5")
    stream = client.stream("Count to 5")
    pieces = list(stream)
    assert "".join(pieces) == whole.text == "1, 2, 3, 4, 5"
    assert len(pieces) > 5
    assert stream.reply.finish_reason == "stop"
    assert stream.reply.usage == whole.usage
    assert simulator.calls[1].headers["content-type"].startswith("text/event-stream")


def test_a_chat_remembers(simulator: Simulator) -> None:
    chat = simulator.client(MODEL).chat(system="You are kind.")
    chat.ask("My name is Grace.")
    assert "Grace" in chat.ask("What is my name?").text


def test_the_limit_cuts(simulator: Simulator) -> None:
    reply = simulator.client(MODEL).ask("Write a long story.", max_tokens=80)
    assert (reply.finish_reason, reply.usage.output_tokens) == ("length", 80)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"status": 429}, ringup.RateLimitError),
        ({"kind": "quota"}, ringup.QuotaExceededError),
        ({"kind": "overloaded"}, ringup.OverloadedError),
        ({"status": 500}, ringup.InternalServerError),
        ({"status": 403}, ringup.PermissionDeniedError),
    ],
)
def test_faults_are_googles_errors(simulator: Simulator, fault: dict[str, Any], kind: type[Exception]) -> None:
    simulator.fault(**fault, wire="gemini")
    with pytest.raises(kind):
        simulator.client(MODEL, retries=0).ask("Hi")


def test_an_error_inside_a_stream(simulator: Simulator) -> None:
    simulator.fault(error_after=3, stream=True)
    with pytest.raises(ringup.OverloadedError):
        list(simulator.client(MODEL, retries=0).stream("Count to 5"))


def test_its_rate_limit_tells_the_wait() -> None:
    with Simulator(rpm=1) as simulator:
        client = simulator.client(MODEL, retries=0)
        client.ask("Hi")
        with pytest.raises(ringup.RateLimitError) as caught:
            client.ask("Hi")
    assert caught.value.retry_after is not None
    assert caught.value.type == "RESOURCE_EXHAUSTED"


# Keys


def test_a_missing_key(keyless: httpx2.Client) -> None:
    status, word, message = error(post(keyless, FRANCE))
    assert (status, word) == (403, "PERMISSION_DENIED")
    assert message.startswith("Method doesn't allow unregistered callers")


@pytest.mark.parametrize("key", ["sk-1234", "AIzaInvalid"])
def test_a_bad_key(simulator: Simulator, keyless: httpx2.Client, key: str) -> None:
    response = keyless.post(f"/v1beta/models/{MODEL}:generateContent?key={key}", json=FRANCE)
    assert error(response)[:2] == (400, "INVALID_ARGUMENT")
    (info,) = response.json()["error"]["details"]
    assert info["reason"] == "API_KEY_INVALID"
    with pytest.raises(ringup.AuthenticationError):
        simulator.client(MODEL, api_key=f"AIza-invalid-{key}").ask("Hi")


@pytest.mark.parametrize("name", ["key", "%6Bey"])
def test_a_key_in_the_query_is_taken_and_never_shown(simulator: Simulator, keyless: httpx2.Client, name: str) -> None:
    url = f"{simulator.gemini_url}/v1beta/models/{MODEL}:streamGenerateContent?alt=sse&{name}={simulator.gemini_key}"
    response = keyless.post(url, json=FRANCE)
    assert response.status_code == 200
    shown = keyless.get("/_ringup/calls").text
    assert simulator.gemini_key not in shown
    assert "alt=sse" in simulator.calls[0].request.query
    assert "***" in simulator.calls[0].request.query


def test_a_key_in_its_header_is_never_shown(simulator: Simulator, http: httpx2.Client) -> None:
    assert post(http, FRANCE).status_code == 200
    assert simulator.gemini_key not in http.get("/_ringup/calls").text


# Other clients


def test_a_whole_answer(http: httpx2.Client) -> None:
    response = post(http, FRANCE)
    body = response.json()
    (candidate,) = body["candidates"]
    assert candidate["content"]["role"] == "model"
    assert "Paris" in candidate["content"]["parts"][0]["text"]
    assert (candidate["finishReason"], candidate["index"]) == ("STOP", 0)
    usage = body["usageMetadata"]
    counted = usage["promptTokenCount"] + usage["candidatesTokenCount"] + usage["thoughtsTokenCount"]
    assert usage["totalTokenCount"] == counted
    assert usage["promptTokensDetails"] == [{"modality": "TEXT", "tokenCount": 7}]
    assert len(body["responseId"]) == 22
    assert response.headers["server-timing"].startswith("gfet4t7; dur=")
    assert "x-request-id" not in response.headers


def test_a_stream_as_an_array_and_as_events(http: httpx2.Client) -> None:
    array = post(http, FRANCE, "streamGenerateContent")
    assert array.headers["content-type"].startswith("application/json")
    events = post(http, FRANCE, "streamGenerateContent?alt=sse").text.split("\r\n\r\n")
    assert events[-1] == ""
    read = [msgspec.json.decode(event.removeprefix("data: ")) for event in events[:-1]]
    for chunks in (array.json(), read):
        text = "".join([chunk["candidates"][0]["content"]["parts"][0]["text"] for chunk in chunks])
        assert "Paris" in text
        assert chunks[-1]["candidates"][0]["finishReason"] == "STOP"
        assert len({chunk["responseId"] for chunk in chunks}) == 1


@pytest.mark.parametrize("after", [0, 2])
def test_an_error_inside_an_array(simulator: Simulator, http: httpx2.Client, after: int) -> None:
    simulator.fault(error_after=after, kind="unavailable")
    chunks = post(http, FRANCE, "streamGenerateContent").json()
    assert ["error" in chunk for chunk in chunks] == [False] * after + [True]
    assert chunks[-1]["error"]["status"] == "UNAVAILABLE"


def test_thinking_is_shown_on_request_and_can_be_off(http: httpx2.Client) -> None:
    shown = post(http, {**FRANCE, "generationConfig": {"thinkingConfig": {"includeThoughts": True}}}).json()
    first, second = shown["candidates"][0]["content"]["parts"]
    assert first["thought"] is True
    assert "Paris" in second["text"]
    off = post(http, {**FRANCE, "generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}}).json()
    assert "thoughtsTokenCount" not in off["usageMetadata"]


def test_several_candidates(http: httpx2.Client) -> None:
    body = post(http, {**FRANCE, "generationConfig": {"candidateCount": 3}}).json()
    assert [candidate["index"] for candidate in body["candidates"]] == [0, 1, 2]


def test_tools_are_called_and_their_results_used(http: httpx2.Client) -> None:
    asked = {"role": "user", "parts": [{"text": "What's the weather in Oslo?"}]}
    body = post(http, {"contents": [asked], "tools": [WEATHER]}).json()
    turn = body["candidates"][0]["content"]
    call = turn["parts"][0]["functionCall"]
    assert (call["name"], call["args"]) == ("get_weather", {"city": "Oslo"})
    assert body["candidates"][0]["finishReason"] == "STOP"
    result = {"functionResponse": {"name": "get_weather", "id": call["id"], "response": {"result": "17 degrees, fog"}}}
    after = post(http, {"contents": [asked, turn, {"role": "user", "parts": [result]}], "tools": [WEATHER]}).json()
    assert "17" in after["candidates"][0]["content"]["parts"][0]["text"]


def test_tokens_are_counted(http: httpx2.Client) -> None:
    plain = post(http, FRANCE, "countTokens").json()
    assert plain == {"totalTokens": 7, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 7}]}
    system = {"parts": [{"text": "Be kind."}]}
    whole = {"generateContentRequest": {"model": f"models/{MODEL}", **FRANCE, "systemInstruction": system}}
    assert post(http, whole, "countTokens").json()["totalTokens"] > 7


def test_what_it_refuses(http: httpx2.Client) -> None:
    status, word, message = error(post(http, {**FRANCE, "temprature": 1}))
    assert (status, word) == (400, "INVALID_ARGUMENT")
    assert 'Unknown name "temprature": Cannot find field.' in message
    assert error(post(http, {"contents": []}))[:2] == (400, "INVALID_ARGUMENT")
    assert error(http.post(f"/v1beta/models/{MODEL}:generateContent", content=b"{"))[:2] == (400, "INVALID_ARGUMENT")
    assert error(post(http, FRANCE, model="gemini-99"))[:2] == (404, "NOT_FOUND")
    assert error(post(http, FRANCE, "rewriteContent"))[:2] == (404, "NOT_FOUND")
    assert error(http.get(f"/v1beta/models/{MODEL}:generateContent"))[:2] == (404, "NOT_FOUND")
    assert error(http.get("/v1beta/nothing"))[:2] == (404, "NOT_FOUND")


# Models


def test_models_are_listed_in_pages(http: httpx2.Client) -> None:
    everything = http.get("/v1beta/models").json()
    names = [model["name"] for model in everything["models"]]
    assert f"models/{MODEL}" in names
    first = http.get("/v1beta/models?pageSize=2").json()
    second = http.get(f"/v1beta/models?pageSize=2&pageToken={first['nextPageToken']}").json()
    assert [model["name"] for model in first["models"] + second["models"]] == names[:4]
    assert error(http.get("/v1beta/models?pageSize=none"))[:2] == (400, "INVALID_ARGUMENT")


def test_one_model(http: httpx2.Client) -> None:
    model = http.get(f"/v1beta/models/{MODEL}").json()
    assert (model["inputTokenLimit"], model["outputTokenLimit"]) == (1_048_576, 65_536)
    assert "countTokens" in model["supportedGenerationMethods"]
    assert error(http.get("/v1beta/models/gemini-99"))[:2] == (404, "NOT_FOUND")
