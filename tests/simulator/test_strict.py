"""What the real APIs refuse is refused here, with the vendor's status, shape, param and code."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ringup import models, wires
from ringup.http import HttpRequest
from ringup.secret import Secret
from ringup.simulator.buckets import Buckets
from ringup.simulator.calls import Call, Received
from ringup.simulator.catalog import anthropic_list, openai_list
from ringup.simulator.engine import Engine
from ringup.simulator.faults import Faults
from ringup.simulator.strict import is_own_model

CHAT, MESSAGES, COUNT = "/v1/chat/completions", "/v1/messages", "/v1/messages/count_tokens"
OLD, NEW = "2023-06-01", "2026-10-21"
HELLO = [{"role": "user", "content": "Hello!"}]
KEY = "sim-0000000000000000"


def ask(
    path: str, body: Any = None, *, method: str = "POST", key: str | None = KEY, headers: Any = None, query: Any = None
) -> tuple[int, Any, dict[str, str]]:
    """The status, the JSON and the headers of the answer to one request."""
    engine = Engine(0, lambda: 1_800_000_000.0, Faults(), Buckets(lambda: 0.0))
    data = body if isinstance(body, bytes) else b"" if body is None else msgspec.json.encode(body)
    http = HttpRequest(method=method, path=path, query=query or {}, headers=headers or {}, body=data)
    call = Call(number=1, started=0.0, request=Received(method=method, path=path))
    answer, _ = engine.answer(http, Secret(key) if key else None, call)
    sent = b"".join(answer.chunks)
    return answer.status, msgspec.json.decode(sent), answer.headers


def chat(key: str | None = KEY, **fields: Any) -> tuple[int, Any]:
    status, body, _ = ask(CHAT, {"model": "gpt-4o-mini", "messages": HELLO, **fields}, key=key)
    return status, body


def claude(version: str | None = OLD, key: str | None = KEY, **fields: Any) -> tuple[int, Any]:
    body = {"model": "claude-haiku-4-5", "max_tokens": 100, "messages": HELLO, **fields}
    status, found, _ = ask(MESSAGES, body, key=key, headers={"anthropic-version": version} if version else {})
    return status, found


def test_good_requests_are_answered() -> None:
    assert chat()[0] == 200
    assert claude()[0] == 200
    assert claude(version=NEW)[0] == 200


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"model": None}, None, None),
        ({"messages": None}, "messages", "missing_required_parameter"),
        ({"messages": []}, "messages", "empty_array"),
        ({"messages": [{"role": "bot", "content": "x"}]}, "messages[0].role", "invalid_value"),
        ({"temperature": 3}, "temperature", "decimal_above_max_value"),
        ({"temperature": "hot"}, "temperature", "invalid_type"),
        ({"top_p": -1}, "top_p", "decimal_below_min_value"),
        ({"n": 0}, "n", "integer_below_min_value"),
        ({"stop": ["1", "2", "3", "4", "5"]}, "stop", "array_above_max_length"),
        ({"max_tokens": 0}, "max_tokens", "integer_below_min_value"),
        ({"max_completion_tokens": 99_999}, "max_tokens", "invalid_value"),
        ({"colour": "blue"}, "colour", "unknown_parameter"),
        ({"model": "o3", "max_tokens": 5}, "max_tokens", "unsupported_parameter"),
        ({"model": "gpt-5", "temperature": 0.3}, "temperature", "unsupported_value"),
        ({"model": "o3", "stop": "x"}, "stop", "unsupported_parameter"),
    ],
)
def test_openai_refuses(fields: dict[str, Any], param: str | None, code: str | None) -> None:
    status, body = chat(**fields)
    assert status == 400
    error = body["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert error["type"] == "invalid_request_error"
    assert (error["param"], error["code"]) == (param, code)


def test_openai_refuses_unanswered_tool_calls() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    status, body = chat(messages=[*HELLO, {"role": "assistant", "tool_calls": [call]}, *HELLO])
    assert status == 400
    assert "tool_call" in body["error"]["message"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"max_tokens": None}, "max_tokens"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages.0.content"),
        ({"max_tokens": 64_001}, "64000"),
        ({"temperature": 1.5}, "temperature"),
        ({"colour": "blue"}, "colour: Extra inputs are not permitted"),
        ({"seed": 1}, "seed: Extra inputs are not permitted"),
        ({"model": "claude-opus-4-8", "temperature": 0.5}, "temperature"),
        ({"thinking": {"type": "enabled", "budget_tokens": 5}}, "budget_tokens"),
        ({"model": "claude-opus-4-7", "messages": [*HELLO, {"role": "assistant", "content": "Hi"}]}, "prefill"),
    ],
)
def test_anthropic_refuses(fields: dict[str, Any], words: str) -> None:
    status, body = claude(**fields)
    assert status == 400
    assert body["type"] == "error"
    assert body["error"]["type"] == "invalid_request_error"
    assert words in body["error"]["message"]
    assert body["request_id"].startswith("req_011C")


def test_anthropic_needs_its_version() -> None:
    assert "anthropic-version" in claude(version=None)[1]["error"]["message"]
    assert claude(version="2020-01-01")[0] == 400
    assert claude(version=OLD, temperature=0.5)[0] == 200
    status, body = claude(version=NEW, temperature=0.5)
    assert status == 400
    assert body["error"]["message"] == "temperature: Extra inputs are not permitted"


def test_bad_json() -> None:
    assert ask(CHAT, b"{nope")[0] == 400
    assert ask(MESSAGES, b"{nope", headers={"anthropic-version": OLD})[0] == 400
    assert ask(COUNT, b"[]", headers={"anthropic-version": OLD})[0] == 400


@pytest.mark.parametrize(
    ("key", "status"),
    [
        (None, 401),
        ("hello", 401),
        ("sk-ant-00000000", 401),
        ("sk-invalid", 401),
        ("sk-proj-EXPIRED", 401),
        ("sim-revoked", 401),
        ("sk-noaccess", 403),
        ("sk-noquota", 429),
        ("sk-good", 200),
        ("sim-good", 200),
    ],
)
def test_openai_keys(key: str | None, status: int) -> None:
    found, body = chat(key=key)
    assert found == status
    if status == 401 and key:
        assert body["error"]["code"] == "invalid_api_key"


@pytest.mark.parametrize(
    ("key", "status", "kind"),
    [
        (None, 401, "authentication_error"),
        ("sk-proj-1", 401, "authentication_error"),
        ("sk-ant-expired", 401, "authentication_error"),
        ("sk-ant-noaccess", 403, "permission_error"),
        ("sk-ant-noquota", 429, "rate_limit_error"),
    ],
)
def test_anthropic_keys(key: str | None, status: int, kind: str) -> None:
    found, body = claude(key=key)
    assert (found, body["error"]["type"]) == (status, kind)
    assert claude(key="sk-ant-good")[0] == 200


def test_a_key_is_never_told_in_full() -> None:
    secret = "nope-" + "x" * 30 + "tail"
    status, body = chat(key=secret)
    assert status == 401
    assert secret not in msgspec.json.encode(body).decode()
    assert "tail" in body["error"]["message"]
    assert "short" not in msgspec.json.encode(chat(key="short")[1]).decode()


def test_unknown_models() -> None:
    status, body = chat(model="gpt-nope")
    assert (status, body["error"]["code"]) == (404, "model_not_found")
    assert chat(model="claude-haiku-4-5")[0] == 404
    status, body = claude(model="claude-nope")
    assert (status, body["error"]["type"]) == (404, "not_found_error")
    assert claude(model="gpt-4o")[0] == 404
    assert chat(model="gpt-4o-mini-2024-07-18")[0] == 200
    assert chat(model="ft:gpt-4o-mini-2024-07-18:org::id")[0] == 200


def test_its_own_models_have_no_vendors_rules_and_need_no_key() -> None:
    assert chat(model="sim/any", key=None, colour="blue", max_tokens=5)[0] == 200
    assert claude(model="sim/any", key=None, top_k=5)[0] == 200
    assert chat(model="sim/any")[1]["model"] == "sim/any"
    assert [is_own_model(name) for name in ("sim", "sim/x", "sim-x", "simple", "gpt-4o")] == [True] * 3 + [False] * 2


def test_prompts_that_are_too_long() -> None:
    long = [{"role": "user", "content": "word " * 9_000}]
    status, body = chat(model="gpt-4", messages=long)
    assert status == 400
    assert (body["error"]["code"], body["error"]["param"]) == ("context_length_exceeded", "messages")
    assert "8192" in body["error"]["message"]
    status, body = claude(messages=[{"role": "user", "content": "word " * 180_000}])
    assert status == 400
    assert body["error"]["message"].startswith("prompt is too long: ")
    assert body["error"]["message"].endswith(" tokens > 200000 maximum")


def test_addresses_that_are_none() -> None:
    status, body, _ = ask("/v1/nope", {})
    assert status == 404
    assert body["error"]["message"] == "Invalid URL (POST /v1/nope)"
    status, body, _ = ask("/v1/nope", {}, headers={"anthropic-version": OLD})
    assert (status, body["error"]["type"]) == (404, "not_found_error")
    assert ask("/v1/embeddings", method="GET")[0] == 405
    assert ask(MESSAGES, method="GET")[1]["type"] == "error"
    assert ask("/v1/models", {}, method="POST")[0] == 405


def test_tokens_are_counted() -> None:
    version = {"anthropic-version": OLD}
    body = {"model": "claude-haiku-4-5", "messages": HELLO}
    status, found, _ = ask(COUNT, body, headers=version)
    assert (status, found.keys()) == (200, {"input_tokens"})
    _, message = claude()
    assert found["input_tokens"] == message["usage"]["input_tokens"]
    assert ask(COUNT, body | {"max_tokens": 5}, headers=version)[0] == 400
    assert ask(COUNT, body, headers=version, key=None)[0] == 401


def test_lists_of_models() -> None:
    _, listed, _ = ask("/v1/models", method="GET")
    assert listed == openai_list()
    names = [row["id"] for row in listed["data"]]
    assert {"gpt-4o-mini", "gpt-4o-mini-2024-07-18"} <= set(names)
    assert len(names) == len(set(names))
    _, one, _ = ask("/v1/models/gpt-4o-mini", method="GET")
    assert one in listed["data"]
    assert ask("/v1/models/nope", method="GET")[0] == 404
    assert ask("/v1/models", method="GET", key=None)[0] == 401


def test_pages_of_anthropics_models() -> None:
    version = {"anthropic-version": OLD}
    everything = anthropic_list({"limit": "1000"})
    assert not everything["has_more"]
    assert len(everything["data"]) == len({name for name, _ in models.known("anthropic")})
    found, after = [], {}
    while True:
        _, page, _ = ask("/v1/models", method="GET", headers=version, query={"limit": "7", **after})
        found += [row["id"] for row in page["data"]]
        assert (page["first_id"], page["last_id"]) == (page["data"][0]["id"], page["data"][-1]["id"])
        if not page["has_more"]:
            break
        after = {"after_id": page["last_id"]}
    assert found == [row["id"] for row in everything["data"]]
    back = anthropic_list({"limit": "3", "before_id": found[5]})
    assert [row["id"] for row in back["data"]] == found[2:5]
    assert ask("/v1/models", method="GET", headers=version, query={"limit": "0"})[0] == 400
    _, one, _ = ask("/v1/models/claude-haiku-4-5", method="GET", headers=version)
    assert one["display_name"] == "Claude Haiku 4.5"


def test_headers_of_both_vendors() -> None:
    _, _, headers = ask(CHAT, {"model": "gpt-4o-mini", "messages": HELLO})
    assert headers["server"].startswith("ringup-simulator/")
    assert headers["x-request-id"].startswith("req_")
    assert headers["openai-version"] == "2020-10-01"
    assert headers["openai-processing-ms"].isdecimal()
    assert headers["x-ratelimit-limit-requests"] == "30000"
    assert headers["x-ratelimit-remaining-requests"] == "29999"
    assert headers["x-ratelimit-reset-requests"] == "2ms"
    body = {"model": "claude-haiku-4-5", "max_tokens": 9, "messages": HELLO}
    _, _, headers = ask(MESSAGES, body, headers={"anthropic-version": OLD})
    assert headers["request-id"].startswith("req_011C")
    assert headers["anthropic-ratelimit-requests-remaining"] == "29999"
    assert headers["anthropic-ratelimit-tokens-reset"] == "2027-01-15T08:00:00Z"
    _, body, headers = ask(CHAT, {"model": "nope", "messages": HELLO})
    assert headers["x-request-id"].startswith("req_")
    _, _, headers = ask(CHAT, {}, key="sk-invalid")
    assert "x-ratelimit-limit-requests" not in headers


def test_a_failure_of_its_own_is_a_500_in_the_vendors_shape(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(asked: object) -> None:
        raise RuntimeError("a mistake in the simulator")

    monkeypatch.setattr("ringup.simulator.complete.make", fail)
    status, body = chat()
    assert (status, body["error"]["type"]) == (500, "server_error")
    assert claude()[1]["error"]["type"] == "api_error"
    assert "a mistake in the simulator" in caplog.text
    assert "a mistake" not in body["error"]["message"]


def test_our_own_client_reads_each_refusal() -> None:
    """The client half of each wire gives the same type of error as the vendor's status means."""
    for wire, (status, body) in {
        "chat_completions": chat(model="nope"),
        "anthropic_messages": claude(model="claude-nope"),
    }.items():
        error = wires.find(wire).read_error(status, {}, msgspec.json.encode(body))
        assert type(error).__name__ == "NotFoundError"
