"""Metrics as functions of row weights, so that one formula gives the value and every bootstrap resample of it.

Shapes: `y` is [n]; `score` is [n] (probability of the second class, or a number) or [n, k] (probabilities of classes).
Values equal scikit-learn's. What is undefined (no rows, an absent class, a score that is not finite) is NaN, never an
exception, and NaN passes no gate. Names, directions and ranges are in `mlops.spec.metrics`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlops.ml.evaluation import ranking
from mlops.ml.evaluation.sums import Sums

Floats = NDArray[np.float64]
Statistic = Callable[[Floats], Floats]
"""From row weights [resamples, n] to one value for each resample."""

BINS = 15  # of the expected calibration error; torchmetrics has the same default
_TINY = float(np.finfo(np.float64).eps)


def compute(name: str, y: NDArray[Any], score: NDArray[Any]) -> float:
    """Measure `score` against `y`; NaN where the metric is undefined. Raises KeyError on an unknown name."""
    return float(statistic(name, y, score)(np.ones((1, len(y))))[0])


def statistic(name: str, y: NDArray[Any], score: NDArray[Any]) -> Statistic:
    """Prepare a metric for many weightings of the same rows. Raises KeyError on an unknown name."""
    build = STATISTICS[name]
    y, score = np.asarray(y, dtype=np.float64), np.asarray(score, dtype=np.float64)
    if not (len(y) == len(score) > 0 and np.isfinite(y).all() and np.isfinite(score).all()):
        return _undefined
    if name in _PROBABILITY and not _are_probabilities(score):
        return _undefined
    return build(y, score)


def _undefined(weights: Floats) -> Floats:
    return np.full(len(weights), np.nan)


def _are_probabilities(score: Floats) -> bool:
    inside = bool(((score >= 0) & (score <= 1)).all())
    return inside and (score.ndim == 1 or bool(np.allclose(score.sum(axis=1), 1, atol=1e-3)))


def _sums(columns: list[Floats], finish: Callable[..., Floats]) -> Statistic:
    """Make a metric that depends on the rows only through weighted sums of `columns`."""
    return Sums(np.column_stack(columns), finish)


def _mean(column: Floats) -> Statistic:
    return _sums([column, np.ones(len(column))], np.divide)


def decisions(score: NDArray[Any]) -> NDArray[np.int64]:
    """Turn probabilities into class indices: the most probable one, the first of equals."""
    return np.argmax(score, axis=1) if score.ndim == 2 else (score > 0.5).astype(np.int64)


def _counts(y: Floats, score: Floats) -> tuple[Floats, Floats, Floats]:
    """Mark true positives, predicted positives and actual positives of a binary decision."""
    predicted = decisions(score).astype(np.float64)
    return predicted * y, predicted, y


def _accuracy(y: Floats, score: Floats) -> Statistic:
    return _mean((decisions(score) == y).astype(np.float64))


def _precision(y: Floats, score: Floats) -> Statistic:
    hit, predicted, _ = _counts(y, score)
    return _sums([hit, predicted], np.divide)


def _recall(y: Floats, score: Floats) -> Statistic:
    hit, _, actual = _counts(y, score)
    return _sums([hit, actual], np.divide)


def _f1(y: Floats, score: Floats) -> Statistic:
    hit, predicted, actual = _counts(y, score)
    return _sums([2 * hit, predicted + actual], np.divide)


def _by_class(y: Floats, score: Floats) -> tuple[list[Floats], int]:
    """Mark, for each class: hits, predicted, actual."""
    classes = range(score.shape[1] if score.ndim == 2 else 2)
    predicted = decisions(score)
    marks = [((predicted == k) & (y == k), predicted == k, y == k) for k in classes]
    return [column.astype(np.float64) for columns in zip(*marks, strict=True) for column in columns], len(classes)


def _balanced_accuracy(y: Floats, score: Floats) -> Statistic:
    columns, classes = _by_class(y, score)

    def finish(*sums: Floats) -> Floats:
        hit, _, actual = np.asarray(sums).reshape(3, classes, -1)
        present = actual > 0
        recalls = np.where(present, hit / np.where(present, actual, 1), 0)
        return np.where(present.sum(axis=0) > 1, recalls.sum(axis=0) / present.sum(axis=0), np.nan)

    return _sums(columns, finish)


def _macro_f1(y: Floats, score: Floats) -> Statistic:
    columns, classes = _by_class(y, score)

    def finish(*sums: Floats) -> Floats:
        hit, predicted, actual = np.asarray(sums).reshape(3, classes, -1)
        seen = predicted + actual > 0
        scores = np.where(seen, 2 * hit / np.where(seen, predicted + actual, 1), 0)
        return np.asarray(scores.sum(axis=0) / seen.sum(axis=0))

    return _sums(columns, finish)


def _log_loss(y: Floats, score: Floats) -> Statistic:
    true = score[np.arange(len(y)), y.astype(np.int64)] if score.ndim == 2 else np.where(y == 1, score, 1 - score)
    return _mean(-np.log(np.clip(true, _TINY, 1 - _TINY)))


def _brier(y: Floats, score: Floats) -> Statistic:
    return _mean((score - y) ** 2)


def _ece(y: Floats, score: Floats) -> Statistic:
    confidence = score.max(axis=1) if score.ndim == 2 else score
    right = (decisions(score) == y).astype(np.float64) if score.ndim == 2 else y
    bins = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    member = (bins[:, None] == np.unique(bins)).astype(np.float64)

    def finish(*sums: Floats) -> Floats:
        return np.asarray(np.abs(np.asarray(sums[1:])).sum(axis=0) / sums[0])

    return _sums([np.ones(len(y)), member * (right - confidence)[:, None]], finish)


def _rmse(y: Floats, score: Floats) -> Statistic:
    squares = _mean((y - score) ** 2)
    return lambda weights: np.sqrt(squares(weights))


def _mae(y: Floats, score: Floats) -> Statistic:
    return _mean(np.abs(y - score))


def _mape(y: Floats, score: Floats) -> Statistic:
    return _mean(np.abs(y - score) / np.maximum(np.abs(y), _TINY))


def _r2(y: Floats, score: Floats) -> Statistic:
    centred = y - y.mean()

    def finish(residual: Floats, first: Floats, second: Floats, rows: Floats) -> Floats:
        spread = second - first**2 / rows
        return np.where(spread > 1e-12 * second, 1 - residual / spread, np.nan)

    return _sums([(y - score) ** 2, centred, centred**2, np.ones(len(y))], finish)


def _median_ae(y: Floats, score: Floats) -> Statistic:
    return ranking.median(np.abs(y - score))


_CLASSES = frozenset({"accuracy", "balanced_accuracy", "ece", "log_loss"})
TASKS: dict[str, frozenset[str]] = {
    "binary": _CLASSES | {"auroc", "average_precision", "brier", "f1", "precision", "recall"},
    "multiclass": _CLASSES | {"macro_f1"},
    "regression": frozenset({"mae", "mape", "median_ae", "r2", "rmse"}),
}
_PROBABILITY = frozenset({"log_loss", "brier", "ece"})
STATISTICS: dict[str, Callable[[Floats, Floats], Statistic]] = {
    "accuracy": _accuracy,
    "auroc": ranking.auroc,
    "average_precision": ranking.average_precision,
    "balanced_accuracy": _balanced_accuracy,
    "brier": _brier,
    "ece": _ece,
    "f1": _f1,
    "log_loss": _log_loss,
    "macro_f1": _macro_f1,
    "mae": _mae,
    "mape": _mape,
    "median_ae": _median_ae,
    "precision": _precision,
    "r2": _r2,
    "recall": _recall,
    "rmse": _rmse,
}
