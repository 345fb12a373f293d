"""`python -m ringup.replay`: that good recordings pass, and that every kind of mistake of a wire is found."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import pytest
from msgspec.structs import replace

from ringup import wires
from ringup.errors import APIError, BadRequestError
from ringup.events import Event, TextDelta
from ringup.messages import Thinking
from ringup.replay import __main__ as replay
from ringup.replay.check import check
from ringup.replay.exchange import Exchange
from ringup.replay.guise import wire_of
from ringup.replay.raw import documents, error_text, told
from ringup.reply import Notice, Reply
from ringup.usage import Usage
from ringup.wire import Wire
from tests.recorded import files, needs_recorded

# Small recordings, one of each kind


def sse(*events: Any, named: bool = False) -> str:
    names = [f"event: {event['type']}\n" if named else "" for event in events]
    return "".join([f"{name}data: {json.dumps(event)}\n\n" for name, event in zip(names, events, strict=True)])


CALL = {"id": "call_1", "type": "function", "function": {"name": "look_up", "arguments": '{"word": "tide"}'}}
TOOL = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object", "properties": {}}}}
CHAT_ASKED = {
    "model": "gpt-4o",
    "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "What is a tide?"}],
    "max_tokens": 50,
    "stop": "\n\n",
    "tools": [TOOL],
}
CHAT_SAID = {
    "id": "c1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4o",
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": "The sea’s breath.",
                "reasoning_details": [{"type": "reasoning.text", "text": "Moon.", "signature": "sealed", "index": 0}],
                "tool_calls": [CALL],
            },
            "finish_reason": "tool_calls",
        }
    ],
    "usage": {
        "prompt_tokens": 20,
        "completion_tokens": 9,
        "total_tokens": 29,
        "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2},
        "completion_tokens_details": {"reasoning_tokens": 3},
    },
}


def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice], **more}


CHAT_STREAM = (
    ": waiting\n\n"
    + sse(
        chunk({"role": "assistant", "content": ""}),
        chunk({"reasoning": "Hm"}),
        chunk({"reasoning": "."}),
        chunk({"content": "Two "}),
        chunk({"content": "wörds"}),
        chunk({"tool_calls": [{"index": 0, **CALL, "function": {"name": "look_up", "arguments": ""}}]}),
        chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"word":1}'}}]}),
        chunk({}, "tool_calls"),
        {"id": "c1", "model": "m", "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}},
    )
    + "data: [DONE]\n\n"
)
CLAUDE_ASKED = {
    "model": "claude-haiku-4-5",
    "max_tokens": 100,
    "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
    "messages": [{"role": "user", "content": "Hello!"}],
}
CLAUDE_SAID = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-haiku-4-5",
    "content": [
        {"type": "thinking", "thinking": "A greeting.", "signature": "sig"},
        {"type": "text", "text": "Hello!"},
        {"type": "tool_use", "id": "toolu_1", "name": "look_up", "input": {"word": "tide"}},
    ],
    "stop_reason": "tool_use",
    "stop_sequence": None,
    "usage": {"input_tokens": 3, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 0, "output_tokens": 7},
}
CLAUDE_STREAM = sse(
    {"type": "message_start", "message": {**CLAUDE_SAID, "content": [], "stop_reason": None}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Hm."}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "sig"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Hi"}},
    {"type": "content_block_stop", "index": 1},
    {
        "type": "content_block_start",
        "index": 2,
        "content_block": {"type": "tool_use", "id": "t", "name": "look_up", "input": {}},
    },
    {"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": '{"word": '}},
    {"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": '"sea"}'}},
    {"type": "content_block_stop", "index": 2},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 9}},
    {"type": "message_stop"},
    named=True,
)
RESPONSES_ASKED = {"model": "gpt-5", "input": "Hello!", "instructions": "Be brief.", "store": False}
RESPONSES_SAID = {
    "id": "resp_1",
    "object": "response",
    "created_at": 1,
    "status": "completed",
    "error": None,
    "incomplete_details": None,
    "model": "gpt-5",
    "output": [
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "Greeting."}],
            "encrypted_content": "gAAA",
        },
        {
            "type": "message",
            "id": "msg_1",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": "Hello!", "annotations": []}],
        },
        {
            "type": "function_call",
            "id": "fc_1",
            "call_id": "call_1",
            "name": "look_up",
            "arguments": '{"word":"tide"}',
            "status": "completed",
        },
    ],
    "usage": {
        "input_tokens": 9,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 8,
        "output_tokens_details": {"reasoning_tokens": 4},
        "total_tokens": 17,
    },
}
GEMINI_ASKED = {
    "system_instruction": {"parts": [{"text": "Be brief."}]},
    "contents": [{"role": "user", "parts": [{"text": "Hello!"}]}],
    "generationConfig": {"maxOutputTokens": 50, "thinkingConfig": {"include_thoughts": True}},
}
GEMINI_SAID = {
    "candidates": [
        {
            "content": {
                "role": "model",
                "parts": [
                    {"text": "A greeting.", "thought": True},
                    {"text": "Hello!", "thoughtSignature": "c2ln"},
                    {"functionCall": {"name": "look_up", "args": {"word": "tide"}}},
                ],
            },
            "finishReason": "STOP",
            "index": 0,
        }
    ],
    "usageMetadata": {
        "promptTokenCount": 5,
        "candidatesTokenCount": 2,
        "thoughtsTokenCount": 3,
        "totalTokenCount": 10,
    },
    "modelVersion": "gemini-3-flash",
    "responseId": "r1",
}
GEMINI = "/v1beta/models/gemini-3-flash"
JSON = {"content-type": "application/json"}


def recorded(path: str, asked: Any, said: Any, status: int = 200) -> Exchange:
    body = said if isinstance(said, str) else json.dumps(said)
    return Exchange(path, asked, status, "api.example", JSON, body, "small.yaml", 1)


CHAT = recorded("/v1/chat/completions", CHAT_ASKED, CHAT_SAID)
CLAUDE = recorded("/v1/messages?beta=true", CLAUDE_ASKED, CLAUDE_SAID)
GOOD = {
    "chat": CHAT,
    "chat stream": recorded("/openai/v1/chat/completions", {**CHAT_ASKED, "stream": True}, CHAT_STREAM),
    "chat error": recorded(CHAT.path, CHAT_ASKED, {"error": {"message": "No such model", "code": 404}}, 404),
    "chat error as text": recorded(CHAT.path, None, "<html>Bad gateway</html>", 502),
    "chat error in a 200": recorded(CHAT.path, {}, {"error": {"message": "No credit", "code": 402}}),
    "chat cut": recorded(CHAT.path, {**CHAT_ASKED, "stream": True}, CHAT_STREAM[:400]),
    "chat of nobody": recorded(CHAT.path, CHAT_ASKED, {"pathname": "/v1"}),
    "claude": CLAUDE,
    "claude stream": recorded("/v1/messages", {**CLAUDE_ASKED, "stream": True}, CLAUDE_STREAM),
    "claude error": recorded(
        "/v1/messages", {}, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, 529
    ),
    "responses": recorded("/v1/responses", RESPONSES_ASKED, RESPONSES_SAID),
    "gemini": recorded(f"{GEMINI}:generateContent", GEMINI_ASKED, GEMINI_SAID),
    "gemini stream": recorded(f"{GEMINI}:streamGenerateContent?alt=sse", GEMINI_ASKED, sse(GEMINI_SAID)),
    "gemini key": recorded(
        f"{GEMINI}:generateContent",
        {},
        {"error": {"code": 400, "message": "API key not valid", "details": [{"reason": "API_KEY_INVALID"}]}},
        400,
    ),
}


def found(exchange: Exchange, wire: Any = None) -> list[str]:
    name = wire_of(exchange.path)
    assert name
    return check(exchange, wire or wires.find(name))


@pytest.mark.parametrize("name", GOOD)
def test_good_recordings_pass(name: str) -> None:
    assert found(GOOD[name]) == []


# Every mistake of a wire is found: the real one, with one thing broken


def broken(name: str, **parts: Any) -> Wire:
    real = cast(ModuleType, wires.find(name))
    return cast(Wire, SimpleNamespace(**{**{key: getattr(real, key) for key in real.__all__}, "NAME": name, **parts}))


def reading(change: Callable[[Reply], Reply], name: str = "chat_completions") -> Wire:
    real = wires.find(name)
    return broken(name, read_reply=lambda body: change(real.read_reply(body)))


def without(kind: type) -> Callable[[Reply], Reply]:
    def change(reply: Reply) -> Reply:
        parts = tuple([part for part in reply.message.parts if not isinstance(part, kind)])
        return replace(reply, message=replace(reply.message, parts=parts))

    return change


def unsigned(reply: Reply) -> Reply:
    parts = tuple(
        [replace(part, signature=None) if isinstance(part, Thinking) else part for part in reply.message.parts]
    )
    return replace(reply, message=replace(reply.message, parts=parts))


def renumbered(reply: Reply) -> Reply:
    parts = tuple([replace(part, id="x") if hasattr(part, "json") else part for part in reply.message.parts])
    return replace(reply, message=replace(reply.message, parts=parts))


LOST: list[tuple[Callable[[Reply], Reply], str]] = [
    (lambda reply: replace(reply, message=replace(reply.message, parts=())), "answer: text"),
    (without(Thinking), "answer: thinking"),
    (unsigned, "answer: signature"),
    (renumbered, "answer: tool calls"),
    (lambda reply: replace(reply, raw_finish_reason="stop"), "answer: finish reason 'tool_calls' read as 'stop'"),
    (lambda reply: replace(reply, finish_reason="stop"), "answer: finish reason 'tool_calls' taken for 'stop'"),
    *[
        (lambda reply, name=name: replace(reply, usage=replace(reply.usage, **{name: 1})), f"answer: usage.{name}")  # type: ignore[misc]
        for name in Usage.__struct_fields__[:5]
    ],
]


@pytest.mark.parametrize(("change", "cause"), LOST, ids=[cause for _, cause in LOST])
def test_what_a_reader_loses_is_found(change: Callable[[Reply], Reply], cause: str) -> None:
    assert cause in found(CHAT, reading(change))
    assert "cut: the Reader reads a whole answer otherwise than read_reply" in found(CHAT, reading(change))


def test_a_word_that_has_no_meaning_is_found() -> None:
    said = {**CHAT_SAID, "choices": [{"message": {"content": "Hm."}, "finish_reason": "bored"}]}
    assert found(recorded(CHAT.path, CHAT_ASKED, said)) == ["answer: finish reason 'bored' taken for None"]


class Clumsy:
    """Reads each piece of bytes on its own."""

    def __init__(self) -> None:
        self.done = False

    def feed(self, data: bytes) -> list[Event]:
        return [TextDelta(0, data.decode("utf-8", "replace"))]

    def close(self) -> list[Event]:
        return []


def test_a_reader_that_depends_on_the_cuts_is_found() -> None:
    causes = found(GOOD["chat stream"], broken("chat_completions", Reader=Clumsy))
    assert {"cut: other events at random cuts", "cut: other events byte by byte"} <= set(causes)


def test_a_crash_is_a_cause() -> None:
    def crash(body: bytes) -> Reply:
        raise KeyError(body)

    causes = found(CHAT, broken("chat_completions", read_reply=crash))
    assert any(cause.startswith("crash: KeyError in ") and cause.endswith("crash") for cause in causes)


def test_errors_are_held_against_their_status_and_message() -> None:
    def misread(status: int, headers: Any, body: bytes) -> APIError:
        return BadRequestError("something", status=400)

    assert found(GOOD["chat error"], broken("chat_completions", read_error=misread)) == [
        "error: 404 read as BadRequestError",
        "error: 404 read with the status 400",
        "error: 404 without the provider's message",
    ]


def test_answers_that_arent_whole_must_not_be_taken_for_it() -> None:
    reply = Reply(message=wires.find("chat_completions").read_reply(CHAT.body.encode()).message, finish_reason="stop")
    wire = broken("chat_completions", read_reply=lambda body: reply)
    assert "answer: the error inside it was not raised" in found(GOOD["chat error in a 200"], wire)
    assert "answer: something else was read as one" in found(GOOD["chat of nobody"], wire)
    wrong = broken("chat_completions", read_reply=wires.find("gemini").read_reply)
    assert any(cause.startswith("answer: ") and cause.endswith("Error") for cause in found(CHAT, wrong))


# Requests


def test_a_refused_request_names_its_cause() -> None:
    asked = {**CHAT_ASKED, "messages": [{"role": "user", "content": [5]}]}
    assert found(recorded(CHAT.path, asked, CHAT_SAID)) == ["request refused: messages[].content[]"]


def test_places_in_lists_are_one_cause() -> None:
    asked = {**CLAUDE_ASKED, "messages": [{"role": "user", "content": [5]}]}
    assert found(recorded("/v1/messages", asked, CLAUDE_SAID)) == ["request refused: messages[].content[]"]


def test_what_a_writer_loses_is_found_with_its_path() -> None:
    real = wires.find("anthropic_messages")

    def lose(request: Any, rules: Any) -> Any:
        http, notices = real.write_request(request, rules)
        body = json.loads(http.body)
        del body["system"][0]["cache_control"]
        body["messages"][0]["content"] = "Good bye!"
        body["top_k"] = 5
        return replace(http, body=json.dumps(body).encode()), notices

    wire = broken("anthropic_messages", write_request=lose)
    assert sorted(found(CLAUDE, wire)) == [
        "request: messages[].content[].text changed",
        "request: system[].cache_control left out",
        "request: top_k added",
    ]
    told = (Notice("dropped", "messages.0.image", ""), Notice("dropped", "system", ""), Notice("added", "top_k", ""))
    wire = broken("anthropic_messages", write_request=lambda request, rules: (lose(request, rules)[0], told))
    assert found(CLAUDE, wire) == []


def test_another_address_is_found() -> None:
    real = wires.find("gemini")

    def elsewhere(request: Any, rules: Any) -> Any:
        http, notices = real.write_request(request, rules)
        return replace(http, path="/v1beta/models/other:generateContent"), notices

    causes = found(GOOD["gemini"], broken("gemini", write_request=elsewhere))
    assert causes == ["request: sent to /v1beta/models/other:generateContent"]


# What raw JSON says


def test_documents_of_any_body() -> None:
    assert documents("\ufeff \n{}") == [{}]
    assert documents('[{"a": 1}, {"b": 2}]') == [{"a": 1}, {"b": 2}]
    assert documents('data: {"a":\ndata: 1}\r\n\r\n: hm\n\ndata: [{"b": 2}]\n\ndata: [DONE]\n') == [{"a": 1}, {"b": 2}]
    assert documents("<html>") == documents("{broken") == documents("") == []


def test_the_error_of_an_answer() -> None:
    assert error_text([{"error": "no"}]) == error_text([{"type": "error", "message": "no"}]) == "no"
    assert error_text([{"choices": [{"error": {"message": "no"}}]}]) == "no"
    assert error_text([{"type": "response.failed", "response": {"error": {"message": "no"}}}]) == "no"
    assert error_text([{"error": {"code": 5}}]) == ""
    assert error_text([{"error": None}, [1], {"choices": [{}]}]) is None


def test_a_new_id_at_the_same_index_is_a_new_call() -> None:
    one = {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}}
    other = {"index": 0, "id": "b", "function": {"name": "g", "arguments": {"x": 1}}}
    said = told("chat_completions", sse(chunk({"tool_calls": [one]}), chunk({"tool_calls": [other]})))
    assert said.calls == [("a", "f", {}), ("b", "g", {"x": 1})]


# The lines and the command


def line(exchange: Exchange) -> str:
    return json.dumps({name: getattr(exchange, name) for name in exchange.__struct_fields__})


def written(file: Path, *exchanges: Exchange, more: str = "") -> str:
    text = "\n".join([*map(line, exchanges), more]).encode()
    file.write_bytes(gzip.compress(text) if file.suffix == ".gz" else text)
    return str(file)


BAD = replace(CHAT, request={"model": "m"}, seq=7)
BATCH = replace(CHAT, path="/v1/batches")


def test_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packed = written(tmp_path / "a.jsonl.gz", CHAT, CHAT, BATCH)
    plain = written(tmp_path / "b.jsonl", BAD, more="not JSON\n\n")
    assert replay.main([packed]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "     1  api.example  /v1/batches           not a call of a wire",
        "     2  api.example  /v1/chat/completions  ok",
        "3 exchanges: 2 ok, 0 failed, 1 not replayed",
    ]
    assert replay.main(["-v", packed, plain]) == 1
    out = capsys.readouterr().out
    assert out.startswith("api.example small.yaml#7: request refused: messages\n")
    assert "b.jsonl, exchange 5: not an exchange: " in out
    assert out.endswith("5 exchanges: 2 ok, 2 failed, 1 not replayed\n")


def test_the_counts_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay.main(["--json", "-v", written(tmp_path / "a.jsonl", CHAT, BAD)]) == 1
    output = capsys.readouterr()
    counts = json.loads(output.out)
    rows = counts.pop("rows")
    assert counts == {"exchanges": 2, "ok": 1, "failed": 1, "skipped": 0}
    assert [(row["host"], row["path"], row["cause"], row["count"]) for row in rows] == [
        ("api.example", "/v1/chat/completions", "ok", 1),
        ("api.example", "/v1/chat/completions", "request refused: messages", 1),
    ]
    assert "small.yaml#7" in output.err


def test_files_that_cant_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = Path(written(tmp_path / "a.jsonl.gz", CHAT, CLAUDE)).read_bytes()
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(whole[: len(whole) // 2])
    assert replay.main([str(cut), str(tmp_path / "none.jsonl"), written(tmp_path / "b.jsonl", CHAT)]) == 2
    output = capsys.readouterr()
    assert output.err.count("can't be read") == 2
    assert "1 exchanges: 1 ok" in output.out


def test_ctrl_c_shows_what_was_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = iter([[], KeyboardInterrupt()])

    def interrupted(exchange: Exchange, wire: Wire) -> list[str]:
        step = next(asked)
        if isinstance(step, BaseException):
            raise step
        return step

    monkeypatch.setattr(replay, "check", interrupted)
    assert replay.main([written(tmp_path / "a.jsonl", CHAT, CLAUDE)]) == 130
    output = capsys.readouterr()
    assert "interrupted" in output.err
    assert "1 ok" in output.out


def test_the_command(tmp_path: Path) -> None:
    file = written(tmp_path / "a.jsonl.gz", *GOOD.values())
    command = [sys.executable, "-m", "ringup.replay", file]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith(f"{len(GOOD)} exchanges: {len(GOOD)} ok, 0 failed, 0 not replayed\n")


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal")
def test_a_reader_that_goes_away_is_no_crash(tmp_path: Path) -> None:
    file = written(tmp_path / "a.jsonl", *[replace(BAD, seq=number) for number in range(3000)])
    command = f"{sys.executable} -m ringup.replay -v {file} | head -n 1"
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in done.stderr
    assert done.stdout.count("\n") == 1


@needs_recorded
def test_recorded_traffic(capsys: pytest.CaptureFixture[str]) -> None:
    end = replay.main(["-v", *map(str, files())])
    assert end == 0, capsys.readouterr().out
