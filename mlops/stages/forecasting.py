"""What evaluating a forecast adds: naive forecasts, blocks of time, the scale of errors, the course over time."""

from __future__ import annotations

import csv
import io
from calendar import isleap
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from mlops.documents.metrics import Block, Forecast
from mlops.ml.data.lookback import Lookback, seasonal_scale
from mlops.ml.data.periods import block_length, blocks, periods
from mlops.ml.evaluation.predictions import Predictions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.stages.context import StageContext


def naive(asked: Lookback, target: str, rows: pl.DataFrame) -> dict[str, NDArray[np.float64]]:
    """Forecast by the last value known (`dummy`) and by the last one of the same season (`simple`): [n] each.

    Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd ed., section 5.2.
    """
    lags = {"dummy": asked.horizon, "simple": asked.seasonal}
    return {name: rows[asked.lag(target, lag)].cast(pl.Float64).to_numpy() for name, lag in lags.items()}


def in_time(context: StageContext, asked: Lookback, target: str, rows: pl.DataFrame) -> dict[str, Any]:
    """Give what `Predictions` of a forecast have besides scores: the block and the scale of every row."""
    train = pl.read_parquet(context.path("artifacts/split/train.parquet"))
    numbers = periods(rows[asked.date], asked.every).to_numpy()
    return {
        "groups": blocks(numbers, asked.horizon),
        "scale": seasonal_scale(train, rows, target, asked),
    }


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
    )


def course(asked: Lookback, rows: pl.DataFrame, predictions: Predictions) -> str:
    """Write truth and forecasts by target date, added up over series, as CSV.

    DVC's templates have numbers at both axes, so that a date is there as a decimal year too.
    """
    columns = {"actual": predictions.target.astype(np.float64), "forecast": predictions.scores["candidate"]}
    columns |= {"naive": predictions.scores["dummy"], "seasonal_naive": predictions.scores["simple"]}
    numbers = [pl.Series(name, values, dtype=pl.Float64) for name, values in columns.items()]
    table = pl.DataFrame([rows[asked.date].alias("date"), *numbers])
    totals = table.group_by("date").agg(pl.col(list(columns)).sum()).sort("date")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("date", "year", *columns))
    for day, *values in totals.iter_rows():
        writer.writerow((day.isoformat(), f"{_year(day):.6f}", *(f"{value:.6g}" for value in values)))
    return text.getvalue()


def _year(moment: date) -> float:
    """Spell a date or time as a decimal year."""
    hours = moment.hour + moment.minute / 60 if isinstance(moment, datetime) else 0.0
    days = moment.timetuple().tm_yday - 1 + hours / 24
    return moment.year + days / (366 if isleap(moment.year) else 365)
