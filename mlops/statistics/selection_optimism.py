"""By how much the best of several flatters itself on the rows that chose it.

Bootstrap bias-corrected selection (Tsamardinos, Greasidou and Borboudakis, Machine Learning 107:1895, 2018; the idea is
Tibshirani and Tibshirani's, Annals of Applied Statistics 3:822, 2009): choose among what is given on rows that are
drawn with replacement, measure the chosen one on those that were not drawn, again and again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


def measured_apart(
    rows: int, models: int, worth: Callable[[int, NDArray[np.int64]], float], resamples: int, seed: int
) -> float | None:
    """Average what the chosen model is worth on rows that did not choose it; None where nothing can be measured.

    `worth(model, rows)` is the greater the better, and NaN where the rows do not tell.

    Example:
        >>> measured_apart(10, 1, lambda model, rows: 0.5, 4, 0)
        0.5
    """
    draw, found = np.random.default_rng(seed), []
    for _ in range(resamples):
        inside = np.sort(draw.integers(0, rows, rows))
        outside = np.setdiff1d(np.arange(rows), inside)
        values = [worth(model, inside) for model in range(models)]
        if not np.isfinite(values).any() or not len(outside):
            continue
        value = worth(int(np.nanargmax(values)), outside)
        if np.isfinite(value):
            found.append(value)
    return float(np.mean(found)) if found else None
