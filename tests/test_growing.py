"""JSON that grows: every beginning of a document gives a beginning of its value, and none takes anything back."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringup.growing import NOTHING, Growing

LEAVES = st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6) | st.text()
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=20
)
DOCUMENTS = st.lists(VALUES, max_size=4) | st.dictionaries(st.text(), VALUES, max_size=4) | st.text()
FORMS = st.sampled_from([{}, {"indent": 1}, {"ensure_ascii": False}, {"separators": (",", ":")}])


def begins(part: Any, whole: Any) -> bool:
    """Whether a value may grow into another: all is the same but for the last of each, which begins it."""
    if part is NOTHING:
        return True
    match part, whole:
        case str(), str():
            return whole.startswith(part)
        case list(), list():
            return len(part) <= len(whole) and all(
                a == b if at < len(part) - 1 else begins(a, b)
                for at, (a, b) in enumerate(zip(part, whole, strict=False))
            )
        case dict(), dict():
            return list(whole)[: len(part)] == list(part) and begins(list(part.values()), list(whole.values()))
    return type(part) is type(whole) and bool(part == whole)


@given(DOCUMENTS, FORMS, st.data())
def test_every_beginning_gives_a_beginning_and_none_goes_back(
    document: Any, form: dict[str, Any], data: st.DataObject
) -> None:
    text = json.dumps(document, **form)
    growing, before, at = Growing(), NOTHING, 0
    while at < len(text):
        step = data.draw(st.integers(1, 5))
        growing.feed(text[at : at + step])
        at += step
        now = growing.value()
        assert begins(before, now) or before is NOTHING
        assert not (now is NOTHING and before is not NOTHING)
        assert begins(now, document)
        before = now
    assert before == document


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    growing = Growing()
    for letter in text:
        growing.feed(letter)
        growing.value()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", NOTHING),
        (" ", NOTHING),
        ("{", {}),
        ('{"', {}),
        ('{"na', {}),
        ('{"name"', {}),
        ('{"name":', {}),
        ('{"name":"A', {"name": "A"}),
        ('{"name":"A\\', {"name": "A"}),
        ('{"name":"A\\u00e', {"name": "A"}),
        ('{"name":"A\\u00e9', {"name": "Aé"}),
        ('{"name":"\\ud83d', {"name": ""}),
        ('{"name":"\\ud83d\\ude0', {"name": ""}),
        ('{"name":"\\ud83d\\ude00', {"name": "😀"}),
        ('{"a":"\\\\u00', {"a": "\\u00"}),
        ('{"a":1', {}),
        ('{"a":1,', {"a": 1}),
        ('{"a":12.', {}),
        ('{"a":tru', {}),
        ('{"a":true', {"a": True}),
        ('{"a":[1,2', {"a": [1]}),
        ('{"a":[1,2]', {"a": [1, 2]}),
        ('{"a":{"b":"', {"a": {"b": ""}}),
        ('[[["x', [[["x"]]]),
        ("no JSON", NOTHING),
        ("[}", NOTHING),
        ('{"a":1} and so on', {"a": 1}),
    ],
)
def test_what_can_be_read(text: str, value: Any) -> None:
    whole, pieces = Growing(), Growing()
    whole.feed(text)
    for letter in text:
        pieces.feed(letter)
    assert whole.value() == pieces.value() == value


def test_pieces_take_no_more_time_the_longer_the_text() -> None:
    growing = Growing()
    begun = time.monotonic()
    growing.feed('{"a": ["')
    for _ in range(100_000):
        growing.feed('word \\" "," [')
    for _ in range(10_000):
        growing.feed('"],["')
    assert time.monotonic() - begun < 20
