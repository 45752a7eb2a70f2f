"""Permutation importance: what a metric loses when the values of one raw column are shuffled among the rows.

Whole columns of the table are shuffled before the transform, so that all features made of one column go together.
Method: Breiman, Random Forests, Machine Learning 45:5 (2001); Fisher, Rudin and Dominici, JMLR 20:177 (2019).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from mlops.documents.metrics import ColumnLoss
from mlops.metrics.weighting import weighted
from mlops.ml.evaluation.intervals import limits
from mlops.ml.evaluation.intervals.bootstrap import Interval, resample
from mlops.ml.evaluation.intervals.resampling import Resampling
from mlops.ml.evaluation.metrics import statistic
from mlops.statistics import hashed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.blocks.bootstrap import Bootstrap

_SAMPLES = 500  # resamples: the third digit of an importance matters to nobody


def sample(rows: NDArray[Any], size: int) -> NDArray[np.int64]:
    """Choose at most `size` positions, by row number; in order."""
    return np.sort(hashed.order("importance", rows)[:size])


def importances(
    predict: Callable[[pl.DataFrame], NDArray[Any]],
    frame: pl.DataFrame,
    target: NDArray[Any],
    columns: Sequence[str],
    metric: str,
    repetitions: int,
    method: Bootstrap,
    *,
    higher_is_better: bool,
    groups: NDArray[np.int64] | None = None,
    weights: NDArray[np.float64] | None = None,
) -> tuple[ColumnLoss, ...]:
    """List columns by the metric's mean loss over the shuffles, with intervals over rows; `groups` go together.

    Rows count by their `weights` ([n]), where there are any.
    """
    sign, rows = (1.0 if higher_is_better else -1.0), frame["__row__"].to_numpy()
    statistics = {("", 0): weighted(statistic(metric, target, predict(frame)), weights)}
    for column in columns:
        scores = predict(_shuffled(frame, column, rows, repetitions))
        parts = np.split(scores, repetitions)
        statistics |= {
            (column, number): weighted(statistic(metric, target, part), weights) for number, part in enumerate(parts)
        }
    samples = min(method.samples, _SAMPLES)
    draws = resample(statistics, Resampling.of(len(frame), groups, samples, method.seed))
    ones = np.ones((1, len(frame)))
    values = {key: float(apply(ones)[0]) for key, apply in statistics.items()}
    found = []
    for column in columns:
        losses = [sign * (values["", 0] - values[column, number]) for number in range(repetitions)]
        drawn = [sign * (draws["", 0] - draws[column, number]) for number in range(repetitions)]
        possible = limits.of_difference(metric)
        interval = Interval.of(float(np.mean(losses)), np.mean(drawn, axis=0), method.confidence, possible)
        found.append(ColumnLoss(column=column, value=interval.value, low=interval.low, high=interval.high))
    return tuple(sorted(found, key=lambda item: (-(item.value or 0.0), item.column)))


def _shuffled(frame: pl.DataFrame, column: str, rows: NDArray[Any], repetitions: int) -> pl.DataFrame:
    """Stack copies of the rows, each with its own shuffle of one column."""
    orders = [hashed.order(f"importance|{column}|{number}", rows) for number in range(repetitions)]
    values = pl.concat([frame[column][order] for order in orders])
    return pl.concat([frame] * repetitions).with_columns(values.alias(column))
