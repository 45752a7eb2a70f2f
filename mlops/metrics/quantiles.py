"""Predictions of quantiles: what errors cost on either side, and how often the truth lies below.

The 10th, 50th and 90th percentiles, which training always measures, stand in `mlops.metrics.regression`.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from mlops.kinds.later import Later
from mlops.metrics.metric import Metric, metric
from mlops.metrics.weighting import mean

if TYPE_CHECKING:
    import numpy as np

    from mlops.metrics.weighting import Floats, Statistic
else:
    np = Later("numpy")


def pinball(percent: int) -> Metric:
    """Declare the average error of a prediction of a quantile: too low costs its share, too high the rest to 1."""

    def build(y: Floats, score: Floats) -> Statistic:
        quantile, off = percent / 100, y - score
        return mean(np.maximum(quantile * off, (quantile - 1) * off))

    page = f"Average the error of a prediction of the {percent}th percentile."
    return metric(
        "regression forecasting",
        of="numbers",
        better="lower",
        high=inf,
        name=f"pinball_{percent}",
        label=f"Pinball loss, {percent}th percentile",
        page=page,
    )(build)


def coverage_error(percent: int) -> Metric:
    """Declare how far the share of truths at or below the prediction is from `percent` hundredths."""

    def build(y: Floats, score: Floats) -> Statistic:
        below = mean((y <= score).astype(np.float64))
        return lambda weights: np.abs(below(weights) - percent / 100)

    page = f"Measure how far the share of truths at or below the prediction is from {percent / 100:g}."
    return metric(
        "regression forecasting",
        of="numbers",
        better="lower",
        biased=True,
        name=f"coverage_error_{percent}",
        label=f"Coverage error, {percent}th percentile",
        page=page,
    )(build)


pinball_5, pinball_25, pinball_75, pinball_95, pinball_99 = map(pinball, (5, 25, 75, 95, 99))
coverage_error_5, coverage_error_10, coverage_error_25, coverage_error_50 = map(coverage_error, (5, 10, 25, 50))
coverage_error_75, coverage_error_90, coverage_error_95, coverage_error_99 = map(coverage_error, (75, 90, 95, 99))
