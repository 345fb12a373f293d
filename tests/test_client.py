"""The clients' faces, over a transport that answers from a list: the same tests for sync and async."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import subprocess
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import ringup
from ringup.http import HttpRequest, HttpResponse
from ringup.ledger import rows
from ringup.messages import Message, Opaque, Text, Thinking, ToolCall, ToolResult

CANARY = "sk-canary-0123456789abcdef"


def completion(text: str = "Paris.", **message: Any) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-4o-mini-2024-07-18",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text, "refusal": None, **message},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11},
    }


def chunks(*words: str, done: bool = True) -> list[bytes]:
    def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        body = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
        return b"data: %s\n\n" % json.dumps(body).encode()

    pieces = [chunk({"role": "assistant", "content": ""}), *[chunk({"content": word}) for word in words]]
    usage = {
        "choices": [],
        "usage": {"prompt_tokens": 9, "completion_tokens": len(words), "total_tokens": 9 + len(words)},
    }
    end = [chunk({}, "stop"), b"data: %s\n\n" % json.dumps(usage).encode(), b"data: [DONE]\n\n"]
    return [*pieces, *end, b""] if done else [*pieces, b""]


class Answer:
    def __init__(self, pieces: list[Any]) -> None:
        self.status = 200
        self.headers: dict[str, str] = {"content-type": "text/event-stream", "x-request-id": "req_s"}
        self.pieces = list(pieces)
        self.closed = False

    def read(self, timeout: float | None) -> bytes:
        piece: Any = self.pieces.pop(0) if self.pieces else b""
        if isinstance(piece, Exception):
            raise piece
        return piece  # type: ignore[no-any-return]

    def close(self) -> None:
        self.closed = True


class Wire:
    """Answers each request with the next item: a dict (JSON), a list (a stream's pieces, or what is raised instead of
    one), or a number (a status)."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.sent: list[dict[str, Any]] = []
        self.urls: list[str] = []
        self.requests: list[HttpRequest] = []
        self.keys: list[str | None] = []
        self.opened: list[Answer] = []
        self.closed = False

    def _next(self, url: str, request: HttpRequest, auth: Any) -> Any:
        self.urls.append(url)
        self.requests.append(request)
        self.sent.append(json.loads(request.body))
        self.keys.append(auth and f"{auth.header}: {auth.value()}")
        return self.answers.pop(0)

    def exchange(self, url: str, request: HttpRequest, auth: Any, timeout: float | None, limit: int) -> HttpResponse:
        answer = self._next(url, request, auth)
        headers = {"x-request-id": "req_1"}
        if isinstance(answer, int):
            body = {"error": {"message": "no", "type": "invalid_request_error", "param": None, "code": None}}
            return HttpResponse(status=answer, headers=headers, body=json.dumps(body).encode())
        return HttpResponse(status=200, headers=headers, body=json.dumps(answer).encode())

    def open(self, url: str, request: HttpRequest, auth: Any, timeout: float | None, total: float | None) -> Answer:
        self.opened.append(Answer(self._next(url, request, auth)))
        return self.opened[-1]

    def close(self) -> None:
        self.closed = True


class AsyncAnswer(Answer):
    async def read(self, timeout: float | None) -> bytes:  # type: ignore[override]
        await asyncio.sleep(0)
        return super().read(timeout)

    async def close(self) -> None:  # type: ignore[override]
        super().close()


class AsyncWire(Wire):
    async def exchange(self, *args: Any) -> HttpResponse:  # type: ignore[override]
        await asyncio.sleep(0)
        return super().exchange(*args)

    async def open(self, *args: Any) -> AsyncAnswer:  # type: ignore[override]
        answer = AsyncAnswer(self._next(*args[:3]))
        self.opened.append(answer)
        return answer

    async def close(self) -> None:  # type: ignore[override]
        super().close()


