"""The simulator's own check of values against schemas says what the reference implementation says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from ringup.simulator.shapes.fits import Checker, is_multiple
from ringup.simulator.shapes.schemas import clean
from ringup.simulator.shapes.shaper import Shaper
from ringup.simulator.shapes.strings import Strings
from tests.simulator.real_shapes import BY_HAND
from tests.simulator.schema_strategy import NAMES, schemas

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-20, 120), st.sampled_from([0.5, 1.0, -2.25, "red", "", "ABC-1234", "abcdef"])
)
KEYS = st.sampled_from([*NAMES, "a", "b", "body", "value", "next", "nodes", "tree", "n_a", "country", "zip"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=8,
)


def fits(value: Any, schema: Any) -> bool:
    root = clean(schema)
    return Checker(root, Strings(formats=False)).fits(value, root)


def spoiled(value: Any, way: int, other: Any) -> Any:
    """A value with one thing in it changed: taken out, put in, or put in its place."""
    if isinstance(value, dict) and value:
        key = sorted(value)[way % len(value)]
        rest = {name: inner for name, inner in value.items() if name != key}
        return [rest, value | {"more": other}, value | {key: spoiled(value[key], way // 3, other)}][way % 3]
    if isinstance(value, list) and value:
        return [value[1:], [*value, other], [spoiled(value[0], way // 3, other), *value[1:]]][way % 3]
    return other


@given(schemas(), VALUES, st.integers(0, 40))
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_it_agrees_with_the_reference(schema: dict[str, Any], other: Any, way: int) -> None:
    reference = Draft202012Validator(schema)
    good = Shaper("Ada, 36", lambda: "An answer.").fill(schema)
    for value in (good, spoiled(good, way, other), other):
        assert fits(value, schema) == reference.is_valid(value), value


@given(st.sampled_from(sorted(set(BY_HAND) - {"unevaluated"})), VALUES, st.integers(0, 40))
@settings(max_examples=200)
def test_it_agrees_on_shapes_by_hand(name: str, other: Any, way: int) -> None:
    reference = Draft202012Validator(BY_HAND[name])
    good = Shaper("Ada, 36").fill(BY_HAND[name])
    for value in (good, spoiled(good, way, other), other):
        assert fits(value, BY_HAND[name]) == reference.is_valid(value), value


@pytest.mark.parametrize(
    ("value", "step", "expected"),
    [(6, 3, True), (7, 3, False), (0.3, 0.1, False), (0.5, 0.25, True), (4.0, 2, True), (-9, 3, True), (0, 0.01, True)],
)
def test_multiples(value: float, step: float, expected: bool) -> None:
    assert is_multiple(value, step) is expected
