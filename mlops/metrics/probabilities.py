"""Metrics of probabilities, as functions of row weights: `score` is [n] (of the second class) or [n, k]."""

from __future__ import annotations

import sys
from math import inf
from typing import TYPE_CHECKING

from mlops.kinds.later import Later
from mlops.metrics import ranking
from mlops.metrics.metric import Metric, standard
from mlops.metrics.weighting import mean, sums, undefined

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mlops.metrics.weighting import Floats, Statistic
else:
    np = Later("numpy")

BINS = 15  # of the expected calibration error; torchmetrics has the same default
_TINY = sys.float_info.epsilon


def decisions(score: NDArray[np.float64]) -> NDArray[np.int64]:
    """Turn probabilities into class positions: the most probable one, the first of equals."""
    return np.argmax(score, axis=1) if score.ndim == 2 else (score > 0.5).astype(np.int64)


@standard("binary multiclass", of="probabilities", better="lower", high=inf, also="cross_entropy")
def log_loss(y: Floats, score: Floats) -> Statistic:
    """Average the negative logarithm of the probability of what happened."""
    true = score[np.arange(len(y)), y.astype(np.int64)] if score.ndim == 2 else np.where(y == 1, score, 1 - score)
    return mean(-np.log(np.clip(true, _TINY, 1 - _TINY)))


@standard("binary", of="probabilities", better="lower", also="brier_score brier_score_loss", label="Brier score")
def brier(y: Floats, score: Floats) -> Statistic:
    """Average the squared error of the probability."""
    return mean((score - y) ** 2)


def confidence(y: NDArray[np.float64], score: NDArray[np.float64]) -> tuple[Floats, Floats]:
    """Pair a probability with whether it came true: of the second class, or of the likeliest of several."""
    if score.ndim == 1:
        return score, y
    return score.max(axis=1), (decisions(score) == y).astype(np.float64)


@standard(
    "binary multiclass",
    of="probabilities",
    better="lower",
    biased=True,
    also="calibration_error expected_calibration_error",
    label="Calibration error",
)
def ece(y: Floats, score: Floats) -> Statistic:
    """Average the gap between probability and frequency over bins of equal width (Naeini et al. 2015)."""
    probability, came_true = confidence(y, score)
    bins = np.minimum((probability * BINS).astype(np.int64), BINS - 1)
    member = (bins[:, None] == np.unique(bins)).astype(np.float64)

    def finish(*sums: Floats) -> Floats:
        return np.asarray(np.abs(np.asarray(sums[1:])).sum(axis=0) / sums[0])

    return sums([np.ones(len(y)), member * (came_true - probability)[:, None]], finish)


@standard("multiclass", of="scores", better="higher", share=True, also="roc_auc_ovr", label="Macro AUROC")
def macro_auroc(y: Floats, score: Floats) -> Statistic:
    """Average the AUROC of each class against the rest; undefined where a class is absent."""
    if score.ndim == 1:
        return undefined
    parts = [ranking.auroc((y == k).astype(np.float64), score[:, k]) for k in range(score.shape[1])]
    return lambda weights: np.mean([part(weights) for part in parts], axis=0)


def top(count: int) -> Metric:
    """Declare the share of rows whose true class is among the `count` likeliest; undefined without more classes."""

    def build(y: Floats, score: Floats) -> Statistic:
        if score.ndim == 1 or score.shape[1] <= count:
            return undefined
        first = np.argsort(-score, axis=1, kind="stable")[:, :count]
        return mean((first == y[:, None]).any(axis=1).astype(np.float64))

    page = f"Count the rows whose true class is among the {count} likeliest."
    name = f"top_{count}_accuracy"
    return standard("multiclass", of="scores", better="higher", share=True, name=name, page=page)(build)


top_2_accuracy, top_3_accuracy, top_5_accuracy = top(2), top(3), top(5)
