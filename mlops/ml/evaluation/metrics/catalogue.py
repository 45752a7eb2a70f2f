"""Metrics by name, as functions of row weights.

Shapes: `y` is [n]; `score` is [n] (probability of the second class, or a number) or [n, k] (probabilities of classes).
Values equal scikit-learn's. What is undefined (no rows, an absent class, a score that is not finite) is NaN, never an
exception, and NaN passes no gate. Names, directions and ranges are in `mlops.configuration.metrics`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.ml.evaluation.metrics.classification import DECIDED
from mlops.ml.evaluation.metrics.probabilities import BINS, PROBABILITIES, decisions
from mlops.ml.evaluation.metrics.regression import NUMBERS
from mlops.ml.evaluation.metrics.weighting import Floats, Statistic, mean, undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BINS", "NAMES", "SHARES", "TASKS", "Floats", "Statistic", "compute", "decisions", "statistic"]

_CLASSES = frozenset({"accuracy", "balanced_accuracy", "cohen_kappa", "ece", "log_loss", "matthews_corrcoef", "value"})
_BINARY = frozenset({"auroc", "average_precision", "brier", "f1", "precision", "recall", "specificity"})
TASKS: dict[str, frozenset[str]] = {
    "binary": _CLASSES | _BINARY,
    "multiclass": _CLASSES | (frozenset(DECIDED) | frozenset(PROBABILITIES)) - _BINARY,
    "regression": frozenset(NUMBERS) - {"mase"},
    "forecasting": frozenset(NUMBERS),
}
NAMES = frozenset().union(*TASKS.values())
SHARES = (frozenset(DECIDED) | frozenset(PROBABILITIES)) - {"brier", "ece", "log_loss"}
"""Metrics that are rates or are made of rates: seeing no error does not mean that there is none."""
_PROBABILITY = frozenset({"log_loss", "brier", "ece"})


def compute(
    name: str,
    y: NDArray[Any],
    score: NDArray[Any],
    chosen: NDArray[np.int64] | None = None,
    values: NDArray[np.float64] | None = None,
) -> float:
    """Measure `score` against `y`; NaN where the metric is undefined. Raises KeyError on an unknown name."""
    return float(statistic(name, y, score, chosen, values)(np.ones((1, len(y))))[0])


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
    if name not in NAMES:
        raise KeyError(name)
    y, score = np.asarray(y, dtype=np.float64), np.asarray(score, dtype=np.float64)
    if not (len(y) == len(score) > 0 and np.isfinite(y).all() and np.isfinite(score).all()):
        return undefined
    if name in NUMBERS:
        return NUMBERS[name](y, score)
    if name in PROBABILITIES:
        return undefined if name in _PROBABILITY and not _are_probabilities(score) else PROBABILITIES[name](y, score)
    chosen = decisions(score) if chosen is None else chosen
    if name == "value":
        return undefined if values is None else mean(np.asarray(values, dtype=np.float64)[y.astype(np.int64), chosen])
    return DECIDED[name](y, chosen, score.shape[1] if score.ndim == 2 else 2)


def _are_probabilities(score: Floats) -> bool:
    inside = bool(((score >= 0) & (score <= 1)).all())
    return inside and (score.ndim == 1 or bool(np.allclose(score.sum(axis=1), 1, atol=1e-3)))
