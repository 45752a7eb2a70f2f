"""The largest error of all."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from mlops.kinds.later import Later
from mlops.metrics.metric import metric

if TYPE_CHECKING:
    import numpy as np

    from mlops.metrics.weighting import Floats, Statistic
else:
    np = Later("numpy")


@metric("regression forecasting", of="numbers", better="lower", high=inf, label="Largest error")
def max_error(y: Floats, score: Floats) -> Statistic:
    """Take the largest absolute error, whatever the row weighs.

    What more rows would bring is unknown to the rows that are there: its interval reaches down, and up no further
    than as far as it reaches down.
    """
    errors = np.abs(y - score)
    order = np.argsort(-errors, kind="stable")
    ranked = errors[order]

    def apply(weights: Floats) -> Floats:
        there = weights[:, order] > 0
        return np.where(there.any(axis=1), ranked[there.argmax(axis=1)], np.nan)

    return apply
