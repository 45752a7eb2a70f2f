"""Distinct values are counted as a hash table counts them, whichever way is taken."""

from __future__ import annotations

import datetime as dt
import math

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops.ml.data import columns, distinct_values

FLOATS = st.floats(allow_nan=True) | st.sampled_from([0.0, -0.0, math.inf, -math.inf, 1.5])
DAYS = st.dates(dt.date(1990, 1, 1), dt.date(1990, 3, 1)) | st.dates()
KINDS = {
    pl.Int8(): st.integers(-128, 127),
    pl.UInt8(): st.integers(0, 255),
    pl.Int64(): st.integers(-5, 5) | st.integers(-(2**63), 2**63 - 1),
    pl.UInt64(): st.integers(0, 5) | st.integers(0, 2**64 - 1),
    pl.Float32(): st.floats(width=32),
    pl.Float64(): FLOATS,
    pl.Boolean(): st.booleans(),
    pl.String(): st.text(max_size=2),
    pl.Date(): DAYS,
    pl.Datetime("us"): st.datetimes(),
}


@st.composite
def series(draw: st.DrawFn) -> pl.Series:
    kind = draw(st.sampled_from(list(KINDS)))
    some = draw(st.lists(KINDS[kind], max_size=4))
    value = KINDS[kind] if not some else st.sampled_from(some) | KINDS[kind]
    return pl.Series("x", draw(st.lists(st.none() | value, max_size=40)), dtype=kind)


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(values=series())
def test_as_many_are_counted_as_by_a_hash_table(values: pl.Series, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distinct_values, "_MANY", 1)
    monkeypatch.setattr(distinct_values, "_AT_ONCE", 4)
    assert distinct_values.count(values) == values.drop_nulls().n_unique()


@pytest.mark.parametrize("step", [1, 1_000_003])
def test_many_whole_numbers_are_marked_or_sorted(step: int) -> None:
    values = pl.Series([*range(0, 150_000 * step, step), None, 0, step])
    assert distinct_values.count(values) == 150_000


def test_of_a_column_without_repeats_as_many_are_told_without_a_look() -> None:
    frame = pl.DataFrame({"__row__": [0, 1, 2], "key": [7, None, 9], "x": [1, 1, None]})
    assert columns.distincts(frame, ["key"]) == columns.distincts(frame) == {"key": 2, "x": 1}
