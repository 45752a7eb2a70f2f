"""Statistics as functions of row weights, so that one formula gives the value and every bootstrap resample of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops.kinds.later import Later
from mlops.metrics.sums import Sums

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Statistic = Callable[[Floats], Floats]
    """From row weights [resamples, n] to one value for each resample."""
else:
    np = Later("numpy")


def undefined(weights: Floats) -> Floats:
    """Give no value."""
    return np.full(len(weights), np.nan)


def sums(columns: list[Floats], finish: Callable[..., Floats]) -> Statistic:
    """Make a statistic that depends on the rows only through weighted sums of `columns`."""
    return Sums(np.column_stack(columns), finish)


def mean(column: Floats) -> Statistic:
    """Average a column [n]."""
    return sums([column, np.ones(len(column))], np.divide)
