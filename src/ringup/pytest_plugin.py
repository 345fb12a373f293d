"""Fixtures for tests with pytest. It comes with ringup; nothing is imported or started until a test asks for it.

def test_it_answers(simulator):
    assert simulator.client("gpt-4o-mini").ask("What is 2 + 2?").text
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ringup.testing import Simulator

__all__ = ["simulator"]


@pytest.fixture(scope="session")
def _ringup_simulator() -> Iterator[Simulator]:
    testing = importlib.import_module("ringup.testing")
    with testing.Simulator() as running:
        yield running


@pytest.fixture
def simulator(_ringup_simulator: Simulator) -> Iterator[Simulator]:
    """ringup's simulator: one server for all tests, and for each test as if it were new."""
    _ringup_simulator.reset()
    yield _ringup_simulator
    _ringup_simulator.reset()
