from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.monitor.windows import MOMENT, Window, closed, counted, silent

pytestmark = pytest.mark.slow

START = datetime(2026, 11, 2, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("period", "until", "most", "spans"),
    [
        ("hour", "2026-11-02T12:59", 30, ["02T10/02T11", "02T11/02T12"]),
        ("day", "2026-11-05T00:00", 30, ["02T00/03T00", "03T00/04T00", "04T00/05T00"]),
        ("day", "2026-11-05T00:00", 2, ["03T00/04T00", "04T00/05T00"]),
        ("week", "2026-11-18T00:00", 30, ["02T00/09T00", "09T00/16T00"]),
        ("month", "2026-11-30T23:59", 30, []),
        ("month", "2027-03-02T00:00", 30, ["01T00/01T00"] * 4),
        ("day", "2026-11-02T23:59", 30, []),
    ],
)
def test_windows_follow_the_calendar(period: str, until: str, most: int, spans: list[str]) -> None:
    found = closed(START, datetime.fromisoformat(until).replace(tzinfo=UTC), period, most)
    assert [f"{window.start:%dT%H}/{window.end:%dT%H}" for window in found] == spans
    assert all(before.end == after.start for before, after in pairwise(found))


def test_months_have_their_own_lengths() -> None:
    found = closed(START, datetime(2027, 3, 2, tzinfo=UTC), "month", 30)
    assert [(window.end - window.start).days for window in found] == [30, 31, 31, 28]
    assert found[0].name == "2026-11-01"


def moments(*seconds: int) -> pl.Series:
    times = [START + timedelta(seconds=second) for second in seconds]
    return pl.Series("at", times, dtype=pl.Datetime("us", "UTC"))


def test_windows_of_so_many_records_keep_a_batch_whole() -> None:
    times = moments(0, 1, 1, 1, 5, 6, 7)
    end = START + timedelta(days=1)
    assert counted(times, end, 2, 30) == (
        Window(START, START + timedelta(seconds=1) + MOMENT),
        Window(START + timedelta(seconds=1) + MOMENT, START + timedelta(seconds=6) + MOMENT),
    )
    assert counted(times, end, 2, 1) == counted(times, end, 2, 30)[-1:]
    assert counted(times, START + timedelta(seconds=5), 2, 30) == counted(times, end, 2, 1 + 29)[:1]
    assert counted(times, end, 8, 30) == counted(moments(), end, 2, 30) == ()


@given(st.lists(st.integers(0, 60), max_size=80).map(sorted), st.integers(1, 20))
def test_later_records_change_no_window_that_has_ended(seconds: list[int], rows: int) -> None:
    every = counted(moments(*seconds), START + timedelta(days=1), rows, 100)
    inside = [sum(w.start <= START + timedelta(seconds=s) < w.end for s in seconds) for w in every]
    assert all(count >= rows for count in inside)
    for second in set(seconds):
        then = counted(moments(*(s for s in seconds if s <= second)), START + timedelta(seconds=second), rows, 100)
        assert then == every[: len(then)]


def test_a_count_of_records_has_no_length() -> None:
    assert silent(START, START + timedelta(days=8), None, 3)
    assert not silent(START, START + timedelta(days=60), "month", 3)
