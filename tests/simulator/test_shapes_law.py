"""The law of shapes: whatever the schema and whatever the text, the value fits, and is the same each time."""

from __future__ import annotations

import time
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from ringup.simulator.shapes import Shaper
from tests.simulator.schema_strategy import schemas

CHECKED = FormatChecker(["date", "email", "uuid", "ipv4", "ipv6", "regex"])
TEXTS = (
    "",
    "Ada Lovelace, 36, London. Her e-mail is ada@example.org, and she was born on 1815-12-10.",
    "kind: k1, name = Bob, tags: red, green and blue; price is 12.50, is_open: false",
    'Find 3 flights from Paris to Rome on March 5, 2027, "window seat", not cheap, https://example.org/x',
)


def errors(value: Any, schema: Any) -> list[str]:
    return [error.message for error in Draft202012Validator(schema, format_checker=CHECKED).iter_errors(value)]


@given(schemas(), st.sampled_from(TEXTS), st.booleans())
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_a_value_fits_its_schema(schema: dict[str, Any], text: str, for_tool: bool) -> None:
    def make() -> Any:
        return Shaper(text, None if for_tool else lambda: "An answer in words.").fill(schema)

    start = time.monotonic()
    value = make()
    assert time.monotonic() - start < 10
    assert errors(value, schema) == []
    assert make() == value
