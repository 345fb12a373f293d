"""What the vendors' own suites do, in a few seconds: the same addresses, with keys, ids, models and parameters that no
real API would take, by the SDKs themselves, strict and not, sync and async, whole, raw and streamed.

The suites themselves are run by `python -m conformance suites`.
"""

from __future__ import annotations

import hashlib
import inspect
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator, Iterator
from operator import attrgetter
from pathlib import Path
from typing import Any

import anthropic
import httpx2
import openai
import pytest
from conformance import suites

from ringup.simulator.headers import MENDED
from ringup.testing import Simulator

KEY = "A key with spaces"
USER = [{"role": "user", "content": "Hello"}]
SCHEMA = {"foo": "bar"}
LOW: dict[str, Any] = {  # everything at once, at its lowest, also where one excludes another
    "messages": [{"role": "developer", "content": "words", "name": "somebody"}],
    "model": "gpt-0-none",
    "audio": {"format": "wav", "voice": "alloy"},
    "frequency_penalty": -2,
    "function_call": "none",
    "functions": [{"name": "f", "parameters": SCHEMA}],
    "logit_bias": {"word": 0},
    "logprobs": True,
    "top_logprobs": 0,
    "max_completion_tokens": 0,
    "max_tokens": 0,
    "modalities": ["text"],
    "prediction": {"type": "content", "content": "words"},
    "reasoning_effort": "none",
    "stop": "\n",
    "store": True,
    "stream_options": {"include_usage": True},
    "tools": [{"type": "function", "function": {"name": "name", "parameters": SCHEMA, "strict": True}}],
    "tool_choice": "none",
    "web_search_options": {"search_context_size": "low"},
}
LOW_RESPONSE: dict[str, Any] = {
    "background": True,
    "conversation": "no_such_conversation",
    "previous_response_id": "no_such_response",
    "input": "words",
    "max_output_tokens": 1,
    "max_tool_calls": 0,
    "model": "gpt-0-none",
    "prompt": {"id": "no_such_prompt"},
    "reasoning": {"effort": "none", "generate_summary": "auto"},
    "include": ["file_search_call.results"],
    "text": {"format": {"type": "text"}, "verbosity": "low"},
    "tools": [{"type": "function", "name": "name", "parameters": SCHEMA, "strict": True, "output_schema": SCHEMA}],
    "tool_choice": "none",
    "top_logprobs": 0,
    "truncation": "auto",
}
LOW_MESSAGE: dict[str, Any] = {
    "model": "claude-0-none",
    "max_tokens": 1,
    "messages": USER,
    "container": {"id": "no_such_container"},
    "inference_geo": "nowhere",
    "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": SCHEMA}},
    "stop_sequences": ["words"],
    "thinking": {"type": "adaptive"},
    "tools": [{"type": "custom", "name": "name", "input_schema": {"type": "object", "properties": {"place": "bar"}}}],
    "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
}
FORM = {"file": b"Some words", "purpose": "assistants"}
JOB = {"input_file_id": "no_such_file", "endpoint": "/v1/responses", "completion_window": "24h"}
OPENAI: list[tuple[str, str, dict[str, Any]]] = [
    ("chat.completions", "create", {"model": "gpt-0-none", "messages": USER}),
    ("chat.completions", "create", LOW),
    ("chat.completions", "create", LOW | {"stream": True}),
    ("chat.completions", "retrieve", {"completion_id": "no_such_completion"}),
    ("chat.completions", "update", {"completion_id": "no_such_completion", "metadata": {"a": "b"}}),
    ("chat.completions", "list", {"after": "nothing", "limit": 0, "metadata": {"a": "b"}, "order": "asc"}),
    ("chat.completions", "delete", {"completion_id": "no_such_completion"}),
    ("chat.completions.messages", "list", {"completion_id": "no_such_completion", "after": "nothing", "limit": 0}),
    ("responses", "create", {}),
    ("responses", "create", LOW_RESPONSE),
    ("responses", "create", LOW_RESPONSE | {"stream": True}),
    ("responses", "retrieve", {"response_id": "no_such_response", "starting_after": 0}),
    ("responses", "retrieve", {"response_id": "no_such_response", "starting_after": 0, "stream": True}),
    ("responses", "delete", {"response_id": "no_such_response"}),
    ("responses", "cancel", {"response_id": "no_such_response"}),
    ("responses", "compact", {"model": "gpt-0-none", "input": "words", "previous_response_id": "no_such_response"}),
    ("responses.input_items", "list", {"response_id": "no_such_response", "after": "nothing", "limit": 0}),
    ("responses.input_tokens", "count", {"personality": "friendly"}),
    ("embeddings", "create", {"model": "embedding-0-none", "input": "words"}),
    ("embeddings", "create", {"model": "text-embedding-3-small", "input": "words", "dimensions": 1}),
    ("models", "list", {}),
    ("models", "retrieve", {"model": "gpt-0-none"}),
    ("models", "delete", {"model": "ft:gpt-4o-mini:somebody:words:abc"}),
    ("files", "create", FORM | {"expires_after": {"anchor": "created_at", "seconds": 3600}}),
    ("files", "list", {"after": "nothing", "limit": 0, "purpose": "none"}),
    ("files", "retrieve", {"file_id": "no_such_file"}),
    ("files", "delete", {"file_id": "no_such_file"}),
    ("batches", "create", JOB),
    ("batches", "list", {"after": "nothing", "limit": 0}),
    ("batches", "retrieve", {"batch_id": "no_such_batch"}),
    ("batches", "cancel", {"batch_id": "no_such_batch"}),
]
ANTHROPIC: list[tuple[str, str, dict[str, Any]]] = [
    ("messages", "create", {"model": "claude-0-none", "max_tokens": 16, "messages": USER}),
    ("messages", "create", LOW_MESSAGE),
    ("messages", "create", LOW_MESSAGE | {"stream": True}),
    ("messages", "count_tokens", {"model": "claude-0-none", "messages": USER}),
    ("messages.batches", "create", {"requests": [{"custom_id": "one", "params": LOW_MESSAGE}]}),
    ("messages.batches", "list", {"after_id": "nothing", "before_id": "nothing", "limit": 1}),
    ("messages.batches", "retrieve", {"message_batch_id": "no_such_batch"}),
    ("messages.batches", "cancel", {"message_batch_id": "no_such_batch"}),
    ("messages.batches", "delete", {"message_batch_id": "no_such_batch"}),
    ("models", "list", {"after_id": "nothing", "limit": 1}),
    ("models", "retrieve", {"model_id": "claude-0-none"}),
]


