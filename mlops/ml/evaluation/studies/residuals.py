"""Where a regression is off: bias and spread of its errors by segment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.documents.metrics import Segment
from mlops.statistics.proportions import normal_quantile
from mlops.statistics.weights import effective

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from mlops.ml.evaluation.predictions import Predictions

_TENTHS = 10


def segments(predictions: Predictions, slices: Iterable[str], confidence: float) -> tuple[Segment, ...] | None:
    """Give bias (mean of truth minus prediction) and spread of the candidate's errors; None unless all are numbers.

    Segments are tenths of the prediction, from the lowest, and the slices. A bias of one group of rows has no interval.
    """
    score = predictions.score
    if predictions.task != "regression" or not len(predictions) or not np.isfinite(score).all():
        return None
    residual = predictions.target.astype(np.float64) - score
    clusters = np.arange(len(residual)) if predictions.groups is None else predictions.groups
    weights = np.ones(len(residual)) if predictions.weights is None else predictions.weights
    return tuple(
        Segment(
            by=by, segment=name, n=len(rows), **_described(residual[rows], clusters[rows], weights[rows], confidence)
        )
        for by, name, rows in _segments(predictions, score, slices)
    )


def _segments(
    predictions: Predictions, score: NDArray[Any], slices: Iterable[str]
) -> Iterator[tuple[str, str, NDArray[np.int64]]]:
    order = np.argsort(score, kind="stable")
    parts = np.array_split(order, min(_TENTHS, len(order)))
    for number, rows in enumerate(parts, 1):
        yield "prediction", f"tenth {number}: {score[rows[0]]:.4g} to {score[rows[-1]]:.4g}", np.sort(rows)
    for by in slices:
        for name, rows in predictions.slice_rows(by).items():
            yield by, name, rows


def _described(
    residual: NDArray[Any], clusters: NDArray[Any], weights: NDArray[Any], confidence: float
) -> dict[str, float | None]:
    """Describe errors [n]; the interval of their mean counts groups of rows, not rows (Cameron and Miller 2015)."""
    alike = bool((weights == weights[0]).all())  # then means are those of rows, to the last bit
    bias = float(residual.mean() if alike else np.average(residual, weights=weights))
    spread = float(residual.std(ddof=1)) if len(residual) > 1 else None
    if spread is not None and not alike:
        rows = effective(weights, len(weights))
        spread = float(np.sqrt(np.average((residual - bias) ** 2, weights=weights) * rows / max(rows - 1, 1e-9)))
    known: dict[str, float | None] = {"bias": bias, "low": None, "high": None, "spread": spread}
    groups = np.unique(clusters, return_inverse=True)[1]
    count = int(groups.max()) + 1
    if count < 2:
        return known
    sums = np.bincount(groups, weights=residual - bias if alike else weights * (residual - bias))
    total = float(len(residual) if alike else weights.sum())
    error = float(np.sqrt(count / (count - 1) * (sums**2).sum())) / total
    reach = normal_quantile(confidence) * error
    return known | {"low": bias - reach, "high": bias + reach}
