"""Points of the usual plots, at most a hundred a curve, as tables with columns `model`, `x`, `y` for `dvc plots`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mlops.files.csv_text import csv_text
from mlops.ml.evaluation.predictions import MODELS
from mlops.ml.evaluation.studies import threshold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mlops.ml.evaluation.predictions import Predictions

_POINTS = 100
_BINS = 10
Pairs = tuple[NDArray[Any], NDArray[Any]]
Weights = NDArray[np.float64] | None
"""How much each row counts ([n]), where not all count alike."""


@dataclass(frozen=True)
class Point:
    """One point of one model's curve; `count` is how many rows stand behind it."""

    model: str
    x: float
    y: float
    count: int = 0


def roc(y: NDArray[Any], score: NDArray[Any], weights: Weights = None) -> Pairs:
    """Trace the false positive rate against the true positive rate, from the highest score down."""
    positive, total = _found(y, score, weights)
    negative = total - positive
    return negative / negative[-1], positive / positive[-1]


def precision_recall(y: NDArray[Any], score: NDArray[Any], weights: Weights = None) -> Pairs:
    """Trace recall against precision, from the highest score down."""
    positive, total = _found(y, score, weights)
    return positive[1:] / positive[-1], positive[1:] / total[1:]


def members(score: NDArray[Any]) -> list[NDArray[np.int64]]:
    """Divide rows into at most ten bins of equal size by their score; equal scores stay together."""
    known, inside = np.unique(score, return_inverse=True)
    if len(known) <= _BINS:
        return [np.flatnonzero(inside == bin_) for bin_ in range(len(known))]
    edges = np.unique(np.quantile(score, np.linspace(0, 1, _BINS + 1)))
    inside = np.clip(np.searchsorted(edges, score, side="right") - 1, 0, max(0, len(edges) - 2))
    return [np.flatnonzero(inside == bin_) for bin_ in np.unique(inside)]


def calibration(
    y: NDArray[Any], score: NDArray[Any], weights: Weights = None
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Average prediction, outcome and number of rows in bins of equal size; equal scores stay together."""
    means = [(_mean(score, rows, weights), _mean(y, rows, weights), len(rows)) for rows in members(score)]
    x, observed, count = (np.array(values) for values in zip(*means, strict=True))
    return x, observed, count


def _mean(values: NDArray[Any], rows: NDArray[np.int64], weights: Weights) -> Any:
    return values[rows].mean() if weights is None else np.average(values[rows], weights=weights[rows])


def _found(y: NDArray[Any], score: NDArray[Any], weights: Weights) -> Pairs:
    """Count positives and rows at or above each distinct score, starting with none."""
    order = np.argsort(-score, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))
    if weights is None:
        positive, total = np.cumsum(y[order])[ends], ends + 1
    else:
        positive, total = (np.cumsum(each[order])[ends] for each in (weights * y, weights))
    return np.concatenate([[0], positive]), np.concatenate([[0], total])


def _thinned(x: NDArray[Any], y: NDArray[Any]) -> Iterable[tuple[float, float]]:
    """Keep at most a hundred points, spread evenly along the curve's length."""
    if len(x) > _POINTS:
        along = np.concatenate([[0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))])
        kept = np.unique(np.searchsorted(along, np.linspace(0, along[-1], _POINTS)).clip(0, len(x) - 1))
        x, y = x[kept], y[kept]
    return zip(x.tolist(), y.tolist(), strict=True)


def _traced(predictions: Predictions, trace: Callable[..., Pairs], models: Iterable[str]) -> list[Point]:
    return [
        Point(model, x, y)
        for model in models
        for x, y in _thinned(*trace(predictions.target, predictions.scores[model], predictions.weights))
    ]


def _calibrated(predictions: Predictions, models: Iterable[str]) -> list[Point]:
    known, by = predictions.target, predictions.weights
    rows = ((model, calibration(known, predictions.scores[model], by)) for model in models)
    return [Point(model, *point) for model, values in rows for point in zip(*(v.tolist() for v in values), strict=True)]


def _confused(predictions: Predictions, models: Iterable[str]) -> list[Point]:
    """Count rows by predicted (x) and true (y) class; pairs that do not occur are left out."""
    points = []
    for model in models:
        pairs = np.stack([predictions.decided(model), predictions.target.astype(np.int64)], axis=1)
        found, counts = np.unique(pairs, axis=0, return_counts=True)
        points += [Point(model, x, y, n) for (x, y), n in zip(found.tolist(), counts.tolist(), strict=True)]
    return points


def _residuals(predictions: Predictions, models: Iterable[str]) -> list[Point]:
    """Pair predictions (x) with target minus prediction (y) on evenly chosen rows."""
    points = []
    for model in models:
        score = predictions.scores[model]
        order = np.argsort(score, kind="stable")
        kept = order[np.unique(np.linspace(0, len(order) - 1, min(_POINTS, len(order))).astype(np.int64))]
        points += [Point(model, float(score[i]), float(predictions.target[i] - score[i])) for i in kept]
    return points


def _worth(predictions: Predictions, models: Iterable[str]) -> list[Point]:
    """Trace the mean value of a decision (y) over thresholds (x)."""
    values = np.array(predictions.values)
    return [
        Point(model, x, y)
        for model in models
        for x, y in threshold.curve(
            predictions.target, predictions.scores[model], values, _POINTS, predictions.weights
        ).tolist()
    ]


def plots(predictions: Predictions) -> dict[str, list[Point]]:
    """Draw every plot of a task from models whose scores are all finite: {file name: points}."""
    scores = {model: predictions.scores[model] for model in MODELS if model in predictions.scores}
    models = [model for model, score in scores.items() if len(predictions) and np.isfinite(score).all()]
    shown = [model for model in models if model != "dummy"]
    if predictions.task == "regression":
        return {"residuals.csv": _residuals(predictions, shown)}
    if predictions.task == "multiclass":
        return {"confusion.csv": _confused(predictions, shown)}
    both = 0 < int((predictions.target == 1).sum()) < len(predictions)
    worth = {} if predictions.values is None else {"value.csv": _worth(predictions, shown)}
    return worth | {
        "roc.csv": _traced(predictions, roc, shown) if both else [],
        "pr.csv": _traced(predictions, precision_recall, shown) if both else [],
        "calibration.csv": _calibrated(predictions, shown),
        "confusion.csv": _confused(predictions, shown),
    }


def to_csv(points: Iterable[Point]) -> str:
    """Spell points with six significant digits."""
    head = ("model", "count", "x", "y")  # DVC draws the last column unless told otherwise
    return csv_text([head, *((p.model, p.count, f"{p.x:.6g}", f"{p.y:.6g}") for p in points)])
