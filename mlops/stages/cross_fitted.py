"""What baselines say, and how each model decides, where a row may be judged by some members of a model alone.

Without folds there is one member: it learnt from train, and thresholds are chosen on validation. With folds a baseline
learns anew from the rows of each member, and each member decides by a threshold of its own: that which is best on the
fold that stopped it. No threshold is chosen on rows that it is judged on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.errors import IntegrityError
from mlops.ml.data.folds import learnt_by
from mlops.ml.evaluation import baselines
from mlops.stages.deciding import Deciding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mlops.blocks.cost import Cost
    from mlops.bundle.decision_rule import DecisionRule
    from mlops.documents.metrics import Decision
    from mlops.ml.evaluation.predictions import Predictions
    from mlops.stages.learnt_rows import Learnt

Scores = dict[str, "NDArray[Any]"]


@dataclass(frozen=True)
class Baselines:
    """The baselines that are asked for, and what they are to learn; of a quantile, that quantile."""

    names: Sequence[str]
    task: str
    classes: int
    quantile: float | None = None

    def score(self, learnt: Learnt, x: NDArray[Any], unseen: NDArray[np.int64] | None) -> Scores:
        """Score rows `x` [m, ...].

        `unseen` [m] is the member that each row is scored by: what it learns from are the rows of that member.
        """
        if unseen is None or learnt.folds is None:
            return self._score(learnt, x)
        count = int(learnt.folds.max()) + 1
        shape = (len(x), self.classes) if self.task == "multiclass" else (len(x),)
        scores: Scores = {name: np.zeros(shape) for name in self.names}
        for member in range(count):
            known, rows = learnt_by(member, learnt.folds, count), unseen == member
            for name, found in self._score(learnt.part(known), x[rows]).items():
                scores[name][rows] = found
        return scores

    def _score(self, learnt: Learnt, x: NDArray[Any]) -> Scores:
        task, classes, by, level = self.task, self.classes, learnt.weights, self.quantile
        scores: Scores = {}
        if "dummy" in self.names:
            scores |= {"dummy": baselines.dummy(task, learnt.y, classes, len(x), by, level)}
        if "simple" in self.names:
            scores |= {"simple": baselines.simple(task, learnt.x, learnt.y, classes, x, by, level)}
        return scores


@dataclass(frozen=True)
class MembersDeciding(Deciding):
    """How each member of a model decides; `rules` and `choices` are those of all of them together, which are served."""

    members: tuple[Deciding, ...] = ()
    folds: NDArray[np.int64] | None = None
    """The member that has not seen each of the rows that are decided [n]."""

    @classmethod
    def of(
        cls,
        cost: Cost,
        classes: Sequence[str],
        learnt: Learnt,
        scores: Mapping[str, NDArray[Any]],
        served: DecisionRule | None,
        unseen: NDArray[np.int64],
    ) -> MembersDeciding:
        """Learn how each member decides from the scores [n] of the rows that stopped it.

        Raises:
            IntegrityError: the bundle decides by something else than what all these rows say.
        """
        if learnt.stopped is None:
            raise IntegrityError("the split has folds but artifacts/features has none", hint="dvc repro")
        whole = Deciding.learn(cost, classes, learnt.y, scores, served, learnt.weights)
        stopped = [learnt.stopped == member for member in range(int(learnt.stopped.max()) + 1)]
        members = tuple(
            Deciding.alone(cost, classes, own.y, {model: score[rows] for model, score in scores.items()}, own.weights)
            for rows, own in ((rows, learnt.part(rows)) for rows in stopped)
        )
        return cls(whole.values, whole.rules, whole.choices, members, unseen)

    def decide(self, scores: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.int64]]:
        """Decide every row by the threshold of the member that has not seen it."""
        decided = {model: np.zeros(len(score), dtype=np.int64) for model, score in scores.items()}
        for number, member in enumerate(self.members):
            rows = self.folds == number
            for model, chosen in member.decide({model: score[rows] for model, score in scores.items()}).items():
                decided[model][rows] = chosen
        return decided

    def section(self, predictions: Predictions) -> Decision:
        """Say for metrics.json how decisions are made, and by which threshold what is served decides."""
        found = super().section(predictions)
        how = "each member's on the fold that stopped it; what is served decides by the threshold of all of them"
        return found.model_copy(update={"chosen": how}) if self.choices else found
