"""The networks that train as an implicit ensemble: each member on a loss of its own, their mean is the answer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # torch's own spelling

from mlops.ml.training.encoded import Encoded
from mlops.ml.training.member_layers import OwnLinear, Scaling, SharedLinear
from mlops.ml.training.networks import Network
from mlops.ml.training.number_embeddings import Numbers

if TYPE_CHECKING:
    from mlops.ml.training.problem import Problem
    from mlops.ml.training.row_encoder import RowEncoder
    from mlops.models.tabm import TabM

_ROWS = 512
"""Rows that are answered at once: each of them is as many as there are members."""


def tabm(problem: Problem, asked: TabM, encoder: RowEncoder) -> Encoded:
    """Stack layers that all members share; answers are [N, members, outputs]."""
    own = asked.adapters == "every"
    layers: list[nn.Module] = [Scaling(asked.members, encoder.blocks, signs=asked.embed is None)]
    inputs = encoder.outputs
    for place, width in enumerate(asked.hidden):
        layers += [SharedLinear(inputs, width, asked.members, adapters=own, scaled=place > 0), nn.ReLU()]
        layers += [nn.Dropout(asked.dropout)] if asked.dropout else []
        inputs = width
    layers.append(OwnLinear(inputs, problem.outputs, asked.members))
    return Encoded(encoder, nn.Sequential(*layers))


class MemberNetwork(Network):
    """Train a body whose answers are [N, members, outputs]."""

    def forward(self, x: Tensor) -> Tensor:
        """Answer [N, outputs] for all members together."""
        if torch.compiler.is_exporting():
            return self.answer(self.body(x))
        return torch.cat([self.answer(self.body(rows)) for rows in torch.split(x, _ROWS)])

    def answer(self, raw: Tensor) -> Tensor:
        """Average numbers, or probabilities; these are given as logits again. In double precision, as `Scores` says."""
        wide = raw.double()
        if self.task == "regression":
            return wide.mean(dim=1).float()
        if self.task == "binary":
            return (_mean(F.logsigmoid(wide)) - _mean(F.logsigmoid(-wide))).float()
        return _mean(wide.log_softmax(-1)).float()

    def loss(self, answer: Tensor, y: Tensor, w: Tensor | None = None) -> Tensor:
        """Compare each member's answer with the target."""
        members = answer.shape[1]
        weights = None if w is None else w.repeat_interleave(members)
        return super().loss(answer.flatten(0, 1), y.repeat_interleave(members), weights)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Penalise matrices, and neither biases nor what embeds numbers."""
        free = {parameter for part in self.modules() if isinstance(part, Numbers) for parameter in part.parameters()}
        free |= {parameter for name, parameter in self.named_parameters() if name.endswith("bias")}
        groups: list[dict[str, Any]] = [
            {"params": [each for each in self.parameters() if each not in free]},
            {"params": [each for each in self.parameters() if each in free], "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, lr=self.lr, weight_decay=self.weight_decay, fused=True)


def _mean(logs: Tensor) -> Tensor:
    """Average over members what stands there as logarithms."""
    return torch.logsumexp(logs, dim=1) - math.log(logs.shape[1])
