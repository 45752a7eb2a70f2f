"""Slices that nobody declared: found on validation rows, confirmed on test rows, reported only if confirmed.

A slice is one condition on a column, or two on different columns. On validation every slice of enough rows is compared
with the rest (Welch's t, one-sided, Benjamini-Hochberg over all of them); the clearest is kept, its rows are set aside,
and the search goes on among the others, so that a slice is not found again through its neighbours. On test each kept
slice is tested anew, with errors that allow for groups of rows, and all share one error by Holm's method.
Sources: Chung et al., Slice Finder (ICDE 2019); Sagadeeva and Boehm, SliceLine (SIGMOD 2021).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from mlops.documents.metrics import Discovered
from mlops.ml.data.names import counted
from mlops.statistics.multiple_testing import benjamini_hochberg, holm
from mlops.statistics.weights import effective

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.blocks.examine import Discover

Floats = np.ndarray[Any, np.dtype[np.float64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]
_NUMBERS, _WORDS = ("int", "float"), ("string", "category", "bool")
_VALUES = 12  # different values that a column may have to be taken one by one
_SHARE = 0.1  # of false discoveries among what validation suggests (Benjamini-Hochberg)
_ERROR = 0.05  # chance of any false confirmation on test (Holm)
_CLEAR = 3.0  # t below which what is left over of a slice already found is not one by itself
_KEPT = 500  # suggestions looked at more than once


@dataclass(frozen=True)
class Condition:
    """A value of a column, a range `low < x <= high` of it, or (with neither) its absence."""

    column: str
    value: str | None = None
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        """Spell it for a person."""
        if self.value is not None:
            return f"{self.column} = {self.value}"
        if self.low is not None and self.high is not None:
            return f"{self.column} over {self.low:.6g} up to {self.high:.6g}"
        if self.low is None and self.high is None:
            return f"{self.column} is missing"
        return f"{self.column} over {self.low:.6g}" if self.low is not None else f"{self.column} up to {self.high:.6g}"

    def mask(self, frame: pl.DataFrame) -> Mask:
        """Mark the rows that it holds for; a missing value is in no range.

        On NumPy's arrays: an operation on a Polars series is a query of a millisecond, and there are many conditions.
        """
        column = frame[self.column]
        if self.value is not None:
            return np.asarray(_text(column).to_numpy() == self.value)
        if self.low is None and self.high is None:
            return _filled(column.is_null() | column.is_nan()) if column.dtype.is_float() else _filled(column.is_null())
        values = column.cast(pl.Float64).to_numpy()  # what is missing is NaN, and so in no range
        with np.errstate(invalid="ignore"):
            above = values > self.low if self.low is not None else ~np.isnan(values)
            return np.asarray(above & (values <= self.high) if self.high is not None else above)


@dataclass(frozen=True)
class Part:
    """One part of a split: its rows, the loss of each, the group that each belongs to and what it counts ([n])."""

    frame: pl.DataFrame
    loss: Floats
    groups: NDArray[np.int64] | None = None
    weights: Floats | None = None

    def size(self, rows: Mask) -> float:
        """Count some rows by what they are worth."""
        return effective(None if self.weights is None else self.weights[rows], int(rows.sum()))


def losses(task: str, target: NDArray[Any], score: NDArray[Any]) -> Floats:
    """Give each row's loss: the Brier score of classes, the absolute error of numbers, whose tails are short."""
    wide = score.astype(np.float64)
    if task == "regression":
        return np.abs(target - wide)
    if wide.ndim == 1:
        return np.asarray((wide - target) ** 2)
    return np.asarray(((wide - np.eye(wide.shape[1])[target.astype(np.int64)]) ** 2).sum(axis=1))


def discover(validation: Part, test: Part, columns: Mapping[str, str], options: Discover) -> tuple[Discovered, ...]:
    """Name the slices where the loss is worse than elsewhere in both parts, the clearest first."""
    found = search(validation, columns, options)
    return confirm(found, test, options)


def search(part: Part, columns: Mapping[str, str], options: Discover) -> list[tuple[Condition, ...]]:
    """Suggest slices of one or two conditions that are significantly worse than the rest, at most `limit`."""
    conditions = [each for name, kind in columns.items() for each in _conditions(part.frame, name, kind, options)]
    if not conditions or not np.isfinite(part.loss).all():
        return []
    masks = np.stack([condition.mask(part.frame) for condition in conditions])
    pairs, members = _suggested(masks, part.loss, options)
    left, found = np.ones(len(part.loss), dtype=bool), list[tuple[Condition, ...]]()
    while len(pairs) and len(found) < options.limit:
        inside = members & left
        wide = inside.astype(np.float64)
        statistic, _, effect = _welch(wide.sum(axis=1), wide @ part.loss, wide @ part.loss**2, part.loss[left])
        fits = (inside.sum(axis=1) >= options.minimum_rows) & (effect >= options.minimum_effect)
        best = int(np.argmax(np.where(fits, statistic, -np.inf)))
        if not fits[best] or (found and statistic[best] < _CLEAR):
            break
        first, second = pairs[best]
        found.append((conditions[first],) if first == second else (conditions[first], conditions[second]))
        left &= ~members[best]
        members, pairs = np.delete(members, best, axis=0), np.delete(pairs, best, axis=0)
    return found


