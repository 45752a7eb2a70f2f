"""A small residual network for pictures, which are mirrored and moved in training.

He, Zhang, Ren and Sun, Deep Residual Learning for Image Recognition, CVPR 2016.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from mlops.errors import ConfigurationError
from mlops.ml.training.augmentation import augmented
from mlops.ml.training.linear import Linear
from mlops.ml.training.loop import LightningCandidate
from mlops.ml.training.networks import Network
from mlops.ml.training.seeds import derive

if TYPE_CHECKING:
    from mlops.ml.training.problem import Problem
    from mlops.ml.training.session import Session
    from mlops.models.resnet import ResNet


class Residual(nn.Module):
    """Two convolutions of 3 x 3, added to what came in."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.path = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        alike = inputs == outputs and stride == 1
        fitting = (nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        self.beside = nn.Identity() if alike else nn.Sequential(*fitting)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, inputs, H, W] to [N, outputs, H, W], halved where the stride is 2."""
        found: Tensor = (self.path(x) + self.beside(x)).relu()
        return found


class Average(nn.Module):
    """The mean of each channel; in double precision where answers are asked for, as `Scores` says."""

    def forward(self, x: Tensor) -> Tensor:
        """Average [N, C, H, W]: [N, C]."""
        return x.mean(dim=(2, 3)) if self.training else x.double().mean(dim=(2, 3)).float()


def resnet(problem: Problem, asked: ResNet) -> nn.Module:
    """Stack residual blocks; each stage after the first halves the picture while it is at least 4 pixels wide."""
    inputs, height, width = problem.shape
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, asked.channels[0], 3, padding=1, bias=False),
        nn.BatchNorm2d(asked.channels[0]),
        nn.ReLU(),
    ]
    inputs = asked.channels[0]
    for stage, outputs in enumerate(asked.channels):
        for block in range(asked.blocks):
            stride = 2 if stage and not block and min(height, width) >= 4 else 1
            height, width = -(-height // stride), -(-width // stride)
            layers.append(Residual(inputs, outputs, stride))
            inputs = outputs
    return nn.Sequential(*layers, Average(), nn.Dropout(asked.dropout), Linear(inputs, problem.outputs))


class AugmentedNetwork(Network):
    """Train on pictures that are changed by draws of the seed, the epoch and the block."""

    def __init__(self, body: nn.Module, task: Any, *, asked: ResNet, seed: int, **options: Any) -> None:
        super().__init__(body, task, **options)
        self.asked, self.seed = asked.augment, seed

    def training_step(self, block: tuple[Tensor, ...], index: int) -> dict[str, Tensor]:
        """Learn from a block of changed pictures."""
        if self.asked is None:
            return super().training_step(block, index)
        seed = derive(self.seed, "augment", self.trainer.current_epoch, index)
        changed = augmented(block[0], flip=self.asked.flip, shift=self.asked.shift, seed=seed)
        return super().training_step((changed, *block[1:]), index)


def candidate(problem: Problem, asked: ResNet) -> LightningCandidate:
    """Make what is to be trained; raises ConfigurationError where rows are no pictures."""
    if len(problem.shape) != 3:
        raise ConfigurationError(
            f"kind resnet needs images, and a row here has shape {list(problem.shape)}",
            hint="use `kind: tabm`, or features of `kind: image`",
        )

    def build(session: Session) -> AugmentedNetwork:
        options = session.options
        return AugmentedNetwork(
            resnet(problem, asked),
            problem.task,
            asked=asked,
            seed=session.seed,
            lr=asked.lr,
            weight_decay=asked.weight_decay,
            batch_size=options.batch_size,
            gradient_clip=options.gradient_clip,
            quantile=problem.quantile,
        )

    return LightningCandidate(problem, build)
