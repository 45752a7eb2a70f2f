"""Features that are useful again and again: chosen in most halves of the rows, and above copies that know nothing.

Stability selection (Meinshausen and Bühlmann, JRSS B 72:417, 2010) counts how often a feature is among the best of a
half of the rows. Shadow features (Boruta: Kursa and Rudnicki, JSS 36:11, 2010) are copies whose rows are shuffled: what
tells less than the best of these tells nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from mlops.transforms.features import Selection

    Score = Callable[[NDArray[np.float32], NDArray[Any], str], NDArray[np.float64]]

USUAL_SHARE = 0.9
"""Of halves, where nobody says it: they share rows, so that what is lucky in all of them is so in most halves."""
_ROWS = 2_500
"""Rows of a half at most: a feature that so many do not tell apart from noise is of little use."""


def stable(x: NDArray[np.float32], y: NDArray[Any], task: str, asked: Selection, score: Score) -> list[int]:
    """Give the positions of features [of x: n, features] that are chosen in enough halves, the earlier first.

    Raises:
        DataError: there is none.
    """
    share = frequency(x, y, task, asked, score)
    least = USUAL_SHARE if asked.stable is None else asked.stable
    kept: list[int] = np.flatnonzero(share >= least).tolist()
    if not kept:
        message = f"features.select: no feature is chosen in {least:.0%} of {asked.halves} halves of the rows"
        raise DataError(message, hint="write a smaller `stable`, or a larger `keep`, or remove `shadows`")
    best = sorted(kept, key=lambda at: (-share[at], at))[: asked.keep]
    return sorted(best)


def frequency(
    x: NDArray[np.float32], y: NDArray[Any], task: str, asked: Selection, score: Score
) -> NDArray[np.float64]:
    """Say in which share of halves each feature is chosen [features]."""
    draw = np.random.default_rng(0)
    chosen = np.zeros(x.shape[1])
    for _ in range(asked.halves):
        rows = np.sort(draw.permutation(len(x))[: min(len(x) // 2, _ROWS)])
        part = x[rows]
        shadows = draw.permuted(part, axis=0) if asked.shadows else part[:, :0]
        worth = np.asarray(score(np.hstack([part, shadows]), y[rows], task))
        own, false = worth[: x.shape[1]], worth[x.shape[1] :]
        among = np.zeros(x.shape[1], dtype=bool)
        among[np.argsort(-own, kind="stable")[: asked.keep]] = True
        chosen += among & (own > false.max(initial=0.0) if asked.shadows else True)
    return np.asarray(chosen / asked.halves)
