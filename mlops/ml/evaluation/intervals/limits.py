"""Between which numbers a metric, or the difference of two, can lie at all: no interval reaches further."""

from __future__ import annotations

from math import inf
from typing import NamedTuple

from mlops.metrics import METRICS


class Limits(NamedTuple):
    """The least and the greatest value there is; infinite where there is none."""

    low: float = -inf
    high: float = inf


def of_metric(metric: str) -> Limits:
    """Give what a metric declares; nothing is known of a pipeline's own.

    >>> of_metric("auroc"), of_metric("rmse")
    (Limits(low=0.0, high=1.0), Limits(low=0.0, high=inf))
    """
    known = METRICS.get(metric)
    return Limits() if known is None else Limits(known.low, known.high)


def of_difference(metric: str, *, relative: bool = False) -> Limits:
    """Give the same of the difference of two values, or of that as a share of the other value's size.

    >>> of_difference("auroc"), of_difference("rmse", relative=True)
    (Limits(low=-1.0, high=1.0), Limits(low=-1.0, high=inf))
    """
    low, high = of_metric(metric)
    if relative:
        return Limits(-1.0 if low >= 0 else -inf)
    return Limits(low - high, high - low)
