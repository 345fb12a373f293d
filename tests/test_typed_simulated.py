"""Typed output and tools against the simulator: it keeps to the schema that it is sent, as the vendors' models do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any, TypedDict

import pytest

import ringup
from ringup.testing import Simulator
from tests.shapes_of_types import CASES

MODELS: dict[str, dict[str, Any]] = {
    "gpt-4o-mini": {},
    "gpt-5.4-mini": {"wire": "responses"},
    "claude-sonnet-4-6": {},
    "gemini/gemini-3.8-flash": {},
    "claude-3-5-haiku-20241022": {},
}

IN_WORDS = {"Limits", "Local"}
"""Types with a limit that no vendor's strict schema holds: it is told in words, which a simulator can't read."""
WITHOUT_PATTERNS = {"Decimal", "Invoice", "User", "bytes", "Bytes"}
"""The same, where strict schemas have no patterns."""


@pytest.fixture(scope="module")
def server() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


def can_be_held(kind: Any, model: str) -> bool:
    if isinstance(kind, dict):
        return "prefixItems" not in kind or not isinstance(kind.get("items"), dict)
    name = getattr(kind, "__name__", "")
    return name not in (IN_WORDS if model.startswith("gpt") else IN_WORDS | WITHOUT_PATTERNS)


@pytest.mark.parametrize("model", MODELS)
def test_every_type_comes_back(server: Simulator, model: str) -> None:
    client = server.client(model, **MODELS[model])
    failed = {}
    for kind, _ in CASES:
        if kind is not None and can_be_held(kind, model):
            try:
                reply = client.ask("Ada Lovelace, 36, London, 2026-11-23, a list of 3", output=kind)
                assert reply.output_way in ("native", "tool")
            except ringup.OutputError as error:
                failed[str(kind)[:60]] = f"{error.message}: {error.text[:200]}"
    assert failed == {}


def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"rain in {city}"


@pytest.mark.parametrize("model", MODELS)
def test_tools_are_called_and_answered(server: Simulator, model: str) -> None:
    client = server.client(model, **MODELS[model])
    reply = client.ask("What is the weather in Oslo?", tools=[get_weather])
    assert "rain in Oslo" in reply.text
    assert (reply.ended, len(reply.steps)) == ("answered", 2)
    stream = client.stream("What is the weather in Rome?", tools=[get_weather])
    assert "rain in Rome" in "".join(stream)
    assert stream.reply.usage.input_tokens == sum(step.usage.input_tokens or 0 for step in stream.reply.steps)


@pytest.mark.parametrize("model", MODELS)
def test_tools_in_async_code(server: Simulator, model: str) -> None:
    sync = server.client(model, **MODELS[model])

    async def run() -> None:
        async with ringup.AsyncClient(**sync._settings, api_key=sync._secret) as client:
            reply = await client.ask("What is the weather in Oslo?", tools=[get_weather])
            assert "rain in Oslo" in reply.text
            stream = client.stream("Ada Lovelace, 36", output=dict[str, int])
            async for partial in stream.partials():
                assert isinstance(partial, dict)
            assert isinstance(stream.reply.output, dict)

    asyncio.run(run())


class Weather(TypedDict):
    reasoning: str
    city: str


@pytest.mark.parametrize("model", [*MODELS, "gemini-2.5-flash"])
def test_tools_and_a_type_together_end(server: Simulator, model: str) -> None:
    """Gemini 2.x takes no schema beside tools: there the answer is a tool of its own."""
    client = server.client(model, **MODELS.get(model, {}))
    reply = client.ask("What is the weather in Oslo?", tools=[get_weather], output=Weather)
    assert reply.ended == "answered"
    assert reply.output["city"] == "Oslo"
    assert len(reply.steps) == 2
