"""Whether one of two answers to the same rows is better than the other, beyond what other rows would have said.

The difference of a measure, held against its standard error over rows that are drawn with replacement, both answers to
the same rows each time (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 6). Rows of one cluster,
such as a person or a date, are drawn together: what is drawn is what was sampled from the world.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    Worth = Callable[[NDArray[np.int64]], float]

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
    worth: Worth,
    resamples: int,
    seed: int,
    parts: NDArray[np.int64] | None = None,
    clusters: Sequence[NDArray[np.int64]] = (),
) -> Gain:
    """Measure a difference of two answers on all rows, and its error.

    `worth(rows)` is the difference on some rows, the greater the better, NaN where they do not tell. `parts` [rows] are
    those that were answered by what the other parts chose: what these chose is common to all rows of a part, and its
    variation comes to that of rows (Nadeau and Bengio, Machine Learning 52:239, 2003).

    `clusters` ([rows] each) say what rows hang together by, such as their person and their date. Variances of several
    are added, less what all of them count, which is that of single rows, and are no less than that of each (Cameron,
    Gelbach and Miller, Journal of Business and Economic Statistics 29:238, 2011).

    Example:
        >>> gain(10, lambda rows: 0.5, 20, 0)
        Gain(value=0.5, error=0.0)
    """
    each = [_few(len(np.unique(by))) * _error(_whole(by, seed), worth, resamples) for by in clusters]
    error = each[0] if len(each) == 1 else _error(_single(rows, seed), worth, resamples)
    if len(each) > 1:
        squares = [one**2 for one in each]
        error = math.sqrt(max(sum(squares) - (len(squares) - 1) * error**2, *squares))
    return Gain(worth(np.arange(rows)), error * _widened(parts))


def _error(draws: Iterator[NDArray[np.int64]], worth: Worth, resamples: int) -> float:
    """Give the deviation of a difference over resamples; NaN where too many of them do not tell."""
    found = [worth(np.sort(next(draws))) for _ in range(resamples)]
    known = np.array([each for each in found if math.isfinite(each)])
    return float(known.std(ddof=1)) if len(known) > max(1, resamples // 2) else math.nan


def _single(rows: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Draw rows one by one, as many as there are."""
    draw = np.random.default_rng(seed)
    while True:
        yield draw.integers(0, rows, rows)


def _whole(clusters: NDArray[np.int64], seed: int) -> Iterator[NDArray[np.int64]]:
    """Draw clusters [rows] with all their rows, as many as there are."""
    draw = np.random.default_rng(seed)
    _, index = np.unique(clusters, return_inverse=True)
    members = np.split(np.argsort(index, kind="stable"), np.cumsum(np.bincount(index))[:-1])
    while True:
        yield np.concatenate([members[one] for one in draw.integers(0, len(members), len(members))])


def _few(count: int) -> float:
    """Give the factor by which a deviation over so few clusters is widened; NaN of one, which tells of no other.

    By Student's quantile for one cluster less, and by the share of the variance that resampling loses (Cameron, Gelbach
    and Miller, Review of Economics and Statistics 90:414, 2008; Davison and Hinkley, 1997, section 2.6).
    """
    if count < 2:
        return math.nan
    from scipy.special import stdtrit

    wider = float(stdtrit(count - 1, 1 - LEVEL)) / NormalDist().inv_cdf(1 - LEVEL)
    return wider * math.sqrt(count / (count - 1))


def _widened(parts: NDArray[np.int64] | None) -> float:
    """Give the root of 1 + k / (k - 1), by which k parts that chose for each other say less than rows of their own."""
    if parts is None:
        return 1.0
    count = len(np.unique(parts))
    return math.sqrt(1 + count / (count - 1)) if count > 1 else 1.0
