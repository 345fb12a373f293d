"""What every wire needs of bodies and headers."""

from __future__ import annotations

import json

import msgspec
import pytest

from ringup.wire_tools import (
    MAX_WAIT,
    count,
    data_url,
    decode,
    encode,
    excerpt,
    filled,
    is_json,
    read_data,
    retry_after,
    should_retry,
    word,
)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": 1.0}', {"a": 1.0}),
        ('{"a": "\u00e9"}', {"a": "\u00e9"}),
        (b'{"a": "\\ud800"}', {"a": "\ud800"}),
        (b'{"a": "x\ny"}', {"a": "x\ny"}),
        (b'\n\n {"a": 1}\n', {"a": 1}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'{"a": "\xff"}', {"a": "\ufffd"}),
        (b'{"a": 123456789012345678901234567890}', {"a": 123456789012345678901234567890}),
        (b'{"a": Infinity}', {"a": float("inf")}),
    ],
)
def test_json_is_read_also_where_it_is_odd(body: bytes | str, value: object) -> None:
    assert decode(body) == value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'{"a":',
        b'{"a": 1} more',
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b'["\\ud800",' + b"[" * 200_000,
        b"\xff",
    ],
)
def test_what_isnt_json_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError):
        decode(body)


def test_json_is_written_also_with_lone_surrogates() -> None:
    assert encode({"a": "\u00e9", "b": msgspec.Raw(b'{"c": 1.0}')}) == '{"a":"\u00e9","b":{"c": 1.0}}'.encode()
    odd = encode({"a": "\ud800", "b": msgspec.Raw(b'{"c": 1.0}')})
    assert json.loads(odd) == {"a": "\ud800", "b": {"c": 1.0}}


def test_json_is_told_by_its_first_character() -> None:
    assert is_json(b'{"a"')
    assert is_json(b"\xef\xbb\xbf\n [")
    assert not is_json(b"<html>")
    assert not is_json(b"")


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"", ""),
        (b"  two\n\twords ", "two words"),
        (b"<html><style>p {}</style><h1>502</h1><p>Bad\n Gateway</p><script>x()</script></html>", "502 Bad Gateway"),
        (b"a < b > c", "a < b > c"),
        (b"\x00\x1b[31m\xff", "\ufffd\ufffd[31m\ufffd"),
        ("x" * 300, "x" * 199 + "…"),
    ],
)
def test_an_excerpt_is_one_readable_line(body: bytes | str, shown: str) -> None:
    assert excerpt(body) == shown


def test_an_excerpt_of_a_huge_page_is_short() -> None:
    assert len(excerpt(b"<p>" + b"word " * 1_000_000)) == 200
    assert excerpt(b"<" * 1_000_000, limit=10)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"retry-after": "30"}, 30.0),
        ({"retry-after": "0.25"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "30"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "30"}, 30.0),
        ({"retry-after-ms": "0", "retry-after": "30"}, 30.0),
        ({"retry-after": "0"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "1e400"}, None),
        ({"retry-after": "1e300"}, MAX_WAIT),
        ({"retry-after": ""}, None),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], wait: float | None) -> None:
    assert retry_after(headers) == wait


@pytest.mark.parametrize(("word", "meant"), [("true", True), ("false", False), ("True", None), ("1", None), ("", None)])
def test_orders_to_retry(word: str, meant: bool | None) -> None:
    assert should_retry({"x-should-retry": word}) is meant
    assert should_retry({}) is None


@pytest.mark.parametrize(
    ("value", "text"), [("a", "a"), ("", None), (7, "7"), (None, None), (True, None), (1.5, None), ({}, None)]
)
def test_words(value: object, text: str | None) -> None:
    assert word(value) == text


@pytest.mark.parametrize(
    ("value", "number"),
    [(3, 3), (3.0, 3), (0, 0), (True, None), ("3", None), (None, None), (float("nan"), None), (float("inf"), None)],
)
def test_counts(value: object, number: int | None) -> None:
    assert count(value) == number


def test_fields_that_say_something() -> None:
    fields = {"a": 1, "b": None, "c": "", "d": [], "e": {}, "f": 0, "g": False, "id": "x"}
    assert filled(fields, ("id",)) == {"a": 1, "f": 0, "g": False}


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("data:image/png;base64,QUJD", ("image/png", b"ABC")),
        ("data:text/plain;charset=utf-8;base64,QUJD", (None, None)),
        ("data:image/png,ABC", (None, None)),
        ("data:image/png;base64,!", (None, None)),
        ("https://example.com/a.png", (None, None)),
    ],
)
def test_data_urls(url: str, read: tuple[str | None, bytes | None]) -> None:
    assert read_data(url) == read
    if read[0] is not None and read[1] is not None:
        assert data_url(read[1], read[0]) == url