@pytest.fixture(scope="module")
def lenient() -> Iterator[Simulator]:
    with Simulator(conformance=True) as found:
        yield found


def _name(call: tuple[str, str, dict[str, Any]]) -> str:
    return f"{call[0]}.{call[1]}({','.join(call[2])[:40]})"


def _ask(client: Any, call: tuple[str, str, dict[str, Any]]) -> None:
    """One call in all forms. A strict client raises for an answer that isn't as its types have it."""
    resource, method, fields = attrgetter(call[0])(client), call[1], call[2]
    whole = getattr(resource, method)(**fields)
    if fields.get("stream"):
        assert list(whole)
    raw = getattr(resource.with_raw_response, method)(**fields)
    assert raw.status_code == 200
    assert MENDED in raw.headers
    raw.parse()
    with getattr(resource.with_streaming_response, method)(**fields) as response:
        response.parse()


async def _await(client: Any, call: tuple[str, str, dict[str, Any]]) -> None:
    resource, method, fields = attrgetter(call[0])(client), call[1], call[2]
    whole = await _settled(getattr(resource, method)(**fields))
    if isinstance(whole, AsyncIterator):
        assert [event async for event in whole]
    raw = await getattr(resource.with_raw_response, method)(**fields)
    assert raw.status_code == 200
    await _settled(raw.parse())
    async with getattr(resource.with_streaming_response, method)(**fields) as response:
        await response.parse()


