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

_PERIOD, _SERIES, _VALUE, _AHEAD = helper("period"), helper("series"), helper("value"), helper("ahead")
_AT_ONCE = 32  # series, whose coefficients are tried together


def compared(
    names: Sequence[Comparator], asked: Lookback, target: str, before: pl.DataFrame, rows: pl.DataFrame
) -> dict[str, Floats]:
    """Forecast the target of `rows`, which have its past, by each method: [n]; `before` are the rows of earlier parts.

    A row whose series has no value before its origin has no forecast: NaN.
    """
    keyed = _keyed(rows, asked, target)
    values = _values(pl.concat([_keyed(before, asked, target), keyed], how="diagonal_relaxed"), asked, target)
    origins = (keyed[_PERIOD] - keyed[_AHEAD]).to_numpy()
    places = np.searchsorted(asked.distances, keyed[_AHEAD].to_numpy())
    first = int(origins.min())
    found: dict[str, Floats] = {name: np.full(len(rows), np.nan) for name in names}
    series = list(values.partition_by(_SERIES, maintain_order=True))
    for start in range(0, len(series), _AT_ONCE):
        part = [_dense(each) for each in series[start : start + _AT_ONCE]]
        for name in names:
            courses = _METHODS[name](part, first, asked)
            for (key, begin, _), course in zip(part, courses, strict=True):
                here = np.flatnonzero((keyed[_SERIES] == key).to_numpy())
                at = origins[here] - begin
                known = (at >= 0) & (at < course.shape[1])
                found[name][here[known]] = course[places[here[known]], at[known]]
    return found


def _keyed(frame: pl.DataFrame, asked: Lookback, target: str) -> pl.DataFrame:
    """Number periods, name series, and say how far ahead each row looks."""
    series = pl.col(asked.series).cast(pl.String) if asked.series else pl.lit("")
    ahead = pl.col(asked.ahead(target)) if asked.horizons else pl.lit(asked.horizon)
    numbers = periods(frame[asked.date], asked.every).alias(_PERIOD)
    return frame.with_columns(numbers, series.alias(_SERIES), ahead.cast(pl.Int64).alias(_AHEAD))


def _values(frame: pl.DataFrame, asked: Lookback, target: str) -> pl.DataFrame:
    """List what is known of each series and period, once: targets, and the past of rows, which reaches before them."""
    known = _listed(frame, target, 0)
    for horizon in asked.distances:
        rows = frame.filter(pl.col(_AHEAD) == horizon)
        parts = [known, *(_listed(rows, name, lag) for name, lag in asked.past(target, horizon).items())]
        known = pl.concat(parts).drop_nulls(_VALUE).unique([_SERIES, _PERIOD], keep="first", maintain_order=True)
    return known.sort(_SERIES, _PERIOD)


def _listed(rows: pl.DataFrame, name: str, lag: int) -> pl.DataFrame:
    return rows.select(_SERIES, pl.col(_PERIOD) - lag, pl.col(name).cast(pl.Float64).alias(_VALUE))


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
    courses = smoothing.courses(y, known, asked.season, asked.distances)
    return [courses[:, place, : len(values)] for place, (*_, values) in enumerate(part)]


def _theta(part: list[tuple[str, int, Floats]], first: int, asked: Lookback) -> list[Floats]:
    return [
        theta.courses(values, _known(begin, values, first), asked.season, asked.distances) for _, begin, values in part
    ]


def _known(begin: int, values: Floats, first: int) -> int:
    """Count the periods up to the first origin, it included."""
    return min(max(first - begin + 1, 0), len(values))


_METHODS = {"ets": _smoothed, "theta": _theta}
