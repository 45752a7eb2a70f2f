"""Metrics of rows that were scored by several members: what ranks rows is measured in each fold and averaged.

Scores of two members are on two scales: a rank across folds would count the distance between them as an error.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from mlops.metrics.weighting import Floats, Statistic


def averaged(folds: NDArray[np.int64], prepare: Callable[[NDArray[np.int64]], Statistic]) -> Statistic:
    """Average a statistic over the folds of rows [n] in which it has a value, each counting alike; NaN where none has.

    `prepare` makes the statistic of some of the rows, by position.
    """
    parts = [(rows, prepare(rows)) for fold in np.unique(folds) if len(rows := np.flatnonzero(folds == fold))]

    def apply(weights: Floats) -> Floats:
        if not parts:
            return np.full(len(weights), np.nan)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # no fold has a value, which is what NaN says
            return np.asarray(np.nanmean([each(weights[:, rows]) for rows, each in parts], axis=0))

    return apply
