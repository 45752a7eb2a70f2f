"""What stands for a missing number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops.kinds.later import Later
from mlops.transforms.transform import imputation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    np = Later("numpy")


@imputation
def median(known: NDArray[np.float64]) -> float:
    """The middle one of those that are known."""
    half = known.size // 2
    parted = np.partition(known, half)  # one place is found in a quarter of what `np.median` takes, which seeks three
    return float(parted[half] if known.size % 2 else np.mean([parted[:half].max(), parted[half]]))


@imputation
def mean(known: NDArray[np.float64]) -> float:
    """The mean of those that are known."""
    return float(known.mean())


@imputation
def zero(_: NDArray[np.float64]) -> float:
    """Zero, before numbers are scaled."""
    return 0.0
