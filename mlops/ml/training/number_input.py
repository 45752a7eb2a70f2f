"""What training rows say of columns of numbers: their range, mean and spread, and where pieces of them meet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.ml.light import without_pandas

if TYPE_CHECKING:
    from mlops.ml.training.problem import Task

    Array = np.ndarray[Any, Any]

REACH = 10.0
"""Numbers are clipped to the range of training, and so many ranges beyond it at both ends."""


@dataclass(frozen=True, eq=False)
class NumberInput:
    """Of each of F columns: the least and greatest number that is not clipped, mean, deviation, and whether any was
    missing; float32 [F] each.
    """

    low: Array
    high: Array
    mean: Array
    deviation: Array
    gaps: Array

    @classmethod
    def of(cls, x: Array) -> NumberInput:
        """Measure columns [n, F], where NaN is missing; one that has no value, or one alone, is all zeros."""
        columns = [x[:, place].astype(np.float64) for place in range(x.shape[1])]
        found = np.array([_measured(column[~np.isnan(column)]) for column in columns]).reshape(-1, 4)
        # Between float32's greatest numbers a difference of two is one too.
        bounds = np.clip(found[:, :2], *(np.array([-1, 1]) * float(np.finfo(np.float32).max) / 4))
        low, high, mean, deviation = (each.astype(np.float32) for each in (*bounds.T, *found[:, 2:].T))
        return cls(low, high, mean, np.where(deviation > 0, deviation, np.float32(1)), np.isnan(x).max(axis=0))

    def robust(self, x: Array) -> NumberInput:
        """Take median and spread between quartiles of columns [n, F] for mean and deviation.

        Where quartiles are equal it is half the range; where that is 0, a column is all zeros.
        """
        shares = (0.5, 0.25, 0.75, 0.0, 1.0)
        columns = [np.quantile(known, shares) if len(known) else np.zeros(len(shares)) for known in _known(x)]
        middle, low, high, least, most = np.array(columns).reshape(-1, len(shares)).T
        spread = np.where(high > low, high - low, (most - least) / 2)
        scale = np.where(spread > 0, spread, 1.0).astype(np.float32)
        return replace(self, mean=middle.astype(np.float32), deviation=np.where(scale > 0, scale, np.float32(1)))


def _measured(known: Array) -> tuple[float, float, float, float]:
    if not len(known):
        return 0.0, 0.0, 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    reach = REACH * (high - low)
    return low - reach, high + reach, float(known.mean()), float(known.std())


def quantiles(x: Array, bins: int) -> list[Array]:
    """Cut each column [n, F] into at most `bins` pieces that hold as many rows each: edges, ascending, two at least."""
    shares = np.linspace(0.0, 1.0, bins + 1)
    return [_edges(np.quantile(known, shares)) if len(known) else _edges(np.zeros(1)) for known in _known(x)]


def by_target(x: Array, y: Array, bins: int, task: Task) -> list[Array]:
    """Cut each column [n, F] where a tree of at most `bins` leaves, which sees nothing else, branches."""
    with without_pandas():
        from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    make: Any = DecisionTreeRegressor if task == "regression" else DecisionTreeClassifier
    found = []
    for place, known in enumerate(_known(x)):
        if bins < 2 or len(np.unique(known)) < 2:
            found.append(_edges(known[[0, -1]] if len(known) else np.zeros(1)))
            continue
        tree = make(max_leaf_nodes=bins, min_samples_leaf=1 + len(known) // 256, random_state=0)
        tree.fit(known.reshape(-1, 1), y[~np.isnan(x[:, place])])
        inner = tree.tree_.threshold[tree.tree_.feature >= 0]
        found.append(_edges(np.concatenate([[known[0], known[-1]], inner])))
    return found


def _known(x: Array) -> list[Array]:
    """Sort the known numbers of each column, in double precision."""
    columns = (x[:, place] for place in range(x.shape[1]))
    return [np.sort(column[~np.isnan(column)].astype(np.float64)) for column in columns]


def _edges(values: Array) -> Array:
    """Give edges that float32 tells apart; of one value, a piece of width 1."""
    edges: Array = np.unique(values.astype(np.float32))
    return edges if len(edges) > 1 else np.array([edges[0], np.nextafter(edges[0] + 1, np.float32(np.inf))])
