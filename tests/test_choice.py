"""Which of OpenAI's two APIs a call goes to: decided by model and request, said in the Reply, overruled by `wire=`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

import ringup
from ringup import models
from ringup.choice import in_common_words, why_responses
from ringup.messages import Message, Opaque, OutputSchema, Reasoning, Request, Text, Thinking, Tool, ToolChoice
from ringup.plan import Planner
from ringup.secret import Secret
from ringup.testing import Simulator
from tests.test_client import CANARY

HELLO = Message("user", (Text("Hello!"),))
TOOL = Tool("get_weather", "The weather of a city.", {"type": "object", "properties": {"city": {"type": "string"}}})
NESTED = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
FLAT = {"type": "function", **NESTED["function"]}  # type: ignore[dict-item]
SEALED = Thinking("", "gAAAA", extra={"responses": {"field": "summary", "id": "rs_1"}})


def why(model: str, *messages: Message, **fields: Any) -> str:
    return why_responses(Request(model=model, messages=messages or (HELLO,), **fields), models.rules("openai", model))


@pytest.mark.parametrize(
    ("model", "effort", "tools", "responses"),
    [
        ("gpt-4o", None, True, False),
        ("o3", "high", True, False),
        ("gpt-5", "high", True, False),
        ("gpt-5.4", "high", True, True),
        ("gpt-5.4", "high", False, False),
        ("gpt-5.4", None, True, False),  # its default is "none"
        ("gpt-5.4-mini-2026-03-17", "low", True, True),
        ("gpt-5.6", None, True, True),
        ("gpt-5.6", "none", True, False),
        ("gpt-5.6", "low", True, True),
        ("gpt-5.6", "low", False, False),
        ("gpt-6-sol", "low", True, True),
        ("gpt-7", "low", True, True),
        ("gpt-5.1-chat-latest", None, True, False),
        ("ft:gpt-4o-mini-2024-07-18:acme::1", None, True, False),
    ],
)
def test_tools_beside_thinking(model: str, effort: str | None, tools: bool, responses: bool) -> None:
    reasoning = Reasoning(effort=effort) if effort else None
    said = why(model, reasoning=reasoning, tools=(TOOL,) if tools else ())
    assert ("no tools on Chat Completions" in said) is responses
    extra: dict[str, Any] = {"tools": [NESTED]} if tools else {}
    extra |= {"reasoning_effort": effort} if effort else {}
    assert bool(why(model, extra=extra)) is responses


@pytest.mark.parametrize("model", ["o1-pro", "o3-pro-2025-06-10", "gpt-5-pro", "gpt-5.4-pro", "gpt-5-codex",
                                   "gpt-5.1-codex-mini", "codex-mini-latest", "o3-deep-research",
                                   "computer-use-preview"])  # fmt: skip
def test_models_that_are_on_no_other_api(model: str) -> None:
    assert "answers on no other" in why(model)
    assert models.rules("openai", model).source.startswith("404")


@pytest.mark.parametrize(
    ("model", "cache", "mark", "wire"),
    [
        ("gpt-5.6", "12h", None, "responses"),
        ("gpt-5.6", "24h", None, "responses"),  # 12 hours are the nearest
        ("gpt-5.6", "30m", None, "chat_completions"),
        ("gpt-5.6", True, None, "chat_completions"),
        ("gpt-5.6", False, "12h", "responses"),
        ("gpt-5.6", False, "1h", "chat_completions"),
        ("gpt-5.4", "12h", "12h", "chat_completions"),  # which has no such cache
    ],
)
def test_what_is_kept_for_long_goes_where_that_has_a_price(
    model: str, cache: str | bool, mark: str | None, wire: str
) -> None:
    planner = Planner(None, None, Secret("k-0123456789abcdef0123"), {"model": model})
    asked = Message("user", (ringup.cached("Hello!", mark) if mark else Text("Hello!"),))
    plan = planner.plan((asked,), {"cache": cache}, False)
    told = ["12 hours" in notice.message for notice in plan.notices if notice.what == "wire"]
    assert (plan.wire.NAME, told) == (wire, [True] * (wire == "responses"))
    kept = planner.plan((asked,), {"cache": cache, "wire": "chat_completions"}, False)
    assert (kept.wire.NAME, [notice for notice in kept.notices if notice.what == "wire"]) == ("chat_completions", [])


@pytest.mark.parametrize(
    ("extra", "responses"),
    [
        ({"previous_response_id": "resp_1"}, True),
        ({"reasoning": {"effort": "low"}}, True),
        ({"tools": [{"type": "web_search"}]}, True),
        ({"tools": [FLAT]}, True),
        ({"tools": [NESTED]}, False),
        ({"tools": [{"type": "custom", "custom": {"name": "sql"}}]}, False),
        ({"tools": "nonsense"}, False),
        ({"frequency_penalty": 1, "response_format": {"type": "json_object"}}, False),
        ({}, False),
    ],
)
def test_fields_of_the_body_tell_the_api_that_they_are_for(extra: dict[str, Any], responses: bool) -> None:
    assert bool(why("gpt-4o", extra=extra)) is responses


def test_a_history_goes_where_it_is_taken_back() -> None:
    turn = (HELLO, Message("assistant", (SEALED, Text("Hi."))), HELLO)
    assert "takes back" in why("gpt-5.6", *turn)
    assert why("gpt-4o", *turn) == ""  # which doesn't think, and takes no reasoning anywhere
    searched = Message("assistant", (Opaque("responses", {"type": "web_search_call", "id": "ws_1"}),))
    assert "takes back" in why("gpt-4o", HELLO, searched, HELLO)
    assert why("gpt-5.6", HELLO, Message("assistant", (Thinking("hm", "sig"), Text("Hi."))), HELLO) == ""
    assert "address" in why("gpt-4o", Message("user", (ringup.Document(url="https://x.example/a.pdf"),)))


def test_fields_in_the_words_of_chat_completions_are_said_in_those_of_responses() -> None:
    schema = {"type": "object"}
    request = Request(
        model="gpt-5.6",
        messages=(HELLO,),
        extra={
            "tools": [NESTED],
            "tool_choice": {"type": "function", "function": {"name": "get_weather"}},
            "reasoning_effort": "low",
            "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}},
            "max_completion_tokens": 99,
            "verbosity": "low",
            "service_tier": "flex",
        },
    )
    same = in_common_words(request)
    assert [tool.name for tool in same.tools if isinstance(tool, Tool)] == ["get_weather"]
    assert same.tool_choice == ToolChoice("tool", "get_weather")
    assert same.reasoning == Reasoning(effort="low")
    assert same.output_schema == OutputSchema(schema, "a")
    assert same.max_tokens == 99
    assert same.extra == {"service_tier": "flex", "text": {"verbosity": "low"}}


def test_fields_that_can_not_be_read_stay_as_they_are() -> None:
    for extra in ({"tools": [FLAT]}, {"tools": [NESTED], "reasoning_effort": 5}, {"tools": [{"function": {}}]}):
        request = Request(model="gpt-5.6", messages=(HELLO,), extra=extra)
        assert in_common_words(request) == request
    both = Request(model="gpt-5.6", messages=(HELLO,), tools=(TOOL,), extra={"tools": [NESTED]})
    assert in_common_words(both).extra == both.extra  # for the check that says the two are the same thing


# Where it is chosen: at OpenAI's own API only


def wire_of(model: str = "gpt-5.6", call: str | None = None, **options: Any) -> tuple[str, list[str]]:
    """The wire that a call with a tool goes over, and the notices on that."""
    given = {name: options.pop(name) for name in ("provider", "base_url") if name in options}
    planner = Planner(
        given.get("provider"), given.get("base_url"), Secret("k-0123456789abcdef0123"), {"model": model, **options}
    )  # type: ignore[typeddict-item]
    params: Any = {"extra": {"tools": [NESTED], "reasoning_effort": "high"}, **({"wire": call} if call else {})}
    plan = planner.plan((HELLO,), params, False)
    return plan.wire.NAME, [notice.message for notice in plan.notices if notice.what == "wire"]


def test_openais_api_wherever_it_is_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    wire, [said] = wire_of()
    assert wire == "responses"
    assert said == (
        "the call went over OpenAI's Responses API, because gpt-5.6 takes no tools on Chat Completions while it thinks"
    )
    assert wire_of(provider="openai", base_url="https://proxy.example/v1")[0] == "responses"  # said to be OpenAI's
    assert wire_of(base_url="https://proxy.example/v1") == ("chat_completions", [])
    assert wire_of("openrouter/gpt-5.6") == ("chat_completions", [])
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "https://acme.openai.azure.com")
    assert wire_of("azure/gpt-5.6")[0] == "responses"
    for address in ("https://eu.api.openai.com/v1", "https://proxy.example/v1"):
        monkeypatch.setenv("OPENAI_BASE_URL", address)
        assert wire_of()[0] == "responses"


def test_a_wire_that_was_asked_for_is_taken() -> None:
    assert wire_of(wire="chat_completions") == ("chat_completions", [])
    assert wire_of(call="chat_completions") == ("chat_completions", [])
    assert wire_of("gpt-4o", wire="responses") == ("responses", [])
    assert wire_of("gpt-4o", wire="responses", call="chat_completions") == ("chat_completions", [])
    with pytest.raises(ringup.ParameterError, match="telex"):
        wire_of(call="telex")
    with pytest.raises(ringup.ParameterError, match="telex"):
        ringup.Client("gpt-4o", wire="telex")


def test_a_clients_wire_is_for_its_own_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-0123456789abcdef")
    planner = Planner(None, None, None, {"model": "openai/gpt-4o", "wire": "responses"})
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    assert planner.plan((HELLO,), {}, False).wire.NAME == "responses"
    assert planner.plan((HELLO,), {"model": "claude-haiku-4-5"}, False).wire.NAME == "anthropic_messages"


# From end to end, through the simulator


class Faces:
    """A client of either kind, with plain calls."""

    def __init__(self, sim: Simulator, kind: str, model: str, **options: Any) -> None:
        self.sync, self.loop = kind == "sync", asyncio.new_event_loop()
        make: Any = ringup.Client if self.sync else ringup.AsyncClient
        given = {"provider": "openai", "base_url": sim.openai_url, "api_key": sim.openai_key}
        self.client = make(model, **{**given, **options})

    def wait(self, value: Any) -> Any:
        return value if self.sync else self.loop.run_until_complete(value)

    def ask(self, prompt: Any, on: Any = None, **params: Any) -> ringup.Reply:
        reply: ringup.Reply = self.wait((on or self.client).ask(prompt, **params))
        return reply

    def stream(self, prompt: Any, on: Any = None, **params: Any) -> ringup.Reply:
        stream = (on or self.client).stream(prompt, **params)

        async def read() -> None:
            async for _ in stream:
                pass

        if self.sync:
            list(stream)
        else:
            self.wait(read())
        reply: ringup.Reply = stream.reply
        return reply

    def close(self) -> None:
        self.wait(self.client.close())
        self.loop.close()


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with Simulator() as one:
        yield one


@pytest.fixture(params=["sync", "async"])
def faces(sim: Simulator, request: pytest.FixtureRequest) -> Iterator[Any]:
    made: list[Faces] = []

    def make(model: str, **options: Any) -> Faces:
        made.append(Faces(sim, request.param, model, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


TOOLS = {"tools": [NESTED], "reasoning_effort": "high"}


def test_ask_and_stream_go_over_responses_and_say_so(faces: Any, sim: Simulator) -> None:
    f = faces("gpt-5.6")
    for call in (f.ask, f.stream):
        reply = call("What is the weather in Oslo?", extra=TOOLS)
        assert reply.wire == "responses"
        assert sim.calls[-1].request.path == "/v1/responses"
        assert [notice.what for notice in reply.notices] == ["wire"]
        assert reply.finish_reason == "tool_calls"
        assert [tool.name for tool in reply.tool_calls] == ["get_weather"]
        reply = call("Hello!")
        assert (reply.wire, sim.calls[-1].request.path, reply.notices) == (
            "chat_completions",
            "/v1/chat/completions",
            (),
        )
        reply = call("Hello!", wire="responses")
        assert (reply.wire, reply.notices) == ("responses", ())


@pytest.mark.parametrize("way", ["ask", "stream"])
def test_a_chat_keeps_its_reasoning_from_turn_to_turn(faces: Any, sim: Simulator, way: str) -> None:
    f = faces("gpt-5.6")
    chat = f.client.chat()
    call = getattr(f, way)
    assert call("Hello!", on=chat).wire == "chat_completions"
    first = call("What is the weather in Oslo?", on=chat, extra=TOOLS)
    assert first.wire == "responses"
    sealed = [part for part in first.message.parts if type(part) is Thinking]
    assert sealed
    assert all(part.signature for part in sealed)
    answer = Message("tool", (ringup.ToolResult(first.tool_calls[0].id, (Text("15 degrees"),)),))
    second = call([answer], on=chat, extra=TOOLS)
    assert second.wire == "responses"
    third = call("Thanks! Was it warm?", on=chat)  # no tools any more, and yet no reasoning is lost
    assert third.wire == "responses"
    assert "takes back" in third.notices[0].message
    body = json.loads(sim.calls[-1].request.body)
    assert body["store"] is False
    items = [item for item in body["input"] if item.get("type") == "reasoning"]
    assert [item["encrypted_content"] for item in items][: len(sealed)] == [part.signature for part in sealed]
    assert not [notice for notice in third.notices if notice.kind == "dropped"]


def test_a_chat_on_one_wire_by_request_loses_reasoning_with_a_notice(faces: Any) -> None:
    f = faces("gpt-5.6")
    chat = f.client.chat()
    f.ask("What is the weather in Oslo?", on=chat, extra=TOOLS)
    call = chat.messages[-1].tool_calls[0]
    with pytest.warns(ringup.RingupWarning, match="reasoning"):
        reply = f.ask([Message("tool", (ringup.ToolResult(call.id, (Text("15"),)),))], on=chat, wire="chat_completions")
    assert reply.wire == "chat_completions"
    assert [notice.what for notice in reply.notices] == ["thinking"]


def test_a_chats_own_wire_lasts(faces: Any) -> None:
    f = faces("gpt-4o-mini")
    chat = f.client.chat(wire="responses")
    assert [f.ask("Hello!", on=chat).wire, f.stream("Again!", on=chat).wire] == ["responses"] * 2


# A chat that moves between vendors


@pytest.fixture
def vendors(sim: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "OPENAI_BASE_URL": sim.openai_url, "OPENAI_API_KEY": sim.openai_key,
        "ANTHROPIC_BASE_URL": sim.anthropic_url, "ANTHROPIC_API_KEY": sim.anthropic_key,
        "GOOGLE_GEMINI_BASE_URL": sim.gemini_url, "GOOGLE_API_KEY": sim.gemini_key,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)


ROUND = [
    ({"model": "claude-haiku-4-5"}, "anthropic_messages"),
    ({"model": "gpt-5.6", "wire": "responses"}, "responses"),
    ({"model": "gemini-3-flash-preview"}, "gemini"),
    ({"model": "gpt-4o-mini"}, "chat_completions"),
    ({"model": "claude-haiku-4-5"}, "anthropic_messages"),
]


@pytest.mark.usefixtures("vendors")
@pytest.mark.filterwarnings("ignore::ringup.RingupWarning")
@pytest.mark.parametrize("way", ["ask", "stream"])
def test_a_chat_moves_from_vendor_to_vendor(faces: Any, way: str) -> None:
    f = faces(None, provider=None, base_url=None, api_key=None, max_tokens=500)
    chat = f.client.chat()
    getattr(f, way)("My name is Ada.", on=chat, model="gpt-4o-mini")
    for params, wire in ROUND:
        reply = getattr(f, way)("What is my name?", on=chat, **params)
        assert reply.wire == wire
        assert "Ada" in reply.text
    assert len(chat.messages) == 12


@pytest.mark.usefixtures("vendors")
@pytest.mark.filterwarnings("ignore::ringup.RingupWarning")
def test_calls_of_tools_are_answered_on_every_vendor(faces: Any) -> None:
    f = faces(None, provider=None, base_url=None, api_key=None, max_tokens=500)
    for params, _ in ROUND:
        chat = f.client.chat()
        asked = f.ask("What is the weather in Oslo?", on=chat, model="gpt-4o-mini", extra={"tools": [NESTED]})
        result = Message("tool", (ringup.ToolResult(asked.tool_calls[0].id, (Text('{"degrees": 15}'),)),))
        reply = f.ask([result], on=chat, **params)
        assert "15" in reply.text
