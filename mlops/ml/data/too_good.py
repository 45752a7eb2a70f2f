"""When a result is too good to be true: AUROC or R² of .995, or half a percent of errors, on rows not learnt from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mlops.documents.training import TOO_GOOD
from mlops.ml.data.predictability import auc
from mlops.statistics.proportions import auroc_error

_ERRORS = 1 - TOO_GOOD
_LEAST_JUDGED = 100
_LEAST_OF_CLASS = 10
_CLASSES = 50
_EVEN = 0.5

Floats = NDArray[np.float64]
Rows = NDArray[np.bool_]
Task = Literal["binary", "multiclass", "regression"]


@dataclass(frozen=True)
class Table:
    """Numbers without gaps, shape (rows, columns); `sources` names the column of the data behind each of them.

    `y` holds class numbers (0 to classes - 1) or, of a regression, values.
    """

    x: Floats
    sources: tuple[str, ...]
    y: Floats
    task: Task

    def without(self, names: frozenset[str]) -> Table:
        """Leave out what comes from some columns."""
        kept = [place for place, source in enumerate(self.sources) if source not in names]
        return Table(self.x[:, kept], tuple(self.sources[place] for place in kept), self.y, self.task)


def reached(y: Floats, score: Floats, task: Task) -> float | None:
    """Give what a score reaches where that is too good to be true, beyond what the rows that judge leave open.

    `score` has a column a class where there are several.
    """
    if task == "regression":
        value = 1 - float(((y - score) ** 2).mean() / y.var())
        return value if value >= TOO_GOOD else None
    if task == "binary":
        positive = y == 1
        value = auc(score, positive)
        error = auroc_error(value, int(positive.sum()), int((~positive).sum()))
        return value if value - 2 * error >= TOO_GOOD else None
    wrong, blind = float((score.argmax(axis=1) != y).mean()), 1 - float(np.bincount(y.astype(int)).max()) / y.size
    return 1 - wrong if wrong <= min(_ERRORS, blind / 10) else None


def plainly(y: Floats, score: Floats, task: Task) -> tuple[str, float] | None:
    """Give the measure and the value that are too good to be true as they stand, however few rows say so.

    `score` has one column, or one a class where there are several; of two classes it is a probability.
    """
    if task == "regression":
        value = 1 - float(((y - score[:, 0]) ** 2).mean() / y.var()) if y.var() > 0 else 0.0
        return ("R²", value) if value >= TOO_GOOD else None
    classes = score[:, 0] >= _EVEN if task == "binary" else score.argmax(axis=1)
    wrong, blind = float((classes != y).mean()), 1 - float(np.bincount(y.astype(int)).max()) / y.size
    if task == "binary" and 0 < y.sum() < y.size and (value := auc(score[:, 0], y == 1)) >= TOO_GOOD:
        return "AUROC", value
    return ("accuracy", 1 - wrong) if wrong <= min(_ERRORS, blind / 10) else None


def enough(table: Table, fitting: Rows) -> bool:
    """Tell whether the rows that judge can say anything of every class."""
    if int((~fitting).sum()) < _LEAST_JUDGED:
        return False
    halves = (table.y[fitting], table.y[~fitting])
    if table.task == "regression":
        return all(float(half.std()) > 0 for half in halves)
    classes = int(table.y.max()) + 1
    counts = (np.sort(np.bincount(half.astype(int), minlength=classes)) for half in halves)
    return 2 <= classes <= _CLASSES and all(many[-2] >= _LEAST_OF_CLASS for many in counts)


def lead(table: Table, fitting: Rows, score: Floats) -> float:
    """Measure the share of the way from a dummy to certainty that a score goes; 1 is certainty."""
    y = table.y[~fitting]
    if table.task == "binary":
        return 2 * auc(score[:, -1], y == 1) - 1
    if table.task == "regression":
        return 1 - float(((y - score[:, 0]) ** 2).mean() / y.var())
    blind = float(np.bincount(y.astype(int)).max()) / y.size
    return (float((score.argmax(axis=1) == y).mean()) - blind) / (1 - blind)
