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


def weighted(apply: Statistic, by: Floats | None) -> Statistic:
    """Let every row count `by` so much ([n], a sampling weight), however often a resample draws it.

    Without weights the statistic is given back as it is, so that its values keep their last bit.

    Example:
        >>> import numpy as np
        >>> weighted(mean(np.array([0.0, 1.0])), np.array([3.0, 1.0]))(np.ones((1, 2)))
        array([0.25])
    """
    if by is None:
        return apply
    known = getattr(apply, "weighted", None)
    return known(by) if known is not None else lambda weights: apply(weights * by)


def mean(column: Floats) -> Statistic:
    """Average a column [n]."""
    return sums([column, np.ones(len(column))], np.divide)
