"""The live model on the test rows of a recorded run: the same rows, the same code as in serving, no training."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mlops.errors import DataError
from mlops.metrics.probabilities import decisions
from mlops.ml.data.parquet import ROW
from mlops.ml.evaluation.judging.own_metrics import OwnMetric, measure
from mlops.ml.evaluation.row_losses import RowLosses
from mlops.stages.tables import scored, transformed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import polars as pl
    from numpy.typing import NDArray

    from mlops.bundle.predictor import Predictor
    from mlops.ml.evaluation.predictions import Predictions


def other_question(predictions: Predictions, champion: Predictor) -> str | None:
    """Say why two models cannot be compared, because they answer different questions; None where they can."""
    classes = tuple(map(str, champion.classes or ()))
    if (champion.task, classes) == (predictions.task, predictions.classes):
        return None
    theirs, ours = _question(champion.task, classes), _question(predictions.task, predictions.classes)
    return f"the live model predicts {theirs}, this one {ours}: a new question is a pipeline of its own"


def confronted(
    predictions: Predictions,
    champion: Predictor,
    digest: str,
    test: pl.DataFrame,
    own: Mapping[str, OwnMetric],
    code: tuple[Path, str],
    members: NDArray[np.int64] | None = None,
) -> Predictions:
    """Add the scores of the live model to those that a run recorded of the same rows, and what it decides by them.

    `members` [n] name the one of its members that answers a row, as it has not seen it; -1 is the mean of them. `code`
    is the repository and the pipeline that metrics of the pipeline's own are imported from.

    Raises:
        DataError: the rows are others, or lack what the live model reads.
    """
    test = test.sort(ROW)
    if not np.array_equal(test[ROW].to_numpy(), predictions.rows):
        raise DataError("artifacts/split/test.parquet holds other rows than the predictions", hint="dvc pull")
    score = scored(champion, test).astype(np.float64)
    if members is not None:
        single = np.flatnonzero(members >= 0)
        each = champion.model.members(transformed(champion.transform, test[single]))
        score[single] = each[np.arange(len(single)), members[single]]
    alone = replace(predictions, scores={"champion": score}, own={})
    measured = measure(alone, own, *code)
    decided = {}
    if predictions.values is not None:
        rule = champion.decision
        decided = {"champion": decisions(score) if rule is None else rule.decide(score)}
    return replace(
        predictions,
        scores={**predictions.scores, "champion": score},
        champion=digest,
        decisions={**predictions.decisions, **decided},
        own={name: _with(losses, measured.get(name)) for name, losses in predictions.own.items()},
    )


def _with(known: RowLosses, more: RowLosses | None) -> RowLosses:
    if more is None:
        return known
    return RowLosses({**known.values, **more.values}, {**known.problems, **more.problems})


def _question(task: str, classes: tuple[str, ...]) -> str:
    return f"{task} classes {', '.join(classes[:10])}" if classes else task
