"""What the vendors refuse and servers that are compatible with them take; and bodies that are hardly JSON."""

from __future__ import annotations

import http.client
from typing import Any

import msgspec
import pytest

from ringup.testing import Simulator

HELLO = [{"role": "user", "content": "Hello!"}]
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
TEXT = {"type": "text", "text": "Hi"}
IMAGE = {"type": "image_url", "image_url": "https://example.test/a.png"}
ANSWER = {"role": "assistant", "content": "Hi"}
PATHS = ("/v1/chat/completions", "/v1/messages", "/v1/messages/count_tokens", "/v1/embeddings")


def post(sim: Simulator, path: str, body: Any, media_type: str | None = "application/json") -> tuple[int, Any]:
    version = {"anthropic-version": "2023-06-01"} if "messages" in path else {}
    headers = {"authorization": f"Bearer {sim.key}", **version}
    connection = http.client.HTTPConnection(sim.url.removeprefix("http://"), timeout=20)
    try:
        data = body if isinstance(body, bytes) else msgspec.json.encode(body)
        connection.request("POST", path, data, headers | ({"content-type": media_type} if media_type else {}))
        response = connection.getresponse()
        return response.status, msgspec.json.decode(response.read())
    finally:
        connection.close()


def chat(sim: Simulator, **fields: Any) -> tuple[int, Any]:
    status, body = post(sim, PATHS[0], {"model": "gpt-4o-mini", "messages": HELLO, **fields})
    return status, body.get("error")


def said(content: Any, **fields: Any) -> list[dict[str, Any]]:
    return [{"role": "user", "content": content, **fields}]


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"messages": said("Hi", colour="blue")}, "messages[0].colour", "unknown_parameter"),
        ({"messages": said([TEXT | {"x": None}])}, "messages[0].content[0].x", "unknown_parameter"),
        ({"messages": said([IMAGE])}, "messages[0].content[0].image_url", "invalid_type"),
        ({"messages": [*HELLO, ANSWER | {"tool_calls": []}]}, "messages[1].tool_calls", "empty_array"),
        ({"colour": None}, "colour", "unknown_parameter"),
        ({"tools": []}, "tools", "empty_array"),
        ({"tool_choice": "auto"}, "tool_choice", None),
        ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "g"}}}, "tool_choice", None),
        ({"response_format": {"type": "json_object"}}, "messages", None),
    ],
    ids=str,
)
def test_openai_is_strict(simulator: Simulator, fields: dict[str, Any], param: str, code: str | None) -> None:
    status, error = chat(simulator, **fields)
    assert (status, error["type"], error["param"], error["code"]) == (400, "invalid_request_error", param, code)
    assert chat(simulator, **fields, model="sim/any")[0] == 200


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "f"}}},
        {"response_format": {"type": "json_object"}, "messages": said("As JSON, please.")},
        {"response_format": {"type": "json_object"}, "messages": said([{"type": "text", "text": "as json"}])},
        {"messages": [*HELLO, ANSWER | {"refusal": None, "annotations": []}, *HELLO]},
    ],
    ids=str,
)
def test_what_openai_takes(simulator: Simulator, fields: dict[str, Any]) -> None:
    assert chat(simulator, **fields)[0] == 200


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"messages": said("Hi", name="Ada")}, "messages.0.name"),
        ({"messages": said([{"type": "text", "text": "Hi", "id": None}])}, "messages.0.content.0.text.id"),
        ({"system": [{"type": "text", "text": "Hi", "scope": "all"}]}, "system.0.text.scope"),
        ({"colour": None}, "colour"),
    ],
    ids=str,
)
def test_anthropic_is_strict(simulator: Simulator, fields: dict[str, Any], path: str) -> None:
    status, body = post(
        simulator, PATHS[1], {"model": "claude-haiku-4-5", "max_tokens": 9, "messages": HELLO, **fields}
    )
    assert status == 400
    assert body["error"]["message"] == f"{path}: Extra inputs are not permitted"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "body",
    [
        b'{"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "\\ud83d"}]}',
        b'{"model": "gpt-4o-mini", "temperature": NaN}',
        b'{"model": "\xff"}',
        b'{"model": "gpt-4o-mini", "x": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
        b"[" * 100_000,
        b"",
    ],
    ids=["surrogate", "nan", "utf-8", "deep", "deep and broken", "empty"],
)
def test_what_is_hardly_json_is_refused_and_recorded(simulator: Simulator, path: str, body: bytes) -> None:
    status, answer = post(simulator, path, body)
    assert (status, answer["error"]["type"]) == (400, "invalid_request_error")
    for own in ("/", "/_ringup/calls"):
        connection = http.client.HTTPConnection(simulator.url.removeprefix("http://"), timeout=20)
        connection.request("GET", own)
        assert connection.getresponse().status == 200
        connection.close()


@pytest.mark.parametrize("path", ["/_ringup/faults", "/_ringup/clock"])
def test_its_own_addresses_take_no_json_without_end(simulator: Simulator, path: str) -> None:
    assert post(simulator, path, b"[" * 100_000)[0] == 400


def test_its_own_model_needs_no_key_even_for_half_a_surrogate(simulator: Simulator) -> None:
    connection = http.client.HTTPConnection(simulator.url.removeprefix("http://"), timeout=20)
    connection.request("POST", PATHS[0], b'{"model": "sim/any", "messages": [{"role": "user", "content": "\\ud83d"}]}')
    assert connection.getresponse().status == 400
    connection.close()


def test_an_address_without_v1_is_none(simulator: Simulator) -> None:
    """As it is at OpenAI: a base URL without it is a mistake that is better found here."""
    status, body = post(simulator, "/chat/completions", {"model": "gpt-4o-mini", "messages": HELLO})
    assert (status, body["error"]["message"]) == (404, "Invalid URL (POST /chat/completions)")


def test_a_body_that_is_said_to_be_no_json(simulator: Simulator) -> None:
    good = {"model": "gpt-4o-mini", "messages": HELLO}
    for media_type in (None, "application/json", "Application/JSON; charset=utf-8"):
        assert post(simulator, PATHS[0], good, media_type)[0] == 200
    status, body = post(simulator, PATHS[0], good, "text/plain")
    assert (status, body["error"]["code"]) == (400, "unsupported_content_type")


def test_who_sends_too_much_to_the_end_is_still_told(simulator: Simulator) -> None:
    """A client that writes all before it reads gets its 413, and no broken pipe."""
    status, body = post(simulator, PATHS[1], b"x" * 40_000_000)
    assert (status, body["error"]["type"]) == (413, "request_too_large")


def test_a_request_that_no_minute_has_room_for() -> None:
    with Simulator(tpm=100) as sim:
        status, error = chat(sim, messages=said("word " * 200))
    assert (status, error["code"], error["type"]) == (429, "rate_limit_exceeded", "tokens")
    assert error["message"].startswith("Request too large for gpt-4o-mini")
    assert "retry-after" not in sim.calls[0].headers
