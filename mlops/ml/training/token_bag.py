"""Texts in a network: an embedding a token, added up by the tokens' weights, beside the numbers of a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # torch's own spelling

if TYPE_CHECKING:
    from mlops.ml.training.token_input import TokenInput, Tokens

_SPREAD = 0.3  # of what embeddings begin with


class TokenBags(nn.Module):
    """Rows [N, width] to [N, plain + k * texts]."""

    def __init__(self, given: TokenInput, k: int) -> None:
        super().__init__()
        self.given = given
        self.k = k
        self.tables = nn.ModuleList(nn.Embedding(text.size, k) for text in given.texts)
        for table in self.tables:
            nn.init.normal_(table.weight, std=_SPREAD)  # type: ignore[arg-type]  # an embedding's is a tensor
        self.outputs = len(given.plain) + k * len(given.texts)

    def forward(self, x: Tensor) -> Tensor:
        """Put embeddings in the place of texts."""
        parts = [x[:, list(self.given.plain)]] if self.given.plain else []
        return torch.cat([*parts, *self.embedded(x)], dim=1)

    def embedded(self, x: Tensor) -> list[Tensor]:
        """Give the embedding [N, k] of each text alone."""
        pairs = zip(self.given.texts, self.tables, strict=True)
        return [self._bag(x, text, table) for text, table in pairs]

    @property
    def owners(self) -> list[int]:
        """Name a column of the text that each number of an embedding is made of: that of its first weight."""
        return [text.weights[0] for text in self.given.texts for _ in range(self.k)]

    def _bag(self, x: Tensor, text: Tokens, table: nn.Module) -> Tensor:
        """Add up in double precision where answers are asked for: ONNX Runtime's single sums go by the processor."""
        ids, weights = (x[:, places[0] : places[-1] + 1] for places in (text.ids, text.weights))
        rows = F.embedding(ids.long(), table.weight)  # type: ignore[arg-type]  # a tensor
        if self.training:
            return (rows * weights.unsqueeze(-1)).sum(dim=1)
        return (rows.double() * weights.double().unsqueeze(-1)).sum(dim=1).float()
