"""Whole numbers that name something are told from those that count or measure."""

from __future__ import annotations

import polars as pl
import pytest

from mlops.ml.data.codes import is_code


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("month", [1, 2, 3]),
        ("zip", list(range(10_000, 10_900, 3))),
        ("Zip Code", [10_115, 10_117, 80_331]),
        ("store_id", list(range(300))),
        ("storeId", [1, 2, 3]),
        ("diagnosis_code", [1, 2, 9]),
        ("x", [101, 205, 311, 999]),
    ],
)
def test_names_are_codes(name: str, values: list[int]) -> None:
    assert is_code(pl.Series(name, values * 2))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("visits", [0, 1, 2, 3]),
        ("year", list(range(1990, 2010))),
        ("dose", [100, 200, 500]),
        ("horsepower", list(range(46, 230, 3))),
        ("months", list(range(1, 70))),
        ("code", list(range(1000))),
        ("paid", [3, 70]),
        ("age", list(range(18, 90))),
    ],
)
def test_counts_and_measures_are_numbers(name: str, values: list[int]) -> None:
    assert not is_code(pl.Series(name, values * 2))