async def _settled(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value


@pytest.fixture(scope="module", params=[False, True], ids=["loose", "strict"])
def openais(lenient: Simulator, request: pytest.FixtureRequest) -> Iterator[Any]:
    options = {"base_url": lenient.openai_url, "api_key": KEY, "max_retries": 0}
    with openai.OpenAI(**options, _strict_response_validation=request.param) as client:
        yield client


@pytest.fixture(scope="module", params=[False, True], ids=["loose", "strict"])
def anthropics(lenient: Simulator, request: pytest.FixtureRequest) -> Iterator[Any]:
    options = {"base_url": lenient.anthropic_url, "api_key": KEY, "max_retries": 0}
    with anthropic.Anthropic(**options, _strict_response_validation=request.param) as client:
        yield client


@pytest.mark.parametrize("call", OPENAI, ids=_name)
def test_openais_sdk(openais: Any, call: Any) -> None:
    _ask(openais, call)


@pytest.mark.parametrize("call", ANTHROPIC, ids=_name)
def test_anthropics_sdk(anthropics: Any, call: Any) -> None:
    _ask(anthropics, call)


async def _await_all(client: Any, calls: list[tuple[str, str, dict[str, Any]]]) -> None:
    for call in calls:
        try:
            await _await(client, call)
        except Exception as error:
            error.add_note(_name(call))
            raise


@pytest.mark.anyio
async def test_the_async_sdks(lenient: Simulator) -> None:
    options: dict[str, Any] = {"api_key": KEY, "max_retries": 0, "_strict_response_validation": True}
    async with openai.AsyncOpenAI(base_url=lenient.openai_url, **options) as client:
        await _await_all(client, OPENAI)
    async with anthropic.AsyncAnthropic(base_url=lenient.anthropic_url, **options) as other:
        await _await_all(other, ANTHROPIC)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


# What is mended, and what isn't


AUTH = {"authorization": f"Bearer {KEY}"}


def test_a_file_made_on_the_spot_can_be_read(lenient: Simulator) -> None:
    found = httpx2.get(f"{lenient.openai_url}/files/no_such_file/content", headers=AUTH, trust_env=False)
    assert found.json()["custom_id"]


def test_a_batch_made_on_the_spot_has_ended_but_to_be_cancelled(openais: Any, anthropics: Any) -> None:
    done = openais.batches.retrieve("no_such_batch")
    assert (done.status, done.request_counts.completed) == ("completed", 1)
    assert b"request-1" in openais.files.content(done.output_file_id).read()
    assert openais.batches.cancel("no_such_batch").status == "cancelling"
    assert [each.result.type for each in anthropics.messages.batches.results("no_such_batch")] == ["succeeded"]
    assert anthropics.messages.batches.cancel("no_such_batch").processing_status == "canceling"


def test_results_made_on_the_spot_can_be_read(lenient: Simulator) -> None:
    url = f"{lenient.url}/v1/messages/batches/no_such_batch/results"
    found = httpx2.get(url, headers={"x-api-key": KEY}, trust_env=False)
    assert found.json()["result"]["type"] == "succeeded"


def _post(simulator: Simulator, path: str, body: Any, key: str | None = KEY, **headers: str) -> httpx2.Response:
    given = {"authorization": f"Bearer {key}"} if key else {}
    return httpx2.post(f"{simulator.url}{path}", json=body, headers=given | headers, trust_env=False)


def test_it_says_what_it_mended(lenient: Simulator) -> None:
    body = {"model": "gpt-0-none", "messages": USER, "max_tokens": 0, "temperature": 9}
    answer = _post(lenient, "/v1/chat/completions", body)
    mended = answer.headers[MENDED].split("; ")
    assert mended[0] == "key"
    assert set(mended[1:]) == {"model=gpt-4o-mini", "without max_tokens", "without temperature"}
    assert answer.json()["model"].startswith("gpt-4o-mini")
    assert lenient.calls[-1].headers[MENDED] == answer.headers[MENDED]
    assert "mended: key" in httpx2.get(lenient.url, trust_env=False).text


def test_what_it_says_is_no_way_into_the_header(lenient: Simulator) -> None:
    body = {"model": "gpt-4o-mini", "messages": USER, "x\r\nset-cookie: é": 1}
    answer = _post(lenient, "/v1/chat/completions", body)
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert answer.headers[MENDED].isascii()


GOOD = [
    ("/v1/chat/completions", {"model": "gpt-4o-mini", "messages": USER, "store": True}),
    ("/v1/responses", {"model": "gpt-5", "input": "Hello"}),
    ("/v1/embeddings", {"model": "text-embedding-3-small", "input": "words", "encoding_format": "base64"}),
    ("/v1/messages", {"model": "claude-haiku-4-5", "max_tokens": 64, "messages": USER}),
]


@pytest.mark.parametrize(("path", "body"), GOOD)
def test_a_good_request_is_answered_as_always(path: str, body: Any) -> None:
    answers = []
    for conformance in (False, True):
        with Simulator(conformance=conformance, clock=lambda: 1_800_000_000.0) as simulator:
            answer = _post(simulator, path, body, simulator.key, **{"anthropic-version": "2023-06-01"})
            assert MENDED not in answer.headers
            answers.append((answer.status_code, answer.content))
    assert answers[0] == answers[1]
    assert answers[0][0] == 200


@pytest.mark.parametrize(
    ("path", "body", "key", "status"),
    [
        ("/v1/chat/completions", GOOD[0][1], None, 401),
        ("/v1/chat/completions", GOOD[0][1], "an invalid key", 401),
        ("/v1/chat/completions", GOOD[0][1], "sk-noquota", 429),
        ("/v1/nothing", {}, KEY, 404),
        ("/v1/embeddings/more", {}, KEY, 404),
        ("/v1/chat/completions", {"model": "gpt-4o-mini"}, KEY, 400),
        ("/v1/chat/completions", {"model": "gpt-4o-mini", "messages": [{"role": "nobody", "content": "x"}]}, KEY, 400),
        ("/v1/messages", {"model": "claude-haiku-4-5", "max_tokens": 8, "messages": []}, KEY, 400),
        ("/v1/responses", [], KEY, 400),
    ],
)
def test_what_is_not_mended(lenient: Simulator, path: str, body: Any, key: str | None, status: int) -> None:
    answer = _post(lenient, path, body, key, **{"anthropic-version": "2023-06-01"})
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


def test_what_cannot_be_mended_is_told_as_it_was_sent(lenient: Simulator) -> None:
    body = {"model": "gpt-4o-mini", "messages": [{"role": "nobody", "content": "x"}]}
    error = _post(lenient, "/v1/chat/completions", body).json()["error"]
    assert (error["param"], error["code"]) == ("messages[0].role", "invalid_value")


# The part that runs the suites


REPORT = """<testsuites><testsuite>
<testcase classname="tests.api_resources.chat.test_it.TestIt" name="test_a[strict]">
<properties><property name="reached" value="yes"/></properties></testcase>
<testcase classname="tests.api_resources.chat.test_it.TestIt" name="test_b">
<properties><property name="reached" value="yes"/></properties><failure message="no"/></testcase>
<testcase classname="tests.api_resources.chat.test_it.TestAsyncIt" name="test_c">
<properties><property name="reached" value="no"/></properties></testcase>
<testcase classname="tests.api_resources.test_that.TestThat" name="test_d"><skipped/></testcase>
<testcase classname="tests.api_resources.test_that.TestThat" name="test_e"><error message="setup"/></testcase>
</testsuite></testsuites>"""


def test_a_report_is_counted_by_file() -> None:
    tallies, failed = suites.counted(ET.fromstring(REPORT))
    assert tallies == {
        "chat/test_it.py": suites.Tally(passed=2, failed=1, reached=2),
        "test_that.py": suites.Tally(failed=1, skipped=1),
    }
    assert failed == ["chat/test_it.py::test_b", "test_that.py::test_e"]


def test_without_network_it_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(suites, "cache", lambda: tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert suites.run() is True
    assert "skipped: fetching openai-3.54.0 failed" in capsys.readouterr().out


def test_a_package_that_was_changed_is_not_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(suites, "cache", lambda: tmp_path)
    (tmp_path / "openai-3.54.0.tar.gz").write_bytes(b"something else")
    assert hashlib.sha256(b"something else").hexdigest() != suites.SUITES[0].sha256
    assert suites.run() is False
    assert "its hash is another" in capsys.readouterr().out
