"""Metrics of predicted numbers, as functions of row weights: `y` and `score` are [n]. Values equal scikit-learn's."""

from __future__ import annotations

import sys
from functools import partial
from math import inf
from typing import TYPE_CHECKING

from mlops.kinds.later import Later
from mlops.metrics import ranking
from mlops.metrics.metric import Metric, standard
from mlops.metrics.weighting import mean, sums

if TYPE_CHECKING:
    import numpy as np

    from mlops.metrics.weighting import Floats, Statistic
else:
    np = Later("numpy")

_TINY = sys.float_info.epsilon
_FLAT = 1e-12  # a spread below this share of the square is rounding
_error = partial(standard, tasks="regression forecasting", of="numbers", better="lower", high=inf)


@_error(also="mean_squared_error", label="Mean squared error")
def mse(y: Floats, score: Floats) -> Statistic:
    """Average the squared error."""
    return mean((y - score) ** 2)


@_error(also="root_mean_squared_error", label="Root mean squared error")
def rmse(y: Floats, score: Floats) -> Statistic:
    """Take the root of the mean squared error."""
    squares = mse(y, score)
    return lambda weights: np.sqrt(squares(weights))


@_error(also="mean_absolute_error", label="Mean absolute error")
def mae(y: Floats, score: Floats) -> Statistic:
    """Average the absolute error."""
    return mean(np.abs(y - score))


@_error(also="median_absolute_error", label="Median absolute error")
def median_ae(y: Floats, score: Floats) -> Statistic:
    """Take the median absolute error."""
    return ranking.median(np.abs(y - score))


@_error(also="mean_absolute_percentage_error", label="Mean absolute percentage error")
def mape(y: Floats, score: Floats) -> Statistic:
    """Average the absolute error as a share of the truth."""
    return mean(np.abs(y - score) / np.maximum(np.abs(y), _TINY))


@_error(high=2.0, also="symmetric_mean_absolute_percentage_error", label="Symmetric mean absolute percentage error")
def smape(y: Floats, score: Floats) -> Statistic:
    """Average the absolute error as a share of half of |y| + |score|: 0 to 2, as torchmetrics has it."""
    return mean(2 * np.abs(y - score) / np.maximum(np.abs(y) + np.abs(score), _TINY))


@_error(also="weighted_mean_absolute_percentage_error", label="Weighted mean absolute percentage error")
def wape(y: Floats, score: Floats) -> Statistic:
    """Divide the sum of absolute errors by the sum of absolute truths."""
    return sums([np.abs(y - score), np.abs(y)], lambda error, size: np.where(size > 0, error / size, np.nan))


@_error(tasks="forecasting", also="mean_absolute_scaled_error", label="Mean absolute scaled error")
def mase(y: Floats, score: Floats) -> Statistic:
    """Average the absolute error, in units of the scale of its series."""
    return mean(np.abs(y - score))


def pinball(quantile: float) -> Metric:
    """Declare the average error of a forecast of a quantile: too low costs `quantile`, too high the rest to 1."""

    def build(y: Floats, score: Floats) -> Statistic:
        off = y - score
        return mean(np.maximum(quantile * off, (quantile - 1) * off))

    percent = f"{100 * quantile:.0f}"
    page = f"Average the error of a forecast of the {percent}th percentile."
    return _error(name=f"pinball_{percent}", label=f"Pinball loss, {percent}th percentile", page=page)(build)


@standard("regression forecasting", of="numbers", better="higher", low=-inf, also="r2_score", label="R²")
def r2(y: Floats, score: Floats) -> Statistic:
    """Say which share of the spread of `y` is gone from the errors; undefined where `y` has none."""
    centred = y - y.mean()

    def finish(residual: Floats, first: Floats, second: Floats, rows: Floats) -> Floats:
        spread = second - first**2 / rows
        return np.where(spread > _FLAT * second, 1 - residual / spread, np.nan)

    return sums([(y - score) ** 2, centred, centred**2, np.ones(len(y))], finish)


@standard("regression forecasting", of="numbers", better="higher", low=-inf, also="explained_variance_score")
def explained_variance(y: Floats, score: Floats) -> Statistic:
    """Like r2, but forgive a constant error."""
    centred, off = y - y.mean(), (y - score) - (y - score).mean()

    def finish(error: Floats, residual: Floats, first: Floats, second: Floats, rows: Floats) -> Floats:
        spread = second - first**2 / rows
        return np.where(spread > _FLAT * second, 1 - (residual - error**2 / rows) / spread, np.nan)

    return sums([off, off**2, centred, centred**2, np.ones(len(y))], finish)


pinball_10, pinball_50, pinball_90 = pinball(0.1), pinball(0.5), pinball(0.9)
