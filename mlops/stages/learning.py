"""The learning curve of the chosen candidate, where one is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops.files.atomic import write_text
from mlops.ml.evaluation.studies import learning_curve
from mlops.ml.training.slow import slow
from mlops.stages.folded import first

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mlops.ml.training.problem import Examples
    from mlops.ml.training.session import Candidate, Session
    from mlops.stages.context import StageContext


def draw(context: StageContext, metric: str, examples: Examples, candidate: Candidate, session: Session) -> None:
    """Write learning_curve.csv, of folds that of the first member.

    No points for a network, which takes too long to train again.
    """
    examples = first(examples)
    points: list[learning_curve.Point] = []
    if not slow(candidate):

        def learn(rows: NDArray[np.int64]) -> NDArray[Any]:
            return candidate.fit(examples.part(rows), session).predict(examples.validation_x)

        classes = examples.train_y.dtype.kind != "f"
        drawn = learning_curve.subsets(examples.train_y, classes=classes, seed=session.seed)
        by = examples.validation_w
        points = learning_curve.measure(metric, examples.validation_y, drawn, learn, session.seed, by)
    else:
        context.say(f"no learning curve: {session.name} is a network, which takes too long to train again")
    write_text(context.path("reports/learning_curve.csv"), learning_curve.to_csv(points))
