"""Metrics of decided classes, as functions of row weights: `y` and `chosen` are class positions [n].

They do not care how the classes were decided: by a threshold, by the likeliest class, or by what errors cost.
Values equal scikit-learn's.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mlops.ml.evaluation.metrics.weighting import Floats, Statistic, mean, sums

Decided = Callable[[Floats, NDArray[np.int64], int], Statistic]
"""From true classes, decided classes and the number of classes to a statistic."""


def accuracy(y: Floats, chosen: NDArray[np.int64], _: int) -> Statistic:
    """Count right decisions among all."""
    return mean((chosen == y).astype(np.float64))


def precision(y: Floats, chosen: NDArray[np.int64], _: int) -> Statistic:
    """Count true positives among the decided ones."""
    return sums([chosen * y, chosen.astype(np.float64)], np.divide)


def recall(y: Floats, chosen: NDArray[np.int64], _: int) -> Statistic:
    """Count true positives among the actual ones."""
    return sums([chosen * y, y], np.divide)


def specificity(y: Floats, chosen: NDArray[np.int64], _: int) -> Statistic:
    """Count true negatives among the actual ones."""
    return sums([(1 - chosen) * (1 - y), 1 - y], np.divide)


def f1(y: Floats, chosen: NDArray[np.int64], _: int) -> Statistic:
    """Take the harmonic mean of precision and recall."""
    return sums([2.0 * chosen * y, chosen + y], np.divide)


def balanced_accuracy(y: Floats, chosen: NDArray[np.int64], classes: int) -> Statistic:
    """Average recall over the classes that occur; undefined where only one does."""

    def finish(hit: Floats, _: Floats, actual: Floats) -> Floats:
        present = actual > 0
        return np.where(present.sum(axis=0) > 1, _divided(hit, actual).sum(axis=0) / present.sum(axis=0), np.nan)

    return _by_class(y, chosen, classes, finish)


def matthews_corrcoef(y: Floats, chosen: NDArray[np.int64], classes: int) -> Statistic:
    """Correlate decided with true classes (Gorodkin 2004); 0 where all decisions are the same."""

    def finish(hit: Floats, decided: Floats, actual: Floats) -> Floats:
        rows = actual.sum(axis=0)
        together = hit.sum(axis=0) * rows - (decided * actual).sum(axis=0)
        alone = rows**2 - (decided**2).sum(axis=0)
        truth = rows**2 - (actual**2).sum(axis=0)
        return np.where(truth > 0, _divided(together, np.sqrt(alone * truth)), np.nan)

    return _by_class(y, chosen, classes, finish)


def cohen_kappa(y: Floats, chosen: NDArray[np.int64], classes: int) -> Statistic:
    """Measure agreement beyond that by chance (Cohen 1960)."""

    def finish(hit: Floats, decided: Floats, actual: Floats) -> Floats:
        rows = actual.sum(axis=0)
        chance = (decided * actual).sum(axis=0) / rows**2
        return np.asarray((hit.sum(axis=0) / rows - chance) / np.where(chance < 1, 1 - chance, np.nan))

    return _by_class(y, chosen, classes, finish)


def _precision(hit: Floats, decided: Floats, _: Floats) -> Floats:
    return _divided(hit, decided)


def _recall(hit: Floats, _: Floats, actual: Floats) -> Floats:
    return _divided(hit, actual)


def _f1(hit: Floats, decided: Floats, actual: Floats) -> Floats:
    return _divided(2 * hit, decided + actual)


def macro(score: Callable[[Floats, Floats, Floats], Floats]) -> Decided:
    """Average a score of single classes over the classes that occur, truly or decided."""

    def build(y: Floats, chosen: NDArray[np.int64], classes: int) -> Statistic:
        def finish(hit: Floats, decided: Floats, actual: Floats) -> Floats:
            seen = (decided + actual > 0).sum(axis=0)
            return np.asarray(score(hit, decided, actual).sum(axis=0) / seen)

        return _by_class(y, chosen, classes, finish)

    return build


def weighted(score: Callable[[Floats, Floats, Floats], Floats]) -> Decided:
    """Average a score of single classes, each as often as it truly occurs."""

    def build(y: Floats, chosen: NDArray[np.int64], classes: int) -> Statistic:
        def finish(hit: Floats, decided: Floats, actual: Floats) -> Floats:
            return np.asarray((actual * score(hit, decided, actual)).sum(axis=0) / actual.sum(axis=0))

        return _by_class(y, chosen, classes, finish)

    return build


DECIDED: dict[str, Decided] = {
    "accuracy": accuracy,
    "balanced_accuracy": balanced_accuracy,
    "cohen_kappa": cohen_kappa,
    "f1": f1,
    "macro_f1": macro(_f1),
    "macro_precision": macro(_precision),
    "macro_recall": macro(_recall),
    "matthews_corrcoef": matthews_corrcoef,
    "precision": precision,
    "recall": recall,
    "specificity": specificity,
    "weighted_f1": weighted(_f1),
    "weighted_precision": weighted(_precision),
    "weighted_recall": weighted(_recall),
}


def _by_class(
    y: Floats, chosen: NDArray[np.int64], classes: int, finish: Callable[[Floats, Floats, Floats], Floats]
) -> Statistic:
    """Sum hits, decided and actual rows of each class, [classes, resamples], for `finish`."""
    kinds = range(classes)
    columns = [(chosen == k) & (y == k) for k in kinds] + [chosen == k for k in kinds] + [y == k for k in kinds]

    def apart(*counted: Floats) -> Floats:
        hit, decided, actual = np.asarray(counted).reshape(3, classes, -1)
        return finish(hit, decided, actual)

    return sums([column.astype(np.float64) for column in columns], apart)


def _divided(top: Floats, bottom: Floats) -> Floats:
    """Divide, with 0 where nothing is divided by nothing, as scikit-learn does."""
    return np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1), 0.0)
