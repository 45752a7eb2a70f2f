"""Batches cut from whole arrays, in an order that depends on the seed and the epoch only.

Slicing a permutation costs a fraction of what a DataLoader does row by row. Because epoch k has the same order in every
process, training that resumes at the start of epoch k sees exactly the rows an undisturbed run would have seen.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from mlops.ml.training.seeds import derive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor


class InOrder:
    """Iterate over (x, y) pairs of `rows` rows, always in the order in which they lie; (x, y, w) where rows weigh."""

    def __init__(self, x: Tensor, y: Tensor, w: Tensor | None = None, *, rows: int) -> None:
        self.parts = (x, y) if w is None else (x, y, w)
        self.rows = rows

    def __len__(self) -> int:
        return math.ceil(len(self.parts[0]) / self.rows)

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        yield from zip(*(torch.split(part, self.rows) for part in self.parts), strict=True)


class Batches:
    """Iterate over (x, y) pairs of `size * at_once` rows; each epoch visits every row once, in its own order.

    Where rows weigh, what comes is (x, y, w).
    """

    def __init__(
        self, x: Tensor, y: Tensor, w: Tensor | None = None, *, size: int, seed: int, at_once: int = 1
    ) -> None:
        self.x, self.seed = x, seed
        self.parts = (x, y) if w is None else (x, y, w)
        self.rows = size * at_once
        # Batch normalisation cannot learn from one row: a lone last row sits out the epoch.
        self.used = len(x) - (len(x) % size == 1 and len(x) > 1)
        self.epoch = 0

    @property
    def sampler(self) -> Batches:
        """Lightning tells `loader.sampler` which epoch begins."""
        return self

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of the next iteration."""
        self.epoch = epoch

    def order(self) -> Tensor:
        """Permute the row numbers of this epoch."""
        generator = torch.Generator().manual_seed(derive(self.seed, "order", self.epoch))
        return torch.randperm(len(self.x), generator=generator)[: self.used]

    def __len__(self) -> int:
        return math.ceil(self.used / self.rows)

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        # The body runs at the first `next`, after Lightning has named the epoch.
        for rows in torch.split(self.order(), self.rows):
            yield tuple(part.index_select(0, rows) for part in self.parts)
