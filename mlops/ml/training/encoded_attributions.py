"""What lies behind the encoder of a network: scores of encoded rows, whose shares are added up by column.

A category's code has no gradient, and a missing number no place on a line: what they are encoded as has both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from mlops.ml.training.encoded import Encoded
from mlops.ml.training.networks import Network, Scores, infer

if TYPE_CHECKING:
    from numpy.typing import NDArray


class _Tail(nn.Module):
    def __init__(self, network: Network, body: Encoded) -> None:
        super().__init__()
        self.network, self.tail = network, body.tail

    def forward(self, encoded: Tensor) -> Tensor:
        return self.network.answer(self.tail(encoded))


@dataclass(frozen=True)
class Behind:
    """The encoder of a network, and the scores of what it gives."""

    body: Encoded
    scores: Scores
    width: int

    @classmethod
    def of(cls, scores: Scores) -> Behind | None:
        """Take a network apart; None where it has no encoder."""
        network = scores.network
        if not isinstance(network, Network) or not isinstance(network.body, Encoded):
            return None
        body = network.body
        tail = Scores(_Tail(network, body), scores.problem, scores.scale).eval()
        return cls(body, tail, int(np.prod(scores.problem.shape)))

    def encoded(self, x: NDArray[Any]) -> Tensor:
        """Encode rows [n, ...] as [n, outputs]."""
        return infer(self.body.encoder, torch.from_numpy(x))

    def by_column(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        """Add shares [n, outputs] up by the column that each output is made of: [n, columns]."""
        found = np.zeros((len(shares), self.width))
        for place, owner in enumerate(self.body.encoder.owners):
            found[:, owner] += shares[:, place]
        return found
