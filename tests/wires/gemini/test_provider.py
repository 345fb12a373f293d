"""Gemini as a provider: which models are its own, and how its wire is found."""

from __future__ import annotations

import pytest

from ringup import providers, wires
from ringup.wires import gemini


@pytest.mark.parametrize(
    ("model", "own"),
    [
        ("gemini-2.5-pro", True),
        ("gemini-3-flash-preview", True),
        ("gemini-flash-latest", True),
        ("gemini-embedding-001", True),
        ("gemma-3-27b-it", True),
        ("gemma-3n-e4b-it", True),
        ("gemma3:27b", False),
        ("gemma-7b", False),
        ("google/gemini-2.5-pro", False),
        ("geminipro", False),
    ],
)
def test_its_families(model: str, own: bool) -> None:
    found = providers.of_model(model)
    assert (found is not None and found.name == "gemini") == own


def test_its_wire() -> None:
    provider = providers.find("gemini")
    assert provider is not None
    assert wires.find(provider.wire) is gemini
    assert provider.key_header == "x-goog-api-key"
    assert provider.key_env == ("GOOGLE_API_KEY", "GEMINI_API_KEY")
