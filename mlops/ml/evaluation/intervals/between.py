"""What another deal of the rows would have given: the variance between folds, added to that of the rows.

Models of k folds share most of what they learnt from, so that k values of a metric are no k samples. Their mean varies
by (1/k + n_test/n_train) times the variance between folds (Nadeau and Bengio, Inference for the Generalization Error,
Machine Learning 52:239, 2003). The first term is what resampling the rows inside folds gives; the second is added here,
by one normal number for each fold and resample, the same for every statistic, so that differences stay paired.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mlops.ml.data.folds import ratio

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.metrics.weighting import Floats, Statistic

_STREAM = 0x666F6C64  # numbers of its own, whatever the resamples of rows draw


@dataclass(frozen=True)
class Between:
    """The fold [n] of every row, from 0, and the rows that a member is judged on as a share of those it learnt from."""

    folds: NDArray[np.int64]
    ratio: float

    @classmethod
    def of(cls, folds: NDArray[np.int64] | None) -> Between | None:
        """Make it of folds that were dealt as `mlops.ml.data.folds` deals them; None where there are none."""
        return None if folds is None else cls(folds, ratio(max(3, int(folds.max(initial=2)) + 1)))

    @property
    def count(self) -> int:
        """How many folds there are."""
        return int(self.folds.max(initial=-1)) + 1

    def normals(self, samples: int, seed: int) -> Floats:
        """Draw the numbers of every resample and fold: [samples, count]."""
        return np.random.default_rng((seed, _STREAM)).standard_normal((samples, self.count))

    def widened(self, draws: Floats, apply: Statistic, rows: NDArray[np.int64], normals: Floats) -> Floats:
        """Add to resampled values [samples] what folds vary by, of a statistic of some rows.

        Where fewer than two folds give a value, nobody knows by how much: then no resample has one.
        """
        folds = self.folds[rows]
        masks = np.array([folds == fold for fold in range(self.count)], dtype=np.float64)
        values = np.array([apply(mask[None])[0] if mask.any() else math.nan for mask in masks])
        known = np.flatnonzero(np.isfinite(values))
        if len(known) < 2:
            return np.full_like(draws, np.nan)
        away = (values[known] - values[known].mean()) / math.sqrt(len(known) - 1)
        return np.asarray(draws + math.sqrt(self.ratio) * (normals[:, known] @ away))
