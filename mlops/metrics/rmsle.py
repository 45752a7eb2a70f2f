"""The error of logarithms: a share of the truth, not an amount."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from mlops.kinds.later import Later
from mlops.metrics.metric import metric
from mlops.metrics.weighting import mean, undefined

if TYPE_CHECKING:
    import numpy as np

    from mlops.metrics.weighting import Floats, Statistic
else:
    np = Later("numpy")


@metric(
    "regression forecasting",
    of="numbers",
    better="lower",
    high=inf,
    also="root_mean_squared_log_error",
    label="Root mean squared logarithmic error",
)
def rmsle(y: Floats, score: Floats) -> Statistic:
    """Take the root of the mean squared difference of log(1 + y); undefined where a number is -1 or less."""
    if min(float(y.min()), float(score.min())) <= -1:
        return undefined
    squares = mean((np.log1p(y) - np.log1p(score)) ** 2)
    return lambda weights: np.sqrt(squares(weights))
