"""The loop of tools on every wire, in sync and async code, whole and streamed."""

from __future__ import annotations

import asyncio
import contextvars
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pytest

import ringup
from ringup.events import ToolEnded, ToolStarted
from ringup.ledger import rows
from ringup.messages import Image, Message, Opaque, Text, Thinking, ToolCall, ToolResult
from tests.scripted import MODELS, Face, Make, calls, says

WAYS = list(product(MODELS, (True, False), (False, True)))
TWO = (calls("get_weather", "call_000001", city="Oslo"), calls("get_weather", "call_000002", city="Rome"))


def get_weather(city: str, unit: str = "C") -> str:
    """The weather in a city."""
    return f"sunny in {city}, 20 {unit}"


@pytest.fixture
def made() -> Iterator[list[Face]]:
    found: list[Face] = []
    yield found
    for one in found:
        one.close()


@pytest.fixture(
    params=WAYS, ids=lambda way: f"{way[0]}-{'sync' if way[1] else 'async'}-{'stream' if way[2] else 'whole'}"
)
def face(request: pytest.FixtureRequest, made: list[Face]) -> Make:
    def make(*answers: Any, **options: Any) -> Face:
        made.append(Face(*request.param, *answers, **options))
        return made[-1]

    return make


@pytest.fixture(params=[True, False], ids=["sync", "async"])
def two(request: pytest.FixtureRequest, made: list[Face]) -> Make:
    """On one wire, sync and async."""

    def make(*answers: Any, wire: str = "chat_completions", stream: bool = False, **options: Any) -> Face:
        made.append(Face(wire, request.param, stream, *answers, **options))
        return made[-1]

    return make


def results(message: Message) -> list[ToolResult]:
    return [part for part in message.parts if isinstance(part, ToolResult)]


def test_the_loop_runs_until_the_answer(face: Make) -> None:
    f = face(says("Let me look.", *TWO), says("Sunny in both."))
    chat = f.client.chat()
    reply = f.ask("Weather in Oslo and Rome?", on=chat, tools=[get_weather])
    assert (reply.text, reply.ended, len(reply.steps), len(reply.attempts)) == ("Sunny in both.", "answered", 2, 2)
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (20, 10)
    assert reply.cost is None or reply.cost == sum(step.cost for step in reply.steps)
    tool = f.requests[0].tools[0]
    assert isinstance(tool, ringup.Tool)
    assert (tool.name, tool.description) == ("get_weather", "The weather in a city.")
    sent = f.requests[1].messages
    assert sent[1].tool_calls == chat.messages[1].tool_calls or f.wire == "gemini"
    told = [result for message in sent for result in results(message)]
    assert [result.text for result in told] == ["sunny in Oslo, 20 C", "sunny in Rome, 20 C"]
    assert [message.role for message in chat.messages] == ["user", "assistant", "tool", "assistant"]
    f.transport.answers = [says("Bye.")]
    assert f.ask("Thanks", on=chat).text == "Bye."


def test_mistakes_are_told_to_the_model(face: Make) -> None:
    def divide(a: float, b: float) -> float:
        return a / b

    first = says(
        calls("divide", "call_000001", a=1, b=0),
        calls("divide", "call_000002", a=1),
        calls("multiply", "call_000003", a=1),
        calls("divide", "call_000004", a=4, b=2),
    )
    f = face(first, says("Done."))
    assert f.ask("Divide", tools=[divide]).text == "Done."
    told = [result for message in f.requests[1].messages for result in results(message)]
    assert [result.text for result in told] == [
        "ZeroDivisionError: float division by zero",
        "The arguments of divide don't fit: b is missing.",
        "There is no tool 'multiply'. The tools are: divide.",
        "2.0",
    ]
    if f.wire == "anthropic_messages":
        assert [result.is_error for result in told] == [True, True, True, False]