class Face:
    """One client with plain calls, whichever kind it is."""

    def __init__(self, kind: str, *answers: Any, **options: Any) -> None:
        self.sync = kind == "sync"
        self.wire = Wire(*answers) if self.sync else AsyncWire(*answers)
        make: Any = ringup.Client if self.sync else ringup.AsyncClient
        options = {"api_key": CANARY, **options}
        self.client = make(options.pop("model", "gpt-4o-mini"), transport=self.wire, **options)
        self.loop = asyncio.new_event_loop()

    def wait(self, value: Any) -> Any:
        return value if self.sync else self.loop.run_until_complete(value)

    def ask(self, *args: Any, on: Any = None, **params: Any) -> ringup.Reply:
        reply = self.wait((on or self.client).ask(*args, **params))
        assert isinstance(reply, ringup.Reply)
        return reply

    def pieces(self, stream: Any) -> list[str]:
        if self.sync:
            return list(stream)

        async def collect() -> list[str]:
            return [piece async for piece in stream]

        return self.wait(collect())


@pytest.fixture(params=["sync", "async"])
def face(request: pytest.FixtureRequest) -> Iterator[Any]:
    made: list[Face] = []

    def make(*answers: Any, **options: Any) -> Face:
        made.append(Face(request.param, *answers, **options))
        return made[-1]

    yield make
    for one in made:
        one.wait(one.client.close())
        one.loop.close()


def test_ask(face: Any) -> None:
    f = face(completion())
    reply = f.ask("What is the capital of France?", max_tokens=256, temperature=0, stop="END", seed=7)
    assert (reply.text, reply.finish_reason, reply.raw_finish_reason) == ("Paris.", "stop", "stop")
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (9, 2)
    assert (reply.provider, reply.wire, reply.model) == ("openai", "chat_completions", "gpt-4o-mini-2024-07-18")
    assert reply.request_id == "req_1"
    assert reply.latency is not None
    assert f.wire.urls == ["https://api.openai.com/v1/chat/completions"]
    assert f.wire.keys == [f"authorization: Bearer {CANARY}"]
    sent = f.wire.sent[0]
    assert sent["messages"] == [{"role": "user", "content": "What is the capital of France?"}]
    assert sent["max_completion_tokens"] == 256
    assert (sent["temperature"], sent["seed"], sent["model"]) == (0, 7, "gpt-4o-mini")
    assert sent["stop"] in ("END", ["END"])
    assert reply.cost is not None


def test_what_a_client_is_given_is_the_default_and_a_call_wins(face: Any) -> None:
    f = face(completion(), completion(), max_tokens=5, system="Be brief.", temperature=1.5)
    f.ask("a")
    f.ask("b", max_tokens=9, system=None, temperature=None)
    assert [s["max_completion_tokens"] for s in f.wire.sent] == [5, 9]
    assert f.wire.sent[0]["messages"][0] == {"role": "system", "content": "Be brief."}
    assert len(f.wire.sent[1]["messages"]) == 1
    assert "temperature" not in f.wire.sent[1]


def test_stream_gives_text_then_the_reply(face: Any) -> None:
    f = face(chunks("Hel", "", "lo"))
    stream = f.client.stream("Hi")
    with pytest.raises(ringup.ConfigurationError, match="isn't at its end"):
        _ = stream.reply
    assert f.wire.sent == []
    assert f.pieces(stream) == ["Hel", "lo"]
    assert f.wire.sent[0]["stream"] is True
    assert f.wire.sent[0]["stream_options"] == {"include_usage": True}
    assert (stream.reply.text, stream.reply.finish_reason) == ("Hello", "stop")
    assert stream.reply.usage.output_tokens == 3
    assert stream.reply.request_id == "req_s"
    assert stream.reply.time_to_first_token is not None
    assert f.wire.opened[0].closed


def test_stream_events(face: Any) -> None:
    f = face(chunks("Hel", "lo"))
    stream = f.client.stream("Hi")
    if f.sync:
        kinds = [type(event).__name__ for event in stream.events()]
    else:

        async def collect() -> list[str]:
            return [type(event).__name__ async for event in stream.events()]

        kinds = f.wait(collect())
    assert kinds == ["Start", "PartStart", "TextDelta", "TextDelta", "Used", "PartEnd", "Finish"]


def test_leaving_a_stream_early_closes_it(face: Any) -> None:
    f = face(chunks("Hel", "lo"))
    stream = f.client.stream("Hi")
    if f.sync:
        with stream:
            assert next(iter(stream)) == "Hel"
    else:

        async def leave() -> None:
            async with stream:
                assert await anext(aiter(stream)) == "Hel"

        f.wait(leave())
    assert f.wire.opened[0].closed
    assert stream.partial.text == "Hel"
    with pytest.raises(ringup.ConfigurationError, match="was left early"):
        _ = stream.reply


