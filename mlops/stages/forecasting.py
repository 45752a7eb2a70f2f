"""What evaluating a forecast adds: naive forecasts, blocks of time, the scale of errors, the course over time."""

from __future__ import annotations

from calendar import isleap
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from mlops.blocks.forecast import Lookback
from mlops.documents.metrics import Block, Forecast
from mlops.files.csv_text import csv_text
from mlops.ml.data.lookback import seasonal_scale
from mlops.ml.data.periods import block_length, blocks, periods
from mlops.ml.evaluation.predictions import Predictions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mlops.blocks.forecast import Comparator
    from mlops.stages.context import StageContext


def naive(asked: Lookback, target: str, rows: pl.DataFrame) -> dict[str, NDArray[np.float64]]:
    """Forecast by the last value known (`dummy`) and by the last one of the same season (`simple`): [n] each.

    Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., section 5.2.
    """
    return {name: rows[column].cast(pl.Float64).to_numpy() for name, column in asked.naive(target).items()}


def ahead(asked: Lookback, target: str, rows: pl.DataFrame) -> NDArray[np.int64]:
    """Count the periods between the origin of each row and its target date: [n]."""
    if asked.horizons:
        return rows[asked.ahead(target)].cast(pl.Int64).to_numpy()
    return np.full(rows.height, asked.horizon)


def classical(
    context: StageContext, names: Sequence[Comparator], asked: Lookback, target: str, rows: pl.DataFrame
) -> dict[str, NDArray[np.float64]]:
    """Forecast by the methods asked for, which know all that was known by then: [n] each."""
    if not names:
        return {}
    from mlops.stages.comparators import compared

    parts = (context.path(f"artifacts/split/{part}.parquet") for part in ("train", "validation"))
    before = pl.concat([pl.read_parquet(path) for path in parts], how="diagonal_relaxed")
    context.say(f"forecasting by {' and '.join(names)}, from each origin of the test part")
    return compared(names, asked, target, before, rows)


def in_time(
    context: StageContext, asked: Lookback, target: str, rows: pl.DataFrame, predictions: Predictions
) -> Predictions:
    """Add what those of a forecast have besides scores: the block and the scale of every row."""
    train = pl.read_parquet(context.path("artifacts/split/train.parquet"))
    numbers = periods(rows[asked.date], asked.every).to_numpy()
    scale = seasonal_scale(train, rows, target, asked)
    return replace(predictions, groups=blocks(numbers, asked.horizon), scale=scale)


def section(asked: Lookback, rows: pl.DataFrame, predictions: Predictions) -> Forecast:
    """Describe the forecasts for metrics.json."""
    numbers = periods(rows[asked.date], asked.every).to_numpy()
    count = 0 if predictions.groups is None else len(np.unique(predictions.groups))
    return Forecast(
        horizon=asked.horizon,
        every=asked.every,
        season=asked.season,
        series=rows[asked.series].n_unique() if asked.series else 1,
        first=str(rows[asked.date].min()),
        last=str(rows[asked.date].max()),
        block=Block(periods=block_length(numbers, asked.horizon), count=count),
        **({"horizons": asked.horizons} if asked.horizons else {}),
    )


def by_distance(asked: Lookback, target: str, rows: pl.DataFrame, predictions: Predictions) -> str:
    """Write the mean absolute error of the model and of the naive forecasts at each distance, as CSV."""
    distances, truth = ahead(asked, target, rows), predictions.target.astype(np.float64)
    off = {name: np.abs(predictions.scores[model] - truth) for name, model in _MODELS.items()}
    lines = [
        (str(each), *(f"{values[distances == each].mean():.6g}" for values in off.values()))
        for each in asked.distances
        if (distances == each).any()
    ]
    return csv_text([("horizon", *off), *lines])


_MODELS = {"forecast": "candidate", "naive": "dummy", "seasonal_naive": "simple"}


def course(asked: Lookback, target: str, rows: pl.DataFrame, predictions: Predictions) -> str:
    """Write truth and forecasts by target date, added up over series, as CSV; of several distances the furthest.

    DVC's templates have numbers at both axes, so that a date is there as a decimal year too.
    """
    columns = {"actual": predictions.target.astype(np.float64), "forecast": predictions.score}
    columns |= {name: predictions.scores[model] for name, model in (("naive", "dummy"), ("seasonal_naive", "simple"))}
    numbers = [pl.Series(name, values, dtype=pl.Float64) for name, values in columns.items()]
    table = pl.DataFrame([rows[asked.date].alias("date"), *numbers])
    table = table.filter(pl.Series(ahead(asked, target, rows) == asked.horizon))
    totals = table.group_by("date").agg(pl.col(list(columns)).sum()).sort("date")
    lines = [
        (day.isoformat(), f"{_year(day):.6f}", *(f"{value:.6g}" for value in values))
        for day, *values in totals.iter_rows()
    ]
    return csv_text([("date", "year", *columns), *lines])


def _year(moment: date) -> float:
    """Spell a date or time as a decimal year."""
    hours = moment.hour + moment.minute / 60 if isinstance(moment, datetime) else 0.0
    days = moment.timetuple().tm_yday - 1 + hours / 24
    return moment.year + days / (366 if isleap(moment.year) else 365)
