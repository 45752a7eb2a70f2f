"""Linear layers of `k` networks that share most of their weights (TabM), or none, on rows [N, k, inputs].

Gorishniy, Kotelnikov and Babenko, TabM, ICLR 2025; https://github.com/yandex-research/tabm
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn

from mlops.ml.training.linear import Linear

if TYPE_CHECKING:
    from collections.abc import Sequence


class Scaling(nn.Module):
    """Each member's own factor of each input; those of inputs that are made of one column begin alike."""

    def __init__(self, members: int, blocks: Sequence[int], *, signs: bool) -> None:
        super().__init__()
        each = torch.empty(members, len(blocks))
        start = each.bernoulli_(0.5) * 2 - 1 if signs else each.normal_()
        self.weight = nn.Parameter(start.repeat_interleave(torch.tensor(blocks), dim=1))

    def forward(self, x: Tensor) -> Tensor:
        """Multiply [N, inputs] or [N, k, inputs]: [N, k, inputs]."""
        return (x if x.dim() == 3 else x.unsqueeze(1)) * self.weight


class SharedLinear(nn.Module):
    """One matrix for all members; with `adapters` each scales its inputs and outputs and has a bias of its own."""

    def __init__(self, inputs: int, outputs: int, members: int, *, adapters: bool, scaled: bool = True) -> None:
        super().__init__()
        self.linear = Linear(inputs, outputs, bias=not adapters)
        bound = 1 / math.sqrt(inputs)
        nn.init.uniform_(self.linear.weight, -bound, bound)
        self.before = nn.Parameter(torch.ones(members, inputs)) if adapters and scaled else None
        self.after = nn.Parameter(torch.ones(members, outputs)) if adapters else None
        start = torch.empty(outputs).uniform_(-bound, bound)
        self.bias = nn.Parameter(start.repeat(members, 1)) if adapters else None

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, k, inputs] to [N, k, outputs]."""
        scaled = x if self.before is None else x * self.before
        found: Tensor = self.linear(scaled.flatten(0, 1)).unflatten(0, (-1, x.shape[1]))
        return found if self.after is None or self.bias is None else found * self.after + self.bias


class OwnLinear(nn.Module):
    """A matrix for each member: as many products of `Linear` in training, one batched product in a graph."""

    def __init__(self, inputs: int, outputs: int, members: int) -> None:
        super().__init__()
        bound = 1 / math.sqrt(inputs)
        self.layers = nn.ModuleList(Linear(inputs, outputs) for _ in range(members))
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, k, inputs] to [N, k, outputs]."""
        if not torch.compiler.is_exporting():
            return torch.stack([layer(each) for layer, each in zip(self.layers, x.unbind(1), strict=True)], dim=1)
        layers = cast("Sequence[Linear]", self.layers)
        weight = torch.stack([layer.weight.t() for layer in layers])
        outputs = weight.shape[2]
        if outputs == 1:  # by a vector ONNX Runtime adds up a row otherwise where others stand beside it
            weight = torch.cat([weight, torch.zeros_like(weight)], dim=2)
        found = torch.matmul(x.transpose(0, 1), weight)[..., :outputs]
        return found.transpose(0, 1) + torch.stack([layer.bias for layer in layers])
