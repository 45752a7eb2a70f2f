"""Columns that were computed from all rows before any split: what their values betray.

Standardising puts the mean at exactly 0 and the deviation at exactly 1, over all rows; imputing by the mean leaves the
mean of the rest as the commonest value; target encoding leaves the mean of the target of a level as that level's value,
smoothed or not. Min-max scaling cannot be told from a share, nor imputing by the median from a common value.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mlops.ml.data.checks import Check, failure
from mlops.ml.data.suspect import Suspect
from mlops.ml.data.target import Target

_LEAST_ROWS = 50
_DISTINCT = 20
_EXACT = 1e-6
_LEAST_OF_LEVEL = 2
_LEVELS = 3
_FITTING = 0.8
_REPEATED = 5

Floats = NDArray[np.float64]


def find(frame: pl.DataFrame, target: Target, suspects: Sequence[Suspect]) -> list[Check]:
    """Find the features that were fitted on all rows, one check each."""
    if not suspects:
        return []
    known = frame.filter(pl.col(target.name).is_not_null())
    if known.height < _LEAST_ROWS:
        return []
    goals = outcomes(known[target.name], target)
    found = []
    for suspect in suspects:
        if suspect.type in ("float", "int") and not suspect.pixel:
            values = numbers(known[suspect.name])
            whole = suspect.type == "int" or bool((values[np.isfinite(values)] % 1 == 0).all())
            found += _judge(suspect.name, values, goals, known.height, target.name, whole=whole)
    return found


def outcomes(values: pl.Series, target: Target) -> list[Floats]:
    """Give what a level's mean may be of: the target, or whether it is of a class; each of shape (rows,)."""
    if target.task == "regression":
        return [np.asarray(values.cast(pl.Float64).to_numpy())]
    classes = target.classes[-1:] if target.task == "binary" else target.classes[:_DISTINCT]
    return [(values == label).cast(pl.Float64).to_numpy() for label in classes]


def numbers(values: pl.Series) -> Floats:
    """Read numbers as floats, missing as NaN."""
    return np.asarray(values.cast(pl.Float64).fill_null(float("nan")).to_numpy())


def _judge(name: str, values: Floats, goals: Sequence[Floats], rows: int, target: str, *, whole: bool) -> list[Check]:
    present = values[np.isfinite(values)]
    if present.size < _LEAST_ROWS or np.ptp(present) == 0:
        return []
    if any(is_target_mean(values, goal) for goal in goals):
        words = f"`{name}` was encoded by the mean of `{target}` over all rows, those of the test set included"
        return [failure("fit_before_split", name, words, failed=rows, total=rows)]
    if whole:  # a count, a code or a pixel was not scaled, however its quartiles lie, nor is a mean so round
        return []
    how = "standardised" if is_standardised(present) else "imputed by their mean" if is_mean_imputed(present) else ""
    if not how:
        return []
    words = f"`{name}` seems to have been {how} over all rows, those of the test set included; `features` does it after"
    return [failure("fit_before_split", name, words, severity="warn", failed=rows, total=rows)]


def is_standardised(values: Floats) -> bool:
    """Tell whether mean and deviation (or median and quartiles) are exactly 0 and 1."""
    distinct = np.unique(values).size
    if distinct <= _DISTINCT:
        return False
    tolerance = max(_EXACT, 1e-5 if bool((values == values.astype(np.float32)).all()) else 0.0)
    if abs(values.mean()) <= tolerance:
        # scikit-learn divides by n, pandas by n - 1
        return bool(min(abs(values.std() - 1), abs(values.std(ddof=1) - 1)) <= tolerance)
    first, middle, third = np.quantile(values, [0.25, 0.5, 0.75])
    return bool(abs(middle) <= _EXACT and abs(third - first - 1) <= _EXACT)


def is_mean_imputed(values: Floats) -> bool:
    """Tell whether one repeated value is exactly the mean of all others."""
    distinct, many = np.unique(values, return_counts=True)
    if distinct.size <= _DISTINCT:
        return False
    top = int(many.argmax())
    value, count = float(distinct[top]), int(many[top])
    rest = values[values != value]
    fitting = abs(float(rest.mean()) - value) <= 1e-9 * max(abs(value), float(rest.std()))
    return count >= _REPEATED and count > int(np.partition(many, -2)[-2]) and fitting


def is_target_mean(values: Floats, outcome: Floats) -> bool:
    """Tell whether each value is its rows' mean outcome, drawn towards the mean of all by the same weight.

    A smoothed mean of a level with n rows is (n·mean + m·all) / (n + m) (Micci-Barreca, 2001); m follows from the data.
    """
    there = np.isfinite(values)
    distinct, level, many = np.unique(values[there], return_inverse=True, return_counts=True)
    if not _LEVELS <= distinct.size <= there.sum() / (2 * _LEAST_OF_LEVEL):
        return False
    inside = outcome[there]
    means, overall, spread = np.bincount(level, weights=inside) / many, float(inside.mean()), float(inside.std())
    if spread == 0 or float(np.std(means)) <= _EXACT * spread:
        return False
    gap: Floats = many * (distinct - means)
    pull: Floats = overall - distinct
    far = np.abs(pull) > _EXACT * spread
    if not far.any():
        return False
    weight = max(0.0, float(np.median(gap[far] / pull[far])))  # two levels may share a value, and then fit no weight
    encoded = (many * means + weight * overall) / (many + weight)
    fits = np.abs(encoded - distinct) <= 1e-5 * spread
    return bool(fits.sum() >= max(_LEVELS, _FITTING * distinct.size))
