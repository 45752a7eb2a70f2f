"""How many labels are probably wrong: confident learning on out-of-fold predictions (Northcutt et al., JAIR 2021).

An estimate, as good as the model that makes it: extremely randomised trees on at most 5,000 rows, drawn with a fixed
seed. Where the model hardly beats chance the estimate is not made.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mlops.blocks.column_rule import TEXTS, ColumnType
from mlops.blocks.data_limit import NoiseLimit
from mlops.documents.data import Confused, NoiseReport
from mlops.ml.data import splits
from mlops.ml.data.checks import Check, failure
from mlops.ml.data.parquet import ROW
from mlops.ml.data.sample import draw
from mlops.ml.data.target import Target
from mlops.ml.light import without_pandas
from mlops.pictures.pixels import Pictures

_ROWS = 5_000
_FOLDS = 3
_TREES = 60
_SEED = 0
_LEAST_OF_CLASS = 10
_CLASSES = 50
_PIXELS = 1_000
_SKILL = 0.5
"""Share of the way from chance to certainty that the balanced accuracy must go for the estimate to mean anything."""

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


def estimate(
    frame: pl.DataFrame, target: Target, kinds: Mapping[str, ColumnType], entity: str | None
) -> NoiseReport | None:
    """Estimate the share of wrong labels of a classification; None for a regression."""
    if target.task == "regression":
        return None
    sample = draw(frame, _ROWS, _SEED).rows
    codes = _codes(sample[target.name], target)
    kinds = {name: kind for name, kind in kinds.items() if kind != "text"}  # the order of sentences tells nothing
    many = np.bincount(codes, minlength=len(target.classes))
    about = partial(NoiseReport, method="confident learning", estimate=True, rows=int(codes.size), seed=_SEED)
    if many.min() < _LEAST_OF_CLASS or len(target.classes) > _CLASSES or not kinds:
        return about(share=None, reason="too few rows of a class, or too many classes")
    folds = _folds(sample, entity)
    if np.unique(folds).size < 2:
        return about(share=None, reason="too few values of the entity")
    probabilities = _out_of_fold(_matrix(sample, kinds), codes, folds, len(target.classes))
    right = [float((probabilities.argmax(axis=1)[codes == label] == label).mean()) for label in range(len(many))]
    skill = (float(np.mean(right)) - 1 / len(many)) / (1 - 1 / len(many))
    about = partial(about, balanced_accuracy=float(np.mean(right)))
    if not skill >= _SKILL:
        return about(share=None, reason="the features tell too little about the labels")
    joint = confident_joint(codes, probabilities)
    wrong = joint.sum() - np.trace(joint)
    return about(share=float(wrong / joint.sum()), pairs=_pairs(joint, target), reason="")


def confident_joint(labels: Codes, probabilities: Floats) -> Floats:
    """Estimate rows by given label (first axis) and likely label (second), scaled to the labels' counts.

    `probabilities` are out-of-fold probabilities of shape (rows, classes).
    """
    classes = probabilities.shape[1]
    many = np.bincount(labels, minlength=classes)
    thresholds = np.array([probabilities[labels == label, label].mean() for label in range(classes)])
    confident = np.where(probabilities >= thresholds, probabilities, -1.0)
    counted = confident.max(axis=1) >= 0
    joint = np.zeros((classes, classes))
    np.add.at(joint, (labels[counted], confident.argmax(axis=1)[counted]), 1)
    empty = joint.sum(axis=1) == 0
    joint[empty, np.flatnonzero(empty)] = 1
    return np.asarray(joint / joint.sum(axis=1, keepdims=True) * many[:, None])


def held(found: NoiseReport | None, limit: NoiseLimit, target: str) -> Check:
    """Hold the estimate against a rule; one that could not be made does not pass."""
    if found is None or found.share is None or found.rows is None:
        reason = "there are no classes" if found is None else found.reason
        words = f"how many values of `{target}` are wrong cannot be estimated: {reason}"
        return failure("label_noise", target, words, severity=limit.severity)
    rows, failed = found.rows, round(found.share * found.rows)
    words = f"about {failed:,} of {rows:,} values of `{target}` are probably wrong; at most {limit.at_most:.4g} may be"
    over = found.share > limit.at_most
    return Check("label_noise", target, limit.severity, max(failed, 1) if over else 0, rows, words if over else "")


def _pairs(joint: Floats, target: Target) -> tuple[Confused, ...]:
    """List the ten commonest confusions, in rows of the sample."""
    found = [
        Confused(given=target.classes[given], likely=target.classes[likely], rows=round(float(joint[given, likely])))
        for given in range(len(joint))
        for likely in range(len(joint))
        if given != likely and joint[given, likely] >= 1
    ]
    return tuple(sorted(found, key=lambda pair: (-pair.rows, str(pair.given), str(pair.likely)))[:10])


def _folds(sample: pl.DataFrame, entity: str | None) -> Codes:
    """Give each row a fold; the rows of one entity share it."""
    if entity is None or entity not in sample.columns:
        return np.asarray(splits.mixed(sample[ROW], _SEED + 1) % np.uint64(_FOLDS), dtype=np.int64)
    shares = splits.hashed([str(value) for value in sample[entity].to_list()], _SEED)
    return np.asarray(np.floor(shares * _FOLDS), dtype=np.int64)


def _codes(values: pl.Series, target: Target) -> Codes:
    places = {label: place for place, label in enumerate(target.classes)}
    return np.array([places[value] for value in values.to_list()], dtype=np.int64)


def _matrix(sample: pl.DataFrame, kinds: Mapping[str, ColumnType]) -> NDArray[np.float32]:
    """Make numbers of all features: texts by rank, moments by time, pixels, the missing far outside."""
    made = []
    for name, kind in kinds.items():
        if kind == "image":
            made.append(_pixels(sample[name]))
            continue
        values = sample[name].rank("dense") if kind in TEXTS else sample[name].to_physical()
        made.append(values.cast(pl.Float64).fill_null(-1e9).fill_nan(-1e9).to_numpy())
    return np.asarray(np.clip(np.column_stack(made), -1e30, 1e30), dtype=np.float32)


def _pixels(values: pl.Series) -> NDArray[np.float64]:
    """Take at most a thousand pixels of each picture, evenly over it."""
    present = values.drop_nulls()
    count = len(present[0]) if len(present) else 1
    pixels = Pictures.of(values.to_list(), count).pixels
    return pixels[:, :: -(-count // _PIXELS)].astype(np.float64)


def _out_of_fold(features: NDArray[np.float32], labels: Codes, folds: Codes, classes: int) -> Floats:
    with without_pandas():
        from sklearn.ensemble import ExtraTreesClassifier  # a second to import: only where it is needed

    probabilities = np.full((labels.size, classes), 0.0)
    for fold in range(_FOLDS):
        inside = folds == fold
        if not inside.any():
            continue
        model = ExtraTreesClassifier(_TREES, min_samples_leaf=2, random_state=_SEED, n_jobs=1)
        model.fit(features[~inside], labels[~inside])
        probabilities[np.ix_(inside, model.classes_)] = model.predict_proba(features[inside])
    return probabilities
