"""How far a column has moved: statistics of two histograms over the same bins, for stages, plans and monitor alike.

A reference is kept as bin edges and counts; a new column costs one comparison an edge and is never sorted. Bins are
(-∞, e₁], (e₁, e₂], ..., (eₖ, ∞). Sizes: population stability index (Siddiqi, Credit Risk Scorecards, 2006),
Jensen-Shannon distance in bits (Lin, 1991; Endres and Schindelin, 2003), Kolmogorov-Smirnov, Wasserstein. Chance: the
chi-square test of homogeneity. Below 500 rows the index exceeds 0.1 by chance alone.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

_MANY_EDGES = 64
_AT_ONCE = 32_768
_FLOOR = 1e-4
"""Least share of a bin in PSI, so that an empty one does not make it infinite (usual in credit scoring)."""
_EXPECTED = 5.0
"""Records that a bin of the test must be expected to hold, as is usual for chi-square."""


def counts(values: NDArray[Any], edges: ArrayLike) -> Counts:
    """Count finite values by bin; `values` is one column of shape (n,), `edges` are k ascending numbers."""
    bounds = np.asarray(edges, dtype=np.float64)
    below, finite = np.zeros(bounds.size, dtype=np.int64), 0
    for start in range(0, values.size, _AT_ONCE):  # no more at once than a processor's cache holds
        block = values[start : start + _AT_ONCE]
        if block.dtype.kind == "f" and not (known := np.isfinite(block)).all():
            block = block[known]
        finite += block.size
        below += _below(block, bounds)
    return np.asarray(np.diff(np.concatenate(([0], below, [finite]))), dtype=np.int64)


def _below(values: NDArray[Any], bounds: Floats) -> Counts:
    """Count the values at or below each of ascending bounds."""
    if bounds.size > _MANY_EDGES:
        return np.searchsorted(np.sort(values), bounds, side="right").astype(np.int64)
    return np.array([np.count_nonzero(values <= bound) for bound in bounds], dtype=np.int64)


def psi(reference: ArrayLike, current: ArrayLike) -> float:
    """Give the population stability index: Σ (q - p) ln(q / p) over shares of at least 1e-4.

    >>> round(psi([50, 30, 20], [40, 30, 30]), 4)
    0.0629
    """
    p, q = (np.maximum(_shares(histogram), _FLOOR) for histogram in (reference, current))
    return float(((q - p) * np.log(q / p)).sum())


def jensen_shannon(reference: ArrayLike, current: ArrayLike) -> float:
    """Give the Jensen-Shannon distance in base 2, from 0 to 1, as `scipy.spatial.distance.jensenshannon(p, q, 2)`."""
    p, q = _shares(reference), _shares(current)
    middle = (p + q) / 2
    divergence = (_relative_entropy(p, middle) + _relative_entropy(q, middle)) / 2
    return math.sqrt(max(0.0, divergence / math.log(2)))


def chi_square(reference: ArrayLike, current: ArrayLike) -> tuple[float, int]:
    """Give Pearson's statistic of homogeneity and its degrees of freedom; bins empty on both sides do not count."""
    table = np.array([np.asarray(reference, dtype=np.float64), np.asarray(current, dtype=np.float64)])
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2 or (table.sum(axis=1) == 0).any():
        return 0.0, 0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    return float(((table - expected) ** 2 / expected).sum()), table.shape[1] - 1


def homogeneity(reference: ArrayLike, current: ArrayLike) -> float:
    """Give the p-value of the chi-square test of homogeneity; bins that are thin in `current` are taken together.

    >>> round(homogeneity([400, 300, 300], [30, 40, 60]), 6)
    0.000117
    """
    from scipy.special import gammaincc

    table = np.array([np.asarray(reference, dtype=np.float64), np.asarray(current, dtype=np.float64)])
    thin = table.sum(axis=0) * table[1].sum() / table.sum() < _EXPECTED
    if thin.any():
        table = np.column_stack([table[:, ~thin], table[:, thin].sum(axis=1)])
    statistic, freedom = chi_square(*table)
    return float(gammaincc(freedom / 2, statistic / 2)) if freedom else 1.0


def ks(reference: ArrayLike, current: ArrayLike) -> float:
    """Give the largest difference of the cumulative shares at an edge: Kolmogorov-Smirnov, from below."""
    return float(np.abs(np.cumsum(_shares(reference) - _shares(current))[:-1]).max(initial=0.0))


def wasserstein(reference: ArrayLike, current: ArrayLike, edges: ArrayLike) -> float:
    """Give the area between the cumulative shares from the first edge to the last, in the column's units.

    Exact where no value lies beyond the last edge and every value is an edge; else a value counts as its bin's edge.
    """
    apart = np.abs(np.cumsum(_shares(reference) - _shares(current)))[:-1]
    return float((apart[:-1] * np.diff(np.asarray(edges, dtype=np.float64))).sum())


def wasserstein_of_quantiles(first: ArrayLike, second: ArrayLike) -> float:
    """Give the area between two quantile functions, each at the same evenly spaced chances from 0 to 1.

    >>> wasserstein_of_quantiles([0.0, 1.0, 2.0], [0.5, 1.5, 2.5])
    0.5
    """
    gaps = np.abs(np.asarray(second, dtype=np.float64) - np.asarray(first, dtype=np.float64))
    return float(np.mean((gaps[1:] + gaps[:-1]) / 2))


def all_of(reference: ArrayLike, current: ArrayLike, edges: ArrayLike | None = None) -> dict[str, float]:
    """Give every statistic of two histograms; the ordered ones only where there are edges, `nan` where rows lack."""
    if not (np.sum(reference) > 0 and np.sum(current) > 0):
        names = ("chi_square", "jensen_shannon", "psi", *(("ks", "wasserstein") if edges is not None else ()))
        return dict.fromkeys(names, math.nan)
    found = {
        "chi_square": chi_square(reference, current)[0],
        "jensen_shannon": jensen_shannon(reference, current),
        "psi": psi(reference, current),
    }
    if edges is not None:
        found |= {"ks": ks(reference, current), "wasserstein": wasserstein(reference, current, edges)}
    return found


def _shares(histogram: ArrayLike) -> Floats:
    numbers = np.asarray(histogram, dtype=np.float64)
    return np.asarray(numbers / numbers.sum(), dtype=np.float64)


def _relative_entropy(p: Floats, q: Floats) -> float:
    there = p > 0
    return float((p[there] * np.log(p[there] / q[there])).sum())
