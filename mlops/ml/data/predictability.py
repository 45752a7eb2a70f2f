"""How well one column alone predicts the target: ranks for two classes, a step function for several, R² for numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mlops.blocks.column_rule import TEXTS, ColumnType
from mlops.metrics.ranking import auroc
from mlops.ml.data.splits import mixed
from mlops.ml.data.target import Target

_ROWS = 50_000
"""About so many rows of a longer table are looked at."""
_BINS = 100
_ROWS_PER_BIN = 20
_LEAST_OF_CLASS = 10
_BLOCKS = {"binary": 0.99, "multiclass": 0.98, "regression": 0.98}
_WARNS = {"binary": 0.95, "multiclass": 0.95, "regression": 0.95}
_MEASURES = {"binary": "AUC", "multiclass": "share of errors avoided", "regression": "R²"}

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Power:
    """How well one column predicts, from 0 (no better than without it; 0.5 for AUC) to 1."""

    value: float
    blocks: bool

    def sentence(self, target: Target) -> str:
        """Say how well, in the measure of the task."""
        much = "almost perfectly" if self.blocks else "very well"
        return f"alone it predicts {target.name} {much} ({_MEASURES[target.task]} {self.value:.3f})"


def is_same(values: pl.Series, target: pl.Series) -> bool:
    """Tell whether a column is the target, or each of its few values goes with one value of the target and back."""
    if values.null_count() == 0 and values.dtype.is_numeric() and target.dtype.is_numeric():
        return bool((values.cast(pl.Float64) == target.cast(pl.Float64)).all()) or _recodes(values, target)
    return _recodes(values, target)


def measure(values: pl.Series, target: pl.Series, task: Target, found: ColumnType) -> Power | None:
    """Measure a column's power over the target; None where it is ordinary."""
    if task.task == "regression":
        power = _regression(values, target, found)
    elif task.task == "binary":
        power = _binary(values, (target == task.classes[-1]).to_numpy(), found)
    else:
        power = _multiclass(values, target, found)
    return Power(power, power >= _BLOCKS[task.task]) if power >= _WARNS[task.task] else None


def auc(scores: Floats, positive: NDArray[np.bool_]) -> float:
    """Measure the area under the ROC curve."""
    return float(auroc(positive.astype(np.float64), scores)(np.ones((1, positive.size)))[0])


def thinned(frame: pl.DataFrame, rows: int = _ROWS) -> pl.DataFrame:
    """Take about so many rows of a longer table that measuring stays quick, none of them by a pattern of the file."""
    if frame.height <= rows:
        return frame
    chosen = _mixed(frame.height) < np.uint64(rows / frame.height * 2.0**64)
    return frame.filter(pl.Series(chosen))


def _halves(rows: int) -> NDArray[np.int64]:
    """Give each row one of two halves; every second row would do, were files not often made of pairs."""
    return (_mixed(rows) & np.uint64(1)).astype(np.int64)


def _mixed(rows: int) -> NDArray[np.uint64]:
    return mixed(pl.int_range(rows, eager=True), seed=0)


def _recodes(values: pl.Series, target: pl.Series) -> bool:
    classes, distinct = target.n_unique(), values.n_unique()
    if distinct != classes or classes > min(_BINS, target.len() // 4):
        return False
    pairs = pl.DataFrame([values.alias("value"), target.alias("target")]).unique()
    return pairs.height == classes


def _binary(values: pl.Series, positive: NDArray[np.bool_], found: ColumnType) -> float:
    if min(positive.sum(), (~positive).sum()) < _LEAST_OF_CLASS:
        return 0.0
    area = auc(_crossed(_binned(values, found), positive.astype(np.float64)), positive)
    if found not in TEXTS:
        number = _numbers(values)
        low, high = np.nanmin(number, initial=0) - 1, np.nanmax(number, initial=0) + 1
        directed = [auc(np.where(np.isnan(number), bound, number), positive) for bound in (low, high)]
        area = max(area, *directed, *(1 - one for one in directed))
    return area


def _multiclass(values: pl.Series, target: pl.Series, found: ColumnType) -> float:
    """Compare the errors of the best guess by bin with those of the commonest class; each half judged by the other."""
    labels = _whole(target.cast(pl.String).rank("dense") - 1)
    counts = np.bincount(labels)
    if counts.min() < _LEAST_OF_CLASS:
        return 0.0
    bins, half = _binned(values, found), _halves(labels.size)
    votes = np.zeros((2, bins.max() + 1, counts.size))
    np.add.at(votes, (half, bins, labels), 1)
    guess = votes[1 - half, bins].argmax(axis=1)
    errors, blind_errors = float((guess != labels).mean()), 1 - float(counts.max()) / labels.size
    return 1 - errors / blind_errors


def _regression(values: pl.Series, target: pl.Series, found: ColumnType) -> float:
    y = target.cast(pl.Float64).to_numpy()
    if y.std() == 0:
        return 0.0
    fits = [_explained(y, _crossed(_binned(values, found), y))]
    number = _numbers(values) if found not in TEXTS else np.full(y.size, np.nan)
    known = ~np.isnan(number)
    if known.mean() >= 0.5 and np.ptp(number[known]) > 0 and np.ptp(y[known]) > 0:
        x, rest = number[known], y[known]
        x_ranks, rest_ranks = (pl.Series(part).rank("average").to_numpy() for part in (x, rest))
        fits += [float(np.corrcoef(x, rest)[0, 1] ** 2), float(np.corrcoef(x_ranks, rest_ranks)[0, 1] ** 2)]
    return max(fits)


def _explained(y: Floats, fitted: Floats) -> float:
    return 1 - float(((y - fitted) ** 2).mean() / y.var())


def _crossed(bins: NDArray[np.int64], y: Floats) -> Floats:
    """Predict each row by the mean of its bin in the other half of the rows."""
    half, size = _halves(y.size), int(bins.max()) + 1
    means = []
    for part in (0, 1):
        inside = half == part
        count = np.bincount(bins[inside], minlength=size)
        total = np.bincount(bins[inside], weights=y[inside], minlength=size)
        means.append(np.where(count > 0, total / np.maximum(count, 1), y[inside].mean()))
    return np.where(half == 0, means[1][bins], means[0][bins])


def _binned(values: pl.Series, found: ColumnType) -> NDArray[np.int64]:
    """Number the bins: one a value where values are few or texts, else quantiles; bin 0 is for the missing."""
    if found in TEXTS or values.n_unique() <= _BINS:
        return _whole(values.cast(pl.String).rank("dense").fill_null(0))
    bins = int(min(_BINS, max(2, values.len() // _ROWS_PER_BIN)))
    share = pl.Series(_numbers(values)).fill_nan(None).rank("average") / values.len()
    return _whole((share * bins).floor().fill_null(-1) + 1)


def _whole(numbers: pl.Series) -> NDArray[np.int64]:
    return np.asarray(numbers.cast(pl.Int64).to_numpy(), dtype=np.int64)


def _numbers(values: pl.Series) -> Floats:
    """Read numbers, truth values and moments as floats, missing as NaN."""
    physical = values.to_physical() if values.dtype.is_temporal() else values
    return np.asarray(physical.cast(pl.Float64).fill_null(float("nan")).to_numpy(), dtype=np.float64)