def _suggested(masks: Mask, loss: Floats, options: Discover) -> tuple[NDArray[np.int64], Mask]:
    """Test every condition and every pair of them at once; keep the clearest of those that pass."""
    wide = masks.astype(np.float64)
    counts, sums, squares = (scaled @ wide.T for scaled in (wide, wide * loss, wide * loss**2))
    upper = np.triu(np.ones_like(counts, dtype=bool)) & (counts >= options.minimum_rows)
    upper &= len(loss) - counts >= options.minimum_rows
    pairs = np.argwhere(upper)
    if not len(pairs):
        return pairs, np.zeros((0, len(loss)), dtype=bool)
    statistic, p_value, effect = _welch(counts[upper], sums[upper], squares[upper], loss)
    keep = benjamini_hochberg(p_value, _SHARE).holds & (effect >= options.minimum_effect)
    order = np.flatnonzero(keep)[np.argsort(-statistic[keep], kind="stable")][:_KEPT]
    return pairs[order], masks[pairs[order, 0]] & masks[pairs[order, 1]]


def _welch(counts: Floats, sums: Floats, squares: Floats, loss: Floats) -> tuple[Floats, Floats, Floats]:
    """Compare slices, given by their sums, with the rest of `loss`: t, its one-sided p-value, and Cohen's d."""
    from scipy.special import stdtr

    rest = len(loss) - counts
    with np.errstate(divide="ignore", invalid="ignore"):
        mean, other = sums / counts, (loss.sum() - sums) / rest
        spread = np.maximum(squares / counts - mean**2, 0) * counts / (counts - 1)
        beside = np.maximum(((loss**2).sum() - squares) / rest - other**2, 0) * rest / (rest - 1)
        first, second = spread / counts, beside / rest
        statistic = (mean - other) / np.sqrt(first + second)
        freedom = (first + second) ** 2 / (first**2 / (counts - 1) + second**2 / (rest - 1))
        effect = (mean - other) / np.sqrt((spread + beside) / 2)
        p_value = stdtr(freedom, -statistic)
    known = np.isfinite(statistic) & np.isfinite(p_value)
    return np.where(known, statistic, -np.inf), np.where(known, p_value, 1.0), np.where(known, effect, 0.0)


def confirm(slices: Sequence[tuple[Condition, ...]], part: Part, options: Discover) -> tuple[Discovered, ...]:
    """Test slices on rows that did not suggest them; keep what holds for all together, in the order given."""
    members = [np.logical_and.reduce([condition.mask(part.frame) for condition in each]) for each in slices]
    tested = [_tested(number, members, part, options) for number in range(len(members))]
    adjusted = holm([p_value for *_, p_value in tested]).adjusted.tolist()
    return tuple(
        Discovered(slice=tuple(map(str, each)), n=rows, loss=loss, rest=rest, p=p_value)
        for each, (rows, loss, rest, _), p_value in zip(slices, tested, adjusted, strict=True)
        if p_value <= _ERROR
    )


def _tested(
    number: int, members: Sequence[Mask], part: Part, options: Discover
) -> tuple[int, float | None, float | None, float]:
    """Compare one slice with the rows that are in none, whole groups varying together: rows, loss, other loss, p-value.

    Standard error of a difference of means by clusters: Cameron and Miller, Journal of Human Resources 50:317 (2015).
    """
    from scipy.special import stdtr

    inside = members[number]
    rest = ~np.logical_or.reduce(members)
    few = min(inside.sum(), rest.sum()) == 0 or min(part.size(inside), part.size(rest)) < options.minimum_rows
    if few or not np.isfinite(part.loss).all():
        return int(inside.sum()), None, None, 1.0
    if part.weights is None:
        mean, other = float(part.loss[inside].mean()), float(part.loss[rest].mean())
        pull = np.where(inside, (part.loss - mean) / inside.sum(), 0.0)
        pull -= np.where(rest, (part.loss - other) / rest.sum(), 0.0)
    else:
        by = part.weights
        mean, other = (float(np.average(part.loss[rows], weights=by[rows])) for rows in (inside, rest))
        pull = np.where(inside, by * (part.loss - mean) / by[inside].sum(), 0.0)
        pull -= np.where(rest, by * (part.loss - other) / by[rest].sum(), 0.0)
    groups = np.arange(len(pull)) if part.groups is None else np.unique(part.groups, return_inverse=True)[1]
    clusters = len(np.unique(groups[inside]))
    error = float(np.sqrt((np.bincount(groups, pull) ** 2).sum() * clusters / max(1, clusters - 1)))
    known = clusters > 1 and error > 0
    p_value = float(stdtr(clusters - 1, -(mean - other) / error)) if known else 1.0
    return int(inside.sum()), mean, other, p_value


def _conditions(frame: pl.DataFrame, name: str, kind: str, options: Discover) -> list[Condition]:
    column = frame[name]
    known = column.drop_nulls().drop_nans() if column.dtype.is_float() else column.drop_nulls()
    found = [Condition(name)] if len(column) - len(known) >= options.minimum_rows else []
    if kind in _NUMBERS and known.n_unique() > _VALUES:
        quartiles = [known.cast(pl.Float64).quantile(share) for share in (0.25, 0.5, 0.75)]
        edges = sorted({float(f"{edge:.6g}") for edge in quartiles if edge is not None})
        bounds = [None, *edges, None]
        return found + [Condition(name, None, low, high) for low, high in pairwise(bounds)]
    if kind not in (*_NUMBERS, *_WORDS):
        return found
    counts = counted(_text(known)).rows()
    frequent = sorted((row for row in counts if row[1] >= options.minimum_rows), key=lambda row: (-row[1], row[0]))
    return found + [Condition(name, value) for value, _ in frequent[:_VALUES]]


def _text(column: pl.Series) -> pl.Series:
    """Spell values; whole numbers alike whether they are stored as such or not."""
    if column.dtype.is_float():
        return column.fill_nan(None).map_elements(lambda value: f"{value:.6g}", return_dtype=pl.String)
    return column.cast(pl.String)


def _filled(marks: pl.Series) -> Mask:
    return np.asarray(marks.fill_null(value=False).to_numpy())
