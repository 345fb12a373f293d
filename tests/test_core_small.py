"""Small things that once went wrong: what is told twice, what shows a password, what blocks, what is Python's word."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import threading
from pathlib import Path
from typing import Any, get_type_hints

import pytest

import ringup
from ringup.advice import advise
from ringup.bills import Pricer
from ringup.errors import ConfigurationError, InternalServerError, OverloadedError, ParameterError, RateLimitError
from ringup.messages import Message, OutputSchema, Reasoning, Request, Text, ToolChoice
from ringup.parameters import fit
from ringup.providers import find
from ringup.reply import Reply
from ringup.rules import Rules
from ringup.usage import Usage
from tests.test_client import CANARY, AsyncWire, Wire, chunks, completion

# What is told


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_an_attempt_is_told_once_when_the_wait_after_it_is_interrupted(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    seen: list[ringup.Attempt] = []
    monkeypatch.setattr("ringup.drive.time.sleep", interrupt)
    if kind == "sync":
        client = ringup.Client("gpt-4o-mini", api_key=CANARY, transport=Wire(500), on_event=seen.append)
        with pytest.raises(KeyboardInterrupt):
            client.ask("Hi")
    else:

        async def cancel() -> None:
            waits = asyncio.Event()

            def watch(attempt: ringup.Attempt) -> None:
                seen.append(attempt)
                if attempt.wait is not None:
                    waits.set()

            twin = ringup.AsyncClient("gpt-4o-mini", api_key=CANARY, transport=AsyncWire(500), on_event=watch)
            task = asyncio.ensure_future(twin.ask("Hi"))
            await waits.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        asyncio.run(cancel())
    assert [(attempt.outcome, attempt.wait is None) for attempt in seen] == [(None, True), ("failed", False)]


def test_a_call_that_fails_for_good_is_told_once() -> None:
    seen: list[ringup.Attempt] = []
    client = ringup.Client("gpt-4o-mini", api_key=CANARY, transport=Wire(400), on_event=seen.append)
    with pytest.raises(ringup.BadRequestError):
        client.ask("Hi")
    assert [attempt.outcome for attempt in seen] == [None, "failed"]


@pytest.mark.parametrize("kind", [InternalServerError, OverloadedError, RateLimitError])
def test_a_provider_that_says_not_to_try_again_is_believed(kind: Any) -> None:
    assert "retry" in advise(kind("no"), find("openai"), "gpt-4o")
    said = advise(kind("no", retryable=False), find("openai"), "gpt-4o")
    assert said.startswith("A retry can't help: the provider says not to try this call again.")
    assert "status.openai.com" in said


# Streams in two places at once


class _Held:
    """An answer whose first bytes come when the test says so."""

    def __init__(self) -> None:
        self.status, self.headers = 200, {"content-type": "text/event-stream"}
        self.reading, self.free = threading.Event(), threading.Event()
        self.pieces = chunks("Hi")

    def read(self, _timeout: float | None) -> bytes:
        self.reading.set()
        assert self.free.wait(30)
        return self.pieces.pop(0) if self.pieces else b""

    def close(self) -> None:
        pass


def test_a_stream_that_another_thread_reads_says_so() -> None:
    held = _Held()
    wire = Wire()
    wire.open = lambda *_: held  # type: ignore[method-assign, assignment, return-value]
    stream = ringup.Client("gpt-4o-mini", api_key=CANARY, transport=wire).stream("Hi")
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.extend(stream))
    reader.start()
    assert held.reading.wait(30)
    for call in (stream.close, lambda: next(stream)):
        with pytest.raises(ConfigurationError, match="read elsewhere"):
            call()
    held.free.set()
    reader.join(30)
    assert got == ["Hi"]
    stream.close()


def test_a_stream_that_another_task_reads_says_so() -> None:
    class Waiting(AsyncWire):
        async def open(self, *_: Any) -> Any:
            answer = await super().open("u", self.request, None)
            answer.read = self.read
            return answer

        async def read(self, _timeout: float | None) -> bytes:
            reading.set()
            await free.wait()
            return pieces.pop(0) if pieces else b""

    pieces = chunks("Hi")
    reading, free = asyncio.Event(), asyncio.Event()

    async def go() -> None:
        wire = Waiting([])
        wire.request = ringup.http.HttpRequest(path="/", body=b"{}")  # type: ignore[attr-defined]
        stream = ringup.AsyncClient("gpt-4o-mini", api_key=CANARY, transport=wire).stream("Hi")

        async def collect() -> list[str]:
            return [piece async for piece in stream]

        task = asyncio.ensure_future(collect())
        await reading.wait()
        for call in (stream.close, stream.__anext__):
            with pytest.raises(ConfigurationError, match="read elsewhere"):
                await call()
        free.set()
        assert await task == ["Hi"]
        await stream.close()

    asyncio.run(go())


# Proxies


@pytest.mark.parametrize(
    "proxy", [5, b"http://p:1", "", "nonsense", "http://[", "http://p:99999", "http://:80", "ftp://p"]
)
@pytest.mark.parametrize("kind", [ringup.Client, ringup.AsyncClient])
def test_a_proxy_that_can_not_be_one_is_a_parameter_error(kind: Any, proxy: Any) -> None:
    with pytest.raises(ParameterError, match="proxy"):
        kind("gpt-4o-mini", proxy=proxy)


@pytest.mark.parametrize("kind", [ringup.Client, ringup.AsyncClient])
def test_a_proxys_password_shows_nowhere(kind: Any) -> None:
    client = kind("gpt-4o-mini", proxy="http://ann:canary@proxy.example:8080")
    assert "canary" not in repr(client) + str(vars(client))
    assert "proxy.example:8080" in str(vars(client))
    with pytest.raises(ConfigurationError, match="password") as caught:
        pickle.dumps(client)
    assert "canary" not in str(caught.value)
    plain = pickle.loads(pickle.dumps(kind("gpt-4o-mini", proxy="http://proxy.example:8080", timeout=3)))
    assert "proxy.example:8080" in str(vars(plain))


# Closing


def test_closing_an_async_client_does_not_hold_up_the_event_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, free = ringup.Ledger(tmp_path / "calls.db"), threading.Event()
    monkeypatch.setattr(ledger, "close", lambda: free.wait(30))

    async def go() -> None:
        client = ringup.AsyncClient("gpt-4o-mini", api_key=CANARY, ledger=ledger)
        closing = asyncio.ensure_future(client.close())
        await asyncio.sleep(0.01)
        assert not closing.done()
        free.set()
        await closing

    asyncio.run(go())


# Gemini's names

GIVEN: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"max_tokens": 5}, {"generationConfig": {"maxOutputTokens": 9}}),
    ({"max_tokens": 5}, {"generation_config": {"max_output_tokens": 9}}),
    ({"temperature": 0.5}, {"generationConfig": {"temperature": 1}}),
    ({"top_p": 0.5}, {"generationConfig": {"top_p": 1}}),
    ({"stop": ("x",)}, {"generationConfig": {"stopSequences": ["y"]}}),
    ({"system": (Text("x"),)}, {"system_instruction": {"parts": []}}),
    ({"system": (Text("x"),)}, {"instructions": "y"}),
    ({"tool_choice": ToolChoice("auto")}, {"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}}),
    ({"output_schema": OutputSchema({})}, {"generationConfig": {"responseJsonSchema": {}}}),
    ({"output_schema": OutputSchema({})}, {"text": {"format": {"type": "text"}}}),
    ({"reasoning": Reasoning(effort="low")}, {"generationConfig": {"thinkingConfig": {"thinkingBudget": 1}}}),
]


@pytest.mark.parametrize(("fields", "extra"), GIVEN)
def test_what_is_said_twice_is_told_under_every_vendors_name(fields: dict[str, Any], extra: dict[str, Any]) -> None:
    request = Request(model="m", messages=(Message("user", (Text("Hi"),)),), extra=extra, **fields)
    with pytest.raises(ParameterError, match="say the same thing") as caught:
        fit(request, Rules(), "gemini")
    assert caught.value.parameter in fields
    other: dict[str, Any] = {
        "generationConfig": {"topK": 1},
        "toolConfig": {"retrievalConfig": {}},
        "text": {"verbosity": "low"},
    }
    assert (
        fit(Request(model="m", messages=request.messages, extra=other, **fields), Rules(), "gemini")[0].extra == other
    )


def test_geminis_service_tier_is_priced() -> None:
    pytest.importorskip("genai_prices")

    def bill(**details: Any) -> ringup.Bill:
        usage = Usage(input_tokens=1000, output_tokens=1000, details=details)
        reply = Reply(message=Message("assistant", ()), finish_reason="stop", model="gemini-2.5-flash", usage=usage)
        return Pricer("gemini", "gemini-2.5-flash")(reply)

    plain, odd = bill(), bill(serviceTier="odd-tier")
    assert plain.reason is None
    assert odd.total is None
    assert "odd-tier" in (odd.reason or "")


def test_an_unknown_default_model_is_not_in_the_way_of_a_named_one() -> None:
    wire = Wire(completion())
    client = ringup.Client("nobody-knows-it", api_key=CANARY, transport=wire)
    with pytest.raises(ringup.UnknownModelError, match="nobody-knows-it"):
        client.ask("Hi")
    assert client.ask("Hi", model="gpt-4o-mini").text == "Paris."
    assert wire.keys == [f"authorization: Bearer {CANARY}"]
    assert json.loads(wire.requests[0].body)["model"] == "gpt-4o-mini"


# What is loaded later


def test_the_types_of_the_face_can_be_read_while_the_program_runs() -> None:
    """As frameworks do that make objects by their type hints: also of what is loaded when it is first needed."""
    for kind in (ringup.Client, ringup.AsyncClient, ringup.Chat, ringup.AsyncChat, ringup.Stream, ringup.AsyncStream):
        for name, method in vars(kind).items():
            if callable(method) and not name.startswith("_"):
                assert get_type_hints(method), f"{kind.__name__}.{name}"
    assert get_type_hints(ringup.Client.__init__)["ledger"] == str | os.PathLike[str] | ringup.Ledger | None
    for function in (ringup.ask, ringup.stream, ringup.chat, ringup.embed, ringup.count_tokens, ringup.estimate):
        assert "return" in get_type_hints(function)


def test_what_is_loaded_later_is_there_for_all_who_look() -> None:
    assert set(ringup.__all__) <= set(dir(ringup))
    assert all(getattr(ringup, name) is not None for name in ringup.__all__)
    with pytest.raises(AttributeError, match="module 'ringup' has no attribute 'asks'"):
        _ = ringup.asks  # type: ignore[attr-defined]
