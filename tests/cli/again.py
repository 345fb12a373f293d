"""A ledger with calls of every wire whose words were kept, made once for all tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import ringup
from ringup.cli.log.redacting import PIXEL
from ringup.messages import Message, Text, Tool, ToolResult
from ringup.testing import Simulator

__all__ = ["IDS", "KEYS", "MAIL", "make_ledger", "point"]

MAIL = "ann.lee@example.com"
KEYS = {
    "OPENAI_API_KEY": "sk-proj-again-0123456789abcdefghij",
    "ANTHROPIC_API_KEY": "sk-ant-api03-again-0123456789abcdefghij",
    "GEMINI_API_KEY": "AIzaAgain0123456789abcdefghijklmnopqrstu",
}

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
WEATHER = Tool(
    "get_weather", "The weather in a city, now.", {"type": "object", "properties": {"city": {"type": "string"}}}
)
TALK: list[Any] = [
    {"role": "user", "content": "Hi! I'm 'Ada'.\nMy \"cat\" is $HOME."},
    {"role": "assistant", "content": "Hello, Ada."},
    {"role": "user", "content": "Who am I?"},
]

_NAMES = (
    *("chat", "talk", "typed", "tool", "result", "refused", "responses", "claude", "picture", "thinks", "gemini"),
    *("gemini_tool", "server", "sim", "vectors", "no_words"),
)
IDS = {name: id for id, name in enumerate(_NAMES, 1)}


def make_ledger(path: Path, sim: Simulator) -> None:
    """The calls, in the order of `IDS`."""
    kept = ringup.Ledger(path, level="full")
    client = sim.client("gpt-4o-mini", ledger=kept, retries=0)
    question = f"What is the capital of France? Mail it to {MAIL}."
    client.ask(question, system="Be terse.\nAlways.", max_tokens=99, temperature=0.5, stop="xyz")
    _read(client, TALK, max_tokens=50)
    client.ask("Ada Lovelace is 36", output=PERSON)
    found = client.ask("What is the weather in Oslo?", tools=[WEATHER], tool_choice="required")
    result = Message("tool", (ToolResult(found.tool_calls[0].id, (Text("20 C"),)),))
    client.ask([Message("user", (Text("What is the weather in Oslo?"),)), found.message, result], tools=[WEATHER])
    sim.fault(status=429, message=f"Too fast, {MAIL}")
    with pytest.raises(ringup.RateLimitError):
        client.ask("Too fast?")
    _read(client, "Think: what is 17*23?", model="gpt-5.4-mini", reasoning="low", wire="responses")
    claude = sim.client("claude-haiku-4-5", ledger=kept)
    claude.ask(question, max_tokens=99, system=["Be terse.", "Be kind."])
    claude.ask(["What's on it?", ringup.Image(data=PIXEL, media_type="image/png")], max_tokens=20)
    _read(claude, "Think: what is 17*23?", reasoning="low")
    gemini = sim.client("gemini-2.5-flash", ledger=kept)
    _read(gemini, question, temperature=0.1)
    gemini.ask("What is the weather in Oslo?", tools=[WEATHER])
    with ringup.Client(base_url=sim.openai_url, api_key=sim.openai_key, ledger=kept) as client:
        client.ask("Hello!", model="gpt-4o-mini")
    with ringup.Client("sim/small", ledger=kept) as client:
        client.ask("Hello!")
    sim.client("text-embedding-3-small", ledger=kept).embed(["a"])
    with sim.client("gpt-4o-mini", ledger=ringup.Ledger(path, level="metadata")) as client:
        kept.close()
        client.ask("Hello!")


def _read(client: ringup.Client, prompt: Any, **params: Any) -> None:
    with client.stream(prompt, **params) as stream:
        assert "".join(stream)


def point(monkeypatch: pytest.MonkeyPatch, sim: Simulator, path: Path) -> None:
    """The environment leads all vendors to the simulator, and `ringup log` to the ledger."""
    monkeypatch.setenv("RINGUP_LEDGER", str(path))
    monkeypatch.setenv("OPENAI_BASE_URL", sim.openai_url)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", sim.anthropic_url)
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", sim.gemini_url)
    for name, key in KEYS.items():
        monkeypatch.setenv(name, key)
