"""What is known of a metric before it is measured: no interval reaches further than its values can lie."""

from __future__ import annotations

from math import inf
from typing import NamedTuple

from mlops.metrics import METRICS


class Limits(NamedTuple):
    """The least and the greatest value there is, infinite where there is none; whether few rows bias it upwards."""

    low: float = -inf
    high: float = inf
    biased: bool = False


def of_metric(metric: str) -> Limits:
    """Give what a metric declares; nothing is known of a pipeline's own.

    >>> of_metric("auroc"), of_metric("ece")
    (Limits(low=0.0, high=1.0, biased=False), Limits(low=0.0, high=1.0, biased=True))
    """
    known = METRICS.get(metric)
    return Limits() if known is None else Limits(known.low, known.high, known.biased)


def of_difference(metric: str, *, relative: bool = False) -> Limits:
    """Give the same of the difference of two values, or of that as a share of the other value's size.

    What bias there is, both have.

    >>> of_difference("auroc")[:2], of_difference("rmse", relative=True)[:2]
    ((-1.0, 1.0), (-1.0, inf))
    """
    low, high, _ = of_metric(metric)
    if relative:
        return Limits(-1.0 if low >= 0 else -inf)
    return Limits(low - high, high - low)
