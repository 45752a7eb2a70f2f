"""What a test can be expected to find, before it is made."""

from __future__ import annotations

import math
from statistics import NormalDist


def power(effect: float, error: float, tail: float) -> float:
    """Give the chance that a one-sided test at level `tail` sees an effect of a size, with this standard error.

    The effect is the distance of the truth from the bound: of equal models, the margin of non-inferiority.
    Source: Julious, Statistics in Medicine 23:1921 (2004), normal approximation.
    """
    normal = NormalDist()
    return normal.cdf(effect / error - normal.inv_cdf(1 - tail))


def rows_for(power: float, effect: float, variance: float, tail: float) -> int:
    """Give the rows that a test needs; `variance` is that of one row's contribution."""
    normal = NormalDist()
    return math.ceil(((normal.inv_cdf(1 - tail) + normal.inv_cdf(power)) / effect) ** 2 * variance)


def told(rows: float) -> int:
    """Round a number of rows that are needed up to two digits: no more is known of it.

    >>> told(41.2), told(1234.0)
    (42, 1300)
    """
    unit = int(10 ** max(0, math.floor(math.log10(rows)) - 1))
    return math.ceil(rows / unit) * unit
