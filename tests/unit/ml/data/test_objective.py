from __future__ import annotations

import datetime

import polars as pl
import pytest

from mlops.errors import ConfigurationError
from mlops.ml.data.objective import guess_task


def _repeat(values: list[object], rows: int = 400) -> pl.Series:
    return pl.Series("t", [values[index % len(values)] for index in range(rows)])


@pytest.mark.parametrize(
    ("values", "kind", "task"),
    [
        ([True, False], "bool", "binary"),
        (["a", "b"], "category", "binary"),
        ([0, 1], "int", "binary"),
        ([0.0, 1.5], "float", "binary"),
        (["a", "b", "c"], "category", "multiclass"),
        ([f"c{index}" for index in range(40)], "string", "multiclass"),
        (list(range(20)), "int", "multiclass"),
        ([float(index) for index in range(5)], "float", "multiclass"),
        (list(range(21)), "int", "regression"),
        ([index / 7 for index in range(50)], "float", "regression"),
    ],
)
def test_the_values_tell_the_task(values: list[object], kind: str, task: str) -> None:
    assert guess_task(_repeat(values), kind) == task


def test_few_fractional_values_need_a_word_from_the_user() -> None:
    target = _repeat([1.0, 1.5, 2.0, 2.5])
    with pytest.raises(ConfigurationError) as caught:
        guess_task(target, "float")
    assert str(caught.value) == "`t` has 4 distinct fractional values: classes or a number?"
    assert caught.value.hint == "say which: --task multiclass or --task regression"
    assert guess_task(target, "float", "regression") == "regression"


@pytest.mark.parametrize(
    ("values", "kind", "asked", "message"),
    [
        (["a"], "category", None, "`t` has one value only: there is nothing to learn"),
        ([datetime.date(2024, 1, 1), datetime.date(2024, 1, 2)], "date", None, "`t` is a date; a target is a class or"),
        ([f"c{index}" for index in range(51)], "string", None, "`t` has 51 distinct texts: too many for classes"),
        (["a", "b", "c"], "category", "binary", "`t` has 3 distinct values; a binary task needs exactly 2"),
        (["a", "b"], "category", "multiclass", "`t` has 2 distinct values; a multiclass task needs at least 3"),
        (["a", "b"], "category", "regression", "`t` holds category values, not numbers to regress on"),
        (["a", "b"], "category", "ranking", "unknown task `ranking`"),
        (["a", "b", *["c"] * 98], "category", None, "2 of 3 classes of `t` have fewer than 10 rows"),
    ],
)
def test_what_fits_no_task_is_refused_with_a_reason_and_a_cure(
    values: list[object], kind: str, asked: str | None, message: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        guess_task(_repeat(values), kind, asked)
    assert str(caught.value).startswith(message)
    assert caught.value.hint


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(ConfigurationError) as caught:
        guess_task(_repeat([1, 2], rows=29), "int")
    assert str(caught.value) == "`t` has 29 rows with a value; at least 30 are needed for three parts"
