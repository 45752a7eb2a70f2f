"""What aggregates learn of the rows of training, a value a level, and how stages and server look it up.

Sums go row by row in the order of the rows, so that no processor's vector instructions change the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from mlops.expressions.aggregates import AGGREGATES, Key, Learnt
from mlops.expressions.values import Column, Moments, Texts, finite

Numbers = NDArray[np.float64]
Places = NDArray[np.int64]


def learn(function: str, values: Column | None = None, *, by: Sequence[Column], rows: int) -> Learnt:
    """Learn an aggregate of values [rows], none where rows are counted, by the levels of columns.

    A value that is missing counts nowhere; a row that lacks a column of `by` counts in what is over all rows alone. A
    level of which nothing is known is left out: what is over all rows stands for it.

    >>> learn("mean", np.array([1.0, 3.0, 5.0]), by=[np.array([0.0, 0.0, np.nan])], rows=3)
    Learnt(otherwise=3.0, levels={(0,): 2.0})
    """
    numbers = np.ones(rows) if values is None else finite(_numbers(values, rows))
    known = ~np.isnan(numbers)
    everywhere = _value(_STATISTICS[function](numbers[known], np.zeros(int(known.sum()), dtype=np.int64), 1)[0])
    if not by:
        return Learnt(0.0 if everywhere is None and AGGREGATES[function].counts else everywhere, {})
    places, keys = _levels(by, rows)
    counted = known & (places >= 0)
    found = finite(_STATISTICS[function](numbers[counted], places[counted], len(keys)))
    levels = {key: value for key, value in zip(keys, found.tolist(), strict=True) if not math.isnan(value)}
    return Learnt(0.0 if AGGREGATES[function].counts else everywhere, dict(sorted(levels.items())))


def looked_up(learnt: Learnt, by: Sequence[Column], rows: int) -> Numbers:
    """Give each row the value of its level; a level that training had not, and none, that of all rows.

    >>> looked_up(Learnt(3.0, {(0,): 2.0}), [np.array([0.0, 7.0, np.nan])], 3).tolist()
    [2.0, 3.0, 3.0]
    """
    otherwise = math.nan if learnt.otherwise is None else learnt.otherwise
    if not by:
        return np.full(rows, otherwise)
    places, keys = _levels(by, rows)
    table = [learnt.of(key) for key in keys]
    values = np.array([*(math.nan if value is None else value for value in table), otherwise], dtype=np.float64)
    found: Numbers = values[places]
    return found


def _levels(by: Sequence[Column], rows: int) -> tuple[Places, list[Key]]:
    """Number the levels of some columns by row, -1 where one of them is missing, and say which they are."""
    places: Places = np.zeros(rows, dtype=np.int64)
    keys: list[Key] = [()]
    for column in by:
        own, values = _coded(column)
        together = np.where((places < 0) | (own < 0), -1, places * max(len(values), 1) + own)
        found, places = np.unique(together, return_inverse=True)
        absent = int(len(found) > 0 and found[0] < 0)
        places = places.reshape(rows) - absent
        keys = [(*keys[at // len(values)], values[at % len(values)]) for at in found[absent:].tolist()]
    return places, keys


def _coded(column: Column) -> tuple[Places, Sequence[str | int]]:
    """Number the values of a column by row, -1 where it is missing."""
    if isinstance(column, Texts):
        return column.positions, column.values
    if isinstance(column, Moments):
        raise TypeError("levels are of texts and whole numbers")
    found, places = np.unique(column, return_inverse=True)
    known = ~np.isnan(found)
    return np.where(known[places], places, -1).reshape(len(column)), [int(value) for value in found[known].tolist()]


def _numbers(values: Column, rows: int) -> Numbers:
    return np.full(rows, np.nan) if isinstance(values, Texts | Moments) else values


def _value(number: np.float64) -> float | None:
    return float(number) + 0.0 if math.isfinite(number) else None


def _counts(values: Numbers, places: Places, levels: int) -> Numbers:
    return np.bincount(places, minlength=levels).astype(np.float64)


def _sums(values: Numbers, places: Places, levels: int) -> Numbers:
    return np.bincount(places, weights=values, minlength=levels).astype(np.float64)


def _means(values: Numbers, places: Places, levels: int) -> Numbers:
    with np.errstate(all="ignore"):
        found: Numbers = _sums(values, places, levels) / _counts(values, places, levels)
    return found


def _spreads(values: Numbers, places: Places, levels: int) -> Numbers:
    """Give standard deviations with n - 1; none of a level of fewer than two rows."""
    counts = _counts(values, places, levels)
    with np.errstate(all="ignore"):
        apart = values - _means(values, places, levels)[places]
        variance = _sums(apart * apart, places, levels) / np.where(counts > 1, counts - 1, np.nan)
    found: Numbers = np.sqrt(variance)
    return found


def _ranked(pick: Callable[[Numbers, Places, Places], Numbers]) -> Callable[[Numbers, Places, int], Numbers]:
    """Take from the sorted values of each level what `pick` says of where a level starts and ends."""

    def ranked(values: Numbers, places: Places, levels: int) -> Numbers:
        order = np.lexsort((values, places))
        counts = np.bincount(places, minlength=levels)
        ends = np.cumsum(counts)
        found, some = np.full(levels, np.nan), counts > 0
        if some.any():
            found[some] = pick(values[order], (ends - counts)[some], ends[some])
        return found

    return ranked


def _middle(values: Numbers, starts: Places, ends: Places) -> Numbers:
    low, high = values[(starts + ends - 1) // 2], values[(starts + ends) // 2]
    found: Numbers = low / 2 + high / 2
    return np.where(low == high, low, found)


_STATISTICS: dict[str, Callable[[Numbers, Places, int], Numbers]] = {
    "mean": _means,
    "median": _ranked(_middle),
    "std": _spreads,
    "min": _ranked(lambda values, starts, ends: values[starts]),
    "max": _ranked(lambda values, starts, ends: values[ends - 1]),
    "sum": _sums,
    "count": _counts,
}
