"""Statistics that need the rows in order, sorted once and then re-weighted by cumulative sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

Floats = NDArray[np.float64]


def auroc(y: Floats, score: Floats) -> Callable[[Floats], Floats]:
    """Rank positives against negatives (ties count half): the chance that a positive scores higher."""
    negative = np.flatnonzero(y == 0)
    negative = negative[np.argsort(score[negative], kind="stable")]
    positive = np.flatnonzero(y == 1)
    positive = positive[np.argsort(score[positive], kind="stable")]
    below = np.searchsorted(score[negative], score[positive], side="left")
    up_to = np.searchsorted(score[negative], score[positive], side="right")
    tied = bool((below != up_to).any())

    def apply(weights: Floats) -> Floats:
        above, under = weights[:, positive], _cumulative(weights[:, negative])
        beaten = (under[:, below] + under[:, up_to]) / 2 if tied else under[:, below]
        return _ratio(np.einsum("bi,bi->b", above, beaten), above.sum(axis=1) * under[:, -1])

    return apply


def average_precision(y: Floats, score: Floats) -> Callable[[Floats], Floats]:
    """Average the precision at every positive, from the highest score down; rows of equal score enter together."""
    order = np.argsort(-score, kind="stable")
    positive = order[y[order] == 1]
    ranked = np.searchsorted(-score[order], -score[positive], side="right")
    ranked_positive = np.searchsorted(-score[positive], -score[positive], side="right")

    def apply(weights: Floats) -> Floats:
        hits, rows = weights[:, positive], _cumulative(weights[:, order])
        found, total = _cumulative(hits)[:, ranked_positive], rows[:, ranked]
        sums = np.einsum("bi,bi->b", hits, found / np.maximum(total, 1e-300))
        count = hits.sum(axis=1)
        return np.where(rows[:, -1] > count, _ratio(sums, count), np.nan)

    return apply


def median(values: Floats) -> Callable[[Floats], Floats]:
    """Take the middle value, or the mean of the two; weights are whole numbers of copies."""
    order = np.argsort(values, kind="stable")
    ranked = values[order]

    def apply(weights: Floats) -> Floats:
        upto = np.cumsum(weights[:, order], axis=1)
        total = upto[:, -1:]
        last = len(ranked) - 1
        lower = np.minimum((upto <= np.floor((total - 1) / 2)).sum(axis=1), last)
        upper = np.minimum((upto <= np.floor(total / 2)).sum(axis=1), last)
        return np.where(total[:, 0] > 0, (ranked[lower] + ranked[upper]) / 2, np.nan)

    return apply


def _cumulative(weights: Floats) -> Floats:
    """Sum from the left, starting at nothing: [b, n] to [b, n + 1]."""
    sums = np.zeros((len(weights), weights.shape[1] + 1))
    np.cumsum(weights, axis=1, out=sums[:, 1:])
    return sums


def _ratio(top: Floats, bottom: Floats) -> Floats:
    defined = bottom > 0
    return np.where(defined, top / np.where(defined, bottom, 1), np.nan)
