"""Test rows as they might arrive on a bad day, and what the candidate's scores lose by it.

Every change is drawn by row and column (`mlops.statistics.hashed`), so that a row is changed alike whatever rows lie
beside it. Image corruptions follow Hendrycks and Dietterich, Benchmarking Neural Network Robustness (ICLR 2019).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from mlops.documents.metrics import Changed, Perturbed
from mlops.errors import DataError
from mlops.ml.evaluation.intervals import limits
from mlops.ml.evaluation.intervals.bootstrap import Interval, resample
from mlops.ml.evaluation.intervals.resampling import Resampling
from mlops.ml.evaluation.studies.unpacked import Unpacked
from mlops.perturbations import PERTURBATIONS
from mlops.perturbations.scene import Scene, numbers, values

if TYPE_CHECKING:
    import polars as pl

    from mlops.blocks.bootstrap import Bootstrap
    from mlops.ml.evaluation.predictions import Predictions
    from mlops.perturbations.perturbation import Perturbation


def perturb(name: str, strength: float, scene: Scene) -> pl.DataFrame:
    """Change the test rows; raises DataError where the model reads nothing that this could change."""
    kind = PERTURBATIONS[name]
    pictures = Unpacked.of(scene)
    if pictures is not None:
        return pictures.packed(perturb(name, strength, pictures.scene))
    if kind.of == "image":
        return _images(kind, strength, scene)
    columns = scene.of(kind.reads)
    if not columns:
        raise _useless(name, f"would change nothing, for the model reads no {kind.reads or 'numeric'} column")
    return scene.test.with_columns(kind(scene, strength, columns))


def _images(kind: Perturbation, strength: float, scene: Scene) -> pl.DataFrame:
    """Change whole images, and keep them within the range seen in training."""
    names = list(scene.columns)
    if scene.shape is None:
        raise _useless(kind.name, "changes images, and this pipeline's rows are none")
    flat = np.stack([values(scene.test, column) for column in names], axis=1)
    usual = np.stack([values(scene.train, column) for column in names], axis=1)
    low, high = float(np.nanmin(usual)), float(np.nanmax(usual))
    images = flat.reshape(len(flat), *scene.shape)
    changed = np.clip(kind(images, strength, high - low, scene.rows), low, high).reshape(flat.shape)
    return scene.test.with_columns(numbers(column, changed[:, index]) for index, column in enumerate(names))


def _useless(name: str, why: str) -> DataError:
    hint = f"remove `{name}` from `evaluate: robustness:` and from the gates"
    return DataError(f"evaluate.robustness: `{name}` {why}", hint=hint)


def measure(
    predictions: Predictions, metrics: Sequence[str], strengths: Mapping[str, float], method: Bootstrap
) -> dict[str, Perturbed]:
    """Measure the candidate under each perturbation: its value and the paired change from clean rows."""
    models = {name: predictions.under(name) for name in strengths}
    clean = {("", metric): predictions.statistic(metric, "candidate") for metric in metrics}
    perturbed = {(n, metric): seen.statistic(metric, "candidate") for n, seen in models.items() for metric in metrics}
    everything = {**clean, **perturbed}
    asked = (predictions.groups, method.samples, method.seed, predictions.folds)
    draws = resample(everything, Resampling.of(len(predictions), *asked))
    ones = np.ones((1, len(predictions)))
    found = {key: float(apply(ones)[0]) for key, apply in everything.items()}
    tables: dict[str, dict[str, Changed]] = {name: {} for name in strengths}
    for name, metric in perturbed:
        change = found[name, metric] - found["", metric]
        moved, possible = draws[name, metric] - draws["", metric], limits.of_metric(metric)
        interval = Interval.of(change, moved, method.confidence, limits.of_difference(metric))
        value = Interval.of(found[name, metric], draws[name, metric], method.confidence, possible)
        tables[name][metric] = Changed(
            value=value.value,
            low=value.low,
            high=value.high,
            change=interval.value,
            change_low=interval.low,
            change_high=interval.high,
        )
    return {name: Perturbed(strength=strength, metrics=tables[name]) for name, strength in strengths.items()}
