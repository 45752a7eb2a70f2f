"""Batches cut from whole arrays, in an order that depends on the seed and the epoch only.

Slicing a permutation costs a fraction of what a DataLoader does row by row. Because epoch k has the same order in every
process, training that resumes at the start of epoch k sees exactly the rows an undisturbed run would have seen.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from mlops.ml.training.profile import phase
from mlops.ml.training.seeds import derive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from mlops.ml.training.profile import Profile


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

    Where rows weigh, what comes is (x, y, w). Of `ranks` processes each has its share of every batch, `size` rows of
    `size * ranks`: the order is that of one process alone, and shares are equal, so that the mean of their gradients is
    the gradient of the batch. Up to `ranks` rows at the end of an epoch sit it out, others in each.
    """

    def __init__(
        self,
        x: Tensor,
        y: Tensor,
        w: Tensor | None = None,
        *,
        size: int,
        seed: int,
        at_once: int = 1,
        rank: int = 0,
        ranks: int = 1,
        profile: Profile | None = None,
    ) -> None:
        self.x, self.seed, self.profile = x, seed, profile
        self.parts = (x, y) if w is None else (x, y, w)
        self.size, self.rank, self.ranks = size, rank, ranks
        self.rows = size * at_once
        share = len(x) // ranks
        # Batch normalisation cannot learn from one row: a lone last row sits out the epoch.
        self.used = share - (share % size == 1 and share > 1)
        self.epoch = 0

    @property
    def sampler(self) -> Batches:
        """Lightning tells `loader.sampler` which epoch begins."""
        return self

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of the next iteration."""
        self.epoch = epoch

    def order(self) -> Tensor:
        """Permute the row numbers of this epoch, and keep those of this process, [used]."""
        generator = torch.Generator().manual_seed(derive(self.seed, "order", self.epoch))
        order = torch.randperm(len(self.x), generator=generator)[: self.used * self.ranks]
        if self.ranks == 1:
            return order
        shares = [torch.chunk(batch, self.ranks)[self.rank] for batch in torch.split(order, self.size * self.ranks)]
        return torch.cat(shares)

    def __len__(self) -> int:
        return math.ceil(self.used / self.rows)

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        # The body runs at the first `next`, after Lightning has named the epoch.
        with phase(self.profile, "data loading"):
            order = self.order()
        for rows in torch.split(order, self.rows):
            with phase(self.profile, "data loading"):
                batch = tuple(part.index_select(0, rows) for part in self.parts)
            yield batch
