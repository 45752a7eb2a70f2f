"""A table that nobody changed is copied, to the bytes that writing it anew would give; any other is written."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.ml.data import parquet
from mlops.ml.data.parquet import ROW

VALUES = {
    "whole": (pl.Int64, st.integers(-(2**63), 2**63 - 1)),
    "number": (pl.Float64, st.floats(allow_nan=False)),
    "truth": (pl.Boolean, st.booleans()),
    "words": (pl.String, st.text(max_size=20)),
    "day": (pl.Date, st.dates()),
    "moment": (pl.Datetime("us"), st.datetimes()),
    "picture": (pl.Binary, st.binary(max_size=40)),
}
NOTES = {"mlops.official_test": "{}"}


@st.composite
def tables(draw: st.DrawFn) -> pl.DataFrame:
    rows = draw(st.integers(0, 30))
    names = draw(st.lists(st.sampled_from(list(VALUES)), unique=True, max_size=4))
    columns = {
        name: pl.Series(
            draw(st.lists(st.none() | VALUES[name][1], min_size=rows, max_size=rows)), dtype=VALUES[name][0]
        )
        for name in names
    }
    return pl.DataFrame({ROW: pl.Series(range(rows), dtype=pl.Int64), **columns})


def again(frame: pl.DataFrame, before: pl.DataFrame | None, folder: Path, notes: dict[str, str], own: dict[str, str]):
    """Write rows beside a file of `before`; say whether it was copied, and which bytes are there and should be."""
    raw, valid, fresh = (folder / name for name in ("raw", "valid", "fresh"))
    parquet.write(frame if before is None else before, raw, own)
    parquet.write(frame, fresh, notes)
    parquet.write_again(frame, valid, notes, raw, before)
    return raw.read_bytes(), valid.read_bytes(), fresh.read_bytes()


@settings(deadline=None, max_examples=40)
@given(tables(), st.sampled_from([{}, NOTES]), st.sampled_from([{}, NOTES]), st.sampled_from([1, 3]))
def test_what_is_written_again_has_the_bytes_of_what_is_written_anew(frame, notes, own, chunks):
    """However the rows lie in memory, and whatever was noted of the file that they come from."""
    size = frame.height // chunks + 1
    lying = pl.concat([frame[start : start + size] for start in range(0, size * chunks, size)], rechunk=False)
    with TemporaryDirectory() as folder:
        raw, valid, fresh = again(lying, frame, Path(folder), notes, own)
    assert valid == fresh
    assert (raw == valid) == (notes == own)


def test_many_rows_in_many_groups_are_copied_to_the_byte(tmp_path: Path) -> None:
    rows = 300_000
    lazy = pl.LazyFrame({"x": range(rows)}).with_columns(name=pl.col("x").cast(pl.String), part=pl.col("x") % 7)
    parquet.write(lazy.with_row_index(ROW).with_columns(pl.col(ROW).cast(pl.Int64)), tmp_path / "raw")
    frame = parquet.read(tmp_path / "raw")
    parquet.write(frame, tmp_path / "fresh")
    parquet.write_again(frame, tmp_path / "valid", {}, tmp_path / "raw", frame)
    assert (tmp_path / "raw").read_bytes() == (tmp_path / "fresh").read_bytes() == (tmp_path / "valid").read_bytes()


BEFORE = pl.DataFrame({ROW: [0, 1], "x": [0.5, float("nan")], "at": [dt.date(2030, 1, 1), None]})


@pytest.mark.parametrize(
    "changed",
    [
        BEFORE.with_columns(pl.col("x").fill_nan(None)),
        BEFORE.with_columns(pl.col("x") + 1),
        BEFORE.with_columns(pl.col("x").cast(pl.Float32)),
        BEFORE.head(1),
        BEFORE.drop("at"),
        BEFORE.select(ROW, "at", "x"),
        BEFORE.reverse(),
        BEFORE.rename({"x": "y"}),
    ],
)
def test_any_change_is_written(changed: pl.DataFrame, tmp_path: Path) -> None:
    raw, valid, fresh = again(changed, BEFORE, tmp_path, {}, {})
    assert valid == fresh != raw
