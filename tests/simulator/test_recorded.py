"""What the vendors' own servers accepted, the simulator accepts: their rules, held against recorded requests."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest

from ringup.errors import APIError
from ringup.http import HttpRequest
from ringup.replay.exchange import Exchange
from ringup.simulator import strict
from ringup.wire_tools import encode
from tests.recorded import exchanges

VERSIONS = ("2023-06-01", "2026-10-21")


def wire_of(exchange: Exchange) -> str | None:
    path = exchange.path.partition("?")[0]
    match exchange.host:
        case "api.openai.com" if path.endswith("/responses"):
            return "responses"
        case "api.openai.com" if path.endswith("/chat/completions"):
            return "chat_completions"
        case "api.anthropic.com" if path == "/v1/messages":
            return "anthropic_messages"
        case "generativelanguage.googleapis.com" if "enerateContent" in path and "/models/" in path:
            return "gemini"
    return None


def refusal(wire: str, exchange: Exchange) -> APIError | None:
    """Why the simulator refuses it, under either version of Anthropic's API."""
    path, _, query = exchange.path.partition("?")
    error = None
    for version in VERSIONS:
        headers = {"content-type": "application/json", "anthropic-version": version}
        http = HttpRequest(path=path, query=dict(parse_qsl(query)), headers=headers, body=encode(exchange.request))
        try:
            strict.read_request(wire, http)
        except APIError as found:
            error = found
        else:
            return None
    return error


def test_what_was_accepted_is_accepted() -> None:
    asked = [(wire_of(found), found) for found in exchanges() if found.status == 200 and found.request is not None]
    known = [(wire, found) for wire, found in asked if wire]
    if not known:
        pytest.skip("no recorded exchanges here (RINGUP_RECORDED names a folder)")
    refused = [(found.source, str(error)) for wire, found in known if (error := refusal(wire, found))]
    assert not refused
