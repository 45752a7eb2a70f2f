"""A rolling origin: learn from what was known at several times past, and forecast from there.

Tashman, International Journal of Forecasting 16:437 (2000): the origin moves on and the rows to learn from grow.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.documents.training import OriginReport
from mlops.files.canonical import rounded
from mlops.ml.evaluation.metrics import compute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray

METRICS = ("mae", "rmse", "smape", "wape")
_FIRST = 0.5  # of the periods are known at the first origin
_HELD = 0.2  # of what is known at an origin chooses how long to learn
_FEWEST = 20  # rows; from fewer nothing is learnt


@dataclass(frozen=True)
class Fold:
    """Rows that are known at an origin, the last known period, and rows to forecast from there.

    `train` and `validation` divide the known rows, with a horizon between, for what needs to be told when to stop.
    """

    origin: int
    known: NDArray[np.int64]
    train: NDArray[np.int64]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]


def folds(
    numbers: NDArray[np.int64],
    origins: int,
    horizon: int,
    sliding: int | None = None,
    ahead: NDArray[np.int64] | None = None,
) -> list[Fold]:
    """Set origins at even distances over the later half of the periods of target dates [n].

    What is known at an origin are all periods until then (expanding), or the last `sliding` of them. Where rows look
    ahead by several distances, `ahead` [n] has each row's, and `horizon` is the furthest.

    Every forecast starts at its origin or after it, and ends before the first that the next origin makes. An origin
    with too few rows to learn from, or none to forecast, is left out.
    """
    known = np.unique(numbers)
    if not len(known) or not origins:
        return []
    first, last = known[int(_FIRST * len(known))] - 1, known[-1] - horizon + 1
    steps = np.unique(np.linspace(first, last, origins + 1).astype(np.int64))
    each = horizon if ahead is None else ahead
    found = [_fold(numbers, int(start), int(end), horizon, sliding, each) for start, end in pairwise(steps)]
    return [fold for fold in found if min(len(fold.train), len(fold.test)) and len(fold.train) >= _FEWEST]


def _fold(
    numbers: NDArray[np.int64],
    start: int,
    end: int,
    horizon: int,
    sliding: int | None,
    ahead: NDArray[np.int64] | int,
) -> Fold:
    test = np.flatnonzero((numbers >= start + ahead) & (numbers < end + ahead))
    seen = numbers > (numbers.min(initial=start) - 1 if sliding is None else start - sliding)
    past = np.unique(numbers[(numbers <= start) & seen])
    held = past[-max(1, round(_HELD * len(past)))] if len(past) else start
    train = np.flatnonzero((numbers <= held - horizon) & seen)
    known = np.flatnonzero((numbers <= start) & seen)
    return Fold(start, known, train, np.flatnonzero((numbers >= held) & (numbers <= start)), test)


def measure(
    found: Iterable[Fold],
    y: NDArray[Any],
    rivals: Mapping[str, NDArray[Any]],
    learn: Callable[[Fold], NDArray[Any]],
    name: Callable[[Fold], str],
) -> dict[str, OriginReport]:
    """Measure candidate and `rivals` ([n] each) on the rows of each fold, by the name of its origin."""
    told: dict[str, OriginReport] = {}
    for fold in found:
        truth = y[fold.test]
        scores = {"candidate": learn(fold), **{rival: score[fold.test] for rival, score in rivals.items()}}
        measured = {
            model: {metric: compute(metric, truth, score) for metric in METRICS} for model, score in scores.items()
        }
        told[name(fold)] = OriginReport(known=len(fold.known), rows=len(fold.test), **rounded(measured))
    return told
