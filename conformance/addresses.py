"""Every address of the simulator is visited, as a plain HTTP client does it: what it answers is kept for the judges."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any

from ringup.simulator.refusals import KINDS
from ringup.testing import Simulator

__all__ = ["visit_errors", "visit_openai", "visit_others"]

_CLAUDE = {"anthropic-version": "2023-06-01"}
_BOUNDARY = "frontier"
_HELLO = [{"role": "user", "content": "Hello!"}]
_CHAT = {"model": "gpt-4o-mini", "messages": _HELLO}
_MESSAGE = {"model": "claude-haiku-4-5", "max_tokens": 32, "messages": _HELLO}
_GEMINI = {"contents": [{"role": "user", "parts": [{"text": "Hello!"}]}]}


class Visitor:
    """Sends requests to a simulator, one after another."""

    def __init__(self, sim: Simulator) -> None:
        self._sim = sim
        self._host = sim.url.removeprefix("http://")

    def send(
        self, method: str, path: str, body: Any = None, key: str | None = None, headers: dict[str, str] | None = None
    ) -> Any:
        """What is answered, as JSON where it is JSON, else None."""
        given = {"authorization": f"Bearer {key or self._sim.key}", **(headers or {})}
        if isinstance(body, bytes):
            given["content-type"] = f"multipart/form-data; boundary={_BOUNDARY}"
        elif body is not None:
            body = json.dumps(body).encode()
            given["content-type"] = "application/json"
        link = http.client.HTTPConnection(self._host, timeout=30)
        try:
            link.request(method, path, body, given)
            answer = link.getresponse()
            data = answer.read()
        finally:
            link.close()
        if "/json" not in answer.headers.get("content-type", ""):
            return data
        return json.loads(data) if data else None


def _field(answer: Any, name: str, default: str = "none") -> str:
    value = answer.get(name) if isinstance(answer, dict) else None
    return value if isinstance(value, str) else default


def visit_openai(sim: Simulator) -> None:
    """The addresses of OpenAI's API, in an order in which each has something to tell."""
    to = Visitor(sim)
    send = to.send
    model = _field(send("GET", "/v1/models")["data"][0], "id")
    send("GET", f"/v1/models/{model}")
    send("DELETE", "/v1/models/ft:gpt-4o-mini:acme::abc")
    for body in _chats():
        send("POST", "/v1/chat/completions", body)
    for body in _responses():
        send("POST", "/v1/responses", body)
    for body in (
        {"model": "text-embedding-3-small", "input": "Hello"},
        {"model": "text-embedding-3-small", "input": ["a", "b"], "encoding_format": "base64", "dimensions": 8},
    ):
        send("POST", "/v1/embeddings", body)
    _stored_responses(to)
    _stored_chats(to)
    _files_and_batches(sim, to)


def _chats() -> Iterator[dict[str, Any]]:
    yield _CHAT | {"n": 2}
    yield _CHAT | {"n": 2, "stream": True, "stream_options": {"include_usage": True}}
    yield _CHAT | {"stream": True}
    yield _CHAT | {"logprobs": True, "top_logprobs": 2}
    yield _CHAT | {"logprobs": True, "top_logprobs": 2, "stream": True}
    yield _CHAT | {"max_tokens": 1}
    yield {"model": "o4-mini", "messages": _HELLO, "max_completion_tokens": 5}


def _responses() -> Iterator[dict[str, Any]]:
    yield {"model": "gpt-4o-mini", "input": "Hello!", "instructions": "Be brief.", "metadata": {"run": "1"}}
    yield {"model": "gpt-4o-mini", "input": "Hello!", "max_output_tokens": 16, "stream": True}
    yield {"model": "o4-mini", "input": "How many ways?", "reasoning": {"effort": "high", "summary": "auto"}}
    yield {"model": "o4-mini", "input": "How?", "reasoning": {"summary": "auto"}, "stream": True}
    yield {"model": "o4-mini", "input": "How?", "include": ["reasoning.encrypted_content"], "store": False}


def _stored_responses(to: Visitor) -> None:
    send = to.send
    asked = [{"role": "user", "content": [{"type": "input_text", "text": "My name is Ada."}]}]
    name = _field(send("POST", "/v1/responses", {"model": "gpt-4o-mini", "input": asked, "store": True}), "id")
    after = {"model": "gpt-4o-mini", "input": "What is my name?", "previous_response_id": name}
    later = _field(send("POST", "/v1/responses", after), "id")
    send("GET", f"/v1/responses/{later}")
    send("GET", f"/v1/responses/{later}?stream=true")
    send("GET", f"/v1/responses/{later}/input_items")
    send("GET", f"/v1/responses/{later}/input_items?limit=1&order=asc")
    send("POST", "/v1/responses/input_tokens", {"model": "gpt-4o-mini", "input": "Hello!"})
    send("POST", "/v1/responses/compact", {"model": "gpt-4o-mini", "input": asked})
    send("POST", f"/v1/responses/{later}/cancel")
    behind = send("POST", "/v1/responses", {"model": "gpt-4o-mini", "input": "Hello!", "background": True})
    send("POST", f"/v1/responses/{_field(behind, 'id')}/cancel")
    send("DELETE", f"/v1/responses/{name}")
    send("GET", f"/v1/responses/{name}")


