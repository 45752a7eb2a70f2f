"""What more rows would bring: a metric on validation against the share of the training rows that was learnt from.

Intervals come from resampling validation rows one by one, the same resamples for every point. They say nothing of which
training rows were drawn, and rows of one group count as if they were independent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.files.csv_text import csv_text
from mlops.metrics.weighting import weighted
from mlops.ml.evaluation.intervals import limits
from mlops.ml.evaluation.intervals.bootstrap import Interval, resample
from mlops.ml.evaluation.intervals.resampling import Resampling
from mlops.ml.evaluation.metrics import statistic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

SHARES = (0.1, 0.25, 0.5, 0.75, 1.0)
COLUMNS = ("share", "rows", "value", "low", "high")
_FEWEST = 20  # rows; fewer teach nothing worth drawing
_SAMPLES = 1000
_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Point:
    """A metric after learning from so many rows."""

    share: float
    rows: int
    interval: Interval


def subsets(y: NDArray[Any], *, classes: bool, seed: int) -> list[tuple[float, NDArray[np.int64]]]:
    """Draw nested subsets of the rows of `y` [n], each with every class in proportion where there are classes."""
    order = np.random.default_rng(seed).permutation(len(y))
    position = np.empty(len(y))
    for label in np.unique(y) if classes else [None]:
        rows = order if label is None else order[y[order] == label]
        position[rows] = np.arange(len(rows)) / len(rows)
    drawn = [(share, np.flatnonzero(position < share)) for share in SHARES]
    return [(share, rows) for share, rows in drawn if len(rows) >= min(_FEWEST, len(y))]


def measure(
    metric: str,
    y: NDArray[Any],
    drawn: Iterable[tuple[float, NDArray[np.int64]]],
    learn: Callable[[NDArray[np.int64]], NDArray[Any]],
    seed: int,
    weights: NDArray[np.float64] | None = None,
) -> list[Point]:
    """Score the validation rows, whose truth is `y`, after learning from each subset; `learn` gives the scores."""
    found = [(share, len(rows), weighted(statistic(metric, y, learn(rows)), weights)) for share, rows in drawn]
    draws = resample({share: apply for share, _, apply in found}, Resampling.of(len(y), None, _SAMPLES, seed))
    ones = np.ones((1, len(y)))
    return [
        Point(share, rows, Interval.of(float(apply(ones)[0]), draws[share], _CONFIDENCE, limits.of_metric(metric)))
        for share, rows, apply in found
    ]


def to_csv(points: Iterable[Point]) -> str:
    """Spell points with six significant digits; what is unknown is left empty."""
    rows: list[tuple[object, ...]] = [COLUMNS]
    for point in points:
        ends = (point.interval.value, point.interval.low, point.interval.high)
        rows.append((f"{point.share:g}", point.rows, *(f"{end:.6g}" if np.isfinite(end) else "" for end in ends)))
    return csv_text(rows)
