"""The score above which a decision is worth most, and what other thresholds would have been worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EQUAL = 1e-12  # values that differ by less, as a share of the table's span, are the same


@dataclass(frozen=True)
class Choice:
    """A threshold, its mean value per row on the rows it was chosen on, and the one that theory names."""

    threshold: float
    value: float
    theoretical: float
    rows: int


def theoretical(values: NDArray[np.float64]) -> float:
    """Give the threshold for probabilities that are exactly right (Elkan 2001, equation 2); `values` is [2, 2]."""
    alone, caught = values[0, 0] - values[0, 1], values[1, 1] - values[1, 0]
    return float(alone / (alone + caught))


def choose(
    y: NDArray[Any], score: NDArray[Any], values: NDArray[np.float64], weights: NDArray[np.float64] | None = None
) -> Choice:
    """Choose the threshold of the greatest mean value on these rows; among equals the nearest to the theoretical one.

    Thresholds lie half-way between scores that occur, so that the last bit of a score decides nothing.
    """
    wide = np.asarray(score, dtype=np.float64)
    known, position = np.unique(wide, return_inverse=True)
    edges = np.concatenate([[min(0.0, known[0] - 1) if known[0] <= 0 else 0.0], known, [max(1.0, known[-1])]])
    thresholds = (edges[:-1] + edges[1:]) / 2
    by = 1.0 if weights is None else weights
    positive = np.bincount(position, weights=by * (y == 1), minlength=len(known))
    negative = np.bincount(position, weights=by * (y != 1), minlength=len(known))
    missed, left = (np.concatenate([[0.0], np.cumsum(part)]) for part in (positive, negative))
    worth = missed * values[1, 0] + (missed[-1] - missed) * values[1, 1]
    worth += left * values[0, 0] + (left[-1] - left) * values[0, 1]
    worth /= len(wide) if weights is None else weights.sum()
    best = np.flatnonzero(worth >= worth.max() - _EQUAL * max(1.0, float(np.ptp(values))))
    ideal = theoretical(values)
    chosen = best[np.argmin(np.abs(thresholds[best] - ideal))]
    return Choice(float(thresholds[chosen]), float(worth[chosen]), ideal, len(wide))


def curve(
    y: NDArray[Any],
    score: NDArray[Any],
    values: NDArray[np.float64],
    points: int = 101,
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Trace the mean value per row over thresholds from 0 to 1: [points, 2]."""
    thresholds = np.linspace(0, 1, points)
    wide, truth = np.asarray(score, dtype=np.float64), y.astype(np.int64)
    gained = (values[truth, (wide > threshold).astype(np.int64)] for threshold in thresholds)
    worth = [each.mean() if weights is None else np.average(each, weights=weights) for each in gained]
    return np.column_stack([thresholds, worth])
