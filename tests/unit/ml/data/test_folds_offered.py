"""Folds are offered where one part would tell little: of few rows, or of a class that is rare."""

from __future__ import annotations

import polars as pl
import pytest

from mlops.ml.data.inference import guess
from mlops.ml.data.parquet import ROW

CASES = [(4_999, 2_000, 5), (5_000, 2_000, None), (5_000, 499, 5), (20_000, 499, None)]


@pytest.mark.parametrize(("rows", "rare", "folds"), CASES)
def test_small_tables_and_rare_classes_are_dealt_into_folds(rows: int, rare: int, folds: int | None) -> None:
    target = ["no"] * (rows - rare) + ["yes"] * rare
    table = pl.DataFrame({ROW: range(rows), "x": [row * 37 % 1009 / 7 for row in range(rows)], "y": target})
    assert guess(table, "y").folds == folds
