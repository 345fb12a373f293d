"""A point in time as a person types it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import click
import pytest

from ringup.cli.when import WHEN, moment

ZONE = timezone(timedelta(hours=2))
NOW = datetime(2026, 11, 23, 12, 30, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("now", "2026-11-23T12:30:00+02:00"),
        ("90s", "2026-11-23T12:28:30+02:00"),
        ("15 min ago", "2026-11-23T12:15:00+02:00"),
        ("1.5h", "2026-11-23T11:00:00+02:00"),
        ("3D", "2026-11-20T12:30:00+02:00"),
        ("2w", "2026-11-09T12:30:00+02:00"),
        ("today", "2026-11-23T00:00:00+02:00"),
        (" Yesterday ", "2026-11-22T00:00:00+02:00"),
        ("9:05", "2026-11-23T09:05:00+02:00"),
        ("2026-11-20", "2026-11-20T00:00:00+02:00"),
        ("2026-11-20 14:30", "2026-11-20T14:30:00+02:00"),
        ("2026-11-20T14:30Z", "2026-11-20T14:30:00+00:00"),
    ],
)
def test_what_it_means(text: str, meant: str) -> None:
    assert moment(text, NOW).isoformat() == meant


@pytest.mark.parametrize("text", ["", "soon", "25:00", "2026-13-01", "-2h", "9999999999999d", "2 fortnights"])
def test_what_it_cannot_mean(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no point in time\. Try 30s, 15m, 2h"):
        moment(text, NOW)
    with pytest.raises(click.BadParameter, match="is no point in time"):
        WHEN.convert(text, None, None)


def test_without_a_zone_it_is_the_machine_s() -> None:
    now = datetime(2026, 7, 1, 12, 0)
    assert moment("2026-01-02", now) == datetime(2026, 1, 2).astimezone()
    assert moment("1h", now) == datetime(2026, 7, 1, 11).astimezone()
    found = WHEN.convert("2h", None, None)
    assert timedelta(hours=2) <= datetime.now(UTC) - found < timedelta(hours=2, minutes=5)
