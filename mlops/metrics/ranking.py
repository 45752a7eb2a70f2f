"""Statistics that need the rows in order, sorted once and then re-weighted by cumulative sums."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from mlops.kinds.later import Later
from mlops.metrics.metric import standard

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from mlops.metrics.weighting import Floats
else:
    np = Later("numpy")

_ROUNDING = 1e-12  # of a sum of weights: what lies nearer to its half is on it
_SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")


@standard("binary", of="scores", better="higher", share=True, also="roc_auc roc_auc_score", label="AUROC")
def auroc(y: Floats, score: Floats) -> Area:
    """Rank positives against negatives (ties count half): the chance that a positive scores higher."""
    negative = np.flatnonzero(y == 0)
    negative = negative[np.argsort(score[negative], kind="stable")]
    positive = np.flatnonzero(y == 1)
    positive = positive[np.argsort(score[positive], kind="stable")]
    below = np.searchsorted(score[negative], score[positive], side="left")
    up_to = np.searchsorted(score[negative], score[positive], side="right")
    return Area(score, negative, positive, below, up_to)


@dataclass(frozen=True)
class Area:
    """The area under the ROC curve; rows of each class by rising score, and how many negatives each positive passes."""

    score: Floats
    negative: NDArray[np.int64]
    positive: NDArray[np.int64]
    below: NDArray[np.int64]
    up_to: NDArray[np.int64]
    by: Floats | None = None
    """How much each row counts by itself ([n]), where not all count alike."""

    def __call__(self, weights: Floats) -> Floats:
        """Value every weighting: [resamples, n] to [resamples]."""
        weights = weights if self.by is None else weights * self.by
        above, under = weights[:, self.positive], _cumulative(weights[:, self.negative])
        tied = bool((self.below != self.up_to).any())
        beaten = (under[:, self.below] + under[:, self.up_to]) / 2 if tied else under[:, self.below]
        return _ratio(np.einsum("bi,bi->b", above, beaten), above.sum(axis=1) * under[:, -1])

    def weighted(self, by: Floats) -> Area:
        """Let every row count `by` so much ([n]), in values and in contributions."""
        return replace(self, by=by if self.by is None else self.by * by)

    def influence(self) -> Floats:
        """Give what one more copy of each row would add, to first order: [n] (placements of DeLong et al., 1988)."""
        share = np.zeros(len(self.score))
        if not (len(self.positive) and len(self.negative)):
            return np.full(len(self.score), np.nan)
        if self.by is not None:
            return self._weighted_influence(self.by)
        passed = (self.below + self.up_to) / 2 / len(self.negative)
        low, high = (
            np.searchsorted(self.score[self.positive], self.score[self.negative], side=side) for side in _SIDES
        )
        share[self.positive] = (passed - passed.mean()) / len(self.positive)
        beaten = 1 - (low + high) / 2 / len(self.positive)
        share[self.negative] = (beaten - beaten.mean()) / len(self.negative)
        return share

    def _weighted_influence(self, by: Floats) -> Floats:
        """Place every row among those of the other class by what these weigh, and let it count by what it weighs."""
        share = np.zeros(len(self.score))
        above, under = by[self.positive], by[self.negative]
        upto = _cumulative(under[None])[0]
        passed = (upto[self.below] + upto[self.up_to]) / 2 / under.sum()
        low, high = (
            np.searchsorted(self.score[self.positive], self.score[self.negative], side=side) for side in _SIDES
        )
        reached = _cumulative(above[None])[0]
        beaten = 1 - (reached[low] + reached[high]) / 2 / above.sum()
        share[self.positive] = above * (passed - np.average(passed, weights=above)) / above.sum()
        share[self.negative] = under * (beaten - np.average(beaten, weights=under)) / under.sum()
        return share


@standard("binary", of="scores", better="higher", share=True, also="average_precision_score")
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
    """Take the middle value, or the mean of the two; where rows weigh otherwise, where half of the weight lies."""
    order = np.argsort(values, kind="stable")
    ranked = values[order]

    def apply(weights: Floats) -> Floats:
        upto = np.cumsum(weights[:, order], axis=1)
        total = upto[:, -1:]
        last, rounding = len(ranked) - 1, _ROUNDING * total
        lower = np.minimum((upto < total / 2 - rounding).sum(axis=1), last)
        upper = np.minimum((upto <= total / 2 + rounding).sum(axis=1), last)
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
