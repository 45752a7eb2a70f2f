"""A fixed sequence of resamples: what every statistic of one evaluation is held to alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.ml.evaluation.intervals.between import Between

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from mlops.metrics.weighting import Floats

_CELLS = 1_000_000  # weights held at a time: 8 MB


@dataclass(frozen=True)
class Resampling:
    """A fixed sequence of resamples of the clusters that rows belong to; `clusters` is [n], counted from 0."""

    clusters: NDArray[np.int64]
    samples: int
    seed: int
    between: Between | None = None
    """The folds that rows are in: clusters are drawn inside each, and values vary between them."""

    @classmethod
    def of(
        cls, rows: int, groups: NDArray[Any] | None, samples: int, seed: int, folds: NDArray[np.int64] | None = None
    ) -> Resampling:
        """Draw rows one by one, or by the value of `groups` ([n]); inside their `folds` ([n]), where they have some."""
        between = Between.of(folds)
        if groups is None:
            return cls(np.arange(rows), samples, seed, between)
        return cls(np.unique(groups, return_inverse=True)[1].astype(np.int64), samples, seed, between)

    def weights(self) -> Iterator[Floats]:
        """Give how often each row is drawn, a batch of resamples at a time: [batch, n]."""
        count = int(self.clusters.max(initial=-1)) + 1
        single = count == len(self.clusters) and bool((self.clusters == np.arange(count)).all())
        batch = max(1, _CELLS // max(1, len(self.clusters)))
        generator = np.random.default_rng(self.seed)
        for start in range(0, self.samples if count else 0, batch):
            size = min(batch, self.samples - start)
            places = self._drawn(generator, size, count)
            drawn = places + count * np.arange(size)[:, None]
            counts = np.bincount(drawn.ravel(), minlength=size * count).reshape(size, count).astype(np.float64)
            yield counts if single else counts[:, self.clusters]

    def _drawn(self, generator: np.random.Generator, size: int, count: int) -> NDArray[np.int64]:
        """Draw as many clusters as there are, of each fold as many as it has: [size, count]."""
        if self.between is None:
            return generator.integers(0, count, size=(size, count))
        fold = np.zeros(count, dtype=np.int64)
        fold[self.clusters] = self.between.folds
        inside = [np.flatnonzero(fold == number) for number in range(self.between.count)]
        return np.hstack([own[generator.integers(0, len(own), size=(size, len(own)))] for own in inside if len(own)])
