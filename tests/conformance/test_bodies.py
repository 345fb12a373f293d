"""The quick part of `make conformance`: what ringup sends and what the vendors' SDKs send, for the same calls."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from conformance import sdk_calls
from conformance.bodies import ALLOWED, compare, differences, judge
from conformance.calls import calls

from ringup.simulator.calls import Received


def received(body: Any, **headers: str) -> Received:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Received(method="POST", path="/v1/x", headers=names, body=msgspec.json.encode(body))


def test_equal_requests_have_no_differences() -> None:
    ours = received({"a": 1, "b": [1, {"c": None}]}, user_agent="ringup", authorization="Bearer 1")
    theirs = received({"b": [1, {"c": None}], "a": 1}, user_agent="sdk", authorization="Bearer 2")
    assert differences(ours, theirs) == []


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        (received({"a": [1, 2]}), "body.a[1]: ours 3, theirs 2"),
        (received({"a": [1]}), "body.a: ours [1, 3], theirs [1]"),
        (received({}), "body.a: only ours, [1, 3]"),
        (received({"a": [1, 3], "b": 1}), "body.b: only theirs, 1"),
        (received({"a": [1.0, 3]}), "body.a[0]: ours 1, theirs 1.0"),
        (received({"a": [1, 3]}, accept="text/plain"), "header accept: ours '', theirs 'text/plain'"),
        (received({"a": [1, 3]}, x_api_key="k"), "header x-api-key: ours '', theirs 'a key'"),
    ],
)
def test_every_difference_is_told(theirs: Received, expected: str) -> None:
    assert differences(received({"a": [1, 3]}), theirs) == [expected]


def test_a_difference_that_no_row_allows_is_wrong() -> None:
    wrong, meant = judge("responses/a", received({"store": False, "a": 1}), received({}))
    assert wrong == ["responses/a: body.a: only ours, 1"]
    assert [row.pattern for row in meant] == [row.pattern for row in ALLOWED if "store" in row.pattern]


def test_ringup_and_the_sdks_send_the_same() -> None:
    names, met = [], set()
    for name, ours, theirs in compare(gemini=False):
        wrong, meant = judge(name, ours, theirs)
        assert wrong == []
        names.append(name)
        met.update(meant)
    assert len(names) == len(set(names)) >= 60
    assert {row for row in ALLOWED if not re.match(r"gemini", row.pattern)} == met


def test_every_call_of_an_sdk_is_one_of_the_table() -> None:
    tables = {
        "chat_completions": sdk_calls.CHAT,
        "responses": sdk_calls.RESPONSES,
        "anthropic_messages": sdk_calls.MESSAGES,
    }
    for wire, table in tables.items():
        assert {f"{wire}/{name}" for name in table} <= {name for name, _ in calls(wire)}
