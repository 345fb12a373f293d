"""Conversations that grow longer than their model can read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import ringup
from ringup import Message, ParameterError, Text, ToolCall, ToolResult, models
from ringup.messages import Image, Request, Role
from ringup.rules import Rules
from ringup.testing import Simulator
from ringup.window import Gauge, drop_oldest
from ringup.wire_tools import decode
from tests.samples import png
from tests.test_intake import settings

LONG = "word " * 900
"""Some 900 tokens. GPT-4 reads 8,192, and half of them are kept for its answer."""


@pytest.fixture(scope="module")
def server() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def client(server: Simulator) -> Iterator[ringup.Client]:
    server.reset()
    with ringup.Client("gpt-4", max_tokens=4096, **settings(server, "openai")) as made:
        yield made


def sent_last(server: Simulator, call: int = -1) -> list[dict[str, Any]]:
    """The messages of a call."""
    found: list[dict[str, Any]] = decode(server.calls[call].request.body)["messages"]
    return found


def notes(reply: Any) -> list[str]:
    return [notice.message for notice in reply.notices if notice.what == "history"]


@pytest.mark.parametrize(
    ("words", "error"), [("ab," * 9000, ringup.ContextLengthError), (LONG * 10, ringup.PromptTooLongError)]
)
def test_by_default_a_long_conversation_is_an_error(
    client: ringup.Client, words: str, error: type[ringup.RingupError]
) -> None:
    chat = client.chat()
    chat.add(Message("user", (Text(words),)), Message("assistant", (Text("Yes."),)))
    with pytest.raises(error):
        chat.ask("And now?")
    assert len(chat.messages) == 2


def test_the_oldest_turns_go_unsent(client: ringup.Client, tmp_path: Path) -> None:
    chat = client.chat(system="You are kind.", window="drop_oldest")
    replies = [chat.ask(f"Turn {number}. {LONG}") for number in range(7)]
    assert [bool(notes(reply)) for reply in replies] == [False] * 4 + [True] * 3
    assert "the oldest turn, of about 9" in notes(replies[4])[0]
    assert "the 3 oldest turns, of about 2," in notes(replies[6])[0]
    assert all((reply.usage.input_tokens or 0) < 4096 for reply in replies)
    assert len(chat.messages) == 14
    chat.save(tmp_path / "chat.json")
    loaded = client.load_chat(tmp_path / "chat.json", window="drop_oldest")
    assert loaded.messages == chat.messages
    assert notes(loaded.ask("And now?"))


def test_what_is_sent_begins_with_a_question(server: Simulator, client: ringup.Client) -> None:
    chat = client.chat(system="You are kind.", window="drop_oldest")
    for number in range(6):
        chat.ask(f"Turn {number}. {LONG}")
    sent = sent_last(server)
    assert [message["role"] for message in sent[:2]] == ["system", "user"]
    assert sent[1]["content"].startswith("Turn 2.")


def test_in_async_code(server: Simulator) -> None:
    async def main() -> list[str]:
        async with ringup.AsyncClient("gpt-4", max_tokens=4096, **settings(server, "openai")) as client:
            chat = client.chat(window="drop_oldest")
            for number in range(4):
                await chat.ask(f"Turn {number}. {LONG}")
            stream = chat.stream(f"Turn 4. {LONG}")
            async for _ in stream:
                pass
            return notes(stream.reply)

    assert asyncio.run(main())


def test_the_window_of_other_models_is_not_guessed(server: Simulator) -> None:
    with ringup.Client("sim/small", **(settings(server, "openai") | {"provider": "sim"})) as client:
        chat = client.chat(window="drop_oldest")
        for number in range(6):
            reply = chat.ask(f"Turn {number}. {LONG}")
        assert not notes(reply)


def summary(seen: list[int]) -> Any:
    def shorter(messages: list[Message]) -> str:
        seen.append(len(messages))
        return "Before this, we spoke of words."

    return shorter


def test_a_function_may_shorten_the_history(server: Simulator, client: ringup.Client) -> None:
    seen: list[int] = []
    chat = client.chat(window=summary(seen))
    for number in range(10):
        chat.ask(f"Turn {number}. {LONG}")
    assert seen == [8, 9]  # the second time it gets its own words, and what was said since
    assert len(chat.messages) == 20
    sent = sent_last(server, 4)
    assert [message["content"][:12] for message in sent] == ["Before this,", "Turn 4. word"]


def test_a_coroutine_function_too(server: Simulator) -> None:
    async def shorter(messages: list[Message]) -> list[Message]:
        await asyncio.sleep(0)
        return messages[-2:]

    async def main() -> tuple[int, int]:
        async with ringup.AsyncClient("gpt-4", max_tokens=4096, **settings(server, "openai")) as client:
            chat = client.chat(window=shorter)
            for number in range(4):
                await chat.ask(f"Turn {number}. {LONG}")
            stream = chat.stream(f"Turn 4. {LONG}")
            said = "".join([piece async for piece in stream])
            assert said == stream.reply.text
            return len(sent_last(server)), len(chat.messages)

    server.reset()
    assert asyncio.run(main()) == (3, 10)


def test_what_the_function_gives_may_be_a_message(client: ringup.Client) -> None:
    chat = client.chat(window=lambda _: Message("user", (Text("In short: words."),)))
    for number in range(5):
        chat.ask(f"Turn {number}. {LONG}")
    assert chat.sendable()[0].text == "In short: words."
    for _ in range(2):
        chat.undo()
    assert chat.sendable() == tuple(chat.messages)


def test_what_the_function_gives_may_be_wrong(client: ringup.Client) -> None:
    chat = client.chat(window=lambda _: 17)
    chat.add(Message("user", (Text(LONG * 5),)), Message("assistant", (Text("Yes."),)))
    with pytest.raises(ParameterError, match="the function of window= gave int"):
        chat.ask("And now?")
    assert len(chat.messages) == 2


def test_what_the_function_raises_is_raised(client: ringup.Client) -> None:
    def fails(_: list[Message]) -> list[Message]:
        raise LookupError("no summary")

    chat = client.chat(window=fails)
    chat.add(Message("user", (Text(LONG * 5),)), Message("assistant", (Text("Yes."),)))
    with pytest.raises(LookupError, match="no summary"):
        chat.ask("And now?")


def test_with_tools_the_loop_goes_on_after_a_summary(client: ringup.Client) -> None:
    def get_weather(city: str) -> str:
        """The weather in a city."""
        return f"sunny in {city}"

    chat = client.chat(window=lambda _: "We spoke of words.", tools=[get_weather])
    chat.add(Message("user", (Text(LONG * 5),)), Message("assistant", (Text("Yes."),)))
    reply = chat.ask("What is the weather in Oslo?")
    assert len(reply.steps) == 2
    assert [message.role for message in chat.messages[2:]] == ["user", "assistant", "tool", "assistant"]


def test_a_window_that_is_none() -> None:
    with pytest.raises(ParameterError, match="window='newest' isn't known"):
        ringup.Client("gpt-4").chat(window="newest")  # type: ignore[arg-type]


# By itself


def says(role: Role, text: str) -> Message:
    return Message(role, (Text(text),))


def gauge(window: int | None, **fields: Any) -> Gauge:
    request = Request(model="gpt-4", messages=(), max_tokens=100, **fields)
    return Gauge(request, "openai", Rules(context_window=window), {})


def test_calls_of_tools_stay_with_their_results() -> None:
    words = "word " * 100
    old = (
        says("user", words),
        Message("assistant", (ToolCall("c1", "now"),)),
        Message("tool", (ToolResult("c1", (Text(words),)),)),
        Message("user", (ToolResult("c2", (Text("late"),)),)),
        says("assistant", "Noon."),
    )
    new = (says("user", words), Message("assistant", (ToolCall("c3", "now"),)), Message("tool", (ToolResult("c3"),)))
    head = (says("system", "Be kind."), says("developer", "Be brief."))
    kept, told = drop_oldest((*head, *old, *new), gauge(330))
    assert kept == (*head, *new)
    assert told[0].kind == "dropped"
    assert drop_oldest((*head, *old, *new), gauge(1000)) == ((*head, *old, *new), ())


def test_the_last_turn_stays_whatever_it_is() -> None:
    messages = (says("user", "a"), says("assistant", "b"), says("user", "word " * 500))
    assert drop_oldest(messages, gauge(200))[0] == messages[2:]
    assert drop_oldest(messages[2:], gauge(200)) == (messages[2:], ())
    assert drop_oldest(messages, gauge(None)) == (messages, ())


def test_a_greeting_before_the_first_question_goes_first() -> None:
    messages = (says("assistant", "word " * 200), says("user", "a"), says("assistant", "b"), says("user", "c"))
    assert drop_oldest(messages, gauge(200))[0] == messages[1:]


def test_files_are_measured() -> None:
    message = Message("user", (Image(data=png(2048, 2048)),))
    assert not gauge(800).fits([message])
    assert gauge(3000).fits([message])


def test_nothing_is_counted_where_it_surely_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringup.window.estimate", None)
    assert gauge(128_000).fits([says("user", "word " * 1000)])
    assert gauge(None).fits([says("user", "word " * 100_000)])


def test_each_message_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    measured = gauge(100)
    message = says("user", "word " * 100)
    first = measured.size([message])
    monkeypatch.setattr("ringup.window.message_tokens", None)
    assert measured.size([message]) == first


def test_the_room_for_an_answer() -> None:
    rules = models.rules("openai", "gpt-4o")
    assert Gauge(Request(model="gpt-4o", messages=()), "openai", rules, {}).room == 128_000 - 16_384
    rules = Rules(context_window=4000)
    assert Gauge(Request(model="m", messages=()), "x", rules, {}).room == 2000
