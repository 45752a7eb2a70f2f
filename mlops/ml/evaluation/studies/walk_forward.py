"""Walking forward: learn from the rows before several origins, and be measured on those that follow.

What a single split by time says of a model rests on one stretch of time. Several say how much that matters, with rows
to learn from that grow (expanding) or that are as many periods at each origin (sliding).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_FIRST = 0.5  # of the rows lie before the first origin
_HELD = 0.2  # of the rows known at an origin choose how long to learn
FEWEST = 20
"""Rows to learn from, and to be measured on."""
_TWO = 2


@dataclass(frozen=True)
class Stretch:
    """Places of the rows known at an origin, and of those up to the next; `train` and `validation` divide the known.

    `origin` is the time of the first row that is not known.
    """

    origin: float
    known: NDArray[np.int64]
    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]


def stretches(
    times: NDArray[np.float64], origins: int, gap: float = 0.0, sliding: float | None = None
) -> list[Stretch]:
    """Set origins over the later half of rows at some times [n]; rows of one time are never divided.

    What is known at an origin ends `gap` before it, or at the last earlier time, and begins `sliding` before that.
    An origin with too few rows before or after it is left out.

    Example:
        >>> found = stretches(np.arange(100.0), 2, gap=5)
        >>> [(s.origin, len(s.known), len(s.train), len(s.test)) for s in found]
        [(50.0, 46, 32, 25), (75.0, 71, 52, 25)]
    """
    order = np.sort(times)
    shares = _FIRST + (1 - _FIRST) * np.arange(origins) / origins
    starts = np.unique(order[(shares * len(order)).astype(np.int64)]) if len(order) else order
    found = [_stretch(times, start, end, gap, sliding) for start, end in pairwise([*starts, np.inf])]
    return [each for each in found if min(len(each.train), len(each.test)) >= FEWEST and len(each.validation)]


def _stretch(times: NDArray[np.float64], start: float, end: float, gap: float, sliding: float | None) -> Stretch:
    known = _before(times, start, gap)
    if sliding is not None:
        known &= (times > start - gap - sliding) if gap else (times >= start - sliding)
    past = np.sort(times[known])
    held = past[int((1 - _HELD) * len(past))] if len(past) else start
    train = known & _before(times, held, gap)
    places = (known, train, known & (times >= held), (times >= start) & (times < end))
    return Stretch(float(start), *map(np.flatnonzero, places))


def _before(times: NDArray[np.float64], moment: float, gap: float) -> NDArray[np.bool_]:
    """Say which rows are known at a moment: earlier ones, those of a gap before it left out."""
    return np.asarray((times < moment) & (times <= moment - gap))


def interval(values: Sequence[float], ratio: float, confidence: float = 0.95) -> tuple[float, float, float]:
    """Give the mean of a metric over origins, and its interval.

    Origins share most of what they learnt, so that their variance is enlarged by the rows measured on as a share of
    those learnt from, `ratio` (Nadeau and Bengio, Machine Learning 52:239, 2003), with Student's t. One value has no
    interval.

    >>> [round(value, 2) for value in interval([0.7, 0.8, 0.75], 0.2)]
    [0.75, 0.59, 0.91]
    """
    from scipy.special import stdtrit

    mean, count = float(np.mean(values)), len(values)
    if count < _TWO:
        return mean, float("nan"), float("nan")
    error = float(np.std(values, ddof=1)) * (1 / count + ratio) ** 0.5
    wide = float(stdtrit(count - 1, (1 + confidence) / 2)) * error
    return mean, mean - wide, mean + wide
