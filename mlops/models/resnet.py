"""What a small residual network may be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from mlops.blocks.augment import Augment
from mlops.blocks.block import Block, Column, Items
from mlops.blocks.number import Count, Dropout, NotNegative, Positive
from mlops.blocks.tune import Range
from mlops.kinds.kind import of_block
from mlops.kinds.reference import load
from mlops.models.groups import by_picture
from mlops.models.probe import Probe

if TYPE_CHECKING:
    from mlops.ml.training.problem import Problem
    from mlops.ml.training.session import Candidate


class ResNet(Block):
    """A small residual network for images, which are moved or mirrored in training (PyTorch Lightning)."""

    kind: Literal["resnet"]
    """Name of the kind."""
    channels: Annotated[Items[Count], Field(min_length=1)] = (32, 64, 128)
    """Channels of each stage; each after the first halves the image."""
    blocks: Count = 2
    """Residual blocks of a stage, two convolutions each."""
    dropout: Dropout = 0.1
    """Share of channels left out before the last layer in a training step."""
    augment: Augment | None = Augment()
    """How images are changed in training; `null` for not at all."""
    lr: Positive = 1e-3
    """Learning rate."""
    weight_decay: NotNegative = 0.01
    """L2 penalty, as in AdamW."""
    image: Column | None = None
    """Column of pictures that it reads, where a row has other columns too."""


def candidate(problem: Problem, parameters: ResNet) -> Candidate:
    """Make a residual network; raises ConfigurationError where rows are no images."""
    made: Candidate = load("mlops.ml.training.residual_network:candidate")(problem, parameters)
    return made


KIND = of_block(
    ResNet,
    {"train": candidate, "groups": by_picture},
    tasks="binary multiclass regression",
    quantile=True,
    course="train validation",
    features="image",
    pruned="epochs",
    spaces={
        "default": {
            "channels": Range(choices=((16, 32), (32, 64), (32, 64, 128))),
            "blocks": Range(low=1, high=3),
            "dropout": Range(low=0.0, high=0.5),
            "lr": Range(low=3e-4, high=1e-2, log=True),
            "weight_decay": Range(low=1e-4, high=0.1, log=True),
        },
        "wide": {
            "channels": Range(choices=((16,), (16, 32), (32, 64), (32, 64, 128), (64, 128, 256))),
            "blocks": Range(low=1, high=4),
            "dropout": Range(low=0.0, high=0.7),
            "lr": Range(low=3e-5, high=5e-2, log=True),
            "weight_decay": Range(low=1e-6, high=1.0, log=True),
        },
    },
    probes={"resnet": Probe("multiclass", (("channels", (8, 16)), ("blocks", 1)), (1, 6, 6))},
)
