"""A gap before each later part of a split by time: what happened just before a part tells of its first rows."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.errors import DataError
from mlops.ml.data.parquet import ROW
from mlops.ml.data.splits import Plan, apart_by, assign


def kept(keys: list[Any], gap: int) -> pl.DataFrame:
    frame = pl.DataFrame({ROW: range(len(keys)), "at": keys, "y": [row % 2 for row in range(len(keys))]})
    plan = Plan(by="time", key="at", target="y", gap=gap)
    parts = assign(frame, plan)
    return frame.with_columns(parts.alias("part")).filter(apart_by(frame, parts, plan))


@given(st.lists(st.integers(0, 300), min_size=10, max_size=80), st.integers(1, 30))
def test_parts_are_at_least_a_gap_apart_and_test_loses_nothing(days: list[int], gap: int) -> None:
    begun = date(2024, 1, 1)
    found = kept([begun + timedelta(days=day) for day in days], gap)
    for part in (1, 2):
        earlier, later = found.filter(pl.col("part") < part)["at"], found.filter(pl.col("part") >= part)["at"]
        if earlier.len() and later.len():
            assert (later.min() - earlier.max()).days >= gap  # type: ignore[operator,union-attr]
    assert found.filter(pl.col("part") == 2).height == kept_in_test(days)


def kept_in_test(days: list[int]) -> int:
    frame = pl.DataFrame({ROW: range(len(days)), "at": days, "y": [0] * len(days)})
    return int((assign(frame, Plan(by="time", key="at", target="y")) == 2).sum())


@pytest.mark.parametrize(
    "keys",
    [list(range(10)), [datetime(2024, 1, 1) + timedelta(days=day) for day in range(10)]],
    ids=["numbers", "times"],
)
def test_a_gap_is_days_of_dates_and_units_of_numbers(keys: list[Any]) -> None:
    assert kept(keys, 2)[ROW].to_list() == [0, 1, 2, 3, 4, 6, 8, 9]


def test_text_has_no_gap() -> None:
    with pytest.raises(DataError) as caught:
        kept([f"2024-{month:02}" for month in range(1, 11)], 2)
    assert caught.value.message == "`at` is text, in which no `gap` can be measured"
