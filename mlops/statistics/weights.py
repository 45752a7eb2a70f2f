"""Sampling weights: how many rows of equal weight are worth as much."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlops.statistics.proportions import Share

if TYPE_CHECKING:
    from numpy.typing import NDArray


def effective(weights: NDArray[np.float64] | None, rows: int) -> float:
    """Give the effective number of rows, (Σw)² / Σw² (Kish, Survey Sampling, 1965, section 11.7).

    `weights` is [n], above 0; without it all rows count alike and there are `rows` of them.

    Example:
        >>> import numpy as np
        >>> effective(np.array([1.0, 1.0, 2.0]), 3), effective(None, 3)
        (2.6666666666666665, 3.0)
    """
    if weights is None or not len(weights):
        return float(rows)
    return float(weights.sum() ** 2 / (weights**2).sum())


def shares(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scale weights [n] to a mean of 1: what they are scaled by means nothing."""
    return np.asarray(weights / weights.mean(), dtype=np.float64)


def weighted_share(hits: NDArray[np.float64], weights: NDArray[np.float64], clusters: NDArray[np.int64]) -> Share:
    """Take the weighted share of hits ([n], 0 or 1), among as many rows as would leave it as uncertain.

    By its linearised variance over clusters, never more than Kish's number of rows (Korn and Graubard, Survey
    Methodology 24:193, 1998); where all came out alike, no more than there are clusters.
    """
    total = float(weights.sum())
    value = float(weights @ hits) / total
    index = np.unique(clusters, return_inverse=True)[1]
    count, rows = int(index.max()) + 1, effective(weights, len(weights))
    pull = np.bincount(index, weights=weights * (hits - value))
    variance = float((pull**2).sum()) / total**2 * (count / max(1, count - 1))
    if not 0 < value < 1 or variance <= 0:
        return Share(min(max(value, 0.0), 1.0), min(rows, float(count)))
    return Share(value, min(rows, value * (1 - value) / variance))
