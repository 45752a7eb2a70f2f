"""Whether one of two answers to the same rows is better than the other, beyond what other rows would have said.

The difference of a measure, held against its standard error over rows that are drawn with replacement, both answers to
the same rows each time (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 6).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

LEVEL = 0.05
"""How often at most an answer is called better that is not."""
_QUANTILE = 1.6449
"""Of the normal distribution, at one less the level."""


@dataclass(frozen=True)
class Gain:
    """What one answer is worth more than another, and the standard error of that; NaN where it cannot be told.

    Example:
        >>> Gain(0.02, 0.01).sure, Gain(0.02, 0.02).sure
        (True, False)
    """

    value: float
    error: float

    @property
    def sure(self) -> bool:
        """Whether it is more than chance gives in one of twenty cases; of errors that cannot be told it is not."""
        return math.isfinite(self.error) and self.value > _QUANTILE * self.error


def gain(
    rows: int,
    worth: Callable[[NDArray[np.int64]], float],
    resamples: int,
    seed: int,
    parts: NDArray[np.int64] | None = None,
) -> Gain:
    """Measure a difference of two answers on all rows, and its error.

    `worth(rows)` is the difference on some rows, the greater the better, NaN where they do not tell. `parts` [rows] are
    those that were answered by what the other parts chose: what these chose is common to all rows of a part, and its
    variation comes to that of rows (Nadeau and Bengio, Machine Learning 52:239, 2003).

    Example:
        >>> gain(10, lambda rows: 0.5, 20, 0)
        Gain(value=0.5, error=0.0)
    """
    draw = np.random.default_rng(seed)
    found = [worth(np.sort(draw.integers(0, rows, rows))) for _ in range(resamples)]
    known = np.array([each for each in found if math.isfinite(each)])
    error = float(known.std(ddof=1)) if len(known) > max(1, resamples // 2) else math.nan
    return Gain(worth(np.arange(rows)), error * _widened(parts))


def _widened(parts: NDArray[np.int64] | None) -> float:
    """Give the root of 1 + k / (k - 1), by which k parts that chose for each other say less than rows of their own."""
    if parts is None:
        return 1.0
    count = len(np.unique(parts))
    return math.sqrt(1 + count / (count - 1)) if count > 1 else 1.0
