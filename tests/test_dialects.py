"""The dialects of the servers that speak like OpenAI: each quirk that is known, as a sample of what the server sends.

What goes to each of them (names of fields, what is refused, ids, roles) is in test_providers.py. A sample is read whole
or as a stream, by the wire alone; the last part adds a provider as a user would, and calls it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import ringup
from ringup import errors, providers
from ringup.events import Failed, Fold
from ringup.messages import Message, Text, Thinking
from ringup.reply import Reply
from ringup.rules import Rules
from ringup.testing import Simulator
from ringup.wires import chat_completions as wire


def whole(message: dict[str, Any], finish: str | None = "stop", usage: Any = None, **top: Any) -> Reply:
    choice: dict[str, Any] = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    choice.update(top.pop("choice", {}))
    body = {"id": "chatcmpl-7", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], **top}
    return wire.read_reply(json.dumps(body | ({"usage": usage} if usage else {})).encode())


def lines(*items: Any) -> bytes:
    """A stream: each item is JSON for a `data:` line, or a line as it is."""
    written = [item if isinstance(item, str) else f"data: {json.dumps(item)}" for item in items]
    return "".join([line + "\n\n" for line in written]).encode()


def delta(finish: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
            "choices": [{"index": 0, "delta": fields, "finish_reason": finish}]}  # fmt: skip


def streamed(data: bytes) -> Reply | Exception:
    """The reply of a stream, or the error inside it; the bytes come one by one."""
    reader, fold = wire.Reader(), Fold()
    for event in [*[event for byte in data for event in reader.feed(bytes([byte]))], *reader.close()]:
        if type(event) is Failed:
            return event.error
        fold.feed(event)
    return fold.reply()


def ok(data: bytes) -> Reply:
    reply = streamed(data)
    assert isinstance(reply, Reply), reply
    return reply


def thought(reply: Reply) -> list[tuple[str, Any]]:
    return [(p.text, p.extra[wire.NAME]["field"]) for p in reply.message.parts if type(p) is Thinking]


DONE = "data: [DONE]"
SAY = delta(content="Hi")
END = delta("stop")
COUNTS = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}


# Reasoning under its several names


@pytest.mark.parametrize(
    ("server", "fields", "field"),
    [
        ("ollama", {"reasoning": "Hm."}, "reasoning"),
        ("vllm", {"reasoning": "Hm."}, "reasoning"),
        ("vllm, older", {"reasoning_content": "Hm."}, "reasoning_content"),
        ("llama.cpp", {"reasoning_content": "Hm."}, "reasoning_content"),
        ("lm studio", {"reasoning_content": "Hm."}, "reasoning_content"),
        ("groq", {"reasoning": "Hm."}, "reasoning"),
        ("deepseek", {"reasoning_content": "Hm."}, "reasoning_content"),
        ("xai", {"reasoning_content": "Hm."}, "reasoning_content"),
        ("together", {"reasoning": "Hm.", "reasoning_content": "Hm.", "token_id": 5}, "reasoning_content"),
        (
            "openrouter",
            {"reasoning": "Hm.", "reasoning_details": [{"type": "reasoning.text", "text": "Hm.", "index": 0}]},
            "reasoning_details",
        ),
    ],
)
def test_reasoning(server: str, fields: dict[str, Any], field: str) -> None:
    assert thought(whole({"content": "Hi", **fields})) == [("Hm.", field)]
    assert thought(ok(lines(delta(role="assistant", **fields), SAY, END, DONE))) == [("Hm.", field)]


def test_mistrals_reasoning_is_in_the_content() -> None:
    content = [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}, {"type": "text", "text": "Hi"}]
    for reply in (whole({"content": content}), ok(lines(delta(content=content), END, DONE))):
        assert thought(reply) == [("Hm.", "thinking")]
        assert reply.text == "Hi"


# Usage in odd places


@pytest.mark.parametrize(
    ("server", "data"),
    [
        ("openai: a chunk of its own", lines(SAY, END, {"choices": [], "usage": COUNTS}, DONE)),
        ("llama.cpp: with timings", lines(SAY, END, {"choices": [], "usage": COUNTS, "timings": {"cache_n": 1}}, DONE)),
        ("mistral, together: in the last chunk", lines(SAY, {**END, "usage": COUNTS}, DONE)),
        ("vllm, xai: cumulative on every chunk", lines({**SAY, "usage": {**COUNTS, "completion_tokens": 1}},
                                                       {**END, "usage": COUNTS}, DONE)),
        ("groq: in x_groq", lines({**SAY, "x_groq": {"id": "req_1"}},
                                  {**END, "x_groq": {"id": "req_1", "usage": {**COUNTS, "queue_time": 0.1}}}, DONE)),
        ("openrouter: after keep-alives", lines(": OPENROUTER PROCESSING", SAY, ": OPENROUTER PROCESSING",
                                                {**END, "usage": {**COUNTS, "cost": 0.001, "is_byok": False}}, DONE)),
        ("deepseek: keep-alives", lines(": keep-alive", "", SAY, END, {"choices": [], "usage": COUNTS}, DONE)),
        ("no [DONE]", lines(SAY, {**END, "usage": COUNTS})),
    ],
)  # fmt: skip
def test_usage_of_a_stream(server: str, data: bytes) -> None:
    reply = ok(data)
    assert (reply.text, reply.finish_reason) == ("Hi", "stop")
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (5, 2)
    assert (reply.usage.cache_read_tokens, reply.usage.reasoning_tokens) == (None, None)  # unknown, and not 0


@pytest.mark.parametrize(
    ("server", "usage", "known"),
    [
        ("ollama", COUNTS, (5, 2, None, None)),
        ("deepseek", {**COUNTS, "prompt_cache_hit_tokens": 3, "prompt_cache_miss_tokens": 2}, (5, 2, 3, None)),
        ("llama.cpp", {**COUNTS, "prompt_tokens_details": {"cached_tokens": 4}}, (5, 2, 4, None)),
        (
            "xai: completion_tokens without reasoning",
            {**COUNTS, "total_tokens": 16, "completion_tokens_details": {"reasoning_tokens": 9}},
            (5, 11, None, 9),
        ),
        ("groq", {**COUNTS, "prompt_time": 0.01, "total_time": 0.2}, (5, 2, None, None)),
    ],
)
def test_usage_of_an_answer(server: str, usage: dict[str, Any], known: tuple[Any, ...]) -> None:
    u = whole({"content": "Hi"}, usage=usage).usage
    assert (u.input_tokens, u.output_tokens, u.cache_read_tokens, u.reasoning_tokens) == known


def test_what_servers_count_besides_is_kept() -> None:
    reply = whole({"content": "Hi"}, usage={**COUNTS, "cost": 0.5, "cost_details": {"upstream": 1}, "is_byok": True},
                  provider="Acme", timings={"cache_n": 3})  # fmt: skip
    assert reply.usage.details == {"cost": 0.5, "cost_details.upstream": 1, "is_byok": True}
    assert (reply.extra["provider"], reply.extra["timings"]) == ("Acme", {"cache_n": 3})


# Words for the end


@pytest.mark.parametrize(
    ("server", "raw", "reason"),
    [
        ("together", "eos", "stop"),
        ("mistral", "model_length", "length"),
        ("mistral", "error", "error"),
        ("deepseek", "insufficient_system_resource", "error"),
        ("a word that nobody knows", "enough", None),
    ],
)
def test_finish_reasons(server: str, raw: str, reason: str | None) -> None:
    for reply in (whole({"content": "Hi"}, raw), ok(lines(SAY, delta(raw), DONE))):
        assert (reply.finish_reason, reply.raw_finish_reason) == (reason, raw)


# Tool calls

CALL = {"id": "t1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}


@pytest.mark.parametrize(
    ("server", "call"),
    [
        ("ollama: whole in one delta", {**CALL, "index": 0}),
        ("mistral: without an index", CALL),
        ("mistral: arguments as an object", {**CALL, "function": {"name": "f", "arguments": {"a": 1}}}),
        ("vllm: its own ids", {**CALL, "id": "chatcmpl-tool-0123456789abcdef0123456789abcdef"}),
        ("gemini: with its signature", {**CALL, "extra_content": {"google": {"thought_signature": "c2ln"}}}),
    ],
)
def test_tool_calls(server: str, call: dict[str, Any]) -> None:
    for reply in (
        whole({"content": None, "tool_calls": [call]}, "tool_calls"),
        ok(lines(delta(tool_calls=[call]), delta("tool_calls"), DONE)),
    ):
        [asked] = reply.tool_calls
        assert (asked.id, asked.name, asked.arguments) == (call["id"], "f", {"a": 1})
        assert reply.finish_reason == "tool_calls"


def test_vllm_leaves_out_empty_calls_and_older_ones_send_an_empty_list() -> None:
    assert whole({"content": "Hi", "tool_calls": []}).tool_calls == ()
    assert ok(lines(delta(content="Hi", tool_calls=[]), END, DONE)).tool_calls == ()


# Errors: as strings, lists, with numbers for codes, without a wrapper, in a 200

REFUSED = [
    (
        "ollama",
        404,
        {"error": {"message": "no m", "type": "not_found_error", "param": None, "code": None}},
        "NotFoundError",
        "no m",
    ),
    ("ollama, native", 500, {"error": "model crashed"}, "InternalServerError", "model crashed"),
    (
        "llama.cpp",
        503,
        {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}},
        "ServiceUnavailableError",
        "Loading model",
    ),
    (
        "llama.cpp",
        400,
        {
            "error": {
                "code": 400,
                "message": "too long",
                "type": "exceed_context_size_error",
                "n_prompt_tokens": 9,
                "n_ctx": 8,
            }
        },
        "ContextLengthError",
        "too long",
    ),
    (
        "vllm",
        400,
        {"error": {"message": "bad", "type": "BadRequestError", "param": None, "code": 400}},
        "BadRequestError",
        "bad",
    ),
    (
        "vllm, older",
        404,
        {"object": "error", "message": "no m", "type": "NotFoundError", "param": None, "code": 404},
        "NotFoundError",
        "no m",
    ),
    ("lm studio", 400, {"error": "no model is loaded"}, "BadRequestError", "no model is loaded"),
    (
        "openrouter",
        402,
        {"error": {"code": 402, "message": "add credits"}, "user_id": "u"},
        "PaymentRequiredError",
        "add credits",
    ),
    (
        "openrouter",
        403,
        {"error": {"code": 403, "message": "flagged", "metadata": {"reasons": ["x"]}}},
        "PermissionDeniedError",
        "flagged",
    ),
    (
        "groq",
        400,
        {
            "error": {
                "message": "bad call",
                "type": "invalid_request_error",
                "code": "tool_use_failed",
                "failed_generation": "<f>",
            }
        },
        "BadRequestError",
        "bad call",
    ),
    (
        "groq: no room in the flex tier",
        498,
        {"error": {"message": "full", "type": "capacity"}},
        "OverloadedError",
        "full",
    ),
    (
        "deepseek",
        402,
        {"error": {"message": "Insufficient Balance", "type": "unknown_error"}},
        "PaymentRequiredError",
        "Insufficient",
    ),
    ("mistral", 401, {"detail": "Unauthorized"}, "AuthenticationError", "Unauthorized"),
    ("mistral", 401, {"message": "Unauthorized", "request_id": "r1"}, "AuthenticationError", "Unauthorized"),
    (
        "mistral",
        422,
        {"detail": [{"loc": ["body", "x"], "msg": "extra", "type": "forbidden"}]},
        "UnprocessableEntityError",
        "extra",
    ),
    (
        "mistral",
        422,
        {
            "object": "error",
            "message": {"detail": [{"msg": "extra"}]},
            "type": "invalid_request_error",
            "param": None,
            "code": None,
        },
        "UnprocessableEntityError",
        "extra",
    ),
    (
        "mistral",
        429,
        {
            "object": "error",
            "message": "Rate limit exceeded",
            "type": "rate_limited",
            "param": None,
            "code": "1300",
            "raw_status_code": 429,
        },
        "RateLimitError",
        "Rate limit",
    ),
    ("xai", 400, {"code": "Client specified an invalid argument", "error": "bad key"}, "BadRequestError", "bad key"),
    (
        "gemini: in a list",
        429,
        [{"error": {"code": 429, "message": "used up", "status": "RESOURCE_EXHAUSTED"}}],
        "RateLimitError",
        "used up",
    ),
    (
        "together",
        429,
        {"id": "x", "error": {"message": "slow", "type": "rate_limit", "param": None, "code": None}},
        "RateLimitError",
        "slow",
    ),
]


@pytest.mark.parametrize(("server", "status", "body", "kind", "said"), REFUSED)
def test_errors(server: str, status: int, body: Any, kind: str, said: str) -> None:
    error = wire.read_error(status, {}, json.dumps(body).encode())
    assert type(error).__name__ == kind
    assert said in error.quoting
    assert isinstance(error, errors.APIStatusError)
    assert error.status == status


@pytest.mark.parametrize(
    ("server", "body"),
    [
        ("openrouter", {"error": {"code": 502, "message": "the model is down", "metadata": {"provider_name": "Acme"}}}),
        ("a string", {"error": "the model is down", "code": 502}),
        ("in a list", [{"error": {"code": 502, "message": "the model is down"}}]),
    ],
)
def test_errors_inside_a_200(server: str, body: Any) -> None:
    with pytest.raises(errors.InternalServerError, match="the model is down") as caught:
        wire.read_reply(json.dumps(body).encode())
    assert caught.value.retryable


FELL = {"message": "it fell over", "code": 502}


@pytest.mark.parametrize(
    ("server", "tail"),
    [
        ("vllm: then [DONE]", lines({"error": FELL}, DONE)),
        ("openai: and no [DONE]", lines({"error": FELL})),
        (
            "openrouter: in a chunk",
            lines({**delta("error", content=""), "error": {**FELL, "metadata": {"error_type": "x"}}}),
        ),
        (
            "lm studio: an event of its own",
            lines('event: error\ndata: {"error": {"message": "it fell over"}, "message": "x"}'),
        ),
        ("groq: in x_groq", lines({**delta(), "x_groq": {"error": "it fell over"}})),
        ("a string", lines({"error": "it fell over"})),
    ],
)
def test_errors_inside_a_stream(server: str, tail: bytes) -> None:
    error = streamed(lines(SAY) + tail)
    assert isinstance(error, errors.APIStatusError), error
    assert "it fell over" in error.message


def test_an_old_llama_cpp_has_a_field_for_errors() -> None:
    error = streamed(b'error: {"code": 500, "message": "it fell over", "type": "server_error"}\n\n')
    assert isinstance(error, errors.InternalServerError)


def test_blank_lines_before_an_answer() -> None:
    body = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]}
    assert wire.read_reply(b"\n\n\n" + json.dumps(body).encode()).text == "Hi"


# One's own provider, as a user adds it


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with Simulator() as one:
        yield one


def test_a_provider_of_ones_own_from_end_to_end(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_API_KEY", "sim-acme-0123456789abcdef")
    acme = ringup.Provider(
        name="acme",
        base_url=sim.openai_url,
        key_env=("ACME_API_KEY",),
        rules=Rules(max_tokens_field="max_completion_tokens", refuses=frozenset({"seed"})),
    )
    with ringup.Client("acme/gpt-4o-mini", provider=acme) as client:
        with pytest.warns(ringup.RingupWarning, match="seed"):
            reply = client.ask("What is the capital of France?", max_tokens=50, seed=1)
        assert (reply.provider, reply.wire, "Paris" in reply.text) == ("acme", "chat_completions", True)
        assert "Paris" in "".join(client.stream("What is the capital of France?"))
        chat = client.chat()
        chat.ask("My name is Ada.")
        assert "Ada" in chat.ask("What is my name?").text
    sent = sim.calls[0].request
    assert json.loads(sent.body) == {
        "model": "gpt-4o-mini",
        "messages": [{"role": "user", "content": "What is the capital of France?"}],
        "max_completion_tokens": 50,
    }

    async def twin() -> ringup.Reply:
        async with ringup.AsyncClient("gpt-4o-mini", provider=acme) as one:
            return await one.ask("Hello!")

    assert asyncio.run(twin()).provider == "acme"
    claude = ringup.Provider(name="mine", base_url=sim.anthropic_url, wire="anthropic_messages", key_header="x-api-key")
    with ringup.Client("claude-haiku-4-5", provider=claude, api_key=sim.anthropic_key) as client:
        assert client.ask("Hello!", max_tokens=50).wire == "anthropic_messages"


def test_a_new_file_is_a_new_provider(sim: Simulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    page = (Path(__file__).parents[1] / "docs" / "providers.md").read_text()
    code = page.partition("## Adding a provider")[2].partition("```python")[2].partition("```")[0]
    assert len(code.strip().splitlines()) <= 10
    (tmp_path / "acme.py").write_text(code.replace("https://api.acme.example/v1", sim.openai_url))
    monkeypatch.setattr(providers, "__path__", [*providers.__path__, str(tmp_path)])
    monkeypatch.setenv("ACME_API_KEY", "sim-acme-0123456789abcdef")
    for cached in (providers.names, providers.find, providers.of_model):
        cached.cache_clear()
    try:
        assert "acme" in providers.names()
        with ringup.Client("acme/gpt-4o-mini") as client:
            reply = client.ask([Message("user", (Text("What is the capital of France?"),))])
        assert (reply.provider, "Paris" in reply.text) == ("acme", True)
    finally:
        monkeypatch.undo()
        for cached in (providers.names, providers.find, providers.of_model):
            cached.cache_clear()
