"""A provider that answers from a list, on any wire: each answer is written by the wire's own server half, whole or as a
stream. And a client's face for sync and async code alike."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import ringup
from ringup import wires
from ringup.events import Finish, replay
from ringup.http import HttpRequest, HttpResponse
from ringup.messages import Message, Request, Text, Thinking, ToolCall, ToolResult
from ringup.reply import Reply
from ringup.usage import Usage

MODELS = {
    "chat_completions": "gpt-4o-mini",
    "responses": "gpt-5.4-mini",
    "anthropic_messages": "claude-sonnet-4-6",
    "gemini": "gemini/gemini-3.8-flash",
}
KEYS = {
    "claude": "sk-ant-0123456789abcdef",
    "gemini": "AIza0123456789abcdef0123456789abcdef012",
    "deepseek": "sk-0123456789abcdef0123456789abcdef",
}
USED = Usage(input_tokens=10, output_tokens=5, cache_read_tokens=0, cache_write_tokens=0, reasoning_tokens=0)


def says(*parts: Any, reason: str | None = None, usage: Usage = USED) -> Reply:
    """An answer of a model: strings are words."""
    found = tuple([Text(part) if isinstance(part, str) else part for part in parts])
    calls = any(isinstance(part, ToolCall) for part in found)
    return Reply(
        message=Message("assistant", found),
        finish_reason=reason or ("tool_calls" if calls else "stop"),  # type: ignore[arg-type]
        usage=usage,
        id="answer_1",
        model="a-model",
        created=1,
    )


def calls(name: str, _id: str = "call_000001", /, **arguments: Any) -> ToolCall:
    return ToolCall(_id, name, json.dumps(arguments))


class Answer:
    """An open stream."""

    status = 200

    def __init__(self, pieces: list[bytes]) -> None:
        self.headers: dict[str, str] = {"content-type": "text/event-stream"}
        self.pieces = pieces
        self.closed = False

    def read(self, timeout: float | None) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""

    def close(self) -> None:
        self.closed = True


class AsyncAnswer(Answer):
    async def read(self, timeout: float | None) -> bytes:  # type: ignore[override]
        await asyncio.sleep(0)
        return super().read(timeout)

    async def close(self) -> None:  # type: ignore[override]
        super().close()


class Scripted:
    """A transport. An answer is a Reply, a function of the Request that gives one, a status, bytes or an exception."""

    def __init__(self, *answers: Any, piece: int = 3) -> None:
        self.answers = list(answers)
        self.requests: list[Request] = []
        self.bodies: list[bytes] = []
        self.opened: list[Answer] = []
        self.timeouts: list[float | None] = []
        self.piece = piece

    def _next(self, url: str, http: HttpRequest) -> tuple[Any, Any, Request]:
        wire = wires.find(wire_of(url))
        request = wire.read_request(http)
        self.requests.append(request)
        self.bodies.append(http.body)
        answer = self.answers.pop(0)
        answer = answer(request) if callable(answer) else answer
        if isinstance(answer, BaseException):
            raise answer
        return wire, answer, request

    def exchange(self, url: str, http: HttpRequest, auth: Any, timeout: float | None, limit: int) -> HttpResponse:
        self.timeouts.append(timeout)
        wire, answer, _ = self._next(url, http)
        if isinstance(answer, int):
            return HttpResponse(status=answer, headers={}, body=b'{"error": {"message": "no", "type": "x"}}')
        return HttpResponse(
            status=200, headers={}, body=answer if isinstance(answer, bytes) else wire.write_reply(answer)
        )

    def open(self, url: str, http: HttpRequest, auth: Any, timeout: float | None, total: float | None) -> Answer:
        self.timeouts.append(timeout)
        self.opened.append(Answer(self._pieces(url, http)))
        return self.opened[-1]

    def _pieces(self, url: str, http: HttpRequest) -> list[bytes]:
        wire, answer, request = self._next(url, http)
        if isinstance(answer, bytes):
            return [answer]
        writer = wire.Writer(request)
        events = replay(answer, self.piece)
        return [data for event in events if (data := writer.feed(event))] + [writer.close()]

    def close(self) -> None:
        pass


class AsyncScripted(Scripted):
    async def exchange(self, *args: Any) -> HttpResponse:  # type: ignore[override]
        await asyncio.sleep(0)
        return super().exchange(*args)

    async def open(self, url: str, http: HttpRequest, *rest: Any) -> AsyncAnswer:  # type: ignore[override]
        answer = AsyncAnswer(self._pieces(url, http))
        self.opened.append(answer)
        return answer

    async def close(self) -> None:  # type: ignore[override]
        pass


def wire_of(url: str) -> str:
    ends = {"/chat/completions": "chat_completions", "/responses": "responses", "/messages": "anthropic_messages"}
    return next((name for end, name in ends.items() if url.endswith(end)), "gemini")


class Face:
    """A client of one kind, asked in one way, with plain calls."""

    def __init__(self, wire: str, sync: bool, stream: bool, *answers: Any, **options: Any) -> None:
        self.wire, self.sync, self.stream = wire, sync, stream
        self.transport = (Scripted if sync else AsyncScripted)(*answers)
        make: Any = ringup.Client if sync else ringup.AsyncClient
        given: dict[str, Any] = {"model": MODELS[wire], **options}
        given["api_key"] = next((key for name, key in KEYS.items() if name in given["model"]), "sk-0123456789abcdef")
        if wire == "responses":
            given.setdefault("wire", "responses")
        self.client = make(given.pop("model"), transport=self.transport, **given)
        self.loop = asyncio.new_event_loop()

    def wait(self, value: Any) -> Any:
        return value if self.sync else self.loop.run_until_complete(value)

    def ask(self, *args: Any, on: Any = None, **params: Any) -> Any:
        who = on or self.client
        if not self.stream:
            return self.wait(who.ask(*args, **params))
        stream = who.stream(*args, **params)
        self.drain(stream)
        return stream.reply

    def drain(self, items: Any) -> list[Any]:
        if self.sync:
            return list(items)

        async def collect() -> list[Any]:
            return [item async for item in items]

        found: list[Any] = self.wait(collect())
        return found

    @property
    def requests(self) -> list[Request]:
        return self.transport.requests

    def close(self) -> None:
        self.wait(self.client.close())
        self.loop.close()


Make = Callable[..., Face]
__all__ = ["MODELS", "USED", "Face", "Finish", "Make", "Scripted", "Thinking", "ToolResult", "calls", "says"]
