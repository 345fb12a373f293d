"""What calls cost in sums: exact, with what isn't known beside them, and never as 0."""

from __future__ import annotations

from contextlib import closing
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringup.errors import ConfigurationError, ParameterError
from ringup.ledger import Spent, costs, total
from ringup.ledger._schema import open_ledger

DAY = 86_400_000_000
NOON = 1_795_435_200_000_000  # 2026-11-23 12:00 UTC

CALL: dict[str, Any] = {
    "kind": "answer",
    "provider": "openai",
    "wire": "chat_completions",
    "model": "gpt-4o-mini",
    "stream": 0,
    "queued": NOON,
    "outcome": "answered",
    "attempts": 1,
    "maybe_billed": 0,
    "usage_estimated": 0,
    "cost_estimated": 0,
    "notices": "[]",
    "level": "metadata",
}
TRY: dict[str, Any] = {"sent": NOON, "maybe_billed": 0, "cost_estimated": 0}


def write(path: Path, *calls: dict[str, Any]) -> None:
    """Rows of calls; "tries" are those before the last one, "tags" their tags."""
    with closing(open_ledger(path)) as connection:
        for id, given in enumerate(calls, 1):
            call = {**CALL, "id": id, **given}
            tries, tags = call.pop("tries", []), call.pop("tags", {})
            call["attempts"] = len(tries) + 1
            _insert(connection, "calls", call)
            for number, one in enumerate([*tries, {}], 1):
                _insert(connection, "attempts", {**TRY, "call": id, "number": number, **one})
            for name, value in tags.items():
                _insert(connection, "tags", {"call": id, "name": name, "value": value})


def _insert(connection: Any, table: str, row: dict[str, Any]) -> None:
    connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", [*row.values()])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "calls.db"
    write(
        path,
        {"cost_usd": "0.1", "input_tokens": 10, "output_tokens": 5, "session": "a", "tags": {"team": "x"}},
        {"cost_usd": "0.2", "input_tokens": 20, "cache_read_tokens": 8, "cost_estimated": 1, "queued": NOON + DAY},
        {"cost_unknown": "no price", "model": "llama", "input_tokens": 3, "tags": {"team": "y"}},
        {"outcome": "failed"},  # refused: nothing is billed
        {"outcome": "failed", "maybe_billed": 1, "session": "a"},
        {"provider": "sim", "model": "sim/small", "input_tokens": 7, "cost_unknown": "no price"},
        {"cost_usd": "0.01", "tries": [{"cost_usd": "0.004", "cost_estimated": 1, "input_tokens": 2}, {}]},
        {"cost_usd": "1E-7", "tries": [{"cost_unknown": "it broke off"}], "provider": "anthropic", "model": "claude"},
    )
    return path


def row(spent: Spent) -> tuple[Any, ...]:
    cost = None if spent.cost_usd is None else f"{spent.cost_usd:f}"
    return spent.key, spent.free, spent.calls, spent.unknown, spent.estimated, cost


def test_by_model(path: Path) -> None:
    assert [row(spent) for spent in costs(path, "model")] == [
        ("openai/gpt-4o-mini", False, 5, 1, 2, "0.314"),
        ("anthropic/claude", False, 1, 1, 0, "0.0000001"),
        ("openai/llama", False, 1, 1, 0, None),
        ("sim/small", True, 1, 0, 0, "0"),
    ]
    first = costs(path, "model")[0]
    assert (first.input_tokens, first.output_tokens, first.cache_read_tokens) == (32, 5, 8)


def test_by_day_session_provider_and_tag(path: Path) -> None:
    days = costs(path)
    assert [spent.free for spent in days] == [False, True, False]
    assert days[0].key == days[1].key
    assert (days[2].key or "") > (days[0].key or "")
    assert {spent.key: spent.calls for spent in costs(path, "session") if not spent.free} == {"a": 2, None: 5}
    assert {spent.key: spent.calls for spent in costs(path, "provider")} == {"openai": 6, "anthropic": 1, "sim": 1}
    assert [row(spent)[:3] for spent in costs(path, "tag:team") if spent.key] == [("x", False, 1), ("y", False, 1)]
    assert row(total(days)) == (None, False, 8, 3, 2, "0.3140001")
    assert total(costs(path, "provider", model="sim/*")).free


def test_filters_and_nothing(path: Path, tmp_path: Path) -> None:
    assert row(costs(path, "provider", model="gpt-4o*", session="a")[0]) == ("openai", False, 2, 1, 0, "0.1")
    assert costs(path, since="2027-01-01") == []
    assert costs(tmp_path / "none.db", "model") == []
    only_refused = tmp_path / "refused.db"
    write(only_refused, {"outcome": "failed"})
    assert row(costs(only_refused, "provider")[0]) == ("openai", False, 1, 0, 0, "0")


def test_what_is_wrong(path: Path, tmp_path: Path) -> None:
    for by in ("hour", "tag:", "tag"):
        with pytest.raises(ParameterError, match="tag:NAME"):
            costs(path, by)
    with pytest.raises(ParameterError, match="isn't a time"):
        costs(tmp_path / "none.db", since="soon")
    (tmp_path / "text.db").write_text("no database, and longer than its header would be: " * 20)
    with pytest.raises(ConfigurationError, match="can't be read"):
        costs(tmp_path / "text.db")


MONEY = st.decimals(min_value=0, max_value=10**9, places=15, allow_nan=False, allow_infinity=False)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("costs") / "calls.db"


@settings(max_examples=40)
@given(calls=st.lists(st.tuples(MONEY | st.none(), st.sampled_from(["a", "b", None])), max_size=12))
def test_a_sum_is_exact_whatever_it_is_by(shared: Path, calls: list[tuple[Decimal | None, str | None]]) -> None:
    with closing(open_ledger(shared)) as connection:
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("DELETE FROM calls")
    write(shared, *[{"cost_usd": None if cost is None else str(cost), "session": name} for cost, name in calls])
    with localcontext(prec=60):
        known = [cost for cost, _ in calls if cost is not None]
        for by in ("day", "session"):
            whole = total(costs(shared, by))
            assert (whole.cost_usd or 0) == sum(known)
            assert (whole.calls, whole.unknown) == (len(calls), len(calls) - len(known))
