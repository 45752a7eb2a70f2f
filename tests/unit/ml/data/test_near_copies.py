"""Near copies among many rows are found by a tree, as they are by a matrix among fewer."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from mlops.ml.data import duplicates, near_copies
from mlops.ml.data.parquet import ROW
from mlops.ml.data.splits import Divided


def parts(copies: int, exact: int) -> Divided:
    """Honest rows, of which some of test are moved a little from a row of train, and others not at all."""
    random = np.random.default_rng(7)
    train, test = random.normal(size=(6_000, 4)), random.normal(size=(300, 4))
    train[:, 1] = random.integers(0, 30, 6_000)
    test[:, 1] = random.integers(0, 30, 300)
    test[:copies] = train[:copies] + np.array([1e-5, 0, 0, 0])
    test[copies : copies + exact] = train[copies : copies + exact]
    frames = [pl.DataFrame(rows, schema=list("abcd")).with_row_index(ROW) for rows in (train, test[:0], test)]
    return Divided(*frames)


@pytest.mark.parametrize(("copies", "exact"), [(0, 0), (40, 0), (40, 40)])
def test_a_tree_finds_what_a_matrix_finds(copies: int, exact: int, monkeypatch: pytest.MonkeyPatch) -> None:
    divided = parts(copies, exact)
    by_matrix = duplicates.near(divided, list("abcd"))
    monkeypatch.setattr(near_copies, "_MANY", 1)
    assert duplicates.near(divided, list("abcd")) == by_matrix
    assert by_matrix.failed == copies


def test_rows_are_scaled_alike_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(8)
    frame = pl.DataFrame({"a": random.normal(9, 4, 500), "b": random.integers(0, 90, 500), "c": [None, 0.25] * 250})
    centre, scale = near_copies._scaling(frame, ["a", "b", "c"])
    filled = [frame[name].cast(pl.Float64).fill_null(float(m)) for name, m in zip("abc", centre, strict=True)]
    at_once = np.asarray((np.column_stack([one.to_numpy() for one in filled]) - centre) / scale, dtype=np.float32)
    monkeypatch.setattr(near_copies, "_SCALED", 64)
    assert (near_copies._scaled(frame, ["a", "b", "c"], centre, scale) == at_once).all()
