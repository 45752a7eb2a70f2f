"""A fixed sequence of resamples: what every statistic of one evaluation is held to alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

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

    @classmethod
    def of(cls, rows: int, groups: NDArray[Any] | None, samples: int, seed: int) -> Resampling:
        """Draw rows one by one, or by the value of `groups` ([n])."""
        if groups is None:
            return cls(np.arange(rows), samples, seed)
        return cls(np.unique(groups, return_inverse=True)[1].astype(np.int64), samples, seed)

    def weights(self) -> Iterator[Floats]:
        """Give how often each row is drawn, a batch of resamples at a time: [batch, n]."""
        count = int(self.clusters.max(initial=-1)) + 1
        single = count == len(self.clusters) and bool((self.clusters == np.arange(count)).all())
        batch = max(1, _CELLS // max(1, len(self.clusters)))
        generator = np.random.default_rng(self.seed)
        for start in range(0, self.samples if count else 0, batch):
            size = min(batch, self.samples - start)
            drawn = generator.integers(0, count, size=(size, count)) + count * np.arange(size)[:, None]
            counts = np.bincount(drawn.ravel(), minlength=size * count).reshape(size, count).astype(np.float64)
            yield counts if single else counts[:, self.clusters]
