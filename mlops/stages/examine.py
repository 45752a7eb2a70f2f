"""What `evaluate` examines beyond metrics, where asked: robustness, slices nobody declared, importances."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl

from mlops.blocks.block import Block
from mlops.blocks.examine import Discover, Repetitions, Sample
from mlops.documents.metrics import Discovered
from mlops.documents.metrics import Importance as ImportanceReport
from mlops.metrics import METRICS
from mlops.ml.data.encoding import encode
from mlops.ml.evaluation.studies import discovery, robustness
from mlops.ml.evaluation.studies.importance import importances, sample
from mlops.stages.tables import scored

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mlops.bundle.predictor import Predictor
    from mlops.ml.evaluation.predictions import Predictions
    from mlops.stages.context import StageContext
    from mlops.stages.evaluate import Params


class Importance(Block):
    """Part of the `evaluate` section: the metric that a shuffled column costs, and how it is measured."""

    metric: str
    repetitions: Repetitions
    sample: Sample


def examine(
    context: StageContext, params: Params, predictor: Predictor, test: pl.DataFrame, predictions: Predictions
) -> dict[str, Any]:
    """Give the parts of metrics.json that were asked for."""
    found: dict[str, Any] = {}
    if params.robustness:
        context.say(f"robustness: {', '.join(params.robustness)}")
        found["robustness"] = robustness.measure(predictions, params.metrics, params.robustness, params.bootstrap)
    if params.discover is None and params.importance is None:
        return found
    if params.discover is not None:
        context.say("looking for slices that nobody declared")
        found["discovered"] = _discovered(context, params, params.discover, predictor, test, predictions)
    if params.importance is not None:
        context.say(f"importance: what a shuffled column costs {params.importance.metric}")
        found["importance"] = _importance(params, params.importance, predictor, test, predictions)
    return found


def _discovered(
    context: StageContext,
    params: Params,
    options: Discover,
    predictor: Predictor,
    test: pl.DataFrame,
    predictions: Predictions,
) -> tuple[Discovered, ...]:
    validation = pl.read_parquet(context.path("artifacts/split/validation.parquet")).sort("__row__")
    columns = {column.name: column.type for column in predictor.transform.recipe.columns}
    target = encode(predictor.transform.recipe.target, validation)
    seen = discovery.losses(params.task, target, scored(predictor, validation))
    held = discovery.losses(params.task, predictions.target, predictions.scores["candidate"])
    parts = discovery.Part(validation, seen), discovery.Part(test, held, predictions.groups)
    return discovery.discover(*parts, columns, options)


def _importance(
    params: Params, asked: Importance, predictor: Predictor, test: pl.DataFrame, predictions: Predictions
) -> ImportanceReport:
    chosen: NDArray[np.int64] = sample(predictions.rows, asked.sample)
    found = importances(
        partial(scored, predictor),
        test[chosen],
        predictions.target[chosen],
        [column.name for column in predictor.transform.recipe.columns],
        asked.metric,
        asked.repetitions,
        params.bootstrap,
        higher_is_better=METRICS[asked.metric].higher_is_better,
        groups=None if predictions.groups is None else predictions.groups[chosen],
    )
    return ImportanceReport(metric=asked.metric, rows=len(chosen), repetitions=asked.repetitions, columns=found)
