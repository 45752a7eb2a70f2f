"""RealMLP: a perceptron whose parametrisation and schedules were chosen on many tables.

Holzmüller, Grinsztajn and Steinwart, Better by Default, NeurIPS 2024; https://github.com/dholzmueller/pytabkit. Of its
recipe what depends on the first batch, the scale that weights and biases begin with, is left out.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  # torch's own spelling

from mlops.ml.training.encoded import Encoded, EncodedCandidate
from mlops.ml.training.linear import Linear
from mlops.ml.training.networks import Network
from mlops.ml.training.number_embeddings import Numbers

if TYPE_CHECKING:
    from mlops.ml.training.problem import Problem
    from mlops.ml.training.row_encoder import RowEncoder
    from mlops.models.realmlp import RealMlp

_FACTORS = {"scale": 6.0, "bias": 0.1, "shape": 0.1, "numbers": 0.1, "weight": 1.0}
"""By part, what its learning rate is beside that of the matrices."""
_BETAS = (0.9, 0.95)


class Scaled(nn.Module):
    """A learnt factor of each input."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(inputs))

    def forward(self, x: Tensor) -> Tensor:
        """Multiply [N, inputs]."""
        return x * self.scale


class TangentLinear(nn.Module):
    """A linear layer whose weights are of size 1, and divided by the root of the inputs (neural tangent kernel)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.linear = Linear(inputs, outputs)
        self.shrink = 1 / math.sqrt(inputs)
        for parameter in self.linear.parameters():
            nn.init.normal_(parameter)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, inputs] to [N, outputs]."""
        answer: Tensor = self.linear(x * self.shrink)
        return answer


class Shaped(nn.Module):
    """An activation, of which each unit learns how much it takes: x + shape (f(x) - x)."""

    def __init__(self, units: int, *, mish: bool) -> None:
        super().__init__()
        self.shape = nn.Parameter(torch.ones(units))
        self.bend = F.mish if mish else F.selu

    def forward(self, x: Tensor) -> Tensor:
        """Bend [N, units]."""
        return x + self.shape * (self.bend(x) - x)


def realmlp(problem: Problem, asked: RealMlp, encoder: RowEncoder) -> Encoded:
    """Stack layers on what an encoder gives."""
    layers: list[nn.Module] = [Scaled(encoder.outputs)]
    inputs = encoder.outputs
    for width in asked.hidden:
        layers += [TangentLinear(inputs, width), Shaped(width, mish=problem.task == "regression")]
        layers += [nn.Dropout(asked.dropout)] if asked.dropout else []
        inputs = width
    return Encoded(encoder, nn.Sequential(*layers, TangentLinear(inputs, problem.outputs)))


class RealNetwork(Network):
    """Train with a learning rate in four waves, dropout and penalty that fade, and labels that are not quite sure."""

    def __init__(self, body: Encoded, task: Any, *, smoothing: float = 0.1, **options: Any) -> None:
        super().__init__(body, task, **options)
        self.smoothing = 0.0 if task == "regression" else smoothing
        self.dropouts = {part: part.p for part in body.modules() if isinstance(part, nn.Dropout)}

    def targets(self, y: Tensor) -> Tensor:
        """Give targets the type that the loss wants; one of two classes is not quite sure."""
        found = super().targets(y)
        return found * (1 - self.smoothing) + self.smoothing / 2 if self.task == "binary" else found

    def loss(self, answer: Tensor, y: Tensor, w: Tensor | None = None) -> Tensor:
        """Compare answers with targets, of several classes not quite sure ones."""
        if self.task != "multiclass":
            return super().loss(answer, y, w)
        each = F.cross_entropy(answer, y, reduction="none", label_smoothing=self.smoothing)
        return each.mean() if w is None else (w * each).mean()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Give each part a learning rate of its own; only matrices are penalised."""
        parts: dict[str, list[nn.Parameter]] = {name: [] for name in _FACTORS}
        embeds = {each for part in self.modules() if isinstance(part, Numbers) for each in part.parameters()}
        for name, parameter in self.named_parameters():
            last = name.rpartition(".")[2]
            parts["numbers" if parameter in embeds else last if last in parts else "weight"].append(parameter)
        groups: list[dict[str, Any]] = [
            {"params": held, "lr": self.lr * _FACTORS[name], "weight_decay": self.weight_decay * (name == "weight")}
            for name, held in parts.items()
            if held
        ]
        for group in groups:
            group["most"] = (group["lr"], group["weight_decay"])
        return torch.optim.AdamW(groups, lr=self.lr, betas=_BETAS, fused=True)

    def before_step(self, optimizer: torch.optim.Optimizer, share: float) -> None:
        """Set what goes by the share of training that is over."""
        for group in optimizer.param_groups:
            lr, decay = group["most"]
            group["lr"], group["weight_decay"] = lr * four_waves(share), decay * fading(share)
        for part, most in self.dropouts.items():
            part.p = most * fading(share)


def four_waves(share: float) -> float:
    """Rise and fall four times, each time twice as long as before (coslog4).

    Example:
        >>> [round(four_waves(share), 2) for share in (0.0, 0.45, 1.0)]
        [0.0, 0.78, 0.0]
    """
    return 0.5 * (1 - math.cos(2 * math.pi * math.log2(1 + 15 * min(share, 1.0))))


def fading(share: float) -> float:
    """Stay whole for the first half, then fade to nothing.

    Example:
        >>> [round(fading(share), 2) for share in (0.2, 0.5, 0.75, 1.0)]
        [1.0, 1.0, 0.5, 0.0]
    """
    return 0.5 * (1 + math.cos(math.pi * (max(1.0, 2 * min(share, 1.0)) - 1)))


def candidate(problem: Problem, asked: RealMlp) -> EncodedCandidate:
    """Make what is to be trained."""
    lr = asked.lr or (0.2 if problem.task == "regression" else 0.04)
    return EncodedCandidate(
        problem, asked.model_copy(update={"lr": lr}), partial(RealNetwork, smoothing=asked.smoothing), realmlp
    )
