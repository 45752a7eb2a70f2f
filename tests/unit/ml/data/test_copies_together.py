"""`split: {copies: together}`: no copy of a row, whole or almost, is in another part; other rows stay."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from mlops.errors import DataError
from mlops.ml.data import copies, duplicates, splits
from mlops.ml.data.parquet import ROW
from mlops.ml.data.splits import Divided, Plan

FEATURES = list("abcd")


def table(whole: int, almost: int, rows: int = 400) -> pl.DataFrame:
    """Honest rows; behind them so many whole copies of the first, and so many that are moved by a hair."""
    random = np.random.default_rng(3)
    honest = random.normal(size=(rows, 4))
    moved = honest[whole : whole + almost] + np.array([1e-6, 0, 0, 0])
    frame = pl.DataFrame(np.vstack([honest, honest[:whole], moved]), schema=FEATURES)
    target = np.concatenate([random.integers(0, 2, rows), np.zeros(whole + almost, dtype=int)])
    target[rows : rows + whole] = target[:whole]
    return frame.with_columns(y=pl.Series(target)).with_row_index(ROW).cast({ROW: pl.Int64})


def divided(frame: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    before = splits.assign(frame, Plan(by="random", target="y"))
    return before, copies.together(frame, before, FEATURES, "y")


@pytest.mark.parametrize(("whole", "almost"), [(0, 0), (40, 0), (0, 40), (30, 30)])
def test_copies_stand_where_the_first_does_and_others_stay(whole: int, almost: int) -> None:
    frame = table(whole, almost)
    before, after = divided(frame)
    assert after.head(400).to_list() == before.head(400).to_list()
    assert after.tail(whole + almost).to_list() == before.head(whole + almost).to_list()
    found = [
        duplicates.exact(Divided.of(frame, after), [*FEATURES, "y"]),
        duplicates.near(Divided.of(frame, after), FEATURES),
    ]
    assert [check.failed for check in found] == [0, 0]
    assert copies.many(frame, FEATURES, "y") == (whole + almost > 0)


def test_without_the_key_such_a_table_is_refused() -> None:
    frame = table(40, 0)
    before, _ = divided(frame)
    assert duplicates.exact(Divided.of(frame, before), [*FEATURES, "y"]).blocks


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_says_nothing(seed: int) -> None:
    frame = table(20, 20, 120)
    shuffled = frame[np.random.default_rng(seed).permutation(frame.height)]
    plan = Plan(by="random", target="y")
    one, other = (
        each.select(ROW).with_columns(copies.together(each, splits.assign(each, plan), FEATURES, "y").alias("part"))
        for each in (frame, shuffled)
    )
    assert one.equals(other.sort(ROW))


def test_rows_that_hang_together_by_the_tenth_are_refused() -> None:
    frame = table(0, 0)
    same = frame.with_columns(
        pl.when(pl.col(ROW) < 60).then(pl.col(name).first()).otherwise(name) for name in (*FEATURES, "y")
    )
    with pytest.raises(DataError) as raised:
        copies.together(same, pl.Series([0]).new_from_index(0, 400), FEATURES, "y")
    assert raised.value.message == "60 of 400 rows are copies of each other, whole or almost, from one to the next"
    assert raised.value.hint == "name what they share: split: {by: group, key: COLUMN}"


def test_few_columns_of_few_values_have_no_copies() -> None:
    random = np.random.default_rng(4)
    frame = pl.DataFrame(random.integers(0, 2, (300, 5)), schema=[*FEATURES, "y"]).with_row_index(ROW)
    parts = pl.Series(range(300))
    assert copies.together(frame, parts, FEATURES, "y").equals(parts)
    assert not copies.many(frame, FEATURES, "y")
