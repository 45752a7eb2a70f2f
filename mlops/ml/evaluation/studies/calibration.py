"""Whether probabilities mean what they say: reliability bins, the parts of the Brier score, slope and intercept.

Intervals treat rows of one group as drawn together. `y` is whether it came true, [n] of 0 and 1; `probability` is [n].
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.documents.figures import Figure
from mlops.documents.metrics import Bin, Brier, Reliability
from mlops.metrics.probabilities import confidence as of_the_likeliest
from mlops.ml.evaluation.metrics import compute
from mlops.ml.evaluation.studies import curves
from mlops.statistics.proportions import Share, normal_quantile
from mlops.statistics.weights import weighted_share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.ml.evaluation.predictions import Predictions

_STEPS = 50
_EDGE = 1e-6  # probabilities nearer to 0 or 1 have no usable logarithm of odds


def reliability(predictions: Predictions, confidence: float) -> Reliability | None:
    """Describe the candidate's calibration; None where there are no probabilities.

    Several classes are described by the likeliest one: its probability against how often it was right.
    """
    score = predictions.score
    if predictions.task not in ("binary", "multiclass") or not len(predictions) or not np.isfinite(score).all():
        return None
    if score.min() < 0 or score.max() > 1:
        return None
    probability, y = of_the_likeliest(predictions.target.astype(np.float64), score.astype(np.float64))
    clusters = np.arange(len(y)) if predictions.groups is None else predictions.groups
    return Reliability(
        of="the second class" if score.ndim == 1 else "the likeliest class",
        bins=bins(y, probability, clusters, confidence, predictions.weights),
        ece=compute("ece", predictions.target, score, weights=predictions.weights),
        brier=brier_parts(y, probability, predictions.weights),
        **recalibration(y, probability, clusters, confidence, predictions.weights),
    )


def bins(
    y: NDArray[Any],
    probability: NDArray[Any],
    clusters: NDArray[Any],
    confidence: float,
    weights: NDArray[np.float64] | None = None,
) -> tuple[Bin, ...]:
    """Compare prediction and frequency in bins of equal size, with Wilson's interval (1927) for the frequency.

    Rows count for as many as they are worth: a sample of groups by its design effect (Kish 1965, section 5.4), and
    where all rows of a bin came out alike no more than there are groups.
    """
    found, z = [], normal_quantile(confidence)
    for rows in curves.members(probability):
        if weights is None:
            share = Share(float(y[rows].mean()), _effective(y[rows], clusters[rows]))
            predicted = float(probability[rows].mean())
        else:
            share = weighted_share(y[rows], weights[rows], clusters[rows])
            predicted = float(np.average(probability[rows], weights=weights[rows]))
        rate, (low, high) = share.value, share.interval(z)
        found.append(Bin(predicted=predicted, observed=rate, low=low, high=high, rows=len(rows)))
    return tuple(found)


def _effective(y: NDArray[Any], clusters: NDArray[Any]) -> float:
    groups = np.unique(clusters, return_inverse=True)[1]
    count = int(groups.max()) + 1
    rate = float(y.mean())
    spread = float((np.bincount(groups, weights=y - rate) ** 2).sum()) / len(y) ** 2
    rows = rate * (1 - rate) / spread if spread > 0 else float(count)
    return min(max(rows, 1.0), float(len(y)))


def brier_parts(y: NDArray[Any], probability: NDArray[Any], weights: NDArray[np.float64] | None = None) -> Brier:
    """Take the Brier score apart (Murphy 1973): reliability - resolution + uncertainty, and what bins blur."""
    members = curves.members(probability)
    if weights is None:
        rate, rows = float(y.mean()), float(len(y))
        parts = [(float(len(m)), float(probability[m].mean()), float(y[m].mean())) for m in members]
        score = float(np.mean((probability - y) ** 2))
    else:
        rate, rows = float(np.average(y, weights=weights)), float(weights.sum())
        means = [[float(np.average(of[m], weights=weights[m])) for of in (probability, y)] for m in members]
        parts = [(float(weights[m].sum()), p, o) for m, (p, o) in zip(members, means, strict=True)]
        score = float(np.average((probability - y) ** 2, weights=weights))
    reliable = sum(n * (p - o) ** 2 for n, p, o in parts) / rows
    resolved = sum(n * (o - rate) ** 2 for n, _, o in parts) / rows
    uncertain = rate * (1 - rate)
    return Brier(
        score=score,
        reliability=reliable,
        resolution=resolved,
        uncertainty=uncertain,
        within_bins=score - (reliable - resolved + uncertain),
    )


def recalibration(
    y: NDArray[Any],
    probability: NDArray[Any],
    clusters: NDArray[Any],
    confidence: float,
    weights: NDArray[np.float64] | None = None,
) -> dict[str, Figure | None]:
    """Regress what happened on the logarithm of the odds (Cox 1958): slope 1 and intercept 0 are perfect.

    The slope is below 1 where probabilities are too extreme. The intercept is that of a regression whose slope is held
    at 1: above 0 where probabilities are too low on the whole. Intervals are robust to groups (Liang and Zeger 1986).
    None where the regression has no answer: one class alone, one probability alone, or classes that do not overlap.
    """
    clipped = np.clip(probability, _EDGE, 1 - _EDGE)
    odds = np.log(clipped / (1 - clipped))
    ones = np.ones(len(y))
    z = normal_quantile(confidence)
    by = ones if weights is None else weights
    slope = _logistic(np.column_stack([ones, odds]), np.zeros(len(y)), y, clusters, by)
    intercept = _logistic(ones[:, None], odds, y, clusters, by)
    return {
        name: None if fit is None else Figure(value=fit[0], low=fit[0] - z * fit[1], high=fit[0] + z * fit[1])
        for name, fit in (("slope", slope), ("intercept", intercept))
    }


def _logistic(
    x: NDArray[Any], offset: NDArray[Any], y: NDArray[Any], clusters: NDArray[Any], weights: NDArray[Any]
) -> tuple[float, float] | None:
    """Fit by Newton's method and give the last coefficient and its robust standard error."""
    beta = np.zeros(x.shape[1])
    for _ in range(_STEPS):
        fitted = 1 / (1 + np.exp(-np.clip(x @ beta + offset, -500, 500)))
        information = (x * (weights * (fitted * (1 - fitted)))[:, None]).T @ x
        if not np.linalg.cond(information) < 1e12:
            return None
        step = np.linalg.solve(information, x.T @ (weights * (y - fitted)))
        beta = beta + step
        if np.abs(step).max() < 1e-10:
            break
    else:
        return None
    groups = np.unique(clusters, return_inverse=True)[1]
    scores = np.zeros((int(groups.max()) + 1, x.shape[1]))
    np.add.at(scores, groups, x * (weights * (y - fitted))[:, None])
    inverse = np.linalg.inv(information)
    variance = inverse @ (scores.T @ scores) @ inverse
    return float(beta[-1]), float(np.sqrt(variance[-1, -1]))
