"""Boosted trees of scikit-learn, judged on validation while they grow, and cut at their best."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.utils.extmath import softmax

from mlops.ml.training.problem import Problem, Scale
from mlops.ml.training.profile import phase

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.ml.training.course import Course

KINDS = (GradientBoostingClassifier, GradientBoostingRegressor)


@dataclass
class Growing:
    """What scikit-learn calls after each tree; it answers whether to stop.

    Scores [m] or [m, classes] of the validation rows grow tree by tree, added up as `staged_predict` does, so that
    judging costs one pass over the rows for each tree.
    """

    problem: Problem
    scale: Scale
    course: Course
    _raw: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 1)))

    def __call__(self, tree: int, estimator: Any, _: dict[str, Any]) -> bool:
        """Add the tree's answers, and judge where it is its turn."""
        with phase(self.course.session.profile, "validation"):
            self._add(tree, estimator)
        if self.course.due(tree + 1):
            self.course.judged(tree + 1, self._scores(estimator))
        return self.course.over

    def _add(self, tree: int, estimator: Any) -> None:
        rows = self.course.examples.validation_x
        flat = rows.reshape(len(rows), -1)
        if tree == 0:
            name = "staged_predict" if self.problem.task == "regression" else "staged_decision_function"
            self._raw = np.array(next(getattr(estimator, name)(flat)), dtype=np.float64).reshape(len(flat), -1)
        else:
            for column, grown in enumerate(estimator.estimators_[tree]):
                self._raw[:, column] += estimator.learning_rate * grown.predict(flat)

    def _scores(self, estimator: Any) -> NDArray[Any]:
        if self.problem.task == "regression":
            return self.scale.up(self._raw[:, 0])
        if self.problem.task == "multiclass":
            return np.asarray(softmax(self._raw), dtype=np.float32)
        # Friedman's exponential loss is of half the log-odds
        odds = self._raw[:, 0] * (2 if estimator.loss == "exponential" else 1)
        return np.asarray(expit(odds), dtype=np.float32)


def cut(estimator: Any, trees: int) -> None:
    """Keep the first `trees` of an ensemble."""
    estimator.estimators_ = estimator.estimators_[:trees]
    estimator.n_estimators_ = trees
    estimator.set_params(n_estimators=trees)
