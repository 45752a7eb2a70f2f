"""A few rows of a table: as many as asked, some of every class, in their order, the same ones each time."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from mlops.ml.data.extract import Extract
from mlops.ml.data.parquet import ROW

CLASSES = st.lists(st.sampled_from(["a", "b", None, "c"]), min_size=1, max_size=80)


def table(classes: list[str | None]) -> pl.DataFrame:
    return pl.DataFrame({ROW: range(len(classes)), "y": pl.Series(classes, dtype=pl.String)})


@given(CLASSES, st.integers(1, 40), st.integers(0, 9))
def test_every_value_keeps_its_share_or_the_least(classes: list[str | None], rows: int, least: int) -> None:
    frame, asked = table(classes), Extract(rows=rows, stratum="y", least=least)
    found = asked.of(frame)
    assert found.equals(asked.of(frame))
    assert found[ROW].is_sorted()
    assert found[ROW].is_unique().all()
    if frame.height <= rows:
        assert found.equals(frame)
        return
    for value in set(classes):
        size, kept = (each["y"].to_list().count(value) for each in (frame, found))
        assert kept == min(size, max(-(-size * rows // len(classes)), least))


def test_without_classes_as_many_are_drawn_as_asked() -> None:
    frame = table(["a"] * 50)
    assert Extract(rows=7).of(frame).height == 7
    assert Extract(rows=7, stratum="absent").of(frame)[ROW].to_list() == Extract(rows=7).of(frame)[ROW].to_list()


def test_of_rows_in_time_the_last_are_kept() -> None:
    assert Extract(rows=2, stratum="y", ordered=True).of(table(["a"] * 9))[ROW].to_list() == [7, 8]
