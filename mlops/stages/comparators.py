"""What classical methods say of the rows of a forecast, each from its own origin: what a model is to be better than.

Form and coefficients are those of what was known at the origin of the first row; from there on the method goes along
with time, as a model that is not trained again does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from mlops.ml.data.names import helper
from mlops.ml.data.periods import periods
from mlops.statistics import smoothing, theta

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mlops.blocks.forecast import Comparator, Lookback

    Floats = NDArray[np.float64]

_PERIOD, _SERIES, _VALUE = helper("period"), helper("series"), helper("value")
_AT_ONCE = 32  # series, whose coefficients are tried together


def compared(
    names: Sequence[Comparator], asked: Lookback, target: str, before: pl.DataFrame, rows: pl.DataFrame
) -> dict[str, Floats]:
    """Forecast the target of `rows`, which have its lags, by each method: [n]; `before` are the rows of earlier parts.

    A row whose series has no value before its origin has no forecast: NaN.
    """
    keyed = _keyed(rows, asked)
    values = _values(pl.concat([_keyed(before, asked), keyed], how="diagonal_relaxed"), asked, target)
    first = int(keyed[_PERIOD].min()) - asked.horizon  # type: ignore[arg-type]  # a number, for there are rows
    found: dict[str, Floats] = {name: np.full(len(rows), np.nan) for name in names}
    series = list(values.partition_by(_SERIES, maintain_order=True))
    for start in range(0, len(series), _AT_ONCE):
        part = [_dense(each) for each in series[start : start + _AT_ONCE]]
        for name in names:
            courses = _METHODS[name](part, first, asked)
            for (key, begin, _), course in zip(part, courses, strict=True):
                here = np.flatnonzero((keyed[_SERIES] == key).to_numpy())
                at = keyed[_PERIOD].to_numpy()[here] - asked.horizon - begin
                known = (at >= 0) & (at < len(course))
                found[name][here[known]] = course[at[known]]
    return found


def _keyed(frame: pl.DataFrame, asked: Lookback) -> pl.DataFrame:
    series = pl.col(asked.series).cast(pl.String) if asked.series else pl.lit("")
    return frame.with_columns(periods(frame[asked.date], asked.every).alias(_PERIOD), series.alias(_SERIES))


def _values(frame: pl.DataFrame, asked: Lookback, target: str) -> pl.DataFrame:
    """List what is known of each series and period, once: targets, and the lags of rows, which reach before them."""
    lags = [(0, target), *((lag, asked.lag(target, lag)) for lag in asked.every_lag)]
    parts = [
        frame.select(_SERIES, pl.col(_PERIOD) - lag, pl.col(name).cast(pl.Float64).alias(_VALUE)) for lag, name in lags
    ]
    known = pl.concat(parts).drop_nulls(_VALUE).unique([_SERIES, _PERIOD], keep="first", maintain_order=True)
    return known.sort(_SERIES, _PERIOD)


def _dense(series: pl.DataFrame) -> tuple[str, int, Floats]:
    """Give a series' name, first period, and values of each period from it on, NaN where there is none."""
    numbers = series[_PERIOD].to_numpy()
    begin = int(numbers[0])
    values = np.full(int(numbers[-1]) - begin + 1, np.nan)
    values[numbers - begin] = series[_VALUE].to_numpy()
    return str(series[_SERIES][0]), begin, values


def _smoothed(part: list[tuple[str, int, Floats]], first: int, asked: Lookback) -> list[Floats]:
    longest = max(len(values) for *_, values in part)
    y = np.full((len(part), longest), np.nan)
    for place, (*_, values) in enumerate(part):
        y[place, : len(values)] = values
    known = np.array([_known(begin, values, first) for _, begin, values in part])
    courses = smoothing.forecasts(y, known, asked.season, asked.horizon)
    return [course[: len(values)] for course, (*_, values) in zip(courses, part, strict=True)]


def _theta(part: list[tuple[str, int, Floats]], first: int, asked: Lookback) -> list[Floats]:
    return [
        theta.forecasts(values, _known(begin, values, first), asked.season, asked.horizon) for _, begin, values in part
    ]


def _known(begin: int, values: Floats, first: int) -> int:
    """Count the periods up to the first origin, it included."""
    return min(max(first - begin + 1, 0), len(values))


_METHODS = {"ets": _smoothed, "theta": _theta}