def _stored_chats(to: Visitor) -> None:
    send = to.send
    kept = send("POST", "/v1/chat/completions", _CHAT | {"store": True, "metadata": {"run": "1"}})
    at = f"/v1/chat/completions/{_field(kept, 'id')}"
    send("GET", "/v1/chat/completions?limit=2&order=desc")
    send("GET", at)
    send("POST", at, {"metadata": {"run": "2"}})
    send("GET", f"{at}/messages")
    send("DELETE", at)
    send("GET", at)


def _form(fields: dict[str, str], file: bytes) -> bytes:
    """A form with a file, as browsers write it."""
    parts = [
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in fields.items()
    ]
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="in.jsonl"\r\n'
    kind = "Content-Type: application/octet-stream\r\n\r\n"
    return "".join([*parts, head, kind]).encode() + file + f"\r\n--{_BOUNDARY}--\r\n".encode()


def _files_and_batches(sim: Simulator, to: Visitor) -> None:
    send = to.send
    lines = [
        {"custom_id": f"r{number}", "method": "POST", "url": "/v1/chat/completions", "body": body}
        for number, body in enumerate([_CHAT, _CHAT | {"temperature": 9}])
    ]
    text = "\n".join(json.dumps(line) for line in lines).encode()
    at = _field(send("POST", "/v1/files", _form({"purpose": "batch"}, text)), "id")
    spare = _field(send("POST", "/v1/files", _form({"purpose": "user_data"}, b"Once.")), "id")
    send("GET", "/v1/files?limit=10")
    send("GET", f"/v1/files/{at}")
    send("GET", f"/v1/files/{at}/content")
    order = {"input_file_id": at, "endpoint": "/v1/chat/completions", "completion_window": "24h"}
    batch = _field(send("POST", "/v1/batches", order | {"metadata": {"run": "1"}}), "id")
    send("GET", f"/v1/batches/{batch}")
    done = None
    for _ in range(4):
        sim.advance(6 * 3600)
        done = send("GET", f"/v1/batches/{batch}")
    for kind in ("output_file_id", "error_file_id"):
        if (file := _field(done, kind)) != "none":
            send("GET", f"/v1/files/{file}")
            send("GET", f"/v1/files/{file}/content")
    _other_batches(sim, to)
    second = _field(send("POST", "/v1/batches", order), "id")
    send("POST", f"/v1/batches/{second}/cancel")
    send("GET", "/v1/batches?limit=1")
    wrong = _field(send("POST", "/v1/batches", order | {"input_file_id": spare}), "id")
    send("GET", f"/v1/batches/{wrong}")
    send("DELETE", f"/v1/files/{spare}")


def _other_batches(sim: Simulator, to: Visitor) -> None:
    """Batches of the other kinds of call."""
    for url, body in (
        ("/v1/responses", {"model": "gpt-4o-mini", "input": "Hello!"}),
        ("/v1/embeddings", {"model": "text-embedding-3-small", "input": "Hello!"}),
    ):
        line = json.dumps({"custom_id": "r", "method": "POST", "url": url, "body": body}).encode()
        file = _field(to.send("POST", "/v1/files", _form({"purpose": "batch"}, line)), "id")
        order = {"input_file_id": file, "endpoint": url, "completion_window": "24h"}
        batch = _field(to.send("POST", "/v1/batches", order), "id")
        sim.advance(24 * 3600)
        done = to.send("GET", f"/v1/batches/{batch}")
        to.send("GET", f"/v1/files/{_field(done, 'output_file_id')}/content")


