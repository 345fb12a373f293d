"""Counts of tokens: the provider's own, and estimates that say what they are."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import ringup
from ringup import (
    Count,
    Document,
    Image,
    Message,
    MissingExtraError,
    Opaque,
    Text,
    ToolResult,
    models,
    vocabulary,
    wires,
)
from ringup.counting import counts, error_of, estimate
from ringup.errors import ProtocolError
from ringup.http import HttpRequest
from ringup.media_tokens import audio_tokens, document_tokens, image_tokens
from ringup.messages import Audio, Request, Tool
from ringup.testing import Simulator
from ringup.tokens import Tokenizer
from ringup.wire_tools import decode
from tests.samples import mp3, pdf, png, wav
from tests.test_intake import IDS, WIRES, settings


@pytest.fixture(scope="module")
def server() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"sunny in {city}"


@pytest.mark.parametrize(("model", "provider", "params"), WIRES, ids=IDS)
def test_the_provider_counts_what_a_call_would_use(
    server: Simulator, model: str, provider: str, params: dict[str, Any]
) -> None:
    server.reset()
    prompt = [ringup.attach(png(640, 480)), "What is in this picture?"]
    with ringup.Client(model, system="Be brief.", max_tokens=50, **settings(server, provider)) as client:
        found = client.count_tokens(prompt, tools=[get_weather], **params)
        used = client.ask(prompt, tools=[get_weather], **params).usage.input_tokens
    assert (found.tokens, found.estimated, found.error) == (used, False, 0.0)
    assert found.window == models.rules(provider, model).context_window
    assert (found.provider, found.model) == (provider, model)


@pytest.mark.parametrize(("model", "provider", "params"), WIRES, ids=IDS)
def test_async_and_typed(server: Simulator, model: str, provider: str, params: dict[str, Any]) -> None:
    async def main() -> tuple[Count, Count]:
        async with ringup.AsyncClient(model, **settings(server, provider)) as client:
            return await client.count_tokens("Ada is 36.", output=int, **params), await client.count_tokens(
                "Ada is 36."
            )

    typed, plain = asyncio.run(main())
    assert typed.tokens > plain.tokens > 3 or provider == "gemini"
    assert not typed.estimated


def test_a_count_is_a_call_without_a_row_in_the_log(server: Simulator, tmp_path: Path) -> None:
    server.reset()
    heard: list[Any] = []
    options = settings(server, "anthropic") | {"ledger": tmp_path / "calls.db", "on_event": heard.append}
    with ringup.Client("claude-haiku-4-5", **options) as client:
        client.count_tokens("Hello!")
    assert [attempt.outcome for attempt in heard][-1] == "answered"
    assert not (tmp_path / "calls.db").exists() or len(server.calls) <= 1


def test_a_count_is_tried_again(server: Simulator) -> None:
    server.reset()
    server.fault(kind="overloaded", times=1)
    with ringup.Client("claude-haiku-4-5", **settings(server, "anthropic")) as client:
        assert client.count_tokens("Hello!").tokens > 3


def test_the_errors_of_a_count_are_those_of_a_call(server: Simulator) -> None:
    client = ringup.Client("claude-nonsense", **settings(server, "anthropic"))
    with client, pytest.raises(ringup.NotFoundError) as caught:
        client.count_tokens("Hello!")
    assert caught.value.attempts[0].status == 404
    assert caught.value.provider == "anthropic"


def test_offline_nothing_is_sent_and_no_key_is_needed(server: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    found = ringup.count_tokens("Hello!", model="gpt-4o-mini", system="You are a helpful assistant.", offline=True)
    assert (found.tokens, found.estimated, found.error) == (19, True, 0.05)  # OpenAI's API reference
    assert ringup.count_tokens("Hello!", model="claude-haiku-4-5", offline=True).error == 0.25
    assert ringup.count_tokens("Hello!", model="groq/llama-3.3-70b-versatile", offline=True).error is None


def test_servers_that_do_not_count_are_estimated(server: Simulator) -> None:
    server.reset()
    with ringup.Client("gpt-4o", provider="groq", base_url=server.openai_url, api_key="gsk_0123456789abcdef") as client:
        assert client.count_tokens("Hello!").estimated
    assert not server.calls


def test_a_conversation_is_counted_with_its_history(server: Simulator) -> None:
    with ringup.Client("claude-haiku-4-5", **settings(server, "anthropic")) as client:
        chat = client.chat(system="Be brief.")
        chat.ask("My name is Ada.")
        assert chat.count_tokens("What is my name?").tokens > client.count_tokens("What is my name?").tokens + 10
        assert chat.count_tokens("Hi").tokens == chat.count_tokens("Hi", offline=True).tokens
        assert len(chat.messages) == 2

    async def main() -> int:
        async with ringup.AsyncClient("claude-haiku-4-5", **settings(server, "anthropic")) as client:
            return (await client.chat(system="Be brief.").count_tokens("What is my name?")).tokens

    assert asyncio.run(main()) > 10


def test_a_prompt_too_long_to_be_sent_can_be_counted(server: Simulator) -> None:
    with ringup.Client("gpt-4", **settings(server, "openai")) as client:
        assert client.count_tokens("word " * 9000, offline=True).tokens > 9000


def test_which_providers_count() -> None:
    assert counts("anthropic", "anthropic_messages")
    assert counts("openai", "responses")
    assert not counts("openai", "chat_completions")
    assert not counts("groq", "responses")


# What is asked


def body(wire: str, sent: HttpRequest) -> Any:
    found = wires.find_count(wire)
    assert found
    http = found.write_count(sent)
    return http.path, decode(http.body)


def test_only_what_says_something_of_the_prompt_is_asked() -> None:
    request = Request(
        model="m",
        messages=(Message("user", (Text("Hi"),)),),
        system=(Text("Be kind."),),
        max_tokens=5,
        temperature=0.5,
        stop=("a",),
        tools=(Tool("now"),),
        metadata={"user_id": "u"},
    )
    rules = models.rules("anthropic", "claude-haiku-4-5")
    path, sent = body("anthropic_messages", wires.find("anthropic_messages").write_request(request, rules)[0])
    assert path == "/v1/messages/count_tokens"
    assert set(sent) == {"model", "messages", "system", "tools"}
    path, sent = body("responses", wires.find("responses").write_request(request, rules)[0])
    assert path == "/responses/input_tokens"
    assert set(sent) == {"model", "input", "instructions", "tools"}
    path, sent = body("gemini", wires.find("gemini").write_request(request, rules)[0])
    assert path == "/v1beta/models/m:countTokens"
    assert set(sent) == {"generateContentRequest"}
    assert sent["generateContentRequest"]["model"] == "models/m"
    assert set(sent["generateContentRequest"]) >= {"contents", "systemInstruction", "tools"}


@pytest.mark.parametrize("wire", ["anthropic_messages", "responses", "gemini"])
def test_an_answer_without_a_number(wire: str) -> None:
    found = wires.find_count(wire)
    assert found
    for answer in (b"{}", b"[]", b"<html>", b'{"input_tokens": "many", "totalTokens": null}'):
        with pytest.raises(ProtocolError, match="has no (input_tokens|totalTokens)"):
            found.read_count(answer)


# Estimates


def asked(*parts: Any, **fields: Any) -> Request:
    return Request(model="m", messages=(Message("user", (Text("Hi"), *parts)),), **fields)


def test_the_error_to_expect() -> None:
    assert error_of(asked(), "openai") == 0.05
    assert error_of(asked(tools=(Tool("now"),)), "openai") == 0.5
    assert error_of(asked(Image(data=png())), "openai") == 0.65
    assert error_of(asked(ToolResult("1", (Image(data=png()),))), "gemini") == 0.5
    assert error_of(asked(Image(url="https://x/y.png")), "openai") is None
    assert error_of(asked(Document(file_id="f")), "openai") is None
    assert error_of(asked(tools=(Opaque("responses", {"type": "web_search"}),)), "openai") is None
    assert error_of(asked(), "groq") is None
    assert error_of(asked(), "sim") == 0.0


def test_without_the_vocabulary_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vocabulary, "encoding", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'ringup\[tokens\]'"):
        estimate(asked(), "openai", models.rules("openai", "gpt-4o"))


def test_a_very_long_word_is_counted_in_time() -> None:
    begun = time.monotonic()
    assert Tokenizer().count("ab" * 20_000) > 1000
    assert time.monotonic() - begun < 20


# Files, by the vendors' own examples


@pytest.mark.parametrize(
    ("model", "size", "detail", "tokens"),
    [
        ("gpt-4o", (1024, 1024), None, 765),  # OpenAI's guide
        ("gpt-4o", (2048, 4096), "high", 1105),
        ("gpt-4o", (4096, 8192), "low", 85),
        ("gpt-4o-mini", (512, 512), None, 8500),
        ("gpt-5", (1024, 1024), None, 630),
        ("o3", (1024, 1024), None, 675),
        ("gpt-4.1-mini", (1024, 1024), None, 1659),
        ("gpt-4.1-nano", (128, 128), None, 40),  # recorded, as are the next two
        ("gpt-5-nano", (128, 128), None, 24),
        ("gpt-5-mini", (400, 301), None, 156),
        ("gpt-4.1-mini", (9000, 9000), None, 2489),
        ("gpt-6-sol", (64, 64), None, 4),
    ],
)
def test_images_on_openai(model: str, size: tuple[int, int], detail: str | None, tokens: int) -> None:
    assert image_tokens(Image(data=png(*size), detail=detail), "openai", model) == tokens


def test_images_elsewhere() -> None:
    small = Image(data=png(200, 200))
    assert image_tokens(small, "anthropic", "claude-haiku-4-5") == 54  # Anthropic's guide
    large = Image(data=png(4000, 4000))
    assert image_tokens(large, "anthropic", "claude-haiku-4-5") == 1600
    assert image_tokens(large, "anthropic", "claude-opus-4-7") == 4784
    assert image_tokens(Image(data=png(128, 128)), "gemini", "gemini-2.5-flash") == 258  # recorded, as is the next
    assert image_tokens(Image(data=png(597, 566)), "gemini", "gemini-2.5-flash") == 258
    assert image_tokens(small, "gemini", "gemini-3-flash-preview") == 1120
    assert image_tokens(Image(url="https://x/y.png"), "openai", "gpt-4o") == 765
    assert image_tokens(Image(data=png(0, 0)), "openai", "gpt-4o") == 765


def test_documents_and_sound() -> None:
    paper = Document(data=pdf(3))
    assert document_tokens(paper, "gemini", "gemini-2.5-flash") == 3 * 258
    assert document_tokens(paper, "gemini", "gemini-3-flash-preview") == 3 * 560
    assert document_tokens(paper, "openai", "gpt-4o") == 3000
    assert document_tokens(Document(file_id="f"), "anthropic", "claude-haiku-4-5") == 2000
    assert audio_tokens(Audio(data=wav(3), format="wav"), "gemini") == 97
    assert audio_tokens(Audio(data=mp3(32_000), format="mp3"), "openai") == 20
    assert audio_tokens(Audio(data=b"fLaC", format="flac"), "gemini") == 320