def test_a_cut_stream_is_an_error_with_what_came(face: Any) -> None:
    f = face(chunks("Hel", "lo", done=False))
    with pytest.raises(ringup.StreamTruncatedError) as caught:
        f.pieces(f.client.stream("Hi"))
    assert caught.value.partial.text == "Hello"
    assert f.wire.opened[0].closed


def test_chat_resends_everything(face: Any, tmp_path: Path) -> None:
    f = face(completion("Hi, Ada."), chunks("A", "da."), completion("Yes."), completion("No."))
    chat = f.client.chat(system="Be brief.", max_tokens=50)
    f.ask("I am Ada.", on=chat)
    assert f.pieces(chat.stream("Who am I?")) == ["A", "da."]
    assert [m["content"] for m in f.wire.sent[1]["messages"]] == ["Be brief.", "I am Ada.", "Hi, Ada.", "Who am I?"]
    fork = chat.fork()
    f.ask("Sure?", on=fork)
    assert (len(chat.messages), len(fork.messages)) == (4, 6)
    chat.save(tmp_path / "chat.json")
    again = f.client.load_chat(tmp_path / "chat.json")
    assert (again.messages, again.params) == (chat.messages, chat.params)
    f.ask("Still?", on=again)
    assert [m["content"] for m in f.wire.sent[3]["messages"]][-3:] == ["Who am I?", "Ada.", "Still?"]
    assert f.wire.sent[3]["max_completion_tokens"] == 50
    assert [m.text for m in again.undo()] == ["Still?", "No."]
    assert again.messages == chat.messages


def test_a_failed_turn_leaves_the_chat_as_it_was(face: Any) -> None:
    f = face(completion(), 400, chunks("Hel", done=False))
    chat = f.client.chat()
    f.ask("one", on=chat)
    with pytest.raises(ringup.BadRequestError):
        f.ask("two", on=chat)
    with pytest.raises(ringup.StreamTruncatedError):
        f.pieces(chat.stream("three"))
    assert len(chat.messages) == 2


def test_the_ledger_has_a_row_for_each_call(face: Any, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "calls.db"
    f = face(completion(), 400, chunks("Hel", "lo"), ledger=path)
    f.ask("one")
    with pytest.raises(ringup.BadRequestError):
        f.ask("two")
    f.pieces(f.client.stream("three"))
    f.wait(f.client.close())
    newest, failed, oldest = rows(path)
    assert (oldest["outcome"], oldest["model"], oldest["input_tokens"], oldest["stream"]) == (
        "answered",
        "gpt-4o-mini",
        9,
        0,
    )
    assert oldest["cost_usd"] is not None
    assert (failed["outcome"], failed["status"], failed["input_tokens"]) == ("failed", 400, None)
    assert failed["error"].startswith("BadRequestError")
    assert (newest["outcome"], newest["output_tokens"], newest["stream"]) == ("answered", 2, 1)
    assert path.stat().st_mode & 0o777 == 0o600


def test_on_event_sees_attempts_and_may_not_break_the_call(face: Any) -> None:
    seen: list[ringup.Attempt] = []

    def watch(attempt: ringup.Attempt) -> None:
        seen.append(attempt)
        raise RuntimeError("mine")

    f = face(completion(), on_event=watch)
    assert f.ask("Hi").text == "Paris."
    assert [a.outcome for a in seen] == [None, "answered"]


def test_on_event_is_a_function() -> None:
    with pytest.raises(ringup.ParameterError, match="on_event is a function"):
        ringup.Client("gpt-4o-mini", on_event=5)  # type: ignore[arg-type]


def test_a_refused_parameter_is_left_out_with_a_notice_and_one_warning(face: Any) -> None:
    f = face(completion(), completion(), model="o3")
    with pytest.warns(ringup.RingupWarning, match="temperature") as caught:
        reply = f.ask("Hi", temperature=0.5)
    assert caught[0].filename == __file__ or not f.sync
    assert "temperature" not in f.wire.sent[0]
    assert [(n.kind, n.what) for n in reply.notices] == [("dropped", "temperature")]
    with warnings.catch_warnings(record=True) as again:
        f.ask("Hi", temperature=0.5)
    assert not again
    with pytest.raises(ringup.ParameterError, match="temperature"):
        f.ask("Hi", temperature=0.5, strict=True)
    assert len(f.wire.sent) == 2


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"temperature": 2.5}, ["temperature", "2.5", "0", "2"]),
        ({"temperature": float("nan")}, ["temperature", "nan"]),
        ({"max_tokens": 0}, ["max_tokens", "0", "1"]),
        ({"stop": ""}, ["stop", "''"]),
        ({"stop": ["a", "b", "c", "d", "e"]}, ["stop", "4"]),
        ({"top_p": 1.5}, ["top_p", "1.5"]),
        ({"timeout": 0}, ["timeout", "0"]),
        ({"timeout": float("nan")}, ["timeout", "nan"]),
        ({"idle_timeout": -1}, ["idle_timeout", "-1"]),
        ({"retries": -1}, ["retries", "-1"]),
        ({"extra": {"n": 2}}, ["n", "2"]),
        ({"headers": {"Authorization": "x"}}, ["headers", "Authorization"]),
    ],
)
def test_a_bad_value_is_refused_before_anything_is_sent(face: Any, params: dict[str, Any], words: list[str]) -> None:
    f = face()
    with pytest.raises(ringup.ParameterError) as caught:
        f.ask("Hi", **params)
    for word in words:
        assert word in str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert f.wire.sent == []


