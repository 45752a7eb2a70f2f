"""Boosted trees of scikit-learn, judged on validation while they grow, and cut at their best."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.utils.extmath import softmax

from mlops.ml.training.problem import Examples, Problem, Scale, loss
from mlops.ml.training.session import Epoch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.ml.training.session import Session

STEP = 10  # boosted trees are judged on validation each time this many were added
PATIENCE = 100  # trees without one judgement better than the best before

KINDS = (GradientBoostingClassifier, GradientBoostingRegressor)


@dataclass
class Growing:
    """What scikit-learn calls after each tree; it answers whether to stop.

    Scores [m] or [m, classes] of the validation rows grow tree by tree, added up as `staged_predict` does, so that
    judging costs one pass over the rows for each tree.
    """

    problem: Problem
    scale: Scale
    examples: Examples
    session: Session
    history: list[Epoch] = field(default_factory=list)
    best: Epoch | None = None
    _raw: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 1)))

    def __call__(self, tree: int, estimator: Any, _: dict[str, Any]) -> bool:
        """Add the tree's answers, and judge where it is its turn."""
        flat = self.examples.validation_x.reshape(len(self.examples.validation_x), -1)
        if tree == 0:
            name = "staged_predict" if self.problem.task == "regression" else "staged_decision_function"
            self._raw = np.array(next(getattr(estimator, name)(flat)), dtype=np.float64).reshape(len(flat), -1)
        else:
            for column, grown in enumerate(estimator.estimators_[tree]):
                self._raw[:, column] += estimator.learning_rate * grown.predict(flat)
        number = tree + 1
        turn = number % STEP == 0 or number == estimator.n_estimators
        return self._judged(number, self._scores(estimator)) if turn else False

    def _scores(self, estimator: Any) -> NDArray[Any]:
        if self.problem.task == "regression":
            return self.scale.up(self._raw[:, 0])
        if self.problem.task == "multiclass":
            return np.asarray(softmax(self._raw), dtype=np.float32)
        # Friedman's exponential loss is of half the log-odds
        odds = self._raw[:, 0] * (2 if estimator.loss == "exponential" else 1)
        return np.asarray(expit(odds), dtype=np.float32)

    def _judged(self, number: int, score: NDArray[Any]) -> bool:
        y, by, judge = self.examples.validation_y, self.examples.validation_w, self.session.judge
        epoch = Epoch(number, loss(self.problem.task, y, score, by), judge.value(y, score, by))
        self.history.append(epoch)
        self.session.observe(epoch)
        if self.best is None or self._rank(epoch) > self._rank(self.best):
            self.best = epoch
        return number - self.best.number >= PATIENCE

    def _rank(self, epoch: Epoch) -> tuple[float, float]:
        return self.session.judge.rank(epoch.metric, epoch.validation_loss)


def cut(estimator: Any, trees: int) -> None:
    """Keep the first `trees` of an ensemble."""
    estimator.estimators_ = estimator.estimators_[:trees]
    estimator.n_estimators_ = trees
    estimator.set_params(n_estimators=trees)
