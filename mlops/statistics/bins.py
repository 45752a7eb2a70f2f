"""Where a column of numbers is cut, so that what comes later can be counted in the same bins.

About ten bins hold as many rows each, as the rule of thumb for the population stability index supposes. Edges are put
between values that occurred and not on them, as quantiles of whole numbers are: of a column that is 0 in every third
row, a bin below 0 would be empty where it was made, which the index takes for a large shift as soon as one row is in
it, and zeros would be counted with the numbers above them, where a shift between the two is not seen. Rows are counted
by edges as they are rounded, on both sides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 10
DIGITS = 3
"""Digits of an edge: few, so that a person is not told by it, and that whoever cuts the column cuts it alike."""


def edges(values: NDArray[np.float64], *, most: int = DIGITS, least: int = 1) -> list[float]:
    """Cut finite values, [n], into at most ten bins of at least `least` rows.

    Bins are (-∞, e₁], (e₁, e₂], ..., (eₖ, ∞), as `drift.counts` counts them; one bin alone has no edge. A value so
    common that all cuts would lie behind it, where nothing is, is cut from what lies below. Edges are rounded to three
    digits, or to the fewest up to `most` with which none is lost: years differ in the fourth.

    >>> edges(np.array([0.0, 0.0, 0.0, 1.0, 2.0, 5.0]))
    [0.5, 1.5, 3.5]
    >>> edges(np.array([2019.0, 2020.0, 2021.0])), edges(np.array([2019.0, 2020.0, 2021.0]), most=6)
    ([2020.0], [2019.5, 2020.5])
    >>> edges(np.array([0.5, 0.7, *[1.0] * 30])), edges(np.ones(30))
    ([0.85], [])
    """
    distinct, many = np.unique(values, return_counts=True)
    below = np.cumsum(many)
    bins = min(BINS, len(values) // least)
    cuts = {int(np.searchsorted(below, len(values) * part / bins)) for part in range(1, bins)}
    inner = sorted(cut for cut in cuts if cut + 1 < len(many)) or range(len(many) - 1)[-1:]
    middles = [float((distinct[cut] + distinct[cut + 1]) / 2) for cut in inner]
    found: list[float] = []
    for digits in range(DIGITS, most + 1):
        found = _kept(values, sorted({float(f"{middle:.{digits}g}") for middle in middles}), least)
        if len(found) == len(middles):
            break
    return found


def _kept(values: NDArray[np.float64], middles: list[float], least: int) -> list[float]:
    """Leave out the edges that would leave a bin with too few rows."""
    kept: list[float] = []
    last = 0
    for middle in middles:
        under = int((values <= middle).sum())
        if min(under - last, len(values) - under) >= least:
            kept.append(middle)
            last = under
    return kept