@pytest.mark.parametrize("prompt", ["", [], [{"content": "x"}], 7, None, {"role": "user", "content": "x"}, b"x"])
def test_a_bad_prompt_is_refused(face: Any, prompt: Any) -> None:
    f = face()
    with pytest.raises(ringup.ParameterError):
        f.ask(prompt)


def test_a_wrong_signature_is_a_type_error(face: Any) -> None:
    f = face()
    with pytest.raises(TypeError, match="temprature"):
        f.wait(f.client.ask("Hi", temprature=1))
    with pytest.raises(TypeError, match="temprature"):
        f.client.chat(temprature=1)
    with pytest.raises(TypeError, match="temprature"):
        ringup.Client("m", temprature=1)  # type: ignore[call-arg]


def test_prompts_of_every_kind(face: Any) -> None:
    f = face(*[completion()] * 6)
    f.ask(["Look:", ringup.Image(url="http://x/y.png")])
    f.ask(Message("user", (Text("hi"),)))
    f.ask([{"role": "system", "content": "s"}, {"role": "user", "content": "u"}])
    f.ask(
        [
            {"role": "user", "content": [{"type": "text", "text": "u"}]},
            Message("assistant", (Text("a"),)),
            {"role": "user", "content": "v"},
        ]
    )
    f.ask(
        [
            {"role": "user", "content": "u"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "f", "input": {"a": 1}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "42"}]},
        ]
    )
    f.ask(
        [
            {"role": "user", "content": "u"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "t1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "t1", "content": "42"},
        ]
    )
    parts, one, system, mixed, anthropic, openai = [sent["messages"] for sent in f.wire.sent]
    assert [p["type"] for p in parts[0]["content"]] == ["text", "image_url"]
    assert one == [{"role": "user", "content": "hi"}]
    assert system == [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]
    assert [m["role"] for m in mixed] == ["user", "assistant", "user"]
    assert [m["role"] for m in anthropic] == [m["role"] for m in openai] == ["user", "assistant", "tool"]
    assert anthropic[1]["tool_calls"][0]["function"] == {"name": "f", "arguments": '{"a":1}'}


def test_a_tool_turn_may_stand_beside_the_reply_that_asked_for_it(face: Any) -> None:
    call = {"id": "t1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    f = face(completion("", tool_calls=[call]), completion(), completion())
    chat = f.client.chat()
    asked = f.ask("u", on=chat)
    f.ask([{"role": "user", "content": "u"}, asked.message, {"role": "tool", "tool_call_id": "t1", "content": "42"}])
    f.ask([{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "42"}]}], on=chat)
    assert [m["role"] for m in f.wire.sent[1]["messages"]] == ["user", "assistant", "tool"]
    assert f.wire.sent[2]["messages"][2] == {"role": "tool", "tool_call_id": "t1", "content": "42"}


