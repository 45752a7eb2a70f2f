"""Statistics that depend on the rows only through weighted sums of columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops.kinds.later import Later

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
else:
    np = Later("numpy")


_STEP = 1e-6


@dataclass(frozen=True)
class Sums:
    """A function of the weighted column sums of `table` ([n, k]); `finish` takes k sums, each [resamples]."""

    table: Floats
    finish: Callable[..., Floats]

    def __call__(self, weights: Floats) -> Floats:
        """Value every weighting: [resamples, n] to [resamples]."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.finish(*(weights @ self.table).T)

    def weighted(self, by: Floats) -> Sums:
        """Let every row count `by` so much ([n]), in values and in contributions."""
        return Sums(self.table * by[:, None], self.finish)

    def influence(self) -> Floats:
        """Give what one more copy of each row would add, to first order: [n], summing to zero."""
        sums = self.table.sum(axis=0)
        steps = _STEP * np.maximum(np.abs(sums), len(self.table) * _STEP)
        ends = np.concatenate([sums + np.diag(steps), sums - np.diag(steps)])
        with np.errstate(divide="ignore", invalid="ignore"):
            values = self.finish(*ends.T)
        slopes = (values[: len(sums)] - values[len(sums) :]) / (2 * steps)
        each = self.table @ slopes
        return np.asarray(each - each.mean())
