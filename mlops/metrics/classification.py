"""Metrics of decided classes, as functions of row weights: `y` and `chosen` are class positions [n].

They do not care how the classes were decided: by a threshold, by the likeliest class, or by what errors cost.
Values equal scikit-learn's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any

from mlops.kinds.later import Later
from mlops.metrics.metric import Metric, standard
from mlops.metrics.weighting import mean, sums

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mlops.metrics.weighting import Floats, Statistic
else:
    np = Later("numpy")


@standard("binary multiclass", of="worth", better="higher", low=-inf, high=inf, needs="evaluate.cost")
def value(y: Floats, chosen: NDArray[np.int64], worth: Floats) -> Statistic:
    """Average what decisions are worth: [true, decided] of a row."""
    return mean(worth[y.astype(np.int64), chosen])


@standard("binary multiclass", of="classes", better="higher", share=True, also="accuracy_score")
def accuracy(y: Floats, chosen: NDArray[np.int64], _: int) -> Statistic:
    """Count right decisions among all."""
    return mean((chosen == y).astype(np.float64))


@standard("binary", of="classes", better="higher", share=True, also="precision_score")
def precision(y: Floats, chosen: NDArray[np.int64], _: int) -> Statistic:
    """Count true positives among the decided ones."""
    return sums([chosen * y, chosen.astype(np.float64)], np.divide)


@standard("binary", of="classes", better="higher", share=True, also="recall_score sensitivity true_positive_rate")
def recall(y: Floats, chosen: NDArray[np.int64], _: int) -> Statistic:
    """Count true positives among the actual ones."""
    return sums([chosen * y, y], np.divide)


@standard("binary", of="classes", better="higher", share=True, also="true_negative_rate")
def specificity(y: Floats, chosen: NDArray[np.int64], _: int) -> Statistic:
    """Count true negatives among the actual ones."""
    return sums([(1 - chosen) * (1 - y), 1 - y], np.divide)


@standard("binary", of="classes", better="higher", share=True, also="f1_score", label="F1")
def f1(y: Floats, chosen: NDArray[np.int64], _: int) -> Statistic:
    """Take the harmonic mean of precision and recall."""
    return sums([2.0 * chosen * y, chosen + y], np.divide)


@standard("binary multiclass", of="classes", better="higher", share=True, also="balanced_accuracy_score")
def balanced_accuracy(y: Floats, chosen: NDArray[np.int64], classes: int) -> Statistic:
    """Average recall over the classes that occur; undefined where only one does."""

    def finish(hit: Floats, _: Floats, actual: Floats) -> Floats:
        present = actual > 0
        return np.where(present.sum(axis=0) > 1, _divided(hit, actual).sum(axis=0) / present.sum(axis=0), np.nan)

    return _by_class(y, chosen, classes, finish)


@standard(
    "binary multiclass",
    of="classes",
    better="higher",
    low=-1.0,
    share=True,
    also="matthews_corr_coef mcc",
    label="Matthews correlation",
)
def matthews_corrcoef(y: Floats, chosen: NDArray[np.int64], classes: int) -> Statistic:
    """Correlate decided with true classes (Gorodkin 2004); 0 where all decisions are the same."""

    def finish(hit: Floats, decided: Floats, actual: Floats) -> Floats:
        rows = actual.sum(axis=0)
        together = hit.sum(axis=0) * rows - (decided * actual).sum(axis=0)
        alone = rows**2 - (decided**2).sum(axis=0)
        truth = rows**2 - (actual**2).sum(axis=0)
        return np.where(truth > 0, _divided(together, np.sqrt(alone * truth)), np.nan)

    return _by_class(y, chosen, classes, finish)


@standard(
    "binary multiclass",
    of="classes",
    better="higher",
    low=-1.0,
    share=True,
    also="cohen_kappa_score",
    label="Cohen's kappa",
)
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


Score = Callable[[Any, Any, Any], Any]
"""From hits, decided and actual rows, each [classes, resamples], to the score of each class."""


def macro(what: str, score: Score) -> Metric:
    """Declare the average of a score of single classes over the classes that occur, truly or decided."""

    def build(y: Floats, chosen: NDArray[np.int64], classes: int) -> Statistic:
        def finish(hit: Floats, decided: Floats, actual: Floats) -> Floats:
            seen = (decided + actual > 0).sum(axis=0)
            return np.asarray(score(hit, decided, actual).sum(axis=0) / seen)

        return _by_class(y, chosen, classes, finish)

    page = f"Average the {what} of single classes over the classes that occur, truly or decided."
    return _of_classes(name=f"macro_{what.lower()}", also=f"{what.lower()}_macro", label=f"Macro {what}", page=page)(
        build
    )


def weighted(what: str, score: Score) -> Metric:
    """Declare the average of a score of single classes, each as often as it truly occurs."""

    def build(y: Floats, chosen: NDArray[np.int64], classes: int) -> Statistic:
        def finish(hit: Floats, decided: Floats, actual: Floats) -> Floats:
            return np.asarray((actual * score(hit, decided, actual)).sum(axis=0) / actual.sum(axis=0))

        return _by_class(y, chosen, classes, finish)

    page = f"Average the {what} of single classes, each as often as it truly occurs."
    return _of_classes(
        name=f"weighted_{what.lower()}", also=f"{what.lower()}_weighted", label=f"Weighted {what}", page=page
    )(build)


_of_classes = partial(standard, "multiclass", of="classes", better="higher", share=True)
macro_f1, weighted_f1 = macro("F1", _f1), weighted("F1", _f1)
macro_precision, weighted_precision = macro("precision", _precision), weighted("precision", _precision)
macro_recall, weighted_recall = macro("recall", _recall), weighted("recall", _recall)


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
