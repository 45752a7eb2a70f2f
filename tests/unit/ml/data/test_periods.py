from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.errors import DataError
from mlops.ml.data.periods import apart, block_length, blocks, periods

DAYS = st.dates(date(1900, 1, 1), date(2200, 1, 1))


def dates(*values: Any) -> pl.Series:
    return pl.Series("day", values)


@pytest.mark.parametrize(
    ("every", "first", "second", "distance"),
    [
        ("hour", datetime(1969, 12, 31, 23, 59), datetime(1970, 1, 1, 0, 0), 1),
        ("hour", datetime(2020, 1, 1, 5), datetime(2020, 1, 2, 5, 59), 24),
        ("day", date(1969, 12, 31), date(1970, 1, 1), 1),
        ("day", datetime(1969, 12, 31, 12), datetime(1970, 1, 1, 12), 1),
        ("week", date(2024, 12, 29), date(2024, 12, 30), 1),  # from Sunday to Monday
        ("week", date(2024, 12, 30), date(2025, 1, 5), 0),
        ("month", date(2024, 1, 31), date(2024, 2, 29), 1),
        ("month", date(2023, 12, 1), date(2024, 12, 31), 12),
        ("quarter", date(2023, 12, 31), date(2024, 1, 1), 1),
        ("year", date(2023, 1, 1), date(2025, 12, 31), 2),
    ],
)
def test_a_distance_in_time_is_a_difference(every: Any, first: Any, second: Any, distance: int) -> None:
    found = periods(dates(first, second), every)
    assert found.dtype == pl.Int64
    assert found[1] - found[0] == distance


@given(DAYS, st.integers(1, 400))
def test_days_and_weeks_are_counted_without_gaps(day: date, apart_by: int) -> None:
    later = day + timedelta(days=7 * apart_by)
    assert periods(dates(day, later), "day").diff()[1] == 7 * apart_by
    assert periods(dates(day, later), "week").diff()[1] == apart_by


def test_a_zone_does_not_move_an_hour() -> None:
    there = pl.Series("day", [datetime(2024, 6, 1, 12, tzinfo=UTC)]).dt.convert_time_zone("Asia/Tokyo")
    assert periods(there, "day")[0] == periods(dates(date(2024, 6, 1)), "day")[0]


@pytest.mark.parametrize(
    ("values", "every", "said"),
    [
        (dates(1949, 1950), "year", "`day` is Int64, not a date"),
        (dates(date(2024, 1, 1)), "hour", "`day` has days, not hours"),
        (dates(date(2024, 1, 1), None), "day", "1 of 2 rows have no date in `day`"),
    ],
)
def test_what_is_no_date_is_refused(values: pl.Series, every: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        periods(values, every)


@given(st.lists(st.integers(0, 60), min_size=3, max_size=40), st.integers(1, 9), st.data())
def test_no_target_of_a_part_is_unknown_where_the_next_part_begins(
    times: list[int], horizon: int, data: st.DataObject
) -> None:
    numbers = np.array(sorted(times))
    cuts = sorted(data.draw(st.lists(st.integers(0, 60), min_size=2, max_size=2)))
    parts = np.searchsorted(cuts, numbers, side="right").astype(np.int64)
    stays = apart(numbers, parts, horizon)
    assert stays[parts == parts.max()].all()
    for part in range(2):
        earlier, later = numbers[stays & (parts <= part)], numbers[parts > part]
        if len(earlier) and len(later):
            assert earlier.max() <= later.min() - horizon  # the first origin of what follows


def test_a_horizon_of_one_leaves_nothing_out() -> None:
    assert apart(np.arange(9), np.arange(9) // 3, 1).all()


@pytest.mark.parametrize(("count", "horizon", "length"), [(27, 1, 3), (28, 1, 4), (39, 3, 4), (39, 7, 7), (1, 1, 1)])
def test_a_block_is_as_long_as_the_cube_root_of_the_periods_and_the_horizon(
    count: int, horizon: int, length: int
) -> None:
    assert block_length(np.arange(count), horizon) == length


def test_all_series_of_a_period_are_in_one_block() -> None:
    numbers = np.repeat(np.arange(100, 130), 3)
    found = blocks(numbers, 5)
    assert found.tolist() == [(number - 100) // 5 for number in numbers]
    assert blocks(np.array([], dtype=np.int64), 5).tolist() == []
