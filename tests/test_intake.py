"""Files on their way: over every wire to the simulator, and held against what each vendor takes before that."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

import ringup
from ringup import Audio, Document, Image, MediaError, Message, PromptTooLongError, Text, ToolResult, models
from ringup.intake import MB, judge_media, largest, least_tokens
from ringup.messages import Request
from ringup.parameters import fit, violations
from ringup.testing import Simulator
from tests.samples import gif, mp3, pdf, png, wav

KEYS = {
    "openai": "sk-media-0123456789abcdef",
    "anthropic": "sk-ant-media-0123456789abcdef",
    "gemini": "AIzaSyA0123456789abcdefghijklmnopqrstuvw",
}
WIRES = [
    ("gpt-4o", "openai", {}),
    ("gpt-4o", "openai", {"wire": "responses"}),
    ("claude-haiku-4-5", "anthropic", {}),
    ("gemini-2.5-flash", "gemini", {}),
]
IDS = ["chat_completions", "responses", "anthropic_messages", "gemini"]


@pytest.fixture(scope="module")
def server() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


def settings(server: Simulator, provider: str) -> dict[str, Any]:
    url = server.openai_url if provider == "openai" else server.anthropic_url
    return {"provider": provider, "base_url": url, "api_key": KEYS[provider]}


@pytest.mark.parametrize(("model", "provider", "params"), WIRES, ids=IDS)
def test_files_arrive_on_every_wire(server: Simulator, model: str, provider: str, params: dict[str, Any]) -> None:
    with ringup.Client(model, **settings(server, provider)) as client:
        said = client.ask([ringup.attach(png(640, 480)), ringup.attach(pdf(3)), "What are these?"], **params).text
        assert "image/png, 640 × 480 pixels" in said
        assert "application/pdf, 3 pages" in said
        said = client.ask([ringup.attach(b"Mice eat cheese.", name="mice.txt"), "What does it say?"], **params).text
        assert "Mice eat cheese." in said


@pytest.mark.parametrize(("model", "provider", "params"), WIRES, ids=IDS)
def test_files_arrive_in_async_code_and_in_streams(
    server: Simulator, model: str, provider: str, params: dict[str, Any]
) -> None:
    async def main() -> tuple[str, str]:
        async with ringup.AsyncClient(model, **settings(server, provider)) as client:
            reply = await client.ask(["What is this?", ringup.attach(png(33, 44))], **params)
            stream = client.stream(["What is this?", ringup.attach(png(33, 44))], **params)
            return reply.text, "".join([piece async for piece in stream])

    for said in asyncio.run(main()):
        assert "33 × 44 pixels" in said


@pytest.mark.parametrize(
    ("model", "provider"), [("gpt-audio", "openai"), ("gemini-2.5-flash", "gemini")], ids=["openai", "gemini"]
)
def test_sound_arrives(server: Simulator, model: str, provider: str) -> None:
    with ringup.Client(model, **settings(server, provider)) as client:
        assert "(wav, 2.0 seconds" in client.ask(["What do you hear?", ringup.attach(wav(2))]).text
        assert "(mp3, 1.0 seconds" in client.ask(["What do you hear?", ringup.attach(mp3())]).text


@pytest.mark.parametrize(("model", "provider", "params"), WIRES, ids=IDS)
def test_an_image_may_be_an_address(server: Simulator, model: str, provider: str, params: dict[str, Any]) -> None:
    with ringup.Client(model, **settings(server, provider)) as client:
        said = client.ask(["What is this?", ringup.attach("https://example.com/cat.png")], **params).text
    assert "https://example.com/cat.png" in said


def test_a_file_by_its_address_and_one_that_is_no_pdf_go_over_responses(server: Simulator) -> None:
    letter = ringup.attach(b"PK\x03\x04", name="letter.docx")
    with ringup.Client("gpt-4o", **settings(server, "openai")) as client:
        for part, why in ((ringup.attach("https://example.com/a.pdf"), "address"), (letter, "aren't PDFs")):
            reply = client.ask(["What is this?", part])
            assert reply.wire == "responses"
            assert any(why in notice.message for notice in reply.notices)
        assert client.ask(["What is this?", ringup.attach(pdf())]).wire == "chat_completions"


def test_a_wrong_or_missing_media_type_is_mended_by_the_bytes(server: Simulator) -> None:
    for model, provider, params in WIRES:
        with ringup.Client(model, **settings(server, provider)) as client:
            kind = "image/jpeg"
            said = client.ask(["What is this?", Image(data=b"\xff\xd8\xff\xe0" + bytes(40))], **params).text
            assert kind in said


# What a vendor refuses


def refusal(model: str, *parts: Any, provider: str | None = None) -> MediaError:
    provider = provider or {"g": "openai", "c": "anthropic"}[model[0]]
    request = Request(model=model, messages=(Message("user", (Text("What is this?"), *parts)),))
    with pytest.raises(MediaError) as caught:
        fit(request, models.rules(provider, model), provider)
    assert violations(request, models.rules(provider, model), provider)
    return caught.value


def test_kinds_that_are_not_read() -> None:
    bmp = Image(data=b"BM" + bytes(20))
    assert "(gif, jpeg, png, webp) for gpt-4o, not 'image/bmp'" in str(refusal("gpt-4o", bmp))
    heic = Image(data=b"\0\0\0\x18ftypheic")
    assert "not 'image/heic'" in str(refusal("claude-haiku-4-5", heic))
    assert "not 'image/gif'" in str(refusal("gemini-2.5-flash", Image(data=gif()), provider="gemini"))
    error = refusal("claude-haiku-4-5", Document(data=b"PK\x03\x04", media_type="application/zip"))
    assert "(pdf, plain)" in str(error)
    assert error.parameter == "messages[0].parts[1]"
    assert "Convert it" in error.advice
    assert (error.size, error.limit) == (None, None)
    assert "not 'flac'" in str(refusal("gpt-audio", Audio(data=b"fLaC", format="flac")))


def test_models_that_read_no_such_thing() -> None:
    assert "reads (text)" in str(refusal("gpt-3.5-turbo", Image(data=png())))
    assert "not 'audio'" in str(refusal("claude-haiku-4-5", Audio(data=wav(), format="wav")))


def test_a_server_that_fetches_nothing() -> None:
    image = Image(url="https://example.com/cat.png")
    request = Request(model="llava", messages=(Message("user", (image,)),))
    rules = models.rules("openai", "gpt-4o").__class__(refuses=frozenset({"image_url"}))
    with pytest.raises(MediaError, match="fetches none by its address") as caught:
        fit(request, rules, "custom")
    assert caught.value.advice == "Download the file, and attach that: ringup fetches nothing by itself."


def test_a_large_image_for_claude() -> None:
    error = refusal("claude-haiku-4-5", Image(data=png() + bytes(8 * MB)))
    assert error.limit == 10 * MB
    assert error.size is not None
    assert error.size > 10 * MB
    assert "10,485,760 bytes in base64" in str(error)
    assert refusal("claude-haiku-4-5", Image(data=png(8001, 10))).size == 8001
    assert refusal("claude-haiku-4-5", *[Image(data=png(2001, 10))] * 21).limit == 2000


def test_many_images_and_pages_for_claude() -> None:
    pages = Document(data=pdf(90), media_type="application/pdf")
    error = refusal("claude-haiku-4-5", pages, *[Image(data=png())] * 11)
    assert (error.size, error.limit) == (101, 100)
    wide = Request(model="claude-opus-5", messages=(Message("user", (pages, *[Image(data=png())] * 11)),))
    assert not list(judge_media(wide, models.rules("anthropic", "claude-opus-5"), "anthropic"))
    assert refusal("claude-opus-5", Document(data=pdf(601), media_type="application/pdf")).limit == 600


def test_large_documents() -> None:
    half = Document(data=pdf() + bytes(26 * MB), media_type="application/pdf")
    assert refusal("gpt-4o", half, half).limit == 50 * MB
    whole = Document(data=pdf() + bytes(50 * MB), media_type="application/pdf")
    assert refusal("gpt-4o", whole).size == len(whole.data or b"")
    long = Document(data=pdf(1001), media_type="application/pdf")
    assert refusal("gemini-2.5-flash", long, provider="gemini").size == 1001
    assert "32" not in str(refusal("claude-haiku-4-5", half).size)
    assert refusal("claude-haiku-4-5", half).limit == 32 * MB


def test_files_in_the_results_of_tools_are_looked_at_too() -> None:
    result = ToolResult("call_1", (Image(data=png(8001, 10)),))
    assert refusal("claude-haiku-4-5", result).parameter == "messages[0].parts[1].parts[0]"


def test_what_nobody_is_known_to_refuse_goes_through() -> None:
    request = Request(model="x", messages=(Message("user", (Image(data=b"BM" + bytes(20)),)),))
    assert not list(judge_media(request, models.rules("groq", "x"), "groq"))


def test_nothing_is_sent_when_a_file_is_refused(server: Simulator) -> None:
    server.reset()
    with ringup.Client("gpt-4o", **settings(server, "openai")) as client, pytest.raises(MediaError):
        client.ask(["What?", ringup.attach(b"BM" + bytes(20))])
    assert not server.calls


# How long a prompt is


def words(text: str, **fields: Any) -> Request:
    return Request(model="gpt-4", messages=(Message("user", (Text(text),)),), **fields)


def test_a_prompt_that_surely_does_not_fit(server: Simulator) -> None:
    server.reset()
    with ringup.Client("gpt-4", **settings(server, "openai")) as client:
        with pytest.raises(PromptTooLongError) as caught:
            client.ask("word " * 8193)
        assert client.ask("word " * 100).text
        with pytest.raises(PromptTooLongError):
            client.stream("word " * 8193)
    assert len(server.calls) == 1
    error = caught.value
    assert (error.tokens, error.limit, error.parameter) == (8193, 8192, "prompt")
    assert "8,193 tokens, and gpt-4 reads 8,192" in error.message
    assert "messages[0] (user): 40,965 letters, 100 %" in error.advice


def test_the_least_is_told_only_where_it_is_too_much() -> None:
    assert least_tokens(words("a b c"), 2) == 3
    assert least_tokens(words("a b c"), 3) is None
    assert least_tokens(words("x" * 1000), 10) is None
    assert least_tokens(words("a b c d e f", extra={"truncation": "auto"}), 2) is None
    parts = (ToolResult("1", (Text("a b"), Document(text="c d"))),)
    assert least_tokens(Request(model="m", messages=(Message("user", parts),), system=(Text("e f g"),)), 4) == 5


def test_the_largest_part_is_named() -> None:
    request = words("short", system=(Text("long " * 100),))
    assert largest(request) == "The largest part is the system instruction: 500 letters, 99 % of all."
    even = Request(model="m", messages=tuple([Message("user", (Text("same"),))] * 10))
    assert largest(even) == ""


def test_a_provider_that_says_too_long_is_explained(server: Simulator) -> None:
    with (
        ringup.Client("gpt-4", **settings(server, "openai")) as client,
        pytest.raises(ringup.ContextLengthError) as told,
    ):
        client.ask(
            [
                Message("user", (Text("Hi"),)),
                Message("assistant", (Text("Hello."),)),
                Message("user", (Text("ab," * 9000),)),
            ]
        )
    assert "The largest part is messages[2] (user): 27,000 letters, 100 % of all." in told.value.advice
