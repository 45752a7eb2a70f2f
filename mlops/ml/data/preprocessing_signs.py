"""Which columns of a long table may have been fitted on all rows, by a sample of them and by means over all.

`preprocessing_leaks` proves it, for which it must sort a column. What is ruled out here could not be proved there, but
for an imputed value, or a level, that is so rare that a sample of 200,000 rows does not have it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from mlops.ml.data.preprocessing_leaks import Floats, numbers, outcomes
from mlops.ml.data.sample import Sample
from mlops.ml.data.suspect import Suspect
from mlops.ml.data.target import Target

_ERRORS = 4.0
_SLOPE = 0.5
"""A mean of the target rises as the target does (slope 1 or, where it was smoothed, more); most columns hardly do."""
_NEAR = 1e-3
_ROUGHLY = 0.1
"""How near median and quartiles of a sample must be to 0 and 1."""
_REPEATED = 2
_EQUAL = 1e-6


def likely(drawn: Sample, target: Target, suspects: Sequence[Suspect]) -> list[Suspect]:
    """Choose the suspects that all rows must be asked about."""
    known = drawn.rows.filter(pl.col(target.name).is_not_null())
    goals = outcomes(known[target.name], target)
    return [
        suspect
        for suspect in suspects
        if suspect.type in ("float", "int")
        and not suspect.pixel
        and _shows(numbers(known[suspect.name]), goals, drawn.table[suspect.name])
    ]


def _shows(values: Floats, goals: Sequence[Floats], column: pl.Series) -> bool:
    there = np.isfinite(values)
    present = values[there]
    if present.size < _REPEATED or np.ptp(present) == 0:
        return False
    if any(rises_with(present, goal[there]) for goal in goals):
        return True
    whole = bool((present % 1 == 0).all())
    return not whole and (_is_centred(present, column) or _is_imputed(present, column))


def rises_with(values: Floats, outcome: Floats) -> bool:
    """Tell whether the outcome may rise by at least half of what a column does; both are of shape (rows,).

    Example:
        >>> level = np.arange(900) % 3
        >>> rises_with(level / 3, (level > 0) * 1.0), rises_with(level * 100.0, (level > 0) * 1.0)
        (True, False)
    """
    spread = float(values.std())
    slope = float(((values - values.mean()) * (outcome - outcome.mean())).mean()) / spread**2
    return bool(slope + _ERRORS * float(outcome.std()) / (spread * np.sqrt(values.size)) >= _SLOPE)


def _is_centred(present: Floats, column: pl.Series) -> bool:
    low, middle, high = np.quantile(present, [0.25, 0.5, 0.75])
    if abs(middle) <= _ROUGHLY and abs(high - low - 1) <= _ROUGHLY:
        return True
    mean, spread = _moments(column)
    return abs(mean) <= _NEAR and abs(spread - 1) <= _NEAR


def _is_imputed(present: Floats, column: pl.Series) -> bool:
    """Tell whether the commonest value of the sample is the mean of all others of the column."""
    distinct, many = np.unique(present, return_counts=True)
    value, count = float(distinct[many.argmax()]), int(many.max())
    if count < _REPEATED:
        return False
    mean, spread = _moments(column)
    rows = column.len() - column.null_count()
    same = int((column == value).sum())
    rest = (mean * rows - value * same) / max(rows - same, 1)
    return abs(rest - value) <= _EQUAL * max(abs(value), spread)


def _moments(column: pl.Series) -> tuple[float, float]:
    values = column.cast(pl.Float64)
    if not bool(values.is_finite().all()):
        values = values.filter(values.is_finite())
    return float(values.mean() or 0.0), float(values.std() or 0.0)  # type: ignore[arg-type]  # numbers
