"""What an outcome is on average where a category has a level: smoothed towards the average of all rows.

Micci-Barreca, SIGKDD Explorations 3:27, 2001. Rows that are learnt from are told only of rows before them, in an order
drawn for the purpose, so that no row's own outcome is in its code (Prokhorenkova et al., NeurIPS 2018, section 3.2): a
level of few rows would otherwise give their outcomes away. Leaving out each row alone does not do: what is left out of
a level's sum shows in the difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PRIOR = 10.0
"""How many rows of average weight the average of all counts as."""


def means(
    codes: NDArray[np.int64], levels: int, y: NDArray[np.float64], weights: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Average outcomes `y` [n] by level, [levels]; `codes` [n] say which each row has, -1 none of them.

    `weights` [n] have a mean of 1. A level that no row has is given the average of all rows.

    Example:
        >>> means(np.array([0] * 10 + [1] * 10), 3, np.array([1.0] * 10 + [0.0] * 10)).tolist()
        [0.75, 0.25, 0.5]
    """
    by = np.ones(len(y)) if weights is None else weights
    known = codes >= 0
    sums = np.bincount(codes[known], by[known] * y[known], minlength=levels)
    rows = np.bincount(codes[known], by[known], minlength=levels)
    return np.asarray((sums + PRIOR * np.average(y, weights=by)) / (rows + PRIOR))


def ordered(
    codes: NDArray[np.int64],
    y: NDArray[np.float64],
    order: NDArray[np.int64],
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Average for each row the outcomes of rows of its level that stand before it in `order` [n], a permutation.

    `codes`, `y` and `weights` are as of `means`; a row without a level is given the average of all rows.

    Example:
        >>> ordered(np.array([0, 0, 0]), np.array([1.0, 1.0, 0.0]), np.array([2, 0, 1])).round(3).tolist()
        [0.606, 0.639, 0.667]
    """
    by = np.ones(len(y)) if weights is None else weights
    prior = float(np.average(y, weights=by))
    grouped = order[np.argsort(codes[order], kind="stable")]
    sums, rows = (_before(each, codes[grouped]) for each in ((by * (y - prior))[grouped], by[grouped]))
    found = np.empty(len(y))
    found[grouped] = prior + sums / (rows + PRIOR)
    found[codes < 0] = prior
    return found


def _before(values: NDArray[np.float64], groups: NDArray[np.int64]) -> NDArray[np.float64]:
    """Add up the values before each of the same group; rows of a group stand side by side."""
    total = np.concatenate([[0.0], np.cumsum(values)[:-1]])
    first = np.flatnonzero(np.concatenate([[True], groups[1:] != groups[:-1]]))
    starts = np.repeat(total[first], np.diff(np.append(first, len(groups))))
    return np.asarray(total - starts)
