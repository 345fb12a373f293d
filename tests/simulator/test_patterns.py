"""Patterns as languages: they find what Python's own engine finds, and the texts that they make are found by it."""

from __future__ import annotations

import re
import time
from itertools import islice

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ringup.simulator.shapes.language import Space
from ringup.simulator.shapes.patterns import UnknownPatternError, language
from ringup.simulator.shapes.strings import FORMATS, SAMPLES, Strings

_ATOMS = st.sampled_from(["a", "b", "c", ".", "[ab]", "[^a]", r"\d", r"\w", "1", "-", r"\.", "[a-c1]", r"\S", "(?:)"])


def _longer(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    group = inner.map(lambda one: f"(?:{one})")
    return st.one_of(
        st.builds(lambda one, sign: one + sign, group, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{2,}", "*?"])),
        st.lists(inner, min_size=2, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({'|'.join(parts)})"),
        st.builds(lambda ahead, rest: f"(?={ahead}){rest}", inner, inner),
        st.builds(lambda ahead, rest: f"(?!{ahead}){rest}", inner, inner),
    )


PATTERNS = st.builds(
    lambda start, body, end: f"{start}{body}{end}",
    st.sampled_from(["", "^"]),
    st.recursive(_ATOMS, _longer, max_leaves=6),
    st.sampled_from(["", "$"]),
)


@given(PATTERNS, st.text(alphabet="abc1-. ", max_size=8))
@settings(max_examples=300)
def test_it_finds_what_python_finds(pattern: str, text: str) -> None:
    space = Space()
    try:
        number = language(space, pattern)
    except UnknownPatternError:
        assume(False)
        return
    assert space.has(number, text) == bool(re.search(pattern, text)), (pattern, text)


@given(PATTERNS, st.integers(0, 6), st.integers(0, 6))
@settings(max_examples=200)
def test_what_it_makes_is_found_by_python(pattern: str, shortest: int, more: int) -> None:
    for text in islice(Strings().texts([pattern], [], shortest, shortest + more), 12):
        try:
            language(Space(), pattern)
        except UnknownPatternError:
            assume(False)
        assert re.search(pattern, text), (pattern, text)
        assert shortest <= len(text) <= shortest + more


@pytest.mark.parametrize(
    ("pattern", "example"),
    [
        (r"^[A-Z]{3}-\d{4}$", "ABC-1234"),
        (r"^\d{3}-\d{2}-\d{4}$", "123-45-6789"),
        (r"^(?=.*[A-Z])(?=.*\d)[A-Za-z\d]{6}$", None),
        (r"^(?!admin$)[a-z]{5}$", None),
        (r"^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$", None),
        (r"(?i)^hello$", "hello"),
        (r"\bword\b", "word"),
        (r"^\x41\u0042\t?$", "AB"),
        (r"^[\w.+-]+@[\w-]+\.[a-z]{2,}$", None),
        (r"^(?P<year>\d{4})(?:-W\d\d)?$", "1234"),
        (r"^[^\W\d_]+$", "abcd"),
        (r"\Aab\Z", "ab"),
    ],
)
def test_texts_of_patterns(pattern: str, example: str | None) -> None:
    made = list(islice(Strings().texts([pattern], [], 0, None), 30))
    assert made
    assert all(re.search(pattern, text) for text in made)
    if example is not None:
        assert made[0] == example


def test_several_patterns_at_once() -> None:
    made = list(islice(Strings().texts(["^a", "z$", r"\d{2}"], ["b", "55"], 8, 8), 20))
    assert len(made) == 20
    for text in made:
        assert re.fullmatch(r"(?=.{8}$)(?!.*b)(?!.*55)a.*\d{2}.*z", text)


def test_unicode_properties() -> None:
    strings = Strings()
    assert strings.matches(r"^\p{Lu}\p{L}+$", "Éa")
    assert not strings.matches(r"^\p{Lu}\p{L}+$", "éa")
    assert next(strings.texts([r"^\p{L}{3}\P{L}$"], [], 0, None))[:3].isalpha()


@pytest.mark.parametrize("pattern", [r"(a)\1", "(?<=a)b", "(", "a)", "[a", r"\p{Nope}", "(?*a)", "a" * 6000, "(" * 300])
def test_what_is_not_known_is_found_everywhere(pattern: str) -> None:
    with pytest.raises(UnknownPatternError):
        language(Space(), pattern)
    assert Strings().matches(pattern, "anything")


@pytest.mark.parametrize(
    "pattern", [r"^(a+)+$", r"(x+x+)+y", r"^(a|a|aa)*$", r"(.*)*b(.*)*c", r"^(([a-z])+.)+[A-Z]([a-z])+$"]
)
def test_no_pattern_blows_up(pattern: str) -> None:
    start = time.monotonic()
    Strings().matches(pattern, "a" * 2000 + "!")
    assert next(Strings().texts([pattern], [], 300, None))
    assert time.monotonic() - start < 20


@pytest.mark.parametrize("name", FORMATS)
def test_formats(name: str) -> None:
    strings = Strings()
    assert strings.has_format(name, SAMPLES[name])
    assert all(
        strings.has_format(name, text) for text in islice(strings.texts([f"^(?:{FORMATS[name]})$"], [], 5, 60), 5)
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("date", text) for text in ("2026-02-30", "2027-02-29", "26-01-01", "2026-13-01")),
        *(("time", text) for text in ("25:00:00Z", "12:00", "12:00:00")),
        *(("ipv4", text) for text in ("256.1.1.1", "1.2.3", "01.2.3.4")),
        *(("email", text) for text in ("ada", "ada@", "@example.org", "a b@example.org")),
        ("uuid", "7b0c2c6a-52f4"),
        ("ipv6", "1::2::3"),
        ("duration", "P"),
        ("uri", "no scheme"),
    ],
)
def test_what_is_no_such_format(name: str, text: str) -> None:
    assert not Strings().has_format(name, text)
    assert Strings().has_format("date", "2028-02-29")
