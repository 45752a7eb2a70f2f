"""Metrics by name, as functions of row weights.

Shapes: `y` is [n]; `score` is [n] (probability of the second class, or a number) or [n, k] (probabilities of classes).
Values equal scikit-learn's. What is undefined (no rows, an absent class, a score that is not finite) is NaN, never an
exception, and NaN passes no gate. The formulas are in `mlops.metrics`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.metrics import METRICS
from mlops.metrics.probabilities import decisions
from mlops.metrics.weighting import undefined, weighted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.metrics.weighting import Floats, Statistic


def compute(
    name: str,
    y: NDArray[Any],
    score: NDArray[Any],
    chosen: NDArray[np.int64] | None = None,
    values: NDArray[np.float64] | None = None,
    weights: NDArray[np.float64] | None = None,
) -> float:
    """Measure `score` against `y`; NaN where the metric is undefined. Raises KeyError on an unknown name.

    `weights` are how much each row counts ([n]), where not all count alike.
    """
    apply = weighted(statistic(name, y, score, chosen, values), weights)
    return float(apply(np.ones((1, len(y))))[0])


def statistic(
    name: str,
    y: NDArray[Any],
    score: NDArray[Any],
    chosen: NDArray[np.int64] | None = None,
    values: NDArray[np.float64] | None = None,
) -> Statistic:
    """Prepare a metric for many weightings of the same rows. Raises KeyError on an unknown name.

    `chosen` are decided classes [n], where they are not simply the likeliest ones. `values` [true, decided] is what a
    row is worth; without it `value` is undefined.
    """
    known = METRICS[name]
    y, score = np.asarray(y, dtype=np.float64), np.asarray(score, dtype=np.float64)
    if not (len(y) == len(score) > 0 and np.isfinite(y).all() and np.isfinite(score).all()):
        return undefined
    prepared: Statistic = undefined
    if known.of in ("numbers", "scores") or (known.of == "probabilities" and _are_probabilities(score)):
        prepared = known(y, score)
    elif known.of != "probabilities":
        chosen = decisions(score) if chosen is None else chosen
        if known.of == "classes":
            prepared = known(y, chosen, score.shape[1] if score.ndim == 2 else 2)
        elif values is not None:
            prepared = known(y, chosen, np.asarray(values, dtype=np.float64))
    return prepared


def _are_probabilities(score: Floats) -> bool:
    inside = bool(((score >= 0) & (score <= 1)).all())
    return inside and (score.ndim == 1 or bool(np.allclose(score.sum(axis=1), 1, atol=1e-3)))
