"""Score intervals of shares, of their differences and of their ratios; they hold on few rows and near 0 and 1.

Numbers of rows may be fractions: where rows hang together, the number that as many independent rows would be worth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist


@dataclass(frozen=True)
class Share:
    """A share that was seen among a number of (independent) rows."""

    value: float
    rows: float

    def interval(self, z: float) -> tuple[float, float]:
        """Give the score interval `z` standard errors either way (Wilson, JASA 22:209, 1927).

        >>> [round(end, 4) for end in Share(0.3, 10).interval(normal_quantile(0.95))]
        [0.1078, 0.6032]
        """
        n, p = self.rows, self.value
        centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return (0.0 if p == 0 else centre - half), (1.0 if p == 1 else centre + half)


def normal_quantile(confidence: float) -> float:
    """Give the standard errors that a two-sided interval of a confidence reaches either way.

    >>> round(normal_quantile(0.95), 4)
    1.96
    """
    return NormalDist().inv_cdf((1 + confidence) / 2)


def difference(first: Share, second: Share, z: float) -> tuple[float, float]:
    """Bound first minus second (Newcombe, Statistics in Medicine 17:873, 1998, method 10)."""
    (low1, high1), (low2, high2) = first.interval(z), second.interval(z)
    gap = first.value - second.value
    below = math.hypot(first.value - low1, high2 - second.value)
    above = math.hypot(high1 - first.value, second.value - low2)
    return gap - below, gap + above


def ratio(first: Share, second: Share, z: float) -> tuple[float, float]:
    """Bound first over second from score intervals of each (Donner and Zou, Statistics in Medicine 31:3, 2012)."""
    (low1, high1), (low2, high2) = first.interval(z), second.interval(z)
    p1, p2 = first.value, second.value
    floor, ceiling = low1 * (2 * p1 - low1), high1 * (2 * p1 - high1)
    steep, flat = high2 * (2 * p2 - high2), low2 * (2 * p2 - low2)
    bottom = p1 * p2 + math.sqrt(max(0.0, (p1 * p2) ** 2 - floor * steep))
    low = floor / bottom if bottom > 0 else 0.0
    high = (p1 * p2 + math.sqrt(max(0.0, (p1 * p2) ** 2 - ceiling * flat))) / flat if flat > 0 else math.inf
    return low, high


def auroc_error(area: float, positives: int, negatives: int) -> float:
    """Give the standard error of an area under the ROC curve (Hanley and McNeil, Radiology 143:29, 1982).

    >>> round(auroc_error(0.9, 50, 50), 3)
    0.032
    """
    first, second = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (positives - 1) * (first - area**2) + (negatives - 1) * (second - area**2)
    return math.sqrt(max(0.0, spread) / (positives * negatives))
