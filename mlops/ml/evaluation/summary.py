"""Every metric of every model and slice with its interval: what `metrics.json` says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mlops.documents.figures import Figure, Figures
from mlops.documents.metrics import Calibration, MetricsReport, SliceFigures
from mlops.ml.evaluation.intervals import limits
from mlops.ml.evaluation.intervals.bootstrap import Interval, draw
from mlops.ml.evaluation.intervals.resampling import Resampling
from mlops.ml.evaluation.predictions import MODELS
from mlops.ml.evaluation.studies import calibration, curves, residuals

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from mlops.blocks.bootstrap import Bootstrap
    from mlops.ml.evaluation.predictions import Predictions

Table = dict[str, Figure]


def summarise(
    predictions: Predictions, metrics: Sequence[str], slices: Iterable[str], method: Bootstrap
) -> MetricsReport:
    """Measure all models on all rows and the candidate on every slice, all on the same resamples."""
    slices = tuple(slices)
    everything = np.arange(len(predictions))
    models = [model for model in predictions.scores if model in MODELS]
    places: list[tuple[str, str, str, NDArray[np.int64]]] = [(m, "", "", everything) for m in models]
    places += [("candidate", by, label, rows) for by in slices for label, rows in predictions.slice_rows(by).items()]
    tables = _measured(predictions, metrics, places, method)
    return MetricsReport(
        models={place[0]: table for place, table in zip(places, tables, strict=True) if not place[1]},
        slices=tuple(
            SliceFigures(by=by, slice=label, n=len(rows), metrics=table)
            for (_, by, label, rows), table in zip(places, tables, strict=True)
            if by
        ),
        calibration=_calibration(predictions),
        reliability=calibration.reliability(predictions, method.confidence),
        residuals=residuals.segments(predictions, slices, method.confidence),
    )


def measured(predictions: Predictions, metrics: Sequence[str], models: Iterable[str], method: Bootstrap) -> Figures:
    """Measure some models on all rows, on the same resamples."""
    rows, names = np.arange(len(predictions)), tuple(models)
    tables = _measured(predictions, metrics, [(model, "", "", rows) for model in names], method)
    return dict(zip(names, tables, strict=True))


def _measured(
    predictions: Predictions,
    metrics: Sequence[str],
    places: Sequence[tuple[str, str, str, NDArray[np.int64]]],
    method: Bootstrap,
) -> list[Table]:
    prepared = {
        (number, metric): predictions.statistic(metric, model, rows)
        for number, (model, _, _, rows) in enumerate(places)
        for metric in metrics
    }
    resampling = Resampling.of(len(predictions), predictions.groups, method.samples, method.seed, predictions.folds)
    draws = draw({key: (apply, places[key[0]][3]) for key, apply in prepared.items()}, resampling)
    tables: list[Table] = [{} for _ in places]
    for (number, metric), apply in prepared.items():
        value = float(apply(np.ones((1, len(places[number][3]))))[0])
        interval = Interval.of(value, draws[number, metric], method.confidence, limits.of_metric(metric))
        tables[number][metric] = Figure(value=interval.value, low=interval.low, high=interval.high)
    return tables


def _calibration(predictions: Predictions) -> Calibration | None:
    """Describe how the candidate's probabilities agree with what happened; None where there are none."""
    score = predictions.score
    if predictions.task != "binary" or not len(predictions) or not np.isfinite(score).all():
        return None
    predicted, observed, rows = curves.calibration(predictions.target, score, predictions.weights)
    return Calibration(
        predicted=tuple(predicted.tolist()), observed=tuple(observed.tolist()), rows=tuple(rows.tolist())
    )
