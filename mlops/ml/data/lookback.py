"""The past of a target as columns of its future rows: what was known `horizon` periods before the date of a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from mlops.blocks.column_rule import ColumnType
from mlops.blocks.forecast import Lookback
from mlops.errors import ConfigurationError, DataError
from mlops.ml.data.names import helper
from mlops.ml.data.parquet import ROW
from mlops.ml.data.periods import periods

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PERIOD, _SERIES, _SCALE = helper("period"), helper("series"), helper("scale")
_SPARSE = 2  # times as many periods as rows; more of them are a wrong `every`


@dataclass(frozen=True)
class Seen:
    """Rows with their past, the types of the new columns, and how many rows had too little of it."""

    frame: pl.DataFrame
    types: dict[str, ColumnType]
    short: int


def look_back(frame: pl.DataFrame, target: str, asked: Lookback) -> Seen:
    """Give each row what was known of its series; rows whose past is not whole are left out.

    A row of the period T sees values of T - horizon and before, by distance in periods, not in rows: what is missing in
    between stays missing. With several horizons a row of the table is one for each, in this order, of which a column
    says the distance. Raises DataError for rows that cannot be put in order, ConfigurationError for names.
    """
    names = asked.columns(target)
    _check_names(frame, asked, names)
    base = _ordered(frame, asked)
    past = [pl.col(name).cast(pl.Float64) for name in (target, *asked.observed)]
    grid = _grid(base.select(_SERIES, _PERIOD, *past))
    distances = asked.distances
    whole = pl.concat([_seen(base, grid, target, asked, place) for place in range(len(distances))])
    if whole.is_empty():
        message = f"no row has all of the {_reach(asked, target):,} periods before it"
        raise DataError(message, hint="ask for shorter lags and windows, or bring older rows")
    if asked.horizons and ROW in whole.columns:
        whole = whole.sort(ROW)
    types: dict[str, ColumnType] = dict.fromkeys(names, "float")
    types |= {asked.ahead(target): "int"} if asked.horizons else {}
    return Seen(whole, types, len(distances) * frame.height - whole.height)


def _seen(base: pl.DataFrame, grid: pl.DataFrame, target: str, asked: Lookback, place: int) -> pl.DataFrame:
    """Give rows their past at one of the distances; those whose past is not whole are left out."""
    horizon, names = asked.distances[place], asked.columns(target)
    last = pl.col(target).shift(horizon)
    wanted = {name: pl.col(target).shift(lag) for name, lag in asked.past(target, horizon).items()}
    for window in asked.windows:
        wanted[f"{target}_mean_{window}"] = last.rolling_mean(window, min_samples=window)
        wanted[f"{target}_std_{window}"] = last.rolling_std(window, min_samples=window)
    wanted |= {name: pl.col(of).shift(lag) for name, (of, lag) in asked.observations(target, horizon).items()}
    past = grid.select(_SERIES, _PERIOD, *(rule.over(_SERIES).alias(name) for name, rule in wanted.items()))
    joined = base.join(past, on=[_SERIES, _PERIOD], how="left", maintain_order="left").drop(_SERIES, _PERIOD)
    if asked.horizons:
        more = [pl.lit(horizon, dtype=pl.Int64).alias(asked.ahead(target))]
        more += [pl.col(ROW) * len(asked.distances) + place] if ROW in joined.columns else []  # each row has its own
        joined = joined.with_columns(more)
    return joined.select(*base.drop(_SERIES, _PERIOD).columns, *names).drop_nulls(names)


def _reach(asked: Lookback, target: str) -> int:
    """Count the periods before a row that are looked at."""
    lags = [lag for horizon in asked.distances for lag in asked.past(target, horizon).values()]
    return max(*lags, *(asked.horizon + window - 1 for window in asked.windows), 0)


def seasonal_scale(train: pl.DataFrame, rows: pl.DataFrame, target: str, asked: Lookback) -> NDArray[np.float64]:
    """Give for each of `rows` the mean absolute error of its series' seasonal naive forecast within `train`: [n].

    The scale of MASE (Hyndman and Koehler, International Journal of Forecasting 22:679, 2006). NaN where a series has
    no two values a season apart, or they never differ.
    """
    if asked.horizons:  # a target date is a row for each of them
        train = train.unique([asked.date, *([asked.series] if asked.series else [])], keep="first", maintain_order=True)
    values = _ordered(train, asked).select(_SERIES, _PERIOD, pl.col(target).cast(pl.Float64).alias("now"))
    before = values.select(_SERIES, pl.col(_PERIOD) + asked.season, pl.col("now").alias("before"))
    errors = values.join(before, on=[_SERIES, _PERIOD]).group_by(_SERIES).agg(
        (pl.col("now") - pl.col("before")).abs().mean().alias(_SCALE)
    )  # fmt: skip
    scale = rows.with_columns(_key(asked)).join(errors, on=_SERIES, how="left", maintain_order="left")
    found = scale.get_column(_SCALE).fill_null(float("nan")).to_numpy().copy()
    found[~(found > 0)] = np.nan
    return np.asarray(found, dtype=np.float64)


def _check_names(frame: pl.DataFrame, asked: Lookback, made: tuple[str, ...]) -> None:
    named = (asked.date, asked.series, *asked.known, *asked.observed)
    if absent := [name for name in named if name and name not in frame.columns]:
        message = f"`forecast` names columns that are not there: {', '.join(absent)}"
        raise ConfigurationError(message, hint="correct `series`, `known` or `observed`, or the key of the split")
    words = [name for name in asked.observed if not (frame[name].dtype.is_numeric() or frame[name].dtype == pl.Boolean)]
    if words:
        message = f"`forecast.observed` names columns that are no numbers: {', '.join(words)}"
        raise ConfigurationError(message, hint="name columns of numbers, or of true and false")
    if clashes := [name for name in made if name in frame.columns]:
        message = f"`forecast` would overwrite columns of the data: {', '.join(clashes)}"
        raise ConfigurationError(message, hint="rename them where they come from, or list them in `exclude`")
    if asked.series and (missing := frame[asked.series].null_count()):
        message = f"{missing:,} of {frame.height:,} rows have no value of the series `{asked.series}`"
        raise DataError(message, hint="fill the column")


def _key(asked: Lookback) -> pl.Expr:
    return (pl.col(asked.series).cast(pl.String) if asked.series else pl.lit("")).alias(_SERIES)


def _ordered(frame: pl.DataFrame, asked: Lookback) -> pl.DataFrame:
    """Number periods and name series; two rows of a series in one period are refused."""
    numbers = periods(frame[asked.date], asked.every).alias(_PERIOD)
    base = frame.with_columns(numbers, _key(asked))
    if twice := base.height - base.select(_SERIES, _PERIOD).unique().height:
        message = f"{twice:,} of {base.height:,} rows are in a {asked.every} that another row of the series is in"
        series = "" if asked.series else ", name the column of several `series`,"
        raise DataError(message, hint=f"add rows up,{series} or write a shorter `every` under `forecast:`")
    return base


def _grid(base: pl.DataFrame) -> pl.DataFrame:
    """Give every series a row for each period from its first to its last."""
    spans = base.group_by(_SERIES).agg(pl.col(_PERIOD).min().alias("first"), pl.col(_PERIOD).max().alias("last"))
    total = int(spans.select((pl.col("last") - pl.col("first") + 1).sum()).item())
    if total > _SPARSE * base.height:
        message = f"{base.height:,} rows lie in {total:,} periods, so that most of the past would be missing"
        raise DataError(message, hint="write a longer `every` under `forecast:`, or fill the gaps")
    dense = spans.select(_SERIES, pl.int_ranges("first", pl.col("last") + 1).alias(_PERIOD)).explode(_PERIOD)
    return dense.join(base, on=[_SERIES, _PERIOD], how="left").sort(_SERIES, _PERIOD)
