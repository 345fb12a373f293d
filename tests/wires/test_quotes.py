"""Errors quote a body apart from their message, so that the message can be kept where words of an answer mustn't be."""

from __future__ import annotations

from typing import Any

import pytest

from ringup.errors import APIError, ContextLengthError
from ringup.events import Failed
from ringup.wires import anthropic_messages, chat_completions, embeddings, gemini, responses
from ringup.wires.gemini import embeddings as gemini_embeddings

WIRES: list[Any] = [chat_completions, anthropic_messages, responses, gemini]
BODIES = [b'{"content": "Zebra', b'{"odd": "Zebra"}', b'"Zebra"', b"<html>Zebra</html>", b"Zebra"]


def check(error: APIError) -> None:
    assert "Zebra" in error.quote
    assert "Zebra" not in error.message
    assert str(error) == error.quoting == f"{error.message}: {error.quote}"


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("wire", [*WIRES, embeddings, gemini_embeddings])
def test_whole_answers(wire: Any, body: bytes) -> None:
    with pytest.raises(APIError) as caught:
        wire.read_reply(body)
    check(caught.value)


@pytest.mark.parametrize("body", [*BODIES, b'{"detail": [{"input": "Zebra"}]}', b'["Zebra"]'])
@pytest.mark.parametrize("wire", [*WIRES, embeddings, gemini_embeddings])
def test_refusals_without_a_message(wire: Any, body: bytes) -> None:
    check(wire.read_error(422, {}, body))


@pytest.mark.parametrize("body", [b"Zebra", b"data: Zebra\n\n", b"data: 5\n\ndata: {Zebra\n\n", b'data: "Zebra"\n\n'])
@pytest.mark.parametrize("wire", WIRES)
def test_streams(wire: Any, body: bytes) -> None:
    reader = wire.Reader()
    for event in [*reader.feed(body), *reader.close()]:
        if isinstance(event, Failed):
            assert "Zebra" not in event.error.message
            return
    pytest.fail("it was read")


def test_an_error_event_in_plain_words() -> None:
    reader = chat_completions.Reader()
    (failed,) = reader.feed(b"event: error\ndata: Zebra\n\n")
    assert isinstance(failed, Failed)
    check(failed.error)


def test_a_providers_own_message_is_no_quote() -> None:
    error = chat_completions.read_error(400, {}, b'{"error": {"message": "Invalid value: Zebra"}}')
    assert (error.message, error.quote) == ("Invalid value: Zebra", "")


def test_what_a_quote_says_is_understood() -> None:
    error = chat_completions.read_error(400, {}, b"This model's maximum context length is 9 tokens")
    assert isinstance(error, ContextLengthError)