def test_a_message_that_can_not_be_read_is_named(face: Any) -> None:
    f = face()
    with pytest.raises(ringup.ParameterError, match="message"):
        f.ask([{"role": "user", "content": [{"type": "text"}]}])


def test_models_are_routed(face: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-0123456789abcdef")
    answer = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-haiku-4-5",
        "content": [{"type": "text", "text": "Paris."}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 3, "output_tokens": 2},
    }
    f = face(answer, answer, model=None, api_key=None)
    for model in ("claude-haiku-4-5", "anthropic/claude-haiku-4-5"):
        assert f.ask("Hi", model=model).wire == "anthropic_messages"
    assert f.wire.urls == ["https://api.anthropic.com/v1/messages"] * 2
    assert f.wire.keys[0] == "x-api-key: sk-ant-0123456789abcdef"
    assert f.wire.sent[0]["model"] == "claude-haiku-4-5"
    assert f.wire.sent[0]["max_tokens"] > 1000


def test_a_key_goes_to_the_provider_that_it_is_for(face: Any) -> None:
    f = face(completion(), model="mistral/small", api_key="m-0123456789abcdef")
    f.ask("Hi")
    with pytest.raises(ringup.MissingKeyError, match="OPENAI_API_KEY"):
        f.ask("Hi", model="gpt-4o-mini")
    assert f.wire.keys == ["authorization: Bearer m-0123456789abcdef"]
    f = face(completion(), model=None, api_key="m-0123456789abcdef")
    f.ask("Hi", model="mistral/small")
    with pytest.raises(ringup.MissingKeyError, match="ANTHROPIC_API_KEY"):
        f.ask("Hi", model="claude-haiku-4-5")


def test_another_wire_of_the_same_provider(face: Any) -> None:
    answer = {"id": "resp_1", "object": "response", "created_at": 1, "model": "gpt-5.5", "status": "completed",
              "output": [{"type": "message", "id": "m", "role": "assistant", "status": "completed",
                          "content": [{"type": "output_text", "text": "Hi.", "annotations": []}]}]}  # fmt: skip
    f = face(answer, model="gpt-5.5", wire="responses")
    reply = f.ask("Hi", max_tokens=99)
    assert (reply.text, reply.wire, reply.finish_reason) == ("Hi.", "responses", "stop")
    assert f.wire.urls == ["https://api.openai.com/v1/responses"]
    assert f.wire.sent[0]["max_output_tokens"] == 99
    with pytest.raises(ringup.ParameterError, match="chat_completions"):
        face(wire="telex")


@pytest.mark.parametrize("model", ["olmo-2", "orca-mini", "mystery", "nobody/gpt-4o", "llama3"])
def test_an_unknown_model_says_how_to_name_one(face: Any, model: str) -> None:
    with pytest.raises(ringup.UnknownModelError, match="provider/model"):
        face().ask("Hi", model=model)


