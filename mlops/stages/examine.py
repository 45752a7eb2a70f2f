"""What `evaluate` examines beyond metrics, where asked: robustness, slices nobody declared, importances."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl
from pydantic import Field

from mlops.blocks.bootstrap import Bootstrap
from mlops.blocks.examine import Discover, Importance
from mlops.bundle.predictor import Predictor
from mlops.documents.metrics import Discovered, MetricsReport
from mlops.documents.metrics import Importance as ImportanceReport
from mlops.metrics import METRICS
from mlops.ml.data.encoding import encode
from mlops.ml.data.parquet import ROW
from mlops.ml.evaluation.studies import discovery, robustness
from mlops.ml.evaluation.studies.importance import importances, sample
from mlops.stages.context import Section
from mlops.stages.tables import scored
from mlops.stages.unseen import blind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from mlops.ml.data.folds import Folds
    from mlops.ml.evaluation.predictions import Predictions
    from mlops.stages.context import StageContext

    Ask = Callable[[pl.DataFrame], NDArray[np.float32]]
    """Scores the rows of a frame."""


class Asked(Section):
    """Part of the `evaluate` section: what is measured, and what is examined beyond that."""

    task: Literal["binary", "multiclass", "regression"]
    metrics: tuple[str, ...]
    bootstrap: Bootstrap = Bootstrap()
    robustness: dict[str, float] = Field(default_factory=dict)
    discover: Discover | None = None
    importance: Importance | None = None


def examine(
    context: StageContext,
    asked: Asked,
    predictor: Predictor,
    test: pl.DataFrame,
    predictions: Predictions,
    folds: Folds | None = None,
) -> Iterator[MetricsReport]:
    """Give the parts of metrics.json that were asked for; rows of `folds` are scored by who has not seen them."""
    ask = partial(scored, predictor, folds=folds)
    if asked.robustness:
        context.say(f"robustness: {', '.join(asked.robustness)}")
        changed = robustness.measure(predictions, asked.metrics, asked.robustness, asked.bootstrap)
        yield MetricsReport(robustness=changed)
    if asked.discover is not None:
        context.say("looking for slices that nobody declared")
        found = _discovered(context, asked, predictor, ask, test, predictions)
        yield MetricsReport(discovered=found)
    if asked.importance is not None:
        context.say(f"importance: what a shuffled column costs {asked.importance.metric}")
        yield MetricsReport(
            importance=_importance(asked.importance, asked.bootstrap, predictor, ask, test, predictions)
        )


def _discovered(
    context: StageContext, asked: Asked, predictor: Predictor, ask: Ask, test: pl.DataFrame, predictions: Predictions
) -> tuple[Discovered, ...]:
    """Look on validation rows, by the answers of a model that has not learnt from them, and confirm on test rows."""
    validation = pl.read_parquet(context.path("artifacts/split/validation.parquet")).sort(ROW)
    if predictions.folds is not None:  # all rows are both: slices are found in one half of the folds, held to the other
        other = predictions.folds > predictions.folds.max() // 2
        validation = validation.filter(~validation[ROW].is_in(test[ROW].filter(pl.Series(other)).implode()))
        test, predictions = test.filter(pl.Series(other)), predictions.take(np.flatnonzero(other))
    else:
        described = context.path("artifacts/bundle/model.json").read_bytes()
        unaware = blind(context, predictor.model, described)
        ask = partial(scored, Predictor(predictor.transform, unaware, predictor.schema))
    columns = {column.name: column.type for column in predictor.transform.recipe.columns}
    target = encode(predictor.transform.recipe.target, validation)
    seen = discovery.losses(asked.task, target, ask(validation))
    held = discovery.losses(asked.task, predictions.target, predictions.score)
    parts = (
        discovery.Part(validation, seen),
        discovery.Part(test, held, predictions.groups, predictions.weights),
    )
    return discovery.discover(*parts, columns, asked.discover or Discover())


def _importance(
    asked: Importance, method: Bootstrap, predictor: Predictor, ask: Ask, test: pl.DataFrame, predictions: Predictions
) -> ImportanceReport:
    chosen: NDArray[np.int64] = sample(predictions.rows, asked.sample)
    found = importances(
        ask,
        test[chosen],
        predictions.target[chosen],
        [column.name for column in predictor.transform.recipe.columns],
        asked.metric,
        asked.repetitions,
        method,
        higher_is_better=METRICS[asked.metric].higher_is_better,
        groups=None if predictions.groups is None else predictions.groups[chosen],
        weights=None if predictions.weights is None else predictions.weights[chosen],
    )
    return ImportanceReport(metric=asked.metric, rows=len(chosen), repetitions=asked.repetitions, columns=found)
