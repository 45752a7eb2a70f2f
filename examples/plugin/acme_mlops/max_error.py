"""The largest absolute error."""

import numpy as np


def max_error(y, score):
    """Prepare the metric of truth `y` [n] and `score` [n] for row weights [resamples, n]."""
    errors = np.abs(y - score)
    return lambda weights: np.where(weights > 0, errors, -np.inf).max(axis=1)
