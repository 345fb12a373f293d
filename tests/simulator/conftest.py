"""The vendors' SDKs obey the proxy of the environment even for 127.0.0.1: there they are to go straight."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _straight_to_loopback(_alone: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
