"""What training does otherwise where rows are dealt into folds, and as ever where they are not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.ml.evaluation import metrics
from mlops.ml.training.folding import Dealt, Folded
from mlops.ml.training.problem import Examples
from mlops.stages import hanging, learnt_from

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.documents.training import TooGood
    from mlops.ml.training.problem import Problem, Task
    from mlops.ml.training.session import Candidate, Fitted, Session
    from mlops.stages.context import StageContext
    from mlops.stages.training_reports import Result


def read(context: StageContext, weight: str | None) -> Examples:
    """Read what `features` made: rows to learn from and to choose by, and the fold of each where they have one."""
    dealt = context.path(learnt_from.FOLDS)
    folds = np.load(dealt, allow_pickle=False).astype(np.int64) if dealt.is_file() else None
    return replace(learnt_from.load(context, weight), folds=folds)


def fit(candidate: Candidate, problem: Problem, examples: Examples, session: Session) -> Fitted:
    """Train a candidate once, or once for each fold."""
    if examples.folds is None:
        return candidate.fit(examples, session)
    return Dealt(examples.folds).fit(candidate, problem, examples, session)


def chosen_by(fitted: Fitted, examples: Examples) -> NDArray[Any]:
    """Score the validation rows: of folds all rows, each by the member that was stopped on it."""
    x = examples.validation_x
    return fitted.inner(x) if isinstance(fitted, Folded) else fitted.predict(x)


def measured(
    metric: str, fitted: Fitted, y: NDArray[Any], scores: NDArray[Any], weights: NDArray[Any] | None = None
) -> float:
    """Measure the scores of validation rows: of folds the mean over members, each on the fold that stopped it."""
    if not isinstance(fitted, Folded):
        return metrics.compute(metric, y, scores, weights=weights)
    return fitted.mean(lambda true, score, by: metrics.compute(metric, true, score, weights=by), y, scores, weights)


def first(examples: Examples) -> Examples:
    """Give rows to learn from and others to measure on, where all rows are both: those of the first member."""
    return examples if examples.folds is None else Dealt(examples.folds).examples(examples, 0)


def look(context: StageContext, task: Task, examples: Examples, best: Result) -> TooGood | None:
    """Look whether the chosen model is too good to be true; of members the first, on the fold that stopped it."""
    one = replace(best, fitted=best.fitted.members[0]) if isinstance(best.fitted, Folded) else best
    return hanging.look(context, task, first(examples), one)
