"""Columns of a table as plain arrays, and back: what expressions and transforms compute with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from mlops.blocks.column_rule import TEXTS
from mlops.expressions.timestamps import MISSING
from mlops.expressions.values import Column, Moments, Texts
from mlops.ml.data.moments import in_utc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_EXPECTED = 1_000  # of more texts those that a block has are fewer
_NUMBERS = {"int": pl.Int64, "float": pl.Float64, "bool": pl.Boolean}


def column(series: pl.Series, kind: str) -> Column:
    """Give a column of one of the eight types."""
    if kind in ("date", "datetime"):
        return Moments(microseconds(series))
    return texts(series.cast(pl.String)) if kind in TEXTS else numbers(series)


def numbers(series: pl.Series) -> NDArray[np.float64]:
    """Give numbers as doubles, NaN where missing."""
    return series.cast(pl.Float64).to_numpy()


def texts(series: pl.Series, expected: Sequence[str] = ()) -> Texts:
    """Give texts by position, each value once.

    Where no other than `expected` texts, each once, are there, nobody needs to look for which there are.

    Example:
        >>> texts(pl.Series(["b", None, "b"]), ["a", "b"])
        Texts(positions=array([ 1, -1,  1]), values=('a', 'b'))
        >>> texts(pl.Series(["c", None, "c"]), ["a", "b"])
        Texts(positions=array([ 0, -1,  0]), values=('c',))
    """
    if 0 < len(expected) <= _EXPECTED:
        known = series.cast(pl.Enum(expected), strict=False)
        if known.null_count() == series.null_count():
            return Texts(_positions(known), tuple(expected))
    values = series.drop_nulls().unique()
    return Texts(_positions(series.cast(pl.Enum(values))), tuple(values.to_list()))


def _positions(levels: pl.Series) -> NDArray[np.int64]:
    return levels.to_physical().cast(pl.Int64).fill_null(-1).to_numpy()


def microseconds(series: pl.Series) -> NDArray[np.int64]:
    """Give moments in microseconds since 1970, in UTC."""
    whole = in_utc(series).cast(pl.Datetime("us")).to_physical().fill_null(MISSING)
    return whole.to_numpy().astype(np.int64)


def series(name: str, found: Column, kind: str) -> pl.Series:
    """Make a column of a table of computed values."""
    if isinstance(found, Texts):
        known = pl.Series(found.values, dtype=pl.String)
        positions = pl.Series(found.positions).set(pl.Series(found.positions < 0), None)
        return known.gather(positions).rename(name) if len(known) else _nothing(name, len(positions), pl.String)
    if isinstance(found, Moments):
        moments = pl.Series(name, found.at).set(pl.Series(~found.known), None).cast(pl.Datetime("us"))
        return moments.cast(pl.Date) if kind == "date" else moments
    return pl.Series(name, found).fill_nan(None).cast(_NUMBERS[kind])


def _nothing(name: str, rows: int, dtype: type[pl.String]) -> pl.Series:
    return pl.Series(name, [None], dtype=dtype).new_from_index(0, rows)
