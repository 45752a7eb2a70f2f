"""Layers that turn numbers [N, F] into [N, F * size]; none multiplies by MKL, so that bits are the same everywhere.

Gorishniy, Rubachev and Babenko, NeurIPS 2022; https://github.com/yandex-research/rtdl-num-embeddings
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # torch's own spelling

from mlops.ml.training import number_input
from mlops.ml.training.linear import Linear

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops.blocks.number_embedding import Periodic, PeriodicBias, Piecewise
    from mlops.ml.training.number_input import NumberInput
    from mlops.ml.training.problem import Task


class Numbers(nn.Module):
    """Clipped and standardised numbers, then what `embed` makes of them; a missing one has a learnt value of its own.

    Example:
        >>> import numpy as np
        >>> from mlops.ml.training.number_input import NumberInput
        >>> x = np.array([[0.0], [2.0]], dtype=np.float32)
        >>> Numbers(NumberInput.of(x), None)(torch.tensor([[2.0], [1e9]]))
        tensor([[ 1.],
                [21.]])
    """

    low: Tensor
    high: Tensor
    mean: Tensor
    deviation: Tensor
    gaps: Tensor

    def __init__(self, given: NumberInput, embed: nn.Module | None) -> None:
        super().__init__()
        self.embed = embed
        for name in ("low", "high", "mean", "deviation", "gaps"):
            self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(getattr(given, name))))
        self.size = 1 if embed is None else int(embed.size)  # type: ignore[arg-type]  # as each of these has
        self.missing = nn.Parameter(torch.zeros(len(given.mean), self.size)) if given.gaps.any() else None

    @property
    def owners(self) -> list[int]:
        """Name the column of each output."""
        return [column for column in range(len(self.mean)) for _ in range(self.size)]

    def forward(self, x: Tensor) -> Tensor:
        """Embed [N, F]."""
        unknown = torch.isnan(x)
        known = torch.where(unknown, self.mean, x).clamp(self.low, self.high)
        scaled = (known - self.mean) / self.deviation
        found: Tensor = scaled.unsqueeze(-1) if self.embed is None else self.embed(known, scaled)
        if self.missing is not None:
            found = torch.where((unknown & self.gaps).unsqueeze(-1), self.missing, found)
        return found.flatten(1)


class PiecewiseLinear(nn.Module):
    """A broken line for each output of each column, added to a straight one; the first and last pieces go on.

    The line at `x` in piece `j` is what the pieces before it rise by, and the share of piece `j` that lies below `x`:
    two rows of a table and one product, where an encoding [N, F, bins] and its product with a matrix would take `bins`.
    """

    edges: Tensor
    begin: Tensor
    width: Tensor
    first: Tensor

    def __init__(self, edges: Sequence[np.ndarray[Any, Any]], size: int) -> None:
        super().__init__()
        self.size = size
        columns, bins = len(edges), max(len(each) for each in edges) - 1
        begin, width = (np.ones((columns, bins), dtype=np.float32) for _ in range(2))
        inner = np.full((columns, bins - 1), np.inf, dtype=np.float32)
        for place, each in enumerate(edges):
            begin[place, : len(each) - 1], width[place, : len(each) - 1] = each[:-1], np.diff(each)
            inner[place, : len(each) - 2] = each[1:-1]
        for name, value in (("edges", inner), ("begin", begin.ravel()), ("width", width.ravel())):
            self.register_buffer(name, torch.from_numpy(value))
        self.register_buffer("first", torch.arange(columns) * bins, persistent=False)
        self.rise = nn.Parameter(torch.zeros(columns, bins, size))
        self.slope, self.start = (nn.Parameter(torch.empty(columns, size).uniform_(-1, 1)) for _ in range(2))

    def forward(self, x: Tensor, scaled: Tensor) -> Tensor:
        """Embed [N, F], and the same standardised, as [N, F, size]."""
        places = self._piece(x) + self.first
        share = (x - self.begin[places]) / self.width[places]
        before = F.pad(self.rise.cumsum(1)[:, :-1], (0, 0, 1, 0))
        bent = _rows(before, places) + share.unsqueeze(-1) * _rows(self.rise, places)
        return bent + scaled.unsqueeze(-1) * self.slope + self.start

    def _piece(self, x: Tensor) -> Tensor:
        """Number the piece of each of [N, F]; a graph has no search, and counts the edges below."""
        if torch.compiler.is_exporting() or self.edges.shape[1] == 0:
            return (x.unsqueeze(-1) >= self.edges).sum(-1)
        return torch.searchsorted(self.edges, x.t().contiguous(), right=True).t()


def _rows(table: Tensor, places: Tensor) -> Tensor:
    return F.embedding(places, table.flatten(0, 1))


class PeriodicLinear(nn.Module):
    """Sines and cosines of learnt frequencies, then a linear layer that all columns share, then ReLU."""

    def __init__(self, columns: int, asked: Periodic) -> None:
        super().__init__()
        self.size = asked.size
        start = torch.empty(columns, asked.frequencies)
        nn.init.trunc_normal_(start, std=asked.spread, a=-3 * asked.spread, b=3 * asked.spread)
        self.frequencies = nn.Parameter(start)
        self.linear = Linear(2 * asked.frequencies, asked.size)

    def forward(self, _: Tensor, scaled: Tensor) -> Tensor:
        """Embed standardised numbers [N, F] as [N, F, size]."""
        waves = 2 * math.pi * self.frequencies * scaled.unsqueeze(-1)
        both = torch.cat([waves.cos(), waves.sin()], dim=-1)
        found: Tensor = self.linear(both.flatten(0, 1)).relu()
        return found.reshape(-1, len(self.frequencies), self.size)


class PeriodicBiasLinear(nn.Module):
    """A bent number beside cosines of it, which a layer of each column's own makes fewer of."""

    def __init__(self, columns: int, asked: PeriodicBias) -> None:
        super().__init__()
        self.size = asked.size
        waves, width = asked.frequencies, asked.size - 1
        self.frequencies = nn.Parameter(torch.randn(columns, waves) * (2 * math.pi * asked.spread))
        self.phases = nn.Parameter(torch.empty(columns, waves).uniform_(-math.pi, math.pi))
        bound = 1 / math.sqrt(waves)
        self.matrix = nn.Parameter(torch.empty(columns, waves, width).uniform_(-bound, bound))
        self.start = nn.Parameter(torch.empty(columns, width).uniform_(-bound, bound))

    def forward(self, _: Tensor, scaled: Tensor) -> Tensor:
        """Embed numbers scaled by quartiles [N, F] as [N, F, size]."""
        bent = scaled * (1 + (scaled / 3) ** 2).rsqrt()  # `sqrt` is MKL's, whose last bit the processor has
        waves = (self.frequencies * bent.unsqueeze(-1) + self.phases).cos()
        return torch.cat([bent.unsqueeze(-1), self._fewer(waves) + self.start], dim=-1)

    def _fewer(self, waves: Tensor) -> Tensor:
        """Add up in double precision where answers are asked for: ONNX Runtime's single sums go by the processor."""
        if self.training:
            return (waves.unsqueeze(-1) * self.matrix).sum(dim=2)
        return (waves.double().unsqueeze(-1) * self.matrix.double()).sum(dim=2).float()


def numbers(
    x: np.ndarray[Any, Any], y: np.ndarray[Any, Any], task: Task, asked: Piecewise | Periodic | PeriodicBias | None
) -> Numbers:
    """Make the layer for columns [n, F] of training rows, at least one."""
    given = number_input.NumberInput.of(x)
    if asked is None:
        return Numbers(given, None)
    if asked.kind == "pbld":
        return Numbers(given.robust(x), PeriodicBiasLinear(x.shape[1], asked))
    if asked.kind == "periodic":
        return Numbers(given, PeriodicLinear(x.shape[1], asked))
    by = number_input.by_target(x, y, asked.bins, task) if asked.edges == "target" else None
    return Numbers(given, PiecewiseLinear(by or number_input.quantiles(x, asked.bins), asked.size))
