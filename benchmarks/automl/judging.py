"""What answers are worth: the loss that everybody was told to mend, as a share of what a constant answer has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SURE = 1e-6
"""A probability is no nearer to 0 than this."""
RESAMPLES = 10_000


def normalised(train: pl.Series, test: pl.Series, answers: pl.DataFrame) -> float:
    """Divide the log loss, or the root of the mean squared error, by that of the shares, or the mean, of `train`.

    `answers` has a column for each class, called as it is, or the one column `y`.

    Example:
        >>> normalised(pl.Series([0.0, 2.0]), pl.Series([1.0, 3.0]), pl.DataFrame({"y": [1.0, 2.0]}))
        0.5
    """
    if train.dtype != pl.String:
        error, usual = (
            float(np.sqrt(np.mean((test.to_numpy() - found) ** 2))) for found in (answers["y"].to_numpy(), train.mean())
        )
        return error / usual
    classes = sorted(train.unique())
    shares = {each: float((train == each).mean() or 0.0) for each in classes}
    place = np.array([classes.index(each) for each in test])
    given = np.stack([answers[each].to_numpy() for each in classes], axis=1)
    constant = np.tile([shares[each] for each in classes], (len(place), 1))
    return _log_loss(place, given) / _log_loss(place, constant)


def _log_loss(place: NDArray[np.int64], given: NDArray[np.float64]) -> float:
    kept = np.clip(given.astype(np.float64), _SURE, None)
    kept /= kept.sum(axis=1, keepdims=True)
    return float(-np.mean(np.log(kept[np.arange(len(place)), place])))


def ranks(losses: Mapping[str, float]) -> dict[str, float]:
    """Rank contestants on one table, 1 the best; equals share theirs.

    Example:
        >>> ranks({"a": 0.5, "b": 0.7, "c": 0.5})
        {'a': 1.5, 'b': 3.0, 'c': 1.5}
    """
    values = list(losses.values())
    return {
        name: 1 + sum(other < value for other in values) + (values.count(value) - 1) / 2
        for name, value in losses.items()
    }


def interval(differences: Sequence[float], seed: int = 0) -> tuple[float, float]:
    """Give the 95 % bootstrap interval of a mean over tables.

    Example:
        >>> interval([0.1, 0.1])
        (0.1, 0.1)
    """
    values = np.asarray(differences)
    drawn = np.random.default_rng(seed).integers(0, len(values), (RESAMPLES, len(values)))
    low, high = np.quantile(values[drawn].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)
