"""Maps of probabilities to what they turn out to be: monotone functions of one number, fitted on rows of their own.

Isotonic regression: Zadrozny and Elkan, KDD 2002, drawn as straight lines between the centres of its blocks (Oron and
Flournoy, Statistics in Biopharmaceutical Research 9:258, 2017), so that the map has no jumps and no blocks of one row.
Platt: Probabilistic Outputs for Support Vector Machines (1999). Temperature: Guo et al., ICML 2017.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mlops.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

EDGE = 1e-7
"""Probabilities nearer to 0 or 1, which float32 no longer tells apart from them, have no logarithm of odds."""
_APART = 0.01
"""Knots lie at least this share of their value apart: a map that is too steep would blow rounding up."""


def logit(p: Floats) -> Floats:
    """Give the logarithm of the odds.

    >>> float(logit(np.array(0.5)))
    0.0
    """
    clipped = np.clip(np.asarray(p, dtype=np.float64), EDGE, 1 - EDGE)
    return np.asarray(np.log(clipped / (1 - clipped)))


def sigmoid(z: Floats) -> Floats:
    """Turn the logarithm of odds into a probability."""
    return np.asarray(1 / (1 + np.exp(-z)))


@dataclass(frozen=True)
class Isotonic:
    """Straight lines between knots, level before the first and after the last; `x` rises, `y` does not fall."""

    x: tuple[float, ...]
    y: tuple[float, ...]

    def apply(self, p: Floats) -> Floats:
        """Map probabilities."""
        wide, total = np.asarray(p, dtype=np.float64), np.full(np.shape(p), self.y[0])
        for left, right, low, high in zip(self.x, self.x[1:], self.y, self.y[1:], strict=False):
            total = total + np.clip((wide - left) / (right - left), 0.0, 1.0) * (high - low)
        return total

    @classmethod
    def fit(cls, p: Floats, y: Floats, weights: Floats) -> Isotonic:
        """Fit by weighted least squares among rising functions (pool adjacent violators)."""
        from scipy.optimize import isotonic_regression

        known, place = np.unique(np.asarray(p, dtype=np.float64), return_inverse=True)
        mass, hits = (np.bincount(place, weights=each) for each in (weights, weights * y))
        found = isotonic_regression(hits / mass, weights=mass)
        block = np.repeat(np.arange(len(found.blocks) - 1), np.diff(found.blocks))
        total = np.asarray(np.bincount(block, weights=mass), dtype=np.float64)
        centres, levels = np.bincount(block, weights=mass * known) / total, np.bincount(block, weights=hits) / total
        return cls(*_thinned(centres, levels, total))


def _thinned(x: Floats, y: Floats, mass: Floats) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Pool knots that lie too near to each other, each by what it weighs."""
    kept: list[list[float]] = []
    for each in zip(x.tolist(), y.tolist(), mass.tolist(), strict=True):
        if kept and each[0] - kept[-1][0] < _APART * each[0]:
            total = kept[-1][2] + each[2]
            kept[-1] = [(kept[-1][i] * kept[-1][2] + each[i] * each[2]) / total for i in (0, 1)] + [total]
        else:
            kept.append(list(each))
    return tuple(knot[0] for knot in kept), tuple(min(1.0, max(0.0, knot[1])) for knot in kept)


@dataclass(frozen=True)
class Logistic:
    """A straight line over the logarithm of odds; `slope` is above 0."""

    slope: float
    intercept: float

    def apply(self, p: Floats) -> Floats:
        """Map probabilities."""
        return sigmoid(self.slope * logit(p) + self.intercept)

    @classmethod
    def fit(cls, p: Floats, y: Floats, weights: Floats) -> Logistic:
        """Fit by maximum likelihood, to targets a little inside of 0 and 1, as Platt has it.

        Raises:
            DataError: higher probabilities came true less often.
        """
        from scipy.optimize import minimize

        z, by = logit(p), weights / weights.mean()
        many, few = float(by[y == 1].sum()), float(by[y == 0].sum())
        target = np.where(y == 1, (many + 1) / (many + 2), 1 / (few + 2))

        def cost(at: Floats) -> tuple[float, Floats]:
            answer = at[0] * z + at[1]
            off = by * (sigmoid(answer) - target)
            value = float(np.sum(by * (np.logaddexp(0, answer) - target * answer))) / len(z)
            return value, np.array([off @ z, off.sum()]) / len(z)

        found = minimize(cost, np.array([1.0, 0.0]), jac=True, method="BFGS", options={"gtol": 1e-8})
        if not found.x[0] > 0:
            raise DataError(
                "objective.calibrate: on validation, higher probabilities came true less often",
                hint="look at the model first: calibration keeps its order of rows",
            )
        return cls(float(found.x[0]), float(found.x[1]))


def temperature(score: Floats, y: NDArray[np.int64], weights: Floats) -> float:
    """Fit the number that logits are divided by; `score` is [n] (of the second class) or [n, k]."""
    from scipy.optimize import minimize_scalar

    logs, by = _logs(score), weights / weights.sum()

    def cost(at: float) -> float:
        scaled = logs / np.exp(at)
        top = scaled.max(axis=1, keepdims=True)
        normal = top[:, 0] + np.log(np.exp(scaled - top).sum(axis=1))
        return float(by @ (normal - scaled[np.arange(len(y)), y]))

    return float(np.exp(minimize_scalar(cost, bounds=(-4.0, 4.0), method="bounded", options={"xatol": 1e-8}).x))


def _logs(score: Floats) -> Floats:
    """Give logits of each class, [n, k]: what a softmax would turn into these probabilities."""
    wide = np.asarray(score, dtype=np.float64)
    if wide.ndim == 1:
        return np.column_stack([np.zeros(len(wide)), logit(wide)])
    return np.asarray(np.log(np.clip(wide, EDGE, 1.0)))


def tempered(score: Floats, by: float) -> Floats:
    """Divide logits by a number: [n] or [n, k] as they come."""
    if np.ndim(score) == 1:
        return sigmoid(logit(score) / by)
    scaled = _logs(score) / by
    raised = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))
