"""Copies and shared keys among many rows are found as they are among fewer."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.ml.data import duplicates, sample
from mlops.ml.data.parquet import ROW
from mlops.ml.data.splits import Divided

COLUMNS = ["a", "b", "c", "city", "y"]


def divided(rows: int, copies: int, *, coarse: bool = False) -> Divided:
    """Rows of which some of validation and test are copies of rows of train; coarse ones cannot be told apart."""
    draw = np.random.default_rng(5)
    numbers = {name: draw.integers(0, 2, rows) if coarse else draw.normal(size=rows) for name in "abc"}
    if not coarse:
        numbers["a"] = np.where(
            draw.random(rows) < 0.2, np.nan, numbers["a"]
        )  # many are missing: the others still tell
    frame = pl.DataFrame(
        {ROW: range(rows), **numbers, "city": draw.choice(["Bonn", "Rome"], rows), "y": draw.random(rows) < 0.3}
    )
    train, validation, test = frame[: rows // 2], frame[rows // 2 : 3 * rows // 4], frame[3 * rows // 4 :]
    return Divided(train, validation, pl.concat([train[:copies], test[copies:]]))


@pytest.mark.parametrize(("copies", "coarse"), [(0, False), (400, False), (0, True), (400, True)])
def test_copies_are_counted_over_all_rows_whatever_the_sample(
    copies: int, coarse: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = divided(8_000, copies, coarse=coarse)
    of_all = duplicates.exact(parts, COLUMNS)
    monkeypatch.setattr(sample, "MOST", 500)
    assert duplicates.exact(parts, COLUMNS) == of_all
    assert of_all.failed == (0 if coarse else copies)


KEYS = st.lists(st.one_of(st.none(), st.integers(0, 40)), min_size=0, max_size=120)


@settings(deadline=None, max_examples=60)
@given(st.tuples(KEYS, KEYS, KEYS))
def test_keys_in_two_parts_are_counted_one_by_one(keys):
    parts = Divided(*(pl.DataFrame({"key": pl.Series(part, dtype=pl.Int64)}) for part in keys))
    known = [[value for value in part if value is not None] for part in keys]
    values = {value for part in known for value in part}
    rows = {value: sum(part.count(value) for part in known) for value in values}
    shared = sum(sum(value in part for part in known) > 1 for value in values)
    found = duplicates.things(parts, "key")
    if len(values) < 20 or sum(count > 1 for count in rows.values()) < 5:
        assert found is None
    else:
        assert (found.failed, found.total) == (shared, len(values))
