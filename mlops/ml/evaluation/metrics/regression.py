"""Metrics of predicted numbers, as functions of row weights: `y` and `score` are [n]. Values equal scikit-learn's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mlops.ml.evaluation.metrics import ranking
from mlops.ml.evaluation.metrics.weighting import Floats, Statistic, mean, sums

_TINY = float(np.finfo(np.float64).eps)
_FLAT = 1e-12  # a spread below this share of the square is rounding


def mse(y: Floats, score: Floats) -> Statistic:
    """Average the squared error."""
    return mean((y - score) ** 2)


def rmse(y: Floats, score: Floats) -> Statistic:
    """Take the root of the mean squared error."""
    squares = mse(y, score)
    return lambda weights: np.sqrt(squares(weights))


def mae(y: Floats, score: Floats) -> Statistic:
    """Average the absolute error."""
    return mean(np.abs(y - score))


def median_ae(y: Floats, score: Floats) -> Statistic:
    """Take the median absolute error."""
    return ranking.median(np.abs(y - score))


def mape(y: Floats, score: Floats) -> Statistic:
    """Average the absolute error as a share of the truth."""
    return mean(np.abs(y - score) / np.maximum(np.abs(y), _TINY))


def smape(y: Floats, score: Floats) -> Statistic:
    """Average the absolute error as a share of half of |y| + |score|: 0 to 2, as torchmetrics has it."""
    return mean(2 * np.abs(y - score) / np.maximum(np.abs(y) + np.abs(score), _TINY))


def wape(y: Floats, score: Floats) -> Statistic:
    """Divide the sum of absolute errors by the sum of absolute truths."""
    return sums([np.abs(y - score), np.abs(y)], lambda error, size: np.where(size > 0, error / size, np.nan))


def pinball(quantile: float) -> Callable[[Floats, Floats], Statistic]:
    """Average the error of a forecast of a quantile: too low costs `quantile`, too high the rest to 1."""

    def build(y: Floats, score: Floats) -> Statistic:
        off = y - score
        return mean(np.maximum(quantile * off, (quantile - 1) * off))

    return build


def r2(y: Floats, score: Floats) -> Statistic:
    """Say which share of the spread of `y` is gone from the errors; undefined where `y` has none."""
    centred = y - y.mean()

    def finish(residual: Floats, first: Floats, second: Floats, rows: Floats) -> Floats:
        spread = second - first**2 / rows
        return np.where(spread > _FLAT * second, 1 - residual / spread, np.nan)

    return sums([(y - score) ** 2, centred, centred**2, np.ones(len(y))], finish)


def explained_variance(y: Floats, score: Floats) -> Statistic:
    """Like r2, but forgive a constant error."""
    centred, off = y - y.mean(), (y - score) - (y - score).mean()

    def finish(error: Floats, residual: Floats, first: Floats, second: Floats, rows: Floats) -> Floats:
        spread = second - first**2 / rows
        return np.where(spread > _FLAT * second, 1 - (residual - error**2 / rows) / spread, np.nan)

    return sums([off, off**2, centred, centred**2, np.ones(len(y))], finish)


NUMBERS: dict[str, Callable[[Floats, Floats], Statistic]] = {
    "explained_variance": explained_variance,
    "mae": mae,
    "mape": mape,
    "mase": mae,  # of errors in units of the scale of their series
    "median_ae": median_ae,
    "mse": mse,
    "pinball_10": pinball(0.1),
    "pinball_50": pinball(0.5),
    "pinball_90": pinball(0.9),
    "r2": r2,
    "rmse": rmse,
    "smape": smape,
    "wape": wape,
}
