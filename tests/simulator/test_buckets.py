"""Rate limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringup.simulator.buckets import DEFAULT_RPM, MAX_KEYS, Buckets
from ringup.simulator.headers import go_duration, mask


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_requests_run_out_and_come_back() -> None:
    clock = Clock()
    buckets = Buckets(clock, rpm=3)
    assert [buckets.take("a", 1, 1) for _ in range(3)] == [None] * 3
    short = buckets.take("a", 1, 1)
    assert short
    assert (short.what, short.limit, short.remaining, short.wanted) == ("requests", 3, 0, 1)
    assert short.wait == pytest.approx(20.0)
    clock.now += short.wait
    assert buckets.take("a", 1, 1) is None


def test_each_key_has_its_own() -> None:
    buckets = Buckets(Clock(), rpm=1)
    assert buckets.take("a", 1, 1) is None
    assert buckets.take("b", 1, 1) is None
    assert buckets.take("a", 1, 1)


def test_tokens_run_out() -> None:
    clock = Clock()
    buckets = Buckets(clock, tpm=600)
    assert buckets.take("a", 400, 100) is None
    short = buckets.take("a", 150, 50)
    assert short
    assert (short.what, short.remaining, short.wanted) == ("tokens", 100, 200)
    assert short.wait == pytest.approx(10.0)
    levels = buckets.levels("a")
    assert levels["tokens"].remaining == 100
    assert levels["input-tokens"].remaining == 200
    assert levels["output-tokens"].remaining == 500
    assert levels["tokens"].reset == pytest.approx(50.0)
    assert levels["requests"].remaining == DEFAULT_RPM - 1


def test_a_request_larger_than_the_bucket_never_fits() -> None:
    clock = Clock()
    buckets = Buckets(clock, tpm=100)
    assert buckets.take("a", 101, 0)
    clock.now += 3600
    assert buckets.take("a", 101, 0)
    assert buckets.take("a", 100, 0) is None


def test_the_keys_that_are_remembered_are_bounded() -> None:
    buckets = Buckets(Clock(), rpm=1)
    for number in range(MAX_KEYS + 5):
        assert buckets.take(str(number), 0, 0) is None
    assert buckets.take("0", 0, 0) is None
    assert buckets.take(str(MAX_KEYS + 4), 0, 0)


@given(st.lists(st.tuples(st.floats(0, 30), st.integers(0, 50), st.integers(0, 50)), max_size=40))
def test_no_more_is_given_than_flows_in(steps: list[tuple[float, int, int]]) -> None:
    clock = Clock()
    buckets = Buckets(clock, rpm=20, tpm=300)
    requests = tokens = 0
    for pause, read, written in steps:
        clock.now += pause
        if buckets.take("a", read, written) is None:
            requests, tokens = requests + 1, tokens + read + written
    minutes = (clock.now - 1000) / 60
    assert requests <= 20 * (1 + minutes) + 1e-6
    assert tokens <= 300 * (1 + minutes) + 1e-6


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (0.012, "12ms"), (1, "1s"), (1.5, "1.5s"), (360, "6m0s"), (3723.5, "1h2m3.5s"), (3600, "1h0m0s")],
)
def test_durations_as_go_writes_them(seconds: float, text: str) -> None:
    assert go_duration(seconds) == text


def test_keys_are_masked() -> None:
    assert mask("authorization", "Bearer sk-1234567890abcdef") == "Bearer ***cdef"
    assert mask("x-api-key", "sk-ant-1234567890abcdef") == "***cdef"
    assert mask("x-api-key", "short") == "***"
    assert mask("accept", "application/json") == "application/json"
