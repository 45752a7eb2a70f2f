"""The first layer of a network that reads a row's groups of columns each in its own way.

Numbers are clipped, standardised and embedded; categories are embedded by their codes, texts by their tokens; all else
is taken as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # torch's own spelling

from mlops.blocks.column_group import CODES, NUMBERS, SCALED
from mlops.ml.training.number_embeddings import numbers
from mlops.ml.training.token_bag import TokenBags
from mlops.ml.training.token_input import TokenInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops.blocks.column_group import Group
    from mlops.blocks.number_embedding import Embed
    from mlops.ml.training.problem import Examples, Problem

_SPREAD = 0.3  # of what embeddings begin with


class RowEncoder(nn.Module):
    """Rows [N, ...] to [N, outputs]; `owners` names the column of the row that each output is made of."""

    def __init__(self, problem: Problem, examples: Examples, embed: Embed | None, level: int, token: int) -> None:
        super().__init__()
        layout = problem.layout
        flat = examples.train_x.reshape(len(examples.train_x), -1)
        codes = layout.group(CODES)
        self.texts = TokenBags(TokenInput.of(layout), token) if layout.texts else None
        self.places = _numbers(problem, flat.shape[1])
        self.numbers = numbers(flat[:, self.places], examples.train_y, problem.task, embed) if self.places else None
        self.levels = Levels(codes, level, flat) if codes else None
        held = {*self.places, *(codes.positions if codes else ()), *_of_texts(layout.texts)}
        self.rest = [place for place in range(flat.shape[1]) if place not in held]
        self.owners = self._owners()
        self.blocks = self._widths()

    @property
    def outputs(self) -> int:
        """How many numbers a row becomes."""
        return len(self.owners)

    def forward(self, x: Tensor) -> Tensor:
        """Encode rows."""
        x = x.flatten(1)
        parts = [] if self.numbers is None else [self.numbers(_taken(x, self.places))]
        parts += [] if self.levels is None else [self.levels(x)]
        parts += [_taken(x, self.rest)] if self.rest else []
        parts += [] if self.texts is None else self.texts.embedded(x)
        return torch.cat(parts, dim=1) if len(parts) > 1 else parts[0]

    def _owners(self) -> list[int]:
        found = [] if self.numbers is None else [self.places[column] for column in self.numbers.owners]
        found += [] if self.levels is None else self.levels.owners
        found += self.rest
        return found + ([] if self.texts is None else self.texts.owners)

    def _widths(self) -> list[int]:
        """Measure how many outputs stand side by side that are made of one column."""
        ends = [place for place in range(1, self.outputs) if self.owners[place] != self.owners[place - 1]]
        return np.diff([0, *ends, self.outputs]).tolist() if self.outputs else []


def _numbers(problem: Problem, width: int) -> list[int]:
    """List the columns of plain numbers; where nothing is known of a flat row, all of them are."""
    if not problem.layout.groups:
        return list(range(width)) if len(problem.shape) == 1 else []
    groups = (problem.layout.group(name) for name in (NUMBERS, SCALED))
    return sorted(place for group in groups if group and len(group.shape) == 1 for place in group.positions)


def _of_texts(groups: Sequence[Group]) -> list[int]:
    return [place for group in groups for place in group.positions]


def _taken(x: Tensor, places: list[int]) -> Tensor:
    first, last = places[0], places[-1]
    return x[:, first : last + 1] if places == list(range(first, last + 1)) else x[:, places]


class Levels(nn.Module):
    """An embedding of each level of each category; that of one which no training row has is 0."""

    def __init__(self, group: Group, size: int, x: np.ndarray[Any, Any]) -> None:
        super().__init__()
        self.places = list(group.positions)
        self.most = [count - 1 for count in group.sizes]
        self.widths = [min(size, count) for count in group.sizes]
        self.tables = nn.ModuleList(nn.Embedding(*pair) for pair in zip(group.sizes, self.widths, strict=True))
        for place, count, table in zip(self.places, group.sizes, self.tables, strict=True):
            unseen = np.setdiff1d(np.arange(count), x[:, place].astype(np.int64))
            nn.init.normal_(table.weight, std=_SPREAD)  # type: ignore[arg-type]  # an embedding's is a tensor
            with torch.no_grad():
                table.weight[unseen] = 0.0  # type: ignore[operator]

    @property
    def owners(self) -> list[int]:
        """Name the column of each output."""
        pairs = zip(self.places, self.widths, strict=True)
        return [place for place, width in pairs for _ in range(width)]

    def forward(self, x: Tensor) -> Tensor:
        """Look levels up."""
        held = zip(self.places, self.most, self.tables, strict=True)
        return torch.cat([_looked_up(x[:, place], most, table) for place, most, table in held], dim=1)


def _looked_up(codes: Tensor, most: int, table: Any) -> Tensor:
    found: Tensor = F.embedding(codes.clamp(0, most).long(), table.weight)
    return found
