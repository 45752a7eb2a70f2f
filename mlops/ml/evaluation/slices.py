"""Names for groups of rows: every row of a column gets one label."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

import polars as pl

from mlops.ml.data.names import counted

MANY = 12  # more values than this are grouped: numbers at their quartiles, words by keeping the most frequent
OTHER, MISSING = "other", "missing"


def label(column: pl.Series, edges: Sequence[float] = ()) -> pl.Series:
    """Give each row the label of its slice; nulls are a slice of their own.

    `edges` cut numbers where they are given: each belongs to the slice above it. Raises ValueError on other values.
    """
    column = column.rename("label")
    if edges and not column.dtype.is_numeric():
        raise ValueError(f"edges cut numbers, and these are {column.dtype}")
    if edges:
        labels = _cut(column.cast(pl.Float64).fill_nan(None), edges)
    elif column.dtype == pl.Boolean:
        labels = column.cast(pl.String)
    elif column.dtype.is_numeric():
        labels = _numbers(column.cast(pl.Float64).fill_nan(None))
    elif column.dtype.is_temporal():
        labels = _numbers(column.cast(pl.Datetime).dt.year().cast(pl.Float64))
    else:
        labels = _frequent(column.cast(pl.String))
    return labels.fill_null(MISSING)


def cross(columns: Sequence[pl.Series]) -> pl.Series:
    """Combine labels of several columns, row by row: one slice for each combination that occurs."""
    return pl.select(pl.concat_str(list(columns), separator="+")).to_series().rename("label")


def _cut(column: pl.Series, edges: Sequence[float]) -> pl.Series:
    words = [f"{edge:.6g}" for edge in edges]
    labels = [f"under {words[0]}", *(f"{a} to {b}" for a, b in itertools.pairwise(words)), f"{words[-1]} and over"]
    return column.cut(list(edges), labels=labels, left_closed=True).cast(pl.String)


def _numbers(column: pl.Series) -> pl.Series:
    values = column.drop_nulls().unique()
    whole = values.filter(values == values.round())
    if len(whole) < len(values) and sorted(whole) == [0.0, 1.0] and values.is_between(0, 1).all():
        fraction = column != column.round()
        return pl.select(pl.when(fraction).then(pl.lit(OTHER)).otherwise(_plain(column))).to_series()
    return _plain(column) if len(values) <= MANY else _quartiles(column)


def _plain(column: pl.Series) -> pl.Series:
    return column.map_elements(lambda value: f"{value:.6g}", return_dtype=pl.String)


def _quartiles(column: pl.Series) -> pl.Series:
    edges = sorted({float(edge) for q in (0.25, 0.5, 0.75) if (edge := column.quantile(q)) is not None})
    words = [f"{edge:.6g}" for edge in edges]
    labels = [
        f"up to {words[0]}",
        *(f"{a} to {b}" for a, b in itertools.pairwise(words)),
        f"over {words[-1]}",
    ]
    return column.cut(edges, labels=labels).cast(pl.String)


def _frequent(column: pl.Series) -> pl.Series:
    counts = counted(column.drop_nulls()).rows()
    kept = [value for value, _ in sorted(counts, key=lambda item: (-item[1], item[0]))]
    if len(kept) <= MANY:
        return column
    frequent = column.is_in(kept[: MANY - 1]) | column.is_null()
    return pl.select(pl.when(frequent).then(column).otherwise(pl.lit(OTHER))).to_series()


def rank(label: str) -> tuple[int, float, int, str]:
    """Order labels as a person would: numbers and ranges by size, then words, the remainders last."""
    number = re.search(r"-?\d+(\.\d+)?(e[+-]?\d+)?", label)
    if label in {OTHER, MISSING} or number is None:
        return (2 if label in {OTHER, MISSING} else 1, 0.0, 0, label)
    return 0, float(number[0]), {"up": -1, "under": -1, "over": 1}.get(label.split(maxsplit=1)[0], 0), label
