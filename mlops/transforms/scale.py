"""How numbers are brought to one scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops.kinds.later import Later
from mlops.transforms.transform import scaling

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    np = Later("numpy")


@scaling
def standard(values: NDArray[np.float64]) -> tuple[float, float]:
    """Mean 0 and standard deviation 1."""
    return float(values.mean()), float(values.std())


@scaling
def minmax(values: NDArray[np.float64]) -> tuple[float, float]:
    """From 0 to 1."""
    low, high = float(values.min()), float(values.max())
    return low, high - low


@scaling
def robust(values: NDArray[np.float64]) -> tuple[float, float]:
    """Median 0 and quartiles 1 apart."""
    first, middle, third = np.quantile(values, [0.25, 0.5, 0.75])
    return float(middle), float(third - first)


@scaling
def none(_: NDArray[np.float64]) -> tuple[float, float]:
    """As they are."""
    return 0.0, 1.0
