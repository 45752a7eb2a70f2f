"""What a multi-layer perceptron may be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mlops.blocks.block import Block, Items
from mlops.blocks.number import Count, Dropout, NotNegative, Positive
from mlops.kinds.kind import of_block
from mlops.kinds.reference import load
from mlops.models.probe import Probe

if TYPE_CHECKING:
    from mlops.ml.training.problem import Problem
    from mlops.ml.training.session import Candidate


class Mlp(Block):
    """A multi-layer perceptron, trained by AdamW (PyTorch Lightning)."""

    kind: Literal["mlp"]
    """Name of the kind."""
    hidden: Items[Count] = (256, 256)
    """Units of each hidden layer."""
    dropout: Dropout = 0.2
    """Share of units left out in a training step."""
    lr: Positive = 1e-3
    """Learning rate."""
    weight_decay: NotNegative = 0.01
    """L2 penalty, as in AdamW."""


def candidate(problem: Problem, parameters: Mlp) -> Candidate:
    """Make a network of full layers."""
    body = load("mlops.ml.training.networks:mlp")
    made: Candidate = load("mlops.ml.training.candidates:network")(
        problem, parameters, lambda: body(problem, parameters.hidden, parameters.dropout)
    )
    return made


KIND = of_block(
    Mlp,
    {"train": candidate},
    tasks="binary multiclass regression",
    quantile=True,
    course="train validation",
    # From inner sizes of 256 on MKL rounds otherwise on AMD than on Intel: each network's probe has such a layer.
    probes={"mlp": Probe("binary", (("hidden", (300, 40)),))},
)
