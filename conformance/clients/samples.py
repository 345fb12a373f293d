"""What the checks ask, and what they find in the answers; the same for all SDKs in Python."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any

import jsonschema

from conformance.clients.checks import Kit, Unmet, got, raised, same

CAPITAL = "What is the capital of France?"
PLANETS = "List the planets starting with 1."
THREE_PLANETS = "1. Mercury\n2. Venus\n3. Earth\n"
STORY = "Write a long story."
TALK = ("My name is Ada.", "What is a generator?", "What is my name?")
ONE_PLACE = "What's the weather in Oslo?"
TWO_PLACES = "What's the weather in Oslo and in Paris?"
RESULT = '{"temperature": 12, "sky": "cloudy"}'
FILL_IN = "Oslo: 12 degrees and cloudy. Give it as JSON."
LONG = "You are a careful assistant who knows a great deal about capitals. " * 400

WEATHER = "Get the current weather"
CITY: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
WEATHER_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "temperature": {"type": "number"}, "sky": {"type": "string"}},
    "required": ["city", "temperature", "sky"],
    "additionalProperties": False,
}

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
"""A picture of one pixel."""
PDF = base64.b64encode(b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n").decode()


def fits(text: str) -> None:
    """Raises Unmet unless the text is JSON that the schema of the weather allows, and is of Oslo."""
    try:
        value = json.loads(text)
        jsonschema.validate(value, WEATHER_SCHEMA)
    except (ValueError, jsonschema.ValidationError) as error:
        raise Unmet(f"expected JSON that fits the schema, got {text!r}: {error}") from error
    same("the city", value["city"], "Oslo")


async def outcome(kit: Kit, patience: float = 3.0) -> str:
    """How the last call ended, as soon as it has; "open" if it hasn't in that many seconds."""
    for _ in range(round(patience / 0.01)):
        if kit.call.outcome != "open":
            break
        await asyncio.sleep(0.01)
    return kit.call.outcome


async def wrong_keys(kit: Kit, ask: Callable[[Any], Any]) -> None:
    """Raises Unmet unless keys that aren't good get the SDK's own errors."""
    for key, kind in (("sim-invalid", "AuthenticationError"), ("sim-noaccess", "PermissionDeniedError")):
        client = kit.make(api_key=key)
        await raised(getattr(kit.sdk, kind), lambda client=client: got(ask(client)))  # type: ignore[misc]
