"""Intervals by resampling whole clusters of rows with replacement (percentile bootstrap).

Every statistic sees the same resamples, so that differences between two models, and between slices, are paired. Rows
of one group (the same person in several years) are drawn together: what is drawn is what was sampled from the world.
Method: Davison and Hinkley, Bootstrap Methods and their Application (1997), sections 3.8 and 5.3.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from mlops.ml.evaluation.intervals.influence import linearised
from mlops.ml.evaluation.intervals.limits import Limits
from mlops.ml.evaluation.intervals.resampling import Resampling

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.metrics.weighting import Floats, Statistic

Key = TypeVar("Key", bound=Hashable)
_NONE = Limits()
MANY = 50_000  # rows; from here on the first order is all there is to see


@dataclass(frozen=True)
class Interval:
    """A value and the ends of its confidence interval; an end that the data cannot give is infinite."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, value: float, draws: Floats, confidence: float, limits: Limits = _NONE) -> Interval:
        """Cut the tails off the resampled values; an undefined resample counts as the worst at either end.

        Where resamples are seen to be biased, as they exclude the value itself, the interval reaches as far on the
        other side of the value: it is the percentile interval and the basic one together (Davison and Hinkley 1997,
        section 5.2). A metric that is known to be biased (a calibration error: noise of the rows adds to it, and that
        of every resample again) is freed of it below: where all of the value may be noise, its interval begins at 0.
        """
        if not math.isfinite(value) or len(draws) == 0:
            return cls(value, -math.inf, math.inf)
        tail = (1 - confidence) / 2
        missing = np.isnan(draws)
        low = np.quantile(np.where(missing, -math.inf, draws), tail, method="lower")
        high = np.quantile(np.where(missing, math.inf, draws), 1 - tail, method="higher")
        found = cls(value, float(low), float(high))
        if limits.biased:
            found = found._below_noise(draws)
        elif not found.low <= value <= found.high:
            found = found._reflected
        return found.within(limits)

    @property
    def _reflected(self) -> Interval:
        low, high = 2 * self.value - self.high, 2 * self.value - self.low
        return Interval(self.value, min(self.low, low), max(self.high, high))

    def _below_noise(self, draws: Floats) -> Interval:
        """Take twice from the square of the value what resampling adds to it, and the way down to the lower end.

        It is squares that noise adds to: those of resamples are above that of the value by about what that is above the
        truth's.
        """
        if not math.isfinite(self.low):
            return self
        added = float(np.nanmean(np.square(draws))) - self.value**2
        square = self.low**2 - 2 * added
        low = math.sqrt(square) if square > 0 else 0.0
        return Interval(self.value, min(self.low, low), max(self.high, self.value))

    def within(self, limits: Limits) -> Interval:
        """Leave out what no value can be; the truth is none of that, so it is covered as often as before.

        An end that the data cannot give stays unknown.
        """
        low = max(self.low, limits.low) if math.isfinite(self.low) else self.low
        high = min(self.high, limits.high) if math.isfinite(self.high) else self.high
        return Interval(self.value, low, high)


UNKNOWN = Interval(math.nan, -math.inf, math.inf)


def draw(statistics: Mapping[Key, tuple[Statistic, NDArray[np.int64]]], resampling: Resampling) -> dict[Key, Floats]:
    """Value every statistic of some of the rows on every resample: {key: [samples]}.

    Of more than `MANY` rows their contributions are resampled instead of the rows; a slice of fewer is then resampled
    by itself, which leaves two models on that slice as paired as they were. Where rows hang together, draws are spread
    as far as so few clusters leave in doubt; where they are in folds, also as far as these differ.
    """
    draws = _drawn(statistics, resampling)
    draws = {key: _spread(draws[key], apply, resampling.clusters[rows]) for key, (apply, rows) in statistics.items()}
    if (between := resampling.between) is None:
        return draws
    normals = between.normals(resampling.samples, resampling.seed)
    return {key: between.widened(draws[key], apply, rows, normals) for key, (apply, rows) in statistics.items()}


def _spread(draws: Floats, apply: Statistic, clusters: NDArray[np.int64]) -> Floats:
    """Widen draws about their value: a percentile interval of few clusters is too short.

    By Student's quantile for one cluster less, and by the share of the variance that resampling loses. Cameron, Gelbach
    and Miller, Bootstrap-Based Improvements for Inference with Clustered Errors (2008), section 3; Davison and Hinkley
    (1997), section 2.6.
    """
    count = len(np.unique(clusters))
    if count == len(clusters) or count < 2:
        return draws
    from scipy.special import stdtrit

    factor = float(stdtrit(count - 1, 0.975)) / NormalDist().inv_cdf(0.975) * math.sqrt(count / (count - 1))
    value = apply(np.ones((1, len(clusters))))[0]
    return np.asarray(value + factor * (draws - value))


def _drawn(statistics: Mapping[Key, tuple[Statistic, NDArray[np.int64]]], resampling: Resampling) -> dict[Key, Floats]:
    if not statistics:
        return {}
    if len(resampling.clusters) <= MANY:
        return resample({key: within(apply, rows) for key, (apply, rows) in statistics.items()}, resampling)
    large = {key: item for key, item in statistics.items() if len(item[1]) > MANY}
    draws = linearised(large, resampling)
    places: dict[bytes, list[Key]] = {}
    for key, (_, rows) in statistics.items():
        if key not in large:
            places.setdefault(rows.tobytes(), []).append(key)
    for keys in places.values():
        rows = statistics[keys[0]][1]
        inside = Resampling.of(len(rows), resampling.clusters[rows], resampling.samples, resampling.seed)
        draws |= resample({key: statistics[key][0] for key in keys}, inside)
    return draws


def resample(statistics: Mapping[Key, Statistic], resampling: Resampling) -> dict[Key, Floats]:
    """Value every statistic on every resample, all on the same ones: {key: [samples]}."""
    parts: dict[Key, list[Floats]] = {key: [np.empty(0)] for key in statistics}
    for weights in resampling.weights():
        for key, apply in statistics.items():
            parts[key].append(apply(weights))
    return {key: np.concatenate(values) for key, values in parts.items()}


def within(apply: Statistic, rows: NDArray[np.int64]) -> Statistic:
    """Restrict a statistic that was prepared on some rows to their share of all rows' weights."""
    return lambda weights: apply(weights[:, rows])