@pytest.mark.parametrize("text", ["", "null", "[1]", '{"city": ', "Oslo", '{"city": 3}', '{"city": "a"} {"city": "b"}'])
def test_malformed_arguments_are_told_to_the_model(two: Make, text: str) -> None:
    asked: list[ToolCall] = []
    f = two(says(ToolCall("call_000001", "get_weather", text)), says("Sorry."))
    reply = f.ask("Weather?", tools=[get_weather], approve=lambda call: asked.append(call) or True)
    assert reply.text == "Sorry."
    told = results(f.requests[1].messages[-1])[0].text
    assert "get_weather" in told
    assert len(asked) == (text in ("", '{"city": 3}'))


def chunks(*deltas: dict[str, Any], reason: str = "tool_calls") -> bytes:
    """A stream of Chat Completions, as servers that are compatible with it write it."""
    lines = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    lines.append({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
    base = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    body = b"".join([b"data: %s\n\n" % json.dumps({**base, **line}).encode() for line in lines])
    return body + b"data: [DONE]\n\n"


def part(arguments: Any, **fields: Any) -> dict[str, Any]:
    name = {"name": fields.pop("name")} if "name" in fields else {}
    return {"tool_calls": [{"type": "function", "function": {**name, "arguments": arguments}, **fields}]}


@pytest.mark.parametrize(
    "deltas",
    [
        [part('{"city": "Oslo"}', id="a", name="get_weather")],  # no index
        [part('{"city"', index=0, id="a", name="get_weather"), part(': "Oslo"}', index=0, id="a")],  # the id again
        [part({"city": "Oslo"}, index=0, id="a", name="get_weather")],  # an object
        [part('{"city": "Oslo"}', index=0, id="", name="get_weather")],  # no id
        [part("", index=0, id="a", name="get_weather"), part('{"city": "Oslo"}', index=0)],
    ],
)
def test_malformed_deltas(made: list[Face], deltas: list[dict[str, Any]]) -> None:
    f = Face(
        "chat_completions", True, True, chunks(*deltas), says("Sunny."), base_url="https://server.test/v1", model="m"
    )
    made.append(f)
    reply = f.ask("Weather in Oslo?", tools=[get_weather])
    assert reply.text == "Sunny."
    assert results(f.requests[1].messages[-1])[0].text == "sunny in Oslo, 20 C"


def test_a_new_id_at_the_same_index_is_a_new_call(made: list[Face]) -> None:
    deltas = [part(json.dumps({"city": city}), index=0, id=city, name="get_weather") for city in ("Oslo", "Rome")]
    f = Face(
        "chat_completions", True, True, chunks(*deltas), says("Sunny."), base_url="https://server.test/v1", model="m"
    )
    made.append(f)
    f.ask("Weather?", tools=[get_weather])
    told = [result.text for message in f.requests[1].messages for result in results(message)]
    assert told == ["sunny in Oslo, 20 C", "sunny in Rome, 20 C"]


def test_interleaved_deltas(made: list[Face]) -> None:
    deltas = [
        part('{"city"', index=0, id="a", name="get_weather"),
        part('{"city": "R', index=1, id="b", name="get_weather"),
        part(': "Oslo"}', index=0),
        part('ome"}', index=1),
    ]
    f = Face("chat_completions", True, True, chunks(*deltas), says("Sunny."))
    made.append(f)
    f.ask("Weather?", tools=[get_weather])
    told = [result.text for message in f.requests[1].messages for result in results(message)]
    assert told == ["sunny in Oslo, 20 C", "sunny in Rome, 20 C"]


# At once


def test_parallel_calls_run_at_once(two: Make) -> None:
    barrier = threading.Barrier(3, timeout=20)
    meet = asyncio.Event()
    waiting: list[str] = []

    def sync_tool(city: str) -> int:
        return barrier.wait()

    async def async_tool(city: str) -> str:
        waiting.append(city)
        if len(waiting) == 2:
            meet.set()
        await asyncio.wait_for(meet.wait(), 20)
        return city

    f = two(says(*[calls("tool", f"call_00000{at}", city="x") for at in range(3)]), says("Met."))
    sync_tool.__name__ = "tool"
    assert f.ask("Meet", tools=[sync_tool]).text == "Met."
    assert all(result.text in "012" for result in results(f.requests[1].messages[-1]))
    if not f.sync:
        async_tool.__name__ = "tool"
        f.transport.answers = [says(*[calls("tool", f"call_00000{at}", city="x") for at in range(2)]), says("Met.")]
        assert f.ask("Meet", tools=[async_tool]).text == "Met."


def test_a_coroutine_function_is_a_tool_in_both_worlds(two: Make) -> None:
    async def slow(city: str) -> str:
        await asyncio.sleep(0)
        return f"late in {city}"

    def hidden(city: str) -> Any:
        return slow(city)

    f = two(says(calls("slow", city="Oslo"), calls("hidden", "call_000002", city="Rome")), says("Done."))
    assert f.ask("Go", tools=[slow, hidden]).text == "Done."
    told = [result.text for message in f.requests[1].messages for result in results(message)]
    assert told == ["late in Oslo", "late in Rome"]


PLACE: contextvars.ContextVar[str] = contextvars.ContextVar("PLACE", default="nowhere")


def test_a_tool_sees_the_context_of_who_asked(two: Make) -> None:
    def where() -> str:
        return PLACE.get()

    async def where_too() -> str:
        return PLACE.get()

    f = two(says(calls("where"), calls("where_too", "call_000002")), says("Here."))
    token = PLACE.set("here")
    try:
        f.ask("Where?", tools=[where, where_too])
    finally:
        PLACE.reset(token)
    assert [result.text for message in f.requests[1].messages for result in results(message)] == ["here", "here"]


# How it ends


def test_max_steps(face: Make) -> None:
    f = face(*[says(calls("get_weather", f"call_00000{at}", city="Oslo")) for at in range(5)])
    chat = f.client.chat()
    reply = f.ask("Weather?", on=chat, tools=[get_weather], max_steps=3)
    assert (reply.ended, len(reply.steps), len(f.requests)) == ("max_steps", 3, 3)
    assert [message.role for message in chat.messages] == ["user", *["assistant", "tool"] * 3]
    f.transport.answers = [says("Enough.")]
    assert f.ask("Stop", on=chat).text == "Enough."


def test_the_deadline_holds_for_all(two: Make) -> None:
    release = threading.Event()

    def stuck() -> str:
        release.wait(20)
        return "late"

    def quick() -> str:
        return "quick"

    async def asleep() -> str:
        await asyncio.sleep(20)
        return "late"

    f = two(says(calls("stuck"), calls("quick", "call_000002"), calls("asleep", "call_000003")), says("Bye."))
    chat = f.client.chat()
    begun = time.monotonic()
    reply = f.ask("Go", on=chat, tools=[stuck, quick, asleep], timeout=0.5)
    release.set()
    assert time.monotonic() - begun < 15
    assert reply.ended == "timeout"
    told = [result.text for message in chat.messages for result in results(message)]
    assert told == ["It wasn't done in time.", "quick", "It wasn't done in time."]
    assert f.ask("Well?", on=chat).text == "Bye."


def test_each_call_gets_what_is_left_of_the_time(two: Make) -> None:
    def wait() -> str:
        time.sleep(0.2)
        return "x"

    f = two(says(calls("wait")), says("Done."))
    f.ask("Go", tools=[wait], timeout=30)
    if f.sync:
        first, second = f.transport.timeouts
        assert first is not None
        assert second is not None
        assert second <= first - 0.2


def test_a_demand_holds_for_the_first_call(face: Make) -> None:
    f = face(says(calls("get_weather", city="Oslo")), says("Sunny."))
    f.ask("Weather?", tools=[get_weather], tool_choice=get_weather)
    first, second = [getattr(request.tool_choice, "mode", None) for request in f.requests]
    assert first in ("tool", "required")
    assert second in (None, "auto")
    assert all(request.tools for request in f.requests)


@pytest.mark.parametrize("choice", ["auto", "none", "required", "get_weather"])
def test_tool_choice_in_words(two: Make, choice: str) -> None:
    f = two(says("Hi."))
    f.ask("Weather?", tools=[get_weather], tool_choice=choice)
    found = f.requests[0].tool_choice
    assert isinstance(found, ringup.ToolChoice)
    assert (found.name or found.mode) == choice


def test_a_wrong_tool_choice_is_refused(two: Make) -> None:
    f = two()
    with pytest.raises(ringup.ParameterError, match="'auto', 'none', 'required', 'get_weather'"):
        f.ask("Weather?", tools=[get_weather], tool_choice="weather")


def test_tools_for_ones_own_loop_are_handed_over(face: Make) -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    f = face(says(calls("lookup", city="Oslo")), says("Sunny."))
    chat = f.client.chat(tools=[{"name": "lookup", "description": "d", "parameters": schema}, get_weather])
    reply = f.ask("Weather?", on=chat)
    assert (reply.ended, reply.tool_calls[0].arguments) == ("tool_calls", {"city": "Oslo"})
    with pytest.raises(ringup.ConfigurationError, match="waits for the results of lookup"):
        f.ask("Hello?", on=chat)
    reply = f.ask([ToolResult(reply.tool_calls[0].id, (Text("20 C"),))], on=chat)
    assert reply.text == "Sunny."
    assert [message.role for message in chat.messages][:2] == ["user", "assistant"]


def test_an_error_of_a_tool_is_raised_if_asked(two: Make) -> None:
    class Mine(Exception):
        pass

    def broken() -> str:
        raise Mine("mine")

    f = two(says(calls("broken")))
    chat = f.client.chat()
    with pytest.raises(Mine, match="mine"):
        f.ask("Go", on=chat, tools=[broken], raise_tool_errors=True)
    assert chat.messages == []


def test_a_refused_turn_runs_nothing(two: Make) -> None:
    ran: list[str] = []
    f = two(says("No.", calls("delete"), reason="content_filter"))

    def delete() -> None:
        ran.append("x")

    chat = f.client.chat()
    reply = f.ask("Go", on=chat, tools=[delete])
    assert (reply.finish_reason, ran) == ("content_filter", [])
    assert chat.messages[-1].tool_calls == ()


# Approval


def approver(verdict: Any, sync: bool) -> Any:
    seen: list[ToolCall] = []

    def decide(call: ToolCall) -> Any:
        seen.append(call)
        return verdict(call) if callable(verdict) else verdict

    async def decide_later(call: ToolCall) -> Any:
        await asyncio.sleep(0)
        return decide(call)

    chosen: Any = decide if sync else decide_later
    chosen.seen = seen
    return chosen


@pytest.mark.parametrize("plain", [True, False], ids=["function", "coroutine"])
@pytest.mark.parametrize(
    ("verdict", "told"),
    [
        (True, "sunny in Oslo, 20 C"),
        (False, "The user didn't allow this call."),
        ("Not today.", "Not today."),
        ({"city": "Bergen"}, "sunny in Bergen, 20 C"),
        (
            {"town": "Bergen"},
            "The arguments of get_weather don't fit: city is missing; town isn't one of its parameters.",
        ),
    ],
)
def test_approve_sees_each_call_first(two: Make, verdict: Any, told: str, plain: bool) -> None:
    f = two(says(calls("get_weather", city="Oslo")), says("Done."))
    approve = approver(verdict, plain)
    f.ask("Weather?", tools=[get_weather], approve=approve)
    assert [call.arguments for call in approve.seen] == [{"city": "Oslo"}]
    assert results(f.requests[1].messages[-1])[0].text == told
    assert f.requests[1].messages[1].tool_calls[0].arguments == {"city": "Oslo"}


@pytest.mark.parametrize("plain", [True, False], ids=["function", "coroutine"])
def test_what_approve_raises_is_raised(two: Make, plain: bool) -> None:
    def refuse(call: ToolCall) -> Any:
        raise PermissionError("no")

    f = two(says(calls("get_weather", city="Oslo")))
    with pytest.raises(PermissionError, match="no"):
        f.ask("Weather?", tools=[get_weather], approve=approver(refuse, plain))


def test_approve_must_say_something(two: Make) -> None:
    f = two(says(calls("get_weather", city="Oslo")))
    with pytest.raises(ringup.ParameterError, match="approve gave None"):
        f.ask("Weather?", tools=[get_weather], approve=lambda call: None)
    with pytest.raises(ringup.ParameterError, match="approve"):
        f.ask("Weather?", tools=[get_weather], approve=True)


def test_pause_save_load_and_resume(face: Make, made: list[Face], tmp_path: Path) -> None:
    ran: list[str] = []

    def pay(amount: int) -> str:
        ran.append(f"pay {amount}")
        return "paid"

    f = face(says("I'd pay.", calls("pay", "call_000001", amount=3), calls("pay", "call_000002", amount=4)))
    chat = f.client.chat(system="Pay.", tools=[pay], approve=lambda call: call.arguments["amount"] == 3 or ringup.PAUSE)
    reply = f.ask("Pay 3 and 4", on=chat)
    assert (reply.ended, ran) == ("paused", [])
    assert [message.role for message in chat.messages] == ["user", "assistant"]
    chat.save(tmp_path / "chat.json")

    other = Face(f.wire, f.sync, False, says("Paid."))
    made.append(other)
    with pytest.warns(ringup.RingupWarning, match=r"give them again, load_chat\(path, tools=..., approve=...\)"):
        other.client.load_chat(tmp_path / "chat.json")
    loaded = other.client.load_chat(tmp_path / "chat.json", tools=[pay], approve=lambda call: True)
    assert loaded.params["system"] == "Pay."
    reply = other.wait(loaded.resume())
    assert (reply.text, reply.ended, ran) == ("Paid.", "answered", ["pay 3", "pay 4"]) or sorted(ran) == [
        "pay 3",
        "pay 4",
    ]
    assert [message.role for message in loaded.messages] == ["user", "assistant", "tool", "assistant"]
    with pytest.raises(ringup.ConfigurationError, match="nothing to resume"):
        other.wait(loaded.resume())


def test_pausing_twice_changes_nothing_and_a_type_can_be_resumed(two: Make) -> None:
    f = two(says(calls("get_weather", city="Oslo")), says('{"value": 3}'))
    verdicts: list[Any] = [ringup.PAUSE, ringup.PAUSE, True]
    chat = f.client.chat(tools=[get_weather], approve=lambda call: verdicts.pop(0), tool_choice="required")
    assert f.ask("Weather?", on=chat, output=int).ended == "paused"
    assert f.wait(chat.resume()).ended == "paused"
    assert len(chat.messages) == 2
    assert f.wait(chat.resume(output=int)).output == 3
    assert getattr(f.requests[1].tool_choice, "mode", None) is None
    assert len(chat.messages) == 4


def test_data_among_the_params_is_saved(two: Make, tmp_path: Path) -> None:
    f = two(says("Hi."), says("Hi."))
    tool = ringup.Tool("x", "d", {"type": "object", "properties": {}})
    chat = f.client.chat(tools=[tool], tool_choice=ringup.ToolChoice("none"), max_tokens=9)
    f.ask("Hi", on=chat)
    chat.save(tmp_path / "chat.json")
    again = f.client.load_chat(tmp_path / "chat.json")
    f.ask("Hi", on=again)
    assert f.requests[1].tools == f.requests[0].tools
    assert f.requests[1].tool_choice == f.requests[0].tool_choice
    assert f.requests[1].max_tokens == 9


# What is kept, and what is told


def test_reasoning_and_signatures_are_kept_through_the_loop(face: Make) -> None:
    thoughts = {
        "chat_completions": (),
        "responses": (Thinking("Hm.", extra={"responses": {"id": "rs_1", "encrypted_content": "sealed"}}),),
        "anthropic_messages": (Thinking("Hm.", "c2lnbmVk"), Thinking("", "c2VhbGVk", redacted=True)),
        "gemini": (),
    }
    f = face(says(calls("get_weather", city="Oslo")), says("Sunny."))
    call = calls("get_weather", city="Oslo")
    if f.wire == "gemini":
        call = ToolCall(call.id, call.name, call.json, extra={"gemini": {"thoughtSignature": "c2lnbmVk"}})
    f.transport.answers[0] = says(*thoughts[f.wire], call)
    chat = f.client.chat()
    f.ask("Weather?", on=chat, tools=[get_weather])
    body = f.transport.bodies[1].decode()
    for word in {"responses": ["sealed"], "anthropic_messages": ["c2lnbmVk", "c2VhbGVk"], "gemini": ["c2lnbmVk"]}.get(
        f.wire, []
    ):
        assert word in body
    f.transport.answers = [says("Bye.")]
    f.ask("Thanks", on=chat, tools=[get_weather])
    assert body[body.index("Weather?") : body.index("sunny in Oslo")] in f.transport.bodies[2].decode()


def test_events_of_tools(two: Make) -> None:
    f = two(says(*TWO, calls("gone", "call_000003")), says("Sunny."), stream=True)
    stream = f.client.stream("Weather?", tools=[get_weather])
    events = f.drain(stream.events())
    started = [event.call.arguments["city"] for event in events if isinstance(event, ToolStarted)]
    ended = {event.call.id: event.result.text for event in events if isinstance(event, ToolEnded)}
    assert started == ["Oslo", "Rome"]
    assert ended["call_000001"] == "sunny in Oslo, 20 C"
    assert "no tool 'gone'" in ended["call_000003"]
    kinds = [type(event).__name__ for event in events]
    assert kinds.count("Start") == kinds.count("Finish") == 2
    assert kinds.index("Finish") < kinds.index("ToolStarted") < len(kinds) - kinds[::-1].index("Start")
    assert stream.reply.text == "Sunny."


def test_iterating_gives_the_words_of_all_calls(two: Make) -> None:
    f = two(says("Let me see. ", calls("get_weather", city="Oslo")), says("Sunny."), stream=True)
    stream = f.client.stream("Weather?", tools=[get_weather])
    assert "".join(f.drain(stream)) == "Let me see. Sunny."


DOT = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0:~\x9bU"


@pytest.mark.parametrize("wire", MODELS)
def test_a_tool_may_give_an_image(made: list[Face], wire: str) -> None:
    def draw() -> list[Any]:
        return ["A dot:", Image(data=DOT, media_type="image/png")]

    f = Face(wire, True, False, says(calls("draw")), says("Nice."))
    made.append(f)
    assert f.ask("Draw", tools=[draw]).text == "Nice."
    sent = f.transport.bodies[1].decode()
    assert "A dot:" in sent
    assert "iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB" in sent


def test_the_ledger_has_each_call(two: Make, tmp_path: Path) -> None:
    f = two(says(calls("get_weather", city="Oslo")), says("Sunny."), ledger=tmp_path / "calls.db")
    f.ask("Weather?", tools=[get_weather])
    f.wait(f.client.close())
    found = list(rows(tmp_path / "calls.db"))
    assert sorted(row["finish_reason"] for row in found) == ["stop", "tool_calls"]


def test_thirty_turns_keep_their_prefix(two: Make) -> None:
    f = two(wire="anthropic_messages")
    chat = f.client.chat(system="Be brief.", tools=[get_weather])
    for turn in range(30):
        thought = Thinking(f"Hm {turn}", "c2lnbmVk")
        f.transport.answers += [
            says(thought, calls("get_weather", f"call_{turn:06}", city="Oslo")),
            says(f"Sunny {turn}."),
        ]
        assert f.ask(f"Weather {turn}?", on=chat).text == f"Sunny {turn}."
    assert len(chat.messages) == 120
    for before, after in zip(f.requests, f.requests[1:], strict=False):
        assert after.messages[: len(before.messages)] == before.messages
    bodies = [json.loads(body)["messages"] for body in f.transport.bodies]
    assert all(later[: len(earlier)] == earlier for earlier, later in pairwise(bodies))


def test_opaque_blocks_are_kept(two: Make) -> None:
    block = Opaque("anthropic_messages", {"type": "server_tool_use", "id": "srv_1", "name": "web_search", "input": {}})
    f = two(says(block, calls("get_weather", city="Oslo")), says("Sunny."), wire="anthropic_messages")
    f.ask("Weather?", tools=[get_weather])
    assert block in f.requests[1].messages[1].parts


# Leaving


def test_cancelling_stops_the_tools(made: list[Face]) -> None:
    ended: list[str] = []
    begun = asyncio.Event()

    async def slow() -> str:
        try:
            begun.set()
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise
        return "x"

    f = Face("chat_completions", False, False, says(calls("slow")))
    made.append(f)
    chat = f.client.chat()

    async def run() -> None:
        task = asyncio.create_task(chat.ask("Go", tools=[slow]))
        await asyncio.wait_for(begun.wait(), 20)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    f.loop.run_until_complete(run())
    assert ended == ["cancelled"]
    assert chat.messages == []
    assert f.loop.run_until_complete(_others()) == set()


async def _others() -> set[Any]:
    return asyncio.all_tasks() - {asyncio.current_task()}


def test_leaving_a_stream_early_stops_the_tools(made: list[Face]) -> None:
    ended: list[str] = []

    async def slow() -> str:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("over")
        return "x"

    f = Face("chat_completions", False, True, says("Wait.", calls("slow")))
    made.append(f)

    async def run() -> None:
        async with f.client.stream("Go", tools=[slow]) as stream:
            async for event in stream.events():
                if isinstance(event, ToolStarted):
                    break
        with pytest.raises(ringup.ConfigurationError, match="left early"):
            _ = stream.reply

    f.loop.run_until_complete(run())
    assert f.loop.run_until_complete(_others()) == set()


PROGRAM = """
import sys, time, threading
sys.path.insert(0, {root!r})
from tests.scripted import Face, calls, says

def stuck():
    print("begun", flush=True)
    time.sleep(60)

face = Face("chat_completions", {sync}, False, says(calls("stuck")))
try:
    face.ask("Go", tools=[stuck])
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.parametrize("sync", [True, False], ids=["sync", "async"])
def test_ctrl_c_ends_a_program_while_a_tool_runs(sync: bool) -> None:
    code = PROGRAM.format(root=str(Path(__file__).parents[1]), sync=sync)
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "begun\n"
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=30)
    assert time.monotonic() - begun < 20
    assert "interrupted" in rest


def test_a_stuck_tool_keeps_no_event_loop_from_ending(made: list[Face]) -> None:
    release = threading.Event()

    def stuck() -> None:
        release.wait(60)

    async def run() -> Any:
        async with ringup.AsyncClient("gpt-4o-mini", api_key="sk-0123456789abcdef", transport=f.transport) as client:
            return await client.ask("Go", tools=[stuck], timeout=0.3)

    f = Face("chat_completions", False, False, says(calls("stuck")))
    made.append(f)
    begun = time.monotonic()
    assert asyncio.run(run()).ended == "timeout"
    assert time.monotonic() - begun < 20
    release.set()


def test_the_parameters_of_a_loop_are_checked(two: Make) -> None:
    f = two()
    for wrong in ({"max_steps": 0}, {"max_steps": "3"}, {"repair": -1}, {"parallel_tool_calls": "no"}, {"approve": 3}):
        with pytest.raises(ringup.ParameterError, match=next(iter(wrong))):
            f.ask("Hi", tools=[get_weather], **wrong)
    assert f.requests == []