def test_no_model_at_all(face: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    f = face(completion(), model=None)
    with pytest.raises(ringup.UnknownModelError, match="RINGUP_MODEL"):
        f.ask("Hi")
    monkeypatch.setenv("RINGUP_MODEL", "gpt-4o-mini")
    assert f.ask("Hi").text == "Paris."


def test_another_server_gets_the_id_untouched_and_no_key_of_the_environment(
    face: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    f = face(completion(), model="meta/llama-3", base_url="http://127.0.0.1:8000/v1", api_key=None)
    reply = f.ask("Hi")
    assert f.wire.urls == ["http://127.0.0.1:8000/v1/chat/completions"]
    assert f.wire.keys == [None]
    assert f.wire.sent[0]["model"] == "meta/llama-3"
    assert reply.cost is None
    assert reply.bill.reason


def test_a_missing_key_says_how_to_set_it(face: Any) -> None:
    with pytest.raises(ringup.MissingKeyError, match="OPENAI_API_KEY"):
        face(api_key=None).ask("Hi")


def test_a_key_that_was_refused_is_looked_for_anew(face: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong-0123456789")
    f = face(401, completion(), api_key=None)
    with pytest.raises(ringup.AuthenticationError):
        f.ask("Hi")
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    f.ask("Hi")
    assert f.wire.keys[1] == f"authorization: Bearer {CANARY}"


def test_a_closed_client_says_so(face: Any) -> None:
    f = face(completion())
    f.ask("Hi")
    f.wait(f.client.close())
    assert f.wire.closed
    with pytest.raises(ringup.ConfigurationError, match="closed"):
        f.ask("Hi")


def test_the_key_shows_nowhere(face: Any, caplog: pytest.LogCaptureFixture) -> None:
    f = face(401, chunks("x", done=False), retries=0)
    shown = [repr(f.client), str(vars(f.client))]
    with pytest.raises(ringup.AuthenticationError) as whole:
        f.ask("Hi")
    with pytest.raises(ringup.StreamTruncatedError) as streamed:
        f.pieces(f.client.stream("Hi"))
    for caught in (whole.value, streamed.value):
        trace = traceback.TracebackException.from_exception(caught, capture_locals=True)
        ours = [
            str(frame.locals) for frame in trace.stack if "ringup" in frame.filename and "tests" not in frame.filename
        ]
        assert ours
        shown += [*ours, str(caught), repr(vars(caught)), str(pickle.dumps(caught)), repr(copy.copy(caught))]
    for text in [*shown, caplog.text]:
        assert "canary" not in text


def test_clients_with_a_given_key_are_not_pickled(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ringup.ConfigurationError, match="OPENAI|variable"):
        pickle.dumps(ringup.Client("gpt-4o-mini", api_key=CANARY))
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    data = pickle.dumps(ringup.Client("gpt-4o-mini", timeout=3))
    assert b"canary" not in data
    assert repr(pickle.loads(data)) == "ringup.Client(model='gpt-4o-mini')"


def test_testing_is_there_after_import_ringup_alone() -> None:
    code = "import ringup; s = ringup.testing.Simulator; print(s.__name__, hasattr(ringup, 'nothing'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "Simulator False\n"


def test_threads_share_a_client() -> None:
    f = Face("sync", *[completion()] * 80)
    replies: list[str] = []

    def work() -> None:
        replies.extend(f.ask("Hi").text for _ in range(10))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies == ["Paris."] * 80
    f.loop.close()


def test_a_conversation_is_saved_without_loss(tmp_path: Path) -> None:
    chat = ringup.Client("gpt-4o-mini", api_key=CANARY).chat(system="s")
    image = ringup.Image(data=b"\x00\xff", media_type="image/png")
    thought = Thinking("t", "sig", extra={"w": {"x": 1}})
    chat.add(
        Message("user", (Text("u"), image, ringup.Document(text="d"))),
        Message("assistant", (thought, Opaque("w", {"type": "new"}), ToolCall("c", "f", '{"a": 1.50}'))),
        Message("tool", (ToolResult("c", (Text("r"),), is_error=True),)),
    )
    chat.save(tmp_path / "c.json")
    assert ringup.Client().load_chat(tmp_path / "c.json").messages == chat.messages
    assert "canary" not in (tmp_path / "c.json").read_text()
    (tmp_path / "bad.json").write_text('{"format": "other"}')
    for name in ("bad.json", "none.json"):
        with pytest.raises(ringup.ConfigurationError, match=name):
            ringup.Client().load_chat(tmp_path / name)


def test_module_functions_share_one_client(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = Wire(completion(), chunks("Hi"), completion("Yes."))
    monkeypatch.setattr("ringup.client._shared", [ringup.Client(api_key=CANARY, transport=wire)])
    assert ringup.ask("Hi", model="gpt-4o-mini").text == "Paris."
    assert list(ringup.stream("Hi", model="gpt-4o-mini")) == ["Hi"]
    assert ringup.chat(model="gpt-4o-mini").ask("Hi").text == "Yes."


def test_a_ledger_that_can_not_be_written_is_not_in_the_way(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("not a folder")
    ledger = ringup.Ledger(tmp_path / "file" / "calls.db")
    f = Face("sync", completion(), completion(), ledger=ledger)
    assert f.ask("Hi").text == "Paris."
    assert f.ask("Hi").text == "Paris."
    f.client.close()
    ledger.close()
    assert ledger.lost == 2
    assert "can't be written" in caplog.text
    f.loop.close()
