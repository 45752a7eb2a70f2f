"""Numbers that are not finite, where that is no value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def unusable(array: NDArray[Any], missing: Sequence[int] = ()) -> int:
    """Count numbers that are not finite; NaN in the columns `missing` is a value.

    Example:
        >>> unusable(np.array([[np.nan, np.nan], [np.inf, 0.0]]), missing=[0])
        2
    """
    count = int(np.count_nonzero(~np.isfinite(array)))
    if not count or not len(missing):
        return count
    return count - int(np.count_nonzero(np.isnan(array[:, list(missing)])))
