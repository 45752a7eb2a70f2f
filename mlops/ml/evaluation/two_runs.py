"""Two models of two runs, held against each other: paired on the same resamples where they are of the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlops.documents.figures import Figure
from mlops.ml.evaluation.intervals.bootstrap import Interval, draw
from mlops.ml.evaluation.intervals.resampling import Resampling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mlops.blocks.bootstrap import Bootstrap
    from mlops.ml.evaluation.predictions import Predictions

_MODEL = "candidate"


def same_rows(first: Predictions, second: Predictions) -> bool:
    """Whether two runs were asked the same question about the same rows."""
    return (
        (first.task, first.classes) == (second.task, second.classes)
        and np.array_equal(first.rows, second.rows)
        and np.array_equal(first.target, second.target)
        and np.array_equal(_weights(first), _weights(second))
    )


def _weights(predictions: Predictions) -> NDArray[np.float64]:
    return np.empty(0) if predictions.weights is None else predictions.weights


def differences(
    first: Predictions, second: Predictions, metrics: Sequence[str], method: Bootstrap
) -> dict[str, tuple[Figure, Figure, Figure]]:
    """Measure both on the same rows, and by how much the second is more than the first, by metric."""
    both, everything = {0: first, 1: second}, np.arange(len(first))
    statistics = {
        (metric, which): (predictions.statistic(metric, _MODEL), everything)
        for metric in metrics
        for which, predictions in both.items()
    }
    draws = draw(statistics, Resampling.of(len(first), first.groups, method.samples, method.seed))
    ones = np.ones((1, len(first)))
    values = {key: float(apply(ones)[0]) for key, (apply, _) in statistics.items()}
    found = {}
    for metric in metrics:
        one, other = (metric, 0), (metric, 1)
        moved = Interval.of(values[other] - values[one], draws[other] - draws[one], method.confidence)
        alone = (Interval.of(values[key], draws[key], method.confidence) for key in (one, other))
        a, b, change = (Figure(value=each.value, low=each.low, high=each.high).rounded for each in (*alone, moved))
        found[metric] = (a, b, change)
    return found