def visit_others(sim: Simulator) -> None:
    """The addresses of Anthropic's API and of Google's."""
    to = Visitor(sim)
    listed = to.send("GET", "/v1/models?limit=3", headers=_CLAUDE)
    to.send("GET", f"/v1/models/{listed['data'][0]['id']}", headers=_CLAUDE)
    for headers in (_CLAUDE, {"anthropic-version": "2026-10-21"}):
        for body in _messages():
            to.send("POST", "/v1/messages", body, headers=headers)
    counted = {key: value for key, value in _MESSAGE.items() if key != "max_tokens"}
    to.send("POST", "/v1/messages/count_tokens", counted, headers=_CLAUDE)
    _message_batches(sim, to)
    base = "/v1beta/models"
    to.send("GET", base)
    to.send("GET", f"{base}/gemini-2.5-flash")
    to.send("POST", f"{base}/gemini-2.5-flash:generateContent", _GEMINI)
    to.send("POST", f"{base}/gemini-2.5-flash:streamGenerateContent?alt=sse", _GEMINI)
    to.send("POST", f"{base}/gemini-2.5-flash:streamGenerateContent", _GEMINI)
    to.send("POST", f"{base}/gemini-2.5-flash:countTokens", _GEMINI)
    asked = {"model": "models/gemini-embedding-001", "content": {"parts": [{"text": "a"}]}}
    to.send("POST", f"{base}/gemini-embedding-001:embedContent", asked)
    to.send("POST", f"{base}/gemini-embedding-001:batchEmbedContents", {"requests": [asked, asked]})


def _messages() -> Iterator[dict[str, Any]]:
    yield _MESSAGE
    yield _MESSAGE | {"stream": True}
    yield _MESSAGE | {"max_tokens": 1}
    yield _MESSAGE | {"stop_sequences": ["e", "a", "o"]}
    yield _MESSAGE | {"max_tokens": 2048, "thinking": {"type": "enabled", "budget_tokens": 1024}}
    yield _MESSAGE | {"max_tokens": 2048, "thinking": {"type": "enabled", "budget_tokens": 1024}, "stream": True}
    yield _MESSAGE | {"cache_control": {"type": "ephemeral"}, "system": "All the facts of the world. " * 2000}


def _message_batches(sim: Simulator, to: Visitor) -> None:
    def send(method: str, path: str, body: Any = None) -> Any:
        return to.send(method, f"/v1/messages/batches{path}", body, headers=_CLAUDE)

    wrong = {**_MESSAGE, "model": "claude-none"}
    orders = {"requests": [{"custom_id": "a", "params": _MESSAGE}, {"custom_id": "b", "params": wrong}]}
    first = _field(send("POST", "", orders), "id")
    second = _field(send("POST", "", orders), "id")
    send("GET", f"/{first}")
    send("POST", f"/{second}/cancel")
    send("GET", "?limit=1")
    send("GET", f"/{first}/results")
    sim.advance(24 * 3600)
    for name in (first, second):
        send("GET", f"/{name}")
        send("GET", f"/{name}/results")
    send("DELETE", f"/{first}")


_WRONG: tuple[tuple[str, Any], ...] = (
    ("/v1/chat/completions", {"model": "gpt-4o-mini"}),
    ("/v1/chat/completions", _CHAT | {"temperature": 9}),
    ("/v1/chat/completions", _CHAT | {"model": "gpt-none"}),
    ("/v1/chat/completions", _CHAT | {"bogus": 1}),
    ("/v1/responses", {"model": "gpt-4o-mini"}),
    ("/v1/responses", {"model": "gpt-4o-mini", "input": "Hi", "previous_response_id": "resp_none"}),
    ("/v1/embeddings", {"model": "text-embedding-3-small", "input": ""}),
    ("/v1/messages", {"model": "claude-haiku-4-5", "messages": _HELLO}),
    ("/v1/messages", _MESSAGE | {"model": "claude-none"}),
    ("/v1/messages", _MESSAGE | {"bogus": 1}),
    ("/v1/messages/count_tokens", _MESSAGE | {"bogus": 1}),
)


def visit_errors(sim: Simulator) -> None:
    """Every kind of error on every wire, before a stream and inside one; bad requests, and bad keys."""
    to = Visitor(sim)
    paths: tuple[tuple[str, dict[str, Any]], ...] = (
        ("/v1/chat/completions", _CHAT),
        ("/v1/responses", {"model": "gpt-4o-mini", "input": "Hello!"}),
        ("/v1/messages", _MESSAGE),
        ("/v1beta/models/gemini-2.5-flash:generateContent", _GEMINI),
    )
    for path, body in paths:
        headers = _CLAUDE if path == "/v1/messages" else None
        for kind in KINDS:
            sim.fault(kind=kind)
            to.send("POST", path, body, headers=headers)
        to.send("POST", path, body, key="wrong", headers=headers)
        if "generate" not in path:
            sim.fault(stream=True, error_after=2)
            to.send("POST", path, body | {"stream": True}, headers=headers)
    for path, body in _WRONG:
        to.send("POST", path, body, headers=_CLAUDE if "messages" in path else None)
    to.send("POST", "/v1/messages", _MESSAGE)  # no version
    to.send("GET", "/v1/models/gpt-none")
    to.send("GET", "/v1/models/claude-none", headers=_CLAUDE)
    to.send("GET", "/v1/responses/resp_none")
